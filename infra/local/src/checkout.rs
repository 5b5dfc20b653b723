//! Where things stand: the checkout that this command was built from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The executable of all functions, by the name that Lambda wants.
pub(crate) const BOOTSTRAP: &str = "bootstrap";

/// The folder with `template.yaml`.
pub(crate) fn root() -> PathBuf {
    let local = Path::new(env!("CARGO_MANIFEST_DIR"));
    local.ancestors().nth(2).map_or_else(|| local.to_owned(), Path::to_owned)
}

/// Tools that setup installs; thrown away with `target/`.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools")
}

/// The emulator's Python.
pub(crate) fn python() -> PathBuf {
    tools().join("emulator/bin/python")
}

/// Where the font files are, for the layer and for the local functions.
pub(crate) fn fonts() -> PathBuf {
    root().join("infra/fonts/layer/fonts")
}

/// This command's own binary; when it was built anew meanwhile, the system names the old one as deleted.
pub(crate) fn own_binary() -> Result<PathBuf> {
    let path = std::env::current_exe().context("own path")?;
    let text = path.to_string_lossy();
    Ok(text.strip_suffix(" (deleted)").map_or_else(|| path.clone(), PathBuf::from))
}

/// The executable of all functions: the one that was given to the data folder, or the one beside this command.
pub(crate) fn bootstrap(data: &Path) -> Result<PathBuf> {
    let given = data.join(BOOTSTRAP);
    Ok(if given.exists() { given } else { own_binary()?.parent().context("own folder")?.join(BOOTSTRAP) })
}
