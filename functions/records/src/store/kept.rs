//! Large objects that are never written over: a container keeps those that it read last, as they were parsed. A page of an application
//! with thousands of rows needs its entries, its plan and its reports whole, and so does the next one.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use serde::de::DeserializeOwned;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::objects::ObjectKey;

/// Bytes of objects, as they are stored, that a container keeps.
const MAX_KEPT: usize = 32 << 20;

#[derive(Debug)]
struct Kept {
    value: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

/// What a container keeps.
#[derive(Debug)]
pub(crate) struct KeptObjects(Mutex<Known>);

#[derive(Debug)]
struct Known {
    objects: LruCache<String, Kept>,
    bytes: usize,
}

impl Default for KeptObjects {
    fn default() -> Self {
        Self(Mutex::new(Known { objects: LruCache::unbounded(), bytes: 0 }))
    }
}

impl KeptObjects {
    fn get<T: Send + Sync + 'static>(&self, key: &str) -> Option<Arc<T>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.objects.get(key)?.value.clone().downcast().ok()
    }

    fn keep<T: Send + Sync + 'static>(&self, key: String, value: Arc<T>, bytes: usize) {
        if bytes > MAX_KEPT {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.bytes += bytes;
        if let Some(before) = known.objects.put(key, Kept { value, bytes }) {
            known.bytes -= before.bytes;
        }
        while known.bytes > MAX_KEPT {
            let Some((_, last)) = known.objects.pop_lru() else { break };
            known.bytes -= last.bytes;
        }
    }
}

impl Cloud {
    /// An object that is never written over and holds JSON: it is read once, while there is room for it.
    pub async fn read_kept<T: DeserializeOwned + Send + Sync + 'static>(&self, key: &ObjectKey) -> Result<Arc<T>, RecordsError> {
        self.kept(key, |bytes| Ok(serde_json::from_slice(bytes)?)).await
    }

    /// The same, as `parse` reads it.
    pub(crate) async fn kept<T: Send + Sync + 'static>(
        &self,
        key: &ObjectKey,
        parse: impl FnOnce(&[u8]) -> Result<T, RecordsError>,
    ) -> Result<Arc<T>, RecordsError> {
        let name = key.to_string();
        if let Some(known) = self.kept.get(&name) {
            return Ok(known);
        }
        let bytes = self.read(&name, None).await?;
        let value = Arc::new(parse(&bytes)?);
        self.kept.keep(name, value.clone(), bytes.len());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_is_kept_within_the_bound() {
        let kept = KeptObjects::default();
        let keep = |key: &str, bytes: usize| kept.keep(key.to_owned(), Arc::new(key.to_owned()), bytes);
        keep("a", MAX_KEPT / 2);
        keep("b", MAX_KEPT / 2);
        assert_eq!(kept.get::<String>("a").as_deref().map(String::as_str), Some("a"));
        keep("c", MAX_KEPT / 2);
        assert!(kept.get::<String>("b").is_none(), "it was used before the others");
        assert!(kept.get::<String>("a").is_some() && kept.get::<String>("c").is_some());
        assert!(kept.get::<u32>("a").is_none(), "read as something else");
        // The same once more counts once; what is too large is not kept at all.
        keep("c", MAX_KEPT / 2);
        keep("d", MAX_KEPT + 1);
        assert!(kept.get::<String>("a").is_some() && kept.get::<String>("d").is_none());
    }
}
