//! The checks: plain static data in a static slice, each with a pure judge.
//!
//! A check judges, it does not gather: no I/O, no clock, no environment, and no other check. What two
//! checks both need is a shared judgement in `facts`.

mod bounds;
pub mod expect;
mod licensed;
#[cfg(test)]
pub(crate) mod testing;

pub mod activation_beyond_policy;
pub mod activation_too_long;
pub mod activation_without_approval;
pub mod activation_without_justification;
pub mod activation_without_mfa;
pub mod activation_without_ticket;
pub mod active_alert;
pub mod active_assignment_too_long;
pub mod admins_without_mfa;
pub mod admins_without_strong_authentication;
pub mod alert_switched_off;
pub mod approval_lockout;
pub mod approval_without_reason;
pub mod assigned_outside_pim;
pub mod daily_account_as_admin;
pub mod defunct_principal;
pub mod global_administrator_count;
pub mod global_administrator_share;
pub mod guest_privileged_account;
pub mod invalid_waiver;
pub mod missing_break_glass;
pub mod missing_licence;
pub mod muted_notification;
pub mod nested_group_path;
pub mod no_eligible_global_administrator;
pub mod no_phishing_resistant_method;
pub mod permanent_active_allowed;
pub mod permanent_active_assignment;
pub mod permanent_role_member;
pub mod pim_bypassing_application;
pub mod privileged_workload_identity;
pub mod redundant_grant;
pub mod role_definition_changed;
pub mod roles_table_mismatch;
pub mod shared_activation_mailbox;
pub mod single_level_approval;
pub mod stale_privileged_account;
pub mod standing_group_member;
pub mod standing_group_owner;
pub mod synced_privileged_account;
pub mod tenant_wide_scope;
pub mod too_many_privileged_assignments;
pub mod unannounced_activation;
pub mod unannounced_assignment;
pub mod unenforced_authentication_context;
pub mod unexpiring_eligibility;
pub mod unguarded_active_assignment;
pub mod unmanaged_role_group;
pub mod unprotected_access_group;
pub mod unprotected_approver_group;
pub mod unreviewed_access;
pub mod unusable_approvers;
pub mod weak_access_review;
pub mod weak_break_glass;
pub mod weakest_path;

use crate::facts::{Facts, Level, SignInDemands, Wanted};
use crate::model::{
    Access, Alert, Dataset, Evidence, Gap, GapKind, IsoDuration, Outcome, Principal, SubjectKind,
};
pub use expect::{Among, Expect, ExpectShape, Who};
use std::collections::BTreeSet;

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
    /// Other readings of the good state, which a baseline asks for by name in place of `required`.
    pub variants: &'static [Variant],
    /// The one shape of expectation it takes.
    pub expect: ExpectShape,
    /// False for the few findings nobody may accept.
    pub waivable: bool,
    /// The judgement of one subject.
    pub judge: fn(&Facts, &Expect) -> Result<Outcome, Gap>,
}

impl Check {
    /// Everything it reads: for its judgement, for the list of its subjects, and what says little
    /// without the rest.
    pub fn reads(&self) -> BTreeSet<Dataset> {
        let direct = self.needs.iter().chain(self.subjects.listed_by());
        direct.flat_map(|dataset| dataset.with().iter().chain([dataset])).copied().collect()
    }
}

/// Another reading of the good state, such as a benchmark has it.
pub struct Variant {
    /// Kebab-case; written `expect: <name>`.
    pub name: &'static str,
    /// What is judged otherwise, in one sentence without a full stop.
    pub meaning: &'static str,
}

/// How a bad state is mended.
pub struct Fix {
    /// Where in the portal.
    pub portal: &'static str,
    /// Ready Graph calls, method and URL first, body after it. `{role}`, `{policy}`, `{group}`
    /// and `{principal}` stand for the ids of the finding.
    pub graph: &'static [&'static str],
}

/// Which subjects a check judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subjects {
    /// The tenant, once.
    Tenant,
    /// Every role that can be assigned.
    Roles,
    /// Every role definition, also of those that cannot be assigned.
    Definitions,
    /// Every role that can be assigned, and the members and owners of every group in PIM for Groups
    /// that leads to a role or is declared as sensitive: whatever has an activation policy.
    Policies,
    /// The same, where a group that does not ask itself may pass by what is asked further on: whoever
    /// goes the way must pass every gate on it.
    Gates,
    /// Every active grant.
    ActiveGrants,
    /// Every grant, active and eligible; activations are left out.
    Grants,
    /// Everyone who holds a role of tier critical or high, or one labelled PRIVILEGED, directly or
    /// through a group; the groups themselves are left out.
    PrivilegedPrincipals,
    /// The same without the users.
    PrivilegedServicePrincipals,
    /// Everyone and everything with a grant of its own, groups too.
    GrantedPrincipals,
    /// Groups that hold a role, are eligible for one, lead to such a group, or are declared as
    /// sensitive, by their members.
    RoleGroups,
    /// The same groups, by their owners.
    RoleGroupOwners,
    /// Groups that are named as approvers.
    ApproverGroups,
    /// Groups that the organisation declares as sensitive.
    SensitiveGroups,
    /// The seven PIM alerts.
    Alerts,
    /// Roles in use of tier critical or high, or labelled PRIVILEGED, and the role groups.
    ReviewedAccesses,
    /// Service principals that can rewrite PIM or roles by a permission.
    BypassingApplications,
    /// The declared break-glass accounts.
    BreakGlassAccounts,
}

const ROLE_GRANTS: &[Dataset] = &[
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
];
const ROLE_GROUPS: &[Dataset] = &[
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
    Dataset::GroupOwners,
];

impl Subjects {
    /// The kind of these subjects; of those with several kinds, the first.
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Tenant => SubjectKind::Tenant,
            Self::Roles
            | Self::Definitions
            | Self::Policies
            | Self::Gates
            | Self::ReviewedAccesses => SubjectKind::Role,
            Self::ActiveGrants | Self::Grants => SubjectKind::Grant,
            Self::PrivilegedPrincipals
            | Self::PrivilegedServicePrincipals
            | Self::GrantedPrincipals
            | Self::BypassingApplications
            | Self::BreakGlassAccounts => SubjectKind::Principal,
            Self::RoleGroups
            | Self::RoleGroupOwners
            | Self::ApproverGroups
            | Self::SensitiveGroups => SubjectKind::Group,
            Self::Alerts => SubjectKind::Alert,
        }
    }

    /// True when they are limited to what is privileged.
    pub const fn are_privileged(self) -> bool {
        matches!(
            self,
            Self::PrivilegedPrincipals | Self::PrivilegedServicePrincipals | Self::ReviewedAccesses
        )
    }

    /// True when they are people, limited to what is privileged unless a rule says otherwise.
    pub const fn are_people(self) -> bool {
        matches!(self, Self::PrivilegedPrincipals)
    }

    /// True when roles are among them.
    pub const fn has_roles(self) -> bool {
        matches!(
            self,
            Self::Roles | Self::Definitions | Self::Policies | Self::Gates | Self::ReviewedAccesses
        )
    }

    /// True when accesses of groups are among them.
    pub const fn has_groups(self) -> bool {
        matches!(
            self,
            Self::Policies
                | Self::Gates
                | Self::RoleGroups
                | Self::RoleGroupOwners
                | Self::ApproverGroups
                | Self::SensitiveGroups
                | Self::ReviewedAccesses
        )
    }

    /// What they are, in words for the documentation.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Tenant => "the tenant",
            Self::Roles => "each role",
            Self::Definitions => "each role definition",
            Self::Policies | Self::Gates => {
                "each role, and members and owners of each PIM group that leads to one"
            }
            Self::ActiveGrants => "each active grant",
            Self::Grants => "each grant, active or eligible",
            Self::PrivilegedPrincipals => "each holder of a privileged role",
            Self::PrivilegedServicePrincipals => {
                "each service principal that holds a privileged role"
            }
            Self::GrantedPrincipals => "each principal with a grant of its own",
            Self::RoleGroups => "each group that leads to a role",
            Self::RoleGroupOwners => "the owners of each group that leads to a role",
            Self::ApproverGroups => "each group that approves",
            Self::SensitiveGroups => "each group declared as sensitive",
            Self::Alerts => "each PIM alert",
            Self::ReviewedAccesses => {
                "each privileged role in use and each group that leads to a role"
            }
            Self::BypassingApplications => "each application that can rewrite PIM or roles",
            Self::BreakGlassAccounts => "each declared break-glass account",
        }
    }

    /// The collections that list these subjects.
    pub const fn listed_by(self) -> &'static [Dataset] {
        match self {
            Self::Tenant => &[],
            Self::Roles | Self::Definitions => &[Dataset::RoleDefinitions],
            Self::Policies | Self::Gates => &[
                Dataset::RoleDefinitions,
                Dataset::RoleAssignments,
                Dataset::RoleAssignmentScheduleInstances,
                Dataset::RoleEligibilityScheduleInstances,
                Dataset::Principals,
                Dataset::GroupMembers,
                Dataset::GroupOwners,
                Dataset::GroupPolicies,
            ],
            Self::ActiveGrants => {
                &[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]
            }
            Self::PrivilegedPrincipals | Self::PrivilegedServicePrincipals => &[
                Dataset::RoleAssignments,
                Dataset::RoleAssignmentScheduleInstances,
                Dataset::RoleEligibilityScheduleInstances,
                Dataset::Principals,
                Dataset::GroupMembers,
            ],
            Self::Grants | Self::GrantedPrincipals => ROLE_GRANTS,
            Self::RoleGroups | Self::RoleGroupOwners | Self::ReviewedAccesses => ROLE_GROUPS,
            Self::ApproverGroups => {
                &[Dataset::RolePolicies, Dataset::GroupMembers, Dataset::GroupPolicies]
            }
            Self::SensitiveGroups | Self::BreakGlassAccounts => &[Dataset::Principals],
            Self::Alerts => &[Dataset::PimAlerts],
            Self::BypassingApplications => &[Dataset::ApplicationGrants, Dataset::DelegatedGrants],
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
    &active_alert::CHECK,
    &active_assignment_too_long::CHECK,
    &admins_without_mfa::CHECK,
    &admins_without_strong_authentication::CHECK,
    &alert_switched_off::CHECK,
    &approval_lockout::CHECK,
    &approval_without_reason::CHECK,
    &assigned_outside_pim::CHECK,
    &daily_account_as_admin::CHECK,
    &defunct_principal::CHECK,
    &global_administrator_count::CHECK,
    &global_administrator_share::CHECK,
    &guest_privileged_account::CHECK,
    &invalid_waiver::CHECK,
    &missing_break_glass::CHECK,
    &missing_licence::CHECK,
    &muted_notification::CHECK,
    &nested_group_path::CHECK,
    &no_eligible_global_administrator::CHECK,
    &no_phishing_resistant_method::CHECK,
    &permanent_active_allowed::CHECK,
    &permanent_active_assignment::CHECK,
    &permanent_role_member::CHECK,
    &pim_bypassing_application::CHECK,
    &privileged_workload_identity::CHECK,
    &redundant_grant::CHECK,
    &role_definition_changed::CHECK,
    &roles_table_mismatch::CHECK,
    &shared_activation_mailbox::CHECK,
    &single_level_approval::CHECK,
    &stale_privileged_account::CHECK,
    &standing_group_member::CHECK,
    &standing_group_owner::CHECK,
    &synced_privileged_account::CHECK,
    &tenant_wide_scope::CHECK,
    &too_many_privileged_assignments::CHECK,
    &unannounced_activation::CHECK,
    &unannounced_assignment::CHECK,
    &unenforced_authentication_context::CHECK,
    &unexpiring_eligibility::CHECK,
    &unguarded_active_assignment::CHECK,
    &unmanaged_role_group::CHECK,
    &unprotected_access_group::CHECK,
    &unprotected_approver_group::CHECK,
    &unreviewed_access::CHECK,
    &unusable_approvers::CHECK,
    &weak_access_review::CHECK,
    &weak_break_glass::CHECK,
    &weakest_path::CHECK,
];

/// The check with this id.
pub fn by_id(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// The call that makes a review of an access, as seldom as is allowed and the portal offers.
fn review_call(access: &Access, at_most: IsoDuration) -> String {
    const MONTHS: [(u64, &str); 4] =
        [(12, "Annual"), (6, "Half-yearly"), (3, "Quarterly"), (1, "Monthly")];
    let offered =
        MONTHS.into_iter().find(|(months, _)| IsoDuration::from_months(*months) <= at_most);
    let (pattern, interval, word) =
        offered.map_or(("weekly", 1, "Weekly"), |(months, word)| ("absoluteMonthly", months, word));
    let (what, which, query) = match access {
        Access::DirectoryRole(_) => {
            ("role", "a role", "/roleManagement/directory/roleDefinitions/{role}")
        }
        Access::Group(..) => {
            ("group", "a group that holds roles", "/groups/{group}/transitiveMembers")
        }
    };
    format!(
        "POST /v1.0/identityGovernance/accessReviews/definitions \
         {{\"displayName\":\"{word} review of {which}\",\
         \"descriptionForAdmins\":\"Who still needs this {what}\",\
         \"descriptionForReviewers\":\"Approve only who still needs this {what}\",\
         \"scope\":{{\"@odata.type\":\"#microsoft.graph.accessReviewQueryScope\",\
         \"query\":\"{query}\",\"queryType\":\"MicrosoftGraph\"}},\
         \"reviewers\":[{{\"query\":\"/groups/<id of the reviewer group>/transitiveMembers\",\
         \"queryType\":\"MicrosoftGraph\"}}],\
         \"settings\":{{\"mailNotificationsEnabled\":true,\"reminderNotificationsEnabled\":true,\
         \"justificationRequiredOnApproval\":true,\"defaultDecisionEnabled\":false,\
         \"defaultDecision\":\"None\",\"instanceDurationInDays\":{round},\
         \"autoApplyDecisionsEnabled\":true,\"recommendationsEnabled\":true,\
         \"recurrence\":{{\"pattern\":{{\"type\":\"{pattern}\",\"interval\":{interval}}},\
         \"range\":{{\"type\":\"noEnd\",\"startDate\":\"<date of the first review>\"}}}}}}}}",
        round = if offered.is_some() { 14 } else { 3 }
    )
}

/// A number with its noun: `1 person`, `2 people`.
fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// What Conditional Access demands of the roles that the rule asks about.
fn sign_in_demands(facts: &Facts, expect: &Expect, wanted: Wanted) -> Result<SignInDemands, Gap> {
    match expect {
        Expect::OnePolicy(roles) => facts.one_policy_demands(wanted, roles),
        Expect::Required
        | Expect::Variant(_)
        | Expect::AtMost { .. }
        | Expect::Count { .. }
        | Expect::Share { .. }
        | Expect::Roles(_)
        | Expect::Table(_) => facts.sign_in_demands(wanted, expect.roles()),
    }
}

/// The outcome of demands that fall short of MFA without exceptions.
fn sign_in_shortfall(demands: &SignInDemands, expected: &'static str) -> Outcome {
    if demands.level == Level::WithExceptions && demands.by_defaults {
        let id = "identitySecurityDefaultsEnforcementPolicy";
        return Outcome::partial(0.5, "MFA for administrators by the security defaults", expected)
            .evidence(Evidence::new(Dataset::SecurityDefaults, id, "isEnabled", "true"));
    }
    if demands.level == Level::WithExceptions {
        return Outcome::partial(0.5, "demanded, with exceptions", expected);
    }
    if demands.policies == 0 || demands.open.is_empty() {
        return Outcome::fail("no policy in force demands it", expected);
    }
    let roles = counted(demands.roles, "role", "roles");
    let names: Vec<&str> = demands.open.iter().take(10).map(|name| &**name).collect();
    Outcome::fail(format!("not demanded for {} of {roles}", demands.open.len()), expected)
        .note(format!("left out: {}", names.join(", ")))
}

/// Adds the policies behind the demands.
fn with_policies(demands: SignInDemands, outcome: Outcome) -> Outcome {
    let outcome = outcome.measure("policies", demands.policies as f64);
    let outcome = demands.notes.into_iter().fold(outcome, Outcome::note);
    demands.evidence.into_iter().fold(outcome, Outcome::evidence)
}

/// What Graph says of every alert, and did not say of this one.
fn unread(alert: &Alert, field: &str) -> Gap {
    let detail = format!("{field} of {} did not come", alert.kind.graph_name());
    Gap::unreadable(Dataset::PimAlerts, detail)
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
                // PIM alerts are in beta alone.
                let alerts = call.contains(" /beta/identityGovernance/roleManagementAlerts/");
                assert!(alerts || !call.contains("/beta/"), "{}: {call}", check.id);
                if let Some((_, body)) = call.split_once(" {\"") {
                    let body = format!("{{\"{body}");
                    let parsed = serde_json::from_str::<serde_json::Value>(&body);
                    assert!(parsed.is_ok(), "{}: {body}: {parsed:?}", check.id);
                }
            }
        }
    }
}
