//! The Center's authorisation (二), returns and withdrawals, and the qualification review (五、（二）).

use std::collections::{BTreeMap, HashSet};

use records::RecordsError;
use records::application::report::Report;
use records::application::{Application, AuthorisedPlan};
use records::issue::allocation::{AllocationError, Decision};
use records::keys::objects::ObjectKey;
use records::store::bucket::digest;
use rules::audit::{AuditAction, AuditEntry};
use rules::catalogue::Catalogues;
use rules::intake::contest::{Contest, OwedReason};
use rules::intake::difference::KnownWinners;
use rules::issue::access::Action;
use rules::issue::allocation::Allocation;
use rules::issue::application::{ApplicationId, Plan, Review};
use rules::issue::decision::{DecisionInputs, committee_missing, plan};
use rules::issue::status::StatusChange;
use rules::notice::{ApprovalManner, CodeGrammar, Notice};
use rules::rulebook::Rulebook;
use rules::values::date::day_of;
use rules::values::finding::{Finding, FindingCode};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::text::{MAX_REASON, bounded};
use rules::values::vocabulary::Material;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::differences::judgement;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// How often an application is tried anew to go under the authorisation of its contest, which others go under at the same time.
const MAX_ATTEMPTS: u32 = 20;

/// An authorisation of what was seen.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Authorise {
    /// The application's version when it was looked at: what has changed since is not decided on.
    pub version: u64,
    /// Why it is authorised all the same, in Chinese: by the event's name where the catalogue of occupations has its code under another
    /// name (`OCCUPATION_NAME`), otherwise by the code of what is found of the contest's record (`CONTEST_YEAR`, `CONTEST_YEAR_EARLY`,
    /// `COMMITTEE_NAME`).
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    /// The number of the contest's authorisation, where it is given by hand: now, or entered after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// A return, with what the unit is told.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SendBack {
    /// The version that was seen.
    pub version: u64,
    /// Why, in Chinese.
    pub reason: String,
}

/// A reviewer's decision on all their rows.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Qualify {
    /// The version that was seen.
    pub version: u64,
    /// Rows refused, each with the reason the unit is told, and reasons of rows approved against advice.
    #[serde(flatten)]
    pub review: Review,
}

/// An authorised plan of issue.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Authorised {
    /// The application's version now.
    pub version: u64,
    /// Who reviews its rows.
    pub reviewers: Vec<IssuingUnit>,
    /// As what it was decided.
    pub manner: ApprovalManner,
    /// What that is called: 授权, 审批.
    pub act: String,
    /// The number of the contest's authorisation, where there is one.
    pub number: Option<String>,
    /// Gaps of the notice (G1–G30) that the plan rests on, 待确认.
    pub unconfirmed: Vec<String>,
}

/// What a decision left behind.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// The application's version now.
    pub version: u64,
}

/// What a review came to.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Qualified {
    /// How many certificates got a number.
    pub numbered: u32,
    /// How many rows were recorded without one.
    pub recorded: u32,
    /// How many rows were refused.
    pub refused: u32,
    /// The lots that it made: one for each type of certificate.
    pub lots: Vec<Allocation>,
}

impl Operations {
    /// Fixes the plan of issue: who gets what from whom, on which clause.
    pub async fn authorise(&self, actor: &Actor, id: ApplicationId, expected: Authorise) -> Result<Authorised, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction })?;
        expect(&application, expected.version, StatusChange::Authorise)?;
        let verdicts = self.cloud.applications().verdicts(&application).await?;
        let roster = verdicts.into_iter().find(|verdict| verdict.material == Material::Roster && verdict.clean).ok_or(Refusal::NotFound)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        self.may_be_authorised(&application, notice).await?;
        let planned = self.plan(&application, &rulebook, &roster.judgement()).await?;
        if let Some(missing) = committee_missing(&planned) {
            return Err(Refusal::Findings(vec![missing]));
        }
        let mut owed = self.reasons_owed(&application, notice, rulebook.catalogues()?).await?;
        // Its name stands on no certificate where no committee issues.
        owed.retain(|owed| owed.finding.code != FindingCode::CommitteeName || planned.has_committee());
        let reasons = reasons_given(&application.contest, owed, &expected.reasons)?;
        // The application names these texts for good, so they must be there whatever a later build ships.
        self.cloud.rulebooks().store(&rulebook).await?;
        let bytes = serde_json::to_vec(&planned).map_err(|error| Refusal::Records(error.into()))?;
        let digest = digest(&bytes);
        // The object first: without it the table would name a plan that nobody can read.
        let key = ObjectKey::Plan { application: id.clone(), digest: digest.clone() };
        self.cloud.write_once(&key, "application/json", bytes, None).await?;
        let (reviewers, manner) = (planned.reviewers(), planned.manner());
        let act = &notice.authorisation.word(manner).act;
        let mut authorised = AuthorisedPlan {
            digest,
            roster_version: roster.judgement(),
            undecided: reviewers.clone(),
            reviewers,
            manner,
            authorisation: None,
            unconfirmed: planned.unconfirmed.clone(),
            rulebook: rulebook.digest.clone(),
        };
        let mut attempt = 0;
        let number = loop {
            let change = self.authorisation_of(actor, (&application, &planned), &rulebook, expected.number.as_deref()).await?;
            authorised.authorisation = change.as_ref().map(|change| change.next.contest_key.clone());
            let number = change.as_ref().and_then(|change| change.next.number.clone());
            let said = number.as_ref().map_or_else(|| act.clone(), |number| format!("{act}，编号 {number}"));
            let audit = AuditEntry::new(actor, AuditAction::Authorise, &notice.procedure.authorisation, self.cloud.clock.now());
            let audit = audit.with([Some(said), reasons.clone()].into_iter().flatten().collect::<Vec<_>>().join("；"));
            attempt += 1;
            match self.cloud.applications().authorise(&application, authorised.clone(), change.as_ref(), audit).await {
                // Another application of the contest went under its authorisation meanwhile: this one is as it was seen.
                Err(RecordsError::Conflict) if change.is_some() && attempt < MAX_ATTEMPTS => {
                    expect(&self.cloud.applications().get(&id).await?, expected.version, StatusChange::Authorise)?;
                }
                done => break done.map(|()| number)?,
            }
        };
        tracing::info!(application = %id, "authorised");
        let AuthorisedPlan { reviewers, unconfirmed, .. } = authorised;
        Ok(Authorised { version: expected.version + 1, reviewers, manner, act: act.clone(), number, unconfirmed })
    }

    /// What was in order when it was handed in may not be any more: the register and the rulebook may have changed.
    async fn may_be_authorised(&self, application: &Application, notice: &Notice) -> Result<(), Refusal> {
        let mut found: Vec<Finding> = application.contest.decider_finding(notice).into_iter().collect();
        found.extend(self.cloud.bodies().organiser_findings(notice, &application.contest, &application.unit).await?);
        found.retain(Finding::is_error);
        found.extend(notice.owed_before_authorisation(
            application.declaration.as_ref(),
            &application.originals,
            application.filing.as_ref(),
        ));
        if found.is_empty() { Ok(()) } else { Err(Refusal::Findings(found)) }
    }

    /// The reasons that the Center owes for authorising it, by the rules in force.
    pub(crate) async fn reasons_owed(
        &self,
        application: &Application,
        notice: &Notice,
        catalogues: &Catalogues,
    ) -> Result<Vec<OwedReason>, Refusal> {
        let contest = &application.contest;
        let mut others = self.cloud.bodies().organiser_findings(notice, contest, &application.unit).await?;
        others.extend(exchanged_finding(application, notice));
        others.extend(self.newcomers_finding(application, notice).await?);
        let today = self.cloud.clock.today();
        others.extend(contest.final_finding(today));
        others.extend(contest.issue_date_reasons(today));
        Ok(contest.reasons_owed(notice, catalogues, others))
    }

    /// 六、（一）: that winners stand in no roster of before the deadline; looked for where the one that counts came in after it. Budget: the
    /// newest twenty rosters.
    async fn newcomers_finding(&self, application: &Application, notice: &Notice) -> Result<Option<Finding>, Refusal> {
        let is_late = |day| notice.passed_deadline(application.contest.year, day).is_some();
        if !is_late(self.cloud.clock.today()) {
            return Ok(None);
        }
        let sound = self.sound_rosters(application, notice).await?;
        let Some((last, earlier)) = sound.split_first().filter(|(last, _)| is_late(day_of(last.handed_in_at))) else { return Ok(None) };
        let entries = async |one| self.cloud.printing().entries(&application.id, &judgement(one)?).await;
        let mut known = KnownWinners::default();
        for one in earlier.iter().filter(|one| !is_late(day_of(one.handed_in_at))) {
            known.note(&entries(one).await?);
        }
        let rows = known.newcomers(&entries(last).await?);
        Ok(application.contest.newcomers_finding(notice, &rows, day_of(last.handed_in_at)))
    }

    /// What the Center's authorisation would come to now. Reads and decides; writes nothing.
    pub(crate) async fn plan(&self, application: &Application, rulebook: &Rulebook, roster_version: &str) -> Result<Plan, Refusal> {
        let organiser = match &application.contest.organiser_body {
            Some(code) => self.cloud.bodies().get(code).await?,
            None => None,
        };
        let circumstances = DecisionInputs {
            notice: rulebook.notices.of_contest(&application.contest)?,
            catalogues: rulebook.catalogues()?,
            contest: &application.contest,
            approved_on: self.cloud.clock.today(),
            organiser: organiser.as_ref(),
        };
        let entries = self.cloud.printing().entries(&application.id, roster_version).await?;
        plan(circumstances, entries.iter()).map_err(Refusal::Findings)
    }

    /// Back to the unit, with the reason: by the Center before the authorisation.
    pub async fn send_back(&self, actor: &Actor, id: ApplicationId, request: SendBack) -> Result<Decided, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction })?;
        expect(&application, request.version, StatusChange::Return)?;
        if request.reason.trim().is_empty() {
            return Err(Refusal::Malformed("退回须写明理由".to_owned()));
        }
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.qualification;
        let audit = AuditEntry::new(actor, AuditAction::Return, clause, self.cloud.clock.now());
        let handed_in = self.cloud.applications().versions_handed_in(&application).await?;
        self.cloud.applications().send_back(&application, (request.reason, handed_in), audit).await?;
        Ok(Decided { version: request.version + 1 })
    }

    /// 撤回: back to the unit that handed it in, at its own wish, before the Center authorises it. It stands as one that was sent back:
    /// materials count again, and its winners may be applied for elsewhere.
    pub async fn withdraw_application(&self, actor: &Actor, id: ApplicationId, request: SendBack) -> Result<Decided, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Upload { unit: &application.unit })?;
        expect(&application, request.version, StatusChange::Return)?;
        let reason = bounded("撤回的理由", &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let clause = &rulebook.notices.of_contest(&application.contest)?.procedure.application;
        let audit = AuditEntry::new(actor, AuditAction::Withdraw, clause, self.cloud.clock.now());
        let handed_in = self.cloud.applications().versions_handed_in(&application).await?;
        self.cloud.applications().send_back(&application, (format!("申报单位撤回：{reason}"), handed_in), audit).await?;
        tracing::info!(application = %id, "withdrawn");
        Ok(Decided { version: request.version + 1 })
    }

    /// The deciding approval: approved and numbered are one fact.
    pub async fn qualify(&self, actor: &Actor, id: ApplicationId, request: Qualify) -> Result<Qualified, Refusal> {
        let application = self.visible(actor, &id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let planned = application.plan.as_ref().filter(|plan| plan.reviewers.contains(&reviewer)).ok_or(Refusal::Denied)?;
        let decided = self.cloud.allocations().decided(&id, &reviewer).await?;
        if decided.is_empty() {
            expect(&application, request.version, StatusChange::Decide { last: false })?;
        }
        let plan: Plan = self.cloud.read_json(&ObjectKey::Plan { application: id.clone(), digest: planned.digest.clone() }).await?;
        check_rows(&plan, &reviewer, &request.review)?;
        if decided.is_empty() {
            self.check_overrides(&application, &plan, &reviewer, &request.review).await?;
        }
        let bytes = serde_json::to_vec(&request.review).map_err(|error| Refusal::Records(error.into()))?;
        let review_digest = digest(&bytes);
        if decided.first().is_some_and(|decided| decided.review != review_digest) {
            let Qualified { numbered, recorded, refused, .. } = Qualified::from(decided);
            return Err(Refusal::Changed(format!(
                "{reviewer} 已审核完毕：赋码 {numbered} 个，登记 {recorded} 人，不予通过 {refused} 人；审核决定不再改变，有误的请更正或注销证书"
            )));
        }
        let key = ObjectKey::Review { application: id.clone(), digest: review_digest.clone() };
        self.cloud.write_once(&key, "application/json", bytes, None).await?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let grammar = &notice.code;
        let entries = self.cloud.printing().entries(&id, &planned.roster_version).await?;
        let decision = Decision {
            seen: &application,
            reviewer: &reviewer,
            rows: &plan.rows,
            refusals: &request.review.refused,
            review_digest,
            entries: &entries,
            notice,
        };
        let audit = AuditEntry::new(actor, AuditAction::Qualify, &notice.procedure.qualification, self.cloud.clock.now());
        let lots = self.cloud.allocations().approve(&decision, audit).await.map_err(|error| refusal(error, grammar))?;
        for lot in &lots {
            // What this object would have started, reconcile starts if it is lost here.
            self.cloud.printing().order_issue(&id, &lot.lot()).await?;
        }
        // What stays of a draft is no draft any more: nothing names it.
        if let Err(error) = self.cloud.drafts().clear_away(&id, &reviewer).await {
            tracing::warn!(application = %id, %error, "objects of drafts stay");
        }
        let qualified = Qualified::from(lots);
        tracing::info!(application = %id, %reviewer, numbered = qualified.numbered, refused = qualified.refused, "qualified");
        Ok(qualified)
    }

    /// Advice may be overridden, but not in silence: each approved row that a finding advises against needs a reason.
    async fn check_overrides(
        &self,
        application: &Application,
        plan: &Plan,
        reviewer: &IssuingUnit,
        review: &Review,
    ) -> Result<(), Refusal> {
        let Some(planned) = &application.plan else { return Err(Refusal::NotFound) };
        let version = planned.roster_version.clone();
        let key = ObjectKey::Report { application: application.id.clone(), material: Material::Roster, version };
        let report: Report<'_> = self.cloud.read_json(&key).await?;
        let settled: HashSet<u32> =
            review.refused.iter().map(|refusal| refusal.row).chain(review.overrides.iter().map(|one| one.row)).collect();
        let own: HashSet<u32> = plan.rows.iter().filter(|row| row.reviewer == *reviewer).map(|row| row.row).collect();
        let open = |finding: &Finding| finding.place.row.is_some_and(|row| own.contains(&row) && !settled.contains(&row));
        let advice: Vec<Finding> =
            report.findings.into_owned().into_iter().filter(|finding| finding.needs_reason() && open(finding)).collect();
        if advice.is_empty() { Ok(()) } else { Err(Refusal::Advice("以下各行须写明批准的理由，或不予通过", advice)) }
    }
}

/// Whether its unit put another contest in its place when it was too late for that one.
pub(crate) fn exchanged_finding(application: &Application, notice: &Notice) -> Option<Finding> {
    let exchanged_at = application.exchange.as_ref()?.at?;
    application.contest.exchanged_finding(notice, day_of(exchanged_at))
}

impl From<Vec<Allocation>> for Qualified {
    fn from(lots: Vec<Allocation>) -> Self {
        let sum = |count: fn(&Allocation) -> u32| lots.iter().map(count).sum();
        Self { numbered: sum(|lot| lot.numbered), recorded: sum(|lot| lot.recorded), refused: sum(|lot| lot.refused), lots }
    }
}

/// The reasons that are owed, for the trail: each of them, and none for what the contest has not.
fn reasons_given(contest: &Contest, owed: Vec<OwedReason>, given: &BTreeMap<String, String>) -> Result<Option<String>, Refusal> {
    let is_known = |key: &str| {
        let code = FindingCode::ALL.iter().find(|code| code.as_str() == key);
        contest.event(key).is_some() || code.is_some_and(|code| code.needs_the_centers_reason())
    };
    if let Some(unknown) = given.keys().find(|key| !is_known(key)) {
        return Err(Refusal::Malformed(format!("理由写在“{unknown}”之下，大赛没有这个赛项，也没有这样的检查结果代码")));
    }
    let (mut texts, mut open) = (Vec::new(), Vec::new());
    for OwedReason { key, what, finding } in owed {
        match given.get(&key) {
            Some(reason) => {
                let reason = bounded(&format!("“{key}”的理由"), reason, MAX_REASON).map_err(Refusal::Malformed)?;
                texts.push(format!("{what}，仍予授权：{reason}"));
            }
            None => open.push(finding),
        }
    }
    if !open.is_empty() {
        return Err(Refusal::Advice("以下各项须写明仍予授权的理由，或退回改正", open));
    }
    Ok((!texts.is_empty()).then(|| texts.join("；")))
}

/// The status and the version that the reviewer saw must still hold.
pub(crate) fn expect(application: &Application, version: u64, change: StatusChange) -> Result<(), Refusal> {
    if application.status.after(change).is_none() {
        return Err(Refusal::Changed(format!("申报当前为“{}”，不能这样处理", application.status.word())));
    }
    if application.version != version {
        return Err(Refusal::Changed("申报内容已变化，请刷新后重试".to_owned()));
    }
    Ok(())
}

/// Rows that are spoken of must be the reviewer's own, each once and with a reason.
fn check_rows(plan: &Plan, reviewer: &IssuingUnit, review: &Review) -> Result<(), Refusal> {
    let refused = review.refused.iter().map(|one| (one.row, &one.reason));
    let overridden = review.overrides.iter().map(|one| (one.row, &one.reason));
    let mut seen = HashSet::new();
    for (row, reason) in refused.chain(overridden) {
        if reason.trim().is_empty() {
            return Err(Refusal::Malformed(format!("第 {row} 行未写明理由")));
        }
        if !plan.rows.iter().any(|planned| planned.row == row && planned.reviewer == *reviewer) {
            return Err(Refusal::Malformed(format!("第 {row} 行不由本机构审核")));
        }
        if !seen.insert(row) {
            return Err(Refusal::Malformed(format!("第 {row} 行写了两次")));
        }
    }
    Ok(())
}

pub(crate) fn refusal(error: AllocationError, grammar: &CodeGrammar) -> Refusal {
    match error {
        AllocationError::Changed => Refusal::Changed("已被他人处理，请刷新后重试".to_owned()),
        AllocationError::Exhausted(prefix) => Refusal::Findings(vec![prefix.exhausted(grammar)]),
        AllocationError::Taken(number) => Refusal::Changed(format!(
            "按样式应给出的编号 {number} 已登记在另一张证书上：请在通知的 number.pattern 中改用别的前缀，撤销授权（authorisation --withdraw）后重新授权"
        )),
        AllocationError::Sheets(error) => Refusal::Records(RecordsError::Corrupt(error.to_string())),
        AllocationError::Records(RecordsError::Conflict) => Refusal::Changed("刚被他人变动，或同时赋码的人多，请刷新后重试".to_owned()),
        AllocationError::Records(error) => error.into(),
    }
}
