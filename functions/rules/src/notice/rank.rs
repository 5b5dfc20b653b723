//! 附件备注3: the words of 奖牌类别/名次 (G21).

use serde::Deserialize;

/// The words of 奖牌类别/名次 (附件备注3; G21).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankRules {
    /// Where it stands.
    pub clause: String,
    /// What the last stage is called.
    pub final_word: String,
    /// What earlier stages are called, whose winners get nothing (二).
    pub earlier_stages: Vec<String>,
    /// What says that a place is shared.
    pub tied_words: Vec<String>,
    /// Words that say nothing about the rank.
    pub ignored_words: Vec<String>,
    /// The award words.
    pub awards: Vec<AwardWord>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// An award and the places it can stand for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwardWord {
    /// As written, e.g. 一等奖.
    pub word: String,
    /// The best place it can stand for.
    pub from: u32,
    /// The last one, where there is one.
    #[serde(default)]
    pub to: Option<u32>,
}

impl AwardWord {
    /// The place, where the word means one.
    pub(crate) fn place(&self) -> Option<u32> {
        self.to.filter(|to| *to == self.from)
    }
}
