//! The holder guard: what one person may be given once (六、（二）: 一证一编码), across files, contests and units.
//!
//! Each entry claims its award for the application it came with; an award that another application holds is a finding.

use std::fmt;

use crate::entry::Entry;
use crate::entry::Field;
use crate::finding::{Finding, FindingCode, Place};
use crate::notice::{Material, Notice};

/// Something that one person is given once: an occupation at a level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holding {
    occupation: String,
    /// Level digit; 0 where the certificate has no level.
    level: u8,
}

impl fmt::Display for Holding {
    /// Its name in keys: `6-18-01-01#3`. Never holds personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.occupation, self.level)
    }
}

/// What an entry claims for its holder.
pub fn claimed(entry: &Entry) -> Holding {
    at(entry, entry.level.unwrap_or(0))
}

/// What must not be held through another application: the same occupation at the same level or a better one (G20).
pub fn excluding(notice: &Notice, entry: &Entry) -> Vec<Holding> {
    match entry.level {
        None => vec![claimed(entry)],
        Some(wanted) => notice.levels.iter().filter(|level| level.digit <= wanted).map(|level| at(entry, level.digit)).collect(),
    }
}

/// The occupation by its code, which outlives renaming; a specific ability has only its name.
fn at(entry: &Entry, level: u8) -> Holding {
    let occupation = if entry.occupation_code.is_empty() { &entry.occupation } else { &entry.occupation_code };
    Holding { occupation: occupation.clone(), level }
}

/// The finding on the row of `entry`, whose holder has `held` through another application: `through`, where that is the
/// same unit's; of other units' applications nothing is told.
pub fn finding(notice: &Notice, sheet: &str, entry: &Entry, held: &Holding, through: Option<&str>) -> Finding {
    let column = notice.roster.position(Field::DocumentNumber).unwrap_or(0);
    let place = Place::cell(notice.file(Material::Roster), sheet, entry.row, column);
    let level = notice.level_by_digit(held.level).map_or("", |level| level.name.as_str());
    let through = through.map_or_else(|| "另一份申报".to_owned(), |id| format!("本单位的申报 {id} "));
    let message = format!("该选手的“{}”{level}证书已在{through}中办理", entry.occupation);
    Finding::new(FindingCode::HolderClaimed, place, message)
}
