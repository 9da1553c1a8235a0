//! Laws of the comparison over many tenants: nothing differs from itself, backwards is the mirror, and
//! the order of the rows says nothing.

use super::{Area, Change, Facts, changes, kept};
use crate::checks::testing::{Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR};
use crate::model::{
    AlertKind, Approval, AuthenticationContext, Collected, Dataset, Enablement, Expiration, Gap,
    GapKind, GroupAccess, Hold, IsoDuration, Label, Listed, RoleAction, Tenant, definitions,
};
use proptest::prelude::*;

const ROLES: [&str; 2] = [GLOBAL_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR];
const PEOPLE: [&str; 3] = ["ana", "ben", "cem"];
const ENDS: [Option<&str>; 3] = [None, Some("2026-12-01T00:00:00Z"), Some("2027-06-01T00:00:00Z")];
const HIDDEN: [Dataset; 6] = [
    Dataset::RoleAssignments,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::RolePolicies,
    Dataset::GroupMembers,
    Dataset::PimAlerts,
    Dataset::RoleDefinitions,
];

const ACTIONS: [&str; 3] = ["x/read", "x/create", "x/secrets/update"];

/// A person, a role, an end and how it is held, each by its place.
type Row = (usize, usize, usize, usize);
/// An action by its place, whether it is left out, and whether it has a condition.
type Entry = (usize, bool, bool);

/// What one random tenant is made of.
#[derive(Clone, Debug)]
struct Plan {
    grants: Vec<Row>,
    hours: Vec<u64>,
    flags: Vec<bool>,
    members: Vec<bool>,
    /// What the tenant's own role allows, where that came back.
    allowed: Option<Vec<Entry>>,
    enabled: Option<bool>,
    hidden: Option<usize>,
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        prop::collection::vec((0..3_usize, 0..2_usize, 0..3_usize, 0..3_usize), 0..8),
        prop::collection::vec(1..4_u64, 2),
        prop::collection::vec(any::<bool>(), 9),
        prop::collection::vec(any::<bool>(), 6),
        prop::option::weighted(
            0.9,
            prop::collection::vec((0..3_usize, any::<bool>(), any::<bool>()), 0..5),
        ),
        prop::option::weighted(0.8, any::<bool>()),
        prop::option::weighted(0.2, 0..HIDDEN.len()),
    )
        .prop_map(|(grants, hours, flags, members, allowed, enabled, hidden)| Plan {
            grants,
            hours,
            flags,
            members,
            allowed,
            enabled,
            hidden,
        })
}

fn tenant(plan: &Plan) -> Tenant {
    let mut case = Case::new();
    for person in PEOPLE {
        case.user(person);
    }
    for (place, role) in ROLES.into_iter().enumerate() {
        let policy = case.policy(role);
        let longest = IsoDuration::from_seconds(plan.hours[place] * 3600);
        policy.activation_expiration = Ok(match plan.flags[place] {
            true => Expiration::AtMost(longest),
            false => Expiration::NotRequired,
        });
        policy.activation_enablement =
            Ok(Enablement { mfa: plan.flags[2], justification: plan.flags[3], ticket: false });
        policy.authentication_context = Ok(match plan.flags[4] {
            true => AuthenticationContext::On("c1".into()),
            false => AuthenticationContext::Off,
        });
        policy.approval = Ok(Approval::NotRequired);
    }
    if plan.flags[5] {
        case.approvers(ROLES[0], &PEOPLE[..plan.members.iter().filter(|&&it| it).count() % 3]);
    }
    for &(person, role, end, hold) in &plan.grants {
        let grant = match hold {
            0 => case.eligible(PEOPLE[person], ROLES[role]),
            1 => case.active(PEOPLE[person], ROLES[role]),
            _ => {
                let grant = case.active(PEOPLE[person], ROLES[role]);
                grant.hold = Hold::Activated;
                grant
            }
        };
        grant.end = ENDS[end].map(|end| end.parse().unwrap());
    }
    let chosen = |from: usize| -> Vec<&str> {
        let all = PEOPLE.into_iter().zip(&plan.members[from..]);
        all.filter(|(_, is)| **is).map(|(person, _)| person).collect()
    };
    case.group("g", &chosen(0));
    case.group("h", &[]);
    case.onboard("h");
    for person in chosen(3) {
        case.group_active(person, "h", GroupAccess::Member);
    }
    case.alert(AlertKind::StaleSignIn).enabled = Some(plan.flags[6]);
    case.alert(AlertKind::RedundantAssignment).active = Some(plan.flags[7]);
    if plan.flags[8] {
        case.custom_role("own", Label::Plain);
        let role = case.role("own");
        role.enabled = plan.enabled;
        role.actions = match &plan.allowed {
            Some(entries) => Ok(definitions::actions(entries.iter().map(action).collect())),
            None => Err(Gap::of(Dataset::RoleDefinitions, GapKind::Incomplete, "did not come")),
        };
    }
    if let Some(place) = plan.hidden {
        case.missing(HIDDEN[place]);
    }
    case.tenant
}

fn action(&(place, excluded, conditional): &Entry) -> RoleAction {
    let condition = conditional.then(|| "$SubjectIsOwner".into());
    RoleAction { name: ACTIONS[place].into(), excluded, condition }
}

/// What the same change is when it is looked at from the other side.
fn mirrored(change: Change) -> Change {
    Change {
        kind: change.kind.reversed(),
        direction: change.direction.reversed(),
        before: change.after,
        after: change.before,
        ..change
    }
}

fn mirror(facts: Facts) -> Facts {
    let mut mirrored = Facts {
        changes: facts.changes.into_iter().map(mirrored).collect(),
        activations: facts.activations,
        unreadable: facts.unreadable,
    };
    for activation in &mut mirrored.activations {
        activation.started = !activation.started;
    }
    for unreadable in &mut mirrored.unreadable {
        std::mem::swap(&mut unreadable.old, &mut unreadable.new);
    }
    mirrored.changes.sort();
    mirrored.activations.sort();
    mirrored.unreadable.sort();
    mirrored
}

/// The rows of each list the other way round.
fn turned(mut tenant: Tenant) -> Tenant {
    for list in [&mut tenant.active, &mut tenant.eligible] {
        if let Collected::Complete(grants) = list {
            grants.reverse();
        }
    }
    if let Collected::Complete(alerts) = &mut tenant.alerts {
        alerts.reverse();
    }
    if let Collected::Complete(members) = &mut tenant.members {
        members.values_mut().for_each(|members| members.known.reverse());
    }
    for pim in tenant.group_pim.values_mut() {
        if let Collected::Complete(grants) = &mut pim.active {
            grants.reverse();
        }
    }
    with_actions(tenant, |actions| actions.iter().rev().chain(actions).cloned().collect())
}

/// Every action in capitals.
fn in_capitals(tenant: Tenant) -> Tenant {
    let shouted = |it: &RoleAction| RoleAction {
        name: it.name.to_ascii_uppercase().into(),
        condition: it.condition.as_deref().map(|it| it.to_ascii_uppercase().into()),
        ..it.clone()
    };
    with_actions(tenant, |actions| actions.iter().map(shouted).collect())
}

/// The tenant with other rows of actions in each of its roles.
fn with_actions(mut tenant: Tenant, rows: impl Fn(&[RoleAction]) -> Vec<RoleAction>) -> Tenant {
    if let Collected::Complete(roles) = &mut tenant.roles {
        for role in roles.values_mut() {
            if let Ok(actions) = &mut role.actions {
                *actions = definitions::actions(rows(actions));
            }
        }
    }
    tenant
}

#[test]
fn what_nobody_knows_to_stand_is_told_with_what_follows_from_it() {
    let (idle, mut plain, mut by_pim) = (Case::new(), Case::new(), Case::new());
    plain.active("ana", ROLES[0]).provenance.listed = Listed::OnlyRoleAssignments;
    by_pim.active("ana", ROLES[0]);
    let later = "does not tell that it is new";
    let words = |gap: &Option<Gap>| gap.as_ref().map(|gap| gap.detail.ends_with(later));
    for (old, new, expected) in
        [(&idle, &plain, (None, Some(true))), (&plain, &idle, (Some(false), None))]
    {
        let mut facts = changes(&old.tenant, &new.tenant);
        facts.set_aside(&[true]);
        assert!(facts.changes.is_empty(), "{facts:?}");
        let [told] = facts.unreadable.as_slice() else { panic!("{facts:?}") };
        assert_eq!((words(&told.old), words(&told.new)), expected);
        assert_eq!(told.subjects, ["ana: Global Administrator"]);
    }
    // How it was given is told of what stood alone.
    let mut facts = changes(&plain.tenant, &by_pim.tenant);
    assert_eq!(facts.changes.len(), 1, "{facts:?}");
    facts.set_aside_kept(&kept(&plain.tenant, &by_pim.tenant));
    assert!(facts.changes.is_empty(), "{facts:?}");
    assert_eq!(facts.unreadable.len(), 1, "{facts:?}");
    for (old, new) in [(&by_pim, &plain), (&plain, &idle), (&idle, &plain)] {
        assert!(kept(&old.tenant, &new.tenant).is_empty());
    }
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(plan in plan()) {
        let tenant = tenant(&plan);
        let facts = changes(&tenant, &in_capitals(turned(tenant.clone())));
        prop_assert!(facts.changes.is_empty(), "{:?}", facts.changes);
        prop_assert!(facts.activations.is_empty(), "{:?}", facts.activations);
    }

    #[test]
    fn backwards_is_the_mirror(one in plan(), other in plan()) {
        let (one, other) = (tenant(&one), tenant(&other));
        let (there, back) = (changes(&one, &other), changes(&other, &one));
        prop_assert_eq!(mirror(there), back);
    }

    #[test]
    fn the_order_of_the_rows_says_nothing(one in plan(), other in plan()) {
        let (one, other) = (tenant(&one), tenant(&other));
        let turned = changes(&turned(one.clone()), &turned(other.clone()));
        prop_assert_eq!(changes(&one, &other), turned);
    }

    #[test]
    fn what_was_not_read_is_neither_added_nor_removed(one in plan(), other in plan()) {
        let mut other = other;
        other.hidden = Some(0);
        let facts = changes(&tenant(&one), &tenant(&other));
        let of_roles = |it: &&Change| it.area == Area::Assignments && it.subject.contains(":role:");
        prop_assert_eq!(facts.changes.iter().filter(of_roles).count(), 0);
        prop_assert!(facts.unreadable.iter().any(|it| it.new.is_some()));
    }
}
