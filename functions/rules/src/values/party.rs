//! Who takes part: roles, accounts, issuing units, applicants for the publication.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person is, by their account or the token's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 牵头主办单位
    Unit,
    /// 省（市、州）职鉴中心; the organisation is its jurisdiction, e.g. `00`.
    Center,
    /// 颁证机构; the organisation is positions 1–13 of its code.
    Body,
}

impl Role {
    /// The name in claims, keys and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Center => "center",
            Self::Body => "body",
        }
    }

    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unit => "牵头主办单位",
            Self::Center => "职鉴中心",
            Self::Body => "颁证机构",
        }
    }

    /// The role of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Unit, Self::Center, Self::Body].into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who has shown a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The token's subject: who did it, in the audit trail.
    pub subject: String,
    /// What they are.
    pub role: Role,
    /// For whom they act.
    pub organisation: String,
}

/// The action is not granted to the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("没有权限")]
pub struct Denied;

/// Whether a name of an organisation is fit for keys.
pub(crate) fn is_organisation(name: &str) -> bool {
    let key_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&name.len()) && name.chars().all(key_safe)
}

impl Actor {
    /// Whether the actor is who has signed before. Where two people must sign, they are two subjects of the issuer, which a system has one
    /// of: nobody's name counts, nor for whom they act.
    pub fn has_signed(&self, signature: &str) -> bool {
        self.subject == signature
    }
}

/// Who reviews and prints a row: a center (on a committee's behalf or for itself) or a filed body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(!try_from)]
pub struct IssuingUnit(#[schemars(regex(pattern = "^(center|body)-[A-Za-z0-9_-]{1,64}$"))] String);

/// A name that is no reviewer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("审核单位应写作 center-00 或 body-S000051010123 的形式")]
pub struct IssuingUnitError;

/// A name becomes part of keys: it is what [`Actor`] takes for an organisation, behind what kind it is of.
impl TryFrom<String> for IssuingUnit {
    type Error = IssuingUnitError;

    fn try_from(name: String) -> Result<Self, IssuingUnitError> {
        let organisation = name.strip_prefix("center-").or_else(|| name.strip_prefix("body-"));
        let sound = organisation.is_some_and(is_organisation);
        if sound { Ok(Self(name)) } else { Err(IssuingUnitError) }
    }
}

impl IssuingUnit {
    /// The center of a jurisdiction: `center-00`.
    pub fn center(jurisdiction: &str) -> Self {
        Self(format!("center-{jurisdiction}"))
    }

    /// A filed body: `body-S000051010123`.
    pub fn body(code: &str) -> Self {
        Self(format!("body-{code}"))
    }

    /// The name in keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuingUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who applies for the publication (五、（三）): `center-00`, `body-S000051010123` or `unit-unit-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Applicant(#[schemars(regex(pattern = "^(unit|center|body)-[A-Za-z0-9_-]{1,64}$"))] String);

impl Applicant {
    /// The actor's own organisation.
    pub fn of(actor: &Actor) -> Self {
        Self(format!("{}-{}", actor.role.name(), actor.organisation))
    }

    /// The unit that hands in applications.
    pub fn unit(unit: &str) -> Self {
        Self(format!("unit-{unit}"))
    }

    /// An issuing body.
    pub fn reviewer(reviewer: &IssuingUnit) -> Self {
        Self(reviewer.as_str().to_owned())
    }

    /// Reads one from a path; what could not be a claim's organisation is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (role, organisation) = text.split_once('-')?;
        let sound = matches!(role, "unit" | "center" | "body") && is_organisation(organisation);
        sound.then(|| Self(text.to_owned()))
    }

    /// The name in keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_signatures_are_two_subjects_whoever_they_act_for() {
        let of = |subject: &str, role| Actor { subject: subject.to_owned(), role, organisation: "00".to_owned() };
        assert!(of("keeper-1", Role::Center).has_signed("keeper-1") && of("keeper-1", Role::Body).has_signed("keeper-1"));
        assert!(!of("keeper-2", Role::Center).has_signed("keeper-1"));
    }

    #[test]
    fn a_reviewer_is_a_center_or_a_body_with_a_name_fit_for_keys() {
        for name in ["center-00", "body-S000051010123"] {
            assert_eq!(IssuingUnit::try_from(name.to_owned()).map(|reviewer| reviewer.to_string()).as_deref(), Ok(name));
        }
        for name in ["", "center-", "unit-1", "body-a/b", "body-a#b", &format!("body-{}", "x".repeat(65))] {
            assert_eq!(IssuingUnit::try_from(name.to_owned()), Err(IssuingUnitError), "{name}");
        }
    }
}
