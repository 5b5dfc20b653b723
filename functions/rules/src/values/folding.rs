//! Texts as people see them: what cannot be seen goes, and what looks alike is alike.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Takes no room on paper or screen: zero-width characters, direction marks, variation selectors, fillers, controls. Line breaks
/// and the like are spaces, not these.
pub fn is_invisible(c: char) -> bool {
    let filler =
        matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}');
    let mark = matches!(u32::from(c), 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
        | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF);
    filler || mark || (is_no_text(c) && !c.is_whitespace())
}

/// Belongs into no text: a control character, or one that Unicode never gives to anything (noncharacters, Unicode 23.7).
pub(crate) fn is_no_text(c: char) -> bool {
    let value = u32::from(c);
    c.is_control() || value & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&value)
}

/// A space of any kind, line breaks and the blank of Braille included.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// A control character or noncharacter, which no text has, and its place, from 1: one that is no line break, tab or the like, as itself
/// or as workbooks escape it (`_x001B_`).
pub fn control(text: &str) -> Option<(usize, char)> {
    let is_control = |c: &char| is_no_text(*c) && !c.is_whitespace();
    let escaped = |(at, _): (usize, &str)| {
        let digits = text.get(at + 2..at + 6).filter(|_| text.get(at + 6..at + 7) == Some("_"))?;
        let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).filter(is_control)?;
        Some((text.get(..at)?.chars().count() + 1, c))
    };
    let own = text.chars().enumerate().find(|(_, c)| is_control(c)).map(|(at, c)| (at + 1, c));
    own.or_else(|| text.match_indices("_x").find_map(escaped))
}

/// What is said of a control character.
pub fn control_said((at, c): (usize, char)) -> String {
    let what = if c.is_control() { "控制字符" } else { "不属于任何文字的字符" };
    format!("第 {at} 个字是{what} U+{:04X}", u32::from(c))
}

/// The first character that cannot be seen and would be taken out.
pub fn invisible(text: &str) -> Option<char> {
    text.chars().find(|c| is_invisible(*c))
}

/// Of a script that is written without spaces.
pub(crate) fn is_wide(c: char) -> bool {
    c >= '\u{2E80}'
}

/// Nothing to do to it: ideographs of the main block, and letters, digits and signs of ASCII but spaces and the apostrophe.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c) || (c.is_ascii_graphic() && c != '\''))
}

/// The text as it is seen in its cell, on one line: without invisible characters, outer spaces and the `'` that says “text” to a
/// spreadsheet program. A line break (Alt+Enter) goes between ideographs, and is a space between words.
pub fn seen(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains("_x00") {
        return Cow::Borrowed(text);
    }
    // What calamine leaves of an escaped line break.
    let text = if text.contains("_x00") { Cow::Owned(text.replace("_x000D_", "\n").replace("_x000A_", "\n")) } else { Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut broken = false;
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if matches!(c, '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            broken = true;
            continue;
        }
        if std::mem::take(&mut broken) && !is_wide(c) && out.chars().next_back().is_some_and(|last| !is_wide(last) && !is_space(last)) {
            out.push(' ');
        }
        out.push(c);
    }
    let trimmed = out.trim_matches(is_space);
    let marked = trimmed.strip_prefix('\'').filter(|rest| !rest.contains('\'')).map_or(trimmed, |rest| rest.trim_matches(is_space));
    Cow::Owned(marked.to_owned())
}

/// A text for comparing: equal to the eye is equal. Width, the make of brackets, dashes and quotes, spaces and apostrophes do not count.
pub fn folded(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains("_x00") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(plain(&seen(text)).filter(|c| *c != '\'').nfc().collect())
}

/// Whether two texts are equal to the eye.
pub fn alike(one: &str, other: &str) -> bool {
    one == other || folded(one) == folded(other)
}

/// A number or a code as it is meant: half-width, capital letters, without spaces, quotes and invisible characters, every dash a
/// hyphen. Letters of other scripts that look like an X are left to whoever knows where an X may stand.
pub fn code(text: &str) -> String {
    code_as_written(text).to_ascii_uppercase()
}

/// The same with its letters as they are, so that a message can name them.
pub fn code_as_written(text: &str) -> String {
    plain(text).filter(|c| !matches!(c, '\'' | '"')).nfc().collect()
}

/// The number in a text that says besides what it is or whose: without a label before it (`手机：138…`, `身份证510…`) and a note in
/// brackets behind it (`138…（本人）`), in brackets itself or not. For texts of [`code_as_written`].
pub(crate) fn number_alone(text: &str) -> &str {
    let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    let text = text.rsplit_once(':').map_or(text, |(label, number)| if label.contains(is_digit) { text } else { number });
    let text = text.trim_start_matches(is_han).trim_matches(|c| is_end_mark(c) || c == '#');
    match text.split_once('(') {
        Some(("", inner)) => inner.strip_suffix(')').unwrap_or(text),
        Some((number, note)) if note.ends_with(')') && !note.contains(is_digit) => number,
        _ => text,
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Ends a number in a list or a sentence, and is no part of it.
pub(crate) fn is_end_mark(c: char) -> bool {
    matches!(c, ',' | ';' | '.' | ':' | '、' | '。' | '，' | '；')
}

/// What is seen of the text, each character taken apart and of its plain make. A spacing accent is taken apart into a space and an
/// accent that would join the letter before it: so the whole is composed again only when the spaces are gone.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(plain_sign).nfkd().filter(|c| !is_space(*c) && !is_invisible(*c)).map(plain_sign)
}

/// Signs that differ by their width or their make alone.
fn plain_sign(c: char) -> char {
    match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' | '─' | '⁃' | '˗' => '-',
        '•' | '‧' | '･' | '・' | '∙' | '⋅' | '\u{387}' => '·',
        '“' | '”' | '„' | '〝' | '〞' => '"',
        '‘' | '’' | '‛' | '`' | '´' => '\'',
        '∕' | '⁄' => '/',
        '〔' | '［' => '[',
        '〕' | '］' => ']',
        '〜' | '～' | '∼' => '~',
        '\u{2E80}'..='\u{2EFF}' => radical(c).unwrap_or(c),
        c => c,
    }
}

/// Radicals of the supplement that have no decomposition, and what they stand for (Unicode, EquivalentUnifiedIdeograph): those that
/// are ideographs of their own.
const RADICALS: &str = "⺠民⺩王⺫目⺬示⺼月⻁虎⻄西⻅见⻆角⻉贝⻋车⻑長⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻯竜⻰龙⻱龜⻲亀⺟母⻳龟⺎兀⺒巳⺓幺⺝月⺪疋⺮竹⻊足⻌辶";

/// The ideograph that a radical of the supplement stands for.
pub(crate) fn radical(c: char) -> Option<char> {
    RADICALS.chars().skip_while(|own| *own != c).nth(1)
}

/// What looks like an X: the signs and letters that stand for it in ID numbers.
pub(crate) fn looks_like_x(c: char) -> bool {
    matches!(c, 'X' | 'x' | 'Ｘ' | 'ｘ' | '×' | '✕' | '✖' | '╳' | '⨯' | 'Х' | 'х' | 'Χ' | 'χ' | 'Ⅹ' | 'ⅹ')
}

/// The text of a field that is read from TOML or JSON, as [`seen`].
pub(crate) mod text {
    use serde::{Deserialize, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).and_then(|text| super::without_control(&text).map(|text| super::seen(text).into_owned()))
    }
}

/// The same of a text that may be left out; an empty one is left out.
pub(crate) mod optional_text {
    use serde::{Deserialize, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.as_deref().map_or(Ok(""), super::without_control)?;
        Ok(text.map(|text| super::seen(&text).into_owned()).filter(|text| !text.is_empty()))
    }
}

/// A code that is read from TOML or JSON, as [`code`].
pub(crate) mod code_text {
    use serde::{Deserialize, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).and_then(|text| super::without_control(&text).map(super::code))
    }
}

/// A text that is kept has no control character: it would command terminals for as long as it is kept.
pub(crate) fn without_control<E: serde::de::Error>(text: &str) -> Result<&str, E> {
    control(text).map_or(Ok(text), |found| Err(E::custom(format!("{}，请删去", control_said(found)))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_goes() {
        for (text, expected) in [
            ("四川样例\u{200B}公司", "四川样例公司"),
            ("\u{FEFF} 数控车\u{3000}", "数控车"),
            ("四川样例\n机械公司", "四川样例机械公司"),
            ("ABC\r\nDEF", "ABC DEF"),
            ("四川_x000D_\n样例", "四川样例"),
            ("'数控车", "数控车"),
            ("O'Brien", "O'Brien"),
            ("'a' b", "'a' b"),
            ("\u{202E}车工\u{2069}", "车工"),
        ] {
            assert_eq!(seen(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_control_character_is_found_and_a_line_break_is_none() {
        assert_eq!(control("四川\u{1b}[31m样例"), Some((3, '\u{1b}')));
        assert_eq!(control("a\u{9b}"), Some((2, '\u{9b}')));
        assert_eq!(control("四川_x001B_[31m"), Some((3, '\u{1b}')));
        for text in ["四川\n样例", "a\tb\r\n", "_x000D_", "_x4F60_", "_x00", "零\u{200B}宽\u{202E}", "_x四川省_"] {
            assert_eq!(control(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_number_is_taken_out_of_its_label_and_its_note() {
        for (text, number) in [
            ("手机:13800000000", "13800000000"),
            ("tel:13800000000", "13800000000"),
            ("身份证510", "510"),
            ("13800000000(本人)", "13800000000"),
            ("(510)", "510"),
            ("#510。", "510"),
            ("1380(1)", "1380(1)"),
            ("138:139", "138:139"),
            ("(+86)138", "(+86)138"),
            ("(", "("),
        ] {
            assert_eq!(number_alone(text), number);
        }
    }

    #[test]
    fn what_looks_alike_is_alike() {
        for (one, other) in [
            ("大赛（省级）", "大赛(省级)"),
            ("ＡＢＣ杯", "ABC杯"),
            ("6—18–01‑01", "6-18-01-01"),
            ("数控 车", "数控\u{200B}车"),
            ("“样例杯”大赛", "\"样例杯\"大赛"),
            ("电工\n（高压）", "电工(高压)"),
            ("`样例’杯", "'样例'杯"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        assert!(alike("\u{2F9E}工", "車工") && !alike("车工", "車工") && !alike("一类", "二类"));
    }

    #[test]
    fn a_code_has_no_quotes_of_any_make() {
        for text in ["'6-18", "‘6-18’", "‛6-18„", "〝6-18〞", "`6-18´"] {
            assert_eq!(code(text), "6-18", "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_folded_folds_to_itself(text in "\\PC{0,20}|[\u{200B}' \\n（）A-cＡ-Ｃ一-丐—'‘_x0D]{0,20}") {
            let once = seen(&text).into_owned();
            prop_assert_eq!(seen(&once), once.as_str());
            let once = folded(&text).into_owned();
            prop_assert_eq!(folded(&once).into_owned(), once);
            prop_assert_eq!(code(&code(&text)), code(&text));
        }
    }
}
