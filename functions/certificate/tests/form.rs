//! Whole summary forms, read back with lopdf.

use std::sync::LazyLock;

use certificate::{Fonts, summary_form};
use lopdf::{Document, Object};
use rules::intake::summary::{Summary, SummaryStamp};

mod specimen;

use specimen::{LONG_BODY, LONG_CONTEST, NUMBER, contest, long_winners, summary, summary_of, winners};

static FONTS: LazyLock<Fonts> = LazyLock::new(specimen::loaded_fonts);

const HEADERS: [&str; 9] = ["序号", "姓名", "性别", "身份证", "工作单位", "申报职业（工种）", "申报等级", "竞赛类别", "奖牌类别/名次"];

/// The text of each page, without white space: lines are broken where they must be.
fn pages(summary: &Summary) -> Vec<String> {
    let document = Document::load_mem(&summary_form(&FONTS, summary).expect("printed")).expect("a PDF");
    let bare = |page: &u32| document.extract_text(&[*page]).expect("text").split_whitespace().collect();
    document.get_pages().keys().map(bare).collect()
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn page_one_has_title_header_block_columns_and_notes() {
    let pages = pages(&summary(&winners(3)));
    assert_eq!(pages.len(), 1);
    let labels = ["大赛名称：", "大赛牵头主办单位名称（盖章）：", "单位地址：", "联系电话：", "大赛牵头主办单位负责人：", "经办人："];
    let notes = [
        "备注：1.申报等级是指参赛人员申请的职业证书等级。",
        "2.竞赛类别是指省级一类、省级二类。",
        "3.奖牌类别/名次，如：金奖/第一名或一等奖/第一名",
    ];
    let texts =
        ["四川省省级职业技能竞赛获奖选手获取职业证书申报汇总表", "制表日期：2022年07月08日", "四川省工业机器人行业协会", "第1页共1页"];
    for text in labels.iter().chain(&notes).chain(&texts).chain(&HEADERS) {
        assert!(pages[0].contains(text), "{text} is not in {}", pages[0]);
    }
    assert!(pages[0].contains(&HEADERS.concat()));
    assert!(pages[0].contains("1张测试男11010519491231002X某某职业技术学院工业机器人系统操作员三级/高级工省级二类一等奖/第一名"));
}

#[test]
fn every_page_has_column_headers_its_number_and_its_rows() {
    let summary = summary(&winners(60));
    let pages = pages(&summary);
    assert!(pages.len() > 2);
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&HEADERS.concat()), "page {index}: {page}");
        assert!(page.contains(&format!("第{}页共{}页", index + 1, pages.len())));
        assert!(page.contains(&bare(&summary.check_line())));
        assert!(page.contains("2022年四川省工业机器人系统操作员职业技能竞赛"));
        let is_last = index + 1 == pages.len();
        assert_eq!(page.contains("备注："), is_last);
        assert_eq!(page.contains("大赛牵头主办单位负责人："), index == 0);
        assert_eq!(page.contains("申报汇总表（续）"), index > 0);
    }
    let all = pages.concat();
    let mut from = 0;
    for row in &summary.rows {
        let text = row.concat();
        from += all[from..].find(&text).unwrap_or_else(|| panic!("{text} is missing or out of order")) + text.len();
    }
}

#[test]
fn the_longest_texts_are_given_back_character_by_character() {
    let summary = summary_of(&contest(LONG_CONTEST, LONG_BODY), &long_winners());
    let pages = pages(&summary).concat();
    for text in summary.rows.iter().flatten().chain([&LONG_CONTEST.to_owned(), &LONG_BODY.to_owned()]) {
        assert!(pages.contains(&bare(text)), "{text} is not in {pages}");
    }
}

#[test]
fn the_stamp_is_read_back_and_holds_no_personal_data() {
    let summary = summary(&winners(3));
    let text = summary.qr_text();
    assert!(SummaryStamp::parse(&text).expect("a stamp").matches("", summary.digest()));
    assert!(!text.contains(NUMBER) && text.is_ascii());
}

#[test]
fn one_qr_code_and_two_subsets_serve_all_pages() {
    let bytes = summary_form(&FONTS, &summary(&winners(60))).expect("printed");
    let document = Document::load_mem(&bytes).expect("a PDF");
    let named = |key: &[u8], value: &[u8]| {
        let is = |object: &&Object| {
            let dict = object.as_dict().ok().or_else(|| object.as_stream().ok().map(|stream| &stream.dict));
            dict.and_then(|dict| dict.get(key).ok()).and_then(|name| name.as_name().ok()) == Some(value)
        };
        document.objects.values().filter(is).count()
    };
    assert_eq!(named(b"Subtype", b"Image"), 1);
    assert_eq!(named(b"Type", b"FontDescriptor"), 2);
    assert!(bytes.len() < 120_000, "{} bytes", bytes.len());
    assert_eq!(document.version, "1.7");
}

#[test]
fn a_form_without_rows_is_a_page() {
    let pages = pages(&summary(&[]));
    assert_eq!(pages.len(), 1);
    assert!(pages[0].contains(&HEADERS.concat()) && pages[0].contains("备注："));
}

#[test]
fn the_same_summary_gives_the_same_bytes() {
    let summary = summary(&winners(30));
    assert_eq!(summary_form(&FONTS, &summary).ok(), summary_form(&FONTS, &summary).ok());
}
