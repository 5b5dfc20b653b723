//! The issuer, seen from a confidential client: the code flow with PKCE (OpenID Connect Core 1.0; RFC 7636), with RS256 tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::settings::Settings;

/// By how many seconds the issuer's clock may differ.
const CLOCKS_DIFFER: i64 = 60;

/// Why nobody could be logged in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// The issuer does not answer, or not as one.
    #[error("the issuer: {0}")]
    Issuer(#[from] reqwest::Error),
    /// The issuer says that it is another one.
    #[error("the issuer calls itself otherwise")]
    OtherIssuer,
    /// The code was refused.
    #[error("the code was refused")]
    Refused,
    /// The token proves nothing.
    #[error("the token: {0}")]
    Token(&'static str),
}

/// What the issuer says of itself.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// What a login is tied together by, from its beginning to its end.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

/// A public key, as the issuer tells it (RFC 7517).
#[derive(Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// The console at its issuer.
pub(crate) struct Client<'s> {
    pub(crate) settings: &'s Settings,
    pub(crate) http: &'s reqwest::Client,
}

impl Client<'_> {
    /// Where a browser goes to log in.
    pub(crate) async fn authorisation(&self, attempt: &Attempt<'_>) -> Result<String, OidcError> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier));
        let endpoint = self.discovery().await?.authorization_endpoint;
        let asked = [
            ("response_type", "code"),
            ("client_id", &self.settings.client),
            ("redirect_uri", &self.callback()),
            ("scope", "openid"),
            ("state", attempt.state),
            ("nonce", attempt.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let query = serde_urlencoded::to_string(asked).unwrap_or_default();
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{query}"))
    }

    /// What the issuer says of who logged in, by the code that their browser brought.
    pub(crate) async fn redeem(&self, code: &str, attempt: &Attempt<'_>) -> Result<Value, OidcError> {
        let discovery = self.discovery().await?;
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.callback()), ("code_verifier", attempt.verifier)];
        // RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
        let encoded = |text: &str| serde_urlencoded::to_string([("", text)]).unwrap_or_default().trim_start_matches('=').to_owned();
        let basic = STANDARD.encode(format!("{}:{}", encoded(&self.settings.client), encoded(&self.settings.secret)));
        let request = self.http.post(&discovery.token_endpoint).header("authorization", format!("Basic {basic}")).form(&form);
        let response = request.send().await?;
        if response.status().is_client_error() {
            return Err(OidcError::Refused);
        }
        let tokens: Tokens = response.error_for_status()?.json().await?;
        let keys: KeySet = self.http.get(&discovery.jwks_uri).send().await?.error_for_status()?.json().await?;
        let claims = proven(&tokens.id_token, &keys)?;
        self.check(&claims, attempt.nonce, now())?;
        Ok(claims)
    }

    fn callback(&self) -> String {
        format!("{}/callback", self.settings.url)
    }

    async fn discovery(&self) -> Result<Discovery, OidcError> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let request = self.http.get(format!("{issuer}/.well-known/openid-configuration"));
        let discovery: Discovery = request.send().await?.error_for_status()?.json().await?;
        if discovery.issuer == self.settings.issuer { Ok(discovery) } else { Err(OidcError::OtherIssuer) }
    }

    /// OpenID Connect Core 1.0, 3.1.3.7.
    fn check(&self, claims: &Value, nonce: &str, now: i64) -> Result<(), OidcError> {
        let client = self.settings.client.as_str();
        let audience: Vec<&str> = match &claims["aud"] {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let authorised = claims["azp"].as_str().map_or(audience.len() == 1, |azp| azp == client);
        let expected = [
            (claims["iss"] == self.settings.issuer, "another issuer's"),
            (audience.contains(&client) && authorised, "for another client"),
            (claims["exp"].as_i64().is_some_and(|ends| now < ends + CLOCKS_DIFFER), "it has expired"),
            (claims["nonce"] == nonce, "of another login"),
        ];
        expected.into_iter().try_for_each(|(holds, why)| if holds { Ok(()) } else { Err(OidcError::Token(why)) })
    }
}

/// Tokens are judged by the issuer's clock, which no setting shifts.
#[expect(clippy::disallowed_methods, reason = "tokens are judged by the real time, see records::store::clock")]
fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The claims of a token that one of the keys has signed.
fn proven(token: &str, keys: &KeySet) -> Result<Value, OidcError> {
    let malformed = || OidcError::Token("it cannot be read");
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
    let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| malformed())?;
    if header.alg != "RS256" {
        return Err(OidcError::Token("it is not signed by RS256"));
    }
    let signature = decoded(signature)?;
    let fits = |key: &&Key| key.kty == "RSA" && (header.kid.is_none() || key.kid == header.kid);
    let is_of = |key: &Key| {
        let (Ok(n), Ok(e)) = (decoded(&key.n), decoded(&key.e)) else { return false };
        RsaPublicKeyComponents { n: &n, e: &e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
    };
    if !keys.keys.iter().filter(fits).any(is_of) {
        return Err(OidcError::Token("no key has signed it"));
    }
    serde_json::from_slice(&decoded(payload)?).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use rules::values::claims::{ClaimNames, Claims};
    use serde_json::json;

    use super::*;

    fn settings() -> Settings {
        Settings {
            url: "https://saizheng.example/console".to_owned(),
            origin: "https://saizheng.example".to_owned(),
            issuer: "https://id.example".to_owned(),
            client: "console".to_owned(),
            secret: "s".to_owned(),
            bucket: "https://bucket.example".to_owned(),
        }
    }

    #[test]
    fn a_token_of_another_issuer_client_login_or_time_logs_nobody_in() {
        let (settings, http) = (settings(), reqwest::Client::builder);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = http().build().expect("a client");
        let client = Client { settings: &settings, http: &http };
        let good = json!({ "iss": "https://id.example", "aud": "console", "exp": 1000, "nonce": "n" });
        assert!(client.check(&good, "n", 999).is_ok() && client.check(&good, "n", 1059).is_ok());
        assert!(client.check(&good, "n", 1060).is_err() && client.check(&good, "other", 999).is_err());
        for (claim, value) in [
            ("iss", json!("https://id.example/")),
            ("aud", json!("other")),
            ("aud", json!(["console", "other"])),
            ("azp", json!("other")),
            ("exp", json!("1000")),
            ("nonce", json!(null)),
        ] {
            let mut claims = good.clone();
            claims[claim] = value.clone();
            assert!(client.check(&claims, "n", 999).is_err(), "{claim}: {value}");
        }
        let mut several = good.clone();
        (several["aud"], several["azp"]) = (json!(["other", "console"]), json!("console"));
        assert!(client.check(&several, "n", 999).is_ok());
    }

    /// An ID token of Keycloak 26: realm roles by a mapper of several values, an attribute of the user by one.
    #[test]
    fn claims_as_keycloak_gives_them_make_somebody() {
        let token = json!({
            "exp": 1_782_799_500, "iat": 1_782_799_200, "auth_time": 1_782_799_199, "jti": "onrtac:2f1c5f0e", "iss": "https://id.example/realms/sichuan",
            "aud": "saizheng-console", "sub": "f7c2a6c1-54c8-4d0b-8d84-0f3a8a2f6c11", "typ": "ID", "azp": "saizheng-console", "nonce": "n",
            "sid": "4f9d", "at_hash": "x", "acr": "1", "role": ["offline_access", "default-roles-sichuan", "center"], "organisation": ["00"],
            "email_verified": false, "preferred_username": "center-clerk"
        });
        let read =
            |role: &str| Claims::read(&token, &ClaimNames { role: role.to_owned(), organisation: "organisation".to_owned() }).actor();
        let actor = read("role").expect("somebody");
        assert_eq!((actor.role.name(), actor.organisation.as_str()), ("center", "00"));
        assert!(read("realm_access").is_err(), "a claim that is not there");
    }

    #[test]
    fn a_token_that_nobody_signed_proves_nothing() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let payload = part(json!({ "sub": "x" }));
        let keys =
            KeySet { keys: vec![Key { kty: "RSA".to_owned(), kid: Some("k".to_owned()), n: "AQAB".to_owned(), e: "AQAB".to_owned() }] };
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "HS256", "kid": "k" }),
            json!({ "alg": "RS256", "kid": "k" }),
            json!({ "alg": "RS256" }),
        ] {
            assert!(proven(&format!("{}.{payload}.", part(header.clone())), &keys).is_err(), "{header}");
            assert!(proven(&format!("{}.{payload}.AAAA", part(header.clone())), &keys).is_err(), "{header}");
        }
        assert!(proven("", &keys).is_err() && proven("a.b.c.d", &keys).is_err());
    }

    /// What a browser does at the provider's plain pages: follows redirects with its cookies, logs in, agrees.
    struct Browser {
        http: reqwest::Client,
        cookies: std::collections::BTreeMap<String, String>,
    }

    impl Browser {
        /// Where an address leads to, until it is the console's.
        async fn led(
            &mut self,
            mut address: reqwest::Url,
            form: Option<&[(&str, &str)]>,
        ) -> Result<(reqwest::Url, String), reqwest::Error> {
            let mut form = form;
            loop {
                let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let request = match form.take() {
                    Some(form) => self.http.post(address.clone()).form(form),
                    None => self.http.get(address.clone()),
                };
                let response = request.header("cookie", cookies.join("; ")).send().await?;
                for set in response.headers().get_all("set-cookie") {
                    let pair = set.to_str().ok().and_then(|set| set.split(';').next()).and_then(|pair| pair.split_once('='));
                    if let Some((name, value)) = pair {
                        self.cookies.insert(name.to_owned(), value.to_owned());
                    }
                }
                let next = response.headers().get("location").and_then(|to| address.join(to.to_str().ok()?).ok());
                match next {
                    Some(next) if next.path() == "/console/callback" => return Ok((next, String::new())),
                    Some(next) => address = next,
                    None => return Ok((address, response.text().await?)),
                }
            }
        }
    }

    fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
        text.split(before).nth(1).and_then(|rest| rest.split(after).next()).expect("there")
    }

    #[tokio::test]
    #[ignore = "needs Node and a certified provider: tests/console/issuer/run"]
    async fn a_certified_provider_logs_somebody_in_once() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (issuer, secret) = (std::env::var("ISSUER").expect("ISSUER"), std::env::var("ISSUER_SECRET").expect("ISSUER_SECRET"));
        let settings = Settings {
            url: "http://127.0.0.1/console".to_owned(),
            origin: "http://127.0.0.1".to_owned(),
            issuer,
            client: "saizheng-console".to_owned(),
            secret,
            ..settings()
        };
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let client = Client { settings: &settings, http: &http };
        let attempt = Attempt { state: "state", nonce: "nonce", verifier: &"v".repeat(43) };
        let mut browser = Browser { http: http.clone(), cookies: std::collections::BTreeMap::new() };
        let asked = client.authorisation(&attempt).await.expect("an address").parse().expect("an address");
        let (mut at, mut page) = browser.led(asked, None).await.expect("a page");
        for fields in [&[("prompt", "login"), ("login", "body@S000051010123"), ("password", "x")][..], &[("prompt", "consent")]] {
            let action = at.join(between(&page, "action=\"", "\"")).expect("a form");
            (at, page) = browser.led(action, Some(fields)).await.expect("a page");
        }
        let found: std::collections::BTreeMap<_, _> = at.query_pairs().collect();
        assert_eq!((found["state"].as_ref(), found["iss"].as_ref()), ("state", settings.issuer.as_str()));
        let wrong = Attempt { verifier: &"w".repeat(43), ..attempt };
        assert!(matches!(client.redeem("no-such-code", &attempt).await, Err(OidcError::Refused)));
        let claims = client.redeem(&found["code"], &attempt).await.expect("somebody");
        assert_eq!(
            (&claims["role"], &claims["organisation"], &claims["sub"]),
            (&json!("body"), &json!("S000051010123"), &json!("body@S000051010123"))
        );
        assert!(matches!(client.redeem(&found["code"], &attempt).await, Err(OidcError::Refused)), "the code is spent");
        assert!(matches!(client.redeem(&found["code"], &wrong).await, Err(OidcError::Refused)), "another verifier");
    }
}
