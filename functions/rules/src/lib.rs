//! The notice, pure: values, decisions, codes, findings.
//!
//! What belongs here: everything that can be decided from an application, the notice's data (`infra/notices/`), the
//! catalogues (`infra/catalogues/`) and a moment in time. What does not: I/O, AWS, clocks, workbooks, PDFs. Every decision
//! can say which clause it rests on, and how it came about.

pub mod access;
pub mod allocation;
pub mod announcement;
pub mod application;
pub mod attestation;
pub mod audit;
pub mod body;
pub mod catalogue;
pub mod chain;
pub mod check;
pub mod code;
pub mod contest;
pub mod date;
pub mod decision;
pub mod entry;
pub mod face;
pub mod finding;
pub mod hand_out;
pub mod holder;
pub mod identity;
pub mod layout;
pub mod name;
pub mod notice;
pub mod photos;
pub mod prior;
pub mod promotion;
pub mod publication;
pub mod rank;
mod row;
pub mod rulebook;
pub mod run;
pub mod schema;
pub mod sheet;
pub mod statistics;
pub mod stock;
pub mod summary;
pub mod toml_text;
pub mod verification;
pub mod volume;
