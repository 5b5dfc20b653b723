//! Reviews on their way (暂存): one for each issuing unit, that its accounts share. The item names an object by its digest, and the digest
//! is what a change of it must have seen.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use rules::issue::application::{ApplicationId, ReviewDraft};
use rules::values::party::IssuingUnit;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::draft_key;
use crate::keys::objects::{ObjectKey, drafts_of};
use crate::store::bucket::digest;
use crate::store::item::{item, text};

/// That there is a draft, and which one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredDraft {
    /// The application.
    pub draft_of: ApplicationId,
    /// Whose review.
    pub reviewer: IssuingUnit,
    /// SHA-256 of what it says, in hex: whoever changes it names what was seen.
    pub digest: String,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// By which account.
    pub saved_by: String,
}

impl StoredDraft {
    fn object(&self) -> ObjectKey {
        ObjectKey::ReviewDraft { application: self.draft_of.clone(), reviewer: self.reviewer.clone(), digest: self.digest.clone() }
    }
}

/// Reviews on their way.
#[derive(Debug, Clone, Copy)]
pub struct Drafts<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Reviews on their way.
    pub fn drafts(&self) -> Drafts<'_> {
        Drafts { cloud: self }
    }
}

impl Drafts<'_> {
    /// A reviewer's draft, if there is one.
    pub async fn get(self, id: &ApplicationId, reviewer: &IssuingUnit) -> Result<Option<(StoredDraft, ReviewDraft)>, RecordsError> {
        let Some(stored) = self.cloud.get::<StoredDraft>(&draft_key(id, reviewer)).await? else { return Ok(None) };
        match self.cloud.read_json(&stored.object()).await {
            Ok(draft) => Ok(Some((stored, draft))),
            // Thrown away by one and saved again by another at once: it is to be saved anew.
            Err(RecordsError::NotFound) => Ok(Some((stored, ReviewDraft::default()))),
            Err(error) => Err(error),
        }
    }

    /// Saves a draft in the place of the one that was `seen`, or where there was none. [`RecordsError::Conflict`] where somebody else has
    /// saved another one since.
    pub async fn save(
        self,
        (id, reviewer): (&ApplicationId, &IssuingUnit),
        draft: &ReviewDraft,
        seen: Option<&str>,
        saved_by: &str,
    ) -> Result<StoredDraft, RecordsError> {
        let bytes = serde_json::to_vec(draft)?;
        let stored = StoredDraft {
            draft_of: id.clone(),
            reviewer: reviewer.clone(),
            digest: digest(&bytes),
            saved_at: self.cloud.clock.now(),
            saved_by: saved_by.to_owned(),
        };
        // The object first: without it the item would name a draft that nobody can read.
        self.cloud.write_once(&stored.object(), "application/json", bytes, None).await?;
        let request = self.cloud.put_alone(item(&draft_key(id, reviewer), &stored, &[])?)?;
        let request = match seen {
            None => request.condition_expression("attribute_not_exists(pk) OR digest = :own"),
            // The same again is what a lost answer leads to.
            Some(seen) => request.condition_expression("digest IN (:seen, :own)").expression_attribute_values(":seen", text(seen)),
        };
        request.expression_attribute_values(":own", text(&stored.digest)).send().await?;
        Ok(stored)
    }

    /// Throws a draft away that was seen, its object included. [`RecordsError::Conflict`] where it is another one by now.
    pub async fn discard(self, id: &ApplicationId, reviewer: &IssuingUnit, seen: &str) -> Result<(), RecordsError> {
        let request = self.cloud.delete_alone(&draft_key(id, reviewer))?;
        let request = request.condition_expression("attribute_not_exists(pk) OR digest = :seen");
        request.set_expression_attribute_values(Some(HashMap::from([(":seen".to_owned(), text(seen))]))).send().await?;
        let object = ObjectKey::ReviewDraft { application: id.clone(), reviewer: reviewer.clone(), digest: seen.to_owned() };
        self.cloud.delete_versions(&object.to_string()).await
    }

    /// For the transaction that decides: the draft goes with it.
    pub(crate) fn deletion(self, id: &ApplicationId, reviewer: &IssuingUnit) -> Result<TransactWriteItem, RecordsError> {
        self.cloud.transact_delete(&draft_key(id, reviewer))
    }

    /// Deletes the objects of all drafts of a review that is decided, for good.
    pub async fn clear_away(self, id: &ApplicationId, reviewer: &IssuingUnit) -> Result<(), RecordsError> {
        self.cloud.delete_versions(&drafts_of(id, reviewer)).await
    }
}
