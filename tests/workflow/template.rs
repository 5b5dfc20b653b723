//! The template: what must hold for every function, queue and policy in it.

use std::fs;

use anyhow::{Context, Result};
use serde_yaml_ng::{Mapping, Value};
use workflow_tests::saizheng::root;

fn template() -> Result<Value> {
    Ok(serde_yaml_ng::from_str(&fs::read_to_string(root().join("template.yaml"))?)?)
}

fn resources() -> Result<Mapping> {
    template()?["Resources"].as_mapping().cloned().context("Resources")
}

pub(crate) fn of_type(wanted: &str) -> Result<Vec<(String, Value)>> {
    let resources = resources()?;
    let of_type = resources.into_iter().filter(|(_, resource)| resource["Type"] == wanted);
    Ok(of_type.map(|(name, resource)| (name.as_str().unwrap_or_default().to_owned(), resource["Properties"].clone())).collect())
}

/// The value of a tagged node such as `!Ref X`, or the node itself.
pub(crate) fn plain(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

#[test]
fn every_queue_has_its_dead_letters_and_an_alarm_on_them() -> Result<()> {
    let (queues, alarms) = (of_type("AWS::SQS::Queue")?, of_type("AWS::CloudWatch::Alarm")?);
    let (dead, live): (Vec<_>, Vec<_>) = queues.iter().partition(|(name, _)| name.ends_with("DeadLetters"));
    // One more for what the bus and the schedules could not deliver.
    assert_eq!((dead.len(), live.len()), (8, 7));
    for (name, queue) in live {
        let redrive = &queue["RedrivePolicy"];
        assert!(redrive["maxReceiveCount"].as_u64() >= Some(5), "{name}");
        let target = plain(&redrive["deadLetterTargetArn"]).as_str().context("target")?.trim_end_matches(".Arn").to_owned();
        assert!(dead.iter().any(|(name, _)| *name == target), "{name}");
        let watched = |alarm: &Value| plain(&alarm["Dimensions"][0]["Value"]) == &Value::from(format!("{target}.QueueName"));
        assert!(alarms.iter().any(|(_, alarm)| watched(alarm)), "no alarm on {target}");
    }
    Ok(())
}

#[test]
fn queues_wait_six_timeouts_and_report_single_failures() -> Result<()> {
    let queues = of_type("AWS::SQS::Queue")?;
    let functions = of_type("AWS::Serverless::Function")?;
    let mappings = of_type("AWS::Lambda::EventSourceMapping")?;
    assert_eq!(mappings.len(), 7);
    for (name, arrivals) in mappings {
        let named =
            |property: &str, end: &str| plain(&arrivals[property]).as_str().and_then(|name| name.strip_suffix(end)).map(str::to_owned);
        let (queue, function) = (named("EventSourceArn", ".Arn").context("queue")?, named("FunctionName", ".Alias").context("function")?);
        let (_, queue) = queues.iter().find(|(name, _)| *name == queue).context("queue")?;
        let (_, function) = functions.iter().find(|(name, _)| *name == function).context("function")?;
        assert!(queue["VisibilityTimeout"].as_u64() >= function["Timeout"].as_u64().map(|timeout| timeout * 6), "{name}");
        assert_eq!(arrivals["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{name}");
    }
    // SAM would give it the right to receive from every queue of the account.
    for (name, function) in functions {
        let events = function["Events"].as_mapping().into_iter().flatten();
        assert!(events.into_iter().all(|(_, event)| event["Type"] != "SQS"), "{name}");
    }
    Ok(())
}

/// Who hands in much leaves places to others.
#[test]
fn a_unit_has_fewer_places_of_validate_than_there_are() -> Result<()> {
    let template = template()?;
    let own = template["Parameters"]["ValidatePerUnit"]["Default"].as_u64().context("ValidatePerUnit")?;
    let functions = of_type("AWS::Serverless::Function")?;
    let (_, validate) = functions.iter().find(|(name, _)| name == "ValidateFunction").context("ValidateFunction")?;
    let mappings = of_type("AWS::Lambda::EventSourceMapping")?;
    let (_, arrivals) = mappings.iter().find(|(name, _)| name == "ValidateArrivals").context("ValidateArrivals")?;
    let all = arrivals["ScalingConfig"]["MaximumConcurrency"].as_u64().context("MaximumConcurrency")?;
    assert!(own < all, "{own} of {all}");
    let reckoned = validate["Environment"]["Variables"]["VALIDATE_AT_ONCE"].as_str();
    assert_eq!(reckoned, Some(all.to_string().as_str()), "by which the shares of units are reckoned");
    // It puts back into the queue that it gets its messages from.
    let queue = |value: &Value| plain(value).as_str().unwrap_or_default().trim_end_matches(".Arn").to_owned();
    assert_eq!(queue(&validate["Environment"]["Variables"]["QUEUE_URL"]), queue(&arrivals["EventSourceArn"]));
    Ok(())
}

#[test]
fn every_policy_names_its_actions_and_its_resources() -> Result<()> {
    let functions = of_type("AWS::Serverless::Function")?;
    assert_eq!(functions.len(), 12);
    for (name, function) in functions {
        for policy in function["Policies"].as_sequence().context("Policies")? {
            for statement in policy["Statement"].as_sequence().context("Statement")? {
                for action in statement["Action"].as_sequence().context("Action")? {
                    assert!(action.as_str().is_some_and(|action| !action.contains('*')), "{name}: {action:?}");
                }
                for resource in statement["Resource"].as_sequence().context("Resource")? {
                    let named = |arn: &str| arn.ends_with(".Arn") || arn.starts_with("${") || arn.starts_with("arn:${AWS::Partition}:ssm:");
                    assert!(plain(resource).as_str().is_some_and(named), "{name}: {resource:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn every_function_keeps_its_log_for_a_while() -> Result<()> {
    let groups = of_type("AWS::Logs::LogGroup")?;
    for (name, function) in of_type("AWS::Serverless::Function")? {
        let group = plain(&function["LoggingConfig"]["LogGroup"]).as_str().context("LogGroup")?.to_owned();
        let (_, group) = groups.iter().find(|(name, _)| *name == group).with_context(|| name.clone())?;
        assert!(!group["RetentionInDays"].is_null(), "{name}");
    }
    Ok(())
}

/// A version that fails is taken back only where its alias is called, and where its alarms are looked at.
#[test]
fn whoever_calls_a_function_calls_its_alias_and_its_alarms_take_a_new_version_back() -> Result<()> {
    let globals = &template()?["Globals"]["Function"];
    assert_eq!(&globals["AutoPublishAlias"], &Value::from("live"));
    assert_eq!(plain(&globals["DeploymentPreference"]["Enabled"]), &Value::from("GradualDeployment"), "off as shipped");
    for (name, integration) in of_type("AWS::ApiGatewayV2::Integration")? {
        assert!(plain(&integration["IntegrationUri"]).as_str().is_some_and(|uri| uri.ends_with(".Arn}:live/invocations")), "{name}");
    }
    for caller in ["AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"] {
        for (name, calls) in of_type(caller)? {
            assert!(plain(&calls["FunctionName"]).as_str().is_some_and(|function| function.ends_with(".Alias")), "{name}");
        }
    }
    let alarms = of_type("AWS::CloudWatch::Alarm")?;
    let watches = |alarm: &Value, function: &str| {
        let watched = |(_, known): &&(String, Value)| plain(&known["Dimensions"][0]["Value"]) == &Value::from(function);
        alarms.iter().filter(watched).any(|(name, _)| plain(alarm) == &Value::from(name.as_str()))
    };
    for (name, function) in of_type("AWS::Serverless::Function")? {
        assert_eq!(&function["AutoPublishAliasAllProperties"], &Value::from(true), "{name}: its settings are published too");
        let own = function["DeploymentPreference"]["Alarms"].as_sequence();
        // Nobody but an operator calls it, when everything else stands still.
        let is_restore = name == "RestoreFunction";
        assert!(is_restore || own.is_some_and(|own| own.iter().any(|alarm| watches(alarm, &name))), "{name}");
    }
    Ok(())
}
