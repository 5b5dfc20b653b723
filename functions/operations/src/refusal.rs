//! Why a request was not carried out; how that is told, whoever asked for it decides.

use records::RecordsError;
use rules::notice::NoticeError;
use rules::rulebook::RulebookError;
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::party::Denied;

/// Why a request was not carried out.
#[derive(Debug)]
pub enum Refusal {
    /// No token, or claims that make nobody.
    Unauthorised,
    /// The account is not granted it.
    Denied,
    /// The same; what is said of it, in Chinese.
    NotEntitled(String),
    /// No such thing, or not theirs to know of.
    NotFound,
    /// The request cannot be read.
    Malformed(String),
    /// Somebody else was first.
    Changed(String),
    /// The rules say no.
    Findings(Vec<Finding>),
    /// The rules advise against it, and no reason is given.
    Advice(&'static str, Vec<Finding>),
    /// The name of the request was used for another one before.
    KeyReused,
    /// Too often; again in so many seconds.
    TooOften(i64),
    /// Two people decide it.
    ApprovalNeeded(String),
    /// The store, or a defect.
    Records(RecordsError),
}

impl Refusal {
    /// Whether it rests on how things stand: the same request may have brought them there.
    pub fn is_of_the_state(&self) -> bool {
        matches!(self, Self::NotFound | Self::Changed(_) | Self::Findings(_) | Self::Advice(..))
    }
}

impl From<Denied> for Refusal {
    fn from(_: Denied) -> Self {
        Self::Denied
    }
}

impl From<RecordsError> for Refusal {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::NotFound => Self::NotFound,
            RecordsError::Conflict => Self::Changed("已被他人处理，请刷新后重试".to_owned()),
            RecordsError::Rulebook(error) => error.into(),
            other => Self::Records(other),
        }
    }
}

/// What rests on a text that cannot be read waits until the Center has repaired or withdrawn it.
impl From<RulebookError> for Refusal {
    fn from(error: RulebookError) -> Self {
        tracing::error!(part = error.part(), problem = %error, "a text of the rulebook cannot be read");
        Self::Findings(vec![unreadable(&error)])
    }
}

impl From<NoticeError> for Refusal {
    fn from(error: NoticeError) -> Self {
        RulebookError::from(error).into()
    }
}

/// A part in force that cannot be read.
pub(crate) fn unreadable(error: &RulebookError) -> Finding {
    Finding::new(FindingCode::RulebookUnreadable, Place::file(error.part()), error.to_string())
}
