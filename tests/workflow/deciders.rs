//! Who decides what, whatever a unit's contest.toml says: the Center of the class (二; 七), the filed body (二、（二）2), the deadline (六、（一）).

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::browser::Browser;
use workflow_tests::case::Case;
use workflow_tests::folder::{BODY_NAME, Folder, contest, filed_contest, hosted_contest, row};
use workflow_tests::saizheng::{Client, Stack, until};

const OFFSET: &str = "SAIZHENG_CLOCK_OFFSET_SECONDS";

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

fn create(client: &Client, token: &str, contest: &str) -> Result<(u16, Value)> {
    let contest: rules::intake::contest::Contest = toml::from_str(contest)?;
    client.call(Some(token), "POST", "/v1/applications", Some(&json!({ "contest": contest })))
}

/// The application once all of its four materials are judged.
fn until_judged(client: &Client, case: &Case) -> Result<Value> {
    let mut shown = Value::Null;
    until("judged", || {
        shown = case.show(client)?;
        Ok(shown["materials"].as_array().is_some_and(|all| all.len() == 4))
    })?;
    Ok(shown)
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().map_or_else(Vec::new, |all| all.iter().filter_map(|finding| finding["code"].as_str()).collect())
}

#[test]
fn 二_and_7_a_class_is_decided_by_the_center_whose_it_is() -> Result<()> {
    let (_stack, client) = shared()?;
    let (unit, province, mianyang) = (client.token("unit", "unit-1")?, client.token("center", "00")?, client.token("center", "07")?);
    // A provincial contest is nobody's but the province's.
    let elsewhere = contest("省级二类", false, "").replace("jurisdiction = \"00\"", "jurisdiction = \"07\"");
    let (status, refused) = create(&client, &unit, &elsewhere)?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CLASS_JURISDICTION"]), "{refused}");
    assert_eq!(refused["error"]["findings"][0]["place"]["file"], "contest.toml");
    let (status, refused) = create(&client, &unit, &contest("市级二类", false, ""))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CLASS_JURISDICTION"]), "{refused}");
    for nobodys in ["02", "99", ""] {
        let odd = contest("省级二类", false, "").replace("jurisdiction = \"00\"", &format!("jurisdiction = \"{nobodys}\""));
        let (status, refused) = create(&client, &unit, &odd)?;
        assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CONTEST_INVALID"]), "{nobodys}: {refused}");
    }

    let mut of_the_province = Folder::with_winners(1)?;
    of_the_province.of_class(contest("二类", false, ""), "省级二类");
    let mut of_the_city = Folder::with_winners(1)?;
    of_the_city.of_class(contest("省级二类", false, ""), "省级二类");
    of_the_city.of_city("07");
    for (folder, own, other, seal) in [
        (&of_the_province, &province, &mianyang, "四川省职业技能鉴定指导中心"),
        (&of_the_city, &mianyang, &province, "绵阳市职业技能鉴定指导中心"),
    ] {
        folder.write()?;
        let case = Case::create(&client, folder)?;
        case.upload_all(&client, folder)?;
        case.until_status(&client, "submitted")?;
        assert_eq!(client.call(Some(other), "GET", &case.path(""), None)?.0, 404, "{seal}");
        assert_eq!(case.step(&client, other, "/authorise", json!({}))?.0, 404, "{seal}");
        let (status, authorised) = case.step(&client, own, "/authorise", json!({}))?;
        assert_eq!(status, 200, "{authorised}");
        let gaps = authorised["unconfirmed"].as_array().context("gaps")?;
        assert_eq!(gaps.contains(&json!("G22")), seal.starts_with("绵阳市"), "{gaps:?}");
        let (_, rows) = client.call(Some(own), "GET", &case.path("/plan"), None)?;
        assert_eq!(rows["rows"][0]["sealed_by"], seal, "{rows}");
    }
    Ok(())
}

/// The contest's record as it should be, with the version that the application has now.
fn correct(client: &Client, case: &Case, token: &str, change: impl Fn(&mut Value), reason: Option<&str>) -> Result<(u16, Value)> {
    let shown = case.show(client)?;
    let mut contest = shown["contest"].clone();
    change(&mut contest);
    let mut body = json!({ "version": shown["version"], "contest": contest });
    if let Some(reason) = reason {
        body["reason"] = json!(reason);
    }
    client.call(Some(token), "PUT", &case.path("/contest"), Some(&body))
}

/// The same by the unit: what it has handed in it withdraws first.
fn correct_own(client: &Client, case: &Case, change: impl Fn(&mut Value), reason: Option<&str>) -> Result<(u16, Value)> {
    until("it is in the unit's hands", || {
        let (status, answer) = case.step(client, &case.unit, "/withdraw", json!({ "reason": "大赛信息有误" }))?;
        let state = case.show(client)?["status"].clone();
        ensure!(status == 200 || state == "draft" || state == "registering" || state == "returned", "{answer}");
        Ok(state == "draft" || state == "returned")
    })?;
    correct(client, case, &case.unit, change, reason)
}

/// Whether an entry of a trail says all of it.
fn says(entry: &Value, action: &str, parts: &[&str]) -> bool {
    let detail = entry["detail"].as_str().unwrap_or_default();
    entry["action"] == action && parts.iter().all(|part| detail.contains(part))
}

/// The application once its materials are judged by the contest's record as it is now.
fn until_judged_anew(client: &Client, case: &Case) -> Result<Value> {
    let mut shown = Value::Null;
    until("judged anew", || {
        shown = case.show(client)?;
        Ok(shown["judging"] == json!([])
            && shown["status"] != "registering"
            && shown["materials"].as_array().is_some_and(|all| all.len() >= 4))
    })?;
    Ok(shown)
}

/// The Center's entry of a filed body.
fn enter(client: &Client, code: &str, more: Value) -> Result<()> {
    let mut body = json!({ "code13": code, "name": BODY_NAME, "filed_with_province": true,
        "scope": [{ "occupation": "中式烹调师", "levels": [3] }, { "occupation": "车工", "levels": [2, 3] }] });
    for (key, value) in more.as_object().context("an object")? {
        body[key] = value.clone();
    }
    let (status, answer) = client.call(Some(&client.token("center", "00")?), "PUT", "/v1/bodies", Some(&body))?;
    ensure!(status == 200, "{status} {answer}");
    Ok(())
}

#[test]
fn 二_2_2_a_filed_body_issues_under_its_own_name_and_for_its_own_account_only() -> Result<()> {
    const BODY: &str = "S000051010881";
    let (_stack, client) = shared()?;
    let mut folder = Folder::with_winners(1)?;
    folder.of_class(filed_contest(BODY), "省级二类");
    folder.write()?;
    let (own, unrelated) = (client.token("unit", "unit-1")?, client.token("unit", "unit-881")?);
    let found = |token: &str, contest: &str| -> Result<Vec<String>> {
        let (status, created) = create(&client, token, contest)?;
        ensure!(status == 201, "{status} {created}");
        Ok(codes(&created["findings"]).into_iter().map(str::to_owned).collect())
    };
    assert_eq!(found(&own, &folder.contest)?, ["ORGANISER_BODY"], "it is in no register");
    enter(&client, BODY, json!({ "units": ["unit-1"], "former_names": ["四川样例鉴定所八八一"] }))?;
    assert_eq!(found(&own, &folder.contest)?, Vec::<String>::new());
    assert_eq!(found(&own, &folder.contest.replace(BODY_NAME, "四川样例鉴定所八八一"))?, Vec::<String>::new());
    assert_eq!(found(&own, &folder.contest.replace(BODY_NAME, "四川省无关协会"))?, ["ORGANISER_BODY"]);
    assert_eq!(found(&unrelated, &folder.contest)?, ["ORGANISER_ACCOUNT"]);
    let silent = contest("省级二类", false, "").replace("四川省样例行业协会", "四川样例鉴定所八八一");
    assert_eq!(found(&own, &silent)?, ["ORGANISER_FILED"]);

    // Whether it is that body, or another of the same name, is the Center's to settle.
    let mut of_the_same_name = Folder::with_winners(1)?;
    of_the_same_name.of_class(silent, "省级二类");
    of_the_same_name.write()?;
    let case = Case::submitted(&client, &of_the_same_name)?;
    let shown = case.show(&client)?;
    assert_eq!(shown["reasons_owed"][0]["key"], "ORGANISER_FILED", "{shown}");
    let (status, refused) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["ORGANISER_FILED"]), "{refused}");
    let reasons = json!({ "reasons": { "ORGANISER_FILED": "同名的另一单位" } });
    assert_eq!(case.step(&client, &case.center, "/authorise", reasons)?.0, 200);

    // It keeps the roster out, and so the application.
    let case = Case::create_as(&client, &folder, unrelated)?;
    case.upload_all(&client, &folder)?;
    let shown = until_judged(&client, &case)?;
    assert_eq!(shown["status"], "draft", "{shown}");

    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    // What the register says when the Center decides is what counts.
    enter(&client, BODY, json!({}))?;
    let (status, refused) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["ORGANISER_ACCOUNT"]), "{refused}");
    enter(&client, BODY, json!({ "units": ["unit-1"] }))?;
    let (status, authorised) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, &authorised["reviewers"]), (200, &json!([format!("body-{BODY}")])), "{authorised}");
    let body = client.token("body", BODY)?;
    assert_eq!(case.step(&client, &body, "/qualify", json!({}))?.0, 200);
    let odd = json!({ "code13": BODY, "name": BODY_NAME, "filed_with_province": true, "units": ["a/b"] });
    assert_eq!(client.call(Some(&case.center), "PUT", "/v1/bodies", Some(&odd))?.0, 400);
    Ok(())
}

/// The clock of everything that judges, registers and answers.
#[expect(clippy::disallowed_methods, reason = "the shift is from the real time")]
fn set_clock(stack: &Stack, client: &Client, now: &str) -> Result<()> {
    let then: jiff::Timestamp = now.parse()?;
    let offset = then.duration_since(jiff::Timestamp::now()).as_secs().to_string();
    for function in ["ValidateFunction", "RegisterFunction", "ReviewFunction"] {
        client.configure(&stack.output(function)?, &[(OFFSET, &offset)])?;
    }
    Ok(())
}

#[test]
fn 六_1_what_was_in_time_once_is_in_time() -> Result<()> {
    let stack = Stack::own_at("2022-07-31T20:00:00+08:00")?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let of_2021 = hosted_contest().replace("year = 2022", "year = 2021").replace("2022-05-28", "2021-10-20");
    let mut folder = Folder::with_winners(3)?;
    folder.contest = of_2021.clone();
    let third = folder.rows.pop().context("a row")?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let submitted = case.until_status(&client, "submitted")?["submitted_at"].clone();
    let mut exchanged = Folder::with_winners(1)?;
    exchanged.contest = of_2021.clone();
    exchanged.write()?;
    let other = Case::submitted(&client, &exchanged)?;
    set_clock(&stack, &client, "2022-08-02T09:00:00+08:00")?;
    // Handed in again after the deadline, and after a return.
    let version = case.show(&client)?["version"].clone();
    folder.set(0, Field::Employer, "四川样例机械厂一分厂");
    folder.write()?;
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(&client, &version)?;
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "工作单位有误" }))?.0, 200);
    let version = case.show(&client)?["version"].clone();
    folder.set(0, Field::Employer, "四川样例机械厂二分厂");
    folder.write()?;
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(&client, &version)?;
    let shown = case.show(&client)?;
    assert_eq!((&shown["submitted_at"], &shown["reasons_owed"]), (&submitted, &Value::Null), "the first complete submission");
    // Who stands in no roster of before the deadline is told: whether it was an oversight, the Center settles.
    folder.rows.push(third);
    folder.write()?;
    let version = shown["version"].clone();
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(&client, &version)?;
    let (status, refused) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["WINNERS_LATE"]), "{refused}");
    assert!(refused.to_string().contains("第 4 行的选手不在 2022年07月31日 截止以前提交的名单中"), "{refused}");
    let reasons = json!({ "reasons": { "WINNERS_LATE": "获奖名单印证，系漏报" } });
    let (status, answer) = case.step(&client, &case.center, "/authorise", reasons)?;
    assert_eq!(status, 200, "{answer}");
    // What was in time is the contest that was handed in: whether another organiser's is the same one, the Center settles.
    let (status, corrected) = correct_own(&client, &other, |contest| contest["organiser"] = json!("四川省另一样例协会"), None)?;
    assert_eq!(status, 200, "{corrected}");
    let shown = other.until_status(&client, "submitted")?;
    assert_eq!(codes(&shown["findings"]), ["PHOTO_MISSING", "CONTEST_EXCHANGED"], "{shown}");
    let (status, refused) = other.step(&client, &other.center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CONTEST_EXCHANGED"]), "{refused}");
    let reasons = json!({ "reasons": { "CONTEST_EXCHANGED": "竞赛文件印证，主办单位原写错" } });
    assert_eq!(other.step(&client, &other.center, "/authorise", reasons)?.0, 200);
    // One that was not complete in time is late.
    let mut late = Folder::with_winners(1)?;
    late.contest = of_2021;
    late.write()?;
    let case = Case::create(&client, &late)?;
    case.upload_all(&client, &late)?;
    let shown = until_judged(&client, &case)?;
    assert_eq!((&shown["status"], codes(&shown["findings"]).contains(&"DEADLINE_PASSED")), (&json!("draft"), true), "{shown}");
    Ok(())
}

/// 六、（一）: what was in time is the contest that was handed in, whatever stood in its place meanwhile.
#[test]
fn 六_1_an_exchange_is_taken_back_with_the_contest_that_was_handed_in() -> Result<()> {
    let stack = Stack::own_at("2022-07-31T20:00:00+08:00")?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let mut folder = Folder::with_winners(1)?;
    folder.contest = hosted_contest().replace("year = 2022", "year = 2021").replace("2022-05-28", "2021-10-20");
    folder.write()?;
    let case = Case::submitted(&client, &folder)?;
    let is_exchanged = |field: &str, value: Value, token: &str, reason: Option<&str>| -> Result<bool> {
        until("it is corrected", || {
            let change = |contest: &mut Value| contest[field] = value.clone();
            let (status, answer) = match token == case.unit {
                true => correct_own(&client, &case, change, reason)?,
                false => correct(&client, &case, token, change, reason)?,
            };
            // It is being registered.
            ensure!(status == 200 || status == 409, "{field}: {answer}");
            Ok(status == 200)
        })?;
        Ok(codes(&until_judged_anew(&client, &case)?["findings"]).contains(&"CONTEST_EXCHANGED"))
    };
    let name = case.show(&client)?["contest"]["name"].clone();
    let (second, third) = (json!("2021年四川省样例职业技能竞赛（二）"), json!("2021年四川省样例职业技能竞赛（三）"));
    assert!(!is_exchanged("name", second.clone(), &case.unit, None)?, "it was in time for that one too");
    set_clock(&stack, &client, "2022-08-02T09:00:00+08:00")?;
    assert!(is_exchanged("name", third.clone(), &case.unit, None)?);
    assert!(!is_exchanged("name", second.clone(), &case.unit, None)?, "back to the one that was exchanged in time");
    assert!(!is_exchanged("name", name.clone(), &case.unit, None)?, "and to the first one");
    assert!(is_exchanged("organiser", json!("四川省另一样例协会"), &case.unit, None)?);
    assert!(is_exchanged("name", third, &case.unit, None)?, "another one still");
    // By the Center too; what it puts right besides makes nobody late, and clears nobody.
    assert!(is_exchanged("committee", json!("样例组委会"), &case.center, Some("竞赛文件"))?);
    assert!(is_exchanged("name", name, &case.center, Some("竞赛文件"))?, "its organiser is another one's");
    assert!(!is_exchanged("organiser", json!("四川省样例行业协会"), &case.center, Some("竞赛文件"))?);
    // Another final, other events: what is handed in under the same name is another contest still.
    let events = case.show(&client)?["contest"]["events"].clone();
    let mut others = events.clone();
    others[0]["name"] = json!("另一赛项");
    assert!(is_exchanged("final_on", json!("2021-11-20"), &case.unit, None)?);
    assert!(!is_exchanged("final_on", json!("2021-10-20"), &case.unit, None)?);
    assert!(is_exchanged("events", others, &case.unit, None)?);
    assert!(!is_exchanged("events", events, &case.unit, None)?);
    // Of a year whose deadline has not passed, and back.
    assert!(!is_exchanged("year", json!(2022), &case.unit, None)?, "there is time for 2022");
    assert!(!is_exchanged("year", json!(2021), &case.unit, None)?, "the contest that was handed in");
    Ok(())
}

#[test]
fn 六_1_and_二_2_the_center_says_why_or_puts_the_committees_name_right() -> Result<()> {
    let (_stack, client) = shared()?;
    let mut folder = Folder::with_winners(1)?;
    let name = "2022年四川省样例职业技能竞赛组委会";
    folder.contest = hosted_contest().replace("year = 2022", "year = 2019").replace(name, "四川省样例行业协会");
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    let authorise = |body: Value| case.step(&client, &case.center, "/authorise", body);
    let (status, refused) = authorise(json!({}))?;
    let owed = ["CONTEST_YEAR", "CONTEST_YEAR_EARLY", "COMMITTEE_NAME"];
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, owed.to_vec()), "{refused}");
    assert_eq!(authorise(json!({ "reasons": { "DEADLINE_PASSED": "有据" } }))?.0, 400, "no reason helps there");
    // The Center puts the name right: what is authorised, and printed, is what was judged.
    let (status, corrected) = correct(&client, &case, &case.center, |contest| contest["committee"] = json!(name), Some("与文件不符"))?;
    assert_eq!((status, corrected["changes"].as_array().map(Vec::len)), (200, Some(1)), "{corrected}");
    case.until_status(&client, "submitted")?;
    let reasons = json!({ "CONTEST_YEAR": "决赛延期", "CONTEST_YEAR_EARLY": "经请示同意办理" });
    let (status, authorised) = authorise(json!({ "reasons": reasons }))?;
    assert_eq!(status, 200, "{authorised}");
    assert!(authorised["unconfirmed"].as_array().is_some_and(|gaps| gaps.contains(&json!("适用年份"))), "{authorised}");
    assert_eq!(case.show(&client)?["contest"]["committee"], name);
    let (_, rows) = client.call(Some(&case.center), "GET", &case.path("/plan"), None)?;
    assert_eq!(rows["rows"][0]["issuing_body"], name, "what is printed is what was authorised");
    let trail = client.chained("AUDIT#")?;
    assert!(trail.iter().any(|entry| says(entry, "authorise", &["决赛延期", "经请示同意办理"])), "{trail:?}");
    let change = format!("组委会名称由“四川省样例行业协会”改为“{name}”");
    assert!(trail.iter().any(|entry| says(entry, "correct-contest", &[&change, "与文件不符"])), "{trail:?}");
    Ok(())
}

/// G10: the year of the date of issue stands in the code.
#[test]
fn a_date_of_issue_before_the_final_or_of_a_later_year_wants_a_reason_of_the_center() -> Result<()> {
    let (_stack, client) = shared()?;
    for (number, day) in ["2022-05-01", "2023-01-05"].into_iter().enumerate() {
        let mut folder = own_contest(&format!("2022年四川省样例职业技能竞赛（发证日期{number}）"))?;
        folder.contest = folder.contest.replace("2022-06-20", day);
        folder.write()?;
        let case = Case::create(&client, &folder)?;
        case.upload_all(&client, &folder)?;
        case.until_status(&client, "submitted")?;
        let (status, refused) = case.step(&client, &case.center, "/authorise", json!({}))?;
        assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["ISSUE_DATE_ODD"]), "{day}: {refused}");
        let reasons = json!({ "reasons": { "ISSUE_DATE_ODD": "按批复所列日期" } });
        let (status, authorised) = case.step(&client, &case.center, "/authorise", reasons)?;
        assert_eq!(status, 200, "{day}: {authorised}");
    }
    Ok(())
}

#[test]
fn 二_2_a_contest_of_a_filed_body_needs_no_committee() -> Result<()> {
    const BODY: &str = "S000051010882";
    let (_stack, client) = shared()?;
    enter(&client, BODY, json!({ "units": ["unit-1"] }))?;
    let of = |contest: String| -> Result<Case> {
        let mut folder = Folder::with_winners(1)?;
        folder.of_class(contest.replace("committee = \"2022年四川省样例职业技能竞赛组委会\"\n", ""), "省级二类");
        folder.write()?;
        let case = Case::create(&client, &folder)?;
        case.upload_all(&client, &folder)?;
        Ok(case)
    };
    of(filed_contest(BODY))?.until_status(&client, "submitted")?;
    let case = of(contest("省级二类", false, ""))?;
    let shown = until_judged(&client, &case)?;
    assert_eq!(shown["status"], "draft");
    let roster = shown["materials"].as_array().and_then(|all| all.iter().find(|one| one["material"] == "roster")).context("the roster")?;
    assert_eq!((&roster["clean"], &roster["errors"]), (&json!(false), &json!(1)), "{roster}");
    Ok(())
}

/// What somebody has on their list, page by page.
fn listed(client: &Client, token: &str, size: u32) -> Result<Vec<Value>> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (status, page) = client.call(Some(token), "GET", &format!("/v1/applications?size={size}{after}"), None)?;
        ensure!(status == 200, "{page}");
        all.extend(page["applications"].as_array().context("applications")?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

#[test]
fn 五_1_a_filed_body_that_will_issue_has_the_application_from_its_submission_on() -> Result<()> {
    const BODY: &str = "S000051010883";
    let (_stack, client) = shared()?;
    enter(&client, BODY, json!({ "units": ["unit-1"] }))?;
    let (body, other) = (client.token("body", BODY)?, client.token("body", "S000051010884")?);
    let mianyang = client.token("center", "07")?;
    let handed_in = || -> Result<(Case, Folder)> {
        let mut folder = Folder::with_winners(2)?;
        folder.of_class(filed_contest(BODY), "省级二类");
        folder.write()?;
        Ok((Case::create(&client, &folder)?, folder))
    };
    let ((case, mut folder), (second, of_second)) = (handed_in()?, handed_in()?);
    let on_list = |id: &str| -> Result<Option<Value>> { Ok(listed(&client, &body, 1)?.into_iter().find(|one| one["id"] == id)) };
    let filing = |token: &str| client.call(Some(token), "PUT", &case.path("/filing"), None);
    let noted = |entry: &&Value| entry["action"] == "receive-filing" && entry["detail"].as_str().is_some_and(|said| said.contains(BODY));
    let count = || -> Result<usize> { Ok(client.chained("AUDIT#")?.iter().filter(noted).count()) };
    let before = count()?;
    assert_eq!(client.call(Some(&body), "GET", &case.path(""), None)?.0, 404, "a draft is its unit's own");
    assert_eq!((filing(&body)?.0, on_list(&case.id)?), (404, None));
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    second.upload_all(&client, &of_second)?;

    // Application, findings, lists: to the body, and to nobody else whom it does not concern.
    let (status, shown) = client.call(Some(&body), "GET", &case.path(""), None)?;
    assert_eq!((status, &shown["filing"]["body"], &shown["filing"]["received_at"]), (200, &json!(BODY), &Value::Null), "{shown}");
    for (path, list) in [("/certificates", "certificates"), ("/plan", "rows")] {
        let (status, rows) = client.call(Some(&body), "GET", &case.path(path), None)?;
        assert_eq!((status, rows[list].as_array().map(Vec::len)), (200, Some(2)), "{path}: {rows}");
    }
    assert_eq!(client.call(Some(&body), "GET", &case.path("/reports"), None)?.0, 200);
    assert_eq!(client.call(Some(&body), "GET", &case.path("/summary-form"), None)?.0, 200);
    for (who, token) in [("another body", &other), ("a city", &mianyang)] {
        assert_eq!(client.call(Some(token), "GET", &case.path(""), None)?.0, 404, "{who}");
        assert!(!listed(&client, token, 200)?.iter().any(|one| one["id"] == json!(case.id)), "{who}");
        assert_eq!(filing(token)?.0, 404, "{who}");
    }
    assert_eq!((filing(&case.unit)?.0, filing(&case.center)?.0), (403, 403), "the issuing body's own note");
    assert_eq!(case.step(&client, &body, "/authorise", json!({}))?.0, 403);
    assert_eq!(on_list(&case.id)?.context("on its list")?["filed"], json!(false), "未备案");
    assert_eq!(
        listed(&client, &case.center, 200)?.iter().find(|one| one["id"] == json!(case.id)).context("a line")?["filed"],
        json!(false)
    );

    // Its note, and the paper originals, before the authorisation.
    let originals = json!({ "from": "经办人乙" });
    assert_eq!(client.call(Some(&body), "POST", &case.path("/originals"), Some(&originals))?.0, 200);
    let (status, receipt) = filing(&body)?;
    assert_eq!((status, &receipt["body"], receipt["received_at"].is_string()), (200, &json!(BODY), true), "{receipt}");
    assert_eq!(filing(&body)?, (200, receipt.clone()), "noted once");
    assert_eq!(case.show(&client)?["filing"], receipt);
    assert_eq!(on_list(&case.id)?.context("on its list")?["filed"], json!(true));
    assert_eq!(count()?, before + 1);

    // Page by page beside the other one, and gone when it goes back.
    second.until_status(&client, "submitted")?;
    assert!(on_list(&second.id)?.is_some() && on_list(&case.id)?.is_some());
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "补正" }))?.0, 200);
    assert_eq!((client.call(Some(&body), "GET", &case.path(""), None)?.0, on_list(&case.id)?), (404, None));
    assert_eq!(case.show(&client)?["filing"], Value::Null, "to be noted anew");
    let version = case.show(&client)?["version"].clone();
    folder.set(0, Field::Employer, "四川样例机械厂一分厂");
    folder.write()?;
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(&client, &version)?;
    assert_eq!(on_list(&case.id)?.context("on its list again")?["filed"], json!(false));

    // From the authorisation on it is the reviewer's, once.
    case.authorise(&client)?;
    let own: Vec<Value> = listed(&client, &body, 1)?.into_iter().filter(|one| one["id"] == json!(case.id)).collect();
    assert_eq!((own.len(), &own[0]["status"]), (1, &json!("authorised")));
    assert_eq!((filing(&body)?.0, count()?), (200, before + 2), "whoever notes it late has noted it");
    assert_eq!(case.step(&client, &body, "/qualify", json!({}))?.0, 200);
    let place = |item: &Value| item["pk"]["S"] == format!("APPLICATION#{}", case.id) && item["sk"]["S"] == format!("FILING#body-{BODY}");
    assert!(!client.scan()?.iter().any(place), "the place is gone with the authorisation");

    // Where a committee issues, the Center has it anyway.
    let mut hosted = Folder::with_winners(1)?;
    hosted.contest = contest("省级一类", true, &format!("organiser_body = \"{BODY}\"")).replace("四川省样例行业协会", BODY_NAME);
    hosted.write()?;
    let case = Case::create(&client, &hosted)?;
    case.upload_all(&client, &hosted)?;
    assert_eq!(case.until_status(&client, "submitted")?["filing"], Value::Null);
    assert_eq!(client.call(Some(&body), "GET", &case.path(""), None)?.0, 404);
    Ok(())
}

#[test]
fn 六_2_the_contest_is_put_right_by_the_unit_and_everything_is_judged_anew() -> Result<()> {
    let (_stack, client) = shared()?;
    let mut folder = Folder::with_winners(2)?;
    folder.move_to("2022年四川省样例职业技能竞赛（更正）")?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let before = case.until_status(&client, "submitted")?;
    let declared = client.call(Some(&case.unit), "POST", &case.path("/declaration"), Some(&json!({ "name": "张测试" })))?;
    assert_eq!(declared.0, 200, "{}", declared.1);
    let issued = |day: &'static str| move |contest: &mut Value| contest["issued_on"] = json!(day);

    // Nobody else, nothing without a version that is current, nothing that nobody decides.
    for (role, organisation, expected) in
        [("unit", "unit-2", 404), ("center", "01", 404), ("body", "S000051010881", 404), ("center", "00", 400)]
    {
        let token = client.token(role, organisation)?;
        let (status, answer) = correct(&client, &case, &token, issued("2022-06-18"), None)?;
        assert_eq!(status, expected, "{role} {organisation}: {answer}");
    }
    let stale = json!({ "version": 0, "contest": { "name": "x" } });
    assert_eq!(client.call(Some(&case.unit), "PUT", &case.path("/contest"), Some(&stale))?.0, 400);
    let (status, refused) = correct(&client, &case, &case.unit, |contest| contest["class"] = json!("市级一类"), None)?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CLASS_JURISDICTION"]), "{refused}");
    let elsewhere = |contest: &mut Value| {
        contest["class"] = json!("市级一类");
        contest["jurisdiction"] = json!("01");
    };
    let (status, refused) = correct(&client, &case, &case.center, elsewhere, Some("应由市里办理"))?;
    assert_eq!(status, 400, "the Center does not give it away: {refused}");
    let (status, same) = correct(&client, &case, &case.unit, |_| {}, None)?;
    assert_eq!((status, &same["changes"]), (200, &json!([])), "{same}");

    // What it has handed in the unit takes back first.
    let (status, refused) = correct(&client, &case, &case.unit, issued("2022-06-18"), None)?;
    assert!(status == 409 && refused.to_string().contains("请先撤回申报"), "{refused}");
    assert_eq!(case.show(&client)?["version"], before["version"].as_u64().map(|version| version + 1).unwrap_or_default(), "only declared");
    // What stands on no form is judged anew without the unit's doing, and what was in time stays so.
    let (status, corrected) = correct_own(&client, &case, issued("2022-06-18"), None)?;
    assert_eq!((status, &corrected["changes"]), (200, &json!(["发证日期由“2022-06-20”改为“2022-06-18”"])), "{corrected}");
    let shown = until_judged_anew(&client, &case)?;
    assert_eq!((&shown["status"], &shown["submitted_at"]), (&json!("submitted"), &before["submitted_at"]), "{shown}");
    assert_eq!(shown["declaration"], Value::Null, "it was given for another record");
    let versions = |shown: &Value| -> Vec<String> {
        let all = shown["materials"].as_array().into_iter().flatten();
        all.map(|one| one["version"].to_string()).collect()
    };
    assert_eq!(versions(&shown), versions(&before), "no material was written anew");
    let editions: Vec<Value> =
        shown["materials"].as_array().context("materials")?.iter().map(|one| one["contest_edition"].clone()).collect();
    assert_eq!(editions, vec![json!(1); 4]);

    // What was judged under the old record counts no more: an event that the roster has not is an error in the roster.
    let other_event = |contest: &mut Value| contest["events"][0]["name"] = json!("不在名册中的赛项");
    assert_eq!(correct_own(&client, &case, other_event, Some("写错了"))?.0, 200);
    let shown = until_judged_anew(&client, &case)?;
    assert_eq!(shown["status"], "draft", "{shown}");
    assert_eq!(case.step(&client, &case.center, "/authorise", json!({}))?.0, 409);
    assert_eq!(correct(&client, &case, &case.unit, |contest| contest["events"] = before["contest"]["events"].clone(), None)?.0, 200);
    let shown = until_judged_anew(&client, &case)?;
    assert_eq!(shown["status"], "submitted", "back as it was, and judged so: {shown}");

    // After a return too.
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "决赛日期与文件不符" }))?.0, 200);
    let (status, corrected) = correct(&client, &case, &case.unit, |contest| contest["final_on"] = json!("2022-05-29"), None)?;
    assert_eq!(status, 200, "{corrected}");
    let shown = until_judged_anew(&client, &case)?;
    assert_eq!((&shown["status"], &shown["submitted_at"]), (&json!("submitted"), &before["submitted_at"]), "{shown}");
    let (_, rows) = client.call(Some(&case.center), "GET", &case.path("/plan"), None)?;
    assert!(rows["rows"].as_array().is_some_and(|rows| rows.len() == 2), "{rows}");
    case.authorise(&client)?;
    assert_eq!(correct(&client, &case, &case.unit, issued("2022-06-19"), None)?.0, 409, "it is authorised");
    let (status, refused) = correct(&client, &case, &case.center, issued("2022-06-19"), Some("晚了"))?;
    assert_eq!(status, 409, "{refused}");
    let trail = client.chained("AUDIT#")?;
    let corrections = trail.iter().filter(|entry| entry["action"] == "correct-contest" && entry["actor"].is_string());
    assert!(corrections.count() >= 4);
    assert!(
        trail.iter().any(|entry| says(entry, "correct-contest", &["删去赛项", "增加赛项“不在名册中的赛项”", "理由：写错了"])),
        "{trail:?}"
    );
    case.qualify(&client)?;
    case.until_printed(&client)?;
    Ok(())
}

#[test]
fn 六_2_the_command_takes_a_corrected_record() -> Result<()> {
    let (stack, _client) = shared()?;
    let run = |code: i32, arguments: &[&str]| -> Result<String> {
        let output = stack.run(arguments)?;
        let said = String::from_utf8([output.stdout, output.stderr].concat())?;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        Ok(said)
    };
    let mut folder = own_contest("2022年四川省样例职业技能竞赛（更正二）")?;
    let record = folder.contest.clone();
    folder.contest = record.replace("year = 2022", "year = 2021");
    folder.write()?;
    let path = folder.path().to_string_lossy().into_owned();
    let said = run(0, &["submit", &path])?;
    let id = said.lines().find(|line| line.len() == 16).context("an id")?.to_owned();
    folder.contest = record.clone();
    folder.write()?;
    let said = run(2, &["submit", &path, "--application", &id])?;
    assert!(said.contains("请先撤回申报"), "{said}");
    run(0, &["withdraw", &id, "--reason", "年份写错"])?;
    let said = run(0, &["submit", &path, "--application", &id])?;
    for part in ["大赛信息已更正：大赛年份由“2021”改为“2022”", "重新检查", "已提交"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let corrected = folder.path().join("contest.toml");
    std::fs::write(&corrected, record.replace("2022-06-20", "2022-06-19"))?;
    let corrected = corrected.to_string_lossy().into_owned();
    let said = run(0, &["contest", &id, &corrected, "--reason", "与批复不符"])?;
    assert!(said.contains("发证日期由“2022-06-20”改为“2022-06-19”") && said.contains(&format!("申报 {id}：已提交")), "{said}");
    assert!(run(0, &["contest", &id, &corrected, "--reason", "与批复不符"])?.contains("没有更正"));
    let said = run(0, &["authorise", &id, "--committee", "2022年四川省样例职业技能竞赛组织委员会"])?;
    assert!(said.contains("组委会名称由“2022年四川省样例职业技能竞赛（更正二）组委会”改为"), "{said}");
    assert!(run(2, &["contest", &id, &path, "--reason", "晚了"])?.contains("contest.toml"), "a folder is no file");
    Ok(())
}

/// A contest of its own name: no other test's applications go under its authorisation.
fn own_contest(name: &str) -> Result<Folder> {
    let mut folder = Folder::with_winners(1)?;
    folder.move_to(name)?;
    Ok(folder)
}

fn submitted(client: &Client, folder: &Folder) -> Result<Case> {
    let case = Case::create(client, folder)?;
    case.upload_all(client, folder)?;
    case.until_status(client, "submitted")?;
    Ok(case)
}

#[test]
fn 二_2_1_a_contest_has_one_authorisation_with_a_number_and_a_paper() -> Result<()> {
    const NUMBER: &str = "川职鉴授〔2022〕71号";
    let (stack, client) = shared()?;
    let folder = own_contest("2022年四川省样例职业技能大赛（授权）")?;
    let case = submitted(&client, &folder)?;
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/authorisation"), None)?.0, 404);
    let (status, authorised) = case.step(&client, &case.center, "/authorise", json!({ "number": NUMBER }))?;
    assert_eq!(
        (status, &authorised["manner"], &authorised["act"], &authorised["number"]),
        (200, &json!("authorisation"), &json!("授权"), &json!(NUMBER)),
        "{authorised}"
    );
    let shown = case.show(&client)?;
    assert_eq!((&shown["status_word"], &shown["authorisation"]["number"]), (&json!("已授权"), &json!(NUMBER)), "{shown}");
    // Found by whoever may see the application, and by nobody else.
    let path = format!(
        "/v1/authorisations?number={}",
        NUMBER
            .replace('〔', "%E3%80%94")
            .replace('〕', "%E3%80%95")
            .replace("川职鉴授", "%E5%B7%9D%E8%81%8C%E9%89%B4%E6%8E%88")
            .replace('号', "%E5%8F%B7")
    );
    for (role, organisation, expected) in
        [("unit", "unit-1", 200), ("center", "00", 200), ("unit", "unit-2", 404), ("body", "S000051010881", 404), ("center", "07", 404)]
    {
        let (status, found) = client.call(Some(&client.token(role, organisation)?), "GET", &path, None)?;
        assert_eq!(status, expected, "{role} {organisation}: {found}");
    }
    let (_, given) = client.call(Some(&case.unit), "GET", &case.path("/authorisation"), None)?;
    let pdf = client.download(given["document"].as_str().context("a link")?)?;
    let document = lopdf::Document::load_mem(&pdf)?;
    let text: String = document.extract_text(&[1])?.split_whitespace().collect();
    for part in [NUMBER, "授权书", "2022年四川省样例职业技能大赛（授权）组委会：", "代章", "四川省职业技能鉴定指导中心"]
    {
        ensure!(text.contains(part), "{part} is not in {text}");
    }

    // A second application of the same contest goes under it, or is stopped.
    let other = submitted(&client, &{
        let mut folder = own_contest("2022年四川省样例职业技能大赛（授权）")?;
        folder.contest = folder.contest.replace("2022-06-20", "2022-06-19");
        folder.write()?;
        folder
    })?;
    let (status, refused) = other.step(&client, &other.center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused["error"]["findings"])), (422, vec!["CONTEST_AUTHORISED"]), "{refused}");
    assert!(refused.to_string().contains("发证日期为“2022-06-19”，授权的是“2022-06-20”"), "{refused}");
    assert_eq!(correct_own(&client, &other, |contest| contest["issued_on"] = json!("2022-06-20"), None)?.0, 200);
    until_judged_anew(&client, &other)?;
    let (status, authorised) = other.step(&client, &other.center, "/authorise", json!({}))?;
    assert_eq!((status, &authorised["number"]), (200, &json!(NUMBER)), "{authorised}");
    let under = |case: &Case| -> Result<usize> { Ok(case.show(&client)?["authorisation"]["applications"].as_array().map_or(0, Vec::len)) };
    assert_eq!(under(&other)?, 2);

    // It is taken back until the first number is given, by the Center alone, with a reason.
    let withdraw =
        |case: &Case, token: &str, reason: &str| case.step(&client, token, "/authorisation/withdraw", json!({ "reason": reason }));
    assert_eq!(withdraw(&other, &other.unit, "不对")?.0, 403);
    assert_eq!(withdraw(&other, &other.center, " ")?.0, 400);
    let (status, taken_back) = withdraw(&other, &other.center, "材料有疑问")?;
    assert_eq!(status, 200, "{taken_back}");
    let shown = other.show(&client)?;
    assert_eq!(
        (&shown["status"], &shown["reviewers"], &shown["authorisation"]),
        (&json!("submitted"), &json!([]), &Value::Null),
        "{shown}"
    );
    assert_eq!(under(&case)?, 1, "it stands for the other one");
    case.qualify(&client)?;
    assert_eq!(withdraw(&case, &case.center, "晚了")?.0, 409, "a number is given");
    let run = |code: i32, arguments: &[&str]| -> Result<String> {
        let output = stack.run(arguments)?;
        let said = String::from_utf8([output.stdout, output.stderr].concat())?;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        Ok(said)
    };
    assert!(run(0, &["find", NUMBER])?.contains(&format!("编号 {NUMBER}")));
    let out = folder.path().join("out");
    let said = run(0, &["authorisation", &case.id, "--out", &out.to_string_lossy()])?;
    assert!(said.contains("以2022年四川省样例职业技能大赛（授权）组委会名义、四川省职业技能鉴定指导中心代章颁发"), "{said}");
    ensure!(std::fs::read(out.join("授权书.pdf"))?.starts_with(b"%PDF-"), "no PDF");
    let trail = client.chained("AUDIT#")?;
    assert!(trail.iter().any(|entry| says(entry, "withdraw-authorisation", &["撤销授权：材料有疑问"])), "{trail:?}");
    Ok(())
}

/// 二、（二）1: taken back until the first number: where every row was refused, there is none.
#[test]
fn 二_2_1_it_is_taken_back_though_every_row_was_refused() -> Result<()> {
    let (stack, client) = shared()?;
    let mut folder = Folder::with_winners(2)?;
    folder.rows[1] = row(&folder.person(1), "川剧妆造", "专项职业能力", "银奖");
    folder.move_to("2022年四川省样例职业技能大赛（全部不予通过）")?;
    folder.write()?;
    let case = submitted(&client, &folder)?;
    case.authorise(&client)?;
    let refused = json!({ "refused": [{ "row": 2, "reason": "点错" }, { "row": 3, "reason": "点错" }] });
    let (status, answer) = case.step(&client, &case.center, "/qualify", refused)?;
    assert_eq!((status, &answer["numbered"], &answer["refused"]), (200, &json!(0), &json!(2)), "{answer}");
    // What the rows held is somebody else's by then, or is claimed again.
    let mut center = Browser::logged_in(&stack, "省职鉴中心")?;
    let path = format!("/console/applications/{}", case.id);
    let page = center.get(&path)?;
    let withdraw = page.form("/authorisation-withdraw")?;
    let mut taken_back = page;
    until("carried out", || {
        taken_back = center.submit(&taken_back, &withdraw, &[("reason", "误点不予通过")])?;
        ensure!([200, 409].contains(&taken_back.status), "{taken_back:?}");
        Ok(taken_back.status == 200)
    })?;
    let shown = case.until_status(&client, "submitted")?;
    assert_eq!((&shown["reviewers"], &shown["decisions"]), (&json!([]), &json!([])), "{shown}");
    let mut other = Folder::with_winners(1)?;
    other.rows[0] = folder.rows[0].clone();
    other.move_to("2022年四川省样例职业技能大赛（另一大赛）")?;
    assert_eq!(stack.process(&other)?.column("findings"), ["HOLDER_CLAIMED"], "its winner is its own again");
    case.authorise(&client)?;
    let (status, answer) = case.step(&client, &case.center, "/qualify", json!({}))?;
    assert_eq!((status, &answer["numbered"], &answer["recorded"]), (200, &json!(1), &json!(1)), "{answer}");
    case.until_printed(&client)?;
    let (status, refused) = case.step(&client, &case.center, "/authorisation/withdraw", json!({ "reason": "晚了" }))?;
    assert!(status == 409 && refused.to_string().contains("已有证书赋码、登记"), "{refused}");
    let trail = client.chained("AUDIT#")?;
    assert!(trail.iter().any(|entry| says(entry, "withdraw-authorisation", &["撤销授权：误点不予通过"])), "{trail:?}");
    Ok(())
}

#[test]
fn 二_2_1_a_number_comes_later_and_is_given_once() -> Result<()> {
    let (_stack, client) = shared()?;
    let cases: Vec<Case> = ["甲", "乙"]
        .into_iter()
        .map(|which| submitted(&client, &own_contest(&format!("2022年四川省样例职业技能大赛（{which}）"))?))
        .collect::<Result<_>>()?;
    let enter = |case: &Case, token: &str, number: &str| {
        client.call(Some(token), "PUT", &case.path("/authorisation"), Some(&json!({ "number": number })))
    };
    assert_eq!(enter(&cases[0], &cases[0].center, "川职鉴授72")?.0, 409, "nothing is authorised");
    for case in &cases {
        case.authorise(&client)?;
        assert_eq!(case.show(&client)?["authorisation"]["number"], Value::Null);
    }
    for (case, token, number, expected) in [
        (&cases[0], &cases[0].unit, "川职鉴授72", 403),
        (&cases[0], &cases[0].center, "a\u{7}b", 400),
        (&cases[0], &cases[0].center, "川职鉴授72", 200),
        (&cases[0], &cases[0].center, "川职鉴授73", 409),
        (&cases[1], &cases[1].center, "川职鉴授72", 409),
        (&cases[1], &cases[1].center, " ", 400),
        (&cases[1], &cases[1].center, "川职鉴授73", 200),
        (&cases[1], &cases[1].center, "川职鉴授73", 200),
    ] {
        let (status, answer) = enter(case, token, number)?;
        assert_eq!(status, expected, "{number}: {answer}");
    }
    let case = &cases[1];
    let withdraw = || case.step(&client, &case.center, "/authorisation/withdraw", json!({ "reason": "重新办理" }));
    // The number of an act that was withdrawn is that contest's own, and nobody else's.
    assert_eq!(withdraw()?.0, 200);
    assert_eq!(enter(&cases[0], &cases[0].center, "川职鉴授73")?.0, 409);
    let (status, authorised) = case.step(&client, &case.center, "/authorise", json!({ "number": "川职鉴授73" }))?;
    assert_eq!((status, &authorised["number"]), (200, &json!("川职鉴授73")), "{authorised}");
    assert_eq!(withdraw()?.0, 200);
    assert_eq!(case.step(&client, &case.center, "/authorise", json!({}))?.0, 200);
    let (status, answer) = enter(case, &case.center, "川职鉴授73")?;
    assert_eq!(status, 200, "{answer}");
    // What the Center decided stays to be found, though it took it back.
    assert_eq!(withdraw()?.0, 200);
    assert_eq!(case.step(&client, &case.unit, "/withdraw", json!({ "reason": "不再申报" }))?.0, 200);
    let (status, refused) = client.call(Some(&case.unit), "DELETE", &case.path(""), None)?;
    assert!(status == 409 && refused.to_string().contains("曾经授权"), "{status} {refused}");
    Ok(())
}

#[test]
fn 二_2_2_where_a_filed_body_issues_itself_it_is_an_approval() -> Result<()> {
    const BODY: &str = "S000051010883";
    let (_stack, client) = shared()?;
    enter(&client, BODY, json!({ "units": ["unit-1"] }))?;
    let mut folder = Folder::with_winners(1)?;
    folder.of_class(filed_contest(BODY), "省级二类");
    folder.write()?;
    let case = submitted(&client, &folder)?;
    assert_eq!(case.step(&client, &case.center, "/authorise", json!({ "number": "川职鉴授75" }))?.0, 400, "no committee is authorised");
    let (status, approved) = case.step(&client, &case.center, "/authorise", json!({}))?;
    assert_eq!((status, &approved["manner"], &approved["act"]), (200, &json!("approval"), &json!("审批")), "{approved}");
    let shown = case.show(&client)?;
    assert_eq!((&shown["status_word"], &shown["authorisation"]), (&json!("已审批"), &Value::Null), "{shown}");
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/authorisation"), None)?.0, 404);
    assert_eq!(case.step(&client, &case.center, "/authorisation/withdraw", json!({ "reason": "名册有误" }))?.0, 200);
    assert_eq!(case.show(&client)?["status"], "submitted");
    Ok(())
}
