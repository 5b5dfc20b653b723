//! The slow proof: small files that cost much to look at (filters, references, entries of an archive, styles, comments, shared strings, sides
//! of pictures) are judged one after the other in one process under `ulimit -v`, without a panic, an abort, or more than 30 s of the processor for any.
//!
//! `cargo run --release --example bombs -- 100000 [SEED [FROM]]`
//!
//! `… -- write FILE ROWS` makes a roster of so many rows that are all wrong, `… -- one MATERIAL FILE` judges a file in a process of its own and says
//! what that took.
//!
//! Input N of a seed is always the same. One that does harm is named; the process goes on behind it.

#![expect(clippy::print_stdout, reason = "a proof prints what it found")]

mod made;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use made::Maker;
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
        ["write", file, rows] => {
            std::fs::write(file, made::roster(rows.parse()?)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        ["one", material, file] => return one(material, &std::fs::read(file)?).map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let number = |at: usize, otherwise: u64| words.get(at).map_or(Ok(otherwise), |word| word.parse());
    if words.first().is_some_and(|word| word == "--child") {
        return work(number(1, 1)?, number(2, 0)?, number(3, 0)?).map(|()| ExitCode::SUCCESS);
    }
    watch(number(0, 1000)?, number(1, 1)?, number(2, 0)?)
}

fn one(material: &str, bytes: &[u8]) -> Result<(), Failure> {
    let material = serde_json::from_value(serde_json::Value::String(material.to_owned()))?;
    let judge = judge()?;
    let (before, begun) = (status("VmHWM")?, processor()?);
    let findings = judge.findings(material, bytes)?.unwrap_or_default();
    println!("{} findings in {:?}; peak {} MiB, {before} KiB before it", findings.len(), processor()? - begun, status("VmHWM")? >> 10);
    Ok(())
}

fn judge() -> Result<Judge, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contest = toml::from_str(&std::fs::read_to_string(folder.join("tests/samples/hosted/contest.toml"))?)?;
    Ok(Judge::new(contest, certificate::Fonts::load(&folder.join("infra/fonts/layer/fonts"))?)?)
}

/// Starts the process that judges; one that died has met an input that does harm.
fn watch(count: u64, seed: u64, from: u64) -> Result<ExitCode, Failure> {
    let itself = std::env::current_exe()?;
    let child = |limit: &str, from: u64, to: u64| {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh", limit]).arg(&itself);
        command.args(["--child", &seed.to_string(), &from.to_string(), &to.to_string()]);
        command
    };
    let idle = child("unlimited", 0, 0).output()?;
    let idle: u64 = String::from_utf8(idle.stdout)?.trim().parse()?;
    println!("{} MiB before the first input, {} MiB for each", idle >> 10, MAX_KIB >> 10);
    let (mut next, mut harm) = (from, 0);
    while next < from + count {
        let status = child(&(idle + MAX_KIB).to_string(), next, from + count).status()?;
        if status.success() {
            break;
        }
        let at: u64 = std::fs::read_to_string(mark(seed))?.trim().parse()?;
        println!("seed {seed} input {at} did harm: {status}");
        harm += 1;
        next = at + 1;
    }
    println!("seed {seed}: {count} inputs from {from}, {harm} did harm");
    Ok(if harm == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The child writes down here which input it is at.
fn mark(seed: u64) -> PathBuf {
    std::env::temp_dir().join(format!("bombs-{seed}.at"))
}

fn work(seed: u64, from: u64, to: u64) -> Result<(), Failure> {
    let judge = judge()?;
    let maker = Maker::new(seed)?;
    if to <= from {
        println!("{}", status("VmSize")?);
        return Ok(());
    }
    let (start, mut slowest, mut found) = (Instant::now(), (Duration::ZERO, 0), BTreeMap::new());
    for at in from..to {
        std::fs::write(mark(seed), at.to_string())?;
        let (material, bytes) = maker.input(at);
        let begun = processor()?;
        let findings = judge.findings(material, &bytes)?.unwrap_or_default();
        let first = findings.first().map_or("none", |finding| finding.code.as_str());
        *found.entry(format!("{material:?} {first}")).or_insert(0_u64) += 1;
        let took = processor()? - begun;
        slowest = slowest.max((took, at));
        if took > MAX_TIME {
            return Err(format!("input {at} took {took:?}").into());
        }
    }
    println!("{} inputs in {:?}; slowest {} took {:?}", to - from, start.elapsed(), slowest.1, slowest.0);
    println!("peak {} MiB resident, {} MiB of addresses", status("VmHWM")? >> 10, status("VmPeak")? >> 10);
    for (what, count) in found {
        println!("{count:8} {what}");
    }
    Ok(())
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
