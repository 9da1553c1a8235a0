//! Per control of a benchmark: how many subjects it speaks of, how many were tested, and what was
//! found: what an auditor asks for.

use super::model::{ControlText, Judged, Report, Status};
use crate::model::{Dataset, Finding, Outcome, Target, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// One control of a benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ControlRow {
    /// Its id.
    pub control: String,
    /// How firmly, in the benchmark's own word.
    pub level: Option<String>,
    /// The checks that speak to it, sorted.
    pub checks: Vec<&'static str>,
    /// Subjects it speaks of: what was judged and what could not be. Rows for unread lists are not
    /// subjects, and information is no test.
    pub population: usize,
    /// False when a list of subjects was not read whole: then there are at least as many.
    pub population_exact: bool,
    /// Subjects that were judged.
    pub tested: usize,
    /// Of them, met.
    pub passed: usize,
    /// Of them, met in part and not waived.
    pub partial: usize,
    /// Of them, failed and not waived.
    pub exceptions: usize,
    /// Of them, failed or met in part, and accepted by a waiver.
    pub waived: usize,
    /// Subjects that could not be judged.
    pub not_assessed: usize,
    /// The requests its checks were answered by, sorted.
    pub requests: Vec<String>,
    /// True when nothing is not assessed and every collection its checks read was read whole.
    pub complete: bool,
}

/// One row a control, sorted by its id; a baseline of which no rule names a control has none.
pub(super) fn controls(report: &Report, judged: &Judged) -> Vec<ControlRow> {
    let mut rows: BTreeMap<&str, ControlRow> =
        judged.controls.iter().map(|it| (it.control.as_str(), new_row(it))).collect();
    for finding in &judged.findings {
        for control in &finding.rule.controls {
            if let Some(row) = rows.get_mut(control.as_str()) {
                count(row, finding);
            }
        }
    }
    rows.into_values().map(|row| finished(report, row)).collect()
}

fn count(row: &mut ControlRow, finding: &Finding) {
    match (&finding.outcome, &finding.subject.target) {
        (Outcome::NotAssessed(_), Target::Dataset { .. }) => row.population_exact = false,
        (Outcome::NotAssessed(_), _) => row.not_assessed += 1,
        (Outcome::Judged { verdict, .. }, _) => match (verdict, finding.waiver.is_some()) {
            (Verdict::Pass, _) => row.passed += 1,
            (Verdict::Partial | Verdict::Fail, true) => row.waived += 1,
            (Verdict::Partial, false) => row.partial += 1,
            (Verdict::Fail, false) => row.exceptions += 1,
        },
        (Outcome::Info(_) | Outcome::NotApplicable { .. }, _) => {}
    }
}

fn new_row(text: &ControlText) -> ControlRow {
    ControlRow {
        control: text.control.clone(),
        level: text.level.clone(),
        checks: text.checks.clone(),
        population: 0,
        population_exact: true,
        tested: 0,
        passed: 0,
        partial: 0,
        exceptions: 0,
        waived: 0,
        not_assessed: 0,
        requests: Vec::new(),
        complete: false,
    }
}

fn finished(report: &Report, mut row: ControlRow) -> ControlRow {
    let reads: BTreeSet<Dataset> = row
        .checks
        .iter()
        .filter_map(|id| report.check(id))
        .flat_map(|it| &it.reads)
        .copied()
        .collect();
    let states = || report.collected.datasets.iter().filter(|it| reads.contains(&it.dataset));
    row.tested = row.passed + row.partial + row.exceptions + row.waived;
    row.population = row.tested + row.not_assessed;
    let whole = states().all(|state| state.status == Status::Complete);
    row.complete = whole && row.population_exact && row.not_assessed == 0;
    let requests: BTreeSet<&str> = states()
        .filter(|state| state.read_at.is_some())
        .map(|state| state.request.as_str())
        .collect();
    row.requests = requests.into_iter().map(str::to_owned).collect();
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RuleOrigin, Severity};
    use crate::report::testing::{denied, finding, missing_list, person, report, tenant, waiver};
    use std::sync::Arc;

    fn of(control: &str, check: &'static str, subject: &str, outcome: Outcome) -> Finding {
        let subject = match subject {
            "tenant" => tenant(),
            "list" => missing_list(Dataset::Principals),
            name => person(name),
        };
        let mut finding = finding(check, Severity::High, subject, outcome);
        let origin = RuleOrigin {
            controls: vec![control.to_owned()],
            level: Some("SHALL".to_owned()),
            ..(*finding.rule).clone()
        };
        finding.rule = Arc::new(origin);
        finding
    }

    #[test]
    fn each_outcome_is_counted_in_its_place() {
        let mut waived = of("2", "b-check", "dan", Outcome::fail("x", "y"));
        waived.waiver = Some(waiver());
        let report = report(vec![
            of("1", "a-check", "ana", Outcome::pass("x", "y")),
            of("2", "b-check", "ana", Outcome::pass("x", "y")),
            of("2", "b-check", "bea", Outcome::fail("x", "y")),
            of("2", "b-check", "cleo", Outcome::partial(0.5, "x", "y")),
            waived,
            of("2", "b-check", "eve", denied(Dataset::Principals)),
            of("2", "b-check", "fay", Outcome::info("x", "y")),
            of("2", "b-check", "gil", Outcome::not_applicable("x")),
            of("2", "c-check", "list", denied(Dataset::Principals)),
        ]);
        let rows = controls(&report, &report.baselines[0]);
        let ids: Vec<&str> = rows.iter().map(|row| row.control.as_str()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert!(rows[0].complete && rows[0].population_exact);
        assert_eq!((rows[0].population, rows[0].tested, rows[0].passed), (1, 1, 1));
        assert_eq!(rows[0].requests, ["/v1.0/role-policies"]);
        let two = &rows[1];
        assert_eq!(two.checks, ["b-check", "c-check"]);
        assert_eq!((two.population, two.tested, two.not_assessed), (5, 4, 1));
        assert_eq!((two.passed, two.partial, two.exceptions, two.waived), (1, 1, 1, 1));
        assert!(!two.population_exact && !two.complete);
    }

    #[test]
    fn what_was_not_read_whole_is_not_complete() {
        let mut report = report(vec![of("1", "a-check", "tenant", Outcome::pass("x", "y"))]);
        for state in &mut report.collected.datasets {
            if state.dataset == Dataset::RolePolicies {
                state.status = Status::Partial;
            }
        }
        assert!(!controls(&report, &report.baselines[0])[0].complete);
    }

    #[test]
    fn a_rule_without_controls_has_no_row() {
        let plain = finding("a-check", Severity::High, tenant(), Outcome::pass("x", "y"));
        let report = report(vec![plain]);
        assert!(controls(&report, &report.baselines[0]).is_empty());
    }
}
