//! What stands beside the template's columns.

use std::collections::BTreeSet;

use rules::values::finding::{Finding, FindingCode, Place, column_letters};

/// Findings of one kind that are listed one by one, and places that one lists; the others are counted.
pub(crate) const LISTED: usize = 10;

/// Cells outside the template: the first one, and of all of them the columns, the rows and how many there are.
#[derive(Default)]
pub(crate) struct Outside {
    /// Row from 1, column from 0.
    first: Option<(u32, u32)>,
    columns: BTreeSet<u32>,
    last_row: u32,
    count: u64,
}

impl Outside {
    pub(crate) fn add(&mut self, row: u32, column: u32) {
        self.count += 1;
        self.first.get_or_insert((row, column));
        self.last_row = self.last_row.max(row);
        if self.columns.len() <= LISTED {
            self.columns.insert(column);
        }
    }

    /// One for all of them: that the sheet goes beyond the template is one cause.
    pub(crate) fn finding(&self, file: &str, sheet: &str, columns: usize) -> Option<Finding> {
        let (row, column) = self.first?;
        let letters = |column: u32| column_letters(u16::try_from(column).unwrap_or(u16::MAX));
        let range = format!("模板范围（A 至 {} 列）", letters(u32::try_from(columns.saturating_sub(1)).unwrap_or(u32::MAX)));
        let place = Place::cell(file, sheet, row, u16::try_from(column).unwrap_or(u16::MAX));
        if self.count == 1 {
            return Some(Finding::new(FindingCode::CellOutside, place, format!("{range}以外有内容")));
        }
        let named: Vec<String> = self.columns.iter().take(LISTED).map(|column| letters(*column)).collect();
        let more = if self.columns.len() > LISTED { "等" } else { "" };
        let rows = if row == self.last_row { format!("第 {row} 行") } else { format!("第 {row} 至 {} 行", self.last_row) };
        let message = format!("{range}以外，{}{more} 列{rows}有内容，共 {} 格", named.join("、"), self.count);
        Some(Finding::new(FindingCode::CellOutside, place, message))
    }
}

/// The finding that stands for those not listed.
pub(crate) fn rest(code: FindingCode, file: &str, sheet: &str, count: u64, what: &str) -> Option<Finding> {
    let place = Place { file: file.to_owned(), sheet: Some(sheet.to_owned()), ..Place::default() };
    (count > LISTED as u64).then(|| Finding::new(code, place, format!("共 {count} {what}，以上只列出前 {LISTED} 处")))
}
