//! Load for a while, with stores that answer wrongly and functions that are killed: memory stays flat, and nothing is stuck at the end.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use workflow_tests::saizheng::Stack;

use crate::faults::{Work, prepared};
use crate::work::{check_printed, settle};

/// Applications of a wave.
const WAVE: usize = 63;
/// The share of calls that are spoilt.
const SHARE: f64 = 0.1;
/// How much more memory a process may have at the end than after the first wave.
const GROWTH: f64 = 1.5;

pub(crate) fn prove(minutes: u64, seed: u64) -> Result<()> {
    println!("{minutes} minutes, waves of {WAVE} applications, {:.0}% of calls spoilt, seed {seed}", SHARE * 100.0);
    let (stack, client, proxies) = prepared(seed)?;
    let (start, mut waves) = (Instant::now(), Vec::new());
    while start.elapsed() < Duration::from_secs(minutes * 60) {
        proxies.iter().for_each(|proxy| proxy.spoil(SHARE));
        let wave = u64::try_from(waves.len())?;
        Work::new(&stack, &client, WAVE, Some(seed + wave)).from(waves.len() * WAVE).process()?;
        proxies.iter().for_each(|proxy| proxy.spoil(0.0));
        let memory = memory(&stack)?;
        println!("  wave {wave}, {:.0} s: {memory:?} MB", start.elapsed().as_secs_f64());
        waves.push(memory);
    }
    let table = settle(&stack, &client)?;
    table.check_numbers()?;
    check_printed(&client, &table)?;
    let (status, blocked) = client.call(Some(&client.token("center", "00")?), "GET", "/v1/blocked", None)?;
    ensure!(status == 200 && blocked["blocked"] == json!([]), "{status} {blocked}");
    let audit = stack.run(&["audit"])?;
    ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
    println!("{} applications, {} certificates, nothing stuck, the audit is clean", waves.len() * WAVE, table.certificates());
    compare(&waves)
}

/// MB of the largest process of each kind: the functions, and the stack's own.
fn memory(stack: &Stack) -> Result<BTreeMap<&'static str, u64>> {
    let functions = stack.functions()?.into_iter().filter_map(resident).max().unwrap_or_default();
    let own = resident(stack.servers()?.pid).context("the stack's process")?;
    Ok(BTreeMap::from([("function", functions), ("stack", own)]))
}

/// Resident memory in MB, if the process lives.
fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

fn compare(waves: &[BTreeMap<&'static str, u64>]) -> Result<()> {
    let (Some(first), Some(last)) = (waves.first(), waves.last()) else { return Ok(()) };
    for (name, before) in first {
        let after = last.get(name).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let growth = after as f64 / (*before).max(1) as f64;
        println!("{name}: {before} MB after the first wave, {after} MB after the last, {growth:.2} times");
        ensure!(growth < GROWTH, "{name} grows: {growth:.2} times");
    }
    Ok(())
}
