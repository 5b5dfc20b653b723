//! The third certificate (专项职业能力证书; 二、（三）, 五): from the roster to the winner's hands, beside the two others of the same application.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use calamine::{Data, Reader, Xlsx};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{Case, office};
use workflow_tests::folder::{BODY_NAME, Folder, filed_contest, row};
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, read_csv, until};

/// Why something was refused.
pub(crate) fn told(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

pub(crate) const NUMBER: &str = "2251000000300001";
/// The notice that ships.
pub(crate) const NOTICE: &str = include_str!("../../infra/notices/sichuan-2022-9.toml");

/// An application with one of each: row 2 by skill level, row 3 a qualification, rows 4 and 5 specific abilities.
pub(crate) struct Mixed {
    pub(crate) stack: Stack,
    pub(crate) client: Client,
    pub(crate) case: Case,
    pub(crate) folder: Folder,
}

impl Mixed {
    pub(crate) fn issued() -> Result<Self> {
        let (stack, client, _) = office(100)?;
        Self::issued_on(stack, client)
    }

    pub(crate) fn issued_on(stack: Stack, client: Client) -> Result<Self> {
        let mut folder = Folder::with_winners(4)?;
        folder.rows.truncate(1);
        folder.rows.push(row(&folder.person(1), "消防技能", "四级/中级工", "银奖"));
        folder.rows.push(row(&folder.person(2), "川剧妆造", "专项职业能力", "银奖"));
        folder.rows.push(row(&folder.person(3), "川剧妆造", "专项职业能力", "铜奖"));
        let case = Case::issued(&client, &folder)?;
        until("the records", || Ok(case.certificates(&client)?.iter().filter(|one| one["state"] == "recorded").count() == 3))?;
        Ok(Self { stack, client, case, folder })
    }

    pub(crate) fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Result<(u16, Value)> {
        self.client.call(Some(token), method, path, Some(&body).filter(|body| !body.is_null()))
    }

    /// As the Center, on the application.
    pub(crate) fn center(&self, method: &str, step: &str, body: Value) -> Result<(u16, Value)> {
        self.call(&self.case.center, method, &self.case.path(step), body)
    }

    pub(crate) fn number(&self, row: u32, number: &str) -> Result<(u16, Value)> {
        self.center("PUT", &format!("/records/{row}"), json!({ "number": number }))
    }

    /// The row as it is listed, once its PDF is there.
    pub(crate) fn drawn(&self, row: u32) -> Result<Value> {
        let mut found = Value::Null;
        until("the certificate's PDF", || {
            let listed = self.case.certificates(&self.client)?;
            found = listed.into_iter().find(|one| one["row"] == row && one["revoked"].is_null()).context("the row")?;
            Ok(!found["pdf"].is_null())
        })?;
        Ok(found)
    }

    pub(crate) fn audit(&self) -> Result<()> {
        let output = self.stack.run(&["audit"])?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

#[test]
fn numbers_by_hand_are_entered_once_and_only_sound_ones() -> Result<()> {
    let mixed = Mixed::issued()?;
    let (status, _) = mixed.call(&mixed.case.unit, "PUT", &mixed.case.path("/records/4"), json!({ "number": NUMBER }))?;
    assert_eq!(status, 403, "the Center issues it (二、（三）)");
    for (odd, said) in [
        ("=1+1", "字母、数字"),
        ("12", "4 到 32"),
        ("川专0001", "字母、数字"),
        ("A\u{7}B12", ""),
        ("S000051009999223J00001", "只能由系统给出"),
        ("-1234", "字母、数字"),
    ] {
        let (status, answer) = mixed.number(4, odd)?;
        assert!(status == 400 && told(&answer).contains(said), "{odd}: {status} {answer}");
    }
    let (status, answer) = mixed.number(2, NUMBER)?;
    assert!(status == 400 && told(&answer).contains("编号由系统给出"), "{status} {answer}");
    assert_eq!(mixed.number(99, NUMBER)?.0, 404, "there is no such row");
    // A lot's numbers at once: first looked at, then entered, all or none.
    let rows = json!([{ "row": 4, "number": NUMBER }, { "row": 5, "number": NUMBER }]);
    let (status, answer) = mixed.center("PUT", "/numbers", json!({ "rows": rows }))?;
    assert!(status == 400 && told(&answer).contains("第 4、5 行"), "{status} {answer}");
    // The rows that wait, and a table of them to fill in: for whoever may enter their numbers.
    let (status, waiting) = mixed.center("GET", "/numbers", Value::Null)?;
    let rows: Vec<Value> = waiting["rows"].as_array().context("rows")?.iter().map(|row| row["row"].clone()).collect();
    assert_eq!((status, &waiting["waiting"], rows), (200, &json!(3), vec![json!(3), json!(4), json!(5)]), "{waiting}");
    let (status, table) = mixed.center("GET", "/numbers/workbook", Value::Null)?;
    let bytes = BASE64_STANDARD.decode(table["workbook_base64"].as_str().context("a workbook")?)?;
    let sheet = Xlsx::<_>::new(Cursor::new(bytes))?.worksheet_range("证书编号")?;
    assert_eq!((status, &table["rows"], sheet.height()), (200, &json!(3), 4), "the head and three rows");
    let of_the_unit = mixed.call(&mixed.case.unit, "GET", &mixed.case.path("/numbers"), Value::Null)?.1;
    assert_eq!(of_the_unit["waiting"], 1, "{of_the_unit}");
    let stranger = mixed.client.token("body", "S000051010881")?;
    assert_eq!(mixed.call(&stranger, "GET", &mixed.case.path("/numbers"), Value::Null)?.0, 404);
    // As people type them: full width, with spaces.
    let rows = json!([{ "row": 4, "number": "２２５１ 0000 0030 0001" }, { "row": 5, "number": "zx-2022-0002" }]);
    let (status, seen) = mixed.center("PUT", "/numbers", json!({ "rows": rows, "preview": true }))?;
    assert_eq!((status, &seen["entered"], &seen["rows"][1]["number"]), (200, &json!(2), &json!("ZX-2022-0002")));
    assert_eq!(mixed.case.certificates(&mixed.client)?[2]["number"], Value::Null, "a look enters nothing");
    let (status, done) = mixed.center("PUT", "/numbers", json!({ "rows": rows }))?;
    assert_eq!((status, &done["entered"], &done["rows"][0]["number"]), (200, &json!(2), &json!(NUMBER)), "{done}");
    let (status, again) = mixed.center("PUT", "/numbers", json!({ "rows": rows }))?;
    assert_eq!((status, &again["entered"], &again["unchanged"]), (200, &json!(0), &json!(2)), "{again}");
    let (status, answer) = mixed.number(4, "2251000000300009")?;
    assert!(status == 400 && told(&answer).contains(&format!("已登记编号 {NUMBER}；编号有误的，请用“更正”改正")), "{status} {answer}");
    // Another application's certificate cannot have it.
    let mut folder = Folder::with_winners(1)?;
    folder.rows[0] = row(&folder.person(0), "川剧妆造", "专项职业能力", "银奖");
    let other = Case::issued(&mixed.client, &folder)?;
    until("its record", || Ok(other.certificates(&mixed.client)?.iter().any(|one| one["state"] == "recorded")))?;
    let body = json!({ "number": NUMBER });
    let (status, answer) = mixed.call(&other.center, "PUT", &other.path("/records/2"), body)?;
    assert!(status == 400 && told(&answer).contains("已用在另一张证书上"), "{status} {answer}");
    mixed.audit()
}

#[test]
fn all_three_go_side_by_side_to_the_end() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, folder, .. } = &mixed;
    // The skill-level lot goes on alone.
    case.print(client)?;
    case.archive(client)?;
    let (status, answer) = mixed.center("POST", "/archive", json!({ "certificate_type": "specific_ability" }))?;
    assert!(status == 409 && answer["error"]["message"].as_str().is_some_and(|said| said.contains("没有登记编号")), "{status} {answer}");
    assert_eq!(mixed.center("POST", "/archive", json!({}))?.0, 400, "which of the lots is not said");
    for (row, number) in [(4, NUMBER), (5, "2251000000300002")] {
        let (status, answer) = mixed.number(row, number)?;
        ensure!(status == 200, "{answer}");
    }
    let listed = mixed.drawn(4)?;
    assert_eq!((&listed["code"], &listed["number"], &listed["level"]), (&Value::Null, &json!(NUMBER), &Value::Null));
    assert_eq!(listed["state_word"], "已打印", "it has no sheet, and its file is there");
    let pdf = client.download(listed["pdf"].as_str().context("a link")?)?;
    let text = paper::text(&pdf)?;
    for part in ["专项职业能力证书", "川剧妆造", NUMBER, folder.person(2).name.as_str()] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("等级"), "it has no level: {text}");
    // Found by its number, and verified by number and name.
    let (status, found) = mixed.call(&case.center, "GET", &format!("/v1/certificates/{NUMBER}"), Value::Null)?;
    assert_eq!((status, &found["number"], &found["certificate_type"]), (200, &json!(NUMBER), &json!("专项职业能力证书")), "{found}");
    let name = folder.person(2).name.clone();
    let verified = client.visit("/verify", Some(&[("code", NUMBER), ("name", &name)]), "application/json")?.json()?;
    assert_eq!(verified["state"], "valid", "{verified}");
    // Merged for the printer, without serials.
    let (status, run) = mixed.center("POST", "/print", json!({ "certificate_type": "specific_ability", "reason": "照片由本机构粘贴" }))?;
    assert_eq!((status, &run["count"], &run["sheets"]), (200, &json!(2), &json!([])), "{run}");
    until("the merged file", || {
        let decisions = case.show(client)?["decisions"].clone();
        let of = |lot: &&Value| lot["certificate_type"] == "specific_ability";
        let lot = decisions.as_array().and_then(|all| all.iter().find(of)).cloned().context("the lot")?;
        Ok(lot["runs"][0]["printed_chunks"] == 1)
    })?;
    case.archive_type(client, "specific_ability")?;
    // What was done with the one type since leaves the other's volume as it is.
    let outdated = || -> Result<Vec<(String, bool)>> {
        let volumes = mixed.center("GET", "/archive", Value::Null)?.1;
        let of = |volume: &Value| Some((volume["certificate_type"].as_str()?.to_owned(), volume["outdated"].as_bool()?));
        let mut all: Vec<_> = volumes.as_array().context("volumes")?.iter().filter_map(of).collect();
        all.sort();
        Ok(all)
    };
    let stale = |skill_level, specific| vec![("skill_level".to_owned(), skill_level), ("specific_ability".to_owned(), specific)];
    assert_eq!(outdated()?, stale(false, false));
    case.publish(client)?;
    assert_eq!(outdated()?, stale(true, false));
    publish_specific(&mixed)?;
    assert_eq!(outdated()?, stale(true, true));
    for certificate_type in ["skill_level", "specific_ability"] {
        let body = json!({ "certificate_type": certificate_type, "on": "2022-06-20", "collector": "李经办" });
        let (status, answer) = mixed.center("POST", "/collection", body)?;
        ensure!(status == 200, "{certificate_type}: {answer}");
    }
    let winners = mixed.call(&case.unit, "GET", &case.path("/hand-outs"), Value::Null)?.1;
    let waiting: Vec<&str> = winners["winners"].as_array().context("winners")?.iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!((waiting.len(), waiting[1]), (3, NUMBER), "{winners}");
    let enter = json!({ "winners": [{ "code": NUMBER, "on": "2022-06-20" }] });
    assert_eq!(mixed.call(&case.unit, "PUT", &case.path("/hand-outs"), enter)?.0, 200);
    // The trail says of which certificates each act was.
    let trail = mixed.center("GET", "/trail", Value::Null)?.1;
    let types = |action: &str| -> Vec<Value> {
        let entries = trail["entries"].as_array().into_iter().flatten().filter(|one| one["action"] == action);
        entries.map(|one| one["certificate_types"].clone()).collect()
    };
    assert_eq!(types("print"), [json!(["职业技能等级证书"]), json!(["专项职业能力证书"])]);
    assert_eq!((types("authorise"), types("hand-out")), (vec![Value::Null], vec![json!(["专项职业能力证书"])]));
    let stages = case.show(client)?["decisions"].clone();
    let stage = |kind: &str| {
        stages.as_array().and_then(|all| all.iter().find(|lot| lot["certificate_type"] == kind)).map(|lot| lot["stage"].clone())
    };
    assert_eq!((stage("skill_level"), stage("specific_ability")), (Some(json!("handed_out")), Some(json!("handed_out"))));
    mixed.audit()
}

/// 二、（一）; 五、（四）: certificates that others issue are on a list that winners sign, by the numbers that others gave them.
#[test]
fn a_lot_without_numbers_says_so_and_only_what_can_be_archived_is_offered() -> Result<()> {
    let mixed = Mixed::issued()?;
    let lots = |of: &dyn Fn(&Value) -> Value| -> Result<Vec<Value>> {
        let mut lots: Vec<Value> = mixed.case.show(&mixed.client)?["decisions"].as_array().context("lots")?.iter().map(of).collect();
        lots.sort_by_key(ToString::to_string);
        Ok(lots)
    };
    let mut stand = Vec::new();
    let mut stand_as = |qualification: Value| {
        let expected = [qualification, json!(["skill_level", "已赋码", false]), json!(["specific_ability", "待编号", false])];
        // The system may still be at work on the lot that nothing is printed of.
        until("where the lots stand", || {
            stand = lots(&|lot| json!([lot["certificate_type"], lot["stage_word"], lot["archivable"]]))?;
            Ok(stand == expected)
        })
        .with_context(|| format!("{stand:?}"))
    };
    stand_as(json!(["qualification", "待编号", false]))?;
    let (status, answer) = mixed.center("POST", "/archive", json!({ "certificate_type": "qualification" }))?;
    assert!(status == 409 && told(&answer).contains("职业资格证书：还有证书没有登记编号，不能存档"), "{status} {answer}");
    let tasks = |token: &str| -> Result<String> { Ok(mixed.call(token, "GET", "/v1/tasks", Value::Null)?.1["lots"].to_string()) };
    assert!(tasks(&mixed.case.unit)?.contains("待编号"), "the organiser enters the numbers of others: {}", tasks(&mixed.case.unit)?);
    assert_eq!(mixed.call(&mixed.case.unit, "PUT", &mixed.case.path("/records/3"), json!({ "number": "ZG0099" }))?.0, 200);
    stand_as(json!(["qualification", "已登记", true]))?;
    assert!(!tasks(&mixed.case.unit)?.contains("待编号"), "{}", tasks(&mixed.case.unit)?);
    let words: Vec<Value> = mixed.case.certificates(&mixed.client)?.iter().map(|row| row["state_word"].clone()).collect();
    assert_eq!(words[1..], [json!("已登记"), json!("待编号"), json!("待编号")]);
    let list = mixed.call(&mixed.case.center, "GET", "/v1/applications?lots=true", Value::Null)?.1;
    let listed = list["applications"][0]["lots"].to_string();
    ensure!(listed.contains("已登记") && listed.contains("待编号"), "{listed}");
    let mut center = Browser::logged_in(&mixed.stack, "省职鉴中心")?;
    let page = center.get(&format!("/console/applications/{}", mixed.case.id))?;
    let offered: Vec<_> = page.forms().into_iter().filter(|form| form.action.ends_with("/archive")).collect();
    ensure!(offered.len() == 1 && offered[0].markup.contains("value=\"qualification\""), "{offered:?}");
    ensure!(page.text.contains("<dt>环节</dt><dd>待编号</dd>") && !page.text.contains("<dd>已打印</dd>"), "{}", page.text);
    let hand_out = center.get(&format!("/console/hand-out/{}", mixed.case.id))?;
    hand_out.expect("环节：待编号")?;
    hand_out.expect("环节：已登记")?;
    Ok(())
}

#[test]
fn a_qualification_is_archived_and_handed_out_by_its_external_number() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, folder, .. } = &mixed;
    let unit = |method: &str, step: &str, body: Value| mixed.call(&case.unit, method, &case.path(step), body);
    let of_type = json!({ "certificate_type": "qualification" });
    const EXTERNAL: &str = "Zg51-0099/7";
    assert_eq!(unit("PUT", "/records/3", json!({ "number": EXTERNAL }))?.0, 200);
    let collect = json!({ "certificate_type": "qualification", "on": "2022-06-20", "collector": "李经办" });
    let (status, answer) = unit("POST", "/collection", collect.clone())?;
    assert!(status == 409 && told(&answer).contains("尚未存档"), "{status} {answer}");
    let (status, answer) = mixed.center("POST", "/archive", of_type)?;
    ensure!(status == 200, "{status} {answer}");
    until("the volume", || {
        let stages = case.show(client)?["decisions"].clone();
        Ok(stages
            .as_array()
            .is_some_and(|all| all.iter().any(|lot| lot["certificate_type"] == "qualification" && lot["stage"] == "archived")))
    })?;
    // The organiser has it from whoever issues it, and may not enter what it collects of ours.
    let (status, answer) =
        unit("POST", "/collection", json!({ "certificate_type": "skill_level", "on": "2022-06-20", "collector": "李经办" }))?;
    assert!(status == 400 && told(&answer).contains("领取由颁证机构登记"), "{status} {answer}");
    let (status, answer) = unit("POST", "/collection", collect)?;
    assert_eq!((status, &answer["certificates"]), (200, &json!(1)), "{answer}");
    let mut list = Vec::new();
    until("the list", || {
        let lots = unit("GET", "/collection", Value::Null)?.1;
        let lot = lots.as_array().and_then(|all| all.iter().find(|lot| lot["certificate_type"] == "qualification")).cloned();
        let Some(link) = lot.as_ref().and_then(|lot| lot["collection"]["pdfs"][0].as_str()) else { return Ok(false) };
        list = client.download(link)?;
        Ok(true)
    })?;
    let text = paper::text(&list)?;
    for part in [EXTERNAL, folder.person(1).name.as_str(), "职业资格证书"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("JN"), "it lies on no sheet of ours: {text}");
    let waiting = unit("GET", "/hand-outs?waiting=true", Value::Null)?.1;
    assert_eq!((waiting["winners"][0]["code"].as_str(), &waiting["winners"][1]), (Some(EXTERNAL), &Value::Null), "{waiting}");
    let enter = |code: &str| unit("PUT", "/hand-outs", json!({ "winners": [{ "code": code, "on": "2022-06-20" }] }));
    assert_eq!(enter(EXTERNAL)?.1["entered"], 1);
    assert_eq!(enter(&EXTERNAL.to_uppercase())?.1["unchanged"], 1, "it is the same number in whatever letter case");
    let row = case.certificates(client)?.into_iter().find(|one| one["row"] == 3).context("row 3")?;
    assert_eq!((&row["state_word"], &row["stage"]), (&json!("已发放"), &json!("handed_out")), "{row}");
    // It is at its place whatever its number is later put right to.
    assert_eq!(unit("PUT", "/records/3", json!({ "number": "2251-0099/8", "reason": "登记有误" }))?.0, 200);
    let all = unit("GET", "/hand-outs", Value::Null)?.1;
    let row = all["winners"].as_array().and_then(|all| all.iter().find(|one| one["row"] == 3)).cloned().context("row 3")?;
    assert_eq!((&row["code"], &row["state"]), (&json!("2251-0099/8"), &json!("handed_out")), "{row}");
    mixed.audit()
}

/// 一, 二、（一）: in whatever application, of whichever kind, in whatever letter case, and whoever has it first.
#[test]
fn no_two_certificates_have_one_number_across_applications_and_kinds() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    let mut folder = Folder::with_winners(3)?;
    folder.rows = ["消防技能", "消防技能", "川剧妆造"]
        .into_iter()
        .enumerate()
        .map(|(at, event)| row(&folder.person(at), event, if event == "川剧妆造" { "专项职业能力" } else { "四级/中级工" }, "银奖"))
        .collect();
    let other = Case::issued(client, &folder)?;
    until("the records", || Ok(other.certificates(client)?.iter().filter(|one| one["state"] == "recorded").count() == 3))?;
    let at = |case: &Case, row: u32, body: Value| mixed.call(&case.center, "PUT", &case.path(&format!("/records/{row}")), body);
    let refused = |case: &Case, row: u32, number: &str, said: &str| -> Result<()> {
        let (status, answer) = at(case, row, json!({ "number": number }))?;
        ensure!(status == 400 && told(&answer).contains(said), "{number}: {status} {answer}");
        Ok(())
    };
    const TAKEN: &str = "已用在另一张证书上";
    assert_eq!((at(case, 3, json!({ "number": "zg-0001" }))?.0, mixed.number(4, "ZX-0001")?.0), (200, 200));
    refused(&other, 4, "ZG-0001", TAKEN)?;
    refused(&other, 2, "Zg-0001", TAKEN)?;
    refused(&other, 2, "zx-0001", TAKEN)?;
    refused(case, 5, "ZG-0001", TAKEN)?;
    // In another letter case it is the number that is there already; as it is written it is put right with a reason.
    let (status, answer) = at(case, 3, json!({ "number": "ZG-0001" }))?;
    assert_eq!((status, &answer["number"], &answer["unchanged"]), (200, &json!("zg-0001"), &json!(true)), "{answer}");
    assert_eq!(at(case, 3, json!({ "number": "ZG-0001", "reason": "应为大写" }))?.1["number"], "ZG-0001");
    // It is no certificate of ours: told so, and where its number is put right.
    let reissue = json!({ "reason": "证书遗失", "old_sheet": "lost" });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/ZG-0001/reissue", reissue)?;
    let expected = format!("ZG-0001 是其他机构颁发的证书（申报 {} 第 3 行）", case.id);
    assert!(status == 409 && told(&answer).contains(&expected), "{status} {answer}");
    let publish = json!({ "kind": "new", "certificate_type": "skill_level", "applications": [other.id] });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/publications", publish)?;
    for part in ["职业资格证书不在这里办理信息上网", "专项职业能力证书由省级竞赛牵头主办单位另行申报"]
    {
        assert!(status == 409 && told(&answer).contains(part), "{status} {answer}");
    }
    // Nor is one of ours put right to it.
    mixed.drawn(4)?;
    let body = json!({ "reason": "编号登记有误", "old_sheet": "voided", "number": "zg-0001" });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/ZX-0001/correct", body)?;
    assert!(status == 400 && told(&answer).contains(TAKEN), "{status} {answer}");
    // By list, in two letter cases; and two rows that exchange theirs.
    let list = |numbers: [&str; 2], reason: Option<&str>| {
        let rows = json!([{ "row": 2, "number": numbers[0] }, { "row": 3, "number": numbers[1] }]);
        mixed.call(&other.center, "PUT", &other.path("/numbers"), json!({ "rows": rows, "reason": reason }))
    };
    let (status, answer) = list(["A-1", "a-1"], None)?;
    assert!(status == 400 && told(&answer).contains("第 2、3 行"), "{status} {answer}");
    assert_eq!((list(["A-1", "A-2"], None)?.0, list(["A-2", "A-1"], Some("两行登记反了"))?.1["entered"].clone()), (200, json!(2)));
    // What nobody has any more is free again.
    assert_eq!(at(case, 3, json!({ "number": "zg-0002", "reason": "登记有误" }))?.0, 200);
    assert_eq!(at(&other, 4, json!({ "number": "ZG-0001" }))?.0, 200);
    mixed.audit()
}

/// Through a batch of the organiser's (五、（三）).
pub(crate) fn publish_specific(mixed: &Mixed) -> Result<()> {
    let Mixed { client, case, .. } = mixed;
    let request = json!({ "kind": "new", "certificate_type": "specific_ability", "applications": [case.id] });
    let (status, batch) = mixed.call(&case.unit, "POST", "/v1/publications", request)?;
    ensure!(status == 201, "{batch}");
    let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
    let rows: String = case
        .certificates(client)?
        .iter()
        .filter(|one| one["certificate_type"] == "专项职业能力证书")
        .filter_map(|one| Some(format!("{},{}\n", one["number"].as_str()?, one["name"].as_str()?)))
        .collect();
    let list = format!("证书编号,姓名\n{rows}");
    for (step, body) in [("review", json!({})), ("uploaded", json!({})), ("confirm", json!({ "list": list }))] {
        let (status, answer) = mixed.call(&case.center, "POST", &format!("{path}/{step}"), body)?;
        ensure!(status == 200, "{step}: {answer}");
    }
    Ok(())
}

#[test]
fn a_numbered_certificate_is_reissued_corrected_and_revoked_as_others_are() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, "2251000000300002")?.0 == 200);
    mixed.drawn(5)?;
    let change = |step: &str, body: Value| mixed.call(&case.center, "POST", &format!("/v1/certificates/{NUMBER}/{step}"), body);
    let (status, answer) = change("reissue", json!({ "reason": "遗失", "old_sheet": "lost" }))?;
    assert_eq!(status, 409, "nothing of it is printed for the printer yet: {answer}");
    let (status, run) = mixed.center("POST", "/print", json!({ "certificate_type": "specific_ability", "reason": "照片由本机构粘贴" }))?;
    ensure!(status == 200, "{run}");
    let (status, answer) = change("reissue", json!({ "reason": "遗失", "old_sheet": "lost" }))?;
    assert_eq!((status, &answer["code"]), (200, &json!(NUMBER)), "{answer}");
    // One certificate, spelled in two ways.
    let twice = json!([{ "code": NUMBER }, { "code": "２２５１ 000000300001" }]);
    let body = json!({ "change": "reissue", "reason": "污损", "old_sheet": "voided", "certificates": twice });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/changes", body)?;
    assert!(status == 400 && told(&answer).contains("写了两次"), "{status} {answer}");
    let (status, answer) = change("correct", json!({ "reason": "姓名有误", "old_sheet": "voided", "name": "张更正" }))?;
    assert_eq!((status, &answer["code"]), (200, &json!(NUMBER)), "{answer}");
    until("drawn anew", || {
        let listed = mixed.drawn(4)?;
        Ok(paper::text(&client.download(listed["pdf"].as_str().context("a link")?)?)?.contains("张更正"))
    })?;
    mixed.audit()?;
    let (status, answer) = change("revoke", json!({ "reason": "成绩无效", "old_sheet": "voided" }))?;
    assert_eq!((status, &answer["revoked"]), (200, &json!(true)), "{answer}");
    let (status, answer) = mixed.number(4, "2251000000300007")?;
    assert!(status == 400 && told(&answer).contains("已注销"), "a revoked number is not replaced by hand: {status} {answer}");
    let verified = client.visit("/verify", Some(&[("code", NUMBER), ("name", "张更正")]), "application/json")?.json()?;
    assert_eq!(verified["state"], "revoked", "{verified}");
    mixed.audit()
}

/// G13: a number that somebody typed can be mistyped. The wrong one is revoked and names the right one; it is never used again.
#[test]
fn a_mistyped_number_is_put_right_and_the_wrong_one_never_used_again() -> Result<()> {
    const RIGHT: &str = "2251000000300011";
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, "2251000000300002")?.0 == 200);
    mixed.drawn(4)?;
    let correct = |number: &str, to: &str| {
        let body = json!({ "reason": "编号登记有误", "old_sheet": "voided", "number": to });
        mixed.call(&case.center, "POST", &format!("/v1/certificates/{number}/correct"), body)
    };
    for (wrong, said) in
        [(NUMBER, "相同"), ("2251000000300002", "已用在另一张证书上"), ("S000051009999223J00001", "只能由系统给出"), ("=1+1", "字母、数字")]
    {
        let (status, answer) = correct(NUMBER, wrong)?;
        assert!(status == 400 && told(&answer).contains(said), "{wrong}: {status} {answer}");
    }
    // Nor that of another's certificate in the same application: who is handed out goes by the number.
    assert_eq!(mixed.number(3, "ZG-0001")?.0, 200);
    let (status, answer) = correct(NUMBER, "zg-0001")?;
    assert!(status == 400 && told(&answer).contains("已用在另一张证书上"), "{status} {answer}");
    let twice = json!([{ "code": NUMBER, "number": "ZX-9001" }, { "code": "2251000000300002", "number": "ｚｘ-9001" }]);
    let body = json!({ "change": "correct", "reason": "编号登记有误", "old_sheet": "voided", "certificates": twice });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/changes", body)?;
    assert!(status == 400 && told(&answer).contains("一证一号"), "{status} {answer}");
    let code = mixed.drawn(2)?["code"].as_str().context("a code")?.to_owned();
    let (status, answer) = correct(&code, RIGHT)?;
    assert!(status == 400 && told(&answer).contains("编号由系统给出"), "{status} {answer}");

    let (status, answer) = correct(NUMBER, RIGHT)?;
    assert_eq!((status, &answer["code"], &answer["replaces"]), (200, &json!(RIGHT), &json!(NUMBER)), "{answer}");
    let listed = mixed.drawn(4)?;
    assert_eq!(listed["number"], RIGHT, "{listed}");
    assert!(paper::text(&client.download(listed["pdf"].as_str().context("a link")?)?)?.contains(RIGHT));
    let name = listed["name"].as_str().context("a name")?;
    for (number, state) in [(NUMBER, "corrected"), (RIGHT, "valid")] {
        let verified = client.visit("/verify", Some(&[("code", number), ("name", name)]), "application/json")?.json()?;
        assert_eq!(verified["state"], state, "{verified}");
    }
    let (status, answer) = correct(RIGHT, NUMBER)?;
    assert!(status == 400 && told(&answer).contains("已用在另一张证书上"), "never again: {status} {answer}");
    // Corrected again before the PDF of the last correction is drawn: no order stays behind for the queue to bring again.
    let again = [RIGHT, "2251000000300012", "2251000000300013"];
    for (before, after) in again.into_iter().zip(again.into_iter().skip(1)) {
        let (status, answer) = correct(before, after)?;
        assert_eq!((status, &answer["code"]), (200, &json!(after)), "{answer}");
    }
    let mut told = Value::Null;
    let drawn = until("nothing is being drawn any more", || {
        let (status, answer) = mixed.center("POST", "/certificates-zip", json!({}))?;
        told = answer;
        Ok(status == 202)
    });
    ensure!(drawn.is_ok(), "{told}");
    assert_eq!(mixed.drawn(4)?["number"], again[2]);
    // Printed, archived and published like any other of its lot.
    let body = json!({ "certificate_type": "specific_ability", "reason": "照片由本机构粘贴" });
    let (status, run) = mixed.center("POST", "/print", body)?;
    assert_eq!((status, &run["count"]), (200, &json!(2)), "{run}");
    mixed.audit()
}

/// 三、（二）, for the third certificate where the Center has blank sheets of its own for it: their stock and ledger are apart.
#[test]
fn a_kind_of_sheets_of_its_own_has_its_own_stock_jams_losses_and_ledger() -> Result<()> {
    let (stack, client, center) = office(100)?;
    let own_kind = "[[sheet_kinds]]\nkind = \"ability\"\ncertificate_type = \"specific_ability\"\nname = \"专项职业能力证书\"\n\
                    prefix = \"ZX\"\ndigits = 6\nclause = \"三、（二）\"\n\n[[sheet_kinds]]";
    let notice = NOTICE.replacen("[[sheet_kinds]]", own_kind, 1);
    let (status, answer) = client.call_text(Some(&center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", &notice)?;
    assert_eq!(status, 200, "{answer}");
    let post = |path: &str, body: Value| client.call(Some(&center), "POST", path, Some(&body));
    let ability = |ranges: Value| json!({ "kind": "ability", "ranges": ranges });
    let (status, answer) = post("/v1/sheets/receive", ability(json!([["ZX000001", "ZX000010"]])))?;
    ensure!(status == 200, "{answer}");
    let mixed = Mixed::issued_on(stack, client)?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, "2251000000300002")?.0 == 200);
    mixed.drawn(5)?;
    let print = json!({ "certificate_type": "specific_ability", "reason": "照片由本机构粘贴" });
    let (status, run) = mixed.center("POST", "/print", print)?;
    assert_eq!((status, &run["sheets"]), (200, &json!([["ZX000001", "ZX000002"]])), "{run}");
    // The first jams: the row moves to the next sheet, as others do.
    let (status, answer) = mixed.center("POST", "/void-sheet", json!({ "serial": "ZX000001", "reason": "卡纸" }))?;
    ensure!(status == 200, "{answer}");
    let serial = |row: u32| -> Result<Value> {
        let listed = case.certificates(client)?.into_iter().find(|one| one["row"] == row).context("the row")?;
        Ok(listed["serial"].clone())
    };
    assert_eq!((serial(4)?, serial(5)?), (json!("ZX000002"), json!("ZX000003")));
    let (status, answer) = mixed.call(
        &case.center,
        "POST",
        "/v1/sheets/lose",
        json!({ "kind": "ability", "ranges": [["ZX000009", "ZX000009"]], "reason": "遗失" }),
    )?;
    ensure!(status == 200, "{answer}");
    // A reissue takes a sheet of the same kind.
    let path = format!("/v1/certificates/{NUMBER}/reissue");
    let (status, answer) = mixed.call(&case.center, "POST", &path, json!({ "reason": "污损", "old_sheet": "voided" }))?;
    assert_eq!((status, serial(4)?), (200, json!("ZX000004")), "{answer}");
    let books = mixed.call(&case.center, "GET", "/v1/sheets", Value::Null)?.1;
    let book = |kind: &str| {
        let own = |book: &&Value| book["kind"] == kind && book["holder"] == "center-00";
        books["books"].as_array().and_then(|all| all.iter().find(own)).cloned().context("a book")
    };
    let (own, others) = (book("ability")?, book("skill_level")?);
    assert_eq!(
        (&own["printed"], &own["voided"], &own["lost"], &own["on_hand_count"]),
        (&json!(2), &json!(2), &json!(1), &json!(5)),
        "{own}"
    );
    assert_eq!((&others["printed"], &others["on_hand_count"]), (&json!(0), &json!(100)), "{others}");
    let ledger = mixed.call(&case.center, "GET", "/v1/sheets/ledger?kind=ability", Value::Null)?.1;
    let moved: Vec<&str> = ledger["lines"].as_array().context("lines")?.iter().filter_map(|line| line["movement"].as_str()).collect();
    assert_eq!(moved.first(), Some(&"receive"), "{moved:?}");
    assert!(moved.contains(&"void_printed") && moved.contains(&"lose_blank"), "{moved:?}");
    mixed.audit()
}

#[test]
fn 二_1_a_qualification_has_its_implementing_body_and_the_document_behind_its_number() -> Result<()> {
    let (_stack, client) = {
        let stack = Stack::shared();
        stack.up()?;
        let client = Client::of(&stack)?;
        (stack, client)
    };
    let mut folder = Folder::with_winners(4)?;
    folder.rows.truncate(1);
    for at in 1..4 {
        folder.rows.push(row(&folder.person(at), "消防技能", "四级/中级工", "银奖"));
    }
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    case.qualify(&client)?;
    let put = |token: &str, path: &str, body: Value| client.call(Some(token), "PUT", &case.path(path), Some(&body));
    let basis = json!({ "number": "2251000000370001", "implementing_body": "样例消防行业鉴定机构", "document": "样例〔2022〕1号", "issued_on": "2022-06-20" });
    // What was approved a moment ago is there in a moment; it is never said not to be.
    until("the record", || {
        let (status, answer) = put(&case.unit, "/records/3", basis.clone())?;
        ensure!(status == 200 || (status == 409 && told(&answer).contains("稍后重试")), "{status} {answer}");
        Ok(status == 200)
    })?;
    until("row 2 is said to have a code of its own, and never not to be", || {
        let (status, answer) = put(&case.unit, "/records/2", basis.clone())?;
        ensure!(status == 400 || (status == 409 && told(&answer).contains("稍后重试")), "{status} {answer}");
        Ok(status == 400 && told(&answer).contains("编号由系统给出"))
    })?;
    let listed = |at: u32| -> Result<Value> { case.certificates(&client)?.into_iter().find(|one| one["row"] == at).context("the row") };
    let shown = json!({ "implementing_body": "样例消防行业鉴定机构", "document": "样例〔2022〕1号", "issued_on": "2022-06-20" });
    assert_eq!((&listed(3)?["external_number"], &listed(3)?["basis"]), (&json!("2251000000370001"), &shown));

    // It is found by that number as one of ours is by its code, and stands in the rows.
    let find = |token: &str| client.call(Some(token), "GET", "/v1/certificates/2251000000370001", None);
    let (status, found) = find(&case.unit)?;
    assert_eq!((status, &found["row"], &found["number"]), (200, &json!(3), &json!("2251000000370001")), "{found}");
    assert_eq!(find(&client.token("unit", "unit-2")?)?.0, 404, "not theirs to know of");
    let rows = client.call(Some(&case.unit), "GET", &case.path("/rows"), None)?.1;
    let own = rows["rows"].as_array().and_then(|rows| rows.iter().find(|one| one["row"] == 3).cloned()).context("row 3")?;
    assert_eq!(own["number"], "2251000000370001", "{own}");

    // A number is overwritten only with a reason, and so is what it rests on; what is not said stays.
    for other in [json!({ "number": "2251000000370009" }), json!({ "number": "2251000000370001", "document": "样例〔2022〕2号" })] {
        let (status, answer) = put(&case.unit, "/records/3", other.clone())?;
        assert!(status == 400 && told(&answer).contains("须写明原因"), "{other}: {status} {answer}");
    }
    let (status, again) = put(&case.unit, "/records/3", json!({ "number": "2251000000370001" }))?;
    assert_eq!((status, &again["unchanged"]), (200, &json!(true)), "{again}");
    let other = json!({ "number": "2251000000370009", "document": "样例〔2022〕2号", "reason": "文号有误" });
    assert_eq!(put(&case.unit, "/records/3", other)?.0, 200);
    assert_eq!((&listed(3)?["external_number"], &listed(3)?["basis"]["document"]), (&json!("2251000000370009"), &json!("样例〔2022〕2号")));
    assert_eq!(listed(3)?["basis"]["implementing_body"], "样例消防行业鉴定机构");
    until("the records", || Ok(case.certificates(&client)?.iter().filter(|one| one["state"] == "recorded").count() == 3))?;
    for odd in [json!({ "issued_on": "2999-01-01" }), json!({ "document": " " }), json!({ "implementing_body": "一".repeat(101) })] {
        let mut body = json!({ "number": "N-4" });
        body.as_object_mut().context("an object")?.extend(odd.as_object().context("an object")?.clone());
        assert_eq!(put(&case.unit, "/records/4", body)?.0, 400, "{odd}");
    }

    // By list: the same list twice is the same, without a key, and goes on where it was cut short.
    let rows = json!([
        { "row": 4, "number": "2251000000300004", "implementing_body": "样例消防行业鉴定机构" },
        { "row": 5, "number": "2251000000300005", "document": "样例〔2022〕1号" },
    ]);
    assert_eq!(put(&case.unit, "/records/4", json!({ "number": "2251000000300004", "implementing_body": "样例消防行业鉴定机构" }))?.0, 200);
    let (status, done) = put(&case.center, "/numbers", json!({ "rows": rows }))?;
    assert_eq!((status, &done["entered"], &done["unchanged"]), (200, &json!(1), &json!(1)), "{done}");
    let (status, done) = put(&case.center, "/numbers", json!({ "rows": rows }))?;
    assert_eq!((status, &done["entered"], &done["unchanged"]), (200, &json!(0), &json!(2)), "{done}");
    let (status, _) = client.call(Some(&case.unit), "POST", &case.path("/numbers"), Some(&json!({ "rows": rows })))?;
    assert_ne!(status, 200, "it is a PUT");
    for (who, token) in [
        ("another unit", client.token("unit", "unit-2")?),
        ("a body", client.token("body", "S000051010886")?),
        ("a city", client.token("center", "07")?),
    ] {
        assert_eq!(put(&token, "/numbers", json!({ "rows": rows }))?.0, 404, "{who}");
    }
    let noted =
        |entry: &&Value| entry["action"] == "external-number" && entry["detail"].as_str().is_some_and(|said| said.contains("文号有误"));
    assert!(client.chained("AUDIT#")?.iter().any(|entry| noted(&entry)), "the trail keeps why");
    Ok(())
}

#[test]
fn 五_2_a_lot_is_a_workbook_for_the_supervision_system() -> Result<()> {
    let (stack, client, center) = office(10)?;
    let mut folder = Folder::with_winners(2)?;
    let details = [
        (Field::Ethnicity, "民族", "汉族"),
        (Field::Education, "文化程度", "技校"),
        (Field::TheoryScore, "理论成绩", "85.5"),
        (Field::PracticeScore, "技能(实操)成绩", "90"),
        (Field::TotalScore, "综合成绩", "88.65"),
        (Field::PriorType, "原证书类型", "职业技能等级证书"),
        (Field::PriorLevel, "原证书等级", "四级"),
        (Field::PriorNumber, "原证书编号", "2251000000400001"),
        (Field::Remark, "备注", "样例备注"),
    ];
    let kinds = [(Field::Group, "组别", "职工"), (Field::Team, "个人/团体", "个人")];
    kinds.iter().for_each(|(field, _, value)| folder.set(0, *field, value));
    for (field, _, value) in details {
        folder.set(0, field, value);
    }
    let case = Case::issued(&client, &folder)?;
    case.print(&client)?;
    let get = |token: &str, query: &str| client.call(Some(token), "GET", &case.path(&format!("/supervision{query}")), None);
    let (status, link) = get(&center, "?certificate_type=skill_level")?;
    assert_eq!((status, &link["count"], &link["unconfirmed"]), (200, &json!(2), &json!("监管系统")), "{link}");
    let url = link["workbook"].as_str().context("a link")?;
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(client.download(url)?))?;
    let rows: Vec<Vec<Data>> = book.worksheet_range("证书数据")?.rows().map(<[Data]>::to_vec).collect();
    assert!(book.worksheet_formula("证书数据")?.is_empty(), "nothing is a formula");
    assert!(rows.iter().flatten().all(|cell| matches!(cell, Data::String(_) | Data::Empty)), "all cells are texts");
    let column = |header: &str| {
        rows[0].iter().position(|cell| cell == &Data::String(header.to_owned())).with_context(|| format!("{header}: {:?}", rows[0]))
    };
    let certificates = case.certificates(&client)?;
    for (row, certificate) in rows[1..].iter().zip(&certificates) {
        for (header, wanted) in
            [("证书编号", "code"), ("流水号", "serial"), ("姓名", "name"), ("职业技能等级", "level"), ("代章单位", "sealed_by")]
        {
            assert_eq!(row[column(header)?].to_string(), certificate[wanted].as_str().unwrap_or_default(), "{header}");
        }
    }
    for (_, header, value) in details {
        assert_eq!(
            (rows[1][column(header)?].to_string(), rows[2][column(header)?].to_string()),
            (value.to_owned(), String::new()),
            "{header}"
        );
    }
    for (_, header, value) in kinds {
        assert_eq!(rows[1][column(header)?].to_string(), value, "{header}");
    }
    let born = &folder.person(0).id_number[6..14];
    assert_eq!(rows[1][column("出生日期")?].to_string(), format!("{}-{}-{}", &born[..4], &born[4..6], &born[6..]));
    assert_eq!((rows.len(), rows[1][column("证件号码")?].to_string()), (3, folder.person(0).id_number));
    assert_eq!(get(&case.unit, "")?.0, 403, "for whoever issues the lot");
    for other in [client.token("body", "S000051010887")?, client.token("center", "07")?] {
        assert_eq!(get(&other, "")?.0, 404);
    }
    let out = folder.path().join("监管");
    let said = String::from_utf8(stack.run(&["supervision", &case.id, "--type", "技能等级", "--out", &out.to_string_lossy()])?.stderr)?;
    assert!(said.contains("2 份证书") && said.contains("待确认：监管系统"), "{said}");
    assert_eq!(std::fs::read_dir(&out)?.count(), 1);
    Ok(())
}

/// G13, 二、（二）: numbers that the notice has drawn, of certificates and of authorisations, beside those that were entered by hand before.
#[test]
fn numbers_by_pattern_add_up_and_no_two_certificates_share_one_across_both_kinds() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { client, case, .. } = &mixed;
    ensure!(mixed.number(4, "CD-0003")?.0 == 200 && mixed.number(5, "5100202200003")?.0 == 200);
    // Others' numbers are none of ours, of whatever kind.
    let code = case.certificates(client)?[0]["code"].as_str().context("a code")?.to_owned();
    for (number, said) in [(code.as_str(), "只能由系统给出"), ("CD-0003", "已用在另一张证书上"), ("5100202200003", "已用在另一张证书上")]
    {
        let (status, answer) = mixed.call(&case.unit, "PUT", &case.path("/records/3"), json!({ "number": number }))?;
        assert!(status == 400 && told(&answer).contains(said), "{number}: {status} {answer}");
    }
    // It has no level, and stays of its type (一).
    mixed.drawn(4)?;
    let correction = json!({ "level": 3, "body": "S000051009999", "reason": "等级有误", "old_sheet": "voided" });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/CD-0003/corrections", correction)?;
    assert!(status == 400 && told(&answer).contains("没有等级"), "{status} {answer}");
    let dated = json!({ "issued_on": "2022-06-19", "reason": "日期有误", "old_sheet": "voided" });
    let (status, answer) = mixed.call(&case.center, "POST", "/v1/certificates/cd-0003/correct", dated)?;
    assert_eq!((status, &answer["code"]), (200, &json!("CD-0003")), "{answer}");
    let found = mixed.call(&case.center, "GET", "/v1/certificates/CD-0003", Value::Null)?.1;
    assert_eq!(found["issued_on"], "2022-06-19", "{found}");

    let by_pattern = |prefix: &str, digits: u32| format!("number = {{ pattern = {{ prefix = \"{prefix}\", digits = {digits} }} }}");
    let notice = NOTICE.replacen("number = \"by_hand\"", &by_pattern("51{jurisdiction}{year}", 5), 1);
    let of_authorisations = "\nnumber = \"by_hand\"\nunconfirmed = \"授权编号\"";
    let notice = notice.replacen(of_authorisations, &format!("\n{}", by_pattern("SQ{year}-{jurisdiction}-", 3)), 1);
    let (status, answer) = client.call_text(Some(&case.center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", &notice)?;
    assert_eq!(status, 200, "{answer}");
    let authorised = |winners: usize, level: Option<&str>| -> Result<(Case, Value)> {
        let mut folder = Folder::with_winners(winners)?;
        for (at, level) in (0..winners).zip(level.into_iter().cycle()) {
            folder.rows[at] = row(&folder.person(at), "川剧妆造", level, "银奖");
        }
        // The contest of the others has its authorisation, whose number is to be entered.
        folder.move_to("2022年四川省样例职业技能竞赛（二）")?;
        let case = Case::create(client, &folder)?;
        case.upload_all(client, &folder)?;
        case.until_status(client, "submitted")?;
        let (status, answer) = case.step(client, &case.center, "/authorise", json!({}))?;
        ensure!(status == 200, "{answer}");
        Ok((case, answer))
    };
    let (status, answer) = mixed.call(&case.unit, "PUT", &case.path("/records/3"), json!({ "number": "5100202200001" }))?;
    assert!(status == 400 && told(&answer).contains("只能由系统给出"), "the pattern will draw it: {status} {answer}");
    let (_, answer) = authorised(1, None)?;
    assert_eq!(answer["number"], "SQ2022-00-001", "{answer}");
    let (first, _) = authorised(2, Some("专项职业能力"))?;
    first.qualify(client)?;
    let numbers = || -> Result<Vec<Value>> { Ok(first.certificates(client)?.iter().map(|one| one["number"].clone()).collect()) };
    until("the numbers", || Ok(numbers()? == [json!("5100202200001"), json!("5100202200002")]))?;
    mixed.audit()?;
    // The third was entered by hand before there was a pattern.
    let (third, _) = authorised(1, Some("专项职业能力"))?;
    let (status, answer) = third.step(client, &third.center, "/qualify", json!({}))?;
    assert!(status == 409 && told(&answer).contains("5100202200003"), "{status} {answer}");
    mixed.audit()
}

/// 二、（二）2; G13: each row's number goes in as whoever issues its certificate, in whatever order the command asks them.
#[test]
fn a_file_of_numbers_is_entered_in_an_application_of_a_filed_body_and_the_center() -> Result<()> {
    const CODE: &str = "S000051010128";
    let stack = Stack::shared();
    let mut folder = Folder::with_winners(4)?;
    folder.rows[3] = row(&folder.person(3), "川剧妆造", "专项职业能力", "银奖");
    folder.of_class(filed_contest(CODE), "省级二类");
    folder.bodies = Some(format!(
        "[[bodies]]\ncode13 = \"{CODE}\"\nname = \"{BODY_NAME}\"\nfiled_with_province = true\n\n\
         [[bodies.scope]]\noccupation = \"车工\"\nlevels = [2, 3]\n\n[[bodies.scope]]\noccupation = \"中式烹调师\"\nlevels = [3]\n"
    ));
    let outcome = stack.process(&folder)?;
    let id = outcome.stderr.lines().find_map(|line| line.strip_prefix("申报号 ")).context("an id")?.to_owned();
    let bodies: Vec<&str> = outcome.column("issuing_body");
    assert!(bodies.contains(&BODY_NAME) && bodies.iter().any(|body| *body != BODY_NAME), "{bodies:?}");
    let file = folder.path().join("编号.xlsx");
    let numbers = |number: &str, more: &[&str]| -> Result<(bool, String)> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "行号")?.write_string(0, 1, "证书编号")?;
        sheet.write_number(1, 0, 5)?.write_string(1, 1, number)?;
        book.save(&file)?;
        let path = file.to_string_lossy().into_owned();
        let output = stack.run(&[&["numbers", &id, "--file", &path], more].concat())?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8(said)?))
    };
    let number = format!("YSB-{}", id.to_uppercase());
    let (_, said) = numbers("S000051009999223J00001", &[])?;
    assert!(said.contains("只能由系统给出"), "what the Center is told is told: {said}");
    let (done, said) = numbers(&number, &["--preview"])?;
    assert!(done && said.contains("可登记 1 个编号"), "{said}");
    let (done, said) = numbers(&number, &[])?;
    assert!(done && said.contains("已登记 1 个编号"), "{said}");
    let (done, said) = numbers(&number, &[])?;
    assert!(done && said.contains("1 个此前已登记"), "{said}");
    let out = folder.path().join("取回");
    let fetched = stack.run(&["fetch", &id, "--out", &out.to_string_lossy()])?;
    ensure!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    let lines = read_csv(&out.join("certificates.csv"))?;
    let line = lines.iter().find(|line| line["row"] == "5").context("row 5")?;
    assert_eq!((line["code"].as_str(), line["number"].as_str(), line["status"].as_str()), ("", number.as_str(), "已打印"));
    let text = paper::text(&std::fs::read(out.join(&line["pdf"]))?)?;
    assert!(text.contains(&number) && text.contains("专项职业能力证书"), "{text}");
    Ok(())
}
