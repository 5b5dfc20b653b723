//! Print jobs that ended without paper: what they are shown as, and printing again.

use jiff::Timestamp;
use records::issue::failures::{FailureCode, PrintFailure};
use records::keys::objects::PrintOutput;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::values::lot::LotName;
use rules::values::party::Actor;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// 打印失败: a print job that ended without paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShownFailure {
    /// What was to be made, in Chinese: 证书文件, 打印文件, 领取、发放清单.
    pub what: String,
    /// Which part of it, from 1.
    pub part: usize,
    /// What kind of thing was wrong.
    pub code: FailureCode,
    /// What was wrong and what can be done, in Chinese.
    pub reason: String,
    /// Whoever runs the system finds the log by it.
    pub reference: String,
    /// When it was given up.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
}

/// What is printed again.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PrintedAgain {
    /// How many jobs were started again.
    pub jobs: usize,
}

impl From<&PrintFailure> for ShownFailure {
    fn from(failure: &PrintFailure) -> Self {
        let what = match failure.chunk.press {
            PrintOutput::Single | PrintOutput::Renewal(_) => "证书文件",
            PrintOutput::Run(_) => "打印文件",
            PrintOutput::HandOut(_) => "领取、发放清单",
        };
        Self {
            what: what.to_owned(),
            part: failure.chunk.number + 1,
            code: failure.code,
            reason: format!("{}（编号 {}）；排除后可重新生成", failure.reason, failure.reference),
            reference: failure.reference.clone(),
            at: failure.at,
        }
    }
}

impl Operations {
    /// Has the actor's print jobs of an application that ended without paper done again: on the same sheets, under the same codes.
    pub async fn print_again(&self, actor: &Actor, id: ApplicationId) -> Result<PrintedAgain, Refusal> {
        self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let failures = self.cloud.failures().open(&id).await?;
        let own: Vec<PrintFailure> = failures.into_iter().filter(|failure| failure.chunk.lot.reviewer == reviewer).collect();
        if own.is_empty() {
            return Err(Refusal::Changed("没有打印失败的文件".to_owned()));
        }
        for failure in &own {
            self.cloud.failures().print_again(failure).await?;
        }
        tracing::info!(application = %id, %reviewer, jobs = own.len(), "printed again");
        Ok(PrintedAgain { jobs: own.len() })
    }

    /// What goes on with a lot's files waits for those that could not be made.
    pub(crate) async fn nothing_failed(&self, id: &ApplicationId, lot: &LotName, then: &str) -> Result<(), Refusal> {
        match what_failed(&self.cloud.failures().open(id).await?, lot, then) {
            Some(failed) => Err(Refusal::Changed(failed)),
            None => Ok(()),
        }
    }
}

/// What could not be made of a lot, and what waits for it.
pub(crate) fn what_failed(failures: &[PrintFailure], lot: &LotName, then: &str) -> Option<String> {
    let failure = failures.iter().find(|failure| failure.chunk.lot == *lot).map(ShownFailure::from)?;
    Some(format!("打印失败：{}{}，{then}", failure.what, failure.reason))
}
