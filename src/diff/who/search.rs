//! The lines that can have made one change, by its area, and why there may be none.

use super::about::{About, Held};
use super::beside::Ran;
use super::words::{
    CONTEXTS, DEFINITIONS, Did, OFFBOARDED, ONBOARDED, POLICIES, TENANT_OFFBOARDED, Topic,
    alert_of, may_speak_of, verb,
};
use super::{LAG, Log, Row};
use crate::diff::facts::{Area, Change, Kind};
use crate::model::{
    AlertKind, AuditEvent, AuditResult, AuditSource, PrincipalId, PrincipalKindFacts, RoleId,
    Tenant, roles,
};
use jiff::Timestamp;

const NOT_UNDERSTOOD: &str = "what changed has no id that the log could be asked for";
const UNTOLD: &str = "a line of this kind is in the log that does not tell what it is about";
const UNCLEAR: &str = "a line about it is in the log that does not tell what was done";
const UNSURE: &str = "a line of it is in the log that does not tell whether it was done";
const BESIDE: &str =
    "a line shortly before the older snapshot, or after the newer, may or may not be of it";
const TWIN_ONLY: &str =
    "the directory has a line of it in the name of PIM, and that of PIM may not have been read";
const LAST_UNTOLD: &str = "the log has lines of it, and none of the time when it was last changed";
const ACTIVATION: &str = "the log of one of the two has an activation of it that ran at the time, \
    which the list that tells activations apart may not have shown yet";
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
    /// Lines that speak of it, those that say most first, and of these the newest.
    pub(super) rows: Vec<&'l Row<'l>>,
    /// Why a line that is there may be of it.
    pub(super) doubt: Option<String>,
    /// The lists that would hold a line.
    pub(super) sources: &'static [AuditSource],
    /// Why there need not be a line.
    pub(super) unlogged: Option<&'static str>,
    /// Why a line may be missing although the lists are whole.
    pub(super) unsure: Option<&'static str>,
    /// When it was made, where the tenant itself says that.
    pub(super) made: Option<Timestamp>,
    /// An activation of it began or ended right then, or was to run on, and one list alone shows
    /// it.
    pub(super) is_activation: bool,
}

impl<'l> Found<'l> {
    const fn nothing(sources: &'static [AuditSource]) -> Self {
        Self {
            rows: Vec::new(),
            doubt: None,
            sources,
            unlogged: None,
            unsure: None,
            made: None,
            is_activation: false,
        }
    }

    fn take(&mut self, row: &'l Row<'l>, about: About) {
        match about {
            About::It if !row.within => self.doubt(BESIDE),
            About::It => self.take_whenever(row),
            About::Untold => self.doubt(UNTOLD),
            About::Other => {}
        }
    }

    /// One that is about it, where its time is no reason against it.
    fn take_whenever(&mut self, row: &'l Row<'l>) {
        if row.event.result != AuditResult::Success {
            self.doubt(UNSURE);
        } else if row.only_asked {
            let who = match &*row.event.actor.name {
                "" => "somebody",
                name => name,
            };
            self.doubt(&format!("{who} asked for it, and no line says that it was done"));
        } else {
            self.rows.push(row);
        }
    }

    fn doubt(&mut self, why: &str) {
        if self.doubt.is_none() {
            self.doubt = Some(why.to_owned());
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
        // An older time than that of the older snapshot says nothing of this change.
        found.made = self.modified(held).filter(|at| *at >= self.from);
        let mut is_near = false;
        for row in self.about(Topic::Settings) {
            let about = self.speaks_of(row.event, held);
            match found.made.map(|made| row.event.at.duration_since(made)) {
                // Nothing was changed after the last time.
                Some(distance) if about == About::It && distance > LAG => {}
                Some(distance) if about == About::It && distance.abs() <= LAG => {
                    is_near = true;
                    found.take_whenever(row);
                }
                Some(_) if about == About::It && row.event.at < self.from => {}
                Some(_) | None => found.take(row, about),
            }
        }
        if found.made.is_some() && !is_near && !found.rows.is_empty() {
            found.rows.clear();
            found.doubt(LAST_UNTOLD);
        }
        let rule = change.field.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let names_it = |row: &&Row<'_>| {
            let reason = row.event.reason.as_deref().unwrap_or_default();
            !rule.is_empty() && reason.to_ascii_lowercase().contains(&rule)
        };
        found.rows.sort_by_key(|row| !names_it(row));
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
        found.made = self.started(change, principal, held);
        for &place in self.by_target.get(principal).into_iter().flatten() {
            let Some(row) = self.grants.get(place) else { continue };
            let Some(did) = Did::of(row.source, &row.base) else { continue };
            if !did.makes(change.kind) || !may_speak_of(&row.base, change.area) {
                continue;
            }
            // What was over PIM ends itself, and writes a line of it.
            if change.kind == Kind::Ended && row.is_of_itself() {
                continue;
            }
            let about = self.speaks_of(row.event, held);
            if about == About::It && row.is_twin() {
                if self.is_by_pim(row, principal, held) {
                    continue;
                }
                let may_come = self.is_recent(row.event.at, PIM);
                match self.shortness(AuditSource::Pim).is_some() || may_come {
                    true => found.doubt(TWIN_ONLY),
                    false => found.take(row, about),
                }
            } else if about == About::It && did == Did::Unclear {
                found.doubt(UNCLEAR);
            } else {
                found.take(row, about);
            }
        }
        self.of_nobody(change, held, &mut found);
        self.with_the_rest(change, held, &mut found);
        if change.kind == Kind::Added {
            // Who extended it later did not give it.
            found.rows.sort_by_key(|row| Did::of(row.source, &row.base) != Some(Did::Gave));
        }
        if let Some(ran) = self.activation(change, principal, held) {
            (found.unsure, found.unlogged) = (Some(ACTIVATION), None);
            found.is_activation = ran == Ran::RightThen;
        }
        found
    }

    /// Lines that name no holder by an id may be of this one. What was done must be known, or the
    /// role or group must be this one.
    fn of_nobody<'l>(&'l self, change: &Change, held: Held<'_>, found: &mut Found<'l>) {
        for row in self.of_nobody.iter().filter_map(|&place| self.grants.get(place)) {
            let Some(did) = Did::of(row.source, &row.base) else { continue };
            if !did.makes(change.kind) || !may_speak_of(&row.base, change.area) {
                continue;
            }
            match self.speaks_of(row.event, held) {
                About::It => found.take(row, About::Untold),
                About::Untold if did != Did::Unclear => found.take(row, About::Untold),
                About::Untold | About::Other => {}
            }
        }
    }

    /// Whether a line is about this role or group. An id that is no role's may be PIM's own of any.
    pub(super) fn speaks_of(&self, event: &AuditEvent, held: Held<'_>) -> About {
        About::held(event, held, |role| {
            let in_tenant = |it: &Tenant| it.roles.at_least().is_ok_and(|it| it.contains_key(role));
            roles::by_id(role).is_some() || in_tenant(self.old) || in_tenant(self.new)
        })
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
        if let Held::Role(role) = held {
            let deletions = self.about(Topic::Roles);
            for row in deletions.filter(|row| row.base == "delete role definition") {
                if About::object(row.event, role, "") == About::It {
                    found.take(row, About::It);
                }
            }
        }
        let managed = match held {
            Held::Group(group, _) => self.was_managed(group),
            Held::Role(_) => About::It,
        };
        let has_own = !found.rows.is_empty();
        for row in self.about(Topic::Groups) {
            let of_it = match held {
                Held::Group(group, _) => {
                    row.base != TENANT_OFFBOARDED
                        && OFFBOARDED.contains(&row.base.as_str())
                        && About::object(row.event, group, "") == About::It
                }
                Held::Role(_) => false,
            };
            // The line of the tenant does not say of what: of all that can be activated. What has a
            // line of its own did not go with it.
            let of_all =
                row.base == TENANT_OFFBOARDED && change.area == Area::Eligibilities && !has_own;
            if of_it || of_all {
                found.take(row, managed);
            }
        }
    }

    /// Whether PIM managed the group: of what it did not manage it took nothing.
    fn was_managed(&self, group: &str) -> About {
        let listed = &self.old.onboarded;
        if listed.at_least().is_ok_and(|groups| groups.contains(&PrincipalId::new(group))) {
            About::It
        } else if listed.gap().is_some() {
            About::Untold
        } else {
            About::Other
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
