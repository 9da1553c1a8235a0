//! The vocabulary: identifiers, collections, gaps, grants, policies, principals, outcomes.
//!
//! Plain data without I/O, without async and without Graph's wire names. Everything else may use it;
//! it uses nothing else of ours.

pub mod access;
pub mod alert;
pub mod application;
pub mod audit;
pub mod cloud;
pub mod collected;
pub mod conditional_access;
pub mod dataset;
pub mod definitions;
pub mod duration;
pub mod finding;
pub mod gap;
pub mod grant;
pub mod ids;
pub mod licence;
pub mod organisation;
pub mod outcome;
pub mod permission;
pub mod policy;
pub mod principal;
pub mod review;
pub mod roles;
pub mod roles_table;
pub mod severity;
pub mod tenant;
pub mod time;

pub use access::{Access, GroupAccess, Scope};
pub use alert::{Alert, AlertKind, Incident, Thresholds};
pub use application::{
    AccessPackage, AdministrativeUnit, Application, ApplicationGrant, DelegatedGrant,
};
pub use audit::{
    ActorKind, AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, AuditTarget,
};
pub use cloud::{Cloud, Endpoints};
pub use collected::Collected;
pub use conditional_access::{
    AuthenticationContextClass, AuthenticationStrength, ConditionalAccessPolicy, GrantControls,
    PolicyState, UserConditions,
};
pub use dataset::{Dataset, Licence};
pub use definitions::{ActionDifference, Earlier, RoleAction};
pub use duration::{DurationError, IsoDuration};
pub use finding::{
    Finding, Fingerprint, Remediation, RuleOrigin, Subject, SubjectKind, Target, WaiverMark,
};
pub use gap::{Gap, GapKind};
pub use grant::{Class, Grant, GroupGrant, Hold, Listed, Provenance};
pub use ids::{PrincipalId, RoleId, RowId};
pub use licence::Sku;
pub use organisation::{Organisation, Waiver};
pub use outcome::{Details, Evidence, Outcome, Text, Verdict};
pub use policy::{
    ActivationPolicy, Approval, Approver, AuthenticationContext, Enablement, Expiration,
    Notification, NotificationEvent, NotificationRecipient, NotificationRule, Stage,
};
pub use principal::{
    AssignedPlan, Credential, CredentialKind, Group, Principal, PrincipalKindFacts, Registration,
    ServicePrincipal, SignIns, User,
};
pub use review::{Cover, DefaultDecision, EndedInstance, Interval, Recurrence, Review};
pub use roles_table::{RolesTable, TableRow, Unlisted};
pub use severity::{Severity, Tier};
pub use tenant::{GroupPim, Label, Members, Role, Tenant};
pub use time::minute;
