//! Numbers that others gave to certificates (二、（一）). Each stands in an item of its own besides the record, as what it is when letter case
//! and width do not count: so no other certificate gets it, of whatever application and kind (docs/decisions/0022).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::AuditEntry;
use rules::issue::application::ApplicationId;
use rules::issue::external::NumberBasis;
use rules::numbers::code::CertificateCode;
use rules::values::folding;
use serde::{Deserialize, Serialize};

use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::{Certificate, Certificates};
use crate::keys::items::{ItemKey, code_key, external_number_key, record_key};
use crate::store::item::{Item, item, text};
use crate::store::table::Condition;
use crate::store::updates::ItemUpdate;

/// Rows of one transaction: each takes up to four of its 100 actions.
pub const EXTERNAL_AT_ONCE: usize = 20;

/// A number that somebody else gave to the certificate of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalNumber {
    /// Row of the roster.
    pub row: u32,
    /// The number.
    pub number: String,
    /// What it rests on.
    pub basis: NumberBasis,
}

/// Which certificate has a number that others gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberUse {
    /// The number, folded.
    pub(crate) folded: String,
    /// Of which application the record is.
    pub used_by: ApplicationId,
    /// Row of the roster.
    pub in_row: u32,
}

impl NumberUse {
    fn of(application: &ApplicationId, row: u32, number: &str) -> Self {
        Self { folded: folding::code(number), used_by: application.clone(), in_row: row }
    }

    pub(crate) fn key(&self) -> ItemKey {
        external_number_key(&self.folded)
    }

    fn item(&self) -> Result<Item, RecordsError> {
        item(&self.key(), self, &[])
    }
}

/// What the trail says of a row: its number and what it rests on, and what stood there before.
fn said_of(row: u32, number: &str, basis: &NumberBasis, before: &Certificate) -> String {
    let was = before.external_number.as_deref().filter(|was| *was != number).map(|was| format!("原登记 {was}"));
    let body = basis.implementing_body.as_ref().map(|body| format!("实施机构 {body}"));
    let document = basis.document.as_ref().map(|document| format!("依据 {document}"));
    let issued_on = basis.issued_on.map(|day| format!("颁发日期 {day}"));
    let more: Vec<String> = [was, body, document, issued_on].into_iter().flatten().collect();
    if more.is_empty() { format!("第 {row} 行：{number}") } else { format!("第 {row} 行：{number}（{}）", more.join("，")) }
}

impl Certificates<'_> {
    /// Who has these numbers among those that others gave, by the folded number; whatever their letter case.
    pub async fn external_among<'n>(self, numbers: impl IntoIterator<Item = &'n str>) -> Result<HashMap<String, NumberUse>, RecordsError> {
        let folded: BTreeSet<String> = numbers.into_iter().map(folding::code).filter(|number| !number.is_empty()).collect();
        let keys: Vec<Item> = folded.iter().map(|number| external_number_key(number).attributes()).collect();
        let mut found = HashMap::new();
        // As many as one request may ask for.
        for hundred in keys.chunks(100) {
            for item in self.cloud.batch_get(hundred.to_vec()).await? {
                let known: NumberUse = serde_dynamo::from_item(item)?;
                found.insert(known.folded.clone(), known);
            }
        }
        Ok(found)
    }

    /// Enters the numbers that somebody else gave some records, all or none; with a reason where one takes the place of another. At most
    /// [`EXTERNAL_AT_ONCE`] rows. [`RecordsError::Conflict`] where another certificate has one of them, or the application has changed.
    pub async fn enter_external_numbers(
        self,
        seen: &Application,
        numbers: &[ExternalNumber],
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let (mut entered, mut changes, mut told, mut before) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for ExternalNumber { row, number, basis } in numbers {
            let record = self.record(&seen.id, *row).await?.ok_or(RecordsError::NotFound)?;
            let mut update = ItemUpdate::default().set("external_number", text(number));
            if !basis.is_empty() {
                update = update.set_to("basis", basis)?;
            }
            let (action, change) = self.cloud.covered_update(&record_key(&seen.id, *row), update, Condition::is_there()).await?;
            entered.push(action);
            changes.push(change);
            told.push(said_of(*row, number, basis, &record));
            before.push(record);
        }
        let detail = told.into_iter().chain(reason.map(str::to_owned)).collect::<Vec<_>>().join("；");
        let audit = audit.with(detail).of_lots(before.iter().map(Certificate::lot)).changing(changes);
        let mut actions = self.cloud.audited(seen, Transition::default(), audit).await?;
        actions.extend(entered);
        actions.extend(self.moved_uses(&seen.id, &before, numbers).await?);
        self.cloud.commit(actions).await
    }

    /// For a transaction: that these rows have those numbers, and none of ours has them; and that nobody has the numbers of before.
    async fn moved_uses(
        self,
        id: &ApplicationId,
        before: &[Certificate],
        numbers: &[ExternalNumber],
    ) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let given = numbers.iter().map(|one| NumberUse::of(id, one.row, &one.number));
        let given: BTreeMap<String, NumberUse> = given.map(|one| (one.folded.clone(), one)).collect();
        let left = before.iter().filter_map(|record| Some(NumberUse::of(id, record.row, record.external_number.as_deref()?)));
        let left: Vec<NumberUse> = left.collect();
        let known = self.external_among(given.keys().map(String::as_str).chain(left.iter().map(|one| one.folded.as_str()))).await?;
        let mut actions = Vec::new();
        for one in given.values().filter(|one| known.get(&one.folded) != Some(one)) {
            // Two rows of one application may exchange their numbers.
            let is_own = known.get(&one.folded).is_some_and(|known| known.used_by == *id);
            actions.push(if is_own { self.cloud.transact_put(one.item()?)? } else { self.cloud.transact_put_new(one.item()?)? });
            if let Some(code) = CertificateCode::lookup(&one.folded) {
                actions.push(self.cloud.transact_absent(&code_key(&code))?);
            }
        }
        for one in left.iter().filter(|one| !given.contains_key(&one.folded) && known.get(&one.folded) == Some(one)) {
            actions.push(self.cloud.transact_delete(&one.key())?);
        }
        Ok(actions)
    }

    /// For a transaction: that others gave nobody this number.
    pub(crate) fn transact_not_external(self, code: &CertificateCode) -> Result<TransactWriteItem, RecordsError> {
        self.cloud.transact_absent(&external_number_key(&folding::code(code.as_str())))
    }

    /// Which numbers of others the records of a restored application have: made anew, and nothing that is there is overwritten.
    pub(crate) async fn enter_uses_anew(self, records: &[Certificate]) -> Result<(), RecordsError> {
        for record in records {
            let Some(number) = &record.external_number else { continue };
            match self.cloud.put_new(NumberUse::of(&record.application, record.row, number).item()?).await {
                Ok(()) | Err(RecordsError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
