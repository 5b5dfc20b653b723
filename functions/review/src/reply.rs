//! Answers: what the user sees is Chinese and says what to do; what the log sees is the cause.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response, tracing};
use records::RecordsError;
use rules::access::Denied;
use rules::finding::Finding;
use serde::Serialize;
use serde_json::json;

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No token, or claims that make nobody.
    Unauthorised,
    /// Not granted.
    Denied,
    /// No such thing, or not theirs to know of.
    NotFound,
    /// The request cannot be read.
    Malformed(String),
    /// Somebody else was first.
    Changed(String),
    /// The rules say no.
    Findings(Vec<Finding>),
    /// The rules advise against it, and no reason is given.
    Advice(Vec<Finding>),
    /// The store.
    Records(RecordsError),
}

impl From<Denied> for Refusal {
    fn from(_: Denied) -> Self {
        Self::Denied
    }
}

impl From<RecordsError> for Refusal {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::NotFound => Self::NotFound,
            RecordsError::Conflict => Self::Changed("已被他人处理，请刷新后重试".to_owned()),
            other => Self::Records(other),
        }
    }
}

pub(crate) type Answer = Result<Response<Body>, Refusal>;

/// A value as JSON.
pub(crate) fn json_reply<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let body = serde_json::to_string(value).map_err(|error| Refusal::Records(error.into()))?;
    let response =
        Response::builder().status(status).header("content-type", "application/json; charset=utf-8").header("cache-control", "no-store");
    response.body(Body::Text(body)).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))
}

impl Refusal {
    /// The answer to the user.
    pub(crate) fn reply(self) -> Response<Body> {
        let (status, code, message, findings) = match self {
            Self::Unauthorised => (StatusCode::UNAUTHORIZED, "UNAUTHORISED", "请先登录".to_owned(), vec![]),
            Self::Denied => (StatusCode::FORBIDDEN, "DENIED", "没有权限".to_owned(), vec![]),
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND", "没有找到".to_owned(), vec![]),
            Self::Malformed(message) => (StatusCode::BAD_REQUEST, "MALFORMED", message, vec![]),
            Self::Changed(message) => (StatusCode::CONFLICT, "CHANGED", message, vec![]),
            Self::Advice(findings) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "REASON_NEEDED", "以下各行须写明批准的理由，或不予通过".to_owned(), findings)
            }
            Self::Findings(findings) => (StatusCode::UNPROCESSABLE_ENTITY, "FINDINGS", "未通过检查".to_owned(), findings),
            Self::Records(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "request failed");
                (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "系统暂时不可用，请稍后重试".to_owned(), vec![])
            }
        };
        let body = json!({ "error": { "code": code, "message": message, "findings": findings } }).to_string();
        let mut response = Response::new(Body::Text(body));
        *response.status_mut() = status;
        response.headers_mut().insert("content-type", lambda_http::http::HeaderValue::from_static("application/json; charset=utf-8"));
        response
    }
}
