//! The audit trail: who changed what, on which clause, one chain of hashes per application.

mod action;
mod proof;

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::action::{AuditAction, AuditSubject};
pub use self::proof::{Fact, Fault, FaultCode, Proof, prove, rewritten};
use crate::numbers::code::CertificateCode;
use crate::values::lot::LotName;
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
    /// The lots that it is about; none where it is about the application as a whole, and in entries of before they were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotName>,
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
            lots: Vec::new(),
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
            lots: Vec::new(),
            items: Vec::new(),
        }
    }

    /// The same, with what became of further items.
    #[must_use]
    pub fn changing(mut self, items: impl IntoIterator<Item = ItemChange>) -> Self {
        self.items.extend(items);
        self
    }

    /// The same, about these lots alone.
    #[must_use]
    pub fn of_lots(self, lots: impl IntoIterator<Item = LotName>) -> Self {
        Self { lots: lots.into_iter().collect::<BTreeSet<_>>().into_iter().collect(), ..self }
    }

    /// Whether an archive volume of a lot holds something else after it.
    pub fn changes_volume_of(&self, lot: &LotName) -> bool {
        self.action.changes_volume() && (self.lots.is_empty() || self.lots.contains(lot))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::party::IssuingUnit;
    use crate::values::vocabulary::CertificateType;

    #[test]
    fn a_volume_goes_stale_through_acts_on_its_own_lot_and_on_the_whole_application() {
        let lot = |kind| LotName::new(&IssuingUnit::center("00"), kind);
        let (own, other) = (lot(CertificateType::SkillLevel), lot(CertificateType::SpecificAbility));
        let entry = |action| AuditEntry::of_the_system(action, Timestamp::UNIX_EPOCH);
        assert!(entry(AuditAction::Print).of_lots([own.clone()]).changes_volume_of(&own));
        assert!(!entry(AuditAction::Print).of_lots([other.clone()]).changes_volume_of(&own));
        assert!(entry(AuditAction::HandOut).of_lots([other, own.clone()]).changes_volume_of(&own));
        assert!(entry(AuditAction::ReceiveOriginals).changes_volume_of(&own), "of the application as a whole");
        assert!(!entry(AuditAction::Archived).of_lots([own.clone()]).changes_volume_of(&own), "what is about volumes changes none");
    }

    /// Golden: entries of before lots were named stand in tables and archives.
    #[test]
    fn an_entry_names_its_lots_or_none() {
        let text = r#"{"number":1,"at":"1970-01-01T00:00:00Z","actor":"system","organisation":"system","action":"print","clause":""}"#;
        let entry: AuditEntry = serde_json::from_str(text).expect("readable");
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), text);
        let of_a_lot = entry.of_lots([LotName::new(&IssuingUnit::center("00"), CertificateType::SkillLevel)]);
        let text = text.replace("}", r#","lots":["center-00.skill_level"]}"#);
        assert_eq!(serde_json::to_string(&of_a_lot).expect("JSON"), text);
    }
}
