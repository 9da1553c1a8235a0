//! Posture, drift and grade, the cap that bites, how much could be judged, and the weakest way.

use crate::model::{Gap, GapKind};
use crate::report::model::{Reach, ReachWay};
use crate::report::page::{Ink, Page, Tone};
use crate::report::words;
use crate::score::{Cap, Score};
use std::collections::BTreeSet;
use std::io;

/// Coverage from which everything was judged; sums of fractions err by far less.
const ALL: f64 = 1.0 - 1e-9;

/// Where nothing was left unread but what PIM will ask for.
pub(in crate::report) const KNOWN_LATER: &str =
    "What PIM asks for on some ways is only known once it manages their groups.";

/// The headline of one baseline.
pub(super) fn write(page: &mut Page<'_>, score: &Score) -> io::Result<()> {
    page.blank()?;
    graded(page, score)?;
    others(page, score)?;
    if score.uncertain && score.grade.is_some() {
        page.paragraph("The ? says: too much, or something critical, could not be judged.")?;
    }
    page.paragraph(coverage(score))
}

/// The weakest way to Global Administrator, each hop spelled out: what an attacker would try.
pub(super) fn weakest_way(page: &mut Page<'_>, reach: &Reach) -> io::Result<()> {
    match weakest(reach) {
        text if text.is_empty() => Ok(()),
        text => page.paragraph(text),
    }
}

/// The same in words; empty where no way is known and none can be missing.
pub(in crate::report) fn weakest(reach: &Reach) -> String {
    // What PIM will ask for once it manages a group is nowhere to be read.
    let (later, missed): (Vec<&Gap>, Vec<&Gap>) =
        reach.more_ways_because.iter().partition(|gap| gap.kind == GapKind::NotManaged);
    let unread: BTreeSet<&str> =
        missed.iter().filter_map(|gap| gap.dataset).map(words::title).collect();
    let unread = match (missed.is_empty(), unread.len()) {
        (true, _) if later.is_empty() => String::new(),
        (true, _) => {
            format!(" {KNOWN_LATER}")
        }
        (false, 0) => " Not every way is known.".to_owned(),
        (false, _) => format!(" There may be weaker ones; not read: {}.", list(unread)),
    };
    let Some(weakest) = &reach.weakest else {
        // Ways come weakest first, those whose gate was not read last.
        let open = reach.ways.iter().find(|way| !way.break_glass && way.closed.is_none());
        return match (open, unread.is_empty()) {
            (_, true) => String::new(),
            (Some(way), false) => format!(
                "What the weakest way to Global Administrator asks for is not known; one way is that of \
                 {}: {}.{unread}",
                named(&way.principal, way.kind),
                way.words
            ),
            (None, false) if reach.ways.is_empty() => {
                format!("No way to Global Administrator is known.{unread}")
            }
            (None, false) => format!(
                "No way to Global Administrator is known but those of break-glass accounts and such as \
                 nobody can go as they are.{unread}"
            ),
        };
    };
    let known = if unread.is_empty() { "" } else { "known " };
    // That a way is closed stands behind its words.
    let its_own =
        |way: &&ReachWay| way.principal == weakest.principal && weakest.way.starts_with(&way.words);
    let kind = reach.ways.iter().find(its_own).map_or("", |way| way.kind);
    let principal = named(&weakest.principal, kind);
    if weakest.standing {
        return format!(
            "Weakest {known}way to Global Administrator, held all the time by {principal}: nothing is \
             asked ({}).{unread}",
            weakest.way
        );
    }
    format!(
        "Weakest {known}way to Global Administrator, asking for {}: {principal}, {}.{unread}",
        weakest.gate, weakest.way
    )
}

/// With what stands behind the name, as `who` says it. What an application holds its way tells.
fn named(principal: &str, kind: &str) -> String {
    match kind {
        "" | "user" | "service principal" | "managed identity" => principal.to_owned(),
        kind => format!("{principal} ({kind})"),
    }
}

fn list(titles: BTreeSet<&str>) -> String {
    titles.into_iter().collect::<Vec<_>>().join(", ")
}

fn graded(page: &mut Page<'_>, score: &Score) -> io::Result<()> {
    let parts = (score.posture, score.drift, score.grade, score.letter());
    let (Some(posture), Some(drift), Some(grade), Some(letter)) = parts else {
        let reason = score.biting_cap().map_or("nothing to score", |cap| &cap.reason);
        page.paragraph(Ink::toned(Tone::High, "NOT GRADED").then(format!(": {reason}.")))?;
        return page.paragraph(format!("POSTURE between {:.1} and {:.1}", score.low, score.high));
    };
    let numbers = format!("POSTURE {posture:.1}   DRIFT {drift:.1}   GRADE ");
    page.paragraph(Ink::from(numbers).then(Ink::toned(words::grade(grade), &letter)))?;
    match (score.grade_uncapped, score.biting_cap()) {
        (Some(uncapped), Some(cap)) => {
            page.paragraph(format!("{uncapped} without its cap: {}.", cap.reason))
        }
        (None, _) | (_, None) => Ok(()),
    }
}

/// The bounds that hold but do not decide.
fn others(page: &mut Page<'_>, score: &Score) -> io::Result<()> {
    let decided = usize::from(score.biting_cap().is_some());
    let others: Vec<String> = score.caps.iter().skip(decided).map(bound).collect();
    if others.is_empty() {
        return Ok(());
    }
    let head = if decided == 0 { "Caps that do not decide" } else { "Other caps" };
    page.paragraph(format!("{head}: {}.", others.join("; ")))
}

/// One bound on the grade in words.
pub(in crate::report) fn bound(cap: &Cap) -> String {
    match cap.at_most {
        Some(grade) => format!("at most {grade} ({})", cap.reason),
        None => format!("no grade ({})", cap.reason),
    }
}

/// How much could be judged, and what that leaves open.
pub(in crate::report) fn coverage(score: &Score) -> String {
    let mut text = if score.coverage >= ALL && score.low < score.high {
        format!(
            "Coverage 100 %; as nobody knows whether all of it is used, posture lies between {:.1} and {:.1}.",
            score.low, score.high
        )
    } else if score.coverage >= ALL {
        "Coverage 100 %: everything that is scored was judged.".to_owned()
    } else if score.grade.is_none() {
        format!("Coverage {}.", score.coverage_text())
    } else {
        format!(
            "Coverage {}; with the rest, posture lies between {:.1} and {:.1}.",
            score.coverage_text(),
            score.low,
            score.high
        )
    };
    if score.waived > 0.0 {
        text.push_str(&format!(" Waived {:.1} %.", 100.0 * score.waived));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dataset;
    use crate::report::model::WeakestWay;
    use crate::report::testing::nobody;

    #[test]
    fn a_way_that_is_held_all_the_time_is_said_to_ask_for_nothing() {
        let later = Gap::of(Dataset::GroupPolicies, GapKind::NotManaged, "it is not managed yet");
        let unread = Gap::of(Dataset::ApplicationOwners, GapKind::PermissionDenied, "403");
        for (standing, gate, way, gaps, expected) in [
            (
                true,
                "nothing",
                "holds permanently Global Administrator",
                vec![],
                "Weakest way to Global Administrator, held all the time by ana@contoso.example: \
                 nothing is asked (holds permanently Global Administrator).",
            ),
            (
                false,
                "MFA; at most 8 h",
                "is eligible for Global Administrator",
                vec![],
                "Weakest way to Global Administrator, asking for MFA; at most 8 h: \
                 ana@contoso.example, is eligible for Global Administrator.",
            ),
            (
                false,
                "MFA",
                "is eligible for Global Administrator",
                vec![later],
                "Weakest known way to Global Administrator, asking for MFA: ana@contoso.example, is \
                 eligible for Global Administrator. What PIM asks for on some ways is only known \
                 once it manages their groups.",
            ),
            (
                true,
                "nothing",
                "member of Ops -> the group holds Global Administrator",
                vec![unread],
                "Weakest known way to Global Administrator, held all the time by \
                 ana@contoso.example: nothing is asked (member of Ops -> the group holds Global \
                 Administrator). There may be weaker ones; not read: owners of these applications.",
            ),
        ] {
            let weakest = WeakestWay {
                principal: "ana@contoso.example".into(),
                way: way.to_owned(),
                gate: gate.to_owned(),
                strength: "nothing",
                standing,
            };
            let reach = Reach { weakest: Some(weakest), more_ways_because: gaps, ..nobody() };
            assert_eq!(super::weakest(&reach), expected);
        }
    }

    fn way(principal: &str, kind: &'static str, break_glass: bool) -> ReachWay {
        ReachWay {
            principal: principal.into(),
            kind,
            state: "eligible",
            strength: None,
            rank: 0,
            gate: "not read (403)".to_owned(),
            through: Vec::new(),
            words: "is eligible for Global Administrator".to_owned(),
            break_glass,
            disabled: false,
            closed: None,
        }
    }

    #[test]
    fn who_is_of_another_tenant_is_said_to_be() {
        for (kind, expected) in [
            ("foreign", "p-1 (foreign)"),
            ("guest", "p-1 (guest)"),
            ("user", "p-1"),
            ("service principal", "p-1"),
        ] {
            for (standing, between) in
                [(true, "held all the time by "), (false, "asking for nothing: ")]
            {
                let weakest = WeakestWay {
                    principal: "p-1".into(),
                    way: "is eligible for Global Administrator; closed: nobody can".to_owned(),
                    gate: "nothing".to_owned(),
                    strength: "nothing",
                    standing,
                };
                let ways = vec![way("p-2", "user", false), way("p-1", kind, false)];
                let reach = Reach { weakest: Some(weakest), ways, ..nobody() };
                let text = super::weakest(&reach);
                let end = if standing { ": nothing" } else { ", is eligible" };
                assert!(text.contains(&format!("{between}{expected}{end}")), "{kind}: {text}");
            }
            let gap = Gap::of(Dataset::ConditionalAccessPolicies, GapKind::PermissionDenied, "403");
            let ways = vec![way("p-1", kind, false)];
            let reach = Reach { ways, more_ways_because: vec![gap], ..nobody() };
            let text = super::weakest(&reach);
            assert!(text.contains(&format!("is that of {expected}: is")), "{kind}: {text}");
        }
    }

    #[test]
    fn that_no_gate_was_read_is_not_that_there_is_no_way() {
        for (ways, expected) in [
            (vec![], "No way to Global Administrator is known. There"),
            (
                vec![way("bg", "user", true)],
                "No way to Global Administrator is known but those of break",
            ),
            (
                vec![way("bg", "user", true), way("ana", "user", false)],
                "What the weakest way to Global Administrator asks for is not known; one way is that \
                 of ana: is eligible for Global Administrator. There may be weaker ones; not read: \
                 ",
            ),
        ] {
            let gap = Gap::of(Dataset::ConditionalAccessPolicies, GapKind::PermissionDenied, "403");
            let reach = Reach { ways, more_ways_because: vec![gap], ..nobody() };
            let text = super::weakest(&reach);
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
