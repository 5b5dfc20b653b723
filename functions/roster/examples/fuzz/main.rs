//! The slow proof: workbooks that were damaged in their container and in their parts are read, judged and reported on,
//! without a panic, an abort or more than 256 MiB.
//!
//! `cargo run --release -p roster --example fuzz -- --seed 1 --count 1000000 --minutes 60`
//!
//! Writing a report takes some times as long as reading: `--report-every 20` does it for every twentieth input only.
//!
//! The inputs are made and read in a child process, so that an abort is seen too; input N of a seed is always the same.
//! An input that does harm is written to `--keep DIR` (the directory for temporary files, if nothing is said).

#![expect(clippy::print_stdout, reason = "a proof prints what it found")]

#[path = "../../benches/made/mod.rs"]
mod made;
mod mutate;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use roster::Roster;
use rules::catalogue::Catalogues;
use rules::intake::check::RowChecker;
use rules::intake::contest::Contest;
use rules::notice::Notice;
use rules::values::finding::FindingCode;

/// Memory that no input may make the reader take.
const MAX_PEAK_KIB: u64 = 256 << 10;
/// Time that no input may take.
const MAX_TIME: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let plan = Plan::of(&std::env::args().collect::<Vec<_>>())?;
    if plan.child { plan.work().map(|()| ExitCode::SUCCESS) } else { plan.watch() }
}

/// What was asked for.
struct Plan {
    seed: u64,
    from: u64,
    count: u64,
    minutes: u64,
    report_every: u64,
    keep: PathBuf,
    child: bool,
}

impl Plan {
    fn of(words: &[String]) -> Result<Self, Failure> {
        let text = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
        let number = |name: &str, otherwise: u64| text(name).map_or(Ok(otherwise), |text| text.parse());
        Ok(Self {
            seed: number("--seed", 1)?,
            from: number("--from", 0)?,
            count: number("--count", 1_000_000)?,
            minutes: number("--minutes", 60)?,
            report_every: number("--report-every", 1)?.max(1),
            keep: text("--keep").map_or_else(std::env::temp_dir, PathBuf::from),
            child: words.iter().any(|word| word == "--child"),
        })
    }

    /// The child writes down here which input it is at.
    fn mark(&self) -> PathBuf {
        self.keep.join(format!("fuzz-{}.at", self.seed))
    }

    /// Starts children until every input was run; one that died has met an input that does harm.
    fn watch(mut self) -> Result<ExitCode, Failure> {
        let (end, mut harm) = (self.from + self.count, 0);
        while self.from < end {
            let status = Command::new(std::env::current_exe()?)
                .args(["--child", "--seed", &self.seed.to_string(), "--from", &self.from.to_string()])
                .args(["--count", &(end - self.from).to_string(), "--minutes", &self.minutes.to_string()])
                .args(["--report-every", &self.report_every.to_string()])
                .arg("--keep")
                .arg(&self.keep)
                .status()?;
            if status.success() {
                break;
            }
            let at: u64 = fs::read_to_string(self.mark())?.trim().parse()?;
            println!("seed {} input {at} ended the process: {status}", self.seed);
            fs::write(self.harmful(at), mutate::Corpus::new()?.input(self.seed, at))?;
            harm += 1;
            self.from = at + 1;
        }
        println!("seed {}: {harm} inputs ended the process", self.seed);
        Ok(if harm == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn harmful(&self, at: u64) -> PathBuf {
        self.keep.join(format!("fuzz-{}-{at}.xlsx", self.seed))
    }

    fn work(&self) -> Result<(), Failure> {
        let (corpus, reader) = (mutate::Corpus::new()?, Reader::new());
        let (start, before) = (Instant::now(), peak_kib()?);
        let (mut seen, mut run, mark) = (FuzzSummary::default(), 0, fs::File::create(self.mark())?);
        std::panic::set_hook(Box::new(|_| {}));
        for at in self.from..self.from + self.count {
            mark.write_all_at(format!("{at:20}").as_bytes(), 0)?;
            let bytes = corpus.input(self.seed, at);
            let begun = Instant::now();
            let harm = match catch_unwind(AssertUnwindSafe(|| reader.read(&bytes, at.is_multiple_of(self.report_every)))) {
                Ok(codes) => seen.add(codes, begun.elapsed(), at),
                Err(_) => Some("a panic"),
            };
            let harm = harm.or((peak_kib_every(at)? > MAX_PEAK_KIB).then_some("too much memory"));
            if let Some(harm) = harm {
                println!("seed {} input {at}: {harm}", self.seed);
                fs::write(self.harmful(at), &bytes)?;
                return Err(harm.into());
            }
            run += 1;
            if run % 100_000 == 0 {
                seen.print(self.seed, run, start.elapsed(), before)?;
            }
            if start.elapsed() > Duration::from_secs(self.minutes * 60) {
                break;
            }
        }
        seen.print(self.seed, run, start.elapsed(), before)
    }
}

/// What a whole run brought to light.
#[derive(Default)]
struct FuzzSummary {
    codes: BTreeMap<FindingCode, u64>,
    clean: u64,
    rows: u64,
    reports: u64,
    slowest: (Duration, u64),
}

impl FuzzSummary {
    fn add(&mut self, read: Read, time: Duration, at: u64) -> Option<&'static str> {
        self.clean += u64::from(read.codes.is_empty());
        self.rows += read.rows;
        self.reports += u64::from(read.reported);
        for code in read.codes {
            *self.codes.entry(code).or_default() += 1;
        }
        self.slowest = self.slowest.max((time, at));
        if time > MAX_TIME { Some("too slow") } else { read.harm }
    }

    fn print(&self, seed: u64, run: u64, time: Duration, before: u64) -> Result<(), Failure> {
        let speed = run as f64 / time.as_secs_f64();
        println!("seed {seed}: {run} inputs in {:.0} s, {speed:.0} a second", time.as_secs_f64());
        println!("  peak memory {} KiB, of which {before} before the first input", peak_kib()?);
        println!(
            "  {} rows read, {} reports written; slowest input {} took {:.1} ms",
            self.rows,
            self.reports,
            self.slowest.1,
            self.slowest.0.as_secs_f64() * 1e3
        );
        println!("  inputs without a finding: {}", self.clean);
        for (code, inputs) in &self.codes {
            println!("  inputs with {code}: {inputs}");
        }
        Ok(())
    }
}

/// What one input came to.
struct Read {
    rows: u64,
    codes: Vec<FindingCode>,
    harm: Option<&'static str>,
    reported: bool,
}

/// Reads as the validating function does.
struct Reader {
    notice: Notice,
    catalogues: Catalogues,
    contest: Contest,
}

impl Reader {
    fn new() -> Self {
        Self { notice: made::notice(), catalogues: made::catalogues(), contest: made::contest() }
    }

    fn read(&self, bytes: &[u8], and_report: bool) -> Read {
        let (mut rows, mut found, mut refused) = (0, Vec::new(), false);
        match Roster::open(bytes, &self.notice.roster, "roster.xlsx") {
            Ok(mut workbook) => {
                let sheet = workbook.sheet().to_owned();
                let mut checker = RowChecker::new(&self.notice, &self.catalogues, &self.contest, &sheet, &|_| true);
                let mut judged = Vec::new();
                found.extend(workbook.rows(|raw| {
                    rows += 1;
                    judged.extend(checker.check(raw).1);
                }));
                found.extend(judged);
            }
            Err(findings) => {
                refused = true;
                found.extend(findings);
            }
        }
        let report = and_report.then(|| roster::report(bytes, &self.notice, &found));
        let harm = match &report {
            _ if refused && found.is_empty() => Some("a refusal without a finding"),
            Some(Ok(report)) if !report.starts_with(b"PK") => Some("no report"),
            Some(Err(_)) => Some("a report that was not written"),
            _ => None,
        };
        let names = Roster::names(bytes, &self.notice.roster);
        let harm = harm.or((names.len() < rows).then_some("a row without a name"));
        let mut codes: Vec<FindingCode> = found.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        Read { rows: rows as u64, codes, harm, reported: report.is_some() }
    }
}

/// The most memory that this process held at any time.
fn peak_kib() -> Result<u64, Failure> {
    let status = fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// It only grows, so that every sixty-fourth look finds what any would.
fn peak_kib_every(at: u64) -> Result<u64, Failure> {
    if at.is_multiple_of(64) { peak_kib() } else { Ok(0) }
}
