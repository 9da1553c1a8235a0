//! The `expect` of a rule, read in the one shape its check takes.

use super::faults::{Collector, shown};
use super::format::{AtMostEntry, CountEntry, RolesNamed, ShareEntry, TableEntry};
use super::select::{Selector, Sets, role_name, role_named, set, unknown_role};
use super::yaml::{self, Entry, Fields, Node, Value};
use crate::checks::{Among, Check, Expect, ExpectShape, Who};
use crate::model::{IsoDuration, RoleId, RolesTable, TableRow, Unlisted};
use std::collections::{BTreeMap, BTreeSet};

/// The check that can count more than people.
const HOLDERS: &str = "global-administrator-count";
/// The check whose limit may be that of a test which is skipped without Intune.
const ACTIVATION: &str = "activation-too-long";
/// The check that can tell kinds of sign-ins apart.
const SIGN_INS: &str = "stale-privileged-account";
const ROWS: [(&str, TableRow); 3] = [
    ("eligible", TableRow::Eligible),
    ("active", TableRow::Active),
    ("tolerated", TableRow::Tolerated),
];
const UNLISTED: [(&str, Unlisted); 2] =
    [("partial", Unlisted::Partial), ("ignored", Unlisted::Ignored)];

/// The sets of roles that are known by name, and whether that is all of them.
pub(super) type KnownSets<'a> = (&'a Sets, bool);

/// Reads `expect`; `rule` is the rule it belongs to, for what is missing.
pub(super) fn expectation(
    check: &Check,
    rule: &Node,
    expect: Option<&Node>,
    sets: KnownSets<'_>,
    faults: &mut Collector,
) -> Option<Expect> {
    let example = || format!("write expect: {}", check.expect.example());
    let Some(node) = expect else {
        if matches!(check.expect, ExpectShape::Required | ExpectShape::Roles) {
            return Some(Expect::Required);
        }
        faults.hinted(rule.place, format!("{} needs an expectation", check.id), example());
        return None;
    };
    if let (ExpectShape::Roles, Value::Text(word)) = (check.expect, &node.value)
        && *word == ExpectShape::Required.example()
    {
        // The roles the check looks at by itself.
        return Some(Expect::Required);
    }
    if let (ExpectShape::Roles, Value::Text(word)) = (check.expect, &node.value)
        && check.variants.iter().any(|variant| variant.name == *word)
    {
        return variant(check, node, word, faults);
    }
    if let (ExpectShape::Required, Value::Text(word)) = (check.expect, &node.value)
        && *word != ExpectShape::Required.example()
    {
        return variant(check, node, word, faults);
    }
    if !has_shape(node, check.expect) {
        faults.hinted(node.place, format!("{} takes another expectation", check.id), example());
        return None;
    }
    match check.expect {
        ExpectShape::Required => Some(Expect::Required),
        ExpectShape::AtMost => at_most(check, node, faults),
        ExpectShape::Count => count(check, node, faults),
        ExpectShape::Share => share(node, sets, faults),
        ExpectShape::Roles => {
            let fields = Fields::read(node, "expectation", RolesNamed::KEYS, faults)?;
            let hint = "roles is a set of roles, or a list of them";
            let named = fields.required("roles", hint, faults)?;
            let roles = roles_of(named, sets, faults)?;
            let by_one = match fields.get("one_policy") {
                Some(node) => yaml::flag(node, "one_policy", faults)?,
                None => false,
            };
            Some(if by_one { Expect::OnePolicy(roles) } else { Expect::Roles(roles) })
        }
        ExpectShape::Table => table(node, faults),
    }
}

/// Another reading of the check, by its name.
fn variant(check: &Check, node: &Node, word: &str, faults: &mut Collector) -> Option<Expect> {
    let found = check.variants.iter().find(|variant| variant.name == word);
    if found.is_none() {
        let known = check.variants.iter().map(|variant| variant.name);
        let all: Vec<&str> = ["required"].into_iter().chain(known).collect();
        let hint = format!("write expect: {}", all.join(" or "));
        faults.hinted(node.place, format!("{} takes another expectation", check.id), hint);
    }
    found.map(|variant| Expect::Variant(variant.name))
}

const fn keys(shape: ExpectShape) -> &'static [&'static str] {
    match shape {
        ExpectShape::Required => &[],
        ExpectShape::AtMost => AtMostEntry::KEYS,
        ExpectShape::Count => CountEntry::KEYS,
        ExpectShape::Share => ShareEntry::KEYS,
        ExpectShape::Roles => RolesNamed::KEYS,
        ExpectShape::Table => TableEntry::KEYS,
    }
}

/// False when the value was plainly written for another shape; a misspelt key is not that.
fn has_shape(node: &Node, shape: ExpectShape) -> bool {
    const ALL: [ExpectShape; 5] = [
        ExpectShape::AtMost,
        ExpectShape::Count,
        ExpectShape::Share,
        ExpectShape::Roles,
        ExpectShape::Table,
    ];
    let Value::Entries(pairs) = &node.value else {
        return shape == ExpectShape::Required
            && node.value == Value::Text(ExpectShape::Required.example().to_owned());
    };
    let foreign = |name: &str| {
        !keys(shape).contains(&name) && ALL.iter().any(|other| keys(*other).contains(&name))
    };
    shape != ExpectShape::Required
        && !pairs
            .iter()
            .any(|(key, _)| matches!(&key.value, Value::Text(name) if foreign(name.as_str())))
}

fn at_most(check: &Check, node: &Node, faults: &mut Collector) -> Option<Expect> {
    let fields = Fields::read(node, "expectation", AtMostEntry::KEYS, faults)?;
    let hint = "at_most is the longest that does not fail, such as PT8H";
    let limit = fields.required("at_most", hint, faults);
    let at_most = limit.and_then(|node| duration(node, "at_most", faults));
    let wish = fields.get("ideal");
    let ideal = wish.and_then(|node| duration(node, "ideal", faults));
    if let (Some(at_most), Some(ideal), Some(wish)) = (at_most, ideal, wish)
        && at_most < ideal
    {
        faults.hinted(
            wish.place,
            format!("ideal {} is longer than at_most {}", ideal.to_iso(), at_most.to_iso()),
            "up to ideal passes, up to at_most is met in part, more fails",
        );
    }
    let mut flag = |key: &str, only: &str| match fields.get(key) {
        Some(node) if check.id != only => {
            faults.plain(node.place, format!("{key} is for {only} alone"));
            None
        }
        Some(node) => yaml::flag(node, key, faults),
        None => Some(false),
    };
    let (interactive, with_intune) =
        (flag("interactive", SIGN_INS)?, flag("with_intune", ACTIVATION)?);
    at_most.map(|at_most| Expect::AtMost { at_most, ideal, interactive, with_intune })
}

fn duration(node: &Node, what: &str, faults: &mut Collector) -> Option<IsoDuration> {
    let Value::Text(text) = &node.value else {
        let hint = "PT8H is eight hours, P183D is 183 days";
        faults.hinted(node.place, yaml::wrong(what, "a duration", &node.value), hint);
        return None;
    };
    IsoDuration::parse(text).map_err(|error| faults.plain(node.place, error.to_string())).ok()
}

fn count(check: &Check, node: &Node, faults: &mut Collector) -> Option<Expect> {
    let fields = Fields::read(node, "expectation", CountEntry::KEYS, faults)?;
    let hint = "pass is the least and the greatest number that pass, such as [2, 4]";
    let bounds = fields.required("pass", hint, faults);
    let pass = bounds.and_then(|node| range(node, "pass", faults));
    let wider = fields.get("partial");
    let partial = wider.and_then(|node| range(node, "partial", faults));
    if let (Some(pass), Some(partial), Some(wider)) = (pass, partial, wider)
        && pass.0 <= partial.1
        && partial.0 <= pass.1
    {
        faults.hinted(
            wider.place,
            format!("partial {} overlaps pass {}", in_brackets(partial), in_brackets(pass)),
            "a number either passes or is met in part",
        );
    }
    let mut flag = |key: &str| match fields.get(key) {
        Some(node) if check.id != HOLDERS => {
            faults.plain(node.place, format!("{key} is for {HOLDERS} alone"));
            None
        }
        Some(node) => yaml::flag(node, key, faults),
        None => Some(false),
    };
    let (every_holder, disabled, assigned) =
        (flag("every_holder")?, flag("disabled")?, flag("assigned")?);
    let who = match (every_holder, assigned, disabled) {
        (true, true, _) => {
            let message = "every_holder and assigned exclude each other";
            faults.hinted(node.place, message, "assigned counts users, disabled ones too");
            return None;
        }
        (true, false, _) => Who::Holders,
        (false, true, _) => Who::Assigned,
        (false, false, true) => Who::Users,
        (false, false, false) => Who::Enabled,
    };
    pass.map(|pass| Expect::Count { pass, partial, who })
}

fn range(node: &Node, what: &str, faults: &mut Collector) -> Option<(u32, u32)> {
    let bounds = match &node.value {
        Value::List(nodes) if nodes.len() == 2 => number(&nodes[0]).zip(number(&nodes[1])),
        Value::Nothing
        | Value::Flag(_)
        | Value::Whole(_)
        | Value::Fraction(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Entries(_) => None,
    };
    let Some((least, greatest)) = bounds else {
        let message = format!("{what} must be two whole numbers");
        faults.hinted(node.place, message, "write the least and the greatest, such as [2, 4]");
        return None;
    };
    if least > greatest {
        let message = format!("{what} {} is reversed", in_brackets((least, greatest)));
        let hint = format!("write {}", in_brackets((greatest, least)));
        faults.hinted(node.place, message, hint);
        return None;
    }
    Some((least, greatest))
}

fn number(node: &Node) -> Option<u32> {
    let Value::Whole(number) = node.value else { return None };
    u32::try_from(number).ok()
}

fn in_brackets((least, greatest): (u32, u32)) -> String {
    format!("[{least}, {greatest}]")
}

/// The roles of a set by its name, or listed in place.
fn roles_of(
    node: &Node,
    (sets, all_known): KnownSets<'_>,
    faults: &mut Collector,
) -> Option<BTreeSet<RoleId>> {
    match set(node, sets, all_known, faults)? {
        Selector::Set { roles, .. } => Some(roles),
        Selector::All
        | Selector::Holders
        | Selector::Tier(_)
        | Selector::Privileged
        | Selector::Role(_)
        | Selector::Groups
        | Selector::Sensitive
        | Selector::Alert(_) => None,
    }
}

fn share(node: &Node, sets: KnownSets<'_>, faults: &mut Collector) -> Option<Expect> {
    let fields = Fields::read(node, "expectation", ShareEntry::KEYS, faults)?;
    let hint = "a share below pass_below passes, such as 0.3";
    let bound = fields.required("pass_below", hint, faults);
    let pass_below = bound.and_then(|node| between(node, "pass_below", faults));
    let wider = fields.get("partial_below");
    let partial_below = wider.and_then(|node| between(node, "partial_below", faults));
    if let (Some(pass), Some(partial), Some(wider)) = (pass_below, partial_below, wider)
        && partial < pass
    {
        faults.hinted(
            wider.place,
            format!("partial_below {partial} is less than pass_below {pass}"),
            "below pass_below passes, from there to partial_below is met in part",
        );
    }
    let named = fields.get("among");
    let among = match named {
        Some(node) => roles_of(node, sets, faults).map(Among::Roles),
        None => Some(Among::Strong),
    };
    let labelled = match fields.get("labelled") {
        Some(node) => yaml::flag(node, "labelled", faults),
        None => Some(false),
    };
    let among = match (labelled, named) {
        (Some(true), None) => Some(Among::Labelled),
        (Some(true), Some(node)) => {
            let message = "among and labelled exclude each other";
            faults.hinted(node.place, message, "labelled takes every role labelled PRIVILEGED");
            None
        }
        (Some(false), _) => among,
        (None, _) => None,
    };
    let disabled = fields.get("disabled");
    let too = match disabled {
        Some(node) => yaml::flag(node, "disabled", faults),
        None => Some(false),
    };
    let among = match (too, among) {
        (Some(true), Some(Among::Roles(roles))) => Some(Among::Users(roles)),
        (Some(true), Some(Among::Strong | Among::Labelled | Among::Users(_))) => {
            if let Some(node) = disabled {
                let hint = "labelled counts disabled accounts by itself";
                faults.hinted(node.place, "disabled goes with among alone", hint);
            }
            None
        }
        (Some(false), among) => among,
        (None, _) | (_, None) => None,
    };
    let count = match fields.get("count") {
        Some(node) => range(node, "count", faults).map(Some),
        None => Some(None),
    };
    let pass_below = pass_below?;
    Some(Expect::Share {
        pass_below,
        partial_below: partial_below.unwrap_or(pass_below),
        among: among?,
        count: count?,
    })
}

/// A number above 0 and below 1.
fn between(node: &Node, what: &str, faults: &mut Collector) -> Option<f64> {
    let share = match node.value {
        Value::Fraction(share) => Some(share),
        // Every whole number is outside anyway.
        Value::Whole(_) => Some(f64::INFINITY),
        Value::Nothing | Value::Flag(_) | Value::Text(_) | Value::List(_) | Value::Entries(_) => {
            None
        }
    };
    match share {
        Some(share) if share > 0.0 && share < 1.0 => Some(share),
        Some(_) => {
            let message = format!("{what} must lie between 0 and 1");
            faults.hinted(node.place, message, "0.3 is thirty per cent");
            None
        }
        None => {
            faults.plain(node.place, yaml::wrong(what, "a number", &node.value));
            None
        }
    }
}

fn table(node: &Node, faults: &mut Collector) -> Option<Expect> {
    let fields = Fields::read(node, "expectation", TableEntry::KEYS, faults)?;
    let hint =
        "table says how each role should be held, such as { Global Administrator: eligible }";
    let written = fields.required("table", hint, faults);
    let unlisted = fields
        .get("unlisted")
        .map_or(Some(Unlisted::Ignored), |node| word(node, "unlisted", &UNLISTED, faults));
    let written = written?;
    let rows = rows(yaml::entries(written, "table", faults), faults);
    if matches!(&written.value, Value::Entries(pairs) if pairs.is_empty()) {
        faults.plain(written.place, "table has no rows");
    }
    Some(Expect::Table(RolesTable { rows, unlisted: unlisted? }))
}

fn rows(entries: Vec<Entry<'_>>, faults: &mut Collector) -> BTreeMap<RoleId, TableRow> {
    let mut rows = BTreeMap::new();
    for entry in entries {
        let row = word(entry.node, "a row of table", &ROWS, faults);
        let Some(role) = role_named(entry.key) else {
            unknown_role(entry.place, entry.key, faults);
            continue;
        };
        if rows.contains_key(&role) {
            let message = format!("{} has two rows", role_name(&role));
            faults.plain(entry.place, message);
        }
        rows.extend(row.map(|row| (role, row)));
    }
    rows
}

/// One word of a closed list.
pub(super) fn word<Meaning: Copy>(
    node: &Node,
    what: &str,
    words: &[(&'static str, Meaning)],
    faults: &mut Collector,
) -> Option<Meaning> {
    let text = yaml::text(node, what, faults)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        faults.hinted(
            node.place,
            format!("{what} cannot be {}", shown(text)),
            format!("write {}", known.join(" or ")),
        );
    }
    found.map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    fn read(check: &str, text: &str) -> Result<Expect, String> {
        let mut faults = Collector::default();
        let node = yaml::parse(text).unwrap();
        let given = (node.value != Value::Nothing).then_some(&node);
        let sets = Sets::new();
        let check = checks::by_id(check).unwrap();
        let expect = expectation(check, &node, given, (&sets, true), &mut faults);
        faults.result("own.yaml", expect).map_err(|faults| faults.to_string())
    }

    fn duration(text: &str) -> IsoDuration {
        IsoDuration::parse(text).unwrap()
    }

    const SHARE: &str = "global-administrator-share";
    const COUNT: &str = "global-administrator-count";
    const LONG: &str = "activation-too-long";
    const TABLE: &str = "roles-table-mismatch";
    const MFA: &str = "activation-without-mfa";
    const STRONG: &str = "admins-without-strong-authentication";
    const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn share(pass_below: f64, partial_below: f64) -> Expect {
        Expect::Share { pass_below, partial_below, among: Among::Strong, count: None }
    }

    #[test]
    fn each_shape_is_read() {
        let role = |id: &str| RoleId::new(id);
        let rows = BTreeMap::from([
            (role("62e90394-69f5-4237-9190-012177145e10"), TableRow::Eligible),
            (role("b0f54661-2d74-4c50-afa3-1ec803f12efe"), TableRow::Active),
            (role("f2ef992c-3afb-46b9-b7cf-a126ee74c451"), TableRow::Tolerated),
        ]);
        let table = |unlisted| Expect::Table(RolesTable { rows: rows.clone(), unlisted });
        let three = "{ Global Administrator: eligible, Billing Administrator: active, Global Reader: tolerated }";
        for (check, text, expected) in [
            (MFA, "", Expect::Required),
            (MFA, "required", Expect::Required),
            (LONG, "{ at_most: PT480M }", Expect::at_most(duration("PT8H"), None)),
            (
                LONG,
                "{ at_most: PT8H, ideal: PT8H }",
                Expect::at_most(duration("PT8H"), Some(duration("PT8H"))),
            ),
            (
                LONG,
                "{ at_most: PT8H, with_intune: true }",
                Expect::AtMost {
                    at_most: duration("PT8H"),
                    ideal: None,
                    interactive: false,
                    with_intune: true,
                },
            ),
            (
                COUNT,
                "{ pass: [2, 4] }",
                Expect::Count { pass: (2, 4), partial: None, who: Who::Enabled },
            ),
            (
                COUNT,
                "{ pass: [0, 0], partial: [1, 1] }",
                Expect::Count { pass: (0, 0), partial: Some((1, 1)), who: Who::Enabled },
            ),
            (
                COUNT,
                "{ pass: [2, 4], assigned: true }",
                Expect::Count { pass: (2, 4), partial: None, who: Who::Assigned },
            ),
            (
                SHARE,
                "{ pass_below: 0.3, partial_below: 0.5, labelled: true }",
                Expect::Share {
                    pass_below: 0.3,
                    partial_below: 0.5,
                    among: Among::Labelled,
                    count: None,
                },
            ),
            (SHARE, "{ pass_below: 0.3, labelled: false }", share(0.3, 0.3)),
            (
                SHARE,
                "{ pass_below: 0.3, among: [GA], disabled: true }",
                Expect::Share {
                    pass_below: 0.3,
                    partial_below: 0.3,
                    among: Among::Users(BTreeSet::from([role(GLOBAL)])),
                    count: None,
                },
            ),
            (STRONG, "zero-trust", Expect::Variant("zero-trust")),
            (STRONG, "{ roles: [GA] }", Expect::Roles(BTreeSet::from([role(GLOBAL)]))),
            (
                STRONG,
                "{ roles: [GA], one_policy: true }",
                Expect::OnePolicy(BTreeSet::from([role(GLOBAL)])),
            ),
            (
                STRONG,
                "{ roles: [GA], one_policy: false }",
                Expect::Roles(BTreeSet::from([role(GLOBAL)])),
            ),
            (SHARE, "{ pass_below: 0.3 }", share(0.3, 0.3)),
            (SHARE, "{ pass_below: 0.3, partial_below: 0.5 }", share(0.3, 0.5)),
            (TABLE, format!("{{ table: {three} }}").as_str(), table(Unlisted::Ignored)),
            (
                TABLE,
                format!("{{ table: {three}, unlisted: partial }}").as_str(),
                table(Unlisted::Partial),
            ),
        ] {
            assert_eq!(read(check, text), Ok(expected), "{check} {text}");
        }
    }

    #[test]
    fn every_example_of_a_shape_is_read_by_the_checks_that_take_it() {
        for check in checks::CHECKS {
            let expect = read(check.id, check.expect.example()).unwrap();
            assert_eq!(expect.shape(), check.expect, "{}", check.id);
        }
    }

    #[test]
    fn a_wrong_shape_is_answered_with_the_right_one() {
        let hint = |check: &str| {
            format!("write expect: {}", checks::by_id(check).unwrap().expect.example())
        };
        for (check, text) in [
            (MFA, "true"),
            (MFA, "{ at_most: PT8H }"),
            (MFA, "{}"),
            (LONG, "PT8H"),
            (LONG, "required"),
            (LONG, "{ pass: [2, 4] }"),
            (LONG, "[PT8H]"),
            (COUNT, "4"),
            (COUNT, "{ at_most: PT8H }"),
            (COUNT, "{ pass_below: 0.3 }"),
            (SHARE, "0.3"),
            (SHARE, "{ pass: [2, 4] }"),
            (TABLE, "{ at_most: PT8H }"),
        ] {
            assert_eq!(
                read(check, text).unwrap_err(),
                format!("own.yaml:1:1: {check} takes another expectation\n  hint: {}", hint(check)),
                "{text}"
            );
        }
        for check in [LONG, COUNT, SHARE, TABLE] {
            assert_eq!(
                read(check, "").unwrap_err(),
                format!("own.yaml:1:1: {check} needs an expectation\n  hint: {}", hint(check)),
            );
        }
    }

    #[test]
    fn every_fault_of_an_expectation_is_named_at_its_place() {
        for (check, text, expected) in [
            (
                LONG,
                "{ at_moost: PT8H }",
                "1:3: unknown key of expectation: at_moost\n  hint: did you mean at_most?",
            ),
            (
                LONG,
                "{ ideal: PT1H }",
                "1:1: expectation has no at_most\n  hint: at_most is the longest that does not fail, such as PT8H",
            ),
            (
                LONG,
                "{ at_most: 8 hours }",
                "1:12: \"8 hours\" is not a duration such as PT8H or P30D: it does not begin with P",
            ),
            (
                LONG,
                "{ at_most: 8 }",
                "1:12: at_most must be a duration, not a number\n  hint: PT8H is eight hours, P183D is 183 days",
            ),
            (
                LONG,
                "{ at_most: PT1H, ideal: PT8H }",
                "1:25: ideal PT8H is longer than at_most PT1H\n  hint: up to ideal passes, up to at_most is met in part, more fails",
            ),
            (COUNT, "{ pass: [4, 2] }", "1:9: pass [4, 2] is reversed\n  hint: write [2, 4]"),
            (
                COUNT,
                "{ pass: [2, 4], partial: [8, 5] }",
                "1:26: partial [8, 5] is reversed\n  hint: write [5, 8]",
            ),
            (
                COUNT,
                "{ pass: [2, 4], partial: [4, 8] }",
                "1:26: partial [4, 8] overlaps pass [2, 4]\n  hint: a number either passes or is met in part",
            ),
            (
                COUNT,
                "{ pass: [2, 4], partial: [1, 8] }",
                "1:26: partial [1, 8] overlaps pass [2, 4]\n  hint: a number either passes or is met in part",
            ),
            (
                COUNT,
                "{ pass: 4 }",
                "1:9: pass must be two whole numbers\n  hint: write the least and the greatest, such as [2, 4]",
            ),
            (
                COUNT,
                "{ pass: [-1, 4] }",
                "1:9: pass must be two whole numbers\n  hint: write the least and the greatest, such as [2, 4]",
            ),
            (
                COUNT,
                "{ pass: [1, 2, 3] }",
                "1:9: pass must be two whole numbers\n  hint: write the least and the greatest, such as [2, 4]",
            ),
            (
                COUNT,
                "{ pass: [1, 4294967296] }",
                "1:9: pass must be two whole numbers\n  hint: write the least and the greatest, such as [2, 4]",
            ),
            (
                COUNT,
                "{ pass: [2, 4], assigned: true, every_holder: true }",
                "1:1: every_holder and assigned exclude each other\n  hint: assigned counts users, disabled ones too",
            ),
            (
                SHARE,
                "{ pass_below: 0.3, among: [GA], labelled: true }",
                "1:27: among and labelled exclude each other\n  hint: labelled takes every role labelled PRIVILEGED",
            ),
            (
                LONG,
                "{ at_most: PT8H, interactive: true }",
                "1:31: interactive is for stale-privileged-account alone",
            ),
            (
                "permanent-active-allowed",
                "{ at_most: P183D, with_intune: true }",
                "1:32: with_intune is for activation-too-long alone",
            ),
            (
                SHARE,
                "{ pass_below: 0.3, labelled: true, disabled: true }",
                "1:46: disabled goes with among alone\n  hint: labelled counts disabled accounts by itself",
            ),
            (
                SHARE,
                "{ pass_below: 0.3, disabled: true }",
                "1:30: disabled goes with among alone\n  hint: labelled counts disabled accounts by itself",
            ),
            (
                SHARE,
                "{ pass_below: 30 }",
                "1:15: pass_below must lie between 0 and 1\n  hint: 0.3 is thirty per cent",
            ),
            (
                SHARE,
                "{ pass_below: 0.0 }",
                "1:15: pass_below must lie between 0 and 1\n  hint: 0.3 is thirty per cent",
            ),
            (
                SHARE,
                "{ pass_below: 1.0 }",
                "1:15: pass_below must lie between 0 and 1\n  hint: 0.3 is thirty per cent",
            ),
            (SHARE, "{ pass_below: .inf }", "1:15: pass_below must be a number, not text"),
            (
                SHARE,
                "{ pass_below: 0.5, partial_below: 0.3 }",
                "1:35: partial_below 0.3 is less than pass_below 0.5\n  hint: below pass_below passes, from there to partial_below is met in part",
            ),
            (TABLE, "{ table: {} }", "1:10: table has no rows"),
            (TABLE, "{ table: [GA] }", "1:10: table must be a mapping, not a list"),
            (
                TABLE,
                "{ unlisted: partial }",
                "1:1: expectation has no table\n  hint: table says how each role should be held, such as { Global Administrator: eligible }",
            ),
            (
                TABLE,
                "{ table: { GA: eligibel } }",
                "1:16: a row of table cannot be eligibel\n  hint: write eligible or active or tolerated",
            ),
            (
                TABLE,
                "{ table: { GA: eligible }, unlisted: fail }",
                "1:38: unlisted cannot be fail\n  hint: write partial or ignored",
            ),
            (
                TABLE,
                "{ table: { Globl Reader: active } }",
                "1:12: unknown role Globl Reader\n  hint: did you mean Global Reader?",
            ),
            (
                TABLE,
                "{ table: { GA: eligible, Global Administrator: active } }",
                "1:26: Global Administrator has two rows",
            ),
            (
                TABLE,
                "{ table: { GA: eligible, GA: active } }",
                "1:26: key GA is repeated\n  hint: it is first given in line 1",
            ),
        ] {
            assert_eq!(read(check, text).unwrap_err(), format!("own.yaml:{expected}"), "{text}");
        }
    }
}
