//! Restored: a table from archive volumes alone, counters from certificates on paper alone, and a table from a copy under another name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use workflow_tests::case::{BUCKET, Case, codes, correct_by_two, office, settled};
use workflow_tests::folder::Folder;
use workflow_tests::paper;
use workflow_tests::saizheng::{Client, Stack, TABLE, until};

/// The sheets of the first stack.
const SHEETS: u32 = 50;

/// A stack whose applications are archived.
struct Archived {
    stack: Stack,
    client: Client,
    cases: Vec<Case>,
    folders: Vec<Folder>,
}

impl Archived {
    /// Two applications on sheets: of one a certificate is printed again and another one revoked, of the other one is corrected, and one
    /// has another code in its place.
    fn make() -> Result<Self> {
        let (stack, client, center) = office(SHEETS)?;
        let folders = [3, 2].map(Folder::with_winners).into_iter().collect::<Result<Vec<_>>>()?;
        let cases = folders.iter().map(|folder| Case::issued(&client, folder)).collect::<Result<Vec<_>>>()?;
        let change = |code: &str, change: &str, body: Value| -> Result<()> {
            let (status, answer) = client.call(Some(&center), "POST", &format!("/v1/certificates/{code}/{change}"), Some(&body))?;
            ensure!(status == 200, "{change}: {status} {answer}");
            Ok(())
        };
        for case in &cases {
            case.print(&client)?;
        }
        let (first, second) = (cases[0].certificates(&client)?, cases[1].certificates(&client)?);
        change(codes(&second)[0], "correct", json!({ "name": "更正后", "reason": "姓名有误", "old_sheet": "voided" }))?;
        correct_by_two(&client, &center, codes(&second)[1], &json!({ "level": 4, "reason": "等级有误", "old_sheet": "voided" }))?;
        archive(&client, &cases[1])?;
        change(codes(&first)[0], "reissue", json!({ "reason": "遗失", "old_sheet": "lost" }))?;
        change(codes(&first)[1], "revoke", json!({ "reason": "成绩作废", "old_sheet": "voided" }))?;
        archive(&client, &cases[0])?;
        Ok(Self { stack, client, cases, folders })
    }

    fn key(&self) -> Result<String> {
        public_key(&self.stack)
    }

    /// Copies the volumes to another stack's bucket.
    fn copy_volumes(&self, to: &Client) -> Result<()> {
        for key in self.client.list(BUCKET, "archives/")? {
            to.put_object(BUCKET, &key, &self.client.object(BUCKET, &key)?.context("an object")?)?;
        }
        Ok(())
    }

    /// Writes the volumes into a folder.
    fn fetch_volumes(&self, into: &Path) -> Result<()> {
        for key in self.client.list(BUCKET, "archives/")? {
            let path = into.join(&key);
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(path, self.client.object(BUCKET, &key)?.context("an object")?)?;
        }
        Ok(())
    }
}

/// Archives an application as soon as its PDFs are drawn.
fn archive(client: &Client, case: &Case) -> Result<()> {
    until("sealed", || {
        let (status, answer) = client.call(Some(&case.center), "POST", &case.path("/archive"), Some(&json!({})))?;
        ensure!(status == 200 || status == 409, "archive: {status} {answer}");
        Ok(!answer["sealed"].is_null())
    })
}

fn public_key(stack: &Stack) -> Result<String> {
    Ok(String::from_utf8(stack.run(&["key"])?.stdout)?.trim().to_owned())
}

fn new_stack() -> Result<(Stack, Client)> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    Ok((stack, client))
}

/// `saizheng restore`: its exit code, and what it said.
fn restore(stack: &Stack, arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let output = stack.run(&[&["restore"], arguments].concat())?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn audit(stack: &Stack) -> Result<(Option<i32>, String)> {
    let output = stack.run(&["audit"])?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Everything but what is made anew: by key, without what says how far the work is.
fn kept(client: &Client) -> Result<BTreeMap<String, Value>> {
    let name = |item: &Value| format!("{} {}", item["pk"]["S"].as_str().unwrap_or_default(), item["sk"]["S"].as_str().unwrap_or_default());
    let made_anew = ["ATTESTATION", "GUARD", "HOLDER#", "PERSON#", "REQUEST#", "LIMIT#", "PLACES", "STATISTICS", "SESSION#"];
    let mut items: BTreeMap<String, Value> = client.scan()?.into_iter().map(|item| (name(&item), item)).collect();
    items.retain(|name, _| !made_anew.iter().any(|begin| name.starts_with(begin)) && !name.contains(" ANNOUNCEMENT#"));
    for item in items.values_mut().filter_map(Value::as_object_mut) {
        item.remove("pending");
        item.remove("since");
    }
    Ok(items)
}

/// What the certificates of an application are, as its unit sees them.
fn certificates(case: &Case, client: &Client) -> Result<Vec<Value>> {
    // Each system has an issuer of its own.
    let (unit, center) = (client.token("unit", "unit-1")?, client.token("center", "00")?);
    let own = Case { id: case.id.clone(), forms: Value::Null, unit, center };
    let mut all = own.certificates(client)?;
    // Links are of a moment.
    all.iter_mut().filter_map(Value::as_object_mut).for_each(|one| drop(one.remove("pdf")));
    Ok(all)
}

/// Positions 1–16 of a code, and its number.
fn drawn(code: &str) -> Result<(String, u32)> {
    let (prefix, number) = code.split_at(code.len() - 5);
    Ok((prefix.to_owned(), number.parse()?))
}

/// The last number of each prefix.
fn last_numbers<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<BTreeMap<String, u32>> {
    let mut last = BTreeMap::new();
    for (prefix, number) in codes.into_iter().map(drawn).collect::<Result<Vec<_>>>()? {
        let known = last.entry(prefix).or_default();
        *known = number.max(*known);
    }
    Ok(last)
}

#[test]
fn a_table_comes_back_from_the_volumes_alone() -> Result<()> {
    let first = Archived::make()?;
    let before = kept(&first.client)?;
    let (stack, client) = new_stack()?;
    first.copy_volumes(&client)?;
    let key = first.key()?;
    let (code, said) = restore(&stack, &["--key", &key, "--dry-run"])?;
    assert!(code == Some(0) && said.contains("将恢复 2 卷"), "{said}");
    assert!(kept(&client)?.is_empty(), "it was only said");
    let (code, said) = restore(&stack, &["--key", &key])?;
    assert!(code == Some(0) && said.contains("已恢复 2 卷"), "{said}");

    let after = kept(&client)?;
    for (name, item) in &after {
        assert_eq!(before.get(name), Some(item), "{name}");
    }
    let missing: Vec<&String> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(audit(&stack)?.0, Some(0), "{}", audit(&stack)?.1);
    for case in &first.cases {
        assert_eq!(certificates(case, &client)?, certificates(case, &first.client)?);
    }
    assert_verifies(&first, &client)?;

    let (code, said) = restore(&stack, &["--key", &key])?;
    assert!(code == Some(0) && said.contains("已在库中，未改动"), "{said}");
    assert_eq!(kept(&client)?, after, "the second time changes nothing");
    assert_goes_on(&first, &stack, &client)
}

/// A certificate is verified by its number and name, and by the QR code on the paper, which the first stack has signed.
fn assert_verifies(first: &Archived, client: &Client) -> Result<()> {
    let all = first.cases[0].certificates(&first.client)?;
    let (code, name) = (codes(&all)[2], all[2]["name"].as_str().context("name")?);
    let told = client.visit("/verify", Some(&[("code", code), ("name", name)]), "application/json")?.json()?;
    assert_eq!(told["state"], "valid", "{told}");
    let address = paper::qr(&first.client.download(all[2]["pdf"].as_str().context("pdf")?)?)?;
    let (_, query) = address.split_once("/verify?").context("an address")?;
    let told = client.visit(&format!("/verify?{query}"), None, "application/json")?.json()?;
    assert_eq!(told["state"], "valid", "{told}");
    let revoked = client.visit(
        "/verify",
        Some(&[("code", codes(&all)[1]), ("name", all[1]["name"].as_str().context("name")?)]),
        "application/json",
    )?;
    assert_eq!(revoked.json()?["state"], "revoked");
    Ok(())
}

/// The restored stack gives the next numbers and the next sheets, and nobody an award that they have.
fn assert_goes_on(first: &Archived, stack: &Stack, client: &Client) -> Result<()> {
    let given = [certificates(&first.cases[0], client)?, certificates(&first.cases[1], client)?].concat();
    let last = last_numbers(codes(&given))?;
    let case = Case::issued(client, &Folder::with_winners(2)?)?;
    for code in codes(&case.certificates(client)?) {
        let (prefix, number) = drawn(code)?;
        assert_eq!(Some(number), last.get(&prefix).map(|last| last + 1), "{code}");
    }
    case.print(client)?;
    let serials = |all: &[Value]| all.iter().filter_map(|one| one["serial"].as_str().map(str::to_owned)).collect::<Vec<_>>();
    let (used, new) = (serials(&given), serials(&case.certificates(client)?));
    assert!(new.len() == 2 && new.iter().all(|serial| !used.contains(serial)), "{used:?} {new:?}");
    let outcome = stack.process(&first.folders[0].again()?)?;
    assert!(outcome.code == 2 && outcome.findings().contains(&"HOLDER_CLAIMED".to_owned()), "{:?}", outcome.findings());
    assert_eq!(audit(stack)?.0, Some(0), "{}", audit(stack)?.1);
    Ok(())
}

#[test]
fn a_volume_that_was_touched_is_refused_by_name() -> Result<()> {
    let first = Archived::make()?;
    let folder = TempDir::new()?;
    first.fetch_volumes(folder.path())?;
    let broken = first.client.list(BUCKET, "archives/")?;
    let broken = broken.iter().find(|key| key.contains(&first.cases[1].id) && key.ends_with("process/items.jsonl")).context("items")?;
    let path = folder.path().join(broken);
    let text = fs::read_to_string(&path)?;
    fs::write(&path, text.replacen("更正后", "别的人", 1))?;
    let (stack, client) = new_stack()?;
    let (key, folder) = (first.key()?, folder.path().to_string_lossy());
    let (code, said) = restore(&stack, &[&folder, "--key", &key])?;
    assert!(code == Some(2) && said.contains(&first.cases[1].id) && said.contains("process/items.jsonl 被改动"), "{said}");
    assert!(!kept(&client)?.keys().any(|name| name.contains(&first.cases[1].id)), "nothing of it is restored");
    assert_eq!(certificates(&first.cases[0], &client)?, certificates(&first.cases[0], &first.client)?);

    // In the bucket it is refused as well; and every volume by whoever did not seal it.
    let (stack, client) = new_stack()?;
    first.copy_volumes(&client)?;
    client.put_object(BUCKET, broken, b"{}\n")?;
    let (code, said) = restore(&stack, &["--key", &key])?;
    assert!(code == Some(2) && said.contains(&first.cases[1].id) && said.contains("核验不符"), "{said}");
    let (code, said) = restore(&stack, &["--key", &public_key(&stack)?])?;
    assert!(code == Some(2) && said.contains("封存签名无效"), "{said}");
    Ok(())
}

#[test]
fn certificates_on_paper_alone_keep_their_numbers_from_being_given_again() -> Result<()> {
    let (first, theirs) = new_stack()?;
    let folder = Folder::with_winners(2)?;
    let case = Case::issued(&theirs, &folder)?;
    let all = case.certificates(&theirs)?;
    let mut lines = String::new();
    for (place, one) in all.iter().enumerate() {
        let address = paper::qr(&theirs.download(one["pdf"].as_str().context("pdf")?)?)?;
        let person = folder.person(place);
        lines += &format!("{address}\t{}\t{}\n", person.name, person.id_number);
    }
    let list = TempDir::new()?;
    let path = list.path().join("statements.txt");
    fs::write(&path, &lines)?;
    let (stack, client) = new_stack()?;
    let path = path.to_string_lossy().into_owned();
    let (code, said) = restore(&stack, &["--statements", &path])?;
    assert!(code == Some(2) && said.contains("第 1 个证书二维码未计入：签名不符"), "another stack has signed it: {said}");
    let (code, said) = restore(&stack, &["--statements", &path, "--key", &public_key(&first)?])?;
    assert!(code == Some(0) && said.contains("证书二维码 2 个"), "{said}");
    let last = last_numbers(codes(&all))?;
    let later = Case::issued(&client, &Folder::with_winners(2)?)?;
    for code in codes(&later.certificates(&client)?) {
        let (prefix, number) = drawn(code)?;
        assert_eq!(Some(number), last.get(&prefix).map(|last| last + 1), "{code}");
    }
    Ok(())
}

/// What a restored table is called, as DynamoDB never restores under a name that there is.
const COPY: &str = "saizheng-restored";

/// What point-in-time recovery does: another table with the same keys, indexes and items.
fn copy_table(client: &Client) -> Result<()> {
    let own = client.table("DescribeTable", &json!({ "TableName": TABLE }))?["Table"].clone();
    let indexes = own["GlobalSecondaryIndexes"].as_array().context("indexes")?.iter();
    let indexes: Vec<Value> =
        indexes.map(|one| ["IndexName", "KeySchema", "Projection"].map(|name| (name, one[name].clone())).into_iter().collect()).collect();
    let made = client.table(
        "CreateTable",
        &json!({ "TableName": COPY, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": own["AttributeDefinitions"],
            "KeySchema": own["KeySchema"], "GlobalSecondaryIndexes": indexes }),
    )?;
    ensure!(made["TableDescription"]["TableName"] == COPY, "{made}");
    for item in client.scan()? {
        client.table("PutItem", &json!({ "TableName": COPY, "Item": item }))?;
    }
    Ok(())
}

/// Deploys the same template with `RestoredTable`, as the guide says, and lets the policies that are enforced here follow.
fn deploy_with_copy(stack: &Stack, client: &Client) -> Result<()> {
    let policies = stack.data().join("policies.json");
    let renamed = fs::read_to_string(&policies)?.replace(&format!("table/{TABLE}"), &format!("table/{COPY}"));
    fs::write(&policies, renamed)?;
    let copy = format!("arn:aws:dynamodb:us-east-1:000000000000:table/{COPY}");
    let given = ["TokenIssuer", "FirstCenter", "CopySigner", "ConsoleUrl", "VerifyUrl", "Restoring"];
    let mut form: Vec<(String, String)> = [
        ("Action", "UpdateStack"),
        ("Version", "2010-05-15"),
        ("StackName", "saizheng"),
        ("UsePreviousTemplate", "true"),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
        ("Capabilities.member.2", "CAPABILITY_AUTO_EXPAND"),
        ("Parameters.member.1.ParameterKey", "RestoredTable"),
        ("Parameters.member.1.ParameterValue", &copy),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (number, name) in (2..).zip(given) {
        form.push((format!("Parameters.member.{number}.ParameterKey"), name.to_owned()));
        form.push((format!("Parameters.member.{number}.UsePreviousValue"), "true".to_owned()));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.operate_form("cloudformation", &form)?;
    until("deployed", || {
        let described = client.operate_form("cloudformation", &[("Action", "DescribeStacks"), ("StackName", "saizheng")])?;
        ensure!(!described.contains("ROLLBACK") && !described.contains("FAILED"), "{described}");
        Ok(described.contains("UPDATE_COMPLETE<"))
    })
}

#[test]
fn a_copy_of_the_table_under_another_name_takes_its_place() -> Result<()> {
    let (stack, client, _center) = office(SHEETS)?;
    let case = Case::issued(&client, &Folder::with_winners(2)?)?;
    case.print(&client)?;
    settled(&stack, &client)?;
    let certificates = case.certificates(&client)?;
    copy_table(&client)?;
    deploy_with_copy(&stack, &client)?;
    let left = client.scan()?;

    assert_eq!(audit(&stack)?.0, Some(0), "{}", audit(&stack)?.1);
    let (code, name) = (codes(&certificates)[1], certificates[1]["name"].as_str().context("name")?);
    let told = client.visit("/verify", Some(&[("code", code), ("name", name)]), "application/json")?.json()?;
    assert_eq!(told["state"], "valid", "{told}");
    // Work goes on there, from the number and the sheet that come next; the table of before is as it was left.
    let later = Case::issued(&client, &Folder::with_winners(2)?)?;
    later.print(&client)?;
    let last = last_numbers(codes(&certificates))?;
    for code in codes(&later.certificates(&client)?) {
        let (prefix, number) = drawn(code)?;
        assert_eq!(Some(number), last.get(&prefix).map(|last| last + 1), "{code}");
    }
    assert_eq!(audit(&stack)?.0, Some(0), "{}", audit(&stack)?.1);
    assert!(client.scan()? == left, "something still writes to the table of before");
    Ok(())
}
