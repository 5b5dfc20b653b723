//! What a unit changed in its roster from one hand-in to the next.

use std::collections::HashSet;

use jiff::Timestamp;
use records::RecordsError;
use records::application::Application;
use records::application::hand_ins::HandIn;
use rules::intake::difference::{self, RowDifference};
use rules::intake::entry::Entry;
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::party::Actor;
use rules::values::schema::Moment;
use rules::values::vocabulary::{Field, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::page_size::page_size;
use crate::refusal::Refusal;
use crate::rows::{RosterInView, sees_all_rows};

/// Rows on a page, if the request does not say.
const PAGE: usize = 100;
/// The most that one page holds.
const MAX_PAGE: u32 = 200;

/// Which two hand-ins are compared.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DifferencesAsked {
    /// Version of the earlier roster; the last sound one before `to`, if none is named.
    pub from: Option<String>,
    /// Version of the later one; the one that counts, if none is named.
    pub to: Option<String>,
    /// `next_after` of the page before.
    pub after: Option<u32>,
    /// Rows on a page, 1 to 200; 100, if nothing is said.
    pub size: Option<u32>,
}

/// What changed in the rows that the account may see.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// The earlier hand-in; none where there is no sound one before.
    pub from: Option<ComparedHandIn>,
    /// The later one; none where no sound roster was handed in.
    pub to: Option<ComparedHandIn>,
    /// Rows that changed, in all.
    pub total: u32,
    /// Those of this page: in roster order, then those that are gone.
    pub rows: Vec<ChangedRow>,
    /// Where the next page begins: how many of them there are before it; none at the end.
    pub next_after: Option<u32>,
}

/// A hand-in of a roster.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ComparedHandIn {
    /// Version of the roster.
    pub version: String,
    /// When it was handed in.
    #[schemars(with = "Moment")]
    pub handed_in_at: Timestamp,
}

/// A row that changed.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ChangedRow {
    /// Row of the later roster; none where the row is gone.
    pub row: Option<u32>,
    /// Row of the earlier one; none where the row is new.
    pub was: Option<u32>,
    /// 姓名, as it is now.
    pub name: String,
    /// The cells that say something else; none where the row is new or gone.
    pub cells: Vec<ChangedCell>,
}

/// A cell that says something else.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ChangedCell {
    /// The column's header.
    pub column: String,
    /// What it said; numbers of people are masked.
    pub before: String,
    /// What it says.
    pub after: String,
}

impl Operations {
    /// The rows that changed from one hand-in to another, cell by cell.
    pub async fn differences(&self, actor: &Actor, id: ApplicationId, asked: DifferencesAsked) -> Result<Differences, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "行")?;
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let nothing = Differences { from: None, to: None, total: 0, rows: Vec::new(), next_after: None };
        let Some(roster) = self.roster_in_view(actor, &application).await? else { return Ok(nothing) };
        let sound = self.sound_rosters(&application, notice).await?;
        let place = |version: &str| sound.iter().position(|one| one.version == version || is_judged_as(one, version));
        let to = place(asked.to.as_deref().unwrap_or(&roster.version)).ok_or(Refusal::NotFound)?;
        // Rows have a reviewer in the roster that was authorised alone.
        if !is_judged_as(&sound[to], &roster.version) && !sees_all_rows(actor, &application) {
            return Err(Refusal::Denied);
        }
        let from = match &asked.from {
            Some(from) => Some(place(from).ok_or(Refusal::NotFound)?),
            None => Some(to + 1).filter(|from| *from < sound.len()),
        };
        let (later, earlier) = (&sound[to], from.and_then(|from| sound.get(from)));
        let Some(earlier) = earlier else { return Ok(Differences { to: Some(compared(later)), ..nothing }) };
        let before = self.cloud.printing().entries(&id, &judgement(earlier)?).await?;
        let after = self.cloud.printing().entries(&id, &judgement(later)?).await?;
        let all = difference::differences(notice, &before, &after);
        let seen: Vec<RowDifference<'_>> = all.into_iter().filter(|one| is_seen(&roster, later, one)).collect();
        let begin = asked.after.unwrap_or(0) as usize;
        let rows: Vec<ChangedRow> = seen.iter().skip(begin).take(size).map(|one| changed(notice, one)).collect();
        let end = begin + rows.len();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let next_after = (end < seen.len()).then(|| count(end));
        Ok(Differences { from: Some(compared(earlier)), to: Some(compared(later)), total: count(seen.len()), rows, next_after })
    }

    /// Rows that are new or changed since the last sound roster before that one.
    pub(crate) async fn changed_rows(
        &self,
        application: &Application,
        notice: &Notice,
        (version, entries): (&str, &[Entry]),
    ) -> Result<HashSet<u32>, Refusal> {
        let sound = self.sound_rosters(application, notice).await?;
        let place = sound.iter().position(|one| is_judged_as(one, version));
        let Some(earlier) = place.and_then(|place| sound.get(place + 1)) else { return Ok(HashSet::new()) };
        let before = self.cloud.printing().entries(&application.id, &judgement(earlier)?).await?;
        let all = difference::differences(notice, &before, entries);
        Ok(all.iter().filter_map(|one| one.after.map(|entry| entry.row)).collect())
    }

    /// The rosters that were found sound, the latest first.
    pub(crate) async fn sound_rosters(&self, application: &Application, notice: &Notice) -> Result<Vec<HandIn>, RecordsError> {
        let mut all = self.cloud.applications().hand_ins(notice, application, &[Material::Roster]).await?;
        all.retain(|one| one.verdict.as_ref().is_some_and(|verdict| verdict.clean && verdict.rows.is_some()));
        Ok(all)
    }
}

/// Whose a row is that is gone nobody has decided: it is shown to who sees all rows.
fn is_seen(roster: &RosterInView, later: &HandIn, one: &RowDifference<'_>) -> bool {
    match one.after {
        Some(entry) => !is_judged_as(later, &roster.version) || roster.sees(entry.row),
        None => roster.sees_all(),
    }
}

/// What the judgement on a sound roster is called: its entries lie there.
pub(crate) fn judgement(one: &HandIn) -> Result<String, RecordsError> {
    one.judgement().ok_or(RecordsError::NotFound)
}

fn is_judged_as(one: &HandIn, judgement: &str) -> bool {
    one.judgement().as_deref() == Some(judgement)
}

fn compared(one: &HandIn) -> ComparedHandIn {
    ComparedHandIn { version: one.version.clone(), handed_in_at: one.handed_in_at }
}

fn changed(notice: &Notice, one: &RowDifference<'_>) -> ChangedRow {
    let name = one.after.or(one.before).map_or("", |entry| entry.name.reveal());
    let header = |field: Field| {
        let column = notice.roster.position(field).and_then(|at| notice.roster.columns.get(usize::from(at)));
        column.map_or_else(String::new, |column| column.header.clone())
    };
    let cells =
        one.cells.iter().map(|cell| ChangedCell { column: header(cell.field), before: cell.before.clone(), after: cell.after.clone() });
    ChangedRow {
        row: one.after.map(|entry| entry.row),
        was: one.before.map(|entry| entry.row),
        name: name.to_owned(),
        cells: cells.collect(),
    }
}
