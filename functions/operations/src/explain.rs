//! Why a row got what it got: the chain of rules, each with clause, input and outcome.

use std::sync::Arc;

use records::application::Application;
use records::issue::approved::approve;
use records::keys::objects::ObjectKey;
use records::store::rulebooks::InForce;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, Plan, PlannedRow, Review, Step};
use rules::notice::Notice;
use rules::rulebook::RulebookPart;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::sees_rows_of;

/// Why a row got what it got.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Row of the roster.
    pub row: u32,
    /// The notice the award goes by.
    pub notice: String,
    /// Name of the issuing body (颁证主体).
    pub issuing_body: String,
    /// Who seals on behalf of it (代章).
    pub sealed_by: Option<String>,
    /// The chain, in the order in which it was gone through.
    pub steps: Vec<Step>,
    /// Every text it rests on, by its digest.
    pub rulebook: Vec<RulebookPart>,
    /// Whether it is what an authorisation would come to now: nothing is decided yet.
    #[serde(default)]
    pub preview: bool,
}

/// What each row gets, as far as the account may see the rows.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownPlan {
    /// Whether it is what an authorisation would come to now: nothing is decided yet.
    pub preview: bool,
    /// The rows, in roster order.
    pub rows: Vec<ShownPlannedRow>,
    /// Gaps of the notice (G1–G30) that it rests on, 待确认.
    pub unconfirmed: Vec<String>,
}

/// What one row gets.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownPlannedRow {
    /// Row of the roster.
    pub row: u32,
    /// Name of the type in Chinese.
    pub certificate_type: String,
    /// Name of the issuing body (颁证主体).
    pub issuing_body: String,
    /// Who seals on behalf of it (代章).
    pub sealed_by: Option<String>,
    /// Who reviews the row.
    pub reviewer: IssuingUnit,
    /// Positions 1–16 of its code; none where it has no code.
    pub prefix: Option<String>,
}

/// A plan, under the rules that it was made by.
pub(crate) struct PlanInView {
    pub(crate) plan: Arc<Plan>,
    pub(crate) rulebook: Arc<InForce>,
    pub(crate) preview: bool,
}

impl Operations {
    /// Why a row got what it got; before the authorisation, why it would get what it would.
    pub async fn explain(&self, actor: &Actor, (id, row): (ApplicationId, u32)) -> Result<Explanation, Refusal> {
        let application = self.visible(actor, &id).await?;
        let PlanInView { plan, rulebook, preview } = self.plan_in_view(&application).await?;
        let decided = plan.rows.iter().find(|decided| decided.row == row).ok_or(Refusal::NotFound)?;
        if !sees_rows_of(actor, &application, &decided.reviewer) {
            return Err(Refusal::NotFound);
        }
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let mut steps = plan.ground(decided).to_vec();
        steps.extend(self.review_steps(&application, &plan, decided, notice).await?);
        Ok(Explanation {
            row,
            notice: notice.notice.number.clone(),
            issuing_body: decided.issuing_body.clone(),
            sealed_by: decided.sealed_by.clone(),
            steps,
            rulebook: rulebook.manifest.parts().to_vec(),
            preview,
        })
    }

    /// What every row gets that the actor may see; before the authorisation, what it would get.
    pub async fn planned_rows(&self, actor: &Actor, id: ApplicationId) -> Result<ShownPlan, Refusal> {
        let application = self.visible(actor, &id).await?;
        let PlanInView { plan, rulebook, preview } = self.plan_in_view(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let visible = plan.rows.iter().filter(|row| sees_rows_of(actor, &application, &row.reviewer));
        let shown = |row: &PlannedRow| ShownPlannedRow {
            row: row.row,
            certificate_type: notice.type_rule(row.certificate_type).map_or_else(String::new, |rule| rule.name.clone()),
            issuing_body: row.issuing_body.clone(),
            sealed_by: row.sealed_by.clone(),
            reviewer: row.reviewer.clone(),
            prefix: row.prefix.as_ref().map(ToString::to_string),
        };
        Ok(ShownPlan { preview, rows: visible.map(shown).collect(), unconfirmed: plan.unconfirmed.clone() })
    }

    /// The plan that was authorised; before that, the one that the roster would be given now. Nothing is written.
    pub(crate) async fn plan_in_view(&self, application: &Application) -> Result<PlanInView, Refusal> {
        if let Some(planned) = &application.plan {
            let key = ObjectKey::Plan { application: application.id.clone(), digest: planned.digest.clone() };
            let (plan, rulebook) = (self.cloud.read_kept(&key).await?, self.cloud.rulebooks().of(application).await?);
            return Ok(PlanInView { plan, rulebook, preview: false });
        }
        let verdicts = self.cloud.applications().verdicts(application).await?;
        let roster = verdicts.iter().find(|verdict| verdict.material == Material::Roster && verdict.clean);
        let roster = roster.ok_or_else(|| Refusal::Changed("选手信息导入模板表尚未通过检查，还没有逐行的方案".to_owned()))?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let plan = self.plan(application, &rulebook, &roster.judgement()).await?;
        Ok(PlanInView { plan: Arc::new(plan), rulebook, preview: true })
    }

    /// What the qualification review added: refused with a reason, approved, and the number taken.
    async fn review_steps(
        &self,
        application: &Application,
        plan: &Plan,
        decided: &PlannedRow,
        notice: &Notice,
    ) -> Result<Vec<Step>, Refusal> {
        let id = &application.id;
        let Some(allocation) = self.cloud.allocations().get(id, &decided.lot()).await? else { return Ok(Vec::new()) };
        let review: Review =
            self.cloud.read_json(&ObjectKey::Review { application: id.clone(), digest: allocation.review.clone() }).await?;
        let question = "资格审核是否通过".to_owned();
        let clause = notice.procedure.qualification.clone();
        let step =
            |outcome: String| Step { clause, question, input: format!("审核方 {}", decided.reviewer), outcome, unconfirmed: None };
        if let Some(refusal) = review.refused.iter().find(|refusal| refusal.row == decided.row) {
            return Ok(vec![step(format!("不通过：{}", refusal.reason))]);
        }
        let despite = review.overrides.iter().find(|one| one.row == decided.row);
        let outcome = despite.map_or_else(|| "通过".to_owned(), |one| format!("通过，理由：{}", one.reason));
        let mut steps = vec![step(outcome)];
        steps.extend(number_step(plan, &allocation, &review, decided, notice)?);
        Ok(steps)
    }
}

fn number_step(
    plan: &Plan,
    allocation: &Allocation,
    review: &Review,
    decided: &PlannedRow,
    notice: &Notice,
) -> Result<Option<Step>, Refusal> {
    let range = |prefix: &_| allocation.ranges.iter().find(|range| range.prefix == *prefix);
    let approved = approve(&plan.rows, &allocation.lot(), &review.refused, |prefix| range(prefix).map(|range| range.first))?;
    let numbered = approved.numbered.iter().find(|numbered| numbered.row.row == decided.row);
    let Some((numbered, prefix)) = numbered.zip(decided.prefix.as_ref()) else { return Ok(None) };
    let Some(series) = notice.series(decided.certificate_type) else { return Ok(None) };
    let Ok(code) = prefix.code(series, numbered.sequence) else { return Ok(None) };
    let input =
        range(prefix).map_or_else(String::new, |range| format!("前缀 {prefix}，本次从第 {} 号起取 {} 个", range.first, range.count));
    let question = "顺序码是多少".to_owned();
    Ok(Some(Step { clause: notice.code.clause.clone(), question, input, outcome: code.to_string(), unconfirmed: None }))
}
