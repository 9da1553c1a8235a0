//! Small answers for the tests of the formats.

use super::{Activations, ApproverLine, RequestLine, Window};
use jiff::Timestamp;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Somebody of this name was Global Administrator for four hours.
pub(super) fn line(who: &str) -> RequestLine {
    RequestLine {
        requested: Some(time("2026-11-01T07:58:00Z")),
        asked_before: false,
        who: who.to_owned(),
        who_id: format!("id-{who}"),
        kind: "user",
        break_glass: false,
        what: "Global Administrator".to_owned(),
        access: "role:ga".to_owned(),
        leads_to: Vec::new(),
        paths: vec!["direct".to_owned()],
        outcome: "completed",
        approvers: vec![ApproverLine {
            who: "eve@contoso.example".to_owned(),
            who_id: "id-eve".to_owned(),
            at: time("2026-11-01T08:05:00Z"),
            approved: true,
            reason: Some("fine".to_owned()),
        }],
        started: Some(time("2026-11-01T08:05:10Z")),
        until: Some(time("2026-11-01T12:05:10Z")),
        ended: Some(time("2026-11-01T12:05:30Z")),
        end: Some("expired"),
        ended_by: None,
        minutes: Some(240),
        justification: Some("patch window".to_owned()),
        ticket: Some("INC-1".to_owned()),
        ticket_system: Some("Desk".to_owned()),
        refusal: None,
        correlations: vec!["c-1".to_owned(), "c-2".to_owned()],
        joined_by_order: false,
    }
}

pub(super) fn activations(lines: Vec<RequestLine>) -> Activations {
    Activations {
        version: "0.1.0",
        tenant: "7f3a0000-0000-4000-8000-000000000001".into(),
        tenant_name: "Contoso".into(),
        window: Window {
            from: time("2026-10-03T09:00:00Z"),
            until: time("2026-11-02T09:00:00Z"),
            covered_from: Some(time("2026-10-03T09:00:00Z")),
            read_from: time("2026-10-03T09:00:00Z"),
            kept_days: 30,
            oldest: Some(time("2026-10-04T00:00:00Z")),
        },
        access: None,
        person: None,
        lines,
        gaps: Vec::new(),
        azure_lines: 0,
    }
}
