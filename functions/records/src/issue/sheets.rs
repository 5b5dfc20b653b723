//! Blank sheets: one book per kind and holder; every movement is a line of its ledger, in the same transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use rules::sheets::run::JamError;
use rules::sheets::stock::{Book, LedgerEntry, Movement, StockError};
use rules::values::chain::Chained;
use rules::values::party::IssuingUnit;
use rules::values::ranges::Ranges;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{KeyRange, book_key, destruction_key, line_key, register_key};
use crate::store::item::{Item, item, number};
use crate::store::table::Change;

/// All sheets of a kind that ever came from the printing house, so that none comes twice.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Register {
    version: u64,
    /// Their numbers.
    pub received: Ranges,
}

/// Voided sheets that one person has signed away, and a second one has not (销毁).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Destruction {
    /// Kind of sheet.
    pub kind: String,
    /// Whose sheets.
    pub holder: IssuingUnit,
    /// The sheets, by their numbers.
    pub sheets: Ranges,
    /// The reason that was given, in Chinese.
    pub reason: String,
    /// 销毁负责人
    pub first_signature: String,
    /// When the first one signed.
    pub signed_at: Timestamp,
}

/// Why no sheets were moved.
#[derive(Debug, thiserror::Error)]
pub enum SheetsError {
    /// Some of the sheets came from the printing house before.
    #[error("these sheets were received before: {0:?}")]
    ReceivedBefore(Ranges),
    /// There are not so many sheets on hand at that number.
    #[error("the holder has no {count} sheets at that number")]
    NoSheets {
        /// How many were wanted.
        count: u64,
    },
    /// They are not where they would be moved from.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// The second signature is by the same account as the first.
    #[error("both signatures are by the same account")]
    SameSignature,
    /// The certificate lies on no sheet.
    #[error("the certificate is not printed")]
    NotPrinted,
    /// All certificates lie on sheets already, on these the last of them.
    #[error("all certificates are printed")]
    AllPrinted(Ranges),
    /// What was printed since stands on later sheets.
    #[error("some of the certificates were printed again since")]
    PrintedSince,
    /// The store; [`RecordsError::Conflict`] where somebody else was first.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl From<JamError> for SheetsError {
    fn from(error: JamError) -> Self {
        match error {
            JamError::NotOfTheRun => Self::Records(RecordsError::NotFound),
            JamError::NoSheets(count) => Self::NoSheets { count },
        }
    }
}

/// A book that is being written in.
pub(crate) struct Draft {
    seen: u64,
    pub(crate) book: Book,
    lines: Vec<Chained<LedgerEntry>>,
}

impl Draft {
    pub(crate) fn enter(&mut self, line: LedgerEntry) -> Result<(), StockError> {
        // A count of nothing says something, a movement of nothing does not.
        if !line.sheets.is_empty() || line.movement.speaks_for_itself() {
            self.lines.push(self.book.enter(line)?);
        }
        Ok(())
    }
}

/// Blank sheets: books, ledgers, the register of what came in, destructions.
#[derive(Debug, Clone, Copy)]
pub struct Sheets<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Blank sheets: books, ledgers, the register of what came in, destructions.
    pub fn sheets(&self) -> Sheets<'_> {
        Sheets { cloud: self }
    }
}

impl Sheets<'_> {
    /// The book of a holder; an empty one if nothing was ever entered.
    pub async fn book(self, kind: &str, holder: &IssuingUnit) -> Result<Book, RecordsError> {
        Ok(self.cloud.get(&book_key(kind, holder)).await?.unwrap_or_else(|| Book::new(kind, holder)))
    }

    /// The books of all holders of a kind.
    pub async fn books(self, kind: &str) -> Result<Vec<Book>, RecordsError> {
        self.cloud.query(&KeyRange::books(kind)).await
    }

    /// The sheets that ever came from the printing house.
    pub async fn register(self, kind: &str) -> Result<Register, RecordsError> {
        Ok(self.cloud.get(&register_key(kind)).await?.unwrap_or_default())
    }

    /// The ledger of a holder, in order.
    pub async fn ledger(self, kind: &str, holder: &IssuingUnit) -> Result<Vec<Chained<LedgerEntry>>, RecordsError> {
        self.cloud.query(&KeyRange::ledger(kind, holder)).await
    }

    pub(crate) async fn draft(self, kind: &str, holder: &IssuingUnit) -> Result<Draft, RecordsError> {
        let book = self.book(kind, holder).await?;
        Ok(Draft { seen: book.ledger.count, book, lines: Vec::new() })
    }

    /// The book and its new lines, on condition that nobody else wrote in it.
    pub(crate) fn write_book(self, draft: Draft) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let Draft { seen, book, lines } = draft;
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let put = Put::builder().table_name(&self.cloud.table).set_item(Some(item(&book_key(&book.kind, &book.holder), &book, &[])?));
        let put = match seen {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            _ => put
                .condition_expression("#ledger.#count = :seen")
                .expression_attribute_names("#ledger", "ledger")
                .expression_attribute_names("#count", "count")
                .expression_attribute_values(":seen", number(seen)),
        };
        let mut actions = vec![TransactWriteItem::builder().put(put.build()?).build()];
        for line in lines {
            let key = line_key(&book.kind, &book.holder, line.entry.number);
            actions.push(self.cloud.transact_put_new(item(&key, &line, &[])?)?);
        }
        Ok(actions)
    }

    /// Enters a range that came from the printing house in the book of the Center that keeps the stock.
    pub async fn receive(self, kind: &str, store: &IssuingUnit, line: LedgerEntry) -> Result<Book, SheetsError> {
        let register = self.register(kind).await?;
        let before = line.sheets.minus(&line.sheets.minus(&register.received));
        if !before.is_empty() {
            return Err(SheetsError::ReceivedBefore(before));
        }
        let received = register.received.plus(&line.sheets);
        let mut draft = self.draft(kind, store).await?;
        draft.enter(line)?;
        let book = draft.book.clone();
        let condition = if register.version == 0 { "attribute_not_exists(pk)" } else { "version = :seen" };
        let mut values: Item = HashMap::from([
            (":new".to_owned(), number(register.version + 1)),
            (":received".to_owned(), serde_dynamo::to_attribute_value(&received).map_err(RecordsError::from)?),
        ]);
        if register.version > 0 {
            values.insert(":seen".to_owned(), number(register.version));
        }
        let expression = "SET version = :new, received = :received".to_owned();
        let change = Change { expression, condition: condition.to_owned(), values, ..Change::default() };
        let mut actions = vec![self.cloud.transact_update(&register_key(kind), change)?];
        actions.extend(self.write_book(draft)?);
        self.cloud.commit(actions).await?;
        Ok(book)
    }

    /// Moves sheets from one holder to another, who takes them as `line` says: a line in both books, in one transaction.
    pub async fn hand_over(self, kind: &str, from: &IssuingUnit, to: &IssuingUnit, line: LedgerEntry) -> Result<(), SheetsError> {
        let (mut giver, mut taker) = (self.draft(kind, from).await?, self.draft(kind, to).await?);
        giver.enter(LedgerEntry { movement: Movement::HandOver, counterpart: Some(to.clone()), ..line.clone() })?;
        taker.enter(LedgerEntry { counterpart: Some(from.clone()), ..line })?;
        let mut actions = self.write_book(giver)?;
        actions.extend(self.write_book(taker)?);
        Ok(self.cloud.commit(actions).await?)
    }

    /// A movement within one book: void, lose, acknowledge or count blank sheets, ask for some, or refuse them.
    pub async fn enter_line(self, kind: &str, holder: &IssuingUnit, line: LedgerEntry) -> Result<Book, SheetsError> {
        let mut draft = self.draft(kind, holder).await?;
        draft.enter(line)?;
        let book = draft.book.clone();
        let actions = self.write_book(draft)?;
        if !actions.is_empty() {
            self.cloud.commit(actions).await?;
        }
        Ok(book)
    }

    /// The destruction of a holder's sheets that waits for its second signature.
    pub async fn destruction(self, kind: &str, holder: &IssuingUnit) -> Result<Option<Destruction>, RecordsError> {
        self.cloud.get(&destruction_key(kind, holder)).await
    }

    /// All destructions of a kind that wait for their second signature.
    pub async fn destructions(self, kind: &str) -> Result<Vec<Destruction>, RecordsError> {
        self.cloud.query(&KeyRange::destructions(kind)).await
    }

    /// The first signature; a proposal that nobody has confirmed gives way to a later one.
    pub async fn propose_destruction(self, destruction: &Destruction) -> Result<(), SheetsError> {
        let book = self.book(&destruction.kind, &destruction.holder).await?;
        book.stock.after(Movement::Destroy, &destruction.sheets)?;
        let proposed = item(&destruction_key(&destruction.kind, &destruction.holder), destruction, &[])?;
        Ok(self.cloud.commit(vec![self.cloud.transact_put(proposed)?]).await?)
    }

    /// The second signature, by another account than the first: the sheets are destroyed.
    pub async fn confirm_destruction(self, proposed: &Destruction, second: &str, at: Timestamp) -> Result<Book, SheetsError> {
        if proposed.first_signature == second {
            return Err(SheetsError::SameSignature);
        }
        let mut draft = self.draft(&proposed.kind, &proposed.holder).await?;
        let line = LedgerEntry::new(Movement::Destroy, proposed.sheets.clone(), &proposed.first_signature, at);
        draft.enter(LedgerEntry { reason: Some(proposed.reason.clone()), second_signature: Some(second.to_owned()), ..line })?;
        let book = draft.book.clone();
        let mut actions = self.write_book(draft)?;
        // What was signed is what is destroyed, and what the line names: the proposal must be the one that the second person saw.
        let signed_at = crate::store::item::text(proposed.signed_at.to_string());
        let sheets = serde_dynamo::to_attribute_value(&proposed.sheets).map_err(RecordsError::from)?;
        let delete = aws_sdk_dynamodb::types::Delete::builder()
            .table_name(&self.cloud.table)
            .set_key(Some(destruction_key(&proposed.kind, &proposed.holder).attributes()))
            .condition_expression("signed_at = :seen AND sheets = :sheets AND reason = :reason AND first_signature = :first")
            .expression_attribute_values(":reason", crate::store::item::text(&proposed.reason))
            .expression_attribute_values(":first", crate::store::item::text(&proposed.first_signature))
            .expression_attribute_values(":seen", signed_at)
            .expression_attribute_values(":sheets", sheets);
        actions.push(TransactWriteItem::builder().delete(delete.build().map_err(RecordsError::from)?).build());
        self.cloud.commit(actions).await?;
        Ok(book)
    }
}
