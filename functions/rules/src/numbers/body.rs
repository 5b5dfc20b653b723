//! The register of filed evaluation bodies (备案的职业技能等级评价机构), and positions 1–13 of a code.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notice::{CodeGrammar, Jurisdiction};
use crate::values::folding;

/// Positions 1–13 of a certificate code: letter, ministry filing, province, jurisdiction, body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BodyCode(String);

/// The text is no positions 1–13 of any code of the notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("评价机构代码 {0} 不符合编码规则（应为编码第 1–13 位，如 S000051010123）")]
pub struct BodyCodeError(String);

impl BodyCode {
    /// Reads positions 1–13: a known letter, digits, this province, a jurisdiction in use.
    pub fn parse(grammar: &CodeGrammar, text: &str) -> Result<Self, BodyCodeError> {
        let fail = || BodyCodeError(text.chars().take(20).collect());
        if !text.is_ascii() || text.len() != grammar.body_width {
            return Err(fail());
        }
        let (letter, digits) = text.split_at(1);
        let known_letter = grammar.letters.iter().any(|l| l == letter);
        let in_province = digits.get(4..6) == Some(grammar.province.as_str());
        // A ministry-filed body's 8–13 is a site number of the province, not a jurisdiction and a filing number.
        let province_filed = digits.starts_with(&grammar.hrss_ministry);
        let jurisdiction_known = digits.get(6..8).is_some_and(|j| grammar.jurisdictions.iter().any(|known| known == j));
        if !known_letter || !digits.bytes().all(|b| b.is_ascii_digit()) || !in_province || (province_filed && !jurisdiction_known) {
            return Err(fail());
        }
        Ok(Self(text.to_owned()))
    }

    /// Positions 1–13 where the human-resources system of `jurisdiction` issues (四、（二）; letter: G1).
    pub fn human_resources(grammar: &CodeGrammar, jurisdiction: &Jurisdiction) -> Self {
        Self(format!("{}{}{}{}{}", grammar.hrss_letter, grammar.hrss_ministry, grammar.province, jurisdiction.code, grammar.hrss_special))
    }

    /// Whether positions 10–13 are the special value of the human-resources system, which no filed body has.
    pub fn is_human_resources(&self, grammar: &CodeGrammar) -> bool {
        self.0.ends_with(&grammar.hrss_special)
    }

    /// The thirteen positions as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of the bodies' register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// Positions 1–13, as the body's ordinary certificates carry them.
    #[serde(rename = "code13")]
    pub code: BodyCode,
    /// The name as filed; it stands on the certificate.
    pub name: String,
    /// Filed with the province's human-resources department (经人力资源社会保障厅备案; G3).
    pub filed_with_province: bool,
    /// Names that it had before: a contest may be held under one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
    /// Units whose accounts apply for its contests, besides one that is called by its code; the Center enters them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// What it is filed for.
    #[serde(default)]
    pub scope: Vec<Scope>,
}

/// An occupation and the levels a body is filed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// Occupation name of the 大典.
    pub occupation: String,
    /// Level digits, 1–5.
    pub levels: Vec<u8>,
}

impl Body {
    /// Whether it is called so, or was.
    pub fn is_named(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(&self.former_names).any(|own| folding::alike(own, name))
    }

    /// Whether a unit's account applies for its contests.
    pub fn is_of(&self, unit: &str) -> bool {
        self.code.as_str() == unit || self.units.iter().any(|own| own == unit)
    }

    /// Whether it may issue for `occupation` at `level` under 二、（二）2.
    pub fn may_issue(&self, occupation: &str, level: u8) -> bool {
        self.filed_with_province && self.scope.iter().any(|s| s.occupation == occupation && s.levels.contains(&level))
    }
}

/// `bodies.toml`: filed bodies, as the Center would enter them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodiesFile {
    /// The entries.
    #[serde(default)]
    pub bodies: Vec<Body>,
}
