//! What went wrong, told to the person: their own mistake apart from a failure of the system.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use rules::values::finding::Finding;

use crate::api::Refused;
use crate::{findings, say};

/// Exit code where something is left undone, or the person asked for what there is not.
const UNDONE: u8 = 2;
/// Exit code of a failure of the system.
const FAILED: u8 = 1;
/// Exit code of a command that is not written as its help says (`EX_USAGE`).
pub(crate) const USAGE: u8 = 64;

/// The person's mistake, in words that say what to do.
#[derive(Debug)]
struct Mistake(String);

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

/// The person's mistake as an error.
pub(crate) fn mistake(words: impl Into<String>) -> anyhow::Error {
    Mistake(words.into()).into()
}

/// Says an error; its exit code.
pub(crate) fn told(error: &anyhow::Error) -> ExitCode {
    if let Some(mistake) = error.downcast_ref::<Mistake>() {
        say(&mistake.0);
        return ExitCode::from(UNDONE);
    }
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return tell_refused(refused);
    }
    say(&of_the_disk(error).unwrap_or_else(|| format!("系统出错：{error:#}")));
    ExitCode::from(FAILED)
}

/// Says the findings; exit 2 if one of them is an error.
pub(crate) fn tell(found: &[Finding]) -> ExitCode {
    findings::lines(found).iter().for_each(|line| say(line));
    if found.iter().any(Finding::is_error) { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Says why the API refused; exit 2, or 1 where the fault is the system's.
pub(crate) fn tell_refused(refused: &Refused) -> ExitCode {
    say(&refused.message);
    tell(&refused.findings);
    ExitCode::from(if refused.is_a_failure() { 1 } else { 2 })
}

/// What a file system said no to: a word, and the path, which stands right before the cause.
fn of_the_disk(error: &anyhow::Error) -> Option<String> {
    let chain: Vec<_> = error.chain().collect();
    let (at, cause) = chain.iter().enumerate().find_map(|(at, cause)| Some((at, cause.downcast_ref::<io::Error>()?)))?;
    let word = of_the_machine(cause.kind())?;
    Some(at.checked_sub(1).map_or_else(|| word.to_owned(), |path| format!("{word}：{}", chain[path])))
}

/// Exit code and words where a result did not reach the standard output.
pub(crate) fn lost_output(error: &io::Error) -> ExitCode {
    say(&format!("{}：标准输出，结果不全", of_the_machine(error.kind()).unwrap_or("没有写入")));
    ExitCode::from(FAILED)
}

/// A file that the person named.
pub(crate) fn named_file(path: &Path) -> Result<Vec<u8>, anyhow::Error> {
    fs::read(path).map_err(|error| match of_the_machine(error.kind()) {
        Some(words) => mistake(format!("{words}：{}", path.display())),
        None => anyhow::Error::new(error).context(path.display().to_string()),
    })
}

/// What a file system says no with, in a word.
pub(crate) fn of_the_machine(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::PermissionDenied => Some("没有权限读写"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some("磁盘已满，没有写入"),
        io::ErrorKind::ReadOnlyFilesystem => Some("这个位置只能读，不能写"),
        io::ErrorKind::NotFound => Some("没有这个文件或文件夹"),
        io::ErrorKind::NotADirectory => Some("不是文件夹"),
        io::ErrorKind::AlreadyExists => Some("已有同名的文件"),
        io::ErrorKind::DirectoryNotEmpty => Some("文件夹里已有别的文件"),
        io::ErrorKind::IsADirectory => Some("是文件夹，不是文件"),
        _ => None,
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    fn code(error: &anyhow::Error) -> String {
        format!("{:?}", told(error))
    }

    #[test]
    fn a_mistake_is_told_from_a_failure_whatever_stands_around_it() {
        let undone = format!("{:?}", ExitCode::from(2));
        let failed = format!("{:?}", ExitCode::from(1));
        assert_eq!(code(&mistake("没有申报")), undone);
        assert_eq!(code(&mistake("没有申报").context("取回结果")), undone);
        let refused = Refused { code: "NOT_FOUND".to_owned(), message: "没有找到".to_owned(), findings: Vec::new() };
        assert_eq!(code(&anyhow::Error::new(refused).context("取回结果")), undone);
        let defect = Refused { code: "DEFECT".to_owned(), message: "系统出错".to_owned(), findings: Vec::new() };
        assert_eq!(code(&anyhow::Error::new(defect)), failed);
        let full: Result<(), io::Error> = Err(io::ErrorKind::StorageFull.into());
        let full = full.context("out/report.json").context("取回结果").expect_err("full");
        assert_eq!((code(&full), of_the_disk(&full).as_deref()), (failed, Some("磁盘已满，没有写入：out/report.json")));
        let denied = anyhow::Error::new(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(of_the_disk(&denied).as_deref(), Some("没有权限读写"));
    }
}
