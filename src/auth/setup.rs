//! What one sign-in has to work with: the request with its gaps filled from the environment.
//!
//! Options win over variables; a missing value is named with every way to give it.

use super::environment::{AUTHORITY_HOST, CLIENT, TENANT};
use super::error::{Failure, SignInError};
use super::host::Host;
use super::secret::Hidden;
use super::{Request, advice};
use crate::model::{Cloud, Endpoints};
use url::Url;

/// The tenant of people who named none: whatever organisation their account is from.
const ANY_ORGANISATION: &str = "organizations";

/// A request, ready to be tried with any method.
pub(super) struct Setup {
    pub(super) request: Request,
    pub(super) host: Host,
    /// Those of the request, with `AZURE_AUTHORITY_HOST` applied.
    pub(super) endpoints: Endpoints,
    pub(super) hidden: Hidden,
}

impl Setup {
    pub(super) fn new(request: Request, host: Host) -> Result<Self, SignInError> {
        let endpoints = endpoints(&request)?;
        let given = request.token_input.clone();
        let hidden = Hidden::new(request.environment.secrets().chain(given));
        Ok(Self { request, host, endpoints, hidden })
    }

    /// The tenant asked for, if any.
    pub(super) fn tenant(&self) -> Option<&str> {
        self.request.tenant.as_deref().or_else(|| self.variable(TENANT))
    }

    /// The tenant a person signs in to.
    pub(super) fn tenant_of_person(&self) -> &str {
        self.tenant().unwrap_or(ANY_ORGANISATION)
    }

    /// The application of sign-ins without a person.
    pub(super) fn client(&self) -> Option<&str> {
        self.request.client_id.as_deref().or_else(|| self.variable(CLIENT))
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.request.environment.get(name)
    }

    /// Where an administrator consents to what the application registration lists.
    pub(super) fn registered_consent(&self) -> Option<String> {
        let address = advice::registered_consent(&self.endpoints, self.tenant()?, self.client()?);
        address.map(String::from)
    }

    /// What a library or a tool reported, as our failure.
    pub(super) fn failure(&self, text: &str) -> Failure {
        Failure::said(text, self.registered_consent().as_deref(), &self.hidden)
    }
}

/// All values, or one failure that names every missing one with the ways to give it.
pub(super) fn required<const COUNT: usize>(
    values: [(Option<&str>, &str); COUNT],
) -> Result<[String; COUNT], Failure> {
    let missing: Vec<&str> =
        values.iter().filter(|(value, _)| value.is_none()).map(|(_, name)| *name).collect();
    if missing.is_empty() {
        Ok(values.map(|(value, _)| value.unwrap_or_default().to_owned()))
    } else {
        Err(Failure::not_set_up(format!("not set: {}", missing.join(", "))))
    }
}

/// `AZURE_AUTHORITY_HOST` stands for the login host unless an option names one.
fn endpoints(request: &Request) -> Result<Endpoints, SignInError> {
    let endpoints = request.endpoints.clone();
    let Some(address) = request.environment.get(AUTHORITY_HOST) else { return Ok(endpoints) };
    if !endpoints.login_is_of_the_cloud() {
        return Ok(endpoints);
    }
    let login = Url::parse(address.trim()).map_err(|error| SignInError::AuthorityHost {
        problem: format!("it is not an address ({error})"),
        source: None,
    })?;
    let named = login.host_str().and_then(Cloud::of_login_host);
    let chosen = endpoints.cloud;
    match named {
        Some(named) if Endpoints::of(named).login != endpoints.login => {
            Err(SignInError::OtherCloud { named, chosen })
        }
        _ => endpoints.with_login(login).map_err(|source| SignInError::AuthorityHost {
            problem: source.to_string(),
            source: Some(source),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Environment, Method, Silent, http_client};
    use std::sync::Arc;

    fn request(endpoints: Endpoints, variables: &[(&str, &str)]) -> Request {
        Request {
            method: Method::Auto,
            endpoints,
            tenant: None,
            client_id: None,
            environment: Environment::new(
                variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
            ),
            http: http_client(None).unwrap(),
            delegated_permissions: Vec::new(),
            token_input: None,
            prompt: Arc::new(Silent),
        }
    }

    fn setup(request: Request) -> Setup {
        Setup::new(request, Host::default()).unwrap()
    }

    #[test]
    fn options_win_over_variables() {
        let variables = [(TENANT, "of-variable"), (CLIENT, "of-variable")];
        let from_variables = setup(request(Endpoints::default(), &variables));
        assert_eq!(from_variables.tenant(), Some("of-variable"));
        assert_eq!(from_variables.client(), Some("of-variable"));
        let from_options = setup(Request {
            tenant: Some("of-option".into()),
            client_id: Some("of-option".into()),
            ..request(Endpoints::default(), &variables)
        });
        assert_eq!(from_options.tenant(), Some("of-option"));
        assert_eq!(from_options.client(), Some("of-option"));
        assert_eq!(setup(request(Endpoints::default(), &[])).tenant_of_person(), "organizations");
    }

    #[test]
    fn every_missing_value_is_named() {
        let failure = required([(None, "ONE"), (Some("x"), "TWO"), (None, "THREE")]).unwrap_err();
        assert_eq!(failure.to_string(), "not set: ONE, THREE");
        assert!(!failure.was_set_up());
        assert_eq!(required([(Some("x"), "TWO")]).unwrap(), ["x"]);
    }

    #[test]
    fn the_authority_variable_moves_the_login_host() {
        for (cloud, address, expected) in [
            (
                Cloud::Global,
                "https://login.contoso.example/",
                Some("https://login.contoso.example/"),
            ),
            (
                Cloud::Global,
                "https://login.contoso.example",
                Some("https://login.contoso.example/"),
            ),
            (Cloud::Global, "http://127.0.0.1:4000", Some("http://127.0.0.1:4000/")),
            (
                Cloud::UsGovDod,
                "https://login.microsoftonline.us",
                Some("https://login.microsoftonline.us/"),
            ),
            (Cloud::Global, "https://login.microsoftonline.us", None),
            (Cloud::China, "https://login.microsoftonline.com", None),
            (Cloud::Global, "http://login.contoso.example", None),
            (Cloud::Global, "login.contoso.example", None),
        ] {
            let moved = endpoints(&request(Endpoints::of(cloud), &[(AUTHORITY_HOST, address)]));
            let login = moved.as_ref().ok().map(|endpoints| endpoints.login.as_str());
            assert_eq!(login, expected, "{cloud} {address}");
            if let Err(error) = moved {
                assert!(error.hint().is_some(), "{error}");
            }
        }
    }

    #[test]
    fn an_option_wins_over_the_authority_variable() {
        let chosen =
            Endpoints::default().with_login("http://127.0.0.1:4000".parse().unwrap()).unwrap();
        let request = request(chosen.clone(), &[(AUTHORITY_HOST, "https://login.contoso.example")]);
        assert_eq!(endpoints(&request), Ok(chosen));
    }
}
