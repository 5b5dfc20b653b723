//! The one table and the one bucket: keys, items, transactions, object names, events.
//!
//! What belongs here: every access to DynamoDB and S3, so that no other crate links the SDK. What does not: rules
//! of the notice (they are in `rules`) and anything about HTTP. The only clock of the system is here too.

pub mod allocation;
pub mod announcements;
pub mod application;
pub mod audit;
mod aws_json;
pub mod bodies;
pub mod bucket;
pub mod certificates;
pub mod clock;
pub mod cloud;
pub mod error;
pub mod facts;
pub mod hand_out;
pub mod holders;
pub mod keys;
pub mod life;
pub mod limits;
pub mod pending;
pub mod printing;
pub mod publication;
pub mod queue;
mod requests;
pub mod rulebook;
pub mod runs;
pub mod sheets;
pub mod statistics;
mod table;
pub mod upload;
pub mod verification;
pub mod volumes;

pub use cloud::Cloud;
pub use error::RecordsError;
