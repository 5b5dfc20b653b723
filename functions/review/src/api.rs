//! A request to its route, with whoever the token's account is.

use std::sync::Arc;
use std::time::Instant;

use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use operations::accounts::Caller;
use operations::{Operations, Refusal};
use records::store::idempotency::KeyedRequest;
use serde_json::Value;

use crate::reply::{Answer, refused};
use crate::route::Route;

/// What answering needs, made once per cold start.
pub(crate) struct Api {
    pub(crate) operations: Operations,
    pub(crate) routes: Arc<[Route<Self>]>,
}

impl Api {
    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        let started = Instant::now();
        let answer = self.route(&request).await.unwrap_or_else(refused);
        self.operations.cloud.log_answer(started, answer.status().as_u16());
        answer
    }

    async fn route(&self, request: &Request) -> Answer {
        let caller = self.caller(request).await?;
        let path = request.raw_http_path().trim_matches('/').to_owned();
        let path: Vec<&str> = path.split('/').collect();
        let found = self.routes.iter().find_map(|route| Some((route, route.parts(request.method(), &path)?)));
        let (route, parts) = found.ok_or(Refusal::NotFound)?;
        match route.once {
            true => self.answer_once(route, &caller, &parts, request).await,
            false => route.answer(self, &caller, &parts, request).await,
        }
    }

    /// The same, serving a request that is carried out once.
    pub(crate) fn serving(&self, request: Arc<KeyedRequest>) -> Self {
        Self { operations: self.operations.serving(request), routes: Arc::clone(&self.routes) }
    }

    /// Who has shown the token that the gateway has checked.
    async fn caller(&self, request: &Request) -> Result<Caller, Refusal> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Err(Refusal::Unauthorised) };
        let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref()).ok_or(Refusal::Unauthorised)?;
        let token = jwt.claims.iter().map(|(name, claim)| (name.clone(), Value::from(claim.as_str()))).collect();
        self.operations.caller(&self.operations.claims(&Value::Object(token))).await
    }
}
