//! Makes the archive volumes that `archiving/` objects ask for: files first, then the manifest, then the seal in the table; and the
//! zips of certificates that `zipping/` objects ask for.

mod certificates_zip;
mod volume;
mod volume_writer;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{LambdaEvent, service_fn};
use records::Cloud;
use records::store::queue;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = Cloud::connect().await?;
    let signing_key = cloud.secret(&std::env::var("SIGNING_KEY")?).await?.parse()?;
    let lock_mode = std::env::var("ARCHIVE_LOCK")?.parse()?;
    let archive = &volume::Archive { cloud, signing_key, lock_mode };
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(
            queue::each_arrival(&archive.cloud, event.payload, async |arrival| match arrival.key.starts_with("zipping/") {
                true => certificates_zip::handle(&archive.cloud, arrival).await,
                false => archive.handle(arrival).await,
            })
            .await,
        )
    }))
    .await
}
