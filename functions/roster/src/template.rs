//! The blank template of a notice: the roster sheet, and how to fill it in.

use rules::notice::{Column, Notice};
use rules::values::vocabulary::{Field, Material};
use rust_xlsxwriter::{Color, Format, FormatAlign, Worksheet, XlsxError};

use crate::{WriteError, sheet};

/// Name of the sheet with the instructions.
pub(crate) const INSTRUCTIONS: &str = "填写说明";

/// Widths of the instructions' columns, in characters, and of all of them.
const WIDTHS: [u16; 5] = [6, 18, 8, 60, 60];
const WIDTH: usize = 152;

/// The blank template workbook of `notice`: xlsx bytes, some 15 KB.
///
/// # Errors
/// [`WriteError`] where the notice names a sheet that no workbook can have.
pub fn template(notice: &Notice) -> Result<Vec<u8>, WriteError> {
    template_filled_in(notice, &[])
}

/// The template with rows begun: each with what is known of it before its winner is.
///
/// # Errors
/// As [`template`].
pub fn template_filled_in(notice: &Notice, rows: &[Vec<(Field, String)>]) -> Result<Vec<u8>, WriteError> {
    let mut book = sheet::unlocked_book()?;
    let first = book.add_worksheet().set_name(&notice.roster.sheet)?;
    sheet::set_up(first, &notice.roster, true)?;
    for (at, row) in (1..).zip(rows) {
        for (field, text) in row.iter().filter(|(_, text)| !text.is_empty()) {
            let column = notice.roster.position(*field).and_then(|to| Some((to, notice.roster.columns.get(usize::from(to))?)));
            if let Some((to, column)) = column {
                first.write_string_with_format(at, to, text, &sheet::cell_format(column))?;
            }
        }
    }
    instructions(book.add_worksheet().set_name(INSTRUCTIONS)?, notice)?;
    Ok(book.save_to_buffer()?)
}

pub(crate) fn instructions(sheet: &mut Worksheet, notice: &Notice) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let head = Format::new().set_bold().set_background_color(Color::RGB(0x00E7_E6E6));
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, f64::from(width))?;
    }
    sheet.set_paper_size(sheet::A4).set_landscape().set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3);
    sheet.write_string_with_format(0, 0, "选手信息导入模板表填写说明", &Format::new().set_bold().set_font_size(14))?;
    let mut row = 1;
    for rule in general(notice) {
        // Over all columns: a text that runs out of the table would be printed on pages of its own.
        sheet.merge_range(row, 0, row, 4, &rule, &wrapped)?;
        sheet.set_row_height(row, height(&rule))?;
        row += 1;
    }
    row += 1;
    for (column, text) in (0_u16..).zip(["列", "表头", "必填", "填写方法", "可选内容"]) {
        sheet.write_string_with_format(row, column, text, &head)?;
    }
    for (at, column) in (0_u16..).zip(&notice.roster.columns) {
        row += 1;
        for (to, text) in (0_u16..).zip(line(at, column)) {
            sheet.write_string_with_format(row, to, text, &wrapped)?;
        }
    }
    Ok(())
}

/// The height of a row of the whole width, pt: a merged cell's is not computed by spreadsheet programs.
fn height(text: &str) -> f64 {
    let units: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    // The columns' widths together, in half ems, less what does not fit at the end of a line.
    15.0 * units.div_ceil(WIDTH - 4).max(1) as f64
}

fn line(at: u16, column: &Column) -> [String; 5] {
    [
        rules::values::finding::column_letters(at),
        column.header.clone(),
        sheet::duty(column).to_owned(),
        sheet::how_to(column).to_owned(),
        choices(column),
    ]
}

/// The list, and what else is taken for its words.
fn choices(column: &Column) -> String {
    let mut text = column.choices.join("、");
    let others: Vec<String> = column.synonyms.iter().map(|(word, means)| format!("{word}（{means}）")).collect();
    if !others.is_empty() {
        text.push_str(&format!("。也可写：{}", others.join("、")));
    }
    text
}

fn general(notice: &Notice) -> Vec<String> {
    let profile = &notice.roster;
    let mut rules = vec![
        format!("依据：{}《{}》{}。", notice.notice.number, notice.notice.title, profile.clause),
        "1. 第一个工作表的表头（第 1 行）不可增删、改名或调换次序；带 * 的列必须填写。".to_owned(),
        format!("2. 从第 2 行起每行填写一名获奖选手，最多 {} 行；不要合并单元格，不要在最后一列以外填写内容。", profile.max_rows),
        "3. 请填写数值而不是公式；从其他表格复制时请用“选择性粘贴—数值”。".to_owned(),
        "4. 证件号码、手机号码等列已设为文本格式，请直接录入完整号码，不要改为数值格式。".to_owned(),
        format!("5. 申报等级的写法：{}。", levels(notice)),
        format!("6. 随本表一并提交的材料：{}。", materials(notice)),
    ];
    if let Some(photos) = notice.material(Material::Photos) {
        let size = photos.max_bytes >> 20;
        rules.push(format!("7. 照片为 JPG 或 PNG 格式的 1 寸白底彩色照片，每张不超过 2 MB，以证件号码命名，打包为 {}（不超过 {size} MB）；另行命名的，把文件名填入“照片文件名”列。", photos.file));
    }
    rules.push("8. 填好后另存为“Excel 工作簿（.xlsx）”，不要设置打开密码。".to_owned());
    if let Some(gap) = &profile.unconfirmed {
        rules.push(format!("本模板的列待{}确认（{gap}）。", notice.notice.center_short));
    }
    rules
}

fn levels(notice: &Notice) -> String {
    let mut words: Vec<String> = notice
        .levels
        .iter()
        .map(|level| {
            let aliases: Vec<&str> = level.aliases.iter().map(String::as_str).filter(|alias| !alias.is_ascii()).collect();
            format!("{}（也可写 {}）", level.name, aliases.join("、"))
        })
        .collect();
    words.extend(notice.specific_ability.level_words.first().map(|word| format!("申领专项职业能力证书的写“{word}”")));
    words.join("；")
}

fn materials(notice: &Notice) -> String {
    let listed: Vec<String> = notice
        .materials
        .iter()
        .map(|m| format!("{}（{}，{}{}）", m.title, m.file, m.clause, if m.optional { "，选交" } else { "" }))
        .collect();
    listed.join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_is_filled_in_is_read_row_by_row() {
        let notices = rules::notice::Notices::built_in().expect("notices");
        let notice = notices.general();
        let row = |number: u32| {
            let texts = [
                (Field::Sequence, number.to_string()),
                (Field::Event, "数控车".to_owned()),
                (Field::OccupationCode, "6-18-01-01".to_owned()),
            ];
            texts.to_vec()
        };
        let book = template_filled_in(notice, &[row(1), row(2)]).expect("a workbook");
        let mut roster = crate::Roster::open(&book, &notice.roster, "roster.xlsx").map_err(|_| "refused").expect("a roster");
        let mut rows = Vec::new();
        let found = roster.rows(|row| rows.push(row.row));
        assert!(found.is_empty() && rows == [2, 3], "{found:?} {rows:?}");
    }
}
