//! The holder guard: one item per person, occupation and level. The person stands in the key as an HMAC of the ID
//! number, so that no ID number ever is in a key, a metric or a log (docs/decisions/0004).
//!
//! A claim counts while its application is in the Center's hands: one on an application that is a draft or was returned
//! gives way, so nothing has to be released when an application goes back.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use futures::{StreamExt, TryStreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rules::intake::entry::Entry;
use rules::intake::holder::{self, Holding};
use rules::notice::Notice;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Cloud;
use crate::application::applications::Application;
use crate::keys::items::ItemKey;
use crate::keys::objects::ObjectKey;
use crate::store::error::RecordsError;
use crate::store::table::{Item, item, text};
use rules::issue::application::ApplicationId;

/// Keys in one request (DynamoDB's limit for BatchGetItem).
const BATCH: usize = 100;
/// Requests under way at once.
const AT_ONCE: usize = 16;

/// Who holds an award.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claim {
    claimed_by: ApplicationId,
    claimed_at: Timestamp,
}

/// The key of the HMAC, made once for the table's life.
#[derive(Serialize, Deserialize)]
struct GuardKey {
    hex: String,
}

/// An entry whose award another application holds.
#[derive(Debug, Clone)]
pub struct Taken<'e> {
    /// The entry.
    pub entry: &'e Entry,
    /// What is held.
    pub held: Holding,
    /// Through which application, where it is the same unit's.
    pub through: Option<ApplicationId>,
}

impl Cloud {
    /// The entries whose holders have the award, or a better one, through another application. Claims nothing.
    pub async fn taken<'e>(&self, notice: &Notice, asking: &Application, entries: &'e [Entry]) -> Result<Vec<Taken<'e>>, RecordsError> {
        // Without a key nobody has ever claimed anything.
        let Some(key) = self.known_guard_key().await? else { return Ok(Vec::new()) };
        let mut wanted: BTreeMap<(String, String), (&Entry, Holding)> = BTreeMap::new();
        for entry in entries {
            for held in holder::excluding(notice, &asking.contest, entry) {
                let ItemKey { pk, sk } = claim_key(&key, entry, &held);
                wanted.insert((pk, sk), (entry, held));
            }
        }
        let keys: Vec<Item> = wanted.keys().map(|(pk, sk)| ItemKey::new(pk, sk).attributes()).collect();
        let batches: Vec<Vec<Item>> = keys.chunks(BATCH).map(<[Item]>::to_vec).collect();
        let batches = stream::iter(batches).map(|keys| self.claims(keys));
        let found: Vec<Vec<(ItemKey, Claim)>> = batches.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut holders: HashMap<ApplicationId, Option<Application>> = HashMap::new();
        let mut taken = Vec::new();
        for (key, claim) in found.into_iter().flatten().filter(|(_, claim)| claim.claimed_by != asking.id) {
            if !holders.contains_key(&claim.claimed_by) {
                holders.insert(claim.claimed_by.clone(), self.live(&claim.claimed_by).await?);
            }
            let holder = holders.get(&claim.claimed_by).and_then(Option::as_ref);
            if let (Some(holder), Some((entry, held))) = (holder, wanted.remove(&(key.pk, key.sk))) {
                let through = (holder.unit == asking.unit).then(|| holder.id.clone());
                taken.push(Taken { entry, held, through });
            }
        }
        // One finding per row and kind; the award before the year.
        taken.sort_by_key(|taken| (taken.entry.row, taken.held.clone()));
        taken.dedup_by_key(|taken| (taken.entry.row, matches!(taken.held, Holding::Award { .. })));
        Ok(taken)
    }

    /// Claims every entry's award for the application; how many were lost to another one. Claims of its own earlier
    /// rosters that this one no longer has are given up.
    pub async fn claim(&self, notice: &Notice, application: &Application, version: &str, entries: &[Entry]) -> Result<usize, RecordsError> {
        let (key, id) = (self.guard_key().await?, &application.id);
        let claims = stream::iter(entries).map(|entry| async {
            let won = self.claim_one(id, &claim_key(&key, entry, &holder::claimed(entry))).await?;
            if let Some(noted) = holder::noted(notice, &application.contest, entry) {
                self.claim_one(id, &claim_key(&key, entry, &noted)).await?;
            }
            Ok::<_, RecordsError>(won)
        });
        let won: Vec<bool> = claims.buffer_unordered(AT_ONCE).try_collect().await?;
        self.give_up_earlier(&key, notice, application, version, entries).await?;
        Ok(won.into_iter().filter(|won| !won).count())
    }

    /// Claims what a corrected entry is awarded; whether nobody else has it.
    pub async fn claim_corrected(&self, notice: &Notice, application: &Application, after: &Entry) -> Result<bool, RecordsError> {
        if !self.taken(notice, application, std::slice::from_ref(after)).await?.is_empty() {
            return Ok(false);
        }
        let key = self.guard_key().await?;
        for claim in claim_keys(&key, notice, application, after) {
            if !self.claim_one(&application.id, &claim).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives up what an entry claimed and, after its correction, does not claim any more; all of it, if it was revoked.
    pub async fn release_former(
        &self,
        notice: &Notice,
        application: &Application,
        before: &Entry,
        after: Option<&Entry>,
    ) -> Result<(), RecordsError> {
        let key = self.guard_key().await?;
        let kept = after.map_or_else(Vec::new, |after| claim_keys(&key, notice, application, after));
        for former in claim_keys(&key, notice, application, before).into_iter().filter(|former| !kept.contains(former)) {
            self.release_one(&application.id, former).await?;
        }
        Ok(())
    }

    /// Gives up what the application holds for these entries: they were refused.
    pub async fn release(
        &self,
        notice: &Notice,
        application: &Application,
        entries: impl IntoIterator<Item = &Entry>,
    ) -> Result<(), RecordsError> {
        let key = self.guard_key().await?;
        let keys = entries.into_iter().flat_map(|entry| claim_keys(&key, notice, application, entry));
        stream::iter(keys).map(|key| self.release_one(&application.id, key)).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn give_up_earlier(
        &self,
        key: &[u8; 64],
        notice: &Notice,
        application: &Application,
        version: &str,
        entries: &[Entry],
    ) -> Result<(), RecordsError> {
        let id = &application.id;
        let current = ObjectKey::Entries { application: id.clone(), version: version.to_owned() }.to_string();
        let folder = current.rsplit_once('/').map_or("", |(folder, _)| folder);
        let earlier: Vec<_> = self.list(&format!("{folder}/")).await?.into_iter().filter(|object| object.key != current).collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let claims = |entry: &Entry| claim_keys(key, notice, application, entry);
        let kept: HashSet<ItemKey> = entries.iter().flat_map(claims).collect();
        for object in earlier {
            let entries = parse_entries(&self.read(&object.key, None).await?)?;
            let dropped = entries.iter().flat_map(claims).filter(|key| !kept.contains(key));
            stream::iter(dropped).map(|key| self.release_one(id, key)).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
        Ok(())
    }

    /// Whether the claim is won: nobody had it, or the application itself, or one that is not in the Center's hands.
    async fn claim_one(&self, id: &ApplicationId, key: &ItemKey) -> Result<bool, RecordsError> {
        let Some(holder) = self.try_claim(id, key, id).await? else { return Ok(true) };
        if self.live(&holder).await?.is_some() {
            return Ok(false);
        }
        Ok(self.try_claim(id, key, &holder).await?.is_none())
    }

    /// Claims on condition that nobody or `from` holds it; otherwise who does.
    async fn try_claim(&self, id: &ApplicationId, key: &ItemKey, from: &ApplicationId) -> Result<Option<ApplicationId>, RecordsError> {
        let claim = Claim { claimed_by: id.clone(), claimed_at: self.clock.now() };
        let request = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item(key, &claim, &[])?));
        let request = request.condition_expression("attribute_not_exists(pk) OR claimed_by = :from");
        let request = request.expression_attribute_values(":from", text(from.as_str()));
        let request = request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else { return Ok(None) };
        use aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException;
        match error.as_service_error() {
            Some(ConditionalCheckFailedException(failed)) => match failed.item().and_then(|item| item.get("claimed_by")) {
                Some(AttributeValue::S(holder)) => Ok(Some(ApplicationId::parse(holder).ok_or_else(|| RecordsError::corrupt("a claim"))?)),
                _ => Err(RecordsError::Conflict),
            },
            _ => Err(error.into()),
        }
    }

    async fn release_one(&self, id: &ApplicationId, key: ItemKey) -> Result<(), RecordsError> {
        let request = self.dynamodb.delete_item().table_name(&self.table).set_key(Some(key.attributes()));
        let request = request.condition_expression("claimed_by = :id").expression_attribute_values(":id", text(id.as_str()));
        match request.send().await.map_err(RecordsError::from) {
            Ok(_) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// An application that is in the Center's hands: drafts and returned ones hold nothing.
    async fn live(&self, id: &ApplicationId) -> Result<Option<Application>, RecordsError> {
        match self.application(id).await {
            Ok(application) => Ok(Some(application).filter(|application| application.status.holds_awards())),
            Err(RecordsError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn claims(&self, keys: Vec<Item>) -> Result<Vec<(ItemKey, Claim)>, RecordsError> {
        let claim = |item: Item| Ok((serde_dynamo::from_item(item.clone())?, serde_dynamo::from_item(item)?));
        self.batch_get(keys).await?.into_iter().map(claim).collect()
    }

    /// The key of the HMAC: 64 random bytes (SHA-256's block), made by whoever needs it first.
    async fn guard_key(&self) -> Result<[u8; 64], RecordsError> {
        if let Some(known) = self.known_guard_key().await? {
            return Ok(known);
        }
        let made = GuardKey { hex: hex::encode([rand::random::<[u8; 32]>(), rand::random()].concat()) };
        match self.put_new(item(&guard_key_item(), &made, &[])?).await {
            Ok(()) | Err(RecordsError::Conflict) => self.known_guard_key().await?.ok_or(RecordsError::NotFound),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn known_guard_key(&self) -> Result<Option<[u8; 64]>, RecordsError> {
        let Some(known) = self.get::<GuardKey>(&guard_key_item()).await? else { return Ok(None) };
        let mut key = [0; 64];
        hex::decode_to_slice(known.hex, &mut key).map_err(RecordsError::corrupt)?;
        Ok(Some(key))
    }
}

fn guard_key_item() -> ItemKey {
    ItemKey::new("GUARD", "KEY")
}

/// The items of everything that an entry claims.
fn claim_keys(key: &[u8; 64], notice: &Notice, application: &Application, entry: &Entry) -> Vec<ItemKey> {
    let noted = holder::noted(notice, &application.contest, entry);
    [holder::claimed(entry)].into_iter().chain(noted).map(|held| claim_key(key, entry, &held)).collect()
}

/// The item of a holder's award: kind of document and number, keyed and hashed.
fn claim_key(key: &[u8; 64], entry: &Entry, held: &Holding) -> ItemKey {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(entry.document_type.as_bytes());
    mac.update(&[0]);
    mac.update(entry.document_number.reveal().as_bytes());
    ItemKey::new(format!("HOLDER#{}", hex::encode(mac.finalize().into_bytes())), held.to_string())
}

/// One JSON object a line.
pub(crate) fn parse_entries(bytes: &[u8]) -> Result<Vec<Entry>, RecordsError> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| Ok(serde_json::from_slice(line)?)).collect()
}
