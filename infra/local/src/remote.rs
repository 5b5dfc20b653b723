//! Which system a command speaks to, and as whom.

use std::sync::OnceLock;

use anyhow::{Context, Result};
use clap::Args;
use operations::show::ShownApplication;
use rules::issue::status::Status;
use serde_json::Value;

use crate::accounts::Account;
use crate::api::{Answer, Api};
use crate::ask;
use crate::local::Local;
use crate::mistake::mistake;
use crate::stack::Stack;

/// A deployed system, or the local one.
#[derive(Args, Clone)]
pub(crate) struct Remote {
    /// 已部署系统的 API 地址；不填则用本机系统
    #[arg(long, requires = "token")]
    pub(crate) endpoint: Option<String>,
    /// 访问令牌（JWT），也可用环境变量 SAIZHENG_TOKEN；写 - 时从标准输入读一行
    #[arg(long, env = "SAIZHENG_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    pub(crate) local: Local,
}

impl Remote {
    /// A client that acts as `account` on the local stack, or with the given token on a deployed one.
    pub(crate) async fn api(&self, account: &Account) -> Result<Api> {
        match (&self.endpoint, &self.token) {
            (Some(endpoint), Some(token)) => Ok(Api::new(endpoint, &self.shown_token(token)?)),
            _ => Stack::standing(&self.local).await?.api(account).await,
        }
    }

    /// The token, read once: a command may act several times.
    fn shown_token(&self, given: &str) -> Result<String> {
        static READ: OnceLock<String> = OnceLock::new();
        if let Some(read) = READ.get() {
            return Ok(read.clone());
        }
        let token = ask::unless_dash(given, "访问令牌")?;
        Ok(READ.get_or_init(|| token).clone())
    }

    /// The unit's account that handed an application in: on one machine one of the ready-made units, on a deployed one whose token it is.
    pub(crate) async fn unit_of(&self, id: &str) -> Result<Account> {
        self.first_unit(async |api| api.sees(id).await).await
    }

    /// A client that looks at an application as the unit that handed it in.
    pub(crate) async fn as_unit_of(&self, id: &str) -> Result<Api> {
        self.api(&self.unit_of(id).await?).await
    }

    /// The first unit's account that finds what is looked for; the first at all, if none does, which is told so.
    pub(crate) async fn first_unit(&self, finds: impl AsyncFn(&Api) -> Result<bool>) -> Result<Account> {
        if self.endpoint.is_none() {
            for account in Account::units() {
                if finds(&self.api(&account).await?).await? {
                    return Ok(account);
                }
            }
        }
        Ok(Account::unit())
    }

    /// Does something as each reviewer of an application in turn, until one may.
    pub(crate) async fn as_reviewer(&self, id: &str, act: impl AsyncFn(&Api) -> Answer<Value>) -> Answer<Value> {
        let mut refused = None;
        for account in self.reviewers(id).await? {
            match act(&self.api(&account).await?).await? {
                Ok(value) => return Ok(Ok(value)),
                Err(no) if matches!(no.code.as_str(), "DENIED" | "NOT_FOUND") => refused = Some(no),
                Err(no) => return Ok(Err(no)),
            }
        }
        refused.map(Err).context("reviewers")
    }

    /// The accounts that review the application.
    pub(crate) async fn reviewers(&self, id: &str) -> Result<Vec<Account>> {
        let shown = authorised(&self.as_unit_of(id).await?, id).await?;
        if self.endpoint.is_some() {
            return Ok(vec![Account::unit()]);
        }
        Ok(shown.reviewers.iter().filter_map(|reviewer| Account::reviewer(reviewer.as_str())).collect())
    }
}

/// That a step does not fit where the application stands.
pub(crate) fn wrong_stage(id: &str, status: Status, expected: &str) -> anyhow::Error {
    mistake(format!("申报 {id} 现为“{}”；{expected}", status.word()))
}

/// The application, if it has been authorised.
pub(crate) async fn authorised(api: &Api, id: &str) -> Result<ShownApplication> {
    let shown = api.show(id).await?;
    if shown.reviewers.is_empty() {
        return Err(wrong_stage(id, shown.status, "须先由省职鉴中心授权（saizheng authorise）"));
    }
    Ok(shown)
}
