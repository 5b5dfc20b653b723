//! What the system changes of an item that somebody else has written in: an earlier or later build, or whoever can write the table.

use aws_sdk_dynamodb::types::AttributeValue;
use records::keys::kinds::ItemKind;
use rules::audit::{AuditAction, FaultCode, prove};
use rules::issue::application::ApplicationId;
use rules::issue::status::{Status, StatusChange};

use super::{Item, a_day, kind, text};
use crate::audit;
use crate::support::{Table, holder, roster_verdict};

/// The item of that kind of an application.
async fn of(table: &Table, wanted: ItemKind, id: &ApplicationId) -> Item {
    let items = table.items().await;
    items.into_iter().find(|item| kind(item) == wanted && text(item, "pk").ends_with(id.as_str())).expect("it is there")
}

async fn consult(table: &Table, id: &ApplicationId) {
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    table.cloud.volumes().consult(&seen, audit(AuditAction::Consult)).await.expect("nobody else changes it");
}

/// A later build has added an attribute; this one authorises and goes on, and the audit still adds up.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_build_has_added_is_part_of_the_digest_and_stays() {
    let table = Table::start().await;
    let id = table.standing(Status::Draft).await.id;
    table
        .cloud
        .applications()
        .enter_verdict(&id, &roster_verdict(), |_, _| Some(table.cloud.clock.now()))
        .await
        .expect("it takes materials");
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    table.cloud.applications().registered(&seen, StatusChange::AwardsClaimed, None).await.expect("complete");
    for wanted in [ItemKind::Application, ItemKind::Material] {
        let mut item = of(&table, wanted, &id).await;
        item.insert("later".to_owned(), AttributeValue::S("字段".to_owned()));
        table.write(item).await;
    }
    table.authorise(&table.cloud.applications().get(&id).await.expect("it is there"), &holder(0)).await;
    consult(&table, &id).await;
    assert_eq!(prove(&table.facts().await).faults, []);
    for wanted in [ItemKind::Application, ItemKind::Material] {
        let mut item = of(&table, wanted, &id).await;
        assert!(item.remove("later").is_some());
        table.write(item.clone()).await;
        let faults = prove(&table.facts().await).faults;
        assert!(faults.iter().any(|fault| fault.code == FaultCode::Altered), "{wanted:?}: {faults:?}");
        item.insert("later".to_owned(), AttributeValue::S("字段".to_owned()));
        table.write(item).await;
    }
}

/// The system reads what was changed past it, changes something else, and enters what it finds: the entry says what it found.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_past_the_system_shows_after_the_system_has_changed_the_item_since() {
    let table = a_day().await;
    let items = table.items().await;
    let mut item = items.into_iter().find(|item| kind(item) == ItemKind::Application && item.contains_key("plan")).expect("an application");
    let id = ApplicationId::parse(text(&item, "id")).expect("an id");
    item.insert("unit".to_owned(), AttributeValue::S("unit-2".to_owned()));
    table.write(item).await;
    consult(&table, &id).await;
    let faults = prove(&table.facts().await).faults;
    assert!(faults.iter().any(|fault| fault.code == FaultCode::Altered && fault.subject.ends_with(" APPLICATION")), "{faults:?}");
}
