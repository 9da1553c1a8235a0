//! From ways to the answer of `who`: everyone who holds or can reach an access, or everything that one
//! principal can reach.

use super::is_foreign_principal;
use crate::evaluate::{hold_name, how_name};
use crate::facts::ways::{Closed, Entered};
use crate::facts::{Bypass, Hop, PathState, Step, Way, WayEnd, World};
use crate::model::permission::Power;
use crate::model::{
    Access, Class, Gap, GapKind, Grant, GroupAccess, Principal, PrincipalId, RoleId, Tier, roles,
};
use crate::report::who::{Counts, Line, State, StepLine, Who};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who holds or can reach this access.
    Access(Access),
    /// What this principal holds or can reach.
    Principal(PrincipalId),
}

/// The role, group or principal that somebody means, by name or id.
///
/// # Errors
/// Names what was not found, with the nearest name that is known.
pub fn access_named(world: &World<'_>, text: &str) -> Result<Access, String> {
    let text = text.trim();
    if let Some(group) = text.strip_prefix("group:") {
        return group_named(world, group.trim(), "group");
    }
    let name = text.strip_prefix("role:").unwrap_or(text).trim();
    if let Some(known) = roles::by_name(name) {
        return Ok(Access::DirectoryRole(RoleId::new(&known.template_id)));
    }
    let read = world.tenant().roles.at_least();
    let by_tenant = read.ok().and_then(|roles| {
        let id = RoleId::new(name);
        let named = roles.values().find(|role| role.name.eq_ignore_ascii_case(name));
        roles.get(&id).or(named).map(|role| role.id.clone())
    });
    if let Some(role) = by_tenant {
        return Ok(Access::DirectoryRole(role));
    }
    group_named(world, name, "role or group")
}

fn group_named(world: &World<'_>, name: &str, what: &str) -> Result<Access, String> {
    if let Some(group) = world.group_named(name) {
        return Ok(Access::Group(group, GroupAccess::Member));
    }
    if let Some(gap) = world.tenant().principals.gap() {
        return Err(format!("no {what} \"{name}\" is known, and not all groups were read: {gap}"));
    }
    let named = world.groups_named(name);
    if named.len() > 1 {
        let ids: Vec<String> = named.iter().map(PrincipalId::to_string).collect();
        return Err(format!("{} groups are called \"{name}\": {}", ids.len(), ids.join(", ")));
    }
    Err(format!("no {what} \"{name}\" is among what was read"))
}

/// Everyone who can reach an access, or everything a principal can reach, weakest way first.
pub fn who(world: &World<'_>, question: &Question) -> Who {
    let tenant = world.tenant();
    let mut found = Who {
        tenant: std::sync::Arc::clone(&tenant.id),
        tenant_name: std::sync::Arc::clone(&tenant.name),
        at: tenant.collected_at,
        question: String::new(),
        about_principal: false,
        lines: Vec::new(),
        counts: Counts::default(),
        gaps: Vec::new(),
        own_gate: None,
    };
    match question {
        Question::Access(access) => {
            found.question = world.access_name(access).to_string();
            if let Access::Group(group, _) = access
                && let Some(principal) = world.principal(group)
            {
                found.question = principal.name.to_string();
            }
            found.own_gate = Some(own_gate(world, access));
            add_access(world, access, None, &mut found);
            found.counts = counts(world, access, &found.lines);
        }
        Question::Principal(principal) => {
            found.question = world.name_of(principal).to_string();
            found.about_principal = true;
            let held: BTreeSet<RoleId> = roles_worth_asking(world);
            for role in held {
                add_access(world, &Access::DirectoryRole(role), Some(principal), &mut found);
            }
            for group in world.guarded_groups() {
                let access = Access::Group(group, GroupAccess::Member);
                add_access(world, &access, Some(principal), &mut found);
            }
            found.lines.sort_by(|a, b| {
                (a.rank, &a.access_name, &a.words).cmp(&(b.rank, &b.access_name, &b.words))
            });
        }
    }
    found.gaps.sort();
    found.gaps.dedup();
    found
}

/// What the access itself asks for.
fn own_gate(world: &World<'_>, access: &Access) -> String {
    if let Access::Group(group, _) = access
        && world.is_onboarded(group) == Ok(false)
    {
        return "nothing: PIM does not manage the group".to_owned();
    }
    gate_or_gap(world, access)
}

fn gate_or_gap(world: &World<'_>, access: &Access) -> String {
    match world.gate(access) {
        Ok(gate) => gate.in_words(),
        Err(gap) if gap.kind == GapKind::NotManaged => gap.detail.to_string(),
        Err(gap) => format!("not read ({gap})"),
    }
}

/// Roles that anybody holds; when an application can give any role, all that matter as well.
fn roles_worth_asking(world: &World<'_>) -> BTreeSet<RoleId> {
    let mut all: BTreeSet<RoleId> = world.all_grants().map(|grant| grant.role.clone()).collect();
    let gives_any = |service: &PrincipalId| {
        let of_all = |power| matches!(power, Power::AssignRoles | Power::MakeEligible);
        world.bypasses(service).iter().any(|it| !it.delegated && of_all(it.power))
    };
    if world.bypassing_applications().iter().any(gives_any) {
        let built_in = roles::built_in().iter().map(|role| RoleId::new(&role.template_id));
        let custom = world.tenant().roles.at_least().into_iter().flat_map(|known| known.keys());
        all.extend(built_in.chain(custom.cloned()).filter(|role| world.tier(role) >= Tier::High));
    }
    all
}

fn add_access(world: &World<'_>, access: &Access, only: Option<&PrincipalId>, found: &mut Who) {
    let role = access.role().cloned().unwrap_or_else(|| RoleId::new(""));
    let group_ways;
    let role_ways;
    let ways = match access {
        Access::DirectoryRole(role) => {
            role_ways = world.ways(role);
            &*role_ways
        }
        Access::Group(group, _) => {
            group_ways = world.ways_into(group);
            &group_ways
        }
    };
    found.gaps.extend(ways.gaps.iter().cloned());
    if let (Access::DirectoryRole(role), None) = (access, only) {
        found.gaps.extend(world.holders(role, false).foreign.iter().cloned());
    }
    let wanted = || ways.list.iter().filter(|way| only.is_none_or(|id| way.principal == *id));
    // A gate that was not read may be the weakest.
    found.gaps.extend(wanted().filter_map(|way| way.gate.as_ref().err()).cloned());
    found.lines.extend(wanted().map(|way| line(world, access, &role, way)));
}

fn line(world: &World<'_>, access: &Access, role: &RoleId, way: &Way<'_>) -> Line {
    let (strength, gate, gap): (Option<&'static str>, String, Option<Gap>) = match &way.gate {
        Ok(gate) => (Some(gate.strength().name()), gate.in_words(), None),
        Err(gap) if gap.kind == GapKind::NotManaged => {
            (None, gap.detail.to_string(), Some(gap.clone()))
        }
        Err(gap) => (None, "not read".to_owned(), Some(gap.clone())),
    };
    let last = match &way.end {
        WayEnd::Grant(grant) => Some(format!("grant {}", grant.provenance.id)),
        WayEnd::Permission(bypass) => Some(format!("permission {}", bypass.permission)),
        WayEnd::Group(_) => None,
    };
    let hold = match (&way.end, &way.entered) {
        (WayEnd::Grant(grant), _) => hold_in_words(world, grant),
        (WayEnd::Permission(_), Some(entered)) => {
            entered.grant.map_or_else(String::new, |grant| hold_in_words(world, grant))
        }
        (WayEnd::Permission(bypass), None) => bypass.permission.to_owned(),
        (WayEnd::Group(_), _) => String::new(),
    };
    let mut steps: Vec<StepLine> = Vec::new();
    if let (WayEnd::Permission(bypass), Some(entered)) = (&way.end, &way.entered) {
        steps.push(let_in(world, bypass, entered));
    }
    steps.extend(way.hops.iter().map(|hop| step(world, hop)));
    Line {
        hold,
        access: access.key(),
        access_name: world.access_name(access).to_string(),
        principal: world.name_of(&way.principal).to_string(),
        principal_id: way.principal.to_string(),
        kind: kind_of(world, &way.principal),
        break_glass: world.is_break_glass(&way.principal),
        disabled: world.principal(&way.principal).is_some_and(Principal::is_disabled),
        shut: world.is_shut(way),
        closed: world.closed(way).map(Closed::in_words),
        state: state_of(way),
        strength,
        rank: match &way.gate {
            Ok(gate) => gate.strength() as u8,
            Err(_) => u8::MAX,
        },
        gate,
        gap,
        words: world.way_in_words(way, role),
        steps,
        end: last,
    }
}

/// How a role is held at the end of a way, and what is asked for then.
fn hold_in_words(world: &World<'_>, grant: &Grant) -> String {
    let held = format!("{}{}", hold_name(grant), world.within(&grant.within));
    if grant.is_eligible() || grant.class() == Class::Activated {
        return format!("{held}: {}", gate_or_gap(world, &grant.held()));
    }
    held
}

/// The hop by which a permission lets its holder into a group.
fn let_in(world: &World<'_>, bypass: &Bypass, entered: &Entered<'_>) -> StepLine {
    let group = &entered.group;
    let name = match world.principal(group) {
        Some(principal) => principal.name.to_string(),
        None => group.to_string(),
    };
    let eligible = bypass.power == Power::MakeEligibleForGroups;
    let access = Access::Group(group.clone(), GroupAccess::Member);
    let what = if eligible { "eligible for" } else { "a member of" };
    StepLine {
        words: format!("{} can make anybody {what} {name}", bypass.permission),
        into: name,
        into_id: group.to_string(),
        by: "permission",
        how: bypass.permission,
        gate: eligible.then(|| gate_or_gap(world, &access)),
    }
}

/// How the way is held.
pub(super) fn state_of(way: &Way<'_>) -> State {
    match (way.is_potential(), way.state()) {
        (true, _) => State::Possible,
        (false, PathState::Standing) => State::Standing,
        (false, PathState::Activated) => State::Activated,
        (false, PathState::Eligible) => State::Eligible,
        (false, PathState::Unknown) => State::Unknown,
    }
}

/// What the principal is, in a word.
pub(super) fn kind_of(world: &World<'_>, principal: &PrincipalId) -> &'static str {
    match world.principal(principal) {
        Some(principal) if is_foreign_principal(principal, world) => "foreign",
        Some(principal) => principal.kind_name(),
        None => "not read",
    }
}

fn step(world: &World<'_>, hop: &Hop) -> StepLine {
    let name = match world.principal(&hop.into) {
        Some(principal) => principal.name.to_string(),
        None => hop.into.to_string(),
    };
    StepLine {
        into: name,
        into_id: hop.into.to_string(),
        by: match hop.step {
            Step::Member => "member",
            Step::Owner => "owner",
            Step::Credentials => "credentials",
        },
        how: how_name(hop.how),
        gate: hop.gated_by().map(|access| gate_or_gap(world, &access)),
        words: world.hop_in_words(hop),
    }
}

/// What a state proves: who activated is eligible, and uses it right now.
const fn proven(state: State) -> State {
    match state {
        State::Activated => State::Eligible,
        State::Standing | State::Unknown | State::Eligible | State::Possible => state,
    }
}

/// What counts of several: a row of an unknown type proves no more than an eligibility beside it.
const fn rank(state: State) -> u8 {
    match state {
        State::Standing => 0,
        State::Activated | State::Eligible => 1,
        State::Unknown => 2,
        State::Possible => 3,
    }
}

/// People once each, by the most direct way there is.
fn counts(world: &World<'_>, access: &Access, lines: &[Line]) -> Counts {
    let mut best: BTreeMap<&str, (State, bool)> = BTreeMap::new();
    let mut counts = Counts::default();
    for line in lines.iter().filter(|line| !line.shut) {
        if line.kind != "user" && line.kind != "guest" {
            continue;
        }
        // The hop into the group that was asked for is no way round.
        let own_hops = usize::from(matches!(access, Access::Group(..)));
        let direct = line.steps.len() <= own_hops && line.state != State::Possible;
        let state = proven(line.state);
        let known = best.entry(&line.principal_id).or_insert((state, direct));
        if rank(state) < rank(known.0) {
            known.0 = state;
        }
        known.1 |= direct;
    }
    for (state, direct) in best.values() {
        match state {
            State::Possible => counts.possible += 1,
            State::Standing | State::Unknown | State::Activated | State::Eligible => {
                counts.people += 1;
                counts.direct += usize::from(*direct);
                counts.through_groups += usize::from(!direct);
                counts.eligible += usize::from(*state == State::Eligible);
                counts.type_not_read += usize::from(*state == State::Unknown);
            }
        }
    }
    let services: BTreeSet<&str> = lines
        .iter()
        .filter(|line| !line.shut && matches!(line.kind, "service principal" | "managed identity"))
        .map(|line| line.principal_id.as_str())
        .collect();
    counts.services = services.len();
    let unresolved = |line: &&Line| {
        !matches!(line.kind, "user" | "guest" | "service principal" | "managed identity")
    };
    let mut unresolved: BTreeSet<PrincipalId> =
        lines.iter().filter(unresolved).map(|line| PrincipalId::new(&line.principal_id)).collect();
    match access {
        Access::DirectoryRole(role) => {
            let holders = world.holders(role, false);
            unresolved.extend(holders.unresolved.keys().cloned());
            counts.at_least = holders.uncounted().next().is_some();
        }
        Access::Group(group, _) => counts.at_least = !world.expand(group).gaps.is_empty(),
    }
    counts.unresolved = unresolved.len();
    counts.foreign = unresolved.iter().filter(|id| kind_of(world, id) == "foreign").count();
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, GLOBAL_READER, HELPDESK};

    fn asked(case: &Case, access: Access) -> Who {
        who(&case.world(), &Question::Access(access))
    }

    fn role(id: &str) -> Access {
        Access::DirectoryRole(RoleId::new(id))
    }

    #[test]
    fn who_owns_a_group_and_is_in_one_within_it_is_no_direct_member() {
        let mut case = Case::new();
        case.user("ana");
        case.group("inner", &["ana"]);
        case.group("g", &["inner"]);
        case.owner("ana", "g");
        let group = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
        let counts = asked(&case, group).counts;
        assert_eq!((counts.people, counts.direct, counts.through_groups), (1, 0, 1));
    }

    #[test]
    fn who_is_of_another_tenant_is_shown_and_counted_as_not_resolved() {
        let mut case = Case::new();
        case.absent("partner");
        case.absent("gone");
        case.active("partner", GLOBAL_READER).principal_organization = Some("elsewhere".into());
        case.active("gone", GLOBAL_READER);
        let found = asked(&case, role(GLOBAL_READER));
        let lines: Vec<(&str, &str)> =
            found.lines.iter().map(|line| (&*line.principal_id, line.kind)).collect();
        assert_eq!(lines, [("partner", "foreign")]);
        assert_eq!((found.counts.unresolved, found.counts.foreign), (2, 1));
        assert!(found.counts.at_least);
        assert!(!found.gaps.is_empty());
    }

    #[test]
    fn a_row_of_an_unknown_type_proves_no_more_than_the_eligibility_beside_it() {
        let mut case = Case::new();
        case.policy(GLOBAL_READER);
        for person in ["cleo", "tess"] {
            case.user(person);
            case.active(person, GLOBAL_READER).hold = crate::model::Hold::ActiveOfUnknownType;
        }
        case.eligible("cleo", GLOBAL_READER);
        let counts = asked(&case, role(GLOBAL_READER)).counts;
        assert_eq!((counts.people, counts.eligible, counts.type_not_read), (2, 1, 1));
    }

    #[test]
    fn a_closed_way_is_said_to_be_whichever_way_it_is_asked_for() {
        let mut case = Case::new();
        for person in ["dirk", "ana", "ben"] {
            case.user(person).enabled = Some(person != "dirk");
        }
        case.service("robot");
        case.group("g", &[]);
        case.onboard("g");
        for member in ["robot", "ben"] {
            case.group_eligible(member, "g", GroupAccess::Member);
        }
        case.active("g", HELPDESK);
        case.active("dirk", GLOBAL_READER);
        // Nobody but herself could approve for ana.
        case.approvers(GLOBAL_ADMINISTRATOR, &["ana"]);
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        case.eligible("ben", GLOBAL_ADMINISTRATOR);
        let group = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
        for (access, who_asks, expected, shut) in [
            (role(GLOBAL_READER), "dirk", Some("it is switched off"), true),
            (group.clone(), "robot", Some("an application cannot activate"), true),
            (group, "ben", None, false),
            (role(GLOBAL_ADMINISTRATOR), "ana", Some("nobody who is named can approve"), false),
            (role(GLOBAL_ADMINISTRATOR), "ben", None, false),
        ] {
            let of = |found: Who| {
                let found = found.lines.into_iter();
                let mut found = found.filter(|it| it.principal_id == who_asks);
                let line = found.find(|it| it.access == access.key()).unwrap();
                (line.closed, line.shut)
            };
            assert_eq!(of(asked(&case, access.clone())), (expected, shut), "{who_asks}");
            let turned = Question::Principal(PrincipalId::new(who_asks));
            assert_eq!(of(who(&case.world(), &turned)), (expected, shut), "{who_asks} turned");
        }
        // Who waits for an approval that cannot come is a holder all the same.
        assert_eq!(asked(&case, role(GLOBAL_ADMINISTRATOR)).counts.people, 2);
    }

    #[test]
    fn who_owns_an_application_that_owns_a_group_can_enter_it() {
        let mut case = Case::new();
        case.user("olga");
        case.service("robot");
        case.service_owner("olga", "robot");
        case.group("g", &[]);
        case.owner("robot", "g");
        case.active("g", GLOBAL_READER);
        let group = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
        for access in [role(GLOBAL_READER), group] {
            let found = asked(&case, access.clone());
            let mut ids: Vec<&str> = found.lines.iter().map(|it| &*it.principal_id).collect();
            ids.sort_unstable();
            assert_eq!(ids, ["olga", "robot"], "{access:?}");
        }
        // One that could only activate that it owns the group cannot.
        let mut case = Case::new();
        case.user("olga");
        case.service("robot");
        case.service_owner("olga", "robot");
        case.group("g", &[]);
        case.onboard("g");
        case.group_eligible("robot", "g", GroupAccess::Owner);
        case.active("g", GLOBAL_READER);
        let found = asked(&case, role(GLOBAL_READER));
        let told: Vec<_> = found.lines.iter().map(|it| (&*it.principal_id, it.shut)).collect();
        assert_eq!(told, [("robot", true)]);
    }

    #[test]
    fn a_group_that_pim_does_not_manage_has_no_settings_to_be_read() {
        for (onboarded, expected) in [
            (
                false,
                "PIM for Groups has no settings for group g until it manages the group; its default \
                 settings then apply",
            ),
            (true, "MFA, justification; at most 8 h"),
        ] {
            let mut case = Case::new();
            case.service("robot");
            // PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup.
            case.application_grant("robot", "618b6020-bca8-4de6-99f6-ef445fa4d857");
            case.group("g", &[]);
            case.active("g", GLOBAL_READER);
            if onboarded {
                case.onboard("g");
            }
            let found = asked(&case, role(GLOBAL_READER));
            let [line] = &found.lines[..] else { panic!("{:?}", found.lines) };
            assert_eq!(line.gate, expected);
            assert_eq!(line.steps[0].gate.as_deref(), Some(expected));
            let words = format!("eligible for g: {expected} ->");
            assert!(line.words.contains(&words), "{}", line.words);
            let gap = line.gap.as_ref().map(|gap| gap.kind);
            assert_eq!(gap, (!onboarded).then_some(GapKind::NotManaged));
        }
    }

    #[test]
    fn who_can_give_any_role_reaches_those_that_nobody_holds() {
        // RoleManagement.ReadWrite.Directory, and a permission on policies alone.
        for (permission, expected) in [
            ("9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", true),
            ("31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad", false),
        ] {
            let mut case = Case::new();
            case.service("robot");
            case.application_grant("robot", permission);
            let found = who(&case.world(), &Question::Principal(PrincipalId::new("robot")));
            let reached: BTreeSet<&str> = found.lines.iter().map(|it| &*it.access).collect();
            for id in [GLOBAL_ADMINISTRATOR, HELPDESK] {
                assert_eq!(reached.contains(&*role(id).key()), expected, "{permission} {id}");
            }
        }
    }

    #[test]
    fn the_owner_of_an_application_that_is_switched_off_is_in_no_count() {
        for (enabled, expected) in [(true, 1), (false, 0)] {
            let mut case = Case::new();
            case.user("olga");
            case.service("robot").enabled = Some(enabled);
            case.service_owner("olga", "robot");
            case.active("robot", GLOBAL_READER);
            let found = asked(&case, role(GLOBAL_READER));
            assert_eq!((found.counts.possible, found.counts.services), (expected, expected));
            let owner = found.lines.iter().find(|line| line.principal_id == "olga").unwrap();
            assert_eq!(owner.words.contains("switched off"), !enabled, "{}", owner.words);
        }
    }
}
