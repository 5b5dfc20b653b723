//! The rulebook: which notices and catalogues count, and replacing one of them.

use lambda_http::http::StatusCode;
use lambda_http::tracing;
use records::rulebook::{InForce, PlaceError};
use rules::access::{Action, Actor};
use rules::finding::{Finding, FindingCode, Place};
use rules::rulebook::{Part, RulebookError};
use serde_json::{Value, json};

use crate::api::Api;
use crate::reply::{Answer, Refusal, json_reply};

impl Api {
    /// What counts now; anybody who is somebody may know.
    pub(crate) async fn rulebook(&self) -> Answer {
        json_reply(StatusCode::OK, &overview(&*self.cloud.rulebook().await?))
    }

    /// Puts a text in the place of a part; an unsound one is refused and the old one stays.
    pub(crate) async fn place(&self, actor: &Actor, name: &str, text: &str) -> Answer {
        let rulebook = self.cloud.rulebook().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let part = Part::parse(name).ok_or(Refusal::NotFound)?;
        let placed = self.cloud.place(&part, text, actor).await.map_err(|error| match error {
            PlaceError::Unsound(problem) => Refusal::Findings(findings(name, &problem)),
            PlaceError::Records(error) => error.into(),
        })?;
        tracing::info!(part = name, sha256 = placed.sha256, "replaced");
        json_reply(StatusCode::OK, &overview(&*self.cloud.rulebook().await?))
    }
}

fn overview(rulebook: &InForce) -> Value {
    let notices = rulebook.notices.all().iter().map(|notice| {
        let head = &notice.notice;
        json!({ "number": head.number, "title": head.title, "effective_from": head.effective_from.to_string(), "jurisdictions": head.jurisdictions })
    });
    json!({
        "notices": notices.collect::<Vec<_>>(),
        "catalogues": rulebook.catalogues.editions(),
        "replaced": rulebook.placed,
    })
}

fn findings(name: &str, error: &RulebookError) -> Vec<Finding> {
    let finding = |message: String| Finding::new(FindingCode::RulebookUnsound, Place::file(name), message);
    match error {
        RulebookError::Catalogue(unsound) => unsound.problems.iter().map(|problem| finding(problem.to_string())).collect(),
        RulebookError::Notice(unsound) => vec![finding(unsound.to_string())],
    }
}
