//! What a rule is for: its subjects, the groups among them, and roles that nobody holds.

use super::names::Names;
use crate::baseline::Groups;
use crate::baseline::faults::{Collector, shown};
use crate::baseline::select::{Selector, selector};
use crate::baseline::yaml::{self, Fields, Node, Value};
use crate::checks::{Check, Subjects};

/// The check of the tenant that looks at holders of a role.
const HOLDERS: &str = "global-administrator-count";

/// Whether a check looks at who holds roles, through groups too.
fn is_of_holders(check: &Check) -> bool {
    check.id == HOLDERS
        || matches!(
            check.subjects,
            Subjects::PrivilegedPrincipals | Subjects::PrivilegedServicePrincipals
        )
}

pub(super) fn groups(node: &Node, check: Option<&Check>, faults: &mut Collector) -> Option<Groups> {
    if check.is_some_and(is_of_holders) {
        if matches!(&node.value, Value::Text(word) if word == "direct") {
            return Some(Groups::Direct);
        }
        let message = "groups can only be direct for a check of holders".to_owned();
        faults.hinted(node.place, message, "write groups: direct, or leave it out of this rule");
        return None;
    }
    if let Some(check) = check
        && !check.subjects.has_groups()
    {
        let message = format!("{} judges no groups", check.id);
        faults.hinted(node.place, message, "leave groups out of this rule");
        return None;
    }
    if let Value::Text(word) = &node.value {
        if word != "members" {
            let message = format!("groups cannot be {}", shown(word));
            faults.hinted(node.place, message, "write true, false or members");
            return None;
        }
        return Some(Groups::Members);
    }
    let all = yaml::flag(node, "groups", faults)?;
    Some(if all { Groups::All } else { Groups::None })
}

pub(super) fn unused(
    node: &Node,
    check: Option<&Check>,
    on: Option<&Selector>,
    faults: &mut Collector,
) -> Option<bool> {
    if let Some(check) = check
        && !check.subjects.has_roles()
    {
        let message = format!("{} judges no roles", check.id);
        faults.hinted(node.place, message, "leave unused out of this rule");
        return None;
    }
    let flag = yaml::flag(node, "unused", faults)?;
    if flag && on.is_some_and(|on| on.roles().next().is_none()) {
        let message = "roles that nobody holds are judged where the rule names them".to_owned();
        faults.hinted(
            node.place,
            message,
            "name the roles: on: { roles: ... } or on: { role: ... }",
        );
        return None;
    }
    Some(flag)
}

pub(super) fn subjects(
    fields: &Fields<'_>,
    check: Option<&'static Check>,
    names: &Names,
    faults: &mut Collector,
) -> Option<Selector> {
    let Some(node) = fields.get("on") else { return Some(Selector::All) };
    let on = selector(node, &names.sets, names.all_known, faults)?;
    if let Some(check) = check {
        let alerts = check.subjects == Subjects::Alerts;
        match &on {
            Selector::All => {}
            Selector::Alert(_) if alerts => {}
            Selector::Groups | Selector::Sensitive if check.subjects.has_groups() => {}
            Selector::Groups | Selector::Sensitive => {
                let message = format!("{} does not judge groups", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Alert(_) => {
                let message = format!("{} does not judge alerts", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Holders if check.subjects.are_people() => {}
            Selector::Holders => {
                let message = format!("{} does not judge people", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Tier(_) | Selector::Privileged | Selector::Set { .. } | Selector::Role(_)
                if alerts =>
            {
                let message = format!("{} judges alerts, not roles", check.id);
                faults.hinted(node.place, message, "write on: { alert: stale-sign-in }");
            }
            Selector::Tier(_) | Selector::Privileged | Selector::Set { .. } | Selector::Role(_) => {
                if matches!(check.subjects, Subjects::Tenant | Subjects::BypassingApplications) {
                    let message = format!("{} judges the tenant as a whole, not roles", check.id);
                    faults.hinted(node.place, message, "leave on out");
                }
            }
        }
    }
    Some(on)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{END, HEAD, load_with};
    use crate::baseline::{Groups, Itself, MetInPart, StandsFor};
    use crate::model::{GroupAccess, Label, RoleId, Tier};

    #[test]
    fn a_rule_says_what_in_part_counts_for_and_whether_groups_are_meant() {
        let rule = |more: &str| {
            let text = format!("{{ check: unannounced-activation{more}, {END}");
            load_with(&format!("{HEAD}rules:\n  - {text}\n"), &[]).unwrap().rules[0].clone()
        };
        for (more, met_in_part, groups, meant) in [
            ("", None, Groups::All, [true; 3]),
            (", met_in_part: fail", Some(MetInPart::Fails), Groups::All, [true; 3]),
            (", groups: true", None, Groups::All, [true; 3]),
            (
                ", met_in_part: pass, groups: false",
                Some(MetInPart::Passes),
                Groups::None,
                [false; 3],
            ),
            (", groups: members", None, Groups::Members, [true, false, false]),
        ] {
            let rule = rule(more);
            assert_eq!((rule.met_in_part, rule.groups), (met_in_part, groups), "{more}");
            let global = RoleId::new("62e90394-69f5-4237-9190-012177145e10");
            let holds = StandsFor {
                role: &global,
                tier: Tier::Critical,
                label: Label::Privileged,
                own: true,
            };
            let leads_to = StandsFor { own: false, ..holds };
            assert!(rule.is_for(&[holds], Itself::Other));
            let found = [
                (holds, GroupAccess::Member),
                (leads_to, GroupAccess::Member),
                (holds, GroupAccess::Owner),
            ]
            .map(|(role, access)| rule.is_for(&[role], Itself::Group(access)));
            assert_eq!(found, meant, "{more}");
        }
    }

    #[test]
    fn a_rule_for_groups_may_be_for_their_members_whatever_they_hold() {
        let (member, owner) = (GroupAccess::Member, GroupAccess::Owner);
        let global = RoleId::new("62e90394-69f5-4237-9190-012177145e10");
        let leads_to =
            StandsFor { role: &global, tier: Tier::Critical, label: Label::Privileged, own: false };
        let nothing: &[StandsFor<'_>] = &[];
        let leading: &[StandsFor<'_>] = &[leads_to];
        // Without a role, leading to one; as a sensitive group, and its owners.
        for (on, groups, expected) in [
            ("groups", "true", [true; 4]),
            ("groups", "members", [true, true, true, false]),
            ("groups", "false", [false; 4]),
            ("sensitive", "true", [false, false, true, true]),
            ("sensitive", "members", [false, false, true, false]),
            ("sensitive", "false", [false; 4]),
            ("all", "members", [false; 4]),
        ] {
            let rule =
                format!("{{ check: activation-without-mfa, on: {on}, groups: {groups}, {END}");
            let baseline = load_with(&format!("{HEAD}rules:\n  - {rule}\n"), &[]).unwrap();
            let found = [
                (nothing, Itself::Group(member)),
                (leading, Itself::Group(member)),
                (nothing, Itself::SensitiveGroup(member)),
                (nothing, Itself::SensitiveGroup(owner)),
            ]
            .map(|(roles, itself)| baseline.rules[0].is_for(roles, itself));
            assert_eq!(found, expected, "{on} {groups}");
        }
    }

    #[test]
    fn of_groups_direct_members_alone_may_be_meant_by_a_rule_for_holders() {
        for (check, expect) in [
            ("synced-privileged-account", ""),
            ("privileged-workload-identity", ""),
            ("global-administrator-count", ", expect: { pass: [2, 4] }"),
        ] {
            let load = |more: &str| {
                let text = format!("{{ check: {check}{expect}{more}, {END}");
                load_with(&format!("{HEAD}rules:\n  - {text}\n"), &[]).unwrap()
            };
            let (direct, all) = (load(", groups: direct"), load(""));
            assert_eq!(
                (direct.rules[0].groups, all.rules[0].groups),
                (Groups::Direct, Groups::All)
            );
            assert_ne!(direct.digest, all.digest, "{check}");
        }
    }
}
