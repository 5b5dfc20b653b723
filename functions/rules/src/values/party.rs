//! Who takes part: roles, accounts, issuing units, applicants for the publication.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person is, from the token's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The role of that name.
    fn named(name: &str) -> Option<Self> {
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

/// The longest subject, in characters (OpenID Connect Core 1.0, 2: `sub` has 255 at most).
const MAX_SUBJECT: usize = 255;

/// A token's subject as it is recorded and compared. Two spellings that look the same are one account, because a destruction
/// wants two: surrounding spaces do not count, and what cannot be seen makes nobody.
fn subject(claim: &str) -> Option<&str> {
    let subject = claim.trim();
    let sound = (1..=MAX_SUBJECT).contains(&subject.chars().count()) && subject.chars().all(is_visible_or_space);
    sound.then_some(subject)
}

/// Neither a control character nor one that shows nothing (Unicode's Cf and its line separators), nor any space but U+0020.
fn is_visible_or_space(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || hidden)
}

impl Actor {
    /// Reads role and organisation from claims; anything unknown is nobody. A claim of several values comes as API Gateway gives it,
    /// `[a b]`: exactly one of them is a role, and there is one organisation. Whoever has two roles is nobody.
    pub fn from_claims(sub: &str, role: &str, organisation: &str) -> Result<Self, Denied> {
        let subject = subject(sub).ok_or(Denied)?;
        let [role] = values(role).filter_map(Role::named).collect::<Vec<_>>()[..] else { return Err(Denied) };
        let [organisation] = values(organisation).collect::<Vec<_>>()[..] else { return Err(Denied) };
        if !is_organisation(organisation) {
            return Err(Denied);
        }
        Ok(Self { subject: subject.to_owned(), role, organisation: organisation.to_owned() })
    }
}

/// The values of a claim.
fn values(claim: &str) -> impl Iterator<Item = &str> {
    let several = claim.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let one = several.is_none().then_some(claim);
    several.into_iter().flat_map(|all| all.split([' ', ',']).filter(|value| !value.is_empty())).chain(one)
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
    fn a_subject_with_a_trailing_space_is_no_second_person() {
        let of = |subject: &str| Actor::from_claims(subject, "center", "00").map(|actor| actor.subject);
        for same in ["keeper-1", "keeper-1 ", " keeper-1", "keeper-1\n", "\u{3000}keeper-1\u{a0}"] {
            assert_eq!(of(same).as_deref(), Ok("keeper-1"), "{same:?}");
        }
        for nobody in ["", "  ", "keeper\u{0}1", "keeper\n1", "keeper\u{200b}-1", "keeper\u{2060}-1", "keeper\u{a0}1", &"x".repeat(256)] {
            assert_eq!(of(nobody), Err(Denied), "{nobody:?}");
        }
        assert!(of(&"字".repeat(255)).is_ok() && of("库管 一").is_ok());
    }

    #[test]
    fn a_claim_of_several_values_names_one_role_and_one_organisation() {
        let of = |role: &str, organisation: &str| {
            Actor::from_claims("someone", role, organisation).map(|actor| (actor.role, actor.organisation))
        };
        let unit = || Ok((Role::Unit, "unit-1".to_owned()));
        for role in ["unit", "[unit]", "[default-roles-sichuan unit offline_access]", "[default-roles-sichuan, unit]"] {
            assert_eq!(of(role, "unit-1"), unit(), "{role}");
        }
        assert_eq!(of("unit", "[unit-1]"), unit());
        for role in ["[unit center]", "[unit unit]", "unit center", "[]", "[", "[Unit]"] {
            assert_eq!(of(role, "unit-1"), Err(Denied), "{role}");
        }
        for organisation in ["[unit-1 unit-2]", "[]", "unit-1 unit-2"] {
            assert_eq!(of("unit", organisation), Err(Denied), "{organisation}");
        }
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
