//! Updates of items that trails cover. An entry holds the digest of the item as it will be stored: of the attributes that are there,
//! those that this build does not know and those it would write in another way among them, with what the update changes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use rules::audit::ItemChange;
use serde::Serialize;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::ItemKey;
use crate::store::item::{Attribute, Item};
use crate::store::item_digest::{item_digest, item_name};
use crate::store::table::{Change, Condition, expression};

/// What an update sets and removes of an item.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemUpdate {
    sets: Vec<Attribute>,
    removes: Vec<&'static str>,
}

impl ItemUpdate {
    /// The same, setting an attribute; the last value counts.
    pub(crate) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.sets.retain(|(set, _)| *set != name);
        self.sets.push((name, value));
        self
    }

    /// The same, setting an attribute to what a value is stored as.
    pub(crate) fn set_to(self, name: &'static str, value: &impl Serialize) -> Result<Self, RecordsError> {
        Ok(self.set(name, serde_dynamo::to_attribute_value(value)?))
    }

    /// The same, setting these attributes.
    pub(crate) fn set_all(self, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        attributes.into_iter().fold(self, |update, (name, value)| update.set(name, value))
    }

    /// The same, removing an attribute.
    pub(crate) fn remove(mut self, name: &'static str) -> Self {
        self.removes.push(name);
        self
    }

    /// The item after it.
    fn applied(&self, stored: &Item) -> Item {
        let mut item = stored.clone();
        item.extend(self.sets.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        item.retain(|name, _| !self.removes.contains(&name.as_str()));
        item
    }

    /// What it makes of the item as it is stored, for the entry: before and after. What stood there before is told too, so that a
    /// change past the system still shows when the system has changed the item since.
    fn change(&self, key: &ItemKey, stored: &Item) -> ItemChange {
        ItemChange { item: item_name(key), was: Some(item_digest(stored)), is: Some(item_digest(&self.applied(stored))) }
    }
}

impl Cloud {
    /// What an update makes of an item, for the entry. What is read here may be later than what the caller has seen; then the
    /// transaction fails by its conditions.
    pub(crate) async fn made_by(&self, key: &ItemKey, update: &ItemUpdate) -> Result<ItemChange, RecordsError> {
        // One that is gone fails the transaction's condition.
        let stored = self.get_item(key).await?.unwrap_or_else(|| key.attributes());
        Ok(update.change(key, &stored))
    }

    /// For a transaction: an update under a condition.
    pub(crate) fn transact_item_update(
        &self,
        key: &ItemKey,
        update: ItemUpdate,
        condition: Condition,
    ) -> Result<TransactWriteItem, RecordsError> {
        let touched = update.sets.iter().map(|(name, _)| *name).chain(update.removes.iter().copied());
        let mut names: HashMap<String, String> = touched.map(|name| (format!("#{name}"), name.to_owned())).collect();
        names.extend(condition.names);
        let expression = expression(&update.sets, &update.removes);
        let mut values: Item = update.sets.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
        values.extend(condition.values);
        self.transact_update(key, Change { expression, condition: condition.expression, names, values })
    }

    /// For a transaction: an update of an item that trails cover, and what it makes of it, for the entry.
    pub(crate) async fn covered_update(
        &self,
        key: &ItemKey,
        update: ItemUpdate,
        condition: Condition,
    ) -> Result<(TransactWriteItem, ItemChange), RecordsError> {
        let change = self.made_by(key, &update).await?;
        Ok((self.transact_item_update(key, update, condition)?, change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::{number, text};

    /// Another build has written `later`, and an empty list that this one leaves out.
    fn stored() -> (ItemKey, Item) {
        let key = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000");
        let mut item = key.attributes();
        item.insert("later".to_owned(), text("字段"));
        item.insert("spoiled".to_owned(), AttributeValue::L(Vec::new()));
        item.insert("start".to_owned(), number(0));
        (key, item)
    }

    #[test]
    fn a_digest_is_over_what_will_be_stored_and_not_over_what_this_build_knows() {
        let (key, item) = stored();
        let update = ItemUpdate::default().set("start", number(1)).set("start", number(2)).remove("spoiled");
        let mut after = item.clone();
        after.insert("start".to_owned(), number(2));
        after.remove("spoiled");
        let change = update.change(&key, &item);
        assert_eq!((change.was, change.is), (Some(item_digest(&item)), Some(item_digest(&after))));
    }
}
