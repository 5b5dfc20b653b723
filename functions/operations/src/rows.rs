//! Which rows of an application an actor may see: a reviewer its own; the unit and the Center that authorises the contest, all.

use records::application::stored::Application;
use rules::issue::access::Action;
use rules::values::party::{Actor, IssuingUnit, Role};

/// Whether the actor may see the rows that `reviewer` reviews.
pub(crate) fn sees_rows_of(actor: &Actor, application: &Application, reviewer: &IssuingUnit) -> bool {
    let (unit, jurisdiction) = (&application.unit, &application.contest.jurisdiction);
    actor.may(Action::SeeRow { unit, jurisdiction, reviewer }).is_ok()
}

/// Whether the actor may see every row, and the materials in which they stand together.
pub(crate) fn sees_all_rows(actor: &Actor, application: &Application) -> bool {
    let (unit, jurisdiction) = (&application.unit, &application.contest.jurisdiction);
    actor.may(Action::SeeAllRows { unit, jurisdiction }).is_ok()
}

/// Whom an actor reviews for.
pub(crate) fn reviewer_of(actor: &Actor) -> IssuingUnit {
    match actor.role {
        Role::Center => IssuingUnit::center(&actor.organisation),
        Role::Body | Role::Unit => IssuingUnit::body(&actor.organisation),
    }
}
