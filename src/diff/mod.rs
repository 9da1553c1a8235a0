//! What changed between two snapshots of one tenant.
//!
//! `facts` compares what was read, `meaning` what was judged, `split` the two postures. Pure: no I/O and
//! no clock. Who made a change stands in the audit log; wording and layout belong to `report`.

pub mod facts;
pub mod meaning;
pub mod split;
pub mod waivers;
