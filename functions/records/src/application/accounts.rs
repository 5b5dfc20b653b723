//! Accounts, each with a chain of its own; and what a session is looked at beside.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use rules::audit::AuditEntry;
use rules::issue::account::{Account, AccountKey, AccountStatus};
use rules::values::chain::{Chained, Head};
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{Chain, ItemKey, account_key, signed_out_key};
use crate::store::indexes::BY_PARTY;
use crate::store::item::{Item, item};
use crate::store::item_digest::as_stored;
use crate::store::sessions::SignedOut;

/// Accounts of a page: as many as one `BatchGetItem` may ask for.
pub const PAGE: i32 = 100;

/// An account as the table holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredAccount {
    /// What is entered of it.
    #[serde(flatten)]
    pub account: Account,
    /// The end of the chain of its audit entries.
    pub trail: Head,
}

/// What a page of the console goes by, besides its session.
#[derive(Debug, Default)]
pub struct Standing {
    /// The account, where the table has it.
    pub account: Option<StoredAccount>,
    /// When the Center last ended its sessions.
    pub signed_out_at: Option<Timestamp>,
}

/// A page of a Center's accounts.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts, by status and then the oldest first.
    pub accounts: Vec<StoredAccount>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// A place in the list: after that account, among those at that status.
#[derive(Serialize, Deserialize)]
struct Position {
    status: AccountStatus,
    applied_at: Timestamp,
    account: AccountKey,
}

/// Accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Accounts.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { cloud: self }
    }
}

/// The list of a Center's accounts at a status.
fn list(jurisdiction: &str, status: AccountStatus) -> String {
    format!("accounts-{jurisdiction}#{}", status.name())
}

impl Position {
    fn cursor(&self) -> Result<String, RecordsError> {
        Ok(BASE64.encode(serde_json::to_vec(self)?))
    }

    /// [`RecordsError::NotFound`] for what no page ever named.
    fn parse(cursor: &str) -> Result<Self, RecordsError> {
        let bytes = BASE64.decode(cursor).map_err(|_| RecordsError::NotFound)?;
        let position: Self = serde_json::from_slice(&bytes).map_err(|_| RecordsError::NotFound)?;
        AccountKey::parse(position.account.as_str()).map(|account| Self { account, ..position }).ok_or(RecordsError::NotFound)
    }

    fn start(&self, jurisdiction: &str) -> Item {
        let mut key = account_key(&self.account).attributes();
        let listed = BY_PARTY.keys(list(jurisdiction, self.status), self.applied_at.to_string());
        key.extend(listed.map(|(name, value)| (name.to_owned(), value)));
        key
    }
}

impl Accounts<'_> {
    /// An account, if the table has it. One `GetItem`.
    pub async fn get(self, account: &AccountKey) -> Result<Option<StoredAccount>, RecordsError> {
        self.cloud.get(&account_key(account)).await
    }

    /// An account, and when its sessions were ended. One `BatchGetItem`.
    pub async fn standing(self, account: &AccountKey) -> Result<Standing, RecordsError> {
        let keys = [account_key(account), signed_out_key(account)];
        let mut standing = Standing::default();
        for item in self.cloud.batch_get(keys.iter().map(ItemKey::attributes).collect()).await? {
            if ItemKey::of(&item)? == keys[0] {
                standing.account = Some(serde_dynamo::from_item(item)?);
            } else {
                standing.signed_out_at = Some(serde_dynamo::from_item::<_, SignedOut>(item)?.ended_at);
            }
        }
        Ok(standing)
    }

    /// Enters an account as it is to be, with its audit entry; what cannot act any more is signed out in the same transaction.
    /// [`RecordsError::Conflict`] where it is not as it was seen.
    pub async fn enter(self, seen: Option<&StoredAccount>, next: &Account, audit: AuditEntry) -> Result<(), RecordsError> {
        let key = next.key();
        let listed = BY_PARTY.keys(list(&next.jurisdiction, next.status), next.applied_at.to_string());
        let stored = |trail| item(&account_key(&key), &StoredAccount { account: next.clone(), trail }, &listed);
        let (at, by) = (audit.at, audit.actor.clone());
        // A digest leaves out the end of the chain that it goes into.
        let audit = audit.changing([as_stored(&stored(Head::default())?)?]);
        let end = seen.map(|seen| seen.trail.clone()).unwrap_or_default();
        let (trail, entry) = self.cloud.entered_in(&Chain::Account(key.clone()), &end, audit)?;
        let mut actions = vec![self.cloud.put_end(stored(trail)?, &end)?, entry];
        match next.status {
            AccountStatus::Suspended | AccountStatus::Ended => actions.push(self.cloud.transact_put(SignedOut::item(&key, &by, at)?)?),
            AccountStatus::Applied | AccountStatus::Granted | AccountStatus::Refused => {}
        }
        self.cloud.commit(actions).await
    }

    /// Who did what with an account, in order.
    pub async fn trail(self, account: &AccountKey) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.cloud.entries_of(&Chain::Account(account.clone())).await
    }

    /// A page of the accounts that the Center of a jurisdiction decides on, of one status or of all, those that wait for it first; from
    /// `after` (a page's `next`) on. [`RecordsError::NotFound`] for what no page ever named. Budget: a `Query` and a `BatchGetItem` for each
    /// status.
    pub async fn page(
        self,
        jurisdiction: &str,
        status: Option<AccountStatus>,
        after: Option<&str>,
        size: i32,
    ) -> Result<AccountPage, RecordsError> {
        let mut position = after.map(Position::parse).transpose()?;
        let begins = position.as_ref().map_or(AccountStatus::ALL[0], |position| position.status);
        let wanted =
            AccountStatus::ALL.iter().copied().skip_while(|one| *one != begins).filter(|one| status.is_none_or(|only| only == *one));
        let (mut accounts, mut looked_at) = (Vec::new(), 0);
        for status in wanted {
            let start = position.take().filter(|position| position.status == status).map(|position| position.start(jurisdiction));
            let query = self.cloud.index_query(BY_PARTY, &list(jurisdiction, status)).limit(size - looked_at);
            let answer = query.key_condition_expression("#partition = :value").set_exclusive_start_key(start).send().await?;
            let keys = answer.items.unwrap_or_default();
            looked_at += answer.count;
            let next = keys.last().map(|last| position_of(status, last)).transpose()?;
            let found = self.by_keys(&keys).await?;
            // An index is a moment behind: what has left the list since is not on it.
            accounts.extend(found.into_iter().filter(|one| one.account.status == status && one.account.jurisdiction == jurisdiction));
            if looked_at >= size || answer.last_evaluated_key.is_some() {
                return Ok(AccountPage { accounts, next: next.map(|next| next.cursor()).transpose()? });
            }
        }
        Ok(AccountPage { accounts, next: None })
    }

    /// The accounts that a list holds, in its order.
    async fn by_keys(self, listed: &[Item]) -> Result<Vec<StoredAccount>, RecordsError> {
        let keys: Vec<ItemKey> = listed.iter().map(ItemKey::of).collect::<Result<_, _>>()?;
        let items = self.cloud.batch_get(keys.iter().map(ItemKey::attributes).collect()).await?;
        let mut found: Vec<StoredAccount> = items.into_iter().map(serde_dynamo::from_item).collect::<Result<_, _>>()?;
        found.sort_by_key(|one| keys.iter().position(|key| *key == account_key(&one.account.key())));
        Ok(found)
    }
}

fn position_of(status: AccountStatus, listed: &Item) -> Result<Position, RecordsError> {
    let corrupt = || RecordsError::corrupt("a key of the list of accounts");
    let Chain::Account(account) = Chain::at(&ItemKey::of(listed)?)? else { return Err(corrupt()) };
    let sort = listed.get(BY_PARTY.sort).and_then(|value| value.as_s().ok());
    let applied_at = sort.and_then(|sort| sort.parse().ok()).ok_or_else(corrupt)?;
    Ok(Position { status, applied_at, account })
}
