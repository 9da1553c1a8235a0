//! What only the organisation knows: break-glass accounts, mailboxes, raised tiers, waivers.
//!
//! Reading the file belongs to `baseline::organisation`; this is its valid, resolved form.

use super::{RoleId, Tier};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The organisation file, valid. Empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    /// Declared break-glass accounts: sign-in names or object ids, lower case, as written otherwise.
    pub break_glass: Vec<String>,
    /// Mailboxes of the security team, lower case.
    pub security_mailboxes: Vec<String>,
    /// Roles whose tier the organisation raises.
    pub raise_tier: BTreeMap<RoleId, Tier>,
    /// Roles used for daily reading, which need no justification.
    pub daily_read: BTreeSet<RoleId>,
    /// Who should hold a role: sign-in names, object ids or `group:<name or id>`, lower case.
    pub audiences: BTreeMap<RoleId, Vec<String>>,
    /// Groups that give power outside the directory: a name of the organisation's own, and the group as
    /// `group:<name or id>`, lower case.
    pub sensitive_groups: BTreeMap<String, String>,
    /// Accepted findings.
    pub waivers: Vec<Waiver>,
}

/// One accepted finding. What is missing or wrong is kept, so that `invalid-waiver` can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Id of the check, as written.
    pub check: String,
    /// Key of the subject, lower case.
    pub subject: String,
    /// Why it is accepted.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which it holds.
    pub expires: Option<Date>,
    /// Ticket, where there is one.
    pub ticket: Option<String>,
    /// Who approved it, where that is known.
    pub approved_by: Option<String>,
    /// Line in the file, for messages.
    pub line: usize,
}
