//! From entries to codes: the application and its status, who may do what, the decision on every row, the allocation.

pub mod access;
pub mod account;
pub mod allocation;
pub mod application;
pub mod authorisation;
pub mod certificate_fields;
pub mod correction;
pub mod decision;
pub mod external;
pub mod filing;
pub mod status;
