//! What units really hand in, what attackers might, and what they get back.

mod hostile;
mod ledger;
mod reading;
mod summary;
mod support;
mod writing;
