//! What the Center keeps: filed bodies, and the facts that prove numbers and sheets.

use rules::audit::{AuditAction, AuditEntry, Fact};
use rules::issue::access::Action;
use rules::notice::IssuerRule;
use rules::numbers::body::{Body, BodyCode};
use rules::values::party::Actor;
use rules::values::text::{MAX_ORGANISATION, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::lists::no_such_page;
use crate::refusal::Refusal;

/// Where a page of facts begins.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsAsked {
    /// `next` of the page before; the first page, if none is named.
    pub after: Option<String>,
}

/// A page of facts.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// In the order in which they are stored.
    pub facts: Vec<Fact>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// The register of filed bodies.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RegisteredBodies {
    /// The bodies, by code.
    pub bodies: Vec<Body>,
}

/// A body that was entered.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnteredBody {
    /// Positions 1–13 of the codes that it issues under.
    pub code13: BodyCode,
}

impl Operations {
    /// A page of what the records say of numbers and sheets, for the Center to prove that they add up.
    pub async fn facts(&self, actor: &Actor, asked: FactsAsked) -> Result<Facts, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let page = self.cloud.certificates().facts(asked.after.as_deref()).await.map_err(no_such_page)?;
        Ok(Facts { facts: page.facts, next: page.next })
    }

    /// The filed bodies as they are entered.
    pub async fn bodies(&self, actor: &Actor) -> Result<RegisteredBodies, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        Ok(RegisteredBodies { bodies: self.cloud.bodies().all().await? })
    }

    /// A filed body, entered or changed by the Center.
    pub async fn enter_body(&self, actor: &Actor, mut body: Body) -> Result<EnteredBody, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
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
        // It stands on certificates.
        body.name = bounded("机构名称", &body.name, MAX_ORGANISATION).map_err(Refusal::Malformed)?.to_owned();
        for name in &mut body.former_names {
            *name = bounded("曾用名", name, MAX_ORGANISATION).map_err(Refusal::Malformed)?.to_owned();
        }
        if let Some(odd) = body.units.iter().find(|unit| Actor::from_claims("unit", "unit", unit).is_err()) {
            let shown: String = odd.chars().take(40).collect();
            return Err(Refusal::Malformed(format!("units“{shown}”不是申报单位的账号")));
        }
        let clause = notice.routes.iter().find(|route| route.issuer == IssuerRule::OrganiserBody).map_or("", |route| &route.clause);
        let audit = AuditEntry::new(actor, AuditAction::EnterBody, clause, self.cloud.clock.now());
        self.cloud.bodies().enter(&body, audit).await?;
        Ok(EnteredBody { code13: body.code })
    }
}
