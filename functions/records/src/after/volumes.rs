//! Archive volumes (资料存档): ordered, made from what the records hold, and sealed. A later change makes a later edition.

use jiff::Timestamp;
use rules::after::volume::{Manifest, Seal};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::values::lot::LotName;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{KeyRange, allocation_key, collection_key, volume_key};
use crate::keys::objects::{ObjectKey, VolumeName};
use crate::store::indexes::BY_PENDING;
use crate::store::item::item;
use crate::store::item_digest::written;
use crate::store::table::{Condition, pending_from};
use crate::store::updates::ItemUpdate;

/// A volume that was ordered; content of an `archiving/` object too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Volume {
    /// The application.
    pub volume_of: ApplicationId,
    /// Whose certificates.
    pub lot: LotName,
    /// Number of the audit entry that ordered it.
    pub number: u64,
    /// The moment of the change.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
    /// For whom the account acts.
    pub organisation: String,
    /// Clause it rests on.
    pub clause: String,
    /// Once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// That a volume is made and sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sealed {
    /// The batch it belongs to.
    pub batch: String,
    /// The last audit entry it takes account of.
    pub edition: u64,
    /// SHA-256 of its manifest, in hex.
    pub seal: String,
    /// Files in it, manifest and seal not counted.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The moment of the change.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
}

impl Sealed {
    /// What a manifest and its seal say.
    pub fn of(manifest: &Manifest, seal: &Seal) -> Self {
        Self {
            batch: manifest.batch.clone(),
            edition: manifest.edition,
            seal: seal.manifest_sha256.clone(),
            files: manifest.files.len(),
            bytes: manifest.files.iter().map(|file| file.bytes).sum(),
            at: seal.sealed_at,
        }
    }
}

impl Volume {
    /// The name of its folder, once it is sealed.
    pub fn name(&self) -> Option<VolumeName> {
        let sealed = self.sealed.as_ref()?;
        Some(VolumeName { batch: sealed.batch.clone(), application: self.volume_of.clone(), edition: sealed.edition })
    }
}

/// Whether an item stands on the list of pending work.
#[derive(Deserialize)]
struct Work {
    #[serde(default)]
    pending: Option<String>,
}

/// Archive volumes.
#[derive(Debug, Clone, Copy)]
pub struct Volumes<'a> {
    pub(crate) cloud: &'a Cloud,
}

impl Cloud {
    /// Archive volumes.
    pub fn volumes(&self) -> Volumes<'_> {
        Volumes { cloud: self }
    }
}

impl Volumes<'_> {
    /// The volumes of a reviewer's lot, the earliest first.
    pub async fn of(self, id: &ApplicationId, lot: &LotName) -> Result<Vec<Volume>, RecordsError> {
        self.cloud.query(&KeyRange::volumes(id, lot)).await
    }

    /// One volume.
    pub async fn get(self, id: &ApplicationId, lot: &LotName, number: u64) -> Result<Option<Volume>, RecordsError> {
        self.cloud.get(&volume_key(id, lot, number)).await
    }

    /// Whether anything of its lot, or of the application as a whole, has changed since a volume was sealed.
    pub async fn is_outdated(self, volume: &Volume) -> Result<bool, RecordsError> {
        let Some(sealed) = &volume.sealed else { return Ok(false) };
        let later = self.cloud.applications().trail_after(&volume.volume_of, sealed.edition).await?;
        Ok(later.iter().any(|entry| entry.changes_volume_of(&volume.lot)))
    }

    /// Whether some PDF of the lot is still being drawn; what was given up ([`PrintFailures::open`](crate::issue::failures::PrintFailures::open)) is not waited for.
    pub async fn is_drawing(self, id: &ApplicationId, lot: &LotName) -> Result<bool, RecordsError> {
        if self.cloud.query::<Work>(&KeyRange::runs_of(id, lot)).await?.iter().any(|work| work.pending.is_some()) {
            return Ok(true);
        }
        let renewals = self.cloud.changes().renewals(id).await?;
        if renewals.iter().any(|one| one.is_pending && one.renewal.lot == *lot) {
            return Ok(true);
        }
        for key in [allocation_key(id, lot), collection_key(id, lot)] {
            if self.cloud.is_pending(&key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Orders a volume; its object is put next.
    pub async fn order(self, seen: &Application, lot: &LotName, audit: AuditEntry) -> Result<Volume, RecordsError> {
        let volume = Volume {
            volume_of: seen.id.clone(),
            lot: lot.clone(),
            number: seen.trail.count + 1,
            at: audit.at,
            by: audit.actor.clone(),
            organisation: audit.organisation.clone(),
            clause: audit.clause.clone(),
            sealed: None,
        };
        let key = volume_key(&seen.id, lot, volume.number);
        let entered = vec![self.cloud.transact_put_new(item(&key, &volume, &pending_from(volume.at))?)?];
        let mut actions =
            self.cloud.audited(seen, Transition::default(), audit.of_lots([lot.clone()]).changing(written(&entered)?)).await?;
        actions.extend(entered);
        self.cloud.commit(actions).await?;
        Ok(volume)
    }

    /// Puts the object that asks for a volume.
    pub async fn put_order(self, volume: &Volume) -> Result<(), RecordsError> {
        let (application, lot) = (volume.volume_of.clone(), volume.lot.clone());
        self.cloud.write_json(&ObjectKey::Archiving { application, lot, number: volume.number }, volume).await
    }

    /// Seals a volume that takes account of the application as it was `seen`: the seal goes into the audit chain, and the
    /// lot is archived from now on. [`RecordsError::Conflict`] if anything has changed meanwhile.
    pub async fn seal(self, seen: &Application, allocation: &Allocation, volume: &Volume, sealed: &Sealed) -> Result<(), RecordsError> {
        let audit = AuditEntry {
            number: 0,
            at: sealed.at,
            actor: volume.by.clone(),
            organisation: volume.organisation.clone(),
            action: AuditAction::Archived,
            clause: volume.clause.clone(),
            code: None,
            detail: Some(sealed.seal.clone()),
            lots: vec![volume.lot.clone()],
            items: Vec::new(),
        };
        let key = volume_key(&seen.id, &volume.lot, volume.number);
        let update = ItemUpdate::default().set_to("sealed", sealed)?.remove(BY_PENDING.partition);
        let open = Condition::that("attribute_exists(pk) AND attribute_not_exists(sealed)");
        let (noted, change) = self.cloud.covered_update(&key, update, open).await?;
        let reached = allocation.next_milestone().filter(|next| *next == Stage::Archived);
        let reached = reached.map(|stage| (allocation, stage));
        let mut actions = self.cloud.changes().reaching(seen, reached, audit.changing([change])).await?;
        actions.push(noted);
        self.cloud.commit(actions).await
    }

    /// That somebody looks into a volume, and why.
    pub async fn consult(self, seen: &Application, audit: AuditEntry) -> Result<(), RecordsError> {
        let actions = self.cloud.audited(seen, Transition::default(), audit).await?;
        self.cloud.commit(actions).await
    }
}
