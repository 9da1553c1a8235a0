//! Applications behind service principals, what they may do in Microsoft Graph, and the ways in.

use super::{Credential, Gap, Members, PrincipalId, RoleId};
use std::sync::Arc;

/// An application of this tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// Object id of the application.
    pub id: Arc<str>,
    /// Passwords and certificates.
    pub credentials: Vec<Credential>,
    /// Its direct owners, who can add credentials.
    pub owners: Members,
}

/// An application permission on Microsoft Graph that a service principal was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationGrant {
    /// The row's id.
    pub id: Arc<str>,
    /// The service principal.
    pub principal: PrincipalId,
    /// Its name, as the row has it.
    pub principal_name: Arc<str>,
    /// Id of the application permission, lower case.
    pub app_role: Arc<str>,
}

/// Delegated permissions that were granted to an application for every user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedGrant {
    /// The row's id.
    pub id: Arc<str>,
    /// The service principal of the client.
    pub client: PrincipalId,
    /// The permissions, by name.
    pub scopes: Vec<Arc<str>>,
}

/// An access package that carries directory roles or groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPackage {
    /// Its id.
    pub id: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// Directory roles in it.
    pub roles: Vec<RoleId>,
    /// Groups in it.
    pub groups: Vec<PrincipalId>,
    /// Approval stages of each of its policies; a gap when they could not be read.
    pub approval_stages: Result<Vec<u32>, Gap>,
}

/// An administrative unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdministrativeUnit {
    /// Its id.
    pub id: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// `isMemberManagementRestricted`.
    pub restricted: Option<bool>,
}
