//! A request to its route, with the actor from the token's claims.

use std::sync::Arc;
use std::time::Instant;

use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use operations::{Operations, Refusal};
use records::store::idempotency::KeyedRequest;
use rules::values::party::Actor;

use crate::reply::{Answer, refused};
use crate::route::Route;

/// Which claims carry role and organisation; every issuer names them its own way.
#[derive(Debug)]
pub(crate) struct ClaimNames {
    role: String,
    organisation: String,
}

impl ClaimNames {
    pub(crate) fn from_env() -> Self {
        let name = |variable: &str, default: &str| std::env::var(variable).unwrap_or_else(|_| default.to_owned());
        Self { role: name("ROLE_CLAIM", "role"), organisation: name("ORGANISATION_CLAIM", "organisation") }
    }
}

/// What answering needs, made once per cold start.
pub(crate) struct Api {
    pub(crate) operations: Operations,
    pub(crate) claims: Arc<ClaimNames>,
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
        let actor = self.actor(request)?;
        let path = request.raw_http_path().trim_matches('/').to_owned();
        let path: Vec<&str> = path.split('/').collect();
        let found = self.routes.iter().find_map(|route| Some((route, route.parts(request.method(), &path)?)));
        let (route, parts) = found.ok_or(Refusal::NotFound)?;
        match route.once {
            true => self.answer_once(route, actor, &parts, request).await,
            false => route.answer(self, actor, &parts, request).await,
        }
    }

    /// The same, serving a request that is carried out once.
    pub(crate) fn serving(&self, request: Arc<KeyedRequest>) -> Self {
        Self { operations: self.operations.serving(request), claims: Arc::clone(&self.claims), routes: Arc::clone(&self.routes) }
    }

    /// Denied by default: without claims that make somebody there is nothing to see.
    fn actor(&self, request: &Request) -> Result<Actor, Refusal> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Err(Refusal::Unauthorised) };
        let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref()).ok_or(Refusal::Unauthorised)?;
        let claim = |name: &str| jwt.claims.get(name).map(String::as_str).unwrap_or_default();
        Actor::from_claims(claim("sub"), claim(&self.claims.role), claim(&self.claims.organisation)).map_err(|_| Refusal::Denied)
    }
}
