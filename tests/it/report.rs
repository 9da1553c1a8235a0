//! `report`: a saved report in any format says what the run said that saved it.

use crate::support::program::program;
use std::path::Path;

fn saved(folder: &Path, arguments: &[&str]) -> String {
    let path = folder.join("saved.json").display().to_string();
    let all = [&["audit", "--quiet", "-o", &path], arguments].concat();
    let run = program(&all).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    path
}

#[test]
fn a_saved_report_is_written_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--sample"] as &[&str],
        &["--sample", "--baseline", "all", "--controls", "nist-800-53"],
        &["--sample", "--without", "PrivilegedAccess.Read.AzureADGroup"],
    ] {
        let path = saved(folder.path(), arguments);
        let again = program(&["report", &path, "-o", "json=-"]).run();
        assert_eq!(again.code, 0, "{}", again.shown());
        assert!(again.stdout == std::fs::read_to_string(&path).unwrap(), "{arguments:?}");
    }
}

#[test]
fn the_table_of_a_saved_report_is_that_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, options) in [
        (&["--sample"] as &[&str], &[] as &[&str]),
        (&["--sample"], &["--show", "all", "--explain-score"]),
        (&["--sample", "--baseline", "scuba-aad", "--baseline", "cis-m365"], &["--show", "failed"]),
    ] {
        let path = saved(folder.path(), arguments);
        let run = program(&[&["audit"], arguments, options].concat()).run();
        let again = program(&[&["report", &path], options].concat()).run();
        assert_eq!(again.stdout, run.stdout, "{arguments:?} {options:?}");
        assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    }
    let path = saved(folder.path(), &["--sample", "--baseline", "all"]);
    let run = program(&["audit", "--sample", "--baseline", "all"]).run();
    assert_eq!(program(&["report", &path, "--matrix"]).run().stdout, run.stdout);
}

#[test]
fn what_is_no_report_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    for (path, expected) in [
        (folder.path().join("absent.json").display().to_string(), "cannot read"),
        (path("text.json", "hello"), "it is no pimaudit report"),
        (path("foreign.json", "{\"schema\":\"x/1\"}"), "this version reads \"pimaudit.report/1\""),
        (path("cut.json", "{\"schema\":\"pimaudit.report/1\"}"), "missing field"),
    ] {
        let run = program(&["report", &path]).run();
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    let own = saved(folder.path(), &["--sample"]);
    let run = program(&["report", &own, "-o", &own]).run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.stderr.contains("the report that is read"), "{}", run.stderr);
}
