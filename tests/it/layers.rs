//! Who may use whom: every `crate::` path in `src` is held against the table of the architecture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A layer may use those it lists, and `model`; `cli` may use all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("auth", &[]),
    ("graph", &["auth"]),
    ("snapshot", &[]),
    ("collect", &["graph", "snapshot"]),
    ("resolve", &["snapshot"]),
    ("facts", &[]),
    ("activations", &["facts"]),
    ("checks", &["facts"]),
    ("baseline", &["checks"]),
    ("score", &[]),
    ("evaluate", &["facts", "checks", "baseline", "score"]),
    ("report", &["score"]),
    ("diff", &["score"]),
    ("precheck", &["baseline", "checks", "evaluate", "facts", "score"]),
    (
        "assemble",
        &[
            "activations",
            "baseline",
            "checks",
            "diff",
            "evaluate",
            "facts",
            "precheck",
            "report",
            "score",
            "snapshot",
        ],
    ),
    ("store", &["score", "snapshot"]),
    ("evidence", &[]),
    ("remediate", &["report", "snapshot"]),
];

fn layer_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    let name = first.trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Layers named in the code of a file; the part with unit tests may use what it needs to build cases.
fn used(text: &str, layers: &BTreeSet<&str>) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let pattern = regex::Regex::new(r"(?:crate|super::super)::(\{|\w+)").unwrap();
    let mut used = BTreeSet::new();
    for found in pattern.captures_iter(code) {
        let start = found.get(1).unwrap();
        let names = match start.as_str() {
            "{" => first_names(&code[start.end()..]),
            name => vec![name],
        };
        used.extend(names.into_iter().filter(|it| layers.contains(it)).map(str::to_owned));
    }
    used
}

/// The first name of each entry of a list in braces, whatever lists its entries have themselves.
fn first_names(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (place, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let entry = &list[start..place];
                names.push(entry.trim().split("::").next().unwrap_or_default());
                start = place + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_layer_uses_only_what_it_may() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let layers: BTreeSet<&str> = table.keys().copied().chain(["cli"]).collect();
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &files {
        let Some(layer) = layer_of(file) else { continue };
        assert!(layers.contains(layer.as_str()), "{} is in no known layer", file.display());
        seen.insert(layer.clone());
        // The builder of test tenants asks the evaluation for subjects.
        // A file of tests builds tenants as it likes.
        if layer == "cli" || file.ends_with("checks/testing.rs") || file.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap();
        for other in used(&text, &layers) {
            let allowed = other == layer
                || other == "model"
                || table[layer.as_str()].contains(&other.as_str());
            if !allowed {
                faults.push(format!("{} ({layer}) uses {other}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert_eq!(seen.len(), layers.len(), "layers without a file: {layers:?} against {seen:?}");
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let layers = BTreeSet::from(["graph", "model", "report"]);
    for (text, expected) in [
        ("use crate::graph::Client;", vec!["graph"]),
        ("use crate::{model::Id, report::table};", vec!["model", "report"]),
        ("use crate::{model::{Id, Gap}, graph::B};", vec!["graph", "model"]),
        ("use crate::{\n    report::{a::{B, C}, D},\n    model,\n};", vec!["model", "report"]),
        ("let x = crate::report::Report;", vec!["report"]),
        ("use super::super::graph;", vec!["graph"]),
        ("use std::graph;", vec![]),
        ("fn a() {}\n#[cfg(test)]\nmod tests { use crate::graph; }", vec![]),
    ] {
        assert_eq!(used(text, &layers).into_iter().collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn only_the_outer_layers_are_asynchronous() {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    for file in files {
        let layer = layer_of(&file).unwrap_or_default();
        if !["auth", "graph", "collect", "store", "cli", ""].contains(&layer.as_str()) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                !["async fn", "async move", "async {"].iter().any(|it| text.contains(it)),
                "{} is asynchronous",
                file.display()
            );
        }
    }
}
