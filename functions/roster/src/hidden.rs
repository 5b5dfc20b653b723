//! Rows that the spreadsheet program does not show: hidden, or filtered out. calamine does not tell of them.

use std::io::Cursor;

use quick_xml::events::BytesStart;
use zip::ZipArchive;

use crate::parts::{attribute, each_element, sheet_part};

/// Runs of hidden rows that are kept; a filter leaves as many as it has gaps.
const MAX_RUNS: usize = 100_000;

/// Rows that are hidden, from 1, as runs in the sheet's order.
#[derive(Debug, Default)]
pub(crate) struct HiddenRows(Vec<(u32, u32)>);

impl HiddenRows {
    /// Those of the sheet of that name in a guarded workbook; none where its part cannot be found.
    pub(crate) fn of(bytes: &[u8], sheet: &str) -> Self {
        let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return Self::default() };
        let Some(part) = sheet_part(&mut archive, sheet) else { return Self::default() };
        let mut rows = Self::default();
        let mut counted = 0;
        each_element(&mut archive, &part, |element| {
            if element.local_name().as_ref() == "row" {
                counted = attribute(element, "r").and_then(|r| r.parse().ok()).unwrap_or(counted + 1);
                if is_hidden(element) {
                    rows.add(counted);
                }
            }
        });
        rows
    }

    fn add(&mut self, row: u32) {
        let full = self.0.len() >= MAX_RUNS;
        match self.0.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(row) => *to = row,
            _ if full => {}
            _ => self.0.push((row, row)),
        }
    }

    /// Whether a row, from 1, is hidden.
    pub(crate) fn has(&self, row: u32) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= row);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, to)| row <= *to)
    }
}

/// Hidden by hand or by a filter, or of no height.
fn is_hidden(row: &BytesStart<'_>) -> bool {
    let flag = attribute(row, "hidden").is_some_and(|value| matches!(value.as_str(), "1" | "true" | "on"));
    flag || attribute(row, "ht").and_then(|height| height.parse::<f64>().ok()).is_some_and(|height| height == 0.0)
}
