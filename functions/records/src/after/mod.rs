//! What comes after the code: archive volumes, publication, hand-out, statistics, verification.

pub mod hand_out;
pub mod publication;
pub mod statistics;
pub mod verification;
pub mod volumes;
