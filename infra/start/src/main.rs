//! What `cargo run --release -- …` starts: it looks whether the machine has what is needed, builds what is not up to date, and
//! hands over to `saizheng` with the same arguments.
//!
//! Next to no dependencies, so that it is there within seconds; all else is one build, of which no part waits for another.

mod build;
mod machine;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match start() {
        Ok(never) => match never {},
        Err(line) => {
            say(&line);
            ExitCode::from(1)
        }
    }
}

/// Ends in another program, or with a line that says what to do.
fn start() -> Result<std::convert::Infallible, String> {
    let folder = artifacts()?;
    if !build::is_up_to_date(&folder) {
        machine::check(root())?;
        say("构建（首次需数分钟，以后只构建改动的部分）……");
        build::build(root(), &folder)?;
    }
    let error = Command::new(folder.join("saizheng")).args(std::env::args_os().skip(1)).exec();
    Err(format!("无法运行 saizheng：{error}"))
}

/// The folder with `template.yaml`.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or_else(|| Path::new("."))
}

/// Where cargo puts executables of this profile.
fn artifacts() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    own.parent().map(Path::to_owned).ok_or_else(|| "找不到构建结果的文件夹".to_owned())
}

#[expect(clippy::print_stderr, reason = "the terminal is this command's user interface")]
fn say(line: &str) {
    eprintln!("{line}");
}
