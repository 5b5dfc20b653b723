//! The header of a roster: where it stands, and how it differs from the template's.

use std::ops::ControlFlow;

use rules::intake::entry::Cell;
use rules::notice::{RosterProfile, header_key};
use rules::values::finding::{Finding, FindingCode, Place, column_letters};
use rules::values::vocabulary::Field;

use crate::book::{Book, Item, cell, is_blank};
use crate::guard::Refusal;
use crate::outside::Outside;

/// A header is looked for in so many rows from the top.
const HEAD_ROWS: u32 = 10;
/// A row is a header from so many of the template's words on; of a template with fewer columns, where it has half of them.
const FEWEST: usize = 6;
/// Sheets that are looked at for a header.
const MAX_SHEETS: usize = 20;
/// Differences that are listed one by one.
const LISTED: usize = 10;
/// Characters of a changed header that a message quotes.
const QUOTED_CHARS: usize = 40;

/// The row that is the header, or row 1 where none is.
pub(crate) struct Header {
    /// Its row, from 0.
    pub(crate) row: u32,
    /// Text of each cell from column A on; trailing blank cells are left out.
    pub(crate) texts: Vec<String>,
    /// Whether the row is a header at all.
    known: bool,
    /// Whether anything stands below it, as far as it was looked at.
    followed: bool,
    /// Filled cells beyond the template's columns and the first few of them.
    outside: Outside,
}

impl Header {
    /// Turns `book` to the sheet that the roster stands on: the first visible one with the template's header and rows
    /// below it, else with the header, else the first visible one. The findings tell of sheets that were passed over.
    pub(crate) fn find(book: &mut Book<'_>, profile: &RosterProfile, file: &str) -> Result<(Self, Vec<Finding>), Refusal> {
        let sheets = book.sheets();
        let first = sheets.iter().find(|sheet| sheet.visible).or(sheets.first());
        let Some(first) = first.map(|sheet| sheet.name.clone()) else { return Err(book.no_sheet()) };
        let mut known = Vec::new();
        for sheet in sheets.iter().take(MAX_SHEETS) {
            book.turn_to(&sheet.name);
            // A sheet that cannot be read is said of only where it is the roster's.
            match Self::read(book, profile) {
                Ok(header) if header.known => known.push((sheet, header)),
                _ => {}
            }
        }
        // An empty copy of the template before the list is no list.
        let filled = known.iter().position(|(sheet, header)| sheet.visible && header.followed);
        let chosen = filled.or_else(|| known.iter().position(|(sheet, _)| sheet.visible));
        let Some(chosen) = chosen else {
            if let Some((sheet, _)) = known.first()
                && sheet.name != first
            {
                let message = format!("名单所在的工作表“{}”被隐藏了；请取消隐藏，并移到最前", sheet.name);
                return Err(Refusal::new(FindingCode::SheetMissing, message));
            }
            book.turn_to(&first);
            return Self::read(book, profile).map(|header| (header, Vec::new()));
        };
        let (sheet, header) = known.remove(chosen);
        book.turn_to(&sheet.name);
        let mut found = Vec::new();
        if sheet.name != first {
            let place = Place { sheet: Some(sheet.name.clone()), ..Place::file(file) };
            let message = format!("名单在工作表“{}”上，不在第一个工作表“{first}”上；已按“{}”读取", sheet.name, sheet.name);
            found.push(Finding::new(FindingCode::SheetElsewhere, place, message));
        }
        let others: Vec<String> =
            known.iter().filter(|(_, header)| header.followed).map(|(sheet, _)| format!("“{}”", sheet.name)).collect();
        if !others.is_empty() {
            let place = Place { sheet: Some(sheet.name.clone()), ..Place::file(file) };
            let message = format!("工作表{}也有名单的表头和内容，没有读取；只读取“{}”", others.join("、"), sheet.name);
            found.push(Finding::new(FindingCode::SheetSecond, place, message));
        }
        Ok((header, found))
    }

    /// The header of the sheet that `book` is turned to.
    fn read(book: &mut Book<'_>, profile: &RosterProfile) -> Result<Self, Refusal> {
        let (mut rows, mut beyond): (Vec<Vec<String>>, bool) = (Vec::new(), false);
        // Of a copy of the template that nobody has filled in the rows may be numbered.
        let sequence = profile.position(Field::Sequence).map(usize::from);
        let mut outside = Outside::default();
        book.cells(|item| match item {
            Item::Cell { row, column, value, .. } if row <= HEAD_ROWS => {
                let value = cell(value, &mut Vec::new());
                if !is_blank(&value) {
                    if row == 0 && usize::try_from(column).unwrap_or(usize::MAX) >= profile.columns.len() {
                        outside.add(1, column);
                    }
                    put(&mut rows, row, column, value);
                }
                ControlFlow::Continue(())
            }
            Item::Cell { column, .. } if usize::try_from(column).ok() == sequence => ControlFlow::Continue(()),
            Item::Cell { value, .. } if is_blank(&cell(value, &mut Vec::new())) => ControlFlow::Continue(()),
            Item::Cell { .. } => {
                beyond = true;
                ControlFlow::Break(())
            }
            Item::OddError => ControlFlow::Continue(()),
        })?;
        let wanted: Vec<String> = profile.columns.iter().map(|column| header_key(&column.header)).collect();
        let at = rows.iter().take(HEAD_ROWS as usize).position(|texts| is_header(texts, &wanted));
        let is_filled = |texts: &Vec<String>| texts.iter().enumerate().any(|(column, text)| !text.is_empty() && Some(column) != sequence);
        let followed = beyond || rows.iter().skip(at.unwrap_or(0) + 1).any(is_filled);
        let row = u32::try_from(at.unwrap_or(0)).unwrap_or(0);
        let texts = rows.into_iter().nth(at.unwrap_or(0)).unwrap_or_default();
        let outside = if row == 0 { outside } else { Outside::default() };
        Ok(Self { row, texts, known: at.is_some(), followed, outside })
    }

    fn text(&self, column: usize) -> &str {
        self.texts.get(column).map_or("", String::as_str)
    }

    /// Where a field stands: under its own header, else where the template has it.
    pub(crate) fn column(&self, profile: &RosterProfile, field: Field) -> Option<usize> {
        let at = usize::from(profile.position(field)?);
        let wanted = header_key(&profile.columns.get(at)?.header);
        self.texts.iter().position(|text| header_key(text) == wanted).or(Some(at))
    }

    /// How it differs from the template's: one finding for each cause.
    pub(crate) fn judge(&self, profile: &RosterProfile, file: &str, sheet: &str) -> Vec<Finding> {
        let count = profile.columns.len();
        let place = |column: usize| Place::cell(file, sheet, self.row + 1, u16::try_from(column).unwrap_or(u16::MAX));
        let changed = |column, message| Finding::new(FindingCode::HeaderChanged, place(column), message);
        let same = profile.columns.iter().enumerate().all(|(i, column)| header_key(self.text(i)) == header_key(&column.header));
        if !self.known && !same {
            let message = format!("第 1 行不是模板的表头；表头应为“{}”等 {count} 列", first_headers(profile));
            return vec![changed(0, message)];
        }
        if self.row > 0 {
            let rows = if self.row == 1 { "第 1 行不是".to_owned() } else { format!("第 1 至 {} 行不是", self.row) };
            let message = format!("表头在第 {} 行，{rows}表头（标题行或空行）；请删去，使表头成为第 1 行", self.row + 1);
            let above = Place::cell(file, sheet, 1, 0);
            return vec![Finding::new(FindingCode::HeaderChanged, above, message)];
        }
        if same {
            return self.outside.finding(file, sheet, count).into_iter().collect();
        }
        let differences = Differences::new(&self.texts, profile);
        let mut found: Vec<Finding> = differences.texts(profile, &self.texts).into_iter().map(|(at, text)| changed(at, text)).collect();
        if found.len() > LISTED {
            let message = format!("表头共有 {} 处与模板不同，以上只列出前 {LISTED} 处", found.len());
            found.truncate(LISTED);
            found.push(changed(0, message));
        }
        if differences.extra.is_empty() {
            found.extend(self.outside.finding(file, sheet, count));
        }
        found
    }
}

fn put(rows: &mut Vec<Vec<String>>, row: u32, column: u32, value: Cell) {
    let (row, at) = (row as usize, usize::try_from(column).unwrap_or(usize::MAX));
    // The report keeps headers beyond the template's; XFD is the last column there is.
    if at >= 16_384 {
        return;
    }
    if rows.len() <= row {
        rows.resize(row + 1, Vec::new());
    }
    let Some(texts) = rows.get_mut(row) else { return };
    if texts.len() <= at {
        texts.resize(at + 1, String::new());
    }
    if let Some(slot) = texts.get_mut(at) {
        *slot = header_text(value);
    }
}

/// Whether a row is a header at all. Where it was deleted a winner's data stand there, and no message may quote them.
fn is_header(texts: &[String], wanted: &[String]) -> bool {
    let filled = texts.iter().filter(|text| !text.is_empty());
    let (count, matching) = filled.fold((0, 0), |(n, m), text| (n + 1, m + usize::from(wanted.contains(&header_key(text)))));
    matching * 2 >= count && matching >= FEWEST.min(wanted.len().div_ceil(2))
}

fn first_headers(profile: &RosterProfile) -> String {
    profile.columns.iter().take(4).map(|column| column.header.as_str()).collect::<Vec<_>>().join("、")
}

/// The header against the template's, as what was done to it: columns swapped, put in, left out, renamed.
struct Differences {
    /// Pairs of columns that changed places.
    swapped: Vec<(usize, usize)>,
    /// Template columns that stand elsewhere, with the column where they stand.
    moved: Vec<(usize, usize)>,
    /// Columns that the template does not have.
    extra: Vec<usize>,
    /// Template columns that are nowhere.
    missing: Vec<usize>,
    /// Template columns in whose place another word stands.
    renamed: Vec<(usize, usize)>,
}

impl Differences {
    fn new(texts: &[String], profile: &RosterProfile) -> Self {
        let wanted: Vec<String> = profile.columns.iter().map(|column| header_key(&column.header)).collect();
        let mut stands: Vec<String> = texts.iter().map(|text| header_key(text)).collect();
        let swapped = swaps(&wanted, &mut stands);
        let pairs = in_order(&wanted, &stands);
        let mut rest: Vec<usize> = (0..wanted.len()).filter(|at| !pairs.iter().any(|(own, _)| own == at)).collect();
        let mut extra: Vec<usize> = (0..stands.len()).filter(|at| !pairs.iter().any(|(_, other)| other == at)).collect();
        let mut moved = Vec::new();
        rest.retain(|own| {
            let Some(at) = extra.iter().position(|other| stands.get(*other) == wanted.get(*own)) else { return true };
            moved.push((*own, extra.remove(at)));
            false
        });
        let mut renamed = Vec::new();
        rest.retain(|own| {
            // The place between the neighbours that were found: what stands there is what it was renamed to.
            let before = pairs.iter().rev().find(|(other, _)| other < own).map_or(0, |(other, at)| at + (own - other));
            let place = if pairs.iter().any(|(other, _)| other < own) { before } else { *own };
            let Some(at) = extra.iter().position(|other| *other == place) else { return true };
            renamed.push((*own, extra.remove(at)));
            false
        });
        Self { swapped, moved, extra, missing: rest, renamed }
    }

    /// What is wrong and at which column.
    fn texts(&self, profile: &RosterProfile, texts: &[String]) -> Vec<(usize, String)> {
        let header = |own: usize| profile.columns.get(own).map_or("", |column| column.header.as_str());
        let stands = |at: usize| quoted(texts.get(at).map_or("", String::as_str));
        let mut said = Vec::new();
        for run in runs(&self.extra) {
            let columns: Vec<String> = run.iter().map(|at| format!("{} 列{}", letters(*at), stands(*at))).collect();
            let first = run.first().copied().unwrap_or_default();
            said.push((first, format!("{}是模板没有的列（多出 {} 列，其后各列因此右移）；请删去", columns.join("、"), run.len())));
        }
        for run in runs(&self.missing) {
            let columns: Vec<String> = run.iter().map(|own| format!("“{}”", header(*own))).collect();
            let first = run.first().copied().unwrap_or_default();
            said.push((first, format!("缺少{}列（应在 {} 列）", columns.join("、"), letters(first))));
        }
        match self.moved.as_slice() {
            [] => {}
            [(own, at)] => {
                said.push((*at, format!("“{}”列应在 {} 列，现在 {} 列", header(*own), letters(*own), letters(*at))));
            }
            moved => {
                let columns: Vec<String> = moved.iter().take(LISTED).map(|(own, _)| format!("“{}”", header(*own))).collect();
                let first = moved.iter().map(|(own, _)| *own).min().unwrap_or_default();
                said.push((first, format!("各列的次序与模板不同：{}等 {} 列移动过", columns.join("、"), moved.len())));
            }
        }
        let swapped = |(one, other): &(usize, usize)| (*one, format!("“{}”和“{}”两列的位置对调了", header(*one), header(*other)));
        said.extend(self.swapped.iter().map(swapped));
        said.extend(self.renamed.iter().map(|(own, at)| (*at, format!("表头应为“{}”，现为{}", header(*own), stands(*at)))));
        said.sort_by_key(|(at, _)| *at);
        said
    }
}

/// Pairs of columns that stand in each other's place; they are put back.
fn swaps(wanted: &[String], stands: &mut [String]) -> Vec<(usize, usize)> {
    let mut swapped = Vec::new();
    for one in 0..wanted.len().min(stands.len()) {
        let other = (one + 1..wanted.len().min(stands.len())).find(|other| stands[one] == wanted[*other] && stands[*other] == wanted[one]);
        if let Some(other) = other {
            stands.swap(one, other);
            swapped.push((one, other));
        }
    }
    swapped
}

/// The longest list of pairs in which both sides go up: columns that stayed in order. Of few columns each.
fn in_order(wanted: &[String], stands: &[String]) -> Vec<(usize, usize)> {
    // A header has at most 16,384 cells, the template a few dozen columns.
    let width = stands.len() + 1;
    let mut best = vec![0_u32; (wanted.len() + 1) * width];
    for own in (0..wanted.len()).rev() {
        for at in (0..stands.len()).rev() {
            best[own * width + at] = if wanted[own] == stands[at] {
                best[(own + 1) * width + at + 1] + 1
            } else {
                best[(own + 1) * width + at].max(best[own * width + at + 1])
            };
        }
    }
    let (mut own, mut at, mut pairs) = (0, 0, Vec::new());
    while own < wanted.len() && at < stands.len() {
        if wanted[own] == stands[at] {
            pairs.push((own, at));
            (own, at) = (own + 1, at + 1);
        } else if best[(own + 1) * width + at] >= best[own * width + at + 1] {
            own += 1;
        } else {
            at += 1;
        }
    }
    pairs
}

/// Runs of neighbouring columns.
fn runs(columns: &[usize]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for column in columns {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last + 1 == *column) => run.push(*column),
            _ => runs.push(vec![*column]),
        }
    }
    runs
}

fn letters(column: usize) -> String {
    column_letters(u16::try_from(column).unwrap_or(u16::MAX))
}

fn header_text(value: Cell) -> String {
    match value {
        Cell::Text(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Bool(truth) => truth.to_string().to_uppercase(),
        Cell::Empty | Cell::Merged | Cell::Error | Cell::Formula => "#".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    if text.trim().is_empty() {
        return "空白".to_owned();
    }
    // Six digits may be part of an ID or phone number.
    if text.chars().filter(char::is_ascii_digit).count() >= 6 {
        return "其他内容".to_owned();
    }
    let short: String = text.chars().filter(|c| !c.is_control()).take(QUOTED_CHARS).collect();
    format!("“{short}”")
}
