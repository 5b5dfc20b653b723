//! A certificate after its code: reissue (补发) and revocation (注销); what every change of one needs, checked.

use records::application::stored::Application;
use records::issue::certificates::Certificate;
use records::issue::changes::{ChangeTerms, SeenCertificate};
use records::issue::runs::OldSheet;
use records::keys::objects::{CHUNK, PrintOutput};
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::notice::{Notice, SheetKind};
use rules::numbers::code::CertificateCode;
use rules::rulebook::Rulebook;
use rules::sheets::run::SettingChange;
use rules::values::party::{Actor, Role};
use rules::values::text::{MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::runs::printable;
use crate::sheets::{refusal, top_sheet};

/// What a change of a certificate must say.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Why, in Chinese.
    pub reason: String,
    /// What became of the sheet that it lies on: `voided` (handed back) or `lost`.
    pub old_sheet: Option<OldSheet>,
    /// Serial of the sheet to print on; the lowest on hand, if none is named.
    pub top: Option<String>,
    /// How it goes on paper; what is not named is as in the run before.
    #[serde(default)]
    pub setting: SettingChange,
}

/// A certificate that was printed again.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Reissued {
    /// The code that it keeps.
    pub code: CertificateCode,
}

/// A certificate that no longer counts.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Revoked {
    /// The code that was revoked.
    pub code: CertificateCode,
    /// Always true; it stays so for good.
    pub revoked: bool,
}

/// A change that can be made.
pub(crate) struct CheckedChange<'r> {
    pub(crate) context: CertificateContext,
    pub(crate) terms: ChangeTerms<'r>,
    pub(crate) lies_on_a_sheet: bool,
}

/// A certificate with all that is needed to change it.
pub(crate) struct CertificateContext {
    pub(crate) application: Application,
    pub(crate) allocation: Allocation,
    pub(crate) certificate: Certificate,
    pub(crate) code: CertificateCode,
    position: u32,
    /// What is told of others' certificates depends on it.
    pub(crate) asked_by: Role,
    pub(crate) rulebook: std::sync::Arc<records::store::rulebooks::InForce>,
}

impl CertificateContext {
    pub(crate) fn notice(&self) -> Result<&Notice, Refusal> {
        let rulebook: &Rulebook = &self.rulebook;
        Ok(rulebook.notices.of_contest(&self.application.contest)?)
    }

    /// The kind of its sheets; none where its type has none.
    pub(crate) fn kind(&self) -> Option<&SheetKind> {
        self.notice().ok()?.sheet_kind_of(self.certificate.certificate_type)
    }

    pub(crate) fn seen(&self) -> Result<SeenCertificate<'_>, Refusal> {
        Ok(SeenCertificate {
            application: &self.application,
            allocation: &self.allocation,
            certificate: &self.certificate,
            code: &self.code,
            position: self.position,
            notice: self.notice()?,
            kind: self.kind().map(|kind| kind.kind.as_str()),
        })
    }
}

impl Operations {
    /// 补发: the same code on another sheet.
    pub async fn reissue(&self, actor: &Actor, code: String, request: Change) -> Result<Reissued, Refusal> {
        let CheckedChange { context, terms, lies_on_a_sheet } = self.checked_change(actor, &code, &request).await?;
        let audit = self.audit_of_change(actor, AuditAction::Reissue, &context)?;
        let reissued = self.cloud.changes().reissue(&context.seen()?, terms, audit).await;
        reissued.map_err(|error| refusal(context.kind(), error))?;
        if lies_on_a_sheet {
            self.order_last_run(&context).await?;
        }
        Ok(Reissued { code: context.code })
    }

    /// 注销: the code no longer counts and is never used again; whoever lost the certificate may be awarded anew.
    pub async fn revoke(&self, actor: &Actor, code: String, request: Change) -> Result<Revoked, Refusal> {
        let CheckedChange { context, terms, .. } = self.checked_change(actor, &code, &request).await?;
        let audit = self.audit_of_change(actor, AuditAction::Revoke, &context)?;
        let revoked = self.cloud.changes().revoke(&context.seen()?, terms, audit).await;
        revoked.map_err(|error| refusal(context.kind(), error))?;
        Ok(Revoked { code: context.code, revoked: true })
    }

    pub(crate) fn audit_of_change(&self, actor: &Actor, action: AuditAction, context: &CertificateContext) -> Result<AuditEntry, Refusal> {
        let audit = AuditEntry::new(actor, action, &context.notice()?.procedure.changes, self.cloud.clock.now());
        Ok(audit.of_lots([context.certificate.lot()]))
    }

    /// All that a change by whoever issued the certificate needs, checked.
    pub(crate) async fn checked_change<'r>(&self, actor: &Actor, code: &str, request: &'r Change) -> Result<CheckedChange<'r>, Refusal> {
        let context = self.certificate_context(actor, code).await?;
        actor.may(Action::Qualify { reviewer: &context.certificate.reviewer })?;
        self.changeable(&context).await?;
        let reason = bounded("原因", &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let top = top_sheet(context.kind(), request.top.as_deref())?;
        let before = self.cloud.changes().last_run_of(&context.seen()?).await?;
        let setting = request.setting.after(before.as_ref());
        printable(context.notice()?, context.certificate.certificate_type, setting)?;
        let lies_on_a_sheet = before.is_some();
        if lies_on_a_sheet && request.old_sheet.is_none() {
            return Err(Refusal::Malformed("须写明原证书已收回还是遗失".to_owned()));
        }
        let old_sheet = request.old_sheet.unwrap_or(OldSheet::Voided);
        let terms = ChangeTerms { reason, old_sheet, top, setting, approves: None };
        Ok(CheckedChange { context, terms, lies_on_a_sheet })
    }

    /// The run that the change made; what is lost here, reconcile finds.
    pub(crate) async fn order_last_run(&self, context: &CertificateContext) -> Result<(), Refusal> {
        match self.cloud.runs().of_lot(&context.application.id, &context.allocation.lot()).await?.last() {
            Some(run) => self.order(run).await,
            None => Ok(()),
        }
    }

    /// The certificate, if the actor may see it.
    pub(crate) async fn certificate_context(&self, actor: &Actor, code: &str) -> Result<CertificateContext, Refusal> {
        let (code, certificate) = self.own_certificate(actor, code).await?;
        let application = self.visible(actor, &certificate.application).await?;
        let allocation = self.cloud.allocations().get(&application.id, &certificate.lot()).await?.ok_or(Refusal::NotFound)?;
        let position = certificate.position.ok_or(Refusal::NotFound)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        Ok(CertificateContext { application, allocation, certificate, code, position, asked_by: actor.role, rulebook })
    }

    /// The certificate of ours with that code or number.
    async fn own_certificate(&self, actor: &Actor, number: &str) -> Result<(CertificateCode, Certificate), Refusal> {
        let code = self.known_code(number);
        if let Ok(code) = &code
            && let Some(certificate) = self.cloud.certificates().among(std::slice::from_ref(code)).await?.remove(code.as_str())
        {
            return Ok((code.clone(), certificate));
        }
        let Some(used) = self.cloud.certificates().external_among([number]).await?.into_values().next() else {
            return Err(code.err().unwrap_or(Refusal::NotFound));
        };
        let application = self.visible(actor, &used.used_by).await?;
        Err(Refusal::Changed(format!(
            "{number} 是其他机构颁发的证书（申报 {} 第 {} 行），不由本系统补发、更正、注销；编号登记有误的，写明原因重新登记",
            application.id, used.in_row
        )))
    }

    /// It still counts, and its own PDF is there.
    pub(crate) async fn changeable(&self, context: &CertificateContext) -> Result<(), Refusal> {
        let CertificateContext { application, allocation, certificate, position, .. } = context;
        if certificate.revoked.is_some() {
            return Err(Refusal::Changed("该证书已注销".to_owned()));
        }
        let printed = self.cloud.certificates().printed_chunks(&application.id, &certificate.lot(), PrintOutput::Single).await?;
        let drawn = *position >= allocation.numbered || printed.iter().any(|chunk| chunk.number == *position as usize / CHUNK);
        // What could not be drawn may have to be put right first.
        if !drawn && self.cloud.failures().failed_chunks(&application.id, &certificate.lot(), PrintOutput::Single).await?.is_empty() {
            return Err(Refusal::Changed("证书正在生成，请稍后再试".to_owned()));
        }
        Ok(())
    }
}
