//! Names of people, as they stand on their documents.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A person's name, normalised: middle dots are `·` (U+00B7), no outer spaces, no spaces between ideographs. NFKC is
/// never applied: it would turn some rare characters into others. Its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

/// The longest name taken, in characters.
pub const MAX_CHARS: usize = 60;

impl PersonName {
    /// Normalises and checks; the flag says whether anything changed.
    pub fn parse(text: &str) -> Result<(Self, bool), NameError> {
        let trimmed = text.trim_matches(is_space);
        let dotted = middle_dots(trimmed);
        let name: String = (0..dotted.len()).filter(|&i| !is_inner_space(&dotted, i)).map(|i| dotted[i]).collect();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        if let Some(bad) = name.chars().find(|c| !may_stand(*c)) {
            return Err(NameError::Character(bad));
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
    /// A digit, a symbol, a control or a private-use character.
    #[error("姓名含有不应有的字符 U+{:04X}", u32::from(*.0))]
    Character(char),
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{200B}' || c == '\u{FEFF}'
}

/// A space next to an ideograph (张　三) is layout; one between Latin words is part of the name.
fn is_inner_space(chars: &[char], i: usize) -> bool {
    let latin = |j: Option<&char>| j.is_some_and(|c| c.is_ascii_alphabetic() || *c == '.' || *c == ',');
    is_space(chars[i]) && !(i > 0 && latin(chars.get(i - 1)) && latin(chars.get(i + 1)))
}

/// Every form of the middle dot becomes U+00B7; a full stop does so after an ideograph, not after a Latin initial.
fn middle_dots(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    for c in text.chars() {
        let stop_after_ideograph = c == '.' && out.last().is_some_and(|before| !before.is_ascii());
        out.push(if is_middle_dot(c) || stop_after_ideograph { '·' } else { c });
    }
    out
}

fn is_middle_dot(c: char) -> bool {
    matches!(c, '•' | '‧' | '･' | '．' | '・' | '∙' | '⋅')
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

    fn parsed(text: &str) -> Result<(String, bool), NameError> {
        PersonName::parse(text).map(|(name, changed)| (name.0, changed))
    }

    #[test]
    fn spaces_and_dots_are_normalised_and_nothing_else() {
        assert_eq!(parsed("张　三"), Ok(("张三".into(), true)));
        assert_eq!(parsed(" 阿依古丽•买买提 "), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("阿依古丽.买买提"), Ok(("阿依古丽·买买提".into(), true)));
        assert_eq!(parsed("J. Smith"), Ok(("J. Smith".into(), false)));
        assert_eq!(parsed("John Smith"), Ok(("John Smith".into(), false)));
        assert_eq!(parsed("㛃䶮𬭎"), Ok(("㛃䶮𬭎".into(), false)));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(parsed("  "), Err(NameError::Empty));
        assert_eq!(parsed("张三1"), Err(NameError::Character('1')));
        assert_eq!(parsed("张\u{E000}"), Err(NameError::Character('\u{E000}')));
        assert_eq!(parsed(&"长".repeat(61)), Err(NameError::TooLong));
    }
}
