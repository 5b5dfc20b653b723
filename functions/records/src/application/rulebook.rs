//! The rulebook in force: what ships with the system, and what the Center put in its place.
//!
//! Every text is an object under `config/` named by its digest, and so is the manifest that lists them, so no version is
//! ever overwritten. The table says which parts are replaced; an authorised application names the manifest that it was
//! authorised under, and is read by those texts for good (decisions/0015).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rules::rulebook::{Manifest, Part, Rulebook, RulebookError, RulebookPart};
use rules::values::party::Actor;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::application::applications::Application;
use crate::keys::items::ItemKey;
use crate::keys::objects::ObjectKey;
use crate::store::bucket::digest;
use crate::store::error::RecordsError;
use crate::store::rulebooks::InForce;
use crate::store::table::{Cancelled, Change, item, number};

/// Media type of texts.
const TEXT: &str = "text/plain; charset=utf-8";

/// A part that the Center replaced, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartReplacement {
    /// The part and the text that counts.
    #[serde(flatten)]
    pub part: RulebookPart,
    /// When.
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
}

impl Replacements {
    /// All texts that count, with those that ship.
    pub fn manifest(&self) -> Manifest {
        Manifest::shipped().with(self.parts.iter().map(|replacement| replacement.part.clone()))
    }
}

/// A change of the set, kept for good.
#[derive(Debug, Serialize, Deserialize)]
struct ReplacementRecord {
    version: u64,
    part: String,
    /// None where the part was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    at: Timestamp,
    actor: String,
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

fn set_key() -> ItemKey {
    ItemKey::new("RULEBOOK", "SET")
}

impl Cloud {
    /// Which parts are replaced now.
    pub async fn replacements(&self) -> Result<Replacements, RecordsError> {
        Ok(self.get(&set_key()).await?.unwrap_or_default())
    }

    /// What counts now: one read of the table, so that nobody decides by what was replaced a moment ago.
    pub async fn rulebook(&self) -> Result<Arc<InForce>, RecordsError> {
        Ok(self.rulebook_and_replacements().await?.0)
    }

    /// What counts now, and which parts of it are not as they ship.
    pub async fn rulebook_and_replacements(&self) -> Result<(Arc<InForce>, Replacements), RecordsError> {
        let replacements = self.replacements().await?;
        Ok((self.load(replacements.manifest()).await?, replacements))
    }

    /// What counts for an application: from its authorisation on, what counted then.
    pub async fn rulebook_of(&self, application: &Application) -> Result<Arc<InForce>, RecordsError> {
        match &application.plan {
            Some(plan) => self.pinned_rulebook(&plan.rulebook).await,
            None => self.rulebook().await,
        }
    }

    /// The rulebook whose manifest has that digest.
    pub async fn pinned_rulebook(&self, digest: &str) -> Result<Arc<InForce>, RecordsError> {
        if let Some(known) = self.rulebooks.lock().await.known(digest) {
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
    pub async fn store_rulebook(&self, in_force: &InForce) -> Result<(), RecordsError> {
        if self.rulebooks.lock().await.stored.contains(&in_force.digest) {
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
        self.rulebooks.lock().await.stored.insert(in_force.digest.clone());
        Ok(())
    }

    async fn store_config(&self, key: &ObjectKey, text: &str) -> Result<(), RecordsError> {
        match self.current_version(&key.to_string()).await? {
            Some(_) => Ok(()),
            None => self.write_once(key, TEXT, text.as_bytes().to_vec(), None).await.map(|_| ()),
        }
    }

    /// Puts `text` in the place of a part, or withdraws what was put there, if the whole set is sound then. It counts only
    /// if nobody changed the set meanwhile.
    ///
    /// # Errors
    /// [`RecordsError::NotFound`]: there is nothing to withdraw. [`RecordsError::Conflict`]: somebody else was first.
    pub async fn replace(&self, part: &Part, text: Option<&str>, actor: &Actor) -> Result<Replacements, ReplaceError> {
        let seen = self.replacements().await?;
        let name = part.to_string();
        if text.is_none() && !seen.parts.iter().any(|replacement| replacement.part.part == name) {
            return Err(RecordsError::NotFound.into());
        }
        let shipped = || Rulebook::shipped_texts().remove(part);
        let counts = text.map(Arc::from).or_else(shipped);
        self.load(seen.manifest()).await?.with(part, counts.as_deref()).map_err(ReplaceError::Unsound)?;
        let at = self.clock.now();
        let mut parts: BTreeMap<String, PartReplacement> =
            seen.parts.iter().map(|replacement| (replacement.part.part.clone(), replacement.clone())).collect();
        let sha256 = text.map(|text| digest(text.as_bytes()));
        match text.map(|text| RulebookPart::new(part, text)) {
            None => drop(parts.remove(&name)),
            Some(placed) => {
                // The object first: without it the table would name a text that nobody can read.
                self.store_config(&ObjectKey::Config(placed.clone()), text.unwrap_or_default()).await?;
                parts.insert(name.clone(), PartReplacement { part: placed, at, actor: actor.subject.clone() });
            }
        }
        let next = Replacements { version: seen.version + 1, parts: parts.into_values().collect() };
        let record = ReplacementRecord { version: next.version, part: name, sha256, at, actor: actor.subject.clone() };
        self.enter_replacements(&seen, &next, &record).await?;
        Ok(next)
    }

    async fn enter_replacements(&self, seen: &Replacements, next: &Replacements, record: &ReplacementRecord) -> Result<(), RecordsError> {
        let history = item(&ItemKey::new("RULEBOOK", format!("HISTORY#{:08}", next.version)), record, &[])?;
        let set = match seen.version {
            0 => self.transact_put_new(item(&set_key(), next, &[])?)?,
            version => self.transact_update(
                &set_key(),
                Change {
                    expression: "SET version = :next, parts = :parts".to_owned(),
                    condition: "version = :seen".to_owned(),
                    values: [
                        (":next".to_owned(), number(next.version)),
                        (":seen".to_owned(), number(version)),
                        (":parts".to_owned(), serde_dynamo::to_attribute_value(&next.parts)?),
                    ]
                    .into(),
                    ..Change::default()
                },
            )?,
        };
        match self.transact(vec![set, self.transact_put_new(history)?]).await {
            Ok(()) => Ok(()),
            Err(Cancelled::Condition(_) | Cancelled::Contention) => Err(RecordsError::Conflict),
            Err(Cancelled::Other(error)) => Err(error),
        }
    }

    /// A text of `config/`, which must be the one that its digest names.
    async fn config_text(&self, key: &ObjectKey, sha256: &str) -> Result<String, RecordsError> {
        let bytes = self.read(&key.to_string(), None).await?;
        if digest(&bytes) != sha256 {
            return Err(RecordsError::corrupt(format!("{key} is not what its digest says")));
        }
        String::from_utf8(bytes).map_err(RecordsError::corrupt)
    }

    async fn load(&self, manifest: Manifest) -> Result<Arc<InForce>, RecordsError> {
        let digest = manifest.digest();
        if let Some(known) = self.rulebooks.lock().await.known(&digest) {
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
            self.rulebooks.lock().await.keep(in_force.clone());
        }
        Ok(in_force)
    }

    /// A text that did not ship with this build; none where it is gone, or is not what its digest says.
    async fn placed_text(&self, named: &RulebookPart) -> Result<Option<Arc<str>>, RecordsError> {
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
