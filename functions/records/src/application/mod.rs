//! What stands from the application to the decision: accounts, materials, claims on awards, the rulebook, the audit trail.

pub mod accounts;
pub mod announcements;
pub mod applications;
pub mod audit;
pub mod authorisations;
pub mod bodies;
pub(crate) mod chains;
pub mod deleted;
pub mod hand_ins;
pub mod holders;
pub(crate) mod listed;
pub mod lists;
pub mod looks;
pub mod people;
pub mod report;
pub mod rulebook;
pub mod stored;
pub mod verdict;

pub use self::applications::Entered;
pub use self::stored::{Application, AuthorisedPlan};
pub use self::verdict::{ReadStamp, Verdict, form_to_compare, handed_in_at, sound_roster};
