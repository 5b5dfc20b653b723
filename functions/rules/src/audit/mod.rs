//! The audit trail: who changed what, on which clause, one chain of hashes per application.

mod action;
mod proof;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::action::{AuditAction, AuditSubject};
pub use self::proof::{Fact, Fault, FaultCode, Proof, prove, rewritten};
use crate::numbers::code::CertificateCode;
use crate::values::party::Actor;

/// Actor of what no person did.
const SYSTEM: &str = "system";

/// One change, who made it, on which clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Number of the entry within the application, from 1.
    pub number: u64,
    /// The moment of the change.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// The token's subject; an account, not a person's name.
    pub actor: String,
    /// For whom.
    pub organisation: String,
    /// What was done.
    pub action: AuditAction,
    /// Clause it rests on.
    pub clause: String,
    /// The certificate it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// Further facts, e.g. the reason of a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What became of the items that the change wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemChange>,
}

/// What a change made of an item of the table: digests of what stands in it, nothing of it itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemChange {
    /// Its key; or `CERTIFICATES#…` and `RECORDS#…`, of which it is the root over a hundred.
    pub item: String,
    /// Digest before it, of an update: the one of the entry before, if nobody has changed the item past the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Digest after it; none where it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

impl AuditEntry {
    /// What `actor` did at `at`; its number is given when it is written.
    pub fn new(actor: &Actor, action: AuditAction, clause: &str, at: Timestamp) -> Self {
        Self {
            number: 0,
            at,
            actor: actor.subject.clone(),
            organisation: actor.organisation.clone(),
            action,
            clause: clause.to_owned(),
            code: None,
            detail: None,
            items: Vec::new(),
        }
    }

    /// What a function of the system did by itself at `at`, for nobody.
    pub fn of_the_system(action: AuditAction, at: Timestamp) -> Self {
        Self {
            number: 0,
            at,
            actor: SYSTEM.to_owned(),
            organisation: SYSTEM.to_owned(),
            action,
            clause: String::new(),
            code: None,
            detail: None,
            items: Vec::new(),
        }
    }

    /// The same, with what became of further items.
    #[must_use]
    pub fn changing(mut self, items: impl IntoIterator<Item = ItemChange>) -> Self {
        self.items.extend(items);
        self
    }

    /// The same, with a fact more.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Whether it is about a certificate, or wrote it.
    pub(crate) fn tells_of(&self, code: &CertificateCode) -> bool {
        let item = format!("CODE#{code} CERTIFICATE");
        self.code.as_ref() == Some(code) || self.items.iter().any(|change| change.item == item && change.is.is_some())
    }

    /// The same, about one certificate.
    #[must_use]
    pub fn about(self, code: &CertificateCode) -> Self {
        Self { code: Some(code.clone()), ..self }
    }
}
