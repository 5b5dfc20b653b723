//! What comes after the code: archive volumes, publication, hand-out, statistics, verification, zips of certificates.

pub mod hand_out;
pub mod publication;
pub mod statistics;
pub mod verification;
pub mod volumes;
pub mod zips;
