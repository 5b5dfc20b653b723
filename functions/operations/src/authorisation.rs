//! 一赛一授权 as it was given (二、（二）): shown, found by its number, numbered by hand, its paper, withdrawn.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificate::{Seal, SealImage};
use jiff::civil::Date;
use records::RecordsError;
use records::application::Application;
use records::application::authorisations::{AuthorisationChange, StoredAuthorisation};
use records::keys::objects::ObjectKey;
use records::store::rulebooks::InForce;
use rules::audit::{AuditAction, AuditEntry};
use rules::issue::access::Action;
use rules::issue::application::{ApplicationId, Plan};
use rules::issue::authorisation::{Authorisation, ContestKey, number};
use rules::issue::status::StatusChange;
use rules::notice::{ApprovalManner, AuthorisationNumber, Notice};
use rules::values::finding::{CONTEST_FILE, Finding, FindingCode, Place};
use rules::values::party::{Actor, Role};
use rules::values::schema::Day;
use rules::values::text::{MAX_REASON, bounded};
use rules::values::vocabulary::ContestClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::decisions::{Decided, SendBack, expect};
use crate::links::LINK_LIFETIME;
use crate::refusal::Refusal;

/// An authorisation as it was given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ShownAuthorisation {
    /// Its number; none until it is entered.
    pub number: Option<String>,
    /// The day of it.
    #[schemars(with = "Day")]
    pub on: Date,
    /// 大赛名称.
    pub contest: String,
    /// The contest's year.
    pub year: i16,
    /// 竞赛类别.
    pub class: ContestClass,
    /// 牵头主办单位.
    pub organiser: String,
    /// 组委会（办公室）, in whose name certificates are issued.
    pub committee: String,
    /// 发证日期.
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// The Center that authorised it, and seals on behalf of the committee.
    pub center: String,
    /// By which account.
    pub by: String,
    /// The applications that go under it, as far as the account may see them.
    pub applications: Vec<ApplicationId>,
    /// The gap that the number rests on, 待确认.
    pub unconfirmed: Option<String>,
    /// Link to 授权书, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// The number of an authorisation, entered by hand.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EnterAuthorisationNumber {
    /// The number.
    pub number: String,
}

/// Which authorisation is looked for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorisationAsked {
    /// Its number.
    pub number: String,
    /// Jurisdiction of the Center that gave it; a Center's own, otherwise the province's, if none is named.
    pub jurisdiction: Option<String>,
}

impl Operations {
    /// What authorising an application makes of its contest's authorisation: a new one, or one more application under it. None where no
    /// committee is authorised.
    pub(crate) async fn authorisation_of(
        &self,
        actor: &Actor,
        (application, plan): (&Application, &Plan),
        rulebook: &InForce,
        given: Option<&str>,
    ) -> Result<Option<AuthorisationChange>, Refusal> {
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let given = given.map(number).transpose().map_err(Refusal::Malformed)?;
        if plan.manner() != ApprovalManner::Authorisation {
            let act = &notice.authorisation.word(plan.manner()).act;
            return match given {
                Some(_) => Err(Refusal::Malformed(format!("这份申报不作“一赛一授权”（为{act}），没有授权编号"))),
                None => Ok(None),
            };
        }
        let contest = &application.contest;
        let key = ContestKey::of(contest);
        let seen = self.cloud.authorisations().get(&key).await?;
        if let Some(standing) = seen.as_ref().filter(|seen| seen.authorisation.stands()) {
            let mut next = standing.authorisation.clone();
            let mut differences = next.differences(contest);
            if let Some(given) = given.filter(|given| next.number.as_ref() != Some(given)) {
                let own = next.number.as_deref().unwrap_or("尚未登记");
                differences.push(format!("授权编号为“{given}”，授权的是“{own}”"));
            }
            if !differences.is_empty() {
                return Err(Refusal::Findings(vec![authorised_otherwise(&next, &differences)]));
            }
            next.applications.push(application.id.clone());
            return Ok(Some(AuthorisationChange { seen, next }));
        }
        let today = self.cloud.clock.today();
        let number = match (&notice.authorisation.number, given) {
            (AuthorisationNumber::Pattern(_), Some(_)) => {
                return Err(Refusal::Malformed("授权编号由系统按样式编出，不能指定".to_owned()));
            }
            (AuthorisationNumber::Pattern(pattern), None) => {
                let next = self.cloud.authorisations().next_number(&contest.jurisdiction, pattern, today.year()).await?;
                Some(next.ok_or_else(|| Refusal::Changed("这一年的授权编号已用完，请更改通知中的样式".to_owned()))?)
            }
            (AuthorisationNumber::ByHand, given) => given,
        };
        if let Some(number) = &number {
            self.is_free(&contest.jurisdiction, number, &key).await?;
        }
        let center = plan.rows.iter().find_map(|row| row.sealed_by.clone()).unwrap_or_default();
        let next = Authorisation {
            contest_key: key,
            contest: contest.name.clone(),
            year: contest.year,
            class: contest.class.clone(),
            organiser: contest.organiser.clone(),
            committee: contest.committee.clone(),
            final_on: contest.final_on,
            hrss_hosted: contest.hrss_hosted,
            issued_on: contest.issued_on,
            jurisdiction: contest.jurisdiction.clone(),
            center,
            number,
            on: today,
            by: actor.subject.clone(),
            rulebook: rulebook.digest.clone(),
            applications: vec![application.id.clone()],
        };
        Ok(Some(AuthorisationChange { seen, next }))
    }

    /// Nobody has the number, or the contest itself had it before its authorisation was withdrawn.
    async fn is_free(&self, jurisdiction: &str, number: &str, contest: &ContestKey) -> Result<(), Refusal> {
        match self.cloud.authorisations().given_to(jurisdiction, number).await? {
            Some(other) if other != *contest => {
                Err(Refusal::Changed(format!("授权编号“{number}”已用于另一大赛（撤销的授权也算），请核对")))
            }
            _ => Ok(()),
        }
    }

    /// The authorisation that an application goes under, with a link to its paper.
    pub async fn authorisation(&self, actor: &Actor, id: ApplicationId) -> Result<ShownAuthorisation, Refusal> {
        let application = self.visible(actor, &id).await?;
        let stored = self.authorisation_over(&application).await?.ok_or(Refusal::NotFound)?;
        let document = self.authorisation_document(&application, &stored).await?;
        Ok(ShownAuthorisation { document: Some(document), ..self.shown_authorisation(actor, &application, stored.authorisation).await? })
    }

    /// The authorisation that an application goes under.
    pub(crate) async fn authorisation_over(&self, application: &Application) -> Result<Option<StoredAuthorisation>, Refusal> {
        let contest = application.plan.as_ref().and_then(|plan| plan.authorisation.as_ref());
        match contest {
            Some(contest) => Ok(self.cloud.authorisations().get(contest).await?),
            None => Ok(None),
        }
    }

    /// As it is shown of an application that the actor may see; of the others under it only those that they may see too.
    pub(crate) async fn shown_authorisation(
        &self,
        actor: &Actor,
        application: &Application,
        authorisation: Authorisation,
    ) -> Result<ShownAuthorisation, Refusal> {
        let rulebook = self.cloud.rulebooks().of(application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let mut applications = vec![application.id.clone()];
        for other in authorisation.applications.iter().filter(|other| **other != application.id) {
            match self.visible(actor, other).await {
                Ok(_) => applications.push(other.clone()),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let Authorisation { number, on, contest, year, class, organiser, committee, issued_on, center, by, .. } = authorisation;
        let unconfirmed = notice.authorisation.unconfirmed.clone();
        Ok(ShownAuthorisation {
            number,
            on,
            contest,
            year,
            class,
            organiser,
            committee,
            issued_on,
            center,
            by,
            applications,
            unconfirmed,
            document: None,
        })
    }

    /// The authorisation with that number, of an application that the actor may see.
    pub async fn find_authorisation(&self, actor: &Actor, asked: AuthorisationAsked) -> Result<ShownAuthorisation, Refusal> {
        let wanted = number(&asked.number).map_err(Refusal::Malformed)?;
        let own = (actor.role == Role::Center).then(|| actor.organisation.clone());
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let jurisdiction = asked.jurisdiction.or(own).unwrap_or_else(|| rulebook.notices.general().notice.seat.clone());
        let found = self.cloud.authorisations().numbered(&jurisdiction, &wanted).await?.ok_or(Refusal::NotFound)?;
        for id in &found.authorisation.applications {
            match self.visible(actor, id).await {
                Ok(application) => return self.shown_authorisation(actor, &application, found.authorisation.clone()).await,
                Err(Refusal::NotFound) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::NotFound)
    }

    /// Enters the number of an authorisation that has none; once it has one, that stays.
    pub async fn enter_authorisation_number(
        &self,
        actor: &Actor,
        id: ApplicationId,
        request: EnterAuthorisationNumber,
    ) -> Result<ShownAuthorisation, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction })?;
        let wanted = number(&request.number).map_err(Refusal::Malformed)?;
        let seen = self.authorisation_over(&application).await?;
        let seen = seen.ok_or_else(|| Refusal::Changed("这份申报不在“一赛一授权”之下，没有授权编号".to_owned()))?;
        let next = Authorisation { number: Some(wanted.clone()), ..seen.authorisation.clone() };
        match &seen.authorisation.number {
            Some(known) if *known == wanted => {}
            Some(known) => return Err(Refusal::Changed(format!("授权编号已登记为“{known}”；有误的，在赋码之前撤销授权后重新授权"))),
            None => {
                self.is_free(&next.jurisdiction, &wanted, &next.contest_key).await?;
                let rulebook = self.cloud.rulebooks().of(&application).await?;
                let clause = &rulebook.notices.of_contest(&application.contest)?.authorisation.clause;
                let audit = AuditEntry::new(actor, AuditAction::NumberAuthorisation, clause, self.cloud.clock.now());
                let audit = audit.with(format!("授权编号 {wanted}"));
                let change = AuthorisationChange { seen: Some(seen), next: next.clone() };
                self.cloud.authorisations().enter(&change, audit).await?;
                tracing::info!(application = %id, "the authorisation has its number");
            }
        }
        self.authorisation(actor, id).await
    }

    /// Withdraws what the Center decided on an application, before the first number or record is given: it is 已提交 again, and reviews
    /// that refused every row go with it. An authorisation that other applications go under stands for them.
    pub async fn withdraw_authorisation(&self, actor: &Actor, id: ApplicationId, request: SendBack) -> Result<Decided, Refusal> {
        let application = self.visible(actor, &id).await?;
        actor.may(Action::Authorise { jurisdiction: &application.contest.jurisdiction })?;
        let rulebook = self.cloud.rulebooks().of(&application).await?;
        let notice = rulebook.notices.of_contest(&application.contest)?;
        let act = act_of(&application, notice);
        let refused = self.cloud.allocations().of(&id).await?;
        if refused.iter().any(|lot| !lot.is_refused_in_full()) {
            return Err(Refusal::Changed(format!("已有证书赋码、登记，不能撤销{act}；有误的请更正或注销证书")));
        }
        for lot in &refused {
            if self.cloud.allocations().is_pending(lot).await? {
                return Err(Refusal::Changed(format!("审核结果正在办理，请稍后再撤销{act}")));
            }
        }
        let reviewed = !refused.is_empty();
        expect(&application, request.version, StatusChange::WithdrawAuthorisation { reviewed })?;
        let reason = bounded(&format!("撤销{act}的理由"), &request.reason, MAX_REASON).map_err(Refusal::Malformed)?;
        let change = self.authorisation_over(&application).await?.map(|seen| {
            let mut next = seen.authorisation.clone();
            next.applications.retain(|other| *other != id);
            AuthorisationChange { seen: Some(seen), next }
        });
        let audit = AuditEntry::new(actor, AuditAction::WithdrawAuthorisation, &notice.procedure.authorisation, self.cloud.clock.now());
        let audit = audit.with(format!("撤销{act}：{reason}"));
        self.cloud.applications().withdraw_authorisation(&application, (change.as_ref(), &refused), audit).await?;
        if reviewed {
            // What this would have started, reconcile starts if it is lost here.
            self.cloud.applications().have_registered_anew(&id).await?;
        }
        tracing::info!(application = %id, "the authorisation is withdrawn");
        Ok(Decided { version: request.version + 1 })
    }

    /// A link to 授权书, drawn the first time that it is asked for: as it stands after so many entries.
    pub(crate) async fn authorisation_document(&self, application: &Application, stored: &StoredAuthorisation) -> Result<String, Refusal> {
        let StoredAuthorisation { authorisation, trail } = stored;
        let key = ObjectKey::Authorisation { contest: authorisation.contest_key.clone(), edition: trail.count };
        if self.cloud.current_version(&key.to_string()).await?.is_none() {
            let rulebook = self.cloud.rulebooks().pinned(&authorisation.rulebook).await?;
            let notice = rulebook.notices.of_contest(&application.contest)?;
            let seal = self.seal(notice, &rulebook, &authorisation.center).await?;
            let (fonts, paper) = (self.fonts()?, authorisation.paper(notice));
            let pdf = certificate::authorisation_paper(fonts, &paper, seal.as_ref());
            let pdf = pdf.map_err(|error| Refusal::Records(RecordsError::Corrupt(error.to_string())))?;
            self.cloud.write(&key, "application/pdf", pdf).await?;
        }
        Ok(self.cloud.link(&key, LINK_LIFETIME).await?)
    }

    /// The seal of a Center: a picture of the rulebook, or drawn where the notice says so; otherwise its place is left to the stamp.
    async fn seal(&self, notice: &Notice, rulebook: &InForce, center: &str) -> Result<Option<Seal>, Refusal> {
        let corrupt = |error: &dyn std::error::Error| RecordsError::Corrupt(error.to_string());
        if let Some(placed) = notice.seal_images.get(center).and_then(|file| rulebook.seal(file)) {
            let text = self.cloud.read(&ObjectKey::Config(placed.clone()).to_string(), None).await?;
            let png = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|error| corrupt(&error))?;
            return Ok(Some(Seal::Image(SealImage::read(&png, &placed.sha256).map_err(|error| corrupt(&error))?)));
        }
        Ok(notice.drawn_seals.iter().find(|name| *name == center).map(|name| Seal::Drawn(name.clone())))
    }
}

/// What the decision on an application is called.
pub(crate) fn act_of<'n>(application: &Application, notice: &'n Notice) -> &'n str {
    let manner = application.plan.as_ref().map(|plan| plan.manner).unwrap_or_default();
    &notice.authorisation.word(manner).act
}

/// The status as units and staff call it: after the Center's decision, by what that was.
pub(crate) fn status_word(application: &Application, notice: &Notice) -> String {
    match (&application.plan, application.status) {
        (Some(plan), rules::issue::status::Status::Authorised) => notice.authorisation.word(plan.manner).done.clone(),
        (_, status) => status.word().to_owned(),
    }
}

fn authorised_otherwise(standing: &Authorisation, differences: &[String]) -> Finding {
    let number = standing.number.as_ref().map_or_else(String::new, |number| format!("（{number}）"));
    let under: BTreeSet<&str> = standing.applications.iter().map(ApplicationId::as_str).collect();
    let under: Vec<&str> = under.into_iter().collect();
    let message = format!(
        "同一大赛已于 {} 授权{number}，申报 {}；一赛一授权，本申报与之不同：{}",
        standing.on,
        under.join("、"),
        differences.join("；")
    );
    Finding::new(FindingCode::ContestAuthorised, Place::file(CONTEST_FILE), message)
}
