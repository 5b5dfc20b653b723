//! What the records say, without personal data, for `rules::audit::prove`.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rules::audit::Fact;
use rules::issue::application::ApplicationId;
use rules::numbers::code::CodePrefix;
use serde::Deserialize;

use crate::Cloud;
use crate::issue::certificates::Certificate;
use crate::issue::sheets::Register;
use crate::keys::items::ItemKey;
use crate::store::error::RecordsError;
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

impl Cloud {
    /// A page of everything that the audit rests on. Pages are read one after the other, not at one moment.
    pub async fn facts(&self, after: Option<&str>) -> Result<FactPage, RecordsError> {
        let request = self.dynamodb.scan().table_name(&self.table).consistent_read(true).limit(PAGE);
        let start = after.map(start_key).transpose()?;
        let answer = request.set_exclusive_start_key(start).send().await?;
        let next = answer.last_evaluated_key.map(|key| serde_dynamo::from_item::<_, ItemKey>(key).map(|key| token(&key))).transpose()?;
        let mut facts = Vec::new();
        for item in answer.items.unwrap_or_default() {
            facts.extend(fact(item)?);
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

/// What an item says; most say nothing that counts.
fn fact(item: Item) -> Result<Option<Fact>, RecordsError> {
    let ItemKey { pk, sk } = serde_dynamo::from_item(item.clone())?;
    let room = sk.split('#').next().unwrap_or_default();
    let application = || pk.strip_prefix("APPLICATION#").and_then(ApplicationId::parse);
    Ok(Some(match room {
        "APPLICATION" => {
            let trail = match item.get("trail") {
                Some(trail @ AttributeValue::M(_)) => serde_dynamo::from_attribute_value(trail.clone())?,
                _ => Default::default(),
            };
            Fact::Application { id: application().ok_or_else(|| RecordsError::corrupt("an application's key"))?, trail }
        }
        "AUDIT" => {
            let application = application().ok_or_else(|| RecordsError::corrupt("an audit entry's key"))?;
            Fact::Trail { application, entry: serde_dynamo::from_item(item)? }
        }
        "ALLOCATION" => Fact::Allocation(serde_dynamo::from_item(item)?),
        "COUNTER" => {
            let prefix: CodePrefix = serde_json::from_value(pk.trim_start_matches("COUNTER#").into())?;
            Fact::Counter { prefix, next: serde_dynamo::from_item::<_, Next>(item)?.next }
        }
        "CERTIFICATE" => {
            let certificate: Certificate = serde_dynamo::from_item(item)?;
            let (Some(code), Some(position)) = (certificate.code, certificate.position) else { return Ok(None) };
            let (application, reviewer) = (certificate.application, certificate.reviewer);
            Fact::Certificate { code, application, reviewer, position, revoked: certificate.revoked.is_some() }
        }
        "RUN" => Fact::Run(serde_dynamo::from_item(item)?),
        "BOOK" => Fact::Book(serde_dynamo::from_item(item)?),
        "LINE" => Fact::Line(serde_dynamo::from_item(item)?),
        "REGISTER" => {
            let register: Register = serde_dynamo::from_item(item)?;
            Fact::Register { kind: pk.trim_start_matches("SHEETS#").to_owned(), received: register.received }
        }
        _ => return Ok(None),
    }))
}
