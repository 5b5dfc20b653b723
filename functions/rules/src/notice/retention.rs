//! How long personal data is kept that no certificate came of (个人信息保护法 第四十七条).

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::values::one_to::OneTo;

/// `[retention]` of a notice; without it nothing is deleted by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Days after which an application goes that its unit did not hand in as a whole, or was sent back and never came again.
    pub unfinished_days: OneTo<36_500>,
    /// Days after the decision after which an application goes whose rows were all refused.
    pub refused_days: OneTo<36_500>,
    /// Where that stands.
    pub clause: String,
    /// Named where nobody has confirmed it.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl RetentionRule {
    /// Whether what was left unfinished at `since` goes.
    pub fn ends_unfinished(&self, since: Timestamp, now: Timestamp) -> bool {
        is_over(self.unfinished_days, since, now)
    }

    /// Whether what was refused at `since` goes.
    pub fn ends_refused(&self, since: Timestamp, now: Timestamp) -> bool {
        is_over(self.refused_days, since, now)
    }
}

fn is_over(days: OneTo<36_500>, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= SignedDuration::from_hours(24 * i64::from(days.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_over_to_the_second() {
        let days = |number| OneTo::new(number).expect("a number of days");
        let rule = RetentionRule { unfinished_days: days(2), refused_days: days(1), clause: String::new(), unconfirmed: None };
        let since = Timestamp::from_second(1_655_690_400).expect("in range");
        let after = |seconds| since + SignedDuration::from_secs(seconds);
        assert!(!rule.ends_unfinished(since, after(2 * 86_400 - 1)) && rule.ends_unfinished(since, after(2 * 86_400)));
        assert!(!rule.ends_refused(since, after(86_399)) && rule.ends_refused(since, after(86_400)));
        assert!(!rule.ends_refused(after(86_400), since), "a clock that goes back ends nothing");
    }
}
