//! One tenant under one baseline: subjects, rules, judgements, waivers. Pure: no I/O, no clock.
//!
//! One rule and one subject make exactly one finding; lists of subjects that are not complete make
//! one more for all of them, not assessed.

mod subjects;
mod waivers;

pub use subjects::{ListGap, Listed, Wanted, hold_name, how_name, list_gaps, subjects_of};

use crate::baseline::{
    Baseline, BoundCheck, Groups, Itself, MetInPart, Rule, Selector, StandsFor, bind,
};
use crate::checks::{Check, Expect, Subjects};
use crate::facts::{ReachedRole, World};
use crate::model::{
    Access, ActivationPolicy, Dataset, Expiration, Finding, Fingerprint, Gap, GapKind, Grant,
    GroupAccess, IsoDuration, Organisation, Outcome, PrincipalId, Remediation, RoleId, Scope,
    Subject, SubjectKind, Target, Tenant, Text, Tier, Verdict, roles,
};
use crate::score::{Row, Score, Sums};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;
use waivers::apply_waivers;

/// What came of judging a tenant by one baseline.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Sorted by check and subject key.
    pub findings: Vec<Finding>,
    /// The score of the findings.
    pub score: Score,
    /// Rules that matched no subject although the lists are complete.
    pub unmatched_rules: Vec<String>,
}

/// The check that judges the waivers themselves; it runs last.
const INVALID_WAIVER: &str = "invalid-waiver";

/// Judges the tenant by the baseline as of `now`.
pub fn evaluate(
    tenant: &Tenant,
    organisation: &Organisation,
    baseline: &Baseline,
    now: Timestamp,
) -> Evaluation {
    evaluate_in(&World::new(tenant, organisation, baseline.table.as_ref(), now), baseline)
}

/// The same over a world that was made with the baseline's table. A world takes one evaluation.
pub fn evaluate_in(world: &World<'_>, baseline: &Baseline) -> Evaluation {
    let plan = bind(baseline);
    let (last, first): (Vec<_>, Vec<_>) =
        plan.checks.iter().partition(|bound| bound.check.id == INVALID_WAIVER);
    // Half of the work is about grants; it goes beside the rest, over a world of its own. Checks of
    // the tenant look into groups, as those of people and groups do: they share what was found there.
    let (of_grants, others): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|bound| is_of_grants(bound.check.subjects));
    let (tenant, organisation, now) = (world.tenant(), world.organisation(), world.now());
    let (mut judged, of_grants) = std::thread::scope(|scope| {
        let of_grants = scope.spawn(|| {
            let world = World::new(tenant, organisation, baseline.table.as_ref(), now);
            judge(&world, &baseline.id, &of_grants)
        });
        let others = judge(world, &baseline.id, &others);
        (others, of_grants.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    judged.merge(of_grants);
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let known: Vec<&str> = plan.checks.iter().map(|bound| bound.check.id).collect();
    world.set_waiver_faults(apply_waivers(world, &known, &mut judged.findings, today));
    judged.merge(judge(world, &baseline.id, &last));
    let Judged { findings, mut unmatched_rules } = judged;
    unmatched_rules.sort_by_key(|(check, _)| *check);
    let mut sums = Sums::default();
    for of_check in findings.chunk_by(|a, b| a.check == b.check) {
        sums.add_check(&of_check.iter().filter_map(Row::of).collect::<Vec<_>>());
    }
    Evaluation {
        findings,
        score: sums.score(),
        unmatched_rules: unmatched_rules.into_iter().map(|(_, rule)| rule).collect(),
    }
}

const fn is_of_grants(subjects: Subjects) -> bool {
    matches!(subjects, Subjects::Grants | Subjects::ActiveGrants | Subjects::GrantedPrincipals)
}

/// What several checks said.
#[derive(Default)]
struct Judged {
    /// By check and subject key.
    findings: Vec<Finding>,
    /// Rules that matched no subject, each with its check.
    unmatched_rules: Vec<(&'static str, String)>,
}

impl Judged {
    /// Takes in what other checks said, check by check from the end. The findings are most of what a
    /// large run holds: there is never a second copy of them all.
    fn merge(&mut self, mut other: Self) {
        self.unmatched_rules.append(&mut other.unmatched_rules);
        self.findings.reserve_exact(other.findings.len());
        while let Some(last) = other.findings.last() {
            let check = last.check;
            let first = other.findings.partition_point(|it| it.check < check);
            let place = self.findings.partition_point(|it| it.check < check);
            self.findings.splice(place..place, other.findings.drain(first..));
        }
    }
}

/// Judges by these checks, which come in order.
fn judge(world: &World<'_>, baseline: &str, checks: &[&BoundCheck<'_>]) -> Judged {
    let mut judge = Judge { world, baseline, lists: HashMap::new() };
    let mut judged = Judged::default();
    let wanted: Vec<Wanted> = checks.iter().map(|bound| wanted_by(world, bound)).collect();
    for (place, bound) in checks.iter().enumerate() {
        judge.check(bound, &wanted[place], &mut judged);
        if !wanted[place + 1..].contains(&wanted[place]) {
            judge.lists.remove(&wanted[place]);
        }
    }
    judged
}

/// What a check judges under these rules. Who holds a role that a rule names is judged, or any role
/// where a rule says so, also where that is neither of tier high nor labelled PRIVILEGED.
fn wanted_by(world: &World<'_>, bound: &BoundCheck<'_>) -> Wanted {
    let mut wanted = Wanted::all(bound.check.subjects);
    if !wanted.kind.are_privileged() {
        return wanted;
    }
    for rule in &bound.rules {
        wanted.named.extend(rule.on.roles().cloned());
        if rule.on == Selector::Holders {
            wanted.named.extend(world.all_grants().map(|grant| grant.role.clone()));
        }
        if rule.unused == Some(true) {
            wanted.unused.extend(rule.on.roles().cloned());
        }
    }
    wanted.named.retain(|role| !world.matters(role));
    wanted
}

/// One gap for all lists of the subjects of a rule: however many of them are not whole, that is one
/// question without an answer.
fn whole_gap(gaps: &[&ListGap]) -> Option<ListGap> {
    // What was refused matters more than what was declined.
    let mut gaps = gaps.to_vec();
    gaps.sort_by_key(|it| it.gap.kind == GapKind::NotRequested);
    let (first, others) = gaps.split_first()?;
    let mut whole = ListGap::clone(first);
    whole.missing |= others.iter().any(|gap| gap.missing);
    if !others.is_empty() {
        let also = |other: &&ListGap| {
            format!("{} ({}: {})", other.dataset.facts().title, other.gap.kind, other.gap.reason())
        };
        let also: Vec<String> = others.iter().map(also).collect();
        let detail = format!("{}; not whole either: {}", first.gap.detail, also.join("; "));
        whole.gap.detail = detail.into();
    }
    Some(whole)
}

struct Judge<'w, 'a> {
    world: &'w World<'a>,
    baseline: &'w str,
    lists: HashMap<Wanted, Arc<List>>,
}

type Roles = Vec<(RoleId, Tier)>;

/// The subjects of one kind, and why there may be more.
struct List {
    /// With the roles each stands for.
    subjects: Vec<(Arc<Subject>, Roles)>,
    gaps: Vec<ListGap>,
}

impl Judge<'_, '_> {
    fn check(&mut self, bound: &BoundCheck<'_>, wanted: &Wanted, judged: &mut Judged) {
        let kind = bound.check.subjects;
        let world = self.world;
        let list = Arc::clone(self.lists.entry(wanted.clone()).or_insert_with(|| {
            let mut subjects = subjects_of(world, wanted);
            subjects.sort_by(|a, b| a.subject.key.cmp(&b.subject.key));
            let shared = |it: Listed| (Arc::new(it.subject), it.roles);
            let subjects = subjects.into_iter().map(shared).collect();
            Arc::new(List { subjects, gaps: list_gaps(world, wanted) })
        }));
        let Judged { findings, unmatched_rules } = judged;
        let first = findings.len();
        let mut matched = vec![false; bound.rules.len()];
        let mut borrowed: Vec<StandsFor<'_>> = Vec::new();
        for (subject, roles) in &list.subjects {
            borrowed.clear();
            borrowed.extend(roles.iter().map(|(role, tier)| StandsFor {
                role,
                tier: *tier,
                label: world.label(role),
                own: self.holds_itself(subject, role),
            }));
            let Some(rule) = bound.rule_for(&borrowed, self.itself(subject)) else { continue };
            if let Some(place) = bound.rules.iter().position(|it| std::ptr::eq(*it, rule)) {
                matched[place] = true;
            }
            let used = match rule.unused {
                Some(false) => self.is_used(subject),
                Some(true) | None => Ok(true),
            };
            let shown = self.is_shown(rule, subject, &borrowed);
            if used == Ok(false) || shown == Ok(false) {
                continue;
            }
            let label = rule.on.undecided(&borrowed);
            let undecided = used
                .err()
                .or(shown.err())
                .or_else(|| world.is_privileged(label?).err())
                .or_else(|| self.not_known_to_be_managed(bound.check, subject));
            findings.push(self.finding(bound, rule, Arc::clone(subject), undecided));
        }
        if list.gaps.is_empty() {
            let silent = bound.rules.iter().zip(&matched).filter(|(_, matched)| !**matched);
            // An empty list of grants or people is no typo: only a role that does not exist is.
            if matches!(
                kind,
                Subjects::Roles
                    | Subjects::Definitions
                    | Subjects::Policies
                    | Subjects::Gates
                    | Subjects::Alerts
            ) {
                let id = bound.check.id;
                unmatched_rules.extend(silent.map(|(rule, _)| (id, format!("{id} {}", rule.on))));
            }
        }
        let groups = bound.rules.iter().any(|rule| rule.groups != Groups::None);
        if let Some(rule) = bound.rules.first() {
            let meant = list.gaps.iter().filter(|gap| groups || gap.kind != SubjectKind::Group);
            // Who is only eligible for a group counts for nothing in rules about direct members.
            let direct = bound.rules.iter().all(|rule| rule.groups == Groups::Direct);
            let of_eligible = Dataset::GroupEligibilityScheduleInstances;
            let meant = meant.filter(|gap| !direct || gap.dataset != of_eligible);
            let meant: Vec<&ListGap> = meant.collect();
            findings.extend(whole_gap(&meant).map(|gap| self.unlisted(bound, rule, &gap)));
        }
        // The subjects come sorted; a stable sort makes use of that.
        findings[first..].sort_by(|a, b| a.subject.key.cmp(&b.subject.key));
    }

    /// `undecided` is why nobody knows whether the rule speaks of the subject: then neither a pass nor a
    /// failure is proven.
    fn finding(
        &self,
        bound: &BoundCheck<'_>,
        rule: &Rule,
        subject: Arc<Subject>,
        undecided: Option<Gap>,
    ) -> Finding {
        // What may not count at all may weigh nothing.
        let subject = match &undecided {
            Some(_) if subject.least > 0.0 => {
                Arc::new(Subject { least: 0.0, ..Subject::clone(&subject) })
            }
            Some(_) | None => subject,
        };
        let judged =
            self.judgement(bound.check, rule, &subject).and_then(|outcome| match undecided {
                Some(gap) if outcome.verdict().is_some() => Err(gap),
                Some(_) | None => Ok(outcome),
            });
        let decided = |outcome: Outcome| match rule.met_in_part {
            None => outcome,
            Some(MetInPart::Fails) => outcome.in_part_as(Verdict::Fail),
            Some(MetInPart::Passes) => outcome.in_part_as(Verdict::Pass),
        };
        let outcome = match judged {
            Ok(outcome) if rule.info => outcome.into_info(),
            Ok(outcome) => decided(outcome),
            Err(gap) => Outcome::NotAssessed(gap),
        };
        let remediation = match outcome.verdict() {
            Some(Verdict::Partial | Verdict::Fail) => {
                let calls = outcome.details().and_then(|details| details.calls.as_deref());
                Some(self.remediation(bound.check, rule, &subject, calls))
            }
            Some(Verdict::Pass) | None => None,
        };
        Finding {
            check: bound.check.id,
            title: bound.check.title,
            base: bound.base,
            severity: rule.severity_for(subject.tier),
            outcome,
            rule: Arc::clone(&rule.origin),
            labels: None,
            waiver: None,
            info: rule.info,
            remediation,
            fingerprint: self.fingerprint(bound.check, &subject),
            subject,
        }
    }

    /// The check's word. What a group does not ask itself may be asked further on the way to the
    /// role, which is as good.
    fn judgement(&self, check: &Check, rule: &Rule, subject: &Subject) -> Result<Outcome, Gap> {
        let labelled = rule.on == Selector::Privileged;
        let word = |subject: &Subject| {
            let direct = rule.groups == Groups::Direct;
            let facts = self.world.facts(subject, check.needs);
            let facts = facts.of_labelled(labelled).of_direct(direct);
            (check.judge)(&facts, &rule.expect)
        };
        let own = word(subject);
        let Target::Access(access @ Access::Group(..)) = &subject.target else { return own };
        let fell_short = matches!(&own, Ok(outcome)
            if matches!(outcome.verdict(), Some(Verdict::Partial | Verdict::Fail)));
        // What a sensitive group opens outside the directory is asked for nowhere further on.
        if check.subjects != Subjects::Gates || !fell_short || rule.on == Selector::Sensitive {
            return own;
        }
        let reached = self.world.roles_reached_by(access);
        let itself = self.itself(subject);
        let named = reached.iter().filter(|it| rule.is_for(&[self.stands_for(it)], itself));
        let mut later: Vec<Arc<str>> = Vec::new();
        let (mut unread, mut named_any) = (None, false);
        for way in named {
            named_any = true;
            let (mut asked, mut unread_here) = (None, None);
            for gate in &way.gates {
                let subject = Subject { target: Target::Access(gate.clone()), ..subject.clone() };
                match word(&subject) {
                    Ok(outcome) if outcome.verdict() == Some(Verdict::Pass) => {
                        asked = Some(self.world.access_name(gate));
                        break;
                    }
                    Ok(_) => {}
                    Err(gap) => unread_here = unread_here.or(Some(gap)),
                }
            }
            match asked {
                Some(name) if later.contains(&name) => {}
                Some(name) => later.push(name),
                None if unread_here.is_some() => unread = unread.or(unread_here),
                None if rule.on.undecided(&[self.stands_for(way)]).is_some() => {
                    unread = unread.or(self.world.is_privileged(&way.role).err());
                }
                // A way that asks for it nowhere is proof, whatever is not known of others.
                None => {
                    let role = self.world.role_name(&way.role);
                    return own.map(|outcome| outcome.note(format!("it leads to {role}")));
                }
            }
        }
        // A way in the part of a list that was not read may ask for it nowhere.
        let tenant = self.world.tenant();
        let lists = [tenant.active.gap(), tenant.eligible.gap(), tenant.members.gap()];
        let unread = unread
            .or_else(|| lists.into_iter().flatten().next().cloned())
            .or_else(|| self.world.reach_gap(access));
        match unread {
            _ if !named_any => own,
            Some(gap) => Err(gap),
            None => Ok(Outcome::pass(
                format!("asked for further on: {}", later.join(", ")),
                "asked for on every way to the role",
            )),
        }
    }

    /// What the subject is itself, beside the roles it stands for.
    fn itself(&self, subject: &Subject) -> Itself {
        match &subject.target {
            Target::Alert(kind) => Itself::Alert(*kind),
            Target::Access(Access::Group(group, access)) => {
                if self.world.sensitive_groups().contains(group) {
                    Itself::SensitiveGroup(*access)
                } else {
                    Itself::Group(*access)
                }
            }
            Target::Tenant
            | Target::Access(Access::DirectoryRole(_))
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Dataset { .. } => Itself::Other,
        }
    }

    /// A role that the subject leads to, for a rule that is for the subject already.
    fn stands_for<'r>(&self, reached: &'r ReachedRole) -> StandsFor<'r> {
        let ReachedRole { role, tier, .. } = reached;
        StandsFor { role, tier: *tier, label: self.world.label(role), own: true }
    }

    /// False for a group that is only eligible for the role, or only leads to others with it.
    fn holds_itself(&self, subject: &Subject, role: &RoleId) -> bool {
        match &subject.target {
            Target::Access(Access::Group(group, _)) => {
                let mut held = self.world.grants_held_by(group);
                held.any(|grant| grant.role == *role && !grant.is_eligible())
            }
            Target::Access(Access::DirectoryRole(_))
            | Target::Tenant
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Alert(_)
            | Target::Dataset { .. } => true,
        }
    }

    /// Why it is not known whether PIM manages the group whose settings are the subject. One that it
    /// does not manage has none that count.
    fn not_known_to_be_managed(&self, check: &Check, subject: &Subject) -> Option<Gap> {
        if !matches!(check.subjects, Subjects::Policies | Subjects::Gates) {
            return None;
        }
        match &subject.target {
            Target::Access(Access::Group(group, _)) => self.world.is_onboarded(group).err(),
            Target::Access(Access::DirectoryRole(_))
            | Target::Tenant
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Alert(_)
            | Target::Dataset { .. } => None,
        }
    }

    /// Whether a list of members shows the subject for a role of the rule, where these lists count.
    fn is_shown(
        &self,
        rule: &Rule,
        subject: &Subject,
        roles: &[StandsFor<'_>],
    ) -> Result<bool, Gap> {
        let (Target::Principal(id), Groups::Direct) = (&subject.target, rule.groups) else {
            return Ok(true);
        };
        let mut untold = None;
        let itself = self.itself(subject);
        for it in roles.iter().filter(|it| rule.is_for(&[**it], itself)) {
            let holders = self.world.direct_holders(it.role, false);
            if holders.has(id) {
                return Ok(true);
            }
            if holders.untold.contains(id) {
                untold = untold.or_else(|| holders.gaps.last().cloned());
            }
        }
        untold.map_or(Ok(false), Err)
    }

    /// Whether somebody holds the access that is the subject, or is eligible for it.
    fn is_used(&self, subject: &Subject) -> Result<bool, Gap> {
        let Target::Access(access) = &subject.target else { return Ok(true) };
        self.world.is_used(access)
    }

    /// The extra finding of a list that is not complete.
    fn unlisted(&self, bound: &BoundCheck<'_>, rule: &Rule, list: &ListGap) -> Finding {
        let ListGap { dataset, gap, missing, kind } = list.clone();
        let subject = Subject {
            key: format!("dataset:{dataset}").into(),
            kind,
            name: dataset.facts().title.into(),
            tier: None,
            weight: 1.0,
            least: 1.0,
            target: Target::Dataset { dataset, missing },
        };
        Finding {
            check: bound.check.id,
            title: bound.check.title,
            base: bound.base,
            severity: bound.base,
            outcome: Outcome::NotAssessed(gap),
            rule: Arc::clone(&rule.origin),
            labels: None,
            waiver: None,
            // Only a check that merely informs throughout leaves its list out of the score.
            info: bound.rules.iter().all(|rule| rule.info),
            remediation: None,
            fingerprint: self.fingerprint(bound.check, &subject),
            subject: Arc::new(subject),
        }
    }

    fn fingerprint(&self, check: &Check, subject: &Subject) -> Fingerprint {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for part in [self.baseline, "\n", check.id, "\n", &subject.key] {
            hash.update(part.as_bytes());
        }
        let mut short = [0; 16];
        for (place, byte) in short.iter_mut().zip(hash.finish().as_ref()) {
            *place = *byte;
        }
        Fingerprint(short)
    }

    /// How to mend it: by the calls of this very finding, else by those of its check.
    fn remediation(
        &self,
        check: &Check,
        rule: &Rule,
        subject: &Subject,
        calls: Option<&[String]>,
    ) -> Arc<Remediation> {
        let (access, principal) = match &subject.target {
            Target::Access(access) => (Some(access.clone()), None),
            Target::ActiveGrant(place) => of_grant(self.world.active_grant(*place)),
            Target::EligibleGrant(place) => of_grant(self.world.eligible_grant(*place)),
            Target::Principal(principal) => (None, Some(principal.clone())),
            Target::Tenant | Target::Alert(_) | Target::Dataset { .. } => (None, None),
        };
        let within = match &subject.target {
            Target::ActiveGrant(place) => Some(&self.world.active_grant(*place).within),
            Target::EligibleGrant(place) => Some(&self.world.eligible_grant(*place).within),
            Target::Access(_)
            | Target::Principal(_)
            | Target::Tenant
            | Target::Alert(_)
            | Target::Dataset { .. } => None,
        };
        let policy = access.as_ref().and_then(|access| self.world.policy(access).ok());
        let group = match &access {
            Some(Access::Group(group, _)) => Some(group.clone()),
            Some(Access::DirectoryRole(_)) | None => None,
        };
        let role = access.as_ref().and_then(Access::role);
        // A check of roles and groups has a call for each; the other one does not belong here.
        let is_for = |call: &str| match access {
            Some(Access::DirectoryRole(_)) => !call.contains("{group}"),
            Some(Access::Group(..)) => !call.contains("{role}"),
            None => true,
        };
        let fill = |call: &str| {
            let mut call = within_scope(&within_limit(call, &rule.expect), within);
            let values = [
                ("{role}", role.map(RoleId::text)),
                ("{principal}", principal.as_ref().map(PrincipalId::text)),
                ("{group}", group.as_ref().map(PrincipalId::text)),
                ("{policy}", policy.map(|policy| Arc::clone(&policy.id))),
            ];
            for (place, value) in values {
                if let Some(value) = value {
                    call = call.replace(place, &value);
                }
            }
            // What the call itself is about counts, whatever the finding is about.
            let settings = match access_in(&call) {
                Some(named) => self.world.policy(&named).ok(),
                None => policy,
            };
            within_settings(&call, settings)
        };
        Arc::new(Remediation {
            portal: portal(check.fix.portal, access.as_ref()),
            graph: match calls {
                Some(calls) => calls.iter().map(|call| fill(call)).collect(),
                None => {
                    let calls = check.fix.graph.iter().filter(|call| is_for(call));
                    calls.map(|call| fill(call)).collect()
                }
            },
        })
    }
}

/// The call for the scope of a grant: one for the whole tenant would take or give another grant.
fn within_scope(call: &str, within: Option<&Scope>) -> String {
    const WHOLE: &str = "\"directoryScopeId\":\"/\"";
    match within {
        None | Some(Scope::Tenant) => call.to_owned(),
        Some(scope @ (Scope::AdministrativeUnit(_) | Scope::Object(_))) => {
            call.replace(WHOLE, &format!("\"directoryScopeId\":\"{scope}\""))
        }
        Some(scope @ Scope::Application(_)) => {
            call.replace(WHOLE, &format!("\"appScopeId\":\"{scope}\""))
        }
    }
}

/// Days that the portal offers as the longest assignment; other lengths it cannot show.
const OFFERED_DAYS: [u64; 5] = [365, 180, 90, 30, 15];
const DAY: u64 = 24 * 60 * 60;

/// The duration a call sets is the longest that its rule allows and the portal offers, not the one of the
/// check's example; an assignment of a shorter length stays as short.
fn within_limit(call: &str, expect: &Expect) -> String {
    let Expect::AtMost { at_most, .. } = expect else { return call.to_owned() };
    let offered =
        OFFERED_DAYS.into_iter().map(|days| days * DAY).find(|it| *it <= at_most.seconds());
    let longest =
        offered.map_or_else(|| at_most.to_iso(), |it| IsoDuration::from_seconds(it).to_iso());
    let set = |name: &str, lower_only: bool| -> Option<String> {
        let (before, rest) = call.split_once(name)?;
        let (value, after) = rest.split_once('"')?;
        let is_shorter = IsoDuration::parse(value).ok()?.seconds() <= at_most.seconds();
        let value = if lower_only && is_shorter { value } else { longest.as_str() };
        Some(format!("{before}{name}{value}\"{after}"))
    };
    set("\"maximumDuration\":\"", false)
        .or_else(|| set("\"duration\":\"", true))
        .unwrap_or_else(|| call.to_owned())
}

/// The role or the access to a group that a call assigns, where it names one.
fn access_in(call: &str) -> Option<Access> {
    let value = |name: &str| {
        let (_, rest) = call.split_once(&format!("\"{name}\":\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    if let Some(role) = value("roleDefinitionId") {
        return Some(Access::DirectoryRole(RoleId::new(role)));
    }
    let access = match value("accessId")? {
        "member" => GroupAccess::Member,
        "owner" => GroupAccess::Owner,
        _ => return None,
    };
    Some(Access::Group(PrincipalId::new(value("groupId")?), access))
}

/// PIM refuses an assignment that lasts longer than the settings of the access allow.
fn within_settings(call: &str, policy: Option<&ActivationPolicy>) -> String {
    const DURATION: &str = "\"duration\":\"";
    let request = call.to_ascii_lowercase();
    let allowed = policy.and_then(|policy| {
        if request.contains("eligibilityschedulerequests") {
            policy.eligibility_expiration.as_ref().ok()
        } else if request.contains("assignmentschedulerequests") {
            policy.assignment_expiration.as_ref().ok()
        } else {
            None
        }
    });
    let shortened = || {
        let Expiration::AtMost(longest) = allowed? else { return None };
        let (before, rest) = call.split_once(DURATION)?;
        let (value, after) = rest.split_once('"')?;
        let is_longer = IsoDuration::parse(value).ok()?.seconds() > longest.seconds();
        is_longer.then(|| format!("{before}{DURATION}{}\"{after}", longest.to_iso()))
    };
    shortened().unwrap_or_else(|| call.to_owned())
}

/// Where in the portal; the settings of a group stand elsewhere than those of a role.
fn portal(of_role: &'static str, access: Option<&Access>) -> Text {
    const OF_ROLE: &str = "Microsoft Entra roles > Roles > (the role) > Role settings > Edit";
    let Some(Access::Group(_, access)) = access else { return of_role.into() };
    if !of_role.contains(OF_ROLE) {
        return of_role.into();
    }
    let tab = match access {
        GroupAccess::Member => "Member",
        GroupAccess::Owner => "Owner",
    };
    of_role.replace(OF_ROLE, &format!("Groups > (the group) > Settings > {tab} > Edit")).into()
}

fn of_grant(grant: &Grant) -> (Option<Access>, Option<PrincipalId>) {
    (Some(grant.held()), Some(grant.principal.clone()))
}

/// What an activation of an access asks for, in words: "MFA, justification, approval; at most 8 h".
pub fn gate_in_words(world: &World<'_>, role: &RoleId) -> Result<String, Gap> {
    match world.gate(&Access::DirectoryRole(role.clone())) {
        Ok(gate) => Ok(gate.in_words()),
        // Without Conditional Access nobody knows whether a context is enforced; it still is asked for.
        Err(gap) if gap.kind != GapKind::ImpossiblyEmpty => {
            raw_gate_in_words(world, role).map_err(|_| gap)
        }
        Err(gap) => Err(gap),
    }
}

/// The same as the policy states it, whether or not that is enforced.
fn raw_gate_in_words(world: &World<'_>, role: &RoleId) -> Result<String, Gap> {
    let policy = world.policy(&Access::DirectoryRole(role.clone()))?;
    let enablement = policy.activation_enablement.as_ref().map_err(Clone::clone)?;
    let mut asked: Vec<&str> = Vec::new();
    if enablement.mfa {
        asked.push("MFA");
    }
    if let Ok(crate::model::AuthenticationContext::On(_)) = policy.authentication_context {
        asked.push("authentication context");
    }
    if enablement.justification {
        asked.push("justification");
    }
    if enablement.ticket {
        asked.push("ticket");
    }
    match policy.approval.as_ref().map_err(Clone::clone)? {
        crate::model::Approval::Required { .. } => asked.push("approval"),
        crate::model::Approval::NotRequired => {}
    }
    let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
    Ok(match policy.activation_expiration.as_ref().map_err(Clone::clone)? {
        crate::model::Expiration::NotRequired => format!("{asked}; without an end"),
        crate::model::Expiration::AtMost(longest) => format!("{asked}; at most {longest}"),
    })
}

/// The role everything is about.
pub fn global_administrator() -> RoleId {
    RoleId::new(roles::GLOBAL_ADMINISTRATOR)
}

#[cfg(test)]
mod tests;
