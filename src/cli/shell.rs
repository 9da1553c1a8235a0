//! `completions` and `man`: made from the definition of the command line.

use super::exit::{Exit, Failure, nearest};
use super::output::to_stdout;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "pimaudit", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}

pub(super) fn manual(name: Option<&str>) -> Result<Exit, Failure> {
    let mut program = super::command();
    program.build();
    let command = match name {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let failure = Failure::usage(format!("there is no command {name}"));
                let names = program.get_subcommands().map(clap::Command::get_name);
                return Err(match nearest(name, names) {
                    Some(near) => failure.hint(format!("did you mean {near}?")),
                    None => failure.hint("see `pimaudit --help`"),
                });
            }
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    to_stdout(|out| out.write_all(&page))?;
    Ok(Exit::Done)
}
