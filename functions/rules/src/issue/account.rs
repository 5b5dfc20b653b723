//! Accounts (五、（二）: 具体使用账号由颁证机构向省职鉴中心申请分配): who applied for which part, what the Center decided, and who somebody is by
//! that.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::values::claims::{Claims, ClaimsError};
use crate::values::folding;
use crate::values::party::{Actor, Role};

/// Hexadecimal digits of the name that a unit's accounts share in keys.
const UNIT_DIGITS: usize = 12;

/// Which account: a digest of the issuer and its subject, so that keys and addresses hold neither.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AccountKey(#[schemars(regex(pattern = "^[0-9a-f]{64}$"))] String);

impl AccountKey {
    /// SHA-256, in hex, of issuer and subject, each by its length.
    pub fn of(issuer: &str, subject: &str) -> Self {
        Self(digest(&["saizheng account 1", issuer, subject]))
    }

    /// Reads one from a path.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        sound.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}

/// The name that all accounts of a unit share in keys and claims, made of the unit's own (equal to the eye is equal) and of the Center's that
/// it applies to: no other Center can let somebody in there.
pub fn unit_organisation(jurisdiction: &str, name: &str) -> String {
    let digest = digest(&["saizheng unit 1", jurisdiction, &folding::folded(name)]);
    format!("unit-{}", digest.get(..UNIT_DIGITS).unwrap_or_default())
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AccountStatus {
    /// 待开通: somebody has applied for it.
    Applied,
    /// 已开通
    Granted,
    /// 已停用: for the time being.
    Suspended,
    /// 未予开通
    Refused,
    /// 已终止
    Ended,
}

/// What moves an account on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AccountChange {
    /// 申请账号, by whoever it is for.
    Apply,
    /// 开通
    Grant,
    /// 不予开通
    Refuse,
    /// 停用
    Suspend,
    /// 恢复
    Resume,
    /// 终止
    End,
}

impl AccountStatus {
    /// All of them, in the order of lists: what waits for the Center is first.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "待开通",
            Self::Granted => "已开通",
            Self::Suspended => "已停用",
            Self::Refused => "未予开通",
            Self::Ended => "已终止",
        }
    }

    /// The name in records and in the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The one place that says what leads from where to where; none where the change is not to be made at this status.
    pub fn after(self, change: AccountChange) -> Option<Self> {
        use AccountChange::{Apply, End, Grant, Refuse, Resume, Suspend};
        match (self, change) {
            // Before the decision an application may be put right; after a refusal or an end somebody may apply anew, for another part too.
            (Self::Applied | Self::Refused | Self::Ended, Apply) => Some(Self::Applied),
            (Self::Applied, Grant) | (Self::Suspended, Resume) => Some(Self::Granted),
            (Self::Applied, Refuse) => Some(Self::Refused),
            (Self::Granted, Suspend) => Some(Self::Suspended),
            (Self::Granted | Self::Suspended, End) => Some(Self::Ended),
            (Self::Granted | Self::Suspended, Apply)
            | (Self::Granted | Self::Suspended | Self::Refused | Self::Ended, Grant | Refuse)
            | (Self::Applied | Self::Suspended | Self::Refused | Self::Ended, Suspend)
            | (Self::Applied | Self::Granted | Self::Refused | Self::Ended, Resume)
            | (Self::Applied | Self::Refused | Self::Ended, End) => None,
        }
    }

    /// What the Center can decide now.
    pub fn decisions(self) -> impl Iterator<Item = AccountChange> {
        AccountChange::DECISIONS.into_iter().filter(move |change| self.after(*change).is_some())
    }
}

impl AccountChange {
    /// Those that the Center makes.
    pub const DECISIONS: [Self; 5] = [Self::Grant, Self::Refuse, Self::Suspend, Self::Resume, Self::End];

    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Apply => "申请",
            Self::Grant => "开通",
            Self::Refuse => "不予开通",
            Self::Suspend => "停用",
            Self::Resume => "恢复",
            Self::End => "终止",
        }
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The decision of that name.
    pub fn decision(name: &str) -> Option<Self> {
        Self::DECISIONS.into_iter().find(|change| change.name() == name)
    }

    /// Whether it must say why: somebody cannot act then.
    pub fn owes_a_reason(self) -> bool {
        match self {
            Self::Refuse | Self::Suspend | Self::End => true,
            Self::Apply | Self::Grant | Self::Resume => false,
        }
    }
}

/// What the Center decided last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountDecision {
    /// When.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An account: one person's, with one role.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The issuer that knows who it is.
    pub issuer: String,
    /// Its subject there, as trails show it.
    pub subject: String,
    /// 姓名
    pub person: String,
    /// What they are.
    pub role: Role,
    /// For whom they act, as claims would say it: the unit's name in keys, the center's jurisdiction, or the body's code.
    pub organisation: String,
    /// The same as people call it.
    pub organisation_name: String,
    /// Jurisdiction of the Center that decides.
    pub jurisdiction: String,
    /// Where it stands.
    pub status: AccountStatus,
    /// When it was applied for.
    pub applied_at: Timestamp,
    /// What the Center decided last, of an earlier application too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<AccountDecision>,
}

/// Without whose it is.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, organisation, jurisdiction, status, .. } = self;
        write!(f, "Account({role:?} {organisation}, of {jurisdiction}, {status:?})")
    }
}

impl Account {
    /// Which one.
    pub fn key(&self) -> AccountKey {
        AccountKey::of(&self.issuer, &self.subject)
    }

    /// Who its holder is while it is granted.
    pub fn actor(&self) -> Actor {
        Actor { subject: self.subject.clone(), role: self.role, organisation: self.organisation.clone() }
    }

    /// Whether another account of the same organisation, that can act or may again, is held by somebody of the same name: the Center then
    /// says why these are two persons, because their two signatures count as two.
    pub fn is_of_a_namesake(&self, other: &Self) -> bool {
        let stands = matches!(other.status, AccountStatus::Granted | AccountStatus::Suspended);
        let same_party = (self.role, &self.organisation) == (other.role, &other.organisation);
        stands && same_party && self.key() != other.key() && folding::alike(&self.person, &other.person)
    }
}

/// The account of the first Center, which nobody can grant: a parameter of the deployment, `jurisdiction:subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstCenter {
    /// The Center's jurisdiction.
    pub jurisdiction: String,
    /// The account's subject at the issuer.
    pub subject: String,
}

impl FirstCenter {
    /// Reads the parameter; none where it is empty, or not of that form.
    pub fn parse(text: &str) -> Option<Self> {
        let (jurisdiction, subject) = text.split_once(':')?;
        let actor = Actor::from_claims(subject, Role::Center.name(), jurisdiction).ok()?;
        Some(Self { jurisdiction: actor.organisation, subject: actor.subject })
    }
}

/// Why somebody with a valid token is nobody here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nobody {
    /// The table knows nothing of the account, and the claims make nobody.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// 待开通
    #[error("账号申请已提交，待职鉴中心开通")]
    Applied,
    /// 未予开通
    #[error("账号申请未予开通：{0}；可改正后重新申请")]
    Refused(String),
    /// 已停用
    #[error("账号已停用：{0}；请与职鉴中心联系")]
    Suspended(String),
    /// 已终止
    #[error("账号已终止：{0}；仍需使用的，可重新申请")]
    Ended(String),
}

/// Who somebody is. From the Center's first decision on, what the table says of the account counts alone, whatever claims say; before, the
/// deployment's word for its first Center, and then the claims.
///
/// # Errors
/// Why they are nobody.
pub fn who(claims: &Claims, account: Option<&Account>, first: Option<&FirstCenter>) -> Result<Actor, Nobody> {
    let subject = claims.subject()?;
    if let Some((account, decision)) = account.and_then(|account| Some((account, account.decision.as_ref()?))) {
        let reason = decision.reason.clone().unwrap_or_default();
        return match account.status {
            AccountStatus::Granted => Ok(account.actor()),
            AccountStatus::Applied => Err(Nobody::Applied),
            AccountStatus::Refused => Err(Nobody::Refused(reason)),
            AccountStatus::Suspended => Err(Nobody::Suspended(reason)),
            AccountStatus::Ended => Err(Nobody::Ended(reason)),
        };
    }
    if let Some(first) = first.filter(|first| first.subject == subject) {
        return Ok(Actor { subject: subject.to_owned(), role: Role::Center, organisation: first.jurisdiction.clone() });
    }
    match (claims.actor(), account) {
        (Err(ClaimsError::NoRole), Some(_)) => Err(Nobody::Applied),
        (actor, _) => Ok(actor?),
    }
}

/// Jurisdiction of the Center that decides on an account: of a unit the one that it applies to; of bodies (五、（二）: 向省职鉴中心申请分配) and
/// of other Centers the one at whose seat the bodies' register is kept.
pub fn deciding_center<'a>(role: Role, applied_to: &'a str, seat: &'a str) -> &'a str {
    match role {
        Role::Unit => applied_to,
        Role::Center | Role::Body => seat,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::values::claims::ClaimNames;

    fn account(status: AccountStatus, decided: bool) -> Account {
        let decision =
            decided.then(|| AccountDecision { at: Timestamp::UNIX_EPOCH, by: "c".to_owned(), reason: Some("离职".to_owned()) });
        Account {
            issuer: "https://id.example".to_owned(),
            subject: "s".to_owned(),
            person: "张样例".to_owned(),
            role: Role::Body,
            organisation: "S000051010123".to_owned(),
            organisation_name: "样例评价机构".to_owned(),
            jurisdiction: "00".to_owned(),
            status,
            applied_at: Timestamp::UNIX_EPOCH,
            decision,
        }
    }

    fn claims(role: &str) -> Claims {
        let names = ClaimNames { role: "role".to_owned(), organisation: "organisation".to_owned() };
        Claims::read(&json!({ "sub": "s", "role": role, "organisation": "unit-1" }), &names)
    }

    #[test]
    fn every_change_at_every_status() {
        use AccountStatus::{Applied, Ended, Granted, Refused, Suspended};
        // Apply, Grant, Refuse, Suspend, Resume, End.
        let table = [
            (Applied, [Some(Applied), Some(Granted), Some(Refused), None, None, None]),
            (Granted, [None, None, None, Some(Suspended), None, Some(Ended)]),
            (Suspended, [None, None, None, None, Some(Granted), Some(Ended)]),
            (Refused, [Some(Applied), None, None, None, None, None]),
            (Ended, [Some(Applied), None, None, None, None, None]),
        ];
        assert_eq!(table.map(|(status, _)| status), AccountStatus::ALL);
        let changes = <AccountChange as strum::VariantArray>::VARIANTS;
        for (status, wanted) in table {
            assert_eq!(changes.iter().map(|change| status.after(*change)).collect::<Vec<_>>(), wanted, "{status:?}");
        }
        assert!(AccountChange::decision("apply").is_none() && AccountChange::decision("grant") == Some(AccountChange::Grant));
    }

    #[test]
    fn from_the_first_decision_on_the_table_counts_alone() {
        let unit = claims("unit");
        let named = |account: Option<&Account>| who(&unit, account, None).map(|actor| actor.organisation);
        assert_eq!(named(None).as_deref(), Ok("unit-1"));
        assert_eq!(named(Some(&account(AccountStatus::Applied, false))).as_deref(), Ok("unit-1"), "an application alone changes nothing");
        assert_eq!(named(Some(&account(AccountStatus::Granted, true))).as_deref(), Ok("S000051010123"));
        for (status, told) in [
            (AccountStatus::Applied, Nobody::Applied),
            (AccountStatus::Refused, Nobody::Refused("离职".to_owned())),
            (AccountStatus::Suspended, Nobody::Suspended("离职".to_owned())),
            (AccountStatus::Ended, Nobody::Ended("离职".to_owned())),
        ] {
            assert_eq!(named(Some(&account(status, true))), Err(told), "{status:?}");
        }
        let nobody = claims("");
        assert_eq!(who(&nobody, None, None), Err(Nobody::Claims(ClaimsError::NoRole)));
        assert_eq!(who(&nobody, Some(&account(AccountStatus::Applied, false)), None), Err(Nobody::Applied));
        let several = who(&claims("[unit center]"), Some(&account(AccountStatus::Applied, false)), None);
        assert!(matches!(several, Err(Nobody::Claims(ClaimsError::SeveralRoles(_)))), "{several:?}");
    }

    #[test]
    fn the_first_center_counts_until_the_center_has_decided_on_it() {
        let first = FirstCenter::parse("00:s").expect("of that form");
        let named = |account: Option<&Account>| who(&claims("unit"), account, Some(&first)).map(|actor| (actor.role, actor.organisation));
        assert_eq!(named(None), Ok((Role::Center, "00".to_owned())));
        assert_eq!(named(Some(&account(AccountStatus::Applied, false))), Ok((Role::Center, "00".to_owned())));
        for status in [AccountStatus::Ended, AccountStatus::Applied] {
            assert!(named(Some(&account(status, true))).is_err(), "{status:?}");
        }
        let other = FirstCenter::parse("00:other").expect("of that form");
        assert_eq!(who(&claims("unit"), None, Some(&other)).map(|actor| actor.role), Ok(Role::Unit));
        assert_eq!(FirstCenter::parse("00:urn:x:1").map(|first| first.subject).as_deref(), Some("urn:x:1"));
        for nobody in ["", "00", "00:", ":s", "0 0:s", "00:a\u{200b}b"] {
            assert_eq!(FirstCenter::parse(nobody), None, "{nobody:?}");
        }
    }

    #[test]
    fn a_namesake_of_the_same_organisation_is_noticed_and_nobody_else() {
        let own = account(AccountStatus::Applied, false);
        let other = |status| Account { subject: "t".to_owned(), ..account(status, true) };
        assert!(own.is_of_a_namesake(&other(AccountStatus::Granted)) && own.is_of_a_namesake(&other(AccountStatus::Suspended)));
        assert!(!own.is_of_a_namesake(&other(AccountStatus::Ended)) && !own.is_of_a_namesake(&own));
        assert!(!own.is_of_a_namesake(&Account { person: "李样例".to_owned(), ..other(AccountStatus::Granted) }));
        assert!(!own.is_of_a_namesake(&Account { organisation: "S000051010129".to_owned(), ..other(AccountStatus::Granted) }));
    }

    /// Golden: such digests stand in keys.
    #[test]
    fn a_key_of_version_1() {
        let key = AccountKey::of("https://id.example", "s");
        assert_eq!(key.as_str(), "9f33b595564c172105a8e5837124fa5d5fda1a8517a107e462e96990d4e03e55");
        assert_eq!(AccountKey::parse(key.as_str()), Some(key.clone()));
        assert_ne!(AccountKey::of("https://id.example", "t"), key);
        assert_ne!(AccountKey::of("https://id.examples", ""), key, "each by its length");
        assert!(AccountKey::parse("x").is_none() && AccountKey::parse(&key.as_str().to_uppercase()).is_none());
        assert_eq!(unit_organisation("00", "样例协会"), unit_organisation("00", " 样例协会 "));
        assert_ne!(unit_organisation("00", "样例协会"), unit_organisation("00", "样例协会二"));
        assert_ne!(unit_organisation("00", "样例协会"), unit_organisation("07", "样例协会"));
    }

    #[test]
    fn neither_subject_nor_name_is_shown_in_logs() {
        let shown = format!("{:?}", account(AccountStatus::Granted, true));
        assert!(!shown.contains("张样例") && !shown.contains("id.example"), "{shown}");
    }
}
