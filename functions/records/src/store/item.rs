//! The parts of an item: attributes and how values become them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::error::RecordsError;
use crate::keys::items::ItemKey;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// An attribute that the store writes beside those of a value.
pub(crate) type Attribute = (&'static str, AttributeValue);

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A value as an item under `key`, with further attributes (those of the sparse indexes).
pub(crate) fn item<T: Serialize>(key: &ItemKey, value: &T, extra: &[Attribute]) -> Result<Item, RecordsError> {
    let mut item: Item = serde_dynamo::to_item(value)?;
    item.extend(key.attributes());
    item.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Ok(item)
}
