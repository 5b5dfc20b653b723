//! The single PDFs of an application in one file, for whoever may see them: ordered, and made by `archive`.

use jiff::{SignedDuration, Timestamp};
use rules::issue::application::ApplicationId;
use rules::values::party::IssuingUnit;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::zip_key;
use crate::keys::objects::{ObjectKey, ZipName};
use crate::store::indexes::BY_PENDING;
use crate::store::item::{item, number};
use crate::store::table::{Change, pending_from};

/// A zip that was ordered; content of a `zipping/` object too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZipOrder {
    /// The application.
    pub zip_of: ApplicationId,
    /// Whose certificates; none: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<IssuingUnit>,
    /// The application's version when it was ordered.
    pub seen: u64,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// By which account.
    pub ordered_by: String,
    /// The last order that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<MadeZip>,
}

/// A zip that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeZip {
    /// The application's version when it was ordered: it stands under it.
    pub seen: u64,
    /// How many certificates are in it.
    pub certificates: u32,
    /// How many have no PDF, because they could not be printed.
    pub missing: u32,
    /// Its size.
    pub bytes: u64,
    /// When it was made.
    pub at: Timestamp,
}

impl ZipOrder {
    /// Whether it has not been carried out yet.
    pub fn is_open(&self) -> bool {
        self.made.as_ref().is_none_or(|made| made.seen != self.seen)
    }

    /// The order without a zip that the bucket has expired by then; none where it was carried out by that.
    fn kept(self, now: Timestamp) -> Option<Self> {
        let is_gone = self.made.as_ref().is_some_and(|made| now.duration_since(made.at) > KEPT);
        match (is_gone, self.is_open()) {
            (false, _) => Some(self),
            (true, true) => Some(Self { made: None, ..self }),
            (true, false) => None,
        }
    }

    /// Where the one stands that is there, if there is one.
    pub fn made_as(&self) -> Option<ObjectKey> {
        self.made.as_ref().map(|made| ObjectKey::Zip(self.name(made.seen)))
    }

    /// What the zip of a version is called.
    pub fn name(&self, seen: u64) -> ZipName {
        ZipName { application: self.zip_of.clone(), reviewer: self.reviewer.clone(), seen }
    }
}

/// How long a zip can be fetched: a day less than the bucket keeps it (`made-anew-when-asked-for` of template.yaml).
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 29);

/// The zips of certificates.
#[derive(Debug, Clone, Copy)]
pub struct Zips<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// The zips of certificates.
    pub fn zips(&self) -> Zips<'_> {
        Zips { cloud: self }
    }
}

impl Zips<'_> {
    /// How far a zip is, if it was ordered and is still kept.
    pub async fn get(self, id: &ApplicationId, reviewer: Option<&IssuingUnit>) -> Result<Option<ZipOrder>, RecordsError> {
        let order: Option<ZipOrder> = self.cloud.get(&zip_key(id, reviewer)).await?;
        Ok(order.and_then(|order| order.kept(self.cloud.clock.now())))
    }

    /// Orders a zip of the certificates as they stand; where that one is ordered, or made with all
    /// of them in it, it is the answer.
    pub async fn order(self, seen: &Application, reviewer: Option<IssuingUnit>, by: &str) -> Result<ZipOrder, RecordsError> {
        let known = self.get(&seen.id, reviewer.as_ref()).await?;
        let is_whole = |known: &ZipOrder| known.made.as_ref().is_none_or(|made| made.missing == 0);
        if let Some(same) = known.clone().filter(|known| known.seen == seen.version && is_whole(known)) {
            return Ok(same);
        }
        let order = ZipOrder {
            zip_of: seen.id.clone(),
            reviewer,
            seen: seen.version,
            ordered_at: self.cloud.clock.now(),
            ordered_by: by.to_owned(),
            made: known.and_then(|known| known.made).filter(|made| made.seen != seen.version),
        };
        let key = zip_key(&order.zip_of, order.reviewer.as_ref());
        self.cloud.commit(vec![self.cloud.transact_put(item(&key, &order, &pending_from(order.ordered_at))?)?]).await?;
        self.put_order(&order).await?;
        Ok(order)
    }

    /// Puts the object that asks for the zip.
    pub async fn put_order(self, order: &ZipOrder) -> Result<(), RecordsError> {
        self.cloud.write_json(&ObjectKey::Zipping(order.name(order.seen)), order).await
    }

    /// Notes that an order was carried out, unless another one has taken its place.
    pub async fn made(self, order: &ZipOrder, made: &MadeZip) -> Result<(), RecordsError> {
        let change = Change {
            expression: format!("SET made = :made REMOVE {}", BY_PENDING.partition),
            condition: "seen = :seen".to_owned(),
            names: Default::default(),
            values: [(":made".to_owned(), serde_dynamo::to_attribute_value(made)?), (":seen".to_owned(), number(order.seen))].into(),
        };
        let key = zip_key(&order.zip_of, order.reviewer.as_ref());
        match self.cloud.commit(vec![self.cloud.transact_update(&key, change)?]).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_that_the_bucket_has_expired_is_none() {
        let at = |day: i64| Timestamp::from_second(1_655_690_400 + day * 86_400).expect("in range");
        let made = MadeZip { seen: 1, certificates: 1, missing: 0, bytes: 1, at: at(0) };
        let order = |seen| ZipOrder {
            zip_of: ApplicationId::from_bits(7),
            reviewer: None,
            seen,
            ordered_at: at(0),
            ordered_by: "unit-1".to_owned(),
            made: Some(made.clone()),
        };
        assert!(order(1).kept(at(28)).is_some_and(|order| order.made.is_some()));
        assert!(order(1).kept(at(30)).is_none());
        assert!(order(2).kept(at(30)).is_some_and(|order| order.made.is_none()), "it is being made anew");
    }
}
