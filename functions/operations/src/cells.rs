//! The roster's findings at its cells, and cells that its unit puts right without a spreadsheet program: a new version of the workbook is
//! handed in, and judged anew.

use std::collections::{BTreeMap, BTreeSet};

use records::application::report::Report;
use records::application::{Application, Verdict};
use records::keys::objects::ObjectKey;
use records::store::bucket::WORKBOOK;
use roster::{NotReplaced, Replacements, ShownRow};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::notice::{Notice, RosterProfile};
use rules::values::finding::{Finding, FindingCode, cell_at};
use rules::values::party::Actor;
use rules::values::vocabulary::{Field, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::page_size::page_size;
use crate::refusal::Refusal;

/// Rows on a page, if the request does not say.
const PAGE: usize = 100;
/// The most that one page holds.
const MAX_PAGE: u32 = 200;
/// Cells that one request puts right.
const MAX_CELLS: usize = 2_000;
/// Characters of one cell.
const MAX_CHARS: usize = 500;
/// The first row below the header.
const FIRST_ROW: u32 = 2;
/// What a row is recognised by where one of its cells is shown.
const CONTEXT: [Field; 6] = [Field::Name, Field::Employer, Field::Event, Field::Award, Field::Occupation, Field::Level];

/// Which rows are asked for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellsAsked {
    /// Only rows with a finding of that code.
    pub only: Option<FindingCode>,
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
    /// Rows on a page, 1 to 200; 100, if nothing is said.
    pub size: Option<u32>,
}

/// The roster that was judged last, as far as something was found of it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct JudgedRoster {
    /// Its version: cells are put right of this one. None where no roster was judged.
    pub version: Option<String>,
    /// Whether a later one was handed in that is being judged.
    pub judging: bool,
    /// Whether it has no error.
    pub clean: bool,
    /// What was found, by cause, the gravest first.
    pub causes: Vec<RosterCause>,
    /// What was found of the workbook and of no single row.
    pub of_the_whole: Vec<Finding>,
    /// Rows of which something was found, in all; with `only`, of that cause.
    pub total: u32,
    /// Those of this page.
    pub rows: Vec<JudgedRow>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// A cause, and in how many places.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RosterCause {
    /// The first finding of it.
    pub first: Finding,
    /// In how many places.
    pub count: u32,
}

/// A row of which something was found.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct JudgedRow {
    /// Row of the roster.
    pub row: u32,
    /// What it is recognised by: headers and texts, without its numbers.
    pub context: Vec<(String, String)>,
    /// The cells that were found fault with.
    pub cells: Vec<JudgedCell>,
    /// What was found of the row and of no single cell.
    pub findings: Vec<Finding>,
}

/// A cell of which something was found.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct JudgedCell {
    /// Its name: `E12`.
    pub cell: String,
    /// The header above it.
    pub header: String,
    /// What it shows.
    pub text: String,
    /// Whether it holds a formula or a day in the place of that text.
    pub computed: bool,
    /// The words of which it is to hold one; none where it may hold any text.
    pub choices: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Cells to be put right.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CorrectCells {
    /// The version of the roster that was looked at.
    pub version: String,
    /// The cells, 2,000 at most; every other one stays as it was handed in.
    pub cells: Vec<CellText>,
}

/// A cell and what is to stand in it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CellText {
    /// Its name, below the header and within the template's columns: `E12`.
    pub cell: String,
    /// The text; empty, where the cell is to be blank.
    pub text: String,
}

/// The roster with the cells put right.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CorrectedCells {
    /// Version of the roster that is being judged now.
    pub version: String,
    /// How many cells were put right.
    pub cells: u32,
}

impl From<NotReplaced> for Refusal {
    fn from(error: NotReplaced) -> Self {
        match error {
            NotReplaced::Guarded(finding) => Self::Findings(vec![*finding]),
            NotReplaced::NoRow(_) => Self::Malformed(error.to_string()),
            NotReplaced::Unwritable | NotReplaced::Formula(_) => Self::Changed(error.to_string()),
        }
    }
}

impl Operations {
    /// What was found of the unit's roster, at its cells: a page of the rows.
    pub async fn judged_roster(&self, actor: &Actor, id: ApplicationId, asked: CellsAsked) -> Result<JudgedRoster, Refusal> {
        let size = page_size(asked.size, PAGE, MAX_PAGE, "行")?;
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let Some(verdict) = self.roster_verdict(&application).await? else { return Ok(JudgedRoster::none()) };
        let key = ObjectKey::Report { application: id.clone(), material: Material::Roster, version: verdict.judgement() };
        let report: Report<'_> = self.cloud.read_json(&key).await?;
        let (mut by_row, mut of_the_whole) = (BTreeMap::<u32, Vec<Finding>>::new(), Vec::new());
        for finding in report.findings.iter() {
            match finding.place.row.filter(|row| *row >= FIRST_ROW) {
                Some(row) => by_row.entry(row).or_default().push(finding.clone()),
                None => of_the_whole.push(finding.clone()),
            }
        }
        let causes = causes(&report.findings);
        by_row.retain(|_, findings| asked.only.is_none_or(|only| findings.iter().any(|finding| finding.code == only)));
        let total = count(by_row.len());
        let mut left = by_row.range(asked.after.map_or(0, |after| after.saturating_add(1))..);
        let page: Vec<(u32, &Vec<Finding>)> = left.by_ref().take(size).map(|(row, findings)| (*row, findings)).collect();
        let next_after = left.next().and(page.last()).map(|(row, _)| *row);
        let wanted: BTreeSet<u32> = page.iter().map(|(row, _)| *row).collect();
        let rows = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let bytes = self.cloud.applications().material(notice, &application, &verdict).await?.bytes()?;
                let shown = tokio::task::block_in_place(|| roster::excerpt(&bytes, &notice.roster, &wanted));
                let of = |row: u32| shown.iter().find(|one| one.row == row);
                page.iter().map(|(row, findings)| judged(&notice.roster, *row, of(*row), findings)).collect()
            }
        };
        let judging = self.is_outdated(notice, &application, &verdict).await?;
        let (version, clean) = (Some(verdict.version.clone()), verdict.clean);
        Ok(JudgedRoster { version, judging, clean, causes, of_the_whole, total, rows, next_after })
    }

    /// Puts cells of the unit's roster right: the workbook with them, and else as it was, is handed in and judged anew.
    pub async fn correct_cells(&self, actor: &Actor, id: ApplicationId, request: CorrectCells) -> Result<CorrectedCells, Refusal> {
        let application = self.awaiting(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let cells = replacements(&notice.roster, &request.cells)?;
        let other = || Refusal::Changed("模板表已有新的版本，没有改正；请刷新后按新的检查结果改正".to_owned());
        let verdict = self.roster_verdict(&application).await?.filter(|verdict| verdict.version == request.version).ok_or_else(other)?;
        let applications = self.cloud.applications();
        let key = applications.material_key(notice, &application, &verdict).await?.ok_or(Refusal::NotFound)?;
        let bytes = applications.material(notice, &application, &verdict).await?.bytes()?;
        let corrected = tokio::task::block_in_place(|| roster::with_cells_replaced(&bytes, &notice.roster, &cells))?;
        let version = match self.cloud.write_over(&key, Some(&verdict.version), WORKBOOK, corrected).await {
            Err(records::RecordsError::Conflict) => return Err(other()),
            written => written?,
        };
        tracing::info!(application = %id, cells = cells.len(), "cells of the roster are corrected");
        Ok(CorrectedCells { version, cells: count(cells.len()) })
    }

    async fn roster_verdict(&self, application: &Application) -> Result<Option<Verdict>, Refusal> {
        let verdicts = self.cloud.applications().verdicts(application).await?;
        Ok(verdicts.into_iter().find(|verdict| verdict.material == Material::Roster))
    }

    /// Whether another version was handed in than the one that was judged.
    pub(crate) async fn is_outdated(&self, notice: &Notice, application: &Application, verdict: &Verdict) -> Result<bool, Refusal> {
        let Some(key) = self.cloud.applications().material_key(notice, application, verdict).await? else { return Ok(false) };
        Ok(self.cloud.current_version(&key).await?.as_deref() != Some(verdict.version.as_str()))
    }
}

impl JudgedRoster {
    fn none() -> Self {
        let (causes, of_the_whole, rows) = (Vec::new(), Vec::new(), Vec::new());
        Self { version: None, judging: false, clean: false, causes, of_the_whole, total: 0, rows, next_after: None }
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn causes(findings: &[Finding]) -> Vec<RosterCause> {
    let mut causes: Vec<RosterCause> = Vec::new();
    for finding in findings {
        match causes.iter_mut().find(|cause| cause.first.code == finding.code) {
            Some(cause) => cause.count += 1,
            None => causes.push(RosterCause { first: finding.clone(), count: 1 }),
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.first.severity));
    causes
}

/// A row with what was found at each of its cells.
fn judged(profile: &RosterProfile, row: u32, shown: Option<&ShownRow>, findings: &[Finding]) -> JudgedRow {
    let at = |column: u16| shown.and_then(|shown| shown.cells.get(usize::from(column)));
    let (mut cells, mut of_the_row) = (BTreeMap::<u16, Vec<Finding>>::new(), Vec::new());
    for finding in findings {
        let place = finding.place.cell.as_deref().and_then(cell_at);
        match place.filter(|(_, column)| usize::from(*column) < profile.columns.len()) {
            Some((_, column)) => cells.entry(column).or_default().push(finding.clone()),
            None => of_the_row.push(finding.clone()),
        }
    }
    let context = CONTEXT.iter().filter_map(|field| profile.position(*field)).filter(|column| !cells.contains_key(column));
    let header = |column: u16| profile.columns.get(usize::from(column)).map_or_else(String::new, |column| column.header.clone());
    let text = |column: u16| at(column).map(|cell| cell.text.clone()).unwrap_or_default();
    let context = context.map(|column| (header(column), text(column))).filter(|(_, text)| !text.is_empty()).collect();
    let judged = |(column, findings): (u16, Vec<Finding>)| JudgedCell {
        cell: format!("{}{row}", rules::values::finding::column_letters(column)),
        header: header(column),
        text: text(column),
        computed: at(column).is_some_and(|cell| cell.computed),
        choices: profile.columns.get(usize::from(column)).map(|column| column.choices.clone()).unwrap_or_default(),
        findings,
    };
    JudgedRow { row, context, cells: cells.into_iter().map(judged).collect(), findings: of_the_row }
}

/// What is to stand in which cells; none of them is of the header or outside the template.
fn replacements(profile: &RosterProfile, cells: &[CellText]) -> Result<Replacements, Refusal> {
    let wrong = |message: String| Refusal::Malformed(message);
    if cells.is_empty() || cells.len() > MAX_CELLS {
        return Err(wrong(format!("一次改正 1 到 {MAX_CELLS} 个单元格")));
    }
    let mut replacements = Replacements::new();
    for CellText { cell, text } in cells {
        let within = |(row, column): &(u32, u16)| *row >= FIRST_ROW && usize::from(*column) < profile.columns.len();
        let place = cell_at(cell).filter(within).ok_or_else(|| wrong(format!("{cell} 不是模板表中可以填写的单元格")))?;
        let text = text.trim();
        if text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
            return Err(wrong(format!("{cell} 的内容过长（{MAX_CHARS} 字以内）或含有控制字符")));
        }
        if replacements.insert(place, text.to_owned()).is_some() {
            return Err(wrong(format!("{cell} 写了两次")));
        }
    }
    Ok(replacements)
}

#[cfg(test)]
mod tests {
    use rules::values::finding::Place;

    use super::*;

    fn profile() -> RosterProfile {
        rules::notice::Notices::built_in().expect("notices").general().roster.clone()
    }

    fn cell(cell: &str, text: &str) -> CellText {
        CellText { cell: cell.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn cells_below_the_header_and_within_the_template_are_put_right_once() {
        let profile = profile();
        let sound = replacements(&profile, &[cell("B2", " 李样例 "), cell("E3", "")]).expect("two cells");
        assert_eq!(sound, Replacements::from([((2, 1), "李样例".to_owned()), ((3, 4), String::new())]));
        let column = rules::values::finding::column_letters(count(profile.columns.len()) as u16);
        for wrong in [&[cell("B1", "x")][..], &[cell(&format!("{column}2"), "x")], &[cell("2B", "x")], &[cell("B2", "a\nb")], &[]] {
            assert!(matches!(replacements(&profile, wrong), Err(Refusal::Malformed(_))));
        }
        assert!(replacements(&profile, &[cell("B2", "x"), cell("B2", "y")]).is_err(), "twice");
    }

    #[test]
    fn a_row_is_recognised_without_its_numbers() {
        let profile = profile();
        let mut shown = ShownRow { row: 3, cells: vec![roster::ShownCell::default(); profile.columns.len()] };
        let name = profile.position(Field::Name).expect("a column");
        let number = profile.position(Field::DocumentNumber).expect("a column");
        shown.cells[usize::from(name)].text = "张样例".to_owned();
        shown.cells[usize::from(number)].text = "11010519491231002X".to_owned();
        let of = |column| Finding::new(FindingCode::CellChoice, Place::cell("roster.xlsx", "表", 3, column), "x");
        let judged = judged(&profile, 3, Some(&shown), &[of(8), of(200)]);
        assert!(judged.context.iter().any(|(_, text)| text == "张样例"));
        assert!(!serde_json::to_string(&judged).expect("JSON").contains("1949"));
        assert_eq!((judged.cells.len(), judged.findings.len()), (1, 1), "a cell of the template, and one outside it");
        assert_eq!(judged.cells[0].cell, "I3");
    }
}
