//! Activations as the audit log tells them: one record a request, put together of its lines.
//!
//! `words` knows the activities, `join` puts lines together, `taken` finds what somebody took away
//! while it ran, `path` says by which eligibilities somebody can have got there. Pure; how it is
//! shown belongs to `assemble` and `report`.

mod join;
mod path;
mod taken;
#[cfg(test)]
mod testing;
mod words;

pub use join::{Requests, requests};
pub use path::{Path, path_of};

use crate::model::{GroupAccess, PrincipalId, RoleId};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How long a request waits for an answer: the one day that PIM gives approvers. One that is older
/// and has no further line is not waiting any more.
pub const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Somebody, as the log has them. They may be gone since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Object id, lower case; may be empty.
    pub id: Arc<str>,
    /// Sign-in name, else display name; may be empty.
    pub name: Arc<str>,
}

/// What somebody asked to activate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A directory role.
    Role(RoleId),
    /// Membership or ownership of a group; `None` where the log does not say which.
    Group(PrincipalId, Option<GroupAccess>),
    /// No line that is there says it.
    Untold,
}

/// What an approver decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// False for a denial.
    pub approved: bool,
    /// Why, in their words.
    pub reason: Option<Arc<str>>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It became active.
    Completed,
    /// An approver said no.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// It waits for an answer, or for its start.
    Waiting,
    /// It was taken back.
    Cancelled,
    /// PIM refused it.
    Failed,
    /// The log has no line of what became of it.
    NotKnown,
}

impl Outcome {
    /// All of them, in the order they are counted in.
    pub const ALL: [Self; 7] = [
        Self::Completed,
        Self::Denied,
        Self::Expired,
        Self::Waiting,
        Self::Cancelled,
        Self::Failed,
        Self::NotKnown,
    ];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::NotKnown => "not-known",
        }
    }
}

/// How an activation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its time was over, as a line says.
    Expired(Timestamp),
    /// Somebody ended it before, see `ended_by`.
    Deactivated(Timestamp),
    /// Its time is over; no line says so.
    Passed(Timestamp),
    /// It runs until then.
    Running(Timestamp),
    /// Nothing is known of its end.
    NotKnown,
}

impl End {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired(_) => "expired",
            Self::Deactivated(_) => "deactivated",
            Self::Passed(_) => "passed",
            Self::Running(_) => "running",
            Self::NotKnown => "not-known",
        }
    }

    /// When it was over, where it is.
    pub const fn over(self) -> Option<Timestamp> {
        match self {
            Self::Expired(at) | Self::Deactivated(at) | Self::Passed(at) => Some(at),
            Self::Running(_) | Self::NotKnown => None,
        }
    }
}

/// One request to activate something, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// For whom; `None` where no line says it.
    pub who: Option<Person>,
    /// What.
    pub asked: Asked,
    /// How the log calls it; may be empty.
    pub asked_name: Arc<str>,
    /// When it was asked for; `None` where that is before the log begins.
    pub requested: Option<Timestamp>,
    /// What approvers decided, the oldest first.
    pub decisions: Vec<Decision>,
    /// When it became active, where it did and the log says when.
    pub started: Option<Timestamp>,
    /// When it was to end.
    pub until: Option<Timestamp>,
    /// How it ended; `None` where it never became active.
    pub end: Option<End>,
    /// Who ended it before its time, where that is somebody else.
    pub ended_by: Option<Person>,
    /// Why, in the words of who asked.
    pub justification: Option<Arc<str>>,
    /// Number of a ticket.
    pub ticket_number: Option<Arc<str>>,
    /// System the ticket is in.
    pub ticket_system: Option<Arc<str>>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why PIM refused it.
    pub refusal: Option<Arc<str>>,
    /// Correlation ids of its lines, in their order, each once.
    pub correlations: Vec<Arc<str>>,
    /// True where lines share no id, and were put together by person, access and time.
    pub by_order: bool,
    /// Time of its first line.
    pub first: Timestamp,
    /// Time of its last line.
    pub last: Timestamp,
}

impl Request {
    /// When it was decided: by the last approver.
    pub fn decided(&self) -> Option<Timestamp> {
        self.decisions.last().map(|decision| decision.at)
    }

    /// How long it was active, where both ends are known and it is over.
    pub fn lasted(&self) -> Option<SignedDuration> {
        let over = self.end?.over()?;
        let lasted = over.duration_since(self.started?);
        (!lasted.is_negative()).then_some(lasted)
    }
}
