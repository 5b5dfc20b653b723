//! What the records say, without personal data, for `rules::audit::prove`.

mod places;
mod surplus;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rules::audit::Fact;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::values::chain::Head;
use serde::{Deserialize, Serialize};

use crate::application::holders::{Claim, award_key};
use crate::error::RecordsError;
use crate::issue::certificates::{Certificate, Certificates};
use crate::issue::facts::places::own_key;
use crate::issue::facts::surplus::has_surplus;
use crate::issue::sheets::Register;
use crate::keys::items::{Chain, ItemKey, counted, registered};
use crate::keys::kinds::{ItemKind, Proof};
use crate::store::guard_key::GuardKey;
use crate::store::item::Item;
use crate::store::item_digest::{item_digest, item_name};

/// Items looked at for one page; with the largest items still within a response of 6 MB.
const PAGE: i32 = 1000;

/// A page of facts.
#[derive(Debug)]
pub struct FactPage {
    /// The facts, in no order.
    pub facts: Vec<Fact>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Next {
    next: u32,
}

#[derive(Deserialize)]
struct Standing {
    status: Status,
    #[serde(default)]
    trail: Head,
}

#[derive(Serialize, Deserialize)]
struct Trailed {
    trail: Head,
}

impl Certificates<'_> {
    /// A page of everything that the audit rests on. Pages are read one after the other, not at one moment.
    pub async fn facts(self, after: Option<&str>) -> Result<FactPage, RecordsError> {
        let request = self.cloud.table_scan().consistent_read(true).limit(PAGE);
        let start = after.map(start_key).transpose()?;
        let answer = request.set_exclusive_start_key(start).send().await?;
        let next = answer.last_evaluated_key.map(|key| serde_dynamo::from_item::<_, ItemKey>(key).map(|key| token(&key))).transpose()?;
        let guard = match self.cloud.known_guard_key().await {
            // A fault of its own; the claims are one then too.
            Err(RecordsError::Corrupt(_)) => None,
            known => known?,
        };
        let mut facts = Vec::new();
        for item in answer.items.unwrap_or_default() {
            facts.extend(facts_of(item, guard.as_ref())?);
        }
        Ok(FactPage { facts, next })
    }
}

fn token(key: &ItemKey) -> String {
    BASE64.encode(format!("{}\n{}", key.pk, key.sk))
}

/// The key that a token stands for. The store takes keys of 1 to 1,024 bytes; another one begins no page.
fn start_key(token: &str) -> Result<Item, RecordsError> {
    let text = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(RecordsError::NotFound)?;
    let (pk, sk) = text.split_once('\n').ok_or(RecordsError::NotFound)?;
    if [pk, sk].iter().any(|part| !(1..=1024).contains(&part.len())) {
        return Err(RecordsError::NotFound);
    }
    Ok(ItemKey::read(pk, sk).attributes())
}

/// What an item says; most say nothing that counts. One that cannot be read is a fault of its own, and hides no other.
fn facts_of(item: Item, guard: Option<&[u8; 64]>) -> Result<Vec<Fact>, RecordsError> {
    let key = ItemKey::of(&item)?;
    let name = item_name(&key);
    Ok(read(&key, item, guard).unwrap_or_else(|_| vec![Fact::Unreadable { item: name }]))
}

fn read(key: &ItemKey, item: Item, guard: Option<&[u8; 64]>) -> Result<Vec<Fact>, RecordsError> {
    let (name, digest) = (item_name(key), item_digest(&item));
    let Some(kind) = key.kind() else { return Err(RecordsError::corrupt("an item of a kind that this build does not know")) };
    if own_key(kind, key, &item)?.is_some_and(|own| own != *key) {
        return Ok(vec![Fact::Misplaced { item: name }]);
    }
    if kind.proof() == Proof::Root {
        return Ok(vec![certificate(name, digest, serde_dynamo::from_item(item)?, guard)?]);
    }
    let surplus = has_surplus(kind, &item)?.then(|| Fact::Surplus { item: name.clone() });
    let own = own_fact(kind, key, item)?;
    let covered = kind.is_covered().then_some(Fact::Item { item: name, digest });
    Ok(own.into_iter().chain(covered).chain(surplus).collect())
}

/// What an item says besides being there.
fn own_fact(kind: ItemKind, key: &ItemKey, item: Item) -> Result<Option<Fact>, RecordsError> {
    Ok(Some(match kind {
        ItemKind::Application => {
            let Standing { status, trail } = serde_dynamo::from_item(item)?;
            let (authorised, decided) = (status.is_authorised(), status == Status::Qualified);
            Fact::Application { id: application_of(key)?, trail, authorised, decided }
        }
        ItemKind::Deleted => {
            let trail = serde_dynamo::from_item::<_, Trailed>(item)?.trail;
            // As from an authorisation on, nothing of it changes any more.
            Fact::Application { id: application_of(key)?, trail, authorised: true, decided: false }
        }
        ItemKind::Audit => Fact::Trail { application: application_of(key)?, entry: serde_dynamo::from_item(item)? },
        ItemKind::Allocation => Fact::Allocation(serde_dynamo::from_item(item)?),
        ItemKind::Award => {
            let Claim { claimed_by, claimed_row } = serde_dynamo::from_item(item)?;
            Fact::Claim { item: item_name(key), application: claimed_by, row: claimed_row }
        }
        ItemKind::Counter => Fact::Counter { prefix: counted(key)?, next: serde_dynamo::from_item::<_, Next>(item)?.next },
        ItemKind::Run => Fact::Run(serde_dynamo::from_item(item)?),
        ItemKind::Book => Fact::Book(serde_dynamo::from_item(item)?),
        ItemKind::Line => Fact::Line(serde_dynamo::from_item(item)?),
        ItemKind::Register => {
            let register: Register = serde_dynamo::from_item(item)?;
            Fact::Register { kind: registered(key).to_owned(), received: register.received }
        }
        ItemKind::Account | ItemKind::Authorisation | ItemKind::Body | ItemKind::Set | ItemKind::End => {
            Fact::ChainEnd { chain: Chain::at(key)?.name(), end: serde_dynamo::from_item::<_, Trailed>(item)?.trail }
        }
        ItemKind::History => Fact::ChainEntry { chain: Chain::at(key)?.name(), entry: serde_dynamo::from_item(item)? },
        ItemKind::GuardKey => {
            serde_dynamo::from_item::<_, GuardKey>(item)?.bytes()?;
            return Ok(None);
        }
        _ => return Ok(None),
    }))
}

fn application_of(key: &ItemKey) -> Result<ApplicationId, RecordsError> {
    key.application().ok_or_else(|| RecordsError::corrupt("an application's key"))
}

fn certificate(item: String, digest: String, certificate: Certificate, guard: Option<&[u8; 64]>) -> Result<Fact, RecordsError> {
    let claim = guard.map(|guard| item_name(&award_key(guard, &certificate.entry)));
    let lot = certificate.lot();
    let Certificate { application, row, revoked, .. } = certificate;
    Ok(match (certificate.code, certificate.position) {
        (Some(code), Some(position)) => {
            Fact::Certificate { code, application, lot, row, position, revoked: revoked.is_some(), item, digest, claim }
        }
        (None, None) => Fact::Record { application, lot, row, item, digest, claim },
        _ => return Err(RecordsError::corrupt("a code without a position")),
    })
}
