//! Roster rows: what a checker says of each, of several together, and of the roster as a whole.

use std::sync::LazyLock;

use jiff::civil::Date;
use proptest::prelude::*;
use rules::catalogue::{CatalogueKind, Catalogues};
use rules::intake::check::RowChecker;
use rules::intake::contest::Contest;
use rules::intake::entry::{Cell, Entry, RawRow};
use rules::intake::stray::{Stray, stray};
use rules::notice::{Notice, Notices};
use rules::values::finding::Finding;
use rules::values::vocabulary::Field;

const CONTEST: &str = r#"
name = "2022年四川省样例职业技能竞赛"
class = "省级一类"
hrss_hosted = true
organiser = "四川省样例行业协会"
committee = "2022年四川省样例职业技能竞赛组委会"
jurisdiction = "00"
year = 2022
final_on = 2022-05-28
issued_on = 2022-06-20

[[events]]
name = "数控车"
occupation = "车工"
occupation_code = "6-18-01-01"

[[events]]
name = "中式烹饪"
occupation = "中式烹调师"
occupation_code = "4-03-02-01"

[[events]]
name = "川剧妆造"
occupation = "川剧妆造"
"#;

fn notice() -> Notice {
    Notices::built_in().expect("notices").general().clone()
}

fn contest() -> Contest {
    toml::from_str(CONTEST).expect("a contest")
}

fn with_check(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// A made-up person's number, born in the `n`-th month from 1980 on.
fn number(n: u32) -> String {
    with_check(&format!("510107{}{:02}01999", 1980 + n / 12, n % 12 + 1))
}

/// A sound row of the `n`-th person: turner, first prize, level 3.
fn sound(n: u32) -> Vec<(Field, Cell)> {
    let texts = [
        (Field::Name, "张测试".to_owned()),
        (Field::Gender, "男".to_owned()),
        (Field::DocumentType, "居民身份证".to_owned()),
        (Field::DocumentNumber, number(n)),
        (Field::Phone, "10000000000".to_owned()),
        (Field::Employer, "四川样例机械有限公司".to_owned()),
        (Field::Occupation, "车工".to_owned()),
        (Field::Level, "三级/高级工".to_owned()),
        (Field::Contest, "2022年四川省样例职业技能竞赛".to_owned()),
        (Field::Class, "省级一类".to_owned()),
        (Field::Event, "数控车".to_owned()),
        (Field::Award, "一等奖".to_owned()),
    ];
    texts.into_iter().map(|(field, text)| (field, Cell::Text(text))).collect()
}

/// The sound row with some cells written over.
fn row(n: u32, changes: &[(Field, &str)]) -> Vec<(Field, Cell)> {
    let mut row = sound(n);
    row.retain(|(field, _)| changes.iter().all(|(changed, _)| changed != field));
    row.extend(changes.iter().map(|(field, text)| (*field, Cell::Text((*text).to_owned()))));
    row
}

fn raw(notice: &Notice, row: u32, cells: &[(Field, Cell)]) -> RawRow {
    let value = |field: Field| cells.iter().find(|(known, _)| *known == field).map_or(Cell::Empty, |(_, cell)| cell.clone());
    RawRow { row, cells: notice.roster.columns.iter().map(|column| value(column.field)).collect() }
}

/// Rows from 2 on: the entries, and each finding as code and cell.
static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::built_in().expect("catalogues"));

/// 车工 with these levels; nothing is said of 中式烹调师.
fn with_levels(catalogues: &Catalogues, levels: &str) -> Catalogues {
    let text = format!("# 版本：试验\ncode,name,levels,jobs\n6-18-01-01,车工,{levels},\n4-03-02-01,中式烹调师,,\n");
    catalogues.with(CatalogueKind::Occupations, &text).expect("sound")
}

/// One area, in force or not.
fn with_area(catalogues: &Catalogues, code: &str, in_force: bool) -> Catalogues {
    let text = format!("# 版本：试验\ncode,name,in_force\n{code},样例区,{in_force}\n");
    catalogues.with(CatalogueKind::Areas, &text).expect("sound")
}

struct Judged {
    entries: Vec<Entry>,
    found: Vec<Finding>,
}

impl Judged {
    fn codes(&self) -> Vec<String> {
        self.found.iter().map(|f| format!("{} {}", f.code, f.place.cell.as_deref().unwrap_or("-"))).collect()
    }
}

fn judge_with(notice: &Notice, mut checker: RowChecker<'_>, rows: &[Vec<(Field, Cell)>]) -> Judged {
    let (mut entries, mut found) = (Vec::new(), Vec::new());
    for (index, cells) in (2..).zip(rows) {
        let (entry, findings) = checker.check(&raw(notice, index, cells));
        entries.extend(entry);
        found.extend(findings);
    }
    found.extend(checker.finish());
    Judged { entries, found }
}

fn judge_in(notice: &Notice, contest: &Contest, rows: &[Vec<(Field, Cell)>]) -> Judged {
    judge_with(notice, RowChecker::new(notice, &CATALOGUES, contest, "选手信息", &|_| true), rows)
}

fn judge(rows: &[Vec<(Field, Cell)>]) -> Judged {
    judge_in(&notice(), &contest(), rows)
}

fn codes(rows: &[Vec<(Field, Cell)>]) -> Vec<String> {
    judge(rows).codes()
}

#[test]
fn a_level_is_read_as_people_write_it_and_two_levels_are_none() {
    let notice = notice();
    let digit = |text: &str| notice.level(text).map(|level| level.digit);
    let written = [
        (4, "四级、中级工 中级工/四级 中级 4级 ４级 四级（中级工） 中级工(4级) 四级中级工 中级工4级 四级—中级工 国家职业资格四级"),
        (3, "高级 高级工，三级 3级/高级工 三级高级 三级／高级工"),
        (1, "高级技师、一级 1级高级技师 一级·高级技师"),
        (2, "技师 技师、二级 2级技师"),
        (5, "初级 五级;初级工"),
    ];
    for (expected, texts) in written {
        for text in texts.split(' ') {
            assert_eq!(digit(text), Some(expected), "{text}");
        }
    }
    assert_eq!(digit("四级 \n中级工"), Some(4));
    for text in ["四级、高级工", "三级、四级", "中级技师", "11级", "44", "高级、中级工", "、", "六级", ""] {
        assert_eq!(digit(text), None, "{text}");
    }
    let lean: Notice = Notice { levels_rule: rules::notice::LevelsRule::default(), ..notice.clone() };
    assert_eq!(lean.level("四级、中级工").map(|level| level.digit), None, "a notice that does not say how names are joined");
    let judged = judge(&[row(0, &[(Field::Level, "三级、高级工")])]);
    assert_eq!((judged.entries.len(), judged.codes()), (1, vec!["CELL_NORMALISED N2".to_owned()]));
}

#[test]
fn 附件备注3_the_award_is_kept_as_written_and_read() {
    let judged = judge(&[row(0, &[(Field::Award, "一等奖（并列第２名）")])]);
    assert!(judged.found.is_empty(), "{:?}", judged.codes());
    let entry = &judged.entries[0];
    let rank = entry.rank.as_ref().expect("read");
    assert_eq!((entry.award.as_str(), rank.place, rank.tied), ("一等奖（并列第２名）", Some(2), true));
    let text = serde_json::to_string(entry).expect("written");
    assert_eq!(serde_json::from_str::<Entry>(&text).expect("read"), *entry);
}

#[test]
fn 附件备注3_free_text_is_never_an_error() {
    let judged = judge(&[row(0, &[(Field::Award, "表现突出")]), row(1, &[(Field::Award, "银奖/第一名")])]);
    assert_eq!(judged.codes(), ["RANK_UNREADABLE T2", "RANK_ODD T3"]);
    assert_eq!(judged.entries.len(), 2);
    assert_eq!(judged.entries[0].rank, None);
}

#[test]
fn 二_winners_of_an_earlier_stage_are_refused() {
    for award in ["初赛第一名", "半决赛第3名", "选拔赛第二名"] {
        let judged = judge(&[row(0, &[(Field::Award, award)])]);
        assert_eq!(judged.codes(), ["FINALS_ONLY T2"], "{award}");
        assert!(judged.entries.is_empty());
    }
}

#[test]
fn 二_1_a_selection_for_a_national_contest_says_so_and_its_awards_are_a_finals() {
    // Its name alone makes it none.
    let named = Contest { name: "全国样例大赛四川省选拔赛".to_owned(), ..contest() };
    let selection = Contest { selection_for: Some("第一届全国样例大赛".to_owned()), ..named.clone() };
    let of = |contest: &Contest, award: &str| {
        let cells = row(0, &[(Field::Award, award), (Field::Contest, contest.name.as_str())]);
        judge_in(&notice(), contest, &[cells]).codes()
    };
    assert_eq!(of(&named, "选拔赛第一名"), ["FINALS_ONLY T2"]);
    assert!(of(&selection, "选拔赛第一名").is_empty() && of(&selection, "第一名").is_empty());
    assert_eq!(of(&selection, "初赛第一名"), ["FINALS_ONLY T2"]);
}

#[test]
fn 二_awards_that_no_competitor_wins_are_refused() {
    for award in ["优秀组织奖", "优秀指导教师", "优秀裁判员", "优秀教练员/一等奖", "突出贡献奖"] {
        let judged = judge(&[row(0, &[(Field::Award, award)])]);
        assert_eq!(judged.codes(), ["AWARD_NOT_COMPETITOR T2"], "{award}");
        assert!(judged.entries.is_empty() && judged.found[0].is_error());
    }
    for award in ["优秀奖", "优胜奖", "一等奖"] {
        assert!(codes(&[row(0, &[(Field::Award, award)])]).is_empty(), "{award}");
    }
}

#[test]
fn 附件备注3_a_rank_that_cannot_be_read_needs_a_reason() {
    let judged = judge(&[row(0, &[(Field::Award, "表现突出")])]);
    assert!(judged.found[0].needs_reason() && !judged.found[0].is_error() && judged.entries.len() == 1, "{:?}", judged.found);
}

#[test]
fn g21_two_competitors_share_a_place_only_if_both_texts_say_so() {
    let first = |n| row(n, &[(Field::Award, "第3名")]);
    assert_eq!(codes(&[first(0), first(1)]), ["RANK_SHARED T3"]);
    let tied = |n| row(n, &[(Field::Award, "并列第3名")]);
    assert_eq!(codes(&[first(0), tied(1)]), ["RANK_SHARED T3"]);
    assert!(codes(&[tied(0), tied(1)]).is_empty());
    let grouped = |n, group| row(n, &[(Field::Award, "第3名"), (Field::Group, group)]);
    assert!(codes(&[grouped(0, "职工"), grouped(1, "学生")]).is_empty(), "each 组别 has its own places");
}

#[test]
fn g26_members_of_a_team_share_their_place() {
    let member = |n| row(n, &[(Field::Award, "第3名"), (Field::Team, "团体")]);
    assert!(codes(&[member(0), member(1), member(2)]).is_empty());
}

#[test]
fn 六_二_no_more_rows_than_winners_and_a_word_if_there_are_fewer() {
    let mut contest = contest();
    contest.events[0].winners = Some(2);
    let rows: Vec<_> = (0..4).map(|n| row(n, &[])).collect();
    let of = |count: usize| judge_in(&notice(), &contest, &rows[..count]);
    assert_eq!(of(4).codes(), ["WINNERS_EXCEEDED Q4"]);
    assert_eq!(of(4).entries.len(), 3);
    assert!(of(2).found.is_empty());
    let fewer = of(1);
    assert_eq!(fewer.codes(), ["WINNERS_FEWER -"]);
    assert!(!fewer.found[0].is_error() && fewer.found[0].place.row.is_none());
}

#[test]
fn a_contest_without_winners_reads_and_writes_as_before() {
    let text = toml::to_string(&contest().events[0]).expect("written");
    assert!(!text.contains("winners"), "{text}");
}

#[test]
fn 促晋级_a_level_above_the_table_is_advice() {
    let of = |award, level| codes(&[row(0, &[(Field::Award, award), (Field::Level, level)])]);
    assert!(of("第3名", "一级/高级技师").is_empty());
    assert_eq!(of("第4名", "一级/高级技师"), ["LEVEL_ABOVE_TABLE N2"]);
    assert!(of("第8名", "二级/技师").is_empty());
    assert_eq!(of("第9名", "二级/技师"), ["LEVEL_ABOVE_TABLE N2"]);
    assert!(of("第9名", "三级/高级工").is_empty());
    assert!(of("荣誉奖", "一级/高级技师").iter().all(|code| code.starts_with("RANK_UNREADABLE")));
    let judged = judge(&[row(0, &[(Field::Award, "第9名"), (Field::Level, "技师")])]);
    let finding = &judged.found[0];
    assert!(finding.needs_reason() && !finding.is_error() && judged.entries.len() == 1);
    for part in ["申报二级/技师", "2016年四川省级一类", "促晋级表，待确认", "三级/高级工"] {
        assert!(finding.message.contains(part), "{}", finding.message);
    }
    let failed = [(Field::Award, "第9名"), (Field::TheoryScore, "59"), (Field::PracticeScore, "80")];
    assert_eq!(codes(&[row(0, &failed)]), ["LEVEL_ABOVE_TABLE N2"]);
}

#[test]
fn 促晋级_nothing_is_said_where_there_is_no_table() {
    let mut contest = contest();
    contest.class = rules::values::vocabulary::ContestClass::PROVINCIAL_TWO;
    let other = [(Field::Class, "省级二类"), (Field::Award, "第99名"), (Field::Level, "一级/高级技师")];
    assert!(judge_in(&notice(), &contest, &[row(0, &other)]).found.is_empty());
}

#[test]
fn 促晋级_the_size_of_a_team_shows_at_the_end() {
    let mut contest = contest();
    contest.final_on = jiff::civil::date(2024, 9, 1);
    let member = |n, place| row(n, &[(Field::Award, place), (Field::Level, "一级/高级技师"), (Field::Team, "团体")]);
    let of = |rows: &[Vec<(Field, Cell)>]| judge_in(&notice(), &contest, rows).codes();
    assert_eq!(of(&[member(0, "第2名"), member(1, "第2名")]), ["LEVEL_ABOVE_TABLE N2", "LEVEL_ABOVE_TABLE N3"]);
    assert!(of(&[member(0, "第2名"), member(1, "第2名"), member(2, "第2名")]).is_empty(), "the table is silent on these");
    let held = |n| {
        let mut cells = member(n, "第1名");
        cells.push((Field::PriorLevel, Cell::Text("二级/技师".into())));
        cells
    };
    assert!(of(&[held(0), held(1)]).is_empty());
}

#[test]
fn 一_a_specific_ability_promotes_nobody() {
    let changes = [
        (Field::Event, "川剧妆造"),
        (Field::Occupation, "川剧妆造"),
        (Field::Level, "专项职业能力"),
        (Field::PriorLevel, "一级/高级技师"),
        (Field::Award, "第99名"),
    ];
    assert!(codes(&[row(0, &[]), row(0, &changes)]).is_empty());
}

#[test]
fn g20_a_level_not_above_the_one_held_needs_a_reason() {
    let of = |prior| judge(&[row(0, &[(Field::PriorLevel, prior)])]);
    for prior in ["三级/高级工", "二级/技师", "高级技师", "特级技师"] {
        let judged = of(prior);
        assert_eq!(judged.codes(), ["LEVEL_HELD N2"], "{prior}");
        assert!(judged.found[0].needs_reason());
    }
    for prior in ["四级/中级工", "五级", "无", "--"] {
        assert!(of(prior).found.is_empty(), "{prior}");
    }
    assert_eq!(of("四级").entries[0].prior.as_ref().and_then(|prior| prior.level), Some(4));
    assert_eq!(of("无").entries[0].prior, None);
}

#[test]
fn g20_one_person_promoted_in_two_occupations_is_advice() {
    let second = row(0, &[(Field::Event, "中式烹饪"), (Field::Occupation, "中式烹调师")]);
    let judged = judge(&[row(0, &[]), second]);
    assert_eq!(judged.codes(), ["PROMOTION_TWICE K3"]);
    assert!(judged.found[0].needs_reason() && judged.found[0].message.contains("第 2 行"));
}

#[test]
fn 六_二_the_same_person_and_occupation_stands_once() {
    let judged = judge(&[row(0, &[]), row(0, &[(Field::Award, "第2名")])]);
    assert_eq!(judged.codes(), ["ROW_DUPLICATE E3"]);
    assert_eq!(judged.entries.len(), 1);
}

#[test]
fn 原证书_number_and_level_are_read_and_compared() {
    let of = |level, number| judge(&[row(0, &[(Field::PriorLevel, level), (Field::PriorNumber, number)])]);
    assert!(of("四级/中级工", "Y000051070045224000012").found.is_empty());
    assert_eq!(of("五级/初级工", "Y000051070045224000012").codes(), ["PRIOR_MISMATCH Y2"]);
    assert_eq!(of("某级", "1234567890123").codes(), ["PRIOR_ODD Y2"]);
    assert_eq!(of("四级", "51070045").codes(), ["PRIOR_ODD Z2"]);
    assert!(of("四级", "无").found.is_empty());
    let judged = judge(&[row(0, &[(Field::PriorNumber, "S000051009999222J00001")])]);
    assert_eq!(judged.codes(), ["LEVEL_HELD N2"], "the number carries 技师");
    let entry = format!("{:?}", judged.entries[0]);
    assert!(!entry.contains("S000051009999222J00001") && !entry.contains(&number(0)));
    let mut cells = row(0, &[]);
    cells.push((Field::PriorNumber, Cell::Number(1_422_001_000_300_123.0)));
    assert_eq!(codes(&[cells]), ["PRIOR_ODD Z2"]);
}

#[test]
fn 一_a_level_that_the_occupation_does_not_have() {
    let (notice, contest) = (notice(), contest());
    let catalogues = with_levels(&CATALOGUES, "4;5");
    let checker = || RowChecker::new(&notice, &catalogues, &contest, "选手信息", &|_| true);
    let judged = judge_with(&notice, checker(), &[row(0, &[])]);
    assert_eq!(judged.codes(), ["LEVEL_NOT_OF_OCCUPATION N2"]);
    assert!(judged.entries.is_empty() && judged.found[0].message.contains("四级/中级工、五级/初级工"));
    let cook = row(0, &[(Field::Event, "中式烹饪"), (Field::Occupation, "中式烹调师")]);
    assert!(judge_with(&notice, checker(), &[cook, row(1, &[(Field::Level, "四级/中级工")])]).found.is_empty());
}

#[test]
fn 六_二_an_unknown_area_is_a_warning_and_a_withdrawn_one_is_normal() {
    let (notice, contest) = (notice(), contest());
    for (code, in_force, expected) in [("510107", true, None), ("510107", false, None), ("110101", true, Some("ID_AREA_UNKNOWN E2"))] {
        let catalogues = with_area(&CATALOGUES, code, in_force);
        let checker = RowChecker::new(&notice, &catalogues, &contest, "选手信息", &|_| true);
        let judged = judge_with(&notice, checker, &[row(0, &[])]);
        assert_eq!(judged.codes().first().map(String::as_str), expected);
        assert_eq!(judged.entries.len(), 1);
    }
}

#[test]
fn 六_二_somebody_under_16_on_the_day_of_the_final() {
    let born = |day: &str| row(0, &[(Field::DocumentNumber, &with_check(&format!("510107{day}999")))]);
    assert!(codes(&[born("20060528")]).is_empty(), "16 on that very day");
    assert_eq!(codes(&[born("20060529")]), ["AGE_UNDER_16 E2"]);
    let passport = [(Field::DocumentType, "外国护照"), (Field::DocumentNumber, "X1234567"), (Field::BirthDate, "2010-01-31")];
    assert_eq!(codes(&[row(0, &passport)]), ["AGE_UNDER_16 F2"]);
}

#[test]
fn 六_二_of_two_causes_at_one_cell_the_graver_stays() {
    let (notice, contest) = (notice(), contest());
    let catalogues = with_area(&with_levels(&CATALOGUES, "4"), "110101", true);
    let checker = RowChecker::new(&notice, &catalogues, &contest, "选手信息", &|_| true);
    let four = |n| row(n, &[(Field::Level, "四级/中级工")]);
    let judged = judge_with(&notice, checker, &[four(0), four(0), row(1, &[(Field::PriorLevel, "三级")])]);
    assert_eq!(judged.codes(), ["ID_AREA_UNKNOWN E2", "ROW_DUPLICATE E3", "ID_AREA_UNKNOWN E4", "LEVEL_NOT_OF_OCCUPATION N4"]);
}

const WORDS: &[&str] = &[
    "张测试",
    "男",
    "女",
    "居民身份证",
    "外国护照",
    "X1234567",
    "510107198001019990",
    "10000000000",
    "车工",
    "三级/高级工",
    "一级",
    "专项",
    "2022年四川省样例职业技能竞赛",
    "省级一类",
    "数控车",
    "中式烹饪",
    "职工",
    "团体",
    "个人",
    "第1名",
    "并列第1名",
    "银奖/第一名",
    "初赛第一名",
    "特级技师",
    "S000051009999222J00001",
    "2010-01-31",
    "59",
    "--",
];

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        2 => Just(Cell::Empty),
        8 => proptest::sample::select(WORDS).prop_map(|text| Cell::Text(text.to_owned())),
        3 => "\\PC{0,24}".prop_map(Cell::Text),
        1 => any::<f64>().prop_map(Cell::Number),
        1 => any::<bool>().prop_map(Cell::Bool),
        1 => Just(Cell::Date(Date::constant(2010, 1, 31))),
        1 => Just(Cell::Error),
        1 => Just(Cell::Formula),
    ]
}

/// Sound rows of few people, some cells written over: deep enough to come to the checks across rows.
fn any_rows(columns: usize) -> impl Strategy<Value = Vec<(u32, Vec<(usize, Cell)>)>> {
    let changes = proptest::collection::vec((0..columns, any_cell()), 0..5);
    proptest::collection::vec((0u32..4, changes), 0..8)
}

/// No two findings at one cell, and an entry only where there is no error; a row that is no winner's has neither.
fn assert_one_cause(checker: RowChecker<'_>, rows: &[RawRow]) -> Result<(), TestCaseError> {
    let mut checker = checker;
    let profile = notice().roster;
    let mut cells = std::collections::HashSet::new();
    for raw in rows {
        let (entry, findings) = checker.check(raw);
        let is_passed_over = stray(&profile, raw).is_some_and(Stray::is_passed_over);
        prop_assert_eq!(entry.is_some() || is_passed_over, !findings.iter().any(Finding::is_error));
        for finding in findings {
            prop_assert!(cells.insert(finding.place.cell.clone()), "twice at {}", finding.place);
        }
    }
    for finding in checker.finish() {
        prop_assert!(!finding.is_error() || finding.code.as_str() == "ROWS_NONE");
        prop_assert!(finding.place.cell.is_none() || cells.insert(finding.place.cell.clone()), "twice at {}", finding.place);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_row_has_two_findings_at_one_cell_and_no_input_panics(rows in any_rows(28), random in proptest::collection::vec(proptest::collection::vec(any_cell(), 0..30), 0..3)) {
        let (notice, mut contest) = (notice(), contest());
        contest.events[0].winners = Some(2);
        contest.final_on = jiff::civil::date(2024, 9, 1);
        let catalogues = with_area(&with_levels(&CATALOGUES, "1;3"), "110101", true);
        let checker = RowChecker::new(&notice, &catalogues, &contest, "选手信息", &|c| c != '㛃');
        let mut raws: Vec<RawRow> = Vec::new();
        for (person, changes) in rows {
            let mut row = raw(&notice, u32::try_from(raws.len()).unwrap_or(0) + 2, &sound(person));
            for (column, cell) in changes {
                row.cells[column] = cell;
            }
            raws.push(row);
        }
        for cells in random {
            raws.push(RawRow { row: u32::try_from(raws.len()).unwrap_or(0) + 2, cells });
        }
        assert_one_cause(checker, &raws)?;
    }
}

#[test]
fn a_name_may_be_written_in_by_hand_where_the_unit_asks_for_it() {
    let (notice, contest) = (notice(), contest());
    let mut row = sound(0);
    row.retain(|(field, _)| !matches!(field, Field::Name | Field::Remark));
    row.push((Field::Name, Cell::Text("张㛃".to_owned())));
    row.push((Field::Remark, Cell::Text("本字，手工填写".to_owned())));
    let checker = RowChecker::new(&notice, &CATALOGUES, &contest, "选手信息", &|c| c != '㛃');
    let Judged { entries, found: findings } = judge_with(&notice, checker, &[row]);
    assert!(entries.iter().all(|entry| entry.by_hand) && entries.len() == 1, "{entries:?}");
    let advice: Vec<_> = findings.iter().filter(|finding| finding.needs_reason()).collect();
    assert!(matches!(advice[..], [finding] if finding.message.contains("U+36C3")), "{findings:?}");
}

fn messages(judged: &Judged) -> Vec<&str> {
    judged.found.iter().map(|finding| finding.message.as_str()).collect()
}

#[test]
fn a_value_is_taken_as_it_is_meant_and_that_is_said() {
    let wide: String = number(0).chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).expect("full-width")).collect();
    for (field, text, normalised) in [
        (Field::DocumentNumber, wide.as_str(), true),
        (Field::DocumentNumber, &format!("'{}\u{200B}", number(0)), true),
        (Field::DocumentNumber, &format!("{}\u{AD}{}", &number(0)[..6], &number(0)[6..]), true),
        (Field::DocumentNumber, &format!("{}。", number(0)), true),
        (Field::DocumentNumber, &format!("{}-{}", &number(0)[..6], &number(0)[6..]), true),
        (Field::Phone, "+86 100-0000-0000", true),
        (Field::Phone, "0086 10000000000", true),
        (Field::Phone, "8610000000000", true),
        (Field::Phone, "100 0000 0000", false),
        (Field::Phone, "１００００００００００", true),
        (Field::Phone, "'10000000000", true),
        (Field::Phone, "10000000000；", true),
        (Field::Phone, "10000000000.0", true),
        (Field::Phone, "100.0000.0000", true),
        (Field::BirthDate, "1980年1月1日", false),
        (Field::BirthDate, "1980/1/1", false),
        (Field::BirthDate, "1980-01-01 00:00:00", true),
        (Field::BirthDate, "1979-12-31T16:00:00Z", true),
        (Field::BirthDate, "'1980-01-01", true),
        (Field::DocumentType, "身份证", true),
        (Field::Education, "大专", true),
        (Field::Group, "职工组", true),
        (Field::Team, "个人赛", true),
        (Field::Class, "一类", true),
        (Field::Class, "省级一类竞赛", true),
        (Field::Level, "三级／高级工", true),
        (Field::Level, "高级工", true),
        (Field::Job, "无", false),
        (Field::Job, "/", false),
        (Field::Job, "——", false),
        (Field::Job, "N/A", false),
        (Field::Job, "不适用", false),
        (Field::OccupationCode, "6—18–01‑01", false),
        (Field::OccupationCode, "６-18-01-01", false),
        (Field::OccupationCode, "6~18～01~01", true),
        (Field::OccupationCode, "6一18一01一01", true),
        (Field::Contest, "2022年四川省样例\n职业技能竞赛", false),
        (Field::Event, "数控\u{200B}车", false),
        (Field::Employer, "四川样例\n机械公司", true),
        (Field::DocumentNumber, &format!("身份证号：{}", number(0)), true),
        (Field::DocumentNumber, &format!("{}（身份证）", number(0)), true),
        (Field::DocumentNumber, &format!("({})", number(0)), true),
        (Field::DocumentNumber, &format!("{}_{}·{}", &number(0)[..6], &number(0)[6..14], &number(0)[14..]), true),
        (Field::Phone, "手机：10000000000", true),
        (Field::Phone, "10000000000（本人）", true),
        (Field::BirthDate, "80-1-1", true),
        (Field::BirthDate, "1/1/1980", true),
        (Field::BirthDate, "1980/1/1 上午 12:00", true),
        (Field::BirthDate, "1980\\1\\1", true),
        (Field::BirthDate, "1980年1月1日生", true),
        (Field::BirthDate, "无", false),
        (Field::Education, "/", false),
        (Field::Education, "高中毕业", true),
        (Field::Group, "无", false),
        (Field::Team, "个人项目", true),
        (Field::DocumentType, "第二代身份证", true),
        (Field::Class, "省级一类职业技能竞赛", true),
        (Field::Class, "Ⅰ类", true),
        (Field::Level, "Ⅲ级", true),
        (Field::Level, "叁级", true),
        (Field::Job, "（无）", false),
        (Field::Job, "不分工种", false),
        (Field::Ethnicity, "无", false),
        (Field::OccupationCode, "06-18-1-1", true),
    ] {
        let judged = judge(&[row(0, &[(field, text)])]);
        assert_eq!(judged.entries.len(), 1, "{field:?} {text}: {:?}", messages(&judged));
        let codes: Vec<&str> = judged.found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, if normalised { vec!["CELL_NORMALISED"] } else { vec![] }, "{field:?} {text:?}");
        let entry = &judged.entries[0];
        assert_eq!((entry.document_number.reveal(), entry.phone.as_str()), (number(0).as_str(), "10000000000"));
        assert!(!entry.employer.contains('\n') && entry.job.is_none());
    }
}

#[test]
fn what_still_fails_names_the_character_and_its_place() {
    for (field, text, says) in [
        (Field::DocumentNumber, "51O107198001019990", "第 3 位是“O”"),
        (Field::DocumentNumber, "5101071980010199", "应为 18 位，现为 16 位"),
        (Field::Phone, "1380000000O", "第 11 位是“O”"),
        (Field::Phone, "138000000", "应为 11 位，现为 9 位"),
        (Field::DocumentNumber, "5l0107198001019990", "第 2 位是“l”（U+006C，是小写字母 L）"),
        (Field::Phone, "139o0001021", "第 4 位是“o”"),
        (Field::Phone, "1.3900001015E+10", "科学计数法"),
        (Field::Phone, "1390；0001021", "第 5 位是“;”"),
        (Field::OccupationCode, "6-I8-01-01", "第 3 个字是“I”（U+0049）"),
        (Field::Job, "数控", "没有登记工种"),
        (Field::Name, "买买提※ 艾力", "“※”（U+203B）"),
        (Field::Name, "王\u{301}明", "“◌\u{301}”（U+0301）"),
        (Field::Name, "-王明", "“-”（U+002D）"),
        (Field::Phone, "028-87654321", "固定电话"),
        (Field::Phone, "13800000000/13900000000", "一格填了几个号码"),
        (Field::BirthDate, "1980-01-3l", "第 10 个字是“l”"),
        (Field::BirthDate, "1980-02-30", "没有这一天"),
        (Field::BirthDate, "1980年1月", "没有写日"),
        (Field::BirthDate, "29222", "写成了日期的序号，即 1980-01-02"),
        (Field::BirthDate, "292", "看不出年、月、日"),
        (Field::Phone, "13800000000\n13900000000", "一格填了几个号码"),
        (Field::Phone, "13800000000 13900000000", "一格填了几个号码"),
        (Field::Phone, "1380000000013900000", "应为 11 位，现为 19 位"),
        (Field::Phone, "+852 5123 4567", "境外号码"),
        (Field::BirthDate, "2/1/1981", "看不出年、月、日"),
        (Field::Name, "无", "“姓名”未填"),
        (Field::Name, "张", "只有一个字"),
    ] {
        let judged = judge(&[row(0, &[(field, text)])]);
        assert!(matches!(messages(&judged)[..], [message] if message.contains(says)), "{text}: {:?}", messages(&judged));
    }
}

#[test]
fn a_sign_that_was_taken_for_an_x_is_named() {
    let with_x = (0..).map(number).find(|number| number.ends_with('X')).expect("one of eleven");
    let judged = judge(&[row(0, &[(Field::DocumentNumber, &with_x.replace('X', "×"))])]);
    assert_eq!((judged.entries.len(), messages(&judged)[0].contains("末位“×”按 X 处理")), (1, true), "{:?}", messages(&judged));
}

#[test]
fn a_birth_date_that_was_pasted_as_a_value_is_taken_where_the_number_says_the_same() {
    for cell in [Cell::Text("29221".to_owned()), Cell::Number(29_221.0)] {
        let mut cells = row(0, &[]);
        cells.push((Field::BirthDate, cell));
        let judged = judge(&[cells]);
        assert_eq!(judged.codes(), ["CELL_NORMALISED F2"]);
        assert_eq!(judged.entries[0].details.birth_date, Some(Date::constant(1980, 1, 1)));
        assert!(messages(&judged)[0].contains("按 1980-01-01 处理"), "{:?}", messages(&judged));
    }
}

#[test]
fn nobody_keeps_the_number_of_a_row() {
    for cell in [Cell::Formula, Cell::Error, Cell::Date(Date::constant(2022, 1, 1)), Cell::Bool(true), Cell::Text("No.1".to_owned())] {
        let mut cells = row(0, &[]);
        cells.push((Field::Sequence, cell));
        let judged = judge(&[cells]);
        assert!(judged.found.is_empty() && judged.entries.len() == 1, "{:?}", judged.codes());
    }
    assert_eq!(codes(&[row(0, &[(Field::Sequence, "1\u{7}")])]), ["CELL_CONTROL A2"]);
}

#[test]
fn a_score_is_a_number_however_it_is_written_or_that_is_said() {
    let of = |text: &str| {
        let judged = judge(&[row(0, &[(Field::TheoryScore, text)])]);
        let said = judged.found.first().map(|finding| finding.message.clone()).unwrap_or_default();
        assert!(judged.found.iter().all(|finding| finding.code.as_str() == "CELL_NORMALISED"), "{:?}", judged.codes());
        (judged.entries[0].details.theory_score, said)
    };
    for text in ["85分", "８５", "85 分", "85．0"] {
        let (score, said) = of(text);
        assert!(score == Some(85.0) && said.ends_with("按 85 处理"), "{text}: {score:?}, {said}");
    }
    for text in ["85", "85.5", "85.0"] {
        assert!(of(text).0.is_some() && of(text).1.is_empty(), "{text}");
    }
    assert_eq!(of("0"), (Some(0.0), String::new()), "no points are not no score");
    for text in ["合格", "八十五", "NaN"] {
        assert!(matches!(of(text), (None, said) if said.ends_with("不是数字，没有记入")), "{text}");
    }
    assert_eq!(of("无"), (None, String::new()));
}

#[test]
fn rows_that_the_system_began_and_nobody_filled_in_are_one_warning() {
    let begun = |contest: &Contest| -> Vec<Vec<(Field, Cell)>> {
        let rows = contest.rows_begun(12).into_iter();
        rows.map(|row| row.into_iter().map(|(field, text)| (field, Cell::Text(text))).collect()).collect()
    };
    let rows = begun(&contest());
    assert_eq!(rows.len(), 3);
    let mut dragged = rows[1].clone();
    dragged.extend([(Field::BirthDate, Cell::Formula), (Field::Gender, Cell::Formula)]);
    let three = vec![(Field::Occupation, Cell::Text("车工".into())), (Field::Event, Cell::Text("数控车".into()))];
    let judged = judge(&[row(0, &[]), rows[0].clone(), dragged, three]);
    assert_eq!((judged.codes(), judged.entries.len()), (vec!["ROW_STRAY A3".to_owned()], 1));
    assert_eq!(messages(&judged), ["第 3、4、5 行只有大赛信息、序号或公式，没有选手；没有作为选手办理"]);
    assert_eq!(judge(&rows).codes(), ["ROWS_NONE -"], "one cause is one finding");
    let mut named = rows[0].clone();
    named.push((Field::Name, Cell::Text("张测试".into())));
    assert!(judge(&[row(0, &[]), named]).found.iter().any(Finding::is_error), "somebody is meant");
}

#[test]
fn a_short_number_in_a_numeric_cell_has_lost_nothing() {
    let of = |kind: &str, number: f64| {
        let mut cells = row(0, &[(Field::DocumentType, kind)]);
        cells.retain(|(field, _)| *field != Field::DocumentNumber);
        cells.push((Field::DocumentNumber, Cell::Number(number)));
        judge(&[cells])
    };
    let judged = of("台湾居民来往大陆通行证", 12_345_678.0);
    assert!(judged.found.is_empty(), "{:?}", judged.codes());
    assert_eq!(judged.entries[0].document_number.reveal(), "12345678");
    let judged = of("台胞证", 1_234_567.0);
    assert!(messages(&judged).iter().any(|message| message.contains("开头的 0")), "{:?}", messages(&judged));
    let judged = of("居民身份证", 510_107_198_001_019_990.0);
    assert_eq!(judged.codes(), ["ID_NUMERIC_CELL E2"]);
    let judged = judge(&[row(0, &[(Field::DocumentNumber, "5.10107E+17")])]);
    assert_eq!(judged.codes(), ["ID_NUMERIC_CELL E2"], "what a spreadsheet program made of it as a text");
}

#[test]
fn a_note_below_the_table_is_one_finding() {
    let note = |cells: &[(Field, &str)]| cells.iter().map(|(field, text)| (*field, Cell::Text((*text).to_owned()))).collect::<Vec<_>>();
    for cells in [
        note(&[(Field::Name, "填表人：某某　联系电话：10000000000")]),
        note(&[(Field::Sequence, "备注："), (Field::Name, "以上人员均为决赛获奖选手")]),
        note(&[(Field::Name, "制表："), (Field::Gender, "某某"), (Field::Phone, "10000000000"), (Field::Remark, "2022-06-01")]),
    ] {
        let judged = judge(&[row(0, &[]), cells]);
        assert_eq!(judged.found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["ROW_STRAY"], "{:?}", judged.codes());
        assert!(!judged.found[0].is_error() && judged.found[0].message.contains("没有作为选手办理"), "{}", judged.found[0]);
        assert!(!judged.found[0].message.contains("某某") && !judged.found[0].message.contains("1000"), "{}", judged.found[0]);
        assert_eq!((judged.entries.len(), judged.found[0].place.row), (1, Some(3)));
    }
}

#[test]
fn notes_and_a_repeated_header_are_one_warning_and_somebody_half_named_is_an_error() {
    let cells = |cells: &[(Field, &str)]| cells.iter().map(|(field, text)| (*field, Cell::Text((*text).to_owned()))).collect::<Vec<_>>();
    let header: Vec<(Field, Cell)> =
        notice().roster.columns.iter().map(|column| (column.field, Cell::Text(column.shown_header()))).collect();
    let strays = vec![
        row(0, &[]),
        header,
        row(1, &[]),
        cells(&[(Field::Sequence, "备注：以上名单经公示无异议")]),
        cells(&[(Field::Sequence, "2022年6月20日")]),
        cells(&[(Field::Name, "合计"), (Field::Gender, "2")]),
        cells(&[(Field::PriorNumber, "填表日期：2022-06-20")]),
    ];
    let judged = judge(&strays);
    assert_eq!((judged.codes(), judged.entries.len()), (vec!["ROW_STRAY A3".to_owned()], 2));
    let says = "第 3 行又是表头；第 5、6、7、8 行是备注、填表人、合计一类的内容（“备注”“填表日期”）；没有作为选手办理";
    assert_eq!(messages(&judged), [says]);
    let judged = judge(&[row(0, &[]), cells(&[(Field::Name, "张测试"), (Field::Gender, "男")])]);
    assert!(judged.codes() == ["CELL_REQUIRED D3"] && judged.found[0].message.contains("只填了 2 格"), "{:?}", messages(&judged));
    let judged = judge(&[cells(&[(Field::Sequence, "备注：无")])]);
    assert_eq!(judged.codes(), ["ROW_STRAY A2", "ROWS_NONE -"]);
}

/// D.6
#[test]
fn a_control_character_in_a_cell_is_refused_and_named() {
    for (field, text) in [
        (Field::Employer, "四川\u{9b}样例"),
        (Field::Name, "张\u{7}测"),
        (Field::Award, "一等_x001B_奖"),
        (Field::Remark, "\u{1b}[31m"),
        (Field::Employer, "四川\u{ffff}"),
        (Field::Remark, "_xFFFE_"),
        (Field::Name, "张\u{1fffe}"),
    ] {
        let judged = judge(&[row(0, &[(field, text)])]);
        assert!(matches!(judged.found[..], [ref one] if one.code.as_str() == "CELL_CONTROL" && one.is_error()), "{:?}", messages(&judged));
        let told = &judged.found[0].message;
        assert!(told.contains("个字是控制字符 U+00") || told.contains("个字是不属于任何文字的字符 U+"), "{told}");
    }
}

#[test]
fn a_mobile_number_with_the_0_of_a_trunk_call_is_taken() {
    let judged = judge(&[row(0, &[(Field::Phone, "013900001024")])]);
    assert_eq!((judged.codes(), judged.entries[0].phone.as_str()), (vec!["CELL_NORMALISED I2".to_owned()], "13900001024"));
}

#[test]
fn a_name_that_is_too_long_says_how_long_it_may_be_and_what_to_do() {
    let name = "Maximiliano Alejandro de la Santísima Trinidad Fernández-González y O’Higgins";
    let judged = judge(&[row(0, &[(Field::Name, name)])]);
    assert!(messages(&judged)[0].contains("最多 60 个字") && messages(&judged)[0].contains("缩写"), "{:?}", messages(&judged));
}

#[test]
fn what_a_merged_region_covers_is_not_missed() {
    let mut cells = row(0, &[]);
    cells.retain(|(field, _)| !matches!(field, Field::Employer | Field::Contest));
    cells.extend([(Field::Employer, Cell::Merged), (Field::Contest, Cell::Merged)]);
    let judged = judge(&[cells]);
    assert!(judged.found.is_empty() && judged.entries.is_empty(), "{:?}", judged.codes());
}

#[test]
fn a_picture_in_a_cell_points_to_the_archive_of_photos() {
    for text in ["=DISPIMG(\"ID_0F\",1)", "DISPIMG(\"ID_0F\",1)", "=_xlfn.DISPIMG(\"ID_0F\",1)", "=IMAGE(\"https://x\")"] {
        let judged = judge(&[row(0, &[(Field::Photo, text)])]);
        assert_eq!(judged.codes(), ["PICTURE_IN_CELL AA2"], "{text}");
        assert!(judged.found[0].message.contains("请另存为文件放入 photos.zip"), "{}", judged.found[0]);
    }
    let mut error = row(0, &[]);
    error.push((Field::Photo, Cell::Error));
    assert_eq!(judge(&[error]).codes(), ["PICTURE_IN_CELL AA2"], "what Excel stores with it");
    let judged = judge(&[row(0, &[(Field::Photo, "image(1).jpg")])]);
    assert!(judged.found.is_empty() && judged.entries[0].photo.as_deref() == Some("image(1).jpg"));
}

#[test]
fn names_are_put_right_with_a_notice_and_odd_ones_warned_about() {
    for (name, becomes, code) in [
        ("⽯磊", "石磊", "NAME_NORMALISED"),
        ("张\u{200B}三丰", "张三丰", "NAME_NORMALISED"),
        ("张三\n丰", "张三丰", "NAME_NORMALISED"),
        ("Jose\u{301}", "José", "NAME_NORMALISED"),
        ("阿依古丽ㆍ买买提", "阿依古丽ㆍ买买提", "NAME_ODD"),
        ("张YAN", "张YAN", "NAME_ODD"),
    ] {
        let judged = judge(&[row(0, &[(Field::Name, name)])]);
        assert_eq!(judged.codes(), [format!("{code} B2")], "{name}");
        assert!(!judged.found[0].is_error() && judged.entries[0].name.reveal() == becomes, "{name}");
    }
}

#[test]
fn a_makeshift_character_has_the_way_out_of_writing_in_by_hand() {
    for name in ["张\u{E000}", "张⿰王玉"] {
        let judged = judge(&[row(0, &[(Field::Name, name)])]);
        assert_eq!(judged.codes(), ["CHAR_NOT_PRINTABLE B2"]);
        assert!(judged.found[0].fix.contains("手工填写"), "{}", judged.found[0]);
        let judged = judge(&[row(0, &[(Field::Name, name), (Field::Remark, "手工填写")])]);
        assert_eq!(judged.codes(), ["CHAR_BY_HAND B2"]);
        assert!(judged.entries[0].by_hand && judged.entries[0].name.reveal() == name);
    }
}

#[test]
fn what_is_seldom_right_needs_a_reason() {
    let rows: Vec<_> = (0..8).map(|n| row(n, &[(Field::Award, &format!("第{}名", n + 1))])).collect();
    let judged = judge(&rows);
    let shared: Vec<_> = judged.found.iter().filter(|finding| finding.code.as_str() == "PHONE_SHARED").collect();
    assert!(matches!(shared[..], [finding] if finding.place.row == Some(7) && finding.needs_reason()), "{:?}", judged.codes());
    let phones = ["10000000001", "10000000002", "10000000003"];
    let firsts: Vec<_> = (0..12).map(|n| row(n, &[(Field::Phone, phones[n as usize % 3])])).collect();
    let judged = judge(&firsts);
    let many: Vec<_> = judged.found.iter().filter(|finding| finding.code.as_str() == "FIRST_AWARDS").collect();
    assert!(matches!(many[..], [finding] if finding.place.row == Some(12) && finding.needs_reason()), "{:?}", judged.codes());
    let tied: Vec<_> = (0..12).map(|n| row(n, &[(Field::Phone, phones[n as usize % 3]), (Field::Award, "并列一等奖")])).collect();
    assert!(judge(&tied).found.is_empty());
    assert_eq!(codes(&[row(0, &[(Field::Name, "示例")])]), ["ROW_EXAMPLE B2"]);
    for example in [(Field::Remark, "示例"), (Field::Sequence, "例"), (Field::Name, "例")] {
        assert_eq!(codes(&[row(0, &[example])]), ["ROW_EXAMPLE B2"], "{example:?}");
    }
    // In brackets it makes no name: that it is an example is the cause.
    for name in ["张三（示例）", "示例：李四"] {
        assert_eq!(codes(&[row(0, &[(Field::Name, name)])]), ["ROW_EXAMPLE B2"], "{name}");
    }
    let perhaps = judge(&[row(0, &[(Field::Name, "张三"), (Field::DocumentNumber, "110105199001011234")])]);
    assert_eq!(perhaps.codes().len(), 2, "people are called so too: {:?}", perhaps.codes());
    let left_in =
        judge(&[row(0, &[(Field::Remark, "（示例）"), (Field::DocumentNumber, "110105199001011234"), (Field::Contest, "某大赛")])]);
    assert_eq!(left_in.codes(), ["ROW_EXAMPLE B2"], "an example is one cause");
    assert!(left_in.found[0].is_error() && left_in.found[0].message.contains("另有 2 处"), "{}", left_in.found[0]);
    for number in ["8", "8.0", "No8", "NO.8", "八"] {
        let judged = judge(&[row(0, &[(Field::Award, number)])]);
        assert_eq!(judged.codes(), ["RANK_UNREADABLE T2"], "{number}");
        assert!(judged.found[0].message.contains("第…名") && !judged.found[0].fix.contains("第一名"), "{}", judged.found[0]);
    }
}
