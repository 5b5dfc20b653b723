//! Tools that the command calls.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// Runs a tool; what it says is shown only if it fails.
pub(crate) async fn run(mut command: Command, name: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().await.with_context(|| name.to_owned())?;
    if !output.status.success() {
        bail!("{name}：{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
