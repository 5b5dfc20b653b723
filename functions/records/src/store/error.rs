//! What can go wrong with the table and the bucket, told apart by what the caller should do.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

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
    /// What is stored cannot be read: a defect, not worth trying again by itself.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
}

impl RecordsError {
    /// For records that do not parse.
    pub(crate) fn corrupt(error: impl std::fmt::Display) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl<E, R> From<SdkError<E, R>> for RecordsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException" | "PreconditionFailed") => Self::Conflict,
            Some("NoSuchKey" | "NoSuchVersion" | "NotFound") => Self::NotFound,
            _ => Self::Unavailable(Box::new(error)),
        }
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
