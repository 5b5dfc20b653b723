//! The table, the bucket, the bus and the clock, whatever is stored there.

mod aws_json;
pub mod bucket;
mod bus;
pub mod clock;
pub mod cloud;
pub(crate) mod entered;
pub(crate) mod guard_key;
pub mod idempotency;
pub(crate) mod indexes;
pub(crate) mod item;
pub(crate) mod item_digest;
pub(crate) mod item_text;
pub(crate) mod kept;
pub(crate) mod left_out;
pub mod limits;
pub mod message_queue;
pub mod metrics;
pub mod places;
pub mod queue;
mod requests;
pub(crate) mod restored;
pub mod rulebooks;
pub mod sessions;
pub(crate) mod table;
pub(crate) mod updates;
pub mod upload;
