//! What units get: the template and the report.

use roster::{Roster, report, template};
use rules::intake::entry::Cell;
use rules::values::finding::{Finding, FindingCode as Code, Place};
use rust_xlsxwriter::{Format, Formula};

use crate::support::{FILE, SHEET_PART, cells, codes, fill_row, notice, part, read, repack, workbook};

const SHEET: &str = "选手信息";

fn finding(code: Code, row: u32, column: u16) -> Finding {
    Finding::new(code, Place::cell(FILE, SHEET, row, column), format!("问题{row}-{column}"))
}

/// Fills the template in without a spreadsheet program: row 2 of inline strings.
fn filled_in(bytes: &[u8]) -> Vec<u8> {
    repack(bytes, SHEET_PART, |xml| {
        xml.replace("</sheetData>", r#"<row r="2"><c r="B2" t="inlineStr"><is><t>张三</t></is></c></row></sheetData>"#)
    })
}

#[test]
fn the_template_is_accepted_once_it_is_filled_in() {
    let bytes = template(&notice()).expect("template");
    assert!(bytes.len() < 40_000, "{} bytes", bytes.len());
    assert_eq!(codes(&read(&bytes).1), [Code::RowsNone]);
    let (rows, found) = read(&filled_in(&bytes));
    assert_eq!((rows.len(), codes(&found)), (1, vec![]));
}

#[test]
fn the_template_has_drop_downs_text_columns_and_a_locked_header() {
    let bytes = template(&notice()).expect("template");
    let sheet = part(&bytes, SHEET_PART).expect("sheet");
    assert!(sheet.contains("<sheetProtection"));
    assert!(sheet.contains(r#"sqref="C2:C50001""#), "drop-down of 性别");
    assert_eq!(sheet.matches("<dataValidation ").count(), 7);
    assert!(sheet.contains("<pane "), "frozen header");
    let styles = part(&bytes, "xl/styles.xml").expect("styles");
    assert!(styles.contains(r#"numFmtId="49""#), "text format");
    assert!(styles.contains(r#"locked="0""#));
    let strings = part(&bytes, "xl/sharedStrings.xml").expect("strings");
    assert!(strings.contains("三级/高级工（也可写 三级、高级工、3级"), "level words in the instructions");
    assert!(strings.contains("photos.zip"));
    assert!(part(&bytes, "xl/comments1.xml").is_some_and(|notes| notes.contains("YYYY-MM-DD")), "notes on headers");
}

/// What the instructions allow, the drop-downs let one type.
#[test]
fn drop_downs_allow_what_the_instructions_allow() {
    let bytes = template(&notice()).expect("template");
    let sheet = part(&bytes, SHEET_PART).expect("sheet");
    let of = |column: &str| {
        let validations: Vec<&str> = sheet.split("<dataValidation ").skip(1).collect();
        validations.into_iter().find(|one| one.contains(&format!("sqref=\"{column}2:"))).expect(column).to_owned()
    };
    for (at, column) in notice().roster.columns.iter().enumerate().filter(|(_, column)| !column.choices.is_empty()) {
        let letters = rules::values::finding::column_letters(u16::try_from(at).expect("few"));
        if sheet.contains(&format!("sqref=\"{letters}2:")) {
            assert_eq!(of(&letters).contains("errorStyle=\"warning\""), column.has_other_words(), "{}", column.header);
        }
    }
    assert!(of("N").contains("errorStyle=\"warning\""), "申报等级: 高级工 is a level too");
    let strings = part(&bytes, "xl/sharedStrings.xml").expect("strings");
    assert!(strings.contains("身份证（居民身份证）") && strings.contains("大专（大学专科和专科学校）"));
}

/// One page wide, and nothing that runs out of its cell on to further pages.
#[test]
fn the_template_prints_on_pages_of_its_width() {
    let bytes = template(&notice()).expect("template");
    for name in [SHEET_PART, "xl/worksheets/sheet2.xml"] {
        let sheet = part(&bytes, name).expect("sheet");
        assert!(sheet.contains("fitToPage=\"1\"") && sheet.contains("fitToHeight=\"0\"") && sheet.contains("landscape"), "{name}");
    }
    assert!(part(&bytes, "xl/worksheets/sheet2.xml").expect("instructions").contains("<mergeCell ref=\"A2:E2\"/>"));
}

/// The findings on one page's width with their columns' names on each page, in rows as high as their texts; the roster on two.
#[test]
fn a_report_prints_so_that_it_can_be_read() {
    let original = workbook(|sheet| fill_row(sheet, 1));
    let mut long = finding(Code::CellRequired, 2, 2);
    long.message = "该列必须填写，请按证件原件补上。".repeat(8);
    let bytes = report(&original, &notice(), &[long, finding(Code::CellRequired, 2, 3)]).expect("report");
    let roster = part(&bytes, SHEET_PART).expect("roster");
    assert!(roster.contains("fitToWidth=\"2\"") && roster.contains("fitToHeight=\"0\"") && roster.contains("landscape"), "{roster}");
    let results = part(&bytes, "xl/worksheets/sheet2.xml").expect("results");
    assert!(results.contains("paperSize=\"9\"") && results.contains("fitToHeight=\"0\"") && results.contains("landscape"));
    assert!(!results.contains("fitToWidth"), "one page wide, which needs no word");
    let height = |row: u32| {
        let (_, rest) = results.split_once(&format!("<row r=\"{row}\"")).expect("a row");
        let (_, rest) = rest.split_once(" ht=\"").expect("a height");
        rest.split_once('"').and_then(|(height, _)| height.parse::<f64>().ok()).expect("a number")
    };
    assert!(height(2) >= 75.0 && height(3) < height(2), "{} {}", height(2), height(3));
    let book = part(&bytes, "xl/workbook.xml").expect("workbook");
    assert!(book.contains("检查结果!$1:$1") && book.contains("选手信息!$A:$B,选手信息!$1:$1"), "{book}");
}

#[test]
fn a_report_marks_cells_and_can_be_handed_in_again() {
    let original = workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.write_number(1, 4, 510_107_199_003_071_234_f64).expect("number");
        fill_row(sheet, 3);
        sheet.clear_cell(3, 2);
    });
    let mut findings = vec![finding(Code::IdNumericCell, 2, 4), finding(Code::CellRequired, 5, 2), finding(Code::NameNormalised, 4, 1)];
    findings.push(Finding::new(Code::MaterialMissing, Place::file("contest.pdf"), "缺少材料"));
    let place = Place { file: FILE.to_owned(), sheet: Some(SHEET.to_owned()), cell: None, row: Some(4) };
    findings.push(Finding::new(Code::RowRefused, place, "不予通过"));
    let bytes = report(&original, &notice(), &findings).expect("report");

    let (rows, found) = read(&bytes);
    assert_eq!(codes(&found), []);
    assert_eq!(rows, read(&original).0, "no cell is lost or changed");

    let notes = part(&bytes, "xl/comments1.xml").expect("notes");
    for expected in [r#"ref="E2""#, r#"ref="C5""#, r#"ref="B4""#, r#"ref="A4""#, "ID_NUMERIC_CELL", "办法：", "依据：六、（二）"]
    {
        assert!(notes.contains(expected), "{expected}");
    }
    let list = part(&bytes, "xl/sharedStrings.xml").expect("strings");
    for expected in ["MATERIAL_MISSING", "contest.pdf", "roster.xlsx「选手信息」E2", "第 4 行", "错误", "提示"] {
        assert!(list.contains(expected), "{expected}");
    }
    assert!(part(&bytes, "xl/styles.xml").expect("styles").contains("FFFFC7CE"));
    assert!(part(&bytes, SHEET_PART).expect("sheet").contains("<dataValidations"));
    assert!(part(&bytes, SHEET_PART).expect("sheet").contains("<sheetProtection"));
    assert!(notes.contains("YYYY-MM-DD"), "the headers keep their help");
    assert!(part(&bytes, "xl/workbook.xml").expect("workbook").contains("填写说明"));
    assert!(list.contains("选手信息导入模板表填写说明"));
    let again = report(&bytes, &notice(), &[]).expect("report of a report");
    assert_eq!(read(&again).0, rows);
}

/// Under protection a row can only be deleted where all its cells are unlocked, those behind the last column too.
#[test]
fn every_cell_but_the_header_is_unlocked() {
    let original = workbook(|sheet| fill_row(sheet, 1));
    let findings = [finding(Code::CellRequired, 2, 2), finding(Code::CellRequired, 3, 2)];
    for bytes in [template(&notice()).expect("template"), report(&original, &notice(), &findings).expect("report")] {
        let (sheet, styles) = (part(&bytes, SHEET_PART).expect("sheet"), part(&bytes, "xl/styles.xml").expect("styles"));
        let (_, formats) = styles.split_once("<cellXfs").expect("formats");
        let unlocked: Vec<bool> = formats.split("<xf ").skip(1).map(|xf| xf.contains(r#"locked="0""#)).collect();
        assert!(unlocked[0], "what has no format of its own");
        let (head, rows) = sheet.split_once("</row>").expect("header");
        let (columns, header) = head.split_once("<sheetData>").expect("rows");
        let styles = |xml: &str, name: &str| -> Vec<usize> {
            xml.split(name).skip(1).map(|rest| rest[..rest.find('"').expect("quoted")].parse().expect("number")).collect()
        };
        assert!(styles(columns, " style=\"").iter().chain(&styles(rows, " s=\"")).all(|at| unlocked[*at]));
        assert_eq!(styles(header, " s=\"").len(), 28);
        assert!(styles(header, " s=\"").iter().all(|at| !unlocked[*at]));
    }
}

#[test]
fn dates_truth_values_and_errors_survive_the_report() {
    let day = Format::new().set_num_format("yyyy/m/d");
    let original = workbook(|sheet| {
        sheet.write_string(1, 1, "张三").expect("text");
        sheet.write_number_with_format(1, 5, 32_904.0, &day).expect("date");
        sheet.write_boolean(1, 6, true).expect("truth");
        sheet.write_number_with_format(1, 7, 0.25, &Format::new().set_num_format("hh:mm")).expect("time");
        sheet.write_string(1, 30, "旁注").expect("outside");
    });
    let original = repack(&original, "xl/workbook.xml", |xml| xml.replace("<workbookPr ", r#"<workbookPr date1904="1" "#));
    let (before, found) = read(&original);
    let bytes = report(&original, &notice(), &found).expect("report");
    let (after, found) = read(&bytes);
    assert_eq!(before, after);
    assert_eq!(cells(&found), ["AE2"], "what stands outside is kept, and still outside");
}

#[test]
fn formulas_come_back_as_values_and_errors_as_errors() {
    let original = workbook(|sheet| {
        sheet.write_formula(1, 1, Formula::new("=\"张\"&\"三\"").set_result("张三")).expect("formula");
        sheet.write_formula(1, 9, Formula::new("=#N/A").set_result("#N/A")).expect("error");
    });
    let original = repack(&original, SHEET_PART, |xml| {
        xml.replace("<f>#N/A</f>", "").replace("</row></sheetData>", "<c r=\"K2\"><f>1+1</f></c></row></sheetData>")
    });
    assert_eq!(read(&original).0[0].cells[9], Cell::Error);
    let bytes = report(&original, &notice(), &[finding(Code::CellFormula, 2, 1)]).expect("report");
    let (rows, _) = read(&bytes);
    assert_eq!(rows[0].cells[1], Cell::Text("张三".to_owned()));
    assert_eq!(rows[0].cells[9], Cell::Formula, "refused again until it is put right");
    let notes = part(&bytes, "xl/comments1.xml").expect("notes");
    assert!(notes.contains("原为公式：=1+1") && notes.contains(r#"ref="K2""#));
}

#[test]
fn moved_columns_come_back_under_their_own_header() {
    let original = workbook(|sheet| {
        sheet.write_string(0, 1, "工作单位").expect("header");
        sheet.write_string(0, 9, "姓名").expect("header");
        sheet.write_string(0, 27, "附注").expect("renamed");
        sheet.write_string(0, 28, "年龄").expect("further");
        fill_row(sheet, 1);
        sheet.write_string(1, 28, "30").expect("age");
    });
    let (_, found) = read(&original);
    assert_eq!(cells(&found), ["B1", "AB1", "AC1"]);
    let bytes = report(&original, &notice(), &found).expect("report");
    let (_, found) = read(&bytes);
    assert_eq!(cells(&found), ["AC1"], "the header is the template's again, what is outside stays outside");
    let bytes = repack(&bytes, SHEET_PART, |xml| xml.replace("年龄", ""));
    let profile = notice().roster;
    let mut rows = Vec::new();
    let mut roster = Roster::open(&bytes, &profile, FILE).map_err(|f| codes(&f)).expect("opens");
    roster.rows(|row| rows.push(row.clone()));
    assert_eq!(rows[0].cells[1], Cell::Text("r1c9".to_owned()), "姓名");
    assert_eq!(rows[0].cells[9], Cell::Text("r1c1".to_owned()), "工作单位");
    assert_eq!(rows[0].cells[27], Cell::Text("r1c27".to_owned()), "a renamed column keeps its place");
    assert!(part(&bytes, "xl/comments1.xml").expect("notes").contains("现为“附注”"));
}

#[test]
fn an_inserted_column_is_kept_behind_the_last() {
    let original = workbook(|sheet| {
        let headers: Vec<String> = notice().roster.columns.iter().map(|c| c.header.clone()).collect();
        sheet.write_string(0, 1, "年龄").expect("inserted");
        for (at, header) in (2_u16..).zip(headers.iter().skip(1)) {
            sheet.write_string(0, at, header).expect("header");
        }
        for at in 0..29 {
            sheet.write_string(1, at, format!("v{at}")).expect("cell");
        }
    });
    let bytes = report(&original, &notice(), &read(&original).1).expect("report");
    let bytes = repack(&bytes, SHEET_PART, |xml| xml.replace("年龄<", "<"));
    let (rows, found) = read(&bytes);
    assert_eq!(rows[0].cells[1], Cell::Text("v2".to_owned()));
    assert_eq!(rows[0].cells[27], Cell::Text("v28".to_owned()));
    assert_eq!(cells(&found), ["AC2"], "the inserted column's cell");
}

#[test]
fn what_cannot_be_read_gets_the_list_alone() {
    let findings = [Finding::new(Code::WorkbookXls, Place::file(FILE), "这是旧格式")];
    let bytes = report(b"no workbook", &notice(), &findings).expect("report");
    assert!(part(&bytes, "xl/worksheets/sheet2.xml").is_none());
    assert!(part(&bytes, "xl/worksheets/sheet2.xml").is_none());
    assert!(part(&bytes, "xl/sharedStrings.xml").expect("strings").contains("WORKBOOK_XLS"));
}

/// Spreadsheet programs write rows in their order; what does not is copied all the same, with its marks.
#[test]
fn rows_that_are_not_in_order_keep_their_cells_and_marks() {
    let original = workbook(|sheet| {
        fill_row(sheet, 1);
        fill_row(sheet, 2);
    });
    let turned = repack(&original, SHEET_PART, |xml| {
        let second = xml.find("<row r=\"2\"").expect("a row");
        let third = xml.find("<row r=\"3\"").expect("a row");
        let end = xml.find("</sheetData>").expect("an end");
        format!("{}{}{}{}", &xml[..second], &xml[third..end], &xml[second..third], &xml[end..])
    });
    let bytes = report(&turned, &notice(), &[finding(Code::CellRequired, 2, 1)]).expect("report");
    assert_eq!(read(&bytes).0, read(&original).0);
    let sheet = part(&bytes, SHEET_PART).expect("sheet");
    let style = |cell: &str| sheet.split_once(&format!("r=\"{cell}\"")).and_then(|(_, rest)| rest.split_once('>')).map(|(style, _)| style);
    assert_ne!(style("B2").expect("a cell"), style("B3").expect("a cell"));
}

#[test]
fn odd_places_and_sheet_names_do_no_harm() {
    let place = |cell: &str, row| Place { file: FILE.to_owned(), sheet: None, cell: Some(cell.to_owned()), row };
    let places =
        [place("", Some(0)), place("AAAAAAAAAAAA1", None), place("A0", None), place("甲1", Some(u32::MAX)), place("XFD1048577", None)];
    let findings: Vec<Finding> = places.into_iter().map(|p| Finding::new(Code::CellRequired, p, "x".repeat(40_000))).collect();
    let original = workbook(|sheet| fill_row(sheet, 1));
    assert!(report(&original, &notice(), &findings).is_ok());
    for name in ["检查结果", "a/b", "History", "很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的名字"]
    {
        let renamed = repack(&original, "xl/workbook.xml", |xml| xml.replace(SHEET, name));
        let bytes = report(&renamed, &notice(), &[]).expect("report");
        assert_eq!(read(&bytes).0.len(), 1, "{name}");
    }
}
