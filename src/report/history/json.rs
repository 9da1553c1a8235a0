//! Runs over time as JSON, `pimaudit.trend/1`, one run a line.

use super::{Point, Series, Trend};
use crate::report::json::lay_out;
use jiff::Timestamp;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the shape.
const SCHEMA: &str = "pimaudit.trend/1";
/// Laid out down to the runs of a line: document, series, one of them, points.
const LAID_OUT: usize = 4;

/// Posture and coverage of one tenant over time. It grows by optional members only.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit history trend")]
struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program.
    tool: Tool,
    /// The tenant.
    tenant: Tenant<'a>,
    /// One line over time each.
    series: Vec<Line<'a>>,
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
    /// Tenant name; absent when no run read it.
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// A baseline, or a check or a role under it.
#[derive(Serialize, JsonSchema)]
struct Line<'a> {
    /// Id of the baseline.
    baseline: &'a str,
    /// Id of the check or name of the role; null for the whole baseline.
    of: Option<&'a str>,
    /// One run each, by the time of reading.
    points: Vec<Run<'a>>,
}

/// What one run found.
#[derive(Serialize, JsonSchema)]
struct Run<'a> {
    /// Number of the run.
    run: i64,
    /// When reading began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// The time of judgement, which is that of reading unless another one was asked for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    judged_at: Timestamp,
    /// 0 to 100; null where nothing was scored, and for a role.
    posture: Option<f64>,
    /// The least it can be, if everything that was not read fails.
    low: Option<f64>,
    /// The most it can be, if everything that was not read passes.
    high: Option<f64>,
    /// Percent that could be judged.
    coverage: f64,
    /// The letter with its `?`; null when not graded, and for checks and roles.
    grade: Option<&'a str>,
    /// Digest of the rules of the baseline.
    rules: &'a str,
    /// True where the rules are not those of the run before: the two are not comparable.
    rules_changed: bool,
    /// Digest of the organisation file; null where none was used.
    configuration: Option<&'a str>,
    /// True where the organisation file is not that of the run before: other accounts may be declared
    /// and other failures accepted.
    configuration_changed: bool,
    /// Posture, or for a role open failures, less that of the run before, with one decimal; null
    /// where there is none, where one of the two has no value and where rules changed.
    change: Option<f64>,
    /// Open failures.
    failed: u64,
    /// Met in part.
    partial: u64,
    /// Could not be judged.
    not_assessed: u64,
}

/// Writes the runs. The same ones give the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "pimaudit", version: trend.version },
        tenant: Tenant { id: &trend.tenant, name: &trend.tenant_name },
        series: trend.series.iter().map(line).collect(),
    };
    lay_out(&document, LAID_OUT, out)
}

fn line(series: &Series) -> Line<'_> {
    let measure = series.measure();
    let mut before: Option<&Point> = None;
    let mut points = Vec::with_capacity(series.points.len());
    for point in series.in_time() {
        points.push(Run {
            run: point.run,
            at: point.at,
            judged_at: point.judged_at,
            posture: point.posture,
            low: point.low,
            high: point.high,
            coverage: point.coverage,
            grade: point.grade.as_deref(),
            rules: &point.rules,
            rules_changed: before.is_some_and(|before| before.rules != point.rules),
            configuration: point.configuration.as_deref(),
            configuration_changed: before
                .is_some_and(|before| before.configuration != point.configuration),
            change: before.and_then(|before| point.change_since(before, measure)),
            failed: point.failed,
            partial: point.partial,
            not_assessed: point.not_assessed,
        });
        before = Some(point);
    }
    Line { baseline: &series.baseline, of: series.of.as_deref(), points }
}

/// JSON Schema of the runs.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

#[cfg(test)]
mod tests {
    use super::super::testing::trend;
    use super::*;
    use serde_json::{Value, json};

    fn text(trend: &Trend) -> String {
        let mut out = Vec::new();
        write(trend, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn value(trend: &Trend) -> Value {
        serde_json::from_str(&text(trend)).unwrap()
    }

    #[test]
    fn everything_is_in_it_one_run_a_line() {
        let found = trend("Contoso");
        let json = value(&found);
        assert_eq!(json["schema"], SCHEMA);
        assert_eq!(json["series"].as_array().unwrap().len(), 3);
        assert_eq!(json["series"][0]["of"], Value::Null);
        assert_eq!(json["series"][1]["of"], "activation-without-mfa");
        assert_eq!(
            json["series"][0]["points"][1],
            json!({
                "run": 2, "at": "2026-01-11T09:00:00Z", "judged_at": "2026-01-11T09:00:00Z",
                "posture": 55.0, "low": 40.0, "high": 61.5, "coverage": 78.5, "grade": "F",
                "rules": "sha256:0123456789abcdef", "rules_changed": false, "configuration": null,
                "configuration_changed": false, "change": 5.7, "failed": 12, "partial": 1,
                "not_assessed": 3
            })
        );
        let lines = text(&found);
        assert_eq!(lines.lines().filter(|it| it.contains("\"run\":")).count(), 15);
    }

    #[test]
    fn what_cannot_be_compared_has_no_change() {
        let json = value(&trend("Contoso"));
        let points = json["series"][0]["points"].as_array().unwrap();
        let changes: Vec<&Value> = points.iter().map(|it| &it["change"]).collect();
        let changed: Vec<bool> =
            points.iter().map(|it| it["rules_changed"].as_bool().unwrap()).collect();
        let null = json!(null);
        assert_eq!(changes, [&null, &json!(5.7), &null, &null, &null, &json!(7.5)]);
        assert_eq!(changed, [false, false, false, false, true, false]);
        assert_eq!(points[2]["posture"], null);
        // A role: failures.
        assert_eq!(json["series"][2]["points"][1]["change"], json!(-3.0));
    }

    #[test]
    fn another_organisation_file_is_marked() {
        let mut found = trend("Contoso");
        found.series[0].points[1].configuration = Some("sha256:1".to_owned());
        let json = value(&found);
        let points = json["series"][0]["points"].as_array().unwrap();
        let changed: Vec<bool> =
            points.iter().map(|it| it["configuration_changed"].as_bool().unwrap()).collect();
        assert_eq!(changed, [false, true, true, false, false, false]);
        assert_eq!(points[1]["configuration"], "sha256:1");
        // The score is still one by the same rules.
        assert_eq!(points[1]["change"], json!(5.7));
    }

    #[test]
    fn it_fits_its_schema_and_a_terminal() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut empty = trend("");
        empty.series.clear();
        for found in [trend("ana\u{1b}[2J"), empty] {
            let json = value(&found);
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?}");
            assert!(!text(&found).contains('\u{1b}'));
        }
    }

    #[test]
    fn the_order_of_what_is_given_changes_nothing() {
        let found = trend("Contoso");
        let mut turned = found.clone();
        turned.series[0].points.reverse();
        assert_eq!(text(&found), text(&turned));
    }
}
