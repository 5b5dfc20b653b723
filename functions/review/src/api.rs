//! A request to its route, with the actor from the token's claims.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use certificate::Fonts;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use records::application::Application;
use records::store::idempotency::KeyedRequest;
use records::{Cloud, RecordsError};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::values::party::Actor;

use crate::reply::{Answer, Refusal};
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
    pub(crate) cloud: Cloud,
    pub(crate) claims: Arc<ClaimNames>,
    pub(crate) routes: Arc<[Route]>,
    /// Read when the first certificate is set.
    pub(crate) fonts: Arc<OnceLock<Fonts>>,
}

impl Api {
    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        let started = Instant::now();
        let answer = self.route(&request).await.unwrap_or_else(Refusal::reply);
        self.cloud.log_requests(started);
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
        Self {
            cloud: self.cloud.serving(request),
            claims: Arc::clone(&self.claims),
            routes: Arc::clone(&self.routes),
            fonts: Arc::clone(&self.fonts),
        }
    }

    /// Denied by default: without claims that make somebody there is nothing to see.
    fn actor(&self, request: &Request) -> Result<Actor, Refusal> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Err(Refusal::Unauthorised) };
        let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref()).ok_or(Refusal::Unauthorised)?;
        let claim = |name: &str| jwt.claims.get(name).map(String::as_str).unwrap_or_default();
        Actor::from_claims(claim("sub"), claim(&self.claims.role), claim(&self.claims.organisation)).map_err(|_| Refusal::Denied)
    }

    /// The fonts that certificates are printed with.
    pub(crate) fn fonts(&self) -> Result<&Fonts, Refusal> {
        if let Some(fonts) = self.fonts.get() {
            return Ok(fonts);
        }
        let folder = std::env::var("FONT_DIR").unwrap_or_else(|_| "/opt/fonts".to_owned());
        let fonts = Fonts::load(Path::new(&folder)).map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))?;
        Ok(self.fonts.get_or_init(|| fonts))
    }

    /// An application that the actor may see; one that is not theirs does not exist for them.
    pub(crate) async fn visible(&self, actor: &Actor, id: &ApplicationId) -> Result<Application, Refusal> {
        let application = self.cloud.application(id).await?;
        let reviewers = application.plan.as_ref().map_or(&[][..], |plan| &plan.reviewers);
        let see = Action::See { unit: &application.unit, jurisdiction: &application.contest.jurisdiction, reviewers };
        actor.may(see).map_err(|_| Refusal::NotFound)?;
        Ok(application)
    }
}
