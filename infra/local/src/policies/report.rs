//! What was refused, and what was granted and never made use of, as the record of a data folder has it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::resolve::Policies;
use super::{FILE, guard};
use crate::{print, say};

/// What AWS itself does in a function's name, which no request here shows.
const BY_AWS: [&str; 3] = ["sqs:ReceiveMessage ", "sqs:DeleteMessage ", "sqs:GetQueueAttributes "];

/// What is asked for only after a failure, or where a text of the rulebook was replaced: tests meet some of it by chance.
const SELDOM: &[&str] = &[
    "ArchiveFunction s3:GetObject arn:aws:s3:::saizheng-work-000000000000/zipping/",
    "ArchiveFunction dynamodb:GetItem ",
    "ArchiveFunction dynamodb:Query ",
    "ArchiveFunction s3:AbortMultipartUpload ",
    "ArchiveFunction s3:ListBucket ",
    "ArchiveFunction s3:GetObject arn:aws:s3:::saizheng-work-000000000000/archives/",
    // A session that goes on for minutes.
    "ConsoleFunction dynamodb:UpdateItem arn:aws:dynamodb:us-east-1:000000000000:table/saizheng-records SESSION",
    "ConsoleFunction s3:ListBucket ",
    // No key that signs copies: its parameter has no name.
    "PrintFunction ssm:GetParameter ",
    // Orders that were never written; what else it does, tests drop events and delete applications for.
    "ReconcileFunction s3:PutObject ",
    "ReconcileFunction s3:ListBucket ",
    "ReconcileFunction s3:GetObject arn:aws:s3:::saizheng-work-000000000000/config/",
    "ReconcileFunction s3:DeleteObjectVersion arn:aws:s3:::saizheng-work-000000000000/drafts/",
    "ReconcileFunction s3:DeleteObjectVersion arn:aws:s3:::saizheng-work-000000000000/photos/",
    "ReconcileFunction s3:DeleteObjectVersion arn:aws:s3:::saizheng-work-000000000000/samples/",
    "TallyFunction s3:GetObject arn:aws:s3:::saizheng-work-000000000000/config/",
    "RestoreFunction s3:GetObject arn:aws:s3:::saizheng-work-000000000000/config/",
    "ReviewFunction s3:ListBucket ",
    "ValidateFunction s3:ListBucket ",
];

/// The console and the API are two faces of the same operations: what either uses, both have.
const FACES: [&str; 2] = ["ConsoleFunction ", "ReviewFunction "];

/// Whether tests need not have met a grant.
fn is_excused(grant: &str, used: &BTreeSet<&str>) -> bool {
    let other_face =
        |(own, other): (&str, &str)| grant.strip_prefix(own).is_some_and(|rest| used.contains(format!("{other}{rest}").as_str()));
    let [console, review] = FACES;
    BY_AWS.iter().any(|action| grant.contains(action))
        || SELDOM.iter().any(|seldom| grant.starts_with(seldom))
        || [(console, review), (review, console)].into_iter().any(other_face)
}

/// What became of grants.
#[derive(Debug, Default, PartialEq, Eq)]
struct Grants<'a> {
    used: Vec<&'a str>,
    /// Not made use of, and tests need not have.
    excused: Vec<&'a str>,
    idle: Vec<&'a str>,
}

impl<'a> Grants<'a> {
    fn told_apart(granted: &'a BTreeSet<String>, used: &BTreeSet<&str>) -> Self {
        let mut grants = Self::default();
        for grant in granted.iter().map(String::as_str) {
            let kind = match grant {
                _ if used.contains(grant) => &mut grants.used,
                _ if is_excused(grant, used) => &mut grants.excused,
                _ => &mut grants.idle,
            };
            kind.push(grant);
        }
        grants
    }
}

/// Prints a line for what was refused, what is excused and what is unused; exit code 1 if something was refused or is unused.
pub(crate) fn report(data: &Path) -> Result<ExitCode> {
    let text = fs::read(data.join(FILE)).with_context(|| format!("{} 里还没有部署过本机系统", data.display()))?;
    let policies: Policies = serde_json::from_slice(&text)?;
    let noted = fs::read_to_string(guard::record_of(data, &text)).unwrap_or_default();
    let used: BTreeSet<&str> = noted.lines().filter_map(|line| line.strip_prefix("used ")).collect();
    let denied: Vec<&str> = noted.lines().filter(|line| line.starts_with("denied ")).collect();
    let granted: BTreeSet<String> = policies.grants().map(|(function, grant)| format!("{function} {grant}")).collect();
    let grants = Grants::told_apart(&granted, &used);
    denied.iter().for_each(|line| print(line));
    grants.excused.iter().for_each(|grant| print(&format!("excused {grant}")));
    grants.idle.iter().for_each(|grant| print(&format!("unused {grant}")));
    say(&format!(
        "授予 {} 项：用到 {} 项，没有用到而可以没有用到的 {} 项，没有用到 {} 项；被拒绝的请求 {} 种",
        granted.len(),
        grants.used.len(),
        grants.excused.len(),
        grants.idle.len(),
        denied.len()
    ));
    Ok(if denied.is_empty() && grants.idle.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_excused_does_not_count_as_used() {
        let granted: BTreeSet<String> = [
            "ConsoleFunction events:PutEvents bus",
            "ReconcileFunction dynamodb:GetItem table GUARD",
            "ReconcileFunction s3:PutObject bucket/printing/*",
            "RestoreFunction dynamodb:PutItem table",
            "ReviewFunction events:PutEvents bus",
            "ValidateFunction sqs:ReceiveMessage queue",
        ]
        .map(str::to_owned)
        .into();
        let used = BTreeSet::from(["ReviewFunction events:PutEvents bus"]);
        let grants = Grants::told_apart(&granted, &used);
        assert_eq!(grants.used, ["ReviewFunction events:PutEvents bus"]);
        let excused = [
            "ConsoleFunction events:PutEvents bus",
            "ReconcileFunction s3:PutObject bucket/printing/*",
            "ValidateFunction sqs:ReceiveMessage queue",
        ];
        assert_eq!(grants.excused, excused);
        assert_eq!(grants.idle, ["ReconcileFunction dynamodb:GetItem table GUARD", "RestoreFunction dynamodb:PutItem table"]);
    }
}
