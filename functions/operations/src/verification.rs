//! Verification of a list by somebody with an account, as an employer needs it: numbers with names, each answered as the public page answers
//! one. Who asks is an entry, and how much an account may ask is bounded.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use records::RecordsError;
use records::store::limits::{Admission, Counted, Limit};
use rules::after::verification::{Answer, Evidence, State, until_next};
use rules::audit::{AuditAction, AuditEntry};
use rules::numbers::code::CertificateCode;
use rules::values::folding;
use rules::values::name::PersonName;
use rules::values::party::{Actor, Applicant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;

/// Certificates of one list.
const MAX_CERTIFICATES: usize = 500;
/// Certificates that one account may ask for in a day.
const PER_ACCOUNT: Limit = Limit { times: 2_000, seconds: DAY_SECONDS };
/// Names that one account may try for one number in a day: as many as one client of the public page within a window.
const PER_NUMBER: Limit = Limit { times: 10, seconds: DAY_SECONDS };
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Answers come at multiples of this, whatever they say.
const PACE: Duration = Duration::from_millis(800);
/// Certificates looked at at once.
const AT_ONCE: usize = 16;

/// Certificates to be verified: 500 at most.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyList {
    /// Each with the name that stands on it.
    pub certificates: Vec<NamedCertificate>,
}

/// A certificate's number, and the name that stands on it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedCertificate {
    /// 证书编码, or 证书编号 of one that has none.
    pub code: String,
    /// 姓名
    pub name: String,
}

/// What was told, in the order of the list.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct VerifiedList {
    /// Each as it was asked for, with its answer.
    pub certificates: Vec<VerifiedCertificate>,
    /// How many of them count.
    pub counting: usize,
    /// How many do not, were not found, or were not looked at.
    pub others: usize,
}

/// A certificate that was asked for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct VerifiedCertificate {
    /// As it was asked for.
    pub asked: NamedCertificate,
    /// 有效, 已更正, 已由新编码代替, 已注销, 未查到; 请稍后再试, where too many names were tried for the number.
    pub word: String,
    /// What anybody would be told; none where too many names were tried.
    pub answer: Option<Answer>,
}

impl VerifiedCertificate {
    fn new(asked: NamedCertificate, answer: Option<Answer>) -> Self {
        let word = match &answer {
            None => "请稍后再试",
            Some(answer) if answer.replaced_by.is_some() => "已由新编码代替",
            Some(answer) => answer.state.word(),
        };
        Self { word: word.to_owned(), asked, answer }
    }

    /// Whether the number that was asked for counts.
    fn counts(&self) -> bool {
        let counts = |answer: &Answer| matches!(answer.state, State::Valid | State::Corrected) && answer.replaced_by.is_none();
        self.answer.as_ref().is_some_and(counts)
    }
}

impl VerifyList {
    /// Of lines as they are copied from a workbook: number and name, in whichever order; a line without a number is a header or a mistake.
    ///
    /// # Errors
    /// A line after the first is not of that form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut certificates = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let parts: Vec<&str> = line.split(['\t', ',', '，', ';', '；', '\u{3000}', ' ']).filter(|part| !part.is_empty()).collect();
            let is_code = |part: &str| part.chars().any(|c| c.is_ascii_digit()) && CertificateCode::lookup(&folding::code(part)).is_some();
            let code = parts.iter().position(|part| is_code(part)).filter(|_| parts.len() > 1);
            match code {
                Some(at) => {
                    let name: Vec<&str> = parts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, part)| *part).collect();
                    certificates.push(NamedCertificate { code: parts[at].to_owned(), name: name.join(" ") });
                }
                None if certificates.is_empty() && number == 1 => {}
                None => return Err(Refusal::Malformed(format!("第 {number} 行不是“证书编号 姓名”，请改正后再核验"))),
            }
        }
        Ok(Self { certificates })
    }
}

impl Operations {
    /// What anybody would be told of each certificate of a list; who asked for how many is an entry.
    pub async fn verify_list(&self, actor: &Actor, list: VerifyList) -> Result<VerifiedList, Refusal> {
        let started = Instant::now();
        let count = u32::try_from(list.certificates.len()).unwrap_or(u32::MAX);
        if list.certificates.is_empty() || list.certificates.len() > MAX_CERTIFICATES {
            return Err(Refusal::Malformed(format!("一次核验 1 到 {MAX_CERTIFICATES} 份证书，请分次核验")));
        }
        if let Admission::Refused(seconds) = self.cloud.admit_all(Counted::Account(&actor.subject), count, PER_ACCOUNT).await? {
            return Err(Refusal::TooOften(seconds));
        }
        let looks = stream::iter(list.certificates).map(async |asked| self.verify_one(actor, asked).await);
        let certificates: Vec<VerifiedCertificate> = looks.buffered(AT_ONCE).try_collect().await?;
        let counting = certificates.iter().filter(|one| one.counts()).count();
        let others = certificates.len() - counting;
        // Before anything is told.
        let said = format!("按名单核验证书 {count} 份：有效 {counting} 份，其他 {others} 份");
        let audit = AuditEntry::new(actor, AuditAction::Search, "", self.cloud.clock.now()).with(said);
        self.cloud.looks().enter_search(&Applicant::of(actor), audit).await?;
        tokio::time::sleep(until_next(PACE, started.elapsed())).await;
        Ok(VerifiedList { certificates, counting, others })
    }

    async fn verify_one(&self, actor: &Actor, asked: NamedCertificate) -> Result<VerifiedCertificate, RecordsError> {
        let Some(code) = CertificateCode::lookup(&folding::code(&asked.code)) else {
            return Ok(VerifiedCertificate::new(asked, Some(Answer::unknown())));
        };
        let tried = Counted::AccountGuesses(&actor.subject, &code);
        if let Admission::Refused(_) = self.cloud.admit(tried, PER_NUMBER).await? {
            return Ok(VerifiedCertificate::new(asked, None));
        }
        let name = PersonName::parse(&asked.name).ok().map(|(name, _)| name);
        let answer = self.cloud.verification().answer(code, name.as_ref().map(Evidence::Name)).await?;
        Ok(VerifiedCertificate::new(asked, Some(answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_is_copied_from_a_workbook() {
        const CODE: &str = "S000051009999222J00001";
        let read = |text: &str| VerifyList::parse(text).map(|list| list.certificates);
        let one = |name: &str| vec![NamedCertificate { code: CODE.to_owned(), name: name.to_owned() }];
        for line in [format!("{CODE}\t张样例"), format!("张样例,{CODE}"), format!("证书编号 姓名\r\n{CODE}，张样例\r\n\r\n")]
        {
            assert!(read(&line).is_ok_and(|read| read == one("张样例")), "{line}");
        }
        assert!(read(&format!("{CODE},阿依古丽 买买提")).is_ok_and(|read| read == one("阿依古丽 买买提")));
        assert!(matches!(read(&format!("{CODE} 张样例\n李样例")), Err(Refusal::Malformed(told)) if told.contains("第 2 行")));
    }
}
