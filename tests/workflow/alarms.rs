//! The alarms of the template: each fires on what it is for and is quiet otherwise, watches what is really measured, reaches somebody, and has its
//! entry in the runbook. Their arithmetic is CloudWatch's, tried on recorded data; one of them is tried on the emulator.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use records::store::metrics::{AnswerClass, Metric, StoreFailure, WorkStage};
use rules::values::finding::FindingCode;
use serde_json::{Value as Json, json};
use serde_yaml_ng::Value;
use workflow_tests::saizheng::{Client, Stack, root, until};

use crate::template::{default_of, of_type, plain};

const FUNCTIONS: [&str; 11] =
    ["Validate", "Register", "Review", "Console", "Issue", "Print", "Archive", "Publish", "Tally", "Reconcile", "Verify"];
/// The namespace of metrics, as the template has it, and of the local stack.
const NAMESPACE: &str = "saizheng/${AWS::StackName}";
const LOCAL_NAMESPACE: &str = "saizheng/saizheng";
const QUEUES: [&str; 7] = ["Validate", "Register", "Issue", "Print", "Archive", "Publish", "Count"];

/// Where an alarm stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Alarm,
    /// Nothing is known: no data.
    Insufficient,
    /// Whatever it was before.
    Kept,
}

/// An alarm as the template has it.
struct Alarm {
    name: String,
    properties: Value,
}

/// The values of a metric within one period.
type Period = Vec<f64>;

fn alarms() -> Result<Vec<Alarm>> {
    let named = |(name, properties): (String, Value)| Alarm { name: name.trim_end_matches("Alarm").to_owned(), properties };
    Ok(of_type("AWS::CloudWatch::Alarm")?.into_iter().map(named).collect())
}

impl Alarm {
    fn text(&self, property: &str) -> Result<&str> {
        self.properties[property].as_str().with_context(|| format!("{}: {property}", self.name))
    }

    /// A number, or the default of the parameter that it is.
    fn number(&self, property: &str) -> Result<f64> {
        let value = &self.properties[property];
        let default = plain(value).as_str().map(default_of).transpose()?;
        default.as_ref().unwrap_or(value).as_f64().with_context(|| format!("{}: {property}", self.name))
    }

    fn periods(&self) -> Result<usize> {
        Ok(self.properties["EvaluationPeriods"].as_u64().context("EvaluationPeriods")?.try_into()?)
    }

    /// Names of its dimensions, and what they must be; what the template computes is left open.
    fn dimensions(&self) -> BTreeMap<String, Option<String>> {
        let all = self.properties["Dimensions"].as_sequence().into_iter().flatten();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        all.map(|one| (text(&one["Name"]).unwrap_or_default(), text(&one["Value"]))).collect()
    }

    /// The statistic of a period; none of one without data.
    fn statistic(&self, values: &[f64]) -> Result<Option<f64>> {
        if values.is_empty() {
            return Ok(None);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        if self.properties.get("ExtendedStatistic").is_some() {
            ensure!(self.text("ExtendedStatistic")? == "p99", "{}", self.name);
            let rank = (sorted.len() * 99).div_ceil(100);
            return Ok(sorted.get(rank - 1).copied());
        }
        Ok(match self.text("Statistic")? {
            "Sum" => Some(values.iter().sum()),
            "Maximum" => sorted.last().copied(),
            "SampleCount" => Some(f64::from(u32::try_from(values.len())?)),
            other => anyhow::bail!("{}: {other} is not known here", self.name),
        })
    }

    fn breaches(&self, value: f64) -> Result<bool> {
        let threshold = self.number("Threshold")?;
        Ok(match self.text("ComparisonOperator")? {
            "GreaterThanThreshold" => value > threshold,
            "GreaterThanOrEqualToThreshold" => value >= threshold,
            "LessThanThreshold" => value < threshold,
            other => anyhow::bail!("{}: {other} is not known here", self.name),
        })
    }

    /// Its state after these periods, the last of them the latest: DatapointsToAlarm of the last EvaluationPeriods must breach, and what has no data
    /// counts as TreatMissingData says.
    fn state(&self, recorded: &[Period]) -> Result<State> {
        let count = self.periods()?;
        ensure!(recorded.len() >= count, "{}: {} periods recorded, {count} needed", self.name, recorded.len());
        let points = recorded[recorded.len() - count..].iter().map(|period| self.statistic(period)).collect::<Result<Vec<_>>>()?;
        let known: Vec<bool> = points.iter().flatten().map(|value| self.breaches(*value)).collect::<Result<_>>()?;
        let missing = self.text("TreatMissingData")?;
        match missing {
            "missing" if known.is_empty() => return Ok(State::Insufficient),
            "ignore" if known.is_empty() => return Ok(State::Kept),
            "missing" | "ignore" | "notBreaching" | "breaching" => {}
            other => anyhow::bail!("{}: {other} is not known here", self.name),
        }
        let absent = if missing == "breaching" { count - known.len() } else { 0 };
        let wanted = self.properties["DatapointsToAlarm"].as_u64().map_or(count, |wanted| usize::try_from(wanted).unwrap_or(count));
        let breaching = known.into_iter().filter(|breaches| *breaches).count() + absent;
        Ok(if breaching >= wanted { State::Alarm } else { State::Ok })
    }

    /// Whether somebody is told when it comes to that state from another one. A new alarm begins without data, so what tells of that state tells
    /// nobody of what was never there.
    fn tells(&self, state: State) -> bool {
        let actions = self.properties["AlarmActions"].as_sequence().into_iter().flatten();
        state == State::Alarm
            && actions.map(plain).any(|chosen| {
                let arms: Vec<&str> = chosen.as_sequence().into_iter().flatten().filter_map(|arm| plain(arm).as_str()).collect();
                arms == ["HasAlarmTopic", "AlarmTopic", "Alarms"]
            })
    }
}

/// What an alarm must fire on, and what not.
struct Recorded {
    fires: Vec<Vec<Period>>,
    quiet: Vec<Vec<Period>>,
}

fn one(fires: &[f64], quiet: &[f64]) -> Recorded {
    Recorded { fires: vec![vec![fires.to_vec()]], quiet: vec![vec![quiet.to_vec()], vec![vec![]]] }
}

/// Recorded data for every alarm, by its name.
fn recorded() -> BTreeMap<String, Recorded> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, data: Recorded| assert!(all.insert(name.to_owned(), data).is_none(), "{name} twice");
    // The table was away for a minute: nine requests, each answered with 503 after three attempts.
    add("ApiErrors", one(&[2.0, 3.0, 3.0, 1.0, 0.0], &[0.0, 1.0, 0.0, 1.0, 0.0]));
    for name in ["ReviewAnswers", "ConsoleAnswers", "VerifyAnswers"] {
        add(name, one(&[1.0], &[]));
    }
    // One slow answer among 20 is the 99th percentile of a quiet quarter of an hour; two such periods of three are none by chance.
    let slow = |late: f64| [vec![240.0; 19], vec![late]].concat();
    let latency = Recorded {
        fires: vec![vec![slow(900.0), slow(12_500.0), slow(11_000.0)], vec![slow(29_000.0), vec![], slow(29_000.0)]],
        quiet: vec![vec![slow(900.0), slow(12_500.0), slow(900.0)], vec![vec![], vec![], slow(29_000.0)]],
    };
    add("ApiLatency", latency);
    for name in FUNCTIONS {
        add(&format!("{name}Errors"), one(&[1.0], &[0.0, 0.0]));
        add(&format!("{name}Throttles"), one(&[0.0, 1.0], &[0.0]));
    }
    for name in QUEUES {
        let limit = if ["Archive", "Count"].contains(&name) { 1800.0 } else { 900.0 };
        // A message that fails comes back after the queue's visibility timeout, and grows old meanwhile.
        add(&format!("{name}Age"), one(&[limit - 60.0, limit, limit + 60.0], &[5.0, 65.0, 125.0]));
        add(&format!("{name}DeadLetters"), one(&[0.0, 0.0, 1.0], &[0.0, 0.0]));
    }
    add("EventDeadLetters", one(&[1.0], &[0.0]));
    add("StoreUnavailable", one(&[3.0, 2.0], &[1.0, 1.0, 2.0]));
    add("StoreRefused", one(&[1.0], &[]));
    add("TableReadThrottles", one(&[1.0], &[]));
    add("TableWriteThrottles", one(&[1.0], &[]));
    for index in ["ByUnit", "ByStatus", "ByParty", "ByTurn", "ByApplication", "ByPending"] {
        for doing in ["Read", "Write"] {
            add(&format!("{index}{doing}Throttles"), one(&[0.0, 2.0], &[0.0]));
        }
    }
    add("RestoreInvoked", one(&[1.0], &[]));
    for name in ["TableGetErrors", "TableQueryErrors", "TableTransactErrors"] {
        add(name, one(&[4.0, 1.0], &[0.0, 1.0, 0.0, 2.0, 0.0]));
    }
    for name in ["StatusRuleFailures", "ReconcileScheduleFailures", "TallyScheduleFailures"] {
        add(name, one(&[1.0], &[]));
    }
    // Three ticks in each quarter of an hour; then none, or none from the beginning.
    let ticks = || vec![1.0; 3];
    add(
        "ReconcileSilence",
        Recorded {
            fires: vec![vec![ticks(), vec![], vec![]], vec![vec![], vec![]]],
            quiet: vec![vec![ticks(), ticks()], vec![ticks(), vec![]], vec![vec![], ticks()]],
        },
    );
    // One night in 26 hours, and the next one failed; so did the first one of all.
    let hours = |night: usize| (0..26).map(|hour| if hour == night { vec![0.0] } else { vec![] }).collect::<Vec<Period>>();
    add("NightSilence", Recorded { fires: vec![hours(26)], quiet: vec![hours(0), hours(2), hours(25)] });
    add("Stuck", one(&[0.0, 0.0, 1.0], &[0.0, 0.0, 0.0]));
    add("CounterEnds", one(&[12.0, 90.0], &[12.0, 89.0]));
    for name in ["OldestSubmitted", "OldestAuthorised"] {
        add(name, one(&[11.0], &[10.0]));
    }
    add("SheetsLow", one(&[1.0], &[0.0]));
    add("BooksUnbalanced", one(&[2.0], &[0.0]));
    all
}

#[test]
fn every_alarm_fires_on_what_it_is_for_and_on_nothing_else() -> Result<()> {
    let (alarms, recorded) = (alarms()?, recorded());
    let names: BTreeSet<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(names, recorded.keys().map(String::as_str).collect::<BTreeSet<_>>(), "alarms of the template, and those with recorded data");
    for alarm in &alarms {
        let Recorded { fires, quiet } = &recorded[&alarm.name];
        for periods in fires {
            let state = alarm.state(periods)?;
            assert!(alarm.tells(state), "{} is {state:?} after {periods:?}, and nobody is told", alarm.name);
        }
        for periods in quiet {
            let state = alarm.state(periods)?;
            assert!(!alarm.tells(state), "{} is {state:?} after {periods:?}", alarm.name);
        }
        let seconds = alarm.number("Period")? * f64::from(u32::try_from(alarm.periods()?)?);
        let longest = if alarm.number("Period")? < 3600.0 { 86_400.0 } else { 604_800.0 };
        assert!(seconds <= longest, "{}: CloudWatch looks back {longest} s at most", alarm.name);
    }
    Ok(())
}

/// What is silent from the beginning is told too: an alarm that has data is never left for want of it.
#[test]
fn what_should_come_and_never_did_is_told() -> Result<()> {
    for name in ["ReconcileSilence", "NightSilence"] {
        let alarm = alarms()?.into_iter().find(|alarm| alarm.name == name).context(name)?;
        assert_eq!(alarm.text("TreatMissingData")?, "breaching", "{name}");
        assert_eq!(alarm.state(&vec![vec![]; alarm.periods()?])?, State::Alarm, "{name}");
    }
    for alarm in alarms()? {
        assert!(
            alarm.properties.get("InsufficientDataActions").is_none(),
            "{}: a new alarm is in that state, and does not come to it",
            alarm.name
        );
    }
    Ok(())
}

/// By a table's name alone, CloudWatch counts what its indexes throttle for nobody.
#[test]
fn every_index_of_the_table_is_watched() -> Result<()> {
    let tables = of_type("AWS::DynamoDB::Table")?;
    let (_, table) = tables.first().context("a table")?;
    let indexes = table["GlobalSecondaryIndexes"].as_sequence().context("indexes")?;
    assert_eq!(indexes.len(), 6);
    for index in indexes {
        for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
            let name = index["IndexName"].as_str().map(str::to_owned);
            let watches = |alarm: &Alarm| {
                alarm.properties["MetricName"] == metric && alarm.dimensions().get("GlobalSecondaryIndexName") == Some(&name)
            };
            assert!(alarms()?.iter().any(watches), "{name:?} {metric}");
        }
    }
    Ok(())
}

#[test]
fn every_function_and_every_queue_is_watched() -> Result<()> {
    let names: BTreeSet<String> = alarms()?.into_iter().map(|alarm| alarm.name).collect();
    for (function, _) in of_type("AWS::Serverless::Function")? {
        let function = function.trim_end_matches("Function");
        // An operator invokes it, and reads what it answers.
        if function == "Restore" {
            continue;
        }
        assert!(FUNCTIONS.contains(&function) && names.contains(&format!("{function}Errors")), "{function}");
        assert!(names.contains(&format!("{function}Throttles")), "{function}");
    }
    for (queue, _) in of_type("AWS::SQS::Queue")? {
        let watched = if queue.ends_with("DeadLetters") { queue.clone() } else { format!("{}Age", queue.trim_end_matches("Queue")) };
        assert!(names.contains(&watched), "{queue}");
    }
    Ok(())
}

/// What functions can write, as CloudWatch reads it: name, and sets of dimensions.
fn lines() -> Vec<Json> {
    let answers = [AnswerClass::Done, AnswerClass::Elsewhere, AnswerClass::Refused, AnswerClass::Failed].map(Metric::Answers);
    let store = [StoreFailure::Unavailable, StoreFailure::Refused].map(Metric::StoreErrors);
    let work = [
        Metric::Retries,
        Metric::MessagesFailed,
        Metric::Refused(FindingCode::MaterialMissing),
        Metric::Reached(WorkStage::Submitted),
        Metric::Numbered,
        Metric::Printed,
        Metric::CounterUsed,
        Metric::OldestDays(WorkStage::Submitted),
        Metric::OldestDays(WorkStage::Authorised),
        Metric::SheetsLow,
        Metric::BooksUnbalanced,
        Metric::Stuck,
    ];
    let all = [&answers[..], &store, &work].concat();
    let functions = ["review", "console", "verify"];
    let lines = all.iter().flat_map(|metric| functions.map(|function| metric.line(NAMESPACE, function, 1, 0)));
    lines.map(|line| serde_json::from_str(&line).unwrap_or_default()).collect()
}

/// Whether a line is of a metric with just these dimensions, and these values of them.
fn is_of(line: &Json, metric: &str, dimensions: &BTreeMap<String, Option<String>>) -> bool {
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    let has_set = directive["Dimensions"].as_array().into_iter().flatten().any(|set| {
        let names: BTreeSet<&str> = set.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        names == dimensions.keys().map(String::as_str).collect()
    });
    let has_values = dimensions.iter().all(|(name, value)| value.as_deref().is_none_or(|value| line[name] == value));
    directive["Namespace"] == NAMESPACE && directive["Metrics"][0]["Name"] == metric && has_set && has_values
}

#[test]
fn alarms_watch_what_functions_measure() -> Result<()> {
    let lines = lines();
    let measured: BTreeSet<&str> =
        lines.iter().filter_map(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str()).collect();
    assert_eq!(measured, Metric::NAMES.iter().copied().collect(), "a metric is not among the lines of this test");
    let own: Vec<Alarm> = alarms()?.into_iter().filter(|alarm| alarm.properties["Namespace"] == NAMESPACE).collect();
    assert!(own.len() >= 10, "{}", own.len());
    let (alike, theirs): (Vec<_>, Vec<_>) = (own.iter().map(|alarm| &alarm.properties["Namespace"]).collect(), namespaces()?);
    assert!(theirs.iter().all(|namespace| namespace.starts_with("AWS/") || namespace == NAMESPACE), "{theirs:?}");
    assert!(alike.iter().all(|namespace| matches!(namespace, Value::Tagged(tagged) if tagged.tag == "Sub")), "the stack's name is put in");
    for alarm in own {
        let metric = alarm.text("MetricName")?;
        assert!(lines.iter().any(|line| is_of(line, metric, &alarm.dimensions())), "{}: nothing measures {metric}", alarm.name);
    }
    Ok(())
}

fn namespaces() -> Result<Vec<String>> {
    alarms()?.iter().map(|alarm| alarm.text("Namespace").map(str::to_owned)).collect()
}

fn sources(folder: &Path, into: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("store/metrics.rs") {
            into.push_str(&fs::read_to_string(path)?);
        }
    }
    Ok(())
}

#[test]
fn what_can_be_measured_is_measured_and_shown() -> Result<()> {
    let (mut code, template) = (String::new(), fs::read_to_string(root().join("template.yaml"))?);
    sources(&root().join("functions"), &mut code)?;
    // Those have methods of their own beside their definition.
    let is_measured = |name: &str| code.contains(&format!("Metric::{name}")) || ["Reached", "Refused", "Stuck"].contains(&name);
    let (_, dashboard) = template.split_once("  Dashboard:").context("a dashboard")?;
    for name in Metric::NAMES {
        assert!(is_measured(name), "nothing measures {name}");
        assert!(
            dashboard.contains(&format!("\"{name}\"")) || dashboard.contains(&format!("\\\"{name}\\\"")),
            "{name} is not on the dashboard"
        );
    }
    Ok(())
}

#[test]
fn every_alarm_stands_in_the_runbook_in_both_languages() -> Result<()> {
    let runbook = fs::read_to_string(root().join("docs/RUNBOOK.md"))?;
    let (chinese, english) = runbook.split_once("\n# Runbook").context("an English half")?;
    let names: BTreeSet<String> = alarms()?.into_iter().map(|alarm| format!("{}Alarm", alarm.name)).collect();
    for half in [chinese, english] {
        let told: BTreeSet<String> =
            half.split('`').filter(|word| word.ends_with("Alarm") && !word.contains(char::is_whitespace)).map(str::to_owned).collect();
        assert_eq!(names, told, "alarms of the template, and of the runbook");
        assert!(half.contains("aws sqs start-message-move-task"), "how dead letters are redriven");
    }
    Ok(())
}

/// The state of an alarm on the emulator, which goes by metric, not by dimensions.
fn state_of(client: &Client, alarm: &str) -> Result<String> {
    let wanted = json!({ "AlarmNamePrefix": format!("saizheng-{alarm}-") });
    let told = client.operate("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", &wanted)?;
    Ok(told["MetricAlarms"][0]["StateValue"].as_str().with_context(|| format!("no alarm {alarm}"))?.to_owned())
}

/// From a line that a function writes to an alarm's state, on the emulator; what takes metrics out of lines is AWS's own, and done here by hand.
#[test]
fn a_line_of_a_function_brings_an_alarm_to_its_state() -> Result<()> {
    // The night orders a count, which tests that share a stack would find.
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let night = json!({ "time": "2022-06-20T18:00:00Z" });
    let (_, failed) = client.invoke(&stack.output("TallyFunction")?, &night)?;
    ensure!(!failed, "the night failed");
    let mut written = Vec::new();
    until("a line with the books", || {
        let log = client.log_of("Tally", 0)?;
        let lines = log.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Json>(line).ok());
        written = lines.filter(|line| line["BooksUnbalanced"].is_u64()).collect();
        Ok(!written.is_empty())
    })?;
    let line = written.last().context("a line")?;
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], LOCAL_NAMESPACE, "{line}");
    let put = |value: u64| {
        let data = json!({ "Namespace": LOCAL_NAMESPACE, "MetricData": [{ "MetricName": "BooksUnbalanced", "Value": value }] });
        client.operate("monitoring", "GraniteServiceVersion20100801.PutMetricData", &data)
    };
    put(line["BooksUnbalanced"].as_u64().context("a number")?)?;
    assert_eq!(state_of(&client, "BooksUnbalancedAlarm")?, "OK");
    put(1)?;
    assert_eq!(state_of(&client, "BooksUnbalancedAlarm")?, "ALARM");
    Ok(())
}
