//! The answer as JSON, `pimaudit.verify/1`, one change a line.

use super::Verify;
use crate::report::json::lay_out;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the shape.
const SCHEMA: &str = "pimaudit.verify/1";
/// It is laid out down to the list of changes.
const LAID_OUT: usize = 3;

/// Whether planned changes arrived in the tenant. It grows by optional members only.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pimaudit verify")]
struct Document<'a> {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The answer.
    verify: &'a Verify,
}

/// Writes the answer. The same one gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(verify: &Verify, out: &mut dyn Write) -> io::Result<()> {
    lay_out(&Document { schema: SCHEMA, verify }, LAID_OUT, out)
}

/// JSON Schema of the answer.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

#[cfg(test)]
mod tests {
    use super::super::testing::verify;
    use super::*;

    #[test]
    fn json_fits_its_schema_and_a_terminal() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for name in ["Contoso", "ana\u{1b}[2J"] {
            let mut out = Vec::new();
            write(&verify(name), &mut out).unwrap();
            let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?}");
            assert!(!out.contains(&0x1b));
            assert_eq!(json["schema"], SCHEMA);
            let change = &json["verify"]["changes"][0];
            assert_eq!(change["line"], 3);
            assert_eq!(change["word"], "partly done");
            assert_eq!(change["parts"][1]["word"], "not done");
            assert_eq!(json["verify"]["counts"]["cannot_be_told"], 1);
            // One change a line.
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().filter(|line| line.contains("\"pointer\"")).count(), 2);
        }
    }
}
