//! Shared judgement: the traits by which an emergency account is known.

use crate::model::{ConditionalAccessPolicy, Dataset, Gap, Registration};

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
