//! Chains of hashes over what happened: an entry that was removed or altered afterwards shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The end of a chain: how many entries there are, and the hash of the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Entries so far.
    pub count: u64,
    /// Hash of the last one, in hex; empty where there is none.
    pub hash: String,
}

/// An entry with the hash that ties it to all before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Chained{T}")]
pub struct Chained<T> {
    /// The entry.
    #[serde(flatten)]
    pub entry: T,
    /// SHA-256, in hex, over the hash before, a line feed, and the entry as JSON.
    pub hash: String,
}

impl Head {
    /// The end of the chain after one more entry.
    pub fn after<T: Serialize>(&self, entry: &T) -> Result<Self, serde_json::Error> {
        let mut hash = Sha256::new();
        hash.update(&self.hash);
        hash.update("\n");
        hash.update(serde_json::to_vec(entry)?);
        let hash = hex::encode(hash.finalize());
        Ok(Self { count: self.count + 1, hash })
    }
}
