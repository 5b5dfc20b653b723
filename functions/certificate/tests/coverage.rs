//! What the fonts of the layer can print of the scripts that names are written in.

use std::ops::RangeInclusive;

use certificate::FontError;

mod specimen;

/// The ideographs of GB 18030-2022, implementation level 3: the main block, extensions A to F, and the twelve unified ones
/// among the compatibility ideographs.
const IDEOGRAPHS: [RangeInclusive<char>; 7] = [
    '\u{4E00}'..='\u{9FEF}',
    '\u{3400}'..='\u{4DB5}',
    '\u{20000}'..='\u{2A6D6}',
    '\u{2A700}'..='\u{2B734}',
    '\u{2B740}'..='\u{2B81D}',
    '\u{2B820}'..='\u{2CEA1}',
    '\u{2CEB0}'..='\u{2EBE0}',
];
const UNIFIED: [char; 12] = [
    '\u{FA0E}', '\u{FA0F}', '\u{FA11}', '\u{FA13}', '\u{FA14}', '\u{FA1F}', '\u{FA21}', '\u{FA23}', '\u{FA24}', '\u{FA27}', '\u{FA28}',
    '\u{FA29}',
];

/// Syllables and radicals.
const YI: [RangeInclusive<char>; 2] = ['\u{A000}'..='\u{A48C}', '\u{A490}'..='\u{A4C6}'];

/// All that is assigned.
const TIBETAN: [RangeInclusive<char>; 6] = [
    '\u{0F00}'..='\u{0F47}',
    '\u{0F49}'..='\u{0F6C}',
    '\u{0F71}'..='\u{0F97}',
    '\u{0F99}'..='\u{0FBC}',
    '\u{0FBE}'..='\u{0FCC}',
    '\u{0FCE}'..='\u{0FDA}',
];

/// Those of `characters` that cannot be printed, by code point.
fn missing(characters: impl IntoIterator<Item = char>) -> Result<Vec<String>, FontError> {
    let fonts = specimen::fonts()?;
    let missing = characters.into_iter().filter(|&c| !fonts.has(c));
    Ok(missing.map(|c| format!("U+{:04X}", u32::from(c))).collect())
}

#[test]
fn every_ideograph_of_gb_18030_2022_level_3_can_be_printed() -> Result<(), FontError> {
    let all: Vec<char> = IDEOGRAPHS.into_iter().flatten().chain(UNIFIED).collect();
    assert_eq!(all.len(), 87_887);
    assert_eq!(missing(all)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn every_yi_syllable_and_radical_can_be_printed() -> Result<(), FontError> {
    assert_eq!(missing(YI.into_iter().flatten())?, Vec::<String>::new());
    Ok(())
}

#[test]
fn tibetan_can_be_printed_but_for_a_sign_of_astrology() -> Result<(), FontError> {
    assert_eq!(missing(TIBETAN.into_iter().flatten())?, ["U+0FCE"]);
    Ok(())
}
