//! What applications took, from the log lines of the functions, and what AWS asks for it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::saizheng::{Client, root};

/// Where and when the prices held: on demand, without free tiers. docs/COSTS.md says where each was found.
pub const PRICE_LIST: &str = "us-east-1, looked up on 2026-11-24";

/// The functions that an application runs through, by their names in the template without `Function`.
const FUNCTIONS: [&str; 5] = ["Validate", "Register", "Review", "Issue", "Print"];
/// Those that a queue starts, one message each.
pub const QUEUED: [&str; 4] = ["Validate", "Register", "Issue", "Print"];
/// S3's dearer requests; POST is the unit's upload.
const DEAR: [&str; 4] = ["PutObject", "CopyObject", "ListObjectsV2", "PostObject"];
const CHEAP: [&str; 2] = ["GetObject", "HeadObject"];
/// Sending, receiving and deleting a message.
const SQS_PER_MESSAGE: f64 = 3.0;
/// Milliseconds that a cold start is taken to need: an assumption, no Lambda was measured.
const COLD_START_MS: f64 = 300.0;
/// MB of memory at which Lambda gives a whole core; below, a share of it.
const WHOLE_CORE_MB: f64 = 1769.0;
/// Lambda's JSON form of a line against the text that the local stack logs.
const JSON_LOG: f64 = 2.0;

/// Invocations of one function.
#[derive(Debug, Default, Clone, Copy)]
pub struct Invocations {
    /// How many.
    pub count: f64,
    /// Milliseconds in the handler, each rounded up, added up.
    pub duration_ms: f64,
    /// The longest one's milliseconds.
    pub longest_ms: f64,
}

/// What was taken.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// S3 and DynamoDB requests, attempts by operation.
    pub requests: BTreeMap<String, f64>,
    /// DynamoDB's units by operation: written, read.
    pub units: BTreeMap<String, (f64, f64)>,
    /// Writes that failed, whose units nobody tells.
    pub failed_writes: f64,
    /// Invocations by function.
    pub invocations: BTreeMap<&'static str, Invocations>,
    /// Invocations that ended, those by test events included.
    pub ended: f64,
    /// Bytes logged, in the local stack's text form, with CloudWatch's 26 bytes an event.
    pub log_bytes: f64,
}

/// The attempts that a function's line about its requests tells of, by operation.
///
/// # Errors
/// It tells of none.
pub fn requests_of(line: &str) -> Result<BTreeMap<String, u64>> {
    Ok(object(line, "requests")?.into_iter().map(|(operation, attempts)| (operation, attempts.as_u64().unwrap_or(0))).collect())
}

impl Tally {
    /// Of everything logged since `since`, milliseconds since 1970.
    pub fn since(client: &Client, since: i64) -> Result<Self> {
        let mut tally = Self::default();
        for function in FUNCTIONS {
            for line in client.log_of(function, since)? {
                tally.log_bytes += (line.len() + 26) as f64;
                tally.ended += f64::from(u8::from(line.starts_with("REPORT ")));
                // A test event of S3 makes no request.
                if line.contains("duration_ms=") && !line.contains("requests=\"{}\"") {
                    tally.add(function, &line)?;
                }
            }
        }
        Ok(tally)
    }

    fn add(&mut self, function: &'static str, line: &str) -> Result<()> {
        let duration_ms: f64 = field(line, "duration_ms").parse()?;
        let invocations = self.invocations.entry(function).or_default();
        invocations.count += 1.0;
        invocations.duration_ms += duration_ms;
        invocations.longest_ms = invocations.longest_ms.max(duration_ms);
        self.failed_writes += field(line, "failed_writes").parse::<f64>()?;
        for (operation, attempts) in object(line, "requests")? {
            *self.requests.entry(operation).or_default() += attempts.as_f64().unwrap_or(0.0);
        }
        for (operation, units) in object(line, "units")? {
            let sum = self.units.entry(operation).or_default();
            sum.0 += units["write"].as_f64().unwrap_or(0.0);
            sum.1 += units["read"].as_f64().unwrap_or(0.0);
        }
        Ok(())
    }

    /// Counts requests that no function made.
    pub fn also(&mut self, operation: &str, requests: usize) {
        *self.requests.entry(operation.to_owned()).or_default() += requests as f64;
    }

    fn sum(&self, operations: &[&str]) -> f64 {
        operations.iter().filter_map(|operation| self.requests.get(*operation)).sum()
    }

    /// Units written. A failed write takes what it would have taken, and tells nothing: it is put down as an average
    /// transaction, for those are the dearest.
    pub fn write_units(&self) -> f64 {
        let told: f64 = self.units.values().map(|units| units.0).sum();
        let transacted = self.units.get("TransactWriteItems").map_or(0.0, |units| units.0);
        told + self.failed_writes * transacted / self.sum(&["TransactWriteItems"]).max(1.0)
    }

    /// Units read.
    pub fn read_units(&self) -> f64 {
        self.units.values().map(|units| units.1).sum()
    }

    fn of(&self, functions: &[&'static str]) -> f64 {
        functions.iter().filter_map(|function| self.invocations.get(function)).map(|invocations| invocations.count).sum()
    }

    /// GB-seconds as measured, and those if all of it was computing with the share of a core that the memory buys.
    fn gb_seconds(&self) -> Result<(f64, f64)> {
        let (mut measured, mut shared) = (0.0, 0.0);
        for (function, invocations) in &self.invocations {
            let megabytes = memory_of(function)?;
            let gb_seconds = invocations.duration_ms / 1000.0 * megabytes / 1024.0;
            measured += gb_seconds;
            shared += gb_seconds * (WHOLE_CORE_MB / megabytes).max(1.0);
        }
        Ok((measured, shared))
    }

    /// The bill, for the whole tally. `cold_starts` by function's name in the template without `Function`.
    pub fn bill(&self, cold_starts: &BTreeMap<String, f64>) -> Result<Vec<Line>> {
        let (measured, shared) = self.gb_seconds()?;
        let mut cold = 0.0;
        for (function, starts) in cold_starts {
            cold += starts * COLD_START_MS / 1000.0 * memory_of(function)? / 1024.0;
        }
        let mut lines = vec![
            Line::new("DynamoDB write units", self.write_units(), 0.625e-6),
            Line::new("DynamoDB read units", self.read_units(), 0.125e-6),
            Line::new("S3 PUT, COPY, POST, LIST", self.sum(&DEAR), 5e-6),
            Line::new("S3 GET, HEAD", self.sum(&CHEAP), 0.4e-6),
            Line::new("Lambda GB-seconds, core share counted", shared, 0.000_016_666_7),
            Line::new("Lambda invocations", self.of(&FUNCTIONS), 0.2e-6),
            Line::new("SQS requests", self.of(&QUEUED) * SQS_PER_MESSAGE, 0.4e-6),
            Line::new("HTTP API calls", self.of(&["Review"]), 1e-6),
            Line::new("EventBridge events", self.sum(&["PutEvents"]), 1e-6),
            Line::new("Log MB (JSON)", self.log_bytes * JSON_LOG / 1e6, 0.5e-3),
            Line::new("Lambda GB-seconds of cold starts", cold, 0.000_016_666_7),
        ];
        let total = lines.iter().map(Line::dollars).sum();
        lines.push(Line { what: "total", amount: total, price: 1.0 });
        lines.push(Line::new("(GB-seconds as measured)", measured, 0.0));
        lines.push(Line::new("(failed writes)", self.failed_writes, 0.0));
        Ok(lines)
    }
}

/// A line of the bill.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// What is paid for.
    pub what: &'static str,
    /// How much of it.
    pub amount: f64,
    /// USD for one.
    pub price: f64,
}

impl Line {
    fn new(what: &'static str, amount: f64, price: f64) -> Self {
        Self { what, amount, price }
    }

    /// USD.
    pub fn dollars(&self) -> f64 {
        self.amount * self.price
    }
}

/// `MemorySize` of a function of the template, in MB.
fn memory_of(function: &str) -> Result<f64> {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&std::fs::read_to_string(root().join("template.yaml"))?)?;
    let memory = template["Resources"][format!("{function}Function").as_str()]["Properties"]["MemorySize"].as_f64();
    memory.with_context(|| format!("MemorySize of {function}"))
}

/// The value of a plain field of a log line.
fn field<'l>(line: &'l str, name: &str) -> &'l str {
    let rest = line.split(&format!(" {name}=")).nth(1).unwrap_or_default();
    rest.split(' ').next().unwrap_or_default()
}

/// A field of a log line that is a JSON object in quotes.
fn object(line: &str, name: &str) -> Result<serde_json::Map<String, Value>> {
    let rest = line.split(&format!(" {name}=\"")).nth(1).context("no such field")?;
    let quoted = rest.split("}\"").next().unwrap_or_default().replace("\\\"", "\"");
    Ok(serde_json::from_str(&format!("{quoted}}}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = concat!(
        r#" INFO Lambda runtime invoke{requestId="x"}: requests requests="{\"PutItem\":3,\"PutObject\":1}" "#,
        r#"units="{\"PutItem\":{\"write\":9.0,\"read\":0.0}}" write_units=9.0 read_units=0.0 failed_writes=1 duration_ms=12"#,
    );

    #[test]
    fn a_line_is_read_back() -> Result<()> {
        let mut tally = Tally::default();
        tally.add("Print", LINE)?;
        tally.add("Print", &LINE.replace("duration_ms=12", "duration_ms=20"))?;
        assert_eq!(tally.requests["PutItem"], 6.0);
        assert_eq!(tally.units["PutItem"], (18.0, 0.0));
        let printed = tally.invocations["Print"];
        assert_eq!((printed.count, printed.duration_ms, printed.longest_ms), (2.0, 32.0, 20.0));
        assert_eq!(tally.failed_writes, 2.0);
        Ok(())
    }
}
