//! Audited changes: an application's update and its audit entry, always together.

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::application::ApplicationId;
use rules::audit::AuditEntry;
use rules::chain::Chained;

use crate::Cloud;
use crate::application::{Application, Transition, application_key, partition};
use crate::error::RecordsError;
use crate::table::{Cancelled, ItemKey, item};

impl Cloud {
    /// The two actions that every audited change begins with: the application as it was seen moves on by one version,
    /// and the entry is tied to the chain of those before. The application's version guards all that belongs to it:
    /// runs, allocations, certificates.
    pub(crate) fn audited(
        &self,
        seen: &Application,
        transition: Transition,
        audit: AuditEntry,
    ) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let entry = AuditEntry { number: seen.trail.count + 1, ..audit };
        let trail = seen.trail.after(&entry)?;
        let hash = trail.hash.clone();
        let transition = Transition { trail: Some(trail), ..transition };
        let key = ItemKey::new(partition(&seen.id), format!("AUDIT#{:08}", entry.number));
        Ok(vec![
            self.transact_update(&application_key(&seen.id), transition.change(seen)?)?,
            self.transact_put_new(item(&key, &Chained { entry, hash }, &[])?)?,
        ])
    }

    /// Writes an audited change and what goes with it, all or nothing; [`RecordsError::Conflict`] if the application, or
    /// anything else, is not as it was seen.
    pub(crate) async fn commit(&self, actions: Vec<TransactWriteItem>) -> Result<(), RecordsError> {
        self.transact(actions).await.map_err(|cancelled| match cancelled {
            Cancelled::Condition(_) | Cancelled::Contention => RecordsError::Conflict,
            Cancelled::Other(error) => error,
        })
    }

    /// The audit entries of an application, in order.
    pub async fn trail(&self, id: &ApplicationId) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.query(&partition(id), "AUDIT#").await
    }
}
