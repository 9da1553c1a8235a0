//! What the rules of a file may refer to: its sources, its sets of roles, and those of its base.

use super::Sources;
use super::extend::Base;
use crate::baseline::Source;
use crate::baseline::faults::{Collector, shown};
use crate::baseline::format::SourceEntry;
use crate::baseline::select::{Sets, role_list};
use crate::baseline::yaml::{self, Fields, Node};
use std::sync::Arc;

/// What the rules of a file may refer to.
pub(super) struct Names {
    pub(super) sources: Sources,
    pub(super) sets: Sets,
    /// False when a base that may define more was lost.
    pub(super) all_known: bool,
    pub(super) file: Arc<str>,
}

pub(super) fn names(fields: &Fields<'_>, base: &Base, file: &str, faults: &mut Collector) -> Names {
    let (mut sources, mut sets) = match base {
        Base::None | Base::Lost => (Sources::new(), Sets::new()),
        Base::Found(base) => (base.sources.clone(), base.sets.clone()),
    };
    if let Some(node) = fields.get("sources") {
        for entry in yaml::entries(node, "sources", faults) {
            // One with a fault still has a name that rules may use.
            sources.insert(entry.key.to_owned(), source(entry.node, faults));
        }
    }
    if let Some(node) = fields.get("roles") {
        for entry in yaml::entries(node, "roles", faults) {
            let what = format!("set {}", shown(entry.key));
            let roles = role_list(entry.node, &what, faults).unwrap_or_default();
            sets.insert(entry.key.to_owned(), roles);
        }
    }
    Names { sources, sets, all_known: !matches!(base, Base::Lost), file: file.into() }
}

fn source(node: &Node, faults: &mut Collector) -> Source {
    let nameless = Source { title: String::new(), date: None, url: None };
    let Some(fields) = Fields::read(node, "source", SourceEntry::KEYS, faults) else {
        return nameless;
    };
    let text = |key: &str, faults: &mut Collector| {
        fields.get(key).and_then(|node| yaml::text(node, key, faults)).map(str::to_owned)
    };
    let date = text("date", faults);
    let url = text("url", faults);
    if let (Some(url), Some(node)) = (&url, fields.get("url"))
        && !["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
    {
        let message = format!("url {} is no web address", shown(url));
        faults.hinted(node.place, message, "it begins with https://");
    }
    let title = fields.required("title", "give the title of the document", faults);
    let title = title.and_then(|node| yaml::text(node, "title", faults));
    Source { title: title.unwrap_or_default().to_owned(), date, url }
}
