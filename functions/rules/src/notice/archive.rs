//! 五、（二）: how long archives are kept.

use jiff::civil::Date;
use serde::Deserialize;

use crate::values::one_to::OneTo;

/// `[archive]` of a notice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveRule {
    /// Years that a volume is kept, from the day it is ordered.
    pub keep_years: OneTo<1000>,
    /// Named where nobody has confirmed it.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

impl ArchiveRule {
    /// The last day of keeping; the end of time where the calendar has no such day.
    pub fn keep_until(&self, from: Date) -> Date {
        from.checked_add(jiff::Span::new().years(self.keep_years.get())).unwrap_or(Date::MAX)
    }
}
