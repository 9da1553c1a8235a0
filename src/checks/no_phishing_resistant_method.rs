//! `no-phishing-resistant-method`: privileged users without a method that resists phishing.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, only_basic_properties};
use crate::facts::Facts;
use crate::model::{
    Dataset, Evidence, Gap, GapKind, Outcome, Principal, PrincipalKindFacts, Registration, RowId,
    User,
};

/// The check.
pub static CHECK: Check = Check {
    id: "no-phishing-resistant-method",
    title: "No phishing-resistant method registered",
    what: "Reads which methods each enabled user with a privileged role registered. A FIDO2 key, a \
        device-bound passkey, Windows Hello for Business or a certificate passes, any other second factor \
        is met in part, none fails. Graph reports no disabled users, so they are left out.",
    why: "Codes and pushes can be talked out of people, or caught by a false sign-in page; a key bound to \
        the real page cannot. Who registered nothing cannot even activate when it is needed.",
    fix: Fix {
        portal: "Protection > Authentication methods > Policies > Passkey (FIDO2): enable it for the \
            administrators; then give each a Temporary Access Pass, with which to register a key at \
            My Sign-Ins > Security info",
        graph: &[
            "PATCH /v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2 \
            {\"@odata.type\":\"#microsoft.graph.fido2AuthenticationMethodConfiguration\",\
            \"state\":\"enabled\"}",
            "POST /v1.0/users/{principal}/authentication/temporaryAccessPassMethods \
            {\"lifetimeInMinutes\":60,\"isUsableOnce\":true}",
        ],
    },
    references: &["Zero Trust Assessment 21782", "CIS Microsoft 365 Foundations 7.0.0: 5.2.2.5"],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[Dataset::Principals, Dataset::RegistrationDetails],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "only passkeys bound to a device or to the Authenticator and Windows Hello for \
            Business pass, anything else fails; a disabled account that is in the report counts",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "a FIDO2 key, a device-bound passkey, Windows Hello or a certificate";
/// Methods that resist phishing, lower case. A certificate that counts as one factor does not.
const RESISTANT: [&str; 4] = [
    "fido2securitykey",
    "windowshelloforbusiness",
    "x509certificate",
    "x509certificatemultifactor",
];
/// Zero Trust Assessment 21782.
const ZERO_TRUST: &str = "zero-trust";
/// All that it knows, lower case.
const OF_ZERO_TRUST: [&str; 3] =
    ["passkeydevicebound", "passkeydeviceboundauthenticator", "windowshelloforbusiness"];
const EXPECTED_OF_ZERO_TRUST: &str = "a device-bound passkey or Windows Hello for Business";
/// Passkeys bound to a device come in several kinds.
const PASSKEY: &str = "passkeydevicebound";
/// Microsoft makes the report every few hours.
const FRESH_SECONDS: i64 = 7 * 24 * 60 * 60;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::User(user) => {
            person(facts, principal, user, expect.is_variant(ZERO_TRUST))
        }
        PrincipalKindFacts::ServicePrincipal(_) => {
            Ok(Outcome::not_applicable("workload identities register no methods"))
        }
        PrincipalKindFacts::Absent => {
            Ok(Outcome::not_applicable("it was not found; defunct-principal judges that"))
        }
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(Outcome::not_applicable("only users register methods")),
    }
}

fn person(
    facts: &Facts,
    principal: &Principal,
    user: &User,
    zero_trust: bool,
) -> Result<Outcome, Gap> {
    let is_listed = || matches!(facts.registration(&principal.id), Ok(Some(_)));
    if user.enabled == Some(false) && !(zero_trust && is_listed()) {
        return Ok(Outcome::not_applicable("it is disabled; defunct-principal judges that"));
    }
    let Some(registration) = facts.registration(&principal.id)? else {
        if user.enabled.is_none() {
            return Err(only_basic_properties(principal));
        }
        return Err(Gap::of(
            Dataset::RegistrationDetails,
            GapKind::Incomplete,
            format!("{} is not in the registration report", principal.sign_in_name()),
        ));
    };
    let outcome =
        if zero_trust { of_zero_trust(registration) } else { outcome(principal, registration)? };
    let id = RowId::from(&principal.id);
    let evidence = |field: &'static str, value: String| {
        Evidence::new(Dataset::RegistrationDetails, &id, field, value)
    };
    let mfa = registration.mfa.map_or_else(|| "null".to_owned(), |mfa| mfa.to_string());
    let methods = format!("[{}]", registration.methods.join(", "));
    Ok(outcome
        .maybe_note(age_note(facts, registration))
        .evidence(evidence("methodsRegistered", methods))
        .evidence(evidence("isMfaRegistered", mfa)))
}

fn outcome(principal: &Principal, registration: &Registration) -> Result<Outcome, Gap> {
    let methods = registration.methods.iter();
    let resistant: Vec<&str> =
        methods.map(|method| &**method).filter(|method| resists_phishing(method)).collect();
    if !resistant.is_empty() {
        return Ok(Outcome::pass(resistant.join(", "), EXPECTED));
    }
    match registration.mfa {
        Some(true) => Ok(Outcome::partial(0.5, "MFA, by other methods only", EXPECTED)),
        Some(false) => Ok(Outcome::fail("no MFA method at all", EXPECTED)
            .note("an activation that asks for MFA is out of its reach, too")),
        None => Err(Gap::of(
            Dataset::RegistrationDetails,
            GapKind::Incomplete,
            format!("whether {} registered MFA is not known", principal.sign_in_name()),
        )),
    }
}

/// Whoever is in the report is judged by three methods, whatever else is registered.
fn of_zero_trust(registration: &Registration) -> Outcome {
    let is_known = |method: &&str| OF_ZERO_TRUST.iter().any(|it| it.eq_ignore_ascii_case(method));
    let found: Vec<&str> =
        registration.methods.iter().map(|method| &**method).filter(is_known).collect();
    if found.is_empty() {
        Outcome::fail("none of the methods that the test knows", EXPECTED_OF_ZERO_TRUST)
    } else {
        Outcome::pass(found.join(", "), EXPECTED_OF_ZERO_TRUST)
    }
}

fn resists_phishing(method: &str) -> bool {
    let method = method.to_ascii_lowercase();
    RESISTANT.contains(&method.as_str()) || method.starts_with(PASSKEY)
}

fn age_note(facts: &Facts, registration: &Registration) -> Option<String> {
    let Some(updated) = registration.updated else {
        return Some("when the report was made is not known".to_owned());
    };
    let old = facts.now().duration_since(updated).as_secs() > FRESH_SECONDS;
    old.then(|| format!("the report is of {updated}; what was registered since is not in it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Collected, PrincipalId};

    const FRESH: Option<&str> = Some("2026-11-02T03:00:00Z");

    fn case_of(methods: &[&str], mfa: Option<bool>, updated: Option<&str>) -> Case {
        let mut case = Case::new();
        case.user("ana");
        let Collected::Complete(known) = &mut case.tenant.registrations else { panic!() };
        let registration = Registration {
            mfa,
            methods: methods.iter().map(|&method| method.into()).collect(),
            updated: updated.map(|time| time.parse().unwrap()),
        };
        known.insert(PrincipalId::new("ana"), registration);
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn one_resistant_method_is_enough_in_any_casing() {
        for (methods, expected) in [
            (&["fido2SecurityKey"][..], "pass"),
            (&["FIDO2SECURITYKEY"], "pass"),
            (&["passKeyDeviceBound"], "pass"),
            (&["passKeyDeviceBoundAuthenticator"], "pass"),
            (&["passKeyDeviceBoundWindowsHello"], "pass"),
            (&["windowsHelloForBusiness"], "pass"),
            (&["x509Certificate"], "pass"),
            (&["x509CertificateMultiFactor"], "pass"),
            (&["mobilePhone", "windowsHelloForBusiness"], "pass"),
            (&["x509CertificateSingleFactor"], "partial"),
            (&["passKeySynced"], "partial"),
            (&["microsoftAuthenticatorPush", "softwareOneTimePasscode"], "partial"),
            (&["microsoftAuthenticatorPasswordless"], "partial"),
            (&["hardwareOneTimePasscode"], "partial"),
            (&[], "partial"),
        ] {
            assert_eq!(judged(&case_of(methods, Some(true), FRESH)), Ok(expected), "{methods:?}");
        }
    }

    #[test]
    fn the_zero_trust_test_knows_three_methods() {
        let judged = |case: &Case| {
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Variant(ZERO_TRUST));
            outcome.map(|it| it.name()).map_err(|gap| gap.kind)
        };
        for (methods, expected) in [
            (&["passKeyDeviceBound"][..], "pass"),
            (&["passKeyDeviceBoundAuthenticator"], "pass"),
            (&["windowsHelloForBusiness", "mobilePhone"], "pass"),
            (&["passKeyDeviceBoundWindowsHello"], "fail"),
            (&["fido2SecurityKey"], "fail"),
            (&["x509CertificateMultiFactor"], "fail"),
            (&["microsoftAuthenticatorPush"], "fail"),
            (&[], "fail"),
        ] {
            for mfa in [Some(true), None] {
                assert_eq!(judged(&case_of(methods, mfa, FRESH)), Ok(expected), "{methods:?}");
            }
        }
        let mut disabled = case_of(&[], Some(false), FRESH);
        disabled.user("ana").enabled = Some(false);
        assert_eq!(judged(&disabled), Ok("fail"), "who is in the report counts");
        let mut unlisted = Case::new();
        unlisted.user("ana").enabled = Some(false);
        assert_eq!(judged(&unlisted), Ok("not-applicable"));
        unlisted.user("ana");
        assert_eq!(judged(&unlisted), Err(GapKind::Incomplete));
    }

    #[test]
    fn without_a_resistant_method_mfa_decides() {
        for (methods, mfa, expected) in [
            (&["mobilePhone"][..], Some(true), Ok("partial")),
            (&["email"], Some(false), Ok("fail")),
            (&[], Some(false), Ok("fail")),
            (&[], None, Err(GapKind::Incomplete)),
            (&["mobilePhone"], None, Err(GapKind::Incomplete)),
            // A method that is registered is proven, whatever the flag says.
            (&["fido2SecurityKey"], None, Ok("pass")),
            (&["fido2SecurityKey"], Some(false), Ok("pass")),
        ] {
            assert_eq!(judged(&case_of(methods, mfa, FRESH)), expected, "{methods:?} {mfa:?}");
        }
    }

    #[test]
    fn an_old_report_is_noted_and_still_judged() {
        for (updated, notes) in [
            (Some("2026-10-26T09:00:00Z"), 0),
            (Some("2026-10-26T08:59:59Z"), 1),
            (None, 1),
            (FRESH, 0),
        ] {
            let case = case_of(&["fido2SecurityKey"], Some(true), updated);
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "pass", "{updated:?}");
            let details = outcome.details().unwrap();
            assert_eq!(details.notes.len(), notes, "{updated:?}");
            assert_eq!(details.evidence.len(), 2);
        }
    }

    #[test]
    fn who_is_not_in_the_report_is_not_assessed_unless_disabled() {
        for (enabled, expected) in [
            (Some(true), Err(GapKind::Incomplete)),
            (None, Err(GapKind::PermissionDenied)),
            (Some(false), Ok("not-applicable")),
        ] {
            let mut case = Case::new();
            case.user("ana").enabled = enabled;
            assert_eq!(judged(&case), expected, "{enabled:?}");
        }
        let mut disabled = case_of(&[], Some(false), FRESH);
        disabled.user("ana").enabled = Some(false);
        assert_eq!(judged(&disabled), Ok("not-applicable"));
        let mut basic = case_of(&[], Some(false), FRESH);
        basic.user("ana").enabled = None;
        assert_eq!(judged(&basic), Ok("fail"), "the report lists no disabled users");
    }

    #[test]
    fn a_report_that_was_not_read_is_not_assessed() {
        let mut case = case_of(&["fido2SecurityKey"], Some(true), FRESH);
        let Collected::Complete(known) = case.tenant.registrations.clone() else { panic!() };
        let gap = Gap::of(Dataset::RegistrationDetails, GapKind::Incomplete, "page 2");
        case.tenant.registrations = Collected::Partial(known, gap.clone());
        case.user("ben");
        assert_eq!(judged(&case), Ok("pass"), "a row that was read is known");
        let unlisted = case.judge_principal(&CHECK, "ben", &Expect::Required).unwrap_err();
        assert_eq!(unlisted, gap);
        case.missing(Dataset::RegistrationDetails);
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
        case.hidden("ana");
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn what_is_no_user_is_left_out() {
        let mut case = Case::new();
        case.service("robot");
        case.group("admins", &[]);
        case.absent("gone");
        for id in ["robot", "admins", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
    }

    #[test]
    fn people_who_are_only_eligible_are_judged() {
        let mut case = Case::new();
        case.user("ana");
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        assert_eq!(case.subjects(&CHECK), ["principal:ana"]);
    }
}
