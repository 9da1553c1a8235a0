//! Conditional Access, as far as activations meet it: policies of authentication contexts, the contexts
//! themselves, and the authentication strengths these policies ask for.

use super::gather::Gather;
use super::names::Names;
use super::{Area, Change, Direction, Kind};
use crate::model::{
    AuthenticationStrength, ConditionalAccessPolicy, GrantControls, PolicyState, PrincipalId,
    RoleId, Tenant, UserConditions,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Policies, contexts and strengths.
pub(super) fn compare(names: &Names<'_>, found: &mut Gather) {
    policies(names, found);
    contexts(names, found);
    strengths(names, found);
}

/// Policies that are, or were, for an authentication context.
fn policies(names: &Names<'_>, found: &mut Gather) {
    let (old, new) = (&names.old.conditional_access, &names.new.conditional_access);
    let Some((old, new)) = found.whole("Conditional Access policies", old, new) else { return };
    let (old, new) = (by_id(old), by_id(new));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let concerns = |policy: &&ConditionalAccessPolicy| !policy.contexts.is_empty();
        let (before, after) = (old.get(id).copied(), new.get(id).copied());
        // One that lost its last context still is one that concerned it.
        if before.filter(concerns).is_none() && after.filter(concerns).is_none() {
            continue;
        }
        match (before, after) {
            (Some(old), Some(new)) => Pair { old, new, names, found: &mut *found }.compare(),
            (None, Some(policy)) => {
                let direction = Direction::of_demand(false, is_enforced(policy));
                let values = [None, Some(state(policy).to_owned())];
                push(policy, ["policy", ""], (Kind::Added, direction), values, found);
            }
            (Some(policy), None) => {
                let direction = Direction::of_demand(is_enforced(policy), false);
                let values = [Some(state(policy).to_owned()), None];
                push(policy, ["policy", ""], (Kind::Removed, direction), values, found);
            }
            (None, None) => {}
        }
    }
}

fn by_id(policies: &[ConditionalAccessPolicy]) -> BTreeMap<String, &ConditionalAccessPolicy> {
    policies.iter().map(|policy| (policy.id.to_ascii_lowercase(), policy)).collect()
}

fn state(policy: &ConditionalAccessPolicy) -> &str {
    match &policy.state {
        PolicyState::Enabled => "enabled",
        PolicyState::Disabled => "disabled",
        PolicyState::ReportOnly => "report-only",
        PolicyState::Unknown(word) => word,
    }
}

fn is_enforced(policy: &ConditionalAccessPolicy) -> bool {
    policy.state == PolicyState::Enabled
}

fn push(
    policy: &ConditionalAccessPolicy,
    [what, field]: [&str; 2],
    (kind, direction): (Kind, Direction),
    [before, after]: [Option<String>; 2],
    found: &mut Gather,
) {
    found.changes.push(Change {
        area: Area::ConditionalAccess,
        subject: format!("policy:{}", policy.id.to_ascii_lowercase()),
        what: what.to_owned(),
        field: field.to_owned(),
        kind,
        before,
        after,
        direction,
        name: policy.name.to_string(),
        holder: None,
    });
}

/// Names for people, each with the id that tells it from others of that name.
type Named = BTreeSet<(String, String)>;

/// One policy that both have.
struct Pair<'p, 't> {
    old: &'p ConditionalAccessPolicy,
    new: &'p ConditionalAccessPolicy,
    names: &'p Names<'t>,
    found: &'p mut Gather,
}

impl Pair<'_, '_> {
    fn compare(mut self) {
        let (old, new) = (self.old, self.new);
        if old.state != new.state {
            let direction = Direction::of_demand(is_enforced(old), is_enforced(new));
            let values = [state(old).to_owned(), state(new).to_owned()];
            self.push(["state", "state"], values, direction);
        }
        let words = |contexts: &BTreeSet<Arc<str>>| {
            contexts.iter().map(|claim| (claim.to_string(), String::new())).collect::<Named>()
        };
        let contexts = ["contexts", "includeAuthenticationContextClassReferences"];
        self.set(contexts, &words(&old.contexts), &words(&new.contexts), true);
        let included = ["people it is for", "conditions.users.include"];
        self.set(included, &self.included(&old.users), &self.included(&new.users), true);
        let excluded = ["people left out", "conditions.users.exclude"];
        self.set(excluded, &self.excluded(&old.users), &self.excluded(&new.users), false);
        let flag = ["all applications", "includeApplications"];
        self.flag(flag, old.all_applications, new.all_applications, true);
        let flag = ["applications left out", "excludeApplications"];
        self.flag(flag, old.excludes_applications, new.excludes_applications, false);
        let flag = ["narrowed by conditions", "conditions"];
        self.flag(flag, old.narrowed, new.narrowed, false);
        if old.grant != new.grant {
            let (before, after) = (self.controls(old), self.controls(new));
            let same_kind =
                old.grant.as_ref().map(|it| it.all) == new.grant.as_ref().map(|it| it.all);
            let direction =
                self.strength_went().unwrap_or_else(|| controls_went(&before, &after, old, new));
            let values = [in_words(&before, old), in_words(&after, new)];
            // The operator says nothing about one control alone.
            if before != after || (!same_kind && before.len() > 1) {
                self.push(["what it asks for", "grantControls"], values, direction);
            }
        }
    }

    fn push(&mut self, what: [&str; 2], [before, after]: [String; 2], direction: Direction) {
        let values = [Some(before), Some(after)];
        push(self.new, what, (Kind::Changed, direction), values, self.found);
    }

    /// A set of which more is stricter, or weaker; everybody is more than any others.
    fn set(&mut self, what: [&str; 2], before: &Named, after: &Named, more_is_stricter: bool) {
        if before == after {
            return;
        }
        let (was_all, is_all) = (before.contains(&everybody()), after.contains(&everybody()));
        let direction = if was_all == is_all {
            let gained = after.difference(before).next().is_some();
            let lost = before.difference(after).next().is_some();
            Direction::of_set(gained, lost)
        } else {
            Direction::of_demand(was_all, is_all)
        };
        let direction = if more_is_stricter { direction } else { direction.reversed() };
        let mut values = [names_of(before), names_of(after)];
        // Two groups may share a name: then only their ids tell what changed.
        if values[0] == values[1] {
            let with_id = |(name, id): &(String, String)| (format!("{name} ({id})"), id.clone());
            values = [before, after].map(|list| names_of(&list.iter().map(with_id).collect()));
        }
        self.push(what, values, direction);
    }

    fn flag(&mut self, what: [&str; 2], before: bool, after: bool, more_is_stricter: bool) {
        if before != after {
            let direction = Direction::of_demand(before, after);
            let direction = if more_is_stricter { direction } else { direction.reversed() };
            let words = |on: bool| if on { "yes" } else { "no" }.to_owned();
            self.push(what, [words(before), words(after)], direction);
        }
    }

    /// Whoever is named beside everybody changes nothing.
    fn included(&self, users: &UserConditions) -> Named {
        if users.all {
            return Named::from([everybody()]);
        }
        let mut all =
            self.people(&users.include_users, &users.include_groups, &users.include_roles);
        if users.includes_guests {
            all.insert(("guests".to_owned(), String::new()));
        }
        all
    }

    fn excluded(&self, users: &UserConditions) -> Named {
        let mut all =
            self.people(&users.exclude_users, &users.exclude_groups, &users.exclude_roles);
        if users.excludes_guests {
            all.insert(("guests".to_owned(), String::new()));
        }
        all
    }

    fn people(
        &self,
        users: &BTreeSet<PrincipalId>,
        groups: &BTreeSet<PrincipalId>,
        roles: &BTreeSet<RoleId>,
    ) -> Named {
        let users = users.iter().map(|id| (self.names.principal(id), id.to_string()));
        let group = |id| (format!("group {}", self.names.principal(id)), id.to_string());
        let groups = groups.iter().map(group);
        let role = |id: &RoleId| (format!("role {}", self.names.role(id)), id.to_string());
        let roles = roles.iter().map(role);
        users.chain(groups).chain(roles).collect()
    }

    /// Which way it went where nothing but the strength is another one, by the methods that are
    /// enough for each; `None` where something else is, or one of them was not read.
    fn strength_went(&self) -> Option<Direction> {
        let (old, new) = (self.old.grant.as_ref()?, self.new.grant.as_ref()?);
        let (before, after) = (old.strength.as_deref()?, new.strength.as_deref()?);
        let is_alone = |it: &GrantControls| !it.mfa && !it.block && it.others.is_empty();
        let rest = |it: &GrantControls| {
            let others: BTreeSet<Arc<str>> = it.others.iter().cloned().collect();
            // The operator says nothing about one control alone.
            (it.all || is_alone(it), it.mfa, it.block, others)
        };
        if before.eq_ignore_ascii_case(after) || rest(old) != rest(new) {
            return None;
        }
        let enough = |tenant: &Tenant, id: &str| {
            let strengths = tenant.strengths.at_least().ok()?;
            let methods = combinations(strengths.get(&*id.to_ascii_lowercase())?);
            (!methods.is_empty()).then_some(methods)
        };
        let (before, after) = (enough(self.names.old, before)?, enough(self.names.new, after)?);
        let gained = after.difference(&before).next().is_some();
        let lost = before.difference(&after).next().is_some();
        Some(Direction::of_set(gained, lost).reversed())
    }

    fn controls(&self, policy: &ConditionalAccessPolicy) -> BTreeSet<String> {
        let Some(grant) = &policy.grant else { return BTreeSet::new() };
        let GrantControls { all: _, mfa, block, others, strength } = grant;
        let mut controls: BTreeSet<String> = others.iter().map(|it| it.to_string()).collect();
        if *mfa {
            controls.insert("MFA".to_owned());
        }
        if *block {
            controls.insert(BLOCK.to_owned());
        }
        if let Some(id) = strength {
            let known = [self.names.new, self.names.old].into_iter().find_map(|tenant| {
                let strengths = tenant.strengths.at_least().ok()?;
                Some(strengths.get(&*id.to_ascii_lowercase())?.name.to_string())
            });
            let name = known.unwrap_or_else(|| id.to_string());
            controls.insert(format!("strength {name}"));
        }
        controls
    }
}

const BLOCK: &str = "block";

/// All users, by a word that is no id.
fn everybody() -> (String, String) {
    ("everybody".to_owned(), String::new())
}

fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn names_of(named: &Named) -> String {
    listed(named.iter().map(|(name, _)| name.as_str()))
}

/// All of them are asked for, or any one is enough.
fn asks_for_all(policy: &ConditionalAccessPolicy, controls: &BTreeSet<String>) -> bool {
    controls.len() < 2 || policy.grant.as_ref().is_some_and(|grant| grant.all)
}

fn in_words(controls: &BTreeSet<String>, policy: &ConditionalAccessPolicy) -> String {
    let between = if asks_for_all(policy, controls) { " and " } else { " or " };
    match controls.is_empty() {
        true => "nothing".to_owned(),
        false => controls.iter().map(String::as_str).collect::<Vec<_>>().join(between),
    }
}

/// Another control is stricter where all are asked for, and one more way around where any is enough.
fn controls_went(
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    old: &ConditionalAccessPolicy,
    new: &ConditionalAccessPolicy,
) -> Direction {
    let (blocked, blocks) = (before.contains(BLOCK), after.contains(BLOCK));
    if blocked != blocks {
        return Direction::of_demand(blocked, blocks);
    }
    if before.is_empty() || after.is_empty() {
        return Direction::of_demand(!before.is_empty(), !after.is_empty());
    }
    let gained = after.difference(before).next().is_some();
    let lost = before.difference(after).next().is_some();
    match (asks_for_all(old, before), asks_for_all(new, after)) {
        // The same controls, and any one was enough before.
        (false, true) if !lost => Direction::Stricter,
        (true, false) if !gained => Direction::Weaker,
        (true, true) => Direction::of_set(gained, lost),
        (false, false) => Direction::of_set(gained, lost).reversed(),
        // One control alone is both: fewer ways around are stricter, more are weaker.
        (false, true) if !gained => Direction::Stricter,
        (true, false) if !lost => Direction::Weaker,
        (false, true) | (true, false) => Direction::Different,
    }
}

/// Whether contexts are published.
fn contexts(names: &Names<'_>, found: &mut Gather) {
    let lists = found.whole("authentication contexts", &names.old.contexts, &names.new.contexts);
    let Some((old, new)) = lists else { return };
    let of = |claim: &str, of_new: bool| {
        let list = if of_new { new } else { old };
        list.iter().find(|context| *context.claim == *claim)
    };
    let claims: BTreeSet<&Arc<str>> = old.iter().chain(new).map(|it| &it.claim).collect();
    let words = |context: &crate::model::AuthenticationContextClass| match context.available {
        Some(true) => "published".to_owned(),
        Some(false) => "not published".to_owned(),
        None => "not known whether published".to_owned(),
    };
    for claim in claims {
        let (before, after) = (of(claim, false), of(claim, true));
        let (kind, direction) = match (before, after) {
            (Some(old), Some(new)) => match (old.available, new.available) {
                (Some(old), Some(new)) if old != new => {
                    (Kind::Changed, Direction::of_demand(old, new))
                }
                (Some(_) | None, Some(_) | None) => continue,
            },
            (None, Some(_)) => (Kind::Added, Direction::Different),
            (Some(_), None) => (Kind::Removed, Direction::Different),
            (None, None) => continue,
        };
        let name = after.or(before).map_or_else(String::new, |it| it.name.to_string());
        found.changes.push(Change {
            area: Area::ConditionalAccess,
            subject: format!("context:{claim}"),
            what: "authentication context".to_owned(),
            field: "isAvailable".to_owned(),
            kind,
            before: before.map(words),
            after: after.map(words),
            direction,
            name: format!("{claim} {name}").trim().to_owned(),
            holder: None,
        });
    }
}

/// What the strengths let pass that policies of contexts ask for.
fn strengths(names: &Names<'_>, found: &mut Gather) {
    let asked: BTreeSet<String> =
        asked_strengths(names.old).chain(asked_strengths(names.new)).collect();
    if asked.is_empty() {
        return;
    }
    let (old, new) = (&names.old.strengths, &names.new.strengths);
    let Some((old, new)) = found.whole("authentication strengths", old, new) else { return };
    for id in asked {
        let (Some(old), Some(new)) = (old.get(id.as_str()), new.get(id.as_str())) else { continue };
        let (before, after) = (combinations(old), combinations(new));
        if before == after {
            continue;
        }
        let gained = after.difference(&before).next().is_some();
        let lost = before.difference(&after).next().is_some();
        found.changes.push(Change {
            area: Area::ConditionalAccess,
            subject: format!("strength:{id}"),
            what: "methods that are enough".to_owned(),
            field: "allowedCombinations".to_owned(),
            kind: Kind::Changed,
            before: Some(listed(before.iter().map(String::as_str))),
            after: Some(listed(after.iter().map(String::as_str))),
            direction: Direction::of_set(gained, lost).reversed(),
            name: new.name.to_string(),
            holder: None,
        });
    }
}

fn asked_strengths(tenant: &Tenant) -> impl Iterator<Item = String> {
    let policies = tenant.conditional_access.at_least().map(Vec::as_slice).unwrap_or_default();
    policies
        .iter()
        .filter(|policy| !policy.contexts.is_empty())
        .filter_map(|policy| policy.grant.as_ref()?.strength.as_ref())
        .map(|id| id.to_ascii_lowercase())
}

fn combinations(strength: &AuthenticationStrength) -> BTreeSet<String> {
    strength.combinations.iter().map(|it| it.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::diff::facts::changes;

    fn policy() -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            id: "P-1".into(),
            name: "Contexts".into(),
            state: PolicyState::Enabled,
            users: UserConditions { all: true, ..UserConditions::default() },
            contexts: BTreeSet::from(["c1".into()]),
            grant: Some(GrantControls { mfa: true, ..GrantControls::default() }),
            ..ConditionalAccessPolicy::default()
        }
    }

    fn case(policies: Vec<ConditionalAccessPolicy>) -> Case {
        let mut case = Case::new();
        policies.into_iter().for_each(|policy| case.conditional_access(policy));
        case
    }

    #[test]
    fn each_part_of_a_policy_knows_which_way_is_weaker() {
        type Edit = fn(&mut ConditionalAccessPolicy);
        const ASKED: &str = "grantControls";
        const FOR: &str = "conditions.users.include";
        let cases: [(Edit, Edit, &str, Direction); 15] = [
            (|_| {}, |it| it.state = PolicyState::ReportOnly, "state", Direction::Weaker),
            (
                |_| {},
                |it| {
                    it.contexts.insert("c2".into());
                },
                "includeAuthenticationContextClassReferences",
                Direction::Stricter,
            ),
            (
                |_| {},
                |it| it.contexts.clear(),
                "includeAuthenticationContextClassReferences",
                Direction::Weaker,
            ),
            (
                |_| {},
                |it| {
                    it.users.exclude_users.insert(PrincipalId::new("ana"));
                },
                "conditions.users.exclude",
                Direction::Weaker,
            ),
            (|_| {}, |it| it.users.all = false, FOR, Direction::Weaker),
            // Fewer than everybody, whoever they are.
            (|_| {}, |it| it.users = only_for("ana"), FOR, Direction::Weaker),
            (
                |_| {},
                |it| {
                    it.users = UserConditions {
                        include_roles: BTreeSet::from([RoleId::new("r-1")]),
                        ..UserConditions::default()
                    };
                },
                FOR,
                Direction::Weaker,
            ),
            (
                |_| {},
                |it| {
                    it.users =
                        UserConditions { includes_guests: true, ..UserConditions::default() };
                },
                FOR,
                Direction::Weaker,
            ),
            (
                |it| it.users = only_for("ana"),
                |it| it.users = only_for("ben"),
                FOR,
                Direction::Different,
            ),
            (|_| {}, |it| it.narrowed = true, "conditions", Direction::Weaker),
            (|_| {}, |it| it.grant = None, ASKED, Direction::Weaker),
            (|_| {}, |it| it.grant = asks(true, &["compliantDevice"]), ASKED, Direction::Stricter),
            (|_| {}, |it| it.grant = asks(false, &["compliantDevice"]), ASKED, Direction::Weaker),
            (
                |it| it.grant = asks(false, &["compliantDevice"]),
                |it| it.grant = asks(true, &["compliantDevice"]),
                ASKED,
                Direction::Stricter,
            ),
            (
                |it| it.grant = asks(false, &["compliantDevice", "domainJoinedDevice"]),
                |it| it.grant = asks(false, &["compliantDevice"]),
                ASKED,
                Direction::Stricter,
            ),
        ];
        for (old, new, field, direction) in cases {
            let (mut before, mut after) = (policy(), policy());
            old(&mut before);
            new(&mut after);
            let (old, new) = (case(vec![before]), case(vec![after]));
            for (from, to, direction) in
                [(&old, &new, direction), (&new, &old, direction.reversed())]
            {
                let facts = changes(&from.tenant, &to.tenant);
                let told: Vec<_> =
                    facts.changes.iter().map(|it| (it.field.as_str(), it.direction)).collect();
                assert_eq!(told, [(field, direction)], "{:?}", facts.changes);
            }
        }
    }

    fn only_for(person: &str) -> UserConditions {
        let include_users = BTreeSet::from([PrincipalId::new(person)]);
        UserConditions { include_users, ..UserConditions::default() }
    }

    #[test]
    fn who_is_named_beside_everybody_changes_nothing() {
        let mut named = policy();
        named.users.include_users.insert(PrincipalId::new("ana"));
        named.users.includes_guests = true;
        let facts = changes(&case(vec![policy()]).tenant, &case(vec![named]).tenant);
        assert!(facts.changes.is_empty(), "{:?}", facts.changes);
    }

    #[test]
    fn another_strength_is_judged_by_the_methods_that_are_enough() {
        let known_as = |id: &str, combinations: &[&str]| AuthenticationStrength {
            id: id.into(),
            name: id.into(),
            combinations: combinations.iter().map(|&it| it.into()).collect(),
        };
        let asking = |all: bool, id: &str, others: &[&str]| {
            let others = others.iter().map(|&it| it.into()).collect();
            let strength = Some(id.into());
            let grant = Some(GrantControls { all, strength, others, ..GrantControls::default() });
            let mut case = case(vec![ConditionalAccessPolicy { grant, ..policy() }]);
            let known = [
                known_as("strong", &["fido2"]),
                known_as("mfa", &["fido2", "password,sms"]),
                known_as("other", &["x509CertificateMultiFactor"]),
                known_as("empty", &[]),
            ];
            let known = known.into_iter().map(|it| (Arc::clone(&it.id), it)).collect();
            case.tenant.strengths = crate::model::Collected::Complete(known);
            case
        };
        for (old, new, expected) in [
            (asking(true, "strong", &[]), asking(true, "mfa", &[]), Direction::Weaker),
            (asking(true, "strong", &[]), asking(false, "mfa", &[]), Direction::Weaker),
            (asking(false, "strong", &["x"]), asking(false, "mfa", &["x"]), Direction::Weaker),
            (asking(true, "strong", &[]), asking(true, "other", &[]), Direction::Different),
            // One that was not read, and one of which nothing is known.
            (asking(true, "strong", &[]), asking(true, "unread", &[]), Direction::Different),
            (asking(true, "strong", &[]), asking(true, "empty", &[]), Direction::Different),
        ] {
            for (from, to, direction) in [(&old, &new, expected), (&new, &old, expected.reversed())]
            {
                let facts = changes(&from.tenant, &to.tenant);
                let told: Vec<_> = facts.changes.iter().map(|it| it.direction).collect();
                assert_eq!(told, [direction], "{:?}", facts.changes);
            }
        }
    }

    fn asks(all: bool, others: &[&str]) -> Option<GrantControls> {
        let others = others.iter().map(|&it| it.into()).collect();
        Some(GrantControls { all, mfa: true, others, ..GrantControls::default() })
    }

    #[test]
    fn only_policies_of_contexts_are_compared() {
        let mut other = policy();
        other.contexts.clear();
        let mut changed = other.clone();
        changed.state = PolicyState::Disabled;
        let mut report_only = policy();
        report_only.id = "p-2".into();
        report_only.state = PolicyState::ReportOnly;
        for (old, new, expected) in [
            (vec![other.clone()], vec![changed], vec![]),
            (vec![other.clone()], vec![], vec![]),
            (vec![], vec![policy()], vec![(Kind::Added, Direction::Stricter)]),
            (vec![policy()], vec![], vec![(Kind::Removed, Direction::Weaker)]),
            (vec![], vec![report_only], vec![(Kind::Added, Direction::Different)]),
            (
                vec![ConditionalAccessPolicy { id: "p-1".into(), ..policy() }],
                vec![policy()],
                vec![],
            ),
            (
                vec![ConditionalAccessPolicy { name: "X".into(), ..policy() }],
                vec![policy()],
                vec![],
            ),
        ] {
            let facts = changes(&case(old).tenant, &case(new).tenant);
            let told: Vec<_> = facts.changes.iter().map(|it| (it.kind, it.direction)).collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_context_that_is_taken_back_is_weaker() {
        let (mut old, mut new) = (Case::new(), Case::new());
        old.context("c1");
        new.context("c1").available = Some(false);
        let facts = changes(&old.tenant, &new.tenant);
        let [change] = facts.changes.as_slice() else { panic!("{facts:?}") };
        assert_eq!((change.subject.as_str(), change.direction), ("context:c1", Direction::Weaker));
    }
}
