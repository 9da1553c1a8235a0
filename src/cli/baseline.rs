//! `baseline list`, `show`, `check`.

use super::arguments::BaselineAction;
use super::exit::{Exit, Failure, nearest};
use super::load;
use super::output::to_stdout;
use crate::baseline::builtin;

pub(super) fn run(action: &BaselineAction) -> Result<Exit, Failure> {
    match action {
        BaselineAction::List => list(),
        BaselineAction::Show { name } => show(name),
        BaselineAction::Check { file } => {
            let name = file.display().to_string();
            // A bare file name would be taken for a built-in baseline.
            let path = if file.components().count() == 1 { format!("./{name}") } else { name };
            let loaded = load::baselines(&[path], None)?;
            to_stdout(|out| {
                loaded.iter().try_for_each(|it| {
                    writeln!(out, "{}: {} rules, no fault ({})", it.id, it.rules.len(), it.digest)
                })
            })?;
            Ok(Exit::Done)
        }
    }
}

fn list() -> Result<Exit, Failure> {
    let mut loaded = Vec::new();
    for name in builtin::names() {
        loaded.push(builtin::load(name)?);
    }
    let widest = loaded.iter().map(|it| it.id.len()).max().unwrap_or_default();
    to_stdout(|out| {
        loaded.iter().try_for_each(|it| {
            writeln!(out, "{:widest$}  {:>3} rules  {}", it.id, it.rules.len(), it.title)
        })
    })?;
    Ok(Exit::Done)
}

fn show(name: &str) -> Result<Exit, Failure> {
    let Some(text) = builtin::text(name) else {
        let failure = Failure::usage(format!("there is no built-in baseline {name}"));
        return Err(match nearest(name, builtin::names()) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("see `pimaudit baseline list`"),
        });
    };
    to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}
