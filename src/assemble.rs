//! From judgements to the report: headers, who can become Global Administrator, the inventory.
//!
//! Gathers what was judged and resolved; decides nothing and formats nothing.

pub mod activations;
pub mod diff;
mod named;
pub mod precheck;
pub mod verify;
pub mod who;

use crate::baseline::Baseline;
use crate::checks::{CHECKS, Check};
use crate::evaluate::{evaluate, evaluate_in, gate_in_words, hold_name};
use crate::facts::ways::Closed;
use crate::facts::{Chain, Gate, Hop, How, Path, PathState, Way, World};
use crate::model::{
    Dataset, Gap, GapKind, Grant, Organisation, Principal, PrincipalId, PrincipalKindFacts, RoleId,
    Tenant, roles,
};
use crate::report::model::{
    Candidate, CheckText, Collection, Configuration, ControlText, DatasetState, Inventory,
    InventoryLine, Judged, MOST_WAYS, Reach, ReachWay, Report, Status, WeakestWay,
};
use crate::snapshot::Snapshot;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What this version does not look at, for the section NOT COVERED.
pub const NOT_COVERED: &[&str] = &[
    "Azure resource roles",
    "Intune roles",
    "Defender XDR roles",
    "Exchange role groups",
    "Purview role groups",
];

/// Everything a report is made of.
pub struct Material<'a> {
    /// The snapshot's header and states.
    pub collected: Collection,
    /// Its typed form.
    pub tenant: &'a Tenant,
    /// The organisation file, or an empty one.
    pub organisation: &'a Organisation,
    /// Name and digest of the organisation file, where there is one.
    pub configuration: Option<Configuration>,
    /// The baselines, each judged by itself.
    pub baselines: &'a [Baseline],
    /// The time of judgement.
    pub now: Timestamp,
    /// Controls by check to label the findings with; empty without such a wish.
    pub labels: &'a Labels,
}

/// Controls of a wider framework, by check.
pub type Labels = BTreeMap<String, Arc<[String]>>;

/// Judges every baseline and gathers the report.
pub fn report(material: &Material<'_>) -> Report {
    let asked: BTreeSet<&str> = material
        .baselines
        .iter()
        .flat_map(|baseline| &baseline.rules)
        .map(|rule| rule.check.id)
        .collect();
    Report {
        inventory: None,
        checks: CHECKS.iter().filter(|it| asked.contains(it.id)).map(|it| text_of(it)).collect(),
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&material.tenant.id),
        tenant_name: Arc::clone(&material.tenant.name),
        cloud: material.tenant.cloud,
        collected: material.collected.clone(),
        now: material.now,
        configuration: material.configuration.clone(),
        baselines: material.baselines.iter().map(|baseline| judged(material, baseline)).collect(),
        not_covered: NOT_COVERED.to_vec(),
    }
}

fn text_of(check: &Check) -> CheckText {
    CheckText {
        id: check.id,
        title: check.title,
        what: check.what.to_owned(),
        why: check.why.to_owned(),
        reads: check.reads().into_iter().collect(),
        references: check.references.iter().map(|&it| it.to_owned()).collect(),
    }
}

fn judged(material: &Material<'_>, baseline: &Baseline) -> Judged {
    let Material { tenant, organisation, now, .. } = *material;
    let world = World::new(tenant, organisation, baseline.table.as_ref(), now);
    let mut evaluation = evaluate_in(&world, baseline);
    for finding in &mut evaluation.findings {
        finding.labels = material.labels.get(finding.check).cloned();
    }
    let break_glass = candidates(&world);
    Judged {
        id: baseline.id.clone(),
        title: baseline.title.clone(),
        digest: baseline.digest.clone(),
        global_administrators: reach(&world, &RoleId::new(roles::GLOBAL_ADMINISTRATOR)),
        posture_with_break_glass: posture_with(material, baseline, &break_glass),
        break_glass,
        findings: evaluation.findings,
        score: evaluation.score,
        unmatched_rules: evaluation.unmatched_rules,
        controls: controls(baseline),
    }
}

/// The controls that rules of the baseline name, sorted, with the checks that speak to them.
fn controls(baseline: &Baseline) -> Vec<ControlText> {
    let mut controls: BTreeMap<&str, (Option<&str>, BTreeSet<&'static str>)> = BTreeMap::new();
    for rule in &baseline.rules {
        for control in &rule.origin.controls {
            let (level, checks) = controls.entry(control).or_default();
            *level = level.or(rule.origin.level.as_deref());
            checks.insert(rule.check.id);
        }
    }
    let text =
        |(control, (level, checks)): (&str, (Option<&str>, BTreeSet<&'static str>))| ControlText {
            control: control.to_owned(),
            level: level.map(str::to_owned),
            checks: checks.into_iter().collect(),
        };
    controls.into_iter().map(text).collect()
}

/// Accounts that look like undeclared break-glass accounts.
pub fn candidates(world: &World<'_>) -> Vec<Candidate> {
    world
        .break_glass_candidates()
        .into_iter()
        .map(|(principal, reason)| Candidate { name: world.name_of(&principal), principal, reason })
        .collect()
}

/// Posture if the candidates were declared: what the operator gains by saying so.
fn posture_with(
    material: &Material<'_>,
    baseline: &Baseline,
    candidates: &[Candidate],
) -> Option<f64> {
    // One account alone is no emergency access; declaring it would only look better.
    if candidates.len() < 2 {
        return None;
    }
    let mut organisation = material.organisation.clone();
    organisation.break_glass.extend(candidates.iter().map(|it| it.principal.to_string()));
    let score = evaluate(material.tenant, &organisation, baseline, material.now).score;
    // Where nothing is graded only a range can be told.
    score.posture.filter(|_| score.grade.is_some())
}

/// The header of a snapshot and the state of each collection: all a report needs of it.
pub fn collection(snapshot: &Snapshot<'_>) -> Collection {
    let by = snapshot.collected_by.as_ref();
    Collection {
        at: snapshot.collected_at,
        by: by.and_then(|by| by.name.clone().or_else(|| by.application.clone())),
        application: by.and_then(|by| by.application.clone()),
        auth: by.and_then(|by| by.auth.clone()),
        permissions: by.map(|by| by.permissions.clone()).unwrap_or_default(),
        datasets: Dataset::ALL.into_iter().map(|dataset| state(snapshot, dataset)).collect(),
    }
}

fn state(snapshot: &Snapshot<'_>, dataset: Dataset) -> DatasetState {
    let parts: Vec<_> = snapshot.parts(dataset).collect();
    let whole = snapshot.collection(dataset);
    let gap = parts.iter().find_map(|part| part.gap.clone());
    let missing = parts.is_empty() || parts.iter().all(|part| part.missing);
    let status = match (&gap, missing) {
        (_, true) => Status::Missing,
        (Some(_), false) => Status::Partial,
        (None, false) => Status::Complete,
    };
    DatasetState {
        dataset,
        status,
        gap: gap.or_else(|| {
            missing.then(|| {
                let detail = "not needed by this run";
                Gap::of(dataset, GapKind::NotRequested, detail)
            })
        }),
        rows: parts.iter().map(|part| part.rows.len()).sum(),
        request: whole.or(parts.first().copied()).map_or_else(String::new, |part| match part.key {
            // One request a group: the report shows its form once.
            Some(ref key) => part.request.replace(key.as_str(), "{id}"),
            None => part.request.clone(),
        }),
        read_at: parts.iter().filter_map(|part| part.read_at).max(),
        declined: parts.is_empty() || parts.iter().any(|part| part.declined),
    }
}

/// Who can become holder of a role, by any way. Who is switched off is in no list and no number but
/// one of its own.
pub fn reach(world: &World<'_>, role: &RoleId) -> Reach {
    let holders = world.holders(role, true);
    let is_off = |id: &PrincipalId| world.principal(id).is_some_and(Principal::is_disabled);
    let people: Vec<_> = holders.people.iter().filter(|(person, _)| !is_off(person)).collect();
    // A service principal cannot activate: one that is only eligible holds nothing.
    let holds_now = |paths: &[Path<'_>]| {
        paths.iter().any(|path| matches!(path.state(), PathState::Standing | PathState::Unknown))
    };
    let services = holders.services.iter().filter(|(id, paths)| holds_now(paths) && !is_off(id));
    let off = holders.people.keys().chain(
        holders.services.iter().filter(|(_, paths)| holds_now(paths)).map(|(service, _)| service),
    );
    let mut reach = Reach {
        people: people.len(),
        at_least_because: holders.uncounted().cloned().collect(),
        standing: Vec::new(),
        type_not_read: Vec::new(),
        activated: Vec::new(),
        eligible: Vec::new(),
        through_groups: Vec::new(),
        services: services.map(|(service, _)| world.name_of(service)).collect(),
        gate: gate_in_words(world, role),
        possible: Vec::new(),
        possible_services: Vec::new(),
        unresolved: holders.unresolved.len(),
        disabled: off.filter(|id| is_off(id)).count(),
        weakest: None,
        more_ways_because: Vec::new(),
        ways: Vec::new(),
        further_ways: 0,
    };
    let ways = world.ways(role);
    reach.ways = ways.list.iter().take(MOST_WAYS).map(|it| way_of(world, it, role)).collect();
    reach.further_ways = ways.list.len() - reach.ways.len();
    // A way that is not known, or a gate that was not read, may be weaker than all others.
    let gates = ways.list.iter().filter_map(|way| way.gate.as_ref().err());
    let unread: BTreeSet<&Gap> = ways.gaps.iter().chain(gates).collect();
    reach.more_ways_because = unread.into_iter().cloned().collect();
    reach.weakest = weakest(world, &ways.list, role);
    let holds = |id: &PrincipalId| {
        holders.people.contains_key(id)
            || holders.services.get(id).is_some_and(|paths| holds_now(paths))
    };
    let possible: BTreeSet<&PrincipalId> = ways
        .list
        .iter()
        .filter(|way| way.is_potential() && !world.is_shut(way) && !holds(&way.principal))
        .map(|way| &way.principal)
        .collect();
    let (could, applications): (Vec<_>, Vec<_>) = possible.into_iter().partition(|id| {
        let kind = world.principal(id).map(|it| &it.kind);
        !matches!(kind, Some(PrincipalKindFacts::ServicePrincipal(_)))
    });
    reach.possible = could.into_iter().map(|id| world.name_of(id)).collect();
    reach.possible_services = applications.into_iter().map(|id| world.name_of(id)).collect();
    for (person, paths) in people {
        let name = world.name_of(person);
        let by = |wanted: PathState| paths.iter().any(|path| path.state() == wanted);
        // What is held now by a row of an unknown type proves no more than an eligibility beside it.
        let list = if by(PathState::Standing) {
            &mut reach.standing
        } else if by(PathState::Activated) {
            &mut reach.activated
        } else if by(PathState::Eligible) {
            &mut reach.eligible
        } else {
            &mut reach.type_not_read
        };
        list.push(Arc::clone(&name));
        if paths.iter().any(|path| !path.is_direct()) {
            reach.through_groups.push(name);
        }
    }
    for list in [
        &mut reach.standing,
        &mut reach.type_not_read,
        &mut reach.activated,
        &mut reach.eligible,
        &mut reach.through_groups,
        &mut reach.services,
        &mut reach.possible,
        &mut reach.possible_services,
    ] {
        list.sort();
    }
    reach
}

/// Why nobody knows what is asked for on a way, in words.
fn unread_gate(gap: &Gap) -> String {
    // Nothing was left unread where there is nothing to be read yet.
    if gap.kind == GapKind::NotManaged {
        gap.detail.to_string()
    } else {
        format!("not read ({gap})")
    }
}

fn way_of(world: &World<'_>, way: &Way<'_>, role: &RoleId) -> ReachWay {
    let through = |hop: &Hop| world.name_of(&hop.into).to_string();
    ReachWay {
        principal: world.name_of(&way.principal),
        kind: who::kind_of(world, &way.principal),
        state: who::state_of(way).name(),
        strength: way.gate.as_ref().ok().map(|gate| gate.strength().name()),
        rank: way.gate.as_ref().map_or(0, |gate| gate.strength() as u8),
        gate: way.gate.as_ref().map_or_else(unread_gate, Gate::in_words),
        through: way
            .hops
            .iter()
            .rev()
            .map(through)
            .chain(way.entered.iter().map(|it| world.name_of(&it.group).to_string()))
            .collect(),
        words: world.way_in_words(way, role),
        break_glass: world.is_break_glass(&way.principal),
        disabled: world.principal(&way.principal).is_some_and(Principal::is_disabled),
        closed: world.closed(way).map(Closed::in_words),
    }
}

/// The weakest way of all; of several equal ones the first. Break-glass accounts that are declared are
/// meant to hold the role, who is switched off cannot use it, and what a way of an unknown type asks
/// for is not known. One on which nobody can approve is named where there is no other, and with that.
fn weakest(world: &World<'_>, ways: &[Way<'_>], role: &RoleId) -> Option<WeakestWay> {
    let mut known = ways
        .iter()
        .filter(|way| !world.is_break_glass(&way.principal))
        .filter(|way| !world.is_shut(way) && !world.is_untyped(way))
        .filter_map(|way| Some((way, way.gate.as_ref().ok()?)));
    let open = known.clone().find(|(way, _)| world.closed(way).is_none());
    let (way, gate) = open.or_else(|| known.next())?;
    let closed = world.closed(way).map(|it| format!("; closed: {}", it.in_words()));
    let words = world.way_in_words(way, role);
    Some(WeakestWay {
        principal: world.name_of(&way.principal),
        way: format!("{words}{}", closed.unwrap_or_default()),
        gate: gate.in_words(),
        strength: gate.strength().name(),
        standing: way.is_standing(),
    })
}

/// Who holds what: one line a grant and path.
pub fn inventory(tenant: &Tenant, organisation: &Organisation, now: Timestamp) -> Inventory {
    let world = World::new(tenant, organisation, None, now);
    let active = tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
    let eligible = tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
    let mut lines = Vec::new();
    let mut gaps: BTreeSet<Gap> =
        [tenant.active.gap(), tenant.eligible.gap(), tenant.principals.gap()]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
    for grant in active.iter().chain(eligible) {
        lines.push(line(&world, grant, &grant.principal, &Chain::default()));
        if world.principal(&grant.principal).is_some_and(|it| it.group().is_some()) {
            let expansion = world.expand(&grant.principal);
            gaps.extend(expansion.gaps.iter().cloned());
            for (member, chains) in &expansion.members {
                for chain in chains {
                    lines.push(line(&world, grant, member, chain));
                }
            }
        }
    }
    lines.sort();
    Inventory {
        tenant: Arc::clone(&tenant.id),
        tenant_name: Arc::clone(&tenant.name),
        at: tenant.collected_at,
        lines,
        gaps: gaps.into_iter().collect(),
    }
}

fn line(world: &World<'_>, grant: &Grant, holder: &PrincipalId, hops: &Chain) -> InventoryLine {
    let kind = match world.principal(holder) {
        // What a group was granted says nothing of where its members are.
        Some(_) if hops.is_empty() && world.is_foreign_grant(grant) => "foreign",
        Some(principal) => principal.kind_name(),
        None => "not read",
    };
    let group_name = |id: &PrincipalId| match world.principal(id) {
        Some(principal) => Arc::clone(&principal.name),
        None => id.text(),
    };
    InventoryLine {
        role: world.role_name(&grant.role),
        access: grant.held().key(),
        principal: world.name_of(holder),
        principal_id: holder.to_string(),
        kind,
        hold: hold_of(grant, hops),
        until: hops.iter().filter_map(|hop| ends(hop.how)).chain(grant.end).min(),
        scope: grant.within.to_string(),
        scope_name: world.unit_name(&grant.within).cloned(),
        path: hops.iter().map(|hop| group_name(&hop.into)).collect(),
    }
}

/// A principal of another tenant, by any of its grants.
fn is_foreign_principal(principal: &Principal, world: &World<'_>) -> bool {
    world.grants_held_by(&principal.id).any(|grant| world.is_foreign_grant(grant))
}

/// The word for how a way is held: one eligible hop makes all of it eligible.
fn hold_of(grant: &Grant, hops: &Chain) -> &'static str {
    if hops.is_empty() {
        return hold_name(grant);
    }
    match (Path { grant, hops: hops.clone() }).state() {
        PathState::Standing => "active",
        PathState::Unknown => "active (type not read)",
        PathState::Activated => "activated",
        PathState::Eligible => "eligible",
    }
}

const fn ends(how: How) -> Option<Timestamp> {
    match how {
        How::Assigned { until } | How::Eligible { until } => until,
        How::Plain | How::Activated | How::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
    use crate::model::Hold;

    const ROLE: &str = GLOBAL_ADMINISTRATOR;

    /// Whose way is the weakest, and whether it is held all the time.
    fn weakest_of(case: &Case) -> Option<(String, bool)> {
        let now = NOW.parse().unwrap();
        let world = World::new(&case.tenant, &case.organisation, None, now);
        let weakest = reach(&world, &RoleId::new(ROLE)).weakest?;
        assert!(!weakest.standing || weakest.gate == "nothing", "{weakest:?}");
        Some((weakest.principal.to_string(), weakest.standing))
    }

    #[test]
    fn the_weakest_way_of_all_is_named_and_a_declared_break_glass_account_is_none() {
        type Change = fn(&mut Case);
        type Expected = Option<(&'static str, bool)>;
        let cases: [(&str, Change, Expected); 7] = [
            ("nobody", |_| {}, None),
            ("eligible", |case| eligible(case, "cleo"), Some(("cleo", false))),
            (
                "standing beside eligible",
                |case| {
                    eligible(case, "cleo");
                    case.user("dirk");
                    case.active("dirk", ROLE);
                },
                Some(("dirk", true)),
            ),
            (
                "standing through a group",
                |case| {
                    eligible(case, "cleo");
                    case.user("dirk");
                    case.group("ops", &["dirk"]);
                    case.active("ops", ROLE);
                },
                Some(("dirk", true)),
            ),
            (
                "declared",
                |case| {
                    eligible(case, "cleo");
                    case.user("bg");
                    case.active("bg", ROLE);
                    case.organisation.break_glass.push("bg".to_owned());
                },
                Some(("cleo", false)),
            ),
            (
                "switched off",
                |case| {
                    eligible(case, "cleo");
                    case.user("off").enabled = Some(false);
                    case.active("off", ROLE);
                },
                Some(("cleo", false)),
            ),
            (
                "owner of a group that holds it",
                |case| {
                    eligible(case, "cleo");
                    case.user("olga");
                    case.group("ops", &[]);
                    case.owner("olga", "ops");
                    case.active("ops", ROLE);
                },
                Some(("olga", false)),
            ),
        ];
        for (name, change, expected) in cases {
            let mut case = Case::new();
            change(&mut case);
            let expected =
                expected.map(|(who, standing)| (format!("{who}@contoso.example"), standing));
            assert_eq!(weakest_of(&case), expected, "{name}");
        }
    }

    #[test]
    fn a_way_on_which_nobody_can_approve_is_the_weakest_only_where_there_is_no_other() {
        for (other, expected) in [
            (
                false,
                "is eligible for Global Administrator: approval; without an end; closed: nobody who is \
                 named can approve",
            ),
            (true, "is eligible for Global Administrator: approval; without an end"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.approvers(ROLE, &["ana"]);
            let policy = case.policy(ROLE);
            policy.activation_enablement = Ok(crate::model::Enablement::default());
            policy.activation_expiration = Ok(crate::model::Expiration::NotRequired);
            case.eligible("ana", ROLE);
            if other {
                case.user("ben");
                case.eligible("ben", ROLE);
            }
            let now = NOW.parse().unwrap();
            let world = World::new(&case.tenant, &case.organisation, None, now);
            let weakest = reach(&world, &RoleId::new(ROLE)).weakest.unwrap();
            let who = if other { "ben" } else { "ana" };
            assert_eq!(&*weakest.principal, format!("{who}@contoso.example"));
            assert_eq!(weakest.way, expected);
        }
    }

    #[test]
    fn of_a_holder_of_another_tenant_it_is_said_why_nobody_counted_it() {
        let mut case = Case::new();
        case.absent("partner");
        case.active("partner", ROLE).principal_organization = Some("elsewhere".into());
        let now = NOW.parse().unwrap();
        let world = World::new(&case.tenant, &case.organisation, None, now);
        let reach = reach(&world, &RoleId::new(ROLE));
        let [gap] = &reach.at_least_because[..] else { panic!("{:?}", reach.at_least_because) };
        // By these words reports tell it from what was not read.
        assert!(gap.detail.contains("belongs to another tenant"), "{gap}");
        assert_eq!(reach.unresolved, 1);
    }

    #[test]
    fn everybody_stands_in_one_list_and_who_is_switched_off_in_none() {
        let mut case = Case::new();
        for person in ["stan", "cleo", "tess", "olga", "off"] {
            case.user(person);
        }
        case.policy(ROLE);
        case.user("off").enabled = Some(false);
        case.active("stan", ROLE);
        // In use right now, as far as is known.
        case.active("cleo", ROLE).hold = Hold::ActiveOfUnknownType;
        case.active("tess", ROLE).hold = Hold::ActiveOfUnknownType;
        for person in ["cleo", "off"] {
            case.eligible(person, ROLE);
        }
        // Only what holds the role is an application that holds it.
        for service in ["robot", "idle", "shut"] {
            case.service(service);
        }
        case.service("shut").enabled = Some(false);
        case.service_owner("olga", "shut");
        case.active("robot", ROLE);
        case.active("shut", ROLE);
        case.eligible("idle", ROLE);
        let now = NOW.parse().unwrap();
        let world = World::new(&case.tenant, &case.organisation, None, now);
        let reach = reach(&world, &RoleId::new(ROLE));
        for (what, list, expected) in [
            ("standing", &reach.standing, &["stan@contoso.example"][..]),
            ("type not read", &reach.type_not_read, &["tess@contoso.example"]),
            ("activated", &reach.activated, &[]),
            ("eligible", &reach.eligible, &["cleo@contoso.example"]),
            ("services", &reach.services, &["robot"]),
            ("possible", &reach.possible, &[]),
        ] {
            let found: Vec<&str> = list.iter().map(|name| &**name).collect();
            assert_eq!(found, expected, "{what}");
        }
        assert_eq!((reach.people, reach.disabled), (3, 2));
    }

    #[test]
    fn a_way_of_an_unknown_type_asks_for_what_nobody_knows() {
        let mut case = Case::new();
        case.policy(ROLE);
        case.user("tess");
        case.active("tess", ROLE).hold = Hold::ActiveOfUnknownType;
        assert_eq!(weakest_of(&case), None);
        case.user("cleo");
        case.eligible("cleo", ROLE);
        assert_eq!(weakest_of(&case), Some(("cleo@contoso.example".to_owned(), false)));
    }

    /// Eligible for the role, which asks for MFA.
    fn eligible(case: &mut Case, person: &str) {
        case.user(person);
        case.policy(ROLE);
        case.eligible(person, ROLE);
    }
}
