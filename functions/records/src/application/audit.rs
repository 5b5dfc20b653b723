//! Audited changes: an application's update and its audit entry, always together.

use rules::after::announcement::Announcement;
use rules::audit::AuditEntry;

use crate::Cloud;
use crate::application::announcements::Changes;
use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{application_key, audit_key};
use crate::store::item::item;
use crate::store::table::Cancelled;

impl Cloud {
    /// The two actions that every audited change begins with: the application as it was seen moves on by one version,
    /// and the entry is tied to the chain of those before. The application's version guards all that belongs to it:
    /// runs, allocations, certificates. What the world is told of it goes with them.
    pub(crate) async fn audited(&self, seen: &Application, transition: Transition, audit: AuditEntry) -> Result<Changes, RecordsError> {
        let key = application_key(&seen.id);
        let after = transition.after(seen);
        let places = self.filing_places(seen, &transition)?;
        let update = transition.update(seen, audit.at)?;
        // Before its authorisation an application is not fixed yet: materials come in without an entry.
        let audit = match after.status.is_authorised() {
            true => audit.changing([self.made_by(&key, &update).await?]),
            false => audit,
        };
        let entry = AuditEntry { number: seen.trail.count + 1, ..audit };
        let (trail, chained) = seen.trail.append(entry)?;
        let entry = &chained.entry;
        let announcement = Announcement::of(entry, after);
        let mut actions = vec![
            self.transact_item_update(&key, update.set_to("trail", &trail)?, Transition::condition(seen))?,
            self.transact_put_new(item(&audit_key(&seen.id, entry.number), &chained, &[])?)?,
        ];
        actions.extend(places);
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
