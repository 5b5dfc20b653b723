//! The national upload sheet (信息上网) as a workbook.

use rules::after::publication::PublicationSheet;
use rust_xlsxwriter::{Format, Workbook};

use crate::WriteError;
use crate::sheet::TEXT_FORMAT;

/// The workbook that is uploaded: one sheet, the headers in row 1, a certificate in each row from 2 on. Every cell is a text, so
/// that no digit of an ID number is lost; an empty value leaves its cell empty.
///
/// # Errors
/// [`WriteError`] where the notice names a sheet that no workbook can have, or a value is longer than a cell can hold
/// (32,767 characters).
pub fn publication(sheet: &PublicationSheet) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(&sheet.sheet)?;
    let text = Format::new().set_num_format_index(TEXT_FORMAT);
    for (at, (_, header, width)) in (0_u16..).zip(&sheet.columns) {
        page.set_column_width(at, f64::from(*width))?;
        page.write_string_with_format(0, at, header, &text)?;
    }
    for (row, certificate) in (1_u32..).zip(&sheet.rows) {
        for (at, (field, ..)) in (0_u16..).zip(&sheet.columns) {
            let value = certificate.get(*field);
            if !value.is_empty() {
                page.write_string_with_format(row, at, value, &text)?;
            }
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(book.save_to_buffer()?)
}
