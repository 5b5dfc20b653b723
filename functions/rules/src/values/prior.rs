//! Certificates that a winner already holds: 原证书等级 and 原证书编号.
//!
//! Three forms of numbers are in circulation: 22 positions (职业技能等级证书, 人社鉴发〔2019〕2号), 16 digits
//! (职业资格证书), and 13 digits (older ones, of some places).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::values::folding;
use crate::values::identity::Mask;

/// What the row says about the certificate already held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prior {
    /// Level digit: as stated, else as the number carries it; 0 is above the five (特级技师, 首席技师).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Its number, where it has one of the known forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PriorCode>,
}

/// The forms of a prior certificate's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorForm {
    /// 13 digits; what they mean is not known.
    Thirteen,
    /// 16 digits of a 职业资格证书: year 2, province or industry 2, city 2, kind of body 1, body 3, level 1, sequence 5.
    Qualification,
    /// 22 positions of an ordinary 职业技能等级证书: a digit at 17.
    SkillLevel,
    /// 22 positions of a contest's: `J` at 17 (四、（一）).
    Contest,
}

/// A number of one of the known forms: personal data, its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriorCode(String);

/// Why a number has none of the known forms. The text holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriorError {
    /// Neither 13 nor 16 nor 22 positions.
    #[error("不是 13、16 或 22 位")]
    Length,
    /// A character that no number has.
    #[error("第 {at} 位是“{found}”（U+{:04X}），应为数字或字母", u32::from(*.found))]
    Character {
        /// Its place, from 1, without spaces and hyphens.
        at: usize,
        /// The character.
        found: char,
    },
    /// Something at a position where it does not belong.
    #[error("不符合证书编码规则")]
    Grammar,
}

/// Position 11, from 0: the level of a number of 16 digits.
const LEVEL_OF_16: usize = 10;
/// Position 16, from 0: the level of a number of 22 positions.
const LEVEL_OF_22: usize = 15;
/// Kinds of body of a number of 16 digits: 鉴定中心, 鉴定所, 地方鉴定站, 行业站, 企业.
const BODY_KINDS: std::ops::RangeInclusive<u8> = b'0'..=b'4';

impl PriorCode {
    /// Reads a number as it is meant ([`folding::code`]); hyphens in it do not count.
    pub fn parse(text: &str) -> Result<Self, PriorError> {
        let number = folding::code(text).replace('-', "");
        let number = number.trim_matches(folding::is_end_mark).to_owned();
        if let Some((at, found)) = number.chars().enumerate().find(|(_, c)| !c.is_ascii_alphanumeric()) {
            return Err(PriorError::Character { at: at + 1, found });
        }
        form(number.as_bytes())?;
        Ok(Self(number))
    }

    /// Which form it has; a number that was read always has one.
    pub fn form(&self) -> Option<PriorForm> {
        form(self.0.as_bytes()).ok()
    }

    /// The level digit, where the form carries one; a letter there (特级, 首席) is none.
    pub fn level(&self) -> Option<u8> {
        let at = match self.form()? {
            PriorForm::Thirteen => return None,
            PriorForm::Qualification => LEVEL_OF_16,
            PriorForm::SkillLevel | PriorForm::Contest => LEVEL_OF_22,
        };
        self.0.as_bytes().get(at).filter(|b| b.is_ascii_digit()).map(|b| b - b'0')
    }

    /// The number itself: personal data.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Masked as document numbers are.
    pub fn masked(&self) -> String {
        Mask::default().of(&self.0)
    }
}

impl fmt::Debug for PriorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

fn form(number: &[u8]) -> Result<PriorForm, PriorError> {
    let form = match number.len() {
        13 if digits(number) => PriorForm::Thirteen,
        16 if digits(number) && is_level(number[LEVEL_OF_16]) && BODY_KINDS.contains(&number[6]) => PriorForm::Qualification,
        22 if is_skill_level(number) => {
            if number[16] == b'J' {
                PriorForm::Contest
            } else {
                PriorForm::SkillLevel
            }
        }
        13 | 16 | 22 => return Err(PriorError::Grammar),
        _ => return Err(PriorError::Length),
    };
    Ok(form)
}

/// A letter, 14 digits, a level (digit or letter), a digit or `J`, and 5 digits; a sequence of zeros is none.
fn is_skill_level(number: &[u8]) -> bool {
    let level = number[LEVEL_OF_22];
    let marker = number[16];
    number[0].is_ascii_uppercase()
        && digits(&number[1..LEVEL_OF_22])
        && (is_level(level) || level.is_ascii_uppercase())
        && (marker.is_ascii_digit() || marker == b'J')
        && digits(&number[17..])
        && number[16..].iter().any(|b| matches!(b, b'1'..=b'9'))
}

fn digits(part: &[u8]) -> bool {
    part.iter().all(u8::is_ascii_digit)
}

fn is_level(position: u8) -> bool {
    (b'1'..=b'5').contains(&position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn 原证书编号_has_13_16_or_22_positions() {
        use PriorForm as F;
        let table = [
            ("1234567890123", F::Thirteen, None),
            ("1422001000300123", F::Qualification, Some(3)),
            ("S000051010123223000001", F::SkillLevel, Some(3)),
            ("Y000051070045224000012", F::SkillLevel, Some(4)),
            ("s000051009999222j00001", F::Contest, Some(2)),
            ("S000051009999-222J-00001", F::Contest, Some(2)),
            ("S00005101012322T000001", F::SkillLevel, None),
        ];
        for (text, form, level) in table {
            let code = PriorCode::parse(text).expect(text);
            assert_eq!((code.form(), code.level()), (Some(form), level), "{text}");
        }
    }

    #[test]
    fn 原证书编号_of_no_known_form_is_refused() {
        use PriorError as E;
        let table = [
            ("", E::Length),
            ("123456789012", E::Length),
            ("510107199003079998", E::Length),
            ("1422001000600123", E::Grammar),
            ("1422009000300123", E::Grammar),
            ("S000051010123226000001", E::Grammar),
            ("S000051010123223000000", E::Grammar),
            ("S000051009999223J00000", E::Grammar),
            ("S000051010123223K00001", E::Grammar),
            ("0000051010123223000001", E::Grammar),
            ("123456789012A", E::Grammar),
        ];
        for (text, error) in table {
            assert_eq!(PriorCode::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_prior_number_is_masked() {
        let code = PriorCode::parse("S000051010123223000001").expect("a code");
        let prior = Prior { level: Some(3), number: Some(code) };
        assert!(!format!("{prior:?}").contains("0000510"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_was_read_reads_again(text in "\\PC{0,24}|[A-Z]?[0-9]{11,16}|[SY][0-9]{14}[1-5T][J0-9][0-9]{5}") {
            if let Ok(code) = PriorCode::parse(&text) {
                prop_assert!(code.form().is_some());
                prop_assert_eq!(PriorCode::parse(code.reveal()), Ok(code));
            }
        }
    }
}
