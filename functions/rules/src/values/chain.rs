//! Chains of hashes over what happened: an entry that was removed or altered afterwards shows.
//!
//! What is hashed is the text that is stored, byte for byte, and an entry is read out of that text. So a build that knows
//! more fields of an entry than the one that wrote it, or fewer, finds the same hashes (docs/decisions/0016).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the shape of an entry and of how it is hashed.
pub const VERSION: u32 = 1;

/// The end of a chain: how many entries there are, and the hash of the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Entries so far.
    pub count: u64,
    /// Hash of the last one, in hex; empty where there is none.
    pub hash: String,
}

/// An entry of a chain as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct StoredEntry {
    /// Version of this shape: 1.
    version: u32,
    /// The entry as JSON; these bytes are what is hashed.
    text: String,
    /// SHA-256, in hex, over version, line feed, the hash before, line feed, text.
    hash: String,
}

/// An entry with the text that it was read from, and the hash that ties it to all before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredEntry", into = "StoredEntry", bound(serialize = "T: Clone", deserialize = "T: DeserializeOwned"))]
pub struct Chained<T> {
    /// The entry.
    pub entry: T,
    /// Its text as it is stored.
    pub text: String,
    /// The hash of the chain up to it, in hex.
    pub hash: String,
}

/// Why an entry cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A version that this build does not know.
    #[error("an entry of version {0} of the chain's format")]
    Version(u32),
    /// Its text is not that of such an entry.
    #[error("an entry's text: {0}")]
    Text(#[from] serde_json::Error),
}

impl<T: DeserializeOwned> TryFrom<StoredEntry> for Chained<T> {
    type Error = ChainError;

    fn try_from(stored: StoredEntry) -> Result<Self, ChainError> {
        let StoredEntry { version, text, hash } = stored;
        if version != VERSION {
            return Err(ChainError::Version(version));
        }
        Ok(Self { entry: serde_json::from_str(&text)?, text, hash })
    }
}

impl<T> From<Chained<T>> for StoredEntry {
    fn from(chained: Chained<T>) -> Self {
        Self { version: VERSION, text: chained.text, hash: chained.hash }
    }
}

impl<T> JsonSchema for Chained<T> {
    fn schema_name() -> Cow<'static, str> {
        "ChainedEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        StoredEntry::json_schema(generator)
    }
}

impl Head {
    /// The end of the chain after an entry with that text.
    pub fn after(&self, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{VERSION}\n{}\n", self.hash));
        hash.update(text);
        Self { count: self.count + 1, hash: hex::encode(hash.finalize()) }
    }

    /// An entry as it is written after this end of the chain. The new end is the entry's number and hash.
    ///
    /// # Errors
    /// Where the entry cannot be written as JSON.
    pub fn append<T: Serialize>(&self, entry: T) -> Result<(Self, Chained<T>), serde_json::Error> {
        let text = serde_json::to_string(&entry)?;
        let head = self.after(&text);
        let hash = head.hash.clone();
        Ok((head, Chained { entry, text, hash }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Noted {
        number: u64,
    }

    /// Golden: these hashes stand in tables and archives, and never change.
    #[test]
    fn a_chain_of_version_1() {
        let first = Head::default().after(r#"{"number":1}"#);
        let second = first.after(r#"{"number":2,"later":"字段"}"#);
        assert_eq!((first.count, first.hash.as_str()), (1, "9dad8cd4502d975ce3c82fd11e89f877047cfe234fe6306031789ea6c3c1262a"));
        assert_eq!((second.count, second.hash.as_str()), (2, "fe1c99a5fcb303eab335c03d7b13de14cb920015e713a5c5b7be5d8ac353df78"));
    }

    #[test]
    fn fields_that_a_build_does_not_know_and_their_order_change_no_hash() {
        let text = r#"{"later":"字段","number":1}"#;
        let hash = Head::default().after(text).hash;
        let stored = serde_json::json!({ "version": 1, "text": text, "hash": hash });
        let read: Chained<Noted> = serde_json::from_value(stored.clone()).expect("readable");
        assert_eq!((&read.entry, read.text.as_str()), (&Noted { number: 1 }, text));
        assert_eq!(Head::default().after(&read.text).hash, read.hash);
        assert_eq!(serde_json::to_value(&read).expect("JSON"), stored, "written again, the same bytes");
    }

    #[test]
    fn an_entry_of_another_version_is_refused_by_name() {
        let stored = serde_json::json!({ "version": 2, "text": r#"{"number":1}"#, "hash": "" });
        let error = serde_json::from_value::<Chained<Noted>>(stored).expect_err("of the future");
        assert!(error.to_string().contains("version 2"), "{error}");
    }
}
