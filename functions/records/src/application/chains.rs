//! The chains that belong to no application's trail: who changed what of a body, an account, the rulebook, the keys of QR codes; who had personal
//! data shown.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use rules::audit::AuditEntry;
use rules::values::chain::{Chained, Head};
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{Chain, ItemKey};
use crate::store::item::{Item, item, number};

/// The end of a chain that has an item for nothing else.
#[derive(Serialize, Deserialize)]
pub(crate) struct ChainEnd {
    pub(crate) trail: Head,
}

impl Cloud {
    /// The end of a chain that has an item for nothing else; the beginning, where nothing was entered yet.
    pub(crate) async fn end_of(&self, chain: &Chain) -> Result<Head, RecordsError> {
        Ok(self.get::<ChainEnd>(&chain.end_key()).await?.map(|end| end.trail).unwrap_or_default())
    }

    /// An entry after the end of a chain that was `seen`: the new end, and the action that writes the entry. [`Cloud::put_end`]
    /// writes the new end.
    pub(crate) fn entered_in(&self, chain: &Chain, seen: &Head, audit: AuditEntry) -> Result<(Head, TransactWriteItem), RecordsError> {
        let (end, chained) = seen.append(AuditEntry { number: seen.count + 1, ..audit })?;
        let entry = item(&chain.entry_key(end.count), &chained, &[])?;
        Ok((end, self.transact_put_new(entry)?))
    }

    /// Writes the item that holds the new end of its chain, on condition of the end that was seen.
    pub(crate) fn put_end(&self, item: Item, seen: &Head) -> Result<TransactWriteItem, RecordsError> {
        if seen.count == 0 {
            return self.transact_put_new(item);
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression("trail.#count = :seen");
        let put = put.expression_attribute_names("#count", "count").expression_attribute_values(":seen", number(seen.count));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// At most `size` entries of one chain or trail, from the one with the first key on to the one with the last.
    pub(crate) async fn entries_between(&self, first: &ItemKey, last: &ItemKey, size: usize) -> Result<Vec<AuditEntry>, RecordsError> {
        let chained: Vec<Chained<AuditEntry>> = self.query_between(first, last, size).await?;
        Ok(chained.into_iter().map(|chained| chained.entry).collect())
    }

    /// The entries of a chain, in order.
    pub(crate) async fn entries_of(&self, chain: &Chain) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.query(&chain.range()).await
    }
}
