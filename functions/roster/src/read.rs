//! The roster, row by row: header first, then whatever stands under it.

use std::ops::ControlFlow;

use calamine::XlsxFormulaMetadata;
use rules::intake::entry::{Cell, PICTURE, RawRow, is_picture};
use rules::intake::stray::{Stray, is_note, stray};
use rules::notice::RosterProfile;
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::folding::seen;
use rules::values::name::{MAX_CHARS, PersonName};
use rules::values::vocabulary::Field;

use crate::book::{Book, Item, cell, clear, is_blank};
use crate::guard::Refusal;
use crate::header::Header;
use crate::hidden::HiddenRows;
use crate::merged::Merged;
use crate::outside::{LISTED, Outside, rest};

/// A roster workbook that passed the guard and whose header is the template's.
pub struct Roster<'a> {
    book: Book<'a>,
    profile: &'a RosterProfile,
    file: String,
    /// What was found in choosing the sheet.
    about_sheets: Vec<Finding>,
}

impl<'a> Roster<'a> {
    /// Guards, opens, checks the header. `file` is the name that findings carry.
    ///
    /// # Errors
    /// The findings that keep the workbook out; never empty.
    pub fn open(bytes: &'a [u8], profile: &'a RosterProfile, file: &str) -> Result<Self, Vec<Finding>> {
        let refused = |refusal: Refusal| vec![refusal.into_finding(file)];
        let mut book = Book::open(bytes).map_err(refused)?;
        let (header, about_sheets) = Header::find(&mut book, profile, file).map_err(refused)?;
        let mut found = header.judge(profile, file, book.sheet());
        if found.is_empty() {
            return Ok(Self { book, profile, file: file.to_owned(), about_sheets });
        }
        found.extend(about_sheets);
        Err(found)
    }

    /// Row number and name, as it is printed, of every row that is filled in, whatever is wrong with the header or the number of rows, so
    /// that a refused roster can be answered row by row; as far as the workbook can be read.
    pub fn names(bytes: &[u8], profile: &RosterProfile) -> Vec<(u32, String)> {
        let mut names = Vec::new();
        let Ok(mut book) = Book::open(bytes) else { return names };
        let Ok((header, _)) = Header::find(&mut book, profile, "") else { return names };
        let (column, head) = (header.column(profile, Field::Name), header.row + 1);
        let profile = RosterProfile { max_rows: u32::MAX, ..profile.clone() };
        let sheet = book.sheet().to_owned();
        // Under another header than the template's it cannot be told.
        let is_own = column == profile.position(Field::Name).map(usize::from);
        let judged = profile.clone();
        let mut pass = Pass::new(&profile, "", &sheet, |raw: &RawRow| {
            if is_own && stray(&judged, raw).is_some_and(Stray::is_passed_over) {
                return;
            }
            let name = match column.and_then(|column| raw.cells.get(column)) {
                Some(Cell::Text(text)) => as_printed(text),
                _ => String::new(),
            };
            if raw.row > head {
                names.push((raw.row, name));
            }
        });
        let end = book.cells(|item| pass.item(item));
        pass.finish(end);
        names
    }

    /// Name of the sheet that counts: the first visible one that has the template's header.
    pub fn sheet(&self) -> &str {
        self.book.sheet()
    }

    /// Streams the rows that are filled in to `each`, in the sheet's order, and returns the findings about the sheet
    /// as a whole: another sheet passed over, pictures, hidden rows, merged cells, content outside the template, no rows, too many, broken
    /// midway.
    ///
    /// A row counts from 1, the header being row 1, and has one cell per column of the profile. Rows of nothing but
    /// spaces or a 序号 are skipped; a text in place of the 序号 is a note. At most `max_rows` rows are streamed; reading stops at the next.
    pub fn rows(&mut self, each: impl FnMut(&RawRow)) -> Vec<Finding> {
        let sheet = self.book.sheet().to_owned();
        let mut pass = Pass::new(self.profile, &self.file, &sheet, each);
        match self.book.merges() {
            Ok(regions) => pass.merged = Merged::new(regions),
            Err(refusal) => return vec![refusal.into_finding(&self.file)],
        }
        pass.hidden = self.book.hidden_rows();
        let end = self.book.cells(|item| pass.item(item));
        let mut found = std::mem::take(&mut self.about_sheets);
        found.extend(pass.finish(end));
        found.extend(self.pasted());
        found
    }

    /// Whoever pastes photos over the sheet takes them for handed in.
    fn pasted(&self) -> Option<Finding> {
        let count = self.book.pictures();
        let place = Place { file: self.file.clone(), sheet: Some(self.book.sheet().to_owned()), ..Place::default() };
        (count > 0).then(|| Finding::new(FindingCode::PicturePasted, place, format!("表格上贴有 {count} 张图片，不会被读取")))
    }
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
    merged: Merged,
    hidden: HiddenRows,
    /// Rows with content that are not shown: the first few, and how many there are.
    unseen: (Vec<u32>, u64),
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
            merged: Merged::default(),
            hidden: HiddenRows::default(),
            unseen: (Vec::new(), 0),
            outside: Outside::default(),
            below: None,
            found: Vec::new(),
            stopped: false,
        }
    }

    fn place(&self, row: u32, column: u32) -> Place {
        Place::cell(self.file, self.sheet, row, u16::try_from(column).unwrap_or(u16::MAX))
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let (row, column, value) = match item {
            Item::OddError => return self.odd_error(),
            // The header was judged when the workbook was opened.
            Item::Cell { row: 0, .. } => return ControlFlow::Continue(()),
            Item::Cell { row, column, formula: Some(formula), .. } => (row.saturating_add(1), column, formula_cell(formula)),
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
        let filled = self.is_filled(&self.row);
        self.merged.cover(&mut self.row);
        let flow = if filled { self.hand_on() } else { ControlFlow::Continue(()) };
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
            if self.hidden.has(row) {
                self.unseen.1 += 1;
                if self.unseen.0.len() < LISTED {
                    self.unseen.0.push(row);
                }
            }
            (self.each)(&self.row);
        }
        ControlFlow::Continue(())
    }

    fn unseen_rows(&self) -> Vec<Finding> {
        let finding = |row: &u32| {
            let message = format!("第 {row} 行被隐藏或被筛选掉了，仍会按名单办理");
            Finding::new(FindingCode::RowHidden, self.place(*row, 0), message)
        };
        let mut found: Vec<Finding> = self.unseen.0.iter().map(finding).collect();
        found.extend(rest(FindingCode::RowHidden, self.file, self.sheet, self.unseen.1, "行被隐藏或被筛选掉了"));
        found
    }

    fn is_filled(&self, row: &RawRow) -> bool {
        let columns = self.profile.columns.iter();
        columns.zip(&row.cells).any(|(column, cell)| if column.field == Field::Sequence { is_note(cell) } else { !is_blank(cell) })
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
        let (merged, unseen) = (self.merged.finding(self.file, self.sheet), self.unseen_rows());
        self.found.extend(merged.into_iter().chain(unseen));
        self.found.extend(self.outside.finding(self.file, self.sheet, self.profile.columns.len()));
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

/// The name as certificates and lists have it; of what is no name, what can be seen of it.
fn as_printed(text: &str) -> String {
    let read = PersonName::parse(text).or_else(|_| PersonName::parse_by_hand(text));
    read.map_or_else(|_| seen(text).chars().take(MAX_CHARS).collect(), |(name, _)| name.reveal().to_owned())
}

/// A formula's value is not believed; that it shows a picture (WPS) is.
fn formula_cell(formula: &XlsxFormulaMetadata) -> Cell {
    match formula {
        XlsxFormulaMetadata::Normal { formula } if is_picture(formula) => Cell::Text(format!("={PICTURE}()")),
        _ => Cell::Formula,
    }
}
