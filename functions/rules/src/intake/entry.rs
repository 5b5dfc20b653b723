//! A roster row: what a cell may hold before it is judged, and the typed entry after.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogues;
use crate::values::identity::{DocumentKind, DocumentNumber, Gender};
use crate::values::name::PersonName;
use crate::values::prior::Prior;
use crate::values::rank::Rank;

/// A cell as the workbook holds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// A cell that holds nothing.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// A number: whatever was typed, it has 15 digits at most.
    Number(f64),
    /// A date cell, read as a civil date.
    Date(Date),
    /// TRUE or FALSE.
    Bool(bool),
    /// `#N/A` and the like.
    Error,
    /// A formula, with or without a cached value.
    Formula,
    /// Covered by a merged region whose first cell is another: that is said of the region, not of the cell.
    Merged,
}

impl Cell {
    /// Whether nothing can be seen in it.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty | Self::Merged => true,
            Self::Text(text) => text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}')),
            _ => false,
        }
    }
}

/// What WPS writes for a picture within a cell, followed by its id.
pub const PICTURE: &str = "DISPIMG";

/// Whether a formula, without its `=`, shows a picture: `DISPIMG` of WPS, `IMAGE` of Excel.
pub fn is_picture(formula: &str) -> bool {
    shows(formula, PICTURE) || shows(formula, "IMAGE")
}

/// The same of a text: what became of such a formula. A file may well be called `image(1).jpg`.
pub(crate) fn was_picture(text: &str) -> bool {
    text.strip_prefix('=').map_or_else(|| shows(text, PICTURE), |formula| is_picture(formula.trim_start()))
}

fn shows(formula: &str, function: &str) -> bool {
    let head: String = formula.chars().take(24).collect::<String>().to_ascii_uppercase();
    head.trim_start_matches("_XLFN.").strip_prefix(function).is_some_and(|rest| rest.starts_with('('))
}

/// A row as the workbook holds it: `cells[i]` stands under column `i` of the profile.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRow {
    /// Row of the sheet, from 1; the header is row 1.
    pub row: u32,
    /// One cell per column of the profile.
    pub cells: Vec<Cell>,
}

/// What is put right about a winner; whatever is not named stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonCorrection<'a> {
    /// 姓名
    pub name: Option<&'a str>,
    /// 证件类型
    pub document_type: Option<&'a str>,
    /// 证件号码
    pub document_number: Option<&'a str>,
}

impl Entry {
    /// The entry with what was put right about the winner, judged as the cells of a roster are; otherwise what is wrong
    /// with it, in Chinese.
    pub fn corrected(&self, catalogues: &Catalogues, person: PersonCorrection<'_>) -> Result<Self, String> {
        let mut entry = self.clone();
        if let Some(name) = person.name {
            entry.name = PersonName::parse(name).map_err(|error| format!("姓名：{error}"))?.0;
        }
        if let Some(document_type) = person.document_type {
            document_type.clone_into(&mut entry.document_type);
        }
        if person.document_type.is_some() || person.document_number.is_some() {
            let kind = catalogues.document_types.get(&entry.document_type).map(|known| known.kind);
            let unknown = || format!("证件类型“{}”不在目录中", entry.document_type.chars().take(20).collect::<String>());
            let kind = kind.ok_or_else(unknown)?;
            let number = person.document_number.unwrap_or_else(|| self.document_number.reveal());
            entry.document_kind = kind;
            entry.document_number = DocumentNumber::parse(kind, number).map_err(|error| format!("证件号码：{error}"))?;
            if let Some((_, gender)) = entry.document_number.birth_and_gender() {
                entry.gender = gender;
            }
        }
        Ok(entry)
    }
}

/// What the roster says of a winner that stands on no certificate; others ask for it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// 出生日期, as the column has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// 民族
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// 文化程度
    #[serde(skip_serializing_if = "Option::is_none")]
    pub education: Option<String>,
    /// 理论成绩
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theory_score: Option<f64>,
    /// 技能(实操)成绩
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practice_score: Option<f64>,
    /// 综合成绩
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_score: Option<f64>,
    /// 组别
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// 个人/团体
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// 原证书类型
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_type: Option<String>,
    /// 原证书等级, as the row states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_level: Option<String>,
    /// 备注
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Details {
    /// Whether the row says nothing of all that.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who it is of could be told by it.
impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Details").finish_non_exhaustive()
    }
}

/// A winner's row that passed every check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Row of the sheet, from 1.
    pub row: u32,
    /// 姓名
    pub name: PersonName,
    /// 性别
    pub gender: Gender,
    /// 证件类型, one of the notice's words.
    pub document_type: String,
    /// What kind of document it is, whatever the word: the holder guard goes by it.
    pub document_kind: DocumentKind,
    /// 证件号码
    pub document_number: DocumentNumber,
    /// 手机号码
    pub phone: String,
    /// 工作单位
    pub employer: String,
    /// 职业名称, the event's.
    pub occupation: String,
    /// Occupation code, the event's; empty for a specific ability.
    pub occupation_code: String,
    /// 工种, the event's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Level digit; none where the row asks for a specific-ability certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// 赛项名称
    pub event: String,
    /// 奖牌类别/名次, as written.
    pub award: String,
    /// The same, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// 原证书, where the row names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
    /// 照片文件名
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// 手工填写: no font has all of the name's characters, so that its place on the certificate stays empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// What stands on no certificate.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}
