//! What number the certificates of a type bear, and who gives it (四; 二、（一）; G13).

use serde::Deserialize;

use super::CodeGrammar;
use crate::values::one_to::OneTo;
use crate::values::vocabulary::CertificateType;

/// Who gives the certificates of a type their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NumberRule {
    /// The 22 positions of 四, drawn at the approval.
    Code,
    /// A pattern of its own with its own counters, drawn at the approval as codes are.
    Pattern(NumberPattern),
    /// Whoever issues them enters the numbers after the approval.
    ByHand,
    /// They are others' certificates, and their numbers are noted.
    External,
}

/// A number of our own: what stands before the sequence, and how many digits that has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberPattern {
    /// Capital letters, digits and `-`; `{year}` is the year of issue, `{jurisdiction}` positions 8–9 of the codes.
    pub prefix: String,
    /// Digits of the sequence.
    pub digits: OneTo<9>,
}

/// How a sequence number is written after a prefix.
#[derive(Debug, Clone, Copy)]
pub struct Series<'n> {
    /// What stands between them.
    pub marker: &'n str,
    /// Digits of the sequence.
    pub digits: OneTo<9>,
}

impl Series<'_> {
    /// The last sequence number of a prefix.
    pub fn last_sequence(self) -> u32 {
        10_u32.pow(self.digits.get()) - 1
    }
}

impl<'n> From<&'n CodeGrammar> for Series<'n> {
    fn from(grammar: &'n CodeGrammar) -> Self {
        Self { marker: &grammar.marker, digits: grammar.sequence_digits }
    }
}

/// The years that a pattern is tried with.
const SOME_YEAR: i16 = 2022;
/// Characters of a whole number: it goes into keys, links and QR codes.
const LONGEST: usize = 32;

impl NumberPattern {
    /// What stands before the sequence on certificates of a year and a jurisdiction.
    pub fn prefix(&self, year: i16, jurisdiction: &str) -> String {
        self.prefix.replace("{year}", &format!("{year:04}")).replace("{jurisdiction}", jurisdiction)
    }

    /// How the sequence follows it.
    pub fn series(&self) -> Series<'_> {
        Series { marker: "", digits: self.digits }
    }

    /// What is wrong with it, for whoever wrote it.
    pub(super) fn problem(&self) -> Option<String> {
        let tried = self.prefix(SOME_YEAR, "00");
        let sound = !tried.is_empty()
            && tried.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
            && !tried.starts_with('-');
        if !sound {
            return Some(format!("number.pattern.prefix“{}”应为大写字母、数字和 -，可含 {{year}}、{{jurisdiction}}", self.prefix));
        }
        // Each year begins anew: without it numbers would run on for ever, and say nothing of their year.
        if !self.prefix.contains("{year}") {
            return Some(format!("number.pattern.prefix“{}”应含 {{year}}", self.prefix));
        }
        let length = tried.len() + self.digits.width();
        (length > LONGEST).then(|| format!("按 number.pattern 编出的号码有 {length} 位，不应超过 {LONGEST} 位"))
    }
}

impl NumberRule {
    /// What is wrong with it for a type, for whoever wrote it: 四 and 五 give the 22 positions to skill-level certificates only.
    pub(super) fn problem(&self, certificate_type: CertificateType) -> Option<String> {
        match (certificate_type, self) {
            (CertificateType::SkillLevel, Self::Code)
            | (CertificateType::Qualification, Self::External)
            | (CertificateType::SpecificAbility, Self::ByHand) => None,
            (CertificateType::SpecificAbility, Self::Pattern(pattern)) => pattern.problem(),
            (CertificateType::SkillLevel, _) => Some("职业技能等级证书只能赋 22 位编码（number = \"code\"）".to_owned()),
            (CertificateType::Qualification, _) => Some("职业资格证书的编号由其他机构给出（number = \"external\"）".to_owned()),
            (CertificateType::SpecificAbility, _) => {
                Some("专项职业能力证书的编号由人工登记（number = \"by_hand\"）或按样式编出（number = { pattern = … }）".to_owned())
            }
        }
    }
}
