//! The frozen shape of the JSON report, `pimaudit.report/1`.
//!
//! It grows by optional fields only. Everything is borrowed and made one by one while it is written,
//! so that a hundred thousand findings need no memory of their own.

use super::finding::{Finding, Gap};
use crate::model;
use crate::report::model as report;
use crate::score;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Name and version of the shape.
pub(super) const SCHEMA: &str = "pimaudit.report/1";
/// What stands in the document in place of the findings of a baseline.
pub(super) const NO_FINDINGS: &[u8] = b"\"findings\": []";

/// Report of one run: whose data, how it was read, and each baseline's judgement.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit report")]
pub(super) struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program.
    tool: Tool,
    /// The tenant.
    tenant: Tenant<'a>,
    /// How the data came.
    collected: Collected<'a>,
    /// The time of judgement.
    #[schemars(with = "String", extend("format" = "date-time"))]
    now: Timestamp,
    /// The organisation file; null without one.
    configuration: Option<Configuration<'a>>,
    /// Each baseline judged by itself.
    #[serde(serialize_with = "baselines")]
    #[schemars(with = "Vec<Baseline<'a>>")]
    baselines: &'a report::Report,
    /// The checks of the judged rules, each said once.
    checks: Vec<CheckText<'a>>,
    /// What no check of this version looks at.
    not_covered: &'a [&'static str],
    /// Who holds what; absent unless a format of the run shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Inventory<'a>")]
    inventory: Option<Inventory<'a>>,
}

/// Who holds what.
#[derive(Serialize, JsonSchema)]
struct Inventory<'a> {
    /// Why lines may be missing.
    gaps: Vec<Gap<'a>>,
    /// One line a grant and path.
    #[schemars(with = "Vec<std::collections::BTreeMap<String, serde_json::Value>>")]
    lines: &'a [report::InventoryLine],
}

/// A check of the judged rules.
#[derive(Serialize, JsonSchema)]
struct CheckText<'a> {
    /// Its id.
    id: &'a str,
    /// The bad state in a few words.
    title: &'a str,
    /// What it looks at and decides.
    what: &'a str,
    /// Why the bad state is bad.
    why: &'a str,
    /// The collections it reads.
    #[schemars(with = "Vec<model::Dataset>")]
    reads: &'a [model::Dataset],
    /// Documents and controls that ask for it.
    references: &'a [String],
}

/// The program.
#[derive(Serialize, JsonSchema)]
struct Tool {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// The tenant.
#[derive(Serialize, JsonSchema)]
struct Tenant<'a> {
    /// Tenant id.
    id: &'a str,
    /// Tenant name; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    name: Option<&'a str>,
    /// The cloud.
    cloud: model::Cloud,
}

/// How the data came.
#[derive(Serialize, JsonSchema)]
struct Collected<'a> {
    /// When reading began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// Who read: sign-in name or application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    by: Option<&'a str>,
    /// Id of the application that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    application: Option<&'a str>,
    /// The way of sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    auth: Option<&'a str>,
    /// Permissions the token had; absent where that is not known.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    permissions: &'a [String],
    /// Every collection, those that were not asked for too.
    datasets: Vec<DatasetState<'a>>,
}

/// What came of one collection.
#[derive(Serialize, JsonSchema)]
struct DatasetState<'a> {
    /// Which one.
    dataset: model::Dataset,
    /// How much was read.
    #[schemars(with = "String", extend("enum" = ["complete", "partial", "missing"]))]
    status: report::Status,
    /// Why it is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DatasetGap<'a>")]
    gap: Option<DatasetGap<'a>>,
    /// Rows read.
    rows: usize,
    /// The request, path and query.
    request: &'a str,
    /// When it was read; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    read_at: Option<Timestamp>,
    /// True when the operator declined it; absent otherwise.
    #[serde(skip_serializing_if = "is_false")]
    #[schemars(with = "bool")]
    declined: bool,
}

/// Nothing is written where there is nothing to count.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Nothing is written where nothing is special.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Why a collection is not complete.
#[derive(Serialize, JsonSchema)]
struct DatasetGap<'a> {
    /// Which of the closed list.
    kind: model::GapKind,
    /// What was seen.
    detail: &'a str,
}

/// The organisation file.
#[derive(Serialize, JsonSchema)]
struct Configuration<'a> {
    /// Its name as given.
    file: &'a str,
    /// Digest of its bytes.
    digest: &'a str,
}

/// One baseline's judgement.
#[derive(Serialize, JsonSchema)]
struct Baseline<'a> {
    /// Its id.
    id: &'a str,
    /// Its title.
    title: &'a str,
    /// Digest of its rules.
    digest: &'a str,
    /// The score of the findings.
    score: Score<'a>,
    /// Who can become Global Administrator.
    global_administrators: Reach<'a>,
    /// One finding a rule and subject, sorted by check and subject key.
    #[schemars(with = "Vec<Finding<'a>>")]
    findings: WrittenApart,
    /// Accounts that look like undeclared break-glass accounts.
    break_glass_candidates: Vec<Candidate<'a>>,
    /// Posture if these candidates were declared; absent without candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    posture_with_break_glass: Option<f64>,
    /// Rules that matched no subject although their lists are complete.
    unmatched_rules: &'a [String],
    /// The controls of a benchmark that its rules name; absent where they name none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    controls: Vec<Control<'a>>,
}

/// A control of a benchmark, and the checks that speak to it.
#[derive(Serialize, JsonSchema)]
struct Control<'a> {
    /// Its id.
    id: &'a str,
    /// How firmly, in the benchmark's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    level: Option<&'a str>,
    /// Ids of the checks.
    checks: &'a [&'static str],
}

/// How much of the baseline is met.
#[derive(Serialize, JsonSchema)]
struct Score<'a> {
    /// 0 to 100, higher is better, one decimal; absent when not graded: then `low` and `high` are all
    /// that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    posture: Option<f64>,
    /// 100 minus posture; absent when not graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    drift: Option<f64>,
    /// The letter, with all caps; absent when not graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["A", "B", "C", "D", "F"]))]
    grade: Option<score::Grade>,
    /// The letter without the caps; absent when not graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["A", "B", "C", "D", "F"]))]
    grade_uncapped: Option<score::Grade>,
    /// Too much, or something critical, could not be judged.
    uncertain: bool,
    /// Every bound on the grade that holds, the lowest first.
    caps: Vec<Cap<'a>>,
    /// Share that could be judged, 0 to 1.
    coverage: f64,
    /// Posture if everything unread failed.
    low: f64,
    /// Posture if everything unread passed.
    high: f64,
    /// Share that is waived, 0 to 1.
    waived: f64,
    /// What each check on each kind of subject weighs and costs.
    checks: Vec<CheckScore<'a>>,
}

/// What one check on one kind of subject weighs and costs; see `docs/score.md`.
#[derive(Serialize, JsonSchema)]
struct CheckScore<'a> {
    /// Id of the check.
    check: &'a str,
    /// Kind of subject.
    kind: &'a str,
    /// W: weight of its severity times that of its weightiest subject.
    weight: f64,
    /// E: what is left of the weight without the waived subjects.
    effective: f64,
    /// Share of E that could not be judged, 0 to 1.
    unread: f64,
    /// Points of posture it costs.
    cost: f64,
}

/// One bound on the grade.
#[derive(Serialize, JsonSchema)]
struct Cap<'a> {
    /// Why.
    #[schemars(with = "String")]
    kind: score::CapKind,
    /// The best grade it leaves; absent when it leaves none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["A", "B", "C", "D", "F"]))]
    at_most: Option<score::Grade>,
    /// Why in words.
    reason: &'a str,
}

/// Who can become Global Administrator, by sign-in name.
#[derive(Serialize, JsonSchema)]
struct Reach<'a> {
    /// People, over every way.
    people: usize,
    /// Why there may be more; empty when the number is exact.
    at_least_because: Vec<Gap<'a>>,
    /// Hold it all the time.
    #[schemars(with = "Vec<String>")]
    standing: &'a [std::sync::Arc<str>],
    /// Hold it now; whether all the time or out of an eligibility was not read. Absent when nobody.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    type_not_read: &'a [std::sync::Arc<str>],
    /// Hold it now, out of an eligibility.
    #[schemars(with = "Vec<String>")]
    activated: &'a [std::sync::Arc<str>],
    /// Can activate it.
    #[schemars(with = "Vec<String>")]
    eligible: &'a [std::sync::Arc<str>],
    /// Hold it through a group; also in one of the lists above.
    #[schemars(with = "Vec<String>")]
    through_groups: &'a [std::sync::Arc<str>],
    /// Service principals that hold it.
    #[schemars(with = "Vec<String>")]
    services: &'a [std::sync::Arc<str>],
    /// What an activation asks for, in words; absent when it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    gate: Option<&'a str>,
    /// Why the gate is not known; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Gap<'a>")]
    gate_gap: Option<Gap<'a>>,
    /// People who do not hold it and can take it, as owners of a group or an application.
    #[schemars(with = "Vec<String>")]
    possible: &'a [std::sync::Arc<str>],
    /// Service principals that do not hold it and can take it, by a permission or as owners.
    #[schemars(with = "Vec<String>")]
    possible_services: &'a [std::sync::Arc<str>],
    /// Holders that are deleted, foreign or could not be read.
    unresolved: usize,
    /// Holders that are switched off; they are in no other number or list. Absent when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    disabled: usize,
    /// The weakest way, without declared break-glass accounts; null when no way is known.
    weakest_way: Option<WeakestWay<'a>>,
    /// Why there may be further ways, and weaker ones; empty when every way is known with its gate.
    more_ways_because: Vec<Gap<'a>>,
    /// The ways to the role, weakest first; 200 at most.
    ways: Vec<Way<'a>>,
    /// How many known ways there are beyond these.
    further_ways: usize,
}

/// One way to a role.
#[derive(Serialize, JsonSchema)]
struct Way<'a> {
    /// Sign-in name of the principal.
    principal: &'a str,
    /// user, guest, service principal, managed identity, ...
    kind: &'a str,
    /// How it is held.
    #[schemars(extend("enum" = ["standing", "type not read", "activated", "eligible", "possible"]))]
    state: &'a str,
    /// The strongest thing asked for on it; null when not read.
    strength: Option<&'a str>,
    /// The same as a number, 0 to 5; 0 too when not read.
    rank: u8,
    /// Everything asked for on it, in words.
    gate: &'a str,
    /// The groups and applications passed, the one next to the principal first.
    through: &'a [String],
    /// The whole way in words.
    words: &'a str,
    /// True for a declared break-glass account; absent otherwise.
    #[serde(skip_serializing_if = "is_false")]
    #[schemars(with = "bool")]
    break_glass: bool,
    /// True for an account that is switched off; absent otherwise.
    #[serde(skip_serializing_if = "is_false")]
    #[schemars(with = "bool")]
    disabled: bool,
    /// Why nobody can go the way as it is; absent for an open one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    closed: Option<&'a str>,
}

/// The weakest way to a role.
#[derive(Serialize, JsonSchema)]
struct WeakestWay<'a> {
    /// Whose way it is.
    principal: &'a str,
    /// The way, each hop and gate spelled out.
    way: &'a str,
    /// Everything asked for on it, in words.
    gate: &'a str,
    /// The strongest thing asked for on it.
    strength: &'static str,
    /// True where the role is held all the time by it, and nothing is asked for.
    standing: bool,
}

/// An account that looks like a break-glass account.
#[derive(Serialize, JsonSchema)]
struct Candidate<'a> {
    /// Its object id.
    id: String,
    /// Its sign-in name.
    name: &'a str,
    /// Why it looks like one.
    reason: &'a str,
}

/// The place of the findings, which are written apart.
#[derive(Serialize)]
struct WrittenApart([(); 0]);

fn baselines<S: Serializer>(report: &&report::Report, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(report.baselines.iter().map(Baseline::of))
}

impl<'a> Document<'a> {
    /// The document of a report.
    pub(super) fn of(report: &'a report::Report) -> Self {
        let name = Some(&*report.tenant_name).filter(|name| !name.is_empty());
        Self {
            schema: SCHEMA,
            tool: Tool { name: "pimaudit", version: report.version },
            tenant: Tenant { id: &report.tenant, name, cloud: report.cloud },
            collected: Collected::of(&report.collected),
            now: report.now,
            configuration: report
                .configuration
                .as_ref()
                .map(|it| Configuration { file: &it.file, digest: &it.digest }),
            baselines: report,
            checks: report.checks.iter().map(CheckText::of).collect(),
            not_covered: &report.not_covered,
            inventory: report.inventory.as_ref().map(|it| Inventory {
                gaps: it.gaps.iter().map(Gap::of).collect(),
                lines: &it.lines,
            }),
        }
    }
}

impl<'a> CheckText<'a> {
    fn of(check: &'a report::CheckText) -> Self {
        Self {
            id: check.id,
            title: check.title,
            what: &check.what,
            why: &check.why,
            reads: &check.reads,
            references: &check.references,
        }
    }
}

impl<'a> Way<'a> {
    fn of(way: &'a report::ReachWay) -> Self {
        Self {
            principal: &way.principal,
            kind: way.kind,
            state: way.state,
            strength: way.strength,
            rank: way.rank,
            gate: &way.gate,
            through: &way.through,
            words: &way.words,
            break_glass: way.break_glass,
            disabled: way.disabled,
            closed: way.closed,
        }
    }
}

impl<'a> Collected<'a> {
    fn of(collected: &'a report::Collection) -> Self {
        Self {
            at: collected.at,
            by: collected.by.as_deref(),
            application: collected.application.as_deref(),
            auth: collected.auth.as_deref(),
            permissions: &collected.permissions,
            datasets: collected.datasets.iter().map(DatasetState::of).collect(),
        }
    }
}

impl<'a> DatasetState<'a> {
    fn of(state: &'a report::DatasetState) -> Self {
        let gap = |gap: &'a model::Gap| DatasetGap { kind: gap.kind, detail: &gap.detail };
        Self {
            dataset: state.dataset,
            status: state.status,
            gap: state.gap.as_ref().map(gap),
            rows: state.rows,
            request: &state.request,
            read_at: state.read_at,
            declined: state.declined,
        }
    }
}

impl<'a> Baseline<'a> {
    fn of(judged: &'a report::Judged) -> Self {
        Self {
            id: &judged.id,
            title: &judged.title,
            digest: &judged.digest,
            score: Score::of(&judged.score),
            global_administrators: Reach::of(&judged.global_administrators),
            findings: WrittenApart([]),
            break_glass_candidates: judged
                .break_glass
                .iter()
                .map(|it| Candidate {
                    id: it.principal.to_string(),
                    name: &it.name,
                    reason: &it.reason,
                })
                .collect(),
            posture_with_break_glass: judged.posture_with_break_glass,
            unmatched_rules: &judged.unmatched_rules,
            controls: judged
                .controls
                .iter()
                .map(|it| Control {
                    id: &it.control,
                    level: it.level.as_deref(),
                    checks: &it.checks,
                })
                .collect(),
        }
    }
}

impl<'a> Score<'a> {
    fn of(score: &'a score::Score) -> Self {
        let cap =
            |cap: &'a score::Cap| Cap { kind: cap.kind, at_most: cap.at_most, reason: &cap.reason };
        Self {
            posture: score.posture.filter(|_| score.grade.is_some()),
            drift: score.drift.filter(|_| score.grade.is_some()),
            grade: score.grade,
            grade_uncapped: score.grade_uncapped,
            uncertain: score.uncertain,
            caps: score.caps.iter().map(cap).collect(),
            coverage: score.coverage,
            low: score.low,
            high: score.high,
            waived: score.waived,
            checks: score
                .checks
                .iter()
                .map(|it| CheckScore {
                    check: it.check,
                    kind: it.kind,
                    weight: it.weight,
                    effective: it.effective,
                    unread: it.unread,
                    cost: it.cost,
                })
                .collect(),
        }
    }
}

impl<'a> Reach<'a> {
    fn of(reach: &'a report::Reach) -> Self {
        let gate = reach.gate.as_ref();
        Self {
            people: reach.people,
            ways: reach.ways.iter().map(Way::of).collect(),
            further_ways: reach.further_ways,
            at_least_because: reach.at_least_because.iter().map(Gap::of).collect(),
            more_ways_because: reach.more_ways_because.iter().map(Gap::of).collect(),
            standing: &reach.standing,
            type_not_read: &reach.type_not_read,
            activated: &reach.activated,
            eligible: &reach.eligible,
            through_groups: &reach.through_groups,
            services: &reach.services,
            gate: gate.ok().map(String::as_str),
            gate_gap: gate.err().map(Gap::of),
            possible: &reach.possible,
            possible_services: &reach.possible_services,
            unresolved: reach.unresolved,
            disabled: reach.disabled,
            weakest_way: reach.weakest.as_ref().map(|weakest| WeakestWay {
                principal: &weakest.principal,
                way: &weakest.way,
                gate: &weakest.gate,
                strength: weakest.strength,
                standing: weakest.standing,
            }),
        }
    }
}
