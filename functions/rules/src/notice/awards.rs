//! 一 to 四: what an award gets, from whom, under which number, on which sheet.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::numbering::{NumberRule, Series};
use crate::values::one_to::OneTo;
use crate::values::vocabulary::{CertificateType, ContestClass};

/// A certificate type and what its certificates get.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "TypeRuleText")]
pub struct TypeRule {
    /// The certificate type that the rule is for.
    pub certificate_type: CertificateType,
    /// Its name on paper.
    pub name: String,
    /// Where it stands.
    pub clause: String,
    /// Who gives its certificates their numbers.
    pub number: NumberRule,
    /// `"all"`: while the list of filed occupations is not loaded, every occupation that no other type claims counts as filed.
    pub filed_occupations: Option<String>,
    /// The gap that this rests on, if any.
    pub unconfirmed: Option<String>,
}

/// A [`TypeRule`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeRuleText {
    #[serde(rename = "type")]
    certificate_type: CertificateType,
    name: String,
    clause: String,
    #[serde(default)]
    number: Option<NumberRule>,
    /// In the place of `number` in notices that were written before there was that: whether there is a code of 四.
    #[serde(default)]
    numbered: Option<bool>,
    #[serde(default)]
    filed_occupations: Option<String>,
    #[serde(default)]
    unconfirmed: Option<String>,
}

impl TryFrom<TypeRuleText> for TypeRule {
    type Error = &'static str;

    fn try_from(text: TypeRuleText) -> Result<Self, &'static str> {
        let TypeRuleText { certificate_type, name, clause, number, numbered, filed_occupations, unconfirmed } = text;
        let number = match (number, numbered, certificate_type) {
            (Some(number), None, _) => number,
            (None, Some(true), _) => NumberRule::Code,
            (None, Some(false), CertificateType::Qualification | CertificateType::SkillLevel) => NumberRule::External,
            (None, Some(false), CertificateType::SpecificAbility) => NumberRule::ByHand,
            (None, None, _) => return Err("certificate_types 缺少 number：写明编号由谁给出"),
            (Some(_), Some(_), _) => return Err("certificate_types 的 number 和 numbered 只写一项"),
        };
        Ok(Self { certificate_type, name, clause, number, filed_occupations, unconfirmed })
    }
}

/// Who issues, in whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerRule {
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
    pub issuer: IssuerRule,
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

impl RouteRule {
    /// What it asks for: hosted by the department, the class, the organiser filed.
    pub(super) fn conditions(&self) -> (Option<bool>, Option<&ContestClass>, Option<bool>) {
        (self.hrss_hosted, self.class.as_ref(), self.organiser_filed)
    }

    /// Whether its conditions hold for a contest that is `hosted` by the department, of that class, with an organiser that
    /// is `filed` for the occupation and level.
    pub fn holds(&self, hosted: bool, class: &ContestClass, filed: bool) -> bool {
        self.hrss_hosted.is_none_or(|wanted| wanted == hosted)
            && self.class.as_ref().is_none_or(|wanted| wanted == class)
            && self.organiser_filed.is_none_or(|wanted| wanted == filed)
    }
}

/// The clauses of the steps, for the audit trail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// What an application consists of.
    #[serde(default = "application_clause")]
    pub application: String,
    /// 谁主办、谁负责: the organiser's word for what it applies for.
    #[serde(default = "declaration_clause")]
    pub declaration: String,
    /// Whether nothing is authorised without it.
    #[serde(default)]
    pub declaration_required: bool,
    /// 需纸质、电子两种格式: the paper originals.
    #[serde(default = "application_clause")]
    pub originals: String,
    /// Whether nothing is authorised before all of them are received without a defect.
    #[serde(default)]
    pub originals_required: bool,
    /// 交颁证机构进行备案: that a filed body which will issue notes that it received the submission.
    #[serde(default = "application_clause")]
    pub filing: String,
    /// Whether nothing is authorised before it does.
    #[serde(default)]
    pub filing_required: bool,
    /// How many applications of one unit may be incomplete or sent back at once.
    #[serde(default = "max_open_applications")]
    pub max_open_applications: u32,
    /// The contests that the human-resources department hosts (二、（二）1), as they are asked about.
    #[serde(default = "hosted")]
    pub hosted: String,
    /// The Center's approval of the contest.
    pub authorisation: String,
    /// The review of each winner.
    pub qualification: String,
    /// Taking blank sheets.
    pub printing: String,
    /// 存档
    pub archive: String,
    /// 信息上网
    pub publication: String,
    /// 证书发放
    pub hand_out: String,
    /// 补发、更正、注销: one award, one code.
    pub changes: String,
}

fn declaration_clause() -> String {
    "六、（二）".to_owned()
}

fn application_clause() -> String {
    "五、（一）".to_owned()
}

fn hosted() -> String {
    "四川省职业技能大赛，或人社厅会同主办的赛事（含全国一类大赛省级选拔赛）".to_owned()
}

fn max_open_applications() -> u32 {
    200
}

/// Widths and fixed parts of the code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeGrammar {
    /// Where it stands.
    pub clause: String,
    /// Positions of the body: letter, ministry, province, jurisdiction and special value together.
    pub body_width: usize,
    /// Digits of the year of issue.
    pub year_digits: OneTo<4>,
    /// What tells a contest certificate from an ordinary one.
    pub marker: String,
    /// Digits of the sequence; ten would be more than a number of 32 bits counts.
    pub sequence_digits: OneTo<9>,
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
    /// Jurisdiction codes, filled in from [`super::Notice::jurisdictions`].
    #[serde(skip)]
    pub jurisdictions: Vec<String>,
    /// Level digits, filled in from [`super::Notice::levels`].
    #[serde(skip)]
    pub levels: Vec<u8>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl CodeGrammar {
    /// Positions of a whole code.
    pub fn width(&self) -> usize {
        self.body_width + self.year_digits.width() + 1 + self.marker.len() + self.sequence_digits.width()
    }

    /// The last sequence number of a prefix.
    pub fn last_sequence(&self) -> u32 {
        Series::from(self).last_sequence()
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

/// A class of contests (附件 备注2; 七), and whose they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// The word.
    pub name: ContestClass,
    /// What people write for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The jurisdictions whose contests are of it; of none that are named, those that no class names.
    #[serde(default)]
    pub jurisdictions: Vec<String>,
    /// Where it stands.
    pub clause: String,
}

/// The classes of a notice that does not name any: the province's contests are the Center's (二), a city's are its own center's (七).
pub(super) fn classes() -> Vec<ClassRule> {
    let rule = |name: ContestClass, aliases: [&str; 1], jurisdictions: &[&str], clause: &str| ClassRule {
        name,
        aliases: aliases.map(str::to_owned).to_vec(),
        jurisdictions: jurisdictions.iter().map(|code| (*code).to_owned()).collect(),
        clause: clause.to_owned(),
    };
    vec![
        rule(ContestClass::PROVINCIAL_ONE, ["一类"], &["00"], "二、（二）1"),
        rule(ContestClass::PROVINCIAL_TWO, ["二类"], &["00"], "二、（二）2"),
        rule(ContestClass::CITY_ONE, ["一类"], &[], "七"),
        rule(ContestClass::CITY_TWO, ["二类"], &[], "七"),
    ]
}

/// 组委会（办公室） (二、（二）1 and 2).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitteeRules {
    /// Where it stands.
    pub clause: String,
    /// Each name of a committee has one of them; none where nothing is said.
    #[serde(default)]
    pub words: Vec<String>,
}

impl CommitteeRules {
    /// Whether it is the name of a committee, or of its office; the word alone names none.
    pub fn names(&self, text: &str) -> bool {
        let name = text.trim_end_matches([')', '）', ']', '】']);
        let name = name.strip_suffix("办公室").map_or(name, |committee| committee.trim_end_matches(['(', '（', '[', '【']));
        let ends = |word: &String| [name, text].iter().any(|name| name.strip_suffix(word.as_str()).is_some_and(|whose| !whose.is_empty()));
        self.words.is_empty() || self.words.iter().any(ends)
    }
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
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    pub last_day: Date,
    /// Where it stands.
    pub clause: String,
}

fn yes() -> bool {
    true
}

/// A kind of blank sheet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    pub digits: OneTo<12>,
    /// 库存预警: a holder with fewer sheets on hand is told so; 0: nobody is.
    #[serde(default)]
    pub low_stock: u64,
    /// Whether sheets that were assigned may be printed on before the holder has acknowledged them (签收).
    #[serde(default = "yes")]
    pub print_before_acknowledged: bool,
    /// Where it stands.
    pub clause: String,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}
