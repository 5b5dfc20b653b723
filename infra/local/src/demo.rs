//! `saizheng demo`: from a fresh clone to a table of winners, codes and PDFs, and on to the list that they are handed out with.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::local::Local;
use crate::stack::Stack;
use crate::{checkout, conclude, mistake, print, process, say, setup};

pub(crate) async fn run(local: &Local) -> Result<ExitCode> {
    let started = Instant::now();
    setup::tools().await?;
    let sample = checkout::root().join("tests/samples/hosted");
    let out = local.data.join("demo");
    say(&format!("办理样例申报 {}", sample.display()));
    // Nobody gets the same award twice: a second demo shows what the first one came to.
    let mut processed = process::resume(&sample, &out, local).await?;
    let concluded = processed.id.clone().filter(|_| processed.is_served());
    if let Some(id) = &concluded {
        conclude::conclude(&Stack::ensure(local).await?, id, &processed.out).await?;
        // With the certificates whose numbers came since.
        processed = process::resume(&sample, &out, local).await?;
    }
    let out = &processed.out;
    mistake::tell(&processed.findings);
    for line in &processed.lines {
        let code = [&line.code, &line.number].into_iter().find(|code| !code.is_empty()).map_or("（不赋码）", String::as_str);
        let pdf = if line.pdf.is_empty() { String::new() } else { out.join(&line.pdf).display().to_string() };
        print(&format!("{}\t{}\t{code}\t{}\t{}\t{pdf}", line.name, line.level, line.serial, line.status));
    }
    if concluded.is_some() {
        print(&format!("领取、发放清单\t{}", out.display()));
    }
    if let Ok(command) = std::env::current_exe() {
        say(&format!("所说的 saizheng 即 {}", command.display()));
    }
    say(&format!("共 {} 名选手，用时 {:.1} 秒。停止本机系统：saizheng down", processed.lines.len(), started.elapsed().as_secs_f64()));
    say(&format!("控制台：{}", Stack::ensure(local).await?.console()));
    Ok(if processed.is_served() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
