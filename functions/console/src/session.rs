//! Who a browser is: a cookie with 32 random bytes, of which the table knows an HMAC; and what its forms carry.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use lambda_http::http::{HeaderMap, header};
use rules::values::party::Actor;
use sha2::Sha256;

/// The session's cookie. `__Host-Http-`: set by this host alone, for all of it, and out of reach of scripts.
const SESSION: &str = "__Host-Http-session";
/// What a login that has begun is recognised by.
const LOGIN: &str = "__Host-Http-login";
/// How long a login may take, in seconds.
const LOGIN_SECONDS: u32 = 600;

/// Somebody with a session.
pub(crate) struct Visitor {
    pub(crate) actor: Actor,
    /// What their forms carry, so that no other page can have made them.
    pub(crate) form_token: String,
}

/// Keys that are made of the client's secret: whoever knows a cookie finds its session, whoever reads the table finds no cookie.
pub(crate) struct Keys(Hmac<Sha256>);

impl Keys {
    pub(crate) fn new(secret: &str) -> Self {
        let mut long = [0; 64];
        let digest = <Sha256 as sha2::Digest>::digest(secret);
        long[..digest.len()].copy_from_slice(&digest);
        Self(Hmac::<Sha256>::new(&long.into()))
    }

    fn of(&self, use_: &str, cookie: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(use_.as_bytes());
        mac.update(cookie.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// The name under which the table has the session of a cookie.
    pub(crate) fn session_name(&self, cookie: &str) -> String {
        self.of("session\0", cookie)
    }

    /// What the forms of the session carry.
    pub(crate) fn form_token(&self, cookie: &str) -> String {
        self.of("form\0", cookie)
    }
}

/// 32 random bytes, as cookies and addresses can have them.
pub(crate) fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Whether two secrets are the same; how long the answer takes tells nothing of them.
pub(crate) fn same(one: &str, other: &str) -> bool {
    use sha2::Digest as _;
    Sha256::digest(one) == Sha256::digest(other)
}

/// The session's cookie, if the browser has one.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION)
}

/// What a login that has begun left in the browser.
pub(crate) fn login_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, LOGIN)
}

/// The only cookie of that name: one that stands there twice was not set by us alone.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok()).flat_map(|header| header.split(';'));
    let mut own = all.filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| *known == name).map(|(_, value)| value);
    let only = own.next()?;
    (own.next().is_none() && (1..=1024).contains(&only.len())).then_some(only)
}

/// Sets the session's cookie, until the browser is closed. Strict: no link and no form from elsewhere brings it along.
pub(crate) fn set_session(value: &str) -> String {
    format!("{SESSION}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// Takes it away.
pub(crate) fn clear_session() -> String {
    format!("{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Sets the cookie of a login. Lax: the issuer's page leads back by a link.
pub(crate) fn set_login(value: &str) -> String {
    format!("{LOGIN}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={LOGIN_SECONDS}")
}

/// Takes it away.
pub(crate) fn clear_login() -> String {
    format!("{LOGIN}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (header::COOKIE, value.parse().expect("a value"))).collect()
    }

    #[test]
    fn cookies_have_every_attribute_that_keeps_them_here() {
        for set in [set_session("v"), clear_session(), set_login("v"), clear_login()] {
            assert!(set.starts_with("__Host-Http-"), "{set}");
            for attribute in ["; Path=/;", "; Secure;", "; HttpOnly;"] {
                assert!(set.contains(attribute), "{set}");
            }
            assert!(!set.contains("Domain"), "{set}");
        }
        assert!(set_session("v").ends_with("SameSite=Strict") && set_login("v").contains("SameSite=Lax; Max-Age=600"));
        assert!(clear_session().ends_with("Max-Age=0") && clear_login().ends_with("Max-Age=0"));
    }

    #[test]
    fn the_table_has_neither_the_cookie_nor_what_forms_carry() {
        let keys = Keys::new("secret");
        let (name, token) = (keys.session_name("cookie"), keys.form_token("cookie"));
        assert!(name.len() == 64 && token.len() == 64 && name != token);
        assert_ne!(name, keys.session_name("other"));
        assert_ne!(name, Keys::new("another").session_name("cookie"), "another secret ends all sessions");
        assert_ne!(random(), random());
    }

    #[test]
    fn a_cookie_that_stands_there_twice_is_none() {
        assert_eq!(session_cookie(&headers(&["a=b; __Host-Http-session=x"])), Some("x"));
        assert_eq!(session_cookie(&headers(&["__Host-Http-session=x; __Host-Http-session=y"])), None);
        assert_eq!(session_cookie(&headers(&["__Host-Http-session=x", "__Host-Http-session=x"])), None);
        assert_eq!(session_cookie(&headers(&["__Host-Http-session="])), None);
    }
}
