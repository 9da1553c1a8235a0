//! Packages that were changed, and what is said of each.

use super::*;
use std::collections::BTreeSet;
use std::io::Write as _;

fn run() -> Run {
    Run {
        schema: SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        now: "2026-11-02T09:00:00Z".parse().unwrap(),
        baselines: vec!["recommended.yaml".to_owned()],
        configuration: None,
        controls: None,
    }
}

const REPORT: &str = r#"{"baselines":[{"id":"recommended","findings":[
{"check":"a-check","subject":{"key":"tenant"},"outcome":"fail"},
{"check":"b-check","subject":{"key":"tenant"},"outcome":"pass"}]}]}"#;

fn material() -> Material {
    Material {
        snapshot: vec![0x1f, 0x8b],
        reports: vec![
            ("report.json".to_owned(), REPORT.into()),
            ("report.csv".to_owned(), b"a,b\n".to_vec()),
        ],
        baselines: vec![("recommended.yaml".to_owned(), b"format: 1\n".to_vec())],
        configuration: Some(("pimaudit.yaml".to_owned(), b"format: 1\n".to_vec())),
        command: ["pimaudit", "evidence", "-o", "a b.zip"].map(str::to_owned).to_vec(),
        run: run(),
    }
}

fn made() -> Vec<(String, Vec<u8>)> {
    material().reports
}

fn bytes_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pack(entries, &mut bytes).unwrap();
    bytes
}

fn faults(bytes: &[u8]) -> Vec<String> {
    let used = ["baseline/recommended.yaml", "configuration/pimaudit.yaml"];
    let used: BTreeSet<String> = used.map(str::to_owned).into();
    verify(bytes, &|_| Ok(Again { reports: made(), used: used.clone() }))
}

#[test]
fn what_was_packed_is_proven() {
    let entries = entries(material()).unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "COMMAND.txt",
            "SHA256SUMS",
            "baseline/recommended.yaml",
            "configuration/pimaudit.yaml",
            "report/report.csv",
            "report/report.json",
            "run.json",
            "snapshot.json.gz",
        ]
    );
    assert_eq!(entries[0].bytes, b"pimaudit evidence -o 'a b.zip'\n");
    let bytes = bytes_of(&entries);
    assert_eq!(faults(&bytes), Vec::<String>::new());
    assert_eq!(bytes, bytes_of(&super::entries(material()).unwrap()));
}

#[test]
fn a_changed_byte_anywhere_is_named() {
    let bytes = bytes_of(&entries(material()).unwrap());
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(!faults(&changed).is_empty(), "byte {place}");
    }
}

/// The package with one file changed, its sums made anew when `summed`.
fn changed(name: &str, text: &str, summed: bool) -> Vec<u8> {
    let mut entries = entries(material()).unwrap();
    entries.iter_mut().find(|entry| entry.name == name).unwrap().bytes = text.into();
    if summed {
        let sums = sums(&entries);
        entries.iter_mut().find(|entry| entry.name == SUMS).unwrap().bytes = sums.into_bytes();
    }
    bytes_of(&entries)
}

#[test]
fn what_was_changed_is_told_by_name() {
    let json = "report/report.json";
    let better = REPORT.replace("fail", "pass");
    let fewer = REPORT.replace(
        ",\n{\"check\":\"b-check\",\"subject\":{\"key\":\"tenant\"},\"outcome\":\"pass\"}",
        "",
    );
    for (name, text, summed, expected) in [
        (json, better.as_str(), false, "report/report.json is not what SHA256SUMS says"),
        (
            json,
            better.as_str(),
            true,
            "report/report.json: baselines[recommended].findings[a-check on tenant].outcome is \
             \"pass\", and follows as \"fail\"",
        ),
        (
            json,
            fewer.as_str(),
            true,
            "report/report.json: baselines[recommended].findings[b-check on tenant] follows, and is \
             not there",
        ),
        (json, "{", true, "report/report.json does not follow from the packed snapshot"),
        (
            "report/report.csv",
            "x",
            true,
            "report/report.csv does not follow from the packed snapshot",
        ),
        (SUMS, "", false, "COMMAND.txt is not in SHA256SUMS"),
        (SUMS, "x", false, "SHA256SUMS has a line that is no sum"),
    ] {
        let found = faults(&changed(name, text, summed));
        assert!(found.iter().any(|it| it == expected), "{expected}: {found:?}");
    }
}

#[test]
fn files_too_many_or_too_few_are_told() {
    let all = || entries(material()).unwrap();
    let without = |name: &str| -> Vec<Entry> {
        all().into_iter().filter(|entry| entry.name != name).collect()
    };
    let with = |name: &str, text: &str| -> Vec<Entry> {
        let mut entries = all();
        entries.push(Entry::new(name, text.as_bytes().to_vec()));
        entries.sort_by(|one, two| one.name.cmp(&two.name));
        entries
    };
    // Whoever changes the files changes the sums as well.
    let summed = |mut entries: Vec<Entry>| -> Vec<Entry> {
        let text = sums(&entries);
        for entry in &mut entries {
            if entry.name == SUMS {
                entry.bytes = text.clone().into_bytes();
            }
        }
        entries
    };
    let mut more = all();
    more.push(Entry::new("virus.exe", vec![1]));
    let mut extra = all();
    extra.insert(6, Entry::new("report/report.xlsx", vec![1]));
    for (entries, expected) in [
        (without("run.json"), "run.json is missing"),
        (without("run.json"), "run.json is in SHA256SUMS and nowhere else"),
        (without(SUMS), "SHA256SUMS is missing"),
        (more.clone(), "virus.exe belongs to no evidence"),
        (more, "virus.exe is not in SHA256SUMS"),
        (summed(without("report/report.csv")), "report/report.csv is missing"),
        (summed(without("baseline/recommended.yaml")), "baseline/recommended.yaml is missing"),
        (summed(with("baseline/other.yaml", "x")), "baseline/other.yaml belongs to no evidence"),
        (extra, "report/report.xlsx belongs to no evidence"),
    ] {
        let found = faults(&bytes_of(&entries));
        assert!(found.iter().any(|it| it == expected), "{expected}: {found:?}");
    }
    let found = verify(&bytes_of(&all()), &|_| Err("no snapshot".to_owned()));
    assert_eq!(found, ["the packed snapshot cannot be judged again: no snapshot"]);
}

#[test]
fn a_package_of_another_program_tells_what_was_changed() {
    let zipped = |text: &[u8]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for entry in entries(material()).unwrap() {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(entry.name.as_str(), options).unwrap();
            let is_csv = entry.name == "report/report.csv";
            writer.write_all(if is_csv { text } else { &entry.bytes }).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    for (text, expected) in [
        (b"a,b\n".as_slice(), None),
        (b"a,c\n".as_slice(), Some("report/report.csv is not what SHA256SUMS says")),
    ] {
        let found = faults(&zipped(text));
        assert!(found[0].starts_with("not as the writer wrote it: "), "{found:?}");
        match expected {
            None => assert_eq!(found.len(), 1, "{found:?}"),
            Some(expected) => assert!(found.iter().any(|it| it == expected), "{found:?}"),
        }
    }
}

#[test]
fn what_grows_without_measure_is_not_unpacked() {
    let packed = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(unpacked(&packed(b"{\"format\":1}")).unwrap(), b"{\"format\":1}");
    assert!(unpacked(&packed(&vec![0; 8 << 20])).is_err());
    assert!(unpacked(b"no gzip").is_err());
}

#[test]
fn a_command_is_one_line_that_a_shell_reads() {
    for (arguments, expected) in [
        (vec![], "\n"),
        (vec!["pimaudit", "audit", "-o", "json=a.json"], "pimaudit audit -o json=a.json\n"),
        (vec!["a b", "", "it's", "$(x)"], "'a b' '' 'it'\\''s' '$(x)'\n"),
        (vec!["two\nlines"], "'two lines'\n"),
    ] {
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        assert_eq!(command_line(&arguments), expected);
    }
}
