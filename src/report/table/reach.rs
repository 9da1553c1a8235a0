//! Who can become Global Administrator: how many, how, and through which gate.

use super::Show;
use crate::report::escape;
use crate::report::model::Reach;
use crate::report::page::{Ink, Page};
use crate::report::words;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

/// Columns of the labels, with the gap behind them.
const LABELS: usize = "Activation  ".len();
/// Why a number is the least.
const NOT_ALL: &str = "not everything was read";
/// In the reason why a holder of another tenant is not counted.
const FOREIGN: &str = "belongs to another tenant";
/// Columns of a name that had to be shortened.
const NAME: usize = 24;

/// The section on Global Administrator: three lines, or everything that is known.
pub(super) fn write(page: &mut Page<'_>, reach: &Reach, show: Show) -> io::Result<()> {
    let room = page.width().saturating_sub(LABELS);
    let all = [who_in_full(reach), how_in_full(reach), activation_in_full(reach)];
    let cut = all.iter().any(|text| escape::width(&escape::terminal(text)) > room);
    let [who, how, activation] = match show {
        Show::Summary | Show::Failed | Show::NotAssessed if cut => {
            page.title("GLOBAL ADMINISTRATOR (in full: --show all)")?;
            [who(reach, room), how(reach, room), activation(reach, room)]
        }
        Show::Summary | Show::Failed | Show::NotAssessed | Show::All => {
            page.title("GLOBAL ADMINISTRATOR")?;
            all
        }
    };
    let line = |label, text: String| (label, Ink::from(text));
    page.pairs(vec![line("Who", who), line("How", how), line("Activation", activation)])
}

/// The first of these texts that fits, else the last one cut.
fn fitting<const FORMS: usize>(forms: [String; FORMS], room: usize) -> String {
    let forms = forms.map(|text| escape::terminal(&text).into_owned());
    let fits = forms.iter().find(|text| escape::width(text) <= room).or(forms.last());
    fits.map_or_else(String::new, |text| escape::shorten(text, room).into_owned())
}

/// How many, with everything that is not known about it.
pub(in crate::report) fn who_in_full(reach: &Reach) -> String {
    let gaps: Vec<String> = reach.at_least_because.iter().map(words::gap).collect();
    let number = format!("{}{}", number(reach, " of them"), beside(reach));
    if gaps.is_empty() {
        return number;
    }
    format!("{number}, because not everything was read: {}", gaps.join("; "))
}

fn who(reach: &Reach, room: usize) -> String {
    let (number, brief) = (number(reach, " of them"), number(reach, ""));
    let beside = beside(reach);
    if reach.at_least_because.is_empty() {
        return fitting(
            [format!("{number}{beside}"), format!("{brief}{beside}"), number, brief],
            room,
        );
    }
    let unread: BTreeSet<&str> =
        reach.at_least_because.iter().filter_map(|gap| gap.dataset).map(words::title).collect();
    let unread = words::few(unread.into_iter(), 1);
    let named = if unread.is_empty() { NOT_ALL.to_owned() } else { format!("not read: {unread}") };
    // Whom nobody can read here is another reason than what was not read.
    let foreign = if foreign(reach) == 0 { String::new() } else { unresolved(reach) };
    let reason = if foreign.is_empty() { format!(" ({NOT_ALL})") } else { foreign.clone() };
    let forms = [
        who_in_full(reach),
        format!("{number}{foreign} ({named})"),
        format!("{number}{reason}"),
        format!("{brief}{reason}"),
        format!("{brief} ({NOT_ALL})"),
        brief,
    ];
    fitting(forms, room)
}

/// How many, and `of_them` as many through groups.
fn number(reach: &Reach, of_them: &str) -> String {
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
        groups => text.push_str(&format!(", {groups}{of_them} through groups")),
    }
    if !reach.services.is_empty() {
        text.push_str(&format!("; {}", words::count(reach.services.len(), "service principal")));
    }
    text
}

/// Who is not counted among the people: who could take the role, what did not resolve, and who is
/// switched off.
fn beside(reach: &Reach) -> String {
    let mut text = String::new();
    let open = reach.more_ways_because.iter().any(words::hides_people);
    let at_least = if open { "at least " } else { "" };
    if !reach.possible.is_empty() {
        text.push_str(&format!("; {at_least}{} more could take it", reach.possible.len()));
    } else if open {
        text.push_str("; who else could take it was not read");
    }
    if !reach.possible_services.is_empty() {
        let applications = words::count(reach.possible_services.len(), "application");
        text.push_str(&format!("; {applications} could take it"));
    }
    text.push_str(&unresolved(reach));
    if reach.disabled > 0 {
        text.push_str(&format!("; {} disabled", reach.disabled));
    }
    text
}

/// Holders of another tenant.
fn foreign(reach: &Reach) -> usize {
    reach.at_least_because.iter().filter(|gap| gap.detail.contains(FOREIGN)).count()
}

/// Holders that did not resolve, and whether they are of another tenant.
fn unresolved(reach: &Reach) -> String {
    match (reach.unresolved, foreign(reach)) {
        (0, _) => String::new(),
        (all, 0) => format!("; {all} not resolved"),
        (all, foreign) if foreign >= all => {
            format!("; {all} of another tenant, who could not be resolved")
        }
        (all, foreign) => format!("; {all} not resolved, {foreign} of them of another tenant"),
    }
}

/// One way to hold the role, and how many of its names are shown.
struct Way<'r> {
    words: &'static str,
    names: &'r [Arc<str>],
    shown: usize,
}

fn ways(reach: &Reach) -> Vec<Way<'_>> {
    let ways = [
        ("standing", &reach.standing),
        ("activated now", &reach.activated),
        ("eligible", &reach.eligible),
        ("of a type that was not read", &reach.type_not_read),
        ("as an application", &reach.services),
    ];
    let held = ways.into_iter().filter(|(_, names)| !names.is_empty());
    held.map(|(words, names)| Way { words, names, shown: 0 }).collect()
}

fn how_in_full(reach: &Reach) -> String {
    let ways: Vec<Way<'_>> =
        ways(reach).into_iter().map(|way| Way { shown: way.names.len(), ..way }).collect();
    written(&ways, &str::to_owned)
}

/// As many names as there is room for, those of the more dangerous ways first.
fn how(reach: &Reach, room: usize) -> String {
    let fits = |text: &str| escape::width(&escape::terminal(text)) <= room;
    let mut ways = ways(reach);
    let mut open: Vec<usize> = (0..ways.len()).collect();
    // One name more of each way in turn, until none has room for another.
    while !open.is_empty() {
        open.retain(|&place| {
            ways[place].shown += 1;
            let fits = fits(&written(&ways, &short));
            if !fits {
                ways[place].shown -= 1;
            }
            fits && ways[place].shown < ways[place].names.len()
        });
    }
    fitting([how_in_full(reach), written(&ways, &short)], room)
}

fn written(ways: &[Way<'_>], name: &dyn Fn(&str) -> String) -> String {
    if ways.is_empty() {
        return "no holder is known".to_owned();
    }
    let way = |way: &Way<'_>| {
        let number = way.names.len();
        let mut text = format!("{number} {}", way.words);
        let mut before = ": ";
        for shown in way.names.iter().take(way.shown) {
            text.push_str(before);
            text.push_str(&name(shown));
            before = ", ";
        }
        if (1..number).contains(&way.shown) {
            text.push_str(&format!(", +{} more", number - way.shown));
        }
        text
    };
    ways.iter().map(way).collect::<Vec<_>>().join("; ")
}

/// A sign-in name without its domain; the sign of a cut stands for it.
fn short(name: &str) -> String {
    let name = escape::terminal(name);
    match name.split_once('@') {
        Some((local, _)) if !local.is_empty() => {
            format!("{}@…", escape::shorten(local, NAME - "@…".chars().count()))
        }
        Some(_) | None => escape::shorten(&name, NAME).into_owned(),
    }
}

/// What an activation of the role asks for, or why that is not known.
pub(in crate::report) fn activation_in_full(reach: &Reach) -> String {
    match &reach.gate {
        Ok(asked) => format!("asks for {asked}"),
        Err(gap) => format!("not read ({})", words::gap(gap)),
    }
}

fn activation(reach: &Reach, room: usize) -> String {
    let full = activation_in_full(reach);
    match &reach.gate {
        Ok(asked) => {
            let brief = asked.replace("authentication context", "auth context");
            fitting([full, asked.clone(), brief], room)
        }
        Err(gap) => fitting([full, format!("not read ({})", gap.kind)], room),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Gap, GapKind};
    use crate::report::testing;

    /// Columns for a text at 80.
    const ROOM: usize = 80 - LABELS;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|&name| name.into()).collect()
    }

    /// The section as it is printed.
    fn section(reach: &Reach, width: usize, show: Show) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(width, false, &mut out), reach, show).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// A large tenant of which not everything could be read.
    fn large() -> Reach {
        let many = |kind: &str| {
            let name = |number| format!("{kind}-{number:02}@contoso.onmicrosoft.example").into();
            (0..30).map(name).collect::<Vec<Arc<str>>>()
        };
        let denied = |dataset| Gap::of(dataset, GapKind::PermissionDenied, "x".repeat(300));
        Reach {
            people: 120,
            at_least_because: vec![denied(Dataset::GroupMembers), denied(Dataset::Principals)],
            standing: many("standing"),
            activated: many("activated"),
            eligible: many("eligible"),
            through_groups: many("eligible"),
            services: many("service"),
            gate: Err(denied(Dataset::RolePolicies)),
            ..testing::nobody()
        }
    }

    #[test]
    fn three_lines_are_enough_at_any_width() {
        for width in [60, 80, 100, 160, 240] {
            for show in [Show::Summary, Show::Failed, Show::NotAssessed] {
                let text = section(&large(), width, show);
                let labels: Vec<&str> =
                    text.lines().map(|line| line.split("  ").next().unwrap()).collect();
                let title = "GLOBAL ADMINISTRATOR (in full: --show all)";
                assert_eq!(labels, [title, "Who", "How", "Activation"], "{width}\n{text}");
                assert!(text.lines().all(|line| escape::width(line) <= width), "{text}");
            }
        }
        assert_eq!(
            section(&large(), 80, Show::Summary),
            "GLOBAL ADMINISTRATOR (in full: --show all)\n\
             Who         at least 120 people, 30 through groups; 30 service principals\n\
             How         30 standing; 30 activated now; 30 eligible; 30 as an application\n\
             Activation  not read (permission denied)\n"
        );
    }

    #[test]
    fn everything_is_there_when_all_is_asked_for() {
        let reach = large();
        let text = section(&reach, 80, Show::All);
        let flat: String = text.split_whitespace().collect();
        for name in reach.standing.iter().chain(&reach.activated).chain(&reach.eligible) {
            assert!(flat.contains(&**name), "{name} is missing in\n{text}");
        }
        for gap in reach.at_least_because.iter().chain(reach.gate.as_ref().err()) {
            let told: String = words::gap(gap).split_whitespace().collect();
            assert!(flat.contains(&told), "{told} is missing in\n{text}");
        }
        assert!(text.starts_with("GLOBAL ADMINISTRATOR\n"), "{text}");
    }

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
            let exact = gaps.is_empty();
            let reach = Reach { people, at_least_because: gaps, ..testing::nobody() };
            assert_eq!(number(&reach, ""), expected);
            for (room, said) in [
                (400, "members of groups that hold or approve a role: permission denied: Graph"),
                (100, "(not read: members of groups that hold or app"),
                (ROOM, "(not everything was read)"),
            ] {
                assert_eq!(who(&reach, room).contains(said), !exact, "{}", who(&reach, room));
            }
        }
    }

    #[test]
    fn names_are_whole_where_they_fit_and_else_shortened() {
        let reach = Reach {
            people: 6,
            standing: names(&[
                "bg1@contoso.example",
                "bg2@contoso.example",
                "dirk@contoso.example",
            ]),
            activated: names(&["adm-cleo@contoso.example"]),
            eligible: names(&["adm-ada@contoso.example", "Break Glass"]),
            ..testing::nobody()
        };
        for (room, expected) in [
            (
                400,
                "3 standing: bg1@contoso.example, bg2@contoso.example, dirk@contoso.example; \
                 1 activated now: adm-cleo@contoso.example; 2 eligible: adm-ada@contoso.example, \
                 Break Glass",
            ),
            (
                100,
                "3 standing: bg1@…, bg2@…, dirk@…; 1 activated now: adm-cleo@…; 2 eligible: \
                 adm-ada@…, Break Glass",
            ),
            (ROOM, "3 standing: bg1@…, +2 more; 1 activated now: adm-cleo@…; 2 eligible"),
            (40, "3 standing; 1 activated now; 2 eligible"),
            (20, "3 standing; 1 activ…"),
        ] {
            assert_eq!(how(&reach, room), expected, "{room}");
        }
        assert_eq!(how(&testing::nobody(), ROOM), "no holder is known");
    }

    #[test]
    fn who_could_take_it_and_what_did_not_resolve_is_said() {
        for (possible, unresolved, expected) in [
            (0, 0, "3 people"),
            (2, 0, "3 people; 2 more could take it"),
            (0, 1, "3 people; 1 not resolved"),
            (2, 1, "3 people; 2 more could take it; 1 not resolved"),
        ] {
            let possible = vec![Arc::<str>::from("a"); possible];
            let reach = Reach { people: 3, possible, unresolved, ..testing::nobody() };
            assert_eq!(who(&reach, ROOM), expected);
        }
    }

    #[test]
    fn only_what_may_hide_somebody_leaves_open_who_else_could_take_it() {
        for (dataset, possible, expected) in [
            (Dataset::ApplicationOwners, 2, "3 people; at least 2 more could take it"),
            (Dataset::ApplicationOwners, 0, "3 people; who else could take it was not read"),
            (Dataset::RolePolicies, 2, "3 people; 2 more could take it"),
            (Dataset::RolePolicies, 0, "3 people"),
        ] {
            let more_ways_because = vec![Gap::of(dataset, GapKind::PermissionDenied, "403")];
            let possible = vec![Arc::<str>::from("a"); possible];
            let reach = Reach { people: 3, possible, more_ways_because, ..testing::nobody() };
            assert_eq!(who(&reach, ROOM), expected, "{dataset:?}");
        }
    }

    #[test]
    fn a_holder_of_another_tenant_is_told_at_any_width() {
        let foreign = |id: &str| {
            let detail = format!(
                "{id} belongs to another tenant; whether it is a person, a group or an application is \
                 not to be read here"
            );
            Gap::of(Dataset::Principals, GapKind::Unreadable, detail)
        };
        let (one, two) = (foreign("p-1"), foreign("p-2"));
        for (gaps, unresolved, room, expected) in [
            (
                vec![one.clone()],
                1,
                ROOM,
                "at least 4 people; 1 of another tenant, who could not be resolved",
            ),
            (
                vec![one.clone(), two],
                2,
                160,
                "at least 4 people; 2 of another tenant, who could not be resolved (not read: ",
            ),
            (vec![one], 3, ROOM, "at least 4 people; 3 not resolved, 1 of them of another tenant"),
        ] {
            let reach =
                Reach { people: 4, unresolved, at_least_because: gaps, ..testing::nobody() };
            let text = who(&reach, room);
            assert!(text.starts_with(expected), "{text}");
            assert!(escape::width(&text) <= room, "{text}");
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
            assert_eq!(who(&reach, ROOM), expected);
        }
    }

    #[test]
    fn a_gate_is_named_whole_and_an_unread_one_never_said_to_ask_for_nothing() {
        let gap = Gap::of(Dataset::RolePolicies, GapKind::LicenceMissing, "no P2");
        let reach = Reach { gate: Err(gap), ..testing::nobody() };
        let whole = "MFA, authentication context, justification, ticket, approval; at most 30 min";
        let asked = Reach { gate: Ok(whole.to_owned()), ..testing::nobody() };
        assert_eq!(
            activation(&asked, ROOM),
            "MFA, auth context, justification, ticket, approval; at most 30 min"
        );
        for (room, expected) in [
            (ROOM, "not read (role settings: licence missing: no P2)"),
            (40, "not read (licence missing)"),
            (12, "not read (l…"),
        ] {
            assert_eq!(activation(&reach, room), expected);
        }
    }

    #[test]
    fn who_is_switched_off_and_whose_type_was_not_read_is_told_apart() {
        let type_not_read = names(&["tess@contoso.example"]);
        let reach = Reach { people: 1, type_not_read, disabled: 2, ..testing::nobody() };
        assert_eq!(who_in_full(&reach), "1 person; 2 disabled");
        assert_eq!(how_in_full(&reach), "1 of a type that was not read: tess@contoso.example");
    }
}
