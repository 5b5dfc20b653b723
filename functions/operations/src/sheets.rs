//! Blank sheets (三、（二）): the Center receives, assigns, refuses and takes back; each holder asks for some, acknowledges what it was
//! assigned, voids, loses, counts and destroys.

use records::issue::sheets::{Destruction, SheetsError};
use rules::issue::access::Action;
use rules::notice::{Notice, SheetKind};
use rules::numbers::body::BodyCode;
use rules::sheets::serial::Serial;
use rules::sheets::stock::{Book, LedgerEntry, Movement, Requisition, StockError};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::ranges::{Ranges, SerialRange};
use rules::values::text::{MAX_REASON, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// Sheets that are moved or counted.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SheetsRequest {
    /// Kind of sheet, e.g. `skill_level`.
    pub kind: String,
    /// First and last serial of each bundle.
    pub ranges: Vec<(String, String)>,
    /// From whom, or to whom; for a destruction, whose.
    pub holder: Option<IssuingUnit>,
    /// Why, in Chinese; owed wherever sheets are lost to use.
    pub reason: Option<String>,
}

/// The most sheets that are asked for at once.
const MAX_ASKED: u64 = 1_000_000;

/// 申领: a holder asks the Center for sheets.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct AskForSheets {
    /// Kind of sheet.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// What for, in Chinese.
    pub reason: String,
}

/// 不予领用: the Center does not give what a holder asked for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RefuseSheets {
    /// Kind of sheet.
    pub kind: String,
    /// Who asked.
    pub holder: IssuingUnit,
    /// Why not, in Chinese.
    pub reason: String,
}

/// The second signature under a destruction.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ConfirmDestruction {
    /// Kind of sheet.
    pub kind: String,
    /// First and last serial of each bundle that is signed for: those of the proposal, or nothing is destroyed.
    pub ranges: Vec<(String, String)>,
    /// Whose sheets; the account's own, if nobody is named.
    pub holder: Option<IssuingUnit>,
}

/// Whose ledger of what.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichLedger {
    /// Kind of sheet; the notice's first, if none is named.
    pub kind: Option<String>,
    /// The account's own, if nobody is named.
    pub holder: Option<IssuingUnit>,
}

/// A movement of sheets that changes a book at once.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SheetMovement {
    /// 入库: from the printing house.
    Receive,
    /// 领用: to a holder.
    Assign,
    /// 收回: from a holder.
    TakeBack,
    /// 空白作废
    Void,
    /// 空白遗失
    Lose,
    /// 签收 of what was assigned; without ranges, of all of it.
    Acknowledge,
}

/// A book with serials as they are printed.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownBook {
    /// Kind of sheet.
    pub kind: String,
    /// The kind's name in Chinese.
    pub kind_name: String,
    /// Whose book it is.
    pub holder: IssuingUnit,
    /// 在库: first and last serial of each stretch.
    pub on_hand: Vec<(String, String)>,
    /// 在库张数
    pub on_hand_count: u64,
    /// 库存不足: fewer on hand than the notice wants.
    #[serde(default)]
    pub is_low: bool,
    /// That number; 0: nobody is told.
    #[serde(default)]
    pub low_stock: u64,
    /// 待签收: assigned, and not acknowledged yet.
    #[serde(default)]
    pub to_acknowledge: Vec<(String, String)>,
    /// Those of them that are not printed on before (a setting of the notice when they were assigned).
    #[serde(default)]
    pub locked: Vec<(String, String)>,
    /// 申领: what the holder has asked for, and the Center has neither given nor refused.
    #[serde(default)]
    pub asked: Option<Requisition>,
    /// 作废待销毁
    pub to_destroy: Vec<(String, String)>,
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

/// The books that an account may see.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Books {
    /// The account's own; for the Center everybody's.
    pub books: Vec<ShownBook>,
    /// Destructions that wait for their second signature.
    pub to_confirm: Vec<ProposedDestruction>,
    /// Told to the Center only.
    pub registers: Vec<ShownRegister>,
    /// The kinds of sheets that there are, by name in requests and name in words.
    pub kinds: Vec<(String, String)>,
    /// Who may be given sheets, by name in requests and name in words; told to the Center only.
    pub holders: Vec<(IssuingUnit, String)>,
}

/// All sheets of a kind that ever came from the printing house.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownRegister {
    /// Kind of sheet.
    pub kind: String,
    /// Its name on paper.
    pub kind_name: String,
    /// First and last serial of each stretch.
    pub received: Vec<(String, String)>,
}

/// A holder's book and all lines of its ledger.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownLedger {
    /// The kind, as the notice in force has it: how its serials are written.
    pub kind: SheetKind,
    /// The book as it stands.
    pub book: ShownBook,
    /// All lines, the oldest first.
    pub lines: Vec<ShownLine>,
}

/// A line of a ledger, and the hash that ties it to those before it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ChainedLedgerEntry")]
pub struct ShownLine {
    /// The line itself.
    #[serde(flatten)]
    pub entry: LedgerEntry,
    /// SHA-256, in hex.
    pub hash: String,
}

/// 盘点: what was found against what the book says.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Variance {
    /// How many were found.
    pub counted: u64,
    /// How many the book says there are.
    pub on_hand: u64,
    /// 盘亏
    pub missing: Vec<(String, String)>,
    /// 盘盈
    pub surplus: Vec<(String, String)>,
}

/// A destruction that waits for its second signature.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ProposedDestruction {
    /// Kind of sheet.
    pub kind: String,
    /// Whose sheets are to be destroyed.
    pub holder: IssuingUnit,
    /// First and last serial of each stretch.
    pub sheets: Vec<(String, String)>,
    /// Why, in Chinese.
    pub reason: String,
    /// By which account.
    pub first_signature: String,
}

impl ProposedDestruction {
    fn new(kind: &SheetKind, destruction: Destruction) -> Self {
        Self {
            sheets: spans(kind, &destruction.sheets),
            kind: destruction.kind,
            holder: destruction.holder,
            reason: destruction.reason,
            first_signature: destruction.first_signature,
        }
    }
}

impl Operations {
    /// One movement of sheets.
    pub async fn move_sheets(&self, actor: &Actor, movement: SheetMovement, request: SheetsRequest) -> Result<ShownBook, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let (kind, sheets) = read(notice, &request)?;
        let (seat, own) = (notice.notice.seat.as_str(), reviewer_of(actor));
        let store = IssuingUnit::center(seat);
        match movement {
            SheetMovement::Receive | SheetMovement::Assign | SheetMovement::TakeBack => actor.may(Action::Administer { seat })?,
            SheetMovement::Void | SheetMovement::Lose | SheetMovement::Acknowledge => actor.may(Action::Qualify { reviewer: &own })?,
        }
        let line = |movement| self.line(actor, movement, &sheets, &request);
        let reasoned = |movement| reasoned(line(movement));
        let partner = || {
            let holder = request.holder.clone().ok_or_else(|| Refusal::Malformed("未写明持有单位".to_owned()))?;
            if can_be(notice, &holder) { Ok(holder) } else { Err(Refusal::Malformed(format!("没有“{holder}”这样的颁证机构"))) }
        };
        let whose = match movement {
            SheetMovement::Receive => {
                let received = self.cloud.sheets().receive(&kind.kind, &store, line(Movement::Receive)).await;
                received.map_err(|error| refusal(kind, error))?;
                store
            }
            SheetMovement::Assign => {
                let as_taken = if kind.print_before_acknowledged { Movement::Assign } else { Movement::AssignLocked };
                self.hand_over(kind, &store, &partner()?, line(as_taken)).await?
            }
            SheetMovement::TakeBack => self.hand_over(kind, &partner()?, &store, reasoned(Movement::Receive)?).await?,
            SheetMovement::Void => self.enter(kind, own, reasoned(Movement::VoidBlank)?).await?,
            SheetMovement::Lose => self.enter(kind, own, reasoned(Movement::LoseBlank)?).await?,
            SheetMovement::Acknowledge => self.acknowledge(kind, own, line(Movement::Acknowledge)).await?,
        };
        self.show_book(kind, &whose).await
    }

    /// 签收: what the line names, or all that waits.
    async fn acknowledge(&self, kind: &SheetKind, holder: IssuingUnit, line: LedgerEntry) -> Result<IssuingUnit, Refusal> {
        let waiting = self.cloud.sheets().book(&kind.kind, &holder).await?.stock.to_acknowledge;
        let sheets = if line.sheets.is_empty() { waiting } else { line.sheets.clone() };
        if sheets.is_empty() {
            return Err(Refusal::Changed("没有待签收的空白证书：领入的都已签收".to_owned()));
        }
        let entered = self.cloud.sheets().enter_line(&kind.kind, &holder, LedgerEntry { sheets, ..line }).await;
        entered.map_err(|error| match error {
            SheetsError::Stock(StockError::NotThere(others)) => {
                let others = list(kind, &others);
                Refusal::Changed(format!("以下空白证书不是待签收的（已经签收、已经打印，或不是领入的）：{others}"))
            }
            error => refusal(kind, error),
        })?;
        Ok(holder)
    }

    /// 申领: a holder asks for sheets; asked anew, the later request counts.
    pub async fn ask_for_sheets(&self, actor: &Actor, request: AskForSheets) -> Result<ShownBook, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let (kind, own) = (sheet_kind(notice, &request.kind)?, reviewer_of(actor));
        actor.may(Action::Qualify { reviewer: &own })?;
        if own == IssuingUnit::center(&notice.notice.seat) {
            return Err(Refusal::Malformed("省职鉴中心管理空白证书，直接入库，不用申领".to_owned()));
        }
        if !(1..=MAX_ASKED).contains(&request.count) {
            return Err(Refusal::Malformed(format!("申领张数应为 1 到 {MAX_ASKED}")));
        }
        let reason = bounded("申领的事由", &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let reason = match self.cloud.sheets().book(&kind.kind, &own).await?.asked {
            Some(open) => format!("{reason}（代替此前申领、尚未领用的 {} 张）", open.count),
            None => reason.to_owned(),
        };
        let line = LedgerEntry::new(Movement::Ask, Ranges::default(), &actor.subject, self.cloud.clock.now());
        let line = LedgerEntry { asked: Some(request.count), reason: Some(reason), ..line };
        let holder = self.enter(kind, own, line).await?;
        self.show_book(kind, &holder).await
    }

    /// 不予领用, with the reason that the holder is told.
    pub async fn refuse_sheets(&self, actor: &Actor, request: RefuseSheets) -> Result<ShownBook, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        actor.may(Action::Administer { seat: &notice.notice.seat })?;
        let kind = sheet_kind(notice, &request.kind)?;
        let reason = bounded("不予领用的原因", &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let line = LedgerEntry::new(Movement::Refuse, Ranges::default(), &actor.subject, self.cloud.clock.now());
        let holder = self.enter(kind, request.holder, LedgerEntry { reason: Some(reason.to_owned()), ..line }).await?;
        self.show_book(kind, &holder).await
    }

    fn line(&self, actor: &Actor, movement: Movement, sheets: &Ranges, request: &SheetsRequest) -> LedgerEntry {
        let line = LedgerEntry::new(movement, sheets.clone(), &actor.subject, self.cloud.clock.now());
        LedgerEntry { reason: request.reason.clone(), ..line }
    }

    async fn hand_over(&self, kind: &SheetKind, from: &IssuingUnit, to: &IssuingUnit, line: LedgerEntry) -> Result<IssuingUnit, Refusal> {
        if from == to {
            return Err(Refusal::Malformed("转出与转入是同一单位".to_owned()));
        }
        self.cloud.sheets().hand_over(&kind.kind, from, to, line).await.map_err(|error| refusal(kind, error))?;
        Ok(from.clone())
    }

    async fn enter(&self, kind: &SheetKind, holder: IssuingUnit, line: LedgerEntry) -> Result<IssuingUnit, Refusal> {
        self.cloud.sheets().enter_line(&kind.kind, &holder, line).await.map_err(|error| refusal(kind, error))?;
        Ok(holder)
    }

    /// 盘点: what was found against what the book says; what is missing is lost only when somebody says so.
    pub async fn count_sheets(&self, actor: &Actor, request: SheetsRequest) -> Result<Variance, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let (kind, sheets) = read(rulebook.notices.general(), &request)?;
        let holder = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &holder })?;
        let book = self.cloud.sheets().book(&kind.kind, &holder).await?;
        let (missing, surplus) = (book.stock.on_hand.minus(&sheets), sheets.minus(&book.stock.on_hand));
        let variance = Variance {
            counted: sheets.count(),
            on_hand: book.stock.on_hand.count(),
            missing: spans(kind, &missing),
            surplus: spans(kind, &surplus),
        };
        let line = LedgerEntry { missing, surplus, ..self.line(actor, Movement::Count, &sheets, &request) };
        self.enter(kind, holder, line).await?;
        Ok(variance)
    }

    /// The first of two signatures under a destruction.
    pub async fn propose_destruction(&self, actor: &Actor, request: SheetsRequest) -> Result<ProposedDestruction, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let (kind, sheets) = read(rulebook.notices.general(), &request)?;
        let holder = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &holder })?;
        let line = reasoned(self.line(actor, Movement::Destroy, &sheets, &request))?;
        let destruction = Destruction {
            kind: kind.kind.clone(),
            holder,
            sheets,
            reason: line.reason.unwrap_or_default(),
            first_signature: line.operator,
            signed_at: line.at,
        };
        self.cloud.sheets().propose_destruction(&destruction).await.map_err(|error| refusal(kind, error))?;
        Ok(ProposedDestruction::new(kind, destruction))
    }

    /// The second one (监督人), by another account.
    pub async fn confirm_destruction(&self, actor: &Actor, request: ConfirmDestruction) -> Result<ShownBook, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let kind = sheet_kind(rulebook.notices.general(), &request.kind)?;
        let holder = self.whose(actor, request.holder, &rulebook.notices.general().notice.seat)?;
        let proposed = self.cloud.sheets().destruction(&kind.kind, &holder).await?;
        let proposed = proposed.ok_or_else(|| Refusal::Changed("没有等待监督人确认的销毁".to_owned()))?;
        if proposed.sheets != numbers(kind, &request.ranges)? {
            let waiting = list(kind, &proposed.sheets);
            return Err(Refusal::Changed(format!("等待监督人确认的是 {waiting}，与所签的号段不同，请核对后再签")));
        }
        let now = self.cloud.clock.now();
        self.cloud.sheets().confirm_destruction(&proposed, &actor.subject, now).await.map_err(|error| refusal(kind, error))?;
        self.show_book(kind, &holder).await
    }

    /// The actor's own books; for the Center everybody's.
    pub async fn books(&self, actor: &Actor) -> Result<Books, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let own = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &own })?;
        let all = actor.may(Action::Administer { seat: &notice.notice.seat }).is_ok();
        let (mut books, mut registers, mut to_confirm) = (Vec::new(), Vec::new(), Vec::new());
        for kind in &notice.sheet_kinds {
            let found =
                if all { self.cloud.sheets().books(&kind.kind).await? } else { vec![self.cloud.sheets().book(&kind.kind, &own).await?] };
            books.extend(found.into_iter().map(|book| (kind, book)));
            let proposed = self.cloud.sheets().destructions(&kind.kind).await?;
            to_confirm.extend(proposed.into_iter().filter(|one| all || one.holder == own).map(|one| ProposedDestruction::new(kind, one)));
            if all {
                let received = spans(kind, &self.cloud.sheets().register(&kind.kind).await?.received);
                registers.push(ShownRegister { kind: kind.kind.clone(), kind_name: kind.name.clone(), received });
            }
        }
        let kinds = notice.sheet_kinds.iter().map(|kind| (kind.kind.clone(), kind.name.clone())).collect();
        let holders = if all { self.other_holders(notice, &own).await? } else { Vec::new() };
        Ok(Books { books: books.iter().map(|(kind, book)| shown(kind, book)).collect(), to_confirm, registers, kinds, holders })
    }

    /// The centers of the other jurisdictions, and the filed bodies.
    async fn other_holders(&self, notice: &Notice, own: &IssuingUnit) -> Result<Vec<(IssuingUnit, String)>, Refusal> {
        let bodies = self.cloud.bodies().all().await?;
        let bodies = bodies.into_iter().map(|body| (IssuingUnit::body(&body.code.to_string()), body.name));
        let centers = notice.jurisdictions.iter().map(|one| (IssuingUnit::center(&one.code), one.name.clone()));
        Ok(centers.chain(bodies).filter(|(unit, _)| unit != own).collect())
    }

    /// The ledger (台账) of a holder.
    pub async fn ledger(&self, actor: &Actor, which: WhichLedger) -> Result<ShownLedger, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.general();
        let kind = match which.kind {
            Some(kind) => sheet_kind(notice, &kind)?,
            None => notice.sheet_kinds.first().ok_or(Refusal::NotFound)?,
        };
        let holder = self.whose(actor, which.holder, &notice.notice.seat)?;
        let book = self.cloud.sheets().book(&kind.kind, &holder).await?;
        let lines = self.cloud.sheets().ledger(&kind.kind, &holder).await?;
        let lines = lines.into_iter().map(|line| ShownLine { entry: line.entry, hash: line.hash }).collect();
        Ok(ShownLedger { kind: kind.clone(), book: shown(kind, &book), lines })
    }

    /// The holder that is named, if it is the actor's to see; the actor itself, if none is.
    fn whose(&self, actor: &Actor, named: Option<IssuingUnit>, seat: &str) -> Result<IssuingUnit, Refusal> {
        let own = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &own })?;
        match named {
            Some(other) if other != own => {
                actor.may(Action::Administer { seat })?;
                Ok(other)
            }
            _ => Ok(own),
        }
    }

    async fn show_book(&self, kind: &SheetKind, holder: &IssuingUnit) -> Result<ShownBook, Refusal> {
        Ok(shown(kind, &self.cloud.sheets().book(&kind.kind, holder).await?))
    }
}

/// The kind and the numbers of sheets that are spoken of.
fn read<'n>(notice: &'n Notice, request: &SheetsRequest) -> Result<(&'n SheetKind, Ranges), Refusal> {
    let kind = sheet_kind(notice, &request.kind)?;
    let sheets = numbers(kind, &request.ranges).map_err(|refusal| of_another_kind(notice, kind, request).unwrap_or(refusal))?;
    Ok((kind, sheets))
}

/// That the serials are those of another kind, where they are.
fn of_another_kind(notice: &Notice, asked: &SheetKind, request: &SheetsRequest) -> Option<Refusal> {
    let is_meant = |kind: &&SheetKind| kind.kind != asked.kind && numbers(kind, &request.ranges).is_ok();
    let meant = notice.sheet_kinds.iter().find(is_meant)?;
    Some(Refusal::Malformed(format!("这是“{}”的流水号，不是“{}”的：请选这一种空白证书（{}）", meant.name, asked.name, meant.kind)))
}

/// A line that owes a reason.
fn reasoned(line: LedgerEntry) -> Result<LedgerEntry, Refusal> {
    match line.reason.as_deref().map(str::trim) {
        Some(reason) if !reason.is_empty() => Ok(line),
        _ => Err(Refusal::Malformed("须写明原因".to_owned())),
    }
}

fn sheet_kind<'n>(notice: &'n Notice, name: &str) -> Result<&'n SheetKind, Refusal> {
    notice.sheet_kind(name).ok_or_else(|| Refusal::Malformed("没有这种空白证书".to_owned()))
}

/// The number of a serial.
pub(crate) fn number(kind: &SheetKind, serial: &str) -> Result<u64, Refusal> {
    Serial::parse(kind, serial).map(|(_, number)| number).map_err(|error| Refusal::Malformed(error.to_string()))
}

/// The number of the top sheet of a stack; [`Refusal::Malformed`] where the type is printed without serials.
pub(crate) fn top_sheet(kind: Option<&SheetKind>, serial: Option<&str>) -> Result<Option<u64>, Refusal> {
    match (kind, serial) {
        (_, None) => Ok(None),
        (Some(kind), Some(serial)) => number(kind, serial).map(Some),
        (None, Some(_)) => Err(Refusal::Malformed("这种证书没有编有流水号的空白证书，不用写最上面一张的流水号".to_owned())),
    }
}

/// A number as the serial it stands for.
pub(crate) fn serial(kind: &SheetKind, number: u64) -> String {
    Serial::new(kind, number).map(|serial| serial.to_string()).unwrap_or_default()
}

fn numbers(kind: &SheetKind, ranges: &[(String, String)]) -> Result<Ranges, Refusal> {
    let mut stretches: Vec<SerialRange> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        let (first, last) = (number(kind, first)?, number(kind, last)?);
        if first > last {
            return Err(Refusal::Malformed("起号大于止号".to_owned()));
        }
        if stretches.iter().any(|known| known.first <= last && first <= known.last) {
            return Err(Refusal::Malformed("同一号码写了两次".to_owned()));
        }
        stretches.push(SerialRange::new(first, last));
    }
    Ok(stretches.into())
}

/// First and last serial of each stretch, as they are printed on sheets of that kind.
pub fn spans(kind: &SheetKind, sheets: &Ranges) -> Vec<(String, String)> {
    sheets.stretches().iter().map(|stretch| (serial(kind, stretch.first), serial(kind, stretch.last))).collect()
}

fn shown(kind: &SheetKind, book: &Book) -> ShownBook {
    let stock = &book.stock;
    ShownBook {
        kind: kind.kind.clone(),
        kind_name: kind.name.clone(),
        holder: book.holder.clone(),
        on_hand: spans(kind, &stock.on_hand),
        on_hand_count: stock.on_hand.count(),
        is_low: stock.on_hand.count() < kind.low_stock,
        low_stock: kind.low_stock,
        to_acknowledge: spans(kind, &stock.to_acknowledge),
        locked: spans(kind, &stock.locked),
        asked: book.asked.clone(),
        to_destroy: spans(kind, &stock.to_destroy),
        received: stock.received,
        printed: stock.printed,
        voided: stock.voided,
        lost: stock.lost,
        handed_over: stock.handed_over,
        destroyed: stock.destroyed,
    }
}

/// The first stretches of them, for a message.
fn list(kind: &SheetKind, sheets: &Ranges) -> String {
    let span = |(first, last): (String, String)| if first == last { first } else { format!("{first}–{last}") };
    spans(kind, sheets).into_iter().take(5).map(span).collect::<Vec<_>>().join("、")
}

/// What the operator is told.
pub(crate) fn refusal<'k>(kind: impl Into<Option<&'k SheetKind>>, error: SheetsError) -> Refusal {
    let kind = kind.into();
    let list = |sheets: &Ranges| kind.map_or_else(String::new, |kind| list(kind, sheets));
    Refusal::Changed(match error {
        SheetsError::ReceivedBefore(sheets) => format!("以下号段已登记入库，不能重复入库：{}", list(&sheets)),
        SheetsError::NoSheets { count } => {
            format!(
                "从该号起在库空白证书不足 {count} 张：请核对最上面一张的流水号；确实不够的，先备足空白证书（省职鉴中心入库、领用，颁证机构申领、签收）"
            )
        }
        SheetsError::Stock(StockError::NotThere(sheets)) => format!("以下流水号不在库存中，不能这样处理：{}", list(&sheets)),
        SheetsError::Stock(StockError::There(sheets)) => format!("以下流水号已在库存中：{}", list(&sheets)),
        SheetsError::Stock(StockError::NotPrinted(printed)) => format!("已打印的只有 {printed} 张"),
        SheetsError::Stock(StockError::NotAcknowledged(sheets)) => {
            format!("以下空白证书待签收，签收（saizheng sheets acknowledge）后才能打印：{}", list(&sheets))
        }
        SheetsError::Stock(StockError::NothingAsked) => "该单位没有待办的申领".to_owned(),
        SheetsError::Stock(error @ StockError::Unwritable(_)) => {
            return Refusal::Records(records::RecordsError::Corrupt(error.to_string()));
        }
        SheetsError::SameSignature => "销毁须由两人签字，监督人不能是提出销毁的人".to_owned(),
        SheetsError::NotPrinted if kind.is_none() => {
            "证书没有按批打印过，不用补发：它的 PDF 可以再取回、再打印；要按批打印的，请先打印".to_owned()
        }
        SheetsError::NotPrinted => "证书尚未打印".to_owned(),
        SheetsError::AllPrinted(_) if kind.is_none() => "证书已全部生成打印文件，没有另外打印；个别证书要重印，请用补发".to_owned(),
        SheetsError::AllPrinted(sheets) => {
            format!("证书已打印在 {} 上，没有另外打印；个别证书要换纸重印，请用补发或作废空白证书", list(&sheets))
        }
        SheetsError::PrintedSince => "其后的证书已另行补打，不能整体顺移，请逐张补发".to_owned(),
        SheetsError::Records(records::RecordsError::Conflict) => "空白证书库存或申报刚被他人变动，请重试".to_owned(),
        SheetsError::Records(error) => return error.into(),
    })
}

/// Whether there can be such an issuing unit: the Center of one of the notice's jurisdictions, or a body with a code of 二、（二）2.
fn can_be(notice: &Notice, holder: &IssuingUnit) -> bool {
    match holder.as_str().split_once('-') {
        Some(("center", jurisdiction)) => notice.jurisdiction(jurisdiction).is_some(),
        Some(("body", code)) => BodyCode::parse(&notice.code, code).is_ok(),
        _ => false,
    }
}
