//! Blank sheets in a holder's hands (三、（二）): what there is, what became of the rest, and the ledger (台账) of both.
//!
//! A sheet is in one place at any time: on hand (在库), printed (已打印), voided (作废; until it is destroyed 待销毁),
//! lost (遗失), or handed over to somebody else (转出). Its number is never used again.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::issue::application::ApplicationId;
use crate::numbers::code::CertificateCode;
use crate::values::chain::{Chained, Head};
use crate::values::party::IssuingUnit;
use crate::values::ranges::Ranges;

/// What can be done with sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// 入库: from the printing house, or from another holder.
    Receive,
    /// 转出: assigned to a holder, or taken back from one.
    HandOver,
    /// 打印: a certificate is printed on each.
    Print,
    /// 退印: taken for a run that jammed, never printed on, on hand again.
    Unprint,
    /// 作废 of blank sheets.
    VoidBlank,
    /// 作废 of sheets that were printed on.
    VoidPrinted,
    /// 遗失 of blank sheets.
    LoseBlank,
    /// 遗失 of sheets that were printed on.
    LosePrinted,
    /// 销毁 of voided sheets, by two signatures.
    Destroy,
    /// 盘点: counted; moves nothing.
    Count,
    /// 申领: the holder asks the Center for sheets; moves nothing.
    Ask,
    /// 不予领用: the Center does not give what was asked for; moves nothing.
    Refuse,
    /// 领入: assigned by the Center, to be acknowledged (签收).
    Assign,
    /// 领入 of sheets that are not printed on before they are acknowledged.
    AssignLocked,
    /// 签收 of sheets that were assigned.
    Acknowledge,
}

impl Movement {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Receive,
        Self::HandOver,
        Self::Print,
        Self::Unprint,
        Self::VoidBlank,
        Self::VoidPrinted,
        Self::LoseBlank,
        Self::LosePrinted,
        Self::Destroy,
        Self::Count,
        Self::Ask,
        Self::Refuse,
        Self::Assign,
        Self::AssignLocked,
        Self::Acknowledge,
    ];

    /// Whether it says something without any sheets.
    pub fn speaks_for_itself(self) -> bool {
        matches!(self, Self::Count | Self::Ask | Self::Refuse)
    }

    /// The word in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Self::Receive => "入库",
            Self::HandOver => "转出",
            Self::Print => "打印",
            Self::Unprint => "退印",
            Self::VoidBlank => "空白作废",
            Self::VoidPrinted => "已印作废",
            Self::LoseBlank => "空白遗失",
            Self::LosePrinted => "已印遗失",
            Self::Destroy => "销毁",
            Self::Count => "盘点",
            Self::Ask => "申领",
            Self::Refuse => "不予领用",
            Self::Assign => "领入",
            Self::AssignLocked => "领入（签收后可用）",
            Self::Acknowledge => "签收",
        }
    }
}

/// The sheets of one kind in one holder's hands. Sheets that left it for good are counted; where each went stands in
/// the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stock {
    /// 在库
    pub on_hand: Ranges,
    /// 作废待销毁
    pub to_destroy: Ranges,
    /// 待签收: assigned, on hand, and not acknowledged yet.
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub to_acknowledge: Ranges,
    /// Those of them that are not printed on before.
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub locked: Ranges,
    /// 累计入库
    pub received: u64,
    /// 已打印, and not voided or lost since.
    pub printed: u64,
    /// 累计作废, destroyed ones included.
    pub voided: u64,
    /// 累计遗失
    pub lost: u64,
    /// 累计转出
    pub handed_over: u64,
    /// 累计销毁
    pub destroyed: u64,
}

/// Why a movement is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// Some of the sheets are not where the movement takes them from.
    #[error("these sheets are not there to be moved: {0:?}")]
    NotThere(Ranges),
    /// Some of the sheets received are there already.
    #[error("these sheets are there already: {0:?}")]
    There(Ranges),
    /// More printed sheets than there are.
    #[error("only {0} sheets are printed")]
    NotPrinted(u64),
    /// Some of the sheets are not printed on before the holder acknowledges them.
    #[error("these sheets are to be acknowledged first: {0:?}")]
    NotAcknowledged(Ranges),
    /// There is no open request for sheets that could be refused.
    #[error("no sheets were asked for")]
    NothingAsked,
    /// The line cannot be written as JSON: a defect.
    #[error("a ledger line cannot be written: {0}")]
    Unwritable(String),
}

impl Stock {
    /// The stock after a movement of `sheets`. That printed sheets are printed is for the caller to know: which
    /// certificate lies on which sheet stands in the runs.
    pub fn after(&self, movement: Movement, sheets: &Ranges) -> Result<Self, StockError> {
        let mut next = self.clone();
        let count = sheets.count();
        match movement {
            Movement::Receive | Movement::Assign | Movement::AssignLocked => {
                next.on_hand = added(&self.on_hand, sheets)?;
                next.received += count;
            }
            Movement::HandOver => {
                next.on_hand = taken(&self.on_hand, sheets)?;
                next.handed_over += count;
            }
            Movement::Print => {
                next.on_hand = taken(&self.on_hand, sheets)?;
                next.printed += count;
            }
            Movement::Unprint => {
                next.on_hand = added(&self.on_hand, sheets)?;
                next.printed = self.less_printed(count)?;
            }
            Movement::VoidBlank => {
                next.on_hand = taken(&self.on_hand, sheets)?;
                next.to_destroy = added(&self.to_destroy, sheets)?;
                next.voided += count;
            }
            Movement::VoidPrinted => {
                next.printed = self.less_printed(count)?;
                next.to_destroy = added(&self.to_destroy, sheets)?;
                next.voided += count;
            }
            Movement::LoseBlank => {
                next.on_hand = taken(&self.on_hand, sheets)?;
                next.lost += count;
            }
            Movement::LosePrinted => {
                next.printed = self.less_printed(count)?;
                next.lost += count;
            }
            Movement::Destroy => {
                next.to_destroy = taken(&self.to_destroy, sheets)?;
                next.destroyed += count;
            }
            Movement::Acknowledge => next.to_acknowledge = taken(&self.to_acknowledge, sheets)?,
            Movement::Count | Movement::Ask | Movement::Refuse => {}
        }
        next.acknowledgement(self, movement, sheets)?;
        Ok(next)
    }

    /// What is still to be acknowledged after the movement: what was assigned, until it is acknowledged or not on hand any more.
    fn acknowledgement(&mut self, before: &Self, movement: Movement, sheets: &Ranges) -> Result<(), StockError> {
        if movement == Movement::Print {
            let locked = sheets.minus(&sheets.minus(&before.locked));
            if !locked.is_empty() {
                return Err(StockError::NotAcknowledged(locked));
            }
        }
        if matches!(movement, Movement::Assign | Movement::AssignLocked) {
            self.to_acknowledge = self.to_acknowledge.plus(sheets);
        }
        if movement == Movement::AssignLocked {
            self.locked = self.locked.plus(sheets);
        }
        self.to_acknowledge = within(&self.to_acknowledge, &self.on_hand);
        self.locked = within(&self.locked, &self.to_acknowledge);
        Ok(())
    }

    fn less_printed(&self, count: u64) -> Result<u64, StockError> {
        self.printed.checked_sub(count).ok_or(StockError::NotPrinted(self.printed))
    }

    /// The identity of the ledger: received = on hand + printed + voided + lost + handed over, and
    /// voided = to be destroyed + destroyed.
    pub fn balances(&self) -> bool {
        self.received == self.on_hand.count() + self.printed + self.voided + self.lost + self.handed_over
            && self.voided == self.to_destroy.count() + self.destroyed
    }
}

fn taken(from: &Ranges, sheets: &Ranges) -> Result<Ranges, StockError> {
    let absent = sheets.minus(from);
    if absent.is_empty() { Ok(from.minus(sheets)) } else { Err(StockError::NotThere(absent)) }
}

/// Those of the sheets that are among others.
fn within(sheets: &Ranges, others: &Ranges) -> Ranges {
    sheets.minus(&sheets.minus(others))
}

fn added(to: &Ranges, sheets: &Ranges) -> Result<Ranges, StockError> {
    let rest = sheets.minus(to);
    if rest.count() == sheets.count() { Ok(to.plus(sheets)) } else { Err(StockError::There(sheets.minus(&rest))) }
}

/// A line of the ledger: who moved which sheets, why, and how many were on hand after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerEntry {
    /// Kind of sheet.
    pub kind: String,
    /// Whose ledger.
    pub holder: IssuingUnit,
    /// Number of the entry in this ledger, from 1.
    pub number: u64,
    /// The moment of the change.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub operator: String,
    /// What was done.
    pub movement: Movement,
    /// With which sheets.
    pub sheets: Ranges,
    /// From whom, or to whom; none for the printing house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<IssuingUnit>,
    /// For which application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationId>,
    /// The certificate on the sheet, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CertificateCode>,
    /// The reason that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who signed besides the operator (销毁: 监督人).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_signature: Option<String>,
    /// How many sheets were asked for (申领).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// On hand in the books and not found (盘亏).
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub missing: Ranges,
    /// Found and not on hand in the books (盘盈).
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub surplus: Ranges,
    /// 结存: on hand after it.
    pub on_hand: u64,
}

impl LedgerEntry {
    /// A movement of sheets by an account; [`Book::enter`] fills in the rest.
    pub fn new(movement: Movement, sheets: Ranges, operator: &str, at: Timestamp) -> Self {
        Self {
            kind: String::new(),
            holder: IssuingUnit::center(""),
            number: 0,
            at,
            operator: operator.to_owned(),
            movement,
            sheets,
            counterpart: None,
            application: None,
            code: None,
            reason: None,
            second_signature: None,
            asked: None,
            missing: Ranges::default(),
            surplus: Ranges::default(),
            on_hand: 0,
        }
    }
}

/// 申领: sheets that a holder asked for, until the Center has assigned as many or refuses the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requisition {
    /// Its line in the holder's ledger.
    pub line: u64,
    /// How many are still to be given.
    pub count: u64,
    /// What for, in Chinese.
    pub reason: String,
    /// When.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub operator: String,
}

impl Requisition {
    /// What is open after a line of the ledger. What is asked later takes the place of what was asked before.
    ///
    /// # Errors
    /// [`StockError::NothingAsked`] where the line refuses what nobody asked for.
    pub fn after(open: Option<Self>, line: &LedgerEntry) -> Result<Option<Self>, StockError> {
        let LedgerEntry { number, at, operator, reason, asked, .. } = line;
        match line.movement {
            Movement::Ask => Ok(Some(Self {
                line: *number,
                count: asked.unwrap_or(0),
                reason: reason.clone().unwrap_or_default(),
                at: *at,
                operator: operator.clone(),
            })),
            Movement::Refuse if open.is_none() => Err(StockError::NothingAsked),
            Movement::Refuse => Ok(None),
            Movement::Assign | Movement::AssignLocked => Ok(open.and_then(|open| open.less(line.sheets.count()))),
            _ => Ok(open),
        }
    }

    /// What is still to be given after so many; none where that is all.
    fn less(self, given: u64) -> Option<Self> {
        let count = self.count.saturating_sub(given);
        (count > 0).then_some(Self { count, ..self })
    }
}

/// The stock of a holder, and the end of its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    /// Kind of sheet.
    pub kind: String,
    /// Who has the sheets in hand.
    pub holder: IssuingUnit,
    /// What there is.
    pub stock: Stock,
    /// What the holder has asked the Center for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Requisition>,
    /// The end of the chain of its lines.
    pub ledger: Head,
}

impl Book {
    /// An empty one.
    pub fn new(kind: &str, holder: &IssuingUnit) -> Self {
        Self { kind: kind.to_owned(), holder: holder.clone(), stock: Stock::default(), asked: None, ledger: Head::default() }
    }

    /// Enters a line: moves the sheets, and fills in number, holder and balance. The book stays as it is if they cannot move.
    pub fn enter(&mut self, line: LedgerEntry) -> Result<Chained<LedgerEntry>, StockError> {
        let stock = self.stock.after(line.movement, &line.sheets)?;
        let entry = LedgerEntry {
            kind: self.kind.clone(),
            holder: self.holder.clone(),
            number: self.ledger.count + 1,
            on_hand: stock.on_hand.count(),
            ..line
        };
        let asked = Requisition::after(self.asked.clone(), &entry)?;
        let (ledger, line) = self.ledger.append(entry).map_err(|error| StockError::Unwritable(error.to_string()))?;
        (self.stock, self.asked, self.ledger) = (stock, asked, ledger);
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::values::ranges::SerialRange;

    fn sheets(first: u64, last: u64) -> Ranges {
        SerialRange::new(first, last).into()
    }

    proptest! {
        /// Whatever is tried, the ledger balances, and an impossible movement changes nothing.
        #[test]
        fn section_3_2_received_is_the_sum_of_where_the_sheets_are(
            moves in proptest::collection::vec((0_usize..Movement::ALL.len(), 1_u64..40, 0_u64..8), 1..60)
        ) {
            let mut stock = Stock::default();
            for (which, first, more) in moves {
                if let Ok(next) = stock.after(Movement::ALL[which], &sheets(first, first + more)) {
                    stock = next;
                }
                prop_assert!(stock.balances(), "{stock:?}");
                prop_assert!(stock.to_acknowledge.minus(&stock.on_hand).is_empty() && stock.locked.minus(&stock.to_acknowledge).is_empty());
            }
        }
    }

    #[test]
    fn section_3_2_what_was_assigned_is_to_be_acknowledged_and_may_be_locked_until_then() {
        let open = Stock::default().after(Movement::Assign, &sheets(1, 10)).expect("new");
        assert_eq!(open.to_acknowledge, sheets(1, 10));
        let printed = open.after(Movement::Print, &sheets(1, 4)).expect("may be printed on");
        assert_eq!(printed.to_acknowledge, sheets(5, 10), "what is printed is in use");
        let signed = printed.after(Movement::Acknowledge, &sheets(5, 10)).expect("waits");
        assert!(signed.to_acknowledge.is_empty() && signed.on_hand == sheets(5, 10));
        assert_eq!(signed.after(Movement::Acknowledge, &sheets(5, 5)), Err(StockError::NotThere(sheets(5, 5))));
        let locked = signed.after(Movement::AssignLocked, &sheets(21, 30)).expect("new");
        assert_eq!(locked.after(Movement::Print, &sheets(20, 21)), Err(StockError::NotThere(sheets(20, 20))));
        assert_eq!(locked.after(Movement::Print, &sheets(21, 22)), Err(StockError::NotAcknowledged(sheets(21, 22))));
        let back = locked.after(Movement::HandOver, &sheets(29, 30)).expect("may be taken back");
        let signed = back.after(Movement::Acknowledge, &sheets(21, 28)).expect("waits");
        assert!(signed.locked.is_empty() && signed.after(Movement::Print, &sheets(21, 22)).is_ok());
    }

    #[test]
    fn section_3_2_what_is_asked_for_is_open_until_it_is_given_or_refused() {
        let mut book = Book::new("skill_level", &IssuingUnit::body("S000051010123"));
        let line = |movement, sheets| LedgerEntry::new(movement, sheets, "somebody", Timestamp::UNIX_EPOCH);
        let ask =
            |count| LedgerEntry { asked: Some(count), reason: Some("新增赛项".to_owned()), ..line(Movement::Ask, Ranges::default()) };
        assert_eq!(book.enter(line(Movement::Refuse, Ranges::default())).map(|_| ()), Err(StockError::NothingAsked));
        book.enter(ask(100)).expect("asked");
        book.enter(ask(200)).expect("asked anew");
        assert_eq!(book.asked.as_ref().map(|open| (open.line, open.count)), Some((2, 200)));
        book.enter(line(Movement::Refuse, Ranges::default())).expect("refused");
        assert_eq!(book.asked, None);
        book.enter(ask(5)).expect("asked");
        book.enter(line(Movement::Assign, sheets(1, 2))).expect("some are given");
        assert_eq!(book.asked.as_ref().map(|open| (open.line, open.count)), Some((4, 3)), "the rest is still owed");
        book.enter(line(Movement::Assign, sheets(3, 5))).expect("given");
        assert_eq!((book.asked, book.stock.to_acknowledge.count()), (None, 5));
    }

    #[test]
    fn sheets_that_are_not_on_hand_cannot_be_printed_on() {
        let stock = Stock::default().after(Movement::Receive, &sheets(1, 10)).expect("new");
        let stock = stock.after(Movement::Print, &sheets(1, 4)).expect("on hand");
        assert_eq!(stock.after(Movement::Print, &sheets(3, 12)), Err(StockError::NotThere(vec![(3, 4).into(), (11, 12).into()].into())));
        assert_eq!(stock.after(Movement::VoidPrinted, &sheets(1, 5)), Err(StockError::NotPrinted(4)));
        assert_eq!(stock.after(Movement::Receive, &sheets(10, 11)), Err(StockError::There(sheets(10, 10))));
    }
}
