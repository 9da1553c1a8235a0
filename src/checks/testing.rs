//! A small tenant for the tables of cases: complete and empty until a test says otherwise.

use super::licensed::{INTUNE_PLAN, P1_PLAN};
use super::{Check, Expect, Subjects};
use crate::evaluate::{Wanted, subjects_of};
use crate::facts::{World, tenant_subject};
use crate::model::{
    Access, ActivationPolicy, Alert, AlertKind, Application, ApplicationGrant, Approval, Approver,
    AuthenticationContext, AuthenticationContextClass, Cloud, Collected, ConditionalAccessPolicy,
    Cover, Dataset, DefaultDecision, DelegatedGrant, Earlier, Enablement, EndedInstance,
    Expiration, Gap, GapKind, Grant, Group, GroupAccess, GroupGrant, GroupPim, Hold, Interval,
    IsoDuration, Label, Listed, Members, Notification, NotificationRule, Organisation, Outcome,
    Principal, PrincipalId, PrincipalKindFacts, Provenance, Recurrence, Registration, Review, Role,
    RoleAction, RoleId, RolesTable, Scope, ServicePrincipal, SignIns, Sku, Stage, Subject,
    TableRow, Target, Tenant, Thresholds, Tier, Unlisted, User, definitions, roles,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

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
    /// Complete and empty: the built-in roles, no policy, nobody, licences of P2 with P1, and of Intune.
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
                    privileged: Ok(role.is_privileged),
                    assignable: role.assignable,
                    enabled: Some(true),
                    actions: Ok(Arc::from([])),
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
                owners: Collected::Complete(HashMap::new()),
                onboarded: Collected::Complete(BTreeSet::new()),
                group_pim: HashMap::new(),
                sign_ins: Collected::Complete(HashMap::new()),
                registrations: Collected::Complete(HashMap::new()),
                conditional_access: Collected::Complete(Vec::new()),
                contexts: Collected::Complete(Vec::new()),
                strengths: Collected::Complete(HashMap::new()),
                security_defaults: Collected::Complete(false),
                alerts: Collected::Complete(Vec::new()),
                reviews: Collected::Complete(Vec::new()),
                packages: Collected::Complete(Vec::new()),
                units: Collected::Complete(Vec::new()),
                applications: Collected::Complete(HashMap::new()),
                service_owners: Collected::Complete(HashMap::new()),
                application_grants: Collected::Complete(Vec::new()),
                delegated_grants: Collected::Complete(Vec::new()),
                audit_log: Collected::Complete(Vec::new()),
                labels_gap: None,
                privileged_actions: Collected::Complete(BTreeSet::new()),
                earlier: None,
                licences: Collected::Complete(vec![Sku {
                    name: "AAD_PREMIUM_P2".into(),
                    id: "sku".into(),
                    usable: true,
                    units: 100,
                    plans: [crate::model::licence::P2_PLAN, P1_PLAN, INTUNE_PLAN]
                        .map(Into::into)
                        .to_vec(),
                    other_plans: Vec::new(),
                    deleted: false,
                }]),
            },
            organisation: Organisation::default(),
            table: None,
            waiver_faults: Vec::new(),
        }
    }

    /// A role of the tenant's own, with its tier as the definitions give it.
    pub(crate) fn custom_role(&mut self, id: &str, label: Label) {
        let id = RoleId::new(id);
        let unread = || Gap::of(Dataset::PrivilegedRoles, GapKind::PermissionDenied, "403");
        let (tier, privileged) = match label {
            Label::Privileged => (Tier::High, Ok(true)),
            Label::Plain => (Tier::Standard, Ok(false)),
            Label::Unread => (Tier::High, Err(unread())),
        };
        let role = Role {
            id: id.clone(),
            name: id.text(),
            built_in: false,
            tier,
            tier_note: None,
            privileged,
            assignable: true,
            enabled: Some(true),
            actions: Ok(Arc::from([])),
        };
        filled(&mut self.tenant.roles).insert(id, role);
    }

    /// The definition of a role.
    pub(crate) fn role(&mut self, id: &str) -> &mut Role {
        let role = filled(&mut self.tenant.roles).get_mut(&RoleId::new(id));
        role.unwrap_or_else(|| panic!("there is no role {id}"))
    }

    /// What a role allows, in place of what it did.
    pub(crate) fn allows(&mut self, role: &str, names: &[&str]) {
        let action =
            |name: &&str| RoleAction { name: (*name).into(), excluded: false, condition: None };
        let all = names.iter().map(action).collect();
        self.role(role).actions = Ok(definitions::actions(all));
    }

    /// The actions that Microsoft calls privileged.
    pub(crate) fn privileged_actions(&mut self, names: &[&str]) {
        let lower = |name: &&str| -> Arc<str> { name.to_ascii_lowercase().into() };
        let names = names.iter().map(lower);
        self.tenant.privileged_actions = Collected::Complete(names.collect());
    }

    /// Keeps the role definitions as they are now as those of an earlier reading.
    pub(crate) fn keep_definitions(&mut self) -> &mut Earlier {
        self.tenant.earlier.insert(Earlier {
            at: "2026-10-01T09:00:00Z".parse().unwrap(),
            roles: self.tenant.roles.clone(),
            labels_gap: self.tenant.labels_gap.clone(),
        })
    }

    /// Takes a service plan away from every product.
    pub(crate) fn without_plan(&mut self, plan: &str) {
        for sku in filled(&mut self.tenant.licences) {
            sku.plans.retain(|it| &**it != plan);
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
            stages: vec![Stage { approvers, reason_required: Some(true), escalation: 0 }],
        });
    }

    /// An enabled, cloud-only member user.
    pub(crate) fn user(&mut self, id: &str) -> &mut User {
        let user = User {
            principal_name: Some(format!("{id}@contoso.example").into()),
            user_type: Some("Member".into()),
            enabled: Some(true),
            plans: Some(Vec::new()),
            ..User::default()
        };
        let PrincipalKindFacts::User(user) =
            self.principal(id, PrincipalKindFacts::User(Box::new(user)))
        else {
            panic!("{id} is no user")
        };
        user
    }

    pub(crate) fn service(&mut self, id: &str) -> &mut ServicePrincipal {
        let service = ServicePrincipal {
            enabled: Some(true),
            credentials: Some(Vec::new()),
            ..ServicePrincipal::default()
        };
        filled(&mut self.tenant.service_owners).insert(PrincipalId::new(id), Members::default());
        let kind = self.principal(id, PrincipalKindFacts::ServicePrincipal(Box::new(service)));
        let PrincipalKindFacts::ServicePrincipal(service) = kind else {
            panic!("{id} is no service principal")
        };
        service
    }

    pub(crate) fn group(&mut self, id: &str, members: &[&str]) {
        self.principal(
            id,
            PrincipalKindFacts::Group(Group {
                role_assignable: Some(true),
                dynamic: false,
                restricted: Some(false),
                synced: None,
            }),
        );
        self.set_members(id, members, None);
        filled(&mut self.tenant.owners).insert(PrincipalId::new(id), Members::default());
    }

    /// The properties of a group.
    pub(crate) fn group_facts(&mut self, id: &str) -> &mut Group {
        let principals = filled(&mut self.tenant.principals);
        match principals.get_mut(&PrincipalId::new(id)).map(|it| &mut it.kind) {
            Some(PrincipalKindFacts::Group(group)) => group,
            Some(_) | None => panic!("{id} is no group"),
        }
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

    /// PIM for Groups manages the group: exemplary policies, nobody eligible, everything read.
    pub(crate) fn onboard(&mut self, id: &str) {
        let id = PrincipalId::new(id);
        filled(&mut self.tenant.onboarded).insert(id.clone());
        let policy = |access: GroupAccess| ActivationPolicy {
            id: format!("Group_{id}_{}", access.name()).into(),
            dataset: Dataset::GroupPolicies,
            ..exemplary_policy("")
        };
        let pim = GroupPim {
            active: Collected::Complete(Vec::new()),
            eligible: Collected::Complete(Vec::new()),
            member_policy: Ok(policy(GroupAccess::Member)),
            owner_policy: Ok(policy(GroupAccess::Owner)),
        };
        self.tenant.group_pim.insert(id, pim);
    }

    fn pim(&mut self, group: &str) -> &mut GroupPim {
        let pim = self.tenant.group_pim.get_mut(&PrincipalId::new(group));
        pim.unwrap_or_else(|| panic!("{group} is not onboarded"))
    }

    /// The policy of one access of an onboarded group.
    pub(crate) fn group_policy(
        &mut self,
        group: &str,
        access: GroupAccess,
    ) -> &mut ActivationPolicy {
        let pim = self.pim(group);
        match access {
            GroupAccess::Member => pim.member_policy.as_mut().unwrap(),
            GroupAccess::Owner => pim.owner_policy.as_mut().unwrap(),
        }
    }

    /// An eligibility for a group until the end of the year.
    pub(crate) fn group_eligible(
        &mut self,
        principal: &str,
        group: &str,
        access: GroupAccess,
    ) -> &mut GroupGrant {
        let end = Some("2026-12-31T00:00:00Z".parse().unwrap());
        let grant = GroupGrant { end, ..group_grant(principal, group, access, Hold::Eligible) };
        let eligible = filled(&mut self.pim(group).eligible);
        eligible.push(grant);
        eligible.last_mut().unwrap()
    }

    /// A permanent active assignment in a group through PIM, which the directory lists as well.
    pub(crate) fn group_active(
        &mut self,
        principal: &str,
        group: &str,
        access: GroupAccess,
    ) -> &mut GroupGrant {
        match access {
            GroupAccess::Member => {
                let members = filled(&mut self.tenant.members);
                let members = members.entry(PrincipalId::new(group)).or_default();
                members.known.push(PrincipalId::new(principal));
            }
            GroupAccess::Owner => self.owner(principal, group),
        }
        let grant = group_grant(principal, group, access, Hold::Assigned);
        let active = filled(&mut self.pim(group).active);
        active.push(grant);
        active.last_mut().unwrap()
    }

    /// A plain owner of a group.
    pub(crate) fn owner(&mut self, principal: &str, group: &str) {
        let owners = filled(&mut self.tenant.owners).entry(PrincipalId::new(group)).or_default();
        owners.known.push(PrincipalId::new(principal));
    }

    /// One more Conditional Access policy.
    pub(crate) fn conditional_access(&mut self, policy: ConditionalAccessPolicy) {
        filled(&mut self.tenant.conditional_access).push(policy);
    }

    /// An authentication context that is published.
    pub(crate) fn context(&mut self, claim: &str) -> &mut AuthenticationContextClass {
        let contexts = filled(&mut self.tenant.contexts);
        contexts.push(AuthenticationContextClass {
            claim: claim.into(),
            name: claim.into(),
            available: Some(true),
        });
        contexts.last_mut().unwrap()
    }

    /// The alert, at first use switched on, quiet, and scanned an hour ago.
    pub(crate) fn alert(&mut self, kind: AlertKind) -> &mut Alert {
        let alerts = filled(&mut self.tenant.alerts);
        let place = alerts.iter().position(|alert| alert.kind == kind).unwrap_or_else(|| {
            alerts.push(quiet_alert(kind));
            alerts.len() - 1
        });
        &mut alerts[place]
    }

    /// An exemplary quarterly review of an access.
    pub(crate) fn review(&mut self, access: Access) -> &mut Review {
        let reviews = filled(&mut self.tenant.reviews);
        reviews.push(exemplary_review(access, reviews.len()));
        reviews.last_mut().unwrap()
    }

    /// When a person last signed in.
    pub(crate) fn signed_in(&mut self, person: &str, at: &str) {
        let at = Some(at.parse().unwrap());
        let sign_ins = SignIns { successful: at, interactive: at, non_interactive: None };
        filled(&mut self.tenant.sign_ins).insert(PrincipalId::new(person), sign_ins);
    }

    /// What a person registered.
    pub(crate) fn registered(&mut self, person: &str, methods: &[&str]) -> &mut Registration {
        let registration = Registration {
            mfa: Some(!methods.is_empty()),
            methods: methods.iter().map(|&method| method.into()).collect(),
            updated: Some(NOW.parse().unwrap()),
        };
        let registrations = filled(&mut self.tenant.registrations);
        registrations.insert(PrincipalId::new(person), registration);
        registrations.get_mut(&PrincipalId::new(person)).unwrap()
    }

    /// Registers the application of a service principal in this tenant.
    pub(crate) fn application(&mut self, service: &str) -> &mut Application {
        let app_id: Arc<str> = format!("app-{service}").into();
        let own = Arc::clone(&self.tenant.id);
        let principals = filled(&mut self.tenant.principals);
        let known = principals.get_mut(&PrincipalId::new(service)).map(|it| &mut it.kind);
        let Some(PrincipalKindFacts::ServicePrincipal(facts)) = known else {
            panic!("{service} is no service principal")
        };
        facts.app_id = Some(Arc::clone(&app_id));
        facts.owner_organization = Some(own);
        let applications = filled(&mut self.tenant.applications);
        applications.entry(app_id).or_insert_with(|| Application {
            id: format!("object-{service}").into(),
            ..Application::default()
        })
    }

    /// An owner of a service principal.
    pub(crate) fn service_owner(&mut self, owner: &str, service: &str) {
        let owners = filled(&mut self.tenant.service_owners);
        owners.entry(PrincipalId::new(service)).or_default().known.push(PrincipalId::new(owner));
    }

    /// An application permission on Microsoft Graph.
    pub(crate) fn application_grant(&mut self, service: &str, app_role: &str) {
        filled(&mut self.tenant.application_grants).push(ApplicationGrant {
            id: format!("grant-{service}-{app_role}").into(),
            principal: PrincipalId::new(service),
            principal_name: service.into(),
            app_role: app_role.into(),
        });
    }

    /// Delegated permissions for every user.
    pub(crate) fn delegated_grant(&mut self, service: &str, scopes: &[&str]) {
        filled(&mut self.tenant.delegated_grants).push(DelegatedGrant {
            id: format!("delegated-{service}").into(),
            client: PrincipalId::new(service),
            scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        });
    }

    /// Makes a collection one that could not be read.
    pub(crate) fn missing(&mut self, dataset: Dataset) {
        let gap = || Gap::of(dataset, GapKind::PermissionDenied, "403");
        let tenant = &mut self.tenant;
        match dataset {
            Dataset::Organization => tenant.domains = Collected::Missing(gap()),
            Dataset::RoleDefinitions | Dataset::PrivilegedRoles => {
                tenant.roles = Collected::Missing(gap());
            }
            Dataset::RoleAssignments | Dataset::RoleAssignmentScheduleInstances => {
                tenant.active = Collected::Missing(gap());
                tenant.assignments_missing = true;
                tenant.instances_gap = Some(gap());
            }
            Dataset::RoleEligibilityScheduleInstances => {
                tenant.eligible = Collected::Missing(gap());
            }
            Dataset::RolePolicies => tenant.policies = Collected::Missing(gap()),
            Dataset::Principals => tenant.principals = Collected::Missing(gap()),
            Dataset::GroupMembers => tenant.members = Collected::Missing(gap()),
            Dataset::GroupOwners => tenant.owners = Collected::Missing(gap()),
            Dataset::OnboardedGroups => tenant.onboarded = Collected::Missing(gap()),
            Dataset::GroupAssignmentScheduleInstances => {
                for pim in tenant.group_pim.values_mut() {
                    pim.active = Collected::Missing(gap());
                }
            }
            Dataset::GroupEligibilityScheduleInstances => {
                for pim in tenant.group_pim.values_mut() {
                    pim.eligible = Collected::Missing(gap());
                }
            }
            Dataset::GroupPolicies => {
                for pim in tenant.group_pim.values_mut() {
                    pim.member_policy = Err(gap());
                    pim.owner_policy = Err(gap());
                }
            }
            Dataset::SubscribedSkus => tenant.licences = Collected::Missing(gap()),
            Dataset::SignInActivity => tenant.sign_ins = Collected::Missing(gap()),
            Dataset::RegistrationDetails => tenant.registrations = Collected::Missing(gap()),
            Dataset::ConditionalAccessPolicies => {
                tenant.conditional_access = Collected::Missing(gap());
            }
            Dataset::AuthenticationContexts => tenant.contexts = Collected::Missing(gap()),
            Dataset::AuthenticationStrengths => tenant.strengths = Collected::Missing(gap()),
            Dataset::SecurityDefaults => tenant.security_defaults = Collected::Missing(gap()),
            Dataset::PimAlerts => tenant.alerts = Collected::Missing(gap()),
            Dataset::AccessReviews => tenant.reviews = Collected::Missing(gap()),
            Dataset::AccessReviewInstances | Dataset::AccessReviewDecisions => {
                for review in filled(&mut tenant.reviews) {
                    review.last_ended = Err(gap());
                }
            }
            Dataset::AccessPackages => tenant.packages = Collected::Missing(gap()),
            Dataset::AdministrativeUnits => tenant.units = Collected::Missing(gap()),
            Dataset::Applications | Dataset::ApplicationOwners => {
                tenant.applications = Collected::Missing(gap());
            }
            Dataset::ServicePrincipalOwners => {
                tenant.service_owners = Collected::Missing(gap());
            }
            Dataset::ApplicationGrants => tenant.application_grants = Collected::Missing(gap()),
            Dataset::DelegatedGrants => tenant.delegated_grants = Collected::Missing(gap()),
            Dataset::DirectoryAudits => tenant.audit_log = Collected::Missing(gap()),
            Dataset::PrivilegedActions => {
                tenant.privileged_actions = Collected::Missing(gap());
            }
        }
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
        let principal = Principal { id: id.clone(), name: id.text(), kind };
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
        assert!(check.subjects.has_roles(), "{} judges no roles", check.id);
        let access = Access::DirectoryRole(RoleId::new(role));
        self.judge(check, Target::Access(access), expect)
    }

    pub(crate) fn judge_grant(
        &self,
        check: &'static Check,
        place: usize,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert!(
            matches!(check.subjects, Subjects::ActiveGrants | Subjects::Grants),
            "{} judges no grants",
            check.id
        );
        self.judge(check, Target::ActiveGrant(place), expect)
    }

    pub(crate) fn judge_eligible_grant(
        &self,
        check: &'static Check,
        place: usize,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert_eq!(check.subjects, Subjects::Grants, "{} judges no eligible grants", check.id);
        self.judge(check, Target::EligibleGrant(place), expect)
    }

    pub(crate) fn judge_access(
        &self,
        check: &'static Check,
        access: Access,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        self.judge(check, Target::Access(access), expect)
    }

    pub(crate) fn judge_alert(
        &self,
        check: &'static Check,
        kind: AlertKind,
        expect: &Expect,
    ) -> Result<Outcome, Gap> {
        assert_eq!(check.subjects, Subjects::Alerts, "{} judges no alerts", check.id);
        self.judge(check, Target::Alert(kind), expect)
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
        let mut keys: Vec<_> = subjects_of(&world, &Wanted::all(check.subjects))
            .iter()
            .map(|it| it.subject.key.to_string())
            .collect();
        keys.sort();
        keys
    }

    pub(crate) fn world(&self) -> World<'_> {
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
        // The subject as an audit would have it, with its tier; one that it would not list stands
        // for itself.
        let listed = subjects_of(&world, &Wanted::all(check.subjects));
        let known = listed.into_iter().map(|it| it.subject).find(|it| it.target == target);
        let subject = known.unwrap_or(Subject { target, ..tenant_subject() });
        (check.judge)(&world.facts(&subject, check.needs), expect)
    }

    /// As `judge_principal`, for one whose highest role has this tier.
    pub(crate) fn judge_principal_of_tier(
        &self,
        check: &'static Check,
        id: &str,
        tier: Tier,
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
        role: RoleId::new(role),
        within: Scope::Tenant,
        hold,
        start: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        end: None,
        window_unread: false,
        provenance: Provenance {
            dataset: Dataset::RoleEligibilityScheduleInstances,
            id: format!("row-{principal}").into(),
            listed: Listed::Both,
        },
        principal_organization: None,
    }
}

fn group_grant(principal: &str, group: &str, access: GroupAccess, hold: Hold) -> GroupGrant {
    GroupGrant {
        principal: PrincipalId::new(principal),
        group: PrincipalId::new(group),
        access,
        hold,
        start: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        end: None,
        window_unread: false,
        id: format!("{group}_{}_{principal}", access.name()).into(),
    }
}

fn quiet_alert(kind: AlertKind) -> Alert {
    let thresholds = match kind {
        AlertKind::TooManyGlobalAdministrators => Thresholds {
            global_administrators: Some(5),
            global_administrator_percent: Some(30),
            ..Thresholds::default()
        },
        AlertKind::StaleSignIn | AlertKind::RedundantAssignment => {
            Thresholds { days: Some(30), ..Thresholds::default() }
        }
        AlertKind::SequentialActivationRenewals => Thresholds {
            activations: Some(3),
            interval_seconds: Some(3600),
            ..Thresholds::default()
        },
        AlertKind::RolesAssignedOutsidePim
        | AlertKind::NoMfaOnRoleActivation
        | AlertKind::InvalidLicense => Thresholds::default(),
    };
    Alert {
        kind,
        id: format!("DirectoryRole_tenant_{}", kind.graph_name()).into(),
        enabled: Some(true),
        active: Some(false),
        incident_count: Some(0),
        incidents: Some(Vec::new()),
        scanned: Some("2026-11-02T08:00:00Z".parse().unwrap()),
        thresholds,
    }
}

fn exemplary_review(access: Access, number: usize) -> Review {
    Review {
        id: format!("review-{number}").into(),
        name: format!("Review {number}").into(),
        status: "InProgress".into(),
        covers: vec![Cover {
            access,
            active: true,
            eligible: true,
            guests_only: false,
            groups: Some(true),
        }],
        recurrence: Some(Recurrence {
            every: Interval::Months(3),
            start: Some("2026-01-01".parse().unwrap()),
            end: None,
        }),
        days: Some(14),
        has_reviewers: true,
        self_review: false,
        reason_required: true,
        mails: true,
        reminders: true,
        applies: true,
        default_decision: DefaultDecision::None,
        last_ended: Ok(Some(EndedInstance {
            ended: "2026-10-15T00:00:00Z".parse().unwrap(),
            decisions: Ok((10, 0)),
        })),
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
        dataset: Dataset::RolePolicies,
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
