//! Everything is killed at random moments while work goes on, and started again: nothing acknowledged is lost, nothing
//! numbered twice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use workflow_tests::saizheng::{Client, Stack};

use crate::table::{Table, number, text};
use crate::work::{Accounts, Job, Patient, check_printed, settle};

/// Clients, each with applications of its own, one after the other.
const CLIENTS: usize = 6;
/// Winners of an application.
const WINNERS: usize = 3;
/// When the kill comes, at the latest after the start.
const LATEST_MS: u64 = 2500;

/// How far an application has come, as far as its client was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Confirmed {
    Nothing,
    Created,
    Uploaded,
    Authorised,
    Qualified,
}

/// An application, and everything that its client was told of it.
struct TrackedJob {
    job: Job,
    told: Confirmed,
    id: String,
    /// What the approval answered.
    allocation: Value,
}

/// A client's applications; the last one may be unfinished.
struct Ledger {
    client: usize,
    known: Vec<TrackedJob>,
}

pub(crate) fn prove(rounds: usize, seed: u64) -> Result<()> {
    let mut dice = StdRng::seed_from_u64(seed);
    let stack = Stack::own()?;
    let mut ledgers: Vec<Ledger> = (0..CLIENTS).map(|client| Ledger { client, known: Vec::new() }).collect();
    let (start, mut starting) = (Instant::now(), Duration::ZERO);
    for round in 1..=rounds {
        let up = Instant::now();
        stack.up().with_context(|| format!("up before kill {round}"))?;
        starting += up.elapsed();
        let client = Client::of(&stack)?;
        check_told(&Table { items: client.scan()? }, &ledgers).with_context(|| format!("after kill {}", round - 1))?;
        work(&client, &mut ledgers, Until::Killed { stack: &stack, after: Duration::from_millis(dice.random_range(0..LATEST_MS)) })?;
        if round % 20 == 0 {
            println!("{round} kills after {:.0} s; {}", start.elapsed().as_secs_f64(), counts(&ledgers));
        }
    }
    println!(
        "{rounds} kills, seed {seed}, in {:.0} s, of which {:.0} s to start again",
        start.elapsed().as_secs_f64(),
        starting.as_secs_f64()
    );
    finish(&stack, &mut ledgers)
}

/// Brings everything to its end, undisturbed, and looks at what is there.
fn finish(stack: &Stack, ledgers: &mut [Ledger]) -> Result<()> {
    stack.up()?;
    let client = Client::of(stack)?;
    work(&client, ledgers, Until::Finished)?;
    let table = settle(stack, &client)?;
    check_told(&table, ledgers)?;
    let prefixes = table.check_numbers()?;
    check_printed(&client, &table)?;
    let applications: usize = ledgers.iter().map(|ledger| ledger.known.len()).sum();
    ensure!(table.allocations().len() == applications, "{} allocations for {applications} applications", table.allocations().len());
    println!("{}", counts(ledgers));
    println!(
        "{} certificates of {prefixes} prefixes: every code once, no gap, each prefix from 1; all acknowledged are there",
        table.certificates()
    );
    Ok(())
}

/// How long clients go on.
enum Until<'s> {
    /// Until everything is killed.
    Killed { stack: &'s Stack, after: Duration },
    /// Until what they have begun is finished.
    Finished,
}

fn work(client: &Client, ledgers: &mut [Ledger], until: Until<'_>) -> Result<()> {
    let (over, repeated) = (AtomicBool::new(false), AtomicU64::new(0));
    let patient = Patient { client, repeated: &repeated, over: &over };
    std::thread::scope(|scope| {
        let patient = &patient;
        let begin = matches!(until, Until::Killed { .. });
        let clients: Vec<_> = ledgers.iter_mut().map(|ledger| scope.spawn(move || ledger.go_on(patient, begin))).collect();
        if let Until::Killed { stack, after } = until {
            std::thread::sleep(after);
            stack.kill()?;
            over.store(true, Ordering::Relaxed);
        }
        for one in clients {
            let worked = one.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
            // Whatever was under way when everything was killed failed, of course; but nothing else may.
            if !over.load(Ordering::Relaxed) {
                worked?;
            }
        }
        Ok(())
    })
}

impl Ledger {
    /// Finishes what is unfinished; `begin`s further applications after it.
    fn go_on(&mut self, patient: &Patient<'_>, begin: bool) -> Result<()> {
        let accounts = Accounts::of(patient.client, &format!("unit-{}", self.client), "00")?;
        if let Some(last) = self.known.last_mut() {
            last.go_on(patient, &accounts)?;
        }
        while begin && !patient.over.load(Ordering::Relaxed) {
            let job = Job::new(self.client + CLIENTS * self.known.len(), WINNERS, "00")?;
            self.known.push(TrackedJob { job, told: Confirmed::Nothing, id: String::new(), allocation: Value::Null });
            if let Some(last) = self.known.last_mut() {
                last.go_on(patient, &accounts)?;
            }
        }
        Ok(())
    }
}

impl TrackedJob {
    /// The steps that it still lacks, as far as its client knows.
    fn go_on(&mut self, patient: &Patient<'_>, accounts: &Accounts) -> Result<()> {
        if self.told == Confirmed::Qualified {
            return Ok(());
        }
        let case = if self.told < Confirmed::Uploaded {
            patient.find_or_create(&self.job, accounts)?
        } else {
            accounts.case(&self.id, &Value::Null)
        };
        self.id.clone_from(&case.id);
        self.told = self.told.max(Confirmed::Created);
        if self.told < Confirmed::Uploaded {
            case.upload_all(patient.client, &self.job.folder)?;
            self.told = Confirmed::Uploaded;
        }
        if self.told < Confirmed::Authorised {
            patient.submitted_and_authorised(&case)?;
            self.told = Confirmed::Authorised;
        }
        self.allocation = patient.qualify(&case, &json!([]))?;
        self.told = Confirmed::Qualified;
        Ok(())
    }
}

/// What clients were told still holds.
fn check_told(table: &Table, ledgers: &[Ledger]) -> Result<()> {
    let (statuses, allocations) = (table.statuses(), table.allocations());
    for known in ledgers.iter().flat_map(|ledger| &ledger.known).filter(|known| known.told > Confirmed::Nothing) {
        let TrackedJob { id, told, .. } = known;
        let status = statuses.get(id.as_str()).with_context(|| format!("{id} is lost"))?;
        let holds = match told {
            Confirmed::Qualified => *status == "qualified",
            Confirmed::Authorised => matches!(*status, "authorised" | "qualified"),
            _ => true,
        };
        ensure!(holds, "{id} was {told:?} and is {status}");
        if *told == Confirmed::Qualified {
            let allocation = allocations.get(id.as_str()).with_context(|| format!("the allocation of {id} is lost"))?;
            check_ranges(allocation, &known.allocation).with_context(|| id.clone())?;
        }
    }
    Ok(())
}

/// The numbers in the table are those that the approval named.
fn check_ranges(item: &Value, told: &Value) -> Result<()> {
    let stored = item["ranges"]["L"].as_array().context("ranges")?;
    let told = told["ranges"].as_array().context("ranges")?;
    ensure!(!told.is_empty() && stored.len() == told.len(), "told {told:?}, stored {stored:?}");
    for (stored, told) in stored.iter().map(|range| &range["M"]).zip(told) {
        let same = told["prefix"] == text(stored, "prefix")
            && told["first"] == number(&stored["first"])?
            && told["count"] == number(&stored["count"])?;
        ensure!(same, "told {told}, stored {stored}");
    }
    Ok(())
}

fn counts(ledgers: &[Ledger]) -> String {
    let all = || ledgers.iter().flat_map(|ledger| &ledger.known);
    let at = |least: Confirmed| all().filter(|known| known.told >= least).count();
    format!(
        "acknowledged: {} created, {} with all materials, {} authorised, {} approved",
        at(Confirmed::Created),
        at(Confirmed::Uploaded),
        at(Confirmed::Authorised),
        at(Confirmed::Qualified)
    )
}
