//! From PIM's part of the audit log to the answer of `activations`: who activated what, and how it
//! went.

use super::who::{access_named, kind_of};
use crate::activations::{Asked, End, Outcome, Path, Person, Request, path_of, requests};
use crate::facts::World;
use crate::model::{
    Access, AuditPart, AuditSource, Dataset, Gap, GapKind, GroupAccess, PrincipalId,
    PrincipalKindFacts, RoleId, roles,
};
use crate::report::activations::{Activations, ApproverLine, RequestLine, Window};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Start of the time that is asked for.
    pub from: Timestamp,
    /// Only this role or group, by name or id; of a role also the groups that lead to it.
    pub access: Option<String>,
    /// Only this principal, by sign-in name, display name or object id.
    pub person: Option<String>,
}

/// The longest that PIM lets an activation last.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// The longest that a line of a request comes after the request: a day for the answer, and one for
/// the activation.
const LONGEST_AGO: SignedDuration = SignedDuration::from_hours(48);

/// What stands between the groups of a way.
const STEP: &str = " > ";

/// Why there is no answer, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Neither the tenant nor the log knows the role or group.
    Access(String),
    /// Neither the tenant nor the log knows the principal.
    Principal(String),
    /// The log knows the principal, but not as one who asked for anything.
    AskedNothing(String),
}

impl Refused {
    /// What is said of it.
    pub fn words(&self) -> &str {
        match self {
            Self::Access(words) | Self::Principal(words) | Self::AskedNothing(words) => words,
        }
    }
}

/// Every request of the time that is asked for, the latest first.
///
/// # Errors
/// Names the role, group or principal of which nothing can be told.
pub fn activations(
    world: &World<'_>,
    part: &AuditPart,
    question: &Question,
) -> Result<Activations, Refused> {
    let tenant = world.tenant();
    let parts = tenant.audit_log.at_least().map(Vec::as_slice).unwrap_or_default();
    let directory = parts.iter().find(|part| part.source == AuditSource::RoleManagement);
    let found = requests(part, directory);
    let list = found.list.iter().filter(|request| is_of(request, question.from));
    let list: Vec<&Request> = list.collect();
    let access = match &question.access {
        Some(text) => Some(wanted_access(world, text, &found.list).map_err(Refused::Access)?),
        None => None,
    };
    let person = match &question.person {
        Some(text) => Some(wanted_person(world, text, &found.list)?),
        None => None,
    };
    let is_wanted = |request: &&&Request| {
        access.as_ref().is_none_or(|access| access.is_met_by(world, request))
            && person.as_ref().is_none_or(|person| person.is_met_by(request))
    };
    let mut gaps: BTreeSet<Gap> = part.events.gap().cloned().into_iter().collect();
    // What says neither of whom nor of what it is may be what is asked for.
    let may_be_wanted = |request: &&&Request| {
        let of_access = access.as_ref().is_none_or(|access| {
            is_untold(world, &request.asked) || access.is_met_by(world, request)
        });
        let of_nobody = request.who.as_ref().is_none_or(|who| who.id.is_empty());
        let of_person = person.as_ref().is_none_or(|person| of_nobody || person.is_met_by(request));
        of_access && of_person
    };
    let may_be = list.iter().filter(may_be_wanted).filter(|it| !is_wanted(it)).count();
    gaps.extend(untold(may_be));
    let mut lines = Vec::new();
    for request in list.iter().filter(is_wanted) {
        let path = path(world, request);
        // Without an eligibility that is known it may be among what was not read.
        gaps.extend(path.gap.clone().filter(|_| !path.is_known()));
        lines.push((request.first, line(world, request, &path)));
    }
    let events = part.events.at_least().map(Vec::as_slice).unwrap_or_default();
    let kept_days = tenant.log_days();
    // What a list covers that broke off nobody knows.
    let covered_from = part.covered_from(kept_days);
    let covered_from = part.events.gap().is_none().then_some(covered_from);
    let lines = lines.into_iter().map(|(first, line)| RequestLine {
        asked_before: line.requested.is_none()
            && covered_from.is_some_and(|from| first.duration_since(from) < LONGEST_AGO),
        ..line
    });
    Ok(Activations {
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&tenant.id),
        tenant_name: Arc::clone(&tenant.name),
        window: Window {
            from: question.from,
            until: part.until,
            covered_from: covered_from.map(|from| from.max(question.from)),
            read_from: part.since,
            kept_days,
            oldest: events.iter().map(|event| event.at).min(),
        },
        access: access.map(|access| access.name),
        person: person.map(|person| person.name),
        lines: lines.collect(),
        gaps: gaps.into_iter().collect(),
        azure_lines: found.azure,
    })
}

/// Whether a request does not say of what it is. An id that is no role's may be PIM's own of any.
fn is_untold(world: &World<'_>, asked: &Asked) -> bool {
    match asked {
        Asked::Untold => true,
        Asked::Role(role) => {
            let listed = &world.tenant().roles;
            roles::by_id(role).is_none()
                && !listed.at_least().is_ok_and(|listed| listed.contains_key(role))
        }
        Asked::Group(..) => false,
    }
}

/// How many requests may be among those that are asked for, and do not say so.
fn untold(number: usize) -> Option<Gap> {
    let requests = match number {
        0 => return None,
        1 => "1 request of that time does not say of whom or of what it is, and it".to_owned(),
        many => format!("{many} requests of that time do not say of whom or of what, and they"),
    };
    let detail = format!("{requests} may be among what is asked for");
    Some(Gap::of(Dataset::DirectoryAudits, GapKind::Unreadable, detail))
}

/// Whether it belongs to the time from then on: something became of it, it may have been active, or
/// it waits.
fn is_of(request: &Request, from: Timestamp) -> bool {
    let was_active = request.end.is_some_and(|end| match end {
        End::Expired(at) | End::Deactivated(at) | End::Passed(at) => at >= from,
        End::Running(_) => true,
        End::NotKnown => {
            let began = request.started.unwrap_or(request.last);
            began.saturating_add(LONGEST).unwrap_or(began) >= from
        }
    });
    request.last >= from || was_active || request.outcome == Outcome::Waiting
}

/// The access that is asked for.
struct WantedAccess {
    name: String,
    access: Option<Access>,
    /// As it was written, for what is gone and only the log knows.
    text: String,
}

fn wanted_access(world: &World<'_>, text: &str, list: &[Request]) -> Result<WantedAccess, String> {
    let text = text.trim();
    let bare = text.strip_prefix("role:").or_else(|| text.strip_prefix("group:")).unwrap_or(text);
    let wanted = |name: String, access: Option<Access>| WantedAccess {
        name,
        access,
        text: bare.trim().to_owned(),
    };
    match access_named(world, text) {
        Ok(Access::DirectoryRole(role)) => {
            let name = world.role_name(&role).to_string();
            Ok(wanted(name, Some(Access::DirectoryRole(role))))
        }
        Ok(Access::Group(group, access)) => {
            let name = world.name_of(&group).to_string();
            Ok(wanted(name, Some(Access::Group(group, access))))
        }
        Err(error) => {
            let by_log = wanted(bare.trim().to_owned(), None);
            match list.iter().any(|request| by_log.is_named_by(request)) {
                true => Ok(by_log),
                false => Err(format!("{error}, and no request in the log is about it")),
            }
        }
    }
}

impl WantedAccess {
    fn is_met_by(&self, world: &World<'_>, request: &Request) -> bool {
        match (&self.access, &request.asked) {
            (Some(Access::DirectoryRole(role)), Asked::Role(asked)) => role == asked,
            (Some(Access::DirectoryRole(role)), Asked::Group(group, _)) => {
                let reached = world.roles_reached_by(&member_of(group));
                reached.iter().any(|reached| reached.role == *role)
            }
            (Some(Access::Group(group, _)), Asked::Group(asked, _)) => group == asked,
            (Some(Access::Group(..)), Asked::Role(_)) | (Some(_), Asked::Untold) => false,
            (None, _) => self.is_named_by(request),
        }
    }

    /// By the words and ids of the log alone.
    fn is_named_by(&self, request: &Request) -> bool {
        let by_id = match &request.asked {
            Asked::Role(role) => role.is(&self.text),
            Asked::Group(group, _) => group.is(&self.text),
            Asked::Untold => false,
        };
        by_id || request.asked_name.eq_ignore_ascii_case(&self.text)
    }
}

fn member_of(group: &PrincipalId) -> Access {
    Access::Group(group.clone(), GroupAccess::Member)
}

/// The person who is asked for.
struct WantedPerson {
    name: String,
    ids: Vec<PrincipalId>,
}

fn wanted_person(world: &World<'_>, text: &str, list: &[Request]) -> Result<WantedPerson, Refused> {
    let text = text.trim();
    let known = world.principals_meant(text);
    if !known.is_empty() {
        let name = match known.as_slice() {
            [one] => world.name_of(one).to_string(),
            _ => text.to_owned(),
        };
        return Ok(WantedPerson { name, ids: known });
    }
    // Who is gone is known to the log alone.
    let named = |person: &&Person| {
        PrincipalId::new(&person.id).is(text) || person.name.eq_ignore_ascii_case(text)
    };
    let persons = list.iter().filter_map(|request| request.who.as_ref()).filter(named);
    let ids: BTreeSet<PrincipalId> = persons.map(|person| PrincipalId::new(&person.id)).collect();
    let mut others = list.iter().flat_map(|request| {
        request.decisions.iter().map(|decision| &decision.by).chain(&request.ended_by)
    });
    if ids.is_empty() && others.any(|person| named(&person)) {
        return Err(Refused::AskedNothing(format!(
            "no principal \"{text}\" asked for anything in the log, where they only decided on, \
             or ended, what others asked for"
        )));
    }
    if ids.is_empty() {
        return Err(Refused::Principal(match world.tenant().principals.gap() {
            Some(gap) => format!(
                "no principal \"{text}\" is known, in the log or in the tenant, of which not all \
                 were read: {gap}"
            ),
            None => format!("no principal \"{text}\" is in the log, or among what was read"),
        }));
    }
    Ok(WantedPerson { name: text.to_owned(), ids: ids.into_iter().collect() })
}

impl WantedPerson {
    fn is_met_by(&self, request: &Request) -> bool {
        let id = request.who.as_ref().map(|who| PrincipalId::new(&who.id));
        id.is_some_and(|id| self.ids.contains(&id))
    }
}

fn path(world: &World<'_>, request: &Request) -> Path {
    match &request.who {
        Some(who) if !who.id.is_empty() => {
            path_of(world, &PrincipalId::new(&who.id), &request.asked)
        }
        Some(_) | None => Path::default(),
    }
}

fn line(world: &World<'_>, request: &Request, path: &Path) -> RequestLine {
    let text = |text: &Option<Arc<str>>| text.as_ref().map(|text| text.to_string());
    let id = request.who.as_ref().map(|who| PrincipalId::new(&who.id));
    let id = id.filter(|id| !id.text().is_empty());
    let (what, access) = asked(world, request);
    RequestLine {
        requested: request.requested,
        asked_before: false,
        who: request.who.as_ref().map_or_else(String::new, |who| name_of(world, who)),
        who_id: id.as_ref().map_or_else(String::new, PrincipalId::to_string),
        kind: id.as_ref().map_or("not read", |id| kind_of(world, id)),
        break_glass: id.as_ref().is_some_and(|id| world.is_break_glass(id)),
        what,
        access,
        leads_to: leads_to(world, &request.asked),
        paths: paths(world, path),
        outcome: request.outcome.name(),
        approvers: request
            .decisions
            .iter()
            .map(|decision| ApproverLine {
                who: name_of(world, &decision.by),
                who_id: decision.by.id.to_string(),
                at: decision.at,
                approved: decision.approved,
                reason: text(&decision.reason),
            })
            .collect(),
        started: request.started,
        until: request.until,
        ended: request.end.and_then(|end| end.over()),
        end: request.end.map(|end| end.name()),
        ended_by: request.ended_by.as_ref().map(|person| name_of(world, person)),
        minutes: request.lasted().map(|lasted| lasted.as_secs() / 60),
        justification: text(&request.justification),
        ticket: text(&request.ticket_number),
        ticket_system: text(&request.ticket_system),
        refusal: text(&request.refusal),
        correlations: request.correlations.iter().map(|id| id.to_string()).collect(),
        joined_by_order: request.by_order,
    }
}

/// As the tenant calls them, else as the log does, else by id.
fn name_of(world: &World<'_>, person: &Person) -> String {
    let known = world
        .principal(&PrincipalId::new(&person.id))
        .filter(|it| !matches!(it.kind, PrincipalKindFacts::Absent | PrincipalKindFacts::Hidden));
    match (known, &*person.name) {
        (Some(principal), _) => principal.sign_in_name().to_owned(),
        (None, "") => person.id.to_string(),
        (None, name) => name.to_owned(),
    }
}

/// The name of what was asked for, and its key.
fn asked(world: &World<'_>, request: &Request) -> (String, String) {
    match &request.asked {
        Asked::Role(role) => {
            let access = Access::DirectoryRole(role.clone());
            (role_name(world, role, &request.asked_name), access.key())
        }
        Asked::Group(group, access) => {
            let person = Person { id: group.text(), name: Arc::clone(&request.asked_name) };
            let name = name_of(world, &person);
            match access {
                Some(access) => {
                    let key = Access::Group(group.clone(), *access).key();
                    (format!("{name} ({}s)", access.name()), key)
                }
                None => (format!("{name} (group)"), format!("group:{group}")),
            }
        }
        Asked::Untold => (request.asked_name.to_string(), String::new()),
    }
}

fn role_name(world: &World<'_>, role: &RoleId, in_log: &str) -> String {
    let defined = world.tenant().roles.at_least().is_ok_and(|roles| roles.contains_key(role));
    if defined || roles::by_id(role).is_some() || in_log.is_empty() {
        return world.role_name(role).to_string();
    }
    in_log.to_owned()
}

/// Names of the roles that a group leads to.
fn leads_to(world: &World<'_>, asked: &Asked) -> Vec<String> {
    let Asked::Group(group, _) = asked else { return Vec::new() };
    let reached = world.roles_reached_by(&member_of(group));
    let names: BTreeSet<String> =
        reached.iter().map(|reached| world.role_name(&reached.role).to_string()).collect();
    names.into_iter().collect()
}

/// `direct`, and `via IT-Ops > Core` for each way through groups.
fn paths(world: &World<'_>, path: &Path) -> Vec<String> {
    let through = path.through.iter().map(|groups| {
        let names: Vec<String> = groups
            .iter()
            .map(|group| name_of(world, &Person { id: group.text(), name: "".into() }))
            .collect();
        format!("via {}", names.join(STEP))
    });
    let direct = path.direct.then(|| "direct".to_owned());
    direct.into_iter().chain(through).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR as GA};
    use crate::model::{ActorKind, AuditActor, AuditEvent, AuditResult, AuditTarget, Collected};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A line for somebody on a day of October. Targets are written `Kind id name`.
    fn event(activity: &str, day: u32, category: &str, targets: &[&str]) -> AuditEvent {
        let target = |text: &&str| {
            let mut words = text.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            AuditTarget { kind: word().into(), id: word().into(), name: word().into() }
        };
        let targets: Vec<AuditTarget> = targets.iter().map(target).collect();
        let role = targets.iter().find(|it| it.is("Role") && it.id.len() == 36);
        let role = role.map(|it| RoleId::new(&it.id));
        AuditEvent {
            id: format!("{activity} {day} {targets:?}").into(),
            at: time(&format!("2026-10-{day:02}T08:00:00Z")),
            activity: activity.into(),
            category: category.into(),
            result: AuditResult::Success,
            reason: None,
            correlation: format!("c-{day}").into(),
            actor: AuditActor { kind: ActorKind::Unknown, id: "".into(), name: "".into() },
            targets,
            role,
            start: None,
            end: None,
            justification: None,
            ticket_number: None,
            ticket_system: None,
        }
    }

    const COMPLETED: &str = "Add member to role completed (PIM activation)";

    /// Ana is eligible for Global Administrator, Ben for a group that holds it; Cem is gone.
    fn case() -> (Case, AuditPart) {
        let mut case = Case::new();
        case.user("ana");
        case.user("ben");
        case.eligible("ana", GA);
        case.group("g", &[]);
        case.onboard("g");
        case.group_eligible("ben", "g", GroupAccess::Member);
        case.active("g", GA);
        let role = format!("Role {GA} Global Administrator");
        let reader = "Role f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader";
        let (roles, groups) = ("RoleManagement", "GroupManagement");
        let events = vec![
            event(COMPLETED, 30, roles, &[&role, "User ana"]),
            event(COMPLETED, 29, groups, &["Role x Member", "User ben", "Group g IT-Ops"]),
            event(COMPLETED, 28, roles, &[reader, "User ana"]),
            event(COMPLETED, 27, roles, &[&role, "User cem cem@contoso.example"]),
            // Fay only decides.
            AuditEvent {
                actor: AuditActor { kind: ActorKind::User, id: "fay".into(), name: "fay".into() },
                ..event(
                    "Add member to role request approved (PIM activation)",
                    27,
                    roles,
                    &[&role, "User cem cem@contoso.example"],
                )
            },
            event(COMPLETED, 5, roles, &[&role, "User ana"]),
            event(COMPLETED, 26, "ResourceManagement", &["Role y Owner", "User ana"]),
        ];
        let part = AuditPart {
            source: AuditSource::Pim,
            since: time("2026-10-03T09:00:00Z"),
            until: time("2026-11-02T09:00:00Z"),
            lists_until: time("2026-11-02T09:00:00Z"),
            events: Collected::Complete(events),
        };
        (case, part)
    }

    fn question() -> Question {
        Question { from: time("2026-10-10T00:00:00Z"), access: None, person: None }
    }

    fn told(found: &Activations) -> Vec<String> {
        let line = |line: &RequestLine| {
            format!("{} ({}): {} {}", line.who, line.kind, line.what, line.paths.join(" or "))
        };
        found.lines.iter().map(line).collect()
    }

    const ANA: &str = "ana@contoso.example (user): Global Administrator direct";
    const BEN: &str = "ben@contoso.example (user): g (members) direct";
    const READER: &str = "ana@contoso.example (user): Global Reader ";
    const CEM: &str = "cem@contoso.example (not read): Global Administrator ";

    #[test]
    fn who_what_and_by_which_path() {
        let (case, part) = case();
        let found = activations(&case.world(), &part, &question()).unwrap();
        assert_eq!(told(&found), [ANA, BEN, READER, CEM]);
        assert_eq!(found.lines[1].leads_to, ["Global Administrator"]);
        assert_eq!(found.lines[1].access, "group:g:member");
        assert_eq!((found.lines[3].who_id.as_str(), found.azure_lines), ("cem", 1));
        assert!(found.gaps.is_empty(), "{:?}", found.gaps);
        assert_eq!(found.window.covered_from, Some(question().from));
        assert_eq!(found.window.shortness(), None);
        assert_eq!(found.window.oldest, Some(time("2026-10-05T08:00:00Z")));
    }

    #[test]
    fn a_role_is_asked_for_with_the_groups_that_lead_to_it() {
        let (case, part) = case();
        let admin = Some("Global Administrator");
        for (access, person, expected) in [
            (admin, None, Ok(vec![ANA, BEN, CEM])),
            (Some(GA), None, Ok(vec![ANA, BEN, CEM])),
            (Some("group:g"), None, Ok(vec![BEN])),
            (Some("IT-Ops"), None, Ok(vec![BEN])),
            (None, Some("ana@contoso.example"), Ok(vec![ANA, READER])),
            (None, Some("ana"), Ok(vec![ANA, READER])),
            // The log alone knows who is gone, by name and by id.
            (None, Some("CEM@contoso.example"), Ok(vec![CEM])),
            (None, Some("cem"), Ok(vec![CEM])),
            (admin, Some("ana"), Ok(vec![ANA])),
            (Some("Intune Administrator"), None, Ok(vec![])),
            (Some("No Such Role"), None, Err("no role or group \"No Such Role\" is among")),
            (None, Some("dora"), Err("no principal \"dora\" is in the log")),
            (None, Some("fay"), Err("no principal \"fay\" asked for anything in the log, where")),
        ] {
            let question = Question {
                access: access.map(str::to_owned),
                person: person.map(str::to_owned),
                ..question()
            };
            let found = activations(&case.world(), &part, &question);
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(told(&found), expected, "{question:?}"),
                (Err(error), Err(expected)) => {
                    assert!(error.words().starts_with(expected), "{error:?}");
                }
                (found, expected) => panic!("{question:?}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn what_may_be_what_is_asked_for_is_counted() {
        let role = format!("Role {GA} Global Administrator");
        let on = |targets: &[&str]| event(COMPLETED, 25, "RoleManagement", targets);
        let (reader, none) = (Some("Global Reader"), None);
        for (line, access, person, expected) in [
            (on(&["Role x Something", "User dan"]), reader, none, true),
            // PIM's own id of a role, under a name that no role has.
            (on(&["Role 0e1c2d3b-0000-4000-8000-00000000aaaa X", "User dan"]), reader, none, true),
            (on(&["Role x Something", "User dan"]), reader, Some("ana"), false),
            (on(&["Role x Something", "User dan"]), none, Some("ana"), false),
            (on(&["Role x Something", "User dan"]), none, none, false),
            (on(&[&role]), none, Some("ana"), true),
            (on(&[&role]), reader, Some("ana"), false),
            (on(&[&role]), reader, none, false),
            (on(&[&role, "User  ana"]), none, Some("ana"), true),
            (on(&[]), reader, Some("ana"), true),
        ] {
            let (case, mut part) = case();
            let what = format!("{line:?} {access:?} {person:?}");
            part.events = Collected::Complete(vec![line]);
            let question = Question {
                access: access.map(str::to_owned),
                person: person.map(str::to_owned),
                ..question()
            };
            let found = activations(&case.world(), &part, &question).unwrap();
            let is_counted = found.gaps.iter().any(|gap| gap.detail.contains("1 request of that"));
            assert_eq!(is_counted, expected, "{what}: {:?}", found.gaps);
            let all = access.is_none() && person.is_none();
            assert_eq!(found.lines.len(), usize::from(all), "{what}");
        }
    }

    #[test]
    fn what_was_not_read_is_said_where_it_matters() {
        let (mut case, mut part) = case();
        let gap = Gap::of(Dataset::DirectoryAudits, GapKind::Incomplete, "page 2");
        let Collected::Complete(events) = part.events else { panic!("not whole") };
        part.events = Collected::Partial(events, gap.clone());
        case.missing(Dataset::RoleEligibilityScheduleInstances);
        let found = activations(&case.world(), &part, &question()).unwrap();
        assert_eq!(found.window.covered_from, None);
        assert!(found.lines.iter().all(|line| !line.asked_before), "{:?}", found.lines);
        assert!(found.gaps.contains(&gap), "{:?}", found.gaps);
        assert_eq!(found.gaps.len(), 2, "{:?}", found.gaps);
        // Somebody whose path is known needs no list that was not read.
        let only_ben = Question { person: Some("ben".to_owned()), ..question() };
        let found = activations(&case.world(), &part, &only_ben).unwrap();
        assert_eq!(found.gaps, [gap]);
    }

    #[test]
    fn what_runs_and_what_waits_is_of_any_time() {
        let role = format!("Role {GA} Global Administrator");
        let requested = "Add member to role requested (PIM activation)";
        let denied = "Add member to role request denied (PIM activation)";
        let five = "2026-11-02T05:00:00Z";
        for (activity, at, end, expected) in [
            (COMPLETED, five, Some("2026-11-02T13:00:00Z"), 1),
            (COMPLETED, five, Some("2026-11-02T08:30:00Z"), 1),
            (COMPLETED, five, Some("2026-11-02T07:30:00Z"), 0),
            // When it ended is not known, but nothing lasts longer than a day.
            (COMPLETED, five, None, 1),
            (COMPLETED, "2026-10-30T05:00:00Z", None, 0),
            (requested, five, None, 1),
            (denied, five, None, 0),
        ] {
            let (case, mut part) = case();
            let line = AuditEvent {
                at: time(at),
                end: end.map(time),
                ..event(activity, 1, "RoleManagement", &[&role, "User ana"])
            };
            part.events = Collected::Complete(vec![line]);
            let question = Question { from: time("2026-11-02T08:00:00Z"), ..question() };
            let found = activations(&case.world(), &part, &question).unwrap();
            assert_eq!(found.lines.len(), expected, "{activity} {at} {end:?}");
        }
    }

    #[test]
    fn a_time_before_the_log_is_not_covered() {
        let (case, part) = case();
        let early = Question { from: time("2026-09-01T00:00:00Z"), ..question() };
        let found = activations(&case.world(), &part, &early).unwrap();
        assert_eq!(found.lines.len(), 5);
        assert_eq!(found.window.covered_from, Some(time("2026-10-03T09:00:00Z")));
        // Only of the one right where the log begins can it be said that it was asked for before.
        let before: Vec<bool> = found.lines.iter().map(|line| line.asked_before).collect();
        assert_eq!(before, [false, false, false, false, true]);
        assert!(found.window.shortness().is_some());
    }
}
