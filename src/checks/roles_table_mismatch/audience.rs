//! The audience of a role: who should hold it, as the organisation file says, and who holds it beside them.

use super::Drift;
use crate::facts::{Chain, Facts};
use crate::model::{Dataset, Gap, GapKind, Grant, Principal, PrincipalId, Role};
use std::collections::BTreeSet;

/// Who should hold the role, as the organisation file says.
pub(super) struct Audience<'a> {
    /// Sign-in names and object ids, as declared.
    people: BTreeSet<&'a str>,
    groups: BTreeSet<PrincipalId>,
    members: BTreeSet<PrincipalId>,
    /// Why the audience may be larger.
    gap: Option<Gap>,
}

impl<'a> Audience<'a> {
    pub(super) fn of(facts: &Facts<'_, 'a>, role: &Role) -> Option<Self> {
        let declared = facts.organisation().audiences.get(&role.id)?;
        let mut audience = Self {
            people: BTreeSet::new(),
            groups: BTreeSet::new(),
            members: BTreeSet::new(),
            gap: None,
        };
        for entry in declared {
            let Some(name) = entry.strip_prefix("group:") else {
                audience.people.insert(entry);
                continue;
            };
            match group_named(facts, name.trim()) {
                Ok(group) => {
                    let expansion = facts.members_of(&group);
                    audience.members.extend(expansion.members.keys().cloned());
                    audience.gap = audience.gap.or_else(|| expansion.gaps.first().cloned());
                    audience.groups.insert(group);
                }
                Err(gap) => audience.gap = audience.gap.or(Some(gap)),
            }
        }
        Some(audience)
    }

    /// Tells who of the holders of a grant is outside, and what keeps that from being known.
    pub(super) fn compare(&self, facts: &Facts, grant: &Grant, drift: &mut Drift) {
        match self.outside(facts, &grant.principal) {
            Ok(outside) if outside.is_empty() => {}
            // Whoever seems outside may be in the part of the audience that was not read.
            Ok(outside) => match &self.gap {
                Some(gap) => {
                    drift.doubt.get_or_insert_with(|| gap.clone());
                }
                None => drift.outside.extend(outside),
            },
            Err(gap) => {
                drift.doubt.get_or_insert(gap);
            }
        }
    }

    fn outside(&self, facts: &Facts, holder: &PrincipalId) -> Result<Vec<PrincipalId>, Gap> {
        if self.groups.contains(holder) || self.has_by_id(holder) {
            return Ok(Vec::new());
        }
        let principal = facts.principal_by_id(holder)?;
        if principal.group().is_none() {
            return Ok(if self.has(principal) { Vec::new() } else { vec![holder.clone()] });
        }
        let expansion = facts.members_of(holder);
        let mut outside = Vec::new();
        let mut gap = expansion.gaps.first().cloned();
        for (member, chains) in &expansion.members {
            let through = |chain: &Chain| chain.any(|hop| self.groups.contains(&hop.into));
            if self.has_by_id(member) || chains.iter().any(through) {
                continue;
            }
            match facts.principal_by_id(member) {
                Ok(principal) if self.has(principal) => {}
                Ok(_) => outside.push(member.clone()),
                Err(unread) => gap = gap.or(Some(unread)),
            }
        }
        match gap {
            Some(gap) if outside.is_empty() => Err(gap),
            Some(_) | None => Ok(outside),
        }
    }

    fn has_by_id(&self, id: &PrincipalId) -> bool {
        self.members.contains(id) || self.people.contains(&*id.text())
    }

    /// By sign-in name; a display name never counts.
    fn has(&self, principal: &Principal) -> bool {
        let name = principal.user().and_then(|user| user.principal_name.as_deref());
        name.is_some_and(|name| self.people.iter().any(|entry| entry.eq_ignore_ascii_case(name)))
    }
}

/// The group of this object id, else the only one of this name among those that hold a role.
fn group_named(facts: &Facts, name: &str) -> Result<PrincipalId, Gap> {
    let group = |id: &PrincipalId| facts.principal_by_id(id).ok().filter(|it| it.group().is_some());
    let id = PrincipalId::new(name);
    if group(&id).is_some() {
        return Ok(id);
    }
    let holders = facts.active_at_least()?.iter().chain(facts.eligible_at_least()?);
    let found: BTreeSet<&PrincipalId> = holders
        .map(|grant| &grant.principal)
        .filter(|id| group(id).is_some_and(|it| it.name.eq_ignore_ascii_case(name)))
        .collect();
    match (found.first(), found.len()) {
        (Some(&only), 1) => Ok(only.clone()),
        (Some(_), _) => Err(Gap::new(
            GapKind::NotDeclared,
            format!("several groups are named {name}: declare the audience by object id"),
        )),
        (None, _) => Err(Gap::of(
            Dataset::GroupMembers,
            GapKind::NotRequested,
            format!("the members of audience group {name}, which holds no role, were not read"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{audience, judged, outcome_of};
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER, USER_ADMINISTRATOR};
    use crate::model::{Collected, TableRow};

    #[test]
    fn holders_outside_the_declared_audience_fail() {
        let cases: [(&[&str], Result<&str, GapKind>); 6] = [
            (&["ana@contoso.example"], Ok("pass")),
            (&["ana"], Ok("pass")),
            (&["ben@contoso.example"], Ok("fail")),
            (&["group:desk"], Err(GapKind::NotRequested)),
            (&["group:desk", "ana"], Ok("pass")),
            (&[], Ok("fail")),
        ];
        for (entries, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.eligible("ana", USER_ADMINISTRATOR);
            audience(&mut case, USER_ADMINISTRATOR, entries);
            assert_eq!(
                judged(&case, USER_ADMINISTRATOR, TableRow::Eligible),
                expected,
                "{entries:?}"
            );
        }
    }

    #[test]
    fn who_is_outside_loses_the_role_and_becomes_eligible_for_nothing() {
        type Change = fn(&mut Case);
        let takes = ["roleEligibilityScheduleRequests {\"action\":\"adminRemove\""];
        let takes_active = ["roleAssignmentScheduleRequests {\"action\":\"adminRemove\""];
        let gives = ["roleEligibilityScheduleRequests {\"action\":\"adminAssign\""];
        let cases: [(&str, Change, TableRow, Vec<&str>); 4] = [
            (
                "eligible",
                |case| {
                    case.eligible("eve", USER_ADMINISTRATOR);
                },
                TableRow::Eligible,
                takes.to_vec(),
            ),
            (
                "static, as the row says",
                |case| {
                    case.active("eve", USER_ADMINISTRATOR);
                },
                TableRow::Active,
                takes_active.to_vec(),
            ),
            (
                "an application where the row says static",
                |case| {
                    case.service("robot");
                    case.active("robot", USER_ADMINISTRATOR);
                },
                TableRow::Active,
                takes_active.to_vec(),
            ),
            // Of whom it is told in the notes which of the two is meant.
            (
                "one inside stands, one outside is eligible",
                |case| {
                    case.user("ana");
                    case.active("ana", USER_ADMINISTRATOR);
                    case.eligible("eve", USER_ADMINISTRATOR);
                },
                TableRow::Eligible,
                [gives, takes_active, takes].concat(),
            ),
        ];
        for (what, change, row, expected) in cases {
            let mut case = Case::new();
            case.user("eve");
            change(&mut case);
            audience(&mut case, USER_ADMINISTRATOR, &["ana"]);
            let outcome = outcome_of(&case, USER_ADMINISTRATOR, row);
            let calls = outcome.details().unwrap().calls.clone().unwrap();
            assert_eq!(outcome.name(), "fail", "{what}");
            assert_eq!(calls.len(), expected.len(), "{what}: {calls:?}");
            for (call, expected) in calls.iter().zip(expected) {
                assert!(call.contains(expected), "{what}: {call}");
            }
        }
    }

    #[test]
    fn an_audience_group_holds_its_members_and_those_of_its_groups() {
        for (entry, expected) in
            [("group:desk", Ok("pass")), ("group:DESK", Ok("pass")), ("group:inner", Ok("fail"))]
        {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            case.group("inner", &["ana"]);
            case.group("desk", &["inner", "ben"]);
            // One holds directly, the others through the group.
            case.eligible("ana", USER_ADMINISTRATOR);
            case.eligible("desk", USER_ADMINISTRATOR);
            audience(&mut case, USER_ADMINISTRATOR, &[entry]);
            assert_eq!(judged(&case, USER_ADMINISTRATOR, TableRow::Eligible), expected, "{entry}");
        }
    }

    #[test]
    fn display_names_find_a_group_only_when_there_is_one_and_never_a_person() {
        let rename = |case: &mut Case, id: &str| {
            let mut principals = case.tenant.principals.at_least().unwrap().clone();
            principals.get_mut(&PrincipalId::new(id)).unwrap().name = "Help Desk".into();
            case.tenant.principals = Collected::Complete(principals);
        };
        let mut case = Case::new();
        case.group("g1", &["ana"]);
        case.user("ana");
        case.eligible("g1", USER_ADMINISTRATOR);
        audience(&mut case, USER_ADMINISTRATOR, &["group:help desk"]);
        rename(&mut case, "g1");
        assert_eq!(judged(&case, USER_ADMINISTRATOR, TableRow::Eligible), Ok("pass"));
        case.group("g2", &[]);
        case.eligible("g2", GLOBAL_READER);
        rename(&mut case, "g2");
        assert_eq!(
            judged(&case, USER_ADMINISTRATOR, TableRow::Eligible),
            Err(GapKind::NotDeclared)
        );
        let mut service = Case::new();
        service.service("robot");
        service.eligible("robot", USER_ADMINISTRATOR);
        rename(&mut service, "robot");
        audience(&mut service, USER_ADMINISTRATOR, &["help desk"]);
        assert_eq!(judged(&service, USER_ADMINISTRATOR, TableRow::Eligible), Ok("fail"));
    }

    #[test]
    fn a_group_that_is_not_the_audience_itself_is_inside_when_all_of_it_is() {
        for (members, expected) in [
            (&["ana"][..], Ok("pass")),
            (&["ana", "ben"][..], Ok("fail")),
            (&["ana", "shadow"][..], Err(GapKind::PermissionDenied)),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            case.hidden("shadow");
            case.group("desk", members);
            case.eligible("desk", USER_ADMINISTRATOR);
            audience(&mut case, USER_ADMINISTRATOR, &["ana@contoso.example"]);
            assert_eq!(
                judged(&case, USER_ADMINISTRATOR, TableRow::Eligible),
                expected,
                "{members:?}"
            );
        }
    }

    #[test]
    fn what_was_not_read_of_the_audience_leaves_it_open() {
        let mut closed = Case::new();
        closed.user("ana");
        closed.unreadable_group("desk");
        closed.eligible("ana", USER_ADMINISTRATOR);
        audience(&mut closed, USER_ADMINISTRATOR, &["group:desk"]);
        assert_eq!(
            judged(&closed, USER_ADMINISTRATOR, TableRow::Eligible),
            Err(GapKind::PermissionDenied)
        );
        let mut hidden = Case::new();
        hidden.hidden("shadow");
        hidden.eligible("shadow", USER_ADMINISTRATOR);
        audience(&mut hidden, USER_ADMINISTRATOR, &["ana@contoso.example"]);
        assert_eq!(
            judged(&hidden, USER_ADMINISTRATOR, TableRow::Eligible),
            Err(GapKind::PermissionDenied)
        );
        // The wrong type is proven whoever should hold it.
        closed.active("ana", USER_ADMINISTRATOR);
        assert_eq!(judged(&closed, USER_ADMINISTRATOR, TableRow::Eligible), Ok("fail"));
    }
}
