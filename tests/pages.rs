//! What the console's pages take, with many applications and with many rows: `cargo run --release --example pages [APPLICATIONS [ROWS]]`.
//!
//! On a new local stack: so many applications of the Center's jurisdiction, and one with so many rows that waits for its review. Each page is
//! asked for some times: what the function took, as it logs it (the emulator's own work beside it is not counted), what it asked of table
//! and bucket, and what goes over the line, compressed; then twice more through a proxy that counts read units, of which the second time
//! counts, as a container that has been at work reads. The results stand in `docs/FIGURES.md`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use workflow_tests::bill::requests_of;
use workflow_tests::browser::Browser;
use workflow_tests::case::Case;
use workflow_tests::copies::multiply;
use workflow_tests::folder::Folder;
use workflow_tests::proxy::{Proxy, Store};
use workflow_tests::saizheng::{Client, Stack, until};

/// Times each page is asked for.
const TIMES: usize = 40;

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<usize>());
    let (applications, rows) = (numbers.next().unwrap_or(Ok(10_000))?, numbers.next().unwrap_or(Ok(10_000))?);
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let folder = Folder::with_winners(rows)?;
    let case = Case::create(&client, &folder)?;
    multiply(&client, &case.id, |sk| sk == "APPLICATION", applications)?;
    folder.write()?;
    case.upload_all(&client, &folder)?;
    for _ in 0..5 {
        // Judging the largest roster takes longer than a minute beside other work.
        if case.until_status(&client, "submitted").is_ok() {
            break;
        }
    }
    println!("{applications} applications, one with {rows} rows; {TIMES} times each\n");
    println!("| page | median ms | p95 ms | requests | read units | KB |\n|---|---|---|---|---|---|");
    let mut office = Office {
        browser: Browser::logged_in(&stack, "省职鉴中心")?,
        proxy: Proxy::start(Store::Table, &stack.servers()?.dynamodb, 0)?,
        stack,
        client,
    };
    let of = |end: &str| format!("/console/applications/{}{end}", case.id);
    office.measure(&[
        ("工作台", "/console/".to_owned()),
        ("申报", "/console/applications?size=200".to_owned()),
        ("申报, filtered by what nothing fits", "/console/applications?contest=%E6%B2%A1%E6%9C%89".to_owned()),
        ("application, submitted", of("")),
        ("逐行, before the authorisation", of("/rows")),
        ("one row with its rules", of("/rows/2")),
        ("空白证书", "/console/sheets".to_owned()),
        ("设置", "/console/settings".to_owned()),
    ])?;
    case.authorise(&office.client)?;
    office.measure(&[("application, authorised", of("")), ("资格审核", of("/review")), ("逐行, authorised", of("/rows"))])
}

/// Somebody of the Center, and what stands between the console and its table at times.
struct Office {
    stack: Stack,
    client: Client,
    browser: Browser,
    proxy: Proxy,
}

impl Office {
    fn measure(&mut self, pages: &[(&str, String)]) -> Result<()> {
        self.console_asks(&self.stack.servers()?.dynamodb)?;
        let timed = pages.iter().map(|(_, path)| self.time(path)).collect::<Result<Vec<_>>>()?;
        self.console_asks(&self.proxy.url)?;
        for ((name, path), timed) in pages.iter().zip(timed) {
            self.browser.weigh(path)?;
            self.proxy.take_units();
            self.browser.weigh(path)?;
            let read: f64 = self.proxy.take_units().values().map(|units| units.read).sum();
            let Timed { median, p95, requests, bytes } = timed;
            println!("| {name} | {median} | {p95} | {requests} | {read} | {:.1} |", bytes as f64 / 1000.0);
        }
        Ok(())
    }

    fn console_asks(&self, table: &str) -> Result<()> {
        self.client.configure(&self.stack.output("ConsoleFunction")?, &[("AWS_ENDPOINT_URL_DYNAMODB", table)])
    }

    fn time(&mut self, path: &str) -> Result<Timed> {
        let Self { client, browser, .. } = self;
        let lines = || -> Result<Vec<String>> {
            Ok(client.log_of("Console", 0)?.into_iter().filter(|line| line.contains("duration_ms=")).collect())
        };
        let before = lines()?.len();
        let mut bytes = 0;
        for _ in 0..TIMES {
            let (status, length) = browser.weigh(path)?;
            ensure!(status == 200, "{path}: {status}");
            bytes = length;
        }
        let mut all = Vec::new();
        until("the pages are logged", || {
            all = lines()?.split_off(before);
            Ok(all.len() >= TIMES)
        })?;
        let mut times: Vec<u64> = all.iter().map(|line| took(line)).collect::<Result<_>>()?;
        times.sort_unstable();
        let requests: BTreeMap<String, u64> = requests_of(all.last().context("a line")?)?;
        let requests: Vec<String> = requests.iter().map(|(operation, count)| format!("{operation} {count}")).collect();
        Ok(Timed { median: times[times.len() / 2], p95: times[times.len() * 95 / 100], requests: requests.join(", "), bytes })
    }
}

struct Timed {
    median: u64,
    p95: u64,
    requests: String,
    bytes: usize,
}

fn took(line: &str) -> Result<u64> {
    let digits = line.split("duration_ms=").nth(1).context("duration")?;
    Ok(digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse()?)
}
