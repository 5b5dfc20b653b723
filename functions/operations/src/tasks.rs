//! 待我办理 besides the applications whose turn it is: what lots, batches, sheets and accounts wait for.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use records::application::Application;
use rules::after::publication::{Batch, BatchState};
use rules::issue::access::Action;
use rules::issue::account::AccountStatus;
use rules::notice::{Notice, Notices};
use rules::values::party::{Actor, Applicant, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::Operations;
use crate::accounts::AccountsAsked;
use crate::lists::ShownCount;
use crate::lot_tasks::{LotTask, has_work_before_archive, is_overdue, task_of};
use crate::refusal::Refusal;
use crate::rows::{reviewer_of, sees_rows_of};

/// Applications looked at at once.
const AT_ONCE: usize = 16;
/// Applications whose lots are looked at.
const MAX_LOOKED_AT: usize = 1_000;

/// What waits for an account, besides applications; of each kind only what it may do.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tasks {
    /// By what lots wait for: applications with such a lot, as `GET /v1/applications?task=` lists them.
    pub lots: Vec<LotTaskCount>,
    /// By where batches of the publication stand that the Center is to take further.
    pub batches: Vec<BatchTaskCount>,
    /// 申领 that the Center has neither given nor refused.
    pub requisitions: u32,
    /// Kinds of sheets that were assigned to the account's issuing unit and are to be acknowledged (待签收).
    pub to_acknowledge: u32,
    /// 待第二人签字的销毁, but those that the account has signed first.
    pub destructions: u32,
    /// 待开通的账号
    pub accounts: ShownCount,
    /// Lots that nobody has collected for longer than the notice wants.
    pub overdue_lots: u32,
    /// For how many days.
    pub remind_after_days: u32,
}

/// How many applications have a lot that waits for something.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LotTaskCount {
    /// For what.
    pub task: LotTask,
    /// That, as units and staff call it.
    pub task_word: String,
    /// How many.
    #[serde(flatten)]
    pub count: ShownCount,
}

/// How many batches stand somewhere.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct BatchTaskCount {
    /// Where they stand.
    pub state: BatchState,
    /// What they wait for, as staff call it.
    pub task_word: String,
    /// How many.
    pub count: u32,
}

/// What waits of sheets.
#[derive(Default)]
struct SheetTasks {
    requisitions: usize,
    to_acknowledge: usize,
    destructions: usize,
}

/// What was found of the lots of one application.
struct LotsLookedAt {
    tasks: BTreeSet<LotTask>,
    overdue: usize,
}

impl Operations {
    /// What waits for the actor, besides applications. Budget: the list of what is not handed out; a query for each application of that, and one
    /// more where it is to be known what is printed; two requests for each kind of sheets; for the Center one for the accounts, and one for
    /// each who has ever applied to it for the publication.
    pub async fn tasks(&self, actor: &Actor) -> Result<Tasks, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let is_center = actor.role == Role::Center;
        let ((lots, overdue), sheets, batches, accounts) = futures::try_join!(
            self.lot_tasks(actor, &rulebook.notices),
            async { if actor.role == Role::Unit { Ok(SheetTasks::default()) } else { self.sheet_tasks(actor, notice).await } },
            async { if is_center { self.batch_tasks(actor).await } else { Ok(Vec::new()) } },
            async { if is_center { self.accounts_to_grant(actor).await } else { Ok(ShownCount::default()) } },
        )?;
        Ok(Tasks {
            lots,
            batches,
            requisitions: counted(sheets.requisitions),
            to_acknowledge: counted(sheets.to_acknowledge),
            destructions: counted(sheets.destructions),
            accounts,
            overdue_lots: counted(overdue),
            remind_after_days: notice.hand_out.remind_after_days,
        })
    }

    /// What lots wait for, and how many are overdue.
    async fn lot_tasks(&self, actor: &Actor, notices: &Notices) -> Result<(Vec<LotTaskCount>, usize), Refusal> {
        let mut applications = self.with_lots(actor).await?;
        let or_more = applications.len() > MAX_LOOKED_AT;
        applications.truncate(MAX_LOOKED_AT);
        let batches = self.cloud.publications().batches(&Applicant::of(actor)).await?;
        let looks = stream::iter(applications).map(async |one| self.lots_looked_at(actor, &one, notices, &batches).await);
        let looked: Vec<LotsLookedAt> = looks.buffered(AT_ONCE).try_collect().await?;
        let count = |task: LotTask| counted(looked.iter().filter(|one| one.tasks.contains(&task)).count());
        let counts = LotTask::VARIANTS.iter().map(|&task| LotTaskCount {
            task,
            task_word: task.word().to_owned(),
            count: ShownCount { count: count(task), or_more },
        });
        let waiting = counts.filter(|one| one.count.count > 0).collect();
        Ok((waiting, looked.iter().map(|one| one.overdue).sum()))
    }

    async fn lots_looked_at(
        &self,
        actor: &Actor,
        application: &Application,
        notices: &Notices,
        batches: &[Batch],
    ) -> Result<LotsLookedAt, Refusal> {
        let mut looked = LotsLookedAt { tasks: BTreeSet::new(), overdue: 0 };
        // As in the list: what rests on a notice that cannot be read is judged by the general one.
        let notice = notices.of_contest(&application.contest).unwrap_or_else(|_| notices.general());
        let id = &application.id;
        let mut lots = self.cloud.allocations().of(id).await?;
        lots.retain(|lot| sees_rows_of(actor, application, &lot.reviewer));
        looked.overdue = lots.iter().filter(|lot| is_overdue(notice, lot, self.cloud.clock.today())).count();
        lots.retain(|lot| lot.stage().is_some() || has_work_before_archive(actor, notice, lot));
        let goes_by_runs = lots.iter().any(|lot| lot.stage().is_none() && notice.prints(lot.certificate_type));
        let runs = if goes_by_runs { self.cloud.runs().of(id).await? } else { Vec::new() };
        for lot in &lots {
            let state = self.lot_state(lot, &runs, notice).await?;
            looked.tasks.extend(task_of(actor, notice, lot, state, batches));
        }
        Ok(looked)
    }

    async fn sheet_tasks(&self, actor: &Actor, notice: &Notice) -> Result<SheetTasks, Refusal> {
        let own = reviewer_of(actor);
        let all = actor.may(Action::Administer { seat: &notice.notice.seat }).is_ok();
        let mut tasks = SheetTasks::default();
        for kind in &notice.sheet_kinds {
            let sheets = self.cloud.sheets();
            let books = if all { sheets.books(&kind.kind).await? } else { vec![sheets.book(&kind.kind, &own).await?] };
            tasks.requisitions += books.iter().filter(|book| all && book.asked.is_some()).count();
            tasks.to_acknowledge += books.iter().filter(|book| book.holder == own && !book.stock.to_acknowledge.is_empty()).count();
            let proposed = sheets.destructions(&kind.kind).await?;
            let to_sign = proposed.iter().filter(|one| all || one.holder == own);
            tasks.destructions += to_sign.filter(|one| !actor.has_signed(&one.first_signature)).count();
        }
        Ok(tasks)
    }

    async fn batch_tasks(&self, actor: &Actor) -> Result<Vec<BatchTaskCount>, Refusal> {
        let list = self.publications(actor).await?;
        let waiting = [(BatchState::Applied, "待审核"), (BatchState::Reviewed, "待上传"), (BatchState::Uploaded, "待确认上网")];
        let counts = waiting.into_iter().map(|(state, word)| BatchTaskCount {
            state,
            task_word: word.to_owned(),
            count: counted(list.batches.iter().filter(|batch| batch.state == state && batch.seat == actor.organisation).count()),
        });
        Ok(counts.filter(|one| one.count > 0).collect())
    }

    async fn accounts_to_grant(&self, actor: &Actor) -> Result<ShownCount, Refusal> {
        let asked = AccountsAsked { status: Some(AccountStatus::Applied), after: None };
        let list = self.accounts(actor, asked).await?;
        Ok(ShownCount { count: counted(list.accounts.len()), or_more: list.next.is_some() })
    }
}

fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
