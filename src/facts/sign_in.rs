//! Shared judgement: what Conditional Access demands of administrators when they sign in.
//!
//! Of every role that is asked about the best demand counts; the role that is covered worst decides.
//! What the baseline makes of it is for the checks to say.

use super::Facts;
use crate::model::{
    AuthenticationStrength, ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind,
    GrantControls, PolicyState, PrincipalId, RoleId, Tier,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// More names than this help nobody.
const SHOWN: usize = 10;

/// How much of what is wanted is demanded, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing at all.
    Nothing,
    /// What is wanted or MFA, with exceptions; or MFA by the security defaults.
    WithExceptions,
    /// A second factor, maybe one that can be phished.
    Mfa,
    /// What is wanted.
    Full,
}

/// What one policy demands of those it covers.
struct Demand<'a> {
    policy: &'a ConditionalAccessPolicy,
    /// What is proven.
    low: Level,
    /// What may be, if what was not read turns out well.
    high: Level,
    /// What was not read, where that makes a difference.
    gap: Option<Gap>,
    exceptions: Vec<String>,
}

/// What the demands on administrators are made of.
pub const SIGN_IN: &[Dataset] = &[
    Dataset::ConditionalAccessPolicies,
    Dataset::AuthenticationStrengths,
    Dataset::SecurityDefaults,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::RoleDefinitions,
    Dataset::Principals,
    Dataset::GroupMembers,
];

/// What is wanted of administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// MFA or any authentication strength.
    Mfa,
    /// Methods that resist phishing.
    PhishingResistant,
}

/// What is demanded of all the roles asked about.
pub struct SignInDemands {
    /// Of the role that is covered worst.
    pub level: Level,
    /// True when the security defaults are on and no policy demands more.
    pub by_defaults: bool,
    /// Roles asked about, where they are known.
    pub roles: usize,
    /// Names of those of which nothing is demanded, while something is of others.
    pub open: Vec<Arc<str>>,
    /// Policies that demand something.
    pub policies: usize,
    /// True where every one of them holds under further conditions only.
    pub narrowed: bool,
    /// What a reader should know of the policies.
    pub notes: Vec<String>,
    /// Where it was read.
    pub evidence: Vec<Evidence>,
}

impl Facts<'_, '_> {
    /// What Conditional Access demands of the holders of these roles, or of every role of tier critical
    /// or high in use, in all applications.
    pub fn sign_in_demands(
        &self,
        wanted: Wanted,
        roles: Option<&BTreeSet<RoleId>>,
    ) -> Result<SignInDemands, Gap> {
        self.demands(wanted, roles, false)
    }

    /// The same of one and the same policy that names all of these roles. Which controls it names
    /// counts, and not what else can be chosen in their place; nor do locations, platforms, risks or other
    /// conditions of it.
    pub fn one_policy_demands(
        &self,
        wanted: Wanted,
        roles: &BTreeSet<RoleId>,
    ) -> Result<SignInDemands, Gap> {
        self.demands(wanted, Some(roles), true)
    }

    fn demands(
        &self,
        wanted: Wanted,
        roles: Option<&BTreeSet<RoleId>>,
        by_one: bool,
    ) -> Result<SignInDemands, Gap> {
        let policies = self.conditional_access()?;
        let demands: Vec<Demand> = policies
            .iter()
            .filter_map(|policy| Demand::of(self, policy, wanted, by_one))
            .filter(|demand| demand.high > Level::Nothing)
            .collect();
        let roles = roles.map_or_else(|| roles_in_use(self), |named| Ok(named.clone()));
        let (mut low, mut high) = match &roles {
            Ok(roles) if by_one => levels_of_one(&demands, roles),
            Ok(roles) => levels(&demands, roles),
            Err(_) => levels_of_any_roles(&demands),
        };
        let mut by_defaults = false;
        if low < Level::WithExceptions {
            match self.security_defaults() {
                Ok(on) => by_defaults = on,
                // With a demand whose reach is not known either, the policies are what to read first.
                Err(gap) if high < Level::WithExceptions => return Err(gap),
                Err(_) => {}
            }
        }
        if by_defaults {
            low = low.max(Level::WithExceptions);
            high = high.max(Level::WithExceptions);
        }
        if low != high {
            let unread = demands
                .iter()
                .filter(|it| it.low < it.high)
                .find_map(|it| it.gap.clone())
                .or(roles.err());
            return Err(unread.unwrap_or_else(|| {
                Gap::new(GapKind::Incomplete, "what the policies demand is not known")
            }));
        }
        let all = roles.unwrap_or_default();
        // The policy that names most of them is the one to mend.
        let fullest = demands.iter().filter(|_| by_one).max_by_key(|it| it.named(&all));
        let is_open = |role: &&RoleId| match fullest {
            Some(demand) => !demand.names(role),
            None => levels_of(&demands, role).1 == Level::Nothing,
        };
        let open: Vec<Arc<str>> =
            all.iter().filter(is_open).map(|role| self.role_by_id(role).name).collect();
        let (mut notes, mut evidence) = (Vec::new(), Vec::new());
        if let Some(demand) = fullest.filter(|_| !open.is_empty()) {
            let most = if demand.named(&all) == 0 { "none" } else { "not all" };
            notes.push(format!(
                "one policy must name every one of the roles: {} names {most}",
                demand.policy.name
            ));
        }
        describe(policies, &demands, &mut notes, &mut evidence);
        Ok(SignInDemands {
            level: low,
            by_defaults,
            roles: all.len(),
            open,
            policies: demands.len(),
            narrowed: !demands.is_empty() && demands.iter().all(|it| it.policy.narrowed),
            notes,
            evidence,
        })
    }
}

/// Roles of tier critical or high that somebody holds or is eligible for.
fn roles_in_use(facts: &Facts) -> Result<BTreeSet<RoleId>, Gap> {
    let mut roles = facts.privileged_roles_in_use()?;
    roles.retain(|role| facts.role_by_id(role).tier >= Tier::High);
    if roles.is_empty() {
        return Err(Gap::of(
            Dataset::RoleAssignments,
            GapKind::ImpossiblyEmpty,
            "nobody holds a role of tier critical or high, which no working tenant is without",
        ));
    }
    Ok(roles)
}

/// What is proven, and what may be, of the role that is covered worst.
fn levels(demands: &[Demand], roles: &BTreeSet<RoleId>) -> (Level, Level) {
    roles
        .iter()
        .map(|role| levels_of(demands, role))
        .fold((Level::Full, Level::Full), |(low, high), (its_low, its_high)| {
            (low.min(its_low), high.min(its_high))
        })
}

fn levels_of(demands: &[Demand], role: &RoleId) -> (Level, Level) {
    best(demands.iter().filter(|demand| demand.covers(role)).map(|it| (it.low, it.high)))
}

/// The same by one and the same policy that names all of them.
fn levels_of_one(demands: &[Demand], roles: &BTreeSet<RoleId>) -> (Level, Level) {
    let naming = demands.iter().filter(|demand| demand.named(roles) == roles.len());
    best(naming.map(|it| (it.low, it.high)))
}

/// The same while the roles in use are not known: a policy for all users reaches them all.
fn levels_of_any_roles(demands: &[Demand]) -> (Level, Level) {
    best(demands.iter().map(|demand| {
        let users = &demand.policy.users;
        let all = users.all && users.exclude_roles.is_empty();
        let some = users.all || !users.include_roles.is_empty();
        let or_nothing = |reached: bool, level| if reached { level } else { Level::Nothing };
        (or_nothing(all, demand.low), or_nothing(some, demand.high))
    }))
}

fn best(levels: impl Iterator<Item = (Level, Level)>) -> (Level, Level) {
    levels.fold((Level::Nothing, Level::Nothing), |(low, high), (its_low, its_high)| {
        (low.max(its_low), high.max(its_high))
    })
}

impl<'a> Demand<'a> {
    fn of(
        facts: &Facts,
        policy: &'a ConditionalAccessPolicy,
        wanted: Wanted,
        by_name: bool,
    ) -> Option<Self> {
        let unknown_state = match &policy.state {
            PolicyState::Enabled => None,
            PolicyState::Unknown(state) => Some(Gap::unreadable(
                Dataset::ConditionalAccessPolicies,
                format!("{} is in the unknown state {state}", policy.name),
            )),
            PolicyState::Disabled | PolicyState::ReportOnly => return None,
        };
        let grant = policy.grant.as_ref().filter(|_| policy.all_applications)?;
        let (mut low, mut high, mut gap) = demanded(facts, grant, wanted, by_name);
        let (exceptions, unread) = exceptions(facts, policy, by_name);
        if !exceptions.is_empty() {
            (low, high) = (low.min(Level::WithExceptions), high.min(Level::WithExceptions));
        } else if let Some(unread) = unread {
            low = low.min(Level::WithExceptions);
            gap = gap.or(Some(unread));
        }
        if unknown_state.is_some() {
            low = Level::Nothing;
            gap = unknown_state;
        }
        Some(Self { policy, low, high, gap, exceptions })
    }

    fn covers(&self, role: &RoleId) -> bool {
        let users = &self.policy.users;
        (users.all || users.include_roles.contains(role)) && !users.exclude_roles.contains(role)
    }

    /// The policy names this role itself.
    fn names(&self, role: &RoleId) -> bool {
        let users = &self.policy.users;
        users.include_roles.contains(role) && !users.exclude_roles.contains(role)
    }

    /// How many of these roles the policy names.
    fn named(&self, roles: &BTreeSet<RoleId>) -> usize {
        roles.iter().filter(|role| self.names(role)).count()
    }
}

/// What the controls of a policy demand, at least and at most, and what was not read of them; `by_name`
/// takes them as named, whatever else can be chosen.
fn demanded(
    facts: &Facts,
    grant: &GrantControls,
    wanted: Wanted,
    by_name: bool,
) -> (Level, Level, Option<Gap>) {
    let nothing = (Level::Nothing, Level::Nothing, None);
    let all = grant.all || by_name;
    // A policy that blocks demands nothing, and one control among several can be chosen.
    if grant.block || (!all && !grant.others.is_empty()) {
        return nothing;
    }
    let mfa = if wanted == Wanted::Mfa { Level::Full } else { Level::Mfa };
    let of_mfa = grant.mfa.then_some((mfa, mfa, None));
    let of_strength = grant.strength.as_deref().map(|id| {
        if wanted == Wanted::Mfa {
            return (Level::Full, Level::Full, None);
        }
        match facts.strength(&id.to_ascii_lowercase()) {
            Ok(strength) => {
                let level = level_of(strength);
                (level, level, None)
            }
            Err(gap) => (Level::Nothing, Level::Full, Some(gap)),
        }
    });
    match (of_mfa, of_strength) {
        (None, None) => nothing,
        (Some(only), None) | (None, Some(only)) => only,
        (Some((low, high, _)), Some((its_low, its_high, gap))) if all => {
            (low.max(its_low), high.max(its_high), gap)
        }
        (Some((low, high, _)), Some((its_low, its_high, gap))) => {
            (low.min(its_low), high.min(its_high), gap)
        }
    }
}

fn level_of(strength: &AuthenticationStrength) -> Level {
    if strength.resists_phishing() {
        Level::Full
    } else if strength.is_multifactor() {
        Level::Mfa
    } else {
        Level::Nothing
    }
}

/// What a policy leaves out, in words, and why there may be more. `by_name` takes no further condition for
/// an exception.
fn exceptions(
    facts: &Facts,
    policy: &ConditionalAccessPolicy,
    by_name: bool,
) -> (Vec<String>, Option<Gap>) {
    let users = &policy.users;
    let mut unread = None;
    let mut people: BTreeSet<&PrincipalId> = users.exclude_users.iter().collect();
    let groups: Vec<_> = users.exclude_groups.iter().map(|id| facts.members_of(id)).collect();
    for group in &groups {
        people.extend(group.members.keys());
        unread = unread.or_else(|| group.gaps.first().cloned());
    }
    let mut names: Vec<Arc<str>> = Vec::new();
    for id in people {
        match is_break_glass(facts, id) {
            Ok(true) => {}
            Ok(false) => names.push(facts.name_of(id)),
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    names.sort();
    let accounts = if names.len() == 1 { "account" } else { "accounts" };
    let count = format!("{} other {accounts}", names.len());
    names.truncate(SHOWN);
    let excluded = (!names.is_empty())
        .then(|| format!("excludes {count} than break-glass: {}", names.join(", ")));
    let found = [
        excluded,
        (!users.exclude_roles.is_empty()).then(|| "excludes holders of a role".to_owned()),
        users.excludes_guests.then(|| "excludes guests".to_owned()),
        policy.excludes_applications.then(|| "excludes applications".to_owned()),
        (policy.narrowed && !by_name).then(|| "holds under further conditions only".to_owned()),
    ];
    (found.into_iter().flatten().collect(), unread)
}

/// Whether this is a declared break-glass account. A declared account that was not found may be any
/// that is not known.
fn is_break_glass(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    if facts.is_break_glass(id) {
        return Ok(true);
    }
    if facts.break_glass().iter().any(|account| account.principal.is_none()) {
        facts.principal_by_id(id)?;
    }
    Ok(false)
}

/// The policies that demand something, and those that would if they were in force.
fn describe(
    policies: &[ConditionalAccessPolicy],
    demands: &[Demand],
    notes: &mut Vec<String>,
    found: &mut Vec<Evidence>,
) {
    for Demand { policy, exceptions, .. } in demands.iter().take(SHOWN) {
        let asked = policy.grant.as_ref().map(controls).unwrap_or_default();
        let value = format!("{}: {asked}", policy.name);
        if !exceptions.is_empty() {
            notes.push(format!("{} {}", policy.name, exceptions.join(", ")));
        } else if policy.narrowed {
            notes.push(format!("{} holds under further conditions only", policy.name));
        }
        found.push(evidence(policy, "grantControls", value));
    }
    if !demands.is_empty() && demands.iter().all(|demand| !demand.policy.users.all) {
        notes.push(
            "a policy for roles reaches built-in roles held for the whole tenant; custom roles and \
            administrative units take one for all users"
                .to_owned(),
        );
    }
    let reporting = policies.iter().filter(|policy| {
        policy.state == PolicyState::ReportOnly
            && policy.all_applications
            && policy.grant.as_ref().is_some_and(|it| it.mfa || it.strength.is_some())
    });
    for policy in reporting.take(SHOWN) {
        notes.push(format!("{} only reports and demands nothing", policy.name));
        found.push(evidence(policy, "state", "enabledForReportingButNotEnforced".to_owned()));
    }
}

fn evidence(policy: &ConditionalAccessPolicy, field: &'static str, value: String) -> Evidence {
    Evidence::new(Dataset::ConditionalAccessPolicies, &policy.id, field, value)
}

fn controls(grant: &GrantControls) -> String {
    let mfa = grant.mfa.then(|| "mfa".to_owned());
    let strength = grant.strength.as_deref().map(|id| format!("authentication strength {id}"));
    let others = grant.others.iter().map(ToString::to_string);
    let all: Vec<String> = mfa.into_iter().chain(strength).chain(others).collect();
    all.join(if grant.all { " and " } else { " or " })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR};
    use crate::facts::tenant_subject;
    use crate::model::{Collected, UserConditions};

    const STRONG: &str = "strong";
    const ANY_MFA: &str = "any-mfa";

    fn case_of(policies: impl IntoIterator<Item = ConditionalAccessPolicy>) -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.user("bg");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.eligible("ana", USER_ADMINISTRATOR);
        case.organisation.break_glass = vec!["bg".into()];
        let strength = |id: &str, ways: &[&str]| {
            let combinations = ways.iter().map(|&way| way.into()).collect();
            let strength = AuthenticationStrength { id: id.into(), name: id.into(), combinations };
            (id.into(), strength)
        };
        case.tenant.strengths = Collected::Complete(
            [strength(STRONG, &["fido2"]), strength(ANY_MFA, &["fido2", "password,sms"])].into(),
        );
        policies.into_iter().for_each(|policy| case.conditional_access(policy));
        case
    }

    fn for_all() -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            name: "asks".into(),
            state: PolicyState::Enabled,
            users: UserConditions { all: true, ..UserConditions::default() },
            all_applications: true,
            grant: Some(GrantControls {
                strength: Some(STRONG.into()),
                ..GrantControls::default()
            }),
            ..ConditionalAccessPolicy::default()
        }
    }

    #[test]
    fn one_policy_must_name_every_role_itself() {
        use Level::{Full, Nothing, WithExceptions};
        const BOTH: [&str; 2] = [GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR];
        let of = |roles: &[&str]| {
            let users = UserConditions {
                include_roles: roles.iter().map(|role| RoleId::new(role)).collect(),
                ..UserConditions::default()
            };
            ConditionalAccessPolicy { users, ..for_all() }
        };
        let changed = |change: fn(&mut ConditionalAccessPolicy)| {
            let mut policy = of(&BOTH);
            change(&mut policy);
            policy
        };
        let others = || GrantControls {
            strength: Some(STRONG.into()),
            others: vec!["compliantDevice".into()],
            ..GrantControls::default()
        };
        for (what, policies, expected, left_out) in [
            ("both", vec![of(&BOTH)], Full, 0),
            ("all users and no role", vec![for_all()], Nothing, 2),
            ("one each", vec![of(&BOTH[..1]), of(&BOTH[1..])], Nothing, 1),
            ("one, and both", vec![of(&BOTH[..1]), of(&BOTH)], Full, 0),
            (
                "one is excluded",
                vec![changed(|it| it.users.exclude_roles = [RoleId::new(BOTH[0])].into())],
                Nothing,
                1,
            ),
            (
                "somebody is excluded",
                vec![changed(|it| it.users.exclude_users = [PrincipalId::new("ana")].into())],
                WithExceptions,
                0,
            ),
            (
                "break-glass is excluded",
                vec![changed(|it| it.users.exclude_users = [PrincipalId::new("bg")].into())],
                Full,
                0,
            ),
            (
                "an application is excluded",
                vec![changed(|it| it.excludes_applications = true)],
                WithExceptions,
                0,
            ),
            ("reports", vec![changed(|it| it.state = PolicyState::ReportOnly)], Nothing, 2),
            // The source names users, applications, controls and the state, and no other condition.
            ("further conditions", vec![changed(|it| it.narrowed = true)], Full, 0),
            (
                "further conditions, and somebody is excluded",
                vec![changed(|it| {
                    it.narrowed = true;
                    it.users.exclude_users = [PrincipalId::new("ana")].into();
                })],
                WithExceptions,
                0,
            ),
            // The source asks which controls are named.
            (
                "or a device",
                vec![ConditionalAccessPolicy { grant: Some(others()), ..of(&BOTH) }],
                Full,
                0,
            ),
        ] {
            let case = case_of(policies);
            let roles = BOTH.iter().map(|role| RoleId::new(role)).collect();
            let (world, subject) = (case.world(), tenant_subject());
            let facts = world.facts(&subject, SIGN_IN);
            let demands = facts.one_policy_demands(Wanted::PhishingResistant, &roles).unwrap();
            assert_eq!(demands.level, expected, "{what}");
            assert_eq!(demands.open.len(), left_out, "{what}");
        }
    }

    fn level(case: &Case, wanted: Wanted) -> Result<Level, GapKind> {
        let (world, subject) = (case.world(), tenant_subject());
        let demands = world.facts(&subject, SIGN_IN).sign_in_demands(wanted, None);
        demands.map(|it| it.level).map_err(|gap| gap.kind)
    }

    #[test]
    fn a_policy_demands_no_more_than_its_mildest_choice_and_its_exceptions() {
        use Level::{Full, Mfa, Nothing, WithExceptions};
        type Change = fn(&mut ConditionalAccessPolicy);
        let cases: [(&str, Change, Level, Level); 9] = [
            ("strong", |_| {}, Full, Full),
            (
                "a strength that takes any MFA",
                |it| {
                    it.grant = Some(GrantControls {
                        strength: Some(ANY_MFA.into()),
                        ..GrantControls::default()
                    });
                },
                Full,
                Mfa,
            ),
            (
                "MFA",
                |it| {
                    it.grant = Some(GrantControls { mfa: true, ..GrantControls::default() });
                },
                Full,
                Mfa,
            ),
            (
                "MFA or a device",
                |it| {
                    let others = vec!["compliantDevice".into()];
                    it.grant =
                        Some(GrantControls { mfa: true, others, ..GrantControls::default() });
                },
                Nothing,
                Nothing,
            ),
            ("reports", |it| it.state = PolicyState::ReportOnly, Nothing, Nothing),
            ("some applications", |it| it.all_applications = false, Nothing, Nothing),
            (
                "one person out",
                |it| {
                    it.users.exclude_users = [PrincipalId::new("ana")].into();
                },
                WithExceptions,
                WithExceptions,
            ),
            (
                "break-glass out",
                |it| {
                    it.users.exclude_users = [PrincipalId::new("bg")].into();
                },
                Full,
                Full,
            ),
            // The role that is covered worst decides.
            (
                "one of two roles",
                |it| {
                    it.users = UserConditions {
                        include_roles: [RoleId::new(GLOBAL_ADMINISTRATOR)].into(),
                        ..UserConditions::default()
                    };
                },
                Nothing,
                Nothing,
            ),
        ];
        for (what, change, mfa, resistant) in cases {
            let mut policy = for_all();
            change(&mut policy);
            let case = case_of([policy]);
            assert_eq!(level(&case, Wanted::Mfa), Ok(mfa), "{what}: MFA");
            assert_eq!(level(&case, Wanted::PhishingResistant), Ok(resistant), "{what}");
        }
    }

    #[test]
    fn the_best_demand_of_each_role_counts_and_the_defaults_stand_in() {
        let of_role = |role: &str| ConditionalAccessPolicy {
            users: UserConditions {
                include_roles: [RoleId::new(role)].into(),
                ..UserConditions::default()
            },
            ..for_all()
        };
        for (what, policies, defaults, expected) in [
            ("nothing", vec![], false, Level::Nothing),
            ("defaults", vec![], true, Level::WithExceptions),
            (
                "a policy a role",
                vec![of_role(GLOBAL_ADMINISTRATOR), of_role(USER_ADMINISTRATOR)],
                false,
                Level::Full,
            ),
            (
                "half, and defaults",
                vec![of_role(GLOBAL_ADMINISTRATOR)],
                true,
                Level::WithExceptions,
            ),
        ] {
            let mut case = case_of(policies);
            case.tenant.security_defaults = Collected::Complete(defaults);
            assert_eq!(level(&case, Wanted::PhishingResistant), Ok(expected), "{what}");
        }
    }

    #[test]
    fn what_was_not_read_counts_only_where_it_makes_a_difference() {
        for (dataset, mfa, resistant) in [
            (Dataset::AuthenticationStrengths, Ok(Level::Full), Err(GapKind::PermissionDenied)),
            (
                Dataset::ConditionalAccessPolicies,
                Err(GapKind::PermissionDenied),
                Err(GapKind::PermissionDenied),
            ),
            // A policy for all reaches every role, whoever holds it.
            (Dataset::RoleAssignments, Ok(Level::Full), Ok(Level::Full)),
            (Dataset::SecurityDefaults, Ok(Level::Full), Ok(Level::Full)),
        ] {
            let mut case = case_of([for_all()]);
            case.missing(dataset);
            assert_eq!(level(&case, Wanted::Mfa), mfa, "{dataset}: MFA");
            assert_eq!(level(&case, Wanted::PhishingResistant), resistant, "{dataset}");
        }
    }
}
