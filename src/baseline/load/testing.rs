//! What the tests of reading a baseline have in common.

use super::load;
use crate::baseline::Baseline;

pub(super) const HEAD: &str = "format: 1\nid: own\nsources:\n  s: { title: Contoso policy }\n";
pub(super) const END: &str = "severity: high, source: s, because: so }";

/// Files that `extends` may find, by name.
pub(super) fn load_with(text: &str, files: &[(&str, &str)]) -> Result<Baseline, String> {
    let resolve = |name: &str| {
        let found = files.iter().find(|(file, _)| *file == name);
        found.map(|(file, text)| ((*text).to_owned(), (*file).to_owned()))
    };
    load(text, "own.yaml", &resolve).map_err(|faults| faults.to_string())
}

pub(super) fn faults(text: &str) -> String {
    load_with(text, &[]).unwrap_err()
}

/// The faults of a file with these rules; the first rule stands in line 8.
pub(super) fn faults_of_rules(rules: &[&str]) -> String {
    let sets = "roles:\n  guarded: [Global Administrator, User Administrator]\nrules:\n";
    let rules: String = rules.iter().map(|rule| format!("  - {rule}\n")).collect();
    faults(&format!("{HEAD}{sets}{rules}"))
}

pub(super) fn limit(baseline: &Baseline, index: usize) -> String {
    match baseline.rules[index].expect.durations() {
        Some((_, at_most)) => at_most.to_iso(),
        None => panic!("{:?}", baseline.rules[index]),
    }
}

pub(super) fn too_long(on: &str, at_most: &str) -> String {
    format!("{{ check: activation-too-long, on: {on}, expect: {{ at_most: {at_most} }}, {END}")
}
