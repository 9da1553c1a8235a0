//! The checks: plain static data in a static slice, each with a pure judge.
//!
//! A check judges, it does not gather: no I/O, no clock, no environment, and no other check. What two
//! checks both need is a shared judgement in `facts`.

pub mod expect;
#[cfg(test)]
pub(crate) mod testing;

pub mod activation_beyond_policy;
pub mod activation_too_long;
pub mod activation_without_approval;
pub mod activation_without_justification;
pub mod activation_without_mfa;
pub mod activation_without_ticket;
pub mod active_assignment_too_long;
pub mod approval_lockout;
pub mod approval_without_reason;
pub mod assigned_outside_pim;
pub mod defunct_principal;
pub mod global_administrator_count;
pub mod global_administrator_share;
pub mod guest_privileged_account;
pub mod invalid_waiver;
pub mod missing_break_glass;
pub mod missing_licence;
pub mod muted_notification;
pub mod permanent_active_allowed;
pub mod permanent_active_assignment;
pub mod redundant_grant;
pub mod roles_table_mismatch;
pub mod single_level_approval;
pub mod synced_privileged_account;
pub mod too_many_privileged_assignments;
pub mod unannounced_activation;
pub mod unannounced_assignment;
pub mod unguarded_active_assignment;
pub mod unusable_approvers;

use crate::facts::Facts;
use crate::model::{Dataset, Gap, GapKind, Outcome, Principal, SubjectKind};
pub use expect::{Expect, ExpectShape};

/// One check.
pub struct Check {
    /// Kebab-case, named after the bad state, the file's name. Never changes once shipped.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it looks at and decides, in plain sentences.
    pub what: &'static str,
    /// Why the bad state is bad.
    pub why: &'static str,
    /// How to mend it.
    pub fix: Fix,
    /// Controls and documents that ask for it.
    pub references: &'static [&'static str],
    /// What it judges.
    pub subjects: Subjects,
    /// The collections it reads, beyond those that list its subjects.
    pub needs: &'static [Dataset],
    /// The one shape of expectation it takes.
    pub expect: ExpectShape,
    /// False for the few findings nobody may accept.
    pub waivable: bool,
    /// The judgement of one subject.
    pub judge: fn(&Facts, &Expect) -> Result<Outcome, Gap>,
}

/// How a bad state is mended.
pub struct Fix {
    /// Where in the portal.
    pub portal: &'static str,
    /// Ready Graph calls, method and URL first, body after it. `{role}`, `{policy}` and
    /// `{principal}` stand for the ids of the finding.
    pub graph: &'static [&'static str],
}

/// Which subjects a check judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subjects {
    /// The tenant, once.
    Tenant,
    /// Every role that can be assigned.
    Roles,
    /// Every active grant.
    ActiveGrants,
    /// Everyone who holds a role of tier critical or high, or one labelled PRIVILEGED, directly or
    /// through a group; the groups themselves are left out.
    PrivilegedPrincipals,
    /// Everyone and everything with a grant of its own, groups too.
    GrantedPrincipals,
}

impl Subjects {
    /// The kind of these subjects.
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Tenant => SubjectKind::Tenant,
            Self::Roles => SubjectKind::Role,
            Self::ActiveGrants => SubjectKind::Grant,
            Self::PrivilegedPrincipals | Self::GrantedPrincipals => SubjectKind::Principal,
        }
    }

    /// The collections that list these subjects.
    pub const fn listed_by(self) -> &'static [Dataset] {
        match self {
            Self::Tenant => &[],
            Self::Roles => &[Dataset::RoleDefinitions],
            Self::ActiveGrants => {
                &[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]
            }
            Self::PrivilegedPrincipals => &[
                Dataset::RoleAssignments,
                Dataset::RoleAssignmentScheduleInstances,
                Dataset::RoleEligibilityScheduleInstances,
                Dataset::Principals,
                Dataset::GroupMembers,
            ],
            Self::GrantedPrincipals => &[
                Dataset::RoleAssignments,
                Dataset::RoleAssignmentScheduleInstances,
                Dataset::RoleEligibilityScheduleInstances,
            ],
        }
    }
}

/// Every check, in alphabetical order.
pub static CHECKS: &[&Check] = &[
    &activation_beyond_policy::CHECK,
    &activation_too_long::CHECK,
    &activation_without_approval::CHECK,
    &activation_without_justification::CHECK,
    &activation_without_mfa::CHECK,
    &activation_without_ticket::CHECK,
    &active_assignment_too_long::CHECK,
    &approval_lockout::CHECK,
    &approval_without_reason::CHECK,
    &assigned_outside_pim::CHECK,
    &defunct_principal::CHECK,
    &global_administrator_count::CHECK,
    &global_administrator_share::CHECK,
    &guest_privileged_account::CHECK,
    &invalid_waiver::CHECK,
    &missing_break_glass::CHECK,
    &missing_licence::CHECK,
    &muted_notification::CHECK,
    &permanent_active_allowed::CHECK,
    &permanent_active_assignment::CHECK,
    &redundant_grant::CHECK,
    &roles_table_mismatch::CHECK,
    &single_level_approval::CHECK,
    &synced_privileged_account::CHECK,
    &too_many_privileged_assignments::CHECK,
    &unannounced_activation::CHECK,
    &unannounced_assignment::CHECK,
    &unguarded_active_assignment::CHECK,
    &unusable_approvers::CHECK,
];

/// The check with this id.
pub fn by_id(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// A number with its noun: `1 person`, `2 people`.
fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Of a user it may read, Graph always says `accountEnabled`. Where it does not, every other property
/// beyond the names may be missing as well.
fn only_basic_properties(principal: &Principal) -> Gap {
    Gap::of(
        Dataset::Principals,
        GapKind::PermissionDenied,
        format!(
            "of {} only basic properties came back; grant Directory.Read.All",
            principal.sign_in_name()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_in_the_singular() {
        for (number, expected) in [(0, "0 people"), (1, "1 person"), (2, "2 people")] {
            assert_eq!(counted(number, "person", "people"), expected);
        }
    }

    #[test]
    fn ids_are_unique_sorted_and_kebab_case() {
        for pair in CHECKS.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
        }
        for check in CHECKS {
            assert!(check.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", check.id);
        }
    }

    #[test]
    fn every_check_is_documented() {
        for check in CHECKS {
            for (part, text) in [
                ("title", check.title),
                ("what", check.what),
                ("why", check.why),
                ("fix", check.fix.portal),
            ] {
                assert!(text.len() > 10, "{}: {part} is empty or too short", check.id);
                assert!(!text.contains("  "), "{}: {part} has double blanks", check.id);
            }
            assert!(!check.references.is_empty(), "{} names no reference", check.id);
        }
    }

    #[test]
    fn no_advice_is_more_than_one_change_or_uses_the_old_api() {
        for check in CHECKS {
            for call in check.fix.graph {
                assert!(
                    ["PATCH ", "POST ", "GET ", "DELETE "]
                        .iter()
                        .any(|verb| call.starts_with(verb)),
                    "{}: {call}",
                    check.id
                );
                assert!(!call.contains("/beta/"), "{}: {call}", check.id);
                if let Some((_, body)) = call.split_once(" {\"") {
                    let body = format!("{{\"{body}");
                    let parsed = serde_json::from_str::<serde_json::Value>(&body);
                    assert!(parsed.is_ok(), "{}: {body}: {parsed:?}", check.id);
                }
            }
        }
    }
}
