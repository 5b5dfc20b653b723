//! What anybody is told of a certificate: whoever holds the paper, or knows its number and the name on it.
//!
//! The notice has the results published (五、（三）); 人社鉴发〔2021〕1号 puts a QR code on the certificate. Nothing is told to
//! whoever has neither: a number that was never given out and a wrong name get one and the same answer.

use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::intake::entry::Entry;
use crate::issue::certificate_fields::CertificateFields;
use crate::numbers::code::CertificateCode;
use crate::values::attestation::{self, PublicKey, Statement};
use crate::values::identity::Mask;
use crate::values::name::PersonName;
use crate::values::schema::Day;

/// Body of `POST /verify`, as a form (`application/x-www-form-urlencoded`) or as JSON.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// 证书编号, 22 positions; spaces, small letters and full-width forms are put right.
    #[serde(default)]
    pub code: String,
    /// 姓名, as printed on the certificate.
    #[serde(default)]
    pub name: String,
}

impl std::fmt::Debug for Question {
    // It holds a name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Why there is no answer: the body of every JSON reply that is none, in the shape of the rest of the API.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unanswered {
    /// A code and a sentence that say why.
    pub error: UnansweredBecause,
}

/// Why there is no answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnansweredBecause {
    /// Its stable name.
    pub code: UnansweredCode,
    /// What to do, in Chinese.
    pub message: String,
    /// Always empty here.
    #[schemars(with = "Vec<String>")]
    pub findings: [(); 0],
}

/// The stable names of why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnansweredCode {
    /// 无法查询: no code of any notice, or no body that can be read.
    Malformed,
    /// 请稍后再试: too often.
    TooOften,
    /// 暂时无法查询: the store cannot be reached.
    Unavailable,
    /// 无法查询: a defect; the message has a reference that the log has too.
    Defect,
}

/// What somebody shows to be told something.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// The signature of the QR code (`s=`): base64url of 64 bytes.
    Signature(&'a str),
    /// The name on the certificate.
    Name(&'a PersonName),
}

/// Which edition of a certificate the evidence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// What stands on it now.
    Current,
    /// What stood on it before a correction.
    Former,
}

impl Evidence<'_> {
    /// Which edition of the certificate it belongs to, if any. `former` is what stood on it before each correction.
    pub fn edition<'e>(
        &self,
        code: &CertificateCode,
        current: &Entry,
        former: impl IntoIterator<Item = &'e Entry>,
        keys: &[PublicKey],
    ) -> Option<Edition> {
        if self.belongs_to(code, current, keys) {
            return Some(Edition::Current);
        }
        former.into_iter().any(|entry| self.belongs_to(code, entry, keys)).then_some(Edition::Former)
    }

    fn belongs_to(&self, code: &CertificateCode, entry: &Entry, keys: &[PublicKey]) -> bool {
        match self {
            Self::Name(name) => **name == entry.name,
            Self::Signature(signature) => {
                let (name, document_number) = (entry.name.reveal(), entry.document_number.reveal());
                let statement = Statement { code: code.as_str(), name, document_number };
                attestation::check(&format!("?s={signature}"), &statement, keys).is_ok()
            }
        }
    }
}

/// What a certificate shows, the document number masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// 证书名称
    pub title: String,
    /// 证书编号
    pub code: String,
    /// 姓名
    pub name: String,
    /// 证件类型
    pub document_type: String,
    /// 证件号码, masked as the notice has it: a resident number's first three and last two positions, of a shorter number the last two.
    pub document_number: String,
    /// 职业名称
    pub occupation: String,
    /// 工种/职业方向
    pub job: String,
    /// 职业技能等级
    pub level: String,
    /// 发证日期
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// 颁证主体
    pub issuing_body: String,
    /// 代章; absent where the issuing body seals itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
    /// 证书正文
    pub text: String,
}

impl std::fmt::Debug for Shown {
    // It holds a name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("code", &self.code).finish_non_exhaustive()
    }
}

impl Shown {
    /// Of what is printed on it.
    pub fn new(fields: CertificateFields, entry: &Entry, issued_on: Date, mask: &Mask) -> Self {
        Self {
            title: fields.title,
            code: fields.code,
            name: fields.name,
            document_type: fields.document_type,
            document_number: entry.document_number.masked_by(mask),
            occupation: fields.occupation,
            job: fields.job,
            level: fields.level,
            issued_on,
            issuing_body: fields.issuing_body,
            sealed_by: Some(fields.sealed_by).filter(|by| !by.is_empty()),
            text: fields.text,
        }
    }
}

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// 有效
    Valid,
    /// 已更正: it counts, with what is shown.
    Corrected,
    /// 已注销: it no longer counts.
    Revoked,
    /// 未查到: no such certificate, or not this name or signature.
    Unknown,
}

impl State {
    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "有效",
            Self::Corrected => "已更正",
            Self::Revoked => "已注销",
            Self::Unknown => "未查到",
        }
    }

    /// The name in the API and in logs.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The answer to whoever asks for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// How it stands.
    pub state: State,
    /// The same in a sentence, in Chinese.
    pub message: String,
    /// 证书编号 that was asked for; absent where the state is `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// The code that took its place, where level, year or body were corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<CertificateCode>,
    /// When it was last corrected, in China's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub corrected_on: Option<Date>,
    /// When it was revoked, in China's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub revoked_on: Option<Date>,
    /// Whether the paper or the name asked with is that of before the correction.
    #[serde(default)]
    pub former_paper: bool,
    /// What counts now; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Shown>,
}

impl Answer {
    /// The one answer for a code that was never given out, a wrong name and a wrong signature.
    pub fn unknown() -> Self {
        let message = "没有查到相符的证书。请对照证书原件，核对证书编号和姓名是否完全一致；\
                       扫码后见到本页的，该二维码与系统记录不符。确认无误仍查不到的，请向证书上的颁证机构核实";
        Self::of(State::Unknown, message.to_owned())
    }

    /// Of one that counts. `corrected_on` is the day of its last correction.
    pub fn counts(code: CertificateCode, edition: Edition, corrected_on: Option<Date>, certificate: Shown) -> Self {
        let former_paper = edition == Edition::Former;
        let (state, message) = match corrected_on {
            None => (State::Valid, "证书有效。请核对下列内容与证书原件是否一致".to_owned()),
            Some(day) if former_paper => {
                (State::Corrected, format!("证书已于{}更正。您所持的是更正前的内容，应已收回；以下列内容为准", words(day)))
            }
            Some(day) => (State::Corrected, format!("证书有效，内容已于{}更正，以下列内容为准", words(day))),
        };
        Self { code: Some(code), corrected_on, former_paper, certificate: Some(certificate), ..Self::of(state, message) }
    }

    /// Of one whose place another code took on `day`.
    pub fn replaced(code: CertificateCode, by: CertificateCode, day: Date, certificate: Shown) -> Self {
        let message = format!("编号 {code} 已于{}更正停用，由编号 {by} 的证书代替；以下列内容为准", words(day));
        let of = Self::of(State::Corrected, message);
        Self { code: Some(code), replaced_by: Some(by), corrected_on: Some(day), former_paper: true, certificate: Some(certificate), ..of }
    }

    /// Of one that was revoked on `day`. Why is nobody's business here.
    pub fn revoked(code: CertificateCode, day: Date) -> Self {
        let message = format!("编号 {code} 的证书已于{}注销，不再有效", words(day));
        Self { code: Some(code), revoked_on: Some(day), ..Self::of(State::Revoked, message) }
    }

    fn of(state: State, message: String) -> Self {
        let (code, replaced_by, corrected_on, revoked_on) = (None, None, None, None);
        Self { state, message, code, replaced_by, corrected_on, revoked_on, former_paper: false, certificate: None }
    }
}

/// When somebody who asks too often may ask again.
pub fn too_often(seconds: i64) -> String {
    format!("查询过于频繁，请在 {} 分钟后再试", (seconds.max(1) + 59) / 60)
}

/// Until the next multiple of the pace: a slow answer is late by whole steps, not by what it had to do.
pub fn until_next(pace: Duration, elapsed: Duration) -> Duration {
    let steps = elapsed.as_nanos() / pace.as_nanos().max(1) + 1;
    pace.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX)).saturating_sub(elapsed)
}

/// A day as it is written on paper.
pub fn words(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::notice::Notices;
    use crate::values::attestation::SigningKey;
    use crate::values::date::day_of;
    use crate::values::identity::{DocumentKind, DocumentNumber, Gender};

    fn code() -> CertificateCode {
        let notices = Notices::built_in().expect("notices");
        CertificateCode::parse(&notices.general().code, "S000051009999222J00001").expect("a code")
    }

    fn entry(name: &str) -> Entry {
        Entry {
            row: 2,
            name: PersonName::parse(name).expect("a name").0,
            gender: Gender::Female,
            document_type: "居民身份证".to_owned(),
            document_kind: DocumentKind::Resident,
            document_number: DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("a number"),
            phone: String::new(),
            employer: String::new(),
            occupation: "电工".to_owned(),
            occupation_code: "6-31-01-03".to_owned(),
            job: None,
            level: Some(3),
            event: "电工".to_owned(),
            award: "一等奖".to_owned(),
            rank: None,
            prior: None,
            photo: None,
            details: Default::default(),
            by_hand: false,
        }
    }

    fn signature(key: &SigningKey, entry: &Entry) -> String {
        let code = code();
        let statement = Statement { code: code.as_str(), name: entry.name.reveal(), document_number: entry.document_number.reveal() };
        let address = key.address("http://example.cn/?code=", &statement);
        address.rsplit("s=").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn paper_and_name_belong_to_the_edition_they_come_from() {
        let key: SigningKey = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".parse().expect("a key");
        let (now, before, other) = (entry("更正甲"), entry("张测试"), entry("冒名者"));
        let keys = [key.public()];
        let edition = |evidence: Evidence<'_>| evidence.edition(&code(), &now, [&before], &keys);
        assert_eq!(edition(Evidence::Name(&now.name)), Some(Edition::Current));
        assert_eq!(edition(Evidence::Name(&before.name)), Some(Edition::Former));
        assert_eq!(edition(Evidence::Name(&other.name)), None);
        assert_eq!(edition(Evidence::Signature(&signature(&key, &now))), Some(Edition::Current));
        assert_eq!(edition(Evidence::Signature(&signature(&key, &before))), Some(Edition::Former));
        for wrong in [signature(&key, &other), String::new(), "&s=".to_owned(), "……".to_owned()] {
            assert_eq!(edition(Evidence::Signature(&wrong)), None);
        }
    }

    #[test]
    fn numbers_are_masked_by_their_length() {
        let resident = DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("a number");
        assert_eq!(resident.masked_by(&Mask::default()), "110*************2X");
        assert_eq!(resident.masked_by(&Mask { first: 1, last: 1 }), "1****************X");
        let pass = DocumentNumber::parse(DocumentKind::TaiwanPass, "12345678").expect("a number");
        assert_eq!(pass.masked_by(&Mask::default()), "******78");
        assert_eq!(pass.masked_by(&Mask { first: 0, last: 6 }), "********");
    }

    #[test]
    fn days_are_chinas() {
        let late: Timestamp = "2022-06-20T16:00:00Z".parse().expect("a time");
        assert_eq!(words(day_of(late)), "2022年6月21日");
    }

    #[test]
    fn answers_come_at_whole_steps() {
        let pace = Duration::from_millis(800);
        for (elapsed, due) in [(0, 800), (799, 800), (800, 1600), (2000, 2400)] {
            let elapsed = Duration::from_millis(elapsed);
            assert_eq!(elapsed + until_next(pace, elapsed), Duration::from_millis(due));
        }
    }

    #[test]
    fn the_unknown_tells_nothing() {
        let told = serde_json::to_value(Answer::unknown()).expect("JSON");
        let mut fields: Vec<&String> = told.as_object().expect("an object").keys().collect();
        fields.sort();
        assert_eq!(fields, ["former_paper", "message", "state"]);
    }
}
