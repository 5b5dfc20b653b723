//! The clients, made once per cold start.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::json;
use tokio::sync::Mutex;

use crate::error::RecordsError;
use crate::store::aws_json::{JsonOperation, Target};
use crate::store::bus::Bus;
use crate::store::clock::Clock;
use crate::store::idempotency::KeyedRequest;
use crate::store::message_queue::MessageQueue;
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
    /// The queue of `validate`, where the function may have materials judged once more.
    pub(crate) validate_queue: Option<MessageQueue>,
    /// The request that is being served, where its client has given it a key.
    pub(crate) request: Option<Arc<KeyedRequest>>,
    pub(crate) rulebook_cache: Arc<Mutex<RulebookCache>>,
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
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config).interceptor(requests.clone());
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(requests.clone()).build()),
            table,
            bucket,
            config,
            requests,
            bus: None,
            own_queue: None,
            validate_queue: None,
            request: None,
            rulebook_cache: Arc::default(),
            meter: Meter::default(),
            clock: Clock::from_env(),
        }
    }

    /// The same, able to put messages back into the function's own queue, which the variable `QUEUE_URL` names.
    pub fn putting_back(self) -> Result<Self, MissingVariable> {
        Ok(Self { own_queue: Some(self.queue("QUEUE_URL")?), ..self })
    }

    /// The same, able to have materials judged once more by the queue that the variable `VALIDATE_QUEUE_URL` names.
    pub fn judging_anew(self) -> Result<Self, MissingVariable> {
        Ok(Self { validate_queue: Some(self.queue("VALIDATE_QUEUE_URL")?), ..self })
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
