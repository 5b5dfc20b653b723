//! 五 and 附件: what is handed in and what is printed: materials, the roster template, the summary form, the wording.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Notice;
use crate::values::finding::{Finding, FindingCode, Place};
use crate::values::folding;
use crate::values::vocabulary::{Field, Material};

/// One material of an application.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialRule {
    /// The material that the rule is for.
    pub material: Material,
    /// The file name it is handed in under.
    pub file: String,
    /// Its name in the notice; a file whose name holds it is recognised too.
    pub title: String,
    /// Where it stands.
    pub clause: String,
    /// The largest file taken, in bytes.
    pub max_bytes: u64,
    /// Whether an application is complete without it.
    #[serde(default)]
    pub optional: bool,
    /// Whether its original is wanted on paper too.
    #[serde(default)]
    pub paper: bool,
}

impl MaterialRule {
    /// A file over the size limit; of a workbook with the likely cause.
    pub fn too_large(&self) -> Finding {
        let cause =
            if self.material == Material::Roster { "；多半是表里贴了图片：请删去，照片另外打包上传" } else { "" };
        let message = format!("{}超过 {} MB{cause}", self.title, self.max_bytes >> 20);
        Finding::new(FindingCode::MaterialTooLarge, Place::file(&self.file), message)
    }
}

/// 八、联系方式: whom a unit asks, and where the template is had; phones and mails only as the notice publishes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// Where it stands.
    #[serde(default)]
    pub clause: String,
    /// As published, each on its own line.
    #[serde(default)]
    pub lines: Vec<String>,
    /// 五、（一）4: the group in which the template's file is handed on.
    #[serde(default)]
    pub template_group: Option<String>,
}

impl Notice {
    /// Where the template's file is had, in Chinese; nothing where the notice does not say.
    pub fn template_source(&self) -> Option<String> {
        self.contacts.template_group.as_ref().map(|group| format!("官方模板的电子版由经办人员在“{group}”获取（{}）", self.roster.clause))
    }

    /// Whom a unit asks, each on its own line.
    pub fn contact_lines(&self) -> Vec<String> {
        let clause = &self.contacts.clause;
        let published = self.contacts.lines.iter().cloned();
        let referred = (self.contacts.lines.is_empty() && !clause.is_empty())
            .then(|| format!("{}的联系方式见{}“{clause}”", self.notice.center_short, self.notice.number));
        referred.into_iter().chain(published).chain(self.template_source()).collect()
    }

    /// Findings about the template say where it is had.
    #[must_use]
    pub fn with_template_source(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let Some(source) = self.template_source() else { return findings };
        let told = |mut finding: Finding| {
            if finding.code.is_about_the_template() && !finding.fix.contains(&source) {
                finding.fix = format!("{}；{source}", finding.fix);
            }
            finding
        };
        findings.into_iter().map(told).collect()
    }
}

/// The roster template.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterProfile {
    /// Where it stands.
    pub clause: String,
    /// Name of the sheet in the template; any name is read, the first sheet counts.
    pub sheet: String,
    /// The most rows one application can take.
    pub max_rows: u32,
    /// SHA-256 of the headers, see [`RosterProfile::fingerprint_of`].
    pub fingerprint: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// What stands in a cell that has nothing to say (工种, 原证书).
    #[serde(default = "none_words")]
    pub none_words: Vec<String>,
    /// Names of examples that were left in.
    #[serde(default)]
    pub example_names: Vec<String>,
    /// Document numbers of examples: the standard's own.
    #[serde(default)]
    pub example_numbers: Vec<String>,
    /// What 序号 or 备注 of such a row says, or its name before a colon or in brackets behind it.
    #[serde(default)]
    pub example_words: Vec<String>,
    /// So many rows may have the same phone number before it is asked about.
    #[serde(default = "shared_phones")]
    pub shared_phones: u32,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// One column of the roster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it means.
    pub field: Field,
    /// Its header, without the `*` of a required one.
    pub header: String,
    /// Whether each row must fill it in.
    #[serde(default)]
    pub required: bool,
    /// Width in the template, in characters.
    pub width: u16,
    /// Closed list.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Other words for one of the list: what people write, and which of the list it is.
    #[serde(default)]
    pub synonyms: BTreeMap<String, String>,
    /// Whether the template formats it as text, so that no digit is lost.
    #[serde(default)]
    pub text: bool,
}

impl Column {
    /// The one of the list that a text means, whatever its width and dashes; by a synonym too.
    pub fn choice(&self, text: &str) -> Option<&str> {
        if let Some(same) = self.choices.iter().find(|choice| *choice == text) {
            return Some(same);
        }
        let text = folding::folded(text);
        let alike = |word: &str| folding::folded(word) == text;
        let meant = self.synonyms.iter().find(|(word, _)| alike(word)).map(|(_, choice)| choice);
        self.choices.iter().find(|choice| alike(choice) || meant == Some(*choice)).map(String::as_str)
    }

    /// Whether the column takes other words than those of its list.
    pub fn has_other_words(&self) -> bool {
        !self.synonyms.is_empty() || self.field == Field::Level
    }

    /// The header as the template shows it: required columns end in `*`.
    pub fn shown_header(&self) -> String {
        if self.required { format!("{}*", self.header) } else { self.header.clone() }
    }
}

/// Where a notice does not name any.
fn none_words() -> Vec<String> {
    ["无", "没有", "/", "-"].map(str::to_owned).to_vec()
}

fn shared_phones() -> u32 {
    u32::MAX
}

impl RosterProfile {
    /// Whether a text says that there is nothing: one of the words, or a stroke of several.
    pub fn says_none(&self, text: &str) -> bool {
        let text = folding::folded(text);
        text.is_empty() || self.none_words.iter().filter(|word| !word.is_empty()).any(|word| text.replace(word.as_str(), "").is_empty())
    }

    /// SHA-256, in hex, over the headers (outer spaces and the trailing `*` taken off), each followed by a line feed.
    pub fn fingerprint_of<S: AsRef<str>>(headers: impl IntoIterator<Item = S>) -> String {
        let mut hash = Sha256::new();
        for header in headers {
            hash.update(bare_header(header.as_ref()));
            hash.update("\n");
        }
        hex::encode(hash.finalize())
    }

    /// Whether a profile of schema 1 has a column for `field`. A field that comes later is not among them: the profiles of
    /// notices in force do not have it, and their rosters are read without it.
    pub(super) fn must_have(field: Field) -> bool {
        use Field::*;
        match field {
            Sequence | Name | Gender | DocumentType | DocumentNumber | BirthDate | Ethnicity | Education | Phone | Employer
            | Occupation | OccupationCode | Job | Level | Contest | Class | Event | Group | Team | Award | TheoryScore | PracticeScore
            | TotalScore | PriorType | PriorLevel | PriorNumber | Photo | Remark => true,
        }
    }

    /// Where `field` stands, counting from 0.
    pub fn position(&self, field: Field) -> Option<u16> {
        self.columns.iter().position(|c| c.field == field).and_then(|i| u16::try_from(i).ok())
    }
}

/// A header cell as it is compared: of any width, without spaces, line breaks, what cannot be seen, and the `*` (or the word) of a
/// required column on either side.
pub fn header_key(text: &str) -> String {
    let text = folding::folded(text);
    let is_star = |c| matches!(c, '*' | '﹡' | '∗' | '＊');
    let bare = text.trim_matches(is_star);
    bare.strip_suffix("(必填)").unwrap_or(bare).trim_matches(is_star).to_owned()
}

/// A header cell as it is hashed: without outer spaces, line breaks and the `*` of a required column.
pub(crate) fn bare_header(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().trim_end_matches(['*', '＊']).to_owned()
}

/// What the table of the summary form can be wide, in mm: A4 landscape less margins of 15 mm.
pub const SUMMARY_WIDTH: f32 = 267.0;

/// 《四川省省级职业技能竞赛获奖选手获取职业证书申报汇总表》 (附件), one landscape A4 page or more.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryForm {
    /// Where it is asked for.
    pub clause: String,
    /// The form's title.
    pub title: String,
    /// The lines over the table, each of labelled items.
    pub header: Vec<Vec<SummaryItem>>,
    /// The columns, in order.
    pub columns: [SummaryColumn; 9],
    /// What stands before the notes.
    pub notes_label: String,
    /// 备注, under the table.
    pub notes: Vec<String>,
}

/// A labelled value over the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryItem {
    /// What is filled in.
    pub value: SummaryHead,
    /// Its label, without the colon.
    pub label: String,
    /// Label and value, in mm.
    pub width: f32,
}

/// What the lines over the table say (附件).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryHead {
    /// 大赛名称
    Contest,
    /// 大赛牵头主办单位名称（盖章）
    Organiser,
    /// 单位地址, by hand.
    Address,
    /// 联系电话, by hand.
    Phone,
    /// 大赛牵头主办单位负责人, by hand: a signature.
    Responsible,
    /// 经办人, by hand.
    Handler,
    /// 制表日期
    MadeOn,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryColumn {
    /// What is filled in.
    pub value: SummaryCell,
    /// Its header.
    pub header: String,
    /// In mm.
    pub width: f32,
}

/// What a column of the table holds (附件).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryCell {
    /// 序号: counted from 1, whatever the roster says.
    Sequence,
    /// 姓名
    Name,
    /// 性别
    Gender,
    /// 身份证: the whole number, of whatever document.
    DocumentNumber,
    /// 工作单位
    Employer,
    /// 申报职业（工种）
    Occupation,
    /// 申报等级
    Level,
    /// 竞赛类别
    Class,
    /// 奖牌类别/名次
    Award,
}

impl SummaryForm {
    /// What contradicts itself: columns twice, lines too wide for the page.
    pub(super) fn contradiction(&self) -> Option<String> {
        let twice = self.columns.iter().enumerate().find(|(i, column)| self.columns[..*i].iter().any(|c| c.value == column.value));
        if let Some((_, column)) = twice {
            return Some(format!("summary_form.columns 中 {:?} 写了两次", column.value));
        }
        let lines = self.header.iter().map(|items| items.iter().map(|item| item.width).collect());
        let columns: Vec<f32> = self.columns.iter().map(|column| column.width).collect();
        let odd =
            |widths: &Vec<f32>| widths.iter().any(|width| width.is_nan() || *width < 5.0) || widths.iter().sum::<f32>() > SUMMARY_WIDTH;
        lines.chain([columns]).find(odd).map(|widths| format!("summary_form 的宽度 {widths:?} 超出 {SUMMARY_WIDTH} mm"))
    }
}

/// The certificate's wording; `{…}` stands for a value of the award.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Where it stands.
    pub clause: String,
    /// Text where a filed body issues.
    pub body_text: String,
    /// Text where a committee issues and the Center seals.
    pub committee_text: String,
    /// Text on a 专项职业能力证书, which has no level (一); [`Self::body_text`], if none is written.
    #[serde(default)]
    pub specific_text: Option<String>,
    /// What stands for an absent 工种 (人社鉴发〔2021〕1号).
    pub no_job: String,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}
