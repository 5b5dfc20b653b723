//! The list of pending work: a sparse index of the items whose work has not come to its end.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use rules::after::announcement::Announcement;
use rules::after::hand_out::Collection;
use rules::after::publication::Batch;
use rules::issue::allocation::Allocation;
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
use crate::store::indexes::BY_PENDING;
use crate::store::item::Item;
use crate::store::table::pending_partitions;

/// An item of the list; its sort key says what it is.
#[derive(Debug, Clone)]
pub enum Pending {
    /// An application whose materials are coming in, and since when nothing has happened to it.
    Application(Box<Application>, Timestamp),
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
}

/// Partitions of the index that are read at once.
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Since {
    since: Timestamp,
}

impl Pending {
    fn read(item: Item) -> Result<Self, RecordsError> {
        let key: ItemKey = serde_dynamo::from_item(item.clone())?;
        Ok(match key.known_kind()? {
            ItemKind::Application => {
                let Since { since } = serde_dynamo::from_item(item.clone())?;
                Self::Application(Box::new(serde_dynamo::from_item(item)?), since)
            }
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

impl Cloud {
    /// Work that has not come to its end. An item that cannot be read is an error of its own: it holds up no other.
    pub async fn pending(&self) -> Result<Vec<Result<Pending, RecordsError>>, RecordsError> {
        let partitions = stream::iter(pending_partitions());
        let found = partitions.map(async |partition| self.index_items(BY_PENDING, &partition).await);
        let found: Vec<Vec<Item>> = found.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().map(Pending::read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::text;

    #[test]
    fn what_cannot_be_read_is_an_error_of_its_own() {
        let unknown: Item = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "TOMORROW#1").attributes();
        let mut broken = ItemKey::read("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000").attributes();
        broken.insert("number".to_owned(), text("not a number"));
        for item in [unknown, broken] {
            assert!(matches!(Pending::read(item), Err(RecordsError::Corrupt(_))));
        }
    }
}
