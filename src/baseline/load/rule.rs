//! One rule: its check, what it expects, how bad it is otherwise, who says so and why.

use super::names::Names;
use super::subjects::{groups, subjects, unused};
use crate::baseline::expectation::{expectation, word};
use crate::baseline::faults::{Collector, nearest, shown};
use crate::baseline::format::RuleEntry;
use crate::baseline::merge::Placed;
use crate::baseline::yaml::{self, Fields, Node, Value};
use crate::baseline::{Groups, MetInPart, Rule};
use crate::checks::{self, CHECKS, Check};
use crate::model::{RuleOrigin, Severity};
use std::sync::Arc;

const MET_IN_PART: [(&str, MetInPart); 2] =
    [("fail", MetInPart::Fails), ("pass", MetInPart::Passes)];

/// Reads one rule. All of it is looked at before the first fault ends it.
pub(super) fn rule(node: &Node, names: &Names, faults: &mut Collector) -> Option<Placed> {
    let fields = Fields::read(node, "rule", RuleEntry::KEYS, faults)?;
    let named = fields.required("check", "name a check, see `pimaudit checks`", faults);
    let check = named.and_then(|node| check(node, faults));
    let on = subjects(&fields, check, names, faults);
    let expect = match check {
        Some(_) if fields.misspelt("expect") => None,
        Some(check) => {
            let sets = (&names.sets, names.all_known);
            expectation(check, node, fields.get("expect"), sets, faults)
        }
        None => None,
    };
    let severity = severity(&fields, faults);
    let by_tier = match fields.get("by_tier") {
        Some(node) => yaml::flag(node, "by_tier", faults),
        None => Some(true),
    };
    let info = match fields.get("info") {
        Some(node) => yaml::flag(node, "info", faults),
        None => Some(false),
    };
    let groups = match fields.get("groups") {
        Some(node) => groups(node, check, faults),
        None => Some(Groups::All),
    };
    let unused = match fields.get("unused") {
        Some(node) => unused(node, check, on.as_ref(), faults).map(Some),
        None => Some(None),
    };
    let met_in_part = match fields.get("met_in_part") {
        Some(node) => word(node, "met_in_part", &MET_IN_PART, faults).map(Some),
        None => Some(None),
    };
    let controls = controls(fields.get("control"), faults);
    let level = fields.get("level").and_then(|node| yaml::text(node, "level", faults));
    let origin = origin(&fields, names, faults).map(|origin| RuleOrigin {
        controls,
        level: level.map(str::to_owned),
        ..origin
    });
    let rule = Rule {
        check: check?,
        on: on?,
        expect: expect?,
        severity: severity?,
        by_tier: by_tier?,
        met_in_part: met_in_part?,
        groups: groups?,
        unused: unused?,
        info: info?,
        origin: Arc::new(origin?),
        line: node.place.line,
    };
    Some(Placed { rule, place: node.place, file: Arc::clone(&names.file) })
}

pub(super) fn check(node: &Node, faults: &mut Collector) -> Option<&'static Check> {
    let id = yaml::text(node, "check", faults)?;
    let found = checks::by_id(id);
    if found.is_none() {
        let hint = match nearest(id, CHECKS.iter().map(|check| check.id)) {
            Some(near) => format!("did you mean {near}?"),
            None => "see `pimaudit checks`".to_owned(),
        };
        faults.hinted(node.place, format!("unknown check {}", shown(id)), hint);
    }
    found
}

fn severity(fields: &Fields<'_>, faults: &mut Collector) -> Option<Severity> {
    let hint = "say how bad it is for a critical-tier role: low, medium, high or critical";
    let node = fields.required("severity", hint, faults)?;
    let name = yaml::text(node, "severity", faults)?;
    let severity = name.parse().ok();
    if severity.is_none() {
        faults.unknown(node.place, "severity", name, Severity::ALL.map(Severity::name));
    }
    severity
}

fn origin(fields: &Fields<'_>, names: &Names, faults: &mut Collector) -> Option<RuleOrigin> {
    let node = fields.required("source", "name an entry of sources", faults);
    let source = node.and_then(|node| Some((yaml::text(node, "source", faults)?, node.place)));
    let because = fields.required("because", "say in a sentence why it is expected", faults);
    let because = because.and_then(|node| yaml::text(node, "because", faults));
    let (source, place) = source?;
    let title = match names.sources.get(source) {
        Some(known) => known.title.clone(),
        None if !names.all_known => String::new(),
        None if names.sources.is_empty() => {
            let message = format!("unknown source {}", shown(source));
            faults.hinted(place, message, "add it under sources with its title");
            return None;
        }
        None => {
            faults.unknown(place, "source", source, names.sources.keys().map(String::as_str));
            return None;
        }
    };
    Some(RuleOrigin {
        source: source.to_owned(),
        title,
        because: because?.to_owned(),
        controls: Vec::new(),
        level: None,
    })
}

/// Ids of controls: one text, or a list of texts.
fn controls(node: Option<&Node>, faults: &mut Collector) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let nodes = match &node.value {
        Value::List(nodes) => nodes.as_slice(),
        Value::Nothing
        | Value::Flag(_)
        | Value::Whole(_)
        | Value::Fraction(_)
        | Value::Text(_)
        | Value::Entries(_) => std::slice::from_ref(node),
    };
    let texts = nodes.iter().filter_map(|node| yaml::text(node, "control", faults));
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{END, HEAD, faults, faults_of_rules, load_with, too_long};
    use crate::model::{Severity, Tier};

    #[test]
    fn a_rule_is_refused_with_its_line_and_the_way_out() {
        for (rule, expected) in [
            (
                "{ severity: high, source: s, because: so }",
                "8:5: rule has no check\n  hint: name a check, see `pimaudit checks`",
            ),
            (
                "{ check: missing-licence, source: s, because: so }",
                "8:5: rule has no severity\n  hint: say how bad it is for a critical-tier role: low, medium, high or critical",
            ),
            (
                "{ check: missing-licence, severity: low }",
                "8:5: rule has no because\n  hint: say in a sentence why it is expected\n\
                 own.yaml:8:5: rule has no source\n  hint: name an entry of sources",
            ),
            (
                "{ check: missing-licence, severity: low, source: s, because: 42 }",
                "8:66: because must be text, not a number\n  hint: put it in quotes",
            ),
            (
                "{ check: qqq, severity: low, source: s, because: so }",
                "8:14: unknown check qqq\n  hint: see `pimaudit checks`",
            ),
            (
                "{ check: missing-licence, on: { tier: critical }, severity: low, source: s, because: so }",
                "8:35: missing-licence judges the tenant as a whole, not roles\n  hint: leave on out",
            ),
            (
                "{ check: activation-too-long, severity: low, source: s, because: so }",
                "8:5: activation-too-long needs an expectation\n  hint: write expect: { at_most: PT8H }",
            ),
            (
                "{ check: activation-too-long, expct: { at_most: PT8H }, severity: low, source: s, because: so }",
                "8:35: unknown key of rule: expct\n  hint: did you mean expect?",
            ),
            (
                "{ check: activation-too-long, expect: { at_most: 8h }, severity: low, source: s, because: so }",
                "8:54: \"8h\" is not a duration such as PT8H or P30D: it does not begin with P",
            ),
        ] {
            assert_eq!(faults_of_rules(&[rule]), format!("own.yaml:{expected}"), "{rule}");
        }
        let homeless =
            format!("format: 1\nid: own\nrules:\n  - {{ check: missing-licence, {END}\n");
        assert_eq!(
            faults(&homeless),
            "own.yaml:4:55: unknown source s\n  hint: add it under sources with its title"
        );
    }

    #[test]
    fn two_rules_for_the_same_roles_contradict_each_other() {
        let all = too_long("all", "PT8H");
        let guarded = too_long("{ roles: guarded }", "PT8H");
        let listed = too_long("{ roles: [User Administrator, Global Administrator] }", "PT1H");
        let role = too_long("{ role: Global Administrator }", "PT8H");
        let same_role = too_long("{ role: 62e90394-69f5-4237-9190-012177145e10 }", "PT8H");
        for (first, second, name) in [
            (&all, &all, "all"),
            (&guarded, &guarded, "roles guarded"),
            (&guarded, &listed, "roles [Global Administrator, User Administrator]"),
            (&role, &same_role, "role Global Administrator"),
        ] {
            assert_eq!(
                faults_of_rules(&[first, second]),
                format!(
                    "own.yaml:9:5: two rules of activation-too-long are for {name}: lines 8 and 9\n  \
                     hint: keep one of them"
                )
            );
        }
    }

    #[test]
    fn a_role_in_two_sets_may_not_be_asked_for_different_things() {
        let guarded = too_long("{ roles: guarded }", "PT8H");
        let wider = too_long("{ roles: [Global Administrator, Global Reader] }", "PT1H");
        let same = too_long("{ roles: [Global Administrator, Global Reader] }", "PT480M");
        let alone = too_long("{ role: Global Administrator }", "PT2H");
        assert_eq!(
            faults_of_rules(&[&guarded, &wider]),
            "own.yaml:9:5: two rules of activation-too-long disagree on Global Administrator: roles \
             guarded in line 8, roles [Global Administrator, Global Reader] in line 9\n  hint: a rule \
             for the role alone decides: on: { role: Global Administrator }"
        );
        for rules in [vec![&guarded, &same], vec![&guarded, &wider, &alone]] {
            let sets = "roles: { guarded: [Global Administrator, User Administrator] }\nrules:\n";
            let rules: String = rules.iter().map(|rule| format!("  - {rule}\n")).collect();
            assert!(load_with(&format!("{HEAD}{sets}{rules}"), &[]).is_ok(), "{rules}");
        }
    }

    #[test]
    fn a_rule_may_be_as_bad_for_every_tier() {
        for (more, critical, standard, untold) in [
            ("", Severity::High, Severity::Low, Severity::High),
            (", by_tier: true", Severity::High, Severity::Low, Severity::High),
            (", by_tier: false", Severity::High, Severity::High, Severity::High),
        ] {
            let text = format!("{{ check: activation-without-mfa{more}, {END}");
            let baseline = load_with(&format!("{HEAD}rules:\n  - {text}\n"), &[]).unwrap();
            let found = [Some(Tier::Critical), Some(Tier::Standard), None]
                .map(|tier| baseline.rules[0].severity_for(tier));
            assert_eq!(found, [critical, standard, untold], "{more}");
        }
    }

    #[test]
    fn the_new_words_are_answered_with_what_they_can_be() {
        for (rule, expected) in [
            (
                "{ check: unannounced-activation, met_in_part: no, ",
                "met_in_part cannot be no\n  hint: write fail or pass",
            ),
            (
                "{ check: unannounced-activation, by_tier: no, ",
                "by_tier must be true or false, not text",
            ),
            (
                "{ check: missing-licence, on: sensitive, ",
                "missing-licence does not judge groups\n  hint: leave on out, or name roles",
            ),
            (
                "{ check: missing-licence, unused: false, ",
                "missing-licence judges no roles\n  hint: leave unused out of this rule",
            ),
            (
                "{ check: unreviewed-access, on: { tier: critical }, unused: true, ",
                "roles that nobody holds are judged where the rule names them\n  hint: name the roles",
            ),
            (
                "{ check: activation-without-mfa, groups: owners, ",
                "groups cannot be owners\n  hint: write true, false or members",
            ),
            (
                "{ check: missing-licence, groups: false, ",
                "missing-licence judges no groups\n  hint: leave groups out of this rule",
            ),
            (
                "{ check: missing-licence, groups: direct, ",
                "missing-licence judges no groups\n  hint: leave groups out of this rule",
            ),
            (
                "{ check: activation-without-mfa, groups: direct, ",
                "groups cannot be direct\n  hint: write true, false or members",
            ),
            (
                "{ check: synced-privileged-account, groups: members, ",
                "groups can only be direct for a check of holders\n  hint: write groups: direct, or leave it out of this rule",
            ),
            (
                "{ check: admins-without-mfa, expect: { roles: garded }, ",
                "unknown set of roles garded\n  hint: did you mean guarded?",
            ),
            (
                "{ check: global-administrator-share, expect: { pass_below: 0.5, count: [8, 2] }, ",
                "count [8, 2] is reversed\n  hint: write [2, 8]",
            ),
        ] {
            let faults = faults_of_rules(&[&format!("{rule}{END}")]);
            assert!(faults.contains(expected), "{rule}: {faults}");
        }
    }

    fn digest(text: &str) -> String {
        load_with(text, &[]).unwrap().digest
    }

    #[test]
    fn the_digest_tells_demands_apart_and_nothing_else() {
        let rules = [
            too_long("{ roles: guarded }", "PT8H"),
            format!("{{ check: activation-without-mfa, {END}"),
        ];
        let sets = "roles: { guarded: [Global Administrator, User Administrator] }\nrules:\n";
        let file = |rules: &[String], sets: &str| {
            let rules: String = rules.iter().map(|rule| format!("  - {rule}\n")).collect();
            digest(&format!("{HEAD}{sets}{rules}"))
        };
        let plain = file(&rules, sets);
        assert!(plain.starts_with("sha256:") && plain.len() == 71, "{plain}");
        let [first, second] = rules.clone();
        let commented = "# a comment\nroles:\n  guarded:   # who is guarded\n    - GA\n    - fe930be7-5e62-47db-91af-98c3a49a38b1\nrules:\n";
        for (same, what) in [
            (file(&[second.clone(), first.clone()], sets), "order"),
            (file(&rules, commented), "layout and comments"),
            (file(&[first.replace("PT8H", "PT480M"), second.clone()], sets), "spelling"),
            (
                file(&[first.replace("severity", "by_tier: true, severity"), second.clone()], sets),
                "what is so anyway",
            ),
            (
                file(&[first.replace("because: so", "because: other"), second.clone()], sets),
                "reason",
            ),
        ] {
            assert_eq!(same, plain, "{what}");
        }
        for (other, what) in [
            (file(&rules[..1], sets), "a rule less"),
            (file(&[first.replace("PT8H", "PT7H"), second.clone()], sets), "a value"),
            (file(&[first.replace("high", "low"), second.clone()], sets), "a severity"),
            (
                file(&[first.replace("severity", "info: true, severity"), second.clone()], sets),
                "info",
            ),
            (
                file(
                    &[first.replace("severity", "by_tier: false, severity"), second.clone()],
                    sets,
                ),
                "severity at any tier",
            ),
            (
                file(&[first.replace("severity", "groups: false, severity"), second.clone()], sets),
                "groups",
            ),
            (
                file(
                    &[first.replace("severity", "met_in_part: fail, severity"), second.clone()],
                    sets,
                ),
                "met in part",
            ),
            (file(&rules, &sets.replace("User", "Teams")), "a role of a set"),
            (
                file(&[first.replace("PT8H", "PT8H, with_intune: true"), second.clone()], sets),
                "the licences it takes",
            ),
        ] {
            assert_ne!(other, plain, "{what}");
        }
    }
}
