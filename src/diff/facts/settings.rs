//! The rules of role management policies: which way each of them went.
//!
//! One closed table of rules; roles and groups have the same ones.

use super::gather::Gather;
use super::names::Names;
use super::{Area, Change, Direction, Kind};
use crate::model::{
    Access, ActivationPolicy, Approval, Approver, AuthenticationContext, Dataset, Enablement,
    Expiration, Gap, GapKind, Notification, RoleId, Stage, Tenant, roles,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The settings of every role that both know.
pub(super) fn compare_roles(names: &Names<'_>, found: &mut Gather) {
    let (old, new) = (&names.old.policies, &names.new.policies);
    if old.gap().is_some() || new.gap().is_some() {
        found.unread("role settings", old.gap(), new.gap(), None);
    }
    // A policy that is known is known with all its rules, also where others are not.
    let (Ok(old), Ok(new)) = (old.at_least(), new.at_least()) else { return };
    let roles: BTreeSet<&RoleId> = old.keys().chain(new.keys()).collect();
    for role in roles {
        match (old.get(role), new.get(role)) {
            (Some(old), Some(new)) => {
                compare(&Access::DirectoryRole(role.clone()), old, new, names, found);
            }
            (Some(_), None) => lost(role, names.new, names, found),
            (None, Some(_)) => lost(role, names.old, names, found),
            (None, None) => {}
        }
    }
}

/// A role whose settings one of the two does not have, although it has the role and every role has
/// settings: they were lost on the way.
fn lost(role: &RoleId, side: &Tenant, names: &Names<'_>, found: &mut Gather) {
    // Of a list that broke off it is told with the list.
    if side.policies.gap().is_some() || ![names.old, names.new].iter().all(|it| has(it, role)) {
        return;
    }
    let gap = Gap::of(
        Dataset::RolePolicies,
        GapKind::ImpossiblyEmpty,
        "Graph returned no policy of the role, but every role has one",
    );
    let (old, new) = match std::ptr::eq(side, names.old) {
        true => (Some(&gap), None),
        false => (None, Some(&gap)),
    };
    found.unread("settings", old, new, Some(&names.role(role)));
}

/// Whether the tenant has the role. Where its roles were not read whole it has the built-in ones.
fn has(tenant: &Tenant, role: &RoleId) -> bool {
    let listed = tenant.roles.at_least().is_ok_and(|roles| roles.contains_key(role));
    listed || (tenant.roles.gap().is_some() && roles::by_id(role).is_some())
}

/// The settings of one access.
pub(super) fn compare(
    access: &Access,
    old: &Result<ActivationPolicy, Gap>,
    new: &Result<ActivationPolicy, Gap>,
    names: &Names<'_>,
    found: &mut Gather,
) {
    let name = names.access(access);
    let Some((old, new)) = found.both("settings", &name, old, new) else { return };
    let mut rules = Rules { subject: access.key(), name, names, found };
    rules.expiration(
        ["Expiration_EndUser_Assignment", "longest activation"],
        &old.activation_expiration,
        &new.activation_expiration,
    );
    rules.enablement(
        ["Enablement_EndUser_Assignment", "on activation"],
        &old.activation_enablement,
        &new.activation_enablement,
    );
    rules.context(&old.authentication_context, &new.authentication_context);
    rules.approval(&old.approval, &new.approval);
    rules.expiration(
        ["Expiration_Admin_Eligibility", "longest eligibility"],
        &old.eligibility_expiration,
        &new.eligibility_expiration,
    );
    rules.expiration(
        ["Expiration_Admin_Assignment", "longest active assignment"],
        &old.assignment_expiration,
        &new.assignment_expiration,
    );
    rules.enablement(
        ["Enablement_Admin_Assignment", "on active assignment"],
        &old.assignment_enablement,
        &new.assignment_enablement,
    );
    let both = old.notifications.keys().filter(|rule| new.notifications.contains_key(*rule));
    for rule in both {
        if let (Some(old), Some(new)) = (old.notifications.get(rule), new.notifications.get(rule)) {
            rules.notification(&rule.id(), old, new);
        }
    }
    rules.presence(
        &old.notifications.keys().map(|rule| rule.id()).collect(),
        &new.notifications.keys().map(|rule| rule.id()).collect(),
    );
    rules.presence(&ids(&old.unknown_rules), &ids(&new.unknown_rules));
}

/// The rules of one access as they are compared.
struct Rules<'r, 't> {
    subject: String,
    name: String,
    names: &'r Names<'t>,
    found: &'r mut Gather,
}

impl Rules<'_, '_> {
    fn push(
        &mut self,
        (field, what): (String, String),
        before: impl Into<String>,
        after: impl Into<String>,
        direction: Direction,
    ) {
        self.found.changes.push(Change {
            area: Area::Settings,
            subject: self.subject.clone(),
            what,
            field,
            kind: Kind::Changed,
            before: Some(before.into()),
            after: Some(after.into()),
            direction,
            name: self.name.clone(),
            holder: None,
        });
    }

    fn both<'v, T>(
        &mut self,
        rule: &str,
        old: &'v Result<T, Gap>,
        new: &'v Result<T, Gap>,
    ) -> Option<(&'v T, &'v T)> {
        self.found.both(&format!("rule {rule}"), &self.name, old, new)
    }

    fn expiration(
        &mut self,
        [rule, what]: [&str; 2],
        old: &Result<Expiration, Gap>,
        new: &Result<Expiration, Gap>,
    ) {
        let Some((old, new)) = self.both(rule, old, new) else { return };
        if old == new {
            return;
        }
        let property = match (old, new) {
            (Expiration::AtMost(_), Expiration::AtMost(_)) => "maximumDuration",
            (Expiration::NotRequired, _) | (_, Expiration::NotRequired) => "isExpirationRequired",
        };
        let direction = Direction::of_limit(&longest(*old), &longest(*new));
        let place = (format!("{rule}.{property}"), what.to_owned());
        self.push(place, limit(*old), limit(*new), direction);
    }

    fn enablement(
        &mut self,
        [rule, when]: [&str; 2],
        old: &Result<Enablement, Gap>,
        new: &Result<Enablement, Gap>,
    ) {
        let Some((old, new)) = self.both(rule, old, new) else { return };
        for (what, before, after) in [
            ("MFA", old.mfa, new.mfa),
            ("justification", old.justification, new.justification),
            ("ticket", old.ticket, new.ticket),
        ] {
            if before != after {
                let place = (format!("{rule}.enabledRules"), format!("{what} {when}"));
                self.push(place, on(before), on(after), Direction::of_demand(before, after));
            }
        }
    }

    fn context(
        &mut self,
        old: &Result<AuthenticationContext, Gap>,
        new: &Result<AuthenticationContext, Gap>,
    ) {
        const RULE: &str = "AuthenticationContext_EndUser_Assignment";
        let Some((old, new)) = self.both(RULE, old, new) else { return };
        if old == new {
            return;
        }
        let asks =
            |context: &AuthenticationContext| matches!(context, AuthenticationContext::On(_));
        let place = (RULE.to_owned(), "authentication context on activation".to_owned());
        let direction = Direction::of_demand(asks(old), asks(new));
        self.push(place, context_in_words(old), context_in_words(new), direction);
    }

    fn approval(&mut self, old: &Result<Approval, Gap>, new: &Result<Approval, Gap>) {
        const RULE: &str = "Approval_EndUser_Assignment";
        let Some((old, new)) = self.both(RULE, old, new) else { return };
        let place = |property: &str, what: &str| (format!("{RULE}.{property}"), what.to_owned());
        match (old, new) {
            (Approval::NotRequired, Approval::NotRequired) => {}
            (Approval::NotRequired, Approval::Required { stages, .. }) => {
                let after = format!("by {}", self.stages(stages));
                let place = place("isApprovalRequired", "approval on activation");
                self.push(place, "off", after, Direction::Stricter);
            }
            (Approval::Required { stages, .. }, Approval::NotRequired) => {
                let before = format!("by {}", self.stages(stages));
                let place = place("isApprovalRequired", "approval on activation");
                self.push(place, before, "off", Direction::Weaker);
            }
            (
                Approval::Required { mode: old_mode, stages: old },
                Approval::Required { mode: new_mode, stages: new },
            ) => {
                if !old_mode.eq_ignore_ascii_case(new_mode) {
                    let place = place("approvalMode", "mode of approval");
                    self.push(place, &**old_mode, &**new_mode, Direction::Different);
                }
                if approvers(old) != approvers(new) {
                    let (before, after) = (self.stages(old), self.stages(new));
                    let place = place("approvalStages", "approvers");
                    self.push(place, before, after, approvers_went(old, new));
                }
                let reasons = |stages: &[Stage]| -> Vec<bool> {
                    stages.iter().map(|stage| stage.reason_required == Some(true)).collect()
                };
                let (before, after) = (reasons(old), reasons(new));
                if before.len() == after.len() && before != after {
                    let asked = |all: &[bool]| all.iter().filter(|&&asked| asked).count();
                    let direction = Direction::of_limit(&asked(&after), &asked(&before));
                    let words = |all: &[bool]| match (asked(all), all.len()) {
                        (0, _) => "off".to_owned(),
                        (number, stages) if number == stages => "on".to_owned(),
                        (number, stages) => format!("in {number} of {stages} stages"),
                    };
                    let place = place("isApproverJustificationRequired", "reason of the approver");
                    self.push(place, words(&before), words(&after), direction);
                }
            }
        }
    }

    fn stages(&self, stages: &[Stage]) -> String {
        let stage = |stage: &Stage| {
            let named: BTreeSet<String> =
                stage.approvers.iter().map(|it| self.approver(it)).collect();
            match named.is_empty() {
                true => "the default approvers".to_owned(),
                false => named.into_iter().collect::<Vec<_>>().join(", "),
            }
        };
        match stages {
            [] => "the default approvers".to_owned(),
            stages => stages.iter().map(stage).collect::<Vec<_>>().join("; then "),
        }
    }

    fn approver(&self, approver: &Approver) -> String {
        match approver {
            Approver::User(id) => self.names.principal(id),
            Approver::Group(id) => format!("group {}", self.names.principal(id)),
            Approver::Unknown(kind) => kind.to_string(),
        }
    }

    fn notification(
        &mut self,
        rule: &str,
        old: &Result<Notification, Gap>,
        new: &Result<Notification, Gap>,
    ) {
        let Some((old, new)) = self.both(rule, old, new) else { return };
        let place = |property: &str, what: &str| (format!("{rule}.{property}"), what.to_owned());
        if old.all != new.all {
            let words = |all: bool| if all { "all" } else { "critical only" };
            let direction = Direction::of_demand(old.all, new.all);
            let place = place("notificationLevel", "which notices are sent");
            self.push(place, words(old.all), words(new.all), direction);
        }
        if old.default_recipients != new.default_recipients {
            let (before, after) = (old.default_recipients, new.default_recipients);
            let place = place("isDefaultRecipientsEnabled", "notices to the default recipients");
            self.push(place, on(before), on(after), Direction::of_demand(before, after));
        }
        let (before, after) = (recipients(old), recipients(new));
        if before != after {
            let gained = after.difference(&before).next().is_some();
            let lost = before.difference(&after).next().is_some();
            let place = place("notificationRecipients", "further recipients of notices");
            self.push(place, listed(&before), listed(&after), Direction::of_set(gained, lost));
        }
    }

    /// Rules that came or went. A rule that is not there is no answer of Graph's that says anything.
    fn presence(&mut self, old: &BTreeSet<String>, new: &BTreeSet<String>) {
        for rule in old.symmetric_difference(new) {
            let words = |there: bool| if there { "there" } else { "not there" };
            let (before, after) = (words(old.contains(rule)), words(new.contains(rule)));
            let place = (rule.clone(), format!("rule {rule}"));
            self.push(place, before, after, Direction::Different);
        }
    }
}

/// Seconds; without an end the longest of all.
const fn longest(expiration: Expiration) -> u64 {
    match expiration {
        Expiration::NotRequired => u64::MAX,
        Expiration::AtMost(duration) => duration.seconds(),
    }
}

fn limit(expiration: Expiration) -> String {
    match expiration {
        Expiration::NotRequired => "without an end".to_owned(),
        Expiration::AtMost(duration) => duration.to_string(),
    }
}

const fn on(asked: bool) -> &'static str {
    if asked { "on" } else { "off" }
}

fn context_in_words(context: &AuthenticationContext) -> String {
    match context {
        AuthenticationContext::Off => "off".to_owned(),
        AuthenticationContext::On(claim) => claim.to_string(),
        AuthenticationContext::OnWithoutClaim => "on, without a context".to_owned(),
    }
}

fn ids(rules: &[Arc<str>]) -> BTreeSet<String> {
    rules.iter().map(|id| id.to_string()).collect()
}

/// Who approves, stage by stage. No stage is one of the default approvers.
fn approvers(stages: &[Stage]) -> Vec<BTreeSet<&Approver>> {
    let mut all: Vec<BTreeSet<&Approver>> =
        stages.iter().map(|stage| stage.approvers.iter().collect()).collect();
    if all.is_empty() {
        all.push(BTreeSet::new());
    }
    all
}

/// Another stage is another approval. Whether other people approve better nobody can say, but named
/// ones are fewer than the default approvers, who come in where nobody is named.
fn approvers_went(old: &[Stage], new: &[Stage]) -> Direction {
    if old.len().max(1) != new.len().max(1) {
        return Direction::of_limit(&new.len(), &old.len());
    }
    let named = |stages: &[Stage]| stages.iter().any(|stage| !stage.approvers.is_empty());
    Direction::of_demand(named(old), named(new))
}

fn recipients(notification: &Notification) -> BTreeSet<String> {
    notification.recipients.iter().map(|address| address.trim().to_lowercase()).collect()
}

fn listed(addresses: &BTreeSet<String>) -> String {
    match addresses.is_empty() {
        true => "nobody".to_owned(),
        false => addresses.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::diff::facts::changes;
    use crate::model::{IsoDuration, NotificationRule, PrincipalId};

    type Edit = fn(&mut ActivationPolicy);

    /// Field, before, after and direction of each change from one policy to the other.
    fn went(old: Edit, new: Edit) -> Vec<(String, String, String, Direction)> {
        let case = |edit: Edit| {
            let mut case = Case::new();
            edit(case.policy(GLOBAL_ADMINISTRATOR));
            case
        };
        let (old, new) = (case(old), case(new));
        let told = |from: &Case, to: &Case| {
            let facts = changes(&from.tenant, &to.tenant);
            assert!(facts.changes.iter().all(|it| it.name == "Global Administrator"));
            let told = facts.changes.into_iter().map(|it| {
                let value = |value: Option<String>| value.unwrap_or_default();
                (it.field, value(it.before), value(it.after), it.direction)
            });
            told.collect::<Vec<_>>()
        };
        let there = told(&old, &new);
        // Backwards it is the same the other way round.
        let mut back: Vec<_> = told(&new, &old)
            .into_iter()
            .map(|(field, before, after, way)| (field, after, before, way.reversed()))
            .collect();
        back.sort();
        let mut sorted = there.clone();
        sorted.sort();
        assert_eq!(back, sorted);
        there
    }

    fn at_most(text: &str) -> Result<Expiration, Gap> {
        Ok(Expiration::AtMost(IsoDuration::parse(text).unwrap()))
    }

    fn required(approvers: &[&str], stages: usize) -> Result<Approval, Gap> {
        let approvers: Vec<Approver> =
            approvers.iter().map(|id| Approver::User(PrincipalId::new(id))).collect();
        let stage = Stage { approvers, reason_required: Some(true), escalation: 0 };
        Ok(Approval::Required { mode: "SingleStage".into(), stages: vec![stage; stages] })
    }

    #[test]
    fn each_rule_knows_which_way_is_stricter() {
        const LONGEST: &str = "Expiration_EndUser_Assignment.maximumDuration";
        const ASKED: &str = "Enablement_EndUser_Assignment.enabledRules";
        const CONTEXT: &str = "AuthenticationContext_EndUser_Assignment";
        const APPROVERS: &str = "Approval_EndUser_Assignment.approvalStages";
        let cases: [(Edit, Edit, &str, &str, &str, Direction); 15] = [
            (
                |it| it.activation_expiration = at_most("PT8H"),
                |it| it.activation_expiration = at_most("PT10H"),
                LONGEST,
                "8 h",
                "10 h",
                Direction::Weaker,
            ),
            // A month more than a year is no spelling of it.
            (
                |it| it.eligibility_expiration = at_most("P1Y"),
                |it| it.eligibility_expiration = at_most("P13M"),
                "Expiration_Admin_Eligibility.maximumDuration",
                "366 d",
                "397 d",
                Direction::Weaker,
            ),
            (
                |it| it.eligibility_expiration = Ok(Expiration::NotRequired),
                |it| it.eligibility_expiration = at_most("P30D"),
                "Expiration_Admin_Eligibility.isExpirationRequired",
                "without an end",
                "30 d",
                Direction::Stricter,
            ),
            (
                |it| {
                    it.activation_enablement = Ok(Enablement { mfa: true, ..Enablement::default() })
                },
                |it| it.activation_enablement = Ok(Enablement::default()),
                ASKED,
                "on",
                "off",
                Direction::Weaker,
            ),
            (
                |it| it.activation_enablement = Ok(Enablement::default()),
                |it| {
                    it.activation_enablement =
                        Ok(Enablement { ticket: true, ..Enablement::default() });
                },
                ASKED,
                "off",
                "on",
                Direction::Stricter,
            ),
            (
                |_| {},
                |it| it.authentication_context = Ok(AuthenticationContext::On("c1".into())),
                CONTEXT,
                "off",
                "c1",
                Direction::Stricter,
            ),
            (
                |it| it.authentication_context = Ok(AuthenticationContext::On("c1".into())),
                |it| it.authentication_context = Ok(AuthenticationContext::On("c2".into())),
                CONTEXT,
                "c1",
                "c2",
                Direction::Different,
            ),
            (
                |it| it.authentication_context = Ok(AuthenticationContext::On("c1".into())),
                |it| it.authentication_context = Ok(AuthenticationContext::OnWithoutClaim),
                CONTEXT,
                "c1",
                "on, without a context",
                Direction::Weaker,
            ),
            (
                |it| it.approval = Ok(Approval::NotRequired),
                |it| it.approval = required(&["ana"], 1),
                "Approval_EndUser_Assignment.isApprovalRequired",
                "off",
                "by ana",
                Direction::Stricter,
            ),
            (
                |it| it.approval = required(&["ana"], 1),
                |it| it.approval = required(&["ana", "ben"], 1),
                APPROVERS,
                "ana",
                "ana, ben",
                Direction::Different,
            ),
            (
                |it| it.approval = required(&["ana"], 1),
                |it| it.approval = required(&[], 1),
                APPROVERS,
                "ana",
                "the default approvers",
                Direction::Weaker,
            ),
            (
                |it| it.approval = required(&["ana"], 2),
                |it| it.approval = required(&["ana"], 1),
                APPROVERS,
                "ana; then ana",
                "ana",
                Direction::Weaker,
            ),
            (
                |it| it.notifications = notices(true, true, &["a@x.example"]),
                |it| it.notifications = notices(false, true, &["a@x.example"]),
                "Notification_Admin_EndUser_Assignment.notificationLevel",
                "all",
                "critical only",
                Direction::Weaker,
            ),
            (
                |it| it.notifications = notices(true, true, &["a@x.example"]),
                |it| it.notifications = notices(true, true, &[]),
                "Notification_Admin_EndUser_Assignment.notificationRecipients",
                "a@x.example",
                "nobody",
                Direction::Weaker,
            ),
            (
                |_| {},
                |it| it.unknown_rules = vec!["Expiration_New".into()],
                "Expiration_New",
                "not there",
                "there",
                Direction::Different,
            ),
        ];
        for (old, new, field, before, after, direction) in cases {
            let expected = (field.to_owned(), before.to_owned(), after.to_owned(), direction);
            assert_eq!(went(old, new), [expected]);
        }
    }

    fn notices(
        all: bool,
        default_recipients: bool,
        recipients: &[&str],
    ) -> std::collections::BTreeMap<NotificationRule, Result<Notification, Gap>> {
        let rule = NotificationRule::all()
            .find(|rule| rule.id() == "Notification_Admin_EndUser_Assignment")
            .unwrap();
        let recipients = recipients.iter().map(|&it| it.into()).collect();
        let notification = Notification { all, default_recipients, recipients };
        [(rule, Ok(notification))].into()
    }

    #[test]
    fn spelling_order_and_casing_are_no_change() {
        let cases: [(Edit, Edit); 9] = [
            (
                |it| it.eligibility_expiration = at_most("P1Y"),
                |it| it.eligibility_expiration = at_most("P12M"),
            ),
            (
                |it| it.eligibility_expiration = at_most("P1Y6M"),
                |it| it.eligibility_expiration = at_most("P18M"),
            ),
            (
                |it| it.assignment_expiration = at_most("P7D"),
                |it| it.assignment_expiration = at_most("P1W"),
            ),
            (
                |it| it.activation_expiration = at_most("PT24H"),
                |it| it.activation_expiration = at_most("P1D"),
            ),
            (
                |it| it.activation_expiration = at_most("PT8H"),
                |it| it.activation_expiration = at_most("pt480m"),
            ),
            (
                |it| it.approval = required(&["ana", "ben"], 1),
                |it| it.approval = required(&["BEN", "Ana"], 1),
            ),
            (
                |it| it.approval = required(&["ana"], 1),
                |it| {
                    it.approval = required(&["ana"], 1);
                    if let Ok(Approval::Required { mode, .. }) = &mut it.approval {
                        *mode = "singlestage".into();
                    }
                },
            ),
            (
                |it| it.notifications = notices(true, true, &["A@x.example", "b@x.example"]),
                |it| it.notifications = notices(true, true, &["b@X.example", "a@x.example"]),
            ),
            (
                |it| it.id = "one".into(),
                |it| {
                    it.id = "two".into();
                    it.modified = None;
                },
            ),
        ];
        for (old, new) in cases {
            assert!(went(old, new).is_empty());
        }
    }

    #[test]
    fn a_role_without_settings_in_one_of_the_two_lost_them_on_the_way() {
        use crate::checks::testing::EXCHANGE_ADMINISTRATOR;
        type Prepare = fn(&mut Case);
        let whole: Prepare = |case| {
            case.policy(GLOBAL_ADMINISTRATOR);
            case.policy(EXCHANGE_ADMINISTRATOR);
        };
        let cases: [(Prepare, Option<&str>); 4] = [
            (whole, None),
            (
                |case| {
                    case.policy(EXCHANGE_ADMINISTRATOR);
                },
                Some("settings"),
            ),
            // A list that was not read at all is told as the list.
            (|case| case.missing(Dataset::RolePolicies), Some("role settings")),
            // A role that is not there has none.
            (
                |case| {
                    case.policy(EXCHANGE_ADMINISTRATOR);
                    if let crate::model::Collected::Complete(roles) = &mut case.tenant.roles {
                        roles.retain(|id, _| !id.is(GLOBAL_ADMINISTRATOR));
                    }
                },
                None,
            ),
        ];
        for (place, (prepare, expected)) in cases.into_iter().enumerate() {
            let (mut one, mut other) = (Case::new(), Case::new());
            whole(&mut one);
            prepare(&mut other);
            for (old, new, in_new) in [(&one, &other, true), (&other, &one, false)] {
                let facts = changes(&old.tenant, &new.tenant);
                let settings = facts.changes.iter().filter(|it| it.area == Area::Settings);
                assert_eq!(settings.count(), 0, "case {place}: {:?}", facts.changes);
                let told: Vec<&str> = facts.unreadable.iter().map(|it| it.what.as_str()).collect();
                assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "case {place}");
                let sides = facts.unreadable.iter().map(|it| (it.old.is_some(), it.new.is_some()));
                assert!(sides.into_iter().all(|it| it == (!in_new, in_new)), "case {place}");
            }
        }
    }

    #[test]
    fn a_rule_that_was_not_read_is_no_change() {
        let gap = || Gap::unreadable(crate::model::Dataset::RolePolicies, "rule is absent");
        let (old, mut new) = (
            {
                let mut case = Case::new();
                case.policy(GLOBAL_ADMINISTRATOR);
                case
            },
            Case::new(),
        );
        new.policy(GLOBAL_ADMINISTRATOR).approval = Err(gap());
        let facts = changes(&old.tenant, &new.tenant);
        assert!(facts.changes.is_empty(), "{facts:?}");
        let [unreadable] = facts.unreadable.as_slice() else { panic!("{facts:?}") };
        assert_eq!(unreadable.what, "rule Approval_EndUser_Assignment");
        assert_eq!((&unreadable.old, &unreadable.new), (&None, &Some(gap())));
        assert_eq!(unreadable.subjects, ["Global Administrator"]);
    }
}
