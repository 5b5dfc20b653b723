//! `saizheng statistics`: orders a year, waits for it and fetches it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use operations::statistics::{CountedStatistics, ShownStatistics};

use crate::api::{Api, Refused};
use crate::mistake::tell_refused;
use crate::progress::Progress;
use crate::results::Staged;
use crate::say;
use crate::steps::POLL_INTERVAL;

/// How long the counting may take before the system counts as failed.
const TIMEOUT: Duration = Duration::from_secs(900);

pub(crate) async fn command(api: &Api, year: i16, out: &Path) -> Result<ExitCode> {
    let counted = match ordered(api, year).await? {
        Ok(counted) => counted,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let staged = Staged::of(out)?;
    for (end, link) in [("json", &counted.json), ("xlsx", &counted.workbook), ("html", &counted.page)] {
        staged.write(format!("{year}年发证统计.{end}"), &api.download(link).await?)?;
    }
    staged.publish()?;
    say(&format!("{year}年统计已写入 {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

async fn ordered(api: &Api, year: i16) -> Result<std::result::Result<CountedStatistics, Refused>> {
    let order = match api.order_statistics(year).await? {
        Ok(shown) => shown.order,
        Err(refused) => return Ok(Err(refused)),
    };
    let _progress = Progress::start("统计");
    let mut waited = Duration::ZERO;
    while waited < TIMEOUT {
        match api.statistics(year).await? {
            Ok(ShownStatistics { counted: Some(counted), .. }) if counted.order >= order => return Ok(Ok(counted)),
            Ok(_) => {}
            Err(refused) => return Ok(Err(refused)),
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
    bail!("{year}年的统计 {} 秒仍未完成", TIMEOUT.as_secs())
}
