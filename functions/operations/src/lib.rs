//! What a unit, the Center and a body can do: an actor, a request, typed answers.
//!
//! An operation is a method of [`Operations`], in the module of its subject beside the types of its request and its answer. It
//! asks first whether the actor may (`rules::issue::access`); reading and writing is `records`' work, deciding is `rules`'. How
//! a request arrives and an answer leaves (HTTP, a page) is not known here; programs and pages share these types.

pub mod accounts;
pub mod applications;
pub mod archive;
pub mod authorisation;
pub mod blocked;
pub mod bulk;
pub mod calibration;
pub mod cells;
pub mod changes;
pub mod contest;
pub mod corrections;
pub mod decisions;
pub mod differences;
pub mod drafts;
pub mod explain;
pub mod exported;
pub mod failures;
pub mod filing;
pub mod hand_out;
mod links;
pub mod lists;
pub mod lot_tasks;
mod lots;
pub mod materials;
pub mod number_list;
pub mod numbers;
pub mod own_lot;
mod page_size;
pub mod portraits;
pub mod publication;
mod refusal;
pub mod register;
pub mod reports;
pub mod reveal;
pub mod row_list;
pub mod row_photo;
mod rows;
pub mod rulebook;
pub mod run_preview;
pub mod runs;
pub mod samples;
pub mod search;
pub mod sheets;
pub mod show;
pub mod statement;
pub mod states;
pub mod statistics;
pub mod supervision;
pub mod tasks;
pub mod trail;
pub mod verification;
mod view;
pub mod zips;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use certificate::Fonts;
use records::application::Application;
use records::store::idempotency::KeyedRequest;
use records::{Cloud, RecordsError};
use rules::issue::application::ApplicationId;
use rules::values::party::Actor;

use crate::accounts::Issuer;
use crate::rows::is_visible;

pub use refusal::Refusal;

/// All operations, over one store; made once per cold start.
pub struct Operations {
    /// The store that they read and write.
    pub cloud: Cloud,
    /// Read when the first certificate is set.
    fonts: Arc<OnceLock<Fonts>>,
    /// Whose tokens people show.
    issuer: Arc<Issuer>,
}

impl Operations {
    /// Operations over a store, for those whom an issuer knows.
    pub fn new(cloud: Cloud, issuer: Issuer) -> Self {
        Self { cloud, fonts: Default::default(), issuer: issuer.into() }
    }

    /// The same, serving a request that is carried out once.
    pub fn serving(&self, request: Arc<KeyedRequest>) -> Self {
        Self { cloud: self.cloud.serving(request), fonts: Arc::clone(&self.fonts), issuer: Arc::clone(&self.issuer) }
    }

    /// The fonts that certificates are printed with.
    pub(crate) fn fonts(&self) -> Result<&Fonts, Refusal> {
        if let Some(fonts) = self.fonts.get() {
            return Ok(fonts);
        }
        let folder = std::env::var("FONT_DIR").unwrap_or_else(|_| "/opt/fonts".to_owned());
        let fonts = Fonts::load(Path::new(&folder)).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))?;
        Ok(self.fonts.get_or_init(|| fonts))
    }

    /// An application that the actor may see; one that is not theirs does not exist for them.
    pub(crate) async fn visible(&self, actor: &Actor, id: &ApplicationId) -> Result<Application, Refusal> {
        let application = self.cloud.applications().get(id).await?;
        if is_visible(actor, &application) { Ok(application) } else { Err(Refusal::NotFound) }
    }
}
