//! The list that a lot is handed over with (五、（四）): a row for each winner, with room for a signature and a date.

use rules::after::hand_out::HandOutList;
use rules::notice::layout::{Align, Area, FontRole, Style};
use rules::notice::{LIST_WIDTH, ListColumn};

use crate::canvas::{Canvas, Text};
use crate::fonts::Fonts;
use crate::pages::{self, draw, page_number, printable, style};
use crate::{PrintError, Subject};

/// A4 landscape: width and height, mm.
const PAGE: [f32; 2] = [297.0, 210.0];
const MARGIN: f32 = 15.0;
/// The table begins here; height of the column headers and of a row, in which a signature fits, mm.
const TOP: f32 = 37.0;
const ROW: f32 = 9.0;
/// Rows of a page, without the column headers.
const ROWS: usize = 16;

const TITLE: Style = style(FontRole::Hei, Align::Centre, [16.0, 11.0, 7.0]);
const LINE: Style = style(FontRole::Song, Align::Left, [9.5, 7.0, 4.0]);
const HEADER: Style = style(FontRole::Hei, Align::Centre, [9.5, 7.0, 4.0]);
/// One size for all that fits on two lines; what is longer still is set smaller, as whatever stands on a certificate must fit.
const CELL: Style = style(FontRole::Song, Align::Left, [9.0, 9.0, 3.5]);

/// Prints a hand-out list on A4 landscape, 16 winners a page, the signatures under the last row. A character that no font
/// has is shown as □: the code says whose certificate it is.
///
/// # Errors
/// See [`PrintError`].
pub fn hand_out_list(fonts: &Fonts, list: &HandOutList) -> Result<Vec<u8>, PrintError> {
    let count = list.rows.len().div_ceil(ROWS).max(1);
    let pages: Vec<Vec<Text<'_>>> = (0..count).map(|page| texts(fonts, list, page, count)).collect();
    let grid = |canvas: &mut Canvas<'_>, page: usize| {
        let end = y_of(rows_of(list, page) + 1);
        canvas.pen([0.3; 3], 0.4);
        for row in 0..=rows_of(list, page) + 1 {
            canvas.line(&[(MARGIN, y_of(row)), (x_of(list, list.columns.len()), y_of(row))], false);
        }
        for column in 0..=list.columns.len() {
            canvas.line(&[(x_of(list, column), TOP), (x_of(list, column), end)], false);
        }
    };
    draw(fonts, PAGE, &pages, grid, (&list.title, Subject::HandOutList))
}

fn rows_of(list: &HandOutList, page: usize) -> usize {
    list.rows.len().saturating_sub(page * ROWS).min(ROWS)
}

fn texts<'l>(fonts: &Fonts, list: &'l HandOutList, page: usize, count: usize) -> Vec<Text<'l>> {
    let shown = |text: &str| printable(fonts, text);
    let line = |y, height| Area { x: MARGIN, y, width: LIST_WIDTH, height };
    let mut texts = vec![Text::new("标题", shown(&list.title), line(9.0, 9.0), TITLE)];
    for (at, about) in (0_u8..).zip(&list.about) {
        texts.push(Text::new("说明", shown(about), line(20.0 + 5.2 * f32::from(at), 5.2), LINE));
    }
    for (index, column) in list.columns.iter().enumerate() {
        texts.push(Text::new(&column.header, shown(&column.header), cell(&list.columns, index, 0), HEADER));
    }
    for (row, cells) in list.rows.iter().skip(page * ROWS).take(ROWS).enumerate() {
        texts.extend(row_texts(fonts, &list.columns, row, cells));
    }
    if page + 1 == count {
        texts.push(Text::new("签字", shown(&list.signatures), line(y_of(rows_of(list, page) + 1) + 5.0, 6.0), LINE));
    }
    texts.push(Text::new("页码", page_number(page, count), line(201.5, 5.0), LINE));
    texts
}

/// What stands in a row of the page, from 0.
pub(crate) fn row_texts<'l>(fonts: &Fonts, columns: &'l [ListColumn], row: usize, cells: &[String]) -> Vec<Text<'l>> {
    let filled = columns.iter().enumerate().zip(cells).filter(|(_, text)| !text.is_empty());
    filled.map(|((index, column), text)| Text::new(&column.header, printable(fonts, text), cell(columns, index, row + 1), CELL)).collect()
}

/// Top of a row; 0 is that of the column headers.
fn y_of(row: usize) -> f32 {
    // At most some twenty rows.
    TOP + ROW * row as f32
}

/// Left edge of a column; behind the last, the table's right edge.
fn x_of(list: &HandOutList, column: usize) -> f32 {
    pages::cell(MARGIN, widths(&list.columns), column, 0.0, 0.0).x
}

fn cell(columns: &[ListColumn], column: usize, row: usize) -> Area {
    let cell = pages::cell(MARGIN, widths(columns), column, y_of(row), ROW);
    Area { x: cell.x + 0.7, width: cell.width - 1.4, ..cell }
}

fn widths(columns: &[ListColumn]) -> impl Iterator<Item = f32> {
    columns.iter().map(|column| column.width)
}

#[cfg(test)]
mod tests {
    use rules::notice::Notices;

    use super::*;
    use crate::layout::tests::{FONTS, assert_inside};

    #[test]
    fn texts_of_usual_length_are_broken_and_not_set_smaller() {
        let notices = Notices::built_in().expect("notices");
        let cells = [
            "1000",
            "阿依古丽·买买提",
            "510***********9903",
            "工业机器人系统操作员",
            "工业机器人系统集成与应用",
            "三级/高级工",
            "S000051009999222J00001",
            "JN00000001",
            "",
            "",
            "补发",
        ];
        for text in row_texts(&FONTS, &notices.general().hand_out.columns, 0, &cells.map(str::to_owned)) {
            let (fitted, _) = assert_inside(&text.text, text.area, &text.style);
            assert_eq!(fitted.size, CELL.sizes[0], "{}", text.text);
        }
    }
}
