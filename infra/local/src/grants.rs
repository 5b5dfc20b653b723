//! Codes that a browser carries from the issuer's page to the console: each good once, for a minute, for whoever asked for it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;

/// How long a code can be redeemed.
const LIFETIME: Duration = Duration::from_secs(60);

/// What the console asks for (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Asked {
    pub(crate) response_type: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) code_challenge: String,
    pub(crate) code_challenge_method: String,
}

/// Who logged in, and for what request.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) account: Account,
    pub(crate) asked: Asked,
}

/// The codes that are not redeemed.
#[derive(Debug, Default)]
pub(crate) struct Grants(Mutex<HashMap<String, (Instant, Grant)>>);

impl Grants {
    /// A new code.
    pub(crate) fn give(&self, grant: Grant) -> String {
        let code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        if let Ok(mut open) = self.0.lock() {
            open.retain(|_, (given, _)| given.elapsed() < LIFETIME);
            open.insert(code.clone(), (Instant::now(), grant));
        }
        code
    }

    /// What a code stands for, once: to whoever knows the verifier behind its challenge.
    pub(crate) fn redeem(&self, code: &str, redirect_uri: &str, verifier: &str) -> Option<Grant> {
        let (given, grant) = self.0.lock().ok()?.remove(code)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let fits = given.elapsed() < LIFETIME && grant.asked.redirect_uri == redirect_uri && grant.asked.code_challenge == challenge;
        fits.then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(verifier: &str) -> Grant {
        let asked = Asked {
            response_type: "code".to_owned(),
            client_id: "console".to_owned(),
            redirect_uri: "http://127.0.0.1:20001/console/callback".to_owned(),
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            code_challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
            code_challenge_method: "S256".to_owned(),
        };
        Grant { account: Account::unit(), asked }
    }

    #[test]
    fn a_code_is_redeemed_once_and_by_who_asked() {
        let (grants, uri) = (Grants::default(), "http://127.0.0.1:20001/console/callback");
        let code = grants.give(grant("v"));
        assert!(grants.redeem(&code, uri, "v").is_some() && grants.redeem(&code, uri, "v").is_none());
        for (uri, verifier) in [(uri, "other"), ("http://127.0.0.1:20001/other", "v")] {
            let code = grants.give(grant("v"));
            assert!(grants.redeem(&code, uri, verifier).is_none(), "{uri} {verifier}");
            assert!(grants.redeem(&code, uri, "v").is_none(), "a code that was tried is spent");
        }
    }
}
