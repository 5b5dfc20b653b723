//! Names that nothing tells beforehand: of applications, of defects in the log, of whoever holds a place.

use rules::issue::application::ApplicationId;

/// A new name, never made from the clock.
pub fn random_id() -> ApplicationId {
    ApplicationId::from_bits(rand::random())
}
