//! 更正: what whoever issued a certificate may put right alone, what two people decide, and what is no correction at all
//! (docs/decisions/0017).

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{Case, codes};
use workflow_tests::folder::{BODY_NAME, CONTEST, Folder, filed_contest};
use workflow_tests::people::{person, strangers};
use workflow_tests::saizheng::{Client, Stack};

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

fn post(client: &Client, token: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
    client.call(Some(token), "POST", path, Some(body))
}

fn correct(client: &Client, token: &str, code: &str, body: &Value) -> Result<(u16, Value)> {
    post(client, token, &format!("/v1/certificates/{code}/correct"), body)
}

fn found(client: &Client, token: &str, code: &str) -> Result<Value> {
    let (status, mut found) = client.call(Some(token), "GET", &format!("/v1/certificates/{code}"), None)?;
    ensure!(status == 200, "find: {status} {found}");
    // The link is another one each time.
    found.as_object_mut().context("a certificate")?.remove("pdf");
    Ok(found)
}

/// The certificates of a contest that the human-resources department hosts, drawn and not printed.
fn issued(client: &Client, count: usize) -> Result<(Case, Vec<String>)> {
    let case = Case::issued(client, &Folder::with_winners(count)?)?;
    let certificates = case.certificates(client)?;
    Ok((case, codes(&certificates).into_iter().map(str::to_owned).collect()))
}

/// Code and token of a filed body with one certificate of level 3 that it issued itself.
fn issued_by_a_body(client: &Client, body: &str) -> Result<(String, String)> {
    let center = client.token("center", "00")?;
    let scope = json!([{ "occupation": "中式烹调师", "levels": [3, 4, 5] }]);
    let filed = json!({ "code13": body, "name": BODY_NAME, "filed_with_province": true, "units": ["unit-1"], "scope": scope });
    ensure!(client.call(Some(&center), "PUT", "/v1/bodies", Some(&filed))?.0 == 200, "not filed");
    let mut folder = Folder::with_winners(1)?;
    folder.of_class(filed_contest(body), "省级二类");
    folder.write()?;
    let case = Case::authorised(client, &folder)?;
    let token = client.token_of("body-one", "body", body)?;
    let (status, answer) = case.step(client, &token, "/qualify", json!({}))?;
    ensure!(status == 200, "qualify: {status} {answer}");
    let certificates = case.until_printed(client)?;
    Ok((codes(&certificates).first().context("a code")?.to_string(), token))
}

#[test]
fn nobody_issues_under_anothers_code_or_name_by_a_correction() -> Result<()> {
    let (_, client) = shared()?;
    let (code, token) = issued_by_a_body(&client, "S000051010771")?;
    let before = found(&client, &token, &code)?;
    let name = "四川省人力资源和社会保障厅";
    let odd = [
        json!({ "body": "S000051009999", "issuing_body": name, "level": 1, "issued_on": "2019-01-01" }),
        json!({ "body": "S000051009999" }),
        json!({ "body": "S000051010772" }),
        json!({ "issuing_body": name }),
        json!({ "issuing_body": "机".repeat(3000) }),
        json!({ "issuing_body": "机\u{1}构" }),
        json!({ "level": 1 }),
        json!({ "issued_on": "9999-12-31" }),
        json!({ "issued_on": "2022-05-27" }),
        json!({ "name": "名".repeat(3000) }),
        json!({ "name": "更正甲", "reason": "字".repeat(3000) }),
        json!({ "name": "更正甲", "reason": "误\u{1}" }),
    ];
    for mut wanted in odd {
        for path in ["correct", "corrections"] {
            let object = wanted.as_object_mut().context("an object")?;
            object.entry("reason").or_insert(json!("有误"));
            object.insert("old_sheet".to_owned(), json!("voided"));
            let (status, answer) = post(&client, &token, &format!("/v1/certificates/{code}/{path}"), &wanted)?;
            assert!([400, 422].contains(&status), "{status} {answer}");
            assert_ne!(answer["error"]["code"], "APPROVAL_NEEDED", "{answer}");
        }
    }
    assert_eq!(found(&client, &token, &code)?, before, "nothing has changed");
    // Its own mistakes it puts right alone.
    let (status, answer) = correct(&client, &token, &code, &json!({ "reason": "姓名有误", "name": "更正甲" }))?;
    assert_eq!((status, answer["code"].as_str(), answer["replaces"].is_null()), (200, Some(code.as_str()), true), "{answer}");
    Ok(())
}

#[test]
fn a_level_is_put_right_by_two_and_the_second_is_of_the_center() -> Result<()> {
    let (_, client) = shared()?;
    let (code, token) = issued_by_a_body(&client, "S000051010773")?;
    let wanted = json!({ "reason": "等级有误", "level": 4 });
    let (status, answer) = correct(&client, &token, &code, &wanted)?;
    assert_eq!((status, answer["error"]["code"].as_str()), (422, Some("APPROVAL_NEEDED")), "{answer}");
    let (status, request) = post(&client, &token, &format!("/v1/certificates/{code}/corrections"), &wanted)?;
    assert_eq!((status, &request["state"], &request["approval"]), (202, &json!("waiting"), &json!(["level"])), "{request}");
    assert_eq!(found(&client, &token, &code)?["level"], "三级/高级工", "nothing has changed yet");
    let decide = |token: &str, step: &str, body: Value| {
        let (id, number) = (request["application"].as_str().unwrap_or_default(), &request["number"]);
        post(&client, token, &format!("/v1/applications/{id}/corrections/{number}/{step}"), &body)
    };
    assert_eq!(decide(&token, "approve", json!({}))?.0, 403, "the body itself");
    assert_eq!(decide(&client.token("center", "01")?, "approve", json!({}))?.0, 404, "another city's Center");
    let (first, second) = (client.token_of("body-one", "center", "00")?, client.token_of("center-two", "center", "00")?);
    assert_eq!(decide(&first, "approve", json!({}))?.0, 409, "whoever asked, in another role");
    let (status, waiting) = client.call(Some(&second), "GET", "/v1/corrections", None)?;
    let listed = waiting.as_array().is_some_and(|all| all.iter().any(|one| one["code"] == code.as_str()));
    assert!(status == 200 && listed, "{waiting}");
    assert_eq!(decide(&second, "reject", json!({ "reason": " " }))?.0, 400, "a reason is owed");
    let (status, answer) = decide(&second, "approve", json!({}))?;
    assert_eq!((status, answer["replaces"].as_str()), (200, Some(code.as_str())), "{answer}");
    let new = answer["code"].as_str().context("code")?;
    assert_eq!(found(&client, &token, new)?["level"], "四级/中级工");
    assert_eq!(found(&client, &token, &code)?["revoked"]["replaced_by"].as_str(), Some(new));
    assert_eq!(decide(&second, "approve", json!({}))?.0, 409, "it is decided");
    let (_, waiting) = client.call(Some(&second), "GET", "/v1/corrections", None)?;
    assert!(waiting.as_array().is_some_and(|all| all.iter().all(|one| one["code"] != code.as_str())), "{waiting}");
    Ok(())
}

#[test]
fn another_person_needs_a_second_one_of_the_center_and_may_be_rejected() -> Result<()> {
    let (_, client) = shared()?;
    let (case, codes) = issued(&client, 1)?;
    let stranger = person(strangers(1)?);
    let wanted = json!({ "reason": "获奖选手有误", "name": "更换甲", "document_number": stranger.id_number });
    // One after the other is the same as both at once.
    let (status, answer) = correct(&client, &case.center, &codes[0], &wanted)?;
    assert_eq!((status, answer["error"]["code"].as_str()), (422, Some("APPROVAL_NEEDED")), "{answer}");
    let (status, request) = post(&client, &case.center, &format!("/v1/certificates/{}/corrections", codes[0]), &wanted)?;
    assert_eq!((status, &request["approval"]), (202, &json!(["person"])), "{request}");
    let second = client.token_of("center-two", "center", "00")?;
    let path = case.path(&format!("/corrections/{}/reject", request["number"]));
    assert_eq!(post(&client, &case.center, &path, &json!({ "reason": "不符" }))?.0, 409, "whoever asked");
    let (status, rejected) = post(&client, &second, &path, &json!({ "reason": "与表彰文件不符" }))?;
    assert_eq!((status, &rejected["state"], &rejected["decision"]["reason"]), (200, &json!("rejected"), &json!("与表彰文件不符")));
    assert_eq!(correct(&client, &case.center, &codes[0], &json!({ "reason": "姓名有误", "name": "更正甲" }))?.0, 200);
    let number = json!({ "reason": "证件号码有误", "document_number": stranger.id_number });
    assert_eq!(correct(&client, &case.center, &codes[0], &number)?.0, 422, "nothing is left of the winner");
    // A request rests on what was seen.
    let (status, request) = post(&client, &case.center, &format!("/v1/certificates/{}/corrections", codes[0]), &number)?;
    assert_eq!(status, 202, "{request}");
    assert_eq!(correct(&client, &case.center, &codes[0], &json!({ "reason": "姓名有误", "name": "更正乙" }))?.0, 200);
    let path = case.path(&format!("/corrections/{}/approve", request["number"]));
    assert_eq!(post(&client, &second, &path, &json!({}))?.0, 409, "the certificate has changed since");
    Ok(())
}

/// The same winners in another contest.
fn in_another_contest(folder: &Folder, people: usize) -> Result<Folder> {
    let mut again = Folder::with_people(people, folder.rows.len())?;
    again.move_to(&format!("又一场{CONTEST}"))?;
    Ok(again)
}

#[test]
fn a_correction_that_fails_claims_nothing_and_one_that_goes_through_moves_the_claim() -> Result<()> {
    let (stack, client) = shared()?;
    let own = strangers(1)?;
    let folder = Folder::with_people(own, 1)?;
    let case = Case::issued(&client, &folder)?;
    let certificates = case.certificates(&client)?;
    let code = codes(&certificates).first().context("a code")?.to_string();
    let (first, second) = (strangers(1)?, strangers(1)?);
    // Refused after the guard was asked: such a sheet there is not, such a font neither.
    for wanted in [
        json!({ "reason": "证件号码有误", "document_number": person(first).id_number, "top": "JN1" }),
        json!({ "reason": "证件号码有误", "document_number": person(first).id_number, "name": "更\u{30000}" }),
    ] {
        let (status, answer) = correct(&client, &case.center, &code, &wanted)?;
        assert!([400, 422].contains(&status), "{status} {answer}");
    }
    assert_eq!(stack.process(&in_another_contest(&folder, first)?)?.code, 0, "the award was left to its winner");
    // By now somebody else has it.
    let held = json!({ "reason": "证件号码有误", "document_number": person(first).id_number });
    let (status, answer) = correct(&client, &case.center, &code, &held)?;
    assert_eq!((status, answer["error"]["findings"][0]["code"].as_str()), (422, Some("HOLDER_CLAIMED")), "{answer}");
    // One that goes through: the new number has it, the old one is free.
    let moved = json!({ "reason": "证件号码有误", "document_number": person(second).id_number });
    let (status, answer) = correct(&client, &case.center, &code, &moved)?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(stack.process(&in_another_contest(&folder, second)?)?.cells("HOLDER_CLAIMED"), ["E2"]);
    assert_eq!(stack.process(&in_another_contest(&folder, own)?)?.code, 0);
    Ok(())
}

#[test]
fn what_a_revoked_certificate_held_is_free_and_nobody_has_it_twice_in_one_contest() -> Result<()> {
    let (stack, client) = shared()?;
    let people = strangers(4)?;
    let folder = Folder::with_people(people, 4)?;
    let case = Case::issued(&client, &folder)?;
    let certificates = case.certificates(&client)?;
    let all = codes(&certificates);
    // Rows 1 and 4 are of one occupation; the level is not: the better one is in the way.
    let twice = json!({ "reason": "证件号码有误", "document_number": person(people + 3).id_number });
    let (status, answer) = correct(&client, &case.center, all[0], &twice)?;
    assert_eq!((status, answer["error"]["findings"][0]["code"].as_str()), (422, Some("HOLDER_CLAIMED")), "{answer}");
    let (status, answer) = post(&client, &case.center, &format!("/v1/certificates/{}/revoke", all[3]), &json!({ "reason": "成绩作废" }))?;
    assert_eq!(status, 200, "{answer}");
    let mut again = in_another_contest(&folder, people)?;
    again.rows.drain(..3);
    again.write()?;
    assert_eq!(stack.process(&again)?.code, 0, "whoever lost it may be awarded anew");
    Ok(())
}

#[test]
fn a_request_is_approved_once_however_many_approve_at_once() -> Result<()> {
    let (_, client) = shared()?;
    let (case, codes) = issued(&client, 1)?;
    let wanted = json!({ "reason": "等级有误", "level": 4 });
    let (status, request) = post(&client, &case.center, &format!("/v1/certificates/{}/corrections", codes[0]), &wanted)?;
    assert_eq!(status, 202, "{request}");
    let path = case.path(&format!("/corrections/{}/approve", request["number"]));
    let tokens: Vec<String> = (0..4).map(|n| client.token_of(&format!("approver-{n}"), "center", "00")).collect::<Result<_>>()?;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = tokens.iter().map(|token| scope.spawn(|| Ok(post(&client, token, &path, &json!({}))?.0))).collect();
        all.into_iter().map(|one| one.join().map_err(|_| anyhow::anyhow!("panicked"))?).collect::<Result<_>>()
    })?;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(case.certificates(&client)?.iter().filter(|certificate| certificate["revoked"].is_null()).count(), 1);
    Ok(())
}

#[test]
fn a_request_for_another_number_was_shown_with_both_numbers_in_full() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(1)?;
    let case = Case::issued(&client, &folder)?;
    let code = codes(&case.certificates(&client)?).first().context("a code")?.to_string();
    let (old, new) = (folder.person(0).id_number, person(strangers(1)?).id_number);
    let wanted = json!({ "reason": "获奖选手有误", "name": "更换丙", "document_number": new });
    let (status, request) = post(&client, &case.center, &format!("/v1/certificates/{code}/corrections"), &wanted)?;
    assert_eq!(status, 202, "{request}");
    let second = client.token_of("center-two", "center", "00")?;
    let get = |path: &str| client.call(Some(&second), "GET", path, None);
    let mut center = Browser::logged_in(&stack, "省职鉴中心（第二人）")?;
    let desk = center.get("/console/")?;
    desk.expect("待批准的更正")?;
    desk.expect("（已改变）")?;
    let shown = [request.to_string(), get("/v1/corrections")?.1.to_string(), get(&case.path("/corrections"))?.1.to_string(), desk.text];
    for text in &shown {
        ensure!(text.contains(&code) && text.contains("***"), "{text}");
        ensure!(!text.contains(&old) && !text.contains(&new), "a number in full: {text}");
    }
    // In full by the row's own page, with a reason and an entry: that which stands there, and that which would.
    let path = case.path(&format!("/rows/{}/reveal", request["row"]));
    let (status, revealed) = post(&client, &second, &path, &json!({ "reason": "核对更正申请" }))?;
    assert_eq!(
        (status, &revealed["document_number"], &revealed["requested_document_number"]),
        (200, &json!(old), &json!(new)),
        "{revealed}"
    );
    let looks = get(&case.path("/trail?looks=true"))?.1.to_string();
    ensure!(looks.contains("核对更正申请") && !looks.contains(&new), "{looks}");
    let (_, revealed) = post(&client, &case.unit, &path, &json!({ "reason": "核对" }))?;
    ensure!(revealed["requested_document_number"].is_null(), "the unit is not told: {revealed}");
    Ok(())
}

#[test]
fn what_was_done_with_a_list_was_one_sentence_and_corrections_were_made_one_by_one() -> Result<()> {
    let (stack, client) = shared()?;
    let (case, codes) = issued(&client, 2)?;
    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    let page = center.get("/console/certificates/several")?;
    let preview = page.form("/several/preview")?;
    let table = format!("证书编码\t姓名\n{}\t更名甲\n{}\t更名乙", codes[0], codes[1]);
    let wanted = |table: &'static str| [("change", "correct"), ("reason", "姓名有误"), ("codes", table)];
    let odd = center.submit(&page, &preview, &wanted("S1\nS2"))?;
    ensure!(
        odd.status == 400 && odd.text.contains("第一列为证书编码") && odd.text.contains("姓名有误"),
        "what was typed stays: {}",
        odd.text
    );
    let fields = [("change", "correct"), ("reason", "姓名有误"), ("codes", table.as_str())];
    let checked = center.submit(&page, &preview, &fields)?;
    checked.expect("2 份可以办理，尚未办理")?;
    let mut form = checked.form("/several/preview")?;
    form.action = "/console/certificates/several".to_owned();
    for _ in 0..2 {
        // Sent twice, it is done once and says the same.
        let done = center.submit(&checked, &form, &fields)?;
        done.expect("所列 2 份已全部办理")?;
        done.expect(&codes[1])?;
    }
    for (code, name) in codes.iter().zip(["更名甲", "更名乙"]) {
        assert_eq!(found(&client, &case.center, code)?["name"], name);
    }
    let trail = client.call(Some(&case.center), "GET", &case.path("/trail"), None)?.1;
    let corrected = trail["entries"].as_array().context("entries")?.iter().filter(|entry| entry["action"] == "correct").count();
    assert_eq!(corrected, 2, "{trail}");
    // What one of the list does not allow is said of that one, and nothing is done.
    let codes_alone = format!("{}\nS000051000000222J99999", codes[0]);
    let page = center.get("/console/certificates/several")?;
    let fields = [("change", "revoke"), ("reason", "成绩作废"), ("codes", codes_alone.as_str())];
    center.submit(&page, &page.form("/several/preview")?, &fields)?.expect("不能办理")?;
    assert!(found(&client, &case.center, &codes[0])?["revoked"].is_null());
    Ok(())
}

#[test]
fn what_was_typed_for_a_change_was_gone_when_it_was_refused() -> Result<()> {
    let (stack, client) = shared()?;
    let (case, codes) = issued(&client, 1)?;
    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    let page = center.get(&format!("/console/certificates/{}", codes[0]))?;
    let refused = center.submit(&page, &page.form("/correct")?, &[("reason", "等级写错了"), ("level", "4")])?;
    ensure!(refused.status == 422 && refused.text.contains("另一人批准"), "{}", refused.text);
    let form = refused.form("/correct")?;
    ensure!(form.markup.contains("value=\"等级写错了\"") && form.markup.contains("value=\"4\""), "{}", form.markup);
    ensure!(refused.text.contains("<details open>"), "it is unfolded");
    ensure!(!refused.form("/revoke")?.markup.contains("等级写错了"), "not in another form");
    // The whole trail, and who looked: the Center's alone.
    let trail = format!("/console/applications/{}/trail", case.id);
    let page = center.get(&trail)?;
    for text in ["逐条记录", "查看记录", "looks=true"] {
        page.expect(text)?;
    }
    center.get(&format!("{trail}?looks=true"))?.expect("查看记录")?;
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    unit.get(&trail)?.expect("逐条记录")?;
    ensure!(unit.get(&format!("{trail}?looks=true"))?.status == 403, "looks are the Center's");
    Ok(())
}
