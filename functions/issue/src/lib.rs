//! Turns a decision of `decided/` into one item per winner and one `printing/` object per hundred certificates.
//!
//! First the items, each written only if it is not there, then the object that asks for their printing: after a
//! crash anywhere the same event again finishes the work.

mod photos;
mod winners;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn};
use records::Cloud;
use records::store::queue;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = &Cloud::connect().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(cloud, event.payload, |arrival| winners::issue(cloud, arrival)).await)
    }))
    .await
}
