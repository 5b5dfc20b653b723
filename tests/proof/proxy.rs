//! Stands between the functions and a store: counts what passes, and spoils a share of it, before or after the store
//! has done what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, EXPECT, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What it stands in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Table,
    Bucket,
}

/// How a call is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
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
pub(crate) struct Traffic {
    /// Calls by operation; for the bucket, by method.
    pub(crate) calls: BTreeMap<String, u64>,
    /// Faults by kind.
    pub(crate) faults: BTreeMap<Fault, u64>,
    /// Transactions that number.
    pub(crate) numbering: Numbering,
}

/// Transactions that number, as the table answered them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Numbering {
    pub(crate) sent: u64,
    /// Successful: a repetition of the same request, which the table answers as it did the first time, counts again.
    pub(crate) committed: u64,
    pub(crate) cancelled: u64,
    /// Successful, but nobody heard of it.
    pub(crate) answers_lost: u64,
}

/// A running proxy; it ends when this goes.
pub(crate) struct Proxy {
    pub(crate) url: String,
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
    pub(crate) fn start(store: Store, upstream: &str, seed: u64) -> Result<Self> {
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
    pub(crate) fn spoil(&self, share: f64) {
        lock(&self.state.dice).1 = share;
    }

    /// What passed so far.
    pub(crate) fn seen(&self) -> Traffic {
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
    let numbers = state.note_call(&head, &body);
    let fault = state.draw();
    if let Some(refused) = fault.filter(|fault| fault.keeps_the_call()) {
        return state.refusal(refused);
    }
    let done = state.forward(head, body).await?;
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
    fn note_call(&self, head: &Parts, body: &[u8]) -> bool {
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or(head.method.as_str()).to_owned();
        let numbers = operation == "TransactWriteItems" && body.windows(11).any(|part| part == b"ALLOCATION#");
        let mut seen = lock(&self.seen);
        *seen.calls.entry(operation).or_default() += 1;
        numbers
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
