//! What each check weighs, how much of it was read and met, and what it costs.

use crate::report::escape;
use crate::report::model::Judged;
use crate::report::open::{points_text, scored};
use crate::report::page::{Fit, Grid, Page};
use crate::score::{CheckScore, Score};
use std::io;

/// Columns of a subject's name at most.
const NAME: usize = 40;
/// Lines one row may take.
const LINES: usize = 4;

/// The section that explains the score.
pub(super) fn write(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    page.title("HOW THE SCORE COMES ABOUT")?;
    let score = &judged.score;
    if score.checks.is_empty() {
        return page.paragraph("No check had anything to score.");
    }
    let mut grid = Grid::new(&[
        ("check", Fit::Name),
        ("weight", Fit::Number),
        ("read", Fit::Number),
        ("met", Fit::Number),
        ("costs", Fit::Number),
        ("most comes back with", Fit::Flow),
    ])
    .at_most_lines(LINES);
    let places = scored(judged);
    let all_read: f64 = score.checks.iter().map(read).sum();
    for check in dearest_first(score) {
        grid.row(vec![
            format!("{} ({})", check.check, check.kind).into(),
            format!("{:.2}", check.effective).into(),
            percent(1.0 - check.unread).into(),
            met(check, all_read).into(),
            points_text(check.cost).into(),
            most(check, &places, judged).into(),
        ]);
    }
    page.grid(&grid)?;
    page.paragraph(sum(score, all_read))
}

/// E times a: the weight that could be judged.
fn read(check: &CheckScore) -> f64 {
    check.effective * (1.0 - check.unread)
}

fn dearest_first(score: &Score) -> Vec<&CheckScore> {
    let mut checks: Vec<&CheckScore> = score.checks.iter().collect();
    checks.sort_by(|one, other| other.cost.total_cmp(&one.cost));
    checks
}

/// G, taken back from the cost: cost = 100 x E x a x (1 - G) / all that was read.
fn met(check: &CheckScore, all_read: f64) -> String {
    let read = read(check);
    if read <= 0.0 {
        return "-".to_owned();
    }
    percent((1.0 - check.cost * all_read / (100.0 * read)).clamp(0.0, 1.0))
}

/// Never `100 %` for less, and never `0 %` for more than nothing.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if (99.5..100.0 - 1e-7).contains(&percent) {
        ">99 %".to_owned()
    } else if percent > 1e-7 && percent < 0.5 {
        "<1 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
}

fn most(check: &CheckScore, places: &[usize], judged: &Judged) -> String {
    let Some(first) = check.subjects.first() else { return String::new() };
    let subject = places.get(first.row).map(|&place| &*judged.findings[place].subject.name);
    let name = escape::name(subject.unwrap_or_default(), NAME);
    match check.subjects.len() {
        1 => name,
        more => format!("{name} ({}), +{} more", points_text(first.points), more - 1),
    }
}

fn sum(score: &Score, all_read: f64) -> String {
    let weight: f64 = score.checks.iter().map(|check| check.effective).sum();
    let read = format!("Weights add up to {weight:.2}, of which {all_read:.2} could be judged");
    match (score.posture, score.drift) {
        (Some(posture), Some(drift)) => {
            format!("{read}. 100.0 - {drift:.1} that the checks cost = posture {posture:.1}.")
        }
        (None, _) | (_, None) => format!("{read}: nothing has a cost."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Severity, Tier};
    use crate::report::testing::{self, finding, role};

    #[test]
    fn what_is_met_is_taken_back_from_the_cost() {
        // Two of three equal subjects pass, and a second check passes whole.
        let judged = testing::judged(vec![
            finding(
                "a-check",
                Severity::High,
                role("One", Tier::High, 1.0),
                Outcome::pass("x", "y"),
            ),
            finding(
                "a-check",
                Severity::High,
                role("Two", Tier::High, 1.0),
                Outcome::pass("x", "y"),
            ),
            finding(
                "a-check",
                Severity::High,
                role("Three", Tier::High, 1.0),
                Outcome::fail("x", "y"),
            ),
            finding("b-check", Severity::Low, testing::tenant(), Outcome::pass("x", "y")),
        ]);
        let all_read: f64 = judged.score.checks.iter().map(read).sum();
        let met: Vec<String> =
            judged.score.checks.iter().map(|check| met(check, all_read)).collect();
        assert_eq!(met, ["67 %", "100 %"]);
    }

    #[test]
    fn shares_are_not_rounded_to_all_or_nothing() {
        for (share, expected) in
            [(0.0, "0 %"), (0.001, "<1 %"), (0.5, "50 %"), (0.999, ">99 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), expected, "{share}");
        }
    }
}
