//! Blank sheets (三、（二）): the Center receives, assigns and takes back; each holder voids, loses, counts and destroys.

use lambda_http::http::StatusCode;
use records::sheets::{Destruction, SheetsError};
use rules::access::{Action, Actor};
use rules::application::Reviewer;
use rules::chain::Chained;
use rules::notice::{Notice, SheetKind};
use rules::sheet::Serial;
use rules::stock::{Book, LedgerEntry, Movement, Ranges, StockError, Stretch};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::Api;
use crate::decisions::reviewer_of;
use crate::reply::{Answer, Refusal, json_reply};

/// Sheets that are moved or counted.
#[derive(Deserialize)]
pub(crate) struct Sheets {
    kind: String,
    /// First and last serial of each bundle.
    ranges: Vec<(String, String)>,
    /// From whom, or to whom; for a destruction, whose.
    holder: Option<Reviewer>,
    reason: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Confirmation {
    kind: String,
    holder: Option<Reviewer>,
}

/// A book with serials as they are printed.
#[derive(Serialize)]
struct ShownBook<'a> {
    kind: &'a str,
    kind_name: &'a str,
    holder: &'a Reviewer,
    on_hand: Vec<(String, String)>,
    on_hand_count: u64,
    to_destroy: Vec<(String, String)>,
    received: u64,
    printed: u64,
    voided: u64,
    lost: u64,
    handed_over: u64,
    destroyed: u64,
}

#[derive(Serialize)]
struct ShownLedger<'a> {
    book: ShownBook<'a>,
    lines: &'a [Chained<LedgerEntry>],
}

impl Api {
    /// One movement of sheets, by its name in the path.
    pub(crate) async fn move_sheets(&self, actor: &Actor, movement: &str, request: Sheets) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        let kind = sheet_kind(notice, &request.kind)?;
        let sheets = numbers(kind, &request.ranges)?;
        let (seat, own) = (notice.notice.seat.as_str(), reviewer_of(actor));
        let store = Reviewer::center(seat);
        match movement {
            "receive" | "assign" | "take-back" => actor.may(Action::Administer { seat })?,
            _ => actor.may(Action::Qualify { reviewer: &own })?,
        }
        let line = |movement| LedgerEntry {
            reason: request.reason.clone(),
            ..LedgerEntry::new(movement, sheets.clone(), &actor.subject, self.cloud.clock.now())
        };
        let partner = || request.holder.clone().ok_or_else(|| Refusal::Malformed("未写明持有单位".to_owned()));
        let reasoned = |movement| match request.reason.as_deref().map(str::trim) {
            Some(reason) if !reason.is_empty() => Ok(line(movement)),
            _ => Err(Refusal::Malformed("须写明原因".to_owned())),
        };
        let refuse = |error| refusal(kind, error);
        let whose = match movement {
            "receive" => {
                self.cloud.receive_sheets(&kind.kind, &store, line(Movement::Receive)).await.map_err(refuse)?;
                store
            }
            "assign" => self.hand_over(kind, &store, &partner()?, line(Movement::HandOver)).await?,
            "take-back" => self.hand_over(kind, &partner()?, &store, reasoned(Movement::HandOver)?).await?,
            "void" => self.enter(kind, own, reasoned(Movement::VoidBlank)?).await?,
            "lose" => self.enter(kind, own, reasoned(Movement::LoseBlank)?).await?,
            "count" => return self.count(kind, &own, line(Movement::Count)).await,
            "destroy" => return self.propose(kind, own, reasoned(Movement::Destroy)?).await,
            _ => return Err(Refusal::NotFound),
        };
        self.show_book(kind, &whose).await
    }

    async fn hand_over(&self, kind: &SheetKind, from: &Reviewer, to: &Reviewer, line: LedgerEntry) -> Result<Reviewer, Refusal> {
        if from == to {
            return Err(Refusal::Malformed("转出与转入是同一单位".to_owned()));
        }
        self.cloud.hand_over_sheets(&kind.kind, from, to, line).await.map_err(|error| refusal(kind, error))?;
        Ok(from.clone())
    }

    async fn enter(&self, kind: &SheetKind, holder: Reviewer, line: LedgerEntry) -> Result<Reviewer, Refusal> {
        self.cloud.enter_line(&kind.kind, &holder, line).await.map_err(|error| refusal(kind, error))?;
        Ok(holder)
    }

    /// 盘点: what was found against what the book says; what is missing is lost only when somebody says so.
    async fn count(&self, kind: &SheetKind, holder: &Reviewer, line: LedgerEntry) -> Answer {
        let book = self.cloud.book(&kind.kind, holder).await?;
        let (missing, surplus) = (book.stock.on_hand.minus(&line.sheets), line.sheets.minus(&book.stock.on_hand));
        let variance = json!({
            "counted": line.sheets.count(),
            "on_hand": book.stock.on_hand.count(),
            "missing": spans(kind, &missing),
            "surplus": spans(kind, &surplus),
        });
        let line = LedgerEntry { missing, surplus, ..line };
        self.cloud.enter_line(&kind.kind, holder, line).await.map_err(|error| refusal(kind, error))?;
        json_reply(StatusCode::OK, &variance)
    }

    /// The first of two signatures.
    async fn propose(&self, kind: &SheetKind, holder: Reviewer, line: LedgerEntry) -> Answer {
        let destruction = Destruction {
            kind: kind.kind.clone(),
            holder,
            sheets: line.sheets,
            reason: line.reason.unwrap_or_default(),
            first_signature: line.operator,
            signed_at: line.at,
        };
        self.cloud.propose_destruction(&destruction).await.map_err(|error| refusal(kind, error))?;
        json_reply(StatusCode::ACCEPTED, &shown_destruction(kind, &destruction))
    }

    /// The second one (监督人), by another account.
    pub(crate) async fn confirm_destruction(&self, actor: &Actor, request: Confirmation) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let kind = sheet_kind(rulebook.notices.general(), &request.kind)?;
        let holder = self.whose(actor, request.holder, &rulebook.notices.general().notice.seat)?;
        let proposed = self.cloud.destruction(&kind.kind, &holder).await?;
        let proposed = proposed.ok_or_else(|| Refusal::Changed("没有等待监督人确认的销毁".to_owned()))?;
        let now = self.cloud.clock.now();
        self.cloud.confirm_destruction(&proposed, &actor.subject, now).await.map_err(|error| refusal(kind, error))?;
        self.show_book(kind, &holder).await
    }

    /// The actor's own books; for the Center everybody's.
    pub(crate) async fn books(&self, actor: &Actor) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        let own = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &own })?;
        let all = actor.may(Action::Administer { seat: &notice.notice.seat }).is_ok();
        let (mut books, mut registers) = (Vec::new(), Vec::new());
        for kind in &notice.sheet_kinds {
            let found = if all { self.cloud.books(&kind.kind).await? } else { vec![self.cloud.book(&kind.kind, &own).await?] };
            books.extend(found.into_iter().map(|book| (kind, book)));
            if all {
                registers.push(json!({ "kind": kind.kind, "received": spans(kind, &self.cloud.register(&kind.kind).await?.received) }));
            }
        }
        let shown: Vec<ShownBook<'_>> = books.iter().map(|(kind, book)| shown(kind, book)).collect();
        json_reply(StatusCode::OK, &json!({ "books": shown, "registers": registers }))
    }

    /// The ledger (台账) of a holder.
    pub(crate) async fn ledger(&self, actor: &Actor, kind: Option<&str>, holder: Option<&str>) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        let kind = match kind {
            Some(kind) => sheet_kind(notice, kind)?,
            None => notice.sheet_kinds.first().ok_or(Refusal::NotFound)?,
        };
        let holder = holder.map(|holder| serde_json::from_value(json!(holder))).transpose();
        let holder = holder.map_err(|_| Refusal::Malformed("持有单位写法有误".to_owned()))?;
        let holder = self.whose(actor, holder, &notice.notice.seat)?;
        let book = self.cloud.book(&kind.kind, &holder).await?;
        let lines = self.cloud.ledger(&kind.kind, &holder).await?;
        json_reply(StatusCode::OK, &ShownLedger { book: shown(kind, &book), lines: &lines })
    }

    /// The holder that is named, if it is the actor's to see; the actor itself, if none is.
    fn whose(&self, actor: &Actor, named: Option<Reviewer>, seat: &str) -> Result<Reviewer, Refusal> {
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

    async fn show_book(&self, kind: &SheetKind, holder: &Reviewer) -> Answer {
        json_reply(StatusCode::OK, &shown(kind, &self.cloud.book(&kind.kind, holder).await?))
    }
}

fn sheet_kind<'n>(notice: &'n Notice, name: &str) -> Result<&'n SheetKind, Refusal> {
    notice.sheet_kind(name).ok_or_else(|| Refusal::Malformed("没有这种空白证书".to_owned()))
}

/// The number of a serial.
pub(crate) fn number(kind: &SheetKind, serial: &str) -> Result<u64, Refusal> {
    Serial::parse(kind, serial).map(|(_, number)| number).map_err(|error| Refusal::Malformed(error.to_string()))
}

/// A number as the serial it stands for.
pub(crate) fn serial(kind: &SheetKind, number: u64) -> String {
    Serial::new(kind, number).map(|serial| serial.to_string()).unwrap_or_default()
}

fn numbers(kind: &SheetKind, ranges: &[(String, String)]) -> Result<Ranges, Refusal> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        let (first, last) = (number(kind, first)?, number(kind, last)?);
        if first > last {
            return Err(Refusal::Malformed("起号大于止号".to_owned()));
        }
        if stretches.iter().any(|known| known.first <= last && first <= known.last) {
            return Err(Refusal::Malformed("同一号码写了两次".to_owned()));
        }
        stretches.push(Stretch::new(first, last));
    }
    Ok(stretches.into())
}

/// First and last serial of each stretch.
pub(crate) fn spans(kind: &SheetKind, sheets: &Ranges) -> Vec<(String, String)> {
    sheets.stretches().iter().map(|stretch| (serial(kind, stretch.first), serial(kind, stretch.last))).collect()
}

fn shown<'a>(kind: &'a SheetKind, book: &'a Book) -> ShownBook<'a> {
    let stock = &book.stock;
    ShownBook {
        kind: &kind.kind,
        kind_name: &kind.name,
        holder: &book.holder,
        on_hand: spans(kind, &stock.on_hand),
        on_hand_count: stock.on_hand.count(),
        to_destroy: spans(kind, &stock.to_destroy),
        received: stock.received,
        printed: stock.printed,
        voided: stock.voided,
        lost: stock.lost,
        handed_over: stock.handed_over,
        destroyed: stock.destroyed,
    }
}

fn shown_destruction(kind: &SheetKind, destruction: &Destruction) -> serde_json::Value {
    json!({
        "kind": kind.kind,
        "holder": destruction.holder,
        "sheets": spans(kind, &destruction.sheets),
        "reason": destruction.reason,
        "first_signature": destruction.first_signature,
    })
}

/// What the operator is told.
pub(crate) fn refusal(kind: &SheetKind, error: SheetsError) -> Refusal {
    let list = |sheets: &Ranges| {
        let span = |(first, last): (String, String)| if first == last { first } else { format!("{first}–{last}") };
        spans(kind, sheets).into_iter().take(5).map(span).collect::<Vec<_>>().join("、")
    };
    Refusal::Changed(match error {
        SheetsError::ReceivedBefore(sheets) => format!("以下号段已登记入库，不能重复入库：{}", list(&sheets)),
        SheetsError::NoSheets { count } => {
            format!("从该号起在库空白证书不足 {count} 张，请先领取，或核对最上面一张的流水号")
        }
        SheetsError::Stock(StockError::NotThere(sheets)) => format!("以下流水号不在库存中，不能这样处理：{}", list(&sheets)),
        SheetsError::Stock(StockError::There(sheets)) => format!("以下流水号已在库存中：{}", list(&sheets)),
        SheetsError::Stock(StockError::NotPrinted(printed)) => format!("已打印的只有 {printed} 张"),
        SheetsError::Stock(error @ StockError::Unwritable(_)) => {
            return Refusal::Records(records::RecordsError::Corrupt(error.to_string()));
        }
        SheetsError::SameSignature => "销毁须由两人签字，监督人不能是提出销毁的人".to_owned(),
        SheetsError::NotPrinted => "证书尚未打印在空白证书上".to_owned(),
        SheetsError::PrintedSince => "其后的证书已另行补打，不能整体顺移，请逐张补发".to_owned(),
        SheetsError::Records(records::RecordsError::Conflict) => "空白证书库存或申报刚被他人变动，请重试".to_owned(),
        SheetsError::Records(error) => return error.into(),
    })
}
