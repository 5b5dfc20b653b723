//! The console: pages on which units and staff do in a browser what the API does (docs/decisions/0024).
//!
//! A page is made here, from what `operations` answers to the actor of a session; a form is read here and handed to `operations`. Nothing is
//! decided here. No token reaches the browser: it has a cookie, and the session stands in the table.

mod account;
mod actions;
mod assets;
mod context;
mod fields;
mod frame;
mod login;
mod oidc;
mod once;
mod pages;
mod problem;
mod reply;
mod requests;
mod router;
mod session;
mod settings;
mod shown;

use lambda_http::{Request, service_fn};
use operations::Operations;
use operations::accounts::Issuer;
use records::Cloud;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, the client's secret), or the runtime's end.
pub async fn run() -> Result<(), lambda_http::Error> {
    // The cryptography of its requests to the issuer. Only fails if one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cloud = Cloud::connect().await?;
    let settings = settings::Settings::from_env(&cloud).await?;
    let console = router::Console::new(Operations::new(cloud, Issuer::from_env()?), settings);
    let console = &console;
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, lambda_http::Error>(console.answer(request).await) })).await
}
