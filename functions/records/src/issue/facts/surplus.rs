//! What stands in an item besides what this build reads. Of most kinds the digest tells, which is over all that is stored. The others are
//! proven by being read: there, what is not read is not proven.

use aws_sdk_dynamodb::types::AttributeValue;
use rules::audit::AuditEntry;
use rules::sheets::stock::{Book, LedgerEntry};
use rules::values::chain::Chained;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Next, Trailed};
use crate::application::holders::Claim;
use crate::error::RecordsError;
use crate::issue::sheets::Register;
use crate::keys::items::ItemKey;
use crate::keys::kinds::ItemKind;
use crate::store::guard_key::GuardKey;
use crate::store::item::{Item, item};

/// Whether an item of a kind that is proven by being read holds more than is read of it.
pub(super) fn has_surplus(kind: ItemKind, stored: &Item) -> Result<bool, RecordsError> {
    let known = match kind {
        ItemKind::Audit | ItemKind::History => written_again::<Chained<AuditEntry>>(stored)?,
        ItemKind::Line => written_again::<Chained<LedgerEntry>>(stored)?,
        ItemKind::Award => written_again::<Claim>(stored)?,
        ItemKind::Book => written_again::<Book>(stored)?,
        ItemKind::Counter => written_again::<Next>(stored)?,
        ItemKind::End => written_again::<Trailed>(stored)?,
        ItemKind::GuardKey => written_again::<GuardKey>(stored)?,
        ItemKind::Register => written_again::<Register>(stored)?,
        _ => return Ok(false),
    };
    Ok(!are_within(stored, &known))
}

/// What this build would store of an item that it has read.
fn written_again<T: Serialize + DeserializeOwned>(stored: &Item) -> Result<Item, RecordsError> {
    item(&ItemKey::of(stored)?, &serde_dynamo::from_item::<_, T>(stored.clone())?, &[])
}

/// Whether all of these attributes are among the known ones, with the same values.
fn are_within(stored: &Item, known: &Item) -> bool {
    stored.iter().all(|(name, value)| known.get(name).is_some_and(|known| is_within(value, known)))
}

fn is_within(stored: &AttributeValue, known: &AttributeValue) -> bool {
    match (stored, known) {
        (AttributeValue::M(stored), AttributeValue::M(known)) => are_within(stored, known),
        _ => stored == known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::{number, text};

    fn book() -> Item {
        let book = Book::new("skill_level", &rules::values::party::IssuingUnit::center("00"));
        item(&ItemKey::read("SHEETS#skill_level", "BOOK#center-00"), &book, &[]).expect("an item")
    }

    #[test]
    fn more_than_is_read_is_surplus_at_every_depth() {
        assert!(!has_surplus(ItemKind::Book, &book()).expect("readable"));
        let mut added = book();
        added.insert("more".to_owned(), text("x"));
        assert!(has_surplus(ItemKind::Book, &added).expect("readable"));
        let mut nested = book();
        let Some(AttributeValue::M(stock)) = nested.get_mut("stock") else { panic!("a stock") };
        stock.insert("more".to_owned(), number(1));
        assert!(has_surplus(ItemKind::Book, &nested).expect("readable"));
    }
}
