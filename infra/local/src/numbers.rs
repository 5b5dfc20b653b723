//! `saizheng numbers`: numbers of certificates that are entered by hand, or that others gave, by a workbook.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use operations::numbers::{EnterNumbers, RowNumber};
use operations::states::RowState;
use roster::{RowFilledIn, RowToNumber};

use crate::accounts::Account;
use crate::mistake::{mistake, tell_refused};
use crate::remote::Remote;
use crate::{print, say, shown, steps};

/// What is done with a lot's numbers.
#[derive(Debug, Args)]
pub(crate) struct NumbersArguments {
    /// 申报号
    pub(crate) id: String,
    /// 把还没有编号的各行写成一张待填写的 Excel 表
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    out: Option<PathBuf>,
    /// 填写好的表
    #[arg(long)]
    file: Option<PathBuf>,
    /// 只检查、预览，不登记
    #[arg(long, requires = "file")]
    preview: bool,
    /// 已登记的编号有误，更改的原因（只用于其他机构颁发的证书）
    #[arg(long, requires = "file")]
    reason: Option<String>,
}

/// Writes the workbook to be filled in, or enters what was filled in.
pub(crate) async fn run(arguments: &NumbersArguments, remote: &Remote) -> Result<ExitCode> {
    match (&arguments.out, &arguments.file) {
        (Some(out), _) => write(&arguments.id, out, remote).await,
        (None, file) => enter(arguments, file.as_ref().context("--file")?, remote).await,
    }
}

async fn write(id: &str, out: &PathBuf, remote: &Remote) -> Result<ExitCode> {
    let listed = remote.api(&Account::unit()).await?.certificates(id).await?;
    let waits = listed.iter().filter(|one| one.state == RowState::Recorded && one.number.is_none());
    let rows: Vec<RowToNumber> =
        waits.map(|one| RowToNumber { row: one.row, name: one.name.clone(), certificate_type: one.certificate_type.clone() }).collect();
    if rows.is_empty() {
        return Err(mistake(format!("申报 {id} 没有待登记编号的证书")));
    }
    if out.exists() {
        return Err(mistake(format!("{} 已经存在，没有覆盖；请换一个文件名", out.display())));
    }
    fs::write(out, roster::numbers_to_fill_in(&rows)?).with_context(|| out.display().to_string())?;
    say(&format!("{} 行待登记编号，已写到 {}；填写后用 saizheng numbers {id} --file 登记", rows.len(), out.display()));
    Ok(ExitCode::SUCCESS)
}

async fn enter(arguments: &NumbersArguments, file: &PathBuf, remote: &Remote) -> Result<ExitCode> {
    let bytes = fs::read(file).map_err(|error| mistake(format!("{}：{error}", file.display())))?;
    let filled = roster::numbers_filled_in(&bytes).map_err(|problems| mistake(problems.join("；")))?;
    let row = |RowFilledIn { row, number, basis }| RowNumber { row, number, basis };
    let rows: Vec<RowNumber> = filled.into_iter().map(row).collect();
    if rows.is_empty() {
        return Err(mistake(format!("{} 中没有填写证书编号", file.display())));
    }
    let id = &arguments.id;
    let request = EnterNumbers { rows, reason: arguments.reason.clone(), preview: arguments.preview };
    let mut answer = remote.api(&Account::unit()).await?.enter_numbers(id, &request).await?;
    // Numbers of certificates of ours are entered by who issues them.
    if answer.as_ref().is_err_and(|refused| refused.code == "DENIED") {
        for account in remote.reviewers(id).await? {
            answer = remote.api(&account).await?.enter_numbers(id, &request).await?;
            if answer.as_ref().is_err_and(|refused| refused.code != "DENIED") || answer.is_ok() {
                break;
            }
        }
    }
    let done = match answer {
        Ok(done) => done,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    for one in &done.rows {
        let note = if one.unchanged { "（已登记）" } else { "" };
        print(&format!("第 {} 行\t{}\t{}{}{note}", one.row, one.name, one.number, shown::basis(&one.basis)));
    }
    if arguments.preview {
        say(&format!("预览：可登记 {} 个编号，{} 个已登记；没有作任何登记", done.entered, done.unchanged));
        return Ok(ExitCode::SUCCESS);
    }
    let unit = remote.api(&Account::unit()).await?;
    steps::wait_all_drawn(&unit, id).await?;
    say(&format!("已登记 {} 个编号，{} 个此前已登记；证书用 saizheng fetch {id} --out 文件夹 取回", done.entered, done.unchanged));
    Ok(ExitCode::SUCCESS)
}
