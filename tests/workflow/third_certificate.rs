//! 专项职业能力证书 and 职业资格证书 at the ends of their lives: in volumes, under patterns, corrected, on sheets of their own, handed out.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use tempfile::TempDir;
use workflow_tests::case::{Case, office};
use workflow_tests::folder::{Folder, row};
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, read_csv, run_alone, until};

use crate::specific::{Mixed, NOTICE, NUMBER, publish_specific, told};

const SECOND: &str = "2251000000300002";
const EXTERNAL: &str = "Zg51-0099/7";
const SPECIFIC: &str = "specific_ability";
const QUALIFICATION: &str = "qualification";

/// The lot of a type as the application shows it.
fn lot(client: &Client, case: &Case, certificate_type: &str) -> Result<Value> {
    let lots = case.show(client)?["decisions"].clone();
    let of_type = |lot: &&Value| lot["certificate_type"] == certificate_type;
    lots.as_array().and_then(|all| all.iter().find(of_type)).cloned().context("the lot")
}

/// The last run of the lot of specific abilities, once its papers are there.
fn run_of(client: &Client, case: &Case) -> Result<Value> {
    let mut run = Value::Null;
    until("the run's papers", || {
        run = lot(client, case, SPECIFIC)?["runs"].as_array().and_then(|runs| runs.last()).cloned().unwrap_or_default();
        Ok(!run.is_null() && run["chunks"] == run["printed_chunks"] && run["lists"][0].is_string())
    })?;
    Ok(run)
}

fn print_order() -> Value {
    json!({ "certificate_type": SPECIFIC, "reason": "照片由本机构粘贴" })
}

/// The volume that was sealed last, proven from its files alone against key and seal.
fn proven_volume(stack: &Stack, case: &Case, sealed: &Value, out: &Path) -> Result<()> {
    let folder = out.to_string_lossy();
    let output = stack.run(&["archive", "fetch", &case.id, "--out", &folder, "--reason", "年度抽查"])?;
    ensure!(output.status.success(), "fetch: {}", String::from_utf8_lossy(&output.stderr));
    let key = String::from_utf8(stack.run(&["key"])?.stdout)?;
    let seal = sealed["seal"].as_str().context("a seal")?;
    let output = run_alone(&["archive", "verify", &folder, "--key", key.trim(), "--seal", seal])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && said.contains("相符"), "{said}");
    Ok(())
}

fn read_json(path: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path).with_context(|| path.display().to_string())?)?)
}

/// 五、（二）: the archive holds what led to a certificate, of whatever type; its numbers, the paper originals and the authorisation too.
#[test]
fn volumes_of_the_other_two_types_prove_themselves_with_their_numbers() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { stack, client, case, .. } = &mixed;
    let receipt = json!({ "from": "经办人乙", "on": "2022-06-01", "materials": ["summary"], "defect": "没有盖章" });
    let (status, answer) = mixed.center("POST", "/originals", receipt)?;
    ensure!(status == 200, "{answer}");
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, SECOND)?.0 == 200);
    ensure!(mixed.center("PUT", "/records/3", json!({ "number": EXTERNAL, "document": "样例〔2022〕1号" }))?.0 == 200);
    mixed.drawn(5)?;
    ensure!(mixed.center("POST", "/print", print_order())?.0 == 200);
    run_of(client, case)?;

    let out = TempDir::new()?;
    let sealed = case.archive_type(client, SPECIFIC)?;
    proven_volume(stack, case, &sealed, out.path())?;
    for number in [NUMBER, SECOND] {
        let text = paper::text(&fs::read(out.path().join(format!("certificates/{number}.pdf")))?)?;
        assert!(text.contains(number) && text.contains("专项职业能力证书"), "{text}");
    }
    let originals = read_json(&out.path().join("filing/originals.json"))?;
    let of = |material: &str| originals.as_array().and_then(|all| all.iter().find(|one| one["material"] == material)).cloned();
    let received = of("summary").context("the form")?["received"].clone();
    for (field, wanted) in [("on", "2022-06-01"), ("from", "经办人乙"), ("receiver", "center-00"), ("defect", "没有盖章")] {
        assert_eq!(received[field], wanted, "{field}: {originals}");
    }
    assert_eq!(of("contest").context("the file")?["received"], Value::Null, "{originals}");
    let authorisation = read_json(&out.path().join("filing/authorisation.json"))?;
    assert_eq!(authorisation["committee"], case.show(client)?["contest"]["committee"], "{authorisation}");
    let paper_text = paper::text(&fs::read(out.path().join("filing/authorisation.pdf"))?)?;
    assert!(paper_text.contains("授权书"), "{paper_text}");

    let out = TempDir::new()?;
    let sealed = case.archive_type(client, QUALIFICATION)?;
    proven_volume(stack, case, &sealed, out.path())?;
    let items = fs::read_to_string(out.path().join("process/items.jsonl"))?;
    assert!(items.contains(EXTERNAL) && items.contains("样例〔2022〕1号"), "the record with its number");
    let manifest = read_json(&out.path().join("manifest.json"))?;
    assert_eq!(manifest["certificate_type"], QUALIFICATION, "{manifest}");
    mixed.audit()
}

/// 五、（二）: the workbook for the supervision system, of certificates without level and of others' certificates.
#[test]
fn the_supervision_workbook_has_the_numbers_of_either_type_and_neither_level_nor_serial() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, SECOND)?.0 == 200);
    ensure!(mixed.center("PUT", "/records/3", json!({ "number": EXTERNAL }))?.0 == 200);
    for (certificate_type, title, numbers) in
        [(SPECIFIC, "专项职业能力证书", vec![NUMBER, SECOND]), (QUALIFICATION, "职业资格证书", vec![EXTERNAL])]
    {
        let path = format!("/supervision?certificate_type={certificate_type}");
        let (status, link) = mixed.center("GET", &path, Value::Null)?;
        assert_eq!((status, link["count"].as_u64()), (200, Some(numbers.len() as u64)), "{link}");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(client.download(link["workbook"].as_str().context("a link")?)?))?;
        let rows: Vec<Vec<Data>> = book.worksheet_range("证书数据")?.rows().map(<[Data]>::to_vec).collect();
        let column = |header: &str| rows[0].iter().position(|cell| cell == &Data::String(header.to_owned())).context(header.to_owned());
        for (row, number) in rows[1..].iter().zip(&numbers) {
            assert_eq!(row[column("证书编号")?].to_string(), *number, "{certificate_type}");
            assert_eq!(row[column("证书类型")?].to_string(), title);
            assert_eq!(row[column("流水号")?].to_string(), "");
        }
        let level = rows[1][column("职业技能等级")?].to_string();
        assert_eq!(level.is_empty(), certificate_type == SPECIFIC, "{level}");
    }
    ensure!(case.show(client)?["status"] == "qualified");
    Ok(())
}

/// G13: number and date of one that was entered by hand, in one correction; and several from a list.
#[test]
fn number_and_date_are_put_right_together_and_several_from_a_list() -> Result<()> {
    const RIGHT: &str = "2251000000300011";
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, SECOND)?.0 == 200);
    mixed.drawn(5)?;
    let body = json!({ "reason": "登记有误", "old_sheet": "voided", "number": RIGHT, "issued_on": "2022-06-19" });
    let (status, answer) = mixed.call(&case.center, "POST", &format!("/v1/certificates/{NUMBER}/correct"), body)?;
    assert_eq!((status, &answer["code"], &answer["replaces"]), (200, &json!(RIGHT), &json!(NUMBER)), "{answer}");
    let dated = |number: &str| -> Result<Value> {
        Ok(mixed.call(&case.center, "GET", &format!("/v1/certificates/{number}"), Value::Null)?.1["issued_on"].clone())
    };
    assert_eq!((dated(RIGHT)?, dated(SECOND)?), (json!("2022-06-19"), json!("2022-06-20")));
    let text = paper::text(&client.download(mixed.drawn(4)?["pdf"].as_str().context("a link")?)?)?;
    assert!(text.contains(RIGHT) && text.contains("2022年06月19日"), "{text}");

    let list = json!([{ "code": RIGHT, "name": "张更正" }, { "code": SECOND, "issued_on": "2022-06-18" }]);
    let mut body = json!({ "change": "correct", "reason": "登记有误", "old_sheet": "voided", "certificates": list, "preview": true });
    let (status, seen) = mixed.call(&case.center, "POST", "/v1/certificates/changes", body.clone())?;
    assert_eq!((status, &seen["changed"], dated(SECOND)?), (200, &json!(2), json!("2022-06-20")), "{seen}");
    body["preview"] = json!(false);
    let (status, done) = mixed.call(&case.center, "POST", "/v1/certificates/changes", body)?;
    assert_eq!((status, &done["changed"], dated(SECOND)?), (200, &json!(2), json!("2022-06-18")), "{done}");
    until("the name is drawn anew", || {
        let listed = mixed.drawn(4)?;
        Ok(paper::text(&client.download(listed["pdf"].as_str().context("a link")?)?)?.contains("张更正"))
    })?;
    mixed.audit()
}

/// The notice with what replaces a part of it, put in place by the Center.
fn rule(client: &Client, center: &str, notice: &str) -> Result<()> {
    let (status, answer) = client.call_text(Some(center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", notice)?;
    ensure!(status == 200, "{answer}");
    Ok(())
}

/// G13: a number that a pattern gave is the certificate's key to the end of its life, as one by hand is.
#[test]
fn a_number_by_pattern_goes_through_pdf_run_reissue_revocation_publication_and_hand_out() -> Result<()> {
    let (stack, client, center) = office(100)?;
    let by_pattern = "number = { pattern = { prefix = \"51{jurisdiction}{year}\", digits = 5 } }";
    rule(&client, &center, &NOTICE.replacen("number = \"by_hand\"", by_pattern, 1))?;
    let mut folder = Folder::with_winners(3)?;
    folder.rows = (0..3).map(|at| row(&folder.person(at), "川剧妆造", "专项职业能力", "银奖")).collect();
    let case = Case::issued(&client, &folder)?;
    let mixed = Mixed { stack, client, case, folder };
    let Mixed { client, case, folder, .. } = &mixed;
    let numbers = ["5100202200001", "5100202200002", "5100202200003"];
    for (row, number) in (2..).zip(numbers) {
        let listed = mixed.drawn(row)?;
        assert_eq!((&listed["number"], &listed["code"]), (&json!(number), &Value::Null), "{listed}");
        assert!(paper::text(&client.download(listed["pdf"].as_str().context("a link")?)?)?.contains(number));
    }
    let (status, run) = mixed.center("POST", "/print", print_order())?;
    assert_eq!((status, &run["count"]), (200, &json!(3)), "{run}");
    let run = run_of(client, case)?;
    let list = paper::text(&client.download(run["lists"][0].as_str().context("a list")?)?)?;
    assert!(numbers.iter().all(|number| list.contains(number)), "{list}");
    let change =
        |number: &str, step: &str, body: Value| mixed.call(&case.center, "POST", &format!("/v1/certificates/{number}/{step}"), body);
    let (status, answer) = change(numbers[0], "reissue", json!({ "reason": "遗失", "old_sheet": "lost" }))?;
    assert_eq!((status, &answer["code"]), (200, &json!(numbers[0])), "{answer}");
    let (status, answer) = change(numbers[1], "revoke", json!({ "reason": "成绩无效", "old_sheet": "voided" }))?;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = change(numbers[2], "correct", json!({ "reason": "编号有误", "old_sheet": "voided", "number": "ZX-0001" }))?;
    assert!(status == 400 && told(&answer).contains("编号由系统给出"), "{status} {answer}");
    let (status, answer) =
        change(numbers[2], "correct", json!({ "reason": "日期有误", "old_sheet": "voided", "issued_on": "2022-06-19" }))?;
    assert_eq!((status, &answer["code"]), (200, &json!(numbers[2])), "{answer}");
    run_of(client, case)?;
    case.archive_type(client, SPECIFIC)?;
    publish_specific(&mixed)?;
    let collected = json!({ "certificate_type": SPECIFIC, "on": "2022-06-20", "collector": "李经办" });
    let (status, answer) = mixed.center("POST", "/collection", collected)?;
    assert_eq!((status, &answer["certificates"]), (200, &json!(2)), "the revoked one is not handed out: {answer}");
    let enter = |number: &str| {
        let body = json!({ "winners": [{ "code": number, "on": "2022-06-20" }] });
        mixed.call(&case.unit, "PUT", &case.path("/hand-outs"), body)
    };
    assert_eq!((enter(numbers[0])?.0, enter(numbers[2])?.0), (200, 200));
    assert_ne!(enter(numbers[1])?.0, 200, "it is revoked");
    for (at, state) in [(0, "valid"), (1, "revoked"), (2, "corrected")] {
        let name = folder.person(at).name;
        let form = [("code", numbers[at]), ("name", name.as_str())];
        let verified = client.visit("/verify", Some(&form), "application/json")?.json()?;
        assert_eq!(verified["state"], state, "{verified}");
    }
    assert_eq!(lot(client, case, SPECIFIC)?["stage"], "handed_out");
    mixed.audit()
}

/// 三、（二）: blanks of the Center's own for 专项职业能力证书 are asked for, assigned, acknowledged and used up as others are.
#[test]
fn a_kind_of_sheets_of_its_own_is_asked_for_listed_and_revoked_with_its_sheet() -> Result<()> {
    let (stack, client, center) = office(100)?;
    let own_kind = "[[sheet_kinds]]\nkind = \"ability\"\ncertificate_type = \"specific_ability\"\nname = \"专项职业能力证书\"\n\
                    prefix = \"ZX\"\ndigits = 6\nlow_stock = 20\nclause = \"三、（二）\"\n\n[[sheet_kinds]]";
    rule(&client, &center, &NOTICE.replacen("[[sheet_kinds]]", own_kind, 1))?;
    let sheets = |token: &str, step: &str, mut body: Value| {
        body["kind"] = json!("ability");
        client.call(Some(token), "POST", &format!("/v1/sheets/{step}"), Some(&body))
    };
    ensure!(sheets(&center, "receive", json!({ "ranges": [["ZX000001", "ZX000020"]] }))?.0 == 200);
    let city = client.token("center", "07")?;
    ensure!(sheets(&city, "ask", json!({ "count": 5, "reason": "新增赛项" }))?.0 == 200);
    let assigned = json!([["ZX000011", "ZX000015"]]);
    ensure!(sheets(&center, "assign", json!({ "holder": "center-07", "ranges": assigned }))?.0 == 200);
    let (status, book) = sheets(&city, "acknowledge", json!({ "ranges": [] }))?;
    assert_eq!((status, &book["to_acknowledge"], &book["on_hand_count"]), (200, &json!([]), &json!(5)), "{book}");
    let mixed = Mixed::issued_on(stack, client)?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, SECOND)?.0 == 200);
    mixed.drawn(5)?;
    let (status, run) = mixed.center("POST", "/print", print_order())?;
    assert_eq!((status, &run["sheets"]), (200, &json!([["ZX000001", "ZX000002"]])), "{run}");
    let list = paper::text(&client.download(run_of(client, case)?["lists"][0].as_str().context("a list")?)?)?;
    for part in [NUMBER, SECOND, "ZX000001", "ZX000002"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let revoke = json!({ "reason": "成绩无效", "old_sheet": "voided" });
    let (status, answer) = mixed.call(&case.center, "POST", &format!("/v1/certificates/{NUMBER}/revoke"), revoke)?;
    assert_eq!((status, &answer["revoked"]), (200, &json!(true)), "{answer}");
    let books = mixed.call(&case.center, "GET", "/v1/sheets", Value::Null)?.1;
    let own = |book: &&Value| book["kind"] == "ability" && book["holder"] == "center-00";
    let book = books["books"].as_array().and_then(|all| all.iter().find(own)).cloned().context("the book")?;
    let counts = (&book["printed"], &book["voided"], &book["on_hand_count"], &book["is_low"]);
    assert_eq!(counts, (&json!(1), &json!(1), &json!(13), &json!(true)), "the sheet of the revoked one is void, and few are left: {book}");
    // What has sheets keeps its kind and its serials, and no other kind has these.
    let placed = |notice: &str| client.call_text(Some(&case.center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", notice);
    let with_own_kind = NOTICE.replacen("[[sheet_kinds]]", own_kind, 1);
    for (notice, said) in [
        (NOTICE.to_owned(), "已有入库，不能删去"),
        (with_own_kind.replacen("prefix = \"ZX\"", "prefix = \"ZN\"", 1), "已有入库，不能删去"),
        (with_own_kind.replacen("prefix = \"ZX\"", "prefix = \"jn\"", 1), "sheet_kinds.prefix“JN”写了两次"),
    ] {
        let (status, answer) = placed(&notice)?;
        assert!(status == 422 && answer.to_string().contains(said), "{status} {answer}");
    }
    let (status, answer) = client.call(Some(&case.center), "DELETE", "/v1/rulebook/notices/sichuan-2022-9.toml", None)?;
    assert!(status == 422 && answer.to_string().contains("已有入库，不能删去"), "{status} {answer}");
    assert_eq!(placed(&with_own_kind.replacen("low_stock = 20", "low_stock = 30", 1))?.0, 200);
    mixed.audit()
}

/// 一; 六、（二）: who has two certificates, of two types, has two places on the lists, and signs for each.
#[test]
fn one_person_in_two_types_signs_twice() -> Result<()> {
    let (stack, client, _) = office(100)?;
    let mut folder = Folder::with_winners(1)?;
    folder.rows =
        vec![row(&folder.person(0), "数控车", "三级/高级工", "金奖/第1名"), row(&folder.person(0), "川剧妆造", "专项职业能力", "银奖")];
    let case = Case::issued(&client, &folder)?;
    until("the record", || Ok(case.certificates(&client)?.iter().any(|one| one["state"] == "recorded")))?;
    let mixed = Mixed { stack, client, case, folder };
    let Mixed { client, case, folder, .. } = &mixed;
    case.print(client)?;
    case.archive(client)?;
    case.publish(client)?;
    ensure!(mixed.number(3, NUMBER)?.0 == 200);
    mixed.drawn(3)?;
    ensure!(mixed.center("POST", "/print", print_order())?.0 == 200);
    run_of(client, case)?;
    case.archive_type(client, SPECIFIC)?;
    publish_specific(&mixed)?;
    for certificate_type in ["skill_level", SPECIFIC] {
        let body = json!({ "certificate_type": certificate_type, "on": "2022-06-20", "collector": "李经办" });
        let (status, answer) = mixed.center("POST", "/collection", body)?;
        assert_eq!((status, &answer["certificates"]), (200, &json!(1)), "{answer}");
    }
    let winners = || -> Result<Vec<Value>> {
        let answer = mixed.call(&case.unit, "GET", &case.path("/hand-outs"), Value::Null)?.1;
        answer["winners"].as_array().cloned().context("winners")
    };
    let name = folder.person(0).name;
    assert!(winners()?.len() == 2 && winners()?.iter().all(|one| one["name"] == json!(name) && one["state"] == "waiting"));
    let code = winners()?[0]["code"].clone();
    let enter = |code: &Value| {
        mixed.call(&case.unit, "PUT", &case.path("/hand-outs"), json!({ "winners": [{ "code": code, "on": "2022-06-20" }] }))
    };
    assert_eq!(enter(&code)?.0, 200);
    let states: Vec<Value> = winners()?.iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["handed_out", "waiting"], "one signature is for one certificate");
    assert_eq!(enter(&json!(NUMBER))?.0, 200);
    assert!(winners()?.iter().all(|one| one["state"] == "handed_out"));
    mixed.audit()
}

/// 六、（二）; 一: the same item is given once, and counts against nothing else.
#[test]
fn a_specific_ability_is_held_once_and_another_certificate_of_the_same_person_is_free() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let mut folder = Folder::with_winners(1)?;
    folder.rows[0] = row(&folder.person(0), "川剧妆造", "专项职业能力", "银奖");
    stack.process(&folder)?;
    let in_another_contest = |winner: Vec<(rules::values::vocabulary::Field, String)>| -> Result<Folder> {
        let mut again = folder.again()?;
        again.rows[0] = winner;
        again.contest = again.contest.replace(
            "occupation = \"川剧妆造\"\n",
            "occupation = \"川剧妆造\"\n\n[[events]]\nname = \"川剧脸谱\"\noccupation = \"川剧脸谱\"\n",
        );
        again.move_to("2022年四川省另一场样例职业技能竞赛")?;
        Ok(again)
    };
    let held = stack.process(&in_another_contest(row(&folder.person(0), "川剧妆造", "专项职业能力", "铜奖"))?)?;
    assert!(held.findings().contains(&"HOLDER_CLAIMED".to_owned()), "{:?}", held.findings());
    let mut other_item = row(&folder.person(0), "川剧妆造", "专项职业能力", "铜奖");
    other_item.iter_mut().filter(|(_, value)| value == "川剧妆造").for_each(|(_, value)| *value = "川剧脸谱".to_owned());
    for free in [other_item, row(&folder.person(0), "数控车", "三级/高级工", "金奖/第1名")] {
        let outcome = stack.process(&in_another_contest(free)?)?;
        assert!(!outcome.findings().iter().any(|code| code == "HOLDER_CLAIMED" || code == "PROMOTION_TWICE"), "{}", outcome.stderr);
    }
    Ok(())
}

/// 二、（一）: where others issue everything, nothing is authorised: the application is accepted, and has no number and no paper.
#[test]
fn 二_1_an_application_of_qualifications_alone_is_accepted_and_archived() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let mut folder = Folder::with_winners(1)?;
    folder.rows[0] = row(&folder.person(0), "消防技能", "四级/中级工", "银奖");
    folder.move_to("2022年四川省样例职业技能竞赛（资格）")?;
    folder.write()?;
    let case = Case::submitted(&client, &folder)?;
    let (status, answer) = case.step(&client, &case.center, "/authorise", json!({ "number": "川职鉴授76" }))?;
    assert_eq!(status, 400, "{answer}");
    let (status, answer) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, &answer["act"], &answer["number"]), (200, &json!("受理"), &Value::Null), "{answer}");
    let shown = case.show(&client)?;
    assert_eq!((&shown["status_word"], &shown["authorisation"]), (&json!("已受理"), &Value::Null), "{shown}");
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/authorisation"), None)?.0, 404);
    case.qualify(&client)?;
    until("the record", || Ok(case.certificates(&client)?.iter().any(|one| one["state"] == "recorded")))?;
    let number = json!({ "number": "ZG51-2022-0076" });
    assert_eq!(client.call(Some(&case.unit), "PUT", &case.path("/records/2"), Some(&number))?.0, 200);
    case.archive_type(&client, QUALIFICATION)?;
    assert_eq!(lot(&client, &case, QUALIFICATION)?["stage"], "archived");
    Ok(())
}

/// 二、（二）1: 一赛一授权, whoever is first; and the numbers of a pattern go on after one that was withdrawn.
#[test]
fn 二_2_1_two_applications_of_one_contest_at_once_are_under_one_authorisation() -> Result<()> {
    let (_stack, client, center) = office(1)?;
    let of_authorisations = "\nnumber = \"by_hand\"\nunconfirmed = \"授权编号\"";
    let by_pattern = "\nnumber = { pattern = { prefix = \"SQ{year}-{jurisdiction}-\", digits = 3 } }";
    rule(&client, &center, &NOTICE.replacen(of_authorisations, by_pattern, 1))?;
    let submitted = |contest: &str| -> Result<Case> {
        let mut folder = Folder::with_winners(1)?;
        folder.move_to(contest)?;
        folder.write()?;
        Case::submitted(&client, &folder)
    };
    const CONTEST: &str = "2022年四川省样例职业技能竞赛（同时）";
    let cases = [submitted(CONTEST)?, submitted(CONTEST)?];
    let authorise = |case: &Case| -> Result<u16> {
        let (status, answer) = case.step(&client, &case.center, "/authorise", json!({}))?;
        ensure!(status == 200 || status == 409, "{status} {answer}");
        Ok(status)
    };
    let authorise = &authorise;
    let statuses = std::thread::scope(|scope| {
        let both = cases.each_ref().map(|case| scope.spawn(move || authorise(case)));
        both.map(|one| one.join().map_err(|_| anyhow::anyhow!("it panicked")))
    });
    for (case, status) in cases.iter().zip(statuses) {
        // Of two that come at the same moment one may be asked to come again.
        if status?? == 409 {
            assert_eq!(authorise(case)?, 200);
        }
    }
    let of = |case: &Case| -> Result<Value> { Ok(case.show(&client)?["authorisation"].clone()) };
    for case in &cases {
        assert_eq!((&of(case)?["number"], of(case)?["applications"].as_array().map(Vec::len)), (&json!("SQ2022-00-001"), Some(2)));
    }
    let second = submitted("2022年四川省样例职业技能竞赛（第二）")?;
    assert_eq!((authorise(&second)?, of(&second)?["number"].clone()), (200, json!("SQ2022-00-002")));
    let withdrawn = second.step(&client, &center, "/authorisation/withdraw", json!({ "reason": "材料有疑问" }))?;
    assert_eq!(withdrawn.0, 200, "{}", withdrawn.1);
    let third = submitted("2022年四川省样例职业技能竞赛（第三）")?;
    assert_eq!((authorise(&third)?, of(&third)?["number"].clone()), (200, json!("SQ2022-00-003")), "a withdrawn number is not given again");
    Ok(())
}

/// 五、（二）; G13: `record` gives a 专项 row its number, its printing begins by that, and `fetch` brings it.
#[test]
fn the_command_enters_one_number_and_fetches_its_certificate() -> Result<()> {
    let mixed = Mixed::issued_on(Stack::shared(), Client::of(&Stack::shared())?)?;
    let (id, out) = (mixed.case.id.as_str(), TempDir::new()?);
    let number = format!("ZX-{}", id.to_uppercase());
    let run = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let output = mixed.stack.run(arguments)?;
        Ok((output.status.code(), String::from_utf8([output.stdout, output.stderr].concat())?))
    };
    let fetched = |name: &str| -> Result<(String, String, String, String)> {
        let folder = out.path().join(name);
        let (code, said) = run(&["fetch", id, "--out", &folder.to_string_lossy()])?;
        ensure!(code.is_some_and(|code| code == 0 || code == 2), "{code:?} {said}");
        let lines = read_csv(&folder.join("certificates.csv"))?;
        let line = lines.iter().find(|line| line["row"] == "4").context("row 4")?;
        let text = if line["pdf"].is_empty() { String::new() } else { paper::text(&fs::read(folder.join(&line["pdf"]))?)? };
        Ok((line["status"].clone(), line["code"].clone(), line["number"].clone(), text))
    };
    assert_eq!(fetched("before")?, ("已登记".to_owned(), String::new(), String::new(), String::new()));
    let (code, said) = run(&["record", id, "4", &number])?;
    assert_eq!(code, Some(0), "{said}");
    mixed.drawn(4)?;
    let (status, code, listed, text) = fetched("after")?;
    assert_eq!((status.as_str(), code.as_str(), listed.as_str()), ("已打印", "", number.as_str()));
    assert!(text.contains(&number) && text.contains("专项职业能力证书"), "{text}");
    // A list that was sorted in part, or is another application's.
    for (header, text, told) in
        [("姓名", "别人", "请核对行号和姓名"), ("申报号", "aaaaaaaaaaaaaaaa", "不是这份申报的"), ("证书类型", "职业资格证书", "证书类型")]
    {
        let file = out.path().join("编号.xlsx");
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, (header, text)) in (0..).zip([("行号", "5"), ("证书编号", "ZX-OTHER"), (header, text)]) {
            sheet.write_string(0, column, header)?.write_string(1, column, text)?;
        }
        book.save(&file)?;
        let (code, said) = run(&["numbers", id, "--file", &file.to_string_lossy()])?;
        assert!(code == Some(2) && said.contains(told), "{header}: {said}");
    }
    let (_, said) = run(&["numbers", id, "--file", "没有的表.xlsx"])?;
    assert!(said.contains("没有的表.xlsx") && !said.contains("os error"), "{said}");
    let (code, said) = run(&["record", id, "5", &number])?;
    assert!(code == Some(2) && said.contains(&number), "two certificates have one number: {said}");
    Ok(())
}

/// G13: a list of more rows than one request takes is looked at as a whole before any of it is entered.
#[test]
fn a_list_of_more_than_a_thousand_numbers_is_entered_whole_or_not_at_all() -> Result<()> {
    const ROWS: usize = 1_002;
    let (stack, client) = (Stack::shared(), Client::of(&Stack::shared())?);
    let mut folder = Folder::with_winners(ROWS)?;
    folder.rows = (0..ROWS).map(|n| row(&folder.person(n), "川剧妆造", "专项职业能力", "优秀奖")).collect();
    let case = Case::issued(&client, &folder)?;
    until("the records", || Ok(case.certificates(&client)?.iter().filter(|one| one["state"] == "recorded").count() == ROWS))?;
    let file = folder.path().join("编号.xlsx");
    let numbers = |last: &str, more: &[&str]| -> Result<(bool, String)> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "行号")?.write_string(0, 1, "证书编号")?;
        for line in 1..=u32::try_from(ROWS)? {
            let number = if line as usize == ROWS { last.to_owned() } else { format!("ZX-{}-{line}", case.id) };
            sheet.write_number(line, 0, line + 1)?.write_string(line, 1, number)?;
        }
        book.save(&file)?;
        let output = stack.run(&[&["numbers", &case.id, "--file", &file.to_string_lossy()], more].concat())?;
        Ok((output.status.success(), String::from_utf8([output.stdout, output.stderr].concat())?))
    };
    let numbered = || -> Result<usize> { Ok(case.certificates(&client)?.iter().filter(|one| !one["number"].is_null()).count()) };
    let (done, said) = numbers("S000051009999223J00001", &[])?;
    assert!(!done && said.contains("只能由系统给出"), "{said}");
    assert_eq!(numbered()?, 0, "the last row of the second request was wrong");
    let last = format!("ZX-{}-last", case.id);
    let (done, said) = numbers(&last, &["--preview"])?;
    assert!(done && said.contains(&format!("可登记 {ROWS} 个编号")), "{said}");
    let (done, said) = numbers(&last, &[])?;
    assert!(done && said.contains(&format!("已登记 {ROWS} 个编号")), "{said}");
    assert_eq!(numbered()?, ROWS);
    Ok(())
}

/// A second `saizheng qualify`, or an event that is delivered again, brought the record back of a row that had its number: it was on the list
/// twice, could be given a second number, and the audit called it altered.
#[test]
fn an_approval_that_comes_again_brings_no_record_back_of_a_row_that_has_its_number() -> Result<()> {
    let mixed = Mixed::issued()?;
    let (case, client) = (&mixed.case, &mixed.client);
    assert_eq!(mixed.number(4, "ZX-1")?.0, 200);
    mixed.drawn(4)?;
    let issued = || -> Result<usize> {
        let is_ours = |line: &&String| line.contains(&case.id) && line.contains("issued");
        Ok(client.log_of("Issue", 0)?.iter().filter(is_ours).count())
    };
    let before = issued()?;
    let listed = case.certificates(client)?;
    case.qualify(client)?;
    until("every lot issued again", || Ok(issued()? >= before + 3))?;
    assert_eq!(case.certificates(client)?.len(), listed.len(), "row 4 is there once");
    assert!(mixed.number(4, "ZX-2")?.0 != 200, "it has its number");
    mixed.audit()
}
