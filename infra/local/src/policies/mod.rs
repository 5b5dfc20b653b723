//! The policies of the template, enforced as AWS would: each function has its own name in what it signs, and what its role does
//! not allow is refused. So a right that is missing shows in every test, and on every machine, before anything is deployed.
//!
//! What is enforced: actions, resources and conditions of the functions' policies on the table (leading keys, indexes), the bucket
//! (keys, versions, listings, locks), the event bus, the queues and the parameter store, and what the bucket's policy denies.
//! A GET of what is not there is 403 and not 404 for whoever may not list, as S3 has it.
//!
//! What is not: forms of the browser (their key and size are in the signed policy), and what AWS itself does in a function's name
//! (logs, receiving from queues).

mod ask;
mod bucket;
mod guard;
mod pattern;
mod report;
mod resolve;
mod services;
mod statement;
mod table;

pub(crate) use guard::{Guard, caller, signer};
pub(crate) use report::report;
pub(crate) use resolve::Policies;
pub(crate) use {bucket::asks as bucket_asks, services::asks as service_asks, table::asks as table_asks};

/// The file in the data folder with the policies of what is deployed.
pub(crate) const FILE: &str = "policies.json";
