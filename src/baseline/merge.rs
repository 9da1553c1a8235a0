//! Rules of a file and of the baseline it extends, put together: what replaces what, what contradicts
//! what, and the digest of the outcome.

use super::faults::{Collector, Place};
use super::select::role_name;
use super::{Groups, MetInPart, Rule, Selector};
use crate::checks::{Among, Expect, Who};
use crate::model::{RoleId, TableRow, Unlisted};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A rule with the place it was read from.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) rule: Rule,
    pub(super) place: Place,
    pub(super) file: Arc<str>,
}

/// Reports rules of one check that are for the same subjects.
pub(super) fn contradictions(own: &[Placed], faults: &mut Collector) {
    let mut lines = BTreeMap::new();
    for Placed { rule, place, .. } in own {
        match lines.entry((rule.check.id, rule.on.canonical())) {
            Entry::Vacant(free) => {
                free.insert(rule.line);
            }
            Entry::Occupied(first) => faults.hinted(
                *place,
                format!(
                    "two rules of {} are for {}: lines {} and {}",
                    rule.check.id,
                    rule.on,
                    first.get(),
                    rule.line
                ),
                "keep one of them",
            ),
        }
    }
}

/// The rules of the base that stand, then the file's own.
pub(super) fn merged(
    base: Vec<Placed>,
    own: Vec<Placed>,
    without: &BTreeSet<&'static str>,
) -> Vec<Placed> {
    let replaced: BTreeSet<(&str, String)> =
        own.iter().flat_map(|placed| keys(&placed.rule)).collect();
    base.into_iter()
        .filter(|placed| !without.contains(placed.rule.check.id))
        .filter(|placed| keys(&placed.rule).iter().all(|key| !replaced.contains(key)))
        .chain(own)
        .collect()
}

/// What makes a rule the same rule: its check and its roles, or the name of its set.
fn keys(rule: &Rule) -> Vec<(&'static str, String)> {
    let id = rule.check.id;
    let mut keys = vec![(id, rule.on.canonical())];
    if let Selector::Set { name, .. } = &rule.on {
        keys.push((id, format!("set {name}")));
    }
    keys
}

/// Reports roles that two sets select with different demands. A rule for the role alone settles it.
pub(super) fn overlaps(rules: &[Placed], file: &str, faults: &mut Collector) {
    let settled: BTreeSet<(&str, &RoleId)> = rules
        .iter()
        .filter_map(|placed| match &placed.rule.on {
            Selector::Role(role) => Some((placed.rule.check.id, role)),
            Selector::All
            | Selector::Holders
            | Selector::Tier(_)
            | Selector::Privileged
            | Selector::Set { .. }
            | Selector::Groups
            | Selector::Sensitive
            | Selector::Alert(_) => None,
        })
        .collect();
    let mut first: BTreeMap<(&str, &RoleId), &Placed> = BTreeMap::new();
    for placed in rules {
        let Selector::Set { roles, .. } = &placed.rule.on else { continue };
        let mut disputed: BTreeMap<(&str, usize), (&Placed, Vec<&RoleId>)> = BTreeMap::new();
        for role in roles {
            let key = (placed.rule.check.id, role);
            if settled.contains(&key) {
                continue;
            }
            let earlier = *first.entry(key).or_insert(placed);
            if disagree(&earlier.rule, &placed.rule) {
                let dispute = disputed.entry((&*earlier.file, earlier.rule.line));
                dispute.or_insert_with(|| (earlier, Vec::new())).1.push(role);
            }
        }
        for (earlier, roles) in disputed.into_values() {
            report(earlier, placed, &roles, file, faults);
        }
    }
}

/// True for different demands on different sets; the same set twice is a contradiction of its own.
fn disagree(one: &Rule, other: &Rule) -> bool {
    let demand = |rule: &Rule| {
        let severity = (rule.severity, rule.by_tier);
        (severity, rule.info, rule.met_in_part, rule.groups, rule.unused, rule.expect.clone())
    };
    demand(one) != demand(other) && one.on.canonical() != other.on.canonical()
}

fn report(earlier: &Placed, later: &Placed, roles: &[&RoleId], file: &str, faults: &mut Collector) {
    let Some(role) = roles.first().map(|role| role_name(role)) else { return };
    let more = match roles.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let spot = |placed: &Placed| {
        let other = *placed.file != *file;
        let of = if other { format!("{} ", placed.file) } else { String::new() };
        format!("{} in {of}line {}", placed.rule.on, placed.rule.line)
    };
    faults.hinted(
        later.place,
        format!(
            "two rules of {} disagree on {role}{more}: {}, {}",
            later.rule.check.id,
            spot(earlier),
            spot(later)
        ),
        format!("a rule for the role alone decides: on: {{ role: {role} }}"),
    );
}

/// Digest of what the rules demand, independent of their order and of how they are written.
pub(super) fn digest_of_rules(rules: &[Rule]) -> String {
    let mut lines: Vec<String> = rules.iter().map(canonical).collect();
    lines.sort();
    digest_of(lines.join("\n").as_bytes())
}

/// One line a rule; ids, names of steps and numbers hold no line breaks.
fn canonical(rule: &Rule) -> String {
    let at_any_tier = if rule.by_tier { "" } else { " at any tier" };
    let info = if rule.info { " info" } else { "" };
    let groups = match rule.groups {
        Groups::All => "",
        Groups::Members => " groups by members of active holders",
        Groups::Direct => " groups by direct members",
        Groups::None => " groups left out",
    };
    let unused = match rule.unused {
        None => "",
        Some(true) => " unused too",
        Some(false) => " unused left out",
    };
    let in_part = match rule.met_in_part {
        None => "",
        Some(MetInPart::Fails) => " in part fails",
        Some(MetInPart::Passes) => " in part passes",
    };
    format!(
        "{} | {} | {} | {}{at_any_tier}{info}{groups}{unused}{in_part}",
        rule.check.id,
        rule.on.canonical(),
        demand(&rule.expect),
        rule.severity
    )
}

fn demand(expect: &Expect) -> String {
    match expect {
        Expect::Required => "required".to_owned(),
        Expect::Variant(name) => (*name).to_owned(),
        Expect::AtMost { at_most, ideal, interactive, with_intune } => {
            let interactive = if *interactive { " interactive" } else { "" };
            let intune = if *with_intune { " with intune" } else { "" };
            let ideal =
                ideal.map_or_else(String::new, |ideal| format!(" ideal {}", ideal.to_iso()));
            format!("at_most {}{ideal}{interactive}{intune}", at_most.to_iso())
        }
        Expect::Count { pass, partial, who } => {
            let partial =
                partial.map_or_else(String::new, |(from, to)| format!(" partial {from} {to}"));
            let who = match who {
                Who::Enabled => "",
                Who::Users => " disabled too",
                Who::Assigned => " assigned alone",
                Who::Holders => " every holder",
            };
            format!("pass {} {}{partial}{who}", pass.0, pass.1)
        }
        Expect::Share { pass_below, partial_below, among, count } => {
            let among = match among {
                Among::Strong => String::new(),
                Among::Roles(roles) => format!(" among {}", in_line(roles)),
                Among::Users(roles) => format!(" among {} disabled too", in_line(roles)),
                Among::Labelled => " among labelled".to_owned(),
            };
            let count = count.map_or_else(String::new, |(from, to)| format!(" count {from} {to}"));
            format!("pass_below {pass_below} partial_below {partial_below}{among}{count}")
        }
        Expect::Roles(roles) => format!("roles {}", in_line(roles)),
        Expect::OnePolicy(roles) => format!("roles {} by one policy", in_line(roles)),
        Expect::Table(table) => {
            let rows = table.rows.iter().map(|(role, row)| format!("{role} {}", row_word(*row)));
            let rows: Vec<String> = rows.collect();
            let unlisted = match table.unlisted {
                Unlisted::Ignored => "ignored",
                Unlisted::Partial => "partial",
            };
            format!("table {} unlisted {unlisted}", rows.join(" "))
        }
    }
}

fn in_line(roles: &BTreeSet<RoleId>) -> String {
    let ids: Vec<String> = roles.iter().map(RoleId::to_string).collect();
    ids.join(" ")
}

const fn row_word(row: TableRow) -> &'static str {
    match row {
        TableRow::Eligible => "eligible",
        TableRow::Active => "active",
        TableRow::Tolerated => "tolerated",
    }
}

/// `sha256:` and the digest in hexadecimal digits.
pub fn digest_of(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    let digits: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha256() {
        assert_eq!(
            digest_of(b"abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
