//! `stale-privileged-account`: privileged users who have not signed in for long.

use super::{Check, Expect, ExpectShape, Fix, Subjects, only_basic_properties};
use crate::facts::Facts;
use crate::model::{
    Dataset, Evidence, Gap, GapKind, IsoDuration, Outcome, Principal, PrincipalKindFacts, RowId,
    SignIns, User,
};
use jiff::Timestamp;

/// The check.
pub static CHECK: Check = Check {
    id: "stale-privileged-account",
    title: "Privileged account not used for long",
    what: "Measures the time since the last sign-in of each enabled user who holds a privileged role, \
        of any kind that Graph records. An account that never signed in is measured from the day it was \
        made. A rule may count interactive sign-ins alone. Break-glass accounts are meant to rest and are left out.",
    why: "Nobody notices when an account that nobody uses is taken over, and its power is there all the \
        same. Often its owner has changed jobs or left.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > Remove; then \
            Users > (the user) > Edit properties > Settings > Account enabled: off",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "PATCH /v1.0/users/{principal} {\"accountEnabled\":false}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: alerts",
        "Maester MT.1029",
        "Entra ID STIG V-270204",
    ],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[Dataset::Principals, Dataset::SignInActivity],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

/// How far ahead of the judgement a time may lie: people sign in while the tenant is being read.
const AHEAD_SECONDS: i64 = 24 * 60 * 60;

/// The longest time without a sign-in that passes, and the longest that does not fail.
#[derive(Clone, Copy)]
struct Limits {
    ideal: IsoDuration,
    at_most: IsoDuration,
    /// Sign-ins without the person do not count.
    interactive: bool,
}

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Expect::AtMost { at_most, ideal, interactive, .. } = expect else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    let limits =
        Limits { ideal: ideal.unwrap_or(*at_most), at_most: *at_most, interactive: *interactive };
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::User(_) if facts.is_break_glass(&principal.id) => {
            Ok(Outcome::not_applicable("a declared break-glass account is meant to rest"))
        }
        PrincipalKindFacts::User(user) => match user.enabled {
            Some(true) => person(facts, principal, user, limits),
            Some(false) => {
                Ok(Outcome::not_applicable("it is disabled; defunct-principal judges that"))
            }
            None => Err(only_basic_properties(principal)),
        },
        PrincipalKindFacts::ServicePrincipal(_) => {
            Ok(Outcome::not_applicable("sign-ins of workload identities are not read"))
        }
        PrincipalKindFacts::Absent => {
            Ok(Outcome::not_applicable("it was not found; defunct-principal judges that"))
        }
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(Outcome::not_applicable("only users sign in")),
    }
}

fn person(
    facts: &Facts,
    principal: &Principal,
    user: &User,
    limits: Limits,
) -> Result<Outcome, Gap> {
    let sign_ins = facts.sign_ins(&principal.id)?;
    let latest = if limits.interactive { sign_ins.interactive } else { sign_ins.latest() };
    let outcome = match latest {
        Some(latest) => used(facts, &sign_ins, latest, limits)?,
        None => never_used(facts, principal, user, limits)?,
    };
    let id = RowId::from(&principal.id);
    let text =
        |time: Option<Timestamp>| time.map_or_else(|| "null".to_owned(), |it| it.to_string());
    let outcome = [
        ("signInActivity.lastSuccessfulSignInDateTime", sign_ins.successful),
        ("signInActivity.lastSignInDateTime", sign_ins.interactive),
        ("signInActivity.lastNonInteractiveSignInDateTime", sign_ins.non_interactive),
    ]
    .into_iter()
    .fold(outcome, |outcome, (field, time)| {
        outcome.evidence(Evidence::new(Dataset::SignInActivity, &id, field, text(time)))
    });
    let created = text(user.created);
    Ok(outcome.evidence(Evidence::new(Dataset::Principals, &id, "createdDateTime", created)))
}

fn used(
    facts: &Facts,
    sign_ins: &SignIns,
    latest: Timestamp,
    limits: Limits,
) -> Result<Outcome, Gap> {
    let Limits { ideal, at_most, interactive } = limits;
    let since = age(facts, latest)?;
    let (last, wanted) = if interactive {
        ("last interactive sign-in", "an interactive sign-in")
    } else {
        ("last sign-in", "a sign-in")
    };
    let observed = format!("{last} {since} ago");
    let outcome = if since <= ideal {
        Outcome::pass(observed, format!("{wanted} within {ideal}"))
    } else if since <= at_most {
        Outcome::partial(0.5, observed, format!("{wanted} within {at_most}, better {ideal}"))
    } else {
        return Ok(Outcome::fail(observed, format!("{wanted} within {at_most}")));
    };
    // Graph counts interactive attempts as well, and those of a stranger may be the last ones.
    let proven = sign_ins.successful.map(|time| age(facts, time)).transpose()?;
    Ok(outcome.maybe_note(match proven {
        Some(proven) if proven <= ideal || (since > ideal && proven <= at_most) => None,
        Some(proven) => Some(format!(
            "the last sign-in that is known to have succeeded was {proven} ago; later ones may be \
            failed attempts"
        )),
        None => {
            Some("no sign-in is known to have succeeded; these may be failed attempts".to_owned())
        }
    }))
}

fn never_used(
    facts: &Facts,
    principal: &Principal,
    user: &User,
    limits: Limits,
) -> Result<Outcome, Gap> {
    let Limits { ideal, interactive, .. } = limits;
    let Some(created) = user.created else {
        return Err(Gap::of(
            Dataset::Principals,
            GapKind::Incomplete,
            format!(
                "{} never signed in, and when it was made is not known",
                principal.sign_in_name()
            ),
        ));
    };
    let since = age(facts, created)?;
    let how = if interactive { " interactively" } else { "" };
    let observed = format!("never signed in{how}, made {since} ago");
    Ok(Outcome::pass_if(since <= ideal, observed, format!("a first sign-in within {ideal}")))
}

/// Whole seconds since then; a time of the last moments, or a little ahead, is now.
fn age(facts: &Facts, then: Timestamp) -> Result<IsoDuration, Gap> {
    let seconds = facts.now().duration_since(then).as_secs();
    if seconds < -AHEAD_SECONDS {
        return Err(Gap::unreadable(
            Dataset::SignInActivity,
            format!("{then} is later than the time of judgement"),
        ));
    }
    Ok(IsoDuration::from_seconds(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Collected, PrincipalId};

    fn expect(ideal: Option<&str>, at_most: &str) -> Expect {
        let duration = |text: &str| IsoDuration::parse(text).unwrap();
        Expect::at_most(duration(at_most), ideal.map(duration))
    }

    fn recommended() -> Expect {
        expect(Some("P30D"), "P90D")
    }

    fn time(text: Option<&str>) -> Option<Timestamp> {
        text.map(|text| text.parse().unwrap())
    }

    fn set(case: &mut Case, [successful, interactive, non_interactive]: [Option<&str>; 3]) {
        let Collected::Complete(known) = &mut case.tenant.sign_ins else { panic!("not complete") };
        let sign_ins = SignIns {
            successful: time(successful),
            interactive: time(interactive),
            non_interactive: time(non_interactive),
        };
        known.insert(PrincipalId::new("ana"), sign_ins);
    }

    /// A user whose last sign-in, a successful one, was then.
    fn last_seen(then: &str) -> Case {
        let mut case = Case::new();
        case.user("ana");
        set(&mut case, [Some(then); 3]);
        case
    }

    fn name(case: &Case, expect: &Expect) -> Result<&'static str, GapKind> {
        let outcome = case.judge_principal(&CHECK, "ana", expect);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn both_limits_are_inclusive_to_the_second() {
        for (then, ideal, at_most, expected) in [
            ("2026-10-03T09:00:00Z", Some("P30D"), "P90D", "pass"),
            ("2026-10-03T08:59:59Z", Some("P30D"), "P90D", "partial"),
            ("2026-08-04T09:00:00Z", Some("P30D"), "P90D", "partial"),
            ("2026-08-04T08:59:59Z", Some("P30D"), "P90D", "fail"),
            // The limit of the STIG, without an ideal.
            ("2026-09-28T09:00:00Z", None, "P35D", "pass"),
            ("2026-09-28T08:59:59Z", None, "P35D", "fail"),
        ] {
            let outcome = name(&last_seen(then), &expect(ideal, at_most));
            assert_eq!(outcome, Ok(expected), "{then} against {ideal:?} and {at_most}");
        }
    }

    #[test]
    fn the_latest_sign_in_of_any_kind_counts() {
        const OLD: Option<&str> = Some("2025-01-01T00:00:00Z");
        const NEW: Option<&str> = Some("2026-11-01T00:00:00Z");
        for (times, expected) in [
            ([NEW, OLD, OLD], "pass"),
            ([OLD, NEW, OLD], "pass"),
            ([OLD, OLD, NEW], "pass"),
            ([None, NEW, None], "pass"),
            ([None, None, NEW], "pass"),
            ([OLD, OLD, OLD], "fail"),
            ([None, OLD, None], "fail"),
        ] {
            let mut case = last_seen("2026-11-01T00:00:00Z");
            set(&mut case, times);
            assert_eq!(name(&case, &recommended()), Ok(expected), "{times:?}");
        }
    }

    #[test]
    fn a_source_may_count_interactive_sign_ins_alone() {
        const OLD: Option<&str> = Some("2025-01-01T00:00:00Z");
        const NEW: Option<&str> = Some("2026-11-01T00:00:00Z");
        // Successful, interactive, non-interactive; and when the account was made.
        for (times, made, by_any, interactive) in [
            ([NEW, NEW, OLD], OLD, "pass", "pass"),
            ([NEW, OLD, NEW], OLD, "pass", "fail"),
            ([NEW, None, NEW], OLD, "pass", "fail"),
            ([NEW, None, NEW], NEW, "pass", "pass"),
        ] {
            let mut case = Case::new();
            case.user("ana").created = time(made);
            set(&mut case, times);
            let at_most = IsoDuration::parse("P35D").unwrap();
            for (interactive, expected) in [(false, by_any), (true, interactive)] {
                let ideal = None;
                let expect = Expect::AtMost { at_most, ideal, interactive, with_intune: false };
                let found = name(&case, &expect);
                assert_eq!(found, Ok(expected), "{times:?} {made:?} {interactive}");
            }
        }
    }

    #[test]
    fn a_verdict_that_rests_on_mere_attempts_is_noted() {
        const NEW: &str = "2026-11-01T00:00:00Z";
        const MIDDLE: &str = "2026-09-01T00:00:00Z";
        const OLD: &str = "2025-01-01T00:00:00Z";
        for (latest, successful, expected, notes) in [
            (NEW, Some(NEW), "pass", 0),
            (NEW, Some(MIDDLE), "pass", 1),
            (NEW, Some(OLD), "pass", 1),
            (NEW, None, "pass", 1),
            (MIDDLE, Some(MIDDLE), "partial", 0),
            (MIDDLE, Some(OLD), "partial", 1),
            (OLD, None, "fail", 0),
        ] {
            let mut case = last_seen(NEW);
            set(&mut case, [successful, Some(latest), None]);
            let outcome = case.judge_principal(&CHECK, "ana", &recommended()).unwrap();
            assert_eq!(outcome.name(), expected, "{latest} {successful:?}");
            let details = outcome.details().unwrap();
            assert_eq!(details.notes.len(), notes, "{latest} {successful:?}");
            assert_eq!(details.evidence.len(), 4);
        }
    }

    #[test]
    fn an_account_that_never_signed_in_is_measured_from_its_making() {
        for (created, limits, expected) in [
            (Some("2026-10-03T09:00:00Z"), recommended(), Ok("pass")),
            (Some("2026-10-03T08:59:59Z"), recommended(), Ok("fail")),
            (Some("2026-09-28T09:00:00Z"), expect(None, "P35D"), Ok("pass")),
            (Some("2026-09-28T08:59:59Z"), expect(None, "P35D"), Ok("fail")),
            (None, recommended(), Err(GapKind::Incomplete)),
        ] {
            for listed in [true, false] {
                let mut case = Case::new();
                case.user("ana").created = time(created);
                if listed {
                    set(&mut case, [None; 3]);
                }
                assert_eq!(name(&case, &limits), expected, "{created:?} {listed}");
            }
        }
    }

    #[test]
    fn a_time_ahead_is_now_for_a_day_and_then_unreadable() {
        for (then, expected) in [
            ("2026-11-02T09:30:00Z", Ok("pass")),
            ("2026-11-03T09:00:00Z", Ok("pass")),
            ("2026-11-03T09:00:01Z", Err(GapKind::Unreadable)),
        ] {
            assert_eq!(name(&last_seen(then), &recommended()), expected, "{then}");
        }
    }

    #[test]
    fn break_glass_disabled_and_other_principals_are_left_out() {
        let mut case = last_seen("2020-01-01T00:00:00Z");
        case.organisation.break_glass.push("ANA@contoso.example".to_owned());
        case.user("off").enabled = Some(false);
        case.service("robot");
        case.group("admins", &[]);
        case.absent("gone");
        for id in ["ana", "off", "robot", "admins", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &recommended()).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
    }

    #[test]
    fn what_was_not_read_is_not_assessed() {
        let mut case = last_seen("2026-11-01T00:00:00Z");
        assert_eq!(name(&case, &Expect::Required), Err(GapKind::Unreadable));
        case.user("odd").enabled = None;
        case.hidden("shadow");
        for id in ["odd", "shadow"] {
            let gap = case.judge_principal(&CHECK, id, &recommended()).unwrap_err();
            assert_eq!(gap.kind, GapKind::PermissionDenied, "{id}");
        }
        let gap = Gap::of(Dataset::SignInActivity, GapKind::LicenceMissing, "no P1");
        let Collected::Complete(known) = case.tenant.sign_ins.clone() else { panic!() };
        case.tenant.sign_ins = Collected::Partial(known, gap.clone());
        assert_eq!(name(&case, &recommended()), Ok("pass"), "a row that was read is known");
        case.user("ben").created = time(Some("2020-01-01T00:00:00Z"));
        assert_eq!(case.judge_principal(&CHECK, "ben", &recommended()).unwrap_err(), gap);
        case.missing(Dataset::SignInActivity);
        assert_eq!(name(&case, &recommended()), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn holders_through_groups_are_judged() {
        let mut case = Case::new();
        case.user("ana");
        case.group("admins", &["ana"]);
        case.active("admins", GLOBAL_ADMINISTRATOR);
        assert_eq!(case.subjects(&CHECK), ["principal:ana"]);
    }
}
