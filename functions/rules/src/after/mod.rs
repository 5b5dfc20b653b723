//! What comes after the code: publication, hand-out, archive volumes, verification, statistics, announcements; and restoring all of it.

pub mod announcement;
pub mod hand_out;
pub mod publication;
pub mod restore;
pub mod statistics;
pub mod supervision;
pub mod verification;
pub mod volume;
