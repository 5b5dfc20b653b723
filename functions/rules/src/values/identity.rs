//! Identity documents: GB 11643-1999 for resident numbers, and the shapes of the other documents.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::values::folding;

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
    #[error("应为 {expected}，现为 {found} 位")]
    Length {
        /// How many there should be, in words.
        expected: &'static str,
        /// How many there are, without spaces and hyphens.
        found: usize,
    },
    /// A character that the kind does not have at its place.
    #[error("{}", misplaced(*.at, *.found, .expected))]
    Character {
        /// Its place, from 1, without spaces and hyphens.
        at: usize,
        /// The character.
        found: char,
        /// What should stand there.
        expected: &'static str,
    },
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

/// Names the character, unless it is a digit of the number.
fn misplaced(at: usize, found: char, expected: &str) -> String {
    let hint = match found {
        'O' | 'o' => "，是字母 O",
        'l' => "，是小写字母 L",
        'I' => "，是字母 I",
        _ => "",
    };
    if found.is_ascii_digit() {
        return format!("第 {at} 位应为{expected}");
    }
    format!("第 {at} 位是“{found}”（U+{:04X}{hint}），应为{expected}", u32::from(found))
}

impl DocumentNumber {
    /// Checks `text` against the shape of `kind`, as it is meant: half-width, capital letters, without spaces, hyphens and what
    /// cannot be seen ([`folding::code`]); at the end of a resident's number what looks like an X is one where the check agrees.
    /// Marks that end a number in a sentence do not count either, nor, where the check of a resident's number agrees, other marks between
    /// its parts, a label before it and a note behind it.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, DocumentError> {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Self::read(kind, text.to_owned());
        }
        let written = folding::code_as_written(text).replace('-', "");
        let written = written.trim_matches(folding::is_end_mark);
        let strict = Self::read(kind, written.to_ascii_uppercase());
        if strict.is_err() && kind == DocumentKind::Resident {
            let alone = folding::number_alone(written).replace(['_', '·', '/', '\\', '.'], "");
            if let Ok(number) = Self::read(kind, alone.to_ascii_uppercase()) {
                return Ok(number);
            }
        }
        // A letter is named as it stands in the cell.
        strict.map_err(|error| match error {
            DocumentError::Character { at, found, expected } => {
                DocumentError::Character { at, found: written.chars().nth(at - 1).unwrap_or(found), expected }
            }
            error => error,
        })
    }

    fn read(kind: DocumentKind, mut number: String) -> Result<Self, DocumentError> {
        if number.chars().count() == 18
            && let Some(last) = number.chars().next_back().filter(|c| *c != 'X' && folding::looks_like_x(*c))
        {
            let with_x = format!("{}X", number.strip_suffix(last).unwrap_or_default());
            // Otherwise the sign itself is what is wrong.
            number = if gb11643(&with_x).is_ok() { with_x } else { number };
        }
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
                is_in("字母 H 或 M", &number, 0, |c| matches!(c, 'H' | 'M'))?;
                digits(&number, 1)?;
                long("9 位或 11 位", &number, &[9, 11])?;
            }
            DocumentKind::TaiwanPass => {
                digits(&number, 0)?;
                long("8 位数字", &number, &[8])?;
            }
            DocumentKind::ChinesePassport => chinese_passport(&number)?,
            DocumentKind::ForeignPassport => {
                characters(&number, 0, "字母或数字", |c| c.is_ascii_alphanumeric())?;
                if !(5..=15).contains(&number.len()) {
                    return Err(DocumentError::Length { expected: "5 至 15 位", found: number.len() });
                }
            }
        }
        Ok(Self(number))
    }

    /// The number itself: personal data, for the certificate and the national upload only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// For whoever may not read it where no notice says how: as [`Mask::default`].
    pub fn masked(&self) -> String {
        self.masked_by(&Mask::default())
    }

    /// As a notice has it masked.
    pub fn masked_by(&self, mask: &Mask) -> String {
        mask.of(&self.0)
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

/// How many positions of a document number are shown where it is masked. The last four of a resident number are its order and its
/// check digit: with place and day of birth they are the whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// At the beginning; of numbers shorter than 15 positions none.
    pub first: usize,
    /// At the end.
    pub last: usize,
}

impl Default for Mask {
    fn default() -> Self {
        Self { first: 3, last: 2 }
    }
}

impl Mask {
    /// Numbers as long as this (resident numbers, permits of the same grammar) stay unknown without their middle; of the eight or
    /// nine positions of a pass the first three would be too many.
    const LONG: usize = 15;

    /// The positions that are not shown as `*`; a text of which hardly any would be hidden is hidden as a whole.
    pub fn of(&self, text: &str) -> String {
        let length = text.chars().count();
        let first = if length >= Self::LONG { self.first } else { 0 };
        let shown = |i: usize| first + self.last + 4 < length && (i < first || i + self.last >= length);
        text.chars().enumerate().map(|(i, c)| if shown(i) { c } else { '*' }).collect()
    }
}

/// The first character from place `from` on that is not as it should be.
fn characters(number: &str, from: usize, expected: &'static str, is_right: impl Fn(char) -> bool) -> Result<(), DocumentError> {
    let wrong = number.chars().enumerate().skip(from).find(|(_, c)| !is_right(*c));
    wrong.map_or(Ok(()), |(at, found)| Err(DocumentError::Character { at: at + 1, found, expected }))
}

fn digits(number: &str, from: usize) -> Result<(), DocumentError> {
    characters(number, from, "数字", |c| c.is_ascii_digit())
}

/// The character at one place, from 0.
fn is_in(expected: &'static str, number: &str, at: usize, is_right: impl Fn(char) -> bool) -> Result<(), DocumentError> {
    match number.chars().nth(at) {
        Some(found) if !is_right(found) => Err(DocumentError::Character { at: at + 1, found, expected }),
        _ => Ok(()),
    }
}

fn long(expected: &'static str, number: &str, lengths: &[usize]) -> Result<(), DocumentError> {
    let found = number.chars().count();
    if lengths.contains(&found) { Ok(()) } else { Err(DocumentError::Length { expected, found }) }
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
    is_in("字母 E 或 G", number, 0, |c| matches!(c, 'E' | 'G'))?;
    let letter = number.starts_with('E') && number.chars().nth(1).is_some_and(|c| c.is_ascii_uppercase());
    digits(number, if letter { 2 } else { 1 })?;
    long("9 位", number, &[9])
}

fn permanent_residence(number: &str) -> Result<(), DocumentError> {
    if number.starts_with(|c: char| c.is_ascii_digit()) {
        is_in("9", number, 0, |c| c == '9')?;
        return gb11643(number);
    }
    for at in 0..3 {
        is_in("字母", number, at, |c| c.is_ascii_uppercase())?;
    }
    digits(number, 3)?;
    long("15 位或 18 位", number, &[15])
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
    let count = number.chars().count();
    let wrong = number.chars().enumerate().find(|(at, c)| !(c.is_ascii_digit() || (*c == 'X' && at + 1 == count)));
    if let Some((at, found)) = wrong {
        let expected = if at == 17 { "数字或 X" } else { "数字" };
        return Err(DocumentError::Character { at: at + 1, found, expected });
    }
    long("18 位", number, &[18])?;
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
        assert_eq!(parse("11010519491231002"), Err(E::Length { expected: "18 位", found: 17 }));
        assert_eq!(parse("11010519491231A02X"), Err(E::Character { at: 15, found: 'A', expected: "数字" }));
        assert_eq!(parse("5l0107196902299994"), Err(E::Character { at: 2, found: 'l', expected: "数字" }));
        assert!(parse("5l0107196902299994").expect_err("a letter").to_string().contains("“l”（U+006C，是小写字母 L）"));
        assert_eq!(parse("11010519491231002x；"), Ok(()));
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
            (K::TaiwanPass, &["12345678"], &["1234567", "123456789", "1234567八", "T1234567"]),
            (K::ChinesePassport, &["E12345678", "EA1234567", "G12345678"], &["E1234567", "GA1234567", "EAB123456", "P12345678"]),
            (K::ForeignPassport, &["ab12345", "X1234", "ABCDE1234567890"], &["1234", "ABCDE12345678901", "AB_12345", "护照12345"]),
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
    fn a_number_is_taken_as_it_is_meant() {
        let whole = DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("the specimen");
        for text in [
            "１１０１０５１９４９１２３１００２Ｘ",
            "11010519491231002×",
            "11010519491231002Х",
            "11010519491231002Ⅹ",
            "11010519491231002χ",
            "'11010519491231002x",
            "‘11010519491231002X",
            "110105 19491231 002X",
            "110105\u{A0}19491231\u{3000}002X\n",
            "\u{200B}110105\u{200E}19491231002X\u{FEFF}",
            "110105-19491231-002X",
            "110105—19491231－002X",
        ] {
            assert_eq!(DocumentNumber::parse(DocumentKind::Resident, text).as_ref(), Ok(&whole), "{text}");
        }
        let pass = DocumentNumber::parse(DocumentKind::HongKongMacaoPass, "ｈ１２３４５６７８");
        assert_eq!(pass.as_ref().map(DocumentNumber::reveal), Ok("H12345678"));
    }

    #[test]
    fn what_fails_is_named_with_its_place_and_never_by_a_digit() {
        let said = |kind, text: &str| DocumentNumber::parse(kind, text).expect_err(text).to_string();
        use DocumentKind::{ChinesePassport, Resident, TaiwanPass};
        // 18 to whoever counts: the length is not what is wrong.
        assert_eq!(said(Resident, "11O105194912310021"), "第 3 位是“O”（U+004F，是字母 O），应为数字");
        assert_eq!(said(Resident, "11010519491231002*"), "第 18 位是“*”（U+002A），应为数字或 X");
        assert_eq!(said(Resident, "11010519491231001×"), "第 18 位是“×”（U+00D7），应为数字或 X");
        assert_eq!(said(Resident, "1101051949123100二X"), "第 17 位是“二”（U+4E8C），应为数字");
        assert_eq!(said(Resident, "110105194912310021234"), "应为 18 位，现为 21 位");
        assert_eq!(said(ChinesePassport, "112345678"), "第 1 位应为字母 E 或 G");
        assert_eq!(said(TaiwanPass, "T1234567"), "第 1 位是“T”（U+0054），应为数字");
    }

    #[test]
    fn birth_gender_and_mask() {
        let number = DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("valid");
        assert_eq!(number.birth_and_gender(), Some((Date::constant(1949, 12, 31), Gender::Female)));
        assert_eq!(number.masked(), "110*************2X");
        assert_eq!(format!("{number:?}"), "110*************2X");
    }
}
