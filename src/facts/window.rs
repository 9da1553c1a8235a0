//! The window of one check on one subject: what it may read, each with the collections it takes.
//!
//! A check that reads a collection it has not declared fails in every debug build, and so in the tests.

use super::approvers::Approvers;
use super::bypass::Bypass;
use super::enforcement::Enforcement;
use super::gate::Gate;
use super::groups::{Entries, Expansion};
use super::holders::{Holders, ReachedRole};
use super::ways::{Way, Ways};
use super::world::{BreakGlass, World};
use crate::model::definitions::GIVE_EARLIER;
use crate::model::{
    Access, AccessPackage, ActivationPolicy, AdministrativeUnit, Alert, AlertKind,
    AuthenticationContextClass, AuthenticationStrength, Class, Collected, ConditionalAccessPolicy,
    Credential, Dataset, Earlier, Gap, GapKind, Grant, GroupPim, Label, Organisation, Principal,
    PrincipalId, PrincipalKindFacts, Registration, Review, Role, RoleId, SignIns, Sku, Subject,
    TableRow, Target, Tier,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// What a gate is made of.
const GATE: &[Dataset] = &[
    Dataset::RolePolicies,
    Dataset::GroupPolicies,
    Dataset::ConditionalAccessPolicies,
    Dataset::AuthenticationContexts,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
];

/// What tells whom a Conditional Access policy means.
const WHOM_A_POLICY_MEANS: &[Dataset] =
    &[Dataset::ConditionalAccessPolicies, Dataset::Principals, Dataset::GroupMembers];

/// What every way to a role is made of.
pub const WAYS: &[Dataset] = &[
    Dataset::RolePolicies,
    Dataset::GroupPolicies,
    Dataset::ConditionalAccessPolicies,
    Dataset::AuthenticationContexts,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
    Dataset::GroupOwners,
    Dataset::ServicePrincipalOwners,
    Dataset::Applications,
    Dataset::ApplicationOwners,
    Dataset::ApplicationGrants,
    Dataset::DelegatedGrants,
];

/// The window of one check on one subject.
#[derive(Clone, Copy)]
pub struct Facts<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) subject: &'w Subject,
    pub(super) needs: &'static [Dataset],
    pub(super) labelled: bool,
    pub(super) direct: bool,
}

impl<'w, 'a> Facts<'w, 'a> {
    pub(super) fn declared(&self, datasets: &[Dataset]) {
        for dataset in datasets {
            debug_assert!(
                self.needs.contains(dataset),
                "a check reads {dataset} without declaring it in `needs`"
            );
        }
    }

    /// Declares the policies an access has.
    pub(super) fn declared_policy(&self, access: &Access) {
        match access {
            Access::DirectoryRole(_) => self.declared(&[Dataset::RolePolicies]),
            Access::Group(..) => self.declared(&[Dataset::GroupPolicies]),
        }
    }

    /// The time of judgement.
    pub const fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// What is judged.
    pub const fn subject(&self) -> &'w Subject {
        self.subject
    }

    /// The organisation file.
    pub const fn organisation(&self) -> &'a Organisation {
        self.world.organisation()
    }

    /// The role of the subject: of its access or of its grant. `None` for all others.
    pub fn role(&self) -> Option<Role> {
        let role = match &self.subject.target {
            Target::Access(access) => access.role(),
            Target::ActiveGrant(place) => Some(&self.world.active_grant(*place).role),
            Target::EligibleGrant(place) => Some(&self.world.eligible_grant(*place).role),
            Target::Tenant | Target::Principal(_) | Target::Alert(_) | Target::Dataset { .. } => {
                None
            }
        };
        role.map(|role| self.world.role(role))
    }

    /// The access that is the subject: a role or a group access.
    pub const fn access(&self) -> Option<&'w Access> {
        match &self.subject.target {
            Target::Access(access) => Some(access),
            Target::Tenant
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Alert(_)
            | Target::Dataset { .. } => None,
        }
    }

    /// The access that is the subject, or a gap for a subject that is none.
    pub fn judged_access(&self) -> Result<&'w Access, Gap> {
        self.access().ok_or_else(|| Gap::new(GapKind::Unreadable, "the subject is no access"))
    }

    /// The group of the subject.
    pub fn group(&self) -> Result<&'a Principal, Gap> {
        self.declared(&[Dataset::Principals]);
        match self.judged_access()? {
            Access::Group(group, _) => self.world.readable_principal(group),
            Access::DirectoryRole(_) => {
                Err(Gap::new(GapKind::Unreadable, "the subject is no group"))
            }
        }
    }

    /// The tier of the subject.
    pub const fn tier(&self) -> Option<Tier> {
        self.subject.tier
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> &'a str {
        &self.world.tenant.id
    }

    /// A role by id: name, tier and label. The definitions are optional here, the built-in list
    /// stands in for them.
    pub fn role_by_id(&self, id: &RoleId) -> Role {
        self.world.role(id)
    }

    /// The same window for a rule that speaks of roles labelled PRIVILEGED, and of no other.
    #[must_use]
    pub const fn of_labelled(mut self, labelled: bool) -> Self {
        self.labelled = labelled;
        self
    }

    /// The same window for a rule that takes holders as lists of members show them: of groups only
    /// those who are in them directly and without an activation.
    #[must_use]
    pub const fn of_direct(mut self, direct: bool) -> Self {
        self.direct = direct;
        self
    }

    /// Tier critical or high, or labelled PRIVILEGED; where the rule speaks of labelled roles alone,
    /// one that is labelled or may be.
    pub fn matters(&self, id: &RoleId) -> bool {
        if self.labelled { self.world.label(id) != Label::Plain } else { self.world.matters(id) }
    }

    /// False for a role that the rule does not speak of: where that is about labelled roles alone,
    /// any other.
    pub fn speaks_of(&self, id: &RoleId) -> bool {
        !self.labelled || self.world.label(id) != Label::Plain
    }

    /// Why it is not known whether the rule speaks of a role.
    pub fn doubt_about(&self, id: &RoleId) -> Option<Gap> {
        self.labelled.then(|| self.world.is_privileged(id).err()).flatten()
    }

    /// True for a group that the organisation declares as sensitive.
    pub fn is_sensitive(&self, group: &PrincipalId) -> bool {
        self.world.sensitive_groups().contains(group)
    }

    /// The roles table's row of a role, where the baseline has a table with such a row.
    pub fn table_row(&self, role: &RoleId) -> Option<TableRow> {
        self.world.table().and_then(|table| table.rows.get(role)).copied()
    }

    /// The activation policy of the subject's access.
    pub fn policy(&self) -> Result<&'a ActivationPolicy, Gap> {
        match &self.subject.target {
            Target::Access(access) => self.policy_of(access),
            Target::ActiveGrant(place) => self.policy_of(&self.world.active_grant(*place).held()),
            Target::EligibleGrant(place) => {
                self.policy_of(&self.world.eligible_grant(*place).held())
            }
            Target::Tenant | Target::Principal(_) | Target::Alert(_) | Target::Dataset { .. } => {
                Err(Gap::new(GapKind::Unreadable, "the subject has no activation policy"))
            }
        }
    }

    /// The activation policy of any access. Needs the policies of its kind.
    pub fn policy_of(&self, access: &Access) -> Result<&'a ActivationPolicy, Gap> {
        self.declared_policy(access);
        self.world.policy(access)
    }

    /// The grant that is the subject.
    pub fn grant(&self) -> Result<&'a Grant, Gap> {
        match &self.subject.target {
            Target::ActiveGrant(place) => {
                self.declared(&[Dataset::RoleAssignments]);
                Ok(self.world.active_grant(*place))
            }
            Target::EligibleGrant(place) => {
                self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
                Ok(self.world.eligible_grant(*place))
            }
            Target::Tenant
            | Target::Access(_)
            | Target::Principal(_)
            | Target::Alert(_)
            | Target::Dataset { .. } => {
                Err(Gap::new(GapKind::Unreadable, "the subject is no grant"))
            }
        }
    }

    /// The class of the subject's grant; a gap when the list that tells assigned from activated was
    /// not read.
    pub fn grant_class(&self) -> Result<Class, Gap> {
        self.declared(&[Dataset::RoleAssignmentScheduleInstances]);
        let class = self.grant()?.class();
        if class == Class::Unknown { Err(self.active_gap()) } else { Ok(class) }
    }

    fn active_gap(&self) -> Gap {
        self.world.tenant.active.gap().cloned().unwrap_or_else(|| {
            Gap::of(
                Dataset::RoleAssignmentScheduleInstances,
                GapKind::Incomplete,
                "whether it is assigned or activated is not known",
            )
        })
    }

    /// Why the schedule instances are not complete, where they are not: then nothing can be said of
    /// who made an assignment.
    pub fn instances_gap(&self) -> Option<&'a Gap> {
        self.declared(&[Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.instances_gap.as_ref()
    }

    /// All active grants, or why the list is not whole.
    pub fn active(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.active.complete().map(Vec::as_slice)
    }

    /// Whatever is known of the active grants; may only prove a failure.
    pub fn active_at_least(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.active.at_least().map(Vec::as_slice)
    }

    /// All eligible grants, or why the list is not whole.
    pub fn eligible(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        self.world.tenant.eligible.complete().map(Vec::as_slice)
    }

    /// Whatever is known of the eligible grants; may only prove a failure.
    pub fn eligible_at_least(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        self.world.tenant.eligible.at_least().map(Vec::as_slice)
    }

    /// Active grants of one role, as far as known.
    pub fn active_of(&self, role: &RoleId) -> Vec<&'a Grant> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.active_of(role).iter().map(|&place| self.world.active_grant(place)).collect()
    }

    /// Eligible grants of one role, as far as known.
    pub fn eligible_of(&self, role: &RoleId) -> Vec<&'a Grant> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        let eligible = self.world.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        self.world.eligible_of(role).iter().map(|&place| &eligible[place]).collect()
    }

    /// Every grant of a principal itself, active and eligible, as far as known.
    pub fn grants_held_by(&self, principal: &PrincipalId) -> Vec<&'a Grant> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
        ]);
        self.world.grants_held_by(principal).collect()
    }

    /// Everyone who holds a role tenant-wide, by any way. Needs assignments, eligibilities, principals
    /// and group members.
    pub fn holders(&self, role: &RoleId) -> Rc<Holders<'a>> {
        self.holders_within(role, true)
    }

    /// The same, with those who hold it in an administrative unit or on a single object only.
    pub fn holders_anywhere(&self, role: &RoleId) -> Rc<Holders<'a>> {
        self.holders_within(role, false)
    }

    fn holders_within(&self, role: &RoleId, tenant_wide: bool) -> Rc<Holders<'a>> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        if self.direct {
            self.world.direct_holders(role, tenant_wide)
        } else {
            self.world.holders(role, tenant_wide)
        }
    }

    /// The principal that is the subject, or that holds the subject's grant.
    pub fn principal(&self) -> Result<&'a Principal, Gap> {
        self.declared(&[Dataset::Principals]);
        let id = match &self.subject.target {
            Target::Principal(id) => id,
            Target::ActiveGrant(place) => &self.world.active_grant(*place).principal,
            Target::EligibleGrant(place) => &self.world.eligible_grant(*place).principal,
            Target::Tenant | Target::Access(_) | Target::Alert(_) | Target::Dataset { .. } => {
                return Err(Gap::new(GapKind::Unreadable, "the subject is no principal"));
            }
        };
        self.world.readable_principal(id)
    }

    /// Any principal, or why nothing can be said of it.
    pub fn principal_by_id(&self, id: &PrincipalId) -> Result<&'a Principal, Gap> {
        self.declared(&[Dataset::Principals]);
        self.world.readable_principal(id)
    }

    /// The name to show for a principal.
    pub fn name_of(&self, id: &PrincipalId) -> Arc<str> {
        self.world.name_of(id)
    }

    /// Whether PIM for Groups manages a group.
    pub fn is_onboarded(&self, group: &PrincipalId) -> Result<bool, Gap> {
        self.declared(&[Dataset::GroupMembers]);
        self.world.is_onboarded(group)
    }

    /// What PIM for Groups says of a group.
    pub fn group_pim(&self, group: &PrincipalId) -> Option<&'a GroupPim> {
        self.declared(&[Dataset::GroupMembers]);
        self.world.tenant.group_pim.get(group)
    }

    /// Direct members and owners of a group.
    pub fn entries(&self, group: &PrincipalId) -> Rc<Entries> {
        self.declared(&[Dataset::GroupMembers, Dataset::GroupOwners]);
        self.world.entries(group)
    }

    /// The roles an access leads to.
    pub fn roles_reached_by(&self, access: &Access) -> Rc<Vec<ReachedRole>> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::GroupMembers,
        ]);
        self.world.roles_reached_by(access)
    }

    /// Every way to a role with its gate, weakest first. Needs all of `WAYS`.
    pub fn ways(&self, role: &RoleId) -> Rc<Ways<'a>> {
        self.declared(WAYS);
        self.world.ways(role)
    }

    /// True where nobody knows whether some part of a way is held all the time or was activated.
    pub fn is_untyped(&self, way: &Way<'_>) -> bool {
        self.declared(&[Dataset::Principals, Dataset::GroupMembers]);
        self.world.is_untyped(way)
    }

    /// True where the principal of a way, or an application that is passed, is switched off.
    pub fn is_shut(&self, way: &Way<'_>) -> bool {
        self.declared(&[Dataset::Principals]);
        self.world.is_shut(way)
    }

    /// A way in words.
    pub fn way_in_words(&self, way: &Way<'_>, role: &RoleId) -> String {
        self.world.way_in_words(way, role)
    }

    /// What an activation of an access asks for.
    pub fn gate(&self, access: &Access) -> Result<Gate, Gap> {
        self.declared(GATE);
        self.world.gate(access)
    }

    /// Shared judgement: whether Conditional Access enforces the context that an access asks for.
    pub fn enforcement_of(&self, access: &Access, claim: &str) -> Result<Enforcement, Gap> {
        self.declared(&[
            Dataset::ConditionalAccessPolicies,
            Dataset::AuthenticationContexts,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.enforcement_of(access, claim)
    }

    /// Whether a Conditional Access policy leaves this person out for good.
    pub fn is_excluded(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
    ) -> Result<bool, Gap> {
        self.declared(WHOM_A_POLICY_MEANS);
        self.world.is_excluded(policy, person)
    }

    /// Whether a Conditional Access policy reaches this Global Administrator.
    pub fn reaches_administrator(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
    ) -> Result<bool, Gap> {
        self.declared(WHOM_A_POLICY_MEANS);
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleEligibilityScheduleInstances]);
        self.world.reaches_administrator(policy, person)
    }

    /// People who could activate an access, by the policy of that access.
    pub fn eligible_holders_of(&self, access: &Access) -> Result<BTreeSet<PrincipalId>, Gap> {
        self.declared(&[Dataset::Principals, Dataset::GroupMembers]);
        if matches!(access, Access::DirectoryRole(_)) {
            self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        }
        self.world.eligible_holders_of(access)
    }

    /// Accesses that the subject's group approves.
    pub fn approver_group_uses(&self) -> Vec<Access> {
        self.declared(&[Dataset::RolePolicies, Dataset::GroupPolicies]);
        match self.access() {
            Some(Access::Group(group, _)) => {
                self.world.approved_by_groups().get(group).cloned().unwrap_or_default()
            }
            Some(Access::DirectoryRole(_)) | None => Vec::new(),
        }
    }

    /// Access reviews.
    pub fn reviews(&self) -> Result<&'a [Review], Gap> {
        self.declared(&[Dataset::AccessReviews]);
        self.world.tenant.reviews.complete().map(Vec::as_slice)
    }

    /// Shared judgement: the reviews that cover an access.
    pub fn review_of(&self, access: &Access) -> Result<Vec<&'a Review>, Gap> {
        self.declared(&[Dataset::AccessReviews]);
        self.world.review_of(access)
    }

    /// Which alert is the subject.
    pub const fn alert_kind(&self) -> Option<AlertKind> {
        match self.subject.target {
            Target::Alert(kind) => Some(kind),
            Target::Tenant
            | Target::Access(_)
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Dataset { .. } => None,
        }
    }

    /// PIM alerts.
    pub fn alerts(&self) -> Result<&'a [Alert], Gap> {
        self.declared(&[Dataset::PimAlerts]);
        self.world.tenant.alerts.complete().map(Vec::as_slice)
    }

    /// Conditional Access policies.
    pub fn conditional_access(&self) -> Result<&'a [ConditionalAccessPolicy], Gap> {
        self.declared(&[Dataset::ConditionalAccessPolicies]);
        self.world.tenant.conditional_access.complete().map(Vec::as_slice)
    }

    /// Authentication contexts.
    pub fn contexts(&self) -> Result<&'a [AuthenticationContextClass], Gap> {
        self.declared(&[Dataset::AuthenticationContexts]);
        self.world.tenant.contexts.complete().map(Vec::as_slice)
    }

    /// An authentication strength by its id.
    pub fn strength(&self, id: &str) -> Result<&'a AuthenticationStrength, Gap> {
        self.declared(&[Dataset::AuthenticationStrengths]);
        let strengths = &self.world.tenant.strengths;
        let known = strengths.at_least()?;
        known.get(id).ok_or_else(|| {
            strengths.gap().cloned().unwrap_or_else(|| {
                let detail =
                    format!("authentication strength {id} is not among those of the tenant");
                Gap::unreadable(Dataset::AuthenticationStrengths, detail)
            })
        })
    }

    /// Whether the security defaults are on.
    pub fn security_defaults(&self) -> Result<bool, Gap> {
        self.declared(&[Dataset::SecurityDefaults]);
        self.world.tenant.security_defaults.complete().copied()
    }

    /// When a person last signed in; nothing in it for who never did.
    pub fn sign_ins(&self, person: &PrincipalId) -> Result<SignIns, Gap> {
        self.declared(&[Dataset::SignInActivity]);
        let sign_ins = &self.world.tenant.sign_ins;
        match sign_ins.at_least()?.get(person) {
            Some(found) => Ok(*found),
            None => sign_ins.complete().map(|_| SignIns::default()),
        }
    }

    /// What a person registered; `None` for who is not in the report.
    pub fn registration(&self, person: &PrincipalId) -> Result<Option<&'a Registration>, Gap> {
        self.declared(&[Dataset::RegistrationDetails]);
        let registrations = &self.world.tenant.registrations;
        match registrations.at_least()?.get(person) {
            Some(found) => Ok(Some(found)),
            None => registrations.complete().map(|_| None),
        }
    }

    /// Credentials of a service principal and of its application in this tenant.
    pub fn credentials_of(&self, service: &PrincipalId) -> Result<Vec<Credential>, Gap> {
        self.declared(&[Dataset::Principals, Dataset::Applications]);
        let principal = self.world.readable_principal(service)?;
        let PrincipalKindFacts::ServicePrincipal(facts) = &principal.kind else {
            return Err(Gap::new(
                GapKind::Unreadable,
                format!("{service} is no service principal"),
            ));
        };
        let mut credentials = facts.credentials.clone().ok_or_else(|| {
            let detail = format!("the credentials of {} did not come back", principal.name);
            Gap::of(Dataset::Principals, GapKind::Incomplete, detail)
        })?;
        if let Some(app_id) = self.world.own_application_of(service) {
            let applications = &self.world.tenant.applications;
            match applications.at_least()?.get(&app_id) {
                Some(application) => credentials.extend(application.credentials.iter().copied()),
                None => {
                    applications.complete()?;
                    let detail = format!("the application of {} was not found", principal.name);
                    return Err(Gap::of(Dataset::Applications, GapKind::Incomplete, detail));
                }
            }
        }
        Ok(credentials)
    }

    /// Direct owners of a service principal and of its application, when all are known.
    pub fn owners_of_service(&self, service: &PrincipalId) -> Result<BTreeSet<PrincipalId>, Gap> {
        let (owners, gap) = self.known_owners_of_service(service);
        gap.map_or(Ok(owners), Err)
    }

    /// The same as far as known, and why there may be more.
    pub fn known_owners_of_service(
        &self,
        service: &PrincipalId,
    ) -> (BTreeSet<PrincipalId>, Option<Gap>) {
        self.declared(&[
            Dataset::ServicePrincipalOwners,
            Dataset::Applications,
            Dataset::ApplicationOwners,
        ]);
        self.world.known_owners_of_service(service)
    }

    /// Whether somebody owns a service principal itself, and the object id of its application where
    /// they own that.
    pub fn owns_service(
        &self,
        owner: &PrincipalId,
        service: &PrincipalId,
    ) -> (bool, Option<Arc<str>>) {
        self.declared(&[
            Dataset::ServicePrincipalOwners,
            Dataset::Applications,
            Dataset::ApplicationOwners,
        ]);
        self.world.owns_service(owner, service)
    }

    /// What a service principal can rewrite.
    pub fn bypasses(&self, service: &PrincipalId) -> Vec<Bypass> {
        self.declared(&[Dataset::ApplicationGrants, Dataset::DelegatedGrants]);
        self.world.bypasses(service)
    }

    /// Access packages that carry roles or groups.
    pub fn packages(&self) -> Result<&'a [AccessPackage], Gap> {
        self.declared(&[Dataset::AccessPackages]);
        self.world.tenant.packages.complete().map(Vec::as_slice)
    }

    /// Administrative units.
    pub fn units(&self) -> Result<&'a [AdministrativeUnit], Gap> {
        self.declared(&[Dataset::AdministrativeUnits]);
        self.world.tenant.units.complete().map(Vec::as_slice)
    }

    /// Roles of tier critical or high, or labelled PRIVILEGED, that somebody holds or is eligible for.
    pub fn privileged_roles_in_use(&self) -> Result<BTreeSet<RoleId>, Gap> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
        ]);
        self.world.tenant.active.complete()?;
        self.world.tenant.eligible.complete()?;
        let roles = self.world.all_grants().map(|grant| &grant.role);
        Ok(roles.filter(|role| self.world.matters(role)).cloned().collect())
    }

    /// Everyone in a group, to any depth.
    pub fn members_of(&self, group: &PrincipalId) -> Rc<Expansion> {
        self.declared(&[Dataset::GroupMembers]);
        self.world.expand(group)
    }

    /// The declared break-glass accounts.
    pub fn break_glass(&self) -> &'w [BreakGlass] {
        self.world.break_glass()
    }

    /// True for a declared break-glass account.
    pub fn is_break_glass(&self, id: &PrincipalId) -> bool {
        self.world.is_break_glass(id)
    }

    /// Accounts that look like undeclared break-glass accounts.
    pub fn break_glass_candidates(&self) -> Vec<(PrincipalId, String)> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::Principals,
            Dataset::ConditionalAccessPolicies,
            Dataset::GroupMembers,
        ]);
        self.world.break_glass_candidates()
    }

    /// Shared judgement: who can approve an activation of this access; `None` without approval.
    pub fn approvers_for(&self, access: &Access) -> Result<Option<Approvers>, Gap> {
        self.declared_policy(access);
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.approvers_for(access)
    }

    /// People who hold a role all the time.
    pub fn standing_people(&self, role: &RoleId) -> Result<BTreeSet<PrincipalId>, Gap> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.standing_people(role)
    }

    /// The licences, or why they are not known.
    pub fn licences(&self) -> Result<&'a [Sku], Gap> {
        self.declared(&[Dataset::SubscribedSkus]);
        self.world.tenant.licences.complete().map(Vec::as_slice)
    }

    /// Verified domains of the tenant, lower case.
    pub fn domains(&self) -> Result<&'a [Arc<str>], Gap> {
        self.declared(&[Dataset::Organization]);
        self.world.tenant.domains.complete().map(Vec::as_slice)
    }

    /// All role definitions, or why they are not known.
    pub fn roles(&self) -> Result<&'a BTreeMap<RoleId, Role>, Gap> {
        self.declared(&[Dataset::RoleDefinitions]);
        self.world.tenant.roles.complete()
    }

    /// Role definitions of an older reading, or that nobody gave one.
    pub fn earlier(&self) -> Result<&'a Earlier, Gap> {
        self.declared(&[Dataset::RoleDefinitions, Dataset::PrivilegedRoles]);
        self.world.tenant.earlier.as_ref().ok_or_else(|| {
            let detail = format!("there is nothing earlier to compare with: {GIVE_EARLIER}");
            Gap::new(GapKind::NotRequested, detail)
        })
    }

    /// Why the PRIVILEGED labels of roles were not read whole, where they were not.
    pub fn labels_gap(&self) -> Option<&'a Gap> {
        self.declared(&[Dataset::PrivilegedRoles]);
        self.world.tenant.labels_gap.as_ref()
    }

    /// Names, lower case, of the actions that Microsoft calls privileged.
    pub fn privileged_actions(&self) -> &'a Collected<BTreeSet<Arc<str>>> {
        self.declared(&[Dataset::PrivilegedActions]);
        &self.world.tenant.privileged_actions
    }

    /// Faults of the waivers, once every other finding is known.
    pub fn waiver_faults(&self) -> &'w [String] {
        self.world.waiver_faults()
    }
}
