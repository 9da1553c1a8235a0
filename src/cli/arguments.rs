//! The command line as typed. What it means is worked out by the commands.
//!
//! Here: the program and its commands. The options of a command stand with those of its kind.

mod ask;
mod change;
mod diff;
mod history;
mod judge;
mod output;
mod sign_in;
mod values;

pub(super) use ask::{
    ActivationsFormat, ActivationsOptions, InitOptions, InventoryFormat, InventoryOptions,
    WhoFormat, WhoOptions,
};
pub(super) use change::{FailOn, PrecheckFormat, PrecheckOptions, VerifyFormat, VerifyOptions};
pub(super) use diff::{DiffFailOn, DiffFormat, DiffOptions};
pub(super) use history::{
    HistoryAction, HistoryExportOptions, HistoryFormat, HistoryListOptions, HistoryPruneOptions,
    HistoryShowOptions, HistoryTrendOptions, KeptOptions, TrendFormat,
};
pub(super) use judge::{
    AuditOptions, BaselineAction, Controls, EvidenceAction, EvidenceOptions, JudgeOptions,
    RemediateOptions,
};
pub(super) use output::{OutputOptions, ReportOptions, SavedReportOptions, ShowFindings};
pub(super) use sign_in::{
    CollectOptions, ConnectionOptions, DoctorOptions, Loudness, PermissionsFormat,
    PermissionsOptions, RedactionOptions, SourceOptions,
};

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  pimaudit audit --sample                        a bundled tenant, no sign-in
  pimaudit doctor --auth browser                 who am I, what may I read
  pimaudit audit --auth device-code              audit the tenant I sign in to
  pimaudit audit -o report.json --fail-on high   for a pipeline
  pimaudit collect -o contoso.json.gz            read now, judge later
  pimaudit audit --snapshot contoso.json.gz --baseline microsoft-secops
  Every way to a role, weakest first:
  pimaudit who \"Global Administrator\" --sample

Exit codes:
    0  done
    1  --fail-on was met, or verify or evidence verify found something
       otherwise than it says
    2  usage or input fault
    3  --min-coverage, --max-age or --strict was missed
    4  sign-in or Graph failed
  130  interrupted";

/// Audits Microsoft Entra Privileged Identity Management against recommended baselines. Only reads.
#[derive(Debug, Parser)]
#[command(name = "pimaudit", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge a tenant, live or from a snapshot, and print the report
    #[command(after_help = judge::AUDIT)]
    Audit(Box<AuditOptions>),
    /// Only read a tenant into a snapshot file
    #[command(after_help = sign_in::COLLECT)]
    Collect(Box<CollectOptions>),
    /// Who holds what: one line a grant
    #[command(after_help = ask::INVENTORY)]
    Inventory(Box<InventoryOptions>),
    /// Who holds a role or can reach it, by path and weakest first; or all that one principal reaches
    #[command(after_help = ask::WHO, mut_arg("audit_log", |it| it.hide(true)))]
    Who(Box<WhoOptions>),
    /// Who activated what, when, how long and why, by the audit log; denied and expired requests too
    #[command(after_help = ask::ACTIVATIONS, mut_arg("audit_log", |it| it.hide(true)))]
    Activations(Box<ActivationsOptions>),
    /// What changed between two snapshots, and what that means
    #[command(visible_alias = "drift", after_help = diff::DIFF)]
    Diff(Box<DiffOptions>),
    /// What was kept of earlier runs: list, show, draw over time, delete, export
    #[command(after_help = history::HISTORY)]
    History {
        #[command(subcommand)]
        action: HistoryAction,
    },
    /// Judge a planned change before anybody applies it: Graph requests, Terraform, EasyPIM, ARM
    #[command(after_help = change::PRECHECK, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Precheck(Box<PrecheckOptions>),
    /// Tell whether planned changes arrived in the tenant, after somebody applied them
    #[command(after_help = change::VERIFY, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Verify(Box<VerifyOptions>),
    /// Pack what was read, what was judged and by what, so that it can be proven later
    #[command(after_help = judge::EVIDENCE, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Evidence(Box<EvidenceOptions>),
    /// Write what mends findings as files to review: Graph requests, PowerShell, Terraform
    #[command(after_help = judge::REMEDIATE, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Remediate(Box<RemediateOptions>),
    /// Make any format of a saved report, without judging again
    #[command(after_help = output::REPORT)]
    Report(Box<SavedReportOptions>),
    /// Write a pimaudit.yaml to start from, with break-glass candidates commented out
    #[command(after_help = ask::INIT)]
    Init(Box<InitOptions>),
    /// The baselines: list them, show one, check your own
    Baseline {
        #[command(subcommand)]
        action: BaselineAction,
    },
    /// List every check
    Checks,
    /// What a check looks at, why the bad state is bad, and how to mend it
    Explain {
        /// Id of the check, as `pimaudit checks` lists it
        check: String,
    },
    /// The least Graph permissions the chosen baselines need
    #[command(after_help = sign_in::PERMISSIONS)]
    Permissions(PermissionsOptions),
    /// Sign in and say who, where, and what could not be assessed with this token
    #[command(after_help = sign_in::DOCTOR)]
    Doctor(Box<DoctorOptions>),
    /// Print a completion script for your shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of one command
    Man {
        /// The command, such as audit or history list [default: the program]
        command: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands below the options of the program and of each of its commands.
    fn texts(command: &clap::Command) -> Vec<String> {
        let own = command.get_after_help().map(ToString::to_string);
        own.into_iter().chain(command.get_subcommands().flat_map(texts)).collect()
    }

    #[test]
    fn the_command_line_is_sound() {
        super::super::command().debug_assert();
    }

    #[test]
    fn no_line_of_the_examples_is_wrapped_by_a_terminal_of_80_columns() {
        let texts = texts(&super::super::command());
        assert!(texts.len() > 10, "{} texts", texts.len());
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.len() <= 78, "{line}");
        }
    }

    /// Every example of the help is a command line that is understood.
    #[test]
    fn the_examples_are_understood() {
        let mut count = 0;
        for text in texts(&super::super::command()) {
            for line in text.lines().filter_map(|line| line.strip_prefix("  pimaudit ")) {
                // What it does stands apart, behind several blanks.
                let line = line.split("   ").next().unwrap().split(" > ").next().unwrap();
                let mut words = vec!["pimaudit".to_owned()];
                for (place, part) in line.split('"').enumerate() {
                    if place % 2 == 1 {
                        words.push(part.to_owned());
                    } else {
                        words.extend(part.split_whitespace().map(str::to_owned));
                    }
                }
                let parsed = Arguments::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                count += 1;
            }
        }
        assert!(count > 20, "{count} examples");
    }
}
