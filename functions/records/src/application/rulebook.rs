//! The rulebook in force: what ships with the system, and what the Center put in its place.
//!
//! A replacement is an object under `config/` named by its digest, so no version is ever overwritten; the table says
//! which one counts. An authorised application keeps the versions it was authorised under.

use std::sync::Arc;

use jiff::Timestamp;
use rules::rulebook::{Part, Rulebook, RulebookError};
use rules::values::party::Actor;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::applications::Application;
use crate::keys::items::ItemKey;
use crate::keys::objects::{ObjectKey, Placed};
use crate::store::bucket::digest;
use crate::store::error::RecordsError;
use crate::store::rulebooks::InForce;
use crate::store::table::{Cancelled, item};

/// Rulebooks kept by a container: the one in force, and those of applications authorised earlier.
const KEPT: usize = 4;

/// Who put it there, and when.
#[derive(Debug, Serialize, Deserialize)]
struct Placing {
    #[serde(flatten)]
    placed: Placed,
    at: Timestamp,
    actor: String,
}

/// Why a part was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Its text is unsound; the old one stays.
    #[error(transparent)]
    Unsound(#[from] RulebookError),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl Cloud {
    /// What counts now.
    pub async fn rulebook(&self) -> Result<Arc<InForce>, RecordsError> {
        let placed: Vec<Placed> = self.query("RULEBOOK", "PART#").await?;
        self.load(placed).await
    }

    /// What counts for an application: from its authorisation on, what counted then.
    pub async fn rulebook_of(&self, application: &Application) -> Result<Arc<InForce>, RecordsError> {
        match &application.plan {
            Some(plan) => self.load(plan.rulebook.clone()).await,
            None => self.rulebook().await,
        }
    }

    /// Puts `text` in the place of a part, if it is sound.
    pub async fn place(&self, part: &Part, text: &str, actor: &Actor) -> Result<Placed, PlaceError> {
        self.rulebook().await?.with(part, text)?;
        let placed = Placed { part: part.to_string(), sha256: digest(text.as_bytes()) };
        // The object first: without it the table would name a text that nobody can read.
        self.write(&ObjectKey::Config(placed.clone()), "text/plain; charset=utf-8", text.as_bytes().to_vec()).await?;
        let placing = Placing { placed: placed.clone(), at: self.clock.now(), actor: actor.subject.clone() };
        let current = item(&ItemKey::new("RULEBOOK", format!("PART#{part}")), &placing, &[])?;
        let history = item(&ItemKey::new("RULEBOOK", format!("HISTORY#{part}#{}", placing.at)), &placing, &[])?;
        let put = aws_sdk_dynamodb::types::Put::builder().table_name(&self.table).set_item(Some(current));
        let current = aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put.build().map_err(RecordsError::from)?).build();
        match self.transact(vec![current, self.transact_put_new(history)?]).await {
            Ok(()) => Ok(placed),
            Err(Cancelled::Condition(_) | Cancelled::Contention) => Err(RecordsError::Conflict.into()),
            Err(Cancelled::Other(error)) => Err(error.into()),
        }
    }

    async fn load(&self, placed: Vec<Placed>) -> Result<Arc<InForce>, RecordsError> {
        let mut known = self.rulebooks.lock().await;
        if let Some(same) = known.iter().find(|known| known.placed == placed) {
            return Ok(same.clone());
        }
        let mut texts = Vec::with_capacity(placed.len());
        for one in &placed {
            let part = Part::parse(&one.part).ok_or_else(|| RecordsError::corrupt("a part of the rulebook"))?;
            // Whoever prints reads them.
            if matches!(part, Part::Seal(_)) {
                continue;
            }
            let text = self.read(&ObjectKey::Config(one.clone()).to_string(), None).await?;
            texts.push((part, String::from_utf8(text).map_err(RecordsError::corrupt)?));
        }
        let rulebook = Rulebook::built_in().and_then(|shipped| shipped.with_all(texts)).map_err(RecordsError::corrupt)?;
        let in_force = Arc::new(InForce { placed, rulebook });
        known.truncate(KEPT - 1);
        known.insert(0, in_force.clone());
        Ok(in_force)
    }
}
