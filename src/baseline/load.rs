//! Reads a baseline file into a valid baseline: names resolved, the base it extends put underneath,
//! every fault reported.
//!
//! Where a file or a built-in baseline comes from is the caller's: nothing here opens a file.

mod extend;
mod names;
mod rule;
mod subjects;
#[cfg(test)]
mod testing;

use super::faults::{Collector, Faults, shown};
use super::format::BaselineFile;
use super::merge::{self, Placed};
use super::select::{Selector, Sets};
use super::yaml::{self, Fields, Node, Value};
use super::{Baseline, Rule, Source};
use crate::checks::Expect;
use extend::{Base, without};
use names::{Names, names};
use rule::rule;
use std::collections::BTreeMap;

/// The check whose table other checks read as well.
const TABLE_CHECK: &str = "roles-table-mismatch";

/// Finds what `extends` names: its text and the name of its file.
type Resolve<'a> = &'a dyn Fn(&str) -> Option<(String, String)>;
type Sources = BTreeMap<String, Source>;

/// Reads a baseline.
///
/// `file` is its name in messages; `resolve` finds the text and the file name of a baseline by what
/// `extends` says. Every fault of the file comes back at once, by place.
pub fn load(
    text: &str,
    file: &str,
    resolve: &dyn Fn(&str) -> Option<(String, String)>,
) -> Result<Baseline, Faults> {
    let mut loading = Loading { resolve, chain: Vec::new() };
    let draft = loading.draft(text, file)?;
    Ok(draft.close(file))
}

/// A baseline that another one may still extend.
#[derive(Debug)]
struct Draft {
    id: String,
    title: String,
    sources: Sources,
    sets: Sets,
    rules: Vec<Placed>,
}

impl Draft {
    fn close(self, origin: &str) -> Baseline {
        let rules: Vec<Rule> = self.rules.into_iter().map(|placed| placed.rule).collect();
        let table = rules.iter().find_map(|rule| match (&rule.on, &rule.expect) {
            (Selector::All, Expect::Table(table)) if rule.check.id == TABLE_CHECK => {
                Some(table.clone())
            }
            _ => None,
        });
        Baseline {
            id: self.id,
            title: self.title,
            digest: merge::digest_of_rules(&rules),
            rules,
            sources: self.sources,
            origin: origin.to_owned(),
            table,
        }
    }
}

struct Loading<'a> {
    resolve: Resolve<'a>,
    /// File and text of the baselines being read, the outermost first.
    chain: Vec<(String, String)>,
}

impl Loading<'_> {
    fn draft(&mut self, text: &str, file: &str) -> Result<Draft, Faults> {
        let mut faults = Collector::default();
        self.chain.push((file.to_owned(), text.to_owned()));
        let draft = match yaml::parse(text) {
            Ok(root) => self.read(&root, file, &mut faults),
            Err(fault) => {
                faults.add(fault);
                None
            }
        };
        self.chain.pop();
        faults.result(file, draft)
    }

    fn read(&mut self, root: &Node, file: &str, faults: &mut Collector) -> Option<Draft> {
        if !yaml::known_format(root, faults) {
            return None;
        }
        let fields = Fields::read(root, "baseline", BaselineFile::KEYS, faults)?;
        yaml::format(&fields, faults);
        let id = id(&fields, faults);
        let title = fields.get("title").and_then(|node| yaml::text(node, "title", faults));
        let base = self.base(fields.get("extends"), faults);
        let without = without(fields.get("without"), &base, faults);
        let names = names(&fields, &base, file, faults);
        let own = rules(&fields, &base, &names, faults);
        merge::contradictions(&own, faults);
        let rules = match base {
            Base::None | Base::Lost => own,
            Base::Found(base) => merge::merged(base.rules, own, &without),
        };
        if rules.is_empty() && !without.is_empty() {
            faults.plain(fields.place, "baseline has no rule left");
        }
        merge::overlaps(&rules, file, faults);
        let id = id?;
        Some(Draft {
            title: title.unwrap_or(&id).to_owned(),
            id,
            sources: names.sources,
            sets: names.sets,
            rules,
        })
    }
}

fn id(fields: &Fields<'_>, faults: &mut Collector) -> Option<String> {
    const HINT: &str = "an id is small letters, digits and hyphens, such as contoso-pim";
    let node = fields.required("id", HINT, faults)?;
    let id = yaml::text(node, "id", faults)?;
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !id.split('-').all(|word| !word.is_empty() && word.chars().all(good)) {
        faults.hinted(node.place, format!("id cannot be {}", shown(id)), HINT);
        return None;
    }
    Some(id.to_owned())
}

fn rules(fields: &Fields<'_>, base: &Base, names: &Names, faults: &mut Collector) -> Vec<Placed> {
    let node = if matches!(base, Base::None) {
        fields.required("rules", "a baseline that extends no other states its own rules", faults)
    } else {
        fields.get("rules")
    };
    let Some(node) = node else { return Vec::new() };
    let nodes = yaml::list(node, "rules", faults);
    if nodes.is_empty() && matches!(base, Base::None) && matches!(node.value, Value::List(_)) {
        faults.plain(node.place, "rules lists no rule");
    }
    nodes.iter().filter_map(|node| rule(node, names, faults)).collect()
}

#[cfg(test)]
mod tests {
    use super::testing::{END, HEAD, faults, load_with};
    use super::*;
    use crate::baseline::{Itself, StandsFor};
    use crate::model::{IsoDuration, Label, RoleId, Severity, Tier, roles};

    #[test]
    fn a_whole_file_is_read() {
        let text = "\u{feff}format: 1
id: contoso-pim
title: Contoso
sources:
  policy: { title: Contoso policy, date: 2026-01-31, url: 'https://contoso.example/policy' }
roles:
  guarded: [Global Administrator, 0f0f0f0f-1111-4222-8333-444444444444]
rules:
  - check: activation-too-long
    on: { roles: guarded }
    expect: { at_most: PT8H, ideal: PT1H }
    severity: high
    source: policy
    because: >
      A working day
      is enough.
  - { check: missing-licence, severity: low, info: true, source: policy, because: It is asked for. }
";
        let baseline = load_with(text, &[]).unwrap();
        assert_eq!((baseline.id.as_str(), baseline.title.as_str()), ("contoso-pim", "Contoso"));
        assert_eq!(baseline.origin, "own.yaml");
        assert_eq!(baseline.sources["policy"].date.as_deref(), Some("2026-01-31"));
        let [first, second] = &baseline.rules[..] else { panic!("{baseline:?}") };
        assert_eq!((first.check.id, first.line), ("activation-too-long", 9));
        assert_eq!(first.severity, Severity::High);
        assert_eq!(first.origin.because, "A working day is enough.");
        assert_eq!(first.origin.title, "Contoso policy");
        assert_eq!(first.on.to_string(), "roles guarded");
        assert!(first.on.matches(
            &[StandsFor {
                role: &RoleId::new(roles::GLOBAL_ADMINISTRATOR),
                tier: Tier::Critical,
                label: Label::Privileged,
                own: true,
            }],
            Itself::Other
        ));
        let hour = IsoDuration::parse("PT1H").unwrap();
        let day = IsoDuration::parse("PT8H").unwrap();
        assert_eq!(first.expect, Expect::at_most(day, Some(hour)));
        assert_eq!(
            (&second.on, &second.expect, second.info),
            (&Selector::All, &Expect::Required, true)
        );
        assert_eq!(second.line, 17);
    }

    #[test]
    fn the_table_for_all_is_kept_for_the_other_checks() {
        for (on, expected) in [("all", true), ("{ role: Global Reader }", false)] {
            let rule = format!(
                "rules:\n  - {{ check: roles-table-mismatch, on: {on}, \
                 expect: {{ table: {{ Global Reader: active }} }}, {END}\n"
            );
            let baseline = load_with(&format!("{HEAD}{rule}"), &[]).unwrap();
            assert_eq!(baseline.table.is_some(), expected, "{on}");
        }
    }

    #[test]
    fn every_fault_of_a_file_is_told_at_once_and_by_place() {
        let text = "format: 1
titel: Contoso
id: Own Baseline
sources:
  s: { titel: Contoso policy }
  t: { title: T, url: contoso.example }
roles:
  guarded: [Globl Administrator]
rules:
  - check: activation-to-long
    on: { roles: gaurded }
    severity: severe
    source: x
  - check: activation-without-mfa
    expect: { at_most: PT8H }
    severity: high
    info: yes
    source: s
    because: ''
    severity: low
  - text
title: Contoso
title: Again
";
        assert_eq!(
            faults(text),
            "own.yaml:2:1: unknown key of baseline: titel\n  hint: did you mean title?\n\
             own.yaml:3:5: id cannot be Own Baseline\n  hint: an id is small letters, digits and hyphens, such as contoso-pim\n\
             own.yaml:5:8: unknown key of source: titel\n  hint: did you mean title?\n\
             own.yaml:6:23: url contoso.example is no web address\n  hint: it begins with https://\n\
             own.yaml:8:13: unknown role Globl Administrator\n  hint: did you mean Global Administrator?\n\
             own.yaml:10:5: rule has no because\n  hint: say in a sentence why it is expected\n\
             own.yaml:10:12: unknown check activation-to-long\n  hint: did you mean activation-too-long?\n\
             own.yaml:11:18: unknown set of roles gaurded\n  hint: did you mean guarded?\n\
             own.yaml:12:15: unknown severity severe\n  hint: known are low, medium, high, critical\n\
             own.yaml:13:13: unknown source x\n  hint: known are s, t\n\
             own.yaml:15:13: activation-without-mfa takes another expectation\n  hint: write expect: required\n\
             own.yaml:17:11: info must be true or false, not text\n\
             own.yaml:19:14: because is empty\n\
             own.yaml:20:5: key severity is repeated\n  hint: it is first given in line 16\n\
             own.yaml:21:5: rule must be a mapping, not text\n\
             own.yaml:23:1: key title is repeated\n  hint: it is first given in line 22"
        );
    }

    #[test]
    fn what_a_file_cannot_do_without_is_asked_for() {
        for (text, expected) in [
            ("", "own.yaml:1:1: baseline is empty"),
            ("- a\n", "own.yaml:1:1: baseline must be a mapping, not a list"),
            (
                "format: 2\nnew_key: 1\n",
                "own.yaml:1:9: unknown format 2\n  hint: this version of pimaudit reads format 1",
            ),
            (
                "id: own\nrules: []\n",
                "own.yaml:1:1: baseline has no format\n  hint: write format: 1\nown.yaml:2:8: rules lists no rule",
            ),
            (
                "format: one\n",
                "own.yaml:1:1: baseline has no id\n  hint: an id is small letters, digits and hyphens, such as contoso-pim\n\
                 own.yaml:1:1: baseline has no rules\n  hint: a baseline that extends no other states its own rules\n\
                 own.yaml:1:9: format must be 1, not text\n  hint: write format: 1",
            ),
        ] {
            assert_eq!(faults(text), expected, "{text:?}");
        }
        let broken = faults("format: 1\nrules: [\n");
        assert!(broken.starts_with("own.yaml:"), "{broken}");
        assert!(broken.contains(": not readable as YAML: "), "{broken}");
    }
}
