//! The shape of the document: metadata, what stands in for the plan, results and back matter.

use super::objective::{Findings, Objective, Risk, objectives, risks};
use super::observation::{Observations, Subjects, collection, tenant};
use super::text::{markup, string, token};
use super::uuid::Uuid;
use super::{NAMESPACE, OSCAL, Run};
use crate::report::model::{DatasetState, Judged, Report, Status};
use crate::report::words;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The whole document.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Document<'a> {
    assessment_results: AssessmentResults<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AssessmentResults<'a> {
    uuid: Uuid,
    metadata: Metadata,
    import_ap: ImportAp,
    results: Results<'a>,
    back_matter: BackMatter,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    title: String,
    last_modified: Timestamp,
    version: String,
    oscal_version: &'static str,
    props: Vec<Prop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Serialize)]
struct ImportAp {
    href: String,
    remarks: &'static str,
}

/// A property in our own namespace.
#[derive(Serialize)]
pub(super) struct Prop {
    pub(super) name: &'static str,
    pub(super) ns: &'static str,
    pub(super) value: String,
}

/// Properties of these names; one without a value is left out, as OSCAL wants it.
pub(super) fn props(list: &[(&'static str, &str)]) -> Vec<Prop> {
    let prop = |(name, value): &(&'static str, &str)| {
        string(value).map(|value| Prop { name, ns: NAMESPACE, value })
    };
    list.iter().filter_map(prop).collect()
}

/// Who says so: this program.
#[derive(Serialize)]
pub(super) struct Origin {
    actors: [Actor; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Actor {
    #[serde(rename = "type")]
    kind: &'static str,
    actor_uuid: Uuid,
}

impl Origin {
    pub(super) fn of(run: Run<'_>) -> Self {
        Self { actors: [Actor { kind: "tool", actor_uuid: tool(run) }] }
    }
}

/// The UUID of this version of the program as a component.
fn tool(run: Run<'_>) -> Uuid {
    run.lasting("tool", run.report.version)
}

#[derive(Serialize)]
struct BackMatter {
    resources: Vec<Resource>,
}

#[derive(Serialize)]
struct Resource {
    uuid: Uuid,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    props: Vec<Prop>,
}

impl<'a> Document<'a> {
    /// The document of a report.
    pub(super) fn of(report: &'a Report) -> Self {
        let mut resources = vec![plan(report)];
        resources.extend(report.baselines.iter().map(|judged| baseline(report, judged)));
        resources.extend(report.collected.datasets.iter().map(|state| read(report, state)));
        Self {
            assessment_results: AssessmentResults {
                uuid: whole(report, "document"),
                metadata: Metadata::of(report),
                import_ap: ImportAp {
                    href: format!("#{}", whole(report, "plan")),
                    remarks: "The baselines of this run stand in for an assessment plan.",
                },
                results: Results(report),
                back_matter: BackMatter { resources },
            },
        }
    }
}

/// Names something there is one of in a report.
fn whole(report: &Report, kind: &str) -> Uuid {
    let (at, now) = (report.collected.at.to_string(), report.now.to_string());
    let mut parts = vec![kind, &*report.tenant, at.as_str(), now.as_str(), report.version];
    for judged in &report.baselines {
        parts.extend([judged.id.as_str(), judged.digest.as_str()]);
    }
    Uuid::of(&parts)
}

impl Metadata {
    fn of(report: &Report) -> Self {
        let collected = &report.collected;
        let title = match &*report.tenant_name {
            "" => format!("Privileged access of tenant {}", report.tenant),
            name => format!("Privileged access of {name}"),
        };
        let configuration = report.configuration.as_ref();
        let not_covered = report.not_covered.join("; ");
        Self {
            title: markup(&title).into_owned(),
            last_modified: report.now,
            version: report.now.to_string(),
            oscal_version: OSCAL,
            props: props(&[
                ("tenant", &*report.tenant),
                ("tenant-name", &*report.tenant_name),
                ("cloud", report.cloud.name()),
                ("collected-at", collected.at.to_string().as_str()),
                ("collected-by", collected.by.as_deref().unwrap_or_default()),
                ("application", collected.application.as_deref().unwrap_or_default()),
                ("sign-in", collected.auth.as_deref().unwrap_or_default()),
                ("permissions", collected.permissions.join(" ").as_str()),
                ("configuration", configuration.map_or("", |it| it.file.as_str())),
                ("configuration-digest", configuration.map_or("", |it| it.digest.as_str())),
            ]),
            remarks: (!not_covered.is_empty())
                .then(|| markup(&format!("No check looks at: {not_covered}.")).into_owned()),
        }
    }
}

fn plan(report: &Report) -> Resource {
    let titles: Vec<&str> = report.baselines.iter().map(|judged| judged.title.as_str()).collect();
    Resource {
        uuid: whole(report, "plan"),
        title: "What was judged by".to_owned(),
        description: markup(&format!(
            "pimaudit {} judged the tenant by: {}.",
            report.version,
            titles.join("; ")
        ))
        .into_owned(),
        props: Vec::new(),
    }
}

fn baseline(report: &Report, judged: &Judged) -> Resource {
    Resource {
        uuid: Run { report, judged }.passing("baseline", &[judged.digest.as_str()]),
        title: markup(&judged.title).into_owned(),
        description: markup(&format!("The baseline {}.", judged.id)).into_owned(),
        props: props(&[("baseline", judged.id.as_str()), ("digest", judged.digest.as_str())]),
    }
}

/// What came of one collection: the request, and whether it was read whole.
fn read(report: &Report, state: &DatasetState) -> Resource {
    let name = state.dataset.name();
    let status = match state.status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Missing => "missing",
    };
    let why = state.gap.as_ref().map_or_else(String::new, |gap| format!("; {gap}"));
    Resource {
        uuid: collection(report, name),
        title: markup(words::title(state.dataset)).into_owned(),
        description: markup(&format!("{}: {status}, {} rows{why}.", state.request, state.rows))
            .into_owned(),
        props: props(&[
            ("collection", name),
            ("status", status),
            ("request", state.request.as_str()),
            ("rows", state.rows.to_string().as_str()),
            ("read-at", state.read_at.map_or_else(String::new, |at| at.to_string()).as_str()),
        ]),
    }
}

/// The results, made while they are written.
struct Results<'a>(&'a Report);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        serializer.collect_seq(report.baselines.iter().map(|judged| OfRun(Run { report, judged })))
    }
}

/// The result of one baseline, made while it is written.
struct OfRun<'a>(Run<'a>);

impl Serialize for OfRun<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let objectives = objectives(self.0.judged);
        OscalResult::of(self.0, &objectives).serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct OscalResult<'a> {
    uuid: Uuid,
    title: String,
    description: String,
    start: Timestamp,
    end: Timestamp,
    props: Vec<Prop>,
    local_definitions: LocalDefinitions<'a>,
    reviewed_controls: ReviewedControls,
    #[serde(skip_serializing_if = "Option::is_none")]
    observations: Option<Observations<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    risks: Vec<Risk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Findings<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

impl<'a> OscalResult<'a> {
    fn of(run: Run<'a>, objectives: &'a [Objective<'a>]) -> Self {
        let (report, judged) = (run.report, run.judged);
        let at = report.collected.at;
        let (start, end) = report.collected.window().unwrap_or((at, at));
        let score = &judged.score;
        let number = |number: Option<f64>| number.map_or_else(String::new, |it| it.to_string());
        let unmatched = judged.unmatched_rules.join("; ");
        Self {
            uuid: run.passing("result", &[judged.digest.as_str()]),
            title: markup(&judged.title).into_owned(),
            description: markup(&score.headline()).into_owned(),
            start,
            end,
            props: props(&[
                ("baseline", judged.id.as_str()),
                ("digest", judged.digest.as_str()),
                ("posture", &*number(score.posture.filter(|_| score.grade.is_some()))),
                ("grade", score.letter().unwrap_or_default().as_str()),
                ("coverage", &*number(Some(score.coverage_percent()))),
                ("lowest", &*number(Some(score.low))),
                ("highest", &*number(Some(score.high))),
            ]),
            local_definitions: LocalDefinitions::of(run),
            reviewed_controls: ReviewedControls::of(objectives),
            observations: (!judged.findings.is_empty()).then_some(Observations(run)),
            risks: risks(run),
            findings: (!objectives.is_empty()).then(|| Findings::of(run, objectives)),
            remarks: (!unmatched.is_empty())
                .then(|| markup(&format!("Rules that matched nothing: {unmatched}.")).into_owned()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LocalDefinitions<'a> {
    components: [Component; 1],
    #[serde(skip_serializing_if = "Subjects::is_empty")]
    inventory_items: Subjects<'a>,
    assessment_assets: AssessmentAssets,
}

#[derive(Serialize)]
struct Component {
    uuid: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    props: Vec<Prop>,
    status: ComponentStatus,
}

#[derive(Serialize)]
struct ComponentStatus {
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AssessmentAssets {
    components: [Component; 1],
    assessment_platforms: [Platform; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Platform {
    uuid: Uuid,
    uses_components: [UsesComponent; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct UsesComponent {
    component_uuid: Uuid,
}

impl<'a> LocalDefinitions<'a> {
    fn of(run: Run<'a>) -> Self {
        let report = run.report;
        let name = match &*report.tenant_name {
            "" => &*report.tenant,
            name => name,
        };
        let tenant = Component {
            uuid: tenant(run),
            kind: "service",
            title: markup(name).into_owned(),
            description: format!("A Microsoft Entra tenant in the {} cloud.", report.cloud),
            props: props(&[("tenant", &*report.tenant)]),
            status: ComponentStatus { state: "operational" },
        };
        let program = Component {
            uuid: tool(run),
            kind: "software",
            title: "pimaudit".to_owned(),
            description: "Reads the tenant and judges it by baselines.".to_owned(),
            props: props(&[("version", report.version)]),
            status: ComponentStatus { state: "operational" },
        };
        let platform = Platform {
            uuid: run.passing("platform", &[]),
            uses_components: [UsesComponent { component_uuid: tool(run) }],
        };
        Self {
            components: [tenant],
            inventory_items: Subjects::of(run),
            assessment_assets: AssessmentAssets {
                components: [program],
                assessment_platforms: [platform],
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ReviewedControls {
    control_selections: Vec<Selection>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Selection {
    description: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include_controls: Vec<Control>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Control {
    control_id: String,
}

impl ReviewedControls {
    fn of(objectives: &[Objective<'_>]) -> Self {
        let selection = |description, checks: bool| {
            let wanted = objectives.iter().filter(|objective| objective.is_check == checks);
            let control = |it: &Objective<'_>| Control { control_id: token(it.name) };
            Selection { description, include_controls: wanted.map(control).collect() }
        };
        let mut selections = vec![
            selection("The controls of the benchmark that the baseline names.", false),
            selection("The checks that no control of a benchmark asks for, by their ids.", true),
        ];
        selections.retain(|selection| !selection.include_controls.is_empty());
        if selections.is_empty() {
            let description = "Nothing was reviewed.";
            selections.push(Selection { description, include_controls: Vec::new() });
        }
        Self { control_selections: selections }
    }
}
