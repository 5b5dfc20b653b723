//! One operation of a service that speaks AWS JSON, by the SDK's own runtime: signed (Signature Version 4), retried,
//! timed out, counted. Of the parameter store, the event bus and the queues one operation each is wanted; the SDK crates of
//! the first two together took longer to build than DynamoDB's.
//!
//! What the generated clients do beyond that and this does not: FIPS and dual-stack endpoints, endpoints of a profile, correction of a
//! clock that is wrong.

use std::fmt;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_dynamodb::error::{BoxError, ErrorMetadata, SdkError};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde_json::Value;

use crate::store::requests::RequestCount;

/// An operation by its names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Signing name and first label of the host: `ssm`, `events`.
    pub(crate) service: &'static str,
    /// The name that the variable `AWS_ENDPOINT_URL_…` ends with.
    pub(crate) endpoint_variable: &'static str,
    /// `x-amz-target` before the dot: `AmazonSSM`.
    pub(crate) interface: &'static str,
    /// `x-amz-target` after it: `GetParameter`.
    pub(crate) operation: &'static str,
    /// Of AWS JSON: `1.0` or `1.1`.
    pub(crate) version: &'static str,
}

/// An operation: JSON in, JSON out.
#[derive(Debug, Clone)]
pub(crate) struct JsonOperation(Operation<Value, Answer, ErrorMetadata>);

/// It may be a secret, and the SDK's runtime traces what it is given.
struct Answer(Value);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(…)")
    }
}

impl JsonOperation {
    /// An operation of the service that `config` points to; `timeouts` goes before the configuration's.
    pub(crate) fn new(config: &SdkConfig, target: Target, requests: RequestCount, timeouts: Option<TimeoutConfig>) -> Self {
        let timeouts = timeouts.or_else(|| config.timeout_config().cloned());
        let mut builder = Operation::builder()
            .service_name(target.service)
            .operation_name(target.operation)
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url(&endpoint(config, target))
            .standard_retry(&config.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .interceptor(requests)
            .with_connection_poisoning();
        if let Some(timeouts) = timeouts {
            builder = builder.timeout_config(timeouts);
        }
        if let Some(http) = config.http_client() {
            builder = builder.http_client(http);
        }
        if let Some(sleep) = config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(credentials) = config.credentials_provider() {
            builder = builder.runtime_plugin(signing(credentials, region(config), target.service));
        }
        let mut layer = Layer::new("answer");
        layer.store_put(SensitiveOutput);
        builder = builder.runtime_plugin(StaticRuntimePlugin::new().with_config(layer.freeze()));
        Self(builder.serializer(move |body: Value| request(target, &body)).deserializer(answer).build())
    }

    pub(crate) async fn send(&self, body: Value) -> Result<Value, SdkError<ErrorMetadata, HttpResponse>> {
        self.0.invoke(body).await.map(|Answer(value)| value)
    }
}

fn region(config: &SdkConfig) -> Region {
    config.region().cloned().unwrap_or(Region::from_static("us-east-1"))
}

/// The variable of the service, the configuration's endpoint, or AWS's own.
fn endpoint(config: &SdkConfig, target: Target) -> String {
    let own = std::env::var(format!("AWS_ENDPOINT_URL_{}", target.endpoint_variable)).ok();
    own.or_else(|| config.endpoint_url().map(str::to_owned)).unwrap_or_else(|| {
        let region = region(config);
        let suffix = if region.as_ref().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{}.{region}.{suffix}", target.service)
    })
}

fn signing(credentials: SharedCredentialsProvider, region: Region, service: &'static str) -> StaticRuntimePlugin {
    let mut layer = Layer::new("signing");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(region)),
        name: Some(SigningName::from_static(service)),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new("signing");
    let scheme = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    components.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(scheme)));
    components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
    components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

fn request(target: Target, body: &Value) -> Result<HttpRequest, BoxError> {
    let body = serde_json::to_vec(body)?;
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("content-type", format!("application/x-amz-json-{}", target.version));
    headers.insert("content-length", length);
    headers.insert("x-amz-target", format!("{}.{}", target.interface, target.operation));
    Ok(request)
}

/// The answer's body; of a refusal its code, which decides whether it is worth another try.
fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map(Answer).map_err(|error| OrchestratorError::other(BoxError::from(error)));
    }
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let code = response.headers().get("x-amzn-errortype").map_or_else(|| text("__type"), str::to_owned);
    // `namespace#Code:address`, of which the code counts.
    let code = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
    Err(OrchestratorError::operation(ErrorMetadata::builder().code(code).message(text("message")).build()))
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const TARGET: Target =
        Target { service: "ssm", endpoint_variable: "NONE", interface: "AmazonSSM", operation: "GetParameter", version: "1.1" };

    /// A server that answers one connection after the other, and what it was asked.
    pub(in crate::store) async fn server(answers: Vec<(u16, &'static str)>) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        tokio::spawn(async move {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut text = Vec::new();
                while !text.ends_with(b"}") {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.expect("a request");
                    text.extend_from_slice(&part[..read]);
                }
                seen.lock().expect("unpoisoned").push(String::from_utf8(text).expect("text"));
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.expect("answered");
            }
        });
        (url, asked)
    }

    fn operation(url: &str) -> JsonOperation {
        JsonOperation::new(&config(url), TARGET, RequestCount::default(), None)
    }

    pub(in crate::store) fn config(url: &str) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let sleep = aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new());
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
        SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url(url)
            .region(Region::from_static("cn-north-1"))
            .http_client(http)
            .sleep_impl(sleep)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard().with_initial_backoff(std::time::Duration::from_millis(1)))
            .build()
    }

    #[tokio::test]
    async fn a_request_is_signed_for_its_service_and_region() {
        let (url, asked) = server(vec![(200, r#"{"Parameter":{"Value":"v"}}"#)]).await;
        let answer = operation(&url).send(json!({ "Name": "/key" })).await.expect("answered");
        assert_eq!(answer["Parameter"]["Value"], "v");
        let asked = asked.lock().expect("unpoisoned")[0].to_lowercase();
        for part in [
            "post / http/1.1\r\n",
            "content-type: application/x-amz-json-1.1\r\n",
            "x-amz-target: amazonssm.getparameter\r\n",
            "x-amz-security-token: session\r\n",
            "authorization: aws4-hmac-sha256 credential=akidexample/",
            "/cn-north-1/ssm/aws4_request",
            r#"{"name":"/key"}"#,
        ] {
            assert!(asked.contains(part), "{part} is not in {asked}");
        }
    }

    #[tokio::test]
    async fn a_fault_and_a_throttle_are_tried_again() {
        let throttled = r#"{"__type":"com.amazon.coral#ThrottlingException","message":"slow down"}"#;
        let (url, asked) = server(vec![(500, "{}"), (400, throttled), (200, "{}")]).await;
        operation(&url).send(json!({})).await.expect("the third answer");
        assert_eq!(asked.lock().expect("unpoisoned").len(), 3);
    }

    #[tokio::test]
    async fn a_refusal_is_told_by_its_code_and_not_repeated() {
        let (url, asked) = server(vec![(400, r#"{"__type":"ParameterNotFound","message":"none"}"#)]).await;
        let refused = operation(&url).send(json!({})).await.expect_err("refused");
        let service = refused.as_service_error().expect("the service's own word");
        assert_eq!((service.code(), service.message()), (Some("ParameterNotFound"), Some("none")));
        assert_eq!(asked.lock().expect("unpoisoned").len(), 1);
    }

    /// Where a subscriber writes to.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_secret_is_in_no_log_at_whatever_level() {
        let written = Written::default();
        let log = written.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || log.clone()).finish();
        let logged = || String::from_utf8_lossy(&written.0.lock().expect("unpoisoned")).into_owned();
        tracing::subscriber::with_default(subscriber, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            // Another test may be tracing the same without a subscriber: then nothing is traced here until it is looked again who listens.
            for _ in 0..50 {
                tracing::callsite::rebuild_interest_cache();
                runtime.block_on(async {
                    let (url, _) = server(vec![(200, r#"{"Parameter":{"Value":"open sesame"}}"#)]).await;
                    let answer = operation(&url).send(json!({ "Name": "/key" })).await.expect("answered");
                    assert_eq!(answer["Parameter"]["Value"], "open sesame");
                });
                if logged().contains("GetParameter") {
                    break;
                }
            }
        });
        let log = logged();
        assert!(log.contains("GetParameter"), "nothing was traced");
        assert!(!log.contains("open sesame"), "the secret was traced");
    }

    #[test]
    fn aws_s_own_endpoints_differ_in_china() {
        let of = |region| {
            let config = SdkConfig::builder().region(Region::from_static(region)).build();
            endpoint(&config, TARGET)
        };
        assert_eq!(of("cn-north-1"), "https://ssm.cn-north-1.amazonaws.com.cn");
        assert_eq!(of("eu-west-1"), "https://ssm.eu-west-1.amazonaws.com");
    }
}
