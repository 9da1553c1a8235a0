//! How bad a failure is, and how powerful a role is.
//!
//! The steps and their weights only. Which tier a role has stands in the table of roles, which
//! severity a rule has in its baseline.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How bad it is when a rule is not met. Greater is worse.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth tidying up.
    Low,
    /// Worth planning.
    Medium,
    /// Worth doing soon.
    High,
    /// Worth stopping other work for.
    Critical,
}

/// How much power a role gives. Greater is more powerful.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Everyday administration.
    Standard,
    /// Reaches the data or settings of many people.
    Elevated,
    /// One step away from the whole tenant.
    High,
    /// The whole tenant.
    Critical,
}

/// A word that names no severity or no tier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}; known are {known}")]
pub struct UnknownStep {
    what: &'static str,
    text: String,
    known: String,
}

impl Severity {
    /// Every severity, from low to critical.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Weight of a check in the score.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Low => 1.0,
            Self::Medium => 3.0,
            Self::High => 6.0,
            Self::Critical => 10.0,
        }
    }

    /// The severity to show for a subject of this tier.
    ///
    /// A rule states the severity for a critical-tier subject; it is one step lower for each tier
    /// below, and low at least. A subject without a tier takes it as written.
    #[must_use]
    pub fn for_tier(self, tier: Option<Tier>) -> Self {
        (0..tier.map_or(0, Tier::steps_below_critical)).fold(self, |severity, _| severity.lower())
    }

    const fn lower(self) -> Self {
        match self {
            Self::Low | Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

impl Tier {
    /// Every tier, from standard to critical.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Elevated, Self::High, Self::Critical];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Elevated => "elevated",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Weight of a subject within its check.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Standard => 0.2,
            Self::Elevated => 0.4,
            Self::High => 0.7,
            Self::Critical => 1.0,
        }
    }

    const fn steps_below_critical(self) -> u8 {
        match self {
            Self::Standard => 3,
            Self::Elevated => 2,
            Self::High => 1,
            Self::Critical => 0,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        find(&Self::ALL, Self::name, "severity", text)
    }
}

impl FromStr for Tier {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        find(&Self::ALL, Self::name, "tier", text)
    }
}

/// The step of this name, without regard to casing.
fn find<Step: Copy>(
    all: &[Step],
    name: fn(Step) -> &'static str,
    what: &'static str,
    text: &str,
) -> Result<Step, UnknownStep> {
    let found = all.iter().copied().find(|step| name(*step).eq_ignore_ascii_case(text));
    found.ok_or_else(|| UnknownStep {
        what,
        text: text.to_owned(),
        known: all.iter().map(|step| name(*step)).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_severity_falls_one_step_for_each_tier_below_critical() {
        use Severity::{Critical, High, Low, Medium};
        for (written, none, critical, high, elevated, standard) in [
            (Critical, Critical, Critical, High, Medium, Low),
            (High, High, High, Medium, Low, Low),
            (Medium, Medium, Medium, Low, Low, Low),
            (Low, Low, Low, Low, Low, Low),
        ] {
            for (tier, shown) in [
                (None, none),
                (Some(Tier::Critical), critical),
                (Some(Tier::High), high),
                (Some(Tier::Elevated), elevated),
                (Some(Tier::Standard), standard),
            ] {
                assert_eq!(written.for_tier(tier), shown, "{written} for {tier:?}");
            }
        }
    }

    #[test]
    fn a_greater_step_weighs_more() {
        for pair in Severity::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].weight() < pair[1].weight(), "{pair:?}");
        }
        for pair in Tier::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].weight() < pair[1].weight(), "{pair:?}");
        }
    }

    #[test]
    fn the_weights_are_those_of_the_score() {
        assert_eq!(Severity::ALL.map(Severity::weight), [1.0, 3.0, 6.0, 10.0]);
        assert_eq!(Tier::ALL.map(Tier::weight), [0.2, 0.4, 0.7, 1.0]);
    }

    #[test]
    fn names_are_read_back_and_are_those_of_files() {
        for severity in Severity::ALL {
            assert_eq!(severity.name().to_uppercase().parse::<Severity>(), Ok(severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.name());
        }
        for tier in Tier::ALL {
            assert_eq!(tier.to_string().parse::<Tier>(), Ok(tier));
            assert_eq!(serde_json::to_value(tier).unwrap(), tier.name());
        }
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let error = "severe".parse::<Severity>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"severe\" is not a severity; known are low, medium, high, critical"
        );
        let error = "medium".parse::<Tier>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"medium\" is not a tier; known are standard, elevated, high, critical"
        );
        assert!("".parse::<Tier>().is_err());
    }
}
