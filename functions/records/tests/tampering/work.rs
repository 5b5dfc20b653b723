//! Items on which nothing that counts rests: work, marks that it is done, requests and limits.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use records::RecordsError;
use records::issue::drafts::StoredDraft;
use records::issue::failures::FailureCode;
use records::keys::objects::{Chunk, PrintOutput};
use records::store::idempotency::{Earlier, KeptAnswer, KeyedRequest};
use records::store::limits::{Admission, Counted, Limit};
use rules::issue::application::ApplicationId;
use rules::numbers::code::CertificateCode;
use rules::sheets::stock::{LedgerEntry, Movement};

use crate::support::{KIND, Table, holder, lot, now, sheets};

const YEAR: i16 = 2022;
const ONCE_A_DAY: Limit = Limit { times: 1, seconds: 86_400 };

fn chunk(application: &ApplicationId, number: usize) -> Chunk {
    Chunk { application: application.clone(), lot: lot(&holder(0)), press: PrintOutput::Single, number }
}

fn request() -> KeyedRequest {
    KeyedRequest::new("somebody", "a key", &[b"POST"], now())
}

/// One of each.
pub(super) async fn leave_work(table: &Table, id: &ApplicationId, code: &CertificateCode) {
    let cloud = &table.cloud;
    cloud.certificates().chunk_printed(&chunk(id, 0)).await.expect("noted");
    let error = RecordsError::Corrupt("a photo".to_owned());
    leave_a_draft(table, id).await;
    cloud.people().enter(id, &[crate::support::entry(2, 1)]).await.expect("entered");
    cloud.failures().note(&chunk(id, 1), FailureCode::PhotoUnusable, "照片不可用".to_owned(), &error).await.expect("noted");
    propose_a_destruction(table).await;
    let seen = cloud.applications().get(id).await.expect("readable");
    cloud.zips().order(&seen, Some(holder(0)), "somebody").await.expect_err("there is no bucket here; the order is in the table");
    cloud.counts().order(YEAR, "somebody").await.expect_err("there is no bucket here; the order is in the table");
    assert_eq!(cloud.admit(Counted::Code(code), ONCE_A_DAY).await.expect("counted"), Admission::Admitted);
    let request = Arc::new(request());
    let count = LedgerEntry::new(Movement::Count, sheets(36, 1), "operator", now());
    cloud.serving(request.clone()).sheets().enter_line(KIND, &holder(0), count).await.expect("a count moves nothing");
    cloud.keep_answer(&request, KeptAnswer { status: 200, body: "{}".to_owned() }).await.expect("kept");
}

/// The item alone: there is no bucket here.
async fn leave_a_draft(table: &Table, id: &ApplicationId) {
    let draft = StoredDraft {
        draft_of: id.clone(),
        reviewer: holder(0),
        digest: "0f".repeat(32),
        saved_at: now(),
        saved_by: "somebody".to_owned(),
    };
    let mut item: HashMap<String, AttributeValue> = serde_dynamo::to_item(&draft).expect("an item");
    item.insert("pk".to_owned(), AttributeValue::S(format!("APPLICATION#{id}")));
    item.insert("sk".to_owned(), AttributeValue::S(format!("DRAFT#{}", draft.reviewer)));
    table.write(item).await;
}

async fn propose_a_destruction(table: &Table) {
    let void = LedgerEntry::new(Movement::VoidBlank, sheets(35, 1), "operator", now());
    table.cloud.sheets().enter_line(KIND, &holder(0), void).await.expect("it is on hand");
    let destruction = records::issue::sheets::Destruction {
        kind: KIND.to_owned(),
        holder: holder(0),
        sheets: sheets(35, 1),
        reason: "污损".to_owned(),
        first_signature: "somebody".to_owned(),
        signed_at: now(),
    };
    table.cloud.sheets().propose_destruction(&destruction).await.expect("it was voided");
}

/// What such a day left is read.
pub(crate) async fn work_is_read(table: &Table, id: &ApplicationId, code: &CertificateCode) {
    let cloud = &table.cloud;
    assert!(cloud.certificates().is_chunk_printed(&chunk(id, 0)).await.expect("readable"));
    assert_eq!(cloud.failures().of(id).await.expect("readable").len(), 1);
    assert_eq!(cloud.sheets().destructions(KIND).await.expect("readable").len(), 1);
    assert!(cloud.zips().get(id, Some(&holder(0))).await.expect("readable").is_some_and(|order| order.is_open()));
    assert!(cloud.counts().get(YEAR).await.expect("readable").is_some_and(|order| order.is_open()));
    assert!(matches!(cloud.earlier(&request()).await.expect("readable"), Earlier::Answered(_)));
    // Once more than that day, if it is the same one.
    let twice = Limit { times: 2, ..ONCE_A_DAY };
    assert_eq!(cloud.admit(Counted::Code(code), twice).await.expect("readable"), Admission::Admitted);
}
