//! `completions` and `man`: made from the definition of the command line.

use super::exit::{Exit, Failure};
use super::output::to_stdout;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "pimaudit", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}

pub(super) fn manual() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(super::command()).render(&mut page)?;
    to_stdout(|out| out.write_all(&page))?;
    Ok(Exit::Done)
}
