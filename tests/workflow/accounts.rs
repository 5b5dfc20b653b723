//! Accounts: applied for, granted by the Center, suspended and ended; and claims as issuers give them.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::saizheng::{Client, Stack, new_key};

const PERSON: &str = "张样例";

/// Somebody with a token.
struct Person<'c> {
    client: &'c Client,
    token: String,
}

impl<'c> Person<'c> {
    /// Of whom the issuer says no role.
    fn newcomer(client: &'c Client, subject: &str) -> Result<Self> {
        Ok(Self { client, token: client.token_with(&json!({ "subject": subject }))? })
    }

    fn of(client: &'c Client, subject: &str, role: &str, organisation: &str) -> Result<Self> {
        Ok(Self { client, token: client.token_of(subject, role, organisation)? })
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.client.call(Some(&self.token), method, path, Some(body).filter(|body| !body.is_null()))
    }

    /// The status of a look at the applications, and what is said of it.
    fn looks(&self) -> Result<(u16, String)> {
        let (status, answer) = self.ask("GET", "/v1/applications", &Value::Null)?;
        Ok((status, answer["error"]["message"].as_str().unwrap_or_default().to_owned()))
    }

    fn apply(&self, role: &str, organisation: &str, center: &str) -> Result<Value> {
        let request = json!({ "person": PERSON, "role": role, "organisation": organisation, "jurisdiction": center });
        let (status, account) = self.ask("PUT", "/v1/accounts/own", &request)?;
        ensure!(status == 200, "{account}");
        Ok(account)
    }

    /// A decision on an account as it is now.
    fn decide(&self, key: &Value, change: &str, more: Value) -> Result<(u16, Value)> {
        let path = format!("/v1/accounts/{}", key.as_str().context("a key")?);
        let (_, seen) = self.ask("GET", &path, &Value::Null)?;
        let mut request = more;
        request["version"] = seen["account"]["version"].as_u64().unwrap_or(1).into();
        self.ask("PUT", &format!("{path}/{change}"), &request)
    }
}

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

/// The stack stays up for the next run: a name that no earlier one had.
fn fresh(name: &str) -> String {
    format!("{name}-{}", new_key())
}

#[test]
fn an_account_is_applied_for_granted_suspended_resumed_and_ended() -> Result<()> {
    let (_, client) = shared()?;
    let (subject, clerk) = (fresh("newcomer"), fresh("clerk"));
    let newcomer = Person::newcomer(&client, &subject)?;
    let (status, told) = newcomer.looks()?;
    ensure!(status == 403 && told.contains("申请账号"), "{status} {told}");
    let center = Person::of(&client, &clerk, "center", "07")?;
    let account = newcomer.apply("unit", "样例协会", "07")?;
    let key = &account["key"];
    ensure!(account["status"] == "applied" && account["jurisdiction"] == "07", "{account}");
    ensure!(newcomer.apply("unit", "样例协会", "07")? == account, "the same again changes nothing");
    ensure!(newcomer.looks()?.1.contains("待职鉴中心开通"), "{:?}", newcomer.looks()?);

    let province = Person::of(&client, &clerk, "center", "00")?;
    ensure!(province.decide(key, "grant", json!({}))?.0 == 404, "another Center's");
    let body = Person::of(&client, &clerk, "body", "S000051010123")?;
    ensure!(body.decide(key, "grant", json!({}))?.0 == 403 && newcomer.decide(key, "grant", json!({}))?.0 == 403);
    let (_, list) = center.ask("GET", "/v1/accounts", &Value::Null)?;
    ensure!(list["accounts"][0]["status"] == "applied", "those that wait are first: {list}");
    let path = format!("/v1/accounts/{}/grant", key.as_str().unwrap_or_default());
    ensure!(center.ask("PUT", &path, &json!({ "version": 9 }))?.0 == 409, "seen otherwise");
    ensure!(center.decide(key, "suspend", json!({ "reason": "x" }))?.0 == 409 && center.decide(key, "apply", json!({}))?.0 == 404);
    let (status, granted) = center.decide(key, "grant", json!({ "reason": "已核对单位来函" }))?;
    ensure!(status == 200 && granted["status"] == "granted", "{granted}");
    ensure!(newcomer.looks()?.0 == 200, "{:?}", newcomer.looks()?);
    let (_, own) = newcomer.ask("GET", "/v1/accounts/own", &Value::Null)?;
    ensure!(own["role"] == "unit" && own["organisation"] == account["organisation"] && own["may_apply"] == false, "{own}");

    ensure!(center.decide(key, "suspend", json!({}))?.0 == 400, "a suspension owes its reason");
    ensure!(center.decide(key, "suspend", json!({ "reason": "借调" }))?.0 == 200);
    let (status, told) = newcomer.looks()?;
    ensure!(status == 403 && told.contains("已停用：借调"), "at once: {told}");
    ensure!(Person::of(&client, &subject, "center", "00")?.looks()?.0 == 403, "whatever the claims say");
    ensure!(center.decide(key, "resume", json!({}))?.0 == 200 && newcomer.looks()?.0 == 200);
    ensure!(center.decide(key, "end", json!({ "reason": "离职" }))?.0 == 200 && newcomer.looks()?.0 == 403);
    newcomer.apply("unit", "样例协会", "07")?;
    ensure!(Person::of(&client, &subject, "center", "00")?.looks()?.0 == 403, "applied for anew, claims count as little");
    let (_, history) = center.ask("GET", &format!("/v1/accounts/{}", key.as_str().unwrap_or_default()), &Value::Null)?;
    let words = history["entries"].as_array().context("entries")?.iter().filter_map(|entry| entry["action_word"].as_str());
    let words: Vec<&str> = words.collect();
    ensure!(words == ["申请账号", "开通账号", "停用账号", "恢复账号", "终止账号", "申请账号"], "{words:?}");
    ensure!(!history["entries"].to_string().contains(PERSON), "no name in the trail");
    for item in client.scan()? {
        let key = format!("{} {}", item["pk"], item["sk"]);
        ensure!(!key.contains(&subject) && !key.contains(PERSON), "{key}");
    }
    Ok(())
}

#[test]
fn nobody_decides_on_their_own_account_and_the_first_center_is_a_parameter() -> Result<()> {
    let (_, client) = shared()?;
    let first = Person::newcomer(&client, "local-first-center")?;
    let (status, answer) = first.ask("GET", "/v1/accounts", &Value::Null)?;
    ensure!(status == 200, "the deployment's word: {answer}");
    let subject = fresh("colleague");
    let colleague = Person::newcomer(&client, &subject)?;
    ensure!(colleague.ask("GET", "/v1/accounts", &Value::Null)?.0 == 403);
    let key = colleague.apply("center", "00", "00")?["key"].clone();
    // A name is needed once more only where the same organisation has it already.
    let (status, granted) = first.decide(&key, "grant", json!({ "reason": "核实为本人" }))?;
    ensure!(status == 200 && granted["organisation"] == "00" && granted["jurisdiction"] == "00", "{granted}");
    ensure!(colleague.ask("GET", "/v1/accounts", &Value::Null)?.0 == 200);
    for (change, more) in [("suspend", json!({ "reason": "x" })), ("end", json!({ "reason": "x" }))] {
        let (status, answer) = colleague.decide(&key, change, more)?;
        ensure!(status == 403 && answer["error"]["message"].as_str().is_some_and(|told| told.contains("自己")), "{change}: {answer}");
    }
    let second = fresh("second");
    let namesake = Person::newcomer(&client, &second)?;
    let other = namesake.apply("center", "00", "00")?["key"].clone();
    let (status, answer) = colleague.decide(&other, "grant", json!({}))?;
    ensure!(status == 422 && answer["error"]["code"] == "REASON_NEEDED", "two of one name: {answer}");
    ensure!(colleague.decide(&other, "grant", json!({ "reason": "同名的两人，身份证件已核对" }))?.0 == 200);
    ensure!(namesake.ask("GET", "/v1/accounts", &Value::Null)?.0 == 200);
    let unregistered = Person::newcomer(&client, &fresh("body"))?;
    let key = unregistered.apply("body", "S000051019998", "07")?["key"].clone();
    let (status, answer) = colleague.decide(&key, "grant", json!({}))?;
    ensure!(status == 409 && answer["error"]["message"].as_str().is_some_and(|told| told.contains("还没有登记")), "{answer}");
    Ok(())
}

#[test]
fn two_signatures_are_those_of_two_granted_accounts_of_one_organisation() -> Result<()> {
    let (_, client) = shared()?;
    let center = Person::of(&client, &fresh("clerk"), "center", "00")?;
    let grant = |name: &str| -> Result<Person<'_>> {
        let person = Person::newcomer(&client, &fresh(name))?;
        let key = person.apply("center", "08", "00")?["key"].clone();
        ensure!(center.decide(&key, "grant", json!({ "reason": "已核对身份证件" }))?.0 == 200);
        Ok(person)
    };
    let (one, other) = (grant("one")?, grant("other")?);
    let kind = "skill_level";
    let sheets = |person: &Person<'_>, path: &str, body: Value| person.ask("POST", &format!("/v1/sheets/{path}"), &body);
    let number = u32::from_str_radix(&new_key()[..6], 16)?;
    let ranges = json!([[format!("JN{:08}", 60_000_000 + number), format!("JN{:08}", 60_000_000 + number)]]);
    let of = |reason: &str| json!({ "kind": kind, "ranges": ranges, "holder": "center-08", "reason": reason });
    ensure!(sheets(&center, "receive", json!({ "kind": kind, "ranges": ranges }))?.0 == 200);
    ensure!(sheets(&center, "assign", of("样例"))?.0 == 200);
    ensure!(sheets(&one, "acknowledge", json!({ "kind": kind, "ranges": ranges }))?.0 == 200);
    ensure!(sheets(&one, "void", of("污损"))?.0 == 200);
    let (status, answer) = sheets(&one, "destroy", of("污损"))?;
    ensure!(status == 202, "{answer}");
    let confirm = json!({ "kind": kind, "ranges": ranges, "holder": "center-08" });
    let (status, answer) = sheets(&one, "destroy/confirm", confirm.clone())?;
    ensure!(status == 409 && answer["error"]["message"].as_str().is_some_and(|told| told.contains("两人")), "one person twice: {answer}");
    let (status, answer) = sheets(&other, "destroy/confirm", confirm)?;
    ensure!(status == 200, "another account of the same organisation, of somebody of the same name: {answer}");
    Ok(())
}

#[test]
fn claims_of_several_values_make_somebody() -> Result<()> {
    let (_, client) = shared()?;
    let looks = |role: Value, organisation: Value| -> Result<(u16, String)> {
        let token = client.token_with(&json!({ "subject": fresh("claims"), "role": role, "organisation": organisation }))?;
        Person { client: &client, token }.looks()
    };
    for (role, organisation) in [
        (json!(["center"]), json!(["00"])),
        (json!(["offline_access", "center", "uma_authorization"]), json!("00")),
        (json!("[center]"), json!("[00]")),
        (json!("[\"center\"]"), json!("00")),
    ] {
        ensure!(looks(role.clone(), organisation)?.0 == 200, "{role}");
    }
    let (status, told) = looks(json!(["unit", "center"]), json!("00"))?;
    ensure!(status == 403 && told.contains("几个角色"), "{told}");
    let (status, told) = looks(json!(["center"]), json!(["00", "07"]))?;
    ensure!(status == 403 && told.contains("单位"), "{told}");
    Ok(())
}

#[test]
fn in_the_console_somebody_applies_acts_and_is_out_when_suspended() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let mut newcomer = Browser::of(&stack)?;
    newcomer.choose("还没有身份的账号")?;
    let page = newcomer.get("/console/applications")?;
    page.expect("申请账号")?;
    let typed = [("person", PERSON), ("role", "unit"), ("organisation", "样例协会"), ("jurisdiction", "00")];
    let refused = newcomer.submit(&page, &page.form("/console/account")?, &typed[..1])?;
    ensure!(refused.status == 400 && refused.text.contains("请选择身份") && refused.text.contains(PERSON), "{refused:?}");
    newcomer.submit(&page, &page.form("/console/account")?, &typed)?.expect("待开通")?;

    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    center.get("/console/settings")?.expect("待开通 1")?;
    let list = center.get("/console/accounts?status=applied")?;
    list.expect(PERSON)?;
    let link = list.text.split("href=\"/console/accounts/").nth(1).and_then(|rest| rest.split('"').next()).context("a link")?;
    let path = format!("/console/accounts/{link}");
    let decide = |center: &mut Browser, change: &str, reason: &str| -> Result<()> {
        let page = center.get(&path)?;
        let form = page.form(&format!("/{change}"))?;
        center.submit(&page, &form, &[("reason", reason)])?.expect("经过")
    };
    decide(&mut center, "grant", "")?;
    newcomer.get("/console/")?.expect("工作台")?;
    decide(&mut center, "suspend", "借调")?;
    let out = newcomer.look("/console/")?;
    ensure!(out.status == 303 && out.headers["location"].starts_with("/console/login"), "{out:?}");
    newcomer.choose("还没有身份的账号")?;
    newcomer.get("/console/")?.expect("已停用：借调")?;
    decide(&mut center, "resume", "")?;
    newcomer.get("/console/")?.expect("工作台")?;
    let output = stack.run(&["audit"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
