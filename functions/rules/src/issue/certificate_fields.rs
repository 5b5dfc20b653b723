//! What stands on a certificate: its values, to be put where the layout says.

use serde::{Deserialize, Serialize};

use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::notice::Notice;
use crate::notice::layout::TextBox;
use crate::values::vocabulary::CertificateType;

/// All values of one certificate (三、（一）; fields by 人社鉴发〔2021〕1号). An empty one is not printed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct CertificateFields {
    /// 证书名称
    pub title: String,
    /// 证书正文
    pub text: String,
    /// 姓名
    pub name: String,
    /// 证件类型
    pub document_type: String,
    /// 证件号码
    pub document_number: String,
    /// 职业名称
    pub occupation: String,
    /// 工种/职业方向
    pub job: String,
    /// 职业技能等级
    pub level: String,
    /// 证书编号
    pub code: String,
    /// 发证日期: year, month, day.
    pub issued_on: [String; 3],
    /// 颁证主体, in whose name it is issued.
    pub issuing_body: String,
    /// Who seals on its behalf (代章).
    pub sealed_by: String,
    /// What the QR code holds.
    pub verify_url: String,
    /// 流水号 of the sheet that it stands for in a run; none of a copy, which lies on no sheet.
    #[serde(default)]
    pub serial: String,
}

impl std::fmt::Debug for CertificateFields {
    // It holds a name and a document number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateFields").field("code", &self.code).finish_non_exhaustive()
    }
}

/// What is issued by whom, in whose name; from the plan.
#[derive(Debug, Clone, Copy)]
pub struct IssuedBy<'a> {
    /// 证书类型
    pub certificate_type: CertificateType,
    /// Name on the certificate.
    pub issuing_body: &'a str,
    /// 代章
    pub sealed_by: Option<&'a str>,
}

impl CertificateFields {
    /// Fills in the notice's wording.
    pub fn new(notice: &Notice, contest: &Contest, entry: &Entry, by: IssuedBy<'_>, code: &str, verify_url: String) -> Self {
        let title = notice.type_rule(by.certificate_type).map_or("", |rule| &rule.name);
        let wording = &notice.certificate;
        let template = match by.certificate_type {
            CertificateType::SpecificAbility => wording.specific_text.as_ref().unwrap_or(&wording.body_text),
            CertificateType::SkillLevel | CertificateType::Qualification if by.sealed_by.is_some() => &wording.committee_text,
            CertificateType::SkillLevel | CertificateType::Qualification => &wording.body_text,
        };
        let text = template
            .replace("{issuing_body}", by.issuing_body)
            .replace("{contest}", &contest.name)
            .replace("{event}", &entry.event)
            .replace("{award}", &entry.award);
        let level = entry.level.and_then(|digit| notice.level_by_digit(digit)).map_or("", |level| &level.name);
        Self {
            title: title.to_owned(),
            text,
            name: entry.name.reveal().to_owned(),
            document_type: entry.document_type.clone(),
            document_number: entry.document_number.reveal().to_owned(),
            occupation: entry.occupation.clone(),
            job: entry.job.clone().unwrap_or_else(|| wording.no_job.clone()),
            level: level.to_owned(),
            code: code.to_owned(),
            issued_on: ["%Y", "%m", "%d"].map(|part| contest.issued_on.strftime(part).to_string()),
            issuing_body: by.issuing_body.to_owned(),
            sealed_by: by.sealed_by.unwrap_or_default().to_owned(),
            verify_url,
            serial: String::new(),
        }
    }

    /// Nobody's certificate: texts of usual length in every place, in the notice's words.
    pub fn sample(notice: &Notice, certificate_type: CertificateType) -> Self {
        let (body, wording) = (&notice.notice.center, &notice.certificate);
        let text = wording.body_text.replace("{issuing_body}", body).replace("{contest}", "2022年四川省样例职业技能竞赛");
        Self {
            title: notice.type_rule(certificate_type).map_or_else(String::new, |rule| rule.name.clone()),
            text: text.replace("{award}", "一等奖"),
            name: "样张".to_owned(),
            document_type: "居民身份证".to_owned(),
            document_number: "510000000000000000".to_owned(),
            occupation: "工业机器人系统操作员".to_owned(),
            job: wording.no_job.clone(),
            level: notice.levels.iter().map(|level| level.name.clone()).max_by_key(String::len).unwrap_or_default(),
            code: "8".repeat(notice.code.width()),
            issued_on: ["2022", "06", "20"].map(str::to_owned),
            issuing_body: body.clone(),
            sealed_by: String::new(),
            verify_url: "https://example.invalid/v/8".to_owned(),
            serial: String::new(),
        }
    }

    /// The value that `{name}` stands for, if there is such a value.
    pub fn value(&self, name: &str) -> Option<&str> {
        let [year, month, day] = &self.issued_on;
        let value = match name {
            "title" => &self.title,
            "text" => &self.text,
            "name" => &self.name,
            "document_type" => &self.document_type,
            "document_number" => &self.document_number,
            "occupation" => &self.occupation,
            "job" => &self.job,
            "level" => &self.level,
            "code" => &self.code,
            "year" => year,
            "month" => month,
            "day" => day,
            "issuing_body" => &self.issuing_body,
            "sealed_by" => &self.sealed_by,
            "verify_url" => &self.verify_url,
            "serial" => &self.serial,
            _ => return None,
        };
        Some(value)
    }
}

/// The text of a box for a certificate; `None` where a value is empty.
pub fn text_of(text: &TextBox, fields: &CertificateFields) -> Option<String> {
    text.text.filled(|name| fields.value(name))
}
