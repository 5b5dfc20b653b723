//! Slow proofs on a new local stack each. What they print is what they measured; they fail where an invariant does.
//!
//! `cargo run --release --example proof -- concurrency [reviewers] [applications]`
//! `cargo run --release --example proof -- faults [applications] [seed]`
//! `cargo run --release --example proof -- kills [rounds] [seed]`
//! `cargo run --release --example proof -- soak [minutes] [seed] [template]`, with the template's own time-outs of queues
//! `cargo run --release --example proof -- upgrade CHECKOUT`, another checkout of an older commit, built

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod concurrency;
mod faults;
mod journey;
mod kills;
mod soak;
mod table;
mod upgrade;
mod work;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::faults::Settings;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, usual: u64| match arguments.get(index) {
        Some(text) => text.parse::<u64>().with_context(|| format!("{text} is no number")),
        None => Ok(usual),
    };
    match arguments.first().map(String::as_str) {
        Some("concurrency") => concurrency::prove(usize::try_from(number(1, 64)?)?, usize::try_from(number(2, 200)?)?),
        Some("faults") => faults::prove(usize::try_from(number(1, 1000)?)?, number(2, 1)?),
        Some("kills") => kills::prove(usize::try_from(number(1, 200)?)?, number(2, 1)?),
        Some("soak") => soak::prove(number(1, 60)?, number(2, 1)?, settings(arguments.get(3).map(String::as_str))?),
        Some("upgrade") => upgrade::prove(Path::new(arguments.get(1).context("which checkout is the older one?")?)),
        _ => bail!(
            "proof concurrency [reviewers] [applications] | faults [applications] [seed] | kills [rounds] [seed] | soak [minutes] [seed] [template] | \
             upgrade CHECKOUT"
        ),
    }
}

fn settings(named: Option<&str>) -> Result<Settings> {
    match named {
        None => Ok(Settings::Long),
        Some("template") => Ok(Settings::Template),
        Some(other) => bail!("settings of queues: template, not {other}"),
    }
}
