//! A small tenant for the tables of cases: complete and empty until a test says otherwise.

use super::{Check, Expect, Subjects};
use crate::evaluate::subjects_of;
use crate::facts::{World, tenant_subject};
use crate::model::{
    Access, ActivationPolicy, Approval, Approver, AuthenticationContext, Cloud, Collected, Dataset,
    Enablement, Expiration, Gap, GapKind, Grant, Group, Hold, IsoDuration, Listed, Members,
    Notification, NotificationRule, Organisation, Outcome, Principal, PrincipalId,
    PrincipalKindFacts, Provenance, Role, RoleId, RolesTable, Scope, ServicePrincipal, Sku, Stage,
    Subject, TableRow, Target, Tenant, Unlisted, User, roles,
};
use std::collections::{BTreeMap, HashMap};

pub(crate) const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
pub(crate) const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";
pub(crate) const SECURITY_ADMINISTRATOR: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
pub(crate) const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
pub(crate) const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
pub(crate) const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
pub(crate) const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
/// A role that is not labelled PRIVILEGED.
pub(crate) const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
pub(crate) const NOW: &str = "2026-11-02T09:00:00Z";

/// A tenant, an organisation and a roles table under test.
pub(crate) struct Case {
    pub(crate) tenant: Tenant,
    pub(crate) organisation: Organisation,
    pub(crate) table: Option<RolesTable>,
    pub(crate) waiver_faults: Vec<String>,
}

impl Case {
    /// Complete and empty: the built-in roles, no policy, nobody, a P2 licence.
    pub(crate) fn new() -> Self {
        let roles = roles::built_in()
            .iter()
            .map(|role| {
                let id = RoleId::new(&role.template_id);
                let role = Role {
                    id: id.clone(),
                    name: role.display_name.as_str().into(),
                    built_in: true,
                    tier: role.tier,
                    tier_note: None,
                    privileged: role.is_privileged,
                    assignable: role.assignable,
                };
                (id, role)
            })
            .collect();
        Self {
            tenant: Tenant {
                id: "7f3a0000-0000-4000-8000-000000000001".into(),
                name: "Contoso".into(),
                cloud: Cloud::Global,
                collected_at: NOW.parse().unwrap(),
                domains: Collected::Complete(vec!["contoso.example".into()]),
                roles: Collected::Complete(roles),
                policies: Collected::Complete(HashMap::new()),
                active: Collected::Complete(Vec::new()),
                assignments_missing: false,
                instances_gap: None,
                eligible: Collected::Complete(Vec::new()),
                principals: Collected::Complete(HashMap::new()),
                members: Collected::Complete(HashMap::new()),
                licences: Collected::Complete(vec![Sku {
                    name: "AAD_PREMIUM_P2".into(),
                    id: "sku".into(),
                    usable: true,
                    units: 100,
                    plans: vec![crate::model::licence::P2_PLAN.into()],
                }]),
            },
            organisation: Organisation::default(),
            table: None,
            waiver_faults: Vec::new(),
        }
    }

    /// The role's policy, made exemplary at first use.
    pub(crate) fn policy(&mut self, role: &str) -> &mut ActivationPolicy {
        let policies = filled(&mut self.tenant.policies);
        policies
            .entry(RoleId::new(role))
            .or_insert_with(|| Ok(exemplary_policy(role)))
            .as_mut()
            .unwrap()
    }

    /// Asks for approval by these users.
    pub(crate) fn approvers(&mut self, role: &str, users: &[&str]) {
        let approvers = users.iter().map(|id| Approver::User(PrincipalId::new(id))).collect();
        self.policy(role).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, reason_required: Some(true) }],
        });
    }

    /// An enabled, cloud-only member user.
    pub(crate) fn user(&mut self, id: &str) -> &mut User {
        let user = User {
            principal_name: Some(format!("{id}@contoso.example").into()),
            user_type: Some("Member".into()),
            enabled: Some(true),
            ..User::default()
        };
        let PrincipalKindFacts::User(user) = self.principal(id, PrincipalKindFacts::User(user))
        else {
            panic!("{id} is no user")
        };
        user
    }

    pub(crate) fn service(&mut self, id: &str) -> &mut ServicePrincipal {
        let service = ServicePrincipal { enabled: Some(true), ..ServicePrincipal::default() };
        let kind = self.principal(id, PrincipalKindFacts::ServicePrincipal(service));
        let PrincipalKindFacts::ServicePrincipal(service) = kind else {
            panic!("{id} is no service principal")
        };
        service
    }

    pub(crate) fn group(&mut self, id: &str, members: &[&str]) {
        self.principal(
            id,
            PrincipalKindFacts::Group(Group { role_assignable: Some(true), dynamic: false }),
        );
        self.set_members(id, members, None);
    }

    pub(crate) fn unreadable_group(&mut self, id: &str) {
        self.partial_group(id, &[]);
    }

    /// Some members are known, and there may be more.
    pub(crate) fn partial_group(&mut self, id: &str, members: &[&str]) {
        self.group(id, members);
        let gap = Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, "403");
        self.set_members(id, members, Some(gap));
    }

    fn set_members(&mut self, id: &str, members: &[&str], gap: Option<Gap>) {
        let known = members.iter().map(|member| PrincipalId::new(member)).collect();
        filled(&mut self.tenant.members).insert(PrincipalId::new(id), Members { known, gap });
    }

    /// Asked for by id and not returned.
    pub(crate) fn absent(&mut self, id: &str) {
        self.principal(id, PrincipalKindFacts::Absent);
    }

    /// Returned with its id only.
    pub(crate) fn hidden(&mut self, id: &str) {
        self.principal(id, PrincipalKindFacts::Hidden);
    }

    fn principal(&mut self, id: &str, kind: PrincipalKindFacts) -> &mut PrincipalKindFacts {
        let id = PrincipalId::new(id);
        let principal = Principal { id: id.clone(), name: id.as_str().into(), kind };
        let principals = filled(&mut self.tenant.principals);
        principals.insert(id.clone(), principal);
        &mut principals.get_mut(&id).unwrap().kind
    }

    /// A permanent active assignment through PIM, tenant-wide; change it through what is returned.
    pub(crate) fn active(&mut self, principal: &str, role: &str) -> &mut Grant {
        let mut grant = grant(principal, role, Hold::Assigned);
        grant.provenance.dataset = Dataset::RoleAssignmentScheduleInstances;
        let active = filled(&mut self.tenant.active);
        active.push(grant);
        active.last_mut().unwrap()
    }

    /// An eligibility until the end of the year.
    pub(crate) fn eligible(&mut self, principal: &str, role: &str) -> &mut Grant {
        let mut grant = grant(principal, role, Hold::Eligible);
        grant.end = Some("2026-12-31T00:00:00Z".parse().unwrap());
        let eligible = filled(&mut self.tenant.eligible);
        eligible.push(grant);
        eligible.last_mut().unwrap()
    }

    /// Puts a row into the roles table, or leaves the table without one.
    pub(crate) fn table(&mut self, role: &str, row: Option<TableRow>) {
        let table = self.table.get_or_insert_with(|| RolesTable {
            rows: BTreeMap::new(),
            unlisted: Unlisted::Ignored,
        });
        if let Some(row) = row {
            table.rows.insert(RoleId::new(role), row);
        }
    }

    pub(crate) fn judge_role(
        &self,
        check: &'static Check,
        role: &str,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert_eq!(check.subjects, Subjects::Roles, "{} judges no roles", check.id);
        let access = Access::DirectoryRole(RoleId::new(role));
        self.judge(check, Target::Access(access), expect)
    }

    pub(crate) fn judge_grant(
        &self,
        check: &'static Check,
        place: usize,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert_eq!(check.subjects, Subjects::ActiveGrants, "{} judges no grants", check.id);
        self.judge(check, Target::ActiveGrant(place), expect)
    }

    pub(crate) fn judge_principal(
        &self,
        check: &'static Check,
        id: &str,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        self.judge(check, Target::Principal(PrincipalId::new(id)), expect)
    }

    pub(crate) fn judge_tenant(
        &self,
        check: &'static Check,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert_eq!(check.subjects, Subjects::Tenant, "{} does not judge the tenant", check.id);
        self.judge(check, Target::Tenant, expect)
    }

    /// Keys of the subjects the check would judge, sorted.
    pub(crate) fn subjects(&self, check: &'static Check) -> Vec<String> {
        let world = self.world();
        let mut keys: Vec<_> = subjects_of(&world, check.subjects)
            .iter()
            .map(|it| it.subject.key.to_string())
            .collect();
        keys.sort();
        keys
    }

    fn world(&self) -> World<'_> {
        let now = NOW.parse().unwrap();
        let world = World::new(&self.tenant, &self.organisation, self.table.as_ref(), now);
        world.set_waiver_faults(self.waiver_faults.clone());
        world
    }

    fn judge(
        &self,
        check: &'static Check,
        target: Target,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        let world = self.world();
        let subject = Subject { target, ..tenant_subject() };
        (check.judge)(&world.facts(&subject, check.needs), expect)
    }

    /// As `judge_principal`, for one whose highest role has this tier.
    pub(crate) fn judge_principal_of_tier(
        &self,
        check: &'static Check,
        id: &str,
        tier: crate::model::Tier,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        let world = self.world();
        let target = Target::Principal(PrincipalId::new(id));
        let subject = Subject { target, tier: Some(tier), ..tenant_subject() };
        (check.judge)(&world.facts(&subject, check.needs), expect)
    }
}

fn filled<T>(collected: &mut Collected<T>) -> &mut T {
    match collected {
        Collected::Complete(value) | Collected::Partial(value, _) => value,
        Collected::Missing(gap) => panic!("missing: {gap}"),
    }
}

fn grant(principal: &str, role: &str, hold: Hold) -> Grant {
    Grant {
        principal: PrincipalId::new(principal),
        access: Access::DirectoryRole(RoleId::new(role)),
        within: Scope::Tenant,
        hold,
        start: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        end: None,
        provenance: Provenance {
            dataset: Dataset::RoleEligibilityScheduleInstances,
            id: format!("row-{principal}").into(),
            listed: Listed::Both,
        },
        principal_organization: None,
    }
}

/// A policy that meets every rule of the recommended baseline, without approval.
pub(crate) fn exemplary_policy(role: &str) -> ActivationPolicy {
    let at_most = |text: &str| Ok(Expiration::AtMost(IsoDuration::parse(text).unwrap()));
    let notification = Notification {
        all: true,
        default_recipients: true,
        recipients: vec!["soc@contoso.example".into()],
    };
    ActivationPolicy {
        id: format!("DirectoryRole_{role}").into(),
        modified: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        activation_expiration: at_most("PT8H"),
        activation_enablement: Ok(Enablement { mfa: true, justification: true, ticket: false }),
        authentication_context: Ok(AuthenticationContext::Off),
        approval: Ok(Approval::NotRequired),
        eligibility_expiration: at_most("P365D"),
        assignment_expiration: at_most("P15D"),
        assignment_enablement: Ok(Enablement { mfa: true, justification: true, ticket: false }),
        notifications: NotificationRule::all()
            .map(|rule| (rule, Ok(notification.clone())))
            .collect(),
        unknown_rules: Vec::new(),
    }
}
