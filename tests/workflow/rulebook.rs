//! The rulebook (notices and catalogues as data): explained, replaced without a build, succeeded by a later notice.

use anyhow::{Context, Result};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::folder::{Folder, hosted_contest};
use workflow_tests::saizheng::{Client, Stack};

fn up(stack: &Stack) -> Result<Client> {
    stack.up()?;
    Client::of(stack)
}

/// Replaces a part as the Center; status and answer.
fn place(client: &Client, part: &str, text: &str) -> Result<(u16, Value)> {
    client.call_text(Some(&client.token("center", "00")?), "PUT", &format!("/v1/rulebook/{part}"), text)
}

fn steps(client: &Client, case: &Case, row: u32) -> Result<Vec<Value>> {
    let (status, explained) = client.call(Some(&case.unit), "GET", &case.path(&format!("/rows/{row}")), None)?;
    assert_eq!(status, 200, "{explained}");
    explained["steps"].as_array().cloned().context("steps")
}

#[test]
fn each_decision_is_explained_rule_by_rule() -> Result<()> {
    let stack = Stack::shared();
    let client = up(&stack)?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    case.step(&client, &case.center, "/qualify", json!({ "refused": [{ "row": 3, "reason": "未进入决赛" }] }))?;
    let approved = steps(&client, &case, 2)?;
    for step in &approved {
        for part in ["clause", "question", "outcome"] {
            assert!(step[part].as_str().is_some_and(|text| !text.is_empty()), "{step}");
        }
    }
    let clauses: Vec<&str> = approved.iter().filter_map(|step| step["clause"].as_str()).collect();
    for clause in ["一、证书类型", "二、（二）1", "五、（二）"] {
        assert!(clauses.contains(&clause), "{clauses:?}");
    }
    let code = approved.last().and_then(|step| step["outcome"].as_str()).context("a code")?;
    assert!(code.starts_with("S000051009999223J"), "{code}");
    let refused = steps(&client, &case, 3)?;
    assert_eq!(refused.last().map(|step| step["outcome"].clone()), Some(json!("不通过：未进入决赛")));
    assert_eq!(client.call(Some(&case.unit), "GET", &case.path("/rows/9"), None)?.0, 404);
    Ok(())
}

#[test]
fn advice_is_overridden_only_with_a_reason() -> Result<()> {
    let stack = Stack::shared();
    let client = up(&stack)?;
    let mut folder = Folder::with_winners(2)?;
    // 四川 2016: places 4 to 8 give 技师.
    folder.set(0, Field::Level, "一级/高级技师");
    folder.set(0, Field::Award, "第六名");
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    let (status, answer) = case.step(&client, &case.center, "/qualify", json!({}))?;
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("REASON_NEEDED")), "{answer}");
    assert_eq!(answer["error"]["findings"][0]["code"], "LEVEL_ABOVE_TABLE");
    assert_eq!(answer["error"]["findings"][0]["place"]["cell"], "N2");
    let overrides = json!({ "overrides": [{ "row": 2, "reason": "表彰文件另有规定" }] });
    assert_eq!(case.step(&client, &case.center, "/qualify", overrides)?.0, 200);
    let outcomes: Vec<Value> = steps(&client, &case, 2)?.into_iter().map(|step| step["outcome"].clone()).collect();
    assert!(outcomes.contains(&json!("通过，理由：表彰文件另有规定")), "{outcomes:?}");
    Ok(())
}

#[test]
fn an_unsound_part_is_refused_and_the_old_one_stays() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let (_, before) = client.call(Some(&client.token("unit", "unit-1")?), "GET", "/v1/rulebook", None)?;
    for (part, text, says) in [
        ("catalogues/filed-occupations", "edition = 7", "第 1 行"),
        ("catalogues/occupations", "code,name\n", "行"),
        ("notices/successor.toml", "extends = \"missing.toml\"", "没有这个文件"),
        ("notices/sichuan-2022-9.toml", "", "缺少"),
    ] {
        let (status, answer) = place(&client, part, text)?;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("FINDINGS")), "{part}: {answer}");
        let message = answer["error"]["findings"][0]["message"].as_str().context("message")?;
        assert!(message.contains(says), "{part}: {message}");
    }
    assert_eq!(place(&client, "catalogues/unknown", "")?.0, 404);
    let unit = client.token("unit", "unit-1")?;
    assert_eq!(client.call_text(Some(&unit), "PUT", "/v1/rulebook/catalogues/filed-occupations", "")?.0, 403);
    let city = client.token("center", "01")?;
    assert_eq!(client.call_text(Some(&city), "PUT", "/v1/rulebook/catalogues/filed-occupations", "")?.0, 403);
    assert_eq!(client.call(Some(&unit), "GET", "/v1/rulebook", None)?.1, before);
    Ok(())
}

#[test]
fn clause_1_a_loaded_list_of_filed_occupations_decides_without_a_build() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let filed =
        "edition = \"试验版\"\nloaded = true\n\n[[items]]\noccupation_code = \"6-18-01-01\"\noccupation = \"车工\"\nlevels = [2, 3]\n";
    let (status, answer) = place(&client, "catalogues/filed-occupations", filed)?;
    assert_eq!(status, 200, "{answer}");
    // 中式烹调师 (row 2) is not on the list: there is no fourth branch.
    let outcome = stack.process(&Folder::with_winners(2)?)?;
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_eq!(outcome.findings().iter().filter(|code| *code == "NO_CERTIFICATE").count(), 1, "{:?}", outcome.findings());
    let mut folder = Folder::with_winners(3)?;
    folder.rows.remove(0);
    folder.rows.pop();
    let outcome = stack.process(&folder)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.report["unconfirmed"], json!(["G1"]), "G5 is settled by the list");
    Ok(())
}

/// Made up, as every notice after 2022 here: another marker and a longer sequence for awards of July 2022 on.
const SUCCESSOR: &str = r#"
extends = "sichuan-2022-9.toml"

[notice]
number = "样例〔2022〕1号"
effective_from = 2022-07-01

[code]
marker = "JS"
sequence_digits = 6
"#;

#[test]
fn a_successor_brings_its_own_code_grammar_and_both_stay_searchable() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let old = Folder::with_winners(1)?;
    let old_code = stack.process(&old)?.column("code")[0].to_owned();
    // Authorised before the successor came: it keeps the rulebook of its authorisation.
    let between = Folder::with_winners(1)?;
    between.write()?;
    let case = Case::authorised(&client, &between)?;
    let (status, answer) = place(&client, "notices/successor.toml", SUCCESSOR)?;
    assert_eq!(status, 200, "{answer}");
    case.qualify(&client)?;
    case.until_printed(&client)?;
    let mut new = Folder::with_winners(1)?;
    new.contest = hosted_contest().replace("issued_on = 2022-06-20", "issued_on = 2022-07-15");
    let outcome = stack.process(&new)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let new_code = outcome.column("code")[0].to_owned();
    assert_eq!(
        (old_code.as_str(), new_code.as_str()),
        ("S000051009999223J00001", "S000051009999223JS000003"),
        "one counter for positions 1–16 (G4)"
    );
    let center = client.token("center", "00")?;
    for (code, number) in [(&old_code, "川人社职鉴〔2022〕9号"), (&new_code, "样例〔2022〕1号")] {
        let (status, found) = client.call(Some(&center), "GET", &format!("/v1/certificates/{code}"), None)?;
        assert_eq!((status, found["notice"].as_str(), found["code"].as_str()), (200, Some(number), Some(code.as_str())), "{found}");
    }
    assert_eq!(client.call(Some(&client.token("unit", "unit-9")?), "GET", &format!("/v1/certificates/{new_code}"), None)?.0, 404);
    assert_eq!(client.call(Some(&center), "GET", "/v1/certificates/S0001", None)?.0, 400);
    Ok(())
}
