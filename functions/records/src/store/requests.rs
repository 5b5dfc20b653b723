//! Counts the requests that a function makes, by operation, and the capacity units that DynamoDB says they took: what
//! an invocation costs is counted in them (docs/COSTS.md).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use serde::Serialize;

use crate::Cloud;

/// Operations that write; each that fails may have taken units that DynamoDB does not tell of.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// What was counted since the last time it was taken.
#[derive(Debug, Default, Clone)]
pub(crate) struct RequestCount(Arc<Mutex<BTreeMap<String, Counted>>>);

/// What was counted of one operation.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    /// Attempts that were answered; a retry counts as one more.
    attempts: u64,
    /// Writes that failed: a condition did not hold, or a transaction was cancelled.
    failed_writes: u64,
    units: Units,
}

/// Capacity units: 1 KB written, 4 KB read. On demand they are priced as request units.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
struct Units {
    write: f64,
    read: f64,
}

impl RequestCount {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, config: &ConfigBag, change: impl FnOnce(&mut Counted, &str)) {
        if let Some(operation) = config.load::<Metadata>().map(|metadata| metadata.name().to_owned()) {
            change(self.all().entry(operation.clone()).or_default(), &operation);
        }
    }
}

impl Intercept for RequestCount {
    fn name(&self) -> &'static str {
        "RequestCount"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        ask_for_units(context.input_mut());
        Ok(())
    }

    /// After the answer: a link is signed as far as here, and is no request.
    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(config, |counted, _| counted.attempts += 1);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(config, |counted, operation| match context.output_or_error() {
            Ok(output) => {
                let units = units_of(output);
                counted.units.write += units.write;
                counted.units.read += units.read;
            }
            Err(_) => counted.failed_writes += u64::from(WRITES.contains(&operation)),
        });
        Ok(())
    }
}

/// Has DynamoDB tell the units of a request; S3 has none.
fn ask_for_units(input: &mut Input) {
    macro_rules! ask {
        ($($kind:ty),+) => {
            $(if let Some(input) = input.downcast_mut::<$kind>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
            })+
        };
    }
    ask!(GetItemInput, QueryInput, BatchGetItemInput, PutItemInput, UpdateItemInput, DeleteItemInput, TransactWriteItemsInput);
}

/// The units that an answer tells of.
fn units_of(output: &Output) -> Units {
    macro_rules! told {
        ($($kind:ty),+) => {
            None$(.or_else(|| output.downcast_ref::<$kind>().map(|output| output.consumed_capacity.as_slice())))+
        };
    }
    if let Some(read) = told!(GetItemOutput, QueryOutput) {
        return Units { read: total(read), write: 0.0 };
    }
    if let Some(BatchGetItemOutput { consumed_capacity: Some(read), .. }) = output.downcast_ref() {
        return Units { read: total(read), write: 0.0 };
    }
    if let Some(written) = told!(PutItemOutput, UpdateItemOutput, DeleteItemOutput) {
        return Units { write: total(written), read: 0.0 };
    }
    match output.downcast_ref() {
        Some(TransactWriteItemsOutput { consumed_capacity: Some(transacted), .. }) => transacted_units(transacted),
        _ => Units::default(),
    }
}

fn total(told: &[ConsumedCapacity]) -> f64 {
    told.iter().filter_map(|one| one.capacity_units).sum()
}

/// A transaction that had gone through before is answered for the price of reading its items: it tells of read units.
fn transacted_units(told: &[ConsumedCapacity]) -> Units {
    let read = told.iter().filter_map(|one| one.read_capacity_units).sum();
    Units { read, write: total(told) - read }
}

impl Cloud {
    /// Logs what the invocation that began at `started` has cost; every invocation calls it once, at its end, whatever
    /// the outcome. The fields of the line:
    ///
    /// | field | unit | what |
    /// |---|---|---|
    /// | `requests` | attempts | by operation of S3 and DynamoDB: `{"GetItem":2,"PutObject":1}`; a retry is one more |
    /// | `units` | capacity units | by operation: `{"PutItem":{"write":2.0,"read":0.0}}`, as DynamoDB told them |
    /// | `write_units` | capacity units | all written: 1 KB each, indexes included, transactions double |
    /// | `read_units` | capacity units | all read: 4 KB each, half where eventually consistent |
    /// | `failed_writes` | attempts | writes refused by a condition or a cancelled transaction: they take units too, but an error does not tell how many |
    /// | `duration_ms` | milliseconds, rounded up | since `started`; Lambda bills them, and those of a cold start |
    pub fn log_requests(&self, started: Instant) {
        let counted = std::mem::take(&mut *self.requests.all());
        let duration_ms = u64::try_from(started.elapsed().as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        let requests = json(counted.iter().map(|(operation, counted)| (operation, counted.attempts)));
        let told = counted.iter().filter(|(_, counted)| counted.units != Units::default());
        let units = json(told.map(|(operation, counted)| (operation, counted.units)));
        // The sum of no floats is -0.0.
        let write_units = 0.0 + counted.values().map(|counted| counted.units.write).sum::<f64>();
        let read_units = 0.0 + counted.values().map(|counted| counted.units.read).sum::<f64>();
        let failed_writes: u64 = counted.values().map(|counted| counted.failed_writes).sum();
        tracing::info!(requests, units, write_units, read_units, failed_writes, duration_ms, "requests");
    }
}

/// A JSON object with the operations in alphabetical order.
fn json<'a, T: Serialize>(by_operation: impl Iterator<Item = (&'a String, T)>) -> String {
    serde_json::to_string(&by_operation.collect::<BTreeMap<_, _>>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(units: f64) -> ConsumedCapacity {
        ConsumedCapacity::builder().capacity_units(units).build()
    }

    #[test]
    fn a_request_asks_for_its_units() -> Result<(), Box<dyn std::error::Error>> {
        let mut input = Input::erase(PutItemInput::builder().build()?);
        ask_for_units(&mut input);
        let asked = input.downcast_ref::<PutItemInput>().and_then(|input| input.return_consumed_capacity.as_ref());
        assert_eq!(asked, Some(&ReturnConsumedCapacity::Total));
        Ok(())
    }

    #[test]
    fn reads_and_writes_are_told_apart() {
        let read = Output::erase(QueryOutput::builder().consumed_capacity(told(1.5)).build());
        assert_eq!(units_of(&read), Units { read: 1.5, write: 0.0 });
        let batch = Output::erase(BatchGetItemOutput::builder().consumed_capacity(told(100.0)).build());
        assert_eq!(units_of(&batch), Units { read: 100.0, write: 0.0 });
        let written = Output::erase(PutItemOutput::builder().consumed_capacity(told(4.0)).build());
        assert_eq!(units_of(&written), Units { read: 0.0, write: 4.0 });
        let nothing = Output::erase(PutItemOutput::builder().build());
        assert_eq!(units_of(&nothing), Units::default());
    }

    #[test]
    fn a_repeated_transaction_is_a_read() {
        let first = ConsumedCapacity::builder().capacity_units(8.0).write_capacity_units(8.0).build();
        let first = Output::erase(TransactWriteItemsOutput::builder().consumed_capacity(first).build());
        assert_eq!(units_of(&first), Units { read: 0.0, write: 8.0 });
        let again = ConsumedCapacity::builder().capacity_units(6.0).read_capacity_units(6.0).build();
        let again = Output::erase(TransactWriteItemsOutput::builder().consumed_capacity(again).build());
        assert_eq!(units_of(&again), Units { read: 6.0, write: 0.0 });
    }
}
