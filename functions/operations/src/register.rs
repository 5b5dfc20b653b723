//! What is entered by hand: filed bodies, and numbers of certificates that others issue.

use rules::audit::{AuditAction, AuditEntry, Fact};
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::notice::IssuerRule;
use rules::numbers::body::{Body, BodyCode};
use rules::values::party::Actor;
use rules::values::text::{MAX_ORGANISATION, bounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::lists::no_such_page;
use crate::refusal::Refusal;
use crate::rows::sees_rows_of;

/// The longest number taken.
const MAX_NUMBER: usize = 40;

/// A number as it may stand in lists and workbooks: letters and digits of ASCII, with hyphens and slashes between them.
fn external_number(typed: &str) -> Result<&str, Refusal> {
    let number = typed.trim();
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let sound = number.len() <= MAX_NUMBER
        && number.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/'))
        && ends(number.chars().next())
        && ends(number.chars().next_back());
    if sound {
        return Ok(number);
    }
    Err(Refusal::Malformed(format!("证书编号应为 1 到 {MAX_NUMBER} 个字母、数字（半角），中间可有“-”和“/”")))
}

/// The number of a certificate that others issue.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ExternalNumber {
    /// 1 to 40 letters and digits of ASCII; hyphens and slashes may stand between them.
    pub number: String,
}

/// The number as it was entered.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnteredNumber {
    /// Row of the roster.
    pub row: u32,
    /// The number, without the spaces around it.
    pub external_number: String,
}

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

/// A body that was entered.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnteredBody {
    /// Positions 1–13 of the codes that it issues under.
    pub code13: BodyCode,
}

impl Operations {
    /// 二、（一）: the number of a qualification certificate, by the organiser that had it issued or by who reviews the row.
    pub async fn enter_external_number(
        &self,
        actor: &Actor,
        (id, row): (ApplicationId, u32),
        entered: ExternalNumber,
    ) -> Result<EnteredNumber, Refusal> {
        let application = self.visible(actor, &id).await?;
        let record = self.cloud.certificates().record(&id, row).await?.ok_or(Refusal::NotFound)?;
        if !sees_rows_of(actor, &application, &record.reviewer) {
            return Err(Refusal::NotFound);
        }
        actor.may(Action::EnterNumber { unit: &application.unit, reviewer: &record.reviewer })?;
        let number = external_number(&entered.number)?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let clause = notice.routes.iter().find(|route| route.issuer == IssuerRule::Organiser).map_or("", |route| &route.clause);
        let audit = AuditEntry::new(actor, AuditAction::ExternalNumber, clause, self.cloud.clock.now());
        self.cloud.certificates().enter_external_number(&application, row, number, audit).await?;
        Ok(EnteredNumber { row, external_number: number.to_owned() })
    }

    /// A page of what the records say of numbers and sheets, for the Center to prove that they add up.
    pub async fn facts(&self, actor: &Actor, asked: FactsAsked) -> Result<Facts, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        actor.may(Action::Administer { seat: &rulebook.notices.general().notice.seat })?;
        let page = self.cloud.certificates().facts(asked.after.as_deref()).await.map_err(no_such_page)?;
        Ok(Facts { facts: page.facts, next: page.next })
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
