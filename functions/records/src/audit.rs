//! The audit trail: an entry in the same transaction as the change it tells of.

use jiff::Timestamp;
use rules::access::Actor;
use serde::{Deserialize, Serialize};

use crate::error::RecordsError;
use crate::keys::ApplicationId;
use crate::table::{Item, ItemKey, item};

/// One change, who made it, on which clause.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Number of the change within the application: its version after the change.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The token's subject; an account, not a person's name.
    pub actor: String,
    /// For whom.
    pub organisation: String,
    /// What was done, e.g. `qualify`.
    pub action: String,
    /// Clause it rests on.
    pub clause: String,
    /// Further facts, e.g. the reason of a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl AuditEntry {
    /// What `actor` did at `at`.
    pub fn new(actor: &Actor, action: &str, clause: &str, at: Timestamp) -> Self {
        Self {
            version: 0,
            at,
            actor: actor.subject.clone(),
            organisation: actor.organisation.clone(),
            action: action.to_owned(),
            clause: clause.to_owned(),
            detail: None,
        }
    }

    pub(crate) fn item(&self, application: &ApplicationId) -> Result<Item, RecordsError> {
        let key = ItemKey::new(format!("APPLICATION#{application}"), format!("AUDIT#{:08}", self.version));
        item(&key, self, &[])
    }
}
