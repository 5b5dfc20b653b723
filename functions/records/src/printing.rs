//! The contents of the objects that carry work from one stage to the next.

use rules::application::Reviewer;
use rules::code::CertificateCode;
use rules::entry::Entry;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::holders::parse_entries;
use crate::keys::{ApplicationId, Chunk, ObjectKey, Press};
use crate::sheets::Run;

/// Content of a `decided/` object: whose decision is to be carried out. What was decided stands in the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// The application.
    pub application: ApplicationId,
    /// Who decided.
    pub reviewer: Reviewer,
}

/// Content of a `printing/` object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintingOrder {
    /// Which chunk.
    pub chunk: Chunk,
    /// The certificates, in order. A run takes those of the single chunk with the same number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CertificateCode>,
}

impl Cloud {
    /// Puts the object that carries a decision out.
    pub async fn carry_out(&self, application: &ApplicationId, reviewer: &Reviewer) -> Result<(), RecordsError> {
        let key = ObjectKey::Decided { application: application.clone(), reviewer: reviewer.clone() };
        self.write_json(&key, &Decided { application: application.clone(), reviewer: reviewer.clone() }).await
    }

    /// Puts the object that asks for printing.
    pub async fn order_printing(&self, order: &PrintingOrder) -> Result<(), RecordsError> {
        self.write_json(&ObjectKey::Printing(order.chunk.clone()), order).await
    }

    /// Puts the objects that ask for the merged PDFs of a run, except those that `done` names.
    pub async fn order_run(&self, run: &Run, done: &[usize]) -> Result<(), RecordsError> {
        for number in (0..run.chunks()).filter(|number| !done.contains(number)) {
            let chunk = Chunk { application: run.run_of.clone(), reviewer: run.reviewer.clone(), press: Press::Run, number };
            self.order_printing(&PrintingOrder { chunk, codes: Vec::new() }).await?;
        }
        Ok(())
    }

    /// The typed rows of one version of a roster.
    pub async fn entries(&self, application: &ApplicationId, roster_version: &str) -> Result<Vec<Entry>, RecordsError> {
        let key = ObjectKey::Entries { application: application.clone(), version: roster_version.to_owned() };
        parse_entries(&self.read(&key.to_string(), None).await?)
    }
}
