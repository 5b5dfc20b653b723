//! A small OIDC issuer for one machine: discovery, keys, tokens for the ready-made accounts, and the code flow that the console logs in
//! by. Never deployed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::accounts::{Account, TokenRequest};
use crate::grants::{Asked, Grant, Grants};
use crate::secret::Secret;
use crate::{choose, peer, private};

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Value::is_null")]
    role: &'a Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    organisation: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// A code, and proof that it comes from whoever asked for it (OpenID Connect Core 1.0, 3.1.3.1; RFC 7636, 4.5).
#[derive(Deserialize)]
struct CodeRequest {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

/// The account that was chosen on the page.
#[derive(Deserialize)]
struct Chosen {
    account: String,
    #[serde(flatten)]
    asked: Asked,
}

struct Issuer {
    url: String,
    own: SocketAddr,
    /// Where the console is; the only place that a browser is sent back to.
    console: String,
    grants: Grants,
    key: EncodingKey,
    key_id: String,
    modulus: String,
    exponent: String,
    secret: Secret,
}

/// The audience that the template wants.
const AUDIENCE: &str = "saizheng";
/// The console's name.
pub(crate) const CONSOLE: &str = "saizheng-console";
/// Tokens live an hour: longer than any command.
const LIFETIME_S: i64 = 3600;

/// Serves until the process ends. Everybody may have the public keys; a token only who knows the stack's secret.
/// Somebody logs in on its page only by a browser of the owner's.
pub(crate) async fn serve(listener: tokio::net::TcpListener, entry: &str, data: &Path, secret: &Secret) -> Result<()> {
    let issuer = Arc::new(Issuer::open(listener.local_addr()?, entry, &data.join("issuer-key.pem"), secret)?);
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(keys))
        .route("/token", post(token))
        .route("/connect/authorize", get(offer).post(chosen))
        .route("/connect/token", post(redeem))
        .with_state(issuer);
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await.context("issuer")
}

impl Issuer {
    fn open(own: SocketAddr, entry: &str, path: &Path, secret: &Secret) -> Result<Self> {
        let pem = private::read_or_make(path, new_key)?;
        let private = RsaPrivateKey::from_pkcs8_pem(&pem).with_context(|| path.display().to_string())?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let modulus = encode(&private.n().to_bytes_be());
        let key_id = encode(&Sha256::digest(modulus.as_bytes())[..12]);
        let pem = private.to_pkcs8_pem(LineEnding::LF)?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        Ok(Self {
            url: format!("http://{own}"),
            own,
            console: format!("{entry}/console/callback"),
            grants: Grants::default(),
            key,
            key_id,
            exponent: encode(&private.e().to_bytes_be()),
            modulus,
            secret: secret.clone(),
        })
    }

    /// A token that says so, from now on for an hour.
    #[expect(clippy::disallowed_methods, reason = "tokens are judged by the gateway's clock, which no setting shifts")]
    fn signed(&self, aud: &str, account: &TokenRequest, nonce: Option<&str>) -> Result<String, StatusCode> {
        let now = Timestamp::now().as_second();
        let TokenRequest { subject: sub, role, organisation } = account;
        let claims = Claims { iss: &self.url, aud, sub, iat: now, exp: now + LIFETIME_S, role, organisation, nonce };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, &claims, &self.key).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether a request is one that the console makes. (`response_type` and the method are all that this issuer knows.)
    fn is_of_the_console(&self, asked: &Asked) -> bool {
        let known = (asked.response_type.as_str(), asked.client_id.as_str(), asked.code_challenge_method.as_str());
        known == ("code", CONSOLE, "S256") && asked.redirect_uri == self.console
    }

    /// Whether whoever asks is the owner's own program, and asked by this issuer's own address.
    fn is_own(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        host == Some(&self.own.to_string()) && peer::is_own(peer, self.own)
    }
}

/// A new private key, as it is kept.
fn new_key() -> Result<String> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048)?;
    Ok(key.to_pkcs8_pem(LineEnding::LF)?.to_string())
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/connect/authorize"),
        "token_endpoint": format!("{url}/connect/token"),
        "jwks_uri": format!("{url}/jwks.json"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let (n, e, kid) = (&issuer.modulus, &issuer.exponent, &issuer.key_id);
    Json(json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e }] }))
}

async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    Json(request): Json<TokenRequest>,
) -> Result<Json<Value>, StatusCode> {
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !shown.is_some_and(|shown| issuer.secret.is(shown)) {
        return Err(StatusCode::FORBIDDEN);
    }
    let token = issuer.signed(AUDIENCE, &request, None)?;
    Ok(Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S })))
}

/// The page with the accounts.
async fn offer(
    State(issuer): State<Arc<Issuer>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, StatusCode> {
    if !issuer.is_own(peer, &headers) || !issuer.is_of_the_console(&asked) {
        return Err(StatusCode::FORBIDDEN);
    }
    let style = STANDARD.encode(Sha256::digest(choose::style()));
    // Where a form leads on to counts as well: back to the console.
    let (console, _) = issuer.console.split_once("/console/").unwrap_or_default();
    let policy =
        format!("default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {console}; frame-ancestors 'none'; base-uri 'none'");
    let headers = [(CONTENT_SECURITY_POLICY, policy), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((headers, Html(choose::page(&asked))).into_response())
}

/// Back to the console with a code for the account that was chosen.
async fn chosen(
    State(issuer): State<Arc<Issuer>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(Chosen { account, asked }): Form<Chosen>,
) -> Result<Response, StatusCode> {
    let from_its_page = headers.get("origin").and_then(|origin| origin.to_str().ok()).is_none_or(|origin| origin == issuer.url);
    if !issuer.is_own(peer, &headers) || !from_its_page || !issuer.is_of_the_console(&asked) {
        return Err(StatusCode::FORBIDDEN);
    }
    let account = Account::ready_made().into_iter().find(|known| known.subject() == account).ok_or(StatusCode::FORBIDDEN)?;
    let mut back = reqwest::Url::parse(&asked.redirect_uri).map_err(|_| StatusCode::FORBIDDEN)?;
    let state = asked.state.clone();
    let code = issuer.grants.give(Grant { account, asked });
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &state);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, back.to_string())]).into_response())
}

/// The console's tokens for a code.
async fn redeem(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, Form(request): Form<CodeRequest>) -> Response {
    let refused = |status, error: &str| (status, Json(json!({ "error": error }))).into_response();
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    if shown != Some(&STANDARD.encode(format!("{CONSOLE}:{}", issuer.secret.of_console()))) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let CodeRequest { grant_type, code, redirect_uri, code_verifier } = request;
    let grant = issuer.grants.redeem(&code, &redirect_uri, &code_verifier).filter(|_| grant_type == "authorization_code");
    let Some(Grant { account, asked }) = grant else { return refused(StatusCode::BAD_REQUEST, "invalid_grant") };
    match issuer.signed(CONSOLE, &account.claims(), Some(&asked.nonce)) {
        Ok(token) => {
            Json(json!({ "access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S })).into_response()
        }
        Err(status) => status.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_lacks_the_secret_gets_no_token() -> Result<()> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = std::env::temp_dir().join(format!("saizheng-issuer-{}", std::process::id()));
        private::folder(&data)?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let (url, folder) = (format!("http://{}", listener.local_addr()?), data.clone());
        tokio::spawn(async move { serve(listener, "http://127.0.0.1:20001", &folder, &Secret::known("known")).await });
        let http = reqwest::Client::new();
        let asked = async |secret: Option<&str>| -> Result<(u16, String)> {
            let request = http.post(format!("{url}/token")).json(&json!({ "subject": "s", "role": "center", "organisation": "00" }));
            let request = secret.into_iter().fold(request, |request, secret| request.bearer_auth(secret));
            let response = request.send().await?;
            Ok((response.status().as_u16(), response.text().await?))
        };
        for secret in [None, Some(""), Some("unknown")] {
            assert_eq!(asked(secret).await?, (403, String::new()));
        }
        let (status, text) = asked(Some("known")).await?;
        assert!(status == 200 && text.contains("access_token"), "{status}");
        assert_eq!(http.get(format!("{url}/jwks.json")).send().await?.status().as_u16(), 200, "the public keys are for everybody");
        std::fs::remove_dir_all(data)?;
        Ok(())
    }
}
