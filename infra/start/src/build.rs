//! Builds the executables, and knows without cargo when there is nothing to build.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The command and the functions.
const EXECUTABLES: [&str; 2] = ["saizheng", "bootstrap"];

/// A folder of executables: `target/release`, say.
pub(crate) struct Artifacts<'a> {
    /// The folder with `template.yaml`.
    pub(crate) root: &'a Path,
    pub(crate) folder: &'a Path,
}

impl Artifacts<'_> {
    /// Another command that builds is waited for as long as this is held.
    pub(crate) fn lock(&self, waiting: impl FnOnce()) -> Result<File, String> {
        let file = self.folder.join("start.lock");
        let failed = |error: std::io::Error| format!("{}：{error}", file.display());
        let lock = File::create(&file).map_err(failed)?;
        if lock.try_lock().is_err() {
            waiting();
            lock.lock().map_err(failed)?;
        }
        Ok(lock)
    }

    /// Whether anything was ever built here.
    pub(crate) fn is_new(&self) -> bool {
        !self.stamp().exists()
    }

    /// Whether nothing that the executables were made from has changed since the last build began. Cargo leaves their sources beside
    /// them, in `NAME.d`; versions of what is not ours stand in the `Cargo.lock` above. This launcher was linked anew if the compiler or
    /// its settings are others.
    pub(crate) fn are_up_to_date(&self, launcher: &Path) -> bool {
        let Some(built) = modified(&self.stamp()) else { return false };
        let is_older = |file: &Path| modified(file).is_some_and(|changed| changed <= built);
        is_older(launcher) && EXECUTABLES.iter().all(|name| self.is_made_of(name, is_older).unwrap_or(false))
    }

    /// Its time is that of the last build's beginning: what is edited during a build is newer.
    fn stamp(&self) -> PathBuf {
        self.folder.join("start.stamp")
    }

    fn is_made_of(&self, name: &str, is_older: impl Fn(&Path) -> bool) -> Option<bool> {
        let executable = self.folder.join(name);
        let listed = sources(&fs::read_to_string(executable.with_extension("d")).ok()?);
        // What build scripts write is made of what stands beside it in the list.
        let sources: Vec<&PathBuf> = listed.iter().filter(|source| !source.starts_with(self.folder)).collect();
        let is_ours = sources.iter().all(|source| source.starts_with(self.root));
        let mut manifests = sources.iter().flat_map(|source| self.manifests(source));
        Some(
            executable.exists()
                && !sources.is_empty()
                && is_ours
                && manifests.all(|file| is_older(&file))
                && sources.iter().all(|file| is_older(file)),
        )
    }

    /// What says how a source is built: manifests and lock in the folders above it, up to the workspace.
    fn manifests(&self, source: &Path) -> Vec<PathBuf> {
        let folders = source.ancestors().skip(1).take_while(|folder| folder.starts_with(self.root));
        let files = folders.flat_map(|folder| ["Cargo.toml", "Cargo.lock"].map(|name| folder.join(name)));
        files.filter(|file| file.exists()).collect()
    }

    /// All executables of the workspace, with the profile of this one.
    pub(crate) fn build(&self) -> Result<(), String> {
        let begun = File::create(self.folder.join("start.begun")).and_then(|file| file.metadata()?.modified());
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(self.root).args(["build", "--workspace", "--bins"]);
        if let (Some(target), Some(profile)) = (self.folder.parent(), self.folder.file_name()) {
            cargo.arg("--target-dir").arg(target).arg("--profile");
            cargo.arg(if profile == "debug" { "dev".as_ref() } else { profile });
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
        let stamped = begun.and_then(|begun| File::create(self.stamp())?.set_modified(begun));
        stamped.map_err(|error| format!("{}：{error}", self.stamp().display()))
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A workspace with one source, executables that are as old as it, and a file that a build script wrote later.
    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for folder in ["a b/src", "target/release/build"] {
            fs::create_dir_all(root.join(folder)).expect("folders");
        }
        let source = root.join("a b/src/main.rs").to_string_lossy().replace(' ', "\\ ");
        let generated = root.join("target/release/build/made.rs");
        for file in
            ["Cargo.toml", "Cargo.lock", "a b/Cargo.toml", "a b/src/main.rs", "target/release/build/made.rs", "target/release/start"]
        {
            fs::write(root.join(file), "").expect("written");
        }
        for name in EXECUTABLES {
            let list = format!("{name}: {source} {}\n", generated.display());
            fs::write(root.join("target/release").join(name).with_extension("d"), list).expect("written");
            fs::write(root.join("target/release").join(name), "").expect("written");
        }
        fs::write(root.join("target/release/start.stamp"), "").expect("written");
        touch(&generated);
        folder
    }

    fn is_up_to_date(root: &Path) -> bool {
        let folder = root.join("target/release");
        Artifacts { root, folder: &folder }.are_up_to_date(&folder.join("start"))
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
    fn a_changed_source_manifest_lock_or_launcher_is_built() {
        for file in ["a b/src/main.rs", "a b/Cargo.toml", "Cargo.toml", "Cargo.lock", "target/release/start"] {
            let folder = workspace();
            touch(&folder.path().join(file));
            assert!(!is_up_to_date(folder.path()), "{file}");
        }
    }

    #[test]
    fn a_missing_source_executable_list_or_stamp_is_built() {
        for file in [
            "a b/src/main.rs",
            "target/release/saizheng",
            "target/release/bootstrap",
            "target/release/bootstrap.d",
            "target/release/start.stamp",
        ] {
            let folder = workspace();
            fs::remove_file(folder.path().join(file)).expect("there");
            assert!(!is_up_to_date(folder.path()), "{file}");
        }
    }

    #[test]
    fn executables_of_another_checkout_in_the_same_target_folder_are_not_ours() {
        let (folder, other) = (workspace(), workspace());
        let theirs = other.path().join("target/release");
        assert!(!Artifacts { root: folder.path(), folder: &theirs }.are_up_to_date(&theirs.join("start")));
    }
}
