//! `saizheng accounts`: applied for by whoever it is for, decided on by the Center.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use operations::accounts::{AccountList, ApplyForAccount, DecideAccount, OwnAccount, ShownAccount};
use rules::issue::account::{AccountChange, AccountStatus};
use rules::values::party::Role;
use serde_json::Value;

use crate::accounts::Account;
use crate::api::Api;
use crate::ask::{self, FromInput};
use crate::mistake::tell_refused;
use crate::notices::latest_notice;
use crate::remote::Remote;
use crate::shown::{AnswerFormat, moment};

/// What is done with accounts.
#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// 本人账号：身份、单位、申请办到哪一步
    Own {
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 为本人申请账号，或在开通前改正申请
    Apply {
        #[command(flatten)]
        application: Application,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 以职鉴中心身份列出账号，待开通的在前
    List {
        /// 状态：待开通、已开通、已停用、未予开通、已终止（也可写 applied 等）
        #[arg(long, value_parser = status)]
        status: Option<AccountStatus>,
        /// 哪个职鉴中心，两位代码；不填为省
        #[arg(long)]
        center: Option<String>,
        #[command(flatten)]
        format: AnswerFormat,
        #[command(flatten)]
        remote: Remote,
    },
    /// 开通
    Grant(Decision),
    /// 不予开通
    Refuse(Decision),
    /// 停用：即时生效，控制台已有的登录随即结束
    Suspend(Decision),
    /// 恢复停用的账号
    Resume(Decision),
    /// 终止：即时生效，控制台已有的登录随即结束
    End(Decision),
}

#[derive(Args)]
pub(crate) struct Application {
    /// 身份：unit（牵头主办单位）、body（颁证机构）、center（职鉴中心）
    #[arg(value_parser = role)]
    role: Role,
    /// 单位：牵头主办单位全称、评价机构编码第 1–13 位、职鉴中心两位代码
    organisation: String,
    /// 姓名，从标准输入读一行（不填也是）；只能写 -
    #[arg(long, value_name = "-")]
    person: Option<FromInput>,
    /// 牵头主办单位向哪个职鉴中心申请，两位代码；不填为省
    #[arg(long)]
    center: Option<String>,
}

#[derive(Args)]
pub(crate) struct Decision {
    /// 账号编号（accounts list 所列，可只写开头几位）
    key: String,
    /// 理由；不予开通、停用、终止的必须写明，告知申请人
    #[arg(long)]
    reason: Option<String>,
    /// 开通牵头主办单位时：单位原有的账号名
    #[arg(long)]
    organisation: Option<String>,
    /// 哪个职鉴中心，两位代码；不填为省
    #[arg(long)]
    center: Option<String>,
    #[command(flatten)]
    format: AnswerFormat,
    #[command(flatten)]
    remote: Remote,
}

fn status(text: &str) -> Result<AccountStatus, String> {
    let known = AccountStatus::ALL.iter().copied().find(|status| [status.word(), status.name()].contains(&text));
    let words: Vec<&str> = AccountStatus::ALL.iter().map(|status| status.word()).collect();
    known.ok_or_else(|| format!("可写 {}", words.join("、")))
}

fn role(text: &str) -> Result<Role, String> {
    let known = [Role::Unit, Role::Body, Role::Center].into_iter().find(|role| [role.word(), role.name()].contains(&text));
    known.ok_or_else(|| "可写 unit、body、center".to_owned())
}

/// `saizheng accounts`.
pub(crate) async fn run(command: &AccountCommand) -> Result<ExitCode> {
    match command {
        AccountCommand::Own { format, remote } => {
            let api = remote.api(&Account::newcomer()).await?;
            format.answer(api.ask("/v1/accounts/own").await, own)
        }
        AccountCommand::Apply { application, format, remote } => {
            let person = ask::read("姓名")?;
            let Application { role, organisation, center, .. } = application;
            let request = ApplyForAccount { person, role: *role, organisation: organisation.clone(), jurisdiction: center.clone() };
            let api = remote.api(&Account::newcomer()).await?;
            format.answer(api.put("/v1/accounts/own", &request).await, |shown: &ShownAccount| vec![line(shown)])
        }
        AccountCommand::List { status, center, format, remote } => {
            list(&as_center(remote, center.as_deref()).await?, *status, *format).await
        }
        AccountCommand::Grant(decision) => decide(decision, AccountChange::Grant).await,
        AccountCommand::Refuse(decision) => decide(decision, AccountChange::Refuse).await,
        AccountCommand::Suspend(decision) => decide(decision, AccountChange::Suspend).await,
        AccountCommand::Resume(decision) => decide(decision, AccountChange::Resume).await,
        AccountCommand::End(decision) => decide(decision, AccountChange::End).await,
    }
}

async fn as_center(remote: &Remote, center: Option<&str>) -> Result<Api> {
    let seat = latest_notice()?.notice.seat;
    remote.api(&Account::center(center.unwrap_or(&seat))).await
}

async fn list(api: &Api, status: Option<AccountStatus>, format: AnswerFormat) -> Result<ExitCode> {
    match listed(api, status).await? {
        Ok(accounts) => {
            let list = serde_json::to_value(AccountList { accounts, next: None })?;
            format.print(list, |list: &AccountList| list.accounts.iter().map(line).collect())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => Ok(tell_refused(&refused)),
    }
}

/// All pages.
async fn listed(api: &Api, status: Option<AccountStatus>) -> crate::api::Answer<Vec<ShownAccount>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let asked = [("status", status.map(AccountStatus::name)), ("after", after.as_deref())];
        let asked = asked.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let page: Value = match api.ask(&format!("/v1/accounts?{}", asked.collect::<Vec<_>>().join("&"))).await? {
            Ok(page) => page,
            Err(refused) => return Ok(Err(refused)),
        };
        let page: AccountList = serde_json::from_value(page)?;
        all.extend(page.accounts);
        after = page.next;
        if after.is_none() {
            return Ok(Ok(all));
        }
    }
}

async fn decide(decision: &Decision, change: AccountChange) -> Result<ExitCode> {
    let Decision { key, reason, organisation, center, format, remote } = decision;
    let api = as_center(remote, center.as_deref()).await?;
    let all = match listed(&api, None).await? {
        Ok(all) => all,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let found: Vec<&ShownAccount> = all.iter().filter(|one| one.key.as_str().starts_with(key.as_str())).collect();
    let [account] = found[..] else {
        let what = if found.is_empty() { "没有" } else { "不止一个" };
        return Err(crate::mistake::mistake(format!("{what}编号以“{key}”开头的账号，请核对 saizheng accounts list 所列")));
    };
    let request = DecideAccount { version: account.version, reason: reason.clone(), organisation: organisation.clone() };
    let path = format!("/v1/accounts/{}/{}", account.key, change.name());
    format.answer(api.put(&path, &request).await, |shown: &ShownAccount| vec![line(shown)])
}

/// An account in a line.
fn line(one: &ShownAccount) -> String {
    let key = one.key.as_str().get(..12).unwrap_or_default();
    let reason = one.decision.as_ref().and_then(|decision| decision.reason.as_deref()).unwrap_or_default();
    let party = format!("{} {}（{}）", one.role.word(), one.organisation, one.organisation_name);
    format!("{key}\t{}\t{}\t{party}\t{}\t{}\t{reason}", one.status_word, one.person, one.subject, moment(one.applied_at))
}

fn own(own: &OwnAccount) -> Vec<String> {
    let mut lines = vec![format!("账号标识：{}", own.subject)];
    if let (Some(role), Some(organisation)) = (own.role, &own.organisation) {
        lines.push(format!("身份：{} {organisation}", role.word()));
    }
    lines.extend(own.message.clone());
    lines.extend(own.account.as_ref().map(line));
    lines
}
