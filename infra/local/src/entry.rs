//! The one address that people are told: API, verification, and the bucket's forms and links, on a port that stays.
//!
//! A browser on this machine also runs pages of others, and any of them can name this address. What such a page sends, or
//! what comes by a name that only leads here (DNS rebinding), is refused before anything looks at it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rand::RngExt as _;
use serde_json::json;
use tokio::net::TcpListener;

use crate::deployed;
use crate::emulator::BUCKET;
use crate::mistake::mistake;
use crate::policies::{self, Guard};
use crate::private;
use crate::secret::Secret;

/// Below the ports that systems give to outgoing connections, so that none of these is in the way at the next start.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The emulator closes a connection that was quiet for 75 seconds.
const QUIET: Duration = Duration::from_secs(30);

struct Entry {
    data: PathBuf,
    port: u16,
    /// Where the emulator listens, without the secret.
    emulator: String,
    secret: Secret,
    guard: Guard,
    http: Client<HttpConnector, Body>,
}

/// The address's listener: the port that it had before, or any at the first start.
pub(crate) async fn listen(data: &Path) -> Result<TcpListener> {
    let path = data.join("port");
    let known = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse::<u16>().ok());
    if let Some(port) = known {
        return TcpListener::bind(("127.0.0.1", port)).await.map_err(|_| {
            let path = path.display();
            mistake(format!("端口 {port} 被别的程序占用，请先结束那个程序；要换一个端口，请删除 {path} 后重新启动"))
        });
    }
    for _ in 0..100 {
        let port = rand::rng().random_range(PORTS);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            private::write(&path, port.to_string().as_bytes())?;
            return Ok(listener);
        }
    }
    anyhow::bail!("没有空闲的端口")
}

/// Serves until the process ends.
pub(crate) async fn serve(listener: TcpListener, data: &Path, emulator: &str, secret: &Secret, guard: Guard) -> Result<()> {
    let http = Client::builder(TokioExecutor::new()).pool_idle_timeout(QUIET).build_http();
    let port = listener.local_addr()?.port();
    let entry = Entry { data: data.to_owned(), port, emulator: emulator.to_owned(), secret: secret.clone(), guard, http };
    axum::serve(listener, Router::new().fallback(forward).with_state(Arc::new(entry))).await.context("entry")
}

/// The bytes of a request to a service that speaks JSON.
const MAX_JSON: usize = 1024 * 1024;

async fn forward(State(entry): State<Arc<Entry>>, request: Request) -> Response {
    if let Some(why) = foreign(request.method(), request.headers(), entry.port) {
        return refusal(StatusCode::FORBIDDEN, "DENIED", why);
    }
    let Some(inner) = entry.inner(request.uri()) else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "本机系统还没有部署好，请稍候再试");
    };
    match (inner.whose, policies::caller(request.headers()), policies::signer(request.uri())) {
        (Whose::Bucket, Some(function), _) => entry.bucket_of(&function, inner.uri, request).await,
        (Whose::Bucket, None, Some(function)) => entry.link_of(&function, inner.uri, request).await,
        (Whose::Service, Some(function), _) => entry.service_of(&function, inner.uri, request).await,
        _ => entry.passed_on(inner.uri, request).await,
    }
}

/// Who answers at an address behind this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Bucket,
    /// Event bus, queues and parameter store.
    Service,
    Api,
}

struct Inner {
    whose: Whose,
    uri: Uri,
}

impl Entry {
    /// Where a request goes to: the bucket as it is (its signature says who may), by the secret to the services that functions
    /// call, everything else to the API.
    fn inner(&self, uri: &Uri) -> Option<Inner> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let first = uri.path().split('/').nth(1).unwrap_or_default();
        let (whose, path) = if first == BUCKET {
            (Whose::Bucket, path.to_owned())
        } else if self.secret.is(first) {
            (Whose::Service, path.to_owned())
        } else {
            (Whose::Api, api_path(&self.secret, &deployed::deployed_api(&self.data)?, path))
        };
        Some(Inner { whose, uri: format!("{}{path}", self.emulator).parse().ok()? })
    }

    async fn passed_on(&self, to: Uri, mut request: Request) -> Response {
        *request.uri_mut() = to;
        match self.http.request(request).await {
            Ok(response) => response.map(Body::new),
            Err(_) => refusal(StatusCode::BAD_GATEWAY, "UNAVAILABLE", "本机系统没有回答，请稍候再试"),
        }
    }

    /// What somebody asks for by a link that a function has signed: no more than the function may read.
    async fn link_of(&self, function: &str, to: Uri, request: Request) -> Response {
        let asks = policies::bucket_asks(request.method(), request.uri(), request.headers());
        if self.guard.shows(function, asks.as_deref()) { self.passed_on(to, request).await } else { access_denied() }
    }

    /// A function's request to the bucket.
    async fn bucket_of(&self, function: &str, to: Uri, request: Request) -> Response {
        let asks = policies::bucket_asks(request.method(), request.uri(), request.headers());
        if !self.guard.allows(function, asks.as_deref()) {
            return access_denied();
        }
        let path = request.uri().path().to_owned();
        let response = self.passed_on(to, request).await;
        if response.status() == StatusCode::NOT_FOUND && !self.guard.may_know(function, BUCKET, &path) { access_denied() } else { response }
    }

    /// A function's request to a service that speaks JSON.
    async fn service_of(&self, function: &str, to: Uri, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, MAX_JSON).await else {
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", "请求过大");
        };
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let asks = serde_json::from_slice(&body).ok().and_then(|body| policies::service_asks(target, &body));
        if !self.guard.allows(function, asks.as_deref()) {
            let refused =
                json!({ "__type": "AccessDeniedException", "message": format!("{function} is not authorized to perform {target}") });
            return answer(StatusCode::BAD_REQUEST, "application/x-amz-json-1.0", refused.to_string());
        }
        self.passed_on(to, Request::from_parts(head, Body::from(body))).await
    }
}

/// The API's path on the emulator: its own host name would need DNS.
fn api_path(secret: &Secret, api: &str, path: &str) -> String {
    format!("/{secret}/_aws/execute-api/{api}/$default{path}")
}

/// Why a request is not one that this machine's own programs and pages make, if it is not.
///
/// Whoever follows a link from elsewhere may look at a page (verification: QR codes lead there). What changes something, and
/// what another page only loads, must come from a page of this address, or from a program, which has no origin.
fn foreign(method: &Method, headers: &HeaderMap, port: u16) -> Option<&'static str> {
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let all = |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>();
    let is_own = |host: &str| own.iter().any(|known| known.eq_ignore_ascii_case(host));
    match all(HOST.as_str())[..] {
        [host] if is_own(host) => {}
        _ => return Some("地址不是本机系统的入口地址，没有办理"),
    }
    let looks = matches!(*method, Method::GET | Method::HEAD);
    let own_origin = |origin: &str| origin.strip_prefix("http://").is_some_and(is_own);
    if all(ORIGIN.as_str()).iter().any(|origin| !own_origin(origin)) {
        return Some("请求来自别的网站，没有办理");
    }
    let follows_a_link = || looks && all("sec-fetch-mode") == ["navigate"] && matches!(all("sec-fetch-dest")[..], [] | ["document"]);
    match all("sec-fetch-site")[..] {
        [] | ["same-origin" | "none"] => None,
        _ if follows_a_link() => None,
        _ => Some("请求来自别的网站，没有办理"),
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": code, "message": message } }).to_string();
    answer(status, "application/json; charset=utf-8", body)
}

/// What S3 says to whoever has no right to what is asked for.
fn access_denied() -> Response {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    answer(StatusCode::FORBIDDEN, "application/xml", body.to_owned())
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name: axum::http::HeaderName = name.parse().expect("a name");
            all.append(name, value.parse().expect("a value"));
        }
        foreign(&method.parse().expect("a method"), &all, 20_001).is_none()
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:20001");

    #[tokio::test]
    async fn the_port_stays_and_is_nobody_elses() -> Result<()> {
        let data = std::env::temp_dir().join(format!("saizheng-entry-{}", std::process::id()));
        private::folder(&data)?;
        let first = listen(&data).await?;
        let address = first.local_addr()?;
        assert!(PORTS.contains(&address.port()));
        let taken = listen(&data).await.expect_err("it is taken").to_string();
        assert!(taken.contains(&address.port().to_string()) && taken.contains(&*data.join("port").to_string_lossy()), "{taken}");
        drop(first);
        assert_eq!(listen(&data).await?.local_addr()?, address);
        std::fs::remove_dir_all(data)?;
        Ok(())
    }

    #[test]
    fn only_by_its_own_name() {
        assert!(allowed("GET", &[HERE]) && allowed("POST", &[HERE]) && allowed("POST", &[("host", "LOCALHOST:20001")]));
        for host in ["127.0.0.1", "127.0.0.1:20002", "example.com", "example.com:20001", "127.0.0.1:20001.example.com", ""] {
            assert!(!allowed("GET", &[("host", host)]), "{host}");
        }
        assert!(!allowed("GET", &[]) && !allowed("GET", &[HERE, ("host", "example.com")]));
    }

    #[test]
    fn a_page_of_others_does_nothing_here() {
        for origin in ["http://example.com", "https://127.0.0.1:20001", "http://127.0.0.1:20002", "null", ""] {
            assert!(!allowed("POST", &[HERE, ("origin", origin)]) && !allowed("GET", &[HERE, ("origin", origin)]), "{origin}");
        }
        assert!(allowed("POST", &[HERE, ("origin", "http://127.0.0.1:20001")]));
        for site in ["cross-site", "same-site"] {
            for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
                assert!(!allowed(method, &[HERE, ("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")]), "{method}");
            }
            let navigated =
                |method, dest| allowed(method, &[HERE, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)]);
            assert!(navigated("GET", "document") && !navigated("GET", "iframe") && !navigated("POST", "document"));
        }
        for site in ["same-origin", "none"] {
            assert!(allowed("POST", &[HERE, ("sec-fetch-site", site)]), "{site}");
        }
    }
}
