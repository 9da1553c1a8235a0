//! `unexpiring-eligibility`: whether an eligibility ends some day, or is looked at again and again.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::reviews::{Held, is_of};
use crate::model::{
    Access, Dataset, Evidence, Expiration, Gap, GapKind, IsoDuration, Outcome, Review, Tier,
};

const RULE: &str = "Expiration_Admin_Eligibility";
/// It ends, only later than wished.
const ENDS_LATE: f64 = 0.75;

/// The check.
pub static CHECK: Check = Check {
    id: "unexpiring-eligibility",
    title: "Eligibility never expires",
    what: "Reads how long each activation policy lets somebody be eligible, for roles and for groups that \
        PIM manages. Longer than the baseline asks, or without an end, passes only where a running, \
        recurring access review looks at those who are eligible; without one it is met in part for tier \
        critical and high, and only shown below. It is about what can be given: eligibilities that were \
        given without an end before are in the inventory.",
    why: "An eligibility that never ends outlives the task, the team and sometimes the job. Either a date \
        takes it away, or somebody who looks at it does.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Assignment > Expire eligible assignments \
            after; for a group: Groups > (the group) > Settings > Member or Owner. Or set up a recurring \
            access review, see unreviewed-access",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Expiration_Admin_Eligibility \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyExpirationRule\",\
            \"id\":\"Expiration_Admin_Eligibility\",\"isExpirationRequired\":true,\
            \"maximumDuration\":\"P365D\",\
            \"target\":{\"caller\":\"Admin\",\"operations\":[\"all\"],\"level\":\"Eligibility\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Investigators' roles: time-bound assignments",
        "PIM with Defender for Office 365: permanently eligible",
        "PIM concept and setup: assignment settings",
    ],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::AccessReviews],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Some((ideal, at_most)) = expect.durations() else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let longest = match policy.eligibility_expiration.as_ref().map_err(Clone::clone)? {
        Expiration::AtMost(longest) => Some(*longest),
        Expiration::NotRequired => None,
    };
    let within = |limit: IsoDuration| longest.is_some_and(|longest| longest <= limit);
    let observed =
        longest.map_or_else(|| "without an end".to_owned(), |longest| format!("at most {longest}"));
    let expected = format!("at most {ideal}, or a recurring access review");
    let outcome = if within(ideal) {
        Outcome::pass(observed, expected)
    } else if let Some((review, every)) = review_of_the_eligible(facts, access)? {
        let field = "settings.recurrence.pattern";
        let value = format!("every {}", every.to_iso());
        Outcome::pass(format!("{observed}, reviewed every {every}"), expected)
            .note(format!("reviewed by: {}", review.name))
            .evidence(Evidence::new(Dataset::AccessReviews, &review.id, field, value))
    } else if facts.tier().is_some_and(|tier| tier < Tier::High) {
        Outcome::info(format!("{observed}, not reviewed"), "no demand below tier high")
    } else {
        let credit = if within(at_most) { ENDS_LATE } else { 0.5 };
        Outcome::partial(credit, format!("{observed}, not reviewed"), expected)
    };
    let (field, value) = match longest {
        Some(longest) => (format!("{RULE}.maximumDuration"), longest.to_iso()),
        None => (format!("{RULE}.isExpirationRequired"), "false".to_owned()),
    };
    Ok(outcome.evidence(Evidence::new(policy.dataset, &policy.id, field, value)))
}

/// A running, recurring review of those who are eligible, and how often it is held.
fn review_of_the_eligible<'a>(
    facts: &Facts<'_, 'a>,
    access: &Access,
) -> Result<Option<(&'a Review, IsoDuration)>, Gap> {
    let mut doubt = None;
    for review in facts.review_of(access)? {
        if !looks_at_the_eligible(review, access) {
            continue;
        }
        match facts.held(review) {
            Ok(Held::Every(interval)) => return Ok(Some((review, interval))),
            Ok(Held::Not(_)) => {}
            Err(gap) => {
                doubt.get_or_insert(gap);
            }
        }
    }
    doubt.map_or(Ok(None), Err)
}

/// A review of a group looks at whoever is in it.
fn looks_at_the_eligible(review: &Review, access: &Access) -> bool {
    let of_group = access.role().is_none();
    review.covers.iter().any(|cover| {
        is_of(&cover.access, access) && !cover.guests_only && (cover.eligible || of_group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR};
    use crate::model::{Cover, GroupAccess, Interval, PrincipalId, Recurrence, RoleId};

    fn duration(text: &str) -> IsoDuration {
        IsoDuration::parse(text).unwrap()
    }

    fn at_most(ideal: Option<&str>, at_most: &str) -> Expect {
        Expect::at_most(duration(at_most), ideal.map(duration))
    }

    fn role(id: &str) -> Access {
        Access::DirectoryRole(RoleId::new(id))
    }

    fn expiration(longest: Option<&str>) -> Expiration {
        longest.map_or(Expiration::NotRequired, |it| Expiration::AtMost(duration(it)))
    }

    fn case_of(id: &str, longest: Option<&str>) -> Case {
        let mut case = Case::new();
        case.policy(id).eligibility_expiration = Ok(expiration(longest));
        case
    }

    /// A running, quarterly review of those who hold or are eligible for it, changed.
    fn reviewed(case: &mut Case, access: &Access, change: impl FnOnce(&mut Review)) {
        let review = case.review(access.clone());
        review.status = "InProgress".into();
        review.covers = vec![Cover {
            access: access.clone(),
            active: true,
            eligible: true,
            guests_only: false,
            groups: Some(true),
        }];
        review.recurrence = Some(Recurrence {
            every: Interval::Months(3),
            start: Some("2026-01-01".parse().unwrap()),
            end: None,
        });
        change(review);
    }

    fn judged(case: &Case, access: Access, expect: &Expect) -> Result<&'static str, GapKind> {
        let outcome = case.judge_access(&CHECK, access, expect);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn the_limit_is_inclusive_and_compared_by_value() {
        for (longest, ideal, limit, expected, credit) in [
            (Some("P365D"), None, "P365D", "pass", 1.0),
            (Some("PT8760H"), None, "P365D", "pass", 1.0),
            (Some("P366D"), None, "P365D", "partial", 0.5),
            (Some("P1Y"), None, "P365D", "partial", 0.5),
            (None, None, "P365D", "partial", 0.5),
            (Some("P180D"), Some("P180D"), "P365D", "pass", 1.0),
            (Some("P181D"), Some("P180D"), "P365D", "partial", 0.75),
            (Some("P365D"), Some("P180D"), "P365D", "partial", 0.75),
            (Some("P366D"), Some("P180D"), "P365D", "partial", 0.5),
            (None, Some("P180D"), "P365D", "partial", 0.5),
        ] {
            let case = case_of(GLOBAL_ADMINISTRATOR, longest);
            let expect = at_most(ideal, limit);
            let outcome = case.judge_access(&CHECK, role(GLOBAL_ADMINISTRATOR), &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{longest:?} against {ideal:?} {limit}");
            let Outcome::Judged { credit: given, .. } = outcome else { panic!() };
            assert_eq!(given, credit, "{longest:?} against {ideal:?} {limit}");
        }
    }

    #[test]
    fn below_tier_high_it_is_only_shown() {
        for (longest, ideal, expected) in [
            (None, None, "info"),
            (Some("P366D"), None, "info"),
            (Some("P181D"), Some("P180D"), "info"),
            (Some("P365D"), None, "pass"),
        ] {
            let case = case_of(DIRECTORY_READERS, longest);
            let outcome = judged(&case, role(DIRECTORY_READERS), &at_most(ideal, "P365D"));
            assert_eq!(outcome, Ok(expected), "{longest:?} {ideal:?}");
        }
        let mut case = case_of(DIRECTORY_READERS, None);
        reviewed(&mut case, &role(DIRECTORY_READERS), |_| {});
        let outcome = judged(&case, role(DIRECTORY_READERS), &at_most(None, "P365D"));
        assert_eq!(outcome, Ok("pass"));
    }

    #[test]
    fn a_running_recurring_review_of_the_eligible_stands_in_for_an_end() {
        type Change = fn(&mut Review);
        let cases: [(&str, Change, Result<&str, GapKind>); 8] = [
            ("whole", |_| {}, Ok("pass")),
            (
                "rarely",
                |it| it.recurrence.as_mut().unwrap().every = Interval::Months(24),
                Ok("pass"),
            ),
            ("eligible only", |it| it.covers[0].active = false, Ok("pass")),
            ("active only", |it| it.covers[0].eligible = false, Ok("partial")),
            ("guests", |it| it.covers[0].guests_only = true, Ok("partial")),
            ("another role", |it| it.covers[0].access = role(DIRECTORY_READERS), Ok("partial")),
            ("once", |it| it.recurrence = None, Ok("partial")),
            ("odd state", |it| it.status = "Paused".into(), Err(GapKind::Unreadable)),
        ];
        for (name, change, expected) in cases {
            let mut case = case_of(GLOBAL_ADMINISTRATOR, None);
            reviewed(&mut case, &role(GLOBAL_ADMINISTRATOR), change);
            let outcome = judged(&case, role(GLOBAL_ADMINISTRATOR), &at_most(None, "P365D"));
            assert_eq!(outcome, expected, "{name}");
        }
        // One that is sure is enough.
        let mut case = case_of(GLOBAL_ADMINISTRATOR, None);
        reviewed(&mut case, &role(GLOBAL_ADMINISTRATOR), |it| it.status = "Paused".into());
        reviewed(&mut case, &role(GLOBAL_ADMINISTRATOR), |_| {});
        let outcome = judged(&case, role(GLOBAL_ADMINISTRATOR), &at_most(None, "P365D"));
        assert_eq!(outcome, Ok("pass"));
    }

    #[test]
    fn unread_reviews_matter_only_where_the_end_is_missing() {
        for (id, longest, expected) in [
            (GLOBAL_ADMINISTRATOR, Some("P365D"), Ok("pass")),
            (GLOBAL_ADMINISTRATOR, None, Err(GapKind::PermissionDenied)),
            (DIRECTORY_READERS, None, Err(GapKind::PermissionDenied)),
        ] {
            let mut case = case_of(id, longest);
            case.missing(Dataset::AccessReviews);
            assert_eq!(
                judged(&case, role(id), &at_most(None, "P365D")),
                expected,
                "{id} {longest:?}"
            );
        }
    }

    #[test]
    fn an_unread_rule_or_policy_or_a_wrong_expectation_is_not_assessed() {
        let expect = at_most(None, "P365D");
        let access = role(GLOBAL_ADMINISTRATOR);
        let mut case = Case::new();
        assert_eq!(judged(&case, access.clone(), &expect), Err(GapKind::ImpossiblyEmpty));
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration =
            Err(Gap::unreadable(Dataset::RolePolicies, "the rule is missing"));
        assert_eq!(judged(&case, access.clone(), &expect), Err(GapKind::Unreadable));
        let case = case_of(GLOBAL_ADMINISTRATOR, Some("P365D"));
        assert_eq!(judged(&case, access, &Expect::Required), Err(GapKind::Unreadable));
    }

    #[test]
    fn a_group_is_judged_by_its_own_policies_and_only_its_members_can_be_reviewed() {
        let [member, owner] = [GroupAccess::Member, GroupAccess::Owner]
            .map(|access| Access::Group(PrincipalId::new("team"), access));
        for (longest, is_reviewed, access, expected) in [
            (Some("P365D"), false, &member, "pass"),
            (None, false, &member, "partial"),
            (None, true, &member, "pass"),
            (Some("P365D"), false, &owner, "pass"),
            (None, false, &owner, "partial"),
            (None, true, &owner, "partial"),
        ] {
            let mut case = Case::new();
            case.group("team", &[]);
            case.onboard("team");
            case.eligible("team", GLOBAL_ADMINISTRATOR);
            for one in [GroupAccess::Member, GroupAccess::Owner] {
                case.group_policy("team", one).eligibility_expiration = Ok(expiration(longest));
            }
            if is_reviewed {
                // Graph says of a group review only that its members are in scope.
                reviewed(&mut case, &member, |it| it.covers[0].eligible = false);
            }
            let expect = at_most(None, "P365D");
            let outcome = case.judge_access(&CHECK, access.clone(), &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{longest:?} {is_reviewed} {access:?}");
            let evidence = &outcome.details().unwrap().evidence;
            assert_eq!(evidence.last().unwrap().dataset, Dataset::GroupPolicies);
        }
    }
}
