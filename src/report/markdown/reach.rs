//! Who can become Global Administrator, in a few lines.

use super::page::Page;
use super::summary::more;
use crate::model::GapKind;
use crate::report::escape::{brief, brief_code};
use crate::report::model::{Reach, ReachWay};
use crate::report::table::headline::KNOWN_LATER;
use crate::report::words;
use std::collections::BTreeSet;

/// Columns of a name at most.
const NAME: usize = 60;
/// Columns of a text at most.
const TEXT: usize = 200;
/// Ways that are shown, the weakest.
const WAYS: usize = 5;
/// Collections named at most.
const UNREAD: usize = 4;

/// How many, how, the weakest ways, and why there may be more.
pub(super) fn write(page: &mut Page, reach: &Reach) {
    page.line("### Who can become Global Administrator");
    page.line(&who(reach));
    if let Some(weakest) = &reach.weakest {
        let (who, way) = (brief_code(&weakest.principal, NAME), brief(&weakest.way, TEXT));
        page.line(&if weakest.standing {
            format!("The weakest way is held all the time by {who}: nothing is asked ({way}).")
        } else {
            format!("The weakest way asks for {}: {who}, {way}.", brief(&weakest.gate, TEXT))
        });
    }
    let rows = reach.ways.iter().take(WAYS).map(|way| {
        let through = match way.through.as_slice() {
            [] => "-".to_owned(),
            passed => brief(&passed.join(" > "), TEXT),
        };
        [
            brief_code(&way.principal, NAME),
            brief(&kind_of(way), NAME),
            brief(way.state, NAME),
            brief(&way.gate, TEXT),
            through,
        ]
    });
    let shown = page.table(["who", "kind", "state", "asked for", "through"], rows);
    more(page, (reach.ways.len() - shown).saturating_add(reach.further_ways), "way");
    if let Some(unread) = unread(reach) {
        page.line(&unread);
    }
}

fn who(reach: &Reach) -> String {
    let number = match (reach.people, reach.at_least_because.is_empty()) {
        (0, true) => "Nobody".to_owned(),
        (0, false) => "Not known: nobody could be counted".to_owned(),
        (1, true) => "1 person".to_owned(),
        (people, true) => format!("{people} people"),
        (1, false) => "At least 1 person".to_owned(),
        (people, false) => format!("At least {people} people"),
    };
    let parts = [
        (reach.standing.len(), "standing"),
        (reach.activated.len(), "activated now"),
        (reach.eligible.len(), "eligible"),
        (reach.type_not_read.len(), "of a type that was not read"),
        (reach.through_groups.len(), "of them through groups"),
        (reach.services.len(), "as an application"),
        (reach.possible.len(), "more could take it"),
        (reach.possible_services.len(), "as an application could take it"),
        (reach.unresolved, "not resolved"),
        (reach.disabled, "disabled"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    let gate = match &reach.gate {
        Ok(asked) => format!("An activation asks for {}.", brief(asked, TEXT)),
        Err(gap) => {
            format!("What an activation asks for was not read: {}.", brief(&words::gap(gap), TEXT))
        }
    };
    match parts.is_empty() {
        true => format!("**{number}.** {gate}"),
        false => format!("**{number}**: {}. {gate}", parts.join(", ")),
    }
}

/// What it is, and whether it is no ordinary holder.
fn kind_of(way: &ReachWay) -> String {
    let marks = [(way.disabled, ", disabled"), (way.break_glass, ", break-glass")];
    let said: String = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    match way.closed {
        Some(why) if !way.disabled => format!("{}{said}, closed: {why}", way.kind),
        Some(_) | None => format!("{}{said}", way.kind),
    }
}

/// Why there may be more, or weaker ways.
fn unread(reach: &Reach) -> Option<String> {
    let all = || reach.at_least_because.iter().chain(&reach.more_ways_because);
    // What PIM will ask for once it manages a group is nowhere to be read.
    let gaps = || all().filter(|gap| gap.kind != GapKind::NotManaged);
    all().next()?;
    if gaps().next().is_none() {
        return Some(KNOWN_LATER.to_owned());
    }
    let titles: BTreeSet<&str> = gaps().filter_map(|gap| gap.dataset).map(words::title).collect();
    if titles.is_empty() {
        return Some("Not every way is known.".to_owned());
    }
    let named = words::few(titles.into_iter(), UNREAD);
    Some(format!("There may be more and weaker ways; not read: {}.", brief(&named, TEXT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Gap};
    use crate::report::testing::nobody;

    #[test]
    fn what_is_not_known_yet_is_no_collection_that_was_not_read() {
        let later = Gap::of(Dataset::GroupPolicies, GapKind::NotManaged, "no settings yet");
        let denied = Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, "403");
        let title = words::title(Dataset::GroupMembers);
        for (gaps, expected) in [
            (vec![], None),
            (vec![later.clone()], Some(KNOWN_LATER.to_owned())),
            (
                vec![later, denied],
                Some(format!("There may be more and weaker ways; not read: {title}.")),
            ),
        ] {
            let reach = Reach { more_ways_because: gaps, ..nobody() };
            assert_eq!(unread(&reach), expected);
        }
    }
}
