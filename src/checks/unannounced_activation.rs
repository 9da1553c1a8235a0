//! `unannounced-activation`: whether an activation is told to the people who watch.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::announcement::{Announcement, Reached, notification, notification_evidence};
use crate::model::{
    Access, Dataset, Gap, GapKind, NotificationEvent, NotificationRecipient, NotificationRule,
    Outcome, RoleId, roles,
};
use std::collections::BTreeSet;

const RULE: NotificationRule = NotificationRule {
    event: NotificationEvent::Activated,
    recipient: NotificationRecipient::Admin,
};
const EXPECTED: &str = "every activation is mailed to a named security mailbox";

/// The check.
pub static CHECK: Check = Check {
    id: "unannounced-activation",
    title: "Activation is not announced to security",
    what: "Reads to whom each role's policy mails the notice of an activation. A named recipient of all \
        notices passes; critical notices only, default recipients only, or none of the declared security \
        mailboxes is met in part; nobody fails.",
    why: "The notice is the one alarm that rings while the role is still active. Default recipients are the \
        administrators themselves, and the thief may be one of them.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Notification > Send notifications when \
            eligible members activate this role > Role activation alert > Additional recipients; clear \
            Critical emails only",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Admin_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Admin_EndUser_Assignment\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Admin\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[\"<security mailbox>\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "CISA SCuBA MS.AAD.7.8v1",
        "Zero Trust Assessment 21819",
        "Zero Trust Assessment 21820",
        "Entra ID STIG V-270255",
    ],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::Organization],
    variants: VARIANTS,
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// SCuBA 7.8: a mailbox must be named.
const NAMED: &str = "named-recipients";
/// STIG: system administrators and the security officer, whose mailboxes the organisation declares.
const EVERY: &str = "every-mailbox";
const EXPECTED_EVERY: &str = "every declared security mailbox is a recipient";
/// Zero Trust Assessment: somebody must get it.
const ANY: &str = "any-recipient";
const EXPECTED_ANY: &str = "every activation is mailed to somebody";
const VARIANTS: &[Variant] = &[
    Variant { name: ANY, meaning: "default recipients are enough, and so is any named one" },
    Variant { name: NAMED, meaning: "default recipients alone fail: an address must be named" },
    Variant {
        name: EVERY,
        meaning: "every declared security mailbox must be named, whatever the level of the notices; \
            where none is declared, whoever is named could be anybody and is not judged",
    },
];

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let notice = notification(policy, RULE)?;
    let announcement = facts.announcement(notice);
    let misses_security = facts.misses_security(&announcement.addresses);
    let observed = announcement.in_words();
    let is_named = expect.is_variant(NAMED);
    let expected = if expect.is_variant(ANY) { EXPECTED_ANY } else { EXPECTED };
    let outcome = match announcement.reached {
        _ if expect.is_variant(EVERY) => every_mailbox(facts, &announcement)?,
        Reached::Nobody => Outcome::fail(observed, expected),
        Reached::Defaults if is_named => Outcome::fail(observed, expected),
        Reached::Defaults | Reached::NamedCritical | Reached::Named if expect.is_variant(ANY) => {
            Outcome::pass(observed, expected)
        }
        Reached::Defaults => Outcome::partial(0.5, observed, expected),
        Reached::NamedCritical | Reached::Named if misses_security => {
            Outcome::partial(0.5, observed, expected)
        }
        Reached::NamedCritical => Outcome::partial(0.75, observed, expected),
        Reached::Named => Outcome::pass(observed, expected),
    };
    let outcome = notification_evidence(policy, RULE, notice)
        .into_iter()
        .fold(outcome, Outcome::evidence)
        .maybe_note(misses_security.then_some("no declared security mailbox is among the recipients"))
        .maybe_note(shares_global_mailbox(facts, access, &announcement.addresses).then_some(
            "mailed to the only mailbox of Global Administrator's notices, among which it may drown",
        ));
    Ok(announcement.notes.into_iter().fold(outcome, Outcome::note))
}

/// Whether every declared security mailbox is named. Who is behind an address only the organisation
/// can say.
fn every_mailbox(facts: &Facts, announcement: &Announcement) -> Result<Outcome, Gap> {
    let observed = announcement.in_words();
    if announcement.addresses.is_empty() {
        return Ok(Outcome::fail(observed, EXPECTED_EVERY));
    }
    if facts.organisation().security_mailboxes.is_empty() {
        return Err(Gap::new(
            GapKind::NotDeclared,
            "whose the recipients are is not known: name the mailboxes of the system administrators \
             and of the security officer under security_mailboxes",
        ));
    }
    let left_out = facts.left_out(&announcement.addresses);
    Ok(if left_out.is_empty() {
        Outcome::pass(observed, EXPECTED_EVERY)
    } else {
        Outcome::fail(observed, EXPECTED_EVERY).note(format!("left out: {}", left_out.join(", ")))
    })
}

/// Whether the only mailbox that Global Administrator's notices go to gets this role's as well.
fn shares_global_mailbox(facts: &Facts, access: &Access, addresses: &BTreeSet<String>) -> bool {
    let global = Access::DirectoryRole(RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    if *access == global {
        return false;
    }
    let Ok(policy) = facts.policy_of(&global) else {
        return false;
    };
    notification(policy, RULE).is_ok_and(|notice| {
        let mailboxes = facts.announcement(notice).addresses;
        mailboxes.len() == 1 && mailboxes.is_subset(addresses)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR};
    use crate::model::GapKind;
    use crate::model::{Collected, Notification};

    const ROLE: &str = EXCHANGE_ADMINISTRATOR;

    fn notice(all: bool, default_recipients: bool, recipients: &[&str]) -> Notification {
        let recipients = recipients.iter().map(|&recipient| recipient.into()).collect();
        Notification { all, default_recipients, recipients }
    }

    fn case_of(notification: Notification) -> Case {
        let mut case = Case::new();
        case.policy(ROLE).notifications.insert(RULE, Ok(notification));
        case
    }

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, ROLE, &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn notes(outcome: &Outcome) -> usize {
        outcome.details().unwrap().notes.len()
    }

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        let mut case = Case::new();
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        case.policy(ROLE).notifications.remove(&RULE);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        let unreadable = Gap::unreadable(Dataset::RolePolicies, "notificationLevel is \"Loud\"");
        case.policy(ROLE).notifications.insert(RULE, Err(unreadable.clone()));
        assert_eq!(judged(&case).unwrap_err(), unreadable);
    }

    #[test]
    fn named_recipients_of_all_notices_pass() {
        let cases: [(bool, bool, &[&str], f64); 8] = [
            (true, false, &[], 0.0),
            (true, false, &["not an address"], 0.0),
            (true, true, &["soc"], 0.5),
            (true, true, &[], 0.5),
            (false, true, &[], 0.5),
            (false, false, &["soc@contoso.example"], 0.75),
            (true, false, &["soc@contoso.example"], 1.0),
            (true, true, &["nonsense", "soc@contoso.example"], 1.0),
        ];
        for (all, defaults, recipients, credit) in cases {
            let outcome = judged(&case_of(notice(all, defaults, recipients))).unwrap();
            assert_eq!(credit_of(&outcome), credit, "{all} {defaults} {recipients:?}");
        }
    }

    #[test]
    fn where_anybody_is_enough_nothing_more_is_said_to_be_expected() {
        let cases: [(bool, &[&str], &str); 3] =
            [(false, &[], "fail"), (true, &[], "pass"), (false, &["soc@contoso.example"], "pass")];
        for (defaults, recipients, name) in cases {
            let case = case_of(notice(true, defaults, recipients));
            let outcome = case.judge_role(&CHECK, ROLE, &Expect::Variant(ANY)).unwrap();
            assert_eq!(outcome.name(), name, "{defaults} {recipients:?}");
            assert_eq!(outcome.details().unwrap().expected, EXPECTED_ANY);
        }
    }

    #[test]
    fn odd_recipients_are_noted() {
        let mut case = case_of(notice(true, true, &["soc", "soc@fabrikam.example"]));
        assert_eq!(notes(&judged(&case).unwrap()), 2);
        // Without the verified domains nothing can be called foreign.
        case.tenant.domains =
            Collected::Missing(Gap::of(Dataset::Organization, GapKind::PermissionDenied, "403"));
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), notes(&outcome)), ("pass", 1));
    }

    #[test]
    fn a_declared_security_mailbox_must_be_among_the_recipients() {
        for (all, declared, credit) in [
            (true, "soc@contoso.example", 1.0),
            (true, "SOC@contoso.example", 1.0),
            (true, "irt@contoso.example", 0.5),
            (false, "irt@contoso.example", 0.5),
        ] {
            let mut case = case_of(notice(all, true, &["Soc@Contoso.example"]));
            case.organisation.security_mailboxes.push(declared.to_owned());
            assert_eq!(credit_of(&judged(&case).unwrap()), credit, "{all} {declared}");
        }
    }

    #[test]
    fn every_declared_mailbox_is_named_or_it_fails_and_undeclared_nobody_knows() {
        const SA: &str = "sa@contoso.example";
        const ISSO: &str = "isso@contoso.example";
        let cases: [(&[&str], &[&str], bool, &str); 10] = [
            // Declared, named, all notices.
            (&[SA, ISSO], &[SA, ISSO], true, "pass"),
            (&[SA, ISSO], &["ISSO@contoso.example", "soc@contoso.example", SA], true, "pass"),
            (&[SA, ISSO], &[SA, ISSO], false, "pass"),
            (&[SA, ISSO], &[ISSO], true, "fail"),
            (&[SA, ISSO], &["soc@contoso.example"], true, "fail"),
            (&[SA, ISSO], &[], true, "fail"),
            (&[ISSO], &[ISSO], true, "pass"),
            (&[], &["soc@contoso.example"], true, "not declared"),
            // Nobody is nobody's mailbox.
            (&[], &[], true, "fail"),
            (&[], &["not an address"], true, "fail"),
        ];
        for (declared, named, all, expected) in cases {
            let mut case = case_of(notice(all, true, named));
            let declared = declared.iter().map(|&it| it.to_owned());
            case.organisation.security_mailboxes.extend(declared);
            let outcome = case.judge_role(&CHECK, ROLE, &Expect::Variant(EVERY));
            let found = match &outcome {
                Ok(outcome) => outcome.name(),
                Err(gap) => {
                    assert_eq!(gap.kind, GapKind::NotDeclared);
                    "not declared"
                }
            };
            assert_eq!(found, expected, "{named:?} {all}");
        }
    }

    #[test]
    fn the_only_mailbox_of_global_administrator_is_noted_at_other_roles() {
        let cases: [(&[&str], usize); 3] = [
            (&["soc@contoso.example"], 1),
            (&["soc@contoso.example", "irt@contoso.example"], 0),
            (&["irt@contoso.example"], 0),
        ];
        for (global, expected) in cases {
            let mut case = case_of(notice(true, true, &["soc@contoso.example"]));
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.notifications.insert(RULE, Ok(notice(true, true, global)));
            assert_eq!(notes(&judged(&case).unwrap()), expected, "{global:?}");
            let own = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
            assert_eq!(notes(&own), 0, "{global:?}");
        }
    }
}
