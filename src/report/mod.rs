//! The report and its formats: one file a format, every writer takes a `Report` and a `Write`.

mod controls;
pub mod escape;
pub mod format;
pub mod inventory;
pub mod json;
pub mod model;
mod open;
mod page;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod who;
mod words;

pub use model::Report;
