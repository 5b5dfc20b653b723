//! What is said of a contest's own record, clause by clause: who decides (二; 七), the organiser (二、（二）2), the year (六、（一）), the
//! committee (二、（二）).

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use rules::catalogue::Catalogues;
use rules::intake::contest::{Contest, OrganiserEntry};
use rules::intake::entry::Entry;
use rules::issue::application::Plan;
use rules::issue::decision::{DecisionInputs, committee_missing, plan};
use rules::notice::{Notice, Notices};
use rules::numbers::body::Body;
use rules::values::date::day_of;
use rules::values::finding::{CONTEST_FILE, Finding};
use rules::values::identity::{DocumentKind, DocumentNumber, Gender};
use rules::values::name::PersonName;

static NOTICES: LazyLock<Notices> = LazyLock::new(|| Notices::built_in().expect("notices"));
static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::built_in().expect("catalogues"));

const TODAY: Date = date(2022, 7, 1);
const CODE: &str = "S000051010123";

/// A contest without fault, with some lines in the place of those of the same key.
fn contest(changes: &[(&str, &str)]) -> Contest {
    let mut table: toml::Table = r#"
name = "2022年四川省样例职业技能竞赛"
class = "省级二类"
hrss_hosted = false
organiser = "四川样例评价中心"
committee = "2022年四川省样例职业技能竞赛组委会"
jurisdiction = "00"
year = 2022
final_on = "2022-05-28"
issued_on = "2022-06-20"

[[events]]
name = "数控车"
occupation = "车工"
occupation_code = "6-18-01-01"
"#
    .parse()
    .expect("TOML");
    for (key, value) in changes {
        let value = format!("v = {value}").parse::<toml::Table>().expect("a value").remove("v").expect("v");
        table.insert((*key).to_owned(), value);
    }
    let contest: Contest = table.try_into().expect("a contest");
    let notice = notice_of(&contest);
    contest.with_class_of(notice)
}

fn notice_of(contest: &Contest) -> &'static Notice {
    NOTICES.of_contest(contest).expect("a notice")
}

fn found(contest: &Contest) -> Vec<Finding> {
    contest.findings(notice_of(contest), &CATALOGUES, TODAY, None)
}

fn codes(found: &[Finding]) -> Vec<&'static str> {
    assert!(found.iter().all(|finding| finding.place.file == CONTEST_FILE && finding.clause.is_some()), "{found:?}");
    found.iter().map(|finding| finding.code.as_str()).collect()
}

fn body() -> Body {
    serde_json::from_value(serde_json::json!({
        "code13": CODE, "name": "四川样例评价中心", "filed_with_province": true,
        "scope": [{ "occupation": "车工", "levels": [3] }], "former_names": ["四川样例鉴定所"], "units": ["unit-1"],
    }))
    .expect("a body")
}

#[test]
fn 二_and_七_a_class_goes_with_its_jurisdiction() {
    for (class, jurisdiction, code, says) in [
        ("省级一类", "00", None, ""),
        ("省级二类", "00", None, ""),
        ("二类", "00", None, ""),
        ("市级一类", "01", None, ""),
        ("市级二类", "07", None, ""),
        ("二类", "34", None, ""),
        ("省级二类", "01", Some("CLASS_JURISDICTION"), "“省级二类”的 jurisdiction 可写：00 省本级"),
        ("省级一类", "07", Some("CLASS_JURISDICTION"), "jurisdiction“07”（绵阳市）的竞赛类别可写：市级一类、市级二类"),
        ("市级一类", "00", Some("CLASS_JURISDICTION"), "（省本级）的竞赛类别可写：省级一类、省级二类"),
        ("国家级一类", "00", Some("CONTEST_INVALID"), "应为：省级一类、省级二类、市级一类、市级二类"),
    ] {
        let contest = contest(&[("class", &format!("\"{class}\"")), ("jurisdiction", &format!("\"{jurisdiction}\""))]);
        let found = found(&contest);
        assert_eq!(codes(&found), Vec::from_iter(code), "{class} {jurisdiction}");
        // The line of contest.toml is found by the field that the message begins with.
        assert!(found.iter().all(|finding| finding.is_error() && finding.message.starts_with("class")), "{found:?}");
        assert!(found.iter().all(|finding| finding.message.contains(says)), "{found:?}");
    }
}

#[test]
fn 七_a_citys_center_seals_and_reviews_and_every_step_names_it() {
    for own in NOTICES.general().jurisdictions.iter().filter(|own| own.code != "00") {
        for (class, hosted) in [("市级一类", "true"), ("市级一类", "false"), ("市级二类", "false")] {
            let contest =
                contest(&[("class", &format!("\"{class}\"")), ("jurisdiction", &format!("\"{}\"", own.code)), ("hrss_hosted", hosted)]);
            let plan = planned(&contest, None);
            let row = &plan.rows[0];
            assert_eq!((row.sealed_by.as_deref(), row.reviewer.as_str()), (Some(own.center.as_str()), &*format!("center-{}", own.code)));
            assert!(plan.unconfirmed.contains(&"G22".to_owned()), "{:?}", plan.unconfirmed);
            let said = format!("{:?}", plan.grounds);
            assert!(!said.contains("省职鉴中心") && !said.contains("四川省职业技能") && said.contains(&own.center), "{said}");
        }
    }
}

#[test]
fn 六_1_the_deadline_is_for_provincial_contests_and_to_the_day() {
    let year_2021 = [("year", "2021"), ("final_on", "\"2021-10-20\"")];
    let late = |more: &[(&str, &str)], day| {
        let contest = contest(&[&year_2021[..], more].concat());
        contest
            .findings(notice_of(&contest), &CATALOGUES, date(2022, 8, 20), Some(day))
            .iter()
            .any(|f| f.code.as_str() == "DEADLINE_PASSED")
    };
    let day = |time: &str| day_of(time.parse().expect("a time"));
    // To the second, by the clock of Beijing.
    assert!(
        !late(&[], day("2022-07-31T23:59:59+08:00")) && !late(&[], day("2022-07-31T15:59:59Z")),
        "what counts is when it was handed in"
    );
    assert!(late(&[], day("2022-08-01T00:00:00+08:00")) && late(&[], day("2022-07-31T16:00:00Z")));
    assert!(!late(&[("class", "\"市级二类\""), ("jurisdiction", "\"07\"")], date(2022, 8, 1)));
    assert!(!late(&[("year", "2022"), ("final_on", "\"2022-05-28\"")], date(2022, 8, 1)));
}

#[test]
fn 二_2_2_the_organiser_is_the_filed_body_that_it_cites() {
    let body = body();
    let cites = format!("\"{CODE}\"");
    for (organiser, cited, entry, unit, code) in [
        ("四川样例评价中心", true, Some(&body), "unit-1", None),
        ("四川样例鉴定所", true, Some(&body), "unit-1", None),
        ("四川样例评价中心", true, Some(&body), CODE, None),
        ("四川样例评价中心", true, None, "unit-1", Some("ORGANISER_BODY")),
        ("四川省无关协会", true, Some(&body), "unit-1", Some("ORGANISER_BODY")),
        ("四川样例评价中心", true, Some(&body), "unit-2", Some("ORGANISER_ACCOUNT")),
        ("四川省无关协会", false, None, "unit-1", None),
        ("四川样例鉴定所", false, Some(&body), "unit-1", Some("ORGANISER_FILED")),
    ] {
        let organiser = format!("\"{organiser}\"");
        let mut changes = vec![("organiser", organiser.as_str())];
        changes.extend(cited.then_some(("organiser_body", cites.as_str())));
        let (by_code, by_name) = if cited { (entry, None) } else { (None, entry) };
        let contest = contest(&changes);
        let found = contest.organiser_findings(notice_of(&contest), OrganiserEntry { cited: by_code, named: by_name, unit });
        assert_eq!(codes(&found), Vec::from_iter(code), "{organiser} {cited} {unit}");
        assert!(found.iter().all(|finding| finding.is_error() == cited), "who leaves it out is asked: {found:?}");
        assert!(found.iter().all(|finding| finding.message.starts_with("organiser")), "{found:?}");
    }
}

#[test]
fn 六_1_the_year_is_that_of_the_final_or_the_center_says_why() {
    for (year, final_on, expected) in [
        ("2022", "\"2022-05-28\"", &[][..]),
        ("2022", "\"2021-10-20\"", &["CONTEST_YEAR"]),
        ("2021", "\"2022-01-08\"", &["CONTEST_YEAR"]),
        ("2020", "\"2020-12-31\"", &[]),
        ("2019", "\"2019-10-20\"", &["CONTEST_YEAR_EARLY"]),
        ("2018", "\"2019-10-20\"", &["CONTEST_YEAR", "CONTEST_YEAR_EARLY"]),
    ] {
        let contest = contest(&[("year", year), ("final_on", final_on)]);
        assert_eq!(codes(&found(&contest)), expected, "{year} {final_on}");
        let owed: Vec<String> =
            contest.reasons_owed(notice_of(&contest), &CATALOGUES, Vec::new()).into_iter().map(|owed| owed.key).collect();
        assert_eq!(owed, expected, "each needs a reason of the Center's");
        assert!(found(&contest).iter().all(|finding| !finding.is_error() && finding.message.starts_with("year")));
    }
    // Whoever gives the reason knows by when contests of the final's year were due.
    let of_2021 = contest(&[("year", "2022"), ("final_on", "\"2021-10-20\"")]);
    assert_eq!(found(&of_2021)[0].message, "year = 2022 与决赛日期 2021-10-20 不是同一年；2021 年的竞赛应于 2022年07月31日 前申报");
}

#[test]
fn 六_1_a_contest_before_the_notices_years_is_shown_as_unconfirmed() {
    let unconfirmed = |year: &str, final_on: &str| planned(&contest(&[("year", year), ("final_on", final_on)]), None).unconfirmed;
    assert!(unconfirmed("2019", "\"2019-10-20\"").contains(&"适用年份".to_owned()));
    assert!(!unconfirmed("2020", "\"2020-10-20\"").contains(&"适用年份".to_owned()));
}

#[test]
fn 二_2_a_committee_is_asked_for_only_where_one_issues() {
    let (nameless, body) = (("committee", "\"\""), body());
    let missing = |changes: &[(&str, &str)], organiser| {
        let contest = contest(&[&[nameless], changes].concat());
        assert!(found(&contest).is_empty(), "nothing is asked before the rows are known");
        committee_missing(&planned(&contest, organiser)).map(|finding| (finding.code.as_str(), finding.is_error()))
    };
    assert_eq!(missing(&[], None), Some(("COMMITTEE_MISSING", true)));
    assert_eq!(missing(&[("class", "\"省级一类\"")], Some(&body)), Some(("COMMITTEE_MISSING", true)));
    assert_eq!(missing(&[], Some(&body)), None, "a filed body issues itself");
    let fire = "[{ name = \"数控车\", occupation = \"消防设施操作员\", occupation_code = \"4-07-05-03\" }]";
    assert_eq!(missing(&[("events", fire)], None), None, "二、（一）: the organiser issues");
    let left_out = toml::to_string(&contest(&[])).expect("TOML").replace("committee = \"2022年四川省样例职业技能竞赛组委会\"\n", "");
    assert_eq!(toml::from_str::<Contest>(&left_out).expect("it may be left out").committee, "");
}

#[test]
fn 二_2_a_name_of_no_committee_needs_a_reason_of_the_center() {
    for (committee, odd) in [
        ("第一届样例大赛组委会", false),
        ("样例大赛组委会（办公室）", false),
        ("样例大赛组织委员会办公室", false),
        ("四川省样例行业协会", true),
        ("张测试", true),
    ] {
        let contest = contest(&[("committee", &format!("\"{committee}\""))]);
        assert_eq!(codes(&found(&contest)), if odd { vec!["COMMITTEE_NAME"] } else { Vec::new() }, "{committee}");
        assert_eq!(contest.reasons_owed(notice_of(&contest), &CATALOGUES, Vec::new()).len(), usize::from(odd), "{committee}");
        assert!(planned(&contest, None).has_committee() && !planned(&contest, Some(&body())).has_committee());
    }
}

#[test]
fn 二_2_1_a_selection_for_a_national_contest_is_hosted_and_says_so() {
    let national = ("selection_for", "\"第一届全国样例大赛\"");
    assert_eq!(codes(&found(&contest(&[national, ("hrss_hosted", "true")]))), ["SELECTION_CONTEST"]);
    let found = found(&contest(&[national]));
    assert_eq!(codes(&found), ["CONTEST_INVALID"]);
    assert!(found[0].message.starts_with("selection_for"), "{}", found[0]);
}

/// One winner of the first event, at level 3.
fn planned(contest: &Contest, organiser: Option<&Body>) -> Plan {
    let event = &contest.events[0];
    let kind = DocumentKind::Resident;
    let entry = Entry {
        row: 2,
        name: PersonName::parse("张测试").expect("a name").0,
        gender: Gender::Female,
        document_type: "居民身份证".into(),
        document_kind: kind,
        document_number: DocumentNumber::parse(kind, "11010519491231002X").expect("the standard's example"),
        phone: "13800000000".into(),
        employer: "某厂".into(),
        occupation: event.occupation.clone(),
        occupation_code: event.occupation_code.clone(),
        job: None,
        level: Some(3),
        event: event.name.clone(),
        award: "第一名".into(),
        rank: None,
        prior: None,
        details: Default::default(),
        photo: None,
        by_hand: false,
    };
    let inputs = DecisionInputs { notice: notice_of(contest), catalogues: &CATALOGUES, contest, approved_on: contest.issued_on, organiser };
    plan(inputs, [entry]).expect("decided")
}
