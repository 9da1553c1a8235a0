//! What got worse although a finding has no credit left to lose: settings that ask for less, lists
//! that grew. A finding is asked only about what its check judges.

use super::edit::{Asking, Lasting, RuleChange};
use super::settings::{Stance, set};
use crate::model::{
    Access, ActivationPolicy, Approval, AuthenticationContext, Class, Collected, Expiration,
    Finding, Grant, GroupAccess, PrincipalId, RoleId, Scope, Tenant,
};
use std::collections::{BTreeMap, BTreeSet};

const ACTIVATION: &str = "Expiration_EndUser_Assignment";
const ASKED: &str = "Enablement_EndUser_Assignment";
const CONTEXT: &str = "AuthenticationContext_EndUser_Assignment";
const APPROVAL: &str = "Approval_EndUser_Assignment";
/// Stands in place of a rule for a grant that had an end and has none any more.
const ENDLESS: &str = "no end";
/// Stands among the rules for the grants of a role that nobody has to activate.
const STANDING: &str = "standing grants";

/// What a check judges: ids of rules; the end of one stands for all notices of that kind.
const JUDGES: [(&str, &[&str]); 19] = [
    ("activation-beyond-policy", &[ACTIVATION]),
    ("activation-too-long", &[ACTIVATION]),
    ("activation-without-approval", &[APPROVAL]),
    ("activation-without-justification", &[ASKED]),
    ("activation-without-mfa", &[ASKED, CONTEXT]),
    ("activation-without-ticket", &[ASKED]),
    ("approval-without-reason", &[APPROVAL]),
    ("muted-notification", &["_Assignment", "_Eligibility"]),
    ("permanent-active-allowed", &["Expiration_Admin_Assignment"]),
    ("roles-table-mismatch", &[STANDING]),
    ("shared-activation-mailbox", &["_EndUser_Assignment"]),
    ("single-level-approval", &[APPROVAL]),
    ("unannounced-activation", &["_EndUser_Assignment"]),
    ("unannounced-assignment", &["_Admin_Assignment", "_Admin_Eligibility"]),
    ("unenforced-authentication-context", &[CONTEXT]),
    ("unexpiring-eligibility", &["Expiration_Admin_Eligibility"]),
    ("unguarded-active-assignment", &["Enablement_Admin_Assignment"]),
    ("unusable-approvers", &[APPROVAL]),
    ("weakest-path", &[ASKED, CONTEXT, APPROVAL]),
];

/// These hold something else against the rule: when the rule asks for less, so do they.
const RELATIVE: [&str; 2] = ["activation-beyond-policy", "weakest-path"];

/// What a check counts, where more of it is worse.
const COUNTS: [(&str, &str); 10] = [
    ("global-administrator-count", "people"),
    ("global-administrator-share", "people"),
    ("permanent-active-assignment", "members"),
    ("permanent-role-member", "members"),
    ("privileged-workload-identity", "roles"),
    ("standing-group-member", "standing members"),
    ("standing-group-owner", "standing owners"),
    ("too-many-privileged-assignments", "assignments"),
    ("unmanaged-role-group", "members"),
    ("weakest-path", "weaker ways"),
];

/// Fewer Global Administrators than this may be too few rather than too many.
const MANY: f64 = 5.0;

/// Keys of subjects, each with what got worse about it.
#[derive(Debug, Default)]
pub(super) struct Worse(BTreeSet<(String, String)>);

impl Worse {
    /// Compares the settings of these accesses, and who holds a role all the time.
    pub(super) fn of(before: &Tenant, after: &Tenant, accesses: &BTreeSet<String>) -> Self {
        let mut worse = BTreeSet::new();
        for key in accesses {
            if let (Some(was), Some(is)) = (policy(before, key), policy(after, key)) {
                let rules = asks_for_less(was, is).into_iter();
                worse.extend(rules.map(|rule| (key.clone(), rule)));
            }
        }
        let had = standing(before);
        for (role, count) in standing(after) {
            if count > had.get(role).copied().unwrap_or_default() {
                worse.insert((format!("role:{role}"), STANDING.to_owned()));
            }
        }
        worse.extend(lost_their_end(before, after).map(|key| (key, ENDLESS.to_owned())));
        Self(worse)
    }

    /// True where a finding is gone because the grant has no end any more: a check on ends has nothing
    /// to say of it then.
    pub(super) fn lost_its_end(&self, was: &Finding) -> bool {
        self.0.contains(&(was.subject.key.to_string(), ENDLESS.to_owned()))
    }

    /// True where a rule of the access asks for less.
    pub(super) fn is_of(&self, access: &str) -> bool {
        self.0.iter().any(|(key, rule)| key == access && rule != STANDING)
    }

    /// True where a rule that the check judges asks for less.
    fn touches(&self, finding: &Finding) -> bool {
        let judged = JUDGES.iter().find(|(check, _)| *check == finding.check);
        let judged = judged.map_or(&[][..], |(_, rules)| *rules);
        let mut own = self.0.iter().filter(|(key, _)| **key == *finding.subject.key);
        own.any(|(_, worse)| judged.iter().any(|rule| is_rule(worse, rule)))
    }

    /// True where a finding that fell short before falls shorter now.
    pub(super) fn falls_shorter(&self, was: &Finding, is: &Finding) -> bool {
        (!RELATIVE.contains(&is.check) && self.touches(is)) || counts_more(was, is)
    }

    /// True where a finding that was met better is so only because the rule asks for less: what was
    /// held against the rule, or what is judged only while the rule asks for something.
    pub(super) fn is_hollow(&self, was: &Finding, is: Option<&Finding>) -> bool {
        let still_judged = is.is_some_and(|it| it.outcome.verdict().is_some());
        match was.check {
            // Without approval there is no approver whose mails could be muted.
            "muted-notification" | "shared-activation-mailbox" | "unannounced-activation"
                if self.approval_fell(Some(&*was.subject.key)) =>
            {
                true
            }
            // The group is no approver any more, of whichever access it was one.
            "unprotected-approver-group" if !still_judged && self.approval_fell(None) => true,
            _ => (RELATIVE.contains(&was.check) || !still_judged) && self.touches(was),
        }
    }

    /// True where approval is asked for less, of this access or of any.
    fn approval_fell(&self, of: Option<&str>) -> bool {
        let mut worse = self.0.iter().filter(|(_, rule)| rule == APPROVAL);
        worse.any(|(key, _)| of.is_none_or(|of| key == of))
    }
}

/// Keys of the grants that had an end before and have none after.
fn lost_their_end(before: &Tenant, after: &Tenant) -> impl Iterator<Item = String> {
    let of = |tenant: &Tenant, class: Class| -> BTreeSet<(PrincipalId, RoleId, Scope)> {
        let all = tenant.active.at_least().into_iter().flatten();
        let own = all.filter(|it| it.class() == class);
        own.map(|it| (it.principal.clone(), it.role.clone(), it.within.clone())).collect()
    };
    let had_none = of(before, Class::Permanent);
    let endless: BTreeSet<_> = of(after, Class::Permanent).difference(&had_none).cloned().collect();
    let had_one = before.active.at_least().into_iter().flatten().filter(move |it| {
        let place = (it.principal.clone(), it.role.clone(), it.within.clone());
        it.class() == Class::TimeBound && endless.contains(&place)
    });
    had_one.map(Grant::key).collect::<BTreeSet<_>>().into_iter()
}

fn is_rule(rule: &str, wanted: &str) -> bool {
    match wanted.starts_with('_') {
        true => rule.starts_with("Notification_") && rule.ends_with(wanted),
        false => rule == wanted,
    }
}

/// More of what the check counts, by the same measure.
pub(super) fn counts_more(was: &Finding, is: &Finding) -> bool {
    let Some((check, name)) = COUNTS.iter().find(|(check, _)| *check == is.check) else {
        return false;
    };
    let (Some(was), Some(is)) = (was.outcome.details(), is.outcome.details()) else {
        return false;
    };
    let count = |measures: &[(&'static str, f64)]| {
        measures.iter().find(|(it, _)| it == name).map(|(_, count)| *count)
    };
    let (Some(had), Some(has)) = (count(&was.measures), count(&is.measures)) else { return false };
    // More ways are weaker than a role that asks for more than before.
    let is_same_measure = was.expected == is.expected;
    let may_be_too_few = check.starts_with("global-administrator") && had < MANY;
    is_same_measure && !may_be_too_few && has > had
}

/// The settings of an access, by its key.
fn policy<'t>(tenant: &'t Tenant, key: &str) -> Option<&'t ActivationPolicy> {
    match place_of(key)? {
        Access::DirectoryRole(role) => tenant.policies.at_least().ok()?.get(&role)?.as_ref().ok(),
        Access::Group(group, by) => tenant.group_pim.get(&group)?.policy(by).as_ref().ok(),
    }
}

/// Gives an access the settings back that it had before.
pub(super) fn put_back(tenant: &mut Tenant, before: &Tenant, key: &str) {
    let Some(was) = policy(before, key) else { return };
    let place = match place_of(key) {
        Some(Access::DirectoryRole(role)) => match &mut tenant.policies {
            Collected::Complete(all) | Collected::Partial(all, _) => all.get_mut(&role),
            Collected::Missing(_) => None,
        },
        Some(Access::Group(group, by)) => tenant.group_pim.get_mut(&group).map(|pim| match by {
            GroupAccess::Member => &mut pim.member_policy,
            GroupAccess::Owner => &mut pim.owner_policy,
        }),
        None => None,
    };
    if let Some(place) = place {
        *place = Ok(was.clone());
    }
}

/// The access of a key.
fn place_of(key: &str) -> Option<Access> {
    if let Some(role) = key.strip_prefix("role:") {
        return Some(Access::DirectoryRole(RoleId::new(role)));
    }
    let (group, access) = key.strip_prefix("group:")?.rsplit_once(':')?;
    let both = [GroupAccess::Member, GroupAccess::Owner];
    let access = both.into_iter().find(|it| it.name() == access)?;
    Some(Access::Group(PrincipalId::new(group), access))
}

/// How many grants of each role nobody has to activate.
fn standing(tenant: &Tenant) -> BTreeMap<&RoleId, usize> {
    let mut count: BTreeMap<&RoleId, usize> = BTreeMap::new();
    let grants = tenant.active.at_least().into_iter().flatten();
    for grant in grants.filter(|grant| grant.is_standing()) {
        *count.entry(&grant.role).or_default() += 1;
    }
    count
}

/// Ids of the rules that ask for less.
fn asks_for_less(was: &ActivationPolicy, is: &ActivationPolicy) -> Vec<String> {
    let mut was = was.clone();
    let mut rules = Vec::new();
    for rule in stated(is) {
        if set(&mut was, &rule).stance == Stance::Weaker {
            rules.push(rule.id());
        }
    }
    rules
}

/// The rules of a policy that are known, as a change would state them in full.
fn stated(policy: &ActivationPolicy) -> Vec<RuleChange> {
    let mut rules = Vec::new();
    for (of, live) in [
        (Lasting::Activation, &policy.activation_expiration),
        (Lasting::Assignment, &policy.assignment_expiration),
        (Lasting::Eligibility, &policy.eligibility_expiration),
    ] {
        let (required, maximum) = match live {
            Ok(Expiration::NotRequired) => (Some(false), None),
            Ok(Expiration::AtMost(length)) => (Some(true), Some(*length)),
            Err(_) => continue,
        };
        rules.push(RuleChange::Expiration { of, required, maximum });
    }
    for (of, live) in [
        (Asking::Activation, &policy.activation_enablement),
        (Asking::Assignment, &policy.assignment_enablement),
    ] {
        if let Ok(asked) = live {
            rules.push(RuleChange::Enablement {
                of,
                mfa: Some(asked.mfa),
                justification: Some(asked.justification),
                ticket: Some(asked.ticket),
            });
        }
    }
    if let Ok(context) = &policy.authentication_context {
        let (enabled, claim) = match context {
            AuthenticationContext::Off => (Some(false), None),
            AuthenticationContext::On(claim) => (Some(true), Some(claim.to_string())),
            AuthenticationContext::OnWithoutClaim => (Some(true), Some(String::new())),
        };
        rules.push(RuleChange::Context { enabled, claim });
    }
    if let Ok(approval) = &policy.approval {
        let (required, mode, stages) = match approval {
            Approval::NotRequired => (Some(false), None, None),
            Approval::Required { mode, stages } => {
                (Some(true), Some(mode.to_string()), Some(stages.clone()))
            }
        };
        rules.push(RuleChange::Approval { required, mode, stages });
    }
    for (rule, live) in &policy.notifications {
        if let Ok(notice) = live {
            rules.push(RuleChange::Notification {
                rule: *rule,
                all: Some(notice.all),
                defaults: Some(notice.default_recipients),
                recipients: Some(notice.recipients.clone()),
            });
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Enablement, IsoDuration, Outcome, Severity};
    use crate::report::testing as texts;

    fn finding(check: &'static str, outcome: Outcome) -> Finding {
        texts::finding(check, Severity::High, texts::tenant(), outcome)
    }

    /// A rule that asks for less of the subject of `finding`.
    fn worse(rule: &str) -> Worse {
        Worse(BTreeSet::from([("tenant".to_owned(), rule.to_owned())]))
    }

    #[test]
    fn every_check_that_is_named_is_one() {
        let judging = JUDGES.iter().map(|(check, _)| check);
        let counting = COUNTS.iter().map(|(check, _)| check);
        for check in judging.chain(counting).chain(&RELATIVE) {
            assert!(checks::by_id(check).is_some(), "{check}");
        }
        // A rule that is misspelt would never be found.
        let mut case = Case::new();
        let all: Vec<String> =
            stated(case.policy(GLOBAL_ADMINISTRATOR)).iter().map(RuleChange::id).collect();
        for rule in JUDGES.iter().flat_map(|(_, rules)| *rules).filter(|it| **it != STANDING) {
            assert!(all.iter().any(|id| is_rule(id, rule)), "{rule} in {all:?}");
        }
    }

    #[test]
    fn only_the_rules_that_ask_for_less_in_the_end_are_named() {
        let hours = |hours: u64| Ok(Expiration::AtMost(IsoDuration::from_seconds(hours * 3600)));
        let asked = |mfa, justification| Ok(Enablement { mfa, justification, ticket: false });
        for (length, asks, expected) in [
            (hours(20), asked(true, true), vec![]),
            (hours(24), asked(true, true), vec![ACTIVATION]),
            (hours(18), asked(true, true), vec![]),
            (Ok(Expiration::NotRequired), asked(false, true), vec![ACTIVATION, ASKED]),
            (hours(20), asked(true, false), vec![ASKED]),
        ] {
            let mut case = Case::new();
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.activation_expiration = hours(20);
            policy.activation_enablement = asked(true, true);
            let was = policy.clone();
            policy.activation_expiration = length;
            policy.activation_enablement = asks;
            assert_eq!(asks_for_less(&was, policy), expected);
        }
    }

    #[test]
    fn a_finding_is_asked_only_about_what_its_check_judges() {
        for (check, rule, expected) in [
            ("activation-too-long", ACTIVATION, true),
            ("activation-too-long", ASKED, false),
            ("activation-without-mfa", ASKED, true),
            ("activation-without-mfa", APPROVAL, false),
            ("unannounced-activation", "Notification_Admin_EndUser_Assignment", true),
            ("unannounced-activation", "Notification_Admin_Admin_Assignment", false),
            ("unannounced-activation", APPROVAL, false),
            ("unannounced-assignment", "Notification_Admin_Admin_Eligibility", true),
            // The way misses less, as the role asks for less.
            ("weakest-path", ASKED, false),
            ("global-administrator-count", ASKED, false),
        ] {
            let (was, is) = (Outcome::fail("a", "x"), Outcome::fail("b", "x"));
            let (was, is) = (finding(check, was), finding(check, is));
            assert_eq!(worse(rule).falls_shorter(&was, &is), expected, "{check} {rule}");
            let elsewhere = Worse(BTreeSet::from([("role:y".to_owned(), rule.to_owned())]));
            assert!(!elsewhere.falls_shorter(&was, &is), "{check} {rule}");
        }
    }

    #[test]
    fn more_of_what_is_bad_is_worse() {
        for (check, name, had, has, asked, expected) in [
            ("standing-group-member", "standing members", 12.0, 15.0, "x", true),
            ("standing-group-member", "standing members", 15.0, 12.0, "x", false),
            ("standing-group-member", "standing members", 12.0, 12.0, "x", false),
            ("standing-group-owner", "standing owners", 1.0, 2.0, "x", true),
            ("standing-group-owner", "eligible owners", 1.0, 2.0, "x", false),
            ("global-administrator-count", "people", 7.0, 8.0, "x", true),
            // One of at least two became three of at least four.
            ("global-administrator-count", "people", 1.0, 3.0, "x", false),
            ("weakest-path", "weaker ways", 1.0, 2.0, "x", true),
            // The role itself asks for more.
            ("weakest-path", "weaker ways", 1.0, 2.0, "y", false),
        ] {
            let of = |count, asked: &'static str| {
                finding(check, Outcome::fail("a", asked).measure(name, count))
            };
            let found = Worse::default().falls_shorter(&of(had, "x"), &of(has, asked));
            assert_eq!(found, expected, "{check} {name} {had} {has} {asked}");
        }
    }

    #[test]
    fn what_is_met_because_the_rule_asks_for_less_is_hollow() {
        let judged = || Some(Outcome::pass("a", "x"));
        let silent = || Some(Outcome::not_applicable("no approval"));
        for (check, rule, is, expected) in [
            ("weakest-path", ASKED, judged(), true),
            ("weakest-path", ACTIVATION, judged(), false),
            ("activation-beyond-policy", ACTIVATION, judged(), true),
            ("approval-without-reason", APPROVAL, silent(), true),
            ("approval-without-reason", APPROVAL, None, true),
            ("approval-without-reason", ASKED, silent(), false),
            // It is judged as before, and better, whatever else asks for less.
            ("muted-notification", "Notification_Admin_Admin_Eligibility", judged(), false),
            // Nobody has to approve any more, so nobody misses the mails about that.
            ("muted-notification", APPROVAL, judged(), true),
            ("unannounced-activation", APPROVAL, judged(), true),
            ("unprotected-approver-group", APPROVAL, None, true),
            ("unprotected-approver-group", APPROVAL, judged(), false),
            ("unprotected-approver-group", ASKED, None, false),
        ] {
            let was = finding(check, Outcome::fail("b", "x"));
            let is = is.map(|it| finding(check, it));
            assert_eq!(worse(rule).is_hollow(&was, is.as_ref()), expected, "{check} {rule}");
        }
    }
}
