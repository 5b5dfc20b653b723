//! Finds work that should have moved on and has not, and puts its object again: events for speed, reconciliation
//! for certainty. Runs every few minutes.

mod stuck;

use std::time::Instant;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::Cloud;
use serde::Deserialize;

/// The schedule's event. Ages of objects are judged by its time, which is the bucket's kind of time.
#[derive(Debug, Deserialize)]
struct Tick {
    time: Timestamp,
}

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Tick>| async move {
        let started = Instant::now();
        let put_again = stuck::put_again(cloud, event.payload.time).await;
        cloud.log_requests(started);
        let put_again = put_again?;
        tracing::info!(put_again, "reconciled");
        Ok::<_, lambda_runtime::Error>(put_again)
    }))
    .await
}
