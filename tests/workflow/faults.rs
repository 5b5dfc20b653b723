//! Events lost, late or twice; functions and whole stacks killed: the end state is the same.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, reconcile};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

fn up(stack: &Stack) -> Result<Client> {
    stack.up()?;
    Client::of(stack)
}

fn winners(count: usize) -> Result<Folder> {
    let folder = Folder::with_winners(count)?;
    folder.write()?;
    Ok(folder)
}

/// The codes that `count` winners get on an empty system.
fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("S00005100999922{}J{:05}", if n % 2 == 0 { 3 } else { 2 }, n / 2 + 1)).collect()
}

/// The bucket's notifications, with all but those of `rooms` taken out.
struct Notifications<'a> {
    client: &'a Client,
    all: String,
}

impl<'a> Notifications<'a> {
    fn read(client: &'a Client) -> Result<Self> {
        Ok(Self { client, all: client.bucket_setting(BUCKET, "notification", None)? })
    }

    fn only(&self, rooms: &[&str]) -> Result<()> {
        let entries = self.all.split("<QueueConfiguration>").skip(1).filter_map(|rest| rest.split("</QueueConfiguration>").next());
        let kept = entries.filter(|entry| rooms.iter().any(|room| entry.contains(&format!("<Value>{room}/</Value>"))));
        let body: String = kept.map(|entry| format!("<QueueConfiguration>{entry}</QueueConfiguration>")).collect();
        let xml = format!("<NotificationConfiguration>{body}</NotificationConfiguration>");
        self.client.bucket_setting(BUCKET, "notification", Some(xml)).map(|_| ())
    }

    fn restore(&self) -> Result<()> {
        self.client.bucket_setting(BUCKET, "notification", Some(self.all.clone())).map(|_| ())
    }
}

#[test]
fn an_event_dropped_at_any_stage_is_made_good_by_reconciliation() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = winners(4)?;
    let notifications = Notifications::read(&client)?;
    // inbox
    notifications.only(&[])?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    assert_eq!(client.list(BUCKET, "checked/")?.len(), 0);
    // checked
    notifications.only(&["inbox"])?;
    assert_eq!(reconcile(&stack, &client)?, 4);
    until("four verdicts", || Ok(client.list(BUCKET, "checked/")?.len() == 4))?;
    assert_eq!(case.show(&client)?["status"], "draft");
    notifications.only(&["checked"])?;
    assert_eq!(reconcile(&stack, &client)?, 4);
    case.until_status(&client, "submitted")?;
    case.authorise(&client)?;
    // decided
    notifications.only(&[])?;
    case.qualify(&client)?;
    notifications.only(&["decided"])?;
    assert_eq!(reconcile(&stack, &client)?, 1);
    until("an order", || Ok(client.list(BUCKET, "printing/")?.len() == 1))?;
    // printing
    assert_eq!(client.list(BUCKET, "certificates/")?.len(), 0);
    notifications.restore()?;
    assert_eq!(reconcile(&stack, &client)?, 1);
    assert_eq!(codes(&case.until_printed(&client)?), expected(4));
    // And then there is nothing left to do.
    until("nothing is pending", || Ok(reconcile(&stack, &client)? == 0))?;
    Ok(())
}

#[test]
fn every_event_delivered_again_changes_nothing() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = winners(3)?;
    let case = Case::authorised(&client, &folder)?;
    case.qualify(&client)?;
    let before = case.until_printed(&client)?;
    until("nothing is pending", || Ok(reconcile(&stack, &client)? == 0))?;
    let table = client.scan()?;
    for (function, room) in
        [("ValidateFunction", "inbox"), ("RegisterFunction", "checked"), ("IssueFunction", "decided"), ("PrintFunction", "printing")]
    {
        for key in client.list(BUCKET, &format!("{room}/"))? {
            let (answer, failed) = client.invoke(&stack.output(function)?, &arrival(&key))?;
            assert!(!failed && answer["batchItemFailures"] == json!([]), "{function}: {answer}");
        }
    }
    assert_eq!(client.scan()?, table);
    assert_eq!(codes(&case.certificates(&client)?), codes(&before));
    Ok(())
}

/// The queue's message for an object, as the function gets it, with an old sequencer: a late event.
fn arrival(key: &str) -> Value {
    let encoded: String = key
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let event = json!({ "Records": [{ "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2022-06-20T02:00:00.000Z",
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "x" }, "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {}, "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": BUCKET, "arn": format!("arn:aws:s3:::{BUCKET}") },
        "object": { "key": encoded, "size": 1, "eTag": "", "sequencer": "000000000000000001" } } }] });
    json!({ "Records": [{ "messageId": "m-1", "receiptHandle": "r", "body": event.to_string(), "attributes": {}, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q", "awsRegion": "us-east-1" }] })
}

#[test]
fn functions_killed_in_the_middle_of_their_work_lose_nothing() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = winners(250)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    kill_until(&stack, &client, || Ok(case.show(&client)?["status"] == "submitted"))?;
    // Materials that reconciliation put again may still come in: then the Center looks again, as the 409 says.
    until("authorised", || Ok(case.authorise(&client).is_ok()))?;
    case.qualify(&client)?;
    kill_until(&stack, &client, || {
        let decision = case.show(&client)?["decisions"][0].clone();
        Ok(decision["printed_chunks"] == decision["chunks"])
    })?;
    let certificates = case.certificates(&client)?;
    assert_eq!(codes(&certificates), expected(250));
    assert_eq!(client.list(BUCKET, "certificates/")?.len(), 250);
    Ok(())
}

/// Kills functions three times while they work, then lets reconciliation finish what they left.
fn kill_until(stack: &Stack, client: &Client, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let mut killed = 0;
    until("done in spite of kills", || {
        if killed < 3 {
            // The answering function may be among them: then the look fails, and is taken again.
            killed += usize::from(stack.kill_functions()? > 0);
            let _ = reconcile(stack, client);
            return Ok(false);
        }
        if done().unwrap_or(false) {
            return Ok(true);
        }
        reconcile(stack, client)?;
        Ok(false)
    })
}

#[test]
fn a_stack_killed_at_any_stage_goes_on_where_it_was() -> Result<()> {
    let stack = Stack::own()?;
    let mut client = up(&stack)?;
    let folder = winners(30)?;
    let mut case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    for stage in ["uploaded", "submitted", "authorised", "qualified", "printed"] {
        match stage {
            "submitted" => drop(case.until_status(&client, "submitted")?),
            "authorised" => case.authorise(&client)?,
            "qualified" => drop(case.qualify(&client)?),
            "printed" => drop(case.until_printed(&client)?),
            _ => {}
        }
        stack.kill()?;
        client = up(&stack).with_context(|| format!("up after {stage}"))?;
        case.unit = client.token("unit", "unit-1")?;
        case.center = client.token("center", "00")?;
    }
    assert_eq!(codes(&case.until_printed(&client)?), expected(30));
    assert_eq!(client.list(BUCKET, "certificates/")?.len(), 30);
    Ok(())
}

#[test]
fn a_message_that_cannot_be_handled_goes_back_to_its_queue() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    // A decision without an allocation: nothing the function could do about it.
    client.put_object(BUCKET, "decided/x.json", br#"{"application":"aaaaaaaaaaaaaaaa","reviewer":"center-00"}"#)?;
    let (answer, failed) = client.invoke(&stack.output("IssueFunction")?, &arrival("decided/x.json"))?;
    assert!(!failed);
    assert_eq!(answer["batchItemFailures"], json!([{ "itemIdentifier": "m-1" }]));
    Ok(())
}

#[test]
fn an_application_that_cannot_be_looked_at_holds_up_no_other() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let notifications = Notifications::read(&client)?;
    notifications.only(&[])?;
    // The older one comes first: its verdict cannot be read.
    let spoilt_folder = winners(1)?;
    let spoilt = Case::create(&client, &spoilt_folder)?;
    spoilt.upload(&client, &spoilt_folder, "roster", "roster.xlsx")?;
    let versions = client.bucket_setting(BUCKET, "versions&prefix=inbox/", None)?;
    let version = versions.split("<VersionId>").nth(1).and_then(|rest| rest.split('<').next()).context("VersionId")?;
    client.put_object(BUCKET, &format!("checked/{}/roster/{version}.json", spoilt.id), b"{")?;
    let folder = winners(1)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    notifications.restore()?;
    // It says that something is wrong, but only after it has seen to everything else.
    assert!(reconcile(&stack, &client).is_err());
    case.until_status(&client, "submitted")?;
    assert_eq!(spoilt.show(&client)?["status"], "draft");
    Ok(())
}
