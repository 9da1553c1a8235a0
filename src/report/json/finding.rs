//! The frozen shape of one finding in the JSON report: its subject, both sides, where it was read, how
//! to mend it, and what excuses it.

use crate::model;
use crate::report::model as report;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// One check's word on one subject.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// Id of the check.
    check: &'a str,
    /// What it is about.
    subject: Subject<'a>,
    /// Severity as shown, lowered by the subject's tier.
    severity: model::Severity,
    /// Severity of the rule as written; absent where the tier lowered nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "model::Severity")]
    rule_severity: Option<model::Severity>,
    /// What came of it.
    #[schemars(extend("enum" = [
        "pass", "partial", "fail", "info", "not-applicable", "not-assessed"
    ]))]
    outcome: &'static str,
    /// 0 to 1 where it was judged, else null.
    credit: Option<f64>,
    /// Points of posture that would come back if it were met; absent where it costs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    points: Option<f64>,
    /// True when its rule only informs, so that it is not scored whatever came of it; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    info: Option<bool>,
    /// Why it was not assessed, else null.
    gap: Option<Gap<'a>>,
    /// What was found; absent where nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    observed: Option<&'a str>,
    /// What the baseline asks for; absent where nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    expected: Option<&'a str>,
    /// What a reader should know beside; why the question does not arise, where it does not.
    #[schemars(with = "Vec<String>")]
    notes: &'a [model::Text],
    /// What was counted, by name.
    #[serde(serialize_with = "measures")]
    #[schemars(with = "std::collections::BTreeMap<String, f64>")]
    measures: &'a [(&'static str, f64)],
    /// Where it was read.
    evidence: Vec<Evidence<'a>>,
    /// How to mend it; null where nothing is to be mended.
    remediation: Option<Remediation<'a>>,
    /// Where the rule comes from.
    #[schemars(with = "Vec<Source<'a>>")]
    sources: [Source<'a>; 1],
    /// Controls of a wider framework that the check speaks to; only where labels were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    labels: Option<&'a [String]>,
    /// The waiver that accepts it, else null.
    waiver: Option<Waiver<'a>>,
    /// Stable across runs: made of baseline, check and subject.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    fingerprint: model::Fingerprint,
}

/// What a finding is about.
#[derive(Serialize, JsonSchema)]
struct Subject<'a> {
    /// Stable key.
    key: &'a str,
    /// What kind of thing it is.
    #[schemars(extend("enum" = ["tenant", "role", "grant", "principal", "group", "alert"]))]
    kind: &'static str,
    /// Name to show.
    name: &'a str,
    /// Tier, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "model::Tier")]
    tier: Option<model::Tier>,
    /// Its weight in the score, above 0 and up to 1.
    weight: f64,
}

/// One value in one row.
#[derive(Serialize, JsonSchema)]
struct Evidence<'a> {
    /// The request the row came from.
    request: &'a str,
    /// The row's id.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    id: &'a model::RowId,
    /// The property, or the rule and its property.
    field: &'a str,
    /// Its value.
    value: &'a str,
}

/// How to mend it.
#[derive(Serialize, JsonSchema)]
struct Remediation<'a> {
    /// Where in the portal.
    portal: &'a str,
    /// Ready Graph calls.
    graph: &'a [String],
}

/// Where a rule comes from.
#[derive(Serialize, JsonSchema)]
struct Source<'a> {
    /// Its name in the baseline.
    id: &'a str,
    /// Its title.
    title: &'a str,
    /// Ids of the controls of a benchmark that ask for it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    controls: &'a [String],
    /// How firmly, in the benchmark's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    level: Option<&'a str>,
    /// Why the baseline asks for it; said where the demand is not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    because: Option<&'a str>,
}

/// The waiver that accepts a finding.
#[derive(Serialize, JsonSchema)]
struct Waiver<'a> {
    /// Why it is accepted.
    reason: &'a str,
    /// Who answers for it.
    owner: &'a str,
    /// Last day on which it holds.
    #[schemars(with = "String", extend("format" = "date"))]
    expires: Date,
    /// Ticket, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    ticket: Option<&'a str>,
    /// Who approved it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    approved_by: Option<&'a str>,
}

/// Why something is not known.
#[derive(Serialize, JsonSchema)]
pub(super) struct Gap<'a> {
    /// Which of the closed list.
    kind: model::GapKind,
    /// The collection that could not be read, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "model::Dataset")]
    dataset: Option<model::Dataset>,
    /// What was seen.
    detail: &'a str,
}

fn measures<S: Serializer>(
    measures: &&[(&'static str, f64)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(measures.iter().copied())
}

impl<'a> Gap<'a> {
    pub(super) fn of(gap: &'a model::Gap) -> Self {
        Self { kind: gap.kind, dataset: gap.dataset, detail: &gap.detail }
    }
}

impl<'a> Finding<'a> {
    /// A finding with the points of posture it costs.
    pub(super) fn of(
        finding: &'a model::Finding,
        points: f64,
        datasets: &'a [report::DatasetState],
    ) -> Self {
        let details = finding.outcome.details();
        let (credit, gap, notes): (_, _, &[model::Text]) = match &finding.outcome {
            model::Outcome::Judged { credit, details, .. } => (Some(*credit), None, &details.notes),
            model::Outcome::Info(details) => (None, None, &details.notes),
            model::Outcome::NotApplicable { why } => (None, None, std::slice::from_ref(why)),
            model::Outcome::NotAssessed(gap) => (None, Some(Gap::of(gap)), &[]),
        };
        let evidence = details.map(|it| it.evidence.as_slice()).unwrap_or_default();
        Self {
            check: finding.check,
            subject: Subject::of(&finding.subject),
            severity: finding.severity,
            rule_severity: Some(finding.base).filter(|base| *base != finding.severity),
            outcome: finding.outcome.name(),
            credit,
            points: Some(points).filter(|points| *points > 0.0),
            info: finding.info.then_some(true),
            gap,
            observed: details.map(|it| &*it.observed),
            expected: details.map(|it| &*it.expected),
            notes,
            measures: details.map(|it| it.measures.as_slice()).unwrap_or_default(),
            evidence: evidence.iter().map(|it| Evidence::of(it, datasets)).collect(),
            remediation: finding.remediation.as_deref().map(Remediation::of),
            sources: [Source::of(finding)],
            labels: finding.labels.as_deref(),
            waiver: finding.waiver.as_deref().map(Waiver::of),
            fingerprint: finding.fingerprint,
        }
    }
}

/// Written as it is shown.
fn as_text<S: Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl<'a> Subject<'a> {
    fn of(subject: &'a model::Subject) -> Self {
        Self {
            key: &subject.key,
            kind: subject.kind.name(),
            name: &subject.name,
            tier: subject.tier,
            weight: subject.weight,
        }
    }
}

impl<'a> Evidence<'a> {
    fn of(evidence: &'a model::Evidence, datasets: &'a [report::DatasetState]) -> Self {
        let state = datasets.iter().find(|state| state.dataset == evidence.dataset);
        Self {
            request: state.map(|state| state.request.as_str()).unwrap_or_default(),
            id: &evidence.id,
            field: &evidence.field,
            value: &evidence.value,
        }
    }
}

impl<'a> Remediation<'a> {
    fn of(remediation: &'a model::Remediation) -> Self {
        Self { portal: &remediation.portal, graph: &remediation.graph }
    }
}

impl<'a> Source<'a> {
    fn of(finding: &'a model::Finding) -> Self {
        let rule = &finding.rule;
        let met = matches!(finding.outcome.name(), "pass" | "not-applicable");
        Self {
            id: &rule.source,
            title: &rule.title,
            controls: &rule.controls,
            level: rule.level.as_deref(),
            because: (!met).then_some(&*rule.because),
        }
    }
}

impl<'a> Waiver<'a> {
    fn of(waiver: &'a model::WaiverMark) -> Self {
        Self {
            reason: &waiver.reason,
            owner: &waiver.owner,
            expires: waiver.expires,
            ticket: waiver.ticket.as_deref(),
            approved_by: waiver.approved_by.as_deref(),
        }
    }
}
