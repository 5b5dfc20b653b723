//! Civil dates: the day of a moment, and dates in TOML files and in JSON alike.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Asia/Shanghai, which has had no daylight-saving time since 1991.
const SHANGHAI: Offset = Offset::constant(8);

/// The date and time in Asia/Shanghai.
pub fn local(at: Timestamp) -> DateTime {
    SHANGHAI.to_datetime(at)
}

/// The date in Asia/Shanghai.
pub fn day_of(at: Timestamp) -> Date {
    local(at).date()
}

/// The last second of a day in Asia/Shanghai; the end of time where there is no such moment.
pub fn end_of(day: Date) -> Timestamp {
    SHANGHAI.to_timestamp(day.at(23, 59, 59, 0)).unwrap_or(Timestamp::MAX)
}

/// A TOML local date as its parser hands it on, or `YYYY-MM-DD` as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Toml(toml::value::Datetime),
    Text(String),
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = match Written::deserialize(deserializer)? {
        Written::Toml(date) => date.to_string(),
        Written::Text(text) => text,
    };
    text.parse().map_err(|_| D::Error::custom(format!("日期应写作 YYYY-MM-DD，而不是 {text}")))
}

/// For `#[serde(default, deserialize_with)]` of an optional date.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    deserialize(deserializer).map(Some)
}

/// The day that a text names, in whatever of the usual forms: `2022-06-20`, `2022/6/20`, `2022年6月20日`, `20220620`.
pub(crate) fn written_day(text: &str) -> Option<Date> {
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let (year, month, day) = match groups.as_slice() {
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        [year, month, day, ..] if year.len() == 4 => (*year, *month, *day),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
