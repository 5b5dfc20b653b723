//! `Idempotency-Key`: a request that is sent again is answered again, and carried out once (docs/decisions/0018).
//!
//! One place for all operations. Whether an operation owes a key stands in the table of routes; its handler knows nothing of
//! it: it is called with a `Cloud` whose first transaction carries the request's item along.

use std::sync::Arc;
use std::time::Duration;

use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response, tracing};
use operations::Refusal;
use operations::accounts::Caller;
use records::RecordsError;
use records::store::idempotency::{Earlier, KeptAnswer, KeyedRequest};
use rules::values::party::Actor;
use schemars::{Schema, json_schema};

use crate::api::Api;
use crate::reply::{Answer, reply};
use crate::route::{Route, bytes};

/// The header.
pub(crate) const HEADER: &str = "idempotency-key";
/// Says of an answer that it is an earlier one.
const REPLAYED: &str = "idempotency-replayed";
/// The longest key.
const MAX_KEY: usize = 128;

/// How often, and with what pauses, a call looks for the answer of another that carries the same request out at the moment.
const MAX_POLLS: u32 = 20;
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The same for a call that was refused: the other's transaction may be about to go through.
const MAX_POLLS_AFTER_REFUSAL: u32 = 3;

/// What a key may be.
pub(crate) fn key_schema() -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$" })
}

impl Api {
    /// Carries a request out, unless that has been done: then it is answered as it was.
    pub(crate) async fn answer_once(&self, route: &Route<Self>, caller: &Caller, parts: &[&str], request: &Request) -> Answer {
        // Whoever may not act any more is told nothing of what was answered before.
        let keyed = Arc::new(self.keyed(caller.actor()?, request)?);
        if let Some(earlier) = self.earlier_answer(&keyed, 0).await? {
            return Ok(earlier);
        }
        let serving = self.serving(Arc::clone(&keyed));
        match route.answer(&serving, caller, parts, request).await {
            Ok(response) => match self.operations.cloud.keep_answer(&keyed, kept(&response)).await {
                Ok(()) => Ok(response),
                // It wrote nothing by itself, and another call with the key has answered first.
                Err(RecordsError::Conflict) if !keyed.is_entered() => Ok(self.earlier_answer(&keyed, 0).await?.unwrap_or(response)),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the answer is not kept");
                    Ok(response)
                }
            },
            // Refused because the same request, sent at the same time, was quicker?
            Err(Refusal::Changed(message)) if !keyed.is_entered() => {
                let earlier = self.earlier_answer(&keyed, MAX_POLLS_AFTER_REFUSAL).await?;
                earlier.ok_or(Refusal::Changed(message))
            }
            Err(refusal) if refusal.is_of_the_state() && !keyed.is_entered() => self.earlier_answer(&keyed, 0).await?.ok_or(refusal),
            Err(refusal) => Err(refusal),
        }
    }

    fn keyed(&self, actor: &Actor, request: &Request) -> Result<KeyedRequest, Refusal> {
        let key = key(request)?;
        let query = request.uri().query().unwrap_or_default();
        let parts = [request.method().as_str().as_bytes(), request.raw_http_path().as_bytes(), query.as_bytes(), bytes(request)];
        Ok(KeyedRequest::new(&actor.subject, key, &parts, self.operations.cloud.clock.now()))
    }

    /// The answer to the same request, if it has been carried out. Where it is not known yet, it is looked for `looks` times more.
    async fn earlier_answer(&self, keyed: &KeyedRequest, looks: u32) -> Result<Option<Response<Body>>, Refusal> {
        let mut look = 0;
        loop {
            let earlier = self.operations.cloud.earlier(keyed).await?;
            let looks = match earlier {
                Earlier::Answered(answer) => return replayed(answer).map(Some),
                Earlier::OtherRequest => return Err(Refusal::KeyReused),
                Earlier::Unanswered => MAX_POLLS,
                Earlier::Unknown => looks,
            };
            if look >= looks {
                return match earlier {
                    Earlier::Unanswered => Err(Refusal::Changed("该请求已经办理，但当时的答复没有留存；请刷新查看办理结果".to_owned())),
                    _ => Ok(None),
                };
            }
            look += 1;
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// The key: visible ASCII.
fn key(request: &Request) -> Result<&str, Refusal> {
    let missing = "请求头缺少 Idempotency-Key：办理类请求须自带一个不重复的编号（建议用 UUID），重发同一请求时沿用原编号";
    let header = request.headers().get(HEADER).ok_or_else(|| Refusal::Malformed(missing.to_owned()))?;
    let sound = |key: &&str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let unsound = || Refusal::Malformed(format!("请求头 Idempotency-Key 应为 1 到 {MAX_KEY} 个可见的 ASCII 字符"));
    header.to_str().ok().filter(sound).ok_or_else(unsound)
}

fn kept(response: &Response<Body>) -> KeptAnswer {
    let body = match response.body() {
        Body::Text(text) => text.clone(),
        _ => String::new(),
    };
    KeptAnswer { status: response.status().as_u16(), body }
}

fn replayed(answer: KeptAnswer) -> Answer {
    let status = StatusCode::from_u16(answer.status).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))?;
    let mut response = reply(status, answer.body)?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> Request {
        lambda_http::http::Request::builder().header(HEADER, value).body(Body::Empty).expect("a request")
    }

    #[test]
    fn a_key_is_owed_and_is_visible_ascii() {
        assert!(matches!(key(&Request::default()), Err(Refusal::Malformed(message)) if message.contains("Idempotency-Key")));
        assert!(key(&with("8e03978e-40d5-43dd-bc93-6894a57f9324")).is_ok());
        for unsound in ["", "two words", &"x".repeat(MAX_KEY + 1)] {
            assert!(matches!(key(&with(unsound)), Err(Refusal::Malformed(_))), "{unsound}");
        }
    }
}
