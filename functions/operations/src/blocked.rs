//! 处理受阻: work that was set going often enough and came to nothing, or that rests on what cannot be read. Nobody tries it any more
//! until the Center has it tried again (docs/RUNBOOK.md).

use records::keys::kinds::ItemKind;
use records::pending::BlockedWork;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::values::party::Actor;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Work that is not tried any more.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// Whose work; none where it belongs to no application.
    pub application: Option<ApplicationId>,
    /// What kind of work, in Chinese.
    pub work: String,
    /// Since when nobody tries it.
    #[schemars(with = "Moment")]
    pub since: jiff::Timestamp,
}

/// All of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlockedList {
    /// The longest first.
    pub blocked: Vec<Blocked>,
}

/// What is tried again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TriedAgain {
    /// How many pieces of work.
    pub tried_again: usize,
}

impl Operations {
    /// What nobody tries any more, for the Center.
    pub async fn blocked(&self, actor: &Actor) -> Result<BlockedList, Refusal> {
        let blocked = self.blocked_work(actor).await?;
        Ok(BlockedList { blocked: blocked.into_iter().map(shown).collect() })
    }

    /// Has all of it tried again: its cause is gone.
    pub async fn try_again(&self, actor: &Actor) -> Result<TriedAgain, Refusal> {
        let mut blocked = self.blocked_work(actor).await?;
        // What only a later build knows, that build tries again.
        blocked.retain(|work| work.kind.is_some());
        for work in &blocked {
            self.cloud.try_again(work).await?;
        }
        Ok(TriedAgain { tried_again: blocked.len() })
    }

    async fn blocked_work(&self, actor: &Actor) -> Result<Vec<BlockedWork>, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        Ok(self.cloud.blocked_work().await?)
    }
}

fn shown(work: BlockedWork) -> Blocked {
    Blocked { application: work.application, work: word(work.kind).to_owned(), since: work.since }
}

/// What staff call a kind of work.
fn word(kind: Option<ItemKind>) -> &'static str {
    let Some(kind) = kind else { return "其他版本的事项" };
    match kind {
        ItemKind::Application => "材料检查与登记",
        ItemKind::Deleted => "清除已删除申报的材料",
        ItemKind::Allocation => "制发证书与打印电子证书",
        ItemKind::Run => "批量打印",
        ItemKind::Renewal => "重新打印电子证书",
        ItemKind::Volume => "归档",
        ItemKind::Announcement => "状态通知",
        ItemKind::Batch => "信息上网的表格",
        ItemKind::Collection => "发放清单",
        ItemKind::Zip => "证书打包",
        ItemKind::Year => "年度统计",
        _ => "其他事项",
    }
}
