//! TOML that people write, in whatever encoding their editor saves it, and what is wrong with it in their words.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};
use serde::de::DeserializeOwned;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlProblem {
    /// Line, from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong, in Chinese; names of fields stay as they are.
    pub message: String,
}

impl std::fmt::Display for TomlProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "第 {line} 行：{}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A text as it is parsed, and what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainText {
    /// The text.
    pub text: String,
    /// What was done, in Chinese; empty where nothing was.
    pub changes: Vec<String>,
}

/// The text of a file: UTF-8 or UTF-16 where the file says so by its first bytes, UTF-8 where it is that, otherwise the encoding of
/// Chinese Windows. Characters that cannot be seen go; outside texts, full-width signs and quotes are the ones that TOML has.
///
/// # Errors
/// It is none of them.
pub fn plain_text(bytes: &[u8]) -> Result<PlainText, TomlProblem> {
    let (decoded, encoding) = decoded(bytes)
        .ok_or_else(|| TomlProblem {
            line: None, message: "不是文本文件，或编码无法识别（请用记事本另存为 UTF-8 编码）".to_owned()
        })?;
    let mut changes = Vec::new();
    if encoding != UTF_8 {
        let name = if encoding == GB18030 { "GBK" } else { "UTF-16" };
        changes.push(format!("按 {name} 编码"));
    }
    let seen: String = decoded.chars().filter(|c| !is_invisible(*c)).collect();
    if seen != decoded {
        changes.push("去掉了看不见的字符".to_owned());
    }
    let text = ascii_syntax(&seen);
    if text != seen {
        changes.push("引号、等号等标点按半角".to_owned());
    }
    Ok(PlainText { text, changes })
}

fn decoded(bytes: &[u8]) -> Option<(Cow<'_, str>, &'static Encoding)> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (GB18030, bytes),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    // A picture or a workbook may be legal GB18030.
    (!text.contains('\0')).then_some((text, encoding))
}

/// Zero-width characters and direction marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Where in the text the next character stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Syntax,
    Comment,
    /// A text that ends with this.
    Text(char),
    /// A text of several lines: it is left as it is, to its end.
    Lines,
}

/// With the quotes and signs of a Chinese keyboard replaced where TOML has its own; texts stay as they are.
fn ascii_syntax(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = Within::Syntax;
    for c in text.chars() {
        let (next, written) = match (within, c) {
            (Within::Lines, _) => (Within::Lines, c),
            (_, '\n') => (Within::Syntax, c),
            (Within::Syntax, '#') => (Within::Comment, c),
            (Within::Syntax, '"' | '\'') if out.ends_with(&String::from_iter([c, c])) => (Within::Lines, c),
            (Within::Syntax, '"' | '\'') => (Within::Text(c), c),
            (Within::Syntax, '“' | '”' | '＂' | '〝') => (Within::Text('”'), '"'),
            (Within::Syntax, '\u{A0}' | '\u{3000}') => (within, ' '),
            (Within::Syntax, '【') => (within, '['),
            (Within::Syntax, '】') => (within, ']'),
            (Within::Syntax, '\u{FF01}'..='\u{FF5E}') => (within, char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)),
            // What was begun with a Chinese quote ends with whichever comes.
            (Within::Text('”'), '”' | '“' | '"' | '＂' | '〞') => (Within::Syntax, '"'),
            (Within::Text(end), _) if c == end && !(c == '"' && out.ends_with('\\')) => (Within::Syntax, c),
            _ => (within, c),
        };
        out.push(written);
        within = next;
    }
    out
}

/// Reads a text.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, TomlProblem> {
    toml::from_str(text).map_err(|error| problem(text, &error))
}

/// What a parser's error says of `text`.
pub(crate) fn problem(text: &str, error: &toml::de::Error) -> TomlProblem {
    let line = error.span().map(|span| line_at(text, span.start));
    TomlProblem { line, message: in_chinese(error.message()) }
}

/// The line, from 1, that a byte of `text` is in.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn in_chinese(message: &str) -> String {
    let quoted: String = message.split('`').nth(1).unwrap_or_default().chars().take(40).collect();
    let known = [
        ("missing field", "缺少“{}”"),
        ("unknown field", "没有“{}”这一项"),
        ("unknown variant", "“{}”不在可选值之内"),
        ("duplicate field", "“{}”写了两次"),
    ];
    if let Some((_, text)) = known.iter().find(|(start, _)| message.starts_with(start)) {
        let (_, allowed) = message.split_once(", expected ").unwrap_or_default();
        let allowed: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        let allowed = if allowed.is_empty() { String::new() } else { format!("（可写：{}）", allowed.join("、")) };
        return text.replace("{}", &quoted) + &allowed;
    }
    if message.starts_with("invalid type") || message.starts_with("invalid value") {
        return "值的类型不对（日期写作 2022-06-20，是否写作 true 或 false，文字加引号，数字不加）".to_owned();
    }
    // Messages of our own are in Chinese already.
    if message.is_ascii() { "格式有误（TOML）".to_owned() } else { message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEST: &str = "name = \"2022年四川省样例大赛（热菜）\"\n";

    fn plain(bytes: &[u8]) -> (String, Vec<String>) {
        let plain = plain_text(bytes).expect("a text");
        (plain.text, plain.changes)
    }

    #[test]
    fn a_text_is_read_in_the_encodings_that_editors_save() {
        assert_eq!(plain(CONTEST.as_bytes()), (CONTEST.to_owned(), vec![]));
        assert_eq!(plain(&[b"\xEF\xBB\xBF", CONTEST.as_bytes()].concat()), (CONTEST.to_owned(), vec![]));
        assert_eq!(plain(&GB18030.encode(CONTEST).0), (CONTEST.to_owned(), vec!["按 GBK 编码".to_owned()]));
        for (mark, bytes) in [([0xFF, 0xFE], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xFE, 0xFF], u16::to_be_bytes)] {
            let wide: Vec<u8> = mark.into_iter().chain(CONTEST.encode_utf16().flat_map(bytes)).collect();
            assert_eq!(plain(&wide), (CONTEST.to_owned(), vec!["按 UTF-16 编码".to_owned()]));
        }
        for bytes in [&b"PK\x03\x04\0\0"[..], b"\xFF\xD8\xFF\xE0\0", b"name = \"\x80\xFF\xFF\""] {
            assert!(plain_text(bytes).expect_err("no text").message.contains("UTF-8"));
        }
    }

    #[test]
    fn what_cannot_be_seen_goes_and_signs_of_a_chinese_keyboard_are_read() {
        assert_eq!(
            plain("\u{200B}name = \"样例\u{200B}大赛\u{FEFF}\"".as_bytes()),
            ("name = \"样例大赛\"".to_owned(), vec!["去掉了看不见的字符".to_owned()])
        );
        let cases = [
            ("name = “样例大赛”", "name = \"样例大赛\""),
            ("name　＝ \"样例（大赛），“一”\"", "name = \"样例（大赛），“一”\""),
            ("【【events】】\nname = '＝'", "[[events]]\nname = '＝'"),
            ("year ＝ ２０２２ # 年份“＝”", "year = 2022 # 年份“＝”"),
            ("a = \"\\\"＝\"\nb＝1", "a = \"\\\"＝\"\nb=1"),
            ("a = \"\"\"＝\n＝\"\"\"", "a = \"\"\"＝\n＝\"\"\""),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text.as_bytes()).0, expected);
        }
    }

    #[test]
    fn an_error_lists_what_may_be_written() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Record {
            #[expect(dead_code, reason = "only read")]
            class: crate::values::vocabulary::ContestClass,
        }
        let problem = |text: &str| parse::<Record>(text).expect_err("wrong").to_string();
        assert_eq!(problem("\nclass = \"国家级\""), "第 2 行：“国家级”不在可选值之内（可写：省级一类、省级二类）");
        assert_eq!(problem("klass = 1"), "第 1 行：没有“klass”这一项（可写：class）");
    }
}
