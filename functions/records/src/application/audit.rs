//! Audited changes: an application's update and its audit entry, always together.

use rules::after::announcement::Announcement;
use rules::audit::{AuditEntry, ItemChange};

use crate::Cloud;
use crate::application::announcements::Changes;
use crate::application::applications::{Application, Transition};
use crate::application::lists::index_attributes;
use crate::keys::items::{application_key, audit_key};
use crate::store::error::RecordsError;
use crate::store::item_digest::{item_digest, item_name};
use crate::store::table::{Cancelled, item};

/// The digest of an application as its change leaves it, with the attributes of the indexes: by them lists find it.
fn application_change(after: &Application) -> Result<ItemChange, RecordsError> {
    let key = application_key(&after.id);
    Ok(ItemChange { item: item_name(&key), was: None, is: Some(item_digest(&item(&key, after, &index_attributes(after))?)) })
}

impl Cloud {
    /// The two actions that every audited change begins with: the application as it was seen moves on by one version,
    /// and the entry is tied to the chain of those before. The application's version guards all that belongs to it:
    /// runs, allocations, certificates. What the world is told of it goes with them.
    pub(crate) fn audited(&self, seen: &Application, transition: Transition, audit: AuditEntry) -> Result<Changes, RecordsError> {
        let after = transition.applied(seen, audit.at);
        // Before its authorisation an application is not fixed yet: materials come in without an entry.
        let audit = if after.status.is_authorised() { audit.changing([application_change(&after)?]) } else { audit };
        let entry = AuditEntry { number: seen.trail.count + 1, ..audit };
        let (trail, chained) = seen.trail.append(entry)?;
        let entry = &chained.entry;
        let announcement = Announcement::of(entry, transition.after(seen));
        let transition = Transition { trail: Some(trail), ..transition };
        let key = audit_key(&seen.id, entry.number);
        let actions = vec![
            self.transact_update(&application_key(&seen.id), transition.change(seen, entry.at)?)?,
            self.transact_put_new(item(&key, &chained, &[])?)?,
        ];
        self.announcing(actions, announcement)
    }

    /// Writes an audited change and what goes with it, all or nothing, and announces it; [`RecordsError::Conflict`] if the
    /// application, or anything else, is not as it was seen.
    pub(crate) async fn commit(&self, changes: impl Into<Changes>) -> Result<(), RecordsError> {
        let Changes { actions, announcements } = changes.into();
        self.transact(actions).await.map_err(|cancelled| match cancelled {
            Cancelled::Condition(_) | Cancelled::Contention => RecordsError::Conflict,
            Cancelled::Other(error) => error,
        })?;
        self.tell(announcements).await;
        Ok(())
    }
}
