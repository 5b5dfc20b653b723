//! The console of an application with certificates of all three types: each page asks, offers and says what the type has.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use workflow_tests::browser::{Browser, Seen};
use workflow_tests::case::Case;
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::until;

use crate::specific::{Mixed, NUMBER, publish_specific, told};

const CENTER: &str = "省职鉴中心";
const UNIT: &str = "牵头主办单位";
const SPECIFIC: &str = "专项职业能力证书";
const QUALIFICATION: &str = "职业资格证书";
const SKILL_LEVEL: &str = "职业技能等级证书";

/// The part of a page whose heading names a lot of that type.
fn section<'p>(page: &'p Seen, certificate_type: &str) -> Result<&'p str> {
    let is_it = |part: &&str| part.split("</h2>").next().is_some_and(|head| head.contains(&format!("：{certificate_type}")));
    let found = page.text.split("<section").find(is_it);
    found.with_context(|| format!("{}: no section of {certificate_type}: {}", page.url, page.text))
}

/// Numbers as a table that a spreadsheet has saved as text.
fn as_text(rows: &[(u32, &str, &str)]) -> Vec<u8> {
    let lines: Vec<String> = rows.iter().map(|(row, name, number)| format!("{row},{name},{number}\n")).collect();
    format!("行号,姓名,证书编号\n{}", lines.concat()).into_bytes()
}

fn number_of(mixed: &Mixed, row: u32) -> Result<Value> {
    let listed = mixed.case.certificates(&mixed.client)?;
    Ok(listed.into_iter().find(|one| one["row"] == row).context("the row")?["number"].clone())
}

/// G13; 二、（一）: entered for a lot by a table with the rows in it, looked at first, each number once, its characters checked.
#[test]
fn numbers_of_a_lot_are_entered_by_a_table_that_is_looked_at_first() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { stack, case, folder, .. } = &mixed;
    let application = format!("/console/applications/{}", case.id);
    let numbers = format!("{application}/numbers");
    let names = [1, 2, 3].map(|at| folder.person(at).name);
    let mut center = Browser::logged_in(stack, CENTER)?;
    let link = format!("<a class=\"button main\" href=\"{numbers}\">登记证书编号</a>");
    ensure!(section(&center.get(&application)?, SPECIFIC)?.contains(&link), "the next step of the lot");
    let waiting = center.get("/console/applications?task=number")?;
    waiting.expect(&format!("<a href=\"{numbers}\">登记证书编号</a>"))?;
    let page = center.get(&numbers)?;
    page.expect("待登记（3）")?;
    ensure!(names.iter().all(|name| page.text.contains(name)), "{}", page.text);

    // The table to take along has the rows, and is taken back as it is.
    let table = center.download(&format!("{numbers}/workbook"))?;
    let rows: Vec<Vec<Data>> = Xlsx::<_>::new(Cursor::new(&table))?.worksheet_range("证书编号")?.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(rows[1..].iter().map(|row| row[1].to_string()).collect::<Vec<_>>(), names);
    let empty = center.upload(&page, &page.form("/preview")?, &table)?;
    empty.expect("表中没有填写证书编号")?;
    center.upload(&page, &page.form("/preview")?, b"")?.text.contains("请选择填写好的表").then_some(()).context("no file")?;

    // What is wrong is said row by row, beside what is sound; nothing can be confirmed.
    let odd = [(4, names[1].as_str(), "=1+1"), (5, names[2].as_str(), "ZX-0005"), (9, "李无人", "ZX-0009"), (3, "王他人", "ZG-1")];
    let seen = center.upload(&page, &page.form("/preview")?, &as_text(&odd))?;
    for text in ["1 个编号可以登记", "第 4 行", "第 9 行：申报里没有这一行", "第 3 行：表上的姓名是“王他人”", "ZX-0005"]
    {
        seen.expect(text)?;
    }
    ensure!(!seen.text.contains("name=\"rows\""), "{}", seen.text);
    let twice = as_text(&[(4, &names[1], NUMBER), (5, &names[2], NUMBER)]);
    center.upload(&page, &page.form("/preview")?, &twice)?.expect("一证一号")?;

    // As a workbook: looked at, then entered, and once.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip(["行号", "证书编号", "职业资格实施机构", "颁发日期"]) {
        sheet.write_string(0, column, header)?;
    }
    for (at, (row, number)) in (1..).zip([(3, "Zg51-0099/7"), (4, "２２５１ 0000 0030 0001")]) {
        sheet.write_number(at, 0, row)?;
        sheet.write_string(at, 1, number)?;
    }
    sheet.write_string(1, 2, "样例实施机构")?;
    sheet.write_string(1, 3, "2022-06-01")?;
    let seen = center.upload(&page, &page.form("/preview")?, &book.save_to_buffer()?)?;
    for text in ["2 个编号可以登记，尚未登记", "样例实施机构，2022-06-01", NUMBER] {
        seen.expect(text)?;
    }
    assert_eq!((number_of(&mixed, 3)?, number_of(&mixed, 4)?), (Value::Null, Value::Null), "a look enters nothing");
    let confirm = seen.form_with("登记这 2 个编号")?;
    center.submit(&seen, &confirm, &[])?.expect("表中的编号已登记")?;
    center.submit(&seen, &confirm, &[])?.expect("待登记（1）")?;
    assert_eq!((number_of(&mixed, 3)?, number_of(&mixed, 4)?), (json!("Zg51-0099/7"), json!(NUMBER)));
    let entered = center.get(&format!("{numbers}?entered=true"))?;
    entered.expect(&format!("href=\"/console/certificates/{NUMBER}\""))?;
    entered.expect("已登记（2）")?;

    // Between the look and the confirmation somebody else has entered another one.
    let seen = center.upload(&page, &page.form("/preview")?, &as_text(&[(5, &names[2], "ZX-0005")]))?;
    let confirm = seen.form_with("登记这 1 个编号")?;
    ensure!(mixed.number(5, "ZX-0006")?.0 == 200);
    let refused = center.submit(&seen, &confirm, &[])?;
    ensure!(refused.status == 400 && refused.text.contains("第 5 行：已登记编号 ZX-0006"), "{} {}", refused.status, refused.text);
    center.get(&numbers)?.expect("各行都已登记编号")?;
    mixed.audit()
}

/// 二、（一）, （三）: the organiser or the Center may enter those of others, whoever issues them those of ours; nobody else any.
#[test]
fn who_may_enter_a_number_is_offered_it_and_nobody_else() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { stack, client, case, folder } = &mixed;
    let page_of = |case: &Case, end: &str| format!("/console/applications/{}{end}", case.id);
    let mut unit = Browser::logged_in(stack, UNIT)?;
    let page = unit.get(&page_of(case, "/numbers"))?;
    page.expect("待登记（1）")?;
    ensure!(!page.text.contains(&folder.person(2).name), "a row of ours: {}", page.text);
    let both = as_text(&[(3, "", "ZG-0001"), (4, "", NUMBER)]);
    let seen = unit.upload(&page, &page.form("/preview")?, &both)?;
    seen.expect("第 4 行：专项职业能力证书的编号不由本单位登记")?;
    let seen = unit.upload(&page, &page.form("/preview")?, &as_text(&[(3, "", "ZG-0001")]))?;
    unit.submit(&seen, &seen.form_with("登记这 1 个编号")?, &[])?.expect("表中的编号已登记")?;
    assert_eq!(number_of(&mixed, 3)?, json!("ZG-0001"));
    // In another's place it wants a reason.
    let other = as_text(&[(3, "", "ZG-0002")]);
    let seen = unit.upload(&page, &page.form("/preview")?, &other)?;
    seen.expect("更改须写明原因</li>")?;

    // One row: the fields of its type, for who may.
    let row = |browser: &mut Browser, row: u32| browser.get(&page_of(case, &format!("/rows/{row}")));
    let mut center = Browser::logged_in(stack, CENTER)?;
    ensure!(row(&mut unit, 3)?.text.contains("职业资格实施机构") && !row(&mut unit, 4)?.text.contains("登记编号"));
    let specific = row(&mut center, 4)?;
    ensure!(specific.text.contains("登记编号") && !specific.text.contains("职业资格实施机构"), "{}", specific.text);

    // Others, and applications in which nothing is entered.
    let mut stranger = Browser::logged_in(stack, "牵头主办单位 unit-2")?;
    ensure!(stranger.get(&page_of(case, "/numbers"))?.status == 404);
    let mut of_ours = Folder::with_winners(1)?;
    of_ours.rows[0] = workflow_tests::folder::row(&of_ours.person(0), "川剧妆造", "专项职业能力", "银奖");
    let of_ours = Case::issued(client, &of_ours)?;
    let denied = unit.get(&page_of(&of_ours, "/numbers"))?;
    ensure!(denied.status == 403 && denied.text.contains("没有权限"), "{} {}", denied.status, denied.text);
    ensure!(unit.look(&page_of(&of_ours, "/numbers/workbook"))?.status == 403);
    let coded = Case::issued(client, &Folder::with_winners(1)?)?;
    center.get(&page_of(&coded, "/numbers"))?.expect("没有要登记编号的证书")?;
    Ok(())
}

/// 二、（一）; 五、（四）: what others issue is archived and handed out, and not published by this system.
#[test]
fn a_lot_that_others_issue_goes_from_the_archive_to_the_hand_out() -> Result<()> {
    const NUMBER: &str = "Zg51-0099/7";
    let mixed = Mixed::issued()?;
    let Mixed { stack, client, case, .. } = &mixed;
    let (application, hand_out) = (format!("/console/applications/{}", case.id), format!("/console/hand-out/{}", case.id));
    let (mut center, mut unit) = (Browser::logged_in(stack, CENTER)?, Browser::logged_in(stack, UNIT)?);
    let card = center.get(&hand_out)?;
    ensure!(section(&card, QUALIFICATION)?.contains("存档后登记领取") && !card.text.contains("登记领取</button>"), "{}", card.text);
    let page = center.get(&application)?;
    ensure!(!section(&page, QUALIFICATION)?.contains("资料存档</button>"), "its numbers first: {}", page.text);
    ensure!(mixed.center("PUT", "/records/3", json!({ "number": NUMBER }))?.0 == 200);
    let page = center.get(&application)?;
    ensure!(section(&page, QUALIFICATION)?.contains("资料存档</button>"), "{}", page.text);
    case.archive_type(client, "qualification")?;
    let next = format!("<a class=\"button main\" href=\"{hand_out}\">领取和发放</a>");
    for browser in [&mut center, &mut unit] {
        let page = browser.get(&application)?;
        let lot = section(&page, QUALIFICATION)?;
        ensure!(lot.contains(&next) && !lot.contains("信息上网"), "{lot}");
        browser.get("/console/applications?task=collect")?.expect(&format!("<a href=\"{hand_out}\">领取和发放</a>"))?;
    }
    let tasks = |token: &str| -> Result<Vec<Value>> {
        let shown = client.call(Some(token), "GET", &case.path(""), None)?.1;
        Ok(shown["decisions"].as_array().context("lots")?.iter().map(|lot| json!([lot["certificate_type"], lot["task"]])).collect())
    };
    ensure!(
        tasks(&case.center)?.contains(&json!(["qualification", "collect"]))
            && tasks(&case.center)?.contains(&json!(["specific_ability", "number"]))
    );
    ensure!(tasks(&case.unit)?.contains(&json!(["specific_ability", null])), "{:?}", tasks(&case.unit)?);

    // Winners sign by their numbers.
    let typed = [("on", "2022-06-20"), ("collector", "李经办"), ("document_type", "居民身份证"), ("document_number", "510107196001019908")];
    let page = unit.get(&hand_out)?;
    let form = page.form("/collection")?;
    ensure!(form.hidden.iter().any(|(name, value)| name == "certificate_type" && value == "qualification"), "{form:?}");
    ensure!(page.text.contains(&format!("href=\"{application}/numbers\"")), "{}", page.text);
    let in_the_future = [("on", "2022-06-21"), typed[1], typed[2], typed[3]];
    let refused = unit.submit(&page, &form, &in_the_future)?;
    ensure!(refused.status == 400 && refused.text.contains("晚于今天"), "{}", refused.text);
    ensure!(refused.text.contains("value=\"李经办\""), "{}", refused.text);
    let page = unit.get(&hand_out)?;
    unit.submit(&page, &page.form("/collection")?, &typed)?.expect("已登记领取")?;
    let shown = unit.get(&hand_out)?;
    shown.expect("由李经办（居民身份证 ")?;
    ensure!(!shown.text.contains("510107196001019908"), "masked");
    // What was entered wrongly is put right with a reason, by the Center as well.
    let page = center.get(&hand_out)?;
    let right = [("on", "2022-06-20"), ("collector", "张经办"), ("reason", "经办人登记有误")];
    let without = center.submit(&page, &page.form("/collection")?, &right[..2])?;
    ensure!(without.status == 409 && !without.text.contains("（reason）"), "{}", without.text);
    center.submit(&page, &page.form("/collection")?, &right)?.expect("由张经办领取")?;

    // Winner by winner; a message names no field of programs.
    let page = unit.get(&hand_out)?;
    unit.submit(&page, &page.form("/hand-outs")?, &[("code", NUMBER), ("on", "2022-06-20")])?.expect("已登记发放")?;
    let page = unit.get(&hand_out)?;
    let other = [("code", NUMBER), ("on", "2022-06-20"), ("collector", "王代领")];
    let refused = unit.submit(&page, &page.form("/hand-outs")?, &other)?;
    ensure!(refused.status == 409 && refused.text.contains("请先写明原因撤回") && !refused.text.contains("taken_back"), "{}", refused.text);
    mixed.audit()
}

/// 四; 三、（二）: codes are those of 22 positions, others have numbers; and who has no blank sheets is not asked for serials.
#[test]
fn forms_ask_of_each_type_what_it_has_and_call_it_so() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { stack, client, case, .. } = &mixed;
    let application = format!("/console/applications/{}", case.id);
    let mut center = Browser::logged_in(stack, CENTER)?;
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, "ZX-0002")?.0 == 200);
    mixed.drawn(5)?;
    let page = center.get(&application)?;
    let (specific, coded) = (section(&page, SPECIFIC)?, section(&page, SKILL_LEVEL)?);
    ensure!(specific.contains("<dt>已编号</dt>") && !specific.contains("已赋码") && coded.contains("<dt>已赋码</dt>"), "{specific}");
    ensure!(!specific.contains("name=\"top\"") && specific.contains("按批打印") && coded.contains("name=\"top\""), "{specific}");
    ensure!(!section(&page, QUALIFICATION)?.contains("name=\"top\"") && !section(&page, QUALIFICATION)?.contains("/print\""));
    let is_its = |form: &&workflow_tests::browser::FoundForm| form.hidden.iter().any(|(_, value)| value == "specific_ability");
    let print = page.forms().into_iter().filter(|form| form.action.ends_with("/print")).find(|form| is_its(&form)).context("a form")?;
    let printed = center.submit(&page, &print, &[("form", "全版"), ("reason", "照片由本机构粘贴")])?;
    ensure!(
        printed.status == 200 && printed.text.contains("打印文件正在生成") && !printed.text.contains("已取用空白证书"),
        "{}",
        printed.text
    );
    ensure!(!printed.text.contains("/void-sheet") && section(&printed, SPECIFIC)?.contains("没有流水号"), "no sheet can jam");
    case.print(client)?;
    until("the run", || Ok(section(&center.get(&application)?, SKILL_LEVEL)?.contains("/void-sheet")))?;

    let certificates = case.certificates(client)?;
    let code = certificates[0]["code"].as_str().context("a code")?.to_owned();
    let of_ours = center.get(&format!("/console/certificates/{NUMBER}"))?;
    let coded = center.get(&format!("/console/certificates/{code}"))?;
    for (page, has, has_not) in [
        (
            &of_ours,
            ["补发（编号不变", "注销（不能撤回，编号不再使用）", "name=\"number\"", "没有按批打印过"],
            ["name=\"top\"", "name=\"level\"", "name=\"body\"", "编码"],
        ),
        (
            &coded,
            ["补发（编码不变", "注销（不能撤回，编码不再使用）", "name=\"level\"", "name=\"top\""],
            ["name=\"number\"", "没有按批打印过", "编号不变", "证书编号"],
        ),
    ] {
        let main = page.text.split("<main").nth(1).context("main")?;
        for text in has {
            ensure!(main.contains(text), "{text}: {main}");
        }
        for text in has_not {
            ensure!(!main.contains(text), "{text}: {main}");
        }
    }
    // It was printed in a run: what became of the paper is asked, in words.
    let refused = center.submit(&of_ours, &of_ours.form("/reissue")?, &[("reason", "遗失"), ("old_sheet", "")])?;
    ensure!(
        refused.status == 400 && refused.text.contains("须写明原证书已收回还是遗失") && !refused.text.contains("（voided）"),
        "{}",
        refused.text
    );
    center.submit(&of_ours, &of_ours.form("/reissue")?, &[("reason", "遗失"), ("old_sheet", "lost")])?.expect("已补发")?;
    mixed.audit()
}

/// 五、（三）, （四）: the next step of a lot is its own applicant's: the organiser publishes 专项职业能力证书, the Center the others.
#[test]
fn the_next_step_of_each_lot_is_offered_to_who_takes_it() -> Result<()> {
    let mixed = Mixed::issued()?;
    let Mixed { stack, client, case, .. } = &mixed;
    let application = format!("/console/applications/{}", case.id);
    let (mut center, mut unit) = (Browser::logged_in(stack, CENTER)?, Browser::logged_in(stack, UNIT)?);
    ensure!(mixed.number(4, NUMBER)?.0 == 200 && mixed.number(5, "ZX-0002")?.0 == 200);
    mixed.drawn(5)?;
    case.print(client)?;
    case.archive(client)?;
    case.archive_type(client, "specific_ability")?;
    const PUBLISH: &str = "申报信息上网</a>";
    let offered = |browser: &mut Browser| -> Result<[bool; 2]> {
        let page = browser.get(&application)?;
        Ok([section(&page, SPECIFIC)?.contains(PUBLISH), section(&page, SKILL_LEVEL)?.contains(PUBLISH)])
    };
    assert_eq!((offered(&mut center)?, offered(&mut unit)?), ([false, true], [true, false]));
    publish_specific(&mixed)?;
    assert_eq!((offered(&mut center)?, offered(&mut unit)?), ([false, true], [false, false]));
    let hand_out = center.get(&format!("/console/hand-out/{}", case.id))?;
    ensure!(
        section(&hand_out, SPECIFIC)?.contains("登记领取</button>") && section(&hand_out, SKILL_LEVEL)?.contains("信息上网后登记领取"),
        "{}",
        hand_out.text
    );
    let (status, answer) =
        mixed.center("POST", "/collection", json!({ "certificate_type": "skill_level", "on": "2022-06-20", "collector": "李经办" }))?;
    ensure!(status == 409 && told(&answer).contains("尚未信息上网"), "{answer}");
    Ok(())
}
