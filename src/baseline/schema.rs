//! JSON Schemas of the two files, for editors. Generated from `format`; the copies that are shipped are
//! kept current by a test.

use super::format::{BaselineFile, OrganisationDocument};
use serde_json::Value;

/// The schema of a baseline, shipped as `baselines/schema.json`.
pub fn baseline_schema() -> Value {
    schemars::schema_for!(BaselineFile).to_value()
}

/// The schema of the organisation file, shipped as `docs/pimaudit-yaml.schema.json`.
pub fn organisation_schema() -> Value {
    schemars::schema_for!(OrganisationDocument).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{builtin, yaml};

    /// With this variable set the test writes the files instead of comparing them.
    const UPDATE: &str = "PIMAUDIT_UPDATE";

    fn json_of(text: &str) -> Value {
        serde_saphyr::from_str_with_options(text, yaml::options()).unwrap()
    }

    #[test]
    fn the_shipped_schemas_are_current() {
        for (file, schema) in [
            ("baselines/schema.json", baseline_schema()),
            ("docs/pimaudit-yaml.schema.json", organisation_schema()),
        ] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            if std::env::var_os(UPDATE).is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let shipped = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
            assert!(shipped == text, "{file} is out of date: run the tests once with {UPDATE}=1");
        }
    }

    #[test]
    fn the_built_in_baselines_follow_the_schema() {
        let validator = jsonschema::validator_for(&baseline_schema()).unwrap();
        for name in builtin::names() {
            let json = json_of(builtin::text(name).unwrap());
            let faults: Vec<String> =
                validator.iter_errors(&json).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
    }

    #[test]
    fn the_schemas_refuse_what_the_reader_refuses() {
        let rule = "check: missing-licence, severity: low, source: s, because: so";
        let head = "format: 1, id: own, sources: { s: { title: S } }";
        let baseline = |rule: &str| format!("{{ {head}, rules: [{{ {rule} }}] }}");
        let validator = jsonschema::validator_for(&baseline_schema()).unwrap();
        for (text, expected) in [
            (baseline(rule), true),
            (baseline(&format!("{rule}, on: all, expect: required")), true),
            (baseline(&format!("{rule}, on: {{ role: GA }}")), true),
            (baseline(&format!("{rule}, expect: {{ at_most: PT8H }}")), true),
            (baseline(&format!("{rule}, on: some")), false),
            (baseline(&format!("{rule}, on: {{ role: GA, tier: high }}")), false),
            (baseline(&format!("{rule}, expect: {{ at_most: 8h }}")), false),
            (baseline(&format!("{rule}, expect: {{ pass: [1] }}")), false),
            (baseline(&format!("{rule}, info: 1")), false),
            (baseline(&format!("{rule}, other: 1")), false),
            (baseline(&rule.replace("missing-licence", "missing")), false),
            (baseline(&rule.replace("low", "lowest")), false),
            (baseline(&rule.replace("because: so", "because: [so]")), false),
            (baseline(&rule.replace(", because: so", "")), false),
            ("{ format: 2, id: own, rules: [] }".to_owned(), false),
            ("{ format: 1, id: Own, rules: [] }".to_owned(), false),
        ] {
            assert_eq!(validator.is_valid(&json_of(&text)), expected, "{text}");
        }
        let validator = jsonschema::validator_for(&organisation_schema()).unwrap();
        for (text, expected) in [
            ("{ format: 1 }", true),
            ("{ format: 1, break_glass: [bg1@contoso.example], baseline: recommended }", true),
            ("{ format: 1, roles: { raise_tier: { Global Reader: high } } }", true),
            ("{ format: 1, waivers: [{ check: a, subject: b, expires: 2027-02-01 }] }", true),
            ("{ format: 1, break_glas: [] }", false),
            ("{ format: 1, break_glass: bg1@contoso.example }", false),
            ("{ format: 1, roles: { raise_tier: { Global Reader: hgh } } }", false),
            ("{ format: 1, waivers: [{ check: a }] }", false),
            ("{}", false),
        ] {
            assert_eq!(validator.is_valid(&json_of(text)), expected, "{text}");
        }
    }
}
