//! 五、（四） hand-out: the organiser collects a lot from its issuing body and gives each winner the certificate.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogues;
use crate::intake::entry::Entry;
use crate::issue::allocation::{Allocation, Stage};
use crate::issue::application::ApplicationId;
use crate::notice::{HandOutRules, ListCell, ListColumn, Notice};
use crate::values::identity::{DocumentNumber, Mask};
use crate::values::lot::LotName;
use crate::values::party::IssuingUnit;
use crate::values::text::bounded;
use crate::values::vocabulary::{CertificateType, Field};

/// The longest text that is typed in (a name, a remark), in characters.
pub const MAX_TEXT: usize = 50;
/// Winners of one request: with the audit entry and the application they fit into one transaction of 100 actions.
pub const MAX_WINNERS: usize = 90;

impl HandOutRules {
    /// The row of the `number`-th winner (from 1).
    pub fn row(&self, number: usize, winner: &ListedWinner<'_>, mask: &Mask) -> Vec<String> {
        let cell = |column: &ListColumn| match column.value {
            ListCell::Sequence => number.to_string(),
            ListCell::Name => winner.entry.name.reveal().to_owned(),
            ListCell::DocumentNumber => winner.entry.document_number.masked_by(mask),
            ListCell::Occupation => winner.entry.occupation.clone(),
            ListCell::Job => winner.entry.job.clone().unwrap_or_default(),
            ListCell::Level => winner.level.to_owned(),
            ListCell::Code => winner.code.to_owned(),
            ListCell::Serial => winner.serial.clone(),
            ListCell::Signature | ListCell::CollectedOn => String::new(),
            ListCell::Remark if winner.revoked => "已注销，不发放".to_owned(),
            ListCell::Remark => String::new(),
        };
        self.columns.iter().map(cell).collect()
    }

    /// The list's title, for certificates of a type.
    pub fn title_of(&self, notice: &Notice, certificate_type: CertificateType) -> String {
        self.title.replace("{certificate}", notice.type_rule(certificate_type).map_or("", |rule| &rule.name))
    }

    /// What stands under the list's last row, for certificates of a type.
    pub fn signatures_of(&self, notice: &Notice, certificate_type: CertificateType) -> &str {
        let of_others = self.signatures_of_others.as_deref().filter(|_| !notice.prints(certificate_type));
        of_others.unwrap_or(&self.signatures)
    }

    /// How many days it has waited, if that is longer than it should.
    pub fn overdue(&self, since: Date, today: Date) -> Option<u32> {
        let days = u32::try_from(days_between(since, today)).ok()?;
        (days > self.remind_after_days).then_some(days)
    }
}

/// The day on which the organiser collected a lot.
pub fn collected_on(lot: &Allocation, collections: &[Collection]) -> Option<Date> {
    let collection = collections.iter().find(|collection| collection.lot() == lot.lot()).map(|collection| collection.on);
    collection.or_else(|| lot.reached_on(Stage::HandedOut))
}

/// Days from one date to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until((Unit::Day, to)).map_or(0, |span| span.get_days())
}

/// Why a hand-out is not entered. The texts are for the user, and hold no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandOutError {
    /// The lot has not been published yet.
    #[error("这批证书尚未信息上网，不能领取；请先登记“已上网”")]
    NotPublished,
    /// A lot of certificates that others issue has not been archived yet.
    #[error("这批登记的证书尚未存档，不能领取；请先由审核单位存档")]
    NotArchived,
    /// The lot has not been collected yet.
    #[error("这批证书尚未由牵头主办单位领取，不能登记发给选手；请先由颁证机构登记领取")]
    NotCollected,
    /// There is nothing to collect.
    #[error("这批没有可领取的证书")]
    Empty,
    /// A day to come.
    #[error("日期 {0} 晚于今天，请核对")]
    Future(Date),
    /// Before what must have come first.
    #[error("日期 {day} 早于{what} {limit}，请核对")]
    TooEarly {
        /// The day given.
        day: Date,
        /// What came first.
        what: &'static str,
        /// When that was.
        limit: Date,
    },
    /// A text that is empty, too long or of several lines.
    #[error("{0}应为 1 到 {MAX_TEXT} 个字，不含换行")]
    Text(&'static str),
    /// The code is not one of the application's, or no longer counts.
    #[error("{0} 不是这份申报的有效证书，请核对编码或编号")]
    Unknown(String),
    /// The code is named twice.
    #[error("{0} 写了两次")]
    Twice(String),
    /// It is entered already, otherwise.
    #[error("{0} 已登记发放，内容不同；如登记有误，请先写明原因撤回")]
    Entered(String),
    /// There is nothing to take back.
    #[error("{0} 没有发放登记，无需撤回")]
    NotEntered(String),
}

/// A text somebody typed in: without outer spaces, of one line, not too long.
pub fn typed<'t>(what: &'static str, text: &'t str) -> Result<&'t str, HandOutError> {
    bounded(what, text, MAX_TEXT).map_err(|_| HandOutError::Text(what))
}

/// A day between what came first and today.
pub fn day_in(day: Date, (what, limit): (&'static str, Date), today: Date) -> Result<Date, HandOutError> {
    if day > today {
        return Err(HandOutError::Future(day));
    }
    if day < limit {
        return Err(HandOutError::TooEarly { day, what, limit });
    }
    Ok(day)
}

/// What whoever came for a lot showed of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorDocument {
    /// 证件类型, as the roster's list has it.
    pub kind: String,
    /// 证件号码; shown masked.
    pub number: DocumentNumber,
}

impl CollectorDocument {
    /// As it was typed: the type by its name or a synonym of the roster's column.
    ///
    /// # Errors
    /// What is wrong with it, in Chinese; without the number.
    pub fn read(notice: &Notice, catalogues: &Catalogues, kind: &str, number: &str) -> Result<Self, String> {
        let column = notice.roster.columns.iter().find(|column| column.field == Field::DocumentType);
        let name = column.and_then(|column| column.choice(kind)).unwrap_or_else(|| kind.trim());
        let known = catalogues.document_types.get(name).ok_or_else(|| {
            let names = column.map_or_else(String::new, |column| column.choices.join("、"));
            format!("没有“{}”这种证件；可写：{names}", kind.trim().chars().take(20).collect::<String>())
        })?;
        let number = DocumentNumber::parse(known.kind, number).map_err(|error| format!("不是有效的{name}号码：{error}"))?;
        Ok(Self { kind: name.to_owned(), number })
    }
}

/// A lot as the organiser collected it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// The application.
    pub collection_of: ApplicationId,
    /// Whose certificates.
    pub reviewer: IssuingUnit,
    /// Of which type they are.
    pub certificate_type: CertificateType,
    /// On which day.
    pub on: Date,
    /// 经办人: who came for the organiser.
    pub collector: String,
    /// The document that they showed, where it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<CollectorDocument>,
    /// 备注
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Number of the audit entry that it was last entered with; its list is drawn under it.
    pub number: u64,
    /// The position after the last certificate.
    pub end: u32,
    /// Positions of certificates that were revoked by then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<u32>,
    /// When it was entered.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

impl fmt::Debug for Collection {
    // It holds a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection").field("of", &self.collection_of).field("reviewer", &self.reviewer).finish_non_exhaustive()
    }
}

impl Collection {
    /// Which lot of the application it is.
    pub fn lot(&self) -> LotName {
        LotName::new(&self.reviewer, self.certificate_type)
    }

    /// The positions it covers, in order.
    pub fn positions(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.end).filter(|position| !self.without.contains(position))
    }

    /// How many certificates.
    pub fn count(&self) -> u32 {
        self.end - u32::try_from(self.without.range(..self.end).count()).unwrap_or(0)
    }
}

/// The stage that a lot of such certificates is collected from: published (五、（三）), or archived where others issue and publish them
/// (二、（一）).
pub fn stage_before(notice: &Notice, certificate_type: CertificateType) -> Stage {
    if notice.prints(certificate_type) { Stage::Published } else { Stage::Archived }
}

/// Whether a lot may be collected: it has come far enough, and has certificates.
pub fn collectable(notice: &Notice, lot: &Allocation) -> Result<(), HandOutError> {
    let before = stage_before(notice, lot.certificate_type);
    if lot.stage() < Some(before) {
        return Err(if before == Stage::Archived { HandOutError::NotArchived } else { HandOutError::NotPublished });
    }
    if active_positions(notice, lot).next().is_none() {
        return Err(HandOutError::Empty);
    }
    Ok(())
}

/// The position after a lot's last certificate in the hand-out. Certificates that others issue have no position of ours: theirs are
/// in the order of their rows.
pub fn end(notice: &Notice, lot: &Allocation) -> u32 {
    if notice.prints(lot.certificate_type) { lot.end() } else { lot.recorded }
}

/// The positions of a lot's certificates that count.
pub fn active_positions(notice: &Notice, lot: &Allocation) -> impl Iterator<Item = u32> {
    (0..end(notice, lot)).filter(|position| !lot.withdrawn.contains(position))
}

/// The positions of certificates that others issue, by their rows; none in a lot of ours.
pub fn positions_of_rows(notice: &Notice, lot: &Allocation) -> BTreeMap<u32, u32> {
    let rows = (!notice.prints(lot.certificate_type)).then(|| lot.rows_recorded());
    rows.into_iter().flatten().zip(0..).collect()
}

/// That a winner has the certificate.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOut {
    /// The certificate: its code, or the number that others had given it by then.
    pub number: String,
    /// Its place in the lot ([`positions_of_rows`] where others issue it).
    pub position: u32,
    /// On which day.
    pub on: Date,
    /// Who took it, where that was not the winner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collector: Option<String>,
    /// 备注: a waybill's number, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// When it was entered.
    pub at: Timestamp,
    /// By which account.
    pub by: String,
}

impl fmt::Debug for HandOut {
    // It may hold a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOut").field("number", &self.number).field("on", &self.on).finish_non_exhaustive()
    }
}

impl HandOut {
    /// Whether it says the same, of the certificate at the same place, whoever entered it when.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.on, &self.collector, &self.remark) == (other.on, &other.collector, &other.remark)
    }
}

/// Where a certificate is in its application: in which lot, at which position ([`positions_of_rows`] where others issue it).
pub type Place = (LotName, u32);

/// What a request changes: what is entered anew, and what is taken back and why.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Hand-outs that were not entered yet.
    pub entered: Vec<(LotName, HandOut)>,
    /// Hand-outs that were entered and are no longer.
    pub taken_back: Vec<(LotName, HandOut, String)>,
}

impl Changes {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.entered.is_empty() && self.taken_back.is_empty()
    }
}

/// What somebody wants to be entered of one certificate of a lot.
#[derive(Debug, Clone, PartialEq)]
pub enum HandOutRequest {
    /// It was handed out.
    Enter(LotName, HandOut),
    /// It was not, after all.
    TakeBack {
        /// Which certificate.
        place: Place,
        /// The number that it is known by.
        number: String,
        /// Why.
        reason: String,
    },
}

impl HandOutRequest {
    fn place(&self) -> Place {
        match self {
            Self::Enter(lot, hand_out) => (lot.clone(), hand_out.position),
            Self::TakeBack { place, .. } => place.clone(),
        }
    }

    fn number(&self) -> &str {
        match self {
            Self::Enter(_, hand_out) => &hand_out.number,
            Self::TakeBack { number, .. } => number,
        }
    }
}

/// Compares the requests with what is known: what is entered already in the same words needs nothing, in other words it must
/// be taken back first.
pub fn changes(requests: Vec<HandOutRequest>, known: &HashMap<Place, HandOut>) -> Result<Changes, HandOutError> {
    let (mut changes, mut seen) = (Changes::default(), BTreeSet::new());
    for request in requests {
        let place = request.place();
        let known = known.get(&place);
        if !seen.insert(place) {
            return Err(HandOutError::Twice(request.number().to_owned()));
        }
        match (request, known) {
            (HandOutRequest::Enter(lot, hand_out), None) => changes.entered.push((lot, hand_out)),
            (HandOutRequest::Enter(_, hand_out), Some(entered)) if entered.says_the_same(&hand_out) => {}
            (HandOutRequest::Enter(_, hand_out), Some(_)) => return Err(HandOutError::Entered(hand_out.number)),
            (HandOutRequest::TakeBack { place: (lot, _), reason, .. }, Some(entered)) => {
                changes.taken_back.push((lot, entered.clone(), reason));
            }
            (HandOutRequest::TakeBack { number, .. }, None) => return Err(HandOutError::NotEntered(number)),
        }
    }
    Ok(changes)
}

/// The list that a lot is handed over with (领取清单): the organiser signs at its foot, each winner in a row.
#[derive(Clone, PartialEq)]
pub struct HandOutList {
    /// The list's title.
    pub title: String,
    /// Of which contest, from whom to whom; a line each.
    pub about: Vec<String>,
    /// The columns.
    pub columns: Vec<ListColumn>,
    /// A cell for each column.
    pub rows: Vec<Vec<String>>,
    /// Under the last row.
    pub signatures: String,
}

/// A certificate in the list.
#[derive(Debug, Clone)]
pub struct ListedWinner<'a> {
    /// The winner's row.
    pub entry: &'a Entry,
    /// 证书编码, or the number that others gave it.
    pub code: &'a str,
    /// 等级, as printed.
    pub level: &'a str,
    /// 流水号, if it lies on a sheet.
    pub serial: String,
    /// Whether it was revoked since.
    pub revoked: bool,
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use jiff::civil::date;

    use super::*;
    use crate::issue::allocation::{LaterNumber, Milestone, NumberOrigin, PrefixRange};
    use crate::notice::{Notice, Notices};
    use crate::numbers::body::BodyCode;
    use crate::numbers::code::{CertificateCode, CodePrefix};

    fn notice() -> Notice {
        Notices::built_in().expect("built in").general().clone()
    }

    #[test]
    fn a_collectors_document_is_read_as_a_rosters_and_shown_masked() {
        let (notice, catalogues) = (notice(), Catalogues::built_in().expect("catalogues"));
        let read = |kind: &str, number: &str| CollectorDocument::read(&notice, &catalogues, kind, number);
        let document = read("身份证", " 11010519491231002x").expect("the published specimen");
        assert_eq!((document.kind.as_str(), document.number.reveal()), ("居民身份证", "11010519491231002X"));
        assert!(!format!("{document:?}").contains("19491231"));
        assert!(read("工作证", "1").expect_err("unknown").contains("可写：居民身份证"));
        let wrong = read("居民身份证", "110105194912310021").expect_err("its check digit does not agree");
        assert!(wrong.contains("不是有效的居民身份证号码") && !wrong.contains("19491231"), "{wrong}");
    }

    fn prefix(notice: &Notice) -> CodePrefix {
        let body = BodyCode::parse(&notice.code, "S000051009999").expect("a body");
        CodePrefix::new(&notice.code, &body, 2022, &notice.levels[2])
    }

    fn code(notice: &Notice, number: u32) -> CertificateCode {
        prefix(notice).code(&notice.code, NonZeroU32::new(number).expect("a number")).expect("in range")
    }

    fn lot(notice: &Notice, stages: &[Stage]) -> Allocation {
        Allocation {
            of: ApplicationId::from_bits(1),
            reviewer: IssuingUnit::center("00"),
            certificate_type: CertificateType::SkillLevel,
            plan: String::new(),
            roster_version: String::new(),
            review: String::new(),
            refused: 0,
            ranges: vec![PrefixRange { prefix: prefix(notice), first: NonZeroU32::MIN, count: 3 }],
            numbered: 3,
            recorded: 0,
            recorded_rows: Default::default(),
            decided_at: Timestamp::UNIX_EPOCH,
            decided_by: "someone".to_owned(),
            later: Vec::new(),
            withdrawn: BTreeSet::new(),
            milestones: stages
                .iter()
                .map(|stage| Milestone { stage: *stage, at: Timestamp::UNIX_EPOCH, by: "someone".to_owned() })
                .collect(),
        }
    }

    fn hand_out(notice: &Notice, number: u32, on: Date) -> HandOut {
        let code = code(notice, number).to_string();
        HandOut {
            number: code,
            position: number - 1,
            on,
            collector: None,
            remark: None,
            at: Timestamp::UNIX_EPOCH,
            by: "someone".to_owned(),
        }
    }

    #[test]
    fn clause_5_4_only_a_published_lot_is_collected() {
        let notice = notice();
        assert_eq!(collectable(&notice, &lot(&notice, &[])), Err(HandOutError::NotPublished));
        assert_eq!(collectable(&notice, &lot(&notice, &[Stage::Archived])), Err(HandOutError::NotPublished));
        let mut published = lot(&notice, &[Stage::Archived, Stage::Published]);
        assert_eq!(collectable(&notice, &published), Ok(()));
        published.withdrawn = [0, 1, 2].into();
        assert_eq!(collectable(&notice, &published), Err(HandOutError::Empty));
        let (replaces, code, prefix) = (code(&notice, 1), code(&notice, 4), prefix(&notice));
        let origin = NumberOrigin::Replaces { replaces, prefix, sequence: NonZeroU32::MIN };
        published.later.push(LaterNumber { code, origin });
        assert_eq!(active_positions(&notice, &published).collect::<Vec<_>>(), [3], "a successor has the position after the numbered ones");
    }

    #[test]
    fn clause_2_1_certificates_that_others_issue_are_collected_when_they_are_archived_and_stand_in_the_order_of_their_rows() {
        let notice = notice();
        let others = |stages: &[Stage]| {
            let recorded_rows = [3_u64, 5].into_iter().collect();
            let certificate_type = CertificateType::Qualification;
            Allocation { certificate_type, ranges: Vec::new(), numbered: 0, recorded: 2, recorded_rows, ..lot(&notice, stages) }
        };
        assert_eq!(collectable(&notice, &others(&[])), Err(HandOutError::NotArchived));
        let archived = others(&[Stage::Archived]);
        assert_eq!(collectable(&notice, &archived), Ok(()));
        assert_eq!(active_positions(&notice, &archived).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(positions_of_rows(&notice, &archived), BTreeMap::from([(3, 0), (5, 1)]));
        assert_eq!(positions_of_rows(&notice, &lot(&notice, &[])), BTreeMap::new());
    }

    #[test]
    fn waiting_is_overdue_after_the_day_of_the_setting() {
        let rules = HandOutRules { remind_after_days: 30, ..notice().hand_out };
        assert_eq!(rules.overdue(date(2022, 6, 1), date(2022, 7, 1)), None);
        assert_eq!(rules.overdue(date(2022, 6, 1), date(2022, 7, 2)), Some(31));
        assert_eq!(rules.overdue(date(2022, 6, 1), date(2022, 5, 1)), None);
    }

    #[test]
    fn the_same_again_changes_nothing_and_other_words_need_a_taking_back() {
        let notice = notice();
        let day = date(2022, 7, 1);
        let name = LotName::new(&IssuingUnit::center("00"), CertificateType::SkillLevel);
        let known = HashMap::from([((name.clone(), 0), hand_out(&notice, 1, day))]);
        let enter = |number, on| HandOutRequest::Enter(name.clone(), hand_out(&notice, number, on));
        let both = changes(vec![enter(1, day), enter(2, day)], &known).expect("sound");
        assert_eq!((both.entered.len(), both.taken_back.len()), (1, 0));
        assert!(changes(vec![enter(1, day)], &known).expect("sound").is_empty());
        let text = |number| code(&notice, number).to_string();
        assert_eq!(changes(vec![enter(1, date(2022, 7, 2))], &known), Err(HandOutError::Entered(text(1))));
        assert_eq!(changes(vec![enter(2, day), enter(2, day)], &known), Err(HandOutError::Twice(text(2))));
        let back = |number: u32| HandOutRequest::TakeBack {
            place: (name.clone(), number - 1),
            number: text(number),
            reason: "登记有误".to_owned(),
        };
        assert_eq!(changes(vec![back(1)], &known).expect("sound").taken_back.len(), 1);
        assert_eq!(changes(vec![back(2)], &known), Err(HandOutError::NotEntered(text(2))));
        // The same position of another lot is another certificate.
        let other = LotName::new(&IssuingUnit::center("00"), CertificateType::Qualification);
        let elsewhere = HandOutRequest::Enter(other, hand_out(&notice, 1, date(2022, 7, 2)));
        assert_eq!(changes(vec![elsewhere], &known).expect("sound").entered.len(), 1);
    }

    #[test]
    fn what_is_typed_in_is_one_short_line_and_days_lie_between_what_came_first_and_today() {
        assert_eq!(typed("经办人", "  赵样例 "), Ok("赵样例"));
        for odd in ["", " ", "两\n行", "长".repeat(MAX_TEXT + 1).as_str()] {
            assert_eq!(typed("经办人", odd), Err(HandOutError::Text("经办人")), "{odd}");
        }
        let (issued, today) = (("发证日期", date(2022, 6, 20)), date(2022, 7, 1));
        assert!(day_in(date(2022, 6, 20), issued, today).is_ok());
        assert!(day_in(date(2022, 6, 19), issued, today).is_err_and(|error| error.to_string().contains("早于发证日期")));
        assert_eq!(day_in(date(2022, 7, 2), issued, today), Err(HandOutError::Future(date(2022, 7, 2))));
    }

    #[test]
    fn no_name_stands_in_a_debug_form() {
        let entered = HandOut { collector: Some("赵样例".to_owned()), ..hand_out(&notice(), 1, date(2022, 7, 1)) };
        assert!(!format!("{entered:?}").contains("赵样例"));
    }
}
