//! Routes: method and path to a handler, with the actor from the token's claims.

use std::time::Instant;

use lambda_http::http::Method;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use records::Cloud;
use records::application::Application;
use rules::access::{Action, Actor};
use rules::application::ApplicationId;
use serde::de::DeserializeOwned;

use crate::reply::{Answer, Refusal};

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
    pub(crate) claims: ClaimNames,
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
        let parts: Vec<&str> = path.split('/').collect();
        let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
        let method = request.method();
        match parts.as_slice() {
            ["v1", "applications"] if *method == post => self.create(&actor, body(request)?).await,
            ["v1", "applications"] if *method == get => self.list(&actor, request.query_string_parameters().first("status")).await,
            ["v1", "applications", id] if *method == get => self.show(&actor, parse_id(id)?).await,
            ["v1", "applications", id, "uploads"] if *method == post => self.uploads(&actor, parse_id(id)?).await,
            ["v1", "applications", id, "reports"] if *method == get => self.reports(&actor, parse_id(id)?).await,
            ["v1", "applications", id, "summary-form"] if *method == get => {
                self.summary_form(&actor, parse_id(id)?, request.query_string_parameters().first("stamp")).await
            }
            ["v1", "applications", id, "certificates"] if *method == get => {
                let after = request.query_string_parameters().first("after").and_then(|after| after.parse().ok()).unwrap_or(0);
                self.certificates(&actor, parse_id(id)?, after).await
            }
            ["v1", "applications", id, "authorise"] if *method == post => self.authorise(&actor, parse_id(id)?, body(request)?).await,
            ["v1", "applications", id, "return"] if *method == post => self.send_back(&actor, parse_id(id)?, body(request)?).await,
            ["v1", "applications", id, "qualify"] if *method == post => self.qualify(&actor, parse_id(id)?, body(request)?).await,
            ["v1", "applications", id, "print"] if *method == post => self.print(&actor, parse_id(id)?, body(request)?).await,
            ["v1", "applications", id, "rows", row] if *method == get => {
                self.explain(&actor, parse_id(id)?, row.parse().map_err(|_| Refusal::NotFound)?).await
            }
            ["v1", "applications", id, "records", row] if *method == put => {
                let row = row.parse().map_err(|_| Refusal::NotFound)?;
                self.enter_external_number(&actor, parse_id(id)?, row, body(request)?).await
            }
            ["v1", "applications", id, "void-sheet"] if *method == post => self.jam(&actor, parse_id(id)?, body(request)?).await,
            ["v1", "applications", id, "stages", stage] if *method == post => self.reach(&actor, parse_id(id)?, stage).await,
            ["v1", "certificates", code] if *method == get => self.certificate(&actor, code).await,
            ["v1", "certificates", code, change] if *method == post => self.change_certificate(&actor, code, change, body(request)?).await,
            ["v1", "rulebook"] if *method == get => self.rulebook().await,
            ["v1", "rulebook", kind, name] if *method == put => self.place(&actor, &format!("{kind}/{name}"), text(request)?).await,
            ["v1", "bodies"] if *method == put => self.enter_body(&actor, body(request)?).await,
            ["v1", "audit"] if *method == get => self.facts(&actor, request.query_string_parameters().first("after")).await,
            ["v1", "sheets"] if *method == get => self.books(&actor).await,
            ["v1", "sheets", "ledger"] if *method == get => {
                let query = request.query_string_parameters();
                self.ledger(&actor, query.first("kind"), query.first("holder")).await
            }
            ["v1", "sheets", "destroy", "confirm"] if *method == post => self.confirm_destruction(&actor, body(request)?).await,
            ["v1", "sheets", movement] if *method == post => self.move_sheets(&actor, movement, body(request)?).await,
            _ => Err(Refusal::NotFound),
        }
    }

    /// Denied by default: without claims that make somebody there is nothing to see.
    fn actor(&self, request: &Request) -> Result<Actor, Refusal> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Err(Refusal::Unauthorised) };
        let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref()).ok_or(Refusal::Unauthorised)?;
        let claim = |name: &str| jwt.claims.get(name).map(String::as_str).unwrap_or_default();
        Actor::from_claims(claim("sub"), claim(&self.claims.role), claim(&self.claims.organisation)).map_err(|_| Refusal::Denied)
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

fn parse_id(text: &str) -> Result<ApplicationId, Refusal> {
    ApplicationId::parse(text).ok_or(Refusal::NotFound)
}

fn text(request: &Request) -> Result<&str, Refusal> {
    match request.body() {
        Body::Text(text) => Ok(text),
        Body::Binary(bytes) => std::str::from_utf8(bytes).map_err(|_| Refusal::Malformed("内容不是 UTF-8 文本".to_owned())),
        _ => Ok(""),
    }
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    let bytes: &[u8] = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => b"{}",
    };
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::Malformed(format!("请求内容无法读取：第 {} 行第 {} 列", error.line(), error.column())))
}
