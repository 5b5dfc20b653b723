//! A review on its way (暂存): its issuing unit's accounts share one, and none of them writes over what it has not seen.

use std::collections::HashSet;

use jiff::Timestamp;
use records::RecordsError;
use records::application::Application;
use records::issue::drafts::StoredDraft;
use records::keys::objects::ObjectKey;
use rules::issue::access::Action;
use rules::issue::application::{ApplicationId, Plan, ReviewDraft};
use rules::values::party::{Actor, IssuingUnit};
use rules::values::schema::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operations;
use crate::refusal::Refusal;
use crate::rows::reviewer_of;

/// A draft to be saved.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SaveDraft {
    /// The revision that was seen; none where there was no draft.
    #[serde(default)]
    pub seen: Option<String>,
    /// Rows refused, reasons of rows approved against advice, and notes; reasons may still be missing.
    #[serde(flatten)]
    pub draft: ReviewDraft,
}

/// Which draft is thrown away.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftSeen {
    /// The revision that was seen.
    pub revision: String,
}

/// A draft.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ShownDraft {
    /// What whoever changes it names as seen; none where there is no draft.
    pub revision: Option<String>,
    /// When it was saved.
    #[schemars(with = "Option<Moment>")]
    pub saved_at: Option<Timestamp>,
    /// By which account.
    pub saved_by: Option<String>,
    /// The application's version now: the decision names it.
    pub version: u64,
    /// What it says.
    #[serde(flatten)]
    pub draft: ReviewDraft,
}

impl ShownDraft {
    fn of(application: &Application, found: Option<(StoredDraft, ReviewDraft)>) -> Self {
        let (stored, draft) = found.unzip();
        Self {
            revision: stored.as_ref().map(|stored| stored.digest.clone()),
            saved_at: stored.as_ref().map(|stored| stored.saved_at),
            saved_by: stored.map(|stored| stored.saved_by),
            version: application.version,
            draft: draft.unwrap_or_default(),
        }
    }
}

impl Operations {
    /// The draft of the actor's own review; an empty one where nothing was saved.
    pub async fn review_draft(&self, actor: &Actor, id: ApplicationId) -> Result<ShownDraft, Refusal> {
        let (application, reviewer) = self.open_review(actor, &id).await?;
        Ok(ShownDraft::of(&application, self.cloud.drafts().get(&id, &reviewer).await?))
    }

    /// Saves it in the place of the one that was seen.
    pub async fn save_draft(&self, actor: &Actor, id: ApplicationId, save: SaveDraft) -> Result<ShownDraft, Refusal> {
        let (application, reviewer) = self.open_review(actor, &id).await?;
        let planned = application.plan.as_ref().ok_or(Refusal::NotFound)?;
        let plan: Plan = self.cloud.read_json(&ObjectKey::Plan { application: id.clone(), digest: planned.digest.clone() }).await?;
        let own: HashSet<u32> = plan.rows.iter().filter(|row| row.reviewer == reviewer).map(|row| row.row).collect();
        if let Some(row) = save.draft.rows().find(|row| !own.contains(row)) {
            return Err(Refusal::Malformed(format!("第 {row} 行不由本机构审核")));
        }
        let saved = self.cloud.drafts().save((&id, &reviewer), &save.draft, save.seen.as_deref(), &actor.subject).await;
        let stored = saved.map_err(saved_by_another)?;
        Ok(ShownDraft::of(&application, Some((stored, save.draft))))
    }

    /// Throws it away, where it is still the one that was seen.
    pub async fn discard_draft(&self, actor: &Actor, id: ApplicationId, seen: DraftSeen) -> Result<ShownDraft, Refusal> {
        let (application, reviewer) = self.open_review(actor, &id).await?;
        self.cloud.drafts().discard(&id, &reviewer, &seen.revision).await.map_err(saved_by_another)?;
        Ok(ShownDraft::of(&application, None))
    }

    /// An application whose rows the actor has still to review.
    async fn open_review(&self, actor: &Actor, id: &ApplicationId) -> Result<(Application, IssuingUnit), Refusal> {
        let application = self.visible(actor, id).await?;
        let reviewer = reviewer_of(actor);
        actor.may(Action::Qualify { reviewer: &reviewer })?;
        let planned = application.plan.as_ref().filter(|plan| plan.reviewers.contains(&reviewer)).ok_or(Refusal::Denied)?;
        if !planned.undecided.contains(&reviewer) {
            return Err(Refusal::Changed(format!("{reviewer} 已审核完毕，没有暂存的审核意见")));
        }
        Ok((application, reviewer))
    }
}

fn saved_by_another(error: RecordsError) -> Refusal {
    match error {
        RecordsError::Conflict => Refusal::Changed("审核意见已由本机构的其他人改过，请刷新后合并再暂存".to_owned()),
        other => other.into(),
    }
}
