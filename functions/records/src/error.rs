//! What can go wrong with the table and the bucket, told apart by what the caller should do.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use rules::notice::NoticeError;
use rules::rulebook::RulebookError;

use crate::random::random_id;

/// Requests to the store that failed since they were last asked for: of a process, which serves one invocation at a time.
pub(crate) static FAILED_REQUESTS: FailedRequests = FailedRequests { unavailable: AtomicU64::new(0), refused: AtomicU64::new(0) };

/// How many requests failed, all attempts included, and why.
pub(crate) struct FailedRequests {
    unavailable: AtomicU64,
    refused: AtomicU64,
}

impl FailedRequests {
    /// How many could not reach the store, and how many it refused.
    pub(crate) fn take(&self) -> (u64, u64) {
        (self.unavailable.swap(0, Ordering::Relaxed), self.refused.swap(0, Ordering::Relaxed))
    }
}

/// A failed access.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// There is no such item or object.
    #[error("not found")]
    NotFound,
    /// A condition did not hold: somebody else was first, or it was done before.
    #[error("a condition did not hold")]
    Conflict,
    /// Throttled, timed out, network broken: worth trying again.
    #[error("the store could not be reached: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store refuses what we ask of it (no right to it, a request that it does not take): a defect, and no other the next time.
    #[error("the store refused: {0}")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A text of the rulebook, which this build cannot read: the Center repairs or withdraws it, or a later build reads it.
    #[error("a text of the rulebook cannot be read: {0}")]
    Rulebook(#[from] RulebookError),
    /// What is stored cannot be read: a defect, not worth trying again by itself.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
}

impl RecordsError {
    /// What may be another time.
    pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        FAILED_REQUESTS.unavailable.fetch_add(1, Ordering::Relaxed);
        Self::Unavailable(Box::new(error))
    }

    /// For records that do not parse.
    pub(crate) fn corrupt(error: impl std::fmt::Display) -> Self {
        Self::Corrupt(error.to_string())
    }

    /// Whether the same again may go through.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether what is stored is the cause: it is missing or damaged, or a text that this build cannot read. The same again fails again until
    /// somebody puts it right. Not so where the store could not be reached or refuses us, or where somebody else was first.
    pub fn is_of_the_data(&self) -> bool {
        match self {
            Self::NotFound | Self::Corrupt(_) | Self::Rulebook(_) => true,
            Self::Conflict | Self::Unavailable(_) | Self::Refused(_) => false,
        }
    }

    /// Logs it for whoever runs the system. Gives the reference by which a defect is found in the log; none where the same again may
    /// go through.
    pub fn log(&self) -> Option<String> {
        if self.is_retryable() {
            tracing::error!(error = self as &dyn std::error::Error, "the store could not be reached");
            return None;
        }
        let reference = random_id().to_string();
        tracing::error!(reference, error = self as &dyn std::error::Error, "a defect");
        Some(reference)
    }
}

impl<E> From<SdkError<E, HttpResponse>> for RecordsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException" | "PreconditionFailed") => Self::Conflict,
            Some("NoSuchKey" | "NoSuchVersion" | "NotFound") => Self::NotFound,
            _ if is_retryable(&error) => Self::unavailable(error),
            _ => {
                FAILED_REQUESTS.refused.fetch_add(1, Ordering::Relaxed);
                Self::Refused(Box::new(error))
            }
        }
    }
}

/// As the SDK's own classifiers have it (`aws_runtime::retries`, `aws_smithy_runtime::client::retries`), which cannot be asked
/// about an error that is out of their hands; and what S3 and DynamoDB call a collision with another's write.
fn is_retryable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout() || failure.is_io() || failure.as_other().is_some(),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let collision = ["ConditionalRequestConflict", "OperationAborted", "TransactionConflictException"].contains(&code);
            let by_code = THROTTLING_ERRORS.contains(&code) || TRANSIENT_ERRORS.contains(&code);
            collision || by_code || [500, 502, 503, 504].contains(&service.raw().status().as_u16())
        }
        _ => false,
    }
}

impl From<NoticeError> for RecordsError {
    fn from(error: NoticeError) -> Self {
        Self::Rulebook(error.into())
    }
}

impl From<serde_dynamo::Error> for RecordsError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::corrupt(error)
    }
}

impl From<serde_json::Error> for RecordsError {
    fn from(error: serde_json::Error) -> Self {
        Self::corrupt(error)
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for RecordsError {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::corrupt(error)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answered(status: u16, code: &str) -> RecordsError {
        let response = HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::empty());
        let error = GetItemError::generic(ErrorMetadata::builder().code(code).build());
        SdkError::service_error(error, response).into()
    }

    #[test]
    fn only_what_the_sdk_would_try_again_is_told_to_be_tried_again() {
        for (status, code) in
            [(400, "ThrottlingException"), (503, "SlowDown"), (500, "InternalServerError"), (409, "ConditionalRequestConflict")]
        {
            assert!(answered(status, code).is_retryable(), "{code}");
        }
        for (status, code) in
            [(400, "AccessDeniedException"), (400, "ValidationException"), (403, "AccessDenied"), (400, "ResourceNotFoundException")]
        {
            assert!(matches!(answered(status, code), RecordsError::Refused(_)), "{code}");
        }
        assert!(matches!(answered(412, "PreconditionFailed"), RecordsError::Conflict));
    }
}
