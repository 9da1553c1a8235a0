//! The baselines asked for, and how their files are called in a package of evidence.

use super::organisation::Configured;
use super::text_file;
use crate::baseline::{self, Baseline, builtin};
use crate::cli::exit::{Failure, nearest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DEFAULT_BASELINE: &str = "recommended";
/// Stands for every built-in baseline.
pub(in crate::cli) const EVERY_BASELINE: &str = "all";
/// The next step where the file of a baseline cannot be read.
const NO_BASELINE: &str =
    "give a file that is there; `pimaudit baseline show recommended` prints one";

/// The baselines asked for, else the one of the organisation file, else the default.
pub(in crate::cli) fn baselines(
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
    let text = text_file(&path, NO_BASELINE)?;
    let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let resolve = |base: &str| beside_or_built_in(&beside, base);
    Ok(baseline::load(&text, &path.display().to_string(), &resolve)?)
}

/// Before the name of a built-in baseline in a package. A file of somebody's own never begins so.
pub(in crate::cli) const BUILT_IN: &str = "built-in.";

/// The text that a package should hold under this name, where it is one of a built-in baseline.
pub(in crate::cli) fn built_in_of(packed: &str) -> Option<&'static str> {
    builtin::text(packed.strip_prefix(BUILT_IN)?.strip_suffix(".yaml")?)
}

/// How the file of a baseline is called in a package, however it is called elsewhere.
pub(in crate::cli) fn packed_name(name: &str) -> String {
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
pub(in crate::cli) fn baseline_texts(
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
            (packed_name(&baseline.origin), text_file(path, NO_BASELINE)?, beside)
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
        text_file(&path, NO_BASELINE).ok().map(|text| (text, path.display().to_string()))
    } else {
        builtin::text(base).map(|text| (text.to_owned(), format!("{base}.yaml")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
