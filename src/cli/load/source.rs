//! The data of a command: the sample, a file or a live tenant, with pseudonyms where they are wanted.

use crate::cli::arguments::{ConnectionOptions, Loudness, RedactionOptions, SourceOptions};
use crate::cli::connect::{self, Live};
use crate::cli::exit::Failure;
use crate::cli::output::{OutputFile, is_stream};
use crate::evidence;
use crate::model::Dataset;
use crate::snapshot::{self, KeyError, Redactor, Snapshot};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The bundled sample tenant, as collected from the fixtures by a test.
const SAMPLE: &[u8] = include_bytes!("../sample.json.gz");
const SAMPLE_NAME: &str = "the sample tenant";
/// A zip begins so.
const ZIP: &[u8] = b"PK\x03\x04";

/// A piece of memory that no allocator treats as a large one.
const SMALL_PIECE: usize = 64 * 1024;

/// The text of a snapshot in memory, with a name for messages.
pub(in crate::cli) struct Source {
    bytes: Vec<u8>,
    name: PathBuf,
    /// What a live run knows beyond the snapshot.
    pub(in crate::cli) live: bool,
    /// Permissions that are declined, and whether what came from beta counts. A live run did not
    /// read what is declined.
    without: Vec<String>,
    beta: bool,
    /// Replaces names, where that is wanted: the bytes hold pseudonyms already.
    pub(super) redactor: Option<Redactor>,
}

impl Source {
    /// The same with pseudonyms in place of names.
    fn redacted(self, mut redactor: Redactor) -> Result<Self, Failure> {
        let bytes = {
            let redacted = redactor.snapshot(&self.snapshot()?)?;
            let mut bytes = Vec::new();
            snapshot::write_bytes(&redacted, &mut bytes)?;
            bytes
        };
        Ok(Self { bytes, redactor: Some(redactor), ..self })
    }

    /// Frees the text. Shrunk before it is freed, a large piece of memory goes back to the system at once;
    /// freed whole, it makes the allocator of glibc keep every later piece of its size for itself.
    pub(in crate::cli) fn release(mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(SMALL_PIECE);
    }

    /// Where the data came from; a redacted reading does not tell the name of its file.
    pub(in crate::cli) fn origin(&self) -> String {
        let name = self.name.display().to_string();
        match &self.redactor {
            Some(redactor) if !self.live => redactor.text(&name),
            Some(_) | None => name,
        }
    }

    /// What the operator wrote, as the data calls it.
    pub(in crate::cli) fn called<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.redactor {
            Some(redactor) => Cow::Owned(redactor.text(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// A role or group as the operator wrote it, as the data calls it: `group:` stays as it is.
    pub(in crate::cli) fn called_access(&self, text: &str) -> String {
        match text.split_once("group:") {
            Some(("", name)) => format!("group:{}", self.called(name.trim())),
            Some(_) | None => self.called(text).into_owned(),
        }
    }

    /// Understands it.
    pub(in crate::cli) fn snapshot(&self) -> Result<Snapshot<'_>, Failure> {
        let mut snapshot = snapshot::load_bytes(&self.bytes, &self.name)?;
        if !self.without.is_empty() || !self.beta {
            snapshot.decline(|dataset| dataset.declined(&self.without, self.beta));
        }
        Ok(snapshot)
    }
}

/// How `nothing_read` is told.
pub(in crate::cli) const NOTHING_READ: &str = "nothing about roles could be read";

/// True when nothing came of all that says who holds which role and by which settings.
///
/// A tenant's name, licences or labels alone are nothing to judge by.
pub(in crate::cli) fn nothing_read(snapshot: &Snapshot<'_>) -> bool {
    let beside = |dataset| {
        matches!(
            dataset,
            Dataset::Organization
                | Dataset::SubscribedSkus
                | Dataset::PrivilegedRoles
                | Dataset::PrivilegedActions
                | Dataset::DirectoryAudits
        )
    };
    let parts = || snapshot.collections.iter().filter(|part| !beside(part.dataset));
    parts().all(|part| part.missing || part.rows.is_empty())
}

/// Stdin can be read once.
pub(in crate::cli) fn stdin_once<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<(), Failure> {
    if paths.filter(|path| is_stream(path)).count() > 1 {
        return Err(Failure::usage("stdin is read twice").hint("give one of them as a file"));
    }
    Ok(())
}

/// The text of a snapshot file, unpacked; `-` is stdin.
pub(in crate::cli) fn snapshot_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = snapshot::read_file(path).map_err(|error| {
        Failure::usage(error.to_string()).hint("give a file that `pimaudit collect` wrote")
    })?;
    if bytes.starts_with(ZIP) {
        return Err(Failure::usage(format!(
            "{} is no pimaudit snapshot: it is a zip, as a package of evidence is",
            path.display()
        ))
        .hint(format!("unpack it, and give the {} in it", evidence::SNAPSHOT)));
    }
    Ok(bytes)
}

/// Brings the data: the sample, a file, or a live tenant.
fn original(
    options: &SourceOptions,
    datasets: BTreeSet<Dataset>,
    groups: Vec<String>,
    loudness: Loudness,
) -> Result<Source, Failure> {
    connect::check_without(&options.connection.without)?;
    let (without, beta) = (options.connection.without.clone(), !options.connection.no_beta);
    if options.sample {
        return Ok(Source { without, beta, ..sample()? });
    }
    if let Some(path) = &options.snapshot {
        let bytes = snapshot_bytes(path)?;
        return Ok(Source {
            bytes,
            name: path.clone(),
            live: false,
            without,
            beta,
            redactor: None,
        });
    }
    live(&options.connection, datasets, groups, loudness)
}

/// The data as `source` brings it, with pseudonyms where they are wanted.
pub(in crate::cli) fn source(
    options: &SourceOptions,
    datasets: BTreeSet<Dataset>,
    groups: Vec<String>,
    loudness: Loudness,
) -> Result<Source, Failure> {
    // A bad key is told before anything is read.
    let redactor = redactor(&options.redaction)?;
    redacted(original(options, datasets, groups, hushed(loudness, redactor.as_ref()))?, redactor)
}

/// While names are to be replaced, nothing is told of the reading: it would tell them.
pub(in crate::cli) fn hushed(loudness: Loudness, redactor: Option<&Redactor>) -> Loudness {
    match redactor {
        Some(_) => Loudness { quiet: true, verbose: false },
        None => loudness,
    }
}

/// The key, where names are to be replaced.
pub(in crate::cli) fn redactor(options: &RedactionOptions) -> Result<Option<Redactor>, Failure> {
    match &options.key {
        Some(path) if options.redact => Ok(Some(key(path)?)),
        Some(_) => Err(Failure::usage("--key is given, and nothing is to be redacted")
            .hint("add --redact, or leave --key out")),
        None => Ok(None),
    }
}

/// The key of a file.
pub(in crate::cli) fn key(path: &Path) -> Result<Redactor, Failure> {
    Redactor::from_file(path).map_err(|error| match error {
        KeyError::Absent { .. } | KeyError::Io { .. } => Failure::usage(error.to_string()),
        KeyError::TooShort { .. } | KeyError::TooLong | KeyError::NotRandom => {
            Failure::usage(format!("{} is no key: {error}", path.display()))
                .hint("make one with `head -c 32 /dev/urandom > FILE`, and keep it")
        }
    })
}

/// With pseudonyms where there is a key.
pub(in crate::cli) fn redacted(
    source: Source,
    redactor: Option<Redactor>,
) -> Result<Source, Failure> {
    match redactor {
        Some(redactor) => source.redacted(redactor),
        None => Ok(source),
    }
}

/// The bundled sample tenant.
pub(in crate::cli) fn sample() -> Result<Source, Failure> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(SAMPLE).read_to_end(&mut bytes)?;
    Ok(Source {
        bytes,
        name: SAMPLE_NAME.into(),
        live: false,
        without: Vec::new(),
        beta: true,
        redactor: None,
    })
}

/// Reads a live tenant. The text is what a snapshot file would hold: live and replay are the same.
pub(in crate::cli) fn live(
    connection: &ConnectionOptions,
    datasets: BTreeSet<Dataset>,
    groups: Vec<String>,
    loudness: Loudness,
) -> Result<Source, Failure> {
    let snapshot = connect::run(async {
        let live = Live::connect(connection, &datasets, loudness).await?;
        live.collect(connection, datasets, groups).await
    })?;
    let mut bytes = Vec::new();
    snapshot::write_bytes(&snapshot, &mut bytes)?;
    Ok(Source {
        bytes,
        name: "the tenant".into(),
        live: true,
        without: Vec::new(),
        beta: true,
        redactor: None,
    })
}

/// Writes a snapshot into its file, packed when its name says so.
pub(in crate::cli) fn keep(snapshot: &Snapshot<'_>, file: OutputFile) -> Result<(), Failure> {
    let packed = snapshot::is_packed(file.path());
    file.finish(|out| {
        if packed {
            snapshot::write_packed(snapshot, out)
        } else {
            snapshot::write_bytes(snapshot, out)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Rows;

    #[test]
    fn only_what_says_who_holds_what_counts_as_read() {
        let source = sample().unwrap();
        let with = |read: &[Dataset]| {
            let mut snapshot = source.snapshot().unwrap();
            for part in &mut snapshot.collections {
                if !read.contains(&part.dataset) {
                    part.rows = Rows::Owned(Vec::new());
                }
            }
            nothing_read(&snapshot)
        };
        let beside = [
            Dataset::Organization,
            Dataset::SubscribedSkus,
            Dataset::PrivilegedRoles,
            Dataset::PrivilegedActions,
            Dataset::DirectoryAudits,
        ];
        assert!(with(&[]));
        assert!(with(&beside));
        assert!(!with(&[Dataset::RoleAssignments]));
        assert!(!with(&Dataset::ALL));
        let mut snapshot = source.snapshot().unwrap();
        for part in &mut snapshot.collections {
            part.missing = !beside.contains(&part.dataset);
        }
        assert!(nothing_read(&snapshot));
    }

    #[test]
    fn stdin_is_read_once() {
        for (paths, expected) in [
            (&["-"][..], true),
            (&["a", "b"], true),
            (&["-", "a"], true),
            (&["-", "a", "-"], false),
        ] {
            assert_eq!(stdin_once(paths.iter().map(Path::new)).is_ok(), expected, "{paths:?}");
        }
    }

    #[test]
    fn a_package_is_no_snapshot_and_says_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contoso.zip");
        std::fs::write(&path, b"PK\x03\x04rest").unwrap();
        let failure = snapshot_bytes(&path).unwrap_err();
        assert!(failure.message().contains("it is a zip"), "{}", failure.message());
    }
}
