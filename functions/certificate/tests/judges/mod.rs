//! Strangers that judge our files: pyHanko the signatures, page the standard (PDF/A-2b). Pinned in `infra/local/judges.txt`,
//! installed into `target/tools` when they are first asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The interpreter of their environment.
static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let (pins, folder) = (root.join("infra/local/judges.txt"), root.join("target/tools/judges"));
    fs::create_dir_all(root.join("target/tools")).expect("target/tools");
    // Two test runs at once: the second waits for the first.
    let lock = fs::File::create(root.join("target/tools/judges.lock")).expect("a lock");
    lock.lock().expect("locked");
    let (stamp, wanted) = (folder.join("pins"), fs::read(&pins).expect("judges.txt"));
    let python = folder.join("bin/python");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r"];
    run(Command::new(&python).args(install).arg(&pins));
    fs::write(stamp, wanted).expect("written");
    python
});

/// What a program says.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// What `judges.py` says.
pub(crate) fn ask(arguments: &[&str]) -> String {
    run(Command::new(&*PYTHON).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges.py")).args(arguments))
}

/// A file with these bytes.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("written");
    file
}

/// What keeps a file from being PDF/A-2b, a line each.
pub(crate) fn faults_of_pdfa(pdf: &[u8]) -> String {
    ask(&["pdfa", &file(pdf).path().to_string_lossy()])
}
