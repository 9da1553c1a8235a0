//! From planned changes that were looked for to the answer of `verify`: names and words.

use super::named::Named;
use crate::model::Tenant;
use crate::precheck::{Arrival, Change, Checked};
use crate::report::precheck::NoteLine;
use crate::report::verify::{ChangeLine, Counts, PartLine, Verify};
use std::sync::Arc;

/// The answer in words.
pub fn verify(tenant: &Tenant, changes: &[Change], checked: &[Checked]) -> Verify {
    let named = Named::new(tenant);
    Verify {
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&tenant.id),
        tenant_name: Arc::clone(&tenant.name),
        at: tenant.collected_at,
        verdict: verdict(checked),
        counts: counts(checked),
        changes: changes.iter().zip(checked).map(|(change, it)| line(change, it, &named)).collect(),
    }
}

/// What came of all of them.
fn verdict(checked: &[Checked]) -> &'static str {
    match checked.iter().map(|it| it.word).max() {
        Some(Arrival::NotDone | Arrival::Partly) => "not as planned",
        Some(Arrival::CannotTell) => "cannot be told",
        Some(Arrival::Done) => "as planned",
        Some(Arrival::Nothing) | None => "nothing to verify",
    }
}

fn counts(checked: &[Checked]) -> Counts {
    let mut counts = Counts::default();
    for it in checked {
        let count = match it.word {
            Arrival::Nothing => &mut counts.nothing_to_verify,
            Arrival::Done => &mut counts.done,
            Arrival::CannotTell => &mut counts.cannot_be_told,
            Arrival::Partly => &mut counts.partly_done,
            Arrival::NotDone => &mut counts.not_done,
        };
        *count += 1;
    }
    counts
}

fn line(change: &Change, checked: &Checked, named: &Named<'_>) -> ChangeLine {
    let parts = checked.parts.iter().map(|part| PartLine {
        word: part.word.name(),
        what: named.in_text(&part.what),
        planned: named.in_text(&part.planned),
        is: named.in_text(&part.is),
    });
    ChangeLine {
        file: Arc::clone(&change.place.file),
        pointer: change.place.pointer.clone(),
        line: change.place.line,
        item: change.item.clone(),
        word: checked.word.name(),
        parts: parts.collect(),
        notes: notes(change, checked, named),
    }
}

/// What the change did not tell, and what its tool is known to do with it.
fn notes(change: &Change, checked: &Checked, named: &Named<'_>) -> Vec<NoteLine> {
    let of = |kind: &'static str, texts: &[String]| -> Vec<NoteLine> {
        // What a part says is not said again.
        let is_told = |text: &String| checked.parts.iter().any(|part| part.is == *text);
        let texts = texts.iter().filter(|text| !is_told(text));
        texts.map(|text| NoteLine { kind, text: named.in_text(text) }).collect()
    };
    let mut notes = of("unknown", &change.unknown);
    notes.extend(of("remark", &change.remarks));
    if !change.kept.is_empty() {
        let text = format!("not stated, so not looked for: {}", change.kept.join(", "));
        notes.push(NoteLine { kind: "remark", text });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
    use crate::precheck::{read, verify as look};
    use serde_json::json;

    fn checked(words: &[Arrival]) -> Vec<Checked> {
        words.iter().map(|word| Checked { word: *word, parts: Vec::new() }).collect()
    }

    #[test]
    fn the_verdict_is_as_planned_only_where_all_is() {
        use Arrival::{CannotTell, NotDone, Nothing, Partly};
        for (words, expected) in [
            (vec![], "nothing to verify"),
            (vec![Nothing], "nothing to verify"),
            (vec![Nothing, Arrival::Done], "as planned"),
            (vec![Arrival::Done, CannotTell], "cannot be told"),
            (vec![CannotTell, Partly], "not as planned"),
            (vec![NotDone, Arrival::Done], "not as planned"),
        ] {
            assert_eq!(verdict(&checked(&words)), expected, "{words:?}");
        }
        let counts =
            counts(&checked(&[NotDone, Arrival::Done, NotDone, Nothing, CannotTell, Partly]));
        assert_eq!(
            counts,
            Counts {
                done: 1,
                partly_done: 1,
                not_done: 2,
                cannot_be_told: 1,
                nothing_to_verify: 1
            }
        );
    }

    #[test]
    fn each_change_is_told_with_its_parts_and_notes() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR);
        let file = json!({"EntraRoles": {"Policies": {"Global Administrator": {
            "ActivationDuration": "PT24H"}}}});
        let changes = read("a.json", file.to_string().as_bytes()).unwrap();
        let checked = look(&case.tenant, &changes, NOW.parse().unwrap()).unwrap();
        let shown = verify(&case.tenant, &changes, &checked);
        assert_eq!((shown.verdict, shown.counts.not_done), ("not as planned", 1));
        let longest = shown.changes[0].parts.iter().find(|it| it.planned == "at most 24 h");
        assert_eq!(longest.unwrap().word, "not done");
        // EasyPIM never changes the policy of this role: the reason is told along.
        let notes = &shown.changes[0].notes;
        assert!(notes.iter().any(|it| it.text.contains("never changes the policy")), "{notes:?}");
    }
}
