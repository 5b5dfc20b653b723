//! The roster as handed in, with faulty cells marked, and a list of all findings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use calamine::{CellErrorType, DataRef, ExcelDateTime, XlsxFormulaMetadata};
use rules::notice::{Notice, RosterProfile, header_key};
use rules::values::finding::{Finding, Severity};
use rust_xlsxwriter::{Color, Format, FormatAlign, Formula, Note, Worksheet, XlsxError};

use crate::book::{Book, Item};
use crate::header::Header;
use crate::{WriteError, sheet, template};

/// Name of the sheet with the findings.
const RESULTS: &str = "检查结果";
/// Cells that carry a note; a sheet with more of them opens slowly. The others are coloured, and listed.
const MAX_NOTES: usize = 5_000;
/// Findings that are listed; a sheet ends at row 1,048,576.
const MAX_LISTED: usize = 200_000;
/// UTF-16 units that a cell can hold.
const MAX_UNITS: usize = 32_767;
/// Characters of one note.
const MAX_NOTE_CHARS: usize = 2_000;
/// The last column, XFD.
const LAST_COLUMN: u32 = 16_383;
/// Cells outside the template that a report carries along: a far cell in each of a million rows is a million rows to the writer.
const MAX_ODD_CELLS: usize = 10_000;
/// Cells of a sheet whose rows are not in order: they are held until all are there.
const MAX_UNORDERED_CELLS: usize = 200_000;

/// The roster as handed in, faulty cells coloured and annotated, a second sheet 检查结果 with all findings, and the template's
/// 填写说明: xlsx bytes. It can be corrected and handed in again: its first sheet has the template's header with its notes,
/// formats, drop-downs and protection. What stood above the header is left out, and the rows move up.
///
/// Columns that were moved come back under their own header; what no header of the template names is put behind the
/// last column. Formulas come back as the value they showed (as the remedy of `CELL_FORMULA` asks for), with their
/// text in the note. Merged regions are undone; other sheets are left out. Where `original` cannot be read, or holds
/// more cells than any roster, there is only the sheet of findings.
///
/// # Errors
/// [`WriteError`] where the profile names a sheet that no workbook can have.
pub fn report(original: &[u8], notice: &Notice, findings: &[Finding]) -> Result<Vec<u8>, WriteError> {
    report_of_rows(original, notice, findings, &|_| true)
}

/// The same with some of the rows, counted as the spreadsheet program does: the others are left empty, so that each row keeps
/// its number. For those who may not see every winner.
///
/// # Errors
/// As [`report`].
pub fn report_of_rows(original: &[u8], notice: &Notice, findings: &[Finding], keep: &dyn Fn(u32) -> bool) -> Result<Vec<u8>, WriteError> {
    let source = Source { original, profile: &notice.roster, findings, keep };
    let mut book = sheet::unlocked_book()?;
    // Row by row to a file: a full roster of 1.4 million cells would take half a gigabyte.
    let mut outcome = source.annotate(book.add_worksheet_with_constant_memory()?, true)?;
    if outcome == Outcome::OutOfOrder {
        book = sheet::unlocked_book()?;
        outcome = source.annotate(book.add_worksheet(), false)?;
    }
    let has_rows = outcome == Outcome::Written;
    if !has_rows {
        book = sheet::unlocked_book()?;
    }
    list(book.add_worksheet().set_name(RESULTS)?, findings)?;
    if has_rows {
        template::instructions(book.add_worksheet().set_name(template::INSTRUCTIONS)?, notice)?;
    }
    Ok(book.save_to_buffer()?)
}

/// What came of copying the first sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    /// The workbook cannot be read to its end, or holds more than any roster.
    Unreadable,
    /// Rows do not stand in their order, as spreadsheet programs write them.
    OutOfOrder,
}

/// What a marked sheet is made of.
struct Source<'a> {
    original: &'a [u8],
    profile: &'a RosterProfile,
    findings: &'a [Finding],
    keep: &'a dyn Fn(u32) -> bool,
}

impl Source<'_> {
    /// Copies the sheet with the roster, and marks it. `in_order` where what is written cannot be written to again.
    fn annotate(&self, sheet: &mut Worksheet, in_order: bool) -> Result<Outcome, XlsxError> {
        let Ok(mut book) = Book::open(self.original) else { return Ok(Outcome::Unreadable) };
        let Ok((header, _)) = Header::find(&mut book, self.profile, "") else { return Ok(Outcome::Unreadable) };
        let is_ours = matches!(book.sheet(), RESULTS | template::INSTRUCTIONS);
        if is_ours || sheet.set_name(book.sheet()).is_err() {
            sheet.set_name(&self.profile.sheet)?;
        }
        sheet::set_up(sheet, self.profile, true)?;
        let is_1904 = book.is_1904();
        let name = book.sheet().to_owned();
        let mut copy = Copy::new(sheet, self.profile, &header, is_1904, &name, self.findings, in_order);
        copy.changed_headers(&header)?;
        let mut failed = None;
        let read = book.cells(|item| {
            if matches!(item, Item::Cell { row, .. } if row > 0 && !(self.keep)(row + 1)) {
                return ControlFlow::Continue(());
            }
            match copy.item(item) {
                Ok(flow) => flow,
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None if copy.is_out_of_order => Ok(Outcome::OutOfOrder),
            None if read.is_err() || copy.left == 0 => Ok(Outcome::Unreadable),
            None => copy.finish().map(|()| Outcome::Written),
        }
    }
}

/// What the findings say about one cell.
#[derive(Default)]
struct Mark {
    severity: Option<Severity>,
    note: String,
}

impl Mark {
    fn add(&mut self, severity: Severity, line: &str) {
        self.severity = self.severity.max(Some(severity));
        if self.note.chars().count() < MAX_NOTE_CHARS {
            if !self.note.is_empty() {
                self.note.push('\n');
            }
            self.note.extend(line.chars().take(MAX_NOTE_CHARS));
        }
    }
}

/// A cell's value until its row is written.
enum Value {
    Text(String),
    Number(f64),
    Truth(bool),
    Moment(ExcelDateTime),
    Error(String),
}

impl Value {
    fn of(value: &DataRef<'_>) -> Option<Self> {
        Some(match value {
            DataRef::Empty => return None,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Self::Text(cut(text).into_owned()),
            DataRef::SharedString(text) => Self::Text(cut(text).into_owned()),
            DataRef::Float(number) if number.is_finite() => Self::Number(*number),
            DataRef::Float(_) => Self::Error("#NUM!".to_owned()),
            DataRef::Int(number) => Self::Number(*number as f64),
            DataRef::Bool(truth) => Self::Truth(*truth),
            DataRef::DateTime(moment) => Self::Moment(*moment),
            DataRef::Error(CellErrorType::GettingData) => Self::Error("#N/A".to_owned()),
            DataRef::Error(error) => Self::Error(error.to_string()),
        })
    }
}

/// Copies the cells of the sheet to where they belong, a row at a time.
struct Copy<'p> {
    sheet: &'p mut Worksheet,
    profile: &'p RosterProfile,
    columns: Columns,
    formats: Formats,
    /// Those that are not written yet.
    marks: BTreeMap<(u32, u16), Mark>,
    notes: usize,
    is_1904: bool,
    /// Row of the header, from 0: the rows below it move up by so many.
    head: u32,
    /// Cells of the template that may still be copied, and cells outside it.
    left: usize,
    odd_left: usize,
    /// The row that is gathered, and its cells.
    row: u32,
    cells: BTreeMap<u16, Value>,
    in_order: bool,
    is_out_of_order: bool,
}

impl<'p> Copy<'p> {
    fn new(
        sheet: &'p mut Worksheet,
        profile: &'p RosterProfile,
        header: &Header,
        is_1904: bool,
        name: &str,
        findings: &[Finding],
        in_order: bool,
    ) -> Self {
        let columns = Columns::new(profile, &header.texts);
        let marks = marks(findings, name, &columns);
        let rows = usize::try_from(profile.max_rows).unwrap_or(usize::MAX).saturating_add(1);
        let left = rows.saturating_mul(profile.columns.len()).saturating_add(1);
        Self {
            sheet,
            profile,
            columns,
            formats: Formats::new(profile),
            marks,
            notes: 0,
            is_1904,
            head: header.row,
            left: if in_order { left } else { left.min(MAX_UNORDERED_CELLS) },
            odd_left: MAX_ODD_CELLS,
            row: 0,
            cells: BTreeMap::new(),
            in_order,
            is_out_of_order: false,
        }
    }

    /// The template's headers stand already; those that no column of it has go behind them.
    fn changed_headers(&mut self, header: &Header) -> Result<(), XlsxError> {
        for (at, text) in (0_u32..).zip(&header.texts) {
            let Some(to) = self.columns.target(at) else { continue };
            if usize::from(to) >= self.profile.columns.len() && !text.trim().is_empty() {
                self.sheet.write_string(0, to, cut(text))?;
            }
        }
        Ok(())
    }

    fn item(&mut self, item: Item<'_>) -> Result<ControlFlow<()>, XlsxError> {
        let Item::Cell { row, column, value, formula } = item else { return Ok(ControlFlow::Continue(())) };
        // The header has been written; and no sheet goes on below this row.
        let row = row.saturating_sub(self.head);
        let (Some(to), 1..=1_048_575) = (self.columns.target(column), row) else { return Ok(ControlFlow::Continue(())) };
        if row != self.row {
            self.finish_row()?;
            if row < self.row && self.in_order {
                self.is_out_of_order = true;
                return Ok(ControlFlow::Break(()));
            }
            self.row = row;
        }
        if let Some(formula) = formula {
            let mark = self.marks.entry((row, to)).or_default();
            mark.add(Severity::Error, &format!("原为公式：{}", formula_text(formula)));
        }
        let Some(value) = Value::of(value) else { return Ok(ControlFlow::Continue(())) };
        if usize::from(to) >= self.profile.columns.len() || row > self.profile.max_rows {
            // The findings say that there are more.
            let Some(left) = self.odd_left.checked_sub(1) else { return Ok(ControlFlow::Continue(())) };
            self.odd_left = left;
        } else {
            self.left -= 1;
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.cells.insert(to, value);
        Ok(ControlFlow::Continue(()))
    }

    /// Writes the row that was gathered, and the marks down to it.
    fn finish_row(&mut self) -> Result<(), XlsxError> {
        let row = self.row;
        if self.in_order {
            self.blank_marks(row, 0)?;
        }
        for (to, value) in std::mem::take(&mut self.cells) {
            let mark = self.marks.remove(&(row, to));
            self.write(row, to, &value, mark.as_ref().and_then(|mark| mark.severity))?;
            if let Some(mark) = mark {
                self.note(row, to, &mark)?;
            }
        }
        if self.in_order { self.blank_marks(row, u16::MAX) } else { Ok(()) }
    }

    /// Colours what is marked but empty, down to a place.
    fn blank_marks(&mut self, row: u32, column: u16) -> Result<(), XlsxError> {
        while let Some(first) = self.marks.first_entry().filter(|first| *first.key() < (row, column)) {
            let ((row, column), mark) = first.remove_entry();
            let format = self.formats.of(column, mark.severity);
            match (row, self.profile.columns.get(usize::from(column))) {
                // A header stands there.
                (0, Some(header)) => self.sheet.set_cell_format(0, column, &coloured(sheet::header_format(header), mark.severity))?,
                (0, None) => self.sheet.set_cell_format(0, column, format)?,
                _ => self.sheet.write_blank(row, column, format)?,
            };
            self.note(row, column, &mark)?;
        }
        Ok(())
    }

    fn note(&mut self, row: u32, column: u16, mark: &Mark) -> Result<(), XlsxError> {
        if self.notes == MAX_NOTES {
            return Ok(());
        }
        self.notes += 1;
        let help = self.profile.columns.get(usize::from(column)).filter(|_| row == 0).map(sheet::help);
        let note = Note::new(help.map_or_else(|| mark.note.clone(), |help| format!("{}\n{help}", mark.note)))
            .set_author("赛证")
            .add_author_prefix(false)
            .set_width(280)
            .set_height(110);
        self.sheet.insert_note(row, column, &note)?;
        Ok(())
    }

    fn write(&mut self, row: u32, to: u16, value: &Value, severity: Option<Severity>) -> Result<(), XlsxError> {
        let format = self.formats.of(to, severity);
        let sheet = &mut *self.sheet;
        match value {
            Value::Text(text) => write_text(sheet, row, to, text, severity.map(|_| format))?,
            Value::Number(number) => {
                sheet.write_number_with_format(row, to, *number, format)?;
            }
            Value::Truth(truth) => {
                sheet.write_boolean_with_format(row, to, *truth, format)?;
            }
            Value::Moment(moment) => {
                let format = format.clone().set_num_format_index(0).set_num_format(moment_format(moment));
                sheet.write_number_with_format(row, to, serial_1900(moment, self.is_1904), &format)?;
            }
            Value::Error(error) => write_error(sheet, row, to, error, format)?,
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), XlsxError> {
        self.finish_row()?;
        self.blank_marks(u32::MAX, u16::MAX)
    }
}

/// An unmarked cell takes its column's format, which is a good deal faster than naming it.
fn write_text(sheet: &mut Worksheet, row: u32, to: u16, text: &str, format: Option<&Format>) -> Result<(), XlsxError> {
    match format {
        None => sheet.write_string(row, to, text)?,
        Some(format) => sheet.write_string_with_format(row, to, text, format)?,
    };
    Ok(())
}

/// A formula, so that it is refused again until it is put right; as a text it might pass.
fn write_error(sheet: &mut Worksheet, row: u32, to: u16, error: &str, format: &Format) -> Result<(), XlsxError> {
    sheet.write_formula_with_format(row, to, Formula::new(format!("={error}")).set_result(error), format)?;
    Ok(())
}

/// The serial number of a moment as it counts from 1900, which the written workbook does.
fn serial_1900(moment: &ExcelDateTime, is_1904: bool) -> f64 {
    let is_day = moment.is_datetime() && moment.as_f64() >= 1.0;
    moment.as_f64() + if is_1904 && is_day { 1462.0 } else { 0.0 }
}

fn formula_text(formula: &XlsxFormulaMetadata) -> String {
    match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => format!("={formula}"),
        _ => "与上方相同的公式".to_owned(),
    }
}

fn moment_format(moment: &ExcelDateTime) -> &'static str {
    match moment.as_f64() {
        _ if moment.is_duration() => "[h]:mm:ss",
        days if days < 1.0 => "hh:mm:ss",
        days if days.fract() == 0.0 => "yyyy-mm-dd",
        _ => "yyyy-mm-dd hh:mm:ss",
    }
}

/// What fits into a cell: forged workbooks hold longer texts than a spreadsheet program writes.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_UNITS || text.encode_utf16().count() <= MAX_UNITS {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(MAX_UNITS / 2).collect())
}

/// The formats of the data cells: per column one without and one per severity.
struct Formats(Vec<[Format; 4]>);

impl Formats {
    fn new(profile: &RosterProfile) -> Self {
        let outside = Format::new().set_unlocked();
        let plain = profile.columns.iter().map(sheet::cell_format).chain([outside]);
        let each = [None, Some(Severity::Notice), Some(Severity::Warning), Some(Severity::Error)];
        Self(plain.map(|format| each.map(|severity| coloured(format.clone(), severity))).collect())
    }

    fn of(&self, column: u16, severity: Option<Severity>) -> &Format {
        static PLAIN: LazyLock<Format> = LazyLock::new(Format::new);
        let at = severity.map_or(0, |s| s as usize + 1);
        self.0.get(usize::from(column)).or(self.0.last()).and_then(|formats| formats.get(at)).unwrap_or(&PLAIN)
    }
}

fn coloured(format: Format, severity: Option<Severity>) -> Format {
    match severity {
        None => format,
        Some(Severity::Error) => format.set_background_color(Color::RGB(0x00FF_C7CE)),
        Some(Severity::Warning) => format.set_background_color(Color::RGB(0x00FF_EB9C)),
        Some(Severity::Notice) => format.set_background_color(Color::RGB(0x00DD_EBF7)),
    }
}

/// Where the columns of the original go: under their own header, or behind the template's.
struct Columns {
    /// Target of each column from A on.
    targets: Vec<u32>,
    /// By how much the columns after those are pushed back.
    shift: u32,
}

impl Columns {
    fn new(profile: &RosterProfile, headers: &[String]) -> Self {
        let wanted: Vec<String> = profile.columns.iter().map(|column| header_key(&column.header)).collect();
        let mut free = vec![true; wanted.len()];
        let mut targets: Vec<Option<usize>> = vec![None; headers.len().max(wanted.len())];
        for (target, header) in targets.iter_mut().zip(headers) {
            let header = header_key(header);
            *target = wanted.iter().zip(&free).position(|(w, free)| *free && *w == header);
            if let Some(taken) = target.and_then(|to| free.get_mut(to)) {
                *taken = false;
            }
        }
        // A header that the template does not know stands for the one at its place, unless that one stands elsewhere.
        for (at, target) in targets.iter_mut().enumerate() {
            if target.is_none() && free.get(at) == Some(&true) {
                *target = Some(at);
            }
        }
        let mut next = wanted.len();
        let targets = targets.into_iter().map(|target| {
            let to = target.unwrap_or(next);
            next += usize::from(target.is_none());
            u32::try_from(to).unwrap_or(u32::MAX)
        });
        let targets: Vec<u32> = targets.collect();
        let shift = u32::try_from(next.saturating_sub(targets.len())).unwrap_or(u32::MAX);
        Self { targets, shift }
    }

    /// The column, from 0, that the original's column `at` goes to; none beyond the last there is.
    fn target(&self, at: u32) -> Option<u16> {
        let known = usize::try_from(at).ok().and_then(|at| self.targets.get(at)).copied();
        let to = known.unwrap_or_else(|| at.saturating_add(self.shift));
        u16::try_from(to).ok().filter(|_| to <= LAST_COLUMN)
    }
}

/// The marks of all findings that point into the sheet `name`, by row and column from 0.
fn marks(findings: &[Finding], name: &str, columns: &Columns) -> BTreeMap<(u32, u16), Mark> {
    let mut marks: BTreeMap<(u32, u16), Mark> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.place.sheet.as_deref().is_none_or(|sheet| sheet == name)) {
        let cell = finding.place.cell.as_deref().and_then(position);
        let Some((row, column)) = cell.or_else(|| finding.place.row.and_then(|row| Some((row.checked_sub(1)?, 0)))) else { continue };
        // A header cell keeps its place: the finding says what should stand there.
        let to = if row == 0 { u16::try_from(column).ok() } else { columns.target(column) };
        if let (Some(to), 0..=1_048_575) = (to, row) {
            marks.entry((row, to)).or_default().add(finding.severity, &note_line(finding));
        }
    }
    marks
}

/// `E5` as row 4 and column 4.
fn position(cell: &str) -> Option<(u32, u32)> {
    let digits = cell.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = cell.split_at_checked(digits)?;
    let row: u32 = row.parse().ok()?;
    let mut column = 0_u32;
    for letter in letters.bytes() {
        let value = letter.checked_sub(b'A').filter(|v| *v < 26)?;
        column = column.checked_mul(26)?.checked_add(u32::from(value) + 1)?;
    }
    Some((row.checked_sub(1)?, column.checked_sub(1).filter(|c| *c <= LAST_COLUMN)?))
}

fn note_line(finding: &Finding) -> String {
    let mut line = format!("{} {}：{}", finding.severity.word(), finding.code, finding.message);
    if !finding.fix.is_empty() {
        line.push_str(&format!("\n办法：{}", finding.fix));
    }
    if let Some(clause) = &finding.clause {
        line.push_str(&format!("\n依据：{clause}"));
    }
    line
}

/// The columns of the sheet of findings, and how many digits wide each is.
const LISTED: [(&str, u16); 6] = [("严重程度", 10), ("代码", 24), ("位置", 26), ("问题", 56), ("办法", 48), ("依据", 16)];

/// The height of a row of findings, pt: as many lines as its longest cell wraps to. An ideograph is a little wider than two digits.
fn row_height(cells: &[&str; 6]) -> f64 {
    let lines = |(text, (_, width)): (&&str, &(&str, u16))| {
        let of = |line: &str| {
            let tenths: usize = line.chars().map(|c| if c.is_ascii() { 11 } else { 22 }).sum();
            tenths.div_ceil(10 * usize::from(width.saturating_sub(2)).max(1)).max(1)
        };
        text.lines().map(of).sum::<usize>().max(1)
    };
    let most = cells.iter().zip(&LISTED).map(lines).max().unwrap_or(1);
    // The most a row can be high.
    (15.0 * most as f64).min(409.0)
}

/// The sheet of findings.
fn list(sheet: &mut Worksheet, findings: &[Finding]) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_background_color(Color::RGB(0x00E7_E6E6));
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (at, (title, width)) in (0_u16..).zip(LISTED) {
        sheet.set_column_width(at, f64::from(width))?;
        sheet.write_string_with_format(0, at, title, &head)?;
    }
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    sheet::for_print(sheet, &LISTED.map(|(_, width)| width));
    let formats = [Severity::Notice, Severity::Warning, Severity::Error].map(|severity| coloured(wrapped.clone(), Some(severity)));
    for (row, finding) in (1_u32..).zip(findings.iter().take(MAX_LISTED)) {
        let colour = formats.get(finding.severity as usize).unwrap_or(&wrapped);
        let clause = finding.clause.as_deref().unwrap_or_default();
        let place = place_text(finding);
        let cells = [finding.severity.word(), finding.code.as_str(), &place, &finding.message, &finding.fix, clause];
        // Not every program computes the height of a wrapped row before it prints it.
        sheet.set_row_height(row, row_height(&cells))?;
        for (at, text) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(row, at, cut(text), if at == 0 { colour } else { &wrapped })?;
        }
    }
    closing(sheet, findings.len())
}

/// A place as people read it; the display of a place leaves a row without a cell out.
fn place_text(finding: &Finding) -> String {
    match (&finding.place.cell, finding.place.row) {
        (None, Some(row)) => format!("{} 第 {row} 行", finding.place),
        _ => finding.place.to_string(),
    }
}

fn closing(sheet: &mut Worksheet, count: usize) -> Result<(), XlsxError> {
    if count == 0 {
        sheet.write_string(1, 0, "没有发现问题")?;
    }
    if count > MAX_LISTED {
        let row = u32::try_from(MAX_LISTED).unwrap_or(0) + 1;
        sheet.write_string(row, 0, format!("共 {count} 处，只列出前 {MAX_LISTED} 处"))?;
    }
    Ok(())
}
