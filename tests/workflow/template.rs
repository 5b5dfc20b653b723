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

/// The default of a parameter.
pub(crate) fn default_of(parameter: &str) -> Result<Value> {
    let default = template()?["Parameters"][parameter]["Default"].clone();
    if default.is_null() { Err(anyhow::anyhow!("{parameter} has no default")) } else { Ok(default) }
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

/// Whether what a statement is about is one resource of the stack, or something below it.
fn is_named(resource: &Value) -> bool {
    let named = |arn: &str| arn.ends_with(".Arn") || arn.starts_with("${") || arn.starts_with("arn:${AWS::Partition}:ssm:");
    match plain(resource) {
        Value::String(arn) => named(arn),
        parts @ Value::Sequence(_) if parts[0] == "/" => is_table(&parts[1][0]) && parts[1][1] == "index",
        table => is_table(table),
    }
}

/// The table, or the one that was restored and takes its place.
fn is_table(value: &Value) -> bool {
    let arms: Vec<&str> = plain(value).as_sequence().into_iter().flatten().filter_map(|arm| plain(arm).as_str()).collect();
    arms == ["HasRestoredTable", "RestoredTable", "Table.Arn"]
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
                    assert!(is_named(resource), "{name}: {resource:?}");
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

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value:?} is no number"))
}

/// What the gateway lets through to the public page is never more than the function answers at once: whatever is beyond that, Lambda would refuse,
/// and the gateway with a 5xx that rings and takes deployments back. Where guesses slow answers down, each takes eight paces at most
/// (`functions/verify`, `SLOWEST`); one by signature, one.
#[test]
fn what_the_gateway_lets_through_is_answered_at_once() -> Result<()> {
    let stages = of_type("AWS::ApiGatewayV2::Stage")?;
    let (_, stage) = stages.first().context("a stage")?;
    let pace = number(&default_of("VerifyPaceMs")?)? / 1000.0;
    let (mut at_once, mut bursts) = (0.0, 0.0);
    for (route, paces) in [("GET /verify", 1.0), ("POST /verify", 8.0)] {
        let limits = &stage["RouteSettings"][route];
        let (burst, rate) = (number(&limits["ThrottlingBurstLimit"])?, number(&limits["ThrottlingRateLimit"])?);
        bursts += burst;
        at_once += burst + rate * pace * paces;
    }
    let reserved = number(&default_of("VerifyAtOnce")?)?;
    assert!(bursts > 0.0 && bursts < reserved && at_once <= reserved, "{at_once} of {reserved}");
    Ok(())
}

/// A secret that was replaced counts with the deployment that says so: whatever reads one gets a new version then.
#[test]
fn whoever_reads_a_secret_starts_anew_with_another_edition_of_them() -> Result<()> {
    let mut readers = Vec::new();
    for (name, function) in of_type("AWS::Serverless::Function")? {
        let statements = function["Policies"].as_sequence().into_iter().flatten().flat_map(|policy| policy["Statement"].as_sequence());
        let reads = statements
            .flatten()
            .any(|statement| statement["Action"].as_sequence().is_some_and(|all| all.contains(&"ssm:GetParameter".into())));
        let edition = plain(&function["Environment"]["Variables"]["SECRETS_EDITION"]).as_str() == Some("SecretsEdition");
        assert_eq!(reads, edition, "{name}");
        readers.extend(reads.then_some(name));
    }
    assert_eq!(readers, ["ConsoleFunction", "PrintFunction", "ArchiveFunction"]);
    Ok(())
}

/// All that keeps data from being lost, and from being kept for too long, in one place.
#[test]
fn what_is_stored_is_safe() -> Result<()> {
    let resources = resources()?;
    for name in ["Table", "Bucket"] {
        assert_eq!(resources[name]["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
        assert_eq!(resources[name]["UpdateReplacePolicy"], "Retain", "{name}");
    }
    let (table, bucket) = (&resources["Table"]["Properties"], &resources["Bucket"]["Properties"]);
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "forget_after");
    assert!(table["TableName"].is_null(), "what is left of another deployment is in nobody's way");
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    assert_eq!(bucket["ObjectLockEnabled"], true);
    assert!(
        bucket["PublicAccessBlockConfiguration"].as_mapping().is_some_and(|all| all.len() == 4 && all.values().all(|one| *one == true))
    );
    assert!(number(&template()?["Parameters"]["ReplacedDays"]["MinValue"])? >= 365.0);
    Ok(())
}

/// Nothing that somebody handed in, decided or was given ends by itself.
#[test]
fn only_what_is_made_anew_or_was_replaced_expires() -> Result<()> {
    let rules = resources()?["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"].as_sequence().cloned().context("rules")?;
    let mut ended = Vec::new();
    for rule in &rules {
        let prefix = rule["Prefix"].as_str().unwrap_or_default();
        for (property, _) in rule.as_mapping().context("a rule")? {
            match property.as_str().context("a property")? {
                "Id" | "Status" | "Prefix" | "AbortIncompleteMultipartUpload" => {}
                expiry => ended.push(format!("{prefix} {expiry}")),
            }
        }
    }
    ended.sort();
    assert_eq!(
        ended,
        [
            "inbox/ NoncurrentVersionExpiration",
            "samples/ ExpirationInDays",
            "samples/ NoncurrentVersionExpiration",
            "zips/ ExpirationInDays",
            "zips/ NoncurrentVersionExpiration"
        ]
    );
    Ok(())
}

/// Nobody's page but the console's may upload: its own address, by name, by the domain, or by the gateway.
#[test]
fn only_the_console_uploads_from_a_browser() -> Result<()> {
    let resources = resources()?;
    let rules = &resources["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"];
    assert_eq!(rules.as_sequence().map(Vec::len), Some(1));
    assert_eq!(rules[0]["AllowedMethods"].as_sequence().context("methods")?, &[Value::from("POST")]);
    let origins = rules[0]["AllowedOrigins"].as_sequence().context("origins")?;
    let [origin] = &origins[..] else { anyhow::bail!("{origins:?}") };
    let arms = plain(origin);
    assert_eq!(arms[0], "HasConsoleUrl");
    // Scheme and host of the console's address.
    let own = serde_yaml_ng::to_string(&arms[1])?;
    assert!(own.contains("ConsoleUrl") && !own.contains('*'), "{own}");
    let others = plain(&arms[2]);
    let addresses = [plain(&others[1]).as_str(), plain(&others[2]).as_str()];
    assert_eq!(addresses, [Some("https://${DomainName}"), Some("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}")]);
    Ok(())
}

/// CloudWatch Logs takes no other numbers; 网络安全法 第二十一条 wants six months at least.
#[test]
fn logs_are_kept_for_as_long_as_the_law_wants() -> Result<()> {
    let allowed = template()?["Parameters"]["LogDays"]["AllowedValues"].as_sequence().cloned().context("AllowedValues")?;
    let days: Vec<u64> = allowed.iter().filter_map(Value::as_u64).collect();
    assert_eq!(days, [180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]);
    assert!(allowed.contains(&default_of("LogDays")?));
    Ok(())
}

/// What writes past all rules is there only while somebody restores, and tells that it was called.
#[test]
fn restore_is_there_only_when_it_is_asked_for() -> Result<()> {
    let (template, resources) = (template()?, resources()?);
    assert_eq!(default_of("Restoring")?, "false");
    for conditional in [&resources["RestoreFunction"], &resources["RestoreInvokedAlarm"], &template["Outputs"]["RestoreFunction"]] {
        assert_eq!(conditional["Condition"], "IsRestoring");
    }
    let statements = resources["RestoreFunction"]["Properties"]["Policies"][0]["Statement"].as_sequence().context("statements")?;
    let lists = statements.iter().find(|statement| statement["Action"][0] == "s3:ListBucket").context("ListBucket")?;
    assert_eq!(lists["Condition"]["StringLike"]["s3:prefix"].as_sequence().context("prefixes")?, &[Value::from("archives/*")]);
    Ok(())
}

/// A first deployment that fails is gone on with, for the table that it has made may not be deleted.
#[test]
fn the_first_deployment_is_not_rolled_back() -> Result<()> {
    let deploy = fs::read_to_string(root().join("docs/DEPLOY.md"))?;
    let command = deploy.lines().find(|line| line.trim_start().starts_with("$ sam deploy --guided")).context("the first deployment")?;
    assert!(command.contains("--disable-rollback"), "{command}");
    for told in ["ROLLBACK_FAILED", "--no-deletion-protection-enabled", "L-B99A9384"] {
        assert!(deploy.contains(told), "{told}");
    }
    Ok(())
}
