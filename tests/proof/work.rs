//! Applications as a patient client brings them through the API: it repeats what was not acknowledged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::values::vocabulary::Field;
use serde_json::{Value, json};
use workflow_tests::case::{BUCKET, Case, reconcile, settled};
use workflow_tests::folder::{CONTEST, Folder};
use workflow_tests::saizheng::{Client, Stack, kill_at_once};

use crate::table::Table;

/// How long a client repeats a step before it gives up.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3600);

/// The shortest and the longest pause before a client asks again: many of them wait at once, and each question takes of what they wait for.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(4));
/// Every so-manieth application has a row refused.
const REFUSED: usize = 7;
/// How often it is decided whether a function dies.
const TICK: Duration = Duration::from_millis(200);

/// An application to be handed in: winners that no other has, and a contest of its own.
pub(crate) struct Job {
    pub(crate) contest: String,
    pub(crate) folder: Folder,
}

impl Job {
    /// The `index`-th, of `winners` winners, in `jurisdiction`.
    pub(crate) fn new(index: usize, winners: usize, jurisdiction: &str) -> Result<Self> {
        let contest = format!("{CONTEST}{index:05}");
        let mut folder = Folder::with_people(index * winners, winners)?;
        folder.contest = folder.contest.replace(CONTEST, &contest);
        if jurisdiction != "00" {
            folder.of_city(jurisdiction);
        }
        for row in 0..winners {
            folder.set(row, Field::Contest, &contest);
        }
        folder.write()?;
        Ok(Self { contest, folder })
    }
}

/// The tokens that an application needs.
pub(crate) struct Accounts {
    pub(crate) unit: String,
    pub(crate) center: String,
}

impl Accounts {
    pub(crate) fn of(client: &Client, unit: &str, jurisdiction: &str) -> Result<Self> {
        Ok(Self { unit: client.token("unit", unit)?, center: client.token("center", jurisdiction)? })
    }

    pub(crate) fn case(&self, id: &str, forms: &Value) -> Case {
        Case { id: id.to_owned(), forms: forms.clone(), unit: self.unit.clone(), center: self.center.clone() }
    }
}

/// A client that repeats, and counts how often it has to.
pub(crate) struct Patient<'c> {
    pub(crate) client: &'c Client,
    pub(crate) repeated: &'c AtomicU64,
    /// Raised when somebody has given up: then everybody does.
    pub(crate) over: &'c AtomicBool,
}

impl Patient<'_> {
    /// Tries until there is an answer.
    pub(crate) fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        let start = Instant::now();
        let (mut last, mut pause) = (None, PAUSES.0);
        while start.elapsed() < TIMEOUT {
            ensure!(!self.over.load(Ordering::Relaxed), "{what}: somebody else gave up");
            match attempt() {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) => {
                    self.repeated.fetch_add(1, Ordering::Relaxed);
                    last = Some(error);
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSES.1);
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no answer"))).with_context(|| format!("gave up: {what}"))
    }

    /// From nothing to authorised.
    pub(crate) fn hand_in(&self, job: &Job, accounts: &Accounts) -> Result<Case> {
        let case = self.find_or_create(job, accounts)?;
        self.until("upload", || case.upload_all(self.client, &job.folder).map(Some))?;
        self.submitted_and_authorised(&case)?;
        Ok(case)
    }

    /// Creates it, once, however often the answer is lost.
    pub(crate) fn find_or_create(&self, job: &Job, accounts: &Accounts) -> Result<Case> {
        self.until("create", || self.create(job, accounts).map(Some))
    }

    /// Creates it; where that may have been done before without being heard of, it is looked for first.
    fn create(&self, job: &Job, accounts: &Accounts) -> Result<Case> {
        let path = format!("/v1/applications?contest={}", percent_encoded(&job.contest));
        let (status, own) = self.client.call(Some(&accounts.unit), "GET", &path, None)?;
        ensure!(status == 200, "list: {status} {own}");
        let known = own["applications"].as_array().context("a list")?.iter().find(|one| one["contest"] == job.contest.as_str());
        if let Some(id) = known.and_then(|one| one["id"].as_str()) {
            let found = accounts.case(id, &Value::Null);
            let (status, answer) = self.client.call(Some(&accounts.unit), "POST", &found.path("/uploads"), Some(&json!({})))?;
            ensure!(status == 200, "uploads: {status} {answer}");
            return Ok(accounts.case(id, &answer["uploads"]));
        }
        let contest: rules::intake::contest::Contest = toml::from_str(&job.folder.contest)?;
        let (status, created) = self.client.call(Some(&accounts.unit), "POST", "/v1/applications", Some(&json!({ "contest": contest })))?;
        ensure!(status == 201, "create: {status} {created}");
        Ok(accounts.case(created["id"].as_str().context("id")?, &created["uploads"]))
    }

    /// Waits until it is submitted and authorises it, unless that was done before without being heard of.
    pub(crate) fn submitted_and_authorised(&self, case: &Case) -> Result<()> {
        self.until("authorise", || {
            let status = case.show(self.client)?["status"].clone();
            if status == "submitted" {
                case.authorise(self.client)?;
                return Ok(Some(()));
            }
            Ok((status == "authorised" || status == "qualified").then_some(()))
        })
    }

    /// Approves it, but for the rows that are refused.
    pub(crate) fn qualify(&self, case: &Case, refused: &Value) -> Result<Value> {
        self.until("qualify", || {
            let (status, answer) = case.step(self.client, &case.center, "/qualify", json!({ "refused": refused }))?;
            ensure!(status == 200, "qualify: {status} {answer}");
            Ok(Some(answer))
        })
    }
}

/// How many allocations are not printed to the last certificate.
pub(crate) fn unprinted(client: &Client) -> Result<u64> {
    let pending = client.scan()?.into_iter().filter(|item| !item["pending"].is_null());
    let count = pending.filter(|item| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("ALLOCATION#"))).count();
    Ok(u64::try_from(count)?)
}

/// A text as part of a query.
fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Rows that are refused: in every run the same.
pub(crate) fn refused(index: usize) -> Value {
    if index % REFUSED == 3 { json!([{ "row": 2, "reason": "未进入决赛" }]) } else { json!([]) }
}

/// Runs reconciliation as its schedule does, only sooner: all that has not come to its end is looked at.
pub(crate) fn reconciled(stack: &Stack, client: &Client) -> bool {
    reconcile(stack, client).is_ok()
}

/// Reconciles again and again, as the schedule does, with a pause before each; how often.
pub(crate) fn reconcile_until(stack: &Stack, client: &Client, pause: Duration, done: &AtomicBool) -> Result<String> {
    let (mut good, mut failed) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(pause);
        if reconciled(stack, client) { good += 1 } else { failed += 1 }
    }
    Ok(format!("reconciled {good} times to the end, {failed} times not"))
}

/// Lets each running function die at a random moment, after `life` on the average; how many. Not one after the other at a fixed pace:
/// when few are left to run, none of them would come to its end.
pub(crate) fn kill_until(stack: &Stack, seed: u64, life: Duration, done: &AtomicBool) -> Result<String> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut killed = 0;
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(TICK);
        for pid in stack.functions()? {
            if dice.random::<f64>() < TICK.as_secs_f64() / life.as_secs_f64() {
                kill_at_once(pid)?;
                killed += 1;
            }
        }
    }
    Ok(format!("{killed} functions were killed"))
}

/// Reconciles until nothing is left to do.
pub(crate) fn settle(stack: &Stack, client: &Client) -> Result<Table> {
    let start = Instant::now();
    let mut left = unprinted(client)?;
    while left > 0 {
        ensure!(start.elapsed() < TIMEOUT, "{left} allocations are not printed");
        reconciled(stack, client);
        std::thread::sleep(Duration::from_secs(5));
        left = unprinted(client)?;
    }
    settled(stack, client)?;
    Ok(Table { items: client.scan()? })
}

/// Every allocated certificate is there, on paper too.
pub(crate) fn check_printed(client: &Client, table: &Table) -> Result<()> {
    let mut numbered = 0;
    for (id, allocation) in table.allocations() {
        let wanted: usize = allocation["numbered"]["N"].as_str().context("numbered")?.parse()?;
        let printed = client.list(BUCKET, &format!("certificates/{id}/"))?.len();
        ensure!(printed == wanted, "{id}: {printed} PDFs of {wanted} certificates");
        numbered += wanted;
    }
    ensure!(numbered == table.certificates(), "{numbered} numbered, {} certificates", table.certificates());
    Ok(())
}
