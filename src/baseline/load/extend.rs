//! The baseline underneath: what `extends` and `without` of a file say.

use super::rule::check;
use super::{Draft, Loading};
use crate::baseline::builtin;
use crate::baseline::faults::{Collector, Fault, Place, shown};
use crate::baseline::yaml::{self, Node};
use std::collections::BTreeSet;

/// Baselines that may extend one another in a row.
const LONGEST_CHAIN: usize = 8;

/// What `extends` led to.
pub(super) enum Base {
    /// The file extends nothing.
    None,
    /// It could not be loaded: what it would have defined is unknown, not wrong.
    Lost,
    /// The baseline.
    Found(Draft),
}

impl Loading<'_> {
    pub(super) fn base(&mut self, node: Option<&Node>, faults: &mut Collector) -> Base {
        let Some(node) = node else { return Base::None };
        let Some(name) = yaml::text(node, "extends", faults) else { return Base::Lost };
        let Some((text, file)) = (self.resolve)(name) else {
            unknown_base(node.place, name, faults);
            return Base::Lost;
        };
        let being_read = |(other, content): &(String, String)| *other == file && *content == text;
        if self.chain.iter().any(being_read) {
            let way: Vec<&str> = self.chain.iter().map(|(file, _)| file.as_str()).collect();
            faults.hinted(
                node.place,
                format!("extends leads back to {file}"),
                format!("{} extends {file} again", way.join(" extends ")),
            );
            return Base::Lost;
        }
        if self.chain.len() >= LONGEST_CHAIN {
            let message = format!("more than {LONGEST_CHAIN} baselines extend one another");
            faults.plain(node.place, message);
            return Base::Lost;
        }
        match self.draft(&text, &file) {
            Ok(draft) => Base::Found(draft),
            Err(lost) => {
                for fault in lost.faults {
                    faults.add(Fault {
                        line: node.place.line,
                        column: node.place.column,
                        message: format!(
                            "{} cannot be extended: {file}:{}:{}: {}",
                            shown(name),
                            fault.line,
                            fault.column,
                            fault.message
                        ),
                        hint: fault.hint,
                    });
                }
                Base::Lost
            }
        }
    }
}

fn unknown_base(place: Place, name: &str, faults: &mut Collector) {
    if name.contains(['/', '\\']) || name.ends_with(".yaml") || name.ends_with(".yml") {
        let message = format!("cannot find the baseline {} to extend", shown(name));
        faults.hinted(place, message, "a file is looked for beside the one that extends it");
    } else {
        faults.unknown(place, "baseline", name, builtin::names());
    }
}

pub(super) fn without(
    node: Option<&Node>,
    base: &Base,
    faults: &mut Collector,
) -> BTreeSet<&'static str> {
    let mut removed = BTreeSet::new();
    let Some(node) = node else { return removed };
    if matches!(base, Base::None) {
        faults.hinted(
            node.place,
            "without has nothing to leave out",
            "it takes checks away from the baseline that extends names",
        );
    }
    for node in yaml::list(node, "without", faults) {
        let Some(check) = check(node, faults) else { continue };
        if let Base::Found(base) = base
            && !base.rules.iter().any(|placed| placed.rule.check.id == check.id)
        {
            faults.plain(node.place, format!("{} has no rule of {}", base.id, check.id));
        }
        removed.insert(check.id);
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::super::testing::{faults, limit, load_with};
    use crate::baseline::builtin;

    const BASE: &str = "format: 1
id: base
sources:
  b: { title: Base }
roles:
  guarded: [Global Administrator, Security Administrator]
rules:
  - { check: activation-too-long, expect: { at_most: PT10H }, severity: high, source: b, because: base }
  - { check: activation-too-long, on: { roles: guarded }, expect: { at_most: PT8H }, severity: high, source: b, because: base }
  - { check: activation-without-mfa, severity: critical, source: b, because: base }
  - { check: missing-licence, severity: low, source: b, because: base }
";

    fn own(rest: &str) -> String {
        format!("format: 1\nid: own\nextends: base\n{rest}")
    }

    #[test]
    fn own_rules_replace_those_of_the_base_for_the_same_roles_and_add_to_the_others() {
        let text = own(
            "without: [missing-licence]
rules:
  - { check: activation-too-long, on: { roles: [Security Administrator, Global Administrator] }, expect: { at_most: PT1H }, severity: critical, source: b, because: own }
  - { check: activation-too-long, on: { tier: high }, expect: { at_most: PT4H }, severity: high, source: b, because: own }
",
        );
        let baseline = load_with(&text, &[("base", BASE)]).unwrap();
        let rules: Vec<String> = baseline
            .rules
            .iter()
            .map(|rule| format!("{} {} {}", rule.check.id, rule.on, rule.origin.because))
            .collect();
        assert_eq!(
            rules,
            [
                "activation-too-long all base",
                "activation-without-mfa all base",
                "activation-too-long roles [Security Administrator, Global Administrator] own",
                "activation-too-long tier high own",
            ]
        );
        assert_eq!(limit(&baseline, 0), "PT10H");
        assert_eq!(baseline.id, "own");
        assert_eq!(baseline.title, "own");
        assert!(baseline.sources.contains_key("b"));
    }

    #[test]
    fn a_set_of_the_base_may_be_used_and_redefined() {
        let same = own(
            "rules:\n  - { check: activation-too-long, on: { roles: guarded }, expect: { at_most: PT1H }, severity: high, source: b, because: own }\n",
        );
        let other = own(
            "roles: { guarded: [Global Reader] }\nrules:\n  - { check: activation-too-long, on: { roles: guarded }, expect: { at_most: PT1H }, severity: high, source: b, because: own }\n",
        );
        for text in [same, other] {
            let baseline = load_with(&text, &[("base", BASE)]).unwrap();
            assert_eq!(baseline.rules.len(), 4, "{text}");
            assert_eq!(limit(&baseline, 3), "PT1H");
        }
    }

    #[test]
    fn a_check_left_out_may_be_stated_anew() {
        let text = own(
            "without: [activation-too-long]\nrules:\n  - { check: activation-too-long, expect: { at_most: PT2H }, severity: high, source: b, because: own }\n",
        );
        let baseline = load_with(&text, &[("base", BASE)]).unwrap();
        let ids: Vec<&str> = baseline.rules.iter().map(|rule| rule.check.id).collect();
        assert_eq!(ids, ["activation-without-mfa", "missing-licence", "activation-too-long"]);
    }

    #[test]
    fn an_extension_says_what_it_cannot_find() {
        for (text, expected) in [
            (
                "extends: recomended\n",
                "3:10: unknown baseline recomended\n  hint: did you mean recommended?",
            ),
            (
                "extends: ./bse.yaml\n",
                "3:10: cannot find the baseline ./bse.yaml to extend\n  hint: a file is looked for beside the one that extends it",
            ),
            (
                "extends: base\nwithout: [missing-license]\n",
                "4:11: unknown check missing-license\n  hint: did you mean missing-licence?",
            ),
            (
                "extends: base\nwithout: [redundant-grant]\n",
                "4:11: base has no rule of redundant-grant",
            ),
            (
                "extends: broken\n",
                "3:10: broken cannot be extended: broken:1:9: unknown format 7\n  hint: this version of pimaudit reads format 1",
            ),
            (
                "extends: back\n",
                "3:10: back cannot be extended: back:3:10: extends leads back to own.yaml\n  hint: own.yaml extends back extends own.yaml again",
            ),
            (
                "extends: base\nwithout: [activation-too-long, activation-without-mfa, missing-licence]\n",
                "1:1: baseline has no rule left",
            ),
        ] {
            let text = format!("format: 1\nid: own\n{text}");
            let back = "format: 1\nid: back\nextends: own.yaml\n";
            let files = [
                ("base", BASE),
                ("broken", "format: 7\n"),
                ("back", back),
                ("own.yaml", text.as_str()),
            ];
            let found = load_with(&text, &files).unwrap_err();
            assert_eq!(found, format!("own.yaml:{expected}"), "{text}");
        }
        let alone = "format: 1\nid: own\nwithout: [missing-licence]\nsources: { s: { title: S } }\nrules:\n  - { check: redundant-grant, severity: low, source: s, because: so }\n";
        assert_eq!(
            faults(alone),
            "own.yaml:3:10: without has nothing to leave out\n  hint: it takes checks away from the \
             baseline that extends names"
        );
    }

    #[test]
    fn names_of_a_lost_base_are_no_faults_of_their_own() {
        let text = "format: 1\nid: own\nextends: nowhere\nrules:\n  - { check: activation-without-mfa, on: { roles: guarded }, severity: high, source: b, because: so }\n";
        let known: Vec<&str> = builtin::names().collect();
        assert_eq!(
            faults(text),
            format!(
                "own.yaml:3:10: unknown baseline nowhere\n  hint: known are {}",
                known.join(", ")
            )
        );
    }

    #[test]
    fn an_overlap_with_the_base_names_both_files() {
        let text = own(
            "rules:\n  - { check: activation-too-long, on: { roles: [Global Administrator] }, expect: { at_most: PT1H }, severity: high, source: b, because: own }\n",
        );
        let found = load_with(&text, &[("base", BASE)]).unwrap_err();
        assert_eq!(
            found,
            "own.yaml:5:5: two rules of activation-too-long disagree on Global Administrator: roles \
             guarded in base line 9, roles [Global Administrator] in line 5\n  hint: a rule for the \
             role alone decides: on: { role: Global Administrator }"
        );
    }

    #[test]
    fn a_chain_without_end_is_cut() {
        let resolve = |name: &str| {
            let next = format!("{name}x");
            Some((format!("format: 1\nid: own\nextends: {next}\n"), name.to_owned()))
        };
        let found = load("format: 1\nid: own\nextends: x\n", "own.yaml", &resolve).unwrap_err();
        assert!(found.to_string().contains("more than 8 baselines extend one another"), "{found}");
    }
}
