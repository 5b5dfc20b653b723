//! The register of filed evaluation bodies.

use rules::numbers::body::{Body, BodyCode};

use crate::Cloud;
use crate::keys::items::ItemKey;
use crate::store::error::RecordsError;
use crate::store::table::item;

fn key(code: &BodyCode) -> ItemKey {
    ItemKey::new("BODIES", format!("BODY#{code}"))
}

impl Cloud {
    /// Enters or replaces a body.
    pub async fn enter_body(&self, body: &Body) -> Result<(), RecordsError> {
        self.put(item(&key(&body.code), body, &[])?).await
    }

    /// One body, if it is registered.
    pub async fn body(&self, code: &BodyCode) -> Result<Option<Body>, RecordsError> {
        self.get(&key(code)).await
    }
}
