//! A roster with some of its cells replaced, everything else of the workbook as it was handed in: other cells, sheets, formats,
//! drop-downs, notes, protection. Only what stands within the replaced cells is written anew.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use rules::notice::RosterProfile;
use rules::values::finding::{Finding, cell_at, column_letters};
use zip::{ZipArchive, ZipWriter};

use crate::book::Book;
use crate::header::Header;
use crate::parts::{attribute, sheet_part};

/// Row from 1 and column from 0 of a cell, and what is to stand in it; nothing where it is to be blank.
pub type Replacements = BTreeMap<(u32, u16), String>;

/// Why cells were not replaced.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum NotReplaced {
    /// The workbook is none that is read.
    #[error("工作簿不能读取")]
    Guarded(Box<Finding>),
    /// It is written in a way that is read, but not written.
    #[error("这个工作簿的结构不能在网页中改正，请在表格软件中改正后重新上传")]
    Unwritable,
    /// No such row.
    #[error("表中没有第 {0} 行")]
    NoRow(u32),
    /// Other cells are computed from the formula that stands there.
    #[error("{0} 的公式管着其他单元格，请在表格软件中改成数值后重新上传")]
    Formula(String),
}

/// The workbook with these cells of the sheet that counts replaced, each by a text in the format that the cell has.
///
/// # Errors
/// [`NotReplaced`]; then nothing was.
pub fn with_cells_replaced(bytes: &[u8], profile: &RosterProfile, cells: &Replacements) -> Result<Vec<u8>, NotReplaced> {
    let guarded = |refusal: crate::guard::Refusal| NotReplaced::Guarded(Box::new(refusal.into_finding("")));
    let mut book = Book::open(bytes).map_err(guarded)?;
    Header::find(&mut book, profile, "").map_err(guarded)?;
    let sheet = book.sheet().to_owned();
    drop(book);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| NotReplaced::Unwritable)?;
    let part = sheet_part(&mut archive, &sheet).ok_or(NotReplaced::Unwritable)?;
    let text = part_text(&mut archive, &part).ok_or(NotReplaced::Unwritable)?;
    let rewritten = Rewriting::new(&text, cells).run()?;
    let mut changed = BTreeMap::from([(part, rewritten.text)]);
    let mut dropped = None;
    if rewritten.had_formula {
        (dropped, changed) = without_calculation_chain(&mut archive, changed);
    }
    written(&mut archive, &changed, dropped.as_deref()).ok_or(NotReplaced::Unwritable)
}

/// The text of a part; none where it is in another encoding than UTF-8.
fn part_text(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Option<String> {
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Parts by name, the changed ones as they are now, all others as they lie there.
fn written(archive: &mut ZipArchive<Cursor<&[u8]>>, changed: &BTreeMap<String, String>, dropped: Option<&str>) -> Option<Vec<u8>> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).ok()?;
        let name = part.name().ok()?.into_owned();
        if dropped == Some(name.as_str()) {
            continue;
        }
        match changed.get(&name) {
            None => out.raw_copy_file(part).ok()?,
            Some(text) => {
                out.start_file(name, part.options().compression_method(zip::CompressionMethod::Deflated)).ok()?;
                out.write_all(text.as_bytes()).ok()?;
            }
        }
    }
    Some(out.finish().ok()?.into_inner())
}

/// Which cells hold formulas stands in a part of its own, which spreadsheet programs make anew where it is missing, and which they
/// find fault with where it names a cell without one.
fn without_calculation_chain(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    mut changed: BTreeMap<String, String>,
) -> (Option<String>, BTreeMap<String, String>) {
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).collect();
    let folded = |name: &str| name.replace('\\', "/").to_ascii_lowercase();
    let Some(chain) = names.iter().find(|name| folded(name).ends_with("calcchain.xml")).cloned() else { return (None, changed) };
    for name in names.iter().filter(|name| folded(name) == "[content_types].xml" || folded(name).starts_with("xl/_rels/")) {
        let Some(text) = part_text(archive, name) else { continue };
        let names_it = |value: &str| folded(value).ends_with("calcchain.xml");
        let kept = without_elements(&text, |element| {
            ["PartName", "Target"].iter().filter_map(|key| attribute(element, key)).any(|v| names_it(&v))
        });
        changed.insert(name.clone(), kept);
    }
    (Some(chain), changed)
}

/// A text without the empty elements that are of a kind.
fn without_elements(text: &str, is_of: impl Fn(&BytesStart<'_>) -> bool) -> String {
    let (mut reader, mut out, mut at) = (Reader::from_str(text), String::with_capacity(text.len()), 0);
    loop {
        match reader.read_event() {
            Ok(Event::Eof) | Err(_) => break,
            Ok(event) => {
                let end = position(&reader);
                if !matches!(&event, Event::Empty(element) if is_of(element)) {
                    out.push_str(text.get(at..end).unwrap_or_default());
                }
                at = end;
            }
        }
    }
    out
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// What a sheet became.
struct Rewritten {
    text: String,
    /// Whether a formula stood in a cell that was replaced.
    had_formula: bool,
}

/// One pass over the markup of a sheet: what is not replaced goes over as it stands.
struct Rewriting<'x> {
    text: &'x str,
    reader: Reader<&'x [u8]>,
    left: Replacements,
    out: String,
    /// How far the text has gone over.
    copied: usize,
    /// The prefix of the sheet's elements, with its colon.
    prefix: String,
    /// Formats of whole columns: first, last, format.
    columns: Vec<(u16, u16, String)>,
    row: u32,
    /// The column behind the last cell of the row.
    next: u16,
    had_formula: bool,
}

impl<'x> Rewriting<'x> {
    fn new(text: &'x str, cells: &Replacements) -> Self {
        Self {
            text,
            reader: Reader::from_str(text),
            left: cells.clone(),
            out: String::with_capacity(text.len() + 256),
            copied: 0,
            prefix: String::new(),
            columns: Vec::new(),
            row: 0,
            next: 0,
            had_formula: false,
        }
    }

    fn run(mut self) -> Result<Rewritten, NotReplaced> {
        loop {
            let start = position(&self.reader);
            match self.reader.read_event().map_err(|_| NotReplaced::Unwritable)? {
                Event::Eof => break,
                Event::Start(element) => self.element(&element, start, false)?,
                Event::Empty(element) => self.element(&element, start, true)?,
                Event::End(element) if element.local_name().as_ref() == "row" => self.missing_cells(start, None),
                _ => {}
            }
        }
        self.copy_to(self.text.len());
        match self.left.keys().next() {
            Some((row, _)) => Err(NotReplaced::NoRow(*row)),
            None => Ok(Rewritten { text: self.out, had_formula: self.had_formula }),
        }
    }

    fn element(&mut self, element: &BytesStart<'_>, start: usize, empty: bool) -> Result<(), NotReplaced> {
        match element.local_name().as_ref() {
            "worksheet" => {
                let name = element.name();
                let name: &str = name.as_ref();
                self.prefix = name.split_once(':').map_or_else(String::new, |(prefix, _)| format!("{prefix}:"));
            }
            "col" => {
                let number = |key| attribute(element, key).and_then(|value| value.parse::<u16>().ok());
                if let (Some(first), Some(last), Some(format)) = (number("min"), number("max"), attribute(element, "style")) {
                    self.columns.push((first.saturating_sub(1), last.saturating_sub(1), format));
                }
            }
            "row" => {
                self.row = attribute(element, "r").and_then(|r| r.parse().ok()).unwrap_or(self.row.saturating_add(1));
                self.next = 0;
                if empty && self.left.range((self.row, 0)..=(self.row, u16::MAX)).next().is_some() {
                    self.fill_row(start);
                }
            }
            "c" => self.cell(element, start, empty)?,
            _ => {}
        }
        Ok(())
    }

    /// A row without cells: it gets those that are to stand in it.
    fn fill_row(&mut self, start: usize) {
        let end = position(&self.reader);
        self.copy_to(start);
        let tag = self.text.get(start..end).unwrap_or_default();
        self.out.push_str(tag.trim_end_matches('>').trim_end().trim_end_matches('/').trim_end());
        self.out.push('>');
        self.copied = end;
        self.missing_cells(end, None);
        self.out.push_str(&format!("</{}row>", self.prefix));
    }

    fn cell(&mut self, element: &BytesStart<'_>, start: usize, empty: bool) -> Result<(), NotReplaced> {
        let column = attribute(element, "r").and_then(|r| cell_at(&r)).map(|(_, column)| column).unwrap_or(self.next);
        self.next = column.saturating_add(1);
        self.missing_cells(start, Some(column));
        let Some(value) = self.left.remove(&(self.row, column)) else { return Ok(()) };
        let format = attribute(element, "s");
        if !empty {
            self.take_to_its_end(column)?;
        }
        self.copy_to(start);
        self.copied = position(&self.reader);
        self.write(column, format.as_deref(), &value);
        Ok(())
    }

    /// Reads a cell to its end. What other cells are computed from is not taken away.
    fn take_to_its_end(&mut self, column: u16) -> Result<(), NotReplaced> {
        let name = format!("{}{}", column_letters(column), self.row);
        loop {
            match self.reader.read_event().map_err(|_| NotReplaced::Unwritable)? {
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "f" => {
                    self.had_formula = true;
                    // 18.3.1.40 of ECMA-376: `ref` is the range of a shared formula, an array or a data table.
                    if attribute(&element, "ref").is_some_and(|range| range != name) {
                        return Err(NotReplaced::Formula(name));
                    }
                }
                Event::End(element) if element.local_name().as_ref() == "c" => return Ok(()),
                Event::Eof => return Err(NotReplaced::Unwritable),
                _ => {}
            }
        }
    }

    /// Writes the cells of the row that are not there yet, in front of a column or to the row's end.
    fn missing_cells(&mut self, at: usize, before: Option<u16>) {
        let range: Range<(u32, u16)> = (self.row, 0)..before.map_or((self.row.saturating_add(1), 0), |column| (self.row, column));
        let missing: Vec<u16> = self.left.range(range).map(|((_, column), _)| *column).collect();
        if missing.is_empty() {
            return;
        }
        self.copy_to(at);
        for column in missing {
            let Some(value) = self.left.remove(&(self.row, column)) else { continue };
            let format = self.columns.iter().find(|(first, last, _)| (*first..=*last).contains(&column)).map(|(.., format)| format.clone());
            self.write(column, format.as_deref(), &value);
        }
    }

    fn copy_to(&mut self, end: usize) {
        self.out.push_str(self.text.get(self.copied..end).unwrap_or_default());
        self.copied = end;
    }

    fn write(&mut self, column: u16, format: Option<&str>, value: &str) {
        let (p, name) = (&self.prefix, format!("{}{}", column_letters(column), self.row));
        let format = format.map_or_else(String::new, |format| format!(" s=\"{}\"", escape(format)));
        let cell = match value {
            "" => format!("<{p}c r=\"{name}\"{format}/>"),
            text => format!(
                "<{p}c r=\"{name}\"{format} t=\"inlineStr\"><{p}is><{p}t xml:space=\"preserve\">{}</{p}t></{p}is></{p}c>",
                escape(text)
            ),
        };
        self.out.push_str(&cell);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use rust_xlsxwriter::{Format, Workbook};

    use super::*;
    use crate::excerpt::{ShownCell, ShownRow, excerpt};

    fn profile() -> RosterProfile {
        rules::notice::Notices::built_in().expect("notices").general().roster.clone()
    }

    fn parts(bytes: &[u8]) -> HashMap<String, Vec<u8>> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut parts = HashMap::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).expect("a part");
            let name = part.name().expect("a name").into_owned();
            let mut content = Vec::new();
            part.read_to_end(&mut content).expect("its bytes");
            parts.insert(name, content);
        }
        parts
    }

    /// The template with rows, a formula and a second sheet, as spreadsheet programs may have left it.
    fn handed_in() -> Vec<u8> {
        let notice = rules::notice::Notices::built_in().expect("notices").general().clone();
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name(&notice.roster.sheet).expect("a sheet");
        crate::sheet::set_up(sheet, &notice.roster, true).expect("a template");
        let bold = Format::new().set_bold();
        for row in 1..=3_u32 {
            sheet.write_string_with_format(row, 1, format!("样例{row}"), &bold).expect("a name");
            sheet.write_string(row, 4, "11010519491231002X").expect("a number");
            sheet.write_string(row, 27, "备注 & <注>").expect("a remark");
        }
        sheet.write_formula(2, 8, "=1+1").expect("a formula");
        sheet.write_formula(3, 9, "=2+2").expect("a formula");
        book.add_worksheet().set_name("另一张").and_then(|sheet| sheet.write_string(0, 0, "不动")).expect("a sheet");
        book.save_to_buffer().expect("a workbook")
    }

    fn replaced(cells: &[(u32, u16, &str)]) -> Result<Vec<u8>, NotReplaced> {
        replaced_in(&handed_in(), cells)
    }

    /// A workbook says when it was made: two of them are not the same.
    fn replaced_in(book: &[u8], cells: &[(u32, u16, &str)]) -> Result<Vec<u8>, NotReplaced> {
        let cells = cells.iter().map(|(row, column, value)| ((*row, *column), (*value).to_owned())).collect();
        with_cells_replaced(book, &profile(), &cells)
    }

    #[test]
    fn only_the_cells_are_replaced_and_all_else_stays_as_it_was() {
        let (before, profile) = (handed_in(), profile());
        let after =
            replaced_in(&before, &[(2, 1, "新 <名> & \"字\""), (3, 5, "1990-01-01"), (3, 8, "技师"), (4, 27, "")]).expect("replaced");
        let all: BTreeSet<u32> = (1..=4).collect();
        let (was, is) = (excerpt(&before, &profile, &all), excerpt(&after, &profile, &all));
        let mut expected: Vec<ShownRow> = was.clone();
        expected[1].cells[1].text = "新 <名> & \"字\"".to_owned();
        expected[2].cells[5].text = "1990-01-01".to_owned();
        expected[2].cells[8] = ShownCell { text: "技师".to_owned(), computed: false };
        assert!(was[2].cells[8].computed && was[3].cells[9].computed);
        expected[3].cells[27].text = String::new();
        assert_eq!(is, expected);
        let (old, new) = (parts(&before), parts(&after));
        let changed: BTreeSet<&String> = old.iter().filter(|(name, bytes)| new.get(*name) != Some(bytes)).map(|(name, _)| name).collect();
        let sheets: Vec<&&String> = changed.iter().filter(|name| name.contains("sheet")).collect();
        assert_eq!(sheets, [&"xl/worksheets/sheet1.xml"], "{changed:?}");
        assert!(changed.iter().all(|name| name.ends_with("sheet1.xml")), "no chain was there: {changed:?}");
        // Drop-downs, protection, widths, the frozen header, the other formula: all behind and before the cells.
        let text = |parts: &HashMap<String, Vec<u8>>| String::from_utf8(parts["xl/worksheets/sheet1.xml"].clone()).expect("a text");
        let (old, new) = (text(&old), text(&new));
        let outside = |text: &str| {
            let (before, rest) = text.split_once("<sheetData>").expect("data");
            (before.to_owned(), rest.split_once("</sheetData>").expect("an end").1.to_owned())
        };
        assert_eq!(outside(&old), outside(&new));
        assert!(new.contains("<f>2+2</f>") && !new.contains("<f>1+1</f>"), "{new}");
        assert!(outside(&new).1.contains("dataValidation"), "{new}");
    }

    #[test]
    fn a_replaced_cell_keeps_its_format_and_a_new_one_has_that_of_its_column() {
        let after = parts(&replaced(&[(2, 1, "新"), (2, 8, "技师")]).expect("replaced"));
        let after = String::from_utf8(after["xl/worksheets/sheet1.xml"].clone()).expect("a text");
        let before = String::from_utf8(parts(&handed_in())["xl/worksheets/sheet1.xml"].clone()).expect("a text");
        let format = |text: &str, cell: &str| {
            let tag = text.split(&format!("<c r=\"{cell}\"")).nth(1)?.split('>').next()?.to_owned();
            Some(tag.split("s=\"").nth(1)?.split('"').next()?.to_owned())
        };
        assert!(format(&after, "B2").is_some());
        assert_eq!(format(&after, "B2"), format(&before, "B2"));
        assert!(after.contains("<c r=\"I2\""), "{after}");
    }

    #[test]
    fn a_calculation_chain_goes_with_the_formula() {
        let with_chain = |bytes: &[u8]| {
            let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
            let mut changed = BTreeMap::new();
            let types = part_text(&mut archive, "[Content_Types].xml").expect("types");
            let more = "<Override PartName=\"/xl/calcChain.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml\"/></Types>";
            changed.insert("[Content_Types].xml".to_owned(), types.replace("</Types>", more));
            let relations = part_text(&mut archive, "xl/_rels/workbook.xml.rels").expect("relations");
            let more = "<Relationship Id=\"rId99\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain\" Target=\"calcChain.xml\"/></Relationships>";
            changed.insert("xl/_rels/workbook.xml.rels".to_owned(), relations.replace("</Relationships>", more));
            let bytes = written(&mut archive, &changed, None).expect("written");
            let mut out = ZipWriter::new_append(Cursor::new(bytes)).expect("an archive");
            out.start_file("xl/calcChain.xml", zip::write::SimpleFileOptions::default()).expect("a part");
            out.write_all(b"<calcChain><c r=\"I3\" i=\"1\"/><c r=\"J4\" i=\"1\"/></calcChain>").expect("written");
            out.finish().expect("an archive").into_inner()
        };
        let bytes = with_chain(&handed_in());
        let cells = |row, column| Replacements::from([((row, column), "技师".to_owned())]);
        let kept = with_cells_replaced(&bytes, &profile(), &cells(2, 1)).expect("replaced");
        assert!(parts(&kept).contains_key("xl/calcChain.xml"), "no formula was replaced");
        let gone = parts(&with_cells_replaced(&bytes, &profile(), &cells(3, 8)).expect("replaced"));
        assert!(!gone.contains_key("xl/calcChain.xml"));
        assert!(gone.values().all(|content| !String::from_utf8_lossy(content).contains("calcChain")));
    }

    #[test]
    fn what_cannot_be_replaced_is_said() {
        assert_eq!(replaced(&[(9, 1, "x")]), Err(NotReplaced::NoRow(9)));
        assert!(matches!(with_cells_replaced(b"no workbook", &profile(), &Replacements::new()), Err(NotReplaced::Guarded(_))));
        let sheet = "<x:worksheet><x:sheetData><x:row/><x:row r=\"3\"><x:c><x:v>1</x:v></x:c><x:c r=\"C3\"><x:f t=\"shared\" ref=\"C3:C9\" si=\"0\">A3</x:f><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>";
        let with = |row, column, value: &str| {
            Rewriting::new(sheet, &Replacements::from([((row, column), value.to_owned())])).run().map(|r| r.text)
        };
        assert_eq!(with(3, 2, "x"), Err(NotReplaced::Formula("C3".to_owned())));
        let filled = with(1, 0, "a").expect("an empty row");
        assert!(
            filled.contains("<x:row><x:c r=\"A1\" t=\"inlineStr\"><x:is><x:t xml:space=\"preserve\">a</x:t></x:is></x:c></x:row>"),
            "{filled}"
        );
        let between = with(3, 1, "b").expect("between two cells");
        assert!(between.find("\"B3\"") < between.find("\"C3\"") && between.contains("<x:v>1</x:v></x:c><x:c r=\"B3\""), "{between}");
    }
}
