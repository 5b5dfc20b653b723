//! Requests that are carried out once, however often they are sent (docs/decisions/0018).
//!
//! A client names each request that creates, numbers, prints or spends with a key of its own making (`Idempotency-Key`, after the
//! IETF's draft of that header). The item `REQUEST#…` is put in the same transaction as what the request does, so that
//! neither is there without the other; the answer is added to it as soon as it is made.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, repeated_key};
use crate::store::bucket::digest;
use crate::store::item::{Item, item, number, text};

/// How long a request is known by its key.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The longest answer that is kept, in bytes: an item takes 400 KB.
const MAX_ANSWER: usize = 300 * 1024;

/// Absent, or left behind by the table's TTL, which may lag 48 hours.
const NOT_KNOWN: &str = "attribute_not_exists(pk) OR forget_after <= :now";

/// A request with the key that its client gave it.
#[derive(Debug)]
pub struct KeyedRequest {
    key: ItemKey,
    digest: String,
    at: Timestamp,
    /// Whether a transaction has put the item.
    entered: AtomicBool,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, as it was sent.
    pub body: String,
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: the request has not been carried out.
    Unknown,
    /// It was carried out, and answered so.
    Answered(KeptAnswer),
    /// It was carried out; its answer is on its way, or was lost with the function that made it.
    Unanswered,
    /// The key stands for another request.
    OtherRequest,
}

/// The item.
#[derive(Debug, Serialize, Deserialize)]
struct StoredRequest {
    digest: String,
    /// Seconds since 1970.
    forget_after: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<KeptAnswer>,
}

impl KeyedRequest {
    /// `key` is the subject's own: what others send under the same key is another request. `request` is all that makes two
    /// requests the same: method, path, query, body.
    pub fn new(subject: &str, key: &str, request: &[&[u8]], at: Timestamp) -> Self {
        // Lengths keep apart what would read the same when joined.
        let joined = |parts: &[&[u8]]| parts.iter().flat_map(|part| [&part.len().to_be_bytes(), *part].concat()).collect::<Vec<u8>>();
        // The subject may be a person's name with the issuer: no key holds it.
        let name = digest(&joined(&[subject.as_bytes(), key.as_bytes()]));
        Self { key: repeated_key(&name), digest: digest(&joined(request)), at, entered: AtomicBool::new(false) }
    }

    /// Whether what it asks for has been carried out, and by this very call.
    pub fn is_entered(&self) -> bool {
        self.entered.load(Ordering::Acquire)
    }

    fn stored(&self, answer: Option<KeptAnswer>) -> StoredRequest {
        StoredRequest { digest: self.digest.clone(), forget_after: (self.at + LIFETIME).as_second(), answer }
    }

    fn not_known(&self) -> Item {
        HashMap::from([(":now".to_owned(), number(self.at.as_second()))])
    }
}

impl Cloud {
    /// The same, serving a request: the first transaction that goes through carries the request's item.
    pub fn serving(&self, request: Arc<KeyedRequest>) -> Self {
        Self { request: Some(request), ..self.clone() }
    }

    /// What is known of a request's key.
    pub async fn earlier(&self, request: &KeyedRequest) -> Result<Earlier, RecordsError> {
        let known: Option<StoredRequest> = self.get(&request.key).await?;
        Ok(match known.filter(|known| known.forget_after > request.at.as_second()) {
            None => Earlier::Unknown,
            Some(known) if known.digest != request.digest => Earlier::OtherRequest,
            Some(StoredRequest { answer: Some(answer), .. }) => Earlier::Answered(answer),
            Some(_) => Earlier::Unanswered,
        })
    }

    /// Keeps the answer for whoever sends the request again. [`RecordsError::Conflict`] where the request wrote nothing in
    /// a transaction, and another call has answered it first.
    pub async fn keep_answer(&self, request: &KeyedRequest, answer: KeptAnswer) -> Result<(), RecordsError> {
        let fits = answer.body.len() <= MAX_ANSWER;
        if request.is_entered() {
            if !fits {
                return Ok(());
            }
            let update = self.update_alone(&request.key)?;
            let update = update.update_expression("SET answer = :answer").condition_expression("digest = :digest");
            let update = update.expression_attribute_values(":answer", serde_dynamo::to_attribute_value(answer)?);
            update.expression_attribute_values(":digest", text(&request.digest)).send().await?;
            return Ok(());
        }
        let known = request.stored(Some(answer).filter(|_| fits));
        let put = self.put_alone(item(&request.key, &known, &[])?)?;
        let put = put.condition_expression(NOT_KNOWN).set_expression_attribute_values(Some(request.not_known()));
        put.send().await?;
        Ok(())
    }

    /// The action that puts the item of the request that is being served, unless an earlier transaction has.
    pub(crate) fn entering_request(&self) -> Result<Option<TransactWriteItem>, RecordsError> {
        let Some(request) = self.request.as_ref().filter(|request| !request.is_entered()) else { return Ok(None) };
        let put = Put::builder().table_name(&self.table).set_item(Some(item(&request.key, &request.stored(None), &[])?));
        let put = put.condition_expression(NOT_KNOWN).set_expression_attribute_values(Some(request.not_known()));
        Ok(Some(TransactWriteItem::builder().put(put.build()?).build()))
    }

    /// Notes that the transaction went through.
    pub(crate) fn request_entered(&self) {
        if let Some(request) = &self.request {
            request.entered.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(subject: &str, key: &str, parts: &[&[u8]]) -> KeyedRequest {
        KeyedRequest::new(subject, key, parts, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_key_is_its_subjects_own_and_holds_neither() {
        let own = request("zhang-san", "key-1", &[b"POST"]);
        assert_eq!(own.key, request("zhang-san", "key-1", &[b"GET"]).key);
        assert_ne!(own.key, request("li-si", "key-1", &[b"POST"]).key);
        assert_ne!(request("a", "bc", &[]).key, request("ab", "c", &[]).key);
        assert!(!own.key.pk.contains("zhang") && !own.key.pk.contains("key-1"));
    }

    #[test]
    fn another_path_or_body_is_another_request() {
        let digest = |parts: &[&[u8]]| request("a", "b", parts).digest;
        assert_eq!(digest(&[b"POST", b"/v1/x", b"{}"]), digest(&[b"POST", b"/v1/x", b"{}"]));
        assert_ne!(digest(&[b"POST", b"/v1/x", b"{}"]), digest(&[b"POST", b"/v1/x{", b"}"]));
    }
}
