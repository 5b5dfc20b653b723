//! Reading and writing items of the one table, by partition and sort key.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, PutRequest, TransactWriteItem, Update, WriteRequest,
};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, KeyRange};
use crate::store::entered::{check_all_alone, check_alone, check_entered};
use crate::store::indexes::{ATTEMPTS, BY_PENDING, Index};
use crate::store::item::{Attribute, Item, number, text};
use crate::store::left_out::work;

/// How often what a batch leaves over is asked for: with the pauses between some 2 s on the average.
const MAX_BATCH_ATTEMPTS: u32 = 8;

/// Before the next attempt: a random time of at most 50 ms, doubled with each up to a second.
fn batch_pause(attempt: u32) -> Duration {
    Duration::from_millis(rand::random_range(1..=(25 << attempt.min(6)).min(1000)))
}

/// Partitions of the index of pending work: an item takes one by chance, so that no one of them bears all the writing.
const PENDING_PARTITIONS: u32 = 16;

/// From when work is begun until it is looked at: longer than the steps that follow each other by events.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(5);

/// The values of `pending` of work that goes on.
pub(crate) fn pending_partitions() -> impl Iterator<Item = String> {
    (0..PENDING_PARTITIONS).map(|number| format!("{number:02}"))
}

/// What a cancelled transaction tells.
#[derive(Debug)]
pub(crate) enum Cancelled {
    /// The condition of the action with this index did not hold.
    Condition(usize),
    /// Another transaction was at one of the items: try again.
    Contention,
    /// Anything else.
    Other(RecordsError),
}

impl Cloud {
    /// Takes an item off the list of pending work where `attribute` is still what it was when the work was found done; if it
    /// is not, the item is pending for later work.
    pub(crate) async fn settle(&self, key: &ItemKey, attribute: &str, seen: AttributeValue) -> Result<(), RecordsError> {
        let condition = Condition {
            expression: "#seen = :seen".to_owned(),
            names: HashMap::from([("#seen".to_owned(), attribute.to_owned())]),
            values: HashMap::from([(":seen".to_owned(), seen)]),
        };
        match self.note_work(key, Vec::new(), &[BY_PENDING.partition], condition).await {
            Err(RecordsError::Conflict) => Ok(()),
            done => done,
        }
    }

    /// Whether an item stands on the list of pending work.
    pub(crate) async fn is_pending(&self, key: &ItemKey) -> Result<bool, RecordsError> {
        Ok(self.get_item(key).await?.is_some_and(|item| item.contains_key(BY_PENDING.partition)))
    }

    /// Notes how far the work on an item is: sets and removes attributes of which no trail tells.
    pub(crate) async fn note_work(
        &self,
        key: &ItemKey,
        sets: Vec<(&str, AttributeValue)>,
        removes: &[&str],
        condition: Condition,
    ) -> Result<(), RecordsError> {
        let touched: Vec<&str> = sets.iter().map(|(name, _)| *name).chain(removes.iter().copied()).collect();
        let work = work(key.known_kind()?);
        if touched.iter().any(|name| !work.contains(name)) {
            return Err(RecordsError::corrupt(format!("more than work would be noted of {}", key.sk)));
        }
        let names = touched.into_iter().map(|name| (format!("#{name}"), name.to_owned())).chain(condition.names).collect();
        let request = self.dynamodb.update_item().table_name(&self.table).set_key(Some(key.attributes()));
        let request = request.update_expression(expression(&sets, removes)).set_expression_attribute_names(Some(names));
        let values: Item = sets.into_iter().map(|(name, value)| (format!(":{name}"), value)).chain(condition.values).collect();
        let request = request.set_expression_attribute_values((!values.is_empty()).then_some(values));
        request.condition_expression(condition.expression).send().await?;
        Ok(())
    }

    /// A put by itself, of an item that needs no entry.
    pub(crate) fn put_alone(&self, item: Item) -> Result<PutItemFluentBuilder, RecordsError> {
        check_alone(&serde_dynamo::from_item(item.clone())?)?;
        Ok(self.dynamodb.put_item().table_name(&self.table).set_item(Some(item)))
    }

    /// An update by itself, of an item that needs no entry.
    pub(crate) fn update_alone(&self, key: &ItemKey) -> Result<UpdateItemFluentBuilder, RecordsError> {
        check_alone(key)?;
        Ok(self.dynamodb.update_item().table_name(&self.table).set_key(Some(key.attributes())))
    }

    /// A deletion by itself, of an item that needs no entry.
    pub(crate) fn delete_alone(&self, key: &ItemKey) -> Result<DeleteItemFluentBuilder, RecordsError> {
        check_alone(key)?;
        Ok(self.dynamodb.delete_item().table_name(&self.table).set_key(Some(key.attributes())))
    }

    /// A query of an index under one value of its partition key, which conditions call `#partition = :value`.
    pub(crate) fn index_query(&self, index: Index, value: &str) -> QueryFluentBuilder {
        let request = self.dynamodb.query().table_name(&self.table).index_name(index.name);
        request.expression_attribute_names("#partition", index.partition).expression_attribute_values(":value", text(value))
    }

    /// A scan of the whole table.
    pub(crate) fn table_scan(&self) -> ScanFluentBuilder {
        self.dynamodb.scan().table_name(&self.table)
    }

    /// An item as it is stored, if it is there.
    pub(crate) async fn get_item(&self, key: &ItemKey) -> Result<Option<Item>, RecordsError> {
        let request = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        Ok(request.set_key(Some(key.attributes())).send().await?.item)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &ItemKey) -> Result<Option<T>, RecordsError> {
        let item = self.get_item(key).await?;
        item.map(|item| serde_dynamo::from_item(item)).transpose().map_err(Into::into)
    }

    /// The items that are there among `keys` (100 at most: one request), in no order. What the table leaves over under load is asked
    /// for again after a pause that grows; [`RecordsError::Unavailable`] where it leaves keys over to the last.
    pub(crate) async fn batch_get(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, RecordsError> {
        let mut found = Vec::with_capacity(keys.len());
        for attempt in 0..MAX_BATCH_ATTEMPTS {
            if keys.is_empty() {
                return Ok(found);
            }
            if attempt > 0 {
                tokio::time::sleep(batch_pause(attempt)).await;
            }
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
            let answer = self.dynamodb.batch_get_item().request_items(&self.table, wanted).send().await?;
            found.extend(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
            keys = answer.unprocessed_keys.unwrap_or_default().remove(&self.table).map(|rest| rest.keys).unwrap_or_default();
        }
        match keys.len() {
            0 => Ok(found),
            left => Err(RecordsError::Unavailable(format!("{left} keys were left over {MAX_BATCH_ATTEMPTS} times").into())),
        }
    }

    /// Every item of a partition whose sort key begins alike.
    pub(crate) async fn query<T: DeserializeOwned>(&self, range: &KeyRange) -> Result<Vec<T>, RecordsError> {
        let items = self.query_items(range).await?;
        items.into_iter().map(|item| serde_dynamo::from_item(item).map_err(Into::into)).collect()
    }

    /// The same as they are stored.
    pub(crate) async fn query_items(&self, range: &KeyRange) -> Result<Vec<Item>, RecordsError> {
        let request = self.dynamodb.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
        let request =
            request.expression_attribute_values(":pk", text(&range.pk)).expression_attribute_values(":prefix", text(&range.prefix));
        let mut pages = request.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(item?);
        }
        Ok(found)
    }

    /// Every item of a partition, as it is stored.
    pub(crate) async fn partition_items(&self, pk: &str) -> Result<Vec<Item>, RecordsError> {
        let request = self.dynamodb.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(pk));
        Ok(request.into_paginator().items().send().try_collect().await?)
    }

    /// At most `size` items of a partition, from one sort key on to another, in order.
    pub(crate) async fn query_between<T: DeserializeOwned>(
        &self,
        first: &ItemKey,
        last: &ItemKey,
        size: usize,
    ) -> Result<Vec<T>, RecordsError> {
        if first.sk > last.sk || size == 0 {
            return Ok(Vec::new());
        }
        let request = self.dynamodb.query().table_name(&self.table).consistent_read(true);
        let request = request.key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last");
        let request = request.expression_attribute_values(":pk", text(&first.pk)).expression_attribute_values(":first", text(&first.sk));
        let request = request.expression_attribute_values(":last", text(&last.sk));
        let mut pages = request.limit(i32::try_from(size).unwrap_or(i32::MAX)).into_paginator().items().send();
        let mut found = Vec::with_capacity(size);
        while let Some(item) = pages.next().await {
            found.push(serde_dynamo::from_item(item?)?);
            if found.len() == size {
                break;
            }
        }
        Ok(found)
    }

    /// Every item of an index under one value of its partition key whose sort key is `last` at most, in order, as the table holds them.
    pub(crate) async fn index_items(&self, index: Index, value: &str, last: &str) -> Result<Vec<Item>, RecordsError> {
        let query = self.index_query(index, value).key_condition_expression("#partition = :value AND #sort <= :last");
        let query = query.expression_attribute_names("#sort", index.sort).expression_attribute_values(":last", text(last));
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(item?);
        }
        Ok(found)
    }

    /// Writes an item that must not be there yet; [`RecordsError::Conflict`] if it is. The SDK's retry after a lost answer finds
    /// its own item: only for callers to whom an item that is there is as good as one they wrote.
    pub(crate) async fn put_new(&self, item: Item) -> Result<(), RecordsError> {
        let request = self.put_alone(item)?;
        request.condition_expression("attribute_not_exists(pk)").send().await?;
        Ok(())
    }

    /// Writes items that need no entry, over whatever is there (25 at most: one request). What the table leaves over under load is written
    /// again after a pause that grows; [`RecordsError::Unavailable`] where it leaves items over to the last.
    pub(crate) async fn put_all_alone(&self, items: Vec<Item>) -> Result<(), RecordsError> {
        let mut left = Vec::with_capacity(items.len());
        for item in items {
            check_alone(&serde_dynamo::from_item(item.clone())?)?;
            left.push(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build());
        }
        for attempt in 0..MAX_BATCH_ATTEMPTS {
            if left.is_empty() {
                return Ok(());
            }
            if attempt > 0 {
                tokio::time::sleep(batch_pause(attempt)).await;
            }
            let answer = self.dynamodb.batch_write_item().request_items(&self.table, left).send().await?;
            left = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
        }
        match left.len() {
            0 => Ok(()),
            left => Err(RecordsError::Unavailable(format!("{left} items were left over {MAX_BATCH_ATTEMPTS} times").into())),
        }
    }

    /// A put for a transaction; the item must not be there yet.
    pub(crate) fn transact_put_new(&self, item: Item) -> Result<TransactWriteItem, RecordsError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// A put for a transaction; the item must not be there yet, or be there with the same value of `owner`.
    pub(crate) fn transact_put_own(&self, item: Item, owner: &str) -> Result<TransactWriteItem, RecordsError> {
        let own = item.get(owner).cloned().ok_or_else(|| RecordsError::corrupt("an item without an owner"))?;
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk) OR #owner = :owner");
        let put = put.expression_attribute_names("#owner", owner).expression_attribute_values(":owner", own);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// A write for a transaction, over whatever is there.
    pub(crate) fn transact_put(&self, item: Item) -> Result<TransactWriteItem, RecordsError> {
        Ok(TransactWriteItem::builder().put(Put::builder().table_name(&self.table).set_item(Some(item)).build()?).build())
    }

    /// An update for a transaction: `expression` under `condition`.
    pub(crate) fn transact_update(&self, key: &ItemKey, update: Change) -> Result<TransactWriteItem, RecordsError> {
        let builder = Update::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let builder = builder.update_expression(update.expression).condition_expression(update.condition);
        let builder = builder.set_expression_attribute_values(Some(update.values));
        let names = (!update.names.is_empty()).then_some(update.names);
        Ok(TransactWriteItem::builder().update(builder.set_expression_attribute_names(names).build()?).build())
    }

    /// A condition for a transaction: `attribute` is `value`.
    pub(crate) fn transact_check(&self, key: &ItemKey, attribute: &str, value: AttributeValue) -> Result<TransactWriteItem, RecordsError> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let check = check.condition_expression("#attribute = :value").expression_attribute_names("#attribute", attribute);
        Ok(TransactWriteItem::builder().condition_check(check.expression_attribute_values(":value", value).build()?).build())
    }

    /// A condition for a transaction: there is no such item.
    pub(crate) fn transact_absent(&self, key: &ItemKey) -> Result<TransactWriteItem, RecordsError> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let check = check.condition_expression("attribute_not_exists(pk)").build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// A deletion for a transaction, of an item that may not be there.
    pub(crate) fn transact_delete(&self, key: &ItemKey) -> Result<TransactWriteItem, RecordsError> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key.attributes()));
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    /// A deletion for a transaction, of an item that is there and not on the list of pending work.
    pub(crate) fn transact_delete_settled(&self, key: &ItemKey) -> Result<TransactWriteItem, RecordsError> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let delete = delete.condition_expression("attribute_exists(pk) AND attribute_not_exists(#pending)");
        let delete = delete.expression_attribute_names("#pending", BY_PENDING.partition);
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    /// All or nothing, and nothing that trails cover without its entry; with it, last, what makes the request that is being served
    /// known by its key. The SDK gives each transaction a token of its own, so that its retry after a lost answer is not a second one.
    pub(crate) async fn transact(&self, mut actions: Vec<TransactWriteItem>) -> Result<(), Cancelled> {
        actions.extend(self.entering_request().map_err(Cancelled::Other)?);
        check_entered(&actions).map_err(Cancelled::Other)?;
        let sent = self.dynamodb.transact_write_items().set_transact_items(Some(actions)).send().await;
        sent.map_err(cancelled)?;
        self.request_entered();
        Ok(())
    }

    /// All or nothing, of items that need no entry.
    pub(crate) async fn transact_alone(&self, actions: Vec<TransactWriteItem>) -> Result<(), Cancelled> {
        check_all_alone(&actions).map_err(Cancelled::Other)?;
        let sent = self.dynamodb.transact_write_items().set_transact_items(Some(actions)).send().await;
        sent.map(|_| ()).map_err(cancelled)
    }
}

/// An update expression of names and values that are called after their attributes.
pub(crate) fn expression(sets: &[(&str, AttributeValue)], removes: &[&str]) -> String {
    let set: Vec<String> = sets.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
    let removed: Vec<String> = removes.iter().map(|name| format!("#{name}")).collect();
    let clauses = [("SET", set), ("REMOVE", removed)].into_iter().filter(|(_, parts)| !parts.is_empty());
    clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
}

/// What must hold for an update, with its names and values.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    pub(crate) expression: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Item,
}

impl Condition {
    /// A condition without names and values.
    pub(crate) fn that(expression: &str) -> Self {
        Self { expression: expression.to_owned(), ..Self::default() }
    }

    /// The item is there.
    pub(crate) fn is_there() -> Self {
        Self::that("attribute_exists(pk)")
    }
}

/// An update expression with its condition, names and values.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) expression: String,
    pub(crate) condition: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Item,
}

fn cancelled(error: SdkError<TransactWriteItemsError>) -> Cancelled {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => return Cancelled::Contention,
        _ => return Cancelled::Other(error.into()),
    };
    let code = |wanted: &str| reasons.iter().position(|reason| reason.code() == Some(wanted));
    if let Some(index) = code("ConditionalCheckFailed") {
        Cancelled::Condition(index)
    } else if code("TransactionConflict").is_some() {
        Cancelled::Contention
    } else if code("ThrottlingError").or(code("ProvisionedThroughputExceeded")).is_some() {
        Cancelled::Other(RecordsError::unavailable(error))
    } else {
        Cancelled::Other(error.into())
    }
}

/// Puts an item on the list of pending work: its events should have done it by the first look.
pub(crate) fn pending_from(at: Timestamp) -> [Attribute; 3] {
    pending_at(at.checked_add(FIRST_LOOK).unwrap_or(at))
}

/// Puts an item on the list of pending work, to be looked at then.
pub(crate) fn pending_at(due: Timestamp) -> [Attribute; 3] {
    let [partition, due] = BY_PENDING.keys(format!("{:02}", rand::random_range(0..PENDING_PARTITIONS)), due_text(due));
    [partition, due, (ATTEMPTS, number(0))]
}

/// A moment as it is sorted by: texts of the same length.
pub(crate) fn due_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
