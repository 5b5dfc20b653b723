//! 奖牌类别/名次 (附件备注3): the award, the place, and whether it is shared.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a roster's text says about a winner's rank.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rank {
    /// One of the notice's award words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub award: Option<String>,
    /// Place in the event, from 1; an award word that means one (冠军) gives it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Whether the text says that the place is shared (并列).
    #[serde(default)]
    pub tied: bool,
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.award.as_deref().unwrap_or_default())?;
        if let Some(place) = self.place {
            let slash = if self.award.is_some() { "/" } else { "" };
            write!(f, "{slash}第{place}名")?;
        }
        f.write_str(if self.tied { "（并列）" } else { "" })
    }
}
