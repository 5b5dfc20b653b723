//! The statistics of a year: ordered, and fetched when they are counted. For the Center alone.

use jiff::Timestamp;
use records::after::statistics::CountOrder;
use records::keys::objects::{ObjectKey, StatisticsFormat};
use rules::issue::access::Action;
use rules::values::party::Actor;
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::links::LINK_LIFETIME;
use crate::refusal::Refusal;

/// How far the statistics of a year are.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownStatistics {
    /// The year that is counted.
    pub year: i16,
    /// Number of the latest order, from 1.
    pub order: u32,
    /// When it was ordered.
    #[schemars(with = "Moment")]
    pub ordered_at: Timestamp,
    /// By which account, or `schedule`.
    pub ordered_by: String,
    /// Whether the latest order has not been carried out yet.
    pub counting: bool,
    /// The latest that were counted.
    pub counted: Option<CountedStatistics>,
}

/// Statistics that are there.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CountedStatistics {
    /// Number of the order.
    pub order: u32,
    /// When they were counted.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// Link to the tables for programs, as `rules::after::statistics::Statistics`.
    pub json: String,
    /// Link to the workbook.
    pub workbook: String,
    /// Link to the page with charts.
    pub page: String,
}

impl Operations {
    /// Orders a year to be counted.
    pub async fn order_statistics(&self, actor: &Actor, year: i16) -> Result<ShownStatistics, Refusal> {
        let year = self.year(actor, year).await?;
        let order = self.cloud.counts().order(year, &actor.subject).await?;
        self.shown_statistics(order).await
    }

    /// How far a year is, with links to what was counted last.
    pub async fn statistics(&self, actor: &Actor, year: i16) -> Result<ShownStatistics, Refusal> {
        let year = self.year(actor, year).await?;
        let order = self.cloud.counts().get(year).await?.ok_or(Refusal::NotFound)?;
        self.shown_statistics(order).await
    }

    /// A year that there can be something to count of, for the Center of the province.
    async fn year(&self, actor: &Actor, year: i16) -> Result<i16, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let this_year = self.cloud.clock.today().year();
        if (2000..=this_year).contains(&year) { Ok(year) } else { Err(Refusal::Malformed(format!("年份应为 2000 到 {this_year}"))) }
    }

    async fn shown_statistics(&self, order: CountOrder) -> Result<ShownStatistics, Refusal> {
        let (year, counting) = (order.year, order.is_open());
        let counted = match order.counted {
            None => None,
            Some(counted) => {
                let key = |format| ObjectKey::Statistics { year, number: counted.number, format };
                Some(CountedStatistics {
                    order: counted.number,
                    at: counted.at,
                    json: self.cloud.link(&key(StatisticsFormat::Json), LINK_LIFETIME).await?,
                    workbook: self.cloud.link(&key(StatisticsFormat::Workbook), LINK_LIFETIME).await?,
                    page: self.cloud.link(&key(StatisticsFormat::Page), LINK_LIFETIME).await?,
                })
            }
        };
        let CountOrder { number, ordered_at, ordered_by, .. } = order;
        Ok(ShownStatistics { year, order: number, ordered_at, ordered_by, counting, counted })
    }
}
