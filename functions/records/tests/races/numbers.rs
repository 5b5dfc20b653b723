//! Numbers of certificates that are no codes (G13): drawn by a pattern, or entered by hand.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use records::RecordsError;
use records::issue::allocation::{AllocationError, Decision};
use records::issue::certificates::Certificate;
use records::issue::external_numbers::ExternalNumber;
use rules::audit::AuditAction;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, PlannedRow};
use rules::issue::external::NumberBasis;
use rules::notice::{Notice, Notices};
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::values::lot::LotName;
use rules::values::party::IssuingUnit;
use rules::values::vocabulary::CertificateType;

use crate::audit;
use crate::support::{self, Table, entry, holder, rows};

/// Reviewers who decide at once.
const REVIEWERS: usize = 64;

/// The notice with another rule for the numbers of 专项职业能力证书.
fn notice(number: &str) -> Notice {
    let mut texts = Notices::built_in_texts();
    let base = texts.get_mut("sichuan-2022-9.toml").expect("the province's");
    assert!(base.contains("number = \"by_hand\""));
    *base = base.replace("number = \"by_hand\"", &format!("number = {number}"));
    Notices::read(&texts).expect("sound").general().clone()
}

fn specific(reviewer: &IssuingUnit, count: u32, prefix: Option<&CodePrefix>) -> Vec<PlannedRow> {
    let of_type = |row| PlannedRow { certificate_type: CertificateType::SpecificAbility, prefix: prefix.cloned(), ..row };
    rows(reviewer, count).into_iter().map(of_type).collect()
}

/// The lot that an approval of these rows makes.
async fn approved(table: &Table, notice: &Notice, reviewer: &IssuingUnit, rows: &[PlannedRow]) -> Allocation {
    let id = table.authorised(reviewer).await;
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    let entries: Vec<_> = rows.iter().map(|row| entry(row.row, row.row)).collect();
    let decision = Decision { seen: &seen, reviewer, rows, refusals: &[], review_digest: "review".to_owned(), entries: &entries, notice };
    let lots = table.cloud.allocations().approve(&decision, audit(AuditAction::Qualify)).await;
    lots.expect("decided").pop().expect("one lot")
}

#[tokio::test]
async fn numbers_by_a_pattern_are_gapless_under_64_reviewers() {
    let table = Table::start().await;
    let notice = notice("{ pattern = { prefix = \"51{jurisdiction}{year}\", digits = 5 } }");
    let rules::notice::NumberRule::Pattern(pattern) = &notice.type_rule(CertificateType::SpecificAbility).expect("a rule").number else {
        panic!("a pattern");
    };
    let prefix = CodePrefix::of_pattern(pattern, 2022, "00");
    assert_eq!(prefix.as_str(), "51002022");
    let reviewer = holder(0);
    let planned = specific(&reviewer, 3, Some(&prefix));
    let lots = join_all((0..REVIEWERS).map(|_| approved(&table, &notice, &reviewer, &planned))).await;
    let series = notice.series(CertificateType::SpecificAbility).expect("drawn");
    let numbers: BTreeSet<String> = lots
        .iter()
        .flat_map(|lot| &lot.ranges)
        .flat_map(|range| (0..range.count).map(move |rank| (range, range.first.saturating_add(rank))))
        .map(|(range, sequence)| range.prefix.code(series, sequence).expect("in range").to_string())
        .collect();
    let expected: BTreeSet<String> = (1..=REVIEWERS * 3).map(|number| format!("51002022{number:05}")).collect();
    assert_eq!(numbers, expected);
}

/// A lot of three whose records are there, and those records.
async fn recorded(table: &Table) -> (ApplicationId, LotName, Vec<Certificate>) {
    let reviewer = holder(0);
    let planned = specific(&reviewer, 3, None);
    let lot = approved(table, support::notice(), &reviewer, &planned).await;
    assert_eq!((lot.numbered, lot.recorded, lot.end()), (0, 3, 0));
    let mut records = Vec::new();
    for row in &planned {
        let record = Certificate::of_row(&lot.of, row, &entry(row.row, row.row));
        table.cloud.certificates().enter(&record).await.expect("new");
        records.push(record);
    }
    (lot.of.clone(), lot.lot(), records)
}

fn number(text: &str) -> CertificateCode {
    CertificateCode::entered(support::notice(), text).expect("a number")
}

async fn enter(table: &Table, id: &ApplicationId, name: &LotName, rows: &[(Certificate, CertificateCode)]) -> Result<(), RecordsError> {
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    let lot = table.cloud.allocations().get(id, name).await.expect("readable").expect("decided");
    table.cloud.certificates().enter_numbers(&seen, &lot, rows, audit(AuditAction::NumberEntered)).await.map(|_| ())
}

#[tokio::test]
async fn a_late_event_writes_no_record_of_a_row_that_has_its_number() {
    let table = Table::start().await;
    let (id, name, records) = recorded(&table).await;
    let before = table.cloud.allocations().get(&id, &name).await.expect("readable").expect("decided");
    enter(&table, &id, &name, &[(records[0].clone(), number("ZX-1"))]).await.expect("free");
    table.delete(&record_item(&table, &records[1]).await).await;
    table.cloud.certificates().enter_records(&before, &records).await.expect("written");
    let left: Vec<u32> = table.cloud.certificates().recorded(&id).await.expect("readable").iter().map(|record| record.row).collect();
    assert_eq!(left, [records[1].row, records[2].row], "what was missing is there, and what became a certificate is not");
}

async fn record_item(table: &Table, record: &Certificate) -> HashMap<String, AttributeValue> {
    let sk = format!("RECORD#{:05}", record.row);
    let items = table.items().await;
    items.into_iter().find(|item| item["sk"].as_s().is_ok_and(|known| *known == sk)).expect("the record")
}

#[tokio::test]
async fn a_record_becomes_the_certificate_of_its_number() {
    let table = Table::start().await;
    let (id, name, records) = recorded(&table).await;
    let given: Vec<_> = [(2, "ZX-3"), (0, "ZX-1")].map(|(at, text)| (records[at].clone(), number(&format!("{text}000")))).into();
    enter(&table, &id, &name, &given).await.expect("entered");
    let certificates = table.cloud.certificates();
    let left: Vec<u32> = certificates.recorded(&id).await.expect("readable").iter().map(|record| record.row).collect();
    assert_eq!(left, [3], "the others are certificates");
    let lot = table.cloud.allocations().get(&id, &name).await.expect("readable").expect("decided");
    assert_eq!((lot.end(), lot.rows_without_number().collect::<Vec<_>>()), (2, vec![3]));
    let active = certificates.active_certificates(support::notice(), &lot).await.expect("there");
    let places: Vec<_> = active.iter().map(|one| (one.row, one.position, one.code.as_ref().map(ToString::to_string))).collect();
    assert_eq!(places, [(4, Some(0), Some("ZX-3000".to_owned())), (2, Some(1), Some("ZX-1000".to_owned()))]);
    let pending = table.cloud.changes().renewals(&id).await.expect("readable");
    assert!(pending.len() == 1 && pending[0].is_pending, "their PDFs are ordered");
    let volumes = table.cloud.volumes();
    assert!(volumes.is_drawing(&id, &name).await.expect("readable"));
    let other = LotName::new(&name.reviewer, CertificateType::SkillLevel);
    assert!(!volumes.is_drawing(&id, &other).await.expect("readable"), "nobody waits for another lot's PDFs");
}

/// Two qualifications of an application, in rows 2 and 3.
async fn qualifications(table: &Table) -> ApplicationId {
    let reviewer = holder(0);
    let of_others = |row| PlannedRow { certificate_type: CertificateType::Qualification, prefix: None, ..row };
    let planned: Vec<PlannedRow> = rows(&reviewer, 2).into_iter().map(of_others).collect();
    let lot = approved(table, support::notice(), &reviewer, &planned).await;
    for row in &planned {
        let record = Certificate::of_row(&lot.of, row, &entry(row.row, row.row));
        table.cloud.certificates().enter(&record).await.expect("new");
    }
    lot.of
}

async fn note(table: &Table, id: &ApplicationId, numbers: &[(u32, &str)]) -> Result<(), RecordsError> {
    let seen = table.cloud.applications().get(id).await.expect("it is there");
    let given = |(row, number): &(u32, &str)| ExternalNumber { row: *row, number: (*number).to_owned(), basis: NumberBasis::default() };
    let given: Vec<ExternalNumber> = numbers.iter().map(given).collect();
    table.cloud.certificates().enter_external_numbers(&seen, &given, Some("登记有误"), audit(AuditAction::ExternalNumber)).await
}

#[tokio::test]
async fn a_number_of_others_and_one_of_ours_are_never_the_same_in_either_order_whatever_their_letter_case() {
    let table = Table::start().await;
    let (others, again) = (qualifications(&table).await, qualifications(&table).await);
    let (id, name, records) = recorded(&table).await;
    note(&table, &others, &[(2, "zg-0001"), (3, "Zg/2")]).await.expect("nobody has it");
    let enters = async |text: &str, at: usize| enter(&table, &id, &name, &[(records[at].clone(), number(text))]).await;
    assert!(matches!(enters("ZG-0001", 0).await, Err(RecordsError::Conflict)), "others gave it");
    assert!(matches!(note(&table, &again, &[(2, "ZG-0001")]).await, Err(RecordsError::Conflict)), "to another application");
    enters("ZX-0001", 0).await.expect("nobody has it");
    assert!(matches!(note(&table, &others, &[(2, "zx-0001")]).await, Err(RecordsError::Conflict)), "we gave it");
    // Two rows exchange theirs; what nobody has any more is free again.
    note(&table, &others, &[(2, "Zg/2"), (3, "ZG-0001")]).await.expect("their own");
    note(&table, &others, &[(3, "zg-0003")]).await.expect("nobody has it");
    enters("ZG-0001", 1).await.expect("free again");
    let used = table.cloud.certificates().external_among(["zG/2", "ZG-0003", "ZG-0001"]).await.expect("readable");
    let rows: BTreeSet<(&str, u32)> = used.iter().map(|(number, used)| (number.as_str(), used.in_row)).collect();
    assert_eq!(rows, [("ZG-0003", 3), ("ZG/2", 2)].into());
    // Both at once: one of them gets it.
    let (own, of_others) = tokio::join!(enters("ZG-0009", 2), note(&table, &again, &[(2, "zg-0009")]));
    assert!(own.is_ok() != of_others.is_ok(), "{own:?} {of_others:?}");
}

#[tokio::test]
async fn a_pattern_draws_no_number_that_others_gave_before() {
    let table = Table::start().await;
    note(&table, &qualifications(&table).await, &[(2, "zx002022-00002")]).await.expect("nobody has it");
    let notice = notice("{ pattern = { prefix = \"ZX{jurisdiction}{year}-\", digits = 5 } }");
    let rules::notice::NumberRule::Pattern(pattern) = &notice.type_rule(CertificateType::SpecificAbility).expect("a rule").number else {
        panic!("a pattern");
    };
    let (reviewer, prefix) = (holder(0), CodePrefix::of_pattern(pattern, 2022, "00"));
    let planned = specific(&reviewer, 3, Some(&prefix));
    let id = table.authorised(&reviewer).await;
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    let entries: Vec<_> = planned.iter().map(|row| entry(row.row, row.row)).collect();
    let review_digest = "review".to_owned();
    let decision =
        Decision { seen: &seen, reviewer: &reviewer, rows: &planned, refusals: &[], review_digest, entries: &entries, notice: &notice };
    let refused = table.cloud.allocations().approve(&decision, audit(AuditAction::Qualify)).await;
    assert!(matches!(&refused, Err(AllocationError::Taken(number)) if number.as_str() == "ZX002022-00002"), "{refused:?}");
}

#[tokio::test]
async fn of_two_who_enter_one_number_one_gets_it() {
    let table = Table::start().await;
    let (first, second) = (recorded(&table).await, recorded(&table).await);
    let one = number("2251000000300001");
    let wanted = |(id, name, records): &(ApplicationId, LotName, Vec<Certificate>)| {
        (
            id.clone(),
            name.clone(),
            vec![(records[0].clone(), one.clone()), (records[1].clone(), number(&format!("OF-{id}").to_uppercase()))],
        )
    };
    let enter_all = async |(id, name, rows): (ApplicationId, LotName, Vec<_>)| enter(&table, &id, &name, &rows).await;
    let (a, b) = tokio::join!(enter_all(wanted(&first)), enter_all(wanted(&second)));
    assert!(matches!((&a, &b), (Ok(()), Err(RecordsError::Conflict)) | (Err(RecordsError::Conflict), Ok(()))), "{a:?} {b:?}");
    let loser = if a.is_ok() { &second } else { &first };
    assert_eq!(table.cloud.certificates().recorded(&loser.0).await.expect("readable").len(), 3, "all or none");
    // The same row twice at once: the application's version tells.
    let rows = vec![(loser.2[2].clone(), number("ZX-0009"))];
    let other = vec![(loser.2[2].clone(), number("ZX-0010"))];
    let (a, b) = tokio::join!(enter(&table, &loser.0, &loser.1, &rows), enter(&table, &loser.0, &loser.1, &other));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}
