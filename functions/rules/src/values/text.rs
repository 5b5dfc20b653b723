//! Free texts that people type: bounded, and without characters that no paper has. And files of text, whatever saved them.

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::values::folding::{control_said, is_no_text};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;
/// The longest name of an organisation, in characters.
pub const MAX_ORGANISATION: usize = 100;

/// `text` without outer spaces; what is wrong with it, in Chinese, where it is empty, longer than `max` characters, or holds
/// control characters.
///
/// # Errors
/// What is wrong, with `what` it is about.
pub fn bounded<'t>(what: &str, text: &'t str, max: usize) -> Result<&'t str, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("须写明{what}"));
    }
    if text.chars().count() > max {
        return Err(format!("{what}过长：不应超过 {max} 个字"));
    }
    without(what, text, |c| is_no_text(c) || turns(c))?;
    Ok(text)
}

/// That no character of a text commands a terminal.
///
/// # Errors
/// Which one it is and where it stands, with `what` it is about.
pub fn without_control(what: &str, text: &str) -> Result<(), String> {
    without(what, text, is_no_text)
}

fn without(what: &str, text: &str, is_command: impl Fn(char) -> bool) -> Result<(), String> {
    match text.chars().enumerate().find(|(_, c)| is_command(*c)) {
        Some((at, c)) => Err(format!("{what}{}，请删去", control_said((at + 1, c)))),
        None => Ok(()),
    }
}

/// Whether a character turns the direction of what stands beside it (Unicode, UAX #9), instead of being shown.
fn turns(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The first `shown` of a list, and how many there are where there are more: `2、3、5`, `2、3 等 7`.
pub fn listed(items: &[impl ToString], shown: usize) -> String {
    let first: Vec<String> = items.iter().take(shown).map(ToString::to_string).collect();
    let more = if items.len() > shown { format!(" 等 {}", items.len()) } else { String::new() };
    first.join("、") + &more
}

/// The text of a file that a spreadsheet has saved: UTF-8 with or without a byte-order mark, UTF-16 with one, else GB 18030 (what Excel and WPS save as "CSV").
pub fn decoded(bytes: &[u8]) -> Option<String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let candidates = marked.map_or(vec![UTF_8, GB18030], |encoding| vec![encoding]);
    let sound = |encoding: &'static Encoding| {
        let (text, broken) = encoding.decode_with_bom_removal(bytes);
        (!broken).then(|| text.into_owned())
    };
    candidates.into_iter().find_map(sound)
}

/// The line of a CSV text in which a record begins, from 1, as editors count: the reader's position is before the end of the line above,
/// and before the blank lines that it skips.
pub fn line_of(text: &str, position: &csv::Position) -> usize {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let skipped = text.bytes().skip(start).take_while(|byte| matches!(byte, b'\n' | b'\r'));
    usize::try_from(position.line()).unwrap_or(usize::MAX).saturating_add(skipped.filter(|byte| *byte == b'\n').count())
}

/// What stands between the cells of a CSV text, by its first line.
pub fn csv_delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' }
}

/// A cell of a CSV text without spaces around it and what spreadsheets put before a number to keep it a text.
pub fn csv_cell(cell: &str) -> &str {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    cell.strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"')).unwrap_or(cell).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_ends_with_how_many_there_are() {
        assert_eq!(listed(&[2, 3, 5], 3), "2、3、5");
        assert_eq!(listed(&["a", "b", "c"], 2), "a、b 等 3");
    }

    #[test]
    fn a_text_is_bounded_and_has_no_control_characters() {
        assert_eq!(bounded("原因", "  姓名有误 ", 4), Ok("姓名有误"));
        for text in ["", "　", "姓名有误了", "姓\u{0}名", "姓\n名", "\u{7f}", "姓\u{202e}名", "姓\u{2066}名", "姓\u{ffff}名"]
        {
            assert!(bounded("原因", text, 4).is_err(), "{text:?}");
        }
        assert_eq!(bounded("原因", "姓\u{7}名", 4), Err("原因第 2 个字是控制字符 U+0007，请删去".to_owned()));
    }
}
