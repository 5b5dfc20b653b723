//! Days as people type them.

use jiff::civil::Date;

/// Reads 2022-06-20, 2022-6-20, 2022/6/20, 2022.6.20 and 2022年6月20日.
///
/// # Errors
/// How a day is written, in Chinese.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    let parts: Vec<&str> = text.trim().trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let read = || match parts.as_slice() {
        [year, month, day] if year.len() == 4 => Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok(),
        _ => None,
    };
    read().ok_or_else(|| "没有这一天，或写法不对；日期写作 2022-06-20".to_owned())
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
