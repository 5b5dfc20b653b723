//! Merged regions of the sheet: what they cover is not missing, and that they are merged is said once.

use std::collections::HashMap;

use calamine::Dimensions;
use rules::intake::entry::{Cell, RawRow};
use rules::values::finding::{Finding, FindingCode, Place, column_letters};

use crate::book::is_blank;
use crate::outside::LISTED;

/// Regions whose cells are looked at; a sheet with more of them is refused all the same.
const MAX_REGIONS: usize = 1_000;
/// A merged row with no more filled cells than this is no winner's: a title, a note, a 填表人 line.
const FEW: usize = 3;

/// The sheet's merged regions, in the order of their first rows.
#[derive(Default)]
pub(crate) struct Merged {
    regions: Vec<Dimensions>,
    count: u64,
    /// The most filled cells that any row of a region has, by the region's place.
    filled: HashMap<usize, usize>,
}

impl Merged {
    pub(crate) fn new(mut regions: Vec<Dimensions>) -> Self {
        let count = regions.len() as u64;
        regions.sort_unstable_by_key(|region| (region.start, region.end));
        regions.truncate(MAX_REGIONS);
        Self { regions, count, filled: HashMap::new() }
    }

    /// Marks the row's cells that a region covers but its first one; the row counts from 1.
    pub(crate) fn cover(&mut self, row: &mut RawRow) {
        let Some(at) = row.row.checked_sub(1) else { return };
        let count = row.cells.iter().filter(|cell| !is_blank(cell)).count();
        for (index, region) in self.regions.iter().enumerate().take_while(|(_, region)| region.start.0 <= at) {
            if at > region.end.0 {
                continue;
            }
            let most = self.filled.entry(index).or_default();
            *most = count.max(*most);
            for column in region.start.1..=region.end.1.min(u32::try_from(row.cells.len()).unwrap_or(u32::MAX)) {
                let Some(cell) = row.cells.get_mut(column as usize) else { break };
                if (at, column) != region.start && *cell == Cell::Empty {
                    *cell = Cell::Merged;
                }
            }
        }
    }

    /// One for all regions that a winner's row has a part in: that cells are merged is one cause.
    pub(crate) fn finding(&self, file: &str, sheet: &str) -> Option<Finding> {
        let counts = |index: &usize| self.filled.get(index).is_some_and(|most| *most > FEW);
        let told: Vec<&Dimensions> = (0..self.regions.len()).filter(counts).filter_map(|index| self.regions.get(index)).collect();
        let first = told.first()?;
        let place = Place::cell(file, sheet, first.start.0.saturating_add(1), u16::try_from(first.start.1).unwrap_or(u16::MAX));
        let listed: Vec<String> = told.iter().take(LISTED).map(|region| name(region)).collect();
        let count = told.len() as u64 + self.count.saturating_sub(self.regions.len() as u64);
        let more = if count > LISTED as u64 { format!(" 等 {count} 处") } else { String::new() };
        Some(Finding::new(FindingCode::CellMerged, place, format!("{}{more} 是合并单元格", listed.join("、"))))
    }
}

/// A region as spreadsheets name it: `J2:J4`.
fn name(region: &Dimensions) -> String {
    let letters = |column: u32| column_letters(u16::try_from(column).unwrap_or(u16::MAX));
    let cell = |(row, column): (u32, u32)| format!("{}{}", letters(column), row.saturating_add(1));
    format!("{}:{}", cell(region.start), cell(region.end))
}
