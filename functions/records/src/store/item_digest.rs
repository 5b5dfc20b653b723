//! What an audit entry holds of the items that its change writes: a digest of each, over the attributes as they are stored.
//! So the digest is found again by every build, whatever fields it knows (docs/decisions/0016).

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::ItemChange;

use crate::error::RecordsError;
use crate::keys::items::ItemKey;
use crate::store::bucket::digest;
use crate::store::item::Item;
use crate::store::item_text::write_map;
use crate::store::left_out::left_out;

/// What trails call an item.
pub(crate) fn item_name(key: &ItemKey) -> String {
    format!("{} {}", key.pk, key.sk)
}

/// SHA-256, in hex, of what counts of an item: its attributes, those of its key among them, in the order of their names, as
/// DynamoDB's JSON without spaces.
pub(crate) fn item_digest(item: &Item) -> String {
    let kind = ItemKey::of(item).ok().and_then(|key| key.kind());
    let counts = |name: &str| kind.is_none_or(|kind| !left_out(kind).any(|left| left == name));
    let mut text = String::new();
    write_map(item.iter().filter(|(name, _)| counts(name)), &mut text);
    digest(text.as_bytes())
}

/// That an item is as it is stored, for an entry that fixes it.
pub(crate) fn as_stored(item: &Item) -> Result<ItemChange, RecordsError> {
    Ok(ItemChange { item: item_name(&ItemKey::of(item)?), was: None, is: Some(item_digest(item)) })
}

/// What these actions put and delete, as far as trails hold digests of it. What updates lead to is told by
/// `Cloud::covered_update`.
pub(crate) fn written(actions: &[TransactWriteItem]) -> Result<Vec<ItemChange>, RecordsError> {
    let mut changes = Vec::new();
    for action in actions {
        let (attributes, put) = match (&action.put, &action.delete) {
            (Some(put), _) => (put.item(), true),
            (None, Some(delete)) => (delete.key(), false),
            (None, None) => continue,
        };
        let key: ItemKey = serde_dynamo::from_item(attributes.clone())?;
        if key.is_covered() {
            changes.push(ItemChange { item: item_name(&key), was: None, is: put.then(|| item_digest(attributes)) });
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::store::item::{number, text};

    fn run() -> Item {
        let key = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000");
        let mut item = key.attributes();
        item.insert("kind".to_owned(), text("职业技能等级\n"));
        item.insert("sheets".to_owned(), AttributeValue::L(vec![number(1), AttributeValue::Null(true), AttributeValue::Bool(false)]));
        item.insert("setting".to_owned(), AttributeValue::M(Item::from([("b".to_owned(), number(2)), ("a".to_owned(), number(1))])));
        item
    }

    /// Golden: such digests stand in trails.
    #[test]
    fn a_digest_of_version_1() {
        let item = run();
        assert_eq!(item_digest(&item), "2e146c490ea53411824c5c672d36300fdccca539131182b96aabf654346f4107");
    }

    #[test]
    fn the_same_under_another_key_is_another_digest() {
        let mut moved = run();
        moved.insert("sk".to_owned(), text("RUN#center-00#00001"));
        assert_ne!(item_digest(&moved), item_digest(&run()));
    }

    #[test]
    fn how_far_the_work_is_does_not_count_and_everything_else_does() {
        let before = run();
        let mut item = before.clone();
        item.insert("pending".to_owned(), text("yes"));
        item.insert("due".to_owned(), text("2026-11-01T00:00:00Z"));
        assert_eq!(item_digest(&item), item_digest(&before));
        item.insert("later".to_owned(), number(1));
        assert_ne!(item_digest(&item), item_digest(&before));
    }
}
