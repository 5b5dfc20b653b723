//! Authorisations of contests (二、（二）: 一赛一授权): one for each, with a chain of its own, whatever applications go under it.

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::audit::AuditEntry;
use rules::issue::authorisation::{Authorisation, ContestKey};
use rules::notice::NumberPattern;
use rules::values::chain::{Chained, Head};
use rules::values::folding;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{Chain, ItemKey, KeyRange, authorisation_key, authorisation_number_key};
use crate::store::item::item;
use crate::store::item_digest::{as_stored, written};

/// An authorisation as the table holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredAuthorisation {
    /// What was authorised.
    #[serde(flatten)]
    pub authorisation: Authorisation,
    /// The end of the chain of its audit entries.
    pub trail: Head,
}

/// That a number is taken, and by which contest: it stays that contest's when the authorisation is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakenNumber {
    /// The Center that gave it.
    pub(crate) jurisdiction: String,
    /// The number.
    pub(crate) authorisation_number: String,
    /// The contest that it was given to.
    pub(crate) contest_key: ContestKey,
}

impl TakenNumber {
    pub(crate) fn key(&self) -> ItemKey {
        authorisation_number_key(&self.jurisdiction, &self.authorisation_number)
    }
}

/// What becomes of an authorisation, together with the change of an application: it was seen so, and is to be that.
#[derive(Debug)]
pub struct AuthorisationChange {
    /// As it was seen; none where there was none.
    pub seen: Option<StoredAuthorisation>,
    /// As it is to be.
    pub next: Authorisation,
}

/// Authorisations of contests.
#[derive(Debug, Clone, Copy)]
pub struct Authorisations<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// Authorisations of contests.
    pub fn authorisations(&self) -> Authorisations<'_> {
        Authorisations { cloud: self }
    }
}

impl Authorisations<'_> {
    /// The authorisation of a contest; one that was withdrawn too.
    pub async fn get(self, contest: &ContestKey) -> Result<Option<StoredAuthorisation>, RecordsError> {
        self.cloud.get(&authorisation_key(contest)).await
    }

    /// The authorisation that a Center gave that number; none where it gave it to none, or has withdrawn it.
    pub async fn numbered(self, jurisdiction: &str, number: &str) -> Result<Option<StoredAuthorisation>, RecordsError> {
        let taken: Option<TakenNumber> = self.cloud.get(&authorisation_number_key(jurisdiction, number)).await?;
        let Some(taken) = taken else { return Ok(None) };
        let found = self.get(&taken.contest_key).await?;
        Ok(found.filter(|found| {
            found.authorisation.stands() && found.authorisation.number.as_deref().map(folding::code) == Some(folding::code(number))
        }))
    }

    /// The contest that a Center has given that number to, whether the authorisation stands or was withdrawn.
    pub async fn given_to(self, jurisdiction: &str, number: &str) -> Result<Option<ContestKey>, RecordsError> {
        let taken: Option<TakenNumber> = self.cloud.get(&authorisation_number_key(jurisdiction, number)).await?;
        Ok(taken.map(|taken| taken.contest_key))
    }

    /// The next number of a pattern: the one after the last that was given, withdrawn ones included. Two that draw at once get the same,
    /// and one of them [`RecordsError::Conflict`] when it is entered.
    pub async fn next_number(self, jurisdiction: &str, pattern: &NumberPattern, year: i16) -> Result<Option<String>, RecordsError> {
        let prefix = pattern.prefix(year, jurisdiction);
        let range = KeyRange::authorisation_numbers(jurisdiction, &prefix);
        let given: Vec<TakenNumber> = self.cloud.query(&range).await?;
        let width = pattern.digits.width();
        let sequence = |taken: &TakenNumber| {
            let digits = taken.authorisation_number.strip_prefix(&prefix)?;
            (digits.len() == width).then(|| digits.parse::<u32>().ok())?
        };
        let next = given.iter().filter_map(sequence).max().unwrap_or(0) + 1;
        Ok((next <= pattern.series().last_sequence()).then(|| format!("{prefix}{next:0width$}")))
    }

    /// The entries of the chain of an authorisation, in order.
    pub async fn trail(self, contest: &ContestKey) -> Result<Vec<Chained<AuditEntry>>, RecordsError> {
        self.cloud.entries_of(&Chain::Authorisation(contest.clone())).await
    }

    /// Changes an authorisation by itself; [`RecordsError::Conflict`] where it is not as it was seen, or its number is taken.
    pub async fn enter(self, change: &AuthorisationChange, audit: AuditEntry) -> Result<(), RecordsError> {
        self.cloud.commit(self.changing(change, audit)?).await
    }

    /// For a transaction: the authorisation as it is to be, its entry, and its number where that is new.
    pub(crate) fn changing(
        self,
        AuthorisationChange { seen, next }: &AuthorisationChange,
        audit: AuditEntry,
    ) -> Result<Vec<TransactWriteItem>, RecordsError> {
        let key = authorisation_key(&next.contest_key);
        let stored = |trail| item(&key, &StoredAuthorisation { authorisation: next.clone(), trail }, &[]);
        let mut actions = Vec::new();
        let known = seen.as_ref().and_then(|seen| seen.authorisation.number.as_ref());
        if let Some(number) = next.number.as_ref().filter(|number| known != Some(number)) {
            let taken = TakenNumber {
                jurisdiction: next.jurisdiction.clone(),
                authorisation_number: number.clone(),
                contest_key: next.contest_key.clone(),
            };
            actions.push(self.cloud.transact_put_own(item(&taken.key(), &taken, &[])?, "contest_key")?);
        }
        // A digest leaves out the end of the chain that it goes into.
        let audit = audit.changing(written(&actions)?).changing([as_stored(&stored(Head::default())?)?]);
        let end = seen.as_ref().map(|seen| seen.trail.clone()).unwrap_or_default();
        let (trail, entry) = self.cloud.entered_in(&Chain::Authorisation(next.contest_key.clone()), &end, audit)?;
        actions.push(self.cloud.put_end(stored(trail)?, &end)?);
        actions.push(entry);
        Ok(actions)
    }
}
