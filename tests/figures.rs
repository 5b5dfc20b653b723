//! Wall time from the first upload to the last PDF, and requests per certificate, on a new local stack each.
//!
//! `cargo run --release --example figures`; the results stand in `docs/FIGURES.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use workflow_tests::case::{Case, codes};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

fn main() -> Result<()> {
    for winners in [10, 100, 1000] {
        let stack = Stack::own()?;
        stack.up()?;
        let client = Client::of(&stack)?;
        let folder = Folder::with_winners(winners)?;
        folder.write()?;
        let case = Case::create(&client, &folder)?;
        let start = Instant::now();
        case.upload_all(&client, &folder)?;
        case.until_status(&client, "submitted")?;
        let submitted = start.elapsed();
        case.authorise(&client)?;
        case.qualify(&client)?;
        let first_page = codes(&case.until_printed(&client)?).len();
        println!(
            "{winners} winners: submitted after {:.1} s, last PDF after {:.1} s ({first_page} on the first page)",
            submitted.as_secs_f64(),
            start.elapsed().as_secs_f64()
        );
        for (operation, count) in requests(&stack, winners)? {
            println!("  {operation}: {count}, {:.2} a certificate", f64::from(u32::try_from(count)?) / f64::from(u32::try_from(winners)?));
        }
    }
    Ok(())
}

/// Requests of the functions that queues start, by operation, from their log lines.
fn requests(stack: &Stack, winners: usize) -> Result<BTreeMap<String, u64>> {
    let mut log = String::new();
    // The last lines reach the log a moment after the work is done.
    until("the print function's last line", || {
        log = std::fs::read_to_string(stack.data().join("emulator.log"))?;
        Ok(count(&log).get("PutObject").copied().unwrap_or(0) >= winners as u64)
    })?;
    Ok(count(&log))
}

fn count(log: &str) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for line in log.split("requests=\"{").skip(1) {
        let counts = line.split('}').next().unwrap_or_default().replace("\\\"", "");
        for (operation, count) in counts.split(',').filter_map(|pair| pair.split_once(':')) {
            *all.entry(operation.to_owned()).or_default() += count.parse().unwrap_or(0);
        }
    }
    all
}
