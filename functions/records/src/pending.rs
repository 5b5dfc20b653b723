//! The list of pending work: a sparse index of the items whose work has not come to its end, by when it is to be looked at.
//!
//! Work that was set going often enough, or that rests on what cannot be read, is blocked: it stays in the index in a partition of its
//! own, where people see it, until somebody has it tried again.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use rules::after::announcement::Announcement;
use rules::after::hand_out::Collection;
use rules::after::publication::Batch;
use rules::issue::allocation::Allocation;
use rules::issue::application::ApplicationId;
use rules::sheets::run::Run;
use serde::Deserialize;

use crate::Cloud;
use crate::after::statistics::CountOrder;
use crate::after::volumes::Volume;
use crate::after::zips::ZipOrder;
use crate::application::deleted::DeletedApplication;
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::issue::changes::Renewal;
use crate::keys::items::ItemKey;
use crate::keys::kinds::ItemKind;
use crate::store::indexes::{ATTEMPTS, BY_PENDING};
use crate::store::item::{Attribute, Item, number, text};
use crate::store::table::{Condition, due_text, pending_at, pending_partitions};

/// An item of the list; its sort key says what it is.
#[derive(Debug, Clone)]
pub enum Pending {
    /// An application whose materials are coming in.
    Application(Box<Application>),
    /// A deleted application whose objects are to go.
    Deleted(DeletedApplication),
    /// Certificates to be issued and printed.
    Allocation(Allocation),
    /// A print run.
    Run(Run),
    /// A certificate whose own PDF is to be drawn anew.
    Renewal(Renewal),
    /// An archive volume to be made.
    Volume(Volume),
    /// A change that the world has not been told of.
    Announcement(Announcement),
    /// A batch of the publication whose workbook and 表5 are to be made.
    Publication(Box<Batch>),
    /// A collection whose list is to be drawn.
    Collection(Collection),
    /// A year that is to be counted.
    Count(CountOrder),
    /// Certificates that are to be put into one file.
    Zip(ZipOrder),
    /// Of a kind that this build does not know: a later one wrote it, before it was rolled back.
    OfLaterBuild,
}

/// Partitions of the index that are read at once.
const AT_ONCE: usize = 8;

/// The value of `pending` of work that is not tried any more.
const BLOCKED: &str = "blocked";

/// Work that has not come to its end, and what is known of it.
#[derive(Debug)]
pub struct Work {
    /// What it is; an error where the item cannot be read.
    pub what: Result<Pending, RecordsError>,
    /// When it was to be looked at.
    pub due: Timestamp,
    /// How often it was set going again.
    pub attempts: u32,
    key: ItemKey,
}

/// Work that is not tried any more, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedWork {
    /// The application that it belongs to, where it belongs to one.
    pub application: Option<ApplicationId>,
    /// What kind of work; none where this build does not know it.
    pub kind: Option<ItemKind>,
    /// Since when nobody tries it.
    pub since: Timestamp,
    key: ItemKey,
}

#[derive(Deserialize)]
struct Listed {
    due: Timestamp,
    #[serde(default)]
    attempts: u32,
}

impl Pending {
    fn read(item: Item) -> Result<Self, RecordsError> {
        let Some(kind) = ItemKey::of(&item)?.kind() else { return Ok(Self::OfLaterBuild) };
        Ok(match kind {
            ItemKind::Application => Self::Application(Box::new(serde_dynamo::from_item(item)?)),
            ItemKind::Deleted => Self::Deleted(serde_dynamo::from_item(item)?),
            ItemKind::Allocation => Self::Allocation(serde_dynamo::from_item(item)?),
            ItemKind::Run => Self::Run(serde_dynamo::from_item(item)?),
            ItemKind::Renewal => Self::Renewal(serde_dynamo::from_item(item)?),
            ItemKind::Volume => Self::Volume(serde_dynamo::from_item(item)?),
            ItemKind::Announcement => Self::Announcement(serde_dynamo::from_item(item)?),
            ItemKind::Batch => Self::Publication(Box::new(serde_dynamo::from_item(item)?)),
            ItemKind::Collection => Self::Collection(serde_dynamo::from_item(item)?),
            ItemKind::Zip => Self::Zip(serde_dynamo::from_item(item)?),
            ItemKind::Year => Self::Count(serde_dynamo::from_item(item)?),
            kind => return Err(RecordsError::corrupt(format!("no work is done on such an item: {kind:?}"))),
        })
    }
}

impl Work {
    fn read(item: Item) -> Result<Self, RecordsError> {
        let key = ItemKey::of(&item)?;
        let Listed { due, attempts } = serde_dynamo::from_item(item.clone())?;
        Ok(Self { what: Pending::read(item), due, attempts, key })
    }
}

impl Cloud {
    /// Work that has not come to its end and is to be looked at by `time`; an error in the place of each item that does not say when. What
    /// waits for its time is not read.
    pub async fn due_work(&self, time: Timestamp) -> Result<Vec<Result<Work, RecordsError>>, RecordsError> {
        let last = &due_text(time);
        let found = stream::iter(pending_partitions()).map(async |partition| self.index_items(BY_PENDING, &partition, last).await);
        let found: Vec<Vec<Item>> = found.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().map(Work::read).collect())
    }

    /// Has work looked at again at `due`, when it was set going so often; nothing where the item has moved on meanwhile.
    pub async fn look_again(&self, work: &Work, due: Timestamp, attempts: u32) -> Result<(), RecordsError> {
        self.reschedule(work, vec![(BY_PENDING.sort, text(due_text(due))), (ATTEMPTS, number(attempts))], &[]).await
    }

    /// Takes work off the list; nothing where the item has moved on meanwhile.
    pub async fn take_off(&self, work: &Work) -> Result<(), RecordsError> {
        self.reschedule(work, Vec::new(), &[BY_PENDING.partition]).await
    }

    /// Has nobody try the work any more until [`Cloud::try_again`]; nothing where the item has moved on meanwhile.
    pub async fn block(&self, work: &Work, at: Timestamp) -> Result<(), RecordsError> {
        self.reschedule(work, BY_PENDING.keys(BLOCKED, due_text(at)).to_vec(), &[]).await
    }

    async fn reschedule(&self, work: &Work, sets: Vec<Attribute>, removes: &[&str]) -> Result<(), RecordsError> {
        let seen = Condition {
            expression: "#seen = :seen AND attribute_exists(#listed)".to_owned(),
            names: HashMap::from([
                ("#seen".to_owned(), BY_PENDING.sort.to_owned()),
                ("#listed".to_owned(), BY_PENDING.partition.to_owned()),
            ]),
            values: HashMap::from([(":seen".to_owned(), text(due_text(work.due)))]),
        };
        match self.note_work(&work.key, sets, removes, seen).await {
            Err(RecordsError::Conflict) => Ok(()),
            done => done,
        }
    }

    /// All work that is not tried any more, the longest first.
    pub async fn blocked_work(&self) -> Result<Vec<BlockedWork>, RecordsError> {
        // A letter is behind every digit: all there is.
        let items = self.index_items(BY_PENDING, BLOCKED, "Z").await?;
        let read = |item: &Item| {
            let key = ItemKey::of(item)?;
            let Listed { due, .. } = serde_dynamo::from_item(item.clone())?;
            Ok(BlockedWork { application: key.application(), kind: key.kind(), since: due, key })
        };
        items.iter().map(read).collect()
    }

    /// Has work tried again that was blocked; nothing where it has come to its end meanwhile.
    pub async fn try_again(&self, work: &BlockedWork) -> Result<(), RecordsError> {
        let blocked = Condition {
            expression: "#was = :blocked".to_owned(),
            names: HashMap::from([("#was".to_owned(), BY_PENDING.partition.to_owned())]),
            values: HashMap::from([(":blocked".to_owned(), text(BLOCKED))]),
        };
        match self.note_work(&work.key, pending_at(self.clock.now()).to_vec(), &[], blocked).await {
            Err(RecordsError::Conflict) => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::text;

    #[test]
    fn what_cannot_be_read_is_an_error_of_its_own() {
        let mut broken = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000").attributes();
        broken.insert("number".to_owned(), text("not a number"));
        assert!(matches!(Pending::read(broken), Err(RecordsError::Corrupt(_))));
        let no_work = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "AUDIT#00000001").attributes();
        assert!(matches!(Pending::read(no_work), Err(RecordsError::Corrupt(_))));
    }

    #[test]
    fn what_a_later_build_wrote_is_left_to_it() {
        let later = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "TOMORROW#1").attributes();
        assert!(matches!(Pending::read(later), Ok(Pending::OfLaterBuild)));
    }
}
