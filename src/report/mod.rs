//! The report and its formats: one file a format, every writer takes a `Report` and a `Write`.

pub mod activations;
mod controls;
pub mod csv;
pub mod diff;
pub mod escape;
mod flat;
pub mod format;
pub mod github;
pub mod history;
pub mod html;
pub mod inventory;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod ndjson;
mod open;
pub mod oscal;
mod page;
pub mod precheck;
pub mod sarif;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
mod unread;
pub mod verify;
pub mod who;
mod words;
pub mod xlsx;

pub use model::Report;
