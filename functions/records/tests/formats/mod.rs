//! Every stored format of version 1, as `tests/formats/` keeps it: this build, and every later one, reads it and works on it.
//!
//! Until 0.1 is released the fixtures may be written anew: `REFRESH=1 cargo test --release --workspace --test model formats`.
//! From then on a fixture is only ever added.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use aws_sdk_dynamodb::types::AttributeValue;
use records::application::report::Report;
use records::issue::failures::{FailureCode, PrintFailure};
use records::issue::printing::{Decided, PrintingOrder};
use records::keys::objects::{Chunk, PrintOutput};
use rules::audit::prove;
use rules::intake::entry::Entry;
use rules::issue::application::{ApplicationId, Plan, Refusal, Review};
use rules::issue::status::Status;
use rules::values::finding::{Finding, FindingCode, Place as At};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{Table, entry, holder, rows};
use crate::tampering::a_day;

type Item = HashMap<String, AttributeValue>;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/formats").join(name)
}

fn refresh() -> bool {
    std::env::var_os("REFRESH").is_some()
}

/// An attribute as DynamoDB's JSON has it.
fn written(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(bool) => json!({ "BOOL": bool }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(written).collect::<Vec<_>>() }),
        AttributeValue::M(fields) => {
            json!({ "M": fields.iter().map(|(name, value)| (name.clone(), written(value))).collect::<BTreeMap<_, _>>() })
        }
        _ => json!({ "NULL": true }),
    }
}

fn read(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().and_then(|typed| typed.iter().next()).expect("a typed value");
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(bool)) => AttributeValue::Bool(*bool),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(read).collect()),
        ("M", Value::Object(fields)) => AttributeValue::M(fields.iter().map(|(name, value)| (name.clone(), read(value))).collect()),
        _ => AttributeValue::Null(true),
    }
}

fn kind(item: &BTreeMap<String, Value>) -> String {
    item["sk"]["S"].as_str().and_then(|sk| sk.split('#').next()).unwrap_or_default().to_owned()
}

/// The table of a busy day, and an application at each status before the decision on it.
async fn made() -> Vec<BTreeMap<String, Value>> {
    let table = a_day().await;
    table.authorised(&holder(2)).await;
    for status in [Status::Draft, Status::Registering, Status::Submitted, Status::Returned] {
        table.standing(status).await;
    }
    table.authorised(&holder(0)).await;
    let item = |item: &Item| item.iter().map(|(name, value)| (name.clone(), written(value))).collect::<BTreeMap<_, _>>();
    let mut items: Vec<_> = table.items().await.iter().map(item).collect();
    items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_version_1_is_read_proven_and_worked_on() {
    let file = path("table-1.json");
    if refresh() {
        std::fs::create_dir_all(path("")).expect("a folder");
        std::fs::write(&file, serde_json::to_vec_pretty(&made().await).expect("JSON")).expect("written");
    }
    let items: Vec<BTreeMap<String, Value>> = serde_json::from_slice(&std::fs::read(&file).expect("the fixture")).expect("JSON");
    let kinds: BTreeSet<String> = items.iter().map(kind).collect();
    for wanted in [
        "ALLOCATION",
        "APPLICATION",
        "APPLICANT",
        "AUDIT",
        "BATCH",
        "BODY",
        "BOOK",
        "CERTIFICATE",
        "COLLECTION",
        "CORRECTION",
        "COUNTER",
        "DELETED",
        "HISTORY",
        "LINE",
        "REGISTER",
        "RENEWAL",
        "RUN",
        "VOLUME",
    ] {
        assert!(kinds.contains(wanted), "no {wanted} among {kinds:?}");
    }
    let table = Table::start().await;
    for item in &items {
        table.write(item.iter().map(|(name, value)| (name.clone(), read(value))).collect()).await;
    }
    assert_eq!(prove(&table.facts().await).faults, []);
    let mut statuses = BTreeSet::new();
    for item in items.iter().filter(|item| kind(item) == "APPLICATION") {
        let id = item["id"]["S"].as_str().and_then(ApplicationId::parse).expect("an id");
        let application = table.cloud.applications().get(&id).await.expect("readable");
        statuses.insert(application.status.name());
        table.cloud.applications().trail(&id).await.expect("readable");
        table.cloud.applications().verdicts(&id).await.expect("readable");
        table.cloud.runs().of(&id).await.expect("readable");
        table.cloud.hand_outs().collections(&id).await.expect("readable");
        for lot in table.cloud.allocations().of(&id).await.expect("readable") {
            table.cloud.volumes().of(&id, &lot.reviewer).await.expect("readable");
            table.cloud.hand_outs().of(&id, &lot.reviewer).await.expect("readable");
            // A change that this build makes of what an earlier one wrote: the audit still adds up.
            let audit = crate::audit(rules::audit::AuditAction::Consult);
            let seen = table.cloud.applications().get(&id).await.expect("readable");
            table.cloud.volumes().consult(&seen, audit).await.expect("nobody else changes it");
        }
    }
    assert_eq!(statuses.len(), Status::ALL.len(), "{statuses:?}");
    assert_eq!(prove(&table.facts().await).faults, []);
}

/// The object as it is stored is what this build makes of it when it has read it: nothing is lost, nothing is added.
fn same<T: Serialize + DeserializeOwned>(name: &str, made: &T) {
    let file = path(&format!("objects/{name}"));
    if refresh() {
        std::fs::create_dir_all(path("objects")).expect("a folder");
        std::fs::write(&file, serde_json::to_vec_pretty(made).expect("JSON")).expect("written");
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(&file).expect("the fixture")).expect("JSON");
    let read: T = serde_json::from_value(stored.clone()).expect(name);
    assert_eq!(serde_json::to_value(read).expect("JSON"), stored, "{name}");
}

#[test]
fn objects_of_version_1_are_read() {
    let application = ApplicationId::from_bits(7);
    let chunk = Chunk { application: application.clone(), reviewer: holder(0), press: PrintOutput::Single, number: 0 };
    same::<Entry>("entry-1.json", &entry(2, 1));
    let finding = Finding::new(FindingCode::PhotoUnreadable, At::cell("roster.xlsx", "获奖选手", 2, 3), "照片无法读取");
    let report =
        Report { application: Some(Cow::Borrowed(&application)), version: Some("1".into()), clean: false, findings: vec![finding].into() };
    same("report-1.json", &report);
    same("plan-1.json", &Plan::new(rows(&holder(1), 2), vec![Vec::new()]));
    same("review-1.json", &Review { refused: vec![Refusal { row: 2, reason: "材料不全".to_owned() }], overrides: Vec::new() });
    same("decided-1.json", &Decided { application, reviewer: holder(0) });
    let failure = PrintFailure {
        chunk: chunk.clone(),
        code: FailureCode::PhotoUnusable,
        reason: "照片不可用".to_owned(),
        reference: "aaaaaaaaaaaaaaaa".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    same("failure-1.json", &failure);
    same("printing-1.json", &PrintingOrder { chunk, codes: Vec::new() });
}
