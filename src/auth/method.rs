//! The ways to sign in, by the names people write.
//!
//! What each needs and does lives in its own module; here is only the closed list.

use std::fmt;
use std::str::FromStr;

/// A way to get an access token for Microsoft Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The first of a fixed order that brings a token; never one that asks a person.
    #[default]
    Auto,
    /// An application with a client secret.
    ClientSecret,
    /// An application with a certificate.
    ClientCertificate,
    /// The identity of the Azure resource this runs on.
    ManagedIdentity,
    /// A federated token in a file, such as Kubernetes provides.
    WorkloadIdentity,
    /// Whoever is signed in to `az`.
    AzureCli,
    /// Whoever is signed in to `azd`.
    AzureDeveloperCli,
    /// A service connection of Azure Pipelines.
    AzurePipelines,
    /// A person, with a code typed in a browser anywhere.
    DeviceCode,
    /// A person, in the browser of this machine.
    Browser,
    /// An access token somebody else got.
    Token,
}

impl Method {
    /// Every method, in the order help shows them.
    pub const ALL: [Self; 11] = [
        Self::Auto,
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::ManagedIdentity,
        Self::WorkloadIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
        Self::AzurePipelines,
        Self::DeviceCode,
        Self::Browser,
        Self::Token,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::ManagedIdentity => "managed-identity",
            Self::WorkloadIdentity => "workload-identity",
            Self::AzureCli => "azure-cli",
            Self::AzureDeveloperCli => "azure-developer-cli",
            Self::AzurePipelines => "azure-pipelines",
            Self::DeviceCode => "device-code",
            Self::Browser => "browser",
            Self::Token => "token",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// Text that names no way to sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a way to sign in")]
pub struct UnknownMethod(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_the_method_they_name() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>(), Ok(method));
        }
        assert!("Auto".parse::<Method>().is_err());
    }
}
