//! One operation of the API: the value from which it is both served and described, so that neither can be without the other.
//!
//! What an operation takes and gives is read off its handler's signature; what no type can say (who may, on which clause)
//! stands beside it in `routes`.

use std::pin::Pin;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use operations::Refusal;
use operations::accounts::Caller;
use rules::values::party::{Actor, Role};
use rules::values::text::{MAX_REASON, bounded, without_control};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fields;
use crate::reply::{Answer, json_reply};

/// Who a handler answers: an actor, or anybody with a token.
pub(crate) trait Answered: Sized + Send + 'static {
    fn of(caller: &Caller) -> Result<Self, Refusal>;
}

impl Answered for Actor {
    fn of(caller: &Caller) -> Result<Self, Refusal> {
        caller.actor().cloned()
    }
}

impl Answered for Caller {
    fn of(caller: &Caller) -> Result<Self, Refusal> {
        Ok(caller.clone())
    }
}

/// What a handler is called with: who asks, the parts of the path, the query and the body, each read into its type.
pub(crate) struct Call<C, P, Q, B> {
    pub(crate) caller: C,
    pub(crate) path: P,
    pub(crate) query: Q,
    pub(crate) body: B,
}

/// An answer on its way.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// An operation of an API `A`.
pub(crate) struct Route<A> {
    pub(crate) method: Method,
    /// Its path; `{…}` stands for one part.
    pub(crate) path: &'static str,
    /// The name of its handler.
    pub(crate) name: &'static str,
    /// What it does, in Chinese.
    pub(crate) summary: &'static str,
    /// Who can be granted it at all; to whom it is granted, `rules::issue::access` decides.
    pub(crate) roles: &'static [Role],
    /// The clause of the notice that it serves.
    pub(crate) clause: &'static str,
    /// The status of its success.
    pub(crate) status: StatusCode,
    /// Whether it creates, numbers, prints or spends: the request owes an `Idempotency-Key`, and is carried out once.
    pub(crate) once: bool,
    pub(crate) types: Types,
    serve: Box<Serve<A>>,
}

/// Parts of the path and the request to an answer.
type Serve<A> = dyn for<'a> Fn(&'a A, &Caller, &[&str], &Request, StatusCode) -> Result<Pending<'a, Response<Body>>, Refusal> + Send + Sync;

/// Schemas of what an operation takes and gives.
pub(crate) struct Types {
    /// Of the parts of the path, in order.
    pub(crate) path: fn(&mut SchemaGenerator) -> Vec<Schema>,
    pub(crate) query: fn(&mut SchemaGenerator) -> Option<Schema>,
    /// With its media type.
    pub(crate) body: fn(&mut SchemaGenerator) -> Option<(&'static str, Schema)>,
    pub(crate) reply: fn(&mut SchemaGenerator) -> Schema,
}

/// An operation that `handler` answers.
pub(crate) fn route<A, C, P, Q, B, R, F>(method: Method, path: &'static str, (name, handler): (&'static str, F)) -> Route<A>
where
    C: Answered,
    P: PathParts,
    Q: Query,
    B: RequestBody,
    R: Serialize + JsonSchema + 'static,
    F: for<'a> Fn(&'a A, Call<C, P, Q, B>) -> Pending<'a, R> + Send + Sync + 'static,
{
    let serve: Box<Serve<A>> = Box::new(move |api, caller, parts, request, status| {
        let caller = C::of(caller)?;
        let path = P::parse(parts).ok_or(Refusal::NotFound)?;
        let call = Call { caller, path, query: Q::read(request)?, body: B::read(request)? };
        Ok(answer(status, handler(api, call)))
    });
    Route {
        method,
        path,
        name,
        summary: "",
        roles: &[],
        clause: "",
        status: StatusCode::OK,
        once: false,
        types: Types { path: P::schemas, query: Q::schema, body: B::schema, reply: SchemaGenerator::subschema_for::<R> },
        serve,
    }
}

fn answer<R: Serialize + 'static>(status: StatusCode, pending: Pending<'_, R>) -> Pending<'_, Response<Body>> {
    Box::pin(async move { json_reply(status, &pending.await?) })
}

impl<A> Route<A> {
    /// What it does, in Chinese.
    pub(crate) fn says(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Who can be granted it.
    pub(crate) fn by(self, roles: &'static [Role]) -> Self {
        Self { roles, ..self }
    }

    /// The clause that it serves.
    pub(crate) fn under(self, clause: &'static str) -> Self {
        Self { clause, ..self }
    }

    /// Whoever sends it names it with an `Idempotency-Key`; sent again, it is carried out once.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// The status of its success, where it is not 200.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The parts of `path` that its own leaves open, if the path is its own.
    pub(crate) fn parts<'p>(&self, method: &Method, path: &[&'p str]) -> Option<Vec<&'p str>> {
        let own: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        let fits = *method == self.method && own.len() == path.len();
        let fits = fits && own.iter().zip(path).all(|(own, part)| name(own).is_some() || own == part);
        fits.then(|| own.iter().zip(path).filter(|(own, _)| name(own).is_some()).map(|(_, part)| *part).collect())
    }

    /// The names of the parts that its path leaves open.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(name).collect()
    }

    /// Answers a call whose path has these parts.
    pub(crate) async fn answer(&self, api: &A, caller: &Caller, parts: &[&str], request: &Request) -> Answer {
        (self.serve)(api, caller, parts, request, self.status)?.await
    }
}

/// `id` of `{id}`.
fn name(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// One part of a path. What it cannot be names nothing, so the answer is “not found”.
pub(crate) trait Part: JsonSchema + Send + Sized {
    fn parse(text: &str) -> Option<Self>;
}

/// All that a path leaves open.
pub(crate) trait PathParts: Sized + Send + 'static {
    fn parse(parts: &[&str]) -> Option<Self>;
    fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema>;
}

impl PathParts for () {
    fn parse(parts: &[&str]) -> Option<Self> {
        parts.is_empty().then_some(())
    }

    fn schemas(_: &mut SchemaGenerator) -> Vec<Schema> {
        Vec::new()
    }
}

impl<A: Part + 'static> PathParts for A {
    fn parse(parts: &[&str]) -> Option<Self> {
        if let [part] = parts { A::parse(part) } else { None }
    }

    fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![generator.subschema_for::<A>()]
    }
}

impl<A: Part + 'static, B: Part + 'static> PathParts for (A, B) {
    fn parse(parts: &[&str]) -> Option<Self> {
        if let [one, other] = parts { Some((A::parse(one)?, B::parse(other)?)) } else { None }
    }

    fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![generator.subschema_for::<A>(), generator.subschema_for::<B>()]
    }
}

/// What is read from the query: `impl QueryParameters for ApplicationFilter {}`.
pub(crate) trait QueryParameters: DeserializeOwned + JsonSchema + Send + 'static {}

/// [`QueryParameters`], or none.
pub(crate) trait Query: Sized + Send + 'static {
    fn read(request: &Request) -> Result<Self, Refusal>;
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

impl Query for () {
    fn read(request: &Request) -> Result<Self, Refusal> {
        match request.uri().query().unwrap_or_default() {
            "" => Ok(()),
            _ => Err(Refusal::Malformed("这个网址不带查询参数".to_owned())),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

impl<T: QueryParameters> Query for T {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        // The types know all their parameters: one more is a mistake, and an answer that overlooks it is wrong.
        serde_urlencoded::from_str(query)
            .map_err(|_| Refusal::Malformed("网址中的查询参数无法读取，或没有这个参数，请核对参数的写法".to_owned()))
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(T::json_schema(generator))
    }
}

/// What the texts of a body may be.
pub(crate) enum Texts {
    /// As long as a reason, of characters that are shown.
    Bounded,
    /// Without control characters; the rules judge everything else.
    Judged,
    /// Files, whatever is in them.
    Files,
}

/// What is read from a body of JSON: `impl JsonBody for CreateApplication {}`.
pub(crate) trait JsonBody: DeserializeOwned + JsonSchema + Send + 'static {
    /// The longest body, in bytes: whatever becomes part of an item must leave room in its 400 KB.
    const MAX_BYTES: usize = 64 * 1024;
    const TEXTS: Texts = Texts::Bounded;

    /// Is shown the body as it was sent, where its texts are judged here: what was taken out of them can be said.
    fn sent(&mut self, _: &Value) {}
}

/// [`JsonBody`], plain text, or none.
pub(crate) trait RequestBody: Sized + Send + 'static {
    fn read(request: &Request) -> Result<Self, Refusal>;
    fn schema(generator: &mut SchemaGenerator) -> Option<(&'static str, Schema)>;
}

impl RequestBody for () {
    fn read(_: &Request) -> Result<Self, Refusal> {
        Ok(())
    }

    fn schema(_: &mut SchemaGenerator) -> Option<(&'static str, Schema)> {
        None
    }
}

impl RequestBody for String {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(bytes(request)).map_err(|_| Refusal::Malformed("内容不是 UTF-8 文本".to_owned()))?;
        Ok(text.to_owned())
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<(&'static str, Schema)> {
        Some(("text/plain", String::json_schema(generator)))
    }
}

impl<T: JsonBody> RequestBody for T {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let bytes = bytes(request);
        if bytes.len() > T::MAX_BYTES {
            return Err(Refusal::Malformed(format!("请求内容过长：不应超过 {} KB，请分次办理", T::MAX_BYTES / 1024)));
        }
        let bytes = if bytes.is_empty() { b"{}" } else { bytes };
        let sent = serde_json::from_slice(bytes)
            .map_err(|error| Refusal::Malformed(format!("请求内容不是 JSON：第 {} 行第 {} 列", error.line(), error.column())))?;
        let checked = match T::TEXTS {
            Texts::Bounded => check_texts("", &sent, &|what, text| bounded(what, text, MAX_REASON).map(|_| ())),
            Texts::Judged => check_texts("", &sent, &without_control),
            Texts::Files => Ok(()),
        };
        checked.map_err(Refusal::Malformed)?;
        if let Some(place) = fields::unknown::<T>(&sent) {
            return Err(Refusal::Malformed(format!("请求内容中没有“{place}”这个字段，请核对写法")));
        }
        let read = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        let mut body: T = read.map_err(|error| Refusal::Malformed(unreadable(&error)))?;
        body.sent(&sent);
        Ok(body)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<(&'static str, Schema)> {
        Some(("application/json", generator.subschema_for::<T>()))
    }
}

/// Which field cannot be read; what is wrong with it serde says in English only.
fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let place = error.inner();
    let at = format!("第 {} 行第 {} 列", place.line(), place.column());
    match error.path().to_string() {
        whole if whole == "." => format!("请求内容无法读取：{at}，有缺少或多余的字段"),
        field => format!("请求内容无法读取：{at}，“{field}”的值不对，或其中有缺少、多余的字段"),
    }
}

/// Whatever is typed is kept for decades and printed: each text of a request is checked, the names of its fields included, which
/// some bodies choose.
fn check_texts(field: &str, value: &Value, check: &dyn Fn(&str, &str) -> Result<(), String>) -> Result<(), String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Ok(()),
        Value::String(text) => check(&format!("“{field}”"), text),
        Value::Array(values) => values.iter().try_for_each(|value| check_texts(field, value, check)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            check("字段名", name)?;
            check_texts(name, value, check)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// The body as it was sent.
pub(crate) fn bytes(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Texts at each depth that a body may have.
    #[derive(Debug, serde::Deserialize, JsonSchema)]
    struct Said {
        #[serde(rename = "reason")]
        _reason: String,
        #[serde(default, rename = "rows")]
        _rows: Vec<std::collections::BTreeMap<String, String>>,
    }

    impl JsonBody for Said {}

    fn said(body: &Value) -> Result<Said, Refusal> {
        Said::read(&Request::new(Body::Text(body.to_string())))
    }

    #[test]
    fn a_field_that_cannot_be_read_is_named() {
        for (body, named) in [(json!({ "reason": 7 }), "“reason”"), (json!({ "reason": "甲", "rows": [{ "甲": 1 }] }), "“rows[0].甲”")]
        {
            assert!(matches!(said(&body), Err(Refusal::Malformed(told)) if told.contains(named)), "{body}");
        }
    }

    /// Issue 17, D.6.
    #[test]
    fn no_text_of_a_request_is_endless_or_commands_a_terminal() {
        let longest = "由".repeat(MAX_REASON);
        for good in [json!({ "reason": longest }), json!({ "reason": " " }), json!({ "reason": "改好", "rows": [{ "第 2 行": "甲" }] })]
        {
            assert!(said(&good).is_ok(), "{good}");
        }
        for bad in [
            json!({ "reason": format!("{longest}由") }),
            json!({ "reason": "\u{1b}[31m改好" }),
            json!({ "reason": "改\r好" }),
            json!({ "reason": "a\u{7}b" }),
            json!({ "reason": "改好", "rows": [{ "甲": "好" }, { "甲": "\u{7}" }] }),
            json!({ "reason": "改好", "rows": [{ "\u{9b}1m": "好" }] }),
            json!({ "reason": "改好", "rows": [{ longest.clone() + "由": "好" }] }),
        ] {
            assert!(matches!(said(&bad), Err(Refusal::Malformed(told)) if !told.chars().any(char::is_control)), "{bad}");
        }
    }
}
