//! What changed between two snapshots of one tenant.
//!
//! `facts` compares what was read, `who` asks the audit log who made the changes, `doubt` keeps what may be
//! an activation from being judged, `meaning` compares what was judged, `split` the two postures. Pure: no
//! I/O and no clock. Wording and layout belong to `report`.

pub mod doubt;
pub mod facts;
pub mod meaning;
pub mod split;
pub mod waivers;
pub mod who;
