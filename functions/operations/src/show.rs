//! Looking at one application: where it stands, its reports, its certificates.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use records::application::{Application, Verdict};
use records::issue::certificates::{Certificate, PAGE};
use records::issue::failures::PrintFailure;
use records::keys::objects::{FormFormat, ObjectKey, PrintOutput, bundles_of, chunks_of};
use rules::after::publication::Batch;
use rules::intake::contest::Contest;
use rules::intake::photos::unreadable;
use rules::intake::summary::SummaryStamp;
use rules::issue::allocation::{Allocation, Stage};
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::notice::{ApprovalManner, Notice, PhotoNeed};
use rules::numbers::code::CertificateCode;
use rules::rulebook::Rulebook;
use rules::sheets::run::{Run, first_unprinted};
use rules::values::date::day_of;
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::folding;
use rules::values::party::{Actor, Applicant, IssuingUnit};
use rules::values::schema::{Day, Moment};
use rules::values::vocabulary::{CertificateType, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::authorisation::{ShownAuthorisation, act_of, status_word};
use crate::decisions::exchanged_finding;
use crate::failures::ShownFailure;
use crate::filing::{ShownDeclaration, ShownFiling, ShownOriginal, shown_originals};
use crate::links::LINK_LIFETIME;
use crate::lot_tasks::{LotTask, task_of};
use crate::own_lot::title;
use crate::refusal::Refusal;
use crate::rows::{is_visible, sees_all_rows, sees_rows_of};
use crate::runs::ShownRun;
use crate::states::{ListedCertificate, RowState, lot_word, word_of};
use crate::view::LotsInView;

/// Where an application stands.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownApplication {
    /// Its id, by which every path names it.
    pub id: ApplicationId,
    /// The unit's organisation.
    pub unit: String,
    /// The contest's record.
    pub contest: Contest,
    /// The contest's jurisdiction by its name.
    #[serde(default)]
    pub jurisdiction_word: String,
    /// Where it stands.
    pub status: Status,
    /// The status as units and staff call it.
    pub status_word: String,
    /// Decisions name it, so that none is taken on what has changed since.
    pub version: u64,
    /// When it was created.
    #[schemars(with = "Moment")]
    pub created_at: Timestamp,
    /// When it was submitted for the first time.
    #[schemars(with = "Option<Moment>")]
    pub submitted_at: Option<Timestamp>,
    /// Why it was returned.
    pub reason: Option<String>,
    /// The latest verdict on each material, by the contest's record as it is now.
    pub materials: Vec<Verdict>,
    /// Materials that are being judged anew, since the contest's record was corrected.
    #[serde(default)]
    pub judging: Vec<Material>,
    /// What the package as a whole lacks.
    pub findings: Vec<Finding>,
    /// The organiser's word for its materials (六、（二）); none: 未声明.
    #[serde(default)]
    pub declaration: Option<ShownDeclaration>,
    /// The materials that are wanted on paper (五、（一）), and what was received of them.
    #[serde(default)]
    pub originals: Vec<ShownOriginal>,
    /// The filed body that it is handed in to because it will issue (五、（一）: 备案), and its note; none where others issue, or before the
    /// submission.
    #[serde(default)]
    pub filing: Option<ShownFiling>,
    /// Whether nothing is authorised before that body has noted it.
    #[serde(default)]
    pub filing_required: bool,
    /// Whether nothing is authorised without the organiser's word.
    #[serde(default)]
    pub declaration_required: bool,
    /// Whether nothing is authorised before all originals are there.
    #[serde(default)]
    pub originals_required: bool,
    /// As what the Center decided on it (二): 授权, 审批, or neither; none before.
    #[serde(default)]
    pub manner: Option<ApprovalManner>,
    /// What that is called; before the decision, what it is called as a rule (授权).
    #[serde(default)]
    pub act: String,
    /// The contest's authorisation (一赛一授权) that it goes under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<ShownAuthorisation>,
    /// What the Center owes a reason for, if it authorises the application as it stands; told while that can be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons_owed: Vec<ShownOwedReason>,
    /// Who reviews its rows; nobody before the authorisation.
    pub reviewers: Vec<IssuingUnit>,
    /// Those of them who have not decided yet.
    pub undecided: Vec<IssuingUnit>,
    /// Gaps of the notice (G1–G30) that decisions rest on, 待确认.
    pub unconfirmed: Vec<String>,
    /// How far each reviewer's certificates are, as far as the account may see them.
    pub decisions: Vec<LotProgress>,
}

/// Something that the Center owes a reason for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownOwedReason {
    /// What the reason is given under.
    pub key: String,
    /// The finding.
    pub finding: Finding,
}

impl ShownApplication {
    /// Whether the stamped summary form is about to be judged again, against the roster that counts now.
    pub fn has_form_to_compare(&self) -> bool {
        records::application::form_to_compare(&self.materials).is_some()
    }
}

/// How far a reviewer's certificates are.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LotProgress {
    /// Who reviewed the rows.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are.
    pub certificate_type: CertificateType,
    /// The type as the notice calls it.
    pub certificate_type_word: String,
    /// How many certificates got a number at the review.
    pub numbered: u32,
    /// How many have one by now, those that took the place of others included.
    pub end: u32,
    /// How many rows have no number of ours: 职业资格, and 专项 whose numbers are not entered yet.
    pub recorded: u32,
    /// How many rows were refused.
    pub refused: u32,
    /// Parts in which the certificates' own PDFs are made.
    pub chunks: usize,
    /// Parts that are there.
    pub printed_chunks: usize,
    /// Stages that the lot has reached by hand.
    pub stage: Option<Stage>,
    /// Where it stands, as units and staff call it: 已登记 where others issue, 待编号 where numbers are still to be entered.
    #[serde(default)]
    pub stage_word: String,
    /// Whether it can be archived as it is (资料存档): printed, or recorded where others issue, and every file drawn.
    #[serde(default)]
    pub archivable: bool,
    /// How many certificates were revoked since.
    pub withdrawn: usize,
    /// Whether every certificate lies on a sheet; where its type has none, whether each is in a run.
    pub on_sheets: bool,
    /// Whether certificates of its type lie on blank sheets with serials.
    #[serde(default)]
    pub with_sheets: bool,
    /// What the account has to do next with it; none where others do, or the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<LotTask>,
    /// Print runs, in order.
    pub runs: Vec<RunProgress>,
    /// What could not be made of it, besides the runs' files; it waits for somebody to have it printed again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ShownFailure>,
}

impl LotProgress {
    /// What people call it, and files are named by: who reviewed it, and the type.
    pub fn title(&self) -> String {
        format!("{}-{}", self.reviewer, self.certificate_type_word)
    }
}

/// A run, and how far its merged PDFs are.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RunProgress {
    /// The run itself.
    #[serde(flatten)]
    pub run: ShownRun,
    /// Parts in which the merged PDFs are made.
    pub chunks: usize,
    /// Parts that are there.
    pub printed_chunks: usize,
    /// Links to the merged PDFs that are there.
    pub pdfs: Vec<String>,
    /// Links to their cover lists.
    pub lists: Vec<String>,
    /// 打印失败: parts that could not be made; they wait for somebody to have them printed again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ShownFailure>,
}

/// A stamp to compare.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StampAsked {
    /// Text of the QR code on a scanned summary form.
    pub stamp: Option<String>,
}

/// Links to the summary form.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SummaryFormLinks {
    /// Link to the form to print and stamp.
    pub pdf: String,
    /// Link to the same as a workbook.
    pub workbook: String,
    /// SHA-256 of the roster it is made from, in hex.
    pub roster_sha256: String,
    /// Whether the stamp that was asked about is this roster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<bool>,
}

/// Where a page of certificates begins.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificatesAsked {
    /// `next_after` of the page before; the first page, if none is named.
    pub after: Option<u32>,
}

/// A page of rows in roster order, each with its certificate or record, or with why it has none.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CertificatePage {
    /// Those of this page; a row whose code was replaced is there twice, under the old code and under the new one.
    pub certificates: Vec<ListedCertificate>,
    /// Where the next page begins; none at the end.
    pub next_after: Option<u32>,
}

/// A certificate that was looked for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FoundCertificate {
    /// The application that it is of.
    pub application: ApplicationId,
    /// 大赛名称
    pub contest: String,
    /// Number of the notice it was issued under.
    pub notice: String,
    /// The day that stands on it.
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// The certificate, as lists show it.
    #[serde(flatten)]
    pub certificate: ListedCertificate,
}

impl Operations {
    /// Where an application stands, with the lots that the actor may see.
    pub async fn show(&self, actor: &Actor, id: ApplicationId) -> Result<ShownApplication, Refusal> {
        let (application, all) = self.cloud.applications().as_judged(&id).await?;
        if !is_visible(actor, &application) {
            return Err(Refusal::NotFound);
        }
        let (verdicts, outdated): (Vec<Verdict>, Vec<Verdict>) = all.into_iter().partition(|verdict| verdict.is_of(&application));
        let judging: Vec<Material> = outdated.iter().map(|verdict| verdict.material).collect();
        let plan = application.plan.as_ref();
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let failures = self.cloud.failures().open(&id).await?;
        // Runs link to lists with the winners' names.
        let mut lots = self.cloud.allocations().of(&id).await?;
        lots.retain(|lot| sees_rows_of(actor, &application, &lot.reviewer));
        let batches = match lots.iter().any(|lot| lot.stage() == Some(Stage::Archived)) {
            true => self.cloud.publications().batches(&Applicant::of(actor)).await?,
            false => Vec::new(),
        };
        let mut decisions = Vec::with_capacity(lots.len());
        for allocation in lots {
            decisions.push(self.progress(actor, allocation, notice, (&failures, &batches)).await?);
        }
        let authorisation = match self.authorisation_over(&application).await? {
            Some(stored) => Some(self.shown_authorisation(actor, &application, stored.authorisation).await?),
            None => None,
        };
        let named = notice.jurisdictions.iter().find(|one| one.code == application.contest.jurisdiction);
        let jurisdiction_word = named.map_or_else(|| application.contest.jurisdiction.clone(), |one| one.name.clone());
        Ok(ShownApplication {
            jurisdiction_word,
            authorisation,
            manner: plan.map(|plan| plan.manner),
            act: act_of(&application, notice).to_owned(),
            findings: self.package_findings(&application, &verdicts, &judging, notice),
            judging,
            materials: verdicts,
            declaration: application.declaration.as_ref().map(ShownDeclaration::from),
            originals: shown_originals(notice, &application.originals),
            filing: application.filing.as_ref().map(ShownFiling::from),
            filing_required: notice.procedure.filing_required,
            declaration_required: notice.procedure.declaration_required,
            originals_required: notice.procedure.originals_required,
            reasons_owed: self.shown_reasons(&application, notice, &rulebook).await?,
            reviewers: plan.map_or_else(Vec::new, |plan| plan.reviewers.clone()),
            undecided: plan.map_or_else(Vec::new, |plan| plan.undecided.clone()),
            unconfirmed: plan.map_or_else(Vec::new, |plan| plan.unconfirmed.clone()),
            decisions,
            status: application.status,
            status_word: status_word(&application, notice),
            version: application.version,
            created_at: application.created_at,
            submitted_at: application.submitted_at,
            id: application.id,
            unit: application.unit,
            contest: application.contest,
            reason: application.reason,
        })
    }

    /// By the rules in force, as the authorisation will ask for them.
    async fn shown_reasons(
        &self,
        application: &Application,
        notice: &Notice,
        rulebook: &Rulebook,
    ) -> Result<Vec<ShownOwedReason>, Refusal> {
        if application.status != Status::Submitted {
            return Ok(Vec::new());
        }
        let owed = self.reasons_owed(application, notice, rulebook.catalogues()?).await?;
        Ok(owed.into_iter().map(|owed| ShownOwedReason { key: owed.key, finding: owed.finding }).collect())
    }

    /// What the package lacks, and whether it is too late.
    fn package_findings(&self, application: &Application, verdicts: &[Verdict], judging: &[Material], notice: &Notice) -> Vec<Finding> {
        let present: Vec<Material> = verdicts.iter().map(|verdict| verdict.material).chain(judging.iter().copied()).collect();
        let mut findings = notice.missing(&present);
        if !present.contains(&Material::Photos) && notice.photo.before_printing != PhotoNeed::Optional {
            let place = Place::file(notice.file(Material::Photos));
            findings.push(Finding::new(FindingCode::PhotoMissing, place, "没有上传照片，各行证书照片栏都将留空"));
        }
        if application.submitted_at.is_none() {
            let handed_in = application.handed_in_at(records::application::handed_in_at(notice, verdicts));
            let day = handed_in.map_or_else(|| self.cloud.clock.today(), day_of);
            findings.extend(application.contest.deadline_finding(notice, day));
        }
        findings.extend(exchanged_finding(application, notice));
        if application.status == Status::Returned {
            let reason = application.reason.clone().unwrap_or_default();
            findings.push(Finding::new(FindingCode::ApplicationReturned, Place::file(rules::values::finding::CONTEST_FILE), reason));
        }
        findings
    }

    async fn progress(
        &self,
        actor: &Actor,
        allocation: Allocation,
        notice: &Notice,
        (failures, batches): (&[PrintFailure], &[Batch]),
    ) -> Result<LotProgress, Refusal> {
        let own = || failures.iter().filter(|failure| failure.chunk.lot == allocation.lot());
        let (of_runs, others): (Vec<_>, Vec<_>) = own().partition(|failure| matches!(failure.chunk.press, PrintOutput::Run(_)));
        let drawn = self.cloud.certificates().printed_chunks(&allocation.of, &allocation.lot(), PrintOutput::Single).await?;
        let mut runs = Vec::new();
        let found = self.cloud.runs().of_lot(&allocation.of, &allocation.lot()).await?;
        let on_sheets = first_unprinted(&allocation, &found).is_none();
        let state = self.lot_state(&allocation, &found, notice).await?;
        let archivable =
            allocation.stage().is_none() && self.what_keeps_from_archive(&allocation, notice, (state, failures)).await?.is_none();
        for run in found {
            let failed = of_runs.iter().filter(|failure| failure.chunk.press == PrintOutput::Run(run.number));
            let failed = failed.map(|failure| ShownFailure::from(*failure)).collect();
            runs.push(RunProgress { failures: failed, ..self.run_progress(run, notice).await? });
        }
        Ok(LotProgress {
            numbered: allocation.numbered,
            recorded: u32::try_from(allocation.rows_without_number().count()).unwrap_or(u32::MAX),
            refused: allocation.refused,
            chunks: chunks_of(allocation.numbered),
            printed_chunks: drawn.len(),
            stage: allocation.stage(),
            stage_word: lot_word(&allocation, state).to_owned(),
            archivable,
            withdrawn: allocation.withdrawn.len(),
            on_sheets,
            with_sheets: notice.sheet_kind_of(allocation.certificate_type).is_some(),
            task: task_of(actor, notice, &allocation, state, batches),
            failures: others.into_iter().map(ShownFailure::from).collect(),
            certificate_type: allocation.certificate_type,
            certificate_type_word: title(notice, allocation.certificate_type),
            end: allocation.end(),
            reviewer: allocation.reviewer,
            runs,
        })
    }

    async fn run_progress(&self, run: Run, notice: &Notice) -> Result<RunProgress, Refusal> {
        let printed = self.cloud.certificates().printed_chunks(&run.run_of, &run.lot(), PrintOutput::Run(run.number)).await?;
        let (mut pdfs, mut lists) = (Vec::new(), Vec::new());
        for number in printed.iter().map(|chunk| chunk.number) {
            let (application, lot, edition, run) = (run.run_of.clone(), run.lot(), run.edition(), run.number);
            let list = ObjectKey::CoverList { application: application.clone(), lot: lot.clone(), run, edition, number };
            lists.push(self.cloud.link(&list, LINK_LIFETIME).await?);
            pdfs.push(self.cloud.link(&ObjectKey::Run { application, lot, run, edition, number }, LINK_LIFETIME).await?);
        }
        let kind = run.kind.as_deref().and_then(|kind| notice.sheet_kind(kind));
        let (chunks, printed_chunks) = (bundles_of(run.count()), printed.len());
        Ok(RunProgress { run: crate::runs::shown(kind, &run), chunks, printed_chunks, pdfs, lists, failures: Vec::new() })
    }

    /// The form that the organiser stamps, made from the roster that counts; and whether a stamp read from a scan is its.
    pub async fn summary_form(&self, actor: &Actor, id: ApplicationId, asked: StampAsked) -> Result<SummaryFormLinks, Refusal> {
        let application = self.visible(actor, &id).await?;
        // Every winner's document number stands on it.
        if !sees_all_rows(actor, &application) {
            return Err(Refusal::Denied);
        }
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let roster = records::application::sound_roster(&verdicts);
        let roster = roster.ok_or_else(|| Refusal::Changed("选手信息导入模板表尚未通过检查，不能生成汇总表".to_owned()))?;
        let stamp = asked.stamp.as_deref().map(SummaryStamp::parse).transpose().map_err(|error| Refusal::Malformed(error.to_string()))?;
        let key = |format| ObjectKey::SummaryForm { application: id.clone(), version: roster.judgement(), format };
        Ok(SummaryFormLinks {
            pdf: self.cloud.link(&key(FormFormat::Pdf), LINK_LIFETIME).await?,
            workbook: self.cloud.link(&key(FormFormat::Workbook), LINK_LIFETIME).await?,
            roster_sha256: roster.sha256.clone(),
            matches: stamp.map(|stamp| roster.has_stamp(&stamp)),
        })
    }

    /// A page of those certificates and records that the actor may see, in roster order, with links to the PDFs that are there.
    pub async fn certificates(&self, actor: &Actor, id: ApplicationId, asked: CertificatesAsked) -> Result<CertificatePage, Refusal> {
        let application = self.visible(actor, &id).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let view = self.lots_in_view(actor, &application).await?;
        let after = asked.after.unwrap_or(0);
        let page = self.cloud.certificates().page(&id, after).await?;
        let within = after..=page.next_after.unwrap_or(u32::MAX);
        let rows: HashSet<u32> = page.certificates.iter().map(|certificate| certificate.row).collect();
        let open = self.open_rows(actor, &application, notice, &view).await?;
        let open = open.into_iter().filter(|one| one.row > after && within.contains(&one.row) && !rows.contains(&one.row));
        let mut certificates: Vec<ListedCertificate> = open.collect();
        for certificate in page.certificates {
            if !sees_rows_of(actor, &application, &certificate.reviewer) {
                continue;
            }
            let pdf = self.pdf_of(&view, &certificate).await?;
            certificates.push(listed(notice, &view, certificate, pdf));
        }
        // By row; of one row, the order in which the codes were given.
        certificates.sort_by_key(|certificate| certificate.row);
        Ok(page_of(certificates, page.next_after))
    }
}

impl Operations {
    /// Codes of whatever notice's grammar.
    pub(crate) fn known_codes<'c>(&self, codes: impl IntoIterator<Item = &'c str>) -> Result<Vec<CertificateCode>, Refusal> {
        let known =
            |code: &str| CertificateCode::lookup(&folding::code(code)).ok_or_else(|| Refusal::Malformed(format!("“{code}”不是证书编号")));
        codes.into_iter().map(known).collect()
    }

    /// One code, likewise.
    pub(crate) fn known_code(&self, code: &str) -> Result<CertificateCode, Refusal> {
        self.known_codes([code])?.pop().ok_or(Refusal::NotFound)
    }

    /// A certificate by its code, of whatever notice's grammar, or by its number, that of others included.
    pub async fn certificate(&self, actor: &Actor, code: String) -> Result<FoundCertificate, Refusal> {
        let certificate = self.certificate_with(&code).await?.ok_or(Refusal::NotFound)?;
        let application = self.visible(actor, &certificate.application).await?;
        if !sees_rows_of(actor, &application, &certificate.reviewer) {
            return Err(Refusal::NotFound);
        }
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let view = self.lots_in_view(actor, &application).await?;
        let issued_on = certificate.issued_on.unwrap_or(application.contest.issued_on);
        let pdf = self.pdf_of(&view, &certificate).await?;
        Ok(FoundCertificate {
            notice: notice.notice.number.clone(),
            issued_on,
            certificate: listed(notice, &view, certificate, pdf),
            application: application.id,
            contest: application.contest.name,
        })
    }

    /// The certificate or record with that number, whoever gave it.
    async fn certificate_with(&self, number: &str) -> Result<Option<Certificate>, Refusal> {
        if let Some(code) = CertificateCode::lookup(&folding::code(number))
            && let Some(own) = self.cloud.certificates().among(&[code]).await?.into_values().next()
        {
            return Ok(Some(own));
        }
        let Some(used) = self.cloud.certificates().external_among([number]).await?.into_values().next() else { return Ok(None) };
        Ok(self.cloud.certificates().record(&used.used_by, used.in_row).await?)
    }
}

/// As much of the rows as one answer holds: rows without a certificate come on top of the page of those that have one.
fn page_of(mut certificates: Vec<ListedCertificate>, next_after: Option<u32>) -> CertificatePage {
    let limit = PAGE.unsigned_abs() as usize;
    let end = certificates.get(limit).map(|first| first.row);
    let Some(end) = end else { return CertificatePage { certificates, next_after } };
    // A page ends between rows.
    let before = certificates.iter().map(|certificate| certificate.row).rfind(|row| *row < end);
    let last = before.unwrap_or(end);
    certificates.retain(|certificate| certificate.row <= last);
    CertificatePage { certificates, next_after: Some(last) }
}

fn state_of(certificate: &Certificate, stage: Option<Stage>, failed: bool) -> RowState {
    match (&certificate.revoked, stage) {
        (Some(_), _) => RowState::Revoked,
        (None, Some(Stage::Issued | Stage::Printed)) if failed => RowState::PrintFailed,
        (None, Some(stage)) => RowState::of_stage(stage),
        (None, None) => RowState::Recorded,
    }
}

/// A certificate or record as lists show it.
pub(crate) fn listed(notice: &Notice, view: &LotsInView, certificate: Certificate, pdf: Option<String>) -> ListedCertificate {
    let serial = certificate.serial(notice, &view.runs).filter(|_| certificate.revoked.is_none());
    let lot = view.lot_of(&certificate);
    // Without sheets of its own a certificate is printed when its file is there.
    let on_paper = serial.is_some() || (notice.sheet_kind_of(certificate.certificate_type).is_none() && view.is_drawn(&certificate));
    let milestone = lot.and_then(Allocation::stage);
    let stage = match (&certificate.code, &certificate.external_number) {
        _ if certificate.revoked.is_some() => None,
        (Some(_), _) => Some(milestone.unwrap_or(if on_paper { Stage::Printed } else { Stage::Issued })),
        (None, Some(_)) => milestone,
        (None, None) => None,
    };
    let level = certificate.entry.level.and_then(|digit| notice.level_by_digit(digit)).map(|level| level.name.clone());
    let failure = view.failure_of(&certificate).map(ShownFailure::from);
    let state = state_of(&certificate, stage, failure.is_some());
    let failed = failure.filter(|_| state == RowState::PrintFailed).map(|failure| failure.reason);
    let own = certificate.code.as_ref().map(ToString::to_string);
    let (code, number) = match certificate.certificate_type {
        CertificateType::SkillLevel => (own, None),
        CertificateType::SpecificAbility => (None, own),
        CertificateType::Qualification => (None, certificate.external_number.clone()),
    };
    ListedCertificate {
        state,
        state_word: word_of(notice, state, certificate.certificate_type).to_owned(),
        reason: certificate.revoked.as_ref().map(|revoked| revoked.reason.clone()).or(failed),
        corrected: certificate.corrected_at.is_some() || certificate.replaces.is_some(),
        row: certificate.row,
        name: certificate.entry.name.reveal().to_owned(),
        certificate_type: notice.type_rule(certificate.certificate_type).map_or_else(String::new, |rule| rule.name.clone()),
        level,
        issuing_body: certificate.issued_by().to_owned(),
        sealed_by: certificate.sealed_by,
        code,
        number,
        external_number: certificate.external_number,
        basis: Some(certificate.basis).filter(|basis| !basis.is_empty()),
        serial,
        stage,
        stage_word: stage.map(|stage| word_of(notice, RowState::of_stage(stage), certificate.certificate_type).to_owned()),
        revoked: certificate.revoked,
        replaces: certificate.replaces,
        findings: certificate.photo_unreadable.then(|| unreadable(notice, certificate.row)).into_iter().collect(),
        photo: certificate.photo,
        pdf,
    }
}
