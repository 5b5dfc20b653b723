//! Where winners stand, by name and by document number: an item for each, whose key holds an HMAC. Nothing rests on it; whoever finds
//! a row by it looks whether the row still says so.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use rules::intake::entry::Entry;
use rules::issue::application::ApplicationId;
use rules::values::folding;
use rules::values::name::sought;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, KeyRange, person_row_key};
use crate::store::item::{Item, item};

/// Items in one request (DynamoDB's limit for BatchWriteItem).
const BATCH: usize = 25;
/// Requests under way at once.
const AT_ONCE: usize = 16;

/// What somebody is looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonKey<'t> {
    /// 姓名, as it stands in the row.
    Name(&'t str),
    /// 证件号码, of whatever kind of document.
    DocumentNumber(&'t str),
}

impl PersonKey<'_> {
    /// What is compared: capitals, half width, without what cannot be seen; of a name, what a row would have of it.
    fn parts(self) -> (&'static [u8], String) {
        match self {
            Self::Name(name) => (b"name", sought(name)),
            Self::DocumentNumber(number) => (b"document number", folding::code(number)),
        }
    }

    /// Whether a row is that of whoever is looked for.
    pub fn fits(self, entry: &Entry) -> bool {
        let own = match self {
            Self::Name(_) => PersonKey::Name(entry.name.reveal()),
            Self::DocumentNumber(_) => PersonKey::DocumentNumber(entry.document_number.reveal()),
        };
        self.parts() == own.parts()
    }

    fn hashed(self, key: &[u8; 64]) -> Vec<u8> {
        let (what, text) = self.parts();
        let mut mac = Hmac::<Sha256>::new(key.into());
        for part in [b"search", what, text.as_bytes()] {
            mac.update(part);
            mac.update(&[0]);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// A row that somebody stood in when it was entered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonRow {
    /// The application.
    pub stands_in: ApplicationId,
    /// Row of the roster.
    pub in_row: u32,
}

/// Where winners stand.
#[derive(Debug, Clone, Copy)]
pub struct People<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Where winners stand.
    pub fn people(&self) -> People<'_> {
        People { cloud: self }
    }
}

impl People<'_> {
    /// Enters the rows of an application; again, it changes nothing.
    pub async fn enter(self, id: &ApplicationId, entries: &[Entry]) -> Result<(), RecordsError> {
        let key = self.cloud.guard_key().await?;
        let mut by_key = HashMap::new();
        for item in entries.iter().map(|entry| rows_of(&key, id, entry)).collect::<Result<Vec<_>, _>>()?.concat() {
            // One request takes no item twice.
            by_key.insert(ItemKey::of(&item)?, item);
        }
        let items: Vec<Item> = by_key.into_values().collect();
        let batches: Vec<Vec<Item>> = items.chunks(BATCH).map(<[Item]>::to_vec).collect();
        stream::iter(batches).map(|batch| self.cloud.put_all_alone(batch)).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Deletes what leads to the rows of an application; again, it changes nothing.
    pub(crate) async fn forget(self, id: &ApplicationId, entries: &[Entry]) -> Result<(), RecordsError> {
        let Some(key) = self.cloud.known_guard_key().await? else { return Ok(()) };
        let items = entries.iter().map(|entry| rows_of(&key, id, entry)).collect::<Result<Vec<_>, _>>()?.concat();
        let keys = items.iter().map(ItemKey::of).collect::<Result<Vec<_>, _>>()?;
        let delete = async |key: ItemKey| -> Result<(), RecordsError> {
            self.cloud.delete_alone(&key)?.send().await?;
            Ok(())
        };
        stream::iter(keys).map(delete).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The items of one row, for the transaction that puts right what stands in it.
    pub(crate) async fn of_row(self, id: &ApplicationId, entry: &Entry) -> Result<Vec<Item>, RecordsError> {
        rows_of(&self.cloud.guard_key().await?, id, entry)
    }

    /// Rows that somebody stood in, in no order that says anything: whether they still say so, and whether they may be seen, is not
    /// known here.
    pub async fn find(self, person: PersonKey<'_>) -> Result<Vec<PersonRow>, RecordsError> {
        // Without a key nobody was ever entered.
        let Some(key) = self.cloud.known_guard_key().await? else { return Ok(Vec::new()) };
        self.cloud.query(&KeyRange::rows_of_person(&person.hashed(&key))).await
    }
}

fn rows_of(key: &[u8; 64], id: &ApplicationId, entry: &Entry) -> Result<Vec<Item>, RecordsError> {
    let row = PersonRow { stands_in: id.clone(), in_row: entry.row };
    let keys = [PersonKey::Name(entry.name.reveal()), PersonKey::DocumentNumber(entry.document_number.reveal())];
    keys.iter().map(|person| item(&person_row_key(&person.hashed(key), id, entry.row), &row, &[])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_however_the_name_or_number_is_typed() {
        let hashed = |person: PersonKey<'_>| hex::encode(person.hashed(&[7; 64]));
        let number = PersonKey::DocumentNumber("11010519491231002X");
        for typed in ["11010519491231002x", " 110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ"] {
            assert_eq!(hashed(PersonKey::DocumentNumber(typed)), hashed(number), "{typed}");
        }
        for typed in ["阿依古丽.买买提", "阿依古丽•买买提", " 阿依古丽·买买提", "阿依古丽 · 买买提"] {
            assert_eq!(hashed(PersonKey::Name(typed)), hashed(PersonKey::Name("阿依古丽·买买提")), "{typed}");
        }
        assert_eq!(hashed(PersonKey::Name("张")), hashed(PersonKey::Name(" 张\u{200B}")), "what is no whole name too");
        assert_ne!(hashed(PersonKey::Name("张测试")), hashed(PersonKey::DocumentNumber("张测试")));
        assert_ne!(hashed(number), hex::encode(number.hashed(&[8; 64])));
    }

    /// Golden: such keys stand in tables.
    #[test]
    fn a_persons_key_of_version_1() {
        let key = person_row_key(&PersonKey::Name("张测试").hashed(&[7; 64]), &ApplicationId::from_bits(7), 2);
        assert!(key.pk.starts_with("PERSON#") && key.pk.len() == 7 + 64);
        assert_eq!(key.sk, format!("ROW#{}#00002", ApplicationId::from_bits(7)));
    }
}
