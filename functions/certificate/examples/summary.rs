//! Writes a summary form, to look at the layout: `summary OUT.pdf [ROWS|long]`. The people are made up.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

#[path = "../tests/specimen/mod.rs"]
mod specimen;

use specimen::{LONG_BODY, LONG_CONTEST, contest, long_winners, summary, summary_of, winners};

#[expect(clippy::print_stdout, reason = "a tool at the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().map_or_else(|| PathBuf::from("summary.pdf"), PathBuf::from);
    let summary = match arguments.next().as_deref() {
        Some("long") => summary_of(&contest(LONG_CONTEST, LONG_BODY), &long_winners()),
        rows => summary(&winners(rows.map_or(Ok(3), str::parse)?)),
    };
    let started = Instant::now();
    let fonts = specimen::fonts()?;
    println!("fonts: {:?}", started.elapsed());
    let started = Instant::now();
    let bytes = certificate::summary_form(&fonts, &summary)?;
    println!("{} row(s): {:?}, {} bytes", summary.rows.len(), started.elapsed(), bytes.len());
    std::fs::write(out, bytes)?;
    Ok(())
}
