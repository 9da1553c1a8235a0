//! The report: everything a reader sees, built once, before any format.
//!
//! Nothing here judges, and no format can reach data that is not here. No durations, retries or host
//! names: the same input gives the same bytes.

use crate::model::{Cloud, Dataset, Finding, Gap, PrincipalId};
use crate::score::Score;
use jiff::Timestamp;
use std::sync::Arc;

/// The longest sign-in name that is copied as it is.
const LONGEST: usize = 50;

/// Ways to a role that a report holds at most.
pub const MOST_WAYS: usize = 200;

/// One report over one or several baselines.
#[derive(Clone, Debug)]
pub struct Report {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// The cloud.
    pub cloud: Cloud,
    /// How the data came.
    pub collected: Collection,
    /// The time of judgement.
    pub now: Timestamp,
    /// The organisation file, where one was used.
    pub configuration: Option<Configuration>,
    /// Each baseline judged by itself.
    pub baselines: Vec<Judged>,
    /// The checks of the judged rules, sorted by id.
    pub checks: Vec<CheckText>,
    /// Who holds what; only where a format of the run shows it.
    pub inventory: Option<Inventory>,
    /// What no check of this run looks at, in words.
    pub not_covered: Vec<&'static str>,
}

impl Report {
    /// What is said once of a check.
    pub fn check(&self, id: &str) -> Option<&CheckText> {
        let place = self.checks.binary_search_by(|check| check.id.cmp(id)).ok()?;
        self.checks.get(place)
    }
}

/// What the report says once of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckText {
    /// Its id.
    pub id: &'static str,
    /// The bad state in a few words.
    pub title: &'static str,
    /// What it looks at and decides.
    pub what: String,
    /// Why the bad state is bad.
    pub why: String,
    /// Collections it reads, those that list its subjects too; sorted.
    pub reads: Vec<Dataset>,
    /// Documents and controls that ask for it.
    pub references: Vec<String>,
}

/// How the data came.
#[derive(Clone, Debug)]
pub struct Collection {
    /// When reading began.
    pub at: Timestamp,
    /// Who read: sign-in name or application, where the token said so.
    pub by: Option<String>,
    /// Id of the application that signed in, where it is known.
    pub application: Option<String>,
    /// The way of sign-in, such as `device-code`.
    pub auth: Option<String>,
    /// Permissions the token had; empty where that is not known.
    pub permissions: Vec<String>,
    /// Every collection, in the order of `Dataset::ALL`, those not asked for too.
    pub datasets: Vec<DatasetState>,
}

impl Collection {
    /// When the first and the last collection were read; `None` where nothing was.
    pub fn window(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.datasets.iter().filter_map(|state| state.read_at);
        Some((times().min()?, times().max()?))
    }
}

/// What came of one collection.
#[derive(Clone, Debug)]
pub struct DatasetState {
    /// Which one.
    pub dataset: Dataset,
    /// Complete, partial or missing.
    pub status: Status,
    /// Why it is not complete.
    pub gap: Option<Gap>,
    /// Rows read.
    pub rows: usize,
    /// The request, path and query.
    pub request: String,
    /// When it was read; `None` when it was not.
    pub read_at: Option<Timestamp>,
    /// True when it was declined by the operator: shown, but without nagging.
    pub declined: bool,
}

/// How much of a collection was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All pages.
    Complete,
    /// Some rows.
    Partial,
    /// Nothing.
    Missing,
}

/// The organisation file of the run.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Its name as given.
    pub file: String,
    /// `sha256:` of its bytes.
    pub digest: String,
}

/// One baseline's judgement.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Digest of its rules.
    pub digest: String,
    /// One finding a rule and subject, sorted by check and subject key.
    pub findings: Vec<Finding>,
    /// The score of the findings.
    pub score: Score,
    /// Who can become Global Administrator.
    pub global_administrators: Reach,
    /// Accounts that look like undeclared break-glass accounts.
    pub break_glass: Vec<Candidate>,
    /// Posture if these candidates were declared, where there are any.
    pub posture_with_break_glass: Option<f64>,
    /// Rules that matched no subject although their lists are complete: check and selector.
    pub unmatched_rules: Vec<String>,
    /// The controls of a benchmark that its rules name, sorted; also those no subject was judged for.
    pub controls: Vec<ControlText>,
}

/// A control of a benchmark, and who speaks to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlText {
    /// Its id.
    pub control: String,
    /// How firmly, in the benchmark's own word.
    pub level: Option<String>,
    /// The checks its rules bind, sorted.
    pub checks: Vec<&'static str>,
}

/// Who can become Global Administrator. Names are sign-in names, sorted; people are counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// People by object id, over every way; without those who are switched off.
    pub people: usize,
    /// Why there may be more; empty when the number is exact.
    pub at_least_because: Vec<Gap>,
    /// Hold it all the time.
    pub standing: Vec<Arc<str>>,
    /// Hold it now; whether all the time or out of an eligibility was not read, and no eligibility is
    /// known.
    pub type_not_read: Vec<Arc<str>>,
    /// Hold it now, out of an eligibility.
    pub activated: Vec<Arc<str>>,
    /// Can activate it.
    pub eligible: Vec<Arc<str>>,
    /// Hold it through a group (also in one of the lists above).
    pub through_groups: Vec<Arc<str>>,
    /// Service principals that hold it; one that is only eligible cannot activate.
    pub services: Vec<Arc<str>>,
    /// What an activation asks for, in words ("MFA, justification, approval; at most 8 h"), or the
    /// gap.
    pub gate: Result<String, Gap>,
    /// People who do not hold it and can take it, as owners of a group or an application.
    pub possible: Vec<Arc<str>>,
    /// Service principals that do not hold it and can take it, by a permission or as owners.
    pub possible_services: Vec<Arc<str>>,
    /// Holders that are deleted, foreign or could not be read.
    pub unresolved: usize,
    /// Holders that are switched off; they are in no other number or list.
    pub disabled: usize,
    /// The weakest way, standing ones among them. Declared break-glass accounts and accounts that are
    /// switched off are left out. `None` when no way is known.
    pub weakest: Option<WeakestWay>,
    /// Why there may be further ways, and weaker ones, also by people who do not hold the role;
    /// empty when every way is known with its gate.
    pub more_ways_because: Vec<Gap>,
    /// The ways to the role, weakest first; `MOST_WAYS` at most.
    pub ways: Vec<ReachWay>,
    /// How many known ways there are beyond these.
    pub further_ways: usize,
}

/// One way to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachWay {
    /// Sign-in name of the principal.
    pub principal: Arc<str>,
    /// user, guest, service principal, managed identity, ...
    pub kind: &'static str,
    /// standing, type not read, activated, eligible, possible.
    pub state: &'static str,
    /// The strongest thing asked for on the way; `None` when not read.
    pub strength: Option<&'static str>,
    /// 0, nothing is asked for, to 5, approval by two sets of people; 0 too when not read.
    pub rank: u8,
    /// Everything asked for on the way, in words.
    pub gate: String,
    /// Names of the groups and applications passed, the one next to the principal first.
    pub through: Vec<String>,
    /// The whole way in words.
    pub words: String,
    /// True for a declared break-glass account.
    pub break_glass: bool,
    /// True for an account that is switched off.
    pub disabled: bool,
    /// Why nobody can go the way as it is; `None` for an open one.
    pub closed: Option<&'static str>,
}

/// The weakest way to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakestWay {
    /// Whose way it is.
    pub principal: Arc<str>,
    /// The way, each hop and gate spelled out.
    pub way: String,
    /// Everything asked for on it, in words.
    pub gate: String,
    /// The strongest thing asked for on it.
    pub strength: &'static str,
    /// True where the role is held all the time by it, and nothing is asked for.
    pub standing: bool,
}

/// An account that looks like a break-glass account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its object id.
    pub principal: PrincipalId,
    /// Its sign-in name.
    pub name: Arc<str>,
    /// Why it looks like one.
    pub reason: String,
}

impl Candidate {
    /// How the organisation file declares it: by sign-in name where that can stand in YAML as it
    /// is, else by object id.
    pub fn declared(&self) -> Arc<str> {
        let name = &*self.name;
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "@._+-".contains(character);
        let starts_well = name.starts_with(|character: char| character.is_ascii_alphanumeric());
        if starts_well && name.contains('@') && name.len() <= LONGEST && name.chars().all(plain) {
            Arc::clone(&self.name)
        } else {
            self.principal.text()
        }
    }
}

/// One line of the inventory: one grant by one path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct InventoryLine {
    /// Name of the role.
    pub role: Arc<str>,
    /// Key of the access: `role:<id>`.
    pub access: String,
    /// Sign-in name of the principal.
    pub principal: Arc<str>,
    /// Its object id.
    pub principal_id: String,
    /// user, guest, group, service principal, managed identity, not found, not readable.
    pub kind: &'static str,
    /// eligible, active, activated, or active (type not read).
    pub hold: &'static str,
    /// When it ends; `None` is permanent.
    pub until: Option<Timestamp>,
    /// `/` or the narrower scope.
    pub scope: String,
    /// What the administrative unit that is the scope is called, where that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_name: Option<Arc<str>>,
    /// Groups passed, outermost first, by name; empty when held directly.
    pub path: Vec<Arc<str>>,
}

/// The inventory of a tenant.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name.
    pub tenant_name: Arc<str>,
    /// When it was read.
    pub at: Timestamp,
    /// Sorted by role, principal, path.
    pub lines: Vec<InventoryLine>,
    /// Why lines may be missing.
    pub gaps: Vec<Gap>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_is_offered_for_the_file() {
        let long = format!("{}@contoso.example", "a".repeat(60));
        for (name, expected) in [
            ("bg1@contoso.onmicrosoft.example", "bg1@contoso.onmicrosoft.example"),
            ("Break Glass", "id-1"),
            ("x@y]\n  waivers: [", "id-1"),
            ("x@y: z", "id-1"),
            ("@contoso.example", "id-1"),
            ("-a@contoso.example", "id-1"),
            ("bg\u{202e}@contoso.example", "id-1"),
            (long.as_str(), "id-1"),
            ("", "id-1"),
        ] {
            let principal = PrincipalId::new("id-1");
            let candidate = Candidate { principal, name: name.into(), reason: String::new() };
            assert_eq!(*candidate.declared(), *expected, "{name:?}");
        }
    }
}
