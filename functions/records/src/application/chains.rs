//! The chains that the Center keeps for all applications: who changed what of a body, the rulebook, the keys of QR codes.

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::AuditEntry;
use rules::numbers::body::BodyCode;
use rules::values::chain::{Chained, Head};

use crate::Cloud;
use crate::keys::items::ItemKey;
use crate::store::error::RecordsError;
use crate::store::table::item;

/// A chain of audit entries that belongs to no application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Of a body.
    Body(BodyCode),
    /// Of the rulebook's replaced parts.
    Rulebook,
    /// Of the public keys that QR codes are signed with.
    Attestation,
}

impl Chain {
    /// Partition of its entries, and of what they are about.
    pub(crate) fn partition(&self) -> &'static str {
        match self {
            Self::Body(_) => "BODIES",
            Self::Rulebook => "RULEBOOK",
            Self::Attestation => "ATTESTATION",
        }
    }

    /// Prefix of the sort keys of its entries.
    pub(crate) fn prefix(&self) -> String {
        match self {
            Self::Body(code) => format!("HISTORY#{code}#"),
            Self::Rulebook | Self::Attestation => "HISTORY#".to_owned(),
        }
    }

    /// What the audit calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Body(code) => body_chain(code.as_str()),
            Self::Rulebook => "rulebook".to_owned(),
            Self::Attestation => "attestation".to_owned(),
        }
    }
}

/// What the audit calls a body's chain.
fn body_chain(code: &str) -> String {
    format!("body {code}")
}

/// What the audit calls the chain that an entry with this key belongs to.
pub(crate) fn chain_of_entry(key: &ItemKey) -> Result<String, RecordsError> {
    match key.pk.as_str() {
        "BODIES" => Ok(body_chain(key.sk.split('#').nth(1).unwrap_or_default())),
        "RULEBOOK" => Ok(Chain::Rulebook.name()),
        "ATTESTATION" => Ok(Chain::Attestation.name()),
        _ => Err(RecordsError::corrupt("an entry of no chain")),
    }
}

/// What the audit calls the chain whose end an item with this key holds.
pub(crate) fn chain_of_end(key: &ItemKey) -> Result<String, RecordsError> {
    match key.pk.as_str() {
        "BODIES" => Ok(body_chain(key.sk.trim_start_matches("BODY#"))),
        _ => chain_of_entry(key),
    }
}

impl Cloud {
    /// An entry after the end of a chain that was `seen`: the new end, and the action that writes the entry. Whoever writes the new
    /// end does so on condition of the one that was seen.
    pub(crate) fn entered_in(&self, chain: &Chain, seen: &Head, audit: AuditEntry) -> Result<(Head, TransactWriteItem), RecordsError> {
        let (end, chained) = seen.append(AuditEntry { number: seen.count + 1, ..audit })?;
        let key = ItemKey::new(chain.partition(), format!("{}{:08}", chain.prefix(), end.count));
        Ok((end, self.transact_put_new(item(&key, &chained, &[])?)?))
    }

    /// The entries of a chain, in order.
    pub(crate) async fn entries_of(&self, chain: &Chain) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.query(chain.partition(), &chain.prefix()).await
    }
}
