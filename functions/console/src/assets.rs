//! Style sheet and script: embedded, and named by what is in them, so that a browser keeps them for good.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// A file that pages name.
pub(crate) struct Asset {
    /// Its name, below `/console/static/`.
    pub(crate) name: String,
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, text: &'static str) -> Self {
        let digest = hex::encode(&Sha256::digest(text)[..8]);
        Self { name: format!("{stem}-{digest}.{extension}"), content_type, text }
    }

    /// Its address.
    pub(crate) fn path(&self) -> String {
        format!("/console/static/{}", self.name)
    }
}

/// The style sheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("assets/console.css")));
/// The script.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("assets/console.js")));

/// The asset of that name.
pub(crate) fn named(name: &str) -> Option<&'static Asset> {
    [&*STYLE, &*SCRIPT].into_iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::compressed;

    #[test]
    fn whatever_a_page_loads_is_small_and_of_this_host() {
        let weight: usize = [&*STYLE, &*SCRIPT].iter().map(|asset| compressed(asset.text.as_bytes()).len()).sum();
        assert!(weight < 20 * 1024, "{weight}");
        for asset in [&*STYLE, &*SCRIPT] {
            assert!(!asset.text.contains("http") && !asset.text.contains("@import") && !asset.text.contains("url("), "{}", asset.name);
        }
        assert!(named(&STYLE.name).is_some() && named("console.css").is_none());
    }
}
