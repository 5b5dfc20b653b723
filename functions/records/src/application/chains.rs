//! The chains that the Center keeps for all applications: who changed what of a body, the rulebook, the keys of QR codes.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use rules::audit::AuditEntry;
use rules::values::chain::{Chained, Head};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::Chain;
use crate::store::item::{Item, item, number};

impl Cloud {
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

    /// The entries of a chain, in order.
    pub(crate) async fn entries_of(&self, chain: &Chain) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.query(&chain.range()).await
    }
}
