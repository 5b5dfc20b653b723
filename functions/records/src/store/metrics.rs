//! Metrics: lines on the standard output in CloudWatch's embedded metric format.
//!
//! - Lambda sends the standard output to CloudWatch Logs, which takes the metrics out of every line that follows the format:
//!   [Using the embedded metric format with Lambda](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Lambda.html).
//! - A line is one JSON object with nothing before and after it, below 256 KB; what `Dimensions` and `Metrics` name are members of its root:
//!   [Specification](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//! - With `LogFormat: JSON` Lambda encodes no line a second time that is JSON already, and one without a level counts as INFO, which is kept:
//!   [log formats](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
//!
//! Each pair of a metric and values of its dimensions costs by the hour in which it is sent, and whoever may see figures may not see people: what a
//! dimension can be is an enum of this system, never a text that somebody has written.

use std::io::Write as _;

use rules::after::announcement::{Announcement, Subject};
use rules::issue::allocation::Stage;
use rules::issue::status::Status;
use rules::values::finding::FindingCode;
use serde_json::{Map, Value, json};

use crate::Cloud;

/// The namespace of all metrics where the environment names none: the template gives each stack its own, so that two of one account are
/// told apart.
const NAMESPACE: &str = "saizheng";

/// The class of an answer's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub enum AnswerClass {
    /// Done.
    #[strum(serialize = "2xx")]
    Done,
    /// Somewhere else.
    #[strum(serialize = "3xx")]
    Elsewhere,
    /// Not to be done, for a reason of the request.
    #[strum(serialize = "4xx")]
    Refused,
    /// Not done, for a reason of ours.
    #[strum(serialize = "5xx")]
    Failed,
}

impl AnswerClass {
    /// The class of a status.
    pub fn of(status: u16) -> Self {
        match status {
            0..300 => Self::Done,
            300..400 => Self::Elsewhere,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

/// Why table, bucket, bus or queue did not do what they were asked for, all attempts included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum StoreFailure {
    /// Throttled, timed out, network broken.
    Unavailable,
    /// No right to it, or a request that it does not take.
    Refused,
}

/// Where work is: what an application or a lot of certificates waits for has its place before the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum WorkStage {
    /// 核对中
    Registering,
    /// 已提交
    Submitted,
    /// 已授权
    Authorised,
    /// 已审核, or one reviewer's share of it.
    Decided,
    /// 已退回
    Returned,
    /// 已存档
    Archived,
    /// 已上网
    Published,
    /// 已发放
    HandedOut,
}

impl WorkStage {
    /// Of an application's status; none while it is in the unit's hands.
    pub fn of_status(status: Status) -> Option<Self> {
        match status {
            Status::Draft => None,
            Status::Registering => Some(Self::Registering),
            Status::Submitted => Some(Self::Submitted),
            Status::Authorised => Some(Self::Authorised),
            Status::Qualified => Some(Self::Decided),
            Status::Returned => Some(Self::Returned),
        }
    }

    /// Of a lot's milestone; none before the first.
    pub fn of_stage(stage: Stage) -> Option<Self> {
        match stage {
            Stage::Issued | Stage::Printed => None,
            Stage::Archived => Some(Self::Archived),
            Stage::Published => Some(Self::Published),
            Stage::HandedOut => Some(Self::HandedOut),
        }
    }

    /// What an announcement tells of; none for a single certificate, and for work that has gone back to a draft.
    fn announced(told: &Announcement) -> Option<Self> {
        match told.subject {
            Subject::Status if told.action == "qualify" => Some(Self::Decided),
            Subject::Status => Self::of_status(told.status),
            Subject::Stage => told.stage.and_then(Self::of_stage),
            Subject::Certificate => None,
        }
    }
}

/// What is measured, and what it is told apart by. The names are those of the alarms and of the dashboard in `template.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
pub enum Metric {
    /// Answers to requests.
    Answers(AnswerClass),
    /// Requests to table, bucket, bus and queues that failed, all attempts included.
    StoreErrors(StoreFailure),
    /// Attempts of such requests beyond the first.
    Retries,
    /// Messages that could not be handled: their queue brings them again.
    MessagesFailed,
    /// Materials that were refused, for a finding.
    Refused(FindingCode),
    /// Applications and lots that reached a stage.
    Reached(WorkStage),
    /// Certificates that got their code.
    Numbered,
    /// Certificates that were printed on sheets.
    Printed,
    /// Numbers of a prefix that are taken, of all that it has, in percent.
    CounterUsed,
    /// Days since the oldest open work came to a stage.
    OldestDays(WorkStage),
    /// Books of blank sheets with fewer on hand than the notice's `low_stock`.
    SheetsLow,
    /// Books of blank sheets whose sums do not agree.
    BooksUnbalanced,
    /// Work that was put again as often as it may be, and has not moved on (处理受阻).
    Stuck,
}

/// Names and values that a metric is told apart by.
type Dimensions = Vec<(&'static str, &'static str)>;

impl Metric {
    /// The names of all metrics.
    pub const NAMES: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn unit(self) -> &'static str {
        if self == Self::CounterUsed { "Percent" } else { "Count" }
    }

    /// Its dimensions, but for the function.
    fn dimensions(self) -> Dimensions {
        match self {
            Self::Answers(class) => vec![("Class", class.into())],
            Self::StoreErrors(failure) => vec![("Kind", failure.into())],
            Self::Refused(code) => vec![("Cause", code.as_str())],
            Self::Reached(stage) | Self::OldestDays(stage) => vec![("Stage", stage.into())],
            _ => vec![],
        }
    }

    /// Whether it is told apart by the function too.
    fn is_by_function(self) -> bool {
        matches!(self, Self::Answers(_) | Self::StoreErrors(_) | Self::Retries | Self::MessagesFailed)
    }

    /// Whether its sum over all functions is a metric of its own: an alarm goes by one.
    fn is_summed(self) -> bool {
        matches!(self, Self::StoreErrors(_))
    }

    /// The line of a function that says, in a namespace, that it was `value` at a time, in milliseconds since 1970.
    pub fn line(self, namespace: &str, function: &'static str, value: u64, milliseconds: i64) -> String {
        let own = self.dimensions();
        let by_function = self.is_by_function().then(|| [vec![("Function", function)], own.clone()].concat());
        let sets: Vec<Dimensions> = match by_function {
            Some(set) if self.is_summed() => vec![set, own],
            Some(set) => vec![set],
            None => vec![own],
        };
        let names: Vec<Vec<&str>> = sets.iter().map(|set| set.iter().map(|(name, _)| *name).collect()).collect();
        let mut line = Map::from_iter(sets.concat().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
        line.insert(self.name().to_owned(), value.into());
        let metrics = json!([{ "Name": self.name(), "Unit": self.unit() }]);
        let directive = json!([{ "Namespace": namespace, "Dimensions": names, "Metrics": metrics }]);
        line.insert("_aws".to_owned(), json!({ "Timestamp": milliseconds, "CloudWatchMetrics": directive }));
        Value::Object(line).to_string()
    }
}

/// Where metrics go: to the standard output of a function, and nowhere from anything else.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meter {
    function: Option<&'static str>,
    namespace: &'static str,
}

impl Meter {
    /// The meter of the function that this process is: Lambda names it by the template's `Handler`.
    pub(crate) fn of_process() -> Self {
        // Once a process.
        let variable = |name| std::env::var(name).ok().map(|value| &*value.leak());
        Self { function: variable("_HANDLER"), namespace: variable("METRICS_NAMESPACE").unwrap_or(NAMESPACE) }
    }
}

impl Cloud {
    /// Says that a metric was `value` now.
    pub fn measure(&self, metric: Metric, value: u64) {
        let Some(function) = self.meter.function else { return };
        let line = metric.line(self.meter.namespace, function, value, self.clock.now().as_millisecond());
        // A metric that cannot be written is no reason for not doing the work.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Says how often something has happened; nothing where it has not.
    pub(crate) fn measure_times(&self, metric: Metric, times: u64) {
        if times > 0 {
            self.measure(metric, times);
        }
    }

    /// Counts what the world is told of.
    pub(crate) fn count_announced(&self, announcement: &Announcement) {
        if let Some(stage) = WorkStage::announced(announcement) {
            self.measure(Metric::Reached(stage), 1);
        }
    }

    /// Says how much work is 处理受阻 at the moment; every run of `reconcile` says so once, none included.
    pub fn measure_stuck(&self, count: u64) {
        self.measure(Metric::Stuck, count);
    }

    /// Counts a material that is refused, once for each kind of finding.
    pub fn count_refused(&self, codes: impl IntoIterator<Item = FindingCode>) {
        let codes: std::collections::BTreeSet<FindingCode> = codes.into_iter().collect();
        for code in codes {
            self.measure(Metric::Refused(code), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rules::after::announcement::After;
    use rules::audit::{AuditAction, AuditEntry};
    use rules::issue::application::ApplicationId;
    use rules::values::party::Actor;

    use super::*;

    /// What CloudWatch Logs is given, letter by letter.
    #[test]
    fn a_line_follows_the_embedded_metric_format() {
        let line = Metric::StoreErrors(StoreFailure::Unavailable).line("saizheng/probe", "review", 3, 1_656_000_000_000);
        assert_eq!(
            line,
            r#"{"Function":"review","Kind":"unavailable","StoreErrors":3,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Function","Kind"],["Kind"]],"#
                .to_owned()
                + r#""Metrics":[{"Name":"StoreErrors","Unit":"Count"}],"Namespace":"saizheng/probe"}],"Timestamp":1656000000000}}"#
        );
        let line = Metric::CounterUsed.line(NAMESPACE, "review", 91, 0);
        assert_eq!(
            line,
            r#"{"CounterUsed":91,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"CounterUsed","Unit":"Percent"}],"#
                .to_owned()
                + r#""Namespace":"saizheng"}],"Timestamp":0}}"#
        );
    }

    #[test]
    fn a_status_has_its_class() {
        let classes = [200, 204, 303, 404, 422, 500, 503].map(|status| <&str>::from(AnswerClass::of(status)));
        assert_eq!(classes, ["2xx", "2xx", "3xx", "4xx", "4xx", "5xx", "5xx"]);
    }

    fn told(action: AuditAction, status: Status, decided: bool, stage: Option<Stage>) -> Option<WorkStage> {
        let actor = Actor::from_claims("somebody", "center", "00").expect("an actor");
        let audit = AuditEntry::new(&actor, action, "五、（二）", Timestamp::UNIX_EPOCH);
        let application = ApplicationId::from_bits(7);
        let after = After { application: &application, unit: "unit-1", version: 5, status, manner: None, decided, stage };
        Announcement::of(&audit, after).as_ref().and_then(WorkStage::announced)
    }

    #[test]
    fn what_is_announced_is_counted_by_the_stage_that_was_reached() {
        assert_eq!(told(AuditAction::Authorise, Status::Authorised, true, None), Some(WorkStage::Authorised));
        assert_eq!(told(AuditAction::Return, Status::Returned, true, None), Some(WorkStage::Returned));
        // One reviewer of two has decided: the application still waits for the other one.
        assert_eq!(told(AuditAction::Qualify, Status::Authorised, true, None), Some(WorkStage::Decided));
        let published = told(AuditAction::PublicationConfirmed, Status::Qualified, false, Some(Stage::Published));
        assert_eq!(published, Some(WorkStage::Published));
        assert_eq!(told(AuditAction::Revoke, Status::Qualified, false, None), None);
    }

    /// Whoever sees figures sees nothing of what people have written: every value of a dimension is a name of this system.
    #[test]
    fn a_line_holds_names_of_the_system_and_numbers_only() {
        let line = Metric::Refused(FindingCode::MaterialMissing).line(NAMESPACE, "validate", 1, 0);
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let texts = line.as_object().expect("an object").values().filter_map(Value::as_str);
        assert_eq!(texts.collect::<Vec<_>>(), ["MATERIAL_MISSING"]);
    }
}
