//! The differences as JSON, `pimaudit.diff/1`, one entry a line.

use super::{
    ActivationLine, ChangeLine, Compared, DiffReport, LogReading, Reading, UnreadableLine,
};
use crate::report::json::lay_out;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the shape.
const SCHEMA: &str = "pimaudit.diff/1";
/// Laid out down to the lists of a baseline: document, baselines, baseline, list.
const LAID_OUT: usize = 4;

/// What changed between two snapshots of one tenant. It grows by optional members only.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit diff")]
struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The program.
    tool: Tool,
    /// The tenant.
    tenant: Tenant<'a>,
    /// How the older one was read.
    old: &'a Reading,
    /// How the newer one was read.
    new: &'a Reading,
    /// The organisation file; null without one.
    configuration: Option<File<'a>>,
    /// Each baseline by itself.
    baselines: &'a [Compared],
    /// What changed.
    changes: &'a [ChangeLine],
    /// Whether the audit log tells who made the changes.
    log: &'a LogReading,
    /// Changes without a line in a log that covers the time they were made in.
    unattributed: usize,
    /// Activations that started or ended: no change of posture.
    activations: &'a [ActivationLine],
    /// What could not be compared, because it was not read in one of the two or in both.
    unreadable: &'a [UnreadableLine],
    /// What this version never compares.
    not_compared: &'a [&'static str],
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

/// The organisation file.
#[derive(Serialize, JsonSchema)]
struct File<'a> {
    /// Its name as given.
    file: &'a str,
    /// `sha256:` of its bytes.
    digest: &'a str,
}

/// Writes the differences. The same ones give the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(diff: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    let configuration = diff.configuration.as_ref();
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: "pimaudit", version: diff.version },
        tenant: Tenant { id: &diff.tenant, name: &diff.tenant_name },
        old: &diff.old,
        new: &diff.new,
        configuration: configuration.map(|it| File { file: &it.file, digest: &it.digest }),
        baselines: &diff.baselines,
        changes: &diff.changes,
        log: &diff.log,
        unattributed: diff.unattributed(),
        activations: &diff.activations,
        unreadable: &diff.unreadable,
        not_compared: &diff.not_compared,
    };
    lay_out(&document, LAID_OUT, out)
}

/// JSON Schema of the differences.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{empty, full};
    use super::*;
    use serde_json::{Value, json};

    fn value(diff: &DiffReport) -> Value {
        let mut out = Vec::new();
        write(diff, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn everything_is_in_it() {
        let json = value(&full("ana\u{1b}[2J"));
        assert_eq!(json["schema"], SCHEMA);
        let change = &json["changes"][0];
        assert_eq!(change["direction"], "weaker");
        assert_eq!(change["who"]["status"], "by");
        let line = &change["who"]["lines"][0];
        assert_eq!((&line["correlation"], &line["ticket"]), (&json!("c-1"), &json!("INC-1")));
        assert_eq!(json["log"]["status"], "read");
        assert_eq!(json["unattributed"], 0);
        let baseline = &json["baselines"][0];
        assert_eq!(baseline["split"]["common"], -4.8);
        assert_eq!(baseline["regressions"][0]["before"]["outcome"], "pass");
        assert_eq!(baseline["regressions"][0]["worse"], true);
        assert!(baseline["fixes"][0].get("worse").is_none());
        assert!(baseline["new_subjects"][0].get("before").is_none());
        assert_eq!(json["activations"][0]["started"], true);
        assert_eq!(json["unreadable"][0]["new"]["kind"], "permission-denied");
        assert_eq!(json["configuration"], Value::Null);
    }

    #[test]
    fn it_fits_its_schema_and_a_terminal() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for diff in [empty(), full("ana\u{1b}[2J")] {
            let json = value(&diff);
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?}");
            let mut out = Vec::new();
            write(&diff, &mut out).unwrap();
            assert!(!out.contains(&0x1b));
        }
    }
}
