//! Waivers: what they accept is marked, and what is wrong with them is told.

use crate::baseline::nearest;
use crate::checks;
use crate::facts::World;
use crate::model::{Finding, Verdict, Waiver, WaiverMark, roles};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

/// A waiver may run at most this many days from now.
const LONGEST_WAIVER_DAYS: i64 = 365;

/// Marks what the waivers accept, and tells their faults.
pub(super) fn apply_waivers(
    world: &World<'_>,
    checks_of_baseline: &[&str],
    findings: &mut [Finding],
    today: Date,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut earlier: HashMap<(&str, String), usize> = HashMap::new();
    for waiver in &world.organisation().waivers {
        let subject = subject_key(world, &waiver.subject);
        let name = format!("{} on {} (line {})", waiver.check, waiver.subject, waiver.line);
        if let Some(line) = earlier.insert((&waiver.check, subject.clone()), waiver.line) {
            faults.push(format!("{name}: line {line} waives the same"));
            continue;
        }
        let mark = match valid_mark(waiver, today) {
            Ok(mark) => mark,
            Err(cause) => {
                faults.push(format!("{name}: {cause}"));
                continue;
            }
        };
        // A waiver for a check of another baseline says nothing about this one.
        if !checks_of_baseline.contains(&waiver.check.as_str()) {
            continue;
        }
        let mut matched = false;
        for finding in findings.iter_mut() {
            if finding.check == waiver.check && *finding.subject.key == *subject {
                matched = true;
                if matches!(finding.outcome.verdict(), Some(Verdict::Partial | Verdict::Fail)) {
                    finding.waiver = Some(Arc::clone(&mark));
                }
            }
        }
        if !matched {
            faults.push(format!("{name}: it matches no finding"));
        }
    }
    faults
}

/// The key a waiver means: people may write a role's or a person's name where the key has an id.
fn subject_key(world: &World<'_>, written: &str) -> String {
    let written = written.trim().to_ascii_lowercase();
    if let Some(name) = written.strip_prefix("role:") {
        return match roles::by_name(name) {
            Some(role) => format!("role:{}", role.template_id),
            None => written,
        };
    }
    match written.strip_prefix("principal:").and_then(|name| world.principal_named(name)) {
        Some(id) => format!("principal:{id}"),
        None => written,
    }
}

fn valid_mark(waiver: &Waiver, today: Date) -> Result<Arc<WaiverMark>, String> {
    let Some(check) = checks::by_id(&waiver.check) else {
        let near = nearest(&waiver.check, checks::CHECKS.iter().map(|check| check.id));
        let hint = near.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
        return Err(format!("there is no such check{hint}"));
    };
    if !check.waivable {
        return Err("this check cannot be waived".to_owned());
    }
    let said = |value: &Option<String>, what: &str| match value.as_deref().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err(format!("it has no {what}")),
    };
    let reason = said(&waiver.reason, "reason")?;
    let owner = said(&waiver.owner, "owner")?;
    let Some(expires) = waiver.expires else {
        return Err("it has no expiry".to_owned());
    };
    if expires < today {
        return Err(format!("it expired on {expires}"));
    }
    if today.checked_add(LONGEST_WAIVER_DAYS.days()).is_ok_and(|longest| expires > longest) {
        return Err(format!("it runs until {expires}, more than {LONGEST_WAIVER_DAYS} days"));
    }
    Ok(Arc::new(WaiverMark {
        reason,
        owner,
        expires,
        ticket: waiver.ticket.clone(),
        approved_by: waiver.approved_by.clone(),
    }))
}
