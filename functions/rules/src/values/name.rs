//! Names of people, as they stand on their documents.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::values::folding;

/// A person's name, normalised: middle dots are `·` (U+00B7), no outer spaces, no spaces that only spread a short name out, nothing
/// that cannot be seen, ideographs rather than radicals and compatibility characters that stand for them, composed Latin
/// letters. NFKC is never applied to the whole: it would turn other characters into something else. Its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

/// The longest name taken, in characters.
pub const MAX_CHARS: usize = 60;

impl PersonName {
    /// Normalises and checks; with it, what was done to it.
    pub fn parse(text: &str) -> Result<(Self, Vec<NameChange>), NameError> {
        Self::read(text, may_stand)
    }

    /// The same of a name that is to be written in by hand: it may hold characters of a private use area and descriptions of
    /// ideographs (⿰王玉), which no certificate shows.
    pub fn parse_by_hand(text: &str) -> Result<(Self, Vec<NameChange>), NameError> {
        Self::read(text, |c| may_stand(c) || is_makeshift(c))
    }

    fn read(text: &str, may_stand: impl Fn(char) -> bool) -> Result<(Self, Vec<NameChange>), NameError> {
        if let Some((_, control)) = folding::control(text) {
            return Err(NameError::Character(control));
        }
        let mut changes = Vec::new();
        let mut note = |change, changed: bool| changes.extend(changed.then_some(change));
        // Most names are ideographs alone: in them there is nothing to normalise.
        let name = if text.chars().all(is_ideograph) {
            text.to_owned()
        } else {
            let seen = folding::seen(text);
            note(
                NameChange::Invisible,
                text.contains(folding::is_invisible) || text.trim().contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']),
            );
            let ideographs: String = seen.chars().map(|c| ideograph(c).unwrap_or(c)).collect();
            let became = |is_it: fn(char) -> bool| seen.chars().zip(ideographs.chars()).any(|(was, now)| was != now && is_it(now));
            note(NameChange::Ideographs, became(is_han));
            note(NameChange::Hyphens, became(|now| now == '-'));
            let composed = composed(&ideographs);
            note(NameChange::Accents, composed != ideographs);
            // Before the layout, whose faults would hide it.
            if let Some(bad) = composed.chars().find(|c| !(may_stand(*c) || folding::is_space(*c) || is_middle_dot(*c) || *c == '。')) {
                return Err(NameError::Character(bad));
            }
            let name = without_layout(&middle_dots(&single_spaces(&composed)))?;
            note(NameChange::Layout, became(is_latin) || name != composed || seen.len() != text.len() && text.trim() != text);
            name
        };
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        if let Some(bad) = name.chars().find(|c| !may_stand(*c)) {
            return Err(NameError::Character(bad));
        }
        if let Some(bad) = out_of_place(&name) {
            return Err(NameError::Character(bad));
        }
        if name.starts_with('·') || name.ends_with('·') || name.contains("··") {
            return Err(NameError::Dot);
        }
        Ok((Self(name), changes))
    }

    /// What looks as if it were not meant so.
    pub fn oddity(&self) -> Option<NameOddity> {
        let chars: Vec<char> = self.0.chars().collect();
        let is_joint = |c: char| matches!(c, 'ㆍ' | '-' | '\'' | '’' | ',' | '.');
        let joined = chars.windows(3).find(|three| is_joint(three[1]) && (is_han(three[0]) || is_han(three[2])));
        let mixed = || chars.windows(2).any(|two| is_han(two[0]) && is_latin(two[1]) || is_latin(two[0]) && is_han(two[1]));
        let odd = joined.map(|three| NameOddity::Joint(three[1])).or_else(|| mixed().then_some(NameOddity::Pinyin));
        odd.or_else(|| (chars.len() == 1).then_some(NameOddity::Single))
    }

    /// The name itself: personal data.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A name, or a part of one, as it is looked for: as rows have it, and what is equal to the eye is equal.
pub fn sought(text: &str) -> String {
    let name = PersonName::parse(text).map_or_else(|_| text.to_owned(), |(name, _)| name.0);
    folding::folded(&name).into_owned()
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}**", self.0.chars().next().unwrap_or('*'))
    }
}

/// What was done to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameChange {
    /// Characters that cannot be seen, or line breaks, were taken out.
    Invisible,
    /// Radicals and compatibility characters became the ideographs that they stand for.
    Ideographs,
    /// Letters and their accents became one character.
    Accents,
    /// A hyphen of another make, or a dash, became a hyphen.
    Hyphens,
    /// Spaces, middle dots or the width of letters.
    Layout,
}

impl NameChange {
    /// What was done, in Chinese.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invisible => "去掉了看不见的字符或换行",
            Self::Ideographs => "部首、兼容字符换成了所代表的汉字",
            Self::Hyphens => "连接号按规范写法处理了",
            Self::Accents => "字母与附加符号合成了一个字符",
            Self::Layout => "空格、间隔号或全角字母按规范写法处理了",
        }
    }
}

/// What looks as if it were not meant so; the name stands all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOddity {
    /// Next to an ideograph a joint that is not the middle dot.
    Joint(char),
    /// Latin letters next to an ideograph: pinyin for a character that could not be typed.
    Pinyin,
    /// One character alone.
    Single,
}

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("姓名为空")]
    Empty,
    /// Over [`MAX_CHARS`].
    #[error("姓名过长，最多 {MAX_CHARS} 个字；证件上有缩写的按缩写填写，没有的请与省职鉴中心商定写法")]
    TooLong,
    /// A middle dot that joins nothing.
    #[error("姓名的间隔号“·”前后应各有文字，且不连写")]
    Dot,
    /// A space in a longer name: it may be layout, or stand for the middle dot.
    #[error("姓名中有空格：少数民族和外国人姓名的各部分之间用“·”，其余不留空格")]
    Space,
    /// A digit, a symbol, a control or a private-use character.
    #[error("姓名含有不应有的字符 U+{:04X}", u32::from(*.0))]
    Character(char),
}

/// Of the main block of CJK ideographs.
fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// An ideograph, of whatever block.
fn is_han(c: char) -> bool {
    is_ideograph(c) || matches!(u32::from(c), 0x3400..=0x4DBF | 0xFA0E..=0xFA29 | 0x20000..=0x3FFFF)
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && c < '\u{250}'
}

/// Of a private use area: what it looks like differs from one computer to the next. Or of a description of an ideograph.
pub fn is_makeshift(c: char) -> bool {
    matches!(u32::from(c), 0xE000..=0xF8FF | 0xF0000..=0x10FFFF | 0x2FF0..=0x2FFF | 0x303E | 0x31EF)
}

/// The ideograph that a radical or a compatibility character stands for, the letter of a full-width one, and the hyphen of what looks
/// like one.
pub(crate) fn ideograph(c: char) -> Option<char> {
    match u32::from(c) {
        // Twelve of the compatibility block are ideographs of their own, and have no decomposition.
        0x2F00..=0x2FD5 | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A | 0xFF0D => {
            c.nfkc().next().filter(|to| *to != c)
        }
        0x2010..=0x2015 | 0x2212 => Some('-'),
        0x2E80..=0x2EFF => folding::radical(c),
        _ => None,
    }
}

/// Latin letters with their accents as one character each; marks of other scripts stay as they are.
fn composed(text: &str) -> String {
    let is_mark = |c: char| matches!(u32::from(c), 0x300..=0x36F);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if !(is_latin(c) || matches!(u32::from(c), 0x1E00..=0x1EFF)) {
            out.push(c);
            continue;
        }
        let mut letter = String::from(c);
        while let Some(mark) = rest.next_if(|c| is_mark(*c)) {
            letter.push(mark);
        }
        out.extend(letter.nfc());
    }
    out
}

/// Outer spaces away; each run of inner ones becomes a single U+0020.
fn single_spaces(text: &str) -> String {
    text.split(folding::is_space).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The most ideographs of a name that is spread out with spaces (张　三).
const SPREAD: usize = 3;

/// Spaces next to an ideograph are layout where the name is short; one between words of other scripts is part of
/// the name.
fn without_layout(name: &str) -> Result<String, NameError> {
    let chars: Vec<char> = name.chars().collect();
    let spaced = |j: usize| chars.get(j).is_some_and(|c| is_spaced(*c));
    let is_layout = |i: usize| chars[i] == ' ' && !(i > 0 && spaced(i - 1) && spaced(i + 1));
    if !(0..chars.len()).any(is_layout) {
        return Ok(name.to_owned());
    }
    if chars.iter().filter(|c| **c != ' ').count() > SPREAD {
        return Err(NameError::Space);
    }
    Ok((0..chars.len()).filter(|&i| !is_layout(i)).map(|i| chars[i]).collect())
}

/// Every form of the middle dot becomes U+00B7, without spaces around it; a full stop, of either width, does so after
/// an ideograph, not after a Latin initial.
fn middle_dots(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let after_latin = out.trim_end().chars().next_back().is_some_and(is_spaced);
        match c {
            '.' | '．' if after_latin => out.push('.'),
            // What a Chinese keyboard has for a full stop.
            '。' if !after_latin => dot(&mut out),
            _ if is_middle_dot(c) => dot(&mut out),
            ' ' if out.ends_with('·') => {}
            _ => out.push(c),
        }
    }
    out
}

/// Of a script that parts words by spaces: whatever stands before the CJK blocks, but the middle dot.
fn is_spaced(c: char) -> bool {
    c < '\u{2E80}' && c != '·' && c != ' '
}

fn dot(out: &mut String) {
    out.truncate(out.trim_end().len());
    out.push('·');
}

pub(crate) fn is_middle_dot(c: char) -> bool {
    matches!(
        c,
        '·' | '.'
            | '．'
            | '•'
            | '‧'
            | '･'
            | '・'
            | '∙'
            | '⋅'
            | '\u{387}'
            | '●'
            | '⚫'
            | '᛫'
            | '⸱'
            | '⸳'
            | 'ꞏ'
            | '▪'
            | '﹒'
            | '｡'
    )
}

/// A sign that stands where no name has it: a hyphen at either end, an accent on an ideograph or on nothing.
fn out_of_place(name: &str) -> Option<char> {
    let is_quote = |c: char| matches!(c, '\'' | '’');
    // ’t Hooft is a name.
    let quotes_ideograph = name.strip_prefix(is_quote).is_some_and(|rest| rest.starts_with(is_han));
    let first = name.chars().next().filter(|c| matches!(c, '-' | ',' | '.') || quotes_ideograph);
    let ends = [first, name.chars().next_back().filter(|c| matches!(c, '-' | ',') || is_quote(*c))];
    let mut before = None;
    let mut accents = name.chars().filter(|c| {
        let carries = before.replace(*c).is_some_and(|own: char| is_combining_mark(own) || (own.is_alphabetic() && !is_wide_letter(own)));
        is_combining_mark(*c) && !carries
    });
    ends.into_iter().flatten().next().or_else(|| accents.next())
}

/// Of a script whose letters carry no accents: ideographs, Kana, Hangul.
fn is_wide_letter(c: char) -> bool {
    is_han(c) || matches!(u32::from(c), 0x3005..=0x30FF | 0xAC00..=0xD7A3)
}

fn may_stand(c: char) -> bool {
    let private_use = matches!(u32::from(c), 0xE000..=0xF8FF | 0xF0000..=0x10FFFF);
    !private_use && (c.is_alphabetic() || matches!(c, '·' | ' ' | '-' | '\'' | '’' | '.' | ',' | '〇') || is_mark(c))
}

/// Combining marks of scripts that names here are written in (Latin, Tibetan).
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F | 0xF0B | 0xF71..=0xFBC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Result<(String, bool), NameError> {
        PersonName::parse(text).map(|(name, changes)| (name.0, !changes.is_empty()))
    }

    #[test]
    fn spaces_and_dots_are_normalised_and_nothing_else() {
        assert_eq!(parsed("张　三"), Ok(("张三".into(), true)));
        assert_eq!(parsed(" 阿依古丽•买买提 "), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("阿依古丽.买买提"), Ok(("阿依古丽·买买提".into(), true)));
        for dot in ['·', '•', '‧', '･', '．', '.', '・', '▪'] {
            assert_eq!(parsed(&format!("阿依古丽{dot}买买提")).expect("a name").0, "阿依古丽·买买提", "{dot}");
        }
        assert_eq!(parsed("阿依古丽 · 买买提"), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("张 小 三"), Ok(("张小三".into(), true)));
        assert_eq!(parsed("John\u{A0} Smith"), Ok(("John Smith".into(), true)));
        assert_eq!(parsed("J． Smith"), Ok(("J. Smith".into(), true)));
        assert_eq!(parsed("J. Smith"), Ok(("J. Smith".into(), false)));
        assert_eq!(parsed("José María É. Ñandú"), Ok(("José María É. Ñandú".into(), false)));
        assert_eq!(parsed("John Smith"), Ok(("John Smith".into(), false)));
        assert_eq!(parsed("㛃䶮𬭎"), Ok(("㛃䶮𬭎".into(), false)));
    }

    #[test]
    fn a_name_is_looked_for_as_rows_have_it() {
        for text in ["阿依古丽.买买提", "阿依古丽• 买买提", "阿依古丽·买买提"] {
            assert_eq!(sought(text), "阿依古丽·买买提", "{text}");
        }
        assert_eq!((sought("古丽.买"), sought("·买"), sought("")), ("古丽·买".into(), "·买".into(), String::new()));
    }

    #[test]
    fn what_stands_for_an_ideograph_becomes_it() {
        let read = |text: &str| PersonName::parse(text).map(|(name, changes)| (name.0, changes));
        // A Kangxi radical, one of the supplement, compatibility ideographs of both blocks.
        for (text, name) in [("⽯磊", "石磊"), ("⻩河", "黄河"), ("\u{F9F4}某", "林某"), ("\u{2F800}某", "丽某"), ("⼀⼆", "一二")]
        {
            assert_eq!(read(text), Ok((name.into(), vec![NameChange::Ideographs])), "{text}");
        }
        // The twelve of the compatibility block that are ideographs of their own, and whatever NFKC would make something else of.
        for name in ["\u{FA0E}\u{FA29}", "〇某", "ཨོཾ"] {
            assert_eq!(read(name), Ok((name.into(), vec![])), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_seen_goes_and_accents_are_composed() {
        let read = |text: &str| PersonName::parse(text).map(|(name, changes)| (name.0, changes));
        for text in ["张\u{200B}三丰", "张三\n丰", "\u{202E}张三丰", "张三丰\u{FE00}", "张三丰\u{E0100}", "张\u{AD}三丰"]
        {
            assert_eq!(read(text), Ok(("张三丰".into(), vec![NameChange::Invisible])), "{text:?}");
        }
        assert_eq!(read("Jose\u{301} N\u{303}andu\u{301}"), Ok(("José Ñandú".into(), vec![NameChange::Accents])));
        assert_eq!(read("Nguye\u{302}\u{303}n"), Ok(("Nguyễn".into(), vec![NameChange::Accents])));
        assert_eq!(read("Ｊｏｈｎ"), Ok(("John".into(), vec![NameChange::Layout])));
        assert_eq!(read("Jean–Pierre"), Ok(("Jean-Pierre".into(), vec![NameChange::Hyphens])));
    }

    #[test]
    fn what_is_not_meant_so_is_said() {
        let odd = |text: &str| PersonName::parse(text).expect(text).0.oddity();
        assert_eq!(odd("阿依古丽ㆍ买买提"), Some(NameOddity::Joint('ㆍ')));
        assert_eq!(odd("阿依古丽-买买提"), Some(NameOddity::Joint('-')));
        assert_eq!(odd("张YAN"), Some(NameOddity::Pinyin));
        assert_eq!(odd("YAN张"), Some(NameOddity::Pinyin));
        assert_eq!((odd("张"), odd("A")), (Some(NameOddity::Single), Some(NameOddity::Single)));
        for dash in ['‐', '‑', '–', '—', '－'] {
            assert_eq!(odd(&format!("阿依古丽{dash}买买提")), Some(NameOddity::Joint('-')), "{dash}");
        }
        for text in ["王--明", "王'明", "A-买买提", "王,明"] {
            assert!(matches!(odd(text), Some(NameOddity::Joint(_))), "{text}");
        }
        for name in ["阿依古丽·买买提", "Jean-Luc", "张三", "A·买买提", "O’Higgins", "J. Smith"] {
            assert_eq!(odd(name), None, "{name}");
        }
    }

    #[test]
    fn a_makeshift_character_stands_only_where_the_name_is_written_in_by_hand() {
        for (text, bad) in [("张\u{E000}", '\u{E000}'), ("张⿰王玉", '⿰')] {
            assert_eq!(PersonName::parse(text), Err(NameError::Character(bad)));
            assert_eq!(PersonName::parse_by_hand(text).map(|(name, _)| name.0), Ok(text.to_owned()));
        }
        assert!(PersonName::parse_by_hand("张1").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_normalised_name_stays_as_it_is(text in "\\PC{0,12}|[张三阿·•.． \u{3000}a-cJ]{0,9}") {
            if let Ok((name, _)) = PersonName::parse(&text) {
                prop_assert_eq!(parsed(name.reveal()), Ok((name.reveal().to_owned(), false)));
            }
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(parsed("  "), Err(NameError::Empty));
        assert_eq!(parsed("张三1"), Err(NameError::Character('1')));
        assert_eq!(parsed("张\u{E000}"), Err(NameError::Character('\u{E000}')));
        assert_eq!(parsed("张\u{F0001}"), Err(NameError::Character('\u{F0001}')));
        assert_eq!(parsed("阿依古丽 买买提"), Err(NameError::Space));
        assert_eq!(parsed("·张三"), Err(NameError::Dot));
        assert_eq!(parsed("张\u{3000}．"), Err(NameError::Dot));
        assert_eq!(parsed("阿依古丽··买买提"), Err(NameError::Dot));
        assert_eq!(parsed(&"长".repeat(61)), Err(NameError::TooLong));
        for (text, bad) in [
            ("-王明", '-'),
            ("王明-", '-'),
            ("+王明", '+'),
            (",王明", ','),
            ("王明’", '’'),
            ("’王明", '’'),
            ("王\u{301}明", '\u{301}'),
            ("\u{301}王", '\u{301}'),
        ] {
            assert_eq!(parsed(text), Err(NameError::Character(bad)), "{text}");
        }
        for text in ["m\u{300}bo", "བསྟན་འཛིན", "’t Hooft", "John Smith Jr."] {
            assert!(parsed(text).is_ok(), "{text}");
        }
        // The character rather than the space beside it; a heavy dot is a middle dot.
        assert_eq!(parsed("买买提※ 艾力"), Err(NameError::Character('※')));
        for text in ["买买提● 艾力", "买买提。艾力", "买买提●艾力"] {
            assert_eq!(parsed(text), Ok(("买买提·艾力".into(), true)), "{text}");
        }
    }
}
