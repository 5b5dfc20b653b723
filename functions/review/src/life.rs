//! A certificate after its code: reissue (补发), correction (更正), revocation (注销), and the stages of its lot.

use jiff::civil::Date;
use records::application::Application;
use records::issue::allocation::AllocationError;
use records::issue::certificates::Certificate;
use records::issue::changes::{Because, Recoding, Renewal, Seen};
use records::issue::runs::OldSheet;
use records::keys::objects::{CHUNK, Press};
use rules::audit::AuditEntry;
use rules::intake::entry::{Entry, PersonCorrection};
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::notice::{Notice, SheetKind};
use rules::numbers::body::BodyCode;
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::rulebook::Rulebook;
use rules::sheets::run::Setting;
use rules::values::party::Actor;
use rules::values::schema::Day;
use rules::values::vocabulary::CertificateType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::decisions::refusal as allocation_refusal;
use crate::reply::Refusal;
use crate::route::JsonBody;
use crate::runs::printable;
use crate::sheets::{number, refusal};

/// What a change of a certificate must say.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Change {
    /// Why, in Chinese.
    reason: String,
    /// What became of the sheet that it lies on: `voided` (handed back) or `lost`.
    old_sheet: Option<SheetFate>,
    /// Serial of the sheet to print on; the lowest on hand, if none is named.
    top: Option<String>,
    /// How it goes on paper.
    #[serde(default)]
    setting: Setting,
}

impl JsonBody for Change {}

/// A correction: what a change must say, and what is put right.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Correction {
    #[serde(flatten)]
    change: Change,
    #[serde(flatten)]
    corrected: Corrected,
}

impl JsonBody for Correction {}

/// What became of a sheet.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SheetFate {
    Voided,
    Lost,
}

/// What a correction puts right; whatever is not named stays.
#[derive(Default, Deserialize, JsonSchema)]
struct Corrected {
    /// 姓名
    name: Option<String>,
    /// 证件类型
    document_type: Option<String>,
    /// 证件号码
    document_number: Option<String>,
    /// Digit of the level.
    level: Option<u8>,
    /// Date of issue.
    #[schemars(with = "Option<Day>")]
    issued_on: Option<Date>,
    /// Positions 1–13 of the issuing body.
    body: Option<String>,
    /// Its name on the certificate.
    issuing_body: Option<String>,
}

impl Corrected {
    /// Whether something is wrong that is part of the code (positions 1–16).
    fn is_coded(&self) -> bool {
        self.level.is_some() || self.issued_on.is_some() || self.body.is_some()
    }

    fn is_personal(&self) -> bool {
        self.name.is_some() || self.document_type.is_some() || self.document_number.is_some()
    }
}

/// A certificate that was printed again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Reissued {
    code: CertificateCode,
}

/// A certificate that no longer counts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Revoked {
    code: CertificateCode,
    revoked: bool,
}

/// A certificate that was put right.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Righted {
    /// The code that counts now.
    code: CertificateCode,
    /// The code that it took the place of, where the code itself was wrong.
    replaces: Option<CertificateCode>,
}

/// A change that can be made.
struct Ready<'r> {
    held: Held,
    because: Because<'r>,
    audit: AuditEntry,
    lies_on_a_sheet: bool,
}

/// A certificate with all that is needed to change it.
struct Held {
    application: Application,
    allocation: Allocation,
    certificate: Certificate,
    code: CertificateCode,
    position: u32,
    rulebook: std::sync::Arc<records::store::rulebooks::InForce>,
}

impl Held {
    fn notice(&self) -> Result<&Notice, Refusal> {
        let rulebook: &Rulebook = &self.rulebook;
        Ok(rulebook.notices.of_contest(&self.application.contest)?)
    }

    fn kind(&self) -> Result<&SheetKind, Refusal> {
        self.notice()?.sheet_kind_of(CertificateType::SkillLevel).ok_or(Refusal::NotFound)
    }

    fn seen(&self) -> Result<Seen<'_>, Refusal> {
        Ok(Seen {
            application: &self.application,
            allocation: &self.allocation,
            certificate: &self.certificate,
            code: &self.code,
            position: self.position,
            kind: &self.kind()?.kind,
        })
    }
}

impl Api {
    /// 补发: the same code on another sheet.
    pub(crate) async fn reissue(&self, actor: &Actor, code: String, request: Change) -> Result<Reissued, Refusal> {
        let Ready { held, because, audit, lies_on_a_sheet } = self.ready(actor, &code, "reissue", &request).await?;
        let reissued = self.cloud.reissue(&held.seen()?, because, audit).await;
        reissued.map_err(|error| held.kind().map_or(Refusal::NotFound, |kind| refusal(kind, error)))?;
        if lies_on_a_sheet {
            self.order_last_run(&held).await?;
        }
        Ok(Reissued { code: held.code })
    }

    /// All that a change needs, checked.
    async fn ready<'r>(&self, actor: &Actor, code: &str, action: &str, request: &'r Change) -> Result<Ready<'r>, Refusal> {
        let held = self.held(actor, code).await?;
        let kind = held.kind()?;
        let reason = request.reason.trim();
        if reason.is_empty() {
            return Err(Refusal::Malformed("须写明原因".to_owned()));
        }
        let lies_on_a_sheet = self.cloud.sheet_of(&held.seen()?).await?.is_some();
        let old_sheet = match request.old_sheet {
            Some(SheetFate::Lost) => OldSheet::Lost,
            Some(SheetFate::Voided) => OldSheet::Voided,
            None if lies_on_a_sheet => return Err(Refusal::Malformed("须写明原证书已收回（voided）还是遗失（lost）".to_owned())),
            None => OldSheet::Voided,
        };
        let top = request.top.as_deref().map(|top| number(kind, top)).transpose()?;
        printable(held.notice()?, request.setting)?;
        let because = Because { reason, old_sheet, top, setting: request.setting };
        let audit = AuditEntry::new(actor, action, &held.notice()?.procedure.changes, self.cloud.clock.now());
        Ok(Ready { held, because, audit, lies_on_a_sheet })
    }

    /// The run that the change made; what is lost here, reconcile finds.
    async fn order_last_run(&self, held: &Held) -> Result<(), Refusal> {
        match self.cloud.runs_by(&held.application.id, &held.allocation.reviewer).await?.last() {
            Some(run) => self.order(run).await,
            None => Ok(()),
        }
    }

    /// The certificate, if the actor issued it and it still counts.
    async fn held(&self, actor: &Actor, code: &str) -> Result<Held, Refusal> {
        let code = self.known_code(code).await?;
        let certificate = self.cloud.certificates_by_code(std::slice::from_ref(&code)).await?.pop().ok_or(Refusal::NotFound)?;
        let application = self.visible(actor, &certificate.application).await?;
        actor.may(Action::Qualify { reviewer: &certificate.reviewer })?;
        if certificate.revoked.is_some() {
            return Err(Refusal::Changed("该证书已注销".to_owned()));
        }
        let allocation = self.cloud.allocation(&application.id, &certificate.reviewer).await?.ok_or(Refusal::NotFound)?;
        let position = certificate.position.ok_or(Refusal::NotFound)?;
        let printed = self.cloud.printed_chunks(&application.id, &certificate.reviewer, Press::Single).await?;
        if position < allocation.numbered && !printed.iter().any(|chunk| chunk.number == position as usize / CHUNK) {
            return Err(Refusal::Changed("证书正在生成，请稍后再试".to_owned()));
        }
        let rulebook = self.cloud.rulebook_of(&application).await?;
        Ok(Held { application, allocation, certificate, code, position, rulebook })
    }

    /// 注销: the code no longer counts and is never used again.
    pub(crate) async fn revoke(&self, actor: &Actor, code: String, request: Change) -> Result<Revoked, Refusal> {
        let Ready { held, because, audit, .. } = self.ready(actor, &code, "revoke", &request).await?;
        self.cloud
            .revoke(&held.seen()?, because, audit)
            .await
            .map_err(|error| held.kind().map_or(Refusal::NotFound, |k| refusal(k, error)))?;
        // Whoever lost the certificate may be awarded anew.
        self.cloud.release_former(held.notice()?, &held.application, &held.certificate.entry, None).await?;
        Ok(Revoked { code: held.code, revoked: true })
    }

    /// 更正: what stands on a certificate is put right; where the code is wrong, another one takes its place.
    pub(crate) async fn correct(&self, actor: &Actor, code: String, request: Correction) -> Result<Righted, Refusal> {
        let Ready { held, because, audit, lies_on_a_sheet } = self.ready(actor, &code, "correct", &request.change).await?;
        let righted = self.put_right(&held, &request.corrected, because, audit).await?;
        if lies_on_a_sheet {
            self.order_last_run(&held).await?;
        }
        Ok(righted)
    }

    async fn put_right(&self, held: &Held, corrected: &Corrected, because: Because<'_>, audit: AuditEntry) -> Result<Righted, Refusal> {
        let before = &held.certificate.entry;
        let entry = corrected_entry(held, corrected)?;
        if !self.cloud.claim_corrected(held.notice()?, &held.application, &entry).await? {
            return Err(Refusal::Changed("更正后的证件号码或等级，已在另一份申报中办理同一职业的证书".to_owned()));
        }
        let (code, renewal) = if corrected.is_coded() {
            self.recode(held, corrected, entry.clone(), because, audit).await?
        } else {
            let done = self.cloud.correct(&held.seen()?, &entry, because, audit).await;
            (held.code.clone(), done.map_err(|error| held.kind().map_or(Refusal::NotFound, |kind| refusal(kind, error)))?)
        };
        self.cloud.release_former(held.notice()?, &held.application, before, Some(&entry)).await?;
        // What this object would have started, reconcile starts if it is lost here.
        self.cloud.order_printing(&renewal.order()).await?;
        Ok(Righted { replaces: (code != held.code).then(|| held.code.clone()), code })
    }

    async fn recode(
        &self,
        held: &Held,
        corrected: &Corrected,
        entry: Entry,
        because: Because<'_>,
        audit: AuditEntry,
    ) -> Result<(CertificateCode, Renewal), Refusal> {
        let grammar = &held.notice()?.code;
        let (body, issuing_body) = match &corrected.body {
            None => (held.code.body(grammar).map_err(|error| Refusal::Malformed(error.to_string()))?, None),
            Some(text) => {
                let body = BodyCode::parse(grammar, text).map_err(|error| Refusal::Malformed(error.to_string()))?;
                let filed = self.cloud.body(&body).await?;
                if filed.is_none() && !body.is_human_resources(grammar) {
                    return Err(Refusal::Malformed(format!("{body} 不是已备案的评价机构，也不是人社系统的代码")));
                }
                (body, corrected.issuing_body.clone().or(filed.map(|filed| filed.name)))
            }
        };
        let issued_on = corrected.issued_on.or(held.certificate.issued_on);
        let year = issued_on.unwrap_or(held.application.contest.issued_on).year();
        let notice = held.notice()?;
        let level = entry.level.and_then(|digit| notice.level_by_digit(digit));
        let level = level.ok_or_else(|| Refusal::Malformed("没有这个等级".to_owned()))?;
        let prefix = CodePrefix::new(grammar, &body, year, level);
        let issuing_body = issuing_body.unwrap_or_else(|| held.certificate.issuing_body.clone());
        let certificate = Certificate { entry, issued_on, issuing_body, ..held.certificate.clone() };
        let recoding = Recoding { prefix: &prefix, grammar, corrected: certificate };
        self.cloud.recode(&held.seen()?, recoding, because, audit).await.map_err(|error| match error {
            AllocationError::Sheets(error) => held.kind().map_or(Refusal::NotFound, |kind| refusal(kind, error)),
            other => allocation_refusal(other, grammar),
        })
    }
}

/// The row with what was put right, judged as a roster's cells are.
fn corrected_entry(held: &Held, corrected: &Corrected) -> Result<Entry, Refusal> {
    if !corrected.is_coded() && !corrected.is_personal() {
        return Err(Refusal::Malformed("未写明更正的内容".to_owned()));
    }
    let rulebook: &Rulebook = &held.rulebook;
    let person = PersonCorrection {
        name: corrected.name.as_deref(),
        document_type: corrected.document_type.as_deref(),
        document_number: corrected.document_number.as_deref(),
    };
    let mut entry = held.certificate.entry.corrected(rulebook.catalogues()?, person).map_err(Refusal::Malformed)?;
    if let Some(level) = corrected.level {
        entry.level = Some(level);
    }
    if entry == held.certificate.entry && corrected.issued_on.is_none() && corrected.body.is_none() {
        return Err(Refusal::Malformed("更正的内容与现有内容相同".to_owned()));
    }
    Ok(entry)
}
