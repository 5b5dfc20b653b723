//! Wall time from the first upload to the last PDF, and what it takes and costs per 1,000 certificates, on a new local
//! stack each; how many approvals one prefix takes at once.
//!
//! `cargo run --release --example figures [ROSTER…]`: rosters of 1, 10, 100, 1,000 and 10,000 winners, or those named.
//! `cargo run --release --example figures approvals [APPLICATIONS [WINNERS]]`: that many approvals at once.
//! `cargo run --release --example figures after [WINNERS]`: print run, archive, publication and hand-out list of one roster.
//! The results stand in `docs/FIGURES.md` and `docs/COSTS.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use workflow_tests::bill::{Line, PRICE_LIST, QUEUED, Tally};
use workflow_tests::case::{Case, office};
use workflow_tests::folder::Folder;
use workflow_tests::proxy::{Proxy, proxies};
use workflow_tests::saizheng::{Client, Stack};

/// How long one step of the largest roster may take.
const TIMEOUT: Duration = Duration::from_secs(600);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers =
        |from: usize| -> Result<Vec<usize>> { Ok(arguments.iter().skip(from).map(|number| number.parse()).collect::<Result<_, _>>()?) };
    match arguments.first().map(String::as_str) {
        Some("approvals") => {
            let numbers = numbers(1)?;
            approvals(numbers.first().copied().unwrap_or(32), numbers.get(1).copied().unwrap_or(10))
        }
        Some("after") => after(numbers(1)?.first().copied().unwrap_or(10_000)),
        None => rosters(&[1, 10, 100, 1000, 10_000]),
        Some(_) => rosters(&numbers(0)?),
    }
}

fn rosters(rosters: &[usize]) -> Result<()> {
    let runs: Vec<Run> = rosters.iter().map(|&winners| Run::measure(winners)).collect::<Result<_>>()?;
    print_table(&runs);
    Ok(())
}

/// One roster from the first upload to the last PDF.
struct Run {
    winners: usize,
    bill: Vec<Line>,
}

impl Run {
    fn measure(winners: usize) -> Result<Self> {
        let stack = Stack::own()?;
        stack.up()?;
        let client = Client::of(&stack)?;
        let folder = Folder::with_winners(winners)?;
        folder.write()?;
        let [table, _bucket] = proxies(&stack, &client, 0)?;
        let since = quiet(&client)?;
        table.take_units();
        let case = Case::create(&client, &folder)?;
        let watch = Watch { client: &client, table: stack.output("TableName")?, application: format!("APPLICATION#{}", case.id) };
        let start = Instant::now();
        case.upload_all(&client, &folder)?;
        until("submitted", || watch.is_submitted())?;
        let submitted = start.elapsed();
        let (_, authorised) = timed(|| case.authorise(&client))?;
        let (answer, qualified) = timed(|| case.qualify(&client))?;
        let numbered = answer["numbered"].as_u64().and_then(|numbered| usize::try_from(numbered).ok()).context("numbered")?;
        println!(
            "{winners} winners, {numbered} certificates: submitted after {} ms; authorise {} ms, qualify {} ms, a look at the application included",
            submitted.as_millis(),
            authorised.as_millis(),
            qualified.as_millis()
        );
        until("printed", || watch.is_printed())?;
        println!("  last PDF after {} ms", start.elapsed().as_millis());
        let tally = settled(&client, &table, since, numbered)?;
        watch.print_items()?;
        print_tally(&tally);
        print_listing(&client, &table, &case)?;
        Ok(Self { winners: numbered, bill: tally.bill(&cold_starts(&stack)?)? })
    }
}

/// Looks at the table itself: asking the API would add to what is counted.
struct Watch<'a> {
    client: &'a Client,
    table: String,
    application: String,
}

impl Watch<'_> {
    fn is_submitted(&self) -> Result<bool> {
        let key = json!({ "pk": { "S": self.application }, "sk": { "S": "APPLICATION" } });
        let found = self.client.table("GetItem", &json!({ "TableName": self.table, "Key": key }))?;
        Ok(found["Item"]["status"]["S"] == "submitted")
    }

    /// With the last chunk the allocation comes off the list of pending work.
    fn is_printed(&self) -> Result<bool> {
        let values = json!({ ":pk": { "S": self.application }, ":sk": { "S": "ALLOCATION#" } });
        let condition = "pk = :pk AND begins_with(sk, :sk)";
        let query = json!({ "TableName": self.table, "KeyConditionExpression": condition, "ExpressionAttributeValues": values });
        let found = self.client.table("Query", &query)?;
        let allocations = found["Items"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(!allocations.is_empty() && allocations.iter().all(|allocation| allocation["pending"].is_null()))
    }

    /// The table's items by kind, with their sizes by DynamoDB's rules: what the units told can be held against.
    fn print_items(&self) -> Result<()> {
        let mut kinds: BTreeMap<String, (usize, usize, usize, usize)> = BTreeMap::new();
        let mut request = json!({ "TableName": self.table });
        loop {
            let page = self.client.table("Scan", &request)?;
            for item in page["Items"].as_array().into_iter().flatten().filter_map(Value::as_object) {
                let kind = item["sk"]["S"].as_str().and_then(|sk| sk.split('#').next()).unwrap_or_default();
                let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
                let indexes = [
                    ["unit", "created_at"],
                    ["queue", "created_at"],
                    ["party", "created_at"],
                    ["turn", "entered_at"],
                    ["application", "row"],
                    ["pending", "since"],
                ];
                let indexed = indexes.iter().filter(|keys| keys.iter().all(|key| item.contains_key(*key))).count();
                let entry = kinds.entry(kind.to_owned()).or_default();
                *entry = (entry.0 + 1, entry.1 + bytes, entry.2.max(bytes), entry.3 + bytes.div_ceil(1024) * (1 + indexed));
            }
            if page["LastEvaluatedKey"].is_null() {
                break;
            }
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
        for (kind, (count, bytes, largest, units)) in kinds {
            println!("  item {kind}: {count}, {} B on average, {largest} B at most; put once, with indexes: {units} units", bytes / count);
        }
        Ok(())
    }
}

/// Bytes of an attribute's value (AWS: DynamoDB item sizes and formats).
fn size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|object| object.iter().next()) else { return 0 };
    match kind.as_str() {
        "S" => value.as_str().map_or(0, str::len),
        "N" => value.as_str().map_or(0, |digits| digits.trim_start_matches('-').len().div_ceil(2) + 1),
        "L" => 3 + value.as_array().map_or(0, |all| all.iter().map(|one| 1 + size(one)).sum()),
        "M" => 3 + value.as_object().map_or(0, |all| all.iter().map(|(name, one)| 1 + name.len() + size(one)).sum()),
        _ => 1,
    }
}

/// What was taken, once the last lines are logged: a moment after the work is done. The local stack may hand a line to
/// the function's next invocation; where there is none, the run is not counted.
fn settled(client: &Client, table: &Proxy, since: i64, certificates: usize) -> Result<Tally> {
    let wanted = [("Validate", 4), ("Register", 4), ("Review", 5), ("Issue", 1), ("Print", certificates.div_ceil(100))];
    let mut tally = Tally::default();
    for _ in 0..100 {
        tally = Tally::since(client, since)?;
        let logged = |function| tally.invocations.get(function).map_or(0.0, |invocations| invocations.count);
        if wanted.iter().all(|(function, count)| logged(function) >= *count as f64) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    for (function, count) in wanted {
        let logged = tally.invocations.get(function).map_or(0.0, |invocations| invocations.count);
        ensure!(logged >= count as f64, "{function} logged {logged} of {count} invocations: measure again");
    }
    // The four materials, with presigned forms.
    tally.also("PostObject", 4);
    tally.units = table.take_units();
    Ok(tally)
}

fn print_tally(tally: &Tally) {
    for (operation, count) in &tally.requests {
        let units = tally.units.get(operation).copied().unwrap_or_default();
        println!("  {operation}: {count}, {} units written, {} read", units.written, units.read);
    }
    for (function, invocations) in &tally.invocations {
        println!("  {function}: {} times, {} ms, {} ms at most", invocations.count, invocations.duration_ms, invocations.longest_ms);
    }
}

/// What reading the whole list of certificates takes.
fn print_listing(client: &Client, table: &Proxy, case: &Case) -> Result<()> {
    let since = from_now();
    case.certificates(client)?;
    let tally = Tally { units: table.take_units(), ..Tally::since(client, since)? };
    let calls = tally.invocations.get("Review").map_or(0.0, |review| review.count);
    println!("  the list of all certificates: {calls} calls, {} units read", tally.read_units());
    Ok(())
}

/// Environments that the local stack started, by function.
fn cold_starts(stack: &Stack) -> Result<BTreeMap<String, f64>> {
    let log = std::fs::read_to_string(stack.data().join("emulator.log"))?;
    let mut starts: BTreeMap<String, f64> = BTreeMap::new();
    for line in log.lines().filter(|line| line.ends_with("(cold start)")) {
        let name = line.split("saizheng-").nth(1).and_then(|rest| rest.split("Function-").next()).unwrap_or_default();
        if name != "Reconcile" {
            *starts.entry(name.to_owned()).or_default() += 1.0;
        }
    }
    Ok(starts)
}

/// A line for each thing that is paid for, a column for each roster: per 1,000 certificates.
fn print_table(runs: &[Run]) {
    println!("\nPer 1,000 certificates; prices of {PRICE_LIST}\n");
    let winners: Vec<String> = runs.iter().map(|run| format!("{} a roster", run.winners)).collect();
    println!("| | USD for one | {} |", winners.join(" | "));
    println!("|---|---|{}", "---|".repeat(runs.len()));
    let lines = runs.first().map(|run| run.bill.len()).unwrap_or_default();
    for index in 0..lines {
        let first = runs[0].bill[index];
        let cells: Vec<String> = runs.iter().map(|run| cell(run.bill[index], run.winners)).collect();
        println!("| {} | {} | {} |", first.what, first.price, cells.join(" | "));
    }
}

fn cell(line: Line, winners: usize) -> String {
    let thousandth = 1000.0 / winners as f64;
    let (amount, dollars) = (line.amount * thousandth, line.dollars() * thousandth);
    if line.price == 1.0 { format!("**USD {dollars:.5}**") } else { format!("{amount:.1} = {dollars:.5}") }
}

/// Approves `count` applications of `winners` each, which all take numbers of the same prefixes, all at once.
fn approvals(count: usize, winners: usize) -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    // The first round starts the environments.
    for round in ["cold", "warm"] {
        let cases: Vec<Case> = (0..count).map(|_| authorised(&client, winners)).collect::<Result<_>>()?;
        let since = from_now();
        let (_, took) = timed(|| all_at_once(&client, &cases))?;
        let tally = Tally::since(&client, since)?;
        let attempts = tally.requests.get("TransactWriteItems").copied().unwrap_or(0.0);
        let rate = count as f64 / took.as_secs_f64();
        println!(
            "{round}: {count} approvals of {winners} winners in {} ms: {rate:.1} approvals/s, {:.0} numbers/s; {attempts} transactions, {} failed",
            took.as_millis(),
            rate * winners as f64,
            tally.failed_writes
        );
    }
    Ok(())
}

fn authorised(client: &Client, winners: usize) -> Result<Case> {
    let folder = Folder::with_winners(winners)?;
    folder.write()?;
    Case::authorised(client, &folder)
}

fn all_at_once(client: &Client, cases: &[Case]) -> Result<()> {
    std::thread::scope(|scope| {
        let all: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.qualify(client))).collect();
        all.into_iter().try_for_each(|one| one.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?.map(|_| ()))
    })
}

/// What comes after the certificates' own PDFs, step by step; each step takes in the whole roster.
fn after(winners: usize) -> Result<()> {
    let (stack, client, _) = office(u32::try_from(winners)?)?;
    let case = drawn(&stack, &client, winners)?;
    let clerk = Clerk { client: &client, token: &case.center };
    clerk.post(&case.path("/print"), json!({ "reason": "照片由本机构粘贴" }))?;
    let merged = |shown: &Value| shown["decisions"][0]["runs"][0]["chunks"] == shown["decisions"][0]["runs"][0]["printed_chunks"];
    clerk.wait("merged PDFs and cover lists", &case.path(""), merged)?;
    clerk.post(&case.path("/archive"), json!({}))?;
    clerk.wait("sealed", &case.path("/archive"), |volumes| !volumes[0]["sealed"].is_null())?;
    let batch = clerk.post("/v1/publications", json!({ "kind": "new", "applications": [case.id] }))?;
    let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
    clerk.wait("workbook and 表5", &path, |batch| batch["workbook"].is_string())?;
    clerk.post(&format!("{path}/review"), json!({}))?;
    clerk.post(&format!("{path}/uploaded"), json!({}))?;
    clerk.post(&format!("{path}/confirm"), json!({ "list": case.result_list(&client)? }))?;
    clerk.post(&case.path("/collection"), json!({ "on": "2022-06-20", "collector": "赵经办" }))?;
    let all_drawn = |lots: &Value| lots[0]["collection"]["parts"] == lots[0]["collection"]["drawn_parts"];
    clerk.wait("hand-out lists", &case.path("/collection"), all_drawn)?;
    let (audit, took) = timed(|| stack.run(&["audit"]))?;
    ensure!(audit.status.success(), "audit: {}", String::from_utf8_lossy(&audit.stderr));
    println!("audit of the whole table: {} ms", took.as_millis());
    Ok(())
}

/// An application whose certificates all have their own PDFs. The usual steps wait a minute, which is too little for it.
fn drawn(stack: &Stack, client: &Client, winners: usize) -> Result<Case> {
    let folder = Folder::with_winners(winners)?;
    folder.write()?;
    let case = Case::create(client, &folder)?;
    let watch = Watch { client, table: stack.output("TableName")?, application: format!("APPLICATION#{}", case.id) };
    case.upload_all(client, &folder)?;
    until("submitted", || watch.is_submitted())?;
    case.authorise(client)?;
    case.qualify(client)?;
    until("printed", || watch.is_printed())?;
    Ok(case)
}

/// Who takes the steps, with a watch.
struct Clerk<'a> {
    client: &'a Client,
    token: &'a str,
}

impl Clerk<'_> {
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let (status, answer) = self.client.call(Some(self.token), method, path, body)?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        Ok(answer)
    }

    fn post(&self, path: &str, body: Value) -> Result<Value> {
        let (answer, took) = timed(|| self.call("POST", path, Some(&body)))?;
        println!("POST {path}: {} ms", took.as_millis());
        Ok(answer)
    }

    fn wait(&self, what: &str, path: &str, done: impl Fn(&Value) -> bool) -> Result<()> {
        let (_, took) = timed(|| until(what, || Ok(done(&self.call("GET", path, None)?))))?;
        println!("  {what}: {} ms more", took.as_millis());
        Ok(())
    }
}

/// Looks until `done`, every tenth of a second.
fn until(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < TIMEOUT {
        if done()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("not within {} s: {what}", TIMEOUT.as_secs());
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    Ok((work()?, start.elapsed()))
}

/// From when on to count: once S3's test events, one for each queue of a new stack, have been handled.
fn quiet(client: &Client) -> Result<i64> {
    until("the test events are handled", || Ok(Tally::since(client, 0)?.ended >= QUEUED.len() as f64))?;
    Ok(from_now())
}

/// The next millisecond, by the system's clock: the local stack stamps its log lines by it.
fn from_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the log's clock is the system's")]
    let now = jiff::Timestamp::now();
    std::thread::sleep(Duration::from_millis(5));
    now.as_millisecond() + 1
}
