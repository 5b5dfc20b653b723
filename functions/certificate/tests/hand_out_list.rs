//! The hand-out list: the longest of everything fits, what no font has is shown as a box, nothing is left out.

use certificate::hand_out_list;
use rules::after::hand_out::{HandOutList, ListedWinner};
use rules::intake::entry::Entry;
use rules::notice::Notices;
use rules::values::identity::Mask;
use rules::values::vocabulary::CertificateType;

mod judges;
mod specimen;

use judges::text;
use specimen::{LONG_BODY, LONG_CONTEST, LONG_NAME, NUMBER};

const CODE: &str = "S000051009999223J00001";

fn list(entries: &[Entry]) -> HandOutList {
    let notices = Notices::built_in().expect("notices");
    let rules = &notices.general().hand_out;
    let row = |(number, entry): (usize, &Entry)| {
        let serial = format!("JN{number:08}");
        rules.row(number, &ListedWinner { entry, code: CODE, level: "三级/高级工", serial, revoked: number == 2 }, &Mask::default())
    };
    HandOutList {
        title: rules.title_of(notices.general(), CertificateType::SkillLevel),
        about: vec![
            format!("大赛名称：{LONG_CONTEST}　申报号：aaaaaaaaaaaaaaaa"),
            format!("牵头主办单位：{LONG_BODY}　颁证（代章）单位：{LONG_BODY}"),
            "经办人：样例　领取日期：2022-07-01".to_owned(),
        ],
        columns: rules.columns.clone(),
        rows: (1..).zip(entries).map(row).collect(),
        signatures: rules.signatures.clone(),
    }
}

fn entry(name: &str, occupation: &str, job: &str) -> Entry {
    Entry { occupation: occupation.to_owned(), job: Some(job.to_owned()), ..specimen::winner(2, name) }
}

#[test]
fn forty_winners_with_the_longest_of_everything_stand_on_three_pages() {
    let long = entry(
        LONG_NAME,
        "轨道交通信号设备制造与轨道交通通信信号运行维护及调试操作工（高速铁路与城市轨道交通方向）",
        "城市轨道交通列车自动控制系统与综合监控系统设备安装调试检修工",
    );
    let entries: Vec<Entry> = [entry("张测试", "车工", "数控车工"), long].into_iter().cycle().take(40).collect();
    let text = text(&hand_out_list(&specimen::loaded_fonts(), &list(&entries)).expect("printed"));
    for wanted in ["第3页，共3页", "JN00000040", "已注销，不发放", "领取人签字", LONG_NAME, LONG_BODY] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(text.matches(CODE).count(), 40);
    assert_eq!(text.matches("经办人（签字）").count(), 1, "signatures under the last row only");
    assert!(!text.contains(NUMBER), "document numbers are masked");
}

/// Numbers that others give have 40 characters at most, of the widest there are: the list must be printed all the same.
#[test]
fn the_longest_number_that_others_give_fits_its_column() {
    let number = "W".repeat(40);
    let mut long = list(&[entry("张测试", "车工", "数控车工")]);
    for cell in long.rows[0].iter_mut().filter(|cell| *cell == CODE) {
        cell.clone_from(&number);
    }
    let printed = text(&hand_out_list(&specimen::loaded_fonts(), &long).expect("printed"));
    assert_eq!(printed.matches('W').count(), 40, "{printed}");
    assert!(printed.contains("职业技能等级证书领取、发放清单"), "{printed}");
}

#[test]
fn a_character_that_no_font_has_is_a_box_and_an_empty_list_is_a_page() {
    let fonts = specimen::loaded_fonts();
    // Names are checked before: here it is the name of a contest.
    let mut odd = list(&[entry("张测试", "车工", "数控车工")]);
    odd.about[0] = "\u{16e80}大赛".to_owned();
    assert!(text(&hand_out_list(&fonts, &odd).expect("printed")).contains("□大赛"));
    assert!(text(&hand_out_list(&fonts, &list(&[])).expect("printed")).contains("第1页，共1页"));
}
