//! Cells outside the template's columns.

use rules::values::finding::{Finding, FindingCode, Place, column_letters};

/// Findings of one kind that are listed one by one; the others are counted.
pub(crate) const LISTED: usize = 10;

/// Cells outside the template: the first few, and how many there are.
#[derive(Default)]
pub(crate) struct Outside {
    /// Row from 1, column from 0.
    first: Vec<(u32, u32)>,
    count: u64,
}

impl Outside {
    pub(crate) fn add(&mut self, row: u32, column: u32) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push((row, column));
        }
    }

    pub(crate) fn findings(&self, file: &str, sheet: &str, columns: usize) -> Vec<Finding> {
        let last = column_letters(u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX));
        let message = |row: &u32, column: &u32| {
            let place = Place::cell(file, sheet, *row, u16::try_from(*column).unwrap_or(u16::MAX));
            Finding::new(FindingCode::CellOutside, place, format!("模板范围（A 至 {last} 列）以外有内容"))
        };
        let mut found: Vec<Finding> = self.first.iter().map(|(row, column)| message(row, column)).collect();
        found.extend(rest(FindingCode::CellOutside, file, sheet, self.count, "个单元格在模板范围以外有内容"));
        found
    }
}

/// The finding that stands for those not listed.
pub(crate) fn rest(code: FindingCode, file: &str, sheet: &str, count: u64, what: &str) -> Option<Finding> {
    let place = Place { file: file.to_owned(), sheet: Some(sheet.to_owned()), ..Place::default() };
    (count > LISTED as u64).then(|| Finding::new(code, place, format!("共 {count} {what}，以上只列出前 {LISTED} 处")))
}
