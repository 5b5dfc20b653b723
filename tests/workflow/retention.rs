//! What no certificate came of goes when the time is over that the notice has such data kept (个人信息保护法 第四十七条, `[retention]`).

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::{Case, reconcile};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

const BUCKET: &str = "saizheng-work-000000000000";
/// Two years and some days after the others.
const LATER: &str = "2024-07-01T10:00:00+08:00";

fn submitted(client: &Client) -> Result<Case> {
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    Case::submitted(client, &folder)
}

/// Where winners of an application stand in the table, by name, number and award; they hold HMACs.
fn places(client: &Client, id: &str) -> Result<usize> {
    let is_of = |item: &&Value| [&item["stands_in"]["S"], &item["claimed_by"]["S"]].contains(&&json!(id));
    Ok(client.scan()?.iter().filter(is_of).count())
}

/// Has the schedule order the year and waits until it is counted.
fn night(stack: &Stack, client: &Client, year: i16) -> Result<()> {
    let (answer, failed) = client.invoke(&stack.output("TallyFunction")?, &json!({ "time": "2022-06-19T18:00:00Z" }))?;
    ensure!(!failed, "{answer}");
    let center = client.token("center", "00")?;
    until("counted", || Ok(client.call(Some(&center), "GET", &format!("/v1/statistics/{year}"), None)?.1["counting"] == false))
}

fn status(client: &Client, case: &Case) -> Result<Option<String>> {
    let shown = client.call(Some(&client.token("unit", "unit-1")?), "GET", &case.path(""), None)?.1;
    Ok(shown["status"].as_str().map(str::to_owned))
}

fn objects(client: &Client, id: &str) -> Result<Vec<String>> {
    Ok(client.list(BUCKET, "")?.into_iter().filter(|key| key.contains(id)).collect())
}

#[test]
fn unfinished_and_refused_applications_go_when_their_time_is_over_and_issued_ones_stay() -> Result<()> {
    let mut stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let draft = {
        let folder = Folder::with_winners(1)?;
        folder.write()?;
        let case = Case::create(&client, &folder)?;
        case.upload(&client, &folder, "roster", "roster.xlsx")?;
        until("its roster is judged", || Ok(!client.list(BUCKET, &format!("entries/{}/", case.id))?.is_empty()))?;
        case
    };
    let returned = submitted(&client)?;
    ensure!(returned.step(&client, &returned.center, "/return", json!({ "reason": "名单有误" }))?.0 == 200);
    let refused = submitted(&client)?;
    refused.authorise(&client)?;
    let all = json!([{ "row": 2, "reason": "参赛资格不符" }]);
    ensure!(refused.step(&client, &refused.center, "/qualify", json!({ "refused": all }))?.0 == 200);
    let waiting = submitted(&client)?;
    let issued = submitted(&client)?;
    issued.authorise(&client)?;
    issued.qualify(&client)?;
    issued.until_printed(&client)?;
    let all = [&draft, &returned, &refused, &waiting, &issued];
    let stand = |client: &Client| -> Result<Vec<Option<String>>> { all.iter().map(|case| status(client, case)).collect() };
    let before = ["draft", "returned", "qualified", "submitted", "qualified"].map(|word| Some(word.to_owned()));
    night(&stack, &client, 2022)?;
    assert_eq!(stand(&client)?, before, "nothing is over yet");

    stack.later(LATER)?;
    let client = Client::of(&stack)?;
    night(&stack, &client, 2024)?;
    let after = [None, None, None, Some("submitted".to_owned()), Some("qualified".to_owned())];
    assert_eq!(stand(&client)?, after, "what waits for the Center stays, and what certificates came of");
    reconcile(&stack, &client)?;
    for (case, left) in all.iter().zip([false, false, false, true, true]) {
        let objects = objects(&client, &case.id)?;
        assert_eq!((!objects.is_empty(), places(&client, &case.id)? > 0), (left, left), "{objects:?}");
    }
    let trail = client.chained("AUDIT#")?;
    let expired: Vec<&Value> = trail.iter().filter(|entry| entry["action"] == "expire").collect();
    assert_eq!(expired.len(), 3);
    assert!(expired.iter().all(|entry| entry["clause"] == "个人信息保护法 第四十七条" && entry["actor"] == "system"), "{expired:?}");
    let audit = stack.run(&["audit"])?;
    ensure!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
    Ok(())
}
