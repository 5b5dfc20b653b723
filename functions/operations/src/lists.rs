//! Lists of applications, page by page, and how many wait for whom.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use records::application::Application;
use records::application::lists::{ApplicationList, Count};
use rules::after::publication::Batch;
use rules::issue::allocation::Stage;
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::notice::Notices;
use rules::values::party::{Actor, Applicant, IssuingUnit, Role};
use rules::values::schema::Moment;
use rules::values::vocabulary::{ContestClass, Material};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::authorisation::status_word;
use crate::lot_tasks::{LotTask, task_of};
use crate::own_lot::title;
use crate::refusal::Refusal;
use crate::rows::{is_visible, reviewer_of, sees_rows_of};
use crate::states::lot_word;

/// Applications on a page, if the request does not say.
const PAGE: usize = 50;
/// The most that one page holds.
const MAX_PAGE: u32 = 200;
/// Applications whose lots are looked at at once.
const AT_ONCE: usize = 16;
/// Applications whose lots are looked at for one page of those that fit by their lots: then the page ends, and names the next.
const MAX_LOTS_LOOKED_AT: usize = 400;
/// Characters of a text that is looked for.
const MAX_TEXT: usize = 100;
/// Applications of a unit or a body that are counted by their status.
const MAX_BY_STATUS: usize = 1_000;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Which applications are listed: those that the account may see, and that fit all that is named.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationFilter {
    /// Only those where it is the account's turn, who has waited longest first.
    pub mine: Option<bool>,
    /// At this status.
    pub status: Option<Status>,
    /// 竞赛类别
    pub class: Option<ContestClass>,
    /// Jurisdiction of the contest.
    pub jurisdiction: Option<String>,
    /// 牵头主办单位: a part of its name.
    pub organiser: Option<String>,
    /// 大赛名称: a part of it.
    pub contest: Option<String>,
    /// Whether each is shown with how far its lots are, as far as the account may see them: some requests more for each application.
    pub lots: Option<bool>,
    /// Only those with a lot at this stage; shown with their lots.
    pub stage: Option<Stage>,
    /// Only those with a lot whose print has failed; shown with their lots.
    pub print_failed: Option<bool>,
    /// Only those with a lot that waits for this, and for the account to do it; shown with their lots.
    pub task: Option<LotTask>,
    /// 停留天数: only those that have stood at their status for as many whole days, or more.
    pub waiting_days: Option<u32>,
    /// Whether to tell how many there are in all, where nothing but `mine`, or for a Center `status`, is asked for.
    pub total: Option<bool>,
    /// `next` of the page before; the first page, if none is named.
    pub after: Option<String>,
    /// Applications on a page, 1 to 200; 50, if nothing is said.
    pub size: Option<u32>,
}

/// A page of applications, the oldest first.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ApplicationPage {
    /// Those of this page.
    pub applications: Vec<ApplicationSummary>,
    /// Where the next page begins; none at the end. Of a filtered list a page is looked for among the next 500 applications (400, if the
    /// filter is by lots): where they do not fill it, it is short, or empty, and names a next one.
    pub next: Option<String>,
    /// How many there are in all, where that was asked for and is known without looking at each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<ShownCount>,
}

/// A line of the list of applications.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ApplicationSummary {
    /// Its id, by which every path names it.
    pub id: ApplicationId,
    /// 大赛名称
    pub contest: String,
    /// 竞赛类别
    pub class: ContestClass,
    /// Jurisdiction of the contest.
    pub jurisdiction: String,
    /// 牵头主办单位
    pub organiser: String,
    /// The unit's organisation.
    pub unit: String,
    /// Where it stands.
    pub status: Status,
    /// The status as units and staff call it.
    pub status_word: String,
    /// Decisions name it.
    pub version: u64,
    /// When it was created.
    #[schemars(with = "Moment")]
    pub created_at: Timestamp,
    /// 申报天数: whole days since it was created.
    pub age_days: i64,
    /// 停留天数: whole days since it came to its status.
    pub waiting_days: i64,
    /// Whose turn it is; nobody's while the system is at work, and once all have decided.
    pub turn: Vec<Applicant>,
    /// Whether the organiser has given its word (六、（二）); not: 未声明.
    #[serde(default)]
    pub declared: bool,
    /// Materials of which the paper original was received without a defect (五、（一）).
    #[serde(default)]
    pub originals: Vec<Material>,
    /// Whether the filed body that will issue has noted the submission as received (五、（一）); not: 未备案. None where it is filed with none.
    #[serde(default)]
    pub filed: Option<bool>,
    /// How far its lots are, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Vec<LotStage>>,
}

/// How far a lot is.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LotStage {
    /// Who issues it.
    pub reviewer: IssuingUnit,
    /// Of which type the certificates are, as the notice calls it.
    pub certificate_type_word: String,
    /// The stage that it has reached.
    pub stage: Stage,
    /// Where it stands, as units and staff call it: 已登记 where others issue, 待编号 where numbers are still to be entered.
    pub stage_word: String,
    /// Whether something of it could not be printed, and waits for somebody to have it printed again.
    pub print_failed: bool,
    /// What the account has to do next with it; none where others do, or the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<LotTask>,
    /// That, as units and staff call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_word: Option<String>,
}

/// How many applications there are, as far as the account may see them.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Where it is the account's turn.
    pub mine: ShownCount,
    /// By status, in the order in which they are gone through.
    pub statuses: Vec<StatusCount>,
    /// By whose turn it is.
    pub turns: Turns,
}

/// How many, of an account's or a Center's, wait for whom.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Turns {
    /// 待申报单位: materials are missing, or were sent back.
    pub unit: ShownCount,
    /// 待职鉴中心: to be authorised.
    pub center: ShownCount,
    /// 待颁证机构: to be reviewed.
    pub issuing_units: ShownCount,
    /// 系统处理中: awards are being claimed.
    pub system: ShownCount,
}

/// How many stand at a status.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct StatusCount {
    /// The status that they stand at.
    pub status: Status,
    /// The status as units and staff call it.
    pub status_word: String,
    /// How many they are.
    #[serde(flatten)]
    pub count: ShownCount,
}

/// A number of applications.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
pub struct ShownCount {
    /// How many were counted.
    pub count: u32,
    /// Whether there are more than were counted.
    pub or_more: bool,
}

impl From<Count> for ShownCount {
    fn from(count: Count) -> Self {
        Self { count: count.count, or_more: count.or_more }
    }
}

impl std::ops::Add for ShownCount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, or_more: self.or_more || other.or_more }
    }
}

impl ApplicationFilter {
    /// Texts are looked for as they are typed, but for surrounding spaces; one of nothing is none.
    fn checked(mut self) -> Result<Self, Refusal> {
        for text in [&mut self.organiser, &mut self.contest, &mut self.jurisdiction] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
                return Err(Refusal::Malformed(format!("查找的文字不应超过 {MAX_TEXT} 个字")));
            }
        }
        match self.size {
            Some(size) if !(1..=MAX_PAGE).contains(&size) => Err(Refusal::Malformed(format!("每页应为 1 到 {MAX_PAGE} 份"))),
            _ => Ok(self),
        }
    }

    /// The list that holds all that is wanted in the fewest keys.
    fn list(&self, actor: &Actor) -> ApplicationList {
        if self.mine == Some(true) {
            return ApplicationList::Turn(Applicant::of(actor));
        }
        let organisation = actor.organisation.clone();
        if self.task.is_some() && actor.role != Role::Unit {
            return ApplicationList::OpenLotsBy(reviewer_of(actor));
        }
        match (actor.role, self.status) {
            (Role::Unit, _) => ApplicationList::Unit(organisation),
            (Role::Center, Some(status)) => ApplicationList::Status { jurisdiction: organisation, status },
            (Role::Center, None) => ApplicationList::Party(IssuingUnit::center(&organisation)),
            (Role::Body, _) => ApplicationList::Party(IssuingUnit::body(&organisation)),
        }
    }

    fn wants_lots(&self) -> bool {
        self.lots == Some(true) || self.is_by_lots()
    }

    fn is_by_lots(&self) -> bool {
        self.stage.is_some() || self.task.is_some() || self.print_failed == Some(true)
    }

    /// Whether it wants all of the list that it is looked for in, so that they are counted by their keys.
    fn is_whole_list(&self, actor: &Actor) -> bool {
        let by_status = self.status.is_none() || (actor.role == Role::Center && self.mine != Some(true));
        let by_texts = self.organiser.is_some() || self.contest.is_some() || self.jurisdiction.is_some() || self.class.is_some();
        by_status && !by_texts && !self.is_by_lots() && self.waiting_days.unwrap_or(0) == 0
    }

    fn fits_lots(&self, lots: Option<&[LotStage]>) -> bool {
        let any = |wanted: &dyn Fn(&LotStage) -> bool| lots.is_some_and(|lots| lots.iter().any(wanted));
        self.stage.is_none_or(|stage| any(&|lot| lot.stage == stage))
            && self.task.is_none_or(|task| any(&|lot| lot.task == Some(task)))
            && (self.print_failed != Some(true) || any(&|lot| lot.print_failed))
    }

    fn fits(&self, application: &Application, now: Timestamp) -> bool {
        let contest = &application.contest;
        let has = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| text.contains(wanted));
        self.status.is_none_or(|status| status == application.status)
            && (!self.is_by_lots() || has_lots(application.status))
            && self.class.as_ref().is_none_or(|class| *class == contest.class)
            && self.jurisdiction.as_ref().is_none_or(|jurisdiction| *jurisdiction == contest.jurisdiction)
            && self.waiting_days.is_none_or(|days| whole_days(application.entered_at, now) >= i64::from(days))
            && has(&self.organiser, &contest.organiser)
            && has(&self.contest, &contest.name)
    }
}

/// A cursor that names no place of the list is a mistake of whoever wrote it.
pub(crate) fn no_such_page(error: records::RecordsError) -> Refusal {
    match error {
        records::RecordsError::NotFound => Refusal::Malformed("翻页标记无效，请从第一页查起".to_owned()),
        other => other.into(),
    }
}

/// What a list is looked for by.
struct LookedFor<'a> {
    actor: &'a Actor,
    filter: &'a ApplicationFilter,
    notices: &'a Notices,
    /// What the actor has applied for the publication of; of a list without lots none.
    batches: Vec<Batch>,
}

/// What filters of the list are chosen from.
pub struct FilterChoices {
    /// Codes and names of jurisdictions.
    pub jurisdictions: Vec<(String, String)>,
    /// Classes of contests, of all notices in force.
    pub classes: Vec<String>,
}

impl Operations {
    /// What the filters of the list are chosen from.
    pub async fn filter_choices(&self, _: &Actor) -> Result<FilterChoices, Refusal> {
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let mut classes: Vec<String> = Vec::new();
        for class in rulebook.notices.all().flat_map(|notice| &notice.classes).map(|class| class.name.name()) {
            if !classes.iter().any(|known| known == class) {
                classes.push(class.to_owned());
            }
        }
        let general = rulebook.notices.general();
        Ok(FilterChoices { jurisdictions: general.jurisdictions.iter().map(|one| (one.code.clone(), one.name.clone())).collect(), classes })
    }

    /// A page of the applications that are the actor's to see.
    pub async fn list(&self, actor: &Actor, filter: ApplicationFilter) -> Result<ApplicationPage, Refusal> {
        let filter = filter.checked()?;
        let rulebook = self.cloud.rulebooks().in_force().await?;
        let total = async {
            match filter.total == Some(true) && filter.is_whole_list(actor) {
                true => Ok::<_, Refusal>(Some(self.cloud.applications().count(&filter.list(actor)).await?.into())),
                false => Ok(None),
            }
        };
        let (total, page) = futures::try_join!(total, self.fitting(actor, &filter, &rulebook.notices))?;
        Ok(ApplicationPage { total, ..page })
    }

    /// The page without how many there are in all.
    async fn fitting(&self, actor: &Actor, filter: &ApplicationFilter, notices: &Notices) -> Result<ApplicationPage, Refusal> {
        let size = filter.size.map_or(PAGE, |size| size as usize);
        let now = self.cloud.clock.now();
        let batches = if filter.wants_lots() { self.cloud.publications().batches(&Applicant::of(actor)).await? } else { Vec::new() };
        let looked_for = LookedFor { actor, filter, notices, batches };
        let (mut shown, mut after, mut looked_at): (Vec<ApplicationSummary>, _, _) = (Vec::new(), filter.after.clone(), 0);
        loop {
            let left = size - shown.len();
            let wanted = |application: &Application| is_visible(actor, application) && filter.fits(application, now);
            let count = if filter.is_by_lots() { left.max(AT_ONCE) } else { left };
            let page = self.cloud.applications().page(&filter.list(actor), after.as_deref(), count, wanted).await;
            let page = page.map_err(no_such_page)?;
            looked_at += page.applications.len();
            let summaries = self.summaries(&looked_for, page.applications).await?;
            let fitting = summaries.into_iter().zip(page.after_each).filter(|(one, _)| filter.fits_lots(one.lots.as_deref()));
            let mut fitting: Vec<(ApplicationSummary, String)> = fitting.collect();
            if fitting.len() > left {
                fitting.truncate(left);
                let next = fitting.last().map(|(_, after)| after.clone());
                shown.extend(fitting.into_iter().map(|(one, _)| one));
                return Ok(ApplicationPage { applications: shown, next, total: None });
            }
            shown.extend(fitting.into_iter().map(|(one, _)| one));
            after = page.next;
            let looks_on = filter.is_by_lots() && shown.len() < size && looked_at < MAX_LOTS_LOOKED_AT;
            if after.is_none() || !looks_on {
                return Ok(ApplicationPage { applications: shown, next: after, total: None });
            }
        }
    }

    /// Lines of the list, with their lots where the filter wants them.
    async fn summaries(&self, looked_for: &LookedFor<'_>, applications: Vec<Application>) -> Result<Vec<ApplicationSummary>, Refusal> {
        let now = self.cloud.clock.now();
        let looks = stream::iter(applications).map(async |application| {
            let lots = if looked_for.filter.wants_lots() { Some(self.lot_stages(looked_for, &application).await?) } else { None };
            Ok::<_, Refusal>(summary(application, lots, now, looked_for.notices))
        });
        looks.buffered(AT_ONCE).try_collect().await
    }

    /// How far the lots of an application are. Budget: a query for the lots, and two more where there are some; for a lot before its archive
    /// that lies on no sheets, one more.
    async fn lot_stages(&self, looked_for: &LookedFor<'_>, application: &Application) -> Result<Vec<LotStage>, Refusal> {
        let (LookedFor { actor, notices, batches, .. }, id) = (looked_for, &application.id);
        let mut lots = if has_lots(application.status) { self.cloud.allocations().of(id).await? } else { Vec::new() };
        lots.retain(|lot| sees_rows_of(actor, application, &lot.reviewer));
        if lots.is_empty() {
            return Ok(Vec::new());
        }
        let notice = notices.of_contest(&application.contest).unwrap_or_else(|_| notices.general());
        let (runs, failures) = (self.cloud.runs().of(id).await?, self.cloud.failures().open(id).await?);
        let mut stages = Vec::with_capacity(lots.len());
        for lot in lots {
            let name = lot.lot();
            let state = self.lot_state(&lot, &runs, notice).await?;
            let task = task_of(actor, notice, &lot, state, batches);
            stages.push(LotStage {
                task,
                task_word: task.map(|task| task.word().to_owned()),
                stage_word: lot_word(&lot, state).to_owned(),
                reviewer: lot.reviewer,
                certificate_type_word: title(notice, lot.certificate_type),
                stage: state.stage(),
                print_failed: failures.iter().any(|failure| failure.chunk.lot == name),
            });
        }
        Ok(stages)
    }

    /// Where it is the actor's turn: one query.
    pub async fn turn_count(&self, actor: &Actor) -> Result<ShownCount, Refusal> {
        Ok(self.cloud.applications().count(&ApplicationList::Turn(Applicant::of(actor))).await?.into())
    }

    /// How many applications there are by status and by whose turn it is. Budget: for a Center a query for each status and one
    /// more, for a unit or a body those of a page of all that it has.
    pub async fn counts(&self, actor: &Actor) -> Result<Counts, Refusal> {
        let mine = self.turn_count(actor).await?;
        let mut counted = Vec::with_capacity(Status::ALL.len());
        if actor.role == Role::Center {
            for &status in Status::ALL {
                let list = ApplicationList::Status { jurisdiction: actor.organisation.clone(), status };
                counted.push((status, self.cloud.applications().count(&list).await?.into()));
            }
        } else {
            let list = ApplicationFilter::default().list(actor);
            let page = self.cloud.applications().page(&list, None, MAX_BY_STATUS, |application| is_visible(actor, application)).await?;
            for &status in Status::ALL {
                let count = page.applications.iter().filter(|application| application.status == status).count();
                counted.push((status, ShownCount { count: u32::try_from(count).unwrap_or(u32::MAX), or_more: page.next.is_some() }));
            }
        }
        let at = |wanted: &[Status]| {
            let counts = counted.iter().filter(|(status, _)| wanted.contains(status)).map(|(_, count)| *count);
            counts.fold(ShownCount::default(), |sum, count| sum + count)
        };
        let turns = Turns {
            unit: at(&[Status::Draft, Status::Returned]),
            center: at(&[Status::Submitted]),
            issuing_units: at(&[Status::Authorised]),
            system: at(&[Status::Registering]),
        };
        let shown = |(status, count): (Status, ShownCount)| StatusCount { status, status_word: status.word().to_owned(), count };
        Ok(Counts { mine, turns, statuses: counted.into_iter().map(shown).collect() })
    }
}

/// Whether somebody may have decided rows of an application at that status.
fn has_lots(status: Status) -> bool {
    match status {
        Status::Authorised | Status::Qualified => true,
        Status::Draft | Status::Registering | Status::Submitted | Status::Returned => false,
    }
}

/// Whole days from one moment to another.
fn whole_days(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs().max(0) / DAY_SECONDS
}

fn summary(application: Application, lots: Option<Vec<LotStage>>, now: Timestamp, notices: &Notices) -> ApplicationSummary {
    let notice = notices.of_contest(&application.contest).unwrap_or_else(|_| notices.general());
    let days_since = |at: Timestamp| whole_days(at, now);
    ApplicationSummary {
        lots,
        status_word: status_word(&application, notice),
        turn: application.turn(),
        declared: application.declaration.is_some(),
        originals: application.originals.iter().filter(|(_, original)| original.defect.is_none()).map(|(material, _)| *material).collect(),
        filed: application.filing.map(|filing| filing.received.is_some()),
        age_days: days_since(application.created_at),
        waiting_days: days_since(application.entered_at),
        id: application.id,
        class: application.contest.class,
        jurisdiction: application.contest.jurisdiction,
        organiser: application.contest.organiser,
        contest: application.contest.name,
        unit: application.unit,
        status: application.status,
        version: application.version,
        created_at: application.created_at,
    }
}
