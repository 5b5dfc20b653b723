//! What stands on a certificate: its values, to be put where the layout says.

use serde::{Deserialize, Serialize};

use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::notice::{CertificateType, Notice};

/// All values of one certificate (三、（一）; fields by 人社鉴发〔2021〕1号). An empty one is not printed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Face {
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
    /// 流水号 of the sheet it is printed on.
    pub serial: String,
    /// What the QR code holds.
    pub verify_url: String,
}

impl std::fmt::Debug for Face {
    // It holds a name and a document number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("code", &self.code).finish_non_exhaustive()
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

/// What `{…}` may stand for in a layout.
pub const VALUES: [&str; 16] = [
    "title",
    "text",
    "name",
    "document_type",
    "document_number",
    "occupation",
    "job",
    "level",
    "code",
    "year",
    "month",
    "day",
    "issuing_body",
    "sealed_by",
    "serial",
    "verify_url",
];

impl Face {
    /// Fills in the notice's wording.
    pub fn new(notice: &Notice, contest: &Contest, entry: &Entry, by: IssuedBy<'_>, code: &str, verify_url: String) -> Self {
        let title = notice.type_rule(by.certificate_type).map_or("", |rule| &rule.name);
        let wording = &notice.certificate;
        let template = if by.sealed_by.is_some() { &wording.committee_text } else { &wording.body_text };
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
            serial: String::new(),
            verify_url,
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
            "serial" => &self.serial,
            "verify_url" => &self.verify_url,
            _ => return None,
        };
        Some(value)
    }
}

/// Fixed words with `{values}` between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Value(String),
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((words, after)) = rest.split_once('{')
            && let Some((name, after)) = after.split_once('}')
        {
            pieces.extend((!words.is_empty()).then(|| Piece::Words(words.to_owned())));
            pieces.push(Piece::Value(name.to_owned()));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Words(rest.to_owned())));
        Self(pieces)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        let text = |piece| match piece {
            Piece::Words(words) => words,
            Piece::Value(name) => format!("{{{name}}}"),
        };
        template.0.into_iter().map(text).collect()
    }
}

impl Template {
    /// The words, where no value stands among them.
    pub fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Words(words)] => Some(words),
            _ => None,
        }
    }

    /// With its values; `None` where one is empty or not known.
    pub fn filled<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let text = |piece: &'_ Piece| match piece {
            Piece::Words(words) => Some(words.clone()),
            Piece::Value(name) => value(name).filter(|value| !value.is_empty()).map(str::to_owned),
        };
        self.0.iter().map(text).collect::<Option<String>>().filter(|text| !text.is_empty())
    }

    /// A value that no certificate has.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Value(name) if !VALUES.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Option<String> {
        let value = |name: &str| match name {
            "name" => Some("张测试"),
            "job" => Some(""),
            _ => None,
        };
        Template::from(template.to_owned()).filled(value)
    }

    #[test]
    fn values_stand_between_words() {
        assert_eq!(filled("（{name}）").as_deref(), Some("（张测试）"));
        assert_eq!(filled("姓名").as_deref(), Some("姓名"));
        assert_eq!(filled("{name").as_deref(), Some("{name"));
    }

    #[test]
    fn a_text_with_an_empty_value_is_left_out() {
        assert_eq!(filled("（{job}代章）"), None);
        assert_eq!(filled("{other}"), None);
        assert_eq!(filled(""), None);
    }

    #[test]
    fn only_words_are_fixed() {
        assert_eq!(Template::from("姓名".to_owned()).fixed(), Some("姓名"));
        assert_eq!(Template::from("{name}".to_owned()).fixed(), None);
        assert_eq!(Template::from("{nobody}".to_owned()).unknown(), Some("nobody"));
        assert_eq!(String::from(Template::from("a{name}b".to_owned())), "a{name}b");
    }
}
