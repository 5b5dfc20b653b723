//! The key under which people and addresses are told apart without being named: claims of holders, limits of clients.

use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::guard_key_item;
use crate::store::item::item;

/// The key of the HMAC, made once for the table's life.
#[derive(Serialize, Deserialize)]
pub(crate) struct GuardKey {
    hex: String,
}

impl GuardKey {
    /// Its 64 bytes.
    pub(crate) fn bytes(&self) -> Result<[u8; 64], RecordsError> {
        let mut key = [0; 64];
        hex::decode_to_slice(&self.hex, &mut key).map_err(RecordsError::corrupt)?;
        Ok(key)
    }
}

impl Cloud {
    /// The key of the HMAC: 64 random bytes (SHA-256's block), made by whoever needs it first.
    pub(crate) async fn guard_key(&self) -> Result<[u8; 64], RecordsError> {
        if let Some(known) = self.known_guard_key().await? {
            return Ok(known);
        }
        let made = GuardKey { hex: hex::encode([rand::random::<[u8; 32]>(), rand::random()].concat()) };
        match self.put_new(item(&guard_key_item(), &made, &[])?).await {
            Ok(()) | Err(RecordsError::Conflict) => self.known_guard_key().await?.ok_or(RecordsError::NotFound),
            Err(error) => Err(error),
        }
    }

    /// The same, where it is made.
    pub(crate) async fn known_guard_key(&self) -> Result<Option<[u8; 64]>, RecordsError> {
        self.get::<GuardKey>(&guard_key_item()).await?.map(|known| known.bytes()).transpose()
    }
}
