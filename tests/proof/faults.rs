//! The same applications on a quiet stack, and on one whose stores answer wrongly and whose functions are killed: the
//! same table.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use workflow_tests::carrier::Carrier;
use workflow_tests::proxy::{FUNCTIONS, Numbering, Proxy, proxies};
use workflow_tests::saizheng::{Client, Stack};

use crate::table::Table;
use crate::work::{Accounts, Job, Patient, TIMEOUT, check_printed, kill_until, reconcile_until, refused, settle, unprinted};

/// The share of calls that are spoilt.
const SHARE: f64 = 0.3;
/// Winners of an application.
const WINNERS: usize = 2;
/// Hands that bring applications in and approve them.
const HANDS: usize = 256;
/// How long a function lives on the average.
const LIFE: Duration = Duration::from_secs(60);
/// By how many seconds a function's clock is behind the stack's, or ahead of it.
pub(crate) const SKEW: i64 = 30;
/// Between two reconciliations: with so many hands an event's message comes again first; and too many would fill the queues with
/// repetitions.
pub(crate) const BREAK: Duration = Duration::from_secs(60);
/// How often work is set going again: as often as it takes.
const ATTEMPTS: &str = "1000000";
/// Jurisdictions, each with prefixes of its own: within one, applications are approved in their order.
const JURISDICTIONS: [&str; 21] =
    ["00", "03", "04", "05", "06", "07", "08", "09", "10", "11", "13", "14", "15", "16", "17", "18", "19", "20", "32", "33", "34"];

/// What a run left behind.
struct Run {
    content: Vec<String>,
    /// Created, but nobody was told of them.
    unheard: usize,
}

pub(crate) fn prove(applications: usize, seed: u64) -> Result<()> {
    println!("{applications} applications of {WINNERS} winners, seed {seed}");
    let quiet = run(applications, None)?;
    let faulty = run(applications, Some(seed))?;
    compare(&quiet.content, &faulty.content)?;
    println!("both tables hold the same {} items; applications that nobody was told of: {}", quiet.content.len(), faulty.unheard);
    Ok(())
}

/// How queues and reconciliation are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settings {
    /// For handlings most of which fail, and wait for late answers.
    Faulty,
    /// For handlings few of which fail, beside much other work.
    Long,
    /// As the template says.
    Template,
}

impl Settings {
    /// Seconds until a message that was not handled comes again, and how many a function handles at once. The template's six timeouts are
    /// for functions that take that long; here none takes more than some seconds. Its five at once would spend most of their time waiting.
    fn of_queues(self) -> Option<(u32, u32)> {
        match self {
            Self::Faulty => Some((20, 40)),
            Self::Long => Some((90, 10)),
            Self::Template => None,
        }
    }
}

/// A stack whose stores can be spoilt. Unless it is set as the template says, work is set going as often as it takes.
pub(crate) fn prepared(seed: u64, settings: Settings) -> Result<(Stack, Client, [Proxy; 2])> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let proxies = proxies(&stack, &client, seed)?;
    if let Some((visibility, at_once)) = settings.of_queues() {
        client.hand_out_again_after(visibility)?;
        client.handle_at_once(at_once)?;
        client.configure(&stack.output("ReconcileFunction")?, &[("ATTEMPTS", ATTEMPTS)])?;
    }
    Ok((stack, client, proxies))
}

fn run(applications: usize, seed: Option<u64>) -> Result<Run> {
    let (stack, client, proxies) = prepared(seed.unwrap_or(0), Settings::Faulty)?;
    let share = if seed.is_some() { SHARE } else { 0.0 };
    let carrier = Carrier::start(&stack, share, seed.unwrap_or(0))?;
    if seed.is_some() {
        stack.skew(&client, &FUNCTIONS, SKEW)?;
    }
    let start = Instant::now();
    proxies.iter().for_each(|proxy| proxy.spoil(share));
    let work = Work::new(&stack, &client, applications, seed);
    let acknowledged = work.process()?;
    proxies.iter().for_each(|proxy| proxy.spoil(0.0));
    let table = settle(&stack, &client)?;
    println!("{}: {:.0} s", if seed.is_some() { "with faults" } else { "quiet" }, start.elapsed().as_secs_f64());
    println!("  a client repeated {} steps", work.repeated.load(Ordering::Relaxed));
    report(&proxies, &carrier)?;
    check(&client, &table, &acknowledged, applications)?;
    let audit = stack.run(&["audit"])?;
    ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
    let (content, unheard) = table.content(&acknowledged)?;
    Ok(Run { content, unheard })
}

fn check(client: &Client, table: &Table, acknowledged: &BTreeSet<String>, applications: usize) -> Result<()> {
    ensure!(acknowledged.len() == applications, "{} applications were acknowledged", acknowledged.len());
    let statuses = table.statuses();
    let qualified = acknowledged.iter().filter(|id| statuses.get(id.as_str()) == Some(&"qualified")).count();
    ensure!(qualified == applications, "{qualified} of {applications} applications are qualified");
    let prefixes = table.check_numbers()?;
    check_printed(client, table)?;
    println!("  {} certificates of {prefixes} prefixes: every code once, no gap, each prefix from 1", table.certificates());
    Ok(())
}

/// What was done to calls and messages.
pub(crate) fn report([table, bucket]: &[Proxy; 2], carrier: &Carrier) -> Result<()> {
    for (name, proxy) in [("table", table), ("bucket", bucket)] {
        let seen = proxy.seen();
        let (calls, faults): (u64, u64) = (seen.calls.values().sum(), seen.faults.values().sum());
        println!("  {name}: {calls} calls, {faults} spoilt {:?}", seen.faults);
    }
    let [events, twice, late] =
        [&carrier.carried.events, &carrier.carried.twice, &carrier.carried.late].map(|count| count.load(Ordering::Relaxed));
    println!("  {events} events of the bucket, {twice} of them sent twice; {late} messages held back for up to 20 s");
    let Numbering { sent, committed, cancelled, answers_lost } = table.seen().numbering;
    println!(
        "  numbering transactions: {sent} reached the table, {committed} succeeded (repetitions included), {cancelled} were cancelled;"
    );
    println!("  {answers_lost} succeeded without anybody hearing of it");
    Ok(())
}

fn compare(quiet: &[String], faulty: &[String]) -> Result<()> {
    let missing: Vec<&String> = without(quiet, faulty);
    let surplus: Vec<&String> = without(faulty, quiet);
    if missing.is_empty() && surplus.is_empty() {
        return Ok(());
    }
    for (what, lines) in [("missing", &missing), ("surplus", &surplus)] {
        lines.iter().take(5).for_each(|line| println!("{what}: {line}"));
    }
    bail!("the tables differ: {} items are missing, {} are surplus", missing.len(), surplus.len())
}

/// The lines of `all` that `others` has not, each as often as it is missing; both are sorted.
fn without<'l>(all: &'l [String], others: &[String]) -> Vec<&'l String> {
    let mut others = others.iter().peekable();
    let mut left = Vec::new();
    for line in all {
        while others.next_if(|other| *other < line).is_some() {}
        if others.next_if_eq(&line).is_none() {
            left.push(line);
        }
    }
    left
}

/// Applications brought in by many hands at once.
struct Work<'s> {
    stack: &'s Stack,
    client: &'s Client,
    applications: usize,
    /// Of the kills; none in a quiet run.
    seed: Option<u64>,
    repeated: AtomicU64,
    over: AtomicBool,
}

impl<'s> Work<'s> {
    fn new(stack: &'s Stack, client: &'s Client, applications: usize, seed: Option<u64>) -> Self {
        Self { stack, client, applications, seed, repeated: AtomicU64::new(0), over: AtomicBool::new(false) }
    }

    /// Every application from nothing to the last certificate; their ids.
    fn process(&self) -> Result<BTreeSet<String>> {
        let (next, ids, done) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()), &AtomicBool::new(false));
        let turns: Vec<Turn> = JURISDICTIONS.iter().map(|_| Turn::default()).collect();
        std::thread::scope(|scope| {
            let hand = || -> Result<()> {
                let handed = self.bring_in(&next, &turns, &ids);
                self.over.fetch_or(handed.is_err(), Ordering::Relaxed);
                handed
            };
            let janitor = scope.spawn(|| reconcile_until(self.stack, self.client, BREAK, done));
            let killer = self.seed.map(|seed| scope.spawn(move || kill_until(self.stack, seed, LIFE, done)));
            let hands: Vec<_> = (0..HANDS.min(self.applications)).map(|_| scope.spawn(hand)).collect();
            let handed = hands.into_iter().map(|hand| hand.join().map_err(|_| anyhow::anyhow!("a hand panicked"))?);
            // The first to give up says why.
            let handed = handed.collect::<Vec<Result<()>>>().into_iter().collect::<Result<()>>().and_then(|()| self.until_printed());
            done.store(true, Ordering::Relaxed);
            for helper in [janitor].into_iter().chain(killer) {
                let count = helper.join().map_err(|_| anyhow::anyhow!("a helper panicked"))??;
                println!("  {count}");
            }
            handed
        })?;
        Ok(ids.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes one application after the other.
    fn bring_in(&self, next: &AtomicUsize, turns: &[Turn], ids: &Mutex<BTreeSet<String>>) -> Result<()> {
        let patient = Patient { client: self.client, repeated: &self.repeated, over: &self.over };
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.applications {
                return Ok(());
            }
            let lane = index % JURISDICTIONS.len();
            let accounts = Accounts::of(self.client, &format!("unit-{}", index % HANDS), JURISDICTIONS[lane])?;
            let case = patient.hand_in(&Job::new(index, WINNERS, JURISDICTIONS[lane])?, &accounts)?;
            turns[lane].wait(index / JURISDICTIONS.len(), &self.over)?;
            patient.qualify(&case, &refused(index))?;
            turns[lane].pass_on();
            ids.lock().unwrap_or_else(PoisonError::into_inner).insert(case.id);
        }
    }

    fn until_printed(&self) -> Result<()> {
        let start = Instant::now();
        while unprinted(self.client)? > 0 {
            ensure!(start.elapsed() < TIMEOUT, "{} allocations are not printed", unprinted(self.client)?);
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    }
}

/// Lets applications through in their order.
#[derive(Default)]
struct Turn {
    next: Mutex<usize>,
    moved: Condvar,
}

impl Turn {
    fn wait(&self, own: usize, over: &AtomicBool) -> Result<()> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        while *next != own {
            ensure!(!over.load(Ordering::Relaxed), "somebody else gave up");
            next = self.moved.wait_timeout(next, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    fn pass_on(&self) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.moved.notify_all();
    }
}
