//! Print jobs that ended without paper: what was wrong is in the data or in this build, so the same again would fail again.
//!
//! A failure stands in the place of the chunk that was not printed. It takes the work off the list of pending work; whoever prints
//! again puts it back there. Each has a reference by which the log is searched.

use std::collections::BTreeSet;
use std::error::Error;

use jiff::Timestamp;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::sheets::run::{Run, current_run};
use rules::values::lot::LotName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{KeyRange, allocation_key, collection_key, failure_key, numbered_run_key, renewal_key};
use crate::keys::objects::{BUNDLE, CHUNK, Chunk, ObjectKey, PrintOutput};
use crate::random::random_id;
use crate::store::item::item;
use crate::store::table::{Condition, pending_from};

/// What kind of thing was wrong; programs may rely on the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureCode {
    /// 排不下: a text is too long for its place.
    TextTooLong,
    /// 缺字: no font has a character.
    CharacterMissing,
    /// 照片不可用: a photo that was ready for print cannot be read any more.
    PhotoUnusable,
    /// 资料缺失或损坏: what the job rests on is not there, or cannot be read.
    DataDamaged,
    /// 无法生成文件: the document could not be made.
    NoDocument,
}

/// A print job that ended without paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintFailure {
    /// What was to be printed.
    pub chunk: Chunk,
    /// What kind of thing was wrong.
    pub code: FailureCode,
    /// What was wrong, in Chinese; without personal data.
    pub reason: String,
    /// By which the log is searched.
    pub reference: String,
    /// When it was given up.
    pub at: Timestamp,
}

impl PrintFailure {
    /// Whether the certificate at that position was to be printed by it: by itself, or with the `run` that it lies in.
    pub fn is_of(&self, lot: &LotName, position: u32, run: Option<&Run>) -> bool {
        let part = match (self.chunk.press, run) {
            (PrintOutput::Single, _) => position as usize / CHUNK,
            (PrintOutput::Run(number), Some(run)) if number == run.number => {
                run.positions().take_while(|before| *before < position).count() / BUNDLE
            }
            _ => return false,
        };
        self.chunk.lot == *lot && self.chunk.number == part
    }

    /// Whether somebody still waits for it: of a run, a certificate that counts lies on its sheets.
    fn is_open(&self, lots: &[Allocation], runs: &[Run]) -> bool {
        let PrintOutput::Run(number) = self.chunk.press else { return true };
        let lot = &self.chunk.lot;
        let Some(run) = runs.iter().find(|run| run.number == number && run.lot() == *lot) else { return false };
        let withdrawn = |position: &u32| lots.iter().any(|one| one.lot() == *lot && one.withdrawn.contains(position));
        let mut bundle = run.positions().skip(self.chunk.number * BUNDLE).take(BUNDLE);
        bundle.any(|position| !withdrawn(&position) && current_run(runs, lot, position).is_some_and(|last| last.number == number))
    }
}

/// Print jobs that ended without paper.
#[derive(Debug, Clone, Copy)]
pub struct PrintFailures<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Print jobs that ended without paper.
    pub fn failures(&self) -> PrintFailures<'_> {
        PrintFailures { cloud: self }
    }
}

impl PrintFailures<'_> {
    /// Notes that a job ended without paper, over what was noted of it before, and logs why. `reason` is in Chinese, without personal data.
    pub async fn note(
        self,
        chunk: &Chunk,
        code: FailureCode,
        reason: String,
        error: &(dyn Error + Send + Sync + 'static),
    ) -> Result<(), RecordsError> {
        let (reference, at) = (random_id().to_string(), self.cloud.clock.now());
        tracing::error!(reference, application = %chunk.application, error, "a print job was given up");
        let failure = PrintFailure { chunk: chunk.clone(), code, reason, reference, at };
        self.cloud.put_alone(item(&failure_key(chunk), &failure, &[])?)?.send().await?;
        Ok(())
    }

    /// The chunks of a reviewer at one press that need not be waited for, each once: printed, or given up until somebody has them printed
    /// again. What was printed after it was given up is both.
    pub async fn ended(self, id: &ApplicationId, lot: &LotName, press: PrintOutput) -> Result<BTreeSet<usize>, RecordsError> {
        let printed = self.cloud.certificates().printed_chunks(id, lot, press).await?;
        let failed = self.failed_chunks(id, lot, press).await?;
        Ok(printed.into_iter().map(|chunk| chunk.number).chain(failed.into_iter().map(|failure| failure.chunk.number)).collect())
    }

    /// All that was noted of an application's print jobs.
    pub async fn of(self, id: &ApplicationId) -> Result<Vec<PrintFailure>, RecordsError> {
        self.cloud.query(&KeyRange::failures(id)).await
    }

    /// Those jobs of a reviewer at one press that ended without paper.
    pub async fn failed_chunks(self, id: &ApplicationId, lot: &LotName, press: PrintOutput) -> Result<Vec<PrintFailure>, RecordsError> {
        let all = self.of(id).await?;
        Ok(all.into_iter().filter(|failure| failure.chunk.lot == *lot && failure.chunk.press == press).collect())
    }

    /// Those that somebody still waits for: neither printed since, nor of certificates that have all moved to other sheets.
    pub async fn open(self, id: &ApplicationId) -> Result<Vec<PrintFailure>, RecordsError> {
        let mut open = self.of(id).await?;
        if open.is_empty() {
            return Ok(open);
        }
        let (lots, runs) = (self.cloud.allocations().of(id).await?, self.cloud.runs().of(id).await?);
        open.retain(|failure| failure.is_open(&lots, &runs));
        let mut unprinted = Vec::new();
        for failure in open {
            if !self.cloud.certificates().is_chunk_printed(&failure.chunk).await? {
                unprinted.push(failure);
            }
        }
        Ok(unprinted)
    }

    /// Has it printed again: first it is on the list of pending work again, so that nothing is lost after that.
    pub async fn print_again(self, failure: &PrintFailure) -> Result<(), RecordsError> {
        let Chunk { application, lot, press, .. } = &failure.chunk;
        let work = match press {
            PrintOutput::Single => allocation_key(application, lot),
            PrintOutput::Run(number) => numbered_run_key(application, lot, *number),
            PrintOutput::Renewal(number) => renewal_key(application, *number),
            PrintOutput::HandOut(_) => collection_key(application, lot),
        };
        let condition = Condition { expression: "attribute_exists(pk)".to_owned(), ..Condition::default() };
        let pending = Vec::from(pending_from(self.cloud.clock.now()));
        self.cloud.note_work(&work, pending, &[], condition).await?;
        self.cloud.delete_alone(&failure_key(&failure.chunk))?.send().await?;
        // What a certificate is made of is looked for anew: its photo is taken out of the archive once more.
        if *press == PrintOutput::Single {
            return self.cloud.printing().order_issue(application, lot).await;
        }
        match self.cloud.put_again(&ObjectKey::Printing(failure.chunk.clone()).to_string()).await {
            // Reconcile orders what was never ordered.
            Err(RecordsError::NotFound) => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::sheets::run::{Purpose, Setting};
    use rules::values::party::IssuingUnit;
    use rules::values::vocabulary::CertificateType;

    use super::*;

    fn run(number: u32, start: u32, end: u32) -> Run {
        Run {
            run_of: ApplicationId::from_bits(1),
            reviewer: IssuingUnit::center("00"),
            certificate_type: CertificateType::SkillLevel,
            number,
            purpose: Purpose::First,
            kind: Some("skill_level".to_owned()),
            start,
            end,
            without: Default::default(),
            setting: Setting::default(),
            code: None,
            sheets: vec![(1, u64::from(end - start)).into()],
            spoiled: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            operator: "someone".to_owned(),
        }
    }

    fn lot(center: &str) -> LotName {
        LotName::new(&IssuingUnit::center(center), CertificateType::SkillLevel)
    }

    fn failure(press: PrintOutput, number: usize) -> PrintFailure {
        let chunk = Chunk { application: ApplicationId::from_bits(1), lot: lot("00"), press, number };
        let (code, reason) = (FailureCode::PhotoUnusable, "照片不可用".to_owned());
        PrintFailure { chunk, code, reason, reference: "r".to_owned(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_failure_is_of_the_certificates_of_its_part_and_open_while_one_lies_on_its_sheets() {
        let (first, again) = (run(0, 0, 1500), run(1, 1200, 1201));
        let own = lot("00");
        let single = failure(PrintOutput::Single, 1);
        let of = |failure: &PrintFailure, position, run| failure.is_of(&own, position, run);
        assert_eq!([99, 100, 199, 200].map(|position| of(&single, position, None)), [false, true, true, false]);
        let second_part = failure(PrintOutput::Run(0), 1);
        assert_eq!([999, 1000, 1499].map(|position| of(&second_part, position, Some(&first))), [false, true, true]);
        assert!(!of(&second_part, 1200, Some(&again)) && !second_part.is_of(&lot("01"), 1000, Some(&first)));
        assert!(second_part.is_open(&[], &[first.clone(), again.clone()]));
        // The one certificate of the reissue's run was moved on once more.
        let failed_again = failure(PrintOutput::Run(1), 0);
        assert!(failed_again.is_open(&[], &[first.clone(), again.clone()]));
        assert!(!failed_again.is_open(&[], &[first, again, run(2, 1200, 1201)]));
    }
}
