//! The whole way of applications for a while, with stores that answer wrongly, functions that are killed, messages that come twice and late,
//! and clocks that differ: memory stays flat, every application comes to its end, and nothing is left in a queue.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use workflow_tests::carrier::Carrier;
use workflow_tests::case::reconcile;
use workflow_tests::proxy::{FUNCTIONS, Proxy};
use workflow_tests::saizheng::{Client, Stack};

use crate::faults::{BREAK, SKEW, Settings, prepared, report};
use crate::journey::{End, Journey};
use crate::table::Table;
use crate::work::{Patient, TIMEOUT, check_printed, kill_until, reconcile_until, settle};

/// Applications under way at once.
const HANDS: usize = 12;
/// The share of calls that are spoilt, and of messages that come twice, and late.
const SPOILT: f64 = 0.1;
const ODD_MESSAGES: f64 = 0.3;
/// How long a function lives on the average: long enough to show what it keeps.
const LIFE: Duration = Duration::from_secs(600);
/// When memory is looked at, in hundredths of the time.
const LOOKS: [u64; 3] = [10, 50, 100];
/// How much more memory a process may have at the end than at half of the time, when each function has been at work.
const GROWTH: f64 = 1.3;
/// Reconciliations after which whatever waits for people is off the list.
const RECONCILIATIONS: usize = 6;

/// MB of the largest process of a kind.
type Memory = BTreeMap<String, u64>;

pub(crate) fn prove(minutes: u64, seed: u64, settings: Settings) -> Result<()> {
    println!(
        "{minutes} minutes, {HANDS} applications at once, {:.0}% of calls spoilt, {:.0}% of messages twice, as many late; {settings:?}; seed {seed}",
        SPOILT * 100.0,
        ODD_MESSAGES * 100.0
    );
    let (stack, client, proxies) = prepared(seed, settings)?;
    stack.skew(&client, &FUNCTIONS, SKEW)?;
    let received = json!({ "kind": "skill_level", "ranges": [["JN00000001", "JN00999999"]] });
    let (status, answer) = client.call(Some(&client.token("center", "00")?), "POST", "/v1/sheets/receive", Some(&received))?;
    ensure!(status == 200, "receive: {status} {answer}");
    let carrier = Carrier::start(&stack, ODD_MESSAGES, seed)?;
    let soak = Soak {
        stack: &stack,
        client: &client,
        proxies: &proxies,
        until: Instant::now() + Duration::from_secs(minutes * 60),
        next: AtomicUsize::new(0),
        repeated: AtomicU64::new(0),
        over: AtomicBool::new(false),
        ends: Mutex::default(),
    };
    let looks = soak.run(Duration::from_secs(minutes * 60), seed, settings)?;
    report(&proxies, &carrier)?;
    println!("  a client repeated {} steps", soak.repeated.load(Ordering::Relaxed));
    check(&stack, &client, &soak.ends.into_inner().unwrap_or_else(PoisonError::into_inner))?;
    compare(&looks)
}

struct Soak<'s> {
    stack: &'s Stack,
    client: &'s Client,
    proxies: &'s [Proxy; 2],
    /// No application is begun after it.
    until: Instant,
    next: AtomicUsize,
    repeated: AtomicU64,
    /// Somebody has given up: then everybody does.
    over: AtomicBool,
    /// Applications that have come to their ends.
    ends: Mutex<BTreeMap<String, End>>,
}

impl Soak<'_> {
    /// Load until its time is over, and then until all that was begun has come to its end; what memory was seen.
    fn run(&self, time: Duration, seed: u64, settings: Settings) -> Result<Vec<Memory>> {
        self.proxies.iter().for_each(|proxy| proxy.spoil(SPOILT));
        let done = AtomicBool::new(false);
        let looks = std::thread::scope(|scope| {
            let janitor = (settings != Settings::Template).then(|| scope.spawn(|| reconcile_until(self.stack, self.client, BREAK, &done)));
            let killer = scope.spawn(|| kill_until(self.stack, seed, LIFE, &done));
            let looking = scope.spawn(|| self.look(time));
            let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(|| self.bring_in())).collect();
            let worked = hands.into_iter().map(|hand| hand.join().map_err(|_| anyhow::anyhow!("a hand panicked"))?);
            let worked = worked.collect::<Vec<Result<()>>>().into_iter().collect::<Result<()>>();
            done.store(true, Ordering::Relaxed);
            for helper in janitor.into_iter().chain([killer]) {
                println!("  {}", helper.join().map_err(|_| anyhow::anyhow!("a helper panicked"))??);
            }
            worked?;
            looking.join().map_err(|_| anyhow::anyhow!("nobody looked at memory"))?
        });
        self.proxies.iter().for_each(|proxy| proxy.spoil(0.0));
        looks
    }

    /// Takes one application after the other to its end.
    fn bring_in(&self) -> Result<()> {
        let patient = Patient { client: self.client, repeated: &self.repeated, over: &self.over };
        while Instant::now() < self.until && !self.over.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let ended = Journey::new(&patient, index).and_then(|mut journey| journey.go());
            if let Err(error) = &ended
                && !self.over.fetch_or(true, Ordering::Relaxed)
            {
                println!("  application {index}: {error:#}");
            }
            let (id, end) = ended?;
            self.ends.lock().unwrap_or_else(PoisonError::into_inner).insert(id, end);
        }
        Ok(())
    }

    fn look(&self, time: Duration) -> Result<Vec<Memory>> {
        let start = self.until.checked_sub(time).context("a time")?;
        let mut looks = Vec::new();
        for hundredths in LOOKS {
            let at = start + time * u32::try_from(hundredths)? / 100;
            while Instant::now() < at && !self.over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(200));
            }
            let memory = memory(self.stack)?;
            let ended = self.ends.lock().unwrap_or_else(PoisonError::into_inner).len();
            println!("  {hundredths}%, {:.0} s, {ended} applications at their ends, MB: {memory:?}", start.elapsed().as_secs_f64());
            looks.push(memory);
        }
        Ok(looks)
    }
}

/// Every application is where its journey ended, every code there once and on paper, nothing is stuck or waits.
fn check(stack: &Stack, client: &Client, ends: &BTreeMap<String, End>) -> Result<()> {
    let table: Table = settle(stack, client)?;
    let stages = table.stages();
    for (id, status) in table.statuses() {
        let (end, stage) = (ends.get(id), stages.get(id).copied().unwrap_or_default());
        let is_there = match end {
            Some(End::HandedOut) => status == "qualified" && stage == "handed_out",
            Some(End::Withdrawn) => status == "returned" && stage.is_empty(),
            // Created, but its client was not told: it asked again, and another was made.
            None => status == "draft",
        };
        ensure!(is_there, "{id} was to end as {end:?} and is {status} {stage}");
    }
    let prefixes = table.check_numbers()?;
    check_printed(client, &table)?;
    for _ in 0..RECONCILIATIONS {
        reconcile(stack, client)?;
    }
    let pending = client.scan()?.into_iter().filter(|item| !item["pending"].is_null()).count();
    ensure!(pending == 0, "{pending} items wait for something");
    let (status, blocked) = client.call(Some(&client.token("center", "00")?), "GET", "/v1/blocked", None)?;
    ensure!(status == 200 && blocked["blocked"] == json!([]), "{status} {blocked}");
    until_queues_are_empty(client)?;
    let audit = stack.run(&["audit"])?;
    ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
    let counted = |wanted| ends.values().filter(|end| **end == wanted).count();
    println!(
        "{} applications handed out, {} withdrawn; {} certificates of {prefixes} prefixes, every code once; nothing in a queue or blocked; the audit is clean",
        counted(End::HandedOut),
        counted(End::Withdrawn),
        table.certificates()
    );
    Ok(())
}

/// Dead letters never go by themselves; the rest does.
fn until_queues_are_empty(client: &Client) -> Result<()> {
    let start = Instant::now();
    loop {
        let mut queued = client.queued()?;
        queued.retain(|_, messages| *messages > 0);
        if queued.is_empty() {
            println!("  queues are empty {:.0} s after the last application's end", start.elapsed().as_secs_f64());
            return Ok(());
        }
        let dead = queued.keys().any(|name| name.contains("dead") || name.contains("Dead"));
        ensure!(!dead && start.elapsed() < TIMEOUT * 2, "left in queues: {queued:?}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// MB of the largest process of each function, of the stack's own process and of its emulator.
fn memory(stack: &Stack) -> Result<Memory> {
    let mut memory = Memory::new();
    for pid in stack.functions()? {
        let (Some(name), Some(resident)) = (handler(pid), resident(pid)) else { continue };
        let most = memory.entry(name).or_default();
        *most = resident.max(*most);
    }
    memory.insert(OWN.to_owned(), resident(stack.servers()?.pid).context("the stack's process")?);
    memory.insert(EMULATOR.to_owned(), resident(stack.emulator()?).context("the emulator")?);
    Ok(memory)
}

const OWN: &str = "stack";
/// It holds every object in memory.
const EMULATOR: &str = "emulator";

/// Which function a process is.
fn handler(pid: u32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let handler = variables.find_map(|variable| variable.strip_prefix(b"_HANDLER="))?;
    Some(String::from_utf8_lossy(handler).into_owned())
}

/// Resident memory in MB, if the process lives.
fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

fn compare(looks: &[Memory]) -> Result<()> {
    let [first, half, last] = looks else { bail!("{} looks at memory", looks.len()) };
    let mut grown = Vec::new();
    for (name, at_half) in half {
        let Some(at_end) = last.get(name) else { continue };
        let before = first.get(name).map_or("-".to_owned(), u64::to_string);
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let growth = *at_end as f64 / (*at_half).max(1) as f64;
        println!("{name}: {before} MB at {}%, {at_half} at {}%, {at_end} at the end: {growth:.2} times", LOOKS[0], LOOKS[1]);
        grown.extend((growth > GROWTH && name != EMULATOR).then_some(name));
    }
    ensure!(grown.is_empty(), "these grow: {grown:?}");
    Ok(())
}
