//! Values that know of nothing but themselves: dates, identity documents, names, findings, hashes.

pub mod attestation;
pub mod chain;
pub mod claims;
pub mod date;
pub mod finding;
pub mod finding_group;
mod finding_word;
pub mod folding;
pub mod identity;
pub mod lines;
pub mod lot;
pub mod merkle;
pub mod name;
pub mod one_to;
pub mod party;
pub mod prior;
pub mod ranges;
pub mod rank;
pub mod schema;
pub mod template;
pub mod text;
pub mod toml_text;
pub mod vocabulary;
