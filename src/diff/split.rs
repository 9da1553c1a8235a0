//! The difference of two postures, split into what each check did and what was read or came and went.
//!
//! As `docs/diff.md` says: the subjects that were judged and not waived in both are compared with the
//! weights of the newer; everything else is the effect of the scope. The parts add up.

use crate::model::Severity;
use crate::score::{Row, RowOutcome};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Below this a part is an error of the sums.
const NOTHING: f64 = 1e-9;

/// The difference of two postures.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Newer posture less the older one, not rounded; `None` when one of them has none.
    pub difference: Option<f64>,
    /// Of what was judged in both: the number to alarm on. The sum of the parts.
    pub common: f64,
    /// The rest: newly read, appeared, vanished, waived. `None` as the difference.
    pub scope: Option<f64>,
    /// What each check did, the biggest loss first; checks that did nothing are left out.
    pub parts: Vec<Part>,
}

/// What one check on one kind of subject did.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Id of the check.
    pub check: &'static str,
    /// Kind of subject.
    pub kind: &'static str,
    /// Points of posture, negative for a loss.
    pub points: f64,
    /// What each subject did, by its key; they add up to the points.
    pub subjects: Vec<(Arc<str>, f64)>,
}

/// Splits the difference of two scores: the rows of each, and each posture before rounding.
pub fn split(old: (&[Row], Option<f64>), new: (&[Row], Option<f64>)) -> Split {
    let (old_rows, old_posture) = old;
    let (new_rows, new_posture) = new;
    let bases = bases(new_rows);
    let (old, new) = (grouped(old_rows), grouped(new_rows));
    let mut groups: Vec<Common> = Vec::new();
    for (group, after) in &new {
        let Some(before) = old.get(group) else { continue };
        let base = bases.get(group.0).copied().unwrap_or(Severity::Low);
        groups.extend(common(*group, base, before, after));
    }
    let total: f64 = groups.iter().map(|it| it.effective).sum();
    let mut parts: Vec<Part> = groups.iter().filter_map(|it| it.part(total)).collect();
    // In the order of checks, so that the last digit does not depend on the order below.
    // The sum of nothing is a negative zero.
    let common = parts.iter().map(|part| part.points).sum::<f64>() + 0.0;
    parts.sort_by(|one, other| {
        one.points
            .total_cmp(&other.points)
            .then_with(|| (one.check, one.kind).cmp(&(other.check, other.kind)))
    });
    let difference = old_posture.zip(new_posture).map(|(old, new)| new - old);
    Split { difference, common, scope: difference.map(|all| all - common), parts }
}

type Group = (&'static str, &'static str);
type Subjects<'r> = BTreeMap<&'r str, Vec<&'r Row>>;

/// Highest severity among the rows of each check.
fn bases(rows: &[Row]) -> BTreeMap<&'static str, Severity> {
    let mut bases: BTreeMap<&'static str, Severity> = BTreeMap::new();
    for row in rows {
        let base = bases.entry(row.check).or_insert(row.base);
        *base = row.base.max(*base);
    }
    bases
}

/// The rows by check and kind, then by subject.
fn grouped(rows: &[Row]) -> BTreeMap<Group, Subjects<'_>> {
    let mut groups: BTreeMap<Group, Subjects<'_>> = BTreeMap::new();
    for row in rows {
        let subjects = groups.entry((row.check, row.kind)).or_default();
        subjects.entry(&*row.subject).or_default().push(row);
    }
    groups
}

/// One check on one kind of subject, as far as it was judged in both.
struct Common {
    group: Group,
    /// E, of the subjects that were judged in both.
    effective: f64,
    /// Sum of their weights.
    weight: f64,
    /// Each with its weight and what its credit gained.
    subjects: Vec<(Arc<str>, f64, f64)>,
}

fn common(
    group: Group,
    base: Severity,
    before: &Subjects<'_>,
    after: &Subjects<'_>,
) -> Option<Common> {
    // A list of which nothing is known hides nobody knows how many: nothing of it counts.
    if lists_missing(before) || lists_missing(after) {
        return None;
    }
    let (mut all, mut heaviest, mut weight) = (0.0, 0.0_f64, 0.0);
    let mut subjects = Vec::new();
    for (key, rows) in after {
        let own = rows.iter().map(|row| row.bounded_weight()).fold(0.0, f64::max);
        all += own;
        heaviest = heaviest.max(own);
        let had = before.get(key).and_then(|rows| credit_of(rows));
        if let (Some(had), Some(has)) = (had, credit_of(rows)) {
            weight += own;
            let key = rows.first().map_or_else(|| Arc::from(*key), |row| Arc::clone(&row.subject));
            subjects.push((key, own, has - had));
        }
    }
    let effective = if all > 0.0 { base.weight() * heaviest * weight / all } else { 0.0 };
    (weight > 0.0).then_some(Common { group, effective, weight, subjects })
}

impl Common {
    /// Its part, where it did something; `total` is E over all of them.
    fn part(&self, total: f64) -> Option<Part> {
        let points = |weight: f64, gained: f64| {
            100.0 * self.effective * (weight * gained / self.weight) / total
        };
        let subjects: Vec<(Arc<str>, f64)> = self
            .subjects
            .iter()
            .filter(|(_, _, gained)| gained.abs() > NOTHING)
            .map(|(key, weight, gained)| (Arc::clone(key), points(*weight, *gained)))
            .collect();
        if subjects.is_empty() || total <= 0.0 {
            return None;
        }
        let (check, kind) = self.group;
        let points = subjects.iter().map(|(_, points)| points).sum();
        Some(Part { check, kind, points, subjects })
    }
}

fn lists_missing(subjects: &Subjects<'_>) -> bool {
    subjects.values().flatten().any(|row| row.outcome == RowOutcome::ListMissing)
}

/// What the rows of one subject come to, where that was judged and not waived: the worst of them, as
/// in the score. A proven failure stands beside a gap; a pass or a part does not.
fn credit_of(rows: &[&Row]) -> Option<f64> {
    let open: Vec<&Row> = rows.iter().copied().filter(|row| !row.is_waived()).collect();
    let unread = open.iter().any(|row| row.credit().is_none());
    if unread && !open.iter().any(|row| row.fails()) {
        return None;
    }
    let worst = open.iter().filter_map(|row| row.credit()).min_by(f64::total_cmp)?;
    // A pass beside a waived failure is no pass.
    (worst < 1.0 || open.len() == rows.len()).then_some(worst)
}

/// The parts and the scope in tenths of a point, so that they add up to the difference as printed.
///
/// `printed` is the difference of the two postures as printed, in tenths. Each part is rounded down, and
/// those that lost most by it get a tenth back, until the sum is right. The last one is the scope.
pub fn tenths(parts: &[f64], scope: f64, printed: i64) -> Vec<i64> {
    let values: Vec<f64> = parts.iter().copied().chain([scope]).map(|it| it * 10.0).collect();
    // What is nothing stays nothing.
    let counts = |value: f64| value.abs() > NOTHING * 10.0;
    let floor = |value: f64| if counts(value) { (value + NOTHING).floor() } else { 0.0 };
    let mut rounded: Vec<i64> = values.iter().map(|&value| floor(value) as i64).collect();
    let mut order: Vec<usize> = (0..values.len()).filter(|&it| counts(values[it])).collect();
    let lost = |place: usize| values[place] - floor(values[place]);
    order.sort_by(|&one, &other| lost(other).total_cmp(&lost(one)).then(one.cmp(&other)));
    let mut missing = printed - rounded.iter().sum::<i64>();
    for place in order {
        if missing <= 0 {
            break;
        }
        rounded[place] += 1;
        missing -= 1;
    }
    // Only where nothing has a part, or the postures were rounded apart.
    if let Some(last) = rounded.last_mut() {
        *last += missing;
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tier;
    use crate::score::score;
    use proptest::prelude::*;

    const PASS: RowOutcome = RowOutcome::Judged { credit: 1.0, failed: false };
    const HALF: RowOutcome = RowOutcome::Judged { credit: 0.5, failed: false };
    const FAIL: RowOutcome = RowOutcome::Judged { credit: 0.0, failed: true };
    const UNREAD: RowOutcome = RowOutcome::NotAssessed;

    fn row(
        check: &'static str,
        (kind, subject, tier): (&'static str, &str, Option<Tier>),
        base: Severity,
        outcome: RowOutcome,
    ) -> Row {
        Row {
            check,
            kind,
            subject: subject.into(),
            base,
            shown: base.for_tier(tier),
            weight: tier.map_or(1.0, Tier::weight),
            least: tier.map_or(1.0, Tier::weight),
            subject_is_top: matches!(tier, None | Some(Tier::Critical)),
            outcome,
            waived: false,
        }
    }

    /// The first worked example of `docs/score.md`.
    fn example_one() -> Vec<Row> {
        let global = ("role", "role:ga", Some(Tier::Critical));
        let exchange = ("role", "role:exchange", Some(Tier::High));
        let teams = ("role", "role:teams", Some(Tier::Elevated));
        let person = |key, tier| ("principal", key, Some(tier));
        vec![
            row("activation-without-mfa", global, Severity::Critical, PASS),
            row("activation-without-mfa", exchange, Severity::Critical, FAIL),
            row("activation-without-mfa", teams, Severity::Critical, PASS),
            row("activation-too-long", global, Severity::High, HALF),
            row("activation-too-long", exchange, Severity::High, HALF),
            row("activation-too-long", teams, Severity::High, PASS),
            row("activation-without-approval", global, Severity::High, PASS),
            row("global-administrator-count", ("tenant", "tenant", None), Severity::High, HALF),
            row("active-alert", ("alert", "dataset:alerts", None), Severity::High, UNREAD),
            row(
                "stale-privileged-account",
                person("principal:p1", Tier::Critical),
                Severity::Medium,
                PASS,
            ),
            row(
                "stale-privileged-account",
                person("principal:p2", Tier::High),
                Severity::Medium,
                FAIL,
            ),
        ]
    }

    /// The second one: the first with its four changes.
    fn example_two() -> Vec<Row> {
        let mut rows = example_one();
        rows[0].outcome = FAIL;
        rows[1].outcome = PASS;
        rows[8].subject = "alert:roles-assigned-outside-pim".into();
        rows[8].outcome = PASS;
        rows[10].waived = true;
        rows
    }

    fn of(old: &[Row], new: &[Row]) -> Split {
        split((old, score(old).raw), (new, score(new).raw))
    }

    #[test]
    fn the_worked_example_is_split_to_the_printed_digits() {
        // The first tenant is judged with the waivers of the second.
        let mut old = example_one();
        old[10].waived = true;
        let new = example_two();
        let printed = |value: f64| format!("{value:.2}");
        assert_eq!(printed(score(&old).raw.unwrap()), "70.56");
        assert_eq!(printed(score(&new).raw.unwrap()), "71.51");
        let split = of(&old, &new);
        assert_eq!(printed(split.difference.unwrap()), "0.94");
        assert_eq!(printed(split.common), "-4.80");
        assert_eq!(printed(split.scope.unwrap()), "5.74");
        let [part] = split.parts.as_slice() else { panic!("{split:?}") };
        assert_eq!((part.check, part.kind), ("activation-without-mfa", "role"));
        assert_eq!(printed(part.points), "-4.80");
        let subjects: Vec<_> =
            part.subjects.iter().map(|(key, points)| (&**key, printed(*points))).collect();
        // Both count within one check: Exchange gained what it weighs, Global Administrator lost more.
        assert_eq!(
            subjects,
            [("role:exchange", "11.20".to_owned()), ("role:ga", "-16.00".to_owned())]
        );
    }

    #[test]
    fn only_what_was_judged_in_both_is_common() {
        let global = ("role", "role:ga", Some(Tier::Critical));
        let exchange = ("role", "role:exchange", Some(Tier::High));
        let of_check = |subject, outcome| row("a-check", subject, Severity::High, outcome);
        let waived = |row: Row| Row { waived: true, ..row };
        let list = |outcome| of_check(("role", "dataset:x", None), outcome);
        for (old, new, expected) in [
            (vec![of_check(global, PASS)], vec![of_check(global, FAIL)], -100.0),
            (vec![of_check(global, FAIL)], vec![of_check(global, HALF)], 50.0),
            (vec![of_check(global, PASS)], vec![of_check(global, UNREAD)], 0.0),
            (vec![of_check(global, UNREAD)], vec![of_check(global, FAIL)], 0.0),
            (vec![of_check(global, PASS)], vec![waived(of_check(global, FAIL))], 0.0),
            (vec![of_check(global, PASS)], vec![of_check(exchange, FAIL)], 0.0),
            (vec![], vec![of_check(global, FAIL)], 0.0),
            (vec![of_check(global, FAIL)], vec![], 0.0),
            // A list of which nothing is known; one that broke off only adds its row.
            (
                vec![of_check(global, PASS)],
                vec![of_check(global, FAIL), list(RowOutcome::ListMissing)],
                0.0,
            ),
            (vec![of_check(global, PASS)], vec![of_check(global, FAIL), list(UNREAD)], -100.0),
            // Of several rows of one subject the worst counts.
            (
                vec![of_check(global, PASS)],
                vec![of_check(global, PASS), of_check(global, HALF)],
                -50.0,
            ),
        ] {
            let split = of(&old, &new);
            assert!((split.common - expected).abs() < 1e-9, "{old:?} {new:?}: {split:?}");
        }
    }

    #[test]
    fn printed_parts_add_up_to_the_printed_difference() {
        for (parts, scope, printed, expected) in [
            (vec![-4.80], 5.74, 9, vec![-48, 57]),
            (vec![-4.80], 5.74, 10, vec![-48, 58]),
            (vec![], 0.0, 0, vec![0]),
            (vec![0.04, 0.04], 0.04, 1, vec![1, 0, 0]),
            (vec![-0.04, -0.04], 0.0, -1, vec![0, -1, 0]),
            (vec![1.0, -1.0], 0.0, 0, vec![10, -10, 0]),
            (vec![0.3], -0.3, 1, vec![4, -3]),
        ] {
            let found = tenths(&parts, scope, printed);
            assert_eq!(found, expected, "{parts:?} {scope} {printed}");
            assert_eq!(found.iter().sum::<i64>(), printed);
        }
    }

    const CHECKS: [&str; 3] = ["a-check", "b-check", "c-check"];
    const SUBJECTS: [&str; 4] = ["role:a", "role:b", "role:c", "role:d"];

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let outcome = prop_oneof![
            Just(PASS),
            Just(FAIL),
            Just(UNREAD),
            Just(RowOutcome::ListMissing),
            (0.01..0.99_f64).prop_map(|credit| RowOutcome::Judged { credit, failed: false }),
        ];
        let one = (0..3_usize, 0..4_usize, 0..4_usize, 0..4_usize, outcome, any::<bool>());
        let one = one.prop_map(|(check, subject, tier, severity, outcome, waived)| {
            let subject = ("role", SUBJECTS[subject], Some(Tier::ALL[tier]));
            let row = row(CHECKS[check], subject, Severity::ALL[severity], outcome);
            Row { waived, ..row }
        });
        prop::collection::vec(one, 0..20)
    }

    proptest! {
        #[test]
        fn nothing_changed_is_nothing(rows in rows()) {
            let split = of(&rows, &rows);
            prop_assert!(split.parts.is_empty());
            prop_assert_eq!(split.common, 0.0);
            prop_assert_eq!(split.scope.unwrap_or(0.0), 0.0);
        }

        #[test]
        fn the_parts_add_up(old in rows(), new in rows()) {
            let split = of(&old, &new);
            let sum: f64 = split.parts.iter().map(|part| part.points).sum();
            prop_assert!((sum - split.common).abs() < 1e-9);
            for part in &split.parts {
                let sum: f64 = part.subjects.iter().map(|(_, points)| points).sum();
                prop_assert!((sum - part.points).abs() < 1e-9);
            }
            if let (Some(difference), Some(scope)) = (split.difference, split.scope) {
                prop_assert!((split.common + scope - difference).abs() < 1e-9);
            }
            prop_assert!(split.common.is_finite());
        }

        #[test]
        fn the_difference_is_mirrored(old in rows(), new in rows()) {
            let (there, back) = (of(&old, &new), of(&new, &old));
            prop_assert_eq!(there.difference.map(|it| -it), back.difference);
            // The weights are those of the newer, but what is common is common both ways.
            prop_assert_eq!(there.parts.len(), back.parts.len());
        }

        #[test]
        fn the_order_of_the_rows_says_nothing(old in rows(), new in rows()) {
            let turned = |rows: &[Row]| rows.iter().rev().cloned().collect::<Vec<_>>();
            prop_assert_eq!(of(&old, &new), of(&turned(&old), &turned(&new)));
        }

        #[test]
        fn printed_parts_always_add_up(
            parts in prop::collection::vec(-20.0..20.0_f64, 0..10),
            scope in -20.0..20.0_f64,
            old in 0.0..100.0_f64,
        ) {
            let new = old + parts.iter().sum::<f64>() + scope;
            let round = |value: f64| (value * 10.0 + 0.5).floor() as i64;
            let printed = round(new) - round(old);
            let found = tenths(&parts, scope, printed);
            prop_assert_eq!(found.iter().sum::<i64>(), printed);
            for (exact, shown) in parts.iter().chain([&scope]).zip(found) {
                let error = exact * 10.0 - shown as f64;
                prop_assert!(error.abs() < 1.000_001, "{} as {}", exact, shown);
            }
        }
    }
}
