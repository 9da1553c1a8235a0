//! The benchmarks judge what they speak of, and nothing else: tables of small tenants under the
//! baselines that ship.

use super::evaluate;
use crate::baseline::builtin;
use crate::checks::testing::{
    Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, NOW, SECURITY_ADMINISTRATOR,
    USER_ADMINISTRATOR,
};
use crate::model::{
    Access, Dataset, Enablement, Expiration, GroupAccess, Hold, IsoDuration, Label,
    NotificationRule, PrincipalId, RoleId, Severity, Tier,
};

/// What a baseline says of a subject by a check: the outcome's name, `-` where there is no finding.
fn says(case: &Case, baseline: &str, check: &str, subject: &str) -> &'static str {
    let baseline = builtin::load(baseline).unwrap();
    let now = NOW.parse().unwrap();
    let evaluation = evaluate(&case.tenant, &case.organisation, &baseline, now);
    let mut found = evaluation
        .findings
        .iter()
        .filter(|it| it.check == check && *it.subject.key == *subject)
        .map(|it| if it.info { "info" } else { it.outcome.name() });
    let first = found.next().unwrap_or("-");
    assert_eq!(found.next(), None, "{check} has two findings for {subject}");
    first
}

const CUSTOM: &str = "0f0f0f0f-1111-4222-8333-444444444444";
/// Neither of tier high nor labelled PRIVILEGED.
const TEAMS_ADMINISTRATOR: &str = "69091246-20e8-4a56-aa4d-066075b2a7a8";
const STANDING: &str = "permanent-active-assignment";

fn grant(role: &str) -> String {
    format!("grant:ana:role:{role}")
}

#[test]
fn a_raised_tier_widens_no_benchmark() {
    let mut case = Case::new();
    case.user("ana").synced = Some(true);
    case.active("ana", TEAMS_ADMINISTRATOR);
    case.service("app");
    case.active("app", TEAMS_ADMINISTRATOR);
    let grant = grant(TEAMS_ADMINISTRATOR);
    for (baseline, check, subject, as_it_is, raised) in [
        ("recommended", STANDING, &*grant, "info", "fail"),
        ("cis-m365", STANDING, &*grant, "info", "info"),
        ("zero-trust-assessment", STANDING, &*grant, "-", "-"),
        ("stig-entra", STANDING, &*grant, "-", "-"),
        ("scuba-aad", STANDING, &*grant, "-", "-"),
        ("cis-m365", "privileged-workload-identity", "principal:app", "-", "info"),
        ("zero-trust-assessment", "privileged-workload-identity", "principal:app", "-", "-"),
        ("zero-trust-assessment", "synced-privileged-account", "principal:ana", "-", "-"),
        ("zero-trust-assessment", "guest-privileged-account", "principal:ana", "-", "-"),
    ] {
        case.organisation.raise_tier.clear();
        assert_eq!(says(&case, baseline, check, subject), as_it_is, "{baseline}: {check}");
        case.organisation.raise_tier.insert(RoleId::new(TEAMS_ADMINISTRATOR), Tier::High);
        assert_eq!(says(&case, baseline, check, subject), raised, "{baseline}: {check}, raised");
    }
}

#[test]
fn the_label_of_a_custom_role_decides_whether_a_benchmark_speaks_of_it() {
    let grant = grant(CUSTOM);
    let role = format!("role:{CUSTOM}");
    for (baseline, check, subject, labelled, plain, unread) in [
        ("cis-m365", STANDING, &*grant, "fail", "info", "not-assessed"),
        ("zero-trust-assessment", STANDING, &*grant, "fail", "-", "not-assessed"),
        ("stig-entra", STANDING, &*grant, "fail", "-", "not-assessed"),
        // The test reads built-in roles alone.
        (
            "zero-trust-assessment",
            "assigned-outside-pim",
            &*grant,
            "not-applicable",
            "-",
            "not-assessed",
        ),
        ("zero-trust-assessment", "muted-notification", &*role, "fail", "-", "not-assessed"),
        // What would pass is not known to count either.
        ("zero-trust-assessment", "unannounced-activation", &*role, "pass", "-", "not-assessed"),
        (
            "zero-trust-assessment",
            "synced-privileged-account",
            "principal:ana",
            "pass",
            "-",
            "not-assessed",
        ),
        ("cis-m365", "privileged-workload-identity", "principal:app", "fail", "-", "not-assessed"),
    ] {
        for (label, expected) in
            [(Label::Privileged, labelled), (Label::Plain, plain), (Label::Unread, unread)]
        {
            let mut case = Case::new();
            case.custom_role(CUSTOM, label);
            case.user("ana");
            case.active("ana", CUSTOM).start = None;
            case.service("app");
            case.active("app", CUSTOM);
            let rule = NotificationRule::all().next().unwrap();
            let muted = case.policy(CUSTOM).notifications.get_mut(&rule).unwrap();
            let muted = muted.as_mut().unwrap();
            muted.default_recipients = false;
            muted.recipients.clear();
            let found = says(&case, baseline, check, subject);
            assert_eq!(found, expected, "{baseline}: {check}, {label:?}");
        }
    }
}

#[test]
fn an_activation_makes_no_difference_where_a_label_was_not_read() {
    let mut case = Case::new();
    case.custom_role(CUSTOM, Label::Unread);
    case.user("ana");
    let grant_of_ana = case.active("ana", CUSTOM);
    grant_of_ana.hold = Hold::Activated;
    grant_of_ana.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
    for baseline in ["cis-m365", "zero-trust-assessment", "stig-entra"] {
        let found = says(&case, baseline, STANDING, &format!("{}:activated", grant(CUSTOM)));
        assert_eq!(found, "not-applicable", "{baseline}");
    }
}

#[test]
fn a_group_fails_by_the_roles_the_benchmark_speaks_of_alone() {
    let check = "unmanaged-role-group";
    for (standing, label, expected) in [
        (USER_ADMINISTRATOR, Label::Plain, "fail"),
        // Of tier high without the label.
        (EXCHANGE_ADMINISTRATOR, Label::Plain, "not-applicable"),
        // The test reads built-in roles alone.
        (CUSTOM, Label::Privileged, "not-applicable"),
        (CUSTOM, Label::Plain, "not-applicable"),
        (CUSTOM, Label::Unread, "not-assessed"),
    ] {
        let mut case = Case::new();
        case.custom_role(CUSTOM, label);
        case.user("ana");
        case.group("g", &["ana"]);
        case.onboard("g");
        case.active("g", standing);
        // What makes the benchmark speak of the group.
        case.eligible("g", GLOBAL_ADMINISTRATOR);
        let found = says(&case, "zero-trust-assessment", check, "group:g:member");
        assert_eq!(found, expected, "{standing} {label:?}");
    }
}

#[test]
fn a_workload_identity_that_may_hold_one_more_privileged_role_for_good_is_not_assessed() {
    for (label, expected) in
        [(Label::Privileged, "fail"), (Label::Plain, "pass"), (Label::Unread, "not-assessed")]
    {
        let mut case = Case::new();
        case.custom_role(CUSTOM, label);
        case.service("app");
        case.active("app", USER_ADMINISTRATOR).end = Some("2026-12-01T00:00:00Z".parse().unwrap());
        case.active("app", CUSTOM);
        let check = "privileged-workload-identity";
        assert_eq!(says(&case, "cis-m365", check, "principal:app"), expected, "{label:?}");
    }
}

#[test]
fn scuba_reads_the_members_settings_of_groups_that_have_the_role_themselves() {
    for (check, baseline, [member, owner, nested]) in [
        ("activation-without-approval", "scuba-aad", ["fail", "-", "-"]),
        ("unannounced-activation", "scuba-aad", ["fail", "-", "-"]),
        ("unannounced-assignment", "scuba-aad", ["fail", "-", "-"]),
        ("activation-without-approval", "recommended", ["fail", "fail", "fail"]),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.group("inner", &["ana"]);
        case.group("outer", &["inner"]);
        for group in ["inner", "outer"] {
            case.onboard(group);
            for access in [GroupAccess::Member, GroupAccess::Owner] {
                for notice in case.group_policy(group, access).notifications.values_mut() {
                    notice.as_mut().unwrap().recipients.clear();
                }
            }
        }
        case.active("outer", GLOBAL_ADMINISTRATOR);
        let found = ["group:outer:member", "group:outer:owner", "group:inner:member"]
            .map(|subject| says(&case, baseline, check, subject));
        assert_eq!(found, [member, owner, nested], "{baseline}: {check}");
    }
}

#[test]
fn scuba_leaves_a_group_that_is_only_eligible_to_the_settings_of_the_role() {
    for check in ["activation-without-approval", "unannounced-activation", "unannounced-assignment"]
    {
        for (active, expected) in [(true, "fail"), (false, "-")] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &["ana"]);
            case.onboard("g");
            for notice in case.group_policy("g", GroupAccess::Member).notifications.values_mut() {
                notice.as_mut().unwrap().recipients.clear();
            }
            case.eligible("g", GLOBAL_ADMINISTRATOR);
            if active {
                case.active("g", GLOBAL_ADMINISTRATOR);
            }
            let found = says(&case, "scuba-aad", check, "group:g:member");
            assert_eq!(found, expected, "{check}, active: {active}");
        }
    }
}

#[test]
fn defender_asks_what_it_asks_of_the_members_of_the_sensitive_group_alone() {
    for (check, leads_to_a_role) in [
        ("activation-without-ticket", false),
        ("activation-without-mfa", false),
        // The role asks for it as well, and what else the group opens does not.
        ("activation-without-mfa", true),
        ("activation-without-justification", false),
        ("activation-without-justification", true),
    ] {
        let mut case = Case::new();
        case.user("ana");
        for group in ["sensitive", "other", "outside"] {
            case.group(group, &["ana"]);
        }
        for group in ["sensitive", "other"] {
            case.onboard(group);
            for access in [GroupAccess::Member, GroupAccess::Owner] {
                case.group_policy(group, access).activation_enablement = Ok(Enablement::default());
            }
        }
        case.policy(USER_ADMINISTRATOR);
        case.eligible("other", USER_ADMINISTRATOR);
        if leads_to_a_role {
            case.eligible("sensitive", USER_ADMINISTRATOR);
        }
        for group in ["sensitive", "outside"] {
            let declared = &mut case.organisation.sensitive_groups;
            declared.insert(format!("use of {group}"), format!("group:{group}"));
        }
        let found = [
            "group:sensitive:member",
            "group:sensitive:owner",
            "group:other:member",
            "group:outside:member",
        ]
        .map(|subject| says(&case, "defender-office365", check, subject));
        assert_eq!(found, ["fail", "-", "-", "-"], "{check} {leads_to_a_role}");
    }
}

#[test]
fn defender_excepts_nobody_from_the_sensitive_group() {
    for (baseline, sensitive, role_group) in
        [("defender-office365", "fail", "pass"), ("recommended", "pass", "pass")]
    {
        let mut case = Case::new();
        case.user("bg1");
        case.organisation.break_glass.push("bg1".to_owned());
        for group in ["sensitive", "other"] {
            case.group(group, &["bg1"]);
            case.onboard(group);
        }
        case.active("other", USER_ADMINISTRATOR);
        let declared = &mut case.organisation.sensitive_groups;
        declared.insert("search and purge".to_owned(), "group:sensitive".to_owned());
        let found = ["group:sensitive:member", "group:other:member"]
            .map(|subject| says(&case, baseline, "standing-group-member", subject));
        assert_eq!(found, [sensitive, role_group], "{baseline}");
    }
}

#[test]
fn a_source_may_give_one_severity_to_every_role() {
    for (baseline, check, role, expected) in [
        ("microsoft-secops", "activation-without-mfa", GLOBAL_ADMINISTRATOR, Severity::High),
        ("microsoft-secops", "activation-without-mfa", SECURITY_ADMINISTRATOR, Severity::High),
        ("stig-entra", STANDING, USER_ADMINISTRATOR, Severity::Medium),
        ("recommended", "activation-without-mfa", SECURITY_ADMINISTRATOR, Severity::High),
        ("recommended", STANDING, USER_ADMINISTRATOR, Severity::High),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", role);
        case.policy(role).activation_enablement = Ok(Enablement::default());
        let loaded = builtin::load(baseline).unwrap();
        let now = NOW.parse().unwrap();
        let evaluation = evaluate(&case.tenant, &case.organisation, &loaded, now);
        let subjects = [format!("role:{role}"), grant(role)];
        let found = evaluation
            .findings
            .iter()
            .find(|it| it.check == check && subjects.iter().any(|key| **key == *it.subject.key));
        let found = found.unwrap_or_else(|| panic!("{baseline}: no {check}"));
        assert_eq!(found.outcome.name(), "fail", "{baseline}: {check}");
        assert_eq!(found.severity, expected, "{baseline}: {check} of {role}");
    }
}

#[test]
fn a_group_passes_by_no_later_gate_while_not_every_way_was_followed() {
    for (count, expected) in [(2, "pass"), (8, "not-assessed")] {
        let mut case = Case::new();
        case.user("ana");
        case.approvers(GLOBAL_ADMINISTRATOR, &["ana"]);
        let names: Vec<String> = (0..count).map(|place| format!("g{place}")).collect();
        for name in &names {
            case.group(name, &[]);
            case.onboard(name);
        }
        for outer in &names {
            for inner in names.iter().filter(|it| *it != outer) {
                case.group_eligible(inner, outer, GroupAccess::Member);
            }
        }
        case.eligible("g0", GLOBAL_ADMINISTRATOR);
        let check = "activation-without-approval";
        assert_eq!(says(&case, "recommended", check, "group:g1:member"), expected, "{count}");
        let unlisted = says(&case, "recommended", check, "dataset:group-members");
        assert_eq!(unlisted, if count == 2 { "-" } else { "not-assessed" });
    }
}

#[test]
fn whether_a_role_nobody_holds_is_judged_is_for_the_benchmark_to_say() {
    // Held; held by nobody; not known.
    for (baseline, check, role, [held, unused, unread]) in [
        ("cis-m365", "unreviewed-access", TEAMS_ADMINISTRATOR, ["fail", "fail", "fail"]),
        ("recommended", "unreviewed-access", USER_ADMINISTRATOR, ["fail", "-", "-"]),
        (
            "stig-entra",
            "unannounced-activation",
            TEAMS_ADMINISTRATOR,
            ["fail", "-", "not-assessed"],
        ),
        ("recommended", "activation-without-mfa", TEAMS_ADMINISTRATOR, ["fail", "fail", "fail"]),
    ] {
        let mut case = Case::new();
        let policy = case.policy(role);
        policy.activation_enablement = Ok(Enablement::default());
        for notice in policy.notifications.values_mut() {
            notice.as_mut().unwrap().recipients.clear();
        }
        let subject = format!("role:{role}");
        assert_eq!(says(&case, baseline, check, &subject), unused, "{baseline}: {check}, unused");
        case.user("ana");
        case.eligible("ana", role);
        assert_eq!(says(&case, baseline, check, &subject), held, "{baseline}: {check}, held");
        case.missing(Dataset::RoleEligibilityScheduleInstances);
        assert_eq!(says(&case, baseline, check, &subject), unread, "{baseline}: {check}, unread");
    }
}

#[test]
fn where_a_source_speaks_of_every_account_whoever_holds_any_role_is_judged() {
    let old = "2026-01-01T00:00:00Z";
    for (baseline, check, any, privileged) in [
        ("zero-trust-assessment", "no-phishing-resistant-method", "fail", "fail"),
        ("stig-entra", "stale-privileged-account", "fail", "fail"),
        ("entra-best-practices", "synced-privileged-account", "fail", "fail"),
        ("recommended", "synced-privileged-account", "-", "fail"),
        ("recommended", "no-phishing-resistant-method", "-", "partial"),
        ("recommended", "stale-privileged-account", "-", "fail"),
    ] {
        for (role, expected) in [(TEAMS_ADMINISTRATOR, any), (USER_ADMINISTRATOR, privileged)] {
            let mut case = Case::new();
            let user = case.user("ana");
            user.created = Some(old.parse().unwrap());
            user.synced = Some(true);
            case.registered("ana", &["mobilePhone"]);
            case.signed_in("ana", old);
            case.eligible("ana", role);
            let found = says(&case, baseline, check, "principal:ana");
            assert_eq!(found, expected, "{baseline}: {check}, {role}");
        }
    }
}

#[test]
fn the_settings_of_a_group_that_pim_may_not_manage_are_not_assessed() {
    let check = "activation-without-justification";
    for (listed, eligible, expected) in [
        (true, false, "fail"),
        (false, true, "fail"),
        // It has a policy, as every group has.
        (false, false, "not-assessed"),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.onboard("g");
        case.group_policy("g", GroupAccess::Member).activation_enablement =
            Ok(Enablement::default());
        case.active("g", GLOBAL_ADMINISTRATOR);
        if eligible {
            case.group_eligible("ana", "g", GroupAccess::Member);
        }
        if !listed {
            case.missing(Dataset::OnboardedGroups);
        }
        let found = says(&case, "recommended", check, "group:g:member");
        assert_eq!(found, expected, "{listed} {eligible}");
    }
}

#[test]
fn a_call_sets_what_its_rule_allows() {
    let longest = |iso: &str| format!("{{\"id\":\"x\",\"maximumDuration\":\"{iso}\",\"own\":1}}");
    let ends = |iso: &str| format!("{{\"expiration\":{{\"duration\":\"{iso}\"}}}}");
    for (call, at_most, expected) in [
        (longest("PT8H"), "PT8H", longest("PT8H")),
        (longest("PT8H"), "PT4H", longest("PT4H")),
        (longest("PT8H"), "PT90M", longest("PT1H30M")),
        // The portal offers 180 days, not 183.
        (longest("P180D"), "P183D", longest("P180D")),
        (longest("P180D"), "P366D", longest("P365D")),
        (longest("P180D"), "P7D", longest("P7D")),
        (ends("P90D"), "P366D", ends("P90D")),
        (ends("P90D"), "P40D", ends("P30D")),
        ("DELETE /x".to_owned(), "PT4H", "DELETE /x".to_owned()),
    ] {
        let expect = super::Expect::at_most(super::IsoDuration::parse(at_most).unwrap(), None);
        assert_eq!(super::within_limit(&call, &expect), expected, "{at_most}");
    }
}

#[test]
fn a_call_lasts_no_longer_than_the_settings_allow() {
    let mut case = Case::new();
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    let at_most = |text: &str| Ok(Expiration::AtMost(IsoDuration::parse(text).unwrap()));
    policy.eligibility_expiration = at_most("P90D");
    policy.assignment_expiration = at_most("P15D");
    for (list, stated, expected) in [
        ("roleEligibilityScheduleRequests", "P365D", "P90D"),
        ("roleEligibilityScheduleRequests", "P30D", "P30D"),
        ("roleAssignmentScheduleRequests", "P90D", "P15D"),
        ("privilegedAccess/group/eligibilityScheduleRequests", "P365D", "P90D"),
        ("roleAssignments", "P365D", "P365D"),
    ] {
        let call = |lasts: &str| format!("POST /v1.0/x/{list} {{\"duration\":\"{lasts}\"}}");
        let policy = case.tenant.policies.at_least().unwrap();
        let policy = policy[&RoleId::new(GLOBAL_ADMINISTRATOR)].as_ref().ok();
        let found = super::within_settings(&call(stated), policy);
        assert_eq!(found, call(expected), "{list} {stated}");
        assert_eq!(super::within_settings(&call(stated), None), call(stated));
    }
}

#[test]
fn a_call_of_a_finding_about_the_tenant_keeps_to_the_settings_of_its_role() {
    let mut case = Case::new();
    case.user("ana");
    case.active("ana", GLOBAL_ADMINISTRATOR);
    let at_most = |text: &str| Ok(Expiration::AtMost(IsoDuration::parse(text).unwrap()));
    for (longest, expected) in [("P90D", "P90D"), ("P365D", "P365D"), ("P400D", "P365D")] {
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration = at_most(longest);
        let baseline = builtin::load("zero-trust-assessment").unwrap();
        let now = NOW.parse().unwrap();
        let evaluation = evaluate(&case.tenant, &case.organisation, &baseline, now);
        let mut findings = evaluation.findings.iter();
        let finding = findings.find(|it| it.check == "no-eligible-global-administrator").unwrap();
        assert_eq!(&*finding.subject.key, "tenant");
        let calls = finding.remediation.as_ref().unwrap();
        let wanted = format!("\"duration\":\"{expected}\"");
        assert!(calls.graph[0].contains(&wanted), "{longest}: {}", calls.graph[0]);
    }
}

#[test]
fn a_call_names_what_it_assigns() {
    let role = Some(Access::DirectoryRole(RoleId::new("r-1")));
    let owner = Some(Access::Group(PrincipalId::new("g-1"), GroupAccess::Owner));
    for (call, expected) in [
        ("POST /x {\"principalId\":\"p\",\"roleDefinitionId\":\"r-1\"}", role),
        ("POST /x {\"accessId\":\"owner\",\"groupId\":\"g-1\"}", owner),
        ("POST /x {\"accessId\":\"owner\"}", None),
        ("POST /x {\"accessId\":\"other\",\"groupId\":\"g-1\"}", None),
        ("PATCH /v1.0/policies/roleManagementPolicies/p/rules/r {\"id\":\"x\"}", None),
        ("DELETE /x", None),
        ("POST /x {\"roleDefinitionId\":\"", None),
    ] {
        assert_eq!(super::access_in(call), expected, "{call}");
    }
}

#[test]
fn a_call_is_for_the_scope_of_the_grant() {
    let call = "POST /x {\"action\":\"adminRemove\",\"directoryScopeId\":\"/\"}";
    for (scope, expected) in [
        ("/", "\"directoryScopeId\":\"/\"}"),
        (
            "/administrativeUnits/dddddddd-0001-4000-8000-0000000000b1",
            "\"directoryScopeId\":\"/administrativeUnits/dddddddd-0001-4000-8000-0000000000b1\"}",
        ),
    ] {
        let scope = crate::model::Scope::parse(Some(scope), None);
        let found = super::within_scope(call, Some(&scope));
        assert!(found.ends_with(expected), "{found}");
    }
    assert_eq!(super::within_scope(call, None), call);
}

/// Labelled PRIVILEGED.
const INTUNE_ADMINISTRATOR: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";

#[test]
fn zero_trust_reads_of_groups_the_direct_members_without_an_activation() {
    // A member of the group; one who is eligible; one of a group within it.
    for (check, baseline, [direct, eligible, nested]) in [
        ("synced-privileged-account", "zero-trust-assessment", ["fail", "-", "-"]),
        ("guest-privileged-account", "zero-trust-assessment", ["fail", "-", "-"]),
        ("no-phishing-resistant-method", "zero-trust-assessment", ["fail", "-", "-"]),
        ("synced-privileged-account", "recommended", ["fail", "fail", "fail"]),
    ] {
        let mut case = Case::new();
        for name in ["direct", "eligible", "nested"] {
            let user = case.user(name);
            user.synced = Some(true);
            user.user_type = Some("Guest".into());
            case.registered(name, &["mobilePhone"]);
        }
        case.group("inner", &["nested"]);
        case.group("outer", &["direct", "inner"]);
        case.onboard("outer");
        case.group_eligible("eligible", "outer", GroupAccess::Member);
        case.active("outer", USER_ADMINISTRATOR);
        // Another role does not make the test look at them, either.
        case.active("nested", EXCHANGE_ADMINISTRATOR);
        let found = ["direct", "eligible", "nested"]
            .map(|name| says(&case, baseline, check, &format!("principal:{name}")));
        let nested = match check {
            // Whoever holds any role.
            "no-phishing-resistant-method" => "fail",
            _ => nested,
        };
        assert_eq!(found, [direct, eligible, nested], "{baseline}: {check}");
    }
}

#[test]
fn zero_trust_leaves_workload_identities_out_that_no_list_of_members_shows() {
    let mut case = Case::new();
    for name in ["own", "direct", "nested", "eligible"] {
        case.service(name);
    }
    case.group("inner", &["nested"]);
    case.group("outer", &["direct", "inner"]);
    case.onboard("outer");
    case.group_eligible("eligible", "outer", GroupAccess::Member);
    case.active("outer", USER_ADMINISTRATOR);
    case.eligible("own", USER_ADMINISTRATOR);
    for (name, expected) in
        [("own", "fail"), ("direct", "fail"), ("nested", "-"), ("eligible", "-")]
    {
        let subject = format!("principal:{name}");
        let check = "privileged-workload-identity";
        assert_eq!(says(&case, "zero-trust-assessment", check, &subject), expected, "{name}");
    }
}

#[test]
fn zero_trust_counts_of_groups_with_global_administrator_the_direct_members() {
    for (eligible, direct, expected) in [(10, 2, "pass"), (0, 8, "pass"), (0, 9, "fail")] {
        let mut case = Case::new();
        case.group("g", &[]);
        case.onboard("g");
        case.active("g", GLOBAL_ADMINISTRATOR);
        for number in 0..eligible + direct {
            let name = format!("user{number}");
            case.user(&name);
            if number < eligible {
                case.group_eligible(&name, "g", GroupAccess::Member);
            } else {
                case.group_active(&name, "g", GroupAccess::Member);
            }
        }
        let check = "global-administrator-count";
        let found = says(&case, "zero-trust-assessment", check, "tenant");
        assert_eq!(found, expected, "{eligible} eligible, {direct} direct");
    }
}

#[test]
fn zero_trust_judges_intune_administrator_by_two_tests_that_except_different_people() {
    type Change = fn(&mut Case);
    let end = |case: &mut Case| {
        case.active("ana", INTUNE_ADMINISTRATOR).end =
            Some("2027-01-01T00:00:00Z".parse().unwrap());
    };
    // 21815, by the grant; 51016, by the role.
    let cases: [(&str, Change, &str, &str); 4] = [
        (
            "for good",
            |case| {
                case.active("ana", INTUNE_ADMINISTRATOR);
            },
            "fail",
            "fail",
        ),
        (
            "for good, a declared break-glass account",
            |case| {
                case.organisation.break_glass.push("ana".to_owned());
                case.active("ana", INTUNE_ADMINISTRATOR);
            },
            "pass",
            "fail",
        ),
        (
            "for good, disabled",
            |case| {
                case.user("ana").enabled = Some(false);
                case.active("ana", INTUNE_ADMINISTRATOR);
            },
            "fail",
            "pass",
        ),
        ("until a day", end, "fail", "pass"),
    ];
    for (what, change, of_all, of_intune) in cases {
        let mut case = Case::new();
        case.user("ana");
        change(&mut case);
        let timebound = if what == "until a day" { ":timebound" } else { "" };
        let grant = format!("{}{timebound}", grant(INTUNE_ADMINISTRATOR));
        let role = format!("role:{INTUNE_ADMINISTRATOR}");
        let baseline = "zero-trust-assessment";
        assert_eq!(says(&case, baseline, STANDING, &grant), of_all, "{what}");
        assert_eq!(says(&case, baseline, "permanent-role-member", &role), of_intune, "{what}");
    }
}

#[test]
fn a_muted_notice_of_global_administrator_fails_both_tests_of_zero_trust() {
    let baseline = builtin::load("zero-trust-assessment").unwrap();
    let mut case = Case::new();
    for notice in case.policy(GLOBAL_ADMINISTRATOR).notifications.values_mut() {
        let notice = notice.as_mut().unwrap();
        notice.default_recipients = false;
        notice.recipients.clear();
    }
    let now = NOW.parse().unwrap();
    let evaluation = evaluate(&case.tenant, &case.organisation, &baseline, now);
    let key = format!("role:{GLOBAL_ADMINISTRATOR}");
    let found = evaluation
        .findings
        .iter()
        .find(|it| it.check == "unannounced-activation" && *it.subject.key == *key)
        .unwrap();
    assert_eq!(found.outcome.name(), "fail");
    assert_eq!(found.rule.controls, ["21819", "21820"]);
}
