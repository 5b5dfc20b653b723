//! Civil dates: the day of a moment, and dates in TOML files and in JSON alike.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;

use crate::values::folding;

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
    /// 20220620
    Whole(u32),
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = match Written::deserialize(deserializer)? {
        Written::Toml(date) => date.to_string(),
        Written::Text(text) => text,
        Written::Whole(number) => number.to_string(),
    };
    text.parse().or_else(|_| day(&text)).map_err(|_| D::Error::custom(format!("日期应写作 YYYY-MM-DD，而不是 {text}")))
}

/// For `#[serde(default, deserialize_with)]` of an optional date.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    deserialize(deserializer).map(Some)
}

/// Why a text is no day. The texts say what is wrong in a place that holds a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Year, month and day can be read, and there is no such day.
    #[error("没有这一天")]
    NoSuchDay,
    /// A character that no date has.
    #[error("第 {at} 个字是“{found}”，看不出年、月、日")]
    Character {
        /// Its place, from 1.
        at: usize,
        /// The character.
        found: char,
    },
    /// A year and a month only.
    #[error("没有写日")]
    NoDay,
    /// Digits and separators that are no year, month and day.
    #[error("看不出年、月、日")]
    Form,
}

/// The day that a cell names: `1990-01-31`, `1990/1/31`, `1990.1.31`, `1990 年 1 月 31 日`, `19900131`, of any width, with a time of
/// day or without. A moment of another zone (`1990-01-30T16:00:00Z`) is the day that began here at that moment; otherwise
/// the day is as it is written.
///
/// # Errors
/// Why it names none.
pub fn day(text: &str) -> Result<Date, DayError> {
    let text: String = text.nfkc().filter(|c| !folding::is_invisible(*c) && !matches!(c, '\'' | '‘' | '’')).collect();
    let text = text.trim_matches(|c| folding::is_space(c) || folding::is_end_mark(c));
    if let Ok(moment) = text.parse::<Timestamp>()
        && local(moment).time() == Time::midnight()
    {
        return Ok(local(moment).date());
    }
    let day = without_time(text);
    let separator = |c: char| matches!(c, '-' | '/' | '.' | '年' | '月' | '日' | '号' | '。' | '、' | '‐' | '‑' | '–' | '—' | '−');
    let wrong = day.chars().enumerate().find(|(_, c)| !(c.is_ascii_digit() || separator(*c) || folding::is_space(*c)));
    if let Some((at, found)) = wrong {
        return Err(DayError::Character { at: at + 1, found });
    }
    let tight: String = day.chars().filter(|c| !folding::is_space(*c)).collect();
    let mut parts = tight.split(separator).filter(|part| !part.is_empty());
    let (year, month, day) = match [parts.next(), parts.next(), parts.next(), parts.next()] {
        [Some(whole), None, ..] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        [Some(year), Some(month), Some(day), None] if year.len() == 4 => (year, month, day),
        [Some(year), Some(month), None, _] if year.len() == 4 && month.len() <= 2 => return Err(DayError::NoDay),
        _ => return Err(DayError::Form),
    };
    let number = |part: &str| part.parse::<i16>().map_err(|_| DayError::Form);
    let small = |part: &str| part.parse::<i8>().map_err(|_| DayError::NoSuchDay);
    Date::new(number(year)?, small(month)?, small(day)?).map_err(|_| DayError::NoSuchDay)
}

/// What stands before a time of day: before a `T`, or the space before the digits before the first colon.
fn without_time(text: &str) -> &str {
    let day = |end: usize| text.get(..end).unwrap_or(text);
    match (text.find(['T', 't']), text.find(':')) {
        (Some(at), _) => day(at),
        (None, Some(colon)) => day(day(colon).rfind(folding::is_space).unwrap_or(colon)),
        (None, None) => text,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_the_forms_that_spreadsheets_and_people_give_it() {
        for text in [
            "1990-01-31",
            "1990/1/31",
            "1990.1.31",
            "19900131",
            "1990-01-31 00:00:00",
            "1990/1/31 0:00",
            "1990-01-31T00:00:00",
            "1990-01-31T00:00:00Z",
            "1990-01-31T00:00:00+08:00",
            "1990-01-30T16:00:00.000Z",
            "1990 年 1 月 31 日",
            "1990年01月31号",
            "１９９０／１／３１",
            "1990－01－31",
            "1990．1．31",
            "1990—01—31",
            "'1990-01-31",
            "\u{200E}1990-01-31\u{200B}",
        ] {
            assert_eq!(day(text), Ok(jiff::civil::date(1990, 1, 31)), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_says_why() {
        let said = |text: &str| day(text).expect_err(text).to_string();
        assert_eq!(said("1990-02-30"), "没有这一天");
        assert_eq!(said("1990-O1-31"), "第 6 个字是“O”，看不出年、月、日");
        for text in ["1990-01", "1990年1月", "1990.1"] {
            assert_eq!(said(text), "没有写日", "{text}");
        }
        for text in ["", "90-01-31", "32904", "199001310", "1990-1-31-2"] {
            assert_eq!(day(text), Err(DayError::Form), "{text}");
        }
    }
}
