//! A small OIDC issuer for one machine: discovery, keys, and tokens for the ready-made accounts. Never deployed.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::private;
use crate::secret::Secret;

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'static str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    role: &'a str,
    organisation: &'a str,
}

/// What is asked for.
#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRequest {
    pub(crate) subject: String,
    pub(crate) role: String,
    pub(crate) organisation: String,
}

struct Issuer {
    url: String,
    key: EncodingKey,
    key_id: String,
    modulus: String,
    exponent: String,
    secret: Secret,
}

/// The audience that the template wants.
const AUDIENCE: &str = "saizheng";
/// Tokens live an hour: longer than any command.
const LIFETIME_S: i64 = 3600;

/// Serves until the process ends. Everybody may have the public keys; a token only who knows the stack's secret.
pub(crate) async fn serve(listener: tokio::net::TcpListener, data: &Path, secret: &Secret) -> Result<()> {
    let url = format!("http://{}", listener.local_addr()?);
    let issuer = Arc::new(Issuer::open(url, &data.join("issuer-key.pem"), secret)?);
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(keys))
        .route("/token", post(token))
        .with_state(issuer);
    axum::serve(listener, routes).await.context("issuer")
}

impl Issuer {
    fn open(url: String, path: &Path, secret: &Secret) -> Result<Self> {
        let pem = private::read_or_make(path, new_key)?;
        let private = RsaPrivateKey::from_pkcs8_pem(&pem).with_context(|| path.display().to_string())?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let modulus = encode(&private.n().to_bytes_be());
        let key_id = encode(&Sha256::digest(modulus.as_bytes())[..12]);
        let pem = private.to_pkcs8_pem(LineEnding::LF)?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        Ok(Self { url, key, key_id, exponent: encode(&private.e().to_bytes_be()), modulus, secret: secret.clone() })
    }
}

/// A new private key, as it is kept.
fn new_key() -> Result<String> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048)?;
    Ok(key.to_pkcs8_pem(LineEnding::LF)?.to_string())
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({ "issuer": url, "jwks_uri": format!("{url}/jwks.json"), "id_token_signing_alg_values_supported": ["RS256"] }))
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let (n, e, kid) = (&issuer.modulus, &issuer.exponent, &issuer.key_id);
    Json(json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e }] }))
}

#[expect(clippy::disallowed_methods, reason = "tokens are judged by the gateway's clock, which no setting shifts")]
async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    Json(request): Json<TokenRequest>,
) -> Result<Json<Value>, StatusCode> {
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !shown.is_some_and(|shown| issuer.secret.is(shown)) {
        return Err(StatusCode::FORBIDDEN);
    }
    let now = Timestamp::now().as_second();
    let claims = Claims {
        iss: &issuer.url,
        aud: AUDIENCE,
        sub: &request.subject,
        iat: now,
        exp: now + LIFETIME_S,
        role: &request.role,
        organisation: &request.organisation,
    };
    let header = Header { kid: Some(issuer.key_id.clone()), ..Header::new(Algorithm::RS256) };
    let token = encode(&header, &claims, &issuer.key).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S })))
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
        tokio::spawn(async move { serve(listener, &folder, &Secret::known("known")).await });
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
