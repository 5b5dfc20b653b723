//! The summary form as a workbook, read back.

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use jiff::civil::date;
use roster::summary_form;
use rules::intake::contest::Contest;
use rules::intake::summary::{Summary, SummaryStamp};
use rules::values::vocabulary::ContestClass;

use crate::support::{SHEET_PART, notice, part};

const NUMBER: &str = "11010519491231002X";

fn contest() -> Contest {
    Contest {
        name: "2022年四川省工业机器人系统操作员职业技能竞赛".to_owned(),
        class: ContestClass::PROVINCIAL_TWO,
        hrss_hosted: false,
        selection_for: None,
        organiser: "四川省工业机器人行业协会".to_owned(),
        organiser_body: None,
        committee: "组委会".to_owned(),
        jurisdiction: "00".to_owned(),
        year: 2022,
        final_on: date(2022, 5, 1),
        issued_on: date(2022, 6, 20),
        events: vec![],
        organiser_contact: Default::default(),
    }
}

fn row(sequence: usize, name: &str, employer: &str) -> [String; 9] {
    let sequence = sequence.to_string();
    [&sequence, name, "女", NUMBER, employer, "焊工（电焊工）", "三级/高级工", "省级二类", "一等奖/第一名"].map(str::to_owned)
}

fn summary(rows: Vec<[String; 9]>) -> Summary {
    let empty = Summary::new(&notice(), &contest(), &[], date(2022, 7, 8)).for_application("a&1");
    let stamp = SummaryStamp { rows: rows.len(), digest: "0a".repeat(32), ..empty.stamp.clone() };
    Summary { rows, stamp, ..empty }
}

fn sheet(bytes: &[u8]) -> Range<Data> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).expect("a workbook");
    book.worksheet_range("申报汇总表").expect("the sheet")
}

fn text(cell: Option<&Data>) -> String {
    cell.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn title_header_block_columns_rows_and_notes_are_read_back() {
    let long = "长".repeat(60);
    let summary = summary((1..=60).map(|i| row(i, if i == 7 { "阿卜杜热西提·麦麦提" } else { "张测试" }, &long)).collect());
    let sheet = sheet(&summary_form(&summary).expect("written"));
    let at = |row, column| text(sheet.get_value((row, column)));
    assert_eq!(at(0, 0), summary.title);
    assert_eq!(at(1, 0), "大赛名称：2022年四川省工业机器人系统操作员职业技能竞赛");
    assert_eq!([at(2, 0), at(2, 5), at(2, 7)], ["大赛牵头主办单位名称（盖章）：四川省工业机器人行业协会", "单位地址：", "联系电话："]);
    assert_eq!([at(3, 0), at(3, 5), at(3, 7)], ["大赛牵头主办单位负责人：", "经办人：", "制表日期：2022年07月08日"]);
    let headers: Vec<String> = (0..9).map(|column| at(4, column)).collect();
    assert_eq!(headers, ["序号", "姓名", "性别", "身份证", "工作单位", "申报职业（工种）", "申报等级", "竞赛类别", "奖牌类别/名次"]);
    for (index, cells) in (5_u32..).zip(&summary.rows) {
        let read: Vec<String> = (0..9).map(|column| at(index, column)).collect();
        assert_eq!(read, *cells);
    }
    assert_eq!(at(65, 0), "备注：1.申报等级是指参赛人员申请的职业证书等级。");
    assert_eq!(at(66, 0), "　　　2.竞赛类别是指省级一类、省级二类。");
    assert_eq!(at(67, 0), "　　　3.奖牌类别/名次，如：金奖/第一名或一等奖/第一名");
    assert_eq!(at(68, 0), summary.check_line());
}

#[test]
fn document_numbers_are_texts_and_formulas_are_not_run() {
    let summary = summary(vec![row(1, "=1+1", "@SUM(1)")]);
    let sheet = sheet(&summary_form(&summary).expect("written"));
    assert_eq!(sheet.get_value((5, 3)), Some(&Data::String(NUMBER.to_owned())));
    assert_eq!(sheet.get_value((5, 1)), Some(&Data::String("=1+1".to_owned())));
    assert_eq!(sheet.get_value((5, 0)), Some(&Data::Float(1.0)));
}

#[test]
fn it_prints_on_a4_landscape_with_header_row_page_numbers_and_stamp() {
    let summary = summary(vec![row(1, "张测试", "厂")]);
    let bytes = summary_form(&summary).expect("written");
    let xml = part(&bytes, SHEET_PART).expect("sheet");
    let stamp = format!("SZ2:A&amp;&amp;1:{}:1", "0A".repeat(32));
    for expected in [r#"paperSize="9""#, r#"orientation="landscape""#, r#"fitToHeight="0""#, "第 &amp;P 页 共 &amp;N 页", &stamp] {
        assert!(xml.contains(expected), "{expected} is not in {xml}");
    }
    let book = part(&bytes, "xl/workbook.xml").expect("book");
    assert!(book.contains("_xlnm.Print_Titles") && book.contains("$5:$5"), "{book}");
}

#[test]
fn a_form_without_rows_is_a_workbook() {
    let sheet = sheet(&summary_form(&summary(vec![])).expect("written"));
    assert_eq!(text(sheet.get_value((5, 0))), "备注：1.申报等级是指参赛人员申请的职业证书等级。");
}

#[test]
fn ten_thousand_rows_are_written() {
    let summary = summary((1..=10_000).map(|i| row(i, "张测试", "某某职业技术学院")).collect());
    let sheet = sheet(&summary_form(&summary).expect("written"));
    assert_eq!(text(sheet.get_value((10_004, 0))), "10000");
}
