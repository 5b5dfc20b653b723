//! The background process of a local stack: the table, the issuer and the emulator, until it is told to stop.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Local;
use crate::emulator::{self, ACCOUNT, Emulator, REGION};
use crate::{checkout, issuer};

/// Where the parts of a running stack listen; `servers.json` in its data folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Servers {
    pub(crate) pid: u32,
    /// S3, Lambda and the rest.
    pub(crate) endpoint: String,
    pub(crate) dynamodb: String,
    pub(crate) issuer: String,
    /// What its clock was set to when it was started; none where it goes by the machine's.
    #[serde(default)]
    pub(crate) now: Option<Timestamp>,
}

impl Servers {
    pub(crate) fn path(data: &Path) -> std::path::PathBuf {
        data.join("servers.json")
    }

    pub(crate) fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(data)).ok()?).ok()
    }
}

/// Runs until a signal, or until its data folder is gone.
pub(crate) async fn run(local: &Local) -> Result<()> {
    let data = &local.data;
    let lock = File::create(data.join("lock"))?;
    if lock.try_lock().is_err() {
        bail!("已有一个进程在使用 {}", data.display());
    }
    let table = TcpListener::bind("127.0.0.1:0").await?;
    let tokens = TcpListener::bind("127.0.0.1:0").await?;
    let (dynamodb, issuer) = (format!("http://{}", table.local_addr()?), format!("http://{}", tokens.local_addr()?));
    let database = data.join("table.sqlite");
    let database =
        dynoxide::Database::new(&database.to_string_lossy()).map_err(|error| anyhow::anyhow!("{error:?}")).context("table.sqlite")?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(dynoxide::server::serve_with_shutdown(table, database, async { stopped.await.unwrap_or_default() }));
    let folder = data.clone();
    tokio::spawn(async move { issuer::serve(tokens, &folder).await });
    let port = free_port().await?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let (mut child, _pipe) = emulator::start(data, port, &variables(local, &endpoint, &dynamodb))?;
    Emulator::at(&endpoint).wait().await?;
    let servers = Servers { pid: std::process::id(), endpoint, dynamodb, issuer, now: local.now };
    write_atomically(&Servers::path(data), &serde_json::to_value(&servers)?)?;
    wait_for_the_end(data, &mut child).await?;
    if data.exists() {
        fs::remove_file(Servers::path(data))?;
    }
    child.kill().await?;
    let _ = stop.send(());
    // Connections that the functions kept alive must not hold the end up.
    let _ = tokio::time::timeout(Duration::from_secs(2), serving).await;
    Ok(())
}

async fn wait_for_the_end(data: &Path, child: &mut tokio::process::Child) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut look = tokio::time::interval(Duration::from_secs(2));
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = child.wait() => return Ok(()),
            _ = look.tick() => if !data.join("table.sqlite").exists() { return Ok(()) },
        }
    }
}

/// The environment of the functions, besides what the template gives them.
#[expect(clippy::disallowed_methods, reason = "the offset is from the real time")]
fn variables<'a>(local: &Local, endpoint: &str, dynamodb: &str) -> BTreeMap<&'a str, String> {
    let mut variables = BTreeMap::from([
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("FONT_DIR", checkout::fonts().to_string_lossy().into_owned()),
    ]);
    if let Some(now) = local.now {
        let offset = now.as_second() - Timestamp::now().as_second();
        variables.insert("SAIZHENG_CLOCK_OFFSET_SECONDS", offset.to_string());
    }
    variables
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// So that nobody ever reads half of it.
pub(crate) fn write_atomically(path: &Path, value: &Value) -> Result<()> {
    let draft = path.with_extension("draft");
    fs::write(&draft, serde_json::to_vec_pretty(value)?)?;
    Ok(fs::rename(draft, path)?)
}
