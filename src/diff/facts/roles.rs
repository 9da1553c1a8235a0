//! Role definitions: new and vanished ones, what they allow, the PRIVILEGED label, whether they can
//! be assigned, and names of the tenant's own roles.

use super::gather::Gather;
use super::names::Names;
use super::{Area, Change, Direction, Kind};
use crate::model::definitions::difference;
use crate::model::{Role, RoleAction};
use std::collections::BTreeSet;

/// What the label is called here.
pub(super) const LABEL: &str = "label PRIVILEGED";

/// Role definitions.
pub(super) fn compare(names: &Names<'_>, found: &mut Gather) {
    let lists = found.whole("role definitions", &names.old.roles, &names.new.roles);
    let Some((old, new)) = lists else { return };
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for id in ids {
        match (old.get(id), new.get(id)) {
            (Some(old), Some(new)) => compare_role(old, new, found),
            (None, Some(role)) => {
                let values = [None, Some(kind_of(role))];
                push(role, ["role", ""], (Kind::Added, Direction::Different), values, found);
            }
            (Some(role), None) => {
                let values = [Some(kind_of(role)), None];
                push(role, ["role", ""], (Kind::Removed, Direction::Different), values, found);
            }
            (None, None) => {}
        }
    }
}

fn compare_role(old: &Role, new: &Role, found: &mut Gather) {
    let labels = found.both(LABEL, &new.name, &old.privileged, &new.privileged);
    if let Some((&before, &after)) = labels
        && before != after
    {
        let words = |label: bool| Some(if label { "yes" } else { "no" }.to_owned());
        let happened = (Kind::Changed, Direction::Different);
        let values = [words(before), words(after)];
        push(new, [LABEL, "isPrivileged"], happened, values, found);
    }
    compare_actions(old, new, found);
    // What one of the two does not say is not known.
    if let (Some(before), Some(after)) = (old.enabled, new.enabled)
        && before != after
    {
        let words = |enabled: bool| Some(if enabled { "yes" } else { "no" }.to_owned());
        // Being off is what is asked for here: nobody new can be given it then.
        let happened = (Kind::Changed, Direction::of_demand(!before, !after));
        let values = [words(before), words(after)];
        push(new, ["can be assigned", "isEnabled"], happened, values, found);
    }
    // The name of a built-in role depends on the language of who reads.
    if !new.built_in && !old.built_in && old.name.to_lowercase() != new.name.to_lowercase() {
        let happened = (Kind::Changed, Direction::Different);
        let values = [Some(old.name.to_string()), Some(new.name.to_string())];
        push(new, ["name", "displayName"], happened, values, found);
    }
}

fn compare_actions(old: &Role, new: &Role, found: &mut Gather) {
    let Some((before, after)) = found.both("actions", &new.name, &old.actions, &new.actions) else {
        return;
    };
    let differs = difference(before, after);
    if differs.is_empty() {
        return;
    }
    // Nobody in the tenant can change a built-in role.
    let what = if old.built_in && new.built_in { "actions (built-in role)" } else { "actions" };
    let direction = Direction::of_set(!differs.lost.is_empty(), !differs.gained.is_empty());
    let values = [words(before, &differs.older), words(after, &differs.newer)].map(Some);
    push(new, [what, "rolePermissions"], (Kind::Changed, direction), values, found);
}

/// `12 actions`, with those that the other side does not have.
fn words(all: &[RoleAction], only_here: &[&RoleAction]) -> String {
    let number = number(all);
    if only_here.is_empty() {
        return number;
    }
    let names: Vec<String> = only_here.iter().map(ToString::to_string).collect();
    format!("{number} (only here: {})", names.join(", "))
}

fn number(all: &[RoleAction]) -> String {
    match all.iter().filter(|action| !action.excluded).count() {
        1 => "1 action".to_owned(),
        number => format!("{number} actions"),
    }
}

/// `custom, PRIVILEGED, 12 actions`; what was not read is left out.
fn kind_of(role: &Role) -> String {
    let kind = if role.built_in { "built-in" } else { "custom" };
    let label = match role.privileged {
        Ok(true) => ", PRIVILEGED",
        Ok(false) | Err(_) => "",
    };
    match &role.actions {
        Ok(actions) => format!("{kind}{label}, {}", number(actions)),
        Err(_) => format!("{kind}{label}"),
    }
}

fn push(
    role: &Role,
    [what, field]: [&str; 2],
    (kind, direction): (Kind, Direction),
    [before, after]: [Option<String>; 2],
    found: &mut Gather,
) {
    found.changes.push(Change {
        area: Area::Roles,
        subject: format!("role:{}", role.id),
        what: what.to_owned(),
        field: field.to_owned(),
        kind,
        before,
        after,
        direction,
        name: role.name.to_string(),
        holder: None,
    });
}

#[cfg(test)]
mod tests {
    use crate::checks::testing::{Case, DIRECTORY_READERS};
    use crate::diff::facts::{Change, Direction, Kind, Unreadable, changes};
    use crate::model::{Collected, Dataset, Gap, GapKind, Label, RoleId};

    #[test]
    fn roles_come_and_go_and_are_labelled() {
        let (mut old, mut new) = (Case::new(), Case::new());
        old.custom_role("gone", Label::Plain);
        old.custom_role("same", Label::Plain);
        new.custom_role("same", Label::Privileged);
        new.custom_role("new", Label::Plain);
        let facts = changes(&old.tenant, &new.tenant);
        let told: Vec<_> =
            facts.changes.iter().map(|it| (it.name.as_str(), it.kind, it.what.as_str())).collect();
        assert_eq!(
            told,
            [
                ("gone", Kind::Removed, "role"),
                ("new", Kind::Added, "role"),
                ("same", Kind::Changed, super::LABEL),
            ]
        );
    }

    /// What is told of the role `own` with these actions before and after.
    fn told(before: &[&str], after: &[&str]) -> Vec<(String, Direction, String, String)> {
        let (mut old, mut new) = (Case::new(), Case::new());
        for (case, actions) in [(&mut old, before), (&mut new, after)] {
            case.custom_role("own", Label::Plain);
            case.allows("own", actions);
        }
        let facts = changes(&old.tenant, &new.tenant);
        assert!(facts.unreadable.is_empty(), "{:?}", facts.unreadable);
        let line = |it: Change| (it.what, it.direction, it.before.unwrap(), it.after.unwrap());
        facts.changes.into_iter().map(line).collect()
    }

    #[test]
    fn actions_gained_are_weaker_and_lost_stricter() {
        for (before, after, direction, values) in [
            (
                vec!["x/read"],
                vec!["x/read", "x/create"],
                Direction::Weaker,
                ["1 action", "2 actions (only here: x/create)"],
            ),
            (
                vec!["x/read", "x/create"],
                vec!["x/read"],
                Direction::Stricter,
                ["2 actions (only here: x/create)", "1 action"],
            ),
            (
                vec!["x/read", "x/create"],
                vec!["x/delete", "x/list"],
                Direction::Different,
                [
                    "2 actions (only here: x/create, x/read)",
                    "2 actions (only here: x/delete, x/list)",
                ],
            ),
        ] {
            let [one, other] = values.map(str::to_owned);
            let expected = [("actions".to_owned(), direction, one, other)];
            assert_eq!(told(&before, &after), expected, "{before:?} to {after:?}");
        }
        for after in [["x/create", "x/read"], ["X/Read", "x/CREATE"]] {
            assert!(told(&["x/read", "x/create"], &after).is_empty(), "{after:?}");
        }
    }

    #[test]
    fn another_name_is_a_change_and_another_casing_none() {
        for (before, after, expected) in
            [("Helpers", "helpers", 0), ("Helpers", "Helper", 1), ("\u{c4}rzte", "\u{e4}rzte", 0)]
        {
            let case = |name: &str| {
                let mut case = Case::new();
                case.custom_role("own", Label::Plain);
                case.role("own").name = name.into();
                case
            };
            let facts = changes(&case(before).tenant, &case(after).tenant);
            assert_eq!(facts.changes.len(), expected, "{before} {after}: {:?}", facts.changes);
        }
    }

    #[test]
    fn a_built_in_role_is_said_to_be_one() {
        let (old, mut new) = (Case::new(), Case::new());
        new.allows(DIRECTORY_READERS, &["x/read"]);
        let facts = changes(&old.tenant, &new.tenant);
        assert_eq!(facts.changes.len(), 1);
        let change = &facts.changes[0];
        assert_eq!(change.what, "actions (built-in role)");
        assert_eq!(change.field, "rolePermissions");
        assert_eq!(change.name, "Directory Readers");
    }

    #[test]
    fn roles_that_come_and_go_say_how_much_they_allow() {
        let (mut old, mut new) = (Case::new(), Case::new());
        old.custom_role("gone", Label::Privileged);
        old.allows("gone", &["x/read", "x/create"]);
        new.custom_role("new", Label::Plain);
        new.allows("new", &["x/read"]);
        new.custom_role("unread", Label::Plain);
        new.role("unread").actions = Err(unread());
        let facts = changes(&old.tenant, &new.tenant);
        let told: Vec<_> = facts
            .changes
            .iter()
            .map(|it| (it.name.as_str(), it.before.as_deref(), it.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("gone", Some("custom, PRIVILEGED, 2 actions"), None),
                ("new", None, Some("custom, 1 action")),
                ("unread", None, Some("custom")),
            ]
        );
    }

    #[test]
    fn actions_that_one_of_the_two_did_not_read_are_told_as_unread() {
        for (in_old, in_new) in [(true, false), (false, true), (true, true)] {
            let (mut old, mut new) = (Case::new(), Case::new());
            for (case, is_unread) in [(&mut old, in_old), (&mut new, in_new)] {
                case.custom_role("own", Label::Plain);
                case.allows("own", &["x/read"]);
                if is_unread {
                    case.role("own").actions = Err(unread());
                }
            }
            let facts = changes(&old.tenant, &new.tenant);
            assert!(facts.changes.is_empty(), "{:?}", facts.changes);
            let unreadable = Unreadable {
                what: "actions".to_owned(),
                old: in_old.then(unread),
                new: in_new.then(unread),
                subjects: vec!["own".to_owned()],
            };
            assert_eq!(facts.unreadable, [unreadable]);
        }
    }

    #[test]
    fn a_role_that_can_be_assigned_again_is_weaker() {
        for (before, after, expected) in [
            (Some(false), Some(true), Some((Direction::Weaker, "no", "yes"))),
            (Some(true), Some(false), Some((Direction::Stricter, "yes", "no"))),
            (Some(true), Some(true), None),
            (None, Some(false), None),
            (Some(true), None, None),
        ] {
            let (mut old, mut new) = (Case::new(), Case::new());
            for (case, enabled) in [(&mut old, before), (&mut new, after)] {
                case.custom_role("own", Label::Plain);
                case.role("own").enabled = enabled;
            }
            let facts = changes(&old.tenant, &new.tenant);
            let told = facts.changes.first().map(|it| {
                assert_eq!(it.field, "isEnabled");
                (it.direction, it.before.as_deref().unwrap(), it.after.as_deref().unwrap())
            });
            assert_eq!(told, expected, "{before:?} to {after:?}");
        }
    }

    fn unread() -> Gap {
        Gap::of(Dataset::RoleDefinitions, GapKind::Incomplete, "did not come back")
    }

    #[test]
    fn a_label_that_was_not_read_is_not_lost() {
        let (mut old, mut new) = (Case::new(), Case::new());
        old.custom_role("own", Label::Privileged);
        new.custom_role("own", Label::Unread);
        let facts = changes(&old.tenant, &new.tenant);
        assert!(facts.changes.is_empty(), "{:?}", facts.changes);
        assert_eq!(facts.unreadable.len(), 1);
    }

    #[test]
    fn what_the_label_of_a_built_in_role_falls_back_to_is_no_change() {
        let (old, mut new) = (Case::new(), Case::new());
        let Collected::Complete(roles) = &mut new.tenant.roles else { panic!("not whole") };
        let reader = RoleId::new(DIRECTORY_READERS);
        roles.get_mut(&reader).unwrap().privileged = Ok(true);
        let mut facts = changes(&old.tenant, &new.tenant);
        assert_eq!(facts.changes.len(), 1);
        facts.without_labels(None, None);
        assert_eq!(facts.changes.len(), 1);
        let gap = Gap::of(Dataset::PrivilegedRoles, GapKind::PermissionDenied, "403");
        facts.without_labels(Some(&gap), None);
        assert!(facts.changes.is_empty());
        assert_eq!(facts.unreadable.len(), 1);
    }
}
