//! A running local stack, from the outside: started if it is not running, deployed if it is not up to date.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::api::Api;
use crate::deploy::{self, Outputs};
use crate::deployed::{DEPLOYED, Deployed};
use crate::emulator::Emulator;
use crate::local::Local;
use crate::mistake::mistake;
use crate::progress::Progress;
use crate::secret::Secret;
use crate::serve::{Servers, write_atomically};
use crate::setup;
use crate::{checkout, key, policies, private, say, serve, template};

/// A stack that stands.
pub(crate) struct Stack {
    servers: Servers,
}

fn absolute(local: &Local) -> Result<Local> {
    private::folder(&local.data)?;
    Ok(Local { data: local.data.canonicalize()?, now: local.now })
}

/// That a system was once deployed from this data folder.
pub(crate) fn expect_standing(local: &Local) -> Result<()> {
    if local.data.join(DEPLOYED).is_file() {
        return Ok(());
    }
    let data = local.data.display();
    Err(mistake(format!("{data} 里没有本机系统；请核对 --data，或先用 saizheng up --data {data} 新建")))
}

/// A clock is set when a system is started: later it would only seem to be.
fn expect_clock(local: &Local, servers: &Servers) -> Result<()> {
    if local.now.is_none() || local.now == servers.now {
        return Ok(());
    }
    Err(mistake("本机系统已在运行，--now 只在启动时设定时钟；请先 saizheng down，再以 --now 启动"))
}

impl Stack {
    /// The stack of a data folder: started and deployed if need be.
    pub(crate) async fn ensure(local: &Local) -> Result<Self> {
        let local = &absolute(local)?;
        if let Some(servers) = running(&local.data).await {
            expect_clock(local, &servers)?;
        }
        if !checkout::python().exists() || !checkout::fonts().exists() {
            setup::tools().await?;
        }
        // Several commands at once: one starts and deploys, the others wait.
        let path = local.data.join("start.lock");
        let lock = private::file(&path)?;
        if lock.try_lock().is_err() {
            say(&format!("等待另一个命令启动本机系统（{}）……", path.display()));
            lock.lock().with_context(|| path.display().to_string())?;
        }
        let servers = match running(&local.data).await {
            Some(servers) => servers,
            None => start(local).await?,
        };
        current(local, &servers).await?;
        Ok(Self { servers })
    }

    /// The stack of a data folder that has had one: a mistyped folder is no new, empty system.
    pub(crate) async fn standing(local: &Local) -> Result<Self> {
        expect_standing(local)?;
        Self::ensure(local).await
    }

    /// A client that acts as `account`.
    pub(crate) async fn api(&self, account: &Account) -> Result<Api> {
        Ok(Api::new(self.api_url(), &self.token(account).await?))
    }

    /// A token of a ready-made account, for an hour.
    pub(crate) async fn token(&self, account: &Account) -> Result<String> {
        account.expect_known()?;
        let request = account.claims();
        let response = reqwest::Client::new()
            .post(format!("{}/token", self.servers.issuer))
            .bearer_auth(&self.servers.secret)
            .json(&request)
            .send()
            .await?;
        let answer: Value = response.error_for_status()?.json().await?;
        Ok(answer["access_token"].as_str().context("access_token")?.to_owned())
    }

    /// What runs the functions and keeps the objects.
    pub(crate) fn emulator(&self) -> Emulator {
        Emulator::at(&self.servers.endpoint)
    }

    /// The API's address: that of everything.
    pub(crate) fn api_url(&self) -> &str {
        &self.servers.entry
    }

    /// Where units and staff work in a browser.
    pub(crate) fn console(&self) -> String {
        format!("{}/console/", self.api_url())
    }

    pub(crate) fn describe(&self) {
        let entry = self.api_url();
        say(&format!("本机系统已就绪，入口地址 {entry}（只在本机可用，重新启动后不变）"));
        say(&format!("  接口：{entry}/v1/…，令牌用 saizheng token 取得"));
        say(&format!("  证书查询页：{entry}/verify"));
        say(&format!("控制台：{}", self.console()));
    }
}

/// Has a stack run that executable, or else the one beside this command, until the next `up`.
pub(crate) fn keep_functions(local: &Local, executable: Option<&Path>) -> Result<()> {
    let kept = absolute(local)?.data.join(checkout::BOOTSTRAP);
    match executable {
        Some(executable) => {
            let bytes = fs::read(executable).with_context(|| executable.display().to_string())?;
            private::write(&kept, &bytes)?;
            say(&format!("函数程序用 {}，下次不带 --functions 运行 up 时换回本机构建的", executable.display()));
        }
        None if kept.exists() => fs::remove_file(&kept)?,
        None => {}
    }
    Ok(())
}

/// The servers of a data folder, if they answer.
async fn running(data: &Path) -> Option<Servers> {
    let servers = Servers::read(data)?;
    let alive = Path::new("/proc").join(servers.pid.to_string()).exists();
    (alive && Emulator::at(&servers.endpoint).is_healthy().await).then_some(servers)
}

/// How long a start may take, on a machine that has much else to do.
const START_TIMEOUT: Duration = Duration::from_secs(120);

async fn start(local: &Local) -> Result<Servers> {
    let _progress = Progress::start("启动本机系统");
    // Whatever is left of one that was killed.
    let _ = fs::remove_file(Servers::path(&local.data));
    let log = private::file(&local.data.join("serve.log"))?;
    let mut command = std::process::Command::new(checkout::own_binary()?);
    command.arg("serve").arg("--data").arg(&local.data);
    if let Some(now) = local.now {
        command.arg("--now").arg(now.to_string());
    }
    // Its own process group: Ctrl-C at this command does not stop it.
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    let mut child = command.spawn().context("serve")?;
    let began = Instant::now();
    while began.elapsed() < START_TIMEOUT {
        if let Some(servers) = running(&local.data).await {
            return Ok(servers);
        }
        if let Some(status) = child.try_wait()? {
            let said = fs::read_to_string(local.data.join("serve.log")).unwrap_or_default();
            // What it says in one line is for the person; more is for whoever looks into a failure.
            return Err(match said.lines().collect::<Vec<_>>()[..] {
                [line] => mistake(format!("本机系统没有启动：{line}")),
                _ => anyhow::anyhow!("本机系统没有启动（{status}）：{said}"),
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("本机系统没有启动，请查看 {}", local.data.join("serve.log").display())
}

/// Key and certificates that sign electronic copies, where the data folder has them when the stack starts.
const COPY_SIGNER: &str = "copy-signer.pem";

/// Deploys if the servers are new or the code has changed.
async fn current(local: &Local, servers: &Servers) -> Result<()> {
    if servers.entry.is_empty() {
        return Err(mistake("本机系统是由旧版本的命令启动的，请先 saizheng down，再 saizheng up"));
    }
    let path = local.data.join(DEPLOYED);
    let functions = checkout::bootstrap(&local.data)?;
    let digest = deploy::digest(&functions)?;
    let known: Option<Deployed> = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if known.is_some_and(|deployed| deployed.pid == servers.pid && deployed.digest == digest) {
        return Ok(());
    }
    let _progress = Progress::start("部署 template.yaml");
    create_table(&servers.dynamodb).await?;
    let emulator = Emulator::at(&servers.endpoint);
    emulator.put_secret(&template::default_of(&template::load()?, "SigningKey")?, &key::of_stack(&local.data)?).await?;
    let signer = local.data.join(COPY_SIGNER).is_file();
    if signer {
        emulator.put_secret(deploy::COPY_SIGNER, &fs::read_to_string(local.data.join(COPY_SIGNER)).context(COPY_SIGNER)?).await?;
    }
    emulator.put_secret(&template::default_of(&template::load()?, "ConsoleSecret")?, &Secret::of(&local.data)?.of_console()).await?;
    let settings = deploy::Settings { issuer: &servers.issuer, entry: &servers.entry, signer };
    // Before the functions: none of them runs without its policy.
    private::write(&local.data.join(policies::FILE), &serde_json::to_vec(&settings.policies()?)?)?;
    let outputs = deploy::deploy(&emulator, &functions, &settings).await?;
    write_atomically(&path, &serde_json::to_value(Deployed { pid: servers.pid, digest, outputs: outputs.clone() })?)?;
    pick_up(&emulator, &outputs).await?;
    Ok(())
}

/// The table, as the template defines it, unless it is there.
async fn create_table(dynamodb: &str) -> Result<()> {
    let request = template::create_table(&template::load()?);
    let client = reqwest::Client::new().post(dynamodb).header("x-amz-target", "DynamoDB_20120810.CreateTable");
    let signed = client
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
        )
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-amz-json-1.0");
    let response = signed.body(request.to_string()).send().await?;
    let good = response.status().is_success();
    let text = response.text().await?;
    if good || text.contains("ResourceInUseException") { Ok(()) } else { bail!("CreateTable: {text}") }
}

/// Longer than any event has its time.
const LONG_AFTER: SignedDuration = SignedDuration::from_hours(3);

/// Events that were under way when an earlier emulator ended are lost: reconciliation finds the work. The schedule
/// would do the same when they have had their time.
#[expect(clippy::disallowed_methods, reason = "reconcile judges ages of objects by the bucket's time")]
async fn pick_up(emulator: &Emulator, outputs: &Outputs) -> Result<()> {
    let later = Timestamp::now().checked_add(LONG_AFTER)?;
    emulator.invoke(outputs.get("ReconcileFunction")?, &json!({ "time": later.to_string() })).await?;
    Ok(())
}

/// Stops the stack of a data folder.
pub(crate) async fn down(local: &Local) -> Result<()> {
    expect_standing(local)?;
    let data: PathBuf = absolute(local)?.data;
    if !serve::is_alive(&data) {
        say("本机系统没有在运行");
        return Ok(());
    }
    // One that is just starting has not said yet who it is.
    let servers = wait_for(|| Servers::read(&data)).await.context("servers.json")?;
    let pid = i32::try_from(servers.pid).ok().and_then(Pid::from_raw).context("pid")?;
    let progress = Progress::start("停止本机系统");
    kill_process(pid, Signal::TERM)?;
    // It ends after everything that it started, and its lock with it.
    if wait_for(|| (!serve::is_alive(&data) && !serve::runs(servers.pid)).then_some(())).await.is_none() {
        bail!("本机系统没有停止（进程 {}）", servers.pid);
    }
    drop(progress);
    say("本机系统已停止");
    Ok(())
}

/// Looks until there is something, for some seconds.
async fn wait_for<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    for _ in 0..400 {
        if let Some(seen) = look() {
            return Some(seen);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

/// Exit 0 if it runs.
pub(crate) async fn status(local: &Local) -> Result<ExitCode> {
    expect_standing(local)?;
    let local = absolute(local)?;
    let Some(servers) = running(&local.data).await else {
        say("本机系统没有在运行");
        return Ok(ExitCode::from(1));
    };
    current(&local, &servers).await?;
    Stack { servers }.describe();
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_folder_is_no_system_and_is_not_made() {
        let data = std::env::temp_dir().join(format!("saizheng-mistyped-{}", std::process::id()));
        let local = Local { data: data.clone(), now: None };
        assert!(expect_standing(&local).expect_err("none").to_string().contains("请核对 --data"));
        assert!(!data.exists());
        fs::create_dir_all(&data).expect("created");
        fs::write(data.join(DEPLOYED), "{}").expect("written");
        assert!(expect_standing(&local).is_ok());
        fs::remove_dir_all(data).expect("removed");
    }

    #[test]
    fn the_clock_of_a_running_system_is_not_set() {
        let at = |text: &str| Some(text.parse::<Timestamp>().expect("a moment"));
        let servers = |now| Servers {
            pid: 1,
            entry: String::new(),
            endpoint: String::new(),
            dynamodb: String::new(),
            issuer: String::new(),
            secret: String::new(),
            now,
        };
        let local = |now| Local { data: PathBuf::new(), now };
        let (june, july) = (at("2022-06-20T10:00:00+08:00"), at("2022-07-20T10:00:00+08:00"));
        assert!(expect_clock(&local(None), &servers(june)).is_ok());
        assert!(expect_clock(&local(june), &servers(june)).is_ok(), "it was started with this");
        assert!(expect_clock(&local(july), &servers(june)).is_err());
        assert!(expect_clock(&local(july), &servers(None)).is_err());
    }
}
