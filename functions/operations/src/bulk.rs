//! Reissue, correction and revocation of certificates from a list, with one reason: all of them are checked first, and nothing is done
//! where one of them cannot be done.

use std::collections::BTreeSet;

use rules::issue::correction::Correction;
use rules::numbers::code::CertificateCode;
use rules::values::finding::Finding;
use rules::values::folding;
use rules::values::party::Actor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::changes::Change;
use crate::corrections::CertificateCorrection;
use crate::refusal::Refusal;

pub use records::issue::runs::OldSheet;

/// Certificates that one request changes: it is answered within half a minute.
const MAX_CERTIFICATES: usize = 50;

/// What is done with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// 补发
    Reissue,
    /// 更正
    Correct,
    /// 注销
    Revoke,
}

/// A list of certificates to be changed.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ChangeSeveral {
    /// What is done.
    pub change: ChangeKind,
    /// Why, in Chinese: the same of all.
    pub reason: String,
    /// What became of the sheets that they lie on, where an entry of the list says nothing else.
    #[serde(default)]
    pub old_sheet: Option<OldSheet>,
    /// Why against advice, in Chinese; owed where the rules advise against a correction.
    #[serde(default)]
    pub against_advice: Option<String>,
    /// The certificates, each once.
    pub certificates: Vec<ChangedCertificate>,
    /// Whether nothing is done yet: it is told what would be.
    #[serde(default)]
    pub preview: bool,
}

/// One of the list.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ChangedCertificate {
    /// Its code or number.
    pub code: String,
    /// What became of its sheet.
    #[serde(default)]
    pub old_sheet: Option<OldSheet>,
    /// Serial of the sheet that it is printed on; the lowest on hand, if none is named.
    #[serde(default)]
    pub top: Option<String>,
    /// What is put right; of a correction alone.
    #[serde(flatten)]
    pub correction: Correction,
}

/// What became of the list.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SeveralChanged {
    /// The certificates, in the order of the list.
    pub certificates: Vec<ChangeOutcome>,
    /// How many were changed; with `preview`, how many could be.
    pub changed: usize,
}

/// What became of one.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ChangeOutcome {
    /// The code that was named.
    pub code: String,
    /// The code that counts now, where it is another one.
    pub replaced_by: Option<CertificateCode>,
    /// Whether it was changed; with `preview`, whether it could be.
    pub done: bool,
    /// Why it was not, in Chinese.
    pub problem: Option<String>,
}

impl Operations {
    /// Changes certificates from a list. What is found wrong before anything is done keeps all of it from being done; what goes wrong
    /// while it is done, of one certificate, is told of that one.
    pub async fn change_several(&self, actor: &Actor, request: ChangeSeveral) -> Result<SeveralChanged, Refusal> {
        let count = request.certificates.len();
        if count == 0 || count > MAX_CERTIFICATES {
            return Err(Refusal::Malformed(format!("每次办理 1 到 {MAX_CERTIFICATES} 份证书，现为 {count} 份；请分次办理")));
        }
        // In another width or letter case it is the same certificate.
        let distinct: BTreeSet<String> = request.certificates.iter().map(|one| folding::code(&one.code)).collect();
        if distinct.len() < count {
            return Err(Refusal::Malformed("名单中有证书写了两次".to_owned()));
        }
        let numbers: Vec<String> =
            request.certificates.iter().filter_map(|one| one.correction.number.as_deref().map(folding::code)).collect();
        if numbers.iter().collect::<BTreeSet<_>>().len() < numbers.len() {
            return Err(Refusal::Malformed("名单中有两份证书更正为同一个编号，一证一号".to_owned()));
        }
        let mut outcomes = Vec::with_capacity(count);
        for one in &request.certificates {
            let checked = self.checked(actor, &request, one).await;
            let problem = checked.map_or_else(told, |()| Ok(None))?;
            outcomes.push(ChangeOutcome { code: one.code.clone(), replaced_by: None, done: problem.is_none(), problem });
        }
        let problems = outcomes.iter().any(|outcome| !outcome.done);
        if !request.preview && problems {
            let said = outcomes.iter().filter_map(|one| one.problem.as_ref().map(|problem| format!("{}：{problem}", one.code)));
            return Err(Refusal::Malformed(format!("没有办理：{}", said.collect::<Vec<_>>().join("；"))));
        }
        if !request.preview {
            for (one, outcome) in request.certificates.iter().zip(&mut outcomes) {
                match self.change_one(actor, &request, one).await {
                    Ok(replaced_by) => outcome.replaced_by = replaced_by,
                    Err(refusal) => {
                        outcome.problem = told(refusal)?;
                        outcome.done = false;
                    }
                }
            }
        }
        let changed = outcomes.iter().filter(|outcome| outcome.done).count();
        Ok(SeveralChanged { certificates: outcomes, changed })
    }

    async fn checked(&self, actor: &Actor, request: &ChangeSeveral, one: &ChangedCertificate) -> Result<(), Refusal> {
        match request.change {
            ChangeKind::Reissue | ChangeKind::Revoke => self.checked_change(actor, &one.code, &change(request, one)).await.map(|_| ()),
            ChangeKind::Correct => self.checked_correction(actor, &one.code, &correction(request, one)).await.map(|_| ()),
        }
    }

    async fn change_one(
        &self,
        actor: &Actor,
        request: &ChangeSeveral,
        one: &ChangedCertificate,
    ) -> Result<Option<CertificateCode>, Refusal> {
        let code = one.code.clone();
        match request.change {
            ChangeKind::Reissue => self.reissue(actor, code, change(request, one)).await.map(|_| None),
            ChangeKind::Revoke => self.revoke(actor, code, change(request, one)).await.map(|_| None),
            ChangeKind::Correct => {
                let corrected = self.correct(actor, code, correction(request, one)).await?;
                Ok(corrected.replaces.is_some().then_some(corrected.code))
            }
        }
    }
}

fn change(request: &ChangeSeveral, one: &ChangedCertificate) -> Change {
    let (reason, old_sheet) = (request.reason.clone(), one.old_sheet.or(request.old_sheet));
    Change { reason, old_sheet, top: one.top.clone(), setting: Default::default() }
}

fn correction(request: &ChangeSeveral, one: &ChangedCertificate) -> CertificateCorrection {
    let against_advice = request.against_advice.clone();
    CertificateCorrection { change: change(request, one), correction: one.correction.clone(), against_advice }
}

/// What a person is told of one certificate; what is no matter of the certificate is the whole request's.
fn told(refusal: Refusal) -> Result<Option<String>, Refusal> {
    let findings = |findings: &[Finding]| findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("；");
    Ok(Some(match refusal {
        Refusal::NotFound => "没有这份证书，或不归本账号".to_owned(),
        Refusal::Denied => "不是本机构颁发的证书".to_owned(),
        Refusal::NotEntitled(message) | Refusal::Malformed(message) | Refusal::Changed(message) | Refusal::ApprovalNeeded(message) => {
            message
        }
        Refusal::Findings(all) => findings(&all),
        Refusal::Advice(message, all) => format!("{message}：{}", findings(&all)),
        other @ (Refusal::Unauthorised | Refusal::KeyReused | Refusal::TooOften(_) | Refusal::Records(_)) => return Err(other),
    }))
}
