//! A certificate's life after its code: reissue, correction, revocation, and the stages of its lot.
//!
//! Each change is one transaction: the application's version and audit entry, the certificate, the allocation, the
//! book of the sheets and the run.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use rules::audit::{AuditEntry, ItemChange};
use rules::intake::entry::Entry;
use rules::issue::allocation::{Allocation, LaterNumber, Milestone, NumberOrigin, Stage};
use rules::issue::application::ApplicationId;
use rules::notice::{CodeGrammar, Notice};
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::sheets::run::{Purpose, Run, Setting, current_run, current_sheet};
use rules::values::lot::LotName;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::announcements::Changes;
use crate::application::applications::Transition;
use crate::application::listed::OPEN_LOT;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::allocation::AllocationError;
use crate::issue::certificates::{Certificate, Revocation};
use crate::issue::corrections::{CorrectionRequest, RequestDecision, RequestState};
use crate::issue::printing::PrintingOrder;
use crate::issue::runs::{NewSheet, OldSheet, Resheet};
use crate::issue::sheets::SheetsError;
use crate::keys::items::{KeyRange, allocation_key, code_key, correction_key, renewal_key};
use crate::keys::objects::{Chunk, PrintOutput};
use crate::store::indexes::BY_PENDING;
use crate::store::item::{Item, item};
use crate::store::item_digest::written;
use crate::store::table::{Condition, pending_from};
use crate::store::updates::ItemUpdate;

/// Certificates whose own PDFs are to be drawn, anew or because they got their numbers after the approval.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Renewal {
    /// The application.
    pub renewal_of: ApplicationId,
    /// Which lot of it.
    pub lot: LotName,
    /// The certificates.
    pub codes: Vec<CertificateCode>,
    /// Number of the audit entry that asked for it.
    pub number: u64,
    /// The moment of the change.
    pub at: Timestamp,
}

/// A renewal, and whether it is still to be done.
#[derive(Debug, Clone)]
pub struct RenewalProgress {
    /// The renewal.
    pub renewal: Renewal,
    /// Whether its PDFs are still to be drawn.
    pub is_pending: bool,
}

impl Renewal {
    /// Its one chunk.
    pub fn chunk(&self) -> Chunk {
        let press = PrintOutput::Renewal(self.number);
        Chunk { application: self.renewal_of.clone(), lot: self.lot.clone(), press, number: 0 }
    }

    /// The order for it.
    pub fn order(&self) -> PrintingOrder {
        PrintingOrder { chunk: self.chunk(), codes: self.codes.clone() }
    }
}

/// What stood on a certificate before a correction (更正), for the publication of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CorrectionRecord {
    /// The certificate.
    pub code: CertificateCode,
    /// The winner as the certificate showed them before.
    pub before: Entry,
    /// The same as it shows them since.
    pub after: Entry,
    /// The reason that was given, in Chinese.
    pub reason: String,
    /// The moment of the change.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

/// A certificate as it was seen, with all that a change of it is decided on.
#[derive(Debug, Clone)]
pub struct SeenCertificate<'a> {
    /// Its application; its version guards everything else here.
    pub application: &'a Application,
    /// The lot it belongs to.
    pub allocation: &'a Allocation,
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its code.
    pub code: &'a CertificateCode,
    /// Its place in the lot.
    pub position: u32,
    /// The notice that it is issued under.
    pub notice: &'a Notice,
    /// Kind of sheet; none where the type has none.
    pub kind: Option<&'a str>,
}

/// On what terms a certificate is changed: why, what becomes of the old sheet, and which sheet is next.
#[derive(Debug, Clone, Copy)]
pub struct ChangeTerms<'a> {
    /// The reason that was given, in Chinese.
    pub reason: &'a str,
    /// What becomes of the sheet that it lies on; of no matter where it lies on none.
    pub old_sheet: OldSheet,
    /// Number of the sheet to print on; the lowest on hand, if none is named.
    pub top: Option<u64>,
    /// How it goes on paper.
    pub setting: Setting,
    /// The request that is approved by it, where it took two.
    pub approves: Option<&'a CorrectionRequest>,
}

impl ChangeTerms<'_> {
    /// What the audit entry says: the reason, and whose request it was.
    fn detail(&self) -> String {
        match self.approves {
            None => self.reason.to_owned(),
            Some(request) => format!("{} 提出的第 {} 号申请：{}", request.by, request.number, self.reason),
        }
    }
}

/// Where the number comes from that takes the place of another.
#[derive(Debug, Clone, Copy)]
pub enum NewNumber<'a> {
    /// A code: the next one of its counter.
    Drawn {
        /// Positions 1–16.
        prefix: &'a CodePrefix,
        /// The grammar it follows.
        grammar: &'a CodeGrammar,
    },
    /// Somebody typed it (G13).
    Entered(&'a CertificateCode),
}

/// A number in the place of another.
#[derive(Debug, Clone)]
pub struct Recoding<'a> {
    /// Where it comes from.
    pub number: NewNumber<'a>,
    /// The certificate with what is right now; its code is filled in here.
    pub corrected: Certificate,
}

/// What is done to issued certificates: reissue, correction, revocation.
#[derive(Debug, Clone, Copy)]
pub struct CertificateChanges<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// What is done to issued certificates: reissue, correction, revocation.
    pub fn changes(&self) -> CertificateChanges<'_> {
        CertificateChanges { cloud: self }
    }
}

impl CertificateChanges<'_> {
    /// 补发: the same code on a new sheet.
    pub async fn reissue(self, seen: &SeenCertificate<'_>, terms: ChangeTerms<'_>, audit: AuditEntry) -> Result<(), SheetsError> {
        let run = self.last_run_of(seen).await?.ok_or(SheetsError::NotPrinted)?;
        let audit = audit.about(seen.code).with(terms.reason);
        let new = Some((seen.code, seen.position, Purpose::Reissue));
        let resheet = self.resheeted(seen, Some(&run), new, terms, &audit).await?;
        let audit = audit.changing(written(&resheet)?);
        let mut actions = self.cloud.audited(seen.application, Transition::default(), audit).await?;
        actions.extend(resheet);
        Ok(self.cloud.commit(actions).await?)
    }

    /// 更正 of what is not part of the number: the same number; a new sheet, if it lies on one; and a record for the
    /// publication. The holder's claims go over with it.
    pub async fn correct(
        self,
        seen: &SeenCertificate<'_>,
        after: &Certificate,
        terms: ChangeTerms<'_>,
        audit: AuditEntry,
    ) -> Result<Renewal, SheetsError> {
        let audit = audit.about(seen.code).with(terms.detail());
        let run = self.last_run_of(seen).await?;
        let new = run.as_ref().map(|_| (seen.code, seen.position, Purpose::Correction));
        let resheet = self.resheeted(seen, run.as_ref(), new, terms, &audit).await?;
        let renewal = renewal(seen, seen.code, &audit);
        let record = CorrectionRecord {
            code: seen.code.clone(),
            before: seen.certificate.entry.clone(),
            after: after.entry.clone(),
            reason: terms.reason.to_owned(),
            at: audit.at,
            by: audit.actor.clone(),
        };
        let (approval, audit) = self.approval(terms, audit).await?;
        let record_key = correction_key(seen.code, renewal.number);
        let update = ItemUpdate::default().set_to("entry", &after.entry)?.set_to("corrected_at", &audit.at)?;
        let update = match after.issued_on {
            same if same == seen.certificate.issued_on => update,
            Some(day) => update.set_to("issued_on", &day)?,
            None => update.remove("issued_on"),
        };
        let (corrected, change) = self.cloud.covered_update(&code_key(seen.code), update, counts()).await?;
        let recorded = vec![self.cloud.transact_put_new(item(&record_key, &record, &[])?)?];
        let audit = audit.changing([change]).changing(written(&recorded)?).changing(written(&resheet)?);
        let mut actions = self.cloud.audited(seen.application, Transition::default(), audit).await?;
        actions.extend(self.moved_claims(seen, Some(&after.entry)).await?);
        actions.extend(approval);
        actions.push(corrected);
        actions.extend(recorded);
        actions.push(self.cloud.transact_put_new(item(
            &renewal_key(&renewal.renewal_of, renewal.number),
            &renewal,
            &pending_from(renewal.at),
        )?)?);
        actions.extend(resheet);
        self.cloud.commit(actions).await?;
        Ok(renewal)
    }

    /// 更正 of what is part of the code (level, year, body), or of a number that was mistyped: the old one is revoked, a new one takes
    /// its place, and each names the other.
    pub async fn recode(
        self,
        seen: &SeenCertificate<'_>,
        recoding: Recoding<'_>,
        terms: ChangeTerms<'_>,
        audit: AuditEntry,
    ) -> Result<(CertificateCode, Renewal), AllocationError> {
        let Recoding { number, mut corrected } = recoding;
        let (LaterNumber { code, origin }, counters) = self.later_number(seen, number).await?;
        let position = seen.allocation.end();
        corrected.code = Some(code.clone());
        corrected.position = Some(position);
        corrected.replaces = Some(seen.code.clone());
        corrected.corrected_at = Some(audit.at);
        let audit = audit.about(seen.code).with(format!("{code}：{}", terms.detail()));
        let (approval, audit) = self.approval(terms, audit).await?;
        let run = self.last_run_of(seen).await?;
        let new = run.as_ref().map(|_| (&code, position, Purpose::Correction));
        let resheet = self.resheeted(seen, run.as_ref(), new, terms, &audit).await?;
        let renewal = renewal(seen, &code, &audit);
        let mut allocation = seen.allocation.clone();
        allocation.later.push(LaterNumber { code: code.clone(), origin });
        allocation.withdrawn.insert(seen.position);
        let revocation = revocation(terms.reason, Some(&code), &audit);
        let entered = vec![self.cloud.transact_put_new(item(&corrected.key(), &corrected, &[])?)?];
        let (revoked, changed) = self.revoked(seen, &revocation, &allocation).await?;
        let audit = audit.changing(changed).changing(written(&entered)?).changing(written(&resheet)?);
        let mut actions = self.cloud.audited(seen.application, Transition::default(), audit).await?;
        actions.extend(self.moved_claims(seen, Some(&corrected.entry)).await?);
        actions.extend(approval);
        actions.extend(counters);
        actions.extend(revoked);
        actions.extend(entered);
        actions.push(self.cloud.transact_put_new(item(
            &renewal_key(&renewal.renewal_of, renewal.number),
            &renewal,
            &pending_from(renewal.at),
        )?)?);
        actions.extend(resheet);
        self.cloud.commit(actions).await?;
        Ok((code, renewal))
    }

    /// The number in the place of the one that was seen, and what goes into the transaction for it: its counter's update, or that others
    /// gave nobody the number.
    async fn later_number(
        self,
        seen: &SeenCertificate<'_>,
        number: NewNumber<'_>,
    ) -> Result<(LaterNumber, Vec<TransactWriteItem>), AllocationError> {
        let replaces = seen.code.clone();
        match number {
            NewNumber::Drawn { prefix, grammar } => {
                let (ranges, counters) = self.cloud.allocations().advance(&[(prefix, 1)].into(), grammar.last_sequence()).await?;
                let sequence = ranges.first().map(|range| range.first).ok_or_else(|| RecordsError::corrupt("no range"))?;
                let code = prefix.code(grammar, sequence).map_err(|_| AllocationError::Exhausted(prefix.clone()))?;
                let origin = NumberOrigin::Replaces { replaces, prefix: prefix.clone(), sequence };
                Ok((LaterNumber { code, origin }, counters))
            }
            NewNumber::Entered(code) => {
                let conditions = vec![self.cloud.certificates().transact_not_external(code)?];
                Ok((LaterNumber { code: code.clone(), origin: NumberOrigin::Renumbered { replaces } }, conditions))
            }
        }
    }

    /// 注销: the code no longer counts, and is never used again; its holder may be awarded anew.
    pub async fn revoke(self, seen: &SeenCertificate<'_>, terms: ChangeTerms<'_>, audit: AuditEntry) -> Result<(), SheetsError> {
        let audit = audit.about(seen.code).with(terms.reason);
        let run = self.last_run_of(seen).await?;
        let resheet = self.resheeted(seen, run.as_ref(), None, terms, &audit).await?;
        let mut allocation = seen.allocation.clone();
        allocation.withdrawn.insert(seen.position);
        let revocation = revocation(terms.reason, None, &audit);
        let (revoked, changed) = self.revoked(seen, &revocation, &allocation).await?;
        let audit = audit.changing(changed).changing(written(&resheet)?);
        let mut actions = self.cloud.audited(seen.application, Transition::default(), audit).await?;
        actions.extend(self.moved_claims(seen, None).await?);
        actions.extend(revoked);
        actions.extend(resheet);
        Ok(self.cloud.commit(actions).await?)
    }

    /// What every audited change of an application begins with; and the milestone of the lot, if it takes one to a stage.
    pub(crate) async fn reaching(
        self,
        seen: &Application,
        reached: Option<(&Allocation, Stage)>,
        audit: AuditEntry,
    ) -> Result<Changes, RecordsError> {
        let Some((lot, stage)) = reached else { return self.cloud.audited(seen, Transition::default(), audit).await };
        let mut lot = lot.clone();
        lot.milestones.push(Milestone { stage, at: audit.at, by: audit.actor.clone() });
        let transition = Transition { stage: Some(stage), ..Transition::default() };
        let (changed, change) = self.change_allocation(&lot).await?;
        let mut changes = self.cloud.audited(seen, transition, audit.changing([change])).await?;
        changes.push(changed);
        Ok(changes)
    }

    /// The renewals of an application.
    pub async fn renewals(self, id: &ApplicationId) -> Result<Vec<RenewalProgress>, RecordsError> {
        let items = self.cloud.query_items(&KeyRange::renewals(id)).await?;
        let read = |item: Item| {
            let is_pending = item.contains_key(BY_PENDING.partition);
            Ok(RenewalProgress { renewal: serde_dynamo::from_item(item)?, is_pending })
        };
        items.into_iter().map(read).collect()
    }

    /// Takes a renewal off the list of pending work.
    pub async fn settle_renewal(self, id: &ApplicationId, number: u64) -> Result<(), RecordsError> {
        self.cloud.settle(&renewal_key(id, number), "number", crate::store::item::number(number)).await
    }

    /// The sheet that a certificate lies on, if it was printed.
    pub async fn sheet_of(self, seen: &SeenCertificate<'_>) -> Result<Option<u64>, RecordsError> {
        let runs = self.cloud.runs().of_lot(&seen.application.id, &seen.allocation.lot()).await?;
        Ok(current_sheet(&runs, &seen.allocation.lot(), seen.position))
    }

    /// The last run that a certificate was printed in, if it was printed.
    pub async fn last_run_of(self, seen: &SeenCertificate<'_>) -> Result<Option<Run>, RecordsError> {
        let runs = self.cloud.runs().of_lot(&seen.application.id, &seen.allocation.lot()).await?;
        Ok(current_run(&runs, &seen.allocation.lot(), seen.position).cloned())
    }

    /// What the change does to the request that it approves; part of its transaction.
    async fn approval(self, terms: ChangeTerms<'_>, audit: AuditEntry) -> Result<(Vec<TransactWriteItem>, AuditEntry), RecordsError> {
        let Some(request) = terms.approves else { return Ok((Vec::new(), audit)) };
        let decision = RequestDecision { at: audit.at, by: audit.actor.clone(), reason: None };
        let (actions, changed) = self.cloud.corrections().decided(request, RequestState::Approved, &decision).await?;
        Ok((actions, audit.changing(changed)))
    }

    /// What the change does to the holder's claims; part of its transaction.
    async fn moved_claims(self, seen: &SeenCertificate<'_>, after: Option<&Entry>) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let before = &seen.certificate.entry;
        let mut actions = self.cloud.holders().move_claims(seen.notice, seen.application, before, after).await?;
        let is_another = |after: &&Entry| (&after.name, &after.document_number) != (&before.name, &before.document_number);
        if let Some(after) = after.filter(is_another) {
            // Whoever is put right is found by what is right.
            for item in self.cloud.people().of_row(&seen.application.id, after).await? {
                actions.push(self.cloud.transact_put(item)?);
            }
        }
        Ok(actions)
    }

    async fn resheeted(
        self,
        seen: &SeenCertificate<'_>,
        before: Option<&Run>,
        new: Option<(&CertificateCode, u32, Purpose)>,
        terms: ChangeTerms<'_>,
        audit: &AuditEntry,
    ) -> Result<Vec<TransactWriteItem>, SheetsError> {
        let change = Resheet {
            seen: seen.application,
            lot: &seen.allocation.lot(),
            kind: seen.kind,
            old: before.and_then(|run| run.sheet(seen.position)).map(|sheet| (sheet, terms.old_sheet, seen.code)),
            new: new.map(|(code, position, purpose)| NewSheet { code, position, purpose, top: terms.top, setting: terms.setting }),
            reason: terms.reason,
            operator: &audit.actor,
            at: audit.at,
        };
        self.cloud.runs().resheet(change).await
    }

    /// What a revocation does to the certificate and to its lot; part of the transaction, and what the entry says of it.
    async fn revoked(
        self,
        seen: &SeenCertificate<'_>,
        revocation: &Revocation,
        allocation: &Allocation,
    ) -> Result<(Vec<TransactWriteItem>, [ItemChange; 2]), RecordsError> {
        let update = ItemUpdate::default().set_to("revoked", revocation)?;
        let (revoked, certificate) = self.cloud.covered_update(&code_key(seen.code), update, counts()).await?;
        let (changed, lot) = self.change_allocation(allocation).await?;
        Ok((vec![revoked, changed], [certificate, lot]))
    }

    /// What may change of an allocation; whether it is pending stays as it is, and once it is handed out it is open no more.
    pub(crate) async fn change_allocation(self, allocation: &Allocation) -> Result<(TransactWriteItem, ItemChange), RecordsError> {
        let mut update = ItemUpdate::default()
            .set_to("later", &allocation.later)?
            .set_to("withdrawn", &allocation.withdrawn)?
            .set_to("milestones", &allocation.milestones)?;
        if allocation.stage() == Some(Stage::HandedOut) {
            update = OPEN_LOT.into_iter().fold(update, ItemUpdate::remove);
        }
        let key = allocation_key(&allocation.of, &allocation.lot());
        self.cloud.covered_update(&key, update, Condition::is_there()).await
    }
}

/// The certificate is there and counts.
fn counts() -> Condition {
    Condition::that("attribute_exists(pk) AND attribute_not_exists(revoked)")
}

fn renewal(seen: &SeenCertificate<'_>, code: &CertificateCode, audit: &AuditEntry) -> Renewal {
    Renewal {
        renewal_of: seen.application.id.clone(),
        lot: seen.allocation.lot(),
        codes: vec![code.clone()],
        number: seen.application.trail.count + 1,
        at: audit.at,
    }
}

fn revocation(reason: &str, replaced_by: Option<&CertificateCode>, audit: &AuditEntry) -> Revocation {
    Revocation { at: audit.at, by: audit.actor.clone(), reason: reason.to_owned(), replaced_by: replaced_by.cloned() }
}
