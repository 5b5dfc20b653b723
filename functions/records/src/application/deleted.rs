//! Applications of which no certificate came and that were deleted: by their units, or when the time was over that such data is kept. What
//! is in the table goes at once; what stays is that there was one, with the end of its trail, so that the audit still adds up
//! (docs/decisions/0016). Its objects, and where its winners were found, go when no upload form can be used any more.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use rules::audit::AuditEntry;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::values::chain::Head;
use serde::{Deserialize, Serialize};

use crate::application::applications::Applications;
use crate::application::holders::parse_entries;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, allocation_key, application_key, audit_key, deleted_key, material_key, share_key};
use crate::keys::objects::{entries_of, folders_without_certificates};
use crate::store::item::{item, number, text};
use crate::store::item_digest::written;
use crate::store::table::pending_from;

/// After the deletion, until the objects go: twice as long as an upload form can be used, so that nothing comes in after them.
const OBJECTS_STAY: SignedDuration = SignedDuration::from_hours(1);

/// What stays of a deleted application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeletedApplication {
    /// Its id; no other one ever has it.
    pub id: ApplicationId,
    /// The organisation that handed it in: its uploads lie in a folder of that name.
    pub handed_in_by: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// The end of the chain of its audit entries, the deletion's included.
    #[serde(default)]
    pub trail: Head,
}

impl DeletedApplication {
    /// From when on its objects are to go.
    pub fn objects_go_at(&self) -> Timestamp {
        self.deleted_at.checked_add(OBJECTS_STAY).unwrap_or(self.deleted_at)
    }
}

impl Applications<'_> {
    /// Deletes an application that was never authorised, or whose rows were all refused, with all that stands in the table of it, on
    /// condition of the version seen. [`RecordsError::Conflict`] where it is not as it was seen, or may not be deleted as it stands.
    pub async fn delete(self, seen: &Application, audit: AuditEntry) -> Result<(), RecordsError> {
        let lots = self.cloud.allocations().of(&seen.id).await?;
        let is_refused = seen.status == Status::Qualified && !lots.is_empty() && lots.iter().all(Allocation::is_refused_in_full);
        if !(seen.status.can_be_deleted() && seen.plan.is_none() || is_refused) {
            return Err(RecordsError::Conflict);
        }
        let verdicts = self.all_verdicts(&seen.id).await?;
        let of_verdicts = verdicts.iter().map(|verdict| material_key(&seen.id, verdict.material));
        let of_lots = lots.iter().map(|lot| allocation_key(&seen.id, &lot.lot()));
        let of_reviewers = seen.plan.iter().flat_map(|plan| &plan.reviewers).map(|reviewer| share_key(&seen.id, reviewer));
        let keys: Vec<ItemKey> = of_verdicts.chain(of_lots).chain(of_reviewers).collect();
        let mut actions = vec![self.deletion(seen)?];
        actions.extend(keys.iter().map(|key| self.cloud.transact_delete(key)).collect::<Result<Vec<_>, _>>()?);
        let deleted = |trail| DeletedApplication { id: seen.id.clone(), handed_in_by: seen.unit.clone(), deleted_at: audit.at, trail };
        let put = |trail| self.cloud.transact_put_new(item(&deleted_key(&seen.id), &deleted(trail), &pending_from(audit.at))?);
        // A digest leaves out the end of the chain that it goes into.
        let changed = [written(&actions)?, written(&[put(Head::default())?])?].concat();
        let entry = AuditEntry { number: seen.trail.count + 1, ..audit.clone() }.changing(changed);
        let (trail, chained) = seen.trail.append(entry)?;
        actions.push(self.cloud.transact_put_new(item(&audit_key(&seen.id, chained.entry.number), &chained, &[])?)?);
        actions.push(put(trail)?);
        self.cloud.commit(actions).await
    }

    fn deletion(self, seen: &Application) -> Result<TransactWriteItem, RecordsError> {
        let delete = Delete::builder().table_name(&self.cloud.table).set_key(Some(application_key(&seen.id).attributes()));
        let delete = delete.condition_expression("version = :seen AND #status = :was");
        let delete = delete.expression_attribute_names("#status", "status");
        let delete = delete.expression_attribute_values(":seen", number(seen.version));
        let delete = delete.expression_attribute_values(":was", text(seen.status.name()));
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    /// Deletes the objects of a deleted application for good, every version of them, with what led to its winners, and takes it off the list
    /// of pending work.
    pub async fn clear_away(self, deleted: &DeletedApplication) -> Result<(), RecordsError> {
        for roster in self.cloud.list(&entries_of(&deleted.id)).await? {
            let entries = parse_entries(&self.cloud.read(&roster.key, None).await?)?;
            self.cloud.people().forget(&deleted.id, &entries).await?;
            self.cloud.holders().forget(&deleted.id, &entries).await?;
        }
        for folder in folders_without_certificates(&deleted.handed_in_by, &deleted.id) {
            self.cloud.delete_versions(&folder).await?;
        }
        self.cloud.settle(&deleted_key(&deleted.id), "handed_in_by", text(&deleted.handed_in_by)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stay_until_no_form_can_be_used() {
        let deleted_at = Timestamp::from_second(1_655_690_400).expect("in range");
        let deleted =
            DeletedApplication { id: ApplicationId::from_bits(7), handed_in_by: "unit-1".to_owned(), deleted_at, trail: Head::default() };
        assert_eq!(deleted.objects_go_at(), deleted_at + SignedDuration::from_mins(60));
    }
}
