//! Whether the machine has what building, running and testing need. (Cargo itself says when Rust is too old; without a C compiler
//! not even this can be linked, and rustc says so.)

use std::path::Path;
use std::process::{Command, Stdio};

/// Free space that a first build and all tests take, GiB (measured: docs/FIGURES.md).
const SPACE_GIB: u64 = 4;

/// Python of the emulator, of the fonts' script and of the tests' judges.
const PYTHON: &str = "import sys, ensurepip, lzma, ssl, venv; sys.exit(sys.version_info < (3, 10))";

/// What is missing first, in one line with the remedy; `new` is the folder that is built into for the first time.
pub(crate) fn check(root: &Path, new: Option<&Path>) -> Result<(), String> {
    if said_by(Command::new("cc").arg("--version")).is_err() {
        return Err("缺少 C 编译器（cc）：Debian、Ubuntu 上运行 apt-get install gcc libc6-dev".to_owned());
    }
    if said_by(Command::new("python3").args(["-c", PYTHON])).is_err() {
        return Err(
            "缺少 Python 3.10 或更高版本（含 venv、lzma、ssl 模块）：Debian、Ubuntu 上运行 apt-get install python3 python3-venv".to_owned()
        );
    }
    said_by(Command::new("python3").args(["-B", "-X", "utf8"]).arg(root.join("infra/fonts/provide.py")).arg("--possible"))?;
    match new.and_then(free_gib) {
        Some(free) if free < SPACE_GIB => {
            Err(format!("磁盘空间不足：首次构建和全部测试约需 {SPACE_GIB} GiB，{} 所在的磁盘只剩 {free} GiB，请先清理", root.display()))
        }
        _ => Ok(()),
    }
}

/// Runs it; what it says of its failure is the error.
fn said_by(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

fn free_gib(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize) >> 30)
}
