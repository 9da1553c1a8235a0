//! What is kept, and why: everything else of a row is replaced.
//!
//! A kept text must still have the form of what it is said to be; where it has not, it is replaced
//! too. Numbers, true, false and null are kept everywhere.

use crate::model::{AlertKind, Dataset, permission};

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything: a name, words, an id. Replaced.
    Text,
    /// A mail address. Replaced.
    Mail,
    /// Ids, or words of Graph with ids in them. The ids are replaced.
    Ids,
    /// A word of a closed list of Microsoft's.
    Word,
    /// A point in time or a day.
    Time,
    /// A length of time by ISO 8601.
    Duration,
    /// The claim of an authentication context, `c1` to `c99`.
    Claim,
    /// An id that Microsoft publishes: the same in every tenant.
    Published,
    /// Names of permissions with blanks between.
    Permissions,
    /// What was done, in the words of the audit log.
    Activity,
    /// A name: that of a property or of a service of Microsoft's stays, any other is replaced.
    Name,
    /// A time, which stays, or anything else.
    Value,
    /// A text with the quotes of JSON around it, or anything else.
    Quoted,
}

/// Some properties of some collections that are not replaced as a text.
struct Kept {
    /// Collections; empty for all.
    datasets: &'static [Dataset],
    kind: Kind,
    properties: &'static [&'static str],
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the list"))]
    why: &'static str,
}

const POLICIES: &[Dataset] = &[Dataset::RolePolicies, Dataset::GroupPolicies];
const REVIEWS: &[Dataset] = &[Dataset::AccessReviews, Dataset::AccessReviewInstances];
const ACCESS: &[Dataset] = &[Dataset::ConditionalAccessPolicies, Dataset::AuthenticationStrengths];
const LOG: &[Dataset] = &[Dataset::DirectoryAudits];

/// The first one that fits counts.
const KEPT: &[Kept] = &[
    Kept {
        datasets: &[],
        kind: Kind::Word,
        properties: &["@odata.type"],
        why: "the type of an object decides how its row is read",
    },
    Kept {
        datasets: &[Dataset::Principals, Dataset::RegistrationDetails],
        kind: Kind::Word,
        properties: &[
            "userType",
            "creationType",
            "servicePrincipalType",
            "groupTypes",
            "capabilityStatus",
            "service",
            "usage",
            "type",
            "methodsRegistered",
        ],
        why: "tells guests, kinds of applications, dynamic groups, mailboxes, credentials and methods",
    },
    Kept {
        datasets: &[Dataset::Applications],
        kind: Kind::Word,
        properties: &["usage", "type"],
        why: "tells credentials that sign in from those that sign",
    },
    Kept {
        datasets: &[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::GroupAssignmentScheduleInstances,
            Dataset::GroupEligibilityScheduleInstances,
        ],
        kind: Kind::Word,
        properties: &["assignmentType", "memberType", "accessId"],
        why: "tells assigned from activated, direct from inherited, members from owners",
    },
    Kept {
        datasets: POLICIES,
        kind: Kind::Word,
        properties: &[
            "enabledRules",
            "approvalMode",
            "notificationLevel",
            "notificationType",
            "recipientType",
            "caller",
            "level",
            "operations",
            "userType",
            "scopeType",
        ],
        why: "what an activation asks for",
    },
    Kept {
        datasets: POLICIES,
        kind: Kind::Claim,
        properties: &["claimValue"],
        why: "ties a role to the policies that enforce its context",
    },
    Kept {
        datasets: POLICIES,
        kind: Kind::Mail,
        properties: &["notificationRecipients"],
        why: "replaced as the mailboxes of the organisation file are",
    },
    Kept {
        datasets: &[Dataset::AuthenticationContexts],
        kind: Kind::Claim,
        properties: &["id"],
        why: "the same claim from the other side",
    },
    Kept {
        datasets: ACCESS,
        kind: Kind::Claim,
        properties: &["includeAuthenticationContextClassReferences"],
        why: "the same claim from the other side",
    },
    Kept {
        datasets: ACCESS,
        kind: Kind::Word,
        properties: &[
            "state",
            "operator",
            "builtInControls",
            "clientAppTypes",
            "includePlatforms",
            "excludePlatforms",
            "signInRiskLevels",
            "userRiskLevels",
            "servicePrincipalRiskLevels",
            "guestOrExternalUserTypes",
            "allowedCombinations",
            "requirementsSatisfied",
            "policyType",
        ],
        why: "whether a policy is in force, for whom, and what it demands",
    },
    Kept {
        datasets: ACCESS,
        kind: Kind::Ids,
        properties: &[
            "includeUsers",
            "excludeUsers",
            "includeGroups",
            "excludeGroups",
            "includeRoles",
            "excludeRoles",
            "includeApplications",
            "excludeApplications",
            "includeLocations",
            "excludeLocations",
            "includeDevices",
            "excludeDevices",
            "termsOfUse",
        ],
        why: "ids beside the words All, None and GuestsOrExternalUsers",
    },
    Kept {
        datasets: REVIEWS,
        kind: Kind::Word,
        properties: &["status", "type", "queryType", "scopeType", "defaultDecision"],
        why: "whether a review runs, how often, and what becomes of what nobody decides",
    },
    Kept {
        datasets: REVIEWS,
        kind: Kind::Ids,
        properties: &["query", "queryRoot"],
        why: "says in words of Graph what is reviewed",
    },
    Kept {
        datasets: &[Dataset::AccessReviewDecisions],
        kind: Kind::Word,
        properties: &["decision", "recommendation", "applyResult"],
        why: "whether somebody decided",
    },
    Kept {
        datasets: &[Dataset::AccessPackages],
        kind: Kind::Word,
        properties: &["originSystem"],
        why: "tells directory roles and groups from sites and applications",
    },
    Kept {
        datasets: &[Dataset::ApplicationGrants, Dataset::DelegatedGrants],
        kind: Kind::Word,
        properties: &["principalType", "consentType"],
        why: "tells applications from people, and everybody from one person",
    },
    Kept {
        datasets: &[Dataset::ApplicationGrants],
        kind: Kind::Published,
        properties: &["appRoleId"],
        why: "a permission on Microsoft Graph, the same in every tenant",
    },
    Kept {
        datasets: &[Dataset::DelegatedGrants],
        kind: Kind::Permissions,
        properties: &["scope"],
        why: "permissions on Microsoft Graph; those of other services are replaced",
    },
    Kept {
        datasets: &[Dataset::SubscribedSkus, Dataset::Principals],
        kind: Kind::Published,
        properties: &["skuId", "servicePlanId"],
        why: "licences, the same in every tenant",
    },
    Kept {
        datasets: &[Dataset::SubscribedSkus],
        kind: Kind::Word,
        properties: &[
            "skuPartNumber",
            "servicePlanName",
            "capabilityStatus",
            "appliesTo",
            "provisioningStatus",
        ],
        why: "names of products, and whether the licence is in force",
    },
    Kept {
        datasets: &[Dataset::PimAlerts],
        kind: Kind::Word,
        properties: &["scopeType", "severityLevel"],
        why: "words of Microsoft's",
    },
    Kept {
        datasets: LOG,
        kind: Kind::Activity,
        properties: &["activityDisplayName", "loggedByService"],
        why: "what was done: who made a change is told by it",
    },
    Kept {
        datasets: LOG,
        kind: Kind::Word,
        properties: &["category", "result", "operationType", "type", "Type", "groupType", "key"],
        why: "which surface it was, whether it was done, what the targets and details are",
    },
    Kept {
        datasets: LOG,
        kind: Kind::Name,
        properties: &["displayName"],
        why: "tells PIM itself from people, members from owners, alerts from each other, and the \
            property that names the role from others",
    },
    Kept {
        datasets: LOG,
        kind: Kind::Value,
        properties: &["value"],
        why: "when an activation begins and ends; tickets and reasons stand there too",
    },
    Kept {
        datasets: LOG,
        kind: Kind::Quoted,
        properties: &["oldValue", "newValue"],
        why: "the id of a role has quotes around it there; everything else is replaced whole",
    },
    Kept {
        datasets: &[],
        kind: Kind::Duration,
        properties: &[
            "maximumDuration",
            "duration",
            "timeIntervalBetweenActivations",
            "inactiveDuration",
            "recommendationLookBackDuration",
        ],
        why: "a length of time names nobody, and limits are judged by it",
    },
];

/// What a property of a collection holds.
pub(super) fn kind(dataset: Dataset, property: &str) -> Kind {
    let fits = |kept: &&Kept| {
        (kept.datasets.is_empty() || kept.datasets.contains(&dataset))
            && kept.properties.contains(&property)
    };
    match KEPT.iter().find(fits) {
        Some(kept) => kept.kind,
        // Times stay: who was when where is no longer told without the names.
        None if property.ends_with("DateTime") || property.ends_with("Date") => Kind::Time,
        None if property == "id" || property.ends_with("Id") => Kind::Ids,
        None => Kind::Text,
    }
}

/// True where a text looks like what it is said to be.
pub(super) fn has_form(kind: Kind, text: &str) -> bool {
    let all = |other: &str| {
        text.len() <= 128 && text.chars().all(|it| it.is_ascii_alphanumeric() || other.contains(it))
    };
    match kind {
        Kind::Word => all("#._-,"),
        Kind::Time => {
            text.starts_with(|it: char| it.is_ascii_digit())
                && text.chars().all(|it| it.is_ascii_digit() || "-:.+TtZz ".contains(it))
        }
        Kind::Duration => {
            text.chars().all(|it| it.is_ascii_digit() || "-.,PpYyMmWwDdTtHhSs".contains(it))
        }
        Kind::Claim => text
            .trim()
            .strip_prefix(['c', 'C'])
            .is_some_and(|it| it.len() <= 2 && it.bytes().all(|byte| byte.is_ascii_digit())),
        Kind::Published => {
            text.trim().len() == 36
                && text.trim().chars().all(|it| it.is_ascii_hexdigit() || it == '-')
        }
        Kind::Activity => text.len() <= 128 && has_activity_words(text),
        Kind::Name => NAMES.iter().any(|name| name.eq_ignore_ascii_case(text.trim())),
        Kind::Value => is_date_time(text.trim()) && has_form(Kind::Time, text.trim()),
        Kind::Text | Kind::Mail | Kind::Ids | Kind::Permissions | Kind::Quoted => false,
    }
}

/// True for a text of words that the audit log writes of PIM, of roles and of Conditional Access.
fn has_activity_words(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
    let is_known = |word: &str| {
        word.is_empty() || ACTIVITY.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
    };
    text.is_ascii() && words.all(is_known)
}

/// True for a text that begins as a point in time does: `2026-11-02T09`.
fn is_date_time(text: &str) -> bool {
    let form = "dddd-dd-ddTdd";
    text.len() >= form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
}

/// True for a part of the start of a window: its day and hour, or its seconds. Colons are joints.
fn is_part_of_a_time(part: &str) -> bool {
    let is_seconds = part.len() == 3
        && part.ends_with('Z')
        && part.bytes().take(2).all(|byte| byte.is_ascii_digit());
    is_seconds || (part.len() == 13 && is_date_time(part))
}

/// How Microsoft names PIM in the log, both roles of a group and the alerts, now and before; and
/// properties that name a role there. All of them are the same in every tenant.
const NAMES: [&str; 23] = [
    "MS-PIM",
    "MS-PIM-Fairfax",
    "Azure AD PIM",
    "RoleDefinitionOriginId",
    "RoleDefinitionOriginType",
    "TemplateId",
    "Role.DisplayName",
    "Role.ObjectID",
    "Role.TemplateId",
    "Member",
    "Owner",
    "Roles are being assigned outside of Privileged Identity Management",
    "Roles are being assigned outside of PIM",
    "Role assigned outside of PIM",
    "Potential stale accounts in a privileged role",
    "Administrators aren't using their privileged roles",
    "Eligible administrators aren't activating their privileged role",
    "Roles don't require multifactor authentication for activation",
    "Roles don't require multi-factor authentication for activation",
    "Roles don't require MFA for activation",
    "The organization doesn't have Microsoft Entra ID P2 or Microsoft Entra ID Governance",
    "There are too many global administrators",
    "Roles are being activated too frequently",
];

/// Words of activities and of the services that log them, lower case, sorted.
const ACTIVITY: &[&str] = &[
    "access",
    "activation",
    "add",
    "admin",
    "alert",
    "approval",
    "approve",
    "approved",
    "assignment",
    "authenticationcontextclassreference",
    "bound",
    "by",
    "cancel",
    "canceled",
    "cancelled",
    "completed",
    "conditional",
    "continuous",
    "core",
    "created",
    "deactivate",
    "defaults",
    "definition",
    "delete",
    "denied",
    "deny",
    "direct",
    "directory",
    "disable",
    "eligible",
    "enable",
    "evaluation",
    "expired",
    "extend",
    "for",
    "from",
    "in",
    "location",
    "member",
    "named",
    "of",
    "offboarded",
    "onboarded",
    "outside",
    "permanent",
    "pim",
    "policy",
    "process",
    "refresh",
    "removal",
    "remove",
    "removed",
    "renew",
    "request",
    "requested",
    "resolve",
    "resource",
    "restore",
    "role",
    "scoped",
    "security",
    "setting",
    "tenant",
    "time",
    "timebound",
    "to",
    "triggered",
    "update",
    "updated",
];

/// Permissions that every sign-in asks for.
const SIGN_IN: [&str; 5] = ["openid", "profile", "email", "offline_access", "User.Read"];

/// True for a permission on Microsoft Graph that this version knows.
pub(super) fn is_permission(name: &str) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    name.is_empty()
        || SIGN_IN.iter().copied().any(is)
        || permission::BYPASS.iter().any(|bypassing| is(bypassing.name))
        || Dataset::ALL
            .iter()
            .map(|dataset| dataset.facts())
            .any(|facts| is(facts.permission) || facts.also_enough.iter().copied().any(is))
}

/// Microsoft's own tenants, and applications that are the same in every tenant.
const PUBLISHED: [&str; 8] = [
    // Microsoft Services and Microsoft, which own its applications.
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
    // Microsoft Graph Command Line Tools, Azure CLI, Azure PowerShell, Visual Studio.
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "872cd9fa-d31f-45e0-9eab-6e460a02d1f1",
    // MS-PIM, Windows Azure Service Management API.
    "01fc33a7-78ba-4d2f-a4b7-768e336e890e",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
];
/// How the ids of Microsoft's first applications end: Microsoft Graph, Exchange Online and others.
const FIRST_PARTY: [&str; 2] = ["-0000-c000-000000000000", "-0ff1-ce00-000000000000"];
/// How ids begin that Microsoft reserves: nobody, built-in strengths, MFA trusted places.
const RESERVED: &str = "00000000-0000-0000-0000-";

/// True for a GUID, lower case, that says nothing of a tenant. Roles are looked up elsewhere.
pub(super) fn is_published(guid: &str) -> bool {
    guid.starts_with(RESERVED)
        || PUBLISHED.contains(&guid)
        || FIRST_PARTY.iter().any(|end| guid.ends_with(end))
        || permission::BYPASS.iter().any(|bypassing| bypassing.app_role == guid)
}

/// True for a part of a path, a query or an id that is a word of Graph, or of our own keys.
pub(super) fn is_known(part: &str) -> bool {
    let short_number = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let lower = part.to_ascii_lowercase();
    let is_type = lower
        .strip_prefix("microsoft.graph.")
        .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()));
    short_number
        || is_type
        || is_part_of_a_time(part)
        || WORDS.binary_search(&lower.as_str()).is_ok()
        || Dataset::named(part).is_some()
        || AlertKind::ALL
            .into_iter()
            .any(|alert| alert.graph_name().eq_ignore_ascii_case(part) || alert.name() == part)
}

/// Words of paths, queries and composed ids, lower case, sorted.
const WORDS: &[&str] = &[
    ".",
    "..",
    "access",
    "accesspackagecatalog",
    "accesspackages",
    "accessreviews",
    "accountenabled",
    "activated",
    "active",
    "activitydatetime",
    "admin",
    "administrativeunits",
    "agentidentities",
    "agents",
    "alert",
    "alertconfiguration",
    "alertdefinition",
    "alertincidents",
    "alerts",
    "all",
    "allprincipals",
    "alltrusted",
    "and",
    "appid",
    "applications",
    "appownerorganizationid",
    "approleassignedto",
    "approval",
    "approver",
    "assigned",
    "assignedoutsidepim",
    "assignedplans",
    "assignment",
    "assignmentpolicies",
    "assignmentscheduleinstances",
    "assignmenttype",
    "auditlogs",
    "authenticationcontext",
    "authenticationcontextclassreferences",
    "authenticationmethods",
    "authenticationstrengthpolicies",
    "beta",
    "capabilitystatus",
    "category",
    "compliant",
    "conditional",
    "conditional-access",
    "conditionalaccess",
    "consenttype",
    "consumedunits",
    "contains",
    "core",
    "count",
    "createddatetime",
    "creationtype",
    "dataset",
    "decisions",
    "definition",
    "definitions",
    "directory",
    "directoryaudits",
    "directoryobjects",
    "directoryrole",
    "displayname",
    "eligibility",
    "eligibilityscheduleinstances",
    "eligible",
    "enablement",
    "enduser",
    "entitlementmanagement",
    "eq",
    "everything",
    "expand",
    "expiration",
    "false",
    "filter",
    "ge",
    "getbyids",
    "grant",
    "group",
    "groupid",
    "groups",
    "grouptypes",
    "guest",
    "guestsorexternalusers",
    "id",
    "identity",
    "identitygovernance",
    "identitysecuritydefaultsenforcementpolicy",
    "ids",
    "in",
    "instance",
    "instances",
    "isassignabletorole",
    "isbuiltin",
    "isenabled",
    "ismanagementrestricted",
    "ismembermanagementrestricted",
    "isof",
    "isprivileged",
    "key",
    "keycredentials",
    "loggedbyservice",
    "mail",
    "manager",
    "member",
    "memberof",
    "members",
    "microsoft.directory",
    "microsoft.graph.group",
    "microsoft.graph.serviceprincipal",
    "microsoft.graph.user",
    "microsoftadminportals",
    "name",
    "ne",
    "none",
    "not",
    "notification",
    "null",
    "oauth2permissiongrants",
    "object",
    "office365",
    "onpremisesimmutableid",
    "onpremisessyncenabled",
    "or",
    "orderby",
    "organization",
    "owner",
    "owners",
    "passwordcredentials",
    "pim",
    "policies",
    "policy",
    "prepaidunits",
    "principal",
    "principalid",
    "privilegedaccess",
    "properties",
    "reports",
    "requestor",
    "resourceactions",
    "resourcenamespaces",
    "resourcerolescopes",
    "resources",
    "reviews",
    "role",
    "role-management",
    "roleassignments",
    "roleassignmentscheduleinstances",
    "roleassignmentschedules",
    "roledefinition",
    "roledefinitionid",
    "roledefinitions",
    "roleeligibilityscheduleinstances",
    "roleeligibilityschedules",
    "rolemanagement",
    "rolemanagementalerts",
    "rolemanagementpolicyassignments",
    "rolepermissions",
    "rules",
    "scope",
    "scopeid",
    "scopetype",
    "select",
    "service",
    "serviceplans",
    "serviceprincipals",
    "serviceprincipaltype",
    "signinactivity",
    "since",
    "skip",
    "skiptoken",
    "skuid",
    "skupartnumber",
    "subscribedskus",
    "templateid",
    "tenant",
    "timebound",
    "top",
    "transitivemembers",
    "transitivemembersof",
    "true",
    "unknown",
    "user",
    "userprincipalname",
    "userregistrationdetails",
    "users",
    "usertype",
    "v1.0",
    "verifieddomains",
    "visibility",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted() {
        for list in [WORDS, ACTIVITY] {
            assert!(list.is_sorted(), "the list is searched by halves");
            assert!(list.iter().all(|word| *word == word.to_ascii_lowercase()));
        }
    }

    #[test]
    fn every_kept_property_says_why() {
        for kept in KEPT {
            assert!(kept.why.len() > 10, "{:?}", kept.properties);
            assert!(!kept.properties.is_empty());
        }
    }

    #[test]
    fn what_nobody_listed_is_replaced() {
        for (dataset, property, expected) in [
            (Dataset::Principals, "displayName", Kind::Text),
            (Dataset::Principals, "jobTitle", Kind::Text),
            (Dataset::Principals, "userType", Kind::Word),
            (Dataset::GroupMembers, "userType", Kind::Text),
            (Dataset::AuthenticationContexts, "id", Kind::Claim),
            (Dataset::Principals, "id", Kind::Ids),
            (Dataset::Principals, "appOwnerOrganizationId", Kind::Ids),
            (Dataset::Principals, "createdDateTime", Kind::Time),
            (Dataset::AccessReviews, "startDate", Kind::Time),
            (Dataset::DirectoryAudits, "displayName", Kind::Name),
            (Dataset::DirectoryAudits, "resultReason", Kind::Text),
            (Dataset::DirectoryAudits, "ipAddress", Kind::Text),
            (Dataset::DirectoryAudits, "userPrincipalName", Kind::Text),
            (Dataset::DirectoryAudits, "correlationId", Kind::Ids),
            (Dataset::Principals, "activityDisplayName", Kind::Text),
        ] {
            assert_eq!(kind(dataset, property), expected, "{dataset}: {property}");
        }
    }

    #[test]
    fn a_kept_text_has_the_form_of_what_it_is() {
        for (kind, text, expected) in [
            (Kind::Word, "#microsoft.graph.user", true),
            (Kind::Word, "Ana Alder", false),
            (Kind::Word, "ana@contoso.example", false),
            (Kind::Time, "2026-11-02T07:41:12.223Z", true),
            (Kind::Time, "9999-12-31", true),
            (Kind::Time, "when Ana left", false),
            (Kind::Duration, "P365D", true),
            (Kind::Duration, "30 days", false),
            (Kind::Claim, "c1", true),
            (Kind::Claim, " C25 ", true),
            (Kind::Claim, "contoso", false),
            (Kind::Published, "8a256a2b-b617-496d-b51b-e76466e88db0", true),
            (Kind::Published, "ana", false),
            (Kind::Activity, "Add member to role completed (PIM activation)", true),
            (Kind::Activity, "Update member in PIM approved by admin (extend/renew)", true),
            (Kind::Activity, "Add eligible member to role in PIM requested (time bound)", true),
            (Kind::Activity, "Update conditional access policy", true),
            (Kind::Activity, "Core Directory", true),
            (Kind::Activity, "Add Ana to role", false),
            (Kind::Activity, "Add member to r\u{f6}le", false),
            (Kind::Name, "ms-pim", true),
            (Kind::Name, "Role.TemplateId", true),
            (Kind::Name, "Member", true),
            (Kind::Name, "owner", true),
            (Kind::Name, "There are too many Global Administrators", true),
            (Kind::Name, "Ana Alder", false),
            (Kind::Name, "Members", false),
            (Kind::Name, "There are too many admins at Contoso", false),
            (Kind::Value, "2026-11-03T07:58:11.8441686Z", true),
            (Kind::Value, "2026-11-03", false),
            (Kind::Value, "2026-11-03T07 Ana", false),
            (Kind::Value, "CHG-4711", false),
            (Kind::Value, "203.0.113.7", false),
        ] {
            assert_eq!(has_form(kind, text), expected, "{text}");
        }
    }
}
