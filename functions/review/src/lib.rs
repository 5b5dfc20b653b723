//! The HTTP API of units and staff: the JSON face of `operations`, and its description.
//!
//! Every route wants a token (the gateway checks issuer, audience and expiry). What is read of a request becomes an actor and
//! the types of `operations`, what these answer becomes JSON and a status; nothing is decided here.

mod api;
mod fields;
mod openapi;
mod repeat;
mod reply;
mod requests;
mod route;
mod routes;

use lambda_http::{Request, service_fn};
use operations::Operations;
use operations::accounts::Issuer;
use records::Cloud;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_http::Error> {
    let api = api::Api { operations: Operations::new(Cloud::connect().await?, Issuer::from_env()?), routes: routes::all().into() };
    let api = &api;
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, lambda_http::Error>(api.answer(request).await) })).await
}
