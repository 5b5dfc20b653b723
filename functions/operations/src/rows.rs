//! Which applications an actor may see, and which rows of them: a reviewer its own; the unit and the Center that authorises the contest,
//! all; and all, until they are divided, the filed body that the submission is handed in to.

use records::application::stored::Application;
use rules::issue::access::Action;
use rules::values::party::{Actor, IssuingUnit, Role};

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

/// Whom an actor reviews for.
pub(crate) fn reviewer_of(actor: &Actor) -> IssuingUnit {
    match actor.role {
        Role::Center => IssuingUnit::center(&actor.organisation),
        Role::Body | Role::Unit => IssuingUnit::body(&actor.organisation),
    }
}
