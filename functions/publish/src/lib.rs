//! Makes the papers of a `publishing/` object's batch: the workbook that is uploaded, and 表5 to be signed.

mod papers;

use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use certificate::Fonts;
use lambda_runtime::{LambdaEvent, service_fn};
use records::Cloud;
use records::store::queue;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let folder = std::env::var("FONT_DIR").unwrap_or_else(|_| "/opt/fonts".to_owned());
    let printer = &papers::PublicationPrinter { cloud: Cloud::connect().await?, fonts: Fonts::load(Path::new(&folder))? };
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(&printer.cloud, event.payload, |arrival| printer.handle(arrival)).await)
    }))
    .await
}
