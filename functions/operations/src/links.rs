//! How long links to objects can be used.

use std::time::Duration;

/// A link to what was made for somebody.
pub(crate) const LINK_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A link by which a browser shows what people look at, or to what holds every winner's document number.
pub(crate) const LOOK_LIFETIME: Duration = Duration::from_secs(5 * 60);
