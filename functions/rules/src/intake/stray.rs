//! Rows that are no winner's: notes and signatures below the table, the header once more.

use crate::intake::entry::{Cell, RawRow};
use crate::notice::{Column, RosterProfile, header_key};
use crate::values::folding;
use crate::values::vocabulary::Field;

/// A row with less than this part of its required cells filled is no winner's.
const FEWEST_FILLED: usize = 3;
/// So many cells that repeat their own column's header make a row the header, if they are half of what is filled.
const HEADERS: usize = 4;
/// Characters of such a row that a message quotes.
const QUOTED_CHARS: usize = 12;
/// What the system fills in itself of a row whose winner it does not know ([`Contest::rows_begun`]).
///
/// [`Contest::rows_begun`]: crate::intake::contest::Contest::rows_begun
const BEGUN: [Field; 7] =
    [Field::Sequence, Field::Occupation, Field::OccupationCode, Field::Job, Field::Contest, Field::Class, Field::Event];
/// What stands before a sum.
const SUMS: [&str; 6] = ["合计", "小计", "总计", "共计", "总数", "合 计"];
/// Ideographs that number rows.
const NUMERALS: &str = "〇一二三四五六七八九十百";

/// What a row is that is no winner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// The header, repeated within the table.
    Header,
    /// A note, a signature, a sum: nobody is named in it.
    Note,
    /// Nothing but what is known of the contest: left over of a template that was begun, or dragged down too far.
    Begun,
    /// Hardly any required cell is filled, and somebody may be meant.
    Sparse,
}

impl Stray {
    /// Whether the row is passed over: nobody can be meant.
    pub fn is_passed_over(self) -> bool {
        self != Self::Sparse
    }
}

/// What `row` is, if it is no winner's; none of its cells is looked at further then.
pub fn stray(profile: &RosterProfile, row: &RawRow) -> Option<Stray> {
    let cells = || profile.columns.iter().zip(&row.cells);
    let filled = cells().filter(|(_, cell)| !cell.is_blank()).count();
    if repeats_header(profile, row, filled) {
        return Some(Stray::Header);
    }
    if filled > 0 && is_begun(profile, row) {
        return Some(Stray::Begun);
    }
    let required = cells().filter(|(column, cell)| column.required && !cell.is_blank()).count();
    let all = profile.columns.iter().filter(|column| column.required).count();
    let is_covered = row.cells.contains(&Cell::Merged) && required > FEWEST_FILLED;
    if filled == 0 || required * FEWEST_FILLED >= all || is_covered {
        return None;
    }
    let cell = |field: Field| profile.position(field).and_then(|at| row.cells.get(usize::from(at))).unwrap_or(&Cell::Empty);
    let is_note = is_note(cell(Field::Sequence)) || (names_nobody(cell(Field::Name)) && names_nobody(cell(Field::DocumentNumber)));
    Some(if is_note { Stray::Note } else { Stray::Sparse })
}

/// Whether a row says nothing of a winner: it has what is known of the contest, and formulas that would be computed from a winner's
/// number.
fn is_begun(profile: &RosterProfile, row: &RawRow) -> bool {
    let says_nothing = |(column, cell): (&Column, &Cell)| match column.field {
        Field::Sequence => !is_note(cell),
        Field::Name | Field::DocumentNumber => cell.is_blank(),
        field => cell.is_blank() || *cell == Cell::Formula || BEGUN.contains(&field),
    };
    profile.columns.iter().zip(&row.cells).all(says_nothing)
}

/// Whether a row says what the header says. That is asked of two cells first: few rows are looked at whole.
fn repeats_header(profile: &RosterProfile, row: &RawRow, filled: usize) -> bool {
    let cells = || profile.columns.iter().zip(&row.cells);
    let repeats = |(column, cell): &(&Column, &Cell)| matches!(cell, Cell::Text(text) if header_key(text) == header_key(&column.header));
    let is_first = |(column, _): &(&Column, &Cell)| matches!(column.field, Field::Name | Field::Gender);
    if !cells().filter(is_first).any(|cell| repeats(&cell)) {
        return false;
    }
    let repeated = cells().filter(repeats).count();
    repeated >= HEADERS && repeated * 2 >= filled
}

/// Whether what stands in the column of numbers is a text, and no number.
pub fn is_note(sequence: &Cell) -> bool {
    let Cell::Text(text) = sequence else { return false };
    let text = folding::folded(text);
    text.chars().count() > 1 && text.chars().any(|c| c.is_alphabetic() && !NUMERALS.contains(c))
}

/// Whether a cell that names a winner names none: it is blank, or has what no name and no number has.
fn names_nobody(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => {
            let text = folding::folded(text);
            text.contains([':', '：']) || SUMS.iter().any(|sum| text.starts_with(sum))
        }
        cell => cell.is_blank(),
    }
}

/// What a note begins with, up to its colon: behind it stand names and numbers.
pub(crate) fn label(cell: &Cell) -> Option<String> {
    let Cell::Text(text) = cell else { return None };
    let text = folding::seen(text);
    let (label, _) = text.split_once(['：', ':'])?;
    (label.chars().count() <= QUOTED_CHARS && !label.contains(|c: char| c.is_ascii_digit())).then(|| label.to_owned())
}
