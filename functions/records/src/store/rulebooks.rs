//! Rulebooks as they were read: a container keeps some.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use rules::rulebook::{Manifest, Part, Rulebook, RulebookPart};

/// Rulebooks kept by a container: the one in force, and those of applications authorised earlier.
const KEPT: usize = 16;

/// What a container has read and written of rulebooks.
#[derive(Debug, Default)]
pub(crate) struct RulebookCache {
    /// The latest used first.
    read: Vec<Arc<InForce>>,
    /// Digests of manifests whose texts are all known to be stored.
    pub(crate) stored: BTreeSet<String>,
}

impl RulebookCache {
    pub(crate) fn known(&mut self, digest: &str) -> Option<Arc<InForce>> {
        let at = self.read.iter().position(|known| known.digest == digest)?;
        let known = self.read.remove(at);
        self.read.insert(0, known.clone());
        Some(known)
    }

    pub(crate) fn keep(&mut self, in_force: Arc<InForce>) {
        self.read.truncate(KEPT - 1);
        self.read.insert(0, in_force);
    }
}

/// A rulebook and the texts that it is.
#[derive(Debug)]
pub struct InForce {
    /// Every text.
    pub manifest: Manifest,
    /// What the manifest is named by.
    pub digest: String,
    pub(crate) rulebook: Rulebook,
}

impl InForce {
    /// The picture of a seal, by its file name.
    pub fn seal(&self, file: &str) -> Option<&RulebookPart> {
        self.manifest.get(&Part::Seal(file.to_owned()))
    }
}

impl Deref for InForce {
    type Target = Rulebook;

    fn deref(&self) -> &Rulebook {
        &self.rulebook
    }
}
