//! The stack's secret: who knows it is the owner, or a part of the stack.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::private;

/// 32 random bytes in hexadecimal digits. It signs requests to S3, links and forms, and begins the paths of everything else.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// That of a data folder; made at its first start.
    pub(crate) fn of(data: &Path) -> Result<Self> {
        let text = private::read_or_make(&data.join("secret"), || Ok(hex::encode(rand::random::<[u8; 32]>())))?;
        Ok(Self(text.trim().to_owned()))
    }

    /// What the console shows the issuer: of no use for anything else.
    pub(crate) fn of_console(&self) -> String {
        hex::encode(Sha256::digest(format!("console\0{}", self.0)))
    }

    /// Whether `text` is it; how long the answer takes tells nothing of it.
    pub(crate) fn is(&self, text: &str) -> bool {
        Sha256::digest(text) == Sha256::digest(&self.0)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
impl Secret {
    pub(crate) fn known(text: &str) -> Self {
        Self(text.to_owned())
    }
}
