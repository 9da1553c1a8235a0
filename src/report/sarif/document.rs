//! The parts of SARIF 2.1.0 that are written, with the names of the standard.
//!
//! What stands in them is decided in `sarif`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text.
#[derive(Serialize)]
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
}

/// The program.
#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub(super) driver: Driver<'a>,
}

/// The program itself, with the checks it ran.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub(super) name: &'static str,
    pub(super) version: &'a str,
    pub(super) semantic_version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) supported_taxonomies: Vec<Component<'a>>,
    pub(super) rules: Vec<Rule<'a>>,
}

/// One check.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub(super) id: &'static str,
    pub(super) name: String,
    pub(super) short_description: Text<'a>,
    pub(super) full_description: Text<'a>,
    pub(super) help: Help,
    pub(super) default_configuration: Configuration,
    pub(super) properties: RuleProperties<'a>,
}

/// What to know of a check, plain and in Markdown.
#[derive(Serialize)]
pub(super) struct Help {
    pub(super) text: String,
    pub(super) markdown: String,
}

/// How bad a failure of the check is at its worst.
#[derive(Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

/// What code scanning reads of a check beside the standard.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RuleProperties<'a> {
    pub(super) tags: Vec<&'a str>,
    pub(super) precision: &'static str,
    pub(super) security_severity: &'static str,
}

/// What a run is told from the others by: tenant and baseline.
#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: String,
}

/// How the run went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) end_time_utc: Timestamp,
    pub(super) tool_execution_notifications: Vec<Notification>,
    pub(super) tool_configuration_notifications: Vec<Notification>,
}

/// Something to know of the run as a whole.
#[derive(Serialize)]
pub(super) struct Notification {
    pub(super) descriptor: Descriptor,
    pub(super) level: &'static str,
    pub(super) message: Text<'static>,
}

/// What kind of thing a notification says.
#[derive(Serialize)]
pub(super) struct Descriptor {
    pub(super) id: &'static str,
}

/// The controls of a benchmark.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxonomy<'a> {
    pub(super) name: &'a str,
    pub(super) full_name: &'a str,
    pub(super) taxa: Vec<Taxon<'a>>,
}

/// One control.
#[derive(Serialize)]
pub(super) struct Taxon<'a> {
    pub(super) id: &'a str,
}

/// A benchmark by its name.
#[derive(Serialize)]
pub(super) struct Component<'a> {
    pub(super) name: &'a str,
}

/// A control of a benchmark.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxed<'a> {
    pub(super) id: &'a str,
    pub(super) tool_component: Component<'a>,
}

/// One finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding<'a> {
    pub(super) rule_id: &'static str,
    pub(super) rule_index: usize,
    pub(super) kind: &'static str,
    pub(super) level: &'static str,
    pub(super) message: Text<'static>,
    pub(super) locations: [Location<'a>; 1],
    pub(super) partial_fingerprints: Fingerprints,
    pub(super) suppressions: Vec<Suppression<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) taxa: Vec<Taxed<'a>>,
    pub(super) properties: FindingProperties<'a>,
}

/// Where it is: a file for code scanning, and what it is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    pub(super) physical_location: PhysicalLocation<'a>,
    pub(super) logical_locations: [LogicalLocation<'a>; 1],
}

/// A place in a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation<'a> {
    pub(super) artifact_location: ArtifactLocation<'a>,
    pub(super) region: Region,
}

/// A file.
#[derive(Serialize)]
pub(super) struct ArtifactLocation<'a> {
    pub(super) uri: &'a str,
}

/// A line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
}

/// What a finding is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) fully_qualified_name: String,
    pub(super) kind: &'static str,
}

/// What the next run is compared by.
#[derive(Serialize)]
pub(super) struct Fingerprints {
    /// The only one that GitHub reads.
    #[serde(rename = "primaryLocationLineHash")]
    pub(super) primary: String,
    #[serde(rename = "pimaudit/v1")]
    pub(super) own: String,
}

/// A waiver.
#[derive(Serialize)]
pub(super) struct Suppression<'a> {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: String,
    pub(super) properties: SuppressionProperties<'a>,
}

/// The parts of a waiver.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SuppressionProperties<'a> {
    pub(super) owner: &'a str,
    pub(super) expires: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ticket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) approved_by: Option<&'a str>,
}

/// What the standard has no name for.
#[derive(Serialize)]
pub(super) struct FindingProperties<'a> {
    pub(super) outcome: &'static str,
    pub(super) severity: &'static str,
    pub(super) points: f64,
    pub(super) subject: &'a str,
}

/// Who read what is judged, as far as known, and the run in numbers: what passed, informs or does
/// not apply is no result, and is counted here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunProperties<'a> {
    pub(super) tenant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collected_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) application: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sign_in: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) permissions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read_from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read_to: Option<Timestamp>,
    pub(super) baseline: &'a str,
    pub(super) baseline_digest: &'a str,
    pub(super) headline: String,
    pub(super) coverage: f64,
    pub(super) findings: BTreeMap<&'static str, usize>,
    pub(super) left_out: usize,
}
