//! A grant: one stored edge from a principal to a directory role or into a group.

use super::{Access, Dataset, GroupAccess, PrincipalId, RoleId, Scope};
use jiff::Timestamp;
use std::sync::Arc;

/// One stored edge to a role. Projections (`memberType` Group or Inherited) are no grants and never
/// get here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who holds it: a user, a group or a service principal.
    pub principal: PrincipalId,
    /// The role that is held.
    pub role: RoleId,
    /// Where it is held.
    pub within: Scope,
    /// Eligible, or active and how.
    pub hold: Hold,
    /// When it began; `None` for an assignment made outside PIM (or not known, see `hold`).
    pub start: Option<Timestamp>,
    /// When it ends; `None` is permanent. Dates of the year 9999 count as none.
    pub end: Option<Timestamp>,
    /// True where start and end could not be read: then neither is known.
    pub window_unread: bool,
    /// Where it was read.
    pub provenance: Provenance,
    /// The tenant of a foreign principal (`principalOrganizationId`), where Graph names one.
    pub principal_organization: Option<Arc<str>>,
}

/// One stored edge into a group, as PIM for Groups lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupGrant {
    /// Who holds it: a user, a group or a service principal.
    pub principal: PrincipalId,
    /// The group.
    pub group: PrincipalId,
    /// As a member or as an owner.
    pub access: GroupAccess,
    /// Eligible, or active and how.
    pub hold: Hold,
    /// When it began; `None` for what was given outside PIM.
    pub start: Option<Timestamp>,
    /// When it ends; `None` is permanent.
    pub end: Option<Timestamp>,
    /// True where start and end could not be read: then neither is known.
    pub window_unread: bool,
    /// The row's id.
    pub id: Arc<str>,
}

/// How an access is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// Can be activated.
    Eligible,
    /// Made active by an administrator.
    Assigned,
    /// Active for a while, out of an eligibility. Not standing.
    Activated,
    /// Active, but the list that tells assigned from activated could not be read.
    ActiveOfUnknownType,
}

/// Where a grant was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The collection that holds the row.
    pub dataset: Dataset,
    /// The row's id.
    pub id: Arc<str>,
    /// Whether both lists of active assignments know it.
    pub listed: Listed,
}

/// Which of the two lists of active assignments know a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Both, or the grant is an eligibility, which has one list only.
    Both,
    /// Only the role assignments: PIM has no schedule instance for it.
    OnlyRoleAssignments,
    /// Only the schedule instances.
    OnlyScheduleInstances,
    /// The other list could not be read.
    Unknown,
}

/// The class of a grant: how it is held, and whether it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Active by assignment, without an end.
    Permanent,
    /// Active by assignment, with an end.
    TimeBound,
    /// Active out of an eligibility; not standing.
    Activated,
    /// Eligible without an end.
    EligiblePermanent,
    /// Eligible with an end.
    EligibleTimeBound,
    /// Active; whether assigned or activated is not known.
    Unknown,
}

impl Class {
    /// The class of something held so, with or without an end. An activation without an end is
    /// standing, whatever it is called.
    pub const fn of(hold: Hold, endless: bool) -> Self {
        match (hold, endless) {
            (Hold::Eligible, true) => Self::EligiblePermanent,
            (Hold::Eligible, false) => Self::EligibleTimeBound,
            (Hold::Assigned | Hold::Activated, true) => Self::Permanent,
            (Hold::Assigned, false) => Self::TimeBound,
            (Hold::Activated, false) => Self::Activated,
            (Hold::ActiveOfUnknownType, _) => Self::Unknown,
        }
    }

    /// True when the access is there all the time, without an activation.
    pub const fn is_standing(self) -> bool {
        matches!(self, Self::Permanent | Self::TimeBound)
    }
}

impl GroupGrant {
    /// The class of the grant.
    pub const fn class(&self) -> Class {
        Class::of(self.hold, self.end.is_none())
    }

    /// What is held.
    pub fn held(&self) -> Access {
        Access::Group(self.group.clone(), self.access)
    }
}

impl Grant {
    /// What is held.
    pub fn held(&self) -> Access {
        Access::DirectoryRole(self.role.clone())
    }

    /// The class of the grant.
    pub const fn class(&self) -> Class {
        Class::of(self.hold, self.end.is_none())
    }

    /// True when the access is there all the time, without an activation.
    pub const fn is_standing(&self) -> bool {
        self.class().is_standing()
    }

    /// True for an eligibility.
    pub const fn is_eligible(&self) -> bool {
        matches!(self.hold, Hold::Eligible)
    }

    /// The stable key, lower case: `grant:<principal>:<access>`, with the scope where it is not the
    /// tenant and the class where it is not permanent, so that no other grant ever takes it over.
    pub fn key(&self) -> String {
        let mut key = format!("grant:{}:role:{}", self.principal, self.role);
        if !self.within.is_tenant() {
            key.push(':');
            key.push_str(&self.within.to_string().to_ascii_lowercase());
        }
        key.push_str(match self.class() {
            Class::Permanent => "",
            Class::TimeBound => ":timebound",
            Class::Activated => ":activated",
            Class::EligiblePermanent | Class::EligibleTimeBound => ":eligible",
            Class::Unknown => ":unknown",
        });
        key
    }
}
