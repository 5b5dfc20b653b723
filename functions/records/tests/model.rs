//! The records against a model: random operations on numbers, sheets and certificates, tried on a real table and on a
//! plain one in memory; after every step both say the same, and the audit finds nothing.
//!
//! `SEQUENCES` says how many random sequences are tried (100, if it is not set), `SEED` which ones (0).

mod formats;
mod races;
mod restored;
mod support;
mod tampering;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use records::after::hand_out::Collected;
use records::after::publication::Concerned;
use records::after::volumes::Sealed;
use records::issue::allocation::Decision;
use records::issue::approved::approve;
use records::issue::certificates::Certificate;
use records::issue::changes::{ChangeTerms, NewNumber, Recoding, SeenCertificate};
use records::issue::runs::{Jam, OldSheet, Wanted};
use records::issue::sheets::Destruction;
use rules::after::publication::{Batch, BatchState, BatchStep};
use rules::audit::{AuditAction, AuditEntry, Fact, FaultCode, prove};
use rules::intake::entry::Entry;
use rules::issue::allocation::Stage;
use rules::issue::application::{ApplicationId, Refusal};
use rules::numbers::code::CertificateCode;
use rules::sheets::run::{Setting, current_sheet};
use rules::sheets::stock::{LedgerEntry, Movement};
use rules::values::name::PersonName;
use rules::values::party::{Applicant, IssuingUnit};
use rules::values::ranges::Ranges;
use rules::values::vocabulary::{BatchKind, CertificateType};
use support::{KIND, LEVELS, Table, actor, grammar, holder, lot, now, prefix, rows, sheets};

/// One operation; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Operation {
    Receive { first: u64, count: u64 },
    Assign { to: usize, first: u64, count: u64 },
    TakeBack { from: usize, first: u64, count: u64 },
    Spoil { whose: usize, first: u64, count: u64, lost: bool },
    Count { whose: usize, first: u64, count: u64 },
    Destroy { whose: usize, first: u64, count: u64, same_person: bool },
    Authorise { reviewer: usize, rows: u32 },
    Approve { case: usize, refuse: Option<u32> },
    Print { case: usize, top: Option<u64>, count: Option<u32> },
    Jam { case: usize, position: u32, top: Option<u64> },
    Reissue { case: usize, certificate: usize, lost: bool },
    Revoke { case: usize, certificate: usize },
    Correct { case: usize, certificate: usize, person: Option<u32> },
    Recode { case: usize, certificate: usize, level: u8 },
    Reach { case: usize },
}

fn step(state: BatchState) -> BatchStep {
    BatchStep { state, at: now(), by: "somebody".to_owned(), reason: None }
}

/// A batch for one case; its number is the case's.
fn batch(case: usize, reviewer: &IssuingUnit) -> Batch {
    Batch {
        applicant: Applicant::reviewer(reviewer),
        number: u32::try_from(case).expect("few cases") + 1,
        kind: BatchKind::New,
        certificate_type: CertificateType::SkillLevel,
        notice: "川人社职鉴〔2022〕9号".to_owned(),
        seat: "00".to_owned(),
        body: "四川样例评价中心".to_owned(),
        title: "一批".to_owned(),
        count: 0,
        lots: Vec::new(),
        state: BatchState::Applied,
        steps: vec![step(BatchState::Applied)],
        version: 0,
        sheet: "00".to_owned(),
        result: None,
        made: false,
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let (first, count, who, case) = (1_u64..90, 1_u64..5, 0_usize..3, 0_usize..4);
    let top = proptest::option::weighted(0.3, 1_u64..90);
    prop_oneof![
        3 => (first.clone(), 10_u64..40).prop_map(|(first, count)| O::Receive { first, count }),
        4 => (who.clone(), first.clone(), 1_u64..12).prop_map(|(to, first, count)| O::Assign { to, first, count }),
        1 => (who.clone(), first.clone(), count.clone()).prop_map(|(from, first, count)| O::TakeBack { from, first, count }),
        2 => (who.clone(), first.clone(), 1_u64..3, any::<bool>()).prop_map(|(whose, first, count, lost)| O::Spoil { whose, first, count, lost }),
        1 => (who.clone(), first.clone(), count.clone()).prop_map(|(whose, first, count)| O::Count { whose, first, count }),
        2 => (who.clone(), first, 1_u64..3, proptest::bool::weighted(0.3)).prop_map(|(whose, first, count, same_person)| O::Destroy { whose, first, count, same_person }),
        3 => (who, 1_u32..6).prop_map(|(reviewer, rows)| O::Authorise { reviewer, rows }),
        4 => (case.clone(), proptest::option::weighted(0.3, 0_u32..6)).prop_map(|(case, refuse)| O::Approve { case, refuse }),
        6 => (case.clone(), top.clone(), proptest::option::weighted(0.4, 1_u32..4)).prop_map(|(case, top, count)| O::Print { case, top, count }),
        3 => (case.clone(), 0_u32..6, top).prop_map(|(case, position, top)| O::Jam { case, position, top }),
        2 => (case.clone(), 0_usize..8, any::<bool>()).prop_map(|(case, certificate, lost)| O::Reissue { case, certificate, lost }),
        1 => (case.clone(), 0_usize..8).prop_map(|(case, certificate)| O::Revoke { case, certificate }),
        2 => (case.clone(), 0_usize..8, proptest::option::weighted(0.6, 0_u32..24)).prop_map(|(case, certificate, person)| O::Correct { case, certificate, person }),
        2 => (case.clone(), 0_usize..8, 1_u8..=5).prop_map(|(case, certificate, level)| O::Recode { case, certificate, level }),
        1 => case.prop_map(|case| O::Reach { case }),
    ]
}

/// Where a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    OnHand,
    Printed,
    Voided,
    Destroyed,
    Lost,
}

/// A certificate of the model.
#[derive(Debug, Clone)]
struct ModelCertificate {
    code: CertificateCode,
    position: u32,
    sheet: Option<u64>,
    revoked: bool,
    corrected: u32,
    row: u32,
    person: u32,
    level: u8,
}

#[derive(Debug)]
struct Case {
    id: ApplicationId,
    reviewer: IssuingUnit,
    rows: u32,
    /// Who stands in its first row; those in the others follow.
    first_person: u32,
    decided: bool,
    /// How many of the approved got a number.
    numbered: u32,
    certificates: Vec<ModelCertificate>,
    stages: usize,
    /// Whether something was printed since its first run: then the rest of a run does not move on.
    reprinted: Vec<u32>,
}

/// The plain model: every sheet by its number, every prefix's next number.
#[derive(Debug, Default)]
struct Model {
    sheets: BTreeMap<u64, (usize, Place)>,
    next: BTreeMap<u8, u32>,
    cases: Vec<Case>,
    /// People who have taken part so far.
    people: u32,
    /// Who has an award: the case and the row, by person and level.
    claims: BTreeMap<(u32, u8), (usize, u32)>,
}

impl Model {
    /// Moves sheets that are all at `from` of a holder; whether they were.
    fn shift(&mut self, numbers: impl Iterator<Item = u64> + Clone, from: (usize, Place), to: (usize, Place)) -> bool {
        let all = numbers.clone().all(|number| self.sheets.get(&number) == Some(&from));
        if all {
            self.sheets.extend(numbers.map(|number| (number, to)));
        }
        all
    }

    fn on_hand(&self, whose: usize) -> impl Iterator<Item = u64> + '_ {
        self.sheets.iter().filter(move |(_, place)| **place == (whose, Place::OnHand)).map(|(number, _)| *number)
    }

    /// The `count` lowest from `top` on, if `top` is on hand.
    fn stack(&self, whose: usize, top: Option<u64>, count: usize) -> Option<Vec<u64>> {
        let top = top.or_else(|| self.on_hand(whose).next())?;
        let stack: Vec<u64> = self.on_hand(whose).filter(|number| *number >= top).take(count).collect();
        (count > 0 && stack.len() == count && stack[0] == top).then_some(stack)
    }

    /// Whether a row may have an award: nobody else has it, or a better one of the same person.
    fn is_free(&self, person: u32, level: u8, row: (usize, u32)) -> bool {
        (1..=level).all(|better| self.claims.get(&(person, better)).is_none_or(|other| *other == row))
    }

    /// The row's award is another one from now on, or none.
    fn move_claim(&mut self, row: (usize, u32), from: (u32, u8), to: Option<(u32, u8)>) {
        if self.claims.get(&from) == Some(&row) {
            self.claims.remove(&from);
        }
        self.claims.extend(to.map(|to| (to, row)));
    }

    fn whose(reviewer: &IssuingUnit) -> usize {
        (0..3).find(|who| holder(*who) == *reviewer).unwrap_or(0)
    }
}

#[test]
fn whatever_is_done_the_table_says_what_the_model_says() {
    let sequences = std::env::var("SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let table = runtime.block_on(Table::start());
    // How often an operation of each kind changed something: a model in which nothing happens proves nothing.
    let effective: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let config = Config { cases: sequences, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let seed = std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0_u64);
    let seed: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let ran = TestRunner::new_with_rng(config, random).run(&proptest::collection::vec(operation(), 1..60), |operations| {
        runtime.block_on(async {
            let mut trial = Trial { table: table.fresh().await, model: Model::default() };
            for operation in operations {
                let operation = trial.aimed(&operation);
                let before = format!("{:?}", trial.model);
                trial.step(&operation).await;
                trial.compare(&operation).await;
                if format!("{:?}", trial.model) != before {
                    *effective.borrow_mut().entry(kind(&operation)).or_default() += 1;
                }
            }
        });
        Ok(())
    });
    ran.expect("the model and the table agree");
    let effective = effective.into_inner();
    assert_eq!(effective.len(), KINDS - 1, "all but a count change the model: {effective:?}");
}

/// One sequence of operations on a table of its own.
async fn played(operations: &[Operation]) -> Trial {
    let mut trial = Trial { table: Table::start().await, model: Model::default() };
    for operation in operations {
        trial.step(operation).await;
        trial.compare(operation).await;
    }
    trial
}

/// Two lots, printed, with a jam, a reissue, a correction, a revocation and a new code.
fn a_busy_day() -> Vec<Operation> {
    use Operation as O;
    vec![
        O::Receive { first: 1, count: 40 },
        O::Assign { to: 1, first: 1, count: 20 },
        O::Authorise { reviewer: 1, rows: 6 },
        O::Authorise { reviewer: 0, rows: 2 },
        O::Approve { case: 0, refuse: Some(1) },
        O::Approve { case: 1, refuse: None },
        O::Print { case: 0, top: None, count: None },
        O::Print { case: 1, top: None, count: None },
        O::Jam { case: 0, position: 2, top: None },
        O::Reissue { case: 0, certificate: 0, lost: true },
        O::Correct { case: 0, certificate: 1, person: None },
        O::Recode { case: 0, certificate: 2, level: 1 },
        O::Revoke { case: 1, certificate: 0 },
        O::Spoil { whose: 0, first: 30, count: 2, lost: false },
        O::Destroy { whose: 0, first: 30, count: 2, same_person: false },
        O::Reach { case: 0 },
        O::Reach { case: 0 },
        O::Reach { case: 0 },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_voided_for_a_revocation_does_not_come_back_with_a_jam() {
    use Operation as O;
    let trial = played(&[
        O::Receive { first: 1, count: 4 },
        O::Authorise { reviewer: 0, rows: 2 },
        O::Approve { case: 0, refuse: None },
        O::Print { case: 0, top: None, count: None },
        O::Revoke { case: 0, certificate: 1 },
        O::Jam { case: 0, position: 0, top: None },
    ])
    .await;
    let stock = trial.table.cloud.sheets().book(KIND, &holder(0)).await.expect("readable").stock;
    assert_eq!((stock.on_hand, stock.voided, stock.printed), (sheets(3, 2), 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_taken_out_of_the_records_shows() {
    let facts = played(&a_busy_day()).await.table.facts().await;
    assert_eq!(prove(&facts).faults, []);
    for gone in 0..facts.len() {
        let mut rest = facts.clone();
        let taken = rest.remove(gone);
        assert!(!prove(&rest).faults.is_empty(), "{taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_altered_in_the_records_shows() {
    let facts = played(&a_busy_day()).await.table.facts().await;
    let mut altered = 0;
    for at in 0..facts.len() {
        let mut changed = facts.clone();
        let wanted = match &mut changed[at] {
            Fact::Application { trail, .. } => {
                trail.count -= 1;
                FaultCode::ChainBroken
            }
            Fact::Trail { entry, .. } => {
                entry.text = entry.text.replace("someone", "somebody");
                FaultCode::ChainBroken
            }
            Fact::Line(line) => {
                line.text.push(' ');
                FaultCode::ChainBroken
            }
            Fact::Allocation(allocation) => {
                allocation.ranges[0].count += 1;
                FaultCode::NumbersBroken
            }
            Fact::Counter { next, .. } => {
                *next += 1;
                FaultCode::NumbersBroken
            }
            Fact::Certificate { revoked, .. } => {
                *revoked = !*revoked;
                FaultCode::RevocationsDiffer
            }
            Fact::Run(run) => {
                run.sheets[0] = (90, 90 + run.sheets[0].count() - 1).into();
                FaultCode::SheetUnbound
            }
            Fact::Book(book) => {
                book.stock.printed += 1;
                FaultCode::LedgerUnbalanced
            }
            Fact::Register { received, .. } => {
                *received = received.minus(&sheets(1, 1));
                FaultCode::SheetTwice
            }
            Fact::Item { digest, .. } => {
                digest.push('0');
                FaultCode::Altered
            }
            Fact::Claim { row, .. } => {
                *row += 1;
                FaultCode::Altered
            }
            Fact::Record { .. }
            | Fact::ChainEnd { .. }
            | Fact::ChainEntry { .. }
            | Fact::Unreadable { .. }
            | Fact::Misplaced { .. }
            | Fact::Surplus { .. } => continue,
        };
        let faults = prove(&changed).faults;
        assert!(faults.iter().any(|fault| fault.code == wanted), "{:?}: {faults:?}", changed[at]);
        altered += 1;
    }
    assert!(altered > 20, "{altered}");
}

/// Kinds of operations.
const KINDS: usize = 15;

fn kind(operation: &Operation) -> String {
    format!("{operation:?}").split_whitespace().next().unwrap_or_default().to_owned()
}

struct Trial {
    table: Table,
    model: Model,
}

impl Trial {
    /// Three of four numbers are aimed at a sheet that is there; the others meet what they meet.
    fn aim(&self, whose: usize, place: Place, number: u64) -> u64 {
        let there: Vec<u64> = self.model.sheets.iter().filter(|(_, at)| **at == (whose, place)).map(|(sheet, _)| *sheet).collect();
        let aimed = !number.is_multiple_of(4) && !there.is_empty();
        if aimed { there[number as usize % there.len()] } else { number }
    }

    /// The operation, aimed at cases, certificates and sheets that are there.
    fn aimed(&self, operation: &Operation) -> Operation {
        use Operation as O;
        let mut operation = operation.clone();
        let cases = &self.model.cases;
        match &mut operation {
            O::Assign { first, .. } => *first = self.aim(0, Place::OnHand, *first),
            O::TakeBack { from: whose, first, .. } | O::Spoil { whose, first, .. } => *first = self.aim(*whose, Place::OnHand, *first),
            O::Destroy { whose, first, .. } => {
                let voided = self.model.sheets.values().find(|(_, place)| *place == Place::Voided);
                *whose = voided.map_or(*whose, |(holder, _)| *holder);
                *first = self.aim(*whose, Place::Voided, *first);
            }
            O::Approve { case, .. }
            | O::Print { case, .. }
            | O::Jam { case, .. }
            | O::Reissue { case, .. }
            | O::Revoke { case, .. }
            | O::Correct { case, .. }
            | O::Recode { case, .. }
            | O::Reach { case } => *case %= cases.len().max(1),
            _ => {}
        }
        match &mut operation {
            O::Print { case, top: Some(top), .. } | O::Jam { case, top: Some(top), .. } if *case < cases.len() => {
                *top = self.aim(Model::whose(&cases[*case].reviewer), Place::OnHand, *top);
            }
            O::Reissue { case, certificate, .. }
            | O::Revoke { case, certificate }
            | O::Correct { case, certificate, .. }
            | O::Recode { case, certificate, .. }
                if *case < cases.len() =>
            {
                *certificate %= cases[*case].certificates.len().max(1);
            }
            _ => {}
        }
        operation
    }

    async fn step(&mut self, operation: &Operation) {
        use Operation as O;
        match *operation {
            O::Receive { first, count } => self.receive(first, count).await,
            O::Assign { to, first, count } => self.hand_over(0, to, first, count).await,
            O::TakeBack { from, first, count } => self.hand_over(from, 0, first, count).await,
            O::Spoil { whose, first, count, lost } => self.spoil(whose, first, count, lost).await,
            O::Count { whose, first, count } => self.count(whose, first, count).await,
            O::Destroy { whose, first, count, same_person } => self.destroy(whose, first, count, same_person).await,
            O::Authorise { reviewer, rows } => self.authorise(reviewer, rows).await,
            O::Approve { case, refuse } => self.approve(case, refuse).await,
            O::Print { case, top, count } => self.print(case, top, count).await,
            O::Jam { case, position, top } => self.jam(case, position, top).await,
            O::Reissue { case, certificate, lost } => self.reissue(case, certificate, lost).await,
            O::Revoke { case, certificate } => self.revoke(case, certificate).await,
            O::Correct { case, certificate, person } => self.correct(case, certificate, person).await,
            O::Recode { case, certificate, level } => self.recode(case, certificate, level).await,
            O::Reach { case } => self.reach(case).await,
        }
    }

    fn line(movement: Movement, first: u64, count: u64) -> LedgerEntry {
        LedgerEntry::new(movement, sheets(first, count), "operator", now())
    }

    async fn receive(&mut self, first: u64, count: u64) {
        let numbers = first..first + count;
        let new = numbers.clone().all(|number| !self.model.sheets.contains_key(&number));
        let done = self.table.cloud.sheets().receive(KIND, &holder(0), Self::line(Movement::Receive, first, count)).await;
        assert_eq!(done.is_ok(), new, "{done:?}");
        if new {
            self.model.sheets.extend(numbers.map(|number| (number, (0, Place::OnHand))));
        }
    }

    async fn hand_over(&mut self, from: usize, to: usize, first: u64, count: u64) {
        if from == to {
            return;
        }
        let line = Self::line(if to == 0 { Movement::Receive } else { Movement::Assign }, first, count);
        let done = self.table.cloud.sheets().hand_over(KIND, &holder(from), &holder(to), line).await;
        // A holder may get back what it once gave away; a number is in one book at a time.
        let moved = self.model.shift(first..first + count, (from, Place::OnHand), (to, Place::OnHand));
        assert_eq!(done.is_ok(), moved, "{done:?}");
    }

    async fn spoil(&mut self, whose: usize, first: u64, count: u64, lost: bool) {
        let (movement, place) = if lost { (Movement::LoseBlank, Place::Lost) } else { (Movement::VoidBlank, Place::Voided) };
        let done = self.table.cloud.sheets().enter_line(KIND, &holder(whose), Self::line(movement, first, count)).await;
        assert_eq!(done.is_ok(), self.model.shift(first..first + count, (whose, Place::OnHand), (whose, place)), "{done:?}");
    }

    async fn count(&mut self, whose: usize, first: u64, count: u64) {
        self.table
            .cloud
            .sheets()
            .enter_line(KIND, &holder(whose), Self::line(Movement::Count, first, count))
            .await
            .expect("a count moves nothing");
    }

    async fn destroy(&mut self, whose: usize, first: u64, count: u64, same_person: bool) {
        let proposal = Destruction {
            kind: KIND.to_owned(),
            holder: holder(whose),
            sheets: sheets(first, count),
            reason: "销毁".to_owned(),
            first_signature: "one".to_owned(),
            signed_at: now(),
        };
        let proposed = self.table.cloud.sheets().propose_destruction(&proposal).await;
        let voided = (first..first + count).all(|number| self.model.sheets.get(&number) == Some(&(whose, Place::Voided)));
        assert_eq!(proposed.is_ok(), voided, "{proposed:?}");
        if voided {
            let second = if same_person { "one" } else { "two" };
            let done = self.table.cloud.sheets().confirm_destruction(&proposal, second, now()).await;
            assert_eq!(done.is_ok(), !same_person, "{done:?}");
            if !same_person {
                self.model.shift(first..first + count, (whose, Place::Voided), (whose, Place::Destroyed));
            }
        }
    }

    async fn authorise(&mut self, reviewer: usize, count: u32) {
        if self.model.cases.len() < 4 {
            let reviewer = holder(reviewer);
            let id = self.table.authorised(&reviewer).await;
            let first_person = self.model.people;
            self.model.people += count;
            let entries: Vec<Entry> = (0..count).map(|n| support::entry(n + 2, first_person + n)).collect();
            let application = self.table.cloud.applications().get(&id).await.expect("it is there");
            let lost = self.table.cloud.holders().claim(support::notice(), &application, &entries).await.expect("nobody else claims");
            assert_eq!(lost, 0, "they have taken part in nothing before");
            let index = self.model.cases.len();
            for entry in &entries {
                let level = entry.level.expect("a level");
                self.model.claims.insert((first_person + entry.row - 2, level), (index, entry.row));
            }
            let case = Case {
                first_person,
                id,
                reviewer,
                rows: count,
                decided: false,
                numbered: 0,
                certificates: Vec::new(),
                stages: 0,
                reprinted: Vec::new(),
            };
            self.model.cases.push(case);
        }
    }

    async fn approve(&mut self, index: usize, refuse: Option<u32>) {
        let Some(case) = self.model.cases.get_mut(index) else { return };
        let planned = rows(&case.reviewer, case.rows);
        let refusals: Vec<Refusal> =
            refuse.filter(|row| *row < case.rows).map(|row| Refusal { row: row + 2, reason: "不符".to_owned() }).into_iter().collect();
        let seen = self.table.cloud.applications().get(&case.id).await.expect("it is there");
        let entries: Vec<Entry> = (0..case.rows).map(|n| support::entry(n + 2, case.first_person + n)).collect();
        let decision = Decision {
            seen: &seen,
            reviewer: &case.reviewer,
            rows: &planned,
            refusals: &refusals,
            review_digest: format!("{refuse:?}"),
            entries: &entries,
            notice: crate::support::notice(),
        };
        let again = case.decided;
        let done = self.table.cloud.allocations().approve(&decision, audit(AuditAction::Qualify)).await;
        let Ok(mut lots) = done else {
            assert!(again, "{done:?}");
            return;
        };
        if again {
            // The same decision again gives the same numbers; they are there already.
            return;
        }
        let allocation = lots.pop().expect("one lot");
        let first = |wanted: &_| allocation.ranges.iter().find(|range| range.prefix == *wanted).map(|range| range.first);
        let approved = approve(&planned, &lot(&case.reviewer), &refusals, first).expect("a sound plan");
        let entry = |row: u32| support::entry(row, case.first_person + row - 2);
        let refused: Vec<Entry> = refusals.iter().map(|refusal| entry(refusal.row)).collect();
        self.table.cloud.holders().release(support::notice(), &seen, &refused).await.expect("its own claims");
        for refused in &refused {
            self.model.claims.remove(&(case.first_person + refused.row - 2, refused.level.expect("a level")));
        }
        for numbered in &approved.numbered {
            let level = LEVELS[(numbered.row.row as usize) % LEVELS.len()];
            let next = self.model.next.entry(level).or_insert(1);
            assert_eq!(numbered.sequence.get(), *next, "each prefix goes on where it was");
            *next += 1;
            let code = prefix(level).code(&grammar(), numbered.sequence).expect("in range");
            let row = numbered.row.row;
            let certificate = support::certificate(&case.id, numbered, &code, entry(row));
            self.table.cloud.certificates().enter(&certificate).await.expect("a new certificate");
            let person = case.first_person + row - 2;
            case.certificates.push(ModelCertificate {
                code,
                position: numbered.position,
                sheet: None,
                revoked: false,
                corrected: 0,
                row,
                person,
                level,
            });
        }
        (case.decided, case.numbered) = (true, allocation.numbered);
    }

    async fn print(&mut self, index: usize, top: Option<u64>, count: Option<u32>) {
        let Some(case) = self.model.cases.get(index).filter(|case| case.numbered > 0) else { return };
        let (id, whose) = (case.id.clone(), Model::whose(&case.reviewer));
        // What counts and lies on no sheet, in the order of the positions: successors of what was never printed among them.
        let mut wanted: Vec<usize> =
            (0..case.certificates.len()).filter(|i| case.certificates[*i].sheet.is_none() && !case.certificates[*i].revoked).collect();
        wanted.sort_by_key(|i| case.certificates[*i].position);
        wanted.truncate(count.map_or(usize::MAX, |count| count as usize));
        let stack = self.model.stack(whose, top, wanted.len());
        let seen = self.table.cloud.applications().get(&id).await.expect("it is there");
        let allocation = self.table.cloud.allocations().get(&id, &lot(&holder(whose))).await.expect("readable").expect("decided");
        let before = self.table.cloud.runs().of_lot(&id, &lot(&holder(whose))).await.expect("readable").len();
        let done = self
            .table
            .cloud
            .runs()
            .start(
                &seen,
                &allocation,
                Wanted { kind: Some(KIND), top, count, setting: Setting::default(), reason: None },
                audit(AuditAction::Print),
            )
            .await;
        let after = self.table.cloud.runs().of_lot(&id, &lot(&holder(whose))).await.expect("readable").len();
        if after == before {
            // Refused, or the answer is a run that was there before.
            assert!(done.is_ok() || stack.is_none(), "{done:?}");
            return;
        }
        let stack = stack.expect("a run needs sheets");
        let case = &mut self.model.cases[index];
        for (i, sheet) in wanted.into_iter().zip(&stack) {
            case.certificates[i].sheet = Some(*sheet);
        }
        self.model.shift(stack.into_iter(), (whose, Place::OnHand), (whose, Place::Printed));
    }

    async fn jam(&mut self, index: usize, position: u32, top: Option<u64>) {
        let Some(case) = self.model.cases.get(index) else { return };
        let Some(jammed) = case.certificates.iter().find(|held| held.position == position && held.sheet.is_some()) else { return };
        let (id, reviewer, whose) = (case.id.clone(), case.reviewer.clone(), Model::whose(&case.reviewer));
        let (code, sheet) = (jammed.code.clone(), jammed.sheet.expect("it has one"));
        let seen = self.table.cloud.applications().get(&id).await.expect("it is there");
        let runs = self.table.cloud.runs().of_lot(&id, &lot(&reviewer)).await.expect("readable");
        let run = runs.iter().rev().find(|run| run.position_on(sheet).is_some()).expect("a live sheet is in a run").clone();
        let allocation = self.table.cloud.allocations().get(&id, &lot(&reviewer)).await.expect("readable").expect("decided");
        let done = self
            .table
            .cloud
            .runs()
            .shift(&seen, &allocation, &run, Jam { sheet, code: &code, reason: "卡纸" }, top, audit(AuditAction::VoidSheet))
            .await;
        let behind: Vec<usize> = {
            let case = &self.model.cases[index];
            let covered =
                |held: &ModelCertificate| held.position >= position && held.position < run.end && !run.without.contains(&held.position);
            (0..case.certificates.len()).filter(|i| covered(&case.certificates[*i])).collect()
        };
        let reprinted = self.model.cases[index]
            .certificates
            .iter()
            .any(|held| self.model.cases[index].reprinted.contains(&held.position) && held.position >= position && held.position < run.end);
        if reprinted && run.code.is_none() {
            assert!(done.is_err(), "what was printed since does not move");
            return;
        }
        // In the model: the rest goes back, the spoiled one is voided, and the stack is taken anew.
        let rest: Vec<u64> = behind.iter().filter_map(|i| self.model.cases[index].certificates[*i].sheet).filter(|s| *s != sheet).collect();
        self.model.shift(rest.iter().copied(), (whose, Place::Printed), (whose, Place::OnHand));
        let top = top.or(rest.first().copied());
        let stack = self.model.stack(whose, top, behind.len());
        assert_eq!(done.is_ok(), stack.is_some(), "{done:?}");
        match stack {
            Some(stack) => {
                self.model.shift([sheet].into_iter(), (whose, Place::Printed), (whose, Place::Voided));
                for (i, taken) in behind.into_iter().zip(&stack) {
                    self.model.cases[index].certificates[i].sheet = Some(*taken);
                }
                self.model.shift(stack.into_iter(), (whose, Place::OnHand), (whose, Place::Printed));
            }
            None => drop(self.model.shift(rest.into_iter(), (whose, Place::OnHand), (whose, Place::Printed))),
        }
    }

    /// A certificate that still counts, as the table has it.
    async fn seen(
        &self,
        index: usize,
        certificate: usize,
    ) -> Option<(records::application::Application, rules::issue::allocation::Allocation, Certificate, ModelCertificate)> {
        let case = self.model.cases.get(index)?;
        let held = case.certificates.get(certificate)?.clone();
        let application = self.table.cloud.applications().get(&case.id).await.expect("it is there");
        let allocation = self.table.cloud.allocations().get(&case.id, &lot(&case.reviewer)).await.expect("readable")?;
        let certificate = self.table.cloud.certificates().by_code(std::slice::from_ref(&held.code)).await.expect("there").pop()?;
        assert_eq!(certificate.revoked.is_some(), held.revoked);
        (!held.revoked).then_some((application, allocation, certificate, held))
    }

    async fn reissue(&mut self, index: usize, certificate: usize, lost: bool) {
        let Some((application, allocation, found, held)) = self.seen(index, certificate).await else { return };
        let whose = Model::whose(&allocation.reviewer);
        let next = self.model.stack(whose, None, 1);
        let terms = ChangeTerms {
            reason: "补发",
            old_sheet: if lost { OldSheet::Lost } else { OldSheet::Voided },
            top: None,
            setting: Setting::default(),
            approves: None,
        };
        let done =
            self.table.cloud.changes().reissue(&seen(&application, &allocation, &found, &held), terms, audit(AuditAction::Reissue)).await;
        let (Some(old), Some(next)) = (held.sheet, next) else {
            assert!(done.is_err(), "without a sheet before or after there is no reissue");
            return;
        };
        done.expect("there are sheets");
        self.resheet(index, certificate, old, lost, Some(next[0]));
    }

    /// In the model: the certificate leaves its sheet, and lies on the next.
    fn resheet(&mut self, index: usize, certificate: usize, old: u64, lost: bool, next: Option<u64>) {
        let case = &mut self.model.cases[index];
        let (whose, held) = (Model::whose(&case.reviewer), &mut case.certificates[certificate]);
        held.sheet = next;
        case.reprinted.push(held.position);
        self.model.shift([old].into_iter(), (whose, Place::Printed), (whose, if lost { Place::Lost } else { Place::Voided }));
        self.model.shift(next.into_iter(), (whose, Place::OnHand), (whose, Place::Printed));
    }

    async fn revoke(&mut self, index: usize, certificate: usize) {
        let Some((application, allocation, found, held)) = self.seen(index, certificate).await else { return };
        let terms =
            ChangeTerms { reason: "不应颁发", old_sheet: OldSheet::Voided, top: None, setting: Setting::default(), approves: None };
        self.table
            .cloud
            .changes()
            .revoke(&seen(&application, &allocation, &found, &held), terms, audit(AuditAction::Revoke))
            .await
            .expect("it counts");
        self.model.cases[index].certificates[certificate].revoked = true;
        self.model.move_claim((index, held.row), (held.person, held.level), None);
        if let Some(old) = held.sheet {
            self.resheet(index, certificate, old, false, None);
        }
    }

    async fn correct(&mut self, index: usize, certificate: usize, person: Option<u32>) {
        let Some((application, allocation, found, held)) = self.seen(index, certificate).await else { return };
        let next = self.model.stack(Model::whose(&allocation.reviewer), None, 1);
        // Somebody who has taken part, or one of a few others.
        let others = 10_000;
        let person = person.map_or(held.person, |person| if person < self.model.people { person } else { others + person });
        let mut after = found.entry.clone();
        after.name = PersonName::parse("更正甲").expect("a name").0;
        after.document_number = serde_json::from_value(support::document_number(person).into()).expect("a number");
        let terms = ChangeTerms { reason: "更正", old_sheet: OldSheet::Voided, top: None, setting: Setting::default(), approves: None };
        let row = (index, held.row);
        let free = person == held.person || self.model.is_free(person, held.level, row);
        let after = Certificate { entry: after, ..found.clone() };
        let done = self
            .table
            .cloud
            .changes()
            .correct(&seen(&application, &allocation, &found, &held), &after, terms, audit(AuditAction::Correct))
            .await;
        assert_eq!(done.is_ok(), free && (held.sheet.is_none() || next.is_some()), "{done:?}");
        if done.is_err() {
            return;
        }
        self.model.move_claim(row, (held.person, held.level), Some((person, held.level)));
        let corrected = &mut self.model.cases[index].certificates[certificate];
        (corrected.corrected, corrected.person) = (corrected.corrected + 1, person);
        if let (Some(old), Some(next)) = (held.sheet, next) {
            self.resheet(index, certificate, old, false, Some(next[0]));
        }
    }

    async fn recode(&mut self, index: usize, certificate: usize, level: u8) {
        let Some((application, allocation, found, held)) = self.seen(index, certificate).await else { return };
        let next = self.model.stack(Model::whose(&allocation.reviewer), None, 1);
        let terms =
            ChangeTerms { reason: "等级有误", old_sheet: OldSheet::Voided, top: None, setting: Setting::default(), approves: None };
        let (prefix, grammar) = (prefix(level), grammar());
        let mut corrected = found.clone();
        corrected.entry.level = Some(level);
        let row = (index, held.row);
        let free = level == held.level || self.model.is_free(held.person, level, row);
        let recoding = Recoding { number: NewNumber::Drawn { prefix: &prefix, grammar: &grammar }, corrected };
        let done = self
            .table
            .cloud
            .changes()
            .recode(&seen(&application, &allocation, &found, &held), recoding, terms, audit(AuditAction::Correct))
            .await;
        assert_eq!(done.is_ok(), free && (held.sheet.is_none() || next.is_some()), "{done:?}");
        let Ok((code, _)) = done else { return };
        self.model.move_claim(row, (held.person, held.level), Some((held.person, level)));
        let number = self.model.next.entry(level).or_insert(1);
        assert_eq!(code.as_str(), format!("{prefix}J{number:05}"));
        *number += 1;
        let case = &mut self.model.cases[index];
        let position = case.certificates.iter().map(|held| held.position).max().unwrap_or(0) + 1;
        case.certificates[certificate].revoked = true;
        let successor = ModelCertificate { code, position, sheet: None, revoked: false, corrected: 0, level, ..held.clone() };
        case.certificates.push(successor);
        let successor = case.certificates.len() - 1;
        if let (Some(old), Some(next)) = (held.sheet, next) {
            self.resheet(index, certificate, old, false, None);
            let whose = Model::whose(&self.model.cases[index].reviewer);
            self.model.cases[index].certificates[successor].sheet = Some(next[0]);
            self.model.shift([next[0]].into_iter(), (whose, Place::OnHand), (whose, Place::Printed));
        }
    }

    async fn reach(&mut self, index: usize) {
        let Some(case) = self.model.cases.get_mut(index).filter(|case| case.decided) else { return };
        let seen = self.table.cloud.applications().get(&case.id).await.expect("it is there");
        let allocation = self.table.cloud.allocations().get(&case.id, &lot(&case.reviewer)).await.expect("readable").expect("decided");
        assert_eq!(allocation.next_milestone(), Stage::MILESTONES.get(case.stages).copied());
        let cloud = &self.table.cloud;
        match allocation.next_milestone() {
            Some(Stage::Archived) => {
                let volume =
                    cloud.volumes().order(&seen, &lot(&case.reviewer), audit(AuditAction::Archive)).await.expect("nobody else changes it");
                let seen = cloud.applications().get(&case.id).await.expect("it is there");
                let (batch, edition, seal) = ("batch".to_owned(), seen.trail.count, "00".to_owned());
                let sealed = Sealed { batch, edition, seal, files: 0, bytes: 0, at: now() };
                cloud.volumes().seal(&seen, &allocation, &volume, &sealed).await.expect("nobody else changes it");
            }
            Some(Stage::Published) => {
                let batch = batch(index, &case.reviewer);
                let concerned = |seen, published| [Concerned { application: seen, lot: allocation.clone(), published }];
                cloud
                    .publications()
                    .apply(&batch, &concerned(seen, false), audit(AuditAction::PublicationApplied))
                    .await
                    .expect("a new batch");
                let seen = cloud.applications().get(&case.id).await.expect("it is there");
                let next = batch.after(step(BatchState::Confirmed));
                let confirmed = concerned(seen, true);
                cloud
                    .publications()
                    .step(&batch, &next, &confirmed, audit(AuditAction::PublicationConfirmed))
                    .await
                    .expect("nobody else changes it");
            }
            Some(Stage::HandedOut) => {
                let (on, end) = (jiff::civil::date(2022, 7, 1), allocation.end());
                let collected = Collected { on, collector: "经办人", document: None, remark: None, reason: None, end };
                cloud
                    .hand_outs()
                    .collect(&seen, &allocation, collected, audit(AuditAction::Collect))
                    .await
                    .expect("nobody else changes it");
            }
            _ => return,
        }
        case.stages += 1;
    }

    /// The table says what the model says, and proves itself.
    async fn compare(&self, operation: &Operation) {
        for who in 0..3 {
            let stock = self.table.cloud.sheets().book(KIND, &holder(who)).await.expect("readable").stock;
            let count = |place| self.model.sheets.values().filter(|at| **at == (who, place)).count() as u64;
            let on_hand: Ranges = self.model.on_hand(who).collect();
            assert_eq!(stock.on_hand, on_hand, "{operation:?}");
            assert_eq!((stock.printed, stock.lost), (count(Place::Printed), count(Place::Lost)), "{operation:?}");
            assert_eq!((stock.to_destroy.count(), stock.destroyed), (count(Place::Voided), count(Place::Destroyed)), "{operation:?}");
            assert!(stock.balances(), "{operation:?}");
        }
        for case in &self.model.cases {
            let runs = self.table.cloud.runs().of_lot(&case.id, &lot(&case.reviewer)).await.expect("readable");
            for held in case.certificates.iter().filter(|held| !held.revoked) {
                assert_eq!(current_sheet(&runs, &lot(&case.reviewer), held.position), held.sheet, "{operation:?} {}", held.code);
            }
        }
        let name = |level: u8, (case, row): (usize, u32)| {
            (format!("AWARD#6-18-01-01#{level}"), self.model.cases[case].id.to_string(), row.to_string())
        };
        let mut claims: Vec<_> = self.model.claims.iter().map(|((_, level), row)| name(*level, *row)).collect();
        claims.sort();
        assert_eq!(self.table.claims().await, claims, "{operation:?}");
        let is_open = |case: &&Case| case.decided && !case.certificates.is_empty() && case.stages < Stage::MILESTONES.len();
        let listed = |case: &Case| {
            [format!("APPLICATION#{}", case.id), format!("LOTS#{}", case.reviewer), format!("{}#lots", support::contest().jurisdiction)]
        };
        let mut open: Vec<_> = self.model.cases.iter().filter(is_open).map(listed).collect();
        open.sort();
        assert_eq!(self.table.open_lots().await, open, "{operation:?}");
        let faults = prove(&self.table.facts().await).faults;
        assert!(faults.is_empty(), "{operation:?}: {faults:?}");
    }
}

fn seen<'a>(
    application: &'a records::application::Application,
    allocation: &'a rules::issue::allocation::Allocation,
    certificate: &'a Certificate,
    held: &'a ModelCertificate,
) -> SeenCertificate<'a> {
    SeenCertificate {
        application,
        allocation,
        certificate,
        code: &held.code,
        position: held.position,
        notice: support::notice(),
        kind: Some(KIND),
    }
}

fn audit(action: AuditAction) -> AuditEntry {
    AuditEntry::new(&actor(), action, "三、（二）", now())
}
