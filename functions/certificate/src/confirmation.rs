//! 表5《职业技能等级证书数据审核确认表》: what a publication batch holds, to be signed and stamped.

use rules::after::publication::ConfirmationForm;
use rules::notice::layout::{Align, Area, FontRole, Style};

use crate::canvas::{Canvas, Text};
use crate::fonts::Fonts;
use crate::pages::{self, draw, page_number, printable, style};
use crate::{PrintError, Subject};

/// A4 portrait: width and height, mm.
const PAGE: [f32; 2] = [210.0, 297.0];
const MARGIN: f32 = 20.0;
const WIDTH: f32 = PAGE[0] - 2.0 * MARGIN;
const TITLE: Area = Area { x: MARGIN, y: 16.0, width: WIDTH, height: 12.0 };
/// The lines over the counts begin here; a line is so high, mm.
const TOP: f32 = 32.0;
const FIELD: f32 = 10.0;
/// Which values share a line.
const FIELD_LINES: [&[usize]; 4] = [&[0], &[1, 2], &[3], &[4, 5]];
/// A label's width.
const LABEL: f32 = 30.0;
const ROW: f32 = 8.0;
/// Widths of occupation, job, level, count.
const COLUMNS: [f32; 4] = [58.0, 48.0, 40.0, 24.0];
const OPINION: f32 = 32.0;
/// Nothing but the page number below this.
const BOTTOM: f32 = 280.0;

const TITLE_STYLE: Style = style(FontRole::Hei, Align::Centre, [16.0, 12.0, 9.0]);
const LABEL_STYLE: Style = style(FontRole::Hei, Align::Centre, [10.5, 8.0, 6.0]);
const VALUE_STYLE: Style = style(FontRole::Song, Align::Left, [10.5, 8.0, 5.0]);
const CELL_STYLE: Style = style(FontRole::Song, Align::Centre, [10.5, 8.0, 5.0]);
const FOOT_STYLE: Style = style(FontRole::Song, Align::Centre, [9.0, 8.0, 7.0]);

/// What stands in a row of the counts: occupation, job, level.
pub(crate) fn count_texts(fonts: &Fonts, cells: [&str; 3]) -> Vec<Text<'static>> {
    let mut page = Page::default();
    for (column, (part, text)) in ["职业名称", "工种/职业方向", "申报等级"].into_iter().zip(cells).enumerate() {
        page.cell(part, printable(fonts, text), pages::cell(MARGIN, COLUMNS, column, TOP, ROW), CELL_STYLE);
    }
    page.texts
}

/// A page: its texts, and the boxes around them.
#[derive(Default)]
struct Page<'f> {
    texts: Vec<Text<'f>>,
    boxes: Vec<Area>,
    y: f32,
}

impl<'f> Page<'f> {
    /// A box with a text in it; an empty text leaves room to write.
    fn cell(&mut self, part: &'f str, text: String, area: Area, style: Style) {
        self.boxes.push(area);
        if !text.is_empty() {
            let inner = Area { x: area.x + 1.0, y: area.y + 0.4, width: area.width - 2.0, height: area.height - 0.8 };
            self.texts.push(Text::new(part, text, inner, style));
        }
    }

    /// A row of the counts.
    fn row(&mut self, columns: &'f [String; 4], cells: [String; 4], style: Style) {
        for (column, (part, text)) in columns.iter().zip(cells).enumerate() {
            self.cell(part, text, pages::cell(MARGIN, COLUMNS, column, self.y, ROW), style);
        }
        self.y += ROW;
    }
}

/// Prints 表5 on A4 portrait: what the batch is, its counts by occupation, job and level, and the boxes that are signed; on
/// further pages where there are many counts. A character that no font has is shown as □.
///
/// # Errors
/// See [`PrintError`].
pub fn confirmation_form(fonts: &Fonts, form: &ConfirmationForm) -> Result<Vec<u8>, PrintError> {
    let title = format!("{}　{}", form.name, form.title);
    let laid_out = lay_out(fonts, form, &title);
    let boxes: Vec<Vec<Area>> = laid_out.iter().map(|page| page.boxes.clone()).collect();
    let texts: Vec<Vec<Text<'_>>> = laid_out.into_iter().map(|page| page.texts).collect();
    let grid = |canvas: &mut Canvas<'_>, page: usize| {
        canvas.pen([0.0; 3], 0.5);
        for Area { x, y, width, height } in boxes.get(page).into_iter().flatten() {
            canvas.line(&[(*x, *y), (x + width, *y), (x + width, y + height), (*x, y + height)], true);
        }
    };
    draw(fonts, PAGE, &texts, grid, (&title, Subject::ConfirmationForm))
}

fn lay_out<'f>(fonts: &Fonts, form: &'f ConfirmationForm, title: &str) -> Vec<Page<'f>> {
    let shown = |text: &str| printable(fonts, text);
    let begin = |first: bool| {
        let mut page = Page { y: TOP, ..Page::default() };
        let heading = if first { title.to_owned() } else { format!("{title}（续）") };
        page.texts.push(Text::new("标题", heading, TITLE, TITLE_STYLE));
        page
    };
    let mut page = begin(true);
    head(&mut page, form, &shown);
    page.row(&form.columns, form.columns.clone(), LABEL_STYLE);
    let mut pages = Vec::new();
    // The sum and the boxes stay together; the last count goes with them.
    // As many boxes as a notice names: exact.
    let end = ROW + OPINION * form.opinions.len() as f32;
    for (index, count) in form.counts.iter().enumerate() {
        let needed = if index + 1 == form.counts.len() { ROW + end } else { ROW };
        if page.y + needed > BOTTOM {
            pages.push(std::mem::replace(&mut page, begin(false)));
            page.row(&form.columns, form.columns.clone(), LABEL_STYLE);
        }
        let cells = [shown(&count.occupation), shown(&count.job), shown(&count.level), count.count.to_string()];
        page.row(&form.columns, cells, CELL_STYLE);
    }
    foot(&mut page, form);
    pages.push(page);
    let count = pages.len();
    for (index, page) in pages.iter_mut().enumerate() {
        page.texts.push(Text::new("页码", page_number(index, count), Area { x: MARGIN, y: 284.0, width: WIDTH, height: 5.0 }, FOOT_STYLE));
    }
    pages
}

/// The lines over the counts.
fn head<'f>(page: &mut Page<'f>, form: &'f ConfirmationForm, shown: &dyn Fn(&str) -> String) {
    for line in FIELD_LINES {
        let fields: Vec<&(String, String)> = line.iter().filter_map(|index| form.fields.get(*index)).collect();
        let share = WIDTH / if fields.len() > 1 { 2.0 } else { 1.0 };
        let mut x = MARGIN;
        for (label, value) in fields {
            page.cell(label, label.clone(), Area { x, y: page.y, width: LABEL, height: FIELD }, LABEL_STYLE);
            page.cell(label, shown(value), Area { x: x + LABEL, y: page.y, width: share - LABEL, height: FIELD }, VALUE_STYLE);
            x += share;
        }
        page.y += FIELD;
    }
}

/// 合计 and what is signed.
fn foot<'f>(page: &mut Page<'f>, form: &'f ConfirmationForm) {
    let (label, total) = &form.total;
    let wide: f32 = COLUMNS[..3].iter().sum();
    page.cell(label, label.clone(), Area { x: MARGIN, y: page.y, width: wide, height: ROW }, LABEL_STYLE);
    page.cell(label, total.to_string(), Area { x: MARGIN + wide, y: page.y, width: COLUMNS[3], height: ROW }, CELL_STYLE);
    page.y += ROW;
    for opinion in &form.opinions {
        let area = Area { x: MARGIN, y: page.y, width: WIDTH, height: OPINION };
        page.cell(&opinion.label, opinion.label.clone(), Area { width: LABEL, ..area }, LABEL_STYLE);
        page.boxes.push(Area { x: MARGIN + LABEL, width: WIDTH - LABEL, ..area });
        let sign = Area { x: MARGIN + LABEL + 2.0, y: page.y + OPINION - 9.0, width: WIDTH - LABEL - 4.0, height: 8.0 };
        page.texts.push(Text::new(&opinion.label, &opinion.sign, sign, VALUE_STYLE));
        page.y += OPINION;
    }
}

#[cfg(test)]
mod tests {
    use lopdf::Document;
    use rules::after::publication::Count;
    use rules::notice::Opinion;

    use super::*;
    use crate::layout::tests::FONTS;

    fn form(counts: usize) -> ConfirmationForm {
        let labels = ["单位名称", "单位负责人", "信息管理员", "标题名称", "上传日期", "数据类型"];
        let values = ["四川省职业技能鉴定指导中心", "", "", "四川省职业技能鉴定指导中心（新增3条，00001）", "", "新增"];
        let count =
            |n: usize| Count {
                occupation: format!("职业{n}"), job: "数控\u{F0000}车工".into(), level: "三级/高级工".into(), count: 3
            };
        ConfirmationForm {
            name: "表5".into(),
            title: "职业技能等级证书数据审核确认表".into(),
            fields: labels.into_iter().zip(values).map(|(label, value)| (label.to_owned(), value.to_owned())).collect(),
            columns: ["职业名称", "工种名称", "级别", "数量"].map(str::to_owned),
            counts: (1..=counts).map(count).collect(),
            total: ("合计".into(), 3 * u32::try_from(counts).expect("few")),
            opinions: [("信息管理员意见", "签字："), ("单位意见", "中心领导签字：　　单位盖章")]
                .map(|(label, sign)| Opinion { label: label.into(), sign: sign.into() })
                .to_vec(),
        }
    }

    fn printed(form: &ConfirmationForm) -> Vec<String> {
        let document = Document::load_mem(&confirmation_form(&FONTS, form).expect("printed")).expect("a PDF");
        let text = |page: &u32| document.extract_text(&[*page]).expect("text").split_whitespace().collect();
        document.get_pages().keys().map(text).collect()
    }

    #[test]
    fn it_says_what_the_batch_is_and_what_it_counts() {
        let pages = printed(&form(2));
        assert_eq!(pages.len(), 1);
        for text in [
            "表5职业技能等级证书数据审核确认表",
            "单位名称四川省职业技能鉴定指导中心",
            "数据类型新增",
            "职业1数控□车工三级/高级工3",
            "合计6",
            "单位意见",
        ] {
            assert!(pages[0].contains(text), "{text} is not in {}", pages[0]);
        }
    }

    #[test]
    fn many_counts_go_on_and_what_is_signed_stands_at_the_end() {
        for counts in [0, 14, 15, 16, 17, 25, 26, 60] {
            let form = form(counts);
            let made = lay_out(&FONTS, &form, "表5");
            let rows: usize =
                made.iter().flat_map(|page| &page.texts).filter(|text| text.text.starts_with("职业") && text.text != "职业名称").count();
            assert_eq!(rows, counts);
            assert!(made.iter().all(|page| page.y <= BOTTOM), "{counts}");
            assert!(made.last().is_some_and(|page| page.texts.iter().any(|text| text.text == "合计")), "{counts}");
        }
        assert_eq!(printed(&form(60)).len(), 3);
    }

    #[test]
    fn a_title_of_a_long_name_fits() {
        let mut long = form(1);
        long.fields[3].1 = format!("{}（新增100000条，2022-12-31-00001）", "某".repeat(60));
        long.counts[0].occupation = "某".repeat(60);
        assert_eq!(printed(&long).len(), 1);
    }
}
