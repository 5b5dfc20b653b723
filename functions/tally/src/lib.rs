//! Counts a year of `counting/`: `statistics/` as JSON, workbook and page. Every night it orders the year that
//! yesterday belonged to, and looks at the books of blank sheets. Whoever counts sees every application: what nothing came of goes
//! when its time is over.

mod books;
mod gather;
mod page;
mod retention;
mod waiting;

use std::time::Instant;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{Timestamp, ToSpan};
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::store::queue;
use records::{Cloud, RecordsError};
use serde::Deserialize;

/// What it is called for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Occasion {
    /// The schedule.
    Night {
        /// When; what tells it from the other.
        #[serde(rename = "time")]
        _time: Timestamp,
    },
    /// Orders for the statistics of a year.
    Orders(SqsEvent),
}

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Occasion>| async move {
        match event.payload {
            Occasion::Night { .. } => {
                let started = Instant::now();
                let night = night(cloud).await;
                cloud.log_requests(started);
                night?;
            }
            Occasion::Orders(event) => return Ok(queue::each_arrival(cloud, event, |arrival| gather::handle(cloud, arrival)).await),
        }
        Ok::<_, lambda_runtime::Error>(SqsBatchResponse::default())
    }))
    .await
}

async fn night(cloud: &Cloud) -> Result<(), RecordsError> {
    let yesterday = cloud.clock.today().checked_sub(1.day()).map_err(|error| RecordsError::Corrupt(error.to_string()))?;
    let order = cloud.counts().order(yesterday.year(), "schedule").await?;
    tracing::info!(year = order.year, number = order.number, "ordered");
    books::measure(cloud).await
}
