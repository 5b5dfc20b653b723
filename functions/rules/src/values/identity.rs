//! Identity documents: GB 11643-1999 for resident numbers, and the shapes of the other documents.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 性别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gender {
    /// 男
    #[serde(rename = "男")]
    Male,
    /// 女
    #[serde(rename = "女")]
    Female,
}

impl Gender {
    /// 男 or 女.
    pub fn word(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }

    /// Reads 男 or 女.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "男" => Some(Self::Male),
            "女" => Some(Self::Female),
            _ => None,
        }
    }
}

/// What a document type's number looks like; which 证件类型 has which kind stands in the notice's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DocumentKind {
    /// 居民身份证: 18 positions, GB 11643-1999.
    Resident,
    /// 港澳居民居住证: 18 positions beginning 81 or 82, GB 11643 check.
    HongKongMacaoResidencePermit,
    /// 台湾居民居住证: 18 positions beginning 83, GB 11643 check.
    TaiwanResidencePermit,
    /// 外国人永久居留身份证: 18 positions beginning 9 (2023 form), or three letters and twelve digits.
    PermanentResidence,
    /// 港澳居民来往内地通行证: H or M and eight or ten digits.
    HongKongMacaoPass,
    /// 台湾居民来往大陆通行证: eight digits.
    TaiwanPass,
    /// 中国护照: E and eight digits, E, a letter and seven digits, or G and eight digits.
    ChinesePassport,
    /// 外国护照: 5–15 letters and digits.
    ForeignPassport,
}

impl DocumentKind {
    /// The name in records.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A document number that has the shape of its kind. Its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentNumber(String);

/// Why a number cannot be one of its kind. The text is Chinese and holds no part of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Fifteen digits: the first-generation card.
    #[error("15 位的一代身份证号码已停用")]
    FirstGeneration,
    /// Wrong number of positions.
    #[error("号码长度不对")]
    Length,
    /// A character that the kind does not have.
    #[error("号码含有不应有的字符")]
    Character,
    /// The embedded birth date does not exist.
    #[error("号码中的出生日期不存在")]
    BirthDate,
    /// A sound number of another kind of document: a permit's, say, handed in as 居民身份证.
    #[error("这是另一种证件的号码，请核对证件类型")]
    OtherDocument,
    /// The check character does not match.
    #[error("校验位不符，至少有一位录错")]
    CheckDigit,
}

impl DocumentNumber {
    /// Checks `text` against the shape of `kind`; a lower-case x or letter becomes upper case.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, DocumentError> {
        let number = text.to_ascii_uppercase();
        match kind {
            DocumentKind::Resident => {
                gb11643(&number)?;
                if number.starts_with('9') || begins_with_one_of(&number, &PERMIT_AREAS) {
                    return Err(DocumentError::OtherDocument);
                }
            }
            DocumentKind::HongKongMacaoResidencePermit => permit(&number, &["81", "82"])?,
            DocumentKind::TaiwanResidencePermit => permit(&number, &["83"])?,
            DocumentKind::PermanentResidence => permanent_residence(&number)?,
            DocumentKind::HongKongMacaoPass => {
                let digits = number.strip_prefix(['H', 'M']).ok_or(DocumentError::Character)?;
                all_digits(digits, &[8, 10])?;
            }
            DocumentKind::TaiwanPass => all_digits(&number, &[8])?,
            DocumentKind::ChinesePassport => chinese_passport(&number)?,
            DocumentKind::ForeignPassport => {
                if !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return Err(DocumentError::Character);
                }
                if !(5..=15).contains(&number.len()) {
                    return Err(DocumentError::Length);
                }
            }
        }
        Ok(Self(number))
    }

    /// The number itself: personal data, for the certificate and the national upload only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// First three and last four positions, the rest as `*`.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }

    /// The address code of a number with 18 positions (GB/T 2260): where it was first given.
    pub fn area(&self) -> Option<&str> {
        if self.0.len() == 18 { self.0.get(..6) } else { None }
    }

    /// Birth date and gender, where the number carries them (18 positions with a GB 11643 check).
    pub fn birth_and_gender(&self) -> Option<(Date, Gender)> {
        let s = &self.0;
        if s.len() != 18 || !s.is_ascii() || gb11643(s).is_err() {
            return None;
        }
        let gender = if (s.as_bytes()[16] - b'0') % 2 == 1 { Gender::Male } else { Gender::Female };
        birth(s).map(|date| (date, gender))
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// First three and last four positions, the rest as `*`; a short text is hidden as a whole.
pub(crate) fn mask(text: &str) -> String {
    let n = text.chars().count();
    let shown = |i: usize| i < 3 || i + 4 >= n;
    text.chars().enumerate().map(|(i, c)| if n > 7 && shown(i) { c } else { '*' }).collect()
}

fn all_digits(text: &str, lengths: &[usize]) -> Result<(), DocumentError> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DocumentError::Character);
    }
    if lengths.contains(&text.len()) { Ok(()) } else { Err(DocumentError::Length) }
}

/// The areas of residence permits, Hong Kong, Macao and Taiwan, which no resident number has.
const PERMIT_AREAS: [&str; 3] = ["81", "82", "83"];

fn begins_with_one_of(number: &str, areas: &[&str]) -> bool {
    areas.iter().any(|area| number.starts_with(area))
}

fn permit(number: &str, areas: &[&str]) -> Result<(), DocumentError> {
    gb11643(number)?;
    if begins_with_one_of(number, areas) { Ok(()) } else { Err(DocumentError::OtherDocument) }
}

fn chinese_passport(number: &str) -> Result<(), DocumentError> {
    let Some(rest) = number.strip_prefix(['E', 'G']) else { return Err(DocumentError::Character) };
    if rest.len() != 8 {
        return Err(DocumentError::Length);
    }
    let tail = if number.starts_with('E') { rest.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest) } else { rest };
    if tail.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err(DocumentError::Character) }
}

fn permanent_residence(number: &str) -> Result<(), DocumentError> {
    if number.len() == 18 {
        if !number.starts_with('9') {
            return Err(DocumentError::Character);
        }
        return gb11643(number);
    }
    if number.len() != 15 || !number.is_ascii() {
        return Err(DocumentError::Length);
    }
    let (letters, digits) = number.split_at(3);
    if letters.bytes().all(|b| b.is_ascii_uppercase()) { all_digits(digits, &[12]) } else { Err(DocumentError::Character) }
}

/// GB 11643-1999: six address digits, eight of the birth date, three of sequence, one check character.
/// Address codes are not looked up: a withdrawn one is as good as one in force.
fn gb11643(number: &str) -> Result<(), DocumentError> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = number.as_bytes();
    if bytes.len() == 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Err(DocumentError::FirstGeneration);
    }
    if bytes.len() != 18 {
        return Err(DocumentError::Length);
    }
    if !bytes[..17].iter().all(u8::is_ascii_digit) || !(bytes[17].is_ascii_digit() || bytes[17] == b'X') {
        return Err(DocumentError::Character);
    }
    if birth(number).is_none() {
        return Err(DocumentError::BirthDate);
    }
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    if bytes[17] == CHECKS[(sum % 11) as usize] { Ok(()) } else { Err(DocumentError::CheckDigit) }
}

fn birth(number: &str) -> Option<Date> {
    let part = |from: usize, to: usize| number.get(from..to).and_then(|s| s.parse::<i16>().ok());
    let (year, month, day) = (part(6, 10)?, part(10, 12)?, part(12, 14)?);
    if year < 1800 {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [DocumentKind; 8] = [
        DocumentKind::Resident,
        DocumentKind::HongKongMacaoResidencePermit,
        DocumentKind::TaiwanResidencePermit,
        DocumentKind::PermanentResidence,
        DocumentKind::HongKongMacaoPass,
        DocumentKind::TaiwanPass,
        DocumentKind::ChinesePassport,
        DocumentKind::ForeignPassport,
    ];

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_was_read_reads_again(text in "\\PC{0,20}|[A-Z]{0,3}[0-9]{4,15}[0-9X]?") {
            for kind in KINDS {
                if let Ok(number) = DocumentNumber::parse(kind, &text) {
                    prop_assert!(!number.masked().contains(number.reveal()));
                    let _ = (number.birth_and_gender(), number.area());
                    prop_assert_eq!(DocumentNumber::parse(kind, number.reveal()), Ok(number));
                }
            }
        }
    }

    #[test]
    fn resident_numbers_of_the_standard_and_of_withdrawn_areas_pass() {
        for number in ["11010519491231002X", "440524188001010014", "51232319680229999X", "513425198506159990", "11010519491231002x"] {
            assert!(DocumentNumber::parse(DocumentKind::Resident, number).is_ok(), "{number}");
        }
    }

    #[test]
    fn each_wrong_number_has_its_own_cause() {
        use DocumentError as E;
        let parse = |n: &str| DocumentNumber::parse(DocumentKind::Resident, n).map(|_| ());
        assert_eq!(parse("510107196902299994"), Err(E::BirthDate));
        assert_eq!(parse("110105194912310021"), Err(E::CheckDigit));
        assert_eq!(parse("110105491231002"), Err(E::FirstGeneration));
        assert_eq!(parse("11010519491231002"), Err(E::Length));
        assert_eq!(parse("1101051949123100２X"), Err(E::Length));
        assert_eq!(parse("11010519491231A02X"), Err(E::Character));
        assert_eq!(parse("810000199408230021"), Err(E::OtherDocument));
        assert_eq!(parse("911124198108030024"), Err(E::OtherDocument));
    }

    #[test]
    fn documents_have_the_shapes_of_their_kinds() {
        use DocumentKind as K;
        let table: [(DocumentKind, &[&str], &[&str]); 8] = [
            (K::Resident, &["510107199003079991", "511221198001019994"], &["810000199408230021", "911124198108030024", "", "一二三"]),
            (K::HongKongMacaoResidencePermit, &["810000199408230021"], &["830000199201300022", "810000199408230022", "H12345678"]),
            (K::TaiwanResidencePermit, &["830000199201300022"], &["810000199408230021", "510107199003079991", "12345678"]),
            (
                K::PermanentResidence,
                &["911124198108030024", "CAN110081080310", "can110081080310"],
                &["中文中文中", "CA1110081080310", "CAN11008108031", "810000199408230021", "911124198108030025"],
            ),
            (K::HongKongMacaoPass, &["H12345678", "M12345678", "h1234567890"], &["X12345678", "H1234567", "H123456789", "12345678"]),
            (K::TaiwanPass, &["12345678"], &["1234567", "123456789", "1234567８", "T1234567"]),
            (K::ChinesePassport, &["E12345678", "EA1234567", "G12345678"], &["E1234567", "GA1234567", "EAB123456", "P12345678"]),
            (K::ForeignPassport, &["ab12345", "X1234", "ABCDE1234567890"], &["1234", "ABCDE12345678901", "AB 12345", "护照12345"]),
        ];
        for (kind, right, wrong) in table {
            for number in right {
                assert!(DocumentNumber::parse(kind, number).is_ok(), "{kind:?} {number}");
            }
            for number in wrong {
                assert!(DocumentNumber::parse(kind, number).is_err(), "{kind:?} {number}");
            }
        }
    }

    #[test]
    fn birth_gender_and_mask() {
        let number = DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("valid");
        assert_eq!(number.birth_and_gender(), Some((Date::constant(1949, 12, 31), Gender::Female)));
        assert_eq!(number.masked(), "110***********002X");
        assert_eq!(format!("{number:?}"), "110***********002X");
    }
}
