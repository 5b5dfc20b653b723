//! Judges a material as soon as it arrives in `inbox/`: findings into `reports/`, the verdict into `checked/`.
//!
//! An event is pinned to its object version; the same event again writes the same objects again. What is beyond a unit's places goes to
//! the back of the queue (docs/decisions/0021).

mod judgement;
mod material;
mod offline;
mod pdf;
mod photos;
mod stamp;
mod verdict;

pub use offline::Judge;

use std::num::NonZeroU32;
use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use certificate::Fonts;
use lambda_runtime::{LambdaEvent, service_fn};
use records::Cloud;
use records::store::places::Places;
use records::store::queue;

/// A variable that is a number from 1 on.
fn count(name: &str) -> Result<NonZeroU32, String> {
    let count = std::env::var(name).ok().and_then(|text| text.parse().ok());
    count.ok_or_else(|| format!("the environment variable {name} is not set to a number from 1 on"))
}

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    let cloud = Cloud::connect().await?.putting_back()?;
    let places = Places { own: count("VALIDATE_PER_UNIT")?, all: count("VALIDATE_AT_ONCE")? };
    let folder = std::env::var("FONT_DIR").unwrap_or_else(|_| "/opt/fonts".to_owned());
    let validator = verdict::Validator { cloud, fonts: Fonts::load(Path::new(&folder))?, places };
    let validator = &validator;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(queue::each_arrival(&validator.cloud, event.payload, |arrival| validator.handle(arrival)).await)
    }))
    .await
}
