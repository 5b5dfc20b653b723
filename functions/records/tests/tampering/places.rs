//! Each item stays as it was written, and another one stands in its place: two that were swapped, one that was moved, a second one.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use records::RecordsError;
use records::keys::kinds::ItemKind;
use rules::audit::prove;
use rules::numbers::code::CertificateCode;

use super::{Item, a_day, is_found, is_unproven, kind, text};
use crate::support::Table;

/// The same content under another key.
fn at(item: &Item, (pk, sk): (String, String)) -> Item {
    let mut item = item.clone();
    item.insert("pk".to_owned(), AttributeValue::S(pk));
    item.insert("sk".to_owned(), AttributeValue::S(sk));
    item
}

fn key(item: &Item) -> (String, String) {
    (text(item, "pk").to_owned(), text(item, "sk").to_owned())
}

/// Keys of the same kind under which nothing stands: another number or name at the end of either part.
fn free_keys(item: &Item, taken: &BTreeSet<(String, String)>) -> Vec<(String, String)> {
    let (pk, sk) = key(item);
    let ends = |text: &str| {
        let mut text = text.to_owned();
        text.pop();
        "0123456789abc".chars().map(move |end| format!("{text}{end}"))
    };
    let is_free = |key: &(String, String)| !taken.contains(key);
    let mut keys = vec![(pk.clone(), format!("{sk}#9"))];
    keys.extend(ends(&pk).map(|other| (other, sk.clone())).filter(is_free).find(|_| pk.contains('#')));
    keys.extend(ends(&sk).map(|other| (pk.clone(), other)).filter(is_free).find(|_| sk.contains('#')));
    keys
}

async fn proven(table: &Table) -> Vec<Item> {
    table.items().await.into_iter().filter(|item| !is_unproven(kind(item))).collect()
}

/// By kind, each pair of which something differs.
#[tokio::test(flavor = "multi_thread")]
async fn two_items_of_a_kind_that_are_swapped_are_found() {
    let table = a_day().await;
    let items = proven(&table).await;
    let mut tried = Vec::new();
    for (place, one) in items.iter().enumerate() {
        let alike = items[place + 1..].iter().filter(|other| kind(other) == kind(one) && at(other, key(one)) != *one);
        for other in alike.take(3) {
            tried.push(kind(one));
            table.write(at(other, key(one))).await;
            table.write(at(one, key(other))).await;
            assert!(is_found(&table).await, "{:?} and {:?}", key(one), key(other));
            table.write(one.clone()).await;
            table.write(other.clone()).await;
        }
    }
    assert_eq!(prove(&table.facts().await).faults, [], "all is as it was");
    use ItemKind as K;
    for wanted in [K::Certificate, K::Audit, K::History, K::Line, K::Book, K::Allocation, K::Application, K::Correction, K::Run, K::Award] {
        assert!(tried.contains(&wanted), "no two {wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_moved_or_stands_a_second_time_is_found() {
    let table = a_day().await;
    let taken: BTreeSet<_> = table.items().await.iter().map(key).collect();
    for item in proven(&table).await {
        for place in free_keys(&item, &taken) {
            let moved = at(&item, place);
            table.write(moved.clone()).await;
            assert!(is_found(&table).await, "{:?} stands a second time at {:?}", key(&item), key(&moved));
            table.delete(&item).await;
            assert!(is_found(&table).await, "{:?} is moved to {:?}", key(&item), key(&moved));
            table.write(item.clone()).await;
            table.delete(&moved).await;
        }
    }
    assert_eq!(prove(&table.facts().await).faults, [], "all is as it was");
}

/// Nobody is shown a certificate under a code that is not its own, as valid or as anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_stands_under_another_code_is_shown_to_nobody() {
    let table = a_day().await;
    let certificates: Vec<Item> = proven(&table).await.into_iter().filter(|item| kind(item) == ItemKind::Certificate).collect();
    let (one, other) = (&certificates[0], &certificates[1]);
    table.write(at(other, key(one))).await;
    let code: CertificateCode = serde_json::from_value(text(one, "code").into()).expect("a code");
    let shown = table.cloud.verification().certificate_history(&code).await;
    assert!(matches!(shown, Err(RecordsError::Corrupt(_))), "{shown:?}");
    let listed = table.cloud.certificates().by_code(&[code]).await;
    assert!(matches!(listed, Err(RecordsError::Corrupt(_))), "{listed:?}");
}
