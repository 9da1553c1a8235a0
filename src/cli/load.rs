//! Loads what a command works on: baselines, the organisation file, the snapshot.

use super::arguments::{ConnectionOptions, Loudness, SourceOptions};
use super::connect::{self, Live};
use super::exit::{Failure, nearest};
use crate::baseline::{self, Baseline, builtin, organisation};
use crate::model::{Dataset, Organisation};
use crate::report::model::Configuration;
use crate::snapshot::{self, Snapshot};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The bundled sample tenant, as collected from the fixtures by a test.
pub(super) const SAMPLE: &[u8] = include_bytes!("sample.json.gz");
const SAMPLE_NAME: &str = "the sample tenant";
const DEFAULT_BASELINE: &str = "recommended";
const DEFAULT_CONFIGURATION: &str = "pimaudit.yaml";

/// The organisation file as a command uses it.
#[derive(Default)]
pub(super) struct Configured {
    /// What it says, or nothing.
    pub(super) organisation: Organisation,
    /// Its name and digest, for the report.
    pub(super) configuration: Option<Configuration>,
    /// The tenant it is for.
    pub(super) tenant: Option<String>,
    /// The baseline it chooses, relative to its folder where it is a file.
    pub(super) baseline: Option<String>,
    folder: PathBuf,
}

/// Reads the organisation file: the one given, else `./pimaudit.yaml` when it is there.
pub(super) fn configuration(given: Option<&Path>) -> Result<Configured, Failure> {
    let path = match given {
        Some(path) => path,
        None if Path::new(DEFAULT_CONFIGURATION).is_file() => Path::new(DEFAULT_CONFIGURATION),
        None => return Ok(Configured::default()),
    };
    let text = text_file(path)?;
    let name = path.display().to_string();
    let file = organisation::load(&text, &name)?;
    Ok(Configured {
        organisation: file.organisation,
        configuration: Some(Configuration {
            file: name,
            digest: baseline::digest_of(text.as_bytes()),
        }),
        tenant: file.tenant,
        baseline: file.baseline,
        folder: path.parent().map(Path::to_path_buf).unwrap_or_default(),
    })
}

fn text_file(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    // Checked here because a file that is no text has no line to point at.
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))
}

/// The baselines asked for, else the one of the organisation file, else the default.
pub(super) fn baselines(
    names: &[String],
    configured: Option<&Configured>,
) -> Result<Vec<Baseline>, Failure> {
    if !names.is_empty() {
        return names.iter().map(|name| one_baseline(name, Path::new(""))).collect();
    }
    match configured.and_then(|it| Some((it.baseline.as_deref()?, &it.folder))) {
        Some((name, folder)) => Ok(vec![one_baseline(name, folder)?]),
        None => Ok(vec![one_baseline(DEFAULT_BASELINE, Path::new(""))?]),
    }
}

fn is_file_name(name: &str) -> bool {
    name.contains(['/', '\\']) || name.ends_with(".yaml") || name.ends_with(".yml")
}

fn one_baseline(name: &str, folder: &Path) -> Result<Baseline, Failure> {
    if !is_file_name(name) {
        if builtin::text(name).is_none() {
            let failure = Failure::usage(format!("there is no built-in baseline {name}"));
            return Err(match nearest(name, builtin::names()) {
                Some(near) => {
                    failure.hint(format!("did you mean {near}? (a file is given as ./{name}.yaml)"))
                }
                None => failure.hint("see `pimaudit baseline list`; a file is given as ./own.yaml"),
            });
        }
        return Ok(builtin::load(name)?);
    }
    let path = folder.join(name);
    let text = text_file(&path)?;
    let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
    // A base is a built-in name, or a file beside the one that extends it.
    let resolve = |base: &str| {
        if is_file_name(base) {
            let path = beside.join(base);
            std::fs::read_to_string(&path).ok().map(|text| (text, path.display().to_string()))
        } else {
            builtin::text(base).map(|text| (text.to_owned(), format!("{base}.yaml")))
        }
    };
    Ok(baseline::load(&text, &path.display().to_string(), &resolve)?)
}

/// The text of a snapshot in memory, with a name for messages.
pub(super) struct Source {
    bytes: Vec<u8>,
    name: PathBuf,
    /// What a live run knows beyond the snapshot.
    pub(super) live: bool,
}

impl Source {
    /// Understands it.
    pub(super) fn snapshot(&self) -> Result<Snapshot<'_>, Failure> {
        Ok(snapshot::load_bytes(&self.bytes, &self.name)?)
    }
}

/// Brings the data: the sample, a file, or a live tenant.
pub(super) fn source(
    options: &SourceOptions,
    datasets: BTreeSet<Dataset>,
    loudness: Loudness,
) -> Result<Source, Failure> {
    if options.sample {
        return sample();
    }
    if let Some(path) = &options.snapshot {
        let bytes = snapshot::read_file(path).map_err(|error| {
            Failure::usage(error.to_string()).hint("give a file that `pimaudit collect` wrote")
        })?;
        return Ok(Source { bytes, name: path.clone(), live: false });
    }
    live(&options.connection, datasets, loudness)
}

fn sample() -> Result<Source, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(SAMPLE).read_to_end(&mut bytes)?;
    Ok(Source { bytes, name: SAMPLE_NAME.into(), live: false })
}

/// Reads a live tenant. The text is what a snapshot file would hold: live and replay are the same.
pub(super) fn live(
    connection: &ConnectionOptions,
    datasets: BTreeSet<Dataset>,
    loudness: Loudness,
) -> Result<Source, Failure> {
    let snapshot = connect::run(async {
        let live = Live::connect(connection, &datasets, loudness).await?;
        live.collect(connection, datasets).await
    })?;
    let mut bytes = Vec::new();
    snapshot::write_bytes(&snapshot, &mut bytes)?;
    Ok(Source { bytes, name: "the tenant".into(), live: true })
}
