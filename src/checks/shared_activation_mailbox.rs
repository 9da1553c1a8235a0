//! `shared-activation-mailbox`: whether an activation is told to a mailbox that does not drown in those of
//! Global Administrator.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::announcement::{Announcement, notification, notification_evidence};
use crate::model::{
    Access, Dataset, Gap, NotificationEvent, NotificationRecipient, NotificationRule, Outcome,
    RoleId, roles,
};

const RULE: NotificationRule = NotificationRule {
    event: NotificationEvent::Activated,
    recipient: NotificationRecipient::Admin,
};
const EXPECTED: &str = "every activation is mailed to another mailbox than Global Administrator's";

/// The check.
pub static CHECK: Check = Check {
    id: "shared-activation-mailbox",
    title: "Activation is announced to no mailbox of its own",
    what: "Reads to whom each role's policy mails the notice of an activation, and sets it against the \
        addresses that Global Administrator's notices go to. An address beyond those passes; where only \
        those are named, or nobody is, it fails. Any address counts, whatever the level of the notices. \
        A group that leads to Global Administrator as well is judged like any other.",
    why: "Other roles are activated many times a day. In one mailbox with them the one notice that matters \
        most is overlooked.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Notification > Send notifications when \
            eligible members activate this role > Role activation alert > Additional recipients: a \
            mailbox that is no recipient of Global Administrator's notices",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Notification_Admin_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule\",\
            \"id\":\"Notification_Admin_EndUser_Assignment\",\"notificationType\":\"Email\",\
            \"recipientType\":\"Admin\",\"notificationLevel\":\"All\",\"isDefaultRecipientsEnabled\":true,\
            \"notificationRecipients\":[\"<another security mailbox than Global Administrator's>\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &["CISA SCuBA MS.AAD.7.9v1"],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::Organization],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let global = Access::DirectoryRole(RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    if *facts.judged_access()? == global {
        return Ok(Outcome::not_applicable(
            "Global Administrator is what the others are set against",
        ));
    }
    let policy = facts.policy()?;
    let notice = notification(policy, RULE)?;
    let announcement = facts.announcement(notice);
    let observed = announcement.in_words();
    // Where nobody is named it makes no difference who is told of Global Administrator.
    let outcome = if announcement.addresses.is_empty() {
        Outcome::fail(observed, EXPECTED)
    } else if is_of_global(facts, &global, &announcement)? {
        Outcome::fail(format!("{observed}, as Global Administrator's"), EXPECTED)
    } else {
        Outcome::pass(observed, EXPECTED)
    };
    let evidence = notification_evidence(policy, RULE, notice);
    let outcome = evidence.into_iter().fold(outcome, Outcome::evidence);
    Ok(announcement.notes.into_iter().fold(outcome, Outcome::note))
}

/// Whether every mailbox that is named is one of Global Administrator's notices.
fn is_of_global(facts: &Facts, global: &Access, announcement: &Announcement) -> Result<bool, Gap> {
    let of_global = facts.announcement(notification(facts.policy_of(global)?, RULE)?);
    Ok(announcement.addresses.is_subset(&of_global.addresses))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, EXCHANGE_ADMINISTRATOR as ROLE, GLOBAL_ADMINISTRATOR};
    use crate::model::{GroupAccess, Notification, PrincipalId};

    const SOC: &str = "soc@contoso.example";
    const IRT: &str = "irt@contoso.example";

    fn notice(recipients: &[&str]) -> Notification {
        let recipients = recipients.iter().map(|&recipient| recipient.into()).collect();
        Notification { all: false, default_recipients: true, recipients }
    }

    /// Whom Global Administrator's notices go to, and whom the role's own.
    fn case_of(global: &[&str], own: &[&str]) -> Case {
        let mut case = Case::new();
        for (role, recipients) in [(GLOBAL_ADMINISTRATOR, global), (ROLE, own)] {
            case.policy(role).notifications.insert(RULE, Ok(notice(recipients)));
        }
        case
    }

    #[test]
    fn another_mailbox_is_one_that_gets_nothing_of_global_administrator() {
        let cases: [(&[&str], &[&str], &str); 9] = [
            // Global Administrator's, the role's own.
            (&[SOC], &[IRT], "pass"),
            (&[SOC], &[SOC], "fail"),
            (&[SOC], &["Soc@Contoso.example"], "fail"),
            (&[SOC, IRT], &[SOC], "fail"),
            (&[SOC, IRT], &["Irt@contoso.example", SOC], "fail"),
            (&[SOC], &[SOC, IRT], "pass"),
            (&[], &[SOC], "pass"),
            (&[SOC], &[], "fail"),
            (&[], &[], "fail"),
        ];
        for (global, own, expected) in cases {
            let outcome = case_of(global, own).judge_role(&CHECK, ROLE, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{global:?} {own:?}");
        }
    }

    #[test]
    fn a_group_with_both_roles_needs_another_mailbox_as_well() {
        for (own, expected) in [(IRT, "pass"), (SOC, "fail")] {
            let mut case = case_of(&[SOC], &[IRT]);
            case.group("g", &[]);
            case.onboard("g");
            case.active("g", GLOBAL_ADMINISTRATOR);
            case.active("g", ROLE);
            let policy = case.group_policy("g", GroupAccess::Member);
            policy.notifications.insert(RULE, Ok(notice(&[own])));
            let access = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
            let outcome = case.judge_access(&CHECK, access, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{own}");
        }
    }

    #[test]
    fn which_one_is_global_administrators_must_be_known_where_one_is_named() {
        let unread = Gap::unreadable(Dataset::RolePolicies, "missing");
        for (own, expected) in [(&[SOC][..], Err(unread.clone())), (&[][..], Ok("fail"))] {
            let mut case = case_of(&[], own);
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.notifications.insert(RULE, Err(unread.clone()));
            let outcome = case.judge_role(&CHECK, ROLE, &Expect::Required);
            assert_eq!(outcome.map(|it| it.name()), expected, "{own:?}");
        }
        let mut case = case_of(&[SOC], &[IRT]);
        case.policy(ROLE).notifications.insert(RULE, Err(unread.clone()));
        assert_eq!(case.judge_role(&CHECK, ROLE, &Expect::Required).unwrap_err(), unread);
        let own = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
        assert_eq!(own.name(), "not-applicable");
    }
}
