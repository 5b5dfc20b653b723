//! What a night's count takes with many applications: `cargo run --release --example night [APPLICATIONS]`.
//!
//! On a new local stack: so many applications of the counted year with two certificates each, all in the Center's hands. The schedule's event,
//! as the emulator would send it; what the function took and asked for, as it logs it, and the most memory that it had. The results stand in
//! `docs/FIGURES.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::bill::requests_of;
use workflow_tests::case::Case;
use workflow_tests::copies::multiply;
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack};

/// The longest that the function may take.
const TIMEOUT: Duration = Duration::from_secs(900);

fn main() -> Result<()> {
    let applications = std::env::args().nth(1).map_or(Ok(10_000), |number| number.parse::<usize>())?;
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let case = Case::issued(&client, &Folder::with_winners(2)?)?;
    let is_counted = |sk: &str| sk == "APPLICATION" || sk == "CERTIFICATE" || sk.starts_with("ALLOCATION#");
    multiply(&client, &case.id, is_counted, applications - 1)?;
    let started = Instant::now();
    let (answer, failed) = client.invoke(&stack.output("TallyFunction")?, &json!({ "time": "2022-06-20T18:00:00Z" }))?;
    ensure!(!failed, "{answer}");
    let statistics = || Ok::<Value, anyhow::Error>(client.call(Some(&case.center), "GET", "/v1/statistics/2022", None)?.1);
    while statistics()?["counting"] != false {
        ensure!(started.elapsed() < TIMEOUT, "not counted");
        std::thread::sleep(Duration::from_secs(2));
    }
    let log = client.log_of("Tally", 0)?;
    let counted = log.iter().rfind(|line| line.contains("duration_ms=") && line.contains("Query")).context("the count is logged")?;
    let json = client.download(statistics()?["counted"]["json"].as_str().context("a link")?)?;
    println!("{applications} applications: {}", serde_json::from_slice::<Value>(&json)?["total"]);
    println!("{counted}\n{:?}", requests_of(counted)?);
    let most = stack.functions()?.into_iter().filter_map(|pid| most_memory_of_tally(pid).ok()).max();
    println!("{} MB at the most", most.context("its process")? / 1024);
    Ok(())
}

/// KB of resident memory that a process ever had, if it is the function's.
fn most_memory_of_tally(pid: u32) -> Result<u64> {
    let environment = std::fs::read(format!("/proc/{pid}/environ"))?;
    ensure!(environment.split(|byte| *byte == 0).any(|variable| variable == b"_HANDLER=tally"), "another function");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(most.split_whitespace().next().context("a number")?.parse()?)
}
