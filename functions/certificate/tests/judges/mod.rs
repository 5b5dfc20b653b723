//! Strangers that judge our files, pinned in `infra/local/judges.txt` and installed into `target/tools` when they are first asked:
//! libqpdf says whether a file is sound, PDFium what it shows, pyHanko whether its signatures hold, page whether it keeps to the
//! standard (PDF/A-2b).
//!
//! With `JUDGES=installed` the qpdf and poppler of this machine judge instead, wherever they can. `.ci/run` asks both.

#![allow(dead_code, reason = "each test uses some of it")]

use std::env::{self, VarError};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::NamedTempFile;

const PINS: &str = "infra/local/judges.txt";

/// Of the repository: packages at different depths ask.
static ROOT: LazyLock<&Path> = LazyLock::new(|| {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join(PINS).is_file()).expect("a repository")
});

/// The interpreter of the environment with the pinned judges.
static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let (pins, folder) = (ROOT.join(PINS), ROOT.join("target/tools/judges"));
    fs::create_dir_all(ROOT.join("target/tools")).expect("target/tools");
    // Two test runs at once: the second waits for the first.
    let lock = fs::File::create(ROOT.join("target/tools/judges.lock")).expect("a lock");
    lock.lock().expect("locked");
    let (stamp, wanted) = (folder.join("pins"), fs::read(&pins).expect("judges.txt"));
    let python = folder.join("bin/python");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    printed(output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)));
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r"];
    printed(output(Command::new(&python).args(install).arg(&pins)));
    fs::write(stamp, wanted).expect("written");
    python
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judges {
    Pinned,
    Installed,
}

/// Who judges.
pub(crate) static JUDGES: LazyLock<Judges> = LazyLock::new(|| match env::var("JUDGES").as_deref() {
    Ok("pinned") | Err(VarError::NotPresent) => Judges::Pinned,
    Ok("installed") => Judges::Installed,
    other => panic!("JUDGES is {other:?}, neither pinned nor installed"),
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colours {
    Gray,
    Rgb,
}

/// What is said of one signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) sub_filter: String,
    /// It is the signer's, and nothing that it covers was changed.
    pub(crate) is_valid: bool,
    /// It covers every byte but its own.
    pub(crate) covers_file: bool,
}

impl Signature {
    /// What each signature must be: EN 319 142-1's, valid, of the whole file.
    pub(crate) fn sound() -> Self {
        Self { sub_filter: "ETSI.CAdES.detached".to_owned(), is_valid: true, covers_file: true }
    }
}

/// What keeps a file from being sound, as `qpdf --check` says it.
pub(crate) fn faults(pdf: &[u8]) -> String {
    match *JUDGES {
        Judges::Pinned => ask("faults", pdf, &[]),
        Judges::Installed => {
            let output = installed("qpdf --check FILE", pdf);
            let said = said(&output);
            let is_sound = output.status.success() && output.stderr.is_empty() && !said.contains("WARNING");
            if is_sound { String::new() } else { said }
        }
    }
}

/// What stands on the pages, in the order in which it was drawn, without white space: lines are broken where they must be.
pub(crate) fn text(pdf: &[u8]) -> String {
    let text = match *JUDGES {
        Judges::Pinned => ask("text", pdf, &[]),
        Judges::Installed => String::from_utf8(printed(installed("pdftotext -raw -enc UTF-8 FILE -", pdf))).expect("UTF-8"),
    };
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The first page, with so many dots an inch: a PNG.
pub(crate) fn drawn(pdf: &[u8], resolution: u32, colours: Colours) -> Vec<u8> {
    match *JUDGES {
        Judges::Pinned => {
            let png = file(&[]);
            let colours = if colours == Colours::Gray { "gray" } else { "rgb" };
            ask("draw", pdf, &[&resolution.to_string(), colours, &path(&png)]);
            fs::read(png.path()).expect("a picture")
        }
        Judges::Installed => {
            let gray = if colours == Colours::Gray { "-gray" } else { "" };
            printed(installed(&format!("pdftoppm -r {resolution} {gray} -png -singlefile FILE"), pdf))
        }
    }
}

/// The signatures of a file, whoever made them.
pub(crate) fn signatures(pdf: &[u8]) -> Vec<Signature> {
    match *JUDGES {
        Judges::Pinned => {
            let each = |said: &Value| Signature {
                sub_filter: said["sub_filter"].as_str().unwrap_or_default().trim_start_matches('/').to_owned(),
                is_valid: said["valid"] == true && said["intact"] == true,
                covers_file: said["coverage"] == "ENTIRE_FILE",
            };
            validated(pdf, None).iter().map(each).collect()
        }
        Judges::Installed => {
            let output = installed("pdfsig -nocert FILE", pdf);
            let said = said(&output);
            assert!(output.status.success() || said.contains("does not contain any signatures"), "{said}");
            let each = |said: &str| Signature {
                sub_filter: said.lines().find_map(|line| line.trim().strip_prefix("- Signature Type: ")).unwrap_or_default().to_owned(),
                is_valid: said.contains("- Signature Validation: Signature is Valid."),
                covers_file: said.contains("- Total document signed"),
            };
            said.split("Signature #").skip(1).map(each).collect()
        }
    }
}

/// What pyHanko says of each signature of a file, where one trusts the certificate in the file `root`.
pub(crate) fn validated(pdf: &[u8], root: Option<&Path>) -> Vec<Value> {
    let root: Vec<_> = root.iter().map(|root| root.to_string_lossy()).collect();
    serde_json::from_str(&ask("validate", pdf, &root.iter().map(AsRef::as_ref).collect::<Vec<_>>())).expect("JSON")
}

/// What keeps a file from being PDF/A-2b, a line each.
pub(crate) fn faults_of_pdfa(pdf: &[u8]) -> String {
    ask("pdfa", pdf, &[])
}

/// Makes keys and their certificates in a folder: see `judges.py`.
pub(crate) fn make_keys(folder: &Path) {
    judges_py(&["keys", &folder.to_string_lossy()]);
}

/// What `judges.py` says of a file.
fn ask(question: &str, pdf: &[u8], arguments: &[&str]) -> String {
    let pdf = file(pdf);
    judges_py(&[&[question, &path(&pdf)], arguments].concat())
}

fn judges_py(arguments: &[&str]) -> String {
    let script = ROOT.join("functions/certificate/tests/judges.py");
    let said = printed(output(Command::new(&*PYTHON).args(["-X", "utf8"]).arg(script).args(arguments)));
    String::from_utf8(said).expect("UTF-8")
}

/// What a program of this machine makes of a file, which is FILE in `command`.
fn installed(command: &str, pdf: &[u8]) -> Output {
    let pdf = file(pdf);
    let words: Vec<_> = command.split_whitespace().map(|word| if word == "FILE" { path(&pdf) } else { word.to_owned() }).collect();
    output(Command::new(&words[0]).args(&words[1..]))
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// All that a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What a program printed, if all went well.
fn printed(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", said(&output));
    output.stdout
}

/// A file with these bytes.
fn file(bytes: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("written");
    file
}

fn path(file: &NamedTempFile) -> String {
    file.path().to_str().expect("a path in UTF-8").to_owned()
}
