//! Who sees and changes what of an application that two issue, and what insiders leave behind.

use std::io::{Cursor, Write};

use anyhow::{Context, Result, ensure};
use calamine::{Reader, Xlsx};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{Case, office};
use workflow_tests::folder::{BODY_NAME, Folder, filed_contest, row};
use workflow_tests::saizheng::{Client, Stack, new_key, until};

const BODY: &str = "S000051010125";

/// An application that a filed body and the Center issue: rows 2 and 4 are the body's, 3 and 5 the Center's, 5 without a code.
struct Shared {
    client: Client,
    case: Case,
    body: String,
    folder: Folder,
}

impl Shared {
    fn authorised() -> Result<Self> {
        let stack = Stack::shared();
        stack.up()?;
        let client = Client::of(&stack)?;
        let center = client.token("center", "00")?;
        let filed = json!({ "code13": BODY, "name": BODY_NAME, "filed_with_province": true, "units": ["unit-1"],
            "scope": [{ "occupation": "车工", "levels": [3] }, { "occupation": "中式烹调师", "levels": [3] }] });
        ensure!(client.call(Some(&center), "PUT", "/v1/bodies", Some(&filed))?.0 == 200);
        let mut folder = Folder::with_winners(4)?;
        folder.rows[3] = row(&folder.person(3), "川剧妆造", "专项职业能力", "银奖");
        folder.of_class(filed_contest(BODY), "省级二类");
        folder.write()?;
        let case = Case::authorised(&client, &folder)?;
        let body = client.token("body", BODY)?;
        Ok(Self { client, case, body, folder })
    }

    fn get(&self, token: &str, step: &str) -> Result<Value> {
        let (status, answer) = self.client.call(Some(token), "GET", &self.case.path(step), None)?;
        ensure!(status == 200, "{step}: {status} {answer}");
        Ok(answer)
    }

    /// Nothing that identifies the winner of a row of the Center's stands in `text`.
    fn assert_no_stranger(&self, what: &str, text: &str) {
        for index in [1, 3] {
            let person = self.folder.person(index);
            for secret in [&person.id_number, &person.phone] {
                assert!(!text.contains(secret.as_str()), "{what} tells of row {}", index + 2);
            }
        }
    }
}

fn rows(listed: &Value) -> Vec<u64> {
    listed.as_array().into_iter().flatten().filter_map(|line| line["row"].as_u64()).collect()
}

#[test]
fn a_body_reads_its_own_rows_and_nobody_elses() -> Result<()> {
    let shared = Shared::authorised()?;
    let (client, case) = (&shared.client, &shared.case);
    // Reports: the whole for unit and Center, the body's part for the body.
    let workbook = |token: &str| -> Result<String> {
        let reports = shared.get(token, "/reports")?;
        let roster = reports.as_array().context("reports")?.iter().find(|report| report["material"] == "roster").context("roster")?;
        let json = String::from_utf8(client.download(roster["json"].as_str().context("json")?)?)?;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(client.download(roster["workbook"].as_str().context("workbook")?)?))?;
        let sheets = book.worksheets();
        Ok(sheets.iter().flat_map(|(_, range)| range.used_cells().map(|(_, _, cell)| cell.to_string())).collect::<String>() + &json)
    };
    let whole = workbook(&case.center)?;
    let own = workbook(&shared.body)?;
    for index in 0..4 {
        let number = shared.folder.person(index).id_number;
        assert!(whole.contains(&number));
        assert_eq!(own.contains(&number), index % 2 == 0, "row {}", index + 2);
    }
    shared.assert_no_stranger("the marked workbook", &own);
    assert_eq!(workbook(&shared.body)?, own, "the same the second time");
    // The summary form has all rows on it.
    assert_eq!(client.call(Some(&shared.body), "GET", &case.path("/summary-form"), None)?.0, 403);
    assert_eq!(client.call(Some(&shared.body), "GET", &case.path("/rows/2"), None)?.0, 200);
    assert_eq!(client.call(Some(&shared.body), "GET", &case.path("/rows/3"), None)?.0, 404);

    case.qualify(client)?;
    let (status, answer) = case.step(client, &shared.body, "/qualify", json!({}))?;
    assert_eq!(status, 200, "{answer}");
    let all = case.until_printed(client)?;
    assert_eq!(rows(&json!(all)), [2, 3, 4, 5]);
    assert_eq!(rows(&shared.get(&shared.body, "/certificates")?["certificates"]), [2, 4]);
    assert_eq!(rows(&shared.get(&case.center, "/certificates")?["certificates"]), [2, 3, 4, 5], "the Center authorised it");
    assert_eq!(rows(&shared.get(&shared.body, "/hand-outs")?["winners"]), [2, 4]);
    let reviewer = json!(format!("body-{BODY}"));
    for (step, list) in [("", "decisions"), ("/collection", "")] {
        let answer = shared.get(&shared.body, step)?;
        let lots = if list.is_empty() { answer } else { answer[list].clone() };
        let of: Vec<Value> = lots.as_array().context("lots")?.iter().map(|lot| lot["reviewer"].clone()).collect();
        assert_eq!(of, std::slice::from_ref(&reviewer), "{step}");
    }
    let foreign = all.iter().find(|certificate| certificate["row"] == 3).and_then(|one| one["code"].as_str()).context("a code")?;
    let own = all.iter().find(|certificate| certificate["row"] == 2).and_then(|one| one["code"].as_str()).context("a code")?;
    assert_eq!(client.call(Some(&shared.body), "GET", &format!("/v1/certificates/{own}"), None)?.0, 200);
    assert_eq!(client.call(Some(&shared.body), "GET", &format!("/v1/certificates/{foreign}"), None)?.0, 404);
    // The number of the Center's record is the Center's to enter (二、（三）), in letters and digits.
    let enter = |token: &str, number: &str| client.call(Some(token), "PUT", &case.path("/records/5"), Some(&json!({ "number": number })));
    assert_eq!(enter(&shared.body, "ZX510022000001")?.0, 404);
    assert_eq!(enter(&case.unit, "ZX510022000001")?.0, 403);
    for odd in ["", "=1+1", "ZX51/22", "ZX\u{0}1", "-123", "ZX1", &"1".repeat(41)] {
        assert_eq!(enter(&case.center, odd)?.0, 400, "{odd:?}");
    }
    // As people type it: full width, with a space.
    assert_eq!(enter(&case.center, "ＺＸ-５１ 0022")?.0, 200);
    Ok(())
}

#[test]
fn a_statement_of_a_review_had_the_rows_of_every_reviewer_and_no_reason_of_those_approved_all_the_same() -> Result<()> {
    let shared = Shared::authorised()?;
    let (client, case) = (&shared.client, &shared.case);
    let statement = |token: &str, query: &str| client.call(Some(token), "GET", &case.path(&format!("/statement{query}")), None);
    assert_eq!(statement(&case.center, "")?.0, 409, "nobody has decided yet");
    let review = json!({ "refused": [{ "row": 3, "reason": "名次与表彰文件不符" }], "overrides": [{ "row": 5, "reason": "专家组认定" }] });
    assert_eq!(case.step(client, &case.center, "/qualify", review)?.0, 200);
    assert_eq!(statement(&shared.body, "")?.0, 409, "the other reviewer has not");
    // Who has decided does not wait for the other to find its own.
    let mut center = Browser::logged_in(&Stack::shared(), "省职鉴中心")?;
    for path in ["/console/certificates", "/console/hand-out"] {
        center.get(path)?.expect(case.id.as_str())?;
    }
    center.get(&format!("/console/applications/{}", case.id))?.expect("名次与表彰文件不符")?;
    let review = json!({ "overrides": [{ "row": 2, "reason": "本机构核实无误" }] });
    assert_eq!(case.step(client, &shared.body, "/qualify", review)?.0, 200);
    case.until_printed(client)?;
    let (status, centers) = statement(&case.center, "")?;
    assert_eq!((status, rows(&centers["rows"])), (200, vec![3, 5]), "its own, though it sees all: {centers}");
    assert_eq!((&centers["approved"], &centers["refused"], &centers["against_advice"]), (&json!(1), &json!(1), &json!(1)), "{centers}");
    assert_eq!(centers["rows"][0]["refused"], "名次与表彰文件不符", "{centers}");
    assert_eq!(centers["rows"][1]["against_advice"], "专家组认定", "{centers}");
    let (status, bodys) = statement(&shared.body, "")?;
    assert_eq!((status, rows(&bodys["rows"]), &bodys["refused"]), (200, vec![2, 4], &json!(0)), "{bodys}");
    ensure!(bodys["rows"][0]["number"].is_string() && bodys["rows"][0]["against_advice"] == "本机构核实无误", "{bodys}");
    // Page by page.
    let (_, first) = statement(&shared.body, "?size=1")?;
    assert_eq!((rows(&first["rows"]), &first["next_after"]), (vec![2], &json!(2)), "{first}");
    let (_, second) = statement(&shared.body, "?size=1&after=2")?;
    assert_eq!((rows(&second["rows"]), &second["next_after"]), (vec![4], &Value::Null), "{second}");
    assert_eq!(statement(&case.unit, "")?.0, 403);
    // As a page to be signed.
    let mut center = Browser::logged_in(&Stack::shared(), "省职鉴中心")?;
    let page = center.get(&format!("/console/applications/{}/statement", case.id))?;
    for text in ["本机构审核 2 人：1 人通过", "其中 1 人", "仍予通过的理由", "专家组认定", "名次与表彰文件不符", "审核人（签字）"]
    {
        page.expect(text)?;
    }
    let of = |index: usize| shared.folder.person(index).name;
    ensure!(page.text.contains(&of(1)) && page.text.contains(&of(3)), "{}", page.text);
    ensure!(!page.text.contains(&of(0)) && !page.text.contains(&of(2)), "rows of the body: {}", page.text);
    Ok(())
}

#[test]
fn each_page_of_a_volume_is_a_look_with_an_entry() -> Result<()> {
    let (_stack, client, center) = office(10)?;
    let folder = Folder::with_winners(1)?;
    let case = Case::issued(&client, &folder)?;
    case.print(&client)?;
    let edition = case.archive(&client)?["edition"].clone();
    let looks = || -> Result<usize> { Ok(client.chained("AUDIT#")?.iter().filter(|entry| entry["action"] == "consult").count()) };
    let path = case.path(&format!("/archive/{edition}/consult"));
    for (after, wanted) in [(0, 1), (3, 2), (3, 3)] {
        let (status, page) = client.call(Some(&center), "POST", &path, Some(&json!({ "reason": "年度抽查", "after": after })))?;
        assert_eq!(status, 200, "{page}");
        assert_eq!(looks()?, wanted, "from file {after}");
    }
    Ok(())
}

#[test]
fn a_body_that_is_changed_and_changed_back_leaves_entries() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let center = client.token_of("clerk-7", "center", "00")?;
    let enter = |name: &str| -> Result<u16> {
        let body = json!({ "code13": "S000051010177", "name": name, "filed_with_province": true, "scope": [] });
        Ok(client.call(Some(&center), "PUT", "/v1/bodies", Some(&body))?.0)
    };
    let entries = || client.chained("HISTORY#S000051010177#");
    let before = entries()?.len();
    let (name, other) = (format!("样例{}", new_key()), format!("样例{}", new_key()));
    for name in [&name, &other, &name, &name] {
        assert_eq!(enter(name)?, 200);
    }
    let actors: Vec<Value> = entries()?[before..].iter().map(|entry| entry["actor"].clone()).collect();
    assert_eq!(actors, ["clerk-7"; 3].map(Value::from));
    Ok(())
}

#[test]
fn a_folder_in_photos_zip_does_not_stop_a_lot_that_has_its_numbers() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let mut folder = Folder::with_winners(3)?;
    // The row names the folder that its photo lies in.
    folder.set(1, Field::Photo, "照片/");
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let photo = std::fs::read(workflow_tests::saizheng::root().join("functions/certificate/tests/photo.jpg"))?;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    archive.add_directory("照片", plain)?;
    archive.start_file(format!("照片/{}.jpg", folder.person(0).id_number), plain)?;
    archive.write_all(&photo)?;
    let (status, code) = client.upload(&case.forms["photos"], &archive.finish()?.into_inner())?;
    ensure!(status == 204, "{status} {code}");
    until("the photos are judged", || {
        Ok(case.show(&client)?["materials"].as_array().is_some_and(|all| all.iter().any(|one| one["material"] == "photos")))
    })?;
    case.until_status(&client, "submitted")?;
    case.authorise(&client)?;
    case.qualify(&client)?;
    let photos: Vec<Value> = case.until_printed(&client)?.iter().map(|certificate| certificate["photo"].clone()).collect();
    assert_eq!(photos, [json!(true), json!(false), json!(false)]);
    Ok(())
}
