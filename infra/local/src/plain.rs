//! Texts of others made harmless for what shows them: a terminal, a spreadsheet.

use std::borrow::Cow;

/// A cell that no spreadsheet takes for a formula: an apostrophe before what would begin one.
pub(crate) fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// A text that moves nothing on a terminal: control characters (escape sequences begin with one) and marks that turn the
/// direction of writing are shown as `\u{…}`. Line breaks and tabs stay.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|character| match character {
        hidden if is_hidden(hidden) => hidden.escape_unicode().to_string(),
        other => other.to_string(),
    });
    Cow::Owned(shown.collect())
}

fn is_hidden(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\n' | '\t');
    control || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_a_text() {
        assert_eq!(line("申报 甲\n\t乙"), "申报 甲\n\t乙");
        assert_eq!(line("\u{1b}]0;标题\u{7}\u{1b}[2J"), "\\u{1b}]0;标题\\u{7}\\u{1b}[2J");
        assert_eq!(line("甲\r乙\u{9b}2J\u{202e}丙\u{2066}"), "甲\\u{d}乙\\u{9b}2J\\u{202e}丙\\u{2066}");
    }
}
