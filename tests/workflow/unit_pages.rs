//! What a unit does in the console beyond handing in: cells put right at the findings, the contest's record corrected, the template, photos;
//! and the public page by a certificate's file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rules::intake::contest::Contest;
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::{BUCKET, Case};
use workflow_tests::folder::{Folder, jpeg, notice};
use workflow_tests::saizheng::{Client, Stack, until};

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

/// The parts of a workbook, by name.
fn parts(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let (name, mut content) = (part.name()?.into_owned(), Vec::new());
        part.read_to_end(&mut content)?;
        parts.insert(name, content);
    }
    Ok(parts)
}

fn roster_in_the_bucket(client: &Client, id: &str) -> Result<Vec<u8>> {
    client.object(BUCKET, &format!("inbox/unit-1/{id}/roster.xlsx"))?.context("a roster")
}

/// A material (`/roster`, `/photos`) as the unit sees it, once its newest version is judged.
fn judged(client: &Client, case: &Case, material: &str) -> Result<Value> {
    let mut shown = Value::Null;
    until("the newest version is judged", || {
        shown = client.call(Some(&case.unit), "GET", &case.path(material), None)?.1;
        Ok(shown["version"].is_string() && shown["judging"] == false)
    })?;
    Ok(shown)
}

#[test]
fn cells_are_put_right_in_the_page_and_everything_else_stays_as_it_was() -> Result<()> {
    let (stack, client) = shared()?;
    let mut folder = Folder::with_winners(3)?;
    folder.set(0, Field::Level, "四级半");
    folder.set(1, Field::Phone, "123");
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let seen = judged(&client, &case, "/roster")?;
    let profile = notice()?.roster;
    let cell = |field: Field, row: u32| {
        let column = profile.position(field).context("a column")?;
        Ok::<_, anyhow::Error>(format!("{}{row}", rules::values::finding::column_letters(column)))
    };
    let (level, phone) = (cell(Field::Level, 2)?, cell(Field::Phone, 3)?);
    let cells: Vec<&str> = seen["rows"]
        .as_array()
        .context("rows")?
        .iter()
        .flat_map(|row| row["cells"].as_array())
        .flatten()
        .filter_map(|cell| cell["cell"].as_str())
        .collect();
    ensure!(cells.contains(&level.as_str()) && cells.contains(&phone.as_str()) && seen["clean"] == false, "{seen}");
    ensure!(!seen["causes"].as_array().context("causes")?.is_empty(), "{seen}");

    // In the page: each cell with its field, its message and the way out; nobody else's.
    let page_path = format!("/console/applications/{}/roster", case.id);
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let page = unit.get(&page_path)?;
    for text in ["四级半", "逐格改正", "改法：", &format!("name=\"cell-{level}\"")] {
        page.expect(text)?;
    }
    ensure!(!page.text.contains(&folder.person(0).id_number), "a number that nothing is wrong with");
    for (account, status) in [("牵头主办单位 unit-2", 404), ("省职鉴中心", 403)] {
        let mut other = Browser::logged_in(&stack, account)?;
        ensure!(other.get(&page_path)?.status == status, "{account}");
    }
    let before = roster_in_the_bucket(&client, &case.id)?;
    let form = page.form("/roster")?;
    let nothing = unit.submit(&page, &form, &[])?;
    ensure!(nothing.status == 400 && nothing.text.contains("没有改动"), "{}", nothing.text);
    let (level_name, phone_name) = (format!("cell-{level}"), format!("cell-{phone}"));
    let (shown_level, shown_phone) = (level.as_str(), phone.as_str());
    let right_phone = folder.person(1).phone;
    let right = [(level_name.as_str(), "三级/高级工"), (phone_name.as_str(), right_phone.as_str())];
    ensure!(form.hidden.iter().any(|(name, value)| name == "shown" && value == shown_level), "{form:?}");
    ensure!(form.hidden.iter().any(|(name, value)| name == "shown" && value == shown_phone), "{form:?}");
    let done = unit.submit(&page, &form, &right)?;
    done.expect("已改正")?;
    let after = judged(&client, &case, "/roster")?;
    ensure!(after["version"] != seen["version"] && after["clean"] == true, "{after}");
    case.until_status(&client, "submitted")?;

    // The workbook: the two cells, and nothing else of it.
    let corrected = roster_in_the_bucket(&client, &case.id)?;
    let (old, new) = (parts(&before)?, parts(&corrected)?);
    let changed: Vec<&String> = old.keys().filter(|name| old.get(*name) != new.get(*name)).collect();
    ensure!(changed == ["xl/worksheets/sheet1.xml"] && old.len() == new.len(), "{changed:?}");
    let rows: BTreeSet<u32> = (1..=4).collect();
    let (mut was, is) = (roster::excerpt(&before, &profile, &rows), roster::excerpt(&corrected, &profile, &rows));
    let at = |field| Ok::<_, anyhow::Error>(usize::from(profile.position(field).context("a column")?));
    was[1].cells[at(Field::Level)?].text = "三级/高级工".to_owned();
    was[2].cells[at(Field::Phone)?].text.clone_from(&folder.person(1).phone);
    ensure!(was == is, "{was:?} {is:?}");

    // By the version that was seen before, by others, and where nothing can be put right.
    let correct = |token: &str, version: &Value, cell: &str, text: &str| {
        let body = json!({ "version": version, "cells": [{ "cell": cell, "text": text }] });
        client.call(Some(token), "PUT", &case.path("/roster/cells"), Some(&body))
    };
    let (status, answer) = correct(&case.unit, &seen["version"], &level, "二级/技师")?;
    ensure!(status == 409 && answer.to_string().contains("新的版本"), "{status} {answer}");
    ensure!(roster_in_the_bucket(&client, &case.id)? == corrected, "nobody's work is overwritten");
    ensure!(
        correct(&case.unit, &after["version"], "A1", "x")?.0 == 400 && correct(&case.unit, &after["version"], "B999", "x")?.0 == 400,
        "no such cell"
    );
    ensure!(correct(&case.center, &after["version"], &level, "x")?.0 == 403, "the Center");
    ensure!(correct(&client.token("unit", "unit-2")?, &after["version"], &level, "x")?.0 == 404, "another unit");
    let (status, answer) = correct(&case.unit, &after["version"], &level, "二级/技师")?;
    ensure!(status == 200 && answer["cells"] == 1, "{status} {answer}");
    judged(&client, &case, "/roster")?;
    case.authorise(&client).or_else(|_| case.until_status(&client, "submitted").and_then(|_| case.authorise(&client)))?;
    ensure!(correct(&case.unit, &answer["version"], &level, "三级/高级工")?.0 == 409, "after the authorisation no material counts");
    Ok(())
}

#[test]
fn the_template_of_an_application_has_its_contest_filled_in() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(1)?;
    let case = Case::create(&client, &folder)?;
    let (status, answer) = client.call(Some(&case.unit), "GET", &case.path("/template"), None)?;
    ensure!(status == 200, "{status} {answer}");
    let workbook = BASE64_STANDARD.decode(answer["workbook_base64"].as_str().context("a workbook")?)?;
    let contest: Contest = toml::from_str(&folder.contest)?;
    let profile = notice()?.roster;
    let rows = roster::excerpt(&workbook, &profile, &(2..=u32::try_from(contest.events.len())? + 1).collect());
    let at = |field| Ok::<_, anyhow::Error>(usize::from(profile.position(field).context("a column")?));
    for (row, event) in rows.iter().zip(&contest.events) {
        ensure!(row.cells[at(Field::Event)?].text == event.name && row.cells[at(Field::Contest)?].text == contest.name, "{row:?}");
        ensure!(row.cells[at(Field::Name)?].text.is_empty(), "{row:?}");
    }
    ensure!(rows.len() == contest.events.len() && answer["rows"] == contest.events.len(), "{rows:?}");
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let path = format!("/console/applications/{}", case.id);
    let page = unit.get(&format!("{path}/upload"))?;
    for step in ["1 下载模板", "2 上传", "3 校验", "4 确认", "5 结果"] {
        page.expect(step)?;
    }
    let file = unit.look(&format!("{path}/template"))?;
    ensure!(file.status == 200 && file.headers["content-disposition"].contains("roster.xlsx"), "{:?}", file.headers);
    ensure!(client.call(Some(&case.center), "GET", &case.path("/template"), None)?.0 == 403, "the Center");
    Ok(())
}

#[test]
fn a_contest_is_written_by_looking_occupations_up_and_corrected_by_the_same_form() -> Result<()> {
    let (stack, client) = shared()?;
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let folder = Folder::with_winners(1)?;
    let contest: Contest = toml::from_str(&folder.contest)?;
    let page = unit.get("/console/applications/new")?;
    let form = page.form("/console/applications")?;
    // Looked up: nothing is created, and what was typed stands there.
    let typed = [
        ("name", "只是查找"),
        ("event-name", "a"),
        ("event-occupation", "车工"),
        ("event-code", ""),
        ("event-job", ""),
        ("event-winners", ""),
    ];
    let found = unit.submit(&page, &form, &[&typed[..], &[("find", "1")]].concat())?;
    found.expect("6-18-01-01 车工")?;
    ensure!(found.status == 200 && found.text.contains("value=\"只是查找\""), "{}", found.text);
    let more = unit.submit(&page, &form, &[&typed[..], &[("more", "1")]].concat())?;
    more.expect("赛项 5")?;
    let unread = unit.submit(&page, &form, &[("read", "1"), ("toml", "name =")])?;
    unread.expect("contest.toml 第 1 行")?;
    // A record that was written before fills the form in.
    let read = unit.submit(&page, &form, &[("read", "1"), ("toml", &folder.contest)])?;
    read.expect(&format!("value=\"{}\"", contest.committee))?;
    ensure!(read.text.contains("6-18-01-01") && read.text.contains("selected>省级一类"), "{}", read.text);

    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &{
        folder.write()?;
        folder
    })?;
    case.until_status(&client, "submitted")?;
    let path = format!("/console/applications/{}/contest", case.id);
    let application = unit.get(&format!("/console/applications/{}", case.id))?;
    application.expect("先撤回申报再更正")?;
    ensure!(!application.text.contains(&path), "what is handed in is not corrected by its unit");
    ensure!(case.step(&client, &case.unit, "/withdraw", json!({ "reason": "组委会名称有误" }))?.0 == 200, "withdrawn");
    unit.get(&format!("/console/applications/{}", case.id))?.expect("更正大赛信息")?;
    let page = unit.get(&path)?;
    page.expect(&format!("value=\"{}\"", contest.name))?;
    let form = page.form_with("更正大赛信息")?;
    let committee = "样例组委会（更正）";
    let record = fields(&contest, committee);
    let record: Vec<(&str, &str)> = record.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let corrected = unit.submit(&page, &form, &record)?;
    corrected.expect("大赛信息已更正")?;
    ensure!(case.show(&client)?["contest"]["committee"] == committee, "corrected");
    let stale = unit.submit(&page, &form, &[&record[..], &[("once", "again")]].concat())?;
    ensure!(stale.status == 422 && stale.text.contains("表单已经提交过"), "{}", stale.text);
    let mut other = Browser::logged_in(&stack, "牵头主办单位 unit-2")?;
    ensure!(other.get(&path)?.status == 404, "another unit");
    Ok(())
}

/// The form of a record.
fn fields(contest: &Contest, committee: &str) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", contest.name.clone()),
        ("class", contest.class.name().to_owned()),
        ("jurisdiction", contest.jurisdiction.clone()),
        ("hrss_hosted", contest.hrss_hosted.to_string()),
        ("committee", committee.to_owned()),
        ("year", contest.year.to_string()),
        ("final_on", contest.final_on.to_string()),
        ("issued_on", contest.issued_on.to_string()),
        ("organiser", contest.organiser.clone()),
    ];
    for event in &contest.events {
        fields.push(("event-name", event.name.clone()));
        fields.push(("event-occupation", event.occupation.clone()));
        fields.push(("event-code", event.occupation_code.clone()));
        fields.push(("event-job", event.job.clone().unwrap_or_default()));
        fields.push(("event-winners", String::new()));
    }
    fields
}

#[test]
fn one_photo_is_added_or_replaced_and_the_others_stay() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(3)?;
    folder.write()?;
    let (first, second) = (folder.person(0), folder.person(1));
    folder.write_photos(&[("合影/乙.jpg", &jpeg()), (&format!("{}.jpg", first.id_number), &jpeg())])?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let path = format!("/console/applications/{}/photos", case.id);
    let archive = || client.object(BUCKET, &format!("inbox/unit-1/{}/photos.zip", case.id))?.context("an archive");
    // None was handed in yet: one photo makes an archive.
    let page = unit.get(&path)?;
    let form = page.form("/rows/3/photo")?;
    let wrong = unit.upload(&page, &form, b"%PDF-1.7 none")?;
    ensure!(wrong.status == 400 && wrong.text.contains("不是 JPG 或 PNG"), "{} {}", wrong.status, wrong.text);
    let large = unit.upload(&page, &form, &vec![0xFF; (2 << 20) + 1])?;
    ensure!(large.status == 400 && large.text.contains("超过 2 MB"), "{} {}", large.status, large.text);
    unit.upload(&page, &page.form("/rows/3/photo")?, &jpeg())?.expect("照片已换上")?;
    let seen = judged(&client, &case, "/photos")?;
    ensure!(seen["photos"][1]["link"].is_string() && seen["photos"][0]["link"].is_null(), "{seen}");
    ensure!(parts(&archive()?)?.keys().eq([&format!("{}.jpg", second.id_number)]), "named so that it is taken for the row");

    // With the unit's own archive: the row's photo is another one, every other part as it lay there.
    case.upload(&client, &folder, "photos", "photos.zip")?;
    until("the other archive", || Ok(judged(&client, &case, "/photos")?["version"] != seen["version"]))?;
    let before = judged(&client, &case, "/photos")?;
    let replace = |token: &str, row: u32, version: &Value, photo: &[u8]| {
        let body = json!({ "version": version, "photo_base64": BASE64_STANDARD.encode(photo) });
        client.call(Some(token), "PUT", &case.path(&format!("/rows/{row}/photo")), Some(&body))
    };
    // The same picture with a byte behind its end: another file.
    let other = [jpeg(), vec![0]].concat();
    let (status, answer) = replace(&case.unit, 2, &before["version"], &other)?;
    ensure!(status == 200, "{status} {answer}");
    let (old, new) = (before, parts(&archive()?)?);
    let expected = BTreeMap::from([("合影/乙.jpg".to_owned(), jpeg()), (format!("{}.jpg", first.id_number), other.clone())]);
    ensure!(new == expected, "{:?}", new.keys());
    let after = judged(&client, &case, "/photos")?;
    ensure!(after["version"] == answer["version"] && after["photos"][0]["link"].is_string(), "{after}");
    case.until_status(&client, "submitted")?;
    // By the version that was seen before, by others, of no row.
    ensure!(replace(&case.unit, 2, &old["version"], &jpeg())?.0 == 409, "nobody's work is overwritten");
    ensure!(replace(&case.unit, 2, &Value::Null, &jpeg())?.0 == 409, "nor as if there were none");
    ensure!(replace(&case.unit, 99, &after["version"], &jpeg())?.0 == 404, "no such row");
    ensure!(replace(&case.center, 2, &after["version"], &jpeg())?.0 == 403, "the Center");
    ensure!(replace(&client.token("unit", "unit-2")?, 2, &after["version"], &jpeg())?.0 == 404, "another unit");
    case.authorise(&client)?;
    ensure!(replace(&case.unit, 2, &after["version"], &jpeg())?.0 == 409, "after the authorisation no material counts");
    ensure!(unit.get(&path)?.forms().iter().all(|form| !form.action.ends_with("/photo")), "nor is it offered");
    Ok(())
}

#[test]
fn photos_stand_against_the_rows_and_a_winner_is_found_for_the_hand_out() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    folder.write_photos(&[(&format!("{}.jpg", folder.person(0).id_number), &jpeg())])?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.upload(&client, &folder, "photos", "photos.zip")?;
    case.until_status(&client, "submitted")?;
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let mut page = unit.get(&format!("/console/applications/{}/photos", case.id))?;
    until("the photo is shown", || {
        page = unit.get(&format!("/console/applications/{}/photos", case.id))?;
        Ok(page.text.contains(&format!("alt=\"{}的照片\"", folder.person(0).name)))
    })?;
    page.expect("没有照片")?;
    page.expect("上传照片")?;
    case.authorise(&client)?;
    case.qualify(&client)?;
    case.until_printed(&client)?;
    // By a part of the name, by the code, by what the QR code says; what is looked for stands in no address.
    let certificates = case.certificates(&client)?;
    let code = certificates[0]["code"].as_str().context("a code")?.to_owned();
    let (first, second) = (folder.person(0).name, folder.person(1).name);
    let path = format!("/console/hand-out/{}", case.id);
    let page = unit.get(&path)?;
    let form = page.form_with("查找")?;
    let found = unit.submit(&page, &form, &[("find", &first)])?;
    ensure!(found.status == 200 && found.url.path() == path && found.url.query().is_none(), "{}", found.url);
    ensure!(found.text.contains(&code) && found.text.contains(">PDF</a>"), "its file, where it is handed out: {}", found.text);
    unit.get(&format!("/console/certificates?code={code}"))?.expect(">PDF</a>")?;
    for text in [code.clone(), format!("https://example.cn/verify?code={code}&s=abc")] {
        let found = unit.submit(&page, &form, &[("find", &text)])?;
        ensure!(found.text.contains(&first) && !found.text.contains(&second), "{text}: {}", found.text);
    }
    let none = unit.submit(&page, &form, &[("find", "没有这个人")])?;
    none.expect("没有这样的选手")?;
    let (status, answer) = client.call(Some(&case.unit), "POST", &case.path("/hand-outs/search"), Some(&json!({ "text": code })))?;
    ensure!(status == 200 && answer["winners"].as_array().is_some_and(|winners| winners.len() == 1), "{status} {answer}");
    let (status, _) =
        client.call(Some(&client.token("unit", "unit-2")?), "POST", &case.path("/hand-outs/search"), Some(&json!({ "text": code })))?;
    ensure!(status == 404, "another unit: {status}");

    // Its file proves it on the public page, without a script; another file proves nothing.
    let pdf = client.download(certificates[0]["pdf"].as_str().context("a link")?)?;
    let mut anybody = Browser::of(&stack)?;
    let page = anybody.get("/verify")?;
    let form = page.form_with("核验")?;
    let told = anybody.upload(&page, &form, &pdf)?;
    for text in ["有效", &first, &code] {
        told.expect(text)?;
    }
    let other = anybody.upload(&page, &form, b"%PDF-1.7 none")?;
    ensure!(other.status == 400 && other.text.contains("没有可以核验的内容"), "{}", other.text);
    let large = anybody.upload(&page, &form, &vec![b' '; (4 << 20) + 1])?;
    ensure!(large.status == 400 || large.status == 413, "{}", large.status);
    let offline = anybody.look("/verify?offline=1")?;
    ensure!(
        offline.headers["content-disposition"].contains("verify-offline.html") && offline.text.contains("Ed25519"),
        "{}",
        offline.status
    );
    Ok(())
}
