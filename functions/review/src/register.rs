//! What is entered by hand: filed bodies, and numbers of certificates that others issue.

use rules::audit::{AuditAction, AuditEntry, Fact};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::notice::IssuerRule;
use rules::numbers::body::{Body, BodyCode};
use rules::values::party::Actor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::decisions::reviewer_of;
use crate::reply::Refusal;
use crate::route::{JsonBody, QueryParameters};

/// The longest number taken.
const MAX_NUMBER: usize = 40;

/// The number of a certificate that others issue.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ExternalNumber {
    /// 1 to 40 characters.
    number: String,
}

impl JsonBody for ExternalNumber {}

/// The number as it was entered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Numbered {
    row: u32,
    external_number: String,
}

/// Where a page of facts begins.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct After {
    /// `next` of the page before; the first page, if none is named.
    after: Option<String>,
}

impl QueryParameters for After {}

/// A page of facts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Facts {
    facts: Vec<Fact>,
    /// Where the next page begins; none at the end.
    next: Option<String>,
}

impl JsonBody for Body {}

/// A body that was entered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Entered {
    code13: BodyCode,
}

impl Api {
    /// 二、（一）: the number of a qualification certificate, by the organiser that had it issued or by who reviews the row.
    pub(crate) async fn enter_external_number(
        &self,
        actor: &Actor,
        (id, row): (ApplicationId, u32),
        entered: ExternalNumber,
    ) -> Result<Numbered, Refusal> {
        let application = self.visible(actor, &id).await?;
        let planned = application.plan.as_ref().ok_or(Refusal::NotFound)?;
        let reviewer = reviewer_of(actor);
        let as_reviewer = planned.reviewers.contains(&reviewer) && actor.may(Action::Qualify { reviewer: &reviewer }).is_ok();
        if !as_reviewer {
            actor.may(Action::Upload { unit: &application.unit })?;
        }
        let number = entered.number.trim();
        if number.is_empty() || number.chars().count() > MAX_NUMBER {
            return Err(Refusal::Malformed(format!("证书编号应为 1 到 {MAX_NUMBER} 个字符")));
        }
        let rulebook = self.cloud.rulebook_of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let clause = notice.routes.iter().find(|route| route.issuer == IssuerRule::Organiser).map_or("", |route| &route.clause);
        let audit = AuditEntry::new(actor, AuditAction::ExternalNumber, clause, self.cloud.clock.now());
        self.cloud.enter_external_number(&application, row, number, audit).await?;
        Ok(Numbered { row, external_number: number.to_owned() })
    }

    /// A page of what the records say of numbers and sheets, for the Center to prove that they add up.
    pub(crate) async fn facts(&self, actor: &Actor, after: After) -> Result<Facts, Refusal> {
        let rulebook = self.cloud.rulebook().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let page = self.cloud.facts(after.after.as_deref()).await?;
        Ok(Facts { facts: page.facts, next: page.next })
    }

    pub(crate) async fn enter_body(&self, actor: &Actor, body: Body) -> Result<Entered, Refusal> {
        let rulebook = self.cloud.rulebook().await?;
        let notice = rulebook.notices.general();
        actor.may(Action::Administer { seat: &notice.notice.seat })?;
        let grammar = &notice.code;
        BodyCode::parse(grammar, body.code.as_str()).map_err(|error| Refusal::Malformed(error.to_string()))?;
        if body.code.is_human_resources(grammar) {
            return Err(Refusal::Malformed(format!("评价机构不能用人社系统的特殊值 {}", grammar.hrss_special)));
        }
        if body.scope.iter().flat_map(|scope| &scope.levels).any(|level| notice.level_by_digit(*level).is_none()) {
            let digits = || notice.levels.iter().map(|level| level.digit);
            let (first, last) = (digits().min().unwrap_or_default(), digits().max().unwrap_or_default());
            return Err(Refusal::Malformed(format!("备案等级应为 {first} 到 {last}")));
        }
        let clause = notice.routes.iter().find(|route| route.issuer == IssuerRule::OrganiserBody).map_or("", |route| &route.clause);
        let audit = AuditEntry::new(actor, AuditAction::EnterBody, clause, self.cloud.clock.now());
        self.cloud.enter_body(&body, audit).await?;
        Ok(Entered { code13: body.code })
    }
}
