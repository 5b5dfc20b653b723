//! 《申报汇总表》 (附件), ready to be drawn or written as a workbook: the rooms `certificate` and `roster` only lay it out.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::intake::contest::Contest;
use crate::intake::entry::Entry;
use crate::notice::{Notice, SummaryCell, SummaryColumn, SummaryHead, SummaryItem};

/// What the stamp of a form begins with: the system and the version of the grammar.
const SCHEME: &str = "SZ2";
/// What stamps began with that held the digest of the roster's file.
const FILE_SCHEME: &str = "SZ1";
/// Hex digits of a SHA-256.
const DIGEST_DIGITS: usize = 64;
/// Digits of the digest that people compare.
const SHOWN_DIGITS: usize = 16;

/// All texts of one summary form. It holds names and full document numbers, so its `Debug` form shows none of them.
#[derive(Clone, PartialEq)]
pub struct Summary {
    /// The form's title.
    pub title: String,
    /// 大赛名称, for the running header.
    pub contest: String,
    /// The lines over the table.
    pub header: Vec<Vec<SummaryLabelled>>,
    /// The columns of the table.
    pub columns: [SummaryColumn; 9],
    /// The winners, in roster order; `rows[r][c]` stands under `columns[c]`.
    pub rows: Vec<[String; 9]>,
    /// What stands before the notes.
    pub notes_label: String,
    /// 备注, under the table.
    pub notes: Vec<String>,
    /// Which roster it was made from.
    pub stamp: SummaryStamp,
}

/// A labelled value over the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryLabelled {
    /// Label, without the colon.
    pub label: String,
    /// The value; empty where it is filled in by hand.
    pub value: String,
    /// Label and value, in mm.
    pub width: f32,
}

impl Summary {
    /// Fills in the notice's form from a checked roster; `made_on` is the day in Asia/Shanghai.
    pub fn new(notice: &Notice, contest: &Contest, entries: &[Entry], made_on: Date) -> Self {
        let form = &notice.summary_form;
        let item = |item: &SummaryItem| SummaryLabelled {
            label: item.label.clone(),
            value: head(item.value, contest, made_on),
            width: item.width,
        };
        let row = |(index, entry): (usize, &Entry)| form.columns.each_ref().map(|c| cell(c.value, notice, contest, index + 1, entry));
        let rows: Vec<[String; 9]> = entries.iter().enumerate().map(row).collect();
        let stamp = SummaryStamp {
            basis: StampBasis::Form,
            application: String::new(),
            digest: form_digest(&contest.name, &contest.organiser, &rows),
            rows: rows.len(),
        };
        Self {
            title: form.title.clone(),
            contest: contest.name.clone(),
            header: form.header.iter().map(|line| line.iter().map(item).collect()).collect(),
            columns: form.columns.clone(),
            rows,
            notes_label: form.notes_label.clone(),
            notes: form.notes.clone(),
            stamp,
        }
    }

    /// The same, with the application's id in its stamp.
    #[must_use]
    pub fn for_application(mut self, application: &str) -> Self {
        application.clone_into(&mut self.stamp.application);
        self
    }

    /// What the QR code on every page holds: no personal data.
    pub fn qr_text(&self) -> String {
        self.stamp.to_string()
    }

    /// What the form says, as a digest: see [`StampBasis::Form`].
    pub fn digest(&self) -> &str {
        &self.stamp.digest
    }

    /// The stamp for people, at the foot of every page.
    pub fn check_line(&self) -> String {
        format!("共 {} 人　选手信息表校验码 {}", self.rows.len(), self.stamp.check_code())
    }
}

/// SHA-256, in hex, of all that the organiser signs for: contest, organiser and the table, each text by its length, so that no two forms
/// are one. What the form does not show (phones, photos) can be put right without a new stamp.
fn form_digest(contest: &str, organiser: &str, rows: &[[String; 9]]) -> String {
    let mut hash = Sha256::new();
    let mut take = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    take("saizheng summary form 2");
    take(contest);
    take(organiser);
    rows.iter().flatten().for_each(|cell| take(cell));
    hex::encode(hash.finalize())
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary").field("contest", &self.contest).field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

fn head(value: SummaryHead, contest: &Contest, made_on: Date) -> String {
    match value {
        SummaryHead::Contest => contest.name.clone(),
        SummaryHead::Organiser => contest.organiser.clone(),
        SummaryHead::MadeOn => made_on.strftime("%Y年%m月%d日").to_string(),
        // Empty: filled in by hand.
        SummaryHead::Address => contest.organiser_contact.address.clone(),
        SummaryHead::Phone => contest.organiser_contact.phone.clone(),
        SummaryHead::Responsible => contest.organiser_contact.responsible.clone(),
        SummaryHead::Handler => contest.organiser_contact.handler.clone(),
    }
}

fn cell(value: SummaryCell, notice: &Notice, contest: &Contest, sequence: usize, entry: &Entry) -> String {
    match value {
        SummaryCell::Sequence => sequence.to_string(),
        SummaryCell::Name => entry.name.reveal().to_owned(),
        SummaryCell::Gender => entry.gender.word().to_owned(),
        SummaryCell::DocumentNumber => entry.document_number.reveal().to_owned(),
        SummaryCell::Employer => entry.employer.clone(),
        SummaryCell::Occupation => match entry.job.as_deref().filter(|job| !job.is_empty()) {
            Some(job) => format!("{}（{job}）", entry.occupation),
            None => entry.occupation.clone(),
        },
        SummaryCell::Level => level(notice, entry.level),
        SummaryCell::Class => contest.class.name().to_owned(),
        SummaryCell::Award => entry.award.clone(),
    }
}

/// 备注1: the level applied for; a specific ability has none (一), so the form repeats the roster's word for it.
fn level(notice: &Notice, digit: Option<u8>) -> String {
    match digit {
        Some(digit) => notice.level_by_digit(digit).map(|level| level.name.clone()).unwrap_or_default(),
        None => notice.specific_ability.level_words.first().cloned().unwrap_or_default(),
    }
}

/// Which roster a summary form was printed from: the stamped paper and the workbook handed in must be the same (五、（一）3
/// and 4). Written `SZ2:<APPLICATION OR NOTHING>:<DIGEST IN HEX>:<number of rows>`, in capitals: a QR code holds these in less room, and
/// its modules are the larger for a scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryStamp {
    /// What the digest is taken of.
    pub basis: StampBasis,
    /// Id of the application; empty where the form was made before there was one.
    pub application: String,
    /// A SHA-256, 64 lower-case hex digits.
    pub digest: String,
    /// Winners on the form.
    pub rows: usize,
}

/// What the digest of a stamp is taken of; the version of its grammar says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampBasis {
    /// `SZ1`: the roster's file, byte by byte.
    RosterFile,
    /// `SZ2`: what the form says of contest, organiser and winners.
    Form,
}

impl StampBasis {
    fn scheme(self) -> &'static str {
        match self {
            Self::RosterFile => FILE_SCHEME,
            Self::Form => SCHEME,
        }
    }
}

impl SummaryStamp {
    /// Reads the text of a scanned QR code.
    ///
    /// # Errors
    /// [`StampError`]; a scan may hold any QR code of the world.
    pub fn parse(text: &str) -> Result<Self, StampError> {
        let (scheme, rest) = text.trim().split_once(':').ok_or(StampError::Foreign)?;
        let basis = [StampBasis::Form, StampBasis::RosterFile].into_iter().find(|basis| basis.scheme() == scheme);
        let basis = basis.ok_or(StampError::Foreign)?;
        // From the right, whatever an id may hold.
        let (rest, rows) = rest.rsplit_once(':').ok_or(StampError::Damaged)?;
        let (application, digest) = rest.rsplit_once(':').ok_or(StampError::Damaged)?;
        if !is_digest(digest) || !rows.bytes().all(|b| b.is_ascii_digit()) {
            return Err(StampError::Damaged);
        }
        let rows = rows.parse().map_err(|_| StampError::Damaged)?;
        Ok(Self { basis, application: application.to_ascii_lowercase(), digest: digest.to_ascii_lowercase(), rows })
    }

    /// Whether the form was printed from a roster: by the SHA-256 of its file, or by the digest of the form that is made of it.
    pub fn matches(&self, file: &str, form: &str) -> bool {
        let digest = match self.basis {
            StampBasis::RosterFile => file,
            StampBasis::Form => form,
        };
        is_digest(digest) && self.digest.eq_ignore_ascii_case(digest)
    }

    /// What people compare: the first 16 digits of the digest, in fours.
    pub fn check_code(&self) -> String {
        check_code(&self.digest)
    }
}

/// The first 16 digits of a digest, in fours, as they stand at the foot of a form.
pub fn check_code(digest: &str) -> String {
    let digits: Vec<char> = digest.chars().take(SHOWN_DIGITS).collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl fmt::Display for SummaryStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (application, digest) = (self.application.to_ascii_uppercase(), self.digest.to_ascii_uppercase());
        write!(f, "{}:{application}:{digest}:{}", self.basis.scheme(), self.rows)
    }
}

impl FromStr for SummaryStamp {
    type Err = StampError;

    fn from_str(text: &str) -> Result<Self, StampError> {
        Self::parse(text)
    }
}

/// Why a scanned text is no stamp of a summary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// Some other QR code.
    #[error("不是申报汇总表的二维码")]
    Foreign,
    /// Begins like one, but its parts do not add up.
    #[error("申报汇总表的二维码内容不完整")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::intake::contest::OrganiserContact;
    use crate::notice::Notices;
    use crate::values::identity::{DocumentKind, DocumentNumber, Gender};
    use crate::values::name::PersonName;
    use crate::values::vocabulary::ContestClass;

    const DIGEST: &str = "3fd789b5a45e64eca59bde728df3f075848aa91aa83e34bffba2302118860ff6";
    const GOLDEN: &str = "53b3253fe0c546dd4075b66e33a9fa53ae216c2b6cd7fd34c32e25da241adb52";

    fn contest() -> Contest {
        Contest {
            name: "某某省焊接职业技能竞赛".to_owned(),
            class: ContestClass::PROVINCIAL_TWO,
            hrss_hosted: false,
            selection_for: None,
            organiser: "某某省焊接协会".to_owned(),
            organiser_body: None,
            committee: "某某省焊接职业技能竞赛组委会".to_owned(),
            jurisdiction: "00".to_owned(),
            year: 2022,
            final_on: date(2022, 5, 1),
            issued_on: date(2022, 6, 20),
            events: vec![],
            organiser_contact: OrganiserContact::default(),
        }
    }

    fn entry(name: &str, job: Option<&str>, level: Option<u8>) -> Entry {
        Entry {
            row: 7,
            name: PersonName::parse(name).expect("name").0,
            gender: Gender::Female,
            document_type: "居民身份证".to_owned(),
            document_kind: crate::values::identity::DocumentKind::Resident,
            document_number: DocumentNumber::parse(DocumentKind::Resident, "11010519491231002X").expect("the published specimen"),
            phone: "13800000000".to_owned(),
            employer: "某某厂".to_owned(),
            occupation: "焊工".to_owned(),
            occupation_code: "6-18-02-04".to_owned(),
            job: job.map(str::to_owned),
            level,
            event: "焊接".to_owned(),
            award: "一等奖/第一名".to_owned(),
            photo: None,
            details: Default::default(),
            by_hand: false,
            rank: None,
            prior: None,
        }
    }

    fn summary(entries: &[Entry]) -> Summary {
        let notices = Notices::built_in().expect("notices");
        Summary::new(notices.general(), &contest(), entries, date(2022, 7, 8))
    }

    #[test]
    fn rows_are_numbered_in_roster_order_and_hold_the_nine_values() {
        let summary = summary(&[entry("张测试", Some("电焊工"), Some(3)), entry("李测试", None, None)]);
        assert_eq!(
            summary.rows[0],
            ["1", "张测试", "女", "11010519491231002X", "某某厂", "焊工（电焊工）", "三级/高级工", "省级二类", "一等奖/第一名"]
        );
        assert_eq!(summary.rows[1][..2], ["2", "李测试"]);
        assert_eq!(summary.rows[1][5..7], ["焊工", "专项职业能力"]);
        let headers = summary.columns.each_ref().map(|column| column.header.as_str());
        assert_eq!(headers, ["序号", "姓名", "性别", "身份证", "工作单位", "申报职业（工种）", "申报等级", "竞赛类别", "奖牌类别/名次"]);
    }

    #[test]
    fn the_header_holds_what_is_known_and_leaves_the_rest_blank() {
        let summary = summary(&[]);
        let items: Vec<(&str, &str)> = summary.header.iter().flatten().map(|i| (i.label.as_str(), i.value.as_str())).collect();
        assert_eq!(
            items,
            [
                ("大赛名称", "某某省焊接职业技能竞赛"),
                ("大赛牵头主办单位名称（盖章）", "某某省焊接协会"),
                ("单位地址", ""),
                ("联系电话", ""),
                ("大赛牵头主办单位负责人", ""),
                ("经办人", ""),
                ("制表日期", "2022年07月08日"),
            ]
        );
        assert_eq!(summary.notes.len(), 3);
    }

    #[test]
    fn the_annexs_head_is_printed_as_given_and_is_no_part_of_what_is_signed_for() {
        let organiser_contact = OrganiserContact {
            address: "成都市样例路 1 号".to_owned(),
            phone: "028-00000000".to_owned(),
            responsible: "负责人甲".to_owned(),
            handler: "经办人乙".to_owned(),
        };
        let contest = Contest { organiser_contact, ..contest() };
        let notices = Notices::built_in().expect("notices");
        let filled = Summary::new(notices.general(), &contest, &[], date(2022, 7, 8));
        let value = |label: &str| filled.header.iter().flatten().find(|item| item.label == label).map(|item| item.value.as_str());
        for (label, expected) in [
            ("单位地址", "成都市样例路 1 号"),
            ("联系电话", "028-00000000"),
            ("大赛牵头主办单位负责人", "负责人甲"),
            ("经办人", "经办人乙"),
        ] {
            assert_eq!(value(label), Some(expected));
        }
        assert_eq!(filled.digest(), summary(&[]).digest(), "a new phone number needs no new stamp");
        let shown = format!("{contest:?}");
        assert!(!shown.contains('甲') && !shown.contains("028"), "{shown}");
    }

    #[test]
    fn a_stamp_is_read_back_and_matches_only_its_roster() {
        let summary = summary(&[entry("张测试", None, Some(3))]);
        let digest = summary.digest().to_owned();
        assert_eq!(summary.qr_text(), format!("SZ2::{}:1", digest.to_uppercase()));
        let summary = summary.for_application("abcdefghijklmnop");
        assert_eq!(summary.qr_text(), format!("SZ2:ABCDEFGHIJKLMNOP:{}:1", digest.to_uppercase()));
        let stamp = SummaryStamp::parse(&summary.qr_text()).expect("a stamp");
        assert_eq!(stamp, summary.stamp);
        assert!(stamp.matches("", &digest) && stamp.matches("", &digest.to_uppercase()));
        assert!(!stamp.matches(&digest, DIGEST) && !stamp.matches("", "") && !stamp.matches("", &digest[..63]));
        assert_eq!(summary.check_line(), format!("共 1 人　选手信息表校验码 {}", stamp.check_code()));
        assert_eq!(check_code(DIGEST), "3fd7 89b5 a45e 64ec");
    }

    /// Papers with it may lie in somebody's drawer.
    #[test]
    fn a_stamp_of_the_first_version_holds_the_file() {
        let stamp = SummaryStamp::parse(&format!("SZ1:2022-abc:{DIGEST}:1")).expect("a stamp");
        assert_eq!((stamp.basis, stamp.application.as_str(), stamp.rows), (StampBasis::RosterFile, "2022-abc", 1));
        assert!(stamp.matches(DIGEST, "") && !stamp.matches("", DIGEST));
    }

    #[test]
    fn a_form_that_says_the_same_has_the_same_digest_and_no_other() {
        let digest = |entries: &[Entry]| summary(entries).digest().to_owned();
        let winner = entry("张测试", Some("电焊工"), Some(3));
        let same = digest(std::slice::from_ref(&winner));
        // Neither is on the form.
        let unseen = Entry { phone: "13900000000".to_owned(), photo: Some("1.jpg".to_owned()), row: 9, ..winner.clone() };
        assert_eq!(digest(&[unseen]), same);
        let moved = Entry { occupation: "焊工（".to_owned(), ..winner.clone() };
        for other in [entry("李测试", Some("电焊工"), Some(3)), entry("张测试", None, Some(3)), moved] {
            assert_ne!(digest(&[other]), same);
        }
        assert_ne!(digest(&[winner.clone(), winner]), same);
        // A golden vector: papers with it are stamped.
        assert_eq!(form_digest("大赛", "协会", &[["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(str::to_owned)]), GOLDEN);
    }

    #[test]
    fn no_personal_data_is_in_the_stamp_or_in_the_debug_form() {
        let summary = summary(&[entry("张测试", None, Some(3))]);
        let shown = format!("{summary:?} {} {}", summary.qr_text(), summary.check_line());
        assert!(!shown.contains("张测试") && !shown.contains("11010519491231002X") && !shown.contains("某某厂"), "{shown}");
    }

    #[test]
    fn other_codes_are_refused() {
        for text in ["", "SZ1", "https://cert.example.cn/v/S000051000000222J00001", "SZ3::00:1"] {
            assert_eq!(SummaryStamp::parse(text), Err(StampError::Foreign), "{text}");
        }
        for text in [format!("SZ1::{DIGEST}"), format!("SZ2::{DIGEST}:+1"), format!("SZ2::{DIGEST}:"), format!("SZ1::{}:1", &DIGEST[1..])] {
            assert_eq!(SummaryStamp::parse(&text), Err(StampError::Damaged), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_stamp_is_read_back(application in "[a-z2-7]{0,16}", rows in 0_usize..100_000, file in proptest::bool::ANY) {
            let basis = if file { StampBasis::RosterFile } else { StampBasis::Form };
            let stamp = SummaryStamp { basis, application, digest: DIGEST.to_owned(), rows };
            prop_assert_eq!(SummaryStamp::parse(&stamp.to_string()), Ok(stamp));
        }

        #[test]
        fn any_text_is_taken_without_panic(text in "(SZ[12]:)?\\PC{0,80}") {
            let _ = SummaryStamp::parse(&text);
        }
    }
}
