//! `remediate`: what mends findings, as files to review. Nothing is sent.

use super::arguments::RemediateOptions;
use super::exit::{Exit, Failure, nearest};
use super::judge;
use super::output::{OutputFile, note};
use crate::checks::CHECKS;
use crate::remediate::{self, Choice};
use std::io::Write;
use std::path::Path;

pub(super) fn run(options: RemediateOptions) -> Result<Exit, Failure> {
    if options.judge.source.redaction.redact {
        return Err(Failure::usage(
            "what mends a tenant needs its ids: --redact cannot be used here",
        ));
    }
    known_checks(&options.check)?;
    let mut prepared = judge::prepare(&options.judge)?;
    let [_] = prepared.baselines.as_slice() else {
        return Err(Failure::usage("several baselines would undo each other's changes")
            .hint("give one --baseline"));
    };
    empty_folder(&options.output)?;
    let source = prepared.read(&options.judge, options.loudness)?;
    let mut rules = remediate::LiveRules::new();
    let judgement = prepared.judge(source, &options.judge, None, |snapshot| {
        rules = remediate::live_rules(snapshot);
        Ok(())
    })?;
    let report = &judgement.report;
    let [judged] = report.baselines.as_slice() else {
        return Err(Failure::usage("there is no baseline to mend by"));
    };
    let choice =
        Choice { checks: options.check, subjects: options.subject, severity: options.severity };
    let mailboxes = &prepared.configured.organisation.security_mailboxes;
    let steps = remediate::steps(judged, &choice, &rules, mailboxes);
    if steps.is_empty() {
        let chosen = judged.findings.iter().filter(|finding| choice.takes(finding)).count();
        let has = |key: &str| {
            judged.findings.iter().any(|finding| finding.subject.key.eq_ignore_ascii_case(key))
        };
        if let Some(key) = choice.subjects.iter().find(|key| !has(key)) {
            return Err(Failure::usage(format!(
                "no open finding is chosen: there is no subject with the key {key}"
            ))
            .hint("keys stand in the JSON report as `subject.key`"));
        }
        let message = match chosen {
            0 => "no open finding is chosen".to_owned(),
            _ => format!("{chosen} findings are chosen, and none has a Graph call that mends it"),
        };
        return Err(Failure::usage(message).hint("see pimaudit audit --show failed"));
    }
    for (name, text) in remediate::files(report, judged, &steps) {
        let file = OutputFile::open(&options.output.join(name))?;
        file.finish(|out: &mut dyn Write| out.write_all(text.as_bytes()))?;
    }
    if !options.loudness.quiet {
        let folder = options.output.display();
        let held = steps.iter().filter(|step| step.hindrance().is_some()).count();
        let held = match held {
            0 => String::new(),
            number => format!(", {number} of them waiting for something only you know"),
        };
        note(&format!(
            "wrote {} steps to {folder}{held}; nothing was sent. Begin with {folder}/README.md",
            steps.len()
        ));
    }
    Ok(Exit::Done)
}

fn known_checks(checks: &[String]) -> Result<(), Failure> {
    for id in checks {
        if !CHECKS.iter().any(|check| check.id == id) {
            let failure = Failure::usage(format!("there is no check {id}"));
            return Err(match nearest(id, CHECKS.iter().map(|check| check.id)) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure.hint("see pimaudit checks"),
            });
        }
    }
    Ok(())
}

/// Makes the folder, for its owner only. Files of an earlier run must not be taken for steps of this.
fn empty_folder(path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("cannot write into {}: {error}", path.display()))
            .hint("give a folder that is not there yet, in one that is")
    };
    if path.exists() {
        let mut inside = std::fs::read_dir(path).map_err(failed)?;
        if inside.next().is_some() {
            return Err(Failure::usage(format!("{} is not empty", path.display()))
                .hint("give a folder that is not there yet"));
        }
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed)
}
