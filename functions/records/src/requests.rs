//! Counts the requests that a function makes, by operation: what they cost is counted in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use crate::Cloud;

/// Attempts by operation since the last time they were taken; a retry counts as one more.
#[derive(Debug, Default, Clone)]
pub(crate) struct RequestCount(Arc<Mutex<BTreeMap<String, u64>>>);

impl Intercept for RequestCount {
    fn name(&self) -> &'static str {
        "RequestCount"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = config.load::<Metadata>().map(|metadata| metadata.name().to_owned()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
        }
        Ok(())
    }
}

impl Cloud {
    /// Logs the requests made since the last call, as the field `requests`: `{"GetItem":2,"PutObject":1}`.
    pub fn log_requests(&self) {
        let counts = std::mem::take(&mut *self.requests.0.lock().unwrap_or_else(PoisonError::into_inner));
        let requests = serde_json::to_string(&counts).unwrap_or_default();
        tracing::info!(requests, "requests");
    }
}
