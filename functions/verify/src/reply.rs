//! Replies: HTML for people, JSON for programs, with what a browser is allowed to do with them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use rules::after::verification::{State, Unanswered, UnansweredBecause, UnansweredCode, too_often};
use rules::values::attestation::PublicKey;
use sha2::{Digest, Sha256};

use rules::after::verification::Answer;

use crate::asked::Typed;
use crate::page;

/// Nothing but the page's own style sheet, and forms to where it came from.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(page::STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
});

/// A refusal: status, code, what is said in large, what is said.
struct Refusal {
    status: StatusCode,
    code: UnansweredCode,
    word: &'static str,
    message: String,
}

const UNREADABLE: &str = "证书编号为字母、数字和 -，如 S000051…J00001，姓名也须填写；请对照证书原件重新输入";

const OTHER_FILE: &str = "这个文件中没有可以核验的内容；请选择证书的 PDF 原件（4 MB 以内，不是扫描件或照片），或按编号和姓名查询";

/// What comes out of a request.
pub(crate) enum Outcome {
    /// The form.
    Form,
    /// What is told of a certificate.
    Shown(Box<Answer>),
    /// No code of any notice, or no body that can be read.
    Malformed,
    /// A file that is no certificate's of ours.
    OtherFile,
    /// The page that checks signatures without us, with the public keys that have signed.
    Offline(Vec<PublicKey>),
    /// Too often; again in so many seconds.
    TooOften(i64),
    /// The store.
    Unavailable,
    /// A defect; its reference stands in the log.
    Defect(String),
}

impl Outcome {
    /// For logs, which hold nothing else of it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Shown(answer) => answer.state.name(),
            Self::Malformed => "malformed",
            Self::OtherFile => "other_file",
            Self::Offline(_) => "offline",
            Self::TooOften(_) => "too_often",
            Self::Unavailable => "unavailable",
            Self::Defect(_) => "defect",
        }
    }

    /// Whether it rests on what is in the table, so that its time could tell something.
    pub(crate) fn is_of_the_table(&self) -> bool {
        matches!(self, Self::Shown(_) | Self::Unavailable | Self::Defect(_))
    }
}

/// The reply to `outcome`; a page has what was typed in its form again.
pub(crate) fn reply(outcome: &Outcome, typed: &Typed, json: bool) -> Response<Body> {
    let refusal = |status, code, word, message: &str| refused(Refusal { status, code, word, message: message.to_owned() }, typed, json);
    match outcome {
        Outcome::Form if json => refusal(StatusCode::BAD_REQUEST, UnansweredCode::Malformed, "无法查询", UNREADABLE),
        Outcome::Form => made(StatusCode::OK, page::blank(typed), json),
        Outcome::Shown(answer) => {
            let status = if answer.state == State::Unknown { StatusCode::NOT_FOUND } else { StatusCode::OK };
            let body = if json { serde_json::to_string(answer).unwrap_or_default() } else { page::answer(answer, typed) };
            made(status, body, json)
        }
        Outcome::Malformed => refusal(StatusCode::BAD_REQUEST, UnansweredCode::Malformed, "无法查询", UNREADABLE),
        Outcome::OtherFile => refusal(StatusCode::BAD_REQUEST, UnansweredCode::Malformed, "无法核验", OTHER_FILE),
        Outcome::Offline(keys) => {
            let mut reply = made(StatusCode::OK, page::offline(keys), false);
            reply.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"verify-offline.html\""));
            reply
        }
        Outcome::TooOften(seconds) => {
            let mut reply = refusal(StatusCode::TOO_MANY_REQUESTS, UnansweredCode::TooOften, "请稍后再试", &too_often(*seconds));
            reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds.max(&1)));
            reply
        }
        Outcome::Defect(reference) => {
            let message = format!("系统出错，重试也不会成功；请将出错编号 {reference} 告知发证机构");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, UnansweredCode::Defect, "无法查询", &message)
        }
        Outcome::Unavailable => {
            refusal(StatusCode::SERVICE_UNAVAILABLE, UnansweredCode::Unavailable, "暂时无法查询", "系统暂时不可用，请稍后再试")
        }
    }
}

fn refused(refusal: Refusal, typed: &Typed, json: bool) -> Response<Body> {
    let body = match json {
        true => {
            let error = UnansweredBecause { code: refusal.code, message: refusal.message, findings: [] };
            serde_json::to_string(&Unanswered { error }).unwrap_or_default()
        }
        false => page::refusal(refusal.word, &refusal.message, typed),
    };
    made(refusal.status, body, json)
}

fn made(status: StatusCode, body: String, json: bool) -> Response<Body> {
    let kind = if json { "application/json; charset=utf-8" } else { "text/html; charset=utf-8" };
    let mut reply = Response::new(Body::Text(body));
    *reply.status_mut() = status;
    let policy = HeaderValue::from_str(&POLICY).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let fixed = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    reply.headers_mut().extend([
        fixed(CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        fixed(CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: browsers would say of its own forms that they come from nowhere (`Origin: null`).
        fixed(REFERRER_POLICY, "same-origin"),
        fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        fixed(STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        fixed(HeaderName::from_static("x-robots-tag"), "noindex"),
        fixed(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ]);
    reply
}
