//! Print runs: certificates, in order, on the sheets of a stack (三、（二）).

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::issue::allocation::Allocation;
use crate::issue::application::ApplicationId;
use crate::notice::layout::Calibration;
use crate::numbers::code::CertificateCode;
use crate::values::lot::LotName;
use crate::values::party::IssuingUnit;
use crate::values::ranges::{Ranges, SerialRange};
use crate::values::vocabulary::{CertificateType, Form};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The certificates' first sheets.
    First,
    /// 补发: the sheet before was lost or spoiled.
    Reissue,
    /// 更正: what stands on the certificate has changed.
    Correction,
}

impl Purpose {
    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "首次打印",
            Self::Reissue => "补发",
            Self::Correction => "更正",
        }
    }
}

/// How a run goes on paper: the form, and how the printer is set right.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// 全版 or 套打.
    pub form: Form,
    /// Of the printer.
    pub calibration: Calibration,
}

/// How a certificate that is printed again goes on paper; what is not said is as in the run before.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SettingChange {
    /// 全版 or 套打.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Of the printer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

impl SettingChange {
    /// After the run `before`; without one, as the first run of all would be.
    pub fn after(self, before: Option<&Run>) -> Setting {
        let before = before.map(|run| run.setting).unwrap_or_default();
        Setting { form: self.form.unwrap_or(before.form), calibration: self.calibration.unwrap_or(before.calibration) }
    }
}

/// A sheet that was spoiled in the machine, and the certificate that was on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spoiled {
    /// Number of the sheet.
    pub sheet: u64,
    /// Position of the certificate.
    pub position: u32,
    /// The reason that was given, in Chinese.
    pub reason: String,
    /// The moment of the change.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub operator: String,
}

/// A print run: the certificates at `start..end` of a lot, without those withdrawn by then, on `sheets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The application.
    pub run_of: ApplicationId,
    /// Whose certificates.
    pub reviewer: IssuingUnit,
    /// Of which type they are.
    pub certificate_type: CertificateType,
    /// Number of the run among the lot's, from 0.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// Kind of sheet; none where the type has no sheets of its own, and is printed on paper without serials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// First position.
    pub start: u32,
    /// The position after the last.
    pub end: u32,
    /// Positions left out: revoked before they were printed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<u32>,
    /// How it goes on paper.
    #[serde(default)]
    pub setting: Setting,
    /// The certificate, where the run is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// The sheets in the order of the certificates.
    pub sheets: Vec<SerialRange>,
    /// Sheets that were spoiled, and left out of `sheets`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spoiled: Vec<Spoiled>,
    /// When it was taken down.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub operator: String,
}

/// The first certificate of a lot that has not been put on paper and still needs to be; none where every one has been printed.
pub fn first_unprinted(allocation: &Allocation, runs: &[Run]) -> Option<u32> {
    let printed = printed(allocation, runs);
    (0..allocation.end()).find(|position| !printed.contains(position) && !allocation.withdrawn.contains(position))
}

/// The positions of a lot that some run has put on paper.
pub fn printed(allocation: &Allocation, runs: &[Run]) -> BTreeSet<u32> {
    runs.iter().filter(|run| run.lot() == allocation.lot()).flat_map(Run::positions).collect()
}

/// Why there is no going on after a jam.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JamError {
    /// The sheet is not one of the run.
    #[error("the sheet is not one of the run")]
    NotOfTheRun,
    /// There are not enough sheets from there on.
    #[error("there are not {0} sheets at that number")]
    NoSheets(u64),
}

/// What changes when a sheet is spoiled and the rest moves on to other sheets.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// The run after it.
    pub run: Run,
    /// Sheets that go back unprinted.
    pub unprinted: Ranges,
    /// Sheets that are taken instead.
    pub taken: Ranges,
    /// Position of the certificate on the spoiled sheet.
    pub position: u32,
}

impl Run {
    /// Which lot of the application it prints.
    pub fn lot(&self) -> LotName {
        LotName::new(&self.reviewer, self.certificate_type)
    }

    /// The positions it covers, in order.
    pub fn positions(&self) -> impl Iterator<Item = u32> + '_ {
        (self.start..self.end).filter(|position| !self.without.contains(position))
    }

    /// How many certificates, and so how many sheets.
    pub fn count(&self) -> u32 {
        self.end - self.start - u32::try_from(self.without.range(self.start..self.end).count()).unwrap_or(0)
    }

    /// How often its certificates have been moved to other sheets: what was drawn for fewer moves is out of date.
    pub fn edition(&self) -> usize {
        self.spoiled.len()
    }

    /// The sheet under the certificate at `position`.
    pub fn sheet(&self, position: u32) -> Option<u64> {
        if !self.covers(position) {
            return None;
        }
        let left_out = self.without.range(self.start..position).count();
        nth(&self.sheets, u64::from(position - self.start) - left_out as u64)
    }

    /// Whether the certificate at `position` is printed in it.
    pub fn covers(&self, position: u32) -> bool {
        (self.start..self.end).contains(&position) && !self.without.contains(&position)
    }

    /// The position of the certificate on `sheet`.
    pub fn position_on(&self, sheet: u64) -> Option<u32> {
        let index = index_of(&self.sheets, sheet)?;
        self.positions().nth(usize::try_from(index).ok()?)
    }

    /// Sheet `spoiled` jammed, and nothing behind it is printed yet: its certificate and all behind it move on to the
    /// sheets from `top` on (the next one, if none is named). `on_hand` is what the holder has besides.
    pub fn shifted(&self, spoiled: Spoiled, top: Option<u64>, on_hand: &Ranges) -> Result<Shift, JamError> {
        let index = index_of(&self.sheets, spoiled.sheet).ok_or(JamError::NotOfTheRun)?;
        let (before, rest) = split(&self.sheets, index);
        let behind: Ranges = Ranges::from(rest.clone()).minus(&SerialRange::new(spoiled.sheet, spoiled.sheet).into());
        let needed = rest.iter().map(SerialRange::count).sum();
        let free = on_hand.plus(&behind);
        // The sheet under the jammed one lies on top now; without one behind it, the lowest that is left.
        let next = || split(&rest, 1).1.first().map(|stretch| stretch.first).or_else(|| free.lowest());
        let top = top.or_else(next).ok_or(JamError::NoSheets(needed))?;
        let sheets = free.from_top(top, needed).ok_or(JamError::NoSheets(needed))?;
        let mut run = self.clone();
        run.sheets = before;
        run.sheets.extend(sheets.stretches());
        let position = spoiled.position;
        run.spoiled.push(spoiled);
        Ok(Shift { run, unprinted: behind.minus(&sheets), taken: sheets.minus(&behind), position })
    }
}

fn nth(stretches: &[SerialRange], mut index: u64) -> Option<u64> {
    for stretch in stretches {
        if index < stretch.count() {
            return Some(stretch.first + index);
        }
        index -= stretch.count();
    }
    None
}

fn index_of(stretches: &[SerialRange], number: u64) -> Option<u64> {
    let mut before = 0;
    for stretch in stretches {
        if stretch.contains(number) {
            return Some(before + number - stretch.first);
        }
        before += stretch.count();
    }
    None
}

/// The first `count` numbers, and the rest.
fn split(stretches: &[SerialRange], mut count: u64) -> (Vec<SerialRange>, Vec<SerialRange>) {
    let (mut before, mut rest) = (Vec::new(), Vec::new());
    for stretch in stretches {
        let here = count.min(stretch.count());
        count -= here;
        if here > 0 {
            before.push(SerialRange::new(stretch.first, stretch.first + here - 1));
        }
        if here < stretch.count() {
            rest.push(SerialRange::new(stretch.first + here, stretch.last));
        }
    }
    (before, rest)
}

/// The last run that covers the certificate at `position`.
pub fn current_run<'r>(runs: &'r [Run], lot: &LotName, position: u32) -> Option<&'r Run> {
    let covering = runs.iter().filter(|run| run.lot() == *lot && run.covers(position));
    covering.max_by_key(|run| run.number)
}

/// The sheet under the certificate at `position`.
pub fn current_sheet(runs: &[Run], lot: &LotName, position: u32) -> Option<u64> {
    current_run(runs, lot, position).and_then(|run| run.sheet(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(sheets: &[(u64, u64)], without: &[u32]) -> Run {
        let sheets: Vec<SerialRange> = sheets.iter().copied().map(SerialRange::from).collect();
        let count =
            u32::try_from(sheets.iter().map(SerialRange::count).sum::<u64>()).expect("few") + u32::try_from(without.len()).expect("few");
        Run {
            run_of: ApplicationId::from_bits(1),
            reviewer: IssuingUnit::center("00"),
            certificate_type: CertificateType::SkillLevel,
            number: 0,
            purpose: Purpose::First,
            kind: Some("skill_level".to_owned()),
            start: 0,
            end: count,
            without: without.iter().copied().collect(),
            setting: Setting::default(),
            code: None,
            sheets,
            spoiled: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            operator: "someone".to_owned(),
        }
    }

    fn jam(run: &Run, sheet: u64) -> Spoiled {
        let position = run.position_on(sheet).unwrap_or(0);
        Spoiled { sheet, position, reason: "卡纸".to_owned(), at: Timestamp::UNIX_EPOCH, operator: "someone".to_owned() }
    }

    fn ranges(stretches: &[(u64, u64)]) -> Ranges {
        stretches.iter().copied().map(SerialRange::from).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_jam_at_sheet_7_of_40_voids_it_and_the_rest_moves_up_by_one() {
        let before = run(&[(101, 140)], &[]);
        let shift = before.shifted(jam(&before, 107), None, &ranges(&[(141, 200)])).expect("sheets are there");
        assert_eq!((shift.position, &shift.unprinted, &shift.taken), (6, &Ranges::default(), &ranges(&[(141, 141)])));
        assert_eq!((shift.run.sheet(5), shift.run.sheet(6), shift.run.sheet(39)), (Some(106), Some(108), Some(141)));
        assert_eq!(shift.run.position_on(107), None);
        assert_eq!(shift.run.spoiled.len(), 1);
    }

    #[test]
    fn after_a_jam_another_stack_may_be_loaded() {
        let before = run(&[(101, 104)], &[]);
        let shift = before.shifted(jam(&before, 102), Some(301), &ranges(&[(301, 310)])).expect("sheets are there");
        assert_eq!((&shift.unprinted, &shift.taken), (&ranges(&[(103, 104)]), &ranges(&[(301, 303)])));
        assert_eq!((0..4).map(|p| shift.run.sheet(p)).collect::<Vec<_>>(), [Some(101), Some(301), Some(302), Some(303)]);
    }

    #[test]
    fn the_last_sheet_jams_and_the_next_bundle_begins_elsewhere() {
        let before = run(&[(9, 10)], &[]);
        let shift = before.shifted(jam(&before, 10), None, &ranges(&[(21, 30)])).expect("sheets are there");
        assert_eq!(shift.run.sheet(1), Some(21));
        assert_eq!(before.shifted(jam(&before, 10), None, &Ranges::default()), Err(JamError::NoSheets(1)));
        assert_eq!(before.shifted(jam(&before, 11), None, &Ranges::default()), Err(JamError::NotOfTheRun));
    }

    #[test]
    fn what_is_not_said_of_a_reprint_is_as_in_the_last_run_of_its_certificate() {
        let calibration = |offset_x| Calibration { offset_x, ..Calibration::default() };
        let first = Run { setting: Setting { form: Form::Overprint, calibration: calibration(0.8) }, ..run(&[(1, 4)], &[]) };
        let again = Setting { form: Form::Overprint, calibration: calibration(-1.0) };
        let second = Run { number: 1, start: 2, end: 3, setting: again, ..run(&[(9, 9)], &[]) };
        let runs = [second, first];
        let unsaid = |position| SettingChange::default().after(current_run(&runs, &runs[0].lot(), position));
        assert_eq!((unsaid(1), unsaid(2)), (runs[1].setting, again));
        assert_eq!(unsaid(7), Setting::default(), "it was never printed");
        let full = SettingChange { form: Some(Form::Full), calibration: None }.after(Some(&runs[0]));
        assert_eq!(full, Setting { form: Form::Full, calibration: calibration(-1.0) });
    }

    #[test]
    fn certificates_withdrawn_before_the_run_take_no_sheet() {
        let run = run(&[(1, 2), (11, 12)], &[1, 3]);
        assert_eq!(run.count(), 4);
        assert_eq!((0..6).map(|p| run.sheet(p)).collect::<Vec<_>>(), [Some(1), None, Some(2), None, Some(11), Some(12)]);
        assert_eq!(run.position_on(11), Some(4));
    }
}
