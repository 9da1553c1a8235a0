//! Who can become Global Administrator: how many, how, and through which gate.

use crate::report::model::Reach;
use crate::report::page::{Ink, Page};
use crate::report::words;
use std::io;
use std::sync::Arc;

/// Names shown of each way to hold the role.
const NAMES: usize = 8;

/// The section on Global Administrator.
pub(super) fn write(page: &mut Page<'_>, reach: &Reach) -> io::Result<()> {
    page.title("GLOBAL ADMINISTRATOR")?;
    let mut pairs: Vec<(&str, Ink)> = vec![
        ("Who", who(reach).into()),
        ("How", how(reach).into()),
        ("Activation", activation(reach).into()),
    ];
    if let Some(why) = why_at_least(reach) {
        pairs.push(("At least", why.into()));
    }
    page.pairs(pairs)
}

fn who(reach: &Reach) -> String {
    let exact = reach.at_least_because.is_empty();
    let mut text = match (reach.people, exact) {
        (0, true) => "nobody".to_owned(),
        (0, false) => "not known: nobody could be counted".to_owned(),
        (1, true) => "1 person".to_owned(),
        (people, true) => format!("{people} people"),
        (1, false) => "at least 1 person".to_owned(),
        (people, false) => format!("at least {people} people"),
    };
    match reach.through_groups.len() {
        0 => {}
        1 if reach.people == 1 => text.push_str(", through groups"),
        groups => text.push_str(&format!(", {groups} of them through groups")),
    }
    if !reach.services.is_empty() {
        text.push_str(&format!("; {}", words::count(reach.services.len(), "service principal")));
    }
    text
}

fn how(reach: &Reach) -> String {
    let ways = [
        ("standing", &reach.standing),
        ("activated now", &reach.activated),
        ("eligible", &reach.eligible),
        ("as an application", &reach.services),
    ];
    let ways: Vec<String> = ways
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(way, names)| format!("{} {way}: {}", names.len(), few(names)))
        .collect();
    if ways.is_empty() { "no holder is known".to_owned() } else { ways.join("; ") }
}

fn few(names: &[Arc<str>]) -> String {
    words::few(names.iter().map(|name| &**name), NAMES)
}

fn activation(reach: &Reach) -> String {
    match &reach.gate {
        Ok(asked) => format!("asks for {asked}"),
        Err(gap) => format!("not read ({})", words::gap(gap)),
    }
}

fn why_at_least(reach: &Reach) -> Option<String> {
    let first = reach.at_least_because.first()?;
    let mut text = format!("because not everything was read: {}", words::gap(first));
    match reach.at_least_because.len() {
        1 => {}
        reasons => text.push_str(&format!(", +{} more", reasons - 1)),
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Gap, GapKind};
    use crate::report::testing;

    #[test]
    fn the_number_is_exact_or_says_why_not() {
        let gap = Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, "Graph answered 403");
        for (people, gaps, expected) in [
            (0, vec![], "nobody"),
            (1, vec![], "1 person"),
            (7, vec![], "7 people"),
            (0, vec![gap.clone()], "not known: nobody could be counted"),
            (1, vec![gap.clone()], "at least 1 person"),
            (7, vec![gap], "at least 7 people"),
        ] {
            let reach = Reach { people, at_least_because: gaps, ..testing::nobody() };
            assert_eq!(who(&reach), expected);
            assert_eq!(why_at_least(&reach).is_none(), reach.at_least_because.is_empty());
        }
    }

    #[test]
    fn long_lists_of_names_are_shortened() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(Arc::<str>::from);
        for (number, expected) in [
            (8, "8 eligible: a, b, c, d, e, f, g, h"),
            (10, "10 eligible: a, b, c, d, e, f, g, h, +2 more"),
        ] {
            let eligible = names[..number].to_vec();
            let reach = Reach { people: number, eligible, ..testing::nobody() };
            assert_eq!(how(&reach), expected);
        }
    }

    #[test]
    fn groups_are_told_in_the_number_of_people() {
        for (people, through, expected) in [
            (1, 1, "1 person, through groups"),
            (3, 1, "3 people, 1 of them through groups"),
            (3, 2, "3 people, 2 of them through groups"),
        ] {
            let through_groups = vec![Arc::<str>::from("a"); through];
            let reach = Reach { people, through_groups, ..testing::nobody() };
            assert_eq!(who(&reach), expected);
        }
    }

    #[test]
    fn an_unread_gate_is_never_said_to_ask_for_nothing() {
        let gap = Gap::of(Dataset::RolePolicies, GapKind::LicenceMissing, "no P2");
        let reach = Reach { gate: Err(gap), ..testing::nobody() };
        assert_eq!(activation(&reach), "not read (role settings: licence missing: no P2)");
    }
}
