//! Numbers of certificates that are entered by hand (G13), or that others gave (二、（一）): a workbook with the rows in it, filled in and read again.

use std::ops::ControlFlow;

use jiff::civil::Date;
use rules::intake::entry::Cell;
use rules::issue::external::NumberBasis;
use rules::values::date::day;
use rules::values::folding;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, XlsxError};

use crate::WriteError;
use crate::book::{Book, Item, cell};
use crate::hidden::HiddenRows;
use crate::sheet::{A4, TEXT_FORMAT};

/// Name of the sheet.
const SHEET: &str = "证书编号";
/// Headers, in order. Row and number have to be there; three are for 职业资格证书 (二、（一）); name, type and application are compared with
/// what the row is of.
const HEADERS: [(&str, f64); 8] = [
    (ROW, 8.0),
    (NAME, 16.0),
    (CERTIFICATE_TYPE, 20.0),
    (NUMBER, 32.0),
    (IMPLEMENTING_BODY, 28.0),
    (DOCUMENT, 28.0),
    (ISSUED_ON, 14.0),
    (APPLICATION, 20.0),
];
const ROW: &str = "行号";
const NAME: &str = "姓名";
const CERTIFICATE_TYPE: &str = "证书类型";
const APPLICATION: &str = "申报号";
const NUMBER: &str = "证书编号";
const IMPLEMENTING_BODY: &str = "职业资格实施机构";
const DOCUMENT: &str = "文号或依据";
const ISSUED_ON: &str = "颁发日期";
/// What is read of them.
const READ: [&str; 8] = [ROW, NUMBER, IMPLEMENTING_BODY, DOCUMENT, ISSUED_ON, NAME, CERTIFICATE_TYPE, APPLICATION];
/// The column of the application.
const LAST_COLUMN: u16 = 7;
/// The header is looked for in so many rows.
const HEADER_ROWS: u32 = 10;
/// So many digits of a number survive in a numeric cell.
const SAFE_DIGITS: f64 = 1e15;
/// The most rows that are read.
const MAX_ROWS: usize = 10_000;

/// A row that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowToNumber {
    /// Row of the roster.
    pub row: u32,
    /// 姓名
    pub name: String,
    /// 证书类型
    pub certificate_type: String,
    /// 申报号
    pub application: String,
}

/// A row as it was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilledIn {
    /// Row of the roster.
    pub row: u32,
    /// 证书编号
    pub number: String,
    /// Who implements the qualification, and what the number rests on.
    pub basis: NumberBasis,
    /// 姓名, where the table has it.
    pub name: Option<String>,
    /// 证书类型, where the table has it.
    pub certificate_type: Option<String>,
    /// 申报号, where the table has it.
    pub application: Option<String>,
}

/// The workbook to be filled in.
///
/// # Errors
/// [`WriteError`] where a text is longer than a cell can hold (32,767 characters).
pub fn numbers_to_fill_in(rows: &[RowToNumber]) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(SHEET));
    write(&mut book, rows)?;
    Ok(book.save_to_buffer()?)
}

fn write(book: &mut Workbook, rows: &[RowToNumber]) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(SHEET)?;
    let cell = Format::new().set_border(FormatBorder::Thin).set_text_wrap();
    let (bold, text) = (cell.clone().set_bold().set_align(FormatAlign::Center), cell.clone().set_num_format_index(TEXT_FORMAT));
    for (at, (header, width)) in (0_u16..).zip(HEADERS) {
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, header, &bold)?;
    }
    for (at, row) in (1..).zip(rows) {
        sheet.write_number_with_format(at, 0, row.row, &cell)?;
        sheet.write_string_with_format(at, 1, &row.name, &text)?;
        sheet.write_string_with_format(at, 2, &row.certificate_type, &text)?;
        for column in 3..LAST_COLUMN {
            sheet.write_blank(at, column, &text)?;
        }
        sheet.write_string_with_format(at, LAST_COLUMN, &row.application, &text)?;
    }
    let last = u32::try_from(rows.len()).unwrap_or(0);
    sheet.ignore_error_range(0, 0, last, LAST_COLUMN, IgnoreError::NumberStoredAsText)?;
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Rows and their numbers, as they were filled in; rows without a number are left out. In Chinese, everything that cannot be read.
///
/// # Errors
/// The workbook cannot be read, has not the two columns, or a cell holds what is no number.
pub fn numbers_filled_in(bytes: &[u8]) -> Result<Vec<RowFilledIn>, Vec<String>> {
    let mut book = Book::open(bytes).map_err(|refusal| vec![refusal.into_finding("").message])?;
    let sheet = book.sheets().into_iter().find(|sheet| sheet.visible).ok_or_else(|| vec!["工作簿中没有工作表".to_owned()])?;
    book.turn_to(&sheet.name);
    let mut reading = Reading { hidden: book.hidden_rows(), fills_with_zeros: book.fills_with_zeros(), ..Reading::default() };
    book.cells(|item| reading.item(item)).map_err(|refusal| vec![refusal.into_finding("").message])?;
    reading.end()
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    /// Rows that nobody sees on the screen.
    hidden: HiddenRows,
    /// Whether numbers may be shown with more zeros than they have.
    fills_with_zeros: bool,
    /// Where the columns stand that are read, and the row of their headers.
    columns: [Option<u32>; READ.len()],
    headers: u32,
    /// The row that is being read: its number in the sheet, and what stands in it.
    at: u32,
    current: RowCells,
    filled: Vec<RowFilledIn>,
    problems: Vec<String>,
}

/// A row that is being read.
#[derive(Default)]
struct RowCells {
    row: Option<u32>,
    number: Option<String>,
    basis: NumberBasis,
    name: Option<String>,
    certificate_type: Option<String>,
    application: Option<String>,
}

impl RowCells {
    /// Takes a cell under one of the headers.
    fn take(&mut self, header: &str, value: &Cell, is_formula: bool) -> Result<(), String> {
        match header {
            ROW => self.row = row_number(value),
            NUMBER => self.number = text_of(value, is_formula)?,
            IMPLEMENTING_BODY => self.basis.implementing_body = text_of(value, is_formula)?,
            DOCUMENT => self.basis.document = text_of(value, is_formula)?,
            NAME => self.name = text_of(value, is_formula)?,
            CERTIFICATE_TYPE => self.certificate_type = text_of(value, is_formula)?,
            APPLICATION => self.application = text_of(value, is_formula)?,
            _ => self.basis.issued_on = day_of(value, is_formula)?,
        }
        Ok(())
    }
}

impl Reading {
    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let Item::Cell { row, column, value, formula } = item else { return ControlFlow::Continue(()) };
        let value = cell(value, &mut Vec::new());
        if !self.has_headers() || row == self.headers {
            self.header(row, column, &value);
            return if row < HEADER_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        }
        if row != self.at {
            self.finish_row();
            self.at = row;
        }
        let under = self.columns.iter().position(|known| *known == Some(column));
        if let Some(header) = under.map(|index| READ[index])
            && let Err(problem) = self.taken(header, &value, formula.is_some())
        {
            self.problems.push(format!("表中第 {} 行的{header}{problem}", row + 1));
        }
        if self.filled.len() < MAX_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// Takes a cell; that of a number must hold what it shows.
    fn taken(&mut self, header: &str, value: &Cell, is_formula: bool) -> Result<(), String> {
        if header == NUMBER && self.fills_with_zeros && matches!(value, Cell::Number(_)) {
            return Err("是数字，而表中有补零的单元格格式，显示的与实际的可能不同：请把单元格设为文本后重新填写".to_owned());
        }
        self.current.take(header, value, is_formula)
    }

    /// Whether the two columns are found that must be there.
    fn has_headers(&self) -> bool {
        self.columns[0].is_some() && self.columns[1].is_some()
    }

    fn header(&mut self, row: u32, column: u32, value: &Cell) {
        let Cell::Text(text) = value else { return };
        if let Some(index) = READ.iter().position(|header| *header == text.trim()) {
            if self.columns[index].is_some() && self.headers == row {
                self.problems.push(format!("表中有两列“{}”，请删去一列", READ[index]));
            }
            (self.columns[index], self.headers) = (Some(column), row);
        }
    }

    fn finish_row(&mut self) {
        let RowCells { row, number, basis, name, certificate_type, application } = std::mem::take(&mut self.current);
        match (row, number) {
            (_, Some(_)) if self.hidden.has(self.at + 1) => {
                self.problems.push(format!("表中第 {} 行是隐藏或筛选掉的，却填有证书编号：请取消隐藏和筛选，核对后再登记", self.at + 1));
            }
            (Some(row), Some(number)) => self.filled.push(RowFilledIn { row, number, basis, name, certificate_type, application }),
            (None, Some(_)) => self.problems.push(format!("表中第 {} 行没有行号", self.at + 1)),
            (_, None) => {}
        }
    }

    fn end(mut self) -> Result<Vec<RowFilledIn>, Vec<String>> {
        if !self.has_headers() {
            return Err(vec!["表中没有“行号”和“证书编号”两列；请用系统给出的表填写".to_owned()]);
        }
        self.finish_row();
        if self.problems.is_empty() { Ok(self.filled) } else { Err(self.problems) }
    }
}

/// A row's number, written as a number or as a text.
fn row_number(value: &Cell) -> Option<u32> {
    match value {
        Cell::Number(number) if number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(number) => Some(*number as u32),
        Cell::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A day; none where the cell is blank.
fn day_of(value: &Cell, is_formula: bool) -> Result<Option<Date>, String> {
    match value {
        Cell::Date(day) if !is_formula => Ok(Some(*day)),
        _ => match text_of(value, is_formula)? {
            Some(text) => day(&text).map(Some).map_err(|why| format!("不是日期：{why}；日期写作 2022-06-20")),
            None => Ok(None),
        },
    }
}

/// A text as it was typed; none where the cell is blank.
fn text_of(value: &Cell, is_formula: bool) -> Result<Option<String>, String> {
    match value {
        _ if is_formula => Err("是公式，请改填内容本身".to_owned()),
        Cell::Empty => Ok(None),
        Cell::Text(text) if text.trim().is_empty() => Ok(None),
        Cell::Text(text) if let Some(found) = folding::control(text) => Err(folding::control_said(found)),
        Cell::Text(text) => Ok(Some(text.clone())),
        Cell::Number(number) if number.fract() == 0.0 && (0.0..SAFE_DIGITS).contains(number) => Ok(Some(format!("{number:.0}"))),
        Cell::Number(_) => Err("是数字，位数多的已经丢失，请把单元格设为文本后重新填写".to_owned()),
        Cell::Bool(_) | Cell::Date(_) | Cell::Error | Cell::Formula | Cell::Merged => Err("不是文字".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row: u32) -> RowToNumber {
        let (name, certificate_type, application) = ("张样例".to_owned(), "专项职业能力证书".to_owned(), "aaaaaaaaaaaaaaaa".to_owned());
        RowToNumber { row, name, certificate_type, application }
    }

    fn said(row: u32, number: &str, basis: NumberBasis) -> RowFilledIn {
        RowFilledIn { row, number: number.to_owned(), basis, name: None, certificate_type: None, application: None }
    }

    fn filled(numbers: &[(u32, &str)]) -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "专项职业能力证书编号登记").expect("a title");
        sheet.write_string(2, 1, "证书编号").and_then(|sheet| sheet.write_string(2, 3, "行号")).expect("a header");
        for (at, (row, number)) in (3..).zip(numbers) {
            sheet.write_number(at, 3, *row).and_then(|sheet| sheet.write_string(at, 1, *number)).expect("a row");
        }
        book.save_to_buffer().expect("a workbook")
    }

    #[test]
    fn what_is_not_filled_in_is_left_out() {
        let book = numbers_to_fill_in(&[row(4), row(5)]).expect("a workbook");
        assert_eq!(numbers_filled_in(&book), Ok(Vec::new()));
    }

    #[test]
    fn columns_are_found_by_their_headers() {
        let book = filled(&[(4, "2251000000300001"), (5, " ZX-2 "), (6, "")]);
        let row = |row, number: &str| said(row, number, NumberBasis::default());
        assert_eq!(numbers_filled_in(&book), Ok(vec![row(4, "2251000000300001"), row(5, " ZX-2 ")]));
    }

    #[test]
    fn whose_row_it_is_said_to_be_is_read_and_a_column_is_there_once() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let texts = [("行号", "4"), ("姓名", "张样例"), ("证书编号", "ZX-1"), ("申报号", "aaaaaaaaaaaaaaaa")];
        for (column, (header, text)) in (0..).zip(texts) {
            sheet.write_string(0, column, header).and_then(|sheet| sheet.write_string(1, column, text)).expect("a column");
        }
        let read = numbers_filled_in(&book.save_to_buffer().expect("a workbook")).expect("sound");
        let (name, application) = (Some("张样例".to_owned()), Some("aaaaaaaaaaaaaaaa".to_owned()));
        assert_eq!(read, [RowFilledIn { name, application, ..said(4, "ZX-1", NumberBasis::default()) }]);
        book.worksheet_from_index(0).and_then(|sheet| sheet.write_string(0, 4, "证书编号").map(|_| ())).expect("a sheet");
        let problems = numbers_filled_in(&book.save_to_buffer().expect("a workbook")).expect_err("two columns");
        assert_eq!(problems, ["表中有两列“证书编号”，请删去一列"]);
    }

    #[test]
    fn section_2_1_who_implements_a_qualification_is_read_with_its_number() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (at, (header, _)) in (0..).zip(HEADERS) {
            sheet.write_string(0, at, header).expect("a header");
        }
        let texts = [(3, "2251000000300001"), (4, "样例实施机构"), (5, "样例〔2022〕1号"), (6, "2022.6.20")];
        sheet.write_number(1, 0, 3).expect("a row");
        for (column, text) in texts {
            sheet.write_string(1, column, text).expect("a cell");
        }
        sheet.write_number(2, 0, 4).and_then(|sheet| sheet.write_string(2, 3, "N-2")).expect("a row");
        sheet.write_string(2, 6, "去年").expect("no day");
        let problems = numbers_filled_in(&book.save_to_buffer().expect("a workbook")).expect_err("one");
        assert!(problems.len() == 1 && problems[0].contains("第 3 行的颁发日期不是日期"), "{problems:?}");
        book.worksheet_from_index(0).and_then(|sheet| sheet.write_string(2, 6, " ").map(|_| ())).expect("a sheet");
        let filled = numbers_filled_in(&book.save_to_buffer().expect("a workbook")).expect("sound");
        let basis = NumberBasis {
            implementing_body: Some("样例实施机构".to_owned()),
            document: Some("样例〔2022〕1号".to_owned()),
            issued_on: Some(jiff::civil::date(2022, 6, 20)),
        };
        assert_eq!(filled[0], said(3, "2251000000300001", basis));
        assert_eq!((filled.len(), filled[1].basis.is_empty()), (2, true));
    }

    /// A number that was entered cannot be given to another certificate: what nobody sees as it is read is asked about.
    #[test]
    fn a_number_in_a_hidden_row_or_with_zeros_that_only_show_is_asked_about() {
        let book = |hide: bool, format: &str| {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            sheet.write_string(0, 0, ROW).and_then(|sheet| sheet.write_string(0, 1, NUMBER)).expect("headers");
            let format = Format::new().set_num_format(format);
            for (at, row) in [(1, 4), (2, 5)] {
                sheet.write_number(at, 0, row).expect("a row");
                sheet.write_number_with_format(at, 1, f64::from(row), &format).expect("a number");
            }
            if hide {
                sheet.set_row_hidden(2).expect("a row");
            }
            numbers_filled_in(&book.save_to_buffer().expect("a workbook"))
        };
        assert_eq!(book(false, "0").map(|rows| rows.len()), Ok(2));
        let hidden = book(true, "0").expect_err("a hidden row");
        assert!(hidden.len() == 1 && hidden[0].contains("第 3 行是隐藏"), "{hidden:?}");
        let filled = book(false, "000000").expect_err("zeros that only show");
        assert!(filled.len() == 2 && filled[0].contains("补零"), "{filled:?}");
    }

    #[test]
    fn what_cannot_be_a_number_is_named_by_its_row() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (at, (header, _)) in (0..).zip(HEADERS) {
            sheet.write_string(0, at, header).expect("a header");
        }
        sheet.write_number(1, 0, 4).and_then(|sheet| sheet.write_number(1, 3, 2_251_000_000_300_001_f64)).expect("too many digits");
        sheet.write_number(2, 0, 5).and_then(|sheet| sheet.write_formula(2, 3, "=1+1")).expect("a formula");
        sheet.write_string(3, 3, "ZX1").expect("no row");
        sheet.write_number(4, 0, 6).and_then(|sheet| sheet.write_string(4, 3, "ZX\u{7}1")).expect("a control character");
        let problems = numbers_filled_in(&book.save_to_buffer().expect("a workbook")).expect_err("four");
        assert!(problems[3].contains("第 5 行的证书编号第 3 个字是控制字符"), "{problems:?}");
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].contains("第 2 行") && problems[1].contains("公式") && problems[2].contains("第 4 行没有行号"), "{problems:?}");
        assert!(numbers_filled_in(b"no workbook").is_err());
        assert!(numbers_filled_in(&Workbook::new().save_to_buffer().expect("empty")).is_err_and(|said| said[0].contains("行号")));
    }
}
