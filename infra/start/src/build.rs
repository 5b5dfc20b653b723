//! Builds the executables, and knows without cargo when there is nothing to build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The command and the functions.
const EXECUTABLES: [&str; 2] = ["saizheng", "bootstrap"];

/// Whether nothing that the executables were made from has changed since the last build began. Cargo leaves their sources beside them, in
/// `NAME.d`; versions of what is not ours stand in the `Cargo.lock` above.
pub(crate) fn is_up_to_date(folder: &Path) -> bool {
    let Some(built) = modified(&stamp(folder)) else { return false };
    EXECUTABLES.iter().all(|name| is_older(folder, name, built).unwrap_or(false))
}

/// Its time is that of the last build's beginning: what is edited during a build is newer.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("start.stamp")
}

fn is_older(folder: &Path, name: &str, built: SystemTime) -> Option<bool> {
    let executable = folder.join(name);
    let sources = sources(&fs::read_to_string(executable.with_extension("d")).ok()?);
    let manifests = sources.iter().flat_map(|source| manifests(source));
    let all: Vec<PathBuf> = manifests.chain(sources.iter().cloned()).collect();
    // A source that is gone is a change too.
    Some(executable.exists() && !sources.is_empty() && all.iter().all(|file| modified(file).is_some_and(|changed| changed <= built)))
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

/// The files after the colon; a space within a name has a backslash before it.
fn sources(makefile: &str) -> Vec<PathBuf> {
    let Some((_, list)) = makefile.lines().next().and_then(|line| line.split_once(": ")) else { return Vec::new() };
    let names = list.replace("\\ ", "\0");
    names.split(' ').filter(|name| !name.is_empty()).map(|name| PathBuf::from(name.replace('\0', " "))).collect()
}

/// What says how a source is built: manifests and lock in the folders above it, up to the workspace.
fn manifests(source: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in source.ancestors().skip(1) {
        found.extend(["Cargo.toml", "Cargo.lock"].map(|name| folder.join(name)).into_iter().filter(|file| file.exists()));
        if folder.join("Cargo.lock").exists() {
            break;
        }
    }
    found
}

/// All executables of the workspace, with the profile of this one, into `folder`.
pub(crate) fn build(root: &Path, folder: &Path) -> Result<(), String> {
    let begun = folder.join("start.begun");
    fs::write(&begun, "").map_err(|error| format!("{}：{error}", begun.display()))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--workspace", "--bins"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // `cargo run` describes its package to what it runs; a build script that watches these variables (ring's does) would run
    // again, and everything above it would be built twice.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status().map_err(|error| format!("无法运行 cargo：{error}"))?;
    if !status.success() {
        return Err("构建没有成功，原因见上".to_owned());
    }
    fs::rename(&begun, stamp(folder)).map_err(|error| format!("{}：{error}", begun.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A workspace with one source, and executables that are as old as it.
    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("a b/src")).expect("folders");
        for file in ["Cargo.toml", "Cargo.lock", "a b/Cargo.toml", "a b/src/main.rs"] {
            fs::write(root.join(file), "").expect("written");
        }
        for name in EXECUTABLES {
            let source = root.join("a b/src/main.rs").to_string_lossy().replace(' ', "\\ ");
            fs::write(root.join(name).with_extension("d"), format!("{name}: {source}\n")).expect("written");
            fs::write(root.join(name), "").expect("written");
        }
        fs::write(stamp(root), "").expect("written");
        folder
    }

    fn touch(file: &Path) {
        let file = fs::File::options().append(true).open(file).expect("there");
        let later = file.metadata().and_then(|metadata| metadata.modified()).expect("a time") + Duration::from_secs(5);
        file.set_modified(later).expect("touched");
    }

    #[test]
    fn what_is_newer_than_all_it_is_made_from_is_not_built() {
        assert!(is_up_to_date(workspace().path()));
    }

    #[test]
    fn a_changed_source_manifest_or_lock_is_built() {
        for file in ["a b/src/main.rs", "a b/Cargo.toml", "Cargo.toml", "Cargo.lock"] {
            let folder = workspace();
            touch(&folder.path().join(file));
            assert!(!is_up_to_date(folder.path()), "{file}");
        }
    }

    #[test]
    fn a_missing_source_executable_list_or_stamp_is_built() {
        for file in ["a b/src/main.rs", "saizheng", "bootstrap", "bootstrap.d", "start.stamp"] {
            let folder = workspace();
            fs::remove_file(folder.path().join(file)).expect("there");
            assert!(!is_up_to_date(folder.path()), "{file}");
        }
    }
}
