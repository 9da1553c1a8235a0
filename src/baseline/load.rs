//! Reads a baseline file into a valid baseline: names resolved, the base it extends put underneath,
//! every fault reported.
//!
//! Where a file or a built-in baseline comes from is the caller's: nothing here opens a file.

use super::expectation::{expectation, word};
use super::faults::{Collector, Fault, Faults, Place, nearest, shown};
use super::format::{BaselineFile, RuleEntry, SourceEntry};
use super::merge::{self, Placed};
use super::select::{Selector, Sets, role_list, selector};
use super::yaml::{self, Fields, Node, Value};
use super::{Baseline, Groups, MetInPart, Rule, Source, builtin};
use crate::checks::{self, CHECKS, Check, Expect, Subjects};
use crate::model::{RuleOrigin, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Baselines that may extend one another in a row.
const LONGEST_CHAIN: usize = 8;
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

/// What `extends` led to.
enum Base {
    /// The file extends nothing.
    None,
    /// It could not be loaded: what it would have defined is unknown, not wrong.
    Lost,
    /// The baseline.
    Found(Draft),
}

/// What the rules of a file may refer to.
struct Names {
    sources: Sources,
    sets: Sets,
    /// False when a base that may define more was lost.
    all_known: bool,
    file: Arc<str>,
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

    fn base(&mut self, node: Option<&Node>, faults: &mut Collector) -> Base {
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

fn without(node: Option<&Node>, base: &Base, faults: &mut Collector) -> BTreeSet<&'static str> {
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

fn names(fields: &Fields<'_>, base: &Base, file: &str, faults: &mut Collector) -> Names {
    let (mut sources, mut sets) = match base {
        Base::None | Base::Lost => (Sources::new(), Sets::new()),
        Base::Found(base) => (base.sources.clone(), base.sets.clone()),
    };
    if let Some(node) = fields.get("sources") {
        for entry in yaml::entries(node, "sources", faults) {
            // One with a fault still has a name that rules may use.
            sources.insert(entry.key.to_owned(), source(entry.node, faults));
        }
    }
    if let Some(node) = fields.get("roles") {
        for entry in yaml::entries(node, "roles", faults) {
            let what = format!("set {}", shown(entry.key));
            let roles = role_list(entry.node, &what, faults).unwrap_or_default();
            sets.insert(entry.key.to_owned(), roles);
        }
    }
    Names { sources, sets, all_known: !matches!(base, Base::Lost), file: file.into() }
}

fn source(node: &Node, faults: &mut Collector) -> Source {
    let nameless = Source { title: String::new(), date: None, url: None };
    let Some(fields) = Fields::read(node, "source", SourceEntry::KEYS, faults) else {
        return nameless;
    };
    let text = |key: &str, faults: &mut Collector| {
        fields.get(key).and_then(|node| yaml::text(node, key, faults)).map(str::to_owned)
    };
    let date = text("date", faults);
    let url = text("url", faults);
    if let (Some(url), Some(node)) = (&url, fields.get("url"))
        && !["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
    {
        let message = format!("url {} is no web address", shown(url));
        faults.hinted(node.place, message, "it begins with https://");
    }
    let title = fields.required("title", "give the title of the document", faults);
    let title = title.and_then(|node| yaml::text(node, "title", faults));
    Source { title: title.unwrap_or_default().to_owned(), date, url }
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

/// Reads one rule. All of it is looked at before the first fault ends it.
fn rule(node: &Node, names: &Names, faults: &mut Collector) -> Option<Placed> {
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

const MET_IN_PART: [(&str, MetInPart); 2] =
    [("fail", MetInPart::Fails), ("pass", MetInPart::Passes)];

/// The check of the tenant that looks at holders of a role.
const HOLDERS: &str = "global-administrator-count";

/// Whether a check looks at who holds roles, through groups too.
fn is_of_holders(check: &Check) -> bool {
    check.id == HOLDERS
        || matches!(
            check.subjects,
            Subjects::PrivilegedPrincipals | Subjects::PrivilegedServicePrincipals
        )
}

fn groups(node: &Node, check: Option<&Check>, faults: &mut Collector) -> Option<Groups> {
    if check.is_some_and(is_of_holders) {
        if matches!(&node.value, Value::Text(word) if word == "direct") {
            return Some(Groups::Direct);
        }
        let message = "groups can only be direct for a check of holders".to_owned();
        faults.hinted(node.place, message, "write groups: direct, or leave it out of this rule");
        return None;
    }
    if let Some(check) = check
        && !check.subjects.has_groups()
    {
        let message = format!("{} judges no groups", check.id);
        faults.hinted(node.place, message, "leave groups out of this rule");
        return None;
    }
    if let Value::Text(word) = &node.value {
        if word != "members" {
            let message = format!("groups cannot be {}", shown(word));
            faults.hinted(node.place, message, "write true, false or members");
            return None;
        }
        return Some(Groups::Members);
    }
    let all = yaml::flag(node, "groups", faults)?;
    Some(if all { Groups::All } else { Groups::None })
}

fn unused(
    node: &Node,
    check: Option<&Check>,
    on: Option<&Selector>,
    faults: &mut Collector,
) -> Option<bool> {
    if let Some(check) = check
        && !check.subjects.has_roles()
    {
        let message = format!("{} judges no roles", check.id);
        faults.hinted(node.place, message, "leave unused out of this rule");
        return None;
    }
    let flag = yaml::flag(node, "unused", faults)?;
    if flag && on.is_some_and(|on| on.roles().next().is_none()) {
        let message = "roles that nobody holds are judged where the rule names them".to_owned();
        faults.hinted(
            node.place,
            message,
            "name the roles: on: { roles: ... } or on: { role: ... }",
        );
        return None;
    }
    Some(flag)
}

fn check(node: &Node, faults: &mut Collector) -> Option<&'static Check> {
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

fn subjects(
    fields: &Fields<'_>,
    check: Option<&'static Check>,
    names: &Names,
    faults: &mut Collector,
) -> Option<Selector> {
    let Some(node) = fields.get("on") else { return Some(Selector::All) };
    let on = selector(node, &names.sets, names.all_known, faults)?;
    if let Some(check) = check {
        let alerts = check.subjects == Subjects::Alerts;
        match &on {
            Selector::All => {}
            Selector::Alert(_) if alerts => {}
            Selector::Groups | Selector::Sensitive if check.subjects.has_groups() => {}
            Selector::Groups | Selector::Sensitive => {
                let message = format!("{} does not judge groups", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Alert(_) => {
                let message = format!("{} does not judge alerts", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Holders if check.subjects.are_people() => {}
            Selector::Holders => {
                let message = format!("{} does not judge people", check.id);
                faults.hinted(node.place, message, "leave on out, or name roles");
            }
            Selector::Tier(_) | Selector::Privileged | Selector::Set { .. } | Selector::Role(_)
                if alerts =>
            {
                let message = format!("{} judges alerts, not roles", check.id);
                faults.hinted(node.place, message, "write on: { alert: stale-sign-in }");
            }
            Selector::Tier(_) | Selector::Privileged | Selector::Set { .. } | Selector::Role(_) => {
                if matches!(check.subjects, Subjects::Tenant | Subjects::BypassingApplications) {
                    let message = format!("{} judges the tenant as a whole, not roles", check.id);
                    faults.hinted(node.place, message, "leave on out");
                }
            }
        }
    }
    Some(on)
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
    use super::*;
    use crate::baseline::{Itself, StandsFor};
    use crate::model::{GroupAccess, IsoDuration, Label, RoleId, Tier, roles};

    const HEAD: &str = "format: 1\nid: own\nsources:\n  s: { title: Contoso policy }\n";
    const END: &str = "severity: high, source: s, because: so }";

    /// Files that `extends` may find, by name.
    fn load_with(text: &str, files: &[(&str, &str)]) -> Result<Baseline, String> {
        let resolve = |name: &str| {
            let found = files.iter().find(|(file, _)| *file == name);
            found.map(|(file, text)| ((*text).to_owned(), (*file).to_owned()))
        };
        load(text, "own.yaml", &resolve).map_err(|faults| faults.to_string())
    }

    fn faults(text: &str) -> String {
        load_with(text, &[]).unwrap_err()
    }

    /// The faults of a file with these rules; the first rule stands in line 8.
    fn faults_of_rules(rules: &[&str]) -> String {
        let sets = "roles:\n  guarded: [Global Administrator, User Administrator]\nrules:\n";
        let rules: String = rules.iter().map(|rule| format!("  - {rule}\n")).collect();
        faults(&format!("{HEAD}{sets}{rules}"))
    }

    fn limit(baseline: &Baseline, index: usize) -> String {
        match baseline.rules[index].expect.durations() {
            Some((_, at_most)) => at_most.to_iso(),
            None => panic!("{:?}", baseline.rules[index]),
        }
    }

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

    fn too_long(on: &str, at_most: &str) -> String {
        format!("{{ check: activation-too-long, on: {on}, expect: {{ at_most: {at_most} }}, {END}")
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

    fn digest(text: &str) -> String {
        load_with(text, &[("base", BASE)]).unwrap().digest
    }

    #[test]
    fn a_rule_says_what_in_part_counts_for_and_whether_groups_are_meant() {
        let rule = |more: &str| {
            let text = format!("{{ check: unannounced-activation{more}, {END}");
            load_with(&format!("{HEAD}rules:\n  - {text}\n"), &[]).unwrap().rules[0].clone()
        };
        for (more, met_in_part, groups, meant) in [
            ("", None, Groups::All, [true; 3]),
            (", met_in_part: fail", Some(MetInPart::Fails), Groups::All, [true; 3]),
            (", groups: true", None, Groups::All, [true; 3]),
            (
                ", met_in_part: pass, groups: false",
                Some(MetInPart::Passes),
                Groups::None,
                [false; 3],
            ),
            (", groups: members", None, Groups::Members, [true, false, false]),
        ] {
            let rule = rule(more);
            assert_eq!((rule.met_in_part, rule.groups), (met_in_part, groups), "{more}");
            let global = RoleId::new("62e90394-69f5-4237-9190-012177145e10");
            let holds = StandsFor {
                role: &global,
                tier: Tier::Critical,
                label: Label::Privileged,
                own: true,
            };
            let leads_to = StandsFor { own: false, ..holds };
            assert!(rule.is_for(&[holds], Itself::Other));
            let found = [
                (holds, GroupAccess::Member),
                (leads_to, GroupAccess::Member),
                (holds, GroupAccess::Owner),
            ]
            .map(|(role, access)| rule.is_for(&[role], Itself::Group(access)));
            assert_eq!(found, meant, "{more}");
        }
    }

    #[test]
    fn a_rule_for_groups_may_be_for_their_members_whatever_they_hold() {
        let (member, owner) = (GroupAccess::Member, GroupAccess::Owner);
        let global = RoleId::new("62e90394-69f5-4237-9190-012177145e10");
        let leads_to =
            StandsFor { role: &global, tier: Tier::Critical, label: Label::Privileged, own: false };
        let nothing: &[StandsFor<'_>] = &[];
        let leading: &[StandsFor<'_>] = &[leads_to];
        // Without a role, leading to one; as a sensitive group, and its owners.
        for (on, groups, expected) in [
            ("groups", "true", [true; 4]),
            ("groups", "members", [true, true, true, false]),
            ("groups", "false", [false; 4]),
            ("sensitive", "true", [false, false, true, true]),
            ("sensitive", "members", [false, false, true, false]),
            ("sensitive", "false", [false; 4]),
            ("all", "members", [false; 4]),
        ] {
            let rule =
                format!("{{ check: activation-without-mfa, on: {on}, groups: {groups}, {END}");
            let baseline = load_with(&format!("{HEAD}rules:\n  - {rule}\n"), &[]).unwrap();
            let found = [
                (nothing, Itself::Group(member)),
                (leading, Itself::Group(member)),
                (nothing, Itself::SensitiveGroup(member)),
                (nothing, Itself::SensitiveGroup(owner)),
            ]
            .map(|(roles, itself)| baseline.rules[0].is_for(roles, itself));
            assert_eq!(found, expected, "{on} {groups}");
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
    fn of_groups_direct_members_alone_may_be_meant_by_a_rule_for_holders() {
        for (check, expect) in [
            ("synced-privileged-account", ""),
            ("privileged-workload-identity", ""),
            ("global-administrator-count", ", expect: { pass: [2, 4] }"),
        ] {
            let load = |more: &str| {
                let text = format!("{{ check: {check}{expect}{more}, {END}");
                load_with(&format!("{HEAD}rules:\n  - {text}\n"), &[]).unwrap()
            };
            let (direct, all) = (load(", groups: direct"), load(""));
            assert_eq!(
                (direct.rules[0].groups, all.rules[0].groups),
                (Groups::Direct, Groups::All)
            );
            assert_ne!(direct.digest, all.digest, "{check}");
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
        ] {
            assert_ne!(other, plain, "{what}");
        }
    }
}
