//! S3 events as they come out of a queue, and the answer that names what failed.

use std::future::Future;
use std::time::Instant;

use aws_lambda_events::event::s3::S3Event;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use crate::Cloud;
use crate::error::RecordsError;
use crate::store::message_queue::{MessageQueue, Worker};
use crate::store::metrics::Metric;

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
    /// When it was put, by the bucket's clock ([`crate::store::clock::Clock::of_event`]).
    pub put_at: Option<Timestamp>,
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It is done with.
    Done,
    /// Nothing was done: its message goes to the back of the queue, which counts as no try of it.
    Later,
}

impl From<()> for Handled {
    fn from((): ()) -> Self {
        Self::Done
    }
}

/// Runs `handle` over every object of the batch. A message whose object failed is returned to the queue; the others
/// are done. Objects are handled one after the other: more of them at once is more functions at once.
pub async fn each_arrival<F, T, E>(cloud: &Cloud, event: SqsEvent, mut handle: impl FnMut(Arrival) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<T, E>>,
    T: Into<Handled>,
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
        let (mut all_handled, mut is_for_later) = (true, false);
        for arrival in arrivals {
            let Some(arrival) = arrival else {
                tracing::error!("a record of an S3 event without a key; its message will end among the dead letters");
                all_handled = false;
                continue;
            };
            let room = arrival.key.split('/').next().unwrap_or_default().to_owned();
            match handle(arrival).await.map(Into::into) {
                Ok(Handled::Done) => tracing::info!(room, "handled"),
                Ok(Handled::Later) => is_for_later = true,
                Err(error) => {
                    tracing::error!(room, error = &error as &dyn std::error::Error, "failed; the queue will bring it again");
                    all_handled = false;
                }
            }
        }
        if !all_handled || (is_for_later && !put_back(cloud, &message).await) {
            failed(&message);
        }
    }
    cloud.measure_times(Metric::MessagesFailed, response.batch_item_failures.len() as u64);
    cloud.log_requests(started);
    response
}

/// Sends a message anew, before the one that came is done with: if anything breaks in between there are two of it, never none. Events are
/// about versions of objects, so twice is as good as once. Whether it was sent.
async fn put_back(cloud: &Cloud, message: &SqsMessage) -> bool {
    let sent = match &cloud.own_queue {
        Some(queue) => queue.put_back(message).await,
        None => Err(RecordsError::corrupt("a function that is given no queue to put messages back into")),
    };
    match sent {
        Ok(()) => tracing::info!("put back"),
        Err(ref error) => {
            tracing::error!(error = error as &dyn std::error::Error, "could not be put back; the queue will bring it again");
        }
    }
    sent.is_ok()
}

impl Cloud {
    /// Sends the event of an object once more, about the same version of it.
    pub async fn send_again(&self, worker: Worker, arrival: &Arrival) -> Result<(), RecordsError> {
        self.queue_of(worker)?.send(&event(&self.bucket, arrival).to_string()).await
    }

    /// About how many events wait for a function.
    pub async fn waiting_for(&self, worker: Worker) -> Result<u64, RecordsError> {
        self.queue_of(worker)?.waiting().await
    }

    fn queue_of(&self, worker: Worker) -> Result<&MessageQueue, RecordsError> {
        self.queues.get(&worker).ok_or_else(|| RecordsError::corrupt(format!("a function that is not given the queue of {worker:?}")))
    }
}

/// The event of an object, as S3 sends it ([`arrivals`] reads it).
fn event(bucket: &str, arrival: &Arrival) -> Value {
    let object = json!({
        "key": utf8_percent_encode(&arrival.key, NON_ALPHANUMERIC).to_string(),
        "size": arrival.size,
        "versionId": arrival.version,
        "sequencer": arrival.sequencer,
    });
    let record = json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "",
        "eventTime": arrival.put_at.unwrap_or_default().to_string(),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "" },
        "requestParameters": { "sourceIPAddress": "" },
        "responseElements": {},
        "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": bucket, "arn": "" }, "object": object },
    });
    json!({ "Records": [record] })
}

/// The objects of one message, none in the place of a record that names none; none at all if it is no S3 event. The test
/// event that S3 sends when a notification is set up has no objects.
fn arrivals(message: &SqsMessage) -> Option<Vec<Option<Arrival>>> {
    let body: serde_json::Value = serde_json::from_str(message.body.as_deref()?).ok()?;
    if body["Event"] == "s3:TestEvent" {
        return Some(Vec::new());
    }
    let event: S3Event = serde_json::from_value(body).ok()?;
    let arrival = |record: aws_lambda_events::event::s3::S3EventRecord| {
        let put_at = Timestamp::from_millisecond(record.event_time.timestamp_millis()).ok();
        let object = record.s3.object;
        Some(Arrival {
            put_at,
            key: decode_key(object.key.as_deref()?),
            version: object.version_id.filter(|version| !version.is_empty() && version != "null"),
            sequencer: object.sequencer.unwrap_or_default(),
            size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        })
    };
    Some(event.records.into_iter().map(arrival).collect())
}

/// S3 sends keys form-encoded: `+` is a space, everything else percent-encoded UTF-8.
fn decode_key(encoded: &str) -> String {
    percent_decode_str(&encoded.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::aws_json::tests::{config, server};

    /// A message with one record, as Lambda hands it on.
    fn message() -> SqsMessage {
        let record = json!({ "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2022-06-20T02:00:00.000Z",
            "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "x" }, "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {}, "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": "b", "arn": "arn:aws:s3:::b" },
            "object": { "key": "inbox/u/a/b.xlsx", "size": 1 } } });
        let mut message = SqsMessage::default();
        message.message_id = Some("m-1".to_owned());
        message.body = Some(json!({ "Records": [record] }).to_string());
        message
    }

    /// What becomes of the message where the queue answers so, and what the queue was sent.
    async fn put_back_where(answer: (u16, &'static str)) -> (Vec<String>, Vec<String>) {
        let (url, asked) = server(vec![answer]).await;
        let cloud = Cloud::of(config(&url), "t".to_owned(), "b".to_owned());
        let queue = MessageQueue::of(&cloud.config, cloud.requests.clone(), "http://sqs/000000000000/q".to_owned());
        let cloud = Cloud { own_queue: Some(queue), ..cloud };
        let mut event = SqsEvent::default();
        event.records = vec![message()];
        let response = each_arrival(&cloud, event, async |_| Ok::<_, RecordsError>(Handled::Later)).await;
        let asked = asked.lock().expect("unpoisoned").clone();
        (response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(), asked)
    }

    #[tokio::test]
    async fn a_message_for_later_is_sent_anew_and_then_done_with() {
        let (failed, sent) = put_back_where((200, r#"{"MessageId":"m-2"}"#)).await;
        assert_eq!((failed.len(), sent.len()), (0, 1));
        let (head, body) = sent[0].split_once("\r\n\r\n").expect("a request");
        let head = head.to_lowercase();
        for part in ["x-amz-target: amazonsqs.sendmessage", "content-type: application/x-amz-json-1.0", "/cn-north-1/sqs/aws4_request"] {
            assert!(head.contains(part), "{part} is not in {head}");
        }
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((body["MessageBody"].as_str(), &body["QueueUrl"]), (message().body.as_deref(), &json!("http://sqs/000000000000/q")));
        assert!((1..=2).contains(&body["DelaySeconds"].as_u64().expect("seconds")), "{body}");
    }

    #[tokio::test]
    async fn a_message_that_cannot_be_sent_anew_is_not_lost() {
        let (failed, _) = put_back_where((400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}"#)).await;
        assert_eq!(failed, ["m-1"]);
        let mut event = SqsEvent::default();
        event.records = vec![message()];
        let without = Cloud::of(config("http://127.0.0.1:1"), "t".to_owned(), "b".to_owned());
        let response = each_arrival(&without, event, async |_| Ok::<_, RecordsError>(Handled::Later)).await;
        assert_eq!(response.batch_item_failures.len(), 1);
    }

    #[test]
    fn a_chinese_key_with_spaces_and_a_plus_is_decoded() {
        assert_eq!(decode_key("inbox/u/%E5%90%8D%E5%8D%95+2026%2B1.xlsx"), "inbox/u/名单 2026+1.xlsx");
    }

    #[test]
    fn an_event_that_is_sent_once_more_reads_as_what_it_is_about() {
        let arrival = Arrival {
            key: "inbox/u/aaaaaaaaaaaaaaaa/名单 2026+1.xlsx".to_owned(),
            version: Some("v.1_x".to_owned()),
            sequencer: "0055AED6DCD90281E5".to_owned(),
            size: 4096,
            put_at: Some("2022-07-31T15:59:59Z".parse().expect("a time")),
        };
        let mut message = SqsMessage::default();
        message.body = Some(event("b", &arrival).to_string());
        assert_eq!(arrivals(&message), Some(vec![Some(arrival)]));
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
