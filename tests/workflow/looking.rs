//! What is looked at before a decision: materials, photos, rows, what changed, the trail; and a review on its way.

use std::io::{Cursor, Read};

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::folder::{BODY_NAME, Folder, filed_contest, jpeg};
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, new_key, until};
use zip::ZipArchive;

const BODY: &str = "S000051010131";
/// A body that has no share of it.
const ELSEWHERE: &str = "S000051010881";

/// An application that a filed body and the Center review rows of: 2 and 4 are the body's, 3 and 5 the Center's.
struct Shared {
    stack: Stack,
    client: Client,
    case: Case,
    body: String,
    folder: Folder,
}

impl Shared {
    fn submitted() -> Result<Self> {
        Self::submitted_with(|_| {})
    }

    fn submitted_with(change: impl FnOnce(&mut Folder)) -> Result<Self> {
        let stack = Stack::shared();
        stack.up()?;
        let client = Client::of(&stack)?;
        let center = client.token("center", "00")?;
        let filed = json!({ "code13": BODY, "name": BODY_NAME, "filed_with_province": true, "units": ["unit-1"],
            "scope": [{ "occupation": "车工", "levels": [3] }, { "occupation": "中式烹调师", "levels": [3] }] });
        ensure!(client.call(Some(&center), "PUT", "/v1/bodies", Some(&filed))?.0 == 200);
        let mut folder = Folder::with_winners(4)?;
        folder.of_class(filed_contest(BODY), "省级二类");
        change(&mut folder);
        folder.write()?;
        let case = Case::create(&client, &folder)?;
        let photo = |index: usize| format!("{}.jpg", folder.person(index).id_number);
        folder.write_photos(&[(&photo(0), &jpeg()), (&photo(1), &jpeg())])?;
        case.upload(&client, &folder, "photos", "photos.zip")?;
        // Before it is complete: from then on nothing of it changes by itself.
        until("the photos are judged", || {
            Ok(case.show(&client)?["materials"].as_array().is_some_and(|all| all.iter().any(|one| one["material"] == "photos")))
        })?;
        case.upload_all(&client, &folder)?;
        case.until_status(&client, "submitted")?;
        let body = client.token("body", BODY)?;
        Ok(Self { stack, client, case, body, folder })
    }

    fn get(&self, token: &str, step: &str) -> Result<Value> {
        let (status, answer) = self.ask(token, step)?;
        ensure!(status == 200, "{step}: {status} {answer}");
        Ok(answer)
    }

    fn ask(&self, token: &str, step: &str) -> Result<(u16, Value)> {
        self.client.call(Some(token), "GET", &self.case.path(step), None)
    }

    fn looks(&self) -> Result<Vec<Value>> {
        Ok(self.get(&self.case.center, "/trail?looks=true")?["entries"].as_array().context("entries")?.clone())
    }

    /// The items of the table that name the application; other tests write others meanwhile.
    fn items(&self) -> Result<usize> {
        Ok(self.client.scan()?.iter().filter(|item| item.to_string().contains(&self.case.id)).count())
    }

    /// Who reviews which row, once it is authorised.
    fn rows_of(&self, token: &str) -> Result<Vec<u64>> {
        Ok(row_numbers(&self.get(token, "/rows")?["rows"]))
    }
}

fn row_numbers(listed: &Value) -> Vec<u64> {
    listed.as_array().into_iter().flatten().filter_map(|line| line["row"].as_u64()).collect()
}

fn material<'m>(shown: &'m Value, name: &str) -> Result<&'m Value> {
    shown["materials"].as_array().and_then(|all| all.iter().find(|one| one["material"] == name)).context("a material")
}

fn count(page: &Value, only: &str) -> Option<u64> {
    page["counts"].as_array()?.iter().find(|count| count["only"] == only)?["count"].as_u64()
}

#[test]
fn staff_see_the_scans_and_photos_before_they_decide_and_each_look_is_an_entry() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    let elsewhere = client.token("body", ELSEWHERE)?;
    assert_eq!(shared.ask(&elsewhere, "/materials")?.0, 404, "not the body's to see");
    let version = case.show(client)?["version"].clone();
    let shown = shared.get(&case.center, "/materials")?;
    for (name, title) in [("contest", "举办竞赛相关文件"), ("commendation", "竞赛表彰文件"), ("summary", "申报汇总表")] {
        let one = material(&shown, name)?;
        let judged = &one["versions"][0];
        assert_eq!((&one["title"], &judged["counts"], &judged["state"]), (&json!(title), &json!(true), &json!("clean")), "{one}");
        let link = judged["link"].as_str().context("a link")?;
        assert!(link.contains("X-Amz-Expires=300") && link.contains("response-content-disposition=inline"), "{link}");
        assert_eq!(shown_as(link)?, "application/pdf", "{one}");
        assert_eq!(client.download(link)?, std::fs::read(shared.folder.path().join(format!("{name}.pdf")))?);
    }
    assert_eq!(case.show(client)?["version"], version, "no look makes a version old");
    let page = shared.get(&case.center, "/photos")?;
    assert_eq!(row_numbers(&page["photos"]), [2, 3, 4, 5]);
    let link = page["photos"][0]["link"].as_str().context("a link")?;
    assert!(client.download(link)?.starts_with(&[0xFF, 0xD8]) && page["photos"][2]["link"].is_null(), "{page}");
    assert!(!link.contains(&shared.folder.person(0).id_number));
    let second = shared.get(&case.center, "/photos?after=2&size=1")?;
    assert_eq!((row_numbers(&second["photos"]), &second["next_after"]), (vec![3], &json!(3)));
    assert_eq!(shared.ask(&case.center, "/photos?size=49")?.0, 400);
    let looks = shared.looks()?;
    let told: Vec<&str> = looks.iter().filter_map(|look| look["detail"].as_str()).collect();
    assert_eq!(told.len(), 3, "{looks:?}");
    assert!(told[0].contains("竞赛表彰文件") && told[1].contains("第 2 至 3 行") && looks[0]["action_word"] == "查看材料", "{looks:?}");
    let out = shared.folder.path().join("materials");
    assert!(shared.stack.run(&["materials", &case.id, "--out", &out.to_string_lossy()])?.status.success());
    assert!(out.join("commendation.pdf").is_file() && out.join("photos/00002.jpg").is_file() && !out.join("photos/00004.jpg").exists());
    assert_eq!(shared.looks()?.len(), 3, "the unit looks at its own");
    assert_eq!(shared.ask(&case.unit, "/trail?looks=true")?.0, 403);
    assert_eq!(shared.ask(&client.token("unit", "unit-2")?, "/materials")?.0, 404);

    // A body that reviews some of the rows: what lists all of them is not shown, its own rows' photos are.
    case.authorise(client)?;
    let shown = shared.get(&shared.body, "/materials")?;
    for (name, withheld) in [("contest", false), ("commendation", false), ("summary", true), ("roster", true), ("photos", true)] {
        let one = material(&shown, name)?;
        assert_eq!((&one["withheld"], one["versions"][0]["link"].is_null()), (&json!(withheld), withheld), "{one}");
    }
    let own = row_numbers(&shared.get(&shared.body, "/photos")?["photos"]);
    assert_eq!(own, shared.rows_of(&shared.body)?);
    assert!(!own.is_empty() && own.len() < 4, "{own:?}");
    assert_eq!(shared.looks()?.len(), 5);
    Ok(())
}

/// The names of the files in a zip, each of which is a PDF.
fn pdfs_of(bytes: &[u8]) -> Result<Vec<String>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut names = Vec::new();
    for index in 0..zip.len() {
        let (mut file, mut bytes) = (zip.by_index(index)?, Vec::new());
        file.read_to_end(&mut bytes)?;
        let name = file.name()?.into_owned();
        ensure!(bytes.starts_with(b"%PDF"), "{name}");
        names.push(name);
    }
    names.sort();
    Ok(names)
}

#[test]
fn the_certificates_that_one_may_see_are_had_in_one_file_called_by_their_codes() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    let zip = |token: &str, method: &str| {
        let body = json!({});
        client.call(Some(token), method, &case.path("/certificates-zip"), Some(&body).filter(|_| method == "POST"))
    };
    assert_eq!(zip(&case.unit, "POST")?.0, 409, "there is no certificate yet");
    assert_eq!(zip(&case.unit, "GET")?.0, 404);
    case.authorise(client)?;
    case.qualify(client)?;
    let (status, answer) = case.step(client, &shared.body, "/qualify", json!({}))?;
    ensure!(status == 200, "{answer}");
    let certificates = case.until_printed(client)?;
    let of = |body: bool| {
        let own = certificates.iter().filter(|one| (one["issuing_body"] == BODY_NAME) == body);
        own.filter_map(|one| Some(format!("{}.pdf", one["code"].as_str()?))).collect::<Vec<_>>()
    };
    let all: Vec<String> = of(true).into_iter().chain(of(false)).collect();
    let made = |token: &str| -> Result<Value> {
        until("nothing is drawn any more", || Ok(zip(token, "POST")?.0 == 202))?;
        let mut made = Value::Null;
        until("the zip", || {
            let (status, answer) = zip(token, "GET")?;
            ensure!(status == 200, "{answer}");
            made = answer["made"].clone();
            Ok(answer["making"] == false)
        })?;
        Ok(made)
    };
    for (token, mut expected) in [(&case.unit, all.clone()), (&case.center, all.clone()), (&shared.body, of(true))] {
        let made = made(token)?;
        expected.sort();
        let link = made["link"].as_str().context("a link")?;
        assert!(link.contains("X-Amz-Expires=300") && !link.contains(&shared.folder.person(0).name), "{link}");
        assert_eq!(pdfs_of(&client.download(link)?)?, expected);
        assert_eq!((made["certificates"].as_u64(), &made["missing"]), (Some(expected.len() as u64), &json!(0)), "{made}");
    }
    assert!(!of(false).is_empty() && !of(true).is_empty(), "{certificates:?}");
    for method in ["POST", "GET"] {
        assert_eq!(zip(&client.token("unit", "unit-2")?, method)?.0, 404);
    }
    // What is revoked is in none, and that the one before is of earlier is told.
    let revoked = of(false).first().context("one of the Center's")?.trim_end_matches(".pdf").to_owned();
    let path = format!("/v1/certificates/{revoked}/revoke");
    let (status, answer) = client.call(Some(&case.center), "POST", &path, Some(&json!({ "reason": "样例" })))?;
    ensure!(status == 200, "{answer}");
    assert_eq!(zip(&case.unit, "GET")?.1["made"]["outdated"], true);
    let out = shared.folder.path().join("zipped");
    let output = shared.stack.run(&["fetch", &case.id, "--zip", "--out", &out.to_string_lossy()])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut expected: Vec<String> = all.into_iter().filter(|name| !name.starts_with(&revoked)).collect();
    expected.sort();
    assert_eq!(pdfs_of(&std::fs::read(out.join("certificates.zip"))?)?, expected);
    Ok(())
}

/// What a browser takes an object for.
fn shown_as(link: &str) -> Result<String> {
    let response = reqwest::blocking::get(link)?.error_for_status()?;
    Ok(response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned())
}

#[test]
fn rows_are_seen_with_their_plan_before_the_authorisation_and_with_their_state_after() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    let items = shared.items()?;
    let page = shared.get(&case.center, "/rows")?;
    assert_eq!(shared.items()?, items, "a preview writes nothing");
    assert_eq!((&page["preview"], &page["total"], row_numbers(&page["rows"])), (&json!(true), &json!(4), vec![2, 3, 4, 5]), "{page}");
    let first = &page["rows"][0];
    assert!(first["prefix"].as_str().is_some_and(|prefix| prefix.len() == 16), "{first}");
    assert_eq!((&first["state_word"], &first["photo"]), (&json!("待授权"), &json!(true)));
    for index in 0..4 {
        assert!(!page.to_string().contains(&shared.folder.person(index).id_number), "numbers are masked");
        assert!(!page.to_string().contains(&shared.folder.person(index).phone));
    }
    assert_eq!(count(&page, "without_photo"), Some(2), "{}", page["counts"]);
    assert_eq!(row_numbers(&shared.get(&case.center, "/rows?only=without_photo")?["rows"]), [4, 5]);
    let half = shared.get(&case.center, "/rows?size=2")?;
    assert_eq!((row_numbers(&half["rows"]), &half["next_after"]), (vec![2, 3], &json!(3)));
    assert_eq!(row_numbers(&shared.get(&case.center, "/rows?size=2&after=3")?["rows"]), [4, 5]);
    assert_eq!(shared.ask(&case.center, "/rows?only=odd")?.0, 400);
    assert_eq!(shared.ask(&client.token("unit", "unit-2")?, "/rows")?.0, 404);
    let reveal = |token: &str, body: Value| client.call(Some(token), "POST", &case.path("/rows/2/reveal"), Some(&body));
    assert_eq!(reveal(&case.center, json!({ "reason": " " }))?.0, 400);
    assert_eq!(reveal(&client.token("body", ELSEWHERE)?, json!({ "reason": "核对证件" }))?.0, 404);
    let (status, told) = reveal(&case.center, json!({ "reason": "与证件原件核对" }))?;
    assert_eq!((status, &told["document_number"]), (200, &json!(shared.folder.person(0).id_number)), "{told}");
    let looks = shared.looks()?;
    assert_eq!(
        (looks.len(), &looks[0]["action"], &looks[0]["detail"]),
        (1, &json!("reveal"), &json!("第 2 行：与证件原件核对")),
        "{looks:?}"
    );

    case.authorise(client)?;
    let own = shared.rows_of(&shared.body)?;
    assert!(!own.is_empty() && own.len() < 4, "{own:?}");
    let refused = own[0];
    let (status, answer) =
        case.step(client, &shared.body, "/qualify", json!({ "refused": [{ "row": refused, "reason": "成绩与表彰文件不符" }] }))?;
    assert_eq!(status, 200, "{answer}");
    case.qualify(client)?;
    case.until_printed(client)?;
    let page = shared.get(&case.unit, "/rows")?;
    assert_eq!(count(&page, "refused"), Some(1));
    for row in page["rows"].as_array().context("rows")? {
        let was_refused = row["row"] == refused;
        assert_eq!(row["state"], json!(if was_refused { "refused" } else { "issued" }), "{row}");
        assert_eq!((row["number"].is_string(), row["reason"].is_string()), (!was_refused, was_refused), "{row}");
    }
    let told = String::from_utf8(shared.stack.run(&["rows", &case.id, "--only", "不予通过"])?.stdout)?;
    let rows = told.lines().filter(|line| !line.starts_with(' ')).count();
    assert!(rows == 1 && told.contains("成绩与表彰文件不符"), "{told}");
    Ok(())
}

#[test]
fn what_a_unit_changed_between_two_hand_ins_is_told_cell_by_cell() -> Result<()> {
    let mut shared = Shared::submitted()?;
    let version = shared.case.show(&shared.client)?["version"].clone();
    shared.folder.set(1, Field::Employer, "另一家样例公司");
    shared.folder.write_roster(|_| Ok(()))?;
    shared.case.upload(&shared.client, &shared.folder, "roster", "roster.xlsx")?;
    shared.case.until_submitted_after(&shared.client, &version)?;
    let case = &shared.case;
    let told = shared.get(&case.center, "/differences")?;
    assert_eq!((&told["total"], &told["rows"][0]["row"], &told["rows"][0]["was"]), (&json!(1), &json!(3), &json!(3)), "{told}");
    let cell = &told["rows"][0]["cells"][0];
    assert_eq!((&cell["column"], &cell["after"]), (&json!("工作单位"), &json!("另一家样例公司")), "{told}");
    assert_eq!(row_numbers(&shared.get(&case.center, "/rows?only=changed")?["rows"]), [3]);
    let same = format!("/differences?from={0}&to={0}", told["to"]["version"].as_str().context("a version")?);
    assert_eq!(shared.get(&case.center, &same)?["total"], json!(0));
    assert_eq!(shared.ask(&case.center, "/differences?from=none")?.0, 404);
    let line = String::from_utf8(shared.stack.run(&["differences", &case.id])?.stdout)?;
    assert!(line.contains("第 3 行") && line.contains("改为“另一家样例公司”"), "{line}");
    // What is shown of the version before is still there.
    let versions = material(&shared.get(&case.center, "/materials")?, "roster")?["versions"].clone();
    assert_eq!((versions.as_array().map(Vec::len), &versions[0]["counts"], &versions[1]["counts"]), (Some(2), &json!(true), &json!(false)));
    Ok(())
}

#[test]
fn a_trail_tells_who_did_what_on_which_clause_to_whoever_may_know() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    assert_eq!(case.step(client, &case.center, "/return", json!({ "reason": "名单与表彰文件不符" }))?.0, 200);
    let version = case.show(client)?["version"].clone();
    case.upload(client, &shared.folder, "contest", "contest.pdf")?;
    case.until_submitted_after(client, &version)?;
    case.authorise(client)?;
    case.qualify(client)?;
    let words = |trail: &Value| -> Vec<String> {
        trail["entries"].as_array().into_iter().flatten().filter_map(|one| one["action_word"].as_str().map(str::to_owned)).collect()
    };
    let whole = shared.get(&case.center, "/trail")?;
    assert_eq!(words(&whole), ["退回", "授权", "资格审核"], "{whole}");
    let returned = &whole["entries"][0];
    assert_eq!((&returned["detail"], &returned["actor"]), (&json!("名单与表彰文件不符"), &json!("test-center")));
    assert!(
        returned["clause"].as_str().is_some_and(|clause| clause.starts_with("五"))
            && returned["at"].as_str().is_some_and(|at| at.ends_with('Z'))
    );
    let own = shared.get(&case.unit, "/trail")?;
    assert_eq!(words(&own).len(), 3);
    assert!(own["entries"].as_array().is_some_and(|all| all.iter().all(|entry| entry["actor"].is_null())), "accounts of others: {own}");
    let second = shared.get(&case.center, "/trail?after=1&size=1")?;
    assert_eq!((words(&second), &second["next_after"]), (vec!["授权".to_owned()], &json!(2)));
    assert_eq!(words(&shared.get(&case.center, "/trail?after=99999999999")?), [""; 0]);
    assert_eq!(words(&shared.get(&shared.body, "/trail")?), ["退回", "授权", "资格审核"]);
    assert_eq!(shared.ask(&client.token("unit", "unit-2")?, "/trail")?.0, 404);
    Ok(())
}

#[test]
fn a_draft_is_shared_by_its_issuing_unit_and_nobody_writes_over_what_he_has_not_seen() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    let draft = |token: &str, method: &str, step: &str, body: Option<&Value>| {
        client.call(Some(token), method, &case.path(&format!("/review-draft{step}")), body)
    };
    assert_eq!(draft(&shared.body, "GET", "", None)?.0, 403, "before the authorisation");
    case.authorise(client)?;
    let other = client.token_of("second", "body", BODY)?;
    let own = shared.rows_of(&shared.body)?;
    let (_, empty) = draft(&shared.body, "GET", "", None)?;
    assert_eq!((&empty["revision"], &empty["refused"]), (&Value::Null, &json!([])), "{empty}");
    let said = json!({ "refused": [{ "row": own[0], "reason": "" }], "notes": [{ "row": own[0], "text": "等主办单位来电" }] });
    let (status, saved) = draft(&shared.body, "PUT", "", Some(&said))?;
    assert_eq!((status, &saved["saved_by"]), (200, &json!("test-body")), "{saved}");
    assert_eq!(draft(&shared.body, "PUT", "", Some(&said))?.0, 200, "the same again, after a lost answer");
    // A second person who has not seen it.
    let others = json!({ "refused": [], "notes": [{ "row": own[0], "text": "另一人" }] });
    let (status, told) = draft(&other, "PUT", "", Some(&others))?;
    assert_eq!(status, 409, "{told}");
    let (_, seen) = draft(&other, "GET", "", None)?;
    assert_eq!((&seen["revision"], &seen["notes"], &seen["refused"]), (&saved["revision"], &saved["notes"], &saved["refused"]));
    let mut anew = others;
    anew["seen"] = seen["revision"].clone();
    let (status, second) = draft(&other, "PUT", "", Some(&anew))?;
    assert_eq!((status, &second["saved_by"]), (200, &json!("second")), "{second}");
    let row = shared.get(&shared.body, "/rows")?["rows"][0].clone();
    assert_eq!(row["draft"], json!({ "refused": null, "approved": null, "note": "另一人" }), "{row}");
    assert_eq!(shared.get(&case.center, "/rows")?["rows"][0]["draft"], Value::Null, "another's draft");
    let foreign = shared.rows_of(&case.center)?.into_iter().find(|row| !own.contains(row)).context("a row of the Center's")?;
    let odd = json!({ "seen": second["revision"], "refused": [{ "row": foreign, "reason": "甲" }] });
    assert_eq!(draft(&shared.body, "PUT", "", Some(&odd))?.0, 400);
    assert_eq!(draft(&case.unit, "PUT", "", Some(&said))?.0, 403);
    let old = format!("?revision={}", saved["revision"].as_str().context("a revision")?);
    assert_eq!(draft(&shared.body, "DELETE", &old, None)?.0, 409, "not the one that was seen");
    // Decided: it is gone, and its objects with it.
    let (status, answer) = case.step(client, &shared.body, "/qualify", json!({}))?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(draft(&shared.body, "GET", "", None)?.0, 409);
    let drafts = |item: &Value| {
        item["pk"]["S"] == json!(format!("APPLICATION#{}", case.id)) && item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("DRAFT#"))
    };
    assert!(!client.scan()?.iter().any(drafts));
    assert_eq!(client.list(workflow_tests::case::BUCKET, &format!("drafts/{}/", case.id))?, [""; 0]);
    // Another one of the Center, thrown away.
    let (_, saved) = draft(&case.center, "PUT", "", Some(&json!({ "notes": [{ "row": foreign, "text": "核对照片" }] })))?;
    let now = format!("?revision={}", saved["revision"].as_str().context("a revision")?);
    assert_eq!(draft(&case.center, "DELETE", &now, None)?.0, 200);
    assert_eq!(draft(&case.center, "GET", "", None)?.1["revision"], Value::Null);
    Ok(())
}

#[test]
fn winners_are_found_by_name_or_number_by_whoever_may_see_their_rows_and_a_number_is_an_entry() -> Result<()> {
    // A name that nobody else on the stack has.
    let name: String =
        new_key().chars().take(8).filter_map(|c| "零一二三四五六七八九甲乙丙丁戊己".chars().nth(c.to_digit(16)? as usize)).collect();
    let mut shared = Shared::submitted_with(|folder| folder.set(0, Field::Name, &format!("张{name}")))?;
    let second = json!({ "document_number": shared.folder.person(1).id_number });
    let (person, mut folder) = (shared.folder.person(0), std::mem::replace(&mut shared.folder, Folder::with_winners(1)?));
    let (client, case) = (&shared.client, &shared.case);
    let search = |token: &str, body: &Value| client.call(Some(token), "POST", "/v1/search", Some(body));
    let own = |answer: &Value| -> Vec<Value> {
        answer["rows"].as_array().into_iter().flatten().filter(|row| row["application"] == json!(case.id)).cloned().collect()
    };
    let number = json!({ "document_number": person.id_number.to_ascii_lowercase() });
    let entries = || -> Result<usize> { Ok(client.chained("HISTORY#")?.iter().filter(|entry| entry["action"] == "search").count()) };
    let before = entries()?;
    let (status, found) = search(&case.center, &number)?;
    assert_eq!((status, own(&found).len(), &own(&found)[0]["row"]), (200, 1, &json!(2)), "{found}");
    assert!(!found.to_string().contains(&person.id_number) && !found.to_string().contains(&person.phone), "{found}");
    assert_eq!(entries()?, before + 1);
    assert!(!client.chained("HISTORY#")?.iter().any(|entry| entry.to_string().contains(&person.id_number)));
    assert_eq!(own(&found)[0]["name"], json!(format!("张{name}")));
    let name = json!({ "name": format!(" 张{name}") });
    assert_eq!(own(&search(&case.unit, &name)?.1).len(), 1, "the unit's own");
    assert_eq!(entries()?, before + 1, "a name is no entry");
    assert_eq!(own(&search(&client.token("unit", "unit-2")?, &number)?.1), Vec::<Value>::new());
    assert_eq!(own(&search(&client.token("body", ELSEWHERE)?, &number)?.1), Vec::<Value>::new(), "not the body's to see");
    for odd in [json!({}), json!({ "name": "甲", "document_number": "1" }), json!({ "name": "甲".repeat(61) })] {
        assert_eq!(search(&case.center, &odd)?.0, 400, "{odd}");
    }
    // Another winner in the row: the one before is not found there any more.
    let version = case.show(client)?["version"].clone();
    folder.rows.remove(0);
    folder.write_roster(|_| Ok(()))?;
    case.upload(client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(client, &version)?;
    assert_eq!(own(&search(&case.center, &number)?.1), Vec::<Value>::new(), "not in the roster any more");
    case.authorise(client)?;
    case.qualify(client)?;
    let (status, answer) = case.step(client, &shared.body, "/qualify", json!({}))?;
    assert_eq!(status, 200, "{answer}");
    case.until_printed(client)?;
    let found = own(&search(&case.center, &second)?.1);
    assert!(found.len() == 1 && found[0]["row"] == 2 && found[0]["number"].is_string(), "{found:?}");
    Ok(())
}

#[test]
fn a_sample_of_each_kind_is_drawn_before_anything_is_decided_and_spends_no_number() -> Result<()> {
    let shared = Shared::submitted()?;
    let (client, case) = (&shared.client, &shared.case);
    let items = shared.items()?;
    let ask = |token: &str| client.call(Some(token), "POST", &case.path("/samples"), None);
    let (status, samples) = ask(&case.unit)?;
    assert_eq!((status, &samples["preview"]), (200, &json!(true)), "{samples}");
    assert_eq!(shared.items()?, items, "nothing is written into the table");
    let file = &samples["files"][0];
    assert_eq!((&file["certificate_type"], &file["problem"]), (&json!("skill_level"), &Value::Null), "{samples}");
    let pages = file["pages"].as_array().context("pages")?;
    let kinds: std::collections::BTreeSet<String> =
        pages.iter().map(|page| format!("{} {}", page["level"], page["issuing_body"])).collect();
    assert!(kinds.len() >= 2 && pages.len() >= kinds.len(), "{file}");
    let pdf = client.download(file["link"].as_str().context("a link")?)?;
    assert_eq!(lopdf::Document::load_mem(&pdf)?.get_pages().len(), pages.len());
    let text = paper::text(&pdf)?;
    assert!(text.contains("510") && !(0..4).any(|index| text.contains(&shared.folder.person(index).id_number)), "no number as a whole");
    assert_eq!(ask(&case.unit)?.1["files"][0]["pages"], file["pages"], "the same again");
    assert_eq!(ask(&client.token("unit", "unit-2")?)?.0, 404);
    Ok(())
}

#[test]
fn certificates_are_changed_from_a_list_all_or_none_after_a_preview() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let folder = Folder::with_winners(3)?;
    let case = Case::issued(&client, &folder)?;
    let codes: Vec<String> = case.certificates(&client)?.iter().filter_map(|one| one["code"].as_str().map(str::to_owned)).collect();
    assert_eq!(codes.len(), 3);
    let change = |token: &str, body: &Value| client.call(Some(token), "POST", "/v1/certificates/changes", Some(body));
    let list = |codes: &[&str]| codes.iter().map(|code| json!({ "code": code })).collect::<Vec<_>>();
    let mut revoke =
        json!({ "change": "revoke", "reason": "名单重复申报", "certificates": list(&[&codes[0], &codes[1]]), "preview": true });
    let (status, told) = change(&case.center, &revoke)?;
    assert_eq!((status, &told["changed"]), (200, &json!(2)), "{told}");
    assert!(case.certificates(&client)?.iter().all(|one| one["revoked"].is_null()), "a preview changes nothing");
    let unknown = "S000051000000299J99999";
    let odd = json!({ "change": "revoke", "reason": "甲", "certificates": list(&[&codes[0], unknown]) });
    let (status, told) = change(&case.center, &odd)?;
    assert!(status == 400 && told.to_string().contains("没有办理") && told.to_string().contains(unknown), "{told}");
    assert!(case.certificates(&client)?.iter().all(|one| one["revoked"].is_null()), "all or none");
    let twice = json!({ "change": "revoke", "reason": "甲", "certificates": list(&[&codes[0], &codes[0]]) });
    assert_eq!(change(&case.center, &twice)?.0, 400);
    let (status, told) = change(&client.token("body", BODY)?, &revoke)?;
    assert_eq!((status, &told["changed"]), (200, &json!(0)), "not its own: {told}");
    assert_eq!(change(&case.unit, &revoke)?.1["changed"], json!(0));
    revoke["preview"] = json!(false);
    let (status, told) = change(&case.center, &revoke)?;
    assert_eq!((status, &told["changed"]), (200, &json!(2)), "{told}");
    let revoked = case.certificates(&client)?.iter().filter(|one| one["state"] == "revoked").count();
    assert_eq!(revoked, 2);
    let file = folder.path().join("list.csv");
    std::fs::write(&file, format!("证书编码\n{}\n", codes[2]))?;
    let output = stack.run(&["certificates", "reissue", &file.to_string_lossy(), "--reason", "证书遗失", "--preview"])?;
    let said = String::from_utf8(output.stdout)?;
    assert!(output.status.success() && said.contains("可以办理"), "{said}");
    // A correction from a list: seen first, then made.
    std::fs::write(&file, format!("证书编码,姓名\n{},张样例改\n", codes[2]))?;
    let correct = |more: &[&str]| {
        let list = file.to_string_lossy();
        let output = stack.run(&[&["certificates", "correct", &list, "--reason", "姓名有误"], more].concat())?;
        Ok::<_, anyhow::Error>((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let name = || {
        Ok::<_, anyhow::Error>(
            case.certificates(&client)?.iter().find(|one| one["code"] == codes[2].as_str()).context("it")?["name"].clone(),
        )
    };
    let (code, said) = correct(&["--preview"])?;
    assert!(code == Some(0) && said.contains("可以办理") && name()? != "张样例改", "{said}");
    let (code, said) = correct(&[])?;
    assert!(code == Some(0) && said.contains("已办理") && name()? == "张样例改", "{said}");
    Ok(())
}
