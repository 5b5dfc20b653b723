//! `saizheng authorisation`: 一赛一授权 as it was given: shown, its paper, its number, withdrawn.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use operations::authorisation::{EnterAuthorisationNumber, ShownAuthorisation};
use operations::decisions::{Decided, SendBack};

use crate::accounts::Account;
use crate::api::Api;
use crate::mistake::tell_refused;
use crate::remote::{Remote, wrong_stage};
use crate::results::Staged;
use crate::{print, say};

#[derive(Args)]
pub(crate) struct AuthorisationArguments {
    /// 申报号
    id: String,
    /// 把授权书（PDF）写到哪个文件夹
    #[arg(long)]
    out: Option<PathBuf>,
    /// 登记授权编号（授权时没有填写的）
    #[arg(long, conflicts_with = "withdraw")]
    number: Option<String>,
    /// 撤销授权（审批）：在赋码之前；申报回到“已提交”
    #[arg(long, requires = "reason")]
    withdraw: bool,
    /// 撤销的理由
    #[arg(long)]
    reason: Option<String>,
}

/// `saizheng authorisation`: looking as the unit, changing as the Center of the contest's jurisdiction.
pub(crate) async fn run(arguments: &AuthorisationArguments, remote: &Remote) -> Result<ExitCode> {
    let id = arguments.id.as_str();
    let as_unit = remote.as_unit_of(id).await?;
    let shown = as_unit.show(id).await?;
    let as_center = remote.api(&Account::center(&shown.contest.jurisdiction)).await?;
    if arguments.withdraw {
        if !shown.status.is_authorised() {
            return Err(wrong_stage(id, shown.status, "撤销的是已授权（审批）、尚未赋码的申报"));
        }
        let request = SendBack { version: shown.version, reason: arguments.reason.clone().unwrap_or_default() };
        return Ok(match as_center.post::<Decided>(&format!("/v1/applications/{id}/authorisation/withdraw"), &request).await? {
            Ok(_) => {
                say(&format!("申报 {id} 的授权（审批）已撤销，回到“已提交”"));
                ExitCode::SUCCESS
            }
            Err(refused) => tell_refused(&refused),
        });
    }
    if let Some(number) = &arguments.number
        && let Err(refused) = as_center.enter_authorisation_number(id, &EnterAuthorisationNumber { number: number.clone() }).await?
    {
        return Ok(tell_refused(&refused));
    }
    tell(&as_unit, id, arguments.out.as_ref()).await
}

async fn tell(api: &Api, id: &str, out: Option<&PathBuf>) -> Result<ExitCode> {
    let authorisation = match api.authorisation(id).await? {
        Ok(authorisation) => authorisation,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    lines(&authorisation).iter().for_each(|line| print(line));
    if let Some(out) = out {
        let staged = Staged::of(out)?;
        staged.write(FILE, &api.download(authorisation.document.as_ref().context("document")?).await?)?;
        staged.publish()?;
        say(&format!("已写入 {}：{FILE}", out.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// File name of the paper.
const FILE: &str = "授权书.pdf";

/// An authorisation, told.
pub(crate) fn lines(of: &ShownAuthorisation) -> Vec<String> {
    let number = of.number.as_deref().unwrap_or("尚未登记");
    let gap = of.unconfirmed.as_ref().map_or_else(String::new, |gap| format!("【待确认 {gap}】"));
    let under: Vec<&str> = of.applications.iter().map(|id| id.as_str()).collect();
    vec![
        format!("一赛一授权：编号 {number}{gap}，{} 由 {} 授权（{}）", of.on, of.center, of.by),
        format!("大赛：{}（{}，{}年），牵头主办单位 {}", of.contest, of.class.name(), of.year, of.organiser),
        format!("以{}名义、{}代章颁发；发证日期 {}", of.committee, of.center, of.issued_on),
        format!("所属申报：{}", under.join("、")),
    ]
}
