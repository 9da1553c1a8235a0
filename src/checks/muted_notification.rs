//! `muted-notification`: whether a policy keeps one of its notices from everybody.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::announcement::{notification, notification_evidence};
use crate::model::{
    ActivationPolicy, Approval, Dataset, Gap, NotificationEvent, NotificationRecipient,
    NotificationRule, Outcome,
};

/// The mail that asks approvers to decide.
const APPROVAL_REQUEST: NotificationRule = NotificationRule {
    event: NotificationEvent::Activated,
    recipient: NotificationRecipient::Approver,
};
const EXPECTED: &str = "every notice reaches somebody";

/// The check.
pub static CHECK: Check = Check {
    id: "muted-notification",
    title: "Notification is muted",
    what: "Looks through the nine notices of each role's policy for muted ones: default recipients off and \
        nobody named. A muted request for approval fails while approval is asked for, a muted notice to \
        administrators is met in part, others are noted.",
    why: "A request that approvers never hear of expires after a day. A notice to administrators that was \
        switched off is what somebody does who does not want to be seen.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Notification > Default recipients on",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Approver_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Approver_EndUser_Assignment\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Approver\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Admin_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Admin_EndUser_Assignment\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Admin\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[\"<security mailbox>\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Admin_Admin_Eligibility \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Admin_Admin_Eligibility\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Admin\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[\"<security mailbox>\"],\
            \"target\":{\"caller\":\"Admin\",\"operations\":[\"all\"],\"level\":\"Eligibility\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Admin_Admin_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Admin_Admin_Assignment\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Admin\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[\"<security mailbox>\"],\
            \"target\":{\"caller\":\"Admin\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &["Zero Trust Assessment 21818", "PIM concept and setup: notifications"],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies],
    variants: &[Variant {
        name: EVERY_NOTICE,
        meaning: "any of the nine notices that goes to nobody fails, also to the person concerned, and \
            whatever was not read of the others",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// Zero Trust Assessment 21818.
const EVERY_NOTICE: &str = "every-notice";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let every = expect.is_variant(EVERY_NOTICE);
    let (muted, unread) = muted_rules(policy);
    // Where every notice counts, one that is muted is proof, whatever the others are.
    if let Some(gap) = &unread
        && (!every || muted.is_empty())
    {
        return Err(gap.clone());
    }
    // Who asks for every notice does not ask whether approval is asked for.
    let request_is_muted = muted.contains(&APPROVAL_REQUEST)
        && match facts.approval_of(access) {
            Ok(approval) => matches!(approval, Approval::Required { .. }),
            Err(gap) if !every => return Err(gap),
            Err(_) => false,
        };
    let admin_is_muted = muted.iter().any(|rule| rule.recipient == NotificationRecipient::Admin);
    let observed = if muted.is_empty() {
        "no notice is muted".to_owned()
    } else {
        let ids: Vec<_> = muted.iter().map(|rule| rule.id()).collect();
        format!("muted: {}", ids.join(", "))
    };
    let outcome = if request_is_muted {
        Outcome::fail(observed, EXPECTED).note("approvers are not told of requests, which expire")
    } else if every && !muted.is_empty() {
        Outcome::fail(observed, EXPECTED)
    } else if admin_is_muted {
        Outcome::partial(0.5, observed, EXPECTED)
    } else {
        Outcome::pass(observed, EXPECTED)
    };
    let calls = muted.iter().map(|rule| call(*rule)).collect();
    let mut outcome = muted
        .iter()
        .filter_map(|rule| harmless(*rule, request_is_muted))
        .fold(outcome, Outcome::note)
        .maybe_note(unread.map(|gap| format!("there may be more: {gap}")));
    // Without a muted rule the one whose muting would fail stands for the nine.
    let shown = if muted.is_empty() { vec![APPROVAL_REQUEST] } else { muted };
    for rule in shown {
        let evidence = notification_evidence(policy, rule, notification(policy, rule)?);
        outcome = evidence.into_iter().fold(outcome, Outcome::evidence);
    }
    Ok(outcome.calls(calls))
}

/// The call that gives one notice its default recipients back. The id of a rule names recipient, caller and
/// level.
fn call(rule: NotificationRule) -> String {
    let id = rule.id();
    let mut parts = id.split('_').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (recipient, caller, level) = (part(), part(), part());
    format!(
        "PATCH /v1.0/policies/roleManagementPolicies/{{policy}}/rules/{id} \
         {{\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
         \"id\":\"{id}\",\"notificationType\":\"Email\",\"recipientType\":\"{recipient}\",\
         \"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\"notificationRecipients\":[],\
         \"target\":{{\"caller\":\"{caller}\",\"operations\":[\"all\"],\"level\":\"{level}\",\
         \"inheritableSettings\":[],\"enforcedSettings\":[]}}}}"
    )
}

/// The muted ones of the nine rules, and why there may be more.
fn muted_rules(policy: &ActivationPolicy) -> (Vec<NotificationRule>, Option<Gap>) {
    let (mut muted, mut unread) = (Vec::new(), None);
    for rule in NotificationRule::all() {
        match notification(policy, rule) {
            Ok(notice) if notice.is_muted() => muted.push(rule),
            Ok(_) => {}
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    (muted, unread)
}

/// What a muted rule that costs nothing keeps from whom.
fn harmless(rule: NotificationRule, request_is_muted: bool) -> Option<String> {
    match rule.recipient {
        NotificationRecipient::Admin => None,
        NotificationRecipient::Requestor => {
            Some(format!("{rule}: the person concerned is not told"))
        }
        NotificationRecipient::Approver if rule == APPROVAL_REQUEST && request_is_muted => None,
        NotificationRecipient::Approver => Some(format!("{rule}: approvers are not told")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, SECURITY_ADMINISTRATOR};
    use crate::model::GapKind;
    use crate::model::Notification;

    const ROLE: &str = SECURITY_ADMINISTRATOR;

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, ROLE, &Expect::Required)
    }

    fn rule(id: &str) -> NotificationRule {
        NotificationRule::all().find(|rule| rule.id() == id).unwrap()
    }

    fn mute(case: &mut Case, id: &str) {
        let silent = Notification { all: true, default_recipients: false, recipients: Vec::new() };
        case.policy(ROLE).notifications.insert(rule(id), Ok(silent));
    }

    #[test]
    fn fewer_than_nine_readable_rules_are_not_assessed() {
        assert_eq!(judged(&Case::new()).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        for rule in NotificationRule::all() {
            let mut case = Case::new();
            case.policy(ROLE).notifications.remove(&rule);
            assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable, "{rule}");
            let unreadable = Gap::unreadable(Dataset::RolePolicies, "recipientType is \"Dog\"");
            case.policy(ROLE).notifications.insert(rule, Err(unreadable.clone()));
            assert_eq!(judged(&case).unwrap_err(), unreadable, "{rule}");
        }
    }

    #[test]
    fn an_unreadable_approval_matters_only_where_the_request_is_muted() {
        let mut case = Case::new();
        case.policy(ROLE).approval = Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
        assert_eq!(judged(&case).unwrap().name(), "pass");
        mute(&mut case, "Notification_Approver_EndUser_Assignment");
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
    }

    #[test]
    fn where_every_notice_counts_a_muted_one_is_proof() {
        type Change = fn(&mut Case);
        // By default; every-notice.
        let cases: [(&str, Change, [&str; 2]); 6] = [
            ("nothing muted", |_| {}, ["pass", "pass"]),
            (
                "one muted",
                |case| mute(case, "Notification_Requestor_EndUser_Assignment"),
                ["pass", "fail"],
            ),
            (
                "one muted, another absent",
                |case| {
                    mute(case, "Notification_Requestor_EndUser_Assignment");
                    let absent = rule("Notification_Admin_Admin_Assignment");
                    case.policy(ROLE).notifications.remove(&absent);
                },
                ["gap", "fail"],
            ),
            (
                "one absent, none muted",
                |case| {
                    let absent = rule("Notification_Admin_Admin_Assignment");
                    case.policy(ROLE).notifications.remove(&absent);
                },
                ["gap", "gap"],
            ),
            (
                "the request muted, approval not readable",
                |case| {
                    mute(case, "Notification_Approver_EndUser_Assignment");
                    case.policy(ROLE).approval =
                        Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
                },
                ["gap", "fail"],
            ),
            (
                "the request muted, no approval asked for",
                |case| mute(case, "Notification_Approver_EndUser_Assignment"),
                ["pass", "fail"],
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.policy(ROLE);
            change(&mut case);
            let found = [Expect::Required, Expect::Variant(EVERY_NOTICE)]
                .map(|expect| case.judge_role(&CHECK, ROLE, &expect))
                .map(|outcome| outcome.map_or("gap", |it| it.name()));
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn who_is_kept_in_the_dark_decides() {
        for (id, approval, expected, notes) in [
            ("Notification_Approver_EndUser_Assignment", true, "fail", 1),
            ("Notification_Approver_EndUser_Assignment", false, "pass", 1),
            ("Notification_Approver_Admin_Eligibility", true, "pass", 1),
            ("Notification_Admin_EndUser_Assignment", true, "partial", 0),
            ("Notification_Admin_Admin_Assignment", false, "partial", 0),
            ("Notification_Admin_Admin_Eligibility", false, "partial", 0),
            ("Notification_Requestor_EndUser_Assignment", false, "pass", 1),
            ("Notification_Requestor_Admin_Eligibility", true, "pass", 1),
        ] {
            let mut case = Case::new();
            if approval {
                case.approvers(ROLE, &["ana"]);
            }
            mute(&mut case, id);
            let outcome = judged(&case).unwrap();
            let details = outcome.details().unwrap();
            assert_eq!(outcome.name(), expected, "{id} {approval}");
            assert_eq!(details.notes.len(), notes, "{id} {approval}");
            assert!(details.observed.contains(id), "{id}: {}", details.observed);
        }
    }

    #[test]
    fn defaults_or_one_named_recipient_are_not_silence() {
        let cases: [(bool, &[&str]); 2] = [(true, &[]), (false, &["soc@contoso.example"])];
        for (default_recipients, recipients) in cases {
            let mut case = Case::new();
            case.approvers(ROLE, &["ana"]);
            let recipients = recipients.iter().map(|&recipient| recipient.into()).collect();
            let notice = Notification { all: false, default_recipients, recipients };
            for rule in NotificationRule::all() {
                case.policy(ROLE).notifications.insert(rule, Ok(notice.clone()));
            }
            assert_eq!(judged(&case).unwrap().name(), "pass", "{default_recipients}");
        }
    }
}
