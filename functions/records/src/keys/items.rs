//! Keys of the table's items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::issue::application::ApplicationId;
use serde::Deserialize;

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
