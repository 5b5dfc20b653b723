//! The list that a lot is handed over with (五、（四）), as a workbook that prints on A4 landscape.

use rules::after::hand_out::HandOutList;
use rules::notice::ListCell;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::WriteError;
use crate::sheet::TEXT_FORMAT;

/// Name of the sheet.
const SHEET: &str = "领取发放清单";
/// A4, in the numbering of page setups.
const A4: u8 = 9;
/// A row in which a signature fits, pt.
const ROW: f64 = 26.0;
const MM_PER_INCH: f64 = 25.4;

/// The hand-out list as a workbook: column headers on every page, page numbers at the foot, codes and document numbers as
/// texts.
///
/// # Errors
/// [`WriteError`] where a text is longer than a cell can hold (32,767 characters).
pub fn hand_out_list(list: &HandOutList) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(&list.title));
    write(book.add_worksheet().set_name(SHEET)?, list)?;
    Ok(book.save_to_buffer()?)
}

fn write(sheet: &mut Worksheet, list: &HandOutList) -> Result<(), XlsxError> {
    // A dozen columns.
    let last = u16::try_from(list.columns.len()).map_or(0, |count| count.saturating_sub(1));
    for (at, column) in (0_u16..).zip(&list.columns) {
        sheet.set_column_width_pixels(at, (f64::from(column.width) / MM_PER_INCH * 96.0) as u32)?;
    }
    let title = text_format().set_font_size(16).set_bold().set_align(FormatAlign::Center);
    across(sheet, 0, last, &list.title, &title)?;
    sheet.set_row_height(0, 30)?;
    let mut row = 1;
    for about in &list.about {
        across(sheet, row, last, about, &text_format().set_align(FormatAlign::Left).set_text_wrap())?;
        row += 1;
    }
    let header = row;
    rows(sheet, list, header)?;
    row += 1 + u32::try_from(list.rows.len()).unwrap_or(0);
    sheet.ignore_error_range(header, 0, row, last, IgnoreError::NumberStoredAsText)?;
    sheet.set_row_height(row, 30)?;
    across(sheet, row, last, &list.signatures, &text_format().set_align(FormatAlign::Left))?;
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    sheet.set_footer("&C&9 第 &P 页 共 &N 页");
    sheet.set_repeat_rows(header, header)?.set_freeze_panes(header + 1, 0)?;
    Ok(())
}

fn rows(sheet: &mut Worksheet, list: &HandOutList, header: u32) -> Result<(), XlsxError> {
    let bordered = text_format().set_align(FormatAlign::Center).set_border(FormatBorder::Thin).set_text_wrap();
    let (bold, text) = (bordered.clone().set_bold(), bordered.clone().set_num_format_index(TEXT_FORMAT));
    for (at, column) in (0_u16..).zip(&list.columns) {
        sheet.write_string_with_format(header, at, &column.header, &bold)?;
    }
    for (row, cells) in (header + 1..).zip(&list.rows) {
        sheet.set_row_height(row, ROW)?;
        for ((at, column), cell) in (0_u16..).zip(&list.columns).zip(cells) {
            match (column.value, cell.parse::<u32>()) {
                // A number, so that rows can be sorted by it.
                (ListCell::Sequence, Ok(number)) => sheet.write_number_with_format(row, at, number, &bordered)?,
                _ => sheet.write_string_with_format(row, at, cell, &text)?,
            };
        }
    }
    Ok(())
}

/// A text over all columns.
fn across(sheet: &mut Worksheet, row: u32, last: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    if last > 0 {
        sheet.merge_range(row, 0, row, last, text, format)?;
    } else {
        sheet.write_string_with_format(row, 0, text, format)?;
    }
    Ok(())
}

fn text_format() -> Format {
    Format::new().set_font_name("宋体").set_font_size(10).set_align(FormatAlign::VerticalCenter)
}
