//! A guarded workbook and one of its sheets, read cell by cell.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError, XlsxFormulaMetadata};
use jiff::civil::Date;
use rules::intake::entry::Cell;
use rules::values::finding::FindingCode;
use zip::ZipArchive;

use crate::guard::{self, Refusal, ScanSummary};
use crate::hidden::HiddenRows;
use crate::parts;

/// A text longer than this is rare, and its memory is given back.
const MAX_SPARE_BYTES: usize = 1024;

/// What the cell reader comes across.
pub(crate) enum Item<'c> {
    /// A cell, empty ones included. Row and column count from 0.
    Cell { row: u32, column: u32, value: &'c DataRef<'c>, formula: Option<&'c XlsxFormulaMetadata> },
    /// A cell with an error value that calamine does not know (`#SPILL!`), somewhere after the last cell.
    OddError,
}

/// A workbook that passed the guard.
pub(crate) struct Book<'a> {
    bytes: &'a [u8],
    xlsx: Xlsx<Cursor<&'a [u8]>>,
    sheet: String,
    seen: ScanSummary,
}

/// A worksheet of the workbook.
pub(crate) struct SheetName {
    pub(crate) name: String,
    /// Not hidden.
    pub(crate) visible: bool,
}

impl<'a> Book<'a> {
    /// Guards and opens; which sheet counts is said by [`Book::turn_to`].
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let seen = guard::inspect(bytes)?;
        let xlsx = guarded(|| Xlsx::new(Cursor::new(bytes)))?;
        Ok(Self { bytes, xlsx, sheet: String::new(), seen })
    }

    /// The sheets that are tables, in the workbook's order.
    pub(crate) fn sheets(&self) -> Vec<SheetName> {
        let tables = self.xlsx.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        tables.map(|sheet| SheetName { name: sheet.name.clone(), visible: sheet.visible == SheetVisible::Visible }).collect()
    }

    /// Why there is no sheet that could count.
    pub(crate) fn no_sheet(&self) -> Refusal {
        let empty = self.xlsx.sheets_metadata().is_empty();
        Refusal::new(FindingCode::SheetMissing, if empty { "工作簿中没有工作表" } else { "工作簿中只有图表，没有表格" })
    }

    /// The sheet that counts from now on.
    pub(crate) fn turn_to(&mut self, sheet: &str) {
        sheet.clone_into(&mut self.sheet);
    }

    /// The rows of the sheet that the spreadsheet program does not show.
    pub(crate) fn hidden_rows(&self) -> HiddenRows {
        if self.seen.hidden { HiddenRows::of(self.bytes, &self.sheet) } else { HiddenRows::default() }
    }

    /// Pictures that lie over the sheet.
    pub(crate) fn pictures(&self) -> usize {
        let archive = self.seen.pictures.then(|| ZipArchive::new(Cursor::new(self.bytes)));
        archive.and_then(Result::ok).map_or(0, |mut archive| parts::pictures(&mut archive, &self.sheet))
    }

    /// Whether some cells may show numbers with more zeros than they hold.
    pub(crate) fn fills_with_zeros(&self) -> bool {
        ZipArchive::new(Cursor::new(self.bytes)).is_ok_and(|mut archive| parts::fills_with_zeros(&mut archive))
    }

    /// Name of the sheet that counts.
    pub(crate) fn sheet(&self) -> &str {
        &self.sheet
    }

    /// Whether dates count from 1904.
    pub(crate) fn is_1904(&self) -> bool {
        self.xlsx.has_1904_epoch()
    }

    /// The sheet's merged regions.
    pub(crate) fn merges(&mut self) -> Result<Vec<Dimensions>, Refusal> {
        if !self.seen.merges {
            return Ok(Vec::new());
        }
        let Self { xlsx, sheet, .. } = self;
        guarded(|| xlsx.merge_cells_by_sheet_name(sheet))
    }

    /// Shows every cell of the sheet, in its order, until `visit` breaks off.
    pub(crate) fn cells(&mut self, mut visit: impl FnMut(Item<'_>) -> ControlFlow<()>) -> Result<(), Refusal> {
        let Self { xlsx, sheet, seen, .. } = self;
        let mut reader = guarded(|| xlsx.worksheet_cells_reader(sheet))?;
        let mut visiting = false;
        let mut show = |item: Item<'_>| {
            visiting = true;
            let flow = visit(item);
            visiting = false;
            flow
        };
        // One catch for all cells: one for each of them costs nearly as much as reading it.
        let read = catch_unwind(AssertUnwindSafe(|| {
            if seen.formulas { with_formulas(&mut reader, &mut show) } else { values(&mut reader, &mut show) }
        }));
        match read {
            Ok(end) => end,
            // Not calamine's panic, but that of whom the cells were shown to.
            Err(panic) if visiting => resume_unwind(panic),
            Err(_) => Err(unreadable()),
        }
    }
}

type Cells<'c, 'a> = XlsxCellReader<'c, Cursor<&'a [u8]>>;

/// Values alone, where the guard saw no formula in any part.
fn values(reader: &mut Cells<'_, '_>, show: &mut impl FnMut(Item<'_>) -> ControlFlow<()>) -> Result<(), Refusal> {
    loop {
        let flow = match reader.next_cell() {
            Ok(None) => return Ok(()),
            Ok(Some(cell)) => {
                let (row, column) = cell.get_position();
                show(Item::Cell { row, column, value: cell.get_value(), formula: None })
            }
            Err(error) => show(odd(&error)?),
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// Formulas come in the same pass, and shared ones are not expanded: their index would size an allocation.
fn with_formulas(reader: &mut Cells<'_, '_>, show: &mut impl FnMut(Item<'_>) -> ControlFlow<()>) -> Result<(), Refusal> {
    loop {
        let flow = match reader.next_cell_with_formula_metadata() {
            Ok(None) => return Ok(()),
            Ok(Some(cell)) => {
                let (row, column) = cell.pos;
                show(Item::Cell { row, column, value: &cell.value, formula: cell.formula.as_ref() })
            }
            Err(error) => show(odd(&error)?),
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

fn odd(error: &XlsxError) -> Result<Item<'static>, Refusal> {
    if matches!(error, XlsxError::CellError(_)) { Ok(Item::OddError) } else { Err(unreadable()) }
}

/// calamine has panicked on forged workbooks before: a panic is a workbook that cannot be read.
fn guarded<T>(read: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(XlsxError::Password)) => Err(Refusal::new(FindingCode::WorkbookEncrypted, "工作簿设有打开密码，无法读取")),
        Ok(Err(_)) | Err(_) => Err(unreadable()),
    }
}

fn unreadable() -> Refusal {
    Refusal::broken("工作簿已损坏或结构不合规范，无法读取")
}

/// A value as the rules see it. `spare` may hold strings whose memory can be used again.
pub(crate) fn cell(value: &DataRef<'_>, spare: &mut Vec<String>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) | DataRef::DurationIso(text) => text_cell(text, spare),
        DataRef::SharedString(text) => text_cell(text, spare),
        DataRef::Float(number) if number.is_finite() => Cell::Number(*number),
        DataRef::Float(_) | DataRef::Error(_) => Cell::Error,
        // calamine yields whole numbers as floats; this arm is for completeness.
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Bool(truth) => Cell::Bool(*truth),
        DataRef::DateTime(moment) => civil(moment).map_or(Cell::Number(moment.as_f64()), Cell::Date),
        DataRef::DateTimeIso(text) => text.get(..10).and_then(|day| day.parse().ok()).map_or_else(|| Cell::Text(text.clone()), Cell::Date),
    }
}

fn text_cell(text: &str, spare: &mut Vec<String>) -> Cell {
    if text.is_empty() {
        return Cell::Empty;
    }
    let mut own = spare.pop().unwrap_or_default();
    own.push_str(text);
    Cell::Text(own)
}

/// Empties the cells of a row and keeps the memory of their texts, as long as it is not much.
pub(crate) fn clear(cells: &mut [Cell], spare: &mut Vec<String>) {
    for cell in cells {
        if let Cell::Text(mut text) = std::mem::take(cell)
            && text.capacity() <= MAX_SPARE_BYTES
        {
            text.clear();
            spare.push(text);
        }
    }
}

/// The civil date of a date cell; none for durations, times of day and what lies outside 1900–9999.
fn civil(moment: &ExcelDateTime) -> Option<Date> {
    if !moment.is_datetime() || !(1.0..2_958_466.0).contains(&moment.as_f64()) {
        return None;
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Whether a cell holds nothing but spaces.
pub(crate) fn is_blank(cell: &Cell) -> bool {
    cell.is_blank()
}
