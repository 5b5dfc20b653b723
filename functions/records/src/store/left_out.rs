//! What of an item is in no digest, kind by kind: nothing but what changes without an entry, and the end of the chain that the entry
//! itself goes into (docs/decisions/0016).

use crate::keys::kinds::ItemKind;
use crate::store::indexes::{ATTEMPTS, BY_PENDING};

/// What items that were written before 2026-11-30 say of pending work: since when there was some.
const SINCE: &str = "since";

/// That there is work on it, when it is looked at and how often it was set going. It is noted when the work is done, by whoever does it;
/// what a change of it leads to is work that is done again, or that is not done and missing.
const PENDING: [&str; 4] = [BY_PENDING.partition, BY_PENDING.sort, ATTEMPTS, SINCE];
/// The same, and that the papers of a batch are made.
const PENDING_OR_MADE: [&str; 5] = [BY_PENDING.partition, BY_PENDING.sort, ATTEMPTS, SINCE, "made"];
/// The end of its own chain: the digest goes into the entry whose hash the end is. The chain is proven by itself.
const OWN_END: [&str; 1] = ["trail"];
/// Whether a photo was found, and could be read, when the certificate was made: that is after the approval has fixed what stands on
/// it. The photo itself is an object of the bucket.
const PHOTO: [&str; 2] = ["photo", "photo_unreadable"];

/// Attributes that say how far the work on such an item is: they change without an entry, and nothing else does.
pub(crate) fn work(kind: ItemKind) -> &'static [&'static str] {
    match kind {
        ItemKind::Batch => &PENDING_OR_MADE,
        ItemKind::Allocation
        | ItemKind::Announcement
        | ItemKind::Application
        | ItemKind::Collection
        | ItemKind::Deleted
        | ItemKind::Renewal
        | ItemKind::Run
        | ItemKind::Volume
        | ItemKind::Year
        | ItemKind::Zip => &PENDING,
        ItemKind::Account
        | ItemKind::Applicant
        | ItemKind::Audit
        | ItemKind::Authorisation
        | ItemKind::Award
        | ItemKind::Body
        | ItemKind::Book
        | ItemKind::Certificate
        | ItemKind::Chunk
        | ItemKind::Correction
        | ItemKind::Counter
        | ItemKind::Destruction
        | ItemKind::Draft
        | ItemKind::End
        | ItemKind::External
        | ItemKind::Failure
        | ItemKind::Filing
        | ItemKind::GuardKey
        | ItemKind::HandOut
        | ItemKind::History
        | ItemKind::Key
        | ItemKind::Line
        | ItemKind::Material
        | ItemKind::Number
        | ItemKind::Place
        | ItemKind::Promotion
        | ItemKind::Record
        | ItemKind::Register
        | ItemKind::Request
        | ItemKind::Row
        | ItemKind::Session
        | ItemKind::SignedOut
        | ItemKind::Set
        | ItemKind::Share
        | ItemKind::Window => &[],
    }
}

/// Attributes of such an item that are not part of its digest.
pub(crate) fn left_out(kind: ItemKind) -> impl Iterator<Item = &'static str> {
    let besides: &[&str] = match kind {
        ItemKind::Account | ItemKind::Application | ItemKind::Authorisation | ItemKind::Body | ItemKind::Deleted | ItemKind::Set => {
            &OWN_END
        }
        ItemKind::Certificate | ItemKind::Record => &PHOTO,
        _ => &[],
    };
    work(kind).iter().chain(besides).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ItemKind) -> Vec<&'static str> {
        left_out(kind).collect()
    }

    /// The same name means something else elsewhere: the version of a material is the object that was judged, a key is known since a day.
    #[test]
    fn what_is_left_out_of_one_kind_counts_in_another() {
        assert_eq!(of(ItemKind::Material), [""; 0]);
        assert_eq!(of(ItemKind::Key), [""; 0]);
        assert_eq!(of(ItemKind::Record), PHOTO);
        assert_eq!(of(ItemKind::Certificate), PHOTO);
        assert_eq!(of(ItemKind::Application), ["pending", "due", "attempts", "since", "trail"]);
        assert_eq!(of(ItemKind::Batch), ["pending", "due", "attempts", "since", "made"]);
        assert!(ItemKind::ALL.iter().all(|kind| left_out(*kind).all(|name| name != "version")));
    }
}
