//! The ledger of blank sheets (空白证书台账) as a workbook: every line, and every day with its operators.

use jiff::Timestamp;
use rules::notice::SheetKind;
use rules::sheets::daily::{Flow, daily};
use rules::sheets::serial::Serial;
use rules::sheets::stock::LedgerEntry;
use rules::values::date::local;
use rules::values::ranges::Ranges;
use rust_xlsxwriter::{Color, DocProperties, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::WriteError;

/// In the numbering of page setups.
const A4: u8 = 9;

const LINES: [(&str, f64); 14] = [
    ("序号", 6.0),
    ("时间", 19.0),
    ("事项", 10.0),
    ("流水号", 40.0),
    ("张数", 8.0),
    ("结存", 8.0),
    ("经办", 24.0),
    ("监督人", 24.0),
    ("对方单位", 24.0),
    ("申报号", 20.0),
    ("证书编码（编号）", 26.0),
    ("原因", 30.0),
    ("盘亏", 24.0),
    ("盘盈", 24.0),
];

const DAYS: [(&str, f64); 13] = [
    ("日期", 12.0),
    ("经办", 24.0),
    ("期初", 8.0),
    ("入库/转入", 10.0),
    ("退印", 8.0),
    ("打印", 8.0),
    ("空白作废", 10.0),
    ("空白遗失", 10.0),
    ("转出", 8.0),
    ("收入合计", 10.0),
    ("发出合计", 10.0),
    ("期末", 8.0),
    ("已印作废/遗失", 14.0),
];

/// The ledger of `holder` for sheets of `kind`, whose lines are in order: sheet 台账 with every line, sheet 日结 with a row
/// per day and per operator of the day. Serials are texts.
///
/// # Errors
/// [`WriteError`] where a text is longer than a cell can hold (32,767 characters).
pub fn ledger(kind: &SheetKind, holder: &str, lines: &[LedgerEntry]) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let title = format!("{}台账（{holder}）", kind.name);
    book.set_properties(&DocProperties::new().set_title(&title));
    write_lines(book.add_worksheet().set_name("台账")?, kind, &title, lines)?;
    write_days(book.add_worksheet().set_name("日结")?, lines)?;
    Ok(book.save_to_buffer()?)
}

fn head(sheet: &mut Worksheet, row: u32, columns: &[(&str, f64)]) -> Result<(), XlsxError> {
    let format = Format::new().set_bold().set_background_color(Color::RGB(0x00E7_E6E6)).set_border(FormatBorder::Thin);
    for (at, (name, width)) in (0_u16..).zip(columns) {
        sheet.set_column_width(at, *width)?;
        sheet.write_string_with_format(row, at, *name, &format)?;
    }
    sheet.set_freeze_panes(row + 1, 0)?;
    sheet.set_repeat_rows(0, row)?;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    Ok(())
}

fn write_lines(sheet: &mut Worksheet, kind: &SheetKind, title: &str, lines: &[LedgerEntry]) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14))?;
    head(sheet, 1, &LINES)?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let reason = |line: &LedgerEntry| match line.asked {
        Some(asked) => format!("申领 {asked} 张：{}", text(&line.reason)),
        None => text(&line.reason),
    };
    for (row, line) in (2_u32..).zip(lines) {
        sheet.write_number(row, 0, whole(line.number))?;
        let texts = [
            (1, written(line.at)),
            (2, line.movement.word().to_owned()),
            (3, serials(kind, &line.sheets)),
            (6, line.operator.clone()),
            (7, text(&line.second_signature)),
            (8, line.counterpart.as_ref().map_or_else(String::new, ToString::to_string)),
            (9, line.application.as_ref().map_or_else(String::new, ToString::to_string)),
            (10, line.code.as_ref().map_or_else(String::new, ToString::to_string)),
            (11, reason(line)),
            (12, serials(kind, &line.missing)),
            (13, serials(kind, &line.surplus)),
        ];
        for (column, text) in texts {
            sheet.write_string(row, column, text)?;
        }
        sheet.write_number(row, 4, whole(line.sheets.count()))?;
        sheet.write_number(row, 5, whole(line.on_hand))?;
    }
    Ok(())
}

fn write_days(sheet: &mut Worksheet, lines: &[LedgerEntry]) -> Result<(), XlsxError> {
    head(sheet, 0, &DAYS)?;
    let mut row = 1;
    for day in daily(lines) {
        for (operator, flow) in &day.operators {
            write_flow(sheet, row, (&day.date.to_string(), operator), flow)?;
            row += 1;
        }
        write_flow(sheet, row, (&day.date.to_string(), "合计"), &day.total)?;
        sheet.write_number(row, 2, whole(day.opening))?;
        sheet.write_number(row, 11, whole(day.closing))?;
        row += 1;
    }
    Ok(())
}

fn write_flow(sheet: &mut Worksheet, row: u32, (date, operator): (&str, &str), flow: &Flow) -> Result<(), XlsxError> {
    sheet.write_string(row, 0, date)?.write_string(row, 1, operator)?;
    let numbers = [
        (3, flow.received),
        (4, flow.unprinted),
        (5, flow.printed),
        (6, flow.voided),
        (7, flow.lost),
        (8, flow.handed_over),
        (9, flow.total_in()),
        (10, flow.total_out()),
        (12, flow.voided_printed + flow.lost_printed),
    ];
    for (column, number) in numbers {
        sheet.write_number(row, column, whole(number))?;
    }
    Ok(())
}

/// Serials have 8 digits, so that every count is exact as a cell's number.
fn whole(count: u64) -> f64 {
    count as f64
}

/// In Asia/Shanghai, to the second.
fn written(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `JN00000001–JN00000040、JN00000101`
fn serials(kind: &SheetKind, sheets: &Ranges) -> String {
    let serial = |number| Serial::new(kind, number).map(|serial| serial.to_string()).unwrap_or_default();
    let span = |first, last| if first == last { serial(first) } else { format!("{}–{}", serial(first), serial(last)) };
    sheets.stretches().iter().map(|stretch| span(stretch.first, stretch.last)).collect::<Vec<_>>().join("、")
}
