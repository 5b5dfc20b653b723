//! What stands on a certificate, ready to be drawn: the room `certificate` only lays it out.

use serde::{Deserialize, Serialize};

use crate::code::CertificateCode;
use crate::contest::Contest;
use crate::entry::Entry;
use crate::notice::Notice;

/// All texts of one certificate (三、（一）; fields by 人社鉴发〔2021〕1号).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// 证书名称
    pub title: String,
    /// 证书正文
    pub text: String,
    /// Label and value, in the order of the form.
    pub fields: Vec<FaceField>,
    /// 证书编号
    pub code: String,
    /// 发证日期, as `2022年06月20日`.
    pub issued_on: String,
    /// 颁证主体, in whose name it is issued.
    pub issuing_body: String,
    /// Who seals on its behalf (代章).
    pub sealed_by: Option<String>,
    /// What the QR code holds.
    pub verify_url: String,
    /// Printed at the foot.
    pub query_sites: Vec<String>,
}

/// A labelled value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceField {
    /// 中文 label.
    pub label: String,
    /// English label, smaller.
    pub label_english: String,
    /// The value.
    pub value: String,
}

/// Who issues, in whose name; from the plan.
#[derive(Debug, Clone, Copy)]
pub struct IssuedBy<'a> {
    /// Name on the certificate.
    pub issuing_body: &'a str,
    /// 代章
    pub sealed_by: Option<&'a str>,
}

impl Face {
    /// Fills in the notice's wording.
    pub fn new(notice: &Notice, contest: &Contest, entry: &Entry, by: IssuedBy<'_>, code: &CertificateCode, verify_base: &str) -> Self {
        let wording = &notice.certificate;
        let template = if by.sealed_by.is_some() { &wording.committee_text } else { &wording.body_text };
        let text = template
            .replace("{issuing_body}", by.issuing_body)
            .replace("{contest}", &contest.name)
            .replace("{event}", &entry.event)
            .replace("{award}", &entry.award);
        let level = entry.level.and_then(|digit| notice.level_by_digit(digit)).map_or("", |level| &level.name);
        let field = |label: &str, english: &str, value: &str| FaceField {
            label: label.to_owned(),
            label_english: english.to_owned(),
            value: value.to_owned(),
        };
        Self {
            title: wording.title.clone(),
            text,
            fields: vec![
                field("姓名", "Name", entry.name.reveal()),
                field("证件类型", "ID Type", &entry.document_type),
                field("证件号码", "ID No.", entry.document_number.reveal()),
                field("职业名称", "Occupation", &entry.occupation),
                field("工种/职业方向", "Job", entry.job.as_deref().unwrap_or(&wording.no_job)),
                field("职业技能等级", "Skill Level", level),
                field("证书编号", "Certificate No.", code.as_str()),
            ],
            code: code.to_string(),
            issued_on: contest.issued_on.strftime("%Y年%m月%d日").to_string(),
            issuing_body: by.issuing_body.to_owned(),
            sealed_by: by.sealed_by.map(str::to_owned),
            verify_url: format!("{verify_base}{code}"),
            query_sites: wording.query_sites.clone(),
        }
    }
}
