//! `single-level-approval`: how close an activation's approval comes to two levels.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::approvers::FewestApprovers;
use crate::facts::{Facts, Hop, PathState, Way, WayEnd};
use crate::model::{Access, Class, Dataset, Evidence, Gap, GapKind, Outcome, PrincipalId, RoleId};
use std::collections::BTreeSet;

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "two people approve every activation";
const TWO_PEOPLE: usize = 2;
const TWO_STAGES: usize = 2;
const TWO_APPROVALS: u8 = 2;

/// The check.
pub static CHECK: Check = Check {
    id: "single-level-approval",
    title: "Approval by one person alone",
    what: "Grades the approval before each role, and before each group that PIM manages. A role passes when \
        every way to it that needs an activation goes through two approvals, as with an eligible membership \
        in a group that is itself only eligible, and every requester finds two different people for them. \
        Two stored stages, an access package with approval before the eligibility, or one stage with two \
        independent approvers are met in part; one usable approver or only the default ones fails with a \
        quarter of the credit, no approval with none.",
    why: "Guidance asks for two levels, so that one careless or hijacked approver is not enough. PIM itself \
        settles a request with the first answer and documents no second stage, which is why no single \
        policy is a full pass.",
    fix: Fix {
        portal: "Make people eligible members of a role-assignable group, onboard it to PIM for Groups \
            with approval by one set of people, and make the group eligible for the role with approval by \
            another set; remove every other way to the role. Or give the eligibility by an access package \
            with approval and an end, and keep approval at activation. Short of that: Entra admin center > \
            ID Governance > Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > \
            Role settings > Edit > Activation > Select approvers: at least three people. The Graph call \
            replaces the whole rule: put in every approver that is named now",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Approval_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyApprovalRule\",\
            \"id\":\"Approval_EndUser_Assignment\",\"setting\":{\"isApprovalRequired\":true,\
            \"isApprovalRequiredForExtension\":false,\"isRequestorJustificationRequired\":true,\
            \"approvalMode\":\"SingleStage\",\"approvalStages\":[{\"approvalStageTimeOutInDays\":1,\
            \"isApproverJustificationRequired\":true,\"escalationTimeInMinutes\":0,\
            \"isEscalationEnabled\":false,\"escalationApprovers\":[],\"primaryApprovers\":[\
            {\"@odata.type\":\"#microsoft.graph.groupMembers\",\"groupId\":\"<id of the approver group>\"}]}]},\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "Microsoft Entra documentation: approve requests in PIM",
        "PIM concept and setup: access packages",
    ],
    subjects: Subjects::Policies,
    // All that ways to a role are made of, and the access packages.
    needs: &[
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
        Dataset::AccessPackages,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// The rungs below two chained approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    /// Two stored stages, each with an approver, by two people.
    TwoStages,
    /// Approval before the eligibility, and again at activation.
    Package,
    /// One decision, but two independent people who could make it.
    FourEyes,
    /// One usable approver, or only the default ones.
    OnePerson,
}

/// Whether something stronger than one policy was found, and what there is to say of it.
#[derive(Debug, Default)]
struct Reading {
    given: bool,
    note: Option<String>,
}

impl Reading {
    const fn given(note: Option<String>) -> Self {
        Self { given: true, note }
    }

    const fn not_given(note: String) -> Self {
        Self { given: false, note: Some(note) }
    }
}

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let evidence = |field: &str, value: String| {
        Evidence::new(policy.dataset, &policy.id, format!("{RULE}.setting.{field}"), value)
    };
    let Some(found) = facts.fewest_usable_approvers(access)? else {
        return Ok(Outcome::fail("no approval", EXPECTED)
            .evidence(evidence("isApprovalRequired", "false".to_owned())));
    };
    // A group is entered by its own policy alone.
    let (chained, package) = match access.role() {
        Some(role) => (chained(facts, role), package(facts, role)),
        None => (Reading::default(), Reading::default()),
    };
    let outcome = if chained.given {
        Outcome::pass("two chained approvals on every way that needs an activation", EXPECTED)
            .note("each half is documented; that the portal carries both is not confirmed")
            .maybe_note(chained.note)
    } else {
        below_chained(&found, access, policy.dataset, chained, package)?
    };
    Ok(outcome
        .maybe_note(
            found
                .ring
                .then_some("approval ring: every usable approver is eligible for the same access"),
        )
        .evidence(evidence("approvalMode", found.mode.to_string()))
        .evidence(evidence("approvalStages", format!("stages: {}", found.stages.len()))))
}

fn below_chained(
    found: &FewestApprovers,
    access: &Access,
    dataset: Dataset,
    chained: Reading,
    package: Reading,
) -> Result<Outcome, Gap> {
    let staged = staged(found, dataset)?;
    let known = rung(found, staged, &package, &found.requesters, found.fewest);
    let at_worst =
        rung(found, staged, &package, &found.requesters_at_worst(), found.fewest_at_worst());
    if let Some(gap) = found.gaps.first()
        && (known == Rung::OnePerson) != (at_worst == Rung::OnePerson)
    {
        return Err(gap.clone());
    }
    let outcome = match known {
        Rung::TwoStages => {
            let parallel = found.mode.eq_ignore_ascii_case("Parallel");
            return Ok(Outcome::partial(0.5, "two stored approval stages", EXPECTED)
                .note("stored, but PIM documents multi-step approval as not supported")
                .note(
                    "could be Pass: the audit log may show two approvers, not read by this version",
                )
                .maybe_note(parallel.then_some("parallel stages: unknown semantics"))
                .maybe_note(chained.note));
        }
        Rung::Package => Outcome::partial(
            0.5,
            "approval in an access package, and again at activation",
            EXPECTED,
        )
        .note("the first approval is given once, not at each activation"),
        Rung::FourEyes => {
            Outcome::partial(0.5, numbers(found), EXPECTED).note("one approval decides")
        }
        Rung::OnePerson => Outcome::fail_with_credit(0.25, one_person(found, access), EXPECTED)
            .maybe_note(package.note),
    };
    let half_stored = found.stages.len() >= TWO_STAGES && !staged;
    Ok(outcome
        .maybe_note(half_stored.then_some("two stages are stored, but the mode is SingleStage"))
        .maybe_note(chained.note))
}

fn numbers(found: &FewestApprovers) -> String {
    let stages = found.stages.len();
    format!("stages: {stages}, fewest approvers for any requester: {}", found.fewest)
}

fn one_person(found: &FewestApprovers, access: &Access) -> String {
    match access {
        Access::DirectoryRole(_) if found.approvers.default => {
            "one approval by the default approvers".to_owned()
        }
        Access::Group(..) if found.named.is_empty() => {
            "approval by nobody: a group has no default approvers".to_owned()
        }
        Access::DirectoryRole(_) | Access::Group(..) => numbers(found),
    }
}

/// Whether two stages are stored and their mode uses both.
fn staged(found: &FewestApprovers, dataset: Dataset) -> Result<bool, Gap> {
    if found.stages.len() < TWO_STAGES || found.mode.eq_ignore_ascii_case("SingleStage") {
        return Ok(false);
    }
    if ["Serial", "Parallel"].iter().any(|mode| found.mode.eq_ignore_ascii_case(mode)) {
        return Ok(true);
    }
    let detail = format!("approvalMode {:?} with several stages is unknown", found.mode);
    Err(Gap::unreadable(dataset, detail))
}

fn rung(
    found: &FewestApprovers,
    staged: bool,
    package: &Reading,
    requesters: &BTreeSet<PrincipalId>,
    fewest: usize,
) -> Rung {
    let passes = |requester: Option<&PrincipalId>| passes_two(&found.stages, requester);
    if staged && passes(None) && requesters.iter().all(|requester| passes(Some(requester))) {
        Rung::TwoStages
    } else if package.given && fewest > 0 {
        Rung::Package
    } else if !found.approvers.default && fewest >= TWO_PEOPLE {
        Rung::FourEyes
    } else {
        Rung::OnePerson
    }
}

/// Every set has an approver other than the requester, and two different people can be taken.
fn passes_two(sets: &[BTreeSet<PrincipalId>], requester: Option<&PrincipalId>) -> bool {
    let others = |set: &BTreeSet<PrincipalId>| {
        set.iter().filter(|person| Some(*person) != requester).cloned().collect::<BTreeSet<_>>()
    };
    let sets: Vec<_> = sets.iter().map(others).collect();
    let people: BTreeSet<_> = sets.iter().flatten().collect();
    sets.iter().all(|set| !set.is_empty()) && people.len() >= TWO_PEOPLE
}

/// Whether everybody who must activate passes two approvals, on every way.
fn chained(facts: &Facts, role: &RoleId) -> Reading {
    let ways = facts.ways(role);
    let mut unread = ways.gaps.first().map(ToString::to_string);
    let mut gated = 0_usize;
    let mut alone = BTreeSet::new();
    for way in ways.list.iter().filter(|way| !way.is_standing()) {
        match approvals_on(facts, way) {
            Ok(Approvals::OfService) => {}
            Ok(Approvals::Two(in_all)) => {
                gated += 1;
                alone.extend(in_all);
            }
            Ok(Approvals::Fewer(why)) => {
                return Reading::not_given(format!("not two chained approvals: {why}"));
            }
            Err(gap) => {
                unread.get_or_insert(gap.to_string());
            }
        }
    }
    match (unread, gated) {
        (Some(why), _) => {
            Reading::not_given(format!("could be Pass, by two chained approvals: {why}"))
        }
        (None, 0) => Reading::not_given(
            "not two chained approvals: nobody has a way that needs an activation".to_owned(),
        ),
        (None, 1..) => Reading::given((!alone.is_empty()).then(|| {
            let names = facts.names_of(&alone);
            format!("in both sets of approvers, and so able to give both approvals: {names}")
        })),
    }
}

/// What one way asks for.
enum Approvals {
    /// It is that of a service principal, which cannot activate; other checks judge these.
    OfService,
    /// Two approvals, and who is in all sets of approvers.
    Two(BTreeSet<PrincipalId>),
    /// Fewer, or nobody who could give both; in words.
    Fewer(String),
}

fn approvals_on(facts: &Facts, way: &Way<'_>) -> Result<Approvals, Gap> {
    if facts.principal_by_id(&way.principal)?.is_service() {
        return Ok(Approvals::OfService);
    }
    let name = facts.name_of(&way.principal);
    if way.state() == PathState::Unknown {
        let detail = format!("whether {name} must activate could not be read");
        return Err(Gap::new(GapKind::Incomplete, detail));
    }
    let gate = way.gate.as_ref().map_err(Clone::clone)?;
    let activated = activated_on(way);
    if gate.approvals < TWO_APPROVALS {
        // Two approvals by people who were not read may well be two.
        if activated.len() >= usize::from(TWO_APPROVALS) {
            activated.iter().try_for_each(|access| facts.approvers_for(access).map(drop))?;
        }
        return Ok(Approvals::Fewer(format!("{name} can come by with: {}", gate.in_words())));
    }
    let mut sets = Vec::new();
    for access in activated {
        if let Some(approvers) = facts.approvers_for(&access)? {
            let nobody = approvers.default && matches!(access, Access::Group(..));
            let mut people = if nobody { BTreeSet::new() } else { approvers.usable };
            people.remove(&way.principal);
            sets.push(people);
        }
    }
    if !passes_two(&sets, Some(&way.principal)) {
        return Ok(Approvals::Fewer(format!("{name} does not find two people for both")));
    }
    let in_all = |person: &&PrincipalId| sets.iter().all(|set| set.contains(*person));
    Ok(Approvals::Two(sets.iter().flatten().filter(in_all).cloned().collect()))
}

/// Every access that must be activated on a way.
fn activated_on(way: &Way<'_>) -> Vec<Access> {
    let mut accesses: Vec<Access> = way.hops.iter().filter_map(Hop::gated_by).collect();
    if let WayEnd::Grant(grant) = &way.end
        && (grant.is_eligible() || grant.class() == Class::Activated)
    {
        accesses.push(grant.held());
    }
    accesses
}

/// Whether every eligibility of the role comes out of an access package with approval, for a time.
fn package(facts: &Facts, role: &RoleId) -> Reading {
    match why_no_package(facts, role) {
        Ok(None) => Reading::given(None),
        Ok(Some(why)) => Reading::not_given(format!("not by access packages with approval: {why}")),
        Err(gap) => Reading::not_given(format!("could be met in part, by access packages: {gap}")),
    }
}

fn why_no_package(facts: &Facts, role: &RoleId) -> Result<Option<String>, Gap> {
    let grants = facts.eligible_of(role);
    if let Some(grant) = grants.iter().find(|grant| grant.class() == Class::EligiblePermanent) {
        let name = facts.name_of(&grant.principal);
        return Ok(Some(format!("{name} is eligible without an end")));
    }
    for grant in &grants {
        // Who is in the group did not come by the package of the role.
        if facts.principal_by_id(&grant.principal)?.group().is_some() {
            let name = facts.name_of(&grant.principal);
            return Ok(Some(format!("group {name} is eligible")));
        }
    }
    facts.eligible()?;
    if grants.is_empty() {
        return Ok(Some("nobody is eligible".to_owned()));
    }
    let packages = facts.packages()?.iter().filter(|package| package.roles.contains(role));
    let packages: Vec<_> = packages.collect();
    if packages.is_empty() {
        return Ok(Some("no access package carries the role".to_owned()));
    }
    let mut unread = None;
    for package in packages {
        match &package.approval_stages {
            Ok(stages) if stages.is_empty() || stages.contains(&0) => {
                return Ok(Some(format!("{} asks for no approval", package.name)));
            }
            Ok(_) => {}
            Err(gap) => {
                unread.get_or_insert_with(|| gap.clone());
            }
        }
    }
    unread.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{
        AccessPackage, Approval, Approver, Collected, GroupAccess, Hold, Members, Stage,
    };

    const ROLE: &str = GLOBAL_ADMINISTRATOR;
    /// The permission that can give any role.
    const ASSIGN_ROLES: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
    type Stages = &'static [&'static [&'static str]];
    type Change = fn(&mut Case);

    fn role() -> Access {
        Access::DirectoryRole(RoleId::new(ROLE))
    }

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_access(&CHECK, role(), &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn has_note(outcome: &Outcome, words: &str) -> bool {
        outcome.details().unwrap().notes.iter().any(|note| note.contains(words))
    }

    fn approval(mode: &str, stages: &[&[&str]]) -> Result<Approval, Gap> {
        let stage = |people: &&[&str]| Stage {
            approvers: people.iter().map(|id| Approver::User(PrincipalId::new(id))).collect(),
            reason_required: Some(true),
            escalation: 0,
        };
        let stages = stages.iter().map(stage).collect();
        Ok(Approval::Required { mode: mode.into(), stages })
    }

    fn case_of(mode: &str, stages: &[&[&str]]) -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben", "cem"] {
            case.user(user);
        }
        case.policy(ROLE).approval = approval(mode, stages);
        case
    }

    #[test]
    fn an_unreadable_policy_mode_or_approver_group_is_not_assessed() {
        let mut case = Case::new();
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        case.policy(ROLE).approval = Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        let case = case_of("RoundRobin", &[&["ana"], &["ben"]]);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        let mut case = Case::new();
        case.unreadable_group("closed");
        let approvers = vec![Approver::Group(PrincipalId::new("closed"))];
        case.policy(ROLE).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, ..Stage::default() }],
        });
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
    }

    #[test]
    fn no_approval_has_no_credit() {
        let mut case = Case::new();
        case.policy(ROLE).approval = Ok(Approval::NotRequired);
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0));
    }

    #[test]
    fn the_ladder_counts_people_not_stages() {
        let cases: [(&str, Stages, &str, f64, &str); 10] = [
            ("SingleStage", &[&[]], "fail", 0.25, "not two chained approvals"),
            ("SingleStage", &[&["ana"]], "fail", 0.25, "not by access packages"),
            ("SingleStage", &[&["ana", "ana"]], "fail", 0.25, "not two chained approvals"),
            ("SingleStage", &[&["ana", "ben"]], "partial", 0.5, "one approval decides"),
            ("SingleStage", &[&["ana"], &["ben"]], "partial", 0.5, "the mode is SingleStage"),
            ("Serial", &[&["ana"], &["ana"]], "fail", 0.25, "not two chained approvals"),
            ("Serial", &[&["ana"], &[]], "fail", 0.25, "not two chained approvals"),
            ("Serial", &[&["ana", "ben"]], "partial", 0.5, "one approval decides"),
            ("serial", &[&["ana"], &["ben"]], "partial", 0.5, "not supported"),
            ("Parallel", &[&["ana"], &["ana", "ben"]], "partial", 0.5, "unknown semantics"),
        ];
        for (mode, stages, name, credit, note) in cases {
            let outcome = judged(&case_of(mode, stages)).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), (name, credit), "{mode} {stages:?}");
            assert!(has_note(&outcome, note), "{mode} {stages:?}: {outcome:?}");
        }
    }

    #[test]
    fn a_requester_takes_the_own_approval_away() {
        let cases: [(&str, Stages, f64); 4] = [
            ("SingleStage", &[&["ana", "ben"]], 0.25),
            ("SingleStage", &[&["ana", "ben", "cem"]], 0.5),
            ("Serial", &[&["ana"], &["ben"]], 0.25),
            ("Serial", &[&["ana", "ben"], &["ben", "cem"]], 0.5),
        ];
        for (mode, stages, credit) in cases {
            let mut case = case_of(mode, stages);
            case.eligible("ana", ROLE);
            assert_eq!(credit_of(&judged(&case).unwrap()), credit, "{mode} {stages:?}");
        }
    }

    #[test]
    fn default_approvers_are_no_second_level_however_many() {
        let mut case = case_of("SingleStage", &[&[]]);
        for user in ["ana", "ben", "cem"] {
            case.active(user, ROLE);
        }
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.25));
        assert!(outcome.details().unwrap().observed.contains("default approvers"));
    }

    #[test]
    fn unread_requesters_matter_only_where_one_could_change_the_rung() {
        let unread = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        let cases: [(&str, Stages, Option<f64>); 4] = [
            ("SingleStage", &[&["ana"]], Some(0.25)),
            ("SingleStage", &[&["ana", "ben"]], None),
            ("SingleStage", &[&["ana", "ben", "cem"]], Some(0.5)),
            ("Serial", &[&["ana"], &["ben"]], None),
        ];
        for (mode, stages, credit) in cases {
            let mut case = case_of(mode, stages);
            case.tenant.eligible = Collected::Missing(unread.clone());
            let outcome = judged(&case);
            assert_eq!(outcome.as_ref().ok().map(credit_of), credit, "{mode} {stages:?}");
            if let Ok(outcome) = outcome {
                assert!(has_note(&outcome, "could be Pass"), "{mode} {stages:?}: {outcome:?}");
            }
        }
    }

    /// `ana` is eligible for group `ops`, which is eligible for the role; both ask for approval.
    fn chain_of(of_group: &[&str], of_role: &[&str]) -> Case {
        let mut case = case_of("SingleStage", &[of_role]);
        for user in ["dan", "eva", "fay"] {
            case.user(user);
        }
        case.group("ops", &[]);
        case.onboard("ops");
        case.group_policy("ops", GroupAccess::Member).approval =
            approval("SingleStage", &[of_group]);
        case.group_eligible("ana", "ops", GroupAccess::Member);
        case.eligible("ops", ROLE);
        case
    }

    #[test]
    fn an_approval_by_people_who_were_not_read_may_be_the_second() {
        let mut case = chain_of(&["shade"], &["dan"]);
        case.hidden("shade");
        let outcome = judged(&case).unwrap();
        assert!(has_note(&outcome, "could be Pass"), "{outcome:?}");
        assert!(!has_note(&outcome, "can come by with"), "{outcome:?}");
    }

    #[test]
    fn two_chained_approvals_by_two_people_pass() {
        type People = &'static [&'static str];
        let cases: [(People, People, &str, f64, &str); 9] = [
            (&["ben", "cem"], &["dan", "eva"], "pass", 1.0, "not confirmed"),
            (&["ben"], &["dan"], "pass", 1.0, "not confirmed"),
            (&["ben"], &["ben", "dan"], "pass", 1.0, "able to give both approvals: ben@"),
            // The requester is no approver of the own request.
            (&["ana", "ben"], &["ana", "dan"], "pass", 1.0, "not confirmed"),
            (&["ana", "ben"], &["ben"], "fail", 0.25, "does not find two people for both"),
            (&["ana"], &["ben", "dan"], "partial", 0.5, "does not find two people for both"),
            (&["ben"], &["ben"], "fail", 0.25, "ana@contoso.example can come by with"),
            (&["ben", "cem"], &["ben", "cem"], "partial", 0.5, "can come by with"),
            (&[], &["ben", "dan"], "partial", 0.5, "not two chained approvals"),
        ];
        for (of_group, of_role, name, credit, note) in cases {
            let outcome = judged(&chain_of(of_group, of_role)).unwrap();
            let found = (outcome.name(), credit_of(&outcome));
            assert_eq!(found, (name, credit), "{of_group:?} {of_role:?}: {outcome:?}");
            assert!(has_note(&outcome, note), "{of_group:?} {of_role:?}: {outcome:?}");
        }
    }

    #[test]
    fn every_way_of_every_person_must_pass_both() {
        let cases: [(&str, Change, &str); 10] = [
            ("nothing else", |_| {}, "pass"),
            (
                "a standing holder",
                |case| {
                    case.active("fay", ROLE);
                },
                "pass",
            ),
            (
                "a direct eligibility",
                |case| {
                    case.eligible("fay", ROLE);
                },
                "partial",
            ),
            (
                "the same person directly",
                |case| {
                    case.eligible("ana", ROLE);
                },
                "partial",
            ),
            (
                "the group holds the role",
                |case| {
                    case.active("ops", ROLE);
                },
                "partial",
            ),
            (
                "a standing member",
                |case| {
                    case.group_active("fay", "ops", GroupAccess::Member);
                },
                "partial",
            ),
            (
                "a standing owner",
                |case| {
                    case.owner("fay", "ops");
                },
                "partial",
            ),
            (
                "an eligible owner without approval",
                |case| {
                    case.group_eligible("fay", "ops", GroupAccess::Owner);
                },
                "partial",
            ),
            (
                "an eligible owner with approval",
                |case| {
                    case.group_policy("ops", GroupAccess::Owner).approval =
                        approval("SingleStage", &[&["ben", "cem"]]);
                    case.group_eligible("fay", "ops", GroupAccess::Owner);
                },
                "pass",
            ),
            (
                "no approval at the group",
                |case| {
                    case.group_policy("ops", GroupAccess::Member).approval =
                        Ok(Approval::NotRequired);
                },
                "partial",
            ),
        ];
        for (name, change, expected) in cases {
            let mut case = chain_of(&["ben", "cem"], &["dan", "eva", "gus"]);
            case.user("gus");
            change(&mut case);
            let outcome = judged(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{name}: {outcome:?}");
            let refuted = has_note(&outcome, "not two chained approvals");
            assert_eq!(refuted, expected == "partial", "{name}: {outcome:?}");
        }
    }

    #[test]
    fn without_anybody_to_ask_nothing_is_chained() {
        let outcome = judged(&case_of("SingleStage", &[&["ana", "ben"]])).unwrap();
        assert_eq!(outcome.name(), "partial");
        assert!(has_note(&outcome, "nobody has a way that needs an activation"));
    }

    #[test]
    fn a_service_principal_with_the_permission_is_judged_elsewhere_and_its_owner_here() {
        for (owners, expected) in [(&[][..], "pass"), (&["fay"][..], "partial")] {
            let mut case = chain_of(&["ben", "cem"], &["dan", "eva"]);
            case.service("robot");
            case.application_grant("robot", ASSIGN_ROLES);
            let known = owners.iter().map(|id| PrincipalId::new(id)).collect();
            let members = Members { known, gap: None };
            let Collected::Complete(all) = &mut case.tenant.service_owners else {
                panic!("not complete")
            };
            all.insert(PrincipalId::new("robot"), members);
            let outcome = judged(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{owners:?}: {outcome:?}");
        }
    }

    #[test]
    fn what_is_not_read_of_the_ways_keeps_it_below_a_pass_and_says_so() {
        let cases: [(&str, Change); 4] = [
            ("the eligible members", |case| {
                case.missing(Dataset::GroupEligibilityScheduleInstances);
            }),
            ("a gate", |case| {
                case.group_policy("ops", GroupAccess::Member).activation_enablement =
                    Err(Gap::unreadable(Dataset::GroupPolicies, "missing"));
            }),
            ("a type", |case| case.active("fay", ROLE).hold = Hold::ActiveOfUnknownType),
            ("the permissions", |case| case.missing(Dataset::ApplicationGrants)),
        ];
        for (name, change) in cases {
            let mut case = chain_of(&["ben", "cem"], &["dan", "eva", "gus"]);
            case.user("gus");
            change(&mut case);
            let outcome = judged(&case).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), ("partial", 0.5), "{name}");
            assert!(has_note(&outcome, "could be Pass"), "{name}: {outcome:?}");
        }
    }

    #[test]
    fn one_way_that_is_too_weak_decides_whatever_is_not_read() {
        let mut case = chain_of(&["ben", "cem"], &["dan", "eva", "gus"]);
        case.user("gus");
        case.eligible("fay", ROLE);
        case.missing(Dataset::ApplicationGrants);
        let outcome = judged(&case).unwrap();
        assert_eq!(outcome.name(), "partial");
        assert!(has_note(&outcome, "not two chained approvals"), "{outcome:?}");
        assert!(!has_note(&outcome, "could be Pass"), "{outcome:?}");
    }

    fn carrying(name: &str, stages: Result<Vec<u32>, Gap>) -> AccessPackage {
        AccessPackage {
            id: name.into(),
            name: name.into(),
            roles: vec![RoleId::new(ROLE)],
            groups: Vec::new(),
            approval_stages: stages,
        }
    }

    fn put(case: &mut Case, packages: Vec<AccessPackage>) {
        case.tenant.packages = Collected::Complete(packages);
    }

    /// `ana` is eligible for a time, and `ben` alone approves.
    fn packaged(packages: Vec<AccessPackage>) -> Case {
        let mut case = case_of("SingleStage", &[&["ben"]]);
        case.eligible("ana", ROLE);
        put(&mut case, packages);
        case
    }

    #[test]
    fn an_access_package_with_approval_is_one_more_level_that_is_met_in_part() {
        let unread = || Gap::of(Dataset::AccessPackages, GapKind::Failed, "503");
        for (packages, partial, note) in [
            (vec![carrying("one", Ok(vec![1]))], true, "given once"),
            (vec![carrying("one", Ok(vec![2, 1]))], true, "given once"),
            (vec![carrying("one", Ok(vec![1])), carrying("two", Ok(vec![1]))], true, "given once"),
            (vec![carrying("one", Ok(vec![1, 0]))], false, "one asks for no approval"),
            (vec![carrying("one", Ok(vec![]))], false, "one asks for no approval"),
            (
                vec![carrying("one", Ok(vec![1])), carrying("two", Ok(vec![0]))],
                false,
                "two asks for no approval",
            ),
            (vec![], false, "no access package carries the role"),
            (
                vec![AccessPackage { roles: Vec::new(), ..carrying("one", Ok(vec![1])) }],
                false,
                "no access package carries the role",
            ),
            (vec![carrying("one", Err(unread()))], false, "could be met in part"),
            (
                vec![carrying("one", Err(unread())), carrying("two", Ok(vec![0]))],
                false,
                "two asks for no approval",
            ),
        ] {
            let words = format!("{packages:?}");
            let outcome = judged(&packaged(packages)).unwrap();
            let expected = if partial { ("partial", 0.5) } else { ("fail", 0.25) };
            assert_eq!((outcome.name(), credit_of(&outcome)), expected, "{words}");
            assert!(has_note(&outcome, note), "{words}: {outcome:?}");
        }
    }

    #[test]
    fn the_package_counts_only_where_every_eligibility_comes_out_of_it() {
        let good = || vec![carrying("one", Ok(vec![1]))];
        let cases: [(&str, Change, Option<f64>, &str); 7] = [
            (
                "no end",
                |case| {
                    case.user("dan");
                    case.eligible("dan", ROLE).end = None;
                },
                Some(0.25),
                "is eligible without an end",
            ),
            (
                "a group",
                |case| {
                    case.group("ops", &[]);
                    case.eligible("ops", ROLE);
                },
                Some(0.25),
                "group ops is eligible",
            ),
            (
                "an unread holder",
                |case| {
                    case.eligible("stranger", ROLE);
                },
                Some(0.25),
                "could be met in part",
            ),
            (
                "unread packages",
                |case| case.missing(Dataset::AccessPackages),
                Some(0.25),
                "could be",
            ),
            (
                "nobody eligible",
                |case| {
                    case.tenant.eligible = Collected::Complete(Vec::new());
                },
                Some(0.25),
                "nobody is eligible",
            ),
            (
                "nobody to approve",
                |case| {
                    case.policy(ROLE).approval = approval("SingleStage", &[&["ana"]]);
                },
                Some(0.25),
                "not two chained approvals",
            ),
            (
                "more approvers",
                |case| {
                    case.policy(ROLE).approval = approval("SingleStage", &[&["ben", "cem"]]);
                },
                Some(0.5),
                "given once",
            ),
        ];
        for (name, change, credit, note) in cases {
            let mut case = packaged(good());
            change(&mut case);
            let outcome = judged(&case);
            assert_eq!(outcome.as_ref().ok().map(credit_of), credit, "{name}: {outcome:?}");
            if let Ok(outcome) = outcome {
                assert!(has_note(&outcome, note), "{name}: {outcome:?}");
            }
        }
        let mut unread = packaged(good());
        let Collected::Complete(rows) = unread.tenant.eligible else { panic!("not complete") };
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        unread.tenant.eligible = Collected::Partial(rows, gap);
        let outcome = judged(&unread).unwrap();
        assert_eq!(credit_of(&outcome), 0.25);
        assert!(has_note(&outcome, "could be met in part"), "{outcome:?}");
        let mut by_default = packaged(good());
        by_default.policy(ROLE).approval = approval("SingleStage", &[&[]]);
        by_default.active("cem", ROLE);
        assert_eq!(credit_of(&judged(&by_default).unwrap()), 0.5);
    }

    #[test]
    fn a_group_is_graded_by_its_own_policy_alone() {
        let cases: [(&str, Stages, &str, f64); 6] = [
            ("Serial", &[&["ben"], &["cem"]], "partial", 0.5),
            ("SingleStage", &[&["ben", "cem"]], "partial", 0.5),
            ("SingleStage", &[&["ana", "ben"]], "fail", 0.25),
            ("SingleStage", &[&["ben"]], "fail", 0.25),
            ("SingleStage", &[&[]], "fail", 0.25),
            ("SingleStage", &[], "fail", 0.25),
        ];
        for access in [GroupAccess::Member, GroupAccess::Owner] {
            for (mode, stages, name, credit) in cases {
                let mut case = chain_of(&["ben"], &["dan", "eva"]);
                // Enough for a group to have default approvers, if it had any.
                case.active("dan", ROLE);
                case.active("eva", ROLE);
                case.group_eligible("ana", "ops", access);
                case.group_policy("ops", access).approval = approval(mode, stages);
                let subject = Access::Group(PrincipalId::new("ops"), access);
                let outcome = case.judge_access(&CHECK, subject, &Expect::Required).unwrap();
                let found = (outcome.name(), credit_of(&outcome));
                assert_eq!(found, (name, credit), "{access:?} {mode} {stages:?}: {outcome:?}");
                let evidence = &outcome.details().unwrap().evidence;
                assert_eq!(evidence[0].dataset, Dataset::GroupPolicies);
                let nobody = stages.iter().all(|stage| stage.is_empty());
                let observed = &outcome.details().unwrap().observed;
                assert_eq!(observed.contains("no default approvers"), nobody, "{observed}");
            }
            let mut open = chain_of(&["ben"], &["dan", "eva"]);
            open.group_policy("ops", access).approval = Ok(Approval::NotRequired);
            let subject = Access::Group(PrincipalId::new("ops"), access);
            let outcome = open.judge_access(&CHECK, subject, &Expect::Required).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0), "{access:?}");
        }
    }
}
