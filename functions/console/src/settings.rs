//! What the template's parameters say.

use records::{Cloud, RecordsError};

/// What the console needs to know of its surroundings.
pub(crate) struct Settings {
    /// Where the console is, without a slash behind it.
    pub(crate) url: String,
    /// Of the URL: what the browser names as the origin of its own pages' requests.
    pub(crate) origin: String,
    /// The issuer, as its tokens name it.
    pub(crate) issuer: String,
    /// The console's name at the issuer.
    pub(crate) client: String,
    /// What it proves that name with; the keys of sessions and forms are made of it.
    pub(crate) secret: String,
    /// Origin of the bucket's forms and links.
    pub(crate) bucket: String,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A variable of the function's environment is missing.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// Passwords and tokens are not sent in the clear.
    #[error("{0} is neither https nor on this machine")]
    InTheClear(String),
    /// The secret cannot be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl Settings {
    pub(crate) async fn from_env(cloud: &Cloud) -> Result<Self, SettingsError> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| SettingsError::Missing(name));
        let (url, issuer) = (variable("CONSOLE_URL")?, variable("TOKEN_ISSUER")?);
        for address in [&url, &issuer] {
            if !is_safe(address) {
                return Err(SettingsError::InTheClear(address.clone()));
            }
        }
        Ok(Self {
            origin: origin(&url),
            url: url.trim_end_matches('/').to_owned(),
            issuer,
            client: variable("CONSOLE_CLIENT")?,
            secret: cloud.secret(&variable("CONSOLE_SECRET")?).await?,
            bucket: origin(&cloud.bucket_address()),
        })
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// Whether nobody between can read what is sent there.
fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|own| url.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("http://127.0.0.1:20001/console"), "http://127.0.0.1:20001");
        assert_eq!(origin("https://saizheng.example"), "https://saizheng.example");
    }

    #[test]
    fn nothing_is_sent_in_the_clear() {
        assert!(is_safe("https://id.example") && is_safe("http://127.0.0.1:1/x"));
        assert!(!is_safe("http://id.example") && !is_safe("http://127.0.0.1.example/") && !is_safe("ftp://x"));
    }
}
