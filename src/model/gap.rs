//! Why something is not known. The list is closed: every reason a finding can be not assessed stands here.

use super::Dataset;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The closed list of reasons.
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
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// Declined by the operator, or not read by this version.
    NotRequested,
    /// The token lacks a permission.
    PermissionDenied,
    /// The tenant lacks Entra ID P2 or ID Governance.
    LicenceMissing,
    /// This cloud does not have it.
    CloudLacksIt,
    /// Graph failed after all retries.
    Failed,
    /// Reading broke off: some rows are known, not all.
    Incomplete,
    /// The answer could not be understood: unknown enum value, unparsable value, missing rule.
    Unreadable,
    /// A list that cannot be empty is.
    ImpossiblyEmpty,
    /// The data is older than a judgement allows.
    TooOld,
    /// What would tell it is switched off in the tenant.
    SwitchedOff,
    /// The log does not reach back far enough.
    OutsideRetention,
    /// Only the organisation file can say it.
    NotDeclared,
    /// Known only after the planned change.
    Planned,
    /// PIM does not manage the group yet, so there are no settings to be read.
    NotManaged,
}

impl GapKind {
    /// The reason in words for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotRequested => "not requested",
            Self::PermissionDenied => "permission denied",
            Self::LicenceMissing => "licence missing",
            Self::CloudLacksIt => "not in this cloud",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Unreadable => "unreadable",
            Self::ImpossiblyEmpty => "impossibly empty",
            Self::TooOld => "too old",
            Self::SwitchedOff => "switched off",
            Self::OutsideRetention => "outside retention",
            Self::NotDeclared => "not declared",
            Self::Planned => "known only after the change",
            Self::NotManaged => "not managed by PIM",
        }
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.title())
    }
}

/// In the detail of a refusal: granting a permission is no way out for this application.
pub const WRONG_APPLICATION: &str = "this application may not read Entra PIM: use --auth browser, \
    device-code or an app registration (see pimaudit permissions)";

/// In the detail of a refusal: it is not the permission that is missing.
pub const LACKS_ROLE: &str = "the token has the permission, so the account may lack a directory role \
    such as Global Reader";

/// In the detail of a refusal: the same was read of others, so no permission is missing.
pub const READ_OF_OTHERS: &str = "this one only, others were read";

/// One reason, with the collection it concerns and what was seen.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Gap {
    /// Which of the closed list.
    pub kind: GapKind,
    /// The collection that could not be read, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Dataset>,
    /// What was seen, in one sentence without a full stop.
    pub detail: Arc<str>,
}

/// Before the id that Graph gives one request.
const REQUEST_ID: &str = "request-id ";

impl Gap {
    /// What was seen, without what differs from one request to the next.
    pub fn reason(&self) -> Cow<'_, str> {
        let detail = &*self.detail;
        let Some((before, after)) = detail.rsplit_once(REQUEST_ID) else { return detail.into() };
        let Some((_, after)) = after.split_once(')') else { return detail.into() };
        match (before.strip_suffix("; "), before.strip_suffix(" (")) {
            (Some(reason), _) => format!("{reason}){after}").into(),
            (None, Some(reason)) => format!("{reason}{after}").into(),
            (None, None) => detail.into(),
        }
    }

    /// A gap that concerns no single collection.
    pub fn new(kind: GapKind, detail: impl Into<Arc<str>>) -> Self {
        Self { kind, dataset: None, detail: detail.into() }
    }

    /// A gap in one collection.
    pub fn of(dataset: Dataset, kind: GapKind, detail: impl Into<Arc<str>>) -> Self {
        Self { kind, dataset: Some(dataset), detail: detail.into() }
    }

    /// A value that could not be understood.
    pub fn unreadable(dataset: Dataset, detail: impl Into<Arc<str>>) -> Self {
        Self::of(dataset, GapKind::Unreadable, detail)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_loses_its_request_id_and_nothing_else() {
        for (detail, expected) in [
            ("Graph answered 403 (Code: no.; request-id a-1)", "Graph answered 403 (Code: no.)"),
            ("group x: 403 (Code; request-id a-1), again", "group x: 403 (Code), again"),
            ("Graph answered 503 (request-id a-1)", "Graph answered 503"),
            ("no request-id here)", "no request-id here)"),
            ("cut (Code; request-id a-1", "cut (Code; request-id a-1"),
            ("plain", "plain"),
        ] {
            assert_eq!(Gap::new(GapKind::Failed, detail).reason(), expected);
        }
    }
}
