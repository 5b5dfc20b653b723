//! The notices that ship with the command.

use anyhow::Result;
use rules::notice::{Notice, Notices};

/// The notice that counts for the province's contests.
pub(crate) fn latest_notice() -> Result<Notice> {
    Ok(Notices::built_in()?.general().clone())
}
