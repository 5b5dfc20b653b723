//! Accounts (五、（二）): who somebody is, who applies for an account, and what the Center decides on it.

use records::application::accounts::{PAGE, StoredAccount};
use rules::audit::AuditEntry;
use rules::issue::access::Action;
use rules::issue::account::{
    Account, AccountChange, AccountDecision, AccountKey, AccountStatus, FirstCenter, Nobody, deciding_center, unit_organisation, who,
};
use rules::issue::filing::MAX_PERSON;
use rules::notice::{Jurisdiction, Notice};
use rules::numbers::body::BodyCode;
use rules::values::claims::{ClaimNames, Claims, ClaimsError};
use rules::values::party::{Actor, Role};
use rules::values::schema::Moment;
use rules::values::text::{MAX_ORGANISATION, MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Operations;
use crate::lists::no_such_page;
use crate::refusal::Refusal;
use crate::trail::ShownEntry;

/// Characters of a subject.
const MAX_SUBJECT: usize = 255;
/// The clause that accounts are given out by.
const CLAUSE: &str = "五、（二）";

/// How a deployment knows people: its one issuer, which claims it goes by, and the first Center's account.
#[derive(Debug, Clone)]
pub struct Issuer {
    url: String,
    names: ClaimNames,
    first_center: Option<FirstCenter>,
}

/// What is wrong with a deployment's parameters.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Nobody says whose tokens they are.
    #[error("the environment variable TOKEN_ISSUER is not set")]
    Missing,
    /// Nobody would be the first Center.
    #[error("FIRST_CENTER is not of the form JURISDICTION:SUBJECT")]
    FirstCenter,
}

impl Issuer {
    /// Reads `TOKEN_ISSUER`, `ROLE_CLAIM`, `ORGANISATION_CLAIM` and `FIRST_CENTER` from the environment.
    ///
    /// # Errors
    /// What is missing, or cannot be read.
    pub fn from_env() -> Result<Self, IssuerError> {
        let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let url = std::env::var("TOKEN_ISSUER").map_err(|_| IssuerError::Missing)?;
        let names = ClaimNames { role: variable("ROLE_CLAIM", "role"), organisation: variable("ORGANISATION_CLAIM", "organisation") };
        let first_center = match variable("FIRST_CENTER", "").as_str() {
            "" => None,
            text => Some(FirstCenter::parse(text).ok_or(IssuerError::FirstCenter)?),
        };
        Ok(Self { url, names, first_center })
    }

    fn key(&self, subject: &str) -> AccountKey {
        AccountKey::of(&self.url, subject)
    }
}

/// Somebody who has shown a valid token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's subject.
    pub subject: String,
    /// Who they are here, or why they are nobody.
    pub actor: Result<Actor, Nobody>,
}

impl Caller {
    /// Who they are.
    ///
    /// # Errors
    /// [`Refusal::NotEntitled`], which says why they are nobody.
    pub fn actor(&self) -> Result<&Actor, Refusal> {
        self.actor.as_ref().map_err(|nobody| Refusal::NotEntitled(nobody.to_string()))
    }
}

/// Whose sessions are ended.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SignOut {
    /// The account's subject at the issuer, as trails show it.
    pub subject: String,
}

/// An account without sessions.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SignedOut {
    /// The account's subject.
    pub subject: String,
}

/// 申请账号, by whoever it is for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyForAccount {
    /// 姓名
    pub person: String,
    /// As what.
    pub role: Role,
    /// A unit's name; positions 1–13 of a body's code; a center's jurisdiction.
    pub organisation: String,
    /// Of a unit: jurisdiction of the Center that it applies to; the province's, if none is named.
    #[serde(default)]
    pub jurisdiction: Option<String>,
}

/// What a Center decides on an account.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideAccount {
    /// The version that was seen.
    pub version: u64,
    /// Why; owed by a refusal, a suspension and an end, and where the same organisation has an account of the same name.
    #[serde(default)]
    pub reason: Option<String>,
    /// With a grant for a unit by the province's Center: the name in claims and keys that the unit has already, instead of one made of its
    /// own name.
    #[serde(default)]
    pub organisation: Option<String>,
}

/// Which accounts are listed.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountsAsked {
    /// Those at that status; all, those that wait first, if none is named.
    pub status: Option<AccountStatus>,
    /// `next` of the page before; the first page, if none is named.
    pub after: Option<String>,
}

/// An account.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownAccount {
    /// Its name in addresses.
    pub key: AccountKey,
    /// Its subject at the issuer, as trails show it.
    pub subject: String,
    /// 姓名
    pub person: String,
    /// As what.
    pub role: Role,
    /// For whom, as claims and keys call it.
    pub organisation: String,
    /// The same as people call it.
    pub organisation_name: String,
    /// Jurisdiction of the Center that decides.
    pub jurisdiction: String,
    /// Where it stands.
    pub status: AccountStatus,
    /// The same as people call it.
    pub status_word: String,
    /// When it was applied for.
    #[schemars(with = "Moment")]
    pub applied_at: jiff::Timestamp,
    /// What the Center decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<AccountDecision>,
    /// What a decision names as seen.
    pub version: u64,
}

impl From<StoredAccount> for ShownAccount {
    fn from(StoredAccount { account, trail }: StoredAccount) -> Self {
        Self {
            key: account.key(),
            subject: account.subject,
            person: account.person,
            role: account.role,
            organisation: account.organisation,
            organisation_name: account.organisation_name,
            jurisdiction: account.jurisdiction,
            status: account.status,
            status_word: account.status.word().to_owned(),
            applied_at: account.applied_at,
            decision: account.decision,
            version: trail.count,
        }
    }
}

/// A page of a Center's accounts.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct AccountList {
    /// The accounts, by status and then the oldest first.
    pub accounts: Vec<ShownAccount>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// An account with its history.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct AccountHistory {
    /// The account.
    pub account: ShownAccount,
    /// What was done with it, in order.
    pub entries: Vec<ShownEntry>,
}

/// What somebody is told of their own account.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OwnAccount {
    /// The token's subject: what a deployment's `FirstCenter` names.
    pub subject: String,
    /// Who they are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Why they are nobody, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the table has of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ShownAccount>,
    /// Whether an application is taken now.
    pub may_apply: bool,
    /// The Centers that one may apply to.
    pub centers: Vec<CenterName>,
}

/// A Center.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CenterName {
    /// Its jurisdiction.
    pub jurisdiction: String,
    /// What it is called.
    pub name: String,
}

/// For whom somebody applies to act.
struct Party {
    organisation: String,
    name: String,
    jurisdiction: String,
}

impl Operations {
    /// What a token says, by the names that this deployment's issuer gives its claims.
    pub fn claims(&self, token: &Value) -> Claims {
        Claims::read(token, &self.issuer.names)
    }

    /// Who has shown a token: one look at the table.
    pub async fn caller(&self, claims: &Claims) -> Result<Caller, Refusal> {
        let account = self.cloud.accounts().get(&self.issuer.key(subject(claims)?)).await?;
        self.caller_with(claims, account.as_ref())
    }

    /// Who has a session, while it lasts; the Center may have ended those of the account.
    pub async fn session_caller(&self, name: &str) -> Result<Option<Caller>, Refusal> {
        let Some(session) = self.cloud.session(name).await? else { return Ok(None) };
        let standing = self.cloud.accounts().standing(&self.issuer.key(subject(&session.claims)?)).await?;
        if session.is_over_since(standing.signed_out_at) {
            return Ok(None);
        }
        let caller = self.caller_with(&session.claims, standing.account.as_ref())?;
        Ok(self.cloud.prolong_session(name, session).await?.then_some(caller))
    }

    fn caller_with(&self, claims: &Claims, account: Option<&StoredAccount>) -> Result<Caller, Refusal> {
        let actor = who(claims, account.map(|stored| &stored.account), self.issuer.first_center.as_ref());
        Ok(Caller { subject: subject(claims)?.to_owned(), actor })
    }

    /// What somebody is told of their own account.
    pub async fn own_account(&self, caller: &Caller) -> Result<OwnAccount, Refusal> {
        let account = self.cloud.accounts().get(&self.issuer.key(&caller.subject)).await?;
        let actor = caller.actor.as_ref();
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let center = |one: &Jurisdiction| CenterName { jurisdiction: one.code.clone(), name: one.center.clone() };
        Ok(OwnAccount {
            centers: rulebook.notices.general().jurisdictions.iter().map(center).collect(),
            subject: caller.subject.clone(),
            role: actor.ok().map(|actor| actor.role),
            organisation: actor.ok().map(|actor| actor.organisation.clone()),
            message: actor.err().map(ToString::to_string),
            may_apply: account.as_ref().is_none_or(|stored| stored.account.status.after(AccountChange::Apply).is_some()),
            account: account.map(ShownAccount::from),
        })
    }

    /// 申请账号: anybody with a valid token, for themselves. The same again changes nothing.
    pub async fn apply_for_account(&self, caller: &Caller, request: ApplyForAccount) -> Result<ShownAccount, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let party = self.applied_for(rulebook.notices.general(), &request).await?;
        let key = self.issuer.key(&caller.subject);
        let seen = self.cloud.accounts().get(&key).await?;
        let before = seen.as_ref().map(|seen| &seen.account);
        let status = before.map_or(Some(AccountStatus::Applied), |before| before.status.after(AccountChange::Apply));
        let now = self.cloud.clock.now();
        let waiting = before.filter(|before| before.status == AccountStatus::Applied);
        let next = Account {
            issuer: self.issuer.url.clone(),
            subject: caller.subject.clone(),
            person: bounded("姓名", &request.person, MAX_PERSON).map_err(Refusal::Malformed)?.to_owned(),
            role: request.role,
            organisation: party.organisation,
            organisation_name: party.name,
            jurisdiction: party.jurisdiction,
            status: status.ok_or_else(|| wrong_status(before, AccountChange::Apply))?,
            applied_at: waiting.map_or(now, |waiting| waiting.applied_at),
            decision: before.and_then(|before| before.decision.clone()),
        };
        if before != Some(&next) {
            let audit = AuditEntry::new(&next.actor(), AccountChange::Apply.into(), CLAUSE, now).with(said(&next, None));
            self.cloud.accounts().enter(seen.as_ref(), &next, audit).await?;
            tracing::info!(role = next.role.name(), "an account is applied for");
        }
        self.shown_account(&key).await
    }

    /// For whom somebody applies to act, and which Center decides.
    async fn applied_for(&self, notice: &Notice, request: &ApplyForAccount) -> Result<Party, Refusal> {
        let asked = bounded("单位", &request.organisation, MAX_ORGANISATION).map_err(Refusal::Malformed)?;
        let seat = notice.notice.seat.as_str();
        let applied_to = request.jurisdiction.as_deref().unwrap_or(seat);
        let unknown = |code: &str| Refusal::Malformed(format!("没有编号为“{code}”的职鉴中心"));
        notice.jurisdiction(applied_to).ok_or_else(|| unknown(applied_to))?;
        let (organisation, name) = match request.role {
            Role::Unit => (unit_organisation(applied_to, asked), asked.to_owned()),
            Role::Center => (asked.to_owned(), notice.jurisdiction(asked).ok_or_else(|| unknown(asked))?.center.clone()),
            Role::Body => {
                let code = BodyCode::parse(&notice.code, asked).map_err(|error| Refusal::Malformed(error.to_string()))?;
                let registered = self.cloud.bodies().get(&code).await?;
                (code.to_string(), registered.map_or_else(|| format!("评价机构 {code}（尚未登记）"), |body| body.name))
            }
        };
        let jurisdiction = deciding_center(request.role, applied_to, seat).to_owned();
        Ok(Party { organisation, name, jurisdiction })
    }

    /// A page of the accounts that the actor's Center decides on, those that wait first.
    pub async fn accounts(&self, actor: &Actor, asked: AccountsAsked) -> Result<AccountList, Refusal> {
        actor.may(Action::SeeAccounts { jurisdiction: &actor.organisation })?;
        let page = self.cloud.accounts().page(&actor.organisation, asked.status, asked.after.as_deref(), PAGE).await;
        let page = page.map_err(no_such_page)?;
        Ok(AccountList { accounts: page.accounts.into_iter().map(ShownAccount::from).collect(), next: page.next })
    }

    /// An account with what was done with it.
    pub async fn account(&self, actor: &Actor, key: AccountKey) -> Result<AccountHistory, Refusal> {
        let stored = self.account_of(actor, &key).await?;
        let entries = self.cloud.accounts().trail(&key).await?;
        let entries = entries.into_iter().map(|chained| ShownEntry::of(chained.entry, true)).collect();
        Ok(AccountHistory { account: stored.into(), entries })
    }

    /// 开通, 不予开通, 停用, 恢复, 终止: by the Center, of nobody's own account.
    pub async fn decide_account(
        &self,
        actor: &Actor,
        (key, change): (AccountKey, AccountChange),
        request: DecideAccount,
    ) -> Result<ShownAccount, Refusal> {
        let seen = self.account_of(actor, &key).await?;
        let before = &seen.account;
        let own = |_| Refusal::NotEntitled("不能办理自己的账号：须由职鉴中心另一人办理".to_owned());
        actor.may(Action::DecideAccount { account: before }).map_err(own)?;
        let status = before.status.after(change).ok_or_else(|| wrong_status(Some(before), change))?;
        if request.version != seen.trail.count {
            return Err(Refusal::Changed("这个账号已有变动，请刷新后重试".to_owned()));
        }
        let reason = reason(change, request.reason.as_deref())?;
        let organisation = match request.organisation.as_deref().map(str::trim).filter(|given| !given.is_empty()) {
            Some(given) if given != before.organisation => self.given_organisation(actor, before, change, given).await?,
            _ => before.organisation.clone(),
        };
        let now = self.cloud.clock.now();
        let decision = AccountDecision { at: now, by: actor.subject.clone(), reason: reason.clone() };
        let mut next = Account { status, organisation, decision: Some(decision), ..before.clone() };
        if status == AccountStatus::Granted {
            next.organisation_name = self.registered_name(&next).await?;
            if reason.is_none() && self.has_namesake(&next).await? {
                return Err(Refusal::Advice("同一单位已有同名的账号：核实确属两人的，写明理由后再开通", Vec::new()));
            }
        }
        let audit = AuditEntry::new(actor, change.into(), CLAUSE, now).with(said(&next, reason.as_deref()));
        self.cloud.accounts().enter(Some(&seen), &next, audit).await?;
        tracing::info!(role = next.role.name(), change = change.name(), "an account is decided on");
        self.shown_account(&key).await
    }

    /// The name in claims and keys that a unit has already. Whoever bears it sees what the unit applied for with any Center, so only the one
    /// that sees to all of them gives it.
    async fn given_organisation(&self, actor: &Actor, account: &Account, change: AccountChange, given: &str) -> Result<String, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let is_sound = Actor::from_claims("unit", Role::Unit.name(), given).is_ok();
        if change == AccountChange::Grant && account.role == Role::Unit && is_sound {
            return Ok(given.to_owned());
        }
        Err(Refusal::Malformed("单位账号名只在开通申报单位时填写，用字母、数字、“-”和“_”".to_owned()))
    }

    /// What a body is called in the register, where it must be before somebody acts for it; others as they are called.
    async fn registered_name(&self, account: &Account) -> Result<String, Refusal> {
        if account.role != Role::Body {
            return Ok(account.organisation_name.clone());
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let code = BodyCode::parse(&rulebook.notices.general().code, &account.organisation);
        let code = code.map_err(|error| Refusal::Malformed(error.to_string()))?;
        let unknown = || Refusal::Changed(format!("评价机构 {code} 还没有登记：先在名册中登记，再开通账号"));
        Ok(self.cloud.bodies().get(&code).await?.ok_or_else(unknown)?.name)
    }

    /// Whether somebody of the same name has an account of the same organisation that can act, or may again.
    async fn has_namesake(&self, account: &Account) -> Result<bool, Refusal> {
        for status in [AccountStatus::Granted, AccountStatus::Suspended] {
            let mut after = None;
            loop {
                let page = self.cloud.accounts().page(&account.jurisdiction, Some(status), after.as_deref(), PAGE).await?;
                if page.accounts.iter().any(|other| account.is_of_a_namesake(&other.account)) {
                    return Ok(true);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(false)
    }

    /// An account that the actor's Center decides on; another one does not exist for them.
    async fn account_of(&self, actor: &Actor, key: &AccountKey) -> Result<StoredAccount, Refusal> {
        actor.may(Action::SeeAccounts { jurisdiction: &actor.organisation })?;
        let stored = self.cloud.accounts().get(key).await?.ok_or(Refusal::NotFound)?;
        let sees = actor.may(Action::SeeAccounts { jurisdiction: &stored.account.jurisdiction });
        sees.map(|()| stored).map_err(|_| Refusal::NotFound)
    }

    async fn shown_account(&self, key: &AccountKey) -> Result<ShownAccount, Refusal> {
        Ok(self.cloud.accounts().get(key).await?.ok_or(Refusal::NotFound)?.into())
    }

    /// Ends all sessions that an account has at the console. That it cannot log in again is a suspension's to see to.
    pub async fn sign_out(&self, actor: &Actor, request: SignOut) -> Result<SignedOut, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let subject = bounded("账号", &request.subject, MAX_SUBJECT).map_err(Refusal::Malformed)?;
        self.cloud.sign_out(&self.issuer.key(subject), &actor.subject).await?;
        tracing::info!("an account is signed out");
        Ok(SignedOut { subject: subject.to_owned() })
    }
}

fn subject(claims: &Claims) -> Result<&str, Refusal> {
    claims.subject().map_err(|error: ClaimsError| Refusal::NotEntitled(error.to_string()))
}

fn wrong_status(account: Option<&Account>, change: AccountChange) -> Refusal {
    let status = account.map_or("", |account| account.status.word());
    Refusal::Changed(format!("账号现为“{status}”，不能{}", change.word()))
}

/// The reason of a decision, which some owe.
fn reason(change: AccountChange, given: Option<&str>) -> Result<Option<String>, Refusal> {
    let given = given.filter(|reason| change.owes_a_reason() || !reason.trim().is_empty());
    match given {
        None if change.owes_a_reason() => Err(Refusal::Malformed(format!("{}须写明理由", change.word()))),
        None => Ok(None),
        Some(reason) => bounded("理由", reason, MAX_REASON).map(|reason| Some(reason.to_owned())).map_err(Refusal::Malformed),
    }
}

/// What an entry says of an account: for whom it is, and why; never whose.
fn said(account: &Account, reason: Option<&str>) -> String {
    let party = format!("{} {}（{}）", account.role.word(), account.organisation, account.organisation_name);
    reason.map_or_else(|| party.clone(), |reason| format!("{party}；{reason}"))
}
