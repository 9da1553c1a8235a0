//! What a check says of a subject. The constructors enforce the credit: Pass 1, Partial between,
//! Fail 0 to 0.5. Both sides, observed and expected, are always shown.

use super::{Dataset, Gap, RowId};
use std::borrow::Cow;

/// Text that is mostly fixed.
pub type Text = Cow<'static, str>;

/// What one check says of one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Judged against the expectation.
    Judged {
        /// Pass, partial or fail.
        verdict: Verdict,
        /// Between 0 and 1, see the constructors.
        credit: f64,
        /// Both sides and where they were read.
        details: Box<Details>,
    },
    /// Worth showing, never scored.
    Info(Box<Details>),
    /// The question does not arise here.
    NotApplicable {
        /// Why not.
        why: Text,
    },
    /// Could not be judged; no credit, and coverage falls.
    NotAssessed(Gap),
}

/// The three verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The expectation is met.
    Pass,
    /// Met in part.
    Partial,
    /// Not met.
    Fail,
}

/// Both sides of a judgement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// What was found.
    pub observed: Text,
    /// What the baseline asks for.
    pub expected: Text,
    /// Things a reader should know beside the verdict.
    pub notes: Vec<Text>,
    /// Where it was read.
    pub evidence: Vec<Evidence>,
    /// Numbers that were counted, by name.
    pub measures: Vec<(&'static str, f64)>,
    /// Graph calls that mend this very finding, in place of those of its check.
    pub calls: Option<Box<[String]>>,
}

/// One value in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The collection the row is in.
    pub dataset: Dataset,
    /// The row's id.
    pub id: RowId,
    /// The property, or the rule and its property.
    pub field: Text,
    /// Its value, as text.
    pub value: Text,
}

impl Outcome {
    /// The expectation is met.
    pub fn pass(observed: impl Into<Text>, expected: impl Into<Text>) -> Self {
        Self::judged(Verdict::Pass, 1.0, observed.into(), expected.into())
    }

    /// Met in part; a credit outside (0, 1) is pulled inside.
    pub fn partial(credit: f64, observed: impl Into<Text>, expected: impl Into<Text>) -> Self {
        let credit = if credit.is_nan() { 0.5 } else { credit.clamp(0.01, 0.99) };
        Self::judged(Verdict::Partial, credit, observed.into(), expected.into())
    }

    /// Not met, no credit.
    pub fn fail(observed: impl Into<Text>, expected: impl Into<Text>) -> Self {
        Self::judged(Verdict::Fail, 0.0, observed.into(), expected.into())
    }

    /// Not met, but with some credit, at most 0.5.
    pub fn fail_with_credit(
        credit: f64,
        observed: impl Into<Text>,
        expected: impl Into<Text>,
    ) -> Self {
        let credit = if credit.is_nan() { 0.0 } else { credit.clamp(0.0, 0.5) };
        Self::judged(Verdict::Fail, credit, observed.into(), expected.into())
    }

    /// Pass when `met`, else fail.
    pub fn pass_if(met: bool, observed: impl Into<Text>, expected: impl Into<Text>) -> Self {
        if met { Self::pass(observed, expected) } else { Self::fail(observed, expected) }
    }

    /// Shown, never scored.
    pub fn info(observed: impl Into<Text>, expected: impl Into<Text>) -> Self {
        Self::Info(Box::new(Details {
            observed: observed.into(),
            expected: expected.into(),
            ..Details::default()
        }))
    }

    /// The question does not arise.
    pub fn not_applicable(why: impl Into<Text>) -> Self {
        Self::NotApplicable { why: why.into() }
    }

    fn judged(verdict: Verdict, credit: f64, observed: Text, expected: Text) -> Self {
        Self::Judged {
            verdict,
            credit,
            details: Box::new(Details { observed, expected, ..Details::default() }),
        }
    }

    /// The same for a reader who knows only met and not met: what is met in part takes this verdict.
    #[must_use]
    pub fn in_part_as(mut self, decided: Verdict) -> Self {
        if let Self::Judged { verdict, credit, .. } = &mut self {
            match *verdict {
                Verdict::Pass => {}
                Verdict::Partial => {
                    *credit = if decided == Verdict::Pass { 1.0 } else { 0.0 };
                    *verdict = decided;
                }
                // Who knows only met and not met gives nothing for a part of it.
                Verdict::Fail => *credit = 0.0,
            }
        }
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Text>) -> Self {
        if let Some(details) = self.details_mut() {
            push(&mut details.notes, note.into());
        }
        self
    }

    /// Adds a note where there is one.
    #[must_use]
    pub fn maybe_note(self, note: Option<impl Into<Text>>) -> Self {
        match note {
            Some(note) => self.note(note),
            None => self,
        }
    }

    /// Adds a place where a value was read.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        if let Some(details) = self.details_mut() {
            push(&mut details.evidence, evidence);
        }
        self
    }

    /// Adds a counted number.
    #[must_use]
    pub fn measure(mut self, name: &'static str, value: f64) -> Self {
        if let Some(details) = self.details_mut() {
            push(&mut details.measures, (name, value));
        }
        self
    }

    /// Says the Graph calls that mend this very finding; none leaves those of the check.
    #[must_use]
    pub fn calls(mut self, calls: Vec<String>) -> Self {
        if let Some(details) = self.details_mut()
            && !calls.is_empty()
        {
            details.calls = Some(calls.into());
        }
        self
    }

    /// The details, where the outcome has any.
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Judged { details, .. } | Self::Info(details) => Some(details),
            Self::NotApplicable { .. } | Self::NotAssessed(_) => None,
        }
    }

    fn details_mut(&mut self) -> Option<&mut Details> {
        match self {
            Self::Judged { details, .. } | Self::Info(details) => Some(details),
            Self::NotApplicable { .. } | Self::NotAssessed(_) => None,
        }
    }

    /// The verdict, where it was judged.
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Judged { verdict, .. } => Some(*verdict),
            Self::Info(_) | Self::NotApplicable { .. } | Self::NotAssessed(_) => None,
        }
    }

    /// A judged outcome as information only; a gap stays a gap.
    #[must_use]
    pub fn into_info(self) -> Self {
        match self {
            Self::Judged { details, .. } => Self::Info(details),
            other @ (Self::Info(_) | Self::NotApplicable { .. } | Self::NotAssessed(_)) => other,
        }
    }

    /// The word in reports: pass, partial, fail, info, not-applicable, not-assessed.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Judged { verdict: Verdict::Pass, .. } => "pass",
            Self::Judged { verdict: Verdict::Partial, .. } => "partial",
            Self::Judged { verdict: Verdict::Fail, .. } => "fail",
            Self::Info(_) => "info",
            Self::NotApplicable { .. } => "not-applicable",
            Self::NotAssessed(_) => "not-assessed",
        }
    }
}

impl Evidence {
    /// A value read in a row of a collection.
    pub fn new(
        dataset: Dataset,
        id: impl Into<RowId>,
        field: impl Into<Text>,
        value: impl Into<Text>,
    ) -> Self {
        Self { dataset, id: id.into(), field: field.into(), value: value.into() }
    }
}

/// Pushes without room to spare: most lists have one or two entries, and 100,000 findings have three
/// lists each.
fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.len() < 4 {
        list.reserve_exact(1);
    }
    list.push(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_stay_within_their_verdict() {
        for (outcome, low, high) in [
            (Outcome::pass("a", "b"), 1.0, 1.0),
            (Outcome::partial(7.0, "a", "b"), 0.5, 0.999),
            (Outcome::partial(-1.0, "a", "b"), 0.001, 0.5),
            (Outcome::partial(f64::NAN, "a", "b"), 0.5, 0.5),
            (Outcome::fail("a", "b"), 0.0, 0.0),
            (Outcome::fail_with_credit(0.9, "a", "b"), 0.5, 0.5),
            (Outcome::fail_with_credit(f64::NAN, "a", "b"), 0.0, 0.0),
        ] {
            let Outcome::Judged { credit, .. } = outcome else { panic!("not judged") };
            assert!((low..=high).contains(&credit), "{credit} not in {low}..={high}");
        }
    }
}
