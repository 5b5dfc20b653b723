//! 二: what the Center's decision on an application is called, and the paper of “一赛一授权”.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::numbering::NumberPattern;

/// As what the Center decides on an application: a committee is authorised, a filed body's or the Center's own issue is approved, and of
/// a 职业资格证书, which others issue, neither is pretended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalManner {
    /// 授权: rows are issued in the name of a committee (二、（二）: 一赛一授权).
    #[default]
    Authorisation,
    /// 审批: rows are issued by a filed body, or by the Center (二、（二）2; 二、（三）).
    Approval,
    /// 受理: all rows are 职业资格 (二、（一）).
    Acceptance,
}

impl ApprovalManner {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Authorisation, Self::Approval, Self::Acceptance];

    /// What the decision is called where no notice says otherwise, and where none is at hand.
    pub fn act(self) -> &'static str {
        match self {
            Self::Authorisation => "授权",
            Self::Approval => "审批",
            Self::Acceptance => "受理",
        }
    }

    /// The status after it, likewise.
    pub fn done(self) -> &'static str {
        match self {
            Self::Authorisation => "已授权",
            Self::Approval => "已审批",
            Self::Acceptance => "已受理",
        }
    }
}

/// 二: how applications are decided on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorisationRules {
    /// Where it stands.
    pub clause: String,
    /// Who gives an authorisation its number.
    pub number: AuthorisationNumber,
    /// The gap that the number rests on, if any.
    pub unconfirmed: Option<String>,
    /// What the decision is called.
    pub words: ApprovalWords,
    /// Title of the paper.
    pub title: String,
    /// The line of the number; `{number}` stands for it, or for room to write one.
    pub number_line: String,
    /// The paragraphs; see [`AuthorisationRules::PLACES`].
    pub text: Vec<String>,
}

/// Who gives an authorisation its number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthorisationNumber {
    /// The Center, with the authorisation or after it.
    ByHand,
    /// The system, by a pattern, with the authorisation.
    Pattern(NumberPattern),
}

/// A word for each manner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalWords {
    /// Where a committee is authorised.
    pub authorisation: ApprovalWord,
    /// Where a body's or the Center's own issue is approved.
    pub approval: ApprovalWord,
    /// Where others issue all of it.
    pub acceptance: ApprovalWord,
}

/// What a decision is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalWord {
    /// The act: 授权.
    pub act: String,
    /// The status after it: 已授权.
    pub done: String,
}

impl ApprovalWord {
    fn of(manner: ApprovalManner) -> Self {
        Self { act: manner.act().to_owned(), done: manner.done().to_owned() }
    }
}

/// As a notice has it that was put in its place before there were such rules.
impl Default for AuthorisationRules {
    fn default() -> Self {
        let words = ApprovalWords {
            authorisation: ApprovalWord::of(ApprovalManner::Authorisation),
            approval: ApprovalWord::of(ApprovalManner::Approval),
            acceptance: ApprovalWord::of(ApprovalManner::Acceptance),
        };
        Self {
            clause: "二、（二）".to_owned(),
            number: AuthorisationNumber::ByHand,
            unconfirmed: Some("授权编号".to_owned()),
            words,
            title: "竞赛职业技能等级证书“一赛一授权”授权书".to_owned(),
            number_line: "编号：{number}".to_owned(),
            text: vec![
                "{committee}：".to_owned(),
                "同意以你组委会（办公室）名义、{center}代章形式，为{contest}决赛阶段获奖选手颁发相应职业技能等级证书。".to_owned(),
            ],
        }
    }
}

impl AuthorisationRules {
    /// What `{…}` in the paragraphs may stand for.
    pub const PLACES: [&str; 9] = ["committee", "contest", "year", "class", "organiser", "final_on", "issued_on", "notice", "center"];

    /// The words of a manner.
    pub fn word(&self, manner: ApprovalManner) -> &ApprovalWord {
        match manner {
            ApprovalManner::Authorisation => &self.words.authorisation,
            ApprovalManner::Approval => &self.words.approval,
            ApprovalManner::Acceptance => &self.words.acceptance,
        }
    }

    /// What contradicts itself.
    pub(super) fn contradiction(&self) -> Option<String> {
        if let AuthorisationNumber::Pattern(pattern) = &self.number
            && let Some(problem) = pattern.problem()
        {
            return Some(format!("authorisation 的{problem}"));
        }
        let places = self.text.iter().flat_map(|text| text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default()));
        let unknown = places.into_iter().find(|place| !Self::PLACES.contains(place));
        unknown.map(|place| format!("authorisation.text 的“{{{place}}}”应为：{}", Self::PLACES.join("、")))
    }
}
