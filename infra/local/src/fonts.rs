//! The fonts: `infra/fonts/provide.py` puts them into the layer, the same script with which SAM builds it.

use anyhow::Result;
use tokio::process::Command;

use crate::checkout;
use crate::progress::Progress;
use crate::tool::run;

/// The fonts, as `infra/fonts/fonts.toml` pins them. What is there already stays, and is checked in half a second.
pub(crate) async fn provide() -> Result<()> {
    let mut check = script();
    check.arg("--check");
    if run(check, "infra/fonts/provide.py --check").await.is_ok() {
        return Ok(());
    }
    let _progress = Progress::start("下载字体");
    let mut download = script();
    download.arg("--temporary").arg(checkout::tools());
    run(download, "infra/fonts/provide.py").await?;
    Ok(())
}

/// With the emulator's Python, which has pip; the system's need not.
fn script() -> Command {
    let mut python = Command::new(checkout::python());
    python.args(["-B", "-X", "utf8"]).arg(checkout::root().join("infra/fonts/provide.py"));
    python
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use anyhow::{Context, Result, ensure};

    use crate::checkout;

    #[test]
    fn the_tests_of_the_script_pass() -> Result<()> {
        let mut python = Command::new("python3");
        python.current_dir(checkout::root().join("infra/fonts")).args(["-B", "-X", "utf8", "-m", "unittest"]);
        let output = python.output().context("python3")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}
