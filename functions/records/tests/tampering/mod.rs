//! Whoever can write the table changes or deletes an item: the audit finds it.

mod day;
mod heads;
mod places;
mod updates;
mod work;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use records::keys::kinds::{ItemKind, Proof};
use rules::audit::{FaultCode, prove};

pub(crate) use self::day::a_day;
pub(crate) use self::work::work_is_read;
use crate::support::Table;

type Item = HashMap<String, AttributeValue>;

/// What is not found where it is changed, kind by kind, and why (docs/decisions/0016 says the same).
fn not_proven(kind: ItemKind) -> &'static [&'static str] {
    match kind {
        // How far the work is: a change leads to work that is done again, or that is missing where somebody waits for it.
        ItemKind::Allocation | ItemKind::Application | ItemKind::Collection | ItemKind::Deleted | ItemKind::Run | ItemKind::Volume => {
            &["pending", "due", "attempts"]
        }
        ItemKind::Batch => &["pending", "due", "attempts", "made"],
        // Found when the certificate is made, after the approval; the photo itself is in the bucket.
        ItemKind::Certificate | ItemKind::Record => &["photo", "photo_unreadable"],
        // Nothing but the condition of the next receipt.
        ItemKind::Register => &["version"],
        _ => &[],
    }
}

fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// What an item is. A kind that is not in the list fails here: nobody has said how it is proven.
fn kind(item: &Item) -> ItemKind {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    ItemKind::of(pk, sk).unwrap_or_else(|| panic!("{pk} {sk} is of a kind that nobody knows"))
}

/// Whether nothing that counts rests on an item.
fn is_unproven(kind: ItemKind) -> bool {
    kind.proof() == Proof::None
}

/// Partitions of applications that are not authorised: verdicts change them without an entry until then.
fn open_applications(items: &[Item]) -> BTreeSet<String> {
    let open = items.iter().filter(|item| kind(item) == ItemKind::Application && !item.contains_key("plan"));
    open.map(|item| text(item, "pk").to_owned()).collect()
}

/// Another value of the same type.
fn other(value: &AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::S(text) => AttributeValue::S(format!("{text}0")),
        AttributeValue::N(number) => AttributeValue::N(format!("{number}1")),
        AttributeValue::Bool(bool) => AttributeValue::Bool(!bool),
        AttributeValue::L(values) => match values.split_last() {
            Some((_, rest)) => AttributeValue::L(rest.to_vec()),
            None => AttributeValue::L(vec![AttributeValue::N("7".to_owned())]),
        },
        AttributeValue::M(fields) => {
            let mut fields = fields.clone();
            let name = fields.keys().min().cloned().unwrap_or_else(|| "other".to_owned());
            let changed = fields.get(&name).map_or(AttributeValue::Bool(true), other);
            fields.insert(name, changed);
            AttributeValue::M(fields)
        }
        _ => AttributeValue::S("other".to_owned()),
    }
}

async fn is_found(table: &Table) -> bool {
    !prove(&table.facts().await).faults.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_item_that_is_deleted_and_each_attribute_that_is_changed_is_found() {
    let table = a_day().await;
    assert_eq!(prove(&table.facts().await).faults, []);
    let mut tried: BTreeSet<ItemKind> = BTreeSet::new();
    let items = table.items().await;
    let open = open_applications(&items);
    for item in items {
        let verdicts_change_it = matches!(kind(&item), ItemKind::Application | ItemKind::Material);
        if is_unproven(kind(&item)) || (verdicts_change_it && open.contains(text(&item, "pk"))) {
            continue;
        }
        tried.insert(kind(&item));
        let name = format!("{} {}", text(&item, "pk"), text(&item, "sk"));
        table.delete(&item).await;
        assert!(is_found(&table).await, "{name} is gone");
        let not_proven = not_proven(kind(&item));
        for attribute in item.keys().filter(|name| !["pk", "sk"].contains(&name.as_str()) && !not_proven.contains(&name.as_str())) {
            let mut changed = item.clone();
            changed.insert(attribute.clone(), other(&item[attribute]));
            table.write(changed.clone()).await;
            assert!(is_found(&table).await, "{name}: {attribute} is changed");
            changed.remove(attribute);
            table.write(changed).await;
            assert!(is_found(&table).await, "{name}: {attribute} is gone");
        }
        let mut added = item.clone();
        added.insert("added".to_owned(), AttributeValue::S("something".to_owned()));
        table.write(added).await;
        assert!(is_found(&table).await, "{name}: an attribute more");
        table.write(item).await;
    }
    assert_eq!(prove(&table.facts().await).faults, [], "all is as it was");
    let missing: Vec<&ItemKind> = ItemKind::ALL.iter().filter(|kind| !is_unproven(**kind) && !tried.contains(*kind)).collect();
    assert!(missing.is_empty(), "the day leaves no item of these kinds: {missing:?}");
}

/// What is too much is a fault, and what else was changed of the same approval is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_too_many_hides_no_other_that_was_changed() {
    let table = a_day().await;
    let mut record = table.items().await.into_iter().find(|item| kind(item) == ItemKind::Record).expect("a record");
    let mut surplus = record.clone();
    surplus.insert("sk".to_owned(), AttributeValue::S("RECORD#00077".to_owned()));
    surplus.insert("row".to_owned(), AttributeValue::N("77".to_owned()));
    let Some(AttributeValue::M(entry)) = surplus.get_mut("entry") else { panic!("an entry") };
    entry.insert("row".to_owned(), AttributeValue::N("77".to_owned()));
    table.write(surplus).await;
    record.insert("issuing_body".to_owned(), AttributeValue::S("另一个机构".to_owned()));
    table.write(record.clone()).await;
    let faults = prove(&table.facts().await).faults;
    let is = |code, end: &str| faults.iter().any(|fault| fault.code == code && fault.subject.ends_with(end));
    assert!(is(FaultCode::Unaudited, "RECORD#00077"), "{faults:?}");
    assert!(is(FaultCode::Altered, "RECORD#00002") || is(FaultCode::Altered, "RECORDS#center-00#00000"), "{faults:?}");
    table.delete(&record).await;
    let faults = prove(&table.facts().await).faults;
    assert!(faults.iter().any(|fault| fault.code == FaultCode::CertificateMissing), "{faults:?}");
}

/// The item without its revocation: the code would count again.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_is_removed_is_found() {
    let table = a_day().await;
    let revoked = table.items().await.into_iter().find(|item| kind(item) == ItemKind::Certificate && item.contains_key("revoked"));
    let mut item = revoked.expect("one was revoked");
    item.remove("revoked");
    table.write(item).await;
    let faults = prove(&table.facts().await).faults;
    for code in [FaultCode::Altered, FaultCode::RevocationsDiffer] {
        assert!(faults.iter().any(|fault| fault.code == code), "{faults:?}");
    }
}

/// One garbled item is a fault, and the others are looked at all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_cannot_be_read_is_a_fault_and_stops_nothing() {
    let table = a_day().await;
    let mut item = table.items().await.into_iter().find(|item| kind(item) == ItemKind::Run).expect("a run");
    item.insert("number".to_owned(), AttributeValue::S("not a number".to_owned()));
    table.write(item).await;
    let faults = prove(&table.facts().await).faults;
    assert!(faults.iter().any(|fault| fault.code == FaultCode::Unreadable), "{faults:?}");
}

/// A later build, or somebody else, has written it: this one cannot say that it is as it was written.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_an_unknown_kind_is_a_fault() {
    let table = a_day().await;
    let mut item = table.items().await.into_iter().find(|item| kind(item) == ItemKind::Run).expect("a run");
    item.insert("sk".to_owned(), AttributeValue::S("TOMORROW#1".to_owned()));
    table.write(item).await;
    let faults = prove(&table.facts().await).faults;
    assert!(faults.iter().any(|fault| fault.code == FaultCode::Unreadable && fault.subject.ends_with("TOMORROW#1")), "{faults:?}");
}
