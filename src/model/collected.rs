//! What came of reading one collection: everything, a part, or nothing.

use super::Gap;

/// The result of one read. Empty-and-complete speaks of the tenant; the other two speak of us.
#[derive(Clone, Debug)]
pub enum Collected<T> {
    /// All pages were followed.
    Complete(T),
    /// Some rows are known, others are not. Only a failure can be proven from these.
    Partial(T, Gap),
    /// Nothing is known.
    Missing(Gap),
}

impl<T> Collected<T> {
    /// The whole collection, or the reason why it is not whole.
    pub fn complete(&self) -> Result<&T, Gap> {
        match self {
            Self::Complete(value) => Ok(value),
            Self::Partial(_, gap) | Self::Missing(gap) => Err(gap.clone()),
        }
    }

    /// Whatever is known, whole or not; may only prove a failure.
    pub fn at_least(&self) -> Result<&T, Gap> {
        match self {
            Self::Complete(value) | Self::Partial(value, _) => Ok(value),
            Self::Missing(gap) => Err(gap.clone()),
        }
    }

    /// Why it is not whole, if it is not.
    pub const fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Complete(_) => None,
            Self::Partial(_, gap) | Self::Missing(gap) => Some(gap),
        }
    }

    /// True when nothing at all is known.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}
