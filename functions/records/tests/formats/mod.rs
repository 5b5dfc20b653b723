//! Every stored format of version 1, as `tests/formats/` keeps it: this build, and every later one, reads it and works on it.
//!
//! Until 0.1 is released the fixtures may be written anew: `REFRESH=1 cargo test --release --workspace --test model formats`.
//! From then on a fixture is only ever added.

mod objects;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use aws_sdk_dynamodb::types::AttributeValue;
use records::keys::kinds::ItemKind;
use rules::audit::prove;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::numbers::code::CertificateCode;
use serde_json::{Value, json};

use crate::support::{Table, holder};
use crate::tampering::{a_day, work_is_read};

type Item = HashMap<String, AttributeValue>;

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/formats").join(name)
}

pub(crate) fn refresh() -> bool {
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

fn text<'i>(item: &'i BTreeMap<String, Value>, name: &str) -> &'i str {
    item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
}

fn kind(item: &BTreeMap<String, Value>) -> ItemKind {
    ItemKind::of(text(item, "pk"), text(item, "sk")).expect("a kind that this build knows")
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
    let kinds: BTreeSet<ItemKind> = items.iter().map(kind).collect();
    // A place is held for seconds, a session or its end for hours at most: no later build has to read them.
    let kept = ItemKind::ALL.iter().filter(|kind| !matches!(kind, ItemKind::Place | ItemKind::Session | ItemKind::SignedOut));
    let missing: Vec<&ItemKind> = kept.filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "the fixture has no item of these kinds: {missing:?}");
    let table = Table::start().await;
    for item in &items {
        table.write(item.iter().map(|(name, value)| (name.clone(), read(value))).collect()).await;
    }
    assert_eq!(prove(&table.facts().await).faults, []);
    let mut statuses = BTreeSet::new();
    for item in items.iter().filter(|item| kind(item) == ItemKind::Application) {
        let id = item["id"]["S"].as_str().and_then(ApplicationId::parse).expect("an id");
        let application = table.cloud.applications().get(&id).await.expect("readable");
        statuses.insert(application.status.name());
        table.cloud.applications().trail(&id).await.expect("readable");
        table.cloud.applications().verdicts(&application).await.expect("readable");
        table.cloud.runs().of(&id).await.expect("readable");
        table.cloud.hand_outs().collections(&id).await.expect("readable");
        for lot in table.cloud.allocations().of(&id).await.expect("readable") {
            table.cloud.volumes().of(&id, &lot.lot()).await.expect("readable");
            table.cloud.hand_outs().of(&id, &lot.lot()).await.expect("readable");
            // A change that this build makes of what an earlier one wrote: the audit still adds up.
            let audit = crate::audit(rules::audit::AuditAction::Consult);
            let seen = table.cloud.applications().get(&id).await.expect("readable");
            table.cloud.volumes().consult(&seen, audit).await.expect("nobody else changes it");
        }
    }
    let failed = items.iter().find(|item| kind(item) == ItemKind::Failure).and_then(|item| text(item, "pk").strip_prefix("APPLICATION#"));
    let asked = items.iter().find(|item| kind(item) == ItemKind::Window).and_then(|item| text(item, "pk").strip_prefix("LIMIT#CODE#"));
    let (id, code) = (failed.and_then(ApplicationId::parse).expect("an id"), asked.and_then(CertificateCode::lookup).expect("a code"));
    work_is_read(&table, &id, &code).await;
    assert_eq!(statuses.len(), Status::ALL.len(), "{statuses:?}");
    assert_eq!(prove(&table.facts().await).faults, []);
}
