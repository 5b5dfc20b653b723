//! An application (申报) and the states it goes through.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::numbers::code::CodePrefix;
use crate::values::lot::LotName;
use crate::values::party::IssuingUnit;
use crate::values::vocabulary::CertificateType;

/// The random name of an application: 16 characters of a–z and 2–7, never made from the clock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationId(#[schemars(regex(pattern = "^[a-z2-7]{16}$"))] String);

impl ApplicationId {
    /// From 80 random bits.
    pub fn from_bits(bits: u128) -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        Self((0..16).map(|i| char::from(ALPHABET[((bits >> (5 * i)) & 31) as usize])).collect())
    }

    /// Reads one from a key or a path.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 16 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        sound.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The plan of issue that the Center authorises: for each row, what it gets, from whom, on which clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The rows, in roster order.
    pub rows: Vec<PlannedRow>,
    /// What it rests on that nobody has confirmed: gaps (G1–G30) and 目录近似项, of all steps.
    pub unconfirmed: Vec<String>,
    /// The steps that led to the rows' decisions; rows with the same event and level share one.
    #[serde(default)]
    pub grounds: Vec<Vec<Step>>,
}

/// One question on the way to a decision, in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Clause it rests on, e.g. 一、证书类型.
    pub clause: String,
    /// What was asked.
    pub question: String,
    /// What it was asked of.
    pub input: String,
    /// The answer.
    pub outcome: String,
    /// The gap, or 目录近似项, where the answer has not been confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<String>,
}

/// What one row gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// Row of the sheet.
    pub row: u32,
    /// 证书类型
    pub certificate_type: CertificateType,
    /// Who reviews it.
    pub reviewer: IssuingUnit,
    /// The counter it takes its code from; none where the type is not numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<CodePrefix>,
    /// Whose name stands on the certificate.
    pub issuing_body: String,
    /// Who seals on behalf of it (代章).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
    /// Clauses it rests on: type, route, code.
    pub clauses: Vec<String>,
    /// Index into [`Plan::grounds`].
    #[serde(default)]
    pub ground: usize,
}

impl PlannedRow {
    /// The lot that it goes with.
    pub fn lot(&self) -> LotName {
        LotName::new(&self.reviewer, self.certificate_type)
    }
}

impl Plan {
    /// A plan whose unconfirmed settings are those of its steps.
    pub fn new(rows: Vec<PlannedRow>, grounds: Vec<Vec<Step>>) -> Self {
        let unconfirmed: BTreeSet<String> = grounds.iter().flatten().filter_map(|step| step.unconfirmed.clone()).collect();
        Self { rows, unconfirmed: unconfirmed.into_iter().collect(), grounds }
    }

    /// The steps that led to the decision on a row.
    pub fn ground(&self, row: &PlannedRow) -> &[Step] {
        self.grounds.get(row.ground).map_or(&[], Vec::as_slice)
    }

    /// Everybody who has rows to review, each once, in order.
    pub fn reviewers(&self) -> Vec<IssuingUnit> {
        let mut all: Vec<IssuingUnit> = self.rows.iter().map(|row| row.reviewer.clone()).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// What a reviewer said of the rows: every row that is not refused is approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// Rows refused.
    #[serde(default)]
    pub refused: Vec<Refusal>,
    /// Rows approved against advice.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

/// A review on its way (暂存): nothing of it counts until it is handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewDraft {
    /// What would be handed in; reasons may still be missing.
    #[serde(flatten)]
    pub review: Review,
    /// What the reviewers note for each other: the unit is not told.
    #[serde(default)]
    pub notes: Vec<RowNote>,
}

/// A note on a row, for the reviewers alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowNote {
    /// Row of the sheet.
    pub row: u32,
    /// The note, in Chinese.
    pub text: String,
}

impl ReviewDraft {
    /// Every row that it speaks of.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        let refused = self.review.refused.iter().map(|refusal| refusal.row);
        let overridden = self.review.overrides.iter().map(|one| one.row);
        refused.chain(overridden).chain(self.notes.iter().map(|note| note.row))
    }
}

/// A row approved although a finding advises against it (`FindingCode::needs_reason`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    /// Row of the sheet.
    pub row: u32,
    /// Why, in Chinese.
    pub reason: String,
}

/// A row refused at the qualification review, with the reason the unit is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Row of the sheet.
    pub row: u32,
    /// Why, in Chinese.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_ids_parse_and_differ_in_every_bit() {
        let ids: Vec<ApplicationId> = (0..80).map(|bit| ApplicationId::from_bits(1 << bit)).collect();
        assert!(ids.iter().all(|id| ApplicationId::parse(id.as_str()).as_ref() == Some(id)));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 80);
        assert_eq!(ApplicationId::parse("AAAAAAAAAAAAAAAA"), None);
    }
}
