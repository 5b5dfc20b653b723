//! Names of what is stored: objects of the bucket, items of the table.

pub(crate) mod items;
pub mod kinds;
pub mod objects;
