//! What belongs to an application besides its files: the organiser's word (六、（二）) and the paper originals (五、（一）).

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::folder::{BODY_NAME, Folder, filed_contest};
use workflow_tests::saizheng::{Client, Stack};

/// A made-up filed body.
const BODY: &str = "S000051010885";

/// The notice that ships.
const NOTICE: &str = include_str!("../../infra/notices/sichuan-2022-9.toml");

fn shared() -> Result<Client> {
    let stack = Stack::shared();
    stack.up()?;
    Client::of(&stack)
}

/// An application that is complete, and its folder.
fn submitted(client: &Client) -> Result<(Case, Folder)> {
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    Ok((Case::submitted(client, &folder)?, folder))
}

fn post(client: &Client, token: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
    client.call(Some(token), "POST", path, Some(body))
}

fn declare(client: &Client, case: &Case) -> Result<(u16, Value)> {
    post(client, &case.unit, &case.path("/declaration"), &json!({ "name": "负责人甲" }))
}

fn receive(client: &Client, token: &str, case: &Case, body: &Value) -> Result<(u16, Value)> {
    post(client, token, &case.path("/originals"), body)
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["error"]["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str()).collect()
}

/// The application's line in the unit's list.
fn line(client: &Client, case: &Case) -> Result<Value> {
    let (_, page) = client.call(Some(&case.unit), "GET", "/v1/applications?mine=false&size=200&status=submitted", None)?;
    let own = page["applications"].as_array().and_then(|all| all.iter().find(|one| one["id"] == json!(case.id)).cloned());
    own.context("a line")
}

/// 六、（二）: 谁主办、谁负责.
#[test]
fn the_organisers_word_belongs_to_the_submission_and_goes_with_what_it_was_given_for() -> Result<()> {
    let client = shared()?;
    let (case, folder) = submitted(&client)?;
    assert_eq!(case.show(&client)?["declaration"], Value::Null, "complete without it");
    assert_eq!(line(&client, &case)?["declared"], json!(false));
    assert_eq!(post(&client, &case.center, &case.path("/declaration"), &json!({ "name": "甲" }))?.0, 403, "the organiser's own");
    assert_eq!(post(&client, &client.token("unit", "unit-2")?, &case.path("/declaration"), &json!({ "name": "甲" }))?.0, 404);
    assert_eq!(post(&client, &case.unit, &case.path("/declaration"), &json!({ "name": " " }))?.0, 400);
    let (status, given) = declare(&client, &case)?;
    assert_eq!((status, &given["name"], &given["by"]), (200, &json!("负责人甲"), &json!("test-unit")), "{given}");
    let shown = case.show(&client)?;
    assert_eq!(shown["declaration"]["name"], json!("负责人甲"), "{shown}");
    assert_eq!(line(&client, &case)?["declared"], json!(true));

    // Judged again as it was, the word stands; another file is another matter.
    case.upload(&client, &folder, "contest", "contest.pdf")?;
    case.until_submitted_after(&client, &shown["version"])?;
    assert_eq!(case.show(&client)?["declaration"]["name"], json!("负责人甲"));
    let file = folder.path().join("contest.pdf");
    std::fs::write(&file, [std::fs::read(&file)?, b"\n".to_vec()].concat())?;
    let version = case.show(&client)?["version"].clone();
    case.upload(&client, &folder, "contest", "contest.pdf")?;
    case.until_submitted_after(&client, &version)?;
    assert_eq!(case.show(&client)?["declaration"], Value::Null, "it was given for another file");

    assert_eq!(declare(&client, &case)?.0, 200);
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "补正" }))?.0, 200);
    assert_eq!(case.show(&client)?["declaration"], Value::Null, "to be given anew");
    let trail = client.chained("AUDIT#")?;
    let own: Vec<&Value> = trail.iter().filter(|entry| entry["action"] == "declare").collect();
    assert!(own.iter().all(|entry| entry["clause"] == "六、（二）"), "{own:?}");
    assert!(own.len() >= 2 && !own.iter().any(|entry| entry.to_string().contains("负责人甲")), "names stand in the application only");
    Ok(())
}

/// 附件: the head of the summary form, kept and offered again.
#[test]
fn what_a_unit_last_wrote_into_the_head_is_offered_to_it_and_to_nobody_else() -> Result<()> {
    let client = shared()?;
    // The stack stays up for the next run: a unit that was in none before.
    let own = format!("unit-3-{}", std::process::id());
    let (mine, others) = (client.token("unit", &own)?, client.token("unit", "unit-4")?);
    let ask = |token: &str| client.call(Some(token), "GET", "/v1/contact", None);
    assert_eq!(ask(&mine)?, (200, json!({})), "it never gave any");
    let head = json!({ "address": "成都市样例路1号", "phone": "028-00000000", "responsible": "负责人甲", "handler": "经办人乙" });
    let contest: rules::intake::contest::Contest = toml::from_str(&Folder::with_winners(1)?.contest)?;
    let contest = serde_json::to_value(contest)?;
    for contact in [Some(&head), None] {
        let mut contest = contest.clone();
        if let Some(contact) = contact {
            contest["organiser_contact"] = contact.clone();
        }
        assert_eq!(post(&client, &mine, "/v1/applications", &json!({ "contest": contest }))?.0, 201);
    }
    assert_eq!(ask(&mine)?, (200, head), "one that leaves it out forgets nothing");
    assert_eq!(ask(&others)?, (200, json!({})));
    assert_eq!(ask(&client.token("center", "00")?)?.0, 403);
    Ok(())
}

/// 五、（一）: 需纸质、电子两种格式.
#[test]
fn paper_originals_are_received_singly_or_all_at_once_with_their_defects() -> Result<()> {
    let client = shared()?;
    let (case, _) = submitted(&client)?;
    let titles = |shown: &Value, received: bool| -> Vec<String> {
        let all = shown["originals"].as_array().into_iter().flatten();
        let some = all.filter(|one| one["received"].is_null() != received && one["received"]["defect"].is_null());
        some.filter_map(|one| one["material"].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(titles(&case.show(&client)?, false), ["contest", "commendation", "summary"]);
    let from = |more: Value| {
        let mut body = json!({ "from": "经办人乙" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    assert_eq!(receive(&client, &case.unit, &case, &from(json!({})))?.0, 403, "who issues receives");
    assert_eq!(receive(&client, &client.token("center", "07")?, &case, &from(json!({})))?.0, 404);
    for odd in [json!({ "on": "2999-01-01" }), json!({ "materials": ["roster"] }), json!({ "defect": " " })] {
        assert_eq!(receive(&client, &case.center, &case, &from(odd.clone()))?.0, 400, "{odd}");
    }
    assert_eq!(receive(&client, &case.center, &case, &json!({ "from": "" }))?.0, 400);
    let defect = from(json!({ "materials": ["summary"], "defect": "没有盖章", "on": "2022-06-01" }));
    let (status, shown) = receive(&client, &case.center, &case, &defect)?;
    assert_eq!(status, 200, "{shown}");
    let summary = shown["originals"].as_array().and_then(|all| all.iter().find(|one| one["material"] == "summary")).context("the form")?;
    let receipt = &summary["received"];
    assert_eq!((&receipt["on"], &receipt["receiver"]), (&json!("2022-06-01"), &json!("center-00")), "{shown}");
    assert_eq!((&receipt["defect"], &receipt["from"]), (&json!("没有盖章"), &json!("经办人乙")));
    assert_eq!(line(&client, &case)?["originals"], json!([]), "with a defect it is still owed");
    // All that is still open, the one with the defect included.
    assert_eq!(receive(&client, &case.center, &case, &from(json!({})))?.0, 200);
    assert_eq!(titles(&case.show(&client)?, true), ["contest", "commendation", "summary"]);
    assert_eq!(line(&client, &case)?["originals"], json!(["contest", "commendation", "summary"]));
    assert_eq!(receive(&client, &case.center, &case, &from(json!({})))?.0, 409, "nothing is open");
    // What was received without a defect is entered otherwise with a reason only.
    let other_day = json!({ "materials": ["summary"], "on": "2022-06-02" });
    assert_eq!(receive(&client, &case.center, &case, &from(other_day.clone()))?.0, 400);
    let mut explained = from(other_day);
    explained["reason"] = json!("日期登记有误");
    assert_eq!(receive(&client, &case.center, &case, &explained)?.0, 200);
    let trail = client.chained("AUDIT#")?;
    let noted = |entry: &&Value| entry["action"] == "receive-originals" && entry["detail"].to_string().contains("没有盖章");
    let entry = trail.iter().find(noted).context("in the trail")?;
    assert!(!entry.to_string().contains("经办人乙"), "{entry}");
    // By default nothing blocks, and after the authorisation who issues may note what comes later.
    case.authorise(&client)?;
    let late = from(json!({ "materials": ["contest"], "reason": "补交原件" }));
    assert_eq!(receive(&client, &case.center, &case, &late)?.0, 200);
    assert_eq!(declare(&client, &case)?.0, 409, "the word is given before the authorisation");
    Ok(())
}

#[test]
fn nothing_is_authorised_before_what_a_notice_asks_for_is_there() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let strict = NOTICE
        .replace("declaration_required = false", "declaration_required = true")
        .replace("originals_required = false", "originals_required = true")
        .replace("filing_required = false", "filing_required = true");
    let center = client.token("center", "00")?;
    let (status, answer) = client.call_text(Some(&center), "PUT", "/v1/rulebook/notices/sichuan-2022-9.toml", &strict)?;
    assert_eq!(status, 200, "{answer}");
    let (case, _) = submitted(&client)?;
    let (status, refused) = case.step(&client, &center, "/authorise", json!({}))?;
    assert_eq!(status, 422, "{refused}");
    assert_eq!(codes(&refused), ["DECLARATION_MISSING", "ORIGINAL_MISSING", "ORIGINAL_MISSING", "ORIGINAL_MISSING"]);
    assert_eq!(declare(&client, &case)?.0, 200);
    let one = json!({ "from": "邮寄", "materials": ["summary"], "defect": "缺页" });
    assert_eq!(receive(&client, &center, &case, &one)?.0, 200);
    let (_, refused) = case.step(&client, &center, "/authorise", json!({}))?;
    assert_eq!(codes(&refused), ["ORIGINAL_MISSING", "ORIGINAL_MISSING", "ORIGINAL_DEFECT"]);
    assert_eq!(receive(&client, &center, &case, &json!({ "from": "邮寄" }))?.0, 200);
    case.authorise(&client)?;

    // 交颁证机构进行备案: a filed body's note is asked for as well, where one will issue.
    let entry = json!({ "code13": BODY, "name": BODY_NAME, "filed_with_province": true, "units": ["unit-1"],
        "scope": [{ "occupation": "中式烹调师", "levels": [3] }] });
    assert_eq!(client.call(Some(&center), "PUT", "/v1/bodies", Some(&entry))?.0, 200);
    let mut folder = Folder::with_winners(1)?;
    folder.of_class(filed_contest(BODY), "省级二类");
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!((declare(&client, &case)?.0, receive(&client, &center, &case, &json!({ "from": "邮寄" }))?.0), (200, 200));
    let (status, refused) = case.step(&client, &center, "/authorise", json!({}))?;
    assert_eq!((status, codes(&refused)), (422, vec!["FILING_MISSING"]), "{refused}");
    // Until the body has noted it, it is among what waits for the body, as it is among what waits for the Center.
    let waiting = |token: &str| -> Result<bool> {
        let (status, page) = client.call(Some(token), "GET", "/v1/applications?mine=true", None)?;
        ensure!(status == 200, "{page}");
        Ok(page["applications"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == case.id.as_str())))
    };
    let body = client.token("body", BODY)?;
    assert_eq!((waiting(&body)?, waiting(&center)?), (true, true));
    let turn = || Ok::<_, anyhow::Error>(line(&client, &case)?["turn"].clone());
    assert_eq!(turn()?, json!(["center-00", format!("body-{BODY}")]));
    let said = String::from_utf8(stack.run(&["filing", &case.id])?.stderr)?;
    assert!(said.contains(&format!("颁证机构 {BODY} 于")), "{said}");
    assert_eq!((waiting(&body)?, waiting(&center)?, turn()?), (false, true, json!(["center-00"])));
    case.authorise(&client)
}

#[test]
fn the_command_declares_receives_and_finds_the_application_of_a_paper() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let run_with = |code: i32, arguments: &[&str], lines: &[&str]| -> Result<String> {
        let output = stack.run_with(arguments, lines)?;
        let said = String::from_utf8([output.stdout, output.stderr].concat())?;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        Ok(said)
    };
    let run = |code: i32, arguments: &[&str]| run_with(code, arguments, &[]);
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let path = folder.path().to_string_lossy().into_owned();
    let said = run(0, &["submit", &path])?;
    assert!(said.contains("未声明") && said.contains("--declare"), "{said}");
    let id = said.lines().find(|line| line.len() == 16).context("an id")?.to_owned();
    assert!(run(0, &["list", "--as", "center-00"])?.contains("未声明；纸质未收齐：举办竞赛相关文件、竞赛表彰文件、申报汇总表"));
    let said = run(0, &["submit", &path, "--application", &id, "--declare", "负责人甲"])?;
    assert!(said.contains("声明：负责人甲 于 ") && !said.contains("未声明"), "{said}");
    let said = run_with(0, &["originals", &id, "--material", "summary", "--defect", "没有盖章"], &["经办人乙"])?;
    assert!(said.contains("纸质申报汇总表") && said.contains("有缺陷：没有盖章"), "{said}");
    assert!(run(2, &["originals", &id, "--material", "roster", "--from", "-"])?.contains("没有“roster”这份纸质材料"));
    let said = run(0, &["show", &id])?;
    for part in [&*format!("申报 {id}：已提交"), "声明：负责人甲", "纸质举办竞赛相关文件：未收到"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = stack.run(&["show", &id, "--json"])?;
    let shown: Value = serde_json::from_slice(&output.stdout)?;
    let verdicts = shown["materials"].as_array().context("materials")?;
    let roster = verdicts.iter().find(|one| one["material"] == "roster").context("the roster")?;
    let digest = roster["form_digest"].as_str().context("a digest")?.to_uppercase();
    let stamp = |digest: &str| format!("SZ2:{}:{digest}:1", id.to_uppercase());
    let said = run(0, &["find", &stamp(&digest)])?;
    assert!(said.contains(&id) && said.contains("由现在的模板表生成"), "{said}");
    let said = run(2, &["find", &stamp(&"0".repeat(64))])?;
    assert!(said.contains(&id) && said.contains("不是由现在的模板表生成的"), "{said}");
    // Of an application that is not there, damaged, of one whose roster does not pass: nothing is checked, and that is no success.
    let foreign = format!("SZ2:{}:{digest}:1", "A".repeat(16));
    assert!(run(2, &["find", &foreign])?.contains("没有申报"));
    run(2, &["find", &stamp("0")])?;
    let mut faulty = Folder::with_winners(1)?;
    faulty.set(0, Field::Name, "");
    faulty.write()?;
    let said = run(2, &["submit", &faulty.path().to_string_lossy()])?;
    let draft = said.lines().find(|line| line.len() == 16).context("an id")?.to_uppercase();
    let said = run(2, &["find", &format!("SZ2:{draft}:{digest}:1")])?;
    assert!(said.contains("尚未通过检查"), "{said}");
    assert!(run(0, &["authorise", &id])?.contains("提醒：申报"), "shown before the authorisation, and no bar");
    assert!(run(0, &["qualify", &id])?.contains("赋码 1 个"));
    let certificates =
        Case { id: id.clone(), forms: Value::Null, unit: client.token("unit", "unit-1")?, center: client.token("center", "00")? }
            .until_printed(&client)?;
    let code = certificates.first().and_then(|one| one["code"].as_str()).context("a code")?;
    let said = run(0, &["find", code])?;
    assert!(said.contains(&format!("证书编码 {code}：")) && said.contains("空白证书 尚未打印"), "{said}");
    assert!(run(0, &["sheets", "receive", "JN00000001-JN00000005"])?.contains("在库 5 张（JN00000001 至 JN00000005）"));
    assert!(run(0, &["sheets", "show"])?.contains("累计入库号段（竞赛职业技能等级证书）：JN00000001 至 JN00000005"));
    assert!(run(0, &["audit"])?.contains("0 处不符"));
    Ok(())
}
