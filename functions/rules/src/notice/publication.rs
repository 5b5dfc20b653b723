//! 五、（三） 信息上网: the national upload sheet, 表5, and who applies.

use serde::{Deserialize, Serialize};

use super::CertificateType;
use crate::values::vocabulary::{ApplicantKind, BatchKind, PublicationField};

/// How awards are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationRule {
    /// Where it stands.
    pub clause: String,
    /// Name of the workbook's only sheet.
    pub sheet: String,
    /// What stands for an absent 所在单位.
    pub no_employer: String,
    /// What stands for an absent 工种.
    pub no_job: String,
    /// What stands where a certificate has no level (专项职业能力证书).
    pub no_level: String,
    /// What a result list may show for an empty value; they all count as the same.
    pub blanks: Vec<String>,
    /// How a date is written, as `strftime` has it.
    pub date_format: String,
    /// The batch's title with `{body}`, `{kind}`, `{count}` and `{batch}`.
    pub title: String,
    /// The eleven columns, in order.
    pub columns: [PublicationColumn; 11],
    /// 数据类型.
    pub kinds: KindWords,
    /// 评价机构 and 发证机构.
    pub names: NameTemplates,
    /// Who applies, by certificate type; a type without an entry is not published.
    pub applicants: Vec<ApplicantRule>,
    /// 表5.
    pub form: FormRule,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// A column of the upload sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationColumn {
    /// What it holds.
    pub field: PublicationField,
    /// Its header.
    pub header: String,
    /// Width, in characters.
    pub width: u16,
    /// Other headers that a result list may have for it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// The words of 数据类型.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindWords {
    /// 新增
    pub new: String,
    /// 更正
    pub correction: String,
    /// 注销
    pub revocation: String,
}

/// Texts of 评价机构 and 发证机构, with `{issuing_body}` and `{sealed_by}` (G17).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameTemplates {
    /// 评价机构 where the issuing body seals itself.
    pub own_evaluator: String,
    /// 发证机构 there.
    pub own_issuer: String,
    /// 评价机构 where somebody seals on the committee's behalf (代章).
    pub sealed_evaluator: String,
    /// 发证机构 there.
    pub sealed_issuer: String,
}

/// Who applies for one certificate type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicantRule {
    /// Which certificates.
    #[serde(rename = "type")]
    pub certificate_type: CertificateType,
    /// Who applies to the Center.
    pub applicant: ApplicantKind,
    /// Where it stands.
    pub clause: String,
    /// Title of the form for certificates of this type, where it is another one.
    #[serde(default)]
    pub form_title: Option<String>,
}

/// The words of 表5.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormRule {
    /// 表5
    pub name: String,
    /// Its title.
    pub title: String,
    /// 单位名称
    pub body: String,
    /// 单位负责人, by hand.
    pub responsible: String,
    /// 信息管理员, by hand.
    pub manager: String,
    /// 标题名称
    pub batch_title: String,
    /// 上传日期, by hand.
    pub uploaded_on: String,
    /// 数据类型
    pub data_type: String,
    /// Occupation, job, level, count.
    pub columns: [String; 4],
    /// 合计
    pub total: String,
    /// What is signed under the counts.
    pub opinions: Vec<Opinion>,
}

/// A box to be filled in and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// Who signs, as written over the box.
    pub label: String,
    /// The line at its foot.
    pub sign: String,
}

/// What is wrong with a format that dates are written by (`strftime`): what it writes is a day, and the same one.
pub(super) fn date_format_problem(table: &str, format: &str) -> Option<String> {
    let day = jiff::civil::date(2022, 6, 20);
    let written = jiff::fmt::strtime::format(format, day).unwrap_or_default();
    let read = crate::values::date::written_day(&written);
    (read != Some(day)).then(|| format!("{table}.date_format“{format}”写出的日期读不回来"))
}

impl PublicationRule {
    /// The word of 数据类型.
    pub fn kind_word(&self, kind: BatchKind) -> &str {
        match kind {
            BatchKind::New => &self.kinds.new,
            BatchKind::Correction => &self.kinds.correction,
            BatchKind::Revocation => &self.kinds.revocation,
        }
    }

    /// The title of a batch of `count` rows of `body`.
    pub fn title_of(&self, body: &str, kind: BatchKind, count: usize, batch: &str) -> String {
        let title = self.title.replace("{kind}", self.kind_word(kind)).replace("{count}", &count.to_string());
        title.replace("{batch}", batch).replace("{body}", body)
    }

    /// Who applies for certificates of a type.
    pub fn applicant_of(&self, certificate_type: CertificateType) -> Option<&ApplicantRule> {
        self.applicants.iter().find(|rule| rule.certificate_type == certificate_type)
    }

    /// Title of the form of a batch of certificates of a type.
    pub fn form_title(&self, certificate_type: CertificateType) -> &str {
        self.applicant_of(certificate_type).and_then(|rule| rule.form_title.as_deref()).unwrap_or(&self.form.title)
    }

    /// The column that holds `field`, from 0.
    pub fn column_of(&self, field: PublicationField) -> u16 {
        self.columns.iter().position(|column| column.field == field).and_then(|i| u16::try_from(i).ok()).unwrap_or(0)
    }

    /// The header over `field`.
    pub fn header_of(&self, field: PublicationField) -> &str {
        self.columns.iter().find(|column| column.field == field).map_or("", |column| &column.header)
    }

    /// Columns twice, headers twice, a date format that writes nothing.
    pub(super) fn contradiction(&self) -> Option<String> {
        let twice = self.columns.iter().enumerate().find(|(i, column)| self.columns[..*i].iter().any(|c| c.field == column.field));
        if let Some((_, column)) = twice {
            return Some(format!("publication.columns 中 {:?} 写了两次", column.field));
        }
        let mut names: Vec<&String> = self.columns.iter().flat_map(|c| c.aliases.iter().chain([&c.header])).collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Some(format!("publication.columns 的表头“{}”写了两次", pair[0]));
        }
        date_format_problem("publication", &self.date_format)
    }
}
