//! Writing back what a sealed archive volume holds: the one way past `Cloud::transact`, because the entries of the trail that tell of an
//! item come back with it (docs/decisions/0029).

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::ItemKey;
use crate::store::item::{Item, number};
use crate::store::left_out::work;

/// Keys in one request (DynamoDB's limit for BatchGetItem).
const BATCH: usize = 100;
/// Requests under way at once.
const AT_ONCE: usize = 16;

impl Cloud {
    /// Those of these items that the table has, as it has them.
    pub(crate) async fn stored(&self, items: &[Item]) -> Result<HashMap<ItemKey, Item>, RecordsError> {
        let keys: HashSet<ItemKey> = items.iter().map(ItemKey::of).collect::<Result<_, _>>()?;
        let keys: Vec<Item> = keys.iter().map(ItemKey::attributes).collect();
        let batches: Vec<Vec<Item>> = keys.chunks(BATCH).map(<[Item]>::to_vec).collect();
        let found: Vec<Vec<Item>> =
            stream::iter(batches).map(|batch| self.batch_get(batch)).buffer_unordered(AT_ONCE).try_collect().await?;
        found.into_iter().flatten().map(|item| Ok((ItemKey::of(&item)?, item))).collect()
    }

    /// Writes items that are not there; [`RecordsError::Conflict`] where one has come meanwhile.
    pub(crate) async fn put_restored(&self, items: Vec<Item>) -> Result<(), RecordsError> {
        let put = async |item: Item| {
            let request = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item));
            request.condition_expression("attribute_not_exists(pk)").send().await?;
            Ok(())
        };
        stream::iter(items).map(put).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Raises a number of an item that needs no entry to `next`; false where it is that high already. The item is made if it is not there.
    pub(crate) async fn raise(&self, key: &ItemKey, name: &str, next: u32) -> Result<bool, RecordsError> {
        let request = self.update_alone(key)?.update_expression("SET #name = :next").expression_attribute_names("#name", name);
        let request = request.condition_expression("attribute_not_exists(pk) OR #name < :next");
        match request.expression_attribute_values(":next", number(next)).send().await.map_err(RecordsError::from) {
            Ok(_) => Ok(true),
            Err(RecordsError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether two items under one key say the same; how far the work on them is does not count.
pub(crate) fn says_the_same(one: &Item, other: &Item) -> bool {
    let left = ItemKey::of(one).ok().and_then(|key| key.kind()).map_or(&[][..], work);
    let counts = |item: &Item| -> Item {
        item.iter().filter(|(name, _)| !left.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    counts(one) == counts(other)
}
