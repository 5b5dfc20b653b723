//! The chains that the Center keeps for all applications: who changed what of a body, the rulebook, the keys of QR codes.

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::AuditEntry;
use rules::values::chain::{Chained, Head};

use crate::Cloud;
use crate::keys::items::Chain;
use crate::store::error::RecordsError;
use crate::store::table::item;

impl Cloud {
    /// An entry after the end of a chain that was `seen`: the new end, and the action that writes the entry. Whoever writes the new
    /// end does so on condition of the one that was seen.
    pub(crate) fn entered_in(&self, chain: &Chain, seen: &Head, audit: AuditEntry) -> Result<(Head, TransactWriteItem), RecordsError> {
        let (end, chained) = seen.append(AuditEntry { number: seen.count + 1, ..audit })?;
        let entry = item(&chain.entry_key(end.count), &chained, &[])?;
        Ok((end, self.transact_put_new(entry)?))
    }

    /// The entries of a chain, in order.
    pub(crate) async fn entries_of(&self, chain: &Chain) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.query(&chain.range()).await
    }
}
