//! Makes synthetic tenants of three sizes, as rows of Graph.

use std::fmt::Write as _;

/// How large a tenant is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) grants: usize,
    pub(crate) groups: usize,
    pub(crate) members_a_group: usize,
    pub(crate) policies: usize,
}

/// The large size is 8 times the small one in everything.
pub(crate) const SIZES: [Size; 3] = [
    Size { name: "small", grants: 3_750, groups: 250, members_a_group: 30, policies: 38 },
    Size { name: "medium", grants: 15_000, groups: 1_000, members_a_group: 30, policies: 150 },
    Size { name: "large", grants: 30_000, groups: 2_000, members_a_group: 30, policies: 300 },
];

/// The rows of a tenant, by collection.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) definitions: Vec<String>,
    pub(crate) privileged: Vec<String>,
    pub(crate) assignments: Vec<String>,
    pub(crate) instances: Vec<String>,
    pub(crate) eligibilities: Vec<String>,
    pub(crate) policies: Vec<String>,
    /// Id and row.
    pub(crate) objects: Vec<(String, String)>,
    /// Group id and its members' rows.
    pub(crate) members: Vec<(String, Vec<String>)>,
    /// Groups that PIM manages, each with its eligibilities and its two policies.
    pub(crate) managed: Vec<Managed>,
}

/// A group in PIM.
pub(crate) struct Managed {
    pub(crate) group: String,
    pub(crate) eligibilities: Vec<String>,
    pub(crate) policies: Vec<String>,
}

/// Hops from the deepest group of the nested tenant to a role, and the people in each group.
pub(crate) const DEPTH: usize = 6;
const PEOPLE_A_GROUP: usize = 10;

/// A tenant whose roles are held by chains of groups, all of them in PIM. In every other chain the
/// next group is an eligible member, in the others a plain one. Every tenth chain leads to Global
/// Administrator.
pub(crate) fn nested(groups: usize) -> Rows {
    let mut rows =
        rows(Size { name: "nested", grants: 0, groups: 0, members_a_group: 0, policies: 38 });
    let built_in: Vec<_> =
        pimaudit::model::roles::built_in().iter().filter(|role| role.assignable).collect();
    let chains = groups.div_ceil(DEPTH);
    for number in 0..groups {
        let (level, chain) = (number / chains, number % chains);
        let group = id(0x60, number);
        rows.objects.push((group.clone(), format!(
            r##"{{"@odata.type":"#microsoft.graph.group","id":"{group}","displayName":"Group {number}","isAssignableToRole":true,"groupTypes":[]}}"##
        )));
        if level == 0 {
            let role = if chain % 10 == 0 {
                pimaudit::model::roles::GLOBAL_ADMINISTRATOR.to_owned()
            } else {
                built_in[chain % 38].template_id.clone()
            };
            rows.assignments.push(format!(
                r#"{{"id":"origin-{number:08}","principalId":"{group}","roleDefinitionId":"{role}","directoryScopeId":"/","appScopeId":null}}"#
            ));
            rows.instances.push(format!(
                r#"{{"id":"instance-{number:08}","principalId":"{group}","roleDefinitionId":"{role}","directoryScopeId":"/","appScopeId":null,"startDateTime":"2026-09-01T00:00:00Z","endDateTime":null,"assignmentType":"Assigned","memberType":"Direct","roleAssignmentOriginId":"origin-{number:08}"}}"#
            ));
        }
        let eligibility = |principal: &str| {
            format!(
                r#"{{"id":"{group}_member_{principal}","groupId":"{group}","principalId":"{principal}","accessId":"member","memberType":"Direct","startDateTime":"2026-09-01T00:00:00Z","endDateTime":"2027-03-01T00:00:00Z"}}"#
            )
        };
        let mut eligibilities = Vec::new();
        let mut members = Vec::new();
        for place in 0..PEOPLE_A_GROUP {
            let user = id(0x10, number * PEOPLE_A_GROUP + place);
            rows.objects.push((user.clone(), user_row(&user, number * PEOPLE_A_GROUP + place)));
            eligibilities.push(eligibility(&user));
        }
        let next = number + chains;
        if level + 1 < DEPTH && next < groups {
            let next = id(0x60, next);
            if chain % 2 == 0 {
                eligibilities.push(eligibility(&next));
            } else {
                members
                    .push(format!(r##"{{"@odata.type":"#microsoft.graph.group","id":"{next}"}}"##));
            }
        }
        rows.members.push((group.clone(), members));
        let of_access = |access: &str| {
            policy(access, number)
                .replace("DirectoryRole", "Group")
                .replace("\"scopeId\":\"/\"", &format!("\"scopeId\":\"{group}\""))
        };
        rows.managed.push(Managed {
            eligibilities,
            policies: vec![of_access("member"), of_access("owner")],
            group,
        });
    }
    rows
}

fn user_row(user: &str, number: usize) -> String {
    format!(
        r##"{{"@odata.type":"#microsoft.graph.user","id":"{user}","displayName":"Admin {number}","userPrincipalName":"admin{number}@contoso.example","userType":"Member","accountEnabled":true,"onPremisesSyncEnabled":null,"onPremisesImmutableId":null,"creationType":null,"createdDateTime":"2024-01-01T00:00:00Z"}}"##
    )
}

fn id(kind: u32, number: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

const TENANT: &str = "99999999-0000-4000-8000-000000000001";

/// Rows of one tenant. Every third grant is active, the others eligible; groups hold one grant each.
pub(crate) fn rows(size: Size) -> Rows {
    let mut rows = Rows::default();
    let built_in: Vec<_> =
        pimaudit::model::roles::built_in().iter().filter(|role| role.assignable).collect();
    let role_ids: Vec<String> = (0..size.policies)
        .map(|number| match built_in.get(number) {
            Some(role) => role.template_id.clone(),
            None => id(0xcc, number),
        })
        .collect();
    for (number, role) in role_ids.iter().enumerate() {
        let known = built_in.get(number);
        let name =
            known.map_or_else(|| format!("Custom role {number}"), |it| it.display_name.clone());
        let is_built_in = known.is_some();
        rows.definitions.push(format!(
            r#"{{"id":"{role}","templateId":"{role}","displayName":"{name}","isBuiltIn":{is_built_in},"isEnabled":true,"rolePermissions":[{{"allowedResourceActions":["microsoft.directory/users/basic/update"],"condition":null}}]}}"#
        ));
        if known.is_some_and(|it| it.is_privileged) {
            rows.privileged
                .push(format!(r#"{{"id":"{role}","templateId":"{role}","isPrivileged":true}}"#));
        }
        rows.policies.push(policy(role, number));
    }
    let users = size.grants;
    for number in 0..size.grants {
        let role = &role_ids[number % role_ids.len()];
        let principal =
            if number < size.groups { id(0x60, number) } else { id(0x10, number % users) };
        if number % 3 == 0 {
            let end = if number % 2 == 0 { "null" } else { "\"2027-03-01T00:00:00Z\"" };
            rows.assignments.push(format!(
                r#"{{"id":"origin-{number:08}","principalId":"{principal}","roleDefinitionId":"{role}","directoryScopeId":"/","appScopeId":null,"condition":null,"principalOrganizationId":null}}"#
            ));
            rows.instances.push(format!(
                r#"{{"id":"instance-{number:08}","principalId":"{principal}","roleDefinitionId":"{role}","directoryScopeId":"/","appScopeId":null,"startDateTime":"2026-09-01T00:00:00Z","endDateTime":{end},"assignmentType":"Assigned","memberType":"Direct","roleAssignmentOriginId":"origin-{number:08}","roleAssignmentScheduleId":"{}"}}"#,
                id(0x20, number)
            ));
        } else {
            rows.eligibilities.push(format!(
                r#"{{"id":"eligible-{number:08}","principalId":"{principal}","roleDefinitionId":"{role}","directoryScopeId":"/","appScopeId":null,"startDateTime":"2026-09-01T00:00:00Z","endDateTime":"2027-09-01T00:00:00Z","memberType":"Direct","roleEligibilityScheduleId":"{}"}}"#,
                id(0x30, number)
            ));
        }
    }
    for number in 0..users {
        let user = id(0x10, number);
        rows.objects.push((user.clone(), user_row(&user, number)));
    }
    for number in 0..size.groups {
        let group = id(0x60, number);
        rows.objects.push((group.clone(), format!(
            r##"{{"@odata.type":"#microsoft.graph.group","id":"{group}","displayName":"Group {number}","isAssignableToRole":true,"groupTypes":[]}}"##
        )));
        let members = (0..size.members_a_group)
            .map(|place| {
                let user = id(0x10, (number * size.members_a_group + place) % users);
                format!(r##"{{"@odata.type":"#microsoft.graph.user","id":"{user}"}}"##)
            })
            .collect();
        rows.members.push((group, members));
    }
    rows
}

fn policy(role: &str, number: usize) -> String {
    let policy = format!("DirectoryRole_{TENANT}_{}", id(0x70, number));
    let target = |caller: &str, level: &str| {
        format!(
            r#""target":{{"caller":"{caller}","operations":["all"],"level":"{level}","inheritableSettings":[],"enforcedSettings":[]}}"#
        )
    };
    let kind = |name: &str| format!("#microsoft.graph.unifiedRoleManagementPolicy{name}Rule");
    let mut rules = vec![
        format!(
            r#"{{"@odata.type":"{}","id":"Expiration_EndUser_Assignment","isExpirationRequired":true,"maximumDuration":"PT{}H",{}}}"#,
            kind("Expiration"),
            4 + number % 8,
            target("EndUser", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Enablement_EndUser_Assignment","enabledRules":["MultiFactorAuthentication","Justification"],{}}}"#,
            kind("Enablement"),
            target("EndUser", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"AuthenticationContext_EndUser_Assignment","isEnabled":false,"claimValue":null,{}}}"#,
            kind("AuthenticationContext"),
            target("EndUser", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Approval_EndUser_Assignment","setting":{{"isApprovalRequired":false,"isApprovalRequiredForExtension":false,"isRequestorJustificationRequired":true,"approvalMode":"SingleStage","approvalStages":[{{"approvalStageTimeOutInDays":1,"isApproverJustificationRequired":true,"escalationTimeInMinutes":0,"isEscalationEnabled":false,"primaryApprovers":[],"escalationApprovers":[]}}]}},{}}}"#,
            kind("Approval"),
            target("EndUser", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Expiration_Admin_Eligibility","isExpirationRequired":true,"maximumDuration":"P365D",{}}}"#,
            kind("Expiration"),
            target("Admin", "Eligibility")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Expiration_Admin_Assignment","isExpirationRequired":true,"maximumDuration":"P180D",{}}}"#,
            kind("Expiration"),
            target("Admin", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Enablement_Admin_Assignment","enabledRules":["Justification"],{}}}"#,
            kind("Enablement"),
            target("Admin", "Assignment")
        ),
        format!(
            r#"{{"@odata.type":"{}","id":"Enablement_Admin_Eligibility","enabledRules":[],{}}}"#,
            kind("Enablement"),
            target("Admin", "Eligibility")
        ),
    ];
    for (caller, level) in
        [("Admin", "Eligibility"), ("Admin", "Assignment"), ("EndUser", "Assignment")]
    {
        for recipient in ["Admin", "Requestor", "Approver"] {
            rules.push(format!(
                r#"{{"@odata.type":"{}","id":"Notification_{recipient}_{caller}_{level}","notificationType":"Email","recipientType":"{recipient}","notificationLevel":"All","isDefaultRecipientsEnabled":true,"notificationRecipients":[],{}}}"#,
                kind("Notification"),
                target(caller, level)
            ));
        }
    }
    format!(
        r#"{{"id":"{policy}_{role}","policyId":"{policy}","scopeId":"/","scopeType":"DirectoryRole","roleDefinitionId":"{role}","policy":{{"id":"{policy}","displayName":"DirectoryRole","description":"DirectoryRole","isOrganizationDefault":false,"scopeId":"/","scopeType":"DirectoryRole","lastModifiedDateTime":null,"lastModifiedBy":null,"rules":[{}]}}}}"#,
        rules.join(",")
    )
}

fn all(rows: &[String]) -> Vec<&str> {
    rows.iter().map(String::as_str).collect()
}

/// The rows as a snapshot file.
pub(crate) fn snapshot(rows: &Rows) -> String {
    let mut text = format!(
        "{{\"format\":\"pimaudit.snapshot/1\",\n\"tenant\":\"{TENANT}\",\n\"cloud\":\"global\",\n\
         \"collected_at\":\"2026-11-02T09:00:00Z\",\n\"collections\":[\n"
    );
    let mut first = true;
    let mut add = |dataset: &str, key: Option<&str>, asked: &[&str], rows: Vec<&str>| {
        if !first {
            text.push_str(",\n");
        }
        first = false;
        let key = key.map_or_else(String::new, |key| format!(",\"key\":\"{key}\""));
        let asked = if asked.is_empty() {
            String::new()
        } else {
            format!(",\"asked\":[\"{}\"]", asked.join("\",\""))
        };
        let _ = write!(
            text,
            "{{\"dataset\":\"{dataset}\"{key},\"request\":\"/v1.0/{dataset}\",\"read_at\":\"2026-11-02T09:00:00Z\",\"status\":\"complete\"{asked},\"rows\":[\n{}]}}",
            rows.join(",\n")
        );
    };
    add("organization", None, &[], vec![ORGANIZATION]);
    add("role-definitions", None, &[], all(&rows.definitions));
    add("privileged-roles", None, &[], all(&rows.privileged));
    add("role-assignments", None, &[], all(&rows.assignments));
    add("role-assignment-schedule-instances", None, &[], all(&rows.instances));
    add("role-eligibility-schedule-instances", None, &[], all(&rows.eligibilities));
    add("role-policies", None, &[], all(&rows.policies));
    // No group is in PIM; were that not known, its settings would be a row not assessed in each check.
    add("onboarded-groups", None, &[], Vec::new());
    add("subscribed-skus", None, &[], vec![SKU]);
    let ids: Vec<&str> = rows.objects.iter().map(|(id, _)| id.as_str()).collect();
    add("principals", None, &ids, rows.objects.iter().map(|(_, row)| row.as_str()).collect());
    for (group, members) in &rows.members {
        add("group-members", Some(group), &[], all(members));
    }
    text.push_str("\n]}\n");
    text
}

pub(crate) const ORGANIZATION: &str = r#"{"id":"99999999-0000-4000-8000-000000000001","displayName":"Contoso","verifiedDomains":[{"name":"contoso.example","isDefault":true}]}"#;
pub(crate) const SKU: &str = r#"{"skuId":"84a661c4-e949-4bd2-a560-ed7766fcaf2b","skuPartNumber":"AAD_PREMIUM_P2","capabilityStatus":"Enabled","consumedUnits":10,"prepaidUnits":{"enabled":50000},"servicePlans":[{"servicePlanId":"eec0eb4f-6444-4f95-aba0-50c24d67f998","servicePlanName":"AAD_PREMIUM_P2","provisioningStatus":"Success","appliesTo":"User"}]}"#;
