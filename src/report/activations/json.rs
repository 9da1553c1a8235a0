//! Activations as JSON, `pimaudit.activations/1`, one request a line.

use super::{Activations, RequestLine, Window, counts};
use crate::model::Gap;
use crate::report::json::lay_out;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Name and version of the shape.
const SCHEMA: &str = "pimaudit.activations/1";
/// Laid out down to the list of requests: document, requests.
const LAID_OUT: usize = 2;

/// Who activated what. It grows by optional members only.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit activations")]
struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program.
    tool: Tool,
    /// The tenant.
    tenant: Tenant<'a>,
    /// The time that was asked for, and what of it the log covers.
    window: &'a Window,
    /// Why the log does not cover all of it; null where it does.
    not_covered: Option<String>,
    /// The role or group that was asked for; null for all.
    access: Option<&'a str>,
    /// The person who was asked for; null for all.
    person: Option<&'a str>,
    /// How many requests of each outcome there are.
    counts: BTreeMap<&'static str, usize>,
    /// Why requests, or the ways they went, may be missing.
    gaps: &'a [Gap],
    /// Lines about roles of Azure resources, which are left out.
    azure_lines: usize,
    /// The requests, the latest first.
    requests: &'a [RequestLine],
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
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// Writes the requests. The same ones give the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(found: &Activations, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "pimaudit", version: found.version },
        tenant: Tenant { id: &found.tenant, name: &found.tenant_name },
        window: &found.window,
        not_covered: found.window.shortness(),
        access: found.access.as_deref(),
        person: found.person.as_deref(),
        counts: counts(&found.lines).into_iter().collect(),
        gaps: &found.gaps,
        azure_lines: found.azure_lines,
        requests: &found.lines,
    };
    lay_out(&document, LAID_OUT, out)
}

/// JSON Schema of the requests.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{activations, line};
    use super::*;
    use crate::model::{Dataset, GapKind};
    use serde_json::{Value, json};

    fn text(found: &Activations) -> String {
        let mut out = Vec::new();
        write(found, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_request_is_a_line_with_all_that_is_known() {
        let text = text(&activations(vec![line("ana"), line("ben")]));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], SCHEMA);
        assert_eq!(value["counts"], json!({ "completed": 2 }));
        assert_eq!((&value["not_covered"], &value["access"]), (&Value::Null, &Value::Null));
        let request = &value["requests"][0];
        assert_eq!(request["approvers"][0]["who"], "eve@contoso.example");
        assert_eq!(request["minutes"], 240);
        assert_eq!(request["correlations"], json!(["c-1", "c-2"]));
        assert!(request.get("break_glass").is_none() && request.get("refusal").is_none());
        assert_eq!(text.lines().filter(|line| line.contains("\"who_id\":\"id-")).count(), 2);
    }

    #[test]
    fn it_fits_its_schema_and_a_terminal() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut strange = line("ana\u{1b}[2J");
        (strange.break_glass, strange.joined_by_order) = (true, true);
        (strange.requested, strange.started, strange.until) = (None, None, None);
        (strange.ended, strange.end, strange.minutes) = (None, None, None);
        (strange.asked_before, strange.ended_by) = (true, Some("eve\u{1b}[2J".to_owned()));
        let mut found = activations(vec![strange, line("ben")]);
        found.gaps =
            vec![Gap::of(Dataset::DirectoryAudits, GapKind::Incomplete, "page 2 did not come")];
        (found.window.oldest, found.window.covered_from) = (None, None);
        for found in [activations(Vec::new()), found] {
            let text = text(&found);
            let value: Value = serde_json::from_str(&text).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?}");
            assert!(!text.contains('\u{1b}'));
        }
    }
}
