//! The HTTP API of units and staff: applications, authorisation, qualification review, print runs.
//!
//! Every route wants a token (the gateway checks issuer, audience and expiry); rights are decided in
//! `rules::access`. Reading and writing is `records`' work, deciding is `rules`'.

mod api;
mod applications;
mod archive;
mod decisions;
mod explain;
mod hand_out;
mod life;
mod lots;
mod openapi;
mod publication;
mod register;
mod reply;
mod route;
mod routes;
mod rulebook;
mod runs;
mod sheets;
mod show;
mod statistics;

use lambda_http::{Request, run, service_fn, tracing};
use records::Cloud;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    tracing::init_default_subscriber();
    let api = api::Api { cloud: Cloud::connect().await?, claims: api::ClaimNames::from_env(), routes: routes::all() };
    let api = &api;
    run(service_fn(|request: Request| async move { Ok::<_, lambda_http::Error>(api.answer(request).await) })).await
}
