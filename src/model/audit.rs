//! The audit log of the directory, as far as it tells who changed and who activated what.
//!
//! Three lists of one window. What an activity means belongs to whoever asks; nothing here judges.

use super::{Collected, RoleId};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Days the log is kept with Entra ID P1 or P2.
pub const KEPT_WITH_PREMIUM: u32 = 30;
/// Days the log is kept without.
pub const KEPT_WITHOUT: u32 = 7;

/// How the log names the target that stands for a request to PIM.
const REQUEST: &str = "Request";

/// Which list of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditSource {
    /// What PIM did, for roles and groups: activations, assignments, settings, alerts.
    Pim,
    /// What happened to roles in the directory itself, by PIM or past it.
    RoleManagement,
    /// Conditional Access policies and authentication contexts.
    ConditionalAccess,
}

impl AuditSource {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Pim, Self::RoleManagement, Self::ConditionalAccess];

    /// Its key among the parts of the log.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pim => "pim",
            Self::RoleManagement => "role-management",
            Self::ConditionalAccess => "conditional-access",
        }
    }

    /// The list of this key.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.key() == key)
    }

    /// In words for people, after "the log of".
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pim => "PIM",
            Self::RoleManagement => "roles outside PIM",
            Self::ConditionalAccess => "Conditional Access",
        }
    }
}

/// One list of the log, as it was read.
#[derive(Clone, Debug)]
pub struct AuditPart {
    /// Which.
    pub source: AuditSource,
    /// Start of the window that was asked for.
    pub since: Timestamp,
    /// When it was read: what happened later has no line here.
    pub until: Timestamp,
    /// When the last of the lists was read that can show what the log tells of.
    pub lists_until: Timestamp,
    /// What is in it, the newest first.
    pub events: Collected<Vec<AuditEvent>>,
}

impl AuditPart {
    /// Since when an event that is not here did not happen.
    ///
    /// The later of what was asked for and of what the service keeps; moved back to the oldest
    /// event that is here, as the service may keep more than it promises, but never before what was
    /// asked for. Of a list that was not read it is the time of reading: nothing is covered. A list
    /// that broke off covers less than this; its gap says so.
    pub fn covered_from(&self, kept_days: u32) -> Timestamp {
        let Ok(events) = self.events.at_least() else { return self.until };
        let kept = SignedDuration::from_hours(24 * i64::from(kept_days));
        let kept_from = self.until.checked_sub(kept).unwrap_or(self.since);
        let oldest = events.iter().map(|event| event.at).min();
        let from = oldest.map_or(kept_from, |oldest| oldest.min(kept_from));
        from.max(self.since)
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id, as sent.
    pub id: Arc<str>,
    /// When it happened.
    pub at: Timestamp,
    /// What was done, as sent.
    pub activity: Arc<str>,
    /// `RoleManagement`, `GroupManagement`, `ResourceManagement` and so on: which surface of PIM.
    pub category: Arc<str>,
    /// Whether it was done.
    pub result: AuditResult,
    /// `resultReason`: why it failed, what changed, or the justification.
    pub reason: Option<Arc<str>>,
    /// Correlation id, lower case. One request to PIM can have several, see `request`.
    pub correlation: Arc<str>,
    /// Who did it.
    pub actor: AuditActor,
    /// What it was done to.
    pub targets: Vec<AuditTarget>,
    /// The directory role it concerns; none in lines of groups and of Azure.
    pub role: Option<RoleId>,
    /// `StartTime` of an assignment or activation.
    pub start: Option<Timestamp>,
    /// `ExpirationTime`.
    pub end: Option<Timestamp>,
    /// `Justification`, else the reason of the result.
    pub justification: Option<Arc<str>>,
    /// `TicketNumber`.
    pub ticket_number: Option<Arc<str>>,
    /// `TicketSystem`.
    pub ticket_system: Option<Arc<str>>,
}

impl AuditEvent {
    /// The activity for comparing: lower case, blanks folded, "time bound" as one word.
    pub fn normal(&self) -> String {
        let words: Vec<&str> = self.activity.split_whitespace().collect();
        words.join(" ").to_lowercase().replace("time bound", "timebound")
    }

    /// The request to PIM that it belongs to, lower case: the same from request to approval,
    /// activation and end, where correlation ids differ.
    pub fn request(&self) -> Option<&str> {
        let target = self.targets.iter().find(|target| target.is(REQUEST))?;
        let id = &*target.id;
        (!id.is_empty()).then_some(id)
    }
}

/// Whether something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditResult {
    /// It was.
    Success,
    /// It was tried.
    Failure,
    /// Nobody waited for the end.
    Timeout,
    /// The log says nothing, or nothing that is known.
    Other,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditActor {
    /// What it is.
    pub kind: ActorKind,
    /// Object id, lower case; of an application its application id where the log has no other.
    pub id: Arc<str>,
    /// Sign-in name, else display name, else name of the application; may be empty.
    pub name: Arc<str>,
}

/// What somebody is who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorKind {
    /// A person, or PIM itself, which the log has among the people.
    User,
    /// A service principal.
    Application,
    /// The log does not say.
    Unknown,
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditTarget {
    /// Its id, lower case.
    pub id: Arc<str>,
    /// `Role`, `User`, `Group`, `Request` and so on, as sent.
    pub kind: Arc<str>,
    /// Sign-in name, else display name; may be empty.
    pub name: Arc<str>,
}

impl AuditTarget {
    /// Whether it is of this kind, in any casing.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.trim().eq_ignore_ascii_case(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapKind};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn event(activity: &str, at: &str) -> AuditEvent {
        AuditEvent {
            id: "x".into(),
            at: time(at),
            activity: activity.into(),
            category: "RoleManagement".into(),
            result: AuditResult::Success,
            reason: None,
            correlation: "".into(),
            actor: AuditActor { kind: ActorKind::Unknown, id: "".into(), name: "".into() },
            targets: Vec::new(),
            role: None,
            start: None,
            end: None,
            justification: None,
            ticket_number: None,
            ticket_system: None,
        }
    }

    const NOON: &str = "2026-11-02T12:00:00Z";

    #[test]
    fn every_list_has_a_key_of_its_own() {
        for source in AuditSource::ALL {
            assert_eq!(AuditSource::named(source.key()), Some(source));
        }
        assert_eq!(AuditSource::named("sign-ins"), None);
    }

    #[test]
    fn activities_compare_without_casing_and_blanks() {
        for (activity, expected) in [
            ("Update role setting in PIM", "update role setting in pim"),
            (
                " Add eligible member to role in PIM\tcompleted  (time bound) ",
                "add eligible member to role in pim completed (timebound)",
            ),
            (
                "Add eligible member to role in PIM completed (timebound)",
                "add eligible member to role in pim completed (timebound)",
            ),
            ("", ""),
        ] {
            assert_eq!(event(activity, NOON).normal(), expected);
        }
    }

    #[test]
    fn a_list_covers_what_was_asked_for_and_what_is_kept() {
        let (asked, read) = ("2026-10-01T12:00:00Z", NOON);
        for (since, kept_days, oldest, expected) in [
            // 30 days before the reading is later than what was asked for.
            (asked, 30, None, "2026-10-03T12:00:00Z"),
            (asked, 7, None, "2026-10-26T12:00:00Z"),
            (asked, 60, None, asked),
            ("2026-10-30T12:00:00Z", 30, None, "2026-10-30T12:00:00Z"),
            // An older event shows that more is kept.
            (asked, 7, Some("2026-10-20T00:00:00Z"), "2026-10-20T00:00:00Z"),
            (asked, 7, Some("2026-11-01T00:00:00Z"), "2026-10-26T12:00:00Z"),
            // What was not asked for is not covered, whatever is here.
            (asked, 30, Some("2026-09-01T00:00:00Z"), asked),
            ("2026-11-02T12:00:00Z", 30, None, NOON),
        ] {
            let events = oldest.map(|at| event("a", at)).into_iter().collect();
            let part = AuditPart {
                source: AuditSource::Pim,
                since: time(since),
                until: time(read),
                lists_until: time(read),
                events: Collected::Complete(events),
            };
            let found = part.covered_from(kept_days);
            assert_eq!(found, time(expected), "{since}, {kept_days} days, {oldest:?}");
        }
    }

    #[test]
    fn a_list_that_was_not_read_covers_nothing() {
        let part = AuditPart {
            source: AuditSource::Pim,
            since: time("2026-10-01T12:00:00Z"),
            until: time(NOON),
            lists_until: time(NOON),
            events: Collected::Missing(Gap::new(GapKind::PermissionDenied, "403")),
        };
        assert_eq!(part.covered_from(KEPT_WITH_PREMIUM), time(NOON));
    }

    #[test]
    fn the_request_is_the_target_that_is_one() {
        let target = |kind: &str, id: &str| AuditTarget {
            id: id.into(),
            kind: kind.into(),
            name: "".into(),
        };
        for (targets, expected) in [
            (vec![], None),
            (vec![target("Role", "r"), target("User", "u")], None),
            (vec![target("Role", "r"), target("request", "q"), target("User", "u")], Some("q")),
            (vec![target("Request", "")], None),
        ] {
            let event = AuditEvent { targets, ..event("a", NOON) };
            assert_eq!(event.request(), expected);
        }
    }
}
