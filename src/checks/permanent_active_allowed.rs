//! `permanent-active-allowed`: whether a policy lets administrators be active for ever.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Expiration, Gap, GapKind, Outcome, RoleId, TableRow, roles,
};

const RULE: &str = "Expiration_Admin_Assignment";

/// The check.
pub static CHECK: Check = Check {
    id: "permanent-active-allowed",
    title: "Policy allows permanent active assignment",
    what: "Reads whether each role's policy makes active assignments end, and after how long: an end \
        within the limit passes, a later one is met in part, none fails. Roles that the baseline's roles \
        table calls static may do without, and Global Administrator where declared break-glass accounts \
        are the only permanent holders.",
    why: "What the policy allows somebody will do, in a hurry and for good. A policy that makes every \
        active assignment end turns a forgotten exception into one that ends by itself.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Assignment > clear Allow permanent active \
            assignment > Expire active assignments after",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Expiration_Admin_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyExpirationRule\",\
            \"id\":\"Expiration_Admin_Assignment\",\"isExpirationRequired\":true,\"maximumDuration\":\"P180D\",\
            \"target\":{\"caller\":\"Admin\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "PIM with Defender for Office 365",
        "PIM concept and setup: assignment settings",
        "CISA SCuBA MS.AAD.7.4v1",
    ],
    subjects: Subjects::Policies,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::Principals,
    ],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    // Longer than the limit is met in part, however long: an end in sight beats none.
    let Some((limit, _)) = expect.durations() else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let expected = format!("active assignments end, after at most {limit}");
    let (outcome, field, value) =
        match policy.assignment_expiration.as_ref().map_err(Clone::clone)? {
            Expiration::AtMost(longest) => {
                let observed = format!("active assignments end after at most {longest}");
                let outcome = if *longest <= limit {
                    Outcome::pass(observed, expected)
                } else {
                    by_table(facts, access.role(), &observed, &expected)
                        .unwrap_or_else(|| Outcome::partial(0.5, observed, expected))
                };
                (outcome, "maximumDuration", longest.to_iso())
            }
            Expiration::NotRequired => {
                let outcome = without_end(facts, access.role(), &expected)?;
                (outcome, "isExpirationRequired", "false".to_owned())
            }
        };
    Ok(outcome.evidence(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.{field}"),
        value,
    )))
}

fn without_end(facts: &Facts, role: Option<&RoleId>, expected: &str) -> Result<Outcome, Gap> {
    let observed = "permanent active assignment allowed";
    if let Some(role) = role.filter(|role| role.is(roles::GLOBAL_ADMINISTRATOR)) {
        return Ok(if only_break_glass_is_permanent(facts, role)? {
            Outcome::pass(observed, expected.to_owned())
                .note("declared break-glass accounts are the only permanent Global Administrators")
        } else {
            Outcome::fail(observed, expected.to_owned())
        });
    }
    let by_table = by_table(facts, role, observed, expected);
    Ok(by_table.unwrap_or_else(|| Outcome::fail(observed, expected.to_owned())))
}

/// What the roles table makes of a policy without an end, or with a late one.
fn by_table(
    facts: &Facts,
    role: Option<&RoleId>,
    observed: &str,
    expected: &str,
) -> Option<Outcome> {
    let (observed, expected) = (observed.to_owned(), expected.to_owned());
    match facts.table_row(role?)? {
        TableRow::Active => {
            Some(Outcome::pass(observed, expected).note("static by the roles table"))
        }
        TableRow::Tolerated => Some(
            Outcome::partial(0.5, observed, expected)
                .note("the roles table tolerates static assignments of this role"),
        ),
        TableRow::Eligible => None,
    }
}

/// Whether declared break-glass accounts are the only permanent holders. One other holder proves the
/// contrary; that there is none is known only from the whole list.
fn only_break_glass_is_permanent(facts: &Facts, role: &RoleId) -> Result<bool, Gap> {
    if facts.break_glass().is_empty() {
        return Ok(false);
    }
    let mut found = false;
    let mut unknown = None;
    for grant in facts.active_of(role) {
        match grant.class() {
            Class::Permanent if facts.is_break_glass(&grant.principal) => found = true,
            // Who could not be read may be a declared account after all.
            Class::Permanent => match facts.principal_by_id(&grant.principal) {
                Ok(_) => return Ok(false),
                Err(gap) => unknown = Some(gap),
            },
            Class::Unknown => {
                unknown = Some(Gap::of(
                    Dataset::RoleAssignmentScheduleInstances,
                    GapKind::Incomplete,
                    "whether a Global Administrator is permanent or activated is not known",
                ));
            }
            Class::TimeBound
            | Class::Activated
            | Class::EligiblePermanent
            | Class::EligibleTimeBound => {}
        }
    }
    facts.active()?;
    match unknown {
        Some(gap) => Err(gap),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, GLOBAL_READER, USER_ADMINISTRATOR};
    use crate::model::{Collected, Hold, IsoDuration};

    fn judged(case: &Case, role: &str) -> Result<Outcome, Gap> {
        let at_most = IsoDuration::parse("P183D").unwrap();
        case.judge_role(&CHECK, role, &Expect::at_most(at_most, None))
    }

    /// Permanent Global Administrators are allowed, `bg1` is declared.
    fn with_break_glass() -> Case {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        case.user("bg1");
        case.organisation.break_glass.push("bg1@contoso.example".to_owned());
        case
    }

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        let mut case = Case::new();
        assert_eq!(judged(&case, USER_ADMINISTRATOR).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        let unreadable = Gap::unreadable(Dataset::RolePolicies, "maximumDuration is \"P\"");
        case.policy(USER_ADMINISTRATOR).assignment_expiration = Err(unreadable.clone());
        assert_eq!(judged(&case, USER_ADMINISTRATOR).unwrap_err(), unreadable);
    }

    #[test]
    fn the_limit_is_inclusive_and_a_later_end_is_met_in_part() {
        for (longest, expected) in
            [("P183D", "pass"), ("P15D", "pass"), ("P183DT1S", "partial"), ("P10Y", "partial")]
        {
            let mut case = Case::new();
            case.policy(USER_ADMINISTRATOR).assignment_expiration =
                Ok(Expiration::AtMost(IsoDuration::parse(longest).unwrap()));
            assert_eq!(judged(&case, USER_ADMINISTRATOR).unwrap().name(), expected, "{longest}");
        }
    }

    #[test]
    fn a_static_role_of_the_table_may_do_without_an_end() {
        for (row, expected) in [
            (Some(TableRow::Active), "pass"),
            (Some(TableRow::Tolerated), "partial"),
            (Some(TableRow::Eligible), "fail"),
            (None, "fail"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_READER).assignment_expiration = Ok(Expiration::NotRequired);
            case.table(GLOBAL_READER, row);
            assert_eq!(judged(&case, GLOBAL_READER).unwrap().name(), expected, "{row:?}");
        }
    }

    #[test]
    fn only_declared_break_glass_accounts_excuse_global_administrator() {
        let mut case = with_break_glass();
        case.table(GLOBAL_ADMINISTRATOR, Some(TableRow::Active));
        // Nobody permanent at all: there is nothing to excuse.
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "fail");
        case.active("bg1", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "pass");
        case.user("ana");
        let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
        grant.hold = Hold::Activated;
        grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "pass");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "fail");
        case.organisation.break_glass.clear();
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "fail");
    }

    #[test]
    fn an_unread_list_matters_only_for_global_administrator_with_break_glass() {
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403");
        let mut case = with_break_glass();
        case.policy(USER_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        case.tenant.active = Collected::Missing(gap.clone());
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap_err(), gap);
        assert_eq!(judged(&case, USER_ADMINISTRATOR).unwrap().name(), "fail");
        case.organisation.break_glass.clear();
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap().name(), "fail");
    }

    #[test]
    fn of_a_part_of_the_list_only_a_failure_can_be_proven() {
        for (holder, expected) in [("bg1", None), ("ana", Some("fail")), ("hidden", None)] {
            let mut case = with_break_glass();
            case.user("ana");
            case.hidden("hidden");
            case.active(holder, GLOBAL_ADMINISTRATOR);
            let Collected::Complete(rows) = case.tenant.active else { panic!("not complete") };
            let gap = Gap::of(Dataset::RoleAssignments, GapKind::Incomplete, "page 2 failed");
            case.tenant.active = Collected::Partial(rows, gap);
            let outcome = judged(&case, GLOBAL_ADMINISTRATOR);
            assert_eq!(outcome.as_ref().ok().map(Outcome::name), expected, "{holder}");
        }
        let mut case = with_break_glass();
        case.active("bg1", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&case, GLOBAL_ADMINISTRATOR).unwrap_err().kind, GapKind::Incomplete);
    }
}
