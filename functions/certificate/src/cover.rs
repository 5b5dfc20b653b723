//! Papers for the operator at the printer: the cover list of a merged PDF, and the calibration page.

use rules::notice::layout::{Align, Area, Calibration, FontRole, Style};

use crate::batch::matrix;
use crate::canvas::{Canvas, Text};
use crate::fonts::Fonts;
use crate::pages::{self, draw, page_number, printable, style};
use crate::{PrintError, Subject};

/// A4 portrait: width and height, mm.
const PAGE: [f32; 2] = [210.0, 297.0];
const MARGIN: f32 = 18.0;
/// The table begins here, and each row is so high, mm.
const TOP: f32 = 38.0;
const ROW: f32 = 6.0;
/// Rows of a page, without the column headers.
const ROWS: usize = 40;
/// Header and width of each column, mm.
const COLUMNS: [(&str, f32); 5] = [("序号", 12.0), ("姓名", 46.0), ("证书编码（编号）", 52.0), ("流水号", 32.0), ("备注", 32.0)];
/// Where a jump of the serials is marked.
const REMARK: usize = 4;

const TITLE: Style = style(FontRole::Hei, Align::Left, [14.0, 9.0, 7.0]);
const LINE: Style = style(FontRole::Song, Align::Left, [9.0, 7.0, 5.0]);
const HEADER: Style = style(FontRole::Hei, Align::Left, [10.0, 8.0, 6.0]);
/// Whatever name fits a certificate fits into a cell at the smallest size.
const CELL: Style = style(FontRole::Song, Align::Left, [10.0, 6.0, 3.5]);

/// A certificate in a cover list.
#[derive(Debug, Clone)]
pub struct Covered {
    /// The holder's name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// Serial of the sheet it lies on.
    pub serial: String,
}

/// What lies on which sheet of a merged PDF (三、（二）): the operator counts by it and finds the place after a jam.
#[derive(Debug, Clone)]
pub struct CoverList {
    /// What it is.
    pub title: String,
    /// Of which application, by whom, in which form; a line each.
    pub about: Vec<String>,
    /// Number of the first certificate.
    pub first: usize,
    /// In the order of the pages.
    pub certificates: Vec<Covered>,
}

/// Prints a cover list on A4 portrait, 40 certificates a page. A character that no font has is shown as □: the code says
/// whose certificate it is.
///
/// # Errors
/// See [`PrintError`].
pub fn cover_list(fonts: &Fonts, list: &CoverList) -> Result<Vec<u8>, PrintError> {
    let count = list.certificates.len().div_ceil(ROWS).max(1);
    let pages: Vec<Vec<Text<'_>>> = (0..count).map(|page| texts(fonts, list, page, count)).collect();
    let grid = |canvas: &mut Canvas<'_>, page: usize| {
        let rows = list.certificates.iter().skip(page * ROWS).take(ROWS).count();
        canvas.pen([0.5; 3], 0.3);
        for row in 0..=rows + 1 {
            let y = y_of(row);
            canvas.line(&[(MARGIN, y), (PAGE[0] - MARGIN, y)], false);
        }
    };
    draw(fonts, PAGE, &pages, grid, (&list.title, Subject::Operator))
}

fn texts<'l>(fonts: &Fonts, list: &'l CoverList, page: usize, count: usize) -> Vec<Text<'l>> {
    let line = |y, height| Area { x: MARGIN, y, width: PAGE[0] - 2.0 * MARGIN, height };
    let mut texts = vec![Text::new("标题", &list.title, line(10.0, 8.0), TITLE)];
    for (at, about) in (0_u8..).zip(&list.about) {
        texts.push(Text::new("说明", about, line(18.5 + 4.5 * f32::from(at), 4.5), LINE));
    }
    for (column, (header, _)) in COLUMNS.iter().enumerate() {
        texts.push(Text::new(header, *header, cell(column, 0), HEADER));
    }
    for (row, (number, covered)) in (list.first..).zip(&list.certificates).skip(page * ROWS).take(ROWS).enumerate() {
        texts.extend(row_texts(fonts, row, number, covered));
        let before = (page * ROWS + row).checked_sub(1).and_then(|before| list.certificates.get(before));
        if before.is_some_and(|before| !follows(&before.serial, &covered.serial)) {
            texts.push(Text::new("备注", "▲ 流水号不连续", cell(REMARK, row + 1), CELL));
        }
    }
    texts.push(Text::new("页码", page_number(page, count), line(286.0, 5.0), LINE));
    texts
}

/// Whether a serial is the next after another: the operator looks at the stack where it is not. Sheets without serials always follow.
fn follows(before: &str, serial: &str) -> bool {
    let split = |serial: &str| {
        let prefix = serial.trim_end_matches(|c: char| c.is_ascii_digit());
        (prefix.to_owned(), serial[prefix.len()..].parse::<u64>().ok())
    };
    let ((prefix, number), next) = (split(before), split(serial));
    next == (prefix, number.and_then(|number| number.checked_add(1)))
}

/// What stands in a row of the page, from 0.
pub(crate) fn row_texts(fonts: &Fonts, row: usize, number: usize, covered: &Covered) -> Vec<Text<'static>> {
    let values = [number.to_string(), printable(fonts, &covered.name), covered.code.clone(), covered.serial.clone()];
    let columns = values.into_iter().zip(COLUMNS).enumerate();
    columns.map(|(column, (value, (header, _)))| Text::new(header, value, cell(column, row + 1), CELL)).collect()
}

/// Top of a row; 0 is that of the column headers.
fn y_of(row: usize) -> f32 {
    // At most some forty rows.
    TOP + ROW * row as f32
}

fn cell(column: usize, row: usize) -> Area {
    let cell = pages::cell(MARGIN, COLUMNS.map(|(_, width)| width), column, y_of(row), ROW);
    Area { x: cell.x + 0.5, width: cell.width - 1.0, ..cell }
}

/// The numbers of the rulers, in tens of millimetres, inside the ticks.
fn numbers([width, height]: [f32; 2]) -> Vec<Text<'static>> {
    const SMALL: Style = style(FontRole::Song, Align::Centre, [6.0, 6.0, 6.0]);
    let (mut numbers, mut at) = (Vec::new(), 20.0);
    while at < width.max(height) {
        if at < width {
            numbers.push(Text::new("标尺", at.to_string(), Area { x: at - 5.0, y: 11.2, width: 10.0, height: 3.0 }, SMALL));
        }
        if at < height {
            numbers.push(Text::new("标尺", at.to_string(), Area { x: 10.5, y: at - 1.5, width: 7.0, height: 3.0 }, SMALL));
        }
        at += 10.0;
    }
    numbers
}

/// The crosses of a calibration page for sheets of `page` mm, in the order of their numbers: mm from the top left corner.
pub fn calibration_crosses([width, height]: [f32; 2]) -> [[f32; 2]; 5] {
    const IN: f32 = 25.0;
    [[IN, IN], [width - IN, IN], [IN, height - IN], [width - IN, height - IN], [width / 2.0, height / 2.0]]
}

/// Prints a calibration page for sheets of `page` mm: numbered rulers along two edges, and numbered crosses at
/// [`calibration_crosses`]. It is printed on plain paper of the sheets' size, at 100 %; what is measured on it,
/// [`Calibration::set_right`] reckons with.
///
/// # Errors
/// See [`PrintError`].
pub fn calibration_page(fonts: &Fonts, page: [f32; 2], printer: &str, calibration: &Calibration) -> Result<Vec<u8>, PrintError> {
    let [width, height] = page;
    let crosses = calibration_crosses(page);
    let Calibration { offset_x, offset_y, scale_x, scale_y } = calibration;
    let middle = |y| Area { x: 40.0, y, width: width - 80.0, height: 8.0 };
    let centred = |style| Style { align: Align::Centre, ..style };
    let mut texts = vec![
        Text::new("标题", format!("打印机校准页：{printer}"), middle(36.0), centred(TITLE)),
        Text::new(
            "说明",
            format!("当前：偏移 右 {offset_x} 下 {offset_y} 毫米，缩放 横 {scale_x} 纵 {scale_y}"),
            middle(46.0),
            centred(LINE),
        ),
        Text::new(
            "说明",
            "以 100% 比例打印在与空白证书同样大小的纸上，量每个十字中心到纸张左边、上边的距离（毫米，量到 0.1）。",
            middle(56.0),
            centred(LINE),
        ),
        Text::new("说明", "把量得的十个数按十字的编号填入，由系统计算：", middle(63.0), centred(LINE)),
        Text::new(
            "说明",
            format!("saizheng calibrate --printer {printer} --measured 左1,上1 左2,上2 左3,上3 左4,上4 左5,上5"),
            middle(69.0),
            centred(LINE),
        ),
    ];
    for (number, [x, y]) in (1..).zip(crosses) {
        // Clear of the ruler on the left.
        let below = Area { x: (x - 18.0).max(18.0), y: y + 5.5, width: 36.0, height: 5.0 };
        texts.push(Text::new("坐标", format!("十字 {number}（{x}, {y}）"), below, centred(LINE)));
    }
    texts.extend(numbers(page));
    let lines = |canvas: &mut Canvas<'_>, _: usize| {
        if *calibration != Calibration::default() {
            canvas.transform(matrix(calibration, height));
        }
        canvas.pen([0.0; 3], 0.25);
        for [x, y] in crosses {
            canvas.line(&[(x - 5.0, y), (x + 5.0, y)], false);
            canvas.line(&[(x, y - 5.0), (x, y + 5.0)], false);
        }
        for (edge, along) in [(width, true), (height, false)] {
            // Sheets are some hundreds of millimetres long.
            // From where they no longer cross each other.
            for at in 15..=edge as u16 {
                let long = if at % 10 == 0 {
                    5.0
                } else if at % 5 == 0 {
                    3.5
                } else {
                    2.0
                };
                let at = f32::from(at);
                let tick = if along { [(at, 6.0), (at, 6.0 + long)] } else { [(6.0, at), (6.0 + long, at)] };
                canvas.line(&tick, false);
            }
        }
    };
    draw(fonts, page, &[texts], lines, ("打印机校准页", Subject::Operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_follows_the_one_before_it_of_its_own_kind_only() {
        assert!(follows("JN00000009", "JN00000010") && follows("A1-009", "A1-010") && follows("", ""));
        for (before, serial) in
            [("JN00000009", "JN00000009"), ("JN00000009", "JN00000011"), ("JN00000009", "JP00000010"), ("A1-009", "A1-011")]
        {
            assert!(!follows(before, serial), "{before} {serial}");
        }
    }
}
