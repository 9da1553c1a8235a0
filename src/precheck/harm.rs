//! What a change must not do, whatever the baseline: lock approval out, take the last break-glass.

use crate::checks::{self, Expect};
use crate::facts::{World, tenant_subject};
use crate::model::{Class, Collected, Organisation, PrincipalId, RoleId, Tenant, Verdict, roles};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeSet;

const LOCKOUT: &str = "approval-lockout";

/// What is wrong after the change and was not before, in sentences without a full stop.
pub(super) fn harms(
    before: &Tenant,
    after: &Tenant,
    organisation: &Organisation,
    now: Timestamp,
) -> Vec<String> {
    let after = begun(after, now);
    let (was, is) =
        (World::new(before, organisation, None, now), World::new(&after, organisation, None, now));
    let mut harms = Vec::new();
    if is_locked(&is) && !is_locked(&was) {
        harms.push(
            "it locks approval out: nobody could become Global Administrator any more".to_owned(),
        );
    }
    let (had, has) = (standing(&was), standing(&is));
    if !had.is_empty() && has.is_empty() {
        let names: Vec<String> = had.iter().map(|id| was.name_of(id).to_string()).collect();
        harms.push(format!(
            "it removes the last standing break-glass account: {}",
            names.join(", ")
        ));
    }
    harms
}

/// Without what begins later: until then nobody can approve by it, or come in by it.
fn begun(tenant: &Tenant, now: Timestamp) -> Cow<'_, Tenant> {
    let comes = |start: Option<Timestamp>| start.is_some_and(|start| start > now);
    let roles = [&tenant.active, &tenant.eligible];
    let of_roles = roles.into_iter().flat_map(|list| list.at_least().into_iter().flatten());
    let groups = tenant.group_pim.values().flat_map(|pim| [&pim.active, &pim.eligible]);
    let of_groups = groups.flat_map(|list| list.at_least().into_iter().flatten());
    let mut starts = of_roles.map(|it| it.start).chain(of_groups.map(|it| it.start));
    if !starts.any(comes) {
        return Cow::Borrowed(tenant);
    }
    let mut begun = tenant.clone();
    for list in [&mut begun.active, &mut begun.eligible] {
        keep(list, |grant| !comes(grant.start));
    }
    for pim in begun.group_pim.values_mut() {
        for list in [&mut pim.active, &mut pim.eligible] {
            keep(list, |grant| !comes(grant.start));
        }
    }
    Cow::Owned(begun)
}

fn keep<T>(list: &mut Collected<Vec<T>>, is_kept: impl Fn(&T) -> bool) {
    match list {
        Collected::Complete(all) | Collected::Partial(all, _) => all.retain(is_kept),
        Collected::Missing(_) => {}
    }
}

fn is_locked(world: &World<'_>) -> bool {
    let Some(check) = checks::by_id(LOCKOUT) else { return false };
    let subject = tenant_subject();
    let facts = world.facts(&subject, check.needs);
    // What cannot be judged is no proof of a lockout.
    (check.judge)(&facts, &Expect::Required)
        .is_ok_and(|outcome| outcome.verdict() == Some(Verdict::Fail))
}

/// Break-glass accounts that hold Global Administrator for good, declared or looking like some.
fn standing(world: &World<'_>) -> BTreeSet<PrincipalId> {
    let global = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
    let mut accounts: BTreeSet<PrincipalId> = world
        .grants_of(&global)
        .filter(|grant| grant.class() == Class::Permanent && grant.within.is_tenant())
        .filter(|grant| world.is_break_glass(&grant.principal))
        .map(|grant| grant.principal.clone())
        .collect();
    // Candidates stand in where nothing is declared.
    if world.break_glass().is_empty() {
        accounts.extend(world.break_glass_candidates().into_iter().map(|(id, _)| id));
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW, PRIVILEGED_ROLE_ADMINISTRATOR};
    use crate::model::{
        Approval, Collected, Dataset, Grant, Hold, Listed, Provenance, Scope, Stage,
    };

    fn harms_of(before: &Case, after: &Case) -> Vec<String> {
        harms(&before.tenant, &after.tenant, &before.organisation, NOW.parse().unwrap())
    }

    fn permanent(case: &mut Case, principal: &str) {
        let grant = Grant {
            principal: PrincipalId::new(principal),
            role: RoleId::new(GLOBAL_ADMINISTRATOR),
            within: Scope::Tenant,
            hold: Hold::Assigned,
            start: None,
            end: None,
            window_unread: false,
            provenance: Provenance {
                dataset: Dataset::RoleAssignmentScheduleInstances,
                id: "x".into(),
                listed: Listed::Both,
            },
            principal_organization: None,
        };
        case.tenant.active = Collected::Complete(vec![grant]);
    }

    #[test]
    fn the_last_break_glass_account_is_missed() {
        let case = || {
            let mut case = Case::new();
            case.user("glass");
            case.organisation.break_glass = vec!["glass@contoso.example".to_owned()];
            case
        };
        let mut before = case();
        permanent(&mut before, "glass");
        let after = case();
        let found = harms_of(&before, &after);
        assert!(found.iter().any(|it| it.contains("break-glass account: glass@")), "{found:?}");
        assert!(harms_of(&before, &before).is_empty());
        assert!(harms_of(&after, &after).is_empty());
    }

    #[test]
    fn who_comes_later_is_not_there_yet() {
        for (start, is_missed) in
            [(None, false), (Some(NOW), false), (Some("2026-11-02T09:00:01Z"), true)]
        {
            let case = || {
                let mut case = Case::new();
                for name in ["glass", "spare"] {
                    case.user(name);
                    case.organisation.break_glass.push(format!("{name}@contoso.example"));
                }
                case
            };
            let (mut before, mut after) = (case(), case());
            permanent(&mut before, "glass");
            permanent(&mut after, "spare");
            if let Collected::Complete(all) = &mut after.tenant.active {
                all[0].start = start.map(|start| start.parse().unwrap());
            }
            let found = harms_of(&before, &after);
            let is_said = found.iter().any(|it| it.contains("last standing break-glass"));
            assert_eq!(is_said, is_missed, "{start:?}: {found:?}");
        }
    }

    #[test]
    fn approval_that_nobody_can_give_locks_out() {
        let with = |required: bool| {
            let mut case = Case::new();
            for role in [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR] {
                case.policy(role).approval = Ok(if required {
                    Approval::Required {
                        mode: "SingleStage".into(),
                        stages: vec![Stage::default()],
                    }
                } else {
                    Approval::NotRequired
                });
            }
            case
        };
        let found = harms_of(&with(false), &with(true));
        assert!(found.iter().any(|it| it.contains("locks approval out")), "{found:?}");
        assert!(harms_of(&with(true), &with(true)).is_empty());
    }
}
