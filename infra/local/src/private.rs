//! What only the owner may read: the data folder and what the command keeps in it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};

use crate::results;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// A folder that nobody else looks into, made if it is not there.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let at = || path.display().to_string();
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    match DirBuilder::new().mode(FOLDER).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(at),
        _ => {}
    }
    let mode = fs::metadata(path).with_context(at)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(FOLDER)).with_context(at)?;
    }
    Ok(())
}

/// An empty file, or one that is emptied.
pub(crate) fn file(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(FILE).open(path).with_context(|| path.display().to_string())
}

/// A file that is written on at its end.
pub(crate) fn appended(path: &Path) -> Result<File> {
    OpenOptions::new().append(true).create(true).mode(FILE).open(path).with_context(|| path.display().to_string())
}

/// Writes a file, so that nobody ever reads half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("draft");
    let mut open = file(&draft)?;
    results::put(path, &draft, || open.write_all(bytes)).with_context(|| path.display().to_string())
}

/// What a file holds; where it is not there, what `make` gives, which is kept there from then on.
pub(crate) fn read_or_make(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    let text = make()?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE).open(path).with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_reads_what_is_kept() {
        let data = std::env::temp_dir().join(format!("saizheng-private-{}", std::process::id()));
        fs::create_dir_all(&data).expect("created");
        fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("opened");
        folder(&data).expect("closed");
        assert_eq!(mode(&data), 0o700);
        let inner = data.join("inner");
        folder(&inner).expect("made");
        assert_eq!(mode(&inner), 0o700);
        write(&data.join("servers.json"), b"{}").expect("written");
        assert_eq!((mode(&data.join("servers.json")), fs::read(data.join("servers.json")).expect("read")), (0o600, b"{}".to_vec()));
        let made = read_or_make(&data.join("secret"), || Ok("one".to_owned())).expect("made");
        assert_eq!((made.as_str(), mode(&data.join("secret"))), ("one", 0o600));
        assert_eq!(read_or_make(&data.join("secret"), || Ok("two".to_owned())).expect("read"), "one");
        fs::remove_dir_all(data).expect("removed");
    }
}
