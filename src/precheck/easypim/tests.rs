//! Configurations as the documentation of EasyPIM writes them, and what is wrong with others.

use crate::precheck::detect::read;
use crate::precheck::edit::{Change, Fault};
use serde_json::{Value, json};

fn changes(value: &Value) -> Vec<Change> {
    match read("e.json", value.to_string().as_bytes()) {
        Ok(changes) => changes,
        Err(faults) => panic!("{value}: {faults:?}"),
    }
}

fn words(value: &Value) -> Result<Vec<String>, String> {
    match read("e.json", value.to_string().as_bytes()) {
        Ok(changes) => {
            Ok(changes.iter().flat_map(|it| &it.edits).map(ToString::to_string).collect())
        }
        Err(faults) => Err(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// The policy of User Administrator, inline.
fn role(body: Value) -> Value {
    json!({"EntraRoles": {"Policies": {"User Administrator": body}}})
}

#[test]
fn policies_are_read_inline_and_by_template() {
    let template = json!({"ActivationDuration": "PT4H", "ApprovalRequired": false,
        "ActivationRequirement": "MultiFactorAuthentication,Justification",
        "AllowPermanentActiveAssignment": true});
    let of = "of the policy of role User Administrator";
    let expected = vec![
        format!("sets Expiration_EndUser_Assignment (at most 2 h) {of}"),
        format!("sets Expiration_Admin_Assignment (an end required false) {of}"),
        format!(
            "sets Enablement_EndUser_Assignment (MFA true, justification true, ticket false) {of}"
        ),
        format!("sets Approval_EndUser_Assignment (approval required false) {of}"),
    ];
    let inline = json!({"Template": "T", "ActivationDuration": "PT2H"});
    let mut listed = inline.clone();
    listed["RoleName"] = json!("User Administrator");
    listed["PolicySource"] = json!("template");
    for file in [
        json!({"EntraRoles": {"Policies": {"User Administrator": inline}}}),
        json!({"EntraRoles": {"Policies": [listed.clone()]}}),
        json!({"EntraRolePolicies": [listed]}),
    ] {
        let mut file = file;
        file["PolicyTemplates"] = json!({"T": template.clone()});
        assert_eq!(words(&file), Ok(expected.clone()), "{file}");
    }
}

#[test]
fn an_entry_of_a_list_says_where_its_settings_are() {
    let list = |entry: Value| json!({"EntraRoles": {"Policies": [entry]}});
    let settings = json!({"ActivationDuration": "PT2H"});
    for (entry, expected) in [
        (json!({"RoleName": "R", "Policy": settings.clone()}), Ok(1)),
        (json!({"RoleName": "R", "PolicySource": "inline", "ActivationDuration": "PT2H"}), Ok(1)),
        (
            json!({"RoleName": "R", "ActivationDuration": "PT2H"}),
            Err("neither Template nor Policy"),
        ),
        (
            json!({"RoleName": "R", "Template": "T", "Policy": settings}),
            Err("EasyPIM takes the template alone"),
        ),
        (json!({"ActivationDuration": "PT2H"}), Err("RoleName is missing")),
    ] {
        let found = words(&list(entry.clone()));
        match expected {
            Ok(count) => assert_eq!(found.map(|it| it.len()), Ok(count), "{entry}"),
            Err(text) => assert!(found.clone().unwrap_err().contains(text), "{entry}: {found:?}"),
        }
    }
}

#[test]
fn groups_and_assignments_are_read() {
    let mail = json!({"isDefaultRecipientEnabled": true, "notificationLevel": "All",
        "Recipients": "a@contoso.example, b@contoso.example"});
    let file = json!({
        "GroupRoles": {"Policies": {"G": {
            "Member": {"Notification_Activation_Alert": mail},
            "owner": {"Duration": "PT2H", "EnablementRules": ["Justification"]}}}},
        "Assignments": {
            "EntraRoles": [{"roleName": "Security Reader", "assignments": [
                {"principalId": "p", "principalType": "User", "assignmentType": "Active",
                 "duration": "P1D"}]}],
            "Groups": [{"groupId": "G", "roleName": "Owner", "assignments": [
                {"principalId": "p", "principalType": "User", "assignmentType": "Eligible"},
                {"principalId": "q", "assignmentType": "Eligible", "permanent": true}]}]}});
    let mut found = words(&file).unwrap();
    found.sort();
    assert_eq!(
        found,
        [
            "makes p active in role Security Reader for 24 h",
            "makes p eligible for owners of group G with an end that is not stated",
            "makes q eligible for owners of group G without an end",
            "sets Enablement_EndUser_Assignment (MFA false, \
             justification true, ticket false) of the policy of owners of group G",
            "sets Expiration_EndUser_Assignment (at most 2 h) of the policy of owners of group G",
            "sets Notification_Admin_EndUser_Assignment (\
             all mails true, default recipients true, 2 further recipients) of the policy of members of group G",
        ]
    );
    let listed = json!({"GroupPolicies": [
        {"GroupName": "Admins", "RoleName": "Member", "Policy": {"ActivationDuration": "PT1H"}}]});
    assert_eq!(
        words(&listed).unwrap(),
        ["sets Expiration_EndUser_Assignment (at most \
             1 h) of the policy of members of group Admins"]
    );
}

#[test]
fn a_longest_duration_alone_forbids_what_never_ends() {
    for (body, expected) in [
        (json!({"MaximumEligibilityDuration": "P90D"}), "an end required true, at most 90 d"),
        (
            json!({"MaximumEligibilityDuration": "P90D", "AllowPermanentEligibility": true}),
            "an end required false, at most 90 d",
        ),
        (json!({"AllowPermanentActiveAssignment": false}), "an end required true"),
    ] {
        let words = words(&role(body.clone())).unwrap();
        assert_eq!(words.len(), 1, "{body}");
        assert!(words[0].contains(&format!("({expected})")), "{body}: {}", words[0]);
    }
}

#[test]
fn a_context_takes_mfa_out() {
    let on = |more: Value| {
        let mut body = json!({"AuthenticationContext_Enabled": true,
            "AuthenticationContext_Value": "c1:HighRisk"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        role(body)
    };
    let of = "of the policy of role User Administrator";
    let context =
        format!("sets AuthenticationContext_EndUser_Assignment (enabled true, claim \"c1\") {of}");
    let with_mfa = on(json!({"ActivationRequirement": "MultiFactorAuthentication,Justification"}));
    assert_eq!(
        words(&with_mfa).unwrap(),
        [
            format!(
                "sets Enablement_EndUser_Assignment (MFA false, justification true, ticket \
                 false) {of}"
            ),
            context.clone(),
        ]
    );
    assert!(changes(&with_mfa)[0].remarks[0].contains("takes MFA out"));
    // The live rule loses it too.
    assert_eq!(
        words(&on(json!({}))).unwrap(),
        [format!("sets Enablement_EndUser_Assignment (MFA false) {of}"), context]
    );
    let group = json!({"Groups": {"Policies": {"G": {"Member": {
        "AuthenticationContext_Enabled": true, "AuthenticationContext_Value": "c1",
        "ActivationDuration": "PT1H"}}}}});
    assert_eq!(words(&group).unwrap().len(), 1);
    assert!(changes(&group)[0].remarks[0].contains("no authentication context for groups"));
}

#[test]
fn an_approver_is_a_user_unless_it_is_said_to_be_a_group() {
    use crate::model::{Approver, PrincipalId};
    use crate::precheck::edit::{Edit, RuleChange};
    let file = role(json!({"ApprovalRequired": true, "Approvers": [
        {"id": "a", "description": "x"}, {"Id": "b", "Type": "Group"},
        {"id": "c", "userType": "group"}, {"id": "d", "type": "user"}]}));
    let changes = changes(&file);
    let Edit::SetRule(_, RuleChange::Approval { stages: Some(stages), .. }) = &changes[0].edits[0]
    else {
        panic!("{changes:?}")
    };
    assert_eq!(
        stages[0].approvers,
        [
            Approver::User(PrincipalId::new("a")),
            Approver::Group(PrincipalId::new("b")),
            Approver::Group(PrincipalId::new("c")),
            Approver::User(PrincipalId::new("d")),
        ]
    );
}

#[test]
fn what_easypim_leaves_alone_or_reads_otherwise_is_said() {
    let of = |name: &str, body: Value| json!({"EntraRoles": {"Policies": {name: body}}});
    let one = json!({"ActivationDuration": "PT1H"});
    for (file, expected) in [
        (of("Global Administrator", one.clone()), "never changes the policy"),
        (of("security administrator", one.clone()), "-AllowProtectedRoles"),
        (
            role(json!({"ActivationDuration": "PT1H", "EnablementRules": ["Justification"]})),
            "does not read EnablementRules here",
        ),
        (
            role(json!({"ActivationDuration": "PT1H", "AuthenticationContext_Value": "c1"})),
            "alone sets nothing",
        ),
        (
            json!({"AzureRoles": {"Policies": {"Owner": {"ActivationDuration": "PT1H"}}}}),
            "-AllowProtectedRoles",
        ),
    ] {
        let remarks = changes(&file)[0].remarks.join("; ");
        assert!(remarks.contains(expected), "{file}: {remarks}");
    }
    for (name, expected) in [
        ("global administrator", true),
        ("Security Administrator", false),
        ("Reports Reader", false),
    ] {
        assert_eq!(changes(&of(name, one.clone()))[0].left_out.is_some(), expected, "{name}");
    }
    assert!(changes(&of("Helpdesk Administrator", one))[0].remarks.is_empty());
    let part = role(json!({"Notifications": {"Eligibility": {"Approvers": {
        "NotificationLevel": "Critical"}}}}));
    let part = &changes(&part)[0];
    assert!(part.unknown[0].contains("is stated in part"), "{:?}", part.unknown);
    assert!(part.edits[0].to_string().contains("Notification_Approver_Admin_Eligibility"));
}

#[test]
fn azure_roles_are_kept_as_stated() {
    let file = json!({"AzureRoles": {"Policies": [{"RoleName": "Reader",
            "Scope": "/subscriptions/s", "PolicySource": "inline",
            "Policy": {"ActivationDuration": "PT2H"}}]},
        "Assignments": {"AzureRoles": [{"roleName": "Reader", "scope": "/subscriptions/s",
            "assignments": [{"principalId": "p", "assignmentType": "Eligible",
                "condition": "x", "conditionVersion": "2.0"}]}]}});
    let found = changes(&file);
    let policy = found.iter().find_map(|it| it.stated.as_ref()).unwrap();
    assert_eq!(policy.of, "role Reader at /subscriptions/s");
    assert_eq!(policy.rules.len(), 1);
    let grant = found.iter().find(|it| it.stated.is_none()).unwrap().edits[0].to_string();
    let expected =
        "stated: p eligible for Reader at /subscriptions/s with an end that is not stated";
    assert!(grant.ends_with(expected), "{grant}");
}

#[test]
fn the_flat_form_of_older_versions_is_named_and_not_lost() {
    let file = json!({
        "EntraIDRoles": [{"PrincipalId": "p", "Rolename": "Security Reader"}],
        "AzureRoles": [{"PrincipalId": "p", "Rolename": "Owner", "Scope": "/s"}],
        "GroupRoles": [], "ProtectedUsers": ["q"]});
    let found = words(&file).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it.contains("flat form of older versions")), "{found:?}");
}

#[test]
fn a_role_that_stands_twice_is_refused() {
    let text = "{\"EntraRoles\": {\"Policies\": {\n\"A\": {\"ActivationDuration\": \"PT1H\"},\n\
        \"A\": {\"ActivationDuration\": \"PT24H\"}}}}";
    let faults = read("e.json", text.as_bytes()).unwrap_err();
    assert!(faults[0].message.contains("\"A\" is there twice at line 3"), "{}", faults[0]);
}

/// One assignment, with more in its block and in itself.
fn assigned(in_block: Value, in_item: Value) -> Value {
    let mut item = json!({"principalId": "p", "assignmentType": "Eligible"});
    let mut block = json!({"roleName": "Security Reader"});
    for (name, value) in in_item.as_object().unwrap() {
        item[name] = value.clone();
    }
    block["assignments"] = json!([item]);
    for (name, value) in in_block.as_object().unwrap() {
        block[name] = value.clone();
    }
    json!({"Assignments": {"EntraRoles": [block]}})
}

#[test]
fn what_a_part_is_for_may_be_said_in_any_casing() {
    let file = assigned(
        json!({"Description": "x", "_note": "y"}),
        json!({"PrincipalType": "User", "JUSTIFICATION": "x", "comment": "y", "$x": 1}),
    );
    assert_eq!(words(&file).unwrap().len(), 1);
    let file = json!({"EntraRoles": {"comment": "x", "policies": {}, "_x": 1}});
    assert_eq!(words(&file), Ok(Vec::new()));
}

#[test]
fn a_flag_that_is_the_text_false_is_an_error_with_its_place() {
    let given = |flag: &Value| {
        let notice = json!({"isDefaultRecipientEnabled": flag.clone(),
            "notificationLevel": "All", "Recipients": []});
        let of = "/EntraRoles/Policies/User Administrator";
        let permanent = json!({"principalId": "p", "assignmentType": "Eligible",
            "permanent": flag.clone(), "duration": "P30D"});
        [
            (
                role(json!({"AllowPermanentEligibility": flag.clone()})),
                format!("{of}/AllowPermanentEligibility"),
            ),
            (role(json!({"ApprovalRequired": flag.clone(), "Approvers": []})), {
                format!("{of}/ApprovalRequired")
            }),
            (role(json!({"Notification_Activation_Alert": notice})), {
                format!("{of}/Notification_Activation_Alert/isDefaultRecipientEnabled")
            }),
            (
                json!({"Assignments": {"EntraRoles": [
                    {"roleName": "User Administrator", "assignments": [permanent]}]}}),
                "/Assignments/EntraRoles/0/assignments/0/permanent".to_owned(),
            ),
        ]
    };
    for flag in [json!(false), json!(true), json!("true"), json!("True")] {
        for (file, _) in given(&flag) {
            assert!(words(&file).is_ok(), "{file}");
        }
    }
    for flag in [json!("false"), json!("FALSE")] {
        for (file, pointer) in given(&flag) {
            let faults = read("a.json", file.to_string().as_bytes()).unwrap_err();
            assert_eq!((&*faults[0].place.file, &*faults[0].place.pointer), ("a.json", &*pointer));
            let said = faults[0].to_string();
            assert!(said.contains("(write false without quotation marks)"), "{said}");
        }
    }
}

#[test]
fn what_is_not_understood_is_named() {
    for (file, expected) in [
        (role(json!({"ActivationDuraton": "PT2H"})), "did you mean ActivationDuration?"),
        (role(json!({"Template": "none"})), "there is no template"),
        (role(json!({})), "it states no setting"),
        (role(json!({"ActivationRequirement": "mfa"})), "write MultiFactorAuthentication"),
        (role(json!({"ActivationRequirement": "justification"})), "write Justification"),
        (
            role(json!({"ActiveAssignmentRequirement": "Ticketing"})),
            "nothing that can be asked for",
        ),
        (role(json!({"ApprovalRequired": true})), "Approvers is missing"),
        (role(json!({"ApprovalRequired": true, "Approvers": ["u"]})), "the approver has no id"),
        (
            role(json!({"AuthenticationContext_Enabled": true})),
            "AuthenticationContext_Value is missing",
        ),
        (
            role(json!({"AuthenticationContext_Enabled": true,
                "AuthenticationContext_Value": "C1"})),
            "is none of c1 to c99",
        ),
        (
            role(json!({"Notification_Activation_Alert": {"notificationLevel": "None"}})),
            "neither All nor Critical",
        ),
        (role(json!([])), "it is no object"),
        (json!({"EntraRoles": {}, "Asignments": {}}), "did you mean Assignments?"),
        (json!({"EntraRoles": []}), "it is no object"),
        (json!({"Assignments": {"EntraRoles": [{"assignments": []}]}}), "roleName is missing"),
        (json!({"Assignments": {"Others": []}}), "no kind of assignments"),
        (
            json!({"Groups": {"Policies": {"G": {"ActivationDuration": "PT2H"}}}}),
            "neither Member nor Owner",
        ),
        (json!({"Groups": {"Policies": {"G": {}}}}), "neither Member nor Owner is there"),
        (json!({"GroupPolicies": [{"GroupId": "G", "Policy": {}}]}), "RoleName is missing"),
        (
            role(json!({"ActivationDuration": "PT1H", "activationDuration": "PT24H"})),
            "differ in casing only",
        ),
        (json!({"EntraRoles": {"Polices": {}}}), "did you mean Policies?"),
        (json!({"EntraRoles": {"Policies": {}, "Polices": {}}}), "did you mean Policies?"),
        (
            json!({"EntraRoles": {"Policies": {}, "Assignments": []}}),
            "\"Assignments\" is no property that is known here",
        ),
        (assigned(json!({"assignment": []}), json!({})), "did you mean assignments?"),
        (assigned(json!({"scope": "/x"}), json!({})), "\"scope\" is no property"),
        (assigned(json!({}), json!({"permanant": true})), "did you mean permanent?"),
        (assigned(json!({}), json!({"duratoin": "P1D"})), "did you mean duration?"),
        (assigned(json!({}), json!({"scope": "/x"})), "\"scope\" is no property"),
        (
            json!({"EntraRoles": {"Policies": {"Reports Reader": {"ActivationDuration": "PT1H"},
                "reports reader": {"ActivationDuration": "PT24H"}}}}),
            "differ in casing only",
        ),
    ] {
        let faults = words(&file).unwrap_err();
        assert!(faults.contains(expected), "{file}: {faults}");
    }
}
