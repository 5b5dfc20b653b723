//! The holder guard: what one person may be given once (六、（二）: 一证一编码), across files, contests and units.
//!
//! Each entry claims its award for the application it came with; an award that another application holds is a finding.

use std::fmt;

use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::notice::Notice;
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::vocabulary::{Field, Material};

/// Something that one person is given once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holding {
    /// An occupation at a level; 0 where the certificate has no level.
    Award {
        /// Its code, which outlives renaming; a specific ability has only its name.
        occupation: String,
        /// Level digit.
        level: u8,
    },
    /// A promotion in a contest year, where the notice allows only one (G20).
    Promotion {
        /// The contest's year.
        year: i16,
    },
}

impl fmt::Display for Holding {
    /// Its name in keys: `AWARD#6-18-01-01#3`, `PROMOTION#2022`. Never holds personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Award { occupation, level } => write!(f, "AWARD#{occupation}#{level}"),
            Self::Promotion { year } => write!(f, "PROMOTION#{year}"),
        }
    }
}

/// What an entry claims for its holder; without it the application is not submitted.
pub fn claimed(entry: &Entry) -> Holding {
    award(entry, entry.level.unwrap_or(0))
}

/// What an entry claims besides, if nobody has it: only advice rests on it.
pub fn noted(notice: &Notice, contest: &Contest, entry: &Entry) -> Option<Holding> {
    let counted = notice.levels_rule.one_promotion_per_year && entry.level.is_some();
    counted.then_some(Holding::Promotion { year: contest.year })
}

/// What should not be held through another application: the same occupation at the same level or a better one, and a
/// promotion of the same year (G20).
pub fn excluding(notice: &Notice, contest: &Contest, entry: &Entry) -> Vec<Holding> {
    let mut all = match entry.level {
        None => vec![claimed(entry)],
        Some(wanted) => notice.levels.iter().filter(|level| level.digit <= wanted).map(|level| award(entry, level.digit)).collect(),
    };
    all.extend(noted(notice, contest, entry));
    all
}

fn award(entry: &Entry, level: u8) -> Holding {
    let occupation = if entry.occupation_code.is_empty() { &entry.occupation } else { &entry.occupation_code };
    Holding::Award { occupation: occupation.clone(), level }
}

/// Through which application something is held, as far as whoever asks may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through<'a> {
    /// Another unit's: only that it is held. An ID number and a name are no proof of being the holder's unit, so neither the level
    /// nor anybody's name is told.
    Others,
    /// One of the same unit.
    Own(&'a str),
    /// For the Center: which one, of whom.
    Named {
        /// Its id.
        application: &'a str,
        /// The organisation that handed it in.
        unit: &'a str,
        /// The contest's name.
        contest: &'a str,
    },
}

/// The finding on the row of `entry`, whose holder has `held` through another application.
pub fn finding(notice: &Notice, sheet: &str, entry: &Entry, held: &Holding, through: Through<'_>) -> Finding {
    let place = |field| Place::cell(notice.file(Material::Roster), sheet, entry.row, notice.roster.position(field).unwrap_or(0));
    let named = match through {
        Through::Others => None,
        Through::Own(id) => Some(format!("本单位的申报 {id} ")),
        Through::Named { application, unit, contest } => Some(format!("单位 {unit} 的申报 {application}（{contest}）")),
    };
    match held {
        Holding::Award { level, .. } => {
            let level = notice.level_by_digit(*level).map_or("", |level| level.name.as_str());
            let message = match named {
                Some(through) => format!("该选手的“{}”{level}证书已在{through}中办理", entry.occupation),
                None => format!("该选手的“{}”证书已在办理或已经颁发，不能重复颁发；如有疑问请向职鉴中心核实", entry.occupation),
            };
            Finding::new(FindingCode::HolderClaimed, place(Field::DocumentNumber), message)
        }
        Holding::Promotion { year } => {
            let through = named.unwrap_or_else(|| "另一份申报".to_owned());
            let message = format!("该选手已在{through}中晋级；{year} 年竞赛每人只能晋级一次");
            Finding::new(FindingCode::PromotionTwice, place(Field::Occupation), message)
        }
    }
}
