//! `evidence`: what was read, what was judged and by what, in one package; and the proof of one.

use super::arguments::{Controls, EvidenceAction, EvidenceOptions};
use super::exit::{Exit, Failure};
use super::judge;
use super::load;
use super::output::{OutputFile, note, to_stdout};
use crate::assemble::{self, Labels, Material};
use crate::baseline::{self, Baseline, controls, organisation};
use crate::evidence::{self, Again, BASELINES, CONFIGURATION, Entry, RUN, Run, SCHEMA, SNAPSHOT};
use crate::model::Organisation;
use crate::report::format::{self, Format};
use crate::report::model::Configuration;
use crate::report::table::{Look, Show};
use crate::report::{Report, escape};
use crate::resolve::resolve;
use crate::snapshot;
use clap::ValueEnum;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;

/// The reports of a package: for programs, for people, for spreadsheets, for auditors' tools.
const REPORTS: [(Format, &str); 4] = [
    (Format::Json, "report.json"),
    (Format::Html, "report.html"),
    (Format::Csv, "report.csv"),
    (Format::Oscal, "report.oscal.json"),
];

/// More than any package: a device without an end would be read for ever.
const LARGEST: u64 = 2 << 30;

pub(super) fn run(options: EvidenceOptions) -> Result<Exit, Failure> {
    match (&options.action, &options.output) {
        (Some(EvidenceAction::Verify { package }), _) => verify(package),
        (None, Some(output)) => pack(&options, output),
        (None, None) => Err(Failure::usage("-o names the package to write")),
    }
}

fn pack(options: &EvidenceOptions, output: &Path) -> Result<Exit, Failure> {
    if options.judge.source.redaction.redact {
        return Err(Failure::usage("evidence holds what was read: --redact cannot be used here")
            .hint("collect --redact first, and pack that snapshot"));
    }
    if options.judge.earlier.is_some() {
        return Err(Failure::usage("a package holds one snapshot: --earlier cannot be used here")
            .hint("pimaudit audit --earlier shows what changed"));
    }
    called_zip(output)?;
    let mut prepared = judge::prepare(&options.judge)?;
    let file = OutputFile::open(output)?;
    let input = options.judge.source.snapshot.as_deref();
    file.must_not_replace("-o", input, "the snapshot that is read")?;
    let source = prepared.read(&options.judge, options.loudness)?;
    let mut packed = Vec::new();
    let judgement = prepared.judge(source, &options.judge, None, |snapshot| {
        Ok(snapshot::write_packed(snapshot, &mut packed)?)
    })?;
    let report = &judgement.report;
    if judgement.nothing_read {
        return Err(Failure::unreachable(format!("{}: no evidence", load::NOTHING_READ)));
    }
    let (names, texts) = load::baseline_texts(&prepared.baselines)?;
    let configuration = prepared.configured.text.clone();
    let material = evidence::Material {
        snapshot: packed,
        reports: reports(report)?,
        baselines: texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect(),
        configuration: configuration.map(|text| ("pimaudit.yaml".to_owned(), text.into_bytes())),
        command: command(),
        run: Run {
            schema: SCHEMA.to_owned(),
            version: report.version.to_owned(),
            now: report.now,
            baselines: names,
            configuration: report.configuration.as_ref().map(|it| it.file.clone()),
            controls: options.judge.controls.map(controls_name),
        },
    };
    let entries = evidence::entries(material).map_err(broken)?;
    let count = entries.len();
    let mut bytes = Vec::new();
    evidence::pack(&entries, &mut bytes).map_err(broken)?;
    file.finish(|out: &mut dyn Write| out.write_all(&bytes))?;
    if !options.loudness.quiet {
        note(&format!("wrote {count} files into {}", output.display()));
    }
    Ok(Exit::Done)
}

/// A package under the name of something else would be taken for that. A device is called what it is.
fn called_zip(output: &Path) -> Result<(), Failure> {
    let extension = output.extension().and_then(OsStr::to_str);
    let is_special = std::fs::metadata(output).is_ok_and(|it| !it.is_file());
    match extension {
        Some(extension) if !extension.eq_ignore_ascii_case("zip") && !is_special => {
            let name = output.display();
            Err(Failure::usage(format!("a package is a zip, and {name} is called otherwise"))
                .hint("give it a name that ends in .zip"))
        }
        Some(_) | None => Ok(()),
    }
}

fn broken(error: evidence::PackError) -> Failure {
    Failure::usage(format!("cannot pack the evidence: {error}"))
}

fn controls_name(controls: Controls) -> String {
    controls.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The command as it was given; where the program lies is nobody's business.
fn command() -> Vec<String> {
    let given = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned());
    std::iter::once("pimaudit".to_owned()).chain(given).collect()
}

fn reports(report: &Report) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let look =
        Look { width: 100, colour: false, show: Show::All, explain_score: false, matrix: false };
    let mut reports = Vec::new();
    for (format, name) in REPORTS {
        let mut bytes = Vec::new();
        format::write(format, report, &look, &mut bytes)?;
        reports.push((name.to_owned(), bytes));
    }
    Ok(reports)
}

fn verify(package: &Path) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    std::fs::File::open(package)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
        .map_err(|error| {
            Failure::usage(format!("cannot read {}: {error}", package.display()))
                .hint("give a package that `pimaudit evidence -o FILE.zip` wrote")
        })?;
    if bytes.len() as u64 == LARGEST {
        return Err(Failure::usage(format!("{} is too large for evidence", package.display())));
    }
    let proven: RefCell<Option<String>> = RefCell::default();
    let faults = evidence::verify(&bytes, &|entries| {
        let (again, said) = again(entries)?;
        *proven.borrow_mut() = Some(said);
        Ok(again)
    });
    let said = proven.into_inner();
    if let (true, Some(said)) = (faults.is_empty(), &said) {
        let text = format!(
            "{}: every sum holds, and its reports follow from its snapshot\n{}",
            escape::terminal(&package.display().to_string()),
            said.lines().map(|line| format!("{}\n", escape::terminal(line))).collect::<String>()
        );
        to_stdout(|out| out.write_all(text.as_bytes()))?;
        return Ok(Exit::Done);
    }
    let line = |fault: &String| format!("{}\n", escape::terminal(fault));
    let text: String = faults.iter().map(line).collect();
    to_stdout(|out| out.write_all(text.as_bytes()))?;
    let count = match faults.len() {
        1 => "1 fault".to_owned(),
        number => format!("{number} faults"),
    };
    note(&format!("{}: {count}", package.display()));
    Ok(Exit::Findings)
}

/// Makes the reports of a package anew, out of nothing but the package, and says whose they are.
fn again(entries: &[Entry]) -> Result<(Again, String), String> {
    let file = |name: &str| entries.iter().find(|entry| entry.name == name);
    let run = file(RUN).ok_or("run.json is missing")?;
    let run: Run =
        serde_json::from_slice(&run.bytes).map_err(|error| format!("run.json: {error}"))?;
    if run.schema != SCHEMA {
        return Err(format!("run.json is of {:?}, and this version reads {SCHEMA:?}", run.schema));
    }
    if run.version != env!("CARGO_PKG_VERSION") {
        return Err(format!(
            "pimaudit {} packed it, and this is {}: verify it with that version",
            run.version,
            env!("CARGO_PKG_VERSION")
        ));
    }
    let packed = file(SNAPSHOT).ok_or("the snapshot is missing")?;
    let text = evidence::unpacked(&packed.bytes).map_err(|error| error.to_string())?;
    let snapshot = snapshot::load_bytes(&text, Path::new(SNAPSHOT)).map_err(|it| it.to_string())?;
    let tenant = resolve(&snapshot, run.now);
    let used: RefCell<BTreeSet<String>> = RefCell::default();
    let baselines: Result<Vec<Baseline>, String> =
        run.baselines.iter().map(|name| packed_baseline(entries, name, &used)).collect();
    let (organisation, configuration) = packed_configuration(entries, &run, &used)?;
    let report = assemble::report(&Material {
        collected: assemble::collection(&snapshot),
        tenant: &tenant,
        organisation: &organisation,
        configuration,
        baselines: &baselines?,
        now: run.now,
        labels: &packed_labels(&run)?,
    });
    let said = identity(&report, &run);
    let reports = reports(&report).map_err(|failure| failure.message().to_owned())?;
    Ok((Again { reports, used: used.into_inner() }, said))
}

/// Whose findings are proven, and by which rules.
fn identity(report: &Report, run: &Run) -> String {
    let mut text = format!(
        "tenant {}, read {}, judged as of {} by pimaudit {}\n",
        report.tenant, report.collected.at, report.now, report.version
    );
    for (judged, name) in report.baselines.iter().zip(&run.baselines) {
        let whose = match load::built_in_of(name) {
            Some(_) => "built-in",
            None => "not built-in",
        };
        text.push_str(&format!("baseline {} ({whose}, {})\n", judged.id, judged.digest));
    }
    text
}

fn packed_labels(run: &Run) -> Result<Labels, String> {
    match &run.controls {
        None => Ok(Labels::new()),
        Some(name) => controls::labels(Controls::from_str(name, false)?.into()),
    }
}

fn text_of<'e>(entries: &'e [Entry], name: &str) -> Option<&'e str> {
    let entry = entries.iter().find(|entry| entry.name == name)?;
    std::str::from_utf8(&entry.bytes).ok()
}

/// A baseline out of the package; what it extends lies beside it there.
fn packed_baseline(
    entries: &[Entry],
    name: &str,
    used: &RefCell<BTreeSet<String>>,
) -> Result<Baseline, String> {
    let path = format!("{BASELINES}{name}");
    let text = baseline_text(entries, name, used)
        .ok_or_else(|| format!("{path} is missing, or not what is built in"))?;
    let resolve = |base: &str| {
        let name = load::packed_name(base);
        baseline_text(entries, &name, used).map(|text| (text.to_owned(), name))
    };
    baseline::load(text, name, &resolve).map_err(|faults| format!("{path}: {faults}"))
}

/// What is called built-in must be what is built in.
fn baseline_text<'e>(
    entries: &'e [Entry],
    name: &str,
    used: &RefCell<BTreeSet<String>>,
) -> Option<&'e str> {
    let path = format!("{BASELINES}{name}");
    let text = text_of(entries, &path)?;
    if name.starts_with(load::BUILT_IN) && load::built_in_of(name) != Some(text) {
        return None;
    }
    used.borrow_mut().insert(path);
    Some(text)
}

fn packed_configuration(
    entries: &[Entry],
    run: &Run,
    used: &RefCell<BTreeSet<String>>,
) -> Result<(Organisation, Option<Configuration>), String> {
    let Some(name) = &run.configuration else { return Ok((Organisation::default(), None)) };
    let path = format!("{CONFIGURATION}pimaudit.yaml");
    let text = text_of(entries, &path).ok_or_else(|| format!("{path} is missing"))?;
    let file = organisation::load(text, name).map_err(|faults| format!("{path}: {faults}"))?;
    used.borrow_mut().insert(path);
    let digest = baseline::digest_of(text.as_bytes());
    Ok((file.organisation, Some(Configuration { file: name.clone(), digest })))
}
