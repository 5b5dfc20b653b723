//! Who comes second, or too late, undoes nothing; who is only sent again is not taken for another.

mod numbers;
mod places;

use records::RecordsError;
use records::application::{Application, Verdict};
use records::issue::allocation::Decision;
use records::issue::runs::{Jam, Wanted};
use records::store::idempotency::{Earlier, KeptAnswer, KeyedRequest};
use records::store::limits::{Admission, Counted, Limit};
use rules::audit::{AuditAction, prove};
use rules::issue::status::{Status, StatusChange};
use rules::numbers::body::{Body, BodyCode};
use rules::sheets::run::Setting;
use rules::sheets::stock::{LedgerEntry, Movement};
use std::net::IpAddr;
use std::sync::Arc;

use crate::audit;
use crate::support::{KIND, Table, actor, entry, grammar, holder, notice, now, prefix, roster_verdict, rows, sheets};

#[tokio::test]
async fn the_sdks_retry_after_a_lost_answer_is_no_conflict() {
    let table = Table::start().await;
    let mut application = table.standing(Status::Draft).await;
    application.id = records::random::random_id();
    let cloud = table.losing_the_first_answer().await;
    cloud.applications().create(&application).await.expect("it was written by the first attempt");
    assert_eq!(table.cloud.applications().get(&application.id).await.expect("it is there").version, application.version);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_that_all_is_judged_sees_what_came_of_it() {
    let table = Table::start().await;
    let id = table.standing(Status::Draft).await.id;
    let (cloud, gate) = table.holding_the_second_request().await;
    let seen = tokio::spawn({
        let id = id.clone();
        async move { cloud.applications().as_judged(&id).await }
    });
    // The application was read while it lacked its material, and its verdicts are read when it has it.
    gate.reached.notified().await;
    table.cloud.applications().enter_verdict(&id, &roster_verdict(), |_, _| Some(now())).await.expect("it takes materials");
    gate.go.notify_one();
    let (application, verdicts) = seen.await.expect("no panic").expect("readable");
    assert_eq!((application.status, verdicts.len()), (Status::Registering, 1));
}

#[tokio::test]
async fn a_run_that_jammed_since_stays_on_the_list_of_pending_work() {
    let table = Table::start().await;
    let (cloud, reviewer) = (&table.cloud, holder(0));
    let line = LedgerEntry::new(Movement::Receive, sheets(1, 9), "somebody", now());
    cloud.sheets().receive(KIND, &reviewer, line).await.expect("new sheets");
    let id = table.authorised(&reviewer).await;
    let planned = rows(&reviewer, 2);
    let seen = cloud.applications().get(&id).await.expect("it is there");
    let decision = Decision {
        seen: &seen,
        reviewer: &reviewer,
        rows: &planned,
        refusals: &[],
        review_digest: "review".to_owned(),
        entries: &[2, 3].map(|row| entry(row, row)),
        notice: crate::support::notice(),
    };
    let mut lots = cloud.allocations().approve(&decision, audit(AuditAction::Qualify)).await.expect("decided");
    let allocation = lots.pop().expect("one lot");
    cloud.allocations().settle(&allocation).await.expect("settled");
    assert!(!cloud.volumes().is_drawing(&id, &allocation.lot()).await.expect("readable"));

    let seen = cloud.applications().get(&id).await.expect("it is there");
    let wanted = Wanted { kind: Some(KIND), top: None, count: None, setting: Setting::default(), reason: None };
    let drawn = cloud.runs().start(&seen, &allocation, wanted, audit(AuditAction::Print)).await.expect("printed");
    let seen = cloud.applications().get(&id).await.expect("it is there");
    let code = prefix(3).code(&grammar(), std::num::NonZeroU32::MIN).expect("in range");
    let jam = Jam { sheet: 1, code: &code, reason: "卡纸" };
    let moved = cloud.runs().shift(&seen, &allocation, &drawn, jam, None, audit(AuditAction::VoidSheet)).await.expect("moved on");
    assert_ne!((drawn.edition(), &drawn.sheets), (moved.edition(), &moved.sheets));
    // The press has drawn what was on the sheets before the jam, and says so now.
    cloud.runs().settle(&drawn).await.expect("no error of its own");
    assert!(cloud.volumes().is_drawing(&id, &allocation.lot()).await.expect("readable"), "the sheets after the jam are still to be drawn");
    cloud.runs().settle(&moved).await.expect("settled");
    assert!(!cloud.volumes().is_drawing(&id, &allocation.lot()).await.expect("readable"));
}

#[tokio::test]
async fn only_what_is_its_units_own_is_deleted_and_it_leaves_a_trace() {
    let table = Table::start().await;
    let delete = async |seen: Application| table.cloud.applications().delete(&seen, audit(AuditAction::Delete)).await;
    for status in [Status::Registering, Status::Submitted] {
        assert!(matches!(delete(table.standing(status).await).await, Err(RecordsError::Conflict)), "{status:?}");
    }
    let id = table.authorised(&holder(0)).await;
    let seen = table.cloud.applications().get(&id).await.expect("it is there");
    assert!(matches!(delete(seen).await, Err(RecordsError::Conflict)), "it is authorised");
    let submitted = table.standing(Status::Submitted).await;
    table.send_back(&submitted, AuditAction::Return, &[]).await;
    assert!(matches!(delete(submitted.clone()).await, Err(RecordsError::Conflict)), "it was seen before the return");
    let returned = table.cloud.applications().get(&submitted.id).await.expect("it is there");
    for gone in [table.standing(Status::Draft).await, returned] {
        delete(gone.clone()).await.expect("its unit's own");
        assert!(matches!(table.cloud.applications().get(&gone.id).await, Err(RecordsError::NotFound)));
        let trail = table.cloud.applications().trail(&gone.id).await.expect("readable");
        assert_eq!(trail.last().map(|last| (last.entry.action, last.entry.number)), Some((AuditAction::Delete, gone.trail.count + 1)));
        assert!(matches!(delete(gone.clone()).await, Err(RecordsError::Conflict)), "it is gone");
    }
    assert_eq!(prove(&table.facts().await).faults, []);
}

/// A version that was handed in before a return or a withdrawal, and is judged after it, undoes neither; one that comes after it does.
#[tokio::test]
async fn what_was_handed_in_before_a_return_hands_nothing_in_again() {
    let table = Table::start().await;
    let submitted = table.standing(Status::Submitted).await;
    let status = async || table.cloud.applications().get(&submitted.id).await.expect("it is there").status;
    let enter = async |version: &str| {
        let verdict = Verdict { version: version.to_owned(), sequencer: format!("0{version}"), ..roster_verdict() };
        table.cloud.applications().enter_verdict(&submitted.id, &verdict, |_, _| Some(now())).await.expect("entered");
    };
    table.send_back(&submitted, AuditAction::Withdraw, &["2"]).await;
    enter("2").await;
    assert_eq!(status().await, Status::Returned);
    assert_eq!(table.cloud.applications().all_verdicts(&submitted.id).await.expect("readable")[0].version, "2", "it is taken all the same");
    enter("3").await;
    assert_eq!(status().await, Status::Registering);
    assert_eq!(prove(&table.facts().await).faults, []);
}

/// A claim of a draft, or of a deleted one, keeps nobody out.
#[tokio::test]
async fn whoever_gave_an_application_up_holds_nothing_by_it() {
    let table = Table::start().await;
    let entries = [entry(2, 7)];
    let mut holder = table.standing(Status::Registering).await;
    for end in [StatusChange::Return, StatusChange::AwardHeldElsewhere] {
        assert_eq!(table.cloud.holders().claim(notice(), &holder, &entries).await.expect("claimed"), 0);
        let next = table.standing(Status::Registering).await;
        assert_eq!(table.cloud.holders().taken(notice(), &next, &entries).await.expect("readable").len(), 1, "it is in the Center's hands");
        match end {
            StatusChange::Return => {
                table.cloud.applications().registered(&holder, StatusChange::AwardsClaimed, None).await.expect("submitted");
                let seen = table.cloud.applications().get(&holder.id).await.expect("it is there");
                table.send_back(&seen, AuditAction::Withdraw, &[]).await;
            }
            change => table.cloud.applications().registered(&holder, change, None).await.expect("a draft again"),
        }
        assert!(table.cloud.holders().taken(notice(), &next, &entries).await.expect("readable").is_empty(), "{end:?}");
        holder = next;
    }
    // Of one that is deleted, not even its status is there to be asked for.
    assert_eq!(table.cloud.holders().claim(notice(), &holder, &entries).await.expect("claimed"), 0);
    table.cloud.applications().registered(&holder, StatusChange::AwardHeldElsewhere, None).await.expect("a draft again");
    let seen = table.cloud.applications().get(&holder.id).await.expect("it is there");
    table.cloud.applications().delete(&seen, audit(AuditAction::Delete)).await.expect("a draft");
    let next = table.standing(Status::Registering).await;
    assert!(table.cloud.holders().taken(notice(), &next, &entries).await.expect("readable").is_empty());
    assert_eq!(table.cloud.holders().claim(notice(), &next, &entries).await.expect("claimed"), 0);
    assert_eq!(prove(&table.facts().await).faults, []);
}

/// Who guesses at a code is stopped; somebody else who asks for it is not, and is only told slower.
#[tokio::test]
async fn guesses_are_counted_by_client_and_code_and_the_codes_without_a_limit() {
    let table = Table::start().await;
    let asked_for = table.standing(Status::Registering).await;
    table.cloud.holders().claim(notice(), &asked_for, &[entry(2, 7)]).await.expect("the guard has a key now");
    let code = |n| prefix(3).code(&grammar(), std::num::NonZeroU32::new(n).expect("not zero")).expect("in range");
    let (code, another) = (code(1), code(2));
    let client = |n| IpAddr::from([192, 0, 2, n]);
    // A window that no test sees the end of.
    let limit = Limit { times: 2, seconds: i64::from(u32::MAX) };
    let admit = async |n, code| table.cloud.admit(Counted::Guesses(client(n), code), limit).await.expect("counted");
    assert_eq!([admit(1, &code).await, admit(1, &code).await], [Admission::Admitted; 2]);
    assert!(matches!(admit(1, &code).await, Admission::Refused(_)));
    assert_eq!([admit(2, &code).await, admit(1, &another).await], [Admission::Admitted; 2]);
    for times in 1..=4 {
        assert_eq!(table.cloud.count(Counted::Code(&code), limit.seconds).await.expect("counted"), times);
    }
    let keys: Vec<String> = table.items().await.iter().filter_map(|item| item["pk"].as_s().ok().cloned()).collect();
    assert!(keys.iter().any(|key| key.starts_with("LIMIT#GUESSES#")) && !keys.iter().any(|key| key.contains("192.0.2")), "{keys:?}");
}

#[tokio::test]
async fn a_body_is_entered_with_a_trace_and_not_over_another_entry() {
    let table = Table::start().await;
    let code = BodyCode::parse(&grammar(), "S000051010123").expect("a code");
    let body = |name: &str| Body {
        code: code.clone(),
        name: name.to_owned(),
        filed_with_province: true,
        former_names: Vec::new(),
        units: Vec::new(),
        scope: Vec::new(),
    };
    for name in ["样例一", "样例二", "样例二", "样例一"] {
        table.cloud.bodies().enter(&body(name), audit(AuditAction::EnterBody)).await.expect("entered");
    }
    let trail = table.cloud.bodies().trail(&code).await.expect("readable");
    assert_eq!(trail.iter().map(|entry| entry.entry.number).collect::<Vec<_>>(), [1, 2, 3], "changed and changed back leaves three traces");
    let (one, other) = (body("样例三"), body("样例四"));
    let both = tokio::join!(
        table.cloud.bodies().enter(&one, audit(AuditAction::EnterBody)),
        table.cloud.bodies().enter(&other, audit(AuditAction::EnterBody))
    );
    let entered = [both.0, both.1].into_iter().filter(Result::is_ok).count();
    assert!(entered >= 1, "one of them gets through");
    let trail = table.cloud.bodies().trail(&code).await.expect("readable");
    assert_eq!(trail.len(), 3 + entered, "and each that does has its trace");
}

#[tokio::test]
async fn a_request_is_known_from_its_transaction_on_and_forgotten_after_a_day() {
    let table = Table::start().await;
    let request = |at| Arc::new(KeyedRequest::new(&actor().subject, "key", &[b"POST", b"{}"], at));
    let (first, second) = (request(now()), request(now()));
    let mut application = table.standing(Status::Draft).await;
    let mut create = async |request: &Arc<KeyedRequest>| {
        application.id = records::random::random_id();
        table.cloud.serving(Arc::clone(request)).applications().create(&application).await.map(|()| application.id.clone())
    };
    let created = create(&first).await.expect("the first");
    assert_eq!(table.cloud.earlier(&second).await.expect("readable"), Earlier::Unanswered, "known before it is answered");
    // Two that came at once: the other's transaction is refused as a whole, though its application has a name of its own.
    assert!(matches!(create(&second).await, Err(RecordsError::Conflict)));
    let answer = KeptAnswer { status: 201, body: format!("{{\"id\":\"{created}\"}}") };
    table.cloud.keep_answer(&first, answer.clone()).await.expect("kept");
    assert_eq!(table.cloud.earlier(&second).await.expect("readable"), Earlier::Answered(answer));
    let other = KeyedRequest::new(&actor().subject, "key", &[b"POST", b"[]"], now());
    assert_eq!(table.cloud.earlier(&other).await.expect("readable"), Earlier::OtherRequest);
    // The table's TTL may lag two days; a day is a day.
    let next_day = request(now() + records::store::idempotency::LIFETIME);
    assert_eq!(table.cloud.earlier(&next_day).await.expect("readable"), Earlier::Unknown);
    create(&next_day).await.expect("another thing");
}
