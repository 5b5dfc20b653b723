//! The table's indexes and the attributes they are keyed by. The store writes these attributes, whatever the fields of a value are
//! called; where a field has the name of one, both say the same.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{Attribute, text};

/// An index: what `template.yaml` calls it, and its key attributes. Sparse: it holds the items that have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) partition: &'static str,
    pub(crate) sort: &'static str,
}

/// A unit's applications, the oldest first.
pub(crate) const BY_UNIT: Index = Index { name: "by_unit", partition: "unit", sort: "created_at" };
/// The applications of a jurisdiction at a status, the oldest first.
pub(crate) const BY_STATUS: Index = Index { name: "by_status", partition: "queue", sort: "created_at" };
/// What a Center authorises, or an issuing unit reviews rows of, the oldest first.
pub(crate) const BY_PARTY: Index = Index { name: "by_party", partition: "party", sort: "created_at" };
/// What waits for somebody, the longest first.
pub(crate) const BY_TURN: Index = Index { name: "by_turn", partition: "turn", sort: "entered_at" };
/// An application's certificates and records, in the order of the roster.
pub(crate) const BY_APPLICATION: Index = Index { name: "by_application", partition: "application", sort: "row" };
/// What is still to be done, by when it is to be looked at, in partitions by chance; and what is blocked.
pub(crate) const BY_PENDING: Index = Index { name: "by_pending", partition: "pending", sort: "due" };

/// The attribute beside the last index's that says how often the work on an item was set going again.
pub(crate) const ATTEMPTS: &str = "attempts";

impl Index {
    /// The attributes by which it finds an item, in the order of a text.
    pub(crate) fn keys(&self, partition: impl Into<String>, sort: impl Into<String>) -> [Attribute; 2] {
        self.keys_by(partition, text(sort))
    }

    /// The same in an order of another kind.
    pub(crate) fn keys_by(&self, partition: impl Into<String>, sort: AttributeValue) -> [Attribute; 2] {
        [(self.partition, text(partition)), (self.sort, sort)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_declares_these_indexes_and_no_other() {
        let template = include_str!("../../../../template.yaml");
        let declared: Vec<&str> = template.split("- IndexName: ").skip(1).collect();
        let indexes = [BY_UNIT, BY_STATUS, BY_PARTY, BY_TURN, BY_APPLICATION, BY_PENDING];
        assert_eq!(declared.len(), indexes.len());
        for (index, declared) in indexes.iter().zip(declared) {
            let lines: Vec<&str> = declared.lines().map(str::trim).take(4).collect();
            let keys = [
                format!("- {{ AttributeName: {}, KeyType: HASH }}", index.partition),
                format!("- {{ AttributeName: {}, KeyType: RANGE }}", index.sort),
            ];
            assert_eq!((lines[0], &lines[2..]), (index.name, &keys.each_ref().map(String::as_str)[..]));
        }
    }
}
