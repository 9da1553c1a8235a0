//! An answer with something in every place, for the tests of the writers.

use super::{ChangeLine, Counts, PartLine, Verify};
use crate::report::precheck::NoteLine;

pub(super) fn verify(name: &str) -> Verify {
    let part = |word, what: String, planned: &str, is: &str| PartLine {
        word,
        what,
        planned: planned.to_owned(),
        is: is.to_owned(),
    };
    Verify {
        version: "0.1.0",
        tenant: "t-1".into(),
        tenant_name: name.into(),
        at: "2026-11-02T09:00:00Z".parse().unwrap(),
        verdict: "not as planned",
        counts: Counts { partly_done: 1, cannot_be_told: 1, ..Counts::default() },
        changes: vec![
            ChangeLine {
                file: "plan.json".into(),
                pointer: "/0".to_owned(),
                line: Some(3),
                item: format!("PATCH {name}"),
                word: "partly done",
                parts: vec![
                    part("done", format!("MFA of {name}"), "asked for", "asked for"),
                    part("not done", format!("longest of {name}"), "at most 8 h", "at most 24 h"),
                ],
                notes: vec![NoteLine { kind: "remark", text: format!("EasyPIM skips {name}") }],
            },
            ChangeLine {
                file: "other.json".into(),
                pointer: "/1".to_owned(),
                line: None,
                item: "PATCH x".to_owned(),
                word: "cannot be told",
                parts: vec![part(
                    "cannot be told",
                    "the change".to_owned(),
                    "not worked out",
                    "not read",
                )],
                notes: Vec::new(),
            },
        ],
    }
}
