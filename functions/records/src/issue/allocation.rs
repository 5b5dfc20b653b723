//! The deciding approval: status, code counters, allocation and audit in one transaction, see docs/ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::{AuditEntry, ItemChange};
use rules::intake::entry::Entry;
use rules::issue::allocation::{Allocation, PrefixRange};
use rules::issue::application::{ApplicationId, PlannedRow, Refusal};
use rules::issue::status::StatusChange;
use rules::notice::{Notice, NumberRule, Series};
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::values::lot::LotName;
use rules::values::merkle;
use rules::values::party::IssuingUnit;
use serde::Deserialize;

use crate::Cloud;
use crate::application::announcements::Changes;
use crate::application::applications::Transition;
use crate::application::listed::{decided_share, open_lot};
use crate::application::stored::{Application, AuthorisedPlan};
use crate::error::RecordsError;
use crate::issue::approved::{Numbered, approve};
use crate::issue::certificates::{Certificate, certificate_item};
use crate::issue::sheets::SheetsError;
use crate::keys::items::{KeyRange, allocation_key, counter_key};
use crate::store::item::{item, number, text};
use crate::store::item_digest::{item_digest, written};
use crate::store::metrics::Metric;
use crate::store::table::{Cancelled, Change, pending_from};

/// What the approval is made of.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The application as the reviewer saw it.
    pub seen: &'a Application,
    /// Who decides.
    pub reviewer: &'a IssuingUnit,
    /// The plan's rows.
    pub rows: &'a [PlannedRow],
    /// Rows refused, with reasons; already written as an object.
    pub refusals: &'a [Refusal],
    /// Digest of that object.
    pub review_digest: String,
    /// The rows as they were handed in.
    pub entries: &'a [Entry],
    /// The notice that it goes by: how numbers are written.
    pub notice: &'a Notice,
}

impl Decision<'_> {
    /// The lots that the reviewer has rows of, whatever is decided on them.
    fn lots(&self) -> BTreeSet<LotName> {
        self.rows.iter().filter(|row| row.reviewer == *self.reviewer).map(PlannedRow::lot).collect()
    }
}

/// Why nothing was allocated.
#[derive(Debug, thiserror::Error)]
pub enum AllocationError {
    /// The application is not as the reviewer saw it: somebody else decided, or a material changed.
    #[error("the application has changed")]
    Changed,
    /// A prefix has not enough numbers left.
    #[error("prefix {0} has not enough numbers left")]
    Exhausted(CodePrefix),
    /// A number that the pattern would draw was entered before the notice had that pattern.
    #[error("another certificate has {0}")]
    Taken(CertificateCode),
    /// No sheet to print it on.
    #[error(transparent)]
    Sheets(#[from] SheetsError),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// How long counters that moved are read again, of the API's 29 s.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(4);

/// Before the next attempt: a random time of at most twice what the last one took, doubled with each race. Of all who
/// collide one gets through, so many who try again at once only hold up each other; how long one is in the way of others
/// is how long an attempt takes, on this machine and under this load.
fn pause(race: u32, attempt: Duration) -> Duration {
    attempt.saturating_mul(1 << race.min(7)).min(MAX_PAUSE).mul_f64(rand::random())
}

#[derive(Deserialize)]
struct Counter {
    next: NonZeroU32,
}

/// What will stand on the certificates and records of a lot: a root over each hundred, for the audit entry. Approved,
/// numbered and what the certificates say are one fact.
fn roots(decision: &Decision<'_>, allocation: &Allocation) -> Result<Vec<ItemChange>, RecordsError> {
    let lot = allocation.lot();
    let first = |prefix: &CodePrefix| allocation.ranges.iter().find(|range| range.prefix == *prefix).map(|range| range.first);
    let approved = approve(decision.rows, &lot, decision.refusals, first)?;
    let entries: HashMap<u32, &Entry> = decision.entries.iter().map(|entry| (entry.row, entry)).collect();
    let made = |row: &PlannedRow, numbered: Option<&Numbered<'_>>| {
        let entry = entries.get(&row.row).ok_or_else(|| RecordsError::corrupt("a planned row without an entry"))?;
        let certificate = Certificate::of_row(&allocation.of, row, entry);
        let certificate = match numbered {
            Some(numbered) => certificate.numbered(decision.notice, numbered)?,
            None => certificate,
        };
        Ok::<_, RecordsError>(item_digest(&certificate_item(&certificate)?))
    };
    let numbered: Vec<String> = approved.numbered.iter().map(|one| made(one.row, Some(one))).collect::<Result<_, _>>()?;
    let recorded: Vec<String> = approved.recorded.iter().map(|row| made(row, None)).collect::<Result<_, _>>()?;
    let of = |name: &'static str, digests: Vec<String>| {
        let root = |(number, hundred): (usize, &[String])| ItemChange {
            item: format!("APPLICATION#{} {name}#{lot}#{number:05}", allocation.of),
            was: None,
            is: Some(merkle::root(hundred)),
        };
        digests.chunks(merkle::LEAVES).enumerate().map(root).collect::<Vec<_>>()
    };
    Ok([of("CERTIFICATES", numbered), of("RECORDS", recorded)].concat())
}

/// Percent of a prefix's numbers from which on the log names it; the alarm's threshold too.
const NEAR_ITS_END: u64 = 90;

/// How many percent of its prefix's numbers are taken, up to a range's last.
fn percent_used(range: &PrefixRange, capacity: u32) -> u64 {
    let taken = u64::from(range.first.get() - 1) + u64::from(range.count);
    taken * 100 / u64::from(capacity.max(1))
}

/// What deciding approvals have assigned, by lot.
#[derive(Debug, Clone, Copy)]
pub struct Allocations<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// What deciding approvals have assigned, by lot.
    pub fn allocations(&self) -> Allocations<'_> {
        Allocations { cloud: self }
    }
}

impl Allocations<'_> {
    /// A lot, if its reviewer has decided.
    pub async fn get(self, id: &ApplicationId, lot: &LotName) -> Result<Option<Allocation>, RecordsError> {
        self.cloud.get(&allocation_key(id, lot)).await
    }

    /// The lots of a reviewer: one for each type that the reviewer has rows of. None before the decision.
    pub async fn decided(self, id: &ApplicationId, reviewer: &IssuingUnit) -> Result<Vec<Allocation>, RecordsError> {
        self.cloud.query(&KeyRange::allocations_by(id, reviewer)).await
    }

    /// All allocations of an application.
    pub async fn of(self, id: &ApplicationId) -> Result<Vec<Allocation>, RecordsError> {
        self.cloud.query(&KeyRange::allocations(id)).await
    }

    /// Approves and numbers in one transaction; cost does not grow with the roster (budget: 100 actions, so 91
    /// prefixes). A retry finds the lots and returns them: nothing is ever numbered twice.
    pub async fn approve(self, decision: &Decision<'_>, audit: AuditEntry) -> Result<Vec<Allocation>, AllocationError> {
        let (began, mut race) = (Instant::now(), 0);
        loop {
            let attempt = Instant::now();
            let done = self.decided(&decision.seen.id, decision.reviewer).await?;
            if let Some(first) = done.first() {
                let same = first.review == decision.review_digest;
                return if same { Ok(done) } else { Err(AllocationError::Changed) };
            }
            let (lots, changes) = self.prepare(decision, audit.clone()).await?;
            match self.cloud.transact(changes.actions).await {
                Ok(()) => {
                    self.cloud.tell(changes.announcements).await;
                    lots.iter().for_each(|lot| self.measure_numbers(decision.notice, lot));
                    return Ok(lots);
                }
                // Action 0 is the application itself.
                Err(Cancelled::Condition(0)) if self.decided(&decision.seen.id, decision.reviewer).await?.is_empty() => {
                    return Err(AllocationError::Changed);
                }
                Err(Cancelled::Condition(_) | Cancelled::Contention) if began.elapsed() < TIMEOUT => {
                    race += 1;
                    tokio::time::sleep(pause(race, attempt.elapsed())).await;
                }
                Err(Cancelled::Condition(_) | Cancelled::Contention) => return Err(RecordsError::Conflict.into()),
                Err(Cancelled::Other(error)) => return Err(error.into()),
            }
        }
    }

    /// How many numbers a lot took, and how full that has made its fullest counter.
    fn measure_numbers(self, notice: &Notice, lot: &Allocation) {
        self.cloud.measure_times(Metric::Numbered, lot.numbered.into());
        let capacity = notice.series(lot.certificate_type).map_or(0, Series::last_sequence);
        for range in &lot.ranges {
            let used = percent_used(range, capacity);
            self.cloud.measure(Metric::CounterUsed, used);
            if used >= NEAR_ITS_END {
                tracing::warn!(prefix = %range.prefix, used, "a counter is near its end");
            }
        }
    }

    async fn prepare(self, decision: &Decision<'_>, audit: AuditEntry) -> Result<(Vec<Allocation>, Changes), AllocationError> {
        let seen = decision.seen;
        let plan = seen.plan.as_ref().ok_or(AllocationError::Changed)?;
        let mut undecided = plan.undecided.clone();
        undecided.retain(|reviewer| reviewer != decision.reviewer);
        let status = seen.status.after(StatusChange::Decide { last: undecided.is_empty() }).ok_or(AllocationError::Changed)?;
        let (mut lots, mut counters, mut roots_of_lots) = (Vec::new(), Vec::new(), Vec::new());
        for lot in decision.lots() {
            let (allocation, taken) = self.prepare_lot(decision, plan, &lot, &audit).await?;
            roots_of_lots.extend(roots(decision, &allocation)?);
            counters.extend(taken);
            lots.push(allocation);
        }
        let transition =
            Transition { status: Some(status), plan: Some(Some(AuthorisedPlan { undecided, ..plan.clone() })), ..Transition::default() };
        let mut entered = vec![self.cloud.transact_put(decided_share(seen, decision.reviewer))?];
        for allocation in &lots {
            let key = allocation_key(&seen.id, &allocation.lot());
            let mut listed = Vec::from(pending_from(allocation.decided_at));
            if !allocation.is_refused_in_full() {
                listed.extend(open_lot(seen, &allocation.reviewer));
            }
            entered.push(self.cloud.transact_put_new(item(&key, allocation, &listed)?)?);
        }
        let audit = audit.of_lots(lots.iter().map(Allocation::lot)).changing(written(&entered)?).changing(roots_of_lots);
        let mut actions = self.cloud.audited(seen, transition, audit).await?;
        actions.extend(counters);
        actions.extend(entered);
        actions.push(self.cloud.drafts().deletion(&seen.id, decision.reviewer)?);
        Ok((lots, actions))
    }

    /// A lot as the approval makes it, and the updates of the counters that its numbers are taken from.
    async fn prepare_lot(
        self,
        decision: &Decision<'_>,
        plan: &AuthorisedPlan,
        lot: &LotName,
        audit: &AuditEntry,
    ) -> Result<(Allocation, Vec<TransactWriteItem>), AllocationError> {
        let counts = approve(decision.rows, lot, decision.refusals, |_| Some(NonZeroU32::MIN))?;
        let mut wanted: BTreeMap<&CodePrefix, u32> = BTreeMap::new();
        for numbered in &counts.numbered {
            if let Some(prefix) = &numbered.row.prefix {
                *wanted.entry(prefix).or_default() += 1;
            }
        }
        let last = decision.notice.series(lot.certificate_type).map_or(0, Series::last_sequence);
        let (ranges, counters) = self.advance(&wanted, last).await?;
        self.none_taken(decision.notice, lot, &ranges).await?;
        let rows = decision.rows.iter().filter(|row| row.lot() == *lot).count();
        let count = |count: usize| u32::try_from(count).map_err(RecordsError::corrupt);
        let allocation = Allocation {
            of: decision.seen.id.clone(),
            reviewer: lot.reviewer.clone(),
            certificate_type: lot.certificate_type,
            plan: plan.digest.clone(),
            roster_version: plan.roster_version.clone(),
            review: decision.review_digest.clone(),
            refused: count(rows - counts.numbered.len() - counts.recorded.len())?,
            numbered: count(counts.numbered.len())?,
            recorded: count(counts.recorded.len())?,
            recorded_rows: counts.recorded.iter().map(|row| u64::from(row.row)).collect(),
            ranges,
            decided_at: audit.at,
            decided_by: audit.actor.clone(),
            later: Vec::new(),
            withdrawn: BTreeSet::new(),
            milestones: Vec::new(),
        };
        Ok((allocation, counters))
    }

    /// Numbers of a pattern may have been entered while the notice had none, of our certificates or of others'; those of 四 never can.
    async fn none_taken(self, notice: &Notice, lot: &LotName, ranges: &[PrefixRange]) -> Result<(), AllocationError> {
        let series = match notice.type_rule(lot.certificate_type).map(|rule| &rule.number) {
            Some(NumberRule::Pattern(pattern)) => pattern.series(),
            Some(NumberRule::Code | NumberRule::ByHand | NumberRule::External) | None => return Ok(()),
        };
        let numbers = ranges.iter().flat_map(|range| range.sequences().map(|sequence| range.prefix.code(series, sequence)));
        let numbers: Vec<CertificateCode> = numbers.collect::<Result<_, _>>().map_err(RecordsError::corrupt)?;
        let taken = self.cloud.certificates().among(&numbers).await?;
        let of_others = self.cloud.certificates().external_among(numbers.iter().map(CertificateCode::as_str)).await?;
        let is_taken = |number: &CertificateCode| taken.contains_key(number.as_str()) || of_others.contains_key(number.as_str());
        match numbers.into_iter().find(is_taken) {
            Some(number) => Err(AllocationError::Taken(number)),
            None => Ok(()),
        }
    }

    /// The ranges that `wanted` would take now, and the conditional updates that take them.
    pub(crate) async fn advance(
        self,
        wanted: &BTreeMap<&CodePrefix, u32>,
        last: u32,
    ) -> Result<(Vec<PrefixRange>, Vec<TransactWriteItem>), AllocationError> {
        let mut ranges = Vec::new();
        let mut updates = Vec::new();
        for (prefix, count) in wanted {
            let counter: Option<Counter> = self.cloud.get(&counter_key(prefix)).await?;
            let first = counter.as_ref().map_or(NonZeroU32::MIN, |counter| counter.next);
            let next = first.checked_add(*count).filter(|next| next.get() - 1 <= last);
            let next = next.ok_or_else(|| AllocationError::Exhausted((*prefix).clone()))?;
            let condition = if counter.is_some() { "#next = :seen" } else { "attribute_not_exists(pk)" };
            let mut values = HashMap::from([(":new".to_owned(), number(next))]);
            if counter.is_some() {
                values.insert(":seen".to_owned(), number(first));
            }
            let change = Change {
                expression: "SET #next = :new".to_owned(),
                condition: condition.to_owned(),
                names: HashMap::from([("#next".to_owned(), "next".to_owned())]),
                values,
            };
            updates.push(self.cloud.transact_update(&counter_key(prefix), change)?);
            ranges.push(PrefixRange { prefix: (*prefix).clone(), first, count: *count });
        }
        Ok((ranges, updates))
    }

    /// Whether an allocation stands on the list of pending work: its decision is not carried out to the end.
    pub async fn is_pending(self, allocation: &Allocation) -> Result<bool, RecordsError> {
        self.cloud.is_pending(&allocation_key(&allocation.of, &allocation.lot())).await
    }

    /// Takes an allocation off the list of pending work: every certificate of it is printed.
    pub async fn settle(self, allocation: &Allocation) -> Result<(), RecordsError> {
        self.cloud.settle(&allocation_key(&allocation.of, &allocation.lot()), "review", text(&allocation.review)).await
    }
}
