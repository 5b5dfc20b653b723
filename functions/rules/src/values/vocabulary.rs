//! The closed words of the notice: types, classes, materials, columns. None of them looks anything up.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::folding;

/// The three certificate types of 一.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CertificateType {
    /// 职业资格证书
    Qualification,
    /// 职业技能等级证书
    SkillLevel,
    /// 专项职业能力证书
    SpecificAbility,
}

impl CertificateType {
    /// All of them, in the notice's order.
    pub const ALL: [Self; 3] = [Self::Qualification, Self::SkillLevel, Self::SpecificAbility];

    /// The name in keys, records and the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Whether others make, number and publish such certificates: whoever implements the qualification (二、（一）).
    pub fn is_of_others(self) -> bool {
        match self {
            Self::Qualification => true,
            Self::SkillLevel | Self::SpecificAbility => false,
        }
    }

    /// What such a certificate is found by: 证书编码 is that of 22 positions (四), others have 证书编号.
    pub fn number_word(self) -> &'static str {
        match self {
            Self::SkillLevel => "编码",
            Self::SpecificAbility | Self::Qualification => "编号",
        }
    }

    /// What is said of such certificates that have their number.
    pub fn numbered_word(self) -> &'static str {
        match self {
            Self::SkillLevel => "已赋码",
            Self::SpecificAbility | Self::Qualification => "已编号",
        }
    }
}

/// 竞赛类别 (附件 备注2; 七): one of the words of the notice's `classes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ContestClass(Cow<'static, str>);

impl ContestClass {
    /// 省级一类
    pub const PROVINCIAL_ONE: Self = Self(Cow::Borrowed("省级一类"));
    /// 省级二类
    pub const PROVINCIAL_TWO: Self = Self(Cow::Borrowed("省级二类"));
    /// 市级一类
    pub const CITY_ONE: Self = Self(Cow::Borrowed("市级一类"));
    /// 市级二类
    pub const CITY_TWO: Self = Self(Cow::Borrowed("市级二类"));

    /// The class of that name; whether there is one, a notice says.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The word.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContestClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The materials of 五、（一）.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

/// Who applies to the Center for the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantKind {
    /// 颁证机构: a filed body, or a center that issues on a committee's behalf.
    Reviewer,
    /// 省级竞赛牵头主办单位
    Organiser,
}

impl ApplicantKind {
    /// The words of the notice.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reviewer => "颁证机构",
            Self::Organiser => "省级竞赛牵头主办单位",
        }
    }
}

/// How a certificate is put on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// 全版: everything, on white paper or as a file.
    #[default]
    Full,
    /// 套打: only the values, on a sheet that was printed before.
    Overprint,
}

impl Form {
    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "全版",
            Self::Overprint => "套打",
        }
    }
}

/// 数据类型
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// 新增
    New,
    /// 更正
    Correction,
    /// 注销
    Revocation,
}

/// What a column of the upload sheet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationField {
    /// 姓名
    Name,
    /// 证件类型, as a code: 201 for a resident's ID card.
    DocumentType,
    /// 证件号码
    DocumentNumber,
    /// 所在单位
    Employer,
    /// 职业名称
    Occupation,
    /// 工种名称
    Job,
    /// 职业技能等级, as a digit.
    Level,
    /// 证书编号
    Number,
    /// 发证日期
    IssuedOn,
    /// 评价机构
    Evaluator,
    /// 发证机构
    Issuer,
}

impl PublicationField {
    /// All of them, in the order of a row's cells.
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::DocumentType,
        Self::DocumentNumber,
        Self::Employer,
        Self::Occupation,
        Self::Job,
        Self::Level,
        Self::Number,
        Self::IssuedOn,
        Self::Evaluator,
        Self::Issuer,
    ];

    /// Whether its values are personal data, never to be named in a message.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::Name | Self::DocumentNumber)
    }
}

/// Declares the columns' meanings once, with the list of all of them.
macro_rules! fields {
    ($($variant:ident $doc:literal,)*) => {
        /// What a column of the roster means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field { $(#[doc = $doc] $variant,)* }

        impl Field {
            /// Every field; a template profile must have each of them once.
            pub const ALL: &'static [Field] = &[$(Self::$variant,)*];
        }
    };
}

fields! {
    Sequence "序号", Name "姓名", Gender "性别", DocumentType "证件类型", DocumentNumber "证件号码", BirthDate "出生日期",
    Ethnicity "民族", Education "文化程度", Phone "手机号码", Employer "工作单位", Occupation "职业名称",
    OccupationCode "职业编码", Job "工种/职业方向", Level "申报等级", Contest "大赛名称", Class "竞赛类别",
    Event "赛项名称", Group "组别", Team "个人/团体", Award "奖牌类别/名次", TheoryScore "理论成绩",
    PracticeScore "技能(实操)成绩", TotalScore "综合成绩", PriorType "原证书类型", PriorLevel "原证书等级",
    PriorNumber "原证书编号", Photo "照片文件名", Remark "备注",
}

/// An occupation code as it is meant: any stroke for a hyphen (`4~03~02~01`, `4一03一02一01`), or none at all, and zeros that were left
/// out (`4-3-2-1`); what is no such code then, as [`folding::code`] has it.
pub(crate) fn occupation_code(text: &str) -> String {
    let code = folding::code(text);
    let is_joint = |c: char| matches!(c, '-' | '~' | '一' | 'ー' | '_' | '.' | '·' | '/' | ':' | '|' | ',' | '、' | '。');
    let parts: Vec<&str> = code.split(is_joint).filter(|part| !part.is_empty()).collect();
    let joined = match parts.as_slice() {
        [whole] if whole.len() == 7 && whole.is_ascii() => [&whole[..1], &whole[1..3], &whole[3..5], &whole[5..]].join("-"),
        [class, rest @ ..] if rest.len() == 3 && rest.iter().any(|part| part.len() == 1) => {
            rest.iter().fold((*class).to_owned(), |code, part| format!("{code}-{part:0>2}"))
        }
        parts => parts.join("-"),
    };
    if is_occupation_code(&joined) { joined } else { code }
}

/// `D-DD-DD-DD`, the form of an occupation code of the 大典.
pub(crate) fn is_occupation_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.as_slice(), [a, b, c, d] if digits(a, 1) && digits(b, 2) && digits(c, 2) && digits(d, 2))
}

/// An occupation code that is read from TOML or JSON, as [`occupation_code`].
pub(crate) mod occupation_code_text {
    use serde::{Deserialize, Deserializer};

    use super::occupation_code;
    use crate::values::folding;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).and_then(|text| folding::without_control(&text).map(occupation_code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_code_and_all_others_are_numbers() {
        let words = CertificateType::ALL.map(|one| (one.number_word(), one.numbered_word()));
        assert_eq!(words, [("编号", "已编号"), ("编码", "已赋码"), ("编号", "已编号")]);
    }

    #[test]
    fn an_occupation_code_may_have_any_stroke_for_a_hyphen() {
        for text in [
            "4-03-02-01",
            "4~03～02~01",
            "4一03一02一01",
            "4—03–02‑01",
            "4.03.02.01",
            "４－０３－０２－０１。",
            "4030201",
            " 4_03_02_01 ",
            "4-3-02-1",
        ] {
            assert_eq!(occupation_code(text), "4-03-02-01", "{text}");
        }
        for text in ["61801", "4-003-02-01", "4-O3-02-01", "", "中式烹调师"] {
            assert!(!is_occupation_code(&occupation_code(text)), "{text}");
        }
    }
}
