//! Rows, counts, batches and result lists, on made-up people.

use encoding_rs::GB18030;
use jiff::civil::date;

use super::*;
use crate::catalogue::Catalogues;
use crate::notice::Notices;
use crate::values::date::written_day;
use crate::values::identity::{DocumentKind, DocumentNumber, Gender};
use crate::values::name::PersonName;
use crate::values::party::Applicant;
use crate::values::vocabulary::{BatchKind, CertificateType, ContestClass, PublicationField};

struct Publication {
    notices: Notices,
    catalogues: Catalogues,
    contest: Contest,
}

impl Publication {
    fn open() -> Self {
        let contest = Contest {
            name: "样例大赛".into(),
            class: ContestClass::PROVINCIAL_ONE,
            hrss_hosted: true,
            selection_for: None,
            organiser: "样例协会".into(),
            organiser_body: None,
            committee: "样例大赛组委会".into(),
            jurisdiction: "00".into(),
            year: 2022,
            final_on: date(2022, 5, 28),
            issued_on: date(2022, 6, 20),
            events: Vec::new(),
            organiser_contact: Default::default(),
        };
        Self { notices: Notices::built_in().expect("notices"), catalogues: Catalogues::built_in().expect("catalogues"), contest }
    }

    fn notice(&self) -> &Notice {
        self.notices.general()
    }

    fn rule(&self) -> &PublicationRule {
        self.notice().publication.as_ref().expect("the rule")
    }

    fn sheet(&self, rows: &[PublicationRow], certificate_type: CertificateType, title: &str) -> PublicationSheet {
        let head = BatchHead { body: "样例中心", kind: BatchKind::New, certificate_type, title };
        PublicationSheet::new(self.notice(), self.rule(), rows.to_vec(), head)
    }

    fn made(&self, entry: &Entry, number: Option<&str>, sealed_by: Option<&str>) -> Result<PublicationRow, Finding> {
        let by = IssuedBy { certificate_type: CertificateType::SkillLevel, issuing_body: "样例大赛组委会", sealed_by };
        let award = Award { contest: &self.contest, entry, by, number, issued_on: None };
        PublicationRow::new(self.rule(), &self.catalogues.document_types, &award)
    }

    fn row(&self, sequence: u32, change: impl FnOnce(&mut Entry)) -> PublicationRow {
        let mut entry = entry();
        change(&mut entry);
        let number = format!("S000051009999223J{sequence:05}");
        self.made(&entry, Some(&number), Some("四川省职业技能鉴定指导中心")).expect("a row")
    }

    fn compared(&self, kind: BatchKind, rows: &[PublicationRow], list: &[u8]) -> Comparison {
        let list = ResultList::read(self.rule(), list).expect("a list");
        list.compare(self.notice(), self.rule(), &self.catalogues.document_types, kind, rows)
    }

    fn unread(&self, list: &[u8]) -> String {
        ResultList::read(self.rule(), list).expect_err("unreadable").message
    }
}

fn entry() -> Entry {
    Entry {
        row: 2,
        name: PersonName::parse("张测试").expect("a name").0,
        gender: Gender::Male,
        document_type: "居民身份证".into(),
        document_kind: crate::values::identity::DocumentKind::Resident,
        document_number: DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("a specimen"),
        phone: "13800000000".into(),
        employer: "四川样例机械有限公司".into(),
        occupation: "车工".into(),
        occupation_code: "6-18-01-01".into(),
        job: Some("数控车工".into()),
        level: Some(3),
        event: "数控车".into(),
        award: "金奖/第1名".into(),
        rank: None,
        prior: None,
        photo: None,
        details: Default::default(),
        by_hand: false,
    }
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The batch as a list shows it, in UTF-8.
fn shown(publication: &Publication, rows: &[PublicationRow]) -> String {
    let line = |cells: Vec<&str>| format!("{}\r\n", cells.join(","));
    let header = line(publication.rule().columns.iter().map(|column| column.header.as_str()).collect());
    let lines = rows.iter().map(|row| line(publication.rule().columns.iter().map(|column| row.get(column.field)).collect()));
    header + &lines.collect::<String>()
}

#[test]
fn the_eleven_columns_are_in_the_order_of_the_national_sheet() {
    let publication = Publication::open();
    let headers: Vec<&str> = publication.rule().columns.iter().map(|column| column.header.as_str()).collect();
    let expected = [
        "姓名",
        "证件类型",
        "证件号码",
        "所在单位",
        "职业名称",
        "工种名称",
        "职业技能等级",
        "证书编号",
        "发证日期",
        "评价机构",
        "发证机构",
    ];
    assert_eq!(headers, expected);
    for (at, field) in PublicationField::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, at, "cells are found by the discriminant");
    }
}

/// The line is the one that the spreadsheet program or the editor shows, whatever its line breaks are and however many lines are blank.
#[test]
fn a_finding_of_a_list_names_the_line_that_a_person_sees() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |_| {})];
    let list = shown(&publication, &rows);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3);
    let other_name = lines[2].replace("张测试", "李测试");
    for line_break in ["\r\n", "\n"] {
        for blank in [0, 2] {
            let blanks = vec![""; blank];
            let text = [&[lines[0]], &blanks[..], &[lines[1], &other_name, ""]].concat().join(line_break);
            let found = publication.compared(BatchKind::New, &rows, text.as_bytes()).findings;
            let name = found.iter().find(|finding| finding.message.contains("姓名")).expect("another name");
            assert_eq!(name.place.row, Some(u32::try_from(3 + blank).expect("small")), "{line_break:?} {blank}");
        }
    }
}

#[test]
fn a_row_has_codes_digits_and_other_for_no_employer() {
    let publication = Publication::open();
    let row = publication.row(1, |entry| {
        entry.employer = " ".into();
        entry.job = None;
    });
    let cells: Vec<&str> = PublicationField::ALL.into_iter().map(|field| row.get(field)).collect();
    let expected = [
        "张测试",
        "201",
        "11010519491231002X",
        "其他",
        "车工",
        "",
        "3",
        "S000051009999223J00001",
        "2022-06-20",
        "样例大赛组委会",
        "四川省职业技能鉴定指导中心",
    ];
    assert_eq!(cells, expected);
    let own = publication.made(&entry(), Some("S000051010123223J00001"), None).expect("a row");
    assert_eq!((own.get(PublicationField::Evaluator), own.get(PublicationField::Issuer)), ("样例大赛组委会", "样例大赛组委会"));
    assert!(!format!("{row:?}").contains("张测试"), "personal data");
}

#[test]
fn what_has_no_number_or_no_code_is_refused() {
    let publication = Publication::open();
    assert_eq!(publication.made(&entry(), None, None).expect_err("no number").code, FindingCode::PublicationNumberMissing);
    let soldier = Entry { document_type: "军官证".into(), ..entry() };
    let refused = publication.made(&soldier, Some("S000051009999223J00001"), None).expect_err("no code");
    assert_eq!((refused.code, refused.clause.as_deref()), (FindingCode::PublicationDocumentType, Some("五、（三）")));
}

#[test]
fn the_form_counts_by_occupation_job_and_level() {
    let publication = Publication::open();
    let rows = [
        publication.row(1, |_| {}),
        publication.row(2, |_| {}),
        publication.row(3, |entry| entry.level = Some(2)),
        publication.row(4, |entry| {
            entry.occupation = "中式烹调师".into();
            entry.job = None;
        }),
    ];
    let title = publication.rule().title_of("样例中心", BatchKind::New, rows.len(), "00001");
    assert_eq!(title, "样例中心（新增4条，00001）");
    let sheet = publication.sheet(&rows, CertificateType::SkillLevel, &title);
    let counts: Vec<(&str, &str, &str, u32)> =
        sheet.form.counts.iter().map(|c| (c.occupation.as_str(), c.job.as_str(), c.level.as_str(), c.count)).collect();
    let expected = [("中式烹调师", "", "三级/高级工", 1), ("车工", "数控车工", "二级/技师", 1), ("车工", "数控车工", "三级/高级工", 2)];
    assert_eq!((counts.as_slice(), sheet.form.total.1), (expected.as_slice(), 4));
    assert_eq!(sheet.form.fields[5], ("数据类型".to_owned(), "新增".to_owned()));
}

#[test]
fn the_form_is_called_after_the_type_of_its_certificates() {
    let publication = Publication::open();
    let titled = |certificate_type| publication.sheet(&[], certificate_type, "").form.title;
    assert_eq!(titled(CertificateType::SkillLevel), "职业技能等级证书数据审核确认表");
    assert_eq!(titled(CertificateType::SpecificAbility), "专项职业能力证书数据审核确认表");
}

#[test]
fn who_applies_differs_by_certificate_type() {
    let publication = Publication::open();
    let who = |certificate_type| publication.rule().applicant_of(certificate_type).map(|rule| rule.applicant.word());
    assert_eq!(who(CertificateType::SkillLevel), Some("颁证机构"));
    assert_eq!(who(CertificateType::SpecificAbility), Some("省级竞赛牵头主办单位"));
    assert_eq!(who(CertificateType::Qualification), None, "五、（三） speaks of the other two");
}

#[test]
fn a_list_that_shows_the_batch_confirms_it_however_it_is_written() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |entry| entry.job = None)];
    let text = shown(&publication, &rows);
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let (gb, _, broken) = GB18030.encode(&text);
    assert!(!broken);
    let words = text.replace(",201,", ",居民身份证,").replace(",3,", ",三级/高级工,").replace("2022-06-20", "2022年6月20日");
    let masked = text.replace("11010519491231002X", "110105********002X").replace(",,3", ",--,3");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for list in [text.as_bytes(), &marked, &gb, words.as_bytes(), masked.as_bytes(), &utf16] {
        let compared = publication.compared(BatchKind::New, &rows, list);
        assert_eq!((compared.findings, compared.matched, compared.compared.len()), (vec![], 2, 11));
    }
    let some = "证书编码,姓名,多余的列\nS000051009999223J00001,张测试,x\n'S000051009999223J00002, 张测试 ,y\n";
    let compared = publication.compared(BatchKind::New, &rows, some.as_bytes());
    assert_eq!((compared.confirms(), compared.compared), (true, vec!["证书编号".to_owned(), "姓名".to_owned()]));
}

#[test]
fn what_is_missing_different_or_surplus_is_said_without_personal_data() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |_| {}), publication.row(3, |_| {}), publication.row(4, |_| {})];
    let lines = [
        "S000051009999223J00001,张厕试,3,11010519491231002X",
        "S000051009999223J00002,张测试,二级,1.10105E+17",
        "S000051009999223J00004,张测试,3,11010519491231002X",
        "S000051009999223J00004,张测试,3,11010519491231002X",
        "S000051009999223J99999,李样例,3,11010519491231002X",
    ];
    let list = format!("证书编号,姓名,职业技能等级,证件号码\n{}\n", lines.join("\n"));
    let compared = publication.compared(BatchKind::New, &rows, list.as_bytes());
    let expected = [
        "PUBLICATION_DIFFERS",
        "PUBLICATION_DIFFERS",
        "PUBLICATION_DIFFERS",
        "PUBLICATION_MISSING",
        "PUBLICATION_TWICE",
        "PUBLICATION_SURPLUS",
    ];
    assert_eq!(codes(&compared.findings), expected);
    let said: Vec<String> = compared.findings.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("result.csv第 2 行：S000051009999223J00001 的姓名与申报的不同"), "{}", said[0]);
    assert!(said[1].contains("职业技能等级为“二级”，申报的是“3”"), "{}", said[1]);
    assert!(said[2].contains("科学计数法"), "{}", said[2]);
    assert!(said[3].contains("publication.xlsx「Sheet1」H4：查询结果中没有 S000051009999223J00003"), "{}", said[3]);
    assert!(said.iter().all(|said| !said.contains("张") && !said.contains("李") && !said.contains("110105")), "personal data");
    assert!(!compared.confirms() && compared.matched == 0);
}

#[test]
fn the_list_of_another_batch_confirms_nothing_and_surplus_alone_does_not_hold_it_up() {
    let publication = Publication::open();
    let (rows, others) = ([publication.row(1, |_| {})], [publication.row(7, |_| {}), publication.row(8, |_| {})]);
    let compared = publication.compared(BatchKind::New, &rows, shown(&publication, &others).as_bytes());
    assert_eq!(codes(&compared.findings), ["PUBLICATION_MISSING", "PUBLICATION_SURPLUS", "PUBLICATION_SURPLUS"]);
    assert!(!compared.confirms());
    let more = publication.compared(BatchKind::New, &rows, shown(&publication, &[rows[0].clone(), others[0].clone()]).as_bytes());
    assert!(more.confirms() && codes(&more.findings) == ["PUBLICATION_SURPLUS"]);
}

#[test]
fn a_revocation_is_confirmed_by_absence() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |_| {})];
    assert!(publication.compared(BatchKind::Revocation, &rows, "证书编号,姓名\n".as_bytes()).confirms());
    let still = publication.compared(BatchKind::Revocation, &rows, shown(&publication, &rows[1..]).as_bytes());
    assert_eq!(codes(&still.findings), ["PUBLICATION_STILL_SHOWN"]);
    assert_eq!(still.matched, 1);
}

#[test]
fn a_list_that_cannot_be_read_says_why() {
    let publication = Publication::open();
    assert!(publication.unread(b"").contains("表头中没有“证书编号”"));
    assert!(publication.unread("证书编号,等级\n".as_bytes()).contains("表头中没有“姓名”"));
    assert!(publication.unread("证书编号,姓名,证书编码\n".as_bytes()).contains("“证书编号”出现了两次"));
    assert!(publication.unread(&[0xFF, 0xFF, 0x80, 0xFF]).contains("GB18030"));
}

#[test]
fn thousands_of_findings_are_counted_not_listed() {
    let publication = Publication::open();
    let rows: Vec<PublicationRow> = (1..=1500).map(|n| publication.row(n, |_| {})).collect();
    let compared = publication.compared(BatchKind::New, &rows, "证书编号,姓名\n".as_bytes());
    assert_eq!(compared.findings.len(), 1001);
    assert!(compared.findings[1000].message.contains("另有 500 处"));
}

#[test]
fn a_batch_notices_what_was_revoked_corrected_or_recoded_since() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |_| {}), publication.row(3, |_| {})];
    assert_eq!(changed_since(publication.rule(), BatchKind::New, &rows, &rows), []);
    let renamed = publication.row(2, |entry| entry.name = PersonName::parse("张更正").expect("a name").0);
    let now = [rows[0].clone(), renamed, publication.row(4, |_| {})];
    let found = changed_since(publication.rule(), BatchKind::New, &rows, &now);
    assert_eq!(codes(&found), ["PUBLICATION_CHANGED", "PUBLICATION_REVOKED", "PUBLICATION_CHANGED"]);
    assert!(found[1].message.starts_with("S000051009999223J00003 "));
    assert_eq!(codes(&changed_since(publication.rule(), BatchKind::Correction, &rows[..1], &now)), Vec::<&str>::new());
    assert_eq!(changed_since(publication.rule(), BatchKind::Revocation, &rows, &now), []);
}

#[test]
fn what_is_outstanding_is_what_the_site_shows_otherwise() {
    let publication = Publication::open();
    let rows = [publication.row(1, |_| {}), publication.row(2, |_| {}), publication.row(3, |_| {})];
    let mut published = Published::default();
    published.enter(BatchKind::New, rows.clone());
    assert_eq!(published.outstanding(&rows), Outstanding::default());
    // 2 corrected, 3 recoded as 4.
    let corrected = publication.row(2, |entry| entry.employer = "另一单位".into());
    let now = [rows[0].clone(), corrected.clone(), publication.row(4, |_| {})];
    let outstanding = published.outstanding(&now);
    assert_eq!(outstanding.corrections, [corrected, publication.row(4, |_| {})]);
    assert_eq!(outstanding.revocations, [rows[2].clone()]);
    published.enter(BatchKind::Correction, outstanding.corrections);
    published.enter(BatchKind::Revocation, outstanding.revocations);
    assert_eq!(published.outstanding(&now), Outstanding::default());
}

#[test]
fn a_batch_goes_one_way_or_back() {
    use BatchState::{Applied, Confirmed, Returned, Reviewed, Uploaded};
    let all = [Applied, Reviewed, Uploaded, Confirmed, Returned];
    let possible: Vec<(BatchState, BatchState)> =
        all.into_iter().flat_map(|from| all.map(|to| (from, to))).filter(|(from, to)| from.may_become(*to)).collect();
    let expected =
        [(Applied, Reviewed), (Applied, Returned), (Reviewed, Uploaded), (Reviewed, Returned), (Uploaded, Confirmed), (Uploaded, Returned)];
    assert_eq!(possible, expected);
}

#[test]
fn applicants_are_what_claims_can_be() {
    for sound in ["center-00", "body-S000051010123", "unit-unit-1"] {
        assert_eq!(Applicant::parse(sound).as_ref().map(Applicant::as_str), Some(sound));
    }
    for strange in ["", "center", "center-", "auditor-1", "unit-a/b", "unit-单位"] {
        assert_eq!(Applicant::parse(strange), None, "{strange}");
    }
}

#[test]
fn dates_are_read_in_their_usual_forms() {
    for text in ["2022-06-20", "2022/6/20", "2022年6月20日", "20220620", "2022-06-20 00:00:00"] {
        assert_eq!(written_day(text), Some(date(2022, 6, 20)), "{text}");
    }
    for text in ["", "2022-13-01", "44732", "6/20/2022"] {
        assert_eq!(written_day(text), None, "{text}");
    }
}
