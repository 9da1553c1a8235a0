//! Shared judgement: the traits by which an emergency account is known.

use super::window::Facts;
use crate::model::{ConditionalAccessPolicy, Dataset, Gap, PolicyState, PrincipalId, Registration};

/// A FIDO2 key or a certificate is registered, and nothing else. The password is no method here.
pub fn is_hard_to_phish(registration: &Registration) -> bool {
    let methods = &registration.methods;
    !methods.is_empty()
        && methods.iter().all(|method| {
            let method = method.to_ascii_lowercase();
            method == "password"
                || ["fido2", "passkeydevicebound", "x509certificate"]
                    .iter()
                    .any(|good| method.starts_with(good))
        })
        && methods.iter().any(|method| !method.eq_ignore_ascii_case("password"))
}

/// Why it is not known whether a policy is in force.
pub fn unknown_state(policy: &ConditionalAccessPolicy, state: &str) -> Gap {
    Gap::unreadable(
        Dataset::ConditionalAccessPolicies,
        format!("{} is in the unknown state {state}", policy.name),
    )
}

impl Facts<'_, '_> {
    /// Whether no policy in force reaches this Global Administrator.
    pub fn is_out_of_all(&self, id: &PrincipalId) -> Result<bool, Gap> {
        let mut unread = None;
        for policy in self.conditional_access()? {
            match (&policy.state, self.reaches_administrator(policy, id)) {
                (PolicyState::Disabled | PolicyState::ReportOnly, _)
                | (PolicyState::Enabled | PolicyState::Unknown(_), Ok(false)) => {}
                (PolicyState::Enabled, Ok(true)) => return Ok(false),
                (PolicyState::Unknown(state), Ok(true)) => {
                    unread.get_or_insert_with(|| unknown_state(policy, state));
                }
                (PolicyState::Enabled | PolicyState::Unknown(_), Err(gap)) => {
                    unread.get_or_insert(gap);
                }
            }
        }
        unread.map_or(Ok(true), Err)
    }
}
