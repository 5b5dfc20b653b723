//! The rulebook (notices and catalogues as data): explained, replaced without a build, succeeded by a later notice.

use anyhow::{Context, Result, ensure};
use rules::notice::Notices;
use rules::rulebook::{Manifest, Part, RulebookPart};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{BUCKET, Case, codes};
use workflow_tests::folder::{Folder, hosted_contest};
use workflow_tests::saizheng::{Client, Stack, TABLE};

fn up(stack: &Stack) -> Result<Client> {
    stack.up()?;
    Client::of(stack)
}

/// Replaces a part as the Center; status and answer.
fn place(client: &Client, part: &str, text: &str) -> Result<(u16, Value)> {
    client.call_text(Some(&client.token("center", "00")?), "PUT", &format!("/v1/rulebook/{part}"), text)
}

fn steps(client: &Client, case: &Case, row: u32) -> Result<Vec<Value>> {
    let (status, explained) = client.call(Some(&case.unit), "GET", &case.path(&format!("/rows/{row}")), None)?;
    assert_eq!(status, 200, "{explained}");
    explained["steps"].as_array().cloned().context("steps")
}

#[test]
fn each_decision_is_explained_rule_by_rule() -> Result<()> {
    let stack = Stack::shared();
    let client = up(&stack)?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    case.step(&client, &case.center, "/qualify", json!({ "refused": [{ "row": 3, "reason": "未进入决赛" }] }))?;
    let approved = steps(&client, &case, 2)?;
    for step in &approved {
        for part in ["clause", "question", "outcome"] {
            assert!(step[part].as_str().is_some_and(|text| !text.is_empty()), "{step}");
        }
    }
    let clauses: Vec<&str> = approved.iter().filter_map(|step| step["clause"].as_str()).collect();
    for clause in ["一、证书类型", "二、（二）1", "五、（二）"] {
        assert!(clauses.contains(&clause), "{clauses:?}");
    }
    let code = approved.last().and_then(|step| step["outcome"].as_str()).context("a code")?;
    assert!(code.starts_with("S000051009999223J"), "{code}");
    let refused = steps(&client, &case, 3)?;
    assert_eq!(refused.last().map(|step| step["outcome"].clone()), Some(json!("不通过：未进入决赛")));
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/rows/9"), None)?.0, 404);
    Ok(())
}

#[test]
fn the_plan_is_shown_before_it_is_authorised_and_nothing_is_written() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/plan"), None)?.0, 409, "there is no roster yet");
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    let before = client.scan()?;
    let plan = |token: &str| client.call(Some(token), "GET", &case.path("/plan"), None);
    let (status, shown) = plan(&case.center)?;
    assert_eq!((status, &shown["preview"], shown["rows"].as_array().map(Vec::len)), (200, &json!(true), Some(2)), "{shown}");
    assert_eq!((&shown["rows"][0]["reviewer"], &shown["rows"][0]["prefix"]), (&json!("center-00"), &json!("S000051009999223")));
    let (status, row) = client.call(Some(&case.unit), "GET", &case.path("/rows/2"), None)?;
    assert_eq!((status, &row["preview"]), (200, &json!(true)), "{row}");
    assert_eq!(plan(&client.token("center", "01")?)?.0, 404, "another Center's");
    let said = stack.run(&["explain", &case.id])?;
    assert!(said.status.success() && String::from_utf8_lossy(&said.stderr).contains("预告"), "{said:?}");
    assert_eq!((client.scan()?, client.list(BUCKET, "plans/")?.len()), (before, 0));
    // What comes is what was shown.
    case.authorise(&client)?;
    let (_, authorised) = plan(&case.center)?;
    assert_eq!((&authorised["preview"], &authorised["rows"]), (&json!(false), &shown["rows"]));
    Ok(())
}

#[test]
fn a_name_that_the_catalogue_lacks_is_authorised_only_with_a_reason() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let mut folder = Folder::with_winners(1)?;
    let name = "中式烹调师（川菜）";
    folder.contest = folder.contest.replace("occupation = \"中式烹调师\"", &format!("occupation = \"{name}\""));
    folder.set(0, Field::Occupation, name);
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let shown = case.until_status(&client, "submitted")?;
    let events = shown["contest"]["events"].as_array().context("events")?;
    let event =
        events.iter().find(|event| event["occupation"] == name).and_then(|event| event["name"].as_str()).context("an event")?.to_owned();
    let authorise = |reasons: Value| case.step(&client, &case.center, "/authorise", json!({ "reasons": reasons }));
    let (status, refused) = authorise(json!({}))?;
    assert_eq!((status, &refused["error"]["code"]), (422, &json!("REASON_NEEDED")), "{refused}");
    assert_eq!(refused["error"]["findings"][0]["code"], "OCCUPATION_NAME");
    for wrong in [json!({ "另一赛项": "有据" }), json!({ &event: "  " })] {
        assert_eq!(authorise(wrong)?.0, 400);
    }
    assert_eq!(stack.run(&["authorise", &case.id])?.status.code(), Some(2));
    let said = stack.run(&["authorise", &case.id, "--reason", "竞赛文件如此"])?;
    assert!(said.status.success(), "{said:?}");
    let trail = client.chained("AUDIT#")?;
    let reason =
        |entry: &Value| entry["action"] == "authorise" && entry["detail"].as_str().is_some_and(|text| text.contains("竞赛文件如此"));
    assert!(trail.iter().any(reason), "{trail:?}");
    Ok(())
}

#[test]
fn a_unit_has_so_many_open_applications_and_deletes_what_it_needs_no_more() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let text = Notices::built_in_texts().remove("sichuan-2022-9.toml").context("the notice")?;
    let text = text.replace("max_open_applications = 200", "max_open_applications = 2");
    assert_eq!(place(&client, "notices/sichuan-2022-9.toml", &text)?.0, 200);
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let drafts = [Case::create(&client, &folder)?, Case::create(&client, &folder)?];
    let refused = Case::create(&client, &folder).err().context("a third one")?.to_string();
    assert!(refused.contains("409") && refused.contains("saizheng delete"), "{refused}");
    Case::create_as(&client, &folder, client.token("unit", "unit-8")?)?;
    assert_eq!(client.call(Some(&drafts[0].unit), "DELETE", &drafts[0].path(""), None)?.0, 200);
    let third = Case::create(&client, &folder)?;
    // What is handed in is no draft.
    third.upload_all(&client, &folder)?;
    third.until_status(&client, "submitted")?;
    Case::create(&client, &folder)?;
    Ok(())
}

#[test]
fn advice_is_overridden_only_with_a_reason() -> Result<()> {
    let stack = Stack::shared();
    let client = up(&stack)?;
    let mut folder = Folder::with_winners(2)?;
    // 四川 2016: places 4 to 8 give 技师.
    folder.set(0, Field::Level, "一级/高级技师");
    folder.set(0, Field::Award, "第六名");
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    let (status, answer) = case.step(&client, &case.center, "/qualify", json!({}))?;
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("REASON_NEEDED")), "{answer}");
    assert_eq!(answer["error"]["findings"][0]["code"], "LEVEL_ABOVE_TABLE");
    assert_eq!(answer["error"]["findings"][0]["place"]["cell"], "N2");
    let overrides = json!({ "overrides": [{ "row": 2, "reason": "表彰文件另有规定" }] });
    assert_eq!(case.step(&client, &case.center, "/qualify", overrides)?.0, 200);
    let outcomes: Vec<Value> = steps(&client, &case, 2)?.into_iter().map(|step| step["outcome"].clone()).collect();
    assert!(outcomes.contains(&json!("通过，理由：表彰文件另有规定")), "{outcomes:?}");
    Ok(())
}

#[test]
fn an_unsound_part_is_refused_and_the_old_one_stays() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let (_, before) = client.call(Some(&client.token("unit", "unit-1")?), "GET", "/v1/rulebook", None)?;
    for (part, text, says) in [
        ("catalogues/filed-occupations", "edition = 7", "第 1 行"),
        ("catalogues/occupations", "code,name\n", "行"),
        ("notices/successor.toml", "extends = \"missing.toml\"", "没有这个文件"),
        ("notices/sichuan-2022-9.toml", "", "缺少"),
    ] {
        let (status, answer) = place(&client, part, text)?;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("FINDINGS")), "{part}: {answer}");
        let message = answer["error"]["findings"][0]["message"].as_str().context("message")?;
        assert!(message.contains(says), "{part}: {message}");
    }
    assert_eq!(place(&client, "catalogues/unknown", "")?.0, 404);
    let unit = client.token("unit", "unit-1")?;
    assert_eq!(client.call_text(Some(&unit), "PUT", "/v1/rulebook/catalogues/filed-occupations", "")?.0, 403);
    let city = client.token("center", "01")?;
    assert_eq!(client.call_text(Some(&city), "PUT", "/v1/rulebook/catalogues/filed-occupations", "")?.0, 403);
    assert_eq!(client.call(Some(&unit), "GET", "/v1/rulebook", None)?.1, before);
    Ok(())
}

#[test]
fn a_new_edition_is_checked_and_compared_before_it_is_put_in_force() -> Result<()> {
    const PART: &str = "notices/sichuan-2022-9.toml";
    const CHECK: &str = "/v1/rulebook/notices/sichuan-2022-9.toml/check";
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let token = client.token("center", "00")?;
    let version = || Ok::<_, anyhow::Error>(client.call(Some(&token), "GET", "/v1/rulebook", None)?.1["version"].clone());
    let before = version()?;
    let text = province()?.replacen("keep_years = 10", "keep_years = 15", 1);
    let (status, told) = client.call_text(Some(&token), "POST", CHECK, &text)?;
    ensure!(status == 200 && told["removed"] == 1 && told["added"] == 1, "{status} {told}");
    assert_eq!((&told["changes"][0]["removed"], &told["changes"][0]["added"]), (&json!(["keep_years = 10"]), &json!(["keep_years = 15"])));
    assert_eq!(client.call_text(Some(&token), "POST", CHECK, "[notice")?.0, 422, "an unsound one");
    assert_eq!(client.call_text(Some(&client.token("unit", "unit-1")?), "POST", CHECK, &text)?.0, 403);

    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    let page = center.get("/console/settings")?;
    for told in ["待确认的设置", "档案保存多久", "保存年限：10"] {
        page.expect(told)?;
    }
    let form = page.form("/settings/check")?;
    ensure!(center.submit(&page, &form, &[("part", PART), ("text", "[notice")])?.status == 422, "an unsound one");
    let shown = center.submit(&page, &form, &[("part", PART), ("text", &text)])?;
    shown.expect("尚未启用")?;
    ensure!(shown.text.contains("<del>keep_years = 10</del>") && shown.text.contains("<ins>keep_years = 15</ins>"), "{}", shown.text);
    assert_eq!(version()?, before, "checked is not in force");
    let form = shown.form("/settings/place")?;
    let other = text.replacen("keep_years = 15", "keep_years = 1", 1);
    let refused = center.submit(&shown, &form, &[("text", &other)])?;
    ensure!(refused.status != 200 && refused.text.contains("没有启用"), "another text than was shown: {}", refused.text);
    assert_eq!(version()?, before);
    let done = center.submit(&shown, &form, &[("text", &text)])?;
    done.expect("新的文本已启用")?;
    done.expect("保存年限：15")?;
    ensure!(version()? != before, "in force");
    Ok(())
}

#[test]
fn clause_1_a_loaded_list_of_filed_occupations_decides_without_a_build() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let filed =
        "edition = \"试验版\"\nloaded = true\n\n[[items]]\noccupation_code = \"6-18-01-01\"\noccupation = \"车工\"\nlevels = [2, 3]\n";
    let (status, answer) = place(&client, "catalogues/filed-occupations", filed)?;
    assert_eq!(status, 200, "{answer}");
    // 中式烹调师 (row 2) is not on the list: there is no fourth branch.
    let outcome = stack.process(&Folder::with_winners(2)?)?;
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_eq!(outcome.findings().iter().filter(|code| *code == "NO_CERTIFICATE").count(), 1, "{:?}", outcome.findings());
    let mut folder = Folder::with_winners(3)?;
    folder.rows.remove(0);
    folder.rows.pop();
    let outcome = stack.process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.report["unconfirmed"], json!(["G1"]), "G5 is settled by the list");
    Ok(())
}

/// Made up, as every notice after 2022 here: another marker and a longer sequence for awards of July 2022 on.
const SUCCESSOR: &str = r#"
extends = "sichuan-2022-9.toml"

[notice]
number = "样例〔2022〕1号"
effective_from = 2022-07-01

[code]
marker = "JS"
sequence_digits = 6
"#;

#[test]
fn a_successor_brings_its_own_code_grammar_and_both_stay_searchable() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let old = Folder::with_winners(1)?;
    let old_code = stack.process(&old)?.column("code")[0].to_owned();
    // Authorised before the successor came: it keeps the rulebook of its authorisation.
    let between = Folder::with_winners(1)?;
    between.write()?;
    let case = Case::authorised(&client, &between)?;
    let (status, answer) = place(&client, "notices/successor.toml", SUCCESSOR)?;
    assert_eq!(status, 200, "{answer}");
    case.qualify(&client)?;
    case.until_printed(&client)?;
    let mut new = Folder::with_winners(1)?;
    new.contest = hosted_contest().replace("issued_on = 2022-06-20", "issued_on = 2022-07-15");
    new.move_to("2022年四川省样例职业技能竞赛（新）")?;
    let outcome = stack.process(&new)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let new_code = outcome.column("code")[0].to_owned();
    assert_eq!(
        (old_code.as_str(), new_code.as_str()),
        ("S000051009999223J00001", "S000051009999223JS000003"),
        "one counter for positions 1–16 (G4)"
    );
    let center = client.token("center", "00")?;
    for (code, number) in [(&old_code, "川人社职鉴〔2022〕9号"), (&new_code, "样例〔2022〕1号")] {
        let (status, found) = client.call(Some(&center), "GET", &format!("/v1/certificates/{code}"), None)?;
        assert_eq!((status, found["notice"].as_str(), found["code"].as_str()), (200, Some(number), Some(code.as_str())), "{found}");
    }
    assert_eq!(client.call(Some(&client.token("unit", "unit-9")?), "GET", &format!("/v1/certificates/{new_code}"), None)?.0, 404);
    assert_eq!(client.call(Some(&center), "GET", "/v1/certificates/S00", None)?.0, 404);

    // Withdrawn: it rules no later award, and what was given out under it is read by it for good.
    let withdraw = || client.call(Some(&center), "DELETE", "/v1/rulebook/notices/successor.toml", None);
    assert_eq!(client.call(Some(&client.token("center", "01")?), "DELETE", "/v1/rulebook/notices/successor.toml", None)?.0, 403);
    let (status, rulebook) = withdraw()?;
    assert_eq!((status, &rulebook["replaced"], &rulebook["version"]), (200, &json!([]), &json!(2)), "{rulebook}");
    assert_eq!(withdraw()?.0, 404);
    let (status, found) = client.call(Some(&center), "GET", &format!("/v1/certificates/{new_code}"), None)?;
    assert_eq!((status, found["notice"].as_str()), (200, Some("样例〔2022〕1号")), "{found}");
    Ok(())
}

const PROVINCE: &str = "notices/sichuan-2022-9.toml";

/// Puts a text into the bucket as a build that this one does not know may have done; its digest.
fn store_text(client: &Client, part: &str, text: &str) -> Result<String> {
    let sha256 = RulebookPart::new(&Part::parse(part).context("a part")?, text).sha256;
    client.put_object(BUCKET, &format!("config/{part}/{sha256}"), text.as_bytes())?;
    Ok(sha256)
}

/// Lets such a text count.
fn put_in_force(client: &Client, version: u32, part: &str, text: &str) -> Result<()> {
    let sha256 = store_text(client, part, text)?;
    let replacement = json!({ "M": { "part": { "S": part }, "sha256": { "S": sha256 },
        "at": { "S": "2030-01-01T00:00:00Z" }, "actor": { "S": "a-later-build" } } });
    let key = json!({ "pk": { "S": "RULEBOOK" }, "sk": { "S": "SET" } });
    let change = json!({ "TableName": TABLE, "Key": key, "UpdateExpression": "SET version = :version, parts = :parts",
        "ExpressionAttributeValues": { ":version": { "N": version.to_string() }, ":parts": { "L": [replacement] } } });
    client.table("UpdateItem", &change).map(|_| ())
}

fn province() -> Result<String> {
    Notices::built_in_texts().remove("sichuan-2022-9.toml").context("the province's notice")
}

#[test]
fn an_application_is_read_by_every_text_it_was_authorised_under_whatever_ships() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    let key = json!({ "pk": { "S": format!("APPLICATION#{}", case.id) }, "sk": { "S": "APPLICATION" } });
    let stored = client.table("GetItem", &json!({ "TableName": TABLE, "Key": key }))?;
    let digest = stored["Item"]["plan"]["M"]["rulebook"]["S"].as_str().context("a manifest's digest")?.to_owned();
    let text = client.object(BUCKET, &format!("config/manifests/{digest}"))?.context("the manifest")?;
    let manifest = Manifest::parse(&String::from_utf8(text)?)?;
    assert_eq!((manifest.digest(), manifest.parts().len()), (digest, 8), "two notices and six catalogues");
    for part in manifest.parts() {
        assert!(client.object(BUCKET, &format!("config/{}/{}", part.part, part.sha256))?.is_some(), "{part:?}");
    }
    // Had it been authorised under a build that ships another text of the same notice:
    let older = province()?.replacen("number = \"川人社职鉴〔2022〕9号\"", "number = \"样例〔2021〕7号\"", 1);
    let sha256 = store_text(&client, PROVINCE, &older)?;
    let manifest = manifest.with([RulebookPart { part: PROVINCE.to_owned(), sha256 }]);
    client.put_object(BUCKET, &format!("config/manifests/{}", manifest.digest()), manifest.text().as_bytes())?;
    let change = json!({ "TableName": TABLE, "Key": key, "UpdateExpression": "SET #plan.rulebook = :digest",
        "ExpressionAttributeNames": { "#plan": "plan" }, "ExpressionAttributeValues": { ":digest": { "S": manifest.digest() } } });
    client.table("UpdateItem", &change)?;
    let (_, explained) = client.call(Some(&case.unit), "GET", &case.path("/rows/2"), None)?;
    assert_eq!(explained["notice"], "样例〔2021〕7号", "{explained}");
    case.qualify(&client)?;
    let found = case.until_printed(&client)?;
    let code = codes(&found)[0].to_owned();
    let (_, found) = client.call(Some(&case.center), "GET", &format!("/v1/certificates/{code}"), None)?;
    assert_eq!(found["notice"], "样例〔2021〕7号", "{found}");
    Ok(())
}

#[test]
fn a_text_that_cannot_be_read_stops_only_what_rests_on_it_and_is_repaired_or_withdrawn() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let center = client.token("center", "00")?;
    let unit = client.token("unit", "unit-1")?;
    let create = |jurisdiction: &str| {
        let contest = hosted_contest().replace("jurisdiction = \"00\"", &format!("jurisdiction = \"{jurisdiction}\""));
        let contest = if jurisdiction == "00" { contest } else { contest.replace("省级一类", "市级一类") };
        let contest: rules::intake::contest::Contest = toml::from_str(&contest)?;
        client.call(Some(&unit), "POST", "/v1/applications", Some(&json!({ "contest": contest })))
    };
    let later = "schema = 2\n[notice]\neffective_from = 2020-01-01\njurisdictions = [\"01\"]\n";
    put_in_force(&client, 7, "notices/chengdu.toml", later)?;
    let (_, rulebook) = client.call(Some(&unit), "GET", "/v1/rulebook", None)?;
    assert_eq!(rulebook["unreadable"][0]["place"]["file"], "notices/chengdu.toml", "{rulebook}");
    let (status, refused) = create("01")?;
    assert_eq!((status, &refused["error"]["findings"][0]["code"]), (422, &json!("RULEBOOK_UNREADABLE")), "{refused}");
    assert_eq!(create("00")?.0, 201);
    assert_eq!(stack.process(&Folder::with_winners(1)?)?.code, 0, "the province's go their way");
    assert_eq!(client.call(Some(&center), "DELETE", "/v1/rulebook/notices/chengdu.toml", None)?.0, 200);
    assert_eq!(create("01")?.0, 201);

    // A text that is gone, as a slip of the bucket's administrator would have it.
    let gone = format!("{later}# 2\n");
    put_in_force(&client, 9, "notices/chengdu.toml", &gone)?;
    let RulebookPart { part, sha256 } = RulebookPart::new(&Part::parse("notices/chengdu.toml").context("a part")?, &gone);
    assert_eq!(client.delete_version(BUCKET, &format!("config/{part}/{sha256}"))?, 204);
    let (_, rulebook) = client.call(Some(&unit), "GET", "/v1/rulebook", None)?;
    assert_eq!(rulebook["unreadable"][0]["place"]["file"], "notices/chengdu.toml", "{rulebook}");
    assert_eq!(client.call(Some(&center), "DELETE", "/v1/rulebook/notices/chengdu.toml", None)?.0, 200);
    assert_eq!(create("01")?.0, 201);

    // The province's own, and with it the city's, which extends it: the PUT that repairs it needs neither.
    put_in_force(&client, 17, PROVINCE, &province()?.replacen("[photo]", "[portrait]", 1))?;
    assert_eq!(create("00")?.0, 422);
    let (status, rulebook) = place(&client, PROVINCE, &province()?)?;
    assert_eq!((status, &rulebook["unreadable"], &rulebook["version"]), (200, &json!([]), &json!(18)), "{rulebook}");
    assert_eq!(create("00")?.0, 201);
    Ok(())
}

#[test]
fn parts_replaced_at_once_are_each_checked_against_the_set_that_they_join() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let notice = |n: usize| SUCCESSOR.replace("样例〔2022〕1号", &format!("样例〔2022〕{n}号"));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let put = |n: usize| place(&client, &format!("notices/successor-{n}.toml"), &notice(n)).map(|(status, _)| status);
        let puts: Vec<_> = (0..6).map(|n| scope.spawn(move || put(n))).collect();
        puts.into_iter().map(|put| put.join().expect("no panic")).collect::<Result<_>>()
    })?;
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!(taken >= 1 && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let (_, rulebook) = client.call(Some(&client.token("center", "00")?), "GET", "/v1/rulebook", None)?;
    assert_eq!(
        (rulebook["version"].as_u64(), rulebook["replaced"].as_array().map(Vec::len)),
        (Some(taken as u64), Some(taken)),
        "{rulebook}"
    );
    Ok(())
}
