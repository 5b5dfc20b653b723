//! Finds work that should have moved on and has not, and puts its object again: events for speed, reconciliation
//! for certainty. Runs every few minutes.

mod stuck;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn, tracing};
use records::Cloud;
use serde::Deserialize;

/// The schedule's event. Ages of objects are judged by its time, which is the bucket's kind of time.
#[derive(Debug, Deserialize)]
struct Tick {
    time: Timestamp,
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    let cloud = &Cloud::connect().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Tick>| async move {
        let put_again = stuck::put_again(cloud, event.payload.time).await?;
        tracing::info!(put_again, "reconciled");
        cloud.log_requests();
        Ok::<_, lambda_runtime::Error>(put_again)
    }))
    .await
}
