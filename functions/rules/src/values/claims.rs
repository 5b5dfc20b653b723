//! What a token says of somebody. Each issuer names its claims its own way, and gives several values its own way; this is the one place that
//! reads them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::party::{Actor, Role, is_organisation};

/// The longest subject, in characters (OpenID Connect Core 1.0, 2: `sub` has 255 at most).
const MAX_SUBJECT: usize = 255;

/// Which claims carry role and organisation: a claim's name, or a path through claims that hold others (`realm_access.roles`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The claim with the role.
    pub role: String,
    /// The claim with the organisation.
    pub organisation: String,
}

/// What a token says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    subject: String,
    roles: Vec<String>,
    organisations: Vec<String>,
}

/// Why claims make nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// There is no subject, or one that cannot be told from another by eye.
    #[error("身份认证没有给出账号（sub），或其中有看不见的字符")]
    Subject,
    /// No value is a role of ours.
    #[error("账号还没有开通：请申请账号，由职鉴中心开通")]
    NoRole,
    /// Several are.
    #[error("身份认证给出了几个角色（{0}），一个账号只能有一个：请系统管理员改正")]
    SeveralRoles(String),
    /// There is a role, and not one organisation with a name fit for keys.
    #[error("身份认证给出了角色，单位却没有给出、不止一个或写法不对：请系统管理员改正")]
    Organisation,
}

impl Claims {
    /// The claims of a token. What a gateway has made texts of is read as what it was.
    pub fn read(claims: &Value, names: &ClaimNames) -> Self {
        let subject = claims["sub"].as_str().unwrap_or_default();
        Self { subject: subject.to_owned(), roles: claimed(claims, &names.role), organisations: claimed(claims, &names.organisation) }
    }

    /// The claims as three texts.
    pub fn of_texts(subject: &str, role: &str, organisation: &str) -> Self {
        Self { subject: subject.to_owned(), roles: values(role), organisations: values(organisation) }
    }

    /// A token's subject as it is recorded and compared. Two spellings that look the same are one account, because a destruction
    /// wants two: surrounding spaces do not count, and what cannot be seen makes nobody.
    ///
    /// # Errors
    /// [`ClaimsError::Subject`].
    pub fn subject(&self) -> Result<&str, ClaimsError> {
        let subject = self.subject.trim();
        let sound = (1..=MAX_SUBJECT).contains(&subject.chars().count()) && subject.chars().all(is_visible_or_space);
        if sound { Ok(subject) } else { Err(ClaimsError::Subject) }
    }

    /// Who somebody is by the claims alone: one value is a role of ours, whatever others stand beside it, and there is one organisation.
    ///
    /// # Errors
    /// Why they are nobody.
    pub fn actor(&self) -> Result<Actor, ClaimsError> {
        let subject = self.subject()?;
        let mut roles: Vec<Role> = Vec::new();
        for role in self.roles.iter().filter_map(|role| Role::named(role)) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        let role = match roles[..] {
            [] => return Err(ClaimsError::NoRole),
            [role] => role,
            _ => return Err(ClaimsError::SeveralRoles(roles.iter().map(|role| role.name()).collect::<Vec<_>>().join("、"))),
        };
        let [organisation] = &self.organisations[..] else { return Err(ClaimsError::Organisation) };
        if !is_organisation(organisation) {
            return Err(ClaimsError::Organisation);
        }
        Ok(Actor { subject: subject.to_owned(), role, organisation: organisation.clone() })
    }
}

impl Actor {
    /// Who somebody is by three texts of a token.
    ///
    /// # Errors
    /// Why they are nobody.
    pub fn from_claims(sub: &str, role: &str, organisation: &str) -> Result<Self, ClaimsError> {
        Claims::of_texts(sub, role, organisation).actor()
    }
}

/// Neither a control character nor one that shows nothing (Unicode's Cf and its line separators), nor any space but U+0020.
fn is_visible_or_space(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || hidden)
}

/// The values of a claim, by its name or by the path to it.
fn claimed(claims: &Value, name: &str) -> Vec<String> {
    match claims.get(name) {
        Some(claim) => values_of(claim),
        None => name.split_once('.').and_then(|(first, rest)| Some(claimed(&object(claims.get(first)?)?, rest))).unwrap_or_default(),
    }
}

/// A claim that holds others; as text, it is JSON.
fn object(claim: &Value) -> Option<Value> {
    match claim {
        Value::Object(_) => Some(claim.clone()),
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    }
}

fn values_of(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => values(text),
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The values of a text. API Gateway makes `[a b]` of an array, others `[a, b]` or JSON; what has no brackets is one value.
fn values(text: &str) -> Vec<String> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return vec![text.to_owned()] };
    let plain = || inner.split([' ', ',']).filter(|value| !value.is_empty()).map(str::to_owned).collect();
    serde_json::from_str(text).unwrap_or_else(|_| plain())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_with_a_trailing_space_is_no_second_person() {
        let of = |subject: &str| Actor::from_claims(subject, "center", "00").map(|actor| actor.subject);
        for same in ["keeper-1", "keeper-1 ", " keeper-1", "keeper-1\n", "\u{3000}keeper-1\u{a0}"] {
            assert_eq!(of(same).as_deref(), Ok("keeper-1"), "{same:?}");
        }
        for nobody in ["", "  ", "keeper\u{0}1", "keeper\n1", "keeper\u{200b}-1", "keeper\u{2060}-1", "keeper\u{a0}1", &"x".repeat(256)] {
            assert_eq!(of(nobody), Err(ClaimsError::Subject), "{nobody:?}");
        }
        assert!(of(&"字".repeat(255)).is_ok() && of("库管 一").is_ok());
    }

    #[test]
    fn a_claim_of_several_values_names_one_role_and_one_organisation() {
        let of = |role: &str, organisation: &str| {
            Actor::from_claims("someone", role, organisation).map(|actor| (actor.role, actor.organisation))
        };
        let unit = || Ok((Role::Unit, "unit-1".to_owned()));
        let several = "[default-roles-sichuan unit offline_access]";
        for role in ["unit", "[unit]", several, "[default-roles-sichuan, unit]", "[\"unit\"]", "[\"other\", \"unit\"]", "[unit unit]"] {
            assert_eq!(of(role, "unit-1"), unit(), "{role}");
        }
        assert_eq!((of("unit", "[unit-1]"), of("[unit]", "[\"unit-1\"]")), (unit(), unit()));
        assert_eq!(of("[unit center]", "unit-1"), Err(ClaimsError::SeveralRoles("unit、center".to_owned())));
        for role in ["unit center", "[]", "[", "[Unit]", "", "admin"] {
            assert_eq!(of(role, "unit-1"), Err(ClaimsError::NoRole), "{role}");
        }
        for organisation in ["[unit-1 unit-2]", "[]", "unit-1 unit-2", "", "a/b", "样例协会"] {
            assert_eq!(of("unit", organisation), Err(ClaimsError::Organisation), "{organisation}");
        }
    }

    /// As a token holds them, and as API Gateway hands them on.
    #[test]
    fn claims_are_read_the_same_as_json_and_as_the_gateways_texts() {
        let names = |role: &str| ClaimNames { role: role.to_owned(), organisation: "organisation".to_owned() };
        let read = |claims: Value, role| Claims::read(&claims, &names(role)).actor().map(|actor| (actor.role.name(), actor.organisation));
        let center = || Ok(("center", "00".to_owned()));
        for (role, organisation) in [
            (json!("center"), json!("00")),
            (json!(["center"]), json!(["00"])),
            (json!(["offline_access", "center"]), json!("00")),
            (json!("[center]"), json!("[00]")),
            (json!("[offline_access center]"), json!("[\"00\"]")),
        ] {
            assert_eq!(read(json!({ "sub": "s", "role": role, "organisation": organisation }), "role"), center(), "{role} {organisation}");
        }
        let nested = json!({ "sub": "s", "realm_access": { "roles": ["uma", "center"] }, "organisation": "00" });
        assert_eq!(read(nested, "realm_access.roles"), center());
        let as_text = json!({ "sub": "s", "realm_access": "{\"roles\":[\"center\"]}", "organisation": "00" });
        assert_eq!(read(as_text, "realm_access.roles"), center());
        assert_eq!(
            read(json!({ "sub": "s", "https://id.example/role": "center", "organisation": "00" }), "https://id.example/role"),
            center()
        );
        for nothing in [json!({ "sub": "s" }), json!({ "sub": "s", "role": 7 }), json!({ "sub": "s", "role": { "a": "center" } })] {
            assert_eq!(read(nothing, "role"), Err(ClaimsError::NoRole));
        }
        assert_eq!(read(json!({ "role": "center", "organisation": "00" }), "role"), Err(ClaimsError::Subject));
    }
}
