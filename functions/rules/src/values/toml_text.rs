//! TOML that people write, in whatever encoding their editor saves it, and what is wrong with it in their words.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use serde::de::DeserializeOwned;

use crate::values::date::day;
use crate::values::folding;
use crate::values::text::listed;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlProblem {
    /// Line, from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong, in Chinese; names of fields stay as they are.
    pub message: String,
    /// The field that is not there, where that is what is wrong.
    pub missing: Option<String>,
}

impl TomlProblem {
    fn new(line: Option<usize>, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), missing: None }
    }
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

/// The text of a file: UTF-8 or UTF-16 where the file says so by its first bytes, UTF-16 too where every other byte of its beginning
/// is zero, UTF-8 where it is that, otherwise the encoding of Chinese Windows. Characters that cannot be seen go; outside texts, full-width
/// signs and quotes are the ones that TOML has.
///
/// # Errors
/// It is none of them.
pub fn plain_text(bytes: &[u8]) -> Result<PlainText, TomlProblem> {
    let (decoded, encoding) =
        decoded(bytes).ok_or_else(|| TomlProblem::new(None, "不是文本文件，或编码无法识别（请用记事本另存为 UTF-8 编码）"))?;
    let mut changes = Vec::new();
    if encoding != UTF_8 {
        let name = if encoding == GB18030 { "GBK" } else { "UTF-16" };
        changes.push(format!("按 {name} 编码"));
    }
    let lines = line_breaks(&decoded);
    if lines.len() != decoded.len() || lines != decoded {
        changes.push("换行按 Windows 的写法".to_owned());
    }
    no_control(&lines)?;
    let seen: String = lines.chars().filter(|c| !is_invisible(*c)).collect();
    if seen != lines || escapes(&seen).any(is_escaped_invisible) {
        changes.push("去掉了看不见的字符".to_owned());
    }
    if escapes(&seen).any(|escape| escape.starts_with(['n', 'r', 't'])) {
        changes.push("文字中的换行、制表符已去掉或改为空格".to_owned());
    }
    let text = ascii_syntax(&seen);
    changes.extend(changed_lines(&seen, &text).map(|lines| format!("{lines}的引号、等号、空格等按半角")));
    let plain = plain_values(&text);
    changes.extend(changed_lines(&text, &plain).map(|lines| format!("{lines}按规范写法")));
    Ok(PlainText { text: plain, changes })
}

/// Lines that a notice names; of more it says how many.
const LINES_SHOWN: usize = 5;

/// Which lines are others, in Chinese; none where none is.
fn changed_lines(before: &str, after: &str) -> Option<String> {
    let changed = (1_usize..).zip(before.lines().zip(after.lines())).filter(|(_, (before, after))| before != after);
    let lines: Vec<usize> = changed.map(|(line, _)| line).collect();
    (!lines.is_empty()).then(|| format!("第 {} 行", listed(&lines, LINES_SHOWN)))
}

/// With the line breaks of old Macs as everywhere else.
fn line_breaks(text: &str) -> Cow<'_, str> {
    let is_lone = |(at, _): (usize, &str)| !text[at + 1..].starts_with('\n');
    if text.match_indices('\r').any(is_lone) { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// TOML has no control characters but line breaks and tabs: which it is, and where.
fn no_control(text: &str) -> Result<(), TomlProblem> {
    let wrong = (1..).zip(text.split('\n')).find_map(|(line, written)| Some((line, folding::control(written)?)));
    wrong.map_or(Ok(()), |(line, found)| Err(TomlProblem::new(Some(line), format!("{}，请删去", folding::control_said(found)))))
}

/// What follows each backslash that begins an escape (`\n`, `\u202E`), to the end of the text.
fn escapes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, escape) = rest.split_once('\\')?;
        rest = escape.get(1..).unwrap_or_default();
        Some(escape)
    })
}

/// Whether it is a character that cannot be seen (`u202E`): it goes when the text is read.
fn is_escaped_invisible(escape: &str) -> bool {
    let digits = escape.strip_prefix('u').and_then(|digits| digits.get(..4));
    let named = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    named.is_some_and(|c| folding::is_invisible(c) && !c.is_control())
}

/// 是 or 否 in whatever word.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match folding::folded(text).to_ascii_lowercase().as_str() {
        "true" | "是" | "yes" | "真" | "对" => Some(true),
        "false" | "否" | "不是" | "no" | "假" => Some(false),
        _ => None,
    }
}

/// Fields by the words for them, as clerks know them: any that is written, not only the title that messages use.
const WORDS: [(&str, &str); 22] = [
    ("大赛名称", "name"),
    ("竞赛名称", "name"),
    ("赛项名称", "name"),
    ("赛项", "name"),
    ("竞赛类别", "class"),
    ("大赛类别", "class"),
    ("是否人社部门主办", "hrss_hosted"),
    ("牵头主办单位", "organiser"),
    ("主办单位", "organiser"),
    ("组委会", "committee"),
    ("组委会名称", "committee"),
    ("管辖地区", "jurisdiction"),
    ("大赛年份", "year"),
    ("竞赛年份", "year"),
    ("决赛日期", "final_on"),
    ("发证日期", "issued_on"),
    ("职业名称", "occupation"),
    ("职业", "occupation"),
    ("职业编码", "occupation_code"),
    ("工种", "job"),
    ("获奖人数", "winners"),
    ("联系电话", "phone"),
];

/// The tables of which a record may have several.
const LISTS: [(&str, &str); 5] = [("events", "events"), ("event", "events"), ("赛项", "events"), ("bodies", "bodies"), ("body", "bodies")];

/// With what people write otherwise as TOML has it: 是 and 否, days as `2022/5/28`, one of several tables in single brackets, names of
/// fields in capitals or as Americans spell them, a colon for the equals sign, a comma behind a value, `//` before a comment. Texts of
/// several lines are rare and left alone, with all around them.
fn plain_values(text: &str) -> String {
    if text.contains("\"\"\"") || text.contains("\'\'\'") {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| plain_line(&plain_field(line)).into_owned()).collect()
}

/// A line with its field's name, the sign behind it, and the end of its value as TOML has them.
fn plain_field(line: &str) -> Cow<'_, str> {
    let written = line.trim();
    if let Some(comment) = written.strip_prefix("//") {
        return Cow::Owned(line.replacen(written, &format!("# {comment}"), 1));
    }
    let is_name = |c: char| c.is_alphabetic() || c == '_';
    let end = written.find(|c| !is_name(c)).unwrap_or(written.len());
    let (name, rest) = written.split_at(end);
    let word = WORDS.iter().find(|(word, _)| *word == name);
    if word.is_none() && !name.is_ascii() {
        return Cow::Borrowed(line);
    }
    let Some(value) = rest.trim_start().strip_prefix(['=', ':']).map(str::trim).filter(|_| !name.is_empty()) else {
        return Cow::Borrowed(line);
    };
    // A list or a table goes on behind its comma.
    let is_single = !value.starts_with(['[', '{']) && !value.contains('#');
    let ended = if is_single { value.trim_end_matches([',', ';', '，', '；', '。']).trim_end() } else { value };
    let known = word.map_or_else(|| name.to_ascii_lowercase().replace("organizer", "organiser"), |(_, field)| (*field).to_owned());
    if known == name && ended == value && rest.trim_start().starts_with('=') {
        return Cow::Borrowed(line);
    }
    Cow::Owned(line.replacen(written, &format!("{known} = {ended}"), 1))
}

fn plain_line(line: &str) -> Cow<'_, str> {
    let written = line.split('#').next().unwrap_or(line).trim();
    if written.starts_with('[') {
        let name = written.trim_matches(['[', ']', ' ']);
        let list = LISTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        return list.map_or(Cow::Borrowed(line), |(_, list)| Cow::Owned(line.replacen(written, &format!("[[{list}]]"), 1)));
    }
    let Some((_, value)) = written.split_once('=') else { return Cow::Borrowed(line) };
    let value = value.trim();
    let is_day = value.contains(|c: char| !c.is_ascii_digit()) && !value.starts_with(['"', '\'']);
    let plain = match flag(value) {
        Some(flag) if !value.starts_with(['"', '\'']) => flag.to_string(),
        _ => match day(value).ok().filter(|_| is_day) {
            Some(day) if !value.contains([':', 'T']) => day.to_string(),
            _ => return Cow::Borrowed(line),
        },
    };
    let at = line.find('=').map_or(0, |at| at + 1);
    let (key, rest) = line.split_at(at);
    Cow::Owned(format!("{key}{}", rest.replacen(value, &plain, 1)))
}

fn decoded(bytes: &[u8]) -> Option<(Cow<'_, str>, &'static Encoding)> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None => {
            let by_content = || if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { GB18030 };
            (utf_16(bytes).unwrap_or_else(by_content), bytes)
        }
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    // A picture or a workbook may be legal GB18030.
    (!text.contains('\0')).then_some((text, encoding))
}

/// UTF-16 without a mark: it begins with the name of a field, four letters and more of ASCII.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = bytes.first_chunk::<8>()?.map(|byte| byte == 0);
    match zeros {
        [false, true, false, true, false, true, false, true] => Some(UTF_16LE),
        [true, false, true, false, true, false, true, false] => Some(UTF_16BE),
        _ => None,
    }
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
    let mut is_value = false;
    for (at, c) in text.char_indices() {
        let rest = || rest_of_line(&text[at + c.len_utf8()..]);
        if within == Within::Syntax && (is_quote(c) || c == '〝') {
            is_value = out.trim_end().ends_with('=');
        }
        let (next, written) = match (within, c) {
            (Within::Lines, _) => (Within::Lines, c),
            (_, '\n') => (Within::Syntax, c),
            (Within::Syntax, '#') => (Within::Comment, c),
            (Within::Syntax, '"' | '\'') if out.ends_with(&String::from_iter([c, c])) => (Within::Lines, c),
            (Within::Syntax, '"') if ends_in_chinese(rest()) => (Within::Text('”'), c),
            (Within::Syntax, '"' | '\'') => (Within::Text(c), c),
            (Within::Syntax, '“' | '”' | '＂' | '〝') => (Within::Text('”'), '"'),
            (Within::Syntax, '\u{A0}' | '\u{3000}') => (within, ' '),
            (Within::Syntax, '【') => (within, '['),
            (Within::Syntax, '】') => (within, ']'),
            (Within::Syntax, '\u{FF01}'..='\u{FF5E}') => (within, char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)),
            // What was begun with a Chinese quote ends with whichever comes, the last of those that may end it.
            (Within::Text('”'), c) if is_quote(c) && !goes_on(rest(), is_value) => (Within::Syntax, '"'),
            (Within::Text('”'), _) => {
                out.extend((c == '"').then_some('\\'));
                (within, c)
            }
            (Within::Text(end), _) if c == end && !(c == '"' && out.ends_with('\\')) => (Within::Syntax, c),
            _ => (within, c),
        };
        out.push(written);
        within = next;
    }
    out
}

/// Characters of a line that are looked at for the end of a text: more than any has that people write.
const MAX_LINE: usize = 1_000;

fn rest_of_line(text: &str) -> &str {
    let last = text.char_indices().take(MAX_LINE).take_while(|(_, c)| *c != '\n').last();
    &text[..last.map_or(0, |(at, c)| at + c.len_utf8())]
}

fn is_quote(c: char) -> bool {
    matches!(c, '”' | '“' | '"' | '＂' | '〞')
}

/// Whether a text, behind the `"` that begins it, has one quote only, at its end, and that of a Chinese keyboard.
fn ends_in_chinese(rest: &str) -> bool {
    let mut quotes = rest.match_indices(is_quote);
    let (Some((at, quote)), None) = (quotes.next(), quotes.next()) else { return false };
    quote != "\"" && ends_value(&rest[at + quote.len()..])
}

/// Whether a value can end before `rest` of its line: nothing follows, or a comment.
fn ends_value(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// Whether a text goes on behind a quote, before `rest` of its line: the text cannot end there, and can behind a later one. One that is
/// not the whole value stands in a list.
fn goes_on(rest: &str, is_value: bool) -> bool {
    let ends = |rest: &str| ends_value(rest) || (!is_value && rest.trim_start().starts_with([',', '，', ']', '】', '}']));
    !ends(rest) && rest.match_indices(is_quote).any(|(at, quote)| ends(&rest[at + quote.len()..]))
}

/// Reads a text.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, TomlProblem> {
    toml::from_str(text).map_err(|error| problem(text, &error))
}

/// What a parser's error says of `text`.
pub(crate) fn problem(text: &str, error: &toml::de::Error) -> TomlProblem {
    let line = error.span().map(|span| line_at(text, span.start));
    if error.message().starts_with("duplicate key")
        && let Some(message) = line.and_then(|line| written_twice(text, line))
    {
        return TomlProblem::new(line, message);
    }
    let missing = error.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
    TomlProblem { missing, ..TomlProblem::new(line, in_chinese(error.message())) }
}

/// What is said of the key, or table, of a line that is there a second time.
fn written_twice(text: &str, line: usize) -> Option<String> {
    let key = |line: &str| line.split(['=', '#']).next().unwrap_or_default().trim().trim_matches('"').to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let own = key(lines.get(line.checked_sub(1)?)?);
    if own.is_empty() {
        return None;
    }
    let start = if own.starts_with('[') {
        0
    } else {
        lines.get(..line - 1)?.iter().rposition(|line| line.trim_start().starts_with('[')).unwrap_or(0)
    };
    let earlier = (start..line - 1).rev().find(|at| lines.get(*at).is_some_and(|line| key(line) == own)).map(|at| at + 1);
    let shown: String = own.chars().take(40).collect();
    let place = earlier.map_or_else(String::new, |at| format!("（第 {at} 行已有）"));
    Some(format!("“{shown}”写了两次{place}，请只留一处"))
}

/// The line, from 1, that a byte of `text` is in.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// What is said of a text that is no TOML.
pub(crate) const NO_TOML: &str = "格式有误（TOML）";

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
    if message.is_ascii() { NO_TOML.to_owned() } else { message.to_owned() }
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
        for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let unmarked: Vec<u8> = CONTEST.encode_utf16().flat_map(bytes).collect();
            assert_eq!(plain(&unmarked), (CONTEST.to_owned(), vec!["按 UTF-16 编码".to_owned()]));
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
            ("name = “四川省“天府杯”，“乙””", "name = \"四川省“天府杯”，“乙”\""),
            ("a = [“甲”，“乙”]", "a = [\"甲\",\"乙\"]"),
            ("a = “甲\"乙\"丙” # “丁”", "a = \"甲\\\"乙\\\"丙\" # “丁”"),
            ("a = \"甲”", "a = \"甲\""),
            ("a = \"甲“乙”", "a = \"甲“乙”"),
            ("a = \"\"\"＝\n＝\"\"\"", "a = \"\"\"＝\n＝\"\"\""),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text.as_bytes()).0, expected);
        }
    }

    #[test]
    fn values_that_toml_has_no_form_for_are_taken_as_they_are_meant() {
        for (text, expected) in [
            ("hrss_hosted = 是", "hrss_hosted = true"),
            ("hrss_hosted = FALSE # 否", "hrss_hosted = false # 否"),
            ("final_on = 2022/5/28", "final_on = 2022-05-28"),
            ("final_on = 2022-5-28\r\n", "final_on = 2022-05-28\r\n"),
            ("final_on = 2022年5月28日  # 决赛", "final_on = 2022-05-28  # 决赛"),
            ("[events]\nname = \"是\"", "[[events]]\nname = \"是\""),
            ("[[Event]] # 一", "[[events]] # 一"),
            ("a = 1\rb = 2\r", "a = 1\nb = 2\n"),
            ("name: \"样例\"", "name = \"样例\""),
            ("  year: 2022\n", "  year = 2022\n"),
            ("hrss_hosted = true,", "hrss_hosted = true"),
            ("year = 2022;\r\n", "year = 2022\r\n"),
            ("Organizer = \"样例\"", "organiser = \"样例\""),
            ("// 大赛信息", "#  大赛信息"),
            ("大赛名称 = \"样例\"", "name = \"样例\""),
            ("  职业编码: \"6-18-01-01\"", "  occupation_code = \"6-18-01-01\""),
        ] {
            let (read, changes) = plain(text.as_bytes());
            assert_eq!(read, expected);
            assert_eq!(changes.len(), 1, "{text}: {changes:?}");
        }
        for text in [
            "a = \"2022/5/28\"",
            "a = 2022-05-28",
            "a = 2022-05-28T00:00:00",
            "a = 20220528",
            "a = 3",
            "[other]",
            "levels = [3,\n4]",
            "a = 1 # 说明，",
            "a = \"甲，\"",
            "a = \"\"\"\n[events]\"\"\"",
        ] {
            assert_eq!(plain(text.as_bytes()), (text.to_owned(), vec![]), "{text}");
        }
        assert_eq!(plain(br#"a = "\u202e""#).1, ["去掉了看不见的字符"]);
        assert_eq!(plain(br#"a = "x\ty""#).1, ["文字中的换行、制表符已去掉或改为空格"]);
        assert_eq!(plain(br#"a = "x\\ty""#).1, Vec::<String>::new(), "a backslash, and a letter");
    }

    #[test]
    fn a_control_character_and_a_repeated_key_are_named_with_their_lines() {
        let problem = plain_text(b"a = 1\nb = \"x\x1b[31m\"").expect_err("control").to_string();
        assert_eq!(problem, "第 2 行：第 7 个字是控制字符 U+001B，请删去");
        let twice = |text: &str| parse::<toml::Table>(text).expect_err("twice").to_string();
        assert_eq!(twice("year = 2022\nname = 1\nyear = 2022"), "第 3 行：“year”写了两次（第 1 行已有），请只留一处");
        assert_eq!(twice("a = 1\n[b]\na = 1\na = 2"), "第 4 行：“a”写了两次（第 3 行已有），请只留一处");
        assert_eq!(twice("[b]\na = 1\n[b]\na = 2"), "第 3 行：“[b]”写了两次（第 1 行已有），请只留一处");
    }

    #[test]
    fn an_error_lists_what_may_be_written() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Record {
            #[expect(dead_code, reason = "only read")]
            form: crate::values::vocabulary::Form,
        }
        let problem = |text: &str| parse::<Record>(text).expect_err("wrong").to_string();
        assert_eq!(problem("\nform = \"half\""), "第 2 行：“half”不在可选值之内（可写：full、overprint）");
        assert_eq!(problem("klass = 1"), "第 1 行：没有“klass”这一项（可写：form）");
    }
}
