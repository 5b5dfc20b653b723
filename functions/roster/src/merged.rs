//! Merged regions of the sheet: what they cover is not missing, and each of them is said once.

use std::collections::HashMap;

use calamine::Dimensions;
use rules::intake::entry::{Cell, RawRow};
use rules::values::finding::{Finding, FindingCode, Place, column_letters};

use crate::book::is_blank;
use crate::outside::{LISTED, rest};

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

    /// One for each region that a winner's row has a part in.
    pub(crate) fn findings(&self, file: &str, sheet: &str) -> Vec<Finding> {
        let counts = |index: &usize| self.filled.get(index).is_some_and(|most| *most > FEW);
        let told: Vec<&Dimensions> = (0..self.regions.len()).filter(counts).filter_map(|index| self.regions.get(index)).collect();
        let mut found: Vec<Finding> = told.iter().take(LISTED).map(|region| finding(file, sheet, region)).collect();
        let unlooked = self.count.saturating_sub(self.regions.len() as u64);
        found.extend(rest(FindingCode::CellMerged, file, sheet, told.len() as u64 + unlooked, "处合并单元格"));
        found
    }
}

fn finding(file: &str, sheet: &str, region: &Dimensions) -> Finding {
    let letters = |column: u32| column_letters(u16::try_from(column).unwrap_or(u16::MAX));
    let name = |(row, column): (u32, u32)| format!("{}{}", letters(column), row.saturating_add(1));
    let place = Place::cell(file, sheet, region.start.0.saturating_add(1), u16::try_from(region.start.1).unwrap_or(u16::MAX));
    let message = format!("{}:{} 是合并单元格", name(region.start), name(region.end));
    Finding::new(FindingCode::CellMerged, place, message)
}
