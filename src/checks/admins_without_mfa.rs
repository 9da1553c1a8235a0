//! `admins-without-mfa`: whether Conditional Access demands MFA of everybody who holds a privileged role.

use super::{
    Check, Expect, ExpectShape, Fix, Subjects, sign_in_demands, sign_in_shortfall, with_policies,
};
use crate::facts::sign_in::SIGN_IN;
use crate::facts::{Facts, Level, Wanted};
use crate::model::{Gap, Outcome};

/// The check.
pub static CHECK: Check = Check {
    id: "admins-without-mfa",
    title: "Administrators sign in without MFA",
    what: "Looks for Conditional Access policies in force, for all applications, that cover every role of \
        tier critical or high in use, or those the rule names, or all users, and demand MFA or any \
        authentication strength. A policy with exceptions other than break-glass accounts is met in part, \
        and so are the security defaults. Without such a policy for each of these roles it fails.",
    why: "An administrator's password alone must open nothing, and most passwords are known to somebody \
        else sooner or later.",
    fix: Fix {
        portal: "Entra admin center > Protection > Conditional Access > Policies > New policy: Users: the \
            privileged roles, or all users, without the break-glass accounts; Target resources: all \
            resources; Grant: require multifactor authentication; Enable policy: On. Try it in \
            report-only mode first",
        graph: &[
            "GET /v1.0/identity/conditionalAccess/policies",
            "POST /v1.0/identity/conditionalAccess/policies \
            {\"displayName\":\"MFA for administrators\",\"state\":\"enabled\",\
            \"conditions\":{\"users\":{\"includeRoles\":[\"<template id of each privileged role>\"],\
            \"excludeUsers\":[\"<id of each break-glass account>\"]},\
            \"applications\":{\"includeApplications\":[\"All\"]},\"clientAppTypes\":[\"all\"]},\
            \"grantControls\":{\"operator\":\"OR\",\"builtInControls\":[\"mfa\"]}}",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.2.2.1",
        "Microsoft best practices for Entra roles: MFA for all administrators",
        "PIM concept and setup: MFA and Conditional Access",
    ],
    subjects: Subjects::Tenant,
    needs: SIGN_IN,
    variants: &[],
    expect: ExpectShape::Roles,
    waivable: true,
    judge,
};

const EXPECTED: &str = "MFA demanded of every administrator, for all applications";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let demands = sign_in_demands(facts, expect, Wanted::Mfa)?;
    let outcome = match demands.level {
        Level::Full | Level::Mfa => Outcome::pass("MFA demanded", EXPECTED),
        Level::WithExceptions | Level::Nothing => sign_in_shortfall(&demands, EXPECTED),
    };
    Ok(with_policies(demands, outcome))
}
