//! Installs what one machine needs: the emulator in its own virtual environment, the fonts, the functions' binaries.
//! Everything is pinned by checksum; nothing needs root.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::checkout;

/// `infra/fonts/fonts.toml`
#[derive(Deserialize)]
struct FontsFile {
    wheels: Vec<Wheel>,
}

#[derive(Deserialize)]
struct Wheel {
    package: String,
    version: String,
    file: String,
    sha256: String,
    fonts: Vec<FontFile>,
}

#[derive(Deserialize)]
struct FontFile {
    path: String,
    file: String,
    sha256: String,
}

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
    fonts().await
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

/// The fonts, as `infra/fonts/fonts.toml` pins them.
async fn fonts() -> Result<()> {
    let listed = fs::read_to_string(checkout::root().join("infra/fonts/fonts.toml")).context("infra/fonts/fonts.toml")?;
    let listed: FontsFile = toml::from_str(&listed).context("infra/fonts/fonts.toml")?;
    for wheel in listed.wheels {
        let there =
            wheel.fonts.iter().all(|font| fs::read(checkout::fonts().join(&font.file)).is_ok_and(|bytes| matches(&bytes, &font.sha256)));
        if !there {
            download(&wheel).await?;
        }
    }
    Ok(())
}

async fn download(wheel: &Wheel) -> Result<()> {
    let bar = spinner("下载字体");
    let folder = checkout::tools().join("wheels");
    let mut pip = Command::new(checkout::python());
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "-d"]).arg(&folder);
    pip.arg(format!("{}=={}", wheel.package, wheel.version));
    run(pip, "pip download").await?;
    let bytes = fs::read(folder.join(&wheel.file)).with_context(|| wheel.file.clone())?;
    ensure!(matches(&bytes, &wheel.sha256), "{} 的校验和不符", wheel.file);
    unpack(&bytes, &wheel.fonts, &checkout::fonts())?;
    bar.finish_and_clear();
    Ok(())
}

fn unpack(wheel: &[u8], fonts: &[FontFile], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(wheel))?;
    for font in fonts {
        let mut bytes = Vec::new();
        archive.by_name(&font.path)?.read_to_end(&mut bytes)?;
        ensure!(matches(&bytes, &font.sha256), "{} 的校验和不符", font.file);
        fs::write(folder.join(&font.file), bytes)?;
    }
    Ok(())
}

fn matches(bytes: &[u8], sha256: &str) -> bool {
    hex::encode(Sha256::digest(bytes)) == sha256
}

/// Runs a tool; what it says is shown only if it fails.
async fn run(mut command: Command, name: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().await.with_context(|| name.to_owned())?;
    if !output.status.success() {
        bail!("{name}：{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
