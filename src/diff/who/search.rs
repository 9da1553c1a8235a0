//! The lines that can have made one change, by its area, and why there may be none.

use super::about::{About, Held};
use super::words::{
    CONTEXTS, DEFINITIONS, Did, OFFBOARDED, ONBOARDED, POLICIES, TENANT_OFFBOARDED, Topic,
    alert_of, may_speak_of, verb,
};
use super::{LAG, Log, Row};
use crate::diff::facts::{Area, Change, Kind};
use crate::model::{AlertKind, AuditSource, PrincipalId, PrincipalKindFacts, RoleId, roles};
use jiff::Timestamp;

const NOT_UNDERSTOOD: &str = "what changed has no id that the log could be asked for";
const JUST_NOW: &str =
    "it was made less than 15 minutes before the log was read, and its line may take as long";
const HOLDER_UNKNOWN: &str = "whether the holder was deleted is not known, and deletions are in a \
    part of the log that is not read";
const HOLDER_DELETED: &str =
    "the holder is deleted, and deletions are in a part of the log that is not read";
const PLAIN_MEMBERS: &str =
    "members and owners of groups outside PIM are in a part of the log that is not read";
const RULES: &str = "rules come and go as such by Microsoft, which no log of the tenant shows";
const BUILT_IN: &str = "built-in roles are Microsoft's, whose changes no log of the tenant shows";
const LABELS: &str = "the label is Microsoft's, which no log of the tenant shows";
const BY_SCAN: &str = "PIM finds this when it scans; nobody does it";
const STRENGTHS: &str =
    "authentication strengths are in a part of the log that is not read (Authentication Methods)";

const PIM: &[AuditSource] = &[AuditSource::Pim];
const ROLES: &[AuditSource] = &[AuditSource::RoleManagement];
const PIM_AND_ROLES: &[AuditSource] = &[AuditSource::Pim, AuditSource::RoleManagement];
const CONDITIONAL_ACCESS: &[AuditSource] = &[AuditSource::ConditionalAccess];

/// What was found of one change.
pub(super) struct Found<'l> {
    /// Lines that speak of it, the newest first.
    pub(super) rows: Vec<&'l Row<'l>>,
    /// A line may be of it.
    pub(super) doubtful: bool,
    /// The lists that would hold a line.
    pub(super) sources: &'static [AuditSource],
    /// Why there need not be a line.
    pub(super) unlogged: Option<&'static str>,
    /// Why a line may be missing although the lists are whole.
    pub(super) unsure: Option<&'static str>,
}

impl<'l> Found<'l> {
    const fn nothing(sources: &'static [AuditSource]) -> Self {
        Self { rows: Vec::new(), doubtful: false, sources, unlogged: None, unsure: None }
    }

    fn take(&mut self, row: &'l Row<'l>, about: About) {
        match about {
            About::It => self.rows.push(row),
            About::Untold => self.doubtful = true,
            About::Other => {}
        }
    }
}

impl<'t> Log<'t> {
    pub(super) fn search(&self, change: &Change) -> Found<'_> {
        match change.area {
            Area::Settings => self.settings(change),
            Area::Assignments | Area::Eligibilities => self.grant(change),
            Area::Groups => self.group(change),
            Area::Roles => self.definition(change),
            Area::Alerts => self.alert(change),
            Area::ConditionalAccess => self.conditional_access(change),
        }
    }

    fn about(&self, topic: Topic) -> impl Iterator<Item = &Row<'t>> {
        self.others.iter().filter(move |(own, _)| *own == topic).map(|(_, row)| row)
    }

    fn settings(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(PIM);
        // A rule that is there or not, rather than one with another value.
        if change.what == format!("rule {}", change.field) {
            found.unlogged = Some(RULES);
        }
        let Some(held) = Held::of(&change.subject) else {
            found.unsure = Some(NOT_UNDERSTOOD);
            return found;
        };
        for row in self.about(Topic::Settings) {
            found.take(row, About::held(row.event, held));
        }
        if self.modified(held).is_some_and(|at| self.is_recent(at)) {
            found.unsure = Some(JUST_NOW);
        }
        found
    }

    /// When the settings were last changed, as they say themselves.
    fn modified(&self, held: Held<'_>) -> Option<Timestamp> {
        let policy = match held {
            Held::Role(role) => {
                self.new.policies.at_least().ok()?.get(&RoleId::new(role))?.as_ref()
            }
            Held::Group(group, access) => {
                self.new.group_pim.get(&PrincipalId::new(group))?.policy(access).as_ref()
            }
        };
        policy.ok()?.modified
    }

    /// Whether a line of that time may not have been in PIM's log yet when it was read.
    fn is_recent(&self, at: Timestamp) -> bool {
        let parts = self.new.audit_log.at_least().map(Vec::as_slice).unwrap_or_default();
        let pim = parts.iter().find(|part| part.source == AuditSource::Pim);
        pim.is_some_and(|part| part.until.duration_since(at) < LAG)
    }

    fn grant(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(PIM_AND_ROLES);
        let key = change.subject.strip_prefix("grant:").and_then(|key| key.split_once(':'));
        let held = key.and_then(|(principal, access)| Some((principal, Held::of(access)?)));
        let Some((principal, held)) = held else {
            found.unsure = Some(NOT_UNDERSTOOD);
            return found;
        };
        if let Held::Group(..) = held {
            found.sources = PIM;
            // Only PIM makes anybody eligible.
            found.unlogged = (change.area == Area::Assignments).then_some(PLAIN_MEMBERS);
        }
        if matches!(change.kind, Kind::Removed) && found.unlogged.is_none() {
            self.holder_gone(principal, &mut found);
        }
        for &place in self.by_target.get(principal).into_iter().flatten() {
            let Some(row) = self.grants.get(place) else { continue };
            let Some(did) = Did::of(&row.base) else { continue };
            if !did.makes(change.kind) || !may_speak_of(&row.base, change.area) {
                continue;
            }
            let about = About::held(row.event, held);
            if about == About::It && row.is_twin() {
                found.doubtful |= self.shortness(AuditSource::Pim).is_some();
            } else if about == About::It && did == Did::Unclear {
                found.doubtful = true;
            } else {
                found.take(row, about);
            }
        }
        self.with_the_rest(change, held, &mut found);
        found
    }

    /// Who is deleted loses everything, without a line about roles.
    fn holder_gone(&self, principal: &str, found: &mut Found<'_>) {
        let known = self.new.principals.at_least().ok();
        match known.and_then(|known| known.get(&PrincipalId::new(principal))).map(|it| &it.kind) {
            Some(PrincipalKindFacts::Absent) => found.unlogged = Some(HOLDER_DELETED),
            Some(
                PrincipalKindFacts::User(_)
                | PrincipalKindFacts::Group(_)
                | PrincipalKindFacts::ServicePrincipal(_)
                | PrincipalKindFacts::Other(_),
            ) => {}
            // Who holds nothing any more is not asked for.
            Some(PrincipalKindFacts::Hidden) | None => found.unsure = Some(HOLDER_UNKNOWN),
        }
    }

    /// Grants also go with the role they are of, or with what PIM knows of the group or the tenant.
    fn with_the_rest<'l>(&'l self, change: &Change, held: Held<'_>, found: &mut Found<'l>) {
        if !matches!(change.kind, Kind::Removed | Kind::Ended) {
            return;
        }
        match held {
            Held::Role(role) => {
                let deletions = self.about(Topic::Roles);
                for row in deletions.filter(|row| row.base == "delete role definition") {
                    if About::object(row.event, role, "") == About::It {
                        found.rows.push(row);
                    }
                }
            }
            Held::Group(group, _) => {
                for row in self.about(Topic::Groups) {
                    let off = OFFBOARDED.contains(&row.base.as_str());
                    if off && About::object(row.event, group, "") == About::It {
                        found.rows.push(row);
                    }
                }
            }
        }
    }

    fn group(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(PIM);
        let Some(group) = change.subject.strip_prefix("group:") else {
            found.unsure = Some(NOT_UNDERSTOOD);
            return found;
        };
        let wanted = if change.after.as_deref() == Some("yes") { ONBOARDED } else { OFFBOARDED };
        for row in self.about(Topic::Groups).filter(|row| wanted.contains(&row.base.as_str())) {
            let about = match &*row.base {
                TENANT_OFFBOARDED => About::It,
                _ => About::object(row.event, group, &change.name),
            };
            found.take(row, about);
        }
        found
    }

    fn definition(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(ROLES);
        let Some(role) = change.subject.strip_prefix("role:") else {
            found.unsure = Some(NOT_UNDERSTOOD);
            return found;
        };
        if self.is_built_in(role) {
            found.unlogged = Some(BUILT_IN);
            return found;
        }
        if change.field == "isPrivileged" {
            found.unlogged = Some(LABELS);
        }
        let wanted = verb(change.kind, DEFINITIONS);
        for row in self.about(Topic::Roles).filter(|row| row.base == wanted) {
            found.take(row, About::object(row.event, role, &change.name));
        }
        found
    }

    fn is_built_in(&self, role: &str) -> bool {
        let id = RoleId::new(role);
        let read = self.new.roles.at_least().ok().and_then(|roles| roles.get(&id));
        match read {
            Some(role) => role.built_in,
            None => roles::by_id(&id).is_some(),
        }
    }

    fn alert(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(PIM);
        let kind = change.subject.strip_prefix("alert:").and_then(AlertKind::named);
        let Some(kind) = kind else {
            found.unsure = Some(NOT_UNDERSTOOD);
            return found;
        };
        let after = change.after.as_deref();
        let wanted: &[&str] = match change.field.as_str() {
            "isEnabled" if after == Some("on") => &["enable pim alert", "update pim alert setting"],
            "isEnabled" => &["disable pim alert", "update pim alert setting"],
            "isActive" if after == Some("active") => &["triggered pim alert"],
            "isActive" => &["deactivate pim alert", "resolve pim alert"],
            "incidentCount" | "" => &[],
            _ => &["update pim alert setting"],
        };
        if matches!(change.field.as_str(), "isActive" | "incidentCount" | "") {
            found.unlogged = Some(BY_SCAN);
        }
        for row in self.about(Topic::Alerts).filter(|row| wanted.contains(&row.base.as_str())) {
            let about = match alert_of(row.event) {
                Some(other) if other == kind => About::It,
                Some(_) => About::Other,
                None => About::Untold,
            };
            found.take(row, about);
        }
        found
    }

    fn conditional_access(&self, change: &Change) -> Found<'_> {
        let mut found = Found::nothing(CONDITIONAL_ACCESS);
        let (activities, id) = match change.subject.split_once(':') {
            Some(("policy", id)) => (POLICIES, id),
            Some(("context", id)) => (CONTEXTS, id),
            Some(("strength", _)) => {
                found.unlogged = Some(STRENGTHS);
                return found;
            }
            Some(_) | None => {
                found.unsure = Some(NOT_UNDERSTOOD);
                return found;
            }
        };
        let wanted = verb(change.kind, activities);
        for row in self.about(Topic::ConditionalAccess).filter(|row| row.base == wanted) {
            found.take(row, About::object(row.event, id, &change.name));
        }
        found
    }
}
