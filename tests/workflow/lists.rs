//! Lists of applications: pages, filters, counts, whose turn it is; and what an operation may ask of the table.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::bill::requests_of;
use workflow_tests::browser::Browser;
use workflow_tests::case::Case;
use workflow_tests::folder::{BODY_NAME, Folder, contest, filed_contest};
use workflow_tests::saizheng::{Client, Stack, until};

/// A stack of its own: what else is on the lists would be in the way.
fn own() -> Result<(Stack, Client)> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

fn get(client: &Client, token: &str, query: &str) -> Result<Value> {
    let (status, answer) = client.call(Some(token), "GET", &format!("/v1/applications{query}"), None)?;
    ensure!(status == 200, "{query}: {status} {answer}");
    Ok(answer)
}

/// All ids of a list, page by page.
fn ids(client: &Client, token: &str, query: &str) -> Result<Vec<String>> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(client, token, &format!("?{query}{after}"))?;
        let applications = page["applications"].as_array().context("applications")?;
        all.extend(applications.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

fn create(client: &Client, name: &str, class: &str) -> Result<Case> {
    let mut folder = Folder::with_winners(1)?;
    folder.contest =
        contest(class, class == "省级一类", "").replacen("name = \"2022年四川省样例职业技能竞赛\"", &format!("name = \"{name}\""), 1);
    Case::create(client, &folder)
}

#[test]
fn every_page_of_a_filtered_list_leads_to_the_next_and_none_is_left_out() -> Result<()> {
    let (_stack, client) = own()?;
    let mut created = Vec::new();
    for number in 0..7 {
        let name = if number % 3 == 0 { "甲竞赛" } else { "乙竞赛" };
        created.push(create(&client, name, if number < 4 { "省级一类" } else { "省级二类" })?.id);
    }
    let (unit, center) = (client.token("unit", "unit-1")?, client.token("center", "00")?);
    let of = |wanted: &[usize]| wanted.iter().map(|number| created[*number].clone()).collect::<Vec<_>>();
    for token in [&unit, &center] {
        for size in [1, 2, 3, 7, 50] {
            assert_eq!(ids(&client, token, &format!("size={size}"))?, created, "oldest first, by {size}");
            assert_eq!(ids(&client, token, &format!("size={size}&contest=%E7%94%B2"))?, of(&[0, 3, 6]));
            assert_eq!(
                ids(&client, token, &format!("size={size}&class=%E7%9C%81%E7%BA%A7%E4%BA%8C%E7%B1%BB&status=draft"))?,
                of(&[4, 5, 6])
            );
        }
        assert_eq!(ids(&client, token, "organiser=%E4%B8%8D%E6%98%AF")?, of(&[]));
        assert_eq!(ids(&client, token, "status=qualified")?, of(&[]));
    }
    // It is the unit's turn, not the Center's; another unit and Center see nothing.
    assert_eq!(ids(&client, &unit, "mine=true&size=2")?, created);
    assert_eq!(ids(&client, &center, "mine=true")?, of(&[]));
    for (role, organisation) in [("unit", "unit-2"), ("center", "01"), ("body", "S000051010123")] {
        assert_eq!(ids(&client, &client.token(role, organisation)?, "")?, of(&[]));
    }
    let line = get(&client, &center, "?size=1")?["applications"][0].clone();
    assert_eq!((&line["age_days"], &line["waiting_days"], &line["turn"]), (&json!(0), &json!(0), &json!(["unit-unit-1"])), "{line}");
    Ok(())
}

#[test]
fn a_page_by_the_stage_of_lots_is_full_or_the_last() -> Result<()> {
    let (_stack, client) = own()?;
    let mut issued = Vec::new();
    for number in 0..6 {
        let folder = Folder::with_winners(1)?;
        match number % 3 {
            2 => issued.push(Case::issued(&client, &folder)?.id),
            _ => drop(Case::create(&client, &folder)?),
        }
    }
    let center = client.token("center", "00")?;
    for size in [1, 2, 50] {
        assert_eq!(ids(&client, &center, &format!("stage=issued&size={size}"))?, issued, "by {size}");
        let first = get(&client, &center, &format!("?stage=issued&size={size}"))?;
        let count = first["applications"].as_array().context("applications")?.len();
        ensure!(count == size.min(issued.len()), "{size}: {first}");
        ensure!(first["next"].is_null() == (size >= issued.len()), "no page is named that has nothing: {first}");
    }
    let none = get(&client, &center, "?stage=published&size=1")?;
    ensure!(none["next"].is_null() && none["applications"].as_array().is_some_and(Vec::is_empty), "looked at to the end: {none}");
    let failed = get(&client, &center, "?print_failed=true&size=1")?;
    ensure!(failed["next"].is_null() && failed["applications"].as_array().is_some_and(Vec::is_empty), "{failed}");
    Ok(())
}

#[test]
fn what_is_not_asked_for_rightly_is_400() -> Result<()> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    let center = client.token("center", "00")?;
    for query in
        ["?state=draft", "?status=lost", "?size=0", "?size=201", "?after=x", "?after=Cg", "?mine=perhaps", "?status=draft&statu=draft"]
    {
        let (status, answer) = client.call(Some(&center), "GET", &format!("/v1/applications{query}"), None)?;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("MALFORMED")), "{query}: {answer}");
    }
    for path in ["/v1/sheets/ledger?kinds=x", "/v1/rulebook?x=1", "/v1/audit?from=1", "/v1/applications/counts?x"] {
        assert_eq!(client.call(Some(&center), "GET", path, None)?.0, 400, "{path}");
    }
    Ok(())
}

#[test]
fn counts_and_turns_follow_an_application_through_its_reviewers() -> Result<()> {
    const BODY: &str = "S000051010126";
    let (_stack, client) = own()?;
    let (center, body) = (client.token("center", "00")?, client.token("body", BODY)?);
    let filed = json!({ "code13": BODY, "name": BODY_NAME, "filed_with_province": true, "units": ["unit-1"],
        "scope": [{ "occupation": "车工", "levels": [3] }, { "occupation": "中式烹调师", "levels": [3] }] });
    ensure!(client.call(Some(&center), "PUT", "/v1/bodies", Some(&filed))?.0 == 200);
    let mut folder = Folder::with_winners(2)?;
    folder.of_class(filed_contest(BODY), "省级二类");
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    let turn = |token: &str| -> Result<Vec<String>> { ids(&client, token, "mine=true") };
    let mine = vec![case.id.clone()];
    let counts = |token: &str| -> Result<(Value, Value)> {
        let counts = get(&client, token, "/counts")?;
        let there = counts["statuses"].as_array().context("statuses")?.iter().filter(|one| one["count"] != 0);
        Ok((there.map(|one| one["status"].clone()).collect(), counts["mine"]["count"].clone()))
    };
    assert_eq!(counts(&case.unit)?, (json!(["draft"]), json!(1)));
    assert_eq!(counts(&center)?, (json!(["draft"]), json!(0)));
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!((turn(&case.unit)?, turn(&center)?), (vec![], mine.clone()));
    assert_eq!(counts(&center)?, (json!(["submitted"]), json!(1)));
    assert_eq!(
        (turn(&body)?, ids(&client, &body, "")?),
        (mine.clone(), mine.clone()),
        "五、（一）: it has what it will issue, and notes the submission as received"
    );
    case.authorise(&client)?;
    assert_eq!((turn(&center)?, turn(&body)?), (mine.clone(), mine.clone()), "both have rows");
    assert_eq!(ids(&client, &body, "")?, mine, "without a filter a body's list has all that it reviews");
    case.qualify(&client)?;
    assert_eq!((turn(&center)?, turn(&body)?), (vec![], mine.clone()));
    let (status, answer) = case.step(&client, &body, "/qualify", json!({}))?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((turn(&center)?, turn(&body)?), (vec![], vec![]));
    for token in [&case.unit, &center, &body] {
        assert_eq!(ids(&client, token, "status=qualified")?, mine);
        assert_eq!(counts(token)?, (json!(["qualified"]), json!(0)));
    }
    Ok(())
}

/// What one call of the API asked of the table and the bucket, by operation.
fn requests(client: &Client, call: impl FnOnce() -> Result<()>) -> Result<BTreeMap<String, u64>> {
    let lines =
        || -> Result<Vec<String>> { Ok(client.log_of("Review", 0)?.into_iter().filter(|line| line.contains("duration_ms=")).collect()) };
    let before = lines()?.len();
    call()?;
    let mut last = None;
    until("the call is logged", || {
        last = lines()?.get(before).cloned();
        Ok(last.is_some())
    })?;
    requests_of(&last.context("a line")?)
}

/// Budgets of requests: what grows with the data is a defect here before it is one in the field.
#[test]
fn an_operation_keeps_to_its_budget_of_requests() -> Result<()> {
    let (_stack, client) = own()?;
    let folder = Folder::with_winners(30)?;
    let case = Case::issued(&client, &folder)?;
    let codes: Vec<Value> = case.certificates(&client)?.iter().map(|certificate| certificate["code"].clone()).collect();
    let winners: Vec<Value> = codes.iter().map(|code| json!({ "code": code, "on": "2022-06-20" })).collect();
    let enter = json!({ "winners": winners });
    type Budget<'a> = &'a [(&'a str, u64)];
    // (method, path, body, status, most of each request); one GetItem of each is the caller's account.
    let budgets: [(&str, String, Option<&Value>, u16, Budget<'_>); 5] = [
        ("GET", "/v1/applications".to_owned(), None, 200, &[("GetItem", 2), ("Query", 1), ("BatchGetItem", 1)]),
        ("GET", "/v1/applications?status=qualified&size=200".to_owned(), None, 200, &[("GetItem", 2), ("Query", 1), ("BatchGetItem", 1)]),
        ("GET", "/v1/applications/counts".to_owned(), None, 200, &[("GetItem", 1), ("Query", 7)]),
        ("GET", case.path("/certificates"), None, 200, &[("GetItem", 2), ("Query", 6)]),
        // Thirty codes are read in one request; nobody has collected the lot.
        ("PUT", case.path("/hand-outs"), Some(&enter), 409, &[("GetItem", 4), ("Query", 5), ("BatchGetItem", 1)]),
    ];
    for (method, path, body, status, most) in budgets {
        let token = if method == "PUT" { &case.unit } else { &case.center };
        let made = requests(&client, || {
            let (answered, answer) = client.call(Some(token), method, &path, body)?;
            ensure!(answered == status, "{method} {path}: {answered} {answer}");
            Ok(())
        })?;
        for (operation, count) in &made {
            let budget = most.iter().find(|(known, _)| known == operation).map_or(0, |(_, most)| *most);
            assert!(*count <= budget, "{method} {path}: {operation} {count} times, budget {budget}: {made:?}");
        }
    }
    Ok(())
}

#[test]
fn what_lots_wait_for_was_nowhere_until_it_was_overdue() -> Result<()> {
    let (stack, client) = own()?;
    let center = client.token("center", "00")?;
    let received = json!({ "kind": "skill_level", "ranges": [["JN00000001", "JN00000010"]] });
    ensure!(client.call(Some(&center), "POST", "/v1/sheets/receive", Some(&received))?.0 == 200);
    let (first, second) = (Case::issued(&client, &Folder::with_winners(1)?)?, Case::issued(&client, &Folder::with_winners(1)?)?);
    let tasks = |token: &str| -> Result<Value> {
        let (status, answer) = client.call(Some(token), "GET", "/v1/tasks", None)?;
        ensure!(status == 200, "{status} {answer}");
        Ok(answer)
    };
    // Each count is that of the list behind it.
    let waits = |token: &str, wanted: &[(&str, &[&Case])]| -> Result<()> {
        let lots = tasks(token)?["lots"].clone();
        let counted: Vec<(String, u64)> = lots
            .as_array()
            .context("lots")?
            .iter()
            .map(|one| Ok((one["task"].as_str().context("task")?.to_owned(), one["count"].as_u64().context("count")?)))
            .collect::<Result<_>>()?;
        let expected: Vec<(String, u64)> = wanted.iter().map(|(task, cases)| ((*task).to_owned(), cases.len() as u64)).collect();
        ensure!(counted == expected, "{lots}");
        for (task, cases) in wanted {
            let of: Vec<String> = cases.iter().map(|case| case.id.clone()).collect();
            ensure!(ids(&client, token, &format!("task={task}"))? == of, "{task}");
        }
        Ok(())
    };
    waits(&center, &[("print", &[&first, &second])])?;
    waits(&first.unit, &[])?;
    let mut browser = Browser::logged_in(&stack, "省职鉴中心")?;
    let desk = browser.get("/console/")?;
    for text in ["其他待办", "份申报的证书待打印", "/console/applications?task=print"] {
        desk.expect(text)?;
    }
    ensure!(!desk.text.contains("现在没有等待办理的事项"), "{}", desk.text);
    browser.get("/console/applications?task=print")?.expect(&second.id)?;
    first.print(&client)?;
    waits(&center, &[("print", &[&second]), ("archive", &[&first])])?;
    first.archive(&client)?;
    waits(&center, &[("print", &[&second]), ("publish", &[&first])])?;
    let applied = json!({ "kind": "new", "applications": [first.id] });
    let (status, batch) = client.call(Some(&center), "POST", "/v1/publications", Some(&applied))?;
    ensure!(status == 201, "{batch}");
    waits(&center, &[("print", &[&second])])?;
    assert_eq!(tasks(&center)?["batches"], json!([{ "state": "applied", "task_word": "待审核", "count": 1 }]));
    browser.get("/console/publications?state=applied")?.expect(batch["title"].as_str().context("title")?)?;
    browser.get("/console/publications?state=uploaded")?.expect("没有这样的批次")?;
    let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
    for step in ["review", "uploaded"] {
        ensure!(client.call(Some(&center), "POST", &format!("{path}/{step}"), Some(&json!({})))?.0 == 200, "{step}");
    }
    // The file of the query site, as it is, in the page.
    let address = path.replacen("/v1", "/console", 1);
    let page = browser.get(&address)?;
    let form = page.form("/confirm")?;
    ensure!(browser.submit(&page, &form, &[])?.status == 400, "neither a file nor a text");
    let page = browser.get(&address)?;
    browser.upload(&page, &page.form("/confirm")?, first.result_list(&client)?.as_bytes())?.expect("已确认上网")?;
    waits(&center, &[("print", &[&second]), ("collect", &[&first])])?;
    waits(&first.unit, &[("collect", &[&first])])?;
    // What is handed out is looked at no more, by the desk or by what is overdue, however much of it there comes to be.
    let looks = || -> Result<[BTreeMap<String, u64>; 2]> {
        let call = |path: &'static str| requests(&client, || client.call(Some(&center), "GET", path, None).map(drop));
        Ok([call("/v1/tasks")?, call("/v1/hand-outs/overdue")?])
    };
    let before = looks()?;
    let collected = json!({ "on": "2022-06-20", "collector": "赵经办" });
    let (status, answer) = client.call(Some(&center), "POST", &first.path("/collection"), Some(&collected))?;
    ensure!(status == 200, "{status} {answer}");
    waits(&center, &[("print", &[&second])])?;
    let fewer = before.iter().zip(looks()?).all(|(before, after)| after["Query"] < before["Query"]);
    ensure!(fewer, "{before:?} {:?}", looks()?);
    let body = client.token("body", "S000051010123")?;
    let nothing = tasks(&body)?;
    assert_eq!((&nothing["lots"], &nothing["batches"], &nothing["accounts"]["count"]), (&json!([]), &json!([]), &json!(0)), "{nothing}");
    // 申领, 领用, 签收.
    let asked = json!({ "kind": "skill_level", "count": 2, "reason": "备用" });
    ensure!(client.call(Some(&body), "POST", "/v1/sheets/ask", Some(&asked))?.0 == 200);
    assert_eq!(tasks(&center)?["requisitions"], 1);
    browser.get("/console/")?.expect("件空白证书申领待答复")?;
    let given = json!({ "kind": "skill_level", "ranges": [["JN00000005", "JN00000006"]], "holder": "body-S000051010123" });
    ensure!(client.call(Some(&center), "POST", "/v1/sheets/assign", Some(&given))?.0 == 200);
    assert_eq!((&tasks(&center)?["requisitions"], &tasks(&body)?["to_acknowledge"]), (&json!(0), &json!(1)));
    Ok(())
}

#[test]
fn a_list_goes_by_days_tells_how_many_there_are_and_is_taken_along() -> Result<()> {
    let (stack, client) = own()?;
    let created: Vec<String> = (0..3).map(|_| Ok(create(&client, "甲竞赛", "省级二类")?.id)).collect::<Result<_>>()?;
    let (unit, center) = (client.token("unit", "unit-1")?, client.token("center", "00")?);
    for token in [&unit, &center] {
        assert_eq!(ids(&client, token, "waiting_days=0")?, created);
        assert_eq!(ids(&client, token, "waiting_days=1")?, Vec::<String>::new());
        assert_eq!(get(&client, token, "?total=true&size=1")?["total"]["count"], 3);
        ensure!(get(&client, token, "?total=true&contest=x")?["total"].is_null(), "not known without looking at each");
    }
    assert_eq!(get(&client, &center, "?total=true&status=draft")?["total"]["count"], 3);
    let mut browser = Browser::logged_in(&stack, "省职鉴中心")?;
    let page = browser.get("/console/applications?size=20")?;
    for text in ["共 3 份", "管辖地区", "省本级", "证书环节", "停留天数不少于", "导出 Excel"] {
        page.expect(text)?;
    }
    ensure!(page.text.contains("<option value=\"省级二类\">"), "classes are chosen from the notice's: {}", page.text);
    let wrong = browser.get("/console/applications?waiting_days=x")?;
    ensure!(wrong.status == 400 && wrong.text.contains("停留天数"), "{}", wrong.text);
    let file = browser.get("/console/applications/export?class=%E7%9C%81%E7%BA%A7%E4%BA%8C%E7%B1%BB")?;
    ensure!(file.status == 200 && file.text.starts_with("PK"), "{}", file.status);
    ensure!(file.headers["content-disposition"].contains("applications.xlsx"), "{:?}", file.headers);
    // The same by the API and by the command.
    let (status, exported) = client.call(Some(&center), "GET", "/v1/applications/workbook?waiting_days=0", None)?;
    assert_eq!((status, &exported["count"], &exported["more"]), (200, &json!(3), &json!(false)), "{exported}");
    assert_eq!(client.call(Some(&unit), "GET", "/v1/applications/workbook?waiting_day=0", None)?.0, 400);
    let out = stack.data().join("申报.xlsx");
    let export = ["list", "--as", "center-00", "--out", &out.to_string_lossy()];
    ensure!(stack.run(&export)?.status.success() && std::fs::read(&out)?.starts_with(b"PK"));
    assert_eq!(stack.run(&export)?.status.code(), Some(2), "what is there is not written over");
    Ok(())
}
