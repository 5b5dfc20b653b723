//! Hand-out (五、（四）): a lot collected by the organiser, and the certificates in the winners' hands.
//!
//! A collection is one transaction: the application's version and audit entry, the lot's milestone, the collection, which is
//! pending until its list is drawn. What a unit enters of its winners is one transaction too.

use std::collections::{BTreeSet, HashMap};

use rules::after::hand_out::{Changes, Collection, CollectorDocument, HandOut, Place};
use rules::audit::AuditEntry;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::notice::Notice;
use rules::values::lot::LotName;

use crate::Cloud;
use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::Certificate;
use crate::keys::items::{ItemKey, KeyRange, collection_key, hand_out_key};
use crate::store::item::{item, number};
use crate::store::item_digest::written;
use crate::store::table::pending_from;

/// What is entered of a collection.
#[derive(Clone)]
pub struct Collected<'a> {
    /// On which day.
    pub on: jiff::civil::Date,
    /// 经办人
    pub collector: &'a str,
    /// What they showed of themselves, where it was noted.
    pub document: Option<CollectorDocument>,
    /// 备注
    pub remark: Option<&'a str>,
    /// Why it is entered anew; none the first time.
    pub reason: Option<&'a str>,
    /// The position after the last certificate ([`rules::after::hand_out::end`]).
    pub end: u32,
}

/// Collections of lots, and what is handed out to winners.
#[derive(Debug, Clone, Copy)]
pub struct HandOuts<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Collections of lots, and what is handed out to winners.
    pub fn hand_outs(&self) -> HandOuts<'_> {
        HandOuts { cloud: self }
    }
}

impl HandOuts<'_> {
    /// A lot's collection, if it was collected.
    pub async fn collection(self, id: &ApplicationId, lot: &LotName) -> Result<Option<Collection>, RecordsError> {
        self.cloud.get(&collection_key(id, lot)).await
    }

    /// All collections of an application.
    pub async fn collections(self, id: &ApplicationId) -> Result<Vec<Collection>, RecordsError> {
        self.cloud.query(&KeyRange::collections(id)).await
    }

    /// Enters that a lot was collected, and takes it to its last milestone; entered anew, the list is drawn anew.
    /// [`RecordsError::Conflict`] where the application is not as it was seen.
    pub async fn collect(
        self,
        seen: &Application,
        lot: &Allocation,
        collected: Collected<'_>,
        audit: AuditEntry,
    ) -> Result<Collection, RecordsError> {
        let collection = Collection {
            collection_of: seen.id.clone(),
            reviewer: lot.reviewer.clone(),
            certificate_type: lot.certificate_type,
            on: collected.on,
            collector: collected.collector.to_owned(),
            document: collected.document,
            remark: collected.remark.map(str::to_owned),
            number: seen.trail.count + 1,
            end: collected.end,
            without: lot.withdrawn.clone(),
            at: audit.at,
            by: audit.actor.clone(),
        };
        // Who came for it stands in the collection only.
        let mut detail = format!("{} 领取 {} 张", collection.on, collection.count());
        if let Some(reason) = collected.reason {
            detail.push_str(&format!("：{reason}"));
        }
        let reached = (lot.stage() < Some(Stage::HandedOut)).then_some((lot, Stage::HandedOut));
        let key = collection_key(&seen.id, &collection.lot());
        let entered = vec![self.cloud.transact_put(item(&key, &collection, &pending_from(collection.at))?)?];
        let mut actions =
            self.cloud.changes().reaching(seen, reached, audit.with(detail).of_lots([lot.lot()]).changing(written(&entered)?)).await?;
        actions.extend(entered);
        self.cloud.commit(actions).await?;
        Ok(collection)
    }

    /// Takes a collection off the list of pending work.
    pub async fn settle(self, collection: &Collection) -> Result<(), RecordsError> {
        let key = collection_key(&collection.collection_of, &collection.lot());
        // Entered anew meanwhile, it is pending for another list.
        self.cloud.settle(&key, "number", number(collection.number)).await
    }

    /// The certificates at positions of a lot, in that order: those with a number of ours, or the records of those that others issue.
    pub async fn certificates(self, notice: &Notice, lot: &Allocation, positions: &[u32]) -> Result<Vec<Certificate>, RecordsError> {
        let certificates = self.cloud.certificates();
        if notice.prints(lot.certificate_type) {
            let codes = self.cloud.printing().codes_at(lot, positions).await?;
            let codes: Vec<_> = codes.into_iter().map(|(_, code)| code).collect();
            return certificates.by_code(&codes).await;
        }
        let records = certificates.recorded(&lot.of).await?;
        let mut at: HashMap<u32, Certificate> = records.into_iter().map(|record| (record.row, record)).collect();
        let rows: Vec<u32> = lot.rows_recorded().collect();
        let record = |position: &u32| rows.get(*position as usize).and_then(|row| at.remove(row)).ok_or(RecordsError::NotFound);
        positions.iter().map(record).collect()
    }

    /// What is entered of a lot's winners, by position.
    pub async fn of(self, id: &ApplicationId, lot: &LotName) -> Result<Vec<HandOut>, RecordsError> {
        self.cloud.query(&KeyRange::hand_outs(id, lot)).await
    }

    /// What is entered of the certificates at these places.
    pub async fn at(self, id: &ApplicationId, places: &[Place]) -> Result<HashMap<Place, HandOut>, RecordsError> {
        let mut at: HashMap<ItemKey, &Place> = places.iter().map(|place| (hand_out_key(id, &place.0, place.1), place)).collect();
        let keys: Vec<_> = at.keys().map(ItemKey::attributes).collect();
        let mut found = HashMap::new();
        // As many as one request may ask for.
        for hundred in keys.chunks(100) {
            for item in self.cloud.batch_get(hundred.to_vec()).await? {
                if let Some(place) = at.remove(&ItemKey::of(&item)?) {
                    found.insert(place.clone(), serde_dynamo::from_item(item)?);
                }
            }
        }
        Ok(found)
    }

    /// Enters what a unit says of its winners, all or nothing.
    /// Budget: two actions, and one for each certificate.
    pub async fn hand_out(self, seen: &Application, changes: &Changes, audit: AuditEntry) -> Result<(), RecordsError> {
        let key = |lot: &LotName, hand_out: &HandOut| hand_out_key(&seen.id, lot, hand_out.position);
        let mut entered = Vec::new();
        for (lot, hand_out) in &changes.entered {
            entered.push(self.cloud.transact_put_new(item(&key(lot, hand_out), hand_out, &[])?)?);
        }
        for (lot, hand_out, _) in &changes.taken_back {
            entered.push(self.cloud.transact_delete(&key(lot, hand_out))?);
        }
        let taken_back = changes.taken_back.iter().map(|(lot, ..)| lot);
        let lots = changes.entered.iter().map(|(lot, _)| lot).chain(taken_back).cloned();
        let audit = audit.with(said(changes)).of_lots(lots).changing(written(&entered)?);
        let mut actions = self.cloud.audited(seen, Transition::default(), audit).await?;
        actions.extend(entered);
        self.cloud.commit(actions).await
    }
}

/// For the audit trail: which certificates, and why some were taken back; nobody's name.
fn said(changes: &Changes) -> String {
    let mut parts = Vec::new();
    if !changes.entered.is_empty() {
        let numbers: Vec<&str> = changes.entered.iter().map(|(_, hand_out)| hand_out.number.as_str()).collect();
        parts.push(format!("已发放：{}", numbers.join("、")));
    }
    let reasons: BTreeSet<&str> = changes.taken_back.iter().map(|(_, _, reason)| reason.as_str()).collect();
    for reason in reasons {
        let numbers = changes.taken_back.iter().filter(|(_, _, why)| why == reason).map(|(_, hand_out, _)| hand_out.number.as_str());
        parts.push(format!("撤回登记：{}：{reason}", numbers.collect::<Vec<_>>().join("、")));
    }
    parts.join("；")
}
