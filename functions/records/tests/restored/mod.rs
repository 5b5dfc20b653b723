//! A table restored from archive volumes alone says what the first one said, and its audit is clean.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use records::after::restore::{ProvedVolume, items_head};
use records::after::volumes::Sealed;
use records::keys::kinds::ItemKind;
use rules::after::restore::VolumeOutcome;
use rules::after::volume::{Manifest, Seal};
use rules::audit::{AuditAction, prove};
use rules::issue::allocation::Allocation;
use rules::issue::application::Plan;
use rules::numbers::code::{CertificateCode, CodePrefix};

use crate::formats::{path, refresh};
use crate::support::{Table, notice, now, prefix};
use crate::tampering::a_day;
use crate::{Operation, audit, played};

type Item = HashMap<String, AttributeValue>;

/// Every application that has numbers is archived, lot by lot; the last volume of each.
async fn archived(table: &Table) -> Vec<ProvedVolume> {
    let mut volumes = BTreeMap::new();
    for allocation in allocations(table).await {
        let volume = archive(table, &allocation).await;
        volumes.insert(allocation.of, volume);
    }
    volumes.into_values().collect()
}

async fn allocations(table: &Table) -> Vec<Allocation> {
    let items = table.items().await.into_iter().filter(|item| kind(item) == ItemKind::Allocation);
    items.map(|item| serde_dynamo::from_item(item).expect("an allocation")).collect()
}

/// Orders a volume, reads what goes into it, and seals it.
async fn archive(table: &Table, allocation: &Allocation) -> ProvedVolume {
    let (cloud, id, lot) = (&table.cloud, &allocation.of, allocation.lot());
    let seen = cloud.applications().get(id).await.expect("it is there");
    let order = cloud.volumes().order(&seen, &lot, audit(AuditAction::Archive)).await.expect("nobody else changes it");
    let seen = cloud.applications().get(id).await.expect("it is there");
    let items = cloud.volumes().items(&seen, notice()).await.expect("as it was seen");
    let manifest = Manifest {
        format: 1,
        batch: format!("{}-2022", lot.reviewer),
        application: id.clone(),
        reviewer: lot.reviewer.clone(),
        certificate_type: lot.certificate_type,
        edition: seen.trail.count,
        contest: String::new(),
        organiser: String::new(),
        notice: String::new(),
        clause: order.clause.clone(),
        ordered_at: order.at,
        ordered_by: order.by.clone(),
        keep_until: jiff::civil::date(2032, 6, 20),
        previous: None,
        trail: seen.trail.clone(),
        certificates: 0,
        files: Vec::new(),
    };
    let seal = Seal { manifest_sha256: format!("{id}"), signature: String::new(), public_key: String::new(), sealed_at: now() };
    let allocation = cloud.allocations().get(id, &lot).await.expect("readable").expect("it is there");
    cloud.volumes().seal(&seen, &allocation, &order, &Sealed::of(&manifest, &seal)).await.expect("nobody else changes it");
    ProvedVolume { manifest, seal, items, entries: Vec::new(), plan: no_plan() }
}

/// All rows are decided: nothing of the plan is needed.
fn no_plan() -> Plan {
    Plan { rows: Vec::new(), unconfirmed: Vec::new(), grounds: Vec::new() }
}

/// Restores into a table; what became of each volume.
async fn restore(table: &Table, volumes: &[ProvedVolume], dry_run: bool) -> (usize, Vec<VolumeOutcome>) {
    let mut restoration = table.cloud.restoration(dry_run);
    let mut sorted: Vec<&ProvedVolume> = volumes.iter().collect();
    sorted.sort_by_key(|volume| std::cmp::Reverse(items_head(&volume.items).expect("a head").read_at));
    for volume in &sorted {
        restoration.count(&volume.items).expect("readable");
    }
    let raised = restoration.raise_counters().await.expect("raised").len();
    let mut outcomes = Vec::new();
    for volume in sorted {
        outcomes.push(restoration.restore(volume).await.expect("restored"));
    }
    (raised, outcomes)
}

fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn kind(item: &Item) -> ItemKind {
    ItemKind::of(text(item, "pk"), text(item, "sk")).expect("a known kind")
}

/// The items that volumes bring back as they were: by key, without what says how far the work is.
async fn kept(table: &Table) -> BTreeMap<String, Item> {
    let is_made_anew = |item: &Item| {
        let kind = kind(item);
        text(item, "pk") == "ATTESTATION" || matches!(kind, ItemKind::Award | ItemKind::Promotion | ItemKind::Row | ItemKind::GuardKey)
    };
    let items = table.items().await.into_iter().filter(|item| !is_made_anew(item));
    let named = |mut item: Item| {
        item.remove("pending");
        item.remove("since");
        item.remove("due");
        item.remove("attempts");
        (format!("{} {}", text(&item, "pk"), text(&item, "sk")), item)
    };
    items.map(named).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_restored_from_volumes_is_the_first_one() {
    let first = a_day().await;
    let volumes = archived(&first).await;
    assert_eq!(prove(&first.facts().await).faults, []);
    let second = first.fresh().await;
    let (_, planned) = restore(&second, &volumes, true).await;
    assert!(second.items().await.is_empty(), "it was only said");
    let (raised, outcomes) = restore(&second, &volumes, false).await;
    assert_eq!(outcomes, planned);
    assert!(raised > 0 && outcomes.iter().all(|outcome| matches!(outcome, VolumeOutcome::Restored(_))), "{outcomes:?}");
    assert_eq!(prove(&second.facts().await).faults, []);

    let (before, after) = (kept(&first).await, kept(&second).await);
    for (name, item) in &after {
        assert_eq!(before.get(name), Some(item), "{name}");
    }
    let of_volumes = |name: &str| volumes.iter().any(|volume| name.starts_with(&format!("APPLICATION#{} ", volume.manifest.application)));
    let comes_back =
        |name: &&String| of_volumes(name) || ["CODE#", "COUNTER#"].iter().any(|begin| name.starts_with(begin)) || is_of_the_sheets(name);
    let missing: Vec<&String> = before.keys().filter(comes_back).filter(|name| !after.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let is_of_volumes = |claim: &(String, String, String)| volumes.iter().any(|volume| volume.manifest.application.as_str() == claim.1);
    let claims: Vec<_> = first.claims().await.into_iter().filter(is_of_volumes).collect();
    assert!(!claims.is_empty() && second.claims().await.iter().all(|claim| claims.contains(claim)));
}

/// One application of one lot, on sheets, one certificate printed again and one revoked.
async fn a_small_table() -> Table {
    use Operation as O;
    let operations = [
        O::Receive { first: 1, count: 8 },
        O::Authorise { reviewer: 0, rows: 3 },
        O::Approve { case: 0, refuse: None },
        O::Print { case: 0, top: None, count: None },
        O::Reissue { case: 0, certificate: 0, lost: true },
        O::Revoke { case: 0, certificate: 1 },
    ];
    played(&operations).await.table
}

/// Golden: volumes are kept for decades, and every build restores a table from what an earlier one has put into them.
#[tokio::test(flavor = "multi_thread")]
async fn the_items_of_a_volume_of_version_1_make_a_table() {
    let fixture = path("volume-1");
    if refresh() {
        let volume = archived(&a_small_table().await).await.pop().expect("a volume");
        std::fs::create_dir_all(&fixture).expect("created");
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("json");
        std::fs::write(fixture.join("items.jsonl"), &volume.items).expect("written");
        std::fs::write(fixture.join("manifest.json"), json(serde_json::to_vec_pretty(&volume.manifest))).expect("written");
        std::fs::write(fixture.join("seal.json"), json(serde_json::to_vec_pretty(&volume.seal))).expect("written");
    }
    let read = |name: &str| std::fs::read(fixture.join(name)).expect("a fixture");
    let volume = ProvedVolume {
        manifest: serde_json::from_slice(&read("manifest.json")).expect("a manifest"),
        seal: serde_json::from_slice(&read("seal.json")).expect("a seal"),
        items: read("items.jsonl"),
        entries: Vec::new(),
        plan: no_plan(),
    };
    let table = Table::start().await;
    let (raised, outcomes) = restore(&table, &[volume], false).await;
    assert!(raised == 2 && matches!(outcomes[..], [VolumeOutcome::Restored(_)]), "{raised} {outcomes:?}");
    let proof = prove(&table.facts().await);
    assert_eq!((proof.applications, proof.codes, proof.sheets, proof.faults), (1, 3, 8, Vec::new()));
}

fn is_of_the_sheets(name: &str) -> bool {
    name.starts_with("SHEETS#") && !name.contains(" DESTRUCTION#")
}

#[tokio::test(flavor = "multi_thread")]
async fn restoring_again_changes_nothing() {
    let first = a_day().await;
    let volumes = archived(&first).await;
    let second = first.fresh().await;
    restore(&second, &volumes, false).await;
    let before = kept(&second).await;
    let (raised, outcomes) = restore(&second, &volumes, false).await;
    assert!(raised == 0 && outcomes.iter().all(|outcome| *outcome == VolumeOutcome::AlreadyThere), "{outcomes:?}");
    assert_eq!(kept(&second).await, before);
    // Nor where the first table has gone on since.
    let (raised, outcomes) = restore(&first, &volumes, false).await;
    assert!(raised == 0 && outcomes.iter().all(|outcome| *outcome == VolumeOutcome::AlreadyThere), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_goes_on() {
    let first = a_day().await;
    let volumes = archived(&first).await;
    let whole = first.fresh().await;
    restore(&whole, &volumes, false).await;
    let expected = kept(&whole).await;
    let second = first.fresh().await;
    restore(&second, &volumes, false).await;
    // As if it had ended before an application was written.
    for item in second.items().await.iter().filter(|item| matches!(kind(item), ItemKind::Application | ItemKind::Register)) {
        second.delete(item).await;
    }
    let sealed: Vec<Item> =
        second.items().await.into_iter().filter(|item| matches!(kind(item), ItemKind::Volume | ItemKind::Allocation)).collect();
    for item in sealed {
        second.delete(&item).await;
    }
    for volume in &volumes {
        let last = format!("AUDIT#{:08}", volume.manifest.edition + 1);
        for item in second
            .items()
            .await
            .iter()
            .filter(|item| text(item, "sk") == last && text(item, "pk").ends_with(volume.manifest.application.as_str()))
        {
            second.delete(item).await;
        }
    }
    restore(&second, &volumes, false).await;
    assert_eq!(kept(&second).await, expected);
    assert_eq!(prove(&second.facts().await).faults, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_and_differs_is_named_and_stays() {
    let first = a_day().await;
    let volumes = archived(&first).await;
    let second = first.fresh().await;
    let item = first.items().await.into_iter().find(|item| kind(item) == ItemKind::Certificate).expect("a certificate");
    let name = format!("{} {}", text(&item, "pk"), text(&item, "sk"));
    let mut other = item.clone();
    other.insert("issuing_body".to_owned(), AttributeValue::S("另一个机构".to_owned()));
    second.write(other.clone()).await;
    let (_, outcomes) = restore(&second, &volumes, false).await;
    let differing: Vec<&VolumeOutcome> = outcomes.iter().filter(|outcome| matches!(outcome, VolumeOutcome::Differs(_))).collect();
    assert_eq!(differing, [&VolumeOutcome::Differs(vec![name.clone()])]);
    let items = second.items().await;
    assert!(items.contains(&other), "it is as it was");
    let application = text(&item, "application");
    assert!(!items.iter().any(|item| text(item, "pk") == format!("APPLICATION#{application}")), "nothing of its application is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_only_rises() {
    let table = Table::start().await;
    let mut restoration = table.cloud.restoration(false);
    let code: CertificateCode = serde_json::from_value(format!("{}J00041", prefix(3)).into()).expect("a code");
    let (known, sequence): (CodePrefix, _) = code.drawn(notice()).expect("drawn");
    restoration.given(known.clone(), sequence);
    assert_eq!(restoration.raise_counters().await.expect("raised"), [(known.clone(), 42)]);
    let mut later = table.cloud.restoration(false);
    later.given(known, std::num::NonZeroU32::MIN);
    assert_eq!(later.raise_counters().await.expect("raised"), []);
}
