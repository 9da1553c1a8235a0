//! What could not be read, what could not be judged for it, and what to do about it: gathered once
//! for every format.

use super::model::{DatasetState, Judged};
use super::words;
use crate::model::definitions::GIVE_EARLIER;
use crate::model::gap::{LACKS_ROLE, READ_OF_OTHERS, WRONG_APPLICATION};
use crate::model::{Dataset, Finding, Gap, GapKind, Outcome};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Checks named for one reason.
const CHECKS: usize = 3;

/// What is not assessed for one reason.
#[derive(Default)]
pub(super) struct Lost<'j> {
    pub findings: usize,
    pub checks: BTreeSet<&'j str>,
}

impl<'j> Lost<'j> {
    fn add(&mut self, finding: &'j Finding) {
        self.findings += 1;
        self.checks.insert(finding.check);
    }

    /// How many findings of which checks.
    pub(super) fn in_words(&self) -> String {
        if self.findings == 0 {
            return "nothing of what is asked".to_owned();
        }
        let checks = words::few(self.checks.iter().copied(), CHECKS);
        let number = words::count(self.checks.len(), "check");
        format!("{} of {number}: {checks}", words::count(self.findings, "finding"))
    }
}

/// One reason in one collection.
pub(super) struct Unread<'j> {
    pub kind: GapKind,
    pub dataset: Option<Dataset>,
    pub details: BTreeSet<Cow<'j, str>>,
    pub lost: Lost<'j>,
}

impl Unread<'_> {
    /// What was not read, and why.
    pub(super) fn what(&self) -> String {
        let what = match self.dataset {
            Some(dataset) => format!("{}: {}", words::title(dataset), self.kind),
            None => self.kind.to_string(),
        };
        // One that names the group tells more.
        let named = self.details.iter().find(|detail| detail.contains("group "));
        let detail = named.or(self.details.first()).map_or("", |detail| detail);
        match self.details.len() {
            0 => what,
            1 => format!("{what} ({detail})"),
            more => format!("{what} ({detail}, +{} more)", more - 1),
        }
    }

    /// What to grant, buy or do.
    pub(super) fn remedy(&self) -> String {
        let details: Vec<&str> = self.details.iter().map(|detail| &**detail).collect();
        remedy(self.kind, self.dataset, &details)
    }
}

/// What was not asked for: told once, without a row and without advice.
#[derive(Default)]
pub(super) struct Declined<'j> {
    pub datasets: Vec<Dataset>,
    pub lost: Lost<'j>,
}

impl Declined<'_> {
    /// What was not asked for, and what is not assessed for it.
    pub(super) fn in_words(&self) -> String {
        let names: Vec<&str> = self.datasets.iter().map(|it| words::title(*it)).collect();
        let names = names.join(", ");
        match self.lost.findings {
            0 => format!("Not asked for: {names}."),
            _ => format!("Not asked for: {names}; not assessed for it: {}.", self.lost.in_words()),
        }
    }
}

/// What was declined, and every other reason, that which costs most findings first.
pub(super) fn gather<'j>(
    baselines: &'j [Judged],
    states: &'j [DatasetState],
) -> (Declined<'j>, Vec<Unread<'j>>) {
    let mut declined = Declined::default();
    declined.datasets.extend(states.iter().filter(|it| it.declined).map(|it| it.dataset));
    let mut gaps: BTreeMap<(Option<Dataset>, GapKind), Unread<'j>> = BTreeMap::new();
    for finding in baselines.iter().flat_map(|judged| &judged.findings) {
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

/// What to grant, buy or do about one reason; the details are what was seen.
pub(super) fn remedy(kind: GapKind, dataset: Option<Dataset>, details: &[&str]) -> String {
    let said = |words: &str| details.iter().any(|detail| detail.contains(words));
    match kind {
        GapKind::PermissionDenied if said(WRONG_APPLICATION) => {
            "sign in otherwise: --auth browser, --auth device-code or an app registration"
                .to_owned()
        }
        // Where one was refused among many that were read, the others need nothing.
        GapKind::PermissionDenied
            if !details.is_empty() && details.iter().all(|it| it.contains(READ_OF_OTHERS)) =>
        {
            let look = match dataset {
                Some(Dataset::GroupMembers | Dataset::GroupOwners) => {
                    "whether its membership is hidden"
                }
                Some(_) | None => "what guards it",
            };
            format!("look at the one that was refused: {look}")
        }
        GapKind::PermissionDenied if said(LACKS_ROLE) => {
            "give the account a directory role that may read it, such as Global Reader".to_owned()
        }
        GapKind::PermissionDenied => match dataset {
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
        GapKind::NotRequested if said(GIVE_EARLIER) => GIVE_EARLIER.to_owned(),
        GapKind::CloudLacksIt => "nothing: this cloud does not offer it".to_owned(),
        GapKind::Failed | GapKind::Incomplete => "run again; if it stays, run with -v".to_owned(),
        GapKind::Unreadable => "see the values with --show not-assessed".to_owned(),
        GapKind::ImpossiblyEmpty => match dataset {
            Some(dataset) => format!("check that {} is really granted", dataset.facts().permission),
            None => "check the permissions with pimaudit doctor".to_owned(),
        },
        GapKind::SwitchedOff => {
            "switch the alert on in Privileged Identity Management and collect again after its \
             next scan"
                .to_owned()
        }
        GapKind::TooOld => "collect again".to_owned(),
        GapKind::OutsideRetention => "keep the log longer".to_owned(),
        GapKind::NotDeclared => "declare it in pimaudit.yaml (see pimaudit init)".to_owned(),
        GapKind::NotRequested => "read again with all that this baseline needs".to_owned(),
        GapKind::Planned => "judge again after the change".to_owned(),
        GapKind::NotManaged => "take the permission away, or let PIM for Groups manage the group, \
                                which cannot be undone; then collect again"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_what_was_seen() {
        let alerts = Some(Dataset::PimAlerts);
        let off = "StaleSignInAlert is switched off and proves nothing; alert-switched-off judges \
                   that";
        let on = "switch the alert on in Privileged Identity Management and collect again after \
                  its next scan";
        for (kind, details, expected) in [
            (GapKind::SwitchedOff, vec![off], on),
            (GapKind::TooOld, vec!["StaleSignInAlert has never looked"], "collect again"),
            (GapKind::TooOld, vec![], "collect again"),
            (
                GapKind::PermissionDenied,
                vec![LACKS_ROLE],
                "give the account a directory role that may read it, such as Global Reader",
            ),
            (
                GapKind::PermissionDenied,
                vec![WRONG_APPLICATION],
                "sign in otherwise: --auth browser, --auth device-code or an app registration",
            ),
            (GapKind::Failed, vec![off], "run again; if it stays, run with -v"),
            (
                GapKind::NotManaged,
                vec![],
                "take the permission away, or let PIM for Groups manage the group, which cannot be \
                 undone; then collect again",
            ),
        ] {
            assert_eq!(remedy(kind, alerts, &details), expected, "{kind}: {details:?}");
        }
    }
}
