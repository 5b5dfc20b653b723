//! The console, by its pages and forms alone: sessions, and an application from its form to its codes.

use std::fs;

use anyhow::{Context, Result, ensure};
use rules::intake::contest::Contest;
use serde_json::{Value, json};
use workflow_tests::browser::{Browser, Seen};
use workflow_tests::case::Case;
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, TABLE, until};

const SESSION: &str = "__Host-Http-session";

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

/// Whether somebody with these cookies is let in.
fn is_inside(browser: &mut Browser) -> Result<bool> {
    Ok(browser.look("/console/")?.status == 200)
}

/// The sessions of the table, by their keys.
fn sessions(client: &Client) -> Result<Vec<Value>> {
    Ok(client.scan()?.into_iter().filter(|item| item["sk"]["S"] == "SESSION").collect())
}

#[test]
fn a_login_gives_a_new_session_and_the_table_cannot_be_used_for_one() -> Result<()> {
    let (stack, client) = shared()?;
    let mut browser = Browser::of(&stack)?;
    let first = browser.look("/console/applications?status=submitted")?;
    ensure!(first.status == 303 && first.headers["location"].starts_with("/console/login?next="), "{first:?}");
    let typed = browser.look("/")?;
    ensure!(typed.status == 303 && typed.headers["location"] == "/console", "the address alone: {typed:?}");
    let begun = browser.look("/console/login")?;
    let cookie = begun.set_cookies.first().context("a cookie")?;
    for attribute in ["__Host-Http-login=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        ensure!(cookie.contains(attribute), "{cookie}");
    }
    // What the browser had before is no session afterwards.
    browser.cookies.insert(SESSION.to_owned(), "planted".to_owned());
    let entered = browser.choose("省职鉴中心")?;
    ensure!(entered.status == 200, "a redirect would not bring the cookie along: {}", entered.status);
    ensure!(entered.text.contains("http-equiv=\"refresh\""), "{}", entered.text);
    let cookie = entered.set_cookies.iter().find(|cookie| cookie.starts_with(SESSION)).context("a session")?;
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        ensure!(cookie.contains(attribute) && !cookie.contains("Domain"), "{cookie}");
    }
    let shown = browser.cookies[SESSION].clone();
    ensure!(shown != "planted" && shown.len() == 43 && is_inside(&mut browser)?, "{shown}");
    let kept = sessions(&client)?;
    ensure!(!kept.is_empty() && !serde_json::to_string(&kept)?.contains(&shown), "the cookie stands in the table");
    // Logged in again, the session before is over.
    let mut before = Browser::of(&stack)?;
    before.cookies.insert(SESSION.to_owned(), shown.clone());
    browser.choose("省职鉴中心")?;
    ensure!(browser.cookies[SESSION] != shown && is_inside(&mut browser)? && !is_inside(&mut before)?, "the session before");
    Ok(())
}

#[test]
fn a_login_that_was_begun_elsewhere_or_before_comes_to_nothing() -> Result<()> {
    let (stack, _) = shared()?;
    let mut attacker = Browser::of(&stack)?;
    let page = attacker.get("/console/login")?;
    let form = page.form_with("牵头主办单位")?;
    let subject = form.markup.split("value=\"local-").nth(1).and_then(|rest| rest.split('"').next()).context("an account")?;
    let fields: Vec<(&str, &str)> = form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let account = format!("local-{subject}");
    let fields = [fields, vec![("account", account.as_str())]].concat();
    // The way back to the console, as the issuer tells it.
    let http = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = http.post(page.url.join(&form.action)?).form(&fields).send()?;
    let back = answer.headers()["location"].to_str()?.to_owned();
    let mut victim = Browser::of(&stack)?;
    let refused = victim.look(&back)?;
    ensure!(refused.status == 400 && !victim.cookies.contains_key(SESSION), "login CSRF: {refused:?}");
    victim.look("/console/login")?;
    let refused = victim.look(&back)?;
    ensure!(refused.status == 400 && !victim.cookies.contains_key(SESSION), "another login's state: {refused:?}");
    let login = attacker.cookies.clone();
    ensure!(attacker.look(&back)?.status == 200 && is_inside(&mut attacker)?, "the browser that began it");
    // The same again, with the cookie that it had: the code is spent.
    let mut again = Browser::of(&stack)?;
    again.cookies = login;
    ensure!(again.look(&back)?.status == 400 && !again.cookies.contains_key(SESSION), "replayed");
    ensure!(again.look("/console/callback?error=access_denied&state=x")?.status == 400, "an error of nobody's login");
    Ok(())
}

#[test]
fn a_session_ends_by_logout_by_idleness_and_after_eight_hours() -> Result<()> {
    // An account that no other test logs in with: the session that is made old below is this test's own.
    const NOBODY_ELSES: &str = "牵头主办单位（第二人）";
    let (stack, client) = shared()?;
    let mut browser = Browser::logged_in(&stack, NOBODY_ELSES)?;
    let page = browser.get("/console/")?;
    let mut copy = Browser::of(&stack)?;
    copy.cookies = browser.cookies.clone();
    let out = browser.submit(&page, &page.form("/logout")?, &[])?;
    ensure!(out.text.contains("已退出") && !browser.cookies.contains_key(SESSION), "{out:?}");
    ensure!(!is_inside(&mut copy)?, "who has a copy of the cookie is out as well");

    for (attribute, ago) in [("seen_at", 31), ("began_at", 8 * 60 + 1)] {
        let before = sessions(&client)?;
        let mut browser = Browser::logged_in(&stack, NOBODY_ELSES)?;
        let mut added = sessions(&client)?.into_iter().filter(|item| !before.iter().any(|known| known["pk"] == item["pk"]));
        let mut item = added.rfind(|item| item["subject"]["S"] == "local-unit-unit-1-2").context("a session")?;
        let at: jiff::Timestamp = item[attribute]["S"].as_str().context("a moment")?.parse()?;
        item[attribute] = json!({ "S": (at - jiff::SignedDuration::from_mins(ago)).to_string() });
        client.table("PutItem", &json!({ "TableName": TABLE, "Item": item }))?;
        ensure!(!is_inside(&mut browser)?, "{attribute}");
        let sent = browser.post("/console/statistics", &[("year", "2022")], &[])?;
        ensure!(sent.status == 401 && sent.text.contains("没有提交"), "{sent:?}");
    }
    Ok(())
}

#[test]
fn an_account_that_the_center_signs_out_is_out_everywhere_and_may_log_in_anew() -> Result<()> {
    let (stack, client) = shared()?;
    let account = "颁证机构 S000051010123";
    let (mut one, mut other) = (Browser::logged_in(&stack, account)?, Browser::logged_in(&stack, account)?);
    let mut second = Browser::logged_in(&stack, "颁证机构 S000051010123（第二人）")?;
    let sign_out = json!({ "subject": "local-body-S000051010123" });
    let ask = |role, organisation| -> Result<u16> {
        Ok(client.call(Some(&client.token(role, organisation)?), "PUT", "/v1/accounts/sign-out", Some(&sign_out))?.0)
    };
    assert_eq!((ask("unit", "unit-1")?, ask("center", "07")?, ask("center", "00")?), (403, 403, 200));
    ensure!(!is_inside(&mut one)? && !is_inside(&mut other)? && is_inside(&mut second)?, "of that account alone");
    let keys = client.scan()?.into_iter().filter(|item| item["sk"]["S"] == "SIGNEDOUT").map(|item| item["pk"].to_string());
    ensure!(keys.into_iter().all(|key| !key.contains("S000051010123")), "no subject in a key");
    let mut again = Browser::logged_in(&stack, account)?;
    ensure!(is_inside(&mut again)?, "at the issuer it may still log in");
    Ok(())
}

#[test]
fn a_form_of_another_page_is_not_carried_out() -> Result<()> {
    let (stack, _) = shared()?;
    let mut browser = Browser::logged_in(&stack, "省职鉴中心")?;
    let mut other = Browser::logged_in(&stack, "省职鉴中心（第二人）")?;
    let token = |page: &Seen| -> Result<String> {
        let form = page.form("/console/logout")?;
        Ok(form.hidden.into_iter().find(|(name, _)| name == "token").context("token")?.1)
    };
    let (own, others) = (token(&browser.get("/console/statistics")?)?, token(&other.get("/console/statistics")?)?);
    ensure!(own != others, "a token is its session's");
    let origin = browser.address("/")?.origin().ascii_serialization();
    let here = ("origin", origin.as_str());
    let mut send = |token: &str, headers: &[(&str, &str)]| -> Result<u16> {
        let fields = [("token", token), ("once", &own[..16]), ("year", "2021")];
        Ok(browser.post("/console/statistics", &fields, headers)?.status)
    };
    ensure!(send("", &[here])? == 400 && send(&others, &[here])? == 400, "without its token");
    ensure!(send(&own, &[])? == 400, "without saying where it comes from");
    ensure!(send(&own, &[("origin", "https://example.com")])? == 403, "from elsewhere");
    ensure!(send(&own, &[("sec-fetch-site", "none")])? == 400, "typed into the address line");
    ensure!(send(&own, &[here, ("sec-fetch-site", "same-origin")])? == 303 && send(&own, &[here])? == 303, "its own, and once more");
    Ok(())
}

#[test]
fn tabs_and_windows_side_by_side_and_the_way_back_after_a_logout() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(1)?;
    let case = Case::create(&client, &folder)?;
    let path = format!("/console/applications/{}", case.id);
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    // Two tabs with the same page: the form of the one that is older is carried out once, and once more only as it stands.
    let (older, newer) = (unit.get(&path)?, unit.get(&path)?);
    let (old_form, new_form) = (older.form("/declaration")?, newer.form("/declaration")?);
    let word = |name: &'static str| [("name", name), ("true", "yes")];
    unit.submit(&newer, &new_form, &word("新页甲"))?.expect("已声明")?;
    unit.submit(&newer, &new_form, &word("新页甲"))?.expect("已声明")?;
    unit.submit(&older, &old_form, &word("旧页乙"))?.expect("旧页乙")?;
    let trail = client.call(Some(&case.unit), "GET", &case.path("/trail"), None)?.1;
    let declared = trail["entries"].as_array().context("entries")?.iter().filter(|entry| entry["action"] == "declare").count();
    assert_eq!(declared, 2, "each form once: {trail}");
    let reused = unit.submit(&older, &old_form, &word("又改丙"))?;
    ensure!(reused.status == 422 && reused.text.contains("已经提交过"), "an old form with something else: {}", reused.text);
    // What goes by the version that was seen: the older tab is told, and nothing is done.
    let contest = unit.get(&format!("{path}/contest"))?;
    let stale = contest.form_with("更正大赛信息")?;
    let record: Contest = toml::from_str(&folder.contest)?;
    let with = |committee: &str| {
        let other = Contest { committee: committee.to_owned(), ..record.clone() };
        typed(&other)
    };
    let newer = unit.get(&format!("{path}/contest"))?;
    unit.submit(&newer, &newer.form_with("更正大赛信息")?, &as_pairs(&with("先改的组委会")))?.expect("大赛信息已更正")?;
    let told = unit.submit(&contest, &stale, &as_pairs(&with("后改的组委会")))?;
    ensure!(told.status == 409 && !told.text.contains("大赛信息已更正"), "{} {}", told.status, told.text);
    assert_eq!(case.show(&client)?["contest"]["committee"], "先改的组委会");

    // Two accounts in two windows: each sees its own, and neither logs the other out.
    let mut other = Browser::logged_in(&stack, "牵头主办单位 unit-2")?;
    ensure!(other.get(&path)?.status == 404 && unit.get(&path)?.status == 200, "each window is its own account");
    let before = unit.get(&path)?;
    let page = other.get("/console/")?;
    other.submit(&page, &page.form("/logout")?, &[])?.expect("已退出")?;
    ensure!(is_inside(&mut unit)? && !is_inside(&mut other)?, "of that window alone");
    // A form of the one window, sent from the other: another session's.
    let mut third = Browser::logged_in(&stack, "牵头主办单位 unit-2")?;
    let foreign = third.submit(&page, &before.form("/declaration")?, &word("别的窗口"))?;
    ensure!(foreign.status == 400 && foreign.text.contains("没有办理"), "{} {}", foreign.status, foreign.text);

    // After the logout the browser has kept nothing to go back to, and a form that was left open does nothing.
    let page = unit.get(&path)?;
    assert_eq!(page.headers["cache-control"], "no-store");
    let left_open = page.form("/declaration")?;
    unit.submit(&page, &page.form("/logout")?, &[])?.expect("已退出")?;
    let back = unit.look(&path)?;
    ensure!(back.status == 303 && back.headers["location"].starts_with("/console/login"), "{back:?}");
    let sent = unit.submit(&page, &left_open, &word("退出之后"))?;
    ensure!(sent.status == 401 && sent.text.contains("没有提交"), "{} {}", sent.status, sent.text);
    ensure!(!case.show(&client)?.to_string().contains("退出之后"), "nothing was done");
    Ok(())
}

/// The form of 新建申报, as a folder's `contest.toml` would fill it in.
fn typed(contest: &Contest) -> Vec<(String, String)> {
    let mut typed = vec![
        ("name", contest.name.clone()),
        ("class", contest.class.name().to_owned()),
        ("jurisdiction", contest.jurisdiction.clone()),
        ("hrss_hosted", contest.hrss_hosted.to_string()),
        ("committee", contest.committee.clone()),
        ("year", contest.year.to_string()),
        ("final_on", contest.final_on.to_string()),
        ("issued_on", contest.issued_on.to_string()),
        ("organiser", contest.organiser.clone()),
    ];
    for event in &contest.events {
        typed.push(("event-name", event.name.clone()));
        typed.push(("event-occupation", event.occupation.clone()));
        // The catalogue knows it.
        typed.push(("event-code", String::new()));
        typed.push(("event-job", event.job.clone().unwrap_or_default()));
        typed.push(("event-winners", String::new()));
    }
    typed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn as_pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A new application of the unit, with its materials, by forms; its id.
fn handed_in(unit: &mut Browser, folder: &Folder) -> Result<String> {
    let page = unit.get("/console/applications/new")?;
    let contest: Contest = toml::from_str(&folder.contest)?;
    let mut fields = typed(&contest);
    // A wrong date: the page comes again with what was typed.
    let wrong = fields.iter().map(|(name, value)| (name.as_str(), if name == "year" { "x" } else { value.as_str() })).collect::<Vec<_>>();
    let refused = unit.submit(&page, &page.form("/console/applications")?, &wrong)?;
    ensure!(refused.status == 400 && refused.text.contains("年份") && refused.text.contains(&contest.committee), "{refused:?}");
    fields.push(("handler".to_owned(), "经办人".to_owned()));
    let page = unit.submit(&refused, &refused.form("/console/applications")?, &as_pairs(&fields))?;
    page.expect("申报已新建")?;
    let id = page.url.path().split('/').nth(3).context("an id")?.to_owned();
    for (title, file) in
        [("竞赛相关文件", "contest.pdf"), ("表彰文件", "commendation.pdf"), ("汇总表", "summary.pdf"), ("模板表", "roster.xlsx")]
    {
        let page = unit.get(&format!("/console/applications/{id}/upload"))?;
        let form = page.forms().into_iter().find(|form| form.markup.contains(title)).with_context(|| title.to_owned())?;
        let after = unit.upload(&page, &form, &fs::read(folder.path().join(file))?)?;
        after.expect("文件已收到")?;
    }
    let mut last = None;
    until("it is submitted", || {
        let page = unit.get(&format!("/console/applications/{id}"))?;
        let submitted = page.text.contains("已提交");
        last = Some(page);
        Ok(submitted)
    })
    .with_context(|| last.map(|page| page.text).unwrap_or_default())?;
    Ok(id)
}

/// What was typed stands again at the same place of the list; what was emptied stays empty, whatever the draft says of it.
fn a_refused_review_stands_where_it_was_typed(center: &mut Browser, path: &str) -> Result<()> {
    let page = center.get(&format!("{path}/review"))?;
    let first = page.form_with("暂存")?;
    assert!(first.action.ends_with("/draft"), "{}", first.action);
    let first_button = first.markup.split("<button").nth(1).context("a button")?;
    ensure!(first_button.contains("暂存"), "the button that Enter presses: {first_button}");
    center.submit(&page, &first, &[("refuse-2", "信息有误"), ("refuse-3", "照片不符合要求")])?.expect("审核意见已暂存")?;
    let page = center.get(&format!("{path}/review?after=2"))?;
    ensure!(!page.text.contains("第 2 行不予通过的理由"), "behind row 2: {}", page.text);
    let typed = [("refuse-3", ""), ("refuse-99", "没有这一行")];
    let refused = center.submit(&page, &page.form_with("审核通过")?, &typed)?;
    ensure!(
        refused.status == 400 && refused.text.contains(r#"aria-label="第 3 行不予通过的理由" value="">"#),
        "it was emptied: {}",
        refused.text
    );
    ensure!(!refused.text.contains("第 2 行不予通过的理由"), "the same place: {}", refused.text);
    ensure!(
        refused.text.contains(&format!("{path}/review?")) && !refused.text.contains("/qualify?"),
        "links lead to the page: {}",
        refused.text
    );
    // The draft is as it was; emptied and saved, nobody is refused.
    let page = center.get(&format!("{path}/review"))?;
    page.expect("信息有误")?;
    page.expect("现有意见：不予通过 2 人")?;
    center.submit(&page, &page.form_with("暂存")?, &[("refuse-2", ""), ("refuse-3", "")])?.expect("现有意见：不予通过 0 人")
}

#[test]
fn an_application_goes_from_its_form_to_its_codes_by_three_accounts() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let folder = Folder::with_winners(3)?;
    folder.write()?;
    let mut unit = Browser::logged_in(&stack, "牵头主办单位")?;
    let id = handed_in(&mut unit, &folder)?;
    let path = format!("/console/applications/{id}");
    let page = unit.get(&path)?;
    ensure!(page.forms().iter().all(|form| !form.action.ends_with("/authorise")), "a unit is offered no authorisation");
    unit.submit(&page, &page.form("/declaration")?, &[("name", "张样例"), ("true", "yes")])?.expect("已声明申报信息真实准确")?;

    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    let desk = center.get("/console/")?;
    ensure!(desk.text.contains("待我办理（1）") && desk.text.contains(&id), "{}", desk.text);
    center.get("/console/applications?status=submitted")?.expect(&id)?;
    ensure!(!center.get("/console/applications?status=draft")?.text.contains(&id), "the filter");
    let page = center.get(&path)?;
    let form = page.form_with("授权")?;
    let authorised = center.submit(&page, &form, &[])?;
    authorised.expect("已授权")?;
    // The same form again, as the back button sends it: carried out once, and it leads to the same page.
    center.submit(&page, &form, &[])?.expect("已授权")?;

    let page = center.get(&format!("{path}/review"))?;
    page.expect("本机构审核 3 人")?;
    let refused = center.submit(&page, &page.form_with("审核通过")?, &[("refuse-99", "没有这一行")])?;
    ensure!(refused.status == 400 && refused.text.contains("第 99 行"), "{refused:?}");
    a_refused_review_stands_where_it_was_typed(&mut center, &path)?;
    let page = center.get(&format!("{path}/review"))?;
    center.submit(&page, &page.form_with("审核通过")?, &[("refuse-4", "参赛资格不符")])?.expect("审核通过，已赋码")?;
    let mut last = String::new();
    until("the certificates are there", || {
        last = center.get(&path)?.text;
        Ok(last.contains("证书文件</dt><dd>已生成"))
    })
    .with_context(|| last.clone())?;
    ensure!(last.contains("参赛资格不符") && last.contains("未通过"), "{last}");
    let code = last.split("S0000").nth(1).map(|rest| format!("S0000{}", &rest[..17])).context("a code")?;
    center.get(&format!("/console/certificates?code={code}"))?.expect(&code)?;

    // All of them in one file.
    until("the zip is ordered", || {
        let page = center.get(&path)?;
        Ok(center.submit(&page, &page.form_with("打包全部证书文件")?, &[])?.text.contains("证书正在打包"))
    })?;
    until("the zip is there", || Ok(center.get(&path)?.text.contains("下载证书压缩包")))?;

    let page = center.get("/console/sheets")?;
    let received = [("movement", "receive"), ("kind", "skill_level"), ("ranges", "JN00000001 JN00000010")];
    center.submit(&page, &page.form("/sheets/move")?, &received)?.expect("JN00000001")?;
    let page = center.get(&path)?;
    let reason = ("reason", "由本机构粘贴照片");
    let printed = center.submit(&page, &page.form_with("打印")?, &[("form", "套打"), ("top", "JN00000003"), reason])?;
    printed.expect("JN00000003")?;

    // Another unit, by address and by form.
    let mut other = Browser::logged_in(&stack, "牵头主办单位 unit-2")?;
    for page in [path.clone(), format!("{path}/upload"), format!("{path}/review"), format!("/console/hand-out/{id}")] {
        let seen = other.get(&page)?;
        ensure!(seen.status == 404 && !seen.text.contains("样例职业技能竞赛"), "{page}: {}", seen.status);
    }
    ensure!(!other.get("/console/applications")?.text.contains(&id), "its list");
    let own = other.get("/console/")?.form("/logout")?;
    for step in ["declaration", "withdraw", "delete", "authorise", "qualify", "print"] {
        let mut form = own.clone();
        form.action = format!("{path}/{step}");
        let page = other.get("/console/")?;
        let seen = other.submit(&page, &form, &[("version", "1"), ("reason", "x"), ("name", "x"), ("once", step)])?;
        ensure!(matches!(seen.status, 403 | 404), "{step}: {} {}", seen.status, seen.text);
    }
    for page in ["/console/sheets", "/console/statistics"] {
        let seen = other.get(page)?;
        ensure!(seen.status == 403 && seen.text.contains("没有权限"), "{page}: {}", seen.status);
    }
    Ok(())
}

#[test]
fn what_pages_load_is_kept_for_good_and_nothing_else_is() -> Result<()> {
    let (stack, client) = shared()?;
    let mut browser = Browser::logged_in(&stack, "省职鉴中心")?;
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    let page = browser.get(&format!("/console/applications/{}", case.id))?;
    page.expect("材料未齐")?;
    ensure!(
        page.headers["cache-control"] == "no-store" && !page.headers["content-security-policy"].contains("unsafe"),
        "{:?}",
        page.headers
    );
    ensure!(!page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains(" onclick"), "nothing inline");
    let assets: Vec<&str> = page.text.split("/console/static/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ensure!(assets.len() == 2, "{assets:?}");
    for asset in assets {
        let seen = browser.look(&format!("/console/static/{asset}"))?;
        ensure!(seen.status == 200 && seen.headers["cache-control"].contains("immutable"), "{asset}: {:?}", seen.headers);
    }
    ensure!(browser.look("/console/static/console.css")?.status == 404 && browser.get("/console/none")?.status == 404, "what is not there");
    Ok(())
}
