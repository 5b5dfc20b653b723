//! Numbers that are entered by hand after the approval (G13): the record of a row becomes its certificate, which is found by the number
//! from then on as others are by their codes.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::{AuditEntry, ItemChange};
use rules::issue::allocation::{Allocation, LaterNumber, NumberOrigin};
use rules::numbers::code::CertificateCode;

use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::{Certificate, Certificates, certificate_item};
use crate::issue::changes::Renewal;
use crate::keys::items::{allocation_key, record_key, renewal_key};
use crate::store::item::item;
use crate::store::item_digest::{item_digest, item_name, written};
use crate::store::table::{Cancelled, pending_from};

/// Rows of one transaction: each takes three of its 100 actions.
pub const ROWS_AT_ONCE: usize = 30;
/// Numbers that one lot may be given by hand: they stand in its item, which has 400 KB.
pub const MAX_ENTERED: usize = 3_000;

/// Records of one transaction, beside the check of their lot.
const RECORDS_AT_ONCE: usize = 50;
/// How often it is looked again what is there, when somebody else was first.
const MAX_ATTEMPTS: usize = 10;

impl Certificates<'_> {
    /// Writes the records of a lot's rows whose numbers are entered by hand, those that are not there yet. A row whose number was entered has
    /// its certificate: no record is written for it again, however late the event of its approval comes once more.
    pub async fn enter_records(self, lot: &Allocation, records: &[Certificate]) -> Result<(), RecordsError> {
        for _ in 0..MAX_ATTEMPTS {
            let lot = self.cloud.allocations().get(&lot.of, &lot.lot()).await?.ok_or(RecordsError::NotFound)?;
            let entered: HashSet<u32> = lot.rows_entered().collect();
            let there: HashSet<u32> = self.recorded(&lot.of).await?.iter().map(|record| record.row).collect();
            let missing = |record: &&Certificate| !entered.contains(&record.row) && !there.contains(&record.row);
            let missing: Vec<&Certificate> = records.iter().filter(missing).collect();
            if self.put_records(&lot, &missing).await? {
                return Ok(());
            }
        }
        Err(RecordsError::Conflict)
    }

    /// False where somebody else was first, or a number was entered meanwhile.
    async fn put_records(self, lot: &Allocation, records: &[&Certificate]) -> Result<bool, RecordsError> {
        for some in records.chunks(RECORDS_AT_ONCE) {
            let later = serde_dynamo::to_attribute_value(&lot.later)?;
            let mut actions = vec![self.cloud.transact_check(&allocation_key(&lot.of, &lot.lot()), "later", later)?];
            for record in some {
                actions.push(self.cloud.transact_put_new(certificate_item(record)?)?);
            }
            match self.cloud.transact_alone(actions).await {
                Ok(()) => {}
                Err(Cancelled::Condition(_) | Cancelled::Contention) => return Ok(false),
                Err(Cancelled::Other(error)) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Enters the numbers of some rows of a lot, all or none, and orders their PDFs. [`RecordsError::Conflict`] where a number is taken or
    /// the application has changed since it was seen. At most [`ROWS_AT_ONCE`] rows.
    pub async fn enter_numbers(
        self,
        seen: &Application,
        lot: &Allocation,
        rows: &[(Certificate, CertificateCode)],
        audit: AuditEntry,
    ) -> Result<Renewal, RecordsError> {
        let mut allocation = lot.clone();
        let (mut deleted, mut entered, mut not_external, mut changes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (record, code) in rows {
            let position = allocation.end();
            allocation.later.push(LaterNumber { code: code.clone(), origin: NumberOrigin::Entered { row: record.row } });
            let certificate = Certificate { code: Some(code.clone()), position: Some(position), ..record.clone() };
            changes.push(gone(record)?);
            deleted.push(self.cloud.transact_delete(&record_key(&seen.id, record.row))?);
            not_external.push(self.transact_not_external(code)?);
            entered.push(self.cloud.transact_put_new(certificate_item(&certificate)?)?);
        }
        let renewal = Renewal {
            renewal_of: seen.id.clone(),
            lot: lot.lot(),
            codes: rows.iter().map(|(_, code)| code.clone()).collect(),
            number: seen.trail.count + 1,
            at: audit.at,
        };
        let (changed, change) = self.cloud.changes().change_allocation(&allocation).await?;
        changes.push(change);
        let audit = audit.of_lots([lot.lot()]).changing(changes).changing(written(&entered)?);
        let mut actions = self.cloud.audited(seen, Transition::default(), audit).await?;
        actions.push(changed);
        actions.extend(deleted.into_iter().chain(entered).chain(not_external).collect::<Vec<TransactWriteItem>>());
        let key = renewal_key(&renewal.renewal_of, renewal.number);
        actions.push(self.cloud.transact_put_new(item(&key, &renewal, &pending_from(renewal.at))?)?);
        self.cloud.commit(actions).await?;
        Ok(renewal)
    }
}

/// That a record is no more: what stood in it is proven by the entry.
fn gone(record: &Certificate) -> Result<ItemChange, RecordsError> {
    let was = item_digest(&certificate_item(record)?);
    Ok(ItemChange { item: item_name(&record_key(&record.application, record.row)), was: Some(was), is: None })
}
