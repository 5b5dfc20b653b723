//! Stands between the functions and a store: counts what passes and what the table takes for it, and spoils a share of it,
//! before or after the store has done what it was asked.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
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
use tokio::time::{Instant, Sleep, sleep};

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
    /// A plain write met a transaction on the same item: nothing is done. What is no plain write is throttled instead.
    Conflicted,
    /// 500: nothing is done.
    Failed,
    /// 500, although it was done.
    DoneThenFailed,
    /// It was done, and the connection is cut without an answer.
    DoneThenCut,
    /// It was done, and the connection is cut after a long silence.
    DoneThenTimeout,
    /// It was done, and the answer's first byte comes late.
    DoneThenLate,
    /// It was done, and the answer's body comes piece by piece.
    DoneThenSlow,
    /// It was done, and the connection is cut in the middle of the answer's body.
    DoneThenTorn,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Throttled,
        Self::Conflicted,
        Self::Failed,
        Self::DoneThenFailed,
        Self::DoneThenCut,
        Self::DoneThenTimeout,
        Self::DoneThenLate,
        Self::DoneThenSlow,
        Self::DoneThenTorn,
    ];

    fn keeps_the_call(self) -> bool {
        matches!(self, Self::Throttled | Self::Conflicted | Self::Failed)
    }

    fn loses_the_answer(self) -> bool {
        matches!(self, Self::DoneThenFailed | Self::DoneThenCut | Self::DoneThenTimeout | Self::DoneThenTorn)
    }
}

/// How long an answer is held back, or takes from its first byte to its last.
const SILENCE: Duration = Duration::from_millis(1500);
/// Pieces of a body that comes slowly.
const PIECES: u32 = 8;
/// Operations that conflict with a transaction, which answers for itself in another way.
const PLAIN_WRITES: [&str; 3] = ["PutItem", "UpdateItem", "DeleteItem"];

/// The body of an answer: whole, or in pieces.
pub struct Answer {
    left: Bytes,
    piece: usize,
    pause: Option<Pin<Box<Sleep>>>,
    /// Cut when no more than this is left.
    torn_at: Option<usize>,
}

impl Answer {
    fn whole(left: Bytes) -> Self {
        Self { piece: left.len(), left, pause: None, torn_at: None }
    }

    fn slow(left: Bytes) -> Self {
        let piece = left.len().div_ceil(PIECES as usize).max(1);
        Self { left, piece, pause: Some(Box::pin(sleep(SILENCE / PIECES))), torn_at: None }
    }

    /// Of a body without bytes there is no middle: the connection is cut instead of its end.
    fn torn(left: Bytes) -> Self {
        Self { piece: left.len().div_ceil(2), torn_at: Some(left.len() / 2), left, pause: None }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            pause.as_mut().reset(Instant::now() + SILENCE / PIECES);
        }
        if self.torn_at.is_some_and(|at| self.left.len() <= at) {
            return Poll::Ready(Some(Err(anyhow!("torn"))));
        }
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.piece.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.torn_at.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

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
    dice: Mutex<Dice>,
}

/// What decides which calls are spoilt.
struct Dice {
    random: StdRng,
    /// The share of calls.
    share: f64,
    kinds: &'static [Fault],
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
            dice: Mutex::new(Dice { random: StdRng::seed_from_u64(seed), share: 0.0, kinds: &Fault::ALL }),
        });
        runtime.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { url, state, _runtime: runtime })
    }

    /// Spoils this share of the calls from now on, in every way.
    pub fn spoil(&self, share: f64) {
        self.spoil_with(&Fault::ALL, share);
    }

    /// The same in these ways only.
    pub fn spoil_with(&self, kinds: &'static [Fault], share: f64) {
        let dice = &mut *lock(&self.state.dice);
        (dice.kinds, dice.share) = (kinds, share);
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

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Answer>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let operation = operation(&head);
    let numbers = state.note_call(&operation, &body);
    let fault = state.draw(&operation);
    if let Some(refused) = fault.filter(|fault| fault.keeps_the_call()) {
        return Ok(state.refusal(refused)?.map(Answer::whole));
    }
    let done = match state.store {
        Store::Table => state.metered(&operation, head, body).await?,
        Store::Bucket => state.forward(head, body).await?,
    };
    if numbers {
        state.note_numbering(done.status(), fault);
    }
    match fault {
        Some(Fault::DoneThenFailed) => Ok(state.refusal(Fault::Failed)?.map(Answer::whole)),
        Some(Fault::DoneThenCut) => bail!("cut"),
        Some(Fault::DoneThenTimeout) => {
            sleep(SILENCE).await;
            bail!("cut after a silence")
        }
        Some(Fault::DoneThenLate) => {
            sleep(SILENCE).await;
            Ok(done.map(Answer::whole))
        }
        Some(Fault::DoneThenSlow) => Ok(done.map(Answer::slow)),
        Some(Fault::DoneThenTorn) => Ok(done.map(Answer::torn)),
        _ => Ok(done.map(Answer::whole)),
    }
}

impl State {
    /// Counts a call; whether it is a transaction that numbers.
    fn note_call(&self, operation: &str, body: &[u8]) -> bool {
        *lock(&self.seen).calls.entry(operation.to_owned()).or_default() += 1;
        operation == "TransactWriteItems" && body.windows(11).any(|part| part == b"ALLOCATION#")
    }

    /// Has the table tell what it takes for a call.
    async fn metered(&self, operation: &str, mut head: Parts, body: Bytes) -> Result<Response<Bytes>> {
        let mut request: Value = serde_json::from_slice(&body)?;
        request["ReturnConsumedCapacity"] = json!("TOTAL");
        head.headers.remove(CONTENT_LENGTH);
        let done = self.forward(head, serde_json::to_vec(&request)?.into()).await?;
        let told = Units::told(operation, &serde_json::from_slice(done.body()).unwrap_or_default());
        if told != Units::default() {
            let mut seen = lock(&self.seen);
            let units = seen.units.entry(operation.to_owned()).or_default();
            *units = Units { written: units.written + told.written, read: units.read + told.read };
        }
        Ok(done)
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

    fn draw(&self, operation: &str) -> Option<Fault> {
        let drawn = {
            let Dice { random, share, kinds } = &mut *lock(&self.dice);
            let hit = random.random::<f64>() < *share;
            hit.then(|| kinds[random.random_range(0..kinds.len())])
        }?;
        let fault = if drawn == Fault::Conflicted && !PLAIN_WRITES.contains(&operation) { Fault::Throttled } else { drawn };
        *lock(&self.seen).faults.entry(fault).or_default() += 1;
        Some(fault)
    }

    async fn forward(&self, head: Parts, body: Bytes) -> Result<Response<Bytes>> {
        let path = head.uri.path_and_query().context("path")?;
        let request = self.http.request(head.method, format!("{}{path}", self.upstream));
        let answer = request.headers(end_to_end(head.headers)).body(body).send().await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = end_to_end(answer.headers().clone());
        }
        Ok(response.body(answer.bytes().await?)?)
    }

    /// What the store itself would say.
    fn refusal(&self, fault: Fault) -> Result<Response<Bytes>> {
        let (status, kind, body) = match self.store {
            Store::Table => {
                let (status, name) = match fault {
                    Fault::Conflicted => (400, "TransactionConflictException"),
                    Fault::Throttled if lock(&self.dice).random.random::<bool>() => (400, "ThrottlingException"),
                    Fault::Throttled => (400, "ProvisionedThroughputExceededException"),
                    _ => (500, "InternalServerError"),
                };
                let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{name}","message":"proof"}}"#);
                (status, "application/x-amz-json-1.0", body)
            }
            Store::Bucket => {
                let throttled = fault == Fault::Throttled;
                let name = if throttled { "SlowDown" } else { "InternalError" };
                let body = format!("<?xml version=\"1.0\"?><Error><Code>{name}</Code><Message>proof</Message></Error>");
                (if throttled { 503 } else { 500 }, "application/xml", body)
            }
        };
        Ok(Response::builder().status(status).header("content-type", kind).body(body.into())?)
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
    use std::io::{Read, Write};

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

    /// A store that answers everything with eight bytes.
    fn eight_bytes() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{\"a\": 1}");
            }
        });
        url
    }

    #[test]
    fn a_slow_body_comes_whole_and_a_torn_one_does_not() {
        let proxy = Proxy::start(Store::Bucket, &eight_bytes(), 0).expect("a proxy");
        let http = reqwest::blocking::Client::new();
        let ask = || http.get(&proxy.url).send().and_then(reqwest::blocking::Response::bytes);
        proxy.spoil_with(&[Fault::DoneThenSlow], 1.0);
        let start = std::time::Instant::now();
        assert_eq!(ask().expect("all of it").len(), 8);
        assert!(start.elapsed() >= SILENCE / 2, "{:?}", start.elapsed());
        proxy.spoil_with(&[Fault::DoneThenTorn], 1.0);
        assert!(ask().is_err());
    }

    #[test]
    fn only_a_plain_write_conflicts() {
        let proxy = Proxy::start(Store::Table, &eight_bytes(), 0).expect("a proxy");
        proxy.spoil_with(&[Fault::Conflicted], 1.0);
        let ask = |operation: &str| {
            let request = reqwest::blocking::Client::new().post(&proxy.url).body("{}");
            request.header("x-amz-target", format!("DynamoDB_20120810.{operation}")).send().and_then(reqwest::blocking::Response::text)
        };
        for operation in PLAIN_WRITES {
            assert!(ask(operation).expect("an answer").contains("TransactionConflictException"));
        }
        assert!(!ask("TransactWriteItems").expect("an answer").contains("TransactionConflictException"));
        assert_eq!(proxy.seen().faults, BTreeMap::from([(Fault::Throttled, 1), (Fault::Conflicted, 3)]));
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
