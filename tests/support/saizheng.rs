//! The command, and the stacks that the tests hand applications to.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::folder::Folder;

/// What the tests' stacks take for now: within every deadline of the notice.
pub const NOW: &str = "2022-06-20T10:00:00+08:00";

/// The table of the local stack.
pub const TABLE: &str = "saizheng-records";

/// The variable of a function's clock on one machine.
const OFFSET: &str = "SAIZHENG_CLOCK_OFFSET_SECONDS";

/// The workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// The built command. Everything is built first, once: `cargo test` alone builds no binaries of other packages.
fn command() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let own = std::env::current_exe().unwrap_or_default();
        let folder = own.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("."));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(root()).args(["build", "--quiet", "--workspace", "--bins"]);
        // Build scripts that watch the variables of `cargo test` would run again, and with them half the build.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let built = cargo.status();
        assert!(built.is_ok_and(|status| status.success()), "cargo build failed");
        folder.join("saizheng")
    })
}

/// A stack of its own, stopped and forgotten at the end.
pub struct Stack {
    data: PathBuf,
    own: Option<TempDir>,
    now: String,
}

/// Runs a command of `saizheng` that needs no stack.
pub fn run_alone(arguments: &[&str]) -> Result<Output> {
    Command::new(command()).args(arguments).output().context("saizheng")
}

/// The same with its standard output going elsewhere; what it said is in `stderr`.
pub fn run_alone_into(arguments: &[&str], stdout: impl Into<Stdio>) -> Result<Output> {
    Command::new(command()).args(arguments).stdout(stdout).output().context("saizheng")
}

/// A line of `certificates.csv`.
pub type Line = BTreeMap<String, String>;

/// What `saizheng process` left behind.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code.
    pub code: i32,
    /// What the person at the terminal saw.
    pub stderr: String,
    /// `certificates.csv`.
    pub lines: Vec<Line>,
    /// `report.json`.
    pub report: Value,
}

impl Outcome {
    /// The codes of the findings in the report, each once.
    pub fn findings(&self) -> Vec<String> {
        let all = self.report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut codes: Vec<String> = all.iter().filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect();
        codes.sort();
        codes.dedup();
        codes
    }

    /// The cells a finding points to.
    pub fn cells(&self, code: &str) -> Vec<String> {
        let all = self.report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of_code = all.iter().filter(|finding| finding["code"] == code);
        of_code.filter_map(|finding| finding["place"]["cell"].as_str().map(str::to_owned)).collect()
    }

    /// The values of a column.
    pub fn column(&self, name: &str) -> Vec<&str> {
        self.lines.iter().map(|line| line.get(name).map_or("", String::as_str)).collect()
    }
}

/// Where a stack's servers listen.
#[derive(Debug, Clone, Deserialize)]
pub struct Servers {
    /// The background process.
    pub pid: u32,
    /// The address that people are told.
    pub entry: String,
    /// S3, Lambda and the rest; its path is the stack's secret.
    pub endpoint: String,
    /// The table.
    pub dynamodb: String,
    /// The issuer of tokens.
    pub issuer: String,
    /// What the issuer wants to be shown.
    pub secret: String,
}

/// The folder with what the functions of all stacks asked for.
fn records() -> PathBuf {
    let folder = root().join("target/policies");
    // Without it nothing is noted, which the check afterwards shows.
    let _ = fs::create_dir_all(&folder);
    folder
}

/// The folder of the stack that tests share. `SAIZHENG_TESTS_STACK` names another one.
pub fn shared_data() -> PathBuf {
    std::env::var_os("SAIZHENG_TESTS_STACK").map_or_else(|| root().join("target/tests-stack"), PathBuf::from)
}

impl Stack {
    /// The one that tests share: it stays up, for the next run.
    pub fn shared() -> Self {
        Self { data: shared_data(), own: None, now: NOW.to_owned() }
    }

    /// A new, empty one.
    pub fn own() -> Result<Self> {
        Self::own_at(NOW)
    }

    /// A new, empty one with its clock set.
    pub fn own_at(now: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        Ok(Self { data: folder.path().to_owned(), own: Some(folder), now: now.to_owned() })
    }

    /// Starts it anew with its clock set later.
    pub fn later(&mut self, now: &str) -> Result<Servers> {
        ensure!(self.run(&["down"])?.status.success(), "down");
        now.clone_into(&mut self.now);
        self.up()
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Runs a command of `saizheng` on this stack.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments).output().context("saizheng")
    }

    /// The same with lines on its standard input: names and numbers of people are read from there.
    pub fn run_with(&self, arguments: &[&str], lines: &[&str]) -> Result<Output> {
        let mut command = self.command(arguments);
        let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("saizheng")?;
        let mut input = running.stdin.take().context("a standard input")?;
        for line in lines {
            // One that ends before it reads says why.
            let _ = writeln!(input, "{line}");
        }
        drop(input);
        running.wait_with_output().context("saizheng")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(command());
        command.args(arguments).arg("--data").arg(&self.data).arg("--now").arg(&self.now);
        // All stacks' together: `saizheng policies` reads it after the tests.
        command.env("SAIZHENG_POLICY_RECORDS", records());
        command
    }

    /// Starts it, if it is not running.
    pub fn up(&self) -> Result<Servers> {
        let output = self.run(&["status"])?;
        if !output.status.success() {
            let output = self.run(&["up"])?;
            if !output.status.success() {
                bail!("up: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        self.servers()
    }

    /// Where its servers listen.
    pub fn servers(&self) -> Result<Servers> {
        Ok(serde_json::from_slice(&fs::read(self.data.join("servers.json")).context("servers.json")?)?)
    }

    /// An output of the deployed template.
    pub fn output(&self, name: &str) -> Result<String> {
        let deployed: Value = serde_json::from_slice(&fs::read(self.data.join("deployed.json")).context("deployed.json")?)?;
        Ok(deployed["outputs"][name].as_str().with_context(|| name.to_owned())?.to_owned())
    }

    /// Writes the folder and processes it.
    pub fn process(&self, folder: &Folder) -> Result<Outcome> {
        folder.write()?;
        self.process_as_is(folder)
    }

    /// Processes the folder as it lies on disk.
    pub fn process_as_is(&self, folder: &Folder) -> Result<Outcome> {
        let out = folder.out();
        let (path, target) = (folder.path().to_string_lossy(), out.to_string_lossy());
        let output = self.run(&["process", &path, "--out", &target])?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or(-1);
        if code != 0 && code != 2 {
            bail!("process exited with {code}: {stderr}");
        }
        Ok(Outcome {
            code,
            stderr,
            lines: read_csv(&out.join("certificates.csv"))?,
            report: serde_json::from_slice(&fs::read(out.join("report.json"))?)?,
        })
    }

    /// Ends every process of the stack at once, as a power cut would.
    pub fn kill(&self) -> Result<()> {
        let servers = self.servers()?;
        let mut tree = vec![servers.pid];
        let mut next = 0;
        while let Some(pid) = tree.get(next).copied() {
            tree.extend(children(pid)?);
            next += 1;
        }
        for pid in &tree {
            kill_at_once(*pid)?;
        }
        until("the processes are gone", || Ok(tree.iter().all(|pid| !is_alive(*pid))))
    }

    /// Lets the clocks of its functions differ from its own: by so many seconds, behind, not at all and ahead by turns.
    #[expect(clippy::disallowed_methods, reason = "the shift is from the real time")]
    pub fn skew(&self, client: &Client, functions: &[&str], seconds: i64) -> Result<()> {
        let offset = self.now.parse::<Timestamp>()?.duration_since(Timestamp::now()).as_secs();
        for (function, skew) in functions.iter().zip([-seconds, 0, seconds].into_iter().cycle()) {
            client.configure(&self.output(function)?, &[(OFFSET, &(offset + skew).to_string())])?;
        }
        Ok(())
    }

    /// The emulator's process.
    pub fn emulator(&self) -> Result<u32> {
        let is_python = |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.to_string_lossy().contains("python"));
        children(self.servers()?.pid)?.into_iter().find(is_python).context("no emulator")
    }

    /// The running processes of functions, `bootstrap` all of them, that belong to the stack.
    pub fn functions(&self) -> Result<Vec<u32>> {
        let folder = self.data.join("tmp").canonicalize()?;
        Ok(processes()?.filter(|pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.starts_with(&folder))).collect())
    }

    /// Kills them all; how many that was.
    pub fn kill_functions(&self) -> Result<usize> {
        let running = self.functions()?;
        for pid in &running {
            kill_at_once(*pid)?;
        }
        Ok(running.len())
    }
}

/// All processes of the machine.
fn processes() -> Result<impl Iterator<Item = u32>> {
    Ok(fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

fn children(of: u32) -> Result<Vec<u32>> {
    // `pid (name) state parent …`; a name may hold spaces and brackets.
    let parent = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    Ok(processes()?.filter(|pid| parent(*pid) == Some(of)).collect())
}

/// Ends a process without asking it; one that has ended already is none.
pub fn kill_at_once(pid: u32) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("pid")?;
    match kill_process(pid, Signal::KILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.own.is_some() {
            let _ = self.run(&["down"]);
        }
    }
}

fn is_alive(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

/// How long anything may take on a slow machine with other tests beside.
const LONGEST: Duration = Duration::from_secs(120);

/// Looks until `done`, for two minutes at most.
pub fn until(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < LONGEST {
        if done()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("not within {} s: {what}", LONGEST.as_secs())
}

/// The lines of a `certificates.csv`.
pub fn read_csv(path: &Path) -> Result<Vec<Line>> {
    let bytes = fs::read(path).context("certificates.csv")?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").context("no byte-order mark")?;
    let mut reader = csv::Reader::from_reader(text);
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

/// What came back.
#[derive(Debug)]
pub struct Visit {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    pub text: String,
}

impl Visit {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}

/// A client of a stack: the API as an account, S3 and Lambda as an operator.
pub struct Client {
    servers: Servers,
    api: String,
    http: reqwest::blocking::Client,
}

impl Client {
    /// Of a stack that is up.
    pub fn of(stack: &Stack) -> Result<Self> {
        // Only fails if one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let servers = stack.servers()?;
        let api = servers.entry.clone();
        Ok(Self { servers, api, http: reqwest::blocking::Client::new() })
    }

    /// Where the API is.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// A token for an account of the local issuer.
    pub fn token(&self, role: &str, organisation: &str) -> Result<String> {
        self.token_of(&format!("test-{role}"), role, organisation)
    }

    /// A token for somebody in particular.
    pub fn token_of(&self, subject: &str, role: &str, organisation: &str) -> Result<String> {
        self.token_with(&json!({ "subject": subject, "role": role, "organisation": organisation }))
    }

    /// A token that says exactly that: role and organisation may be arrays, or missing.
    pub fn token_with(&self, request: &Value) -> Result<String> {
        let answer: Value =
            self.http.post(format!("{}/token", self.servers.issuer)).bearer_auth(&self.servers.secret).json(request).send()?.json()?;
        Ok(answer["access_token"].as_str().context("access_token")?.to_owned())
    }

    /// A call of the API, with a key of its own: status and answer.
    pub fn call(&self, token: Option<&str>, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let visit = self.call_with(&new_key(), token, method, path, body)?;
        Ok((visit.status, visit.json().unwrap_or(Value::Null)))
    }

    /// A call of the API with this `Idempotency-Key`; without one, if it is empty.
    pub fn call_with(&self, key: &str, token: Option<&str>, method: &str, path: &str, body: Option<&Value>) -> Result<Visit> {
        let mut request = self.http.request(method.parse()?, format!("{}{path}", self.api));
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        visited(request.send()?)
    }

    /// A call whose body is plain text.
    pub fn call_text(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Result<(u16, Value)> {
        let mut request = self.http.request(method.parse()?, format!("{}{path}", self.api));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.header("content-type", "text/plain; charset=utf-8").body(body.to_owned()).send()?;
        let status = response.status().as_u16();
        Ok((status, response.json().unwrap_or(Value::Null)))
    }

    /// A call without an account, of a page or a form, as anybody's browser makes it.
    pub fn visit(&self, path: &str, form: Option<&[(&str, &str)]>, accept: &str) -> Result<Visit> {
        let url = format!("{}{path}", self.api);
        let request = match form {
            Some(form) => self.http.post(url).form(form),
            None => self.http.get(url),
        };
        visited(request.header("accept", accept).send()?)
    }

    /// The bytes behind a link.
    pub fn download(&self, link: &str) -> Result<Vec<u8>> {
        Ok(self.http.get(link).send()?.error_for_status()?.bytes()?.to_vec())
    }

    /// Uploads with a presigned form: status and S3's error code.
    pub fn upload(&self, form: &Value, bytes: &[u8]) -> Result<(u16, String)> {
        let mut multipart = reqwest::blocking::multipart::Form::new();
        for (name, value) in form["fields"].as_object().context("fields")? {
            multipart = multipart.text(name.clone(), value.as_str().unwrap_or_default().to_owned());
        }
        let part = reqwest::blocking::multipart::Part::bytes(bytes.to_vec()).file_name("file");
        // By the address that people use, whatever a test has put before the functions' bucket.
        let bucket = form["url"].as_str().and_then(|url| url.splitn(4, '/').nth(3)).context("url")?;
        let response = self.http.post(format!("{}/{bucket}", self.servers.entry)).multipart(multipart.part("file", part)).send()?;
        let status = response.status().as_u16();
        let text = response.text()?;
        let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default();
        Ok((status, code.to_owned()))
    }

    /// Puts an object, as a unit with bucket access would.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: &[u8]) -> Result<()> {
        let url = reqwest::Url::parse(&format!("{}/{bucket}/{key}", self.servers.endpoint))?;
        let response = self.http.put(url).header("authorization", signature("s3")).body(bytes.to_vec()).send()?;
        response.error_for_status()?;
        Ok(())
    }

    /// Puts an object that must not be there yet; the answer's status.
    pub fn put_new_object(&self, bucket: &str, key: &str, bytes: &[u8]) -> Result<u16> {
        let url = reqwest::Url::parse(&format!("{}/{bucket}/{key}", self.servers.endpoint))?;
        let request = self.http.put(url).header("authorization", signature("s3")).header("if-none-match", "*");
        Ok(request.body(bytes.to_vec()).send()?.status().as_u16())
    }

    /// An object, if it is there.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let url = reqwest::Url::parse(&format!("{}/{bucket}/{key}", self.servers.endpoint))?;
        let response = self.http.get(url).header("authorization", signature("s3")).send()?;
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        Ok(Some(response.error_for_status()?.bytes()?.to_vec()))
    }

    /// How an object is locked.
    pub fn lock_mode(&self, bucket: &str, key: &str) -> Result<String> {
        let url = reqwest::Url::parse(&format!("{}/{bucket}/{key}", self.servers.endpoint))?;
        let response = self.http.head(url).header("authorization", signature("s3")).send()?.error_for_status()?;
        Ok(response.headers().get("x-amz-object-lock-mode").context("not locked")?.to_str()?.to_owned())
    }

    /// Asks for an object's current version to be deleted for good; the answer's status.
    pub fn delete_version(&self, bucket: &str, key: &str) -> Result<u16> {
        let mut url = reqwest::Url::parse(&format!("{}/{bucket}/{key}", self.servers.endpoint))?;
        let head = self.http.head(url.clone()).header("authorization", signature("s3")).send()?.error_for_status()?;
        let version = head.headers().get("x-amz-version-id").context("no version")?.to_str()?;
        url.query_pairs_mut().append_pair("versionId", version);
        Ok(self.http.delete(url).header("authorization", signature("s3")).send()?.status().as_u16())
    }

    /// The keys under a prefix.
    pub fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<String>> {
        let url = format!("{}/{bucket}?list-type=2&prefix={prefix}", self.servers.endpoint);
        let text = self.http.get(url).header("authorization", signature("s3")).send()?.error_for_status()?.text()?;
        Ok(text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).map(str::to_owned).collect())
    }

    /// Invokes a function and waits; its answer and whether it failed.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<(Value, bool)> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.servers.endpoint);
        let response =
            self.http.post(url).header("authorization", signature("lambda")).json(payload).timeout(Duration::from_secs(120)).send()?;
        let failed = response.headers().contains_key("x-amz-function-error");
        Ok((response.json().unwrap_or(Value::Null), failed))
    }

    /// A request to the table.
    pub fn table(&self, operation: &str, request: &Value) -> Result<Value> {
        let request = self.http.post(&self.servers.dynamodb).json(request).header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let request = request.header("authorization", signature("dynamodb")).header("x-amz-date", "20260101T000000Z");
        Ok(request.header("content-type", "application/x-amz-json-1.0").send()?.json()?)
    }

    /// What a function has logged since `since` (milliseconds since 1970), in order. `function` is its name in the template
    /// without `Function`: `Print`.
    pub fn log_of(&self, function: &str, since: i64) -> Result<Vec<String>> {
        let groups = self.logs("DescribeLogGroups", &json!({}))?;
        let names = groups["logGroups"].as_array().into_iter().flatten().filter_map(|group| group["logGroupName"].as_str());
        let group = names.into_iter().find(|name| name.ends_with(&format!("/{function}Logs"))).context("no such log group")?;
        let answer = self.logs("FilterLogEvents", &json!({ "logGroupName": group, "startTime": since }))?;
        let events = answer["events"].as_array().context("events")?;
        Ok(events.iter().filter_map(|event| event["message"].as_str().map(str::to_owned)).collect())
    }

    fn logs(&self, operation: &str, request: &Value) -> Result<Value> {
        let request = self.http.post(&self.servers.endpoint).json(request).header("x-amz-target", format!("Logs_20140328.{operation}"));
        Ok(request.header("authorization", signature("logs")).send()?.error_for_status()?.json()?)
    }

    /// Every item of the table, in a fixed order.
    pub fn scan(&self) -> Result<Vec<Value>> {
        let (mut items, mut request) = (Vec::new(), json!({ "TableName": TABLE, "ConsistentRead": true }));
        loop {
            let page = self.table("Scan", &request)?;
            items.extend(page["Items"].as_array().context("Items")?.iter().cloned());
            if page["LastEvaluatedKey"].is_null() {
                items.sort_by_cached_key(Value::to_string);
                return Ok(items);
            }
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
    }

    /// The entries of trails and ledgers whose sort keys begin so, as their texts say.
    pub fn chained(&self, begins: &str) -> Result<Vec<Value>> {
        let items = self.scan()?;
        let chained = items.iter().filter(|item| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with(begins)));
        chained.map(|item| Ok(serde_json::from_str(item["text"]["S"].as_str().context("an entry's text")?)?)).collect()
    }

    /// Gives a function further variables, as UpdateFunctionConfiguration does, and waits until they count.
    pub fn configure(&self, function: &str, variables: &[(&str, &str)]) -> Result<()> {
        let url = format!("{}/2015-03-31/functions/{function}/configuration", self.servers.endpoint);
        let read = || Ok::<Value, anyhow::Error>(self.http.get(&url).header("authorization", signature("lambda")).send()?.json()?);
        let mut all = read()?["Environment"]["Variables"].clone();
        for (name, value) in variables {
            all[*name] = json!(value);
        }
        let change = json!({ "Environment": { "Variables": all } });
        self.http.put(&url).header("authorization", signature("lambda")).json(&change).send()?.error_for_status()?;
        until("configured", || Ok(read()?["State"] == "Active"))
    }

    /// Messages in each queue, dead letters included: those that wait, are held back or are being handled.
    pub fn queued(&self) -> Result<BTreeMap<String, u64>> {
        let queues = self.operate("sqs", "AmazonSQS.ListQueues", &json!({}))?;
        let mut queued = BTreeMap::new();
        for url in queues["QueueUrls"].as_array().context("queues")?.iter().filter_map(Value::as_str) {
            let names = ["", "NotVisible", "Delayed"].map(|which| format!("ApproximateNumberOfMessages{which}"));
            let answer = self.operate("sqs", "AmazonSQS.GetQueueAttributes", &json!({ "QueueUrl": url, "AttributeNames": names }))?;
            let counts = names.iter().filter_map(|name| answer["Attributes"][name].as_str()?.parse::<u64>().ok());
            queued.insert(url.rsplit('/').next().unwrap_or_default().to_owned(), counts.sum());
        }
        Ok(queued)
    }

    /// Gives a function another package.
    pub fn use_package(&self, function: &str, bucket: &str, key: &str) -> Result<()> {
        let url = format!("{}/2015-03-31/functions/{function}/code", self.servers.endpoint);
        let package = json!({ "S3Bucket": bucket, "S3Key": key });
        self.http.put(&url).header("authorization", signature("lambda")).json(&package).send()?.error_for_status()?;
        Ok(())
    }

    /// Lets every queue hand out a message again after that many seconds.
    pub fn hand_out_again_after(&self, seconds: u32) -> Result<()> {
        let queues = self.operate("sqs", "AmazonSQS.ListQueues", &json!({}))?;
        for url in queues["QueueUrls"].as_array().context("queues")? {
            let attributes = json!({ "VisibilityTimeout": seconds.to_string() });
            self.operate("sqs", "AmazonSQS.SetQueueAttributes", &json!({ "QueueUrl": url, "Attributes": attributes }))?;
        }
        Ok(())
    }

    /// Lets every function handle so many messages at once.
    pub fn handle_at_once(&self, messages: u32) -> Result<()> {
        let url = format!("{}/2015-03-31/event-source-mappings/", self.servers.endpoint);
        let listed: Value = self.http.get(&url).header("authorization", signature("lambda")).send()?.json()?;
        for mapping in listed["EventSourceMappings"].as_array().context("mappings")? {
            let mapping = mapping["UUID"].as_str().context("UUID")?;
            let change = json!({ "ScalingConfig": { "MaximumConcurrency": messages } });
            let request = self.http.put(format!("{url}{mapping}")).header("authorization", signature("lambda"));
            request.json(&change).send()?.error_for_status()?;
        }
        Ok(())
    }

    /// An operation of one of the emulator's services that speak JSON, by its target: `AmazonSQS.CreateQueue`.
    pub fn operate(&self, service: &str, target: &str, request: &Value) -> Result<Value> {
        let request = self.http.post(&self.servers.endpoint).json(request).header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0").header("authorization", signature(service));
        Ok(request.send()?.error_for_status()?.json().unwrap_or_default())
    }

    /// An operation of one that takes forms; its XML.
    pub fn operate_form(&self, service: &str, form: &[(&str, &str)]) -> Result<String> {
        let request = self.http.post(&self.servers.endpoint).form(form).header("authorization", signature(service));
        Ok(request.send()?.error_for_status()?.text()?)
    }

    /// Reads a setting of the bucket, or writes it.
    pub fn bucket_setting(&self, bucket: &str, setting: &str, xml: Option<String>) -> Result<String> {
        let url = format!("{}/{bucket}?{setting}", self.servers.endpoint);
        let request = match xml {
            Some(xml) => self.http.put(url).body(xml),
            None => self.http.get(url),
        };
        Ok(request.header("authorization", signature("s3")).send()?.error_for_status()?.text()?)
    }
}

fn visited(response: reqwest::blocking::Response) -> Result<Visit> {
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Ok(Visit { status, headers, text: response.text()? })
}

/// An `Idempotency-Key` that no other call has.
pub fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The emulator checks no signatures of whoever comes by the secret, but looks for the service in them.
fn signature(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"
    )
}
