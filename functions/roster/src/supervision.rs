//! What is entered in the provincial supervision system (五、（二）), as a workbook.

use rules::notice::SupervisionRules;
use rust_xlsxwriter::{Format, Workbook};

use crate::WriteError;
use crate::sheet::TEXT_FORMAT;

/// The workbook of a lot: one sheet, the headers in row 1, a certificate in each row from 2 on. Every cell is a text: no digit of a
/// number is lost, and nothing is a formula. `rows` are those of `rules::after::supervision`.
///
/// # Errors
/// [`WriteError`] where the notice names a sheet that no workbook can have, or a value is longer than a cell can hold
/// (32,767 characters).
pub fn supervision(rules: &SupervisionRules, rows: &[Vec<String>]) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(&rules.sheet)?;
    let text = Format::new().set_num_format_index(TEXT_FORMAT);
    for (at, column) in (0_u16..).zip(&rules.columns) {
        page.set_column_width(at, f64::from(column.width))?;
        page.write_string_with_format(0, at, &column.header, &text)?;
    }
    for (at, row) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(row).filter(|(_, value)| !value.is_empty()) {
            page.write_string_with_format(at, column, value, &text)?;
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(book.save_to_buffer()?)
}
