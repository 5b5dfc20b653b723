//! The HTTP API: who may do what, upload forms, decisions that race, returns, sheets.

use anyhow::Result;
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, reconcile};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

fn winners(count: usize) -> Result<Folder> {
    let folder = Folder::with_winners(count)?;
    folder.write()?;
    Ok(folder)
}

#[test]
fn without_a_token_there_is_nothing() -> Result<()> {
    let (_, client) = shared()?;
    assert_eq!(client.call(None, "GET", "/v1/applications", None)?.0, 401);
    assert_eq!(client.call(Some("not.a.token"), "GET", "/v1/applications", None)?.0, 401);
    let stranger = client.token("auditor", "00")?;
    assert_eq!(client.call(Some(&stranger), "GET", "/v1/applications", None)?.0, 403);
    Ok(())
}

#[test]
fn a_unit_sees_only_its_own_and_decides_nothing() -> Result<()> {
    let (_, client) = shared()?;
    let case = Case::create(&client, &winners(1)?)?;
    let other = client.token("unit", "unit-2")?;
    assert_eq!(client.call(Some(&other), "GET", &case.path(""), None)?.0, 404);
    let (_, listed) = client.call(Some(&other), "GET", "/v1/applications", None)?;
    assert!(!listed.to_string().contains(&case.id));
    // Others use the stack too: it may be on any page.
    let (mut found, mut after) = (false, Some(String::new()));
    while let Some(next) = after.take().filter(|_| !found) {
        let (_, own) = client.call(Some(&case.unit), "GET", &format!("/v1/applications?size=200{next}"), None)?;
        found = own["applications"].to_string().contains(&case.id);
        after = own["next"].as_str().map(|next| format!("&after={next}"));
    }
    assert!(found);
    let decision = json!({ "version": 0 });
    for (step, body) in [("/authorise", &decision), ("/qualify", &decision), ("/return", &json!({ "version": 0, "reason": "x" }))] {
        let (status, _) = client.call(Some(&case.unit), "POST", &case.path(step), Some(body))?;
        assert_eq!(status, 403, "{step}");
    }
    assert_eq!(client.call(Some(&case.unit), "POST", "/v1/sheets/receive", Some(&json!({})))?.0, 400);
    let sheets = json!({ "kind": "skill_level", "ranges": [["JN99000001", "JN99000002"]] });
    assert_eq!(client.call(Some(&case.unit), "POST", "/v1/sheets/receive", Some(&sheets))?.0, 403);
    assert_eq!(client.call(Some(&case.unit), "GET", "/v1/audit", None)?.0, 403);
    Ok(())
}

#[test]
fn a_body_and_another_center_do_not_see_what_they_do_not_issue() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::authorised(&client, &folder)?;
    for (role, organisation) in [("body", "S000051010999"), ("center", "01")] {
        let token = client.token(role, organisation)?;
        assert_eq!(client.call(Some(&token), "GET", &case.path(""), None)?.0, 404);
        assert_eq!(client.call(Some(&token), "POST", &case.path("/qualify"), Some(&json!({ "version": 9 })))?.0, 404);
    }
    Ok(())
}

#[test]
fn an_upload_form_takes_one_key_one_type_and_a_limited_size() -> Result<()> {
    let (_, client) = shared()?;
    let case = Case::create(&client, &winners(1)?)?;
    let form = &case.forms["roster"];
    let with = |field: &str, value: &str| {
        let mut form = form.clone();
        form["fields"][field] = Value::from(value);
        form
    };
    assert_eq!(client.upload(&with("key", "inbox/unit-2/aaaaaaaaaaaaaaaa/roster.xlsx"), b"x")?.1, "AccessDenied");
    assert_eq!(client.upload(&with("Content-Type", "text/html"), b"x")?.1, "AccessDenied");
    assert_eq!(client.upload(form, &vec![0; 20 * 1024 * 1024 + 1])?.1, "EntityTooLarge");
    Ok(())
}

#[test]
fn a_decision_on_what_has_changed_since_is_refused() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(2)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let seen = case.until_status(&client, "submitted")?["version"].clone();
    // The roster is handed in once more after the Center has looked.
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    until("a new version", || Ok(case.show(&client)?["version"] != seen))?;
    let (status, answer) = client.call(Some(&case.center), "POST", &case.path("/authorise"), Some(&json!({ "version": seen })))?;
    assert_eq!((status, answer["error"]["code"].as_str()), (409, Some("CHANGED")));
    case.authorise(&client)
}

#[test]
fn refused_rows_get_no_code_and_the_others_no_gap() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(6)?;
    let case = Case::authorised(&client, &folder)?;
    let refused = json!([{ "row": 4, "reason": "参赛资格不符" }]);
    let (status, answer) = case.step(&client, &case.center, "/qualify", json!({ "refused": refused }))?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((answer["numbered"].as_u64(), answer["refused"].as_u64()), (Some(5), Some(1)));
    let listed = case.until_printed(&client)?;
    let (certificates, others): (Vec<Value>, Vec<Value>) = listed.into_iter().partition(|listed| listed["code"].is_string());
    let rows: Vec<u64> = certificates.iter().filter_map(|certificate| certificate["row"].as_u64()).collect();
    assert_eq!(rows, [2, 3, 5, 6, 7]);
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!((&others[0]["row"], &others[0]["state"], &others[0]["reason"]), (&json!(4), &json!("refused"), &json!("参赛资格不符")));
    // Rows 2 and 6 are level 3, row 4 would have been between them.
    let number = |index: usize| codes(&certificates)[index][17..].parse::<u32>().unwrap_or(0);
    assert_eq!(number(3), number(0) + 1);
    Ok(())
}

#[test]
fn a_reason_is_owed_and_only_own_rows_can_be_refused() -> Result<()> {
    let (_, client) = shared()?;
    let case = Case::authorised(&client, &winners(1)?)?;
    for refused in [json!([{ "row": 2, "reason": " " }]), json!([{ "row": 99, "reason": "没有这一行" }])] {
        assert_eq!(case.step(&client, &case.center, "/qualify", json!({ "refused": refused }))?.0, 400);
    }
    Ok(())
}

#[test]
fn deciding_twice_gives_the_same_numbers_and_deciding_otherwise_is_refused() -> Result<()> {
    let (_, client) = shared()?;
    let case = Case::authorised(&client, &winners(3)?)?;
    let first = case.qualify(&client)?;
    assert_eq!(case.qualify(&client)?["ranges"], first["ranges"]);
    let refused = json!([{ "row": 2, "reason": "后来才想起" }]);
    let (status, answer) = case.step(&client, &case.center, "/qualify", json!({ "refused": refused }))?;
    assert_eq!((status, answer["error"]["code"].as_str()), (409, Some("CHANGED")));
    Ok(())
}

#[test]
fn many_reviewers_at_once_and_every_number_once() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let cases: Vec<Case> = (0..12).map(|_| Case::authorised(&client, &winners(4)?)).collect::<Result<_>>()?;
    std::thread::scope(|scope| {
        let decisions: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.qualify(&client))).collect();
        decisions.into_iter().try_for_each(|decision| decision.join().map_err(|_| anyhow::anyhow!("panicked"))?.map(|_| ()))
    })?;
    let mut all = Vec::new();
    for case in &cases {
        all.extend(codes(&case.until_printed(&client)?).into_iter().map(str::to_owned));
    }
    all.sort();
    let expected: Vec<String> = [2, 3].iter().flat_map(|level| (1..=24).map(move |n| format!("S00005100999922{level}J{n:05}"))).collect();
    assert_eq!(all, expected);
    Ok(())
}

#[test]
fn what_is_returned_can_be_put_right_and_handed_in_again() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "  " }))?.0, 400);
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "汇总表未盖章" }))?.0, 200);
    let shown = case.show(&client)?;
    assert_eq!(shown["status_word"], "已退回");
    assert!(shown["findings"].to_string().contains("汇总表未盖章"));
    case.upload(&client, &folder, "summary", "summary.pdf")?;
    case.until_status(&client, "submitted")?;
    case.authorise(&client)
}

#[test]
fn a_unit_takes_back_what_is_not_authorised_yet() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    let withdraw = |token: &str, reason: &str| case.step(&client, token, "/withdraw", json!({ "reason": reason }));
    assert_eq!(withdraw(&case.unit, "名单有误")?.0, 409, "a draft is the unit's anyhow");
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!(withdraw(&case.center, "名单有误")?.0, 403, "the Center returns");
    assert_eq!(withdraw(&client.token("unit", "unit-9")?, "名单有误")?.0, 404, "another unit's");
    assert_eq!(withdraw(&case.unit, "  ")?.0, 400, "a reason is owed");
    assert_eq!(withdraw(&case.unit, "名单有误")?.0, 200);
    let shown = case.show(&client)?;
    assert_eq!(shown["status"], "returned");
    assert!(shown["findings"].to_string().contains("申报单位撤回：名单有误"), "{shown}");
    assert_eq!(case.step(&client, &case.center, "/authorise", json!({}))?.0, 409, "it is not in the Center's hands");
    let trail = client.chained("AUDIT#")?;
    assert!(trail.iter().any(|entry| entry["action"] == "withdraw" && entry["detail"] == "申报单位撤回：名单有误"), "{trail:?}");
    // The same winners go in again, with what is right now.
    case.upload(&client, &folder, "summary", "summary.pdf")?;
    case.until_status(&client, "submitted")?;
    case.authorise(&client)?;
    assert_eq!(withdraw(&case.unit, "名单有误")?.0, 409, "it is authorised");
    Ok(())
}

#[test]
fn a_unit_deletes_what_is_still_its_own_and_its_objects_go() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    let delete = |token: &str| client.call(Some(token), "DELETE", &case.path(""), None);
    let (status, refused) = delete(&case.unit)?;
    assert_eq!((status, refused["error"]["message"].to_string().contains("撤回")), (409, true), "{refused}");
    assert_eq!(case.step(&client, &case.unit, "/withdraw", json!({ "reason": "重复申报" }))?.0, 200);
    assert_eq!(delete(&case.center)?.0, 403);
    assert_eq!(delete(&client.token("unit", "unit-9")?)?.0, 404);
    assert_eq!(delete(&case.unit)?.0, 200);
    assert_eq!((delete(&case.unit)?.0, client.call(Some(&case.unit), "GET", &case.path(""), None)?.0), (404, 404));
    let listed = client.call(Some(&case.unit), "GET", "/v1/applications", None)?.1;
    assert!(!listed.to_string().contains(&case.id), "{listed}");
    let left = || -> Result<Vec<String>> {
        let folders = [format!("inbox/unit-1/{}/", case.id), format!("checked/{}/", case.id), format!("reports/{}/", case.id)];
        let listed: Vec<Vec<String>> = folders.iter().map(|folder| client.list(BUCKET, folder)).collect::<Result<_>>()?;
        Ok(listed.concat())
    };
    assert!(left()?.len() >= 3);
    reconcile(&stack, &client)?;
    assert_eq!(left()?, Vec::<String>::new());
    let trail = client.chained("AUDIT#")?;
    assert!(trail.iter().any(|entry| entry["action"] == "delete"), "{trail:?}");
    // Its winner may be applied for anew, and everything still adds up.
    let again = Case::create(&client, &folder)?;
    again.upload_all(&client, &folder)?;
    again.until_status(&client, "submitted")?;
    Ok(())
}

#[test]
fn after_the_authorisation_no_material_counts() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::authorised(&client, &folder)?;
    let version = case.show(&client)?["version"].clone();
    let before = client.list(BUCKET, &format!("reports/{}/roster/", case.id))?.len();
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    until("the late roster is reported", || Ok(client.list(BUCKET, &format!("reports/{}/roster/", case.id))?.len() > before))?;
    let (status, _) = client.call(Some(&case.unit), "POST", &case.path("/uploads"), Some(&json!({})))?;
    assert_eq!(status, 409);
    assert_eq!(case.show(&client)?["version"], version);
    Ok(())
}

#[test]
fn a_unit_with_bucket_access_just_uploads_under_chinese_names() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    let files = [
        ("举办竞赛相关文件（川人社）.pdf", "contest.pdf"),
        ("竞赛表彰文件+补充.pdf", "commendation.pdf"),
        ("申报汇总表 盖章.pdf", "summary.pdf"),
        ("选手信息导入模板表 2026.xlsx", "roster.xlsx"),
    ];
    for (name, file) in files {
        let key = format!("inbox/unit-1/{}/{}", case.id, name.replace('+', "%2B"));
        client.put_object(BUCKET, &key, &std::fs::read(folder.path().join(file))?)?;
    }
    case.until_status(&client, "submitted")?;
    Ok(())
}

#[test]
fn the_same_material_under_two_names_leaves_reconciliation_nothing_to_do() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    let key = format!("inbox/unit-1/{}/选手信息导入模板表.xlsx", case.id);
    let seen = case.show(&client)?["version"].clone();
    client.put_object(BUCKET, &key, &std::fs::read(folder.path().join("roster.xlsx"))?)?;
    until("the second roster is entered, and its awards are claimed", || {
        let shown = case.show(&client)?;
        Ok(shown["version"] != seen && shown["status"] == "submitted")
    })?;
    assert_eq!(reconcile(&stack, &client)?, 0);
    Ok(())
}

#[test]
fn an_upload_that_belongs_nowhere_is_reported_and_harms_nobody() -> Result<()> {
    let (_, client) = shared()?;
    let before = client.list(BUCKET, "reports/stray/")?.len();
    let case = Case::create(&client, &winners(1)?)?;
    // Nobody's application, another unit's prefix, an unknown file.
    client.put_object(BUCKET, "inbox/unit-1/aaaaaaaaaaaaaaaa/roster.xlsx", b"x")?;
    client.put_object(BUCKET, &format!("inbox/unit-2/{}/roster.xlsx", case.id), b"x")?;
    client.put_object(BUCKET, &format!("inbox/unit-1/{}/notes.txt", case.id), b"x")?;
    until("two or three stray reports", || Ok(client.list(BUCKET, "reports/stray/")?.len() >= before + 2))?;
    assert_eq!(case.show(&client)?["status"], "draft");
    Ok(())
}

#[test]
fn no_key_and_no_log_holds_personal_data() -> Result<()> {
    let stack = Stack::own()?;
    let folder = Folder::with_winners(3)?;
    assert_eq!(stack.process(&folder)?.code, 0);
    let client = Client::of(&stack)?;
    let log = std::fs::read_to_string(stack.data().join("emulator.log"))?;
    let keys = client.list(BUCKET, "")?.join("\n");
    let mut items = String::new();
    let scanned = client.table("Scan", &json!({ "TableName": "saizheng-records" }))?;
    for item in scanned["Items"].as_array().into_iter().flatten() {
        items.push_str(&format!("{} {}\n", item["pk"], item["sk"]));
    }
    assert!(!keys.is_empty() && !items.is_empty() && log.contains("judged"));
    for n in 0..3 {
        let person = folder.person(n);
        for secret in [&person.id_number, &person.phone, &person.name] {
            for (what, text) in [("a key", &keys), ("an item's key", &items), ("the log", &log)] {
                assert!(!text.contains(secret.as_str()), "{what} holds personal data");
            }
        }
    }
    Ok(())
}

#[test]
fn the_summary_form_is_made_from_the_checked_roster_and_its_stamp_tells_which() -> Result<()> {
    let (_, client) = shared()?;
    let folder = winners(2)?;
    let case = Case::create(&client, &folder)?;
    let form = |stamp: &str| client.call(Some(&case.unit), "GET", &case.path(&format!("/summary-form{stamp}")), None);
    assert_eq!(form("")?.0, 409);
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    until("the roster's verdict", || Ok(case.show(&client)?["materials"][0]["clean"] == true))?;
    let (status, links) = form("")?;
    assert_eq!(status, 200, "{links}");
    assert!(client.download(links["pdf"].as_str().unwrap_or_default())?.starts_with(b"%PDF-"));
    assert!(client.download(links["workbook"].as_str().unwrap_or_default())?.starts_with(b"PK"));
    let digest = links["roster_sha256"].as_str().unwrap_or_default();
    assert_eq!(form(&format!("?stamp=SZ1:{}:{digest}:2", case.id))?.1["matches"], true);
    assert_eq!(form(&format!("?stamp=SZ1:{}:{}:2", case.id, "0".repeat(64)))?.1["matches"], false);
    assert_eq!(form("?stamp=hello")?.0, 400);
    Ok(())
}

/// C.2: one association's stamped form passed for thirty other contests. The form as the system makes it stands for its scan.
#[test]
fn a_stamped_form_counts_for_its_own_application_and_the_roster_that_it_was_printed_from() -> Result<()> {
    let (_, client) = shared()?;
    let mut folder = winners(2)?;
    let case = Case::create(&client, &folder)?;
    let summary = |case: &Case| -> Result<Value> {
        let shown = case.show(&client)?;
        let judged = shown["materials"].as_array().into_iter().flatten().find(|material| material["material"] == "summary");
        Ok(judged.cloned().unwrap_or_default())
    };
    let codes = |case: &Case| -> Result<String> {
        let (_, reports) = client.call(Some(&case.unit), "GET", &case.path("/reports"), None)?;
        let report = reports.as_array().into_iter().flatten().find(|report| report["material"] == "summary").cloned();
        let link = report.unwrap_or_default()["json"].as_str().unwrap_or_default().to_owned();
        Ok(serde_json::from_slice::<Value>(&client.download(&link)?)?["findings"].to_string())
    };
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    until("the roster's verdict", || Ok(case.show(&client)?["materials"][0]["clean"] == true))?;
    let (_, links) = client.call(Some(&case.unit), "GET", &case.path("/summary-form"), None)?;
    std::fs::write(folder.path().join("summary.pdf"), client.download(links["pdf"].as_str().unwrap_or_default())?)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert!(codes(&case)?.contains("SUMMARY_CODE_READ") && summary(&case)?["stamp"]["matches"] == true);

    // What the form shows was changed after it was stamped; the unit is told so, whichever of the two came last.
    folder.set(0, Field::Employer, "改正后的某某公司");
    let stamped = std::fs::read(folder.path().join("summary.pdf"))?;
    folder.write()?;
    std::fs::write(folder.path().join("summary.pdf"), &stamped)?;
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    until("the form is compared again", || Ok(summary(&case)?["clean"] == false))?;
    assert!(codes(&case)?.contains("SUMMARY_OTHER_ROSTER") && case.show(&client)?["status"] == "draft");
    case.upload(&client, &folder, "summary", "summary.pdf")?;
    until("the form is judged", || Ok(summary(&case)?["stamp"]["matches"] == false))?;

    // Printed anew from the corrected roster.
    let (_, links) = client.call(Some(&case.unit), "GET", &case.path("/summary-form"), None)?;
    std::fs::write(folder.path().join("summary.pdf"), client.download(links["pdf"].as_str().unwrap_or_default())?)?;
    case.upload(&client, &folder, "summary", "summary.pdf")?;
    case.until_status(&client, "submitted")?;

    // The form first, the roster later; and the form of another application.
    let other = Case::create(&client, &winners(2)?)?;
    other.upload(&client, &folder, "summary", "summary.pdf")?;
    until("the other's form is judged", || Ok(summary(&other)?["clean"] == false))?;
    let told = codes(&other)?;
    assert!(told.contains("SUMMARY_OTHER_APPLICATION") && told.contains(&case.id), "{told}");
    Ok(())
}

#[test]
fn what_becomes_a_key_or_an_item_is_looked_at_first() -> Result<()> {
    let (_, client) = shared()?;
    let center = client.token("center", "00")?;
    let refused = |method: &str, path: &str, body: Option<Value>| -> Result<(u16, Value)> {
        let (status, answer) = client.call(Some(&center), method, path, body.as_ref())?;
        Ok((status, answer["error"]["code"].clone()))
    };
    let sheets = |holder: &str| json!({ "kind": "skill_level", "ranges": [["JN98000001", "JN98000002"]], "holder": holder });
    for holder in ["", "body-", "body-a/b", "somebody", &format!("body-{}", "x".repeat(2000))] {
        assert_eq!(refused("POST", "/v1/sheets/assign", Some(sheets(holder)))?, (400, json!("MALFORMED")), "{holder}");
    }
    assert_eq!(refused("GET", "/v1/sheets/ledger?holder=somebody", None)?.0, 400);
    // `\n`: the page behind an empty key.
    assert_eq!(refused("GET", "/v1/audit?after=Cg", None)?, (400, json!("MALFORMED")));
    assert_eq!(refused("GET", "/v1/applications?status=lost", None)?, (400, json!("MALFORMED")));
    let unit = client.token("unit", "unit-1")?;
    let mut contest = serde_json::to_value(toml::from_str::<rules::intake::contest::Contest>(&winners(1)?.contest)?)?;
    contest["name"] = json!("长".repeat(200_000));
    let (status, answer) = client.call(Some(&unit), "POST", "/v1/applications", Some(&json!({ "contest": contest })))?;
    assert_eq!(status, 400, "{answer}");
    Ok(())
}
