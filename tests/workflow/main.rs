//! The whole workflow, against the deployed template: a module for each subject.

mod accounts;
mod alarms;
mod api;
mod archive;
mod bad_input;
mod command;
mod console;
mod copies;
mod corrections;
mod deciders;
mod faults;
mod filing;
mod hand_out;
mod holders;
#[path = "../../functions/certificate/tests/judges/mod.rs"]
mod judges;
mod lists;
mod looking;
mod notifications;
mod process;
mod protection;
mod publication;
mod repeats;
mod restore;
mod retention;
mod reviewers;
mod rulebook;
mod sheets;
mod specific;
mod statistics;
mod template;
mod third_certificate;
mod turns;
mod unit_pages;
mod verification;
mod workspace;
