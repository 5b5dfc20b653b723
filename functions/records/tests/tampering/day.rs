//! A day that leaves an item of every kind.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use records::RecordsError;
use records::application::authorisations::AuthorisationChange;
use records::issue::allocation::Decision;
use records::issue::certificates::Certificate;
use records::issue::corrections::{CertificateSnapshot, CorrectionRequest, RequestState};
use records::issue::external_numbers::ExternalNumber;
use rules::after::hand_out::{Changes, HandOut};
use rules::audit::AuditAction;
use rules::intake::contest::Contest;
use rules::intake::entry::Entry;
use rules::issue::account::{Account, AccountChange, AccountDecision, AccountStatus};
use rules::issue::application::{ApplicationId, PlannedRow};
use rules::issue::authorisation::{Authorisation, ContestKey};
use rules::issue::correction::{ApprovalReason, Correction};
use rules::issue::external::NumberBasis;
use rules::issue::filing::{Filing, FilingReceipt};
use rules::issue::status::{Status, StatusChange};
use rules::notice::Notice;
use rules::numbers::body::Body;
use rules::numbers::code::CertificateCode;
use rules::rulebook::{Part, RulebookPart};
use rules::sheets::run::Setting;
use rules::sheets::stock::{LedgerEntry, Movement};
use rules::values::attestation::SigningKey;
use rules::values::party::{Applicant, IssuingUnit, Role};
use rules::values::ranges::Ranges;
use rules::values::vocabulary::CertificateType;

use super::work::leave_work;
use crate::support::{self, KIND, Table, actor, holder, now, roster_verdict, rows};
use crate::{a_busy_day, audit, played};

/// A person of nobody else's rows.
const WINNER: u32 = 500;

pub(crate) async fn a_day() -> Table {
    let trial = played(&a_busy_day()).await;
    let table = trial.table;
    let case = &trial.model.cases[0];
    let counts: Vec<_> = case.certificates.iter().filter(|held| !held.revoked).collect();
    hand_out(&table, &case.id, &case.reviewer, (&counts[0].code, counts[0].position)).await;
    ask_for_a_correction(&table, &case.id, &counts[1].code).await;
    enter_a_body(&table, "样例评价机构").await;
    replace_a_part(&table, Some("一")).await;
    make_a_key_known(&table, 1).await;
    record_a_winner(&table.telling()).await;
    number_by_hand(&table).await;
    file_with_a_body(&table).await;
    ask_for_sheets(&table).await;
    delete_what_was_sent_back(&table).await;
    look(&table, &case.id).await;
    authorise_a_contest(&table).await;
    grant_an_account(&table).await;
    leave_work(&table, &case.id, &counts[0].code).await;
    table
}

/// Somebody of a body applied for an account, and the Center granted it; it was suspended and resumed since.
pub(super) async fn grant_an_account(table: &Table) {
    let accounts = table.cloud.accounts();
    let applied = Account {
        issuer: "https://id.example".to_owned(),
        subject: "clerk-1".to_owned(),
        person: "张样例".to_owned(),
        role: Role::Body,
        organisation: "S000051010129".to_owned(),
        organisation_name: "样例评价机构".to_owned(),
        jurisdiction: "00".to_owned(),
        status: AccountStatus::Applied,
        applied_at: now(),
        decision: None,
    };
    let key = applied.key();
    let seen = accounts.get(&key).await.expect("readable");
    let changes: &[AccountChange] = match seen {
        None => &[AccountChange::Apply, AccountChange::Grant],
        Some(_) => &[AccountChange::Suspend, AccountChange::Resume],
    };
    for change in changes {
        let seen = accounts.get(&key).await.expect("readable");
        let before = seen.as_ref().map_or(&applied, |seen| &seen.account).clone();
        let status = before.status.after(*change).expect("a change that may be made");
        let decision = AccountDecision { at: now(), by: actor().subject, reason: Some("样例".to_owned()) };
        let next = Account { status, decision: (*change != AccountChange::Apply).then_some(decision), ..before };
        accounts.enter(seen.as_ref(), &next, audit((*change).into())).await.expect("nobody else changes it");
        assert!(matches!(accounts.enter(seen.as_ref(), &next, audit((*change).into())).await, Err(RecordsError::Conflict)), "seen before");
    }
    let standing = accounts.standing(&key).await.expect("readable");
    assert_eq!(standing.signed_out_at.is_some(), changes.contains(&AccountChange::Suspend));
    assert_eq!(standing.account.expect("there").account.status, AccountStatus::Granted);
}

/// Somebody had materials shown, and searched for a document number.
pub(super) async fn look(table: &Table, id: &ApplicationId) {
    table.cloud.looks().enter(id, audit(AuditAction::Look).with("竞赛表彰文件")).await.expect("entered");
    let party = Applicant::reviewer(&holder(0));
    table.cloud.looks().enter_search(&party, audit(AuditAction::Search)).await.expect("entered");
}

/// A contest is authorised under a number; a second application goes under it, and is taken back.
async fn authorise_a_contest(table: &Table) {
    let (first, second) = (table.standing(Status::Submitted).await, table.standing(Status::Submitted).await);
    let contest = &first.contest;
    let next = Authorisation {
        contest_key: ContestKey::of(contest),
        contest: contest.name.clone(),
        year: contest.year,
        class: contest.class.clone(),
        organiser: contest.organiser.clone(),
        committee: contest.committee.clone(),
        final_on: contest.final_on,
        hrss_hosted: contest.hrss_hosted,
        issued_on: contest.issued_on,
        jurisdiction: contest.jurisdiction.clone(),
        center: "省职鉴中心".to_owned(),
        number: Some("川职鉴授〔2022〕5号".to_owned()),
        on: jiff::civil::date(2022, 6, 15),
        by: actor().subject,
        rulebook: String::new(),
        applications: vec![first.id.clone()],
    };
    let key = next.contest_key.clone();
    table.authorise_under(&first, &holder(0), Some(&AuthorisationChange { seen: None, next: next.clone() })).await;
    let under = |applications: Vec<ApplicationId>| Authorisation { applications, ..next.clone() };
    let seen = async || table.cloud.authorisations().get(&key).await.expect("readable");
    let both = AuthorisationChange { seen: seen().await, next: under(vec![first.id.clone(), second.id.clone()]) };
    table.authorise_under(&second, &holder(0), Some(&both)).await;
    let authorised = table.cloud.applications().get(&second.id).await.expect("it is there");
    let one = AuthorisationChange { seen: seen().await, next: under(vec![first.id.clone()]) };
    let taken_back = audit(AuditAction::WithdrawAuthorisation);
    table.cloud.applications().withdraw_authorisation(&authorised, (Some(&one), &[]), taken_back).await.expect("nobody else changes it");
    // What comes in then has no entry.
    table.cloud.applications().enter_verdict(&second.id, &roster_verdict(), |_, _| None).await.expect("it takes materials");
    let found = table.cloud.authorisations().numbered(&contest.jurisdiction, "川职鉴授〔2022〕5号").await.expect("readable");
    assert_eq!(found.expect("it stands").authorisation.applications, [first.id]);
    assert!(table.cloud.applications().get(&second.id).await.expect("it is there").plan.is_none());
}

/// An application with a trail and a verdict, deleted by its unit.
async fn delete_what_was_sent_back(table: &Table) {
    let submitted = table.standing(Status::Submitted).await;
    table.send_back(&submitted, AuditAction::Withdraw, &[]).await;
    table.cloud.applications().enter_verdict(&submitted.id, &roster_verdict(), |_, _| None).await.expect("it takes materials");
    let seen = table.cloud.applications().get(&submitted.id).await.expect("it is there");
    table.cloud.applications().delete(&seen, audit(AuditAction::Delete)).await.expect("a draft");
}

async fn hand_out(table: &Table, id: &ApplicationId, reviewer: &IssuingUnit, (code, position): (&CertificateCode, u32)) {
    let on = jiff::civil::date(2022, 7, 2);
    let hand_out = HandOut { number: code.to_string(), position, on, collector: None, remark: None, at: now(), by: "unit".to_owned() };
    let changes = Changes { entered: vec![(crate::support::lot(reviewer), hand_out)], taken_back: Vec::new() };
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    table.cloud.hand_outs().hand_out(&seen, &changes, audit(AuditAction::HandOut)).await.expect("entered");
}

/// One that waits: it stands on its Center's list.
async fn ask_for_a_correction(table: &Table, id: &ApplicationId, code: &CertificateCode) {
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    let certificate = table.cloud.certificates().by_code(std::slice::from_ref(code)).await.expect("there").pop().expect("one");
    let request = CorrectionRequest {
        correction_of: id.clone(),
        number: seen.trail.count + 1,
        jurisdiction: seen.contest.jurisdiction.clone(),
        reviewer: certificate.reviewer.clone(),
        code: code.clone(),
        seen: seen.version,
        before: CertificateSnapshot::of(&certificate),
        correction: Correction { level: Some(1), ..Correction::default() },
        approval: vec![ApprovalReason::Level],
        reason: "等级有误".to_owned(),
        against_advice: None,
        old_sheet: None,
        top: None,
        setting: Setting::default(),
        by: actor().subject,
        organisation: "00".to_owned(),
        at: now(),
        state: RequestState::Waiting,
        decision: None,
    };
    table.cloud.corrections().request(&seen, &request, audit(AuditAction::CorrectionRequested)).await.expect("entered");
}

/// Places a text, or withdraws it.
pub(super) async fn replace_a_part(table: &Table, text: Option<&str>) {
    let part = Part::Seal("sample.png".to_owned());
    let seen = table.cloud.rulebooks().replacements().await.expect("readable");
    let placed = text.map(|text| RulebookPart::new(&part, text));
    let action = if placed.is_some() { AuditAction::PlaceRulebook } else { AuditAction::WithdrawRulebook };
    table.cloud.rulebooks().enter_replacement(&seen, &part.to_string(), placed, audit(action)).await.expect("nobody else changes it");
}

pub(super) async fn make_a_key_known(table: &Table, seed: u8) {
    let key: SigningKey = BASE64_STANDARD.encode([seed; 32]).parse().expect("a key");
    table.cloud.verification().make_key_known(&key.public()).await.expect("entered");
}

pub(super) async fn enter_a_body(table: &Table, name: &str) {
    let body = serde_json::json!({ "code13": "S000051010129", "name": name, "filed_with_province": true });
    let body: Body = serde_json::from_value(body).expect("a body");
    table.cloud.bodies().enter(&body, audit(AuditAction::EnterBody)).await.expect("entered");
}

/// An application from its materials on, with one winner, authorised.
async fn authorised_winner(table: &Table, person: u32, notice: &Notice) -> (ApplicationId, [Entry; 1]) {
    let cloud = &table.cloud;
    let id = table.standing(Status::Draft).await.id;
    cloud.applications().enter_verdict(&id, &roster_verdict(), |_, _| Some(cloud.clock.now())).await.expect("entered");
    let seen = cloud.applications().get(&id).await.expect("it is there");
    let entries = [support::entry(2, person)];
    assert_eq!(cloud.holders().claim(notice, &seen, &entries).await.expect("claimed"), 0);
    cloud.applications().registered(&seen, StatusChange::AwardsClaimed, None).await.expect("complete");
    table.authorise(&cloud.applications().get(&id).await.expect("it is there"), &holder(0)).await;
    (id, entries)
}

/// The record of its only winner, whose number comes after the approval.
async fn recorded(table: &Table, id: &ApplicationId, entries: &[Entry; 1], certificate_type: CertificateType) -> Certificate {
    let row = rows(&holder(0), 1).remove(0);
    let planned = [PlannedRow { prefix: None, certificate_type, ..row }];
    approve(table, id, &planned, entries).await;
    let record = Certificate::of_row(id, &planned[0], &entries[0]);
    table.cloud.certificates().enter(&record).await.expect("a new record");
    record
}

/// A winner whose certificate somebody else numbers.
async fn record_a_winner(table: &Table) {
    // Under such a notice a second promotion of the same year is noted.
    let mut notice = support::notice().clone();
    notice.levels_rule.one_promotion_per_year = true;
    let (id, entries) = authorised_winner(table, WINNER, &notice).await;
    recorded(table, &id, &entries, CertificateType::Qualification).await;
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    let number = ExternalNumber { row: 2, number: "N-1".to_owned(), basis: basis() };
    let certificates = table.cloud.certificates();
    certificates.enter_external_numbers(&seen, &[number], None, audit(AuditAction::ExternalNumber)).await.expect("entered");
}

/// A winner whose certificate the Center numbers.
async fn number_by_hand(table: &Table) {
    let (id, entries) = authorised_winner(table, WINNER + 1, support::notice()).await;
    let record = recorded(table, &id, &entries, CertificateType::SpecificAbility).await;
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    let lot = table.cloud.allocations().get(&id, &record.lot()).await.expect("readable").expect("decided");
    let numbered = [(record, CertificateCode::entered(support::notice(), "ZX-2022-0001").expect("sound"))];
    table.cloud.certificates().enter_numbers(&seen, &lot, &numbered, audit(AuditAction::NumberEntered)).await.expect("nobody has it");
}

fn basis() -> NumberBasis {
    let (implementing_body, document) = (Some("样例实施机构".to_owned()), Some("样例〔2022〕1号".to_owned()));
    NumberBasis { implementing_body, document, issued_on: Some(jiff::civil::date(2022, 6, 20)) }
}

/// A submission that a filed body has noted as received.
async fn file_with_a_body(table: &Table) {
    let (cloud, body) = (&table.cloud, serde_json::from_value("S000051010129".into()).expect("a code"));
    let contest = Contest { organiser_body: Some(body), ..support::contest() };
    let body = contest.organiser_body.clone().expect("a body");
    let id = table.standing_of(contest, Status::Draft).await.id;
    cloud.applications().enter_verdict(&id, &roster_verdict(), |_, _| Some(cloud.clock.now())).await.expect("entered");
    let seen = cloud.applications().get(&id).await.expect("it is there");
    cloud.applications().registered(&seen, StatusChange::AwardsClaimed, Some(&body)).await.expect("complete");
    let seen = cloud.applications().get(&id).await.expect("it is there");
    assert_eq!(seen.issuing_units(), [IssuingUnit::body(body.as_str())], "the body has it from now on");
    let receipt = FilingReceipt { at: now(), by: "body".to_owned() };
    let filing = Filing { received: Some(receipt), ..Filing::with(&body) };
    cloud.applications().receive_filing(&seen, filing, audit(AuditAction::ReceiveFiling)).await.expect("noted");
}

/// Sheets that a holder has asked for.
async fn ask_for_sheets(table: &Table) {
    let line = LedgerEntry::new(Movement::Ask, Ranges::default(), "operator", now());
    let line = LedgerEntry { asked: Some(40), reason: Some("新增赛项".to_owned()), ..line };
    table.cloud.sheets().enter_line(KIND, &holder(1), line).await.expect("asked");
}

async fn approve(table: &Table, id: &ApplicationId, rows: &[PlannedRow], entries: &[Entry]) {
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    let review_digest = "review".to_owned();
    let decision = Decision { seen: &seen, reviewer: &holder(0), rows, refusals: &[], review_digest, entries, notice: support::notice() };
    table.cloud.allocations().approve(&decision, audit(AuditAction::Qualify)).await.expect("decided");
}
