//! The emulator of Lambda, S3, SQS, API Gateway, EventBridge and CloudFormation: a child process on loopback.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, StatusCode};
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::process::{Child, ChildStdin, Command};

use crate::{checkout, private};

/// The emulator's account.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The only region there is.
pub(crate) const REGION: &str = "us-east-1";

/// The bucket that is deployed to it.
pub(crate) const BUCKET: &str = "saizheng-work-000000000000";

/// Starts it behind its guard, and ends it when this process ends in whatever way: its standard input is a pipe from here,
/// and it leaves when the pipe closes.
const WRAPPER: &str = include_str!("../emulator.py");

/// The emulator's address, before it runs: bound, so that nobody else is given it, and not listening, so that whoever comes
/// early is refused.
pub(crate) fn socket() -> Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // As the emulator's server sets it at a socket of its own.
    socket.set_nodelay(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(socket)
}

/// Starts the emulator on `socket`, with `variables` for the functions it runs.
/// Waiting for a child closes its input, so the pipe is kept apart. It and the functions are a process group.
pub(crate) fn start(data: &Path, socket: TcpSocket, variables: &BTreeMap<&str, String>) -> Result<(Child, ChildStdin)> {
    let (log, tmp) = (private::file(&data.join("emulator.log"))?, data.join("tmp"));
    // Unpacked code of an earlier run: it is unpacked anew.
    if tmp.exists() {
        std::fs::remove_dir_all(&tmp)?;
    }
    private::folder(&tmp)?;
    let mut command = Command::new(checkout::python());
    command.args(["-c", WRAPPER]).current_dir(data).env_clear();
    for inherited in ["PATH", "HOME", "LANG"] {
        if let Ok(value) = std::env::var(inherited) {
            command.env(inherited, value);
        }
    }
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", socket.local_addr()?.port().to_string())
        .env("SAIZHENG_SOCKET", socket.as_raw_fd().to_string())
        .env("IOT_MTLS_ENABLED", "0")
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", data.join("s3"))
        .env("PERSIST_STATE", "0")
        .env("STATE_DIR", data.join("state"))
        .env("TMPDIR", &tmp)
        .env("LOG_LEVEL", "INFO")
        .env("AWS_DEFAULT_REGION", REGION)
        .env("SAIZHENG_FORM_BUCKET", BUCKET)
        .envs(variables);
    command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true).process_group(0);
    // The one child that has it; what the emulator starts has not.
    fcntl_setfd(&socket, FdFlags::empty())?;
    let mut child = command.spawn().context("emulator")?;
    let pipe = child.stdin.take().context("emulator")?;
    Ok((child, pipe))
}

/// A client of the emulator's control plane. It checks no signatures of whoever comes by the secret, so none are made.
#[derive(Clone)]
pub(crate) struct Emulator {
    /// Its address, with the stack's secret.
    pub(crate) endpoint: String,
    http: Client,
}

impl Emulator {
    pub(crate) fn at(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), http: Client::new() }
    }

    fn authorization(service: &str) -> String {
        format!("AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0")
    }

    pub(crate) async fn is_healthy(&self) -> bool {
        let health = self.http.get(format!("{}/_ministack/health", self.endpoint)).timeout(Duration::from_secs(2)).send().await;
        health.is_ok_and(|response| response.status().is_success())
    }

    /// Waits until it answers, as long as `child` lives.
    pub(crate) async fn wait(&self, child: &mut Child) -> Result<()> {
        loop {
            if self.is_healthy().await {
                return Ok(());
            }
            if let Some(status) = child.try_wait()? {
                bail!("仿真环境没有启动（{status}），请查看数据文件夹中的 emulator.log");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether there is a bucket, or an object of one.
    pub(crate) async fn has(&self, path: &str) -> Result<bool> {
        let url = format!("{}/{path}", self.endpoint);
        let response = self.http.head(url).header("authorization", Self::authorization("s3")).send().await?;
        Ok(response.status().is_success())
    }

    pub(crate) async fn put(&self, path: &str, body: Vec<u8>) -> Result<()> {
        let url = format!("{}/{path}", self.endpoint);
        let response = self.http.put(url).header("authorization", Self::authorization("s3")).body(body).send().await?;
        if !response.status().is_success() && response.status() != StatusCode::CONFLICT {
            bail!("PUT {path}: {}", response.text().await?);
        }
        Ok(())
    }

    /// A CloudFormation action; the answer's XML.
    pub(crate) async fn cloudformation(
        &self,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<std::result::Result<String, String>> {
        let mut form = vec![("Action".to_owned(), action.to_owned()), ("Version".to_owned(), "2010-05-15".to_owned())];
        form.extend_from_slice(parameters);
        let request = self.http.post(format!("{}/", self.endpoint)).header("authorization", Self::authorization("cloudformation"));
        let response = request.form(&form).send().await?;
        let good = response.status().is_success();
        let text = response.text().await?;
        Ok(if good { Ok(text) } else { Err(text) })
    }

    /// Writes a secret text of the parameter store.
    pub(crate) async fn put_secret(&self, name: &str, value: &str) -> Result<()> {
        let request = self.http.post(format!("{}/", self.endpoint)).header("authorization", Self::authorization("ssm"));
        let request = request.header("x-amz-target", "AmazonSSM.PutParameter").header("content-type", "application/x-amz-json-1.1");
        let body = json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
        let response = request.body(body.to_string()).send().await?;
        ensure!(response.status().is_success(), "PutParameter: {}", response.text().await?);
        Ok(())
    }

    /// Invokes a function and waits for its answer.
    pub(crate) async fn invoke(&self, function: &str, payload: &Value) -> Result<Value> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let request = self.http.post(url).header("authorization", Self::authorization("lambda")).json(payload);
        let response = request.send().await?;
        if response.headers().contains_key("x-amz-function-error") {
            bail!("{function}: {}", response.text().await?);
        }
        Ok(response.json().await?)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn its_port_is_nobody_elses_before_it_listens() -> Result<()> {
        let held = socket()?;
        let address = held.local_addr()?;
        assert!(TcpListener::bind(address).is_err() && TcpStream::connect(address).is_err());
        Ok(())
    }

    #[tokio::test]
    async fn an_emulator_that_ends_is_not_waited_for() -> Result<()> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = Command::new(std::env::current_exe()?).arg("--help").stdout(Stdio::null()).spawn()?;
        let error = Emulator::at(&format!("http://{}", socket()?.local_addr()?)).wait(&mut child).await.expect_err("it ended");
        assert!(error.to_string().contains("emulator.log"), "{error}");
        Ok(())
    }
}
