//! Names of people, as they stand on their documents.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A person's name, normalised: middle dots are `·` (U+00B7), no outer spaces, no spaces that only spread a short name out. NFKC is
/// never applied: it would turn some rare characters into others. Its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

/// The longest name taken, in characters.
pub const MAX_CHARS: usize = 60;

impl PersonName {
    /// Normalises and checks; the flag says whether anything changed.
    pub fn parse(text: &str) -> Result<(Self, bool), NameError> {
        // Most names are ideographs alone: in them there is nothing to normalise.
        let name = if text.chars().all(is_ideograph) { text.to_owned() } else { without_layout(&middle_dots(&single_spaces(text)))? };
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        if let Some(bad) = name.chars().find(|c| !may_stand(*c)) {
            return Err(NameError::Character(bad));
        }
        if name.starts_with('·') || name.ends_with('·') || name.contains("··") {
            return Err(NameError::Dot);
        }
        let changed = name != text;
        Ok((Self(name), changed))
    }

    /// The name itself: personal data.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}**", self.0.chars().next().unwrap_or('*'))
    }
}

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("姓名为空")]
    Empty,
    /// Over [`MAX_CHARS`].
    #[error("姓名过长")]
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

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{200B}' || c == '\u{FEFF}'
}

/// Outer spaces away; each run of inner ones becomes a single U+0020.
fn single_spaces(text: &str) -> String {
    text.split(is_space).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
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

fn is_middle_dot(c: char) -> bool {
    matches!(c, '·' | '.' | '．' | '•' | '‧' | '･' | '・' | '∙' | '⋅' | '\u{387}')
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
        PersonName::parse(text).map(|(name, changed)| (name.0, changed))
    }

    #[test]
    fn spaces_and_dots_are_normalised_and_nothing_else() {
        assert_eq!(parsed("张　三"), Ok(("张三".into(), true)));
        assert_eq!(parsed(" 阿依古丽•买买提 "), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("阿依古丽.买买提"), Ok(("阿依古丽·买买提".into(), true)));
        for dot in ['·', '•', '‧', '･', '．', '.', '・'] {
            assert_eq!(parsed(&format!("阿依古丽{dot}买买提")).expect("a name").0, "阿依古丽·买买提", "{dot}");
        }
        assert_eq!(parsed("阿依古丽 · 买买提"), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("张 小 三"), Ok(("张小三".into(), true)));
        assert_eq!(parsed("John\u{A0} Smith"), Ok(("John Smith".into(), true)));
        assert_eq!(parsed("J． Smith"), Ok(("J. Smith".into(), true)));
        // NFKC would make 凞 and 神 of these.
        assert_eq!(parsed("\u{FA19}\u{F9B2}"), Ok(("\u{FA19}\u{F9B2}".into(), false)));
        assert_eq!(parsed("J. Smith"), Ok(("J. Smith".into(), false)));
        assert_eq!(parsed("José María É. Ñandú"), Ok(("José María É. Ñandú".into(), false)));
        assert_eq!(parsed("John Smith"), Ok(("John Smith".into(), false)));
        assert_eq!(parsed("㛃䶮𬭎"), Ok(("㛃䶮𬭎".into(), false)));
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
    }
}
