//! Who activated what, by the audit log: as a table, as JSON, as CSV.
//!
//! The document is plain data, made by `assemble`; nothing here puts lines of the log together.

mod csv;
mod json;
mod table;
#[cfg(test)]
mod testing;

pub use csv::write as write_csv;
pub use json::{schema, write as write_json};
pub use table::write as write_table;

use super::{escape, words};
use crate::model::Gap;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// What the audit log tells of activations.
#[derive(Clone, Debug)]
pub struct Activations {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// The time that was asked for, and what of it the log covers.
    pub window: Window,
    /// The role or group that was asked for; `None` for all.
    pub access: Option<String>,
    /// The person who was asked for; `None` for all.
    pub person: Option<String>,
    /// The requests, the latest first.
    pub lines: Vec<RequestLine>,
    /// Why requests, or the ways they went, may be missing.
    pub gaps: Vec<Gap>,
    /// Lines about roles of Azure resources, which are left out.
    pub azure_lines: usize,
}

/// The time that was asked for, and what the log covers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Window {
    /// Start of the time that was asked for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// When the log was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub until: Timestamp,
    /// Since when a request that is not here was not made; absent where reading broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub covered_from: Option<Timestamp>,
    /// Start of what was read of the log.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub read_from: Timestamp,
    /// Days the service keeps the log, by the licences of the tenant.
    pub kept_days: u32,
    /// The oldest line of PIM's log that is here; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub oldest: Option<Timestamp>,
}

impl Activations {
    /// What is said where nothing is known of what was asked for; `None` where something is, or all
    /// was asked for.
    fn nothing_of_these(&self) -> Option<String> {
        if !self.lines.is_empty() {
            return None;
        }
        let whole = self.gaps.is_empty() && self.window.shortness().is_none();
        let named = |name: &Option<String>| name.as_deref().map(|name| escape::name(name, NAME));
        Some(match (named(&self.access), named(&self.person), whole) {
            (None, None, _) => return None,
            (Some(access), None, true) => {
                format!("Nobody asked to activate {access} in that time.")
            }
            (Some(access), None, false) => {
                format!("No request for {access} is known of that time.")
            }
            (None, Some(person), true) => {
                format!("{person} asked to activate nothing in that time.")
            }
            (None, Some(person), false) => {
                format!("No request of {person} is known of that time.")
            }
            (Some(access), Some(person), true) => {
                format!("{person} did not ask to activate {access} in that time.")
            }
            (Some(access), Some(person), false) => {
                format!("No request of {person} for {access} is known of that time.")
            }
        })
    }
}

/// Columns of a name at most.
const NAME: usize = 60;

impl Window {
    /// Why the log does not cover all the time that was asked for; `None` where it does.
    pub fn shortness(&self) -> Option<String> {
        let Some(covered_from) = self.covered_from else {
            return Some("reading broke off".to_owned());
        };
        if covered_from <= self.from {
            return None;
        }
        let from = words::minute(covered_from);
        let days = self.kept_days;
        // More than the service keeps nobody can ask for.
        let kept = SignedDuration::from_hours(24 * i64::from(days));
        let kept_from = self.until.saturating_sub(kept).unwrap_or(self.until);
        Some(if self.read_from > self.from.max(kept_from) {
            format!(
                "the log was read from {from} on; collect with a longer --audit-log, as far as the \
                 {days} days go that the service keeps it"
            )
        } else {
            format!("the log reaches back to {from}, as it is kept for {days} days")
        })
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RequestLine {
    /// When it was asked for; absent where no line that was read says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub requested: Option<Timestamp>,
    /// True where that was before the log begins, as far as can be told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub asked_before: bool,
    /// Sign-in name, else the name the log has, else the id; empty where no line says it.
    pub who: String,
    /// Object id; empty where no line says it.
    pub who_id: String,
    /// user, guest, service principal, managed identity, foreign, other, not found, not readable or
    /// not read.
    pub kind: &'static str,
    /// True for a declared break-glass account.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub break_glass: bool,
    /// Name of the role, or of the group and as what it is entered; empty where no line says it.
    pub what: String,
    /// Key of the access: `role:<id>`, `group:<id>:member`; empty where no line says it.
    pub access: String,
    /// Roles that the group leads to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leads_to: Vec<String>,
    /// By which eligibilities it can have been, as they are now: `direct`, `via IT-Ops`. Empty
    /// where none is known.
    pub paths: Vec<String>,
    /// completed, denied, expired, waiting, cancelled, failed or not-known.
    pub outcome: &'static str,
    /// What approvers decided, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<ApproverLine>,
    /// When it became active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Option<Timestamp>,
    /// When it was to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub ended: Option<Timestamp>,
    /// How it ended: expired; deactivated; passed, where its time is over and no line says so;
    /// running; not-known. Absent where it never became active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<&'static str>,
    /// Who ended it before its time, where that is somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// How long it was active, in minutes, where it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// Why, in the words of who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Number of a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// System the ticket is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_system: Option<String>,
    /// Why PIM refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Correlation ids of its lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub correlations: Vec<String>,
    /// True where its lines share no id: put together by person, access and time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub joined_by_order: bool,
}

/// What one approver decided.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ApproverLine {
    /// Sign-in name, else the name the log has, else the id.
    pub who: String,
    /// Object id; may be empty.
    pub who_id: String,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// False for a denial.
    pub approved: bool,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RequestLine {
    /// When it was decided: by the last approver.
    fn decided(&self) -> Option<Timestamp> {
        self.approvers.last().map(|approver| approver.at)
    }

    /// `direct`, `direct or via IT-Ops`, `not known`.
    fn path(&self) -> String {
        match self.paths.is_empty() {
            true => "not known".to_owned(),
            false => self.paths.join(" or "),
        }
    }

    /// `INC-1 (ServiceNow)`.
    fn ticket(&self) -> Option<String> {
        match (&self.ticket, &self.ticket_system) {
            (Some(number), Some(system)) => Some(format!("{number} ({system})")),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        }
    }

    /// `4 h`, `1 h 30 min`, `running until 2026-11-02 12:00`.
    fn lasted(&self) -> String {
        match (self.minutes, self.end, self.until) {
            (Some(minutes), Some("passed"), _) => format!("{} (by its end)", length(minutes)),
            (Some(minutes), _, _) => length(minutes),
            (None, Some("running"), Some(until)) => format!("running until {}", minute(until)),
            (None, Some(_), _) => "not known".to_owned(),
            (None, None, _) => String::new(),
        }
    }
}

/// `2026-11-02 09:00`, in UTC.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Minutes as people say them.
fn length(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How many requests of each outcome there are, those that there are.
fn counts(lines: &[RequestLine]) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for outcome in ["completed", "denied", "expired", "waiting", "cancelled", "failed", "not-known"]
    {
        let number = lines.iter().filter(|line| line.outcome == outcome).count();
        if number > 0 {
            counts.push((outcome, number));
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::testing::{activations, line};
    use super::*;

    #[test]
    fn a_log_that_is_too_short_says_why() {
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let asked = "2026-10-03T09:00:00Z";
        let later = "2026-10-20T00:00:00Z";
        for (covered, read, expected) in [
            (asked, asked, None),
            ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z", None),
            (
                later,
                later,
                Some("the log was read from 2026-10-20 00:00 UTC on; collect with a longer"),
            ),
            (
                later,
                asked,
                Some("the log reaches back to 2026-10-20 00:00 UTC, as it is kept for 30"),
            ),
        ] {
            let mut window = activations(Vec::new()).window;
            window.covered_from = Some(time(covered));
            window.read_from = time(read);
            let found = window.shortness();
            let fits = match (&found, expected) {
                (Some(found), Some(expected)) => found.starts_with(expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(fits, "{found:?}");
        }
        // All that is kept was read: to ask for more brings nothing.
        let mut window = activations(Vec::new()).window;
        window.from = time("2026-09-03T09:00:00Z");
        let found = window.shortness().unwrap();
        assert_eq!(
            found,
            "the log reaches back to 2026-10-03 09:00 UTC, as it is kept for 30 days"
        );
        let mut window = activations(Vec::new()).window;
        window.covered_from = None;
        assert_eq!(window.shortness().as_deref(), Some("reading broke off"));
    }

    #[test]
    fn a_request_reads_as_said() {
        for (minutes, end, expected) in [
            (Some(240), Some("expired"), "4 h"),
            (Some(90), Some("deactivated"), "1 h 30 min"),
            (Some(5), Some("deactivated"), "5 min"),
            (Some(0), Some("deactivated"), "0 min"),
            (Some(240), Some("passed"), "4 h (by its end)"),
            (None, Some("running"), "running until 2026-11-02 12:00"),
            (None, Some("not-known"), "not known"),
            (None, None, ""),
        ] {
            let mut line = line("ana");
            line.until = Some("2026-11-02T12:00:00Z".parse().unwrap());
            (line.minutes, line.end) = (minutes, end);
            assert_eq!(line.lasted(), expected);
        }
        let mut line = line("ana");
        for (paths, expected) in [
            (vec![], "not known"),
            (vec!["direct"], "direct"),
            (vec!["direct", "via IT-Ops"], "direct or via IT-Ops"),
        ] {
            line.paths = paths.into_iter().map(str::to_owned).collect();
            assert_eq!(line.path(), expected);
        }
        for (number, system, expected) in [
            (Some("INC-1"), Some("Desk"), Some("INC-1 (Desk)")),
            (Some("INC-1"), None, Some("INC-1")),
            (None, Some("Desk"), Some("Desk")),
            (None, None, None),
        ] {
            line.ticket = number.map(str::to_owned);
            line.ticket_system = system.map(str::to_owned);
            assert_eq!(line.ticket().as_deref(), expected);
        }
    }

    #[test]
    fn nothing_is_said_of_what_was_asked_for_alone() {
        let (role, ana) = (Some("Global Reader"), Some("ana\u{1b}[2J"));
        for (access, person, whole, expected) in [
            (None, None, true, None),
            (role, None, true, Some("Nobody asked to activate Global Reader in that time.")),
            (role, None, false, Some("No request for Global Reader is known of that time.")),
            (None, ana, true, Some("ana[2J asked to activate nothing in that time.")),
            (None, ana, false, Some("No request of ana[2J is known of that time.")),
            (role, ana, true, Some("ana[2J did not ask to activate Global Reader in that time.")),
            (
                role,
                ana,
                false,
                Some("No request of ana[2J for Global Reader is known of that time."),
            ),
        ] {
            let mut found = activations(Vec::new());
            found.access = access.map(str::to_owned);
            found.person = person.map(str::to_owned);
            if !whole {
                found.window.covered_from = None;
            }
            assert_eq!(found.nothing_of_these().as_deref(), expected);
            found.lines.push(line("ben"));
            assert_eq!(found.nothing_of_these(), None);
        }
    }

    #[test]
    fn only_outcomes_that_there_are_are_counted() {
        let mut lines = vec![line("ana"), line("ben"), line("cem")];
        lines[2].outcome = "denied";
        assert_eq!(counts(&lines), [("completed", 2), ("denied", 1)]);
        assert!(counts(&[]).is_empty());
    }
}
