//! What a lot waits for, as far as it is for the account that looks at it: its own issuing unit's steps (五、（二）–（四）), and those that the
//! notice leaves to the organiser.

use rules::after::hand_out::{active_positions, collectable, stage_before};
use rules::after::publication::Batch;
use rules::issue::access::Action;
use rules::issue::allocation::{Allocation, Stage};
use rules::notice::Notice;
use rules::values::party::{Actor, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::lots::in_batch;
use crate::rows::reviewer_of;
use crate::states::LotState;

/// The next step of a lot.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LotTask {
    /// 待编号: numbers are still to be entered; those of others by the organiser too.
    Number,
    /// 待打印: certificates do not lie on sheets yet.
    Print,
    /// 待存档
    Archive,
    /// 待申报上网
    Publish,
    /// 待领取
    Collect,
}

impl LotTask {
    /// The word that units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Number => "待编号",
            Self::Print => "待打印",
            Self::Archive => "待存档",
            Self::Publish => "待申报上网",
            Self::Collect => "待领取",
        }
    }

    /// The name in addresses, as the API has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Whether the actor has something to do with a lot before it is archived.
pub(crate) fn has_work_before_archive(actor: &Actor, notice: &Notice, lot: &Allocation) -> bool {
    is_own(actor, lot) || enters_numbers_of_others(actor, notice, lot)
}

/// The organiser has the numbers of what others issue (二、（一）).
fn enters_numbers_of_others(actor: &Actor, notice: &Notice, lot: &Allocation) -> bool {
    actor.role == Role::Unit && !notice.prints(lot.certificate_type)
}

/// What the actor has to do next with a lot, with the batches of the publication that the actor has applied for; nothing where others do, or
/// the system.
pub(crate) fn task_of(actor: &Actor, notice: &Notice, lot: &Allocation, state: LotState, batches: &[Batch]) -> Option<LotTask> {
    let is_collected = lot.stage() == Some(Stage::HandedOut);
    if !is_collected && collectable(notice, lot).is_ok() {
        return (is_own(actor, lot) || actor.role == Role::Unit).then_some(LotTask::Collect);
    }
    match state {
        LotState::Reached(_) => may_be_published(actor, notice, lot, batches).then_some(LotTask::Publish),
        LotState::AwaitsNumbers => has_work_before_archive(actor, notice, lot).then_some(LotTask::Number),
        _ if !is_own(actor, lot) => None,
        LotState::Refused => None,
        LotState::Numbered => notice.sheet_kind_of(lot.certificate_type).map(|_| LotTask::Print),
        LotState::Printed | LotState::Recorded => Some(LotTask::Archive),
    }
}

/// Whether nobody has collected a lot that could have been, for longer than the notice wants, on a day.
pub(crate) fn is_overdue(notice: &Notice, lot: &Allocation, today: jiff::civil::Date) -> bool {
    let ready = lot.reached_on(stage_before(notice, lot.certificate_type)).filter(|_| lot.stage() != Some(Stage::HandedOut));
    let late = ready.is_some_and(|since| notice.hand_out.overdue(since, today).is_some());
    late && active_positions(notice, lot).next().is_some()
}

fn is_own(actor: &Actor, lot: &Allocation) -> bool {
    actor.role != Role::Unit && lot.reviewer == reviewer_of(actor)
}

fn may_be_published(actor: &Actor, notice: &Notice, lot: &Allocation, batches: &[Batch]) -> bool {
    let rule = notice.publication.as_ref().and_then(|rule| rule.applicant_of(lot.certificate_type));
    let applies = rule.is_some_and(|rule| actor.may(Action::ApplyForPublication { applicant: rule.applicant }).is_ok());
    let whose = actor.role == Role::Unit || is_own(actor, lot);
    let has_certificates = active_positions(notice, lot).next().is_some();
    let waits = lot.stage() == Some(Stage::Archived) && in_batch(batches, &lot.of, &lot.lot()).is_none();
    applies && whose && has_certificates && waits
}
