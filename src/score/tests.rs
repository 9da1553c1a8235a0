//! The two worked examples to the printed digits, the properties P1 to P7, P10 to P13, P16 and P17, and
//! the bounds at their edges.

use super::*;
use crate::model::severity::Tier;
use proptest::prelude::*;

const PASS: RowOutcome = RowOutcome::Judged { credit: 1.0, failed: false };
const HALF: RowOutcome = RowOutcome::Judged { credit: 0.5, failed: false };
const FAIL: RowOutcome = RowOutcome::Judged { credit: 0.0, failed: true };
const UNREAD: RowOutcome = RowOutcome::NotAssessed;

const CRITICAL: Option<Tier> = Some(Tier::Critical);
const HIGH: Option<Tier> = Some(Tier::High);
const ELEVATED: Option<Tier> = Some(Tier::Elevated);

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

/// A row of a subject without a tier.
fn plain(check: &'static str, subject: &str, base: Severity, outcome: RowOutcome) -> Row {
    row(check, ("tenant", subject, None), base, outcome)
}

fn waived(row: Row) -> Row {
    Row { waived: true, ..row }
}

/// The first worked example.
fn example_one() -> Vec<Row> {
    let global = ("role", "role:ga", CRITICAL);
    let exchange = ("role", "role:exchange", HIGH);
    let teams = ("role", "role:teams", ELEVATED);
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
            ("principal", "principal:p1", CRITICAL),
            Severity::Medium,
            PASS,
        ),
        row(
            "stale-privileged-account",
            ("principal", "principal:p2", HIGH),
            Severity::Medium,
            FAIL,
        ),
    ]
}

/// The second worked example: the first with its four changes.
fn example_two() -> Vec<Row> {
    let mut rows = example_one();
    rows[0].outcome = FAIL;
    rows[1].outcome = PASS;
    rows[8].subject = "alert:roles-assigned-outside-pim".into();
    rows[8].outcome = PASS;
    rows[10].waived = true;
    rows
}

/// Fails unless `value` has these printed digits.
#[track_caller]
fn assert_digits(value: f64, decimals: usize, printed: &str) {
    assert_eq!(format!("{value:.decimals$}"), printed);
}

fn of_check<'s>(score: &'s Score, check: &str) -> &'s CheckScore {
    score.checks.iter().find(|found| found.check == check).unwrap()
}

#[test]
fn worked_example_one() {
    let score = score(&example_one());
    assert_digits(score.raw.unwrap(), 2, "67.75");
    assert_digits(100.0 - score.raw.unwrap(), 2, "32.25");
    assert_digits(score.coverage, 4, "0.8378");
    assert_digits(score.raw_low, 2, "56.76");
    assert_digits(score.raw_high, 2, "72.98");
    assert_eq!(score.waived, 0.0);
    let total: f64 = score.checks.iter().map(|check| check.effective).sum();
    let read: f64 = score.checks.iter().map(|check| check.effective * (1.0 - check.unread)).sum();
    assert_digits(total, 4, "37.0000");
    assert_digits(read, 4, "31.0000");
    assert_digits(score.raw.unwrap() * read / 100.0, 4, "21.0028");
    assert_eq!((score.grade, score.grade_uncapped), (Some(Grade::D), Some(Grade::D)));
    assert_eq!(score.letter().as_deref(), Some("D?"));
    assert_eq!(score.caps.iter().map(|cap| cap.kind).collect::<Vec<_>>(), [CapKind::LowCoverage]);
    assert_eq!(
        score.headline(),
        "posture 67.8 D? | drift 32.2 | coverage 83.8 % | range 56.8-73.0"
    );
}

#[test]
fn worked_example_one_by_check() {
    let score = score(&example_one());
    for (check, weight, met) in [
        ("activation-without-mfa", 10.0, 6.6667),
        ("activation-too-long", 6.0, 3.5714),
        ("activation-without-approval", 6.0, 6.0),
        ("global-administrator-count", 6.0, 3.0),
        ("active-alert", 6.0, 0.0),
        ("stale-privileged-account", 3.0, 1.7647),
    ] {
        let found = of_check(&score, check);
        assert_eq!((found.weight, found.effective), (weight, weight), "{check}");
        let read = weight * (1.0 - found.unread);
        let lost = found.cost * 31.0 / 100.0;
        assert!((read - lost - met).abs() < 0.00005, "{check}: {read} - {lost}");
        // Points met are E * a * G; nothing judged has no G.
        assert_eq!(found.met.is_some(), read > 0.0, "{check}");
        let points = found.met.map_or(0.0, |share| read * share);
        assert!((points - met).abs() < 0.00005, "{check}: {points}");
    }
    assert_eq!(of_check(&score, "active-alert").unread, 1.0);
    assert_eq!(of_check(&score, "active-alert").cost, 0.0);
}

#[test]
fn worked_example_two() {
    let score = score(&example_two());
    assert_digits(score.raw.unwrap(), 2, "71.51");
    assert_digits(100.0 - score.raw.unwrap(), 2, "28.49");
    assert_eq!(score.coverage, 1.0);
    assert_digits(score.raw_low, 2, "71.51");
    assert_digits(score.raw_high, 2, "71.51");
    assert_digits(score.waived, 4, "0.0334");
    assert_digits(of_check(&score, "stale-privileged-account").effective, 4, "1.7647");
    let total: f64 = score.checks.iter().map(|check| check.effective).sum();
    assert_digits(total, 4, "35.7647");
    assert_digits(score.raw.unwrap() * total / 100.0, 4, "25.5742");
    assert_eq!((score.grade, score.grade_uncapped), (Some(Grade::F), Some(Grade::C)));
    assert_eq!(
        score.headline(),
        "posture 71.5 F (C without its cap: 1 critical failure) | drift 28.5 | coverage 100 %"
    );
}

#[test]
fn snapshot_a_with_the_waivers_of_b() {
    let mut rows = example_one();
    rows[10].waived = true;
    let score = score(&rows);
    assert_digits(score.raw.unwrap(), 2, "70.56");
    assert_eq!(score.letter().as_deref(), Some("C?"));
}

#[test]
fn points_come_back_when_the_subject_passes() {
    let mut rows = example_one();
    let before = score(&rows);
    let check = of_check(&before, "activation-too-long");
    assert_eq!(check.subjects.iter().map(|subject| subject.row).collect::<Vec<_>>(), [3, 4]);
    rows[3].outcome = PASS;
    let gained = score(&rows).raw.unwrap() - before.raw.unwrap();
    assert!((gained - check.subjects[0].points).abs() < 1e-9, "{gained}");
}

/// `count` passing rows of one subject each, of a check of their own.
fn passing(count: usize) -> Vec<Row> {
    let subject = |place| format!("role:{place}");
    (0..count).map(|place| plain("passing", &subject(place), Severity::High, PASS)).collect()
}

fn letter_with(extra: Vec<Row>) -> Option<String> {
    let mut rows = passing(3);
    // Ten weights of 10 keep the coverage above its bound whatever one row of weight 10 says.
    for check in ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"] {
        rows.push(plain(check, "tenant", Severity::Critical, PASS));
    }
    rows.extend(extra);
    score(&rows).letter()
}

#[test]
fn every_bound_lowers_the_letter_and_only_when_it_holds() {
    let on_role = |tier| ("role", "role:x", tier);
    for (what, extra, expected) in [
        ("nothing", vec![], "A"),
        ("critical failure", vec![plain("x", "tenant", Severity::Critical, FAIL)], "F"),
        ("critical in part", vec![plain("x", "tenant", Severity::Critical, HALF)], "A"),
        ("critical rule, high tier", vec![row("x", on_role(HIGH), Severity::Critical, FAIL)], "A"),
        (
            "high failure, critical tier",
            vec![row("x", on_role(CRITICAL), Severity::High, FAIL)],
            "B",
        ),
        ("high failure, tenant", vec![plain("x", "tenant", Severity::High, FAIL)], "B"),
        ("high in part", vec![plain("x", "tenant", Severity::High, HALF)], "A"),
        ("medium failure", vec![plain("x", "tenant", Severity::Medium, FAIL)], "A"),
        ("waived critical", vec![waived(plain("x", "tenant", Severity::Critical, FAIL))], "B"),
        ("waived high", vec![waived(plain("x", "tenant", Severity::High, FAIL))], "A"),
        ("waived in part", vec![waived(plain("x", "tenant", Severity::Critical, HALF))], "A"),
        ("critical unread", vec![plain("x", "tenant", Severity::Critical, UNREAD)], "B?"),
        (
            "critical unread with a waiver",
            vec![waived(plain("x", "tenant", Severity::Critical, UNREAD))],
            "B?",
        ),
        (
            "critical list missing",
            vec![plain("x", "dataset:alerts", Severity::Critical, RowOutcome::ListMissing)],
            "B?",
        ),
        ("high unread", vec![plain("x", "tenant", Severity::High, UNREAD)], "A"),
    ] {
        assert_eq!(letter_with(extra).as_deref(), Some(expected), "{what}");
    }
}

#[test]
fn bounds_are_listed_lowest_first_with_their_counts() {
    let mut rows = passing(2);
    rows.extend([
        plain("x", "tenant", Severity::High, FAIL),
        plain("y", "one", Severity::Critical, FAIL),
        plain("y", "two", Severity::Critical, FAIL),
        waived(plain("z", "tenant", Severity::Critical, FAIL)),
        plain("u", "tenant", Severity::Critical, UNREAD),
    ]);
    let score = score(&rows);
    let reasons: Vec<&str> = score.caps.iter().map(|cap| cap.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "2 critical failures",
            "1 high failure on a critical-tier subject or the tenant",
            "1 waived critical failure",
            "23.8 % is waived, more than 15 %",
            "coverage 68.8 % is below 85 %",
            "1 critical finding not assessed",
        ]
    );
}

/// `read` checks that pass and `unread` ones that nobody could judge, all of one weight.
fn coverage_of(read: usize, unread: usize) -> Score {
    const CHECKS: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    let outcomes = std::iter::repeat_n(PASS, read).chain(std::iter::repeat_n(UNREAD, unread));
    let rows: Vec<Row> = (CHECKS.into_iter().zip(outcomes))
        .map(|(check, outcome)| plain(check, "tenant", Severity::High, outcome))
        .collect();
    assert_eq!(rows.len(), read + unread);
    score(&rows)
}

#[test]
fn coverage_bounds_the_letter_at_its_edges() {
    for (read, unread, expected) in [
        (20, 0, Some("A")),
        (17, 3, Some("A")),
        (16, 4, Some("B?")),
        (12, 8, Some("B?")),
        (11, 9, None),
        (0, 20, None),
    ] {
        let score = coverage_of(read, unread);
        assert_eq!(score.letter().as_deref(), expected, "{read} of {}", read + unread);
    }
}

#[test]
fn headlines_of_what_is_not_graded_show_the_range_and_the_reason() {
    let all_waived = score(&[waived(plain("x", "tenant", Severity::High, FAIL))]);
    for (score, expected) in [
        (
            coverage_of(11, 9),
            "posture 55.0-100.0, not graded (coverage 55.0 % is below 60 %) | coverage 55.0 %",
        ),
        (
            coverage_of(0, 3),
            "posture 0.0-100.0, not graded (coverage 0 % is below 60 %) | coverage 0 %",
        ),
        (score(&[]), "posture 0.0-100.0, not graded (nothing to score) | coverage 0 %"),
        (all_waived, "posture 0.0-100.0, not graded (everything is waived) | coverage 0 %"),
    ] {
        assert_eq!(score.headline(), expected);
    }
    assert_eq!(
        coverage_of(16, 4).headline(),
        "posture 100.0 B? (A without its cap: coverage 80.0 % is below 85 %) | drift 0.0 | \
         coverage 80.0 % | range 80.0-100.0"
    );
}

#[test]
fn printed_coverage_never_reaches_a_bound_that_is_missed() {
    let all_read = coverage_of(20, 0);
    for (coverage, percent, text) in [
        (1.0, 100.0, "100 %"),
        (0.9999, 99.9, "99.9 %"),
        (31.0 / 37.0, 83.8, "83.8 %"),
        (0.85, 85.0, "85.0 %"),
        (0.8499, 84.9, "84.9 %"),
        (0.6, 60.0, "60.0 %"),
        (0.5999, 59.9, "59.9 %"),
        (0.0001, 0.1, "0.1 %"),
        (0.0, 0.0, "0 %"),
    ] {
        let score = Score { coverage, ..all_read.clone() };
        assert_eq!(score.coverage_percent(), percent, "{coverage}");
        assert_eq!(score.coverage_text(), text, "{coverage}");
    }
}

#[test]
fn one_decimal_rounds_half_up() {
    for (value, expected) in
        [(67.75, 67.8), (67.749, 67.7), (89.95, 90.0), (89.94, 89.9), (0.0, 0.0), (100.0, 100.0)]
    {
        assert_eq!(one_decimal(value), expected, "{value}");
    }
}

#[test]
fn rows_of_one_subject_are_merged_to_the_worst() {
    let others = || vec![plain("other", "tenant", Severity::High, PASS)];
    let quarter = RowOutcome::Judged { credit: 0.25, failed: true };
    for (what, outcomes, equal_to) in [
        ("pass and fail", [PASS, FAIL], FAIL),
        ("part and fail with some credit", [HALF, quarter], quarter),
        ("fail and unread", [FAIL, UNREAD], FAIL),
        ("pass and unread", [PASS, UNREAD], UNREAD),
        ("part and unread", [HALF, UNREAD], UNREAD),
    ] {
        let numbers = |outcomes: &[RowOutcome]| {
            let mut rows = others();
            rows.extend(outcomes.iter().map(|o| plain("x", "tenant", Severity::High, *o)));
            figures(&score(&rows))
        };
        let reversed = [outcomes[1], outcomes[0]];
        assert_eq!(numbers(&outcomes), numbers(&[equal_to]), "{what}");
        assert_eq!(numbers(&reversed), numbers(&[equal_to]), "{what}, reversed");
    }
}

#[test]
fn a_pass_beside_a_waived_failure_does_not_count_as_a_pass() {
    let failed = waived(plain("x", "tenant", Severity::High, FAIL));
    let passed = plain("x", "tenant", Severity::High, PASS);
    let other = plain("other", "tenant", Severity::High, HALF);
    let alone = score(&[other.clone(), failed.clone()]);
    assert_eq!(figures(&score(&[other, failed, passed])), figures(&alone));
}

#[test]
fn three_hundred_subjects_of_one_kind_do_not_drown_another() {
    let mut rows: Vec<Row> = (0..300)
        .map(|place| {
            row("x", ("azure", format!("azure:{place}").as_str(), None), Severity::High, PASS)
        })
        .collect();
    rows.push(row("x", ("role", "role:ga", CRITICAL), Severity::High, FAIL));
    assert_eq!(score(&rows).posture, Some(50.0));
}

/// Everything a cap must not touch.
fn figures(score: &Score) -> (Option<f64>, [f64; 4], Option<f64>, [f64; 2]) {
    let exact = [score.raw_low, score.raw_high, score.coverage, score.waived];
    (score.raw, exact, score.posture, [score.low, score.high])
}

/// The points of each subject, by name.
type Named = Vec<(Arc<str>, f64)>;

/// Every field, with subjects named instead of numbered.
fn named(score: &Score, rows: &[Row]) -> (Score, Vec<Named>) {
    let mut plain = score.clone();
    let mut names = Vec::new();
    for check in &mut plain.checks {
        let subjects = std::mem::take(&mut check.subjects).into_iter();
        names.push(subjects.map(|s| (Arc::clone(&rows[s.row].subject), s.points)).collect());
    }
    (plain, names)
}

fn same_subject(one: &Row, other: &Row) -> bool {
    one.subject == other.subject && same_group(one, other)
}

fn same_group(one: &Row, other: &Row) -> bool {
    (one.check, one.kind) == (other.check, other.kind)
}

/// The rows with another outcome for one subject; a missing list stays missing.
fn with_outcome(rows: &[Row], subject: &Row, outcome: RowOutcome) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        if same_subject(row, subject) && row.outcome != RowOutcome::ListMissing {
            row.outcome = outcome;
        }
    }
    rows
}

/// What is left when the list of these subjects is missing.
fn with_missing_list(rows: &[Row], like: &Row, keep_known: bool) -> Vec<Row> {
    let of_list = |row: &&Row| same_group(row, like);
    let base = rows.iter().filter(of_list).map(|row| row.base).max().unwrap();
    let mut left: Vec<Row> =
        rows.iter().filter(|row| keep_known || !of_list(row)).cloned().collect();
    let subject = (like.kind, "dataset:subjects", None);
    left.push(row(like.check, subject, base, RowOutcome::ListMissing));
    left
}

fn at_most(one: f64, other: f64) -> bool {
    one <= other + TOLERANCE
}

fn not_better_than_uncertain_b(score: &Score) -> bool {
    score.grade.is_none() || (score.grade <= Some(Grade::B) && score.uncertain)
}

fn any_outcome() -> impl Strategy<Value = RowOutcome> {
    let part = prop::sample::select(vec![0.01, 0.25, 0.5, 0.75, 0.99]);
    let little = prop::sample::select(vec![0.0, 0.25, 0.5]);
    prop_oneof![
        12 => Just(PASS),
        4 => part.prop_map(|credit| RowOutcome::Judged { credit, failed: false }),
        8 => little.prop_map(|credit| RowOutcome::Judged { credit, failed: true }),
        4 => Just(UNREAD),
        1 => Just(RowOutcome::ListMissing),
    ]
}

/// A row of one of four checks, two kinds and six subjects, each with its own tier.
fn any_row() -> impl Strategy<Value = Row> {
    const TIERS: [Option<Tier>; 6] =
        [None, CRITICAL, HIGH, ELEVATED, Some(Tier::Standard), CRITICAL];
    (
        prop::sample::select(vec!["check-a", "check-b", "check-c", "check-d"]),
        prop::sample::select(vec!["role", "principal"]),
        0..TIERS.len(),
        prop::sample::select(Severity::ALL.to_vec()),
        any_outcome(),
        prop::sample::select(vec![1.0, 0.5, 0.25]),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(check, kind, place, base, outcome, exposure, waived)| {
            if outcome == RowOutcome::ListMissing {
                return row(check, (kind, "dataset:subjects", None), base, outcome);
            }
            let subject = format!("subject:{place}");
            let mut row = row(check, (kind, subject.as_str(), TIERS[place]), base, outcome);
            row.weight *= exposure;
            row.least = row.weight;
            row.waived = waived;
            row
        })
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(any_row(), 1..24)
}

/// Rows, and the place of one that fails and is not waived.
fn rows_with_a_failure() -> impl Strategy<Value = (Vec<Row>, usize)> {
    (any_rows(), any::<prop::sample::Index>()).prop_map(|(mut rows, index)| {
        let place = index.index(rows.len());
        rows[place].outcome = FAIL;
        rows[place].waived = false;
        (rows, place)
    })
}

proptest! {
    #[test]
    fn p1_fixing_a_subject_never_lowers_posture((rows, place) in rows_with_a_failure()) {
        let before = score(&rows).raw;
        let after = score(&with_outcome(&rows, &rows[place], PASS)).raw;
        if let Some(before) = before {
            prop_assert!(after.is_some_and(|after| at_most(before, after)), "{before} {after:?}");
        }
    }

    #[test]
    fn p2_reading_less_never_looks_better(
        rows in any_rows(),
        index in any::<prop::sample::Index>(),
    ) {
        let before = score(&rows);
        let after = score(&with_outcome(&rows, index.get(&rows), UNREAD));
        prop_assert!(at_most(after.raw_low, before.raw_low) && after.low <= before.low);
        prop_assert!(at_most(after.coverage, before.coverage));
        prop_assert!(at_most(before.raw_high, after.raw_high) && before.high <= after.high);
    }

    #[test]
    fn p3_an_unread_check_leaves_posture(rows in any_rows(), list_missing in any::<bool>()) {
        let before = score(&rows);
        let outcome = if list_missing { RowOutcome::ListMissing } else { UNREAD };
        let mut more = rows;
        more.push(plain("unread-check", "dataset:alerts", Severity::High, outcome));
        let after = score(&more);
        prop_assert_eq!(after.raw, before.raw);
        prop_assert!(at_most(after.coverage, before.coverage));
    }

    #[test]
    fn p4_the_range_holds_the_posture(rows in any_rows()) {
        let score = score(&rows);
        prop_assert!(0.0 <= score.raw_low && score.raw_low <= score.raw_high);
        prop_assert!(score.raw_high <= 100.0);
        if let (Some(raw), Some(posture), Some(drift)) = (score.raw, score.posture, score.drift) {
            prop_assert!(score.raw_low <= raw && raw <= score.raw_high);
            prop_assert!(score.low <= posture && posture <= score.high);
            prop_assert_eq!(one_decimal(posture + drift), 100.0);
            prop_assert!((raw - score.raw_low / score.coverage).abs() < TOLERANCE);
        }
    }

    #[test]
    fn p5_the_order_of_rows_never_matters(
        (rows, shuffled) in any_rows().prop_flat_map(|rows| {
            (Just(rows.clone()), Just(rows).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(named(&score(&rows), &rows), named(&score(&shuffled), &shuffled));
    }

    #[test]
    fn p6_everything_waived_is_not_graded(rows in any_rows(), in_part in any::<bool>()) {
        let outcome = if in_part { HALF } else { FAIL };
        let rows: Vec<Row> =
            rows.into_iter().map(|row| Row { outcome, ..waived(row) }).collect();
        let score = score(&rows);
        prop_assert_eq!((score.posture, score.raw, score.drift), (None, None, None));
        prop_assert_eq!((score.grade, score.grade_uncapped), (None, None));
        prop_assert_eq!(score.waived, 1.0);
        prop_assert!(score.headline().contains("not graded (everything is waived)"));
    }

    #[test]
    fn p7_a_better_row_of_the_same_subject_changes_nothing(
        (rows, place) in rows_with_a_failure(),
    ) {
        let mut more = rows.clone();
        more.push(Row { outcome: PASS, ..rows[place].clone() });
        more.push(Row { outcome: HALF, ..rows[place].clone() });
        more.push(rows[place].clone());
        prop_assert_eq!(score(&more), score(&rows));
    }

    #[test]
    fn p10_no_number_is_ever_strange(
        mut rows in prop::collection::vec(any_row(), 0..24),
        strange in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 24),
    ) {
        for (row, (weight, credit)) in rows.iter_mut().zip(strange) {
            row.weight = weight;
            row.least = credit;
            if let RowOutcome::Judged { failed, .. } = row.outcome {
                row.outcome = RowOutcome::Judged { credit, failed };
            }
        }
        let score = score(&rows);
        let (raw, exact, posture, printed) = figures(&score);
        let checks = score.checks.iter().flat_map(|check| {
            let points = check.subjects.iter().map(|subject| subject.points);
            [check.weight, check.effective, check.unread, check.cost].into_iter().chain(points)
        });
        let all = exact.into_iter().chain(printed).chain(raw).chain(posture).chain(checks);
        for number in all {
            prop_assert!((0.0..=100.000_001).contains(&number), "{number}");
        }
    }

    #[test]
    fn p11_a_missing_list_never_looks_better(
        rows in any_rows(),
        index in any::<prop::sample::Index>(),
        keep_known in any::<bool>(),
    ) {
        let before = score(&rows);
        let after = score(&with_missing_list(&rows, index.get(&rows), keep_known));
        prop_assert!(at_most(after.coverage, before.coverage));
        prop_assert!(at_most(after.raw_low, before.raw_low));
    }

    #[test]
    fn p11_a_missing_list_that_subjects_only_read_never_looks_better(
        rows in any_rows(),
        index in any::<prop::sample::Index>(),
    ) {
        let before = score(&rows);
        let check = index.get(&rows).check;
        let unread: Vec<Row> = rows.iter().filter(|row| row.check == check).cloned().collect();
        let rows =
            unread.iter().fold(rows.clone(), |rows, row| with_outcome(&rows, row, UNREAD));
        let after = score(&rows);
        prop_assert!(at_most(after.coverage, before.coverage));
        prop_assert!(at_most(after.raw_low, before.raw_low));
    }

    #[test]
    fn p17_not_knowing_whether_a_subject_is_used_never_looks_better(
        rows in any_rows(),
        index in any::<prop::sample::Index>(),
    ) {
        let before = score(&rows);
        let chosen = index.get(&rows);
        let meant = |row: &Row| {
            (row.check, row.kind, &row.subject) == (chosen.check, chosen.kind, &chosen.subject)
        };
        let most = rows.iter().filter(|row| meant(row)).map(|row| row.weight).fold(0.0, f64::max);
        // As it is judged where it may be used by nobody, or throughout the tenant.
        let (least, full) = (most * 0.25, (most * 4.0).min(1.0));
        let unknown = rows.iter().map(|row| match meant(row) {
            true => Row { weight: full, least, ..row.clone() },
            false => row.clone(),
        });
        let after = score(&unknown.collect::<Vec<_>>());
        prop_assert!(at_most(after.raw_low, before.raw_low) && after.low <= before.low);
        prop_assert!(at_most(before.raw_high, after.raw_high) && before.high <= after.high);
        if let Some(raw) = after.raw {
            prop_assert!(after.raw_low <= raw && raw <= after.raw_high);
        }
    }

    #[test]
    fn p17_not_knowing_whether_a_rule_is_for_a_subject_never_looks_better(
        rows in any_rows(),
        index in any::<prop::sample::Index>(),
    ) {
        // A check has one base severity, whichever of its subjects are there.
        let base = Severity::High;
        let rows: Vec<Row> = rows.into_iter().map(|row| Row { base, ..row }).collect();
        let chosen = index.get(&rows).clone();
        // The row of a list is no subject.
        prop_assume!(chosen.outcome != RowOutcome::ListMissing);
        let meant = |row: &&Row| {
            (row.check, row.kind, &row.subject) == (chosen.check, chosen.kind, &chosen.subject)
        };
        let without: Vec<Row> = rows.iter().filter(|row| !meant(row)).cloned().collect();
        let open = Row { outcome: UNREAD, least: 0.0, ..chosen.clone() };
        let after = score(&[without.clone(), vec![open]].concat());
        for before in [score(&without), score(&[without, vec![chosen.clone()]].concat())] {
            prop_assert!(at_most(after.raw_low, before.raw_low) && after.low <= before.low);
        }
    }

    #[test]
    fn p12_hiding_a_critical_failure_is_b_with_a_question_mark_at_best(
        (mut rows, place) in rows_with_a_failure(),
        keep_known in any::<bool>(),
    ) {
        rows[place].base = Severity::Critical;
        rows[place].shown = Severity::Critical;
        let failing = rows[place].clone();
        prop_assert!(score(&rows).grade.is_none_or(|grade| grade == Grade::F));
        let alone = score(&with_outcome(&rows, &failing, UNREAD));
        prop_assert!(not_better_than_uncertain_b(&alone), "{}", alone.headline());
        let with_its_list = score(&with_missing_list(&rows, &failing, keep_known));
        prop_assert!(not_better_than_uncertain_b(&with_its_list), "{}", with_its_list.headline());
    }

    #[test]
    fn p13_splitting_a_rule_changes_nothing(rows in any_rows()) {
        // Subjects are judged by one part or the other, so only the rows of lists come twice.
        let of_lists = rows.iter().filter(|row| row.is_unread()).cloned();
        let split: Vec<Row> = rows.iter().cloned().chain(of_lists).collect();
        prop_assert_eq!(score(&split), score(&rows));
    }

    #[test]
    fn p16_a_bound_never_changes_a_number(rows in any_rows(), bound in any::<bool>()) {
        let shown = if bound { Severity::Critical } else { Severity::Low };
        let other: Vec<Row> = rows
            .iter()
            .map(|row| Row { shown, subject_is_top: bound, ..row.clone() })
            .collect();
        let (before, after) = (score(&rows), score(&other));
        prop_assert_eq!(figures(&before), figures(&after));
        prop_assert_eq!(before.checks, after.checks);
    }

    #[test]
    fn what_checks_cost_adds_up_to_what_is_missing(rows in any_rows()) {
        let score = score(&rows);
        let lost: f64 = score.checks.iter().map(|check| check.cost).sum();
        prop_assert!((lost - score.raw.map_or(0.0, |raw| 100.0 - raw)).abs() < TOLERANCE);
        for check in &score.checks {
            let subjects: f64 = check.subjects.iter().map(|subject| subject.points).sum();
            prop_assert!((check.cost - subjects).abs() < TOLERANCE);
        }
    }
}
