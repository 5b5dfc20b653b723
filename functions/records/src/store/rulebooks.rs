//! Rulebooks as they were read: a container keeps some.

use std::ops::Deref;

use rules::rulebook::{Part, Rulebook};

use crate::keys::objects::Placed;

/// A rulebook and the parts that are not as they shipped.
#[derive(Debug)]
pub struct InForce {
    /// The replaced parts.
    pub placed: Vec<Placed>,
    pub(crate) rulebook: Rulebook,
}

impl InForce {
    /// The picture of a seal, by its file name.
    pub fn seal(&self, file: &str) -> Option<&Placed> {
        let part = Part::Seal(file.to_owned()).to_string();
        self.placed.iter().find(|placed| placed.part == part)
    }
}

impl Deref for InForce {
    type Target = Rulebook;

    fn deref(&self) -> &Rulebook {
        &self.rulebook
    }
}
