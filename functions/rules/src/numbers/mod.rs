//! Numbers that the notice gives out: codes of certificates and of issuing bodies, read under a notice's grammar.

pub mod body;
pub mod code;
