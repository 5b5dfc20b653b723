//! A notice as data: `infra/notices/*.toml`, read and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::contest::ContestClass;
use crate::entry::Field;
use crate::finding::{Finding, FindingCode, Place};
use crate::identity::DocumentKind;

include!(concat!(env!("OUT_DIR"), "/built_in_notices.rs"));

/// Why a notice file cannot be used: not TOML of the shape below, or it contradicts itself.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct NoticeError {
    /// File name.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

/// All notices, the latest first.
#[derive(Debug, Clone)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Those that stand in `infra/notices/` at build time.
    pub fn built_in() -> Result<Self, NoticeError> {
        let mut notices = BUILT_IN.iter().map(|(file, text)| Notice::parse(file, text)).collect::<Result<Vec<_>, _>>()?;
        notices.sort_by_key(|n| std::cmp::Reverse(n.notice.effective_from));
        Ok(Self(notices))
    }

    /// The notice that rules an award issued on `date` (G9): the latest one in force by then.
    pub fn in_force(&self, date: Date) -> Option<&Notice> {
        self.0.iter().find(|n| n.notice.effective_from <= date)
    }

    /// The notice whatever the date: the latest.
    pub fn latest(&self) -> Option<&Notice> {
        self.0.first()
    }

    /// The notice that rules an award; one issued before every notice goes by the earliest.
    pub fn for_award(&self, issued_on: Date) -> Option<&Notice> {
        self.in_force(issued_on).or_else(|| self.0.last())
    }
}

/// One notice file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Whose notice, and from when.
    pub notice: Head,
    /// 一: the certificate types, in the order in which they are tried.
    pub certificate_types: Vec<TypeRule>,
    /// 一: what the qualification catalogue claims.
    pub qualification_catalogue: QualificationCatalogue,
    /// 二: routes to issuing bodies; the first whose conditions hold.
    pub routes: Vec<RouteRule>,
    /// 四: the code's grammar.
    pub code: CodeGrammar,
    /// 四、（二）: codes of the province and its cities.
    pub jurisdictions: Vec<Jurisdiction>,
    /// The five levels.
    pub levels: Vec<Level>,
    /// 一: how a roster asks for a specific-ability certificate.
    pub specific_ability: SpecificAbility,
    /// 六、（一）: deadlines by contest year.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
    /// 三、（二）: kinds of blank sheets and their serials.
    pub sheet_kinds: Vec<SheetKind>,
    /// 五、（一）: what an application consists of.
    pub materials: Vec<MaterialRule>,
    /// 五、（一）4: the roster template.
    pub roster: RosterProfile,
    /// 附件: the summary that an organiser stamps.
    pub summary_form: SummaryForm,
    /// 证件类型 words, their kinds and their codes in the national upload.
    pub document_types: BTreeMap<String, DocumentType>,
    /// 三、（一）: the certificate's wording.
    pub certificate: Wording,
}

/// Whose notice it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Document number, e.g. 川人社职鉴〔2022〕9号.
    pub number: String,
    /// Title.
    pub title: String,
    /// Full name of the Center.
    pub center: String,
    /// Short name of the Center.
    pub center_short: String,
    /// The Center's own jurisdiction.
    pub seat: String,
    /// First issue date it rules.
    #[serde(deserialize_with = "crate::date::deserialize")]
    pub effective_from: Date,
}

/// The three certificate types of 一.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateType {
    /// 职业资格证书
    Qualification,
    /// 职业技能等级证书
    SkillLevel,
    /// 专项职业能力证书
    SpecificAbility,
}

/// A certificate type and what its certificates get.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeRule {
    /// Which.
    #[serde(rename = "type")]
    pub certificate_type: CertificateType,
    /// Its name on paper.
    pub name: String,
    /// Where it stands.
    pub clause: String,
    /// Whether its certificates get a code of 四.
    pub numbered: bool,
    /// `"all"`: every occupation that no earlier type claims counts as filed.
    #[serde(default)]
    pub filed_occupations: Option<String>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// The skill part of the national qualification catalogue, mapped to occupations.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualificationCatalogue {
    /// Edition.
    pub edition: String,
    /// Its items.
    pub items: Vec<CatalogueItem>,
}

/// One item of the catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueItem {
    /// Its name in the catalogue.
    pub item: String,
    /// The occupation of the 大典 it was mapped to by review.
    pub occupation_code: String,
    /// Only these 工种 of the occupation; empty means all of it.
    #[serde(default)]
    pub jobs: Vec<String>,
}

/// Who issues, in whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// The organiser, with the body that implements the qualification (二、（一）).
    Organiser,
    /// The Center itself (二、（三）).
    Center,
    /// The contest's committee, the Center sealing on its behalf (二、（二）1 and 2).
    Committee,
    /// The organiser as a filed evaluation body (二、（二）2).
    OrganiserBody,
}

/// One branch of 二.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteRule {
    /// The certificate type it is for.
    #[serde(rename = "type")]
    pub certificate_type: CertificateType,
    /// Where it stands.
    pub clause: String,
    /// Who issues.
    pub issuer: Issuer,
    /// Condition: the contest is hosted by the human-resources department.
    #[serde(default)]
    pub hrss_hosted: Option<bool>,
    /// Condition: the contest's class.
    #[serde(default)]
    pub class: Option<ContestClass>,
    /// Condition: the organiser is filed for the occupation and level.
    #[serde(default)]
    pub organiser_filed: Option<bool>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// Widths and fixed parts of the code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeGrammar {
    /// Where it stands.
    pub clause: String,
    /// Positions of the body.
    pub body_width: usize,
    /// Digits of the year of issue.
    pub year_digits: u32,
    /// What tells a contest certificate from an ordinary one.
    pub marker: String,
    /// Digits of the sequence.
    pub sequence_digits: u32,
    /// Letter of a body of the human-resources system.
    pub hrss_letter: String,
    /// Positions 2–5 of a body filed with the province.
    pub hrss_ministry: String,
    /// Positions 6–7.
    pub province: String,
    /// Positions 10–13 of the human-resources system.
    pub hrss_special: String,
    /// Letters that a body code may begin with.
    pub letters: Vec<String>,
    /// Jurisdiction codes, filled in from [`Notice::jurisdictions`].
    #[serde(skip)]
    pub jurisdictions: Vec<String>,
    /// Level digits, filled in from [`Notice::levels`].
    #[serde(skip)]
    pub levels: Vec<u8>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl CodeGrammar {
    /// Positions of a whole code.
    pub fn width(&self) -> usize {
        self.body_width + self.year_digits as usize + 1 + self.marker.len() + self.sequence_digits as usize
    }

    /// The last sequence number of a prefix.
    pub fn last_sequence(&self) -> u32 {
        10_u32.pow(self.sequence_digits) - 1
    }
}

/// The province or one of its cities.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// Positions 8–9.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its skill-appraisal center, which seals on a committee's behalf.
    pub center: String,
}

/// A skill level.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Position 16: 1 is the highest.
    pub digit: u8,
    /// As printed, e.g. 三级/高级工.
    pub name: String,
    /// What a roster may also say.
    pub aliases: Vec<String>,
}

/// How a roster asks for a specific-ability certificate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecificAbility {
    /// Words in the level column.
    pub level_words: Vec<String>,
    /// Where it stands.
    pub clause: String,
}

/// A deadline.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// The contests it is for.
    pub contest_years: Vec<i16>,
    /// The last day, inclusive, in Asia/Shanghai.
    #[serde(deserialize_with = "crate::date::deserialize")]
    pub last_day: Date,
    /// Where it stands.
    pub clause: String,
}

/// A kind of blank sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetKind {
    /// Its name in records.
    pub kind: String,
    /// The certificates printed on it.
    pub certificate_type: CertificateType,
    /// Its name on paper.
    pub name: String,
    /// What every serial begins with.
    pub prefix: String,
    /// Digits after the prefix.
    pub digits: u32,
    /// Where it stands.
    pub clause: String,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// The materials of 五、（一）.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// 举办竞赛相关文件
    Contest,
    /// 竞赛表彰文件
    Commendation,
    /// 申报汇总表
    Summary,
    /// 选手信息导入模板表
    Roster,
    /// Photos for the certificates
    Photos,
}

/// One material of an application.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialRule {
    /// Which.
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
    /// Whether the template formats it as text, so that no digit is lost.
    #[serde(default)]
    pub text: bool,
}

impl Column {
    /// The header as the template shows it: required columns end in `*`.
    pub fn shown_header(&self) -> String {
        if self.required { format!("{}*", self.header) } else { self.header.clone() }
    }
}

impl RosterProfile {
    /// SHA-256, in hex, over the headers (outer spaces and the trailing `*` taken off), each followed by a line feed.
    pub fn fingerprint_of<S: AsRef<str>>(headers: impl IntoIterator<Item = S>) -> String {
        let mut hash = Sha256::new();
        for header in headers {
            hash.update(bare_header(header.as_ref()));
            hash.update("\n");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where `field` stands, counting from 0.
    pub fn position(&self, field: Field) -> Option<u16> {
        self.columns.iter().position(|c| c.field == field).and_then(|i| u16::try_from(i).ok())
    }
}

/// A header cell as it is compared: without outer spaces, line breaks and the `*` of a required column.
pub fn bare_header(text: &str) -> String {
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
    /// Title.
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
    fn contradiction(&self) -> Option<String> {
        let twice = self.columns.iter().enumerate().find(|(i, column)| self.columns[..*i].iter().any(|c| c.value == column.value));
        if let Some((_, column)) = twice {
            return Some(format!("summary_form.columns has {:?} twice", column.value));
        }
        let lines = self.header.iter().map(|items| items.iter().map(|item| item.width).collect());
        let columns: Vec<f32> = self.columns.iter().map(|column| column.width).collect();
        let odd =
            |widths: &Vec<f32>| widths.iter().any(|width| width.is_nan() || *width < 5.0) || widths.iter().sum::<f32>() > SUMMARY_WIDTH;
        lines.chain([columns]).find(odd).map(|widths| format!("summary_form: widths {widths:?} do not fit into {SUMMARY_WIDTH} mm"))
    }
}

/// A 证件类型.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    /// What its numbers look like.
    pub kind: DocumentKind,
    /// Its code in the national upload.
    pub code: String,
}

/// The certificate's wording; `{…}` stands for a value of the award.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Where it stands.
    pub clause: String,
    /// Title.
    pub title: String,
    /// Text where a filed body issues.
    pub body_text: String,
    /// Text where a committee issues and the Center seals.
    pub committee_text: String,
    /// Printed at the foot.
    pub query_sites: Vec<String>,
    /// What stands for an absent 工种 (人社鉴发〔2021〕1号).
    pub no_job: String,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl Notice {
    /// Reads and checks one file.
    pub fn parse(file: &str, text: &str) -> Result<Self, NoticeError> {
        let fail = |problem| NoticeError { file: file.to_owned(), problem };
        let mut notice: Self = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        notice.code.jurisdictions = notice.jurisdictions.iter().map(|j| j.code.clone()).collect();
        notice.code.levels = notice.levels.iter().map(|level| level.digit).collect();
        match notice.contradiction() {
            None => Ok(notice),
            Some(problem) => Err(fail(problem)),
        }
    }

    fn contradiction(&self) -> Option<String> {
        let computed = RosterProfile::fingerprint_of(self.roster.columns.iter().map(|c| &c.header));
        if computed != self.roster.fingerprint {
            return Some(format!("roster.fingerprint is {}, the columns give {computed}", self.roster.fingerprint));
        }
        if let Some(field) = Field::ALL.iter().find(|f| self.roster.position(**f).is_none()) {
            return Some(format!("roster.columns lacks {field:?}"));
        }
        let unrouted = self.certificate_types.iter().find(|t| {
            let open = |r: &RouteRule| r.hrss_hosted.is_none() && r.class.is_none() && r.organiser_filed.is_none();
            !self.routes.iter().any(|r| r.certificate_type == t.certificate_type && open(r))
        });
        let unrouted = unrouted.map(|t| format!("no unconditional route for {:?}", t.certificate_type));
        unrouted.or_else(|| self.summary_form.contradiction())
    }

    /// The jurisdiction of that code.
    pub fn jurisdiction(&self, code: &str) -> Option<&Jurisdiction> {
        self.jurisdictions.iter().find(|j| j.code == code)
    }

    /// The level with that digit.
    pub fn level_by_digit(&self, digit: u8) -> Option<&Level> {
        self.levels.iter().find(|level| level.digit == digit)
    }

    /// The level a roster cell names.
    pub fn level(&self, text: &str) -> Option<&Level> {
        self.levels.iter().find(|level| level.name == text || level.aliases.iter().any(|alias| alias == text))
    }

    /// The rule of a material.
    pub fn material(&self, material: Material) -> Option<&MaterialRule> {
        self.materials.iter().find(|rule| rule.material == material)
    }

    /// The material a file name stands for: its own file name, or any that holds its title and has its extension.
    pub fn material_of_file(&self, file: &str) -> Option<&MaterialRule> {
        let extension = |name: &str| name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        self.materials
            .iter()
            .find(|rule| file.eq_ignore_ascii_case(&rule.file) || (file.contains(&rule.title) && extension(file) == extension(&rule.file)))
    }

    /// The file name of a material.
    pub fn file(&self, material: Material) -> &str {
        self.material(material).map_or("", |rule| &rule.file)
    }

    /// A finding for each required material that is not among `present`.
    pub fn missing(&self, present: &[Material]) -> Vec<Finding> {
        let lacking = |rule: &MaterialRule| {
            let message = format!("缺少{}", rule.title);
            Finding::new(FindingCode::MaterialMissing, Place::file(&rule.file), message).under(&rule.clause)
        };
        self.materials.iter().filter(|rule| !rule.optional && !present.contains(&rule.material)).map(lacking).collect()
    }

    /// The rule of a certificate type.
    pub fn type_rule(&self, certificate_type: CertificateType) -> Option<&TypeRule> {
        self.certificate_types.iter().find(|rule| rule.certificate_type == certificate_type)
    }

    /// The deadline that has passed for contests of `year` on `today`, if one has.
    pub fn passed_deadline(&self, year: i16, today: Date) -> Option<&Deadline> {
        self.deadlines.iter().find(|d| d.contest_years.contains(&year) && today > d.last_day)
    }

    /// The kind of sheet that certificates of a type are printed on.
    pub fn sheet_kind_of(&self, certificate_type: CertificateType) -> Option<&SheetKind> {
        self.sheet_kinds.iter().find(|kind| kind.certificate_type == certificate_type)
    }

    /// The sheet kind of that name.
    pub fn sheet_kind(&self, kind: &str) -> Option<&SheetKind> {
        self.sheet_kinds.iter().find(|k| k.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_notice_is_sound() {
        let notices = Notices::built_in().expect("each file parses and does not contradict itself");
        let notice = notices.in_force(jiff::civil::date(2022, 6, 20)).expect("one is in force");
        assert_eq!(notice.notice.number, "川人社职鉴〔2022〕9号");
        assert_eq!(notice.roster.columns.len(), 28);
        assert_eq!(notice.code.width(), 22);
        assert_eq!(notice.jurisdictions.len(), 22);
    }

    #[test]
    fn a_summary_form_that_contradicts_itself_is_refused() {
        let (file, text) = BUILT_IN[0];
        for (from, to, problem) in [
            (r#"value = "level", header"#, r#"value = "class", header"#, "Class twice"),
            (r#"header = "工作单位", width = 49"#, r#"header = "工作单位", width = 149"#, "do not fit into 267 mm"),
            (r#"header = "工作单位", width = 49"#, r#"header = "工作单位", width = nan"#, "do not fit into 267 mm"),
            (r#"notes_label = "#, r#"note_label = "#, "note_label"),
            (r#"  { value = "sequence", header = "序号", width = 12 },"#, "", "columns"),
        ] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            let error = Notice::parse(file, &edited).expect_err(problem);
            assert!(error.to_string().contains(problem), "{error}");
        }
    }

    #[test]
    fn the_deadline_is_inclusive_and_only_for_its_years() {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.latest().expect("one");
        let day = jiff::civil::date;
        assert!(notice.passed_deadline(2021, day(2022, 7, 31)).is_none());
        assert!(notice.passed_deadline(2021, day(2022, 8, 1)).is_some());
        assert!(notice.passed_deadline(2022, day(2030, 1, 1)).is_none());
    }

    #[test]
    fn materials_are_recognised_by_file_name_and_by_title() {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.latest().expect("one");
        let of = |file: &str| notice.material_of_file(file).map(|r| r.material);
        assert_eq!(of("roster.xlsx"), Some(Material::Roster));
        assert_eq!(of("选手信息导入模板表 2026.xlsx"), Some(Material::Roster));
        assert_eq!(of("附件：申报汇总表（盖章）.PDF"), Some(Material::Summary));
        assert_eq!(of("notes.txt"), None);
    }
}
