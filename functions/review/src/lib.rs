//! The HTTP API of units and staff: applications, authorisation, qualification review, print runs.
//!
//! Every route wants a token (the gateway checks issuer, audience and expiry); rights are decided in
//! `rules::issue::access`. Reading and writing is `records`' work, deciding is `rules`'.

mod api;
mod applications;
mod archive;
mod corrections;
mod decisions;
mod explain;
mod hand_out;
mod life;
mod lists;
mod lots;
mod openapi;
mod publication;
mod register;
mod repeat;
mod reply;
mod reports;
mod route;
mod routes;
mod rows;
mod rulebook;
mod runs;
mod sheets;
mod show;
mod statistics;

use lambda_http::{Request, service_fn};
use records::Cloud;

/// Handles events until the process ends.
///
/// # Errors
/// What is missing at the start (a variable, a font, a key), or the runtime's end.
pub async fn run() -> Result<(), lambda_http::Error> {
    let api = api::Api {
        cloud: Cloud::connect().await?,
        claims: api::ClaimNames::from_env().into(),
        routes: routes::all().into(),
        fonts: Default::default(),
    };
    let api = &api;
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, lambda_http::Error>(api.answer(request).await) })).await
}
