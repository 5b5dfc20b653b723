//! Places: how much of one unit's work is done at once (docs/decisions/0021).
//!
//! A place is an item that is there while it is taken. Whoever holds it renews it; one that is not renewed is free soon, so a function that
//! is killed keeps its unit waiting for seconds, not for as long as a function may run. Whether a lease has run out is told by the item
//! itself; the table's TTL only cleans up.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, KeyRange, place_key};
use crate::random::random_id;
use crate::store::item::{item, number, text};

/// How long a place is held without being renewed.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// After how long it is renewed: three renewals may fail before it is lost.
const RENEWAL: Duration = Duration::from_secs(5);
/// By how much the clocks of two functions may differ; a lease that ends later than this allows was taken by a clock that has been set back.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

impl StoredPlace {
    /// Whether it is taken at that time.
    fn is_held(&self, now: Timestamp) -> bool {
        ((now.as_second() + 1)..=longest(now)).contains(&self.forget_after)
    }
}

/// The end of the longest lease that somebody can have taken by then.
fn longest(now: Timestamp) -> i64 {
    (now + LEASE + CLOCKS_DIFFER).as_second()
}

/// Not taken, taken by this holder, or not given back in time.
const FREE: &str = "attribute_not_exists(pk) OR holder = :holder OR forget_after <= :now OR forget_after > :longest";

/// How many places there are.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// Of one unit, at most.
    pub own: NonZeroU32,
    /// Of all units.
    pub all: NonZeroU32,
}

impl Places {
    /// The places of each unit where so many are at work: one unit more always finds one, as long as there are more places than units.
    pub fn share(self, units: u32) -> u32 {
        (self.all.get() / units.saturating_add(1)).clamp(1, self.own.get())
    }
}

/// A place that is held.
#[derive(Debug, Clone)]
pub struct Place {
    unit: String,
    number: u32,
    holder: String,
}

impl Place {
    /// The place with that number of a unit, for a holder of its own; whether it is free shows when it is held.
    pub fn at(unit: &str, number: u32) -> Self {
        Self { unit: unit.to_owned(), number, holder: random_id().to_string() }
    }

    fn key(&self) -> ItemKey {
        place_key(&self.unit, self.number)
    }
}

/// The item.
#[derive(Debug, Serialize, Deserialize)]
struct StoredPlace {
    /// The unit whose work is done at it.
    unit: String,
    /// Which of its places, from 0.
    number: u32,
    /// Whose it is, by a name that nobody else has: the SDK's retry after a lost answer finds its own.
    holder: String,
    /// When the lease ends, in seconds since 1970.
    forget_after: i64,
}

impl Cloud {
    /// Does `work` at one of the `places` that a unit has, and gives the place back, whatever came of it. None where all that it may have
    /// are taken: then nothing was done.
    pub async fn at_a_place<T>(&self, unit: &str, places: Places, work: impl Future<Output = T>) -> Result<Option<T>, RecordsError> {
        let Some(place) = self.take_place(unit, places).await? else { return Ok(None) };
        let (done, is_done) = oneshot::channel();
        // A task of its own: the work may keep its thread busy for long.
        let renewed = tokio::spawn(renew(self.clone(), place.clone(), is_done));
        let outcome = work.await;
        drop(done);
        // A renewal that is under way would take the place anew after it was given back.
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "renewing a place broke off");
        }
        self.give_back(&place).await;
        Ok(Some(outcome))
    }

    /// Takes one of a unit's places, none if it has its share of them. How many that is goes by how many units are at work, which one look
    /// tells; whoever took more when they were fewer keeps what it has, and takes none anew. Those that look free are tried one after the
    /// other from one by chance: a conditional write each, so a unit that has free ones pays one as a rule.
    pub async fn take_place(&self, unit: &str, places: Places) -> Result<Option<Place>, RecordsError> {
        let now = self.clock.now();
        let mut held: Vec<StoredPlace> = self.query(&KeyRange::places()).await?;
        held.retain(|place| place.is_held(now));
        let units: BTreeSet<&str> = held.iter().map(|place| place.unit.as_str()).chain([unit]).collect();
        let own: Vec<u32> = held.iter().filter(|place| place.unit == unit).map(|place| place.number).collect();
        let share = places.share(u32::try_from(units.len()).unwrap_or(u32::MAX));
        let (holder, first) = (random_id().to_string(), rand::random_range(0..share));
        let numbers = (0..share).map(|number| (first + number) % share).filter(|number| !own.contains(number));
        for number in numbers.take((share as usize).saturating_sub(own.len())) {
            let place = Place { holder: holder.clone(), ..Place::at(unit, number) };
            if self.hold(&place).await? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Takes a place or renews it; whether it is this holder's now.
    pub async fn hold(&self, place: &Place) -> Result<bool, RecordsError> {
        let now = self.clock.now();
        let Place { unit, number: which, holder } = place.clone();
        let stored = StoredPlace { unit, number: which, holder, forget_after: (now + LEASE).as_second() };
        let values = [(":holder", text(&place.holder)), (":now", number(now.as_second())), (":longest", number(longest(now)))];
        let values = HashMap::from(values.map(|(name, value)| (name.to_owned(), value)));
        let put = self.put_alone(item(&place.key(), &stored, &[])?)?.condition_expression(FREE);
        match put.set_expression_attribute_values(Some(values)).send().await.map_err(RecordsError::from) {
            Ok(_) => Ok(true),
            Err(RecordsError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives a place back, unless it has become another's. Where that fails, the lease runs out by itself.
    pub async fn give_back(&self, place: &Place) {
        match self.let_go(place).await {
            Ok(()) | Err(RecordsError::Conflict) => {}
            Err(error) => tracing::warn!(%error, "a place could not be given back; its lease runs out"),
        }
    }

    async fn let_go(&self, place: &Place) -> Result<(), RecordsError> {
        let delete = self.delete_alone(&place.key())?.condition_expression("holder = :holder");
        delete.expression_attribute_values(":holder", text(&place.holder)).send().await?;
        Ok(())
    }
}

/// Renews a place until its work is done, or is there no more.
async fn renew(cloud: Cloud, place: Place, mut is_done: oneshot::Receiver<()>) {
    while tokio::time::timeout(RENEWAL, &mut is_done).await.is_err() {
        match cloud.hold(&place).await {
            Ok(true) => {}
            // The work goes on: one material more at once harms less than one that is not judged.
            Ok(false) => tracing::warn!("a place was lost to another"),
            Err(error) => tracing::warn!(%error, "a place could not be renewed"),
        }
    }
}
