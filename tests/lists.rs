//! What the first page of a list takes at the table with 100,000 applications: `cargo run --release --example lists [COUNT]`.
//!
//! A table of dynoxide in memory, with the indexes of `template.yaml`. Times are from the request to the last application read,
//! over HTTP on this machine; units are those that dynoxide tells, which counts as DynamoDB does. Once more
//! through a proxy, each list is asked for what it takes.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::time::Instant;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use records::Cloud;
use records::application::Application;
use records::application::lists::ApplicationList;
use rules::intake::contest::Contest;
use rules::issue::status::Status;
use rules::values::party::{Applicant, IssuingUnit};
use serde_yaml_ng::Value;
use workflow_tests::proxy::{Proxy, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONTEST: &str = r#"
name = "2022年四川省样例职业技能竞赛"
class = "省级一类"
hrss_hosted = true
organiser = "四川省样例行业协会"
committee = "2022年四川省样例职业技能竞赛组委会"
jurisdiction = "00"
year = 2022
final_on = 2022-05-28
issued_on = 2022-06-20
[[events]]
name = "数控车"
occupation = "车工"
occupation_code = "6-18-01-01"
job = "数控车工"
"#;
/// Times each list is asked for; the median counts.
const TIMES: usize = 21;
const PAGE: usize = 50;

fn main() -> Result<(), Failure> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    runtime.spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory()?));
    let proxy = Proxy::start(Store::Table, &endpoint, 0)?;
    let watch = Watch { cloud: cloud(&endpoint), metered: cloud(&proxy.url), proxy };
    runtime.block_on(async {
        create_table(&endpoint).await?;
        fill(&watch.cloud, count).await?;
        watch.lists().await
    })
}

/// The same table twice: asked directly for the time, and through a proxy for the units.
struct Watch {
    cloud: Cloud,
    metered: Cloud,
    proxy: Proxy,
}

impl Watch {
    async fn lists(&self) -> Result<(), Failure> {
        let center = IssuingUnit::center("00");
        let at = |status| ApplicationList::Status { jurisdiction: "00".to_owned(), status };
        let lists = [
            ("all of a Center's", ApplicationList::Party(center.clone())),
            ("submitted", at(Status::Submitted)),
            ("registering", at(Status::Registering)),
            ("a Center's turn", ApplicationList::Turn(Applicant::reviewer(&center))),
            ("a unit's", ApplicationList::Unit("unit-7".to_owned())),
        ];
        for (name, list) in &lists {
            self.measure(&format!("first page of {PAGE}, {name}"), async |cloud| {
                Ok(cloud.applications().page(list, None, PAGE, |_| true).await?.applications.len())
            })
            .await?;
        }
        // A filter that few fit: the most that one page looks at.
        self.measure("a filter that nothing fits", async |cloud| {
            Ok(cloud.applications().page(&lists[0].1, None, PAGE, |_| false).await?.applications.len())
        })
        .await?;
        for status in [Status::Submitted, Status::Registering] {
            self.measure(&format!("count, {}", status.name()), async |cloud| {
                Ok(cloud.applications().count(&at(status)).await?.count as usize)
            })
            .await?;
        }
        Ok(())
    }

    async fn measure(&self, what: &str, ask: impl AsyncFn(&Cloud) -> Result<usize, Failure>) -> Result<(), Failure> {
        let mut times = Vec::with_capacity(TIMES);
        let mut found = 0;
        for _ in 0..TIMES {
            let started = Instant::now();
            found = ask(&self.cloud).await?;
            times.push(started.elapsed());
        }
        times.sort();
        ask(&self.metered).await?;
        let units = self.proxy.take_units();
        let told: Vec<String> = units.iter().map(|(operation, units)| format!("{operation} {}", units.read)).collect();
        println!(
            "{what}: {found} found, {:.1?} the median, {:.1?} the longest of {TIMES}; read units: {}",
            times[TIMES / 2],
            times[TIMES - 1],
            told.join(", ")
        );
        Ok(())
    }
}

/// Most are nobody's turn, as decided ones are after years of work (those cannot be made up: they have entries): a thousand wait
/// for the Center.
async fn fill(cloud: &Cloud, count: usize) -> Result<(), Failure> {
    let contest: Contest = toml::from_str(CONTEST)?;
    let started = Instant::now();
    let begin = Timestamp::UNIX_EPOCH;
    let made = stream::iter(0..count).map(async |number| {
        let status = match number % 100 {
            0 => Status::Submitted,
            1 | 2 => Status::Draft,
            _ => Status::Registering,
        };
        let at = begin + SignedDuration::from_secs(i64::try_from(number)? * 60);
        let application = Application {
            id: records::random::random_id(),
            unit: format!("unit-{}", number % 500),
            contest: contest.clone(),
            contest_edition: 0,
            corrected_at: None,
            exchange: None,
            status,
            version: 0,
            created_at: at,
            entered_at: at,
            submitted_at: None,
            reason: None,
            sent_back_with: Default::default(),
            plan: None,
            declaration: None,
            originals: Default::default(),
            filing: None,
            trail: Default::default(),
        };
        Ok::<_, Failure>(cloud.applications().create(&application).await?)
    });
    made.buffer_unordered(16).try_collect::<()>().await?;
    println!("{count} applications entered in {:.0?}", started.elapsed());
    Ok(())
}

fn config(endpoint: &str) -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint.to_owned())
        .region(Region::new("us-east-1"))
        .http_client(http)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .build()
}

fn cloud(endpoint: &str) -> Cloud {
    Cloud::of(config(endpoint), "records".to_owned(), String::new())
}

/// The table that the template defines.
async fn create_table(endpoint: &str) -> Result<(), Failure> {
    let template: Value = serde_yaml_ng::from_str(include_str!("../template.yaml"))?;
    let properties = &template["Resources"]["Table"]["Properties"];
    let client = aws_sdk_dynamodb::Client::new(&config(endpoint));
    let mut request = client.create_table().table_name("records").billing_mode(BillingMode::PayPerRequest);
    for definition in each(&properties["AttributeDefinitions"]) {
        let kind = ScalarAttributeType::from(word(&definition["AttributeType"]));
        let definition = AttributeDefinition::builder().attribute_name(word(&definition["AttributeName"])).attribute_type(kind);
        request = request.attribute_definitions(definition.build()?);
    }
    request = request.set_key_schema(Some(keys(&properties["KeySchema"])?));
    for index in each(&properties["GlobalSecondaryIndexes"]) {
        let kind = ProjectionType::from(word(&index["Projection"]["ProjectionType"]));
        let built = GlobalSecondaryIndex::builder().index_name(word(&index["IndexName"])).set_key_schema(Some(keys(&index["KeySchema"])?));
        request = request.global_secondary_indexes(built.projection(Projection::builder().projection_type(kind).build()).build()?);
    }
    request.send().await?;
    Ok(())
}

fn keys(schema: &Value) -> Result<Vec<KeySchemaElement>, Failure> {
    let key = |key: &Value| {
        Ok(KeySchemaElement::builder()
            .attribute_name(word(&key["AttributeName"]))
            .key_type(KeyType::from(word(&key["KeyType"])))
            .build()?)
    };
    each(schema).map(key).collect()
}

fn each(sequence: &Value) -> impl Iterator<Item = &Value> {
    sequence.as_sequence().into_iter().flatten()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
