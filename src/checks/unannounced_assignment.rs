//! `unannounced-assignment`: whether a new assignment is told to the people who watch.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::announcement::{Reached, notification, notification_evidence};
use crate::model::{
    Dataset, Gap, NotificationEvent, NotificationRecipient, NotificationRule, Outcome,
};
use std::collections::BTreeSet;

const MADE_ELIGIBLE: NotificationRule = NotificationRule {
    event: NotificationEvent::MadeEligible,
    recipient: NotificationRecipient::Admin,
};
const MADE_ACTIVE: NotificationRule = NotificationRule {
    event: NotificationEvent::MadeActive,
    recipient: NotificationRecipient::Admin,
};
const EXPECTED: &str = "every eligible and active assignment is mailed to a named security mailbox";

/// The check.
pub static CHECK: Check = Check {
    id: "unannounced-assignment",
    title: "Assignment is not announced to security",
    what: "Reads to whom each role's policy mails the notices that somebody was made eligible or active. \
        Named recipients of all notices in both pass; critical notices only, default recipients only, \
        only one of the two, or none of the declared security mailboxes is met in part; nobody fails.",
    why: "A new administrator nobody ordered is how an intruder stays. The mail reaches people who know \
        what was ordered, and it cannot be unsent.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Notification > Send notifications when \
            members are assigned as eligible to this role, and the same as active > Role assignment alert > \
            Additional recipients; clear Critical emails only",
        graph: &[
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
    references: &[
        "CISA SCuBA MS.AAD.7.7v1",
        "Zero Trust Assessment 21818",
        "PIM concept and setup: notifications",
    ],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::Organization],
    variants: VARIANTS,
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// SCuBA and STIG: a mailbox must be named.
const NAMED: &str = "named-recipients";
/// Zero Trust Assessment: somebody must get it.
const ANY: &str = "any-recipient";
const EXPECTED_ANY: &str = "every eligible and active assignment is mailed to somebody";
const VARIANTS: &[Variant] = &[
    Variant { name: ANY, meaning: "default recipients are enough, and so is any named one" },
    Variant { name: NAMED, meaning: "default recipients alone fail: an address must be named" },
];

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let policy = facts.policy()?;
    let eligible_notice = notification(policy, MADE_ELIGIBLE)?;
    let active_notice = notification(policy, MADE_ACTIVE)?;
    let eligible = facts.announcement(eligible_notice);
    let active = facts.announcement(active_notice);
    let addresses: BTreeSet<_> = eligible.addresses.union(&active.addresses).cloned().collect();
    let misses_security = facts.misses_security(&addresses);
    let observed = format!("eligible: {}; active: {}", eligible.in_words(), active.in_words());
    let worst = eligible.reached.min(active.reached);
    let full = match worst {
        Reached::Nobody | Reached::Defaults if expect.is_variant(NAMED) => 0.0,
        Reached::Defaults | Reached::NamedCritical | Reached::Named if expect.is_variant(ANY) => {
            1.0
        }
        Reached::Nobody | Reached::Defaults | Reached::NamedCritical | Reached::Named => {
            credit(eligible.reached, active.reached)
        }
    };
    let credit = if misses_security { full.min(0.5) } else { full };
    let expected = if expect.is_variant(ANY) { EXPECTED_ANY } else { EXPECTED };
    let outcome = if credit <= 0.0 {
        Outcome::fail(observed, expected)
    } else if credit < 1.0 {
        Outcome::partial(credit, observed, expected)
    } else {
        Outcome::pass(observed, expected)
    };
    let outcome = notification_evidence(policy, MADE_ELIGIBLE, eligible_notice)
        .into_iter()
        .chain(notification_evidence(policy, MADE_ACTIVE, active_notice))
        .fold(outcome, Outcome::evidence)
        .maybe_note(
            misses_security.then_some("no declared security mailbox is among the recipients"),
        );
    let mut notes = eligible.notes;
    notes.extend(active.notes);
    notes.sort();
    notes.dedup();
    Ok(notes.into_iter().fold(outcome, Outcome::note))
}

/// The worse of the two notices decides, save that one notice to somebody is better than none. Adding
/// a mailbox to one notice must never cost what the default recipients of both are worth.
fn credit(eligible: Reached, active: Reached) -> f64 {
    match (eligible.min(active), eligible.max(active)) {
        (Reached::Nobody, Reached::Nobody) => 0.0,
        (Reached::Nobody, Reached::Defaults | Reached::NamedCritical | Reached::Named) => 0.25,
        (Reached::Defaults, _) => 0.5,
        (Reached::NamedCritical, _) => 0.75,
        (Reached::Named, _) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{GapKind, Notification};

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn notice(reached: Reached, mailbox: &str) -> Notification {
        let named = matches!(reached, Reached::Named | Reached::NamedCritical);
        Notification {
            all: reached != Reached::NamedCritical,
            default_recipients: reached != Reached::Nobody,
            recipients: if named { vec![mailbox.into()] } else { Vec::new() },
        }
    }

    fn case_of(eligible: Notification, active: Notification) -> Case {
        let mut case = Case::new();
        let notifications = &mut case.policy(GLOBAL_ADMINISTRATOR).notifications;
        notifications.insert(MADE_ELIGIBLE, Ok(eligible));
        notifications.insert(MADE_ACTIVE, Ok(active));
        case
    }

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        assert_eq!(judged(&Case::new()).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        for rule in [MADE_ELIGIBLE, MADE_ACTIVE] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).notifications.remove(&rule);
            assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable, "{rule}");
            let unreadable = Gap::unreadable(Dataset::RolePolicies, "a level nobody knows");
            let notifications = &mut case.policy(GLOBAL_ADMINISTRATOR).notifications;
            notifications.insert(rule, Err(unreadable.clone()));
            assert_eq!(judged(&case).unwrap_err(), unreadable, "{rule}");
        }
    }

    #[test]
    fn both_notices_count_and_their_order_does_not() {
        for (one, other, expected) in [
            (Reached::Nobody, Reached::Nobody, 0.0),
            (Reached::Nobody, Reached::Defaults, 0.25),
            (Reached::Nobody, Reached::Named, 0.25),
            (Reached::Defaults, Reached::Defaults, 0.5),
            (Reached::Defaults, Reached::Named, 0.5),
            (Reached::NamedCritical, Reached::NamedCritical, 0.75),
            (Reached::NamedCritical, Reached::Named, 0.75),
            (Reached::Named, Reached::Named, 1.0),
        ] {
            for (eligible, active) in [(one, other), (other, one)] {
                let soc = "soc@contoso.example";
                let case = case_of(notice(eligible, soc), notice(active, soc));
                let outcome = judged(&case).unwrap();
                assert_eq!(credit_of(&outcome), expected, "{eligible:?} {active:?}");
            }
        }
    }

    #[test]
    fn what_is_no_address_reaches_nobody() {
        let broken = Notification {
            all: true,
            default_recipients: false,
            recipients: vec!["soc at contoso".into(), "@contoso.example".into()],
        };
        let outcome = judged(&case_of(broken.clone(), broken)).unwrap();
        assert_eq!(outcome.name(), "fail");
        // The same oddity in both notices is told once.
        assert_eq!(outcome.details().unwrap().notes.len(), 2);
    }

    #[test]
    fn a_declared_security_mailbox_must_be_among_the_recipients() {
        let mailboxes = ("soc@contoso.example", "irt@contoso.example");
        for (declared, reached, expected) in [
            ("SOC@contoso.example", Reached::Named, 1.0),
            ("irt@contoso.example", Reached::Named, 1.0),
            ("other@contoso.example", Reached::Named, 0.5),
            ("other@contoso.example", Reached::NamedCritical, 0.5),
            ("other@contoso.example", Reached::Nobody, 0.0),
        ] {
            let mut case = case_of(notice(reached, mailboxes.0), notice(reached, mailboxes.1));
            case.organisation.security_mailboxes.push(declared.to_owned());
            let outcome = judged(&case).unwrap();
            assert_eq!(credit_of(&outcome), expected, "{declared} {reached:?}");
        }
    }
}
