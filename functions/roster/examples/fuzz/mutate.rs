//! Real workbooks, and the damage done to them.

use std::io::{Cursor, Read, Write};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet, XlsxError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::{Failure, made};

/// What breaks parsers when it stands in the wrong place.
const TOKENS: &[&str] = &[
    "<",
    ">",
    "&",
    "\"",
    "/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml version=\"1.0\"?>",
    "<?x ",
    "<!DOCTYPE a>",
    "&#0;",
    "&#xD800;",
    "&amp;",
    "<c/>",
    "<c r=\"XFD1048576\"><v>1</v></c>",
    "<c r=\"ZZZZZZ9\"><v>1</v></c>",
    "<c t=\"s\"><v>4294967295</v></c>",
    "<c t=\"s\"><v></v></c>",
    "<c t=\"e\"><v>#SPILL!</v></c>",
    "<c t=\"d\"><v>9999-99-99</v></c>",
    "<c t=\"str\"><v>&gt;</v></c>",
    "<c t=\"inlineStr\"><is><t>a</t></is></c>",
    "<c><f t=\"shared\" si=\"99999999999\" ref=\"A1:XFD1048576\">1</f></c>",
    "<row r=\"0\">",
    "<row r=\"4294967295\">",
    "</row>",
    "</sheetData>",
    "<sheetData/>",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "<mergeCell ref=\"B2:A1\"/>",
    "<mergeCells><mergeCell ref=\"ZZ9:A0\"/></mergeCells>",
    "<dimension ref=\"B2:A1\"/>",
    "<si/>",
    "<si><r><t>a</t></r></si>",
    "<rPh><t>a</t></rPh>",
    "uniqueCount=\"4294967295\"",
    "<sheet name=\"\" r:id=\"rId1\"/>",
    "<xf numFmtId=\"14\"/>",
    "<numFmt numFmtId=\"200\" formatCode=\"yyyy\"/>",
    " s=\"99999\"",
    " t=\"b\"",
    " r=\"\"",
    " xml:space=\"preserve\"",
    "_x0000_",
    "1e999",
    "-1",
    "NaN",
    "99999999999999999999",
    "\u{FEFF}",
    "\u{0}",
    "\u{10FFFF}",
];

/// A workbook as its parts.
type Parts = Vec<(String, Vec<u8>)>;

/// What the damage starts from.
pub(crate) struct Corpus(Vec<Parts>);

impl Corpus {
    pub(crate) fn new() -> Result<Self, Failure> {
        let notice = made::notice();
        let filled = made::roster(&notice, 3)?;
        let mut books = vec![parts(&roster::template(&notice)?)?, parts(&filled)?, parts(&odd_cells()?)?];
        let mut inline = parts(&filled)?;
        edit(&mut inline, |xml| xml.replace(" t=\"s\"><v>", " t=\"inlineStr\"><is><t>a").replace("</v></c>", "</t></is></c>"));
        books.push(inline);
        for name in ["libreoffice.xlsx", "openpyxl.xlsx"] {
            books.push(parts(&std::fs::read(format!("{}/{name}", made::FIXTURES))?)?);
        }
        Ok(Self(books))
    }

    /// Input number `at` of `seed`.
    pub(crate) fn input(&self, seed: u64, at: u64) -> Vec<u8> {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(at));
        let mut parts = self.0[rng.random_range(0..self.0.len())].clone();
        if rng.random_ratio(7, 8) {
            for _ in 0..rng.random_range(1..4) {
                damage_part(&mut rng, &mut parts);
            }
        }
        if rng.random_ratio(1, 16) {
            damage_list(&mut rng, &mut parts);
        }
        let mut bytes = zipped(&parts, rng.random_ratio(1, 4));
        if rng.random_ratio(1, 4) {
            damage_container(&mut rng, &mut bytes);
        }
        bytes
    }
}

/// Merged cells, formulas, dates, errors, cells outside the template.
fn odd_cells() -> Result<Vec<u8>, XlsxError> {
    let notice = made::notice();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(&notice.roster.sheet)?;
    for (at, column) in (0_u16..).zip(&notice.roster.columns) {
        sheet.write_string(0, at, column.shown_header())?;
    }
    for row in 1..4 {
        made::fill(sheet, &notice, row)?;
    }
    oddities(sheet)?;
    book.save_to_buffer()
}

fn oddities(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let (day, time) = (Format::new().set_num_format("yyyy-mm-dd"), Format::new().set_num_format("[h]:mm"));
    let (bold, plain) = (Format::new().set_bold(), Format::new());
    sheet.write_number_with_format(1, 5, 33_000.0, &day)?;
    sheet.write_number_with_format(2, 5, 0.75, &time)?;
    sheet.write_number(3, 4, 510_107_199_003_071_234_f64)?;
    sheet.write_formula(1, 9, Formula::new("=A1&B1").set_result("值"))?;
    sheet.write_boolean(2, 9, true)?;
    sheet.write_rich_string(3, 9, &[(&bold, "成都"), (&plain, "某厂")])?;
    sheet.merge_range(4, 1, 5, 2, "合并", &plain)?;
    sheet.write_string(2, 40, "外")?;
    Ok(())
}

fn parts(bytes: &[u8]) -> Result<Parts, Failure> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let mut content = Vec::new();
        part.read_to_end(&mut content)?;
        parts.push((part.name()?.into_owned(), content));
    }
    Ok(parts)
}

/// Rewrites the sheets.
fn edit(parts: &mut Parts, change: impl Fn(&str) -> String) {
    for (_, content) in parts.iter_mut().filter(|(name, _)| name.starts_with("xl/worksheets/sheet")) {
        *content = change(&String::from_utf8_lossy(content)).into_bytes();
    }
}

fn zipped(parts: &Parts, deflated: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let method = if deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    let options = SimpleFileOptions::default().compression_method(method).compression_level(deflated.then_some(1));
    for (name, content) in parts {
        // A name that stands twice is refused by the writer; the part is then left out.
        if writer.start_file(name.as_str(), options).is_ok() {
            writer.write_all(content).expect("a buffer takes everything");
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// One change to one part, more often than not to a sheet.
fn damage_part(rng: &mut StdRng, parts: &mut Parts) {
    let sheet = parts.iter().position(|(name, _)| name == "xl/worksheets/sheet1.xml");
    let any = rng.random_range(0..parts.len());
    let at = sheet.filter(|_| rng.random_bool(0.5)).unwrap_or(any);
    let Some((_, content)) = parts.get_mut(at) else { return };
    if content.is_empty() {
        return;
    }
    let (from, to) = range(rng, content.len());
    match rng.random_range(0..9) {
        0 => content[from] ^= 1 << rng.random_range(0..8),
        1 => content[from] = rng.random(),
        2 => drop(content.drain(from..to)),
        3 => repeat(rng, content, from, to),
        4 => number(rng, content, from),
        5 => content.truncate(from),
        6 => {
            let piece = content[from..to].to_vec();
            insert(rng, content, &piece);
        }
        _ => {
            let token = TOKENS[rng.random_range(0..TOKENS.len())];
            insert(rng, content, token.as_bytes());
        }
    }
}

/// A stretch of up to 200 bytes.
fn range(rng: &mut StdRng, length: usize) -> (usize, usize) {
    let from = rng.random_range(0..length);
    (from, (from + rng.random_range(0..200)).min(length))
}

/// Where markup begins or ends, if there is such a place near by.
fn insert(rng: &mut StdRng, content: &mut Vec<u8>, piece: &[u8]) {
    let mut at = rng.random_range(0..=content.len());
    if rng.random_bool(0.7) {
        at += content[at..].iter().take(200).position(|byte| matches!(byte, b'<' | b' ' | b'>')).unwrap_or(0);
    }
    content.splice(at..at, piece.iter().copied());
}

fn repeat(rng: &mut StdRng, content: &mut Vec<u8>, from: usize, to: usize) {
    let times = if rng.random_ratio(1, 64) { 2_000 } else { rng.random_range(1..20) };
    let piece = content[from..to].repeat(times);
    content.splice(to..to, piece);
}

/// The next digits become another number.
fn number(rng: &mut StdRng, content: &mut Vec<u8>, from: usize) {
    let Some(start) = content[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let length = content[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new = match rng.random_range(0..4) {
        0 => rng.random_range(0_u64..30).to_string(),
        1 => u64::from(rng.random::<u32>()).to_string(),
        2 => rng.random::<u64>().to_string(),
        _ => (1_u64 << rng.random_range(0..63)).to_string(),
    };
    content.splice(start..start + length, new.into_bytes());
}

/// A part goes, is renamed, is doubled, or takes another's place.
fn damage_list(rng: &mut StdRng, parts: &mut Parts) {
    let (one, other) = (rng.random_range(0..parts.len()), rng.random_range(0..parts.len()));
    match rng.random_range(0..4) {
        0 => drop(parts.remove(one)),
        1 => parts[one].0 = parts[one].0.to_uppercase(),
        2 => {
            let (name, content) = parts[one].clone();
            parts.push((name.replace('/', "\\"), content));
        }
        _ => parts[one].1 = parts[other].1.clone(),
    }
}

/// Bytes of the archive itself: headers and directory as often as contents.
fn damage_container(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        let headers: Vec<usize> = bytes.windows(2).enumerate().filter(|(_, two)| *two == b"PK").map(|(at, _)| at).collect();
        let near = headers.get(rng.random_range(0..headers.len().max(1))).map(|at| at + rng.random_range(0..46));
        let at = near.filter(|_| rng.random_bool(0.6)).unwrap_or_else(|| rng.random_range(0..bytes.len())).min(bytes.len() - 1);
        match rng.random_range(0..5) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random(),
            2 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xFF),
            3 => bytes.truncate(at),
            _ => drop(bytes.drain(at..(at + 4).min(bytes.len()))),
        }
    }
}
