//! Workbooks for the tests.

use std::io::{Cursor, Read, Write};

use roster::Roster;
use rules::intake::entry::RawRow;
use rules::notice::{Notice, Notices, RosterProfile};
use rules::values::finding::{Finding, FindingCode};
use rust_xlsxwriter::{Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

pub(crate) const FILE: &str = "roster.xlsx";
pub(crate) const SHEET_PART: &str = "xl/worksheets/sheet1.xml";

pub(crate) fn notice() -> Notice {
    Notices::built_in().expect("notices").general().clone()
}

/// A workbook with the template's header and whatever `fill` adds.
pub(crate) fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let profile = notice().roster;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(&profile.sheet).expect("name");
    for (at, column) in (0_u16..).zip(&profile.columns) {
        sheet.write_string(0, at, column.shown_header()).expect("header");
    }
    fill(sheet);
    book.save_to_buffer().expect("saved")
}

/// One row of texts at `row`, counting from 0.
pub(crate) fn fill_row(sheet: &mut Worksheet, row: u32) {
    for column in 0..28 {
        sheet.write_string(row, column, format!("r{row}c{column}")).expect("cell");
    }
}

/// The workbook with its part `name` (made if need be) replaced.
pub(crate) fn repack(bytes: &[u8], name: &str, edit: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("zip");
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).expect("part");
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("content");
        parts.push((part.name().expect("name").into_owned(), content));
    }
    let at = parts.iter().position(|(part, _)| part == name).expect("the part to edit");
    let text = String::from_utf8(std::mem::take(&mut parts[at].1)).expect("text");
    parts[at].1 = edit(text).into_bytes();
    zipped(&parts)
}

pub(crate) fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // Level 1: some of the parts are huge.
    let options = SimpleFileOptions::default().compression_level(Some(1));
    for (name, content) in parts {
        writer.start_file(name.as_str(), options).expect("entry");
        writer.write_all(content).expect("content");
    }
    writer.finish().expect("zip").into_inner()
}

/// Text of a part.
pub(crate) fn part(bytes: &[u8], name: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("zip");
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).expect("text");
    Some(text)
}

/// Opens and reads: rows, and the findings of whichever step had some.
pub(crate) fn read(bytes: &[u8]) -> (Vec<RawRow>, Vec<Finding>) {
    read_with(bytes, &notice().roster)
}

pub(crate) fn read_with(bytes: &[u8], profile: &RosterProfile) -> (Vec<RawRow>, Vec<Finding>) {
    let mut rows = Vec::new();
    let found = match Roster::open(bytes, profile, FILE) {
        Ok(mut roster) => roster.rows(|row| rows.push(row.clone())),
        Err(found) => {
            assert!(!found.is_empty(), "a refusal without a finding");
            found
        }
    };
    (rows, found)
}

pub(crate) fn codes(found: &[Finding]) -> Vec<FindingCode> {
    found.iter().map(|f| f.code).collect()
}

pub(crate) fn cells(found: &[Finding]) -> Vec<&str> {
    found.iter().filter_map(|f| f.place.cell.as_deref()).collect()
}
