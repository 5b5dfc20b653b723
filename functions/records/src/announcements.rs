//! Telling the world: what is to be told stands on the list of pending work from the transaction that changed it until
//! EventBridge has it (docs/decisions/0013). At least once: whoever listens tells repetitions by application and number.

use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_types::timeout::TimeoutConfig;
use rules::after::announcement::{Announcement, DETAIL_TYPE, SOURCE};
use serde_json::json;

use crate::Cloud;
use crate::application::partition;
use crate::aws_json::{JsonOperation, Target};
use crate::error::RecordsError;
use crate::pending::pending_since;
use crate::requests::RequestCount;
use crate::table::{ItemKey, item};

/// The longest that a change waits for its event; what takes longer, reconcile does.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Puts events on a bus.
const PUT_EVENTS: Target = Target { service: "events", endpoint_variable: "EVENTBRIDGE", interface: "AWSEvents", operation: "PutEvents" };

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

    async fn put(&self, announcement: &Announcement) -> Result<(), RecordsError> {
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

/// What a change of an application, or of several, writes, and what the world is told of it.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) actions: Vec<TransactWriteItem>,
    pub(crate) announcements: Vec<Announcement>,
}

impl From<Vec<TransactWriteItem>> for Changes {
    fn from(actions: Vec<TransactWriteItem>) -> Self {
        Self { actions, announcements: Vec::new() }
    }
}

impl Changes {
    pub(crate) fn push(&mut self, action: TransactWriteItem) {
        self.actions.push(action);
    }

    pub(crate) fn extend(&mut self, more: impl Into<Changes>) {
        let Changes { actions, announcements } = more.into();
        self.actions.extend(actions);
        self.announcements.extend(announcements);
    }
}

fn announcement_key(announcement: &Announcement) -> ItemKey {
    ItemKey::new(partition(&announcement.application), format!("ANNOUNCEMENT#{:08}", announcement.number))
}

impl Cloud {
    /// `actions`, and one more that puts the announcement on the list; without a bus nothing is told.
    pub(crate) fn announcing(
        &self,
        mut actions: Vec<TransactWriteItem>,
        announcement: Option<Announcement>,
    ) -> Result<Changes, RecordsError> {
        let announcements: Vec<Announcement> = announcement.filter(|_| self.bus.is_some()).into_iter().collect();
        for told in &announcements {
            actions.push(self.transact_put_new(item(&announcement_key(told), told, &pending_since(told.at))?)?);
        }
        Ok(Changes { actions, announcements })
    }

    /// Tells what was just written. What fails stays on the list: the change itself has gone through.
    pub(crate) async fn tell(&self, announcements: Vec<Announcement>) {
        for announcement in announcements {
            if let Err(error) = self.announce(&announcement).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "not announced yet; reconcile will");
                // The others would wait as long for the same bus.
                return;
            }
        }
    }

    /// Tells the world, and takes it off the list.
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), RecordsError> {
        let Some(bus) = &self.bus else { return Err(RecordsError::corrupt("an announcement, and no bus")) };
        bus.put(announcement).await?;
        let key = announcement_key(announcement).attributes();
        self.dynamodb.delete_item().table_name(&self.table).set_key(Some(key)).send().await?;
        Ok(())
    }
}
