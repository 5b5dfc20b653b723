//! What the first page of a list takes at the table with 100,000 applications: `cargo run --release --example lists [COUNT]`.
//!
//! A table of dynoxide in memory, with the indexes of `template.yaml`. Times are from the request to the last application read,
//! over HTTP on this machine; dynoxide counts read units as DynamoDB does.

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

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_target(false).without_time().init();
    let count: usize = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let cloud = table().await?;
    fill(&cloud, count).await?;
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
        measure(&cloud, &format!("first page of {PAGE}, {name}"), async || {
            Ok(cloud.application_page(list, None, PAGE, |_| true).await?.applications.len())
        })
        .await?;
    }
    // A filter that few fit: the most that one page looks at.
    measure(&cloud, "a filter that nothing fits", async || {
        Ok(cloud.application_page(&lists[0].1, None, PAGE, |_| false).await?.applications.len())
    })
    .await?;
    for status in [Status::Submitted, Status::Registering] {
        measure(&cloud, &format!("count, {}", status.name()), async || Ok(cloud.count_applications(&at(status)).await?.count as usize))
            .await?;
    }
    Ok(())
}

async fn measure(cloud: &Cloud, what: &str, ask: impl AsyncFn() -> Result<usize, Failure>) -> Result<(), Failure> {
    let mut times = Vec::with_capacity(TIMES);
    let mut found = 0;
    for _ in 0..TIMES {
        let started = Instant::now();
        found = ask().await?;
        times.push(started.elapsed());
    }
    times.sort();
    println!(
        "{what}: {found} found, {:.1?} the median, {:.1?} the longest of {TIMES}; requests of all:",
        times[TIMES / 2],
        times[TIMES - 1]
    );
    cloud.log_requests(Instant::now());
    Ok(())
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
            id: records::keys::objects::random_id(),
            unit: format!("unit-{}", number % 500),
            contest: contest.clone(),
            status,
            version: 0,
            created_at: at,
            entered_at: at,
            submitted_at: None,
            reason: None,
            plan: None,
            trail: Default::default(),
        };
        Ok::<_, Failure>(cloud.create_application(&application).await?)
    });
    made.buffer_unordered(16).try_collect::<()>().await?;
    println!("{count} applications entered in {:.0?}", started.elapsed());
    cloud.log_requests(started);
    Ok(())
}

/// The table that the template defines.
async fn table() -> Result<Cloud, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory()?));
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .http_client(http)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .build();
    let template: Value = serde_yaml_ng::from_str(include_str!("../../../template.yaml"))?;
    let properties = &template["Resources"]["Table"]["Properties"];
    let client = aws_sdk_dynamodb::Client::new(&config);
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
    Ok(Cloud::of(config, "records".to_owned(), String::new()))
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
