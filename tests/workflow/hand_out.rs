//! Hand-out (五、（四）): the organiser collects a lot with a list to sign, and enters winner by winner who has the certificate.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, office, reconcile, settled};
use workflow_tests::folder::Folder;
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, until};

/// The stack's date.
const TODAY: &str = "2022-06-20";
/// A variable of the functions' environment, heeded on a local stack only.
const OFFSET: &str = "SAIZHENG_CLOCK_OFFSET_SECONDS";

/// A stack of its own, with blank sheets in the Center's hands.
struct Office {
    stack: Stack,
    client: Client,
    center: String,
}

impl Office {
    fn open() -> Result<Self> {
        let (stack, client, center) = office(100)?;
        Ok(Self { stack, client, center })
    }

    /// An application of `folder`, on sheets, archived and published.
    fn published(&self, folder: &Folder) -> Result<Case> {
        let case = Case::issued(&self.client, folder)?;
        case.print(&self.client)?;
        case.archive(&self.client)?;
        case.publish(&self.client)?;
        Ok(case)
    }

    fn call(&self, token: &str, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.client.call(Some(token), method, path, Some(body).filter(|body| !body.is_null()))
    }

    fn done(&self, token: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.call(token, method, path, body)?;
        ensure!(status == 200, "{method} {path}: {status} {answer}");
        Ok(answer)
    }

    fn collect(&self, case: &Case, body: &Value) -> Result<(u16, Value)> {
        self.call(&self.center, "POST", &case.path("/collection"), body)
    }

    /// The only lot as the unit sees it.
    fn lot(&self, case: &Case) -> Result<Value> {
        Ok(self.done(&case.unit, "GET", &case.path("/collection"), &Value::Null)?[0].clone())
    }

    /// The lot's list, once it is drawn: PDF and workbook.
    fn lists(&self, case: &Case) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut lot = Value::Null;
        until("the list is drawn", || {
            lot = self.lot(case)?;
            Ok(lot["collection"]["parts"] == lot["collection"]["drawn_parts"])
        })?;
        let read = |which: &str| self.client.download(lot["collection"][which][0].as_str().context("a link")?);
        Ok((read("pdfs")?, read("workbooks")?))
    }

    fn enter(&self, case: &Case, winners: Value) -> Result<(u16, Value)> {
        self.call(&case.unit, "PUT", &case.path("/hand-outs"), &json!({ "winners": winners }))
    }

    fn winners(&self, case: &Case) -> Result<Vec<Value>> {
        let page = self.done(&case.unit, "GET", &case.path("/hand-outs"), &Value::Null)?;
        page["winners"].as_array().cloned().context("winners")
    }

    fn overdue(&self, token: &str) -> Result<Value> {
        self.done(token, "GET", "/v1/hand-outs/overdue", &Value::Null)
    }

    /// The API's clock, days after the stack's date.
    #[expect(clippy::disallowed_methods, reason = "the shift is from the real time")]
    fn days_later(&self, days: i64) -> Result<()> {
        let then: jiff::Timestamp = format!("{TODAY}T10:00:00+08:00").parse()?;
        let offset = then.duration_since(jiff::Timestamp::now()).as_secs() + days * 24 * 3600;
        self.client.configure(&self.stack.output("ReviewFunction")?, &[(OFFSET, &offset.to_string())])
    }
}

fn said(answer: &Value) -> String {
    answer["error"]["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_published_lot_is_collected_with_a_list_to_sign() -> Result<()> {
    let office = Office::open()?;
    let folder = Folder::with_winners(18)?;
    folder.write()?;
    let case = Case::authorised(&office.client, &folder)?;
    let number = "11010519491231002X";
    let collected = json!({ "on": TODAY, "collector": "赵经办", "document_type": "身份证", "document_number": number });
    assert_eq!(office.collect(&case, &collected)?.0, 409, "nothing is approved");
    case.qualify(&office.client)?;
    case.until_printed(&office.client)?;
    case.print(&office.client)?;
    case.archive(&office.client)?;
    let (status, answer) = office.collect(&case, &collected)?;
    assert!(status == 409 && said(&answer).contains("信息上网"), "{answer}");
    case.publish(&office.client)?;
    for (odd, says) in [
        (json!({ "on": "2022-06-21", "collector": "赵经办" }), "晚于今天"),
        (json!({ "on": "2022-06-01", "collector": "赵经办" }), "早于审核通过日期"),
        (json!({ "on": TODAY, "collector": " " }), "经办人"),
        (json!({ "on": TODAY, "collector": "赵经办", "document_type": "身份证" }), "一同写明"),
        (json!({ "on": TODAY, "collector": "赵经办", "document_type": "工作证", "document_number": "1" }), "没有“工作证”这种证件"),
        (json!({ "on": TODAY, "collector": "赵经办", "document_type": "居民身份证", "document_number": "123" }), "居民身份证号码"),
    ] {
        let (status, answer) = office.collect(&case, &odd)?;
        assert!(status == 400 && said(&answer).contains(says), "{odd}: {answer}");
    }
    assert_eq!(office.call(&case.unit, "POST", &case.path("/collection"), &collected)?.0, 403, "a unit cannot hand itself anything");
    let (status, lot) = office.collect(&case, &collected)?;
    assert_eq!((status, &lot["stage"], &lot["collection"]["certificates"]), (200, &json!("handed_out"), &json!(18)), "{lot}");
    let shown = &lot["collection"];
    assert_eq!((&shown["document_type"], &shown["document_number"]), (&json!("居民身份证"), &json!("110*************2X")), "{shown}");
    assert!(!lot.to_string().contains(number) && !office.client.chained("AUDIT#")?.iter().any(|entry| entry.to_string().contains(number)));
    let version = case.show(&office.client)?["version"].clone();
    assert_eq!(office.collect(&case, &collected)?.0, 200, "the same again");
    assert_eq!(case.show(&office.client)?["version"], version, "changes nothing");
    let (pdf, workbook) = office.lists(&case)?;
    let certificates = case.certificates(&office.client)?;
    let text = paper::text(&pdf)?;
    assert!(text.contains("领取人签字") && text.contains("赵经办") && text.contains("共18张"), "{text}");
    assert!(text.contains("第2页，共2页") && text.contains("JN00000018"), "{text}");
    for (n, certificate) in certificates.iter().enumerate() {
        let (name, code) = (certificate["name"].as_str().context("name")?, certificate["code"].as_str().context("code")?);
        assert!(text.contains(name) && text.contains(code), "{name} {code}");
        assert!(!text.contains(&folder.person(n).id_number), "document numbers are masked");
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let range = book.worksheet_range("领取发放清单")?;
    let cells = |row: usize| range.rows().nth(row).map(<[Data]>::to_vec).unwrap_or_default();
    assert_eq!(cells(4)[8], Data::String("领取人签字".to_owned()), "{:?}", cells(4));
    assert_eq!(cells(5)[0], Data::Float(1.0));
    assert_eq!(cells(5)[6].to_string(), codes(&certificates)[0]);
    assert_eq!(cells(22)[7].to_string(), "JN00000018");
    assert!(cells(5)[2].to_string().contains("***"), "{:?}", cells(5));
    Ok(())
}

#[test]
fn a_collection_entered_wrongly_is_put_right_with_a_reason_and_its_list_is_drawn_anew() -> Result<()> {
    let office = Office::open()?;
    let case = office.published(&Folder::with_winners(2)?)?;
    assert_eq!(office.collect(&case, &json!({ "on": TODAY, "collector": "赵经办" }))?.0, 200);
    office.lists(&case)?;
    let (status, answer) = office.collect(&case, &json!({ "on": TODAY, "collector": "钱经办" }))?;
    assert!(status == 409 && said(&answer).contains("请写明原因"), "{answer}");
    let certificates = case.certificates(&office.client)?;
    let code = codes(&certificates)[0];
    let revoked = json!({ "reason": "成绩作废", "old_sheet": "voided" });
    office.done(&office.center, "POST", &format!("/v1/certificates/{code}/revoke"), &revoked)?;
    let (status, lot) = office.collect(&case, &json!({ "on": TODAY, "collector": "钱经办", "reason": "经办人登记有误" }))?;
    assert_eq!((status, &lot["collection"]["certificates"]), (200, &json!(1)), "{lot}");
    let text = paper::text(&office.lists(&case)?.0)?;
    assert!(text.contains("钱经办") && !text.contains(code), "{text}");
    let (audit, trail) = (office.stack.run(&["audit"])?, office.client.scan()?);
    assert_eq!(audit.status.code(), Some(0));
    let entries: Vec<String> =
        trail.iter().filter(|item| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("AUDIT#"))).map(Value::to_string).collect();
    assert!(entries.iter().any(|entry| entry.contains("collect") && entry.contains("五、（四）")));
    assert!(!entries.iter().any(|entry| entry.contains("经办\"") || entry.contains("赵经办")), "who came stands in the collection only");
    Ok(())
}

#[test]
fn winners_get_their_certificates_one_by_one() -> Result<()> {
    let office = Office::open()?;
    let case = office.published(&Folder::with_winners(4)?)?;
    let certificates = case.certificates(&office.client)?;
    let all = codes(&certificates);
    let first = json!([{ "code": all[0], "on": TODAY }]);
    let (status, answer) = office.enter(&case, first.clone())?;
    assert!(status == 409 && said(&answer).contains("领取"), "the organiser has nothing yet: {answer}");
    assert_eq!(office.winners(&case)?[0]["state"], "not_collected");
    office.collect(&case, &json!({ "on": TODAY, "collector": "赵经办" }))?;
    let some = json!([{ "code": all[0], "on": TODAY }, { "code": all[1], "on": TODAY, "collector": "孙代领", "remark": "快递 SF0001" }]);
    let (status, answer) = office.enter(&case, some.clone())?;
    assert_eq!((status, &answer), (200, &json!({ "entered": 2, "taken_back": 0, "unchanged": 0 })), "{answer}");
    let version = case.show(&office.client)?["version"].clone();
    assert_eq!(office.enter(&case, some)?.1["unchanged"], 2);
    assert_eq!(case.show(&office.client)?["version"], version, "the same again changes nothing");
    let states: Vec<Value> = office.winners(&case)?.iter().map(|winner| winner["state"].clone()).collect();
    assert_eq!(states, ["handed_out", "handed_out", "waiting", "waiting"]);
    let waiting = office.done(&case.unit, "GET", &case.path("/hand-outs?waiting=true"), &Value::Null)?;
    assert_eq!(waiting["winners"].as_array().map(Vec::len), Some(2));
    // Other words, another's code, no code at all, a day to come.
    for (winners, wanted) in [
        (json!([{ "code": all[0], "on": TODAY, "collector": "李代领" }]), 409),
        (json!([{ "code": all[2], "on": "2022-06-21" }]), 400),
        (json!([{ "code": all[2], "on": "2022-06-19" }]), 400),
        (json!([{ "code": all[2] }]), 400),
        (json!([{ "code": all[2], "on": TODAY }, { "code": all[2], "on": TODAY }]), 400),
        (json!([{ "code": "S000051009999225J99999", "on": TODAY }]), 400),
        (json!([]), 400),
        (json!([{ "code": all[2], "taken_back": "登记有误" }]), 409),
    ] {
        assert_eq!(office.enter(&case, winners.clone())?.0, wanted, "{winners}");
    }
    let stranger = office.client.token("unit", "unit-2")?;
    assert_eq!(office.call(&stranger, "PUT", &case.path("/hand-outs"), &json!({ "winners": first }))?.0, 404);
    assert_eq!(office.call(&office.center, "PUT", &case.path("/hand-outs"), &json!({ "winners": first }))?.0, 403);
    let (status, answer) = office.enter(&case, json!([{ "code": all[1], "taken_back": "登记有误" }, { "code": all[2], "on": TODAY }]))?;
    assert_eq!((status, &answer["entered"], &answer["taken_back"]), (200, &json!(1), &json!(1)), "{answer}");
    let states: Vec<Value> = office.winners(&case)?.iter().map(|winner| winner["state"].clone()).collect();
    assert_eq!(states, ["handed_out", "waiting", "handed_out", "waiting"]);
    assert_eq!(office.stack.run(&["audit"])?.status.code(), Some(0));
    // Who came, and who took one for somebody else, stands in the records only.
    let mut said = office.client.list(BUCKET, "")?;
    for function in ["Review", "Print"] {
        said.extend(office.client.log_of(function, 0)?);
    }
    said.extend(office.client.scan()?.iter().map(|item| format!("{} {}", item["pk"], item["sk"])));
    assert!(!said.iter().any(|line| line.contains("经办") || line.contains("代领")), "a name in a key or in a log");
    Ok(())
}

#[test]
fn what_waits_too_long_shows() -> Result<()> {
    let office = Office::open()?;
    let case = office.published(&Folder::with_winners(3)?)?;
    let overdue = office.overdue(&office.center)?;
    assert_eq!((&overdue["lots"], &overdue["unconfirmed"]), (&json!([]), &json!("领取期限")));
    office.days_later(31)?;
    let lots = office.overdue(&office.center)?["lots"].clone();
    assert_eq!((&lots[0]["application"], &lots[0]["days"], &lots[0]["certificates"]), (&json!(case.id), &json!(31), &json!(3)), "{lots}");
    assert_eq!(office.overdue(&case.unit)?["lots"][0]["application"], json!(case.id), "the unit is told too");
    let body = office.client.token("body", "S000051010123")?;
    assert_eq!(office.overdue(&body)?["lots"], json!([]), "it is nothing to others");
    assert_eq!(office.lot(&case)?["overdue_days"], 31);
    office.days_later(40)?;
    assert_eq!(office.collect(&case, &json!({ "on": "2022-07-22", "collector": "赵经办" }))?.0, 200);
    assert_eq!(office.overdue(&office.center)?["lots"], json!([]), "it was collected");
    let certificates = case.certificates(&office.client)?;
    office.enter(&case, json!([{ "code": codes(&certificates)[0], "on": "2022-07-25" }]))?;
    office.days_later(63)?;
    let waiting = office.overdue(&case.unit)?["winners"].clone();
    assert_eq!((&waiting[0]["days"], &waiting[0]["certificates"]), (&json!(31), &json!(2)), "{waiting}");
    let names: Vec<&str> = waiting[0]["names"].as_array().into_iter().flatten().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(names, codes(&certificates)[1..]);
    assert_eq!(office.overdue(&office.center)?["winners"], json!([]), "what the organiser owes is told to the organiser");
    Ok(())
}

#[test]
fn an_order_for_a_list_that_got_lost_is_found() -> Result<()> {
    let office = Office::open()?;
    let case = office.published(&Folder::with_winners(1)?)?;
    settled(&office.stack, &office.client)?;
    let notifications = office.client.bucket_setting(BUCKET, "notification", None)?;
    office.client.bucket_setting(BUCKET, "notification", Some("<NotificationConfiguration></NotificationConfiguration>".to_owned()))?;
    assert_eq!(office.collect(&case, &json!({ "on": TODAY, "collector": "赵经办" }))?.0, 200);
    assert_eq!(office.lot(&case)?["collection"]["drawn_parts"], 0);
    office.client.bucket_setting(BUCKET, "notification", Some(notifications))?;
    assert_eq!(reconcile(&office.stack, &office.client)?, 1);
    office.lists(&case)?;
    settled(&office.stack, &office.client)
}

#[test]
fn the_command_collects_fetches_the_list_and_records() -> Result<()> {
    let office = Office::open()?;
    let case = office.published(&Folder::with_winners(2)?)?;
    let out = office.stack.data().join("lists");
    let out = out.to_string_lossy();
    let run = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let output = office.stack.run(&[&["hand-out"], arguments].concat())?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    };
    let collect = ["hand-out", "collect", &case.id, "--collector", "-", "--on", TODAY, "--out", &out];
    let output = office.stack.run_with(&collect, &["赵经办"])?;
    let (code, said) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&["list", &case.id, "--out", &out])?;
    assert_eq!(code, Some(0), "{said}");
    let file = |end: &str| std::fs::read(office.stack.data().join(format!("lists/center-00-职业技能等级证书-领取发放清单.{end}")));
    assert!(file("pdf")?.starts_with(b"%PDF") && file("xlsx")?.starts_with(b"PK"));
    let certificates = case.certificates(&office.client)?;
    let csv = office.stack.data().join("发放.csv");
    std::fs::write(&csv, format!("\u{feff}code,on,collector,remark\n{},{TODAY},,\n", codes(&certificates)[0]))?;
    let (code, said) = run(&["record", &case.id, "--file", &csv.to_string_lossy()])?;
    assert!(code == Some(0) && said.contains("新登记 1 人"), "{said}");
    let (code, said) = run(&["record", &case.id, "--all", "--on", TODAY])?;
    assert!(code == Some(0) && said.contains("新登记 1 人"), "{said}");
    let (code, said) = run(&["record", &case.id, "--code", codes(&certificates)[1], "--take-back", "登记有误"])?;
    assert!(code == Some(0) && said.contains("撤回 1 人"), "{said}");
    let (code, said) = run(&["overdue"])?;
    assert!(code == Some(0) && said.contains("逾期"), "{said}");
    Ok(())
}
