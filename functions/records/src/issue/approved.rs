//! Which rows of a lot are approved, and the number that each takes.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;

use rules::issue::application::{PlannedRow, Refusal};
use rules::numbers::code::CodePrefix;
use rules::values::lot::LotName;

use crate::error::RecordsError;

/// A numbered row: which number of which prefix, and its place among all numbered rows.
#[derive(Debug, Clone)]
pub struct Numbered<'p> {
    /// What the row gets.
    pub row: &'p PlannedRow,
    /// The number.
    pub sequence: NonZeroU32,
    /// From 0, in roster order over all prefixes.
    pub position: u32,
}

/// Approved rows in the order fixed at approval: those with a number, and those only recorded.
#[derive(Debug, Default)]
pub struct Approved<'p> {
    /// With a number.
    pub numbered: Vec<Numbered<'p>>,
    /// Rows that are entered in the record and get no number of ours.
    pub recorded: Vec<&'p PlannedRow>,
}

/// Splits a lot's rows into approved and refused, and ranks the approved ones. `first` gives the first number
/// of a prefix.
pub fn approve<'p>(
    rows: &'p [PlannedRow],
    lot: &LotName,
    refusals: &[Refusal],
    first: impl Fn(&CodePrefix) -> Option<NonZeroU32>,
) -> Result<Approved<'p>, RecordsError> {
    let mut ranks: HashMap<&CodePrefix, u32> = HashMap::new();
    let refused: HashSet<u32> = refusals.iter().map(|refusal| refusal.row).collect();
    let mut approved = Approved::default();
    for row in rows.iter().filter(|row| row.lot() == *lot && !refused.contains(&row.row)) {
        let Some(prefix) = &row.prefix else {
            approved.recorded.push(row);
            continue;
        };
        let rank = ranks.entry(prefix).or_insert(0);
        let start = first(prefix).ok_or_else(|| RecordsError::corrupt("a prefix without an allocation"))?;
        let sequence = start.checked_add(*rank).ok_or_else(|| RecordsError::corrupt("sequence overflow"))?;
        let position = u32::try_from(approved.numbered.len()).map_err(RecordsError::corrupt)?;
        approved.numbered.push(Numbered { row, sequence, position });
        *rank += 1;
    }
    Ok(approved)
}
