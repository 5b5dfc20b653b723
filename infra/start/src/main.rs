//! What `cargo run --release -- …` starts: it looks whether the machine has what is needed, builds what is not up to date, and
//! hands over to `saizheng` with the same arguments.
//!
//! Next to no dependencies, so that it is there within seconds; all else is one build, of which no part waits for another.

mod build;
mod machine;

use std::os::unix::process::CommandExt;
use std::path::Path;
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
    let launcher = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = launcher.parent().ok_or("找不到构建结果的文件夹")?;
    let artifacts = build::Artifacts { root: root(), folder };
    let lock = artifacts.lock(|| say("等待另一个命令构建完毕……"))?;
    if !artifacts.are_up_to_date(&launcher) {
        machine::check(root(), artifacts.is_new().then_some(folder))?;
        say("构建（首次需数分钟，以后只构建改动的部分）……");
        artifacts.build()?;
    }
    drop(lock);
    let error = Command::new(folder.join("saizheng")).args(std::env::args_os().skip(1)).exec();
    Err(format!("无法运行 {}：{error}", folder.join("saizheng").display()))
}

/// The folder with `template.yaml`.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or_else(|| Path::new("."))
}

#[expect(clippy::print_stderr, reason = "the terminal is this command's user interface")]
fn say(line: &str) {
    eprintln!("{line}");
}
