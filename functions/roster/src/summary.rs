//! The summary form (附件 of the notice) as a workbook, for organisers that print or pass it on as one.

use rules::intake::summary::{Summary, SummaryLabelled};
use rules::notice::{SummaryCell, SummaryColumn};
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::WriteError;
use crate::sheet::TEXT_FORMAT;

/// Name of the sheet.
const SHEET: &str = "申报汇总表";
/// A4, in the numbering of page setups.
const A4: u8 = 9;
/// A footer may have 255 UTF-16 units, page numbers and sizes included.
const MAX_STAMP: usize = 200;
/// 五号
const SIZE: f64 = 10.5;
/// A line of that size, and a row of one line; pt.
const LINE: f64 = 14.0;
const ROW: f64 = 24.0;
/// A line of the notes, pt.
const NOTE: f64 = 18.0;
/// The highest row a sheet can have, pt.
const MAX_ROW: f64 = 409.0;
const MM_PER_INCH: f64 = 25.4;

/// The summary form as a workbook that prints on A4 landscape, as wide as the page: column headers on every page, page
/// numbers and the stamp ([`Summary::qr_text`]) at the foot. Document numbers are texts.
///
/// # Errors
/// [`WriteError`] where a text is longer than a cell can hold (32,767 characters).
pub fn summary_form(summary: &Summary) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(&summary.title));
    write(book.add_worksheet().set_name(SHEET)?, summary)?;
    Ok(book.save_to_buffer()?)
}

fn write(sheet: &mut Worksheet, summary: &Summary) -> Result<(), XlsxError> {
    for (at, column) in (0_u16..).zip(&summary.columns) {
        // A few hundred pixels.
        sheet.set_column_width_pixels(at, (f64::from(column.width) / MM_PER_INCH * 96.0) as u32)?;
    }
    let table = head(sheet, summary)?;
    let end = rows(sheet, summary, table)?;
    notes(sheet, summary, end)?;
    page(sheet, summary, table)
}

/// Title and header block; the row of the column headers.
fn head(sheet: &mut Worksheet, summary: &Summary) -> Result<u32, XlsxError> {
    let title = text_format().set_font_size(18).set_bold().set_align(FormatAlign::Center);
    sheet.merge_range(0, 0, 0, last_column(summary), &summary.title, &title)?;
    sheet.set_row_height(0, 36)?;
    let mut row = 1;
    for items in &summary.header {
        sheet.set_row_height(row, 28)?;
        let (mut from, mut edge) = (0, 0.0);
        for item in items {
            edge += item.width;
            let to = column_at(&summary.columns, edge).max(from);
            let text = format!("{}：{}", item.label, item.value);
            across(sheet, row, (from, to), &text, &head_format(item))?;
            from = to + 1;
        }
        row += 1;
    }
    Ok(row)
}

/// Values are by far shorter than the page is wide, but names of organisers are not always shorter than their cell.
fn head_format(item: &SummaryLabelled) -> Format {
    let format = text_format().set_align(FormatAlign::Left);
    if item.value.is_empty() { format } else { format.set_text_wrap() }
}

/// The column that ends next to `edge`, mm from the left.
fn column_at(columns: &[SummaryColumn], edge: f32) -> u16 {
    let mut end = 0.0;
    let distance = |column: &SummaryColumn| {
        end += column.width;
        (end - edge).abs()
    };
    let nearest = (0_u16..).zip(columns.iter().map(distance)).min_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest.map_or(0, |(at, _)| at)
}

/// A text over columns, merged where there are more than one.
fn across(sheet: &mut Worksheet, row: u32, (from, to): (u16, u16), text: &str, format: &Format) -> Result<(), XlsxError> {
    if from < to {
        sheet.merge_range(row, from, row, to, text, format)?;
    } else {
        sheet.write_string_with_format(row, from, text, format)?;
    }
    Ok(())
}

/// Column headers and winners; the row after them.
fn rows(sheet: &mut Worksheet, summary: &Summary, table: u32) -> Result<u32, XlsxError> {
    let bordered = text_format().set_align(FormatAlign::Center).set_border(FormatBorder::Thin).set_text_wrap();
    let (header, text) = (bordered.clone().set_bold(), bordered.clone().set_num_format_index(TEXT_FORMAT));
    sheet.set_row_height(table, 28)?;
    for (at, column) in (0_u16..).zip(&summary.columns) {
        sheet.write_string_with_format(table, at, &column.header, &header)?;
    }
    let mut row = table;
    for cells in &summary.rows {
        row += 1;
        sheet.set_row_height(row, height(&summary.columns, cells))?;
        for ((at, column), cell) in (0_u16..).zip(&summary.columns).zip(cells) {
            match (column.value, cell.parse::<u32>()) {
                // A number, so that rows can be sorted by it.
                (SummaryCell::Sequence, Ok(number)) => sheet.write_number_with_format(row, at, number, &bordered)?,
                _ => sheet.write_string_with_format(row, at, cell, &text)?,
            };
        }
    }
    sheet.ignore_error_range(table, 0, row, last_column(summary), IgnoreError::NumberStoredAsText)?;
    Ok(row + 1)
}

/// A row's height, pt: spreadsheet programs do not agree on when to compute it themselves.
fn height(columns: &[SummaryColumn], cells: &[String]) -> f64 {
    let lines = |(column, cell): (&SummaryColumn, &String)| {
        let ems: f64 = cell.chars().map(|c| if c.is_ascii() { 0.55 } else { 1.0 }).sum();
        // Less the cell's margins, and half a character that does not fit at the end of a line.
        let room = (f64::from(column.width) / MM_PER_INCH * 72.0 - 6.0) / SIZE - 0.5;
        (ems / room.max(1.0)).ceil()
    };
    let most = columns.iter().zip(cells).map(lines).fold(1.0, f64::max);
    (most * LINE + 6.0).clamp(ROW, MAX_ROW)
}

fn notes(sheet: &mut Worksheet, summary: &Summary, mut row: u32) -> Result<(), XlsxError> {
    let last = last_column(summary);
    let format = text_format().set_align(FormatAlign::Left);
    // The lines begin under one another, behind the word 备注.
    let blank = "　".repeat(summary.notes_label.chars().count());
    for (index, note) in summary.notes.iter().enumerate() {
        let label = if index == 0 { &summary.notes_label } else { &blank };
        sheet.set_row_height(row, NOTE)?;
        across(sheet, row, (0, last), &format!("{label}{note}"), &format)?;
        row += 1;
    }
    across(sheet, row, (0, last), &summary.check_line(), &format.set_font_size(8))
}

fn page(sheet: &mut Worksheet, summary: &Summary, table: u32) -> Result<(), XlsxError> {
    let stamp = summary.qr_text();
    let stamp = if stamp.len() <= MAX_STAMP { stamp } else { summary.check_line() };
    // A single & begins a field; the size is in points, and no digit may follow it.
    let footer = format!("&C&9 第 &P 页 共 &N 页\n&7 {}", stamp.replace('&', "&&"));
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    sheet.set_margins(0.55, 0.55, 0.55, 0.75, 0.3, 0.3).set_footer(footer);
    sheet.set_repeat_rows(table, table)?.set_freeze_panes(table + 1, 0)?;
    Ok(())
}

fn text_format() -> Format {
    Format::new().set_font_name("宋体").set_font_size(SIZE).set_align(FormatAlign::VerticalCenter)
}

fn last_column(summary: &Summary) -> u16 {
    // Nine columns.
    u16::try_from(summary.columns.len()).map_or(0, |count| count.saturating_sub(1))
}
