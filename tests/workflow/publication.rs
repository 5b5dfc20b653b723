//! 信息上网: batches from the archive to the query site, and what stops them on the way.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader, Xlsx};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, correct_by_two, office, reconcile, settled};
use workflow_tests::folder::Folder;
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, TABLE, until};

const CENTER: &str = "四川省职业技能鉴定指导中心";
const COMMITTEE: &str = "2022年四川省样例职业技能竞赛组委会";

/// A stack of its own with sheets in the Center's hands.
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

    fn post(&self, token: &str, path: &str, body: Value) -> Result<(u16, Value)> {
        self.client.call(Some(token), "POST", path, Some(&body))
    }

    /// An application whose certificates lie on sheets; they are not archived yet.
    fn printed(&self, folder: &Folder) -> Result<Case> {
        let case = Case::issued(&self.client, folder)?;
        case.print(&self.client)?;
        Ok(case)
    }

    fn archive(&self, case: &Case) -> Result<()> {
        case.archive(&self.client).map(|_| ())
    }

    fn apply(&self, token: &str, body: Value) -> Result<(u16, Value)> {
        self.post(token, "/v1/publications", body)
    }

    /// A step of a batch, as the Center.
    fn step(&self, batch: &str, step: &str, body: Value) -> Result<(u16, Value)> {
        self.post(&self.center, &format!("/v1/publications/{batch}/{step}"), body)
    }

    fn pass(&self, batch: &str) -> Result<()> {
        for step in ["review", "uploaded"] {
            let (status, answer) = self.step(batch, step, json!({}))?;
            ensure!(status == 200, "{step}: {status} {answer}");
        }
        Ok(())
    }

    fn batch(&self, token: &str, batch: &str) -> Result<(u16, Value)> {
        self.client.call(Some(token), "GET", &format!("/v1/publications/{batch}"), None)
    }

    /// The workbook's cells and the text of 表5, once they are made.
    fn papers(&self, token: &str, batch: &str) -> Result<(Vec<Vec<String>>, String)> {
        let mut shown = Value::Null;
        until("the batch's papers", || {
            shown = self.batch(token, batch)?.1;
            Ok(shown["workbook"].is_string())
        })?;
        let workbook = self.client.download(shown["workbook"].as_str().context("workbook")?)?;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
        ensure!(book.sheet_names() == ["Sheet1"], "sheets: {:?}", book.sheet_names());
        let range = book.worksheet_range("Sheet1")?;
        let text = |cell: &Data| match cell {
            Data::String(text) => Ok(text.clone()),
            Data::Empty => Ok(String::new()),
            other => Err(anyhow::anyhow!("{other:?} is no text")),
        };
        let cells = range.rows().map(|row| row.iter().map(text).collect()).collect::<Result<_>>()?;
        Ok((cells, paper::text(&self.client.download(shown["form"].as_str().context("form")?)?)?))
    }

    fn change(&self, code: &str, change: &str, body: Value) -> Result<Value> {
        let (status, answer) = self.post(&self.center, &format!("/v1/certificates/{code}/{change}"), body)?;
        ensure!(status == 200, "{change}: {status} {answer}");
        Ok(answer)
    }

    fn stage(&self, code: &str) -> Result<Value> {
        let (status, found) = self.client.call(Some(&self.center), "GET", &format!("/v1/certificates/{code}"), None)?;
        ensure!(status == 200, "find: {status} {found}");
        Ok(found["stage"].clone())
    }

    fn settled(&self) -> Result<()> {
        settled(&self.stack, &self.client)?;
        let audit = self.stack.run(&["audit"])?;
        ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
        Ok(())
    }
}

/// The workbook's rows as a query site would export them.
fn csv(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| format!("{}\r\n", row.join(","))).collect()
}

/// The codes of the findings of a refusal.
fn findings(answer: &Value) -> Vec<String> {
    let all = answer["error"]["findings"].as_array().into_iter().flatten();
    all.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_batch_goes_from_the_archive_to_the_query_site() -> Result<()> {
    let office = Office::open()?;
    let folder = Folder::with_winners(4)?;
    let case = office.printed(&folder)?;
    assert_eq!(office.apply(&office.center, json!({ "kind": "new" }))?.0, 409, "nothing is archived");
    let (status, answer) = office.apply(&office.center, json!({ "kind": "new", "applications": [case.id] }))?;
    assert!(status == 409 && answer.to_string().contains("尚未存档"), "{answer}");
    office.archive(&case)?;

    // 五、（三）: skill-level certificates are applied for by whoever issued them.
    let (status, answer) = office.apply(&case.unit, json!({ "kind": "new", "certificate_type": "skill_level" }))?;
    assert_eq!((status, findings(&answer)), (422, vec!["PUBLICATION_APPLICANT".to_owned()]));
    let (status, batch) = office.apply(&office.center, json!({ "kind": "new" }))?;
    assert_eq!((status, &batch["state_word"], &batch["count"]), (201, &json!("已申报"), &json!(4)), "{batch}");
    assert_eq!(batch["title"], format!("{CENTER}（新增4条，00001）"));
    assert_eq!(batch["unconfirmed"], "G17");
    assert_eq!(office.apply(&office.center, json!({ "kind": "new" }))?.0, 409, "its lot is in a batch");
    let (_, answer) = office.apply(&office.center, json!({ "kind": "new", "applications": [case.id] }))?;
    assert!(answer.to_string().contains("已在第 1 批中"), "{answer}");

    // Cell by cell.
    let (cells, form) = office.papers(&office.center, "center-00/1")?;
    let all: Vec<String> = codes(&case.certificates(&office.client)?).into_iter().map(str::to_owned).collect();
    let headers = [
        "姓名",
        "证件类型",
        "证件号码",
        "所在单位",
        "职业名称",
        "工种名称",
        "职业技能等级",
        "证书编号",
        "发证日期",
        "评价机构",
        "发证机构",
    ];
    assert_eq!(cells[0], headers);
    for (n, code) in all.iter().enumerate() {
        let person = folder.person(n);
        let (occupation, job) = if n % 3 == 0 { ("中式烹调师", "") } else { ("车工", "数控车工") };
        let level = if n % 2 == 0 { "3" } else { "2" };
        let expected =
            [&person.name, "201", &person.id_number, "四川样例机械有限公司", occupation, job, level, code, "2022-06-20", COMMITTEE, CENTER];
        assert_eq!(cells[n + 1], expected, "row {n}");
    }
    assert_eq!(cells.len(), 5);
    for text in [
        "表5职业技能等级证书数据审核确认表",
        &format!("单位名称{CENTER}"),
        &format!("标题名称{CENTER}（新增4条，00001）"),
        "数据类型新增",
        "中式烹调师二级/技师1",
        "中式烹调师三级/高级工1",
        "车工数控车工二级/技师1",
        "车工数控车工三级/高级工1",
        "合计4",
        "单位意见",
    ] {
        assert!(form.contains(text), "{text} is not in {form}");
    }

    // Who may see it, and who may not go on with it.
    let stranger = office.client.token("body", "S000051010999")?;
    assert_eq!(office.batch(&stranger, "center-00/1")?.0, 404);
    assert_eq!(office.batch(&case.unit, "center-00/1")?.0, 404);
    assert_eq!(office.post(&case.unit, "/v1/publications/center-00/1/review", json!({}))?.0, 404);
    assert_eq!(office.batch(&office.center, "center-00/2")?.0, 404);
    assert_eq!(office.batch(&office.center, "nobody/1")?.0, 404);

    // Reviewed, uploaded; each once, in order.
    assert_eq!(office.step("center-00/1", "uploaded", json!({}))?.0, 409, "the review comes first");
    assert_eq!(office.step("center-00/1", "confirm", json!({ "list": "x" }))?.0, 409, "it is not uploaded");
    office.pass("center-00/1")?;
    let version = case.show(&office.client)?["version"].clone();
    assert_eq!(office.step("center-00/1", "uploaded", json!({}))?.0, 200);
    assert_eq!(case.show(&office.client)?["version"], version, "the same step again changes nothing");

    // What the query site does not show, or shows otherwise.
    let list = csv(&cells);
    assert_eq!(office.step("center-00/1", "confirm", json!({}))?.0, 400, "no list");
    let (status, answer) = office.step("center-00/1", "confirm", json!({ "list": "证书编号,等级\r\n" }))?;
    assert_eq!((status, findings(&answer)), (422, vec!["PUBLICATION_LIST_UNREADABLE".to_owned()]));
    let other = list.replace("J0000", "J9000");
    let (status, answer) = office.step("center-00/1", "confirm", json!({ "list": other }))?;
    assert_eq!(status, 422);
    assert_eq!(findings(&answer), [["PUBLICATION_MISSING"; 4], ["PUBLICATION_SURPLUS"; 4]].concat(), "another batch's list");
    let without_last = csv(&cells[..4]).replace(&folder.person(1).name, "错别字");
    let (_, answer) = office.step("center-00/1", "confirm", json!({ "list": without_last }))?;
    assert_eq!(findings(&answer), ["PUBLICATION_DIFFERS", "PUBLICATION_MISSING"]);
    let said = answer.to_string();
    assert!(said.contains(&format!("{} 的姓名与申报的不同", all[1])) && said.contains(&format!("查询结果中没有 {}", all[3])), "{said}");
    assert!(!said.contains(&folder.person(1).id_number) && !said.contains("错别字"), "personal data");
    assert_eq!(office.batch(&office.center, "center-00/1")?.1["state"], "uploaded");
    assert_eq!(office.stage(&all[0])?, "archived");

    // And at last it does, in the encoding that Excel exports.
    let (gb, _, _) = encoding_rs::GB18030.encode(&list);
    let confirm = json!({ "list_base64": base64(&gb) });
    let (status, first) = office.step("center-00/1", "confirm", confirm.clone())?;
    assert_eq!((status, &first["state"], &first["matched"]), (200, &json!("confirmed"), &json!(4)), "{first}");
    assert_eq!(first["compared"].as_array().map(Vec::len), Some(11));
    assert_eq!(office.stage(&all[0])?, "published");
    let version = case.show(&office.client)?["version"].clone();
    let (status, again) = office.step("center-00/1", "confirm", confirm)?;
    assert_eq!((status, again), (200, first), "the same answer");
    assert_eq!(case.show(&office.client)?["version"], version, "and nothing changes");
    assert_eq!(office.step("center-00/1", "confirm", json!({ "list": list }))?.0, 409, "it was another list");
    assert_eq!(office.step("center-00/1", "return", json!({ "reason": "重做" }))?.0, 409, "it is published");

    // The steps stand in the application's trail, and no key has personal data.
    let keys = office.client.list(BUCKET, "publi")?.join("\n");
    assert!(keys.contains("publications/center-00/00001.xlsx") && keys.contains("publishing/center-00/00001.json"), "{keys}");
    for n in 0..4 {
        let person = folder.person(n);
        assert!(!keys.contains(&person.name) && !keys.contains(&person.id_number), "a key holds personal data");
    }
    office.settled()
}

#[test]
fn what_changed_meanwhile_stops_a_batch_and_what_changes_later_makes_others() -> Result<()> {
    let office = Office::open()?;
    let folder = Folder::with_winners(5)?;
    let case = office.printed(&folder)?;
    office.archive(&case)?;
    let all: Vec<String> = codes(&case.certificates(&office.client)?).into_iter().map(str::to_owned).collect();
    // Four clerks at once: one has the lot.
    let clerks = std::thread::scope(|scope| {
        let clerks: Vec<_> = (0..4).map(|_| scope.spawn(|| office.apply(&office.center, json!({ "kind": "new" })))).collect();
        clerks.into_iter().map(|clerk| clerk.join().map_err(|_| anyhow::anyhow!("panicked"))?).collect::<Result<Vec<_>>>()
    })?;
    let mut statuses: Vec<u16> = clerks.into_iter().map(|(status, _)| status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);

    // Revoked after it was applied for: the review refuses and names the code.
    office.change(&all[4], "revoke", json!({ "reason": "成绩作废", "old_sheet": "voided" }))?;
    let (status, answer) = office.step("center-00/1", "review", json!({}))?;
    assert_eq!((status, findings(&answer)), (422, vec!["PUBLICATION_REVOKED".to_owned()]));
    assert!(answer.to_string().contains(&all[4]), "{answer}");
    assert_eq!(office.step("center-00/1", "return", json!({ "reason": " " }))?.0, 400, "a reason is owed");
    let (status, returned) = office.step("center-00/1", "return", json!({ "reason": "有证书已注销" }))?;
    assert_eq!((status, &returned["steps"][1]["reason"]), (200, &json!("有证书已注销")));
    assert_eq!(office.step("center-00/1", "review", json!({}))?.0, 409, "it is returned");

    // Applied for anew; corrected after the review.
    let (status, batch) = office.apply(&office.center, json!({ "kind": "new", "batch_number": "2022-07-川" }))?;
    assert_eq!((status, &batch["number"], &batch["count"]), (201, &json!(2), &json!(4)), "{batch}");
    assert_eq!(batch["title"], format!("{CENTER}（新增4条，2022-07-川）"));
    assert_eq!(office.step("center-00/2", "review", json!({}))?.0, 200);
    office.change(&all[0], "correct", json!({ "name": "更正甲", "reason": "姓名有误", "old_sheet": "voided" }))?;
    let (status, answer) = office.step("center-00/2", "uploaded", json!({}))?;
    assert_eq!((status, findings(&answer)), (422, vec!["PUBLICATION_CHANGED".to_owned()]));
    assert_eq!(office.step("center-00/2", "return", json!({ "reason": "有更正" }))?.0, 200);
    assert_eq!(office.apply(&office.center, json!({ "kind": "new" }))?.0, 201);
    office.pass("center-00/3")?;
    let (published, _) = office.papers(&office.center, "center-00/3")?;
    assert_eq!(published[1][0], "更正甲");
    assert_eq!(office.step("center-00/3", "confirm", json!({ "list": csv(&published) }))?.0, 200);
    for kind in ["correction", "revocation"] {
        assert_eq!(office.apply(&office.center, json!({ "kind": kind }))?.0, 409, "{kind}: the site shows all as it is");
    }

    // After the publication: a name, and a level, which takes a new code.
    office.change(&all[1], "correct", json!({ "name": "更正乙", "reason": "姓名有误", "old_sheet": "voided" }))?;
    let wrong = json!({ "level": 4, "reason": "等级有误", "old_sheet": "voided" });
    let recoded = correct_by_two(&office.client, &office.center, &all[2], &wrong)?;
    let new = recoded["code"].as_str().context("code")?;
    let (status, batch) = office.apply(&office.center, json!({ "kind": "correction" }))?;
    assert_eq!((status, &batch["count"], &batch["kind_word"]), (201, &json!(2), &json!("更正")), "{batch}");
    let (status, batch) = office.apply(&office.center, json!({ "kind": "revocation", "applications": [case.id] }))?;
    assert_eq!((status, &batch["count"], &batch["kind_word"]), (201, &json!(1), &json!("注销")), "{batch}");
    assert_eq!(office.apply(&office.center, json!({ "kind": "correction" }))?.0, 409, "they are under way");
    let (corrected, form) = office.papers(&office.center, "center-00/4")?;
    assert_eq!((corrected[1][0].as_str(), corrected[1][7].as_str()), ("更正乙", all[1].as_str()));
    assert_eq!((corrected[2][6].as_str(), corrected[2][7].as_str()), ("4", new));
    assert!(form.contains("数据类型更正"), "{form}");
    let (revoked, _) = office.papers(&office.center, "center-00/5")?;
    assert_eq!((revoked.len(), revoked[1][7].as_str()), (2, all[2].as_str()));
    office.pass("center-00/4")?;
    office.pass("center-00/5")?;
    assert_eq!(office.step("center-00/4", "confirm", json!({ "list": csv(&corrected) }))?.0, 200);
    let (status, answer) = office.step("center-00/5", "confirm", json!({ "list": csv(&published) }))?;
    assert!(status == 422 && findings(&answer).contains(&"PUBLICATION_STILL_SHOWN".to_owned()), "{answer}");
    assert_eq!(office.step("center-00/5", "confirm", json!({ "list": csv(&corrected[..1]) }))?.0, 200);
    for kind in ["correction", "revocation"] {
        assert_eq!(office.apply(&office.center, json!({ "kind": kind }))?.0, 409, "{kind}: nothing is left");
    }
    office.settled()
}

#[test]
fn specific_abilities_are_applied_for_by_the_organiser_and_hold_up_no_skill_level_certificate() -> Result<()> {
    let office = Office::open()?;
    let mut folder = Folder::with_winners(2)?;
    folder.set(1, Field::Event, "川剧妆造");
    folder.set(1, Field::Occupation, "川剧妆造");
    folder.set(1, Field::OccupationCode, "");
    folder.set(1, Field::Job, "");
    folder.set(1, Field::Level, "专项职业能力");
    let case = office.printed(&folder)?;
    office.archive(&case)?;
    let (status, answer) = office.apply(&office.center, json!({ "kind": "new", "certificate_type": "specific_ability" }))?;
    assert_eq!((status, findings(&answer)), (422, vec!["PUBLICATION_APPLICANT".to_owned()]));
    assert_eq!(office.apply(&case.unit, json!({ "kind": "new" }))?.0, 409, "it is not archived");
    // The skill-level certificates go on without it.
    let code = codes(&case.certificates(&office.client)?)[0].to_owned();
    assert_eq!(office.apply(&office.center, json!({ "kind": "new" }))?.1["count"], 1);
    office.pass("center-00/1")?;
    let (cells, _) = office.papers(&office.center, "center-00/1")?;
    assert_eq!(office.step("center-00/1", "confirm", json!({ "list": csv(&cells) }))?.0, 200);
    assert_eq!(office.stage(&code)?, "published");
    let number = json!({ "number": "ZX510022000001" });
    assert_eq!(office.client.call(Some(&case.unit), "PUT", &case.path("/records/3"), Some(&number))?.0, 403, "the Center issues it");
    assert_eq!(office.client.call(Some(&office.center), "PUT", &case.path("/records/3"), Some(&number))?.0, 200);
    until("its file", || {
        let listed = case.certificates(&office.client)?;
        Ok(listed.iter().any(|one| one["number"] == "ZX510022000001" && !one["pdf"].is_null()))
    })?;
    case.archive_type(&office.client, "specific_ability")?;
    let (status, batch) = office.apply(&case.unit, json!({ "kind": "new" }))?;
    assert_eq!((status, &batch["body"]), (201, &json!("四川省样例行业协会")), "{batch}");
    let (cells, _) = office.papers(&case.unit, "unit-unit-1/1")?;
    let row = [cells[1][4].as_str(), cells[1][6].as_str(), cells[1][7].as_str(), cells[1][10].as_str()];
    assert_eq!(row, ["川剧妆造", "", "ZX510022000001", CENTER]);
    // Only the Center goes on with it.
    assert_eq!(office.post(&case.unit, "/v1/publications/unit-unit-1/1/review", json!({}))?.0, 403);
    office.pass("unit-unit-1/1")?;
    assert_eq!(office.step("unit-unit-1/1", "confirm", json!({ "list": csv(&cells) }))?.0, 200);
    assert_eq!(office.apply(&case.unit, json!({ "kind": "new" }))?.0, 409, "once is enough");
    assert_eq!(office.stage(&code)?, "published");
    // The Center sees all batches, the unit its own.
    let listed = |token: &str| -> Result<Vec<Value>> {
        let (_, answer) = office.client.call(Some(token), "GET", "/v1/publications", None)?;
        Ok(answer["batches"].as_array().context("batches")?.iter().map(|batch| batch["applicant"].clone()).collect())
    };
    assert_eq!(listed(&office.center)?, [json!("center-00"), json!("unit-unit-1")]);
    assert_eq!(listed(&case.unit)?, [json!("unit-unit-1")]);
    office.settled()
}

#[test]
fn the_command_takes_a_batch_all_the_way_and_lost_papers_are_made_again() -> Result<()> {
    let office = Office::open()?;
    let case = office.printed(&Folder::with_winners(1)?)?;
    office.archive(&case)?;
    let out = office.stack.data().join("out");
    let run = |arguments: &[&str]| -> Result<i32> {
        let output = office.stack.run(&[&["publication"], arguments].concat())?;
        let code = output.status.code().unwrap_or(-1);
        ensure!(code == 0 || code == 2, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(code)
    };
    assert_eq!(run(&["apply", "--application", &case.id])?, 0);
    assert_eq!(run(&["apply"])?, 2, "nothing is left");
    assert_eq!(run(&["fetch", "center-00/1", "--out", &out.to_string_lossy()])?, 0);
    let workbook = std::fs::read(out.join("center-00-00001-上网数据表.xlsx"))?;
    ensure!(std::fs::read(out.join("center-00-00001-表5.pdf"))?.starts_with(b"%PDF-"), "no PDF");

    // As if the event had been lost.
    settled(&office.stack, &office.client)?;
    let change = json!({ "TableName": TABLE, "Key": { "pk": { "S": "PUBLICATION#center-00" }, "sk": { "S": "BATCH#00001" } },
        "UpdateExpression": "SET pending = :yes REMOVE made", "ExpressionAttributeValues": { ":yes": { "S": "07" } } });
    office.client.table("UpdateItem", &change)?;
    assert_eq!(office.batch(&office.center, "center-00/1")?.1["workbook"], Value::Null);
    assert_eq!(reconcile(&office.stack, &office.client)?, 1);
    let (cells, _) = office.papers(&office.center, "center-00/1")?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let first: Vec<String> = book.worksheet_range("Sheet1")?.rows().nth(1).context("a row")?.iter().map(ToString::to_string).collect();
    assert_eq!(first, cells[1]);

    let list = office.stack.data().join("result.csv");
    std::fs::write(&list, csv(&cells[..1]))?;
    assert_eq!(run(&["review", "center-00/1"])?, 0);
    assert_eq!(run(&["uploaded", "center-00/1"])?, 0);
    assert_eq!(run(&["confirm", "center-00/1", "--list", &list.to_string_lossy()])?, 2, "it is not shown yet");
    std::fs::write(&list, csv(&cells))?;
    assert_eq!(run(&["confirm", "center-00/1", "--list", &list.to_string_lossy()])?, 0);
    assert_eq!(run(&["show", "center-00/1"])?, 0);
    assert_eq!(run(&["list"])?, 0);
    office.settled()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
