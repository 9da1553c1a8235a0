//! `activation-beyond-policy`: running activations that outlast what the role's policy allows.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{
    Access, ActivationPolicy, Class, Dataset, Evidence, Expiration, Gap, GapKind, Hold,
    IsoDuration, Outcome, PrincipalId, Text,
};
use jiff::Timestamp;
use std::sync::Arc;

const RULE: &str = "Expiration_EndUser_Assignment";
const EXPECTED_END: &str = "every activation ends within the policy";
/// Clocks differ, and a request takes its time to be served.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// The check.
pub static CHECK: Check = Check {
    id: "activation-beyond-policy",
    title: "Activation runs longer than the policy allows",
    what: "Compares each running activation of a role with the maximum of the role's policy, with five \
        minutes of tolerance. A longer one fails, as does one without an end; where the policy was changed \
        after all of these began, it is met in part. Where none is running, it passes.",
    why: "PIM itself never grants more than its policy. A longer activation tells that the policy was \
        changed around it, or that the assignment did not come from PIM.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Active \
            assignments > Remove; then Resource audit for who changed the role settings",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"<id of the holder>\",\
            \"roleDefinitionId\":\"{role}\",\"directoryScopeId\":\"/\"}",
            "POST /v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"accessId\":\"<member or owner>\",\
            \"principalId\":\"<id of the holder>\",\"groupId\":\"{group}\"}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "Microsoft Entra security operations for PIM: role setting changes",
    ],
    subjects: Subjects::Policies,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// One activation that is or was running.
struct Running {
    principal: PrincipalId,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    dataset: Dataset,
    id: Arc<str>,
}

impl Running {
    /// Whole seconds from start to end, where both make sense.
    fn seconds(&self) -> Option<u64> {
        let (start, end) = (self.start?, self.end?);
        u64::try_from(end.duration_since(start).as_secs()).ok()
    }
}

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let running = activations(facts, access)?;
    let running: Vec<&Running> = running.iter().collect();
    let endless: Vec<&Running> = running.iter().copied().filter(|it| it.end.is_none()).collect();
    if !endless.is_empty() {
        let activations = counted(endless.len(), "activation", "activations");
        let observed = format!("{activations} without an end");
        return Ok(shown(facts, Outcome::fail(observed, EXPECTED_END), &endless));
    }
    if running.is_empty() {
        whole_list(facts, access)?;
        return Ok(Outcome::pass("no activation is running", EXPECTED_END));
    }
    bounded(facts, access, &running)
}

/// The activations of an access that are known.
fn activations(facts: &Facts, access: &Access) -> Result<Vec<Running>, Gap> {
    Ok(match access {
        Access::DirectoryRole(role) => facts
            .active_of(role)
            .into_iter()
            .filter(|grant| grant.hold == Hold::Activated)
            .map(|grant| Running {
                principal: grant.principal.clone(),
                start: grant.start,
                end: grant.end,
                dataset: grant.provenance.dataset,
                id: Arc::clone(&grant.provenance.id),
            })
            .collect(),
        Access::Group(group, entered_as) => {
            let Some(pim) = facts.group_pim(group) else { return Ok(Vec::new()) };
            pim.active
                .at_least()?
                .iter()
                .filter(|grant| grant.access == *entered_as && grant.hold == Hold::Activated)
                .map(|grant| Running {
                    principal: grant.principal.clone(),
                    start: grant.start,
                    end: grant.end,
                    dataset: Dataset::GroupAssignmentScheduleInstances,
                    id: Arc::clone(&grant.id),
                })
                .collect()
        }
    })
}

fn bounded(facts: &Facts, access: &Access, running: &[&Running]) -> Result<Outcome, Gap> {
    let policy = facts.policy()?;
    let longest = match policy.activation_expiration.as_ref().map_err(Clone::clone)? {
        Expiration::AtMost(longest) => *longest,
        Expiration::NotRequired => {
            whole_list(facts, access)?;
            let activations = counted(running.len(), "activation", "activations");
            let observed = format!("{activations} running");
            let outcome = Outcome::pass(observed, "any length: the policy sets no end");
            return Ok(shown(
                facts,
                with_policy(outcome, policy, "isExpirationRequired: false"),
                running,
            ));
        }
    };
    let allowed = longest.seconds().saturating_add(TOLERANCE_SECONDS);
    let expected = format!("at most {longest}, as the policy says");
    let beyond: Vec<&Running> = running
        .iter()
        .copied()
        .filter(|it| it.seconds().is_some_and(|seconds| seconds > allowed))
        .collect();
    let observed = |some: &[&Running]| {
        let most = some.iter().filter_map(|it| it.seconds()).max().unwrap_or_default();
        let number = match running.len() {
            1 => "1 activation".to_owned(),
            all => format!("{} of {all} activations", some.len()),
        };
        format!("{number}, the longest {}", IsoDuration::from_seconds(most))
    };
    // A policy that was tightened ends no activation that runs already.
    let changed = policy.modified.filter(|&changed| {
        beyond.iter().all(|grant| grant.start.is_some_and(|start| start < changed))
    });
    if !beyond.is_empty() && changed.is_none() {
        let outcome = Outcome::fail(format!("longer: {}", observed(&beyond)), expected).note(
            match policy.modified {
                Some(last) => {
                    format!("no later change of the policy explains it: the last was at {last}")
                }
                None => "nobody ever changed the policy".to_owned(),
            },
        );
        return Ok(shown(facts, with_policy(outcome, policy, longest.to_iso()), &beyond));
    }
    if let Some(odd) = running.iter().find(|it| it.seconds().is_none()) {
        return Err(Gap::unreadable(
            odd.dataset,
            format!("activation {} has no start before its end", odd.id),
        ));
    }
    whole_list(facts, access)?;
    if let (false, Some(changed)) = (beyond.is_empty(), changed) {
        let outcome = Outcome::partial(0.5, format!("longer: {}", observed(&beyond)), expected)
            .note(format!(
                "the policy was changed after it began, at {changed}: tightened since, or loosened for \
                it and restored"
            ));
        return Ok(shown(facts, with_policy(outcome, policy, longest.to_iso()), &beyond));
    }
    let outcome = Outcome::pass(format!("within: {}", observed(running)), expected);
    Ok(shown(facts, with_policy(outcome, policy, longest.to_iso()), running))
}

/// Fails where an activation may be hidden: a list is not whole, or a type is not known.
fn whole_list(facts: &Facts, access: &Access) -> Result<(), Gap> {
    let role = match access {
        Access::DirectoryRole(role) => role,
        Access::Group(group, _) => {
            return match facts.group_pim(group) {
                Some(pim) => pim.active.complete().map(|_| ()),
                None => Err(Gap::of(
                    Dataset::GroupAssignmentScheduleInstances,
                    GapKind::NotRequested,
                    "the activations of this group were not read",
                )),
            };
        }
    };
    if let Some(gap) = facts.instances_gap() {
        return Err(gap.clone());
    }
    facts.active()?;
    match facts.active_of(role).iter().find(|grant| grant.class() == Class::Unknown) {
        None => Ok(()),
        Some(grant) => Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is assigned or activated is not known", grant.provenance.id),
        )),
    }
}

fn with_policy(outcome: Outcome, policy: &ActivationPolicy, value: impl Into<Text>) -> Outcome {
    let field = format!("{RULE}.maximumDuration");
    outcome.evidence(Evidence::new(policy.dataset, &policy.id, field, value))
}

fn shown(facts: &Facts, mut outcome: Outcome, some: &[&Running]) -> Outcome {
    let text =
        |time: Option<Timestamp>| time.map_or_else(|| "null".to_owned(), |time| time.to_string());
    for it in some {
        let window = format!("{} to {}", text(it.start), text(it.end));
        outcome = outcome
            .note(format!("{}: {window}", facts.name_of(&it.principal)))
            .evidence(Evidence::new(it.dataset, &it.id, "startDateTime, endDateTime", window));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::Collected;

    fn activate(case: &mut Case, start: Option<&str>, end: Option<&str>) {
        case.user("ana");
        let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
        grant.hold = Hold::Activated;
        grant.start = start.map(|it| it.parse().unwrap());
        grant.end = end.map(|it| it.parse().unwrap());
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    const START: Option<&str> = Some("2026-11-02T08:00:00Z");

    #[test]
    fn five_minutes_beyond_the_policy_are_tolerated() {
        for (end, expected) in [
            ("2026-11-02T09:30:00Z", "pass"),
            ("2026-11-02T16:00:00Z", "pass"),
            ("2026-11-02T16:05:00Z", "pass"),
            ("2026-11-02T16:05:01Z", "fail"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            activate(&mut case, START, Some(end));
            assert_eq!(judged(&case), Ok(expected), "until {end}");
        }
    }

    #[test]
    fn without_an_end_it_fails_whatever_the_policy_says() {
        let mut case = Case::new();
        activate(&mut case, START, None);
        assert_eq!(judged(&case), Ok("fail"));
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::NotRequired);
        assert_eq!(judged(&case), Ok("fail"));
    }

    #[test]
    fn nothing_running_passes_only_when_the_list_is_whole() {
        let mut case = Case::new();
        assert_eq!(judged(&case), Ok("pass"));
        // A standing assignment is no activation, however long it lasts.
        case.active("ben", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case), Ok("pass"));
        case.active("eve", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&case), Err(GapKind::Incomplete));
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
        case.tenant.active = Collected::Missing(gap);
        assert_eq!(judged(&case), Err(GapKind::Failed));
    }

    #[test]
    fn a_list_in_part_proves_a_failure_and_nothing_else() {
        for (end, expected) in [
            ("2026-11-02T20:00:00Z", Ok("fail")),
            ("2026-11-02T16:00:00Z", Err(GapKind::Incomplete)),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            activate(&mut case, START, Some(end));
            let known = case.tenant.active.at_least().unwrap().clone();
            let dataset = Dataset::RoleAssignmentScheduleInstances;
            let gap = Gap::of(dataset, GapKind::Incomplete, "page 2");
            case.tenant.active = Collected::Partial(known, gap);
            assert_eq!(judged(&case), expected, "until {end}");
        }
    }

    #[test]
    fn a_running_activation_needs_a_readable_policy_and_a_start() {
        let end = Some("2026-11-02T16:00:00Z");
        let mut case = Case::new();
        activate(&mut case, START, end);
        assert_eq!(judged(&case), Err(GapKind::ImpossiblyEmpty));
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
            Err(Gap::unreadable(Dataset::RolePolicies, "maximumDuration is \"8 hours\""));
        assert_eq!(judged(&case), Err(GapKind::Unreadable));
        for start in [None, Some("2026-11-02T18:00:00Z")] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            activate(&mut case, start, end);
            assert_eq!(judged(&case), Err(GapKind::Unreadable), "{start:?}");
        }
    }

    #[test]
    fn a_policy_that_was_changed_after_the_activation_began_is_met_in_part() {
        for (modified, expected, words) in [
            (None, "fail", "nobody ever"),
            (Some("2026-11-01T08:00:00Z"), "fail", "no later change"),
            (START, "fail", "no later change"),
            (Some("2026-11-02T08:30:00Z"), "partial", "the policy was changed after it began"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).modified = modified.map(|it| it.parse().unwrap());
            activate(&mut case, START, Some("2026-11-03T08:00:00Z"));
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{modified:?}");
            let details = outcome.details().unwrap();
            assert!(details.observed.starts_with("longer: 1 activation, the longest"));
            assert!(details.notes[0].starts_with(words), "{modified:?}: {:?}", details.notes);
            assert!(details.notes[1].starts_with("ana@contoso.example"), "{modified:?}");
            assert_eq!(details.evidence.len(), 2);
        }
    }

    #[test]
    fn one_long_activation_that_began_after_the_change_fails() {
        let mut case = Case::new();
        let changed = Some("2026-11-02T08:30:00Z".parse().unwrap());
        case.policy(GLOBAL_ADMINISTRATOR).modified = changed;
        for start in ["2026-11-02T08:00:00Z", "2026-11-02T08:20:00Z"] {
            activate(&mut case, Some(start), Some("2026-11-03T08:00:00Z"));
        }
        // One within the policy neither helps nor harms.
        activate(&mut case, Some("2026-11-02T08:40:00Z"), Some("2026-11-02T09:40:00Z"));
        assert_eq!(judged(&case), Ok("partial"));
        activate(&mut case, Some("2026-11-02T08:40:00Z"), Some("2026-11-03T08:00:00Z"));
        assert_eq!(judged(&case), Ok("fail"));
    }

    #[test]
    fn without_the_schedule_instances_nothing_passes() {
        let dataset = Dataset::RoleAssignmentScheduleInstances;
        let cases = [
            (None, Err(GapKind::LicenceMissing)),
            (Some("2026-11-02T16:00:00Z"), Err(GapKind::LicenceMissing)),
            (Some("2026-11-03T08:00:00Z"), Ok("fail")),
        ];
        for (end, expected) in cases {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            case.tenant.instances_gap = Some(Gap::of(dataset, GapKind::LicenceMissing, "no P2"));
            if end.is_some() {
                activate(&mut case, START, end);
            }
            assert_eq!(judged(&case), expected, "{end:?}");
        }
    }

    #[test]
    fn a_policy_without_an_end_allows_any_length() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::NotRequired);
        activate(&mut case, START, Some("2026-12-02T08:00:00Z"));
        assert_eq!(judged(&case), Ok("pass"));
    }
}
