//! Verification for anybody, without an account: whoever holds a certificate (its QR code) or knows its number and the name
//! on it is told what it shows and whether it counts (docs/decisions/0010).
//!
//! Reading is `records`' work, what may be told is decided in `rules::after::verification`.

mod asked;
mod page;
mod reply;
mod service;

use lambda_http::{Request, service_fn};
use records::Cloud;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_http::Error> {
    let service = service::VerificationService { cloud: Cloud::connect().await?, settings: service::Settings::from_env()? };
    let service = &service;
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, lambda_http::Error>(service.answer(request).await) })).await
}
