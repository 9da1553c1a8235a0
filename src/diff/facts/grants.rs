//! Who holds what: assignments and eligibilities that came, went or got another end, and activations.
//!
//! Of roles here, of groups in `groups`, by the same comparison. Rows are told apart by principal,
//! access and scope, never by their ids: an extension or a renewal gives a row a new one.

use super::gather::Gather;
use super::names::Names;
use super::{ActivationChange, Area, Change, Direction, Kind};
use crate::model::{
    Access, Class, Collected, Dataset, Gap, Grant, Hold, Listed, PrincipalId, Scope, Tenant,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is not known of something active whose class was not read.
pub(super) const STANDS: &str = "whether an active assignment stands";

/// Who holds what, and where.
pub(super) type Key = (Access, PrincipalId, Scope);

/// What one of the two says of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Ends of what is held all the time; `None` is permanent.
    pub(super) standing: Vec<Option<Timestamp>>,
    /// Ends of what can be activated.
    pub(super) eligible: Vec<Option<Timestamp>>,
    /// Start and end of what runs out of an eligibility.
    pub(super) activated: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    /// Something active of which nobody knows whether it stands.
    pub(super) unclear: bool,
    /// Something that can be activated, and nobody knows until when.
    pub(super) unclear_eligible: bool,
    /// Whether PIM gave what is standing; `None` where that is not known or nothing is.
    pub(super) in_pim: Option<bool>,
}

/// All keys of one side.
pub(super) type Holdings = BTreeMap<Key, Held>;

impl Held {
    /// Takes in one grant with its start and end; `None` is a window that was not read.
    pub(super) fn add(
        &mut self,
        class: Class,
        window: Option<(Option<Timestamp>, Option<Timestamp>)>,
    ) {
        match (class, window) {
            (Class::Permanent | Class::TimeBound, Some((_, end))) => self.standing.push(end),
            (Class::EligiblePermanent | Class::EligibleTimeBound, Some((_, end))) => {
                self.eligible.push(end);
            }
            (Class::EligiblePermanent | Class::EligibleTimeBound, None) => {
                self.unclear_eligible = true;
            }
            (Class::Activated, Some(window)) => self.activated.push(window),
            (Class::Permanent | Class::TimeBound | Class::Activated, None)
            | (Class::Unknown, _) => self.unclear = true,
        }
    }
}

/// Directory roles.
pub(super) fn compare(names: &Names<'_>, found: &mut Gather) {
    let active = found.whole("active assignments", &names.old.active, &names.new.active);
    let active = active.map(|(old, new)| (holdings(old), holdings(new)));
    let eligible = found.whole("eligible assignments", &names.old.eligible, &names.new.eligible);
    let eligible = eligible.map(|(old, new)| (holdings(old), holdings(new)));
    for (old, new) in active.iter().chain(&eligible) {
        compare_holdings(old, new, names, found);
    }
}

fn holdings(grants: &[Grant]) -> Holdings {
    let mut holdings = Holdings::new();
    for grant in grants {
        let key = (grant.held(), grant.principal.clone(), grant.within.clone());
        let held = holdings.entry(key).or_default();
        held.add(grant.class(), (!grant.window_unread).then_some((grant.start, grant.end)));
        if grant.is_standing() {
            let known = in_pim(grant);
            // One that was given past PIM is not covered by another that was not.
            held.in_pim = match (held.in_pim, known) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (earlier, known) => known.or(earlier),
            };
        }
    }
    holdings
}

/// What the role assignments alone show where it was first read, and what stands in both.
pub(super) fn kept(names: &Names<'_>) -> Vec<Change> {
    let is_old_first = names.old.collected_at <= names.new.collected_at;
    let (first, last) = match is_old_first {
        true => (names.old, names.new),
        false => (names.new, names.old),
    };
    let (Collected::Complete(first), Collected::Complete(last)) = (&first.active, &last.active)
    else {
        return Vec::new();
    };
    let key = |grant: &Grant| (grant.held(), grant.principal.clone(), grant.within.clone());
    let standing: BTreeSet<Key> = last.iter().filter(|it| it.is_standing()).map(key).collect();
    let alone = first
        .iter()
        .filter(|it| it.is_standing() && it.provenance.listed == Listed::OnlyRoleAssignments);
    let kept = alone.filter(|it| standing.contains(&key(it)));
    let (kind, direction) = match is_old_first {
        true => (Kind::Removed, Direction::Stricter),
        false => (Kind::Added, Direction::Weaker),
    };
    kept.map(|it| Change {
        area: Area::Assignments,
        subject: subject(&it.held(), &it.principal, &it.within),
        what: "active".to_owned(),
        field: "endDateTime".to_owned(),
        kind,
        before: is_old_first.then(|| until(it.end)),
        after: (!is_old_first).then(|| until(it.end)),
        direction,
        name: names.access_within(&it.held(), &it.within),
        holder: Some(names.principal(&it.principal)),
    })
    .collect()
}

/// Whether PIM gave it. PIM lists what was given past it too, sooner or later, without a start. An
/// activation is its own work.
fn in_pim(grant: &Grant) -> Option<bool> {
    let is_its_own = grant.start.is_some() || grant.hold == Hold::Activated;
    match grant.provenance.listed {
        Listed::Both | Listed::OnlyScheduleInstances => {
            (!grant.window_unread).then_some(is_its_own)
        }
        Listed::OnlyRoleAssignments => Some(false),
        Listed::Unknown => None,
    }
}

/// Every key that one of the two has.
pub(super) fn compare_holdings(
    old: &Holdings,
    new: &Holdings,
    names: &Names<'_>,
    found: &mut Gather,
) {
    let nothing = Held::default();
    let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (old, new) = (old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing));
        if old == new && !old.unclear && !old.unclear_eligible {
            continue;
        }
        let (access, principal, within) = key;
        let mut place = Place {
            subject: subject(access, principal, within),
            name: names.access_within(access, within),
            holder: names.principal(principal),
            new_at: names.new.collected_at,
            found: &mut *found,
        };
        if old.unclear || new.unclear {
            let gap =
                |held: &Held, tenant: &Tenant| held.unclear.then(|| why_unclear(tenant, access));
            let (old, new) = (gap(old, names.old), gap(new, names.new));
            let subject = format!("{}: {}", place.holder, place.name);
            place.found.unread(STANDS, old.as_ref(), new.as_ref(), Some(&subject));
        } else {
            place.ends(Area::Assignments, &old.standing, &new.standing);
            place.activations(&old.activated, &new.activated);
            if let (Some(before), Some(after)) = (old.in_pim, new.in_pim)
                && before != after
            {
                place.made(before, after);
            }
        }
        if old.unclear_eligible || new.unclear_eligible {
            let gap = |held: &Held| held.unclear_eligible.then(|| why_endless(access));
            let subject = format!("{}: {}", place.holder, place.name);
            let what = "until when an eligibility lasts";
            let (old, new) = (gap(old), gap(new));
            place.found.unread(what, old.as_ref(), new.as_ref(), Some(&subject));
        } else {
            place.ends(Area::Eligibilities, &old.eligible, &new.eligible);
        }
    }
}

/// The stable key of what somebody holds, without how.
pub(in crate::diff) fn subject(access: &Access, principal: &PrincipalId, within: &Scope) -> String {
    let scope = match within {
        Scope::Tenant => String::new(),
        Scope::AdministrativeUnit(_) | Scope::Object(_) | Scope::Application(_) => {
            format!(":{}", within.to_string().to_ascii_lowercase())
        }
    };
    format!("grant:{principal}:{}{scope}", access.key())
}

fn why_unclear(tenant: &Tenant, access: &Access) -> Gap {
    const DETAIL: &str = "the type or the window of the assignment could not be read";
    match access {
        Access::DirectoryRole(_) => tenant
            .instances_gap
            .clone()
            .unwrap_or_else(|| Gap::unreadable(Dataset::RoleAssignmentScheduleInstances, DETAIL)),
        Access::Group(..) => Gap::unreadable(Dataset::GroupAssignmentScheduleInstances, DETAIL),
    }
}

/// Why nobody knows until when somebody is eligible.
fn why_endless(access: &Access) -> Gap {
    let dataset = match access {
        Access::DirectoryRole(_) => Dataset::RoleEligibilityScheduleInstances,
        Access::Group(..) => Dataset::GroupEligibilityScheduleInstances,
    };
    Gap::unreadable(dataset, "the window of the eligibility could not be read")
}

/// One key as it is compared.
struct Place<'f> {
    subject: String,
    name: String,
    holder: String,
    new_at: Timestamp,
    found: &'f mut Gather,
}

impl Place<'_> {
    /// What ends when: equal ones are no change, the others are paired, the longest first.
    fn ends(&mut self, area: Area, old: &[Option<Timestamp>], new: &[Option<Timestamp>]) {
        let (mut old, mut new) = (old.to_vec(), new.to_vec());
        old.retain(|end| match new.iter().position(|other| other == end) {
            Some(place) => {
                new.remove(place);
                false
            }
            None => true,
        });
        let longest = |end: &Option<Timestamp>| end.unwrap_or(Timestamp::MAX);
        old.sort_by_key(|end| std::cmp::Reverse(longest(end)));
        new.sort_by_key(|end| std::cmp::Reverse(longest(end)));
        for place in 0..old.len().max(new.len()) {
            let (before, after) = (old.get(place).copied(), new.get(place).copied());
            let Some(happened) = went(before, after, self.new_at) else { continue };
            let what = match area {
                Area::Eligibilities => "eligible",
                Area::Assignments
                | Area::Settings
                | Area::Groups
                | Area::Roles
                | Area::Alerts
                | Area::ConditionalAccess => "active",
            };
            let values = [before.map(until), after.map(until)];
            self.push(area, [what, "endDateTime"], happened, values);
        }
    }

    /// What was given by PIM, and what past it.
    fn made(&mut self, before: bool, after: bool) {
        let words = |in_pim: bool| Some(if in_pim { "by PIM" } else { "outside PIM" }.to_owned());
        let values = [words(before), words(after)];
        let happened = (Kind::Changed, Direction::of_demand(before, after));
        self.push(Area::Assignments, ["how it was given", ""], happened, values);
    }

    fn push(
        &mut self,
        area: Area,
        [what, field]: [&str; 2],
        (kind, direction): (Kind, Direction),
        [before, after]: [Option<String>; 2],
    ) {
        self.found.changes.push(Change {
            area,
            subject: self.subject.clone(),
            what: what.to_owned(),
            field: field.to_owned(),
            kind,
            before,
            after,
            direction,
            name: self.name.clone(),
            holder: Some(self.holder.clone()),
        });
    }

    /// Activations are the same when they began at the same time.
    fn activations(
        &mut self,
        old: &[(Option<Timestamp>, Option<Timestamp>)],
        new: &[(Option<Timestamp>, Option<Timestamp>)],
    ) {
        for (running, others, started) in [(old, new, false), (new, old, true)] {
            for (start, end) in running {
                if !others.iter().any(|(other, _)| other == start) {
                    self.found.activations.push(ActivationChange {
                        subject: self.subject.clone(),
                        start: *start,
                        end: *end,
                        started,
                        name: self.name.clone(),
                        holder: self.holder.clone(),
                    });
                }
            }
        }
    }
}

/// What happened to something that ended at `before` and ends at `after`; the outer `None` is that it
/// is not there, the inner one that it is permanent.
fn went(
    before: Option<Option<Timestamp>>,
    after: Option<Option<Timestamp>>,
    new_at: Timestamp,
) -> Option<(Kind, Direction)> {
    Some(match (before, after) {
        (None, None) => return None,
        (None, Some(_)) => (Kind::Added, Direction::Weaker),
        (Some(Some(end)), None) if end <= new_at => (Kind::Ended, Direction::Stricter),
        (Some(_), None) => (Kind::Removed, Direction::Stricter),
        (Some(None), Some(None)) => return None,
        (Some(Some(_)), Some(None)) => (Kind::MadePermanent, Direction::Weaker),
        (Some(None), Some(Some(_))) => (Kind::GivenEnd, Direction::Stricter),
        (Some(Some(before)), Some(Some(after))) if before < after => {
            (Kind::Extended, Direction::Weaker)
        }
        (Some(Some(_)), Some(Some(_))) => (Kind::Shortened, Direction::Stricter),
    })
}

fn until(end: Option<Timestamp>) -> String {
    match end {
        None => "permanent".to_owned(),
        Some(end) => format!("until {end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR as GA};
    use crate::diff::facts::changes;

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_end_has_its_word() {
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let (past, soon, late) =
            (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        for (before, after, expected) in [
            (None, None, None),
            (None, Some(None), Some((Kind::Added, Direction::Weaker))),
            (Some(None), None, Some((Kind::Removed, Direction::Stricter))),
            (Some(soon), None, Some((Kind::Removed, Direction::Stricter))),
            (Some(past), None, Some((Kind::Ended, Direction::Stricter))),
            (Some(soon), Some(late), Some((Kind::Extended, Direction::Weaker))),
            (Some(late), Some(soon), Some((Kind::Shortened, Direction::Stricter))),
            (Some(soon), Some(None), Some((Kind::MadePermanent, Direction::Weaker))),
            (Some(None), Some(soon), Some((Kind::GivenEnd, Direction::Stricter))),
            (Some(None), Some(None), None),
        ] {
            assert_eq!(went(before, after, now), expected, "{before:?} {after:?}");
        }
    }

    /// Kind, holder, before and after of each change.
    fn told(old: &Case, new: &Case) -> Vec<(Kind, String, String, String)> {
        let value = |value: Option<String>| value.unwrap_or_default();
        let facts = changes(&old.tenant, &new.tenant);
        let told = facts.changes.into_iter();
        told.map(|it| (it.kind, value(it.holder), value(it.before), value(it.after))).collect()
    }

    #[test]
    fn a_grant_is_itself_whatever_its_row_is_called() {
        let mut old = Case::new();
        old.user("ana");
        old.eligible("ana", GA).provenance.id = "row-1".into();
        let mut new = Case::new();
        new.user("ana");
        let renewed = new.eligible("ANA", GA);
        renewed.provenance.id = "row-2".into();
        renewed.start = at("2026-10-01T00:00:00Z");
        assert!(told(&old, &new).is_empty());
        new.eligible("ben", GA).end = None;
        new.active("ana", GA).within = Scope::AdministrativeUnit("au-1".into());
        let expected = [
            (Kind::Added, "ana@contoso.example", "", "permanent"),
            (Kind::Added, "ben", "", "permanent"),
        ];
        let expected = expected.map(|(kind, holder, before, after)| {
            (kind, holder.to_owned(), before.to_owned(), after.to_owned())
        });
        assert_eq!(told(&old, &new), expected);
    }

    #[test]
    fn one_of_two_grants_of_a_kind_that_goes_is_told() {
        let mut old = Case::new();
        old.active("ana", GA);
        old.active("ana", GA).end = at("2026-12-01T00:00:00Z");
        let mut new = Case::new();
        new.active("ana", GA);
        let gone = (
            Kind::Removed,
            "ana".to_owned(),
            "until 2026-12-01T00:00:00Z".to_owned(),
            String::new(),
        );
        assert_eq!(told(&old, &new), [gone]);
    }

    #[test]
    fn an_eligibility_whose_end_was_not_read_is_neither_extended_nor_permanent() {
        let case = |window_unread: bool| {
            let mut case = Case::new();
            case.group("g", &[]);
            case.onboard("g");
            let grant = case.eligible("ana", GA);
            grant.window_unread = window_unread;
            if window_unread {
                grant.end = None;
            }
            let member = crate::model::GroupAccess::Member;
            let grant = case.group_eligible("ana", "g", member);
            grant.window_unread = window_unread;
            if window_unread {
                grant.end = None;
            }
            case
        };
        let (read, unread) = (case(false), case(true));
        for (old, new, sides) in [
            (&read, &read, None),
            (&read, &unread, Some((false, true))),
            (&unread, &read, Some((true, false))),
            (&unread, &unread, Some((true, true))),
        ] {
            let facts = changes(&old.tenant, &new.tenant);
            assert!(facts.changes.is_empty(), "{:?}", facts.changes);
            let told: Vec<_> = facts
                .unreadable
                .iter()
                .map(|it| (it.what.as_str(), (it.old.is_some(), it.new.is_some())))
                .collect();
            let expected = sides.map(|sides| ("until when an eligibility lasts", sides));
            // Of the role and of the group.
            assert_eq!(told, expected.into_iter().cycle().take(told.len()).collect::<Vec<_>>());
            assert_eq!(told.len(), if sides.is_some() { 2 } else { 0 });
        }
    }

    #[test]
    fn an_activation_is_told_apart_and_is_no_change() {
        let activated = |case: &mut Case, start: &str, end: &str| {
            let grant = case.active("ana", GA);
            grant.hold = Hold::Activated;
            (grant.start, grant.end) = (at(start), at(end));
        };
        let (nine, ten, twelve) =
            ("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z", "2026-11-02T12:00:00Z");
        let idle = Case::new();
        let (mut one, mut longer, mut other) = (Case::new(), Case::new(), Case::new());
        activated(&mut one, nine, ten);
        activated(&mut longer, nine, twelve);
        activated(&mut other, ten, twelve);
        for (old, new, expected) in [
            (&idle, &one, vec![true]),
            (&one, &idle, vec![false]),
            (&one, &longer, vec![]),
            (&one, &other, vec![false, true]),
            (&one, &one, vec![]),
        ] {
            let facts = changes(&old.tenant, &new.tenant);
            assert!(facts.changes.is_empty(), "{:?}", facts.changes);
            let started: Vec<bool> = facts.activations.iter().map(|it| it.started).collect();
            assert_eq!(started, expected);
        }
    }

    #[test]
    fn an_activation_without_an_end_is_an_assignment() {
        let mut new = Case::new();
        new.active("ana", GA).hold = Hold::Activated;
        let added = (Kind::Added, "ana".to_owned(), String::new(), "permanent".to_owned());
        assert_eq!(told(&Case::new(), &new), [added]);
    }

    #[test]
    fn what_is_given_past_pim_is_told() {
        let start = at("2026-10-01T00:00:00Z");
        let case = |listed: Listed, start: Option<Timestamp>, hold: Hold| {
            let mut case = Case::new();
            let grant = case.active("ana", GA);
            (grant.provenance.listed, grant.start, grant.hold) = (listed, start, hold);
            case
        };
        let plain = || case(Listed::OnlyRoleAssignments, None, Hold::Assigned);
        // PIM has a row of what was given past it, without a start.
        let noticed = || case(Listed::Both, None, Hold::Assigned);
        let noticed_alone = || case(Listed::OnlyScheduleInstances, None, Hold::Assigned);
        let by_pim = || case(Listed::Both, start, Hold::Assigned);
        let by_pim_alone = || case(Listed::OnlyScheduleInstances, start, Hold::Assigned);
        let endless = || case(Listed::Both, None, Hold::Activated);
        let words = ["by PIM", "outside PIM"];
        for (old, new, expected) in [
            (by_pim(), plain(), Some((Direction::Weaker, words))),
            (by_pim(), noticed(), Some((Direction::Weaker, words))),
            (by_pim_alone(), noticed_alone(), Some((Direction::Weaker, words))),
            (noticed(), by_pim(), Some((Direction::Stricter, ["outside PIM", "by PIM"]))),
            (plain(), by_pim(), Some((Direction::Stricter, ["outside PIM", "by PIM"]))),
            (plain(), noticed(), None),
            (noticed(), plain(), None),
            (noticed_alone(), noticed(), None),
            (by_pim(), by_pim_alone(), None),
            (endless(), by_pim(), None),
        ] {
            let facts = changes(&old.tenant, &new.tenant);
            let told: Vec<_> = facts
                .changes
                .iter()
                .map(|it| (it.kind, it.direction, it.before.as_deref(), it.after.as_deref()))
                .collect();
            let expected = expected.map(|(direction, [before, after])| {
                (Kind::Changed, direction, Some(before), Some(after))
            });
            assert_eq!(told, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_list_that_is_not_whole_tells_no_change() {
        let mut old = Case::new();
        old.eligible("ana", GA);
        old.active("ben", GA);
        for dataset in [
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
        ] {
            let mut new = Case::new();
            new.eligible("ana", GA);
            new.active("ben", GA);
            new.missing(dataset);
            for (one, other, is_new) in [(&old, &new, true), (&new, &old, false)] {
                let facts = changes(&one.tenant, &other.tenant);
                assert!(facts.changes.is_empty(), "{dataset}: {:?}", facts.changes);
                assert!(!facts.unreadable.is_empty(), "{dataset}");
                let sides = facts.unreadable.iter().map(|it| (it.old.is_some(), it.new.is_some()));
                assert!(sides.into_iter().all(|it| it == (!is_new, is_new)), "{facts:?}");
            }
        }
    }
}
