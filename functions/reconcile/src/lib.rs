//! Finds work that should have moved on and has not, and sets it going again: events for speed, reconciliation for certainty.
//! Runs every few minutes; what waits for people costs nothing meanwhile.

mod look;
mod schedule;
mod tick;

use std::time::Instant;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::Cloud;
use records::store::message_queue::Worker;
use serde::Deserialize;

/// The schedule's event. Ages of objects are judged by its time, which is the bucket's kind of time.
#[derive(Debug, Deserialize)]
struct ScheduledEvent {
    time: Timestamp,
}

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?.setting_going(Worker::ALL)?;
    let attempts = std::env::var("ATTEMPTS").ok().and_then(|text| text.parse().ok());
    let attempts = attempts.ok_or("the environment variable ATTEMPTS is not set to a number")?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<ScheduledEvent>| async move {
        let started = Instant::now();
        let set_going = schedule::set_going(cloud, event.payload.time, attempts).await;
        cloud.log_requests(started);
        let set_going = set_going?;
        tracing::info!(set_going, "reconciled");
        Ok::<_, lambda_runtime::Error>(set_going)
    }))
    .await
}
