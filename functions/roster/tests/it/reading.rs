//! What honest units hand in.

use jiff::civil::date;
use rules::intake::entry::Cell;
use rules::values::finding::FindingCode as Code;
use rules::values::vocabulary::Field;
use rust_xlsxwriter::{Format, Formula, Workbook};

use crate::support::{FILE, SHEET_PART, cells, codes, fill_row, notice, read, read_with, repack, workbook};

fn column(field: Field) -> u16 {
    notice().roster.position(field).expect("a column")
}

#[test]
fn rows_come_in_order_with_their_numbers_and_blank_rows_are_skipped() {
    let bytes = workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.write_string(2, 5, "  \u{3000}").expect("spaces");
        sheet.write_number(3, 0, 3.0).expect("only a sequence number");
        sheet.write_blank(4, 60, &Format::new().set_bold()).expect("style only");
        fill_row(sheet, 6);
    });
    let (rows, found) = read(&bytes);
    assert_eq!(codes(&found), []);
    assert_eq!(rows.iter().map(|r| r.row).collect::<Vec<_>>(), [2, 7]);
    assert_eq!(rows[1].cells[27], Cell::Text("r6c27".to_owned()));
    assert_eq!(rows[0].cells.len(), 28);
}

#[test]
fn every_kind_of_cell_is_read_as_what_it_is() {
    let day = Format::new().set_num_format("yyyy/m/d");
    let bytes = workbook(|sheet| {
        sheet.write_string(1, 1, "张三").expect("text");
        sheet.write_number(1, 4, 510_107_199_003_071_234_f64).expect("numeric ID");
        sheet.write_number_with_format(1, 5, 32_904.0, &day).expect("date");
        sheet.write_boolean(1, 6, true).expect("truth");
        sheet.write_formula(1, 7, Formula::new("=A1&B1").set_result("有值")).expect("formula");
        sheet.write_number_with_format(1, 8, 0.5, &Format::new().set_num_format("hh:mm")).expect("time");
        let (red, plain) = (Format::new().set_bold(), Format::default());
        sheet.write_rich_string(1, 9, &[(&red, "成都"), (&plain, "某厂")]).expect("rich");
    });
    let bytes = repack(&bytes, SHEET_PART, |xml| {
        let odd = concat!(
            r##"<c r="K2" t="e"><v>#N/A</v></c><c r="L2"><f>1+1</f></c><c r="M2" t="inlineStr"><is><t>行内</t></is></c>"##,
            r##"<c r="N2" t="d"><v>1990-01-31T00:00:00</v></c></row></sheetData>"##
        );
        xml.replace("</row></sheetData>", odd)
    });
    let (rows, found) = read(&bytes);
    assert_eq!(codes(&found), []);
    let cells = &rows[0].cells;
    assert_eq!(cells[1], Cell::Text("张三".to_owned()));
    assert_eq!(cells[4], Cell::Number(510_107_199_003_071_234_f64));
    assert_eq!(cells[5], Cell::Date(date(1990, 1, 31)));
    assert_eq!(cells[6], Cell::Bool(true));
    assert_eq!(cells[7], Cell::Formula, "with a cached value");
    assert_eq!(cells[8], Cell::Number(0.5), "a time of day is no date");
    assert_eq!(cells[9], Cell::Text("成都某厂".to_owned()));
    assert_eq!(cells[10], Cell::Error);
    assert_eq!(cells[11], Cell::Formula, "without a cached value");
    assert_eq!(cells[12], Cell::Text("行内".to_owned()));
    assert_eq!(cells[13], Cell::Date(date(1990, 1, 31)));
}

#[test]
fn an_error_value_that_calamine_does_not_know_is_a_finding() {
    let bytes = repack(&workbook(|sheet| fill_row(sheet, 1)), SHEET_PART, |xml| {
        xml.replace("</sheetData>", r##"<row r="3"><c r="A3" t="e"><v>#SPILL!</v></c><c r="B3"><v>1</v></c></row></sheetData>"##)
    });
    let (rows, found) = read(&bytes);
    assert_eq!(codes(&found), [Code::CellErrorValue]);
    assert_eq!(rows.iter().map(|r| r.row).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn no_rows() {
    assert_eq!(codes(&read(&workbook(|_| {})).1), [Code::RowsNone]);
}

#[test]
fn more_rows_than_allowed_stop_the_reading() {
    let mut profile = notice().roster;
    let bytes = workbook(|sheet| (1..=5).for_each(|row| fill_row(sheet, row)));
    profile.max_rows = 5;
    assert_eq!(codes(&read_with(&bytes, &profile).1), []);
    profile.max_rows = 4;
    let (rows, found) = read_with(&bytes, &profile);
    assert_eq!((rows.len(), codes(&found)), (4, vec![Code::RowsTooMany]));
    assert_eq!(cells(&found), ["A6"]);
}

#[test]
fn fifty_thousand_and_one_rows() {
    let rows = |count: u32| {
        workbook(|sheet| {
            for row in 1..=count {
                sheet.write_string(row, 1, "张三").expect("cell");
            }
        })
    };
    let (read_rows, found) = read(&rows(50_001));
    assert_eq!((read_rows.len(), codes(&found)), (50_000, vec![Code::RowsTooMany]));
    let (read_rows, found) = read(&rows(50_000));
    assert_eq!((read_rows.len(), codes(&found)), (50_000, vec![]));
}

#[test]
fn rows_below_the_template_are_not_read_and_said() {
    let (rows, found) = read(&workbook(|sheet| {
        fill_row(sheet, 1);
        fill_row(sheet, 60_000);
    }));
    assert_eq!((rows.len(), codes(&found), cells(&found)), (1, vec![Code::CellOutside], vec!["A60001"]));
}

#[test]
fn a_renamed_header_is_named() {
    let (_, found) = read(&workbook(|sheet| {
        sheet.write_string(0, 1, "选手名").expect("header");
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::HeaderChanged], vec!["B1"]));
    assert_eq!(found[0].message, "表头应为“姓名”，现为“选手名”");
}

#[test]
fn swapped_and_missing_headers_are_named() {
    let (_, found) = read(&workbook(|sheet| {
        sheet.write_string(0, 1, "性别*").expect("header");
        sheet.write_string(0, 2, "姓名*").expect("header");
        sheet.clear_cell(0, 27);
    }));
    assert_eq!(cells(&found), ["B1", "C1", "AB1"]);
    assert_eq!(found[2].message, "表头应为“备注”，现为空白");
}

#[test]
fn spaces_line_breaks_and_stars_in_headers_are_tolerated() {
    let (rows, found) = read(&workbook(|sheet| {
        sheet.write_string(0, 1, " 姓 名\n＊").expect("header");
        sheet.write_string(0, 17, "组别\n(职工/学生)").expect("header");
        fill_row(sheet, 1);
    }));
    assert_eq!((rows.len(), codes(&found)), (1, vec![]));
}

#[test]
fn a_further_header_is_outside() {
    let (_, found) = read(&workbook(|sheet| {
        sheet.write_string(0, 28, "年龄").expect("header");
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellOutside], vec!["AC1"]));
}

#[test]
fn where_the_header_was_deleted_no_message_quotes_the_winner() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 1, "张三丰").expect("cell");
    sheet.write_string(0, 4, "510107199003071234").expect("cell");
    let (_, found) = read(&book.save_to_buffer().expect("saved"));
    assert_eq!(found.len(), 28);
    assert!(found.iter().all(|f| f.code == Code::HeaderChanged && !f.message.contains("张三丰") && !f.message.contains("5101")));
}

#[test]
fn content_outside_is_listed_ten_times_and_then_counted() {
    let (rows, found) = read(&workbook(|sheet| {
        for row in 1..=30 {
            fill_row(sheet, row);
            sheet.write_string(row, 40, "旁注").expect("cell");
        }
    }));
    assert_eq!(rows.len(), 30);
    assert_eq!(found.len(), 11);
    assert_eq!(found[0].place.cell.as_deref(), Some("AO2"));
    assert!(found[10].message.starts_with("共 30 个单元格"), "{}", found[10].message);
}

#[test]
fn merged_cells_are_named_by_their_first_cell() {
    let (_, found) = read(&workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.merge_range(4, 9, 5, 9, "同一单位", &Format::new()).expect("merged");
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellMerged], vec!["J5"]));
    assert!(found[0].message.starts_with("J5:J6 "));
}

#[test]
fn the_first_sheet_that_is_not_hidden_counts() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("缓存").expect("name").set_hidden(true);
    let sheet = book.add_worksheet().set_name("名单").expect("name");
    for (at, column) in (0_u16..).zip(&notice().roster.columns) {
        sheet.write_string(0, at, &column.header).expect("header");
    }
    fill_row(sheet, 1);
    sheet.set_active(true);
    book.add_worksheet().set_name("其他").expect("name").merge_range(0, 0, 3, 3, "x", &Format::new()).expect("merged");
    let bytes = book.save_to_buffer().expect("saved");
    let profile = notice().roster;
    let mut roster = roster::Roster::open(&bytes, &profile, FILE).map_err(|f| codes(&f)).expect("opens");
    assert_eq!(roster.sheet(), "名单");
    let mut rows = 0;
    assert_eq!(codes(&roster.rows(|_| rows += 1)), [], "the other sheet's merged cells are its own affair");
    assert_eq!(rows, 1);
}

#[test]
fn dates_of_1904_workbooks() {
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let bytes = workbook(|sheet| {
        sheet.write_number_with_format(1, column(Field::BirthDate), 31_442.0, &day).expect("date");
    });
    let bytes = repack(&bytes, "xl/workbook.xml", |xml| xml.replace("<workbookPr ", r#"<workbookPr date1904="1" "#));
    assert_eq!(read(&bytes).0[0].cells[5], Cell::Date(date(1990, 1, 31)));
}

/// `template()` filled in and saved by openpyxl 3.1 and by LibreOffice 7.4 (tests/fixtures/README.md).
#[test]
fn copies_saved_by_other_programs_are_read_alike() {
    for bytes in [&include_bytes!("../fixtures/openpyxl.xlsx")[..], &include_bytes!("../fixtures/libreoffice.xlsx")[..]] {
        let (rows, found) = read(bytes);
        assert_eq!(codes(&found), []);
        assert_eq!(rows.iter().map(|r| r.row).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(rows[0].cells[1], Cell::Text("张三".to_owned()));
        assert_eq!(rows[0].cells[4], Cell::Text("510107199003071234".to_owned()));
        // LibreOffice takes three digits more: it writes numbers with 15.
        assert!(matches!(rows[1].cells[4], Cell::Number(id) if (id - 510_107_199_003_071_234_f64).abs() < 1000.0));
        assert_eq!(rows[1].cells[5], Cell::Date(date(1990, 3, 7)));
        assert_eq!(rows[1].cells[20], Cell::Formula);
    }
}
