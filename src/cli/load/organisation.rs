//! The organisation file as a command uses it, and whose it is.

use super::source::Source;
use super::text_file;
use crate::baseline::{self, organisation};
use crate::cli::arguments::SourceOptions;
use crate::cli::connect;
use crate::cli::exit::Failure;
use crate::model::{Organisation, Tenant};
use crate::report::model::Configuration;
use std::path::{Path, PathBuf};

const DEFAULT_CONFIGURATION: &str = "pimaudit.yaml";

/// The organisation file as a command uses it.
#[derive(Default)]
pub(in crate::cli) struct Configured {
    /// What it says, or nothing.
    pub(in crate::cli) organisation: Organisation,
    /// Its name and digest, for the report.
    pub(in crate::cli) configuration: Option<Configuration>,
    /// The tenant it is for.
    pub(in crate::cli) tenant: Option<String>,
    /// The baseline it chooses, relative to its folder where it is a file.
    pub(in crate::cli) baseline: Option<String>,
    /// The folder of the file.
    pub(super) folder: PathBuf,
    /// Its text, byte for byte.
    pub(in crate::cli) text: Option<String>,
}

impl Configured {
    /// With the pseudonyms of the data, where it was redacted.
    pub(in crate::cli) fn redact(&mut self, source: &Source) {
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
pub(in crate::cli) fn configuration(given: Option<&Path>) -> Result<Configured, Failure> {
    let path = match given {
        Some(path) => path,
        None if Path::new(DEFAULT_CONFIGURATION).is_file() => Path::new(DEFAULT_CONFIGURATION),
        None => return Ok(Configured::default()),
    };
    let text = text_file(path, "give a file that is there; `pimaudit init` writes one")?;
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

/// The data must be of the tenant that is asked for, and the organisation file of that tenant too.
pub(in crate::cli) fn same_tenant(
    configured: &Configured,
    source: &Source,
    options: &SourceOptions,
    tenant: &Tenant,
) -> Result<(), Failure> {
    of_tenant_asked_for(source, options, tenant)?;
    of_organisation(configured, tenant)
}

/// The organisation file must be of the tenant that was read, or its waivers would excuse another.
pub(in crate::cli) fn of_organisation(
    configured: &Configured,
    tenant: &Tenant,
) -> Result<(), Failure> {
    let (Some(wanted), Some(file)) = (&configured.tenant, &configured.configuration) else {
        return Ok(());
    };
    if is_called(tenant, wanted) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is for tenant {wanted}, but the data is of tenant {}",
        file.file, tenant.id
    ))
    .hint("give the organisation file of this tenant with --config"))
}

/// A snapshot, or what was signed in to, is of the tenant that --tenant names.
pub(in crate::cli) fn of_tenant_asked_for(
    source: &Source,
    options: &SourceOptions,
    tenant: &Tenant,
) -> Result<(), Failure> {
    let Some(asked) = &options.connection.tenant else { return Ok(()) };
    let replaced = source.redactor.is_some();
    let called = source.called(asked);
    match &options.snapshot {
        Some(file) if !connect::may_be_called(tenant, asked, &called) => {
            let (file, of) = (file.display(), connect::whose(tenant, replaced));
            Err(Failure::usage(format!("{file} is of {of}, not of {asked}")).hint(
                "--tenant (or PIMAUDIT_TENANT) says which tenant is meant; leave it out for a \
                 snapshot",
            ))
        }
        None if source.live => connect::must_be_of(asked, replaced.then_some(&*called), tenant),
        Some(_) | None => Ok(()),
    }
}

fn is_called(tenant: &Tenant, wanted: &str) -> bool {
    let domains = tenant.domains.at_least().map(Vec::as_slice).unwrap_or_default();
    wanted.eq_ignore_ascii_case(&tenant.id)
        || domains.iter().any(|domain| domain.eq_ignore_ascii_case(wanted))
}

/// Object ids of the groups that an organisation declares; a name cannot be asked for.
pub(in crate::cli) fn declared_groups(organisation: &Organisation) -> Vec<String> {
    let audiences = organisation.audiences.values().flatten();
    let audiences = audiences.filter(|entry| entry.starts_with("group:"));
    let declared = organisation.sensitive_groups.values().chain(audiences);
    let ids = declared.map(|group| group.strip_prefix("group:").unwrap_or(group).trim());
    let is_id =
        |id: &&str| id.len() == 36 && id.chars().all(|it| it.is_ascii_hexdigit() || it == '-');
    ids.filter(is_id).map(str::to_owned).collect()
}
