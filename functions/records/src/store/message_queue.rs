//! A queue that a function may send to: the one that it gets its messages from, to put one back at the end (docs/decisions/0021), or another's.

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};

use crate::error::RecordsError;
use crate::store::aws_json::{JsonOperation, Target};
use crate::store::requests::RequestCount;

/// The longest that a function waits for the queue; then the message counts as failed, and comes again by itself.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The attribute of a message that says how often it was put back.
const PUT_BACK: &str = "PutBack";

/// Puts a message into a queue.
const SEND_MESSAGE: Target =
    Target { service: "sqs", endpoint_variable: "SQS", interface: "AmazonSQS", operation: "SendMessage", version: "1.0" };

/// Tells how much is in a queue.
const GET_ATTRIBUTES: Target =
    Target { service: "sqs", endpoint_variable: "SQS", interface: "AmazonSQS", operation: "GetQueueAttributes", version: "1.0" };

/// A function that gets its work from a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray)]
pub enum Worker {
    /// Judges materials.
    Validate,
    /// Enters verdicts.
    Register,
    /// Makes certificates of decisions.
    Issue,
    /// Prints.
    Print,
    /// Makes archive volumes and zips.
    Archive,
    /// Makes the papers of a publication.
    Publish,
    /// Counts a year.
    Tally,
}

impl Worker {
    /// All of them.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The variable of the environment that holds its queue's address.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Validate => "VALIDATE_QUEUE_URL",
            Self::Register => "REGISTER_QUEUE_URL",
            Self::Issue => "ISSUE_QUEUE_URL",
            Self::Print => "PRINT_QUEUE_URL",
            Self::Archive => "ARCHIVE_QUEUE_URL",
            Self::Publish => "PUBLISH_QUEUE_URL",
            Self::Tally => "COUNT_QUEUE_URL",
        }
    }
}

/// A queue that a function may send to.
#[derive(Debug, Clone)]
pub(crate) struct MessageQueue {
    send_message: JsonOperation,
    get_attributes: JsonOperation,
    url: String,
}

impl MessageQueue {
    pub(crate) fn of(config: &aws_config::SdkConfig, requests: RequestCount, url: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
        let operation = |target| JsonOperation::new(config, target, requests.clone(), Some(timeouts.clone()));
        Self { send_message: operation(SEND_MESSAGE), get_attributes: operation(GET_ATTRIBUTES), url }
    }

    /// About how many messages wait to be handled, those included that wait for their time; not those that are being handled.
    pub(crate) async fn waiting(&self) -> Result<u64, RecordsError> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"];
        let answer = self.get_attributes.send(json!({ "QueueUrl": self.url, "AttributeNames": names })).await?;
        let count = |name: &&str| answer["Attributes"][*name].as_str().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        Ok(names.iter().map(count).sum())
    }

    /// Sends a message of that text.
    pub(crate) async fn send(&self, body: &str) -> Result<(), RecordsError> {
        self.send_message.send(json!({ "QueueUrl": self.url, "MessageBody": body })).await?;
        Ok(())
    }

    /// Sends the same message anew. It is another one to the queue: being received so far counts as no try of it.
    pub(crate) async fn put_back(&self, message: &SqsMessage) -> Result<(), RecordsError> {
        let times = times(message);
        self.send_message.send(sent(&self.url, message, times, rand::random_range(pause(times)))).await?;
        Ok(())
    }
}

fn sent(url: &str, message: &SqsMessage, times: u32, pause: u32) -> Value {
    let count = json!({ "DataType": "Number", "StringValue": times.saturating_add(1).to_string() });
    json!({ "QueueUrl": url, "MessageBody": message.body, "DelaySeconds": pause, "MessageAttributes": { PUT_BACK: count } })
}

/// How often a message was put back before.
fn times(message: &SqsMessage) -> u32 {
    let count = message.message_attributes.get(PUT_BACK).and_then(|count| count.string_value.as_deref());
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Seconds until it comes again, one of which is taken by chance: 1 or 2 at first, twice as many with each time, up to 16 to 32. What waits
/// in great numbers must not keep the functions busy with putting it back.
fn pause(times: u32) -> std::ops::RangeInclusive<u32> {
    let least = 1 << times.min(4);
    least..=2 * least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attributes: Value) -> SqsMessage {
        serde_json::from_value(json!({ "messageId": "m-1", "body": "{\"Records\":[]}", "messageAttributes": attributes }))
            .expect("a message")
    }

    #[test]
    fn a_message_is_sent_as_it_came_with_the_count_of_times() {
        let first = message(json!({}));
        let again = sent("https://sqs/q", &first, times(&first), 2);
        let count = |n: &str| json!({ "PutBack": { "DataType": "Number", "StringValue": n } });
        let expected = |n, pause| json!({ "QueueUrl": "https://sqs/q", "MessageBody": "{\"Records\":[]}", "DelaySeconds": pause, "MessageAttributes": count(n) });
        assert_eq!(again, expected("1", 2));
        // As Lambda hands it on.
        let second = message(json!({ "PutBack": { "dataType": "Number", "stringValue": "1" } }));
        assert_eq!(sent("https://sqs/q", &second, times(&second), 3), expected("2", 3));
        for odd in [json!(null), json!({ "PutBack": { "dataType": "String", "stringValue": "often" } })] {
            assert_eq!(times(&message(odd)), 0);
        }
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        assert_eq!([0, 1, 3, 4, u32::MAX].map(pause), [1..=2, 2..=4, 8..=16, 16..=32, 16..=32]);
    }
}
