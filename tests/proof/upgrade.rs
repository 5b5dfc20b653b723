//! An older build's applications in flight, one at each stage, go on under this build: with functions of both side by side, each half of
//! them in turn, after a roll back to the old one, and with this one alone to the end. No release stands yet: the older build is another checkout.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case};
use workflow_tests::proxy::FUNCTIONS;
use workflow_tests::saizheng::{Client, NOW, Stack};

use crate::table::Table;
use crate::work::{Accounts, Job, check_printed, settle};

/// Winners of an application.
const WINNERS: usize = 2;
/// Where the packages of functions lie.
const PACKAGES: &str = "saizheng-code";

/// How far an application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Created,
    HalfUploaded,
    Submitted,
    Authorised,
    Qualified,
    OnSheets,
    Archived,
    Published,
    Collected,
    HandedOut,
}

impl Reached {
    const ALL: [Self; 10] = [
        Self::Created,
        Self::HalfUploaded,
        Self::Submitted,
        Self::Authorised,
        Self::Qualified,
        Self::OnSheets,
        Self::Archived,
        Self::Published,
        Self::Collected,
        Self::HandedOut,
    ];

    fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| *stage > self)
    }
}

/// An application on its way.
struct Flight {
    job: Job,
    case: Case,
    reached: Reached,
}

impl Flight {
    fn begin(client: &Client, index: usize) -> Result<Self> {
        let job = Job::new(index, WINNERS, "00")?;
        let accounts = Accounts::of(client, "unit-1", "00")?;
        let case = Case::create_as(client, &job.folder, accounts.unit)?;
        Ok(Self { job, case, reached: Reached::Created })
    }

    /// As far as `stage`, step by step.
    fn go_to(&mut self, client: &Client, stage: Reached) -> Result<()> {
        while let Some(next) = self.reached.next().filter(|next| *next <= stage) {
            self.take(client, next).with_context(|| format!("{:?} to {next:?}", self.reached))?;
            self.reached = next;
        }
        Ok(())
    }

    fn take(&mut self, client: &Client, next: Reached) -> Result<()> {
        let Self { job, case, .. } = self;
        match next {
            Reached::Created => Ok(()),
            Reached::HalfUploaded => {
                case.upload(client, &job.folder, "contest", "contest.pdf")?;
                case.upload(client, &job.folder, "commendation", "commendation.pdf")
            }
            Reached::Submitted => {
                let (status, answer) = client.call(Some(&case.unit), "POST", &case.path("/uploads"), Some(&json!({})))?;
                ensure!(status == 200, "uploads: {status} {answer}");
                case.forms = answer["uploads"].clone();
                case.upload(client, &job.folder, "summary", "summary.pdf")?;
                case.upload(client, &job.folder, "roster", "roster.xlsx")?;
                case.until_status(client, "submitted").map(|_| ())
            }
            Reached::Authorised => case.authorise(client),
            Reached::Qualified => case.qualify(client).map(|_| ()),
            Reached::OnSheets => {
                case.until_printed(client)?;
                case.print(client).map(|_| ())
            }
            Reached::Archived => case.archive(client).map(|_| ()),
            Reached::Published => case.publish(client),
            Reached::Collected => {
                let body = json!({ "certificate_type": "skill_level", "collector": "赵经办", "on": "2022-06-20" });
                done(client.call(Some(&case.center), "POST", &case.path("/collection"), Some(&body))?)
            }
            Reached::HandedOut => {
                let codes = case.certificates(client)?;
                let winner = |one: &Value| json!({ "code": one["code"], "on": "2022-06-20" });
                let winners: Vec<Value> = codes.iter().map(winner).collect();
                done(client.call(Some(&case.unit), "PUT", &case.path("/hand-outs"), Some(&json!({ "winners": winners })))?)
            }
        }
    }
}

fn done((status, answer): (u16, Value)) -> Result<()> {
    ensure!(status == 200, "{status} {answer}");
    Ok(())
}

/// The command of a build.
struct Build(PathBuf);

impl Build {
    fn of(checkout: &Path) -> Result<Self> {
        let command = checkout.join("target/release/saizheng");
        ensure!(command.exists(), "{} is not built: cargo build --release --workspace --bins", checkout.display());
        Ok(Self(command))
    }

    fn run(&self, what: &str, stack: &Stack) -> Result<()> {
        let Output { status, stderr, .. } =
            Command::new(&self.0).arg(what).arg("--data").arg(stack.data()).args(["--now", NOW]).output()?;
        ensure!(status.success(), "{self} {what}: {}", String::from_utf8_lossy(&stderr));
        Ok(())
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

pub(crate) fn prove(old: &Path) -> Result<()> {
    let old = Build::of(old)?;
    let stack = Stack::own()?;
    old.run("up", &stack)?;
    let client = Client::of(&stack)?;
    let received = json!({ "kind": "skill_level", "ranges": [["JN00000001", "JN00000999"]] });
    done(client.call(Some(&client.token("center", "00")?), "POST", "/v1/sheets/receive", Some(&received))?)?;
    let mut flights = Vec::new();
    for (index, stage) in Reached::ALL.into_iter().enumerate() {
        let mut flight = Flight::begin(&client, index)?;
        flight.go_to(&client, stage)?;
        flights.push(flight);
    }
    let olds = client.list(PACKAGES, "functions-")?;
    println!("{} applications of the older build, one at each stage", flights.len());
    old.run("down", &stack)?;

    for half in 0..2 {
        stack.up()?;
        let client = Client::of(&stack)?;
        let mixed = side_by_side(&stack, &client, &olds, half)?;
        on(&client, &mut flights, "with functions of both builds side by side")?;
        println!("  {mixed}");
        ensure!(stack.run(&["down"])?.status.success(), "down");
    }

    old.run("up", &stack)?;
    on(&Client::of(&stack)?, &mut flights, "rolled back to the older build")?;
    old.run("down", &stack)?;

    stack.up()?;
    let client = Client::of(&stack)?;
    log_in(&client, &mut flights)?;
    for flight in &mut flights {
        flight.go_to(&client, Reached::HandedOut)?;
    }
    let table: Table = settle(&stack, &client)?;
    let prefixes = table.check_numbers()?;
    check_printed(&client, &table)?;
    let audit = stack.run(&["audit"])?;
    ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
    println!(
        "{} applications handed out under this build, {} certificates of {prefixes} prefixes, every code once; {} objects in {BUCKET}; the audit is clean",
        flights.len(),
        table.certificates(),
        client.list(BUCKET, "")?.len()
    );
    Ok(())
}

/// Tokens of the stack as it runs now.
fn log_in(client: &Client, flights: &mut [Flight]) -> Result<()> {
    for Flight { case, .. } in flights {
        let accounts = Accounts::of(client, "unit-1", "00")?;
        (case.unit, case.center) = (accounts.unit, accounts.center);
    }
    Ok(())
}

/// Each application one stage on.
fn on(client: &Client, flights: &mut [Flight], how: &str) -> Result<()> {
    let before: Vec<Reached> = flights.iter().map(|flight| flight.reached).collect();
    log_in(client, flights)?;
    for flight in flights.iter_mut() {
        if let Some(next) = flight.reached.next() {
            flight.go_to(client, next).with_context(|| how.to_owned())?;
        }
    }
    println!(
        "{how}: {} of {} one stage on",
        flights.iter().zip(&before).filter(|(flight, before)| flight.reached != **before).count(),
        flights.len()
    );
    Ok(())
}

/// Gives every other function the older build's package, from the first or from the second on; which.
fn side_by_side(stack: &Stack, client: &Client, olds: &[String], half: usize) -> Result<String> {
    let [old] = olds else { anyhow::bail!("packages of the older build: {olds:?}") };
    let older: Vec<&str> = FUNCTIONS.into_iter().skip(half).step_by(2).collect();
    for function in &older {
        client.use_package(&stack.output(function)?, PACKAGES, old)?;
    }
    Ok(format!("of the older build: {}", older.join(", ")))
}
