//! The letter, and the bounds on it. A bound lowers the letter and never a number.

use super::sums::Counts;
use super::{CERTAIN_FROM, GRADED_FROM, Score, WAIVED_UP_TO, is_below, one_decimal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The letter for a posture. Greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Below 60.
    F,
    /// From 60.
    D,
    /// From 70.
    C,
    /// From 80.
    B,
    /// From 90.
    A,
}

/// Why a grade is bounded. Of bounds that are equally low, the one listed first here comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapKind {
    /// Coverage below 60 %, or nothing to score: no grade at all.
    NotGraded,
    /// An unwaived failure shown as critical.
    CriticalFailure,
    /// An unwaived failure shown as high on a critical-tier subject or the tenant.
    HighFailure,
    /// A waived failure shown as critical.
    WaivedCriticalFailure,
    /// More than 15 % is waived.
    WaivedShare,
    /// Coverage from 60 % to below 85 %.
    LowCoverage,
    /// A finding shown as critical could not be judged.
    CriticalNotAssessed,
}

/// One bound on the grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// Why.
    pub kind: CapKind,
    /// The best grade it leaves; `None` leaves no grade.
    pub at_most: Option<Grade>,
    /// Why in words, with the count: `1 critical failure`.
    pub reason: String,
}

impl Score {
    /// Fills in the grade and everything that bounds it.
    pub(super) fn bound_grade(&mut self, counts: &Counts) {
        self.caps = self.caps_on(counts);
        let graded = self.caps.iter().all(|cap| cap.at_most.is_some());
        let uncapped = self.posture.filter(|_| graded).map(Grade::of);
        let bounds = self.caps.iter().filter_map(|cap| cap.at_most);
        self.grade = uncapped.map(|grade| bounds.fold(grade, Grade::min));
        self.grade_uncapped = uncapped;
        self.uncertain = self.caps.iter().any(|cap| cap.kind.makes_uncertain());
    }

    fn caps_on(&self, counts: &Counts) -> Vec<Cap> {
        let mut caps = Vec::new();
        caps.extend(self.cap_of_coverage());
        caps.extend(counted(
            (CapKind::CriticalFailure, Grade::F),
            counts.critical_failures,
            ["critical failure", "critical failures"],
        ));
        caps.extend(counted(
            (CapKind::HighFailure, Grade::B),
            counts.top_high_failures,
            [
                "high failure on a critical-tier subject or the tenant",
                "high failures on critical-tier subjects or the tenant",
            ],
        ));
        caps.extend(counted(
            (CapKind::WaivedCriticalFailure, Grade::B),
            counts.waived_critical_failures,
            ["waived critical failure", "waived critical failures"],
        ));
        caps.extend(counted(
            (CapKind::CriticalNotAssessed, Grade::B),
            counts.critical_unread,
            ["critical finding not assessed", "critical findings not assessed"],
        ));
        caps.extend(self.cap_of_waivers());
        caps.sort_by_key(|cap| (cap.at_most, cap.kind));
        caps
    }

    fn cap_of_coverage(&self) -> Option<Cap> {
        let below = |bound: &str| format!("coverage {} is below {bound} %", self.coverage_text());
        let not_graded = |reason| Cap { kind: CapKind::NotGraded, at_most: None, reason };
        if self.checks.is_empty() {
            Some(not_graded("nothing to score".to_owned()))
        } else if self.checks.iter().all(|check| check.effective <= 0.0) {
            Some(not_graded("everything is waived".to_owned()))
        } else if self.raw.is_none() || is_below(self.coverage, GRADED_FROM) {
            Some(not_graded(below("60")))
        } else if is_below(self.coverage, CERTAIN_FROM) {
            let at_most = Some(Grade::B);
            Some(Cap { kind: CapKind::LowCoverage, at_most, reason: below("85") })
        } else {
            None
        }
    }

    fn cap_of_waivers(&self) -> Option<Cap> {
        // Above the bound it must not read as 15.0 %.
        let percent = one_decimal(100.0 * self.waived).max(15.1);
        is_below(WAIVED_UP_TO, self.waived).then(|| Cap {
            kind: CapKind::WaivedShare,
            at_most: Some(Grade::B),
            reason: format!("{percent:.1} % is waived, more than 15 %"),
        })
    }
}

impl Grade {
    /// The letter for a posture as printed.
    fn of(posture: f64) -> Self {
        if posture >= 90.0 {
            Self::A
        } else if posture >= 80.0 {
            Self::B
        } else if posture >= 70.0 {
            Self::C
        } else if posture >= 60.0 {
            Self::D
        } else {
            Self::F
        }
    }

    /// The letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::D => "D",
            Self::C => "C",
            Self::B => "B",
            Self::A => "A",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl CapKind {
    const fn makes_uncertain(self) -> bool {
        match self {
            Self::NotGraded | Self::LowCoverage | Self::CriticalNotAssessed => true,
            Self::CriticalFailure
            | Self::HighFailure
            | Self::WaivedCriticalFailure
            | Self::WaivedShare => false,
        }
    }
}

fn counted((kind, at_most): (CapKind, Grade), count: usize, words: [&str; 2]) -> Option<Cap> {
    let [one, many] = words;
    let reason = match count {
        0 => return None,
        1 => format!("1 {one}"),
        more => format!("{more} {many}"),
    };
    Some(Cap { kind, at_most: Some(at_most), reason })
}
