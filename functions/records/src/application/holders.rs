//! The holder guard: one item per person, occupation and level. The person stands in the key as an HMAC of the kind of
//! document and its number, so that no ID number ever is in a key, a metric or a log (docs/decisions/0004).
//!
//! A claim counts while its application is in the Center's hands: one on an application that is a draft or was returned
//! gives way, so nothing has to be released when an application goes back. Whoever takes such a claim over makes sure, in
//! the same transaction, that the application that had it is still as it was seen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use futures::{StreamExt, TryStreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use rules::intake::entry::Entry;
use rules::intake::holder::{self, Holding, Through};
use rules::issue::status::Status;
use rules::notice::Notice;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Cloud;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, application_key, holder_key};
use crate::keys::objects::ObjectKey;
use crate::store::item::{Item, item, number, text};
use crate::store::table::Cancelled;
use rules::issue::application::ApplicationId;

/// Keys in one request (DynamoDB's limit for BatchGetItem).
const BATCH: usize = 100;
/// Requests under way at once.
const AT_ONCE: usize = 16;
/// How often an application that registers looks again at awards that a later one holds and is about to give up.
const MAX_ATTEMPTS: usize = 40;
/// Between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Who holds an award. Nothing else stands in it: the audit proves it from the certificates (docs/decisions/0016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) claimed_by: ApplicationId,
    /// Row of the roster: a correction moves the claims of its own row only.
    pub(crate) claimed_row: u32,
}

/// An entry whose award somebody else holds.
#[derive(Debug, Clone)]
pub struct Taken<'e> {
    /// The entry.
    pub entry: &'e Entry,
    /// What is held.
    pub held: Holding,
    /// Through which application.
    pub through: Arc<Application>,
}

impl Taken<'_> {
    /// What a unit is told of it.
    pub fn for_unit(&self, unit: &str) -> Through<'_> {
        if self.through.unit == unit { Through::Own(self.through.id.as_str()) } else { Through::Others }
    }

    /// What the Center is told of it.
    pub fn for_the_center(&self) -> Through<'_> {
        let Application { id, unit, contest, .. } = &*self.through;
        Through::Named { application: id.as_str(), unit, contest: &contest.name }
    }
}

/// What became of an attempt to claim an award.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Won,
    Lost,
    /// An application that was submitted later holds it and is not through with its own registration: it will give way.
    Later,
}

/// Who holds which award: claims, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Holders<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Who holds which award: claims, and what is known of them.
    pub fn holders(&self) -> Holders<'_> {
        Holders { cloud: self }
    }
}

impl Holders<'_> {
    /// The entries whose holders have the award, or a better one, through another application. Claims nothing.
    pub async fn taken<'e>(self, notice: &Notice, asking: &Application, entries: &'e [Entry]) -> Result<Vec<Taken<'e>>, RecordsError> {
        self.taken_unless(notice, asking, entries, |claim, _| claim.claimed_by == asking.id).await
    }

    /// What a corrected row would be given and somebody else has: through another application, or by another row of its own.
    pub async fn taken_from_row<'e>(
        self,
        notice: &Notice,
        asking: &Application,
        corrected: &'e Entry,
    ) -> Result<Vec<Taken<'e>>, RecordsError> {
        let own = |claim: &Claim, entry: &Entry| claim.is_of(&asking.id, entry.row);
        self.taken_unless(notice, asking, std::slice::from_ref(corrected), own).await
    }

    async fn taken_unless<'e>(
        self,
        notice: &Notice,
        asking: &Application,
        entries: &'e [Entry],
        is_own: impl Fn(&Claim, &Entry) -> bool,
    ) -> Result<Vec<Taken<'e>>, RecordsError> {
        // Without a key nobody has ever claimed anything.
        let Some(key) = self.cloud.known_guard_key().await? else { return Ok(Vec::new()) };
        let mut wanted: BTreeMap<(String, String), (&Entry, Holding)> = BTreeMap::new();
        for entry in entries {
            for held in holder::excluding(notice, &asking.contest, entry) {
                let ItemKey { pk, sk } = claim_key(&key, entry, &held);
                wanted.insert((pk, sk), (entry, held));
            }
        }
        let keys: Vec<Item> = wanted.keys().map(|(pk, sk)| ItemKey::read(pk, sk).attributes()).collect();
        let batches: Vec<Vec<Item>> = keys.chunks(BATCH).map(<[Item]>::to_vec).collect();
        let batches = stream::iter(batches).map(|keys| self.claims(keys));
        let found: Vec<Vec<(ItemKey, Claim)>> = batches.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut holders: HashMap<ApplicationId, Option<Arc<Application>>> = HashMap::new();
        let mut taken = Vec::new();
        for (key, claim) in found.into_iter().flatten() {
            let Some((entry, held)) = wanted.remove(&(key.pk, key.sk)) else { continue };
            if is_own(&claim, entry) {
                continue;
            }
            if !holders.contains_key(&claim.claimed_by) {
                let holder = self.active_application(&claim.claimed_by).await?.map(Arc::new);
                holders.insert(claim.claimed_by.clone(), holder);
            }
            if let Some(through) = holders.get(&claim.claimed_by).and_then(Clone::clone) {
                taken.push(Taken { entry, held, through });
            }
        }
        // One finding per row and kind; the award before the year.
        taken.sort_by_key(|taken| (taken.entry.row, taken.held.clone()));
        taken.dedup_by_key(|taken| (taken.entry.row, matches!(taken.held, Holding::Award { .. })));
        Ok(taken)
    }

    /// Claims every entry's award for the application; how many were lost to another one.
    ///
    /// Of two applications that register at once, the one submitted first waits for the other, which gives up: so one of
    /// them gets the award. [`RecordsError::Conflict`], where the other has not given up yet: to be tried again.
    pub async fn claim(self, notice: &Notice, application: &Application, entries: &[Entry]) -> Result<usize, RecordsError> {
        let key = &self.cloud.guard_key().await?;
        let mut open: Vec<&Entry> = entries.iter().collect();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            let claims = stream::iter(open).map(|entry| async move {
                let outcome = self.claim_one(application, &award_key(key, entry), entry.row).await?;
                if let Some(noted) = holder::noted(notice, &application.contest, entry) {
                    self.claim_one(application, &claim_key(key, entry, &noted), entry.row).await?;
                }
                Ok::<_, RecordsError>((entry, outcome))
            });
            let outcomes: Vec<(&Entry, Outcome)> = claims.buffer_unordered(AT_ONCE).try_collect().await?;
            let lost = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Lost).count();
            open = outcomes.into_iter().filter(|(_, outcome)| *outcome == Outcome::Later).map(|(entry, _)| entry).collect();
            if lost > 0 || open.is_empty() {
                return Ok(lost);
            }
        }
        Err(RecordsError::Conflict)
    }

    /// The actions by which the claims of a row go over from what it was to what it is after a change, or are given up, where
    /// it was revoked: they belong into the transaction of the change. [`RecordsError::Conflict`], where somebody else has the
    /// award, or a better one.
    pub(crate) async fn move_claims(
        self,
        notice: &Notice,
        application: &Application,
        before: &Entry,
        after: Option<&Entry>,
    ) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let key = self.cloud.guard_key().await?;
        let former = claim_keys(&key, notice, application, before);
        let wanted = after.map_or_else(Vec::new, |after| claim_keys(&key, notice, application, after));
        let better = after.filter(|_| wanted.first() != former.first()).map_or_else(Vec::new, |after| {
            let excluding = holder::excluding(notice, &application.contest, after).into_iter();
            excluding.filter(|held| matches!(held, Holding::Award { .. })).map(|held| claim_key(&key, after, &held)).collect()
        });
        let all: HashSet<&ItemKey> = former.iter().chain(&wanted).chain(&better).collect();
        let known = self.claims(all.into_iter().map(ItemKey::attributes).collect()).await?.into_iter().collect();
        let mut moved = ClaimMove { holders: self, application, row: before.row, known, checked: BTreeMap::new(), actions: Vec::new() };
        for key in former.iter().filter(|key| !wanted.contains(key)) {
            moved.give_up(key)?;
        }
        for (place, key) in wanted.iter().enumerate().filter(|(_, key)| !former.contains(key)) {
            // The award is first; what else is claimed is only noted.
            moved.take(key, place == 0).await?;
        }
        for key in better.iter().filter(|key| !wanted.contains(key)) {
            moved.make_sure_of(key).await?;
        }
        moved.finish()
    }

    /// Claims anew what these entries hold, in a table whose claims are gone; what is claimed already stays. The audit shows whether
    /// somebody else has it.
    pub async fn claim_anew(
        self,
        notice: &Notice,
        application: &Application,
        entries: impl IntoIterator<Item = &Entry>,
    ) -> Result<(), RecordsError> {
        let key = self.cloud.guard_key().await?;
        let claims = entries.into_iter().flat_map(|entry| {
            let claim = Claim { claimed_by: application.id.clone(), claimed_row: entry.row };
            claim_keys(&key, notice, application, entry).into_iter().map(move |key| (key, claim.clone()))
        });
        let put = async |(key, claim): (ItemKey, Claim)| match self.cloud.put_new(item(&key, &claim, &[])?).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        };
        stream::iter(claims).map(put).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Gives up what the application holds for these entries: they were refused.
    pub async fn release(
        self,
        notice: &Notice,
        application: &Application,
        entries: impl IntoIterator<Item = &Entry>,
    ) -> Result<(), RecordsError> {
        let key = self.cloud.guard_key().await?;
        let keys = entries
            .into_iter()
            .flat_map(|entry| claim_keys(&key, notice, application, entry).into_iter().map(|key| (key, Some(entry.row))));
        stream::iter(keys).map(|(key, row)| self.release_one(&application.id, row, key)).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Gives up the awards that the rows of a deleted application had.
    pub(crate) async fn forget(self, id: &ApplicationId, entries: &[Entry]) -> Result<(), RecordsError> {
        let Some(key) = self.cloud.known_guard_key().await? else { return Ok(()) };
        let keys = entries.iter().map(|entry| award_key(&key, entry));
        stream::iter(keys).map(|key| self.release_one(id, None, key)).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Gives up what earlier rosters of the application claimed and the one of this version does not claim any more.
    pub async fn give_up_earlier(
        self,
        notice: &Notice,
        application: &Application,
        version: &str,
        entries: &[Entry],
    ) -> Result<(), RecordsError> {
        let key = &self.cloud.guard_key().await?;
        let id = &application.id;
        let current = ObjectKey::Entries { application: id.clone(), version: version.to_owned() }.to_string();
        let folder = current.rsplit_once('/').map_or("", |(folder, _)| folder);
        let earlier: Vec<_> = self.cloud.list(&format!("{folder}/")).await?.into_iter().filter(|object| object.key != current).collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let claims = |entry: &Entry| claim_keys(key, notice, application, entry);
        let kept: HashSet<ItemKey> = entries.iter().flat_map(claims).collect();
        for object in earlier {
            let entries = parse_entries(&self.cloud.read(&object.key, None).await?)?;
            let dropped = entries.iter().flat_map(claims).filter(|key| !kept.contains(key));
            stream::iter(dropped).map(|key| self.release_one(id, None, key)).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
        Ok(())
    }

    /// Claims on behalf of a row; won, where nobody had it, or the application itself, or one that is not in the Center's hands.
    async fn claim_one(self, asking: &Application, key: &ItemKey, row: u32) -> Result<Outcome, RecordsError> {
        let claim = Claim { claimed_by: asking.id.clone(), claimed_row: row };
        // A holder that changes while it is looked at is looked at again.
        for _ in 0..MAX_ATTEMPTS {
            let Some(holder) = self.try_claim(key, &claim).await? else { return Ok(Outcome::Won) };
            let known = self.application_if_any(&holder).await?;
            match &known {
                Some(other) if other.status == Status::Registering && asking.is_before(other) => return Ok(Outcome::Later),
                Some(other) if other.status.holds_awards() => return Ok(Outcome::Lost),
                _ => {}
            }
            let actions = vec![self.put_claim(key, &claim, Some(&holder))?, self.unchanged(&holder, known.as_ref())?];
            match self.cloud.transact(actions).await {
                Ok(()) => return Ok(Outcome::Won),
                Err(Cancelled::Condition(_) | Cancelled::Contention) => {}
                Err(Cancelled::Other(error)) => return Err(error),
            }
        }
        Err(RecordsError::Conflict)
    }

    /// Claims on condition that nobody else holds it; otherwise who does.
    async fn try_claim(self, key: &ItemKey, claim: &Claim) -> Result<Option<ApplicationId>, RecordsError> {
        let request = self.cloud.put_alone(item(key, claim, &[])?)?;
        let request = request.condition_expression("attribute_not_exists(pk) OR claimed_by = :own");
        let request = request.expression_attribute_values(":own", text(claim.claimed_by.as_str()));
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

    /// For a transaction: the claim, on condition that `from` has it, or nobody.
    fn put_claim(self, key: &ItemKey, claim: &Claim, from: Option<&ApplicationId>) -> Result<TransactWriteItem, RecordsError> {
        let put = Put::builder().table_name(&self.cloud.table).set_item(Some(item(key, claim, &[])?));
        let put = match from {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(from) => put.condition_expression("claimed_by = :from").expression_attribute_values(":from", text(from.as_str())),
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// For a transaction: an application is as it was seen, or still is not there.
    fn unchanged(self, id: &ApplicationId, seen: Option<&Application>) -> Result<TransactWriteItem, RecordsError> {
        let check = ConditionCheck::builder().table_name(&self.cloud.table).set_key(Some(application_key(id).attributes()));
        let check = match seen {
            None => check.condition_expression("attribute_not_exists(pk)"),
            Some(seen) => check.condition_expression("version = :seen").expression_attribute_values(":seen", number(seen.version)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }

    /// Gives a claim up, where the application still has it; one of that row only, if a row is named.
    async fn release_one(self, id: &ApplicationId, row: Option<u32>, key: ItemKey) -> Result<(), RecordsError> {
        let request = self.cloud.delete_alone(&key)?;
        let request = request.expression_attribute_values(":id", text(id.as_str()));
        let request = match row {
            None => request.condition_expression("claimed_by = :id"),
            Some(row) => {
                request.condition_expression("claimed_by = :id AND claimed_row = :row").expression_attribute_values(":row", number(row))
            }
        };
        match request.send().await.map_err(RecordsError::from) {
            Ok(_) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn application_if_any(self, id: &ApplicationId) -> Result<Option<Application>, RecordsError> {
        match self.cloud.applications().get(id).await {
            Ok(application) => Ok(Some(application)),
            Err(RecordsError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An application that is in the Center's hands: drafts and returned ones hold nothing.
    async fn active_application(self, id: &ApplicationId) -> Result<Option<Application>, RecordsError> {
        Ok(self.application_if_any(id).await?.filter(|application| application.status.holds_awards()))
    }

    async fn claims(self, keys: Vec<Item>) -> Result<Vec<(ItemKey, Claim)>, RecordsError> {
        let claim = |item: Item| Ok((serde_dynamo::from_item(item.clone())?, serde_dynamo::from_item(item)?));
        self.cloud.batch_get(keys).await?.into_iter().map(claim).collect()
    }
}

impl Claim {
    fn is_of(&self, id: &ApplicationId, row: u32) -> bool {
        self.claimed_by == *id && self.claimed_row == row
    }
}

impl Application {
    /// Which of two applications that register at once goes first: the one that was submitted first.
    fn is_before(&self, other: &Self) -> bool {
        let place = |application: &Self| (application.submitted_at.is_none(), application.submitted_at, application.id.to_string());
        place(self) < place(other)
    }
}

/// The claims of one row on their way to another person or level, as the actions of a transaction.
struct ClaimMove<'a> {
    holders: Holders<'a>,
    application: &'a Application,
    row: u32,
    known: HashMap<ItemKey, Claim>,
    /// Applications whose claims give way, each checked once: a transaction holds an item once.
    checked: BTreeMap<String, TransactWriteItem>,
    actions: Vec<TransactWriteItem>,
}

impl ClaimMove<'_> {
    /// Gives up what the row has.
    fn give_up(&mut self, key: &ItemKey) -> Result<(), RecordsError> {
        if self.known.get(key).is_some_and(|claim| claim.is_of(&self.application.id, self.row)) {
            let delete = Delete::builder().table_name(&self.holders.cloud.table).set_key(Some(key.attributes()));
            let delete = delete.condition_expression("claimed_by = :id AND claimed_row = :row");
            let delete = delete.expression_attribute_values(":id", text(self.application.id.as_str()));
            let delete = delete.expression_attribute_values(":row", number(self.row));
            self.actions.push(TransactWriteItem::builder().delete(delete.build()?).build());
        }
        Ok(())
    }

    /// Claims what the row is given now; what is only noted is left to whoever has it.
    async fn take(&mut self, key: &ItemKey, is_award: bool) -> Result<(), RecordsError> {
        match self.giving_way(key).await {
            Err(RecordsError::Conflict) if !is_award => return Ok(()),
            Err(error) => return Err(error),
            Ok(from) => {
                let claim = Claim { claimed_by: self.application.id.clone(), claimed_row: self.row };
                self.actions.push(self.holders.put_claim(key, &claim, from.as_ref())?);
            }
        }
        Ok(())
    }

    /// Nobody has it when the transaction goes through.
    async fn make_sure_of(&mut self, key: &ItemKey) -> Result<(), RecordsError> {
        // What the row has itself it gives up.
        if self.known.get(key).is_some_and(|claim| claim.is_of(&self.application.id, self.row)) {
            return Ok(());
        }
        let from = self.giving_way(key).await?;
        let check = ConditionCheck::builder().table_name(&self.holders.cloud.table).set_key(Some(key.attributes()));
        let check = match from {
            None => check.condition_expression("attribute_not_exists(pk)"),
            Some(from) => check.condition_expression("claimed_by = :from").expression_attribute_values(":from", text(from.as_str())),
        };
        self.actions.push(TransactWriteItem::builder().condition_check(check.build()?).build());
        Ok(())
    }

    /// Who has a claim that gives way; [`RecordsError::Conflict`] where it does not.
    async fn giving_way(&mut self, key: &ItemKey) -> Result<Option<ApplicationId>, RecordsError> {
        let Some(claim) = self.known.get(key) else { return Ok(None) };
        let holder = self.holders.application_if_any(&claim.claimed_by).await?;
        if claim.claimed_by == self.application.id || holder.as_ref().is_some_and(|holder| holder.status.holds_awards()) {
            return Err(RecordsError::Conflict);
        }
        let check = self.holders.unchanged(&claim.claimed_by, holder.as_ref())?;
        self.checked.insert(claim.claimed_by.to_string(), check);
        Ok(Some(claim.claimed_by.clone()))
    }

    fn finish(self) -> Result<Vec<TransactWriteItem>, RecordsError> {
        Ok(self.actions.into_iter().chain(self.checked.into_values()).collect())
    }
}

/// The items of everything that an entry claims.
fn claim_keys(key: &[u8; 64], notice: &Notice, application: &Application, entry: &Entry) -> Vec<ItemKey> {
    let noted = holder::noted(notice, &application.contest, entry);
    [holder::claimed(entry)].into_iter().chain(noted).map(|held| claim_key(key, entry, &held)).collect()
}

/// The item that says who has the award of this entry.
pub(crate) fn award_key(key: &[u8; 64], entry: &Entry) -> ItemKey {
    claim_key(key, entry, &holder::claimed(entry))
}

/// The item of a holder's award: kind of document and number, keyed and hashed.
fn claim_key(key: &[u8; 64], entry: &Entry, held: &Holding) -> ItemKey {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(entry.document_kind.name().as_bytes());
    mac.update(&[0]);
    mac.update(entry.document_number.reveal().as_bytes());
    holder_key(&mac.finalize().into_bytes(), held)
}

/// One JSON object a line.
pub(crate) fn parse_entries(bytes: &[u8]) -> Result<Vec<Entry>, RecordsError> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| Ok(serde_json::from_slice(line)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(word: &str, kind: &str) -> Entry {
        let value = serde_json::json!({
            "row": 2, "name": "张测试", "gender": "男", "document_type": word, "document_kind": kind, "document_number": "E12345678",
            "phone": "10000000001", "employer": "样例公司", "occupation": "车工", "occupation_code": "6-18-01-01", "level": 3,
            "event": "车工", "award": "一等奖",
        });
        serde_json::from_value(value).expect("an entry")
    }

    #[test]
    fn a_document_type_under_another_word_is_the_same_person() {
        let key = |entry: &Entry| award_key(&[7; 64], entry);
        let passport = key(&entry("中国护照", "chinese_passport"));
        assert_eq!(passport, key(&entry("护照", "chinese_passport")));
        assert_ne!(passport, key(&entry("中国护照", "foreign_passport")));
    }

    /// Golden: such keys stand in tables, and the audit makes them anew from the certificates.
    #[test]
    fn a_claims_key_of_version_1() {
        let ItemKey { pk, sk } = award_key(&[7; 64], &entry("护照", "chinese_passport"));
        assert_eq!(
            (pk.as_str(), sk.as_str()),
            ("HOLDER#ff3f3d2da0a8fad599378fde2b14789ce9810fe07d5e3ad0d216dc993f10cb0a", "AWARD#6-18-01-01#3")
        );
    }
}
