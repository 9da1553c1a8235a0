//! Whoever is to hold a role and was not read: strangers, and who only may be one.

use crate::model::{Finding, GapKind, Organisation, Outcome, PrincipalId, Tenant};
use crate::precheck::apply::{Note, NoteKind};
use crate::precheck::edit::{Change, Edit};
use crate::precheck::names::{PLANNED, known_principal};
use crate::precheck::terraform::is_of_a_person;

/// A new grant of a privileged role that nobody has to activate, to an id of which nothing was
/// read. Whoever that is, it is no break-glass account that is known; one that is declared by its
/// id is no stranger, nor is one that comes later and may be anybody.
pub(super) fn is_held_by_a_stranger(is: &Finding, organisation: &Organisation) -> bool {
    let Some(held) = is.subject.key.strip_prefix("grant:") else { return false };
    // Only the id before it may hold the same again.
    let holder = held.rsplit_once(":role:").map_or(held, |(holder, _)| holder);
    is.check == "permanent-active-assignment"
        && !is.info
        && matches!(&is.outcome, Outcome::NotAssessed(gap) if gap.kind == GapKind::Incomplete)
        && !is_declared(organisation, holder)
        && (!holder.starts_with(PLANNED) || is_of_a_person(holder))
}

/// True for an account that the organisation file declares as break-glass by its id.
fn is_declared(organisation: &Organisation, id: &str) -> bool {
    organisation.break_glass.iter().any(|it| PrincipalId::new(it) == PrincipalId::new(id))
}

/// What is said of declared break-glass accounts that are to hold something and were not read.
pub(super) fn unread_accounts(
    tenant: &Tenant,
    organisation: &Organisation,
    changes: &[Change],
) -> Vec<Note> {
    let mut notes = Vec::new();
    for (change, item) in changes.iter().enumerate() {
        for edit in &item.edits {
            let Edit::Grant(grant) = edit else { continue };
            let id = PrincipalId::new(&grant.principal);
            let is_known = known_principal(tenant, &id).is_some();
            if grant.present && !is_known && is_declared(organisation, &grant.principal) {
                let text = format!(
                    "{} is declared as a break-glass account and was not read: whether it is a \
                     user, and how it signs in, is not known",
                    grant.principal
                );
                notes.push(Note { change, kind: NoteKind::Unknown, text });
            }
        }
    }
    notes
}
