//! A client of the HTTP API, local or deployed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, Method, StatusCode};
use rules::audit::Fact;
use rules::intake::contest::Contest;
use rules::issue::application::{Review, Step};
use rules::sheets::stock::LedgerEntry;
use rules::values::finding::Finding;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{hand_out, statistics};

/// Speaks for one account.
pub(crate) struct Api {
    base: String,
    token: String,
    http: Client,
}

/// The API said no, in words for the user.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) findings: Vec<Finding>,
}

/// What was asked for, or the API's no.
pub(crate) type Answer<T> = Result<std::result::Result<T, Refused>>;

/// A presigned POST form.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Form {
    pub(crate) url: String,
    pub(crate) fields: BTreeMap<String, String>,
}

/// A created application.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) uploads: BTreeMap<String, Form>,
    /// What is already known to be wrong with the contest's record.
    pub(crate) findings: Vec<Finding>,
}

/// A line of the list of applications.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    pub(crate) id: String,
    pub(crate) contest: String,
    pub(crate) status: rules::issue::status::Status,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page {
    applications: Vec<Summary>,
    next: Option<String>,
}

/// What the commands read of an application.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) contest: Contest,
    pub(crate) status: rules::issue::status::Status,
    pub(crate) status_word: String,
    pub(crate) version: u64,
    pub(crate) materials: Vec<Verdict>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) reviewers: Vec<String>,
    pub(crate) unconfirmed: Vec<String>,
    pub(crate) decisions: Vec<Progress>,
}

impl Shown {
    /// Whether the system has done what it can with the materials: registered them, or found what is wrong.
    pub(crate) fn is_settled(&self) -> bool {
        use rules::issue::status::Status::{Draft, Registering};
        let in_order = self.materials.iter().all(|material| material.clean) && !self.findings.iter().any(Finding::is_error);
        self.status != Registering && !(self.status == Draft && in_order)
    }
}

/// A material's verdict.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) version: String,
    pub(crate) clean: bool,
}

/// How far a reviewer's certificates are.
#[derive(Debug, Deserialize)]
pub(crate) struct Progress {
    pub(crate) reviewer: String,
    pub(crate) numbered: u32,
    pub(crate) recorded: u32,
    pub(crate) chunks: usize,
    pub(crate) printed_chunks: usize,
    pub(crate) stage: Option<rules::issue::allocation::Stage>,
    pub(crate) runs: Vec<RunProgress>,
}

/// How far a run's merged PDFs are.
#[derive(Debug, Deserialize)]
pub(crate) struct RunProgress {
    pub(crate) chunks: usize,
    pub(crate) printed_chunks: usize,
    pub(crate) pdfs: Vec<String>,
    pub(crate) lists: Vec<String>,
}

/// Links to a material's report.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportLinks {
    pub(crate) json: String,
    pub(crate) workbook: Option<String>,
}

/// A report's findings.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Listing {
    certificates: Vec<Certificate>,
    next_after: Option<u32>,
}

/// A certificate or a record.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) row: u32,
    pub(crate) name: String,
    pub(crate) certificate_type: String,
    pub(crate) level: Option<String>,
    pub(crate) issuing_body: String,
    pub(crate) sealed_by: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) pdf: Option<String>,
}

/// Links to the summary form.
#[derive(Debug, Deserialize)]
pub(crate) struct SummaryForm {
    pub(crate) pdf: String,
    pub(crate) workbook: String,
    pub(crate) matches: Option<bool>,
}

/// Why a row got what it got.
#[derive(Debug, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) notice: String,
    pub(crate) issuing_body: String,
    pub(crate) sealed_by: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// Books of blank sheets, with serials as they are printed.
#[derive(Debug, Deserialize)]
pub(crate) struct Sheets {
    pub(crate) books: Vec<Book>,
    /// What ever came from the printing house; told to the Center only.
    pub(crate) registers: Vec<Register>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Book {
    pub(crate) kind: String,
    pub(crate) holder: String,
    /// First and last serial of each bundle.
    pub(crate) on_hand: Vec<(String, String)>,
    pub(crate) on_hand_count: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Register {
    pub(crate) kind: String,
    pub(crate) received: Vec<(String, String)>,
}

/// A holder's ledger.
#[derive(Debug, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) book: Book,
    pub(crate) lines: Vec<LedgerEntry>,
}

/// A page of what an audit rests on.
#[derive(Debug, Deserialize)]
pub(crate) struct Facts {
    pub(crate) facts: Vec<Fact>,
    pub(crate) next: Option<String>,
}

/// Sends a request, once more where no answer comes: with the same key it is carried out once.
async fn sent(request: reqwest::RequestBuilder) -> reqwest::Result<(StatusCode, String)> {
    let again = request.try_clone();
    match (answered(request).await, again) {
        (Err(error), Some(again)) if !error.is_timeout() => answered(again).await,
        (answer, _) => answer,
    }
}

async fn answered(request: reqwest::RequestBuilder) -> reqwest::Result<(StatusCode, String)> {
    let response = request.send().await?;
    Ok((response.status(), response.text().await?))
}

impl Api {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), token: token.to_owned(), http: Client::new() }
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&Value>) -> Answer<T> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        // What is carried out once owes a key; the others do not look at it.
        request = request.header("idempotency-key", format!("{:032x}", rand::random::<u128>()));
        self.answer(path, request).await
    }

    async fn answer<T: DeserializeOwned>(&self, path: &str, request: reqwest::RequestBuilder) -> Answer<T> {
        let (status, text) = sent(request.timeout(Duration::from_secs(60))).await.context("API 无法连接")?;
        if status.is_success() {
            return Ok(Ok(serde_json::from_str(&text).with_context(|| format!("{path} 的回答无法读取"))?));
        }
        let refused = serde_json::from_str::<Value>(&text).ok().and_then(|value| serde_json::from_value(value["error"].clone()).ok());
        match refused {
            Some(refused) if status != StatusCode::SERVICE_UNAVAILABLE => Ok(Err(refused)),
            _ => anyhow::bail!("{path}：{status} {}", text.chars().take(300).collect::<String>()),
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.call(Method::GET, path, None).await?.map_err(|refused| anyhow::anyhow!("{}", refused.message))
    }

    /// A request with a body; the answer as `T`.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Answer<T> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn create(&self, contest: &Contest) -> Answer<Created> {
        self.call(Method::POST, "/v1/applications", Some(&json!({ "contest": contest }))).await
    }

    pub(crate) async fn show(&self, id: &str) -> Result<Shown> {
        self.get(&format!("/v1/applications/{id}")).await
    }

    /// The account's own applications.
    pub(crate) async fn list(&self) -> Result<Vec<Summary>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page: Page = self.get(&format!("/v1/applications?size=200{after}")).await?;
            all.extend(page.applications);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// An answer as it is.
    pub(crate) async fn get_value(&self, path: &str) -> Result<Value> {
        self.get(path).await
    }

    pub(crate) async fn show_value(&self, id: &str) -> Result<Value> {
        self.get(&format!("/v1/applications/{id}")).await
    }

    pub(crate) async fn authorise(&self, id: &str, version: u64) -> Answer<Value> {
        self.call(Method::POST, &format!("/v1/applications/{id}/authorise"), Some(&json!({ "version": version }))).await
    }

    pub(crate) async fn qualify(&self, id: &str, version: u64, review: &Review) -> Answer<Value> {
        let body = json!({ "version": version, "refused": review.refused, "overrides": review.overrides });
        self.call(Method::POST, &format!("/v1/applications/{id}/qualify"), Some(&body)).await
    }

    pub(crate) async fn print(&self, id: &str, request: &Value) -> Answer<Value> {
        self.call(Method::POST, &format!("/v1/applications/{id}/print"), Some(request)).await
    }

    pub(crate) async fn enter_body(&self, body: &rules::numbers::body::Body) -> Answer<Value> {
        self.call(Method::PUT, "/v1/bodies", Some(&serde_json::to_value(body)?)).await
    }

    pub(crate) async fn sheets(&self) -> Result<Sheets> {
        self.get("/v1/sheets").await
    }

    /// A movement of blank sheets, by its name in the path.
    pub(crate) async fn move_sheets(&self, movement: &str, request: &Value) -> Answer<Value> {
        self.call(Method::POST, &format!("/v1/sheets/{movement}"), Some(request)).await
    }

    pub(crate) async fn ledger(&self, kind: &str, holder: Option<&str>) -> Answer<Ledger> {
        let holder = holder.map_or_else(String::new, |holder| format!("&holder={holder}"));
        self.call(Method::GET, &format!("/v1/sheets/ledger?kind={kind}{holder}"), None).await
    }

    /// A sheet jammed; the rest of its run moves on.
    pub(crate) async fn void_sheet(&self, id: &str, request: &Value) -> Answer<Value> {
        self.call(Method::POST, &format!("/v1/applications/{id}/void-sheet"), Some(request)).await
    }

    /// `reissue`, `correct` or `revoke` of a certificate.
    pub(crate) async fn change_certificate(&self, code: &str, change: &str, request: &Value) -> Answer<Value> {
        self.call(Method::POST, &format!("/v1/certificates/{code}/{change}"), Some(request)).await
    }

    /// The account's lot of an application was collected.
    pub(crate) async fn collect(&self, id: &str, collected: &hand_out::Collected) -> Answer<hand_out::Lot> {
        self.call(Method::POST, &format!("/v1/applications/{id}/collection"), Some(&serde_json::to_value(collected)?)).await
    }

    /// The lots of an application and who collected them.
    pub(crate) async fn collections(&self, id: &str) -> Result<Vec<hand_out::Lot>> {
        self.get(&format!("/v1/applications/{id}/collection")).await
    }

    /// Winners have their certificates.
    pub(crate) async fn enter_hand_outs(&self, id: &str, winners: &[hand_out::Entered]) -> Answer<hand_out::Done> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/hand-outs"), Some(&json!({ "winners": winners }))).await
    }

    /// A page of winners whose certificates the organiser has.
    pub(crate) async fn waiting_winners(&self, id: &str, after: u32) -> Result<hand_out::Winners> {
        self.get(&format!("/v1/applications/{id}/hand-outs?waiting=true&after={after}")).await
    }

    /// Orders the statistics of a year.
    pub(crate) async fn order_statistics(&self, year: i16) -> Answer<statistics::Shown> {
        self.call(Method::POST, &format!("/v1/statistics/{year}"), Some(&json!({}))).await
    }

    /// How far the statistics of a year are.
    pub(crate) async fn statistics(&self, year: i16) -> Answer<statistics::Shown> {
        self.call(Method::GET, &format!("/v1/statistics/{year}"), None).await
    }

    pub(crate) async fn facts(&self, after: Option<&str>) -> Answer<Facts> {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        self.call(Method::GET, &format!("/v1/audit{after}"), None).await
    }

    /// Links to the form that the organiser stamps; whether `stamp` is its.
    pub(crate) async fn summary_form(&self, id: &str, stamp: Option<&str>) -> Answer<SummaryForm> {
        let mut path = format!("/v1/applications/{id}/summary-form");
        if let Some(stamp) = stamp {
            path.push_str(&format!("?stamp={stamp}"));
        }
        self.call(Method::GET, &path, None).await
    }

    /// New forms for the materials of an application.
    pub(crate) async fn uploads(&self, id: &str) -> Answer<Created> {
        self.call(Method::POST, &format!("/v1/applications/{id}/uploads"), None).await
    }

    /// Why a row got what it got.
    pub(crate) async fn explain(&self, id: &str, row: u32) -> Answer<Explanation> {
        self.call(Method::GET, &format!("/v1/applications/{id}/rows/{row}"), None).await
    }

    /// Enters the number of a certificate that others issue.
    pub(crate) async fn enter_external_number(&self, id: &str, row: u32, number: &str) -> Answer<Value> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/records/{row}"), Some(&json!({ "number": number }))).await
    }

    /// A certificate by its code.
    pub(crate) async fn certificate(&self, code: &str) -> Answer<Value> {
        self.call(Method::GET, &format!("/v1/certificates/{code}"), None).await
    }

    /// The notices and catalogues that count.
    pub(crate) async fn rulebook(&self) -> Result<Value> {
        self.get("/v1/rulebook").await
    }

    /// Replaces a notice or a catalogue.
    pub(crate) async fn place(&self, part: &str, text: String) -> Answer<Value> {
        let request = self.http.put(format!("{}/v1/rulebook/{part}", self.base)).bearer_auth(&self.token);
        self.answer(part, request.header("content-type", "text/plain; charset=utf-8").body(text)).await
    }

    /// Withdraws what was put in the place of a notice or a catalogue.
    pub(crate) async fn withdraw(&self, part: &str) -> Answer<Value> {
        self.call(Method::DELETE, &format!("/v1/rulebook/{part}"), None).await
    }

    pub(crate) async fn reports(&self, id: &str) -> Result<Vec<ReportLinks>> {
        self.get(&format!("/v1/applications/{id}/reports")).await
    }

    /// All certificates and records, in roster order.
    pub(crate) async fn certificates(&self, id: &str) -> Result<Vec<Certificate>> {
        let (mut all, mut after) = (Vec::new(), Some(0));
        while let Some(row) = after {
            let page: Listing = self.get(&format!("/v1/applications/{id}/certificates?after={row}")).await?;
            all.extend(page.certificates);
            after = page.next_after;
        }
        Ok(all)
    }

    /// Uploads a file with a form; S3's error code if it is refused.
    pub(crate) async fn upload(&self, form: &Form, bytes: Vec<u8>) -> Result<std::result::Result<(), String>> {
        let mut multipart = reqwest::multipart::Form::new();
        for (name, value) in &form.fields {
            multipart = multipart.text(name.clone(), value.clone());
        }
        // The file comes last: S3 ignores every field after it.
        let file = reqwest::multipart::Part::bytes(bytes).file_name("file");
        let response = self.http.post(&form.url).multipart(multipart.part("file", file)).send().await.context("上传")?;
        if response.status().is_success() {
            return Ok(Ok(()));
        }
        let text = response.text().await?;
        let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or("unknown");
        Ok(Err(code.to_owned()))
    }

    /// What anybody is told of a certificate: no account is needed. What is unknown is an answer too.
    pub(crate) async fn look_up(&self, code: &str, name: &str) -> Answer<rules::after::verification::Answer> {
        let request = self.http.post(format!("{}/verify", self.base)).header("accept", "application/json");
        let request = request.json(&json!({ "code": code, "name": name })).timeout(Duration::from_secs(60));
        let response = request.send().await.context("API 无法连接")?;
        let status = response.status();
        let answer: Value = response.json().await.context("/verify 的回答无法读取")?;
        if status.is_success() || status == StatusCode::NOT_FOUND {
            return Ok(Ok(serde_json::from_value(answer)?));
        }
        Ok(Err(serde_json::from_value(answer["error"].clone()).with_context(|| format!("/verify：{status}"))?))
    }

    /// The bytes behind a link.
    pub(crate) async fn download(&self, link: &str) -> Result<Vec<u8>> {
        let response = self.http.get(link).send().await.context("下载")?.error_for_status().context("下载")?;
        Ok(response.bytes().await?.to_vec())
    }
}
