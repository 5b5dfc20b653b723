//! The roster, row by row: header first, then whatever stands under it.

use std::ops::ControlFlow;

use calamine::Dimensions;
use rules::intake::entry::{Cell, RawRow};
use rules::notice::{RosterProfile, bare_header};
use rules::values::finding::{Finding, FindingCode, Place, column_letters};
use rules::values::name::MAX_CHARS;
use rules::values::vocabulary::Field;

use crate::book::{Book, Item, cell, clear, is_blank};
use crate::guard::Refusal;

/// Findings of one kind that are listed one by one; the others are counted.
const LISTED: usize = 10;
/// Characters of a changed header that a message quotes.
const QUOTED_CHARS: usize = 40;

/// A roster workbook that passed the guard and whose header is the template's.
pub struct Roster<'a> {
    book: Book<'a>,
    profile: &'a RosterProfile,
    file: String,
}

impl<'a> Roster<'a> {
    /// Guards, opens, checks the header. `file` is the name that findings carry.
    ///
    /// # Errors
    /// The findings that keep the workbook out; never empty.
    pub fn open(bytes: &'a [u8], profile: &'a RosterProfile, file: &str) -> Result<Self, Vec<Finding>> {
        let refused = |refusal: Refusal| vec![refusal.into_finding(file)];
        let mut book = Book::open(bytes).map_err(refused)?;
        let header = Header::read(&mut book, profile).map_err(refused)?;
        let found = header.judge(profile, file, book.sheet());
        if found.is_empty() { Ok(Self { book, profile, file: file.to_owned() }) } else { Err(found) }
    }

    /// Row number and name of every row that is filled in, whatever is wrong with the header or the number of rows, so
    /// that a refused roster can be answered row by row; as far as the workbook can be read.
    pub fn names(bytes: &[u8], profile: &RosterProfile) -> Vec<(u32, String)> {
        let mut names = Vec::new();
        let Ok(mut book) = Book::open(bytes) else { return names };
        let Ok(header) = Header::read(&mut book, profile) else { return names };
        let column = header.column(profile, Field::Name);
        let profile = RosterProfile { max_rows: u32::MAX, ..profile.clone() };
        let sheet = book.sheet().to_owned();
        let mut pass = Pass::new(&profile, "", &sheet, |raw: &RawRow| {
            let name = match column.and_then(|column| raw.cells.get(column)) {
                Some(Cell::Text(text)) => text.chars().take(MAX_CHARS).collect(),
                _ => String::new(),
            };
            names.push((raw.row, name));
        });
        let end = book.cells(|item| pass.item(item));
        pass.finish(end);
        names
    }

    /// Name of the sheet that counts: the first that is not hidden.
    pub fn sheet(&self) -> &str {
        self.book.sheet()
    }

    /// Streams the rows that are filled in to `each`, in the sheet's order, and returns the findings about the sheet
    /// as a whole: merged cells, content outside the template, no rows, too many, broken midway.
    ///
    /// A row counts from 1, the header being row 1, and has one cell per column of the profile. Rows of nothing but
    /// spaces or a 序号 are skipped. At most `max_rows` rows are streamed; reading stops at the next.
    pub fn rows(&mut self, each: impl FnMut(&RawRow)) -> Vec<Finding> {
        let sheet = self.book.sheet().to_owned();
        let mut pass = Pass::new(self.profile, &self.file, &sheet, each);
        match self.book.merges() {
            Ok(merges) => pass.merged(&merges),
            Err(refusal) => return vec![refusal.into_finding(&self.file)],
        }
        let end = self.book.cells(|item| pass.item(item));
        pass.finish(end)
    }
}

/// Row 1 as it stands.
pub(crate) struct Header {
    /// Text of each cell from column A on; trailing blank cells are left out.
    pub(crate) texts: Vec<String>,
    /// Filled cells beyond the profile's columns and the first few of them.
    outside: Outside,
}

impl Header {
    pub(crate) fn read(book: &mut Book<'_>, profile: &RosterProfile) -> Result<Self, Refusal> {
        let mut header = Self { texts: Vec::new(), outside: Outside::default() };
        book.cells(|item| match item {
            Item::Cell { row: 0, column, value, .. } => {
                header.take(column, cell(value, &mut Vec::new()), profile.columns.len());
                ControlFlow::Continue(())
            }
            Item::Cell { .. } => ControlFlow::Break(()),
            Item::OddError => ControlFlow::Continue(()),
        })?;
        Ok(header)
    }

    fn take(&mut self, column: u32, value: Cell, columns: usize) {
        if is_blank(&value) {
            return;
        }
        let text = header_text(value);
        let at = usize::try_from(column).unwrap_or(usize::MAX);
        if at >= columns {
            self.outside.add(1, column);
        }
        // The report keeps headers beyond the template's; XFD is the last column there is.
        if at < 16_384 {
            if self.texts.len() <= at {
                self.texts.resize(at + 1, String::new());
            }
            if let Some(slot) = self.texts.get_mut(at) {
                *slot = text;
            }
        }
    }

    fn text(&self, column: usize) -> &str {
        self.texts.get(column).map_or("", String::as_str)
    }

    /// Where a field stands: under its own header, else where the template has it.
    fn column(&self, profile: &RosterProfile, field: Field) -> Option<usize> {
        let at = usize::from(profile.position(field)?);
        let wanted = bare_header(&profile.columns.get(at)?.header);
        self.texts.iter().take(profile.columns.len()).position(|text| bare_header(text) == wanted).or(Some(at))
    }

    /// Whether row 1 is a header at all. Where it was deleted a winner's data stand there, and no message may quote them.
    fn is_header(&self, profile: &RosterProfile) -> bool {
        let known: Vec<String> = profile.columns.iter().map(|column| bare_header(&column.header)).collect();
        let filled = self.texts.iter().filter(|text| !text.is_empty());
        let (count, matching) = filled.fold((0, 0), |(n, m), text| (n + 1, m + usize::from(known.contains(&bare_header(text)))));
        matching * 2 >= count
    }

    fn judge(&self, profile: &RosterProfile, file: &str, sheet: &str) -> Vec<Finding> {
        let count = profile.columns.len();
        let mut found = Vec::new();
        let is_header = self.is_header(profile);
        if RosterProfile::fingerprint_of((0..count).map(|i| self.text(i))) != profile.fingerprint {
            for (i, column) in profile.columns.iter().enumerate() {
                let stands = self.text(i);
                if bare_header(stands) != bare_header(&column.header) {
                    let message = format!("表头应为“{}”，现为{}", column.header, quoted(stands, is_header));
                    let place = Place::cell(file, sheet, 1, u16::try_from(i).unwrap_or(u16::MAX));
                    found.push(Finding::new(FindingCode::HeaderChanged, place, message));
                }
            }
        }
        found.extend(self.outside.findings(file, sheet, count));
        found
    }
}

fn header_text(value: Cell) -> String {
    match value {
        Cell::Text(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Bool(truth) => truth.to_string().to_uppercase(),
        Cell::Empty | Cell::Error | Cell::Formula => "#".to_owned(),
    }
}

fn quoted(text: &str, is_header: bool) -> String {
    if text.trim().is_empty() {
        return "空白".to_owned();
    }
    // Six digits may be part of an ID or phone number.
    if !is_header || text.chars().filter(char::is_ascii_digit).count() >= 6 {
        return "其他内容".to_owned();
    }
    let short: String = text.chars().filter(|c| !c.is_control()).take(QUOTED_CHARS).collect();
    format!("“{short}”")
}

/// Cells outside the template: the first few, and how many there are.
#[derive(Default)]
struct Outside {
    /// Row from 1, column from 0.
    first: Vec<(u32, u32)>,
    count: u64,
}

impl Outside {
    fn add(&mut self, row: u32, column: u32) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push((row, column));
        }
    }

    fn findings(&self, file: &str, sheet: &str, columns: usize) -> Vec<Finding> {
        let last = column_letters(u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX));
        let message = |row: &u32, column: &u32| {
            let place = Place::cell(file, sheet, *row, u16::try_from(*column).unwrap_or(u16::MAX));
            Finding::new(FindingCode::CellOutside, place, format!("模板范围（A 至 {last} 列）以外有内容"))
        };
        let mut found: Vec<Finding> = self.first.iter().map(|(row, column)| message(row, column)).collect();
        found.extend(rest(FindingCode::CellOutside, file, sheet, self.count, "个单元格在模板范围以外有内容"));
        found
    }
}

/// The finding that stands for those not listed.
fn rest(code: FindingCode, file: &str, sheet: &str, count: u64, what: &str) -> Option<Finding> {
    let place = Place { file: file.to_owned(), sheet: Some(sheet.to_owned()), ..Place::default() };
    (count > LISTED as u64).then(|| Finding::new(code, place, format!("共 {count} {what}，以上只列出前 {LISTED} 处")))
}

/// One pass over the data rows.
struct Pass<'p, F> {
    profile: &'p RosterProfile,
    file: &'p str,
    sheet: &'p str,
    each: F,
    /// The row being put together: row from 1 and cells.
    row: RawRow,
    /// Whether any cell of it is filled.
    started: bool,
    /// Texts of rows before, emptied.
    spare: Vec<String>,
    filled: u32,
    outside: Outside,
    below: Option<u32>,
    found: Vec<Finding>,
    stopped: bool,
}

impl<'p, F: FnMut(&RawRow)> Pass<'p, F> {
    fn new(profile: &'p RosterProfile, file: &'p str, sheet: &'p str, each: F) -> Self {
        let row = RawRow { row: 1, cells: vec![Cell::Empty; profile.columns.len()] };
        Self {
            profile,
            file,
            sheet,
            each,
            row,
            started: false,
            spare: Vec::new(),
            filled: 0,
            outside: Outside::default(),
            below: None,
            found: Vec::new(),
            stopped: false,
        }
    }

    fn merged(&mut self, regions: &[Dimensions]) {
        for region in regions.iter().take(LISTED) {
            let name = |(row, column): (u32, u32)| {
                format!("{}{}", column_letters(u16::try_from(column).unwrap_or(u16::MAX)), row.saturating_add(1))
            };
            let place = self.place(region.start.0.saturating_add(1), region.start.1);
            let message = format!("{}:{} 是合并单元格", name(region.start), name(region.end));
            self.found.push(Finding::new(FindingCode::CellMerged, place, message));
        }
        self.found.extend(rest(FindingCode::CellMerged, self.file, self.sheet, regions.len() as u64, "处合并单元格"));
    }

    fn place(&self, row: u32, column: u32) -> Place {
        Place::cell(self.file, self.sheet, row, u16::try_from(column).unwrap_or(u16::MAX))
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let (row, column, value) = match item {
            Item::OddError => return self.odd_error(),
            // The header was judged when the workbook was opened.
            Item::Cell { row: 0, .. } => return ControlFlow::Continue(()),
            Item::Cell { row, column, formula: Some(_), .. } => (row.saturating_add(1), column, Cell::Formula),
            Item::Cell { row, column, value, formula: None } => (row.saturating_add(1), column, cell(value, &mut self.spare)),
        };
        if row != self.row.row && value != Cell::Empty {
            self.flush()?;
            if row < self.row.row {
                return self.disorder();
            }
            self.row.row = row;
        }
        self.put(row, column, value)
    }

    fn put(&mut self, row: u32, column: u32, value: Cell) -> ControlFlow<()> {
        if value == Cell::Empty {
            return ControlFlow::Continue(());
        }
        let slot = usize::try_from(column).ok().and_then(|i| self.row.cells.get_mut(i));
        match slot {
            Some(slot) if *slot == Cell::Empty => {
                *slot = value;
                self.started = true;
                ControlFlow::Continue(())
            }
            // Spreadsheet programs would show one of the two values, we might take the other.
            Some(_) => self.disorder(),
            None => {
                if !is_blank(&value) {
                    self.outside.add(row, column);
                }
                ControlFlow::Continue(())
            }
        }
    }

    /// Hands the row on that is complete now, and begins a blank one.
    fn flush(&mut self) -> ControlFlow<()> {
        if !std::mem::take(&mut self.started) {
            return ControlFlow::Continue(());
        }
        let flow = if self.is_filled(&self.row) { self.hand_on() } else { ControlFlow::Continue(()) };
        clear(&mut self.row.cells, &mut self.spare);
        flow
    }

    fn hand_on(&mut self) -> ControlFlow<()> {
        let row = self.row.row;
        if self.filled >= self.profile.max_rows {
            return self.too_many(row);
        }
        self.filled += 1;
        // The template reaches down to row max_rows + 1; what stands below it is easily overlooked by whoever signs.
        if row > self.profile.max_rows.saturating_add(1) {
            self.below.get_or_insert(row);
        } else {
            (self.each)(&self.row);
        }
        ControlFlow::Continue(())
    }

    fn is_filled(&self, row: &RawRow) -> bool {
        let columns = self.profile.columns.iter();
        columns.zip(&row.cells).any(|(column, cell)| column.field != Field::Sequence && !is_blank(cell))
    }

    fn too_many(&mut self, row: u32) -> ControlFlow<()> {
        let message = format!("填写的行数超过 {}，第 {row} 行起未读取", self.profile.max_rows);
        self.found.push(Finding::new(FindingCode::RowsTooMany, self.place(row, 0), message));
        self.stopped = true;
        ControlFlow::Break(())
    }

    fn disorder(&mut self) -> ControlFlow<()> {
        let message = format!("第 {} 行附近的单元格重复或次序颠倒", self.row.row);
        self.found.push(Finding::new(FindingCode::WorkbookBroken, Place::file(self.file), message));
        self.stopped = true;
        ControlFlow::Break(())
    }

    fn odd_error(&mut self) -> ControlFlow<()> {
        let place = Place { file: self.file.to_owned(), sheet: Some(self.sheet.to_owned()), cell: None, row: Some(self.row.row) };
        let message = format!("第 {} 行或下一行有错误值（如 #SPILL!）", self.row.row);
        if self.found.iter().filter(|f| f.code == FindingCode::CellErrorValue).count() < LISTED {
            self.found.push(Finding::new(FindingCode::CellErrorValue, place, message));
        }
        ControlFlow::Continue(())
    }

    fn finish(mut self, end: Result<(), Refusal>) -> Vec<Finding> {
        if !self.stopped && end.is_ok() {
            let _ = self.flush();
        }
        if let Some(row) = self.below {
            let message = format!("模板范围（第 {} 行）以下有内容", self.profile.max_rows.saturating_add(1));
            self.found.push(Finding::new(FindingCode::CellOutside, self.place(row, 0), message));
        }
        self.found.extend(self.outside.findings(self.file, self.sheet, self.profile.columns.len()));
        match end {
            Err(refusal) => self.found.push(refusal.into_finding(self.file)),
            Ok(()) if self.filled == 0 && !self.stopped => {
                let place = Place { file: self.file.to_owned(), sheet: Some(self.sheet.to_owned()), ..Place::default() };
                self.found.push(Finding::new(FindingCode::RowsNone, place, "没有填写任何选手"));
            }
            Ok(()) => {}
        }
        self.found
    }
}
