//! Telling the world: what is to be told stands on the list of pending work from the transaction that changed it until
//! EventBridge has it (docs/decisions/0013). At least once: whoever listens tells repetitions by application and number.

use aws_sdk_dynamodb::types::TransactWriteItem;
use rules::after::announcement::Announcement;

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::announcement_key;
use crate::store::item::item;
use crate::store::table::pending_from;

/// What a change of an application, or of several, writes, and what the world is told of it.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) actions: Vec<TransactWriteItem>,
    pub(crate) announcements: Vec<Announcement>,
}

impl From<Vec<TransactWriteItem>> for Changes {
    fn from(actions: Vec<TransactWriteItem>) -> Self {
        Self { actions, announcements: Vec::new() }
    }
}

impl Changes {
    pub(crate) fn push(&mut self, action: TransactWriteItem) {
        self.actions.push(action);
    }

    pub(crate) fn extend(&mut self, more: impl Into<Changes>) {
        let Changes { actions, announcements } = more.into();
        self.actions.extend(actions);
        self.announcements.extend(announcements);
    }
}

impl Cloud {
    /// `actions`, and one more that puts the announcement on the list; without a bus nothing is told.
    pub(crate) fn announcing(
        &self,
        mut actions: Vec<TransactWriteItem>,
        announcement: Option<Announcement>,
    ) -> Result<Changes, RecordsError> {
        let announcements: Vec<Announcement> = announcement.filter(|_| self.bus.is_some()).into_iter().collect();
        for told in &announcements {
            actions.push(self.transact_put_new(item(&announcement_key(told), told, &pending_from(told.at))?)?);
        }
        Ok(Changes { actions, announcements })
    }

    /// Counts and tells what was just written. What fails stays on the list: the change itself has gone through.
    pub(crate) async fn tell(&self, announcements: Vec<Announcement>) {
        announcements.iter().for_each(|announcement| self.count_announced(announcement));
        for announcement in announcements {
            if let Err(error) = self.announce(&announcement).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "not announced yet; reconcile will");
                // The others would wait as long for the same bus.
                return;
            }
        }
    }

    /// Tells the world, and takes it off the list.
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), RecordsError> {
        let Some(bus) = &self.bus else { return Err(RecordsError::corrupt("an announcement, and no bus")) };
        bus.put(announcement).await?;
        self.delete_alone(&announcement_key(announcement))?.send().await?;
        Ok(())
    }
}
