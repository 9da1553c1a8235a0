//! The wording of counts, lists, dates and digests on the page.

use super::escape;
use super::model::Collection;
use super::page::Tone;
use crate::model::{Dataset, Gap, Severity};
use crate::score::Grade;

pub(super) use crate::model::minute;

/// Columns of one name in a list of names.
const NAME: usize = 72;
/// Characters of a digest that are enough to tell two apart.
const DIGEST: usize = 12;

/// `1 role`, `31 roles`.
pub(super) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// The first few of a list: `a, b, c, +3 more`. The names are made harmless and cut.
pub(super) fn few<'n>(names: impl ExactSizeIterator<Item = &'n str>, shown: usize) -> String {
    let rest = names.len().saturating_sub(shown);
    let mut text =
        names.take(shown).map(|name| escape::name(name, NAME)).collect::<Vec<_>>().join(", ");
    if rest > 0 {
        text.push_str(&format!(", +{rest} more"));
    }
    text
}

/// True for what may hide somebody; settings that were not read hide only what is asked for.
pub(super) const fn hides_people(gap: &Gap) -> bool {
    !matches!(
        gap.dataset,
        Some(
            Dataset::RolePolicies
                | Dataset::GroupPolicies
                | Dataset::ConditionalAccessPolicies
                | Dataset::AuthenticationContexts
        )
    )
}

/// `2026-11-02 09:00 to 09:04 UTC`: from when to when the data was read. It may hold what was read
/// before the rest was begun.
pub(super) fn window(collected: &Collection) -> String {
    let Some((first, last)) = collected.window() else { return minute(collected.at) };
    let from = first.min(collected.at).strftime("%Y-%m-%d %H:%M").to_string();
    let (day, until) = (last.strftime("%Y-%m-%d").to_string(), last.strftime("%H:%M").to_string());
    if from == format!("{day} {until}") {
        minute(last)
    } else if from.starts_with(&day) {
        format!("{from} to {until} UTC")
    } else {
        format!("{from} to {}", minute(last))
    }
}

/// Who read it and how: `by ada@contoso.example, signed in with browser, application …`.
pub(super) fn reader(collected: &Collection) -> String {
    let by = collected.by.as_ref().map(|by| format!("by {by}"));
    let auth = collected.auth.as_ref().map(|auth| format!("signed in with {auth}"));
    // An application without a name is told by its id already.
    let application =
        collected.application.as_ref().filter(|&id| collected.by.as_ref() != Some(id));
    let application = application.map(|id| format!("application {id}"));
    [by, auth, application].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The start of a digest, without the name of its algorithm.
pub(super) fn digest(digest: &str) -> &str {
    let hex = digest.rsplit(':').next().unwrap_or(digest);
    hex.get(..DIGEST).unwrap_or(hex)
}

/// What could not be read and why, on one line.
pub(super) fn gap(gap: &Gap) -> String {
    match gap.dataset {
        Some(dataset) => format!("{}: {gap}", title(dataset)),
        None => gap.to_string(),
    }
}

/// What a collection is, for people.
pub(super) fn title(dataset: Dataset) -> &'static str {
    dataset.facts().title
}

/// The tone of a severity.
pub(super) const fn severity(severity: Severity) -> Tone {
    match severity {
        Severity::Critical => Tone::Critical,
        Severity::High => Tone::High,
        Severity::Medium => Tone::Medium,
        Severity::Low => Tone::Low,
    }
}

/// The tone of a grade.
pub(super) const fn grade(grade: Grade) -> Tone {
    match grade {
        Grade::A | Grade::B => Tone::Good,
        Grade::C => Tone::Medium,
        Grade::D => Tone::High,
        Grade::F => Tone::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GapKind;
    use jiff::Timestamp;

    #[test]
    fn a_window_is_as_short_as_its_days_allow() {
        for (at, first, last, expected) in [
            ("02T09:00:00", "02T09:00:00", "02T09:00:59", "2026-11-02 09:00 UTC"),
            ("02T09:00:00", "02T09:00:00", "02T09:04:00", "2026-11-02 09:00 to 09:04 UTC"),
            ("02T09:00:00", "02T09:02:00", "02T09:04:00", "2026-11-02 09:00 to 09:04 UTC"),
            ("02T09:00:00", "02T08:58:00", "02T09:04:00", "2026-11-02 08:58 to 09:04 UTC"),
            ("02T09:04:00", "02T08:58:00", "02T09:00:00", "2026-11-02 08:58 to 09:00 UTC"),
            (
                "02T23:59:00",
                "02T23:59:00",
                "03T00:01:00",
                "2026-11-02 23:59 to 2026-11-03 00:01 UTC",
            ),
        ] {
            let time = |text: &str| format!("2026-11-{text}Z").parse::<Timestamp>().unwrap();
            let mut collected = crate::report::testing::report(Vec::new()).collected;
            collected.at = time(at);
            for state in &mut collected.datasets {
                state.read_at = Some(time(first));
            }
            collected.datasets[0].read_at = Some(time(last));
            assert_eq!(window(&collected), expected);
            for state in &mut collected.datasets {
                state.read_at = None;
            }
            assert_eq!(window(&collected), minute(collected.at));
        }
    }

    #[test]
    fn the_reader_is_told_as_far_as_known() {
        let mut collected = crate::report::testing::report(Vec::new()).collected;
        let application = "aaaaaaaa-0000-4000-8000-0000000000a1";
        assert_eq!(
            reader(&collected),
            format!(
                "by auditor@contoso.example, signed in with device-code, application {application}"
            )
        );
        collected.by = Some(application.to_owned());
        assert_eq!(reader(&collected), format!("by {application}, signed in with device-code"));
        (collected.by, collected.auth, collected.application) = (None, None, None);
        assert_eq!(reader(&collected), "");
    }

    #[test]
    fn counts_and_lists_read_as_said() {
        for (number, expected) in [(0, "0 roles"), (1, "1 role"), (31, "31 roles")] {
            assert_eq!(count(number, "role"), expected);
        }
        for (names, expected) in [
            (vec![], ""),
            (vec!["a"], "a"),
            (vec!["a", "b", "c"], "a, b, c"),
            (vec!["a", "b", "c", "d", "e"], "a, b, c, +2 more"),
            (vec!["a\u{1b}[2Jb"], "a[2Jb"),
        ] {
            assert_eq!(few(names.iter().copied(), 3), expected);
        }
    }

    #[test]
    fn digests_are_short_whatever_their_form() {
        for (text, expected) in [
            ("sha256:0123456789abcdef0123", "0123456789ab"),
            ("0123456789abcdef0123", "0123456789ab"),
            ("sha256:01", "01"),
            ("", ""),
        ] {
            assert_eq!(digest(text), expected, "{text}");
        }
    }

    #[test]
    fn a_gap_names_its_collection_where_it_has_one() {
        let denied =
            Gap::of(Dataset::RolePolicies, GapKind::PermissionDenied, "Graph answered 403");
        assert_eq!(gap(&denied), "role settings: permission denied: Graph answered 403");
        let planned = Gap::new(GapKind::Planned, "a change");
        assert_eq!(gap(&planned), "known only after the change: a change");
    }
}
