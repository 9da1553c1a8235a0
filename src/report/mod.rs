//! The report and its formats: one file a format, every writer takes a `Report` and a `Write`.

pub mod escape;
pub mod inventory;
pub mod json;
pub mod model;
mod page;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod who;
mod words;

pub use model::Report;
