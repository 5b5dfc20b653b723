//! Keys of the table's items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::issue::application::ApplicationId;
use serde::Deserialize;

use crate::keys::kinds::ItemKind;
use crate::store::error::RecordsError;

/// Partition and sort key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub(crate) struct ItemKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl ItemKey {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// What it is; none that this build knows.
    pub(crate) fn kind(&self) -> Option<ItemKind> {
        ItemKind::of(&self.pk, &self.sk)
    }

    /// What it is; [`RecordsError::Corrupt`] where this build does not know: then nobody has said how it is proven.
    pub(crate) fn known_kind(&self) -> Result<ItemKind, RecordsError> {
        self.kind().ok_or_else(|| RecordsError::corrupt(format!("an item of an unknown kind: {}", self.sk)))
    }

    /// Whether trails hold digests of the item.
    pub(crate) fn is_covered(&self) -> bool {
        self.kind().is_some_and(ItemKind::is_covered)
    }

    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |value: &String| AttributeValue::S(value.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

pub(crate) fn application_key(id: &ApplicationId) -> ItemKey {
    ItemKey::new(format!("APPLICATION#{id}"), "APPLICATION")
}

/// Partition of everything that belongs to an application.
pub(crate) fn partition(id: &ApplicationId) -> String {
    format!("APPLICATION#{id}")
}
