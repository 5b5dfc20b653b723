//! A batch (批次) on its way: applied for, reviewed by the Center, uploaded, confirmed; or returned.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::issue::application::ApplicationId;
use crate::values::lot::LotName;
use crate::values::party::{Applicant, IssuingUnit};
use crate::values::vocabulary::{BatchKind, CertificateType};

/// The most lots of one batch: each takes four actions of the confirming transaction (application, audit entry, lot,
/// announcement), which holds 100.
pub const MAX_LOTS: usize = 24;

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BatchState {
    /// 已申报: handed to the Center.
    Applied,
    /// 已审核: the Center has passed it.
    Reviewed,
    /// 已上传: on the national platform.
    Uploaded,
    /// 已上网: the query site shows every row.
    Confirmed,
    /// 已退回: its lots may be applied for anew.
    Returned,
}

impl BatchState {
    /// The name in records and in the API.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The word that staff see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "已申报",
            Self::Reviewed => "已审核",
            Self::Uploaded => "已上传",
            Self::Confirmed => "已上网",
            Self::Returned => "已退回",
        }
    }

    /// Whether a batch may go from here to `next`.
    pub fn may_become(self, next: Self) -> bool {
        use BatchState::{Applied, Confirmed, Returned, Reviewed, Uploaded};
        matches!(
            (self, next),
            (Applied, Reviewed) | (Reviewed, Uploaded) | (Uploaded, Confirmed) | (Applied | Reviewed | Uploaded, Returned)
        )
    }
}

/// A lot that a batch has rows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchLot {
    /// The application.
    pub application: ApplicationId,
    /// Who issued them.
    pub reviewer: IssuingUnit,
    /// 大赛名称
    pub contest: String,
    /// How many rows of it.
    pub count: u32,
    /// Audit entries of the application when the rows were read: what comes after them may have changed a row.
    pub trail: u64,
}

/// Who took a batch to a state, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchStep {
    /// Which state.
    pub state: BatchState,
    /// The moment of the change.
    #[schemars(with = "crate::values::schema::Moment")]
    pub at: Timestamp,
    /// By which account.
    pub by: String,
    /// Why, where it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A batch of certificates to be published, of one applicant and one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Who applies.
    pub applicant: Applicant,
    /// Number among the applicant's batches, from 1.
    pub number: u32,
    /// 数据类型
    pub kind: BatchKind,
    /// Which certificates.
    pub certificate_type: CertificateType,
    /// Number of the notice.
    pub notice: String,
    /// Jurisdiction of the Center that reviews it.
    pub seat: String,
    /// 单位名称
    pub body: String,
    /// 标题名称
    pub title: String,
    /// SHA-256, in hex, of the sheet's object.
    pub sheet: String,
    /// How many rows the sheet has.
    pub count: u32,
    /// The lots that the rows are of, in the order of the rows; each application once.
    pub lots: Vec<BatchLot>,
    /// Where it stands.
    pub state: BatchState,
    /// How it came there, in order.
    pub steps: Vec<BatchStep>,
    /// Grows with every step.
    pub version: u64,
    /// SHA-256, in hex, of the result list that confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Whether its workbook and 表5 are there.
    #[serde(default)]
    pub made: bool,
}

impl Batch {
    /// Whether it holds its lots: no other batch of its kind may have the same rows.
    pub fn is_active(&self) -> bool {
        self.state != BatchState::Returned
    }

    /// Whether it has rows of a lot.
    pub fn covers(&self, application: &ApplicationId, lot: &LotName) -> bool {
        self.certificate_type == lot.certificate_type
            && self.lots.iter().any(|known| known.application == *application && known.reviewer == lot.reviewer)
    }

    /// The places of a lot's rows among the batch's: lots follow one another.
    pub fn rows_of(&self, application: &ApplicationId, reviewer: &IssuingUnit) -> std::ops::Range<usize> {
        let mut first = 0;
        for lot in &self.lots {
            let end = first + lot.count as usize;
            if lot.application == *application && lot.reviewer == *reviewer {
                return first..end;
            }
            first = end;
        }
        first..first
    }

    /// The batch after a step.
    #[must_use]
    pub fn after(&self, step: BatchStep) -> Self {
        let mut next = self.clone();
        next.state = step.state;
        next.version += 1;
        next.steps.push(step);
        next
    }
}
