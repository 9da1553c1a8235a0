//! Labels: which controls of wider frameworks a check speaks to. They judge nothing.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const FILE: &str = include_str!("../../baselines/controls.yaml");

/// A framework whose controls findings can be labelled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// NIST SP 800-53.
    Nist,
    /// ISO/IEC 27001, annex A.
    Iso,
    /// Microsoft cloud security benchmark.
    Mcsb,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    format: u32,
    sources: BTreeMap<String, SourceEntry>,
    #[serde(rename = "nist-800-53")]
    nist: ByCheck,
    #[serde(rename = "iso-27001")]
    iso: ByCheck,
    mcsb: ByCheck,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    title: String,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file"))]
    date: Option<String>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file"))]
    url: Option<String>,
}

type ByCheck = BTreeMap<String, Vec<String>>;

impl Framework {
    /// Name on the command line and in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nist => "nist-800-53",
            Self::Iso => "iso-27001",
            Self::Mcsb => "mcsb",
        }
    }
}

/// The controls of a framework, by check.
///
/// # Errors
/// Only when the file that is part of the program cannot be read, which a test excludes.
pub fn labels(framework: Framework) -> Result<BTreeMap<String, Arc<[String]>>, String> {
    let file = read()?;
    let by_check = match framework {
        Framework::Nist => file.nist,
        Framework::Iso => file.iso,
        Framework::Mcsb => file.mcsb,
    };
    Ok(by_check.into_iter().map(|(check, controls)| (check, controls.into())).collect())
}

fn read() -> Result<File, String> {
    let file: File = serde_saphyr::from_str_with_options(FILE, super::yaml::options())
        .map_err(|error| format!("controls.yaml: {error}"))?;
    let named = |name: &str| file.sources.get(name).is_some_and(|it| !it.title.is_empty());
    let all = [Framework::Nist, Framework::Iso, Framework::Mcsb];
    if file.format != 1 || !all.iter().all(|framework| named(framework.name())) {
        return Err("controls.yaml: a framework has no source".to_owned());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    #[test]
    fn every_label_is_of_a_check_and_names_a_control() {
        for framework in [Framework::Nist, Framework::Iso, Framework::Mcsb] {
            let labels = labels(framework).unwrap();
            assert!(labels.len() > 10, "{}", framework.name());
            for (check, controls) in &labels {
                assert!(checks::by_id(check).is_some(), "{}: {check}", framework.name());
                assert!(!controls.is_empty(), "{}: {check}", framework.name());
            }
        }
    }

    #[test]
    fn sources_say_where_they_can_be_read() {
        for (name, source) in read().unwrap().sources {
            assert!(source.url.is_some_and(|url| url.starts_with("https://")), "{name}");
            assert!(source.date.is_none_or(|date| date.starts_with("20")), "{name}");
        }
    }
}
