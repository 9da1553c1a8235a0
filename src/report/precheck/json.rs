//! The answer as JSON, `pimaudit.precheck/1`, one change and one finding a line.

use super::Precheck;
use crate::report::json::lay_out;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the shape.
const SCHEMA: &str = "pimaudit.precheck/1";
/// It is laid out down to the lists of changes and of findings.
const LAID_OUT: usize = 4;

/// What planned changes would do. It grows by optional members only.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit precheck")]
struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The answer.
    precheck: &'a Precheck,
}

/// Writes the answer. The same one gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    lay_out(&Document { schema: SCHEMA, precheck }, LAID_OUT, out)
}

/// JSON Schema of the answer.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{precheck, unknown_change};
    use super::*;

    #[test]
    fn json_names_its_schema_and_every_change() {
        let mut out = Vec::new();
        write(&precheck("Contoso"), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        let change = &json["precheck"]["changes"][0];
        assert_eq!(change["line"], 3);
        assert_eq!(change["stated"][0]["word"], "meets");
        let baseline = &json["precheck"]["baselines"][0];
        assert_eq!(baseline["together"], 0.0);
        assert_eq!(baseline["findings"][0]["new_failure"], true);
        assert_eq!(baseline["findings"][0]["changes"][0], 0);
        // What is said once of a check is for the formats that show it.
        assert!(json["precheck"].get("checks").is_none());
    }

    #[test]
    fn it_fits_its_schema_and_a_terminal() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut full = precheck("ana\u{1b}[2J");
        full.changes.push(unknown_change());
        full.baselines[0].together = None;
        for answer in [precheck("Contoso"), full] {
            let mut out = Vec::new();
            write(&answer, &mut out).unwrap();
            let json = serde_json::from_slice(&out).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?}");
            assert!(!out.contains(&0x1b));
        }
    }
}
