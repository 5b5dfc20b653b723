//! Codes and paper: allocations, certificates and their changes, print runs, blank sheets.

pub mod allocation;
pub mod approved;
pub mod certificates;
pub mod changes;
pub mod corrections;
pub mod drafts;
pub mod external_numbers;
pub mod facts;
pub mod failures;
pub mod numbers;
pub mod printing;
pub mod runs;
pub mod sheets;
