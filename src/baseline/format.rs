//! The two files as people write them: a baseline, and what only the organisation knows.
//!
//! For their JSON Schemas and the keys they may have. Reading them into valid types belongs to `load`
//! and `organisation`; a test holds the keys and the schema together.

use crate::checks::CHECKS;
use crate::model::{AlertKind, IsoDuration, Severity, Tier};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The version of both formats.
pub const FORMAT: u32 = 1;

/// A baseline: what is expected, how bad it is otherwise, who says so and why.
#[derive(JsonSchema)]
#[schemars(title = "pimaudit baseline", deny_unknown_fields)]
pub struct BaselineFile {
    /// Version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// Short name in reports: small letters, digits and hyphens.
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: String,
    /// What the baseline is, in a few words; the id where it is not given.
    pub title: Option<String>,
    /// A built-in baseline or a file. Its rules hold where this file has none of the same check for
    /// the same roles; its sources and sets of roles may be used.
    pub extends: Option<String>,
    /// Checks of the extended baseline that are left out.
    pub without: Option<Vec<CheckId>>,
    /// Where the rules come from, by a short name.
    pub sources: Option<BTreeMap<String, SourceEntry>>,
    /// Named sets of roles, by role name or id.
    pub roles: Option<BTreeMap<String, Vec<String>>>,
    /// The rules. Of several rules of one check the most specific judges: role, set, label, tier,
    /// all.
    pub rules: Option<Vec<RuleEntry>>,
}

impl BaselineFile {
    /// Its keys.
    pub const KEYS: &'static [&'static str] =
        &["format", "id", "title", "extends", "without", "sources", "roles", "rules"];
}

/// Where rules come from.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SourceEntry {
    /// Title of the document.
    pub title: String,
    /// Date or version of the document, such as 2023-10-23.
    pub date: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
}

impl SourceEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &["title", "date", "url"];
}

/// One rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RuleEntry {
    /// Id of the check, see `pimaudit checks`.
    pub check: CheckId,
    /// The roles it is for; `all` where it is not given. A check of the tenant takes `all` alone.
    pub on: Option<OnEntry>,
    /// What is expected, in the shape the check takes; `required` where it is not given.
    pub expect: Option<ExpectEntry>,
    /// How bad it is for a role of tier critical; one step lower for each tier below.
    pub severity: Severity,
    /// False where it is as bad for every tier, as a benchmark has it; true where it is not given.
    pub by_tier: Option<bool>,
    /// What a finding that is met in part counts for; its own credit where it is not given.
    pub met_in_part: Option<MetInPartWord>,
    /// False where it is for roles alone and not for the groups that lead to them; `members` where it
    /// is for the members of groups to which its roles are actively assigned, or of the groups it names;
    /// `direct` where of groups only those count who are in them directly and without an activation, for
    /// checks of holders.
    pub groups: Option<GroupsEntry>,
    /// Whether roles that nobody holds are judged; as the check does where it is not given.
    pub unused: Option<bool>,
    /// True where it is shown only and never scored.
    pub info: Option<bool>,
    /// Ids of the controls of a benchmark that ask for it, such as MS.AAD.7.1v1.
    pub control: Option<TextOrList>,
    /// How firmly, in the benchmark's own word, such as SHALL or E3 L1.
    pub level: Option<String>,
    /// Name of an entry of `sources`.
    pub source: String,
    /// Why it is expected, in one or two sentences.
    pub because: String,
}

impl RuleEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &[
        "check",
        "on",
        "expect",
        "met_in_part",
        "groups",
        "unused",
        "severity",
        "by_tier",
        "info",
        "control",
        "level",
        "source",
        "because",
    ];
}

/// What a finding that is met in part counts for.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum MetInPartWord {
    /// Not met.
    Fail,
    /// Met.
    Pass,
}

/// Which groups a rule is for.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum GroupsEntry {
    /// Every group that leads to its roles, or none.
    Any(bool),
    /// A narrower choice.
    Some(GroupsWord),
}

/// A narrower choice of groups, or of those in them.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum GroupsWord {
    /// Members of groups to which the roles of the rule are actively assigned.
    Members,
    /// Of the groups with its roles, those who are in them directly and without an activation.
    Direct,
}

/// The roles a rule is for.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum OnEntry {
    /// Everything the check judges, or those that a word tells.
    All(AllWord),
    /// One role.
    Role(OnRole),
    /// Any of several roles.
    Roles(OnRoles),
    /// The roles of one tier.
    Tier(OnTier),
    /// One PIM alert.
    Alert(OnAlert),
}

impl OnEntry {
    /// The keys of its mappings, one each.
    pub const KEYS: &'static [&'static str] = &["role", "roles", "tier", "alert"];
}

/// A word for subjects of many roles.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum AllWord {
    /// Everything the check judges.
    All,
    /// Roles that Microsoft labels PRIVILEGED, custom ones too.
    Privileged,
    /// Everyone who holds a role, whatever that is; for checks of people.
    Holders,
    /// Members and owners of groups, whatever they lead to.
    Groups,
    /// Members and owners of groups that the organisation file declares as sensitive.
    Sensitive,
}

/// One role.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OnRole {
    /// Name or id of the role.
    pub role: String,
}

/// Any of several roles.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OnRoles {
    /// Name of a set of roles, or a list of roles.
    pub roles: SetOrList,
}

/// A set by name, or roles in place.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum SetOrList {
    /// Name of a set under `roles`.
    Set(String),
    /// Names or ids of roles.
    List(Vec<String>),
}

/// The roles of one tier.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OnTier {
    /// The tier, exactly.
    pub tier: Tier,
}

/// One PIM alert.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OnAlert {
    /// Its name, such as stale-sign-in.
    pub alert: AlertName,
}

/// Name of a PIM alert.
pub struct AlertName(pub String);

impl JsonSchema for AlertName {
    fn schema_name() -> Cow<'static, str> {
        "AlertName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": AlertKind::ALL.map(AlertKind::name) })
    }
}

/// One text or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum TextOrList {
    /// One.
    Text(String),
    /// Several.
    List(Vec<String>),
}

/// What a rule expects. Each check takes one of these shapes, see `pimaudit explain CHECK`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum ExpectEntry {
    /// The good state itself.
    Required(RequiredWord),
    /// At most this long.
    AtMost(AtMostEntry),
    /// A number within bounds.
    Count(CountEntry),
    /// A share below a bound.
    Share(ShareEntry),
    /// Named roles.
    Roles(RolesNamed),
    /// The roles table.
    Table(TableEntry),
}

/// Exactly these roles.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RolesNamed {
    /// Name of a set of roles, or a list of roles.
    pub roles: SetOrList,
    /// True where one and the same policy must name all of these roles.
    pub one_policy: Option<bool>,
}

impl RolesNamed {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &["roles", "one_policy"];
}

/// The word `required`, or the name of a variant of the check: another reading of the good state.
pub struct RequiredWord(pub String);

impl JsonSchema for RequiredWord {
    fn schema_name() -> Cow<'static, str> {
        "RequiredWord".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let variants = CHECKS.iter().flat_map(|check| check.variants).map(|variant| variant.name);
        let words: BTreeSet<&str> = variants.chain(["required"]).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// At most this long.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AtMostEntry {
    /// Longest that does not fail.
    pub at_most: IsoDuration,
    /// Longest that passes; between the two is met in part.
    pub ideal: Option<IsoDuration>,
    /// True where only interactive sign-ins count.
    pub interactive: Option<bool>,
    /// True where nothing is said of a tenant without licences of Intune and Entra ID P2.
    pub with_intune: Option<bool>,
}

impl AtMostEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &["at_most", "ideal", "interactive", "with_intune"];
}

/// A number within bounds, both ends included.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CountEntry {
    /// Least and greatest number that pass.
    pub pass: [u32; 2],
    /// Least and greatest number that are met in part.
    pub partial: Option<[u32; 2]>,
    /// True where disabled accounts count like others.
    pub disabled: Option<bool>,
    /// True where only users with an active assignment count, disabled ones too.
    pub assigned: Option<bool>,
    /// True where disabled accounts and service principals count like people.
    pub every_holder: Option<bool>,
}

impl CountEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] =
        &["pass", "partial", "disabled", "assigned", "every_holder"];
}

/// A share, between 0 and 1.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ShareEntry {
    /// Below this passes.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub pass_below: f64,
    /// Below this is met in part; the same as `pass_below` where it is not given.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub partial_below: Option<f64>,
    /// The roles whose other holders are compared with; those of tier critical or high where it is
    /// not given.
    pub among: Option<SetOrList>,
    /// True where the users of every role labelled PRIVILEGED are compared, in place of `among`, as
    /// the lists of its members show them.
    pub labelled: Option<bool>,
    /// True where disabled accounts count on both sides, beside `among`.
    pub disabled: Option<bool>,
    /// Least and greatest number of Global Administrators; any other number fails.
    pub count: Option<[u32; 2]>,
}

impl ShareEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] =
        &["pass_below", "partial_below", "among", "labelled", "disabled", "count"];
}

/// How roles should be held.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TableEntry {
    /// One row a role, by role name or id.
    pub table: BTreeMap<String, RowWord>,
    /// What a role in use without a row counts for; `ignored` where it is not given.
    pub unlisted: Option<UnlistedWord>,
}

impl TableEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &["table", "unlisted"];
}

/// How a role should be held.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum RowWord {
    /// Eligible, activated when needed.
    Eligible,
    /// Static: permanently active is as it should be.
    Active,
    /// Static is met in part; eligible is better.
    Tolerated,
}

/// What a role in use without a row counts for.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum UnlistedWord {
    /// Nothing: the table speaks of its own roles alone.
    Ignored,
    /// Met in part, from tier elevated on.
    Partial,
}

/// What only the organisation knows. Nothing is excused that is not declared here.
#[derive(JsonSchema)]
#[schemars(title = "pimaudit organisation file", deny_unknown_fields)]
pub struct OrganisationDocument {
    /// Version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// Id of the tenant this file is for; data of any other tenant is refused.
    pub tenant: Option<String>,
    /// The baseline to judge by: a built-in one or a file, such as ./own.yaml.
    pub baseline: Option<String>,
    /// Emergency accounts: sign-in names or object ids.
    pub break_glass: Option<Vec<String>>,
    /// Mailboxes of the security team.
    pub security_mailboxes: Option<Vec<String>>,
    /// What is special about roles here.
    pub roles: Option<RolesEntry>,
    /// Who should hold a role, by role: sign-in names, object ids, or `group:` and a name or id.
    pub audiences: Option<BTreeMap<String, Vec<String>>>,
    /// Groups that give power outside the directory, by a name of your own.
    pub sensitive_groups: Option<BTreeMap<String, String>>,
    /// Accepted findings.
    pub waivers: Option<Vec<WaiverEntry>>,
}

impl OrganisationDocument {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &[
        "format",
        "tenant",
        "baseline",
        "break_glass",
        "security_mailboxes",
        "roles",
        "audiences",
        "sensitive_groups",
        "waivers",
    ];
}

/// What is special about roles in this organisation.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RolesEntry {
    /// Roles that are more powerful here than elsewhere, with their tier.
    pub raise_tier: Option<BTreeMap<String, Tier>>,
    /// Roles for daily reading, which need no justification; of tier elevated or standard alone.
    pub daily_read: Option<Vec<String>>,
}

impl RolesEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] = &["raise_tier", "daily_read"];
}

/// One accepted finding. Without a reason, an owner and an end of at most 365 days it has no effect.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WaiverEntry {
    /// Id of the check, as in the report.
    pub check: String,
    /// Key of the subject, as in the report.
    pub subject: String,
    /// Why it is accepted.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which it holds, such as 2027-02-01.
    #[schemars(extend("format" = "date"))]
    pub expires: Option<String>,
    /// Ticket, where there is one.
    pub ticket: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

impl WaiverEntry {
    /// Its keys.
    pub const KEYS: &'static [&'static str] =
        &["check", "subject", "reason", "owner", "expires", "ticket", "approved_by"];
}

/// Id of a check. In the schema one of those this version has, so that editors can offer them.
pub struct CheckId(pub String);

impl JsonSchema for CheckId {
    fn schema_name() -> Cow<'static, str> {
        "CheckId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        json_schema!({ "type": "string", "enum": ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schemars::schema_for!(T).to_value();
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_keys_that_are_read_are_those_of_the_schema() {
        for (keys, properties) in [
            (BaselineFile::KEYS, properties::<BaselineFile>()),
            (SourceEntry::KEYS, properties::<SourceEntry>()),
            (RuleEntry::KEYS, properties::<RuleEntry>()),
            (AtMostEntry::KEYS, properties::<AtMostEntry>()),
            (CountEntry::KEYS, properties::<CountEntry>()),
            (ShareEntry::KEYS, properties::<ShareEntry>()),
            (TableEntry::KEYS, properties::<TableEntry>()),
            (OrganisationDocument::KEYS, properties::<OrganisationDocument>()),
            (RolesEntry::KEYS, properties::<RolesEntry>()),
            (WaiverEntry::KEYS, properties::<WaiverEntry>()),
        ] {
            let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(keys, properties);
        }
        let mut on = properties::<OnRole>();
        on.extend(properties::<OnRoles>());
        on.extend(properties::<OnTier>());
        on.extend(properties::<OnAlert>());
        assert_eq!(on, OnEntry::KEYS.iter().map(|key| (*key).to_owned()).collect());
    }
}
