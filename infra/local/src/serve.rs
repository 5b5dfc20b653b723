//! The background process of a local stack: the entry address, and behind it the table, the issuer and the emulator, until it
//! is told to stop.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use rustix::fs::Mode;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::emulator::{self, ACCOUNT, Emulator, REGION};
use crate::local::Local;
use crate::mistake::mistake;
use crate::policies::Guard;
use crate::secret::Secret;
use crate::{checkout, entry, issuer, private, table};

/// Where the parts of a running stack listen; `servers.json` in its data folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Servers {
    pub(crate) pid: u32,
    /// The address that people are told; empty where an earlier version of this command runs it.
    #[serde(default)]
    pub(crate) entry: String,
    /// S3, Lambda and the rest; its path is the secret.
    pub(crate) endpoint: String,
    /// The table; its path is the secret.
    pub(crate) dynamodb: String,
    pub(crate) issuer: String,
    /// What the issuer wants to be shown.
    #[serde(default)]
    pub(crate) secret: String,
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

/// The file that is locked as long as the background process lives.
const LOCK: &str = "lock";
/// How long an earlier process may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs until a signal, or until its data folder is gone.
pub(crate) async fn run(local: &Local) -> Result<()> {
    // Nothing that this process and those it starts write is for others.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let data = &local.data;
    private::folder(data)?;
    // Closed by the end of the process, not by the end of this function: connections are closed after it.
    let _lock = ManuallyDrop::new(locked(data).await?);
    let secret = Secret::of(data)?;
    let door = entry::listen(data).await?;
    let (items, tokens) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let (entry, issuer) = (format!("http://{}", door.local_addr()?), format!("http://{}", tokens.local_addr()?));
    let dynamodb = format!("http://{}/{secret}", items.local_addr()?);
    let database = data.join("table.sqlite");
    let database =
        dynoxide::Database::new(&database.to_string_lossy()).map_err(|error| anyhow::anyhow!("{error:?}")).context("table.sqlite")?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let guard = Guard::of(data);
    let until_stopped = async { stopped.await.unwrap_or_default() };
    let serving = tokio::spawn(table::serve(items, database, secret.clone(), guard.clone(), until_stopped));
    let (folder, shown, back) = (data.clone(), secret.clone(), entry.clone());
    tokio::spawn(async move { issuer::serve(tokens, &back, &folder, &shown).await });
    let socket = emulator::socket()?;
    let emulator = format!("http://{}", socket.local_addr()?);
    let endpoint = format!("{emulator}/{secret}");
    let (mut child, _pipe) = emulator::start(data, socket, &variables(local, &entry, &dynamodb, &secret))?;
    let (folder, shown) = (data.clone(), secret.clone());
    tokio::spawn(async move { entry::serve(door, &folder, &emulator, &shown, guard).await });
    Emulator::at(&endpoint).wait(&mut child).await?;
    let servers = Servers { pid: std::process::id(), entry, endpoint, dynamodb, issuer, secret: secret.to_string(), now: local.now };
    write_atomically(&Servers::path(data), &serde_json::to_value(&servers)?)?;
    let group = child.id();
    wait_for_the_end(data, &mut child).await?;
    if data.exists() {
        fs::remove_file(Servers::path(data))?;
    }
    end_group(group).await;
    child.wait().await?;
    let _ = stop.send(());
    // Connections that the functions kept alive must not hold the end up.
    let _ = tokio::time::timeout(Duration::from_secs(2), serving).await;
    Ok(())
}

/// The data folder's lock, once whoever has it is gone.
async fn locked(data: &Path) -> Result<File> {
    let path = data.join(LOCK);
    let (lock, began) = (private::file(&path)?, Instant::now());
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if began.elapsed() < END_TIMEOUT => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(TryLockError::WouldBlock) => {
                return Err(mistake(format!("已有一个进程在使用 {}，先用 saizheng down 停止它", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
}

/// Whether the background process of a data folder lives.
pub(crate) fn is_alive(data: &Path) -> bool {
    File::open(data.join(LOCK)).is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Ends the emulator and the functions that it runs, and waits until they are gone.
async fn end_group(leader: Option<u32>) {
    let Some(group) = leader.and_then(|leader| i32::try_from(leader).ok()).and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::KILL);
    let began = Instant::now();
    while has_members(group) && began.elapsed() < END_TIMEOUT {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether a process of the group still runs.
fn has_members(group: Pid) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| group_of(&process.path())).any(|of| of == group.as_raw_nonzero().get())
}

/// Whether a process still runs.
pub(crate) fn runs(pid: u32) -> bool {
    group_of(&Path::new("/proc").join(pid.to_string())).is_some()
}

/// The group of the process that a folder of /proc tells of; none if it has ended and only waits to be asked how.
fn group_of(process: &Path) -> Option<i32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // `pid (name) state parent group …`; a name may hold spaces and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(1)?.parse().ok() }
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
fn variables<'a>(local: &Local, entry: &str, dynamodb: &str, secret: &Secret) -> BTreeMap<&'a str, String> {
    let mut variables = BTreeMap::from([
        // By the entry address, where the policies are enforced.
        ("AWS_ENDPOINT_URL", format!("{entry}/{secret}")),
        // What they sign for others to use leads to the address that others are told.
        ("AWS_ENDPOINT_URL_S3", entry.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_string()),
        ("FONT_DIR", checkout::fonts().to_string_lossy().into_owned()),
    ]);
    if let Some(now) = local.now {
        let offset = now.as_second() - Timestamp::now().as_second();
        variables.insert("SAIZHENG_CLOCK_OFFSET_SECONDS", offset.to_string());
    }
    variables
}

/// So that nobody ever reads half of it.
pub(crate) fn write_atomically(path: &Path, value: &Value) -> Result<()> {
    private::write(path, &serde_json::to_vec_pretty(value)?)
}
