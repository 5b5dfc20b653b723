//! Whoever can write the table puts it back as it was before an entry: only ends that were kept elsewhere show it.

use std::collections::BTreeMap;

use rules::audit::{AuditAction, prove, rewritten};
use rules::issue::account::AccountKey;
use rules::sheets::stock::{LedgerEntry, Movement};
use rules::values::chain::Head;

use super::day::{a_day, enter_a_body, grant_an_account, look, make_a_key_known, replace_a_part};
use super::{Item, text};
use crate::audit;
use crate::support::{KIND, Table, holder, now, sheets};

fn name(item: &Item) -> String {
    format!("{} {}", text(item, "pk"), text(item, "sk"))
}

/// The table with exactly these items.
async fn put_back(table: &Table, items: &[Item]) {
    let before: BTreeMap<String, &Item> = items.iter().map(|item| (name(item), item)).collect();
    for item in table.items().await {
        match before.get(&name(&item)) {
            Some(before) => table.write((*before).clone()).await,
            None => table.delete(&item).await,
        }
    }
}

/// One entry more in a chain of each sort.
async fn go_on(table: &Table) -> Vec<String> {
    let cloud = &table.cloud;
    let application = a_qualified_one(table).await;
    let seen = cloud.applications().get(&application).await.expect("it is there");
    cloud.volumes().consult(&seen, audit(AuditAction::Consult)).await.expect("nobody else changes it");
    let count = LedgerEntry::new(Movement::Count, sheets(40, 1), "operator", now());
    cloud.sheets().enter_line(KIND, &holder(0), count).await.expect("a count moves nothing");
    enter_a_body(table, "样例评价机构二").await;
    replace_a_part(table, None).await;
    make_a_key_known(table, 2).await;
    look(table, &application).await;
    grant_an_account(table).await;
    let chains = [format!("application {application}"), format!("{KIND} {}", holder(0)), "body S000051010129".to_owned()];
    let account = AccountKey::of("https://id.example", "clerk-1");
    let looks = [format!("looks {application}"), format!("searches {}", holder(0)), format!("account {account}")];
    chains.into_iter().chain(["rulebook", "attestation"].map(str::to_owned)).chain(looks).collect()
}

async fn a_qualified_one(table: &Table) -> rules::issue::application::ApplicationId {
    let items = table.items().await;
    let id = items.iter().find(|item| text(item, "sk") == "APPLICATION").map(|item| text(item, "id").to_owned());
    id.and_then(|id| rules::issue::application::ApplicationId::parse(&id)).expect("an application")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_cut_off_with_its_end_is_found_against_kept_ends() {
    let table = a_day().await;
    let before = table.items().await;
    let early = prove(&table.facts().await).heads;
    let mut chains = go_on(&table).await;
    chains.sort();
    let proof = prove(&table.facts().await);
    assert_eq!(proof.faults, []);
    let kept: BTreeMap<String, Head> = proof.heads;
    assert_eq!(rewritten(&table.facts().await, &early), [], "what only went on is no fault");

    put_back(&table, &before).await;
    let facts = table.facts().await;
    assert_eq!(prove(&facts).faults, [], "by itself the table adds up");
    let cut: Vec<&str> = rewritten(&facts, &kept).into_iter().map(|(name, _)| name).collect();
    assert_eq!(cut, chains);
}
