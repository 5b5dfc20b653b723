use jiff::civil::date;

use super::*;
use crate::numbers::body::Scope;
use crate::values::vocabulary::{CertificateType, ContestClass};

const ZHANG: &str = "11010519491231002X";
const LI: &str = "510107196001019916";

struct Certificate {
    notices: Notices,
    catalogues: Catalogues,
    contest: Contest,
    organiser: Option<Body>,
    code: CertificateCode,
    certificate_type: CertificateType,
    reviewer: IssuingUnit,
    entry: Entry,
    judged: Entry,
    issuing_body: String,
    today: Date,
}

fn entry(name: &str, number: &str) -> Entry {
    let value = serde_json::json!({
        "row": 2, "name": name, "gender": "男", "document_type": "居民身份证", "document_kind": "resident", "document_number": number,
        "phone": "10000000001", "employer": "样例公司", "occupation": "车工", "occupation_code": "6-18-01-01", "level": 3,
        "event": "车工", "award": "金奖/第1名", "rank": { "award": "金奖", "place": 1 },
    });
    serde_json::from_value(value).expect("an entry")
}

impl Certificate {
    /// Level 3, of a contest that the human-resources department hosts: in the committee's name, sealed by the Center.
    fn of_a_committee() -> Self {
        let (notices, catalogues) = (Notices::built_in().expect("notices"), Catalogues::built_in().expect("catalogues"));
        let contest = serde_json::json!({
            "name": "样例大赛", "class": "省级一类", "hrss_hosted": true, "organiser": "样例协会", "committee": "样例大赛组委会",
            "jurisdiction": "00", "year": 2022, "final_on": "2022-05-20", "issued_on": "2022-06-20",
            "events": [{ "name": "车工", "occupation": "车工", "occupation_code": "6-18-01-01" }],
        });
        let code = CertificateCode::parse(&notices.general().code, "S000051009999223J00001").expect("a code");
        Self {
            contest: serde_json::from_value(contest).expect("a contest"),
            organiser: None,
            certificate_type: CertificateType::SkillLevel,
            code,
            reviewer: IssuingUnit::center("00"),
            entry: entry("张测试", ZHANG),
            judged: entry("张测试", ZHANG),
            issuing_body: "样例大赛组委会".to_owned(),
            today: date(2022, 7, 1),
            notices,
            catalogues,
        }
    }

    /// Level 3, of a class-two contest whose organiser is filed: its own certificate.
    fn of_a_filed_body() -> Self {
        let mut certificate = Self::of_a_committee();
        let grammar = &certificate.notices.general().code;
        let code = BodyCode::parse(grammar, "S000051010123").expect("a body");
        certificate.code = CertificateCode::parse(grammar, "S000051010123223J00001").expect("a code");
        certificate.contest.class = ContestClass::PROVINCIAL_TWO;
        certificate.contest.hrss_hosted = false;
        certificate.contest.organiser_body = Some(code.clone());
        certificate.reviewer = IssuingUnit::body(code.as_str());
        certificate.issuing_body = "四川样例评价中心".to_owned();
        let scope = vec![Scope { occupation: "车工".to_owned(), levels: vec![3, 4, 5] }];
        certificate.organiser = Some(Body {
            code,
            name: "四川样例评价中心".to_owned(),
            filed_with_province: true,
            former_names: Vec::new(),
            units: Vec::new(),
            scope,
        });
        certificate
    }

    fn decide(&self, correction: serde_json::Value) -> Result<Corrected, CorrectionError> {
        let correction: Correction = serde_json::from_value(correction).expect("a correction");
        correction.decide(CorrectionInputs {
            notice: self.notices.general(),
            notices: &self.notices,
            catalogues: &self.catalogues,
            contest: &self.contest,
            organiser: self.organiser.as_ref(),
            certificate_type: self.certificate_type,
            code: &self.code,
            reviewer: &self.reviewer,
            entry: &self.entry,
            judged: &self.judged,
            issued_on: self.contest.issued_on,
            issuing_body: &self.issuing_body,
            today: self.today,
        })
    }

    fn approval(&self, correction: serde_json::Value) -> Vec<ApprovalReason> {
        self.decide(correction).expect("it can be").approval
    }

    fn refused(&self, correction: serde_json::Value) -> String {
        match self.decide(correction.clone()) {
            Err(CorrectionError::Refused(message)) => message,
            other => panic!("{correction}: {other:?}"),
        }
    }

    fn findings(&self, correction: serde_json::Value) -> Vec<FindingCode> {
        match self.decide(correction.clone()) {
            Err(CorrectionError::Findings(findings)) => findings.into_iter().map(|finding| finding.code).collect(),
            other => panic!("{correction}: {other:?}"),
        }
    }
}

#[test]
fn a_body_does_not_give_itself_the_provinces_code_name_and_level() {
    let wanted = serde_json::json!({
        "body": "S000051009999", "issuing_body": "四川省人力资源和社会保障厅", "level": 1, "issued_on": "2019-01-01",
    });
    assert_eq!(Certificate::of_a_filed_body().findings(wanted), [FindingCode::IssueDateOdd], "before the final");
    for wanted in [
        serde_json::json!({ "body": "S000051009999" }),
        serde_json::json!({ "body": "S000051009999", "issuing_body": "四川省人力资源和社会保障厅" }),
        serde_json::json!({ "issuing_body": "四川省人力资源和社会保障厅" }),
        serde_json::json!({ "body": "S000051010999" }),
    ] {
        let said = Certificate::of_a_filed_body().refused(wanted);
        assert!(said.contains("S000051010123 四川样例评价中心"), "{said}");
    }
    let said = Certificate::of_a_committee().refused(serde_json::json!({ "body": "S000051010123" }));
    assert!(said.contains("S000051009999 样例大赛组委会"), "{said}");
}

#[test]
fn a_level_that_the_body_is_not_filed_for_is_no_correction() {
    // G5: it would be the Center's certificate, which this body cannot make of its own.
    let said = Certificate::of_a_filed_body().refused(serde_json::json!({ "level": 1 }));
    assert!(said.contains("center-00"), "{said}");
    assert_eq!(Certificate::of_a_filed_body().approval(serde_json::json!({ "level": 4 })), [ApprovalReason::Level]);
}

#[test]
fn an_issue_date_lies_between_the_final_and_today() {
    let certificate = Certificate::of_a_committee();
    for day in ["9999-12-31", "2022-07-02", "2022-05-19", "2019-01-01"] {
        assert_eq!(certificate.findings(serde_json::json!({ "issued_on": day })), [FindingCode::IssueDateOdd], "{day}");
    }
    for day in ["2022-05-20", "2022-07-01"] {
        let corrected = certificate.decide(serde_json::json!({ "issued_on": day })).expect(day);
        assert_eq!(
            (corrected.approval.as_slice(), corrected.reissued.map(|new| new.issued_on.to_string())),
            (&[][..], Some(day.to_owned()))
        );
    }
}

#[test]
fn texts_are_bounded() {
    let certificate = Certificate::of_a_committee();
    for (wanted, says) in [
        (serde_json::json!({ "issuing_body": "机".repeat(3000) }), "过长"),
        (serde_json::json!({ "issuing_body": "机\u{0}构" }), "控制字符"),
        (serde_json::json!({ "name": "名".repeat(3000) }), "过长"),
        (serde_json::json!({ "name": "张1测试" }), "字符"),
        (serde_json::json!({ "name": "张\u{7}测试" }), "字符"),
        (serde_json::json!({ "document_type": "证".repeat(3000) }), "不在目录中"),
        (serde_json::json!({ "document_number": "1".repeat(3000) }), "应为 18 位"),
        (serde_json::json!({ "body": "S".repeat(3000) }), "编码规则"),
        (serde_json::json!({ "level": 9 }), "没有这个等级"),
    ] {
        let said = certificate.refused(wanted);
        assert!(said.contains(says) && said.chars().count() < 120, "{said}");
    }
}

#[test]
fn another_person_another_level_and_another_name_of_the_body_need_a_second_person() {
    let mut certificate = Certificate::of_a_filed_body();
    assert_eq!(certificate.approval(serde_json::json!({ "name": "张测式" })), []);
    assert_eq!(certificate.approval(serde_json::json!({ "document_number": LI })), []);
    assert_eq!(certificate.approval(serde_json::json!({ "name": "李测试", "document_number": LI })), [ApprovalReason::Person]);
    // The one after the other is the same as both at once.
    certificate.entry = entry("李测试", ZHANG);
    assert_eq!(certificate.approval(serde_json::json!({ "document_number": LI })), [ApprovalReason::Person]);
    assert_eq!(certificate.approval(serde_json::json!({ "name": "张测试" })), []);
    // The register has another name by now.
    let mut renamed = Certificate::of_a_filed_body();
    if let Some(body) = &mut renamed.organiser {
        body.name = "四川样例技能评价中心".to_owned();
    }
    let corrected = renamed.decide(serde_json::json!({ "issuing_body": "四川样例技能评价中心" })).expect("the register says so");
    assert_eq!(corrected.approval, [ApprovalReason::Body]);
}

#[test]
fn nothing_is_no_correction() {
    let certificate = Certificate::of_a_committee();
    assert!(certificate.refused(serde_json::json!({})).contains("未写明"));
    for same in [
        serde_json::json!({ "level": 3, "issued_on": "2022-06-20", "name": "张测试" }),
        serde_json::json!({ "body": "S000051009999", "issuing_body": "样例大赛组委会" }),
    ] {
        assert!(certificate.refused(same).contains("相同"));
    }
}

#[test]
fn after_the_deadline_a_typing_mistake_may_be_put_right_and_no_award() {
    let mut certificate = Certificate::of_a_committee();
    certificate.contest.year = 2021;
    certificate.today = date(2022, 8, 1);
    for late in [
        serde_json::json!({ "level": 2 }),
        serde_json::json!({ "issued_on": "2022-06-21" }),
        serde_json::json!({ "name": "李测试", "document_number": LI }),
    ] {
        assert_eq!(certificate.findings(late), [FindingCode::DeadlinePassed]);
    }
    assert!(certificate.decide(serde_json::json!({ "name": "张测式" })).is_ok());
}

#[test]
fn a_level_above_the_promotion_table_wants_a_reason() {
    let mut certificate = Certificate::of_a_committee();
    let advice = |certificate: &Certificate, level: u8| {
        let corrected = certificate.decide(serde_json::json!({ "level": level })).expect("it can be");
        corrected.advice.into_iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(advice(&certificate, 1), [], "the first place");
    let ninth = serde_json::json!({ "award": "金奖", "place": 9 });
    certificate.entry.rank = Some(serde_json::from_value(ninth).expect("a rank"));
    certificate.entry.prior = Some(serde_json::from_value(serde_json::json!({ "level": 2 })).expect("a prior"));
    assert!(advice(&certificate, 2).contains(&FindingCode::LevelHeld));
}

#[test]
fn a_winner_was_sixteen_on_the_day_of_the_final() {
    let young = serde_json::json!({ "document_number": "110105201001010037" });
    assert_eq!(Certificate::of_a_committee().findings(young), [FindingCode::AgeUnder16]);
}

/// 一, 二、（三）: it has no level, and the Center issues it.
#[test]
fn of_a_specific_ability_neither_level_nor_body_is_put_right_and_its_date_leaves_the_number() {
    let mut certificate = Certificate::of_a_committee();
    certificate.certificate_type = CertificateType::SpecificAbility;
    certificate.code = CertificateCode::lookup("ZX-2022-0001").expect("a number");
    (certificate.entry.level, certificate.judged.level) = (None, None);
    for wanted in [
        serde_json::json!({ "level": 3 }),
        serde_json::json!({ "level": 3, "body": "S000051009999", "issuing_body": "样例大赛组委会" }),
        serde_json::json!({ "body": "S000051009999" }),
        serde_json::json!({ "issuing_body": "样例大赛组委会", "name": "张更正" }),
    ] {
        assert!(certificate.refused(wanted.clone()).contains("专项职业能力证书"), "{wanted}");
    }
    let corrected = certificate.decide(serde_json::json!({ "issued_on": "2022-06-21" })).expect("it can be");
    assert_eq!((corrected.redated, corrected.reissued, corrected.approval), (Some(date(2022, 6, 21)), None, vec![]));
    assert_ne!(certificate.findings(serde_json::json!({ "issued_on": "2021-06-21" })), [], "before the final");
    assert!(certificate.decide(serde_json::json!({ "name": "张更正" })).expect("it can be").redated.is_none());
    // 六、（一）: after the deadline a typing mistake may still be put right, and a number that was mistyped, but no date.
    let in_time = (certificate.contest.clone(), certificate.today);
    (certificate.contest.year, certificate.today) = (2021, date(2022, 8, 1));
    let findings = certificate.findings(serde_json::json!({ "issued_on": "2022-06-21" }));
    assert!(findings.contains(&FindingCode::DeadlinePassed), "{findings:?}");
    for wanted in [serde_json::json!({ "name": "张更正" }), serde_json::json!({ "number": "ZX-2022-0002" })] {
        certificate.decide(wanted).expect("it can be");
    }
    (certificate.contest, certificate.today) = in_time;
    certificate.certificate_type = CertificateType::Qualification;
    assert!(certificate.refused(serde_json::json!({ "name": "张更正" })).contains("二、（一）"), "others issue it");
}
