//! Blank sheets, print runs, and a certificate's life after its code; the audit that proves them.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{Case, codes, correct_by_two, office, settled};
use workflow_tests::folder::{Folder, jpeg};
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, until};

const KIND: &str = "skill_level";

/// A stack of its own, with sheets 1–`sheets` in the Center's hands.
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

    fn sheets(&self, movement: &str, ranges: Value, mut more: Value) -> Result<(u16, Value)> {
        more["kind"] = json!(KIND);
        more["ranges"] = ranges;
        self.client.call(Some(&self.center), "POST", &format!("/v1/sheets/{movement}"), Some(&more))
    }

    fn book(&self, token: &str, holder: &str) -> Result<Value> {
        let (status, answer) = self.client.call(Some(token), "GET", "/v1/sheets", None)?;
        ensure!(status == 200, "books: {status} {answer}");
        let books = answer["books"].as_array().context("books")?;
        books.iter().find(|book| book["holder"] == holder).cloned().context("no such book")
    }

    /// An application of `count` winners, approved and drawn.
    fn issued(&self, count: usize) -> Result<Case> {
        self.issued_of(&Folder::with_winners(count)?)
    }

    fn issued_of(&self, folder: &Folder) -> Result<Case> {
        Case::issued(&self.client, folder)
    }

    /// The winners have no photos, mostly.
    fn print(&self, case: &Case, mut body: Value) -> Result<(u16, Value)> {
        body["reason"] = json!("照片由本机构粘贴");
        self.print_as_is(case, body)
    }

    fn print_as_is(&self, case: &Case, body: Value) -> Result<(u16, Value)> {
        self.client.call(Some(&self.center), "POST", &case.path("/print"), Some(&body))
    }

    fn change(&self, code: &str, change: &str, body: Value) -> Result<(u16, Value)> {
        self.client.call(Some(&self.center), "POST", &format!("/v1/certificates/{code}/{change}"), Some(&body))
    }

    fn found(&self, code: &str) -> Result<Value> {
        let (status, found) = self.client.call(Some(&self.center), "GET", &format!("/v1/certificates/{code}"), None)?;
        ensure!(status == 200, "find: {status} {found}");
        Ok(found)
    }

    /// `saizheng audit`: its exit code, and what it said.
    fn audit(&self, more: &[&str]) -> Result<(i32, String)> {
        let output = self.stack.run(&[&["audit"], more].concat())?;
        Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// The application's serials in roster order.
    fn serials(&self, case: &Case) -> Result<Vec<String>> {
        let certificates = case.certificates(&self.client)?;
        Ok(certificates.iter().map(|certificate| certificate["serial"].as_str().unwrap_or_default().to_owned()).collect())
    }
}

fn span(first: u32, last: u32) -> Vec<String> {
    (first..=last).map(|number| format!("JN{number:08}")).collect()
}

#[test]
fn sheets_come_once_and_are_in_one_hand_at_a_time() -> Result<()> {
    let office = Office::open(100)?;
    assert_eq!(office.sheets("receive", json!([["JN00000100", "JN00000120"]]), json!({}))?.0, 409);
    assert_eq!(office.sheets("receive", json!([["JN1", "JN2"]]), json!({}))?.0, 400);
    assert_eq!(office.sheets("receive", json!([["JN00000300", "JN00000200"]]), json!({}))?.0, 400);
    let body = json!({ "holder": "body-S000051010123" });
    assert_eq!(office.sheets("assign", json!([["JN00000011", "JN00000030"]]), body.clone())?.0, 200);
    assert_eq!(office.sheets("assign", json!([["JN00000030", "JN00000031"]]), body.clone())?.0, 409, "the body has 30 already");
    let keeper = office.client.token("body", "S000051010123")?;
    assert_eq!(office.book(&keeper, "body-S000051010123")?["on_hand"], json!([["JN00000011", "JN00000030"]]));
    let lose = json!({ "kind": KIND, "ranges": [["JN00000012", "JN00000012"]] });
    let (status, answer) = office.client.call(Some(&keeper), "POST", "/v1/sheets/lose", Some(&lose))?;
    assert_eq!(status, 400, "a reason is owed: {answer}");
    let lose = json!({ "kind": KIND, "ranges": [["JN00000012", "JN00000012"]], "reason": "运输中遗失" });
    assert_eq!(office.client.call(Some(&keeper), "POST", "/v1/sheets/lose", Some(&lose))?.0, 200);
    assert_eq!(office.client.call(Some(&keeper), "POST", "/v1/sheets/receive", Some(&lose))?.0, 403);
    let back = json!({ "holder": "body-S000051010123", "reason": "停用" });
    assert_eq!(office.sheets("take-back", json!([["JN00000012", "JN00000030"]]), back.clone())?.0, 409, "12 is lost");
    assert_eq!(office.sheets("take-back", json!([["JN00000013", "JN00000030"]]), back)?.0, 200);
    // Counted: 99 is not found, 12 turns up.
    let (status, variance) = office.sheets(
        "count",
        json!([["JN00000001", "JN00000010"], ["JN00000012", "JN00000098"], ["JN00000100", "JN00000100"]]),
        json!({}),
    )?;
    assert_eq!(
        (status, &variance["missing"], &variance["surplus"]),
        (200, &json!([["JN00000099", "JN00000099"]]), &json!([["JN00000012", "JN00000012"]]))
    );
    let book = office.book(&office.center, "center-00")?;
    assert_eq!(book["on_hand_count"], 98, "a count moves nothing");
    assert_eq!(office.audit(&[])?.0, 0);
    Ok(())
}

#[test]
fn 三_2_a_body_asks_for_blanks_and_acknowledges_what_it_was_assigned() -> Result<()> {
    const BODY: &str = "body-S000051010123";
    let office = Office::open(400)?;
    let (keeper, unit) = (office.client.token("body", "S000051010123")?, office.client.token("unit", "unit-1")?);
    let (city, other) = (office.client.token("center", "07")?, office.client.token("body", "S000051010124")?);
    let post = |token: &str, path: &str, body: Value| office.client.call(Some(token), "POST", &format!("/v1/sheets/{path}"), Some(&body));
    let told = |answer: &Value| answer["error"]["message"].as_str().unwrap_or_default().to_owned();
    let ask = |count: u64| json!({ "kind": KIND, "count": count, "reason": "新增赛项" });
    let refuse = json!({ "kind": KIND, "holder": BODY, "reason": "请先用完库存" });

    // 申领: by who holds blanks, for itself; the Center has them from the printing house.
    assert_eq!(post(&unit, "ask", ask(50))?.0, 403);
    for odd in [
        json!({ "kind": KIND, "count": 0, "reason": "新增赛项" }),
        json!({ "kind": KIND, "count": 5, "reason": " " }),
        json!({ "kind": "x", "count": 5, "reason": "新增赛项" }),
    ] {
        assert_eq!(post(&keeper, "ask", odd.clone())?.0, 400, "{odd}");
    }
    assert_eq!(post(&office.center, "ask", ask(50))?.0, 400);
    assert_eq!(post(&office.center, "refuse", refuse.clone())?.0, 409, "nobody asked");
    let (status, book) = post(&keeper, "ask", ask(50))?;
    assert_eq!((status, &book["asked"]["count"], &book["is_low"]), (200, &json!(50), &json!(true)), "{book}");
    assert_eq!(office.book(&office.center, BODY)?["asked"]["reason"], "新增赛项", "the Center sees it");
    assert_eq!(office.book(&other, "body-S000051010124")?["asked"], Value::Null, "and no other body");
    for token in [&keeper, &city, &unit] {
        assert_eq!(post(token, "refuse", refuse.clone())?.0, 403);
    }
    let (status, book) = post(&office.center, "refuse", refuse)?;
    assert_eq!((status, &book["asked"]), (200, &Value::Null), "{book}");
    assert_eq!(post(&city, "ask", ask(10))?.0, 200, "a city's center asks too");

    // 签收: what is assigned answers what was asked for, and waits to be acknowledged; by default it may be used.
    assert_eq!(post(&keeper, "ask", ask(200))?.0, 200);
    let assigned = json!([["JN00000001", "JN00000150"]]);
    assert_eq!(office.sheets("assign", assigned.clone(), json!({ "holder": BODY }))?.0, 200);
    let book = office.book(&keeper, BODY)?;
    assert_eq!((&book["asked"]["count"], &book["to_acknowledge"], &book["locked"]), (&json!(50), &assigned, &json!([])), "{book}");
    assert_eq!((&book["is_low"], &book["low_stock"]), (&json!(false), &json!(100)));
    let sign = |token: &str, ranges: Value| post(token, "acknowledge", json!({ "kind": KIND, "ranges": ranges }));
    assert_eq!(sign(&other, json!([["JN00000001", "JN00000002"]]))?.0, 409, "another's");
    assert_eq!(sign(&keeper, json!([["JN00000001", "JN00000200"]]))?.0, 409, "not all of them were assigned");
    let (status, book) = sign(&keeper, json!([["JN00000001", "JN00000050"]]))?;
    assert_eq!((status, &book["to_acknowledge"]), (200, &json!([["JN00000051", "JN00000150"]])), "{book}");
    assert_eq!(sign(&keeper, json!([]))?.1["to_acknowledge"], json!([]), "all that waits");
    assert_eq!(sign(&keeper, json!([]))?.0, 409, "nothing waits");
    let (_, ledger) = office.client.call(Some(&keeper), "GET", &format!("/v1/sheets/ledger?kind={KIND}"), None)?;
    let movements: Vec<&str> = ledger["lines"].as_array().context("lines")?.iter().filter_map(|line| line["movement"].as_str()).collect();
    assert_eq!(movements, ["ask", "refuse", "ask", "assign", "acknowledge", "acknowledge"]);

    // Where the notice says so, nothing is printed on what is not acknowledged.
    let strict = include_str!("../../infra/notices/sichuan-2022-9.toml")
        .replace("print_before_acknowledged = true", "print_before_acknowledged = false");
    let (status, answer) = office.client.call_text(Some(&office.center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", &strict)?;
    ensure!(status == 200, "{answer}");
    let (body, left) = (json!({ "holder": "center-00" }), json!([["JN00000151", "JN00000400"]]));
    assert_eq!(office.sheets("assign", left.clone(), body)?.0, 400, "the Center's own");
    assert_eq!(office.sheets("assign", json!([["JN00000151", "JN00000160"]]), json!({ "holder": BODY }))?.0, 200);
    let book = office.book(&keeper, BODY)?;
    assert_eq!(book["locked"], json!([["JN00000151", "JN00000160"]]), "{book}");
    assert!(told(&sign(&keeper, json!([["JN00000001", "JN00000001"]]))?.1).contains("不是待签收的"));
    let said = String::from_utf8(office.stack.run(&["sheets", "show", "--holder", BODY])?.stdout)?;
    assert!(said.contains("待签收：JN00000151 至 JN00000160，签收后才能打印"), "{said}");
    let said = String::from_utf8(office.stack.run(&["sheets", "acknowledge", "--holder", BODY])?.stdout)?;
    assert!(said.contains("在库 160 张") && !said.contains("待签收"), "{said}");
    let run = ["sheets", "ask", "--holder", BODY, "--count", "30", "--reason", "备用"];
    assert!(String::from_utf8(office.stack.run(&run)?.stdout)?.contains("申领 30 张，待办"));
    let run = ["sheets", "refuse", "--holder", BODY, "--reason", "库存充足"];
    assert!(!String::from_utf8(office.stack.run(&run)?.stdout)?.contains("申领 30 张"));
    let (code, said) = office.audit(&[])?;
    assert_eq!(code, 0, "{said}");
    Ok(())
}

#[test]
fn 三_2_a_page_of_a_run_on_plain_paper_bears_its_serial() -> Result<()> {
    let office = Office::open(20)?;
    let case = office.issued(2)?;
    let single = case.certificates(&office.client)?[0]["pdf"].as_str().context("a link")?.to_owned();
    let copy = paper::text(&office.client.download(&single)?)?;
    assert!(!copy.contains("流水号"), "a copy lies on no sheet: {copy}");
    for (form, bears) in [("full", true), ("overprint", false)] {
        let (status, run) = office.print(&case, json!({ "count": 1, "setting": { "form": form } }))?;
        ensure!(status == 200, "{run}");
        let serial = run["sheets"][0][0].as_str().context("a serial")?.to_owned();
        let number = run["run"].as_u64().context("a run")?;
        let mut text = String::new();
        until("the merged file", || {
            let shown = case.show(&office.client)?["decisions"][0]["runs"][usize::try_from(number)?].clone();
            let Some(link) = shown["pdfs"][0].as_str().filter(|_| shown["printed_chunks"] == 1) else { return Ok(false) };
            text = paper::text(&office.client.download(link)?)?;
            Ok(true)
        })?;
        assert_eq!(text.contains(&serial), bears, "{form}: the numbered blank bears its own: {text}");
    }
    Ok(())
}

#[test]
fn sheets_are_destroyed_by_two_signatures() -> Result<()> {
    let office = Office::open(10)?;
    let reason = json!({ "reason": "污损" });
    assert_eq!(office.sheets("destroy", json!([["JN00000001", "JN00000002"]]), reason.clone())?.0, 409, "they are not voided");
    assert_eq!(office.sheets("void", json!([["JN00000001", "JN00000002"]]), reason.clone())?.0, 200);
    let sign = |token: &str, ranges: Value| {
        office.client.call(Some(token), "POST", "/v1/sheets/destroy/confirm", Some(&json!({ "kind": KIND, "ranges": ranges })))
    };
    let confirm = |token: &str| sign(token, json!([["JN00000001", "JN00000002"]]));
    assert_eq!(confirm(&office.center)?.0, 409, "nothing was proposed");
    assert_eq!(office.sheets("destroy", json!([["JN00000001", "JN00000002"]]), reason)?.0, 202);
    let (status, answer) = confirm(&office.center)?;
    assert!(status == 409 && answer["error"]["message"].as_str().is_some_and(|message| message.contains("两人")), "{answer}");
    let second = office.client.token_of("supervisor", "center", "00")?;
    // The first person's account with a space behind it is no second person.
    assert_eq!(confirm(&office.client.token_of("test-center ", "center", "00")?)?.0, 409);
    // Whoever signs says for what: a proposal that was swapped meanwhile is not signed.
    assert_eq!(sign(&second, json!([["JN00000001", "JN00000001"]]))?.0, 409);
    let (_, books) = office.client.call(Some(&second), "GET", "/v1/sheets", None)?;
    assert_eq!(books["to_confirm"][0]["sheets"], json!([["JN00000001", "JN00000002"]]), "{books}");
    let (status, book) = confirm(&second)?;
    assert_eq!((status, &book["voided"], &book["destroyed"], &book["to_destroy"]), (200, &json!(2), &json!(2), &json!([])));
    assert_eq!(confirm(&second)?.0, 409, "once is enough");
    Ok(())
}

#[test]
fn a_jam_at_sheet_7_of_40_and_the_rest_moves_on() -> Result<()> {
    let office = Office::open(60)?;
    let case = office.issued(40)?;
    let (status, run) = office.print(&case, json!({ "top": "JN00000011" }))?;
    assert_eq!((status, &run["last"]), (200, &json!("JN00000050")), "{run}");
    assert_eq!(office.print(&case, json!({ "top": "JN00000011" }))?.1["run"], 0, "the same stack again is the same run");
    let void = json!({ "serial": "JN00000017", "reason": "卡纸" });
    let (status, run) = office.client.call(Some(&office.center), "POST", &case.path("/void-sheet"), Some(&void))?;
    assert_eq!((status, &run["spoiled"][0]["serial"]), (200, &json!("JN00000017")), "{run}");
    assert_eq!(office.serials(&case)?, [span(11, 16), span(18, 51)].concat());
    assert_eq!(office.client.call(Some(&office.center), "POST", &case.path("/void-sheet"), Some(&void))?.0, 409, "it is off the run");
    let book = office.book(&office.center, "center-00")?;
    assert_eq!((&book["printed"], &book["voided"], &book["on_hand_count"]), (&json!(40), &json!(1), &json!(19)));
    // Both facts are linked: the ledger names the certificate that lay on the spoiled sheet.
    let (_, ledger) = office.client.call(Some(&office.center), "GET", &format!("/v1/sheets/ledger?kind={KIND}"), None)?;
    let voided = ledger["lines"].as_array().context("lines")?.iter().find(|line| line["movement"] == "void_printed").context("a void")?;
    let certificates = case.certificates(&office.client)?;
    assert_eq!(voided["code"].as_str(), codes(&certificates).get(6).copied());
    assert_eq!(office.audit(&[])?.0, 0);
    Ok(())
}

/// 三、（二） 套打: how it will lie is seen over a picture of the blank, by the API and in the page.
#[test]
fn what_is_over_printed_is_shown_over_a_picture_of_the_blank() -> Result<()> {
    let office = Office::open(1)?;
    let client = &office.client;
    let ask = |blank: &[u8]| {
        let body = json!({ "blank_base64": BASE64_STANDARD.encode(blank) });
        client.call(Some(&office.center), "POST", "/v1/printers/calibration", Some(&body))
    };
    let (status, answer) = ask(&jpeg())?;
    let preview = client.download(answer["preview"].as_str().with_context(|| answer.to_string())?)?;
    let text = paper::text(&preview)?;
    assert!(status == 200 && text.contains("样张") && text.contains("工业机器人系统操作员"), "{text}");
    let (status, answer) = ask(b"no picture")?;
    assert_eq!(status, 400, "{answer}");
    let (_, plain) = client.call(Some(&office.center), "POST", "/v1/printers/calibration", Some(&json!({})))?;
    assert!(plain["preview"].is_null(), "none was asked for");

    let mut center = Browser::logged_in(&office.stack, "省职鉴中心")?;
    let page = center.get("/console/sheets/calibration")?;
    let shown = center.upload(&page, &page.form("/console/sheets/preview")?, &jpeg())?;
    shown.expect("套打预览（样张）")?;
    Ok(())
}

#[test]
fn a_run_is_printed_over_blanks_and_its_cover_list_follows_a_jam() -> Result<()> {
    let office = Office::open(10)?;
    let case = office.issued(3)?;
    let setting = |offset: f32| json!({ "form": "overprint", "calibration": { "offset_x": offset, "scale_y": 1.01 } });
    assert_eq!(office.print(&case, json!({ "setting": setting(40.0) }))?.0, 400, "40 mm is another tray");
    let (status, run) = office.print(&case, json!({ "setting": setting(1.5) }))?;
    assert_eq!((status, &run["setting"]["form"]), (200, &json!("overprint")), "{run}");
    let papers = |list_has: &str| -> Result<(String, String)> {
        let mut papers = None;
        until("the run's PDFs", || {
            let run = case.show(&office.client)?["decisions"][0]["runs"][0].clone();
            let read = |link: &Value| paper::text(&office.client.download(link.as_str().context("a link")?)?);
            let (Some(pdf), Some(list)) = (run["pdfs"].get(0), run["lists"].get(0)) else { return Ok(false) };
            papers = Some((read(pdf)?, read(list)?));
            Ok(papers.as_ref().is_some_and(|(_, list)| list.contains(list_has)))
        })?;
        papers.context("papers")
    };
    let (merged, list) = papers("JN00000003")?;
    let certificates = case.certificates(&office.client)?;
    let order: Vec<Option<usize>> = codes(&certificates).iter().map(|code| merged.find(code)).collect();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "in the order of the sheets");
    assert!(!merged.contains("职业技能等级证书"), "what is printed on the blank already is left out");
    assert!(codes(&certificates).iter().all(|code| list.contains(code)) && list.contains("已作废的空白证书：无"), "{list}");
    let void = json!({ "serial": "JN00000002", "reason": "卡纸" });
    assert_eq!(office.client.call(Some(&office.center), "POST", &case.path("/void-sheet"), Some(&void))?.0, 200);
    let (again, list) = papers("JN00000004")?;
    assert_eq!(again, merged, "the pages stay as they are");
    assert!(list.contains("已作废的空白证书：JN00000002"), "{list}");
    Ok(())
}

#[test]
fn a_certificate_that_was_printed_over_a_blank_is_reprinted_so() -> Result<()> {
    let office = Office::open(20)?;
    let case = office.issued(3)?;
    let calibration = json!({ "offset_x": 1.5, "offset_y": -0.5, "scale_x": 1.0, "scale_y": 1.01 });
    let (status, run) = office.print(&case, json!({ "setting": { "form": "overprint", "calibration": calibration } }))?;
    assert_eq!(status, 200, "{run}");
    let certificates = case.certificates(&office.client)?;
    let all = codes(&certificates);
    let last = || -> Result<Value> {
        let shown = case.show(&office.client)?;
        Ok(shown["decisions"][0]["runs"].as_array().and_then(|runs| runs.last()).context("a run")?["setting"].clone())
    };
    assert_eq!(office.change(all[0], "reissue", json!({ "reason": "遗失", "old_sheet": "lost" }))?.0, 200);
    assert_eq!((&last()?["form"], &last()?["calibration"]), (&json!("overprint"), &run["setting"]["calibration"]));
    let full = json!({ "name": "更正甲", "reason": "姓名有误", "old_sheet": "voided", "setting": { "form": "full" } });
    assert_eq!(office.change(all[0], "correct", full)?.0, 200);
    assert_eq!((&last()?["form"], &last()?["calibration"]), (&json!("full"), &run["setting"]["calibration"]), "the printer is the same");
    assert_eq!(office.change(all[0], "reissue", json!({ "reason": "污损", "old_sheet": "voided" }))?.0, 200);
    assert_eq!(last()?["form"], "full", "as it was printed last");
    let correction = json!({ "name": "更正乙", "reason": "姓名有误", "old_sheet": "voided" });
    assert_eq!(office.change(all[1], "correct", correction)?.0, 200);
    assert_eq!(last()?["form"], "overprint");
    Ok(())
}

#[test]
fn a_run_without_photos_wants_a_reason_which_the_trail_keeps_g16() -> Result<()> {
    let office = Office::open(10)?;
    let mut folder = Folder::with_winners(3)?;
    folder.set(0, Field::Photo, "first.jpg");
    folder.write()?;
    folder.write_photos(&[("first.jpg", &workflow_tests::folder::jpeg())])?;
    let case = Case::create(&office.client, &folder)?;
    case.upload(&office.client, &folder, "photos", "photos.zip")?;
    until("the photos are judged", || {
        Ok(case.show(&office.client)?["materials"].as_array().is_some_and(|all| all.iter().any(|one| one["material"] == "photos")))
    })?;
    case.upload_all(&office.client, &folder)?;
    case.until_status(&office.client, "submitted")?;
    case.authorise(&office.client)?;
    case.qualify(&office.client)?;
    case.until_printed(&office.client)?;
    // The first has one.
    assert_eq!(office.print_as_is(&case, json!({ "top": "JN00000001", "count": 1 }))?.0, 200);
    let (status, answer) = office.print_as_is(&case, json!({}))?;
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("REASON_NEEDED")), "{answer}");
    let cells: Vec<&Value> = answer["error"]["findings"].as_array().context("findings")?.iter().map(|one| &one["place"]["cell"]).collect();
    assert_eq!(cells, ["AA3", "AA4"]);
    assert_eq!(office.print_as_is(&case, json!({ "top": "JN00000001" }))?.1["run"], 0, "a run that is there needs none");
    let (status, run) = office.print_as_is(&case, json!({ "reason": "照片由本机构粘贴" }))?;
    assert_eq!((status, &run["count"]), (200, &json!(2)), "{run}");
    let (_, facts) = office.client.call(Some(&office.center), "GET", "/v1/audit", None)?;
    assert!(facts.to_string().contains("2 张没有照片：照片由本机构粘贴"), "{facts}");
    Ok(())
}

#[test]
fn a_notice_may_want_every_photo_or_none_g16() -> Result<()> {
    let office = Office::open(10)?;
    let text = std::fs::read_to_string(workflow_tests::saizheng::root().join("infra/notices/sichuan-2022-9.toml"))?;
    for (need, status) in [("required", 422), ("optional", 200)] {
        let changed = text.replace("before_printing = \"reason\"", &format!("before_printing = \"{need}\""));
        let placed = office.client.call_text(Some(&office.center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", &changed)?;
        assert_eq!(placed.0, 200, "{need}: {}", placed.1);
        let case = office.issued(1)?;
        let (answered, answer) = office.print_as_is(&case, json!({ "reason": "照片由本机构粘贴" }))?;
        assert_eq!(answered, status, "{need}: {answer}");
        assert!(answered == 200 || answer["error"]["code"] == "FINDINGS", "{answer}");
    }
    Ok(())
}

#[test]
fn the_qr_code_holds_a_signature_that_needs_no_system() -> Result<()> {
    let office = Office::open(1)?;
    let folder = Folder::with_winners(1)?;
    let case = office.issued_of(&folder)?;
    let certificates = case.certificates(&office.client)?;
    let certificate = certificates.first().context("a certificate")?;
    let (code, link) = (certificate["code"].as_str().context("code")?, certificate["pdf"].as_str().context("pdf")?);
    let address = paper::qr(&office.client.download(link)?)?;
    assert!(address.contains(code), "{address}");
    let person = folder.person(0);
    assert!(!address.contains(&person.id_number), "no personal data in an address");
    let verify = |name: &str| -> Result<Option<i32>> {
        let asked = ["verify", &address, "--code", code];
        Ok(office.stack.run_with(&asked, &[name, &person.id_number])?.status.code())
    };
    assert_eq!(verify(&person.name)?, Some(0));
    assert_eq!(verify("冒名者")?, Some(2));
    Ok(())
}

#[test]
fn a_lot_is_printed_in_parts_as_sheets_come() -> Result<()> {
    let office = Office::open(3)?;
    let case = office.issued(5)?;
    assert_eq!(office.print(&case, json!({}))?.0, 409, "there are three sheets");
    assert_eq!(office.print(&case, json!({ "count": 3 }))?.1["count"], 3);
    assert_eq!(office.client.call(Some(&office.center), "POST", &case.path("/archive"), Some(&json!({})))?.0, 409);
    office.sheets("receive", json!([["JN00000101", "JN00000110"]]), json!({}))?;
    let (status, run) = office.print(&case, json!({}))?;
    assert_eq!((status, &run["run"], &run["first"]), (200, &json!(1), &json!("JN00000101")), "{run}");
    assert_eq!(office.serials(&case)?, [span(1, 3), span(101, 102)].concat());
    until("both runs' PDFs", || {
        let runs = case.show(&office.client)?["decisions"][0]["runs"].clone();
        Ok(runs
            .as_array()
            .is_some_and(|runs| runs.len() == 2 && runs.iter().all(|run| run["pdfs"].as_array().is_some_and(|p| p.len() == 1))))
    })?;
    Ok(())
}

#[test]
fn 三_2_the_first_and_the_last_sheet_of_a_run_are_seen_before_any_is_taken() -> Result<()> {
    let office = Office::open(20)?;
    let case = office.issued(4)?;
    let asked = json!({ "top": "JN00000003", "count": 3, "setting": { "form": "overprint" } });
    let path = case.path("/print/preview");
    let preview = |asked: &Value| office.client.call(Some(&office.center), "POST", &path, Some(asked));
    let before = office.book(&office.center, "center-00")?;
    let (status, seen) = preview(&asked)?;
    ensure!(status == 200, "{seen}");
    let serials = |seen: &Value| [0, 1].map(|page| seen["pages"][page]["serial"].as_str().unwrap_or_default().to_owned());
    assert_eq!(serials(&seen), [span(3, 3), span(5, 5)].concat()[..]);
    assert_eq!((&seen["run"]["count"], &seen["printed"], seen["pages"].as_array().map(Vec::len)), (&json!(3), &json!(false), Some(2)));
    let drawn = paper::text(&office.client.download(seen["link"].as_str().context("a link")?)?)?;
    for page in [0, 1] {
        let code = seen["pages"][page]["code"].as_str().context("a code")?;
        assert!(drawn.contains(code), "{drawn}");
    }
    assert_eq!(office.book(&office.center, "center-00")?, before, "no sheet is taken");
    assert!(case.show(&office.client)?["decisions"][0]["runs"].as_array().is_some_and(Vec::is_empty), "and no run is made");

    assert_eq!(preview(&json!({ "top": "JN00000019", "count": 9 }))?.0, 409, "there are not so many");

    let mut center = Browser::logged_in(&office.stack, "省职鉴中心")?;
    let page = center.get(&format!("/console{}", case.path("").trim_start_matches("/v1")))?;
    let typed = [("form", "套打"), ("top", "JN00000003"), ("count", "3"), ("reason", "照片由本机构粘贴")];
    let shown = center.submit(&page, &page.form_with("预览")?, &typed)?;
    for text in ["第一张", "JN00000003", "最后一张", "JN00000005", "核对后打印"] {
        shown.expect(text)?;
    }
    center.submit(&shown, &shown.form_with("打印")?, &[])?.expect("已取用空白证书")?;
    let run = office.print(&case, asked.clone())?.1;
    assert_eq!(run["sheets"], seen["run"]["sheets"], "what was seen is what is printed, once");
    let again = preview(&asked)?.1;
    assert_eq!((&again["printed"], serials(&again)), (&json!(true), serials(&seen)), "the same again is the same run");
    let trail = office.client.call(Some(&office.center), "GET", &case.path("/trail?looks=true"), None)?.1;
    assert!(trail.to_string().contains("打印预览"), "a look is an entry");
    Ok(())
}

#[test]
fn a_certificate_lives_on_after_its_code() -> Result<()> {
    let office = Office::open(50)?;
    let case = office.issued(4)?;
    let certificates = case.certificates(&office.client)?;
    let all: Vec<String> = codes(&certificates).into_iter().map(str::to_owned).collect();
    assert_eq!(certificates[0]["stage"], "issued");
    // A correction before the printing needs no sheet.
    let (status, answer) = office.change(&all[0], "correct", json!({ "name": "更正甲", "reason": "姓名有误" }))?;
    assert_eq!((status, answer["code"].as_str()), (200, Some(all[0].as_str())), "{answer}");
    office.print(&case, json!({}))?;
    assert_eq!(office.found(&all[0])?["name"], "更正甲");
    // Reissue: the same code, a new serial, and what became of the old sheet must be said.
    assert_eq!(office.change(&all[1], "reissue", json!({ "reason": "本人遗失" }))?.0, 400);
    assert_eq!(office.change(&all[1], "reissue", json!({ "reason": "本人遗失", "old_sheet": "lost" }))?.0, 200);
    assert_eq!(office.found(&all[1])?["serial"], "JN00000005");
    // Level: the old code is revoked, the new one takes its place, each names the other.
    let wrong = json!({ "level": 4, "reason": "等级有误", "old_sheet": "voided" });
    assert_eq!(office.change(&all[2], "correct", wrong.clone())?.0, 422, "two people decide it");
    let answer = correct_by_two(&office.client, &office.center, &all[2], &wrong)?;
    assert_eq!(answer["replaces"].as_str(), Some(all[2].as_str()), "{answer}");
    let new = answer["code"].as_str().context("code")?;
    assert_eq!(new, "S000051009999224J00001");
    assert_eq!(office.found(new)?["replaces"].as_str(), Some(all[2].as_str()));
    assert_eq!(office.found(&all[2])?["revoked"]["replaced_by"].as_str(), Some(new));
    assert_eq!(office.found(&all[2])?["serial"], Value::Null);
    assert_eq!(office.change(&all[2], "correct", wrong)?.0, 409, "it is revoked");
    assert_eq!(office.change(&all[3], "revoke", json!({ "reason": "成绩作废", "old_sheet": "voided" }))?.0, 200);
    // Stages, in order.
    let collected = json!({ "on": "2022-06-20", "collector": "赵经办" });
    let collect = || office.client.call(Some(&office.center), "POST", &case.path("/collection"), Some(&collected));
    settled(&office.stack, &office.client)?;
    case.archive(&office.client)?;
    assert_eq!(office.found(&all[1])?["stage"], "archived");
    assert_eq!(collect()?.0, 409, "publication comes first");
    case.publish(&office.client)?;
    assert_eq!(office.found(&all[1])?["stage"], "published");
    assert_eq!(collect()?.0, 200);
    assert_eq!(office.found(&all[1])?["stage"], "handed_out");
    // A unit can do none of it.
    let body = json!({ "reason": "x", "old_sheet": "lost" });
    assert_eq!(office.client.call(Some(&case.unit), "POST", &format!("/v1/certificates/{}/revoke", all[0]), Some(&body))?.0, 403);
    settled(&office.stack, &office.client)?;
    let pdf = case.certificates(&office.client)?.iter().find(|c| c["code"] == new).and_then(|c| c["pdf"].as_str().map(str::to_owned));
    ensure!(office.client.download(&pdf.context("the new certificate's PDF")?)?.starts_with(b"%PDF"), "not a PDF");
    assert_eq!(office.audit(&[])?.0, 0);
    Ok(())
}

#[test]
fn a_removed_or_altered_record_shows_in_the_audit() -> Result<()> {
    let office = Office::open(10)?;
    let case = office.issued(2)?;
    office.print(&case, json!({}))?;
    let heads = office.stack.data().join("heads.json");
    let heads = heads.to_string_lossy();
    assert_eq!(office.audit(&["--heads", &heads])?.0, 0);
    assert_eq!(office.audit(&["--against", &heads])?.0, 0);
    let table = "saizheng-records";
    let key = json!({ "pk": { "S": format!("APPLICATION#{}", case.id) }, "sk": { "S": "AUDIT#00000002" } });
    let kept = office.client.table("GetItem", &json!({ "TableName": table, "Key": key }))?["Item"].clone();
    office.client.table("DeleteItem", &json!({ "TableName": table, "Key": key }))?;
    let (code, said) = office.audit(&["--against", &heads])?;
    assert!(code == 2 && said.contains("记录链断裂"), "{said}");
    let mut forged = kept.clone();
    let text = kept["text"]["S"].as_str().context("the entry's text")?;
    forged["text"]["S"] = json!(text.replacen("\"actor\":\"", "\"actor\":\"somebody-else-than-", 1));
    office.client.table("PutItem", &json!({ "TableName": table, "Item": forged }))?;
    let (code, said) = office.audit(&[])?;
    assert!(code == 2 && said.contains("第 2 条被改动"), "{said}");
    office.client.table("PutItem", &json!({ "TableName": table, "Item": kept }))?;
    assert_eq!(office.audit(&["--against", &heads])?.0, 0);
    Ok(())
}

#[test]
fn the_ledger_is_a_workbook() -> Result<()> {
    let office = Office::open(10)?;
    office.sheets("void", json!([["JN00000003", "JN00000003"]]), json!({ "reason": "污损" }))?;
    let out = office.stack.data().join("台账.xlsx");
    let output = office.stack.run(&["sheets", "ledger", "--out", &out.to_string_lossy()])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(std::fs::read(&out)?.starts_with(b"PK"), "not a workbook");
    Ok(())
}

#[test]
fn a_count_said_that_something_differs_and_not_what() -> Result<()> {
    let (stack, client, center) = office(10)?;
    let mut browser = Browser::logged_in(&stack, "省职鉴中心")?;
    let page = browser.get("/console/sheets")?;
    let form = page.form("/sheets/move")?;
    let counted = [("movement", "count"), ("kind", "skill_level"), ("reason", "月末盘点"), ("ranges", "JN00000001 JN00000008\nJN00000012")];
    let told = browser.submit(&page, &form, &counted)?;
    for text in [
        "差额见下",
        "盘亏（账面有、实物没有） 2 张",
        "JN00000009 至 JN00000010",
        "盘盈（实物有、账面没有） 1 张",
        "JN00000012",
        "月末盘点",
        "note bad",
    ] {
        told.expect(text)?;
    }
    // The ledger keeps it.
    let ledger = browser.get("/console/sheets/ledger?kind=skill_level")?;
    ledger.expect("盘亏 2 张")?;
    ensure!(!ledger.text.contains("实有 9 张"), "told at once, and only then: {}", ledger.text);
    let odd = browser.get("/console/sheets/ledger?holder=somebody")?;
    ensure!(odd.status == 400 && !odd.text.contains("center-00 或"), "{}", odd.text);
    let exact = [("movement", "count"), ("kind", "skill_level"), ("ranges", "JN00000001 JN00000010")];
    let page = browser.get("/console/sheets")?;
    let told = browser.submit(&page, &page.form("/sheets/move")?, &exact)?;
    ensure!(told.status == 200 && told.text.contains("实有与账面一致") && !told.text.contains("note bad"), "{}", told.text);
    // A movement that is refused keeps what was typed.
    let page = browser.get("/console/sheets")?;
    let lost = [("movement", "lose"), ("kind", "skill_level"), ("ranges", "JN00000003 JN00000004")];
    let refused = browser.submit(&page, &page.form("/sheets/move")?, &lost)?;
    ensure!(refused.status == 400 && refused.text.contains("JN00000003 JN00000004"), "{}", refused.text);
    let book = client.call(Some(&center), "GET", "/v1/sheets", None)?.1;
    assert_eq!(book["books"][0]["on_hand_count"], 10, "a count moves nothing: {book}");
    Ok(())
}
