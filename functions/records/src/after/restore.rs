//! Restoring a table from sealed archive volumes (docs/decisions/0029). Nothing that is there is ever overwritten, and counters only rise;
//! so the same again changes nothing, and what was interrupted goes on where it ended.
//!
//! Everything else of an application is written before its own item: an application that is there is whole.

use std::collections::HashSet;

use rules::after::restore::{NextNumbers, VolumeOutcome};
use rules::after::volume::{ItemsHead, Manifest, Seal};
use rules::audit::AuditEntry;
use rules::intake::entry::Entry;
use rules::issue::allocation::Allocation;
use rules::issue::application::Plan;
use rules::numbers::code::CodePrefix;
use rules::sheets::stock::{Book, LedgerEntry};
use rules::values::attestation::PublicKey;
use rules::values::chain::Chained;
use rules::values::lot::LotName;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Cloud;
use crate::after::volumes::Sealed;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::{Certificate, certificate_of};
use crate::keys::items::{ItemKey, application_key, audit_key, counted, counter_key, line_key};
use crate::keys::kinds::ItemKind;
use crate::store::item::Item;
use crate::store::item_digest::item_name;
use crate::store::item_text::read_item;
use crate::store::restored::says_the_same;

/// The attribute of a counter that counts.
const NEXT: &str = "next";

/// A volume that was proved, as far as a table is restored from it.
#[derive(Debug)]
pub struct ProvedVolume {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its seal.
    pub seal: Seal,
    /// The table's items.
    pub items: Vec<u8>,
    /// The winners as they were handed in.
    pub entries: Vec<Entry>,
    /// The authorised plan.
    pub plan: Plan,
}

/// What a volume's items begin with.
///
/// # Errors
/// Its first line is none that this build knows.
pub fn items_head(items: &[u8]) -> Result<ItemsHead, RecordsError> {
    let line = items.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let head: ItemsHead = serde_json::from_slice(line)?;
    match head.format {
        1 => Ok(head),
        other => Err(RecordsError::corrupt(format!("items of version {other} of their format"))),
    }
}

/// A counter.
#[derive(Deserialize)]
struct Next {
    next: u32,
}

/// A public key.
#[derive(Deserialize)]
struct Public {
    public: String,
}

/// The items of a volume, by what becomes of them.
#[derive(Default)]
struct Sorted {
    /// Of the application: what is written as it stands.
    own: Vec<Item>,
    /// The application itself.
    application: Vec<Item>,
    /// Of the sheets.
    sheets: Vec<Item>,
    counters: NextNumbers,
    keys: Vec<PublicKey>,
}

impl Sorted {
    fn read(items: &[u8]) -> Result<Self, RecordsError> {
        items_head(items)?;
        let text = std::str::from_utf8(items).map_err(RecordsError::corrupt)?;
        let mut sorted = Self::default();
        for line in text.lines().skip(1) {
            sorted.sort(read_item(line)?)?;
        }
        Ok(sorted)
    }

    fn sort(&mut self, item: Item) -> Result<(), RecordsError> {
        let key = ItemKey::of(&item)?;
        match key.known_kind()? {
            ItemKind::Counter => self.counters.say(counted(&key)?, serde_dynamo::from_item::<_, Next>(item)?.next),
            ItemKind::Key => self.keys.push(serde_dynamo::from_item::<_, Public>(item)?.public.parse().map_err(RecordsError::corrupt)?),
            ItemKind::Book | ItemKind::Line | ItemKind::Register => self.sheets.push(item),
            ItemKind::Application => self.application.push(item),
            _ => self.own.push(item),
        }
        Ok(())
    }

    /// What was read of a kind.
    fn of_kind<T: DeserializeOwned>(items: &[Item], wanted: ItemKind) -> Result<Vec<T>, RecordsError> {
        let is_of_kind = |item: &&Item| ItemKey::of(item).is_ok_and(|key| key.kind() == Some(wanted));
        items.iter().filter(is_of_kind).map(|item| Ok(serde_dynamo::from_item(item.clone())?)).collect()
    }

    /// Certificates and records that count.
    fn winners(&self) -> Result<Vec<Certificate>, RecordsError> {
        let winner = |key: &ItemKey| matches!(key.kind(), Some(ItemKind::Certificate | ItemKind::Record));
        let items = self.own.iter().filter(|item| ItemKey::of(item).is_ok_and(|key| winner(&key)));
        let mut all: Vec<Certificate> = items.cloned().map(certificate_of).collect::<Result<_, _>>()?;
        all.retain(|one| one.revoked.is_none());
        Ok(all)
    }
}

/// A restoration under way. Volumes are restored from the latest to the earliest: what several of them hold counts as the latest has it.
#[derive(Debug)]
pub struct Restoration<'a> {
    cloud: &'a Cloud,
    dry_run: bool,
    /// Items that a later volume has brought.
    brought: HashSet<ItemKey>,
    /// Partitions of sheets that a later volume has brought.
    brought_sheets: HashSet<String>,
    next: NextNumbers,
}

impl Cloud {
    /// A restoration; with `dry_run` nothing is written.
    pub fn restoration(&self, dry_run: bool) -> Restoration<'_> {
        Restoration { cloud: self, dry_run, brought: HashSet::new(), brought_sheets: HashSet::new(), next: NextNumbers::default() }
    }
}

impl Restoration<'_> {
    /// That a number was given, by a certificate on paper.
    pub fn given(&mut self, prefix: CodePrefix, sequence: std::num::NonZeroU32) {
        self.next.given(prefix, sequence);
    }

    /// What a volume says of counters: before anything else of any of them is written, so that no number is given twice whatever
    /// happens then.
    pub fn count(&mut self, items: &[u8]) -> Result<(), RecordsError> {
        for (prefix, next) in Sorted::read(items)?.counters.iter() {
            self.next.say(prefix.clone(), next);
        }
        Ok(())
    }

    /// Raises the counters; those that were lower.
    pub async fn raise_counters(&self) -> Result<Vec<(CodePrefix, u32)>, RecordsError> {
        let mut raised = Vec::new();
        for (prefix, next) in self.next.iter() {
            let key = counter_key(prefix);
            let is_lower = match self.dry_run {
                true => self.cloud.get::<Next>(&key).await?.is_none_or(|known| known.next < next),
                false => self.cloud.raise(&key, NEXT, next).await?,
            };
            raised.extend(is_lower.then(|| (prefix.clone(), next)));
        }
        Ok(raised)
    }

    /// Restores what a volume holds.
    pub async fn restore(&mut self, volume: &ProvedVolume) -> Result<VolumeOutcome, RecordsError> {
        let sorted = Sorted::read(&volume.items)?;
        let mut differing = self.restore_sheets(&sorted.sheets).await?;
        let standing = self.standing(&volume.manifest).await?;
        let mut missing = Vec::new();
        match standing {
            Standing::There => {}
            Standing::Other => differing.push(item_name(&application_key(&volume.manifest.application))),
            Standing::None => {
                let (absent, differ) = self.compared(&sorted.own).await?;
                missing = absent;
                differing.extend(differ);
            }
        }
        if !differing.is_empty() {
            return Ok(VolumeOutcome::Differs(differing));
        }
        self.brought.extend(sorted.own.iter().map(ItemKey::of).collect::<Result<Vec<_>, _>>()?);
        let outcome = match standing {
            Standing::None => self.write(volume, &sorted, missing).await?,
            Standing::There | Standing::Other => VolumeOutcome::AlreadyThere,
        };
        self.seal(volume).await?;
        Ok(outcome)
    }

    /// Whether the application has come to the end of the volume's trail.
    async fn standing(&self, manifest: &Manifest) -> Result<Standing, RecordsError> {
        let id = &manifest.application;
        if self.cloud.get_item(&application_key(id)).await?.is_none() {
            return Ok(Standing::None);
        }
        let last: Option<Chained<AuditEntry>> = self.cloud.get(&audit_key(id, manifest.edition)).await?;
        Ok(if last.is_some_and(|last| last.hash == manifest.trail.hash) { Standing::There } else { Standing::Other })
    }

    /// Those of the items that are not there, and the names of those that are there and differ. What a later volume has brought is
    /// passed over.
    async fn compared(&self, items: &[Item]) -> Result<(Vec<Item>, Vec<String>), RecordsError> {
        let stored = self.cloud.stored(items).await?;
        let (mut missing, mut differ) = (Vec::new(), Vec::new());
        for item in items {
            let key = ItemKey::of(item)?;
            match stored.get(&key) {
                _ if self.brought.contains(&key) => {}
                None => missing.push(item.clone()),
                Some(there) if !says_the_same(there, item) => differ.push(item_name(&key)),
                Some(_) => {}
            }
        }
        Ok((missing, differ))
    }

    /// Writes an application, what follows from it, and itself last.
    async fn write(&self, volume: &ProvedVolume, sorted: &Sorted, missing: Vec<Item>) -> Result<VolumeOutcome, RecordsError> {
        let count = missing.len() + sorted.application.len();
        if self.dry_run {
            return Ok(VolumeOutcome::Restored(count));
        }
        self.cloud.put_restored(missing).await?;
        for application in Sorted::of_kind(&sorted.application, ItemKind::Application)? {
            self.make_anew(volume, sorted, &application).await?;
        }
        for key in &sorted.keys {
            self.cloud.verification().make_key_known(key).await?;
        }
        self.cloud.put_restored(sorted.application.clone()).await?;
        Ok(VolumeOutcome::Restored(count))
    }

    /// What stands under keyed hashes of persons: the key of the table that is gone is in no volume, so it is made anew. So is which
    /// numbers of others are used.
    async fn make_anew(&self, volume: &ProvedVolume, sorted: &Sorted, application: &Application) -> Result<(), RecordsError> {
        // By those that will judge who comes next; the texts that it was decided under may not be in this bucket.
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let winners = sorted.winners()?;
        self.cloud.certificates().enter_uses_anew(&winners).await?;
        let winners: Vec<Entry> = winners.into_iter().map(|winner| winner.entry).collect();
        let undecided = undecided_rows(volume, application);
        let held = winners.iter().chain(volume.entries.iter().filter(|entry| undecided.contains(&entry.row)));
        self.cloud.holders().claim_anew(notice, application, held).await?;
        let rows: Vec<Entry> = volume.entries.iter().chain(&winners).cloned().collect();
        self.cloud.people().enter(&application.id, &rows).await
    }

    /// Makes the change that followed upon the volume: its seal goes into the trail, at the moment that the seal names.
    async fn seal(&self, volume: &ProvedVolume) -> Result<(), RecordsError> {
        let Manifest { application: id, reviewer, certificate_type, ordered_at, trail, .. } = &volume.manifest;
        let lot = LotName::new(reviewer, *certificate_type);
        if self.dry_run {
            return Ok(());
        }
        let application = self.cloud.applications().get(id).await?;
        if application.trail != *trail {
            return Ok(());
        }
        let orders = self.cloud.volumes().of(id, &lot).await?;
        let order = orders.iter().find(|order| order.sealed.is_none() && order.at == *ordered_at).ok_or(RecordsError::NotFound)?;
        let allocation: Allocation = self.cloud.allocations().get(id, &lot).await?.ok_or(RecordsError::NotFound)?;
        self.cloud.volumes().seal(&application, &allocation, order, &Sealed::of(&volume.manifest, &volume.seal)).await
    }

    /// Writes the sheets that are not there, as the latest volume has them; the names of those that are there and differ. The register is
    /// written last: where it is there, the ledgers must go through where they ended.
    async fn restore_sheets(&mut self, sheets: &[Item]) -> Result<Vec<String>, RecordsError> {
        let of_key = |item: &Item| Ok::<_, RecordsError>((ItemKey::of(item)?, item.clone()));
        let mut items: Vec<(ItemKey, Item)> = sheets.iter().map(of_key).collect::<Result<_, _>>()?;
        items.retain(|(key, _)| !self.brought_sheets.contains(&key.pk));
        let (registers, rest): (Vec<_>, Vec<_>) = items.into_iter().partition(|(key, _)| key.kind() == Some(ItemKind::Register));
        let mut differing = Vec::new();
        for (register, item) in registers {
            let own: Vec<Item> = rest.iter().filter(|(key, _)| key.pk == register.pk).map(|(_, item)| item.clone()).collect();
            self.brought_sheets.insert(register.pk.clone());
            if self.cloud.get_item(&register).await?.is_some() {
                differing.extend(self.ledgers_cut(&own).await?);
                continue;
            }
            let (missing, differ) = self.compared(&own).await?;
            if differ.is_empty() && !self.dry_run {
                self.cloud.put_restored(missing).await?;
                self.cloud.put_restored(vec![item]).await?;
            }
            differing.extend(differ);
        }
        Ok(differing)
    }

    /// The names of lines that are not, or no longer, where these books ended.
    async fn ledgers_cut(&self, sheets: &[Item]) -> Result<Vec<String>, RecordsError> {
        let mut cut = Vec::new();
        for book in Sorted::of_kind::<Book>(sheets, ItemKind::Book)?.iter().filter(|book| book.ledger.count > 0) {
            let key = line_key(&book.kind, &book.holder, book.ledger.count);
            let line: Option<Chained<LedgerEntry>> = self.cloud.get(&key).await?;
            cut.extend(line.is_none_or(|line| line.hash != book.ledger.hash).then(|| item_name(&key)));
        }
        Ok(cut)
    }
}

/// How a table stands to a volume.
enum Standing {
    /// Its application is not there.
    None,
    /// It has come to the end of the volume's trail, or further.
    There,
    /// It is there with another trail.
    Other,
}

/// The rows of reviewers that have not decided yet: they are as they were handed in.
fn undecided_rows(volume: &ProvedVolume, application: &Application) -> HashSet<u32> {
    let undecided: Vec<_> = application.plan.iter().flat_map(|plan| &plan.undecided).collect();
    volume.plan.rows.iter().filter(|row| undecided.contains(&&row.reviewer)).map(|row| row.row).collect()
}
