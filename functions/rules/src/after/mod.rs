//! What comes after the code: publication, hand-out, archive volumes, verification, statistics, announcements.

pub mod announcement;
pub mod hand_out;
pub mod publication;
pub mod statistics;
pub mod supervision;
pub mod verification;
pub mod volume;
