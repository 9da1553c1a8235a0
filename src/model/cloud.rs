//! Clouds, and the hosts that belong together in each: login, Graph, Azure Resource Manager.
//!
//! Also the one rule of what an overridden endpoint may be. Hosts are those of the national cloud
//! deployments as Microsoft documents them; GCC uses the global ones. Nothing is requested here.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// A Microsoft cloud; tokens of one are worthless in another.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub enum Cloud {
    /// The worldwide cloud, GCC included.
    #[default]
    #[serde(rename = "global")]
    Global,
    /// US Government L4 (GCC High).
    #[serde(rename = "usgov")]
    UsGov,
    /// US Government L5 (DoD).
    #[serde(rename = "usgov-dod")]
    UsGovDod,
    /// China, operated by 21Vianet.
    #[serde(rename = "china")]
    China,
}

/// The roots of one cloud, without a slash at the end.
struct Roots {
    login: &'static str,
    graph: &'static str,
    arm: &'static str,
}

impl Cloud {
    /// Every cloud.
    pub const ALL: [Self; 4] = [Self::Global, Self::UsGov, Self::UsGovDod, Self::China];

    /// The name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGov => "usgov",
            Self::UsGovDod => "usgov-dod",
            Self::China => "china",
        }
    }

    /// The cloud whose sign-in lives on `host`; both US Government clouds share one, then the first.
    pub fn of_login_host(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| {
            cloud
                .roots()
                .login
                .strip_prefix("https://")
                .is_some_and(|own| own.eq_ignore_ascii_case(host))
        })
    }

    const fn roots(self) -> Roots {
        match self {
            Self::Global => Roots {
                login: "https://login.microsoftonline.com",
                graph: "https://graph.microsoft.com",
                arm: "https://management.azure.com",
            },
            Self::UsGov => Roots {
                login: "https://login.microsoftonline.us",
                graph: "https://graph.microsoft.us",
                arm: "https://management.usgovcloudapi.net",
            },
            Self::UsGovDod => Roots {
                login: "https://login.microsoftonline.us",
                graph: "https://dod-graph.microsoft.us",
                arm: "https://management.usgovcloudapi.net",
            },
            Self::China => Roots {
                login: "https://login.chinacloudapi.cn",
                graph: "https://microsoftgraph.chinacloudapi.cn",
                arm: "https://management.chinacloudapi.cn",
            },
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Cloud {
    type Err = UnknownCloud;

    fn from_str(text: &str) -> Result<Self, UnknownCloud> {
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.name() == text)
            .ok_or_else(|| UnknownCloud(text.to_owned()))
    }
}

/// Text that names no cloud.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cloud: use global, usgov, usgov-dod or china")]
pub struct UnknownCloud(String);

/// Where requests of one run go. Tokens are sent to these hosts only.
///
/// Overrides go through [`Endpoints::with_login`] and [`Endpoints::with_graph`], which hold the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The cloud they belong to; it decides the scope, also when hosts are overridden.
    pub cloud: Cloud,
    /// Root of the sign-in service.
    pub login: Url,
    /// Root of Microsoft Graph, without the version.
    pub graph: Url,
    /// Root of Azure Resource Manager.
    pub arm: Url,
}

impl Endpoints {
    /// The hosts of `cloud`.
    pub fn of(cloud: Cloud) -> Self {
        let roots = cloud.roots();
        Self { cloud, login: root(roots.login), graph: root(roots.graph), arm: root(roots.arm) }
    }

    /// The same with another Graph host: https, or http to this machine alone.
    pub fn with_graph(self, graph: Url) -> Result<Self, EndpointError> {
        Ok(Self { graph: checked(graph)?, ..self })
    }

    /// The same with another sign-in host: https, or http to this machine alone.
    pub fn with_login(self, login: Url) -> Result<Self, EndpointError> {
        Ok(Self { login: checked(login)?, ..self })
    }

    /// The scope that asks for all Graph permissions the application was granted in this cloud.
    pub fn graph_scope(&self) -> String {
        self.graph_permission(".default")
    }

    /// One Graph permission as a scope of this cloud, such as
    /// `https://graph.microsoft.com/RoleManagement.Read.Directory`.
    pub fn graph_permission(&self, permission: &str) -> String {
        format!("{}/{permission}", self.cloud.roots().graph)
    }

    /// True when sign-in goes to the host of the cloud, not to an override.
    pub fn login_is_of_the_cloud(&self) -> bool {
        self.login == root(self.cloud.roots().login)
    }
}

impl Default for Endpoints {
    fn default() -> Self {
        Self::of(Cloud::default())
    }
}

/// Why an address cannot be an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither https nor http to this machine.
    #[error(
        "{0} is not encrypted: an endpoint must be https, or http to this machine alone \
         (127.0.0.0/8, [::1] or localhost)"
    )]
    NotEncrypted(Url),
    /// More than scheme, host and port.
    #[error("{0} is more than scheme, host and port: leave out the path, such as /v1.0")]
    NotARoot(Url),
    /// A user name or password in the address; it is not repeated here.
    #[error("an endpoint must not carry a user name or a password")]
    Credentials,
}

/// True for plain http to this machine, where nobody can listen on the way.
pub fn is_loopback_http(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

fn checked(url: Url) -> Result<Url, EndpointError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Credentials);
    }
    if url.scheme() != "https" && !is_loopback_http(&url) {
        return Err(EndpointError::NotEncrypted(url));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::NotARoot(url));
    }
    Ok(url)
}

fn root(text: &'static str) -> Url {
    Url::parse(text).expect("the table of roots holds valid addresses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_pairs_its_hosts_with_its_scope() {
        for (cloud, login, graph, scope) in [
            (
                Cloud::Global,
                "https://login.microsoftonline.com/",
                "https://graph.microsoft.com/",
                "https://graph.microsoft.com/.default",
            ),
            (
                Cloud::UsGov,
                "https://login.microsoftonline.us/",
                "https://graph.microsoft.us/",
                "https://graph.microsoft.us/.default",
            ),
            (
                Cloud::UsGovDod,
                "https://login.microsoftonline.us/",
                "https://dod-graph.microsoft.us/",
                "https://dod-graph.microsoft.us/.default",
            ),
            (
                Cloud::China,
                "https://login.chinacloudapi.cn/",
                "https://microsoftgraph.chinacloudapi.cn/",
                "https://microsoftgraph.chinacloudapi.cn/.default",
            ),
        ] {
            let endpoints = Endpoints::of(cloud);
            assert_eq!(endpoints.login.as_str(), login, "{cloud}");
            assert_eq!(endpoints.graph.as_str(), graph, "{cloud}");
            assert_eq!(endpoints.graph_scope(), scope, "{cloud}");
            assert_eq!(endpoints.arm.scheme(), "https", "{cloud}");
        }
    }

    #[test]
    fn names_come_back_as_the_cloud_they_name() {
        for cloud in Cloud::ALL {
            assert_eq!(cloud.name().parse::<Cloud>(), Ok(cloud));
            assert_eq!(serde_json::to_string(&cloud).unwrap(), format!("\"{cloud}\""));
            assert_eq!(serde_json::from_str::<Cloud>(&format!("\"{cloud}\"")).unwrap(), cloud);
        }
        let error = "Global".parse::<Cloud>().unwrap_err();
        assert!(error.to_string().contains("usgov-dod"), "{error}");
    }

    #[test]
    fn a_login_host_tells_its_cloud() {
        for (host, cloud) in [
            ("login.microsoftonline.com", Some(Cloud::Global)),
            ("LOGIN.microsoftonline.us", Some(Cloud::UsGov)),
            ("login.chinacloudapi.cn", Some(Cloud::China)),
            ("login.contoso.example", None),
        ] {
            assert_eq!(Cloud::of_login_host(host), cloud, "{host}");
        }
    }

    #[test]
    fn only_this_machine_may_be_reached_without_encryption() {
        for (address, accepted) in [
            ("https://proxy.contoso.example", true),
            ("https://proxy.contoso.example:8443/", true),
            ("http://127.0.0.1:4000", true),
            ("http://127.9.8.7", true),
            ("http://[::1]:4000", true),
            ("http://localhost:4000", true),
            ("http://LOCALHOST:4000", true),
            ("http://graph.microsoft.com", false),
            ("http://localhost.contoso.example", false),
            ("http://127.0.0.1.contoso.example", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://[::ffff:127.0.0.1]", false),
            ("ftp://127.0.0.1", false),
            ("file:///etc/hosts", false),
        ] {
            let url: Url = address.parse().unwrap();
            let graph = Endpoints::default().with_graph(url.clone());
            let login = Endpoints::default().with_login(url);
            assert_eq!(graph.is_ok(), accepted, "{address}: {graph:?}");
            assert_eq!(login.is_ok(), accepted, "{address}: {login:?}");
        }
    }

    #[test]
    fn an_endpoint_is_a_root_without_credentials() {
        let error = Endpoints::default()
            .with_graph("https://graph.contoso.example/v1.0".parse().unwrap())
            .unwrap_err();
        assert!(matches!(error, EndpointError::NotARoot(_)), "{error}");
        let error = Endpoints::default()
            .with_login("https://somebody:hunter2@login.contoso.example".parse().unwrap())
            .unwrap_err();
        assert_eq!(error, EndpointError::Credentials);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn an_override_keeps_the_scope_of_the_cloud() {
        let endpoints = Endpoints::of(Cloud::China)
            .with_graph("http://127.0.0.1:4000".parse().unwrap())
            .unwrap();
        assert_eq!(endpoints.graph_scope(), "https://microsoftgraph.chinacloudapi.cn/.default");
        assert_eq!(
            endpoints.graph_permission("Directory.Read.All"),
            "https://microsoftgraph.chinacloudapi.cn/Directory.Read.All"
        );
        assert!(endpoints.login_is_of_the_cloud());
        let elsewhere =
            endpoints.with_login("https://login.contoso.example".parse().unwrap()).unwrap();
        assert!(!elsewhere.login_is_of_the_cloud());
    }
}
