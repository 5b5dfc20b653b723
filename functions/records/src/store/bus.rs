//! The event bus.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;
use rules::after::announcement::{Announcement, DETAIL_TYPE, SOURCE};
use serde_json::json;

use crate::error::RecordsError;
use crate::store::aws_json::{JsonOperation, Target};
use crate::store::requests::RequestCount;

/// The longest that a change waits for its event; what takes longer, reconcile does.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Puts events on a bus.
const PUT_EVENTS: Target =
    Target { service: "events", endpoint_variable: "EVENTBRIDGE", interface: "AWSEvents", operation: "PutEvents", version: "1.1" };

/// The event bus of the system.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    put_events: JsonOperation,
    name: String,
}

impl Bus {
    pub(crate) fn of(config: &aws_config::SdkConfig, requests: RequestCount, name: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
        Self { put_events: JsonOperation::new(config, PUT_EVENTS, requests, Some(timeouts)), name }
    }

    pub(crate) async fn put(&self, announcement: &Announcement) -> Result<(), RecordsError> {
        let detail = serde_json::to_string(announcement)?;
        let entry = json!({ "EventBusName": self.name, "Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail });
        let answer = self.put_events.send(json!({ "Entries": [entry] })).await?;
        // An answer of 200 may refuse the entry.
        match answer["Entries"][0]["ErrorCode"].as_str() {
            None => Ok(()),
            Some(code) => Err(RecordsError::Unavailable(format!("an event was not taken: {code}").into())),
        }
    }
}
