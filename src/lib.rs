//! Audits Microsoft Entra Privileged Identity Management against recommended baselines.
//!
//! A Graph client collects, resolved rows become a typed tenant, checks judge it against baselines
//! that are data, and a report shows the score. It only ever reads.

pub mod activations;
pub mod assemble;
pub mod auth;
pub mod baseline;
pub mod checks;
pub mod cli;
pub mod collect;
pub mod diff;
pub mod evaluate;
pub mod evidence;
pub mod facts;
pub mod graph;
pub mod model;
pub mod precheck;
pub mod remediate;
pub mod report;
pub mod resolve;
pub mod score;
pub mod snapshot;
pub mod store;
