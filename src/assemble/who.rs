//! From ways to the answer of `who`: everyone who holds or can reach an access, or everything that one
//! principal can reach.

use super::is_foreign_principal;
use crate::evaluate::{hold_name, how_name};
use crate::facts::{Hop, PathState, Step, Way, WayEnd, World};
use crate::model::{Access, Class, Gap, GroupAccess, Principal, PrincipalId, RoleId, roles};
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
        Err(gap) => format!("not read ({gap})"),
    }
}

/// Roles that anybody holds; when an application can give any role, the privileged ones as well.
fn roles_worth_asking(world: &World<'_>) -> BTreeSet<RoleId> {
    let mut all: BTreeSet<RoleId> = world.all_grants().map(|grant| grant.role.clone()).collect();
    if !world.bypassing_applications().is_empty() {
        all.insert(RoleId::new(roles::GLOBAL_ADMINISTRATOR));
        all.insert(RoleId::new(roles::PRIVILEGED_ROLE_ADMINISTRATOR));
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
    let wanted = || ways.list.iter().filter(|way| only.is_none_or(|id| way.principal == *id));
    // A gate that was not read may be the weakest.
    found.gaps.extend(wanted().filter_map(|way| way.gate.as_ref().err()).cloned());
    found.lines.extend(wanted().map(|way| line(world, access, &role, way)));
}

fn line(world: &World<'_>, access: &Access, role: &RoleId, way: &Way<'_>) -> Line {
    let (strength, gate, gap): (Option<&'static str>, String, Option<Gap>) = match &way.gate {
        Ok(gate) => (Some(gate.strength().name()), gate.in_words(), None),
        Err(gap) => (None, "not read".to_owned(), Some(gap.clone())),
    };
    let last = match &way.end {
        WayEnd::Grant(grant) => Some(format!("grant {}", grant.provenance.id)),
        WayEnd::Permission(bypass) => Some(format!("permission {}", bypass.permission)),
        WayEnd::Group(_) => None,
    };
    let hold = match &way.end {
        WayEnd::Grant(grant) if grant.is_eligible() || grant.class() == Class::Activated => {
            let gate = gate_or_gap(world, &grant.held());
            format!("{}{}: {gate}", hold_name(grant), world.within(&grant.within))
        }
        WayEnd::Grant(grant) => format!("{}{}", hold_name(grant), world.within(&grant.within)),
        WayEnd::Permission(bypass) => bypass.permission.to_owned(),
        WayEnd::Group(_) => String::new(),
    };
    Line {
        hold,
        access: access.key(),
        access_name: world.access_name(access).to_string(),
        principal: world.name_of(&way.principal).to_string(),
        principal_id: way.principal.to_string(),
        kind: kind_of(world, &way.principal),
        break_glass: world.is_break_glass(&way.principal),
        disabled: world.principal(&way.principal).is_some_and(Principal::is_disabled),
        state: state_of(way),
        strength,
        rank: match &way.gate {
            Ok(gate) => gate.strength() as u8,
            Err(_) => u8::MAX,
        },
        gate,
        gap,
        words: world.way_in_words(way, role),
        steps: way.hops.iter().map(|hop| step(world, hop)).collect(),
        end: last,
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

/// People once each, by the most direct way there is.
fn counts(world: &World<'_>, access: &Access, lines: &[Line]) -> Counts {
    let mut best: BTreeMap<&str, (State, bool)> = BTreeMap::new();
    let mut counts = Counts::default();
    for line in lines.iter().filter(|line| !line.disabled) {
        if line.kind != "user" && line.kind != "guest" {
            continue;
        }
        // The hop into the group that was asked for is no way round.
        let own_hops = usize::from(matches!(access, Access::Group(..)));
        let direct = line.steps.len() <= own_hops;
        // Who activated is eligible, and uses it right now.
        let state = match line.state {
            State::Activated => State::Eligible,
            State::Standing | State::Unknown | State::Eligible | State::Possible => line.state,
        };
        let known = best.entry(&line.principal_id).or_insert((state, direct));
        known.0 = known.0.min(state);
        known.1 |= direct && line.state != State::Possible;
    }
    for (state, direct) in best.values() {
        match state {
            State::Possible => counts.possible += 1,
            State::Standing | State::Unknown | State::Activated | State::Eligible => {
                counts.people += 1;
                counts.direct += usize::from(*direct);
                counts.through_groups += usize::from(!direct);
                counts.eligible += usize::from(*state == State::Eligible);
            }
        }
    }
    let services: BTreeSet<&str> = lines
        .iter()
        .filter(|line| {
            !line.disabled && matches!(line.kind, "service principal" | "managed identity")
        })
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
            counts.at_least = !holders.gaps.is_empty();
        }
        Access::Group(group, _) => counts.at_least = !world.expand(group).gaps.is_empty(),
    }
    counts.unresolved = unresolved.len();
    counts
}
