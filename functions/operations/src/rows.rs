//! Which applications an actor may see, and which rows of them: a reviewer its own; the unit and the Center that authorises the contest,
//! all; and all, until they are divided, the filed body that the submission is handed in to.

use std::collections::HashSet;
use std::sync::Arc;

use records::application::sound_roster;
use records::application::stored::Application;
use records::keys::objects::ObjectKey;
use rules::intake::entry::Entry;
use rules::issue::access::Action;
use rules::issue::application::Plan;
use rules::values::party::{Actor, IssuingUnit, Role};
use rules::values::vocabulary::Material;

use crate::Operations;
use crate::refusal::Refusal;

/// The roster that counts, as far as an actor may see its rows.
pub(crate) struct RosterInView {
    /// Version of the roster.
    pub(crate) version: String,
    /// All of its rows: who looks at some of them is told whose photo is whose by all.
    pub(crate) entries: Arc<Vec<Entry>>,
    /// The rows that the actor may see; none where that is all of them.
    own: Option<HashSet<u32>>,
}

impl RosterInView {
    /// Whether the actor may see a row.
    pub(crate) fn sees(&self, row: u32) -> bool {
        self.own.as_ref().is_none_or(|own| own.contains(&row))
    }

    /// Whether the actor may see every row.
    pub(crate) fn sees_all(&self) -> bool {
        self.own.is_none()
    }

    /// The rows that the actor may see, in roster order.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| self.sees(entry.row))
    }
}

impl Operations {
    /// The roster that was authorised, or else the latest sound one; none where there is none that the actor may see rows of.
    pub(crate) async fn roster_in_view(&self, actor: &Actor, application: &Application) -> Result<Option<RosterInView>, Refusal> {
        let id = &application.id;
        let (version, own) = match &application.plan {
            Some(planned) if sees_all_rows(actor, application) => (planned.roster_version.clone(), None),
            Some(planned) => {
                let key = ObjectKey::Plan { application: id.clone(), digest: planned.digest.clone() };
                let plan = self.cloud.read_kept::<Plan>(&key).await?;
                let own = plan.rows.iter().filter(|row| sees_rows_of(actor, application, &row.reviewer)).map(|row| row.row);
                (planned.roster_version.clone(), Some(own.collect()))
            }
            None if sees_all_rows(actor, application) => {
                let verdicts = self.cloud.applications().verdicts(application).await?;
                let Some(roster) = sound_roster(&verdicts) else { return Ok(None) };
                (roster.judgement(), None)
            }
            None => return Ok(None),
        };
        let entries = self.cloud.printing().entries(id, &version).await?;
        Ok(Some(RosterInView { version, entries, own }))
    }
}

/// Whether the actor may see the application at all.
pub(crate) fn is_visible(actor: &Actor, application: &Application) -> bool {
    let (unit, jurisdiction, reviewers) = (&application.unit, &application.contest.jurisdiction, &application.issuing_units());
    actor.may(Action::See { unit, jurisdiction, reviewers }).is_ok()
}

/// Whether the actor may see the rows that `reviewer` reviews.
pub(crate) fn sees_rows_of(actor: &Actor, application: &Application, reviewer: &IssuingUnit) -> bool {
    let (unit, jurisdiction) = (&application.unit, &application.contest.jurisdiction);
    actor.may(Action::SeeRow { unit, jurisdiction, reviewer }).is_ok()
}

/// Whether the actor may see every row, and the materials in which they stand together.
pub(crate) fn sees_all_rows(actor: &Actor, application: &Application) -> bool {
    let (unit, jurisdiction) = (&application.unit, &application.contest.jurisdiction);
    let filed_with = application.filed_with();
    actor.may(Action::SeeAllRows { unit, jurisdiction, filed_with: filed_with.as_ref() }).is_ok()
}

/// Whether the actor may see materials that hold every row: who may see them all, and a reviewer of all of them.
pub(crate) fn sees_whole(actor: &Actor, application: &Application) -> bool {
    let reviews_all = |reviewers: &[IssuingUnit]| reviewers.iter().all(|reviewer| sees_rows_of(actor, application, reviewer));
    sees_all_rows(actor, application) || application.plan.as_ref().is_some_and(|plan| reviews_all(&plan.reviewers))
}

/// Whether every row stands in a material, with what only its own reviewer may see of it.
pub(crate) fn holds_all_rows(material: Material) -> bool {
    match material {
        Material::Summary | Material::Roster | Material::Photos => true,
        Material::Contest | Material::Commendation => false,
    }
}

/// Whom an actor reviews for.
pub(crate) fn reviewer_of(actor: &Actor) -> IssuingUnit {
    match actor.role {
        Role::Center => IssuingUnit::center(&actor.organisation),
        Role::Body | Role::Unit => IssuingUnit::body(&actor.organisation),
    }
}
