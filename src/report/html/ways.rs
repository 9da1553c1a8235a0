//! Who can become Global Administrator, as a picture: people, what is asked of them, what they
//! pass, and the role. Ways that look alike share a lane.

use crate::report::escape;
use crate::report::model::{Reach, ReachWay};
use crate::report::table::{headline, reach};
use crate::report::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lanes at most.
const LANES: usize = 12;
/// Where the first lane begins, and how far it is to the next.
const FIRST: usize = 24;
const NEXT: usize = 64;
/// Columns of a text that fit into the box of people, beneath it, the gate, and a hop alone or beside
/// another.
const WHO: usize = 32;
const STATE: usize = 44;
const GATE: usize = 32;
const HOP: usize = 34;
const NARROW_HOP: usize = 16;
/// Columns of a name and of a whole way outside of the picture's boxes.
const NAME: usize = 120;
const WAY: usize = 400;
/// Names in a tooltip.
const NAMED: usize = 20;
/// Class of a gate that could not be read.
const NOT_READ: u8 = 9;
/// How the gate of a way begins that was not read; without it there is nothing to be read yet.
const UNREAD: &str = "not read";

/// The section on Global Administrator.
#[derive(Serialize)]
pub(super) struct Ways<'a> {
    who: String,
    weakest: String,
    height: usize,
    /// Half way down, where the name of the role stands.
    middle: usize,
    lanes: Vec<Lane>,
    /// What is not drawn.
    left_out: String,
    table: Vec<Line<'a>>,
    /// What is not listed either.
    further: String,
}

/// Ways with the same state, gate, hops and kind of holder.
#[derive(Serialize)]
struct Lane {
    y: usize,
    /// The strength of the gate as a class.
    rank: u8,
    /// True where nothing is held yet.
    dashed: bool,
    who: String,
    /// All names, for the tooltip.
    full: String,
    state: String,
    /// All of it, for the tooltip, where it is cut.
    state_full: String,
    strength: String,
    gate: String,
    gate_full: String,
    hops: Vec<Hop>,
}

#[derive(Serialize)]
struct Hop {
    x: usize,
    width: usize,
    middle: usize,
    name: String,
    full: String,
}

/// What the holders of a lane are counted as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holders {
    Accounts,
    Applications,
    Unread,
}

impl Holders {
    fn of(kind: &str) -> Self {
        match kind {
            "user" | "guest" => Self::Accounts,
            "service principal" | "managed identity" => Self::Applications,
            _ => Self::Unread,
        }
    }

    fn counted(self, number: usize) -> String {
        match self {
            Self::Accounts => words::count(number, "account"),
            Self::Applications => words::count(number, "application"),
            Self::Unread => format!("{}, not read", words::count(number, "holder")),
        }
    }
}

/// One way as a line of the table.
#[derive(Serialize)]
struct Line<'a> {
    principal: &'a str,
    mark: String,
    kind: &'static str,
    state: &'static str,
    gate: &'a str,
    through: String,
    words: &'a str,
}

impl<'a> Ways<'a> {
    pub(super) fn of(of: &'a Reach) -> Self {
        let alike = alike(&of.ways);
        let drawn = alike.iter().take(LANES);
        let lanes: Vec<Lane> = drawn
            .enumerate()
            .filter_map(|(place, it)| lane(place, it, may_be_more(of, it)))
            .collect();
        let height = FIRST + NEXT * lanes.len();
        let hidden: usize = alike.iter().skip(LANES).map(Vec::len).sum();
        let who = reach::who_in_full(of);
        let activation = reach::activation_in_full(of);
        Self {
            who: format!("{who}. An activation of the role itself: {activation}."),
            weakest: weakest(of),
            height,
            middle: (FIRST + height) / 2,
            lanes,
            left_out: left_out(hidden, of.further_ways),
            table: of.ways.iter().map(Line::of).collect(),
            further: match of.further_ways {
                0 => String::new(),
                more => format!(
                    "Not listed: {}; pimaudit who \"Global Administrator\" lists every one.",
                    words::count(more, "further way")
                ),
            },
        }
    }
}

impl<'a> Line<'a> {
    fn of(way: &'a ReachWay) -> Self {
        Self {
            principal: &way.principal,
            mark: mark(way),
            kind: way.kind,
            state: way.state,
            gate: &way.gate,
            through: way.through.join(", "),
            words: &way.words,
        }
    }
}

/// The weakest way in words, with the names of strangers cut.
fn weakest(of: &Reach) -> String {
    let text = headline::weakest(of);
    let Some(weakest) = &of.weakest else { return text };
    let cut = |text: String, whole: &str, room: usize| match escape::width(whole) > room {
        true => text.replacen(whole, &escape::name(whole, room), 1),
        false => text,
    };
    cut(cut(text, &weakest.way, WAY), &weakest.principal, NAME)
}

/// How many ways are not drawn, and where they stand: these in the table, those nowhere here.
fn left_out(hidden: usize, further: usize) -> String {
    let listed = "pimaudit who \"Global Administrator\"";
    let place = match (hidden, further) {
        (0, 0) => return String::new(),
        (_, 0) => "the table lists every one".to_owned(),
        (0, _) => format!("{listed} lists every one"),
        (_, _) => format!("the table lists {hidden} of them, {listed} every one"),
    };
    let number = hidden.saturating_add(further);
    let are = if number == 1 { "is" } else { "are" };
    format!("{} {are} not drawn; {place}.", words::count(number, "further way"))
}

/// True where ways that are not listed may look like these: all weaker ones are listed.
fn may_be_more(of: &Reach, ways: &[&ReachWay]) -> bool {
    let last = of.ways.last().map(|way| way.strength);
    of.further_ways > 0 && ways.first().map(|way| way.strength) == last
}

/// What stands behind a name: an account for emergencies, one that is switched off, and why nobody can
/// go the way otherwise.
fn mark(way: &ReachWay) -> String {
    let closed = way.closed.filter(|_| !way.disabled).map(|why| format!("closed: {why}"));
    let marks = [
        way.break_glass.then(|| "break-glass account".to_owned()),
        way.disabled.then(|| "disabled".to_owned()),
        closed,
    ];
    marks.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The ways, those that look alike together, in the order in which each first comes.
fn alike(ways: &[ReachWay]) -> Vec<Vec<&ReachWay>> {
    let mut places = BTreeMap::new();
    let mut lanes: Vec<Vec<&ReachWay>> = Vec::new();
    for way in ways {
        // Without groups the way itself tells what is passed, such as a permission.
        let other = if tells_its_hops(way) { "" } else { way.words.as_str() };
        let holders = Holders::of(way.kind);
        let look = (way.state, way.strength, &way.gate, &way.through, mark(way), holders, other);
        let place = *places.entry(look).or_insert(lanes.len());
        match lanes.get_mut(place) {
            Some(lane) => lane.push(way),
            None => lanes.push(vec![way]),
        }
    }
    lanes
}

/// True for a way whose hops are all named, or that has none.
fn tells_its_hops(way: &ReachWay) -> bool {
    way.state != "possible" || !way.through.is_empty()
}

fn lane(place: usize, ways: &[&ReachWay], may_be_more: bool) -> Option<Lane> {
    let first = ways.first()?;
    let names: Vec<&str> = ways.iter().map(|way| &*way.principal).collect();
    let who = match names.as_slice() {
        [one] => (*one).to_owned(),
        many => many.iter().map(|name| local(name)).collect::<Vec<_>>().join(", "),
    };
    let counted = Holders::of(first.kind).counted(ways.len());
    let kind = match (ways.len(), may_be_more) {
        (1, false) => first.kind.to_owned(),
        (_, false) => counted,
        (_, true) => format!("at least {counted}"),
    };
    let beside = mark(first);
    let beside = if beside.is_empty() { String::new() } else { format!(", {beside}") };
    let state = format!("{}, {kind}{beside}", first.state);
    let strength = match first.strength {
        Some(strength) => format!("asks for {strength}"),
        None if first.gate.starts_with(UNREAD) => UNREAD.to_owned(),
        None => "not known yet".to_owned(),
    };
    // The gate in full says more than its strongest part only where there is more to it.
    let gate: &str = if first.strength == Some(first.gate.as_str()) { "" } else { &first.gate };
    Some(Lane {
        y: FIRST + NEXT * place,
        rank: if first.strength.is_some() { first.rank } else { NOT_READ },
        dashed: matches!(first.state, "eligible" | "possible"),
        who: escape::name(&who, WHO),
        full: words::few(names.iter().copied(), NAMED),
        state: escape::name(&state, STATE),
        state_full: if escape::width(&state) > STATE { state } else { String::new() },
        strength: escape::name(&strength, GATE),
        gate: escape::name(gate, GATE),
        gate_full: escape::name(&first.gate, WAY),
        hops: hops(first),
    })
}

/// A sign-in name without its domain.
fn local(name: &str) -> &str {
    match name.split_once('@') {
        Some((local, _)) if !local.is_empty() => local,
        Some(_) | None => name,
    }
}

fn hops(way: &ReachWay) -> Vec<Hop> {
    let hop = |x: usize, width: usize, room: usize, full: &str| Hop {
        x,
        width,
        middle: x + width / 2,
        name: escape::name(full, room),
        full: escape::name(full, NAME),
    };
    match way.through.as_slice() {
        [] if tells_its_hops(way) => Vec::new(),
        [] => {
            let mut only = hop(600, 300, HOP, &way.words);
            only.full = escape::name(&way.words, WAY);
            vec![only]
        }
        [only] => vec![hop(600, 300, HOP, only)],
        [first, second] => {
            vec![hop(600, 145, NARROW_HOP, first), hop(755, 145, NARROW_HOP, second)]
        }
        [first, rest @ ..] => {
            let more = format!("+{} more", rest.len());
            let mut second = hop(755, 145, NARROW_HOP, &more);
            second.full = words::few(rest.iter().map(String::as_str), NAMED);
            vec![hop(600, 145, NARROW_HOP, first), second]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::WeakestWay;
    use crate::report::testing::nobody;

    fn way(principal: &str, state: &'static str, through: &[&str]) -> ReachWay {
        ReachWay {
            principal: principal.into(),
            kind: "user",
            state,
            strength: Some("MFA"),
            rank: 2,
            gate: "MFA, justification; at most 8 h".to_owned(),
            through: through.iter().map(|it| (*it).to_owned()).collect(),
            words: format!("{principal} as {state}"),
            break_glass: false,
            disabled: false,
            closed: None,
        }
    }

    fn drawn(ways: Vec<ReachWay>) -> Vec<(String, String)> {
        let reach = Reach { ways, ..nobody() };
        Ways::of(&reach).lanes.into_iter().map(|lane| (lane.who, lane.state)).collect()
    }

    #[test]
    fn ways_that_look_alike_share_a_lane() {
        let lanes = drawn(vec![
            way("ana@contoso.example", "standing", &[]),
            way("ben@contoso.example", "standing", &[]),
            way("cleo@contoso.example", "eligible", &["IT-Ops"]),
            ReachWay { disabled: true, ..way("dirk@contoso.example", "standing", &[]) },
        ]);
        let lanes: Vec<(&str, &str)> =
            lanes.iter().map(|(who, state)| (who.as_str(), state.as_str())).collect();
        assert_eq!(
            lanes,
            [
                ("ana, ben", "standing, 2 accounts"),
                ("cleo@contoso.example", "eligible, user"),
                ("dirk@contoso.example", "standing, user, disabled"),
            ]
        );
    }

    #[test]
    fn a_closed_way_is_told_and_shares_no_lane_with_an_open_one() {
        let closed = |name, why, disabled, break_glass| ReachWay {
            closed: Some(why),
            disabled,
            break_glass,
            ..way(name, "eligible", &[])
        };
        let ways = vec![
            way("ana", "eligible", &[]),
            closed("ben", "nobody who is named can approve", false, false),
            closed("dirk", "it is switched off", true, false),
            closed("bg", "it is switched off", true, true),
        ];
        let reach = Reach { ways, ..nobody() };
        let ways = Ways::of(&reach);
        let marks: Vec<&str> = ways.table.iter().map(|line| line.mark.as_str()).collect();
        assert_eq!(
            marks,
            [
                "",
                "closed: nobody who is named can approve",
                "disabled",
                "break-glass account, disabled",
            ]
        );
        let states: Vec<(&str, &str)> =
            ways.lanes.iter().map(|it| (it.state.as_str(), it.state_full.as_str())).collect();
        assert_eq!(
            states,
            [
                ("eligible, user", ""),
                (
                    "eligible, user, closed: nobody who is named…",
                    "eligible, user, closed: nobody who is named can approve",
                ),
                ("eligible, user, disabled", ""),
                (
                    "eligible, user, break-glass account, disabl…",
                    "eligible, user, break-glass account, disabled",
                ),
            ]
        );
    }

    #[test]
    fn holders_are_counted_as_what_they_are() {
        let of = |principal, kind| ReachWay { kind, ..way(principal, "standing", &[]) };
        let lanes = drawn(vec![
            of("ana", "user"),
            of("app", "service principal"),
            of("x1", "not found"),
            of("ben", "guest"),
            of("bot", "managed identity"),
            of("x2", "foreign"),
        ]);
        let states: Vec<&str> = lanes.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(
            states,
            ["standing, 2 accounts", "standing, 2 applications", "standing, 2 holders, not read"]
        );
    }

    #[test]
    fn what_may_be_more_is_said_to_be_the_least() {
        let weak = ReachWay { strength: Some("nothing"), rank: 0, ..way("ana", "standing", &[]) };
        let ways = vec![weak, way("ben", "eligible", &["G"]), way("cleo", "eligible", &["H"])];
        for (further_ways, expected) in [
            (0, ["standing, user", "eligible, user", "eligible, user"]),
            (3, ["standing, user", "eligible, at least 1 account", "eligible, at least 1 account"]),
        ] {
            let reach = Reach { ways: ways.clone(), further_ways, ..nobody() };
            let states: Vec<String> =
                Ways::of(&reach).lanes.into_iter().map(|lane| lane.state).collect();
            assert_eq!(states, expected);
        }
    }

    #[test]
    fn only_what_can_be_taken_is_dashed() {
        for (state, expected) in
            [("standing", false), ("activated", false), ("eligible", true), ("possible", true)]
        {
            let reach = Reach { ways: vec![way("ana", state, &["G"])], ..nobody() };
            assert_eq!(Ways::of(&reach).lanes[0].dashed, expected, "{state}");
        }
    }

    #[test]
    fn long_names_are_cut_in_the_weakest_way_and_in_tooltips() {
        let long = "A".repeat(10_000);
        let weakest = WeakestWay {
            principal: long.as_str().into(),
            way: format!("owner of {long}"),
            gate: "MFA".to_owned(),
            strength: "MFA",
            standing: false,
        };
        let ways = vec![way(&long, "eligible", &[&long]), way(&long, "possible", &[])];
        let reach = Reach { ways, weakest: Some(weakest), ..nobody() };
        let ways = Ways::of(&reach);
        assert!(ways.weakest.len() < 800, "{}", ways.weakest);
        for lane in &ways.lanes {
            assert!(lane.full.len() < 500, "{}", lane.full);
            assert!(lane.hops.iter().all(|hop| hop.full.len() < 500), "{}", lane.hops[0].full);
        }
    }

    #[test]
    fn hops_are_shown_as_far_as_there_is_room() {
        for (through, state, expected) in [
            (vec![], "standing", vec![]),
            (vec![], "possible", vec!["ana as possible"]),
            (vec!["One"], "eligible", vec!["One"]),
            (vec!["One", "Two"], "eligible", vec!["One", "Two"]),
            (vec!["One", "Two", "Three"], "eligible", vec!["One", "+2 more"]),
        ] {
            let hops = hops(&way("ana", state, &through));
            let names: Vec<&str> = hops.iter().map(|hop| hop.name.as_str()).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn a_gate_that_was_not_read_never_looks_like_none() {
        for (gate, expected) in [
            ("not read (role settings: permission denied: 403)", "not read"),
            ("PIM for Groups has no settings for group g until it manages it", "not known yet"),
        ] {
            let gate = gate.to_owned();
            let unread = ReachWay { strength: None, rank: 0, gate, ..way("ana", "eligible", &[]) };
            let reach = Reach { ways: vec![unread], ..nobody() };
            let lane = &Ways::of(&reach).lanes[0];
            assert_eq!((lane.rank, lane.strength.as_str()), (NOT_READ, expected));
        }
    }

    #[test]
    fn a_large_tenant_is_drawn_in_part_and_the_rest_is_said() {
        let group = |number| way("ana", "eligible", &[format!("G{number}").as_str()]);
        let ways = (0..40).map(group).collect();
        let reach = Reach { ways, further_ways: 7, ..nobody() };
        let ways = Ways::of(&reach);
        assert_eq!((ways.lanes.len(), ways.table.len()), (LANES, 40));
        assert_eq!(
            ways.left_out,
            "35 further ways are not drawn; the table lists 28 of them, pimaudit who \"Global \
             Administrator\" every one."
        );
        assert!(ways.further.starts_with("Not listed: 7 further ways;"), "{}", ways.further);
        assert_eq!(left_out(0, 0), "");
        assert_eq!(left_out(1, 0), "1 further way is not drawn; the table lists every one.");
        assert!(left_out(0, 108).starts_with("108 further ways are not drawn; pimaudit who "));
    }
}
