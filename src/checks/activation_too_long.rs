//! `activation-too-long`: the longest activation a role's policy allows.

use super::licensed::{INTUNE_WITH_PIM, skipped};
use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{Dataset, Evidence, Expiration, Gap, GapKind, IsoDuration, Outcome, Verdict};

const RULE: &str = "Expiration_EndUser_Assignment";
/// The portal's slider ends here; only Graph accepts more.
const PORTAL_MAXIMUM_HOURS: u64 = 24;

/// The check.
pub static CHECK: Check = Check {
    id: "activation-too-long",
    title: "Activation may last too long",
    what: "Compares the maximum activation duration of each role's policy with the baseline, by value: \
        PT8H and PT480M are the same, PT8H30M is longer. A duration of nothing limits nothing and fails. \
        A rule may say nothing of tenants without licences of Intune and Entra ID P2.",
    why: "A stolen session keeps the role until the activation ends. A working day is enough for one \
        task; anything longer is standing access by another name.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Activation maximum \
            duration (hours)",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Expiration_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyExpirationRule\",\
            \"id\":\"Expiration_EndUser_Assignment\",\"isExpirationRequired\":true,\"maximumDuration\":\"PT8H\",\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "PIM concept and setup: roles configuration",
    ],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::SubscribedSkus],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Some((ideal, at_most)) = expect.durations() else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    if matches!(expect, Expect::AtMost { with_intune: true, .. })
        && let Some(skipped) = skipped(facts, &INTUNE_WITH_PIM)?
    {
        return Ok(skipped);
    }
    let policy = facts.policy()?;
    let expected = format!("at most {at_most}");
    let evidence = |value: String| {
        Evidence::new(policy.dataset, &policy.id, format!("{RULE}.maximumDuration"), value)
    };
    let longest = match policy.activation_expiration.as_ref().map_err(Clone::clone)? {
        Expiration::NotRequired => {
            return Ok(Outcome::fail("unlimited", expected)
                .evidence(evidence("isExpirationRequired: false".into())));
        }
        Expiration::AtMost(longest) => *longest,
    };
    let outcome = match verdict(longest, ideal, at_most) {
        Verdict::Pass => Outcome::pass(longest.to_string(), expected),
        Verdict::Partial => {
            Outcome::partial(0.5, longest.to_string(), format!("{expected}, better {ideal}"))
        }
        Verdict::Fail => Outcome::fail(longest.to_string(), expected),
    };
    let beyond_portal = longest.seconds() > PORTAL_MAXIMUM_HOURS * 3600;
    Ok(outcome
        .evidence(evidence(longest.to_iso()))
        .maybe_note(beyond_portal.then_some("longer than the 24 h the portal allows")))
}

fn verdict(longest: IsoDuration, ideal: IsoDuration, at_most: IsoDuration) -> Verdict {
    // No duration at all is no limit: it cannot have been meant.
    if longest.seconds() == 0 {
        Verdict::Fail
    } else if longest <= ideal {
        Verdict::Pass
    } else if longest <= at_most {
        Verdict::Partial
    } else {
        Verdict::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::licensed::INTUNE_PLAN;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::licence::P2_PLAN;

    fn duration(text: &str) -> IsoDuration {
        IsoDuration::parse(text).unwrap()
    }

    #[test]
    fn the_limit_is_inclusive_and_compared_by_value() {
        for (longest, ideal, at_most, expected) in [
            ("PT8H", None, "PT8H", "pass"),
            ("PT480M", None, "PT8H", "pass"),
            ("PT8H30M", None, "PT8H", "fail"),
            ("PT30M", None, "PT8H", "pass"),
            ("PT1S", None, "PT8H", "pass"),
            ("PT0S", None, "PT8H", "fail"),
            ("PT0S", Some("PT1H"), "PT8H", "fail"),
            ("P1D", None, "PT24H", "pass"),
            ("PT8H", Some("PT1H"), "PT8H", "partial"),
            ("PT1H", Some("PT1H"), "PT8H", "pass"),
            ("PT9H", Some("PT1H"), "PT8H", "fail"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
                Ok(Expiration::AtMost(duration(longest)));
            let expect = Expect::at_most(duration(at_most), ideal.map(duration));
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{longest} against {ideal:?} {at_most}");
        }
    }

    #[test]
    fn a_rule_for_intune_says_nothing_without_its_licences() {
        for (plan, expected) in [
            (None, Ok("fail")),
            (Some(INTUNE_PLAN), Ok("not-applicable")),
            (Some(P2_PLAN), Ok("not-applicable")),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::NotRequired);
            plan.into_iter().for_each(|plan| case.without_plan(plan));
            for (with_intune, expected) in [(true, expected), (false, Ok("fail"))] {
                let at_most = duration("PT8H");
                let expect =
                    Expect::AtMost { at_most, ideal: None, interactive: false, with_intune };
                let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect);
                let found = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
                assert_eq!(found, expected, "{plan:?} {with_intune}");
            }
        }
    }

    #[test]
    fn no_required_end_is_unlimited() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::NotRequired);
        let expect = Expect::at_most(duration("PT8H"), None);
        assert_eq!(case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).unwrap().name(), "fail");
    }

    #[test]
    fn a_malformed_duration_or_an_absent_policy_is_not_assessed() {
        let expect = Expect::at_most(duration("PT8H"), None);
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
            Err(Gap::unreadable(Dataset::RolePolicies, "maximumDuration is \"8 hours\""));
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unreadable);
        let gap = Case::new().judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }
}
