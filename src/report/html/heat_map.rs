//! The map of roles and checks: where it hurts, seen at a glance.
//!
//! One row a role, one column a check, and a mark whose shape says as much as its colour. Grants
//! count with their role.

use crate::model::{Finding, Outcome, Severity, Tier, Verdict};
use crate::report::escape;
use crate::report::model::Judged;
use crate::report::open::points_text;
use crate::report::words;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rows at most.
const ROWS: usize = 60;
/// Failed checks named in a row of the table.
const NAMED: usize = 12;
/// Left edge of the marks, and from one column and one row to the next.
const LEFT: usize = 236;
const ACROSS: usize = 25;
const DOWN: usize = 21;
/// Height of the titles of the checks, which stand aslant, and of a tier's heading.
const TOP: usize = 176;
const HEADING: usize = 24;
/// Room for the bars with the points, and for the last title to lean over.
const BARS: usize = 124;
const LEAN: usize = 150;
/// Length of the longest bar.
const BAR: f64 = 70.0;
/// Columns of the name of a role and of the title of a check.
const NAME: usize = 32;
const TITLE: usize = 34;
/// Columns of a name in a tooltip.
const TIP: usize = 120;

/// The map.
#[derive(Serialize)]
pub(super) struct HeatMap<'a> {
    width: usize,
    height: usize,
    top: usize,
    /// Left edge of the bars.
    bars: usize,
    summary: String,
    /// What is not drawn.
    left_out: String,
    columns: Vec<Column>,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Column {
    x: usize,
    label: String,
    title: &'static str,
}

#[derive(Serialize)]
struct Row<'a> {
    y: usize,
    /// The heading of its tier, on the first row of each.
    tier: &'static str,
    tier_y: usize,
    line_y: usize,
    tier_name: &'static str,
    /// Cut to its room.
    name: String,
    full: &'a str,
    /// The name for a tooltip.
    tip: String,
    points: String,
    bar: f64,
    cells: Vec<Cell>,
    failed: usize,
    partial: usize,
    unread: usize,
    waived: usize,
    passed: usize,
    /// Titles of the checks that failed.
    failures: String,
}

#[derive(Serialize)]
struct Cell {
    x: usize,
    mark: &'static str,
    title: String,
}

/// What a finding comes to, the worst first: a cell shows its worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// Failed, with its severity.
    Fail(Reverse<Severity>),
    Partial,
    Unread,
    Waived,
    Pass,
    Info,
    NotApplicable,
}

impl Mark {
    fn of(finding: &Finding) -> Self {
        if finding.waiver.is_some() {
            return Self::Waived;
        }
        match &finding.outcome {
            Outcome::Judged { verdict: Verdict::Fail, .. } => Self::Fail(Reverse(finding.severity)),
            Outcome::Judged { verdict: Verdict::Partial, .. } => Self::Partial,
            Outcome::Judged { verdict: Verdict::Pass, .. } => Self::Pass,
            Outcome::Info(_) => Self::Info,
            Outcome::NotApplicable { .. } => Self::NotApplicable,
            Outcome::NotAssessed(_) => Self::Unread,
        }
    }

    /// The symbol of the page that draws it.
    const fn symbol(self) -> &'static str {
        match self {
            Self::Fail(Reverse(Severity::Critical)) => "fail4",
            Self::Fail(Reverse(Severity::High)) => "fail3",
            Self::Fail(Reverse(Severity::Medium)) => "fail2",
            Self::Fail(Reverse(Severity::Low)) => "fail1",
            Self::Partial => "partial",
            Self::Unread => "unread",
            Self::Waived => "waived",
            Self::Pass => "pass",
            Self::Info => "info",
            Self::NotApplicable => "none",
        }
    }

    /// What it is called, after a number.
    const fn word(self) -> &'static str {
        match self {
            Self::Fail(_) => "failed",
            Self::Partial => "met in part",
            Self::Unread => "not assessed",
            Self::Waived => "waived",
            Self::Pass => "passed",
            Self::Info => "information",
            Self::NotApplicable => "not applicable",
        }
    }

    const fn is_judgement(self) -> bool {
        match self {
            Self::Fail(_) | Self::Partial | Self::Unread | Self::Waived | Self::Pass => true,
            Self::Info | Self::NotApplicable => false,
        }
    }
}

/// What all findings of a role say.
struct Role<'a> {
    name: &'a str,
    tier: Option<Tier>,
    points: f64,
    /// By check, how many findings came to what.
    checks: BTreeMap<&'static str, BTreeMap<Mark, usize>>,
}

impl Role<'_> {
    fn is_judged(&self) -> bool {
        self.checks.values().flat_map(BTreeMap::keys).any(|mark| mark.is_judgement())
    }

    fn number(&self, wanted: &str) -> usize {
        let marks = self.checks.values().flatten();
        marks.filter(|(mark, _)| mark.word() == wanted).map(|(_, number)| number).sum()
    }
}

/// What a check costs over all roles.
struct Check {
    id: &'static str,
    title: &'static str,
    points: f64,
    open: usize,
}

impl<'a> HeatMap<'a> {
    /// The map of a baseline; `None` where no role was judged.
    pub(super) fn of(judged: &'a Judged, points: &[f64]) -> Option<Self> {
        let (mut roles, checks) = gather(judged, points);
        roles.sort_by(|one, other| {
            (other.tier.cmp(&one.tier))
                .then(other.points.total_cmp(&one.points))
                .then_with(|| one.name.cmp(other.name))
        });
        let all = roles.len();
        let left_out = left_out(roles.get(ROWS..).unwrap_or_default());
        roles.truncate(ROWS);
        let first = roles.first()?;
        let most = roles.iter().map(|role| role.points).fold(first.points, f64::max);
        let checks: Vec<&Check> = checks
            .iter()
            .filter(|check| roles.iter().any(|role| role.checks.contains_key(check.id)))
            .collect();
        let across = LEFT + ACROSS * checks.len();
        let mut y = TOP + 10;
        let mut before = None;
        let mut rows = Vec::with_capacity(roles.len());
        for role in &roles {
            let begins = before != Some(role.tier);
            before = Some(role.tier);
            if begins {
                y += HEADING;
            }
            rows.push(row(role, &checks, y, begins, most));
            y += DOWN;
        }
        Some(Self {
            width: across + BARS.max(LEAN),
            height: y + 4,
            top: TOP,
            bars: across + 14,
            summary: summary(roles.len(), all, checks.len()),
            left_out,
            columns: checks.iter().enumerate().map(|(place, it)| column(place, it)).collect(),
            rows,
        })
    }
}

fn summary(shown: usize, all: usize, checks: usize) -> String {
    let roles = if shown == all {
        words::count(all, "role")
    } else {
        format!("{shown} of {}", words::count(all, "role"))
    };
    format!(
        "{roles} by {}: roles by tier and by the points they lose, the dearest checks to the left. \
         An assignment counts with its role.",
        words::count(checks, "check")
    )
}

fn left_out(roles: &[Role<'_>]) -> String {
    if roles.is_empty() {
        return String::new();
    }
    let number = |word: &str| roles.iter().map(|role| role.number(word)).sum::<usize>();
    format!(
        "Not drawn: {} of the lower tiers or with fewer points; of their findings {} failed, {} \
         were met in part and {} were not assessed. All of them stand in the list of findings.",
        words::count(roles.len(), "more role"),
        number("failed"),
        number("met in part"),
        number("not assessed")
    )
}

/// The role a subject belongs to: itself, or the one that is granted.
fn role_of(key: &str) -> Option<&str> {
    if let Some(role) = key.strip_prefix("role:") {
        return Some(role);
    }
    let (_, role) = key.strip_prefix("grant:")?.split_once(":role:")?;
    role.split(':').next()
}

/// The name of the role: of a grant, what stands behind the holder and before the scope.
fn name_of(finding: &Finding) -> &str {
    let subject = &finding.subject;
    if subject.key.starts_with("role:") {
        return &subject.name;
    }
    let granted = |text| str::rsplit_once(text, " as ").map(|(_, role)| role);
    // What a unit is called is the tenant's: it may hold either word.
    let narrow = subject.name.rsplit_once(" within ").and_then(|(grant, _)| granted(grant));
    narrow.or_else(|| granted(&subject.name)).unwrap_or(&subject.name)
}

/// Roles of which anything was judged, and the checks with what they cost, the dearest first.
fn gather<'a>(judged: &'a Judged, points: &[f64]) -> (Vec<Role<'a>>, Vec<Check>) {
    let mut roles: BTreeMap<&str, Role<'a>> = BTreeMap::new();
    let mut checks: BTreeMap<&str, Check> = BTreeMap::new();
    for (place, finding) in judged.findings.iter().enumerate() {
        let Some(id) = role_of(&finding.subject.key) else { continue };
        let points = points.get(place).copied().unwrap_or_default();
        let mark = Mark::of(finding);
        let role = roles.entry(id).or_insert_with(|| Role {
            name: name_of(finding),
            tier: None,
            points: 0.0,
            checks: BTreeMap::new(),
        });
        if finding.subject.key.starts_with("role:") {
            role.name = &finding.subject.name;
        }
        role.tier = role.tier.max(finding.subject.tier);
        role.points += points;
        *role.checks.entry(finding.check).or_default().entry(mark).or_insert(0) += 1;
        let check = checks.entry(finding.check).or_insert_with(|| Check {
            id: finding.check,
            title: finding.title,
            points: 0.0,
            open: 0,
        });
        check.points += points;
        check.open += usize::from(matches!(mark, Mark::Fail(_) | Mark::Partial));
    }
    let roles = roles.into_values().filter(Role::is_judged).collect();
    let mut checks: Vec<Check> = checks.into_values().collect();
    checks
        .sort_by(|one, other| other.points.total_cmp(&one.points).then(other.open.cmp(&one.open)));
    (roles, checks)
}

fn column(place: usize, check: &Check) -> Column {
    Column {
        x: LEFT + ACROSS * place + ACROSS / 2,
        label: escape::name(check.title, TITLE),
        title: check.title,
    }
}

fn row<'a>(role: &Role<'a>, checks: &[&Check], y: usize, begins: bool, most: f64) -> Row<'a> {
    let failed = |check: &&&Check| {
        let marks = role.checks.get(check.id);
        marks.is_some_and(|marks| marks.keys().any(|mark| matches!(mark, Mark::Fail(_))))
    };
    let failures: Vec<&str> = checks.iter().filter(failed).map(|check| check.title).collect();
    Row {
        y,
        tier: if begins { heading(role.tier) } else { "" },
        tier_y: y - 11,
        line_y: y - 5,
        tier_name: role.tier.map_or("none", Tier::name),
        name: escape::name(role.name, NAME),
        full: role.name,
        tip: escape::name(role.name, TIP),
        points: if role.points > 0.0 { points_text(role.points) } else { String::new() },
        bar: if most > 0.0 { (BAR * role.points / most * 10.0).round() / 10.0 } else { 0.0 },
        cells: checks.iter().enumerate().filter_map(|(place, it)| cell(role, place, it)).collect(),
        failed: role.number("failed"),
        partial: role.number("met in part"),
        unread: role.number("not assessed"),
        waived: role.number("waived"),
        passed: role.number("passed"),
        failures: words::few(failures.iter().copied(), NAMED),
    }
}

const fn heading(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Critical) => "critical tier",
        Some(Tier::High) => "high tier",
        Some(Tier::Elevated) => "elevated tier",
        Some(Tier::Standard) => "standard tier",
        None => "no tier",
    }
}

fn cell(role: &Role<'_>, place: usize, check: &Check) -> Option<Cell> {
    let marks = role.checks.get(check.id)?;
    let (worst, _) = marks.first_key_value()?;
    let counts: Vec<String> = marks.iter().map(|(mark, number)| said(*mark, *number)).collect();
    Some(Cell {
        x: LEFT + ACROSS * place,
        mark: worst.symbol(),
        title: format!("{}: {}", check.title, counts.join(", ")),
    })
}

fn said(mark: Mark, number: usize) -> String {
    let mut text = format!("{number} {}", mark.word());
    if let Mark::Fail(Reverse(severity)) = mark {
        text.push_str(&format!(" ({severity})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Subject, SubjectKind};
    use crate::report::open::points;
    use crate::report::testing::{self, denied, finding, role};

    fn map(judged: &Judged) -> Option<HeatMap<'_>> {
        HeatMap::of(judged, &points(judged))
    }

    fn grant(holder: &str, of: &str) -> Subject {
        Subject {
            key: format!("grant:{holder}:role:{of}:eligible").into(),
            kind: SubjectKind::Grant,
            name: format!("{holder} as {of} within /administrativeUnits/a").into(),
            ..role(of, Tier::Critical, 1.0)
        }
    }

    #[test]
    fn a_role_is_read_off_the_key() {
        for (key, expected) in [
            ("role:r-1", Some("r-1")),
            ("grant:p-1:role:r-1", Some("r-1")),
            ("grant:p-1:role:r-1:activated", Some("r-1")),
            ("grant:p-1:group:g-1:member", None),
            ("group:g-1:member", None),
            ("principal:p-1", None),
            ("tenant", None),
            ("dataset:role-policies", None),
        ] {
            assert_eq!(role_of(key), expected, "{key}");
        }
    }

    #[test]
    fn a_cell_shows_its_worst_and_grants_count_with_their_role() {
        let ga = || role("ga", Tier::Critical, 1.0);
        let of = |check, subject, outcome| finding(check, Severity::High, subject, outcome);
        let judged = testing::judged(vec![
            of("a-check", grant("ana", "ga"), Outcome::pass("x", "y")),
            of("a-check", grant("ben", "ga"), Outcome::fail("x", "y")),
            of("a-check", grant("cleo", "ga"), denied(Dataset::RolePolicies)),
            of("b-check", ga(), denied(Dataset::RolePolicies)),
            of("c-check", ga(), Outcome::pass("x", "y")),
            of("d-check", ga(), Outcome::not_applicable("no")),
        ]);
        let map = map(&judged).unwrap();
        assert_eq!(map.rows.len(), 1);
        let row = &map.rows[0];
        assert_eq!((row.full, row.tier), ("ga", "critical tier"));
        assert_eq!((row.failed, row.unread, row.passed), (1, 2, 2));
        let mut marks: Vec<&str> = row.cells.iter().map(|cell| cell.mark).collect();
        assert_eq!(marks.remove(0), "fail3", "the check that costs stands first");
        marks.sort_unstable();
        assert_eq!(marks, ["none", "pass", "unread"]);
        assert!(row.cells[0].title.contains("1 failed (high), 1 not assessed, 1 passed"));
    }

    #[test]
    fn a_role_known_from_its_grants_alone_has_its_name() {
        let outcome = Outcome::fail("x", "y");
        let subject = grant("ana as b", "Reader");
        let judged = testing::judged(vec![finding("a-check", Severity::High, subject, outcome)]);
        assert_eq!(map(&judged).unwrap().rows[0].full, "Reader");
    }

    #[test]
    fn nothing_is_drawn_where_no_role_was_judged() {
        let none = testing::judged(Vec::new());
        assert!(map(&none).is_none());
        let outcome = Outcome::not_applicable("nobody holds it");
        let subject = role("ga", Tier::Critical, 1.0);
        let judged = testing::judged(vec![finding("a-check", Severity::High, subject, outcome)]);
        assert!(map(&judged).is_none());
    }

    #[test]
    fn a_large_tenant_is_drawn_in_part_and_the_rest_is_counted() {
        let many = (0..70).map(|number| {
            let tier = if number < 10 { Tier::Standard } else { Tier::High };
            let subject = role(&format!("Role {number:02}"), tier, 1.0);
            finding("a-check", Severity::High, subject, Outcome::fail("x", "y"))
        });
        let judged = testing::judged(many.collect());
        let map = map(&judged).unwrap();
        assert_eq!(map.rows.len(), ROWS);
        assert!(map.rows.iter().all(|row| row.tier_name == "high"));
        assert!(map.summary.starts_with("60 of 70 roles by 1 check:"), "{}", map.summary);
        assert!(map.left_out.starts_with("Not drawn: 10 more roles"), "{}", map.left_out);
        assert!(map.left_out.contains("10 failed"), "{}", map.left_out);
    }
}
