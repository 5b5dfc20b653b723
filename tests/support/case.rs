//! One application, taken through the API step by step.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::saizheng::{Client, Stack, until};

/// The bucket of the local stack.
pub const BUCKET: &str = "saizheng-work-000000000000";

/// An application on its way.
pub struct Case {
    /// Its id.
    pub id: String,
    /// The forms that upload its materials.
    pub forms: Value,
    /// The unit's token.
    pub unit: String,
    /// The Center's token.
    pub center: String,
}

impl Case {
    /// Creates the folder's application.
    pub fn create(client: &Client, folder: &Folder) -> Result<Self> {
        Self::create_as(client, folder, client.token("unit", "unit-1")?)
    }

    /// Creates it for whoever has that token.
    pub fn create_as(client: &Client, folder: &Folder, unit: String) -> Result<Self> {
        let center = client.token("center", "00")?;
        let contest: rules::intake::contest::Contest = toml::from_str(&folder.contest)?;
        let (status, created) = client.call(Some(&unit), "POST", "/v1/applications", Some(&json!({ "contest": contest })))?;
        ensure!(status == 201, "create: {status} {created}");
        let id = created["id"].as_str().context("id")?.to_owned();
        Ok(Self { id, forms: created["uploads"].clone(), unit, center })
    }

    /// Uploads one material as it lies in the folder.
    pub fn upload(&self, client: &Client, folder: &Folder, material: &str, file: &str) -> Result<()> {
        let (status, code) = client.upload(&self.forms[material], &std::fs::read(folder.path().join(file))?)?;
        ensure!(status == 204, "upload {material}: {status} {code}");
        Ok(())
    }

    /// Uploads the four materials.
    pub fn upload_all(&self, client: &Client, folder: &Folder) -> Result<()> {
        for (material, file) in
            [("contest", "contest.pdf"), ("commendation", "commendation.pdf"), ("summary", "summary.pdf"), ("roster", "roster.xlsx")]
        {
            self.upload(client, folder, material, file)?;
        }
        Ok(())
    }

    /// A path below the application's.
    pub fn path(&self, step: &str) -> String {
        format!("/v1/applications/{}{step}", self.id)
    }

    /// The application as the unit sees it.
    pub fn show(&self, client: &Client) -> Result<Value> {
        let (status, shown) = client.call(Some(&self.unit), "GET", &self.path(""), None)?;
        ensure!(status == 200, "show: {status} {shown}");
        Ok(shown)
    }

    /// Waits for a status.
    pub fn until_status(&self, client: &Client, wanted: &str) -> Result<Value> {
        let mut shown = Value::Null;
        until(wanted, || {
            shown = self.show(client)?;
            Ok(shown["status"] == wanted)
        })?;
        Ok(shown)
    }

    /// Waits until it is submitted anew: at a later version than `version`.
    pub fn until_submitted_after(&self, client: &Client, version: &Value) -> Result<()> {
        until("submitted anew", || {
            let shown = self.show(client)?;
            Ok(shown["status"] == "submitted" && shown["version"].as_u64() > version.as_u64())
        })
    }

    /// A step with the version the application has now.
    pub fn step(&self, client: &Client, token: &str, step: &str, mut body: Value) -> Result<(u16, Value)> {
        body["version"] = self.show(client)?["version"].clone();
        client.call(Some(token), "POST", &self.path(step), Some(&body))
    }

    /// Authorises, as the Center.
    pub fn authorise(&self, client: &Client) -> Result<()> {
        let (status, answer) = self.step(client, &self.center, "/authorise", json!({}))?;
        ensure!(status == 200, "authorise: {status} {answer}");
        Ok(())
    }

    /// Approves every row, as the Center.
    pub fn qualify(&self, client: &Client) -> Result<Value> {
        let (status, answer) = self.step(client, &self.center, "/qualify", json!({}))?;
        ensure!(status == 200, "qualify: {status} {answer}");
        Ok(answer)
    }

    /// Waits until every single PDF is there; the certificates as the unit sees them.
    pub fn until_printed(&self, client: &Client) -> Result<Vec<Value>> {
        until("printed", || {
            let decisions = self.show(client)?["decisions"].clone();
            let all = decisions.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|d| d["chunks"] == d["printed_chunks"]));
            Ok(all)
        })?;
        self.certificates(client)
    }

    /// Prints what is left, as the Center, and waits for the merged PDFs. Made-up winners have no photos: that wants a reason.
    pub fn print(&self, client: &Client) -> Result<Value> {
        let run = self.done(client, "/print", json!({ "reason": "照片由本机构粘贴" }))?;
        until("the run", || {
            let decisions = self.show(client)?["decisions"].clone();
            let runs = decisions.as_array().into_iter().flatten().flat_map(|decision| decision["runs"].as_array().into_iter().flatten());
            Ok(runs.into_iter().all(|run| run["chunks"] == run["printed_chunks"]))
        })?;
        Ok(run)
    }

    /// Archives the skill-level certificates that the Center issued; the seal.
    pub fn archive(&self, client: &Client) -> Result<Value> {
        self.archive_type(client, "skill_level")
    }

    /// Archives what the Center issued of one type; the seal.
    pub fn archive_type(&self, client: &Client, certificate_type: &str) -> Result<Value> {
        let mut sealed = Value::Null;
        until("sealed", || {
            sealed = self.done(client, "/archive", json!({ "certificate_type": certificate_type }))?["sealed"].clone();
            Ok(!sealed.is_null())
        })?;
        Ok(sealed)
    }

    /// Publishes it through a batch of its own, confirmed by what the query site would show.
    pub fn publish(&self, client: &Client) -> Result<()> {
        let post = |path: &str, body: Value| -> Result<Value> {
            let (status, answer) = client.call(Some(&self.center), "POST", path, Some(&body))?;
            ensure!(status == 200 || status == 201, "{path}: {status} {answer}");
            Ok(answer)
        };
        let batch = post("/v1/publications", json!({ "kind": "new", "applications": [self.id] }))?;
        let path = format!("/v1/publications/{}/{}", batch["applicant"].as_str().context("applicant")?, batch["number"]);
        for step in ["review", "uploaded"] {
            post(&format!("{path}/{step}"), json!({}))?;
        }
        post(&format!("{path}/confirm"), json!({ "list": self.result_list(client)? }))?;
        Ok(())
    }

    /// What the query site would show of its certificates.
    pub fn result_list(&self, client: &Client) -> Result<String> {
        let live = self.certificates(client)?.into_iter().filter(|certificate| certificate["revoked"].is_null());
        let row = |certificate: &Value| Some(format!("{},{}\n", certificate["code"].as_str()?, certificate["name"].as_str()?));
        let rows: String = live.filter_map(|certificate| row(&certificate)).collect();
        Ok(format!("证书编号,姓名\n{rows}"))
    }

    /// A step as the Center, which must succeed.
    fn done(&self, client: &Client, step: &str, body: Value) -> Result<Value> {
        let (status, answer) = client.call(Some(&self.center), "POST", &self.path(step), Some(&body))?;
        ensure!(status == 200, "{step}: {status} {answer}");
        Ok(answer)
    }

    /// All certificates, page by page, as the unit sees them.
    pub fn certificates(&self, client: &Client) -> Result<Vec<Value>> {
        let (mut certificates, mut after) = (Vec::new(), json!(0));
        while !after.is_null() {
            let (status, page) = client.call(Some(&self.unit), "GET", &self.path(&format!("/certificates?after={after}")), None)?;
            ensure!(status == 200, "certificates: {status} {page}");
            certificates.extend(page["certificates"].as_array().context("certificates")?.iter().cloned());
            after = page["next_after"].clone();
        }
        Ok(certificates)
    }

    /// From nothing to submitted.
    pub fn submitted(client: &Client, folder: &Folder) -> Result<Self> {
        let case = Self::create(client, folder)?;
        case.upload_all(client, folder)?;
        case.until_status(client, "submitted")?;
        Ok(case)
    }

    /// From nothing to authorised.
    pub fn authorised(client: &Client, folder: &Folder) -> Result<Self> {
        let case = Self::submitted(client, folder)?;
        case.authorise(client)?;
        Ok(case)
    }

    /// From nothing to the last certificate's own PDF.
    pub fn issued(client: &Client, folder: &Folder) -> Result<Self> {
        folder.write()?;
        let case = Self::authorised(client, folder)?;
        case.qualify(client)?;
        case.until_printed(client)?;
        Ok(case)
    }
}

/// A correction that two people decide: the Center's account asks for it, another one of the Center approves it.
pub fn correct_by_two(client: &Client, center: &str, code: &str, correction: &Value) -> Result<Value> {
    let (status, request) = client.call(Some(center), "POST", &format!("/v1/certificates/{code}/corrections"), Some(correction))?;
    ensure!(status == 202, "request: {status} {request}");
    let id = request["application"].as_str().context("application")?;
    let path = format!("/v1/applications/{id}/corrections/{}/approve", request["number"]);
    let second = client.token_of("second-of-the-center", "center", "00")?;
    let (status, answer) = client.call(Some(&second), "POST", &path, Some(&json!({})))?;
    ensure!(status == 200, "approve: {status} {answer}");
    Ok(answer)
}

/// The codes of a listing, in order.
pub fn codes(certificates: &[Value]) -> Vec<&str> {
    certificates.iter().filter_map(|certificate| certificate["code"].as_str()).collect()
}

/// A stack of its own with sheets 1–`sheets` in the Center's hands, its client, and the Center's token.
pub fn office(sheets: u32) -> Result<(Stack, Client, String)> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let center = client.token("center", "00")?;
    let received = json!({ "kind": "skill_level", "ranges": [["JN00000001", format!("JN{sheets:08}")]] });
    let (status, answer) = client.call(Some(&center), "POST", "/v1/sheets/receive", Some(&received))?;
    ensure!(status == 200, "receive: {status} {answer}");
    Ok((stack, client, center))
}

/// Runs reconciliation as if it were long after, and long after it ran the last time: whatever has not moved on by now is stuck.
pub fn reconcile(stack: &Stack, client: &Client) -> Result<u64> {
    /// Days since 2100-01-01.
    static DAYS: AtomicI64 = AtomicI64::new(0);
    let later = jiff::Timestamp::from_second(4_102_444_800 + 86_400 * DAYS.fetch_add(10, Ordering::Relaxed))?;
    let (answer, failed) = client.invoke(&stack.output("ReconcileFunction")?, &json!({ "time": later.to_string() }))?;
    ensure!(!failed, "reconcile: {answer}");
    answer.as_u64().context("a count")
}

/// Waits until no work is left but what units are to hand in; what has got lost is set going before.
pub fn settled(stack: &Stack, client: &Client) -> Result<()> {
    reconcile(stack, client)?;
    let is_left = |item: &Value| !item["pending"].is_null() && item["sk"]["S"] != "APPLICATION";
    until("nothing is pending", || Ok(!client.scan()?.iter().any(is_left)))
}
