//! Proves from the records alone that numbers and sheets add up; whatever does not is a fault.

mod claims;
mod heads;
mod items;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::heads::heads;
pub use self::heads::rewritten;
use super::{AuditAction, AuditEntry};
use crate::issue::allocation::{Allocation, LaterNumber, NumberOrigin};
use crate::issue::application::ApplicationId;
use crate::numbers::code::{CertificateCode, CodePrefix};
use crate::sheets::run::Run;
use crate::sheets::stock::{Book, LedgerEntry, Movement, Requisition, Stock};
use crate::values::chain::{Chained, Head};
use crate::values::lot::LotName;
use crate::values::party::IssuingUnit;
use crate::values::ranges::{Ranges, SerialRange};

/// What a record says, without anybody's personal data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An application, and the end of its audit trail.
    Application {
        /// Its id.
        id: ApplicationId,
        /// The end of its trail.
        trail: Head,
        /// Whether it is authorised, or deleted: from then on nothing of it changes without an entry.
        authorised: bool,
        /// Whether all its rows are decided: from then on it claims no award but those of its certificates.
        decided: bool,
    },
    /// The end of a chain that the Center keeps for all applications.
    ChainEnd {
        /// Which: `body S000051010123`, `rulebook`, `attestation`.
        chain: String,
        /// Its end.
        end: Head,
    },
    /// An entry of such a chain.
    ChainEntry {
        /// Of which.
        chain: String,
        /// The entry.
        entry: Box<Chained<AuditEntry>>,
    },
    /// A claim of the holder guard on a person's award.
    Claim {
        /// Its key: the person is an HMAC there.
        item: String,
        /// Who has it.
        application: ApplicationId,
        /// For which row.
        row: u32,
    },
    /// What stands in an item that trails hold digests of.
    Item {
        /// Its key.
        item: String,
        /// Its digest.
        digest: String,
    },
    /// An item that cannot be read.
    Unreadable {
        /// Its key.
        item: String,
    },
    /// An item with more in it than this build knows of what it proves by reading it.
    Surplus {
        /// Its key.
        item: String,
    },
    /// An item whose content says another key than it stands under.
    Misplaced {
        /// Its key.
        item: String,
    },
    /// A winner without a code.
    Record {
        /// Of which application.
        application: ApplicationId,
        /// Recorded in which lot.
        lot: LotName,
        /// Row of the roster.
        row: u32,
        /// Its key.
        item: String,
        /// Digest of what stands in it.
        digest: String,
        /// Key of the claim on its award; none where the guard has no key.
        claim: Option<String>,
    },
    /// An entry of a trail.
    Trail {
        /// The application that the entry is of.
        application: ApplicationId,
        /// The entry.
        entry: Chained<AuditEntry>,
    },
    /// What an approval allocated.
    Allocation(Box<Allocation>),
    /// The next number of a prefix.
    Counter {
        /// Positions 1–16.
        prefix: CodePrefix,
        /// Its next number.
        next: u32,
    },
    /// A certificate.
    Certificate {
        /// Its code.
        code: CertificateCode,
        /// Of which application.
        application: ApplicationId,
        /// Issued in which lot.
        lot: LotName,
        /// Row of the roster.
        row: u32,
        /// Its place in the lot.
        position: u32,
        /// Whether it no longer counts.
        revoked: bool,
        /// Its key.
        item: String,
        /// Digest of what stands on it.
        digest: String,
        /// Key of the claim on its award; none where the guard has no key.
        claim: Option<String>,
    },
    /// A print run.
    Run(Box<Run>),
    /// A holder's book of sheets.
    Book(Book),
    /// A line of a ledger.
    Line(Box<Chained<LedgerEntry>>),
    /// All sheets of a kind that came from the printing house.
    Register {
        /// Kind of sheet.
        kind: String,
        /// Their numbers.
        received: Ranges,
    },
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FaultCode {
    /// An audit trail or a ledger whose hashes do not follow from each other: an entry was removed or altered.
    ChainBroken,
    /// A book that is not what its lines make it.
    LedgerUnbalanced,
    /// A sheet in two books at once, or one that never came from the printing house.
    SheetTwice,
    /// A sheet under two certificates, or printed and under none.
    SheetUnbound,
    /// A certificate on two sheets at once, or a revoked one on one.
    TwoLiveSheets,
    /// A number that was given twice, or a gap in a prefix.
    NumbersBroken,
    /// A code without an approval.
    Unapproved,
    /// An approved row without its certificate.
    CertificateMissing,
    /// A change without its audit entry.
    Unaudited,
    /// An item that is not as the last entry about it left it.
    Altered,
    /// An item that was written and is gone.
    Missing,
    /// Revoked certificates that are not those which their lot leaves out.
    RevocationsDiffer,
    /// An item that cannot be read.
    Unreadable,
    /// An item that stands where another one belongs.
    Misplaced,
}

impl FaultCode {
    /// What it means, in Chinese.
    pub fn word(self) -> &'static str {
        match self {
            Self::ChainBroken => "记录链断裂：有记录被删除或改动",
            Self::LedgerUnbalanced => "台账不平",
            Self::SheetTwice => "流水号重复或来路不明",
            Self::SheetUnbound => "流水号与证书不是一一对应",
            Self::TwoLiveSheets => "一个编码有不止一张有效证书",
            Self::NumbersBroken => "编码重号或断号",
            Self::Unapproved => "编码没有对应的审核",
            Self::CertificateMissing => "已审核的证书没有生成",
            Self::Unaudited => "变更没有留痕",
            Self::Altered => "内容与留痕记载的不符：被改动过",
            Self::Missing => "留痕记载的内容不见了：被删除",
            Self::RevocationsDiffer => "注销的证书与审核决定记载的不符",
            Self::Unreadable => "记录无法读取",
            Self::Misplaced => "记录不在自己的位置上：被调换、移动或复制过",
        }
    }
}

/// A fault, and where it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fault {
    /// What is wrong.
    pub code: FaultCode,
    /// Of what: an application, a ledger, a prefix, a code, a sheet.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

/// How much was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Applications.
    pub applications: usize,
    /// Codes.
    pub codes: usize,
    /// Sheets that came from the printing house.
    pub sheets: u64,
    /// Entries of audit trails and ledgers.
    pub entries: usize,
    /// Everything that does not add up.
    pub faults: Vec<Fault>,
    /// The ends of all chains, by name: kept elsewhere, they show later whether a chain was written anew.
    pub heads: BTreeMap<String, Head>,
}

/// Looks at every fact; an empty list of faults is the proof.
pub fn prove(facts: &[Fact]) -> Proof {
    let mut books = Records::sort(facts);
    books.trails();
    books.chains();
    books.items();
    books.claims();
    books.revocations();
    books.ledgers();
    books.numbers();
    books.sheets();
    let heads = heads(facts);
    books.proof.faults.sort();
    books.proof.faults.dedup();
    Proof { heads, ..books.proof }
}

type Lot = (ApplicationId, LotName);

/// Who is awarded what: an application for one of its rows.
type Winner<'f> = (&'f ApplicationId, u32);

/// A certificate, as far as numbers and sheets are concerned.
struct CertificateFact<'f> {
    code: &'f CertificateCode,
    revoked: bool,
    item: &'f str,
    digest: &'f str,
}

#[derive(Default)]
struct Records<'f> {
    applications: BTreeMap<&'f ApplicationId, &'f Head>,
    authorised: BTreeSet<&'f ApplicationId>,
    decided: BTreeSet<&'f ApplicationId>,
    /// Ends of the chains that the Center keeps, and their entries.
    ends: BTreeMap<&'f str, &'f Head>,
    entries: BTreeMap<&'f str, Vec<&'f Chained<AuditEntry>>>,
    /// Who has which award, as the holder guard says.
    claims: BTreeMap<&'f str, Winner<'f>>,
    /// Who must have which, as the certificates and records that count say; none where the guard has no key.
    awards: Vec<(Option<&'f str>, Winner<'f>)>,
    /// Digests of what stands in items, by their keys; certificates and records are among them.
    items: BTreeMap<&'f str, &'f str>,
    /// What stands in records and their keys, by application and row.
    records: BTreeMap<Winner<'f>, (&'f str, &'f str)>,
    trails: BTreeMap<&'f ApplicationId, Vec<&'f Chained<AuditEntry>>>,
    allocations: Vec<&'f Allocation>,
    counters: BTreeMap<&'f CodePrefix, u32>,
    certificates: HashMap<(Lot, u32), CertificateFact<'f>>,
    runs: BTreeMap<Lot, Vec<&'f Run>>,
    books: BTreeMap<(&'f str, &'f IssuingUnit), &'f Book>,
    lines: BTreeMap<(&'f str, &'f IssuingUnit), Vec<&'f Chained<LedgerEntry>>>,
    registers: BTreeMap<&'f str, &'f Ranges>,
    /// Sheets with a certificate on them, by kind, as the ledgers say.
    printed: BTreeMap<&'f str, Ranges>,
    /// Sheets that ever had one.
    ever_printed: BTreeMap<&'f str, Ranges>,
    proof: Proof,
}

impl<'f> Records<'f> {
    fn sort(facts: &'f [Fact]) -> Self {
        let mut records = Self::default();
        for fact in facts {
            match fact {
                Fact::Application { id, trail, authorised, decided } => {
                    records.applications.insert(id, trail);
                    records.authorised.extend(authorised.then_some(id));
                    records.decided.extend(decided.then_some(id));
                }
                Fact::ChainEnd { chain, end } => drop(records.ends.insert(chain, end)),
                Fact::ChainEntry { chain, entry } => records.entries.entry(chain).or_default().push(entry),
                Fact::Claim { item, application, row } => drop(records.claims.insert(item, (application, *row))),
                Fact::Item { item, digest } => drop(records.items.insert(item, digest)),
                Fact::Unreadable { item } => records.fault(FaultCode::Unreadable, item, ""),
                Fact::Surplus { item } => records.fault(FaultCode::Altered, item, "有多出来的内容"),
                Fact::Misplaced { item } => records.fault(FaultCode::Misplaced, item, ""),
                Fact::Record { application, row, item, digest, claim, .. } => {
                    records.items.insert(item, digest);
                    records.awards.push((claim.as_deref(), (application, *row)));
                    records.records.insert((application, *row), (item, digest));
                }
                Fact::Trail { application, entry } => records.trails.entry(application).or_default().push(entry),
                Fact::Allocation(allocation) => records.allocations.push(allocation),
                Fact::Counter { prefix, next } => drop(records.counters.insert(prefix, *next)),
                Fact::Certificate { code, application, lot, row, position, revoked, item, digest, claim } => {
                    records.items.insert(item, digest);
                    records.awards.extend((!revoked).then_some((claim.as_deref(), (application, *row))));
                    let place = ((application.clone(), lot.clone()), *position);
                    if let Some(other) = records.certificates.insert(place, CertificateFact { code, revoked: *revoked, item, digest }) {
                        records.fault(FaultCode::NumbersBroken, other.code, format!("与 {code} 占同一位置"));
                    }
                }
                Fact::Run(run) => records.runs.entry((run.run_of.clone(), run.lot())).or_default().push(run),
                Fact::Book(book) => drop(records.books.insert((&book.kind, &book.holder), book)),
                Fact::Line(line) => records.lines.entry((&line.entry.kind, &line.entry.holder)).or_default().push(line),
                Fact::Register { kind, received } => drop(records.registers.insert(kind, received)),
            }
        }
        records.runs.values_mut().for_each(|runs| runs.sort_by_key(|run| run.number));
        records.proof.applications = records.applications.len();
        records.proof.codes = records.certificates.len();
        records.proof.sheets = records.registers.values().map(|received| received.count()).sum();
        records.proof.entries = records.trails.values().map(Vec::len).sum::<usize>()
            + records.lines.values().map(Vec::len).sum::<usize>()
            + records.entries.values().map(Vec::len).sum::<usize>();
        records
    }

    fn fault(&mut self, code: FaultCode, subject: impl ToString, detail: impl Into<String>) {
        self.proof.faults.push(Fault { code, subject: subject.to_string(), detail: detail.into() });
    }

    /// The chain of each application, and that whatever was decided stands in it.
    fn trails(&mut self) {
        for (id, head) in self.applications.clone() {
            let entries = self.trails.get(id).cloned().unwrap_or_default();
            if let Some(detail) = broken(head, &entries, |entry| entry.number) {
                self.fault(FaultCode::ChainBroken, id, detail);
            }
        }
        for id in self.trails.keys().copied().collect::<Vec<_>>() {
            if !self.applications.contains_key(id) {
                self.fault(FaultCode::ChainBroken, id, "有留痕而没有申报");
            }
        }
        for allocation in self.allocations.clone() {
            let entries = self.trails.get(&allocation.of).cloned().unwrap_or_default();
            let approved = |e: &&Chained<AuditEntry>| {
                e.entry.action == AuditAction::Qualify && e.entry.at == allocation.decided_at && e.entry.actor == allocation.decided_by
            };
            if !entries.iter().any(approved) {
                self.fault(FaultCode::Unaudited, &allocation.of, format!("{} 的审核", allocation.reviewer));
            }
            for LaterNumber { code, origin } in &allocation.later {
                let (action, about, detail) = match origin {
                    NumberOrigin::Replaces { replaces, .. } | NumberOrigin::Renumbered { replaces } => {
                        (AuditAction::Correct, replaces, "替代编码没有更正记录")
                    }
                    NumberOrigin::Entered { .. } => (AuditAction::NumberEntered, code, "登记的编号没有留痕"),
                };
                let told = |e: &&Chained<AuditEntry>| e.entry.action == action && e.entry.tells_of(about);
                if !entries.iter().any(told) {
                    self.fault(FaultCode::Unaudited, code, detail);
                }
            }
        }
        let revoked: Vec<(ApplicationId, CertificateCode)> = self
            .certificates
            .iter()
            .filter(|(_, known)| known.revoked)
            .map(|((lot, _), known)| (lot.0.clone(), known.code.clone()))
            .collect();
        for (id, code) in revoked {
            let entries = self.trails.get(&id).cloned().unwrap_or_default();
            if !entries
                .iter()
                .any(|e| matches!(e.entry.action, AuditAction::Revoke | AuditAction::Correct) && e.entry.code.as_ref() == Some(&code))
            {
                self.fault(FaultCode::Unaudited, code, "注销没有记录");
            }
        }
    }

    /// Each chain that the Center keeps.
    fn chains(&mut self) {
        for chain in self.ends.keys().chain(self.entries.keys()).copied().collect::<BTreeSet<_>>() {
            let entries = self.entries.get(chain).cloned().unwrap_or_default();
            let end = self.ends.get(chain).copied().cloned().unwrap_or_default();
            if let Some(detail) = broken(&end, &entries, |entry| entry.number) {
                self.fault(FaultCode::ChainBroken, chain, detail);
            }
        }
    }

    /// The certificates that are revoked are those that their lot leaves out.
    fn revocations(&mut self) {
        let mut faults = Vec::new();
        for lot in &self.allocations {
            let place = (lot.of.clone(), lot.lot());
            let differs = |position: &u32| {
                let known = self.certificates.get(&(place.clone(), *position));
                known.is_some_and(|known| known.revoked != lot.withdrawn.contains(position))
            };
            faults.extend(
                (0..lot.end())
                    .filter(differs)
                    .filter_map(|position| self.certificates.get(&(place.clone(), position)))
                    .map(|known| known.code.to_string()),
            );
        }
        for code in faults {
            self.fault(FaultCode::RevocationsDiffer, code, "");
        }
    }

    /// Each book from its lines; each sheet in one book.
    fn ledgers(&mut self) {
        let names: BTreeSet<_> = self.books.keys().chain(self.lines.keys()).copied().collect();
        let mut held: BTreeMap<&str, Ranges> = BTreeMap::new();
        let mut bought: BTreeMap<&str, Ranges> = BTreeMap::new();
        for (kind, holder) in names {
            let subject = format!("{kind} {holder}");
            let lines = self.lines.get(&(kind, holder)).cloned().unwrap_or_default();
            let Some(book) = self.books.get(&(kind, holder)).copied() else {
                self.fault(FaultCode::LedgerUnbalanced, subject, "有台账而没有库存");
                continue;
            };
            if let Some(detail) = broken(&book.ledger, &lines, |line| line.number) {
                self.fault(FaultCode::ChainBroken, &subject, detail);
            }
            match replay(&lines) {
                Err(detail) => self.fault(FaultCode::LedgerUnbalanced, &subject, detail),
                Ok(replayed) => {
                    if replayed.stock != book.stock || replayed.asked != book.asked || !book.stock.balances() {
                        self.fault(FaultCode::LedgerUnbalanced, &subject, "库存与台账逐笔累计不符");
                    }
                    let everything = replayed.stock.on_hand.plus(&replayed.printed).plus(&replayed.gone);
                    let known = held.entry(kind).or_default();
                    let twice = everything.minus(&everything.minus(known));
                    *known = known.plus(&everything);
                    let printed = self.printed.entry(kind).or_default();
                    *printed = printed.plus(&replayed.printed);
                    let ever = self.ever_printed.entry(kind).or_default();
                    *ever = ever.plus(&replayed.ever_printed);
                    let origin = bought.entry(kind).or_default();
                    let again = replayed.bought.minus(&replayed.bought.minus(origin));
                    *origin = origin.plus(&replayed.bought);
                    if !twice.is_empty() || !again.is_empty() {
                        self.fault(FaultCode::SheetTwice, &subject, format!("{:?}", twice.plus(&again).stretches()));
                    }
                }
            }
        }
        for kind in held.keys().chain(self.registers.keys()).copied().collect::<BTreeSet<_>>() {
            let held = held.get(kind).cloned().unwrap_or_default();
            let received = self.registers.get(kind).map(|received| (*received).clone()).unwrap_or_default();
            if held != received || bought.get(kind).is_some_and(|bought| *bought != received) {
                let odd = held.minus(&received).plus(&received.minus(&held));
                self.fault(FaultCode::SheetTwice, kind, format!("与入库登记不符：{:?}", odd.stretches()));
            }
        }
    }

    /// Every number of every prefix once, from 1 to the last, each by an approval.
    fn numbers(&mut self) {
        let mut given: BTreeMap<&CodePrefix, Vec<SerialRange>> = BTreeMap::new();
        for allocation in &self.allocations {
            for range in &allocation.ranges {
                let first = u64::from(range.first.get());
                given.entry(&range.prefix).or_default().push(SerialRange::new(first, first + u64::from(range.count) - 1));
            }
            for later in &allocation.later {
                if let NumberOrigin::Replaces { prefix, sequence, .. } = &later.origin {
                    let number = u64::from(sequence.get());
                    given.entry(prefix).or_default().push(SerialRange::new(number, number));
                }
            }
        }
        for prefix in self.counters.keys().chain(given.keys()).copied().collect::<BTreeSet<_>>() {
            let stretches = given.get(prefix).cloned().unwrap_or_default();
            let total: u64 = stretches.iter().map(SerialRange::count).sum();
            let numbers = Ranges::from(stretches);
            let next = self.counters.get(prefix).copied().unwrap_or(1);
            let whole = if next > 1 { SerialRange::new(1, u64::from(next) - 1).into() } else { Ranges::default() };
            if numbers != whole || total != numbers.count() {
                self.fault(FaultCode::NumbersBroken, prefix, format!("下一号 {next}，已分配 {:?}", numbers.stretches()));
            }
            given.insert(prefix, numbers.into());
        }
        self.approvals(&given);
    }

    /// Every certificate has a number that an approval took for it, and every number its certificate.
    fn approvals(&mut self, given: &BTreeMap<&CodePrefix, Vec<SerialRange>>) {
        let mut seen: HashMap<&CertificateCode, ()> = HashMap::new();
        let entered = |later: &&LaterNumber| match later.origin {
            NumberOrigin::Entered { .. } | NumberOrigin::Renumbered { .. } => true,
            NumberOrigin::Replaces { .. } => false,
        };
        let by_hand: BTreeSet<&CertificateCode> =
            self.allocations.iter().flat_map(|lot| &lot.later).filter(entered).map(|later| &later.code).collect();
        let mut faults = Vec::new();
        for known in self.certificates.values() {
            if seen.insert(known.code, ()).is_some() {
                faults.push((FaultCode::NumbersBroken, known.code.to_string(), "编码出现两次".to_owned()));
            }
            let approved = given.iter().any(|(prefix, numbers)| {
                let number = known.code.number_under(prefix);
                number.is_some_and(|number| numbers.iter().any(|stretch| stretch.contains(number)))
            });
            if !approved && !by_hand.contains(known.code) {
                faults.push((FaultCode::Unapproved, known.code.to_string(), String::new()));
            }
        }
        for allocation in &self.allocations {
            let lot = (allocation.of.clone(), allocation.lot());
            let unrecorded = allocation.rows_without_number().filter(|row| !self.records.contains_key(&(&allocation.of, *row))).count();
            if unrecorded > 0 {
                let detail = format!("{} 缺登记 {unrecorded} 条", allocation.reviewer);
                faults.push((FaultCode::CertificateMissing, allocation.of.to_string(), detail));
            }
            let missing = (0..allocation.end()).filter(|position| !self.certificates.contains_key(&(lot.clone(), *position))).count();
            if missing > 0 {
                faults.push((FaultCode::CertificateMissing, allocation.of.to_string(), format!("{} 缺 {missing} 份", allocation.reviewer)));
            }
        }
        for (code, subject, detail) in faults {
            self.fault(code, subject, detail);
        }
    }

    /// Every printed sheet under one certificate, every certificate on one sheet at most.
    fn sheets(&mut self) {
        let mut bound: BTreeMap<(&str, u64), &CertificateCode> = BTreeMap::new();
        let mut faults = Vec::new();
        for ((lot, position), known) in &self.certificates {
            let runs = self.runs.get(lot).map(Vec::as_slice).unwrap_or_default();
            let mut live = BTreeSet::new();
            for (run, kind) in runs.iter().filter_map(|run| Some((run, run.kind.as_deref()?))) {
                let spoiled = run.spoiled.iter().filter(|spoiled| spoiled.position == *position).map(|spoiled| spoiled.sheet);
                for sheet in run.sheet(*position).into_iter().chain(spoiled) {
                    if self.printed.get(kind).is_some_and(|printed| printed.contains(sheet)) {
                        live.insert(sheet);
                    }
                    if let Some(other) = bound.insert((kind, sheet), known.code)
                        && other != known.code
                    {
                        faults.push((FaultCode::SheetUnbound, sheet.to_string(), format!("{other} 与 {}", known.code)));
                    }
                }
            }
            if live.len() > 1 || (known.revoked && !live.is_empty()) {
                faults.push((FaultCode::TwoLiveSheets, known.code.to_string(), format!("{live:?}")));
            }
        }
        for line in self.lines.values().flatten() {
            let LedgerEntry { kind, movement, sheets, code, .. } = &line.entry;
            let about_one = matches!(movement, Movement::VoidPrinted | Movement::LosePrinted);
            if let (true, Some(sheet)) = (about_one, sheets.lowest())
                && bound.get(&(kind.as_str(), sheet)).copied() != code.as_ref()
            {
                faults.push((FaultCode::SheetUnbound, sheet.to_string(), "台账与打印批次记的不是同一证书".to_owned()));
            }
        }
        for run in self.runs.values().flatten() {
            let sheets = Ranges::from(run.sheets.clone());
            let never = sheets.minus(run.kind.as_deref().and_then(|kind| self.ever_printed.get(kind)).unwrap_or(&Ranges::default()));
            if !never.is_empty() {
                faults.push((FaultCode::SheetUnbound, run.run_of.to_string(), format!("台账没有打印过 {:?}", never.stretches())));
            }
        }
        for (kind, printed) in &self.printed {
            let under: Ranges = bound.range((*kind, 0)..=(*kind, u64::MAX)).map(|((_, sheet), _)| *sheet).collect();
            let loose = printed.minus(&under);
            if !loose.is_empty() {
                faults.push((FaultCode::SheetUnbound, (*kind).to_owned(), format!("已打印而没有证书：{:?}", loose.stretches())));
            }
        }
        for (code, subject, detail) in faults {
            self.fault(code, subject, detail);
        }
    }
}

/// What breaks a chain, if anything does.
fn broken<T>(head: &Head, entries: &[&Chained<T>], number: impl Fn(&T) -> u64) -> Option<String> {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|chained| number(&chained.entry));
    let mut end = Head::default();
    for chained in sorted {
        if number(&chained.entry) != end.count + 1 {
            return Some(format!("缺第 {} 条", end.count + 1));
        }
        let next = end.after(&chained.text);
        if next.hash != chained.hash {
            return Some(format!("第 {} 条被改动", end.count + 1));
        }
        end = next;
    }
    (end != *head).then(|| format!("应有 {} 条，实有 {} 条", head.count, end.count))
}

#[derive(Default)]
struct Replayed {
    stock: Stock,
    asked: Option<Requisition>,
    printed: Ranges,
    ever_printed: Ranges,
    /// Voided or lost.
    gone: Ranges,
    /// From the printing house.
    bought: Ranges,
}

/// The stock that the lines make, and where each sheet went.
fn replay(lines: &[&Chained<LedgerEntry>]) -> Result<Replayed, String> {
    let mut sorted = lines.to_vec();
    sorted.sort_by_key(|line| line.entry.number);
    let mut now = Replayed::default();
    for line in sorted {
        let LedgerEntry { movement, sheets, number, .. } = &line.entry;
        now.stock = now.stock.after(*movement, sheets).map_err(|error| format!("第 {number} 笔：{error}"))?;
        if now.stock.on_hand.count() != line.entry.on_hand {
            return Err(format!("第 {number} 笔：结存不符"));
        }
        now.asked = Requisition::after(now.asked, &line.entry).map_err(|error| format!("第 {number} 笔：{error}"))?;
        let unprinted = sheets.minus(&now.printed);
        match movement {
            Movement::Print => {
                now.printed = now.printed.plus(sheets);
                now.ever_printed = now.ever_printed.plus(sheets);
            }
            Movement::Unprint | Movement::VoidPrinted | Movement::LosePrinted if !unprinted.is_empty() => {
                return Err(format!("第 {number} 笔：{:?} 不是已打印的", unprinted.stretches()));
            }
            Movement::Unprint => {
                now.printed = now.printed.minus(sheets);
                now.ever_printed = now.ever_printed.minus(sheets);
            }
            Movement::VoidPrinted | Movement::LosePrinted => {
                now.printed = now.printed.minus(sheets);
                now.gone = now.gone.plus(sheets);
            }
            Movement::VoidBlank | Movement::LoseBlank => now.gone = now.gone.plus(sheets),
            Movement::Receive if line.entry.counterpart.is_none() => now.bought = now.bought.plus(sheets),
            Movement::Receive
            | Movement::HandOver
            | Movement::Destroy
            | Movement::Count
            | Movement::Ask
            | Movement::Refuse
            | Movement::Assign
            | Movement::AssignLocked
            | Movement::Acknowledge => {}
        }
    }
    Ok(now)
}
