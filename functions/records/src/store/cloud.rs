//! The clients, made once per cold start.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::json;
use tokio::sync::Mutex;

use crate::error::RecordsError;
use crate::store::aws_json::{JsonOperation, Target};
use crate::store::bus::Bus;
use crate::store::clock::Clock;
use crate::store::idempotency::KeyedRequest;
use crate::store::kept::KeptObjects;
use crate::store::message_queue::{MessageQueue, Worker};
use crate::store::metrics::Meter;
use crate::store::requests::RequestCount;
use crate::store::rulebooks::RulebookCache;

/// Table, bucket and clock: all that a function needs of the outside.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// For the store only: whatever is written goes through `store::table`, which sees to it that trails tell of it.
    pub(in crate::store) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) table: String,
    pub(crate) bucket: String,
    pub(crate) config: aws_config::SdkConfig,
    pub(crate) requests: RequestCount,
    pub(crate) bus: Option<Bus>,
    /// The function's own queue, where it may put messages back.
    pub(crate) own_queue: Option<MessageQueue>,
    /// Queues of others, where the function may have work done once more.
    pub(crate) queues: HashMap<Worker, MessageQueue>,
    /// The request that is being served, where its client has given it a key.
    pub(crate) request: Option<Arc<KeyedRequest>>,
    pub(crate) rulebook_cache: Arc<Mutex<RulebookCache>>,
    pub(in crate::store) kept: Arc<KeptObjects>,
    pub(in crate::store) meter: Meter,
    /// The clock.
    pub clock: Clock,
}

/// Reads a parameter of the parameter store.
const GET_PARAMETER: Target =
    Target { service: "ssm", endpoint_variable: "SSM", interface: "AmazonSSM", operation: "GetParameter", version: "1.1" };

/// A variable of the function's environment is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(&'static str);

/// How often a call is tried: the SDK's own three are over within a second of throttling.
const ATTEMPTS: u32 = 5;
/// The longest that a connection may take, and the silence before an answer: a store that does not answer must not take all the time that
/// a function has.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that one attempt may take on the table, and on the bucket, where 16 MB are written at once.
const ITEM_TIMEOUT: Duration = Duration::from_secs(10);
const OBJECT_TIMEOUT: Duration = Duration::from_secs(60);

fn timeouts(attempt: Duration) -> TimeoutConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(SILENCE_TIMEOUT);
    timeouts.operation_attempt_timeout(attempt).build()
}

/// A plain write that meets a transaction on the same item is tried again at once, as one that is throttled. The SDK takes it for a defect,
/// and its message would come again after its queue's visibility timeout only.
fn conflicts<E>() -> AwsErrorCodeClassifier<E> {
    AwsErrorCodeClassifier::builder().transient_errors(&["TransactionConflictException"][..]).build()
}

impl Cloud {
    /// Reads `TABLE`, `BUCKET` and, where changes are announced, `EVENT_BUS` from the environment and makes the clients.
    pub async fn connect() -> Result<Self, MissingVariable> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| MissingVariable(name));
        let (table, bucket) = (variable("TABLE")?, variable("BUCKET")?);
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        let cloud = Self { meter: Meter::of_process(), ..Self::of(config, table, bucket) };
        Ok(match std::env::var("EVENT_BUS") {
            Ok(name) => cloud.telling(name),
            Err(_) => cloud,
        })
    }

    /// The same, announcing its changes on that bus.
    pub fn telling(self, bus: String) -> Self {
        let bus = Bus::of(&self.config, self.requests.clone(), bus);
        Self { bus: Some(bus), ..self }
    }

    /// Clients of whatever `config` points to.
    pub fn of(config: aws_config::SdkConfig, table: String, bucket: String) -> Self {
        let requests = RequestCount::default();
        // Path style is what works for every S3 there is; virtual hosts need DNS that a local stack does not have.
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(config.endpoint_url().is_some());
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard).with_max_attempts(ATTEMPTS);
        let s3 = s3.timeout_config(timeouts(OBJECT_TIMEOUT)).retry_config(retries.clone());
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config).interceptor(requests.clone());
        let dynamodb = dynamodb.timeout_config(timeouts(ITEM_TIMEOUT)).retry_config(retries);
        let dynamodb = dynamodb.retry_classifier(conflicts::<PutItemError>()).retry_classifier(conflicts::<UpdateItemError>());
        let dynamodb = dynamodb.retry_classifier(conflicts::<DeleteItemError>());
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(requests.clone()).build()),
            table,
            bucket,
            config,
            requests,
            bus: None,
            own_queue: None,
            queues: HashMap::new(),
            request: None,
            rulebook_cache: Arc::default(),
            kept: Arc::default(),
            meter: Meter::default(),
            clock: Clock::from_env(),
        }
    }

    /// The same, able to put messages back into the function's own queue, which the variable `QUEUE_URL` names.
    pub fn putting_back(self) -> Result<Self, MissingVariable> {
        Ok(Self { own_queue: Some(self.queue("QUEUE_URL")?), ..self })
    }

    /// The same, able to have work done once more by these, whose queues the variables `…_QUEUE_URL` name.
    pub fn setting_going(self, workers: &[Worker]) -> Result<Self, MissingVariable> {
        let queues = workers.iter().map(|worker| Ok((*worker, self.queue(worker.variable())?)));
        Ok(Self { queues: queues.collect::<Result<_, _>>()?, ..self })
    }

    fn queue(&self, variable: &'static str) -> Result<MessageQueue, MissingVariable> {
        let url = std::env::var(variable).map_err(|_| MissingVariable(variable))?;
        Ok(MessageQueue::of(&self.config, self.requests.clone(), url))
    }

    /// A secret text of the parameter store, by its name.
    pub async fn secret(&self, name: &str) -> Result<String, RecordsError> {
        let operation = JsonOperation::new(&self.config, GET_PARAMETER, self.requests.clone(), None);
        let answer = operation.send(json!({ "Name": name, "WithDecryption": true })).await?;
        answer["Parameter"]["Value"].as_str().map(str::to_owned).ok_or(RecordsError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::aws_json::tests::{config, server};
    use crate::store::item::text;

    async fn put(answers: Vec<(u16, &'static str)>) -> (bool, usize) {
        let (url, asked) = server(answers).await;
        let cloud = Cloud::of(config(&url), "t".to_owned(), "b".to_owned());
        let put = cloud.dynamodb.put_item().table_name("t").item("pk", text("a")).send().await;
        (put.is_ok(), asked.lock().expect("unpoisoned").len())
    }

    #[tokio::test]
    async fn a_plain_write_that_meets_a_transaction_is_tried_again() {
        let conflict = (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"ongoing"}"#);
        assert_eq!(put(vec![conflict, conflict, (200, "{}")]).await, (true, 3));
        let refused = (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no"}"#);
        assert_eq!(put(vec![refused]).await, (false, 1));
    }
}
