//! The same request sent twice at once, and again after its answer was lost: it is carried out once, whatever it is.

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, office};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, Visit, new_key, until};

const KIND: &str = "skill_level";

struct Office {
    stack: Stack,
    client: Client,
    center: String,
}

impl Office {
    fn open(sheets: u32) -> Result<Self> {
        let (stack, client, center) = office(sheets)?;
        Ok(Self { stack, client, center })
    }

    /// Sends a request twice at once and a third time later, all with one key; then another one with that key.
    fn repeated(&self, token: &str, path: &str, body: &Value) -> Result<Value> {
        let key = new_key();
        let send = || self.client.call_with(&key, Some(token), "POST", path, Some(body));
        let [one, other] = thread::scope(|scope| {
            let both = [scope.spawn(send), scope.spawn(send)];
            both.map(|call| call.join().map_err(|_| anyhow::anyhow!("a call panicked")).and_then(|answer| answer))
        });
        let (one, other, later) = (one?, other?, send()?);
        ensure!(one.status < 300, "{path}: {} {}", one.status, one.text);
        ensure!(same(&one, &other) && same(&one, &later), "{path}: {} {} | {} {}", one.text, other.text, later.status, later.text);
        ensure!(later.headers.contains_key("idempotency-replayed"), "{path}: the answer is not told to be an earlier one");
        let another = self.client.call_with(&key, Some(token), "POST", path, Some(&json!({ "another": body })))?;
        ensure!(another.status == 422 && another.json()?["error"]["code"] == "KEY_REUSED", "{path}: {} {}", another.status, another.text);
        one.json()
    }

    fn sheets(&self, token: &str, movement: &str, (first, last): (u32, u32), mut more: Value) -> Result<Value> {
        more["kind"] = json!(KIND);
        more["ranges"] = json!([[format!("JN{first:08}"), format!("JN{last:08}")]]);
        self.repeated(token, &format!("/v1/sheets/{movement}"), &more)
    }

    /// How many items there are whose sort key begins so, by what `name` reads of them.
    fn counted(&self, begins: &str, name: &str) -> Result<BTreeMap<String, usize>> {
        let items = self.client.scan()?;
        let counted = items.iter().filter(|item| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with(begins)));
        Ok(tally(counted.map(|item| &item[name]["S"])))
    }

    /// How many entries of trails or ledgers there are whose sort key begins so, by what `name` reads of them.
    fn entered(&self, begins: &str, name: &str) -> Result<BTreeMap<String, usize>> {
        Ok(tally(self.client.chained(begins)?.iter().map(|entry| &entry[name])))
    }
}

fn tally<'v>(values: impl Iterator<Item = &'v Value>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for value in values {
        *counted.entry(value.as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counted
}

fn same(one: &Visit, other: &Visit) -> bool {
    (one.status, &one.text) == (other.status, &other.text)
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[test]
fn every_operation_of_an_application_is_carried_out_once() -> Result<()> {
    let office = Office::open(60)?;
    let folder = Folder::with_winners(4)?;
    folder.write()?;
    let (unit, center) = (office.client.token("unit", "unit-1")?, office.center.clone());
    let contest: rules::intake::contest::Contest = toml::from_str(&folder.contest)?;
    let created = office.repeated(&unit, "/v1/applications", &json!({ "contest": contest }))?;
    let id = created["id"].as_str().context("id")?.to_owned();
    let case = Case { id, forms: created["uploads"].clone(), unit: unit.clone(), center: center.clone() };
    let (_, list) = office.client.call(Some(&unit), "GET", "/v1/applications", None)?;
    assert_eq!(office.counted("APPLICATION", "status")?, expected([("draft", 1)]), "{list}");
    let version = |case: &Case| Ok::<_, anyhow::Error>(case.show(&office.client)?["version"].clone());

    case.upload_all(&office.client, &folder)?;
    case.until_status(&office.client, "submitted")?;
    office.repeated(&center, &case.path("/return"), &json!({ "version": version(&case)?, "reason": "材料不全" }))?;
    case.upload(&office.client, &folder, "summary", "summary.pdf")?;
    case.until_status(&office.client, "submitted")?;
    office.repeated(&center, &case.path("/authorise"), &json!({ "version": version(&case)? }))?;
    office.repeated(&center, &case.path("/qualify"), &json!({ "version": version(&case)? }))?;
    let certificates = case.until_printed(&office.client)?;
    let codes: Vec<String> = certificates.iter().filter_map(|one| one["code"].as_str().map(str::to_owned)).collect();

    // Without a named sheet or number: a second run would print the rest, a second reissue take another sheet.
    office.repeated(&center, &case.path("/print"), &json!({ "count": 3, "reason": "照片由本机构粘贴" }))?;
    office.repeated(&center, &case.path("/void-sheet"), &json!({ "serial": "JN00000002", "reason": "卡纸" }))?;
    office.repeated(&center, &case.path("/print"), &json!({ "reason": "照片由本机构粘贴" }))?;
    let change = |code: &str, change: &str, body: Value| office.repeated(&center, &format!("/v1/certificates/{code}/{change}"), &body);
    change(&codes[0], "reissue", json!({ "old_sheet": "lost", "reason": "遗失" }))?;
    change(&codes[2], "revoke", json!({ "old_sheet": "voided", "reason": "成绩作废" }))?;
    until("all is drawn", || Ok(!office.client.scan()?.iter().any(|item| !item["pending"].is_null())))?;

    office.repeated(&center, &case.path("/archive"), &json!({}))?;
    case.archive(&office.client)?;
    let batch = office.repeated(&center, "/v1/publications", &json!({ "kind": "new", "applications": [case.id] }))?;
    let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
    office.repeated(&center, &format!("{path}/return"), &json!({ "reason": "数据有误" }))?;
    let batch = office.repeated(&center, "/v1/publications", &json!({ "kind": "new", "applications": [case.id] }))?;
    let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
    for step in ["review", "uploaded"] {
        office.repeated(&center, &format!("{path}/{step}"), &json!({}))?;
    }
    office.repeated(&center, &format!("{path}/confirm"), &json!({ "list": case.result_list(&office.client)? }))?;
    office.repeated(&center, &case.path("/collection"), &json!({ "on": "2022-06-20", "collector": "赵经办" }))?;
    office.repeated(&center, "/v1/statistics/2022", &json!({}))?;

    assert_eq!(office.counted("RUN#", "purpose")?, expected([("first", 2), ("reissue", 1)]));
    assert_eq!(office.counted("BATCH#", "kind")?.values().sum::<usize>(), 2);
    let trail = office.entered("AUDIT#", "action")?;
    for (action, times) in [("return", 1), ("authorise", 1), ("qualify", 1), ("print", 2), ("void-sheet", 1), ("reissue", 1), ("revoke", 1)]
    {
        assert_eq!(trail.get(action), Some(&times), "{action}: {trail:?}");
    }
    assert_eq!(office.stack.run(&["audit"])?.status.code(), Some(0));
    // Who called, and what for, is not to be read from a key; and nothing is kept for ever.
    for item in office.client.scan()?.iter().filter(|item| item["sk"]["S"] == "REQUEST") {
        let pk = item["pk"]["S"].as_str().unwrap_or_default();
        assert!(pk.trim_start_matches("REQUEST#").bytes().all(|byte| byte.is_ascii_hexdigit()), "{pk}");
        assert!(item["forget_after"]["N"].is_string(), "{pk}");
    }
    Ok(())
}

#[test]
fn every_movement_of_sheets_is_carried_out_once() -> Result<()> {
    let office = Office::open(10)?;
    let (center, second) = (office.center.clone(), office.client.token_of("supervisor", "center", "00")?);
    let body = json!({ "holder": "body-S000051010123", "reason": "停用" });
    office.sheets(&center, "receive", (11, 40), json!({}))?;
    office.sheets(&center, "assign", (21, 30), body.clone())?;
    office.sheets(&center, "take-back", (29, 30), body)?;
    office.sheets(&center, "void", (1, 2), json!({ "reason": "污损" }))?;
    office.sheets(&center, "lose", (3, 3), json!({ "reason": "遗失" }))?;
    // A count and a destruction move nothing: only the ledger would tell that they were entered twice.
    office.sheets(&center, "count", (4, 20), json!({}))?;
    office.sheets(&center, "destroy", (1, 2), json!({ "reason": "污损" }))?;
    office.repeated(&second, "/v1/sheets/destroy/confirm", &json!({ "kind": KIND, "ranges": [["JN00000001", "JN00000002"]] }))?;
    let lines = office.entered("LINE#", "movement")?;
    let once =
        expected([("receive", 3), ("assign", 1), ("hand_over", 2), ("void_blank", 1), ("lose_blank", 1), ("count", 1), ("destroy", 1)]);
    assert_eq!(lines, once, "one of what was received came back from another holder");
    assert_eq!(office.stack.run(&["audit"])?.status.code(), Some(0));
    Ok(())
}

#[test]
fn a_key_is_owed_and_each_account_has_its_own() -> Result<()> {
    let office = Office::open(10)?;
    let count = json!({ "kind": KIND, "ranges": [["JN00000001", "JN00000010"]] });
    let without = office.client.call_with("", Some(&office.center), "POST", "/v1/sheets/count", Some(&count))?;
    assert_eq!(without.status, 400, "{}", without.text);
    assert!(without.text.contains("Idempotency-Key"), "{}", without.text);
    let key = new_key();
    let other = office.client.token_of("another", "center", "00")?;
    for token in [&office.center, &other] {
        let answer = office.client.call_with(&key, Some(token), "POST", "/v1/sheets/count", Some(&count))?;
        assert!(answer.status == 200 && !answer.headers.contains_key("idempotency-replayed"), "{}", answer.text);
    }
    assert_eq!(office.entered("LINE#", "movement")?.get("count"), Some(&2));
    Ok(())
}

#[test]
fn a_refusal_is_not_kept_what_was_put_right_goes_through() -> Result<()> {
    let office = Office::open(10)?;
    let key = new_key();
    let void = json!({ "kind": KIND, "ranges": [["JN00000011", "JN00000011"]], "reason": "污损" });
    let send = || office.client.call_with(&key, Some(&office.center), "POST", "/v1/sheets/void", Some(&void));
    assert_eq!(send()?.status, 409, "it is not there yet");
    office.sheets(&office.center, "receive", (11, 12), json!({}))?;
    assert_eq!(send()?.status, 200);
    Ok(())
}

/// The store refuses a second object under the key of one that is written once, on whatever path it comes.
#[test]
fn the_emulators_bucket_refuses_to_write_twice_what_is_written_once() -> Result<()> {
    let office = Office::open(1)?;
    assert_eq!(office.client.put_new_object(BUCKET, "plans/tried/once.json", b"{}")?, 200);
    assert_eq!(office.client.put_new_object(BUCKET, "plans/tried/once.json", b"[]")?, 412);
    assert_eq!(office.client.object(BUCKET, "plans/tried/once.json")?.as_deref(), Some(&b"{}"[..]));
    Ok(())
}
