//! The contest's record put right before the authorisation: by its unit while it is in the unit's hands, or by the Center with a reason.
//! Everything is judged anew.

use records::application::Application;
use records::application::applications::ContestCorrection;
use rules::audit::{AuditAction, AuditEntry};
use rules::intake::contest::Contest;
use rules::issue::access::Action;
use rules::issue::application::ApplicationId;
use rules::issue::authorisation::ContestKey;
use rules::issue::status::{Status, StatusChange};
use rules::notice::Notice;
use rules::values::date::day_of;
use rules::values::finding::Finding;
use rules::values::party::{Actor, Role};
use rules::values::text::{MAX_REASON, bounded};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Operations;
use crate::applications::{taken_out, unseen_in};
use crate::decisions::{exchanged_finding, expect};
use crate::filing::not_registering;
use crate::refusal::Refusal;

/// A contest's record as it should be.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CorrectContest {
    /// The application's version when it was looked at.
    pub version: u64,
    /// The whole record, corrected.
    pub contest: Contest,
    /// Why, in Chinese: the Center says it, a unit may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fields from which characters that cannot be seen were taken out, each with the first of them.
    #[serde(skip)]
    pub unseen: Vec<(String, char)>,
}

impl CorrectContest {
    /// Notes the texts of the body, as it was sent, that hold characters that cannot be seen: reading takes them out.
    pub fn note_unseen(&mut self, body: &Value) {
        self.unseen = unseen_in(body);
    }
}

/// What a correction came to.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CorrectedContest {
    /// The application's version now.
    pub version: u64,
    /// What was changed, each field with the value before and after; none where the record is that already.
    pub changes: Vec<String>,
    /// What is already known to be wrong with the corrected record. The materials are judged anew by it.
    pub findings: Vec<Finding>,
}

impl Operations {
    /// What is known to be wrong with the contest's record, as long as no roster has been judged by it: then it is told there.
    pub async fn contest_findings(&self, actor: &Actor, id: &ApplicationId) -> Result<Vec<Finding>, Refusal> {
        let seen = self.visible(actor, id).await?;
        let verdicts = self.cloud.applications().verdicts(&seen).await?;
        if verdicts.iter().any(|verdict| verdict.material == Material::Roster) {
            return Ok(Vec::new());
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&seen.contest)?;
        let handed_in = seen.submitted_at.map(day_of);
        let mut findings = seen.contest.findings(notice, rulebook.catalogues()?, self.cloud.clock.today(), handed_in);
        findings.extend(self.cloud.bodies().organiser_findings(notice, &seen.contest, &seen.unit).await?);
        Ok(findings)
    }

    /// Puts the contest's record right: by the unit until it is submitted and after it came back, by the Center until the authorisation
    /// with a reason.
    pub async fn correct_contest(&self, actor: &Actor, id: ApplicationId, request: CorrectContest) -> Result<CorrectedContest, Refusal> {
        let seen = self.visible(actor, &id).await?;
        actor.may(Action::CorrectContest { unit: &seen.unit, jurisdiction: &seen.contest.jurisdiction })?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&request.contest)?;
        let contest = request.contest.with_class_of(notice);
        let mut findings: Vec<Finding> = request.unseen.iter().map(taken_out).collect();
        let handed_in = seen.submitted_at.map(day_of);
        findings.extend(contest.findings(notice, rulebook.catalogues()?, self.cloud.clock.today(), handed_in));
        findings.extend(self.cloud.bodies().organiser_findings(notice, &contest, &seen.unit).await?);
        let changes = seen.contest.changes_to(&contest);
        if changes.is_empty() {
            return Ok(CorrectedContest { version: seen.version, changes, findings });
        }
        if let Some(finding) = contest.decider_finding(notice) {
            return Err(Refusal::Findings(vec![finding]));
        }
        not_registering(&seen)?;
        let change = StatusChange::CorrectContest { by_the_center: actor.role == Role::Center };
        if seen.status == Status::Submitted && seen.status.after(change).is_none() {
            return Err(Refusal::Changed("申报已提交，大赛信息不能由申报单位更正：请先撤回申报，或请省职鉴中心更正、退回".to_owned()));
        }
        expect(&seen, request.version, change)?;
        let reason = reason_of(actor, &seen, &contest, request.reason.as_deref())?;
        let audit = AuditEntry::new(actor, AuditAction::CorrectContest, &notice.procedure.application, self.cloud.clock.now());
        let audit = audit.with(changes.iter().cloned().chain(reason).collect::<Vec<_>>().join("；"));
        let counts = counts_as(actor, &seen, &contest, rulebook.notices.of_contest(&seen.contest).unwrap_or(notice));
        self.cloud.applications().correct_contest(&seen, contest, (change, counts), audit).await?;
        tracing::info!(application = %id, changes = changes.len(), "the contest's record is corrected");
        // What this would have started, reconcile starts if it is lost here.
        self.cloud.applications().have_judged_anew(&id).await?;
        Ok(CorrectedContest { version: seen.version + 1, changes, findings })
    }
}

/// The reason as the trail has it. The Center owes one, and does not give an application away: who decides goes by the jurisdiction.
fn reason_of(actor: &Actor, seen: &Application, contest: &Contest, reason: Option<&str>) -> Result<Option<String>, Refusal> {
    let of_the_center = actor.role == Role::Center;
    if of_the_center && contest.jurisdiction != seen.contest.jurisdiction {
        let message = "jurisdiction 由申报单位改正：请退回申报，写明原因";
        return Err(Refusal::Malformed(message.to_owned()));
    }
    let reason = match reason {
        None if of_the_center => Some(""),
        given => given,
    };
    let reason = reason.map(|reason| bounded("更正的理由", reason, MAX_REASON)).transpose().map_err(Refusal::Malformed)?;
    Ok(reason.map(|reason| format!("理由：{reason}")))
}

/// 六、（一）: what a unit corrects before its first complete submission is handed in then. What was in time once is in time, and what the
/// Center puts right makes nobody late; but what was in time is the contest that was handed in, and no other. `notice` rules the contest
/// that was seen.
fn counts_as(actor: &Actor, seen: &Application, contest: &Contest, notice: &Notice) -> ContestCorrection {
    if seen.submitted_at.is_none() {
        return if actor.role == Role::Unit { ContestCorrection::HandedIn } else { ContestCorrection::Corrected };
    }
    let (before, after) = (ContestKey::as_handed_in(&seen.contest), ContestKey::as_handed_in(contest));
    let mut handed_in = seen.exchange.as_ref().map(|exchange| exchange.handed_in.clone()).unwrap_or_default();
    // An exchange in time is handed in then, as the first contest was.
    if exchanged_finding(seen, notice).is_none() {
        handed_in.insert(before.clone());
    }
    let is_restored = handed_in.contains(&after);
    if before != after && (actor.role == Role::Unit || is_restored) {
        return ContestCorrection::Exchanged(handed_in);
    }
    ContestCorrection::Corrected
}
