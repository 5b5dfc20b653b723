//! 信息上网 (五、（三）): batches are applied for by whoever issued, reviewed by the Center, uploaded by hand, and confirmed by
//! what the query site shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use records::after::publication::Concerned;
use records::application::Application;
use records::keys::objects::{FormFormat, ObjectKey};
use records::store::bucket::digest;
use records::store::rulebooks::InForce;
use rules::after::publication::{
    Batch, BatchHead, BatchLot, BatchState, BatchStep, Comparison, PublicationRow, PublicationSheet, ResultList, SHEET_FILE, changed_since,
};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::allocation::{Allocation, Stage};
use rules::notice::{Notice, PublicationRule};
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::party::{Actor, Applicant, Role};
use rules::values::vocabulary::{BatchKind, CertificateType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LINK_LIFETIME;
pub use crate::lots::ApplyForPublication;
use crate::lots::{Lot, rule_of};
use crate::refusal::Refusal;

/// The longest batch number that a superior gives, in characters.
const MAX_BATCH_NUMBER: usize = 40;
/// Applicants whose batches are read at once.
const AT_ONCE: usize = 16;

/// A return of a batch, with what the applicant is told.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ReturnPublication {
    /// Why, for the applicant.
    pub reason: String,
}

/// The query site's result list, a CSV with headers: one of the two is given.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ConfirmPublication {
    /// The list as text.
    #[serde(default)]
    pub list: Option<String>,
    /// The list's bytes in base64, of whatever encoding: UTF-8, UTF-16 with a byte-order mark, GB 18030.
    #[serde(default)]
    pub list_base64: Option<String>,
}

/// A batch as it is shown; it holds no personal data.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownBatch {
    /// Who applied for it.
    pub applicant: Applicant,
    /// Number among the applicant's batches, from 1.
    pub number: u32,
    /// 数据类型
    pub kind: BatchKind,
    /// The kind as the notice calls it.
    pub kind_word: String,
    /// The type of its certificates.
    pub certificate_type: CertificateType,
    /// Number of the notice.
    pub notice: String,
    /// Jurisdiction of the Center that reviews it.
    pub seat: String,
    /// 单位名称
    pub body: String,
    /// 标题名称
    pub title: String,
    /// How many rows its sheet has.
    pub count: u32,
    /// The lots that the rows are of.
    pub lots: Vec<BatchLot>,
    /// Where it stands.
    pub state: BatchState,
    /// The state as units and staff call it.
    pub state_word: String,
    /// How it came there.
    pub steps: Vec<BatchStep>,
    /// Gap of the notice that the sheet rests on, 待确认.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<String>,
    /// Link to the workbook; none while it is being made, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workbook: Option<String>,
    /// Link to 表5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

/// The batches that an account may see.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct BatchList {
    /// By applicant, each one's in order.
    pub batches: Vec<ShownBatch>,
}

/// A batch held against the query site's result list.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ConfirmedBatch {
    /// The batch, as it is now.
    #[serde(flatten)]
    pub batch: ShownBatch,
    /// What does not hold it up: certificates of the list that are not of the batch.
    pub findings: Vec<Finding>,
    /// Headers of the columns that could be compared.
    pub compared: Vec<String>,
    /// Rows that the query site shows as they should be.
    pub matched: u32,
}

impl Operations {
    /// Applies for the publication of what the actor issued, or of the unit's specific abilities.
    pub async fn apply_for_publication(&self, actor: &Actor, request: ApplyForPublication) -> Result<ShownBatch, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let certificate_type = request.certificate_type.unwrap_or(match actor.role {
            Role::Unit => CertificateType::SpecificAbility,
            Role::Center | Role::Body => CertificateType::SkillLevel,
        });
        check_applicant(actor, &rulebook, certificate_type)?;
        let applicant = Applicant::of(actor);
        let batches = self.cloud.publications().batches(&applicant).await?;
        let lots = match request.kind {
            BatchKind::New => self.unpublished(actor, &rulebook, &request, certificate_type, &batches).await?,
            BatchKind::Correction | BatchKind::Revocation => {
                self.outstanding(actor, &rulebook, &request, certificate_type, &batches).await?
            }
        };
        let batch = self.enter_batch(actor, &rulebook, &lots, &request, certificate_type, &batches).await?;
        // What this object would have started, reconcile starts if it is lost here.
        self.cloud.publications().order(&batch).await?;
        tracing::info!(%applicant, number = batch.number, count = batch.count, "applied for publication");
        Ok(shown(&rulebook, &batch))
    }

    /// Writes the batch's sheet, then the batch.
    async fn enter_batch(
        &self,
        actor: &Actor,
        rulebook: &InForce,
        lots: &[Lot],
        request: &ApplyForPublication,
        certificate_type: CertificateType,
        batches: &[Batch],
    ) -> Result<Batch, Refusal> {
        let first = lots.first().ok_or_else(|| Refusal::Changed("没有可以申报信息上网的证书".to_owned()))?;
        let notice = rulebook.notices.of_contest(&first.application.contest)?;
        let rule = rule_of(notice)?;
        let applicant = Applicant::of(actor);
        let rows: Vec<PublicationRow> = lots.iter().flat_map(|lot| lot.rows.iter().cloned()).collect();
        let body = self.name_of(actor, notice, first).await?;
        let (kind, number) = (request.kind, number_after(batches)?);
        let title = rule.title_of(&body, kind, rows.len(), &batch_number(request, number)?);
        let sheet = PublicationSheet::new(notice, rule, rows, BatchHead { body: &body, kind, certificate_type, title: &title });
        let now = self.cloud.clock.now();
        let batch = Batch {
            number,
            kind,
            certificate_type,
            notice: notice.notice.number.clone(),
            seat: notice.notice.seat.clone(),
            body,
            title,
            count: sheet.form.total.1,
            lots: lots.iter().map(batch_lot).collect(),
            state: BatchState::Applied,
            steps: vec![BatchStep { state: BatchState::Applied, at: now, by: actor.subject.clone(), reason: None }],
            version: 0,
            result: None,
            made: false,
            // The object first: without it the table would name rows that nobody can read.
            sheet: self.cloud.publications().write_sheet(&applicant, &sheet).await?,
            applicant,
        };
        let clause = rule.applicant_of(certificate_type).map_or(&rule.clause, |rule| &rule.clause);
        let audit = AuditEntry::new(actor, AuditAction::PublicationApplied, clause, now).with(detail(&batch));
        let lots: Vec<(Application, Allocation)> = lots.iter().map(|lot| (lot.application.clone(), lot.allocation.clone())).collect();
        self.cloud.publications().apply(&batch, &concerned(lots, false), audit).await?;
        Ok(batch)
    }

    /// 单位名称
    async fn name_of(&self, actor: &Actor, notice: &Notice, lot: &Lot) -> Result<String, Refusal> {
        Ok(match actor.role {
            Role::Unit => lot.application.contest.organiser.clone(),
            Role::Center => match notice.jurisdiction(&actor.organisation) {
                Some(jurisdiction) => jurisdiction.center.clone(),
                None => notice.notice.center.clone(),
            },
            Role::Body => {
                let code = rules::numbers::body::BodyCode::parse(&notice.code, &actor.organisation);
                let code = code.map_err(|error| Refusal::Malformed(error.to_string()))?;
                self.cloud.bodies().get(&code).await?.ok_or(Refusal::NotFound)?.name
            }
        })
    }

    /// The actor's own batches; for the Center all that are applied for to it.
    pub async fn publications(&self, actor: &Actor) -> Result<BatchList, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let own = Applicant::of(actor);
        let mut applicants = match actor.role {
            Role::Center => self.cloud.publications().applicants(&actor.organisation).await?,
            Role::Unit | Role::Body => Vec::new(),
        };
        if !applicants.contains(&own) {
            applicants.push(own.clone());
        }
        let found = stream::iter(applicants).map(async |applicant| self.cloud.publications().batches(&applicant).await);
        let found: Vec<Vec<Batch>> = found.buffered(AT_ONCE).try_collect().await?;
        let batches: Vec<Batch> = found.into_iter().flatten().filter(|batch| may_see(actor, batch)).collect();
        Ok(BatchList { batches: batches.iter().map(|batch| shown(&rulebook, batch)).collect() })
    }

    /// One batch, with links to its workbook and 表5.
    pub async fn publication(&self, actor: &Actor, path: (Applicant, u32)) -> Result<ShownBatch, Refusal> {
        let batch = self.found(actor, path).await?;
        self.with_links(&batch).await
    }

    async fn with_links(&self, batch: &Batch) -> Result<ShownBatch, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let mut shown = shown(&rulebook, batch);
        if batch.made {
            let key = |format| ObjectKey::Publication { applicant: batch.applicant.clone(), number: batch.number, format };
            shown.workbook = Some(self.cloud.link(&key(FormFormat::Workbook), LINK_LIFETIME).await?);
            shown.form = Some(self.cloud.link(&key(FormFormat::Pdf), LINK_LIFETIME).await?);
        }
        Ok(shown)
    }

    /// The batch, if the actor may know of it.
    async fn found(&self, actor: &Actor, (applicant, number): (Applicant, u32)) -> Result<Batch, Refusal> {
        let batch = self.cloud.publications().batch(&applicant, number).await?;
        batch.filter(|batch| may_see(actor, batch)).ok_or(Refusal::NotFound)
    }

    /// The Center passes a batch.
    pub async fn review_publication(&self, actor: &Actor, path: (Applicant, u32)) -> Result<ShownBatch, Refusal> {
        self.pass(actor, path, BatchState::Reviewed).await
    }

    /// The Center notes that a batch was uploaded.
    pub async fn note_upload(&self, actor: &Actor, path: (Applicant, u32)) -> Result<ShownBatch, Refusal> {
        self.pass(actor, path, BatchState::Uploaded).await
    }

    /// A batch with a certificate that was revoked or corrected meanwhile goes no further.
    async fn pass(&self, actor: &Actor, path: (Applicant, u32), next: BatchState) -> Result<ShownBatch, Refusal> {
        let batch = self.found(actor, path).await?;
        actor.may(Action::Administer { seat: &batch.seat })?;
        if batch.state == next {
            return self.with_links(&batch).await;
        }
        may_become(&batch, next)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let lots = self.lots_of(&batch).await?;
        let rule = rule_of(notice_of(&rulebook, &lots)?)?;
        self.check_unchanged(&rulebook, rule, &batch, &lots).await?;
        let (step, audit) = self.step(actor, &batch, rule, next, None);
        let next = batch.after(step);
        self.cloud.publications().step(&batch, &next, &concerned(lots, false), audit).await?;
        self.with_links(&next).await
    }

    async fn check_unchanged(
        &self,
        rulebook: &InForce,
        rule: &PublicationRule,
        batch: &Batch,
        lots: &[(Application, Allocation)],
    ) -> Result<(), Refusal> {
        if batch.kind == BatchKind::Revocation {
            return Ok(());
        }
        let mut current = Vec::new();
        for (application, allocation) in lots {
            current.extend(self.publication_rows(rulebook, application, allocation).await?);
        }
        let sheet = self.cloud.publications().sheet(batch).await?;
        let findings = changed_since(rule, batch.kind, &sheet.rows, &current);
        if findings.is_empty() { Ok(()) } else { Err(Refusal::Findings(findings)) }
    }

    /// Back to the applicant: the lots may be applied for anew.
    pub async fn return_publication(
        &self,
        actor: &Actor,
        path: (Applicant, u32),
        request: ReturnPublication,
    ) -> Result<ShownBatch, Refusal> {
        let batch = self.found(actor, path).await?;
        actor.may(Action::Administer { seat: &batch.seat })?;
        let reason = request.reason.trim();
        if reason.is_empty() {
            return Err(Refusal::Malformed("退回须写明理由".to_owned()));
        }
        if batch.state == BatchState::Returned {
            return self.with_links(&batch).await;
        }
        may_become(&batch, BatchState::Returned)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let lots = self.lots_of(&batch).await?;
        let rule = rule_of(notice_of(&rulebook, &lots)?)?;
        let (step, audit) = self.step(actor, &batch, rule, BatchState::Returned, Some(reason));
        let next = batch.after(step);
        self.cloud.publications().step(&batch, &next, &concerned(lots, false), audit).await?;
        self.with_links(&next).await
    }

    /// Confirmed by what the query site shows: every lot whose certificates are all published is 已上网. The same list again gives the
    /// same answer.
    pub async fn confirm_publication(
        &self,
        actor: &Actor,
        path: (Applicant, u32),
        request: ConfirmPublication,
    ) -> Result<ConfirmedBatch, Refusal> {
        let batch = self.found(actor, path).await?;
        actor.may(Action::Administer { seat: &batch.seat })?;
        let bytes = request.bytes()?;
        let list_digest = digest(&bytes);
        let repeated = batch.state == BatchState::Confirmed;
        if repeated && batch.result.as_ref() != Some(&list_digest) {
            return Err(Refusal::Changed("这一批已由另一份查询结果确认上网".to_owned()));
        }
        if !repeated {
            may_become(&batch, BatchState::Confirmed)?;
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let lots = self.lots_of(&batch).await?;
        let notice = notice_of(&rulebook, &lots)?;
        let rule = rule_of(notice)?;
        let list = ResultList::read(rule, &bytes).map_err(|finding| Refusal::Findings(vec![finding]))?;
        let sheet = self.cloud.publications().sheet(&batch).await?;
        let comparison = list.compare(notice, rule, &rulebook.catalogues()?.document_types, batch.kind, &sheet.rows);
        let batch = match (repeated, comparison.confirms()) {
            (true, _) => batch,
            (false, false) => return Err(Refusal::Findings(comparison.findings)),
            (false, true) => self.confirmed(actor, &batch, rule, lots, &list_digest, bytes).await?,
        };
        let Comparison { findings, compared, matched } = comparison;
        Ok(ConfirmedBatch { batch: shown(&rulebook, &batch), findings, compared, matched })
    }

    async fn confirmed(
        &self,
        actor: &Actor,
        batch: &Batch,
        rule: &PublicationRule,
        lots: Vec<(Application, Allocation)>,
        list_digest: &str,
        bytes: Vec<u8>,
    ) -> Result<Batch, Refusal> {
        // The object first: what the table says was seen can be looked at.
        let key = ObjectKey::PublicationResult { applicant: batch.applicant.clone(), digest: list_digest.to_owned() };
        self.cloud.write(&key, "text/csv", bytes).await?;
        let (step, audit) = self.step(actor, batch, rule, BatchState::Confirmed, None);
        let next = Batch { result: Some(list_digest.to_owned()), ..batch.after(step) };
        self.cloud.publications().step(batch, &next, &concerned(lots, batch.kind == BatchKind::New), audit).await?;
        tracing::info!(applicant = %batch.applicant, number = batch.number, count = batch.count, "publication confirmed");
        Ok(next)
    }

    /// A step of a batch, and its audit entry.
    fn step(
        &self,
        actor: &Actor,
        batch: &Batch,
        rule: &PublicationRule,
        state: BatchState,
        reason: Option<&str>,
    ) -> (BatchStep, AuditEntry) {
        let at: Timestamp = self.cloud.clock.now();
        let step = BatchStep { state, at, by: actor.subject.clone(), reason: reason.map(str::to_owned) };
        let detail = match reason {
            Some(reason) => format!("{}：{reason}", detail(batch)),
            None => detail(batch),
        };
        let audit = AuditEntry::new(actor, action_of(state), &rule.clause, at).with(detail);
        (step, audit)
    }
}

impl ConfirmPublication {
    fn bytes(&self) -> Result<Vec<u8>, Refusal> {
        match (&self.list, &self.list_base64) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(encoded)) => {
                BASE64.decode(encoded.trim()).map_err(|_| Refusal::Malformed("list_base64 不是 base64 编码".to_owned()))
            }
            _ => Err(Refusal::Malformed("须提交查询结果清单：上传 CSV 文件（接口的 list_base64）或贴上文本（list），二者之一".to_owned())),
        }
    }
}

/// 五、（三）: who applies depends on the certificate.
fn check_applicant(actor: &Actor, rulebook: &InForce, certificate_type: CertificateType) -> Result<(), Refusal> {
    let mut refusal = Refusal::Malformed("这类证书不办理信息上网".to_owned());
    for notice in rulebook.notices.all() {
        let Some(rule) = notice.publication.as_ref().and_then(|rule| rule.applicant_of(certificate_type)) else { continue };
        if actor.may(Action::ApplyForPublication { applicant: rule.applicant }).is_ok() {
            return Ok(());
        }
        let name = notice.type_rule(certificate_type).map_or("", |rule| &rule.name);
        let message = format!("{name}由{}申报信息上网", rule.applicant.word());
        let finding = Finding::new(FindingCode::PublicationApplicant, Place::file(SHEET_FILE), message).under(&rule.clause);
        refusal = Refusal::Findings(vec![finding]);
    }
    Err(refusal)
}

/// The superior's batch number, or the batch's own.
fn batch_number(request: &ApplyForPublication, own: u32) -> Result<String, Refusal> {
    let Some(text) = request.batch_number.as_deref().map(str::trim) else { return Ok(format!("{own:05}")) };
    if (1..=MAX_BATCH_NUMBER).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Refusal::Malformed(format!("批次号应为 1 到 {MAX_BATCH_NUMBER} 个字")))
}

fn number_after(batches: &[Batch]) -> Result<u32, Refusal> {
    let last = batches.last().map_or(0, |batch| batch.number);
    last.checked_add(1).filter(|number| *number <= 99_999).ok_or_else(|| Refusal::Changed("批次序号已用完".to_owned()))
}

fn notice_of<'r>(rulebook: &'r InForce, lots: &[(Application, Allocation)]) -> Result<&'r Notice, Refusal> {
    let (application, _) = lots.first().ok_or(Refusal::NotFound)?;
    Ok(rulebook.notices.of_contest(&application.contest)?)
}

/// The lots of a batch in a step; one that publishes takes those to their milestone for which it is the next.
fn concerned(lots: Vec<(Application, Allocation)>, publishes: bool) -> Vec<Concerned> {
    let concerned = |(application, lot): (Application, Allocation)| {
        let published = publishes && lot.next_milestone() == Some(Stage::Published);
        Concerned { application, lot, published }
    };
    lots.into_iter().map(concerned).collect()
}

fn batch_lot(lot: &Lot) -> BatchLot {
    BatchLot {
        application: lot.application.id.clone(),
        reviewer: lot.allocation.reviewer.clone(),
        contest: lot.application.contest.name.clone(),
        count: u32::try_from(lot.rows.len()).unwrap_or(u32::MAX),
        trail: lot.application.trail.count,
    }
}

/// What the audit trail calls a step of a batch.
fn action_of(state: BatchState) -> AuditAction {
    match state {
        BatchState::Applied => AuditAction::PublicationApplied,
        BatchState::Reviewed => AuditAction::PublicationReviewed,
        BatchState::Uploaded => AuditAction::PublicationUploaded,
        BatchState::Confirmed => AuditAction::PublicationConfirmed,
        BatchState::Returned => AuditAction::PublicationReturned,
    }
}

/// What the audit trail calls a batch.
fn detail(batch: &Batch) -> String {
    format!("{}/{:05}", batch.applicant, batch.number)
}

fn may_see(actor: &Actor, batch: &Batch) -> bool {
    actor.may(Action::SeePublication { applicant: &batch.applicant, seat: &batch.seat }).is_ok()
}

fn may_become(batch: &Batch, next: BatchState) -> Result<(), Refusal> {
    if batch.state.may_become(next) {
        return Ok(());
    }
    Err(Refusal::Changed(format!("这一批{}，不能改为“{}”", batch.state.word(), next.word())))
}

fn shown(rulebook: &InForce, batch: &Batch) -> ShownBatch {
    let own = |notice: &&Notice| notice.notice.number == batch.notice && notice.notice.seat == batch.seat;
    let rule = rulebook.notices.all().find(own).and_then(|notice| notice.publication.as_ref());
    ShownBatch {
        applicant: batch.applicant.clone(),
        number: batch.number,
        kind: batch.kind,
        kind_word: rule.map_or("", |rule| rule.kind_word(batch.kind)).to_owned(),
        certificate_type: batch.certificate_type,
        notice: batch.notice.clone(),
        seat: batch.seat.clone(),
        body: batch.body.clone(),
        title: batch.title.clone(),
        count: batch.count,
        lots: batch.lots.clone(),
        state: batch.state,
        state_word: batch.state.word().to_owned(),
        steps: batch.steps.clone(),
        unconfirmed: rule.and_then(|rule| rule.unconfirmed.clone()),
        workbook: None,
        form: None,
    }
}
