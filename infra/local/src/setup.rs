//! Installs what one machine needs: the emulator in its own virtual environment, the fonts, the functions' binaries.
//! Everything is pinned by checksum; nothing needs root.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::{checkout, fonts};

/// A line with a spinner while something long runs.
pub(crate) fn spinner(message: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}（{elapsed}）") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    // Without a terminal there is no spinner: one line says what is going on.
    if bar.is_hidden() {
        crate::say(&format!("{message}……"));
    }
    bar
}

/// All of it; what is there already costs nothing.
pub(crate) async fn everything() -> Result<()> {
    tools().await?;
    build().await
}

/// Emulator and fonts.
pub(crate) async fn tools() -> Result<()> {
    fs::create_dir_all(checkout::tools()).context("target/tools")?;
    // Two commands at once: the second waits for the first.
    let lock = fs::File::create(checkout::tools().join("lock"))?;
    lock.lock()?;
    emulator().await?;
    fonts::provide().await
}

/// The functions' binaries, by plain cargo with the profile of this command, so that nothing is built twice.
pub(crate) async fn build() -> Result<()> {
    let bar = spinner("构建各函数");
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.current_dir(checkout::root()).args(["build", "--quiet", "--workspace", "--bins"]);
    // `cargo run` describes its package to what it runs; a build script that watches these variables (ring's does) would
    // run again, and everything above it would be built twice.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
        cargo.env_remove(name);
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    run(cargo, "cargo build").await?;
    bar.finish_and_clear();
    Ok(())
}

/// A virtual environment with the emulator, as `infra/local/emulator.txt` pins it.
async fn emulator() -> Result<()> {
    let pins = checkout::root().join("infra/local/emulator.txt");
    let digest = hex::encode(Sha256::digest(fs::read(&pins).context("infra/local/emulator.txt")?));
    let folder = checkout::tools().join("emulator");
    let stamp = folder.join("pins");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == digest) {
        return Ok(());
    }
    let bar = spinner("安装本机仿真环境（首次约半分钟）");
    let mut python = Command::new("python3");
    python.args(["-m", "venv", "--clear"]).arg(&folder);
    run(python, "python3 -m venv（需要 Python 3.10 以上及 venv）").await?;
    let mut pip = Command::new(checkout::python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r"]).arg(&pins);
    run(pip, "pip install").await?;
    fs::write(stamp, digest)?;
    bar.finish_and_clear();
    Ok(())
}

/// Runs a tool; what it says is shown only if it fails.
pub(crate) async fn run(mut command: Command, name: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().await.with_context(|| name.to_owned())?;
    if !output.status.success() {
        bail!("{name}：{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
