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

/// Prints a line for each; exit code 1 if there is one.
pub(crate) fn report(data: &Path) -> Result<ExitCode> {
    let text = fs::read(data.join(FILE)).with_context(|| format!("{} 里还没有部署过本机系统", data.display()))?;
    let policies: Policies = serde_json::from_slice(&text)?;
    let noted = fs::read_to_string(guard::record_of(data, &text)).unwrap_or_default();
    let used: BTreeSet<&str> = noted.lines().filter_map(|line| line.strip_prefix("used ")).collect();
    let denied: Vec<&str> = noted.lines().filter(|line| line.starts_with("denied ")).collect();
    let granted: BTreeSet<String> = policies.grants().map(|(function, grant)| format!("{function} {grant}")).collect();
    let is_idle = |grant: &&String| !used.contains(grant.as_str()) && !BY_AWS.iter().any(|action| grant.contains(action));
    let idle: Vec<&String> = granted.iter().filter(is_idle).collect();
    denied.iter().for_each(|line| print(line));
    idle.iter().for_each(|grant| print(&format!("unused {grant}")));
    say(&format!(
        "授予 {} 项，用到 {} 项，没有用到 {} 项；被拒绝的请求 {} 种",
        granted.len(),
        granted.len() - idle.len(),
        idle.len(),
        denied.len()
    ));
    Ok(if denied.is_empty() && idle.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
