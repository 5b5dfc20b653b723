//! Reports on materials: what was found, beside the material's verdict, for whoever handed it in.

use std::borrow::Cow;

use rules::issue::application::ApplicationId;
use rules::values::finding::Finding;
use serde::{Deserialize, Serialize};

/// Content of a `reports/` object, and of one on an upload that belongs nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report<'a> {
    /// The application that the material was uploaded for, if there is one.
    pub application: Option<Cow<'a, ApplicationId>>,
    /// The material's version in the bucket; none where two materials are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Cow<'a, str>>,
    /// Whether it has no error.
    pub clean: bool,
    /// What is to be said of it.
    pub findings: Cow<'a, [Finding]>,
}
