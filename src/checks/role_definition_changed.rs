//! `role-definition-changed`: a role that allows more than it did at an earlier reading.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::definitions::{GIVE_EARLIER, difference};
use crate::model::{
    ActionDifference, Dataset, Earlier, Evidence, Gap, GapKind, Outcome, Role, RoleAction,
};

const EXPECTED: &str = "no privileged action that it did not have before";
/// More names than this help nobody; `pimaudit diff` has them all.
const SHOWN: usize = 10;
/// Of an action that the role left out before, and does not leave out now.
const NOT_EXCLUDED: &str = "no longer excluded";
const LABELLED: &str = "labelled PRIVILEGED since then";
const REVIEW: &str = "this is Microsoft's change: review your roles table";

/// The check.
pub static CHECK: Check = Check {
    id: "role-definition-changed",
    title: "Role definition allows more than before",
    what: "Compares each role definition with that of an earlier reading of the same tenant: its \
        actions and the PRIVILEGED label. A custom role that gained a privileged action, or is new \
        with one, fails. A built-in role that gained one, or is new with the label, is met in \
        part: that is Microsoft's change, and a reason to look at the roles table again. So is any \
        role that has the label since then. Which actions are privileged is said by Microsoft \
        alone, whatever their names look like. Other changes pass; pimaudit diff shows them, and \
        the roles that are gone. Without an earlier reading nothing is assessed.",
    why: "Whoever holds a role has whatever is added to it, and no assignment shows that. A custom \
        role can be widened in a moment by who manages roles, and Microsoft widens the built-in \
        ones and adds new ones without asking.",
    fix: Fix {
        portal: "Entra admin center > Roles & admins > (the role): of a custom role, take back \
            under Edit what it does not need; of a built-in one, read its permissions under \
            Description and settle who should hold it, and how",
        graph: &["GET /v1.0/roleManagement/directory/roleDefinitions/{role}\
            ?$select=id,displayName,isBuiltIn,isEnabled,rolePermissions"],
    },
    references: &[
        "PIM concept and setup: change tracking of roles",
        "PIM training unit: Privileged Role Administrators may build custom roles",
    ],
    subjects: Subjects::Definitions,
    needs: &[Dataset::RoleDefinitions, Dataset::PrivilegedRoles, Dataset::PrivilegedActions],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let Some(role) = facts.role() else {
        return Err(Gap::new(GapKind::Unreadable, "the subject is no role"));
    };
    let earlier = facts.earlier()?;
    let outcome = match earlier.roles.at_least().map_err(|gap| not_then(&gap))?.get(&role.id) {
        Some(before) => changed(facts, &role, before, earlier),
        None => {
            // In the part that was not read then it may have been the same.
            earlier.roles.complete().map_err(|gap| not_then(&gap))?;
            appeared(facts, &role)
        }
    };
    Ok(outcome?.note(format!("compared with what was read at {}", earlier.at)))
}

/// A gap of the earlier reading: nothing can be granted or read again for it.
fn not_then(gap: &Gap) -> Gap {
    let detail = format!("the earlier reading does not have it ({}): {GIVE_EARLIER}", gap.reason());
    Gap::new(GapKind::NotRequested, detail)
}

fn changed(facts: &Facts, role: &Role, before: &Role, earlier: &Earlier) -> Result<Outcome, Gap> {
    let compared = match (&before.actions, &role.actions) {
        (Ok(then), Ok(now)) => Ok(difference(then, now)),
        (_, Err(gap)) => Err(gap.clone()),
        (Err(gap), Ok(_)) => Err(not_then(gap)),
    };
    if let Ok(ActionDifference { gained, .. }) = &compared {
        let privileged = privileged_among(facts, gained);
        if !privileged.is_empty() {
            return Ok(more_than_before(role, gained_in_words(&privileged), &privileged));
        }
    }
    let labelled = newly_labelled(facts, role, before, earlier);
    if role.built_in && labelled == Ok(true) {
        return Ok(more_than_before(role, LABELLED.to_owned(), &[]));
    }
    let compared = compared?;
    if !compared.gained.is_empty() {
        facts.privileged_actions().complete()?;
    }
    let (lifted, new): (Vec<&RoleAction>, Vec<&RoleAction>) =
        compared.gained.iter().partition(|action| action.excluded);
    let outcome = if labelled? {
        Outcome::partial(0.5, LABELLED, EXPECTED)
            .note("no privileged action was added: Microsoft labels what it had already")
    } else {
        Outcome::pass(in_words(&compared), EXPECTED)
    };
    Ok(outcome
        .maybe_note(named("gained", &new))
        .maybe_note(named(NOT_EXCLUDED, &lifted))
        .maybe_note(named("lost", &compared.lost))
        .maybe_note(switched(before.enabled, role.enabled)))
}

/// A role that was not there: all that it allows is gained, and the label says as much.
fn appeared(facts: &Facts, role: &Role) -> Result<Outcome, Gap> {
    let gained = role.actions.as_ref().map(|actions| difference(&[], actions).gained);
    let privileged = gained.as_ref().map(|all| privileged_among(facts, all)).unwrap_or_default();
    if role.privileged == Ok(true) || !privileged.is_empty() {
        let mut observed = "new".to_owned();
        if role.privileged == Ok(true) {
            observed.push_str(", labelled PRIVILEGED");
        }
        if !privileged.is_empty() {
            let number = counted(privileged.len(), "privileged action", "privileged actions");
            observed.push_str(&format!(", with {number}"));
        }
        return Ok(more_than_before(role, observed, &privileged));
    }
    if !gained.map_err(Clone::clone)?.is_empty() {
        facts.privileged_actions().complete()?;
    }
    if role.built_in
        && let Some(gap) = facts.labels_gap()
    {
        return Err(gap.clone());
    }
    Ok(Outcome::pass("new, without a privileged action", EXPECTED))
}

/// `gained 2 privileged actions`; what a role had left out and does not any more is told as such.
fn gained_in_words(privileged: &[&RoleAction]) -> String {
    let lifted = privileged.iter().filter(|action| action.excluded).count();
    let number = |number| counted(number, "privileged action", "privileged actions");
    match (privileged.len() - lifted, lifted) {
        (new, 0) => format!("gained {}", number(new)),
        (0, lifted) => format!("{NOT_EXCLUDED}: {}", number(lifted)),
        (new, lifted) => format!("gained {}; {NOT_EXCLUDED}: {lifted}", number(new)),
    }
}

/// An action without the word that it is left out: it was.
fn allowed(action: &RoleAction) -> String {
    RoleAction { excluded: false, ..action.clone() }.to_string()
}

/// A custom role is the tenant's own doing, a built-in one is not.
fn more_than_before(role: &Role, observed: String, privileged: &[&RoleAction]) -> Outcome {
    let evidence = |action: &&RoleAction| {
        let value = match action.excluded {
            true => format!("{NOT_EXCLUDED}: {}", allowed(action)),
            false => action.to_string(),
        };
        Evidence::new(Dataset::RoleDefinitions, &role.id, "rolePermissions", value)
    };
    let outcome = if role.built_in {
        Outcome::partial(0.5, observed, EXPECTED).note(REVIEW)
    } else {
        Outcome::fail(observed, EXPECTED)
    };
    let (lifted, new): (Vec<&RoleAction>, Vec<&RoleAction>) =
        privileged.iter().partition(|action| action.excluded);
    let outcome =
        outcome.maybe_note(named("privileged", &new)).maybe_note(named(NOT_EXCLUDED, &lifted));
    privileged.iter().take(SHOWN).map(evidence).fold(outcome, Outcome::evidence)
}

/// Whether it has the label now and had not. Where the labels were not read, a built-in role has
/// the one that this version knows of, which says nothing of a change.
fn newly_labelled(
    facts: &Facts,
    role: &Role,
    before: &Role,
    earlier: &Earlier,
) -> Result<bool, Gap> {
    if let Some(gap) = facts.labels_gap() {
        return Err(gap.clone());
    }
    if !role.privileged.clone()? {
        return Ok(false);
    }
    match (&earlier.labels_gap, &before.privileged) {
        (Some(gap), _) | (None, Err(gap)) => Err(not_then(gap)),
        (None, Ok(labelled)) => Ok(!labelled),
    }
}

/// Those that Microsoft is known to call privileged.
fn privileged_among<'r>(facts: &Facts, actions: &[&'r RoleAction]) -> Vec<&'r RoleAction> {
    let Ok(privileged) = facts.privileged_actions().at_least() else { return Vec::new() };
    let is_one = |action: &&RoleAction| privileged.contains(&*action.name.to_ascii_lowercase());
    actions.iter().copied().filter(is_one).collect()
}

/// What changed, where nothing privileged was gained.
fn in_words(compared: &ActionDifference<'_>) -> String {
    let number = |actions: &[&RoleAction]| counted(actions.len(), "action", "actions");
    let mut words = Vec::new();
    if !compared.gained.is_empty() {
        words.push(format!("gained {}, none of them privileged", number(&compared.gained)));
    }
    if !compared.lost.is_empty() {
        words.push(format!("lost {}", number(&compared.lost)));
    }
    if words.is_empty() { "allows what it did before".to_owned() } else { words.join("; ") }
}

/// `gained: a, b and 3 more`. Of what is left out the words say so, unless that is over.
fn named(what: &str, actions: &[&RoleAction]) -> Option<String> {
    if actions.is_empty() {
        return None;
    }
    let name = |action: &&RoleAction| match what {
        NOT_EXCLUDED => allowed(action),
        _ => action.to_string(),
    };
    let names: Vec<String> = actions.iter().take(SHOWN).map(name).collect();
    let more = match actions.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{what}: {}{more}", names.join(", ")))
}

const fn switched(before: Option<bool>, now: Option<bool>) -> Option<&'static str> {
    match (before, now) {
        (Some(true), Some(false)) => Some("switched off since then: nobody new can be given it"),
        (Some(false), Some(true)) => Some("switched on since then: it can be given again"),
        (Some(_) | None, Some(_) | None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, EXCHANGE_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Collected, Label, RoleId, definitions, roles};
    use std::collections::BTreeSet;
    use std::sync::Arc;

    const OWN: &str = "0f0f0f0f-1111-4222-8333-444444444444";
    /// Built in, and not labelled PRIVILEGED.
    const PLAIN: &str = EXCHANGE_ADMINISTRATOR;
    /// Built in and labelled.
    const LABELLED_ROLE: &str = SECURITY_ADMINISTRATOR;
    /// What everybody in these tests calls privileged.
    const PRIVILEGED: &str = "x/secrets/update";

    /// The outcome's name, or the kind of the gap.
    type Word = Result<&'static str, GapKind>;

    fn judged(case: &Case, role: &str) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, role, &Expect::Required)
    }

    fn word(case: &Case, role: &str) -> Word {
        judged(case, role).map(|outcome| outcome.name()).map_err(|gap| gap.kind)
    }

    fn notes(case: &Case, role: &str) -> String {
        judged(case, role).unwrap().details().unwrap().notes.join("; ")
    }

    /// A custom role and the plain built-in one, both with these actions then and now.
    fn changing(then: &[&str], now: &[&str]) -> Case {
        let mut case = Case::new();
        case.privileged_actions(&[PRIVILEGED]);
        case.custom_role(OWN, Label::Plain);
        for role in [OWN, PLAIN] {
            case.allows(role, then);
        }
        case.keep_definitions();
        for role in [OWN, PLAIN] {
            case.allows(role, now);
        }
        case
    }

    fn denied() -> Gap {
        Gap::of(Dataset::PrivilegedActions, GapKind::PermissionDenied, "403")
    }

    #[test]
    fn only_a_privileged_action_that_was_gained_counts() {
        for (then, now, custom, built_in) in [
            (vec!["x/read"], vec!["x/read", PRIVILEGED], "fail", "partial"),
            (vec![], vec!["X/Secrets/UPDATE"], "fail", "partial"),
            (vec![PRIVILEGED, "x/read"], vec![PRIVILEGED], "pass", "pass"),
            (vec![PRIVILEGED], vec![], "pass", "pass"),
            (vec!["x/read"], vec!["x/read", "x/create"], "pass", "pass"),
            // By its looks an action says nothing.
            (vec!["x/read"], vec!["x/*", "x/allProperties/allTasks"], "pass", "pass"),
            (vec!["x/read", PRIVILEGED], vec![PRIVILEGED, "x/read"], "pass", "pass"),
            (vec![PRIVILEGED], vec!["x/SECRETS/update"], "pass", "pass"),
        ] {
            let case = changing(&then, &now);
            assert_eq!(word(&case, OWN), Ok(custom), "custom, {then:?} to {now:?}");
            assert_eq!(word(&case, PLAIN), Ok(built_in), "built-in, {then:?} to {now:?}");
        }
    }

    #[test]
    fn what_was_gained_is_named_with_its_place() {
        let case = changing(&["x/read"], &["x/create", PRIVILEGED]);
        let outcome = judged(&case, OWN).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "gained 1 privileged action");
        assert_eq!(details.notes[0], format!("privileged: {PRIVILEGED}"));
        assert!(details.notes.iter().any(|note| note.contains("2026-10-01")), "{details:?}");
        let evidence = Evidence::new(
            Dataset::RoleDefinitions,
            &RoleId::new(OWN),
            "rolePermissions",
            PRIVILEGED,
        );
        assert_eq!(details.evidence, [evidence]);
        assert!(notes(&case, PLAIN).contains("review your roles table"));
        let case = changing(&["x/read"], &["x/create"]);
        let outcome = judged(&case, OWN).unwrap();
        let observed = &outcome.details().unwrap().observed;
        assert_eq!(observed, "gained 1 action, none of them privileged; lost 1 action");
        let many: Vec<String> = (10..30).map(|number| format!("x/{number}")).collect();
        let case = changing(&[], &many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(notes(&case, OWN).contains("x/19 and 10 more"), "{}", notes(&case, OWN));
    }

    #[test]
    fn an_exclusion_that_was_lifted_is_told_as_such() {
        let actions = |words: &[&str]| -> Vec<RoleAction> {
            let action = |word: &&str| RoleAction {
                name: word.trim_start_matches('-').into(),
                excluded: word.starts_with('-'),
                condition: None,
            };
            words.iter().map(action).collect()
        };
        let excluded = format!("-{PRIVILEGED}");
        for (then, now, outcome, observed, note) in [
            (
                vec![PRIVILEGED, excluded.as_str()],
                vec![PRIVILEGED],
                "fail",
                "no longer excluded: 1 privileged action",
                "no longer excluded: x/secrets/update",
            ),
            (
                vec!["x/*", excluded.as_str()],
                vec!["x/*", PRIVILEGED],
                "fail",
                "gained 1 privileged action; no longer excluded: 1",
                "privileged: x/secrets/update",
            ),
            (
                vec!["x/*", "-x/read"],
                vec!["x/*"],
                "pass",
                "gained 1 action, none of them privileged",
                "no longer excluded: x/read",
            ),
        ] {
            let mut case = changing(&[], &[]);
            case.role(OWN).actions = Ok(definitions::actions(actions(&then)));
            case.keep_definitions();
            case.role(OWN).actions = Ok(definitions::actions(actions(&now)));
            let told = judged(&case, OWN).unwrap();
            assert_eq!(told.name(), outcome, "{then:?} to {now:?}");
            let details = told.details().unwrap();
            assert_eq!(details.observed, observed, "{then:?} to {now:?}");
            assert!(details.notes.iter().any(|it| it == note), "{details:?}");
            assert!(!notes(&case, OWN).contains("not x/"), "{details:?}");
        }
    }

    #[test]
    fn without_the_list_of_privileged_actions_nothing_that_was_gained_passes() {
        let gap = Err(GapKind::PermissionDenied);
        let known: BTreeSet<Arc<str>> = BTreeSet::from([PRIVILEGED.into()]);
        let partly = Collected::Partial(known, denied());
        for (list, now, custom, built_in) in [
            (Collected::Missing(denied()), vec!["x/read", "x/create"], gap, gap),
            (Collected::Missing(denied()), vec!["x/read", PRIVILEGED], gap, gap),
            (Collected::Missing(denied()), vec!["x/read"], Ok("pass"), Ok("pass")),
            (Collected::Missing(denied()), vec![], Ok("pass"), Ok("pass")),
            (partly.clone(), vec!["x/read", PRIVILEGED], Ok("fail"), Ok("partial")),
            (partly, vec!["x/read", "x/create"], gap, gap),
        ] {
            let mut case = changing(&["x/read"], &now);
            case.tenant.privileged_actions = list;
            assert_eq!(word(&case, OWN), custom, "custom, {now:?}");
            assert_eq!(word(&case, PLAIN), built_in, "built-in, {now:?}");
        }
    }

    #[test]
    fn a_new_custom_role_has_gained_all_that_it_allows() {
        let gap = Err(GapKind::PermissionDenied);
        for (label, allows, list_read, expected) in [
            (Label::Plain, vec!["x/read", PRIVILEGED], true, Ok("fail")),
            (Label::Plain, vec!["x/read"], true, Ok("pass")),
            (Label::Unread, vec!["x/read"], true, Ok("pass")),
            (Label::Plain, vec![], true, Ok("pass")),
            (Label::Plain, vec!["x/read"], false, gap),
            // Only with a privileged action does a role get the label.
            (Label::Privileged, vec!["x/read"], false, Ok("fail")),
        ] {
            let mut case = Case::new();
            case.keep_definitions();
            case.custom_role(OWN, label);
            case.allows(OWN, &allows);
            case.privileged_actions(&[PRIVILEGED]);
            if !list_read {
                case.missing(Dataset::PrivilegedActions);
            }
            assert_eq!(word(&case, OWN), expected, "{label:?}, {allows:?}, {list_read}");
        }
    }

    #[test]
    fn a_new_built_in_role_matters_where_it_is_privileged() {
        for (role, allows, labels_gap, expected) in [
            (LABELLED_ROLE, vec!["x/read"], None, Ok("partial")),
            (LABELLED_ROLE, vec![PRIVILEGED], None, Ok("partial")),
            (PLAIN, vec!["x/read"], None, Ok("pass")),
            (PLAIN, vec![PRIVILEGED], None, Ok("partial")),
            // What this version knows of the label is no proof that it has none.
            (PLAIN, vec!["x/read"], Some(denied()), Err(GapKind::PermissionDenied)),
        ] {
            let mut case = Case::new();
            case.privileged_actions(&[PRIVILEGED]);
            case.allows(role, &allows);
            let earlier = case.keep_definitions();
            let Collected::Complete(then) = &mut earlier.roles else { panic!("not whole") };
            then.remove(&RoleId::new(role)).unwrap();
            case.tenant.labels_gap = labels_gap;
            assert_eq!(word(&case, role), expected, "{role}, {allows:?}");
        }
    }

    #[test]
    fn an_earlier_reading_must_be_there_and_have_it() {
        let nothing = Err(GapKind::NotRequested);
        let mut case = changing(&["x/read"], &["x/read"]);
        case.tenant.earlier = None;
        let gap = judged(&case, OWN).unwrap_err();
        assert_eq!(gap.kind, GapKind::NotRequested);
        assert!(gap.detail.contains("--earlier") && gap.detail.contains("--store"), "{gap}");

        let case = || changing(&["x/read"], &["x/read", PRIVILEGED]);
        let mut missing = case();
        missing.keep_definitions().roles = Collected::Missing(denied());
        assert_eq!(word(&missing, OWN), nothing);

        // Of a list that broke off only what is in it can be compared.
        let mut partial = case();
        let earlier = partial.tenant.earlier.as_mut().unwrap();
        let mut then = earlier.roles.complete().unwrap().clone();
        then.remove(&RoleId::new(PLAIN)).unwrap();
        earlier.roles = Collected::Partial(then, denied());
        assert_eq!(word(&partial, OWN), Ok("fail"));
        assert_eq!(word(&partial, PLAIN), nothing);
    }

    #[test]
    fn actions_that_did_not_come_are_not_none() {
        let unread = || Gap::of(Dataset::RoleDefinitions, GapKind::Incomplete, "did not come");
        let mut case = changing(&["x/read"], &["x/read"]);
        case.role(OWN).actions = Err(unread());
        assert_eq!(word(&case, OWN), Err(GapKind::Incomplete));
        case.keep_definitions();
        assert_eq!(word(&case, OWN), Err(GapKind::Incomplete));
        case.allows(OWN, &["x/read"]);
        assert_eq!(word(&case, OWN), Err(GapKind::NotRequested));
    }

    #[test]
    fn the_label_is_compared_where_both_read_it() {
        let denied_now = Err(GapKind::PermissionDenied);
        let not_then = Err(GapKind::NotRequested);
        for (then, now, gap_then, gap_now, expected) in [
            (false, true, None, None, Ok("partial")),
            (true, true, None, None, Ok("pass")),
            (true, false, None, None, Ok("pass")),
            (false, false, None, None, Ok("pass")),
            (false, true, Some(denied()), None, not_then),
            // Whatever it was then, it has none now.
            (false, false, Some(denied()), None, Ok("pass")),
            (false, true, None, Some(denied()), denied_now),
            (false, false, None, Some(denied()), denied_now),
        ] {
            let mut case = changing(&["x/read"], &["x/read"]);
            for role in [OWN, PLAIN] {
                case.role(role).privileged = Ok(then);
            }
            case.keep_definitions().labels_gap = gap_then.clone();
            for role in [OWN, PLAIN] {
                case.role(role).privileged = Ok(now);
            }
            case.tenant.labels_gap = gap_now.clone();
            for role in [OWN, PLAIN] {
                let told = word(&case, role);
                assert_eq!(told, expected, "{role}: {then} to {now}, {gap_then:?} {gap_now:?}");
            }
        }
    }

    #[test]
    fn switching_a_role_off_or_on_is_told_and_passes() {
        for (then, now, expected) in [
            (Some(true), Some(false), Some("switched off")),
            (Some(false), Some(true), Some("switched on")),
            (Some(true), Some(true), None),
            (None, Some(false), None),
            (Some(true), None, None),
        ] {
            let mut case = changing(&["x/read"], &["x/read"]);
            case.role(OWN).enabled = then;
            case.keep_definitions();
            case.role(OWN).enabled = now;
            assert_eq!(word(&case, OWN), Ok("pass"), "{then:?} to {now:?}");
            let told = notes(&case, OWN);
            match expected {
                Some(words) => assert!(told.contains(words), "{then:?} to {now:?}: {told}"),
                None => assert!(!told.contains("switched"), "{then:?} to {now:?}: {told}"),
            }
        }
    }

    #[test]
    fn every_definition_is_judged_also_those_that_nobody_can_be_given() {
        let mut case = Case::new();
        case.custom_role(OWN, Label::Plain);
        let subjects = case.subjects(&CHECK);
        assert_eq!(subjects.len(), roles::built_in().len() + 1);
        let user = roles::by_name("User").unwrap();
        assert!(!user.assignable);
        assert!(subjects.contains(&format!("role:{}", user.template_id)));
        case.missing(Dataset::RoleDefinitions);
        assert_eq!(case.subjects(&CHECK), Vec::<String>::new());
    }
}
