//! The command line: one file a command, wiring only. Data goes to stdout, everything else to stderr.

mod activations;
mod age;
mod arguments;
mod audit;
mod baseline;
mod checks;
mod collect;
mod connect;
mod diff;
mod doctor;
mod evidence;
mod exit;
mod formats;
mod history;
mod init;
mod interrupt;
mod inventory;
mod judge;
mod load;
mod output;
mod permissions;
mod precheck;
mod progress;
mod reading;
mod remediate;
mod report;
mod shell;
mod verify;
mod who;

pub use exit::Exit;

use arguments::{Arguments, Command};
use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// The definition of the command line, for help, completions, the manual page and tests.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// The same without the variables that are empty, which count as not set: a pipeline cannot always
/// leave one out.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| {
            if argument.get_env().is_some_and(connect::is_empty) {
                argument.env(Resettable::Reset)
            } else {
                argument
            }
        })
        .mut_subcommands(without_empty_variables)
}

/// The fault with the nearest valid value, also where two letters of a short word are swapped.
fn with_nearest(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    let given = error.get(ContextKind::InvalidValue);
    let (Some(ContextValue::String(given)), Some(ContextValue::Strings(valid)), None) =
        (given, error.get(ContextKind::ValidValue), error.get(ContextKind::SuggestedValue))
    else {
        return error;
    };
    let near = valid
        .iter()
        .map(|known| (strsim::osa_distance(given, known), known))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, near)) = near {
        let near = near.clone();
        error.insert(ContextKind::SuggestedValue, ContextValue::String(near));
    }
    error
}

/// Runs the program with these arguments and tells how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let matches = match without_empty_variables(command()).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are no faults; clap chooses the stream.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = with_nearest(error).print();
            return code;
        }
    };
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return Exit::Usage;
        }
    };
    let result = match arguments.command {
        Command::Audit(options) => audit::run(*options),
        Command::Collect(options) => collect::run(*options),
        Command::Inventory(options) => inventory::run(*options),
        Command::Who(options) => who::run(*options),
        Command::Activations(options) => activations::run(*options),
        Command::Diff(options) => diff::run(*options),
        Command::History { action } => history::run(action),
        Command::Precheck(options) => precheck::run(*options),
        Command::Verify(options) => verify::run(*options),
        Command::Evidence(options) => evidence::run(*options),
        Command::Remediate(options) => remediate::run(*options),
        Command::Report(options) => report::run(&options),
        Command::Init(options) => init::run(*options),
        Command::Baseline { action } => baseline::run(&action),
        Command::Checks => checks::list(),
        Command::Explain { check } => checks::explain(&check),
        Command::Permissions(options) => permissions::run(&options),
        Command::Doctor(options) => doctor::run(*options),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::manual(&command),
    };
    match result {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}
