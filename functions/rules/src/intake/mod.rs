//! From a roster to entries: the contest, its rows and photos, and what is wrong with them.

pub mod check;
pub mod contest;
mod context;
mod corrected;
pub mod difference;
pub mod entry;
pub mod finding_list;
pub mod holder;
pub mod photos;
pub mod promotion;
pub mod rank;
pub mod record;
mod record_problems;
pub(crate) mod row;
pub mod stray;
pub mod summary;
