//! The integration tests: one binary, one file a subject.

mod auth;
mod cli;
mod docs;
mod graph;
mod layers;
mod scenarios;
mod support;
