//! The one place that every transaction goes through: what trails cover is not written without an entry that holds its digest
//! (docs/decisions/0016). A change that forgets it is refused, whoever makes it.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::AuditEntry;
use rules::issue::status::Status;
use rules::values::chain::Chained;

use crate::error::RecordsError;
use crate::keys::items::ItemKey;
use crate::keys::kinds::{ItemKind, Proof};
use crate::store::item::Item;
use crate::store::item_digest::{item_digest, item_name};

/// What an action makes of an item.
enum Write<'a> {
    Put(&'a Item),
    /// With the values of its expression.
    Update(Option<&'a Item>),
    Delete,
}

/// The item that an action writes, and how; none of a mere condition.
fn write_of(action: &TransactWriteItem) -> Result<Option<(ItemKey, ItemKind, Write<'_>)>, RecordsError> {
    let (key, write) = if let Some(put) = &action.put {
        (put.item(), Write::Put(put.item()))
    } else if let Some(update) = &action.update {
        (update.key(), Write::Update(update.expression_attribute_values()))
    } else if let Some(delete) = &action.delete {
        (delete.key(), Write::Delete)
    } else {
        return Ok(None);
    };
    let key: ItemKey = serde_dynamo::from_item(key.clone())?;
    let kind = key.known_kind()?;
    Ok(Some((key, kind, write)))
}

/// Whether an application stands before its authorisation after this: then neither it nor its materials have an entry.
fn is_open(write: &Write<'_>) -> bool {
    let status = match write {
        Write::Put(item) => item.get("status"),
        Write::Update(values) => values.and_then(|values| values.get(":status").or_else(|| values.get(":was"))),
        Write::Delete => None,
    };
    let name = status.and_then(|status| status.as_s().ok());
    name.is_some_and(|name| Status::ALL.iter().any(|status| status.name() == name && !status.is_authorised()))
}

/// The digests that the entries among these writes hold, by item.
fn entered(writes: &[(ItemKey, ItemKind, Write<'_>)]) -> Result<HashMap<String, Vec<Option<String>>>, RecordsError> {
    let mut entered: HashMap<String, Vec<Option<String>>> = HashMap::new();
    for (_, kind, write) in writes {
        let (ItemKind::Audit | ItemKind::History, Write::Put(item)) = (kind, write) else { continue };
        let chained: Chained<AuditEntry> = serde_dynamo::from_item((*item).clone())?;
        for change in chained.entry.items {
            entered.entry(change.item).or_default().push(change.is);
        }
    }
    Ok(entered)
}

/// [`RecordsError::Corrupt`] where the actions write an item that trails cover, and no entry among them holds its digest.
pub(crate) fn check_entered(actions: &[TransactWriteItem]) -> Result<(), RecordsError> {
    let writes: Vec<_> = actions.iter().filter_map(|action| write_of(action).transpose()).collect::<Result<_, _>>()?;
    let entered = entered(&writes)?;
    let open = writes.iter().filter(|(_, kind, write)| *kind == ItemKind::Application && is_open(write));
    let open: HashSet<&str> = open.map(|(key, ..)| key.pk.as_str()).collect();
    for (key, kind, write) in &writes {
        let of_the_unit = matches!(kind, ItemKind::Application | ItemKind::Material) && open.contains(key.pk.as_str());
        if !kind.is_covered() || of_the_unit {
            continue;
        }
        let name = item_name(key);
        let fits = |is: &Option<String>| match write {
            Write::Put(item) => is.as_ref() == Some(&item_digest(item)),
            Write::Update(_) => is.is_some(),
            Write::Delete => is.is_none(),
        };
        if !entered.get(&name).is_some_and(|digests| digests.iter().all(fits)) {
            return Err(RecordsError::corrupt(format!("{name} would be written without its digest in an entry")));
        }
    }
    Ok(())
}

/// A write outside of a transaction has no entry: only for items that need none, or that an approval's roots hold.
pub(crate) fn check_alone(key: &ItemKey) -> Result<(), RecordsError> {
    match key.known_kind()?.proof() {
        Proof::Digest => Err(RecordsError::corrupt(format!("{} would be written without an entry", item_name(key)))),
        Proof::Root | Proof::Chain | Proof::Others | Proof::None => Ok(()),
    }
}

/// The same of a transaction.
pub(crate) fn check_all_alone(actions: &[TransactWriteItem]) -> Result<(), RecordsError> {
    let mut writes = actions.iter().filter_map(|action| write_of(action).transpose());
    writes.try_for_each(|write| check_alone(&write?.0))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{Delete, Put, Update};
    use jiff::Timestamp;
    use rules::audit::{AuditAction, ItemChange};
    use rules::values::chain::Head;

    use super::*;
    use crate::store::item::{item, text};
    use crate::store::item_digest::written;

    fn put(key: &ItemKey, value: &str) -> TransactWriteItem {
        let mut attributes = key.attributes();
        attributes.insert("value".to_owned(), text(value));
        let put = Put::builder().table_name("t").set_item(Some(attributes)).build().expect("complete");
        TransactWriteItem::builder().put(put).build()
    }

    fn update(key: &ItemKey, status: &str) -> TransactWriteItem {
        let update = Update::builder().table_name("t").set_key(Some(key.attributes())).update_expression("SET #status = :status");
        let update = update.expression_attribute_values(":status", text(status)).build().expect("complete");
        TransactWriteItem::builder().update(update).build()
    }

    fn delete(key: &ItemKey) -> TransactWriteItem {
        let delete = Delete::builder().table_name("t").set_key(Some(key.attributes())).build().expect("complete");
        TransactWriteItem::builder().delete(delete).build()
    }

    fn entry(changes: Vec<ItemChange>) -> TransactWriteItem {
        let audit = AuditEntry::of_the_system(AuditAction::Print, Timestamp::UNIX_EPOCH).changing(changes);
        let (_, chained) = Head::default().append(audit).expect("JSON");
        let key = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "AUDIT#00000001");
        let put = Put::builder().table_name("t").set_item(Some(item(&key, &chained, &[]).expect("an item")));
        TransactWriteItem::builder().put(put.build().expect("complete")).build()
    }

    fn is_taken(actions: &[TransactWriteItem]) -> bool {
        check_entered(actions).is_ok()
    }

    #[test]
    fn a_covered_item_is_not_written_without_its_digest() {
        let key = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000");
        let changes = written(&[put(&key, "a")]).expect("digests");
        assert!(!is_taken(&[put(&key, "a")]));
        assert!(!is_taken(&[put(&key, "a"), entry(Vec::new())]));
        assert!(is_taken(&[put(&key, "a"), entry(changes.clone())]));
        assert!(!is_taken(&[put(&key, "b"), entry(changes.clone())]), "the digest of something else");
        assert!(!is_taken(&[delete(&key), entry(changes.clone())]) && !is_taken(&[update(&key, "x")]));
        assert!(is_taken(&[update(&key, "x"), entry(changes)]));
        assert!(check_alone(&key).is_err());
    }

    #[test]
    fn what_has_no_proof_needs_no_entry_and_an_unknown_kind_is_not_written() {
        let key = |sk: &str| ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", sk);
        assert!(is_taken(&[put(&key("CHUNK#single#center-00#00000"), "a")]) && check_alone(&key("CHUNK#x")).is_ok());
        assert!(!is_taken(&[put(&key("TOMORROW#1"), "a")]) && check_alone(&key("TOMORROW#1")).is_err());
    }

    #[test]
    fn an_application_is_open_until_its_authorisation() {
        let key = |sk: &str| ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", sk);
        let (application, material) = (key("APPLICATION"), key("MATERIAL#roster"));
        assert!(is_taken(&[update(&application, "draft"), put(&material, "a")]));
        assert!(!is_taken(&[update(&application, "authorised")]));
        assert!(!is_taken(&[update(&application, "authorised"), put(&material, "a")]) && !is_taken(&[put(&material, "a")]));
        assert!(!is_taken(&[update(&application, "draft"), delete(&key("RUN#center-00#00000"))]));
    }
}
