//! Orders for the statistics of a year, and how far they are.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Cloud;
use crate::error::RecordsError;
use crate::keys::items::year_key;
use crate::keys::objects::ObjectKey;
use crate::store::item::{item, number, text};
use crate::store::table::{Change, pending_from};

/// A year that was ordered to be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountOrder {
    /// The year that is counted.
    pub year: i16,
    /// Number of the order, from 1.
    pub number: u32,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// By which account, or `schedule`.
    pub ordered_by: String,
    /// The last order that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
}

/// An order that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Number of the order: the statistics stand under it.
    pub number: u32,
    /// The moment of the change.
    pub at: Timestamp,
}

impl CountOrder {
    /// Whether it has not been carried out yet.
    pub fn is_open(&self) -> bool {
        self.counted.as_ref().is_none_or(|counted| counted.number < self.number)
    }
}

/// Content of a `counting/` object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Counting {
    /// The year.
    pub year: i16,
    /// Number of the order.
    pub number: u32,
}

/// The yearly counts.
#[derive(Debug, Clone, Copy)]
pub struct YearlyCounts<'a> {
    cloud: &'a Cloud,
}

impl Cloud {
    /// The yearly counts.
    pub fn counts(&self) -> YearlyCounts<'_> {
        YearlyCounts { cloud: self }
    }
}

impl YearlyCounts<'_> {
    /// How far a year is, if it was ever ordered.
    pub async fn get(self, year: i16) -> Result<Option<CountOrder>, RecordsError> {
        self.cloud.get(&year_key(year)).await
    }

    /// Orders a year to be counted; where that is ordered already and not done, that order is the answer.
    pub async fn order(self, year: i16, by: &str) -> Result<CountOrder, RecordsError> {
        let known = self.get(year).await?;
        let order = match known {
            Some(known) if known.is_open() => known,
            Some(known) => self.renew(known, by).await?,
            None => {
                let order = CountOrder { year, number: 1, ordered_at: self.cloud.clock.now(), ordered_by: by.to_owned(), counted: None };
                self.cloud
                    .commit(vec![self.cloud.transact_put_new(item(&year_key(year), &order, &pending_from(order.ordered_at))?)?])
                    .await?;
                order
            }
        };
        self.put_order(&order).await?;
        Ok(order)
    }

    async fn renew(self, known: CountOrder, by: &str) -> Result<CountOrder, RecordsError> {
        let order = CountOrder { number: known.number + 1, ordered_at: self.cloud.clock.now(), ordered_by: by.to_owned(), ..known };
        let mut change = Change {
            expression: "SET #number = :new, ordered_at = :at, ordered_by = :by".to_owned(),
            condition: "#number = :seen".to_owned(),
            names: HashMap::from([("#number".to_owned(), "number".to_owned())]),
            values: HashMap::from([
                (":new".to_owned(), number(order.number)),
                (":seen".to_owned(), number(order.number - 1)),
                (":by".to_owned(), text(by)),
                (":at".to_owned(), text(order.ordered_at.to_string())),
            ]),
        };
        for (name, value) in pending_from(order.ordered_at) {
            change.expression.push_str(&format!(", {name} = :{name}"));
            change.values.insert(format!(":{name}"), value);
        }
        self.cloud.commit(vec![self.cloud.transact_update(&year_key(order.year), change)?]).await?;
        Ok(order)
    }

    /// Puts the object that asks for the counting.
    pub async fn put_order(self, order: &CountOrder) -> Result<(), RecordsError> {
        self.cloud.write_json(&ObjectKey::Counting { year: order.year }, &Counting { year: order.year, number: order.number }).await
    }

    /// Notes that an order was carried out, unless it was ordered anew meanwhile.
    pub async fn counted(self, counting: &Counting) -> Result<(), RecordsError> {
        let counted = Counted { number: counting.number, at: self.cloud.clock.now() };
        let change = Change {
            expression: "SET counted = :counted REMOVE pending".to_owned(),
            condition: "#number = :number".to_owned(),
            names: HashMap::from([("#number".to_owned(), "number".to_owned())]),
            values: HashMap::from([
                (":counted".to_owned(), serde_dynamo::to_attribute_value(&counted)?),
                (":number".to_owned(), number(counting.number)),
            ]),
        };
        match self.cloud.commit(vec![self.cloud.transact_update(&year_key(counting.year), change)?]).await {
            Ok(()) | Err(RecordsError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
