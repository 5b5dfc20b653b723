//! The slow proof: small files that cost much to look at (filters, references, entries of an archive, styles, comments, shared strings, sides
//! of pictures) are judged one after the other in one process under `ulimit -v`, without a panic, an abort, or more than 30 s of the processor for any.
//!
//! `cargo run --release --example bombs -- 100000 [SEED [FROM]]`
//!
//! `… -- write FILE ROWS` makes a roster of so many rows that are all wrong, `… -- one MATERIAL FILE` judges a file in a process of its own and says
//! what that took.
//!
//! Input N of a seed is always the same. One that does harm is named; a new process goes on behind it. The inputs are made in
//! another process than that which judges them: what making them takes is not counted.

#![expect(clippy::print_stdout, reason = "a proof prints what it found")]

mod made;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use made::Maker;
use rules::values::vocabulary::Material;
use serde::{Deserialize, Serialize};
use validate::Judge;

/// What a material may take, above what the process has before the first one.
const MAX_KIB: u64 = 256 << 10;
/// Processor time that no input may take: other programs may be at work beside it.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Of `/proc/PID/stat`, on Linux.
const TICKS_PER_SECOND: u64 = 100;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", file, rows] => std::fs::write(file, made::roster(rows.parse()?)?)?,
        ["one", material, file] => one(serde_json::from_value((*material).into())?, Path::new(file))?,
        ["--judge"] => judge_all()?,
        _ => {
            let number = |at: usize, otherwise: u64| words.get(at).map_or(Ok(otherwise), |word| word.parse());
            return watch(number(0, 1000)?, number(1, 1)?, number(2, 0)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges a file as the function does: an archive of photos from the disk, everything else in memory.
fn one(material: Material, file: &Path) -> Result<(), Failure> {
    let judge = judge()?;
    let (before, begun) = (status("VmHWM")?, processor()?);
    let findings = match material {
        Material::Photos => judge.photos(File::open(file)?),
        _ => judge.findings(material, &std::fs::read(file)?)?,
    };
    println!(
        "{} findings in {:?}; peak {} MiB, {before} KiB before it",
        findings.unwrap_or_default().len(),
        processor()? - begun,
        status("VmHWM")? >> 10
    );
    Ok(())
}

fn judge() -> Result<Judge, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contest = toml::from_str(&std::fs::read_to_string(folder.join("tests/samples/hosted/contest.toml"))?)?;
    Ok(Judge::new(contest, certificate::Fonts::load(&folder.join("infra/fonts/layer/fonts"))?)?)
}

/// What the process that judges says of itself at its start (nothing judged yet), and of each input.
#[derive(Serialize, Deserialize)]
struct Report {
    /// The first finding.
    finding: Option<String>,
    processor: Duration,
    /// KiB of addresses that it has now.
    addresses: u64,
    /// The most KiB of addresses, and of memory, so far.
    peak: [u64; 2],
}

impl Report {
    fn new(finding: Option<String>, processor: Duration) -> Result<Self, Failure> {
        Ok(Self { finding, processor, addresses: status("VmSize")?, peak: [status("VmPeak")?, status("VmHWM")?] })
    }

    fn say(&self) -> Result<(), Failure> {
        println!("{}", serde_json::to_string(self)?);
        Ok(std::io::stdout().flush()?)
    }
}

/// Judges what comes in, each after a line with its kind and length, and reports on each.
fn judge_all() -> Result<(), Failure> {
    let judge = judge()?;
    Report::new(None, Duration::ZERO)?.say()?;
    let mut input = BufReader::new(std::io::stdin());
    let (mut head, mut bytes) = (String::new(), Vec::new());
    while input.read_line(&mut head)? > 0 {
        let (material, length): (Material, u64) = serde_json::from_str(&head)?;
        (&mut input).take(length).read_to_end(&mut bytes)?;
        let begun = processor()?;
        let findings = judge.findings(material, &bytes)?.unwrap_or_default();
        Report::new(findings.first().map(|finding| finding.code.as_str().to_owned()), processor()? - begun)?.say()?;
        head.clear();
        bytes = Vec::new();
    }
    Ok(())
}

/// The process that judges.
struct Judging {
    process: Child,
    input: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Judging {
    /// Starts it with so many KiB of addresses; what it says at its start.
    fn start(limit: &str) -> Result<(Self, Report), Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v \"$1\"; exec \"$2\" --judge", "sh", limit]).arg(std::env::current_exe()?);
        // Each thread's own arena would reserve 64 MiB of addresses that nothing stands in.
        command.env("MALLOC_ARENA_MAX", "1");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let reports = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut judging = Self { process, input, reports };
        let report = judging.report()?.ok_or("it did not start")?;
        Ok((judging, report))
    }

    /// Nothing, where it has ended.
    fn report(&mut self) -> Result<Option<Report>, Failure> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        Ok(if line.is_empty() { None } else { Some(serde_json::from_str(&line)?) })
    }

    /// Nothing, where it does not survive it.
    fn judge(&mut self, material: Material, bytes: &[u8]) -> Result<Option<Report>, Failure> {
        let head = serde_json::to_string(&(material, bytes.len()))?;
        // Where it has ended already, there is no report either.
        let _ = writeln!(self.input, "{head}").and_then(|()| self.input.write_all(bytes));
        self.report()
    }
}

fn watch(count: u64, seed: u64, from: u64) -> Result<ExitCode, Failure> {
    let idle = Judging::start("unlimited")?.1.addresses;
    println!("{} MiB before the first input, {} MiB for each", idle >> 10, MAX_KIB >> 10);
    let limit = (idle + MAX_KIB).to_string();
    let maker = Maker::new(seed)?;
    let (mut judging, _) = Judging::start(&limit)?;
    let (start, mut harm, mut slowest, mut peak) = (Instant::now(), 0, (Duration::ZERO, 0), [0; 2]);
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for at in from..from + count {
        let (material, bytes) = maker.input(at);
        let Some(report) = judging.judge(material, &bytes)? else {
            println!("seed {seed} input {at} did harm: {}", judging.process.wait()?);
            harm += 1;
            judging = Judging::start(&limit)?.0;
            continue;
        };
        if report.processor > MAX_TIME {
            println!("seed {seed} input {at} did harm: it took {:?}", report.processor);
            harm += 1;
        }
        slowest = slowest.max((report.processor, at));
        peak = [peak[0].max(report.peak[0]), peak[1].max(report.peak[1])];
        *found.entry(format!("{material:?} {}", report.finding.as_deref().unwrap_or("none"))).or_default() += 1;
    }
    println!("{count} inputs in {:?}; slowest {} took {:?}", start.elapsed(), slowest.1, slowest.0);
    println!("peak {} MiB resident, {} MiB of addresses", peak[1] >> 10, peak[0] >> 10);
    for (what, count) in found {
        println!("{count:8} {what}");
    }
    println!("seed {seed}: {count} inputs from {from}, {harm} did harm");
    Ok(if harm == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Processor time of the process so far.
fn processor() -> Result<Duration, Failure> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything: user and system time are the 14th and 15th of all.
    let after = text.rsplit_once(')').ok_or("no name")?.1;
    let ticks: Result<Vec<u64>, _> = after.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(Duration::from_millis(ticks?.into_iter().sum::<u64>() * 1000 / TICKS_PER_SECOND))
}

/// A figure of the process, in KiB.
fn status(name: &str) -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).ok_or("no such figure")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
