//! A finding: one check's word on one subject, under one rule of one baseline.

use super::{Access, AlertKind, Dataset, Outcome, PrincipalId, Severity, Text, Tier};
use jiff::civil::Date;
use std::fmt;
use std::sync::Arc;

/// What kind of thing a check judges. Scores are summed per check and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// The tenant as a whole.
    Tenant,
    /// A directory role.
    Role,
    /// One grant.
    Grant,
    /// One principal.
    Principal,
    /// Membership or ownership of a group.
    Group,
    /// One alert.
    Alert,
}

impl SubjectKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Tenant, Self::Role, Self::Grant, Self::Principal, Self::Group, Self::Alert];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Role => "role",
            Self::Grant => "grant",
            Self::Principal => "principal",
            Self::Group => "group",
            Self::Alert => "alert",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Stable key, lower case: `role:…`, `group:…:member`, `grant:…`, `principal:…`, `alert:…`, `tenant`,
    /// `dataset:…`.
    pub key: Arc<str>,
    /// The kind of subject its check judges; a `dataset:` subject has the kind it should have listed.
    pub kind: SubjectKind,
    /// Name to show.
    pub name: Arc<str>,
    /// Tier, where it has one.
    pub tier: Option<Tier>,
    /// Weight u of `docs/score.md`: tier times exposure.
    pub weight: f64,
    /// The least that it may weigh, where nobody knows whether it is used, or counts at all; else its
    /// weight.
    pub least: f64,
    /// How a check gets at its facts.
    pub target: Target,
}

/// The thing behind a subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The tenant.
    Tenant,
    /// An access with its policy.
    Access(Access),
    /// The grant at this place of the active grants.
    ActiveGrant(usize),
    /// The grant at this place of the eligible grants.
    EligibleGrant(usize),
    /// A principal.
    Principal(PrincipalId),
    /// A PIM alert.
    Alert(AlertKind),
    /// A list of subjects that is not complete.
    Dataset {
        /// Which list.
        dataset: Dataset,
        /// True when nothing of it is known.
        missing: bool,
    },
}

/// One check's word on one subject.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the check.
    pub check: &'static str,
    /// Title of the check: the bad state in a few words.
    pub title: &'static str,
    /// What it is about.
    pub subject: Arc<Subject>,
    /// Highest severity among the check's rules: its weight in the score.
    pub base: Severity,
    /// Severity as shown, lowered by the subject's tier.
    pub severity: Severity,
    /// What was found.
    pub outcome: Outcome,
    /// Where the rule comes from, and why the baseline asks for it.
    pub rule: Arc<RuleOrigin>,
    /// Controls of a wider framework that the check speaks to, where somebody asked for such labels.
    pub labels: Option<Arc<[String]>>,
    /// The waiver that accepts it, if one does.
    pub waiver: Option<Arc<WaiverMark>>,
    /// How to mend it; only where it failed or was met in part.
    pub remediation: Option<Arc<Remediation>>,
    /// True when its rule only informs: shown, never scored, whatever came of it.
    pub info: bool,
    /// Stable across runs: made of baseline, check and subject.
    pub fingerprint: Fingerprint,
}

impl Finding {
    /// True when the score has a row for it.
    pub const fn is_scored(&self) -> bool {
        !self.info && matches!(self.outcome, Outcome::Judged { .. } | Outcome::NotAssessed(_))
    }
}

/// A short digest, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
        let text: String =
            self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
        formatter.write_str(&text)
    }
}

/// How a finding is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remediation {
    /// Where in the portal.
    pub portal: Text,
    /// Ready Graph calls: method, URL, and the body after it.
    pub graph: Vec<String>,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOrigin {
    /// Name of the source in the baseline.
    pub source: String,
    /// Title of the source.
    pub title: String,
    /// Why the baseline asks for it.
    pub because: String,
    /// Ids of the controls of a benchmark that ask for it.
    pub controls: Vec<String>,
    /// How firmly, in the benchmark's own word: `SHALL`, `E3 L1`.
    pub level: Option<String>,
}

/// A waiver on a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverMark {
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day on which it holds.
    pub expires: Date,
    /// Ticket, where there is one.
    pub ticket: Option<String>,
    /// Who approved it, where that is known.
    pub approved_by: Option<String>,
}
