//! S3 events as they come out of a queue, and the answer that names what failed.

use std::future::Future;
use std::time::Instant;

use aws_lambda_events::event::s3::S3Event;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use percent_encoding::percent_decode_str;

use crate::Cloud;

/// An object that was put, from its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The key, decoded.
    pub key: String,
    /// The version that the event is about.
    pub version: Option<String>,
    /// Orders the events of one key: compared as text after padding (AWS: S3 event message structure).
    pub sequencer: String,
    /// Size in bytes.
    pub size: u64,
}

/// Runs `handle` over every object of the batch. A message whose object failed is returned to the queue; the others
/// are done. Objects are handled one after the other: more of them at once is more functions at once.
pub async fn each_arrival<F, E>(cloud: &Cloud, event: SqsEvent, mut handle: impl FnMut(Arrival) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error + 'static,
{
    let started = Instant::now();
    let mut response = SqsBatchResponse::default();
    let mut failed = |message: &SqsMessage| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message.message_id.clone().unwrap_or_default();
        response.batch_item_failures.push(failure);
    };
    for message in event.records {
        let Some(arrivals) = arrivals(&message) else {
            tracing::error!("a message that is no S3 event; it will end among the dead letters");
            failed(&message);
            continue;
        };
        let mut all_handled = true;
        for arrival in arrivals {
            let Some(arrival) = arrival else {
                tracing::error!("a record of an S3 event without a key; its message will end among the dead letters");
                all_handled = false;
                continue;
            };
            let room = arrival.key.split('/').next().unwrap_or_default().to_owned();
            match handle(arrival).await {
                Ok(()) => tracing::info!(room, "handled"),
                Err(error) => {
                    tracing::error!(room, error = &error as &dyn std::error::Error, "failed; the queue will bring it again");
                    all_handled = false;
                }
            }
        }
        if !all_handled {
            failed(&message);
        }
    }
    cloud.log_requests(started);
    response
}

/// The objects of one message, none in the place of a record that names none; none at all if it is no S3 event. The test
/// event that S3 sends when a notification is set up has no objects.
fn arrivals(message: &SqsMessage) -> Option<Vec<Option<Arrival>>> {
    let body: serde_json::Value = serde_json::from_str(message.body.as_deref()?).ok()?;
    if body["Event"] == "s3:TestEvent" {
        return Some(Vec::new());
    }
    let event: S3Event = serde_json::from_value(body).ok()?;
    let arrival = |object: aws_lambda_events::event::s3::S3Object| {
        Some(Arrival {
            key: decode_key(object.key.as_deref()?),
            version: object.version_id.filter(|version| !version.is_empty() && version != "null"),
            sequencer: object.sequencer.unwrap_or_default(),
            size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        })
    };
    Some(event.records.into_iter().map(|record| arrival(record.s3.object)).collect())
}

/// S3 sends keys form-encoded: `+` is a space, everything else percent-encoded UTF-8.
fn decode_key(encoded: &str) -> String {
    percent_decode_str(&encoded.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chinese_key_with_spaces_and_a_plus_is_decoded() {
        assert_eq!(decode_key("inbox/u/%E5%90%8D%E5%8D%95+2026%2B1.xlsx"), "inbox/u/名单 2026+1.xlsx");
    }

    #[test]
    fn the_test_event_of_a_new_notification_is_no_arrival() {
        let mut message = SqsMessage::default();
        message.body = Some(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#.to_owned());
        assert_eq!(arrivals(&message), Some(Vec::new()));
    }

    #[test]
    fn a_record_without_a_key_is_not_taken_for_done() {
        let record = |object| {
            json!({ "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2022-06-20T02:00:00.000Z",
                "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "x" }, "requestParameters": { "sourceIPAddress": "127.0.0.1" },
                "responseElements": {}, "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": "b", "arn": "arn:aws:s3:::b" }, "object": object } })
        };
        let mut message = SqsMessage::default();
        let event = json!({ "Records": [record(json!({ "size": 1 })), record(json!({ "key": "inbox/u/a/b.xlsx", "size": 1 }))] });
        message.body = Some(event.to_string());
        let arrivals = arrivals(&message).expect("an event");
        assert_eq!(arrivals.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_message_that_is_no_event_is_not_taken_for_done() {
        let mut message = SqsMessage::default();
        for body in ["", "hello", "{}", r#"{"Records":[{"s3":{}}]}"#] {
            message.body = Some(body.to_owned());
            assert_eq!(arrivals(&message), None, "{body}");
        }
    }
}
