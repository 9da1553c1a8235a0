//! The mirror of the frozen shape for reading: what `document` and `finding` write, member by member.
//! Members that came later than the shape itself may be absent.

use crate::model::{Cloud, Dataset, Gap, GapKind, Severity, Tier};
use crate::report::model::Status;
use crate::score;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) tool: Tool,
    pub(super) tenant: Tenant,
    pub(super) collected: Collected,
    pub(super) now: Timestamp,
    pub(super) configuration: Option<Configuration>,
    pub(super) baselines: Vec<Baseline>,
    #[serde(default)]
    pub(super) checks: Vec<CheckText>,
    pub(super) not_covered: Vec<String>,
    pub(super) inventory: Option<Inventory>,
}

#[derive(Deserialize)]
pub(super) struct Inventory {
    pub(super) gaps: Vec<Gap>,
    pub(super) lines: Vec<InventoryLine>,
}

#[derive(Deserialize)]
pub(super) struct InventoryLine {
    pub(super) role: Arc<str>,
    pub(super) access: String,
    pub(super) principal: Arc<str>,
    pub(super) principal_id: String,
    pub(super) kind: String,
    pub(super) hold: String,
    pub(super) until: Option<Timestamp>,
    pub(super) scope: String,
    pub(super) scope_name: Option<Arc<str>>,
    pub(super) path: Vec<Arc<str>>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub(super) version: String,
}

#[derive(Deserialize)]
pub(super) struct Tenant {
    pub(super) id: Arc<str>,
    pub(super) name: Option<Arc<str>>,
    pub(super) cloud: Cloud,
}

#[derive(Deserialize)]
pub(super) struct Collected {
    pub(super) at: Timestamp,
    pub(super) by: Option<String>,
    pub(super) application: Option<String>,
    pub(super) auth: Option<String>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    pub(super) datasets: Vec<DatasetState>,
}

#[derive(Deserialize)]
pub(super) struct DatasetState {
    pub(super) dataset: Dataset,
    pub(super) status: Status,
    pub(super) gap: Option<DatasetGap>,
    pub(super) rows: usize,
    pub(super) request: String,
    pub(super) read_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) declined: bool,
}

#[derive(Deserialize)]
pub(super) struct DatasetGap {
    pub(super) kind: GapKind,
    pub(super) detail: Arc<str>,
}

#[derive(Deserialize)]
pub(super) struct Configuration {
    pub(super) file: String,
    pub(super) digest: String,
}

#[derive(Deserialize)]
pub(super) struct CheckText {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) reads: Vec<Dataset>,
    pub(super) references: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Baseline {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) digest: String,
    pub(super) score: Score,
    pub(super) global_administrators: Reach,
    pub(super) findings: Vec<Finding>,
    pub(super) break_glass_candidates: Vec<Candidate>,
    pub(super) posture_with_break_glass: Option<f64>,
    pub(super) unmatched_rules: Vec<String>,
    #[serde(default)]
    pub(super) controls: Vec<Control>,
}

#[derive(Deserialize)]
pub(super) struct Control {
    pub(super) id: String,
    pub(super) level: Option<String>,
    pub(super) checks: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Score {
    pub(super) posture: Option<f64>,
    pub(super) drift: Option<f64>,
    pub(super) grade: Option<score::Grade>,
    pub(super) grade_uncapped: Option<score::Grade>,
    pub(super) uncertain: bool,
    pub(super) caps: Vec<score::Cap>,
    pub(super) coverage: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) waived: f64,
    #[serde(default)]
    pub(super) checks: Vec<CheckScore>,
}

#[derive(Deserialize)]
pub(super) struct CheckScore {
    pub(super) check: String,
    pub(super) kind: String,
    pub(super) weight: f64,
    pub(super) effective: f64,
    pub(super) unread: f64,
    pub(super) cost: f64,
}

#[derive(Deserialize)]
pub(super) struct Reach {
    pub(super) people: usize,
    pub(super) at_least_because: Vec<Gap>,
    pub(super) standing: Vec<Arc<str>>,
    #[serde(default)]
    pub(super) type_not_read: Vec<Arc<str>>,
    pub(super) activated: Vec<Arc<str>>,
    pub(super) eligible: Vec<Arc<str>>,
    pub(super) through_groups: Vec<Arc<str>>,
    pub(super) services: Vec<Arc<str>>,
    pub(super) gate: Option<String>,
    pub(super) gate_gap: Option<Gap>,
    pub(super) possible: Vec<Arc<str>>,
    pub(super) possible_services: Vec<Arc<str>>,
    pub(super) unresolved: usize,
    #[serde(default)]
    pub(super) disabled: usize,
    pub(super) weakest_way: Option<WeakestWay>,
    pub(super) more_ways_because: Vec<Gap>,
    #[serde(default)]
    pub(super) ways: Vec<Way>,
    #[serde(default)]
    pub(super) further_ways: usize,
}

#[derive(Deserialize)]
pub(super) struct WeakestWay {
    pub(super) principal: Arc<str>,
    pub(super) way: String,
    pub(super) gate: String,
    pub(super) strength: String,
    #[serde(default)]
    pub(super) standing: bool,
}

#[derive(Deserialize)]
pub(super) struct Way {
    pub(super) principal: Arc<str>,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) strength: Option<String>,
    pub(super) rank: u8,
    pub(super) gate: String,
    pub(super) through: Vec<String>,
    pub(super) words: String,
    #[serde(default)]
    pub(super) break_glass: bool,
    #[serde(default)]
    pub(super) disabled: bool,
    #[serde(default)]
    pub(super) closed: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) name: Arc<str>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) check: String,
    pub(super) subject: Subject,
    pub(super) severity: Severity,
    pub(super) rule_severity: Option<Severity>,
    pub(super) outcome: String,
    pub(super) credit: Option<f64>,
    #[serde(default)]
    pub(super) points: f64,
    #[serde(default)]
    pub(super) info: bool,
    pub(super) gap: Option<Gap>,
    pub(super) observed: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) measures: Measures,
    pub(super) evidence: Vec<Evidence>,
    pub(super) remediation: Option<Remediation>,
    pub(super) sources: Vec<Source>,
    pub(super) labels: Option<Vec<String>>,
    pub(super) waiver: Option<Waiver>,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
pub(super) struct Subject {
    pub(super) key: Arc<str>,
    pub(super) kind: String,
    pub(super) name: Arc<str>,
    pub(super) tier: Option<Tier>,
    #[serde(default)]
    pub(super) weight: f64,
}

#[derive(Deserialize)]
pub(super) struct Evidence {
    pub(super) request: String,
    pub(super) id: String,
    pub(super) field: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
pub(super) struct Remediation {
    pub(super) portal: String,
    pub(super) graph: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) controls: Vec<String>,
    pub(super) level: Option<String>,
    #[serde(default)]
    pub(super) because: String,
}

#[derive(Deserialize)]
pub(super) struct Waiver {
    pub(super) reason: String,
    pub(super) owner: String,
    pub(super) expires: Date,
    pub(super) ticket: Option<String>,
    pub(super) approved_by: Option<String>,
}

/// What was counted, in the order written.
pub(super) struct Measures(pub(super) Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Measures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Measures;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("numbers by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Measures, A::Error> {
                let mut measures = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    measures.push(entry);
                }
                Ok(Measures(measures))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
