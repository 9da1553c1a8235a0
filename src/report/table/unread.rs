//! What could not be read, what could not be judged for it, and what to do about it.

use crate::model::gap::{LACKS_ROLE, WRONG_APPLICATION};
use crate::model::{Dataset, Finding, Gap, GapKind, Outcome};
use crate::report::model::{DatasetState, Judged};
use crate::report::page::{Fit, Grid, Page};
use crate::report::words;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Checks named in one row.
const CHECKS: usize = 3;

/// The section on what was not read.
pub(super) fn write(
    page: &mut Page<'_>,
    judged: &Judged,
    states: &[DatasetState],
) -> io::Result<()> {
    let (declined, gaps) = gather(judged, states);
    if gaps.is_empty() && declined.datasets.is_empty() {
        return Ok(());
    }
    page.title("NOT READ")?;
    let mut grid = Grid::new(&[
        ("not read", Fit::Flow),
        ("so not assessed", Fit::Flow),
        ("what to do", Fit::Flow),
    ]);
    for gap in &gaps {
        grid.row(vec![gap.what().into(), gap.lost.in_words().into(), remedy(gap).into()]);
    }
    if !grid.is_empty() {
        page.grid(&grid)?;
    }
    if declined.datasets.is_empty() {
        return Ok(());
    }
    page.paragraph(declined.in_words())
}

/// What is not assessed for one reason.
#[derive(Default)]
struct Lost<'j> {
    findings: usize,
    checks: BTreeSet<&'j str>,
}

impl<'j> Lost<'j> {
    fn add(&mut self, finding: &'j Finding) {
        self.findings += 1;
        self.checks.insert(finding.check);
    }

    fn in_words(&self) -> String {
        if self.findings == 0 {
            return "nothing of this baseline".to_owned();
        }
        let checks = words::few(self.checks.iter().copied(), CHECKS);
        let number = words::count(self.checks.len(), "check");
        format!("{} of {number}: {checks}", words::count(self.findings, "finding"))
    }
}

/// One reason in one collection.
struct Unread<'j> {
    kind: GapKind,
    dataset: Option<Dataset>,
    details: BTreeSet<Cow<'j, str>>,
    lost: Lost<'j>,
}

impl Unread<'_> {
    fn what(&self) -> String {
        let what = match self.dataset {
            Some(dataset) => format!("{}: {}", words::title(dataset), self.kind),
            None => self.kind.to_string(),
        };
        let detail = self.details.first().map_or("", |detail| detail);
        match self.details.len() {
            0 => what,
            1 => format!("{what} ({detail})"),
            more => format!("{what} ({detail}, +{} more)", more - 1),
        }
    }
}

/// What was not asked for: told once, without a row and without advice.
#[derive(Default)]
struct Declined<'j> {
    datasets: Vec<Dataset>,
    lost: Lost<'j>,
}

impl Declined<'_> {
    fn in_words(&self) -> String {
        let names: Vec<&str> = self.datasets.iter().map(|it| words::title(*it)).collect();
        let names = names.join(", ");
        match self.lost.findings {
            0 => format!("Not asked for: {names}."),
            _ => format!("Not asked for: {names}; not assessed for it: {}.", self.lost.in_words()),
        }
    }
}

fn gather<'j>(judged: &'j Judged, states: &'j [DatasetState]) -> (Declined<'j>, Vec<Unread<'j>>) {
    let mut declined = Declined::default();
    declined.datasets.extend(states.iter().filter(|it| it.declined).map(|it| it.dataset));
    let mut gaps: BTreeMap<(Option<Dataset>, GapKind), Unread<'j>> = BTreeMap::new();
    for finding in &judged.findings {
        let Outcome::NotAssessed(gap) = &finding.outcome else { continue };
        let not_asked = gap.dataset.is_some_and(|dataset| declined.datasets.contains(&dataset));
        if gap.kind == GapKind::NotRequested && not_asked {
            declined.lost.add(finding);
        } else {
            unread(&mut gaps, gap).lost.add(finding);
        }
    }
    for state in states.iter().filter(|it| !it.declined) {
        if let Some(gap) = &state.gap {
            unread(&mut gaps, gap);
        }
    }
    let mut gaps: Vec<Unread<'j>> = gaps.into_values().collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.lost.findings));
    (declined, gaps)
}

fn unread<'j, 'm>(
    gaps: &'m mut BTreeMap<(Option<Dataset>, GapKind), Unread<'j>>,
    gap: &'j Gap,
) -> &'m mut Unread<'j> {
    let unread = gaps.entry((gap.dataset, gap.kind)).or_insert_with(|| Unread {
        kind: gap.kind,
        dataset: gap.dataset,
        details: BTreeSet::new(),
        lost: Lost::default(),
    });
    if !gap.detail.is_empty() {
        unread.details.insert(gap.reason());
    }
    unread
}

fn said(gap: &Unread<'_>, words: &str) -> bool {
    gap.details.iter().any(|detail| detail.contains(words))
}

/// What to grant, buy or do.
fn remedy(gap: &Unread<'_>) -> String {
    match gap.kind {
        GapKind::PermissionDenied if said(gap, WRONG_APPLICATION) => {
            "sign in otherwise: --auth browser, --auth device-code or an app registration"
                .to_owned()
        }
        GapKind::PermissionDenied if said(gap, LACKS_ROLE) => {
            "give the account a directory role that may read it, such as Global Reader".to_owned()
        }
        GapKind::PermissionDenied => match gap.dataset {
            Some(dataset) => {
                format!(
                    "grant {} and sign in again (see pimaudit doctor)",
                    dataset.facts().permission
                )
            }
            None => "see pimaudit doctor for the missing permission".to_owned(),
        },
        GapKind::LicenceMissing => {
            "needs Microsoft Entra ID P2 or Microsoft Entra ID Governance".to_owned()
        }
        GapKind::CloudLacksIt => "nothing: this cloud does not offer it".to_owned(),
        GapKind::Failed | GapKind::Incomplete => "run again; if it stays, run with -v".to_owned(),
        GapKind::Unreadable => "see the values with --show not-assessed".to_owned(),
        GapKind::ImpossiblyEmpty => match gap.dataset {
            Some(dataset) => format!("check that {} is really granted", dataset.facts().permission),
            None => "check the permissions with pimaudit doctor".to_owned(),
        },
        GapKind::TooOld => "collect again".to_owned(),
        GapKind::OutsideRetention => "keep the log longer".to_owned(),
        GapKind::NotDeclared => "declare it in pimaudit.yaml (see pimaudit init)".to_owned(),
        GapKind::NotRequested => "read again with all that this baseline needs".to_owned(),
        GapKind::Planned => "judge again after the change".to_owned(),
    }
}
