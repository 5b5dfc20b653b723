//! The certificate code (证书编码) of 四: positions 1–13 the body, then year, level, marker and sequence.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notice::{CodeGrammar, Level, Notice, NumberPattern, Series};
use crate::numbers::body::{BodyCode, BodyCodeError};
use crate::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use crate::values::folding;

/// Everything before the marker (positions 1–16): body, two digits of the year of issue, level. One counter each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CodePrefix(String);

impl CodePrefix {
    /// The prefix of the awards of `level` that `body` issues in `year` (四; year of the issue date: G9).
    pub fn new(grammar: &CodeGrammar, body: &BodyCode, year: i16, level: &Level) -> Self {
        let modulus = 10_i16.pow(grammar.year_digits.get());
        let width = grammar.year_digits.width();
        Self(format!("{body}{:0width$}{}", year.rem_euclid(modulus), level.digit))
    }

    /// The prefix of numbers by a pattern, of a year and a jurisdiction (G13).
    pub fn of_pattern(pattern: &NumberPattern, year: i16, jurisdiction: &str) -> Self {
        Self(pattern.prefix(year, jurisdiction))
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a pattern makes it, of some year and some jurisdiction of the notice.
    fn is_of(&self, pattern: &NumberPattern, notice: &Notice) -> bool {
        let made = |year| notice.jurisdictions.iter().any(|jurisdiction| pattern.prefix(year, &jurisdiction.code) == self.0);
        (2000..=2099).any(made)
    }

    /// What is said where the sequence does not suffice (四; G27).
    pub fn exhausted(&self, grammar: &CodeGrammar) -> Finding {
        let last = grammar.last_sequence();
        let message = format!(
            "编码前缀 {self}（第 1–16 位：机构、核发年份、等级）的顺序码只到 {last}，余下的不够这次使用；不借用其他位数，也不改用其他前缀"
        );
        Finding::new(FindingCode::CodeExhausted, Place::file(CONTEST_FILE), message).under(&grammar.clause)
    }

    /// The code with this prefix and sequence number.
    pub fn code<'n>(&self, series: impl Into<Series<'n>>, sequence: NonZeroU32) -> Result<CertificateCode, CodeError> {
        let series = series.into();
        if sequence.get() > series.last_sequence() {
            // A hard stop (G27): another grammar or a borrowed position is never the way out.
            return Err(CodeError::Exhausted { prefix: self.0.clone(), last: series.last_sequence() });
        }
        let width = series.digits.width();
        Ok(CertificateCode(format!("{}{}{:0width$}", self.0, series.marker, sequence)))
    }
}

impl fmt::Display for CodePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that a number may have, under whatever grammar or pattern a notice may set.
const LENGTHS: RangeInclusive<usize> = 4..=32;

/// The number that a certificate bears and is found by: a code that follows a notice's grammar (四), or what a 专项职业能力证书 has in
/// its place (G13). No two certificates have the same, of whatever type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CertificateCode(String);

impl CertificateCode {
    /// Reads a code of `grammar`.
    pub fn parse(grammar: &CodeGrammar, text: &str) -> Result<Self, CodeError> {
        let malformed = || CodeError::Malformed(text.chars().take(40).collect());
        if !text.is_ascii() || text.len() != grammar.width() {
            return Err(malformed());
        }
        let (body, rest) = text.split_at(grammar.body_width);
        let (year, rest) = rest.split_at(grammar.year_digits.width());
        let (level, rest) = rest.split_at(1);
        let sequence = rest.strip_prefix(grammar.marker.as_str()).ok_or_else(malformed)?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let level_known = level.parse().is_ok_and(|digit| grammar.levels.contains(&digit));
        BodyCode::parse(grammar, body).map_err(|_| malformed())?;
        if !digits(year) || !level_known || !digits(sequence) || sequence.bytes().all(|b| b == b'0') {
            return Err(malformed());
        }
        Ok(Self(text.to_owned()))
    }

    /// A text that may be a code under some notice. Whoever looks up what was once given out asks the records, not the
    /// notices that are in force by then: a grammar may have been replaced or withdrawn since.
    pub fn lookup(text: &str) -> Option<Self> {
        let inner = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        let shaped = LENGTHS.contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
        shaped.then(|| Self(text.to_owned()))
    }

    /// Reads a number that somebody typed for a certificate (G13): letters, digits and `-`, cleaned as codes are.
    ///
    /// # Errors
    /// It has other characters, is too short or too long, or could be given out by the system itself one day.
    pub fn entered(notice: &Notice, text: &str) -> Result<Self, CodeError> {
        let cleaned = folding::code(text);
        let number = Self::lookup(&cleaned).ok_or_else(|| CodeError::Characters(cleaned.chars().take(40).collect()))?;
        if number.is_drawn_by(notice) { Err(CodeError::Reserved(number.0)) } else { Ok(number) }
    }

    /// Whether a notice has such numbers given out by the system.
    pub fn is_drawn_by(&self, notice: &Notice) -> bool {
        self.is_of(&notice.code) || self.drawn(notice).is_some()
    }

    /// Whether it follows the grammar of 四: such a number is a 证书编码, any other a 证书编号.
    pub fn is_of(&self, grammar: &CodeGrammar) -> bool {
        Self::parse(grammar, &self.0).is_ok()
    }

    /// Positions 1–13: whose code it is.
    pub fn body(&self, grammar: &CodeGrammar) -> Result<BodyCode, BodyCodeError> {
        BodyCode::parse(grammar, self.0.get(..grammar.body_width).unwrap_or_default())
    }

    /// The number under `prefix`, whatever the marker between them is (4 letters at most by the notice of its day; none in the numbers of
    /// a pattern); none where it has another prefix.
    pub fn number_under(&self, prefix: &CodePrefix) -> Option<u64> {
        let rest = self.0.strip_prefix(prefix.as_str())?;
        rest.trim_start_matches(|c: char| c.is_ascii_uppercase()).parse().ok()
    }

    /// The prefix and the sequence number that it was drawn by under a notice; none where that notice draws no such number.
    pub fn drawn(&self, notice: &Notice) -> Option<(CodePrefix, NonZeroU32)> {
        if self.is_of(&notice.code) {
            return self.split(Series::from(&notice.code));
        }
        let drawn = |pattern: &NumberPattern| self.split(pattern.series()).filter(|(prefix, _)| prefix.is_of(pattern, notice));
        notice.patterns().find_map(drawn)
    }

    fn split(&self, series: Series<'_>) -> Option<(CodePrefix, NonZeroU32)> {
        let (head, sequence) = self.0.split_at_checked(self.0.len().checked_sub(series.digits.width())?)?;
        Some((CodePrefix(head.strip_suffix(series.marker)?.to_owned()), sequence.parse().ok()?))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The text does not follow the grammar.
    #[error("证书编码 {0} 不符合编码规则")]
    Malformed(String),
    /// What was typed is no number.
    #[error("证书编号“{0}”应为 4 到 32 个字母、数字（半角），中间可有 -")]
    Characters(String),
    /// What was typed is for the system to give out.
    #[error("“{0}”符合系统赋码、编号的规则，只能由系统给出，不能用作其他证书的编号")]
    Reserved(String),
    /// The sequence of a prefix is used up (G27: a hard stop, never borrowed from the marker's position).
    #[error("编码前缀 {prefix} 的顺序码已用完（最多 {last} 个）")]
    Exhausted {
        /// Positions 1–16.
        prefix: String,
        /// The last sequence number there is.
        last: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notices;
    use proptest::prelude::*;

    fn province_first(level: u8) -> (CodeGrammar, CodePrefix) {
        let notices = Notices::built_in().expect("notices");
        let notice = notices.general();
        let body = BodyCode::human_resources(&notice.code, notice.jurisdiction("00").expect("province"));
        let level = notice.level_by_digit(level).expect("level").clone();
        (notice.code.clone(), CodePrefix::new(&notice.code, &body, 2022, &level))
    }

    #[test]
    fn the_example_of_the_province_is_built() {
        let (grammar, prefix) = province_first(2);
        let code = prefix.code(&grammar, NonZeroU32::MIN).expect("in range");
        assert_eq!(code.as_str(), "S000051009999222J00001");
        assert_eq!(code.as_str().len(), 22);
    }

    #[test]
    fn the_number_is_read_under_every_marker_that_a_notice_may_have() {
        let (grammar, prefix) = province_first(2);
        let (_, other) = province_first(3);
        for marker in ["", "J", "JX", "JXQZ"] {
            let grammar = CodeGrammar { marker: marker.to_owned(), ..grammar.clone() };
            let code = prefix.code(&grammar, NonZeroU32::new(70).expect("not zero")).expect("in range");
            assert_eq!((code.number_under(&prefix), code.number_under(&other)), (Some(70), None), "{code}");
        }
    }

    #[test]
    fn the_sequence_stops_hard_at_its_last_number() {
        let (grammar, prefix) = province_first(3);
        let at = |n| prefix.code(&grammar, NonZeroU32::new(n).expect("not zero"));
        assert_eq!(at(99_999).expect("last").as_str(), "S000051009999223J99999");
        assert!(matches!(at(100_000), Err(CodeError::Exhausted { .. })));
    }

    #[test]
    fn clause_4_an_exhausted_prefix_is_a_finding_that_names_it_and_its_last_number() {
        let (grammar, prefix) = province_first(3);
        let finding = prefix.exhausted(&grammar);
        assert!(finding.is_error() && finding.code == FindingCode::CodeExhausted);
        assert!(finding.message.contains("S000051009999223") && finding.message.contains("99999"), "{finding}");
    }

    #[test]
    fn a_number_says_which_counter_it_was_drawn_from() {
        let notices = Notices::built_in().expect("notices");
        let (_, prefix) = province_first(2);
        let drawn = |notice: &Notice, text: &str| {
            let number = CertificateCode::lookup(text).expect("a number").drawn(notice);
            number.map(|(prefix, sequence)| (prefix.to_string(), sequence.get()))
        };
        let mut notice = notices.general().clone();
        assert_eq!(drawn(&notice, "S000051009999222J00070"), Some((prefix.to_string(), 70)));
        assert_eq!(drawn(&notice, "YS-1"), None, "entered by hand");
        let pattern = NumberPattern { prefix: "51{jurisdiction}{year}".to_owned(), digits: notice.code.sequence_digits };
        for rule in &mut notice.certificate_types {
            rule.number = crate::notice::NumberRule::Pattern(pattern.clone());
        }
        assert_eq!(drawn(&notice, "5107202200012"), Some(("51072022".to_owned(), 12)));
        assert_eq!(drawn(&notice, "5207202200012"), None, "of no pattern");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let (grammar, _) = province_first(3);
        for bad in [
            "",
            "S000051009999223J00000",
            "S000051029999223J00001",
            "X000051009999223J00001",
            "S000051009999226J00001",
            "S000051009999223000001",
            "S00005100999922３J0001",
        ] {
            assert!(CertificateCode::parse(&grammar, bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_code_minted_parses_back(level in 1u8..=5, n in 1u32..=99_999) {
            let (grammar, prefix) = province_first(level);
            let code = prefix.code(&grammar, NonZeroU32::new(n).expect("not zero")).expect("in range");
            prop_assert_eq!(CertificateCode::parse(&grammar, code.as_str()), Ok(code));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,30}") {
            let (grammar, _) = province_first(3);
            let _ = CertificateCode::parse(&grammar, &text);
        }
    }
}
