//! Who had personal data shown. Each look is an entry of a chain beside the application's trail: proven like it, and no look makes the
//! version old that somebody is deciding on.

use std::time::Duration;

use rules::audit::AuditEntry;
use rules::issue::application::ApplicationId;
use rules::values::party::Applicant;

use crate::Cloud;
use crate::application::chains::ChainEnd;
use crate::error::RecordsError;
use crate::keys::items::{Chain, LAST_ENTRY};
use crate::store::item::item;
use crate::store::table::Cancelled;

/// How often an entry is tried again where others enter theirs at once.
const MAX_ATTEMPTS: usize = 20;
/// The longest pause before that, in milliseconds.
const MAX_PAUSE: u64 = 50;

/// Who looked at what.
#[derive(Debug, Clone, Copy)]
pub struct Looks<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Who looked at what.
    pub fn looks(&self) -> Looks<'_> {
        Looks { cloud: self }
    }
}

impl Looks<'_> {
    /// Enters that somebody had something of an application shown, before it is shown.
    pub async fn enter(self, id: &ApplicationId, audit: AuditEntry) -> Result<(), RecordsError> {
        self.append(&Chain::Looks(id.clone()), audit).await
    }

    /// Enters what an account of that party searched for, before anything is told.
    pub async fn enter_search(self, party: &Applicant, audit: AuditEntry) -> Result<(), RecordsError> {
        self.append(&Chain::Searches(party.clone()), audit).await
    }

    /// At most `size` of the looks at an application after the first `count`, in order.
    pub async fn page(self, id: &ApplicationId, count: u64, size: usize) -> Result<Vec<AuditEntry>, RecordsError> {
        let chain = Chain::Looks(id.clone());
        self.cloud.entries_between(&chain.entry_key(count.min(LAST_ENTRY - 1) + 1), &chain.entry_key(LAST_ENTRY), size).await
    }

    /// [`RecordsError::Conflict`] where others enter something all the while.
    async fn append(self, chain: &Chain, audit: AuditEntry) -> Result<(), RecordsError> {
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(rand::random_range(1..=MAX_PAUSE))).await;
            }
            let seen = self.cloud.end_of(chain).await?;
            let (trail, entry) = self.cloud.entered_in(chain, &seen, audit.clone())?;
            let end = self.cloud.put_end(item(&chain.end_key(), &ChainEnd { trail }, &[])?, &seen)?;
            match self.cloud.transact(vec![entry, end]).await {
                Ok(()) => return Ok(()),
                Err(Cancelled::Condition(_) | Cancelled::Contention) => {}
                Err(Cancelled::Other(error)) => return Err(error),
            }
        }
        Err(RecordsError::Conflict)
    }
}
