//! The rulebook: which notices and catalogues count, and replacing one of them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::SealImage;
use jiff::civil::Date;
use lambda_http::tracing;
use records::application::rulebook::PlaceError;
use records::keys::objects::Placed;
use records::store::rulebooks::InForce;
use rules::catalogue::Edition;
use rules::issue::access::Action;
use rules::rulebook::{Part, RulebookError};
use rules::values::finding::{Finding, FindingCode, Place};
use rules::values::party::Actor;
use rules::values::schema::Day;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::Api;
use crate::reply::Refusal;

/// What counts: notices, catalogues, and what the Center replaced.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Overview {
    notices: Vec<NoticeHead>,
    catalogues: Vec<Edition>,
    replaced: Vec<Placed>,
}

/// A notice.
#[derive(Serialize, JsonSchema)]
struct NoticeHead {
    number: String,
    title: String,
    #[schemars(with = "Day")]
    effective_from: Date,
    jurisdictions: Vec<String>,
}

impl Api {
    /// What counts now; anybody who is somebody may know.
    pub(crate) async fn rulebook(&self, _: &Actor) -> Result<Overview, Refusal> {
        Ok(overview(&*self.cloud.rulebook().await?))
    }

    /// Puts a text in the place of a part; an unsound one is refused and the old one stays.
    pub(crate) async fn place(&self, actor: &Actor, (kind, name): (String, String), text: String) -> Result<Overview, Refusal> {
        let name = format!("{kind}/{name}");
        let rulebook = self.cloud.rulebook().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let part = Part::parse(&name).ok_or(Refusal::NotFound)?;
        if matches!(part, Part::Seal(_)) {
            check_seal(&text).map_err(|problem| Refusal::Findings(vec![unsound(&name, problem)]))?;
        }
        let placed = self.cloud.place(&part, &text, actor).await.map_err(|error| match error {
            PlaceError::Unsound(problem) => Refusal::Findings(findings(&name, &problem)),
            PlaceError::Records(error) => error.into(),
        })?;
        tracing::info!(part = name, sha256 = placed.sha256, "replaced");
        Ok(overview(&*self.cloud.rulebook().await?))
    }
}

fn overview(rulebook: &InForce) -> Overview {
    let notices = rulebook.notices.all().iter().map(|notice| {
        let head = &notice.notice;
        NoticeHead {
            number: head.number.clone(),
            title: head.title.clone(),
            effective_from: head.effective_from,
            jurisdictions: head.jurisdictions.clone(),
        }
    });
    Overview {
        notices: notices.collect(),
        catalogues: rulebook.catalogues.editions().into_iter().cloned().collect(),
        replaced: rulebook.placed.clone(),
    }
}

/// A seal is a PNG as base64, which every printing reads anew.
fn check_seal(text: &str) -> Result<(), String> {
    let png = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|_| "印章图片应以 base64 文本上传".to_owned())?;
    SealImage::read(&png, "").map(|_| ()).map_err(|error| error.to_string())
}

fn unsound(name: &str, problem: String) -> Finding {
    Finding::new(FindingCode::RulebookUnsound, Place::file(name), problem)
}

fn findings(name: &str, error: &RulebookError) -> Vec<Finding> {
    let finding = |message: String| unsound(name, message);
    match error {
        RulebookError::Catalogue(unsound) => unsound.problems.iter().map(|problem| finding(problem.to_string())).collect(),
        RulebookError::Notice(unsound) => vec![finding(unsound.to_string())],
    }
}
