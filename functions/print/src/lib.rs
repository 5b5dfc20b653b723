//! Prints the certificates of a `printing/` object: single PDFs for archive and unit, merged ones in sheet order; and the
//! lists that lots are handed over with.

mod hand_out;
mod press;

use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use certificate::{Fonts, Signer};
use lambda_runtime::{LambdaEvent, service_fn};
use records::Cloud;
use records::store::queue;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let folder = std::env::var("FONT_DIR").unwrap_or_else(|_| "/opt/fonts".to_owned());
    let cloud = Cloud::connect().await?;
    let signing_key: rules::values::attestation::SigningKey = cloud.secret(&std::env::var("SIGNING_KEY")?).await?.parse()?;
    // Whoever verifies needs the public half alone.
    cloud.verification().make_key_known(&signing_key.public()).await?;
    let signer = match std::env::var("COPY_SIGNER").unwrap_or_default().as_str() {
        "" => None,
        name => Some(Signer::from_pem(&cloud.secret(name).await?)?),
    };
    let press = press::PrintShop {
        cloud,
        fonts: Fonts::load(Path::new(&folder))?,
        verify_base: std::env::var("VERIFY_URL")?,
        signing_key,
        signer,
        plates: std::sync::Mutex::default(),
    };
    let press = &press;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(&press.cloud, event.payload, |arrival| press.handle(arrival)).await)
    }))
    .await
}
