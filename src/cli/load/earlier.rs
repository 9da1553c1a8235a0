//! Role definitions of an older reading of the tenant, to compare with.

use super::source::{Source, snapshot_bytes};
use crate::cli::exit::Failure;
use crate::model::{Cloud, Dataset, Earlier, Tenant};
use crate::resolve;
use crate::snapshot::{self, Snapshot};
use std::path::Path;

/// Role definitions of an older snapshot, and whose they are.
pub(in crate::cli) struct Older {
    tenant: String,
    cloud: Cloud,
    earlier: Earlier,
    name: String,
}

/// Reads them out of a file, with the pseudonyms of the data where it has some.
pub(in crate::cli) fn older(path: &Path, source: &mut Source) -> Result<Older, Failure> {
    let bytes = snapshot_bytes(path)?;
    let old = definitions_in(&bytes, path)?;
    let old = match &mut source.redactor {
        Some(redactor) => redactor.snapshot(&old)?,
        None => old,
    };
    Ok(Older::new(&old, path.display().to_string()))
}

/// The same out of what the history keeps: as it was judged, so of redacted data with its pseudonyms.
pub(in crate::cli) fn older_of(bytes: &[u8], name: &str) -> Result<Older, Failure> {
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
    pub(in crate::cli) fn of(self, tenant: &Tenant) -> Result<Earlier, Failure> {
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
