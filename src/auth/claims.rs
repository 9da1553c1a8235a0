//! Who signed in and with which permissions, read from the claims of the access token.
//!
//! The signature is not verified: the token came from the sign-in service itself, Graph checks it
//! with every request, and nothing is granted here. The claims serve display and planning.

use super::clock;
use super::error::Failure;
use crate::model::Endpoints;
use azure_core::credentials::AccessToken;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use serde::Deserialize;

/// Azure CLI, which `azd` uses too: it may ask for a fixed set of Graph permissions, none for PIM.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// Microsoft Graph as the audience of a token, when its address is not used.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// How the permissions begin that let an application read role policies, schedules or assignments.
const PIM_PERMISSIONS: [&str; 3] =
    ["RoleManagement", "RoleAssignmentSchedule", "RoleEligibilitySchedule"];

/// What kind of identity a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A person, through an application.
    User,
    /// An application or managed identity by itself.
    Application,
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Id of the tenant the token is for (`tid`). When the token cannot be read: the tenant asked
    /// for, or empty when none was.
    pub tenant: String,
    /// A person or an application; when the token cannot be read, what the method is made for.
    pub kind: IdentityKind,
    /// User principal name, or display name of the application.
    pub name: Option<String>,
    /// Object id of the user or service principal (`oid`).
    pub object_id: Option<String>,
    /// Application (client) id the token was issued to (`appid`).
    pub application_id: Option<String>,
    /// Display name of that application.
    pub application_name: Option<String>,
    /// Permissions of the token, sorted: `scp` of a person, `roles` of an application.
    pub permissions: Vec<String>,
    /// Template ids of the directory roles in force (`wids`), sorted, lower case.
    pub roles_in_directory: Vec<String>,
    /// When the token expires; [`Timestamp::MAX`] when neither token nor service says.
    pub expires_at: Timestamp,
    /// True when the token is no readable JSON web token: only tenant, kind and time above are set,
    /// and permissions are unknown, not absent.
    pub opaque: bool,
}

/// The claims we look at; every one may be missing.
#[derive(Deserialize)]
struct Claims {
    aud: Option<String>,
    tid: Option<String>,
    idtyp: Option<String>,
    oid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    app_displayname: Option<String>,
    upn: Option<String>,
    preferred_username: Option<String>,
    unique_name: Option<String>,
    scp: Option<String>,
    roles: Option<Vec<String>>,
    wids: Option<Vec<String>>,
    exp: Option<i64>,
}

impl Identity {
    /// Reads `token`; fails when it is for another tenant than `asked` or not for Graph. `usual` is
    /// the kind of a token that cannot be read.
    pub(super) fn read(
        token: &AccessToken,
        usual: IdentityKind,
        asked: Option<&str>,
        endpoints: &Endpoints,
    ) -> Result<Self, Failure> {
        let expires_on = clock::timestamp(token.expires_on);
        let Some(claims) = Claims::of(token.token.secret()) else {
            return Ok(Self::opaque(usual, asked, expires_on));
        };
        claims.must_be_for_graph(endpoints)?;
        claims.must_be_of_tenant(asked)?;
        Ok(claims.into_identity(asked, expires_on))
    }

    /// True when the application is one that cannot read Entra PIM, whoever uses it.
    ///
    /// Azure CLI has Graph permissions Microsoft chose, and PIM is not among them; a token of it
    /// that shows one all the same is believed.
    pub fn known_without_pim(&self) -> bool {
        self.application_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(AZURE_CLI))
            && !self
                .permissions
                .iter()
                .any(|permission| PIM_PERMISSIONS.iter().any(|start| permission.starts_with(start)))
    }

    fn opaque(kind: IdentityKind, asked: Option<&str>, expires_at: Timestamp) -> Self {
        Self {
            tenant: asked.unwrap_or_default().to_owned(),
            kind,
            name: None,
            object_id: None,
            application_id: None,
            application_name: None,
            permissions: Vec::new(),
            roles_in_directory: Vec::new(),
            expires_at,
            opaque: true,
        }
    }
}

/// When the token says it expires; `None` when it does not say.
pub(super) fn expiry(token: &str) -> Option<Timestamp> {
    Claims::of(token)?.expires_at()
}

impl Claims {
    /// The claims of a signed JSON web token; `None` for any other text, encrypted ones included.
    fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.exp?).ok()
    }

    fn must_be_for_graph(&self, endpoints: &Endpoints) -> Result<(), Failure> {
        let Some(audience) = self.aud.as_deref() else { return Ok(()) };
        let graph = endpoints.graph_permission("");
        let known =
            [GRAPH, graph.trim_end_matches('/'), endpoints.graph.as_str().trim_end_matches('/')];
        if known.contains(&audience.trim_end_matches('/')) {
            return Ok(());
        }
        Err(Failure::new(format!("the access token is for {audience}, not for Microsoft Graph"))
            .hinting(format!("get a token for {graph}")))
    }

    fn must_be_of_tenant(&self, asked: Option<&str>) -> Result<(), Failure> {
        match (asked, self.tid.as_deref()) {
            // A domain cannot be compared with an id; the sign-in service has resolved it.
            (Some(asked), Some(tenant))
                if is_guid(asked) && !asked.eq_ignore_ascii_case(tenant) =>
            {
                Err(Failure::new(format!(
                    "the access token is for tenant {tenant}, not for {asked}"
                ))
                .hinting("name the tenant you mean with --tenant, or sign in to that one"))
            }
            _ => Ok(()),
        }
    }

    fn into_identity(self, asked: Option<&str>, expires_on: Timestamp) -> Identity {
        let expires_at = self.expires_at().unwrap_or(expires_on);
        let kind = self.kind();
        let (name, permissions) = match kind {
            IdentityKind::User => (
                self.upn.or(self.preferred_username).or(self.unique_name),
                self.scp.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            ),
            IdentityKind::Application => {
                (self.app_displayname.clone(), self.roles.unwrap_or_default())
            }
        };
        Identity {
            tenant: self.tid.or_else(|| asked.map(str::to_owned)).unwrap_or_default(),
            kind,
            name,
            object_id: self.oid,
            application_id: self.appid.or(self.azp),
            application_name: self.app_displayname,
            permissions: sorted(permissions),
            roles_in_directory: sorted(
                self.wids.unwrap_or_default().iter().map(|id| id.to_ascii_lowercase()).collect(),
            ),
            expires_at,
            opaque: false,
        }
    }

    /// `idtyp` is optional in tokens of people, who in turn are the only ones with `scp`.
    fn kind(&self) -> IdentityKind {
        match self.idtyp.as_deref() {
            Some("app") => IdentityKind::Application,
            Some("user") => IdentityKind::User,
            _ if self.scp.is_some() => IdentityKind::User,
            _ => IdentityKind::Application,
        }
    }
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values.dedup();
    values
}

/// True for 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const TENANT: &str = "7f3a0000-0000-0000-0000-000000000001";

    fn token(claims: &Value) -> AccessToken {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.c2ln", part(&json!({"alg": "none"})), part(claims));
        AccessToken::new(text, clock::after(3600))
    }

    fn read_for(token: &AccessToken, asked: Option<&str>) -> Result<Identity, Failure> {
        Identity::read(token, IdentityKind::Application, asked, &Endpoints::default())
    }

    fn read(claims: &Value) -> Identity {
        read_for(&token(claims), None).unwrap()
    }

    #[test]
    fn a_person_is_read_from_scp() {
        let identity = read(&json!({
            "aud": "https://graph.microsoft.com", "tid": TENANT, "idtyp": "user", "oid": "user-1",
            "upn": "ada@contoso.example", "appid": "14d82eec-204b-4c2f-b7e8-296a70dab67e",
            "app_displayname": "Microsoft Graph Command Line Tools",
            "scp": "openid RoleManagement.Read.Directory Directory.Read.All",
            "wids": ["F2EF992C-3AFB-46B9-B7CF-A126EE74C451"], "exp": 1_800_000_000_i64,
        }));
        assert_eq!(
            identity,
            Identity {
                tenant: TENANT.into(),
                kind: IdentityKind::User,
                name: Some("ada@contoso.example".into()),
                object_id: Some("user-1".into()),
                application_id: Some("14d82eec-204b-4c2f-b7e8-296a70dab67e".into()),
                application_name: Some("Microsoft Graph Command Line Tools".into()),
                permissions: vec![
                    "Directory.Read.All".into(),
                    "RoleManagement.Read.Directory".into(),
                    "openid".into()
                ],
                roles_in_directory: vec!["f2ef992c-3afb-46b9-b7cf-a126ee74c451".into()],
                expires_at: Timestamp::from_second(1_800_000_000).unwrap(),
                opaque: false,
            }
        );
    }

    #[test]
    fn an_application_is_read_from_roles() {
        let identity = read(&json!({
            "tid": TENANT, "azp": "app-1", "app_displayname": "pimaudit",
            "roles": ["RoleManagement.Read.Directory", "Directory.Read.All"],
        }));
        assert_eq!(identity.kind, IdentityKind::Application);
        assert_eq!(identity.name.as_deref(), Some("pimaudit"));
        assert_eq!(identity.application_id.as_deref(), Some("app-1"));
        assert_eq!(identity.permissions, ["Directory.Read.All", "RoleManagement.Read.Directory"]);
    }

    #[test]
    fn a_person_keeps_no_permission_from_roles() {
        let identity = read(&json!({"tid": TENANT, "scp": "User.Read", "roles": ["Reviewer"]}));
        assert_eq!(identity.kind, IdentityKind::User);
        assert_eq!(identity.permissions, ["User.Read"]);
    }

    #[test]
    fn what_cannot_be_read_is_opaque_and_has_no_permission() {
        for text in ["", "opaque", "a.b", "a.b.c", "a.e30.c.d.e", "eyJ9.AAAA.c2ln"] {
            let token = AccessToken::new(text.to_owned(), clock::offset(Timestamp::MAX));
            let identity = read_for(&token, Some(TENANT)).unwrap();
            assert!(identity.opaque, "{text}");
            assert_eq!(identity.kind, IdentityKind::Application, "{text}");
            assert!(identity.permissions.is_empty(), "{text}");
            assert_eq!(identity.tenant, TENANT, "{text}");
        }
    }

    #[test]
    fn a_token_for_another_tenant_is_refused() {
        let other = token(&json!({"tid": "7f3a0000-0000-0000-0000-000000000002"}));
        for (asked, accepted) in [
            (None, true),
            (Some("contoso.example"), true),
            (Some("organizations"), true),
            (Some("7F3A0000-0000-0000-0000-000000000002"), true),
            (Some(TENANT), false),
        ] {
            let identity = read_for(&other, asked);
            assert_eq!(identity.is_ok(), accepted, "{asked:?}");
        }
    }

    #[test]
    fn a_token_for_another_service_is_refused() {
        let endpoints =
            Endpoints::default().with_graph("http://127.0.0.1:4000".parse().unwrap()).unwrap();
        for (audience, accepted) in [
            (GRAPH, true),
            ("https://graph.microsoft.com", true),
            ("https://graph.microsoft.com/", true),
            ("http://127.0.0.1:4000", true),
            ("https://management.azure.com", false),
            ("https://graph.microsoft.us", false),
        ] {
            let token = token(&json!({"aud": audience, "tid": TENANT}));
            let identity = Identity::read(&token, IdentityKind::User, None, &endpoints);
            assert_eq!(identity.is_ok(), accepted, "{audience}");
        }
    }

    #[test]
    fn azure_cli_is_known_not_to_read_pim() {
        for (application, permissions, without) in [
            (AZURE_CLI, "Directory.AccessAsUser.All User.Read.All", true),
            (AZURE_CLI, "RoleManagement.Read.Directory", false),
            ("14d82eec-204b-4c2f-b7e8-296a70dab67e", "User.Read", false),
        ] {
            let identity = read(&json!({"tid": TENANT, "appid": application, "scp": permissions}));
            assert_eq!(identity.known_without_pim(), without, "{application} {permissions}");
        }
    }

    #[test]
    fn the_expiry_is_read_from_the_token_first() {
        let claims = json!({"exp": 1_800_000_000_i64});
        assert_eq!(
            expiry(token(&claims).token.secret()),
            Timestamp::from_second(1_800_000_000).ok()
        );
        assert_eq!(expiry(token(&json!({})).token.secret()), None);
        assert_eq!(expiry("opaque"), None);
    }
}
