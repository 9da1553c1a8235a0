//! Role definitions: new and vanished ones, the PRIVILEGED label, and names of the tenant's own roles.
//!
//! The actions of a role are not among what is resolved, so they are not compared.

use super::gather::Gather;
use super::names::Names;
use super::{Area, Change, Direction, Kind};
use crate::model::Role;
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
    // The name of a built-in role depends on the language of who reads.
    if !new.built_in && !old.built_in && old.name != new.name {
        let happened = (Kind::Changed, Direction::Different);
        let values = [Some(old.name.to_string()), Some(new.name.to_string())];
        push(new, ["name", "displayName"], happened, values, found);
    }
}

fn kind_of(role: &Role) -> String {
    let kind = if role.built_in { "built-in" } else { "custom" };
    let label = match role.privileged {
        Ok(true) => ", PRIVILEGED",
        Ok(false) | Err(_) => "",
    };
    format!("{kind}{label}")
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
    use crate::checks::testing::Case;
    use crate::diff::facts::{Kind, changes};
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
        let reader = RoleId::new(crate::checks::testing::DIRECTORY_READERS);
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
