//! Print runs: one transaction moves the sheets, writes the run, the ledger's lines and the audit entry.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures::{StreamExt, TryStreamExt, stream};
use rules::audit::{AuditEntry, ItemChange};
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::numbers::code::CertificateCode;
use rules::sheets::run::{Purpose, Run, Setting, Spoiled, first_unprinted, printed};
use rules::sheets::stock::{LedgerEntry, Movement};
use rules::values::lot::LotName;
use rules::values::ranges::{Ranges, SerialRange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::PrintedChunk;
use crate::issue::sheets::SheetsError;
use crate::keys::items::{KeyRange, chunk_key, failure_key, numbered_run_key, run_key};
use crate::keys::objects::{CHUNK, Chunk, PrintOutput, bundles_of};
use crate::store::item::item;
use crate::store::item_digest::written;
use crate::store::metrics::Metric;
use crate::store::table::{Condition, pending_from};
use crate::store::updates::ItemUpdate;

/// Chunks looked at at once.
const AT_ONCE: usize = 16;

/// Which certificates, on which stack.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Kind of sheet; none where the type has none.
    pub kind: Option<&'a str>,
    /// Number of the top sheet of the stack; the lowest on hand, if none is named.
    pub top: Option<u64>,
    /// How many certificates; all that are left, if none is named.
    pub count: Option<u32>,
    /// How they go on paper.
    pub setting: Setting,
    /// What else the audit entry says: why certificates without a photo are printed.
    pub reason: Option<&'a str>,
}

/// A sheet that was spoiled in the machine, and the certificate on it.
#[derive(Debug, Clone, Copy)]
pub struct Jam<'a> {
    /// Number of the sheet.
    pub sheet: u64,
    /// The certificate.
    pub code: &'a CertificateCode,
    /// What happened.
    pub reason: &'a str,
}

/// What becomes of the sheet that a certificate lay on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OldSheet {
    /// It came back, and is voided.
    Voided,
    /// It is gone.
    Lost,
}

impl OldSheet {
    fn movement(self) -> Movement {
        match self {
            Self::Voided => Movement::VoidPrinted,
            Self::Lost => Movement::LosePrinted,
        }
    }
}

/// Whether a run of first sheets begins with that sheet.
fn begins(run: &Run, top: Option<u64>) -> bool {
    top.is_some() && run.purpose == Purpose::First && run.sheets.first().map(|stretch| stretch.first) == top
}

/// Print runs and the sheets they stand on.
#[derive(Debug, Clone, Copy)]
pub struct Runs<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Print runs and the sheets they stand on.
    pub fn runs(&self) -> Runs<'_> {
        Runs { cloud: self }
    }
}

impl Runs<'_> {
    /// The runs of an application, by reviewer and number.
    pub async fn of(self, id: &ApplicationId) -> Result<Vec<Run>, RecordsError> {
        self.cloud.query(&KeyRange::runs(id)).await
    }

    /// A reviewer's runs of an application, in order.
    pub async fn of_lot(self, id: &ApplicationId, lot: &LotName) -> Result<Vec<Run>, RecordsError> {
        self.cloud.query(&KeyRange::runs_of(id, lot)).await
    }

    /// One run.
    pub async fn get(self, id: &ApplicationId, lot: &LotName, number: u32) -> Result<Option<Run>, RecordsError> {
        self.cloud.get(&numbered_run_key(id, lot, number)).await
    }

    /// Rows of the certificates without a photo that a run of `count` from sheet `top` on would take; none where that run is there.
    pub async fn unprinted_without_photo(
        self,
        allocation: &Allocation,
        top: Option<u64>,
        count: Option<u32>,
    ) -> Result<Vec<u32>, RecordsError> {
        let runs = self.of_lot(&allocation.of, &allocation.lot()).await?;
        if runs.iter().any(|run| begins(run, top)) {
            return Ok(Vec::new());
        }
        let Some(start) = first_unprinted(allocation, &runs) else { return Ok(Vec::new()) };
        let positions = unprinted_from(allocation, &runs, start, count);
        let hundreds: Vec<Vec<u32>> = positions.chunks(CHUNK).map(<[u32]>::to_vec).collect();
        let rows = stream::iter(hundreds).map(async |positions| {
            let codes = self.cloud.printing().codes_at(allocation, &positions).await?;
            let codes: Vec<CertificateCode> = codes.into_iter().map(|(_, code)| code).collect();
            let certificates = self.cloud.certificates().by_code(&codes).await?;
            let without = certificates.into_iter().filter(|certificate| !certificate.photo);
            Ok::<_, RecordsError>(without.map(|certificate| certificate.row).collect::<Vec<u32>>())
        });
        let rows: Vec<Vec<u32>> = rows.buffered(AT_ONCE).try_collect().await?;
        Ok(rows.concat())
    }

    /// Takes the sheets for the certificates of an allocation that have none yet. A repeated request prints nothing twice: the
    /// run that the named top sheet begins is the answer, or the last one where no sheet is named and all certificates have
    /// one; [`SheetsError::AllPrinted`] where other sheets or another form are wanted than theirs.
    pub async fn start(
        self,
        seen: &Application,
        allocation: &Allocation,
        wanted: Wanted<'_>,
        audit: AuditEntry,
    ) -> Result<Run, SheetsError> {
        let (run, book) = self.drafted(allocation, wanted, &audit).await?;
        let Some(book) = book else { return Ok(run) };
        let reason = wanted.reason.map_or_else(String::new, |reason| format!("；{reason}"));
        let sheets = match run.sheets.is_empty() {
            true => "不编流水号".to_owned(),
            false => format!("空白证书 {}", spans(&Ranges::from(run.sheets.clone()))),
        };
        let audit = audit.of_lots([run.lot()]).with(format!("第 {} 次打印，{sheets}{reason}", run.number + 1));
        let entered = vec![self.cloud.transact_put_new(item(&run_key(&run), &run, &pending_from(run.at))?)?];
        let mut actions = self.cloud.audited(seen, Transition::default(), audit.changing(written(&entered)?)).await?;
        actions.extend(entered);
        actions.extend(book);
        self.cloud.commit(actions).await?;
        self.cloud.measure(Metric::Printed, run.count().into());
        Ok(run)
    }

    /// The run that [`Runs::start`] would give; nothing is written.
    pub async fn planned(self, allocation: &Allocation, wanted: Wanted<'_>, audit: &AuditEntry) -> Result<Run, SheetsError> {
        Ok(self.drafted(allocation, wanted, audit).await?.0)
    }

    /// The run that is wanted, with what the book's lines are written with; none where the run is there already.
    async fn drafted(
        self,
        allocation: &Allocation,
        wanted: Wanted<'_>,
        audit: &AuditEntry,
    ) -> Result<(Run, Option<Vec<TransactWriteItem>>), SheetsError> {
        let runs = self.of_lot(&allocation.of, &allocation.lot()).await?;
        let unprinted = first_unprinted(allocation, &runs);
        let last = || runs.iter().rfind(|run| run.purpose == Purpose::First).filter(|_| unprinted.is_none());
        if let Some(run) = runs.iter().find(|run| begins(run, wanted.top)).or_else(last) {
            let as_wanted = run.setting == wanted.setting && (wanted.top.is_none() || begins(run, wanted.top));
            return if as_wanted { Ok((run.clone(), None)) } else { Err(SheetsError::AllPrinted(Ranges::from(run.sheets.clone()))) };
        }
        let start = unprinted.ok_or(RecordsError::NotFound)?;
        let positions = unprinted_from(allocation, &runs, start, wanted.count);
        let end = positions.last().map_or(start, |last| last + 1);
        let covered: BTreeSet<u32> = positions.into_iter().collect();
        let mut run = Run {
            run_of: allocation.of.clone(),
            reviewer: allocation.reviewer.clone(),
            certificate_type: allocation.certificate_type,
            number: u32::try_from(runs.len()).map_err(RecordsError::corrupt)?,
            purpose: Purpose::First,
            kind: wanted.kind.map(str::to_owned),
            start,
            end,
            without: (start..end).filter(|position| !covered.contains(position)).collect(),
            setting: wanted.setting,
            code: None,
            sheets: Vec::new(),
            spoiled: Vec::new(),
            at: audit.at,
            operator: audit.actor.clone(),
        };
        let book = match wanted.kind {
            Some(kind) => self.take_sheets(&mut run, kind, wanted.top).await?,
            None => Vec::new(),
        };
        Ok((run, Some(book)))
    }

    /// Takes the sheets of a run from its holder's stack; gives what the book's lines are written with.
    async fn take_sheets(self, run: &mut Run, kind: &str, top: Option<u64>) -> Result<Vec<TransactWriteItem>, SheetsError> {
        let mut book = self.cloud.sheets().draft(kind, &run.reviewer).await?;
        let count = u64::from(run.count());
        let top = top.or_else(|| book.book.stock.on_hand.lowest()).ok_or(SheetsError::NoSheets { count })?;
        let sheets = book.book.stock.on_hand.from_top(top, count).ok_or(SheetsError::NoSheets { count })?;
        run.sheets = sheets.stretches().to_vec();
        let line = LedgerEntry::new(Movement::Print, sheets, &run.operator, run.at);
        book.enter(LedgerEntry { application: Some(run.run_of.clone()), ..line })?;
        Ok(self.cloud.sheets().write_book(book)?)
    }

    /// A sheet jammed, and nothing behind it is printed yet: it is voided, and the rest of the run moves on to the
    /// sheets from `top` on (the next one, if none is named).
    pub async fn shift(
        self,
        seen: &Application,
        allocation: &Allocation,
        run: &Run,
        jam: Jam<'_>,
        top: Option<u64>,
        audit: AuditEntry,
    ) -> Result<Run, SheetsError> {
        let Jam { sheet, code, reason } = jam;
        let position = run.position_on(sheet).ok_or(RecordsError::NotFound)?;
        let runs = self.of_lot(&seen.id, &run.lot()).await?;
        // A sheet of the rest that was voided or lost since, for a reissue or a revocation, cannot go back.
        let printed_again = runs.iter().any(|later| later.number > run.number && later.start < run.end && later.end > position);
        let withdrawn_since = allocation.withdrawn.range(position..run.end).any(|gone| !run.without.contains(gone));
        if printed_again || withdrawn_since {
            return Err(SheetsError::PrintedSince);
        }
        let kind = run.kind.as_deref().ok_or(RecordsError::NotFound)?;
        let mut book = self.cloud.sheets().draft(kind, &run.reviewer).await?;
        let spoiled = Spoiled { sheet, position, reason: reason.to_owned(), at: audit.at, operator: audit.actor.clone() };
        let shift = run.shifted(spoiled, top, &book.book.stock.on_hand)?;
        let line = |movement, sheets| {
            let line = LedgerEntry::new(movement, sheets, &audit.actor, audit.at);
            LedgerEntry { application: Some(seen.id.clone()), reason: Some(reason.to_owned()), ..line }
        };
        book.enter(LedgerEntry { code: Some(code.clone()), ..line(Movement::VoidPrinted, one(sheet)) })?;
        book.enter(line(Movement::Unprint, shift.unprinted))?;
        book.enter(line(Movement::Print, shift.taken))?;
        let audit = audit.about(code).of_lots([run.lot()]).with(format!("第 {} 次打印，空白证书 {sheet}：{reason}", run.number + 1));
        let (moved, change) = self.change_sheets(&shift.run).await?;
        let mut actions = self.cloud.audited(seen, Transition::default(), audit.changing([change])).await?;
        actions.push(moved);
        actions.extend(self.unprint_bundles(&shift.run)?);
        actions.extend(self.cloud.sheets().write_book(book)?);
        self.cloud.commit(actions).await?;
        Ok(shift.run)
    }

    /// The application's version guards its runs. The run is pending again: its cover lists are to be drawn anew.
    async fn change_sheets(self, run: &Run) -> Result<(TransactWriteItem, ItemChange), RecordsError> {
        let since = pending_from(run.spoiled.last().map_or(run.at, |spoiled| spoiled.at));
        let update = ItemUpdate::default().set_to("sheets", &run.sheets)?.set_to("spoiled", &run.spoiled)?.set_all(since);
        self.cloud.covered_update(&run_key(run), update, Condition::is_there()).await
    }

    /// The marks of the bundles that have been printed, or given up, away.
    fn unprint_bundles(self, run: &Run) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let chunk = |number| Chunk { application: run.run_of.clone(), lot: run.lot(), press: PrintOutput::Run(run.number), number };
        let keys = (0..bundles_of(run.count())).map(chunk).flat_map(|chunk| [chunk_key(&chunk), failure_key(&chunk)]);
        keys.map(|key| self.cloud.transact_delete(&key)).collect()
    }

    /// What moves one certificate from its sheet to another, or off its sheet: lines of the book, and the run.
    pub(crate) async fn resheet(self, change: Resheet<'_>) -> Result<Vec<TransactWriteItem>, SheetsError> {
        let Resheet { seen, lot, kind, old, new, reason, operator, at } = change;
        let mut book = match kind {
            Some(kind) => Some(self.cloud.sheets().draft(kind, &lot.reviewer).await?),
            None => None,
        };
        let line = |movement, sheet, code: &CertificateCode| LedgerEntry {
            application: Some(seen.id.clone()),
            code: Some(code.clone()),
            reason: Some(reason.to_owned()),
            ..LedgerEntry::new(movement, one(sheet), operator, at)
        };
        if let (Some((sheet, fate, code)), Some(book)) = (old, &mut book) {
            book.enter(line(fate.movement(), sheet, code))?;
        }
        let mut sheets = Vec::new();
        if let (Some(new), Some(book)) = (&new, &mut book) {
            let top = new.top.or_else(|| book.book.stock.on_hand.lowest()).filter(|top| book.book.stock.on_hand.contains(*top));
            let sheet = top.ok_or(SheetsError::NoSheets { count: 1 })?;
            book.enter(line(Movement::Print, sheet, new.code))?;
            sheets.push(SerialRange::new(sheet, sheet));
        }
        let written = book.map(|book| self.cloud.sheets().write_book(book)).transpose()?.unwrap_or_default();
        let Some(new) = new else { return Ok(written) };
        let runs = self.of_lot(&seen.id, lot).await?;
        let run = Run {
            run_of: seen.id.clone(),
            reviewer: lot.reviewer.clone(),
            certificate_type: lot.certificate_type,
            number: u32::try_from(runs.len()).map_err(RecordsError::corrupt)?,
            purpose: new.purpose,
            kind: kind.map(str::to_owned),
            start: new.position,
            end: new.position + 1,
            without: BTreeSet::new(),
            setting: new.setting,
            code: Some(new.code.clone()),
            sheets,
            spoiled: Vec::new(),
            at,
            operator: operator.to_owned(),
        };
        let mut actions = vec![self.cloud.transact_put_new(item(&run_key(&run), &run, &pending_from(at))?)?];
        actions.extend(written);
        Ok(actions)
    }

    /// Notes that a bundle of the run is printed, with the certificates on the sheets that were seen;
    /// [`RecordsError::Conflict`] where a jam has moved them since.
    pub async fn bundle_printed(self, run: &Run, chunk: &Chunk) -> Result<(), RecordsError> {
        let mark = PrintedChunk { number: chunk.number, printed_at: self.cloud.clock.now() };
        let sheets = serde_dynamo::to_attribute_value(&run.sheets)?;
        let actions = vec![
            self.cloud.transact_put(item(&chunk_key(chunk), &mark, &[])?)?,
            self.cloud.transact_check(&run_key(run), "sheets", sheets)?,
        ];
        self.cloud.commit(actions).await
    }

    /// Takes a run off the list of pending work, unless a jam has moved its certificates to other sheets since it was read.
    pub async fn settle(self, run: &Run) -> Result<(), RecordsError> {
        self.cloud.settle(&run_key(run), "sheets", serde_dynamo::to_attribute_value(&run.sheets)?).await
    }
}

/// At most `count` positions that no run has put on paper and that still count, from `start` on.
fn unprinted_from(allocation: &Allocation, runs: &[Run], start: u32, count: Option<u32>) -> Vec<u32> {
    let printed = printed(allocation, runs);
    let open = (start..allocation.end()).filter(|position| !printed.contains(position) && !allocation.withdrawn.contains(position));
    open.take(count.map_or(usize::MAX, |count| count as usize)).collect()
}

/// A certificate that changes its sheet.
pub(crate) struct Resheet<'a> {
    pub(crate) seen: &'a Application,
    pub(crate) lot: &'a LotName,
    pub(crate) kind: Option<&'a str>,
    /// The sheet it lies on, what becomes of it, and the code on it.
    pub(crate) old: Option<(u64, OldSheet, &'a CertificateCode)>,
    pub(crate) new: Option<NewSheet<'a>>,
    pub(crate) reason: &'a str,
    pub(crate) operator: &'a str,
    pub(crate) at: jiff::Timestamp,
}

/// The sheet it is to lie on.
pub(crate) struct NewSheet<'a> {
    pub(crate) code: &'a CertificateCode,
    pub(crate) position: u32,
    pub(crate) purpose: Purpose,
    pub(crate) top: Option<u64>,
    pub(crate) setting: Setting,
}

fn one(sheet: u64) -> Ranges {
    SerialRange::new(sheet, sheet).into()
}

/// For the audit trail: `101-140, 201`.
fn spans(sheets: &Ranges) -> String {
    let span = |stretch: &SerialRange| match stretch.count() {
        1 => stretch.first.to_string(),
        _ => format!("{}-{}", stretch.first, stretch.last),
    };
    sheets.stretches().iter().map(span).collect::<Vec<_>>().join(", ")
}
