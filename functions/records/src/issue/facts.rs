//! What the records say, without personal data, for `rules::audit::prove`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rules::audit::Fact;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::numbers::code::CodePrefix;
use rules::values::chain::Head;
use serde::Deserialize;

use crate::Cloud;
use crate::issue::certificates::Certificate;
use crate::issue::sheets::Register;
use crate::keys::items::ItemKey;
use crate::store::error::RecordsError;
use crate::store::item_digest::{is_covered, item_digest, item_name, kind};
use crate::store::table::Item;

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

#[derive(Deserialize)]
struct Next {
    next: u32,
}

#[derive(Deserialize)]
struct Standing {
    status: Status,
    #[serde(default)]
    trail: Head,
}

#[derive(Deserialize)]
struct Trailed {
    trail: Head,
}

impl Cloud {
    /// A page of everything that the audit rests on. Pages are read one after the other, not at one moment.
    pub async fn facts(&self, after: Option<&str>) -> Result<FactPage, RecordsError> {
        let request = self.dynamodb.scan().table_name(&self.table).consistent_read(true).limit(PAGE);
        let start = after.map(start_key).transpose()?;
        let answer = request.set_exclusive_start_key(start).send().await?;
        let next = answer.last_evaluated_key.map(|key| serde_dynamo::from_item::<_, ItemKey>(key).map(|key| token(&key))).transpose()?;
        let mut facts = Vec::new();
        for item in answer.items.unwrap_or_default() {
            facts.extend(facts_of(item)?);
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
    Ok(ItemKey::new(pk, sk).attributes())
}

/// What an item says; most say nothing that counts. One that cannot be read is a fault of its own, and hides no other.
fn facts_of(item: Item) -> Result<Vec<Fact>, RecordsError> {
    let key: ItemKey = serde_dynamo::from_item(item.clone())?;
    let name = item_name(&key);
    Ok(read(&key, item).unwrap_or_else(|_| vec![Fact::Unreadable { item: name }]))
}

fn read(key: &ItemKey, item: Item) -> Result<Vec<Fact>, RecordsError> {
    let ItemKey { pk, sk } = key;
    let application =
        || pk.strip_prefix("APPLICATION#").and_then(ApplicationId::parse).ok_or_else(|| RecordsError::corrupt("an application's key"));
    let (name, digest) = (item_name(key), item_digest(&item));
    let own = match kind(sk) {
        "APPLICATION" => {
            let Standing { status, trail } = serde_dynamo::from_item(item)?;
            let authorised = matches!(status, Status::Authorised | Status::Qualified);
            Some(Fact::Application { id: application()?, trail, authorised })
        }
        "AUDIT" => Some(Fact::Trail { application: application()?, entry: serde_dynamo::from_item(item)? }),
        "ALLOCATION" => Some(Fact::Allocation(serde_dynamo::from_item(item)?)),
        "COUNTER" => {
            let prefix: CodePrefix = serde_json::from_value(pk.trim_start_matches("COUNTER#").into())?;
            Some(Fact::Counter { prefix, next: serde_dynamo::from_item::<_, Next>(item)?.next })
        }
        "CERTIFICATE" | "RECORD" => return Ok(vec![certificate(name, digest, serde_dynamo::from_item(item)?)?]),
        "RUN" => Some(Fact::Run(serde_dynamo::from_item(item)?)),
        "BOOK" => Some(Fact::Book(serde_dynamo::from_item(item)?)),
        "LINE" => Some(Fact::Line(serde_dynamo::from_item(item)?)),
        "REGISTER" => {
            let register: Register = serde_dynamo::from_item(item)?;
            Some(Fact::Register { kind: pk.trim_start_matches("SHEETS#").to_owned(), received: register.received })
        }
        "BODY" => {
            let Trailed { trail } = serde_dynamo::from_item(item)?;
            Some(Fact::Body { code: sk.trim_start_matches("BODY#").to_owned(), trail })
        }
        "HISTORY" if pk == "BODIES" => {
            let code = sk.split('#').nth(1).unwrap_or_default().to_owned();
            Some(Fact::BodyTrail { code, entry: serde_dynamo::from_item(item)? })
        }
        _ => None,
    };
    let covered = is_covered(key).then_some(Fact::Item { item: name, digest });
    Ok(own.into_iter().chain(covered).collect())
}

fn certificate(item: String, digest: String, certificate: Certificate) -> Result<Fact, RecordsError> {
    let Certificate { application, reviewer, row, revoked, .. } = certificate;
    Ok(match (certificate.code, certificate.position) {
        (Some(code), Some(position)) => {
            Fact::Certificate { code, application, reviewer, position, revoked: revoked.is_some(), item, digest }
        }
        (None, None) => Fact::Record { application, reviewer, row, item, digest },
        _ => return Err(RecordsError::corrupt("a code without a position")),
    })
}
