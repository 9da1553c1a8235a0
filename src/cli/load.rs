//! Loads what a command works on: baselines, the organisation file, the snapshot.

use super::arguments::{ConnectionOptions, Loudness, RedactionOptions, SourceOptions};
use super::connect::{self, Live};
use super::exit::{Failure, nearest};
use super::output::OutputFile;
use crate::baseline::{self, Baseline, builtin, organisation};
use crate::model::{Cloud, Dataset, Earlier, Organisation, Tenant};
use crate::report::model::Configuration;
use crate::resolve;
use crate::snapshot::{self, Redactor, Snapshot};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The bundled sample tenant, as collected from the fixtures by a test.
pub(super) const SAMPLE: &[u8] = include_bytes!("sample.json.gz");
const SAMPLE_NAME: &str = "the sample tenant";
const DEFAULT_BASELINE: &str = "recommended";
/// Stands for every built-in baseline.
pub(super) const EVERY_BASELINE: &str = "all";
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
    /// Its text, byte for byte.
    pub(super) text: Option<String>,
}

impl Configured {
    /// With the pseudonyms of the data, where it was redacted.
    pub(super) fn redact(&mut self, source: &Source) {
        let Some(redactor) = &source.redactor else { return };
        redactor.organisation(&mut self.organisation);
        self.tenant = self.tenant.as_deref().map(|tenant| redactor.text(tenant));
        if let Some(file) = &mut self.configuration {
            // The digest of a short file of known shape can be guessed at.
            file.digest = redactor.text(&file.digest);
            file.file = redactor.text(&file.file);
        }
    }
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
        text: Some(text),
    })
}

/// Far more than any baseline or organisation file.
const LARGEST_TEXT: u64 = 16 << 20;

fn text_file(path: &Path) -> Result<String, Failure> {
    let failed =
        |error: io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    // A device without an end would be read for ever.
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_TEXT).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 == LARGEST_TEXT {
        return Err(Failure::usage(format!("{} is too large for YAML", path.display())));
    }
    // Checked here because a file that is no text has no line to point at.
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))
}

/// The text of a saved report: from stdin too, and unpacked.
pub(super) fn report_text(path: &Path) -> Result<String, Failure> {
    let bytes = snapshot::read_file(path).map_err(|error| Failure::usage(error.to_string()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))?;
    // Editors and PowerShell like to put a byte order mark in front; it says nothing.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The baselines asked for, else the one of the organisation file, else the default.
pub(super) fn baselines(
    names: &[String],
    configured: Option<&Configured>,
) -> Result<Vec<Baseline>, Failure> {
    if !names.is_empty() {
        return several_baselines(names);
    }
    match configured.and_then(|it| Some((it.baseline.as_deref()?, &it.folder))) {
        Some((name, folder)) => Ok(vec![one_baseline(name, folder)?]),
        None => Ok(vec![one_baseline(DEFAULT_BASELINE, Path::new(""))?]),
    }
}

/// A baseline that is asked for twice is judged once; two that only share an id are told apart.
fn several_baselines(names: &[String]) -> Result<Vec<Baseline>, Failure> {
    let mut loaded: Vec<Baseline> = Vec::new();
    let every: Vec<String> = builtin::names().map(str::to_owned).collect();
    let names = names.iter().flat_map(|name| {
        if name == EVERY_BASELINE { every.as_slice() } else { std::slice::from_ref(name) }
    });
    for name in names {
        let baseline = one_baseline(name, Path::new(""))?;
        match loaded.iter().find(|it| it.id == baseline.id) {
            None => loaded.push(baseline),
            Some(same) if same.digest == baseline.digest => {}
            Some(other) => {
                return Err(Failure::usage(format!(
                    "two baselines have the id {}: {} and {}",
                    baseline.id, other.origin, baseline.origin
                ))
                .hint("give one of them another id"));
            }
        }
    }
    Ok(loaded)
}

fn one_baseline(name: &str, folder: &Path) -> Result<Baseline, Failure> {
    if !builtin::is_file_name(name) {
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
    let resolve = |base: &str| beside_or_built_in(&beside, base);
    Ok(baseline::load(&text, &path.display().to_string(), &resolve)?)
}

/// Before the name of a built-in baseline in a package. A file of somebody's own never begins so.
pub(super) const BUILT_IN: &str = "built-in.";

/// The text that a package should hold under this name, where it is one of a built-in baseline.
pub(super) fn built_in_of(packed: &str) -> Option<&'static str> {
    builtin::text(packed.strip_prefix(BUILT_IN)?.strip_suffix(".yaml")?)
}

/// How the file of a baseline is called in a package, however it is called elsewhere.
pub(super) fn packed_name(name: &str) -> String {
    if !builtin::is_file_name(name) {
        return format!("{BUILT_IN}{name}.yaml");
    }
    let file = Path::new(name).file_name().map(|it| it.to_string_lossy().into_owned());
    let plain = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' };
    let name: String = file.unwrap_or_default().chars().map(plain).collect();
    let name = name.trim_start_matches('.');
    if name.starts_with(BUILT_IN) { format!("own.{name}") } else { name.to_owned() }
}

/// The texts of baselines and of what they extend, by the names they have in a package; and those
/// names of the baselines themselves, in order.
pub(super) fn baseline_texts(
    baselines: &[Baseline],
) -> Result<(Vec<String>, BTreeMap<String, String>), Failure> {
    let texts: RefCell<BTreeMap<String, String>> = RefCell::default();
    let clash: RefCell<Option<String>> = RefCell::default();
    let add = |name: String, text: &str| {
        let before = texts.borrow_mut().insert(name.clone(), text.to_owned());
        if before.is_some_and(|before| before != text) {
            *clash.borrow_mut() = Some(name);
        }
    };
    let mut names = Vec::new();
    for baseline in baselines {
        let (name, text, beside) = if baseline.is_built_in() {
            let text = builtin::text(&baseline.id).unwrap_or_default().to_owned();
            (packed_name(&baseline.id), text, PathBuf::new())
        } else {
            let path = Path::new(&baseline.origin);
            let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
            (packed_name(&baseline.origin), text_file(path)?, beside)
        };
        let resolve = |base: &str| {
            let found = beside_or_built_in(&beside, base);
            if let Some((text, _)) = &found {
                add(packed_name(base), text);
            }
            found
        };
        baseline::load(&text, &name, &resolve)?;
        add(name.clone(), &text);
        names.push(name);
    }
    if let Some(name) = clash.into_inner() {
        return Err(Failure::usage(format!("two different baseline files are called {name}"))
            .hint("give one of them another name"));
    }
    Ok((names, texts.into_inner()))
}

/// A base is a built-in name, or a file beside the one that extends it.
fn beside_or_built_in(folder: &Path, base: &str) -> Option<(String, String)> {
    if builtin::is_file_name(base) {
        let path = folder.join(base);
        text_file(&path).ok().map(|text| (text, path.display().to_string()))
    } else {
        builtin::text(base).map(|text| (text.to_owned(), format!("{base}.yaml")))
    }
}

/// A piece of memory that no allocator treats as a large one.
const SMALL_PIECE: usize = 64 * 1024;

/// The text of a snapshot in memory, with a name for messages.
pub(super) struct Source {
    bytes: Vec<u8>,
    name: PathBuf,
    /// What a live run knows beyond the snapshot.
    pub(super) live: bool,
    /// Permissions that are declined, and whether what came from beta counts. A live run did not
    /// read what is declined.
    without: Vec<String>,
    beta: bool,
    /// Replaces names, where that is wanted: the bytes hold pseudonyms already.
    redactor: Option<Redactor>,
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
    pub(super) fn release(mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(SMALL_PIECE);
    }

    /// Where the data came from; a redacted reading does not tell the name of its file.
    pub(super) fn origin(&self) -> String {
        let name = self.name.display().to_string();
        match &self.redactor {
            Some(redactor) if !self.live => redactor.text(&name),
            Some(_) | None => name,
        }
    }

    /// What the operator wrote, as the data calls it.
    pub(super) fn called<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.redactor {
            Some(redactor) => Cow::Owned(redactor.text(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// Understands it.
    pub(super) fn snapshot(&self) -> Result<Snapshot<'_>, Failure> {
        let mut snapshot = snapshot::load_bytes(&self.bytes, &self.name)?;
        if !self.without.is_empty() || !self.beta {
            snapshot.decline(|dataset| dataset.declined(&self.without, self.beta));
        }
        Ok(snapshot)
    }
}

/// How `nothing_read` is told.
pub(super) const NOTHING_READ: &str = "nothing about roles could be read";

/// True when nothing came of all that says who holds which role and by which settings.
///
/// A tenant's name, licences or labels alone are nothing to judge by.
pub(super) fn nothing_read(snapshot: &Snapshot<'_>) -> bool {
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

/// The organisation file must be of the tenant that was read, or its waivers would excuse another.
pub(super) fn same_tenant(
    configured: &Configured,
    source: &Source,
    options: &SourceOptions,
    tenant: &Tenant,
) -> Result<(), Failure> {
    let is_it = |wanted: &str| is_called(tenant, wanted);
    of_tenant_asked_for(source, options, tenant)?;
    let (Some(wanted), Some(file)) = (&configured.tenant, &configured.configuration) else {
        return Ok(());
    };
    if is_it(wanted) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is for tenant {wanted}, but the data is of tenant {}",
        file.file, tenant.id
    ))
    .hint("give the organisation file of this tenant with --config"))
}

/// What may stand in place of a tenant when signing in.
const ANY_TENANT: [&str; 3] = ["organizations", "common", "consumers"];

/// A snapshot is of the tenant that --tenant names.
pub(super) fn of_tenant_asked_for(
    source: &Source,
    options: &SourceOptions,
    tenant: &Tenant,
) -> Result<(), Failure> {
    if let (Some(asked), Some(file)) = (&options.connection.tenant, &options.snapshot)
        && !is_called(tenant, &source.called(asked))
        && !ANY_TENANT.iter().any(|any| asked.eq_ignore_ascii_case(any))
        // Of a domain nobody knows while the domains were not read.
        && (tenant.domains.gap().is_none() || !asked.contains('.'))
    {
        return Err(Failure::usage(format!(
            "{} is of tenant {}, not of {asked}",
            file.display(),
            tenant.id
        ))
        .hint(
            "--tenant (or PIMAUDIT_TENANT) says which tenant is meant; leave it out for a snapshot",
        ));
    }
    Ok(())
}

fn is_called(tenant: &Tenant, wanted: &str) -> bool {
    let domains = tenant.domains.at_least().map(Vec::as_slice).unwrap_or_default();
    wanted.eq_ignore_ascii_case(&tenant.id)
        || domains.iter().any(|domain| domain.eq_ignore_ascii_case(wanted))
}

/// Object ids of the groups that an organisation declares; a name cannot be asked for.
pub(super) fn declared_groups(organisation: &Organisation) -> Vec<String> {
    let audiences = organisation.audiences.values().flatten();
    let audiences = audiences.filter(|entry| entry.starts_with("group:"));
    let declared = organisation.sensitive_groups.values().chain(audiences);
    let ids = declared.map(|group| group.strip_prefix("group:").unwrap_or(group).trim());
    let is_id =
        |id: &&str| id.len() == 36 && id.chars().all(|it| it.is_ascii_hexdigit() || it == '-');
    ids.filter(is_id).map(str::to_owned).collect()
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
        let bytes = snapshot::read_file(path).map_err(|error| {
            Failure::usage(error.to_string()).hint("give a file that `pimaudit collect` wrote")
        })?;
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
pub(super) fn source(
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
pub(super) fn hushed(loudness: Loudness, redactor: Option<&Redactor>) -> Loudness {
    match redactor {
        Some(_) => Loudness { quiet: true, verbose: false },
        None => loudness,
    }
}

/// The key, where names are to be replaced.
pub(super) fn redactor(options: &RedactionOptions) -> Result<Option<Redactor>, Failure> {
    match &options.key {
        Some(path) if options.redact => Ok(Some(key(path)?)),
        Some(_) => Err(Failure::usage("--key is given, and nothing is to be redacted")
            .hint("add --redact, or leave --key out")),
        None => Ok(None),
    }
}

/// The key of a file.
pub(super) fn key(path: &Path) -> Result<Redactor, Failure> {
    Redactor::from_file(path).map_err(|error| Failure::usage(error.to_string()))
}

/// With pseudonyms where there is a key.
pub(super) fn redacted(source: Source, redactor: Option<Redactor>) -> Result<Source, Failure> {
    match redactor {
        Some(redactor) => source.redacted(redactor),
        None => Ok(source),
    }
}

/// The bundled sample tenant.
pub(super) fn sample() -> Result<Source, Failure> {
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
pub(super) fn live(
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

/// Role definitions of an older snapshot, and whose they are.
pub(super) struct Older {
    tenant: String,
    cloud: Cloud,
    earlier: Earlier,
    name: String,
}

/// Reads them out of a file, with the pseudonyms of the data where it has some.
pub(super) fn older(path: &Path, source: &mut Source) -> Result<Older, Failure> {
    let bytes = snapshot::read_file(path).map_err(|error| {
        Failure::usage(error.to_string()).hint("give a file that `pimaudit collect` wrote")
    })?;
    let old = definitions_in(&bytes, path)?;
    let old = match &mut source.redactor {
        Some(redactor) => redactor.snapshot(&old)?,
        None => old,
    };
    Ok(Older::new(&old, path.display().to_string()))
}

/// The same out of what the history keeps: as it was judged, so of redacted data with its pseudonyms.
pub(super) fn older_of(bytes: &[u8], name: &str) -> Result<Older, Failure> {
    Ok(Older::new(&definitions_in(bytes, Path::new(name))?, name.to_owned()))
}

fn definitions_in<'b>(bytes: &'b [u8], path: &Path) -> Result<Snapshot<'b>, Failure> {
    let mut old = snapshot::load_bytes(bytes, path)?;
    old.collections
        .retain(|it| matches!(it.dataset, Dataset::RoleDefinitions | Dataset::PrivilegedRoles));
    Ok(old)
}

impl Older {
    fn new(old: &Snapshot<'_>, name: String) -> Self {
        let earlier = resolve::earlier(old);
        Self { tenant: old.tenant.clone(), cloud: old.cloud, earlier, name }
    }

    /// They must be of the tenant that is judged, and older.
    pub(super) fn of(self, tenant: &Tenant) -> Result<Earlier, Failure> {
        let name = self.name;
        if self.tenant != *tenant.id || self.cloud != tenant.cloud {
            return Err(Failure::usage(format!(
                "{name} is of tenant {} ({} cloud), but the data is of {} ({} cloud)",
                self.tenant, self.cloud, tenant.id, tenant.cloud
            ))
            .hint("give an older snapshot of this tenant; a redacted one has another id"));
        }
        if self.earlier.at >= tenant.collected_at {
            return Err(Failure::usage(format!("{name} was not read before what is judged"))
                .hint("give --earlier an older snapshot"));
        }
        Ok(self.earlier)
    }
}

/// Writes a snapshot into its file, packed when its name says so.
pub(super) fn keep(snapshot: &Snapshot<'_>, file: OutputFile) -> Result<(), Failure> {
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
    fn a_baseline_asked_for_twice_is_judged_once() {
        let ids = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let loaded = baselines(&names, None).unwrap();
            loaded.into_iter().map(|it| it.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&["recommended", "recommended"]), ["recommended"]);
        assert_eq!(
            ids(&["roles-table", "recommended", "roles-table"]),
            ["roles-table", "recommended"]
        );
    }
}
