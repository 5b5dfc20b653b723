//! Answers: what the user sees is Chinese and says what to do; what the log sees is the cause.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use operations::Refusal;
use records::RecordsError;
use rules::after::verification::too_often;
use rules::values::finding::Finding;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) type Answer = Result<Response<Body>, Refusal>;

/// A value as JSON.
pub(crate) fn json_reply<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    reply(status, serde_json::to_string(value).map_err(|error| Refusal::Records(error.into()))?)
}

/// JSON, as text.
pub(crate) fn reply(status: StatusCode, body: String) -> Answer {
    let response =
        Response::builder().status(status).header("content-type", "application/json; charset=utf-8").header("cache-control", "no-store");
    response.body(Body::Text(body)).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))
}

/// The stable names of refusals; programs may rely on them.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RefusalCode {
    /// 请先登录: no token.
    Unauthorised,
    /// 没有权限: not granted to the account.
    Denied,
    /// 没有找到: no such thing, or not the account's to know of.
    NotFound,
    /// 请求有误: the request cannot be read; the message says what is wrong with it.
    Malformed,
    /// 状态已变: it is not, or no longer, at the stage where this can be done, or somebody else was first.
    Changed,
    /// 未通过检查: the rules say no; `findings` say why.
    Findings,
    /// 须写明理由: the rules advise against it; the same request with reasons is taken.
    ReasonNeeded,
    /// 须经批准: two people decide it; handed in as a request, it waits for the approval of another one, of the Center.
    ApprovalNeeded,
    /// 请稍后再试: too often; the message says when.
    TooOften,
    /// 编号已用: the `Idempotency-Key` was sent with another request within 24 hours.
    KeyReused,
    /// 系统出错: a defect; the message has a reference that the log has too. The same again fails again.
    Defect,
    /// 暂时不可用: the store cannot be reached; try again.
    Unavailable,
}

impl RefusalCode {
    /// All of them, by status.
    pub(crate) const ALL: [Self; 12] = [
        Self::Malformed,
        Self::Unauthorised,
        Self::Denied,
        Self::NotFound,
        Self::Changed,
        Self::Findings,
        Self::ReasonNeeded,
        Self::ApprovalNeeded,
        Self::KeyReused,
        Self::TooOften,
        Self::Defect,
        Self::Unavailable,
    ];

    /// The status that goes with it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorised => StatusCode::UNAUTHORIZED,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Changed => StatusCode::CONFLICT,
            Self::Findings | Self::ReasonNeeded | Self::KeyReused | Self::ApprovalNeeded => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Defect => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The body of every refusal.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Refused {
    error: RefusalBody,
}

/// Why a request was not carried out.
#[derive(Serialize, JsonSchema)]
struct RefusalBody {
    code: RefusalCode,
    /// What is wrong, and what to do, in Chinese.
    message: String,
    findings: Vec<Finding>,
}

/// The answer to the user.
pub(crate) fn refused(refusal: Refusal) -> Response<Body> {
    let (code, message, findings) = match refusal {
        Refusal::Unauthorised => (RefusalCode::Unauthorised, "请先登录".to_owned(), vec![]),
        Refusal::Denied => (RefusalCode::Denied, "没有权限".to_owned(), vec![]),
        Refusal::NotEntitled(message) => (RefusalCode::Denied, message, vec![]),
        Refusal::NotFound => (RefusalCode::NotFound, "没有找到".to_owned(), vec![]),
        Refusal::Malformed(message) => (RefusalCode::Malformed, message, vec![]),
        Refusal::Changed(message) => (RefusalCode::Changed, message, vec![]),
        Refusal::Advice(message, findings) => (RefusalCode::ReasonNeeded, message.to_owned(), findings),
        Refusal::TooOften(seconds) => (RefusalCode::TooOften, too_often(seconds), vec![]),
        Refusal::ApprovalNeeded(message) => (RefusalCode::ApprovalNeeded, message, vec![]),
        Refusal::Findings(findings) => (RefusalCode::Findings, "未通过检查".to_owned(), findings),
        Refusal::KeyReused => (RefusalCode::KeyReused, "该 Idempotency-Key 已用于另一请求；新的请求须换一个编号".to_owned(), vec![]),
        Refusal::Records(error) => match error.log() {
            None => (RefusalCode::Unavailable, "系统暂时不可用，请稍后重试".to_owned(), vec![]),
            Some(reference) => (RefusalCode::Defect, format!("系统出错，重试也不会成功；请将出错编号 {reference} 告知系统管理员"), vec![]),
        },
    };
    let body = serde_json::to_string(&Refused { error: RefusalBody { code, message, findings } }).unwrap_or_default();
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = code.status();
    response.headers_mut().insert("content-type", lambda_http::http::HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: RecordsError) -> (u16, serde_json::Value) {
        let response = refused(error.into());
        let Body::Text(text) = response.body() else { return (response.status().as_u16(), serde_json::Value::Null) };
        (response.status().as_u16(), serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn a_defect_is_no_try_again_and_has_a_reference_of_its_own() {
        let defects = [|| RecordsError::Corrupt("a record".to_owned()), || RecordsError::Refused("AccessDenied".into())];
        for defect in defects {
            let (status, body) = told(defect());
            let message = body["error"]["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!((status, &body["error"]["code"]), (500, &serde_json::json!("DEFECT")));
            assert!(!message.contains("稍后重试"), "{message}");
            assert_ne!(body, told(defect()).1, "each has its own reference");
        }
        let (status, body) = told(RecordsError::Unavailable("slow down".into()));
        assert_eq!((status, &body["error"]["code"]), (503, &serde_json::json!("UNAVAILABLE")));
    }
}
