//! 更正: what stands on a certificate is put right; where the code is wrong, another one takes its place. What is more than a
//! slip of the pen two people decide: one asks for it, another one, of the Center, approves it (docs/decisions/0017).

use certificate::{PaperMisprint, PrintError, Proofreader};
use jiff::Timestamp;
use jiff::civil::Date;
use records::application::Application;
use records::issue::allocation::AllocationError;
use records::issue::certificates::Certificate;
use records::issue::changes::{ChangeTerms, NewNumber, Recoding, Renewal};
use records::issue::corrections::{CertificateSnapshot, CorrectionRequest, RequestDecision, RequestState};
use records::issue::runs::OldSheet;
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::entry::Entry;
use rules::intake::holder::{self, Holding};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::issue::correction::{ApprovalReason, Corrected, Correction, CorrectionError, CorrectionInputs};
use rules::numbers::code::CertificateCode;
use rules::values::finding::Finding;
use rules::values::identity::Mask;
use rules::values::party::{Actor, IssuingUnit, Role};
use rules::values::text::{MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::changes::{CertificateContext, Change, CheckedChange};
use crate::decisions::refusal as allocation_refusal;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;
use crate::sheets::refusal;

/// A correction: what a change must say, and what is put right.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CertificateCorrection {
    /// What every change must say.
    #[serde(flatten)]
    pub change: Change,
    /// What is put right.
    #[serde(flatten)]
    pub correction: Correction,
    /// Why against advice, in Chinese; owed where the rules advise against it.
    pub against_advice: Option<String>,
}

/// A rejection, with what whoever asked is told.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Why, in Chinese.
    pub reason: String,
}

/// A certificate that was put right.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CorrectionResult {
    /// The code that counts now.
    pub code: CertificateCode,
    /// The code that it took the place of, where the code itself was wrong.
    pub replaces: Option<CertificateCode>,
}

/// A request for a correction that two people decide.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownRequest {
    /// The application that the certificate is of.
    pub application: ApplicationId,
    /// Row of the roster that the certificate is of: there the document numbers are told in full, with a reason and an entry.
    pub row: u32,
    /// Its number among the application's changes; it is approved or rejected under this number.
    pub number: u64,
    /// The code that the certificate had when it was asked for.
    pub code: CertificateCode,
    /// Whose certificate it is.
    pub reviewer: IssuingUnit,
    /// Whether it waits, or how it was decided.
    pub state: RequestState,
    /// Why it takes two.
    pub approval: Vec<ApprovalReason>,
    /// Why it is asked for, in Chinese.
    pub reason: String,
    /// Why it is asked for against advice, where the rules advise against it.
    pub against_advice: Option<String>,
    /// What stood on the certificate when it was asked for.
    pub before: CertificateBefore,
    /// What is to be put right; the document number masked.
    pub correction: Correction,
    /// By which account.
    pub by: String,
    /// When it was asked for.
    #[schemars(with = "rules::values::schema::Moment")]
    pub at: Timestamp,
    /// Who decided it, when and why; none while it waits.
    pub decision: Option<RequestDecision>,
}

/// What stood on a certificate.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CertificateBefore {
    /// 姓名
    pub name: String,
    /// 证件类型
    pub document_type: String,
    /// 证件号码, masked.
    pub document_number: String,
    /// Digit of the level, as in the code.
    pub level: Option<u8>,
    /// Where it is not the contest's.
    #[schemars(with = "Option<rules::values::schema::Day>")]
    pub issued_on: Option<Date>,
    /// Name of the issuing body (颁证主体).
    pub issuing_body: String,
}

impl ShownRequest {
    /// A request as lists show it: of document numbers what the mask leaves.
    fn of(request: CorrectionRequest, mask: &Mask) -> Self {
        let CertificateSnapshot { entry, issued_on, issuing_body } = request.before;
        let before = CertificateBefore {
            name: entry.name.reveal().to_owned(),
            document_type: entry.document_type,
            document_number: entry.document_number.masked_by(mask),
            level: entry.level,
            issued_on,
            issuing_body,
        };
        Self {
            application: request.correction_of,
            row: entry.row,
            number: request.number,
            code: request.code,
            reviewer: request.reviewer,
            state: request.state,
            approval: request.approval,
            reason: request.reason,
            against_advice: request.against_advice,
            before,
            correction: Correction {
                document_number: request.correction.document_number.as_deref().map(|number| mask.of(number.trim())),
                ..request.correction
            },
            by: request.by,
            at: request.at,
            decision: request.decision,
        }
    }
}

impl Operations {
    /// What whoever issued the certificate may put right alone.
    pub async fn correct(&self, actor: &Actor, code: String, request: CertificateCorrection) -> Result<CorrectionResult, Refusal> {
        let (CheckedChange { context, terms, lies_on_a_sheet }, corrected) = self.checked_correction(actor, &code, &request).await?;
        let against = against_advice(&request)?;
        let reason = whole_reason(terms.reason, against);
        let audit = self.audit_of_change(actor, AuditAction::Correct, &context)?;
        self.make_correction(&context, corrected, ChangeTerms { reason: &reason, ..terms }, audit, lies_on_a_sheet).await
    }

    /// A correction that may be made by one alone, checked; nothing is written.
    pub(crate) async fn checked_correction<'r>(
        &self,
        actor: &Actor,
        code: &str,
        request: &'r CertificateCorrection,
    ) -> Result<(CheckedChange<'r>, Corrected), Refusal> {
        let checked = self.checked_change(actor, code, &request.change).await?;
        let corrected = self.decide_correction(&checked.context, &request.correction, against_advice(request)?).await?;
        if !corrected.approval.is_empty() {
            let words: Vec<&str> = corrected.approval.iter().map(|reason| reason.word()).collect();
            let message = format!("更正{}须经省职鉴中心另一人批准：请提出更正申请", words.join("、"));
            return Err(Refusal::ApprovalNeeded(message));
        }
        Ok((checked, corrected))
    }

    /// Asks for a correction that two people decide: it is judged as if it were made, and nothing is changed yet.
    pub async fn request_correction(&self, actor: &Actor, code: String, request: CertificateCorrection) -> Result<ShownRequest, Refusal> {
        let CheckedChange { context, terms, lies_on_a_sheet } = self.checked_change(actor, &code, &request.change).await?;
        let against = against_advice(&request)?;
        let corrected = self.decide_correction(&context, &request.correction, against).await?;
        if corrected.approval.is_empty() {
            return Err(Refusal::Malformed("这项更正不须批准，可直接办理".to_owned()));
        }
        let audit = self.audit_of_change(actor, AuditAction::CorrectionRequested, &context)?;
        let stored = CorrectionRequest {
            correction_of: context.application.id.clone(),
            number: context.application.trail.count + 1,
            jurisdiction: context.application.contest.jurisdiction.clone(),
            reviewer: context.certificate.reviewer.clone(),
            code: context.code.clone(),
            seen: context.application.version,
            before: CertificateSnapshot::of(&context.certificate),
            correction: request.correction.clone(),
            approval: corrected.approval,
            reason: terms.reason.to_owned(),
            against_advice: against.map(str::to_owned),
            old_sheet: lies_on_a_sheet.then_some(terms.old_sheet),
            top: terms.top,
            setting: terms.setting,
            by: actor.subject.clone(),
            organisation: actor.organisation.clone(),
            at: audit.at,
            state: RequestState::Waiting,
            decision: None,
        };
        self.cloud.corrections().request(&context.application, &stored, audit).await?;
        tracing::info!(application = %stored.correction_of, number = stored.number, "correction requested");
        Ok(ShownRequest::of(stored, &context.notice()?.mask))
    }

    /// The requests of an application: those about the actor's own certificates, or, for its Center, all.
    pub async fn correction_requests(&self, actor: &Actor, id: ApplicationId) -> Result<Vec<ShownRequest>, Refusal> {
        let application = self.visible(actor, &id).await?;
        let deciding = actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction }).is_ok();
        let own = reviewer_of(actor);
        if actor.role == Role::Unit {
            return Err(Refusal::Denied);
        }
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let mask = &rulebook.notices.of_contest(&application.contest)?.mask;
        let all = self.cloud.corrections().of(&id).await?.into_iter().filter(|request| deciding || request.reviewer == own);
        Ok(all.map(|request| ShownRequest::of(request, mask)).collect())
    }

    /// The requests that wait for the actor's Center.
    pub async fn waiting_corrections(&self, actor: &Actor) -> Result<Vec<ShownRequest>, Refusal> {
        actor.may(Action::Authorise { jurisdiction: &actor.organisation })?;
        let all = self.cloud.corrections().waiting_for(&actor.organisation).await?;
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let mask = &rulebook.notices.general().mask;
        Ok(all.into_iter().map(|request| ShownRequest::of(request, mask)).collect())
    }

    /// The document number that a waiting request would put on a row's certificate; told to who decides it and to whose certificate it is.
    pub(crate) async fn requested_document_number(
        &self,
        actor: &Actor,
        application: &Application,
        row: u32,
    ) -> Result<Option<String>, Refusal> {
        let deciding = actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction }).is_ok();
        let own = reviewer_of(actor);
        if actor.role == Role::Unit {
            return Ok(None);
        }
        let all = self.cloud.corrections().of(&application.id).await?.into_iter();
        let mut waiting = all.filter(|request| request.state == RequestState::Waiting && request.before.entry.row == row);
        let asked = waiting.rfind(|request| (deciding || request.reviewer == own) && request.correction.document_number.is_some());
        Ok(asked.and_then(|request| request.correction.document_number))
    }

    /// Another person, of the Center, approves: this makes the correction, after all that it rests on was judged anew.
    pub async fn approve_correction(&self, actor: &Actor, (id, number): (ApplicationId, u64)) -> Result<CorrectionResult, Refusal> {
        let request = self.waiting_request(actor, &id, number).await?;
        let context = self.certificate_context(actor, request.code.as_str()).await?;
        self.changeable(&context).await?;
        if CertificateSnapshot::of(&context.certificate) != request.before {
            return Err(Refusal::Changed("提出申请后证书已有变动：请驳回，由颁证机构重新提出".to_owned()));
        }
        let corrected = self.decide_correction(&context, &request.correction, request.against_advice.as_deref()).await?;
        let lies_on_a_sheet = self.cloud.changes().sheet_of(&context.seen()?).await?.is_some();
        if lies_on_a_sheet && request.old_sheet.is_none() {
            return Err(Refusal::Changed("提出申请后证书已打印：请驳回，由颁证机构写明原证书的去向后重新提出".to_owned()));
        }
        let reason = whole_reason(&request.reason, request.against_advice.as_deref());
        let terms = ChangeTerms {
            reason: &reason,
            old_sheet: request.old_sheet.unwrap_or(OldSheet::Voided),
            top: request.top,
            setting: request.setting,
            approves: Some(&request),
        };
        let audit = self.audit_of_change(actor, AuditAction::Correct, &context)?;
        self.make_correction(&context, corrected, terms, audit, lies_on_a_sheet).await
    }

    /// Another person, of the Center, rejects: the certificate stays as it is.
    pub async fn reject_correction(
        &self,
        actor: &Actor,
        (id, number): (ApplicationId, u64),
        rejection: Rejection,
    ) -> Result<ShownRequest, Refusal> {
        let request = self.waiting_request(actor, &id, number).await?;
        let reason = bounded("原因", &rejection.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let context = self.certificate_context(actor, request.code.as_str()).await?;
        let audit = self.audit_of_change(actor, AuditAction::CorrectionRejected, &context)?;
        self.cloud.corrections().reject(&context.application, &request, reason, audit).await?;
        let decided = self.cloud.corrections().get(&id, number).await?.ok_or(Refusal::NotFound)?;
        Ok(ShownRequest::of(decided, &context.notice()?.mask))
    }

    /// A request that waits, if the actor may decide it: of the contest's Center, and not who asked for it.
    async fn waiting_request(&self, actor: &Actor, id: &ApplicationId, number: u64) -> Result<CorrectionRequest, Refusal> {
        let application = self.visible(actor, id).await?;
        actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction })?;
        let request = self.cloud.corrections().get(id, number).await?.ok_or(Refusal::NotFound)?;
        if request.state != RequestState::Waiting {
            return Err(Refusal::Changed("这项更正申请已经处理".to_owned()));
        }
        if actor.has_signed(&request.by) {
            return Err(Refusal::Changed("须由提出申请以外的另一人处理".to_owned()));
        }
        Ok(request)
    }

    /// The decision, by the rules, against what others hold, and on paper: whatever fails does so before anything is written.
    async fn decide_correction(
        &self,
        context: &CertificateContext,
        correction: &Correction,
        against_advice: Option<&str>,
    ) -> Result<Corrected, Refusal> {
        let CertificateContext { application, allocation, certificate, code, rulebook, .. } = context;
        let organiser = match &application.contest.organiser_body {
            Some(code) => self.cloud.bodies().get(code).await?,
            None => None,
        };
        let judged = self.cloud.printing().entries(&application.id, &allocation.roster_version).await?;
        let judged = judged.iter().find(|entry| entry.row == certificate.row).ok_or(Refusal::NotFound)?;
        let inputs = CorrectionInputs {
            notice: context.notice()?,
            notices: &rulebook.notices,
            catalogues: rulebook.catalogues()?,
            contest: &application.contest,
            organiser: organiser.as_ref(),
            certificate_type: certificate.certificate_type,
            code,
            reviewer: &certificate.reviewer,
            entry: &certificate.entry,
            judged,
            issued_on: certificate.issued_on(&application.contest),
            issuing_body: &certificate.issuing_body,
            today: self.cloud.clock.today(),
        };
        let mut corrected = correction.decide(inputs).map_err(|error| match error {
            CorrectionError::Refused(message) => Refusal::Malformed(message),
            CorrectionError::Findings(findings) => Refusal::Findings(findings),
        })?;
        if let Some(number) = &corrected.renumbered {
            self.may_be_entered(number).await?;
        }
        let twice = self.promoted_twice(context, &corrected.entry).await?;
        corrected.advice.extend(twice);
        self.proofread(context, &corrected)?;
        if !corrected.advice.is_empty() && against_advice.is_none() {
            return Err(Refusal::Advice("须写明为何仍要更正，或不作更正", corrected.advice));
        }
        Ok(corrected)
    }

    /// Nobody else has the award, or a better one (六、（二）); that the year's promotion is spent is advice.
    async fn promoted_twice(&self, context: &CertificateContext, after: &Entry) -> Result<Vec<Finding>, Refusal> {
        let before = &context.certificate.entry;
        let holder = |entry: &Entry| (entry.document_kind, entry.document_number.clone(), entry.level);
        if holder(before) == holder(after) {
            return Ok(Vec::new());
        }
        let notice = context.notice()?;
        let taken = self.cloud.holders().taken_from_row(notice, &context.application, after).await?;
        let sheet = notice.roster.sheet.as_str();
        let finding = |taken: &records::application::holders::Taken<'_>| {
            let through = match context.asked_by {
                Role::Center => taken.for_the_center(),
                Role::Unit | Role::Body => taken.for_unit(&context.application.unit),
            };
            holder::finding(notice, sheet, taken.entry, &taken.held, through)
        };
        let (awards, promotions): (Vec<_>, Vec<_>) = taken.iter().partition(|taken| matches!(taken.held, Holding::Award { .. }));
        if !awards.is_empty() {
            return Err(Refusal::Findings(awards.into_iter().map(finding).collect()));
        }
        Ok(promotions.into_iter().map(finding).collect())
    }

    /// Sets the certificate in every form in which it may be printed, and the papers that go with it.
    fn proofread(&self, context: &CertificateContext, corrected: &Corrected) -> Result<(), Refusal> {
        let notice = context.notice()?;
        let after = corrected_certificate(context, corrected);
        let fields = after.fields(notice, &context.application.contest, String::new());
        let fonts = self.fonts()?;
        let its = |layout: &rules::notice::layout::Layout| layout.certificate_types.contains(&after.certificate_type);
        let mut reader = Proofreader::new(fonts, &notice.layouts);
        let misprints = reader.read(&fields, after.entry.by_hand, its);
        match misprints.into_iter().next() {
            None => papers(reader.read_papers(notice, &after.entry, &fields.code)),
            Some((part, PrintError::MissingCharacters { characters, .. })) => {
                let named: Vec<String> = characters.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
                Err(Refusal::Malformed(format!("证书的“{part}”中有字库没有的字 {}，无法打印", named.join("、"))))
            }
            Some((part, _)) => Err(Refusal::Malformed(format!("证书上的“{part}”过长，缩到最小也排不下"))),
        }
    }

    async fn make_correction(
        &self,
        context: &CertificateContext,
        corrected: Corrected,
        terms: ChangeTerms<'_>,
        audit: AuditEntry,
        lies_on_a_sheet: bool,
    ) -> Result<CorrectionResult, Refusal> {
        let grammar = &context.notice()?.code;
        let drawn = corrected.reissued.as_ref().map(|new| NewNumber::Drawn { prefix: &new.prefix, grammar });
        let (code, renewal) = match drawn.or(corrected.renumbered.as_ref().map(NewNumber::Entered)) {
            Some(number) => self.recode(context, &corrected, number, terms, audit).await?,
            None => {
                let after = corrected_certificate(context, &corrected);
                let done = self.cloud.changes().correct(&context.seen()?, &after, terms, audit).await;
                let renewal = done.map_err(|error| refusal(context.kind(), error))?;
                (context.code.clone(), renewal)
            }
        };
        // What this object would have started, reconcile starts if it is lost here.
        self.cloud.printing().order_printing(&renewal.order()).await?;
        if lies_on_a_sheet {
            self.order_last_run(context).await?;
        }
        Ok(CorrectionResult { replaces: (code != context.code).then(|| context.code.clone()), code })
    }

    async fn recode(
        &self,
        context: &CertificateContext,
        corrected: &Corrected,
        number: NewNumber<'_>,
        terms: ChangeTerms<'_>,
        audit: AuditEntry,
    ) -> Result<(CertificateCode, Renewal), Refusal> {
        let grammar = &context.notice()?.code;
        let recoding = Recoding { number, corrected: corrected_certificate(context, corrected) };
        self.cloud.changes().recode(&context.seen()?, recoding, terms, audit).await.map_err(|error| match error {
            AllocationError::Sheets(error) => refusal(context.kind(), error),
            other => allocation_refusal(other, grammar),
        })
    }
}

/// The certificate as it is after the correction, but for its code.
fn corrected_certificate(context: &CertificateContext, corrected: &Corrected) -> Certificate {
    let mut certificate = Certificate { entry: corrected.entry.clone(), ..context.certificate.clone() };
    if let Some(day) = corrected.reissued.as_ref().map(|new| new.issued_on).or(corrected.redated) {
        certificate.issued_on = Some(day).filter(|day| *day != context.application.contest.issued_on);
    }
    if let Some(new) = &corrected.reissued {
        certificate.issuing_body.clone_from(&new.issuing_body);
        if let Some(sealed_by) = &new.sealed_by {
            certificate.sealed_by.clone_from(sealed_by);
        }
    }
    certificate
}

fn against_advice(request: &CertificateCorrection) -> Result<Option<&str>, Refusal> {
    let bounded = |text: &'_ str| bounded("不采纳提示的理由", text, MAX_REASON).map_err(Refusal::Malformed).map(|_| ());
    if let Some(text) = &request.against_advice {
        bounded(text)?;
    }
    Ok(request.against_advice.as_deref().map(str::trim))
}

/// What the audit entry says: why, and why against advice.
fn whole_reason(reason: &str, against_advice: Option<&str>) -> String {
    against_advice.map_or_else(|| reason.to_owned(), |against| format!("{reason}；{against}"))
}
/// The first paper that a corrected certificate's texts do not fit on.
fn papers(found: Vec<PaperMisprint>) -> Result<(), Refusal> {
    let said = |misprint: PaperMisprint| format!("{}上的“{}”过长，缩到最小也排不下", misprint.paper, misprint.part);
    found.into_iter().next().map_or(Ok(()), |misprint| Err(Refusal::Malformed(said(misprint))))
}
