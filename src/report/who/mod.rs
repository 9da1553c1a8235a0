//! Who can reach an access, or what one principal can reach: as a table, as JSON, as Mermaid.

mod mermaid;
mod table;

pub use mermaid::write as write_mermaid;
pub use table::write as write_table;

use super::json::lay_out;
use crate::model::Gap;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::Arc;

/// Name and version of the JSON shape.
const SCHEMA: &str = "pimaudit.who/1";
/// The JSON is laid out down to the list of lines: document, lines.
const LAID_OUT: usize = 2;

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Who {
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// When it was read.
    pub at: Timestamp,
    /// Name of the access or of the principal that was asked for.
    pub question: String,
    /// True when a principal was asked for.
    pub about_principal: bool,
    /// The ways, weakest first.
    pub lines: Vec<Line>,
    /// How many; all zero for a principal.
    pub counts: Counts,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
    /// What the access itself asks for; `None` for a principal.
    pub own_gate: Option<String>,
}

/// How many can reach an access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// People who hold it or are eligible for it, once each.
    pub people: usize,
    /// True where not everything about who holds it was read, so that these are the least.
    pub at_least: bool,
    /// Of them, with a grant of their own.
    pub direct: usize,
    /// Of them, through groups only.
    pub through_groups: usize,
    /// Of them, not without an activation.
    pub eligible: usize,
    /// Of them, who hold it now; whether all the time was not read.
    pub type_not_read: usize,
    /// People who do not hold it and can take it.
    pub possible: usize,
    /// Service principals.
    pub services: usize,
    /// Holders that are deleted, foreign or could not be read.
    pub unresolved: usize,
    /// Of them, of another tenant.
    pub foreign: usize,
}

/// How a way is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All the time.
    Standing,
    /// Now; whether for good could not be read.
    Unknown,
    /// Now, out of an eligibility.
    Activated,
    /// After an activation.
    Eligible,
    /// Not held, but can be taken: as an owner, or by a permission.
    Possible,
}

impl State {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Unknown => "type not read",
            Self::Activated => "activated",
            Self::Eligible => "eligible",
            Self::Possible => "possible",
        }
    }
}

/// One way.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Key of the access: `role:<id>`, `group:<id>:member`.
    pub access: String,
    /// Its name.
    pub access_name: String,
    /// Sign-in name of the principal.
    pub principal: String,
    /// Its object id.
    pub principal_id: String,
    /// user, guest, service principal, managed identity, foreign, not found, not readable.
    pub kind: &'static str,
    /// True for a declared break-glass account.
    pub break_glass: bool,
    /// True for an account that is switched off; it is in no count.
    pub disabled: bool,
    /// True where nobody can go the way as it is: the principal, or an application that is passed, is
    /// switched off, or an application would have to activate something. Such a way is in no count.
    pub shut: bool,
    /// Why nobody can go the way as it is; also where nobody who is named can approve, which hides
    /// nobody from the counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<&'static str>,
    /// How it is held.
    pub state: State,
    /// The strongest thing that is asked on the way; `None` when it could not be read.
    pub strength: Option<&'static str>,
    /// The same as a number, for sorting.
    #[serde(skip)]
    pub rank: u8,
    /// Everything that is asked on the way, in words.
    pub gate: String,
    /// Why that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// The way in words, each hop and gate spelled out.
    pub words: String,
    /// The hops, the one next to the access first.
    pub steps: Vec<StepLine>,
    /// How the access is held at the end of the way: active, eligible and what is asked for then, or by
    /// which permission; empty where the way ends in the group itself. Where a permission lets into a
    /// group, how the group holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hold: String,
    /// The grant or permission the way ends in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// One hop.
#[derive(Clone, Debug, Serialize)]
pub struct StepLine {
    /// Name of the group or application that is entered.
    pub into: String,
    /// Its object id.
    pub into_id: String,
    /// member, owner, credentials, or permission.
    pub by: &'static str,
    /// active, eligible, activated, or active (type not read); the permission where it is one.
    pub how: &'static str,
    /// What the hop asks for; `None` when nothing is to be activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The hop in words.
    pub words: String,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tenant: Tenant<'a>,
    at: Timestamp,
    question: &'a str,
    asked_for: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    /// Why there may be more ways.
    gaps: &'a [Gap],
    ways: &'a [Line],
}

#[derive(Serialize)]
struct Tenant<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// Writes the answer as JSON, one way a line.
///
/// # Errors
/// Only those of `out`.
pub fn write_json(who: &Who, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tenant: Tenant { id: &who.tenant, name: &who.tenant_name },
        at: who.at,
        question: &who.question,
        asked_for: if who.about_principal { "principal" } else { "access" },
        gate: who.own_gate.as_deref(),
        counts: (!who.about_principal).then_some(who.counts),
        gaps: &who.gaps,
        ways: &who.lines,
    };
    lay_out(&document, LAID_OUT, out)
}

#[cfg(test)]
mod testing {
    use super::{Counts, Line, State, StepLine, Who};

    pub(super) fn line(principal: &str, state: State, gate: &str, steps: &[&str]) -> Line {
        Line {
            access: "role:ga".to_owned(),
            access_name: "Global Administrator".to_owned(),
            principal: principal.to_owned(),
            principal_id: format!("id-{principal}"),
            kind: "user",
            break_glass: false,
            disabled: false,
            shut: false,
            closed: None,
            state,
            strength: Some("MFA"),
            rank: 2,
            gate: gate.to_owned(),
            gap: None,
            words: format!("{} -> Global Administrator", steps.join(" -> ")),
            steps: steps
                .iter()
                .map(|name| StepLine {
                    into: (*name).to_owned(),
                    into_id: format!("id-{name}"),
                    by: "member",
                    how: "eligible",
                    gate: Some(gate.to_owned()),
                    words: format!("eligible member of {name}"),
                })
                .collect(),
            hold: "active".to_owned(),
            end: None,
        }
    }

    pub(super) fn who(lines: Vec<Line>) -> Who {
        Who {
            tenant: "t-1".into(),
            tenant_name: "Contoso".into(),
            at: "2026-11-02T09:00:00Z".parse().unwrap(),
            question: "Global Administrator".to_owned(),
            about_principal: false,
            lines,
            counts: Counts { people: 2, direct: 1, through_groups: 1, ..Counts::default() },
            gaps: Vec::new(),
            own_gate: Some("MFA; at most 8 h".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{line, who};
    use super::*;

    #[test]
    fn json_has_one_way_a_line_and_no_sort_key() {
        let found = who(vec![line("ana", State::Eligible, "MFA", &["IT-Ops"])]);
        let mut text = Vec::new();
        write_json(&found, &mut text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        assert_eq!(json["ways"][0]["state"], "eligible");
        assert_eq!(json["ways"][0]["steps"][0]["into"], "IT-Ops");
        assert!(json["ways"][0].get("rank").is_none());
        assert_eq!(json["counts"]["people"], 2);
    }

    #[test]
    fn of_a_principal_nobody_is_counted() {
        let found = Who { about_principal: true, own_gate: None, ..who(Vec::new()) };
        let mut text = Vec::new();
        write_json(&found, &mut text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["asked_for"], "principal");
        assert!(json.get("counts").is_none() && json.get("gate").is_none());
    }
}
