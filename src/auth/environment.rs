//! The environment variables sign-in looks at, handed in by the command line.
//!
//! Nothing here reads the process environment, so a test decides what is set. What each variable
//! means lives with the method that uses it.

use super::Secret;
use std::collections::BTreeMap;
use std::fmt;

pub(super) const TENANT: &str = "AZURE_TENANT_ID";
pub(super) const CLIENT: &str = "AZURE_CLIENT_ID";
pub(super) const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
pub(super) const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
pub(super) const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
pub(super) const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";
pub(super) const ACCESS_TOKEN: &str = "PIMAUDIT_ACCESS_TOKEN";
pub(super) const PIPELINE_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
pub(super) const PIPELINE_REQUEST: &str = "SYSTEM_OIDCREQUESTURI";
pub(super) const CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
pub(super) const CONNECTION_TENANT: &str = "AZURESUBSCRIPTION_TENANT_ID";
pub(super) const CONNECTION_CLIENT: &str = "AZURESUBSCRIPTION_CLIENT_ID";

/// Variables whose values are secrets.
const SECRETS: [&str; 3] = [CLIENT_SECRET, ACCESS_TOKEN, PIPELINE_TOKEN];

/// What the process environment says about sign-in.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// Takes variables with their values; an empty value counts as not set.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.trim().is_empty());
        Self { values: set.collect() }
    }

    /// The value of a variable that is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = Secret> {
        SECRETS.into_iter().filter_map(|name| self.secret(name))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment::new(variables.iter().map(owned))
    }

    #[test]
    fn empty_is_not_set() {
        let environment = environment(&[(CLIENT, "  "), (TENANT, "contoso.example")]);
        assert_eq!(environment.get(TENANT), Some("contoso.example"));
        assert_eq!(environment.get(CLIENT), None);
        assert_eq!(environment.get(CERTIFICATE), None);
    }

    #[test]
    fn debug_shows_names_alone() {
        let variables = SECRETS.map(|name| (name, "correct horse"));
        let environment = environment(&variables);
        let shown = format!("{environment:?}");
        assert!(shown.contains(CLIENT_SECRET) && !shown.contains("horse"), "{shown}");
        assert_eq!(environment.secrets().count(), SECRETS.len());
    }
}
