//! The integration tests: one binary, one file a subject.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod audit_log;
mod auth;
mod browser;
mod cli;
mod diff;
mod docs;
mod evidence;
mod formats;
mod fuzz;
mod graph;
mod history;
mod layers;
mod pacing;
mod paths;
mod precheck;
mod redaction;
mod remediate;
mod report;
mod scenarios;
mod support;
