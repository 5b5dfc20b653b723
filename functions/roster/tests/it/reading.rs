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
    assert_eq!(cells(&found), ["B1", "AB1"]);
    assert_eq!(found[0].message, "“姓名”和“性别”两列的位置对调了");
    assert_eq!(found[1].message, "缺少“备注”列（应在 AB 列）");
}

#[test]
fn spaces_line_breaks_and_stars_in_headers_are_tolerated() {
    let (rows, found) = read(&workbook(|sheet| {
        sheet.write_string(0, 1, " 姓 名\n＊").expect("header");
        sheet.write_string(0, 2, "﹡性别").expect("header");
        sheet.write_string(0, 3, "*证件类型（必填）").expect("header");
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
    assert_eq!(cells(&found), ["A1"], "one cause");
    assert!(found.iter().all(|f| f.code == Code::HeaderChanged && !f.message.contains("张三丰") && !f.message.contains("5101")));
}

#[test]
fn content_outside_is_one_cause() {
    let (rows, found) = read(&workbook(|sheet| {
        for row in 1..=30 {
            fill_row(sheet, row);
            sheet.write_string(row, 40, "旁注").expect("cell");
        }
    }));
    assert_eq!(rows.len(), 30);
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellOutside], vec!["AO2"]));
    assert_eq!(found[0].message, "模板范围（A 至 AB 列）以外，AO 列第 2 至 31 行有内容，共 30 格");
}

#[test]
fn merged_cells_are_named_by_their_first_cell() {
    let (_, found) = read(&workbook(|sheet| {
        (1..6).for_each(|row| fill_row(sheet, row));
        sheet.merge_range(4, 9, 5, 9, "同一单位", &Format::new()).expect("merged");
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellMerged], vec!["J5"]));
    assert!(found[0].message.starts_with("J5:J6 "));
    let (_, found) = read(&workbook(|sheet| {
        (1..30).for_each(|row| fill_row(sheet, row));
        for row in (1..29).step_by(2) {
            sheet.merge_range(row, 9, row + 1, 9, "同一单位", &Format::new()).expect("merged");
        }
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellMerged], vec!["J2"]), "merged cells are one cause");
    assert!(found[0].message.starts_with("J2:J3、J4:J5、") && found[0].message.ends_with(" 等 14 处 是合并单元格"), "{}", found[0].message);
}

/// What a merged region covers is not missing: that the block is merged is the one cause.
#[test]
fn what_a_merged_region_covers_is_marked() {
    let (rows, found) = read(&workbook(|sheet| {
        (1..4).for_each(|row| fill_row(sheet, row));
        sheet.clear_cell(2, 9);
        sheet.clear_cell(3, 9);
        sheet.merge_range(1, 9, 3, 9, "同一单位", &Format::new()).expect("merged");
    }));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::CellMerged], vec!["J2"]));
    let employers: Vec<&Cell> = rows.iter().map(|row| &row.cells[9]).collect();
    assert_eq!(employers, [&Cell::Text("同一单位".to_owned()), &Cell::Merged, &Cell::Merged]);
}

/// A note below the table is said by the row; that its cells are merged is nobody's concern.
#[test]
fn a_merged_note_below_the_table_is_no_finding_of_its_own() {
    let (rows, found) = read(&workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.merge_range(4, 0, 4, 27, "填表人：某某", &Format::new()).expect("merged");
    }));
    assert_eq!((rows.len(), codes(&found)), (2, vec![]), "a text in 序号 is a note, which the checker warns about");
    let (rows, found) = read(&workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.merge_range(4, 1, 4, 27, "填表人：某某", &Format::new()).expect("merged");
    }));
    assert_eq!((rows.len(), codes(&found)), (2, vec![]));
}

fn headers_from(sheet: &mut rust_xlsxwriter::Worksheet, row: u32) {
    for (at, column) in (0_u16..).zip(&notice().roster.columns) {
        sheet.write_string(row, at, column.shown_header()).expect("header");
    }
}

#[test]
fn a_title_above_the_header_is_one_finding_that_says_so() {
    for (title, header, says) in [(0, 1, "表头在第 2 行，第 1 行不是表头"), (0, 3, "表头在第 4 行，第 1 至 3 行不是表头")]
    {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("选手信息").expect("name");
        sheet.merge_range(title, 0, title, 27, "2022年四川省样例大赛获奖选手名单", &Format::new()).expect("title");
        headers_from(sheet, header);
        fill_row(sheet, header + 1);
        let bytes = book.save_to_buffer().expect("saved");
        let (_, found) = read(&bytes);
        assert_eq!((codes(&found), cells(&found)), (vec![Code::HeaderChanged], vec!["A1"]));
        assert!(found[0].message.starts_with(says), "{}", found[0]);
        // The marked workbook is as it should be: handed in again it is taken.
        let again = roster::report(&bytes, &notice(), &found).expect("report");
        let (rows, found) = read(&again);
        assert_eq!((codes(&found), rows.iter().map(|row| row.row).collect::<Vec<_>>()), (vec![], vec![2]));
        assert_eq!(roster::Roster::names(&bytes, &notice().roster).len(), 1, "the header is nobody");
    }
}

#[test]
fn an_inserted_a_moved_and_a_swapped_column_are_one_finding_each() {
    let headers: Vec<String> = notice().roster.columns.iter().map(|column| column.header.clone()).collect();
    let judged = |headers: &[String]| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (at, header) in (0_u16..).zip(headers) {
            sheet.write_string(0, at, header).expect("header");
            sheet.write_string(1, at, "某").expect("cell");
        }
        let (_, found) = read(&book.save_to_buffer().expect("saved"));
        found.iter().map(|finding| format!("{} {}", finding.place.cell.clone().unwrap_or_default(), finding.message)).collect::<Vec<_>>()
    };
    let mut inserted = headers.clone();
    inserted.insert(5, "年龄".to_owned());
    assert_eq!(judged(&inserted), ["F1 F 列“年龄”是模板没有的列（多出 1 列，其后各列因此右移）；请删去"]);
    let mut moved = headers.clone();
    let phone = moved.remove(8);
    moved.insert(20, phone);
    assert_eq!(judged(&moved), ["U1 “手机号码”列应在 I 列，现在 U 列"]);
    let mut swapped = headers.clone();
    swapped.swap(3, 19);
    assert_eq!(judged(&swapped), ["D1 “证件类型”和“奖牌类别/名次”两列的位置对调了"]);
    let mut missing = headers.clone();
    missing.remove(6);
    assert_eq!(judged(&missing), ["G1 缺少“民族”列（应在 G 列）"]);
    let mut wide = headers.clone();
    wide[17] = "组别（职工／学生）".to_owned();
    wide[1] = "姓\u{200B}名＊".to_owned();
    assert_eq!(judged(&wide), [""; 0], "equal to the eye");
}

/// Hidden by hand, filtered out, of no height; and the row that stands after them is not.
#[test]
fn a_hidden_row_is_read_and_warned_about() {
    let bytes = workbook(|sheet| {
        (1..5).for_each(|row| fill_row(sheet, row));
        sheet.set_row_hidden(2).expect("hidden");
    });
    let bytes = repack(&bytes, SHEET_PART, |xml| xml.replacen("<row r=\"4\"", "<row ht=\"0\" customHeight=\"1\" r=\"4\"", 1));
    let (rows, found) = read(&bytes);
    assert_eq!((rows.len(), codes(&found), cells(&found)), (4, vec![Code::RowHidden; 2], vec!["A3", "A4"]));
    assert!(found[0].message.contains("第 3 行") && !found[0].is_error());
    let many = workbook(|sheet| {
        for row in 1..30 {
            fill_row(sheet, row);
            sheet.set_row_hidden(row).expect("hidden");
        }
        sheet.set_row_hidden(40).expect("hidden, and empty");
    });
    let found = read(&many).1;
    assert_eq!(found.len(), 11);
    assert!(found[10].message.starts_with("共 29 行"), "{}", found[10]);
}

/// The hidden rows are those of the sheet that counts, wherever its part stands.
#[test]
fn rows_hidden_on_another_sheet_are_its_own_affair() {
    let mut book = Workbook::new();
    let other = book.add_worksheet().set_name("草稿").expect("name");
    other.write_string(1, 0, "x").expect("cell");
    other.set_row_hidden(1).expect("hidden");
    let sheet = book.add_worksheet().set_name("名单 & 其他").expect("name");
    headers_from(sheet, 0);
    (1..4).for_each(|row| fill_row(sheet, row));
    sheet.set_row_hidden(3).expect("hidden");
    let (_, found) = read(&book.save_to_buffer().expect("saved"));
    assert_eq!((codes(&found), cells(&found)), (vec![Code::SheetElsewhere, Code::RowHidden], vec!["A4"]));
}

#[test]
fn the_roster_may_stand_on_another_sheet_than_the_first() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("封面").expect("name").write_string(0, 0, "2022年样例大赛").expect("cell");
    let sheet = book.add_worksheet().set_name("名单").expect("name");
    headers_from(sheet, 0);
    fill_row(sheet, 1);
    let (rows, found) = read(&book.save_to_buffer().expect("saved"));
    assert_eq!((rows.len(), codes(&found)), (1, vec![Code::SheetElsewhere]));
    assert!(found[0].message.contains("“名单”") && found[0].message.contains("“封面”"), "{}", found[0]);
    // A second list is not read, and that is said.
    let sheet = book.add_worksheet().set_name("名单2").expect("name");
    headers_from(sheet, 0);
    fill_row(sheet, 1);
    let (rows, found) = read(&book.save_to_buffer().expect("saved"));
    assert_eq!((rows.len(), codes(&found)), (1, vec![Code::SheetElsewhere, Code::SheetSecond]));
    assert!(found[1].message.contains("“名单2”"), "{}", found[1]);
}

#[test]
fn an_empty_copy_of_the_template_before_the_list_is_passed_over() {
    let notice = notice();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in [("选手信息 (2)", 0), ("选手信息", 2)] {
        let sheet = book.add_worksheet().set_name(name).expect("name");
        for (at, column) in (0_u16..).zip(&notice.roster.columns) {
            sheet.write_string(0, at, column.shown_header()).expect("header");
        }
        for row in 1..20 {
            sheet.write_number(row, 0, row).expect("numbered");
        }
        (1..=rows).for_each(|row| fill_row(sheet, row));
    }
    let bytes = book.save_to_buffer().expect("saved");
    let mut roster = roster::Roster::open(&bytes, &notice.roster, FILE).expect("a roster");
    assert_eq!(roster.sheet(), "选手信息");
    let mut rows = 0;
    let found = roster.rows(|_| rows += 1);
    assert_eq!(
        (rows, found.iter().map(|finding| finding.code).collect::<Vec<_>>()),
        (2, vec![rules::values::finding::FindingCode::SheetElsewhere])
    );
}

#[test]
fn a_note_in_the_column_of_numbers_is_streamed_and_is_nobodys_name() {
    let notice = notice();
    let bytes = workbook(|sheet| {
        fill_row(sheet, 1);
        for (row, text) in [(3, "2"), (4, "备注：以上名单经公示无异议"), (6, "单位（盖章）：样例协会")] {
            sheet.write_string(row, 0, text).expect("cell");
        }
    });
    let mut roster = roster::Roster::open(&bytes, &notice.roster, FILE).expect("a roster");
    let mut rows = Vec::new();
    assert_eq!(roster.rows(|raw| rows.push(raw.row)), []);
    assert_eq!(rows, [2, 5, 7]);
    let names: Vec<u32> = roster::Roster::names(&bytes, &notice.roster).into_iter().map(|(row, _)| row).collect();
    assert_eq!(names, [2]);
}

#[test]
fn a_roster_on_a_hidden_sheet_is_one_finding() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("封面").expect("name");
    let sheet = book.add_worksheet().set_name("名单").expect("name").set_hidden(true);
    headers_from(sheet, 0);
    fill_row(sheet, 1);
    let (_, found) = read(&book.save_to_buffer().expect("saved"));
    assert_eq!(codes(&found), [Code::SheetMissing]);
    assert!(found[0].message.contains("“名单”被隐藏"), "{}", found[0]);
}

#[test]
fn a_picture_in_a_cell_is_told_from_a_formula() {
    let (rows, found) = read(&workbook(|sheet| {
        fill_row(sheet, 1);
        sheet.write_formula(1, 26, Formula::new("=_xlfn.DISPIMG(\"ID_1\",1)").set_result("=DISPIMG(\"ID_1\",1)")).expect("formula");
        sheet.write_formula(1, 27, Formula::new("=A1&DISPIMG2(1)")).expect("formula");
    }));
    assert_eq!(codes(&found), []);
    assert_eq!(rows[0].cells[26..], [Cell::Text("=DISPIMG()".to_owned()), Cell::Formula]);
}

#[test]
fn pictures_that_lie_over_the_sheet_are_told_once() {
    let png = include_bytes!("../../../certificate/tests/photo.jpg");
    let picture = || rust_xlsxwriter::Image::new_from_buffer(png).expect("a picture");
    let with = |count: u32, elsewhere: bool| {
        let mut book = Workbook::new();
        let profile = notice().roster;
        let sheet = book.add_worksheet().set_name(&profile.sheet).expect("name");
        for (at, column) in (0_u16..).zip(&profile.columns) {
            sheet.write_string(0, at, column.shown_header()).expect("header");
        }
        fill_row(sheet, 1);
        (0..count).for_each(|at| _ = sheet.insert_image(at + 1, 27, &picture()).expect("inserted"));
        if elsewhere {
            book.add_worksheet().insert_image(0, 0, &picture()).expect("inserted");
        }
        read(&book.save_to_buffer().expect("saved")).1
    };
    let found = with(3, true);
    assert_eq!(codes(&found), [Code::PicturePasted]);
    assert!(found[0].message.contains("贴有 3 张图片") && found[0].fix.contains("photos.zip"), "{}", found[0]);
    assert_eq!(codes(&with(0, true)), [], "another sheet's are nobody's photos");
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
