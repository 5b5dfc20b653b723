//! The register of filed evaluation bodies.

use rules::audit::AuditEntry;
use rules::intake::contest::{Contest, OrganiserEntry};
use rules::notice::Notice;
use rules::numbers::body::{Body, BodyCode};
use rules::values::chain::{Chained, Head};
use rules::values::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{Chain, KeyRange, body_key};
use crate::store::item::item;
use crate::store::item_digest::as_stored;

/// A body as the table holds it.
#[derive(Serialize, Deserialize)]
struct Registered {
    #[serde(flatten)]
    body: Body,
    /// The end of the chain of its audit entries.
    trail: Head,
}

/// The register of filed bodies.
#[derive(Debug, Clone, Copy)]
pub struct Bodies<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// The register of filed bodies.
    pub fn bodies(&self) -> Bodies<'_> {
        Bodies { cloud: self }
    }
}

impl Bodies<'_> {
    /// Enters or replaces a body, with an audit entry that holds the digest of what was entered. The same again changes
    /// nothing; [`RecordsError::Conflict`] where somebody else has entered it meanwhile.
    pub async fn enter(self, body: &Body, audit: AuditEntry) -> Result<(), RecordsError> {
        let seen: Option<Registered> = self.cloud.get(&body_key(&body.code)).await?;
        if seen.as_ref().is_some_and(|seen| seen.body == *body) {
            return Ok(());
        }
        let seen = seen.map(|seen| seen.trail).unwrap_or_default();
        let registered = |trail| item(&body_key(&body.code), &Registered { body: body.clone(), trail }, &[]);
        // A digest leaves out the end of the chain that it goes into.
        let audit = audit.changing([as_stored(&registered(Head::default())?)?]);
        let (trail, entry) = self.cloud.entered_in(&Chain::Body(body.code.clone()), &seen, audit)?;
        let registered = registered(trail)?;
        self.cloud.commit(vec![self.cloud.put_end(registered, &seen)?, entry]).await
    }

    /// Every entry, by code: a register of some hundreds.
    pub async fn all(self) -> Result<Vec<Body>, RecordsError> {
        let all: Vec<Registered> = self.cloud.query(&KeyRange::bodies()).await?;
        Ok(all.into_iter().map(|registered| registered.body).collect())
    }

    /// What the register says of the organiser of a contest that the account of `unit` applies for (二、（二）2).
    pub async fn organiser_findings(self, notice: &Notice, contest: &Contest, unit: &str) -> Result<Vec<Finding>, RecordsError> {
        let (cited, all) = match &contest.organiser_body {
            Some(code) => (self.get(code).await?, Vec::new()),
            None => (None, self.all().await?),
        };
        let named = all.iter().find(|body| body.is_named(&contest.organiser));
        Ok(contest.organiser_findings(notice, OrganiserEntry { cited: cited.as_ref(), named, unit }))
    }

    /// Who entered what of a body, in order.
    pub async fn trail(self, code: &BodyCode) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.cloud.entries_of(&Chain::Body(code.clone())).await
    }

    /// One body, if it is registered.
    pub async fn get(self, code: &BodyCode) -> Result<Option<Body>, RecordsError> {
        Ok(self.cloud.get::<Registered>(&body_key(code)).await?.map(|registered| registered.body))
    }
}
