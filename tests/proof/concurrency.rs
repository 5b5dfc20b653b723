//! Many reviewers decide at once applications that share their prefixes, some of them the same application.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::Case;
use workflow_tests::saizheng::{Client, Stack};

use crate::table::Table;
use crate::work::{Accounts, Job, Patient, check_printed, settle};
use workflow_tests::proxy::{Numbering, proxies};

/// Winners of an application, of two levels: two prefixes.
const WINNERS: usize = 5;
/// Hands that bring applications in.
const HANDS: usize = 12;
/// Every so-manieth application is decided by two reviewers, who refuse different rows.
const DISPUTED: usize = 4;

/// A decision that somebody is going to make.
struct Task<'c> {
    case: &'c Case,
    version: Value,
    refused: Value,
}

/// What became of it.
struct Verdict<'c> {
    id: &'c str,
    refused: Value,
    status: u16,
    answer: Value,
    took: Duration,
}

pub(crate) fn prove(reviewers: usize, applications: usize) -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let [table, _bucket] = proxies(&stack, &client, 1)?;
    let cases = hand_in(&client, applications)?;
    println!("{applications} applications of {WINNERS} winners are authorised");
    let tasks = tasks(&client, &cases)?;
    let start = Instant::now();
    let verdicts = decide(&client, reviewers, &tasks)?;
    let (seconds, numbering) = (start.elapsed().as_secs_f64(), table.seen().numbering);
    let lost = check_verdicts(&verdicts, applications)?;
    println!("{reviewers} reviewers made {} decisions in {seconds:.1} s; {lost} were told that somebody else had decided", tasks.len());
    let table = settle(&stack, &client)?;
    check_refusals(&table, &verdicts)?;
    let prefixes = table.check_numbers()?;
    println!("{} awards are claimed, each for its certificate", table.check_claims()?);
    check_printed(&client, &table)?;
    report(&table, &numbering, prefixes, applications)?;
    print_times(&verdicts);
    Ok(())
}

/// Authorised applications.
fn hand_in(client: &Client, applications: usize) -> Result<Vec<Case>> {
    let (next, cases) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (repeated, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let patient = Patient { client, repeated: &repeated, over: &over };
    std::thread::scope(|scope| {
        let hand = |unit: usize| -> Result<()> {
            let accounts = Accounts::of(client, &format!("unit-{unit}"), "00")?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= applications {
                    return Ok(());
                }
                let case = patient.hand_in(&Job::new(index, WINNERS, "00")?, &accounts);
                over.fetch_or(case.is_err(), Ordering::Relaxed);
                cases.lock().unwrap_or_else(PoisonError::into_inner).push(case?);
            }
        };
        let hands: Vec<_> = (0..HANDS).map(|unit| scope.spawn(move || hand(unit))).collect();
        hands.into_iter().try_for_each(|hand| hand.join().map_err(|_| anyhow::anyhow!("a hand panicked"))?)
    })?;
    Ok(cases.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// One decision for each application, and a second, different one for those in dispute, right after the first.
fn tasks<'c>(client: &Client, cases: &'c [Case]) -> Result<Vec<Task<'c>>> {
    let mut tasks = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let version = case.show(client)?["version"].clone();
        let rows = if index % DISPUTED == 0 { &[2, 3][..] } else { &[0] };
        for row in rows {
            let refused = if *row == 0 { json!([]) } else { json!([{ "row": row, "reason": "未进入决赛" }]) };
            tasks.push(Task { case, version: version.clone(), refused });
        }
    }
    Ok(tasks)
}

/// All reviewers begin at the same moment, each with a name and token of its own, and take what is next.
fn decide<'c>(client: &Client, reviewers: usize, tasks: &'c [Task<'_>]) -> Result<Vec<Verdict<'c>>> {
    let (next, verdicts, begin) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Barrier::new(reviewers));
    let tokens: Vec<String> = (0..reviewers).map(|n| client.token_of(&format!("reviewer-{n}"), "center", "00")).collect::<Result<_>>()?;
    std::thread::scope(|scope| {
        let review = |token: &str| -> Result<()> {
            begin.wait();
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let verdict = qualify(client, token, task)?;
                verdicts.lock().unwrap_or_else(PoisonError::into_inner).push(verdict);
            }
            Ok(())
        };
        let all: Vec<_> = tokens.iter().map(|token| scope.spawn(move || review(token))).collect();
        all.into_iter().try_for_each(|one| one.join().map_err(|_| anyhow::anyhow!("a reviewer panicked"))?)
    })?;
    Ok(verdicts.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn qualify<'c>(client: &Client, token: &str, task: &'c Task<'_>) -> Result<Verdict<'c>> {
    let start = Instant::now();
    let body = json!({ "version": task.version, "refused": task.refused });
    let (status, answer) = client.call(Some(token), "POST", &task.case.path("/qualify"), Some(&body))?;
    Ok(Verdict { id: &task.case.id, refused: task.refused.clone(), status, answer, took: start.elapsed() })
}

/// Each application is decided once; who was second heard that somebody else had decided. How many that were.
fn check_verdicts(verdicts: &[Verdict<'_>], applications: usize) -> Result<usize> {
    let mut decided: HashMap<&str, usize> = HashMap::new();
    let mut lost = 0;
    for Verdict { id, status, answer, .. } in verdicts {
        match status {
            200 => *decided.entry(id).or_default() += 1,
            409 => {
                ensure!(answer["error"]["code"] == "CHANGED", "{id}: {answer}");
                lost += 1;
            }
            _ => anyhow::bail!("{id}: {status} {answer}"),
        }
    }
    ensure!(decided.len() == applications, "{} of {applications} applications are decided", decided.len());
    ensure!(decided.values().all(|times| *times == 1), "two reviewers decided the same application");
    ensure!(lost == verdicts.len() - applications, "{lost} decisions were lost, of {}", verdicts.len());
    Ok(lost)
}

/// What stands in the table is what the winner of a dispute said.
fn check_refusals(table: &Table, verdicts: &[Verdict<'_>]) -> Result<()> {
    let rows: HashMap<&str, Vec<u64>> = table.of("CODE#", "CERTIFICATE").fold(HashMap::new(), |mut rows, item| {
        rows.entry(crate::table::text(item, "application")).or_insert_with(Vec::new).extend(crate::table::number(&item["row"]));
        rows
    });
    for verdict in verdicts.iter().filter(|verdict| verdict.status == 200) {
        let own = rows.get(verdict.id).with_context(|| format!("{}: no certificates", verdict.id))?;
        let refused: Vec<u64> = verdict.refused.as_array().into_iter().flatten().filter_map(|one| one["row"].as_u64()).collect();
        ensure!(own.iter().all(|row| !refused.contains(row)), "{}: a refused row has a certificate", verdict.id);
        ensure!(own.len() + refused.len() == WINNERS, "{}: {} certificates", verdict.id, own.len());
    }
    Ok(())
}

fn report(table: &Table, numbering: &Numbering, prefixes: usize, applications: usize) -> Result<()> {
    let certificates = table.certificates();
    let share = |count: u64| Ok::<f64, anyhow::Error>(f64::from(u32::try_from(count)?) / f64::from(u32::try_from(certificates)?));
    ensure!(numbering.committed == applications as u64, "{} transactions for {applications} decisions", numbering.committed);
    println!("{certificates} certificates of {prefixes} prefixes: every code once, no gap, each prefix from 1");
    println!(
        "numbering transactions: {} sent, {} committed, {} cancelled: retried in silence, or somebody else had decided",
        numbering.sent, numbering.committed, numbering.cancelled
    );
    println!("  {:.3} committed a certificate, {:.3} sent a certificate", share(numbering.committed)?, share(numbering.sent)?);
    Ok(())
}

fn print_times(verdicts: &[Verdict<'_>]) {
    let mut times: Vec<f64> = verdicts.iter().map(|verdict| verdict.took.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0);
    println!("a decision took {:.2} s (median), {:.2} s (95 %), {:.2} s (longest)", at(50), at(95), at(100));
}
