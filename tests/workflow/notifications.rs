//! Events on the bus: what is told, to whom, and that nothing gets lost.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::{Case, reconcile};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, root, until};

/// A queue that hears what a rule of the bus lets through.
struct Listener<'a> {
    client: &'a Client,
    url: String,
    arn: String,
    heard: Vec<Value>,
}

impl<'a> Listener<'a> {
    fn queue(client: &'a Client, name: &str) -> Result<Self> {
        let url = client.operate("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name }))?["QueueUrl"].clone();
        let url = url.as_str().context("QueueUrl")?.to_owned();
        Ok(Self { client, url, arn: format!("arn:aws:sqs:us-east-1:000000000000:{name}"), heard: Vec::new() })
    }

    /// Of everything that the system says.
    fn of_bus(stack: &Stack, client: &'a Client) -> Result<Self> {
        let (bus, listener) = (stack.output("EventBusName")?, Self::queue(client, "everything")?);
        let pattern = json!({ "source": ["saizheng"] }).to_string();
        client.operate("events", "AWSEvents.PutRule", &json!({ "Name": "everything", "EventBusName": bus, "EventPattern": pattern }))?;
        let targets = json!([{ "Id": "queue", "Arn": listener.arn }]);
        client.operate("events", "AWSEvents.PutTargets", &json!({ "Rule": "everything", "EventBusName": bus, "Targets": targets }))?;
        Ok(listener)
    }

    /// Of what goes out as mail.
    fn of_topic(stack: &Stack, client: &'a Client) -> Result<Self> {
        let (topic, listener) = (stack.output("StatusTopicArn")?, Self::queue(client, "mails")?);
        client.operate_form("sns", &[("Action", "Subscribe"), ("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", &listener.arn)])?;
        Ok(listener)
    }

    /// Listens until `enough`; everything that was heard so far.
    fn until(&mut self, what: &str, enough: impl Fn(&[Value]) -> bool) -> Result<&[Value]> {
        until(what, || {
            let request = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10 });
            let answer = self.client.operate("sqs", "AmazonSQS.ReceiveMessage", &request)?;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                self.heard.push(serde_json::from_str(message["Body"].as_str().context("Body")?)?);
                let request = json!({ "QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"] });
                self.client.operate("sqs", "AmazonSQS.DeleteMessage", &request)?;
            }
            Ok(enough(&self.heard))
        })?;
        Ok(&self.heard)
    }
}

/// `action status` of each event, in the order of the application's versions.
fn told(events: &[Value]) -> Vec<String> {
    let mut all: Vec<&Value> = events.iter().map(|event| &event["detail"]).collect();
    all.sort_by_key(|detail| detail["number"].as_u64());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|detail| format!("{} {}", text(&detail["action"]), text(&detail["word"]))).collect()
}

/// Whether a value follows a schema, as far as this one goes: `$ref`, `type`, `const`, `enum`, `required`, `properties`,
/// `additionalProperties`. Any other word that says something makes it fail, so that none is passed over.
fn follows(value: &Value, schema: &Value, definitions: &Value) -> Result<()> {
    for (word, rule) in schema.as_object().context("a schema")? {
        let holds = match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name = rule.as_str().and_then(|path| path.strip_prefix("#/$defs/")).context("a reference")?;
                return follows(value, &definitions[name], definitions);
            }
            "type" => match rule.as_str() {
                Some("object") => value.is_object(),
                Some("string") => value.is_string(),
                Some("integer") => value.is_u64(),
                _ => false,
            },
            "const" => value == rule,
            "enum" => rule.as_array().is_some_and(|all| all.contains(value)),
            "required" => rule.as_array().is_some_and(|all| all.iter().filter_map(Value::as_str).all(|name| value.get(name).is_some())),
            "properties" => {
                for (name, value) in value.as_object().context("an object")? {
                    if let Some(schema) = rule.get(name) {
                        follows(value, schema, definitions).with_context(|| name.clone())?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                rule == false && value.as_object().is_some_and(|object| object.keys().all(known))
            }
            _ => false,
        };
        ensure!(holds, "{word}: {rule} does not hold of {value}");
    }
    Ok(())
}

#[test]
fn every_change_is_told_once_in_the_shape_of_its_schema_and_without_personal_data() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let (mut events, mut mails) = (Listener::of_bus(&stack, &client)?, Listener::of_topic(&stack, &client)?);
    let folder = Folder::with_winners(2)?;
    let case = Case::issued(&client, &folder)?;
    let certificates = case.until_printed(&client)?;
    let code = certificates[0]["code"].as_str().context("code")?;
    let secret = "成绩作废：张某某冒名";
    let post = |path: &str, body: Value| -> Result<()> {
        let (status, answer) = client.call(Some(&case.center), "POST", path, Some(&body))?;
        ensure!(status == 200, "{path}: {status} {answer}");
        Ok(())
    };
    post("/v1/sheets/receive", json!({ "kind": "skill_level", "ranges": [["JN00000001", "JN00000002"]] }))?;
    case.print(&client)?;
    case.archive(&client)?;
    post(&format!("/v1/certificates/{code}/revoke"), json!({ "reason": secret, "old_sheet": "voided" }))?;
    let heard = events.until("six events", |heard| heard.len() >= 6)?.to_vec();
    let all = ["materials 核对中", "registration 已提交", "authorise 已授权", "qualify 已审核", "archived 已存档", "revoke 注销"];
    assert_eq!(told(&heard), all.map(str::to_owned));
    let schema: Value = serde_json::from_slice(&std::fs::read(root().join("docs/events/status-changed.schema.json"))?)?;
    for event in &heard {
        follows(event, &schema, &schema["$defs"]).with_context(|| event.to_string())?;
        let text = event.to_string();
        let person = folder.person(0);
        for personal in [&person.name, &person.id_number, &person.phone, &code.to_owned(), &secret.to_owned(), &"test-center".to_owned()] {
            assert!(!text.contains(personal.as_str()), "an event holds personal data");
        }
    }
    // What people wait for, as a mail says it.
    let mails = mails.until("four mails", |heard| heard.len() >= 4)?;
    let said: Vec<&str> = mails.iter().filter_map(|mail| mail["Message"].as_str()).collect();
    for word in ["已提交", "已授权", "已审核", "已存档"] {
        assert!(said.iter().any(|mail| mail.contains(word) && mail.contains(&case.id)), "{said:?}");
    }
    assert_eq!(said.len(), 4, "{said:?}");
    Ok(())
}

#[test]
fn an_event_that_could_not_go_out_goes_out_later() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let mut events = Listener::of_bus(&stack, &client)?;
    let folder = Folder::with_winners(1)?;
    folder.write()?;
    let case = Case::create(&client, &folder)?;
    case.upload_all(&client, &folder)?;
    case.until_status(&client, "submitted")?;
    // Nobody listens on that port: the change goes through all the same.
    client.configure(&stack.output("ReviewFunction")?, &[("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")])?;
    case.authorise(&client)?;
    let waiting = || -> Result<usize> {
        let is_waiting = |item: &&Value| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("ANNOUNCEMENT#"));
        Ok(client.scan()?.iter().filter(is_waiting).count())
    };
    assert_eq!(waiting()?, 1);
    assert_eq!(reconcile(&stack, &client)?, 1);
    assert_eq!(waiting()?, 0);
    let heard = events.until("the authorisation", |heard| told(heard).iter().any(|told| told.starts_with("authorise")))?;
    assert_eq!(told(heard).iter().filter(|told| told.starts_with("authorise")).count(), 1);
    assert_eq!(reconcile(&stack, &client)?, 0, "it is told once");
    Ok(())
}
