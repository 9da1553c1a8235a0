//! What is found after changes were applied, were not, or only in part.

use super::{Arrival, named_ids, verify};
use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW, USER_ADMINISTRATOR};
use crate::model::{
    Approval, Approver, AuthenticationContext, Dataset, Enablement, Expiration, GroupAccess, Hold,
    IsoDuration, Label, PrincipalId, Stage,
};
use crate::precheck::edit::Change;
use crate::precheck::read;
use serde_json::{Value, json};

fn changes(file: &Value) -> Vec<Change> {
    match read("a.json", file.to_string().as_bytes()) {
        Ok(changes) => changes,
        Err(faults) => panic!("{file}: {faults:?}"),
    }
}

/// What came of each change, and what is there in place of what was planned.
fn found(case: &Case, file: &Value) -> Vec<(Arrival, String)> {
    let checked = verify(&case.tenant, &changes(file), NOW.parse().unwrap()).unwrap();
    checked
        .into_iter()
        .map(|it| {
            let of_interest = it.parts.iter().filter(|part| part.word != Arrival::Done);
            let texts: Vec<String> =
                of_interest.map(|it| format!("{}: {}", it.planned, it.is)).collect();
            (it.word, texts.join("; "))
        })
        .collect()
}

fn only(case: &Case, file: &Value) -> (Arrival, String) {
    let mut found = found(case, file);
    assert_eq!(found.len(), 1, "{file}: {found:?}");
    found.remove(0)
}

fn hours(hours: u64) -> IsoDuration {
    IsoDuration::from_seconds(hours * 3600)
}

/// A PATCH of a rule of Global Administrator.
fn patch(rule: &str, body: Value) -> Value {
    json!({"method": "PATCH", "body": body, "url": format!(
        "/policies/roleManagementPolicies/DirectoryRole_{GLOBAL_ADMINISTRATOR}/rules/{rule}")})
}

fn schedule(action: &str, principal: &str, expiration: Value) -> Value {
    json!({"method": "POST", "url": "/roleManagement/directory/roleAssignmentScheduleRequests",
        "body": {"action": action, "principalId": principal, "directoryScopeId": "/",
            "roleDefinitionId": GLOBAL_ADMINISTRATOR, "scheduleInfo": {"expiration": expiration}}})
}

#[test]
fn each_value_of_a_rule_is_looked_for() {
    let approver = || {
        vec![Stage {
            approvers: vec![Approver::User(PrincipalId::new("ana"))],
            reason_required: Some(true),
            escalation: 0,
        }]
    };
    let stages = |id: &str| {
        json!([{"primaryApprovers": [
            {"@odata.type": "#microsoft.graph.singleUser", "userId": id}]}])
    };
    let mut case = Case::new();
    case.user("ana");
    case.user("bob");
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    policy.activation_expiration = Ok(Expiration::AtMost(hours(8)));
    policy.activation_enablement =
        Ok(Enablement { mfa: false, justification: true, ticket: false });
    policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
    policy.approval = Ok(Approval::Required { mode: "SingleStage".into(), stages: approver() });
    policy.assignment_expiration = Ok(Expiration::NotRequired);
    for (rule, body, word, text) in [
        ("Expiration_EndUser_Assignment", json!({"maximumDuration": "PT480M"}), Arrival::Done, ""),
        (
            "Expiration_EndUser_Assignment",
            json!({"maximumDuration": "PT4H"}),
            Arrival::NotDone,
            "at most 4 h: at most 8 h",
        ),
        (
            "Expiration_Admin_Assignment",
            json!({"isExpirationRequired": true, "maximumDuration": "P90D"}),
            Arrival::NotDone,
            "an end is required: no end is required; at most 90 d: no end is required",
        ),
        (
            "Expiration_Admin_Assignment",
            json!({"isExpirationRequired": false, "maximumDuration": "P90D"}),
            Arrival::Done,
            "",
        ),
        (
            "Enablement_EndUser_Assignment",
            json!({"enabledRules": ["MultiFactorAuthentication", "Justification"]}),
            Arrival::Partly,
            "asked for: not asked for",
        ),
        (
            "AuthenticationContext_EndUser_Assignment",
            json!({"isEnabled": true, "claimValue": "c2"}),
            Arrival::Partly,
            "c2: c1",
        ),
        (
            "AuthenticationContext_EndUser_Assignment",
            json!({"isEnabled": false, "claimValue": ""}),
            Arrival::NotDone,
            "off: on",
        ),
        (
            "Approval_EndUser_Assignment",
            json!({"setting": {"isApprovalRequired": true, "approvalStages": stages("ana")}}),
            Arrival::Done,
            "",
        ),
        (
            "Approval_EndUser_Assignment",
            json!({"setting": {"isApprovalRequired": true, "approvalStages": stages("bob")}}),
            Arrival::Partly,
            "user bob@contoso.example: user ana@contoso.example",
        ),
        (
            "Notification_Admin_EndUser_Assignment",
            json!({"notificationLevel": "Critical",
                "notificationRecipients": ["SOC@contoso.example"]}),
            Arrival::Partly,
            "critical ones only: all",
        ),
        (
            "Enablement_Admin_Eligibility",
            json!({"enabledRules": []}),
            Arrival::Nothing,
            "nothing: ",
        ),
    ] {
        let (is, said) = only(&case, &patch(rule, body.clone()));
        assert_eq!(is, word, "{rule} {body}: {said}");
        match text {
            "" => assert_eq!(said, "", "{rule} {body}"),
            text => assert!(said.starts_with(text), "{rule} {body}: {said}"),
        }
    }
    case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
    let body = json!({"setting": {"isApprovalRequired": false, "approvalStages": stages("bob")}});
    assert_eq!(only(&case, &patch("Approval_EndUser_Assignment", body)).0, Arrival::Done);
}

#[test]
fn a_value_that_is_not_in_force_cannot_be_told() {
    let mut case = Case::new();
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    policy.assignment_expiration = Ok(Expiration::NotRequired);
    policy.approval = Ok(Approval::NotRequired);
    policy.authentication_context = Ok(AuthenticationContext::Off);
    let setting = |more: Value| json!({"setting": more});
    for (rule, body, word, text) in [
        (
            "Expiration_Admin_Assignment",
            json!({"maximumDuration": "P30D"}),
            Arrival::CannotTell,
            "at most 30 d: it has no effect while no end is required",
        ),
        (
            "Expiration_Admin_Assignment",
            json!({"maximumDuration": "P30D", "isExpirationRequired": true}),
            Arrival::NotDone,
            "an end is required: no end is required",
        ),
        (
            "Approval_EndUser_Assignment",
            setting(json!({"approvalMode": "Serial"})),
            Arrival::CannotTell,
            "Serial: it has no effect while approval is off",
        ),
        (
            "AuthenticationContext_EndUser_Assignment",
            json!({"claimValue": "c9"}),
            Arrival::CannotTell,
            "c9: it has no effect while the context is off",
        ),
    ] {
        let (is, said) = only(&case, &patch(rule, body.clone()));
        assert_eq!(is, word, "{rule} {body}: {said}");
        assert!(said.starts_with(text), "{rule} {body}: {said}");
    }
}

#[test]
fn what_was_not_read_is_neither_done_nor_left_undone() {
    let body = json!({"maximumDuration": "PT4H"});
    let by_name = json!({"EntraRoles": {"Policies": {"User Administrator":
        {"ActivationDuration": "PT4H"}}}});
    let mut case = Case::new();
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
        Err(crate::model::Gap::unreadable(Dataset::RolePolicies, "odd"));
    assert_eq!(only(&case, &patch("Expiration_EndUser_Assignment", body)).0, Arrival::CannotTell);
    assert_eq!(only(&case, &by_name).0, Arrival::CannotTell);
    case.user("ana");
    case.missing(Dataset::RoleAssignments);
    for action in ["adminAssign", "adminRemove"] {
        let file = schedule(action, "ana", json!({"type": "noExpiration"}));
        assert_eq!(only(&case, &file).0, Arrival::CannotTell, "{action}");
    }
}

#[test]
fn grants_are_looked_for_with_their_ends() {
    let mut case = Case::new();
    case.user("ana");
    let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
    grant.start = Some("2026-11-01T09:00:00Z".parse().unwrap());
    grant.end = Some("2026-12-01T09:00:30Z".parse().unwrap());
    for (action, expiration, word, text) in [
        ("adminAssign", json!({"type": "afterDuration", "duration": "P30D"}), Arrival::Done, ""),
        (
            "adminAssign",
            json!({"type": "afterDateTime", "endDateTime": "2026-12-01T09:00:00Z"}),
            Arrival::Done,
            "",
        ),
        ("adminAssign", json!({}), Arrival::Done, ""),
        (
            "adminAssign",
            json!({"type": "noExpiration"}),
            Arrival::Partly,
            "without an end: until 2026-12-01T09:00:30Z",
        ),
        (
            "adminAssign",
            json!({"type": "afterDuration", "duration": "P15D"}),
            Arrival::Partly,
            "for 15 d: until 2026-12-01T09:00:30Z, from 2026-11-01T09:00:00Z",
        ),
        (
            "adminRemove",
            json!({}),
            Arrival::NotDone,
            "no longer active: active until 2026-12-01T09:00:30Z",
        ),
        (
            "adminAssign",
            json!({"type": "afterDateTime", "endDateTime": "2026-01-01T00:00:00Z"}),
            Arrival::Nothing,
            "active: its end is past",
        ),
    ] {
        let (is, said) = only(&case, &schedule(action, "ana", expiration.clone()));
        assert_eq!(is, word, "{action} {expiration}: {said}");
        assert!(said.starts_with(text), "{action} {expiration}: {said}");
    }
    // Nobody is known by this id: it holds nothing, whether it was mistyped or not.
    let stranger = "aaaaaaaa-0001-4000-8000-0000000000aa";
    let (word, said) = only(&case, &schedule("adminRemove", stranger, json!({})));
    assert_eq!(word, Arrival::CannotTell, "{said}");
    assert!(said.contains("is not among the principals that were read"), "{said}");
    case.user("bob");
    assert_eq!(only(&case, &schedule("adminRemove", "bob", json!({}))).0, Arrival::Done);
    case.group("g", &[]);
    for (name, expected) in [(stranger, Arrival::CannotTell), ("bob", Arrival::Done)] {
        let leave = json!({"method": "DELETE", "url": format!("/groups/g/members/{name}/$ref")});
        assert_eq!(only(&case, &leave).0, expected, "{name}");
    }
    let remove = |id: &str| {
        let url = format!("/roleManagement/directory/roleAssignments/{id}");
        json!({"method": "DELETE", "url": url})
    };
    // It may be an id that was mistyped.
    assert_eq!(only(&case, &remove("nothing")).0, Arrival::CannotTell);
    let row = case.tenant.active.at_least().unwrap()[0].provenance.id.to_string();
    assert_eq!(only(&case, &remove(&row)).0, Arrival::NotDone);
}

#[test]
fn an_activation_is_no_assignment() {
    let mut case = Case::new();
    case.user("ana");
    case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::Activated;
    let file = schedule("adminAssign", "ana", json!({"type": "noExpiration"}));
    let (word, said) = only(&case, &file);
    assert_eq!((word, said.as_str()), (Arrival::NotDone, "active: activated without an end"));
    case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
    assert_eq!(only(&case, &file).0, Arrival::CannotTell);
}

#[test]
fn what_is_said_twice_is_as_it_was_said_last() {
    let mut case = Case::new();
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::AtMost(hours(1)));
    let length =
        |hours: &str| patch("Expiration_EndUser_Assignment", json!({"maximumDuration": hours}));
    let found = found(&case, &json!([length("PT24H"), length("PT1H")]));
    let words: Vec<Arrival> = found.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, [Arrival::Nothing, Arrival::Done], "{found:?}");
    assert_eq!(found[0].1, "at most 24 h: a later change says otherwise: at most 1 h");
}

#[test]
fn a_first_apply_that_left_something_out_is_found() {
    // azuread sends false for an end that the configuration does not state.
    let mut case = Case::new();
    case.group("g", &[]);
    case.onboard("g");
    case.group_policy("g", GroupAccess::Member).assignment_expiration = Ok(Expiration::NotRequired);
    let plan = |kind: &str, after: Value, unknown: Value| {
        json!({"format_version": "1.2", "resource_changes": [{"address": format!("{kind}.x"),
            "type": kind, "change": {"actions": ["create"], "before": null, "after": after,
                "after_unknown": unknown}}]})
    };
    let policy = plan(
        "azuread_group_role_management_policy",
        json!({"group_id": "g", "role_id": "member",
            "active_assignment_rules": [{"expire_after": "P90D"}]}),
        json!({"active_assignment_rules": [{"expiration_required": true}]}),
    );
    let (word, said) = only(&case, &policy);
    assert_eq!(word, Arrival::NotDone);
    assert!(said.starts_with("at most 90 d: no end is required; known later: active_"), "{said}");
    // msgraph makes the resource and sends no request.
    case.policy(GLOBAL_ADMINISTRATOR);
    let request = plan(
        "msgraph_update_resource",
        json!({"url": format!("policies/roleManagementPolicies/DirectoryRole_{GLOBAL_ADMINISTRATOR}\
            /rules/Approval_EndUser_Assignment"),
            "body": {"setting": {"isApprovalRequired": true}}}),
        json!({}),
    );
    let (word, said) = only(&case, &request);
    assert_eq!((word, said.as_str()), (Arrival::NotDone, "asked for: not asked for"));
}

#[test]
fn what_easypim_leaves_alone_is_found() {
    let mut case = Case::new();
    case.user("ana");
    // It never touches the policy of Global Administrator.
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::AtMost(hours(8)));
    case.policy(USER_ADMINISTRATOR).activation_expiration = Ok(Expiration::AtMost(hours(2)));
    // Nor does it make somebody active who is eligible already.
    case.eligible("ana", USER_ADMINISTRATOR);
    let two = json!({"ActivationDuration": "PT2H"});
    let file = json!({
        "EntraRoles": {"Policies": {
            "Global Administrator": two.clone(), "User Administrator": two}},
        "Assignments": {"EntraRoles": [{"roleName": "User Administrator", "assignments": [
            {"principalId": "ana", "assignmentType": "Active", "duration": "P1D"}]}]}});
    let mut found = found(&case, &file);
    found.sort();
    assert_eq!(
        found,
        [
            (Arrival::Done, String::new()),
            (Arrival::NotDone, "active: eligible until 2026-12-31T00:00:00Z".to_owned()),
            (Arrival::NotDone, "at most 2 h: at most 8 h".to_owned()),
        ]
    );
}

#[test]
fn what_a_plan_made_is_found_by_its_name() {
    let mut case = Case::new();
    case.user("ana");
    let file = |name: &str| {
        json!({"format_version": "1.2", "resource_changes": [
            {"address": "azuread_group.t0", "type": "azuread_group", "change": {
                "actions": ["create"], "before": null, "after_unknown": {"object_id": true},
                "after": {"display_name": name, "assignable_to_role": true, "members": ["ana"]}}}]})
    };
    // Only groups that matter are read.
    assert_eq!(only(&case, &file("g")).0, Arrival::CannotTell);
    case.group("g", &["ana"]);
    case.group_facts("g").role_assignable = Some(true);
    assert_eq!(only(&case, &file("g")), (Arrival::Done, String::new()));
    case.group_facts("g").role_assignable = Some(false);
    let (word, said) = only(&case, &file("g"));
    assert_eq!(word, Arrival::Partly, "{said}");
    case.group("g", &[]);
    let (word, said) = only(&case, &file("g"));
    assert_eq!((word, said.as_str()), (Arrival::Partly, "there: not there"));
}

#[test]
fn custom_roles_and_what_is_not_worked_out_are_told() {
    let mut case = Case::new();
    case.custom_role("own", Label::Plain);
    let url = "/roleManagement/directory/roleDefinitions";
    let delete = |id: &str| json!({"method": "DELETE", "url": format!("{url}/{id}")});
    let made = |name: &str| json!({"method": "POST", "url": url, "body": {"displayName": name}});
    for (file, expected) in [
        (made("own"), Arrival::Done),
        (made("other"), Arrival::NotDone),
        (delete("own"), Arrival::NotDone),
        (delete("other"), Arrival::Done),
        (
            json!({"method": "PATCH", "url": "/identity/conditionalAccess/policies/x", "body": {}}),
            Arrival::CannotTell,
        ),
        (json!({"method": "GET", "url": "/users"}), Arrival::Nothing),
    ] {
        assert_eq!(only(&case, &file).0, expected, "{file}");
    }
}

#[test]
fn a_name_that_is_not_there_is_a_fault() {
    let file = json!({"EntraRoles": {"Policies": {"User Administratr":
        {"ActivationDuration": "PT4H"}}}});
    let faults = verify(&Case::new().tenant, &changes(&file), NOW.parse().unwrap()).unwrap_err();
    assert!(faults[0].to_string().contains("did you mean User Administrator?"), "{}", faults[0]);
}

#[test]
fn groups_that_are_named_are_asked_for() {
    let id = "BBBBBBBB-0001-4000-8000-000000000005";
    let rule = "rules/Expiration_EndUser_Assignment";
    let file = json!([
        {"method": "PATCH", "body": {"maximumDuration": "PT1H"},
         "url": format!("/policies/roleManagementPolicies/Group_{id}_x/{rule}")},
        {"method": "PATCH", "body": {"maximumDuration": "PT1H"},
         "url": format!("/policies/roleManagementPolicies/DirectoryRole_{id}_x/{rule}")},
        {"method": "POST", "url": "/groups/by-name/members/$ref",
         "body": {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/p"}},
        {"method": "PATCH", "url": format!("/groups/{}", id.to_lowercase()),
         "body": {"isAssignableToRole": true}}]);
    assert_eq!(named_ids(&changes(&file)), [id.to_lowercase()]);
}

#[test]
fn what_two_resources_set_differently_cannot_be_told() {
    let mut case = Case::new();
    case.group("g", &[]);
    case.onboard("g");
    case.group_policy("g", GroupAccess::Member).activation_expiration =
        Ok(Expiration::AtMost(hours(2)));
    let policy = |name: &str, length: &str| {
        json!({"address": name, "type": "azuread_group_role_management_policy", "change": {
            "actions": ["create"], "before": null, "after_unknown": {}, "after": {
                "group_id": "g", "role_id": "member",
                "activation_rules": [{"maximum_duration": length}]}}})
    };
    for (one, other, expected) in [
        ("PT8H", "PT2H", [Arrival::CannotTell; 2]),
        ("PT2H", "PT1H", [Arrival::CannotTell; 2]),
        ("PT8H", "PT8H", [Arrival::NotDone; 2]),
    ] {
        let file = json!({"format_version": "1.2",
            "resource_changes": [policy("a", one), policy("b", other)]});
        let words: Vec<Arrival> = found(&case, &file).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, expected, "{one} {other}");
    }
}

#[test]
fn whoever_is_named_is_asked_for() {
    let [holder, member, user, group] =
        [1, 2, 3, 4].map(|number| format!("aaaaaaaa-0001-4000-8000-00000000000{number}"));
    let file = json!([
        schedule("adminAssign", &holder, json!({"type": "noExpiration"})),
        {"method": "POST", "url": "/groups/by-name/members/$ref",
         "body": {"@odata.id": format!("/directoryObjects/{}", member.to_uppercase())}},
        patch("Approval_EndUser_Assignment", json!({"setting": {"approvalStages": [
            {"primaryApprovers": [
                {"@odata.type": "#microsoft.graph.singleUser", "userId": user},
                {"@odata.type": "#microsoft.graph.groupMembers", "groupId": group},
                {"@odata.type": "#microsoft.graph.requestorManager"}]}]}}))]);
    assert_eq!(named_ids(&changes(&file)), [holder, member, user, group]);
}

#[test]
fn what_begins_later_cannot_be_told_yet() {
    let mut case = Case::new();
    case.user("ana");
    let file = |start: &str| {
        json!({"method": "POST",
            "url": "/roleManagement/directory/roleAssignmentScheduleRequests",
            "body": {"action": "adminAssign", "principalId": "ana", "directoryScopeId": "/",
                "roleDefinitionId": GLOBAL_ADMINISTRATOR,
                "scheduleInfo": {"startDateTime": start, "expiration": {"type": "noExpiration"}}}})
    };
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let at = |minutes: i64| (now + jiff::SignedDuration::from_mins(minutes)).to_string();
    for (minutes, expected) in [
        (-60, Arrival::NotDone),
        (5, Arrival::NotDone),
        (6, Arrival::CannotTell),
        (60 * 24 * 90, Arrival::CannotTell),
    ] {
        let (word, said) = only(&case, &file(&at(minutes)));
        assert_eq!(word, expected, "{minutes}: {said}");
    }
    case.active("ana", GLOBAL_ADMINISTRATOR);
    assert_eq!(only(&case, &file(&at(60))).0, Arrival::Done);
}

#[test]
fn what_a_plan_does_not_tell_is_never_done() {
    let plan = |kind: &str, actions: Value, before: Value, after: Value, unknown: Value| {
        json!({"format_version": "1.2", "resource_changes": [{"address": format!("{kind}.x"),
            "type": kind, "change": {"actions": actions, "before": before, "after": after,
                "after_unknown": unknown}}]})
    };
    let url = format!(
        "policies/roleManagementPolicies/DirectoryRole_{GLOBAL_ADMINISTRATOR}/rules/\
         Expiration_EndUser_Assignment"
    );
    for (file, expected) in [
        (
            plan(
                "msgraph_update_resource",
                json!(["create"]),
                Value::Null,
                json!({"url": url.clone(), "body": {"isExpirationRequired": true}}),
                json!({"body": {"maximumDuration": true}}),
            ),
            Arrival::CannotTell,
        ),
        (
            plan(
                "msgraph_update_resource",
                json!(["create"]),
                Value::Null,
                json!({"url": url, "body": {"isExpirationRequired": true}}),
                json!({"id": true}),
            ),
            Arrival::Done,
        ),
        (
            plan(
                "azuread_group",
                json!(["create"]),
                Value::Null,
                json!({"display_name": "g", "assignable_to_role": true}),
                json!({"object_id": true, "members": true, "owners": true}),
            ),
            Arrival::CannotTell,
        ),
        (
            plan(
                "azuread_group",
                json!(["update"]),
                json!({"object_id": "g", "members": []}),
                json!({"object_id": "g", "members": ["ana", null]}),
                json!({"members": [false, true]}),
            ),
            Arrival::CannotTell,
        ),
        (
            plan(
                "azuread_directory_role_assignment",
                json!(["create"]),
                Value::Null,
                json!({"role_id": GLOBAL_ADMINISTRATOR, "principal_object_id": "ana"}),
                json!({"directory_scope_id": true}),
            ),
            Arrival::CannotTell,
        ),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR);
        case.group("g", &["ana"]);
        case.group_facts("g").role_assignable = Some(true);
        case.active("ana", GLOBAL_ADMINISTRATOR);
        let (word, said) = only(&case, &file);
        assert_eq!(word, expected, "{file}: {said}");
    }
}

#[test]
fn an_id_that_a_plan_made_is_looked_for_by_name() {
    let plan = json!({"format_version": "1.2",
        "resource_changes": [
            {"address": "azuread_group.t0", "type": "azuread_group", "change": {
                "actions": ["create"], "before": null, "after_unknown": {"object_id": true},
                "after": {"display_name": "g", "assignable_to_role": true}}},
            {"address": "azuread_directory_role_assignment.a",
             "type": "azuread_directory_role_assignment", "change": {
                "actions": ["create"], "before": null,
                "after_unknown": {"principal_object_id": true},
                "after": {"role_id": GLOBAL_ADMINISTRATOR, "directory_scope_id": "/"}}}],
        "configuration": {"root_module": {"resources": [
            {"address": "azuread_directory_role_assignment.a", "expressions": {
                "principal_object_id": {
                    "references": ["azuread_group.t0.object_id", "azuread_group.t0"]}}}]}}});
    let mut case = Case::new();
    case.group("g", &[]);
    case.group_facts("g").role_assignable = Some(true);
    let words = |case: &Case| -> Vec<Arrival> {
        found(case, &plan).into_iter().map(|(word, _)| word).collect()
    };
    assert_eq!(words(&case), [Arrival::Done, Arrival::NotDone]);
    case.active("g", GLOBAL_ADMINISTRATOR);
    assert_eq!(words(&case), [Arrival::Done, Arrival::Done]);
}
