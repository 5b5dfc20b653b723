//! Whoever can write the table changes or deletes an item: the audit finds it.

mod day;
mod heads;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use records::keys::kinds::{ItemKind, Proof};
use rules::audit::{FaultCode, prove};

pub(crate) use self::day::a_day;
use crate::support::Table;

type Item = HashMap<String, AttributeValue>;

/// Attributes that say how far the work is; a change of one leads to work that is done again. A version that is changed
/// refuses the next change, and a photo is looked for in the bucket.
const WORKING: [&str; 5] = ["pending", "since", "made", "photo", "version"];

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
    for item in table.items().await {
        if is_unproven(kind(&item)) {
            continue;
        }
        tried.insert(kind(&item));
        let name = format!("{} {}", text(&item, "pk"), text(&item, "sk"));
        table.delete(&item).await;
        assert!(is_found(&table).await, "{name} is gone");
        for attribute in item.keys().filter(|name| !["pk", "sk"].contains(&name.as_str()) && !WORKING.contains(&name.as_str())) {
            let mut changed = item.clone();
            changed.insert(attribute.clone(), other(&item[attribute]));
            table.write(changed).await;
            assert!(is_found(&table).await, "{name}: {attribute} is changed");
        }
        table.write(item).await;
    }
    assert_eq!(prove(&table.facts().await).faults, [], "all is as it was");
    let missing: Vec<&ItemKind> = ItemKind::ALL.iter().filter(|kind| !is_unproven(**kind) && !tried.contains(*kind)).collect();
    assert!(missing.is_empty(), "the day leaves no item of these kinds: {missing:?}");
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

/// A copy under another key: no entry tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_nobody_entered_is_found() {
    let table = a_day().await;
    let digested = ItemKind::ALL.iter().copied().filter(|kind| kind.proof() == Proof::Digest);
    for wanted in digested.chain([ItemKind::Award]) {
        let items = table.items().await;
        let mut item = items.into_iter().find(|item| kind(item) == wanted).expect("one of each");
        let key = format!("{}#9", text(&item, "sk"));
        item.insert("sk".to_owned(), AttributeValue::S(key));
        table.write(item.clone()).await;
        let faults = prove(&table.facts().await).faults;
        assert!(faults.iter().any(|fault| fault.code == FaultCode::Unaudited), "{wanted:?}: {faults:?}");
        table.delete(&item).await;
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
