//! From a request to a reply: who asks, whether the request is their own, which page.

use std::time::Instant;

use lambda_http::http::{HeaderMap, Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt as _, Response, tracing};
use maud::html;
use operations::accounts::Caller;
use operations::{Operations, Refusal};

use crate::context::{Context, Menu, Page};
use crate::fields::Fields;
use crate::login::Door;
use crate::oidc::Client;
use crate::problem::Problem;
use crate::reply::Replies;
use crate::session::{self, Keys, Visitor};
use crate::settings::Settings;
use crate::{account, actions, assets, frame, pages};

/// What answering needs, made once per cold start.
pub(crate) struct Console {
    operations: Operations,
    settings: Settings,
    keys: Keys,
    http: reqwest::Client,
}

/// A request, taken apart.
struct Asked<'r> {
    method: &'r Method,
    headers: &'r HeaderMap,
    /// Below `/console`, with it.
    path: &'r str,
    parts: Vec<&'r str>,
    /// Path and query, as they were asked for.
    address: String,
    query: Fields,
    body: &'r Body,
}

impl Console {
    pub(crate) fn new(operations: Operations, settings: Settings) -> Self {
        let keys = Keys::new(&settings.secret);
        Self { operations, settings, keys, http: reqwest::Client::new() }
    }

    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        let started = Instant::now();
        let path = request.raw_http_path().to_owned();
        let asked = Asked {
            method: request.method(),
            headers: request.headers(),
            path: &path,
            parts: path.trim_start_matches("/console").split('/').filter(|part| !part.is_empty()).collect(),
            address: request.uri().query().map_or_else(|| path.clone(), |query| format!("{path}?{query}")),
            query: Fields::of_query(request.uri().query().unwrap_or_default()),
            body: request.body(),
        };
        let reply = self.reply(&asked).await;
        self.operations.cloud.log_answer(started, reply.status().as_u16());
        reply
    }

    async fn reply(&self, asked: &Asked<'_>) -> Response<Body> {
        let accepted = asked.headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let replies = Replies { gzip: accepted.contains("gzip"), bucket: &self.settings.bucket };
        let client = Client { settings: &self.settings, http: &self.http };
        let door = Door { operations: &self.operations, client, keys: &self.keys, replies: &replies };
        match (asked.method, asked.parts.as_slice()) {
            _ if asked.path == "/" => replies.see("/console"),
            (&Method::GET | &Method::HEAD, ["static", name]) => match assets::named(name) {
                Some(asset) => replies.asset(asset),
                None => replies.page(StatusCode::NOT_FOUND, String::new()),
            },
            (&Method::GET, ["login"]) => door.begin(&asked.query).await,
            (&Method::GET, ["callback"]) => door.complete(asked.headers, &asked.query).await,
            _ => self.inside(asked, &door, &replies).await,
        }
    }

    /// Behind the door.
    async fn inside(&self, asked: &Asked<'_>, door: &Door<'_>, replies: &Replies<'_>) -> Response<Body> {
        let (caller, form_token) = match self.caller(asked.headers).await {
            Ok(Some(inside)) => inside,
            Ok(None) if asked.method != Method::GET => return door.ended(),
            // A link from elsewhere brings no cookie along, though there may be one: the page asks for itself again.
            Ok(None) if comes_from_elsewhere(asked.headers) => {
                return replies.page(StatusCode::OK, frame::onwards(&asked.address));
            }
            Ok(None) => {
                let next = serde_urlencoded::to_string([("next", &asked.address)]).unwrap_or_default();
                return replies.see(&format!("/console/login?{next}"));
            }
            Err(refusal) => {
                let problem = Problem::from(refusal);
                return replies.page(problem.status, frame::door(problem.title, &problem.body(None)));
            }
        };
        let (form, refused) = match self.own_form(asked, &form_token).await {
            Ok(form) => (form, None),
            Err(refusal) => (Fields::default(), Some(refusal)),
        };
        let is_own_account = asked.parts == ["account"];
        let actor = match caller.actor.clone() {
            Ok(actor) if !is_own_account => actor,
            _ if asked.method == Method::POST && refused.is_none() && asked.parts == ["logout"] => return door.leave(asked.headers).await,
            _ => return self.own_account(asked, &caller, (form_token, form, refused), replies).await,
        };
        let visitor = Visitor { actor, form_token };
        let sent = asked.method == Method::POST;
        let page = if sent { actions::page_of(&asked.parts) } else { asked.parts.clone() };
        let (path, of_page) = (format!("/console/{}", page.join("/")), Fields::of_page(&form));
        let context = Context {
            operations: &self.operations,
            settings: &self.settings,
            visitor: &visitor,
            path: &path,
            query: if sent { &of_page } else { &asked.query },
            sent: if sent { asked.path } else { "" },
            form: &form,
        };
        let outcome = match (refused, asked.method, asked.parts.as_slice()) {
            (Some(refusal), ..) => Err(refusal),
            (None, &Method::POST, ["logout"]) => return door.leave(asked.headers).await,
            (None, &Method::POST, parts) => match pages::answer(&context, parts).await {
                Some(answer) => answer,
                None => match actions::act(&context, parts).await {
                    Ok(location) => return replies.see(&location),
                    Err(refusal) => Err(refusal),
                },
            },
            (None, &Method::GET, parts) => match pages::file(&context, parts).await {
                Ok(Some(file)) => return replies.file(file),
                Ok(None) => pages::page(&context, parts).await,
                Err(refusal) => Err(refusal),
            },
            (None, ..) => Err(Refusal::NotFound),
        };
        let page = match outcome {
            Ok(page) => page,
            Err(refusal) => refused_page(&context, &page, refusal).await,
        };
        let waiting = self.operations.turn_count(context.actor()).await.unwrap_or_default();
        replies.page(page.status, frame::framed(&context, &page, waiting))
    }

    /// The account of whoever has logged in: the only page of those without a role, whatever they ask for.
    async fn own_account(
        &self,
        asked: &Asked<'_>,
        caller: &Caller,
        (form_token, form, refused): (String, Fields, Option<Refusal>),
        replies: &Replies<'_>,
    ) -> Response<Body> {
        let applied = match refused {
            Some(refusal) => Err(refusal),
            None if asked.method != Method::POST => Ok(()),
            None if asked.parts == ["account"] => account::apply(&self.operations, caller, &form).await,
            // The form of another page, by somebody who may not act any more.
            None => caller.actor().map(|_| ()),
        };
        if applied.is_ok() && asked.method == Method::POST {
            return replies.see("/console/account");
        }
        let problem = applied.err().map(Problem::from);
        let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
        match self.operations.own_account(caller).await {
            Ok(own) => replies.page(status, frame::door("我的账号", &account::page(&own, &form_token, &form, problem.as_ref()))),
            Err(refusal) => {
                let problem = Problem::from(refusal);
                replies.page(problem.status, frame::door(problem.title, &problem.body(None)))
            }
        }
    }

    /// Who has the session that the browser's cookie stands for, and what their forms carry.
    async fn caller(&self, headers: &HeaderMap) -> Result<Option<(Caller, String)>, Refusal> {
        let Some(cookie) = session::session_cookie(headers) else { return Ok(None) };
        let caller = self.operations.session_caller(&self.keys.session_name(cookie)).await?;
        Ok(caller.map(|caller| (caller, self.keys.form_token(cookie))))
    }

    /// What was sent, if a page of this session has sent it: it carries the session's token, and the browser says that it comes from here.
    async fn own_form(&self, asked: &Asked<'_>, form_token: &str) -> Result<Fields, Refusal> {
        if asked.method != Method::POST {
            return Ok(Fields::default());
        }
        let form = Fields::of_form(asked.body, value(asked.headers, "content-type").unwrap_or_default()).await?;
        let is_own = form.get("token").is_some_and(|token| session::same(token, form_token));
        if is_own && is_of_this_site(asked.headers, &self.settings.origin) {
            return Ok(form);
        }
        tracing::warn!("a form of another page was refused");
        Err(Refusal::Malformed("这张表单不是由本页提交的，没有办理；请返回刷新后重新提交".to_owned()))
    }
}

/// What is shown in the place of what was not done: of a form the page that it stands on, with what was typed, below what is wrong.
async fn refused_page(context: &Context<'_>, parts: &[&str], refusal: Refusal) -> Page {
    let problem = Problem::from(refusal);
    let beneath = if context.sent.is_empty() { None } else { pages::page(context, parts).await.ok() };
    match beneath {
        Some(page) => Page { status: problem.status, body: html! { (problem.body(None)) (page.body) }, ..page },
        None => {
            let here = pages::here(parts);
            // The way back leads out of what is refused.
            let back = if context.path.trim_end_matches('/') == here.path().trim_end_matches('/') { Menu::Desk } else { here };
            Page { status: problem.status, title: problem.title.to_owned(), here, body: problem.body(Some(back.path())) }
        }
    }
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether the browser says that a page of this site has made the request; what says nothing is refused.
fn is_of_this_site(headers: &HeaderMap, origin: &str) -> bool {
    match (value(headers, "sec-fetch-site"), value(headers, "origin")) {
        (Some(site), shown) => site == "same-origin" && shown.is_none_or(|shown| shown == origin),
        (None, Some(shown)) => shown == origin,
        (None, None) => false,
    }
}

/// Whether somebody has followed a link from elsewhere.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    matches!(value(headers, "sec-fetch-site"), Some("cross-site" | "same-site")) && value(headers, "sec-fetch-mode") == Some("navigate")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let name = |name: &'static str| header::HeaderName::from_static(name);
        pairs.iter().map(|(key, value)| (name(key), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn a_form_comes_from_this_site_or_is_refused() {
        let own = |pairs: &[(&'static str, &str)]| is_of_this_site(&headers(pairs), "https://saizheng.example");
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "https://saizheng.example")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]) && own(&[("origin", "https://saizheng.example")]));
        for other in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://saizheng.example.com")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://saizheng.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://other.example")],
        ] {
            assert!(!own(other), "{other:?}");
        }
    }
}
