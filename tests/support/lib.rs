//! Support for the whole-workflow tests: made-up applications, and the stack they are handed to.

pub mod bill;
pub mod browser;
pub mod carrier;
pub mod case;
pub mod copies;
pub mod face;
pub mod folder;
pub mod paper;
pub mod people;
pub mod proxy;
pub mod saizheng;
