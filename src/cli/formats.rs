//! A report on its way out: which formats go where.

use super::arguments::{ReportOptions, ShowFindings};
use super::exit::Failure;
use super::output::{self, Output};
use crate::report::format::{self, Format};
use crate::report::table::{Look, Show};
use crate::report::{Report, github};
use std::io::{IsTerminal, Write};

/// Opens every output of the report.
pub(super) fn outputs(options: &ReportOptions) -> Result<Vec<Output<Format>>, Failure> {
    let outputs = output::outputs(&options.output)?;
    let on_stdout = outputs.iter().filter(|output| output.file.is_none());
    let binary = on_stdout.map(|output| output.format).find(|format| format.is_binary());
    match binary {
        Some(format) if std::io::stdout().is_terminal() => {
            let name = format.name();
            Err(Failure::usage(format!("{name} is no text, and stdout is a terminal"))
                .hint(format!("write it to a file: -o report.{name}")))
        }
        Some(_) | None => Ok(outputs),
    }
}

/// Whether a format of the run shows who holds what.
pub(super) fn need_inventory(outputs: &[Output<Format>]) -> bool {
    outputs.iter().any(|output| output.format.shows_inventory())
}

/// Writes the report to every output.
pub(super) fn write(
    report: &Report,
    options: &ReportOptions,
    matrix: bool,
    outputs: Vec<Output<Format>>,
) -> Result<(), Failure> {
    for output in outputs {
        let look = Look {
            width: output::width(),
            colour: output.file.is_none() && output::colour(),
            show: match options.show {
                None => Show::Summary,
                Some(ShowFindings::Failed) => Show::Failed,
                Some(ShowFindings::All) => Show::All,
                Some(ShowFindings::NotAssessed) => Show::NotAssessed,
            },
            explain_score: options.explain_score,
            matrix,
        };
        let format = output.format;
        output.write(|out: &mut dyn Write| format::write(format, report, &look, out))?;
        if format == Format::Github {
            output::step_summary(|out| github::write_summary(report, out))?;
        }
    }
    Ok(())
}
