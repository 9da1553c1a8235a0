//! What a change states of an Azure role, held against what a baseline asks of activations.
//!
//! The rules of a baseline are written for directory roles, and Azure is not read: so each rule is
//! shown with whom it is for, and nothing here is a verdict on the tenant or moves a score.

use super::edit::{Asking, Change, Lasting, RuleChange};
use crate::baseline::{Baseline, Rule, Selector};
use crate::model::IsoDuration;

/// One expectation of a baseline and what a change states about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsStated {
    /// Place of the change among the changes given.
    pub change: usize,
    /// Id of the baseline.
    pub baseline: String,
    /// Id of the check.
    pub check: &'static str,
    /// What is stated; empty where nothing is.
    pub stated: String,
    /// What the baseline asks for.
    pub asked: String,
    /// Of which roles of the directory it asks that.
    pub on: String,
    /// How the two compare.
    pub word: Comparison,
}

/// How what is stated compares with what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is what is asked for.
    Meets,
    /// It is good, and not the best.
    InPart,
    /// It is not enough.
    FallsShort,
    /// The change does not say.
    NotStated,
}

impl Comparison {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meets => "meets",
            Self::InPart => "meets in part",
            Self::FallsShort => "falls short of",
            Self::NotStated => "does not state",
        }
    }
}

/// What all changes state about Azure roles, by each baseline.
pub(super) fn as_stated(changes: &[Change], baselines: &[Baseline]) -> Vec<AsStated> {
    let mut all: Vec<AsStated> = Vec::new();
    for (change, stated) in
        changes.iter().enumerate().filter_map(|(place, it)| Some((place, it.stated.as_ref()?)))
    {
        for baseline in baselines {
            let mut lines: Vec<AsStated> = Vec::new();
            for rule in baseline.rules.iter().filter(|rule| speaks_of_roles(rule)) {
                let Some((asked, said)) = compare(rule, &stated.rules) else { continue };
                let (stated, word) = said.unwrap_or((String::new(), Comparison::NotStated));
                let on = rule.on.to_string();
                let same =
                    lines.iter().position(|it| it.check == rule.check.id && it.asked == asked);
                if let Some(place) = same {
                    lines[place].on = format!("{}, {on}", lines[place].on);
                    continue;
                }
                let (baseline, check) = (baseline.id.clone(), rule.check.id);
                lines.push(AsStated { change, baseline, check, stated, asked, on, word });
            }
            all.extend(lines);
        }
    }
    all
}

/// False for rules that only inform, and for those that are about groups or alerts alone.
fn speaks_of_roles(rule: &Rule) -> bool {
    !rule.info
        && match rule.on {
            Selector::All
            | Selector::Holders
            | Selector::Tier(_)
            | Selector::Privileged
            | Selector::Set { .. }
            | Selector::Role(_) => true,
            Selector::Groups | Selector::Sensitive | Selector::Alert(_) => false,
        }
}

type Said = Option<(String, Comparison)>;

/// What a rule asks of an activation, and what is stated about it. `None` for any other rule.
fn compare(rule: &Rule, stated: &[RuleChange]) -> Option<(String, Said)> {
    let flag = |wanted: &str, value: Option<bool>| {
        value.map(|is| match is {
            true => (wanted.to_owned(), Comparison::Meets),
            false => (format!("no {wanted}"), Comparison::FallsShort),
        })
    };
    Some(match rule.check.id {
        "activation-too-long" => {
            let (ideal, at_most) = rule.expect.durations()?;
            let better = if ideal < at_most { format!(", better {ideal}") } else { String::new() };
            let asked = format!("activations of at most {at_most}{better}");
            (asked, length(stated, Lasting::Activation).map(|it| held(it, ideal, at_most)))
        }
        "activation-without-mfa" => {
            let mfa = flag("MFA", asked_for(stated, Part::Mfa));
            // A context can ask for as much; whether it does is a matter of Conditional Access.
            let said = match (mfa, context(stated)) {
                (Some((_, Comparison::Meets)), _) => Some(("MFA".to_owned(), Comparison::Meets)),
                (_, Some(claim)) => {
                    Some((format!("authentication context {claim}"), Comparison::InPart))
                }
                (mfa, None) => mfa,
            };
            ("MFA at every activation".to_owned(), said)
        }
        "activation-without-justification" => (
            "a justification at every activation".to_owned(),
            flag("justification", asked_for(stated, Part::Justification)),
        ),
        "activation-without-ticket" => (
            "ticket information at every activation".to_owned(),
            flag("ticket information", asked_for(stated, Part::Ticket)),
        ),
        "activation-without-approval" => {
            ("approval before every activation".to_owned(), flag("approval", approval(stated)))
        }
        "permanent-active-allowed" => {
            let (limit, _) = rule.expect.durations()?;
            let said = length(stated, Lasting::Assignment).map(|it| match it {
                Length::Endless => {
                    ("permanent active assignment allowed".to_owned(), Comparison::FallsShort)
                }
                Length::AtMost(longest) if longest <= limit => {
                    (format!("at most {longest}"), Comparison::Meets)
                }
                Length::AtMost(longest) => (format!("at most {longest}"), Comparison::InPart),
            });
            (format!("active assignments end, after at most {limit}"), said)
        }
        _ => return None,
    })
}

enum Length {
    Endless,
    AtMost(IsoDuration),
}

fn held(length: Length, ideal: IsoDuration, at_most: IsoDuration) -> (String, Comparison) {
    match length {
        Length::Endless => ("no end".to_owned(), Comparison::FallsShort),
        Length::AtMost(longest) => {
            let word = if longest <= ideal {
                Comparison::Meets
            } else if longest <= at_most {
                Comparison::InPart
            } else {
                Comparison::FallsShort
            };
            (format!("at most {longest}"), word)
        }
    }
}

/// How long something may last, as far as that is stated. Activations always end; of assignments a
/// longest duration says nothing while it is open whether they must end.
fn length(stated: &[RuleChange], wanted: Lasting) -> Option<Length> {
    stated.iter().find_map(|rule| match rule {
        RuleChange::Expiration { of, required, maximum } if *of == wanted => {
            match (required, maximum) {
                (Some(false), _) => Some(Length::Endless),
                (Some(true), Some(longest)) => Some(Length::AtMost(*longest)),
                (None, Some(longest)) if wanted == Lasting::Activation => {
                    Some(Length::AtMost(*longest))
                }
                (Some(true) | None, _) => None,
            }
        }
        RuleChange::Expiration { .. }
        | RuleChange::Enablement { .. }
        | RuleChange::Context { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => None,
    })
}

#[derive(Clone, Copy)]
enum Part {
    Mfa,
    Justification,
    Ticket,
}

fn asked_for(stated: &[RuleChange], part: Part) -> Option<bool> {
    stated.iter().find_map(|rule| match rule {
        RuleChange::Enablement { of: Asking::Activation, mfa, justification, ticket } => match part
        {
            Part::Mfa => *mfa,
            Part::Justification => *justification,
            Part::Ticket => *ticket,
        },
        RuleChange::Enablement { of: Asking::Assignment, .. }
        | RuleChange::Expiration { .. }
        | RuleChange::Context { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => None,
    })
}

/// The context that is switched on, where one is.
fn context(stated: &[RuleChange]) -> Option<&str> {
    stated.iter().find_map(|rule| match rule {
        RuleChange::Context { enabled: Some(true), claim: Some(claim) } if !claim.is_empty() => {
            Some(claim.as_str())
        }
        RuleChange::Context { .. }
        | RuleChange::Expiration { .. }
        | RuleChange::Enablement { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => None,
    })
}

fn approval(stated: &[RuleChange]) -> Option<bool> {
    stated.iter().find_map(|rule| match rule {
        RuleChange::Approval { required, .. } => *required,
        RuleChange::Expiration { .. }
        | RuleChange::Enablement { .. }
        | RuleChange::Context { .. }
        | RuleChange::Notification { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::builtin;
    use crate::precheck::edit::{Place, Stated};

    fn of(rules: Vec<RuleChange>) -> Vec<AsStated> {
        let place = Place { file: "a.json".into(), pointer: String::new(), line: None };
        let stated = Some(Stated { of: "role Owner".to_owned(), rules });
        let azure = Change { stated, ..Change::of(place.clone(), "x", Vec::new()) };
        let changes = [Change::of(place, "y", Vec::new()), azure];
        as_stated(&changes, &[builtin::load("recommended").unwrap()])
    }

    fn word(lines: &[AsStated], check: &str) -> (&'static str, String) {
        let line = lines.iter().find(|it| it.check == check).unwrap();
        assert_eq!((line.change, line.baseline.as_str()), (1, "recommended"));
        (line.word.name(), line.stated.clone())
    }

    fn hours(hours: u64) -> Option<IsoDuration> {
        Some(IsoDuration::from_seconds(hours * 3600))
    }

    #[test]
    fn each_value_that_is_stated_is_compared_and_no_other() {
        let lasting =
            |of, required, maximum| vec![RuleChange::Expiration { of, required, maximum }];
        let asked = |mfa, justification| {
            let of = Asking::Activation;
            vec![RuleChange::Enablement { of, mfa, justification, ticket: None }]
        };
        let mut in_place_of_mfa = asked(Some(false), None);
        in_place_of_mfa
            .push(RuleChange::Context { enabled: Some(true), claim: Some("c1".to_owned()) });
        for (rules, check, expected, stated) in [
            (
                lasting(Lasting::Activation, None, hours(8)),
                "activation-too-long",
                "meets",
                "at most 8 h",
            ),
            (
                lasting(Lasting::Activation, None, hours(9)),
                "activation-too-long",
                "falls short of",
                "at most 9 h",
            ),
            (
                lasting(Lasting::Activation, Some(false), hours(1)),
                "activation-too-long",
                "falls short of",
                "no end",
            ),
            (
                lasting(Lasting::Eligibility, None, hours(1)),
                "activation-too-long",
                "does not state",
                "",
            ),
            (asked(Some(true), None), "activation-without-mfa", "meets", "MFA"),
            (asked(Some(false), None), "activation-without-mfa", "falls short of", "no MFA"),
            (asked(None, Some(true)), "activation-without-mfa", "does not state", ""),
            (
                in_place_of_mfa,
                "activation-without-mfa",
                "meets in part",
                "authentication context c1",
            ),
            (asked(None, Some(true)), "activation-without-justification", "meets", "justification"),
            (
                vec![RuleChange::Approval { required: Some(false), mode: None, stages: None }],
                "activation-without-approval",
                "falls short of",
                "no approval",
            ),
            (
                lasting(Lasting::Assignment, Some(false), hours(1)),
                "permanent-active-allowed",
                "falls short of",
                "permanent active assignment allowed",
            ),
            (
                lasting(Lasting::Assignment, Some(true), hours(24 * 365)),
                "permanent-active-allowed",
                "meets in part",
                "at most 365 d",
            ),
            (
                lasting(Lasting::Assignment, Some(true), hours(24 * 15)),
                "permanent-active-allowed",
                "meets",
                "at most 15 d",
            ),
            // Whether assignments must end at all is open.
            (
                lasting(Lasting::Assignment, None, hours(24 * 15)),
                "permanent-active-allowed",
                "does not state",
                "",
            ),
        ] {
            let lines = of(rules.clone());
            assert_eq!(word(&lines, check), (expected, stated.to_owned()), "{rules:?}");
        }
    }

    #[test]
    fn whom_the_baseline_asks_is_told() {
        let lines = of(Vec::new());
        assert!(lines.iter().all(|it| it.word == Comparison::NotStated));
        let on = |check: &str| lines.iter().find(|it| it.check == check).unwrap().on.clone();
        assert_eq!(on("activation-without-mfa"), "all");
        assert_eq!(on("activation-without-approval"), "roles guarded");
    }
}
