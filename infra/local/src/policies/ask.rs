//! What a request asks a policy for.

use std::collections::BTreeMap;

use crate::emulator::{ACCOUNT, REGION};

/// One action on one resource; a request may ask for several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// `service:Action`.
    pub(crate) action: String,
    /// The resource's ARN.
    pub(crate) resource: String,
    /// What conditions look at, by the names of AWS (`dynamodb:LeadingKeys`); what a request does not have is not there.
    pub(crate) context: BTreeMap<&'static str, Vec<String>>,
}

impl Ask {
    pub(crate) fn new(action: impl Into<String>, resource: String) -> Self {
        Self { action: action.into(), resource, context: BTreeMap::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, values: Vec<String>) -> Self {
        self.context.insert(name, values);
        self
    }
}

/// The ARN of something in the emulator's account.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// The ARN of the bucket, or of an object in it.
pub(crate) fn s3_arn(path: &str) -> String {
    format!("arn:aws:s3:::{path}")
}
