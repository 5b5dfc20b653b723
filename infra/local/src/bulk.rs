//! Certificates changed from a list, with one reason.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use operations::bulk::{ChangeKind, ChangeSeveral, ChangedCertificate, OldSheet, SeveralChanged};

use crate::accounts::Account;
use crate::mistake::{mistake, tell_refused};
use crate::remote::Remote;
use crate::{changes, print, say, steps};

/// What is done with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BulkChange {
    /// 补发：编码不变，各换一张空白证书
    Reissue,
    /// 注销
    Revoke,
}

/// A list of certificates to be changed.
#[derive(Args)]
pub(crate) struct BulkArguments {
    /// 做什么
    #[arg(value_enum)]
    change: BulkChange,
    /// 名单：文本文件，每行一个证书编码，取第一列
    list: PathBuf,
    /// 原因，各份相同
    #[arg(long)]
    reason: String,
    /// 原证书已收回作废，还是遗失；已打印的必填
    #[arg(long, value_enum)]
    old_sheet: Option<changes::OldSheet>,
    /// 只核对，不办理
    #[arg(long)]
    preview: bool,
    /// 以谁的身份，如 center-00、body-S000051010123；不填为省职鉴中心
    #[arg(long = "as")]
    acting: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

/// The codes of a list: the first of each line, headers and empty lines left out.
fn codes(text: &str) -> Vec<String> {
    let first = |line: &str| line.split([',', '\t', ';', '，']).next().unwrap_or_default().trim().trim_matches('"').to_owned();
    let lines = text.trim_start_matches('\u{FEFF}').lines().map(first);
    lines.filter(|code| code.chars().any(|c| c.is_ascii_digit())).collect()
}

/// `saizheng certificates`
pub(crate) async fn command(arguments: &BulkArguments) -> Result<ExitCode> {
    let account = match &arguments.acting {
        Some(acting) => Account::reviewer(acting).ok_or_else(|| mistake(format!("没有颁证机构 {acting}")))?,
        None => Account::center(&steps::latest_notice()?.notice.seat),
    };
    let text = fs::read_to_string(&arguments.list).with_context(|| arguments.list.display().to_string())?;
    let one = |code| ChangedCertificate { code, old_sheet: None, top: None, correction: Default::default() };
    let request = ChangeSeveral {
        change: match arguments.change {
            BulkChange::Reissue => ChangeKind::Reissue,
            BulkChange::Revoke => ChangeKind::Revoke,
        },
        reason: arguments.reason.clone(),
        old_sheet: arguments.old_sheet.map(|sheet| match sheet {
            changes::OldSheet::Voided => OldSheet::Voided,
            changes::OldSheet::Lost => OldSheet::Lost,
        }),
        against_advice: None,
        certificates: codes(&text).into_iter().map(one).collect(),
        preview: arguments.preview,
    };
    let api = arguments.remote.api(&account).await?;
    let done: SeveralChanged = match api.post("/v1/certificates/changes", &request).await? {
        Ok(done) => done,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    for one in &done.certificates {
        let word = match (one.done, arguments.preview) {
            (true, true) => "可以办理",
            (true, false) => "已办理",
            (false, _) => "不能办理",
        };
        print(&format!("{}\t{word}\t{}", one.code, one.problem.as_deref().unwrap_or_default()));
    }
    let (changed, all) = (done.changed, done.certificates.len());
    say(&if arguments.preview {
        format!("{all} 份中 {changed} 份可以办理；没有办理")
    } else {
        format!("{all} 份中已办理 {changed} 份")
    });
    Ok(if changed == all { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_first_column_without_its_header() {
        let text = "\u{FEFF}证书编码,姓名\n\"S000051000000223J00001\",张测试\n\n S000051000000223J00002 \n";
        assert_eq!(codes(text), ["S000051000000223J00001", "S000051000000223J00002"]);
    }
}
