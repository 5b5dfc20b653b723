//! Stands between the functions and a store: counts what passes and what the table takes for it, and spoils a share of it,
//! before or after the store has done what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::saizheng::{Client, Stack};

/// All functions of the template, by their outputs.
pub const FUNCTIONS: [&str; 12] = [
    "ValidateFunction",
    "RegisterFunction",
    "ReviewFunction",
    "ConsoleFunction",
    "IssueFunction",
    "PrintFunction",
    "ArchiveFunction",
    "PublishFunction",
    "TallyFunction",
    "ReconcileFunction",
    "VerifyFunction",
    "RestoreFunction",
];

/// What it stands in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// DynamoDB.
    Table,
    /// S3.
    Bucket,
}

/// How a call is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Refused for being one too many: nothing is done.
    Throttled,
    /// 500: nothing is done.
    Failed,
    /// 500, although it was done.
    DoneThenFailed,
    /// It was done, and the connection is cut without an answer.
    DoneThenCut,
    /// It was done, and the connection is cut after a long silence.
    DoneThenTimeout,
    /// It was done, and the answer comes late.
    DoneThenLate,
}

impl Fault {
    const ALL: [Self; 6] =
        [Self::Throttled, Self::Failed, Self::DoneThenFailed, Self::DoneThenCut, Self::DoneThenTimeout, Self::DoneThenLate];

    fn keeps_the_call(self) -> bool {
        matches!(self, Self::Throttled | Self::Failed)
    }

    fn loses_the_answer(self) -> bool {
        matches!(self, Self::DoneThenFailed | Self::DoneThenCut | Self::DoneThenTimeout)
    }
}

/// How long an answer is held back.
const SILENCE: Duration = Duration::from_millis(1500);

/// What passed.
#[derive(Debug, Default, Clone)]
pub struct Traffic {
    /// Calls by operation; for the bucket, by method.
    pub calls: BTreeMap<String, u64>,
    /// Faults by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Transactions that number.
    pub numbering: Numbering,
    /// What the table took, by operation.
    pub units: BTreeMap<String, Units>,
}

/// Capacity units: 1 KB written, 4 KB read. On demand they are priced as request units.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Units {
    /// Written: indexes included, transactions double.
    pub written: f64,
    /// Read: half where eventually consistent.
    pub read: f64,
}

impl Units {
    /// What the table's answer to an operation tells of. A transaction that had gone through before is answered for the price
    /// of reading its items: it tells of read units.
    fn told(operation: &str, answer: &Value) -> Self {
        let told = &answer["ConsumedCapacity"];
        let all: Vec<&Value> = told.as_array().map_or_else(|| vec![told], |several| several.iter().collect());
        let sum = |name: &str| all.iter().filter_map(|one| one[name].as_f64()).sum::<f64>();
        match operation {
            "GetItem" | "Query" | "Scan" | "BatchGetItem" => Self { written: 0.0, read: sum("CapacityUnits") },
            _ => Self { written: sum("CapacityUnits") - sum("ReadCapacityUnits"), read: sum("ReadCapacityUnits") },
        }
    }
}

/// Transactions that number, as the table answered them.
#[derive(Debug, Default, Clone)]
pub struct Numbering {
    /// All that reached the table.
    pub sent: u64,
    /// Successful: a repetition of the same request, which the table answers as it did the first time, counts again.
    pub committed: u64,
    /// Those that it refused.
    pub cancelled: u64,
    /// Successful, but nobody heard of it.
    pub answers_lost: u64,
}

/// A running proxy; it ends when this goes.
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    state: Arc<State>,
    _runtime: Runtime,
}

struct State {
    store: Store,
    upstream: String,
    http: reqwest::Client,
    seen: Mutex<Traffic>,
    /// The dice, and the share of calls that it spoils.
    dice: Mutex<(StdRng, f64)>,
}

impl Proxy {
    /// Listens on loopback for `upstream`, and spoils nothing.
    pub fn start(store: Store, upstream: &str, seed: u64) -> Result<Self> {
        // Once per process is enough; it is loopback, but the client wants to be able to.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State {
            store,
            upstream: upstream.to_owned(),
            http: reqwest::Client::new(),
            seen: Mutex::default(),
            dice: Mutex::new((StdRng::seed_from_u64(seed), 0.0)),
        });
        runtime.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { url, state, _runtime: runtime })
    }

    /// Spoils this share of the calls from now on.
    pub fn spoil(&self, share: f64) {
        lock(&self.state.dice).1 = share;
    }

    /// What the table took since it was asked the last time, by operation; what is under way is not in it.
    pub fn take_units(&self) -> BTreeMap<String, Units> {
        std::mem::take(&mut lock(&self.state.seen).units)
    }

    /// What passed so far.
    pub fn seen(&self) -> Traffic {
        lock(&self.state.seen).clone()
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

/// One connection; an error of `answer` cuts it.
async fn serve(stream: TcpStream, state: Arc<State>) {
    let answer = service_fn(|request| {
        let state = Arc::clone(&state);
        // A caller that goes away does not take back what it has sent.
        async move { tokio::spawn(answer(state, request)).await? }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let operation = operation(&head);
    let numbers = state.note_call(&operation, &body);
    let fault = state.draw();
    if let Some(refused) = fault.filter(|fault| fault.keeps_the_call()) {
        return state.refusal(refused);
    }
    let done = match state.store {
        Store::Table => state.metered(&operation, head, body).await?,
        Store::Bucket => state.forward(head, body).await?,
    };
    if numbers {
        state.note_numbering(done.status(), fault);
    }
    match fault {
        Some(Fault::DoneThenFailed) => return state.refusal(Fault::Failed),
        Some(Fault::DoneThenCut) => bail!("cut"),
        Some(Fault::DoneThenTimeout) => {
            tokio::time::sleep(SILENCE).await;
            bail!("cut after a silence")
        }
        Some(Fault::DoneThenLate) => tokio::time::sleep(SILENCE).await,
        _ => {}
    }
    Ok(done)
}

impl State {
    /// Counts a call; whether it is a transaction that numbers.
    fn note_call(&self, operation: &str, body: &[u8]) -> bool {
        *lock(&self.seen).calls.entry(operation.to_owned()).or_default() += 1;
        operation == "TransactWriteItems" && body.windows(11).any(|part| part == b"ALLOCATION#")
    }

    /// Has the table tell what it takes for a call.
    async fn metered(&self, operation: &str, mut head: Parts, body: Bytes) -> Result<Response<Full<Bytes>>> {
        let mut request: Value = serde_json::from_slice(&body)?;
        request["ReturnConsumedCapacity"] = json!("TOTAL");
        head.headers.remove(CONTENT_LENGTH);
        let done = self.forward(head, serde_json::to_vec(&request)?.into()).await?;
        let (head, body) = done.into_parts();
        let body = body.collect().await?.to_bytes();
        let told = Units::told(operation, &serde_json::from_slice(&body).unwrap_or_default());
        if told != Units::default() {
            let mut seen = lock(&self.seen);
            let units = seen.units.entry(operation.to_owned()).or_default();
            *units = Units { written: units.written + told.written, read: units.read + told.read };
        }
        Ok(Response::from_parts(head, Full::new(body)))
    }

    fn note_numbering(&self, status: StatusCode, fault: Option<Fault>) {
        let mut seen = lock(&self.seen);
        seen.numbering.sent += 1;
        if status.is_success() {
            seen.numbering.committed += 1;
            seen.numbering.answers_lost += u64::from(fault.is_some_and(Fault::loses_the_answer));
        } else {
            seen.numbering.cancelled += 1;
        }
    }

    fn draw(&self) -> Option<Fault> {
        let fault = {
            let (dice, share) = &mut *lock(&self.dice);
            let hit = dice.random::<f64>() < *share;
            hit.then(|| Fault::ALL[dice.random_range(0..Fault::ALL.len())])
        }?;
        *lock(&self.seen).faults.entry(fault).or_default() += 1;
        Some(fault)
    }

    async fn forward(&self, head: Parts, body: Bytes) -> Result<Response<Full<Bytes>>> {
        let path = head.uri.path_and_query().context("path")?;
        let request = self.http.request(head.method, format!("{}{path}", self.upstream));
        let answer = request.headers(end_to_end(head.headers)).body(body).send().await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = end_to_end(answer.headers().clone());
        }
        Ok(response.body(Full::new(answer.bytes().await?))?)
    }

    /// What the store itself would say.
    fn refusal(&self, fault: Fault) -> Result<Response<Full<Bytes>>> {
        let throttled = fault == Fault::Throttled;
        let (status, kind, body) = match self.store {
            Store::Table => {
                let name = if !throttled {
                    "InternalServerError"
                } else if lock(&self.dice).0.random::<bool>() {
                    "ThrottlingException"
                } else {
                    "ProvisionedThroughputExceededException"
                };
                let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{name}","message":"proof"}}"#);
                (if throttled { 400 } else { 500 }, "application/x-amz-json-1.0", body)
            }
            Store::Bucket => {
                let name = if throttled { "SlowDown" } else { "InternalError" };
                let body = format!("<?xml version=\"1.0\"?><Error><Code>{name}</Code><Message>proof</Message></Error>");
                (if throttled { 503 } else { 500 }, "application/xml", body)
            }
        };
        Ok(Response::builder().status(status).header("content-type", kind).body(Full::from(body))?)
    }
}

/// DynamoDB's name of what is asked for; for the bucket, the method.
fn operation(head: &Parts) -> String {
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).unwrap_or(head.method.as_str()).to_owned()
}

/// Headers without those that belong to one connection.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [HOST, CONNECTION, EXPECT, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a proxy before the table and one before the bucket of all functions.
///
/// # Errors
/// The stack does not run.
pub fn proxies(stack: &Stack, client: &Client, seed: u64) -> Result<[Proxy; 2]> {
    let servers = stack.servers()?;
    let proxies = [Proxy::start(Store::Table, &servers.dynamodb, seed)?, Proxy::start(Store::Bucket, &servers.endpoint, seed + 1)?];
    for function in FUNCTIONS {
        let variables = [("AWS_ENDPOINT_URL_DYNAMODB", proxies[0].url.as_str()), ("AWS_ENDPOINT_URL_S3", proxies[1].url.as_str())];
        client.configure(&stack.output(function)?, &variables)?;
    }
    Ok(proxies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_are_told_apart() {
        let told = |operation: &str, answer: Value| Units::told(operation, &answer);
        let query = json!({ "ConsumedCapacity": { "CapacityUnits": 1.5 } });
        assert_eq!(told("Query", query), Units { read: 1.5, written: 0.0 });
        let batch = json!({ "ConsumedCapacity": [{ "CapacityUnits": 60.0 }, { "CapacityUnits": 40.0 }] });
        assert_eq!(told("BatchGetItem", batch), Units { read: 100.0, written: 0.0 });
        let put = json!({ "ConsumedCapacity": { "CapacityUnits": 4.0 } });
        assert_eq!(told("PutItem", put), Units { read: 0.0, written: 4.0 });
        assert_eq!(told("PutItem", json!({})), Units::default());
    }

    #[test]
    fn a_repeated_transaction_is_a_read() {
        let told = |kind: &str| {
            let one = json!({ "CapacityUnits": 8.0, kind: 8.0 });
            Units::told("TransactWriteItems", &json!({ "ConsumedCapacity": [one] }))
        };
        assert_eq!(told("WriteCapacityUnits"), Units { read: 0.0, written: 8.0 });
        assert_eq!(told("ReadCapacityUnits"), Units { read: 8.0, written: 0.0 });
    }
}
