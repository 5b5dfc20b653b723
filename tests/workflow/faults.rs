//! Events lost, late or twice; functions and whole stacks killed: the end state is the same.

use anyhow::{Context, Result, ensure};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, codes, office, reconcile, settled};
use workflow_tests::folder::{Folder, jpeg};
use workflow_tests::proxy::{Fault, Proxy, Store};
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
    settled(&stack, &client)?;
    Ok(())
}

/// Versions of all that was handed in.
fn versions(client: &Client) -> Result<usize> {
    Ok(client.bucket_setting(BUCKET, "versions&prefix=inbox/", None)?.matches("<Version>").count())
}

/// A material that `validate` cannot judge was copied onto itself with each tick, and each copy made the verdict on its way old: five files
/// became 65 versions.
#[test]
fn a_broken_validate_is_sent_the_same_versions_again_less_and_less_often_until_they_are_blocked() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let center = client.token("center", "00")?;
    let folder = winners(1)?;
    let validate = stack.output("ValidateFunction")?;
    // Its table is out of reach.
    client.configure(&validate, &[("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")])?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    assert_eq!(versions(&client)?, 4);
    // Six times, and then nobody tries it any more.
    let sent = (0..8).map(|_| reconcile(&stack, &client)).collect::<Result<Vec<u64>>>()?;
    assert_eq!(sent, [4, 4, 4, 4, 4, 4, 4, 0]);
    assert_eq!(versions(&client)?, 4, "no copy is made");
    let (status, blocked) = client.call(Some(&center), "GET", "/v1/blocked", None)?;
    assert_eq!((status, &blocked["blocked"][0]["application"]), (200, &json!(case.id)), "{blocked}");
    assert_eq!(client.call(Some(&case.unit), "GET", "/v1/blocked", None)?.0, 403);
    assert_eq!(case.show(&client)?["status"], "draft");
    // The cause is gone.
    client.configure(&validate, &[("AWS_ENDPOINT_URL_DYNAMODB", &stack.servers()?.dynamodb)])?;
    let (status, tried) = client.call(Some(&center), "POST", "/v1/blocked/try-again", Some(&json!({})))?;
    assert_eq!((status, &tried["tried_again"]), (200, &json!(1)), "{tried}");
    // Some of its messages come again by themselves.
    reconcile(&stack, &client)?;
    case.until_status(&client, "submitted")?;
    Ok(())
}

/// The same with one that takes long: what is sent again while its verdicts are on their way makes no version and moves no status back.
#[test]
fn a_slow_validate_is_sent_the_same_versions_again_and_the_status_goes_forward_only() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = winners(1)?;
    let slow = Proxy::start(Store::Table, &stack.servers()?.dynamodb, 1)?;
    slow.spoil_with(&[Fault::DoneThenLate], 1.0);
    client.configure(&stack.output("ValidateFunction")?, &[("AWS_ENDPOINT_URL_DYNAMODB", &slow.url)])?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    let mut statuses = Vec::new();
    let mut note = || -> Result<()> {
        statuses.push(case.show(&client)?["status"].as_str().context("a status")?.to_owned());
        Ok(())
    };
    let mut sent = 0;
    for _ in 0..3 {
        sent += reconcile(&stack, &client)?;
        note()?;
    }
    assert!((1..=12).contains(&sent), "{sent} events: each of four files at most once a tick");
    until("it is submitted, however slowly", || {
        note()?;
        Ok(case.show(&client)?["status"] == "submitted")
    })?;
    // What was sent again waits behind it, and changes nothing; that it does not needs no slowness.
    slow.spoil_with(&[], 0.0);
    until("every message is handled", || {
        note()?;
        Ok(client.queued()?.values().all(|messages| *messages == 0))
    })?;
    statuses.dedup();
    statuses.retain(|status| status != "registering");
    assert_eq!(statuses, ["draft", "submitted"]);
    assert_eq!(versions(&client)?, 4, "no copy is made");
    Ok(())
}

/// An application that waits for people is looked at some times, as long as a form can be used, and then costs nothing.
#[test]
fn an_application_that_waits_for_people_leaves_the_list() -> Result<()> {
    let stack = Stack::own()?;
    let client = up(&stack)?;
    let folder = winners(1)?;
    let draft = Case::create(&client, &folder)?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    for _ in 0..5 {
        assert_eq!(reconcile(&stack, &client)?, 0);
    }
    let listed = || Ok::<_, anyhow::Error>(client.scan()?.into_iter().filter(|item| !item["pending"].is_null()).count());
    assert_eq!(listed()?, 0);
    // What the unit hands in puts it back.
    case.upload_all(&client, &folder)?;
    until("it is on the list", || Ok(listed()? == 1))?;
    assert_eq!(draft.show(&client)?["status"], "draft");
    Ok(())
}

/// A winner with a photo, authorised and not reviewed yet.
fn with_a_photo(client: &Client) -> Result<Case> {
    let mut folder = Folder::with_winners(1)?;
    folder.set(0, Field::Photo, "first.jpg");
    folder.write()?;
    folder.write_photos(&[("first.jpg", &jpeg())])?;
    let case = Case::create(client, &folder)?;
    case.upload(client, &folder, "photos", "photos.zip")?;
    until("the photos are judged", || {
        Ok(case.show(client)?["materials"].as_array().is_some_and(|all| all.iter().any(|one| one["material"] == "photos")))
    })?;
    case.upload_all(client, &folder)?;
    case.until_status(client, "submitted")?;
    case.authorise(client)?;
    Ok(case)
}

/// Where a job stands that can never succeed: seen by everybody, in no queue, and had again when the cause is gone.
#[test]
fn a_print_job_that_cannot_succeed_ends_with_its_reason_and_is_printed_again() -> Result<()> {
    let (stack, client, center) = office(10)?;
    let case = with_a_photo(&client)?;
    let notifications = Notifications::read(&client)?;
    let photo = format!("photos/{}/00002.jpg", case.id);
    let post = |step: &str, body: Value| client.call(Some(&center), "POST", &case.path(step), Some(&body));
    let again = || post("/print-again", json!({}));
    let lot = || -> Result<Value> { Ok(case.show(&client)?["decisions"][0].clone()) };
    assert_eq!(again()?.0, 409, "nothing failed");
    // The certificate's own PDF: its photo is spoilt between the review and the press.
    notifications.only(&["decided"])?;
    case.qualify(&client)?;
    until("an order", || Ok(client.list(BUCKET, "printing/")?.len() == 1))?;
    client.put_object(BUCKET, &photo, b"no picture")?;
    notifications.restore()?;
    assert_eq!(reconcile(&stack, &client)?, 1);
    until("it is given up", || Ok(lot()?["failures"][0]["code"] == "PHOTO_UNUSABLE"))?;
    assert_eq!(reconcile(&stack, &client)?, 0, "it is in no queue");
    let (status, refused) = post("/print", json!({}))?;
    assert_eq!((status, refused.to_string().contains("打印失败")), (409, true), "{refused}");
    let row = || -> Result<Value> { Ok(case.certificates(&client)?[0].clone()) };
    assert_eq!((&row()?["state"], row()?["reason"].to_string().contains("照片不可用")), (&json!("print_failed"), true), "{}", row()?);
    // The list shows it, to whoever may see the rows; and those alone are listed, if that is asked for.
    let listed = |query: &str| -> Result<Value> {
        let (status, page) = client.call(Some(&center), "GET", &format!("/v1/applications?{query}"), None)?;
        ensure!(status == 200, "{page}");
        Ok(page["applications"].clone())
    };
    let lots = json!([{ "reviewer": "center-00", "certificate_type_word": "职业技能等级证书", "stage": "issued", "stage_word": "已赋码", "print_failed": true }]);
    let mut told = listed("lots=true")?[0]["lots"].clone();
    told[0].as_object_mut().context("a lot")?.retain(|field, _| !field.starts_with("task"));
    assert_eq!((told, listed("")?[0].get("lots").cloned()), (lots, None));
    for (query, count) in [("print_failed=true", 1), ("stage=issued", 1), ("stage=printed", 0)] {
        assert_eq!(listed(query)?.as_array().map(Vec::len), Some(count), "{query}");
    }
    let told = String::from_utf8(stack.run(&["list", "--as", "center-00", "--print-failed"])?.stdout)?;
    assert!(told.contains("center-00职业技能等级证书：已赋码，打印失败"), "{told}");
    // The photo comes out of the archive once more.
    assert_eq!(again()?.0, 200);
    case.until_printed(&client)?;
    assert_eq!((&row()?["state"], lot()?.get("failures")), (&json!("issued"), None));
    // A run: the sheets are taken, and their file cannot be made.
    let good = client.object(BUCKET, &photo)?.context("a photo")?;
    client.put_object(BUCKET, &photo, b"no picture")?;
    assert_eq!(post("/print", json!({}))?.0, 200);
    let failed = || -> Result<Value> { Ok(lot()?["runs"][0]["failures"][0].clone()) };
    until("it is given up", || Ok(failed()?["code"] == "PHOTO_UNUSABLE"))?;
    assert_eq!(reconcile(&stack, &client)?, 0);
    assert_eq!((&row()?["state"], &row()?["serial"]), (&json!("print_failed"), &json!("JN00000001")));
    let (status, refused) = post("/archive", json!({}))?;
    assert_eq!((status, refused.to_string().contains("打印失败")), (409, true), "{refused}");
    let before = failed()?["reference"].clone();
    assert_eq!(again()?.0, 200);
    until("it is given up again", || Ok(failed()?["reference"].as_str().is_some_and(|reference| before != reference)))?;
    assert_eq!(stack.run(&["print-again", &case.id])?.status.code(), Some(1), "the cause is still there");
    client.put_object(BUCKET, &photo, &good)?;
    assert_eq!(stack.run(&["print-again", &case.id])?.status.code(), Some(0));
    assert_eq!((lot()?["runs"][0]["pdfs"].as_array().map(Vec::len), &row()?["state"]), (Some(1), &json!("printed")));
    // The other way out: another sheet, and the spent one is voided.
    client.put_object(BUCKET, &photo, b"no picture")?;
    let code = row()?["code"].as_str().context("a code")?.to_owned();
    let reissue = || {
        let change = json!({ "reason": "污损", "old_sheet": "voided" });
        client.call(Some(&center), "POST", &format!("/v1/certificates/{code}/reissue"), Some(&change))
    };
    assert_eq!(reissue()?.0, 200);
    until("it is given up", || Ok(lot()?["runs"][1]["failures"][0]["code"] == "PHOTO_UNUSABLE"))?;
    client.put_object(BUCKET, &photo, &good)?;
    assert_eq!(reissue()?.0, 200);
    until("it is on paper", || Ok(lot()?["runs"][2]["pdfs"].as_array().map(Vec::len) == Some(1)))?;
    assert_eq!((lot()?["runs"][1].get("failures"), &row()?["state"], &row()?["serial"]), (None, &json!("printed"), &json!("JN00000003")));
    assert_eq!((listed("print_failed=true")?, listed("stage=printed")?[0]["lots"][0]["stage_word"].clone()), (json!([]), json!("已打印")));
    let audited = stack.run(&["audit"])?;
    assert_eq!(audited.status.code(), Some(0), "{}", String::from_utf8_lossy(&audited.stderr));
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
    settled(&stack, &client)?;
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
