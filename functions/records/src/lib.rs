//! The one table and the one bucket: keys, items, transactions, object names, events.
//!
//! What belongs here: every access to DynamoDB and S3, so that no other crate links the SDK. What does not: rules
//! of the notice (they are in `rules`) and anything about HTTP. The only clock of the system is here too.
//!
//! The rooms, from the ground up; each uses only those before it.

pub mod random;

pub mod error;

pub mod keys;

pub mod store;

pub mod application;

pub mod issue;

pub mod after;

pub mod pending;

pub use error::RecordsError;
pub use store::cloud::Cloud;
