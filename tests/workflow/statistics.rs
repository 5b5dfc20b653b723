//! The statistics of a year: counted on order and every night, as tables, workbook and page, without anybody's name.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use calamine::{Reader, Xlsx};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, office, reconcile};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

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

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.client.call(Some(&self.center), "POST", path, Some(body))?;
        ensure!((200..300).contains(&status), "{path}: {status} {answer}");
        Ok(answer)
    }

    fn shown(&self, year: i16) -> Result<(u16, Value)> {
        self.client.call(Some(&self.center), "GET", &format!("/v1/statistics/{year}"), None)
    }

    /// What was counted last, once the latest order is carried out: tables, workbook, page.
    fn counted(&self, year: i16) -> Result<(Value, Vec<u8>, String)> {
        let mut counted = Value::Null;
        until("counted", || {
            let (status, shown) = self.shown(year)?;
            counted = shown["counted"].clone();
            Ok(status == 200 && shown["counting"] == false)
        })?;
        let read = |which: &str| self.client.download(counted[which].as_str().context("a link")?);
        Ok((serde_json::from_slice(&read("json")?)?, read("workbook")?, String::from_utf8(read("page")?)?))
    }
}

fn line<'t>(tables: &'t Value, by: &str, label: &str) -> Option<&'t Value> {
    let table = tables["tables"].as_array()?.iter().find(|table| table["by"] == by)?;
    table["lines"].as_array()?.iter().find(|line| line["label"] == label)
}

#[test]
fn a_year_is_counted_with_its_refusals_revocations_and_collections() -> Result<()> {
    let office = Office::open()?;
    assert_eq!(office.shown(2022)?.0, 404, "nobody ordered it");
    // Six winners; the roster lacks a number at first.
    let mut folder = Folder::with_winners(6)?;
    let number = folder.person(0).id_number;
    folder.set(0, Field::DocumentNumber, "");
    folder.write()?;
    let case = Case::create(&office.client, &folder)?;
    case.upload_all(&office.client, &folder)?;
    until("the roster is judged", || {
        let shown = case.show(&office.client)?;
        Ok(shown["materials"].as_array().is_some_and(|all| all.iter().any(|one| one["material"] == "roster" && one["clean"] == false)))
    })?;
    folder.set(0, Field::DocumentNumber, &number);
    folder.write()?;
    case.upload(&office.client, &folder, "roster", "roster.xlsx")?;
    case.until_status(&office.client, "submitted")?;
    case.authorise(&office.client)?;
    let refused = json!({ "refused": [{ "row": 2, "reason": "名次与表彰文件不符" }] });
    let (status, answer) = case.step(&office.client, &office.center, "/qualify", refused)?;
    ensure!(status == 200, "qualify: {answer}");
    let certificates = case.until_printed(&office.client)?;
    let revoked = codes(&certificates)[0];
    office.post(&format!("/v1/certificates/{revoked}/revoke"), &json!({ "reason": "成绩作废" }))?;
    case.print(&office.client)?;
    case.archive(&office.client)?;
    case.publish(&office.client)?;
    office.post(&case.path("/collection"), &json!({ "on": "2022-06-20", "collector": "赵经办" }))?;
    // Another one that the Center returns.
    let other = Folder::with_winners(1)?;
    other.write()?;
    let returned = Case::create(&office.client, &other)?;
    returned.upload_all(&office.client, &other)?;
    returned.until_status(&office.client, "submitted")?;
    returned.step(&office.client, &office.center, "/return", json!({ "reason": "汇总表未盖章" }))?;

    let ordered = office.post("/v1/statistics/2022", &json!({}))?;
    assert_eq!(ordered["order"], 1);
    let (tables, workbook, page) = office.counted(2022)?;
    let total = &tables["total"];
    assert_eq!(
        (&total["issued"], &total["revoked"], &total["refused"], &total["handed_out"]),
        (&json!(4), &json!(1), &json!(1), &json!(4))
    );
    assert_eq!(total["causes"], json!({ "成绩、名次不符": 1 }));
    assert_eq!(total["days"], json!({ "of": 4, "median": 0, "longest": 0 }));
    for by in ["month", "contest", "city", "occupation", "level", "body"] {
        let table = tables["tables"].as_array().context("tables")?.iter().find(|table| table["by"] == by).context("a table")?;
        let sum: u64 = table["lines"].as_array().into_iter().flatten().filter_map(|line| line["issued"].as_u64()).sum();
        assert_eq!(sum, 4, "{by}");
    }
    assert!(line(&tables, "month", "6月").is_some() && line(&tables, "city", "省本级").is_some(), "{tables}");
    assert!(line(&tables, "body", "四川省职业技能鉴定指导中心").is_some(), "who seals: {tables}");
    assert_eq!(tables["applications"], json!({ "created": 2, "submitted": 2, "returned": { "材料不全、不符": 1 }, "uncounted": 0 }));
    assert!(tables["findings"].as_array().is_some_and(|all| !all.is_empty()), "the first roster's error: {tables}");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let names = book.sheet_names();
    assert!(names.contains(&"总表".to_owned()) && names.contains(&"按市（州）".to_owned()), "{names:?}");
    let level = book.worksheet_range("按等级")?;
    assert_eq!(level.rows().next_back().map(|row| (row[0].to_string(), row[1].to_string())), Some(("合计".to_owned(), "4".to_owned())));
    assert!(page.contains("class=\"months\"") && page.contains("2022年") && !page.contains("<script"), "{page}");
    // Nobody stands in it.
    let all = format!("{tables}{page}");
    for n in 0..6 {
        let person = folder.person(n);
        assert!(!all.contains(&person.name) && !all.contains(&person.id_number) && !all.contains(&person.phone));
    }
    assert!(!all.contains("赵经办") && !all.contains("名次与表彰文件不符"), "no reasons in their own words");
    // Ordered again, it is counted again; the year before has nothing.
    assert_eq!(office.post("/v1/statistics/2022", &json!({}))?["order"], 2);
    assert_eq!(office.counted(2022)?.0["total"], *total);
    office.post("/v1/statistics/2021", &json!({}))?;
    assert_eq!(office.counted(2021)?.0["total"]["issued"], 0);
    Ok(())
}

#[test]
fn statistics_are_the_centers_and_of_years_that_were() -> Result<()> {
    let office = Office::open()?;
    for (role, organisation) in [("unit", "unit-1"), ("center", "01"), ("body", "S000051010123")] {
        let token = office.client.token(role, organisation)?;
        for method in ["GET", "POST"] {
            assert_eq!(office.client.call(Some(&token), method, "/v1/statistics/2022", Some(&json!({})))?.0, 403, "{method} {role}");
        }
    }
    for (year, status) in [("1999", 400), ("2023", 400), ("next", 404)] {
        let path = format!("/v1/statistics/{year}");
        assert_eq!(office.client.call(Some(&office.center), "POST", &path, Some(&json!({})))?.0, status, "{year}");
    }
    Ok(())
}

#[test]
fn the_year_is_counted_every_night_and_a_lost_order_is_found() -> Result<()> {
    let office = Office::open()?;
    let notifications = office.client.bucket_setting(BUCKET, "notification", None)?;
    office.client.bucket_setting(BUCKET, "notification", Some("<NotificationConfiguration></NotificationConfiguration>".to_owned()))?;
    let (_, failed) = office.client.invoke(&office.stack.output("TallyFunction")?, &json!({ "time": "2022-06-19T18:00:00Z" }))?;
    assert!(!failed);
    let (status, shown) = office.shown(2022)?;
    assert_eq!((status, &shown["ordered_by"], &shown["counting"]), (200, &json!("schedule"), &json!(true)), "{shown}");
    office.client.bucket_setting(BUCKET, "notification", Some(notifications))?;
    assert_eq!(reconcile(&office.stack, &office.client)?, 1);
    office.counted(2022)?;
    assert_eq!(reconcile(&office.stack, &office.client)?, 0);
    Ok(())
}

#[test]
fn the_command_fetches_all_three() -> Result<()> {
    let office = Office::open()?;
    let out = office.stack.data().join("statistics");
    let output = office.stack.run(&["statistics", "2022", "--out", &out.to_string_lossy()])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for end in ["json", "xlsx", "html"] {
        assert!(!std::fs::read(out.join(format!("2022年发证统计.{end}")))?.is_empty(), "{end}");
    }
    let output = office.stack.run(&["statistics", "2023", "--out", &out.to_string_lossy()])?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}
