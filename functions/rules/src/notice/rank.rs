//! 附件备注3: the words of 奖牌类别/名次 (G21).

use serde::Deserialize;

/// The words of 奖牌类别/名次 (附件备注3; G21).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankRules {
    /// Where it stands.
    pub clause: String,
    /// What the last stage is called.
    pub final_word: String,
    /// What earlier stages are called, whose winners get nothing (二).
    pub earlier_stages: Vec<String>,
    /// Words in which one of those means no stage: 职业资格赛 is no 资格赛.
    #[serde(default)]
    pub not_stages: Vec<String>,
    /// Those of them that are the final of a contest which selects for a national one (二、（二）1).
    #[serde(default)]
    pub selection_words: Vec<String>,
    /// Parts of the names of awards that no competitor wins (二: 获奖选手).
    #[serde(default)]
    pub not_competitors: Vec<String>,
    /// What says that a place is shared.
    pub tied_words: Vec<String>,
    /// Words that say nothing about the rank.
    pub ignored_words: Vec<String>,
    /// So many winners of an event may have an award of the first place, without a place and without 并列, before it is asked about.
    #[serde(default = "first_awards")]
    pub first_awards: u32,
    /// The award words.
    pub awards: Vec<AwardWord>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// Where a notice does not name any.
fn first_awards() -> u32 {
    u32::MAX
}

impl Default for RankRules {
    fn default() -> Self {
        Self {
            clause: String::new(),
            final_word: String::new(),
            earlier_stages: Vec::new(),
            not_stages: Vec::new(),
            selection_words: Vec::new(),
            not_competitors: Vec::new(),
            tied_words: Vec::new(),
            ignored_words: Vec::new(),
            first_awards: first_awards(),
            awards: Vec::new(),
            unconfirmed: None,
        }
    }
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
