//! 资格审核意见 (五、（二）): what one issuing unit decided on the rows that it reviews: approved, approved against advice, refused.

use std::collections::HashMap;

use jiff::Timestamp;
use records::issue::certificates::Certificate;
use records::keys::objects::ObjectKey;
use rules::intake::entry::Entry;
use rules::issue::access::Action;
use rules::issue::application::{ApplicationId, Plan, PlannedRow, Review};
use rules::notice::Notice;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::own_lot::title;
use crate::page_size::page_size;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// Rows on a page, if the request does not say.
const PAGE: usize = 200;
/// The most that one page holds.
const MAX_PAGE: u32 = 500;

/// Which part of a statement is asked for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementAsked {
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
    /// Rows on a page, 1 to 500; 200, if nothing is said.
    pub size: Option<u32>,
}

/// A page of what an issuing unit decided on its rows, in the order of the roster.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// Who decided.
    pub reviewer: IssuingUnit,
    /// When.
    #[schemars(with = "Moment")]
    pub decided_at: Timestamp,
    /// By which account.
    pub decided_by: String,
    /// How many rows were approved in all.
    pub approved: u32,
    /// How many of them against advice (仍予通过).
    pub against_advice: u32,
    /// How many rows were refused in all.
    pub refused: u32,
    /// The rows of this page.
    pub rows: Vec<StatementRow>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// What was decided on a row.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct StatementRow {
    /// Row of the roster.
    pub row: u32,
    /// 姓名, as it was reviewed.
    pub name: String,
    /// 证书类型, as the notice calls it.
    pub certificate_type: String,
    /// Name of the level in Chinese.
    pub level: Option<String>,
    /// 颁证主体
    pub issuing_body: String,
    /// Code or number of the certificate that counts now; none of a row that was refused, and while there is none yet.
    pub number: Option<String>,
    /// 不予通过的理由; none of a row that was approved.
    pub refused: Option<String>,
    /// 仍予通过的理由: why it was approved against advice.
    pub against_advice: Option<String>,
}

/// What a review said of single rows.
struct Reasons {
    refused: HashMap<u32, String>,
    against_advice: HashMap<u32, String>,
}

impl From<Review> for Reasons {
    fn from(review: Review) -> Self {
        Self {
            refused: review.refused.into_iter().map(|one| (one.row, one.reason)).collect(),
            against_advice: review.overrides.into_iter().map(|one| (one.row, one.reason)).collect(),
        }
    }
}

impl Operations {
    /// A page of what the actor's own issuing unit decided; rows of other reviewers are no part of it, whoever may see them.
    pub async fn statement(&self, actor: &Actor, id: ApplicationId, asked: StatementAsked) -> Result<Statement, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "行")?;
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let undecided = || Refusal::Changed("本机构还没有审核这份申报".to_owned());
        let decided = self.cloud.allocations().decided(&id, &reviewer).await?;
        let (lot, planned) = decided.first().zip(application.plan.as_ref()).ok_or_else(undecided)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let plan = self.cloud.read_kept::<Plan>(&ObjectKey::Plan { application: id.clone(), digest: planned.digest.clone() }).await?;
        let review: Review = self.cloud.read_json(&ObjectKey::Review { application: id.clone(), digest: lot.review.clone() }).await?;
        let reasons = Reasons::from(review);
        let own = || plan.rows.iter().filter(|row| row.reviewer == reviewer);
        let total = own().count();
        let mut left = own().filter(|row| row.row > asked.after.unwrap_or(0));
        let page: Vec<&PlannedRow> = left.by_ref().take(size).collect();
        let next_after = left.next().and(page.last()).map(|last| last.row);
        let numbers = self.numbers_of(&id, &page).await?;
        let entries = self.cloud.printing().entries(&id, &planned.roster_version).await?;
        let entries: HashMap<u32, &Entry> = entries.iter().map(|entry| (entry.row, entry)).collect();
        let shown = |row: &&PlannedRow| Some(shown(notice, row, entries.get(&row.row).copied()?, &reasons, &numbers));
        let rows = page.iter().filter_map(shown).collect();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Statement {
            decided_at: lot.decided_at,
            decided_by: lot.decided_by.clone(),
            approved: count(total.saturating_sub(reasons.refused.len())),
            against_advice: count(reasons.against_advice.len()),
            refused: count(reasons.refused.len()),
            reviewer,
            rows,
            next_after,
        })
    }

    /// The numbers of the certificates that rows have now. Budget: a query for each five hundred certificates between the first and the
    /// last row.
    async fn numbers_of(&self, id: &ApplicationId, rows: &[&PlannedRow]) -> Result<HashMap<u32, String>, Refusal> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(HashMap::new()) };
        let (mut numbers, mut after) = (HashMap::new(), Some(first.row.saturating_sub(1)));
        while let Some(from) = after {
            let page = self.cloud.certificates().page(id, from).await?;
            let counts = |certificate: &Certificate| certificate.revoked.is_none() && certificate.row <= last.row;
            let counting = page.certificates.iter().filter(|certificate| counts(certificate));
            numbers.extend(counting.filter_map(|certificate| Some((certificate.row, certificate.number()?.to_owned()))));
            after = page.next_after.filter(|next| *next < last.row);
        }
        Ok(numbers)
    }
}

fn shown(notice: &Notice, row: &PlannedRow, entry: &Entry, reasons: &Reasons, numbers: &HashMap<u32, String>) -> StatementRow {
    StatementRow {
        row: row.row,
        name: entry.name.reveal().to_owned(),
        certificate_type: title(notice, row.certificate_type),
        level: entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone()),
        issuing_body: row.issuing_body.clone(),
        number: numbers.get(&row.row).cloned(),
        refused: reasons.refused.get(&row.row).cloned(),
        against_advice: reasons.against_advice.get(&row.row).cloned(),
    }
}
