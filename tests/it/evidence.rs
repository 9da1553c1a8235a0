//! `evidence`: the same input gives the same bytes, and a changed byte anywhere is named.

use crate::support::program::program;
use std::path::Path;

const OWN: &str = "\
format: 1
id: own
title: Our own
extends: ./base.yaml
sources: { us: { title: Our policy } }
rules:
  - { check: activation-too-long, on: { tier: critical }, expect: { at_most: PT2H }, severity: high, source: us, because: We say so. }
";
const BASE: &str = "\
format: 1
id: base
title: What all of us ask
extends: microsoft-secops
rules: []
";

fn packed(folder: &Path, name: &str, arguments: &[&str]) -> String {
    let path = folder.join(name).display().to_string();
    let run = program(&[&["evidence", "-o", &path], arguments].concat()).within(folder).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    path
}

#[test]
fn a_package_is_the_same_each_time_and_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.yaml"), OWN).unwrap();
    std::fs::write(folder.path().join("base.yaml"), BASE).unwrap();
    std::fs::write(
        folder.path().join("pimaudit.yaml"),
        "format: 1\ntenant: 7f3a0000-0000-4000-8000-000000000001\nbreak_glass: [bg1@contoso.onmicrosoft.com]\n",
    )
    .unwrap();
    for arguments in [
        &["--sample"] as &[&str],
        &["--sample", "--baseline", "./own.yaml", "--baseline", "cis-m365"],
        &["--sample", "--controls", "mcsb", "--now", "2026-12-24T00:00:00Z"],
        &["--sample", "--without", "AuditLog.Read.All", "--no-beta"],
    ] {
        let one = packed(folder.path(), "one.zip", arguments);
        let bytes = std::fs::read(&one).unwrap();
        std::fs::remove_file(&one).unwrap();
        packed(folder.path(), "one.zip", arguments);
        assert!(bytes == std::fs::read(&one).unwrap(), "{arguments:?}");
        // Elsewhere, without the files it was made with.
        let elsewhere = tempfile::tempdir().unwrap();
        let moved = elsewhere.path().join("moved.zip");
        std::fs::copy(&one, &moved).unwrap();
        let run = program(&["evidence", "verify", "moved.zip"]).within(elsewhere.path()).run();
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.shown());
        assert!(run.stdout.contains("its reports follow from its snapshot"), "{}", run.stdout);
        let own = arguments.contains(&"./own.yaml");
        assert_eq!(run.stdout.contains("baseline own (not built-in"), own, "{}", run.stdout);
        assert!(run.stdout.contains("(built-in"), "{}", run.stdout);
    }
}

#[test]
fn a_changed_byte_anywhere_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = packed(folder.path(), "e.zip", &["--sample", "--baseline", "roles-table"]);
    let good = std::fs::read(&path).unwrap();
    let names =
        ["COMMAND.txt", "SHA256SUMS", "baseline/", "report/report.csv", "report/report.json"];
    let names = names.into_iter().chain(["report/report.html", "run.json", "snapshot.json.gz"]);
    let find = |what: &[u8]| good.windows(what.len()).position(|it| it == what).unwrap();
    for name in names {
        let place = find(name.as_bytes());
        // The name itself, what stands before it in its header, and what it holds.
        for offset in [0_isize, -12, 200] {
            let mut bytes = good.clone();
            let at = place.checked_add_signed(offset).unwrap();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            let run = program(&["evidence", "verify", &path]).run();
            assert_eq!(run.code, 1, "{name} at {offset}: {}", run.shown());
            assert!(!run.stdout.is_empty(), "{name} at {offset} is not named");
        }
    }
    let last = good.len() - 1;
    for (at, bytes) in [(last, &good[..last]), (0, &good[1..])] {
        std::fs::write(&path, bytes).unwrap();
        let run = program(&["evidence", "verify", &path]).run();
        assert_eq!(run.code, 1, "cut at {at}: {}", run.shown());
    }
}

#[test]
fn what_cannot_be_evidence_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("text.zip"), "hello").unwrap();
    std::fs::write(folder.path().join("key"), [7_u8; 40]).unwrap();
    for (arguments, code, expected) in [
        (vec!["evidence".to_owned()], 2, "-o"),
        (vec!["evidence".to_owned(), "verify".to_owned(), at("none.zip")], 2, "cannot read"),
        (vec!["evidence".to_owned(), "verify".to_owned(), at("text.zip")], 1, "too short"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = program(&arguments).run();
        assert_eq!(run.code, code, "{arguments:?}: {}", run.shown());
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
