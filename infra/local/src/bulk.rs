//! Certificates changed from a list, with one reason.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use operations::bulk::{ChangeKind, ChangeSeveral, OldSheet, SeveralChanged};

use crate::accounts::Account;
use crate::mistake::{mistake, tell_refused};
use crate::notices::latest_notice;
use crate::remote::Remote;
use crate::{change_list, changes, print, say};

/// What is done with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BulkChange {
    /// 补发：编码不变，各换一张空白证书
    Reissue,
    /// 更正：名单各列写明更正后的内容
    Correct,
    /// 注销
    Revoke,
}

/// A list of certificates to be changed.
#[derive(Args)]
pub(crate) struct BulkArguments {
    /// 做什么
    #[arg(value_enum)]
    change: BulkChange,
    /// 名单：CSV 或文本文件，每行一个证书编码（第一列）；更正的另有表头，空的单元格不更正，列名为
    /// 证书编码、姓名、证件类型、证件号码、等级（1 到 5）、发证日期、颁证机构代码、颁证主体
    list: PathBuf,
    /// 原因，各份相同
    #[arg(long)]
    reason: String,
    /// 原证书已收回作废，还是遗失；已打印的必填
    #[arg(long, value_enum)]
    old_sheet: Option<changes::OldSheet>,
    /// 系统提示不宜更正的，写明为何仍要更正
    #[arg(long)]
    against_advice: Option<String>,
    /// 只核对，不办理
    #[arg(long)]
    preview: bool,
    /// 以谁的身份，如 center-00、body-S000051010123；不填为省职鉴中心
    #[arg(long = "as")]
    acting: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

/// `saizheng certificates`
pub(crate) async fn command(arguments: &BulkArguments) -> Result<ExitCode> {
    let account = match &arguments.acting {
        Some(acting) => Account::reviewer(acting).ok_or_else(|| mistake(format!("没有颁证机构 {acting}")))?,
        None => Account::center(&latest_notice()?.notice.seat),
    };
    let bytes = fs::read(&arguments.list).with_context(|| arguments.list.display().to_string())?;
    let certificates = match arguments.change {
        BulkChange::Correct => change_list::corrections(&bytes)?,
        BulkChange::Reissue | BulkChange::Revoke => change_list::codes(&bytes)?,
    };
    let request = ChangeSeveral {
        change: match arguments.change {
            BulkChange::Reissue => ChangeKind::Reissue,
            BulkChange::Correct => ChangeKind::Correct,
            BulkChange::Revoke => ChangeKind::Revoke,
        },
        reason: arguments.reason.clone(),
        old_sheet: arguments.old_sheet.map(|sheet| match sheet {
            changes::OldSheet::Voided => OldSheet::Voided,
            changes::OldSheet::Lost => OldSheet::Lost,
        }),
        against_advice: arguments.against_advice.clone(),
        certificates,
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
        let new = one.replaced_by.as_ref().map(|code| format!("新编码 {code}"));
        print(&format!("{}\t{word}\t{}", one.code, one.problem.clone().or(new).unwrap_or_default()));
    }
    let (changed, all) = (done.changed, done.certificates.len());
    say(&if arguments.preview {
        format!("{all} 份中 {changed} 份可以办理；没有办理")
    } else {
        format!("{all} 份中已办理 {changed} 份")
    });
    Ok(if changed == all { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
