//! Plans made from the documented schemas of the providers, odd shapes included.

use crate::checks::testing::Case;
use crate::model::{Approver, GroupAccess, PrincipalId};
use crate::precheck::detect::read;
use crate::precheck::edit::{Change, DefinitionChange, Edit, RuleChange};
use serde_json::{Value, json};

fn plan(changes: Value) -> Value {
    json!({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes})
}

fn change(kind: &str, actions: Value, before: Value, after: Value, unknown: Value) -> Value {
    json!({"address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
        "provider_name": "hashicorp/azuread",
        "change": {"actions": actions, "before": before, "after": after,
            "after_unknown": unknown}})
}

/// What the plan was understood to do, item by item.
fn words(plan: &Value) -> Vec<Vec<String>> {
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    changes.iter().map(|it| it.edits.iter().map(ToString::to_string).collect()).collect()
}

#[test]
fn every_resource_is_understood_for_each_action() {
    let member = json!({"principal_object_id": "p", "role_id": "r", "directory_scope_id": "/",
        "app_scope_id": ""});
    let other = json!({"principal_object_id": "q", "role_id": "r"});
    let eligible = json!({"principal_id": "p", "role_definition_id": "r",
        "directory_scope_id": "/administrativeUnits/A", "justification": "x"});
    let schedule = json!({"group_id": "g", "principal_id": "p", "assignment_type": "member",
        "permanent_assignment": null, "duration": "P30D", "expiration_date": ""});
    for (kind, actions, before, after, expected) in [
        (
            "azuread_directory_role_assignment",
            json!(["create"]),
            json!(null),
            member.clone(),
            vec!["makes p active, past PIM, in role r without an end"],
        ),
        (
            "azuread_directory_role_assignment",
            json!(["delete", "create"]),
            member.clone(),
            other,
            vec![
                "makes p no longer active, past PIM, in role r",
                "makes q active, past PIM, in role r without an end",
            ],
        ),
        (
            "azuread_directory_role_member",
            json!(["delete"]),
            json!({"role_object_id": "r", "member_object_id": "p"}),
            json!(null),
            vec!["makes p no longer active, past PIM, in role planned:r"],
        ),
        (
            "azuread_directory_role_eligibility_schedule_request",
            json!(["create"]),
            json!(null),
            eligible,
            vec!["makes p eligible for role r within /administrativeUnits/a without an end"],
        ),
        (
            "azuread_privileged_access_group_eligibility_schedule",
            json!(["create"]),
            json!(null),
            schedule.clone(),
            vec!["makes p eligible for members of group g for 30 d"],
        ),
        (
            "azuread_privileged_access_group_assignment_schedule",
            json!(["update"]),
            schedule.clone(),
            schedule,
            vec!["makes p active in members of group g for 30 d"],
        ),
        (
            "azuread_group",
            json!(["update"]),
            json!({"object_id": "G", "members": ["a", "b"], "owners": ["o"]}),
            json!({"object_id": "G", "members": ["B", "c"], "owners": ["o"],
                "assignable_to_role": true}),
            vec![
                "makes roles assignable to group G",
                "makes a no longer a plain member of group G",
                "makes c a plain member of group G",
            ],
        ),
        (
            "azuread_group",
            json!(["create"]),
            json!(null),
            json!({"display_name": "New", "assignable_to_role": true, "members": ["a"]}),
            vec![
                "makes the group New that can be given roles",
                "makes a a plain member of group planned:azuread_group.x",
            ],
        ),
        (
            "azuread_custom_directory_role",
            json!(["create"]),
            json!(null),
            json!({"display_name": "Own"}),
            vec!["makes the custom role Own"],
        ),
        (
            "azuread_group_role_management_policy",
            json!(["delete"]),
            json!({}),
            json!(null),
            vec![
                "changes nothing that is judged: deleting it restores nothing: the settings \
                 stay as they are",
            ],
        ),
        (
            "msgraph_update_resource",
            json!(["create"]),
            json!(null),
            json!({"url": "policies/roleManagementPolicies/P/rules/Expiration_EndUser_Assignment",
                "body": {"maximumDuration": "PT24H"}}),
            vec!["sets Expiration_EndUser_Assignment (at most 24 h) of policy P"],
        ),
        (
            "msgraph_resource",
            json!(["delete"]),
            json!({"url": "roleManagement/directory/roleAssignments", "id": "aB-1", "body": {}}),
            json!(null),
            vec!["removes the role assignment aB-1"],
        ),
        (
            "msgraph_resource",
            json!(["create"]),
            json!(null),
            json!({"url": "roleManagement/directory/roleAssignments",
                "body": "{\"principalId\":\"p\",\"roleDefinitionId\":\"r\",\"directoryScopeId\":\"/\"}"}),
            vec!["makes p active, past PIM, in role r without an end"],
        ),
        (
            "azuread_directory_role_assignment",
            json!(["forget"]),
            member.clone(),
            json!(null),
            vec!["changes nothing that is judged: Terraform only forgets it: it stays as it is"],
        ),
    ] {
        let plan = plan(json!([change(kind, actions, before, after, json!({}))]));
        assert_eq!(words(&plan), [expected], "{kind}");
    }
    for (kind, after, expected) in [
        ("azurerm_pim_eligible_role_assignment", json!({}), "settings and assignments of Azure"),
        (
            "azapi_resource",
            json!({"type": "Microsoft.Authorization/roleManagementPolicies@2020-10-01"}),
            "settings and assignments of Azure",
        ),
        ("azuread_user", json!({}), "is not worked out"),
        ("aws_instance", json!({}), "resources of other providers"),
    ] {
        let plan = plan(json!([change(kind, json!(["create"]), json!(null), after, json!({}))]));
        assert!(words(&plan)[0][0].contains(expected), "{kind}");
    }
}

#[test]
fn what_changes_nothing_is_no_item() {
    let kind = "azuread_directory_role_assignment";
    let same = json!({"principal_object_id": "p", "role_id": "r"});
    let still = change(kind, json!(["no-op"]), same.clone(), same, json!({}));
    let mut data = still.clone();
    data["mode"] = json!("data");
    data["change"]["actions"] = json!(["read"]);
    assert!(words(&plan(json!([still, data]))).is_empty());
    assert!(words(&json!({"format_version": "1.0", "planned_values": {}})).is_empty());
}

#[test]
fn a_policy_states_only_what_is_known() {
    let after = json!({"group_id": "g", "role_id": "member",
        "activation_rules": [{"maximum_duration": "PT8H", "require_approval": true,
            "require_multifactor_authentication": false,
            "required_conditional_access_authentication_context": "C1",
            "approval_stage": [{"primary_approver": [{"object_id": "u", "type": "singleUser"}]}]}],
        "active_assignment_rules": [{"expiration_required": false}],
        "notification_rules": [{"eligible_activations": [{"admin_notifications": [{
            "default_recipients": false, "notification_level": "Critical",
            "additional_recipients": ["a@contoso.example"]}]}]}]});
    let unknown = json!({"id": true, "eligible_assignment_rules": true,
        "active_assignment_rules": [{"expire_after": true}]});
    let kind = "azuread_group_role_management_policy";
    let plan = plan(json!([change(kind, json!(["create"]), json!(null), after, unknown)]));
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    let of = "of the policy of members of group g";
    let words: Vec<String> = changes[0].edits.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            format!("sets Expiration_EndUser_Assignment (at most 8 h) {of}"),
            format!("sets Enablement_EndUser_Assignment (MFA false) {of}"),
            format!(
                "sets AuthenticationContext_EndUser_Assignment (enabled true, claim \"c1\") {of}"
            ),
            format!("sets Approval_EndUser_Assignment (approval required true, 1 approvers) {of}"),
            format!("sets Expiration_Admin_Assignment (an end required false) {of}"),
            format!(
                "sets Notification_Admin_EndUser_Assignment (all mails false, default \
                 recipients false, 1 further recipients) {of}"
            ),
        ]
    );
    let kept = ["active_assignment_rules.expire_after", "eligible_assignment_rules"];
    assert_eq!(changes[0].kept, kept);
    assert!(changes[0].unknown.is_empty());
}

#[test]
fn an_id_that_comes_later_is_that_of_what_is_referred_to() {
    let after = json!({"role_id": "r"});
    let unknown = json!({"principal_object_id": true});
    let kind = "azuread_directory_role_assignment";
    let mut plan = plan(json!([change(kind, json!(["create"]), json!(null), after, unknown)]));
    plan["configuration"] = json!({"root_module": {"resources": [{
        "address": "azuread_directory_role_assignment.x",
        "expressions": {"principal_object_id": {"references":
            ["azuread_group.tier0[0].object_id", "azuread_group.tier0[0]", "azuread_group.tier0"]}}}]}});
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    assert_eq!(
        changes[0].edits[0].to_string(),
        "makes planned:azuread_group.tier0[0] active, past PIM, in role r without an end"
    );
    assert_eq!(
        changes[0].unknown,
        ["principal_object_id is the id of azuread_group.tier0[0], known after the change"]
    );
}

#[test]
fn the_groups_of_one_resource_are_not_one_group() {
    let group = |key: &str, members: Value| {
        let after = json!({"display_name": key, "assignable_to_role": true, "members": members});
        let mut made =
            change("azuread_group", json!(["create"]), json!(null), after, json!({"id": true}));
        made["address"] = json!(format!("azuread_group.g[\"{key}\"]"));
        made
    };
    let assignment = change(
        "azuread_directory_role_assignment",
        json!(["create"]),
        json!(null),
        json!({"role_id": "r", "directory_scope_id": "/"}),
        json!({"principal_object_id": true}),
    );
    for (references, expected, said) in [
        (
            json!([
                "azuread_group.g[\"a\"].object_id",
                "azuread_group.g[\"a\"]",
                "azuread_group.g"
            ]),
            "makes planned:azuread_group.g[\"a\"] active, past PIM, in role r without an end",
            "principal_object_id is the id of azuread_group.g[\"a\"], known after the change",
        ),
        (
            json!(["azuread_group.g", "var.key"]),
            "makes planned:azuread_directory_role_assignment.x.principal_object_id active, past \
             PIM, in role r without an end",
            "principal_object_id is the id of one of several: azuread_group.g, known after the \
             change",
        ),
    ] {
        let mut plan = plan(json!([
            group("a", json!(["u1", "u2"])),
            group("b", json!([])),
            assignment.clone()
        ]));
        plan["configuration"] = json!({"root_module": {"resources": [{
            "address": "azuread_directory_role_assignment.x",
            "expressions": {"principal_object_id": {"references": references}}}]}});
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        let words: Vec<String> = changes[0].edits.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 3, "{words:?}");
        assert!(words[1].ends_with("member of group planned:azuread_group.g[\"a\"]"), "{words:?}");
        assert_eq!(changes[1].edits.len(), 1);
        assert_eq!(changes[2].edits[0].to_string(), expected);
        assert_eq!(changes[2].unknown, [said]);
    }
}

#[test]
fn a_scope_that_comes_later_is_said_where_somebody_stated_it() {
    let kind = "azuread_directory_role_assignment";
    let unknown = json!({"directory_scope_id": true, "app_scope_id": true});
    let after = json!({"principal_object_id": "p", "role_id": "r"});
    let stated = |references: Value| {
        json!({"root_module": {"resources": [{"address": format!("{kind}.x"),
            "expressions": {"directory_scope_id": {"references": references}}}]}})
    };
    let whole = "directory_scope_id is known only after the change: judged as the whole tenant";
    for (configuration, within, said) in [
        // The provider fills in the tenant where nothing is stated.
        (
            json!({"root_module": {"resources": [{"address": format!("{kind}.x"),
                "expressions": {"role_id": {}}}]}}),
            "",
            vec![],
        ),
        (
            stated(json!([
                "azuread_administrative_unit.u.object_id",
                "azuread_administrative_unit.u"
            ])),
            " within /administrativeUnits/planned:azuread_administrative_unit.u",
            vec![
                "directory_scope_id is that of azuread_administrative_unit.u, known after the \
                 change",
            ],
        ),
        (stated(json!(["var.scope"])), "", vec![whole]),
        (stated(json!(["azuread_application.x.object_id"])), "", vec![whole]),
        (json!(null), "", vec![whole]),
    ] {
        let mut plan = plan(json!([change(
            kind,
            json!(["create"]),
            json!(null),
            after.clone(),
            unknown.clone()
        )]));
        plan["configuration"] = configuration.clone();
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        let expected = format!("makes p active, past PIM, in role r{within} without an end");
        assert_eq!(changes[0].edits[0].to_string(), expected, "{configuration}");
        assert_eq!(changes[0].unknown, said, "{configuration}");
    }
    let mut odd = after;
    odd["directory_scope_id"] = json!("/subscriptions/s");
    let plan = plan(json!([change(kind, json!(["create"]), json!(null), odd, json!({}))]));
    let faults = read("plan.json", plan.to_string().as_bytes()).unwrap_err();
    assert!(faults[0].message.contains("is no scope of a directory role"), "{}", faults[0]);
}

#[test]
fn what_others_may_send_is_not_called_harmless() {
    let open = "is not assessed";
    let other = "resources of other providers are not looked at";
    let azapi = |kind: &str| json!({"type": kind, "body": {}});
    for (kind, after, expected) in [
        ("terraform_data", json!({"input": "x"}), open),
        ("null_resource", json!({}), open),
        ("restapi_object", json!({"path": "/v1.0/groups"}), open),
        ("azurerm_role_definition", json!({"name": "x"}), open),
        ("azurerm_resource_group_template_deployment", json!({}), open),
        ("azapi_resource_action", azapi("Microsoft.Authorization@2016-07-01"), open),
        (
            "azapi_resource_action",
            azapi("Microsoft.Authorization/roleManagementPolicies@2020-10-01"),
            open,
        ),
        ("azapi_resource", azapi("Microsoft.Graph/roleManagementPolicies@beta"), open),
        ("azapi_resource", azapi("Microsoft.Resources/deployments@2021-04-01"), open),
        ("azapi_resource", json!({}), open),
        ("azapi_resource", azapi("Microsoft.Storage/storageAccounts@2023-01-01"), other),
        ("azapi_resource", azapi("Microsoft.Authorization/policyAssignments@2024-04-01"), other),
        ("azapi_resource", azapi("Microsoft.Authorization/locks@2020-05-01"), other),
        ("azurerm_storage_account", json!({}), other),
        ("aws_instance", json!({}), other),
    ] {
        let words = made(kind, after.clone(), json!({})).edits[0].to_string();
        assert!(words.contains(expected), "{kind} {after}: {words}");
    }
    let one = |kind: &str| change(kind, json!(["create"]), json!(null), json!({}), json!({}));
    let plan = plan(json!([one("aws_b"), one("aws_a"), one("aws_b")]));
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    assert_eq!(changes[0].item, "3 resources of other kinds");
    let words = changes[0].edits[0].to_string();
    assert!(words.ends_with("are not looked at: aws_a, aws_b"), "{words}");
}

#[test]
fn actions_of_terraform_are_items_of_their_own() {
    let action = json!({"address": "action.msgraph_resource_action.x",
        "type": "msgraph_resource_action", "name": "x", "config_values": {},
        "invoke_action_trigger": {}});
    let plan = json!({"format_version": "1.2", "planned_values": {},
        "action_invocations": [action.clone()],
        "deferred_action_invocations": [{"reason": "absent_prereq", "action_invocation": action}]});
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    assert_eq!(changes.len(), 2);
    for change in &changes {
        assert_eq!(change.item, "action.msgraph_resource_action.x");
        assert!(matches!(change.edits.as_slice(), [Edit::NotAssessed { .. }]), "{change:?}");
    }
}

#[test]
fn a_group_that_follows_a_rule_is_not_assessed() {
    let ruled = "is not assessed: who is in the group changes by more than what is worked out";
    let before = json!({"object_id": "g", "display_name": "D", "types": [],
        "dynamic_membership": []});
    let with = |name: &str, value: Value| {
        let mut after = before.clone();
        after[name] = value;
        after
    };
    let rule = json!([{"enabled": true, "rule": "user.department -eq \"IT\""}]);
    for (after, expected) in [
        (with("dynamic_membership", rule.clone()), vec![ruled]),
        (with("types", json!(["DynamicMembership"])), vec![ruled]),
        (
            with("display_name", json!("E")),
            vec!["changes nothing that is judged: neither members nor roles of the group change"],
        ),
        (
            with("dynamic_membership", json!(null)),
            vec!["changes nothing that is judged: neither members nor roles of the group change"],
        ),
    ] {
        let plan = plan(json!([change(
            "azuread_group",
            json!(["update"]),
            before.clone(),
            after.clone(),
            json!({})
        )]));
        assert_eq!(words(&plan), [expected], "{after}");
    }
    let item = made("azuread_group", with("dynamic_membership", rule), json!({}));
    assert_eq!(item.edits.last().map(ToString::to_string).as_deref(), Some(ruled));
}

#[test]
fn nobody_leaves_a_list_of_which_a_part_comes_later() {
    let state = |members: Value| json!({"object_id": "g", "members": members});
    let plan = plan(json!([change(
        "azuread_group",
        json!(["update"]),
        state(json!(["a", "b"])),
        state(json!(["a", "c", null])),
        json!({"members": [false, false, true]})
    )]));
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    let words: Vec<String> = changes[0].edits.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["makes c a plain member of group g"]);
    assert_eq!(changes[0].unknown, ["an entry of members is known only after the change"]);
}

#[test]
fn what_an_earlier_apply_left_behind_is_told_from_what_is_in_its_place() {
    let kind = "azuread_directory_role_assignment";
    let before = json!({"principal_object_id": "p", "role_id": "r"});
    let mut deposed = change(kind, json!(["delete"]), before, json!(null), json!({}));
    deposed["deposed"] = json!("abcd1234");
    let plan = plan(json!([deposed]));
    let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
    assert_eq!(changes[0].item, format!("{kind}.x (deposed object abcd1234)"));
}

/// Each resource of azuread for each action; the words are those of the values before and after.
#[test]
fn every_resource_of_azuread_is_understood_for_every_action() {
    let schedule = |principal: &str| {
        json!({"group_id": "g", "principal_id": principal, "assignment_type": "owner",
            "permanent_assignment": true})
    };
    let role = |principal: &str| json!({"principal_object_id": principal, "role_id": "r"});
    let eligible = |principal: &str| {
        json!({"principal_id": principal, "role_definition_id": "r", "directory_scope_id": "/",
            "justification": "x"})
    };
    let template =
        json!({"role_object_id": "11111111-0000-4000-8000-000000000001", "member_object_id": "p"});
    let member = |principal: &str| json!({"group_object_id": "g", "member_object_id": principal});
    let made = "11111111-0000-4000-8000-000000000001";
    let past_pim = |principal: &str, held: bool| match held {
        true => format!("makes {principal} active, past PIM, in role r without an end"),
        false => format!("makes {principal} no longer active, past PIM, in role r"),
    };
    let for_role = |principal: &str, held: bool| match held {
        true => format!("makes {principal} eligible for role r without an end"),
        false => format!("makes {principal} no longer eligible for role r"),
    };
    let of_group = |how: &str, principal: &str, held: bool| match held {
        true => format!("makes {principal} {how} owners of group g without an end"),
        false => format!("makes {principal} no longer {how} owners of group g"),
    };
    let plain = |principal: &str, held: bool| match held {
        true => format!("makes {principal} a plain member of group g"),
        false => format!("makes {principal} no longer a plain member of group g"),
    };
    let of_member = |held: bool| match held {
        true => format!("makes p active, past PIM, in role planned:{made} without an end"),
        false => format!("makes p no longer active, past PIM, in role planned:{made}"),
    };
    // Before, after, and what taking the one and giving the other reads like.
    let resources: Vec<(&str, Value, Value, [String; 2])> = vec![
        (
            "azuread_directory_role_assignment",
            role("p"),
            role("q"),
            [past_pim("p", false), past_pim("q", true)],
        ),
        (
            "azuread_directory_role_member",
            template.clone(),
            template,
            [of_member(false), of_member(true)],
        ),
        (
            "azuread_directory_role_eligibility_schedule_request",
            eligible("p"),
            eligible("q"),
            [for_role("p", false), for_role("q", true)],
        ),
        (
            "azuread_privileged_access_group_eligibility_schedule",
            schedule("p"),
            schedule("q"),
            [of_group("eligible for", "p", false), of_group("eligible for", "q", true)],
        ),
        (
            "azuread_privileged_access_group_assignment_schedule",
            schedule("p"),
            schedule("q"),
            [of_group("active in", "p", false), of_group("active in", "q", true)],
        ),
        ("azuread_group_member", member("p"), member("q"), [plain("p", false), plain("q", true)]),
    ];
    for (kind, before, after, [goes, comes]) in &resources {
        for (actions, before, after, expected) in [
            (json!(["create"]), &Value::Null, after, vec![comes]),
            (json!(["update"]), before, after, vec![comes]),
            (json!(["delete"]), before, &Value::Null, vec![goes]),
            (json!(["delete", "create"]), before, after, vec![goes, comes]),
            (json!(["create", "delete"]), before, after, vec![goes, comes]),
        ] {
            let (before, after) = (before.clone(), after.clone());
            let found =
                words(&plan(json!([change(kind, actions.clone(), before, after, json!({}))])));
            assert_eq!(found.len(), 1, "{kind} {actions}");
            assert_eq!(found[0].iter().collect::<Vec<_>>(), expected, "{kind} {actions}");
        }
        for action in ["no-op", "read"] {
            let mut still =
                change(kind, json!([action]), before.clone(), before.clone(), json!({}));
            if action == "read" {
                still["mode"] = json!("data");
            }
            assert!(words(&plan(json!([still]))).is_empty(), "{kind} {action}");
        }
    }
}

#[test]
fn groups_roles_and_policies_are_understood_for_every_action() {
    let ends = "is not assessed: whatever the group holds ends with it: see pimaudit who";
    let group = |id: &str, member: &str| {
        json!({"object_id": id, "display_name": "D", "assignable_to_role": true,
            "members": [member]})
    };
    let new = "makes the group D that can be given roles";
    let entry = |id: &str| format!("makes a a plain member of group {id}");
    let planned = |kind: &str| format!("planned:{kind}.x");
    for kind in ["azuread_group", "azuread_group_without_members"] {
        for (actions, before, after, expected) in [
            (
                json!(["create"]),
                json!(null),
                group("", "a"),
                vec![new.to_owned(), entry(&planned(kind))],
            ),
            (
                json!(["update"]),
                group("g", "b"),
                group("g", "a"),
                vec!["makes b no longer a plain member of group g".to_owned(), entry("g")],
            ),
            (json!(["delete"]), group("g", "b"), json!(null), vec![ends.to_owned()]),
            (
                json!(["delete", "create"]),
                group("g", "b"),
                group("", "a"),
                vec![ends.to_owned(), new.to_owned(), entry(&planned(kind))],
            ),
            (json!(["no-op"]), group("g", "b"), group("g", "b"), vec![]),
        ] {
            let plan = plan(json!([change(kind, actions.clone(), before, after, json!({}))]));
            let found: Vec<String> = words(&plan).into_iter().flatten().collect();
            assert_eq!(found, expected, "{kind} {actions}");
        }
    }
    let role = |id: &str, action: &str| {
        json!({"object_id": id, "display_name": "Own",
            "permissions": [{"allowed_resource_actions": [action]}]})
    };
    let kind = "azuread_custom_directory_role";
    for (actions, before, after, expected) in [
        (json!(["create"]), json!(null), role("", "a"), vec![(DefinitionChange::Made, "planned:")]),
        (json!(["update"]), role("r", "a"), role("r", "b"), vec![(DefinitionChange::Changed, "r")]),
        (json!(["delete"]), role("r", "a"), json!(null), vec![(DefinitionChange::Deleted, "r")]),
        (
            json!(["delete", "create"]),
            role("r", "a"),
            role("", "b"),
            vec![(DefinitionChange::Deleted, "r"), (DefinitionChange::Made, "planned:")],
        ),
        (json!(["update"]), role("r", "a"), role("r", "a"), vec![]),
        (json!(["no-op"]), role("r", "a"), role("r", "a"), vec![]),
    ] {
        let plan = plan(json!([change(kind, actions.clone(), before, after, json!({}))]));
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        let mut found = Vec::new();
        for edit in changes.iter().flat_map(|it| &it.edits) {
            if let Edit::RoleDefinition { role, change, .. } = edit {
                found.push((*change, role.to_string()));
            }
        }
        assert_eq!(found.len(), expected.len(), "{actions}");
        for ((change, role), (wanted, id)) in found.iter().zip(expected) {
            assert_eq!((*change, role.starts_with(id)), (wanted, true), "{actions} {role}");
        }
    }
    let policy = |longest: &str| {
        json!({"group_id": "g", "role_id": "member",
            "activation_rules": [{"maximum_duration": longest}]})
    };
    let sets = |longest: &str| {
        format!(
            "sets Expiration_EndUser_Assignment (at most \
             {longest}) of the policy of members of group g"
        )
    };
    let kept = "changes nothing that is judged: deleting it restores nothing: the settings stay as \
        they are";
    let kind = "azuread_group_role_management_policy";
    for (actions, before, after, expected) in [
        (json!(["create"]), json!(null), policy("PT4H"), vec![sets("4 h")]),
        (json!(["update"]), policy("PT8H"), policy("PT4H"), vec![sets("4 h")]),
        (json!(["delete", "create"]), policy("PT4H"), policy("PT4H"), vec![sets("4 h")]),
        (json!(["delete"]), policy("PT4H"), json!(null), vec![kept.to_owned()]),
        (json!(["no-op"]), policy("PT4H"), policy("PT4H"), vec![]),
    ] {
        let plan = plan(json!([change(kind, actions.clone(), before, after, json!({}))]));
        let found: Vec<String> = words(&plan).into_iter().flatten().collect();
        assert_eq!(found, expected, "{actions}");
    }
}

#[test]
fn odd_plans_are_refused_with_their_place() {
    let kind = "azuread_directory_role_assignment";
    for (plan, expected) in [
        (json!({"format_version": "9"}), "no format version"),
        (json!({"format_version": "1.0", "values": {}}), "it is a state"),
        (json!({"format_version": "1.0", "resource_changes": {}}), "/resource_changes: it is no"),
        (
            json!({"format_version": "1.0", "errored": true, "resource_changes": []}),
            "the plan failed",
        ),
        (plan(json!([{}])), "/resource_changes/0: type is missing"),
        (
            plan(json!([change(kind, json!(["sing"]), json!(null), json!({}), json!({}))])),
            "no action of a plan",
        ),
        (
            plan(json!([change(kind, json!(["create"]), json!(null), json!({}), json!({}))])),
            "principal_object_id is missing",
        ),
        (
            plan(json!([change(kind, json!(["delete"]), json!(null), json!(null), json!({}))])),
            "values before are missing",
        ),
    ] {
        let faults = read("plan.json", plan.to_string().as_bytes()).unwrap_err();
        let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(text.join("\n").contains(expected), "{plan}: {text:?}");
    }
}

/// One resource that is made, and what is said of it.
fn made(kind: &str, after: Value, unknown: Value) -> Change {
    let plan = plan(json!([change(kind, json!(["create"]), json!(null), after, unknown)]));
    read("plan.json", plan.to_string().as_bytes()).unwrap().remove(0)
}

#[test]
fn what_the_providers_lose_at_the_first_apply_is_said() {
    let kind = "azuread_group_role_management_policy";
    let with =
        |block: &str, stated: Value| json!({"group_id": "g", "role_id": "member", block: [stated]});
    for (after, unknown, expected) in [
        (
            with("activation_rules", json!({"require_justification": true})),
            json!({"activation_rules": [{"require_multifactor_authentication": true,
                "require_ticket_info": true, "maximum_duration": true}]}),
            Some(
                "activation_rules does not state require_multifactor_authentication, \
                require_ticket_info",
            ),
        ),
        (
            with("active_assignment_rules", json!({"expire_after": "P90D"})),
            json!({"active_assignment_rules": [{"expiration_required": true}]}),
            Some("active_assignment_rules does not state expiration_required"),
        ),
        (
            with("eligible_assignment_rules", json!({"expire_after": "P365D"})),
            json!({"eligible_assignment_rules": [{"expiration_required": true}]}),
            Some("eligible_assignment_rules does not state expiration_required"),
        ),
        // Nothing of the list is stated, so nothing of it is sent.
        (
            with("activation_rules", json!({"maximum_duration": "PT4H"})),
            json!({"activation_rules": [{"require_multifactor_authentication": true,
                "require_justification": true, "require_ticket_info": true}]}),
            None,
        ),
        (
            with(
                "active_assignment_rules",
                json!({"expire_after": "P90D", "expiration_required": true}),
            ),
            json!({}),
            None,
        ),
    ] {
        let item = made(kind, after.clone(), unknown.clone());
        match expected {
            Some(expected) => {
                assert_eq!(item.unknown.len(), 1, "{after}: {:?}", item.unknown);
                assert!(item.unknown[0].starts_with(expected), "{:?}", item.unknown);
                // What may be lost is not said to be kept.
                let lost = expected.rsplit(' ').next().unwrap();
                assert!(!item.kept.iter().any(|it| it.ends_with(lost)), "{:?}", item.kept);
            }
            None => assert!(item.unknown.is_empty(), "{after}: {:?}", item.unknown),
        }
    }
}

#[test]
fn a_policy_that_changes_sends_only_what_differs() {
    let state = |hours: &str, approval: bool| {
        json!({"group_id": "g", "role_id": "owner", "activation_rules": [{
            "maximum_duration": hours, "require_approval": approval,
            "require_multifactor_authentication": true,
            "required_conditional_access_authentication_context": "c1"}]})
    };
    let kind = "azuread_group_role_management_policy";
    for (after, expected) in [
        (
            state("PT8H", true),
            "sets Expiration_EndUser_Assignment (at most 8 h) of the policy of owners of group g",
        ),
        (
            state("PT4H", false),
            "sets Approval_EndUser_Assignment (approval \
             required false) of the policy of owners of group g",
        ),
        (
            state("PT4H", true),
            "changes nothing that is judged: it states no setting, so all keep their live value",
        ),
    ] {
        let plan =
            plan(json!([change(kind, json!(["update"]), state("PT4H", true), after, json!({}))]));
        assert_eq!(words(&plan), [[expected]]);
    }
}

#[test]
fn an_approver_without_a_type_is_none() {
    let after = json!({"group_id": "g", "role_id": "member", "activation_rules": [{
        "require_approval": true, "approval_stage": [{"primary_approver": [
            {"object_id": "u", "type": ""}, {"object_id": "v", "type": "User"}]}]}]});
    let item = made("azuread_group_role_management_policy", after, json!({}));
    let Edit::SetRule(_, RuleChange::Approval { stages: Some(stages), .. }) = &item.edits[0] else {
        panic!("{:?}", item.edits)
    };
    let [unknown, user] = stages[0].approvers.as_slice() else { panic!("{stages:?}") };
    assert!(matches!(unknown, Approver::Unknown(_)), "{unknown:?}");
    assert_eq!(*user, Approver::User(PrincipalId::new("v")));
}

#[test]
fn what_is_open_in_a_body_hides_nothing_else() {
    let policy = "policies/roleManagementPolicies/DirectoryRole_T_P";
    let approval = |id: Value| {
        let group = json!({"@odata.type": "#microsoft.graph.groupMembers", "groupId": id});
        json!({"id": "Approval_EndUser_Assignment", "setting": {"isApprovalRequired": true,
            "approvalStages": [{"primaryApprovers": [group]}]}})
    };
    let open_group = json!({"setting": {"approvalStages": [{"primaryApprovers": [
        {"groupId": true}]}]}});
    let asked = json!({"id": "Enablement_EndUser_Assignment", "enabledRules": []});
    let of = "of policy DirectoryRole_T_P";
    let nothing_asked = format!(
        "sets Enablement_EndUser_Assignment (MFA false, justification false, ticket false) {of}"
    );
    let approved =
        format!("sets Approval_EndUser_Assignment (approval required true, 1 approvers) {of}");
    let not_known = "is not assessed: what this rule says is not known yet".to_owned();
    for (url, body, open, expected) in [
        (
            policy.to_owned(),
            json!({"rules": [asked.clone(), approval(json!(null))]}),
            json!({"rules": [{}, open_group.clone()]}),
            vec![nothing_asked.clone(), approved.clone()],
        ),
        // A rule that comes later as a whole, whether the list holds its place or not.
        (
            policy.to_owned(),
            json!({"rules": [null, asked.clone()]}),
            json!({"rules": [true, {}]}),
            vec![not_known.clone(), nothing_asked.clone()],
        ),
        (
            policy.to_owned(),
            json!({"rules": [asked.clone()]}),
            json!({"rules": [{}, true]}),
            vec![nothing_asked.clone(), not_known.clone()],
        ),
        // Which rule it is comes later.
        (
            policy.to_owned(),
            json!({"rules": [{"enabledRules": []}, asked.clone()]}),
            json!({"rules": [{"id": true}, {}]}),
            vec![not_known.clone(), nothing_asked.clone()],
        ),
        (
            format!("{policy}/rules/Approval_EndUser_Assignment"),
            approval(json!(null)),
            open_group,
            vec![approved],
        ),
        // A list of which one item is open is not stated.
        (
            format!("{policy}/rules/Enablement_EndUser_Assignment"),
            json!({"enabledRules": ["Justification", null]}),
            json!({"enabledRules": [false, true]}),
            vec![format!("sets Enablement_EndUser_Assignment (nothing) {of}")],
        ),
        (
            format!("{policy}/rules/Expiration_EndUser_Assignment"),
            json!({"maximumDuration": "PT2H"}),
            json!({"isExpirationRequired": true}),
            vec![format!("sets Expiration_EndUser_Assignment (at most 2 h) {of}")],
        ),
    ] {
        let (after, unknown) = (json!({"url": url, "body": body}), json!({"body": open}));
        let file = plan(json!([change(
            "msgraph_update_resource",
            json!(["update"]),
            json!({"url": url}),
            after,
            unknown
        )]));
        assert_eq!(words(&file), [expected], "{file}");
        let changes = read("plan.json", file.to_string().as_bytes()).unwrap();
        assert!(!changes[0].unknown.is_empty(), "{file}");
    }
    // Only the rule that comes later is named.
    let open_first = json!([
        change(
            "msgraph_update_resource",
            json!(["update"]),
            json!({}),
            json!({"url": policy, "body": {"rules": [null, asked.clone()]}}),
            json!({"body": {"rules": [true, {}]}})
        ),
        change(
            "azapi_update_resource",
            json!(["update"]),
            json!({}),
            json!({"type": "Microsoft.Authorization/roleManagementPolicies@2020-10-01",
                "resource_id": "p", "body": {"properties": {"rules": [null, asked]}}}),
            json!({"body": {"properties": {"rules": [true, {}]}}})
        ),
    ]);
    let changes = read("plan.json", plan(open_first).to_string().as_bytes()).unwrap();
    assert_eq!(changes[0].unknown, ["body.rules.0 is known after the change"]);
    assert_eq!(changes[1].unknown, ["body.properties.rules.0 is known after the change"]);
    let rules = &changes[1].stated.as_ref().unwrap().rules;
    assert_eq!(
        rules.iter().map(RuleChange::id).collect::<Vec<_>>(),
        ["Enablement_EndUser_Assignment"]
    );
    // Somebody who is made in the same plan gets a role all the time.
    let body = json!({"action": "adminAssign", "roleDefinitionId": "r",
        "scheduleInfo": {"expiration": {"type": "noExpiration"}}});
    let file = plan(json!([change(
        "msgraph_resource",
        json!(["create"]),
        json!(null),
        json!({"url": "roleManagement/directory/roleAssignmentScheduleRequests", "body": body}),
        json!({"body": {"principalId": true, "directoryScopeId": true}})
    )]));
    let expected = "makes planned:msgraph_resource.x.body.principalId active in role r without an \
        end";
    assert_eq!(words(&file), [[expected]]);
    // What is wrong and not open is a fault, at its place.
    let misspelt = json!({"id": "Expiration_EndUser_Assignment", "maximumDuraton": "PT2H"});
    let file = plan(json!([change(
        "msgraph_update_resource",
        json!(["update"]),
        json!({}),
        json!({"url": policy, "body": {"rules": [approval(json!(null)), misspelt]}}),
        json!({"body": {"rules": [{"setting": {"isApprovalRequired": true}}, {}]}})
    )]));
    let faults = read("plan.json", file.to_string().as_bytes()).unwrap_err();
    assert!(faults[0].place.pointer.ends_with("/body/rules/1"), "{}", faults[0]);
}

#[test]
fn resources_that_set_the_same_differently_leave_open_which_comes_last() {
    let item = |name: &str, kind: &str, action: &str, value: Value| {
        let (before, after) = match action {
            "delete" => (value, json!(null)),
            _ => (json!(null), value),
        };
        let mut item = change(kind, json!([action]), before, after, json!({}));
        item["address"] = json!(name);
        item
    };
    let role = "azuread_directory_role_assignment";
    let policy = "azuread_group_role_management_policy";
    let dirk = || json!({"principal_object_id": "dirk", "role_id": "r"});
    let lasts = |hours: &str| {
        json!({"group_id": "g", "role_id": "member",
            "activation_rules": [{"maximum_duration": hours}]})
    };
    let context = |claim: &str| {
        json!({"group_id": "g", "role_id": "member", "activation_rules": [
            {"required_conditional_access_authentication_context": claim}]})
    };
    let asked = |mfa: bool, justification: bool| {
        json!({"group_id": "g", "role_id": "member", "activation_rules": [
            {"require_multifactor_authentication": mfa, "require_justification": justification}]})
    };
    let neither = "sets Enablement_EndUser_Assignment (MFA false, justification false) of the policy of \
                   members of group g";
    let schedule = |length: &str| {
        json!({"group_id": "g", "principal_id": "p", "assignment_type": "member",
            "duration": length})
    };
    let in_group = "azuread_privileged_access_group_eligibility_schedule";
    let given = "makes dirk active, past PIM, in role r without an end";
    let taken = "makes dirk no longer active, past PIM, in role r";
    let long =
        "sets Expiration_EndUser_Assignment (at most 8 h) of the policy of members of group g";
    // What is left of each; the empty text stands for what is not assessed.
    for (one, other, expected) in [
        // A resource that was renamed: whoever is deleted last may have lost the role.
        (
            item("admins", role, "create", dirk()),
            item("old", role, "delete", dirk()),
            Some([given, taken]),
        ),
        (
            item("a", role, "delete", dirk()),
            item("b", role, "create", dirk()),
            Some([taken, given]),
        ),
        (
            item("a", policy, "create", lasts("PT8H")),
            item("b", policy, "create", lasts("PT1H")),
            Some([long, ""]),
        ),
        (
            item("a", policy, "create", lasts("PT1H")),
            item("b", policy, "create", lasts("PT8H")),
            Some(["", long]),
        ),
        (
            item("a", in_group, "create", schedule("P30D")),
            item("b", in_group, "create", schedule("P90D")),
            Some(["", "makes p eligible for members of group g for 90 d"]),
        ),
        // Neither of two contexts asks for less.
        (
            item("a", policy, "create", context("c1")),
            item("b", policy, "create", context("c2")),
            Some(["", ""]),
        ),
        // Each asks for what the other does not: what either takes away is judged.
        (
            item("a", policy, "create", asked(true, false)),
            item("b", policy, "create", asked(false, true)),
            Some([neither, neither]),
        ),
        (
            item("a", policy, "create", lasts("PT8H")),
            item("b", policy, "create", lasts("PT8H")),
            None,
        ),
        (
            item("a", policy, "create", lasts("PT8H")),
            item("b", policy, "create", context("c1")),
            None,
        ),
    ] {
        let file = plan(json!([one, other]));
        let changes = read("plan.json", file.to_string().as_bytes()).unwrap();
        let said: Vec<bool> = changes
            .iter()
            .map(|it| it.unknown.iter().any(|text| text.contains("which of the two comes last")))
            .collect();
        assert_eq!(said, [expected.is_some(); 2], "{file}");
        for (change, expected) in changes.iter().zip(expected.into_iter().flatten()) {
            let words = change.edits[0].to_string();
            match expected {
                "" => assert!(words.starts_with("is not assessed: "), "{file}: {words}"),
                expected => assert_eq!(words, expected, "{file}"),
            }
        }
    }
}

#[test]
fn a_switch_and_its_value_in_two_resources_do_not_contradict() {
    let rule = |name: &str, rule: &str, body: Value| {
        let url = format!("policies/roleManagementPolicies/p/rules/{rule}");
        let mut item = change(
            "msgraph_update_resource",
            json!(["update"]),
            json!({}),
            json!({"url": url, "body": body}),
            json!({}),
        );
        item["address"] = json!(name);
        item
    };
    let approval = |setting: Value| ("Approval_EndUser_Assignment", json!({"setting": setting}));
    let by = |id: &str| {
        json!([{"primaryApprovers": [
            {"@odata.type": "#microsoft.graph.singleUser", "userId": id}]}])
    };
    let asks = |words: Value| ("Enablement_EndUser_Assignment", json!({"enabledRules": words}));
    let lasts = |body: Value| ("Expiration_Admin_Assignment", body);
    let context = |body: Value| ("AuthenticationContext_EndUser_Assignment", body);
    for (one, other, contradict) in [
        (
            approval(json!({"approvalStages": by("ana")})),
            approval(json!({"isApprovalRequired": true})),
            false,
        ),
        (
            approval(json!({"approvalStages": by("ana")})),
            approval(json!({"isApprovalRequired": true, "approvalStages": by("ben")})),
            true,
        ),
        (
            lasts(json!({"isExpirationRequired": true})),
            lasts(json!({"maximumDuration": "P30D"})),
            false,
        ),
        (
            lasts(json!({"isExpirationRequired": true, "maximumDuration": "P15D"})),
            lasts(json!({"maximumDuration": "P30D"})),
            true,
        ),
        (context(json!({"isEnabled": true})), context(json!({"claimValue": "c1"})), false),
        (asks(json!(["Justification"])), asks(json!(["MultiFactorAuthentication"])), true),
    ] {
        for [one, other] in [[&one, &other], [&other, &one]] {
            let file =
                plan(json!([rule("a", one.0, one.1.clone()), rule("b", other.0, other.1.clone())]));
            let changes = read("plan.json", file.to_string().as_bytes()).unwrap();
            let said = |it: &Change| it.unknown.iter().any(|it| it.contains("comes last"));
            assert_eq!(changes.iter().all(said), contradict, "{file}");
            assert_eq!(changes.iter().any(said), contradict, "{file}");
        }
    }
}

#[test]
fn a_policy_by_its_id_is_the_same_as_by_its_group_where_the_tenant_says_so() {
    let mut case = Case::new();
    case.group("g", &[]);
    case.onboard("g");
    case.group_policy("g", GroupAccess::Member).id = "Group_g_one".into();
    case.group_policy("g", GroupAccess::Owner).id = "Group_g_two".into();
    let by_group = change(
        "azuread_group_role_management_policy",
        json!(["create"]),
        json!(null),
        json!({"group_id": "g", "role_id": "member",
            "activation_rules": [{"maximum_duration": "PT1H"}]}),
        json!({}),
    );
    let by_id = |id: &str, length: &str| {
        let url =
            format!("policies/roleManagementPolicies/{id}/rules/Expiration_EndUser_Assignment");
        change(
            "msgraph_update_resource",
            json!(["update"]),
            json!({}),
            json!({"url": url, "body": {"maximumDuration": length}}),
            json!({}),
        )
    };
    for (id, length, contradict) in [
        ("Group_g_one", "PT8H", true),
        ("group_G_ONE", "PT8H", true),
        ("Group_g_one", "PT1H", false),
        ("Group_g_two", "PT8H", false),
    ] {
        for items in [[by_group.clone(), by_id(id, length)], [by_id(id, length), by_group.clone()]]
        {
            let is_first = items[0]["type"] == "msgraph_update_resource";
            let file = plan(json!(items)).to_string();
            let changes = read("plan.json", file.as_bytes()).unwrap();
            let settled = super::settled(&case.tenant, &changes);
            let said = |it: &Change| it.unknown.iter().any(|it| it.contains("comes last"));
            assert!(!changes.iter().any(said), "{file}");
            assert_eq!(
                settled.iter().filter(|it| said(it)).count(),
                if contradict { 2 } else { 0 }
            );
            // The one that asks for less is judged.
            let (less, more) = if is_first { (0, 1) } else { (1, 0) };
            let is_left = |place: usize| matches!(settled[place].edits[0], Edit::SetRule(..));
            assert_eq!((is_left(less), is_left(more)), (true, !contradict), "{file}");
        }
    }
    // Requests of a list are sent one after the other.
    let request = |length: &str| {
        json!({"method": "PATCH", "body": {"maximumDuration": length},
            "url": "policies/roleManagementPolicies/Group_g_one/rules/Expiration_EndUser_Assignment"})
    };
    let list = json!([request("PT1H"), request("PT8H")]).to_string();
    let changes = read("list.json", list.as_bytes()).unwrap();
    assert_eq!(*super::settled(&case.tenant, &changes), *changes);
}

#[test]
fn a_resource_that_may_send_nothing_says_so() {
    for (turn, expected) in [("create", 1), ("update", 0)] {
        let after = json!({"url": "policies/roleManagementPolicies/p/rules/\
            Expiration_EndUser_Assignment", "body": {"maximumDuration": "PT2H"}});
        let kind = "msgraph_update_resource";
        let file = plan(json!([change(kind, json!([turn]), json!(null), after, json!({}))]));
        let changes = read("plan.json", file.to_string().as_bytes()).unwrap();
        assert_eq!(changes[0].remarks.len(), expected, "{turn}");
    }
}

#[test]
fn requests_of_msgraph_go_where_the_provider_sends_them() {
    let reference = json!({"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/p"});
    let assignment = json!({"principalId": "p", "roleDefinitionId": "r", "directoryScopeId": "/"});
    let replaced = json!({"principalId": "q", "roleDefinitionId": "r", "directoryScopeId": "/"});
    let rule = "policies/roleManagementPolicies/P/rules/Expiration_EndUser_Assignment";
    let four = json!({"maximumDuration": "PT4H"});
    for (kind, actions, before, after, expected) in [
        (
            "msgraph_resource",
            json!(["create"]),
            json!(null),
            json!({"url": "groups/g/members/$ref", "api_version": "v1.0",
                "body": reference.clone()}),
            vec!["makes p a plain member of group g"],
        ),
        (
            "msgraph_resource",
            json!(["delete"]),
            json!({"url": "groups/g/owners/$ref", "id": "p", "body": reference.clone()}),
            json!(null),
            vec!["makes p no longer a plain owner of group g"],
        ),
        (
            "msgraph_resource",
            json!(["update"]),
            json!({"url": "groups/g/members/$ref", "id": "p", "body": reference.clone()}),
            json!({"url": "groups/g/members/$ref", "id": "p", "body": reference}),
            vec!["changes nothing that is judged: a reference is never changed where it stands"],
        ),
        (
            "msgraph_resource",
            json!(["delete", "create"]),
            json!({"url": "roleManagement/directory/roleAssignments", "id": "aB-1",
                "body": assignment}),
            json!({"url": "roleManagement/directory/roleAssignments", "body": replaced}),
            vec![
                "removes the role assignment aB-1",
                "makes q active, past PIM, in role r without an end",
            ],
        ),
        (
            "msgraph_resource",
            json!(["update"]),
            json!({"url": "groups", "id": "g", "body": {}}),
            json!({"url": "groups", "id": "g", "body": {"isAssignableToRole": true}}),
            vec!["makes roles assignable to group g"],
        ),
        (
            "msgraph_update_resource",
            json!(["update"]),
            json!({"url": rule, "body": {"maximumDuration": "PT8H"}}),
            json!({"url": rule, "body": four.clone(), "api_version": "beta"}),
            vec!["sets Expiration_EndUser_Assignment (at most 4 h) of policy P"],
        ),
        (
            "msgraph_resource_action",
            json!(["create"]),
            json!(null),
            json!({"resource_url": rule, "method": "PATCH", "body": four.clone()}),
            vec!["sets Expiration_EndUser_Assignment (at most 4 h) of policy P"],
        ),
        (
            "msgraph_resource_action",
            json!(["create"]),
            json!(null),
            json!({"resource_url": rule, "method": "PATCH", "body": four.clone(),
                "when": "destroy"}),
            vec!["changes nothing that is judged: it is sent only when it is destroyed"],
        ),
        (
            "msgraph_resource_action",
            json!(["delete"]),
            json!({"resource_url": rule, "method": "PATCH", "body": four, "when": "destroy"}),
            json!(null),
            vec!["sets Expiration_EndUser_Assignment (at most 4 h) of policy P"],
        ),
        (
            "msgraph_resource_collection",
            json!(["create"]),
            json!(null),
            json!({"url": "groups/G1/members/$ref", "reference_ids": ["a", "B"]}),
            vec!["makes a a plain member of group G1", "makes b a plain member of group G1"],
        ),
        (
            "msgraph_resource_collection",
            json!(["update"]),
            json!({"url": "groups/g/owners/$ref", "reference_ids": ["a", "b"]}),
            json!({"url": "groups/g/owners/$ref", "reference_ids": ["B", "c"]}),
            vec!["makes a no longer a plain owner of group g", "makes c a plain owner of group g"],
        ),
        (
            "msgraph_resource_collection",
            json!(["delete"]),
            json!({"url": "groups/g/members/$ref", "reference_ids": ["a"], "skip_destroy": true}),
            json!(null),
            vec![
                "changes nothing that is judged: removing it from the plan restores nothing: what \
                 was set stays",
            ],
        ),
        (
            "msgraph_resource_collection",
            json!(["create"]),
            json!(null),
            json!({"url": "applications/x/owners/$ref", "reference_ids": ["a"]}),
            vec!["is not assessed: what this list of references does is not worked out"],
        ),
    ] {
        let plan = plan(json!([change(kind, actions, before, after.clone(), json!({}))]));
        assert_eq!(words(&plan), [expected], "{kind} {after}");
    }
    let item = made(
        "msgraph_resource_collection",
        json!({"url": "groups/g/members/$ref"}),
        json!({"reference_ids": true}),
    );
    assert_eq!(item.unknown, ["who is in groups/g/members is known only after the change"]);
}

#[test]
fn azure_is_kept_as_stated() {
    let rules = json!([{"id": "Expiration_EndUser_Assignment", "maximumDuration": "PT8H"}]);
    let body = json!({"properties": {"rules": rules}});
    let kind = "Microsoft.Authorization/roleManagementPolicies@2020-10-01";
    let block = json!({"role_definition_id": "/r", "scope": "/subscriptions/s",
        "activation_rules": [{"maximum_duration": "PT8H"}]});
    for (resource, after, of) in [
        ("azurerm_role_management_policy", block, "role /r at /subscriptions/s"),
        (
            "azapi_resource",
            json!({"type": kind, "name": "n", "parent_id": "/subscriptions/s",
                "body": body.clone()}),
            "policy n at /subscriptions/s",
        ),
        (
            "azapi_update_resource",
            json!({"type": kind, "resource_id": "/x/n", "body": body.to_string()}),
            "policy /x/n",
        ),
    ] {
        let item = made(resource, after, json!({"id": true}));
        let stated = item.stated.as_ref().unwrap();
        assert_eq!(stated.of, of, "{resource}");
        assert_eq!(stated.rules.len(), 1, "{resource}: {:?}", stated.rules);
        let words = item.edits[0].to_string();
        assert!(words.ends_with("stated: Expiration_EndUser_Assignment: at most 8 h"), "{words}");
    }
    let schedule = |expiration: Value| {
        json!({"principal_id": "p", "role_definition_id": "r", "scope": "/s",
            "schedule": [{"expiration": [expiration]}]})
    };
    for (resource, after, expected) in [
        (
            "azurerm_pim_active_role_assignment",
            schedule(json!({"duration_days": 30, "duration_hours": null, "end_date_time": ""})),
            "p active in r at /s for 30 d",
        ),
        (
            "azurerm_pim_eligible_role_assignment",
            schedule(json!({"end_date_time": "2027-01-01T00:00:00Z"})),
            "p eligible for r at /s until 2027-01-01T00:00:00Z",
        ),
        (
            "azurerm_role_assignment",
            json!({"principal_id": "p", "role_definition_name": "Owner", "scope": "/s"}),
            "p active, past PIM, in Owner at /s without an end",
        ),
        (
            "azapi_resource",
            json!({"type": "Microsoft.Authorization/roleAssignments@2022-04-01", "name": "n",
                "body": {"properties": {"principalId": "p", "roleDefinitionId": "r"}}}),
            "p active, past PIM, in r at its scope without an end",
        ),
    ] {
        let words = made(resource, after, json!({})).edits[0].to_string();
        assert!(words.ends_with(&format!("stated: {expected}")), "{words}");
    }
    for other in ["azurerm_resource_group", "azurerm_management_lock"] {
        let words = made(other, json!({}), json!({})).edits[0].to_string();
        assert!(words.contains("resources of other providers"), "{other}: {words}");
    }
}

#[test]
fn what_is_put_off_to_a_later_plan_is_not_lost() {
    let plan = json!({"format_version": "1.2", "resource_changes": [], "deferred_changes": [
        {"reason": "resource_config_unknown", "resource_change":
            {"address": "azuread_group.x", "type": "azuread_group", "change": {}}},
        {"reason": "resource_config_unknown", "resource_change":
            {"address": "aws_instance.x", "type": "aws_instance", "change": {}}}]});
    assert_eq!(words(&plan), [["is not assessed: Terraform puts it off to a later plan"]]);
}
