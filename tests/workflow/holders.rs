//! The holder guard (六、（二）): nobody gets the same award twice, across files, contests and units.

use anyhow::{Context, Result};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::folder::{CONTEST, Folder};
use workflow_tests::saizheng::{Client, Stack, until};

fn shared() -> Result<(Stack, Client)> {
    let stack = Stack::shared();
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

/// The same winners in another contest.
fn in_another_contest(folder: &Folder) -> Result<Folder> {
    let mut again = folder.again()?;
    again.move_to(&format!("另一场{CONTEST}"))?;
    Ok(again)
}

#[test]
fn an_award_held_through_another_contest_is_a_finding_at_its_cell() -> Result<()> {
    let (stack, _) = shared()?;
    let folder = Folder::with_winners(2)?;
    assert_eq!(stack.process(&folder)?.code, 0);
    let mut again = in_another_contest(&folder)?;
    // 三级 in the one, 二级 in the other: a better level than the one held may be awarded.
    again.set(0, Field::Level, "二级/技师");
    let outcome = stack.process(&again)?;
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_eq!(outcome.cells("HOLDER_CLAIMED"), ["E3"]);
    assert_eq!(outcome.column("findings"), ["ROSTER_HELD", "HOLDER_CLAIMED"]);
    assert_eq!(outcome.column("code"), ["", ""]);
    Ok(())
}

#[test]
fn what_another_units_winner_holds_is_told_in_full_to_the_center_alone() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(1)?;
    assert_eq!(stack.process(&folder)?.code, 0);
    let mut again = in_another_contest(&folder)?;
    // Any level would be a guess at the one that is held.
    again.set(0, Field::Level, "五级/初级工");
    again.write()?;
    let case = Case::create_as(&client, &again, client.token("unit", "unit-8")?)?;
    case.upload_all(&client, &again)?;
    let roster = |token: &str| -> Result<Value> {
        let (_, reports) = client.call(Some(token), "GET", &case.path("/reports"), None)?;
        let all = reports.as_array().context("reports")?;
        all.iter().find(|one| one["material"] == "roster").cloned().context("the roster's")
    };
    until("the roster is judged", || Ok(roster(&case.unit).is_ok()))?;
    let read = |link: &Value| -> Result<String> { Ok(String::from_utf8(client.download(link.as_str().context("a link")?)?)?) };
    let told = read(&roster(&case.unit)?["json"])?;
    assert!(told.contains("HOLDER_CLAIMED") && told.contains("中式烹调师"), "{told}");
    assert!(!told.contains("三级/高级工证书") && !told.contains("unit-1"), "{told}");
    assert_eq!(roster(&case.unit)?.get("holders"), None);
    let full = read(&roster(&client.token("center", "00")?)?["holders"])?;
    assert!(full.contains("三级/高级工证书") && full.contains("单位 unit-1 的申报"), "{full}");
    Ok(())
}

#[test]
fn a_lower_level_of_the_same_occupation_is_held_too() -> Result<()> {
    let (stack, _) = shared()?;
    let folder = Folder::with_winners(2)?;
    assert_eq!(stack.process(&folder)?.code, 0);
    let mut again = in_another_contest(&folder)?;
    again.set(0, Field::Level, "四级/中级工");
    again.set(1, Field::Level, "一级/高级技师");
    assert_eq!(stack.process(&again)?.cells("HOLDER_CLAIMED"), ["E2"]);
    Ok(())
}

#[test]
fn what_a_returned_application_held_is_free() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    assert_eq!(stack.process(&in_another_contest(&folder)?)?.code, 2);
    assert_eq!(case.step(&client, &case.center, "/return", json!({ "reason": "重复申报" }))?.0, 200);
    let outcome = stack.process(&in_another_contest(&folder)?)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    // Handed in again, the returned one finds its awards held.
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_status(&client, "draft")?;
    Ok(())
}

#[test]
fn what_a_refused_row_held_is_free() -> Result<()> {
    let (stack, client) = shared()?;
    let folder = Folder::with_winners(2)?;
    folder.write()?;
    let case = Case::authorised(&client, &folder)?;
    let refused = json!({ "refused": [{ "row": 2, "reason": "未进入决赛" }] });
    assert_eq!(case.step(&client, &case.center, "/qualify", refused)?.0, 200);
    case.until_printed(&client)?;
    let outcome = stack.process(&in_another_contest(&folder)?)?;
    assert_eq!(outcome.cells("HOLDER_CLAIMED"), ["E3"]);
    Ok(())
}

#[test]
fn a_winner_dropped_from_the_roster_is_free() -> Result<()> {
    let (stack, client) = shared()?;
    let mut folder = Folder::with_winners(3)?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let before = case.until_status(&client, "submitted")?["version"].clone();
    let mut again = in_another_contest(&folder)?;
    again.rows.drain(..2);
    folder.rows.pop();
    folder.write()?;
    case.upload(&client, &folder, "roster", "roster.xlsx")?;
    case.until_submitted_after(&client, &before)?;
    let outcome = stack.process(&again)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    Ok(())
}

#[test]
fn of_two_that_register_at_once_one_gets_the_award() -> Result<()> {
    let (stack, _) = shared()?;
    let folder = Folder::with_winners(4)?;
    let folders = [in_another_contest(&folder)?, in_another_contest(&folder)?, folder];
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = folders.iter().map(|folder| scope.spawn(|| stack.process(folder).map(|outcome| outcome.code))).collect();
        runs.into_iter().map(|run| run.join().map_err(|_| anyhow::anyhow!("panicked"))?).collect::<Result<_>>()
    })?;
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "one, and only one, gets it: {codes:?}");
    assert!(codes.iter().all(|code| [0, 2].contains(code)), "{codes:?}");
    Ok(())
}

#[test]
fn g20_a_second_promotion_in_a_year_is_advice_where_the_notice_allows_one() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let once = "extends = \"sichuan-2022-9.toml\"\n[notice]\neffective_from = 2022-06-01\n[levels_rule]\none_promotion_per_year = true\n";
    let center = client.token("center", "00")?;
    assert_eq!(client.call_text(Some(&center), "PUT", "/v1/rulebook/notices/once-a-year.toml", once)?.0, 200);
    let folder = Folder::with_winners(2)?;
    assert_eq!(stack.process(&folder)?.code, 0);
    // 中式烹饪 in the one contest, 数控车 in the other.
    let mut again = in_another_contest(&folder)?;
    again.rows.truncate(1);
    for (field, value) in
        [(Field::Event, "数控车"), (Field::Occupation, "车工"), (Field::OccupationCode, "6-18-01-01"), (Field::Job, "数控车工")]
    {
        again.set(0, field, value);
    }
    let outcome = stack.process(&again)?;
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.cells("PROMOTION_TWICE"), ["K2"]);
    Ok(())
}
