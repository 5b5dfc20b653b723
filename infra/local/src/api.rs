//! A client of the HTTP API, local or deployed.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use operations::applications::{CreateApplication, CreatedApplication, UploadForm};
use operations::authorisation::{EnterAuthorisationNumber, ShownAuthorisation};
use operations::contest::{CorrectContest, CorrectedContest};
use operations::decisions::{Authorise, Authorised, Qualified, Qualify};
use operations::explain::{Explanation, ShownPlan};
use operations::exported::ExportedList;
use operations::filing::ShownFiling;
use operations::hand_out::{Collect, CollectedLot, EnterHandOut, EnterHandOuts, EnteredHandOuts, Winners};
use operations::lists::{ApplicationFilter, ApplicationPage, ApplicationSummary};
use operations::numbers::{EnterNumber, EnterNumbers, EnteredNumbers};
use operations::own_lot::LotAsked;
use operations::register::Facts;
use operations::reports::ReportLinks;
use operations::sheets::{Books, ShownLedger};
use operations::show::{CertificatePage, ShownApplication, SummaryFormLinks};
use operations::states::ListedCertificate;
use operations::statistics::ShownStatistics;
use operations::supervision::SupervisionLink;
use reqwest::{Client, Method, StatusCode};
use rules::intake::contest::{Contest, OrganiserContact};
use rules::issue::application::Review;
use rules::values::finding::Finding;
use rules::values::vocabulary::CertificateType;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

impl Refused {
    /// Whether the fault is the system's.
    pub(crate) fn is_a_failure(&self) -> bool {
        matches!(self.code.as_str(), "DEFECT" | "UNAVAILABLE")
    }
}

/// Of a request that has none.
const NO_BODY: Option<&()> = None;

/// What was asked for, or the API's no.
pub(crate) type Answer<T> = Result<std::result::Result<T, Refused>>;

/// That an application or a certificate is not there, by the number that was asked for.
fn named(refused: Refused, path: &str) -> Refused {
    if refused.code != "NOT_FOUND" {
        return refused;
    }
    let of = |begin: &str| path.strip_prefix(begin).map(|rest| rest.split_once(['/', '?']).unwrap_or((rest, "")));
    // What names a row or a number within it may be what is not there.
    let names_more = |part: &str| part.contains(|c: char| c.is_ascii_digit());
    let message = match (of("/v1/applications/"), of("/v1/certificates/")) {
        (Some((id, part)), _) if names_more(part) => {
            format!("申报 {id} 中没有所写的行号、编号，或没有这份申报，或不归这个账号；申报号用 saizheng list 查看")
        }
        (Some((id, _)), _) => format!("没有申报 {id}，或不归这个账号；申报号用 saizheng list 查看"),
        (None, Some((code, _))) => format!("没有编码或编号为 {code} 的证书，或不归这个账号；请核对编码或编号"),
        (None, None) => return refused,
    };
    Refused { message, ..refused }
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

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Answer<T> {
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
        let error = serde_json::from_str::<Value>(&text).ok().map(|value| value["error"].clone());
        let refused: Option<Refused> = error.and_then(|error| serde_json::from_value(error).ok());
        match refused {
            // The system's own failure is no answer to go on with.
            Some(refused) if status.is_server_error() => Err(refused.into()),
            Some(refused) => Ok(Err(named(refused, path))),
            _ => anyhow::bail!("{path}：{status} {}", text.chars().take(300).collect::<String>()),
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(self.call(Method::GET, path, NO_BODY).await??)
    }

    /// What may be refused.
    pub(crate) async fn ask(&self, path: &str) -> Answer<Value> {
        self.call(Method::GET, path, NO_BODY).await
    }

    /// The same of what is put.
    pub(crate) async fn put(&self, path: &str, body: &impl Serialize) -> Answer<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// The same of what is thrown away.
    pub(crate) async fn remove(&self, path: &str) -> Answer<Value> {
        self.call(Method::DELETE, path, NO_BODY).await
    }

    /// A request with a body; the answer as `T`.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn create(&self, contest: &Contest) -> Answer<CreatedApplication> {
        self.post("/v1/applications", &CreateApplication { contest: contest.clone(), unseen: Vec::new() }).await
    }

    /// Whether the account may see an application.
    pub(crate) async fn sees(&self, id: &str) -> Result<bool> {
        let shown: Answer<Value> = self.call(Method::GET, &format!("/v1/applications/{id}"), NO_BODY).await;
        Ok(shown?.is_ok())
    }

    pub(crate) async fn show(&self, id: &str) -> Result<ShownApplication> {
        self.get(&format!("/v1/applications/{id}")).await
    }

    /// The account's own applications.
    pub(crate) async fn list(&self) -> Result<Vec<ApplicationSummary>> {
        self.list_of(ApplicationFilter::default()).await
    }

    /// Those that fit as a workbook.
    pub(crate) async fn exported_list(&self, filter: &ApplicationFilter) -> Result<ExportedList> {
        let request = self.http.get(format!("{}/v1/applications/workbook", self.base)).bearer_auth(&self.token).query(filter);
        Ok(self.answer("/v1/applications/workbook", request).await??)
    }

    /// Those of the account's applications that fit, page by page.
    pub(crate) async fn list_of(&self, mut filter: ApplicationFilter) -> Result<Vec<ApplicationSummary>> {
        let mut all = Vec::new();
        filter.size = Some(200);
        loop {
            let request = self.http.get(format!("{}/v1/applications", self.base)).bearer_auth(&self.token).query(&filter);
            let page: ApplicationPage = self.answer("/v1/applications", request).await??;
            all.extend(page.applications);
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// An answer as it is.
    pub(crate) async fn get_value(&self, path: &str) -> Result<Value> {
        self.get(path).await
    }

    /// The organiser's lines in the head of the summary form, as the unit last gave them.
    pub(crate) async fn last_contact(&self) -> Result<OrganiserContact> {
        self.get("/v1/contact").await
    }

    pub(crate) async fn show_value(&self, id: &str) -> Result<Value> {
        self.get(&format!("/v1/applications/{id}")).await
    }

    pub(crate) async fn authorise(&self, id: &str, request: &Authorise) -> Answer<Authorised> {
        self.post(&format!("/v1/applications/{id}/authorise"), request).await
    }

    /// The authorisation that an application goes under.
    pub(crate) async fn authorisation(&self, id: &str) -> Answer<ShownAuthorisation> {
        self.call(Method::GET, &format!("/v1/applications/{id}/authorisation"), NO_BODY).await
    }

    /// Enters the number of the authorisation that an application goes under.
    pub(crate) async fn enter_authorisation_number(&self, id: &str, request: &EnterAuthorisationNumber) -> Answer<ShownAuthorisation> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/authorisation"), Some(request)).await
    }

    /// The authorisation with that number.
    pub(crate) async fn find_authorisation(&self, number: &str) -> Answer<ShownAuthorisation> {
        let request = self.http.get(format!("{}/v1/authorisations", self.base)).bearer_auth(&self.token).query(&[("number", number)]);
        self.answer("/v1/authorisations", request).await
    }

    pub(crate) async fn correct_contest(&self, id: &str, request: &CorrectContest) -> Answer<CorrectedContest> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/contest"), Some(request)).await
    }

    pub(crate) async fn qualify(&self, id: &str, version: u64, review: &Review) -> Answer<Qualified> {
        self.post(&format!("/v1/applications/{id}/qualify"), &Qualify { version, review: review.clone() }).await
    }

    pub(crate) async fn print(&self, id: &str, request: &Value) -> Answer<Value> {
        self.post(&format!("/v1/applications/{id}/print"), request).await
    }

    pub(crate) async fn enter_body(&self, body: &rules::numbers::body::Body) -> Answer<Value> {
        self.call(Method::PUT, "/v1/bodies", Some(body)).await
    }

    pub(crate) async fn sheets(&self) -> Result<Books> {
        self.get("/v1/sheets").await
    }

    /// A movement of blank sheets, by its name in the path.
    pub(crate) async fn move_sheets(&self, movement: &str, request: &Value) -> Answer<Value> {
        self.post(&format!("/v1/sheets/{movement}"), request).await
    }

    pub(crate) async fn ledger(&self, kind: &str, holder: Option<&str>) -> Answer<ShownLedger> {
        let holder = holder.map_or_else(String::new, |holder| format!("&holder={holder}"));
        self.call(Method::GET, &format!("/v1/sheets/ledger?kind={kind}{holder}"), NO_BODY).await
    }

    /// A sheet jammed; the rest of its run moves on.
    /// What every row gets, or would get.
    pub(crate) async fn planned_rows(&self, id: &str) -> Answer<ShownPlan> {
        self.call(Method::GET, &format!("/v1/applications/{id}/plan"), NO_BODY).await
    }

    pub(crate) async fn print_again(&self, id: &str) -> Answer<Value> {
        self.post(&format!("/v1/applications/{id}/print-again"), &json!({})).await
    }

    pub(crate) async fn void_sheet(&self, id: &str, request: &Value) -> Answer<Value> {
        self.post(&format!("/v1/applications/{id}/void-sheet"), request).await
    }

    /// `reissue`, `correct` or `revoke` of a certificate.
    pub(crate) async fn change_certificate(&self, code: &str, change: &str, request: &Value) -> Answer<Value> {
        self.post(&format!("/v1/certificates/{code}/{change}"), request).await
    }

    /// The account's lot of an application was collected.
    pub(crate) async fn collect(&self, id: &str, collected: &Collect) -> Answer<CollectedLot> {
        self.post(&format!("/v1/applications/{id}/collection"), collected).await
    }

    /// The lots of an application and who collected them.
    pub(crate) async fn collections(&self, id: &str) -> Result<Vec<CollectedLot>> {
        self.get(&format!("/v1/applications/{id}/collection")).await
    }

    /// Winners have their certificates.
    pub(crate) async fn enter_hand_outs(&self, id: &str, winners: Vec<EnterHandOut>) -> Answer<EnteredHandOuts> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/hand-outs"), Some(&EnterHandOuts { winners })).await
    }

    /// A page of winners whose certificates the organiser has.
    pub(crate) async fn waiting_winners(&self, id: &str, after: u32) -> Result<Winners> {
        self.get(&format!("/v1/applications/{id}/hand-outs?waiting=true&after={after}")).await
    }

    /// Orders the statistics of a year.
    pub(crate) async fn order_statistics(&self, year: i16) -> Answer<ShownStatistics> {
        self.post(&format!("/v1/statistics/{year}"), &json!({})).await
    }

    /// How far the statistics of a year are.
    pub(crate) async fn statistics(&self, year: i16) -> Answer<ShownStatistics> {
        self.call(Method::GET, &format!("/v1/statistics/{year}"), NO_BODY).await
    }

    pub(crate) async fn facts(&self, after: Option<&str>) -> Answer<Facts> {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        self.call(Method::GET, &format!("/v1/audit{after}"), NO_BODY).await
    }

    /// Links to the form that the organiser stamps; whether `stamp` is its.
    pub(crate) async fn summary_form(&self, id: &str, stamp: Option<&str>) -> Answer<SummaryFormLinks> {
        let mut path = format!("/v1/applications/{id}/summary-form");
        if let Some(stamp) = stamp {
            path.push_str(&format!("?stamp={stamp}"));
        }
        self.call(Method::GET, &path, NO_BODY).await
    }

    /// New forms for the materials of an application.
    pub(crate) async fn uploads(&self, id: &str) -> Answer<CreatedApplication> {
        self.call(Method::POST, &format!("/v1/applications/{id}/uploads"), NO_BODY).await
    }

    /// Why a row got what it got.
    pub(crate) async fn explain(&self, id: &str, row: u32) -> Answer<Explanation> {
        self.call(Method::GET, &format!("/v1/applications/{id}/rows/{row}"), NO_BODY).await
    }

    /// Enters the number of one row.
    pub(crate) async fn enter_number(&self, id: &str, row: u32, entered: &EnterNumber) -> Answer<Value> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/records/{row}"), Some(entered)).await
    }

    /// Enters the numbers of several rows.
    pub(crate) async fn enter_numbers(&self, id: &str, request: &EnterNumbers) -> Answer<EnteredNumbers> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/numbers"), Some(request)).await
    }

    /// That the filed body has the submission.
    pub(crate) async fn receive_filing(&self, id: &str) -> Answer<ShownFiling> {
        self.call(Method::PUT, &format!("/v1/applications/{id}/filing"), NO_BODY).await
    }

    /// The workbook for the supervision system, of the account's lot.
    pub(crate) async fn supervision(&self, id: &str, certificate_type: Option<CertificateType>) -> Answer<SupervisionLink> {
        let path = format!("/v1/applications/{id}/supervision");
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).query(&LotAsked { certificate_type });
        self.answer(&path, request).await
    }

    /// A certificate by its code.
    pub(crate) async fn certificate(&self, code: &str) -> Answer<Value> {
        self.call(Method::GET, &format!("/v1/certificates/{code}"), NO_BODY).await
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

    /// Checks a notice or a catalogue against what counts.
    pub(crate) async fn check_part(&self, part: &str, text: String) -> Answer<Value> {
        let request = self.http.post(format!("{}/v1/rulebook/{part}/check", self.base)).bearer_auth(&self.token);
        self.answer(part, request.header("content-type", "text/plain; charset=utf-8").body(text)).await
    }

    /// Withdraws what was put in the place of a notice or a catalogue.
    pub(crate) async fn withdraw(&self, part: &str) -> Answer<Value> {
        self.call(Method::DELETE, &format!("/v1/rulebook/{part}"), NO_BODY).await
    }

    /// Deletes an application that is still the unit's own.
    pub(crate) async fn delete(&self, id: &str) -> Answer<Value> {
        self.call(Method::DELETE, &format!("/v1/applications/{id}"), NO_BODY).await
    }

    pub(crate) async fn reports(&self, id: &str) -> Result<Vec<ReportLinks>> {
        self.get(&format!("/v1/applications/{id}/reports")).await
    }

    /// All certificates and records, in roster order.
    pub(crate) async fn certificates(&self, id: &str) -> Result<Vec<ListedCertificate>> {
        let (mut all, mut after) = (Vec::new(), Some(0));
        while let Some(row) = after {
            let page: CertificatePage = self.get(&format!("/v1/applications/{id}/certificates?after={row}")).await?;
            all.extend(page.certificates);
            after = page.next_after;
        }
        Ok(all)
    }

    /// Uploads a file with a form; S3's error code if it is refused.
    pub(crate) async fn upload(&self, form: &UploadForm, bytes: Vec<u8>) -> Result<std::result::Result<(), String>> {
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

    /// What is behind a link, written to a file as it comes.
    pub(crate) async fn download_into(&self, link: &str, file: &mut std::fs::File) -> Result<()> {
        let mut response = self.http.get(link).send().await.context("下载")?.error_for_status().context("下载")?;
        while let Some(chunk) = response.chunk().await.context("下载")? {
            file.write_all(&chunk).context("下载")?;
        }
        Ok(())
    }

    /// The bytes behind a link.
    pub(crate) async fn download(&self, link: &str) -> Result<Vec<u8>> {
        let response = self.http.get(link).send().await.context("下载")?.error_for_status().context("下载")?;
        Ok(response.bytes().await?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_that_is_not_there_is_named() {
        let refused = |path: &str, code: &str| {
            let refused = Refused { code: code.to_owned(), message: "没有找到".to_owned(), findings: Vec::new() };
            named(refused, path).message
        };
        assert_eq!(refused("/v1/applications/abc", "NOT_FOUND"), "没有申报 abc，或不归这个账号；申报号用 saizheng list 查看");
        assert!(refused("/v1/applications/abc/rows/9", "NOT_FOUND").contains("行号"));
        assert_eq!(refused("/v1/applications/abc", "DENIED"), "没有找到");
        assert_eq!(refused("/v1/applications/abc/trail?size=200", "NOT_FOUND"), refused("/v1/applications/abc/rows?size=1", "NOT_FOUND"));
        assert!(refused("/v1/certificates/abc/revoke", "NOT_FOUND").starts_with("没有编码或编号为 abc 的证书"));
        assert_eq!(refused("/v1/sheets/ledger", "NOT_FOUND"), "没有找到");
    }
}
