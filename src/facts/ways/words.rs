//! Ways in words: each hop, the gate before it, and what the way ends in.

use super::{Entered, Way, WayEnd};
use crate::facts::bypass::Bypass;
use crate::facts::groups::{Hop, How, Step};
use crate::facts::world::World;
use crate::model::permission::Power;
use crate::model::{Access, Class, GapKind, Grant, GroupAccess, RoleId, Scope};

impl World<'_> {
    /// A way in words: `eligible member of IT-Ops: justification; at most 10 h -> the group holds
    /// Global Administrator`.
    pub fn way_in_words(&self, way: &Way<'_>, role: &RoleId) -> String {
        let role_name = self.role_name(role);
        let mut steps: Vec<String> = Vec::new();
        let hops: Vec<&Hop> = way.hops.iter().collect();
        for hop in hops.iter().rev() {
            steps.push(self.hop_in_words(hop));
        }
        let subject = match (hops.first().map(|hop| hop.step), hops.is_empty()) {
            (_, true) => "",
            (Some(Step::Credentials), _) => "the application ",
            (Some(Step::Member | Step::Owner), _) | (None, _) => "the group ",
        };
        steps.extend(match &way.end {
            WayEnd::Group(_) => None,
            WayEnd::Permission(bypass) => {
                Some(self.permission_in_words(subject, bypass, way.entered.as_ref(), role))
            }
            WayEnd::Grant(grant) => Some(self.grant_in_words(subject, grant, &role_name)),
        });
        steps.join(" -> ")
    }

    /// What a permission does, as the end of a way: `has P, which can give Global Administrator`.
    fn permission_in_words(
        &self,
        subject: &str,
        bypass: &Bypass,
        entered: Option<&Entered<'_>>,
        role: &RoleId,
    ) -> String {
        let role_name = self.role_name(role);
        let can = match (bypass.power, entered) {
            (Power::MakeEligible, _) => {
                let gate = self.gate_note(&Access::DirectoryRole(role.clone()));
                format!("make anybody eligible for {role_name}{gate}")
            }
            (Power::EnterGroups, Some(entered)) => {
                format!("make anybody a member of {}", self.name_of(&entered.group))
            }
            (Power::MakeEligibleForGroups, Some(entered)) => {
                let access = Access::Group(entered.group.clone(), GroupAccess::Member);
                let gate = self.gate_note(&access);
                format!("make anybody eligible for {}{gate}", self.name_of(&entered.group))
            }
            (
                Power::AssignRoles
                | Power::EnterGroups
                | Power::MakeEligibleForGroups
                | Power::ChangePolicies,
                _,
            ) => format!("give {role_name}"),
        };
        let has = format!("{subject}has {}, which can {can}", bypass.permission);
        match entered.and_then(|it| it.grant) {
            Some(grant) => {
                format!("{has} -> {}", self.grant_in_words("the group ", grant, &role_name))
            }
            None => has,
        }
    }

    fn grant_in_words(&self, subject: &str, grant: &Grant, role_name: &str) -> String {
        let verb = match grant.class() {
            Class::Permanent if subject.is_empty() => "holds permanently",
            Class::Permanent => "holds",
            Class::TimeBound => "holds for a time",
            Class::Unknown => "holds (type not read)",
            Class::Activated | Class::EligiblePermanent | Class::EligibleTimeBound => {
                "is eligible for"
            }
        };
        let gated = grant.is_eligible() || grant.class() == Class::Activated;
        let gate = if gated { self.gate_note(&grant.held()) } else { String::new() };
        let within = match grant.within {
            Scope::Tenant => String::new(),
            Scope::AdministrativeUnit(_) | Scope::Object(_) | Scope::Application(_) => {
                format!(" within {}", grant.within)
            }
        };
        format!("{subject}{verb} {role_name}{within}{gate}")
    }

    /// One hop in words: `eligible member of IT-Ops: justification; at most 10 h`.
    pub fn hop_in_words(&self, hop: &Hop) -> String {
        let into = match self.principal(&hop.into) {
            Some(principal) => std::sync::Arc::clone(&principal.name),
            None => hop.into.text(),
        };
        let how = match hop.how {
            How::Plain | How::Assigned { until: None } => "",
            How::Assigned { until: Some(_) } => "time-bound ",
            How::Eligible { .. } => "eligible ",
            How::Activated => "activated ",
            How::Unknown => "current ",
        };
        match hop.step {
            Step::Credentials => {
                let off = self.principal(&hop.into).is_some_and(|it| it.is_disabled());
                let off = if off { ", which is switched off" } else { "" };
                format!("owner of {into}{off} -> can give it a password")
            }
            Step::Member | Step::Owner => {
                let noun = if hop.step == Step::Member { "member" } else { "owner" };
                let gate = hop.gated_by().map(|access| self.gate_note(&access));
                let then = if hop.step == Step::Owner { " -> can add members" } else { "" };
                format!("{how}{noun} of {into}{}{then}", gate.unwrap_or_default())
            }
        }
    }

    fn gate_note(&self, access: &Access) -> String {
        match self.gate(access) {
            Ok(gate) => format!(": {}", gate.in_words()),
            // Nothing was there to be read.
            Err(gap) if gap.kind == GapKind::NotManaged => format!(": {}", gap.detail),
            Err(gap) => format!(": gate not read ({gap})"),
        }
    }
}
