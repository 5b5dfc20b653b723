use std::num::NonZeroU32;
use std::sync::OnceLock;

use super::*;
use crate::notice::Notices;
use crate::numbers::body::Scope;
use crate::numbers::code::CertificateCode;
use crate::values::identity::{DocumentKind, DocumentNumber, Gender};
use crate::values::name::PersonName;
use crate::values::vocabulary::{CertificateType, ContestClass};
use proptest::prelude::*;

fn notice() -> &'static Notice {
    static NOTICES: OnceLock<Notices> = OnceLock::new();
    NOTICES.get_or_init(|| Notices::built_in().expect("notices")).general()
}

fn catalogues() -> &'static Catalogues {
    static CATALOGUES: OnceLock<Catalogues> = OnceLock::new();
    CATALOGUES.get_or_init(|| Catalogues::built_in().expect("catalogues"))
}

fn event(occupation: &str, code: &str, job: Option<&str>) -> Event {
    let name = format!("{occupation}{}", job.unwrap_or_default());
    Event { name, occupation: occupation.into(), occupation_code: code.into(), job: job.map(str::to_owned), winners: None }
}

fn contest(class: ContestClass, hrss_hosted: bool, events: Vec<Event>) -> Contest {
    Contest {
        name: "2022年某省级大赛".into(),
        class,
        hrss_hosted,
        selection_for: None,
        organiser: "四川省某协会".into(),
        organiser_body: None,
        committee: "某大赛组委会".into(),
        jurisdiction: "00".into(),
        year: 2022,
        final_on: jiff::civil::date(2022, 5, 20),
        issued_on: jiff::civil::date(2022, 6, 20),
        events,
        organiser_contact: Default::default(),
    }
}

fn entry(row: u32, event: &Event, level: Option<u8>) -> Entry {
    Entry {
        row,
        name: PersonName::parse("张三").expect("name").0,
        gender: Gender::Male,
        document_type: "居民身份证".into(),
        document_kind: crate::values::identity::DocumentKind::Resident,
        document_number: DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("the standard's example"),
        phone: "13800000000".into(),
        employer: "某厂".into(),
        occupation: event.occupation.clone(),
        occupation_code: event.occupation_code.clone(),
        job: event.job.clone(),
        level,
        event: event.name.clone(),
        award: "一等奖/第一名".into(),
        photo: None,
        details: Default::default(),
        by_hand: false,
        rank: None,
        prior: None,
    }
}

fn body(filed_with_province: bool, levels: &[u8]) -> Body {
    Body {
        code: BodyCode::parse(&notice().code, "S000051010123").expect("code"),
        name: "四川样例评价中心".into(),
        filed_with_province,
        former_names: Vec::new(),
        units: Vec::new(),
        scope: vec![Scope { occupation: "车工".into(), levels: levels.to_vec() }],
    }
}

fn turner() -> Event {
    event("车工", "6-18-01-01", None)
}

/// The plan of one row of a class-two contest.
fn planned_with(catalogues: &Catalogues, event: Event, level: Option<u8>) -> Result<Plan, Vec<Finding>> {
    let contest = contest(ContestClass::PROVINCIAL_TWO, false, vec![event]);
    let row = entry(2, &contest.events[0], level);
    plan(DecisionInputs { notice: notice(), catalogues, contest: &contest, approved_on: contest.issued_on, organiser: None }, [row])
}

fn type_of(event: Event, level: Option<u8>) -> CertificateType {
    planned_with(catalogues(), event, level).expect("decided").rows[0].certificate_type
}

fn codes(refused: Result<Plan, Vec<Finding>>) -> Vec<FindingCode> {
    refused.expect_err("refused").iter().map(|finding| finding.code).collect()
}

fn with_list(base: &Catalogues, kind: CatalogueKind, items: &str) -> Catalogues {
    base.with(kind, &format!("edition = \"试验版\"\nloaded = true\nitems = [{items}]")).expect("sound")
}

fn with_specific() -> Catalogues {
    with_list(catalogues(), CatalogueKind::SpecificAbilities, "{ name = \"面塑制作\" }")
}

fn with_filed(base: &Catalogues) -> Catalogues {
    let items = "{ occupation_code = \"6-18-01-01\", occupation = \"车工\", levels = [3, 4] }";
    with_list(base, CatalogueKind::FiledOccupations, items)
}

// ── 一、证书类型 ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn clause_1_every_mapped_occupation_is_a_qualification_and_has_no_code() {
    for mapping in catalogues().qualifications.mappings() {
        let job = mapping.jobs.first().map(String::as_str);
        let plan = planned_with(catalogues(), event(&mapping.occupation, &mapping.occupation_code, job), Some(3)).expect("decided");
        let row = &plan.rows[0];
        assert_eq!((row.certificate_type, &row.prefix), (CertificateType::Qualification, &None), "{}", mapping.sub_item);
        assert_eq!(row.clauses, ["一、证书类型", "二、（一）"]);
        assert_eq!(row.issuing_body, "四川省某协会");
        assert!(plan.unconfirmed.is_empty(), "{:?}", plan.unconfirmed);
    }
}

#[test]
fn clause_1_near_misses_are_skill_level_and_marked_for_a_person() {
    for near in catalogues().qualifications.near_misses() {
        let job = (near.occupation == "社会体育指导员").then_some("健身");
        let plan = planned_with(catalogues(), event(&near.occupation, &near.occupation_code, job), Some(3)).expect("decided");
        assert_eq!(plan.rows[0].certificate_type, CertificateType::SkillLevel, "{}", near.occupation);
        assert!(plan.rows[0].prefix.is_some());
        assert_eq!(plan.unconfirmed, ["G1", "G5", NEAR_MISS]);
    }
}

#[test]
fn clause_1_the_jobs_of_an_occupation_decide() {
    let coach = |job| type_of(event("社会体育指导员", "4-14-05-01", job), Some(4));
    assert_eq!(coach(Some("攀岩")), CertificateType::Qualification);
    assert_eq!(coach(Some("健身")), CertificateType::SkillLevel);
    assert_eq!(coach(None), CertificateType::SkillLevel);
}

#[test]
fn clause_1_a_name_without_its_code_is_never_a_qualification() {
    let plan = planned_with(catalogues(), event("保安员", "", None), Some(3)).expect("decided");
    assert_eq!(plan.rows[0].certificate_type, CertificateType::SkillLevel);
    assert!(plan.unconfirmed.contains(&NEAR_MISS.to_owned()));
}

#[test]
fn clause_1_the_types_are_tried_in_the_notices_order() {
    let order: Vec<_> = notice().certificate_types.iter().map(|rule| rule.certificate_type).collect();
    assert_eq!(order, [CertificateType::Qualification, CertificateType::SkillLevel, CertificateType::SpecificAbility]);
}

#[test]
fn clause_1_a_specific_ability_has_no_code_and_goes_to_the_center() {
    let plan = planned_with(catalogues(), event("面塑制作", "", None), None).expect("decided");
    let row = &plan.rows[0];
    assert_eq!((row.certificate_type, &row.prefix), (CertificateType::SpecificAbility, &None));
    assert_eq!((row.issuing_body.as_str(), &row.sealed_by), ("四川省职业技能鉴定指导中心", &None));
    assert_eq!(row.clauses, ["一、证书类型", "二、（三）"]);
    assert_eq!(plan.unconfirmed, ["G13"]);
}

#[test]
fn clause_1_a_level_on_a_filed_specific_ability_is_an_error_and_no_skill_level_certificate() {
    let loaded = with_specific();
    assert_eq!(codes(planned_with(&loaded, event("面塑制作", "", None), Some(3))), [FindingCode::SpecificAbilityLevel]);
    let plan = planned_with(&loaded, event("面塑制作", "", None), None).expect("decided");
    assert_eq!(plan.rows[0].certificate_type, CertificateType::SpecificAbility);
    let plan = planned_with(&loaded, turner(), Some(3)).expect("decided");
    assert_eq!(plan.rows[0].certificate_type, CertificateType::SkillLevel);
}

#[test]
fn clause_1_what_is_filed_nowhere_gets_no_certificate() {
    let both = with_filed(&with_specific());
    let cases = [(turner(), Some(2)), (event("铣工", "6-18-01-02", None), Some(3)), (event("糖画制作", "", None), None), (turner(), None)];
    for (event, level) in cases {
        let refused = planned_with(&both, event.clone(), level).expect_err("refused");
        assert_eq!((refused[0].code, refused[0].place.row), (FindingCode::NoCertificate, Some(2)), "{} {level:?}", event.name);
    }
}

#[test]
fn clause_1_a_loaded_list_of_filed_occupations_needs_no_fallback() {
    let loaded = with_filed(catalogues());
    let plan = planned_with(&loaded, turner(), Some(3)).expect("decided");
    assert_eq!(plan.rows[0].certificate_type, CertificateType::SkillLevel);
    assert_eq!(plan.unconfirmed, ["G1"]);
}

// ── 二、颁证主体 ─────────────────────────────────────────────────────────────────────────────────────────────────────

fn routed(class: ContestClass, hosted: bool, organiser: Option<&Body>, level: u8) -> (PlannedRow, Vec<String>) {
    let contest = contest(class, hosted, vec![turner()]);
    let row = entry(2, &contest.events[0], Some(level));
    let plan = plan(
        DecisionInputs { notice: notice(), catalogues: catalogues(), contest: &contest, approved_on: contest.issued_on, organiser },
        [row],
    )
    .expect("decided");
    (plan.rows[0].clone(), plan.unconfirmed)
}

fn assert_committee(row: &PlannedRow) {
    assert_eq!(row.issuing_body, "某大赛组委会");
    assert_eq!(row.sealed_by.as_deref(), Some("四川省职业技能鉴定指导中心"));
    assert_eq!(row.reviewer.as_str(), "center-00");
    assert!(row.prefix.as_ref().is_some_and(|prefix| prefix.as_str().starts_with("S00005100999922")));
}

#[test]
fn clause_2_2_1_hosted_contest_goes_to_the_committee() {
    let filed = body(true, &[3]);
    for class in [ContestClass::PROVINCIAL_ONE, ContestClass::PROVINCIAL_TWO] {
        let (row, _) = routed(class, true, Some(&filed), 3);
        assert_committee(&row);
        assert_eq!(row.clauses, ["一、证书类型", "二、（二）1", "四、（一）（二）"]);
    }
}

#[test]
fn clause_2_2_1_class_one_not_hosted_goes_the_same_way_and_is_marked() {
    let filed = body(true, &[3]);
    let (row, unconfirmed) = routed(ContestClass::PROVINCIAL_ONE, false, Some(&filed), 3);
    assert_committee(&row);
    assert_eq!(unconfirmed, ["G1", "G5", "G6"]);
}

#[test]
fn clause_2_2_2_a_filed_organiser_issues_itself() {
    let filed = body(true, &[3]);
    let (row, unconfirmed) = routed(ContestClass::PROVINCIAL_TWO, false, Some(&filed), 3);
    assert_eq!((row.issuing_body.as_str(), row.sealed_by), ("四川样例评价中心", None));
    assert_eq!(row.reviewer.as_str(), "body-S000051010123");
    assert_eq!(row.prefix.expect("numbered").as_str(), "S000051010123223");
    assert_eq!(unconfirmed, ["G5"]);
}

#[test]
fn clause_2_2_2_an_organiser_not_filed_for_it_goes_to_the_committee() {
    let (elsewhere, other_level) = (body(false, &[3]), body(true, &[4]));
    for (organiser, gap) in [(None, None), (Some(&elsewhere), Some("G3")), (Some(&other_level), Some("G5"))] {
        let (row, unconfirmed) = routed(ContestClass::PROVINCIAL_TWO, false, organiser, 3);
        assert_committee(&row);
        assert_eq!(row.clauses[1], "二、（二）2");
        assert!(gap.is_none_or(|gap| unconfirmed.contains(&gap.to_owned())), "{unconfirmed:?}");
    }
}

#[test]
fn clause_2_every_combination_of_conditions_has_exactly_one_route() {
    for rule in &notice().certificate_types {
        for (hosted, filed) in [(false, false), (false, true), (true, false), (true, true)] {
            for class in [ContestClass::PROVINCIAL_ONE, ContestClass::PROVINCIAL_TWO] {
                let organiser = body(true, if filed { &[3] } else { &[4] });
                let contest = contest(class.clone(), hosted, vec![turner()]);
                let of = DecisionInputs {
                    notice: notice(),
                    catalogues: catalogues(),
                    contest: &contest,
                    approved_on: contest.issued_on,
                    organiser: Some(&organiser),
                };
                let (level, jurisdiction) = (notice().level_by_digit(3), notice().jurisdiction("00").expect("province"));
                let mut case = Case { of, event: &contest.events[0], level, jurisdiction, steps: Vec::new() };
                let route = case.route(rule).expect("one");
                let (answered_yes, refused): (Vec<_>, Vec<_>) = case.steps.iter().partition(|step| step.outcome.starts_with('是'));
                assert_eq!(answered_yes.len(), 1, "{:?} {class:?} {hosted} {filed}", rule.certificate_type);
                assert!(refused.iter().all(|step| step.outcome == "否"));
                assert_eq!(route.issuer, expected_issuer(rule.certificate_type, &class, hosted, filed));
            }
        }
    }
}

/// 二, written out once more.
fn expected_issuer(certificate_type: CertificateType, class: &ContestClass, hosted: bool, filed: bool) -> IssuerRule {
    match (certificate_type, class.name(), hosted, filed) {
        (CertificateType::Qualification, ..) => IssuerRule::Organiser,
        (CertificateType::SpecificAbility, ..) => IssuerRule::Center,
        (CertificateType::SkillLevel, "省级二类", false, true) => IssuerRule::OrganiserBody,
        (CertificateType::SkillLevel, ..) => IssuerRule::Committee,
    }
}

// ── Grounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn every_decision_tells_its_steps() {
    let robot = event("工业机器人系统操作员", "6-31-07-03", None);
    let plan = planned_with(catalogues(), robot, Some(3)).expect("decided");
    let steps = plan.ground(&plan.rows[0]);
    let expected = Step {
        clause: "一、证书类型".into(),
        question: "是否属于国家职业资格目录（2021年版）内职业（工种）".into(),
        input: "工业机器人系统操作员 6-31-07-03".into(),
        outcome: "否".into(),
        unconfirmed: None,
    };
    assert!(steps.contains(&expected), "{steps:#?}");
    assert_eq!(steps.first().map(|step| step.outcome.as_str()), Some("川人社职鉴〔2022〕9号"));
    let outcomes: Vec<&str> = steps.iter().rev().take(4).map(|step| step.outcome.as_str()).collect();
    assert_eq!(outcomes, ["S000051009999223", "3", "22", "S000051009999"]);
    let digest = &catalogues().qualifications.edition().sha256[..12];
    assert!(steps.iter().any(|step| step.outcome.contains(digest)));
}

#[test]
fn rows_with_the_same_event_and_level_share_a_ground() {
    let contest = contest(ContestClass::PROVINCIAL_TWO, false, vec![turner(), event("铣工", "6-18-01-02", None)]);
    let levels = [(0, 3), (1, 3), (0, 2), (0, 3), (1, 3)];
    let rows = levels.iter().zip(2..).map(|((event, level), row)| entry(row, &contest.events[*event], Some(*level)));
    let of =
        DecisionInputs { notice: notice(), catalogues: catalogues(), contest: &contest, approved_on: contest.issued_on, organiser: None };
    let plan = plan(of, rows.collect::<Vec<_>>()).expect("decided");
    assert_eq!(plan.rows.iter().map(|row| (row.row, row.ground)).collect::<Vec<_>>(), [(2, 0), (3, 1), (4, 2), (5, 0), (6, 1)]);
    assert_eq!(plan.grounds.len(), 3);
    let read: Plan = serde_json::from_value(serde_json::to_value(&plan).expect("json")).expect("a plan");
    assert_eq!(read, plan);
}

#[test]
fn a_level_that_does_not_exist_is_a_finding() {
    assert_eq!(codes(planned_with(catalogues(), turner(), Some(9))), [FindingCode::LevelInvalid]);
}

/// The four states that the two lists of the Center can be in.
fn loaded_states() -> &'static [Catalogues; 4] {
    static STATES: OnceLock<[Catalogues; 4]> = OnceLock::new();
    STATES.get_or_init(|| [catalogues().clone(), with_specific(), with_filed(catalogues()), with_filed(&with_specific())])
}

const KNOWN: [(&str, &str); 6] = [
    ("车工", "6-18-01-01"),
    ("焊工", "6-18-02-04"),
    ("社会体育指导员", "4-14-05-01"),
    ("安检员", "4-07-05-02"),
    ("面塑制作", ""),
    ("消防员", "3-02-03-01"),
];

proptest! {
    #[test]
    fn every_row_has_one_type_or_a_finding(
        state in 0_usize..4,
        which in 0_usize..6,
        job in prop::option::of(prop::sample::select(vec!["攀岩", "健身", "民航安全检查员"])),
        level in prop::option::of(0_u8..=6),
        class in prop::sample::select(vec![ContestClass::PROVINCIAL_ONE, ContestClass::PROVINCIAL_TWO]),
        hosted: bool,
        organiser in prop::option::of((any::<bool>(), prop::collection::vec(1_u8..=5, 0..3))),
    ) {
        let event = event(KNOWN[which].0, KNOWN[which].1, job);
        let contest = contest(class, hosted, vec![event]);
        let organiser = organiser.map(|(province, levels)| body(province, &levels));
        let of = DecisionInputs { notice: notice(), catalogues: &loaded_states()[state], contest: &contest, approved_on: contest.issued_on, organiser: organiser.as_ref() };
        match plan(of, [entry(2, &contest.events[0], level)]) {
            Err(found) => {
                prop_assert_eq!(found.len(), 1);
                prop_assert!(found[0].is_error());
            }
            Ok(plan) => {
                let row = &plan.rows[0];
                prop_assert_eq!(row.prefix.is_some(), row.certificate_type == CertificateType::SkillLevel);
                let types = plan.ground(row).iter().filter(|step| step.outcome.contains("证书类型为")).count();
                prop_assert_eq!(types, 1);
                prop_assert!(level.is_some() || row.certificate_type != CertificateType::SkillLevel);
                let told = |step: &Step| !(step.clause.is_empty() || step.question.is_empty() || step.outcome.is_empty());
                prop_assert!(plan.ground(row).iter().all(told));
                if let Some(prefix) = &row.prefix {
                    let code = prefix.code(&notice().code, NonZeroU32::MIN).expect("in range");
                    prop_assert_eq!(CertificateCode::parse(&notice().code, code.as_str()), Ok(code));
                }
            }
        }
    }
}
