//! The roster sheet as it is written, by the template and by the report alike: header, columns, drop-downs, protection.

use rules::notice::{Column, RosterProfile};
use rules::values::vocabulary::Field;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Note, ProtectionOptions, Workbook, Worksheet,
    XlsxError,
};

/// A drop-down's list may have this many characters, commas included.
const MAX_LIST_CHARS: usize = 255;

/// A4, in the numbering of page setups.
pub(crate) const A4: u8 = 9;

/// The built-in number format `@`.
pub(crate) const TEXT_FORMAT: u8 = 49;

/// Height and width, in pixels, of rows and columns that nothing is said about: what they are without `unlocked`.
const DEFAULT_SIZE: (u32, u32) = (20, 64);

/// A workbook whose cells are unlocked unless their format says otherwise: rows can only be deleted under protection
/// where all their cells are unlocked. (Naming the columns behind the last takes ten times as long as all the rest.)
pub(crate) fn unlocked_book() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    book.set_default_format(&Format::new().set_unlocked(), DEFAULT_SIZE.0, DEFAULT_SIZE.1)?;
    Ok(book)
}

/// Makes `sheet`, one of an unlocked book, a roster sheet without rows. `notes` tells whether headers carry notes on how to fill in.
pub(crate) fn set_up(sheet: &mut Worksheet, profile: &RosterProfile, notes: bool) -> Result<(), XlsxError> {
    sheet.set_row_height(0, 32)?;
    for (at, column) in (0_u16..).zip(&profile.columns) {
        sheet.set_column_width(at, f64::from(column.width))?;
        sheet.set_column_format(at, &cell_format(column))?;
        sheet.write_string_with_format(0, at, column.shown_header(), &header_format(column))?;
        if notes {
            sheet.insert_note(0, at, &Note::new(help(column)).set_author("赛证").add_author_prefix(false).set_width(220))?;
        }
        drop_down(sheet, at, column, profile.max_rows)?;
    }
    sheet.set_freeze_panes(1, 2)?;
    sheet.protect_with_options(&allowed());
    let widths: Vec<u16> = profile.columns.iter().map(|column| column.width).collect();
    for_print(sheet, &widths);
    sheet.set_repeat_rows(0, 0)?;
    // The further pages of a row say whose it is.
    if pages_wide(&widths) > 1 {
        sheet.set_repeat_columns(0, 1)?;
    }
    Ok(())
}

/// What one page of A4 landscape holds within its margins, in widths of a digit (7 of 96 pixels an inch).
const PAGE_CHARS: f64 = 10.8 * 96.0 / 7.0;
/// Letters smaller than this share of their size are not read on paper.
const SMALLEST: f64 = 0.6;

/// Prints on A4 landscape, the columns on one page's width or, where the letters would be too small, on as few as it takes.
pub(crate) fn for_print(sheet: &mut Worksheet, widths: &[u16]) {
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(pages_wide(widths), 0).set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3);
}

/// How many pages those columns are wide. A column has some pixels more than its characters; and of several pages each has the
/// first two columns again, and does not end where the paper does.
pub(crate) fn pages_wide(widths: &[u16]) -> u16 {
    let chars = |widths: &[u16]| widths.iter().map(|width| f64::from(*width) + 0.7).sum::<f64>();
    let (all, repeated) = (chars(widths), chars(widths.get(..2).unwrap_or_default()));
    let widest = widths.iter().max().map_or(0.0, |width| f64::from(*width));
    let room = PAGE_CHARS / SMALLEST;
    if all <= room {
        return 1;
    }
    let more = (all - room) / (room - repeated - widest / 2.0).max(1.0);
    1 + more.ceil().clamp(1.0, 20.0) as u16
}

/// Everything but changing the header.
fn allowed() -> ProtectionOptions {
    ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        insert_rows: true,
        insert_links: true,
        delete_rows: true,
        sort: true,
        use_autofilter: true,
        edit_objects: true,
        ..ProtectionOptions::new()
    }
}

/// A data cell of that column: unlocked, text where digits must not be lost.
pub(crate) fn cell_format(column: &Column) -> Format {
    let format = Format::new().set_unlocked();
    if column.text { format.set_num_format_index(TEXT_FORMAT) } else { format }
}

/// A header cell: required columns stand out. It is locked; saying that its formulas are hidden (it has none) is what
/// makes the writer say so, where the default style is unlocked.
pub(crate) fn header_format(column: &Column) -> Format {
    let format =
        Format::new().set_locked().set_hidden().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter).set_text_wrap();
    let format = format.set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x00A6_A6A6));
    if column.required {
        format.set_bold().set_font_color(Color::RGB(0x00C0_0000)).set_background_color(Color::RGB(0x00FF_F2CC))
    } else {
        format.set_background_color(Color::RGB(0x00E7_E6E6))
    }
}

/// The column's list. Where other words are taken for one of it, so does the drop-down, after asking.
fn drop_down(sheet: &mut Worksheet, at: u16, column: &Column, max_rows: u32) -> Result<(), XlsxError> {
    let chars: usize = column.choices.iter().map(|choice| choice.chars().count() + 1).sum();
    // A list that does not fit into a drop-down still stands in the instructions, and the check applies it.
    if column.choices.is_empty() || chars > MAX_LIST_CHARS || column.choices.iter().any(|choice| choice.contains(',')) {
        return Ok(());
    }
    let list = DataValidation::new().allow_list_strings(&column.choices)?.set_error_title("请从列表中选择")?;
    let list = if column.has_other_words() {
        let list = list.set_error_style(DataValidationErrorStyle::Warning);
        list.set_error_message("这不是下拉列表中的写法。填写说明中列出的其他写法（如简称）也可以用；确认后选“是”。")?
    } else {
        list.set_error_style(DataValidationErrorStyle::Stop).set_error_message("该列只能填写下拉列表中的内容。")?
    };
    sheet.add_data_validation(1, at, max_rows.min(1_048_575), at, &list)?;
    Ok(())
}

/// What a header's note says.
pub(crate) fn help(column: &Column) -> String {
    format!("{}。{}", duty(column), how_to(column))
}

/// Whether a column must be filled in, in Chinese.
pub(crate) fn duty(column: &Column) -> &'static str {
    if column.required { "必填" } else { "选填" }
}

/// How a column is filled in, in Chinese.
pub(crate) fn how_to(column: &Column) -> &'static str {
    match column.field {
        Field::Sequence => "按 1、2、3 顺序编号；只填序号的行视为空行。",
        Field::Name => "按证件原件填写；少数民族和外文姓名的间隔号用“·”。",
        Field::Gender => "从下拉列表中选择，应与证件号码一致。",
        Field::DocumentType => "从下拉列表中选择。",
        Field::DocumentNumber => "按证件原件填写。本列为文本格式，请勿改为数值，否则 18 位号码的末几位会丢失。",
        Field::BirthDate => "格式 YYYY-MM-DD，如 1990-01-31；应与证件号码一致。",
        Field::Ethnicity => "如 汉族。",
        Field::Education => "从下拉列表中选择。",
        Field::Phone => "11 位手机号码，用于通知领取证书。",
        Field::Employer => "工作单位或就读院校全称。",
        Field::Occupation => "与大赛登记的职业名称一致。",
        Field::OccupationCode => "职业分类大典的编码，如 6-18-01-01；应与大赛登记一致。",
        Field::Job => "没有工种的留空。应与大赛登记一致。",
        Field::Level => "从下拉列表中选择；申领专项职业能力证书的选“专项职业能力”。",
        Field::Contest => "与大赛登记的全称一致。",
        Field::Class => "从下拉列表中选择，与大赛登记一致。",
        Field::Event => "与大赛登记的赛项名称一致。",
        Field::Group => "从下拉列表中选择。",
        Field::Team => "从下拉列表中选择。",
        Field::Award => "与竞赛表彰文件一致，如 金牌 或 第一名。",
        Field::TheoryScore | Field::PracticeScore | Field::TotalScore => "百分制，可带小数。",
        Field::PriorType => "原有证书的类型。",
        Field::PriorLevel => "原有证书的等级。",
        Field::PriorNumber => "原有证书的编号。",
        Field::Photo => "照片包中该选手照片的文件名，如 张三.jpg；留空则证书照片栏留空。",
        Field::Remark => "需要说明的事项。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_stays_as_large_as_can_be_read() {
        assert_eq!(pages_wide(&[10, 24, 26, 56, 48, 16]), 1, "the findings");
        assert_eq!(pages_wide(&[100; 2]), 1);
        let notice = rules::notice::Notices::built_in().expect("notices").general().clone();
        let widths: Vec<u16> = notice.roster.columns.iter().map(|column| column.width).collect();
        let pages = pages_wide(&widths);
        let total: f64 = widths.iter().map(|width| f64::from(*width) + 0.7).sum();
        assert_eq!(pages, 2);
        assert!(f64::from(pages) * PAGE_CHARS / total >= SMALLEST, "{total}");
    }
}
