//! Logging in at the issuer, and out again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_http::{Body, Response, tracing};
use maud::html;
use operations::Operations;
use records::RecordsError;
use records::store::sessions::Session;
use rules::values::claims::{Claims, ClaimsError};

use crate::fields::Fields;
use crate::frame;
use crate::oidc::{Attempt, Client, OidcError};
use crate::reply::{Replies, with_cookies};
use crate::session::{self, Keys};

/// Where somebody who has logged in begins.
const FRONT: &str = "/console/";

/// Those who have no session, and how they come by one.
pub(crate) struct Door<'a> {
    pub(crate) operations: &'a Operations,
    pub(crate) client: Client<'a>,
    pub(crate) keys: &'a Keys,
    pub(crate) replies: &'a Replies<'a>,
}

/// Why a login came to nothing.
enum Failed {
    /// The browser has not begun it, or too long ago, or somebody else's.
    NotBegun,
    /// The issuer says so.
    Declined,
    Oidc(OidcError),
    Claims(ClaimsError),
    Records(RecordsError),
}

impl From<OidcError> for Failed {
    fn from(error: OidcError) -> Self {
        Self::Oidc(error)
    }
}

impl From<ClaimsError> for Failed {
    fn from(error: ClaimsError) -> Self {
        Self::Claims(error)
    }
}

impl From<RecordsError> for Failed {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}

/// A page of the console, and nothing else, is where a login may lead.
fn own_path(path: &str) -> &str {
    let sound =
        path.starts_with(FRONT) && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\".contains(&byte)) && path.len() < 500;
    if sound { path } else { FRONT }
}

impl Door<'_> {
    /// On to the issuer, with what recognises this login in a cookie.
    pub(crate) async fn begin(&self, query: &Fields) -> Response<Body> {
        let [state, nonce, verifier] = [session::random(), session::random(), session::random()];
        let attempt = Attempt { state: &state, nonce: &nonce, verifier: &verifier };
        match self.client.authorisation(&attempt).await {
            Ok(address) => {
                let next = URL_SAFE_NO_PAD.encode(own_path(query.get("next").unwrap_or(FRONT)));
                let cookie = session::set_login(&format!("{state}.{nonce}.{verifier}.{next}"));
                with_cookies(self.replies.see(&address), &[cookie])
            }
            Err(error) => self.failed(Failed::Oidc(error)),
        }
    }

    /// Back from the issuer. The session is always a new one: whatever cookie the browser had before, its session ends.
    pub(crate) async fn complete(&self, headers: &HeaderMap, query: &Fields) -> Response<Body> {
        match self.logged_in(headers, query).await {
            Ok((claims, next)) => match self.enter(headers, claims).await {
                Ok(cookie) => {
                    let cookies = [session::set_session(&cookie), session::clear_login()];
                    with_cookies(self.replies.page(StatusCode::OK, frame::onwards(&next)), &cookies)
                }
                Err(failed) => self.failed(failed),
            },
            Err(failed) => with_cookies(self.failed(failed), &[session::clear_login()]),
        }
    }

    async fn logged_in(&self, headers: &HeaderMap, query: &Fields) -> Result<(Claims, String), Failed> {
        let cookie = session::login_cookie(headers).ok_or(Failed::NotBegun)?;
        let [state, nonce, verifier, next] = cookie.split('.').collect::<Vec<_>>()[..] else { return Err(Failed::NotBegun) };
        if !query.get("state").is_some_and(|shown| session::same(shown, state)) {
            return Err(Failed::NotBegun);
        }
        let code = query.get("code").ok_or(Failed::Declined)?;
        let token = self.client.redeem(code, &Attempt { state, nonce, verifier }).await?;
        let next = URL_SAFE_NO_PAD.decode(next).ok().and_then(|next| String::from_utf8(next).ok()).unwrap_or_default();
        Ok((self.operations.claims(&token), own_path(&next).to_owned()))
    }

    /// A new session, of somebody without a role too: they may apply for an account. Its cookie.
    async fn enter(&self, headers: &HeaderMap, claims: Claims) -> Result<String, Failed> {
        let cloud = &self.operations.cloud;
        let session = Session::new(claims, cloud.clock.now())?;
        if let Some(before) = session::session_cookie(headers) {
            cloud.end_session(&self.keys.session_name(before)).await?;
        }
        let cookie = session::random();
        cloud.begin_session(&self.keys.session_name(&cookie), &session).await?;
        tracing::info!("logged in");
        Ok(cookie)
    }

    /// The session ends here and in the table.
    pub(crate) async fn leave(&self, headers: &HeaderMap) -> Response<Body> {
        if let Some(cookie) = session::session_cookie(headers)
            && let Err(error) = self.operations.cloud.end_session(&self.keys.session_name(cookie)).await
        {
            return self.failed(error.into());
        }
        let page = frame::door("已退出", &html! { p .acts { a .button.main href="/console/login" { "重新登录" } } });
        with_cookies(self.replies.page(StatusCode::OK, page), &[session::clear_session()])
    }

    /// A form was sent without a session.
    pub(crate) fn ended(&self) -> Response<Body> {
        let body = html! {
            p { "登录已结束（闲置 30 分钟或已满 8 小时），刚才的内容没有提交。" }
            p .acts { a .button.main href="/console/login" { "重新登录" } }
        };
        self.replies.page(StatusCode::UNAUTHORIZED, frame::door("请先登录", &body))
    }

    fn failed(&self, failed: Failed) -> Response<Body> {
        let (status, message) = match failed {
            Failed::NotBegun => (StatusCode::BAD_REQUEST, "这次登录已失效，或不是在这个浏览器中开始的，请重新登录。".to_owned()),
            Failed::Declined => (StatusCode::FORBIDDEN, "身份认证没有完成，请重新登录。".to_owned()),
            Failed::Claims(error) => (StatusCode::FORBIDDEN, format!("{error}。")),
            Failed::Oidc(OidcError::Refused) => (StatusCode::BAD_REQUEST, "这次登录已失效，请重新登录。".to_owned()),
            Failed::Oidc(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "nobody can be logged in");
                (StatusCode::BAD_GATEWAY, "身份认证服务没有正常答复，请稍后重试；一再如此的，请告知系统管理员。".to_owned())
            }
            Failed::Records(error) => match error.log() {
                None => (StatusCode::SERVICE_UNAVAILABLE, "系统暂时不可用，请稍后重试。".to_owned()),
                Some(reference) => (StatusCode::INTERNAL_SERVER_ERROR, format!("系统出错，请将出错编号 {reference} 告知系统管理员。")),
            },
        };
        let body = html! {
            div .note.bad role="alert" { p { (message) } }
            p .acts { a .button.main href="/console/login" { "重新登录" } }
        };
        self.replies.page(status, frame::door("没有登录", &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_a_page_of_the_console_only() {
        assert_eq!(own_path("/console/applications?status=submitted"), "/console/applications?status=submitted");
        for elsewhere in
            ["", "//example.com", "https://example.com/", "/verify", "/consoleX", "/console/\\x", "/console/\"x", "/console/ x"]
        {
            assert_eq!(own_path(elsewhere), FRONT, "{elsewhere}");
        }
    }
}
