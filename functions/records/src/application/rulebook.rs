//! The rulebook in force: what ships with the system, and what the Center put in its place.
//!
//! Every text is an object under `config/` named by its digest, and so is the manifest that lists them, so no version is
//! ever overwritten. The table says which parts are replaced; an authorised application names the manifest that it was
//! authorised under, and is read by those texts for good (decisions/0015).

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::Timestamp;
use rules::audit::{AuditAction, AuditEntry};
use rules::rulebook::{Manifest, Part, Rulebook, RulebookError, RulebookPart};
use rules::values::chain::{Chained, Head};
use rules::values::party::Actor;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{Chain, set_key};
use crate::keys::objects::ObjectKey;
use crate::store::bucket::digest;
use crate::store::item::{item, number};
use crate::store::item_digest::as_stored;
use crate::store::rulebooks::InForce;

/// Media type of texts.
const TEXT: &str = "text/plain; charset=utf-8";

/// A part that the Center replaced, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartReplacement {
    /// The part and the text that counts.
    #[serde(flatten)]
    pub part: RulebookPart,
    /// The moment of the change.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// By which account.
    pub actor: String,
}

/// Which parts are not as they ship: one item, so that a change can be conditional on the whole set it was checked against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacements {
    /// Grows with every change.
    pub version: u64,
    /// The parts, in the order of their names.
    pub parts: Vec<PartReplacement>,
    /// The end of the chain of their audit entries.
    #[serde(default)]
    pub trail: Head,
}

impl Replacements {
    /// All texts that count, with those that ship.
    pub fn manifest(&self) -> Manifest {
        Manifest::shipped().with(self.parts.iter().map(|replacement| replacement.part.clone()))
    }
}

/// Why the rulebook was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// What the whole set would have wrong with it; never empty. The old one stays.
    #[error("the new set is unsound")]
    Unsound(Vec<RulebookError>),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// Rulebooks: the one in force, those that applications are pinned to, and how parts are replaced.
#[derive(Debug, Clone, Copy)]
pub struct Rulebooks<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Rulebooks: the one in force, those that applications are pinned to, and how parts are replaced.
    pub fn rulebooks(&self) -> Rulebooks<'_> {
        Rulebooks { cloud: self }
    }
}

impl Rulebooks<'_> {
    /// Which parts are replaced now.
    pub async fn replacements(self) -> Result<Replacements, RecordsError> {
        Ok(self.cloud.get(&set_key()).await?.unwrap_or_default())
    }

    /// What counts now: one read of the table, so that nobody decides by what was replaced a moment ago.
    pub async fn in_force(self) -> Result<Arc<InForce>, RecordsError> {
        Ok(self.in_force_with_replacements().await?.0)
    }

    /// What counts now, and which parts of it are not as they ship.
    pub async fn in_force_with_replacements(self) -> Result<(Arc<InForce>, Replacements), RecordsError> {
        let replacements = self.replacements().await?;
        Ok((self.load(replacements.manifest()).await?, replacements))
    }

    /// What counts for an application: from its authorisation on, what counted then.
    pub async fn of(self, application: &Application) -> Result<Arc<InForce>, RecordsError> {
        match &application.plan {
            Some(plan) => self.pinned(&plan.rulebook).await,
            None => self.in_force().await,
        }
    }

    /// The rulebook whose manifest has that digest.
    pub async fn pinned(self, digest: &str) -> Result<Arc<InForce>, RecordsError> {
        if let Some(known) = self.cloud.rulebook_cache.lock().await.known(digest) {
            return Ok(known);
        }
        let shipped = Manifest::shipped();
        if shipped.digest() == digest {
            return self.load(shipped).await;
        }
        let text = self.config_text(&ObjectKey::RulebookManifest(digest.to_owned()), digest).await?;
        self.load(Manifest::parse(&text).map_err(RecordsError::corrupt)?).await
    }

    /// Sees to it that the manifest and every text it names are objects, those that ship included, so that whoever names
    /// the manifest can be read by any later build. Once a container; texts are named by what they hold, so that it does
    /// not matter who writes them, or how often.
    pub async fn store(self, in_force: &InForce) -> Result<(), RecordsError> {
        if self.cloud.rulebook_cache.lock().await.stored.contains(&in_force.digest) {
            return Ok(());
        }
        for part in in_force.manifest.parts() {
            if let Some(text) = Rulebook::shipped_text(part) {
                self.store_config(&ObjectKey::Config(part.clone()), &text).await?;
            }
        }
        // The texts first: a manifest that is there can be read.
        let key = ObjectKey::RulebookManifest(in_force.digest.clone());
        self.store_config(&key, &in_force.manifest.text()).await?;
        self.cloud.rulebook_cache.lock().await.stored.insert(in_force.digest.clone());
        Ok(())
    }

    async fn store_config(self, key: &ObjectKey, text: &str) -> Result<(), RecordsError> {
        match self.cloud.current_version(&key.to_string()).await? {
            Some(_) => Ok(()),
            None => self.cloud.write_once(key, TEXT, text.as_bytes().to_vec(), None).await.map(|_| ()),
        }
    }

    /// What counts now, and what would count with `text` in the place of a part, or with what was put there withdrawn, where that would be
    /// sound. Nothing is changed.
    pub async fn check(self, part: &Part, text: Option<&str>) -> Result<(Arc<InForce>, Rulebook), ReplaceError> {
        let in_force = self.in_force().await?;
        let next = with_replaced(&in_force, part, text)?;
        Ok((in_force, next))
    }

    /// Puts `text` in the place of a part, or withdraws what was put there, if the whole set is sound then. It counts only
    /// if nobody changed the set meanwhile.
    ///
    /// # Errors
    /// [`RecordsError::NotFound`]: there is nothing to withdraw. [`RecordsError::Conflict`]: somebody else was first.
    pub async fn replace(self, part: &Part, text: Option<&str>, actor: &Actor) -> Result<Replacements, ReplaceError> {
        let seen = self.replacements().await?;
        let name = part.to_string();
        if text.is_none() && !seen.parts.iter().any(|replacement| replacement.part.part == name) {
            return Err(RecordsError::NotFound.into());
        }
        with_replaced(&*self.load(seen.manifest()).await?, part, text)?;
        let placed = text.map(|text| RulebookPart::new(part, text));
        if let (Some(placed), Some(text)) = (&placed, text) {
            // The object first: without it the table would name a text that nobody can read.
            self.store_config(&ObjectKey::Config(placed.clone()), text).await?;
        }
        let action = if placed.is_some() { AuditAction::PlaceRulebook } else { AuditAction::WithdrawRulebook };
        let audit = AuditEntry::new(actor, action, "", self.cloud.clock.now());
        Ok(self.enter_replacement(&seen, &name, placed, audit).await?)
    }

    /// Enters that a text counts for a part from now on, or that what was placed there is withdrawn: the set and the audit entry, on
    /// condition of the set that was seen. The text must be an object already.
    pub async fn enter_replacement(
        self,
        seen: &Replacements,
        part: &str,
        placed: Option<RulebookPart>,
        audit: AuditEntry,
    ) -> Result<Replacements, RecordsError> {
        let said = placed.as_ref().map_or_else(|| part.to_owned(), |placed| format!("{part} {}", placed.sha256));
        let mut parts: Vec<PartReplacement> = seen.parts.iter().filter(|one| one.part.part != part).cloned().collect();
        parts.extend(placed.map(|part| PartReplacement { part, at: audit.at, actor: audit.actor.clone() }));
        parts.sort_by(|one, other| one.part.part.cmp(&other.part.part));
        let mut next = Replacements { version: seen.version + 1, parts, trail: Head::default() };
        let audit = audit.with(said).changing([as_stored(&item(&set_key(), &next, &[])?)?]);
        let (trail, entry) = self.cloud.entered_in(&Chain::Rulebook, &seen.trail, audit)?;
        next.trail = trail;
        self.cloud.commit(vec![self.put_replacements(seen, &next)?, entry]).await?;
        Ok(next)
    }

    fn put_replacements(self, seen: &Replacements, next: &Replacements) -> Result<TransactWriteItem, RecordsError> {
        let set = item(&set_key(), next, &[])?;
        if seen.version == 0 {
            return self.cloud.transact_put_new(set);
        }
        let put = Put::builder().table_name(&self.cloud.table).set_item(Some(set)).condition_expression("version = :seen");
        let put = put.expression_attribute_values(":seen", number(seen.version));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Who placed or withdrew which part, in order.
    pub async fn trail(self) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.cloud.entries_of(&Chain::Rulebook).await
    }

    /// A text of `config/`, which must be the one that its digest names.
    async fn config_text(self, key: &ObjectKey, sha256: &str) -> Result<String, RecordsError> {
        let bytes = self.cloud.read(&key.to_string(), None).await?;
        if digest(&bytes) != sha256 {
            return Err(RecordsError::corrupt(format!("{key} is not what its digest says")));
        }
        String::from_utf8(bytes).map_err(RecordsError::corrupt)
    }

    async fn load(self, manifest: Manifest) -> Result<Arc<InForce>, RecordsError> {
        let digest = manifest.digest();
        if let Some(known) = self.cloud.rulebook_cache.lock().await.known(&digest) {
            return Ok(known);
        }
        let (mut texts, mut complete) = (BTreeMap::new(), true);
        for named in manifest.parts() {
            let part = match Part::parse(&named.part) {
                // Whoever prints reads the picture. A part of a kind that only a later build knows decides nothing here.
                None | Some(Part::Seal(_)) => continue,
                Some(part) => part,
            };
            let text = match Rulebook::shipped_text(named) {
                Some(shipped) => Some(shipped),
                None => self.placed_text(named).await?,
            };
            complete &= text.is_some();
            // A text that is gone is one that cannot be read: it stops what rests on it, and not whoever puts it right.
            texts.insert(part, text.unwrap_or_default());
        }
        let rulebook = Rulebook::read(texts).map_err(RecordsError::corrupt)?;
        for error in rulebook.unreadable() {
            tracing::warn!(part = error.part(), problem = %error, "a text of the rulebook cannot be read");
        }
        let in_force = Arc::new(InForce { manifest, digest, rulebook });
        if complete {
            self.cloud.rulebook_cache.lock().await.keep(in_force.clone());
        }
        Ok(in_force)
    }

    /// A text that did not ship with this build; none where it is gone, or is not what its digest says.
    async fn placed_text(self, named: &RulebookPart) -> Result<Option<Arc<str>>, RecordsError> {
        match self.config_text(&ObjectKey::Config(named.clone()), &named.sha256).await {
            Ok(text) => Ok(Some(text.into())),
            Err(error @ (RecordsError::NotFound | RecordsError::Corrupt(_))) => {
                tracing::error!(part = named.part, sha256 = named.sha256, %error, "a text of the rulebook is not there any more");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
/// A set with `text` in the place of a part; without one, what ships of it counts, or nothing where nothing ships.
fn with_replaced(set: &Rulebook, part: &Part, text: Option<&str>) -> Result<Rulebook, ReplaceError> {
    let shipped = || Rulebook::shipped_texts().remove(part);
    let counts = text.map(Arc::from).or_else(shipped);
    set.with(part, counts.as_deref()).map_err(ReplaceError::Unsound)
}
