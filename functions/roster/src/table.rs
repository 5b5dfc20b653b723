//! A plain table as a workbook: what somebody takes along of a list.

use rust_xlsxwriter::{Format, Workbook};

use crate::WriteError;
use crate::sheet::TEXT_FORMAT;

/// One sheet, the headers in row 1, each with the width of its column. Every cell is a text: no digit is lost, and nothing is a formula.
///
/// # Errors
/// [`WriteError`] where the sheet has a name that no workbook can have, or a value is longer than a cell can hold (32,767 characters).
pub fn table(sheet: &str, columns: &[(&str, u16)], rows: &[Vec<String>]) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(sheet)?;
    let (text, head) = (Format::new().set_num_format_index(TEXT_FORMAT), Format::new().set_bold());
    for (at, (header, width)) in (0_u16..).zip(columns) {
        page.set_column_width(at, f64::from(*width))?;
        page.write_string_with_format(0, at, *header, &head)?;
    }
    for (at, row) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(row).filter(|(_, value)| !value.is_empty()) {
            page.write_string_with_format(at, column, value, &text)?;
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Reader, Xlsx};

    use super::*;

    #[test]
    fn what_looks_like_a_formula_stays_a_text() {
        let rows = [vec!["=1+1".to_owned(), "0012".to_owned()]];
        let bytes = table("申报", &[("大赛名称", 30), ("申报号", 12)], &rows).expect("a workbook");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let range = book.worksheet_range("申报").expect("a sheet");
        let cells: Vec<String> = range.used_cells().map(|(_, _, cell)| cell.to_string()).collect();
        assert_eq!(cells, ["大赛名称", "申报号", "=1+1", "0012"]);
        assert!(book.worksheet_formula("申报").expect("formulas").used_cells().next().is_none());
    }
}
