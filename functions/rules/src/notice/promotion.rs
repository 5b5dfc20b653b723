//! Which level goes with which place: other regulations' tables, by date, and advice only.

use jiff::civil::Date;
use serde::Deserialize;

use crate::values::vocabulary::ContestClass;

/// One line of a regulation's table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromotionRule {
    /// The regulation, as it is cited.
    pub regulation: String,
    /// First day of the final that it is for.
    #[serde(deserialize_with = "crate::values::date::deserialize")]
    pub from: Date,
    /// Last one; none while it is in force.
    #[serde(default, deserialize_with = "crate::values::date::optional")]
    pub to: Option<Date>,
    /// Class of contest.
    pub class: ContestClass,
    /// 组别 (职工 or 学生), where it matters.
    #[serde(default)]
    pub group: Option<String>,
    /// The largest team it is for; 1 is a single competitor.
    #[serde(default)]
    pub team_max: Option<u32>,
    /// The last place that it is for.
    #[serde(default)]
    pub place_to: Option<u32>,
    /// Award words that it is for as well.
    #[serde(default)]
    pub awards: Vec<String>,
    /// Both papers, theory and practice, need this score.
    #[serde(default)]
    pub pass_mark: Option<u32>,
    /// The level it gives, as a digit.
    pub level: u8,
    /// The level for those who hold `level` already.
    #[serde(default)]
    pub level_if_held: Option<u8>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// Levels held and several promotions of one person (G20).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelsRule {
    /// Whether a level that is not above the one held is worth a word.
    #[serde(default)]
    pub block_same_or_lower_level: bool,
    /// Whether one person is promoted once a year only.
    #[serde(default)]
    pub one_promotion_per_year: bool,
    /// 原证书等级 above the five levels.
    #[serde(default)]
    pub above_words: Vec<String>,
    /// What may stand between two names of one level: 四级、中级工. None where a notice does not say: then only one name is read.
    #[serde(default)]
    pub joints: Vec<char>,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}
