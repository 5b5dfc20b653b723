//! Batches of the publication (五、（三）): `PUBLICATION#applicant`, `BATCH#00001`.
//!
//! Batches of one applicant have consecutive numbers, so that two that are applied for at the same moment contend for one
//! number: whoever is first has the lots. Each step is one transaction: the batch, and an audit entry of each application.

use std::collections::HashMap;

use rules::after::publication::{Batch, PublicationSheet};
use rules::audit::AuditEntry;
use rules::issue::allocation::{Allocation, Stage};
use rules::values::party::Applicant;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::announcements::Changes;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{KeyRange, applicant_key, batch_key};
use crate::keys::objects::ObjectKey;
use crate::store::bucket::digest;
use crate::store::indexes::BY_PENDING;
use crate::store::item::{item, number, text};
use crate::store::item_digest::written;
use crate::store::table::{Condition, pending_from};
use crate::store::updates::ItemUpdate;

/// Content of a `publishing/` object: which batch's papers are to be made. What it is stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationOrder {
    /// Whose batch.
    pub applicant: Applicant,
    /// Its number.
    pub number: u32,
}

/// An application that a step of a batch is entered in.
#[derive(Debug, Clone)]
pub struct Concerned {
    /// As it was seen.
    pub application: Application,
    /// The lot of it that is in the batch.
    pub lot: Allocation,
    /// Whether the lot becomes 已上网 by the step.
    pub published: bool,
}

/// Batches of the publication and their papers.
#[derive(Debug, Clone, Copy)]
pub struct Publications<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Batches of the publication and their papers.
    pub fn publications(&self) -> Publications<'_> {
        Publications { cloud: self }
    }
}

impl Publications<'_> {
    /// An applicant's batches, in order.
    pub async fn batches(self, applicant: &Applicant) -> Result<Vec<Batch>, RecordsError> {
        self.cloud.query(&KeyRange::batches(applicant)).await
    }

    /// One batch.
    pub async fn batch(self, applicant: &Applicant, number: u32) -> Result<Option<Batch>, RecordsError> {
        self.cloud.get(&batch_key(applicant, number)).await
    }

    /// Everybody who has ever applied to the Center of `seat`.
    pub async fn applicants(self, seat: &str) -> Result<Vec<Applicant>, RecordsError> {
        let known: Vec<KnownApplicant> = self.cloud.query(&KeyRange::applicants(seat)).await?;
        Ok(known.into_iter().map(|known| known.applicant).collect())
    }

    /// Enters a new batch; [`RecordsError::Conflict`] if its number is taken or an application has changed.
    pub async fn apply(self, batch: &Batch, concerned: &[Concerned], audit: AuditEntry) -> Result<(), RecordsError> {
        let entered = self.cloud.transact_put_new(item(&batch_key(&batch.applicant, batch.number), batch, &pending_from(audit.at))?)?;
        let mut entered = vec![entered];
        if batch.number == 1 {
            // The Center finds the batches by this list of applicants.
            let key = applicant_key(&batch.seat, &batch.applicant);
            entered.push(self.cloud.transact_put(item(&key, &KnownApplicant { applicant: batch.applicant.clone() }, &[])?)?);
        }
        let audit = audit.changing(written(&entered)?);
        let mut changes = Changes::from(entered);
        changes.extend(self.entered(concerned, &audit).await?);
        self.cloud.commit(changes).await
    }

    /// Takes a batch a step further; [`RecordsError::Conflict`] if it, or an application, is not as it was seen.
    pub async fn step(self, seen: &Batch, next: &Batch, concerned: &[Concerned], audit: AuditEntry) -> Result<(), RecordsError> {
        let mut update =
            ItemUpdate::default().set("state", text(next.state.name())).set_to("steps", &next.steps)?.set("version", number(next.version));
        if let Some(result) = &next.result {
            update = update.set("result", text(result));
        }
        let as_seen = Condition {
            expression: "version = :seen".to_owned(),
            values: HashMap::from([(":seen".to_owned(), number(seen.version))]),
            ..Condition::default()
        };
        let (stepped, change) = self.cloud.covered_update(&batch_key(&seen.applicant, seen.number), update, as_seen).await?;
        let audit = audit.changing([change]);
        let mut changes = Changes::from(vec![stepped]);
        changes.extend(self.entered(concerned, &audit).await?);
        self.cloud.commit(changes).await
    }

    /// The step in each application: its version and audit entry, and the lot's milestone.
    async fn entered(self, concerned: &[Concerned], audit: &AuditEntry) -> Result<Changes, RecordsError> {
        let mut changes = Changes::from(Vec::new());
        for Concerned { application, lot, published } in concerned {
            let reached = published.then_some((lot, Stage::Published));
            changes.extend(self.cloud.changes().reaching(application, reached, audit.clone().of_lots([lot.lot()])).await?);
        }
        Ok(changes)
    }

    /// Writes a batch's sheet; its digest.
    pub async fn write_sheet(self, applicant: &Applicant, sheet: &PublicationSheet) -> Result<String, RecordsError> {
        let bytes = serde_json::to_vec(sheet)?;
        let digest = digest(&bytes);
        let key = ObjectKey::PublicationSheet { applicant: applicant.clone(), digest: digest.clone() };
        self.cloud.write_once(&key, "application/json", bytes, None).await?;
        Ok(digest)
    }

    /// A batch's sheet.
    pub async fn sheet(self, batch: &Batch) -> Result<PublicationSheet, RecordsError> {
        self.cloud.read_json(&ObjectKey::PublicationSheet { applicant: batch.applicant.clone(), digest: batch.sheet.clone() }).await
    }

    /// Puts the object that asks for a batch's workbook and 表5.
    pub async fn order(self, batch: &Batch) -> Result<(), RecordsError> {
        let (applicant, number) = (batch.applicant.clone(), batch.number);
        let key = ObjectKey::Publishing { applicant: applicant.clone(), number };
        self.cloud.write_json(&key, &PublicationOrder { applicant, number }).await
    }

    /// Notes that a batch's papers are there, and takes it off the list of pending work; the second time changes nothing.
    pub async fn made(self, batch: &Batch) -> Result<(), RecordsError> {
        let made = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
        let there = Condition { expression: "attribute_exists(pk)".to_owned(), ..Condition::default() };
        self.cloud.note_work(&batch_key(&batch.applicant, batch.number), vec![("made", made)], &[BY_PENDING.partition], there).await
    }
}

/// An applicant, in the list of those who have ever applied.
#[derive(Debug, Serialize, Deserialize)]
struct KnownApplicant {
    applicant: Applicant,
}
