//! Counts the requests that a function makes, by operation: what an invocation costs rests on them (docs/COSTS.md).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::Cloud;
use crate::error::FAILED_REQUESTS;
use crate::store::metrics::{AnswerClass, Metric, StoreFailure};

/// Operations that write; each that fails may have taken units that DynamoDB does not tell of.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// What was counted since the last time it was taken.
#[derive(Debug, Default, Clone)]
pub(crate) struct RequestCount(Arc<Mutex<BTreeMap<String, Counted>>>);

/// What was counted of one operation.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    /// What the function has asked for; a link that was signed among it.
    requests: u64,
    /// Attempts at it, answered or not.
    begun: u64,
    /// Attempts that were answered; a retry counts as one more.
    attempts: u64,
    /// Writes that failed: a condition did not hold, or a transaction was cancelled.
    failed_writes: u64,
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

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(config, |counted, _| counted.requests += 1);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(config, |counted, _| counted.begun += 1);
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
        let failed = context.output_or_error().is_err();
        self.count(config, |counted, operation| counted.failed_writes += u64::from(failed && WRITES.contains(&operation)));
        Ok(())
    }
}

impl Cloud {
    /// Logs what the invocation that began at `started` has asked for; every invocation calls it once, at its end, whatever
    /// the outcome. The fields of the line:
    ///
    /// | field | unit | what |
    /// |---|---|---|
    /// | `requests` | attempts | by operation of S3 and DynamoDB: `{"GetItem":2,"PutObject":1}`; a retry is one more |
    /// | `failed_writes` | attempts | writes refused by a condition or a cancelled transaction: they take units too |
    /// | `duration_ms` | milliseconds, rounded up | since `started`; Lambda bills them, and those of a cold start |
    ///
    /// Capacity units are measured between the functions and the table (`workflow_tests::proxy`): asking for them costs every
    /// answer some bytes, for a sum that CloudWatch has.
    pub fn log_requests(&self, started: Instant) {
        let counted = std::mem::take(&mut *self.requests.all());
        let duration_ms = u64::try_from(started.elapsed().as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        let attempts = counted.iter().map(|(operation, counted)| (operation.as_str(), counted.attempts));
        let attempts: BTreeMap<&str, u64> = attempts.filter(|(_, attempts)| *attempts > 0).collect();
        let requests = serde_json::to_string(&attempts).unwrap_or_default();
        let failed_writes: u64 = counted.values().map(|counted| counted.failed_writes).sum();
        tracing::info!(requests, failed_writes, duration_ms, "requests");
        self.measure_requests(counted.values());
    }

    fn measure_requests<'a>(&self, counted: impl Iterator<Item = &'a Counted>) {
        self.measure_times(Metric::Retries, counted.map(|counted| counted.begun.saturating_sub(counted.requests)).sum());
        let (unavailable, refused) = FAILED_REQUESTS.take();
        self.measure_times(Metric::StoreErrors(StoreFailure::Unavailable), unavailable);
        self.measure_times(Metric::StoreErrors(StoreFailure::Refused), refused);
    }

    /// The same for an invocation that answers a request, with the class of its answer.
    pub fn log_answer(&self, started: Instant, status: u16) {
        self.log_requests(started);
        self.measure(Metric::Answers(AnswerClass::of(status)), 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::aws_json::tests::{config, server};

    #[tokio::test]
    async fn an_attempt_beyond_the_first_is_told_from_a_request() {
        let (url, _) = server(vec![(500, "{}"), (200, r#"{"Parameter":{"Value":"v"}}"#)]).await;
        let cloud = Cloud::of(config(&url), "t".to_owned(), "b".to_owned());
        cloud.secret("/saizheng/signing-key").await.expect("a secret");
        let counted = cloud.requests.all()["GetParameter"];
        assert_eq!((counted.requests, counted.begun, counted.attempts), (1, 2, 2));
    }
}
