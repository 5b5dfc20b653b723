//! The single PDFs of an application in one file: ordered, and fetched when it is made.

use jiff::Timestamp;
use records::after::zips::ZipOrder;
use records::application::Application;
use rules::issue::application::ApplicationId;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LOOK_LIFETIME;
use crate::refusal::Refusal;
use crate::rows::{reviewer_of, sees_all_rows, sees_rows_of};

/// How far the zip of an application's certificates is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShownZip {
    /// When it was ordered last.
    #[schemars(with = "Moment")]
    pub ordered_at: Timestamp,
    /// Whether the last order has not been carried out yet.
    pub making: bool,
    /// The last that was made.
    pub made: Option<ZipLink>,
}

/// A zip that is there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ZipLink {
    /// When it was made.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// How many certificates are in it, each as its code with `.pdf`.
    pub certificates: u32,
    /// How many have no PDF, because they could not be printed.
    pub missing: u32,
    /// Its size.
    pub bytes: u64,
    /// Whether the application has changed since: it can be ordered anew.
    pub outdated: bool,
    /// Link to it, for five minutes.
    pub link: String,
}

impl Operations {
    /// Has the PDFs of those certificates that the actor may see put into one file.
    pub async fn order_certificates_zip(&self, actor: &Actor, id: ApplicationId) -> Result<ShownZip, Refusal> {
        let (application, reviewer) = self.certificates_of(actor, &id).await?;
        let mut lots = self.cloud.allocations().of(&id).await?;
        lots.retain(|lot| reviewer.as_ref().is_none_or(|reviewer| *reviewer == lot.reviewer));
        if lots.iter().all(|lot| lot.end() == 0) {
            return Err(Refusal::Changed("还没有证书文件".to_owned()));
        }
        for lot in &lots {
            if self.cloud.volumes().is_drawing(&id, &lot.lot()).await? {
                return Err(Refusal::Changed("证书文件正在生成，请稍后再打包".to_owned()));
            }
        }
        let order = self.cloud.zips().order(&application, reviewer, &actor.subject).await?;
        self.shown_zip(&application, order).await
    }

    /// How far it is, with a link to the last that was made.
    pub async fn certificates_zip(&self, actor: &Actor, id: ApplicationId) -> Result<ShownZip, Refusal> {
        let (application, reviewer) = self.certificates_of(actor, &id).await?;
        let order = self.cloud.zips().get(&id, reviewer.as_ref()).await?.ok_or(Refusal::NotFound)?;
        self.shown_zip(&application, order).await
    }

    /// The application, and whose certificates of it the actor may see; none: all.
    async fn certificates_of(&self, actor: &Actor, id: &ApplicationId) -> Result<(Application, Option<IssuingUnit>), Refusal> {
        let application = self.visible(actor, id).await?;
        if sees_all_rows(actor, &application) {
            return Ok((application, None));
        }
        let reviewer = reviewer_of(actor);
        if sees_rows_of(actor, &application, &reviewer) { Ok((application, Some(reviewer))) } else { Err(Refusal::Denied) }
    }

    async fn shown_zip(&self, application: &Application, order: ZipOrder) -> Result<ShownZip, Refusal> {
        let made = match (order.made_as(), &order.made) {
            (Some(key), Some(made)) => Some(ZipLink {
                at: made.at,
                certificates: made.certificates,
                missing: made.missing,
                bytes: made.bytes,
                outdated: made.seen != application.version,
                link: self.cloud.link(&key, LOOK_LIFETIME).await?,
            }),
            _ => None,
        };
        Ok(ShownZip { ordered_at: order.ordered_at, making: order.is_open(), made })
    }
}
