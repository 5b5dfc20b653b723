//! Places of units: taken, renewed, given back, and free again when nobody does.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use records::RecordsError;
use records::store::places::{Place, Places};

use crate::support::Table;

const PLACES: Places = Places { own: NonZeroU32::new(4).expect("not zero"), all: NonZeroU32::new(10).expect("not zero") };
/// A unit's only place.
const ONE: Places = Places { own: NonZeroU32::MIN, ..PLACES };

async fn take(table: &Table, unit: &str) -> Option<Place> {
    table.cloud.take_place(unit, PLACES).await.expect("readable")
}

/// A unit's only place, with its lease ending so many seconds from now.
async fn ending_in(table: &Table, seconds: i64) {
    let [mut item] = table.items().await.try_into().expect("one place");
    let ends = table.cloud.clock.now().as_second() + seconds;
    item.insert("forget_after".to_owned(), AttributeValue::N(ends.to_string()));
    table.write(item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_come_at_once_a_unit_gets_its_places_and_another_unit_its_own() {
    let table = Table::start().await;
    let one = |table: Table| async move { take(&table, "unit-1").await };
    let tried: Vec<_> = (0..12).map(|_| tokio::spawn(one(table.clone()))).collect();
    let mut held = Vec::new();
    for tried in tried {
        held.extend(tried.await.expect("no panic"));
    }
    assert_eq!((held.len(), table.items().await.len()), (4, 4));
    assert!(take(&table, "unit-2").await.is_some(), "a bystander");
    table.cloud.give_back(&held[0]).await;
    assert!(take(&table, "unit-1").await.is_none(), "beside another unit it has three");
    table.cloud.give_back(&held[1]).await;
    assert!(take(&table, "unit-1").await.is_some(), "what was given back is free");
    assert!(take(&table, "unit-1").await.is_none());
}

/// Whether all places of the ten are taken, so that a fourth unit waits until one is given back.
fn is_full(held: &[(String, Place)]) -> bool {
    held.len() >= PLACES.all.get() as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn three_units_that_filled_their_places_left_none_to_a_fourth() {
    let table = Table::start().await;
    let units = ["unit-1", "unit-2", "unit-3"];
    // Each took what it may have before the others came.
    let mut held: Vec<(String, Place)> = Vec::new();
    for number in 0..PLACES.own.get() {
        for unit in units {
            let alone = Place::at(unit, number);
            assert!(table.cloud.hold(&alone).await.expect("readable"));
            held.push((unit.to_owned(), alone));
        }
    }
    assert!(is_full(&held));
    // From now on all of them try at once whenever one piece of work is done; a fourth unit comes after the third.
    let mut given_back = 0;
    while is_full(&held) {
        let (_, done) = held.remove(0);
        table.cloud.give_back(&done).await;
        given_back += 1;
        let tries: Vec<_> = (0..12)
            .map(|n| {
                let (table, unit) = (table.clone(), units[n % 3].to_owned());
                tokio::spawn(async move { take(&table, &unit).await.map(|place| (unit, place)) })
            })
            .collect();
        for tried in tries {
            held.extend(tried.await.expect("no panic"));
        }
    }
    assert!(given_back <= 3, "a place is free after {given_back}");
    assert!(take(&table, "unit-4").await.is_some());
    // When it is at work too, one more finds a place again, once what is beyond the shares is given back.
    for unit in units {
        let share = PLACES.share(4) as usize;
        let beyond = held.iter().filter(|(whose, _)| whose == unit).skip(share).map(|(_, place)| place.clone());
        for place in beyond.collect::<Vec<_>>() {
            table.cloud.give_back(&place).await;
        }
        assert!(take(&table, unit).await.is_none(), "{unit} has its share");
    }
    assert!(table.items().await.len() < PLACES.all.get() as usize);
    assert!(take(&table, "unit-5").await.is_some());
}

#[test]
fn one_unit_more_than_are_at_work_always_finds_a_place() {
    assert_eq!([1, 2, 3, 4, 5, 9, 20].map(|units| PLACES.share(units)), [4, 3, 2, 2, 1, 1, 1]);
    for units in 1..PLACES.all.get() {
        assert!(units * PLACES.share(units) < PLACES.all.get(), "{units}");
    }
}

#[tokio::test]
async fn the_sdks_retry_after_a_lost_answer_takes_no_second_place() {
    let table = Table::start().await;
    let cloud = table.losing_the_first_answer().await;
    let place = Place::at("unit-1", 0);
    assert!(cloud.hold(&place).await.expect("readable"), "it is free");
    assert_eq!(table.items().await.len(), 1);
    table.cloud.give_back(&place).await;
    assert!(table.items().await.is_empty());
}

#[tokio::test]
async fn a_place_that_nobody_renews_becomes_anothers_who_keeps_it() {
    let table = Table::start().await;
    let killed = table.cloud.take_place("unit-1", ONE).await.expect("readable").expect("free");
    let another = async || table.cloud.take_place("unit-1", ONE).await.expect("readable");
    assert!(another().await.is_none());
    ending_in(&table, 1).await;
    assert!(table.cloud.hold(&killed).await.expect("readable"), "its holder may renew it");
    ending_in(&table, -1).await;
    let next = another().await.expect("its lease has run out");
    assert!(!table.cloud.hold(&killed).await.expect("readable"), "it is another's");
    table.cloud.give_back(&killed).await;
    assert!(table.cloud.hold(&next).await.expect("readable") && another().await.is_none(), "who came too late gives nothing back");
    // Taken before a clock was set back by a year: no lease is that long.
    ending_in(&table, 365 * 24 * 60 * 60).await;
    assert!(another().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_done_at_a_place_that_is_renewed_and_given_back_whatever_comes_of_it() {
    let table = Table::start().await;
    let at_a_place = |work| table.cloud.at_a_place("unit-1", ONE, work);
    let failing = async {
        assert!(take_only(&table).await.is_none(), "it is taken meanwhile");
        Err::<(), _>(RecordsError::NotFound)
    };
    assert!(matches!(at_a_place(failing).await, Ok(Some(Err(RecordsError::NotFound)))));
    assert!(table.items().await.is_empty());
    let held = take_only(&table).await.expect("free");
    let left_alone = table.cloud.at_a_place("unit-1", ONE, async { panic!("there is no place to do it at") });
    assert!(matches!(left_alone.await, Ok(None::<()>)));
    table.cloud.give_back(&held).await;
    // Long work, even if it keeps its thread busy: what it does not renew, and somebody takes away, is there again.
    let long = async {
        let item: HashMap<_, _> = table.items().await.pop().expect("the place");
        table.delete(&item).await;
        let started = Instant::now();
        tokio::task::block_in_place(|| {
            while tokio::runtime::Handle::current().block_on(table.items()).is_empty() && started.elapsed() < Duration::from_secs(30) {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        table.items().await.len()
    };
    assert_eq!(table.cloud.at_a_place("unit-1", ONE, long).await.expect("readable"), Some(1));
    assert!(table.items().await.is_empty());
}

async fn take_only(table: &Table) -> Option<Place> {
    table.cloud.take_place("unit-1", ONE).await.expect("readable")
}

#[tokio::test]
async fn without_a_table_nothing_is_done_and_nothing_is_said_to_be_taken() {
    let table = Table::start().await;
    let work = async { panic!("nobody knows whether there is a place") };
    let outcome: Result<Option<()>, RecordsError> = table.missing().at_a_place("unit-1", PLACES, work).await;
    assert!(outcome.is_err(), "the message counts as failed, and comes again");
}
