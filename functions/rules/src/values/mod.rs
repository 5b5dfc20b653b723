//! Values that know of nothing but themselves: dates, identity documents, names, findings, hashes.

pub mod attestation;
pub mod chain;
pub mod date;
pub mod finding;
pub mod identity;
pub mod name;
pub mod prior;
pub mod schema;
pub mod toml_text;
