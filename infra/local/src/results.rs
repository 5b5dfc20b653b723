//! Results on disk: a file is there whole or not at all, and so is a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::say;

/// Begins the names of what is not finished yet.
const UNFINISHED: &str = ".saizheng-未完成-";

/// In a result folder: its files that were written by a command, each with its digest.
const WRITTEN: &str = ".saizheng-已写入.json";

/// Writes a file under a name of its own beside, and gives it its name when all of it is on disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let at = || path.display().to_string();
    // What is no file (a pipe, a device) is written to as it is.
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        return fs::OpenOptions::new().write(true).open(path).and_then(|mut open| open.write_all(bytes)).with_context(at);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!("{UNFINISHED}{}-{name}", std::process::id()));
    put(path, &draft, || fs::write(&draft, bytes)).with_context(at)
}

/// Fills `draft` and gives it the name `path`. If that fails, no draft is left.
pub(crate) fn put(path: &Path, draft: &Path, fill: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<()> {
    let written = fill().and_then(|()| fs::rename(draft, path));
    if written.is_err() {
        let _ = fs::remove_file(draft);
    }
    written
}

/// A result that is written apart and put into its folder when it is complete. If it is dropped before, nothing of it is left.
pub(crate) struct Staged {
    out: PathBuf,
    stage: PathBuf,
}

impl Staged {
    /// For the result folder `out`, which need not be there.
    pub(crate) fn of(out: &Path) -> Result<Self> {
        // Inside a folder that is there: it can be written to where its parent cannot, and it is on the same disk.
        let place = if out.exists() { out } else { parent(out) };
        fs::create_dir_all(place).with_context(|| place.display().to_string())?;
        forget_unfinished(place);
        let stage = place.join(format!("{UNFINISHED}{}", std::process::id()));
        fs::create_dir(&stage).with_context(|| out.display().to_string())?;
        Ok(Self { out: out.to_owned(), stage })
    }

    /// Writes a file of the result; `name` is its path within the folder.
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        let (target, shown) = (self.stage.join(&name), self.out.join(&name));
        let folder = target.parent().unwrap_or(&self.stage);
        fs::create_dir_all(folder).and_then(|()| fs::write(&target, bytes)).with_context(|| shown.display().to_string())
    }

    /// Opens a file of the result that is written bit by bit.
    pub(crate) fn create(&self, name: &str) -> Result<fs::File> {
        fs::File::create(self.stage.join(name)).with_context(|| self.out.join(name).display().to_string())
    }

    /// Puts the result into its folder and nothing else: what is proven later may have no file too many.
    pub(crate) fn publish_as_it_is(self) -> Result<()> {
        match self.stage.parent() == Some(self.out.as_path()) {
            true => moved(&self.stage, &self.out),
            false => match fs::rename(&self.stage, &self.out) {
                // Somebody else's result came to lie there meanwhile: it goes beside, file by file.
                Err(_) if self.out.is_dir() => moved(&self.stage, &self.out),
                done => done.with_context(|| self.out.display().to_string()),
            },
        }
    }

    /// Puts the result into its folder: as a whole where there is none, otherwise file by file, folders first. What lies there
    /// besides stays; what somebody put there, or has changed since, under a name beside.
    pub(crate) fn publish(self) -> Result<()> {
        let at = || self.out.display().to_string();
        let known: BTreeMap<PathBuf, String> =
            fs::read(self.out.join(WRITTEN)).ok().and_then(|list| serde_json::from_slice(&list).ok()).unwrap_or_default();
        let mut fresh = BTreeMap::new();
        digests(&self.stage, Path::new(""), &mut fresh).with_context(at)?;
        let written: BTreeMap<_, _> = known.iter().chain(&fresh).collect();
        fs::write(self.stage.join(WRITTEN), serde_json::to_vec_pretty(&written)?).with_context(at)?;
        for (name, digest) in &fresh {
            set_aside_unless(&self.out.join(name), &[known.get(name), Some(digest)])?;
        }
        self.publish_as_it_is()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.stage);
    }
}

fn digest(path: &Path) -> std::io::Result<String> {
    Ok(hex::encode(Sha256::digest(fs::read(path)?)))
}

/// The files below `folder` with their digests.
fn digests(folder: &Path, within: &Path, into: &mut BTreeMap<PathBuf, String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder.join(within))? {
        let entry = entry?;
        let name = within.join(entry.file_name());
        if entry.path().is_dir() {
            digests(folder, &name, into)?;
        } else {
            into.insert(name, digest(&entry.path())?);
        }
    }
    Ok(())
}

/// A file that is about to be replaced is kept beside, unless its digest is one of `ours`.
fn set_aside_unless(path: &Path, ours: &[Option<&String>]) -> Result<()> {
    if !path.is_file() || ours.contains(&Some(&digest(path).with_context(|| path.display().to_string())?)) {
        return Ok(());
    }
    let (stem, end) = (path.file_stem().unwrap_or_default().to_string_lossy(), path.extension().unwrap_or_default().to_string_lossy());
    let names = (1u32..).map(|number| path.with_file_name(format!("{stem}-原有{number}.{end}")));
    let aside = names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| path.to_owned());
    fs::rename(path, &aside).with_context(|| path.display().to_string())?;
    say(&format!("{} 是自己的或改过的文件，没有覆盖，改名为 {}", path.display(), aside.display()));
    Ok(())
}

fn parent(out: &Path) -> &Path {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn moved(from: &Path, to: &Path) -> Result<()> {
    let at = || to.display().to_string();
    let mut entries: Vec<_> = fs::read_dir(from).with_context(at)?.collect::<std::io::Result<_>>().with_context(at)?;
    let is_file = |entry: &fs::DirEntry| !entry.path().is_dir();
    entries.sort_by_key(|entry| (is_file(entry), entry.file_name()));
    for entry in entries {
        let target = to.join(entry.file_name());
        if !is_file(&entry) && target.is_dir() {
            moved(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}

/// What a command that was killed has left.
fn forget_unfinished(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let writer = name.strip_prefix(UNFINISHED).and_then(|rest| rest.split('-').next()).and_then(|pid| pid.parse::<u32>().ok());
        if writer.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("saizheng-results-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("there").map(|entry| entry.expect("an entry").file_name());
        let names = entries.map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name != WRITTEN).collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_is_there_whole_or_not_at_all() {
        let folder = folder("whole");
        let out = folder.join("new/out");
        let staged = Staged::of(&out).expect("staged");
        staged.write("certificates/a.pdf", b"a").expect("written");
        assert!(!out.exists(), "not before it is complete");
        drop(staged);
        assert_eq!(names(&folder.join("new")), Vec::<String>::new(), "nothing is left of what was given up");
        let staged = Staged::of(&out).expect("staged");
        staged.write("certificates/a.pdf", b"a").expect("written");
        staged.write("report.json", b"{}").expect("written");
        staged.publish().expect("published");
        assert_eq!(
            (names(&out), names(&folder.join("new"))),
            (vec!["certificates".to_owned(), "report.json".to_owned()], vec!["out".to_owned()])
        );
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_somebody_changed_or_put_there_is_kept_beside() {
        let folder = folder("own");
        fs::write(folder.join("certificates.csv"), "own").expect("written");
        let publish = |report: &[u8]| {
            let staged = Staged::of(&folder).expect("staged");
            staged.write("report.xlsx", report).expect("written");
            staged.write("certificates.csv", b"made").expect("written");
            staged.publish().expect("published");
        };
        publish(b"first");
        publish(b"second");
        assert_eq!(names(&folder), ["certificates-原有1.csv", "certificates.csv", "report.xlsx"], "its own are replaced");
        fs::write(folder.join("report.xlsx"), "corrected by hand").expect("written");
        publish(b"third");
        fs::write(folder.join("report.xlsx"), "corrected again").expect("written");
        publish(b"third");
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("read");
        assert_eq!(
            ["certificates-原有1.csv", "certificates.csv", "report-原有1.xlsx", "report-原有2.xlsx", "report.xlsx"].map(read),
            ["own", "made", "corrected by hand", "corrected again", "third"]
        );
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_is_there_stays_until_the_new_is_complete() {
        let folder = folder("again");
        for (name, text) in [("report.json", "old"), ("own.txt", "own"), (".saizheng-未完成-999999999-report.json", "killed")] {
            fs::write(folder.join(name), text).expect("written");
        }
        fs::create_dir(folder.join("certificates")).expect("created");
        fs::write(folder.join("certificates/a.pdf"), "old").expect("written");
        let staged = Staged::of(&folder).expect("staged");
        staged.write("report.json", b"new").expect("written");
        staged.write("certificates/b.pdf", b"new").expect("written");
        assert_eq!(fs::read(folder.join("report.json")).expect("read"), b"old");
        staged.publish().expect("published");
        assert_eq!(fs::read(folder.join("report.json")).expect("read"), b"new");
        assert_eq!(
            (names(&folder), names(&folder.join("certificates"))),
            (
                ["certificates", "own.txt", "report-原有1.json", "report.json"].map(str::to_owned).to_vec(),
                ["a.pdf", "b.pdf"].map(str::to_owned).to_vec(),
            )
        );
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_full_disk_is_an_error_with_the_path_and_leaves_what_was_there() {
        let error = write(Path::new("/dev/full"), b"text").expect_err("full");
        assert_eq!(error.to_string(), "/dev/full");
        assert!(Path::new("/dev/full").exists(), "a device is no file to be replaced");
        let folder = folder("file");
        write(&folder.join("a"), b"one").expect("written");
        write(&folder.join("a"), b"two").expect("written");
        assert_eq!((names(&folder), fs::read(folder.join("a")).expect("read")), (vec!["a".to_owned()], b"two".to_vec()));
        assert!(write(&folder.join("none/a"), b"one").is_err());
        fs::remove_dir_all(folder).expect("removed");
    }
}
