//! Corrections that two people decide: the request of the one waits until another one, of the Center, approves or rejects it
//! (docs/decisions/0017).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use jiff::civil::Date;
use rules::audit::{AuditEntry, ItemChange};
use rules::intake::entry::Entry;
use rules::issue::application::ApplicationId;
use rules::issue::correction::{ApprovalReason, Correction};
use rules::numbers::code::CertificateCode;
use rules::sheets::run::Setting;
use rules::values::party::IssuingUnit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::applications::Transition;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::certificates::Certificate;
use crate::issue::runs::OldSheet;
use crate::keys::items::{ItemKey, KeyRange, request_key, waiting_key};
use crate::store::item::item;
use crate::store::item_digest::written;
use crate::store::table::Condition;
use crate::store::updates::ItemUpdate;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// 待批准
    Waiting,
    /// 已批准, and made.
    Approved,
    /// 已驳回
    Rejected,
}

impl RequestState {
    /// The word units and staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "待批准",
            Self::Approved => "已批准",
            Self::Rejected => "已驳回",
        }
    }
}

/// What stood on a certificate when its correction was asked for: it must still stand there when it is approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CertificateSnapshot {
    /// The winner.
    pub entry: Entry,
    /// The date on it, where it is not the contest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<Date>,
    /// Whose name stands on it.
    pub issuing_body: String,
}

impl CertificateSnapshot {
    /// Of a certificate as it is.
    pub fn of(certificate: &Certificate) -> Self {
        let Certificate { entry, issued_on, issuing_body, .. } = certificate;
        Self { entry: entry.clone(), issued_on: *issued_on, issuing_body: issuing_body.clone() }
    }
}

/// What was decided on a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestDecision {
    /// The moment of the change.
    #[schemars(with = "rules::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
    /// Why not, where it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A correction that waits for the approval of a second person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CorrectionRequest {
    /// The application.
    pub correction_of: ApplicationId,
    /// Number of the audit entry of the request.
    pub number: u64,
    /// The Center that decides it: the contest's jurisdiction.
    pub jurisdiction: String,
    /// Who issued the certificate.
    pub reviewer: IssuingUnit,
    /// The certificate.
    pub code: CertificateCode,
    /// Version of the application that was seen.
    pub seen: u64,
    /// What stood on the certificate then.
    pub before: CertificateSnapshot,
    /// What is to be put right.
    pub correction: Correction,
    /// Why it takes two.
    pub approval: Vec<ApprovalReason>,
    /// Why it is to be put right.
    pub reason: String,
    /// Why against advice, where there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_advice: Option<String>,
    /// What became of the sheet that it lies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_sheet: Option<OldSheet>,
    /// Number of the sheet to print on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// How it goes on paper.
    pub setting: Setting,
    /// By which account.
    pub by: String,
    /// For whom.
    pub organisation: String,
    /// The moment of the change.
    pub at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<RequestDecision>,
}

/// The place of a request on its Center's list.
#[derive(Serialize, Deserialize)]
struct Listed {
    correction_of: ApplicationId,
    number: u64,
}

fn list_key(request: &CorrectionRequest) -> ItemKey {
    waiting_key(&request.jurisdiction, &request.correction_of, request.number)
}

/// Requests for corrections that the Center approves.
#[derive(Debug, Clone, Copy)]
pub struct Corrections<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Requests for corrections that the Center approves.
    pub fn corrections(&self) -> Corrections<'_> {
        Corrections { cloud: self }
    }
}

impl Corrections<'_> {
    /// Stores a request, on condition of the application's version that was seen.
    pub async fn request(self, seen: &Application, request: &CorrectionRequest, audit: AuditEntry) -> Result<(), RecordsError> {
        let listed = Listed { correction_of: request.correction_of.clone(), number: request.number };
        let entered = vec![
            self.cloud.transact_put_new(item(&request_key(&request.correction_of, request.number), request, &[])?)?,
            self.cloud.transact_put_new(item(&list_key(request), &listed, &[])?)?,
        ];
        let audit = audit.about(&request.code).with(&request.reason).changing(written(&entered)?);
        let mut actions = self.cloud.audited(seen, Transition::default(), audit).await?;
        actions.extend(entered);
        self.cloud.commit(actions).await
    }

    /// Rejects a request that waits.
    pub async fn reject(
        self,
        seen: &Application,
        request: &CorrectionRequest,
        reason: &str,
        audit: AuditEntry,
    ) -> Result<(), RecordsError> {
        let audit = audit.about(&request.code).with(format!("第 {} 号申请：{reason}", request.number));
        let decision = RequestDecision { at: audit.at, by: audit.actor.clone(), reason: Some(reason.to_owned()) };
        let (decided, changed) = self.decided(request, RequestState::Rejected, &decision).await?;
        let mut actions = self.cloud.audited(seen, Transition::default(), audit.changing(changed)).await?;
        actions.extend(decided);
        self.cloud.commit(actions).await
    }

    /// The actions by which a request is decided: part of the transaction that makes the correction, or of the rejection; and what
    /// the entry says of them.
    pub(crate) async fn decided(
        self,
        request: &CorrectionRequest,
        state: RequestState,
        decision: &RequestDecision,
    ) -> Result<(Vec<TransactWriteItem>, Vec<ItemChange>), RecordsError> {
        let waits = Condition {
            expression: "#state = :waiting".to_owned(),
            names: HashMap::from([("#state".to_owned(), "state".to_owned())]),
            values: HashMap::from([(":waiting".to_owned(), serde_dynamo::to_attribute_value(RequestState::Waiting)?)]),
        };
        let update = ItemUpdate::default().set_to("state", &state)?.set_to("decision", decision)?;
        let key = request_key(&request.correction_of, request.number);
        let (decided, change) = self.cloud.covered_update(&key, update, waits).await?;
        let delisted = self.cloud.transact_delete(&list_key(request))?;
        let changed = [vec![change], written(std::slice::from_ref(&delisted))?].concat();
        Ok((vec![decided, delisted], changed))
    }

    /// One request.
    pub async fn get(self, id: &ApplicationId, number: u64) -> Result<Option<CorrectionRequest>, RecordsError> {
        self.cloud.get(&request_key(id, number)).await
    }

    /// All requests of an application, in order.
    pub async fn of(self, id: &ApplicationId) -> Result<Vec<CorrectionRequest>, RecordsError> {
        self.cloud.query(&KeyRange::requests(id)).await
    }

    /// The requests that wait for a Center.
    pub async fn waiting_for(self, jurisdiction: &str) -> Result<Vec<CorrectionRequest>, RecordsError> {
        let listed: Vec<Listed> = self.cloud.query(&KeyRange::waiting(jurisdiction)).await?;
        let keys: Vec<_> = listed.iter().map(|one| request_key(&one.correction_of, one.number).attributes()).collect();
        let mut found: Vec<CorrectionRequest> = Vec::with_capacity(keys.len());
        // As many as one request may ask for.
        for hundred in keys.chunks(100) {
            for item in self.cloud.batch_get(hundred.to_vec()).await? {
                found.push(serde_dynamo::from_item(item)?);
            }
        }
        found.sort_by_key(|request| request.at);
        Ok(found)
    }
}
