//! Access reviews of roles and groups.

use super::{Access, Gap};
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// One access review definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// Its id.
    pub id: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// `status`, as Graph writes it.
    pub status: Arc<str>,
    /// What it looks at; empty for reviews of other things.
    pub covers: Vec<Cover>,
    /// How often; `None` for a review that is held once.
    pub recurrence: Option<Recurrence>,
    /// `instanceDurationInDays`.
    pub days: Option<u32>,
    /// Reviewers are named; without any everybody reviews themselves.
    pub has_reviewers: bool,
    /// The only reviewers are the reviewed (`reviewers` empty, or `./manager` and fallbacks absent).
    pub self_review: bool,
    /// `justificationRequiredOnApproval`.
    pub reason_required: bool,
    /// `mailNotificationsEnabled`.
    pub mails: bool,
    /// `reminderNotificationsEnabled`.
    pub reminders: bool,
    /// `autoApplyDecisionsEnabled`.
    pub applies: bool,
    /// What happens where nobody decides.
    pub default_decision: DefaultDecision,
    /// The last instance that ended; `Ok(None)` when none has.
    pub last_ended: Result<Option<EndedInstance>, Gap>,
}

/// One access a review looks at, and whose hold of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// What is reviewed.
    pub access: Access,
    /// Those who hold it actively are in scope.
    pub active: bool,
    /// Those who are eligible are in scope.
    pub eligible: bool,
    /// Only guests are in scope.
    pub guests_only: bool,
    /// Groups that hold it are in scope, beside people; `None` where the scope could not be understood.
    pub groups: Option<bool>,
}

/// How often a review is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// Every so many weeks or months.
    pub every: Interval,
    /// First day; `None` when Graph did not say.
    pub start: Option<Date>,
    /// Last day; `None` when it never ends.
    pub end: Option<Date>,
}

/// The interval of a recurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Weekly pattern, every so many weeks.
    Weeks(u32),
    /// Absolute monthly pattern, every so many months.
    Months(u32),
    /// Another pattern, in Graph's word.
    Other(Arc<str>),
}

/// What happens where nobody decides (`defaultDecision`, where it is enabled).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultDecision {
    /// Nothing changes.
    None,
    /// Access goes.
    Deny,
    /// Access stays.
    Approve,
    /// The system's advice is followed.
    Recommendation,
    /// Another word.
    Other(Arc<str>),
}

/// An instance that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedInstance {
    /// When it ended.
    pub ended: Timestamp,
    /// Decisions in all, and those nobody took; a gap when they could not be read.
    pub decisions: Result<(u32, u32), Gap>,
}
