//! The table's items in an archive volume: all that the audit of one application rests on, so that a table can be restored from volumes
//! alone and its audit is clean (docs/decisions/0029).
//!
//! They are of the application as a whole, whoever archives: its trail is one, and cannot be proven against a part of what it covers.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use rules::after::volume::ItemsHead;
use rules::audit::AuditEntry;
use rules::issue::allocation::{Allocation, NumberOrigin};
use rules::notice::Notice;
use rules::numbers::body::BodyCode;
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::values::chain::Chained;
use serde::de::DeserializeOwned;

use crate::Cloud;
use crate::after::volumes::Volumes;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{Chain, ItemKey, KeyRange, application_key, authorisation_key, body_key, code_key, counter_key, register_key};
use crate::keys::kinds::ItemKind;
use crate::store::item::Item;
use crate::store::item_digest::item_name;
use crate::store::item_text::item_text;

/// Certificates read at once.
const AT_ONCE: usize = 16;
/// How often the sheets of a kind are read anew because somebody has moved some meanwhile.
const MAX_ATTEMPTS: usize = 10;

impl Volumes<'_> {
    /// What the table holds of an application, as the lines of a volume; [`RecordsError::Conflict`] where the application is not as it was
    /// `seen` any more, or sheets move all the while.
    pub async fn items(self, seen: &Application, notice: &Notice) -> Result<Vec<u8>, RecordsError> {
        let mut gathered = Gathered { cloud: self.cloud, items: BTreeMap::new() };
        let read_at = self.cloud.clock.now();
        gathered.gather(seen, notice).await?;
        let mut lines = serde_json::to_string(&ItemsHead { format: 1, read_at })? + "\n";
        for item in gathered.items.values() {
            lines += &item_text(item)?;
            lines.push('\n');
        }
        Ok(lines.into_bytes())
    }
}

/// Items by their names, each once.
struct Gathered<'a> {
    cloud: &'a Cloud,
    items: BTreeMap<String, Item>,
}

impl Gathered<'_> {
    async fn gather(&mut self, seen: &Application, notice: &Notice) -> Result<(), RecordsError> {
        self.partition(&application_key(&seen.id).pk).await?;
        self.expect_seen(seen)?;
        self.partition(&Chain::Looks(seen.id.clone()).end_key().pk).await?;
        if let Some(contest) = seen.plan.as_ref().and_then(|plan| plan.authorisation.as_ref()) {
            self.partition(&authorisation_key(contest).pk).await?;
        }
        let allocations: Vec<Allocation> = self.of_kind(ItemKind::Allocation)?;
        self.certificates(&allocations, notice).await?;
        for prefix in prefixes(&allocations) {
            self.one(&counter_key(&prefix)).await?;
        }
        for body in seen.issuing_units().iter().filter_map(|unit| unit.as_str().strip_prefix("body-")) {
            self.body(&serde_json::from_value(body.into())?).await?;
        }
        for key in self.named_elsewhere()? {
            self.one(&key).await?;
        }
        let runs: Vec<rules::sheets::run::Run> = self.of_kind(ItemKind::Run)?;
        for kind in runs.iter().filter_map(|run| run.kind.as_deref()).collect::<BTreeSet<_>>() {
            self.sheets(kind).await?;
        }
        let keys = self.cloud.query_items(&KeyRange::public_keys()).await?;
        self.add(keys)
    }

    fn add(&mut self, items: impl IntoIterator<Item = Item>) -> Result<(), RecordsError> {
        for item in items {
            self.items.insert(item_name(&ItemKey::of(&item)?), item);
        }
        Ok(())
    }

    async fn partition(&mut self, pk: &str) -> Result<(), RecordsError> {
        let items = self.cloud.partition_items(pk).await?;
        self.add(items)
    }

    async fn one(&mut self, key: &ItemKey) -> Result<(), RecordsError> {
        let item = self.cloud.get_item(key).await?;
        self.add(item)
    }

    /// What was read of a kind so far.
    fn of_kind<T: DeserializeOwned>(&self, kind: ItemKind) -> Result<Vec<T>, RecordsError> {
        let is_of_kind = |item: &&Item| ItemKey::of(item).is_ok_and(|key| key.kind() == Some(kind));
        self.items.values().filter(is_of_kind).map(|item| Ok(serde_dynamo::from_item(item.clone())?)).collect()
    }

    fn expect_seen(&self, seen: &Application) -> Result<(), RecordsError> {
        let now: Vec<Application> = self.of_kind(ItemKind::Application)?;
        let is_as_seen = now.iter().all(|now| now.version == seen.version && now.trail == seen.trail);
        if is_as_seen { Ok(()) } else { Err(RecordsError::Conflict) }
    }

    /// The certificates that have a number, each with its corrections.
    async fn certificates(&mut self, allocations: &[Allocation], notice: &Notice) -> Result<(), RecordsError> {
        let codes = allocations.iter().map(|lot| codes_of(lot, notice)).collect::<Result<Vec<_>, _>>()?.concat();
        let cloud = self.cloud;
        let reads = stream::iter(codes).map(async |code| cloud.partition_items(&code_key(&code).pk).await);
        let found: Vec<Vec<Item>> = reads.buffer_unordered(AT_ONCE).try_collect().await?;
        self.add(found.into_iter().flatten())
    }

    async fn body(&mut self, body: &BodyCode) -> Result<(), RecordsError> {
        self.one(&body_key(body)).await?;
        let history = self.cloud.query_items(&Chain::Body(body.clone()).range()).await?;
        self.add(history)
    }

    /// What the trails name in partitions that are read one by one: batches of the publication, numbers of authorisations, places on
    /// lists.
    fn named_elsewhere(&self) -> Result<Vec<ItemKey>, RecordsError> {
        let mut entries: Vec<Chained<AuditEntry>> = self.of_kind(ItemKind::Audit)?;
        entries.extend(self.of_kind::<Chained<AuditEntry>>(ItemKind::History)?);
        let named: BTreeSet<String> = entries.into_iter().flat_map(|chained| chained.entry.items).map(|change| change.item).collect();
        let unread = named.iter().filter(|name| !self.items.contains_key(*name)).filter_map(|name| name.split_once(' '));
        let keys = unread.map(|(pk, sk)| ItemKey::read(pk, sk));
        // The others are of partitions that were read as a whole, and gone; or no items but roots.
        Ok(keys.filter(|key| key.application().is_none() && !key.pk.starts_with("CODE#")).collect())
    }

    /// The sheets of a kind in all hands, as they were at one moment: a sheet that one holder hands over to another is in one book at a
    /// time.
    async fn sheets(&mut self, kind: &str) -> Result<(), RecordsError> {
        for _ in 0..MAX_ATTEMPTS {
            let before = self.cloud.query_items(&KeyRange::books(kind)).await?;
            let items = self.cloud.partition_items(&register_key(kind).pk).await?;
            if before == self.cloud.query_items(&KeyRange::books(kind)).await? {
                let lasts = |item: &Item| ItemKey::of(item).is_ok_and(|key| key.kind() != Some(ItemKind::Destruction));
                return self.add(items.into_iter().filter(lasts));
            }
        }
        Err(RecordsError::Conflict)
    }
}

/// The counters that a lot's numbers were drawn from.
fn prefixes(allocations: &[Allocation]) -> BTreeSet<CodePrefix> {
    let first = allocations.iter().flat_map(|lot| &lot.ranges).map(|range| range.prefix.clone());
    let later = allocations.iter().flat_map(|lot| &lot.later).filter_map(|later| match &later.origin {
        NumberOrigin::Replaces { prefix, .. } => Some(prefix.clone()),
        NumberOrigin::Entered { .. } | NumberOrigin::Renumbered { .. } => None,
    });
    first.chain(later).collect()
}

/// Every number of a lot, those of revoked certificates included.
fn codes_of(lot: &Allocation, notice: &Notice) -> Result<Vec<CertificateCode>, RecordsError> {
    let mut codes: Vec<CertificateCode> = lot.later.iter().map(|later| later.code.clone()).collect();
    let Some(series) = notice.series(lot.certificate_type) else { return Ok(codes) };
    for range in &lot.ranges {
        for rank in 0..range.count {
            let sequence = range.first.checked_add(rank).ok_or_else(|| RecordsError::corrupt("sequence overflow"))?;
            codes.push(range.prefix.code(series, sequence).map_err(RecordsError::corrupt)?);
        }
    }
    Ok(codes)
}
