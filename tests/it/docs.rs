//! What is written down is what the program says: pages, tables and schemas made from the code.
//!
//! With `PIMAUDIT_UPDATE=1` the files are written anew instead of compared.

use crate::support::program::program;
use pimaudit::baseline::{Baseline, bind, builtin};
use pimaudit::checks::{CHECKS, Check};
use std::fmt::Write as _;
use std::path::Path;

/// Compares a file with what it should hold, or writes it.
fn current(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("PIMAUDIT_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{} is not current, run `just update`", path.display());
}

/// Puts generated text between two markers of a file.
fn between(text: &str, name: &str, generated: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let first = text.find(&start).unwrap_or_else(|| panic!("no marker {start}")) + start.len();
    let last = text[first..].find(&end).unwrap_or_else(|| panic!("no marker {end}")) + first;
    format!("{}{generated}{}", &text[..first], &text[last..])
}

fn baselines() -> Vec<Baseline> {
    builtin::names().map(|name| builtin::load(name).unwrap()).collect()
}

fn page(check: &Check, baselines: &[Baseline]) -> String {
    let mut text = format!("# {}\n\n{}.\n\n{}\n\n", check.id, check.title, check.what);
    let _ = write!(text, "## Why it is bad\n\n{}\n\n", check.why);
    let _ = write!(text, "## How to mend it\n\n{}\n\n", check.fix.portal);
    for call in check.fix.graph {
        match call.split_once(" {\"") {
            Some((request, body)) => {
                let _ = write!(text, "```http\n{request}\n\n{{\"{body}\n```\n\n");
            }
            None => {
                let _ = write!(text, "```http\n{call}\n```\n\n");
            }
        }
    }
    if check.fix.graph.iter().any(|call| call.contains('{')) {
        text.push_str(
            "`{policy}`, `{role}`, `{group}` and `{principal}` stand for the ids of the finding; a report fills \
             them in and leaves out the calls of the other kind of access.\n\n",
        );
    }
    text.push_str("## What it reads\n\n");
    let datasets = check.reads();
    for dataset in &datasets {
        let facts = dataset.facts();
        let _ = writeln!(text, "- {}: {} ({})", facts.name, facts.title, facts.permission);
    }
    if datasets.is_empty() {
        text.push_str("Nothing from Graph.\n");
    }
    let _ =
        write!(text, "\n## In the built-in baselines\n\nIt judges {}. ", check.subjects.in_words());
    let _ = write!(text, "Its expectation is written `expect: {}`", check.expect.example());
    if let Some(meaning) = check.expect.default_meaning() {
        let _ = write!(text, "; without one, or with `expect: required`, it is judged {meaning}");
    }
    text.push_str(".\n\n");
    for variant in check.variants {
        let _ = writeln!(text, "- `expect: {}`: {}.", variant.name, variant.meaning);
    }
    if !check.variants.is_empty() {
        text.push('\n');
    }
    let mut rows = String::new();
    for baseline in baselines {
        for rule in baseline.rules.iter().filter(|rule| rule.check.id == check.id) {
            let weight = if rule.info { "information" } else { rule.severity.name() };
            let because = rule.origin.because.replace('|', "\\|");
            let _ = writeln!(rows, "| {} | {} | {weight} | {because} |", baseline.id, rule.on);
        }
    }
    if rows.is_empty() {
        text.push_str("No built-in baseline asks for it; use it in your own.\n");
    } else {
        let _ = write!(
            text,
            "| baseline | on | severity | because |\n| --- | --- | --- | --- |\n{rows}"
        );
    }
    let waivable = if check.waivable { "can" } else { "cannot" };
    let _ = write!(text, "\nA failure {waivable} be waived.\n\n## Where it comes from\n\n");
    for reference in check.references {
        let _ = writeln!(text, "- {reference}");
    }
    text
}

#[test]
fn every_check_has_a_current_page() {
    let baselines = baselines();
    let mut index =
        "# Checks\n\nMade from the code; `pimaudit explain CHECK` says the same.\n\n".to_owned();
    index.push_str("| check | judges | title |\n| --- | --- | --- |\n");
    for check in CHECKS {
        let id = check.id;
        let _ = writeln!(
            index,
            "| [{id}]({id}.md) | {} | {} |",
            check.subjects.in_words(),
            check.title
        );
        current(&format!("docs/checks/{id}.md"), &page(check, &baselines));
    }
    current("docs/checks/README.md", &index);
    let known: Vec<String> = CHECKS.iter().map(|check| format!("{}.md", check.id)).collect();
    for entry in std::fs::read_dir("docs/checks").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || known.contains(&name), "docs/checks/{name} has no check");
    }
}

#[test]
fn the_readme_shows_a_real_report_and_the_real_permissions() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let report = program(&["audit", "--sample"]).env("COLUMNS", "100").run().stdout;
    let mut permissions =
        "| permission | reads | checks it buys |\n| --- | --- | --- |\n".to_owned();
    let json = program(&["permissions", "--format", "json"]).run().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for need in json["permissions"].as_array().unwrap() {
        let words = |list: &serde_json::Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let _ = writeln!(
            permissions,
            "| `{}` | {} | {} |",
            need["permission"].as_str().unwrap(),
            words(&need["datasets"]).join(", "),
            words(&need["checks"]).len()
        );
    }
    let wanted = between(&readme, "report", &format!("```text\n{report}```\n"));
    let wanted = between(&wanted, "permissions", &permissions);
    current("README.md", &wanted);
}

#[test]
fn the_readme_counts_the_rules_of_each_baseline() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    for baseline in baselines() {
        let start = format!("| `{}` | {} |", baseline.id, baseline.rules.len());
        assert!(readme.contains(&start), "README.md lacks {start}");
    }
}

#[test]
fn the_permissions_of_the_plan_hold_every_dataset_of_every_check() {
    for baseline in baselines() {
        let datasets = pimaudit::baseline::datasets(std::slice::from_ref(&baseline));
        for bound in bind(&baseline).checks {
            for dataset in bound.check.reads() {
                assert!(datasets.contains(&dataset), "{}: {dataset}", bound.check.id);
            }
        }
    }
}

/// Every piece of output in the page on formats is cut from what the program writes.
#[test]
fn the_pieces_of_the_formats_are_real() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut pieces = 0;
    for part in page.split("<!-- piece ").skip(1) {
        let (format, rest) = part.split_once(" -->\n```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let (block, _) = rest.split_once("\n```").unwrap();
        let audit = ["audit", "--sample", "--baseline", "scuba-aad", "--format", format];
        let written = program(&audit).run().stdout;
        for run in block.split("\n…\n") {
            assert!(written.contains(run), "{format} does not write:\n{run}");
        }
        pieces += 1;
    }
    // The workbook has no text to show.
    assert_eq!(pieces, pimaudit::report::format::Format::ALL.len() - 1);
    for format in pimaudit::report::format::Format::ALL {
        assert!(page.contains(&format!("\n## {}\n", format.name())), "{}", format.name());
    }
}
