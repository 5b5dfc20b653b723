//! A result list: what the query site shows, exported as CSV, compared with a batch.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{FIRST_ROW, Findings, PublicationRow, cell};
use crate::catalogue::DocumentTypes;
use crate::notice::{Notice, PublicationRule, bare_header};
use crate::values::date::written_day;
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::name::PersonName;
use crate::values::text::{csv_cell, csv_delimiter, decoded, line_of};
use crate::values::vocabulary::{BatchKind, PublicationField};

/// File name that findings about a result list point to.
pub const LIST_FILE: &str = "result.csv";

/// What a list must have: without it nothing can be matched.
const NEEDED: [PublicationField; 2] = [PublicationField::Number, PublicationField::Name];

/// A list that could be read.
#[derive(Debug)]
pub struct ResultList {
    /// The fields it has, in the order of its columns.
    fields: Vec<(usize, PublicationField)>,
    lines: Vec<Line>,
}

/// A line of a list.
struct Line {
    /// From 1, the header included.
    number: u32,
    cells: Vec<String>,
}

impl std::fmt::Debug for Line {
    // It holds personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What a comparison shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What is missing, different or surplus.
    pub findings: Vec<Finding>,
    /// Headers of the columns that could be compared; the others were not in the list.
    pub compared: Vec<String>,
    /// Rows of the batch that the list shows as they should be.
    pub matched: u32,
}

impl Comparison {
    /// Whether the query site shows the batch: warnings do not count.
    pub fn confirms(&self) -> bool {
        !self.findings.iter().any(Finding::is_error)
    }
}

impl ResultList {
    /// Reads a list; its columns are found by their headers.
    pub fn read(rule: &PublicationRule, bytes: &[u8]) -> Result<Self, Finding> {
        let unreadable =
            |message: String| Finding::new(FindingCode::PublicationListUnreadable, Place::file(LIST_FILE), message).under(&rule.clause);
        let text = decoded(bytes).ok_or_else(|| unreadable("文件既不是 UTF-8 也不是 GB18030 编码的文本".to_owned()))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(csv_delimiter(&text)).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|_| unreadable("第 1 行无法读取".to_owned()))?.clone();
        let fields = fields(rule, &headers).map_err(unreadable)?;
        let mut lines = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(0, |position| line_of(&text, position));
                unreadable(format!("第 {line} 行无法读取"))
            })?;
            let number = record.position().map_or(0, |position| line_of(&text, position));
            let cells: Vec<String> = record.iter().map(|cell| csv_cell(cell).to_owned()).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                lines.push(Line { number: u32::try_from(number).unwrap_or(u32::MAX), cells });
            }
        }
        Ok(Self { fields, lines })
    }

    /// Compares a batch with the list. 新增 and 更正: each row is there, once and alike. 注销: none is.
    pub fn compare(
        &self,
        notice: &Notice,
        rule: &PublicationRule,
        types: &DocumentTypes,
        kind: BatchKind,
        rows: &[PublicationRow],
    ) -> Comparison {
        let reading = Reading { notice, rule, types };
        let (mut found, mut matched) = (Findings::default(), 0);
        let by_number = self.by_number();
        for (row, at) in rows.iter().zip(FIRST_ROW..) {
            let shown = by_number.get(row.number());
            let before = found.found.len() + found.more;
            match (kind, shown) {
                (BatchKind::Revocation, None) => {}
                (BatchKind::Revocation, Some(lines)) => lines.iter().for_each(|line| found.add(reading.still_shown(row, line))),
                (_, None) => found.add(reading.missing(row, at)),
                (_, Some(lines)) => self.different(&reading, row, lines, &mut found),
            }
            matched += u32::from(before == found.found.len() + found.more);
        }
        let wanted: HashSet<&str> = rows.iter().map(PublicationRow::number).collect();
        for line in self.lines.iter().filter(|line| !wanted.contains(self.value(line, PublicationField::Number))) {
            found.add(reading.surplus(line, self.value(line, PublicationField::Number)));
        }
        let compared = self.fields.iter().map(|(_, field)| rule.header_of(*field).to_owned()).collect();
        Comparison { findings: found.all(), compared, matched }
    }

    fn value<'l>(&self, line: &'l Line, field: PublicationField) -> &'l str {
        let column = self.fields.iter().find(|(_, known)| *known == field).map(|(column, _)| *column);
        column.and_then(|column| line.cells.get(column)).map_or("", String::as_str)
    }

    fn by_number(&self) -> HashMap<&str, Vec<&Line>> {
        let mut by_number: HashMap<&str, Vec<&Line>> = HashMap::new();
        for line in &self.lines {
            by_number.entry(self.value(line, PublicationField::Number)).or_default().push(line);
        }
        by_number
    }

    fn different(&self, reading: &Reading<'_>, row: &PublicationRow, lines: &[&Line], found: &mut Findings) {
        if let [_, again, ..] = lines {
            found.add(reading.twice(row, again));
        }
        let Some(line) = lines.first() else { return };
        for (column, field) in &self.fields {
            let shown = line.cells.get(*column).map_or("", String::as_str);
            if !reading.is_alike(*field, row.get(*field), shown) {
                found.add(reading.differs(row, *field, line, shown));
            }
        }
    }
}

/// Which columns hold which fields.
fn fields(rule: &PublicationRule, headers: &csv::StringRecord) -> Result<Vec<(usize, PublicationField)>, String> {
    let mut known: BTreeMap<String, PublicationField> = BTreeMap::new();
    for column in &rule.columns {
        for name in column.aliases.iter().chain([&column.header]) {
            known.insert(bare_header(name), column.field);
        }
    }
    let mut fields: Vec<(usize, PublicationField)> = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let Some(field) = known.get(&bare_header(csv_cell(header))).copied() else { continue };
        if fields.iter().any(|(_, earlier)| *earlier == field) {
            return Err(format!("表头“{}”出现了两次", rule.header_of(field)));
        }
        fields.push((at, field));
    }
    match NEEDED.into_iter().find(|needed| !fields.iter().any(|(_, field)| field == needed)) {
        Some(needed) => Err(format!("表头中没有“{}”", rule.header_of(needed))),
        None => Ok(fields),
    }
}

/// What a list's cells are read by.
struct Reading<'a> {
    notice: &'a Notice,
    rule: &'a PublicationRule,
    types: &'a DocumentTypes,
}

impl Reading<'_> {
    /// Whether a list shows what the sheet has, however it writes it: words for codes, other forms of a date, masked characters.
    fn is_alike(&self, field: PublicationField, sheet: &str, shown: &str) -> bool {
        let blank = |text: &str| self.rule.blanks.iter().any(|blank| blank == text);
        if sheet == shown || (blank(sheet) && blank(shown)) || is_masked(sheet, shown) {
            return true;
        }
        match field {
            PublicationField::DocumentType => self.types.get(shown).is_some_and(|known| known.code == sheet),
            PublicationField::Level => self.notice.level(shown).is_some_and(|level| level.digit.to_string() == sheet),
            PublicationField::IssuedOn => written_day(sheet).is_some() && written_day(sheet) == written_day(shown),
            PublicationField::Name => PersonName::parse(shown).is_ok_and(|(name, _)| name.reveal() == sheet),
            PublicationField::DocumentNumber => sheet.eq_ignore_ascii_case(shown),
            _ => false,
        }
    }

    fn finding(&self, code: FindingCode, place: Place, message: String) -> Finding {
        Finding::new(code, place, message).under(&self.rule.clause)
    }

    fn missing(&self, row: &PublicationRow, at: usize) -> Finding {
        let message = format!("查询结果中没有 {}", row.number());
        self.finding(FindingCode::PublicationMissing, cell(self.rule, at, PublicationField::Number), message)
    }

    fn differs(&self, row: &PublicationRow, field: PublicationField, line: &Line, shown: &str) -> Finding {
        let header = self.rule.header_of(field);
        let message = if field.is_personal() {
            let spoiled = if shown.contains("E+") { "，被电子表格改成了科学计数法" } else { "" };
            format!("{} 的{header}与申报的不同{spoiled}", row.number())
        } else {
            format!("{} 的{header}为“{}”，申报的是“{}”", row.number(), short(shown), row.get(field))
        };
        self.finding(FindingCode::PublicationDiffers, line.place(), message)
    }

    fn twice(&self, row: &PublicationRow, line: &Line) -> Finding {
        self.finding(FindingCode::PublicationTwice, line.place(), format!("{} 在查询结果中出现了两次", row.number()))
    }

    fn surplus(&self, line: &Line, number: &str) -> Finding {
        let message = format!("{} 不在这一批中", if number.is_empty() { "没有证书编号的一行".to_owned() } else { short(number) });
        self.finding(FindingCode::PublicationSurplus, line.place(), message)
    }

    fn still_shown(&self, row: &PublicationRow, line: &Line) -> Finding {
        self.finding(FindingCode::PublicationStillShown, line.place(), format!("{} 已申报注销，查询结果中仍有", row.number()))
    }
}

impl Line {
    /// The line; which of its values it is about, the message says.
    fn place(&self) -> Place {
        Place { row: Some(self.number), ..Place::file(LIST_FILE) }
    }
}

/// A value that is foreign, cut to what a message bears.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Whether `shown` is `value` with some of its characters replaced by `*`.
fn is_masked(value: &str, shown: &str) -> bool {
    if !shown.contains('*') {
        return false;
    }
    let (value, shown): (Vec<char>, Vec<char>) = (value.chars().collect(), shown.chars().collect());
    value.len() == shown.len() && shown.iter().any(|c| *c != '*') && value.iter().zip(&shown).all(|(v, s)| *s == '*' || v == s)
}
