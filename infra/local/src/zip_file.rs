//! `saizheng fetch --zip`: all certificates in one file.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use operations::zips::ShownZip;

use crate::api::Api;
use crate::mistake::tell_refused;
use crate::progress::Progress;
use crate::results::Staged;
use crate::say;
use crate::steps::{POLL_INTERVAL, TIMEOUT};

/// The file.
const ZIP: &str = "certificates.zip";

/// Has all certificates put into one file, and writes it into `out`.
pub(crate) async fn fetch(api: &Api, id: &str, out: &Path) -> Result<ExitCode> {
    let path = format!("/v1/applications/{id}/certificates-zip");
    let mut zip: ShownZip = match api.post(&path, &()).await? {
        Ok(zip) => zip,
        Err(refused) => return Ok(tell_refused(&refused)),
    };
    let (progress, mut waited) = (Progress::start("打包证书"), Duration::ZERO);
    while zip.making {
        ensure!(waited < TIMEOUT, "证书压缩包没有生成");
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
        zip = api.get(&path).await?;
    }
    drop(progress);
    let made = zip.made.context("zip")?;
    let staged = Staged::of(out)?;
    api.download_into(&made.link, &mut staged.create(ZIP)?).await?;
    staged.publish()?;
    say(&format!("{} 份证书，已写入 {}", made.certificates, out.join(ZIP).display()));
    if made.missing > 0 {
        say(&format!("另有 {} 份没有证书文件（打印失败的，见 saizheng show {id}）", made.missing));
    }
    Ok(if made.missing == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
