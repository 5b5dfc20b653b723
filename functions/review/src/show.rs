//! Looking at one application: where it stands, its reports, its certificates.

use std::time::Duration;

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use records::allocation::Allocation;
use records::application::{Application, Verdict};
use records::certificates::Certificate;
use records::keys::{ApplicationId, CHUNK, FormFormat, ObjectKey, Press, material_name};
use records::sheets::Run;
use rules::access::Actor;
use rules::application::{Reviewer, Status};
use rules::code::CertificateCode;
use rules::contest::Contest;
use rules::finding::{Finding, FindingCode, Place};
use rules::notice::{Material, Notice};
use rules::rulebook::Rulebook;
use rules::sheet::Serial;
use rules::summary::SummaryStamp;
use serde::Serialize;

use crate::api::Api;
use crate::reply::{Answer, Refusal, json_reply};

/// How long a link to an object can be used.
const LINK_LIFETIME: Duration = Duration::from_secs(30 * 60);

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a ApplicationId,
    unit: &'a str,
    contest: &'a Contest,
    status: Status,
    status_word: &'static str,
    version: u64,
    created_at: Timestamp,
    submitted_at: Option<Timestamp>,
    reason: Option<&'a str>,
    materials: &'a [Verdict],
    /// What the package as a whole lacks.
    findings: Vec<Finding>,
    reviewers: &'a [Reviewer],
    undecided: &'a [Reviewer],
    /// Gaps of the notice (G1–G30) that decisions rest on, 待确认.
    unconfirmed: &'a [String],
    decisions: Vec<Progress>,
}

/// How far a reviewer's certificates are.
#[derive(Serialize)]
struct Progress {
    reviewer: Reviewer,
    numbered: u32,
    recorded: u32,
    refused: u32,
    chunks: usize,
    printed_chunks: usize,
    run: Option<RunProgress>,
}

#[derive(Serialize)]
struct RunProgress {
    top: u64,
    count: u32,
    chunks: usize,
    printed_chunks: usize,
    /// Links to the merged PDFs that are there.
    pdfs: Vec<String>,
}

#[derive(Serialize)]
struct SummaryFormLinks<'a> {
    pdf: String,
    workbook: String,
    roster_sha256: &'a str,
    /// Whether the stamp that was asked about is this roster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<bool>,
}

#[derive(Serialize)]
struct ReportLinks {
    material: &'static str,
    clean: bool,
    json: String,
    workbook: Option<String>,
}

#[derive(Serialize)]
struct Listing {
    certificates: Vec<ListedCertificate>,
    next_after: Option<u32>,
}

#[derive(Serialize)]
struct ListedCertificate {
    row: u32,
    name: String,
    certificate_type: String,
    level: Option<String>,
    issuing_body: String,
    sealed_by: Option<String>,
    code: Option<String>,
    /// Given by the body that implements a qualification.
    external_number: Option<String>,
    serial: Option<String>,
    photo: bool,
    pdf: Option<String>,
}

/// A certificate that was looked for.
#[derive(Serialize)]
struct Found<'a> {
    application: &'a ApplicationId,
    contest: &'a str,
    /// Number of the notice it was issued under.
    notice: &'a str,
    issued_on: String,
    #[serde(flatten)]
    certificate: ListedCertificate,
}

impl Api {
    pub(crate) async fn show(&self, actor: &Actor, id: ApplicationId) -> Answer {
        let application = self.visible(actor, &id).await?;
        let verdicts = self.cloud.verdicts(&id).await?;
        let plan = application.plan.as_ref();
        let mut decisions = Vec::new();
        for allocation in self.cloud.allocations(&id).await? {
            decisions.push(self.progress(allocation).await?);
        }
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let shown = Shown {
            id: &application.id,
            unit: &application.unit,
            contest: &application.contest,
            status: application.status,
            status_word: application.status.word(),
            version: application.version,
            created_at: application.created_at,
            submitted_at: application.submitted_at,
            reason: application.reason.as_deref(),
            findings: self.package_findings(&application, &verdicts, &rulebook),
            materials: &verdicts,
            reviewers: plan.map_or(&[], |plan| &plan.reviewers),
            undecided: plan.map_or(&[], |plan| &plan.undecided),
            unconfirmed: plan.map_or(&[], |plan| &plan.unconfirmed),
            decisions,
        };
        json_reply(StatusCode::OK, &shown)
    }

    /// What the package lacks, and whether it is too late.
    fn package_findings(&self, application: &Application, verdicts: &[Verdict], rulebook: &Rulebook) -> Vec<Finding> {
        let notice = rulebook.notices.of_contest(&application.contest);
        let present: Vec<Material> = verdicts.iter().map(|verdict| verdict.material).collect();
        let mut findings = notice.missing(&present);
        if !present.contains(&Material::Photos) {
            let place = Place::file(notice.file(Material::Photos));
            findings.push(Finding::new(FindingCode::PhotoMissing, place, "没有上传照片"));
        }
        if application.submitted_at.is_none() {
            findings.extend(application.contest.deadline_finding(notice, self.cloud.clock.today()));
        }
        if application.status == Status::Returned {
            let reason = application.reason.clone().unwrap_or_default();
            findings.push(Finding::new(FindingCode::ApplicationReturned, Place::file(rules::contest::FILE), reason));
        }
        findings
    }

    async fn progress(&self, allocation: Allocation) -> Result<Progress, Refusal> {
        let printed = self.cloud.printed_chunks(&allocation.of, &allocation.reviewer, Press::Single).await?;
        let run = match self.cloud.run(&allocation.of, &allocation.reviewer).await? {
            Some(run) => Some(self.run_progress(run).await?),
            None => None,
        };
        Ok(Progress {
            numbered: allocation.numbered,
            recorded: allocation.recorded,
            refused: allocation.refused,
            chunks: allocation.chunks(),
            printed_chunks: printed.len(),
            reviewer: allocation.reviewer,
            run,
        })
    }

    async fn run_progress(&self, run: Run) -> Result<RunProgress, Refusal> {
        let printed = self.cloud.printed_chunks(&run.run_of, &run.reviewer, Press::Run).await?;
        let mut pdfs = Vec::new();
        for chunk in &printed {
            let key = ObjectKey::Run { application: run.run_of.clone(), reviewer: run.reviewer.clone(), number: chunk.number };
            pdfs.push(self.cloud.link(&key, LINK_LIFETIME).await?);
        }
        Ok(RunProgress { top: run.top, count: run.count, chunks: run.chunks(), printed_chunks: printed.len(), pdfs })
    }

    pub(crate) async fn reports(&self, actor: &Actor, id: ApplicationId) -> Answer {
        let application = self.visible(actor, &id).await?;
        let mut links = Vec::new();
        for verdict in self.cloud.verdicts(&application.id).await? {
            let json = ObjectKey::Report { application: id.clone(), material: verdict.material, version: verdict.version.clone() };
            let workbook = match verdict.material {
                Material::Roster => {
                    let key = ObjectKey::ReportWorkbook { application: id.clone(), version: verdict.version.clone() };
                    Some(self.cloud.link(&key, LINK_LIFETIME).await?)
                }
                _ => None,
            };
            let json = self.cloud.link(&json, LINK_LIFETIME).await?;
            links.push(ReportLinks { material: material_name(verdict.material), clean: verdict.clean, json, workbook });
        }
        json_reply(StatusCode::OK, &links)
    }

    /// The form that the organiser stamps, made from the roster that counts; and whether a stamp read from a scan is its.
    pub(crate) async fn summary_form(&self, actor: &Actor, id: ApplicationId, stamp: Option<&str>) -> Answer {
        let application = self.visible(actor, &id).await?;
        let verdicts = self.cloud.verdicts(&application.id).await?;
        let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster && verdict.clean);
        let roster = roster.ok_or_else(|| Refusal::Changed("选手信息导入模板表尚未通过检查，不能生成汇总表".to_owned()))?;
        let stamp = stamp.map(SummaryStamp::parse).transpose().map_err(|error| Refusal::Malformed(error.to_string()))?;
        let key = |format| ObjectKey::SummaryForm { application: id.clone(), version: roster.version.clone(), format };
        let form = SummaryFormLinks {
            pdf: self.cloud.link(&key(FormFormat::Pdf), LINK_LIFETIME).await?,
            workbook: self.cloud.link(&key(FormFormat::Workbook), LINK_LIFETIME).await?,
            roster_sha256: &roster.sha256,
            matches: stamp.map(|stamp| stamp.matches(&roster.sha256)),
        };
        json_reply(StatusCode::OK, &form)
    }

    /// A page of certificates and records in roster order, with links to the PDFs that are there.
    pub(crate) async fn certificates(&self, actor: &Actor, id: ApplicationId, after: u32) -> Answer {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest);
        let runs = self.cloud.runs(&id).await?;
        let mut printed = Vec::new();
        for reviewer in application.plan.iter().flat_map(|plan| &plan.reviewers) {
            let chunks = self.cloud.printed_chunks(&id, reviewer, Press::Single).await?;
            printed.extend(chunks.into_iter().map(|chunk| (reviewer.clone(), chunk.number)));
        }
        let page = self.cloud.certificates_of(&id, after).await?;
        let mut certificates = Vec::with_capacity(page.certificates.len());
        for certificate in page.certificates {
            let chunk = certificate.position.map(|position| (certificate.reviewer.clone(), position as usize / CHUNK));
            let pdf = match (&certificate.code, chunk) {
                (Some(code), Some(chunk)) if printed.contains(&chunk) => {
                    let key = ObjectKey::Certificate { application: id.clone(), code: code.clone() };
                    Some(self.cloud.link(&key, LINK_LIFETIME).await?)
                }
                _ => None,
            };
            certificates.push(listed(notice, &runs, certificate, pdf));
        }
        json_reply(StatusCode::OK, &Listing { certificates, next_after: page.next_after })
    }
}

impl Api {
    /// A certificate by its code, of whatever notice's grammar.
    pub(crate) async fn certificate(&self, actor: &Actor, code: &str) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let known = rulebook.notices.all().iter().find_map(|notice| CertificateCode::parse(&notice.code, code).ok());
        let code = known.ok_or_else(|| Refusal::Malformed(format!("{code} 不符合任何通知的编码规则")))?;
        let certificate = self.cloud.certificates_by_code(&[code]).await?.pop().ok_or(Refusal::NotFound)?;
        let application = self.visible(actor, &certificate.application).await?;
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest);
        let runs = self.cloud.runs(&application.id).await?;
        let found = Found {
            application: &application.id,
            contest: &application.contest.name,
            notice: &notice.notice.number,
            issued_on: application.contest.issued_on.to_string(),
            certificate: listed(notice, &runs, certificate, None),
        };
        json_reply(StatusCode::OK, &found)
    }
}

fn listed(notice: &Notice, runs: &[Run], certificate: Certificate, pdf: Option<String>) -> ListedCertificate {
    let run = runs.iter().find(|run| run.reviewer == certificate.reviewer);
    let serial = run.zip(certificate.position).and_then(|(run, position)| {
        let kind = notice.sheet_kind(&run.kind)?;
        Serial::new(kind, run.sheet(position)).ok().map(|serial| serial.to_string())
    });
    let level = certificate.entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone());
    ListedCertificate {
        row: certificate.row,
        name: certificate.entry.name.reveal().to_owned(),
        certificate_type: notice.type_rule(certificate.certificate_type).map_or_else(String::new, |rule| rule.name.clone()),
        level,
        issuing_body: certificate.issuing_body,
        sealed_by: certificate.sealed_by,
        code: certificate.code.map(|code| code.to_string()),
        external_number: certificate.external_number,
        serial,
        photo: certificate.photo,
        pdf,
    }
}
