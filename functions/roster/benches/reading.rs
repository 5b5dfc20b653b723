//! What validating a roster costs, against what calamine alone needs to show its cells.
//!
//! `cargo bench --config infra/lambda.toml -p roster --bench reading` alternates the two in one process and prints medians and ratios;
//! `… -- --rounds N --rows N` chooses. `peers.py` uses the other commands: `write FILE ROWS` makes the workbook,
//! `once ours|guard|calamine FILE` measures a single reading in a process of its own and prints one JSON line.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod made;

use std::io::Cursor;
use std::time::{Duration, Instant};

use calamine::{Reader, Xlsx};
use roster::Roster;
use rules::catalogue::Catalogues;
use rules::intake::check::RowChecker;
use rules::intake::contest::Contest;
use rules::notice::Notice;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", file, rows, ..] => Ok(std::fs::write(file, made::roster(&made::notice(), rows.parse()?)?)?),
        ["once", what, file, ..] => once(what, &std::fs::read(file)?),
        options => compare(option(options, "--rounds", 31)?, option(options, "--rows", 10_000)?),
    }
}

fn option(words: &[&str], name: &str, otherwise: u32) -> Result<u32, Failure> {
    match words.iter().position(|word| *word == name) {
        Some(at) => Ok(words.get(at + 1).ok_or("a number is missing")?.parse()?),
        None => Ok(otherwise),
    }
}

/// Alternates, so that both see the same machine; the first round warms up and is not counted.
fn compare(rounds: u32, rows: u32) -> Result<(), Failure> {
    let (notice, catalogues, contest) = (made::notice(), made::catalogues(), made::contest());
    let bytes = made::roster(&notice, rows)?;
    let (mut bare, mut rows_only, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let times = [
            timed(|| calamine_alone(&bytes))?,
            timed(|| unjudged(&notice, &bytes))?,
            timed(|| judged(&notice, &catalogues, &contest, &bytes))?,
        ];
        if round > 0 {
            bare.push(times[0]);
            rows_only.push(times[1]);
            ours.push(times[2]);
        }
    }
    let base = median(&mut bare);
    println!("{rows} rows × {} columns, {} bytes, {rounds} rounds", notice.roster.columns.len(), bytes.len());
    for (what, times) in [("calamine alone", &mut bare), ("guard and rows", &mut rows_only), ("validated", &mut ours)] {
        let (middle, least) = (median(times), times.first().copied().unwrap_or_default());
        let ratio = middle.as_secs_f64() / base.as_secs_f64();
        println!("{what:15} median {:7.2} ms  least {:7.2} ms  ratio {ratio:.3}", milliseconds(middle), milliseconds(least));
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<u64, Failure>) -> Result<Duration, Failure> {
    let start = Instant::now();
    std::hint::black_box(work()?);
    Ok(start.elapsed())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn once(what: &str, bytes: &[u8]) -> Result<(), Failure> {
    let (notice, catalogues, contest) = (made::notice(), made::catalogues(), made::contest());
    let time = timed(|| match what {
        "calamine" => calamine_alone(bytes),
        "rows" => unjudged(&notice, bytes),
        "ours" => judged(&notice, &catalogues, &contest, bytes),
        _ => Err("once ours|rows|calamine FILE".into()),
    })?;
    println!("{{\"ms\": {:.3}, \"peak_kib\": {}}}", milliseconds(time), peak_kib()?);
    Ok(())
}

/// The most memory that this process held at any time.
fn peak_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Every cell of the first sheet, looked at and dropped.
fn calamine_alone(bytes: &[u8]) -> Result<u64, Failure> {
    let mut book = Xlsx::new(Cursor::new(bytes))?;
    let sheet = book.sheet_names().first().cloned().ok_or("no sheet")?;
    let mut reader = book.worksheet_cells_reader(&sheet)?;
    let mut cells = 0;
    while let Some(cell) = reader.next_cell()? {
        cells += 1;
        std::hint::black_box(cell.get_value());
    }
    Ok(cells)
}

/// The guard and the rows, without judging them.
fn unjudged(notice: &Notice, bytes: &[u8]) -> Result<u64, Failure> {
    let mut workbook = Roster::open(bytes, &notice.roster, "roster.xlsx").map_err(|found| format!("{found:?}"))?;
    let mut rows = 0;
    let found = workbook.rows(|row| rows += u64::from(row.row > 1));
    if found.is_empty() { Ok(rows) } else { Err(format!("{found:?}").into()) }
}

/// What happens to a roster that was handed in: guard, rows, judgement, entries as JSON lines.
fn judged(notice: &Notice, catalogues: &Catalogues, contest: &Contest, bytes: &[u8]) -> Result<u64, Failure> {
    let mut workbook = Roster::open(bytes, &notice.roster, "roster.xlsx").map_err(|found| format!("{found:?}"))?;
    let sheet = workbook.sheet().to_owned();
    let mut checker = RowChecker::new(notice, catalogues, contest, &sheet, &|_| true);
    let (mut lines, mut found, mut failed) = (Vec::new(), Vec::new(), None);
    let whole_sheet = workbook.rows(|raw| {
        let (entry, findings) = checker.check(raw);
        found.extend(findings);
        if let Some(entry) = entry {
            failed = serde_json::to_writer(&mut lines, &entry).err();
            lines.push(b'\n');
        }
    });
    match (failed, whole_sheet.first().or(found.first())) {
        (Some(error), _) => Err(error.into()),
        (None, Some(finding)) => Err(format!("a sound roster has a finding: {finding}").into()),
        (None, None) => Ok(lines.len() as u64),
    }
}
