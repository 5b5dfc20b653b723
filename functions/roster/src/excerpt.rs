//! Some rows of a roster, as its cells show them: whatever is wrong with them, they are looked at beside what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use rules::intake::entry::Cell;
use rules::notice::RosterProfile;

use crate::book::{Book, Item, cell};
use crate::header::Header;

/// A row of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// Row of the sheet, from 1.
    pub row: u32,
    /// One for each column of the template.
    pub cells: Vec<ShownCell>,
}

/// What a cell shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownCell {
    /// Its text; of a formula what it came to.
    pub text: String,
    /// Whether it holds a formula or a day in the place of that text.
    pub computed: bool,
}

/// Those rows of the sheet that counts, in its order; of formulas what they show. As far as the workbook can be read.
pub fn excerpt(bytes: &[u8], profile: &RosterProfile, rows: &BTreeSet<u32>) -> Vec<ShownRow> {
    let (Ok(mut book), Some(last)) = (Book::open(bytes), rows.last()) else { return Vec::new() };
    if Header::find(&mut book, profile, "").is_err() {
        return Vec::new();
    }
    let mut shown: BTreeMap<u32, Vec<ShownCell>> = BTreeMap::new();
    // What cannot be read to its end has been read as far as it can be.
    let _ = book.cells(|item| {
        let Item::Cell { row, column, value, formula } = item else { return ControlFlow::Continue(()) };
        let row = row.saturating_add(1);
        if row > *last {
            return ControlFlow::Break(());
        }
        if rows.contains(&row) {
            let cells = shown.entry(row).or_insert_with(|| vec![ShownCell::default(); profile.columns.len()]);
            if let Some(slot) = usize::try_from(column).ok().and_then(|at| cells.get_mut(at)) {
                let cell = cell(value, &mut Vec::new());
                *slot = ShownCell { computed: formula.is_some() || matches!(cell, Cell::Date(_)), text: text(cell) };
            }
        }
        ControlFlow::Continue(())
    });
    shown.into_iter().map(|(row, cells)| ShownRow { row, cells }).collect()
}

fn text(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Bool(true) => "TRUE".to_owned(),
        Cell::Bool(false) => "FALSE".to_owned(),
        Cell::Error => "#N/A".to_owned(),
        Cell::Empty | Cell::Formula | Cell::Merged => String::new(),
    }
}
