//! The statistics of a year as a workbook: a sheet for the whole, one for each breakdown, one for what checks found.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rules::after::statistics::{Counts, Line, Statistics, Table};
use rust_xlsxwriter::{Color, DocProperties, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::WriteError;

/// In the numbering of page setups.
const A4: u8 = 9;

/// Headers of the counts, before the causes; and after them.
const COUNTS: [&str; 4] = ["颁发证书", "登记（他处编号、待编号）", "已注销", "不予通过"];
const TIMES: [&str; 3] = ["主办单位已领取", "申报到领取天数（中位）", "申报到领取天数（最长）"];

/// The statistics as a workbook; `counted_on` is the day they were counted on.
///
/// # Errors
/// [`WriteError`] where a text is longer than a cell can hold (32,767 characters).
pub fn statistics(statistics: &Statistics, counted_on: Date) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let title = format!("{}年职业技能竞赛获奖选手证书统计", statistics.year);
    book.set_properties(&DocProperties::new().set_title(&title));
    // Every sheet has the same columns.
    let causes: Vec<&str> = statistics.total.causes.keys().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
    whole(book.add_worksheet().set_name("总表")?, statistics, &title, counted_on, &causes)?;
    for table in &statistics.tables {
        breakdown(book.add_worksheet().set_name(format!("按{}", table.by.word()))?, table, &statistics.total, &causes)?;
    }
    findings(book.add_worksheet().set_name("检查发现")?, statistics)?;
    Ok(book.save_to_buffer()?)
}

fn whole(sheet: &mut Worksheet, statistics: &Statistics, title: &str, counted_on: Date, causes: &[&str]) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 44)?.set_column_width(1, 18)?;
    sheet.write_string_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14))?;
    sheet.write_string(1, 0, format!("统计日期：{counted_on}　按{}计入年份、月份", statistics.counted_by))?;
    if let Some(gap) = &statistics.unconfirmed {
        sheet.write_string(2, 0, format!("待确认：{gap}"))?;
    }
    let mut row = 3;
    let mut write = |label: &str, count: Option<u32>| -> Result<(), XlsxError> {
        row += 1;
        sheet.write_string_with_format(row, 0, label, &name())?;
        cell(sheet, row, 1, count)
    };
    let applications = &statistics.applications;
    write("新建申报（份）", Some(applications.created))?;
    write("其中已提交（份）", Some(applications.submitted))?;
    for (cause, count) in &applications.returned {
        write(&format!("退回未再报：{cause}（份）"), Some(*count))?;
    }
    if applications.uncounted > 0 {
        write("未计入的申报（份）：所依的通知、目录无法读取", Some(applications.uncounted))?;
    }
    let headers = headers(causes);
    for (header, count) in headers.iter().zip(numbers(&statistics.total, causes)) {
        write(header, count)?;
    }
    Ok(())
}

fn headers(causes: &[&str]) -> Vec<String> {
    let causes = causes.iter().map(|cause| format!("不予通过：{cause}"));
    COUNTS.iter().map(|header| (*header).to_owned()).chain(causes).chain(TIMES.iter().map(|header| (*header).to_owned())).collect()
}

fn numbers(counts: &Counts, causes: &[&str]) -> Vec<Option<u32>> {
    let causes = causes.iter().map(|cause| Some(counts.causes.get(*cause).copied().unwrap_or(0)));
    let days = counts.days;
    [counts.issued, counts.recorded, counts.revoked, counts.refused]
        .into_iter()
        .map(Some)
        .chain(causes)
        .chain([Some(counts.handed_out), days.map(|days| days.median), days.map(|days| days.longest)])
        .collect()
}

fn breakdown(sheet: &mut Worksheet, table: &Table, total: &Counts, causes: &[&str]) -> Result<(), XlsxError> {
    let head = bordered().set_bold().set_background_color(Color::RGB(0x00E7_E6E6)).set_text_wrap();
    sheet.set_column_width(0, 44)?;
    sheet.write_string_with_format(0, 0, table.by.word(), &head)?;
    for (column, header) in (1_u16..).zip(headers(causes)) {
        sheet.set_column_width(column, 13)?;
        sheet.write_string_with_format(0, column, header, &head)?;
    }
    let sum = Line { label: "合计".to_owned(), counts: total.clone() };
    for (row, line) in (1_u32..).zip(table.lines.iter().chain([&sum])) {
        sheet.write_string_with_format(row, 0, &line.label, &name())?;
        for (column, count) in (1_u16..).zip(numbers(&line.counts, causes)) {
            cell(sheet, row, column, count)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    Ok(())
}

fn findings(sheet: &mut Worksheet, statistics: &Statistics) -> Result<(), XlsxError> {
    let head = bordered().set_bold().set_background_color(Color::RGB(0x00E7_E6E6));
    for (column, (header, width)) in (0_u16..).zip([("检查代码", 28.0), ("办法", 60.0), ("申报（份）", 12.0), ("次数", 10.0)])
    {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, header, &head)?;
    }
    for (row, often) in (1_u32..).zip(&statistics.findings) {
        sheet.write_string_with_format(row, 0, often.code.as_str(), &bordered())?;
        sheet.write_string_with_format(row, 1, &often.fix, &bordered().set_text_wrap())?;
        cell(sheet, row, 2, Some(often.applications))?;
        cell(sheet, row, 3, Some(often.times))?;
    }
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    Ok(())
}

fn cell(sheet: &mut Worksheet, row: u32, column: u16, count: Option<u32>) -> Result<(), XlsxError> {
    match count {
        Some(count) => sheet.write_number_with_format(row, column, count, &bordered())?,
        None => sheet.write_blank(row, column, &bordered())?,
    };
    Ok(())
}

fn bordered() -> Format {
    Format::new().set_border(FormatBorder::Thin)
}

/// A name, over as many lines as it needs.
fn name() -> Format {
    bordered().set_text_wrap()
}
