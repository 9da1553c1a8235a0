//! Baselines: what is expected of a tenant, as data, and which rule judges which subject.
//!
//! Reads the two files people write, a baseline and the organisation file, into valid types and
//! reports every fault with its place. Judging belongs to `checks` and `evaluate`.

mod bind;
pub mod builtin;
pub mod controls;
mod expectation;
mod faults;
pub mod format;
mod load;
mod merge;
pub mod organisation;
pub mod schema;
mod select;
mod yaml;

pub use bind::{BoundCheck, Plan, bind, datasets};
pub(crate) use faults::nearest;
pub use faults::{Fault, Faults};
pub use load::load;
pub use merge::digest_of;
pub use select::{Itself, Selector, StandsFor};

use crate::checks::{Check, Expect};
use crate::model::{GroupAccess, RolesTable, RuleOrigin, Severity, Tier};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A baseline, valid: every name is resolved and no two rules contradict each other.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Short name, part of every fingerprint.
    pub id: String,
    /// What it is, in a few words.
    pub title: String,
    /// The rules, those of an extended baseline first, in the order of the files.
    pub rules: Vec<Rule>,
    /// Where the rules come from, by short name.
    pub sources: BTreeMap<String, Source>,
    /// `sha256:` and the digest of what the rules demand: check, roles, expectation, severity.
    /// Layout, comments, order, titles and reasons do not change it.
    pub digest: String,
    /// `built-in`, or the name of the file.
    pub origin: String,
    /// The roles table, where a rule of `roles-table-mismatch` is for all.
    pub table: Option<RolesTable>,
}

impl Baseline {
    /// Whether it is part of the program, rather than a file of somebody's own.
    pub fn is_built_in(&self) -> bool {
        self.origin == builtin::ORIGIN
    }
}

/// Where rules come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Title of the document.
    pub title: String,
    /// Date or version, as written.
    pub date: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
}

/// What a finding that is met in part counts for under a rule that knows only met and not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetInPart {
    /// Not met.
    Fails,
    /// Met.
    Passes,
}

/// Which groups a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// Members and owners of every group that leads to one of its roles.
    All,
    /// Members of groups to which one of its roles is actively assigned; of a rule for groups, the
    /// members of all of those.
    Members,
    /// Not as subjects: of the groups that have one of its roles only those count who are in them
    /// directly and without an activation.
    Direct,
    /// None.
    None,
}

/// One rule.
#[derive(Clone)]
pub struct Rule {
    /// The check that judges.
    pub check: &'static Check,
    /// The subjects it is for.
    pub on: Selector,
    /// What is expected of them, in the shape the check takes.
    pub expect: Expect,
    /// How bad it is for a critical-tier subject when it is not met.
    pub severity: Severity,
    /// Whether it is less bad for a subject of a lower tier.
    pub by_tier: bool,
    /// What a finding that is met in part counts for, where it does not count for its credit.
    pub met_in_part: Option<MetInPart>,
    /// The groups it is for, beside the roles.
    pub groups: Groups,
    /// Whether a role that nobody holds is judged; as the check does where nothing is said.
    pub unused: Option<bool>,
    /// Shown only, never scored.
    pub info: bool,
    /// Who says so, and why.
    pub origin: Arc<RuleOrigin>,
    /// Line in its file, from 1.
    pub line: usize,
}

impl Rule {
    /// The severity to show for a subject of this tier.
    pub fn severity_for(&self, tier: Option<Tier>) -> Severity {
        if self.by_tier { self.severity.for_tier(tier) } else { self.severity }
    }

    /// True for a subject with these roles, which is this itself.
    pub fn is_for(&self, roles: &[StandsFor<'_>], itself: Itself) -> bool {
        match (itself.group(), self.groups) {
            (Some(_), Groups::None) | (Some(GroupAccess::Owner), Groups::Members) => false,
            // A rule that names groups, and no roles, is for their members whatever they hold.
            (Some(GroupAccess::Member), Groups::Members) if !self.on.names_groups() => {
                let own: Vec<StandsFor<'_>> = roles.iter().filter(|it| it.own).copied().collect();
                !own.is_empty() && self.on.matches(&own, itself)
            }
            (_, _) => self.on.matches(roles, itself),
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rule")
            .field("check", &self.check.id)
            .field("on", &self.on)
            .field("expect", &self.expect)
            .field("severity", &self.severity)
            .field("by_tier", &self.by_tier)
            .field("met_in_part", &self.met_in_part)
            .field("groups", &self.groups)
            .field("unused", &self.unused)
            .field("info", &self.info)
            .field("origin", &self.origin)
            .field("line", &self.line)
            .finish()
    }
}
