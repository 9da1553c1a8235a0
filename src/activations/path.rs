//! By which eligibilities somebody can have activated something, as they are now.
//!
//! The log does not say which eligibility was used, and it may be gone since.

use super::Asked;
use crate::facts::World;
use crate::model::{Gap, GroupAccess, PrincipalId, RoleId};
use std::collections::BTreeSet;

/// The eligibilities there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// One of their own.
    pub direct: bool,
    /// Those of groups they are in: the groups on the way, the one that is eligible first.
    pub through: BTreeSet<Vec<PrincipalId>>,
    /// Why there may be more.
    pub gap: Option<Gap>,
}

impl Path {
    /// True where some eligibility is known.
    pub fn is_known(&self) -> bool {
        self.direct || !self.through.is_empty()
    }
}

/// By what somebody is eligible for what they activated.
pub fn path_of(world: &World<'_>, who: &PrincipalId, asked: &Asked) -> Path {
    match asked {
        Asked::Role(role) => to_role(world, who, role),
        Asked::Group(group, access) => into_group(world, who, group, *access),
        Asked::Untold => Path::default(),
    }
}

fn to_role(world: &World<'_>, who: &PrincipalId, role: &RoleId) -> Path {
    let holders = world.holders(role, false);
    let lists = [&holders.people, &holders.services, &holders.unresolved];
    let paths = lists.into_iter().filter_map(|list| list.get(who)).flatten();
    let mut found = Path { gap: world.tenant().eligible.gap().cloned(), ..Path::default() };
    for path in paths.filter(|path| path.grant.is_eligible()) {
        if path.is_direct() {
            found.direct = true;
        } else {
            found.through.insert(path.groups().cloned().collect());
        }
    }
    found.gap = found.gap.or_else(|| holders.gaps.first().cloned());
    found
}

fn into_group(
    world: &World<'_>,
    who: &PrincipalId,
    group: &PrincipalId,
    access: Option<GroupAccess>,
) -> Path {
    let mut found = Path::default();
    let Some(pim) = world.tenant().group_pim.get(group) else {
        found.gap = world.tenant().onboarded.gap().cloned();
        return found;
    };
    found.gap = pim.eligible.gap().cloned();
    let grants = pim.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
    for grant in grants.iter().filter(|grant| access.is_none_or(|it| it == grant.access)) {
        if grant.principal == *who {
            found.direct = true;
            continue;
        }
        let is_group = world.principal(&grant.principal).is_some_and(|it| it.group().is_some());
        if !is_group {
            continue;
        }
        let inside = world.expand(&grant.principal);
        for way in inside.members.get(who).into_iter().flatten() {
            found.through.insert(way.iter().map(|hop| hop.into.clone()).collect());
        }
        found.gap = found.gap.or_else(|| inside.gaps.first().cloned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::GA;
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::Dataset;

    fn words(path: &Path) -> String {
        let through = path.through.iter().map(|groups| {
            let names: Vec<String> = groups.iter().map(PrincipalId::to_string).collect();
            names.join(">")
        });
        let direct = path.direct.then(|| "direct".to_owned());
        direct.into_iter().chain(through).collect::<Vec<_>>().join(" or ")
    }

    #[test]
    fn a_role_is_reached_by_oneself_or_through_groups() {
        type Edit = fn(&mut Case);
        let cases: [(Edit, &str); 6] = [
            (|_| {}, ""),
            (
                |case| {
                    case.eligible("ana", GA);
                },
                "direct",
            ),
            (
                |case| {
                    case.active("ana", GA);
                },
                "",
            ),
            (
                |case| {
                    case.group("g", &["ana"]);
                    case.eligible("g", GA);
                },
                "g",
            ),
            (
                |case| {
                    case.group("outer", &["inner"]);
                    case.group("inner", &["ana"]);
                    case.eligible("outer", GA);
                    case.eligible("ana", GA);
                },
                "direct or outer>inner",
            ),
            (
                |case| {
                    case.group("g", &["ben"]);
                    case.eligible("g", GA);
                },
                "",
            ),
        ];
        for (edit, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            edit(&mut case);
            let path =
                path_of(&case.world(), &PrincipalId::new("ana"), &Asked::Role(RoleId::new(GA)));
            assert_eq!(words(&path), expected);
            assert_eq!(path.is_known(), !expected.is_empty());
            assert_eq!(path.gap, None);
        }
    }

    #[test]
    fn a_group_is_entered_by_oneself_or_through_another() {
        let mut case = Case::new();
        case.user("ana");
        case.user("ben");
        case.group("g", &[]);
        case.group("h", &["ben"]);
        case.onboard("g");
        case.group_eligible("ana", "g", GroupAccess::Member);
        case.group_eligible("h", "g", GroupAccess::Owner);
        let (member, owner) = (Some(GroupAccess::Member), Some(GroupAccess::Owner));
        for (who, access, expected) in [
            ("ana", member, "direct"),
            ("ana", None, "direct"),
            ("ana", owner, ""),
            ("ben", owner, "h"),
            ("ben", member, ""),
        ] {
            let asked = Asked::Group(PrincipalId::new("g"), access);
            let path = path_of(&case.world(), &PrincipalId::new(who), &asked);
            assert_eq!(words(&path), expected, "{who} {access:?}");
        }
        let elsewhere = Asked::Group(PrincipalId::new("x"), member);
        let path = path_of(&case.world(), &PrincipalId::new("ana"), &elsewhere);
        assert!(!path.is_known());
    }

    #[test]
    fn what_was_not_read_is_said() {
        let mut case = Case::new();
        case.user("ana");
        case.missing(Dataset::RoleEligibilityScheduleInstances);
        let path = path_of(&case.world(), &PrincipalId::new("ana"), &Asked::Role(RoleId::new(GA)));
        assert!(!path.is_known());
        assert!(path.gap.is_some());
    }
}
