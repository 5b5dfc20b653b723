//! Blank sheets and print runs: one transaction advances the range and writes the run, see docs/ARCHITECTURE.md.

use std::collections::HashMap;

use jiff::Timestamp;
use rules::application::Reviewer;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::allocation::{Allocation, pending_since};
use crate::application::partition;
use crate::audit::AuditEntry;
use crate::error::RecordsError;
use crate::keys::{ApplicationId, CHUNK};
use crate::table::{Cancelled, Change, Item, ItemKey, item, number};

/// A range of blank sheets in a holder's hands. Numbers without the kind's prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRange {
    /// Kind of sheet, from the notice.
    pub kind: String,
    /// Who holds it.
    pub holder: Reviewer,
    /// First serial number.
    pub first: u64,
    /// Last serial number.
    pub last: u64,
    /// The next one to be printed on; `last + 1` when the range is used up.
    pub next: u64,
}

/// All ranges ever handed out of a kind, so that none overlaps another.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Register {
    version: u64,
    ranges: Vec<(u64, u64)>,
}

/// A print run: the certificates of an allocation, in order, on consecutive sheets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// The application.
    pub run_of: ApplicationId,
    /// Whose certificates.
    pub reviewer: Reviewer,
    /// Kind of sheet.
    pub kind: String,
    /// Serial number of the sheet under the first certificate.
    pub top: u64,
    /// How many sheets.
    pub count: u32,
    /// When it was taken down.
    pub at: Timestamp,
    /// By which account.
    pub operator: String,
}

impl Run {
    /// How many merged PDFs it makes.
    pub fn chunks(&self) -> usize {
        (self.count as usize).div_ceil(CHUNK)
    }

    /// Serial number of the sheet under the certificate at `position`.
    pub fn sheet(&self, position: u32) -> u64 {
        self.top + u64::from(position)
    }
}

/// Why no sheets were taken.
#[derive(Debug, thiserror::Error)]
pub enum SheetsError {
    /// The range overlaps one that was handed out before.
    #[error("the range overlaps an earlier one")]
    Overlap,
    /// The named top sheet is not the next one of any range of the holder, or the range is too short.
    #[error("the holder has no {count} consecutive sheets at that number")]
    NoSheets {
        /// How many were wanted.
        count: u32,
    },
    /// Somebody else printed at the same moment.
    #[error("the stock has changed")]
    Changed,
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

fn register_key(kind: &str) -> ItemKey {
    ItemKey::new(format!("SHEETS#{kind}"), "REGISTER")
}

fn holder_prefix(holder: &Reviewer) -> String {
    format!("RANGE#{holder}#")
}

fn range_key(range: &SheetRange) -> ItemKey {
    ItemKey::new(format!("SHEETS#{}", range.kind), format!("{}{:016}", holder_prefix(&range.holder), range.first))
}

fn run_key(id: &ApplicationId, reviewer: &Reviewer) -> ItemKey {
    ItemKey::new(partition(id), format!("RUN#{reviewer}"))
}

impl Cloud {
    /// Hands a range of blank sheets to a holder. The same range to the same holder again changes nothing.
    pub async fn hand_out_sheets(&self, range: &SheetRange) -> Result<(), SheetsError> {
        let known = self.sheet_ranges(&range.kind, &range.holder).await?;
        if known.iter().any(|known| (known.first, known.last) == (range.first, range.last)) {
            return Ok(());
        }
        let key = register_key(&range.kind);
        let mut register: Register = self.get(&key).await?.unwrap_or_default();
        if register.ranges.iter().any(|(first, last)| range.first <= *last && *first <= range.last) {
            return Err(SheetsError::Overlap);
        }
        let seen = register.version;
        register.version += 1;
        register.ranges.push((range.first, range.last));
        let condition = if seen == 0 { "attribute_not_exists(pk)" } else { "version = :seen" };
        let mut values: Item = HashMap::from([
            (":new".to_owned(), number(register.version)),
            (":ranges".to_owned(), serde_dynamo::to_attribute_value(&register.ranges).map_err(RecordsError::from)?),
        ]);
        if seen > 0 {
            values.insert(":seen".to_owned(), number(seen));
        }
        let change = Change {
            expression: "SET version = :new, ranges = :ranges".to_owned(),
            condition: condition.to_owned(),
            names: HashMap::new(),
            values,
        };
        let actions = vec![self.transact_update(&key, change)?, self.transact_put_new(item(&range_key(range), range, &[])?)?];
        self.transact(actions).await.map_err(lost)
    }

    /// The ranges of a holder, in order of their numbers.
    pub async fn sheet_ranges(&self, kind: &str, holder: &Reviewer) -> Result<Vec<SheetRange>, RecordsError> {
        self.query(&format!("SHEETS#{kind}"), &holder_prefix(holder)).await
    }

    /// The highest number of a kind that was ever handed out; 0 if none was.
    pub async fn highest_sheet(&self, kind: &str) -> Result<u64, RecordsError> {
        let register: Register = self.get(&register_key(kind)).await?.unwrap_or_default();
        Ok(register.ranges.iter().map(|(_, last)| *last).max().unwrap_or(0))
    }

    /// The run of an allocation, if there is one.
    pub async fn run(&self, id: &ApplicationId, reviewer: &Reviewer) -> Result<Option<Run>, RecordsError> {
        self.get(&run_key(id, reviewer)).await
    }

    /// The runs of an application.
    pub async fn runs(&self, id: &ApplicationId) -> Result<Vec<Run>, RecordsError> {
        self.query(&partition(id), "RUN#").await
    }

    /// Takes the sheets for an allocation's certificates: `top` names the top sheet of the stack, or the holder's
    /// next sheet is taken. One transaction advances the range, writes the run and the audit entry.
    pub async fn start_run(
        &self,
        allocation: &Allocation,
        kind: &str,
        top: Option<u64>,
        mut audit: AuditEntry,
    ) -> Result<Run, SheetsError> {
        if let Some(run) = self.run(&allocation.of, &allocation.reviewer).await? {
            return Ok(run);
        }
        let count = allocation.numbered;
        let ranges = self.sheet_ranges(kind, &allocation.reviewer).await?;
        let fits = |range: &&SheetRange| top.is_none_or(|top| top == range.next) && range.next + u64::from(count) <= range.last + 1;
        let range = ranges.iter().find(fits).ok_or(SheetsError::NoSheets { count })?;
        let run = Run {
            run_of: allocation.of.clone(),
            reviewer: allocation.reviewer.clone(),
            kind: kind.to_owned(),
            top: range.next,
            count,
            at: audit.at,
            operator: audit.actor.clone(),
        };
        let change = Change {
            expression: "SET #next = :new".to_owned(),
            condition: "#next = :seen".to_owned(),
            names: HashMap::from([("#next".to_owned(), "next".to_owned())]),
            values: HashMap::from([(":seen".to_owned(), number(range.next)), (":new".to_owned(), number(range.next + u64::from(count)))]),
        };
        // A run changes no application; its audit entries stand beside the numbered ones, by reviewer.
        audit.detail = Some(format!("top sheet {}, {count} sheets", run.top));
        let audit_key = ItemKey::new(partition(&allocation.of), format!("AUDIT#RUN#{}", allocation.reviewer));
        let actions = vec![
            self.transact_update(&range_key(range), change)?,
            self.transact_put_new(item(&run_key(&allocation.of, &allocation.reviewer), &run, &pending_since(run.at))?)?,
            self.transact_put_new(item(&audit_key, &audit, &[])?)?,
        ];
        self.transact(actions).await.map_err(lost)?;
        Ok(run)
    }

    /// Takes a run off the list of pending work.
    pub async fn settle_run(&self, id: &ApplicationId, reviewer: &Reviewer) -> Result<(), RecordsError> {
        self.settle(&run_key(id, reviewer)).await
    }
}

fn lost(cancelled: Cancelled) -> SheetsError {
    match cancelled {
        Cancelled::Condition(_) | Cancelled::Contention => SheetsError::Changed,
        Cancelled::Other(error) => error.into(),
    }
}
