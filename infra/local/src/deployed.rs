//! What was deployed to the emulator.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::deploy::Outputs;

/// The file in the data folder that says what was deployed.
pub(crate) const DEPLOYED: &str = "deployed.json";

/// `deployed.json`: what was deployed to which emulator.
#[derive(Serialize, Deserialize)]
pub(crate) struct Deployed {
    pub(crate) pid: u32,
    pub(crate) digest: String,
    pub(crate) outputs: Outputs,
}

/// An output of what was deployed from a data folder.
pub(crate) fn output(data: &Path, name: &str) -> Result<String> {
    let deployed: Deployed = serde_json::from_slice(&fs::read(data.join(DEPLOYED)).context(DEPLOYED)?)?;
    Ok(deployed.outputs.get(name)?.to_owned())
}

/// The API that was deployed to the running stack, as the emulator names it.
pub(crate) fn deployed_api(data: &Path) -> Option<String> {
    let deployed: Deployed = serde_json::from_slice(&fs::read(data.join(DEPLOYED)).ok()?).ok()?;
    (deployed.pid == std::process::id()).then(|| deployed.outputs.get("ApiId").ok().map(str::to_owned)).flatten()
}
