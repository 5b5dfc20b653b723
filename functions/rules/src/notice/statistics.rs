//! How years are counted.

use jiff::civil::Date;
use serde::Deserialize;

/// `[statistics]` of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsRules {
    /// Which date puts a row into a year and a month.
    pub counted_by: CountedBy,
    /// Causes of refusals and returns, by the words of the reason; the first that fits.
    pub causes: Vec<Cause>,
    /// The cause of those that none fits.
    pub other_cause: String,
    /// The gap that this rests on, if any.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// Which date counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountedBy {
    /// The day of the qualification review, on which the code was given.
    Decision,
    /// 发证日期
    IssueDate,
}

impl CountedBy {
    /// For the reader of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Decision => "审核（赋码）日期",
            Self::IssueDate => "发证日期",
        }
    }
}

/// A cause of refusals.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// What it is called.
    pub name: String,
    /// A reason that holds one of them has this cause.
    pub words: Vec<String>,
}

impl StatisticsRules {
    /// The cause that a reason names.
    pub fn cause(&self, reason: &str) -> &str {
        let fits = |cause: &&Cause| cause.words.iter().any(|word| reason.contains(word.as_str()));
        self.causes.iter().find(fits).map_or(&self.other_cause, |cause| &cause.name)
    }

    /// The date by which a row is counted.
    pub fn date(&self, decided_on: Date, issued_on: Date) -> Date {
        match self.counted_by {
            CountedBy::Decision => decided_on,
            CountedBy::IssueDate => issued_on,
        }
    }
}
