//! `completions` and `man`: made from the definition of the command line.

use super::exit::{Exit, Failure, nearest};
use super::output::to_stdout;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Variables that stand for no option, on the page of the program.
const VARIABLES: [(&str, &str); 6] = [
    ("PIMAUDIT_ACCESS_TOKEN", "The token of --auth token, which is never an argument."),
    (
        "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, \
         AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST",
        "Sign-in, as other tools for Azure read them.",
    ),
    ("HTTPS_PROXY, NO_PROXY", "The way to Graph and to the login service."),
    ("COLUMNS", "Width of tables, before that of the terminal."),
    ("NO_COLOR", "No colours, where it is set."),
    ("GITHUB_STEP_SUMMARY", "The file that --format github adds a summary to."),
];

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "pimaudit", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}

pub(super) fn manual(names: &[String]) -> Result<Exit, Failure> {
    let page = page(names)?;
    to_stdout(|out| out.write_all(&page))?;
    Ok(Exit::Done)
}

/// The page of the program, or of the command that these names lead to.
fn page(names: &[String]) -> Result<Vec<u8>, Failure> {
    let mut program = super::command();
    program.build();
    let mut command = &program;
    for name in names.iter().flat_map(|name| name.split_whitespace()) {
        command = match command.find_subcommand(name) {
            Some(found) => found,
            None => {
                let failure = Failure::usage(format!("there is no command {name}"));
                let known = command.get_subcommands().map(clap::Command::get_name);
                return Err(match nearest(name, known) {
                    Some(near) => failure.hint(format!("did you mean {near}?")),
                    None => failure.hint("see `pimaudit --help`"),
                });
            }
        };
    }
    let mut variables = BTreeMap::new();
    of_options(command, &mut variables);
    if names.is_empty() {
        variables.extend(VARIABLES.map(|(name, what)| (name.to_owned(), what.to_owned())));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    page.extend_from_slice(environment(&variables).as_bytes());
    Ok(page)
}

/// The variables that stand for options of a command and of those beneath it.
fn of_options(command: &clap::Command, found: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        if let (Some(variable), Some(option)) = (argument.get_env(), argument.get_long()) {
            let what = format!("The same as --{option}, which counts before it.");
            found.insert(variable.to_string_lossy().into_owned(), what);
        }
    }
    for beneath in command.get_subcommands() {
        of_options(beneath, found);
    }
}

/// The section of a page that tells the variables.
fn environment(variables: &BTreeMap<String, String>) -> String {
    let mut section = String::new();
    if !variables.is_empty() {
        section.push_str(".SH ENVIRONMENT\n");
    }
    for (name, what) in variables {
        let what = what.replace('-', "\\-");
        let _ = writeln!(section, ".TP\n\\fB{name}\\fR\n{what}");
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(names: &[&str]) -> String {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        String::from_utf8(page(&names).unwrap()).unwrap()
    }

    #[test]
    fn every_command_has_a_page_however_deep() {
        for (names, expected) in [
            (&["history", "list"][..], "pimaudit-history-list"),
            (&["history list"], "pimaudit-history-list"),
            (&["baseline", "show"], "pimaudit-baseline-show"),
            (&["audit"], "pimaudit-audit"),
        ] {
            assert!(text(names).contains(&format!(".TH {expected}")), "{names:?}");
        }
        for names in [&["histroy"][..], &["history", "lits"], &["audit", "list"]] {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            assert!(page(&names).is_err(), "{names:?}");
        }
    }

    #[test]
    fn the_page_of_the_program_tells_every_variable() {
        let program = text(&[]);
        for name in
            ["PIMAUDIT_TENANT", "PIMAUDIT_STORE", "PIMAUDIT_ACCESS_TOKEN", "AZURE_CLIENT_ID"]
        {
            assert!(program.contains(name), "{name}");
        }
        assert!(
            text(&["history", "list"]).contains("\\fBPIMAUDIT_STORE\\fR\nThe same as \\-\\-store")
        );
        assert!(!text(&["checks"]).contains("ENVIRONMENT"));
    }
}
