//! What one check may see of one subject, and the judgements several checks share.
//!
//! `World` is the tenant with its indexes; `Facts` is the window of one check on it. Paths through
//! groups are in `groups`, `holders` and `ways`; what stands before them in `gate`.

pub mod announcement;
pub mod approvers;
pub mod bypass;
pub mod direct;
pub mod emergency;
pub mod enablement;
pub mod enforcement;
pub mod gate;
pub mod groups;
pub mod holders;
pub mod reviews;
pub mod sign_in;
pub mod ways;
pub mod window;
pub mod world;

pub use approvers::Approvers;
pub use bypass::Bypass;
pub use direct::DirectMembers;
pub use enforcement::{Enforcement, EnforcementState};
pub use gate::{Gate, Strength};
pub use groups::{Chain, Entries, Entry, Expansion, Hop, How, Step};
pub use holders::{Holders, Path, PathState, ReachedRole};
pub use sign_in::{Level, SignInDemands, Wanted};
pub use ways::{Way, WayEnd, Ways};
pub use window::Facts;
pub use world::{BreakGlass, World};

use crate::model::{Collected, Gap, Subject, SubjectKind, Target};

/// Whether a list of subjects is whole, for the extra finding `dataset:<name>`.
pub fn list_state<T>(collected: &Collected<T>) -> Option<(&Gap, bool)> {
    collected.gap().map(|gap| (gap, collected.is_missing()))
}

/// The subject of tenant-wide checks.
pub fn tenant_subject() -> Subject {
    Subject {
        key: "tenant".into(),
        kind: SubjectKind::Tenant,
        name: "tenant".into(),
        tier: None,
        weight: 1.0,
        least: 1.0,
        target: Target::Tenant,
    }
}
