//! Where an application is listed: the attributes and items by which the lists find it.

use rules::issue::status::Status;
use rules::values::party::IssuingUnit;

use crate::application::stored::{Application, turn};
use crate::keys::items::{filing_key, share_key};
use crate::store::indexes::{BY_PARTY, BY_STATUS, BY_TURN, BY_UNIT};
use crate::store::item::{Attribute, Item};

/// Value of `queue`: the applications of a jurisdiction at a status.
pub(crate) fn queue(jurisdiction: &str, status: Status) -> String {
    format!("{jurisdiction}#{}", status.name())
}

/// Value of `queue`: the open lots of a jurisdiction.
pub(crate) fn open_lots_of(jurisdiction: &str) -> String {
    format!("{jurisdiction}#lots")
}

/// Value of `party`: the open lots that an issuing unit decided.
pub(crate) fn open_lots_by(reviewer: &IssuingUnit) -> String {
    format!("LOTS#{reviewer}")
}

/// Attributes of the indexes that a lot has from its decision until it is handed out: so nobody looks for what is to be done among all that
/// was ever decided.
pub(crate) fn open_lot(application: &Application, reviewer: &IssuingUnit) -> Vec<Attribute> {
    let created = application.created_at.to_string();
    let of_jurisdiction = BY_STATUS.keys(open_lots_of(&application.contest.jurisdiction), created.clone());
    BY_PARTY.keys(open_lots_by(reviewer), created).into_iter().chain(of_jurisdiction).collect()
}

/// The names of those.
pub(crate) const OPEN_LOT: [&str; 3] = [BY_PARTY.partition, BY_STATUS.partition, BY_PARTY.sort];

/// Attributes of the indexes that an application has from its creation on.
pub(crate) fn index_attributes(application: &Application) -> Vec<Attribute> {
    let mut attributes = Vec::from(BY_UNIT.keys(&application.unit, application.created_at.to_string()));
    attributes.extend(at_its_center(application));
    attributes.extend(at_status(application, application.status, application.entered_at));
    attributes
}

/// Those by which the Center of its jurisdiction finds it.
pub(crate) fn at_its_center(application: &Application) -> [Attribute; 2] {
    let center = IssuingUnit::center(&application.contest.jurisdiction);
    BY_PARTY.keys(center.to_string(), application.created_at.to_string())
}

/// Those that change with its status, which it has had since then; without a turn, it is in no list of what waits for somebody.
pub(crate) fn at_status(application: &Application, status: Status, since: jiff::Timestamp) -> Vec<Attribute> {
    let jurisdiction = &application.contest.jurisdiction;
    let mut attributes = Vec::from(BY_STATUS.keys(queue(jurisdiction, status), application.created_at.to_string()));
    if let Some(turn) = turn(&application.unit, jurisdiction, status) {
        attributes.extend(BY_TURN.keys(turn.to_string(), since.to_string()));
    }
    attributes
}

/// That an application is handed in to a filed body, which will issue: an item that is nothing but its place on that body's list, until
/// the authorisation says whose rows are whose. It is the body's turn from `waits_since` on, until it notes the submission as received.
pub(crate) fn filing_place(application: &Application, body: &IssuingUnit, waits_since: Option<jiff::Timestamp>) -> Item {
    let mut place = filing_key(&application.id, body).attributes();
    let listed = BY_PARTY.keys(body.to_string(), application.created_at.to_string());
    let turn = waits_since.map(|since| BY_TURN.keys(body.to_string(), since.to_string()));
    place.extend(listed.into_iter().chain(turn.into_iter().flatten()).map(|(name, value)| (name.to_owned(), value)));
    place
}

/// That an issuing unit reviews rows of an application: an item that is nothing but its place in lists, which are thereby shown to
/// those whose application it is only in part. From the authorisation on it is also the unit's turn.
pub(crate) fn undecided_share(application: &Application, reviewer: &IssuingUnit, at: jiff::Timestamp) -> Item {
    let mut share = decided_share(application, reviewer);
    share.extend(BY_TURN.keys(reviewer.to_string(), at.to_string()).map(|(name, value)| (name.to_owned(), value)));
    share
}

/// The same from its decision on. The authorising Center has the application itself on its list.
pub(crate) fn decided_share(application: &Application, reviewer: &IssuingUnit) -> Item {
    let mut share = share_key(&application.id, reviewer).attributes();
    if *reviewer != IssuingUnit::center(&application.contest.jurisdiction) {
        let listed = BY_PARTY.keys(reviewer.to_string(), application.created_at.to_string());
        share.extend(listed.map(|(name, value)| (name.to_owned(), value)));
    }
    share
}
