//! The summary form (附件 of the notice): a table over as many pages as its rows need.

use std::ops::Range;

use printpdf::{PdfDocument, XObjectId};
use rules::intake::summary::{Summary, SummaryLabelled};
use rules::notice::layout::{Align, Area, Colour, FontRole, Style};

use crate::canvas::{self, Canvas, Text};
use crate::document::{self, About};
use crate::embed::{Cuts, Glyphs};
use crate::fonts::{Fonts, Shaped};
use crate::pages::{printable, style};
use crate::{PrintError, Subject, layout};

/// A4 landscape, mm.
const PAGE: Area = area(0.0, 0.0, 297.0, 210.0);

const BLACK: Colour = [0.0; 3];
/// What is not part of the form: the running header and the foot.
const QUIET: Colour = [0.35, 0.35, 0.35];

/// Left and right margin, mm.
const MARGIN: f32 = 15.0;
/// Width of what stands between the margins.
const WIDTH: f32 = PAGE.width - 2.0 * MARGIN;
/// Without its quiet zone (4 modules: at most 2 mm), which stays blank on all sides.
const QR: Area = area(PAGE.width - MARGIN - 20.0, 8.0, 20.0, 20.0);
/// Centred over the page, beside the QR code.
const TITLE: Area = area(38.0, 10.0, PAGE.width - 76.0, 16.0);
/// From page 2 on: title and contest, beside the QR code.
const RUNNING_TITLE: Area = area(MARGIN, 11.0, WIDTH - 25.0, 8.0);
const RUNNING_CONTEST: Area = area(MARGIN, 19.0, WIDTH - 25.0, 8.0);
/// The header block, or from page 2 on the table, begins here.
const TOP: f32 = 31.0;
/// A line of the header block: room to sign. Its texts stand on a rule this far above its end.
const HEAD_LINE: f32 = 10.0;
const HEAD_RULE: f32 = 1.4;
/// Between a value's rule and the next label.
const ITEM_GAP: f32 = 3.0;
/// Between the header block and the table.
const HEAD_GAP: f32 = 2.5;
/// The row of column headers.
const COLUMN_HEADER: f32 = 10.0;
/// The table ends above this.
const BOTTOM: f32 = 196.0;
/// Foot: the stamp for people and the page number.
const FOOT: Area = area(MARGIN, 198.0, WIDTH, 6.0);

/// A row whose texts fit is this high, mm; others grow in steps.
const ROW: f32 = 8.5;
const ROW_STEP: f32 = 0.5;
/// A row must fit on page 1 with the notes. Texts of a roster (200 characters) need 75 mm at most.
const MAX_ROW: f32 = 105.0;
/// Between a cell's border and its text, across and down.
const PADDING: (f32, f32) = (1.0, 0.6);
/// Notes: their first line's distance from the table, and a line's height.
const NOTES_GAP: f32 = 2.0;
const NOTE: f32 = 5.0;

/// 二号 is 22 pt; the title has 27 characters.
const TITLE_STYLE: Style = Style { leading: 1.15, ..style(FontRole::Song, Align::Centre, [20.0, 14.0, 10.0]) };
const HEAD_LABEL_STYLE: Style = style(FontRole::Hei, Align::Left, [10.5, 8.0, 6.0]);
const HEAD_VALUE_STYLE: Style = style(FontRole::Song, Align::Left, [10.5, 9.0, 6.5]);
const COLUMN_STYLE: Style = style(FontRole::Hei, Align::Centre, [10.5, 9.0, 7.0]);
/// 五号 (10.5 pt); below 8 pt a row grows rather than its letters shrink.
const CENTRED: Style = style(FontRole::Song, Align::Centre, [10.5, 8.0, 8.0]);
const NOTE_STYLE: Style = style(FontRole::Song, Align::Left, [9.5, 7.5, 6.0]);
const RUNNING_STYLE: Style = style(FontRole::Song, Align::Left, [12.0, 9.0, 7.0]);
const RUNNING_CONTEST_STYLE: Style = style(FontRole::Song, Align::Left, [9.0, 7.5, 6.0]);
const CHECK_STYLE: Style = style(FontRole::Hei, Align::Left, [7.5, 6.0, 5.0]);
const PAGE_STYLE: Style = style(FontRole::Song, Align::Centre, [9.0, 8.0, 7.0]);

/// What the page numbers may be made of.
const PAGE_NUMBER: &str = "第0123456789页 共";

const fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
    Area { x, y, width, height }
}

/// In another colour than that of what is filled in.
const fn in_colour(style: Style, colour: Colour) -> Style {
    Style { colour, ..style }
}

/// See [`crate::summary_form`].
pub(crate) fn document(fonts: &Fonts, summary: &Summary) -> Result<Vec<u8>, PrintError> {
    let summary = &with_every_glyph(fonts, summary);
    let form = Form { fonts, summary };
    let glyphs = form.glyphs()?;
    let embedded = Cuts::new(fonts, &glyphs)?.embedded(glyphs)?;
    let heights = form.heights()?;
    let pages = pages(&heights, form.first_row(0), form.first_row(1), form.notes_height());
    let mut pdf = PdfDocument::new("");
    let qr = XObjectId("QR".to_owned());
    let stamp = summary.qr_text();
    let object = canvas::qr_object(&stamp).map_err(|source| PrintError::QrCode { of: Subject::SummaryForm, source })?;
    pdf.resources.xobjects.map.insert(qr.clone(), object);
    for (index, rows) in pages.iter().enumerate() {
        let mut canvas = Canvas::new(&embedded, PAGE.height);
        canvas.mask(&qr, QR);
        form.draw(&mut canvas, index, pages.len(), rows.clone(), &heights)?;
        pdf.pages.push(canvas.page(PAGE.width));
    }
    let title = format!("{} {}", summary.title, summary.contest);
    let mut document = document::lopdf_of(&pdf)?;
    embedded.put_into(&mut document)?;
    document::write(document, &About { title, author: "", id: &stamp, source: None }, None)
}

/// A character that no font has becomes □ in the rows: the form is stamped by hand, and filled in there.
fn with_every_glyph(fonts: &Fonts, summary: &Summary) -> Summary {
    let mut summary = summary.clone();
    for cell in summary.rows.iter_mut().flatten() {
        *cell = printable(fonts, cell);
    }
    summary
}

/// The rows of each page. The notes follow the last row; where they do not fit under it, it goes on to the next page with
/// them.
fn pages(heights: &[f32], first: f32, further: f32, notes: f32) -> Vec<Range<usize>> {
    let (mut pages, mut start, mut y) = (Vec::new(), 0, first);
    for (row, height) in heights.iter().enumerate() {
        let needed = if row + 1 == heights.len() { height + notes } else { *height };
        if y + needed > BOTTOM && row > start {
            pages.push(start..row);
            (start, y) = (row, further);
        }
        y += height;
    }
    pages.push(start..heights.len());
    pages
}

struct Form<'a> {
    fonts: &'a Fonts,
    summary: &'a Summary,
}

impl<'a> Form<'a> {
    /// Top of the first row of page `index`.
    fn first_row(&self, index: usize) -> f32 {
        // As many lines as a header has: exact.
        let head = if index == 0 { self.summary.header.len() as f32 * HEAD_LINE + HEAD_GAP } else { 0.0 };
        TOP + head + COLUMN_HEADER
    }

    fn notes_height(&self) -> f32 {
        NOTES_GAP + self.summary.notes.len() as f32 * NOTE
    }

    /// Every glyph of the document, so that each font is cut once.
    fn glyphs(&self) -> Result<Glyphs, PrintError> {
        let summary = self.summary;
        let mut glyphs = Glyphs::default();
        let mut fixed: Vec<Text<'_>> = Vec::new();
        let notes = self.notes_height();
        self.head(&mut fixed);
        self.running_header(&mut fixed);
        self.column_headers(&mut fixed, 0.0);
        self.notes(&mut fixed, BOTTOM - notes);
        self.foot(&mut fixed, 0, 1);
        fixed.push(Text::new("页码", PAGE_NUMBER, PAGE, PAGE_STYLE));
        for text in &fixed {
            glyphs.add(&canvas::shape(self.fonts, &|| Subject::SummaryForm, text)?);
        }
        for (row, cells) in summary.rows.iter().enumerate() {
            for cell in cells {
                glyphs.add(&self.shape(row, cell)?);
            }
        }
        Ok(glyphs)
    }

    fn shape(&self, row: usize, cell: &str) -> Result<Shaped, PrintError> {
        canvas::shape(self.fonts, &|| Subject::SummaryRow(row + 1), &Text::new("", cell, PAGE, CENTRED))
    }

    /// The height of each row: the least that all its cells fit into.
    fn heights(&self) -> Result<Vec<f32>, PrintError> {
        self.summary.rows.iter().enumerate().map(|(row, cells)| self.height(row, cells)).collect()
    }

    fn height(&self, row: usize, cells: &[String; 9]) -> Result<f32, PrintError> {
        let mut height = ROW;
        for (column, (cell, text)) in self.cells(0.0, 0.0).zip(cells).enumerate() {
            let shaped = self.shape(row, text)?;
            height = least_height(&shaped, cell, height).max(height);
            while height > MAX_ROW || layout::fit(&shaped, padded(Area { height, ..cell }), &CENTRED).is_none() {
                height += ROW_STEP;
                if height > MAX_ROW {
                    let part = self.summary.columns[column].header.clone();
                    return Err(PrintError::DoesNotFit { of: Subject::SummaryRow(row + 1), part });
                }
            }
        }
        Ok(height)
    }

    /// The cells of a row, from left to right; the table stands in the middle of the page.
    fn cells(&self, y: f32, height: f32) -> impl Iterator<Item = Area> {
        let columns = &self.summary.columns;
        let mut x = (PAGE.width - columns.iter().map(|column| column.width).sum::<f32>()) / 2.0;
        columns.iter().map(move |column| {
            let left = x;
            x += column.width;
            Area { x: left, y, width: column.width, height }
        })
    }

    fn draw(&self, canvas: &mut Canvas<'_>, index: usize, count: usize, rows: Range<usize>, heights: &[f32]) -> Result<(), PrintError> {
        let top = self.first_row(index);
        let heights = &heights[rows.clone()];
        let bottom = top + heights.iter().sum::<f32>();
        self.grid(canvas, top, heights);
        let mut texts = Vec::new();
        if index == 0 {
            self.head(&mut texts);
            self.rules(canvas);
        } else {
            self.running_header(&mut texts);
        }
        self.column_headers(&mut texts, top - COLUMN_HEADER);
        self.put(canvas, &|| Subject::SummaryForm, &texts)?;
        let mut y = top;
        for (row, height) in rows.clone().zip(heights) {
            self.put(canvas, &|| Subject::SummaryRow(row + 1), &self.row(row, y, *height))?;
            y += height;
        }
        texts.clear();
        if rows.end == self.summary.rows.len() {
            self.notes(&mut texts, bottom);
        }
        self.foot(&mut texts, index, count);
        self.put(canvas, &|| Subject::SummaryForm, &texts)
    }

    fn put(&self, canvas: &mut Canvas<'_>, of: &dyn Fn() -> Subject, texts: &[Text<'_>]) -> Result<(), PrintError> {
        let typeset = texts.iter().map(|text| canvas::typeset(self.fonts, of, text)).collect::<Result<Vec<_>, _>>()?;
        canvas.texts(&typeset);
        Ok(())
    }

    /// Title and header block of page 1.
    fn head(&self, texts: &mut Vec<Text<'a>>) {
        let summary = self.summary;
        texts.push(Text::new("标题", &summary.title, TITLE, Style { bold: 0.4, colour: BLACK, ..TITLE_STYLE }));
        for (item, label, value) in self.head_items() {
            texts.push(Text::new(&item.label, format!("{}：", item.label), label, in_colour(HEAD_LABEL_STYLE, BLACK)));
            if !item.value.is_empty() {
                texts.push(Text::new(&item.label, &item.value, value, HEAD_VALUE_STYLE));
            }
        }
    }

    /// Each item of the header block, and the boxes of its label and its value.
    fn head_items(&self) -> impl Iterator<Item = (&'a SummaryLabelled, Area, Area)> {
        let fonts = self.fonts;
        (0_u8..).zip(&self.summary.header).flat_map(move |(line, items)| {
            let y = TOP + f32::from(line) * HEAD_LINE;
            let mut x = MARGIN;
            let last = items.len().saturating_sub(1);
            items.iter().enumerate().map(move |(index, item)| {
                let gap = if index == last { 0.0 } else { ITEM_GAP };
                let em = HEAD_LABEL_STYLE.sizes[0] / layout::PT_PER_MM;
                // At most half of the item; a tenth of a millimetre for rounding.
                let label = ((fonts.width(HEAD_LABEL_STYLE.font, &item.label) + 1.0) * em + 0.1).min(item.width / 2.0);
                let area = Area { x, y, width: label, height: HEAD_LINE - HEAD_RULE };
                x += item.width;
                (item, area, Area { x: area.x + label, width: item.width - label - gap, ..area })
            })
        })
    }

    /// Lines under the values of the header block, to write on.
    fn rules(&self, canvas: &mut Canvas<'_>) {
        canvas.pen(QUIET, 0.4);
        for (_, _, value) in self.head_items() {
            let y = value.y + value.height;
            canvas.line(&[(value.x, y), (value.x + value.width, y)], false);
        }
    }

    /// From page 2 on.
    fn running_header(&self, texts: &mut Vec<Text<'a>>) {
        let summary = self.summary;
        texts.push(Text::new("标题", format!("{}（续）", summary.title), RUNNING_TITLE, RUNNING_STYLE));
        if !summary.contest.is_empty() {
            texts.push(Text::new("大赛名称", &summary.contest, RUNNING_CONTEST, in_colour(RUNNING_CONTEST_STYLE, QUIET)));
        }
    }

    fn column_headers(&self, texts: &mut Vec<Text<'a>>, y: f32) {
        for (cell, column) in self.cells(y, COLUMN_HEADER).zip(&self.summary.columns) {
            texts.push(Text::new(&column.header, &column.header, padded(cell), in_colour(COLUMN_STYLE, BLACK)));
        }
    }

    fn row(&self, row: usize, y: f32, height: f32) -> Vec<Text<'a>> {
        let (columns, cells) = (&self.summary.columns, &self.summary.rows[row]);
        let text = |(area, (column, text)): (Area, (&'a rules::notice::SummaryColumn, &'a String))| {
            Text::new(&column.header, text, padded(area), CENTRED)
        };
        let texts = self.cells(y, height).zip(columns.iter().zip(cells)).map(text);
        texts.filter(|text| !text.text.is_empty()).collect()
    }

    fn notes(&self, texts: &mut Vec<Text<'a>>, bottom: f32) {
        let summary = self.summary;
        // The lines begin under one another, behind the word 备注.
        let em = NOTE_STYLE.sizes[0] / layout::PT_PER_MM;
        let label = self.fonts.width(NOTE_STYLE.font, &summary.notes_label) * em + 0.1;
        for (line, note) in (0_u8..).zip(&summary.notes) {
            let area = Area { x: MARGIN, y: bottom + NOTES_GAP + f32::from(line) * NOTE, width: label, height: NOTE };
            if line == 0 && !summary.notes_label.is_empty() {
                texts.push(Text::new("备注", &summary.notes_label, area, NOTE_STYLE));
            }
            texts.push(Text::new("备注", note, Area { x: MARGIN + label, width: WIDTH - label, ..area }, NOTE_STYLE));
        }
    }

    fn foot(&self, texts: &mut Vec<Text<'a>>, index: usize, count: usize) {
        let third = Area { width: WIDTH / 3.0, ..FOOT };
        texts.push(Text::new("校验码", self.summary.check_line(), third, in_colour(CHECK_STYLE, QUIET)));
        let number = format!("第 {} 页 共 {count} 页", index + 1);
        texts.push(Text::new("页码", number, Area { x: MARGIN + third.width, ..third }, PAGE_STYLE));
    }

    /// The borders of the table: column headers and rows.
    fn grid(&self, canvas: &mut Canvas<'_>, top: f32, heights: &[f32]) {
        let (from, to) = (top - COLUMN_HEADER, top + heights.iter().sum::<f32>());
        let edges: Vec<f32> = self.cells(0.0, 0.0).map(|cell| cell.x).collect();
        let (left, right) = (edges[0], self.cells(0.0, 0.0).map(|cell| cell.x + cell.width).fold(0.0, f32::max));
        canvas.pen(BLACK, 0.4);
        for x in &edges[1..] {
            canvas.line(&[(*x, from), (*x, to)], false);
        }
        let mut y = top;
        for height in heights {
            canvas.line(&[(left, y), (right, y)], false);
            y += height;
        }
        canvas.pen(BLACK, 0.9);
        canvas.line(&[(left, from), (right, from), (right, to), (left, to)], true);
    }
}

/// What `text` needs if its lines, as small as may be, are filled to the last point: a bound to begin from. Whole steps
/// above `height`.
fn least_height(text: &Shaped, cell: Area, height: f32) -> f32 {
    let size = CENTRED.sizes[2] / layout::PT_PER_MM;
    let lines = (layout::width_of(&text.cells) * size / padded(cell).width).ceil();
    let least = lines * size * CENTRED.leading + 2.0 * PADDING.1;
    height + ((least - height) / ROW_STEP).floor().max(0.0) * ROW_STEP
}

/// What a cell's text may fill.
fn padded(cell: Area) -> Area {
    let (across, down) = PADDING;
    Area { x: cell.x + across, y: cell.y + down, width: cell.width - 2.0 * across, height: cell.height - 2.0 * down }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use rules::intake::contest::Contest;
    use rules::notice::Notices;
    use rules::values::vocabulary::ContestClass;

    use super::*;
    use crate::layout::PT_PER_MM;
    use crate::layout::tests::{FONTS, assert_inside};

    fn summary(rows: Vec<[String; 9]>) -> Summary {
        let contest = Contest {
            name: "赛".repeat(100),
            class: ContestClass::PROVINCIAL_ONE,
            hrss_hosted: true,
            selection_for: None,
            organiser: "二〇二二年四川省职业院校教师与学生工业互联网和智能制造职业技能大赛组织委员会办公室".to_owned(),
            organiser_body: None,
            committee: String::new(),
            jurisdiction: "00".to_owned(),
            year: 2022,
            final_on: date(2022, 5, 1),
            issued_on: date(2022, 6, 20),
            events: vec![],
            organiser_contact: Default::default(),
        };
        let notices = Notices::built_in().expect("notices");
        let empty = Summary::new(notices.general(), &contest, &[], date(2022, 7, 8));
        Summary { rows, ..empty }
    }

    fn row(name: &str, employer: &str, occupation: &str, award: &str) -> [String; 9] {
        ["10000", name, "女", "11010519491231002X", employer, occupation, "专项职业能力", "省级二类", award].map(str::to_owned)
    }

    fn bottom(area: Area) -> f32 {
        area.y + area.height
    }

    #[test]
    fn a_row_of_usual_length_keeps_its_size_and_height() {
        let summary = summary(vec![row("张测试", "某某职业技术学院", "工业机器人系统操作员", "一等奖/第一名")]);
        let form = Form { fonts: &FONTS, summary: &summary };
        assert_eq!(form.heights().expect("fits"), [ROW]);
        for text in &form.row(0, 100.0, ROW)[1..] {
            let (fitted, _) = assert_inside(&text.text, text.area, &text.style);
            assert_eq!((fitted.size, fitted.lines.len()), (10.5, 1), "{}", text.text);
        }
    }

    #[test]
    fn long_texts_stay_inside_their_cells() {
        let name = "阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素";
        assert_eq!(name.chars().count(), 25);
        let summary = summary(vec![
            row(name, &"某".repeat(60), "工业机器人系统操作员（工业机器人系统集成与应用、含视觉检测方向）", "一等奖/第一名"),
            row("Christopher-Jonathan Featherstonehaugh Montgomery Wellington", &"长".repeat(200), "焊工", &"奖".repeat(200)),
        ]);
        let form = Form { fonts: &FONTS, summary: &summary };
        let heights = form.heights().expect("fits");
        assert!(heights[0] > ROW && heights[0] < 2.5 * ROW && heights[1] <= MAX_ROW, "{heights:?}");
        for (index, height) in heights.into_iter().enumerate() {
            let texts = form.row(index, 50.0, height);
            assert_eq!(texts.len(), 9);
            for text in &texts {
                assert_inside(&text.text, text.area, &text.style);
            }
        }
    }

    #[test]
    fn header_block_notes_and_foot_stay_inside_and_apart() {
        let summary = summary(vec![]);
        let form = Form { fonts: &FONTS, summary: &summary };
        let mut texts = Vec::new();
        form.head(&mut texts);
        form.column_headers(&mut texts, form.first_row(0) - COLUMN_HEADER);
        form.notes(&mut texts, BOTTOM - form.notes_height());
        form.foot(&mut texts, 9_998, 9_999);
        let mut further = vec![];
        form.running_header(&mut further);
        form.column_headers(&mut further, form.first_row(1) - COLUMN_HEADER);
        for texts in [&texts, &further] {
            let quiet = Area { x: QR.x - 2.0, y: QR.y - 2.0, width: QR.width + 4.0, height: QR.height + 4.0 };
            let boxes: Vec<Area> = texts.iter().map(|text| text.area).chain([quiet]).collect();
            for (i, a) in boxes.iter().enumerate() {
                assert!(a.x >= 10.0 && a.y >= 5.0 && a.x + a.width <= PAGE.width - 10.0 && bottom(*a) <= PAGE.height - 5.0, "{a:?}");
                for b in &boxes[i + 1..] {
                    let beside = a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01;
                    assert!(beside || bottom(*a) <= b.y + 0.01 || bottom(*b) <= a.y + 0.01, "{a:?} and {b:?}");
                }
            }
            for text in texts {
                assert_inside(&text.text, text.area, &text.style);
            }
        }
    }

    #[test]
    fn lines_of_the_header_end_where_columns_do() {
        let summary = summary(vec![]);
        let form = Form { fonts: &FONTS, summary: &summary };
        let ends: Vec<f32> = form.cells(0.0, 0.0).map(|cell| cell.x + cell.width).collect();
        for items in &summary.header {
            let mut x = MARGIN;
            for item in items {
                x += item.width;
                assert!(ends.iter().any(|end| (end - x).abs() < 0.01), "{} ends at {x}, columns at {ends:?}", item.label);
            }
        }
    }

    #[test]
    fn a_text_that_no_row_can_hold_is_refused_by_row_and_column() {
        let summary = summary(vec![row("张测试", "厂", "焊工", "奖"), row("张测试", "厂", &"焊".repeat(3000), "奖")]);
        let error = document(&FONTS, &summary).expect_err("too long");
        assert_eq!(error.to_string(), "申报汇总表第 2 行：“申报职业（工种）”过长，排不下");
    }

    #[test]
    fn a_character_that_no_font_has_is_left_to_be_written_in() {
        let summary = summary(vec![row("张\u{F0000}", "厂\u{F0001}厂", "焊工", "奖")]);
        let shown = with_every_glyph(&FONTS, &summary);
        assert_eq!((shown.rows[0][1].as_str(), shown.rows[0][4].as_str()), ("张□", "厂□厂"));
        document(&FONTS, &summary).expect("printed");
    }

    #[test]
    fn the_last_row_goes_with_the_notes() {
        let notes = 17.0;
        assert_eq!(pages(&[], 73.5, 41.0, notes).first(), Some(&(0..0)));
        assert_eq!(pages(&[ROW; 3], 73.5, 41.0, notes).first(), Some(&(0..3)));
        // Fourteen rows fill page 1.
        assert_eq!(pages(&[ROW; 14], 73.5, 41.0, notes), [0..13, 13..14]);
        assert_eq!(pages(&[ROW; 15], 73.5, 41.0, notes), [0..14, 14..15]);
        // A row as high as a page.
        assert_eq!(pages(&[MAX_ROW, MAX_ROW], 73.5, 41.0, notes), [0..1, 1..2]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pages_hold_every_row_once_and_end_above_the_foot(heights in prop::collection::vec(8.5_f32..MAX_ROW, 0..60)) {
            let (first, further, notes) = (73.5, 41.0, 17.0);
            let pages = pages(&heights, first, further, notes);
            let mut next = 0;
            for (index, rows) in pages.iter().enumerate() {
                prop_assert_eq!(rows.start, next);
                next = rows.end;
                let top = if index == 0 { first } else { further };
                let end = top + heights[rows.clone()].iter().sum::<f32>() + if next == heights.len() { notes } else { 0.0 };
                prop_assert!(end <= BOTTOM + 0.01, "{end}");
            }
            prop_assert_eq!(next, heights.len());
        }

        #[test]
        fn whatever_a_roster_may_hold_stays_inside(
            name in "[一-龥·]{1,60}",
            employer in "[一-龥（）A-Za-z0-9·.-]{1,200}",
            award in "[一-龥/、]{1,200}",
        ) {
            let summary = summary(vec![row(&name, &employer, "焊工", &award)]);
            let form = Form { fonts: &FONTS, summary: &summary };
            let height = form.heights().expect("fits")[0];
            for text in form.row(0, 50.0, height) {
                prop_assert!(text.area.height * PT_PER_MM < height * PT_PER_MM);
                assert_inside(&text.text, text.area, &text.style);
            }
        }
    }
}
