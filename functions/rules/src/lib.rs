//! The notice, pure: values, decisions, codes, findings.
//!
//! What belongs here: everything that can be decided from an application, the notice's data (`infra/notices/`), the
//! catalogues (`infra/catalogues/`) and a moment in time. What does not: I/O, AWS, clocks, workbooks, PDFs. Every decision
//! can say which clause it rests on, and how it came about.
//!
//! The rooms, from the ground up; each uses only those before it.

pub mod values;

pub mod catalogue;

pub mod notice;

pub mod rulebook;

pub mod numbers;

pub mod intake;

pub mod issue;

pub mod sheets;

pub mod audit;

pub mod after;
