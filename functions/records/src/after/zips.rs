//! The single PDFs of an application in one file, for whoever may see them: ordered, and made by `archive`.

use jiff::Timestamp;
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

    /// Where the one stands that is there, if there is one.
    pub fn made_as(&self) -> Option<ObjectKey> {
        self.made.as_ref().map(|made| ObjectKey::Zip(self.name(made.seen)))
    }

    /// What the zip of a version is called.
    pub fn name(&self, seen: u64) -> ZipName {
        ZipName { application: self.zip_of.clone(), reviewer: self.reviewer.clone(), seen }
    }
}

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
    /// How far a zip is, if it was ever ordered.
    pub async fn get(self, id: &ApplicationId, reviewer: Option<&IssuingUnit>) -> Result<Option<ZipOrder>, RecordsError> {
        self.cloud.get(&zip_key(id, reviewer)).await
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
