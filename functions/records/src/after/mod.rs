//! What comes after the code: archive volumes, publication, hand-out, statistics, verification, zips of certificates; and restoring
//! all of it.

pub mod hand_out;
pub mod publication;
pub mod restore;
pub mod statistics;
pub mod verification;
mod volume_items;
pub mod volumes;
pub mod zips;
