//! Installs what one machine needs: the emulator in its own virtual environment, and the fonts. Everything is pinned by
//! checksum; nothing needs root.

use std::fs;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::progress::Progress;
use crate::tool::run;
use crate::{checkout, fonts};

/// Emulator and fonts; what is there already costs nothing.
pub(crate) async fn tools() -> Result<()> {
    fs::create_dir_all(checkout::tools()).context("target/tools")?;
    // Two commands at once: the second waits for the first.
    let path = checkout::tools().join("lock");
    let lock = fs::File::create(&path).with_context(|| path.display().to_string())?;
    if lock.try_lock().is_err() {
        crate::say(&format!("等待另一个命令安装完毕（{}）……", path.display()));
        lock.lock()?;
    }
    emulator().await?;
    fonts::provide().await
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
    let _progress = Progress::start("安装本机仿真环境（首次约半分钟）");
    let mut python = Command::new("python3");
    python.args(["-m", "venv", "--clear"]).arg(&folder);
    run(python, "python3 -m venv（需要 Python 3.10 以上及 venv）").await?;
    let mut pip = Command::new(checkout::python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r"]).arg(&pins);
    run(pip, "pip install").await?;
    fs::write(&stamp, digest).with_context(|| stamp.display().to_string())
}
