//! Numbered paper: blank sheets' serials, a holder's stock and its ledger, print runs.

pub mod daily;
pub mod run;
pub mod serial;
pub mod stock;
