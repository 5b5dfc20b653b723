//! Made-up certificates and summaries, for tests and examples alike. The ID is the published specimen of GB 11643.

#![allow(dead_code, reason = "each test and example uses some of it")]

use std::path::Path;

use certificate::{Batch, Certificate, FontError, Fonts, Plate, PrintError};
use jiff::civil::date;
use rules::intake::contest::Contest;
use rules::intake::entry::Entry;
use rules::intake::summary::Summary;
use rules::issue::certificate_fields::{CertificateFields, IssuedBy};
use rules::notice::Notices;
use rules::notice::layout::Layout;
use rules::values::identity::{DocumentKind, DocumentNumber, Gender};
use rules::values::name::PersonName;
use rules::values::vocabulary::{CertificateType, ContestClass, Form};

/// A JPEG of 295 × 413 pixels.
pub(crate) const PHOTO: &[u8] = include_bytes!("../photo.jpg");
/// The published specimen of GB 11643.
pub(crate) const NUMBER: &str = "11010519491231002X";
pub(crate) const LONG_NAME: &str = "阿卜杜热西提·麦麦提图尔荪江·阿布都克里木江·玉素";
pub(crate) const LONG_BODY: &str = "二〇二二年四川省职业院校教师与学生工业互联网和智能制造职业技能大赛组织委员会办公室";
pub(crate) const LONG_CONTEST: &str =
    "2022年四川省“技能成才、强国有我”职业院校师生工业互联网与智能制造系统集成应用及运行维护职业技能大赛暨全国选拔赛";
pub(crate) const LONG_EMPLOYER: &str =
    "中国某某集团有限公司西南电力设计院四川阿坝藏族羌族自治州马尔康市某某水力发电分公司设备检修维护中心第三作业队电气二班组";

/// The fonts of the layer.
pub(crate) fn fonts() -> Result<Fonts, FontError> {
    Fonts::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fonts/layer/fonts")))
}

/// The same, for tests.
///
/// # Panics
/// Where they are not in place.
pub(crate) fn loaded_fonts() -> Fonts {
    match fonts() {
        Ok(fonts) => fonts,
        Err(error) => panic!("{error}\nThe fonts are not in place: run `cargo run --release -- setup` first."),
    }
}

/// The built-in layout of skill-level certificates.
pub(crate) fn layout(form: Form) -> Layout {
    layout_of(CertificateType::SkillLevel, form)
}

/// The built-in layout of certificates of a type.
///
/// # Panics
/// Where a notice in `infra/notices/` is unsound.
pub(crate) fn layout_of(of: CertificateType, form: Form) -> Layout {
    Notices::built_in().expect("notices").general().layout(of, form).expect("a layout").clone()
}

/// A 专项职业能力证书 with the longest texts, under the longest number that may be entered by hand.
///
/// # Panics
/// Where a notice in `infra/notices/` is unsound.
pub(crate) fn long_specific_ability(name: &str) -> CertificateFields {
    let notices = Notices::built_in().expect("notices");
    let contest = contest(LONG_CONTEST, LONG_BODY);
    let job = Some("工业机器人系统集成与应用（含视觉检测、离线编程方向）".to_owned());
    let occupation = "工业互联网与智能制造系统集成应用及运行维护专项职业能力".to_owned();
    let named = PersonName::parse(name).expect("a name").0;
    let entry = Entry { level: None, name: named, job, occupation, event: LONG_CONTEST.to_owned(), ..winner(2, "张测试") };
    let certificate_type = CertificateType::SpecificAbility;
    let by = IssuedBy { certificate_type, issuing_body: "四川省职业技能鉴定指导中心", sealed_by: None };
    let number = "ZX-".repeat(10) + "01";
    let address = format!("https://cert.example.cn/v/{number}");
    CertificateFields::new(notices.general(), &contest, &entry, by, &number, address)
}

/// One certificate, full form.
pub(crate) fn print(fonts: &Fonts, plate: &Plate, certificate: Certificate<'_>) -> Result<Vec<u8>, PrintError> {
    Batch::new(fonts, plate, &[certificate])?.single(0)
}

/// A certificate that `body` issues; its text is short.
pub(crate) fn fields(name: &str, body: &str, contest: &str, sealed_by: Option<&str>) -> CertificateFields {
    CertificateFields {
        title: "职业技能等级证书".to_owned(),
        text: format!("本证书由{body}颁发，表明持证人在{contest}中获得一等奖，具备该职业（工种）相应技能等级水平。"),
        name: name.to_owned(),
        document_type: "居民身份证".to_owned(),
        document_number: NUMBER.to_owned(),
        occupation: "工业机器人系统操作员".to_owned(),
        job: "--".to_owned(),
        level: "二级/技师".to_owned(),
        code: "S000051000000222J00001".to_owned(),
        issued_on: ["2022", "06", "20"].map(str::to_owned),
        issuing_body: body.to_owned(),
        sealed_by: sealed_by.unwrap_or_default().to_owned(),
        verify_url: "https://cert.example.cn/v/S000051000000222J00001".to_owned(),
        serial: String::new(),
    }
}

/// A contest that `organiser` holds.
pub(crate) fn contest(name: &str, organiser: &str) -> Contest {
    Contest {
        name: name.to_owned(),
        class: ContestClass::PROVINCIAL_TWO,
        hrss_hosted: false,
        selection_for: None,
        organiser: organiser.to_owned(),
        organiser_body: None,
        committee: format!("{name}组委会"),
        jurisdiction: "00".to_owned(),
        year: 2022,
        final_on: date(2022, 5, 1),
        issued_on: date(2022, 6, 20),
        events: vec![],
        organiser_contact: Default::default(),
    }
}

/// A winner with short values.
///
/// # Panics
/// Where `name` is no name.
pub(crate) fn winner(row: u32, name: &str) -> Entry {
    Entry {
        row,
        name: PersonName::parse(name).expect("a name").0,
        gender: if row.is_multiple_of(2) { Gender::Male } else { Gender::Female },
        document_type: "居民身份证".to_owned(),
        document_kind: DocumentKind::Resident,
        document_number: DocumentNumber::parse(DocumentKind::Resident, NUMBER).expect("the published specimen"),
        phone: "13800000000".to_owned(),
        employer: "某某职业技术学院".to_owned(),
        occupation: "工业机器人系统操作员".to_owned(),
        occupation_code: "6-30-99-00".to_owned(),
        job: None,
        level: Some(3),
        event: "工业机器人".to_owned(),
        award: "一等奖/第一名".to_owned(),
        photo: None,
        details: Default::default(),
        by_hand: false,
        rank: None,
        prior: None,
    }
}

/// Winners with short values.
pub(crate) fn winners(count: u32) -> Vec<Entry> {
    const SURNAMES: [&str; 8] = ["张", "王", "李", "赵", "陈", "刘", "欧阳", "吉克"];
    const GIVEN: [&str; 7] = ["测试", "样本", "示例", "范", "试一", "试二", "阿依"];
    let name = |i: u32| format!("{}{}", SURNAMES[i as usize % SURNAMES.len()], GIVEN[i as usize % GIVEN.len()]);
    (0..count).map(|i| winner(i + 2, &name(i))).collect()
}

/// Winners with the longest values there are.
pub(crate) fn long_winners() -> Vec<Entry> {
    let job = Some("工业机器人系统集成与应用（含视觉检测、离线编程方向）".to_owned());
    let award = "团体一等奖/第一名（四川省五一劳动奖章、四川省技术能手）".to_owned();
    vec![
        winner(2, LONG_NAME),
        Entry { employer: LONG_EMPLOYER.to_owned(), ..winner(3, "张测试") },
        Entry { job: job.clone(), ..winner(4, "李测试") },
        Entry { job, employer: LONG_EMPLOYER.to_owned(), award, level: None, ..winner(5, LONG_NAME) },
        Entry { employer: "长".repeat(200), ..winner(6, "Christopher-Jonathan Featherstonehaugh Montgomery Wellington") },
    ]
}

/// The summary of `entries`, of a contest with names of usual length.
pub(crate) fn summary(entries: &[Entry]) -> Summary {
    summary_of(&contest("2022年四川省工业机器人系统操作员职业技能竞赛", "四川省工业机器人行业协会"), entries)
}

/// The summary of `entries`.
///
/// # Panics
/// Where a notice in `infra/notices/` is unsound.
pub(crate) fn summary_of(contest: &Contest, entries: &[Entry]) -> Summary {
    let notices = Notices::built_in().expect("notices");
    let summary = Summary::new(notices.general(), contest, entries, date(2022, 7, 8));
    summary.for_application("2022-welding-0001")
}
