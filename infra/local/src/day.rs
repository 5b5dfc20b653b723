//! Days as people type them.

use jiff::civil::Date;
use rules::values::date;

/// The day, read as in a roster's cells.
///
/// # Errors
/// Why it is none, and how a day is written, in Chinese.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    date::day(text).map_err(|why| format!("{why}；日期写作 2022-06-20"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_read_as_people_type_it() {
        for text in ["2022-06-20", "2022-6-20", " 2022/6/20", "2022.06.20", "2022年6月20日"] {
            assert_eq!(day(text), Ok(date(2022, 6, 20)), "{text}");
        }
        for text in ["", "2022-06-31", "22-6-20", "6/20/2022", "2022-06", "2022-06-20-1", "今天"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
