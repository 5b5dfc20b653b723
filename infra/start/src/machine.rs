//! Whether the machine has what building, running and testing need. (Cargo itself says when Rust is too old.)

use std::path::Path;
use std::process::{Command, Stdio};

/// Free space that a first build and all tests take, GiB (measured: docs/FIGURES.md).
const SPACE_GIB: u64 = 8;

/// Python of the emulator, of the fonts' script and of the tests' judges.
const PYTHON: &str = "import sys, ensurepip, lzma, ssl, venv; sys.exit(sys.version_info < (3, 10))";

/// What is missing first, in one line with the remedy.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    if !runs("cc", &["--version"]) {
        return Err(
            "缺少 C 编译器（cc）：Debian、Ubuntu 上运行 apt-get install gcc libc6-dev，macOS 上运行 xcode-select --install".to_owned()
        );
    }
    if !runs("python3", &["-c", PYTHON]) {
        return Err(
            "缺少 Python 3.10 或更高版本（含 venv、lzma、ssl 模块）：Debian、Ubuntu 上运行 apt-get install python3 python3-venv".to_owned()
        );
    }
    match free_gib(root) {
        Some(free) if free < SPACE_GIB => {
            Err(format!("磁盘空间不足：首次构建和全部测试约需 {SPACE_GIB} GiB，{} 所在的磁盘只剩 {free} GiB，请先清理", root.display()))
        }
        _ => Ok(()),
    }
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn free_gib(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize) >> 30)
}
